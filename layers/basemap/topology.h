/* SPDX-License-Identifier: Apache-2.0 */
/* From outlines that overlap and leave gaps to a coverage: areas without either, and
 * every border once.
 *
 * Works on the integer grid the outlines come on, so that noding is exact: all rings
 * are noded together (snap rounding), polygonised, each face given to one unit. A
 * border is then the same list of grid points for both of its neighbours and stays so
 * under any transformation of single points. */
#ifndef BASEMAP_TOPOLOGY_H
#define BASEMAP_TOPOLOGY_H

#include "geos.h"
#include "units.h"

enum { TOPOLOGY_NOBODY = -1 };

/** The two points of a segment in ascending order and who lies on its two sides. */
struct topology_edge {
    struct grid_point a;
    struct grid_point b;
    int32_t owner[2]; /* index of a unit or TOPOLOGY_NOBODY; ascending */
};

struct topology {
    GEOSGeometry *faces; /* collection of polygons in grid units */
    int32_t *owner;      /* of each face */
    size_t n_faces;
    struct topology_edge *edge;
    size_t n_edges;
    double overlap; /* square grid units that several units claimed */
    double gap;     /* square grid units nobody claimed, given to a neighbour */
};

struct topology_rules {
    /** Loses every face that another unit claims too; TOPOLOGY_NOBODY for none. */
    int32_t loser;
    /** Enclosed faces nobody claims are given away up to this size, grid units. */
    double max_gap;
};

/** Errors: IM_EDATA GEOS fails; IM_ENOMEM. Zero-initialise `out`; release it always. */
IM_CHECKED enum im_code topology_build(struct geos *g,
                                       const struct unit_set *units,
                                       struct topology_rules rules,
                                       struct topology *out,
                                       struct im_error *err);
void topology_release(struct geos *g, struct topology *t);

/** The united faces of all units with member[unit] set, as a multipolygon in grid
 *  units; NULL when GEOS fails. Keeps every grid point of every border. */
GEOSGeometry *
topology_area(struct geos *g, const struct topology *t, const bool *member);

#endif
