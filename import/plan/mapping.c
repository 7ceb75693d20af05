/* SPDX-License-Identifier: Apache-2.0 */
/* What a person said about columns: --map, --set, --fill-down, and a mapping saved from
 * an earlier file:
 *
 *   {"innomap_mapping": 1, "layer": "incubators", "crs": "gcj02",
 *    "map": {"name_zh": "孵化器名称"}, "set": {"precision": "site"},
 *    "fill_down": ["city"]}
 */
#include "parts.h"

#include "../internal.h"

#include <engine/json_writer.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_WISHES = 2000, MAPPING_MAX_BYTES = 1 << 20 };

struct reading {
    struct im_arena *arena;
    struct wishes *out;
    struct im_error *err;
};

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

static enum im_code
fail_pair(struct im_error *err, const char *option, const char *text)
{
    im_fail(err, IM_EARG, "%s '%.80s': write it as %s", option, text,
            strcmp(option, "--map") == 0 ? "field=column" : "field=value");
    return im_zh(err, IM_EARG, "%s “%.80s”：请写成 %s", option, text,
                 strcmp(option, "--map") == 0 ? "字段=列名" : "字段=值");
}

/* "name_zh=单位名称" */
static enum im_code
take_pair(struct reading *r, const char *text, bool is_set, struct wish *out)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return fail_pair(r->err, is_set ? "--set" : "--map", text);
    *out = (struct wish){.is_set = is_set};
    out->target = im_arena_strdup(
        r->arena, (struct im_bytes){(const uint8_t *)text, (size_t)(equals - text)});
    out->source = im_arena_strdup(r->arena, im_bytes_of(equals + 1));
    return out->target && out->source ? IM_OK : plan_no_memory(r->err);
}

static enum im_code take_pairs(struct reading *r, const char *const *list, bool is_set)
{
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && list && list[i]; i++)
        rc = take_pair(r, list[i], is_set, &r->out->list[r->out->n++]);
    return rc;
}

static enum im_code
fail_mapping(struct im_error *err, const char *path, const char *zh, const char *en)
{
    im_fail(err, IM_EDATA, "'%.120s' is no saved mapping: %s", path, en);
    return im_zh(err, IM_EDATA, "“%.120s”不是保存的列映射：%s", path, zh);
}

static enum im_code take_object(struct reading *r, const json_t *object, bool is_set)
{
    const char *target;
    json_t *value;

    json_object_foreach((json_t *)object, target, value)
    {
        struct wish *wish = &r->out->list[r->out->n];

        if (!json_is_string(value))
            continue; /* counted as none by json_object_size, the list is long enough */
        *wish = (struct wish){.is_set = is_set, .is_saved = true};
        wish->target = im_arena_strdup(r->arena, im_bytes_of(target));
        wish->source = im_arena_strdup(r->arena, im_bytes_of(json_string_value(value)));
        if (!wish->target || !wish->source)
            return plan_no_memory(r->err);
        r->out->n++;
    }
    return IM_OK;
}

static enum im_code
take_fill_down(struct reading *r, const char *const *given, const json_t *saved)
{
    size_t n_given = count(given);
    size_t n_saved = json_array_size(saved);
    size_t n = 0;
    const char **list = im_arena_calloc(r->arena, n_given + n_saved + 1, sizeof *list);

    if (!list)
        return plan_no_memory(r->err);
    for (size_t i = 0; i < n_given; i++)
        list[n++] = given[i];
    for (size_t i = 0; i < n_saved; i++) {
        const char *text = json_string_value(json_array_get(saved, i));

        if (text && !(list[n++] = im_arena_strdup(r->arena, im_bytes_of(text))))
            return plan_no_memory(r->err);
    }
    r->out->fill_down = list;
    return IM_OK;
}

static enum im_code
load(const char *path, struct im_arena *arena, json_t **out, struct im_error *err)
{
    struct im_bytes text;
    json_error_t at;

    enum im_code rc = file_read_text(path, arena, &text, err);
    if (rc)
        return rc;
    *out = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &at);
    if (!*out)
        return fail_mapping(err, path, "不是有效的 JSON", "not valid JSON");
    if (json_integer_value(json_object_get(*out, "innomap_mapping")) != 1)
        return fail_mapping(err, path, "缺少 \"innomap_mapping\": 1",
                            "it lacks \"innomap_mapping\": 1");
    if (json_object_size(json_object_get(*out, "map")) +
            json_object_size(json_object_get(*out, "set")) >
        MAX_WISHES)
        return fail_mapping(err, path, "列太多", "it has too many columns");
    return IM_OK;
}

/* What is given on the command line goes before what was saved. */
enum im_code mapping_wishes(const struct import_options *options,
                            struct im_arena *arena,
                            struct wishes *out,
                            struct im_error *err)
{
    struct reading r = {arena, out, err};
    json_t *root = NULL;
    enum im_code rc = IM_OK;

    *out = (struct wishes){0};
    if (options->mapping_path)
        rc = load(options->mapping_path, arena, &root, err);
    if (rc)
        goto done;
    const json_t *map = json_object_get(root, "map");
    const json_t *set = json_object_get(root, "set");
    const char *crs = json_string_value(json_object_get(root, "crs"));
    size_t n = count(options->map) + count(options->set) + json_object_size(map) +
               json_object_size(set);
    out->list = im_arena_calloc(arena, n + 1, sizeof *out->list);
    if (!out->list) {
        rc = plan_no_memory(err);
        goto done;
    }
    rc = take_pairs(&r, options->map, false);
    if (!rc)
        rc = take_pairs(&r, options->set, true);
    if (!rc)
        rc = take_object(&r, map, false);
    if (!rc)
        rc = take_object(&r, set, true);
    if (!rc)
        rc = take_fill_down(&r, options->fill_down, json_object_get(root, "fill_down"));
    if (!rc && crs && !(out->crs = im_arena_strdup(arena, im_bytes_of(crs))))
        rc = plan_no_memory(err);
done:
    json_decref(root);
    return rc;
}

/* ---- saving ---- */

static void
write_column(const struct plan *plan, struct im_json *w, const char *target, int column)
{
    if (column == NO_COLUMN)
        return;
    im_json_key(w, target);
    im_json_text(w, plan->columns[column].name);
}

static void write_position(const struct plan *plan, struct im_json *w)
{
    switch (plan->position) {
    case POSITION_COLUMNS:
        write_column(plan, w, "lon", plan->lon_column);
        write_column(plan, w, "lat", plan->lat_column);
        break;
    case POSITION_PAIR:
        write_column(plan, w, "position", plan->lon_column);
        break;
    case POSITION_WKT:
        write_column(plan, w, "wkt", plan->lon_column);
        break;
    case POSITION_NONE:
    case POSITION_GEOMETRY:
        break;
    }
}

static void write_mapping(const struct plan *plan, struct im_json *w)
{
    const struct layer_schema *s = plan->schema;

    im_json_object(w);
    im_json_key(w, "innomap_mapping");
    im_json_int(w, 1);
    im_json_key(w, "layer");
    im_json_text(w, s->id);
    if (plan->given_crs) {
        im_json_key(w, "crs");
        im_json_text(w, plan->given_crs);
    }
    im_json_key(w, "map");
    im_json_object(w);
    for (size_t f = 0; f < s->n_fields; f++)
        write_column(plan, w, s->fields[f].name, plan->fields[f].column);
    write_position(plan, w);
    im_json_object_end(w);
    im_json_key(w, "set");
    im_json_object(w);
    for (size_t f = 0; f < s->n_fields; f++)
        if (plan->fields[f].is_set) {
            im_json_key(w, s->fields[f].name);
            im_json_text(w, plan->fields[f].set_text);
        }
    im_json_object_end(w);
    im_json_key(w, "fill_down");
    im_json_array(w);
    for (size_t f = 0; f < s->n_fields; f++)
        if (plan->fields[f].fill_down)
            im_json_text(w, s->fields[f].name);
    im_json_array_end(w);
    im_json_object_end(w);
}

static enum im_code fail_write(struct im_error *err, const char *path)
{
    const char *why = strerror(errno);

    im_fail(err, IM_EIO, "cannot write the mapping '%.120s': %s", path, why);
    return im_zh(err, IM_EIO, "无法写入列映射“%.120s”：%s", path, why);
}

/* Beside it first: the mapping of last month is not lost to a full disk. */
static enum im_code
write_file(const char *path, struct im_bytes text, struct im_error *err)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file;

    if (n < 0 || (size_t)n >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return fail_write(err, path);
    }
    file = fopen(temporary, "wb");
    if (!file)
        return fail_write(err, path);
    bool good = fwrite(text.data, 1, text.len, file) == text.len;
    good = fclose(file) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return IM_OK;
    enum im_code rc = fail_write(err, path);
    unlink(temporary);
    return rc;
}

enum im_code mapping_save(const struct plan *plan, struct im_error *err)
{
    struct im_buf text = {.max = MAPPING_MAX_BYTES};
    struct im_json w = {.out = &text};

    write_mapping(plan, &w);
    im_buf_byte(&text, '\n');
    enum im_code rc = im_buf_check(&text, "mapping", err);
    if (!rc)
        rc = write_file(plan->options->save_mapping_path, im_buf_bytes(&text), err);
    im_buf_release(&text);
    return rc;
}
