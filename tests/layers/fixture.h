/* SPDX-License-Identifier: Apache-2.0 */
/* Small definitions of layers for tests of the store and the importer. */
#ifndef TESTS_LAYERS_FIXTURE_H
#define TESTS_LAYERS_FIXTURE_H

#include <layers/sql.h>
#include <layers/store.h>

#include <stdio.h>
#include <stdlib.h>

#define FIXTURE_FIELDS                                                                 \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\",\"en\":\"ID\"},\"type\":\"text\","  \
    "\"required\":true},"                                                              \
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\",\"en\":\"Name\"},"             \
    "\"type\":\"text\",\"required\":true},"                                            \
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\",\"en\":\"Level\"},"              \
    "\"type\":\"text\",\"codes\":["                                                    \
    "{\"code\":\"national\",\"title\":{\"zh\":\"国家级\",\"en\":\"National\"}},"    \
    "{\"code\":\"municipal\",\"title\":{\"zh\":\"市级\",\"en\":\"Municipal\"}}]},"   \
    "{\"name\":\"industry\",\"title\":{\"zh\":\"产业\",\"en\":\"Industry\"},"        \
    "\"type\":\"text\",\"list\":true,\"codes\":["                                      \
    "{\"code\":\"IC\",\"title\":{\"zh\":\"集成电路\",\"en\":\"IC\"}},"             \
    "{\"code\":\"BIO\",\"title\":{\"zh\":\"生物\",\"en\":\"Bio\"}}]},"               \
    "{\"name\":\"year\",\"title\":{\"zh\":\"年份\",\"en\":\"Year\"},"                \
    "\"type\":\"integer\",\"min\":1900,\"max\":2100},"                                 \
    "{\"name\":\"area_km2\",\"title\":{\"zh\":\"面积\",\"en\":\"Area\"},"            \
    "\"type\":\"real\",\"unit\":\"km2\",\"min\":0}"

/** layer.json of `id`; `facts` is a JSON object or NULL, `group` such as "places". */
static inline const char *fixture_definition(const char *id,
                                             const char *geometry,
                                             const char *group,
                                             const char *fields,
                                             const char *facts)
{
    static char texts[4][4096];
    static unsigned next;
    char *text = texts[next++ % 4];

    snprintf(text, sizeof texts[0],
             "{\"id\":\"%s\",\"title\":{\"zh\":\"试验\",\"en\":\"Trial\"},"
             "\"geometry\":\"%s\",\"key\":\"id\",\"group\":\"%s\",\"order\":10,"
             "\"in_map\":true,\"names_places\":false,\"visibility\":\"public\","
             "\"fields\":[%s],%s%s%s"
             "\"source\":{\"zh\":\"源\",\"en\":\"source\"},\"source_date\":\"2026-11\","
             "\"licence\":\"none\",\"attribution\":{\"zh\":\"某\",\"en\":\"some\"}}",
             id, geometry, group, fields, facts ? "\"facts\":" : "", facts ? facts : "",
             facts ? "," : "");
    return text;
}

/** Aborts the test program when it cannot be opened. */
static inline struct store *fixture_open(const char *path, enum store_mode mode)
{
    struct store *store = NULL;
    struct im_error err = {0};

    if (store_open(path, mode, &store, &err)) {
        fprintf(stderr, "fixture: %s\n", err.msg);
        abort();
    }
    return store;
}

/** Make the layer in a transaction of its own; aborts the test program when refused. */
static inline bool
fixture_put(struct store *store, const char *definition, const char *style)
{
    struct im_arena *arena = im_arena_new(16 << 20);
    const struct layer_schema *schema = NULL;
    struct im_error err = {0};
    bool changed = false;

    if (schema_parse(im_bytes_of(definition), arena, &schema, &err) ||
        store_begin(store, &err) ||
        store_put_layer(store, schema, im_bytes_of(definition), im_bytes_of(style),
                        &changed, &err) ||
        store_commit(store, &err)) {
        fprintf(stderr, "fixture: %s\n", err.msg);
        abort();
    }
    im_arena_free(arena);
    return changed;
}

/** The first column of the only row; aborts the test program without one. */
static inline int64_t fixture_number(struct store *store, const char *sql)
{
    struct im_error err = {0};
    int64_t n = -1;

    if (sql_integer(store_db(store), &n, &err, "%s", sql)) {
        fprintf(stderr, "fixture: %s: %s\n", sql, err.msg);
        abort();
    }
    return n;
}

#endif
