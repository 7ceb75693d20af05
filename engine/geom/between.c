/* SPDX-License-Identifier: Apache-2.0 */
/* Geodesic distance between two geometries.
 *
 * Where they do not touch, the least distance is at a vertex of one of them: both edges
 * are straight, and along a piece of two straight edges the distance has no minimum
 * inside both (edges are short; what the curvature of the Earth adds is far below the
 * precision of any outline). */
#include "geom/distance.h"

#include <math.h>

/* Twice the signed area of the triangle abc, in square degrees. */
static double turn(const double *a, const double *b, const double *c)
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static struct bbox edge_box(const double *a, const double *b)
{
    return bbox_extend(bbox_extend(bbox_empty(), a[0], a[1]), b[0], b[1]);
}

static bool
is_crossing(const double *a, const double *b, const double *c, const double *d)
{
    return (turn(a, b, c) > 0) != (turn(a, b, d) > 0) &&
           (turn(c, d, a) > 0) != (turn(c, d, b) > 0);
}

/* Does any edge of g cross the edge cd? */
static bool crosses(const struct geom *g, const double *c, const double *d)
{
    struct bbox box = edge_box(c, d);
    uint32_t start = 0;

    for (uint32_t part = 0; part < g->n_parts; part++) {
        for (uint32_t i = start; i + 1 < g->part_end[part]; i++) {
            const double *a = g->lonlat + 2 * (size_t)i;

            if (bbox_intersects(edge_box(a, a + 2), box) && is_crossing(a, a + 2, c, d))
                return true;
        }
        start = g->part_end[part];
    }
    return false;
}

/* A vertex of `b` at which, or an edge from which, it enters `a`; NULL when none does.
 */
static const double *
entry(const struct geom *a, struct bbox a_box, const struct geom *b)
{
    uint32_t start = 0;

    for (uint32_t part = 0; part < b->n_parts; part++) {
        const double *first = b->lonlat + 2 * (size_t)start;

        if (geom_contains(a, first[0], first[1]))
            return first;
        for (uint32_t i = start; i + 1 < b->part_end[part]; i++) {
            const double *c = b->lonlat + 2 * (size_t)i;

            if (bbox_intersects(edge_box(c, c + 2), a_box) && crosses(a, c, c + 2))
                return c;
        }
        start = b->part_end[part];
    }
    return NULL;
}

struct least {
    double metres;
    double lon; /* on b */
    double lat;
};

/* From every vertex of `from` that can still be nearer to the edges of `to`. */
static void try_vertices(struct least *least,
                         const struct geom *from,
                         const struct geom *to,
                         struct bbox to_box,
                         bool is_b)
{
    for (uint32_t i = 0; i < from->n_points; i++) {
        const double *v = from->lonlat + 2 * (size_t)i;
        struct geodesic_origin origin;
        double lon;
        double lat;

        if (bbox_lower_bound_m(to_box, v[0], v[1]) > least->metres)
            continue;
        geodesic_origin_init(&origin, v[0], v[1]);
        double metres = geom_distance_from(&origin, to, least->metres, &lon, &lat);
        if (metres < least->metres)
            *least = (struct least){metres, is_b ? v[0] : lon, is_b ? v[1] : lat};
    }
}

double geom_between_m(const struct geom *a,
                      const struct geom *b,
                      double limit_m,
                      double *b_lon,
                      double *b_lat)
{
    struct bbox a_box = geom_bbox(a);
    struct bbox b_box = geom_bbox(b);
    struct least least = {.metres = nextafter(limit_m, HUGE_VAL)};
    const double *shared = NULL;

    if (a->n_points == 0 || b->n_points == 0)
        return HUGE_VAL;
    if (b->kind != GEOM_POINT && bbox_intersects(a_box, b_box)) {
        shared = entry(a, a_box, b);
        if (!shared && geom_contains(b, a->lonlat[0], a->lonlat[1]))
            shared = a->lonlat;
    }
    if (shared) {
        least = (struct least){0, shared[0], shared[1]};
    } else {
        try_vertices(&least, b, a, a_box, true);
        if (b->kind != GEOM_POINT)
            try_vertices(&least, a, b, b_box, false);
    }
    if (b_lon)
        *b_lon = least.lon;
    if (b_lat)
        *b_lat = least.lat;
    return least.metres > limit_m ? HUGE_VAL : least.metres;
}
