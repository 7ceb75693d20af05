/* SPDX-License-Identifier: Apache-2.0 */
/* Does a feature belong to an area? The area made ready for many such questions. */
#include "atlas/layer.h"
#include "geom/edge_tree.h"
#include "query/division.h"

#include <engine/geom_prepared.h>

#include <math.h>

/* A degree of latitude is 110,574 m at least, one of longitude 111,319 m on the
 * equator. */
#define MIN_M_PER_DEG 110500.0

/* One polygon of the shape: members of a corridor may overlap, and inside of two is
 * outside by the even-odd rule. */
struct piece {
    struct geom geom;
    struct bbox box;
    struct geom_prepared *prepared; /* made when first needed */
};

/* Whether codes of a layer's adcode column belong: 0 not asked yet, 1 no, 2 yes. */
struct code_memo {
    const struct atlas_layer *layer;
    uint8_t *answers;
};

struct query_region {
    const struct query_area *area;
    struct im_arena *arena;
    struct bbox boxes[2];
    size_t n_boxes;
    struct piece *pieces;
    size_t n_pieces;
    struct edge_tree *edges; /* of the shape, where there is a margin; NULL */
    struct edge_tree *axis;  /* NULL: none */
    double *axis_at_m;       /* where each edge of the axis begins */
    struct division_index divisions;
    uint32_t *codes; /* of area->adcodes, of today */
    bool *has_outline;
    struct code_memo memos[QUERY_MAX_LAYERS];
};

/* ---- boxes ---- */

static size_t wrap(struct bbox b, struct bbox out[2])
{
    if (b.max_x - b.min_x >= 360) {
        out[0] = (struct bbox){-180, b.min_y, 180, b.max_y};
        return 1;
    }
    out[0] = b;
    if (b.min_x < -180) {
        out[0].min_x = -180;
        out[1] = (struct bbox){b.min_x + 360, b.min_y, 180, b.max_y};
        return 2;
    }
    if (b.max_x > 180) {
        out[0].max_x = 180;
        out[1] = (struct bbox){-180, b.min_y, b.max_x - 360, b.max_y};
        return 2;
    }
    return 1;
}

/* All that is up to margin_m away lies in the result. */
static struct bbox grow(struct bbox b, double margin_m)
{
    double degrees = margin_m / MIN_M_PER_DEG;
    double polar;

    if (!(margin_m > 0))
        return b;
    b.min_y = fmax(b.min_y - degrees, -90);
    b.max_y = fmin(b.max_y + degrees, 90);
    /* the meridians through both sides of a circle around (0, lat) are asin(sin r /
     * cos lat) away; at the grown box's polar side r / cos is larger than that */
    polar = cos(fmin(fmax(-b.min_y, b.max_y), 90) * BOUND_RAD_PER_DEG);
    degrees = polar > 1e-6 ? degrees / polar : 360;
    b.min_x -= degrees;
    b.max_x += degrees;
    return b;
}

static void set_boxes(struct query_region *r)
{
    static const struct bbox world = {-180, -90, 180, 90};
    const struct query_area *a = r->area;

    if (a->kind == QUERY_EVERYWHERE) {
        r->boxes[0] = world;
        r->n_boxes = 1;
    } else if (a->kind == QUERY_IN_BOX && a->box.min_x > a->box.max_x) {
        r->boxes[0] = (struct bbox){a->box.min_x, a->box.min_y, 180, a->box.max_y};
        r->boxes[1] = (struct bbox){-180, a->box.min_y, a->box.max_x, a->box.max_y};
        r->n_boxes = 2;
    } else if (a->kind == QUERY_IN_BOX) {
        r->n_boxes = wrap(a->box, r->boxes);
    } else if (a->shape.n_points) {
        r->n_boxes = wrap(grow(geom_bbox(&a->shape), a->margin_m), r->boxes);
    }
}

/* ---- making ready ---- */

static uint32_t first_ring(const struct geom *g, uint32_t area)
{
    return area ? g->area_end[area - 1] : 0;
}

static uint32_t first_point(const struct geom *g, uint32_t part)
{
    return part ? g->part_end[part - 1] : 0;
}

static bool make_piece(struct query_region *r, const struct geom *g, uint32_t area)
{
    uint32_t from = first_ring(g, area);
    uint32_t to = g->area_end[area];
    uint32_t start = first_point(g, from);
    uint32_t *ends = im_arena_calloc(r->arena, (size_t)(to - from) + 1, sizeof *ends);
    struct piece *p = &r->pieces[r->n_pieces];

    if (!ends)
        return false;
    for (uint32_t ring = from; ring < to; ring++)
        ends[ring - from] = g->part_end[ring] - start;
    ends[to - from] = to - from; /* the only entry of area_end */
    p->geom = (struct geom){.kind = GEOM_AREA,
                            .n_points = first_point(g, to) - start,
                            .n_parts = to - from,
                            .n_areas = 1,
                            .lonlat = g->lonlat + 2 * (size_t)start,
                            .part_end = ends,
                            .area_end = &ends[to - from]};
    p->box = geom_bbox(&p->geom);
    r->n_pieces++;
    return true;
}

static bool make_pieces(struct query_region *r, const struct geom *g)
{
    r->pieces = im_arena_calloc(r->arena, (size_t)g->n_areas + 1, sizeof *r->pieces);
    for (uint32_t area = 0; r->pieces && area < g->n_areas; area++)
        if (!make_piece(r, g, area))
            return false;
    return r->pieces != NULL;
}

/* The box as one or two polygons, for lines and areas. */
static bool make_box_pieces(struct query_region *r)
{
    static const uint32_t ends[2] = {5, 1};

    r->pieces = im_arena_calloc(r->arena, 2, sizeof *r->pieces);
    if (!r->pieces)
        return false;
    for (size_t i = 0; i < r->n_boxes; i++) {
        struct bbox b = r->boxes[i];
        double *xy = im_arena_alloc(r->arena, 10 * sizeof *xy);

        if (!xy)
            return false;
        memcpy(xy,
               (double[]){b.min_x, b.min_y, b.max_x, b.min_y, b.max_x, b.max_y, b.min_x,
                          b.max_y, b.min_x, b.min_y},
               10 * sizeof *xy);
        r->pieces[r->n_pieces++] = (struct piece){
            .geom = {GEOM_AREA, 5, 1, 1, xy, &ends[0], &ends[1]}, .box = b};
    }
    return true;
}

static bool make_axis(struct query_region *r)
{
    double at = 0;

    r->axis = edge_tree_new(&r->area->axis, r->arena);
    if (!r->axis)
        return false;
    uint32_t n = edge_tree_size(r->axis);
    r->axis_at_m = im_arena_calloc(r->arena, (size_t)n + 1, sizeof *r->axis_at_m);
    for (uint32_t i = 0; r->axis_at_m && i < n; i++) {
        const double *e = edge_tree_edge(r->axis, i);

        r->axis_at_m[i] = at;
        at += geodesic_distance_m(e[0], e[1], e[2], e[3]);
    }
    return r->axis_at_m != NULL;
}

static bool make_codes(struct query_region *r)
{
    const struct query_area *a = r->area;

    r->codes = im_arena_calloc(r->arena, a->n_adcodes + 1, sizeof *r->codes);
    r->has_outline =
        im_arena_calloc(r->arena, a->n_adcodes + 1, sizeof *r->has_outline);
    if (!r->codes || !r->has_outline)
        return false;
    for (size_t i = 0; i < a->n_adcodes; i++) {
        const struct atlas_layer *outlines = r->divisions.outlines;
        uint32_t outline;

        r->codes[i] = division_today(&r->divisions, division_code(a->adcodes[i]));
        r->has_outline[i] = division_find(outlines, r->codes[i], &outline) &&
                            outline < outlines->n_placed;
    }
    return true;
}

static bool make_ready(struct query_region *r)
{
    const struct query_area *a = r->area;

    if (a->kind == QUERY_IN_BOX && !make_box_pieces(r))
        return false;
    if (a->shape.kind == GEOM_AREA && !make_pieces(r, &a->shape))
        return false;
    if (a->shape.n_parts && (a->margin_m > 0 || a->shape.kind == GEOM_LINE)) {
        r->edges = edge_tree_new(&a->shape, r->arena);
        if (!r->edges)
            return false;
    }
    if (a->axis.n_parts && !make_axis(r))
        return false;
    return a->kind != QUERY_IN_DIVISIONS || make_codes(r);
}

enum im_code query_region_new(const struct query_area *area,
                              struct im_arena *arena,
                              struct query_region **out,
                              struct im_error *err)
{
    struct query_region *r = im_arena_calloc(arena, 1, sizeof *r);
    enum im_code rc;

    if (!r)
        return im_fail(err, IM_ENOMEM, "area: out of memory");
    r->area = area;
    r->arena = arena;
    set_boxes(r);
    rc = division_index_init(&r->divisions,
                             area->kind == QUERY_IN_DIVISIONS ? area->atlas : NULL,
                             arena, err);
    if (rc != IM_OK)
        return rc;
    if (!make_ready(r))
        return im_fail(err, IM_ENOMEM, "area: out of memory");
    *out = r;
    return IM_OK;
}

size_t query_region_boxes(const struct query_region *region, struct bbox boxes[2])
{
    memcpy(boxes, region->boxes, region->n_boxes * sizeof *boxes);
    return region->n_boxes;
}

bool query_region_goes_by_code(const struct query_region *region)
{
    return region->area->kind == QUERY_EVERYWHERE || region->area->n_adcodes > 0;
}

/* ---- by position ---- */

/* Without memory for the tables the answer is only slower. */
static struct geom_prepared *prepare(struct query_region *r, struct piece *p)
{
    if (!p->prepared)
        p->prepared = geom_prepared_new(&p->geom, r->arena);
    return p->prepared;
}

static bool has_point(struct query_region *r, double lon, double lat)
{
    for (size_t i = 0; i < r->n_pieces; i++) {
        struct piece *p = &r->pieces[i];

        if (lon < p->box.min_x || lon > p->box.max_x || lat < p->box.min_y ||
            lat > p->box.max_y)
            continue;
        if (r->area->kind == QUERY_IN_BOX)
            return true;
        if (prepare(r, p) ? geom_prepared_contains(p->prepared, lon, lat)
                          : geom_contains(&p->geom, lon, lat))
            return true;
    }
    return false;
}

static bool is_near(const struct query_region *r, double lon, double lat)
{
    struct geodesic_origin origin;

    if (!r->edges)
        return false;
    geodesic_origin_init(&origin, lon, lat);
    return edge_tree_distance(r->edges, &origin, r->area->margin_m, NULL, NULL, NULL) <=
           r->area->margin_m;
}

static bool in_boxes(const struct query_region *r, struct bbox b)
{
    for (size_t i = 0; i < r->n_boxes; i++)
        if (bbox_intersects(r->boxes[i], b))
            return true;
    return false;
}

static bool has_points(struct query_region *r, const struct geom *g)
{
    for (uint32_t i = 0; i < g->n_points; i++) {
        const double *p = g->lonlat + 2 * (size_t)i;

        if (has_point(r, p[0], p[1]) || is_near(r, p[0], p[1]))
            return true;
    }
    return false;
}

static bool touches(struct query_region *r, const struct geom *g, struct bbox box)
{
    for (size_t i = 0; i < r->n_pieces; i++) {
        struct piece *p = &r->pieces[i];

        if (!bbox_intersects(p->box, box))
            continue;
        if (prepare(r, p) ? geom_prepared_intersects(p->prepared, g)
                          : geom_between_m(&p->geom, g, 0, NULL, NULL) == 0)
            return true;
    }
    return r->edges && geom_between_m(&r->area->shape, g, r->area->margin_m, NULL,
                                      NULL) <= r->area->margin_m;
}

static bool
has_position(struct query_region *r, const struct atlas_layer *layer, uint32_t feature)
{
    struct bbox box = atlas_bbox(layer, feature);
    struct geom g;

    if (feature >= layer->n_placed || !in_boxes(r, box))
        return false;
    g = atlas_geom(layer, feature);
    return g.kind == GEOM_POINT ? has_points(r, &g) : touches(r, &g, box);
}

/* ---- by code ---- */

/* Of the area's codes the one that covers the feature's, SIZE_MAX: none. */
static size_t covering(const struct query_region *r, uint32_t code)
{
    for (size_t i = 0; i < r->area->n_adcodes; i++)
        if (division_covers(&r->divisions, r->codes[i], code))
            return i;
    return SIZE_MAX;
}

/* The same code comes a thousand times. NULL: nothing is kept for this row. */
static uint8_t *
memo_of(struct query_region *r, const struct atlas_layer *layer, uint32_t feature)
{
    int field = layer->schema->roles.adcode;
    uint32_t code = atlas_code(layer, feature, field);

    if (code == ATLAS_NULL_CODE)
        return NULL;
    for (size_t i = 0; i < QUERY_MAX_LAYERS; i++) {
        struct code_memo *memo = &r->memos[i];

        if (!memo->layer) {
            memo->layer = layer;
            memo->answers =
                im_arena_calloc(r->arena, atlas_code_count(layer, field), 1);
        }
        if (memo->layer == layer)
            return memo->answers ? &memo->answers[code] : NULL;
    }
    return NULL;
}

static bool
has_code(struct query_region *r, const struct atlas_layer *layer, uint32_t feature)
{
    uint8_t *memo = memo_of(r, layer, feature);

    if (memo && *memo)
        return *memo == 2;
    bool has = covering(r, division_code_of(layer, feature)) != SIZE_MAX;
    if (memo)
        *memo = has ? 2 : 1;
    return has;
}

/* Its code says that it belongs, its position does not: the code counts where no
 * outline of that level is around the position. */
static bool
is_elsewhere(struct query_region *r, const struct atlas_layer *layer, uint32_t feature)
{
    size_t i = covering(r, division_code_of(layer, feature));
    struct geom g = atlas_geom(layer, feature);
    uint32_t outline;

    if (i == SIZE_MAX || !r->has_outline[i])
        return false;
    return division_outline_at(&r->divisions, g.lonlat[0], g.lonlat[1],
                               division_level_of(r->codes[i]), &outline) &&
           division_code_of(r->divisions.outlines, outline) != r->codes[i];
}

static bool
in_divisions(struct query_region *r, const struct atlas_layer *layer, uint32_t feature)
{
    if (division_goes_by_position(layer, feature))
        return has_position(r, layer, feature) ||
               (has_code(r, layer, feature) && !is_elsewhere(r, layer, feature));
    if (layer->schema->roles.adcode != SCHEMA_NO_FIELD &&
        !atlas_is_null(layer, feature, layer->schema->roles.adcode))
        return has_code(r, layer, feature) ||
               (r->area->margin_m > 0 &&
                query_precision(layer, feature) < PRECISION_DISTRICT &&
                has_position(r, layer, feature));
    return query_precision(layer, feature) < PRECISION_DISTRICT &&
           has_position(r, layer, feature);
}

/* ---- along the axis ---- */

/* From the point of the feature that is nearest to the axis. */
static void measure(const struct query_region *r,
                    const struct atlas_layer *layer,
                    uint32_t feature,
                    double *along_m,
                    double *off_m)
{
    struct geom g = atlas_geom(layer, feature);
    struct geodesic_origin origin;
    uint32_t edge = 0;
    double lon;
    double lat;

    if (g.n_points == 0)
        return;
    lon = g.lonlat[0];
    lat = g.lonlat[1];
    double between = g.n_points > 1
                         ? geom_between_m(&r->area->axis, &g, HUGE_VAL, &lon, &lat)
                         : HUGE_VAL;
    geodesic_origin_init(&origin, lon, lat);
    double off = edge_tree_distance(r->axis, &origin, HUGE_VAL, &edge, &lon, &lat);
    const double *e = edge_tree_edge(r->axis, edge);
    *off_m = between < off ? between : off;
    *along_m = r->axis_at_m[edge] + geodesic_distance_m(e[0], e[1], lon, lat);
}

bool query_region_has(struct query_region *region,
                      const struct atlas_layer *layer,
                      uint32_t feature,
                      double *along_m,
                      double *off_m)
{
    bool has = region->area->kind == QUERY_EVERYWHERE ||
               (region->area->kind == QUERY_IN_DIVISIONS
                    ? in_divisions(region, layer, feature)
                    : has_position(region, layer, feature));
    double along = (double)NAN;
    double off = (double)NAN;

    if (has && region->axis && (along_m || off_m))
        measure(region, layer, feature, &along, &off);
    if (along_m)
        *along_m = along;
    if (off_m)
        *off_m = off;
    return has;
}
