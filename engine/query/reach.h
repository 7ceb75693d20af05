/* SPDX-License-Identifier: Apache-2.0 */
/* Distances from what a request starts at: a position or an outline. */
#ifndef ENGINE_QUERY_REACH_H
#define ENGINE_QUERY_REACH_H

#include "atlas/layer.h"
#include "geom/distance.h"

struct reach {
    struct geodesic_origin origin;
    struct geom outline; /* GEOM_EMPTY: distances are from `origin` */
    double extent_m;     /* nothing of the outline is farther from `origin` */
    /* thousands of places may share one position: its distance is worked out once */
    double last_lon;
    double last_lat;
    double last_m;
};

void reach_init(struct reach *reach, const struct query_request *request);
/** Metres to a placed feature, and where to; any value above `limit_m` once it is known
 *  to be above that. HUGE_VAL without a position. */
double reach_measure(struct reach *reach,
                     const struct atlas_layer *layer,
                     uint32_t feature,
                     double limit_m,
                     double *lon,
                     double *lat);

#endif
