/* SPDX-License-Identifier: Apache-2.0 */
/* Searching the packed tree: by distance and by window. */
#include "atlas/near.h"

static bool grow(struct near_search *s)
{
    uint32_t cap = s->cap ? s->cap * 2 : 512;
    struct near_entry *heap = im_arena_alloc(s->scratch, cap * sizeof *heap);

    if (!heap) {
        s->failed = true;
        return false;
    }
    if (s->n)
        memcpy(heap, s->heap, s->n * sizeof *heap);
    s->heap = heap;
    s->cap = cap;
    return true;
}

/* Equal bounds: nodes before features, so that every feature that could tie is seen
 * before the search may end; then by number, so that the order is repeatable. */
static bool is_before(struct near_entry a, struct near_entry b)
{
    if (a.hav != b.hav)
        return a.hav < b.hav;
    if (a.level != b.level)
        return a.level > b.level;
    return a.index < b.index;
}

static void push(struct near_search *s, struct near_entry entry)
{
    uint32_t i = s->n;

    if (entry.hav > s->hav_limit || (s->n == s->cap && !grow(s)))
        return;
    s->n++;
    while (i > 0 && is_before(entry, s->heap[(i - 1) / 2])) {
        s->heap[i] = s->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->heap[i] = entry;
}

static struct near_entry pop(struct near_search *s)
{
    struct near_entry top = s->heap[0];
    struct near_entry last = s->heap[--s->n];
    uint32_t i = 0;

    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= s->n)
            break;
        if (child + 1 < s->n && is_before(s->heap[child + 1], s->heap[child]))
            child++;
        if (!is_before(s->heap[child], last))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static double node_hav(const struct near_search *s, unsigned level, uint32_t node)
{
    const struct tree *tree = &s->layer->tree;
    const struct tree_box *b = &tree->boxes[tree->level_start[level] + node];

    return bound_box_hav(s->origin, (double)b->min_x, (double)b->min_y,
                         (double)b->max_x, (double)b->max_y);
}

static double feature_hav(const struct near_search *s, uint32_t feature)
{
    const struct atlas_layer *layer = s->layer;
    const double *p = layer->lonlat + 2 * (size_t)feature;

    if (!layer->boxes)
        return bound_point_hav(s->origin, p[0], p[1]);
    const struct bbox *b = &layer->boxes[feature];
    return bound_box_hav(s->origin, b->min_x, b->min_y, b->max_x, b->max_y);
}

static void expand_leaf(struct near_search *s, uint32_t node)
{
    uint32_t i;
    uint32_t end;

    tree_range(&s->layer->tree, 0, node, &i, &end);
    for (; i < end; i++)
        if ((s->mask >> atlas_class(s->layer, i) & 1) &&
            (!s->codes || near_codes_has(s->codes, i)))
            push(s, (struct near_entry){feature_hav(s, i), i, NEAR_FEATURE});
}

/* Is everything below the node nearer than where the search begins? */
static bool is_passed(const struct near_search *s, uint32_t node, double hav)
{
    const struct tree_box *b = &s->layer->tree.boxes[node];

    return hav < s->hav_inner &&
           bound_upper_m(s->origin, (double)b->min_x, (double)b->min_y,
                         (double)b->max_x, (double)b->max_y) < s->inner_m;
}

static void expand_node(struct near_search *s, unsigned level, uint32_t i)
{
    const struct tree *tree = &s->layer->tree;
    uint32_t node = tree->level_start[level] + i;
    double hav;

    if (!(tree->masks[node] & s->mask) ||
        (s->codes && !(s->codes->masks[node] & s->codes->mask)))
        return;
    hav = node_hav(s, level, i);
    if (!is_passed(s, node, hav))
        push(s, (struct near_entry){hav, i, (int32_t)level});
}

static void expand(struct near_search *s, unsigned level, uint32_t node)
{
    const struct tree *tree = &s->layer->tree;
    uint32_t end;

    if (level == 0) {
        expand_leaf(s, node);
        return;
    }
    end = tree_children_end(tree, level, node);
    for (uint32_t i = node * TREE_NODE_SIZE; i < end; i++)
        expand_node(s, level - 1, i);
}

void near_init(struct near_search *s,
               const struct atlas_layer *layer,
               struct bound_origin origin,
               uint16_t mask,
               struct im_arena *scratch)
{
    *s = (struct near_search){.layer = layer,
                              .origin = origin,
                              .mask = mask,
                              .hav_limit = 2,
                              .scratch = scratch};
    if (layer->n_placed)
        push(s, (struct near_entry){0, 0, (int32_t)layer->tree.n_levels - 1});
}

void near_begin_at(struct near_search *s, double inner_m)
{
    s->inner_m = inner_m;
    s->hav_inner = bound_hav_limit(inner_m);
}

bool near_next(struct near_search *s, uint32_t *feature, double *hav)
{
    while (s->n && !s->failed) {
        struct near_entry top = pop(s);

        if (top.hav > s->hav_limit)
            return false; /* the limit was lowered; the rest is farther still */
        if (top.level == NEAR_FEATURE) {
            *feature = top.index;
            *hav = top.hav;
            return true;
        }
        expand(s, (unsigned)top.level, top.index);
    }
    return false;
}

struct counter {
    const struct atlas_layer *layer;
    struct bound_origin origin;
    uint16_t mask;
    double max_m;
    double hav_limit;
    bool (*is_within)(void *ctx, uint32_t feature);
    void *ctx;
};

static uint64_t
count_features(const struct counter *c, uint32_t i, uint32_t end, bool all)
{
    uint64_t sum = 0;

    for (; i < end; i++) {
        if (!(c->mask >> atlas_class(c->layer, i) & 1))
            continue;
        struct bbox b = atlas_bbox(c->layer, i);
        if (all ||
            bound_upper_m(c->origin, b.min_x, b.min_y, b.max_x, b.max_y) <= c->max_m)
            sum++;
        else if (bound_box_hav(c->origin, b.min_x, b.min_y, b.max_x, b.max_y) <=
                 c->hav_limit)
            sum += c->is_within(c->ctx, i);
    }
    return sum;
}

static uint64_t count_node(const struct counter *c, unsigned level, uint32_t node)
{
    const struct tree *tree = &c->layer->tree;
    const struct tree_box *b = &tree->boxes[tree->level_start[level] + node];
    uint16_t classes = tree->masks[tree->level_start[level] + node];
    double box[4] = {(double)b->min_x, (double)b->min_y, (double)b->max_x,
                     (double)b->max_y};
    uint64_t sum = 0;
    uint32_t i;
    uint32_t end;

    if (!(classes & c->mask) ||
        bound_box_hav(c->origin, box[0], box[1], box[2], box[3]) > c->hav_limit)
        return 0;
    bool all = bound_upper_m(c->origin, box[0], box[1], box[2], box[3]) <= c->max_m;
    if (level == 0 || all) {
        tree_range(tree, level, node, &i, &end);
        if (all && !(classes & ~c->mask))
            return end - i;
        return count_features(c, i, end, all);
    }
    end = tree_children_end(tree, level, node);
    for (i = node * TREE_NODE_SIZE; i < end; i++)
        sum += count_node(c, level - 1, i);
    return sum;
}

uint64_t near_count(const struct atlas_layer *layer,
                    struct bound_origin origin,
                    uint16_t mask,
                    double max_m,
                    bool (*is_within)(void *ctx, uint32_t feature),
                    void *ctx)
{
    struct counter c = {layer,     origin, mask, max_m, bound_hav_limit(max_m),
                        is_within, ctx};

    return layer->n_placed ? count_node(&c, layer->tree.n_levels - 1, 0) : 0;
}

struct window {
    const struct atlas_layer *layer;
    struct bbox box;
    atlas_visit_fn *visit;
    void *ctx;
};

static bool visit_features(void *ctx, uint32_t first, uint32_t end)
{
    const struct window *w = ctx;

    for (uint32_t i = first; i < end; i++)
        if (bbox_intersects(w->box, atlas_bbox(w->layer, i)) && !w->visit(w->ctx, i))
            return false;
    return true;
}

bool atlas_window(const struct atlas_layer *layer,
                  struct bbox window,
                  atlas_visit_fn *visit,
                  void *ctx)
{
    struct window w = {layer, window, visit, ctx};

    if (layer->n_placed == 0 || bbox_is_empty(window))
        return true;
    return tree_window(&layer->tree, window, UINT16_MAX, visit_features, &w);
}
