/* SPDX-License-Identifier: Apache-2.0 */
/* Builds label plans, from low zoom to high: first keep, then add. */
#include "label/plan.h"

#include "label/spec.h"
#include "map.h"

#include <math.h>
#include <stdlib.h>

/* ---- the grid of boxes ---- */

struct label_cell {
    uint32_t label;
    uint32_t next; /* entry index + 1; 0 ends the chain */
    int32_t x, y;
};

static uint32_t cell_bucket(const struct label_plan *plan, int32_t x, int32_t y)
{
    uint64_t h = ((uint64_t)(uint32_t)x << 32 | (uint32_t)y) * 0x9E3779B97F4A7C15ull;

    return (uint32_t)(h >> 32) & (plan->n_buckets - 1);
}

static int32_t cell_of(double px)
{
    return (int32_t)floor(px / LABEL_CELL_PX);
}

static bool grow_buckets(struct label_plan *plan)
{
    uint32_t n = plan->n_buckets ? plan->n_buckets * 2 : 1024;
    uint32_t *buckets = calloc(n, sizeof *buckets);

    if (!buckets)
        return false;
    free(plan->buckets);
    plan->buckets = buckets;
    plan->n_buckets = n;
    for (uint32_t i = 0; i < plan->n_cells; i++) {
        uint32_t *head =
            &buckets[cell_bucket(plan, plan->cells[i].x, plan->cells[i].y)];

        plan->cells[i].next = *head;
        *head = i + 1;
    }
    return true;
}

static bool add_cell(struct label_plan *plan, int32_t x, int32_t y, uint32_t label)
{
    if (plan->n_cells == plan->cap_cells) {
        uint32_t cap = plan->cap_cells ? plan->cap_cells * 2 : 1024;
        struct label_cell *cells = realloc(plan->cells, cap * sizeof *cells);

        if (!cells)
            return false;
        plan->cells = cells;
        plan->cap_cells = cap;
    }
    if (plan->n_cells >= plan->n_buckets && !grow_buckets(plan))
        return false;
    uint32_t *head = &plan->buckets[cell_bucket(plan, x, y)];
    plan->cells[plan->n_cells] = (struct label_cell){label, *head, x, y};
    *head = ++plan->n_cells;
    return true;
}

static struct label_window box_of(const struct label *l)
{
    return (struct label_window){l->x + (double)l->min_x, l->y + (double)l->min_y,
                                 l->x + (double)l->max_x, l->y + (double)l->max_y};
}

static bool overlaps(struct label_window a, struct label_window b)
{
    return a.min_x < b.max_x && b.min_x < a.max_x && a.min_y < b.max_y &&
           b.min_y < a.max_y;
}

bool label_plan_window(const struct label_plan *plan,
                       struct label_window w,
                       label_visit_fn *visit,
                       void *ctx)
{
    int32_t x0 = cell_of(w.min_x);
    int32_t y0 = cell_of(w.min_y);

    if (plan->n_buckets == 0)
        return true;
    for (int32_t y = y0; y <= cell_of(w.max_y); y++)
        for (int32_t x = x0; x <= cell_of(w.max_x); x++)
            for (uint32_t i = plan->buckets[cell_bucket(plan, x, y)]; i;
                 i = plan->cells[i - 1].next) {
                const struct label_cell *cell = &plan->cells[i - 1];
                const struct label *label = &plan->labels[cell->label];
                struct label_window box = box_of(label);

                if (cell->x != x || cell->y != y || !overlaps(box, w))
                    continue;
                /* a box in several cells is reported in the first that both share */
                int32_t bx = cell_of(box.min_x);
                int32_t by = cell_of(box.min_y);
                if (x != (bx > x0 ? bx : x0) || y != (by > y0 ? by : y0))
                    continue;
                if (!visit(ctx, cell->label, label))
                    return false;
            }
    return true;
}

static bool stop_at_blocking(void *ctx, uint32_t index, const struct label *label)
{
    (void)ctx;
    (void)index;
    return !label->blocks;
}

static bool is_taken(const struct label_plan *plan, struct label_window box)
{
    return !label_plan_window(plan, box, stop_at_blocking, NULL);
}

static bool add_label(struct label_plan *plan, struct label label)
{
    struct label_window box = box_of(&label);

    if (plan->n == plan->cap) {
        uint32_t cap = plan->cap ? plan->cap * 2 : 256;
        struct label *labels = realloc(plan->labels, cap * sizeof *labels);

        if (!labels)
            return false;
        plan->labels = labels;
        plan->cap = cap;
    }
    plan->labels[plan->n] = label;
    for (int32_t y = cell_of(box.min_y); y <= cell_of(box.max_y); y++)
        for (int32_t x = cell_of(box.min_x); x <= cell_of(box.max_x); x++)
            if (!add_cell(plan, x, y, plan->n))
                return false;
    plan->n++;
    return true;
}

/* ---- building ---- */

struct builder {
    const struct tile_map *map;
    const struct label_plan *below; /* of the zoom before; NULL at 0 */
    struct label_plan *plan;
    struct text_fonts *fonts;
    struct im_arena *arena; /* of one text */
    uint8_t **shown;        /* per style: a bit for each feature already placed */
    struct style_eval at;
    struct style_eval marker_at;
    struct im_error *err;
};

static bool get_bit(const uint8_t *bits, uint32_t i)
{
    return bits && (bits[i / 8] >> (i % 8) & 1);
}

static bool set_shown(struct builder *b, const struct label *label)
{
    uint8_t **bits = &b->shown[label->style];

    if (!*bits) {
        const struct atlas_layer *layer = b->map->styles[label->style].layer->layer;

        *bits = calloc(atlas_layer_size(layer) / 8 + 1, 1);
        if (!*bits)
            return false;
    }
    (*bits)[label->feature / 8] |= (uint8_t)(1u << (label->feature % 8));
    return true;
}

static enum geom_kind geometry_of(const struct atlas_layer *layer, uint32_t feature)
{
    return atlas_geom(layer, feature).kind;
}

/* What the style wants for this feature at this zoom; *wanted false: nothing. */
static enum im_code measure(struct builder *b,
                            const struct map_style *ms,
                            uint32_t feature,
                            struct label_spec *spec,
                            float size_px[2],
                            bool *wanted)
{
    const struct text_block *block;
    enum im_code rc;

    style_eval_feature(&b->at, ms->layer->layer, feature,
                       geometry_of(ms->layer->layer, feature));
    *wanted =
        style_matches(ms->style, &b->at) && label_spec_eval(ms->style, &b->at, spec);
    if (!*wanted)
        return IM_OK;
    im_arena_reset(b->arena);
    rc = text_shape(b->fonts, spec->text, &spec->style, b->arena, &block, b->err);
    if (rc != IM_OK)
        return rc;
    size_px[0] = text_block_width_px(block);
    size_px[1] = text_block_height_px(block);
    *wanted = size_px[0] > 0;
    return IM_OK;
}

/* Put the box of `anchor` around the label's point; see struct label. */
static void set_box(struct label *label,
                    const struct label_spec *spec,
                    unsigned anchor,
                    const float size_px[2])
{
    struct label_box box = label_spec_box(spec, (enum style_anchor)anchor,
                                          (double)size_px[0], (double)size_px[1]);

    label->anchor = (uint8_t)anchor;
    label->min_x = (float)fmin(0, box.min_x);
    label->min_y = (float)fmin(0, box.min_y);
    label->max_x = (float)fmax(0, box.max_x);
    label->max_y = (float)fmax(0, box.max_y);
    label->is_free = spec->allow_overlap;
    label->blocks = !spec->ignore_placement;
}

/* ---- markers under a text ---- */

struct marker_probe {
    struct builder *b;
    const struct map_style *ms;
    struct label_window box;
};

static bool misses_marker(void *ctx, uint32_t feature)
{
    struct marker_probe *probe = ctx;
    struct builder *b = probe->b;
    const struct map_style *ms = probe->ms;
    struct geom geom = atlas_geom(ms->layer->layer, feature);

    style_eval_feature(&b->marker_at, ms->layer->layer, feature, geom.kind);
    if (geom.kind != GEOM_POINT || !map_shows(b->map, ms->layer->layer, feature) ||
        !style_matches(ms->style, &b->marker_at))
        return true;
    double r = style_number(ms->style, CIRCLE_RADIUS, &b->marker_at) +
               style_number(ms->style, CIRCLE_STROKE_WIDTH, &b->marker_at);
    for (uint32_t i = 0; i < geom.n_points; i++) {
        double px[2];

        if (map_pixel_of(b->map, b->plan->zoom, world_x(geom.lonlat[2 * i]),
                         world_y(geom.lonlat[2 * i + 1]), px) &&
            overlaps(probe->box,
                     (struct label_window){px[0] - r, px[1] - r, px[0] + r, px[1] + r}))
            return false;
    }
    return true;
}

static bool covers_marker(struct builder *b, struct label_window box)
{
    for (uint32_t i = 0; i < b->map->n_styles; i++) {
        const struct map_style *ms = &b->map->styles[i];
        struct marker_probe probe = {b, ms, box};

        if (ms->style->type != STYLE_CIRCLE ||
            !style_layer_visible(ms->style, b->at.zoom))
            continue;
        double r = style_number_bound(ms->style, CIRCLE_RADIUS) +
                   style_number_bound(ms->style, CIRCLE_STROKE_WIDTH);
        struct bbox window =
            map_pixel_window(b->map, b->plan->zoom, box.min_x - r, box.min_y - r,
                             box.max_x + r, box.max_y + r);
        if (!atlas_window(ms->layer->layer, window, misses_marker, &probe))
            return true;
    }
    return false;
}

/* ---- keep, then add ---- */

/* Where the label of a feature stands, in pixels of the plan. */
static bool point_of(const struct builder *b,
                     const struct map_layer *ml,
                     uint32_t feature,
                     double px[2])
{
    uint32_t x;
    uint32_t y;

    return map_label_point(ml, feature, &x, &y) &&
           map_pixel_of(b->map, b->plan->zoom, x, y, px);
}

/* What is kept may touch by rounding; 0.01 px is far below what can be seen. */
enum { SLACK_PER_PX = 100 };

static bool fits_again(const struct label_plan *plan, const struct label *label)
{
    struct label_window box = box_of(label);
    double slack = 1.0 / SLACK_PER_PX;

    return label->is_free ||
           !is_taken(plan, (struct label_window){box.min_x + slack, box.min_y + slack,
                                                 box.max_x - slack, box.max_y - slack});
}

/* A label goes only when its style says so at this zoom (filter, maxzoom, text), or
 * when its text grows by more than 2 in one zoom and would cover another. */
static enum im_code keep_labels(struct builder *b)
{
    for (uint32_t i = 0; b->below && i < b->below->n; i++) {
        struct label label = b->below->labels[i];
        const struct map_style *ms = &b->map->styles[label.style];
        struct label_spec spec;
        float size_px[2];
        double px[2];
        bool wanted;
        enum im_code rc;

        if (!style_layer_visible(ms->style, b->at.zoom))
            continue;
        rc = measure(b, ms, label.feature, &spec, size_px, &wanted);
        if (rc != IM_OK)
            return rc;
        if (!wanted || !point_of(b, ms->layer, label.feature, px))
            continue;
        label.x = px[0];
        label.y = px[1];
        set_box(&label, &spec, label.anchor, size_px);
        if (!fits_again(b->plan, &label))
            continue;
        if (!add_label(b->plan, label) || !set_shown(b, &label))
            return im_fail(b->err, IM_ENOMEM, "label plan of zoom %u", b->plan->zoom);
    }
    return IM_OK;
}

struct candidate {
    double sort_key;
    float importance;
    uint32_t feature;
    int64_t fid;
    double x, y; /* in pixels of the plan */
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *p = a;
    const struct candidate *q = b;

    if (p->sort_key != q->sort_key)
        return p->sort_key < q->sort_key ? -1 : 1;
    if (p->importance != q->importance)
        return p->importance > q->importance ? -1 : 1;
    return (p->fid > q->fid) - (p->fid < q->fid);
}

/* Could this feature get a label? Its point lies in its box, so a taken point settles
 * it without shaping the text. */
static bool
is_candidate(struct builder *b, uint32_t style, uint32_t feature, struct candidate *out)
{
    const struct map_style *ms = &b->map->styles[style];
    const struct atlas_layer *layer = ms->layer->layer;
    double px[2];

    if (get_bit(b->shown[style], feature) || !map_shows(b->map, layer, feature) ||
        !point_of(b, ms->layer, feature, px))
        return false;
    out->x = px[0];
    out->y = px[1];
    style_eval_feature(&b->at, layer, feature, geometry_of(layer, feature));
    if (is_taken(b->plan, (struct label_window){px[0], px[1], px[0], px[1]}) &&
        !style_flag(ms->style, TEXT_ALLOW_OVERLAP, &b->at))
        return false;
    if (!style_matches(ms->style, &b->at))
        return false;
    out->sort_key = style_number(ms->style, SYMBOL_SORT_KEY, &b->at);
    out->importance = atlas_importance(layer, feature);
    out->feature = feature;
    out->fid = atlas_fid(layer, feature);
    return true;
}

/* The first anchor that is free and covers no marker, else the first that is free. */
static bool choose_anchor(struct builder *b,
                          const struct label_spec *spec,
                          const float size_px[2],
                          struct label *label)
{
    bool found = false;
    struct label first_free = *label;

    for (uint32_t i = 0; i < spec->n_anchors; i++) {
        set_box(label, spec, spec->anchors[i], size_px);
        if (!label->is_free && is_taken(b->plan, box_of(label)))
            continue;
        if (!found)
            first_free = *label;
        found = true;
        if (spec->n_anchors == 1)
            return true;
        struct label_box text =
            label_spec_box(spec, (enum style_anchor)spec->anchors[i],
                           (double)size_px[0], (double)size_px[1]);
        if (!covers_marker(
                b, (struct label_window){label->x + text.min_x + spec->padding_px,
                                         label->y + text.min_y + spec->padding_px,
                                         label->x + text.max_x - spec->padding_px,
                                         label->y + text.max_y - spec->padding_px}))
            return true;
    }
    *label = first_free;
    return found;
}

static enum im_code
place(struct builder *b, uint32_t style, const struct candidate *candidate)
{
    const struct map_style *ms = &b->map->styles[style];
    struct label label = {.style = style,
                          .feature = candidate->feature,
                          .first_zoom = (uint8_t)b->plan->zoom,
                          .x = candidate->x,
                          .y = candidate->y};
    struct label_window point = {label.x, label.y, label.x, label.y};
    struct label_spec spec;
    float size_px[2];
    bool wanted;
    enum im_code rc;

    if (is_taken(b->plan, point)) { /* by one placed after the candidates were listed */
        style_eval_feature(&b->at, ms->layer->layer, candidate->feature,
                           geometry_of(ms->layer->layer, candidate->feature));
        if (!style_flag(ms->style, TEXT_ALLOW_OVERLAP, &b->at))
            return IM_OK;
    }
    rc = measure(b, ms, candidate->feature, &spec, size_px, &wanted);
    if (rc != IM_OK || !wanted || !choose_anchor(b, &spec, size_px, &label))
        return rc;
    if (b->plan->n == LABEL_MAX)
        return IM_OK;
    if (!add_label(b->plan, label))
        return im_fail(b->err, IM_ENOMEM, "label plan of zoom %u", b->plan->zoom);
    return IM_OK;
}

static enum im_code add_style(struct builder *b, uint32_t style)
{
    const struct atlas_layer *layer = b->map->styles[style].layer->layer;
    uint32_t placed = atlas_layer_placed(layer);
    struct candidate *candidates = NULL;
    uint32_t n = 0;
    enum im_code rc = IM_OK;

    if (placed == 0)
        return IM_OK;
    candidates = malloc(placed * sizeof *candidates);
    if (!candidates)
        return im_fail(b->err, IM_ENOMEM, "label plan of zoom %u", b->plan->zoom);
    for (uint32_t f = 0; f < placed; f++)
        if (is_candidate(b, style, f, &candidates[n]))
            n++;
    qsort(candidates, n, sizeof *candidates, compare_candidates);
    for (uint32_t i = 0; i < n && rc == IM_OK; i++)
        rc = place(b, style, &candidates[i]);
    free(candidates);
    return rc;
}

static void plan_free(struct label_plan *plan)
{
    if (plan) {
        free(plan->labels);
        free(plan->cells);
        free(plan->buckets);
        free(plan);
    }
}

static void builder_release(struct builder *b)
{
    for (uint32_t i = 0; b->shown && i < b->map->n_styles; i++)
        free(b->shown[i]);
    free(b->shown);
    im_arena_free(b->arena);
    plan_free(b->plan);
    free(b);
}

static struct builder *builder_new(const struct tile_map *map, uint32_t zoom)
{
    struct builder *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->map = map;
    b->at.zoom = map_style_zoom(map, zoom);
    b->marker_at.zoom = b->at.zoom;
    b->plan = calloc(1, sizeof *b->plan);
    b->arena = im_arena_new(4 * 1024 * 1024);
    b->shown = calloc(map->n_styles + 1, sizeof *b->shown);
    if (!b->plan || !b->arena || !b->shown) {
        builder_release(b);
        return NULL;
    }
    b->plan->zoom = zoom;
    return b;
}

static enum im_code build(const struct tile_map *map,
                          uint32_t zoom,
                          const struct label_plan *below,
                          struct text_fonts *fonts,
                          const struct label_plan **out,
                          struct im_error *err)
{
    struct builder *b = builder_new(map, zoom);
    enum im_code rc;

    if (!b)
        return im_fail(err, IM_ENOMEM, "label plan of zoom %u", zoom);
    b->below = below;
    b->fonts = fonts;
    b->err = err;
    rc = keep_labels(b);
    for (uint32_t i = map->n_styles; i-- > 0 && rc == IM_OK;)
        if (map->styles[i].style->type == STYLE_SYMBOL &&
            style_layer_visible(map->styles[i].style, b->at.zoom))
            rc = add_style(b, i);
    if (rc == IM_OK) {
        *out = b->plan;
        b->plan = NULL;
    }
    builder_release(b);
    return rc;
}

/* ---- slots ---- */

void label_slot_init(struct label_slot *slot)
{
    pthread_mutex_init(&slot->lock, NULL);
    atomic_init(&slot->plan, NULL);
}

void label_slot_release(struct label_slot *slot)
{
    plan_free((struct label_plan *)atomic_load(&slot->plan));
    pthread_mutex_destroy(&slot->lock);
}

const struct label_plan *label_plan_peek(const struct tile_map *map, uint32_t zoom)
{
    return atomic_load_explicit(&((struct tile_map *)map)->plans[zoom].plan,
                                memory_order_acquire);
}

/* Locks are taken from high zoom to low and never the other way, so two builders
 * cannot wait for each other. */
enum im_code label_plan_get(const struct tile_map *map,
                            uint32_t zoom,
                            struct text_fonts *fonts,
                            const struct label_plan **out,
                            struct im_error *err)
{
    struct label_slot *slot = (struct label_slot *)&map->plans[zoom];
    const struct label_plan *plan =
        atomic_load_explicit(&slot->plan, memory_order_acquire);
    const struct label_plan *below = NULL;
    enum im_code rc = IM_OK;

    if (plan) {
        *out = plan;
        return IM_OK;
    }
    pthread_mutex_lock(&slot->lock);
    plan = atomic_load_explicit(&slot->plan, memory_order_acquire);
    if (!plan && zoom > 0)
        rc = label_plan_get(map, zoom - 1, fonts, &below, err);
    if (!plan && rc == IM_OK)
        rc = build(map, zoom, below, fonts, &plan, err);
    if (rc == IM_OK)
        atomic_store_explicit(&slot->plan, plan, memory_order_release);
    pthread_mutex_unlock(&slot->lock);
    if (rc == IM_OK)
        *out = plan;
    return rc;
}

/* ---- for vector tiles ---- */

struct choice_search {
    const struct tile_map *map;
    const struct map_layer *layer;
    uint32_t feature;
    struct label_choice *out;
};

static bool find_choice(void *ctx, uint32_t index, const struct label *label)
{
    struct choice_search *search = ctx;

    (void)index;
    if (label->feature == search->feature &&
        search->map->styles[label->style].layer == search->layer &&
        label->first_zoom < search->out->first_zoom)
        *search->out = (struct label_choice){label->first_zoom, label->anchor};
    return true;
}

enum im_code label_first_zoom(const struct tile_map *map,
                              const struct map_layer *layer,
                              uint32_t feature,
                              uint32_t zoom,
                              struct text_fonts *fonts,
                              struct label_choice *out,
                              struct im_error *err)
{
    struct choice_search search = {map, layer, feature, out};
    const struct label_plan *plan;
    enum im_code rc = label_plan_get(map, zoom, fonts, &plan, err);
    double px[2];
    uint32_t x;
    uint32_t y;

    *out = (struct label_choice){.first_zoom = zoom + 1};
    if (rc == IM_OK && map_label_point(layer, feature, &x, &y) &&
        map_pixel_of(map, zoom, x, y, px))
        label_plan_window(
            plan, (struct label_window){px[0] - 1, px[1] - 1, px[0] + 1, px[1] + 1},
            find_choice, &search);
    return rc;
}
