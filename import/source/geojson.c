/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON (RFC 7946) and GeoJSON text sequences (RFC 8142, also one feature a line),
 * feature by feature: memory holds one feature, whatever the file's size. GDAL reads
 * these files too, but cuts texts at a zero byte, gives no reason for a geometry that
 * it does not understand, and takes ten times as long.
 *
 * Two passes: the first finds where the features are, how many, and which properties
 * they have (geojson_scan.c); the second gives rows.
 */
#include "geojson.h"
#include "internal.h"
#include "json.h"

#include <math.h>
#include <stdlib.h>

enum { ARENA_MAX_BYTES = 1 << 30 };

/* ---- cells ---- */

static void set_fault(struct source_row *out,
                      const char *field,
                      struct im_bytes value,
                      struct refusal why)
{
    if (out->fault.code)
        return;
    out->fault = why;
    out->fault_field = field;
    out->fault_value = value;
}

static bool
is_bad_encoding(const struct geojson *g, struct im_bytes text, struct source_row *out)
{
    if (!g->may_be_bad || im_utf8_valid(text))
        return false;
    set_fault(out, g->field, text,
              (struct refusal){.code = "bad_encoding",
                               .zh = "不是有效的 UTF-8",
                               .en = "not valid UTF-8",
                               .suggestion_zh = "请将文件另存为 UTF-8",
                               .suggestion_en = "save the file as UTF-8"});
    return true;
}

/* JSON kept as it stands. */
static struct source_value
raw_cell(struct geojson *g, struct im_bytes raw, struct source_row *out)
{
    if (is_bad_encoding(g, raw, out))
        return (struct source_value){.kind = SOURCE_NULL};
    return source_text(raw);
}

static struct source_value
string_cell(struct geojson *g, struct im_bytes raw, struct source_row *out)
{
    struct im_bytes text;
    bool has_nul = false;

    if (!js_unescape(raw, g->arena, &text, &has_nul))
        set_fault(out, g->field, raw,
                  (struct refusal){.code = "bad_text",
                                   .zh = "含有不成对的 \\u 代理字符",
                                   .en = "has half of a \\u surrogate pair"});
    else if (has_nul)
        set_fault(out, g->field, raw,
                  (struct refusal){.code = "bad_text",
                                   .zh = "含有零字节（\\u0000）",
                                   .en = "has a zero byte (\\u0000)",
                                   .suggestion_zh = "删去该字符",
                                   .suggestion_en = "delete that character"});
    else if (!is_bad_encoding(g, text, out))
        return source_text(text);
    return (struct source_value){.kind = SOURCE_NULL};
}

/* Scalars of a list joined by ';'; anything nested stays JSON. */
static struct source_value
list_cell(struct geojson *g, struct im_bytes raw, struct source_row *out)
{
    struct js_cursor c = js_over(raw);
    uint8_t *text = im_arena_alloc(g->arena, raw.len);
    size_t n = 0;
    bool first = true;
    bool more = true;

    if (!text || !js_enter(&c, '['))
        return raw_cell(g, raw, out);
    while (js_element(&c, &first, &more) && more) {
        struct im_bytes item;
        uint8_t next = js_peek(&c);

        if (next == '{' || next == '[' || !js_skip(&c, &item))
            return raw_cell(g, raw, out);
        if (next == '"') {
            item = (struct im_bytes){item.data + 1, item.len - 2};
            item = string_cell(g, item, out).text;
        }
        if (n)
            text[n++] = ';';
        if (item.len)
            memcpy(text + n, item.data, item.len);
        n += item.len;
    }
    return source_text((struct im_bytes){text, n});
}

static bool take_value(struct geojson *g,
                       struct js_cursor *c,
                       size_t column,
                       struct source_row *out)
{
    struct source_value *cell = &g->cells[column];
    struct im_bytes raw;
    struct js_number number;

    g->field = g->columns[column];
    switch (js_peek(c)) {
    case '"':
        if (!js_string(c, &raw))
            return false;
        *cell = string_cell(g, raw, out);
        return true;
    case 't':
    case 'f':
        *cell = (struct source_value){.kind = SOURCE_INTEGER, .integer = *c->p == 't'};
        return js_skip(c, &raw);
    case 'n':
        return js_skip(c, &raw);
    case '[':
        if (!js_skip(c, &raw))
            return false;
        *cell = list_cell(g, raw, out);
        return true;
    case '{':
        if (!js_skip(c, &raw))
            return false;
        *cell = raw_cell(g, raw, out);
        return true;
    default:
        raw.data = c->p; /* js_peek stands on it */
        if (!js_number(c, &number))
            return false;
        raw.len = (size_t)(c->p - raw.data);
        *cell = !isfinite(number.real) ? source_text(raw) /* too large: as written */
                : number.is_integer
                    ? (struct source_value){.kind = SOURCE_INTEGER,
                                            .integer = number.integer}
                    : (struct source_value){.kind = SOURCE_REAL, .real = number.real};
        return true;
    }
}

static bool
take_properties(struct geojson *g, struct js_cursor *c, struct source_row *out)
{
    struct im_bytes raw;
    struct im_bytes name;
    struct im_bytes value;
    bool first = true;
    bool more = true;
    bool has_nul = false;

    if (js_peek(c) == 'n')
        return js_skip(c, &raw);
    if (!js_enter(c, '{'))
        return false;
    g->expected = 0;
    while (js_member(c, &first, &raw, &more)) {
        if (!more)
            return true;
        if (!js_unescape(raw, g->arena, &name, &has_nul))
            return false;
        size_t i = geojson_column(g, name);
        if (i < g->n_columns ? !take_value(g, c, i, out) : !js_skip(c, &value))
            return false;
    }
    return false;
}

static void
take_geometry(struct geojson *g, struct im_bytes geometry, struct source_row *out)
{
    if (is_json_text(geometry, "null"))
        return;
    struct refusal why =
        geojson_shape_read(&g->shape, geometry, &out->geom, &out->dropped);
    if (why.code)
        set_fault(out, "geometry", geometry, why);
}

static bool
take_feature(struct geojson *g, struct im_bytes text, struct source_row *out)
{
    struct js_cursor c = js_over(text);
    struct im_bytes key;
    struct im_bytes value;
    bool first = true;
    bool more = true;
    bool is_feature = false;

    if (!js_enter(&c, '{'))
        return false;
    while (js_member(&c, &first, &key, &more) && more) {
        if (is_json_text(key, "properties")) {
            if (!take_properties(g, &c, out))
                return false;
        } else if (is_json_text(key, "id") && g->id_column != SIZE_MAX) {
            if (!take_value(g, &c, g->id_column, out))
                return false;
        } else if (!js_skip(&c, &value)) {
            return false;
        } else if (is_json_text(key, "geometry")) {
            take_geometry(g, value, out);
        } else if (is_json_text(key, "type")) {
            is_feature = is_json_text(value, "\"Feature\"");
        }
    }
    return !more && is_feature && js_peek(&c) == 0;
}

/* ---- calls ---- */

/* The text of the next feature; *more false at the end. The first pass has proved the
 * frame around the features. */
static enum im_code
next_text(struct geojson *g, struct im_bytes *text, bool *more, struct im_error *err)
{
    uint8_t next = 0;
    enum fed fed = feed_peek(&g->feed, &next);

    *more = fed == FED && (g->row < g->rows);
    if (!*more)
        return fed == FED || fed == FED_END ? IM_OK
                                            : geojson_fail_fed(g, fed, g->row, err);
    if (g->is_collection && next == ',' && g->row > 0) {
        g->feed.from++;
        feed_peek(&g->feed, &next);
    }
    fed = feed_value(&g->feed, FEATURE_MAX_BYTES, text);
    return fed == FED ? IM_OK : geojson_fail_fed(g, fed, g->row, err);
}

static enum im_code
geojson_next(void *self, struct source_row *out, bool *more, struct im_error *err)
{
    struct geojson *g = self;
    struct im_bytes text;
    enum im_code rc = next_text(g, &text, more, err);

    *out = (struct source_row){.sheet = "", .fault_field = "", .cells = g->cells};
    if (rc || !*more)
        return rc;
    im_arena_reset(g->arena);
    memset(g->cells, 0, g->n_columns * sizeof *g->cells);
    out->number = ++g->row;
    if (!take_feature(g, text, out))
        set_fault(out, "", text,
                  (struct refusal){
                      .code = "bad_json",
                      .zh = "不是有效的 GeoJSON 要素",
                      .en = "not a well formed GeoJSON feature",
                      .suggestion_zh = "按 RFC 7946 改正这一段，或重新导出",
                      .suggestion_en = "mend the JSON there, or export it again"});
    return IM_OK;
}

/* To the first feature: behind "features": [. */
static enum im_code geojson_rewind(void *self, size_t width, struct im_error *err)
{
    struct geojson *g = self;
    struct im_bytes raw;
    uint8_t next = 0;
    enum im_code rc = feed_rewind(&g->feed, 0, err);

    (void)width;
    g->row = 0;
    feed_peek(&g->feed, &next);
    if (!rc && next == 0xEF)
        g->feed.from += 3;
    if (rc || !g->is_collection)
        return rc;
    feed_peek(&g->feed, &next);
    g->feed.from++;
    for (bool is_found = false; !is_found;) {
        if (feed_peek(&g->feed, &next) == FED && next == ',')
            g->feed.from++;
        feed_peek(&g->feed, &next);
        if (feed_value(&g->feed, MEMBER_MAX_BYTES, &raw) != FED)
            return geojson_fail_broken(g, 0, err);
        bool is_features = is_json_text(raw, "\"features\"");
        feed_peek(&g->feed, &next);
        g->feed.from++; /* ':' */
        feed_peek(&g->feed, &next);
        is_found = is_features && next == '[';
        if (is_found)
            g->feed.from++;
        else if (feed_value(&g->feed, FEATURE_MAX_BYTES, &raw) != FED)
            return geojson_fail_broken(g, 0, err);
    }
    return IM_OK;
}

static void geojson_close(void *self)
{
    struct geojson *g = self;

    if (g->feed.file)
        VSIFCloseL(g->feed.file);
    for (size_t i = 0; i < g->n_columns; i++)
        free(g->columns[i]);
    free(g->columns);
    free(g->slots);
    free(g->cells);
    geojson_shape_release(&g->shape);
    free(g->feed.data);
    OSRDestroySpatialReference(g->srs);
    im_arena_free(g->arena);
    free(g);
}

static const struct source_calls CALLS = {
    .next = geojson_next, .rewind = geojson_rewind, .close = geojson_close};

static enum im_code
open_file(struct geojson *g, const struct source_input *input, struct im_error *err)
{
    g->columns = calloc(COLUMNS_MAX, sizeof *g->columns);
    g->slots = calloc(SLOTS, sizeof *g->slots);
    g->arena = im_arena_new(ARENA_MAX_BYTES);
    g->srs = OSRNewSpatialReference(NULL);
    if (!g->columns || !g->slots || !g->arena || !g->srs)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->name);
    geojson_set_crs84(g->srs); /* RFC 7946, 4 */
    g->feed.file = VSIFOpenL(input->path, "rb");
    if (g->feed.file)
        return IM_OK;
    im_fail(err, IM_EIO, "cannot read '%s'", input->name);
    return im_zh(err, IM_EIO, "无法读取“%s”", input->name);
}

static void describe(const struct geojson *g, struct source_reader *out)
{
    *out = (struct source_reader){.calls = &CALLS,
                                  .self = (void *)(uintptr_t)g,
                                  .driver = g->is_collection ? "GeoJSON" : "GeoJSONSeq",
                                  .n_columns = g->n_columns,
                                  .columns = (const char *const *)g->columns,
                                  .rows = g->rows,
                                  .srs = g->srs,
                                  .has_geometry = g->has_geometry,
                                  .is_export = g->is_export};
}

enum im_code geojson_open(const struct source_input *input,
                          struct source_reader *out,
                          struct im_error *err)
{
    struct geojson *g = calloc(1, sizeof *g);
    enum im_code rc;

    if (!g)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
    *g = (struct geojson){.name = input->name,
                          .id_column = SIZE_MAX,
                          .may_be_bad = input->bytes.bad_utf8_line > 0};
    rc = open_file(g, input, err);
    if (!rc)
        rc = geojson_scan(g, err);
    if (!rc) {
        g->cells = calloc(g->n_columns + 1, sizeof *g->cells);
        rc = g->cells ? geojson_rewind(g, 0, err)
                      : im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
    }
    if (rc)
        geojson_close(g);
    else
        describe(g, out);
    return rc;
}
