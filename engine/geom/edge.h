/* SPDX-License-Identifier: Apache-2.0 */
/* One edge of a ring and the ray from a point to the east: the whole of point in
 * polygon, shared by those who go through all edges and those who pick some. */
#ifndef ENGINE_GEOM_EDGE_H
#define ENGINE_GEOM_EDGE_H

#include <stdbool.h>

enum geom_edge { GEOM_EDGE_MISSED, GEOM_EDGE_CROSSED, GEOM_EDGE_HIT };

/* Twice the signed area of the triangle a, b, p; 0 when p lies on the line ab. */
static inline double
geom_edge_side(const double *a, const double *b, double x, double y)
{
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
}

/** How the ray from x, y meets the edge from `a` to `b`: HIT when the point lies on it.
 *  Half-open in latitude, so that a vertex is counted once. */
static inline enum geom_edge
geom_edge_meet(const double *a, const double *b, double x, double y)
{
    double side;

    if ((a[1] < y && b[1] < y) || (a[1] > y && b[1] > y) || (a[0] < x && b[0] < x))
        return GEOM_EDGE_MISSED;
    if (a[0] > x && b[0] > x)
        return (a[1] > y) != (b[1] > y) ? GEOM_EDGE_CROSSED : GEOM_EDGE_MISSED;
    side = geom_edge_side(a, b, x, y);
    if (side == 0)
        return GEOM_EDGE_HIT; /* on the line, and in the box of the edge */
    if ((a[1] > y) != (b[1] > y) && (side > 0) == (b[1] > a[1]))
        return GEOM_EDGE_CROSSED;
    return GEOM_EDGE_MISSED;
}

#endif
