/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON geometries (RFC 7946, 3.1) that clients send. */
#include "geom/read.h"

#include <math.h>

enum {
    MAX_JSON_BYTES = 8 * 1024 * 1024,
    MAX_JSON_DEPTH = 32, /* properties of features may be anything */
    /* a vertex is two or three numbers and their array */
    MAX_VALUES = 5 * GEOM_READ_MAX_POINTS
};

struct scan {
    struct geom_builder b;
    enum im_code rc;
    struct im_error *err;
};

static enum im_code
refuse(const struct json_at *at, const char *zh, const char *en, struct im_error *err)
{
    char path[120];

    json_at_write(at, path, sizeof path);
    im_fail(err, IM_EDATA, "%s%s%s", path, path[0] ? ": " : "", en);
    return im_zh(err, IM_EDATA, "%s%s%s", path, path[0] ? "：" : "", zh);
}

static bool
fail(struct scan *s, const struct json_at *at, const char *zh, const char *en)
{
    s->rc = refuse(at, zh, en, s->err);
    return false;
}

static bool added(struct scan *s, bool good)
{
    if (!good)
        s->rc = geom_builder_fail(&s->b, s->err);
    return good;
}

static bool scan_position(struct scan *s, const json_t *value, const struct json_at *at)
{
    const json_t *x = json_array_get(value, 0);
    const json_t *y = json_array_get(value, 1);

    if (!json_is_array(value) || !json_is_number(x) || !json_is_number(y))
        return fail(s, at, "应为位置 [经度, 纬度]",
                    "must be a position [longitude, latitude]");
    return added(s,
                 geom_builder_add(&s->b, json_number_value(x), json_number_value(y)));
}

typedef bool scan_fn(struct scan *s, const json_t *value, const struct json_at *at);

static bool
scan_list(struct scan *s, const json_t *value, const struct json_at *at, scan_fn *one)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        return fail(s, at, "应为非空数组 [ ]",
                    "must be an array [ ] that is not empty");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct json_at element = {at, NULL, i};

        if (!one(s, json_array_get(value, i), &element))
            return false;
    }
    return true;
}

static bool scan_line(struct scan *s, const json_t *value, const struct json_at *at)
{
    return scan_list(s, value, at, scan_position) &&
           added(s, geom_builder_end_part(&s->b));
}

static bool scan_polygon(struct scan *s, const json_t *value, const struct json_at *at)
{
    return scan_list(s, value, at, scan_line) && added(s, geom_builder_end_area(&s->b));
}

static bool scan_coordinates(struct scan *s,
                             enum geom_type type,
                             const json_t *value,
                             const struct json_at *at)
{
    switch (type) {
    case GEOM_TYPE_POINT:
        return scan_position(s, value, at);
    case GEOM_TYPE_LINESTRING:
        return scan_line(s, value, at);
    case GEOM_TYPE_POLYGON:
        return scan_polygon(s, value, at);
    case GEOM_TYPE_MULTIPOINT:
        return scan_list(s, value, at, scan_position);
    case GEOM_TYPE_MULTILINESTRING:
        return scan_list(s, value, at, scan_line);
    case GEOM_TYPE_MULTIPOLYGON:
        return scan_list(s, value, at, scan_polygon);
    case GEOM_TYPE_COLLECTION:
        break;
    }
    return false;
}

static enum im_code scan_leaf(const json_t *value,
                              enum geom_type type,
                              const struct json_at *at,
                              struct geom_budget *budget,
                              struct im_arena *arena,
                              struct geom_item *out,
                              struct im_error *err)
{
    struct scan s = {geom_builder_of(budget), IM_OK, err};
    struct json_at coordinates = {at, "coordinates", 0};

    if (scan_coordinates(&s, type, json_object_get(value, "coordinates"), &coordinates))
        s.rc = geom_builder_finish(&s.b, type, arena, out, err);
    geom_builder_release(&s.b);
    return s.rc;
}

static bool type_of(const json_t *value, enum geom_type *out)
{
    const char *type = json_string_value(json_object_get(value, "type"));

    for (int i = GEOM_TYPE_POINT; type && i <= GEOM_TYPE_COLLECTION; i++)
        if (strcmp(type, geom_type_name((enum geom_type)i)) == 0) {
            *out = (enum geom_type)i;
            return true;
        }
    return false;
}

static enum im_code scan_any(const json_t *value,
                             unsigned depth,
                             const struct json_at *at,
                             struct geom_budget *budget,
                             struct im_arena *arena,
                             struct geom_item *out,
                             struct im_error *err);

static enum im_code scan_items(const json_t *value,
                               unsigned depth,
                               const struct json_at *at,
                               struct geom_budget *budget,
                               struct im_arena *arena,
                               struct im_buf *items,
                               struct im_error *err)
{
    const json_t *list = json_object_get(value, "geometries");
    struct json_at geometries = {at, "geometries", 0};
    enum im_code rc = IM_OK;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return refuse(&geometries, "应为非空数组 [ ]",
                      "must be an array [ ] that is not empty", err);
    for (size_t i = 0; rc == IM_OK && i < json_array_size(list); i++) {
        struct json_at element = {&geometries, NULL, i};
        struct geom_item item;

        rc = scan_any(json_array_get(list, i), depth, &element, budget, arena, &item,
                      err);
        if (rc == IM_OK)
            im_buf_append(items, &item, sizeof item);
    }
    return rc;
}

static enum im_code scan_collection(const json_t *value,
                                    unsigned depth,
                                    const struct json_at *at,
                                    struct geom_budget *budget,
                                    struct im_arena *arena,
                                    struct geom_item *out,
                                    struct im_error *err)
{
    struct im_buf items = {.max = SIZE_MAX / 2};
    enum im_code rc;

    if (depth >= GEOM_READ_MAX_DEPTH)
        rc = refuse(at, "图形集合嵌套过深", "collections are nested too deep", err);
    else
        rc = scan_items(value, depth + 1, at, budget, arena, &items, err);
    if (rc == IM_OK)
        rc = geom_collection(&items, arena, out, err);
    im_buf_release(&items);
    return rc;
}

static enum im_code scan_any(const json_t *value,
                             unsigned depth,
                             const struct json_at *at,
                             struct geom_budget *budget,
                             struct im_arena *arena,
                             struct geom_item *out,
                             struct im_error *err)
{
    struct json_at member = {at, "type", 0};
    enum geom_type type;

    if (!json_is_object(value))
        return refuse(at, "应为图形 { }", "must be a geometry { }", err);
    if (!type_of(value, &type))
        return refuse(&member,
                      "应为 Point、LineString、Polygon、MultiPoint、MultiLineString、"
                      "MultiPolygon 或 GeometryCollection",
                      "must be Point, LineString, Polygon, MultiPoint, "
                      "MultiLineString, MultiPolygon or GeometryCollection",
                      err);
    if (type == GEOM_TYPE_COLLECTION)
        return scan_collection(value, depth, at, budget, arena, out, err);
    return scan_leaf(value, type, at, budget, arena, out, err);
}

enum im_code geom_scan_json(const json_t *value,
                            const struct json_at *at,
                            struct geom_budget *budget,
                            struct im_arena *arena,
                            struct geom_item *out,
                            struct im_error *err)
{
    return scan_any(value, 0, at, budget, arena, out, err);
}

/* ---- whole documents ---- */

static enum im_code scan_feature(const json_t *value,
                                 const struct json_at *at,
                                 struct geom_budget *budget,
                                 struct im_arena *arena,
                                 struct geom_item *out,
                                 struct im_error *err)
{
    struct json_at member = {at, "geometry", 0};

    return geom_scan_json(json_object_get(value, "geometry"), &member, budget, arena,
                          out, err);
}

static enum im_code scan_features(const json_t *value,
                                  struct geom_budget *budget,
                                  struct im_arena *arena,
                                  struct im_buf *items,
                                  struct im_error *err)
{
    const json_t *list = json_object_get(value, "features");
    struct json_at root = {NULL, NULL, 0};
    struct json_at features = {&root, "features", 0};
    enum im_code rc = IM_OK;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return refuse(&features, "应为非空数组 [ ]",
                      "must be an array [ ] that is not empty", err);
    for (size_t i = 0; rc == IM_OK && i < json_array_size(list); i++) {
        struct json_at element = {&features, NULL, i};
        struct geom_item item;

        rc = scan_feature(json_array_get(list, i), &element, budget, arena, &item, err);
        if (rc == IM_OK && item.g.kind != GEOM_AREA)
            rc = refuse(&element, "集合中的要素应为面",
                        "features of a collection must be areas", err);
        if (rc == IM_OK)
            im_buf_append(items, &item, sizeof item);
    }
    return rc;
}

static enum im_code scan_document(const json_t *root,
                                  struct im_arena *arena,
                                  struct geom_item *out,
                                  struct im_error *err)
{
    struct geom_budget budget = geom_budget_full();
    struct json_at at = {NULL, NULL, 0};
    struct im_buf items = {.max = SIZE_MAX / 2};
    const char *type = json_string_value(json_object_get(root, "type"));
    enum im_code rc;

    if (type && strcmp(type, "Feature") == 0)
        return scan_feature(root, &at, &budget, arena, out, err);
    if (!type || strcmp(type, "FeatureCollection") != 0)
        return geom_scan_json(root, &at, &budget, arena, out, err);
    rc = scan_features(root, &budget, arena, &items, err);
    if (rc == IM_OK)
        rc = geom_collection(&items, arena, out, err);
    im_buf_release(&items);
    return rc;
}

static enum im_code load(struct im_bytes json, json_t **out, struct im_error *err)
{
    json_error_t fault;

    if (json.len > MAX_JSON_BYTES || json_is_too_long(json, MAX_VALUES)) {
        im_fail(err, IM_ELIMIT,
                "the geometry is longer than %d bytes or %d vertices, please simplify "
                "it",
                MAX_JSON_BYTES, GEOM_READ_MAX_POINTS);
        return im_zh(err, IM_ELIMIT, "图形超过 %d 字节或 %d 个顶点，请先简化",
                     MAX_JSON_BYTES, GEOM_READ_MAX_POINTS);
    }
    if (json_is_too_deep(json, MAX_JSON_DEPTH)) {
        im_fail(err, IM_ELIMIT, "GeoJSON is nested deeper than %d levels",
                MAX_JSON_DEPTH);
        return im_zh(err, IM_ELIMIT, "GeoJSON 嵌套超过 %d 层", MAX_JSON_DEPTH);
    }
    *out =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    if (*out)
        return IM_OK;
    im_fail(err, IM_EDATA, "not JSON: line %d, column %d: %s", fault.line, fault.column,
            fault.text);
    return im_zh(err, IM_EDATA, "不是合法的 JSON：第 %d 行第 %d 列：%s", fault.line,
                 fault.column, fault.text);
}

enum im_code geom_read_json(struct im_bytes json,
                            struct im_arena *arena,
                            struct geom *out,
                            struct im_error *err)
{
    struct geom_item item;
    json_t *root = NULL;
    enum im_code rc = load(json, &root, err);

    if (rc == IM_OK)
        rc = scan_document(root, arena, &item, err);
    if (rc == IM_OK)
        rc = geom_item_check(&item, err);
    if (rc == IM_OK)
        rc = geom_item_flatten(&item, arena, out, err);
    json_decref(root);
    return rc;
}
