/* SPDX-License-Identifier: Apache-2.0 */
/* A geometry as it came, into EPSG:4326, checked against the layer. */
#include "shape.h"

#include <engine/geom.h>

/* The four provinces with the sea in front of them, and a margin of 0.05 degrees for
 * outlines that run along the edge. Base layers reach further, so that the map does not
 * end at the border. */
static const struct bbox PLACES_AREA = {114.45, 26.75, 123.55, 35.65};
static const struct bbox BASE_AREA = {112, 24, 126, 38};

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
        return (struct refusal){.code = "bad_geometry",
                                .zh = zh[schema->geometry],
                                .en = en[schema->geometry]};
    if (schema->geometry == SCHEMA_POINT && g->n_points > 1)
        return (struct refusal){.code = "bad_geometry",
                                .zh = "一行只能有一个点，请分成多行",
                                .en = "a row holds one point only; make several rows"};
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
            return (struct refusal){.code = "outside_area",
                                    .zh = "位于地图范围之外；经度与纬度似乎写反了",
                                    .en = "outside the area of the map; longitude and "
                                          "latitude look swapped"};
        if (schema->is_base)
            return (struct refusal){.code = "outside_area",
                                    .zh = "位于底图范围（112..126 E，24..38 N）之外",
                                    .en =
                                        "outside the area of the base map (112..126 E, "
                                        "24..38 N)"};
        return (struct refusal){
            .code = "outside_area",
            .zh = "位于地图范围（114.5..123.5 E，26.8..35.6 N）之外；请核对坐标系",
            .en =
                "outside the area of the map (114.5..123.5 E, 26.8..35.6 N); check the "
                "coordinate system"};
    }
    return (struct refusal){0};
}

static struct refusal check_ring(double *p, uint32_t n, bool is_outer)
{
    if (n < 4)
        return (struct refusal){.code = "bad_geometry",
                                .zh = "环少于 4 个点",
                                .en = "a ring has fewer than 4 points"};
    if (p[0] != p[2 * (size_t)n - 2] || p[1] != p[2 * (size_t)n - 1])
        return (struct refusal){
            .code = "bad_geometry", .zh = "环没有闭合", .en = "a ring is not closed"};
    if (geom_ring_area2(p, n) == 0)
        return (struct refusal){
            .code = "bad_geometry", .zh = "环的面积为零", .en = "a ring has no area"};
    geom_ring_orient(p, n, is_outer); /* RFC 7946, 3.1.6 */
    return (struct refusal){0};
}

static struct refusal check_parts(struct geom *g, double *lonlat)
{
    struct refusal why = {0};
    uint32_t area = 0;
    bool is_outer = true;

    for (uint32_t part = 0; part < g->n_parts && !why.code; part++) {
        uint32_t from = part ? g->part_end[part - 1] : 0;
        uint32_t n = g->part_end[part] - from;

        if (g->kind == GEOM_LINE && n < 2)
            why = (struct refusal){.code = "bad_geometry",
                                   .zh = "线少于 2 个点",
                                   .en = "a line has fewer than 2 points"};
        if (g->kind != GEOM_AREA)
            continue;
        why = check_ring(lonlat + 2 * (size_t)from, n, is_outer);
        is_outer = part + 1 == g->area_end[area];
        area += is_outer;
    }
    return why;
}

static struct refusal transform(const struct shape_rules *rules,
                                struct geom *g,
                                struct im_arena *arena,
                                double **out)
{
    double *lonlat = im_arena_alloc(arena, g->n_points * 2 * sizeof *lonlat);

    if (!lonlat)
        return (struct refusal){.code = "bad_geometry",
                                .zh = "几何太大，内存不足",
                                .en = "too large: out of memory"};
    memcpy(lonlat, g->lonlat, g->n_points * 2 * sizeof *lonlat);
    *out = lonlat;
    g->lonlat = lonlat;
    if (crs_apply(rules->crs, lonlat, g->n_points) == g->n_points)
        return (struct refusal){0};
    return (struct refusal){
        .code = "bad_geometry",
        .zh = "坐标不是数，或不能换算到 EPSG:4326",
        .en = "a coordinate is not a number or has no place in EPSG:4326"};
}

void shape_make(const struct shape_rules *rules,
                const struct geom *in,
                struct im_arena *arena,
                struct shape *out)
{
    double *lonlat = NULL;

    *out = (struct shape){.geom = *in};
    if (in->kind == GEOM_EMPTY)
        return;
    out->refusal = transform(rules, &out->geom, arena, &lonlat);
    if (!out->refusal.code)
        out->refusal = check_parts(&out->geom, lonlat);
    if (!out->refusal.code)
        out->refusal = check_kind(&out->geom, rules->schema);
    if (!out->refusal.code)
        out->refusal = check_area(&out->geom, rules->schema);
    if (out->refusal.code)
        out->geom = (struct geom){.kind = GEOM_EMPTY};
}
