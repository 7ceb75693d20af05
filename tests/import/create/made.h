/* SPDX-License-Identifier: Apache-2.0 */
/* Layers made from small files, and their definitions read back. */
#ifndef TESTS_IMPORT_CREATE_MADE_H
#define TESTS_IMPORT_CREATE_MADE_H

#include "../../../import/create/create.h"

#include "scratch.h"
#include "test.h"

#include <gdal.h>

struct made {
    struct im_arena *arena;
    struct im_bytes definition;
    struct im_bytes style;
    const struct layer_schema *schema;
};

static inline enum im_code made_try(struct made *m,
                                    const char *path,
                                    const struct import_options *options,
                                    struct im_error *err)
{
    struct source_options of_source = {.layer = options->source_layer};
    struct source *source = NULL;
    enum im_code rc;

    GDALAllRegister();
    *m = (struct made){.arena = im_arena_new(64 << 20)};
    assert_non_null(m->arena);
    rc = source_open(path, &of_source, &source, err);
    if (!rc)
        rc = create_definition(source, options, m->arena, &m->definition, &m->style,
                               err);
    if (!rc)
        rc = schema_parse(m->definition, m->arena, &m->schema, err);
    source_close(source);
    return rc;
}

static inline struct made made_of(const char *path,
                                  const struct import_options *options)
{
    struct made m;
    struct im_error err = {0};
    enum im_code rc = made_try(&m, path, options, &err);

    if (rc)
        fail_msg("%s", err.msg);
    return m;
}

static inline void made_release(struct made *m)
{
    im_arena_free(m->arena);
}

static inline const struct schema_field *made_field(const struct made *m,
                                                    const char *name)
{
    int f = schema_field_index(m->schema, im_bytes_of(name));

    if (f == SCHEMA_NO_FIELD)
        fail_msg("no field '%s' in %.*s", name, (int)m->definition.len,
                 m->definition.data);
    return &m->schema->fields[f];
}

static inline bool made_has(const struct made *m, const char *name)
{
    return schema_field_index(m->schema, im_bytes_of(name)) != SCHEMA_NO_FIELD;
}

static inline const char *made_title(const struct made *m, const char *name)
{
    return made_field(m, name)->title.zh;
}

#endif
