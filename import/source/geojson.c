/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON (RFC 7946) and GeoJSON text sequences (RFC 8142, also one feature a line),
 * feature by feature: memory holds one feature, whatever the file's size. GDAL reads
 * these files too, but cuts texts at a zero byte, gives no reason for a geometry that
 * it does not understand, and takes ten times as long.
 *
 * Two passes: the first finds where the features are, how many, and which properties
 * they have; the second gives rows.
 */
#include "geojson_shape.h"
#include "internal.h"
#include "json.h"
#include "json_kind.h"

#include <cpl_error.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <xxhash.h>

enum {
    CHUNK_BYTES = 1 << 20,
    FEATURE_MAX_BYTES = 256 << 20,
    MEMBER_MAX_BYTES = 1 << 20, /* beside "features" */
    ARENA_MAX_BYTES = 1 << 30,
    COLUMNS_MAX = 4096,
    COLUMN_MAX_BYTES = 1024,
    SLOTS = 4 * COLUMNS_MAX
};

/* ---- the bytes, a window of the file ---- */

struct feed {
    VSILFILE *file;
    uint8_t *data;
    size_t cap;
    size_t from; /* of what is not yet taken */
    size_t to;
    bool at_end;
};

enum fed { FED, FED_END, FED_TOO_LONG, FED_NO_MEMORY };

/* More bytes behind those not yet taken. Positions are kept relative to `from`. */
static enum fed feed_more(struct feed *f, size_t max)
{
    if (f->at_end)
        return FED_END;
    if (f->from > 0) {
        memmove(f->data, f->data + f->from, f->to - f->from);
        f->to -= f->from;
        f->from = 0;
    }
    if (f->cap - f->to < CHUNK_BYTES) {
        size_t cap = f->cap ? 2 * f->cap : 2 * (size_t)CHUNK_BYTES;

        if (f->to > max)
            return FED_TOO_LONG;
        uint8_t *data = realloc(f->data, cap);
        if (!data)
            return FED_NO_MEMORY;
        f->data = data;
        f->cap = cap;
    }
    size_t n = VSIFReadL(f->data + f->to, 1, CHUNK_BYTES, f->file);
    f->to += n;
    f->at_end = n == 0;
    return f->at_end ? FED_END : FED;
}

static bool is_space(uint8_t c)
{
    /* 0x1E begins a record of a text sequence */
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0x1E;
}

/* The next byte that is no white space, not taken; 0 at the end. */
static enum fed feed_peek(struct feed *f, uint8_t *out)
{
    *out = 0;
    for (;;) {
        while (f->from < f->to && is_space(f->data[f->from]))
            f->from++;
        if (f->from < f->to) {
            *out = f->data[f->from];
            return FED;
        }
        enum fed fed = feed_more(f, CHUNK_BYTES);
        if (fed != FED)
            return fed;
    }
}

/* Where in a value we are: enough to find its end, not to prove it well formed. */
struct extent {
    size_t at; /* relative to feed.from */
    unsigned depth;
    bool in_string;
    bool is_escaped;
    bool is_scalar;
    bool is_done;
};

static void scan_string(struct extent *e, const uint8_t *data, size_t n)
{
    while (e->at < n && e->in_string) {
        uint8_t c = data[e->at++];

        if (e->is_escaped)
            e->is_escaped = false;
        else if (c == '\\')
            e->is_escaped = true;
        else if (c == '"')
            e->in_string = false;
    }
    if (!e->in_string && e->depth == 0)
        e->is_done = true;
}

static void scan_structure(struct extent *e, const uint8_t *data, size_t n)
{
    for (; e->at < n; e->at++) {
        uint8_t c = data[e->at];

        if (c == '"') {
            e->in_string = true;
            e->at++;
            return;
        }
        if (c == '{' || c == '[') {
            e->depth++;
        } else if (c == '}' || c == ']') {
            if (e->depth <= 1) {
                e->at += e->depth; /* the bracket that closes a scalar's parent stays */
                e->is_done = true;
                return;
            }
            e->depth--;
        } else if (e->depth == 0 && (c == ',' || is_space(c)) && e->at > 0) {
            e->is_done = true;
            return;
        }
    }
}

/* The next value as it stands, taken; it lives until the next call. */
static enum fed feed_value(struct feed *f, size_t max, struct im_bytes *out)
{
    struct extent e = {0};
    enum fed fed = FED;

    while (!e.is_done) {
        const uint8_t *data = f->data + f->from;
        size_t n = f->to - f->from;

        if (e.in_string)
            scan_string(&e, data, n);
        else
            scan_structure(&e, data, n);
        if (e.is_done || e.at < n)
            continue;
        if (e.at > max)
            return FED_TOO_LONG;
        fed = feed_more(f, max);
        if (fed == FED_END && e.depth == 0 && !e.in_string && e.at > 0)
            break; /* a scalar at the very end */
        if (fed != FED)
            return fed;
    }
    *out = (struct im_bytes){f->data + f->from, e.at};
    f->from += e.at;
    return FED;
}

static enum im_code feed_rewind(struct feed *f, uint64_t offset, struct im_error *err)
{
    f->from = f->to = 0;
    f->at_end = false;
    if (VSIFSeekL(f->file, offset, SEEK_SET) == 0)
        return IM_OK;
    im_fail(err, IM_EIO, "the file cannot be read a second time");
    return im_zh(err, IM_EIO, "无法再次读取该文件");
}

/* ---- the reader ---- */

struct geojson {
    struct feed feed;
    const char *name;
    uint64_t size;
    bool may_be_bad; /* the file is not all valid UTF-8 */
    bool is_collection;
    bool had_element; /* of the collection: a comma comes next */
    uint64_t row;
    char **columns;
    size_t n_columns;
    uint32_t *slots;   /* hash of names: index + 1 */
    size_t id_column;  /* of the feature's own id; SIZE_MAX: not shown */
    const char *field; /* of the cell that is read */
    size_t expected;   /* features are alike: the column that comes next */
    bool has_geometry;
    bool has_id;
    bool is_export;
    uint64_t rows;
    enum json_kind kind; /* of the first object of a sequence */
    OGRSpatialReferenceH srs;
    bool has_crs;
    struct source_value *cells;
    struct geojson_shape shape; /* of the current row, as its texts in the arena */
    struct im_arena *arena;
};

static enum im_code
fail_broken(const struct geojson *g, uint64_t row, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "'%s' is cut off or no JSON after feature %llu; get the whole file anew",
            g->name, (unsigned long long)row);
    return im_zh(err, IM_EDATA,
                 "“%s”在第 %llu 个要素之后中断或不是 JSON；请重新获取完整的文件",
                 g->name, (unsigned long long)row);
}

static enum im_code
fail_fed(const struct geojson *g, enum fed fed, uint64_t row, struct im_error *err)
{
    if (fed == FED_NO_MEMORY)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->name);
    if (fed == FED_END)
        return fail_broken(g, row, err);
    im_fail(err, IM_ELIMIT,
            "'%s': what follows feature %llu is larger than %d MiB in one piece; split "
            "it into features",
            g->name, (unsigned long long)row, FEATURE_MAX_BYTES >> 20);
    return im_zh(err, IM_ELIMIT,
                 "“%s”第 %llu 个要素之后的一段超过 %d MiB；请拆分成多个要素", g->name,
                 (unsigned long long)row, FEATURE_MAX_BYTES >> 20);
}

static bool is_text(struct im_bytes raw, const char *text)
{
    return im_bytes_equal(raw, im_bytes_of(text));
}

/* ---- columns ---- */

static uint32_t *find_slot(const struct geojson *g, struct im_bytes name)
{
    size_t i = (size_t)XXH3_64bits(name.data, name.len) % SLOTS;

    while (g->slots[i] && !is_text(name, g->columns[g->slots[i] - 1]))
        i = (i + 1) % SLOTS;
    return &g->slots[i];
}

/* Index of a column; n_columns when there is none. Features list their properties in
 * the same order, so the next one is tried first. */
static size_t find_column(struct geojson *g, struct im_bytes name)
{
    size_t i = g->expected;

    if (i >= g->n_columns || !is_text(name, g->columns[i])) {
        uint32_t slot = *find_slot(g, name);

        i = slot ? slot - 1 : g->n_columns;
    }
    g->expected = i + 1;
    return i;
}

static enum im_code
add_column(struct geojson *g, struct im_bytes name, struct im_error *err)
{
    if (g->n_columns == COLUMNS_MAX || name.len > COLUMN_MAX_BYTES) {
        im_fail(err, IM_ELIMIT,
                "'%s' has more than %d properties, or one with a name of more than %d "
                "bytes",
                g->name, COLUMNS_MAX, COLUMN_MAX_BYTES);
        return im_zh(err, IM_ELIMIT, "“%s”的属性超过 %d 个，或属性名超过 %d 字节",
                     g->name, COLUMNS_MAX, COLUMN_MAX_BYTES);
    }
    char *copy = malloc(name.len + 1);
    if (!copy)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->name);
    memcpy(copy, name.data, name.len);
    copy[name.len] = '\0';
    uint32_t *slot = find_slot(g, name);
    g->columns[g->n_columns] = copy;
    *slot = (uint32_t)++g->n_columns;
    return IM_OK;
}

/* A name that a C string and a table can carry. */
static bool is_column_name(struct im_bytes name, bool has_nul)
{
    return name.len > 0 && !has_nul && !memchr(name.data, 0, name.len) &&
           im_utf8_valid(name);
}

static enum im_code
note_properties(struct geojson *g, struct js_cursor c, struct im_error *err)
{
    struct im_bytes raw;
    struct im_bytes name;
    struct im_bytes value;
    bool first = true;
    bool more = true;

    if (js_peek(&c) != '{' || !js_enter(&c, '{'))
        return IM_OK; /* null is allowed; all else is a fault of the row, later */
    g->expected = 0;
    while (js_member(&c, &first, &raw, &more) && more) {
        bool has_nul = false;

        if (!js_unescape(raw, g->arena, &name, &has_nul) || !js_skip(&c, &value))
            return IM_OK;
        if (!is_column_name(name, has_nul) || find_column(g, name) < g->n_columns)
            continue; /* the other properties are columns all the same */
        enum im_code rc = add_column(g, name, err);
        if (rc)
            return rc;
    }
    return IM_OK;
}

/* First pass over one feature. */
static enum im_code
note_feature(struct geojson *g, struct im_bytes feature, struct im_error *err)
{
    struct js_cursor c = js_over(feature);
    struct im_bytes key;
    struct im_bytes value;
    bool first = true;
    bool more = true;
    enum im_code rc = IM_OK;

    g->rows++;
    im_arena_reset(g->arena);
    if (js_peek(&c) != '{' || !js_enter(&c, '{'))
        return IM_OK;
    while (!rc && js_member(&c, &first, &key, &more) && more) {
        struct js_cursor at = c;

        if (is_text(key, "properties"))
            rc = note_properties(g, at, err);
        else if (is_text(key, "geometry"))
            g->has_geometry = g->has_geometry || js_peek(&at) == '{';
        else if (is_text(key, "id"))
            g->has_id = true;
        else if (g->rows == 1 && is_text(key, SOURCE_EXPORT_MARK))
            g->is_export = true; /* of a sequence the first feature says it */
        if (!js_skip(&c, &value))
            break;
    }
    return rc;
}

/* ---- what stands beside the features ---- */

static bool find_member(struct im_bytes object, const char *name, struct im_bytes *out)
{
    struct js_cursor c = js_over(object);
    struct im_bytes key;
    bool first = true;
    bool more = true;

    if (!js_enter(&c, '{'))
        return false;
    while (js_member(&c, &first, &key, &more) && more) {
        if (!js_skip(&c, out))
            return false;
        if (is_text(key, name))
            return true;
    }
    return false;
}

/* CRS84 is EPSG:4326 with longitude first, and says so by its code. */
static OGRErr set_crs84(OGRSpatialReferenceH srs)
{
    OGRErr rc = OSRImportFromEPSG(srs, 4326);

    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    return rc;
}

static bool is_crs84(const char *name)
{
    size_t n = strlen(name);

    return n >= 6 && strcasecmp(name + n - 6, ":CRS84") == 0;
}

/* "urn:ogc:def:crs:OGC:1.3:CRS84" of the format's form of 2008. Longitude comes first
 * there too, whatever the system says. Anything that is no code leaves the file without
 * a system: then a person has to say which. */
static void take_crs(struct geojson *g, struct im_bytes value)
{
    struct im_bytes properties;
    struct im_bytes raw;
    struct im_bytes name;
    bool has_nul = false;
    char text[128];

    OSRDestroySpatialReference(g->srs);
    g->srs = NULL;
    g->has_crs = true;
    if (!find_member(value, "properties", &properties) ||
        !find_member(properties, "name", &raw) || raw.len < 2 || raw.data[0] != '"')
        return;
    raw = (struct im_bytes){raw.data + 1, raw.len - 2};
    if (!js_unescape(raw, g->arena, &name, &has_nul) || has_nul ||
        name.len >= sizeof text)
        return;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (strncasecmp(text, "urn:ogc:def:crs:", 16) != 0 &&
        strncasecmp(text, "EPSG:", 5) != 0)
        return;
    g->srs = OSRNewSpatialReference(NULL);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    if ((is_crs84(text) ? set_crs84(g->srs) : OSRSetFromUserInput(g->srs, text)) !=
        OGRERR_NONE) {
        OSRDestroySpatialReference(g->srs);
        g->srs = NULL;
    } else {
        OSRSetAxisMappingStrategy(g->srs, OAMS_TRADITIONAL_GIS_ORDER);
    }
    CPLPopErrorHandler();
}

static enum im_code note_elements(struct geojson *g, struct im_error *err)
{
    struct im_bytes feature;
    uint8_t next = 0;
    enum fed fed;
    enum im_code rc = IM_OK;

    g->feed.from++; /* '[' */
    while (!rc && (fed = feed_peek(&g->feed, &next)) == FED && next != ']') {
        if (g->rows > 0) {
            if (next != ',')
                return fail_broken(g, g->rows, err);
            g->feed.from++;
            feed_peek(&g->feed, &next);
            if (next == ']' || next == ',')
                return fail_broken(g, g->rows, err);
        }
        fed = feed_value(&g->feed, FEATURE_MAX_BYTES, &feature);
        rc =
            fed == FED ? note_feature(g, feature, err) : fail_fed(g, fed, g->rows, err);
    }
    if (!rc && next != ']')
        rc = fail_broken(g, g->rows, err);
    g->feed.from += !rc;
    return rc;
}

/* A member of the first object. *is_list: it was "features", and they were noted. */
static enum im_code note_member(struct geojson *g, bool *is_list, struct im_error *err)
{
    char key[32];
    struct im_bytes raw;
    uint8_t next = 0;
    enum fed fed = feed_value(&g->feed, MEMBER_MAX_BYTES, &raw);

    if (fed != FED)
        return fail_fed(g, fed, g->rows, err);
    snprintf(key, sizeof key, "%.*s", (int)(raw.len < 31 ? raw.len : 31),
             (const char *)raw.data);
    fed = feed_peek(&g->feed, &next);
    if (fed != FED || next != ':')
        return fail_broken(g, g->rows, err);
    g->feed.from++;
    fed = feed_peek(&g->feed, &next);
    if (fed == FED && strcmp(key, "\"features\"") == 0 && next == '[') {
        *is_list = true;
        return note_elements(g, err);
    }
    if (fed == FED)
        fed = feed_value(&g->feed, FEATURE_MAX_BYTES, &raw);
    if (fed != FED)
        return fail_fed(g, fed, g->rows, err);
    if (strcmp(key, "\"crs\"") == 0 && !is_text(raw, "null"))
        take_crs(g, raw);
    if (strcmp(key, "\"" SOURCE_EXPORT_MARK "\"") == 0)
        g->is_export = true;
    return IM_OK;
}

/* First pass over a collection; a file of single features leaves is_collection false
 * and has to be read again. */
static enum im_code note_collection(struct geojson *g, struct im_error *err)
{
    uint8_t next = 0;
    enum im_code rc = IM_OK;

    g->feed.from++; /* '{' */
    while (!rc && feed_peek(&g->feed, &next) == FED && next != '}') {
        if (next == ',')
            g->feed.from++;
        rc = feed_peek(&g->feed, &next) == FED && next == '"'
                 ? note_member(g, &g->is_collection, err)
                 : fail_broken(g, g->rows, err);
    }
    if (!rc && next != '}')
        rc = fail_broken(g, g->rows, err);
    if (rc || !g->is_collection)
        return rc;
    g->feed.from++;
    if (feed_peek(&g->feed, &next) == FED_END)
        return IM_OK;
    im_fail(err, IM_EDATA, "'%s' goes on behind the end of its JSON; is it two files?",
            g->name);
    return im_zh(err, IM_EDATA, "“%s”在 JSON 结束之后还有内容；是两个文件接在一起吗？",
                 g->name);
}

static enum im_code note_sequence(struct geojson *g, struct im_error *err)
{
    struct im_bytes feature;
    uint8_t next = 0;
    enum im_code rc = feed_rewind(&g->feed, 0, err);
    enum fed fed;

    while (!rc && (fed = feed_peek(&g->feed, &next)) == FED) {
        if (next == 0xEF && g->rows == 0) { /* byte order mark */
            g->feed.from += 3;
            continue;
        }
        fed = feed_value(&g->feed, FEATURE_MAX_BYTES, &feature);
        if (fed == FED && g->rows == 0)
            g->kind = json_kind_of(feature);
        rc = fed == FED && feature.len > 0
                 ? note_feature(g, feature, err)
                 : fail_fed(g, fed == FED ? FED_END : fed, g->rows, err);
    }
    return rc;
}

static enum im_code first_pass(struct geojson *g, struct im_error *err)
{
    uint8_t next = 0;

    feed_peek(&g->feed, &next);
    if (next == 0xEF) {
        g->feed.from += 3;
        feed_peek(&g->feed, &next);
    }
    if (next != '{')
        return fail_json_kind(next == '[' ? JSON_LIST : JSON_NONE, g->name, err);
    enum im_code rc = note_collection(g, err);
    if (!rc && !g->is_collection)
        rc = note_sequence(g, err);
    if (!rc && !g->rows && g->is_collection)
        rc = fail_json_kind(JSON_EMPTY, g->name, err);
    /* among several a strange one is a fault of its row */
    if (!rc && (g->kind == JSON_GEOMETRY || (g->kind == JSON_OTHER && g->rows == 1)))
        rc = fail_json_kind(g->kind, g->name, err);
    if (rc || !g->has_id)
        return rc;
    /* a property of that name is what people look at */
    if (*find_slot(g, im_bytes_of("id")))
        return IM_OK;
    g->id_column = g->n_columns;
    return add_column(g, im_bytes_of("id"), err);
}

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
        size_t i = find_column(g, name);
        if (i < g->n_columns ? !take_value(g, c, i, out) : !js_skip(c, &value))
            return false;
    }
    return false;
}

static void
take_geometry(struct geojson *g, struct im_bytes geometry, struct source_row *out)
{
    if (is_text(geometry, "null"))
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
        if (is_text(key, "properties")) {
            if (!take_properties(g, &c, out))
                return false;
        } else if (is_text(key, "id") && g->id_column != SIZE_MAX) {
            if (!take_value(g, &c, g->id_column, out))
                return false;
        } else if (!js_skip(&c, &value)) {
            return false;
        } else if (is_text(key, "geometry")) {
            take_geometry(g, value, out);
        } else if (is_text(key, "type")) {
            is_feature = is_text(value, "\"Feature\"");
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
        return fed == FED || fed == FED_END ? IM_OK : fail_fed(g, fed, g->row, err);
    if (g->is_collection && next == ',' && g->row > 0) {
        g->feed.from++;
        feed_peek(&g->feed, &next);
    }
    fed = feed_value(&g->feed, FEATURE_MAX_BYTES, text);
    return fed == FED ? IM_OK : fail_fed(g, fed, g->row, err);
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
            return fail_broken(g, 0, err);
        bool is_features = is_text(raw, "\"features\"");
        feed_peek(&g->feed, &next);
        g->feed.from++; /* ':' */
        feed_peek(&g->feed, &next);
        is_found = is_features && next == '[';
        if (is_found)
            g->feed.from++;
        else if (feed_value(&g->feed, FEATURE_MAX_BYTES, &raw) != FED)
            return fail_broken(g, 0, err);
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
    set_crs84(g->srs); /* RFC 7946, 4 */
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
        rc = first_pass(g, err);
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
