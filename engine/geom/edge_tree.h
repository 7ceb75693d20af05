/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of a geometry under a packed tree: how far away is the nearest of many. */
#ifndef ENGINE_GEOM_EDGE_TREE_H
#define ENGINE_GEOM_EDGE_TREE_H

#include <engine/arena.h>

#include "geom/distance.h"

/** Immutable; lives in the arena. */
struct edge_tree;

/** `g` is a line or area and outlives the result. NULL without memory. */
struct edge_tree *edge_tree_new(const struct geom *g, struct im_arena *arena);
uint32_t edge_tree_size(const struct edge_tree *tree);
/** The two ends of an edge: x0 y0 x1 y1. */
const double *edge_tree_edge(const struct edge_tree *tree, uint32_t edge);

/** Geodesic metres to the nearest edge; HUGE_VAL when it is above `limit_m`. What is
 *  inside of an area is away from its edges. Writes edge and nearest position. */
double edge_tree_distance(const struct edge_tree *tree,
                          const struct geodesic_origin *origin,
                          double limit_m,
                          uint32_t *edge,
                          double *lon,
                          double *lat);

#endif
