/* SPDX-License-Identifier: Apache-2.0 */
/* Features against geometry literals: boxes first, points by edge tables, the rest by
 * GEOS (OGC 06-103r4, 6.1.15.3). */
#include "cql/program.h"

#include "geom/check.h"

#include <stdlib.h>

/* ---- literals ---- */

static bool has_range(double lon_min, double lon_max, double lat_min, double lat_max)
{
    return lon_min >= -180 && lon_min <= 180 && lon_max >= -180 && lon_max <= 180 &&
           lat_min >= -90 && lat_max <= 90 && lat_min <= lat_max;
}

enum { BBOX_STEPS = 16 /* of an edge, which another CRS may bend */ };

/* The rectangle's outline, `steps` positions an edge, closed. */
static size_t outline(const double b[4], int steps, double *xy)
{
    const double corner[5][2] = {
        {b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}};
    size_t n = 0;

    for (int side = 0; side < 4; side++)
        for (int i = 0; i < steps; i++, n++)
            for (int k = 0; k < 2; k++)
                xy[2 * n + (size_t)k] =
                    corner[side][k] +
                    (corner[side + 1][k] - corner[side][k]) * i / steps;
    xy[2 * n] = b[0];
    xy[2 * n + 1] = b[1];
    return n + 1;
}

/* One rectangle, or what a box without width or height is: a line, a point. */
static bool add_box(struct geom_builder *b, const double box[4], enum geom_type *type)
{
    double xy[2 * (4 * BBOX_STEPS + 1)];
    bool flat_x = box[0] == box[2];
    bool flat_y = box[1] == box[3];
    size_t n;

    *type = flat_x && flat_y   ? GEOM_TYPE_POINT
            : flat_x || flat_y ? GEOM_TYPE_LINESTRING
                               : GEOM_TYPE_MULTIPOLYGON;
    if (*type == GEOM_TYPE_POINT)
        return geom_builder_add(b, box[0], box[1]);
    if (*type == GEOM_TYPE_LINESTRING)
        return geom_builder_add(b, box[0], box[1]) &&
               geom_builder_add(b, box[2], box[3]) && geom_builder_end_part(b);
    n = outline(box, 1, xy);
    for (size_t i = 0; i < n; i++)
        if (!geom_builder_add(b, xy[2 * i], xy[2 * i + 1]))
            return false;
    return geom_builder_end_part(b) && geom_builder_end_area(b);
}

static enum im_code
bad_bbox(const struct cql_node *node, struct cql_fault *fault, struct im_error *err)
{
    return cql_refuse(fault, err, IM_EARG, cql_where_of(node), (struct im_bytes){0},
                      "BBOX 应为 西,南,东,北，经度 -180..180，纬度 -90..90，南不大于北",
                      "BBOX takes west, south, east, north: longitude -180..180, "
                      "latitude -90..90, south at most north",
                      NULL, NULL);
}

/* Across the antimeridian (west > east) it is two boxes. */
static enum im_code make_box(const double box[4],
                             struct im_arena *arena,
                             struct geom_item *out,
                             struct im_error *err)
{
    struct geom_budget budget = geom_budget_full();
    struct geom_builder b = geom_builder_of(&budget);
    double west[4] = {-180, box[1], box[2], box[3]};
    double east[4] = {box[0], box[1], 180, box[3]};
    enum geom_type type;
    enum im_code rc;
    bool good = box[0] > box[2]
                    ? add_box(&b, east, &type) &&
                          (box[2] <= -180 || box[0] >= 180 || add_box(&b, west, &type))
                    : add_box(&b, box, &type);

    rc = good ? geom_builder_finish(&b, type, arena, out, err)
              : geom_builder_fail(&b, err);
    geom_builder_release(&b);
    return rc;
}

/* In another CRS the edges bend: they are cut into pieces first. */
static enum im_code make_foreign_box(const double box[4],
                                     const struct cql_crs *crs,
                                     struct im_arena *arena,
                                     struct geom_item *out,
                                     struct im_error *err)
{
    struct geom_budget budget = geom_budget_full();
    struct geom_builder b = geom_builder_of(&budget);
    double xy[2 * (4 * BBOX_STEPS + 1)];
    size_t n = outline(box, BBOX_STEPS, xy);
    bool good = crs->to_lonlat(crs->ctx, xy, n);
    enum im_code rc;

    for (size_t i = 0; good && i < n; i++)
        good = geom_builder_add(&b, xy[2 * i], xy[2 * i + 1]);
    good = good && geom_builder_end_part(&b) && geom_builder_end_area(&b);
    rc = good ? geom_builder_finish(&b, GEOM_TYPE_POLYGON, arena, out, err) : IM_EARG;
    geom_builder_release(&b);
    return rc;
}

/* The literal of an expression stays as it is: other layers may be compiled from it. */
static bool
copy_item(const struct geom_item *from, struct im_arena *arena, struct geom_item *to)
{
    size_t bytes = (size_t)from->g.n_points * 2 * sizeof(double);

    *to = *from;
    if (from->type != GEOM_TYPE_COLLECTION) {
        to->xy = im_arena_alloc(arena, bytes);
        if (!to->xy)
            return false;
        if (bytes)
            memcpy(to->xy, from->xy, bytes);
        to->g.lonlat = to->xy;
        return true;
    }
    to->items = im_arena_calloc(arena, from->n_items, sizeof *to->items);
    for (size_t i = 0; to->items && i < from->n_items; i++)
        if (!copy_item(&from->items[i], arena, &to->items[i]))
            return false;
    return to->items != NULL;
}

static bool transform(struct geom_item *item, const struct cql_crs *crs)
{
    if (item->g.n_points && !crs->to_lonlat(crs->ctx, item->xy, item->g.n_points))
        return false;
    for (size_t i = 0; i < item->n_items; i++)
        if (!transform(&item->items[i], crs))
            return false;
    return true;
}

static enum im_code
not_there(const struct cql_node *node, struct cql_fault *fault, struct im_error *err)
{
    return cql_refuse(fault, err, IM_EARG, cql_where_of(node), (struct im_bytes){0},
                      "坐标不在 filter-crs 的范围内",
                      "positions lie outside of where the filter-crs is defined", NULL,
                      NULL);
}

static enum im_code make_item(const struct cql_node *node,
                              const struct cql_crs *crs,
                              struct im_arena *arena,
                              struct cql_shape *shape,
                              struct cql_fault *fault,
                              struct im_error *err)
{
    const double *b = node->bbox;
    unsigned east = node->n_bbox == 6 ? 3 : 2;
    const double box[4] = {b[0], b[1], b[east], b[east + 1]};

    if (node->op == CQL_GEOMETRY) {
        if (!copy_item(node->item, arena, &shape->item))
            return cql_no_memory(err);
        return crs && !transform(&shape->item, crs) ? not_there(node, fault, err)
                                                    : IM_OK;
    }
    if (crs) {
        enum im_code rc = make_foreign_box(box, crs, arena, &shape->item, err);

        return rc == IM_EARG ? not_there(node, fault, err) : rc;
    }
    if (!has_range(box[0], box[2], box[1], box[3]))
        return bad_bbox(node, fault, err);
    shape->is_rectangle = box[0] < box[2] && box[1] < box[3];
    return make_box(box, arena, &shape->item, err);
}

static bool is_mixed(const struct geom_item *item, enum geom_kind *kind)
{
    if (item->type != GEOM_TYPE_COLLECTION) {
        bool differs = *kind != GEOM_EMPTY && *kind != item->g.kind;

        *kind = item->g.kind;
        return differs;
    }
    for (size_t i = 0; i < item->n_items; i++)
        if (is_mixed(&item->items[i], kind))
            return true;
    return false;
}

static struct bbox box_of(const struct geom_item *item)
{
    struct bbox box = geom_bbox(&item->g);

    for (size_t i = 0; i < item->n_items; i++)
        box = bbox_union(box, box_of(&item->items[i]));
    return box;
}

static size_t points_of(const struct geom_item *item)
{
    size_t n = item->g.n_points;

    for (size_t i = 0; i < item->n_items; i++)
        n += points_of(&item->items[i]);
    return n;
}

enum im_code cql_shape_make(const struct cql_node *node,
                            const struct cql_crs *crs,
                            struct im_arena *arena,
                            struct cql_shape **out,
                            struct cql_fault *fault,
                            struct im_error *err)
{
    struct cql_shape *shape = im_arena_calloc(arena, 1, sizeof *shape);
    enum geom_kind kind = GEOM_EMPTY;
    struct im_error why = {0};
    enum im_code rc;

    if (!shape)
        return cql_no_memory(err);
    rc = make_item(node, crs, arena, shape, fault, err);
    if (rc != IM_OK)
        return rc;
    rc = geom_item_check(&shape->item, &why);
    if (rc == IM_EDATA || rc == IM_ELIMIT)
        return cql_refuse(fault, err, rc == IM_EDATA ? IM_EARG : rc, cql_where_of(node),
                          (struct im_bytes){0}, "图形无效", "the geometry is not valid",
                          why.msg_zh, why.msg);
    if (rc == IM_OK) {
        shape->is_mixed = is_mixed(&shape->item, &kind);
        shape->box = box_of(&shape->item);
        shape->n_points = points_of(&shape->item);
        if (!shape->is_mixed)
            rc = geom_item_flatten(&shape->item, arena, &shape->flat, err);
        *out = shape;
        return rc;
    }
    return cql_no_memory(err);
}

/* ---- ready for many features ---- */

static void destroy_shape(void *ptr)
{
    struct cql_prepared_shape *p = ptr;

    GEOSPreparedGeom_destroy_r(p->h, p->prepared);
    GEOSGeom_destroy_r(p->h, p->geos);
}

bool cql_shape_prepare(const struct cql_shape *shape,
                       struct cql_scratch *scratch,
                       struct im_arena *arena)
{
    struct cql_prepared_shape *p = &scratch->shapes[shape->slot];

    if (shape->is_mixed)
        return true; /* its parts, when they are needed */
    p->h = scratch->geos;
    p->geos = geom_to_geos(scratch->geos, &shape->flat);
    if (!p->geos)
        return false;
    p->prepared = GEOSPrepare_r(scratch->geos, p->geos);
    if (!im_arena_defer(arena, destroy_shape, p) || !p->prepared)
        return false;
    if (shape->flat.kind == GEOM_AREA) {
        p->edges = geom_prepared_new(&shape->flat, arena);
        return p->edges != NULL;
    }
    return true;
}

/* ---- relations ---- */

static enum cql_truth from_geos(char answer)
{
    return answer == 1 ? CQL_YES : answer == 0 ? CQL_NO : CQL_UNKNOWN;
}

/* `shape` is the prepared one, so that the relation is asked the other way round. */
static enum cql_truth relate_prepared(GEOSContextHandle_t h,
                                      enum cql_op op,
                                      const struct cql_prepared_shape *shape,
                                      const GEOSGeometry *feature)
{
    switch (op) {
    case CQL_S_INTERSECTS:
        return from_geos(GEOSPreparedIntersects_r(h, shape->prepared, feature));
    case CQL_S_DISJOINT:
        return from_geos(GEOSPreparedDisjoint_r(h, shape->prepared, feature));
    case CQL_S_TOUCHES:
        return from_geos(GEOSPreparedTouches_r(h, shape->prepared, feature));
    case CQL_S_WITHIN:
        return from_geos(GEOSPreparedContains_r(h, shape->prepared, feature));
    case CQL_S_CONTAINS:
        return from_geos(GEOSPreparedWithin_r(h, shape->prepared, feature));
    case CQL_S_OVERLAPS:
        return from_geos(GEOSPreparedOverlaps_r(h, shape->prepared, feature));
    case CQL_S_CROSSES:
        return from_geos(GEOSPreparedCrosses_r(h, shape->prepared, feature));
    default:
        return from_geos(GEOSEquals_r(h, shape->geos, feature));
    }
}

static enum cql_truth relate_geos(GEOSContextHandle_t h,
                                  enum cql_op op,
                                  const GEOSGeometry *a,
                                  const GEOSGeometry *b)
{
    switch (op) {
    case CQL_S_INTERSECTS:
        return from_geos(GEOSIntersects_r(h, a, b));
    case CQL_S_DISJOINT:
        return from_geos(GEOSDisjoint_r(h, a, b));
    case CQL_S_TOUCHES:
        return from_geos(GEOSTouches_r(h, a, b));
    case CQL_S_WITHIN:
        return from_geos(GEOSWithin_r(h, a, b));
    case CQL_S_CONTAINS:
        return from_geos(GEOSContains_r(h, a, b));
    case CQL_S_OVERLAPS:
        return from_geos(GEOSOverlaps_r(h, a, b));
    case CQL_S_CROSSES:
        return from_geos(GEOSCrosses_r(h, a, b));
    default:
        return from_geos(GEOSEquals_r(h, a, b));
    }
}

/* ---- collections of several kinds, part by part ---- */

bool cql_takes_mixed(enum cql_op op)
{
    return op == CQL_S_INTERSECTS || op == CQL_S_DISJOINT || op == CQL_S_EQUALS ||
           op == CQL_S_CONTAINS;
}

struct parts {
    GEOSContextHandle_t h;
    const GEOSGeometry *other;
    bool any_meets;  /* a part shares a point */
    bool any_inside; /* a part lies within, interiors meet */
    bool all_covered;
    bool failed;
};

static void look_at(struct parts *p, const struct geom_item *item)
{
    GEOSGeometry *part;

    for (size_t i = 0; i < item->n_items; i++)
        look_at(p, &item->items[i]);
    if (item->type == GEOM_TYPE_COLLECTION)
        return;
    part = geom_to_geos(p->h, &item->g);
    if (!part) {
        p->failed = true;
        return;
    }
    p->any_meets |= GEOSIntersects_r(p->h, p->other, part) == 1;
    p->any_inside |= GEOSContains_r(p->h, p->other, part) == 1;
    p->all_covered &= GEOSCovers_r(p->h, p->other, part) == 1;
    GEOSGeom_destroy_r(p->h, part);
}

/* Parts of the kind of `g` must cover it: one of a lower kind cannot, one of a higher
 * kind is not covered by it. */
static bool
is_covered(struct parts *p, const struct geom_item *item, enum geom_kind kind)
{
    GEOSGeometry *part;
    bool covered;

    if (item->type != GEOM_TYPE_COLLECTION) {
        if (item->g.kind != kind)
            return false;
        part = geom_to_geos(p->h, &item->g);
        covered = part && GEOSCoveredBy_r(p->h, p->other, part) == 1;
        GEOSGeom_destroy_r(p->h, part);
        return covered;
    }
    for (size_t i = 0; i < item->n_items; i++)
        if (is_covered(p, &item->items[i], kind))
            return true;
    return false;
}

/* other <op> collection */
static enum cql_truth relate_mixed(GEOSContextHandle_t h,
                                   enum cql_op op,
                                   const struct geom *g,
                                   const GEOSGeometry *other,
                                   const struct geom_item *item)
{
    struct parts p = {.h = h, .other = other, .all_covered = true};
    bool yes;

    look_at(&p, item);
    if (p.failed)
        return CQL_UNKNOWN;
    if (op == CQL_S_INTERSECTS || op == CQL_S_DISJOINT)
        yes = p.any_meets == (op == CQL_S_INTERSECTS);
    else if (op == CQL_S_CONTAINS)
        yes = p.all_covered && p.any_inside;
    else
        yes = p.all_covered && is_covered(&p, item, g->kind);
    return yes ? CQL_YES : CQL_NO;
}

/* ---- doors ---- */

static bool is_inside(struct bbox inner, struct bbox outer)
{
    return inner.min_x > outer.min_x && inner.max_x < outer.max_x &&
           inner.min_y > outer.min_y && inner.max_y < outer.max_y;
}

/* What boxes alone decide. */
static bool decide_by_boxes(enum cql_op op,
                            struct bbox feature,
                            const struct cql_shape *shape,
                            enum cql_truth *out)
{
    if (!bbox_intersects(feature, shape->box)) {
        *out = op == CQL_S_DISJOINT ? CQL_YES : CQL_NO;
        return true;
    }
    if (!shape->is_rectangle || !is_inside(feature, shape->box))
        return false;
    *out = op == CQL_S_INTERSECTS || op == CQL_S_WITHIN ? CQL_YES : CQL_NO;
    return true;
}

static enum cql_truth relate_by_geos(struct cql_run *run,
                                     enum cql_op op,
                                     const struct geom *g,
                                     const struct cql_shape *shape)
{
    GEOSContextHandle_t h = run->scratch->geos;
    GEOSGeometry *feature = geom_to_geos(h, g);
    enum cql_truth truth = CQL_UNKNOWN;

    if (feature)
        truth =
            shape->is_mixed
                ? relate_mixed(h, op, g, feature, &shape->item)
                : relate_prepared(h, op, &run->scratch->shapes[shape->slot], feature);
    GEOSGeom_destroy_r(h, feature);
    return truth;
}

enum cql_truth
cql_relate_feature(struct cql_run *run, enum cql_op op, const struct cql_shape *shape)
{
    enum cql_truth truth;
    struct geom g;
    bool meets;

    if (run->feature >= run->layer->n_placed)
        return CQL_UNKNOWN;
    if (decide_by_boxes(op, atlas_bbox(run->layer, run->feature), shape, &truth))
        return truth;
    g = atlas_geom(run->layer, run->feature);
    if (shape->flat.kind != GEOM_AREA ||
        (op != CQL_S_INTERSECTS && op != CQL_S_DISJOINT))
        return relate_by_geos(run, op, &g, shape);
    meets = geom_prepared_intersects(run->scratch->shapes[shape->slot].edges, &g);
    return meets == (op == CQL_S_INTERSECTS) ? CQL_YES : CQL_NO;
}

enum cql_truth
cql_relate_shapes(enum cql_op op, const struct cql_shape *a, const struct cql_shape *b)
{
    GEOSContextHandle_t h = GEOS_init_r();
    GEOSGeometry *x = h ? geom_to_geos(h, &a->flat) : NULL;
    GEOSGeometry *y = h ? geom_to_geos(h, &b->flat) : NULL;
    enum cql_truth truth = CQL_UNKNOWN;

    if (x && y)
        truth = b->is_mixed ? relate_mixed(h, op, &a->flat, x, &b->item)
                            : relate_geos(h, op, x, y);
    if (h) {
        GEOSGeom_destroy_r(h, x);
        GEOSGeom_destroy_r(h, y);
        GEOS_finish_r(h);
    }
    return truth;
}
