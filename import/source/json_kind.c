/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that holds no features: what it is instead, and what to do about it. */
#include "json_kind.h"

#include "internal.h"

static const struct {
    const char *en;
    const char *zh;
} ANSWERS[] = {
    [JSON_NONE] = {"is no JSON: it does not begin with { or [; save the bare GeoJSON, "
                   "without text around it",
                   "不是 JSON：开头不是 { 或 [；请只保存 GeoJSON 本身，去掉外面的文字"},
    [JSON_LIST] =
        {"is a list of records, no GeoJSON; save it as CSV or XLSX, or put it "
         "into {\"type\": \"FeatureCollection\", \"features\": [...]}",
         "是记录的列表，不是 GeoJSON；请另存为 CSV 或 XLSX，或放进 "
         "{\"type\": \"FeatureCollection\", \"features\": [...]}"},
    [JSON_GEOMETRY] = {"is a bare geometry without a name or other values; put it into "
                       "a feature: {\"type\": \"Feature\", \"properties\": "
                       "{\"name\": \"...\"}, \"geometry\": ...}",
                       "只是一个几何，没有名称等属性；请放进要素：{\"type\": "
                       "\"Feature\", \"properties\": {\"名称\": \"…\"}, "
                       "\"geometry\": …}"},
    [JSON_OTHER] = {"is JSON, but no GeoJSON: it has neither features nor a type that "
                    "is known; an answer of a service holds them further inside: save "
                    "that part, or the list as CSV",
                    "是 JSON，但不是 GeoJSON：没有 features，也没有已知的 "
                    "type；若是接口返回的结果，请把其中的要素另存，或把列表存为 CSV"},
    [JSON_EMPTY] = {"is an empty collection: there is nothing to import",
                    "是空的要素集合，没有可导入的内容"},
};

/* The text of a member, still in its quotes and with its escapes. */
static struct im_bytes member_of(struct im_bytes object, const char *name)
{
    struct js_cursor c = js_over(object);
    struct im_bytes key, value;
    bool first = true;
    bool more = true;

    if (js_peek(&c) == '{' && js_enter(&c, '{'))
        while (js_member(&c, &first, &key, &more) && more && js_skip(&c, &value))
            if (im_bytes_equal(key, im_bytes_of(name)))
                return value;
    return (struct im_bytes){NULL, 0};
}

enum json_kind json_kind_of(struct im_bytes object)
{
    static const char *const GEOMETRIES[] = {"\"Point\"",
                                             "\"MultiPoint\"",
                                             "\"LineString\"",
                                             "\"MultiLineString\"",
                                             "\"Polygon\"",
                                             "\"MultiPolygon\"",
                                             "\"GeometryCollection\""};
    struct im_bytes type = member_of(object, "type");

    for (size_t i = 0; i < sizeof GEOMETRIES / sizeof *GEOMETRIES; i++)
        if (im_bytes_equal(type, im_bytes_of(GEOMETRIES[i])))
            return JSON_GEOMETRY;
    /* what is nearly a feature is told of as a row */
    return im_bytes_equal(type, im_bytes_of("\"Feature\"")) ||
                   member_of(object, "geometry").len ||
                   member_of(object, "properties").len
               ? JSON_FEATURE
               : JSON_OTHER;
}

enum im_code fail_json_kind(enum json_kind kind, const char *name, struct im_error *err)
{
    im_fail(err, IM_EDATA, "'%.60s' %s", name, ANSWERS[kind].en);
    return im_zh(err, IM_EDATA, "“%.60s”%s", name, ANSWERS[kind].zh);
}
