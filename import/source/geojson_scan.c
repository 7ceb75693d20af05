/* SPDX-License-Identifier: Apache-2.0 */
/* The first pass over a GeoJSON file: where its features are, how many, which
 * properties they have, in which system. */
#include "geojson.h"
#include "json.h"

#include <cpl_error.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <xxhash.h>

enum im_code
geojson_fail_broken(const struct geojson *g, uint64_t row, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "'%s' is cut off or no JSON after feature %llu; get the whole file anew",
            g->name, (unsigned long long)row);
    return im_zh(err, IM_EDATA,
                 "“%s”在第 %llu 个要素之后中断或不是 JSON；请重新获取完整的文件",
                 g->name, (unsigned long long)row);
}

enum im_code geojson_fail_fed(const struct geojson *g,
                              enum fed fed,
                              uint64_t row,
                              struct im_error *err)
{
    if (fed == FED_NO_MEMORY)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->name);
    if (fed == FED_END)
        return geojson_fail_broken(g, row, err);
    im_fail(err, IM_ELIMIT,
            "'%s': what follows feature %llu is larger than %d MiB in one piece; split "
            "it into features",
            g->name, (unsigned long long)row, FEATURE_MAX_BYTES >> 20);
    return im_zh(err, IM_ELIMIT,
                 "“%s”第 %llu 个要素之后的一段超过 %d MiB；请拆分成多个要素", g->name,
                 (unsigned long long)row, FEATURE_MAX_BYTES >> 20);
}

static uint32_t *find_slot(const struct geojson *g, struct im_bytes name)
{
    size_t i = (size_t)XXH3_64bits(name.data, name.len) % SLOTS;

    while (g->slots[i] && !is_json_text(name, g->columns[g->slots[i] - 1]))
        i = (i + 1) % SLOTS;
    return &g->slots[i];
}

/* Index of a column; n_columns when there is none. Features list their properties in
 * the same order, so the next one is tried first. */
size_t geojson_column(struct geojson *g, struct im_bytes name)
{
    size_t i = g->expected;

    if (i >= g->n_columns || !is_json_text(name, g->columns[i])) {
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
        if (!is_column_name(name, has_nul) || geojson_column(g, name) < g->n_columns)
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

        if (is_json_text(key, "properties"))
            rc = note_properties(g, at, err);
        else if (is_json_text(key, "geometry"))
            g->has_geometry = g->has_geometry || js_peek(&at) == '{';
        else if (is_json_text(key, "id"))
            g->has_id = true;
        else if (g->rows == 1 && is_json_text(key, SOURCE_EXPORT_MARK))
            g->is_export = true; /* of a sequence the first feature says it */
        if (!js_skip(&c, &value))
            break;
    }
    return rc;
}

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
        if (is_json_text(key, name))
            return true;
    }
    return false;
}

OGRErr geojson_set_crs84(OGRSpatialReferenceH srs)
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
    if ((is_crs84(text) ? geojson_set_crs84(g->srs)
                        : OSRSetFromUserInput(g->srs, text)) != OGRERR_NONE) {
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
                return geojson_fail_broken(g, g->rows, err);
            g->feed.from++;
            feed_peek(&g->feed, &next);
            if (next == ']' || next == ',')
                return geojson_fail_broken(g, g->rows, err);
        }
        fed = feed_value(&g->feed, FEATURE_MAX_BYTES, &feature);
        rc = fed == FED ? note_feature(g, feature, err)
                        : geojson_fail_fed(g, fed, g->rows, err);
    }
    if (!rc && next != ']')
        rc = geojson_fail_broken(g, g->rows, err);
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
        return geojson_fail_fed(g, fed, g->rows, err);
    snprintf(key, sizeof key, "%.*s", (int)(raw.len < 31 ? raw.len : 31),
             (const char *)raw.data);
    fed = feed_peek(&g->feed, &next);
    if (fed != FED || next != ':')
        return geojson_fail_broken(g, g->rows, err);
    g->feed.from++;
    fed = feed_peek(&g->feed, &next);
    if (fed == FED && strcmp(key, "\"features\"") == 0 && next == '[') {
        *is_list = true;
        return note_elements(g, err);
    }
    if (fed == FED)
        fed = feed_value(&g->feed, FEATURE_MAX_BYTES, &raw);
    if (fed != FED)
        return geojson_fail_fed(g, fed, g->rows, err);
    if (strcmp(key, "\"crs\"") == 0 && !is_json_text(raw, "null"))
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
                 : geojson_fail_broken(g, g->rows, err);
    }
    if (!rc && next != '}')
        rc = geojson_fail_broken(g, g->rows, err);
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
                 : geojson_fail_fed(g, fed == FED ? FED_END : fed, g->rows, err);
    }
    return rc;
}

enum im_code geojson_scan(struct geojson *g, struct im_error *err)
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
