/* SPDX-License-Identifier: Apache-2.0 */
/* A packed Hilbert R-tree with implicit shape: nothing but boxes.
 *
 * Features are in Hilbert order. Node i of level 0 covers the features 16i .. 16i+15,
 * node i of level l + 1 the nodes 16i .. 16i+15 of level l; the top level has one node.
 * All nodes lie in one array, level 0 first:
 *
 *   boxes  4 floats a node, rounded outward      16 bytes, 1.07 a feature
 *   masks  which classes of features are below    2 bytes, 0.13 a feature
 *
 * Boxes of single features are not stored here: see atlas/layer.h. */
#ifndef ENGINE_ATLAS_TREE_H
#define ENGINE_ATLAS_TREE_H

#include <engine/arena.h>
#include <engine/geom.h>

enum { TREE_NODE_SIZE = 16, TREE_MAX_LEVELS = 9 };

struct tree_box {
    float min_x;
    float min_y;
    float max_x;
    float max_y;
};

struct tree {
    uint32_t n; /* features */
    unsigned n_levels;
    uint32_t level_start[TREE_MAX_LEVELS]; /* first node of the level in the arrays */
    uint32_t level_size[TREE_MAX_LEVELS];
    const struct tree_box *boxes;
    const uint16_t *masks;
};

/** `box_of(ctx, i)` is the box of feature i, `mask_of` the bit of its class. False when
 *  memory runs out. */
bool tree_build(struct tree *tree,
                uint32_t n,
                struct bbox (*box_of)(const void *ctx, uint32_t i),
                uint16_t (*mask_of)(const void *ctx, uint32_t i),
                const void *ctx,
                struct im_arena *arena);

/** Features of a node: from *first to before *end. */
static inline void tree_range(const struct tree *tree,
                              unsigned level,
                              uint32_t node,
                              uint32_t *first,
                              uint32_t *end)
{
    uint64_t width = (uint64_t)1 << (4 * (level + 1));
    uint64_t last = (node + 1) * width;

    *first = (uint32_t)(node * width);
    *end = last < tree->n ? (uint32_t)last : tree->n;
}

/** Children of a node of level 1 or higher: nodes of the level below. */
static inline uint32_t
tree_children_end(const struct tree *tree, unsigned level, uint32_t node)
{
    uint64_t end = ((uint64_t)node + 1) * TREE_NODE_SIZE;

    return end < tree->level_size[level - 1] ? (uint32_t)end
                                             : tree->level_size[level - 1];
}

/** Called for the features first .. end-1 of a lowest node; false stops. */
typedef bool tree_visit_fn(void *ctx, uint32_t first, uint32_t end);
/** The lowest nodes that meet `window` and have one of `classes` below them, in order.
 *  False when the visitor stopped it. */
bool tree_window(const struct tree *tree,
                 struct bbox window,
                 uint16_t classes,
                 tree_visit_fn *visit,
                 void *ctx);

#endif
