/* SPDX-License-Identifier: Apache-2.0 */
/* A geometry made ready for being asked about many others. */
#ifndef ENGINE_GEOM_PREPARED_H
#define ENGINE_GEOM_PREPARED_H

#include <engine/arena.h>
#include <engine/geom.h>

/** Belongs to one thread; lives in the arena (its GEOS part is freed with it). */
struct geom_prepared;

/** `g` is borrowed and outlives the result. NULL without memory. */
struct geom_prepared *geom_prepared_new(const struct geom *g, struct im_arena *arena);
/** As geom_contains, by tables of the edges in horizontal bands: the cost does not
 *  follow the number of vertices. */
bool geom_prepared_contains(const struct geom_prepared *p, double lon, double lat);
/** Do the two share a point (OGC 06-103r4, 6.1.15.3)? Points of `other` by the edge
 *  tables, lines and areas by GEOS. */
bool geom_prepared_intersects(struct geom_prepared *p, const struct geom *other);
/** Is all of `other` inside or on the edge (covers)? */
bool geom_prepared_covers(struct geom_prepared *p, const struct geom *other);
/** Was there no memory for one of the answers, or did GEOS not take a geometry? They
 *  were then "no" without being known: ask once, after the last of them. */
bool geom_prepared_failed(const struct geom_prepared *p);

#endif
