/* SPDX-License-Identifier: Apache-2.0 */
/* Edges lie along their line or ring, so those that follow each other are near each
 * other: the tree needs no sorting. Searched depth first, nearer children first. */
#include "geom/edge_tree.h"

#include "atlas/tree.h"

#include <math.h>

struct edge_tree {
    const double **starts; /* of each edge, in the geometry's own coordinates */
    struct tree tree;
};

static struct bbox edge_box(const void *ctx, uint32_t i)
{
    const struct edge_tree *t = ctx;
    const double *p = t->starts[i];

    return bbox_extend((struct bbox){p[0], p[1], p[0], p[1]}, p[2], p[3]);
}

static uint16_t one(const void *ctx, uint32_t i)
{
    (void)ctx;
    (void)i;
    return 1;
}

struct edge_tree *edge_tree_new(const struct geom *g, struct im_arena *arena)
{
    struct edge_tree *t = im_arena_calloc(arena, 1, sizeof *t);
    uint32_t start = 0;
    uint32_t n = 0;

    if (!t)
        return NULL;
    t->starts = im_arena_calloc(arena, g->n_points + 1, sizeof *t->starts);
    if (!t->starts)
        return NULL;
    for (uint32_t part = 0; part < g->n_parts; part++) {
        for (uint32_t i = start; i + 1 < g->part_end[part]; i++)
            t->starts[n++] = g->lonlat + 2 * (size_t)i;
        start = g->part_end[part];
    }
    return tree_build(&t->tree, n, edge_box, one, t, arena) ? t : NULL;
}

uint32_t edge_tree_size(const struct edge_tree *tree)
{
    return tree->tree.n;
}

const double *edge_tree_edge(const struct edge_tree *tree, uint32_t edge)
{
    return tree->starts[edge];
}

struct search {
    const struct edge_tree *edges;
    const struct geodesic_origin *origin;
    double best_m;
    double hav_limit;
    uint32_t edge;
    double lon;
    double lat;
};

static void try_edges(struct search *s, uint32_t node)
{
    static const uint32_t end[1] = {2};
    uint32_t i;
    uint32_t last;

    tree_range(&s->edges->tree, 0, node, &i, &last);
    for (; i < last; i++) {
        struct geom edge = {GEOM_LINE, 2, 1, 0, s->edges->starts[i], end, NULL};
        struct bbox b = edge_box(s->edges, i);
        double lon;
        double lat;

        if (bound_box_hav(s->origin->bound, b.min_x, b.min_y, b.max_x, b.max_y) >
            s->hav_limit)
            continue;
        double metres = geom_distance_from(s->origin, &edge, s->best_m, &lon, &lat);
        if (metres < s->best_m) {
            s->best_m = metres;
            s->hav_limit = bound_hav_limit(metres);
            s->edge = i;
            s->lon = lon;
            s->lat = lat;
        }
    }
}

static double node_hav(const struct search *s, unsigned level, uint32_t node)
{
    const struct tree *tree = &s->edges->tree;
    const struct tree_box *b = &tree->boxes[tree->level_start[level] + node];

    return bound_box_hav(s->origin->bound, (double)b->min_x, (double)b->min_y,
                         (double)b->max_x, (double)b->max_y);
}

/* As deep as the tree is high: at most TREE_MAX_LEVELS calls. */
static void search_node(struct search *s, unsigned level, uint32_t node)
{
    uint32_t child[TREE_NODE_SIZE];
    double hav[TREE_NODE_SIZE];
    unsigned n = 0;

    if (level == 0) {
        try_edges(s, node);
        return;
    }
    uint32_t end = tree_children_end(&s->edges->tree, level, node);
    for (uint32_t i = node * TREE_NODE_SIZE; i < end; i++) {
        double h = node_hav(s, level - 1, i);
        unsigned k = n;

        if (h > s->hav_limit)
            continue;
        for (n++; k > 0 && h < hav[k - 1]; k--) {
            hav[k] = hav[k - 1];
            child[k] = child[k - 1];
        }
        hav[k] = h;
        child[k] = i;
    }
    for (unsigned k = 0; k < n && hav[k] <= s->hav_limit; k++)
        search_node(s, level - 1, child[k]);
}

double edge_tree_distance(const struct edge_tree *tree,
                          const struct geodesic_origin *origin,
                          double limit_m,
                          uint32_t *edge,
                          double *lon,
                          double *lat)
{
    struct search s = {.edges = tree,
                       .origin = origin,
                       .best_m = nextafter(limit_m, HUGE_VAL),
                       .hav_limit = bound_hav_limit(limit_m)};

    if (tree->tree.n == 0)
        return HUGE_VAL;
    search_node(&s, tree->tree.n_levels - 1, 0);
    if (s.best_m > limit_m)
        return HUGE_VAL;
    if (edge)
        *edge = s.edge;
    if (lon)
        *lon = s.lon;
    if (lat)
        *lat = s.lat;
    return s.best_m;
}
