/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows come from that are then tested one by one. */
#include "query/candidates.h"

#include <math.h>

/* Below this a scan takes no longer than looking anything up. */
enum { WORTH_AN_INDEX = 2048 };

static struct bbox intersection(struct bbox a, struct bbox b)
{
    return (struct bbox){fmax(a.min_x, b.min_x), fmax(a.min_y, b.min_y),
                         fmin(a.max_x, b.max_x), fmin(a.max_y, b.max_y)};
}

static void add_boxes(struct candidates *c, const struct bbox *boxes, size_t n)
{
    struct bbox all[2] = {c->boxes[0], c->boxes[1]};
    size_t n_all = c->n_boxes;

    c->placed_only = true;
    if (!c->has_boxes) {
        c->has_boxes = true;
        c->n_boxes = n;
        memcpy(c->boxes, boxes, n * sizeof *boxes);
        return;
    }
    /* one side has a single box: of a region in two parts and a filter's box */
    c->n_boxes = 0;
    for (size_t i = 0; i < n_all; i++)
        for (size_t j = 0; j < n; j++) {
            struct bbox both = intersection(all[i], boxes[j]);

            if (!bbox_is_empty(both) && c->n_boxes < 2)
                c->boxes[c->n_boxes++] = both;
        }
}

static void add_region(struct candidates *c, const struct select_layer *s)
{
    struct bbox boxes[2];

    if (!s->region || query_region_goes_by_code(s->region))
        return;
    add_boxes(c, boxes, query_region_boxes(s->region, boxes));
}

/* Codes as the tree wants them. */
static bool add_near_codes(struct candidates *c, int field, struct im_arena *arena)
{
    struct near_codes *near = im_arena_calloc(arena, 1, sizeof *near);
    uint8_t *wanted = im_arena_calloc(arena, c->index->n_codes / 8 + 1, 1);

    if (!near || !wanted)
        return false;
    *near = (struct near_codes){.column = c->layer->columns[field].codes,
                                .masks = c->index->masks,
                                .wanted = wanted,
                                .n_codes = c->index->n_codes};
    for (size_t i = 0; i < c->n_codes; i++) {
        wanted[c->codes[i] / 8] |= (uint8_t)(1u << c->codes[i] % 8);
        near->mask |= (uint64_t)1 << c->codes[i] % 64;
    }
    c->near_codes = near;
    return true;
}

static struct bbox box_around(struct bound_origin o, double radius_m)
{
    double dlat = radius_m / 111000;
    double dlon = dlat / fmax(o.cos_lat, 0.01);

    return (struct bbox){o.lon - dlon, o.lat - dlat, o.lon + dlon, o.lat + dlat};
}

enum im_code candidates_init(struct candidates *out,
                             const struct query_request *request,
                             const struct select_layer *s,
                             const struct reach *reach,
                             struct im_arena *arena,
                             struct im_error *err)
{
    struct candidates c = {.layer = s->layer,
                           .placed_only = request->has_origin,
                           .codes = s->bounds.codes,
                           .n_codes = s->bounds.n_codes,
                           .words = s->words,
                           .n_words = s->n_words};

    add_region(&c, s);
    if (s->bounds.has_box)
        add_boxes(&c, &s->bounds.box, 1);
    if (request->has_origin && request->max_m < SELECT_MAX_RADIUS_M) {
        c.has_radius = true;
        c.origin = reach->origin.bound;
        c.hav_limit = bound_hav_limit(request->max_m + reach->extent_m);
        c.radius_box = box_around(c.origin, request->max_m + reach->extent_m);
    }
    if (c.codes && s->layer->n >= WORTH_AN_INDEX)
        c.index = lazy_codes(s->layer, s->bounds.field);
    if (c.index && c.index->masks && !add_near_codes(&c, s->bounds.field, arena))
        return im_fail(err, IM_ENOMEM, "no memory for the codes of the filter");
    *out = c;
    return IM_OK;
}

/* ---- the tree ---- */

struct walk {
    const struct candidates *c;
    query_visit_fn *visit;
    void *ctx;
};

static struct bbox node_box(const struct tree *tree, uint32_t node)
{
    const struct tree_box *b = &tree->boxes[node];

    return (struct bbox){(double)b->min_x, (double)b->min_y, (double)b->max_x,
                         (double)b->max_y};
}

static bool meets(const struct candidates *c, struct bbox box)
{
    bool any = !c->has_boxes;

    for (size_t i = 0; i < c->n_boxes && !any; i++)
        any = bbox_intersects(c->boxes[i], box);
    return any &&
           (!c->has_radius || bound_box_hav(c->origin, box.min_x, box.min_y, box.max_x,
                                            box.max_y) <= c->hav_limit);
}

static bool node_meets(const struct candidates *c, uint32_t node)
{
    return (!c->near_codes || (c->near_codes->masks[node] & c->near_codes->mask)) &&
           meets(c, node_box(&c->layer->tree, node));
}

/* All that is below the node meets what is asked for. */
static bool is_inside(const struct candidates *c, uint32_t node)
{
    struct bbox n = node_box(&c->layer->tree, node);

    if (c->has_radius || c->near_codes)
        return false;
    for (size_t i = 0; i < c->n_boxes; i++)
        if (n.min_x >= c->boxes[i].min_x && n.max_x <= c->boxes[i].max_x &&
            n.min_y >= c->boxes[i].min_y && n.max_y <= c->boxes[i].max_y)
            return true;
    return false;
}

static bool walk_all(const struct walk *w, unsigned level, uint32_t node)
{
    uint32_t i;
    uint32_t end;

    tree_range(&w->c->layer->tree, level, node, &i, &end);
    for (; i < end; i++)
        if (!w->visit(w->ctx, i))
            return false;
    return true;
}

static bool walk_leaf(const struct walk *w, uint32_t node)
{
    uint32_t i;
    uint32_t end;

    tree_range(&w->c->layer->tree, 0, node, &i, &end);
    for (; i < end; i++)
        if ((!w->c->near_codes || near_codes_has(w->c->near_codes, i)) &&
            meets(w->c, atlas_bbox(w->c->layer, i)) && !w->visit(w->ctx, i))
            return false;
    return true;
}

/* As deep as the tree is high: at most TREE_MAX_LEVELS calls. */
static bool walk_node(const struct walk *w, unsigned level, uint32_t node)
{
    const struct tree *tree = &w->c->layer->tree;
    uint32_t end;

    if (!node_meets(w->c, tree->level_start[level] + node))
        return true;
    if (is_inside(w->c, tree->level_start[level] + node))
        return walk_all(w, level, node);
    if (level == 0)
        return walk_leaf(w, node);
    end = tree_children_end(tree, level, node);
    for (uint32_t i = node * TREE_NODE_SIZE; i < end; i++)
        if (!walk_node(w, level - 1, i))
            return false;
    return true;
}

/* ---- lists ---- */

static bool each_of(const struct candidates *c,
                    const uint32_t *features,
                    size_t n,
                    query_visit_fn *visit,
                    void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        if (c->placed_only && features[i] >= c->layer->n_placed)
            break; /* they ascend */
        if (!visit(ctx, features[i]))
            return false;
    }
    return true;
}

static bool each_code(const struct candidates *c, query_visit_fn *visit, void *ctx)
{
    for (size_t i = 0; i < c->n_codes; i++) {
        uint32_t start = c->index->start[c->codes[i]];
        uint32_t end = c->index->start[c->codes[i] + 1];

        if (!each_of(c, c->index->features + start, end - start, visit, ctx))
            return false;
    }
    return true;
}

bool candidates_each(const struct candidates *c,
                     enum candidates_kind kind,
                     query_visit_fn *visit,
                     void *ctx)
{
    struct walk w = {c, visit, ctx};
    uint32_t n = c->placed_only ? c->layer->n_placed : c->layer->n;

    switch (kind) {
    case CANDIDATES_TREE:
        return !c->layer->n_placed || walk_node(&w, c->layer->tree.n_levels - 1, 0);
    case CANDIDATES_CODES:
        return each_code(c, visit, ctx);
    case CANDIDATES_WORDS:
        return each_of(c, c->words, c->n_words, visit, ctx);
    case CANDIDATES_ALL:
        for (uint32_t i = 0; i < n; i++)
            if (!visit(ctx, i))
                return false;
        return true;
    case CANDIDATES_NONE:
    case CANDIDATES_BY_FID:
    case CANDIDATES_NEAREST:
        break;
    }
    return true;
}

/* ---- how many ---- */

static double overlap(struct bbox of, struct bbox box)
{
    struct bbox both = intersection(of, box);

    if (bbox_is_empty(both))
        return 0;
    return fmax(both.max_x - both.min_x, 1e-9) * fmax(both.max_y - both.min_y, 1e-9) /
           (fmax(box.max_x - box.min_x, 1e-9) * fmax(box.max_y - box.min_y, 1e-9));
}

/* What part of a node's rows meets what is asked for, taking them as spread evenly. */
static double share_of(const struct candidates *c, struct bbox box)
{
    double share = c->has_boxes ? 0 : 1;

    for (size_t i = 0; i < c->n_boxes; i++)
        share += overlap(c->boxes[i], box);
    share = fmin(share, 1);
    return c->has_radius ? share * fmin(overlap(c->radius_box, box), 1) : share;
}

static double estimate_node(const struct candidates *c, unsigned level, uint32_t node)
{
    enum { FINE_ENOUGH = 1 }; /* nodes of 256 rows */
    const struct tree *tree = &c->layer->tree;
    uint32_t at = tree->level_start[level] + node;
    double sum = 0;
    uint32_t i;
    uint32_t end;

    if (!node_meets(c, at))
        return 0;
    double share = share_of(c, node_box(tree, at));
    if (level <= FINE_ENOUGH || share == 1) {
        tree_range(tree, level, node, &i, &end);
        return share * (end - i);
    }
    end = tree_children_end(tree, level, node);
    for (i = node * TREE_NODE_SIZE; i < end; i++)
        sum += estimate_node(c, level - 1, i);
    return sum;
}

double candidates_estimate_tree(const struct candidates *c)
{
    return c->layer->n_placed ? estimate_node(c, c->layer->tree.n_levels - 1, 0) : 0;
}

double candidates_count_codes(const struct candidates *c)
{
    double sum = 0;

    for (size_t i = 0; i < c->n_codes; i++)
        sum += c->index->start[c->codes[i] + 1] - c->index->start[c->codes[i]];
    return sum;
}

bool candidates_count_classes(const struct candidates *c, uint16_t mask, uint64_t *out)
{
    uint64_t sum = 0;

    if (!c->index || !c->index->class_count)
        return false;
    for (size_t i = 0; i < c->n_codes; i++)
        for (unsigned k = 0; k < ATLAS_CLASSES; k++)
            if (mask >> k & 1)
                sum += c->index->class_count[(size_t)c->codes[i] * ATLAS_CLASSES + k];
    *out = sum;
    return true;
}
