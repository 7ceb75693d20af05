/* SPDX-License-Identifier: Apache-2.0 */
/* GDAL's geometries into ours, in EPSG:4326, checked. */
#include "internal.h"

#include <math.h>

/* The four provinces with the sea in front of them, and a margin of 0.05 degrees for
 * outlines that run along the edge. Base layers reach further, so that the map does not
 * end at the border. */
static const struct bbox PLACES_AREA = {114.45, 26.75, 123.55, 35.65};
static const struct bbox BASE_AREA = {112, 24, 126, 38};

struct builder {
    const struct crs_transform *crs;
    struct refusal refusal;
    enum geom_kind kind;
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t n_areas;
    double *lonlat; /* NULL while counting */
    uint32_t *part_end;
    uint32_t *area_end;
};

static void refuse(struct builder *b, const char *zh, const char *en)
{
    if (!b->refusal.code)
        b->refusal = (struct refusal){"bad_geometry", zh, en};
}

static void add_point(struct builder *b, double x, double y)
{
    if (b->lonlat) {
        if (!crs_apply(b->crs, &x, &y)) {
            refuse(b, "坐标不是数，或不能换算到 EPSG:4326",
                   "a coordinate is not a number or has no place in EPSG:4326");
            x = y = 0;
        }
        b->lonlat[2 * (size_t)b->n_points] = x;
        b->lonlat[2 * (size_t)b->n_points + 1] = y;
    }
    b->n_points++;
}

static void set_kind(struct builder *b, enum geom_kind kind)
{
    if (b->kind != GEOM_EMPTY && b->kind != kind)
        refuse(b, "点、线、面混在一个几何里", "points, lines and areas are mixed");
    b->kind = kind;
}

static void add_part(struct builder *b, OGRGeometryH line)
{
    int n = OGR_G_GetPointCount(line);

    for (int i = 0; i < n; i++)
        add_point(b, OGR_G_GetX(line, i), OGR_G_GetY(line, i));
    if (b->part_end)
        b->part_end[b->n_parts] = b->n_points;
    b->n_parts++;
}

static void add_ring(struct builder *b, OGRGeometryH ring, bool is_outer)
{
    uint32_t first = b->n_points;

    add_part(b, ring);
    uint32_t n = b->n_points - first;
    if (n < 4) {
        refuse(b, "环少于 4 个点", "a ring has fewer than 4 points");
    } else if (b->lonlat) {
        double *p = b->lonlat + 2 * (size_t)first;

        if (p[0] != p[2 * (size_t)n - 2] || p[1] != p[2 * (size_t)n - 1])
            refuse(b, "环没有闭合", "a ring is not closed");
        if (geom_ring_area2(p, n) == 0)
            refuse(b, "环的面积为零", "a ring has no area");
        geom_ring_orient(p, n, is_outer); /* RFC 7946, 3.1.6 */
    }
}

static void add_geometry(struct builder *b, OGRGeometryH g);

static void add_polygon(struct builder *b, OGRGeometryH polygon)
{
    int n = OGR_G_GetGeometryCount(polygon);

    for (int i = 0; i < n; i++)
        add_ring(b, OGR_G_GetGeometryRef(polygon, i), i == 0);
    if (b->area_end)
        b->area_end[b->n_areas] = b->n_parts;
    b->n_areas++;
}

static void add_members(struct builder *b, OGRGeometryH g)
{
    int n = OGR_G_GetGeometryCount(g);

    for (int i = 0; i < n; i++)
        add_geometry(b, OGR_G_GetGeometryRef(g, i));
}

static void add_geometry(struct builder *b, OGRGeometryH g)
{
    if (OGR_G_IsEmpty(g))
        return;
    switch (wkbFlatten(OGR_G_GetGeometryType(g))) {
    case wkbPoint:
        set_kind(b, GEOM_POINT);
        add_point(b, OGR_G_GetX(g, 0), OGR_G_GetY(g, 0));
        return;
    case wkbLineString:
        set_kind(b, GEOM_LINE);
        if (OGR_G_GetPointCount(g) < 2)
            refuse(b, "线少于 2 个点", "a line has fewer than 2 points");
        add_part(b, g);
        return;
    case wkbPolygon:
    case wkbTriangle:
        set_kind(b, GEOM_AREA);
        add_polygon(b, g);
        return;
    case wkbMultiPoint:
    case wkbMultiLineString:
    case wkbMultiPolygon:
    case wkbGeometryCollection:
    case wkbTIN:
    case wkbPolyhedralSurface:
        add_members(b, g);
        return;
    default:
        refuse(b, "几何类型不支持", "its type of geometry is not supported");
    }
}

static bool fits(enum geom_kind kind, enum schema_geometry declared)
{
    switch (declared) {
    case SCHEMA_NONE:
        return false;
    case SCHEMA_POINT:
        return kind == GEOM_POINT;
    case SCHEMA_LINE:
        return kind == GEOM_LINE;
    case SCHEMA_AREA:
        return kind == GEOM_AREA;
    case SCHEMA_MIXED:
        return true;
    }
    return false;
}

static struct refusal check_kind(const struct geom *g,
                                 const struct layer_schema *schema)
{
    static const char *const zh[] = {"图层不收几何", "图层只收点", "图层只收线",
                                     "图层只收面", ""};
    static const char *const en[] = {
        "the layer takes no geometry", "the layer takes points only",
        "the layer takes lines only", "the layer takes areas only", ""};

    if (!fits(g->kind, schema->geometry))
        return (struct refusal){"bad_geometry", zh[schema->geometry],
                                en[schema->geometry]};
    if (schema->geometry == SCHEMA_POINT && g->n_points > 1)
        return (struct refusal){"bad_geometry", "一行只能有一个点，请分成多行",
                                "a row holds one point only; make several rows"};
    return (struct refusal){0};
}

static bool is_within(struct bbox area, double x, double y)
{
    return x >= area.min_x && x <= area.max_x && y >= area.min_y && y <= area.max_y;
}

static struct refusal check_area(const struct geom *g,
                                 const struct layer_schema *schema)
{
    struct bbox area = schema->is_base ? BASE_AREA : PLACES_AREA;

    for (uint32_t i = 0; i < g->n_points; i++) {
        double x = g->lonlat[2 * (size_t)i];
        double y = g->lonlat[2 * (size_t)i + 1];

        if (is_within(area, x, y))
            continue;
        if (is_within(area, y, x))
            return (struct refusal){"outside_area",
                                    "位于地图范围之外；经度与纬度似乎写反了",
                                    "outside the area of the map; longitude and "
                                    "latitude look swapped"};
        if (schema->is_base)
            return (struct refusal){"outside_area",
                                    "位于底图范围（112..126 E，24..38 N）之外",
                                    "outside the area of the base map (112..126 E, "
                                    "24..38 N)"};
        return (struct refusal){
            "outside_area",
            "位于地图范围（114.5..123.5 E，26.8..35.6 N）之外；请核对坐标系",
            "outside the area of the map (114.5..123.5 E, 26.8..35.6 N); check the "
            "coordinate system"};
    }
    return (struct refusal){0};
}

static struct refusal out_of_memory(void)
{
    return (struct refusal){"bad_geometry", "几何太大，内存不足",
                            "too large: out of memory"};
}

static bool allocate(struct builder *b, struct im_arena *arena)
{
    b->lonlat = im_arena_calloc(arena, b->n_points, 2 * sizeof(double));
    b->part_end = im_arena_calloc(arena, (size_t)b->n_parts + 1, sizeof *b->part_end);
    b->area_end = im_arena_calloc(arena, (size_t)b->n_areas + 1, sizeof *b->area_end);
    return b->lonlat && b->part_end && b->area_end;
}

static struct refusal
finish(const struct builder *b, const struct layer_schema *schema, struct geom *out)
{
    if (b->refusal.code)
        return b->refusal;
    *out = (struct geom){.kind = b->kind,
                         .n_points = b->n_points,
                         .n_parts = b->n_parts,
                         .n_areas = b->n_areas,
                         .lonlat = b->lonlat,
                         .part_end = b->kind == GEOM_POINT ? NULL : b->part_end,
                         .area_end = b->kind == GEOM_AREA ? b->area_end : NULL};
    struct refusal why = check_kind(out, schema);
    return why.code ? why : check_area(out, schema);
}

static struct refusal build(OGRGeometryH geometry,
                            const struct crs_transform *crs,
                            const struct layer_schema *schema,
                            struct im_arena *arena,
                            struct geom *out)
{
    struct builder b = {.crs = crs};

    add_geometry(&b, geometry);
    if (b.refusal.code || b.n_points == 0)
        return b.refusal;
    if (!allocate(&b, arena))
        return out_of_memory();
    b.n_points = b.n_parts = b.n_areas = 0;
    add_geometry(&b, geometry);
    return finish(&b, schema, out);
}

struct refusal shape_from_ogr(OGRGeometryH geometry,
                              const struct crs_transform *crs,
                              const struct layer_schema *schema,
                              struct im_arena *arena,
                              struct geom *out)
{
    OGRGeometryH straight = NULL;

    *out = (struct geom){.kind = GEOM_EMPTY};
    if (!geometry)
        return (struct refusal){0};
    if (OGR_G_HasCurveGeometry(geometry, 0))
        straight = OGR_G_GetLinearGeometry(geometry, 0, NULL);
    struct refusal why = build(straight ? straight : geometry, crs, schema, arena, out);
    if (why.code)
        *out = (struct geom){.kind = GEOM_EMPTY};
    OGR_G_DestroyGeometry(straight);
    return why;
}

struct refusal shape_from_position(double x,
                                   double y,
                                   const struct crs_transform *crs,
                                   const struct layer_schema *schema,
                                   struct im_arena *arena,
                                   struct geom *out)
{
    struct builder b = {.crs = crs, .kind = GEOM_POINT, .n_points = 1};

    *out = (struct geom){.kind = GEOM_EMPTY};
    if (!allocate(&b, arena))
        return out_of_memory();
    b.n_points = 0;
    add_point(&b, x, y);
    struct refusal why = finish(&b, schema, out);
    if (why.code)
        *out = (struct geom){.kind = GEOM_EMPTY};
    return why;
}
