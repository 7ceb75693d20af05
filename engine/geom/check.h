/* SPDX-License-Identifier: Apache-2.0 */
/* Is a geometry what struct geom promises? */
#ifndef ENGINE_GEOM_CHECK_H
#define ENGINE_GEOM_CHECK_H

#include <engine/geom.h>

/**
 * Positions finite and in range; ends rising and complete; lines with 2 or more points,
 * rings closed with 4 or more. IM_EDATA otherwise.
 */
IM_CHECKED enum im_code geom_check(const struct geom *g, struct im_error *err);

/** Turn outer rings counter-clockwise and holes clockwise. `lonlat` are g's own
 *  coordinates, writable. */
void geom_orient(const struct geom *g, double *lonlat);

/** A position in the geometry to stand for it: the point itself, a vertex near the
 *  middle of the longest line, a point inside the largest polygon. False when empty. */
bool geom_middle(const struct geom *g, double *lon, double *lat);

#endif
