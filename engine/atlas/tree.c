/* SPDX-License-Identifier: Apache-2.0 */
/* Building a packed Hilbert R-tree. */
#include "atlas/tree.h"

#include <math.h>

static float round_down(double v)
{
    float f = (float)v;

    return (double)f > v ? nextafterf(f, -HUGE_VALF) : f;
}

static float round_up(double v)
{
    float f = (float)v;

    return (double)f < v ? nextafterf(f, HUGE_VALF) : f;
}

/* Sizes of the levels; returns the number of all nodes. */
static uint32_t lay_out(struct tree *tree)
{
    uint32_t size = tree->n;
    uint32_t sum = 0;

    do {
        size = size / TREE_NODE_SIZE + (size % TREE_NODE_SIZE != 0);
        tree->level_start[tree->n_levels] = sum;
        tree->level_size[tree->n_levels] = size;
        tree->n_levels++;
        sum += size;
    } while (size > 1);
    return sum;
}

static void join(struct tree_box *a, struct tree_box b)
{
    a->min_x = b.min_x < a->min_x ? b.min_x : a->min_x;
    a->min_y = b.min_y < a->min_y ? b.min_y : a->min_y;
    a->max_x = b.max_x > a->max_x ? b.max_x : a->max_x;
    a->max_y = b.max_y > a->max_y ? b.max_y : a->max_y;
}

bool tree_build(struct tree *tree,
                uint32_t n,
                struct bbox (*box_of)(const void *ctx, uint32_t i),
                uint16_t (*mask_of)(const void *ctx, uint32_t i),
                const void *ctx,
                struct im_arena *arena)
{
    static const struct tree_box empty = {HUGE_VALF, HUGE_VALF, -HUGE_VALF, -HUGE_VALF};
    uint32_t n_nodes;
    struct tree_box *boxes;
    uint16_t *masks;

    *tree = (struct tree){.n = n};
    if (n == 0)
        return true;
    n_nodes = lay_out(tree);
    boxes = im_arena_calloc(arena, n_nodes, sizeof *boxes);
    masks = im_arena_calloc(arena, n_nodes, sizeof *masks);
    if (!boxes || !masks)
        return false;
    for (uint32_t node = 0; node < n_nodes; node++)
        boxes[node] = empty;
    for (uint32_t i = 0; i < n; i++) {
        struct bbox b = box_of(ctx, i);
        struct tree_box box = {round_down(b.min_x), round_down(b.min_y),
                               round_up(b.max_x), round_up(b.max_y)};

        join(&boxes[i / TREE_NODE_SIZE], box);
        masks[i / TREE_NODE_SIZE] |= mask_of(ctx, i);
    }
    for (unsigned level = 1; level < tree->n_levels; level++)
        for (uint32_t i = 0; i < tree->level_size[level - 1]; i++) {
            uint32_t child = tree->level_start[level - 1] + i;
            uint32_t node = tree->level_start[level] + i / TREE_NODE_SIZE;

            join(&boxes[node], boxes[child]);
            masks[node] |= masks[child];
        }
    tree->boxes = boxes;
    tree->masks = masks;
    return true;
}

struct search {
    const struct tree *tree;
    struct bbox window;
    uint16_t classes;
    tree_visit_fn *visit;
    void *ctx;
};

/* As deep as the tree is high: at most TREE_MAX_LEVELS calls. */
static bool search_node(const struct search *s, unsigned level, uint32_t node)
{
    const struct tree *tree = s->tree;
    uint32_t at = tree->level_start[level] + node;
    const struct tree_box *b = &tree->boxes[at];
    uint32_t first;
    uint32_t end;

    if (!(tree->masks[at] & s->classes) ||
        !((double)b->min_x <= s->window.max_x && s->window.min_x <= (double)b->max_x &&
          (double)b->min_y <= s->window.max_y && s->window.min_y <= (double)b->max_y))
        return true;
    if (level == 0) {
        tree_range(tree, 0, node, &first, &end);
        return s->visit(s->ctx, first, end);
    }
    end = tree_children_end(tree, level, node);
    for (uint32_t i = node * TREE_NODE_SIZE; i < end; i++)
        if (!search_node(s, level - 1, i))
            return false;
    return true;
}

bool tree_window(const struct tree *tree,
                 struct bbox window,
                 uint16_t classes,
                 tree_visit_fn *visit,
                 void *ctx)
{
    struct search s = {tree, window, classes, visit, ctx};

    return tree->n == 0 || search_node(&s, tree->n_levels - 1, 0);
}
