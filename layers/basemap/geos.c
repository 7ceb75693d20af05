/* SPDX-License-Identifier: Apache-2.0 */
/* GEOS with its last complaint kept, and the few constructions the builder needs. */
#include "geos.h"

#include <geodesic.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* WGS 84 */
static const double AXIS_M = 6378137.0;
static const double FLATTENING = 1 / 298.257223563;

void path_release(struct path *p)
{
    free(p->xy);
    *p = (struct path){0};
}

bool path_add(struct path *p, double x, double y)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        size_t bytes;

        if (!im_size_mul(cap, 2 * sizeof *p->xy, &bytes))
            return false;
        double *xy = realloc(p->xy, bytes);
        if (!xy)
            return false;
        p->xy = xy;
        p->cap = cap;
    }
    p->xy[2 * p->n] = x;
    p->xy[2 * p->n + 1] = y;
    p->n++;
    return true;
}

struct bbox path_bbox(const struct path *p)
{
    struct bbox b = bbox_empty();

    for (size_t i = 0; i < p->n; i++) {
        b.min_x = fmin(b.min_x, p->xy[2 * i]);
        b.max_x = fmax(b.max_x, p->xy[2 * i]);
        b.min_y = fmin(b.min_y, p->xy[2 * i + 1]);
        b.max_y = fmax(b.max_y, p->xy[2 * i + 1]);
    }
    return b;
}

static void keep_complaint(const char *message, void *data)
{
    struct geos *g = data;

    snprintf(g->complaint, sizeof g->complaint, "%s", message);
}

enum im_code geos_init(struct geos *g, struct im_error *err)
{
    *g = (struct geos){0};
    g->h = GEOS_init_r();
    if (!g->h)
        return im_fail(err, IM_ENOMEM, "GEOS does not start: out of memory");
    GEOSContext_setErrorMessageHandler_r(g->h, keep_complaint, g);
    return IM_OK;
}

void geos_release(struct geos *g)
{
    if (g->h)
        GEOS_finish_r(g->h);
    g->h = NULL;
}

enum im_code geos_fail(const struct geos *g, const char *what, struct im_error *err)
{
    return im_fail(err, IM_EDATA, "%s: %s", what,
                   g->complaint[0] ? g->complaint : "GEOS gave no reason");
}

void geos_list_release(struct geos *g, struct geos_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        GEOSGeom_destroy_r(g->h, list->item[i]);
    free(list->item);
    *list = (struct geos_list){0};
}

bool geos_list_take(struct geos *g, struct geos_list *list, GEOSGeometry *geom)
{
    if (!geom)
        return false;
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        GEOSGeometry **item = realloc(list->item, cap * sizeof(*item));

        if (!item) {
            GEOSGeom_destroy_r(g->h, geom);
            return false;
        }
        list->item = item;
        list->cap = cap;
    }
    list->item[list->n++] = geom;
    return true;
}

static GEOSCoordSequence *sequence(struct geos *g, const struct path *p, bool close)
{
    bool open = p->n > 0 &&
                (p->xy[0] != p->xy[2 * p->n - 2] || p->xy[1] != p->xy[2 * p->n - 1]);
    size_t n = p->n + (close && open ? 1 : 0);
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(g->h, (unsigned)n, 2);

    for (size_t i = 0; seq && i < n; i++) {
        size_t k = i < p->n ? i : 0;

        GEOSCoordSeq_setXY_r(g->h, seq, (unsigned)i, p->xy[2 * k], p->xy[2 * k + 1]);
    }
    return seq;
}

GEOSGeometry *geos_line(struct geos *g, const struct path *p)
{
    GEOSCoordSequence *seq = sequence(g, p, false);

    return seq ? GEOSGeom_createLineString_r(g->h, seq) : NULL;
}

static GEOSGeometry *ring(struct geos *g, const struct path *p)
{
    GEOSCoordSequence *seq = sequence(g, p, true);

    return seq ? GEOSGeom_createLinearRing_r(g->h, seq) : NULL;
}

GEOSGeometry *geos_polygon(struct geos *g, const struct path *rings, size_t n_rings)
{
    struct geos_list holes = {0};
    GEOSGeometry *shell = ring(g, &rings[0]);
    GEOSGeometry *polygon = NULL;
    bool ok = shell != NULL;

    for (size_t i = 1; ok && i < n_rings; i++)
        ok = geos_list_take(g, &holes, ring(g, &rings[i]));
    if (ok)
        polygon = GEOSGeom_createPolygon_r(g->h, shell, holes.item, (unsigned)holes.n);
    if (ok) { /* GEOS has taken shell and holes, also when it failed */
        free(holes.item);
        return polygon;
    }
    GEOSGeom_destroy_r(g->h, shell);
    geos_list_release(g, &holes);
    return NULL;
}

GEOSGeometry *geos_box(struct geos *g, struct bbox b)
{
    double xy[8] = {b.min_x, b.min_y, b.max_x, b.min_y,
                    b.max_x, b.max_y, b.min_x, b.max_y};
    struct path p = {xy, 4, 4};

    return geos_polygon(g, &p, 1);
}

GEOSGeometry *geos_collect_take(struct geos *g, int type, struct geos_list *list)
{
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(g->h, type, list->item, (unsigned)list->n);

    list->n = 0; /* GEOS has taken the geometries, also when it failed */
    geos_list_release(g, list);
    return all;
}

GEOSGeometry *geos_rings_take(struct geos *g, struct geos_list *lines)
{
    const GEOSGeometry *const *item = (const GEOSGeometry *const *)lines->item;
    GEOSGeometry *faces = GEOSPolygonize_r(g->h, item, (unsigned)lines->n);

    geos_list_release(g, lines);
    return faces;
}

GEOSGeometry *geos_faces_take(struct geos *g, struct geos_list *lines)
{
    GEOSGeometry *all = geos_collect_take(g, GEOS_MULTILINESTRING, lines);
    GEOSGeometry *noded = all ? GEOSUnaryUnion_r(g->h, all) : NULL;
    GEOSGeometry *faces = NULL;

    if (noded) {
        const GEOSGeometry *one = noded;

        faces = GEOSPolygonize_r(g->h, &one, 1);
    }
    GEOSGeom_destroy_r(g->h, all);
    GEOSGeom_destroy_r(g->h, noded);
    return faces;
}

/* Copies of the members of dimension `dim` of a geometry, however deeply nested. */
static bool
gather(struct geos *g, const GEOSGeometry *geom, int dim, struct geos_list *out)
{
    int type = GEOSGeomTypeId_r(g->h, geom);
    int wanted = dim == 2 ? GEOS_POLYGON : GEOS_LINESTRING;

    if (type == wanted || (dim == 1 && type == GEOS_LINEARRING))
        return GEOSisEmpty_r(g->h, geom) == 1 ||
               geos_list_take(g, out, GEOSGeom_clone_r(g->h, geom));
    if (type < GEOS_MULTIPOINT)
        return true;
    for (int i = 0; i < GEOSGetNumGeometries_r(g->h, geom); i++)
        if (!gather(g, GEOSGetGeometryN_r(g->h, geom, i), dim, out))
            return false;
    return true;
}

static GEOSGeometry *only_take(struct geos *g, GEOSGeometry *geom, int dim)
{
    struct geos_list parts = {0};
    GEOSGeometry *out = NULL;
    int type = dim == 2 ? GEOS_MULTIPOLYGON : GEOS_MULTILINESTRING;

    if (geom && gather(g, geom, dim, &parts))
        out = geos_collect_take(g, type, &parts);
    geos_list_release(g, &parts);
    GEOSGeom_destroy_r(g->h, geom);
    return out;
}

GEOSGeometry *geos_lines_take(struct geos *g, GEOSGeometry *geom)
{
    return only_take(g, geom, 1);
}

GEOSGeometry *geos_areas_take(struct geos *g, GEOSGeometry *geom)
{
    GEOSGeometry *areas = only_take(g, geom, 2);

    if (!areas || GEOSisValid_r(g->h, areas) == 1)
        return areas;
    GEOSGeometry *valid = GEOSMakeValid_r(g->h, areas);
    GEOSGeom_destroy_r(g->h, areas);
    g->repaired++;
    return only_take(g, valid, 2);
}

bool geos_replace(struct geos *g,
                  GEOSGeometry **into,
                  geos_overlay *op,
                  const GEOSGeometry *other)
{
    GEOSGeometry *result = op(g->h, *into, other);

    GEOSGeom_destroy_r(g->h, *into);
    *into = result;
    return result != NULL;
}

/* Adds up |area| in square metres or length in metres of every ring or line. */
static void measure(struct geos *g,
                    const struct geod_geodesic *earth,
                    const GEOSGeometry *line,
                    bool is_ring,
                    double *area_m2,
                    double *length_m)
{
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(g->h, line);
    struct geod_polygon p;
    unsigned n = 0;
    double area = 0;
    double length = 0;

    geod_polygon_init(&p, !is_ring);
    if (seq)
        GEOSCoordSeq_getSize_r(g->h, seq, &n);
    for (unsigned i = 0; i < (is_ring && n ? n - 1 : n); i++) {
        double x = 0;
        double y = 0;

        GEOSCoordSeq_getXY_r(g->h, seq, i, &x, &y);
        geod_polygon_addpoint(earth, &p, y, x);
    }
    geod_polygon_compute(earth, &p, 0, 1, &area, &length);
    *area_m2 = fabs(area);
    *length_m = length;
}

double geos_area_km2(struct geos *g, const GEOSGeometry *geom)
{
    struct geod_geodesic earth;
    double sum_m2 = 0;
    double area;
    double length;

    geod_init(&earth, AXIS_M, FLATTENING);
    for (int i = 0; i < GEOSGetNumGeometries_r(g->h, geom); i++) {
        const GEOSGeometry *polygon = GEOSGetGeometryN_r(g->h, geom, i);

        measure(g, &earth, GEOSGetExteriorRing_r(g->h, polygon), true, &area, &length);
        sum_m2 += area;
        for (int k = 0; k < GEOSGetNumInteriorRings_r(g->h, polygon); k++) {
            measure(g, &earth, GEOSGetInteriorRingN_r(g->h, polygon, k), true, &area,
                    &length);
            sum_m2 -= area;
        }
    }
    return sum_m2 / 1e6;
}

double geos_length_km(struct geos *g, const GEOSGeometry *geom)
{
    struct geod_geodesic earth;
    double sum_m = 0;
    double area;
    double length;

    geod_init(&earth, AXIS_M, FLATTENING);
    for (int i = 0; i < GEOSGetNumGeometries_r(g->h, geom); i++) {
        measure(g, &earth, GEOSGetGeometryN_r(g->h, geom, i), false, &area, &length);
        sum_m += length;
    }
    return sum_m / 1e3;
}

bool geos_covers(struct geos *g, const GEOSGeometry *geom, double x, double y)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(g->h, x, y);
    bool inside = point && GEOSCovers_r(g->h, geom, point) == 1;

    GEOSGeom_destroy_r(g->h, point);
    return inside;
}

double geos_distance_deg(struct geos *g, const GEOSGeometry *geom, double x, double y)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(g->h, x, y);
    double deg = HUGE_VAL;

    if (!point || GEOSDistance_r(g->h, geom, point, &deg) != 1)
        deg = HUGE_VAL;
    GEOSGeom_destroy_r(g->h, point);
    return deg;
}
