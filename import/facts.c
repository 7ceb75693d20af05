/* SPDX-License-Identifier: Apache-2.0 */
/* Where a definition says that its rows come from. Its shape was checked by
 * schema_parse. */
#include "internal.h"

#include <jansson.h>

struct word {
    const char *name;
    size_t offset;
};

static enum im_code copy_words(const json_t *object,
                               struct im_arena *arena,
                               struct facts *out,
                               struct im_error *err)
{
    static const struct word words[] = {{"file", offsetof(struct facts, file)},
                                        {"lon", offsetof(struct facts, lon)},
                                        {"lat", offsetof(struct facts, lat)},
                                        {"crs", offsetof(struct facts, crs)},
                                        {"basemap", offsetof(struct facts, basemap)},
                                        {"code", offsetof(struct facts, code)},
                                        {"areas", offsetof(struct facts, areas)},
                                        {"points", offsetof(struct facts, points)},
                                        {"from", offsetof(struct facts, from)},
                                        {"origin", offsetof(struct facts, origin)}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *text = json_string_value(json_object_get(object, words[i].name));
        const char **slot = (const char **)(void *)((char *)out + words[i].offset);

        if (!text)
            continue;
        *slot = im_arena_strdup(arena, im_bytes_of(text));
        if (!*slot)
            return im_fail(err, IM_ENOMEM, "definition: out of memory");
    }
    return IM_OK;
}

enum im_code facts_parse(struct im_bytes definition,
                         struct im_arena *arena,
                         struct facts *out,
                         struct im_error *err)
{
    json_t *root = json_loadb((const char *)definition.data, definition.len, 0, NULL);
    const json_t *object = json_object_get(root, "facts");
    const char *derive = json_string_value(json_object_get(object, "derive"));

    *out = (struct facts){.kind = FACTS_NONE};
    enum im_code rc = copy_words(object, arena, out, err);
    if (derive)
        out->kind = strcmp(derive, "arcs") == 0 ? FACTS_ARCS : FACTS_AREAS;
    else if (out->basemap)
        out->kind = FACTS_BASEMAP;
    else if (out->file)
        out->kind = FACTS_FILE;
    json_decref(root);
    return rc;
}

enum im_code
facts_check_style(const char *path, struct im_bytes style, struct im_error *err)
{
    json_error_t at;
    json_t *root =
        json_loadb((const char *)style.data, style.len, JSON_REJECT_DUPLICATES, &at);
    enum im_code rc = IM_OK;

    if (!root) {
        rc = im_fail(err, IM_EDATA, "'%s', line %d, column %d: %s", path, at.line,
                     at.column, at.text);
        im_zh(err, IM_EDATA, "“%s”第 %d 行第 %d 列不是有效的 JSON：%s", path, at.line,
              at.column, at.text);
    } else if (!json_is_array(json_object_get(root, "layers"))) {
        rc = im_fail(err, IM_EDATA,
                     "'%s' is no style: it needs a list \"layers\" of style layers",
                     path);
        im_zh(err, IM_EDATA, "“%s”不是样式：缺少样式图层列表 \"layers\"", path);
    }
    json_decref(root);
    return rc;
}
