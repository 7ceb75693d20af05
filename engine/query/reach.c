/* SPDX-License-Identifier: Apache-2.0 */
/* Distances from what a request starts at: a position or an outline. */
#include "query/reach.h"

#include <math.h>

void reach_init(struct reach *reach, const struct query_request *request)
{
    *reach = (struct reach){.last_lon = (double)NAN};
    geodesic_origin_init(&reach->origin, request->lon, request->lat);
    if (!request->outline_layer)
        return;
    reach->outline = atlas_geom(request->outline_layer, request->outline);
    for (uint32_t i = 0; i < reach->outline.n_points; i++)
        reach->extent_m = fmax(
            reach->extent_m, geodesic_from(&reach->origin, reach->outline.lonlat[2 * i],
                                           reach->outline.lonlat[2 * i + 1]));
    /* edges are straight in degrees and may bulge a little beyond their ends */
    reach->extent_m *= 1.001;
}

double reach_measure(struct reach *reach,
                     const struct atlas_layer *layer,
                     uint32_t feature,
                     double limit_m,
                     double *lon,
                     double *lat)
{
    struct geom g = atlas_geom(layer, feature);

    if (reach->outline.kind != GEOM_EMPTY)
        return geom_between_m(&reach->outline, &g, limit_m, lon, lat);
    if (g.n_points != 1)
        return geom_distance_from(&reach->origin, &g, limit_m, lon, lat);
    *lon = g.lonlat[0];
    *lat = g.lonlat[1];
    if (*lon != reach->last_lon || *lat != reach->last_lat) {
        reach->last_m = geodesic_from(&reach->origin, *lon, *lat);
        reach->last_lon = *lon;
        reach->last_lat = *lat;
    }
    return reach->last_m;
}
