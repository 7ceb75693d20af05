/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries handed to GEOS: for predicates of lines and areas. */
#ifndef ENGINE_GEOM_GEOS_H
#define ENGINE_GEOM_GEOS_H

#include <engine/arena.h>
#include <engine/geom.h>

#include <geos_c.h>

/** A context for one thread, silent, finished with the arena; what is made in it is
 *  destroyed before that, by im_arena_defer later than this call. NULL without memory.
 */
GEOSContextHandle_t geom_geos_context(struct im_arena *arena);

/** A copy that the caller destroys: (multi)point, (multi)line, (multi)polygon, or an
 *  empty collection. NULL without memory, or when GEOS does not take it: rings that are
 *  not closed, lines of one position. */
GEOSGeometry *geom_to_geos(GEOSContextHandle_t h, const struct geom *g);

/** The areas of `geometry` in the arena, outer rings counter-clockwise; points and
 *  lines are left out, GEOM_EMPTY without any area. False without memory. */
bool geom_from_geos(GEOSContextHandle_t h,
                    const GEOSGeometry *geometry,
                    struct im_arena *arena,
                    struct geom *out);

#endif
