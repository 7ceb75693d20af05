/* SPDX-License-Identifier: Apache-2.0 */
/* Geodesics as lines of vertices. */
#ifndef ENGINE_QUERY_GEODESIC_LINE_H
#define ENGINE_QUERY_GEODESIC_LINE_H

#include <engine/arena.h>
#include <engine/geom.h>

/**
 * The geodesic through `n` positions (lon, lat), with so many vertices that edges
 * straight in longitude and latitude stay within 10 m of it; cut in two where it
 * crosses the antimeridian (RFC 7946, 3.1.9). Equal neighbours are taken once; fewer
 * than two positions give an empty geometry. False without memory.
 */
bool geodesic_line(const double *lonlat,
                   size_t n,
                   struct im_arena *arena,
                   struct geom *out);

#endif
