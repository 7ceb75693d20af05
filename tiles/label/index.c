/* SPDX-License-Identifier: Apache-2.0 */
/* A packed tree over the features of a symbol layer: each node knows its box and its
 * best feature, so the few best of any window are found without looking at the rest. */
#include "label/index.h"

#include <math.h>
#include <stdlib.h>

enum { FANOUT = 16, MAX_LEVELS = 9, ITEM_STEPS = 64 };

struct index_box {
    uint32_t min_x, min_y, max_x, max_y; /* included */
};

struct index_node {
    struct index_box box;
    uint32_t best; /* item */
};

struct label_index {
    uint32_t n;
    uint32_t *features;
    struct index_box *boxes;
    struct label_rank *ranks;
    uint32_t n_levels;
    uint32_t n_nodes[MAX_LEVELS];
    struct index_node *nodes[MAX_LEVELS]; /* level 0 holds FANOUT items a node */
};

/* ---- ranks ---- */

double label_rank_zoom(const struct style_layer *style)
{
    return fmax(style->min_zoom, -1);
}

/* Doubles in the order of unsigned integers. */
static uint64_t ordered(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}

static uint32_t hash_of(int64_t fid)
{
    uint64_t h = (uint64_t)fid * 0x9E3779B97F4A7C15ull;

    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93ull;
    return (uint32_t)(h >> 32);
}

struct label_rank
label_rank_of(const struct map_style *ms, uint32_t feature, struct style_eval *at)
{
    const struct atlas_layer *layer = ms->layer->layer;
    double importance = (double)atlas_importance(layer, feature);
    struct label_rank rank = {0, 0};
    double zoom = at->zoom;

    at->zoom = label_rank_zoom(ms->style);
    if (ms->style->properties[SYMBOL_SORT_KEY])
        rank.sort_key = ordered(style_number(ms->style, SYMBOL_SORT_KEY, at));
    at->zoom = zoom;
    importance = importance >= 0 && importance <= 1 ? importance : 0;
    rank.importance = (uint64_t)((1 - importance) * UINT32_MAX) << 32 |
                      hash_of(atlas_fid(layer, feature));
    return rank;
}

/* ---- building ---- */

static bool depends(const struct expr *e, unsigned on)
{
    return e && (e->depends & on);
}

/* What is never written needs no place; what depends on the zoom is asked later. */
static bool is_wanted(const struct style_layer *style, struct style_eval *at)
{
    if (!depends(style->filter, EXPR_ZOOM) && !style_matches(style, at))
        return false;
    if (depends(style->properties[TEXT_FIELD], EXPR_ZOOM) ||
        depends(style->properties[ICON_IMAGE], EXPR_ZOOM))
        return true;
    return style_text(style, TEXT_FIELD, at).len > 0 ||
           style_text(style, ICON_IMAGE, at).len > 0;
}

static bool
box_of(const struct tile_map *map, const struct map_style *ms, uint32_t f, void *out)
{
    struct index_box *box = out;
    enum geom_kind kind = atlas_geom(ms->layer->layer, f).kind;

    if (kind == GEOM_EMPTY)
        return false;
    if (kind == GEOM_POINT) {
        if (!map_label_point(ms->layer, f, &box->min_x, &box->min_y))
            return false;
        box->max_x = box->min_x;
        box->max_y = box->min_y;
        return true;
    }
    (void)map;
    struct bbox b = atlas_bbox(ms->layer->layer, f);
    *box = (struct index_box){world_x(b.min_x), world_y(b.max_y), world_x(b.max_x),
                              world_y(b.min_y)};
    return true;
}

static void widen(struct index_box *box, struct index_box by)
{
    box->min_x = by.min_x < box->min_x ? by.min_x : box->min_x;
    box->min_y = by.min_y < box->min_y ? by.min_y : box->min_y;
    box->max_x = by.max_x > box->max_x ? by.max_x : box->max_x;
    box->max_y = by.max_y > box->max_y ? by.max_y : box->max_y;
}

static int compare_items(const struct label_index *index, uint32_t a, uint32_t b)
{
    int c = label_rank_compare(index->ranks[a], index->ranks[b]);

    return c ? c : (a > b) - (a < b);
}

static void add_child(struct label_index *index,
                      struct index_node *node,
                      bool is_first,
                      struct index_box box,
                      uint32_t best)
{
    if (is_first)
        *node = (struct index_node){box, best};
    widen(&node->box, box);
    if (compare_items(index, best, node->best) < 0)
        node->best = best;
}

static bool build_levels(struct label_index *index)
{
    uint32_t below = index->n;

    while (below > 0 && index->n_levels < MAX_LEVELS) {
        uint32_t level = index->n_levels;
        uint32_t n = (below + FANOUT - 1) / FANOUT;

        index->nodes[level] = malloc(n * sizeof **index->nodes);
        if (!index->nodes[level])
            return false;
        index->n_nodes[level] = n;
        for (uint32_t i = 0; i < below; i++) {
            const struct index_node *child = level ? &index->nodes[level - 1][i] : NULL;

            add_child(index, &index->nodes[level][i / FANOUT], i % FANOUT == 0,
                      child ? child->box : index->boxes[i], child ? child->best : i);
        }
        index->n_levels++;
        if (n == 1)
            break;
        below = n;
    }
    return true;
}

/* False when it is late. */
static bool add_items(struct label_index *index,
                      const struct tile_map *map,
                      const struct map_style *ms,
                      struct tile_late *late)
{
    const struct atlas_layer *layer = ms->layer->layer;
    uint32_t placed = atlas_layer_placed(layer);
    struct style_eval at = {.zoom = label_rank_zoom(ms->style)};

    for (uint32_t f = 0; f < placed; f++) {
        if (tile_late(late, ITEM_STEPS))
            return false;
        if (!map_shows(map, layer, f) || !box_of(map, ms, f, &index->boxes[index->n]))
            continue;
        style_eval_feature(&at, layer, f, atlas_geom(layer, f).kind);
        if (!is_wanted(ms->style, &at))
            continue;
        index->features[index->n] = f;
        index->ranks[index->n++] = label_rank_of(ms, f, &at);
    }
    return true;
}

/* Most layers have several symbol styles, each for some of the features. */
static void shrink(struct label_index *index)
{
    size_t n = index->n ? index->n : 1;
    void *p;

    if ((p = realloc(index->features, n * sizeof *index->features)))
        index->features = p;
    if ((p = realloc(index->boxes, n * sizeof *index->boxes)))
        index->boxes = p;
    if ((p = realloc(index->ranks, n * sizeof *index->ranks)))
        index->ranks = p;
}

enum im_code label_index_new(const struct tile_map *map,
                             uint32_t style,
                             struct tile_late *late,
                             struct label_index **out,
                             struct im_error *err)
{
    const struct map_style *ms = &map->styles[style];
    size_t placed = atlas_layer_placed(ms->layer->layer);
    struct label_index *index = calloc(1, sizeof *index);
    bool ok = index != NULL;
    bool in_time = true;

    if (ok) {
        index->features = malloc((placed + 1) * sizeof *index->features);
        index->boxes = malloc((placed + 1) * sizeof *index->boxes);
        index->ranks = malloc((placed + 1) * sizeof *index->ranks);
        ok = index->features && index->boxes && index->ranks;
    }
    if (ok) {
        in_time = add_items(index, map, ms, late);
        shrink(index);
        ok = in_time && build_levels(index);
    }
    if (!ok) {
        label_index_free(index);
        return !in_time ? tile_late_fail(err)
                        : im_fail(err, IM_ENOMEM, "index of labels");
    }
    *out = index;
    return IM_OK;
}

void label_index_free(struct label_index *index)
{
    if (!index)
        return;
    for (uint32_t i = 0; i < index->n_levels; i++)
        free(index->nodes[i]);
    free(index->features);
    free(index->boxes);
    free(index->ranks);
    free(index);
}

size_t label_index_bytes(const struct label_index *index)
{
    size_t bytes;

    if (!index)
        return 0;
    bytes = sizeof *index + index->n * (sizeof *index->features + sizeof *index->boxes +
                                        sizeof *index->ranks);
    for (uint32_t i = 0; i < index->n_levels; i++)
        bytes += index->n_nodes[i] * sizeof **index->nodes;
    return bytes;
}

/* ---- searching ---- */

#define ITEM_LEVEL UINT32_MAX

struct label_heap_item {
    uint32_t best;
    uint32_t level; /* ITEM_LEVEL: `at` is an item itself */
    uint32_t at;
};

void label_heap_release(struct label_heap *heap)
{
    free(heap->items);
    *heap = (struct label_heap){0};
}

static bool meets(struct index_box box, struct label_span span)
{
    return box.min_x < span.max_x && box.max_x >= span.min_x &&
           box.min_y < span.max_y && box.max_y >= span.min_y;
}

static bool push(const struct label_index *index,
                 struct label_heap *heap,
                 struct label_heap_item item)
{
    if (heap->n == heap->cap) {
        uint32_t cap = heap->cap ? heap->cap * 2 : 256;
        struct label_heap_item *items = realloc(heap->items, cap * sizeof *items);

        if (!items)
            return false;
        heap->items = items;
        heap->cap = cap;
    }
    uint32_t i = heap->n++;
    for (; i > 0; i = (i - 1) / 2) {
        if (compare_items(index, heap->items[(i - 1) / 2].best, item.best) <= 0)
            break;
        heap->items[i] = heap->items[(i - 1) / 2];
    }
    heap->items[i] = item;
    return true;
}

static struct label_heap_item pop(const struct label_index *index,
                                  struct label_heap *heap)
{
    struct label_heap_item top = heap->items[0];
    struct label_heap_item last = heap->items[--heap->n];
    uint32_t i = 0;

    for (uint32_t child = 1; child < heap->n; child = 2 * i + 1) {
        if (child + 1 < heap->n && compare_items(index, heap->items[child + 1].best,
                                                 heap->items[child].best) < 0)
            child++;
        if (compare_items(index, heap->items[child].best, last.best) >= 0)
            break;
        heap->items[i] = heap->items[child];
        i = child;
    }
    heap->items[i] = last;
    return top;
}

static bool expand(const struct label_index *index,
                   struct label_span span,
                   struct label_heap *heap,
                   struct label_heap_item node)
{
    uint32_t below = node.level ? index->n_nodes[node.level - 1] : index->n;
    uint32_t first = node.at * FANOUT;
    uint32_t end = below - first < FANOUT ? below : first + FANOUT;

    for (uint32_t i = first; i < end; i++) {
        const struct index_node *child =
            node.level ? &index->nodes[node.level - 1][i] : NULL;
        struct label_heap_item item = {child ? child->best : i,
                                       child ? node.level - 1 : ITEM_LEVEL, i};

        if (meets(child ? child->box : index->boxes[i], span) &&
            !push(index, heap, item))
            return false;
    }
    return true;
}

enum im_code label_index_best(const struct label_index *index,
                              struct label_span span,
                              struct label_heap *heap,
                              label_found_fn *found,
                              void *ctx,
                              struct im_error *err)
{
    bool ok = true;

    heap->n = 0;
    if (index->n == 0 || !meets(index->nodes[index->n_levels - 1][0].box, span))
        return IM_OK;
    ok = push(index, heap,
              (struct label_heap_item){index->nodes[index->n_levels - 1][0].best,
                                       index->n_levels - 1, 0});
    while (ok && heap->n) {
        struct label_heap_item top = pop(index, heap);

        if (top.level != ITEM_LEVEL)
            ok = expand(index, span, heap, top);
        else if (!found(ctx, index->features[top.at], index->ranks[top.at]))
            break;
    }
    return ok ? IM_OK : im_fail(err, IM_ENOMEM, "search of labels");
}

/* ---- few ---- */

struct gathering {
    const struct label_index *index;
    struct label_span span;
    struct label_found *out;
    uint32_t most;
    uint32_t n;
};

/* At most MAX_LEVELS deep. False: there are too many. */
static bool gather(struct gathering *g, uint32_t level, uint32_t at)
{
    const struct label_index *index = g->index;
    uint32_t below = level ? index->n_nodes[level - 1] : index->n;
    uint32_t first = at * FANOUT;
    uint32_t end = below - first < FANOUT ? below : first + FANOUT;

    for (uint32_t i = first; i < end; i++) {
        if (!meets(level ? index->nodes[level - 1][i].box : index->boxes[i], g->span))
            continue;
        if (level) {
            if (!gather(g, level - 1, i))
                return false;
        } else if (g->n == g->most) {
            return false;
        } else {
            g->out[g->n++] = (struct label_found){
                .rank = index->ranks[i], .item = i, .feature = index->features[i]};
        }
    }
    return true;
}

static int compare_found(const void *a, const void *b)
{
    const struct label_found *p = a;
    const struct label_found *q = b;
    int c = label_rank_compare(p->rank, q->rank);

    return c ? c : (p->item > q->item) - (p->item < q->item);
}

bool label_index_few(const struct label_index *index,
                     struct label_span span,
                     uint32_t most,
                     struct label_found *out,
                     uint32_t *n)
{
    struct gathering g = {.index = index, .span = span, .out = out, .most = most};

    *n = 0;
    if (index->n == 0 || !meets(index->nodes[index->n_levels - 1][0].box, span))
        return true;
    if (!gather(&g, index->n_levels - 1, 0))
        return false;
    if (g.n > 1)
        qsort(out, g.n, sizeof *out, compare_found);
    *n = g.n;
    return true;
}

bool label_index_meets(const struct label_index *index,
                       uint32_t item,
                       struct label_span span)
{
    return meets(index->boxes[item], span);
}
