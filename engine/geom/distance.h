/* SPDX-License-Identifier: Apache-2.0 */
/* Geodesic distances from one position to many things. */
#ifndef ENGINE_GEOM_DISTANCE_H
#define ENGINE_GEOM_DISTANCE_H

#include <engine/geom.h>

#include "geom/bound.h"

#include <geodesic.h>

/** A position with what all distances from it have in common. */
struct geodesic_origin {
    struct bound_origin bound; /* lon, lat */
    struct geod_geodesic wgs84;
    double lat_rad;
    double sin_lat;
    double cos_lat;
    double bowring_a; /* see distance.c */
    double bowring_b2;
    double bowring_b;
};

/** About 0.3 microseconds. */
void geodesic_origin_init(struct geodesic_origin *out, double lon, double lat);

/** Metres to a position: within 2 micrometres of geodesic_distance_m, and ten times as
 *  fast up to 10 km. */
double geodesic_from(const struct geodesic_origin *origin, double lon, double lat);

/** As geom_distance_m. The search may stop, with any value above `limit_m`, once it
 *  knows that the distance is above it. */
double geom_distance_from(const struct geodesic_origin *origin,
                          const struct geom *g,
                          double limit_m,
                          double *nearest_lon,
                          double *nearest_lat);

#endif
