/* SPDX-License-Identifier: Apache-2.0 */
/* A GeoJSON geometry (RFC 7946, 3.1) as it stands. */
#include "geojson_shape.h"

#include "json.h"

#include <stdlib.h>

enum shape_kind {
    SHAPE_POINT,
    SHAPE_MULTIPOINT,
    SHAPE_LINE,
    SHAPE_MULTILINE,
    SHAPE_POLYGON,
    SHAPE_MULTIPOLYGON,
    SHAPE_COLLECTION,
    SHAPE_KINDS
};

static const struct {
    const char *name; /* RFC 7946, 1.4 */
    enum geom_kind kind;
    int depth; /* of brackets around a position */
} KINDS[SHAPE_KINDS] = {{"Point", GEOM_POINT, 0},
                        {"MultiPoint", GEOM_POINT, 1},
                        {"LineString", GEOM_LINE, 1},
                        {"MultiLineString", GEOM_LINE, 2},
                        {"Polygon", GEOM_AREA, 2},
                        {"MultiPolygon", GEOM_AREA, 3},
                        {"GeometryCollection", GEOM_EMPTY, 0}};

/* Room for one more element. */
static bool reserve(void **array, uint32_t *cap, uint32_t n, size_t size)
{
    if (n < *cap)
        return true;
    if (n > UINT32_MAX / 2)
        return false;
    uint32_t more = *cap ? 2 * *cap : 64;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *cap = more;
    return true;
}

static bool fault(struct geojson_shape *b, const char *zh, const char *en)
{
    if (!b->fault_en) {
        b->fault_zh = zh;
        b->fault_en = en;
    }
    return false;
}

static bool fail_memory(struct geojson_shape *b)
{
    return fault(b, "几何太大，内存不足", "too large: out of memory");
}

static bool add_position(struct geojson_shape *b, struct js_cursor *c)
{
    struct js_number number;
    double xy[2] = {0};
    size_t n = 0;
    bool first = true;
    bool more = true;

    if (!js_enter(c, '['))
        return fault(b, "坐标不是数组", "a position is not a list of numbers");
    while (js_element(c, &first, &more) && more) {
        if (js_peek(c) == '"')
            return fault(b, "坐标写成了文本，而不是数（RFC 7946，3.1.1）",
                         "a coordinate is a text, not a number (RFC 7946, 3.1.1)");
        if (!js_number(c, &number))
            return fault(b, "坐标不是数", "a coordinate is not a number");
        if (n < 2)
            xy[n] = number.real;
        n++;
    }
    if (more)
        return fault(b, "坐标写法有误", "a position is not well formed");
    if (n < 2)
        return fault(b, n ? "坐标只有一个数" : "坐标为空",
                     n ? "a position has one number only"
                       : "the coordinates are empty");
    b->dropped |= (n > 2 ? SOURCE_DROPPED_Z : 0u) | (n > 3 ? SOURCE_DROPPED_M : 0u);
    if (!reserve((void **)&b->lonlat, &b->cap_points, b->n_points, sizeof xy))
        return fail_memory(b);
    memcpy(b->lonlat + 2 * (size_t)b->n_points, xy, sizeof xy);
    b->n_points++;
    return true;
}

static bool add_coordinates(struct geojson_shape *b, struct js_cursor *c, int depth)
{
    bool first = true;
    bool more = true;

    if (depth == 0)
        return add_position(b, c);
    if (!js_enter(c, '['))
        return fault(b, "坐标的层次与几何类型不符",
                     "the coordinates are nested otherwise than its type says");
    while (js_element(c, &first, &more) && more)
        if (!add_coordinates(b, c, depth - 1))
            return false;
    if (more)
        return fault(b, "坐标写法有误", "the coordinates are not well formed");
    /* the level of lines and rings, and that of polygons */
    if (depth == 1 && b->kind != GEOM_POINT) {
        if (!reserve((void **)&b->part_end, &b->cap_parts, b->n_parts,
                     sizeof *b->part_end))
            return fail_memory(b);
        b->part_end[b->n_parts++] = b->n_points;
    } else if (depth == 2 && b->kind == GEOM_AREA) {
        if (!reserve((void **)&b->area_end, &b->cap_areas, b->n_areas,
                     sizeof *b->area_end))
            return fail_memory(b);
        b->area_end[b->n_areas++] = b->n_parts;
    }
    return true;
}

static bool find_kind(struct im_bytes type, enum shape_kind *out)
{
    for (int i = 0; i < SHAPE_KINDS; i++) {
        size_t n = strlen(KINDS[i].name);

        if (type.len == n + 2 && memcmp(type.data + 1, KINDS[i].name, n) == 0) {
            *out = (enum shape_kind)i;
            return true;
        }
    }
    return false;
}

static bool add_shape(struct geojson_shape *b, struct im_bytes geometry, int depth);

static bool add_collection(struct geojson_shape *b, struct im_bytes list, int depth)
{
    struct js_cursor c = js_over(list);
    struct im_bytes member;
    bool first = true;
    bool more = true;

    if (depth > 8 || !js_enter(&c, '['))
        return fault(b, "几何集合写法有误", "the collection is not well formed");
    while (js_element(&c, &first, &more) && more)
        if (!js_skip(&c, &member) || !add_shape(b, member, depth + 1))
            return fault(b, "几何集合写法有误", "the collection is not well formed");
    return true;
}

/* The members that matter, in one walk: the coordinates may be long. */
struct members {
    struct im_bytes type;
    struct im_bytes coordinates;
    struct im_bytes geometries;
};

static bool find_members(struct im_bytes geometry, struct members *out)
{
    struct js_cursor c = js_over(geometry);
    struct im_bytes key;
    struct im_bytes value;
    bool first = true;
    bool more = true;

    *out = (struct members){0};
    if (!js_enter(&c, '{'))
        return false;
    while (js_member(&c, &first, &key, &more) && more) {
        if (!js_skip(&c, &value))
            return false;
        if (im_bytes_equal(key, im_bytes_of("type")))
            out->type = value;
        else if (im_bytes_equal(key, im_bytes_of("coordinates")))
            out->coordinates = value;
        else if (im_bytes_equal(key, im_bytes_of("geometries")))
            out->geometries = value;
    }
    return true;
}

static bool add_shape(struct geojson_shape *b, struct im_bytes geometry, int depth)
{
    struct members members;
    enum shape_kind kind;

    if (!find_members(geometry, &members) || !members.type.len)
        return fault(b, "几何没有类型", "the geometry has no type");
    if (!find_kind(members.type, &kind))
        return fault(b, "没有这种几何类型（RFC 7946，1.4）",
                     "there is no such type of geometry (RFC 7946, 1.4)");
    if (kind == SHAPE_COLLECTION)
        return members.geometries.len
                   ? add_collection(b, members.geometries, depth)
                   : fault(b, "几何集合没有成员", "the collection has no members");
    if (!members.coordinates.len)
        return fault(b, "几何没有坐标", "the geometry has no coordinates");
    if (b->kind != GEOM_EMPTY && b->kind != KINDS[kind].kind)
        return fault(b, "点、线、面混在一个几何里",
                     "points, lines and areas are mixed in one geometry");
    b->kind = KINDS[kind].kind;
    struct js_cursor c = js_over(members.coordinates);
    return add_coordinates(b, &c, KINDS[kind].depth);
}

static struct refusal geometry_fault(const struct geojson_shape *b)
{
    return (struct refusal){.code = "bad_geometry",
                            .zh = b->fault_zh,
                            .en = b->fault_en,
                            .suggestion_zh = "按 RFC 7946 改正几何后再导入",
                            .suggestion_en =
                                "mend the geometry as RFC 7946 has it, import again"};
}

struct refusal geojson_shape_read(struct geojson_shape *b,
                                  struct im_bytes geometry,
                                  struct geom *out,
                                  unsigned *dropped)
{
    b->kind = GEOM_EMPTY;
    b->n_points = b->n_parts = b->n_areas = 0;
    b->dropped = 0;
    b->fault_zh = b->fault_en = NULL;
    if (add_shape(b, geometry, 0) && b->n_points == 0)
        fault(b, "坐标为空", "the coordinates are empty");
    if (b->fault_en)
        return geometry_fault(b);
    *dropped = b->dropped;
    *out = (struct geom){.kind = b->kind,
                         .n_points = b->n_points,
                         .n_parts = b->n_parts,
                         .n_areas = b->n_areas,
                         .lonlat = b->lonlat,
                         .part_end = b->kind == GEOM_POINT ? NULL : b->part_end,
                         .area_end = b->kind == GEOM_AREA ? b->area_end : NULL};
    return (struct refusal){0};
}

void geojson_shape_release(struct geojson_shape *b)
{
    free(b->lonlat);
    free(b->part_end);
    free(b->area_end);
    *b = (struct geojson_shape){0};
}
