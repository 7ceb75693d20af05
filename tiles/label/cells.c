/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the cells of the label plan: what is kept, who may join. */
#include "label/cells.h"

#include "map.h"

#include <math.h>
#include <stdlib.h>

enum {
    /* A name takes more than a part of 32 px, so the most important feature of each
     * part fills the map; the others come with the next zooms. */
    PART_CANDIDATES = 1,
    PART_FREE = 64, /* that may overlap: one for each 4 x 4 px hides all below */
    PART_TRIES = 256,
    CELL_LINES = 256,
    CELL_FEW = 256, /* found by experiment: from 128 to 512 alike */
    /* so many vertices are looked at for the names along lines of a cell and style: one
     * outline of a million with thousands of places must not hold up the others */
    CELL_VERTICES = 16 * 1024 * 1024,
    LIST_STEPS = 64, /* a candidate costs as much as so many vertices */
    FIRST_CHAINS = 64,
    MIN_REACH_PX = 96,
    MAX_REACH_PX = 1024
};

/* ---- levels ---- */

/* How far from its point a label of this style may reach. */
static void raise_reach(const struct style_layer *style, struct label_level *level)
{
    double em = style_number_bound(style, TEXT_SIZE);
    double wide_em = fmin(style_number_bound(style, TEXT_MAX_WIDTH), 20);
    double icon = 0;
    bool on_line = style->properties[SYMBOL_PLACEMENT] != NULL;

    if (style_has(style, ICON_IMAGE))
        icon = 48 * style_number_bound(style, ICON_SIZE);
    double offset = em * 2;
    double x = em * wide_em * 1.25 + offset;
    /* five lines; a name along a line of twenty letters, upright too */
    double y = on_line ? em * 10 + LABEL_MAX_SHIFT_PX : em * 6 + offset;
    if (style_has(style, TEXT_ROTATE))
        y = fmax(x, y);
    level->reach_x = fmax(level->reach_x, fmax(x, on_line ? y : 0) + icon);
    level->reach_y = fmax(level->reach_y, y + icon);
}

void label_level_init(struct label_plan *plan, uint32_t zoom)
{
    struct label_level *level = &plan->levels[zoom];

    const struct grid_matrix *matrix = tile_grid_matrix(plan->map->grid, zoom);
    uint32_t per_tile =
        matrix->tile_px > LABEL_CELL_PX ? matrix->tile_px / LABEL_CELL_PX : 1;

    level->px_per_unit = exp2(map_style_zoom(plan->map, zoom) + 9 - WORLD_BITS);
    level->growth = 2;
    if (zoom > 0)
        level->growth =
            exp2(map_style_zoom(plan->map, zoom) - map_style_zoom(plan->map, zoom - 1));
    level->n_cols = matrix->n_cols * per_tile;
    level->n_rows = matrix->n_rows * per_tile;
    for (uint32_t i = 0; i < plan->map->n_styles; i++) {
        const struct style_layer *style = plan->map->styles[i].style;

        if (style->type == STYLE_SYMBOL &&
            style_layer_visible(style, map_style_zoom(plan->map, zoom)))
            raise_reach(style, level);
    }
    level->reach_x = fmin(MAX_REACH_PX, fmax(MIN_REACH_PX, level->reach_x));
    level->reach_y = fmin(MAX_REACH_PX, fmax(MIN_REACH_PX, level->reach_y));
}

/* ---- cells ---- */

static uint32_t chain_of(const struct label_level *level, uint32_t x, uint32_t y)
{
    uint64_t h = ((uint64_t)x << 32 | y) * 0x9E3779B97F4A7C15ull;

    return (uint32_t)(h >> 32) & (level->n_chains - 1);
}

static bool grow_chains(struct label_level *level)
{
    uint32_t n_old = level->n_chains;
    uint32_t n = n_old ? n_old * 2 : FIRST_CHAINS;
    struct label_cell **old = level->chains;
    struct label_cell **chains = calloc(n, sizeof *chains);

    if (!chains)
        return false;
    level->chains = chains;
    level->n_chains = n;
    for (uint32_t i = 0; i < n_old; i++)
        for (struct label_cell *c = old[i], *next; c; c = next) {
            struct label_cell **head = &chains[chain_of(level, c->x, c->y)];

            next = c->next;
            c->next = *head;
            *head = c;
        }
    free(old);
    return true;
}

struct label_cell *
label_cell_get(struct label_plan *plan, uint32_t zoom, uint32_t x, uint32_t y)
{
    struct label_level *level = &plan->levels[zoom];

    if (level->n_chains)
        for (struct label_cell *c = level->chains[chain_of(level, x, y)]; c;
             c = c->next)
            if (c->x == x && c->y == y)
                return c;
    if (level->n_cells >= level->n_chains && !grow_chains(level))
        return NULL;
    struct label_cell *c = im_arena_calloc(plan->arena, 1, sizeof *c);
    if (!c)
        return NULL;
    struct label_cell **head = &level->chains[chain_of(level, x, y)];
    *c = (struct label_cell){.next = *head, .zoom = zoom, .x = x, .y = y};
    *head = c;
    level->n_cells++;
    return c;
}

static uint32_t clamp_cell(double px, uint32_t n)
{
    return (uint32_t)fmin(n - 1.0, fmax(0, floor(px / LABEL_CELL_PX)));
}

static struct label_cell_range cells_within(const struct label_level *level,
                                            struct label_window w)
{
    if (!(w.max_x >= 0 && w.min_x <= (double)level->n_cols * LABEL_CELL_PX &&
          w.max_y >= 0 && w.min_y <= (double)level->n_rows * LABEL_CELL_PX))
        return (struct label_cell_range){1, 1, 0, 0};
    return (struct label_cell_range){
        clamp_cell(w.min_x, level->n_cols), clamp_cell(w.min_y, level->n_rows),
        clamp_cell(w.max_x, level->n_cols), clamp_cell(w.max_y, level->n_rows)};
}

struct label_cell_range label_cells_near(const struct label_level *level,
                                         struct label_window w)
{
    return cells_within(level, (struct label_window){
                                   w.min_x - level->reach_x, w.min_y - level->reach_y,
                                   w.max_x + level->reach_x, w.max_y + level->reach_y});
}

static struct label_window window_of_cell(const struct label_cell *cell)
{
    double x = (double)cell->x * LABEL_CELL_PX;
    double y = (double)cell->y * LABEL_CELL_PX;

    return (struct label_window){x, y, x + LABEL_CELL_PX, y + LABEL_CELL_PX};
}

/* World units that hold a window of pixels. */
static struct label_span
span_of(const struct tile_map *map, uint32_t zoom, struct label_window w)
{
    if (map->is_web_mercator) {
        double unit = (double)(1ull << (WORLD_BITS - 8 - zoom));

        return (struct label_span){
            (uint64_t)fmax(0, w.min_x * unit), (uint64_t)fmax(0, w.min_y * unit),
            (uint64_t)fmax(0, w.max_x * unit), (uint64_t)fmax(0, w.max_y * unit)};
    }
    struct bbox b = map_pixel_window(map, zoom, w.min_x, w.min_y, w.max_x, w.max_y);
    if (bbox_is_empty(b))
        return (struct label_span){0, 0, 0, 0};
    return (struct label_span){world_x(b.min_x), world_y(b.max_y),
                               world_x(b.max_x) + 1ull, world_y(b.min_y) + 1ull};
}

struct label_cell_range label_cell_parents(struct label_plan *plan,
                                           const struct label_cell *cell)
{
    const struct tile_map *map = plan->map;
    if (cell->zoom == 0)
        return (struct label_cell_range){1, 1, 0, 0};
    if (map->is_web_mercator)
        return (struct label_cell_range){cell->x / 2, cell->y / 2, cell->x / 2,
                                         cell->y / 2};
    /* both matrices lie in one plane: from pixel to pixel nothing is projected */
    const struct grid_matrix *m = tile_grid_matrix(map->grid, cell->zoom);
    const struct grid_matrix *p = tile_grid_matrix(map->grid, cell->zoom - 1);
    struct label_window w = window_of_cell(cell);
    double grows = m->cell_size / p->cell_size;
    double dx = (m->origin[0] - p->origin[0]) / p->cell_size;
    double dy = (p->origin[1] - m->origin[1]) / p->cell_size;
    return cells_within(
        &plan->levels[cell->zoom - 1],
        (struct label_window){w.min_x * grows + dx - 1, w.min_y * grows + dy - 1,
                              w.max_x * grows + dx + 1, w.max_y * grows + dy + 1});
}

/* ---- markers under a text ---- */

enum { MAX_MARKERS = 1000 }; /* looked at under one text */

struct marker_probe {
    struct label_plan *plan;
    uint32_t zoom;
    const struct map_style *ms;
    struct map_clusters clusters;
    struct label_window box;
    uint32_t n;
};

static bool misses_circle(struct marker_probe *probe, double world_x, double world_y)
{
    struct style_eval *at = &probe->plan->marker_at;
    const struct style_layer *style = probe->ms->style;
    double r = style_number(style, CIRCLE_RADIUS, at) +
               style_number(style, CIRCLE_STROKE_WIDTH, at);
    double px[2];

    return !map_pixel_of(probe->plan->map, probe->zoom, world_x, world_y, px) ||
           !label_windows_meet(probe->box, (struct label_window){px[0] - r, px[1] - r,
                                                                 px[0] + r, px[1] + r});
}

static bool misses_cluster(struct marker_probe *probe, uint32_t i)
{
    const struct clusters *clusters = probe->clusters.clusters;
    const uint32_t *xy = cluster_at(clusters, i)->xy;

    style_eval_cluster(&probe->plan->marker_at, probe->ms->layer->layer, clusters, i);
    return !style_matches(probe->ms->style, &probe->plan->marker_at) ||
           misses_circle(probe, xy[0], xy[1]);
}

static bool misses_marker(void *ctx, uint32_t feature)
{
    struct marker_probe *probe = ctx;
    struct label_plan *plan = probe->plan;
    const struct map_style *ms = probe->ms;
    struct geom geom;

    if (probe->n++ == MAX_MARKERS)
        return false;
    if (feature & CLUSTER_BIT)
        return misses_cluster(probe, feature & ~CLUSTER_BIT);
    geom = atlas_geom(ms->layer->layer, feature);
    style_eval_feature(&plan->marker_at, ms->layer->layer, feature, geom.kind);
    if (geom.kind != GEOM_POINT || !map_shows(plan->map, ms->layer->layer, feature) ||
        !style_matches(ms->style, &plan->marker_at))
        return true;
    for (uint32_t i = 0; i < geom.n_points; i++)
        if (!misses_circle(probe, world_x(geom.lonlat[2 * i]),
                           world_y(geom.lonlat[2 * i + 1])))
            return false;
    return true;
}

bool label_covers_marker(struct label_plan *plan,
                         uint32_t zoom,
                         struct label_window box)
{
    plan->marker_at.zoom = plan->at.zoom;
    for (uint32_t i = 0; i < plan->map->n_styles; i++) {
        const struct map_style *ms = &plan->map->styles[i];
        struct marker_probe probe = {plan, zoom, ms, {NULL, 0}, box, 0};

        if (ms->style->type != STYLE_CIRCLE ||
            !style_layer_visible(ms->style, plan->at.zoom))
            continue;
        double r = style_number_bound(ms->style, CIRCLE_RADIUS) +
                   style_number_bound(ms->style, CIRCLE_STROKE_WIDTH);
        struct bbox window =
            map_pixel_window(plan->map, zoom, box.min_x - r, box.min_y - r,
                             box.max_x + r, box.max_y + r);
        /* without memory the plan ends where it places the layer's own names */
        if (map_clusters(plan->map, ms->layer, plan->at.zoom, &probe.clusters) &&
            !map_window(ms->layer, probe.clusters, window, misses_marker, &probe))
            return true;
    }
    return false;
}

/* ---- one entry ---- */

struct listing {
    struct label_plan *plan;
    const struct label_level *level;
    struct label_cell *cell;
    uint32_t style;
    const struct map_style *ms;
    struct label_window window; /* of the cell or of one part */
    uint32_t n_kept;            /* the first ones of plan->list */
    uint32_t n_tries;
    uint32_t n_found;
    uint64_t n_looked;
    bool is_free;
    bool only_points; /* the style is for lines: the rest of a mixed layer */
    enum im_code rc;
};

static struct label_extent extent_from(struct label_box b)
{
    return (struct label_extent){(float)b.min_x, (float)b.min_y, (float)b.max_x,
                                 (float)b.max_y};
}

/* What the label takes in all, with its point. */
static void widen_box(struct label *label, struct label_extent by)
{
    label->min_x = fminf(label->min_x, by.min_x);
    label->min_y = fminf(label->min_y, by.min_y);
    label->max_x = fmaxf(label->max_x, by.max_x);
    label->max_y = fmaxf(label->max_y, by.max_y);
}

static void clear_box(struct label *label)
{
    label->min_x = label->min_y = label->max_x = label->max_y = 0;
}

void label_take_option(struct label *label,
                       const struct entry_option *option,
                       unsigned all_parts)
{
    label->anchor = option->anchor;
    label->parts = option->parts;
    label->missing = (uint8_t)(all_parts & ~(unsigned)option->parts);
    label->free = option->free;
    label->blocks = option->blocks;
    clear_box(label);
    for (uint32_t i = 0; i < LABEL_N_PARTS; i++) {
        label->boxes[i] = option->boxes[i];
        widen_box(label, option->boxes[i]);
    }
}

static bool within_reach(const struct label_level *level, const struct label *label)
{
    return (double)label->min_x >= -level->reach_x &&
           (double)label->max_x <= level->reach_x &&
           (double)label->min_y >= -level->reach_y &&
           (double)label->max_y <= level->reach_y;
}

/* What the style wants for this feature, at the zoom of plan->at; false: nothing. */
static enum im_code
spec_at(struct listing *l, struct label_spec *spec, double size_px[2], bool *wanted)
{
    struct label_plan *plan = l->plan;

    size_px[0] = size_px[1] = 0;
    *wanted = style_matches(l->ms->style, &plan->at) &&
              label_spec_eval(l->ms->style, plan->map->sprites, &plan->at, spec);
    if (!*wanted || !(spec->parts & LABEL_TEXT))
        return IM_OK;
    enum im_code rc = label_measure(plan->sizes, plan->fonts, spec, size_px, plan->err);
    if (rc == IM_OK && !(size_px[0] > 0))
        spec->parts &= ~(unsigned)LABEL_TEXT; /* the fonts have none of it */
    *wanted = spec->parts != 0;
    return rc;
}

/* The same at the cell's zoom into plan->spec. */
static enum im_code
measure(struct listing *l, uint32_t feature, double size_px[2], bool *wanted)
{
    const struct atlas_layer *layer = l->ms->layer->layer;

    style_eval_feature(&l->plan->at, layer, feature, atlas_geom(layer, feature).kind);
    return spec_at(l, &l->plan->spec, size_px, wanted);
}

/* The same for the next zooms into plan->ahead; the feature is that of plan->at. */
static enum im_code measure_ahead(struct listing *l)
{
    struct label_plan *plan = l->plan;
    double zoom = plan->at.zoom;
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < LABEL_ZOOMS_AHEAD && rc == IM_OK; i++) {
        struct label_ahead *ahead = &plan->ahead[i];
        uint32_t z = l->cell->zoom + 1 + i;

        ahead->is_wanted = z < tile_grid_depth(plan->map->grid);
        if (ahead->is_wanted)
            plan->at.zoom = map_style_zoom(plan->map, z);
        if (ahead->is_wanted && style_layer_visible(l->ms->style, plan->at.zoom))
            rc = spec_at(l, &ahead->spec, ahead->size_px, &ahead->is_wanted);
        else
            ahead->is_wanted = false;
    }
    plan->at.zoom = zoom;
    return rc;
}

/* Names along lines are turned with them unless the style says "viewport". */
static bool
turns(const struct map_style *ms, const struct label_spec *spec, struct style_eval *at)
{
    enum style_property property =
        spec->parts & LABEL_TEXT ? TEXT_ROTATION_ALIGNMENT : ICON_ROTATION_ALIGNMENT;
    unsigned alignment = style_choice(ms->style, property, at);

    return alignment == ALIGN_AUTO || alignment == ALIGN_MAP;
}

static uint8_t blocking(const struct label_spec *spec, unsigned parts)
{
    return (uint8_t)(parts & ((spec->text_ignores ? 0u : LABEL_TEXT) |
                              (spec->icon_ignores ? 0u : LABEL_ICON)));
}

/* Half a side of the squares around the letters. */
static double half_of(const struct label_spec *spec, const double size_px[2])
{
    double half = 0;

    if (spec->parts & LABEL_TEXT)
        half = size_px[1] / 2 + spec->padding_px;
    if (spec->parts & LABEL_ICON)
        half = fmax(half, spec->icon_size_px[1] / 2 + spec->icon_padding_px[0]);
    return half;
}

struct square_list {
    double half;
    uint32_t n;
    float xy[2 * (1 + LABEL_ZOOMS_AHEAD) * LABEL_MAX_SQUARES];
};

static void add_square(struct square_list *list, double x, double y)
{
    list->xy[2 * list->n] = (float)x;
    list->xy[2 * list->n++ + 1] = (float)y;
}

static bool
holds_square(const struct square_list *list, double x, double y, double half)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (fabs(x - (double)list->xy[2 * i]) + half <= list->half &&
            fabs(y - (double)list->xy[2 * i + 1]) + half <= list->half)
            return true;
    return false;
}

/* Squares around the letters, as far apart as half their side. `shrink` is from the
 * pixels of `along` to those of the list, which takes what it does not hold. */
static void add_squares(struct square_list *list,
                        const struct label_along *along,
                        double half,
                        double shrink)
{
    double length = fmax(0, 2 * along->half_px - half);
    uint32_t n = (uint32_t)fmin(LABEL_MAX_SQUARES, ceil(length / fmax(half, 1)) + 1);

    for (uint32_t i = 0; i < n; i++) {
        double s = n > 1 ? length * i / (n - 1) - length / 2 : 0;
        double x;
        double y;
        double angle;

        label_along_at(along, s, &x, &y, &angle);
        if (shrink == 1 || !holds_square(list, x * shrink, y * shrink, half * shrink))
            add_square(list, x * shrink, y * shrink);
    }
}

/* Vertices and boxes that are looked at for one foot, about. */
static uint32_t foot_cost(const struct atlas_shape *shape,
                          const struct line_chunks *chunks)
{
    return chunks ? chunks->n + 4 * chunks->each : shape->n_points;
}

/* Where the letters will stand at the next zooms, whose finer line may bend otherwise.
 * Kept free too, so nobody comes in their way; plan->ahead says what will be written.
 */
static void add_squares_ahead(struct listing *l,
                              const struct label *label,
                              struct square_list *list)
{
    struct label_plan *plan = l->plan;

    for (uint32_t i = 0; i < LABEL_ZOOMS_AHEAD; i++) {
        const struct label_ahead *ahead = &plan->ahead[i];
        uint32_t z = l->cell->zoom + 1 + i;
        double scale[4];

        if (!ahead->is_wanted ||
            !label_scale_at(plan->map, z, label->world_x, label->world_y, scale))
            continue;
        struct atlas_shape shape = atlas_shape(l->ms->layer->layer, label->feature,
                                               map_detail_zoom(plan->map, z));
        const struct line_chunks *chunks = line_chunks_of(&plan->chunks, &shape);

        l->n_looked += foot_cost(&shape, chunks);
        if (label_along_make(&ahead->spec, &shape, chunks, scale, label->world_x,
                             label->world_y, ahead->size_px, &plan->along))
            add_squares(list, &plan->along, half_of(&ahead->spec, ahead->size_px),
                        l->level->px_per_unit / plan->levels[z].px_per_unit);
    }
}

/* From plan->along, which is gone afterwards. */
static bool set_squares(struct listing *l, const double size_px[2], struct label *label)
{
    const struct label_spec *spec = &l->plan->spec;
    struct square_list list = {.half = half_of(spec, size_px), .n = 0};
    float half = (float)list.half;

    add_squares(&list, &l->plan->along, list.half, 1);
    label->n_squares = (uint16_t)list.n;
    add_squares_ahead(l, label, &list);
    label->n_kept_free = (uint16_t)list.n;
    float *kept = im_arena_alloc(l->plan->arena, list.n * 2 * sizeof *kept);
    if (!kept)
        return false;
    memcpy(kept, list.xy, list.n * 2 * sizeof *kept);
    label->squares = kept;
    label->half_px = half;
    label->parts = (uint8_t)spec->parts;
    clear_box(label);
    for (uint32_t i = 0; i < list.n; i++)
        widen_box(label,
                  (struct label_extent){kept[2 * i] - half, kept[2 * i + 1] - half,
                                        kept[2 * i] + half, kept[2 * i + 1] + half});
    label->free = (uint8_t)(spec->parts & ((spec->text_is_free ? LABEL_TEXT : 0u) |
                                           (spec->icon_is_free ? LABEL_ICON : 0u)));
    label->blocks = blocking(spec, spec->parts);
    return true;
}

static enum im_code add_entry(struct listing *l, const struct label_entry *entry)
{
    struct label_plan *plan = l->plan;

    if (plan->n_list == plan->cap_list) {
        uint32_t cap = plan->cap_list ? plan->cap_list * 2 : 64;
        struct label_entry *list = realloc(plan->list, cap * sizeof *list);

        if (!list)
            return im_fail(plan->err, IM_ENOMEM, "label plan");
        plan->list = list;
        plan->cap_list = cap;
    }
    plan->list[plan->n_list++] = *entry;
    return IM_OK;
}

/* The options that are small enough; the box of the entry holds them all. False: none.
 */
static bool set_options(struct listing *l,
                        const double size_px[2],
                        unsigned parts,
                        struct label_entry *entry)
{
    struct label_option options[LABEL_MAX_OPTIONS];
    struct entry_option small[LABEL_MAX_OPTIONS];
    uint32_t n = label_spec_options(&l->plan->spec, size_px[0], size_px[1], options);
    struct label all = entry->label;
    uint32_t n_small = 0;

    clear_box(&all);
    for (uint32_t i = 0; i < n; i++) {
        struct entry_option o = {.anchor = options[i].anchor,
                                 .parts = options[i].parts,
                                 .free = options[i].free,
                                 .blocks = blocking(&l->plan->spec, options[i].parts),
                                 .text = extent_from(options[i].text),
                                 .boxes = {extent_from(options[i].boxes[0]),
                                           extent_from(options[i].boxes[1])}};
        struct label probe = entry->label;

        label_take_option(&probe, &o, o.parts);
        if (!within_reach(l->level, &probe) || (parts && o.parts != parts))
            continue;
        widen_box(&all, o.boxes[0]);
        widen_box(&all, o.boxes[1]);
        small[n_small++] = o;
    }
    struct entry_option *kept =
        im_arena_alloc(l->plan->arena, (n_small + 1) * sizeof *kept);
    if (!kept) {
        l->rc = im_fail(l->plan->err, IM_ENOMEM, "label plan");
        return false;
    }
    memcpy(kept, small, n_small * sizeof *kept);
    entry->options = kept;
    entry->n_options = n_small;
    entry->label = all;
    return n_small > 0;
}

/* ---- kept ---- */

/* By more than the ground under it, and the labels on it, have moved apart. */
static bool
has_grown(const struct label *now, const struct label *before, double growth)
{
    float g = (float)growth;

    for (uint32_t i = 0; i < LABEL_N_PARTS; i++) {
        const struct label_extent *a = &now->boxes[i];
        const struct label_extent *b = &before->boxes[i];

        if (a->min_x < g * b->min_x || a->min_y < g * b->min_y ||
            a->max_x > g * b->max_x || a->max_y > g * b->max_y)
            return true;
    }
    return false;
}

static bool
keep_on_line(struct listing *l, const double size_px[2], struct label_entry *entry)
{
    const struct label_level *level = l->level;
    struct label_plan *plan = l->plan;
    double scale[4];
    struct atlas_shape shape = atlas_shape(l->ms->layer->layer, entry->label.feature,
                                           map_detail_zoom(plan->map, l->cell->zoom));

    /* after the next zoom it may be laid a little otherwise: looked at again */
    entry->has_grown = true;
    if (!label_scale_at(plan->map, l->cell->zoom, entry->label.world_x,
                        entry->label.world_y, scale) ||
        !label_along_make(&plan->spec, &shape, line_chunks_of(&plan->chunks, &shape),
                          scale, entry->label.world_x, entry->label.world_y, size_px,
                          &plan->along))
        return false;
    l->rc = measure_ahead(l);
    if (l->rc == IM_OK && !set_squares(l, size_px, &entry->label))
        l->rc = im_fail(plan->err, IM_ENOMEM, "label plan");
    return l->rc == IM_OK && within_reach(level, &entry->label);
}

static bool
keep_at_point(struct listing *l, const double size_px[2], struct label_entry *entry)
{
    uint8_t anchor = entry->label.anchor;
    uint8_t parts = entry->label.parts;
    const struct entry_option *same = NULL;

    if (!set_options(l, size_px, 0, entry))
        return false;
    for (uint32_t i = 0; i < entry->n_options; i++) {
        const struct entry_option *o = &entry->options[i];

        if (o->parts == parts && (o->anchor == anchor || !same))
            same = o->anchor == anchor || !same ? o : same;
        if (same && same->anchor == anchor)
            break;
    }
    if (!same)
        return false;
    label_take_option(&entry->label, same, l->plan->spec.parts);
    return true;
}

/* A label that lacks its text or its icon asks for it again at each zoom. */
static enum im_code ask_for_rest(struct listing *l,
                                 const double size_px[2],
                                 const struct label_entry *kept,
                                 uint32_t kept_at)
{
    struct label_entry entry = *kept;

    entry.state = ENTRY_WAITING;
    entry.label.missing = 0;
    /* its place in the list for now: addresses come when the list is copied */
    entry.upgrades = (struct label_entry *)(uintptr_t)(kept_at + 1);
    if (!set_options(l, size_px, l->plan->spec.parts, &entry))
        return l->rc;
    return add_entry(l, &entry);
}

static bool stands_in(const struct label *label, struct label_window w)
{
    return label->x >= w.min_x && label->x < w.max_x && label->y >= w.min_y &&
           label->y < w.max_y;
}

/* Its pixels from its world units; false: not in this cell, or nowhere. */
static bool move_to(const struct listing *l, struct label *label, struct label_window w)
{
    double px[2];

    if (!map_pixel_of(l->plan->map, l->cell->zoom, label->world_x, label->world_y, px))
        return false;
    label->x = px[0];
    label->y = px[1];
    return stands_in(label, w);
}

static enum im_code keep(struct listing *l, const struct label_entry *before)
{
    struct label_entry entry = *before;
    double size_px[2];
    bool wanted;
    enum im_code rc;

    l->style = before->label.style;
    l->ms = &l->plan->map->styles[l->style];
    if (!style_layer_visible(l->ms->style, l->plan->at.zoom) ||
        !move_to(l, &entry.label, l->window))
        return IM_OK;
    rc = measure(l, before->label.feature, size_px, &wanted);
    if (rc != IM_OK || !wanted)
        return rc;
    entry.state = ENTRY_KEPT;
    entry.options = NULL;
    entry.n_options = 0;
    entry.upgrades = NULL;
    entry.has_grown = false;
    if (!(before->label.n_squares ? keep_on_line(l, size_px, &entry)
                                  : keep_at_point(l, size_px, &entry)))
        return l->rc;
    entry.options = NULL;
    entry.n_options = 0;
    if (!entry.label.n_squares)
        entry.has_grown = has_grown(&entry.label, &before->label, l->level->growth);
    return add_entry(l, &entry);
}

static enum im_code add_rests(struct listing *l)
{
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < l->n_kept && rc == IM_OK; i++) {
        const struct label_entry kept = l->plan->list[i];
        double size_px[2];
        bool wanted;

        if (!kept.label.missing)
            continue;
        l->style = kept.label.style;
        l->ms = &l->plan->map->styles[l->style];
        rc = measure(l, kept.label.feature, size_px, &wanted);
        if (rc == IM_OK && wanted)
            rc = ask_for_rest(l, size_px, &kept, i);
    }
    return rc;
}

static bool is_shown(enum entry_state state)
{
    return state == ENTRY_KEPT || state == ENTRY_SHOWN;
}

static enum im_code keep_all(struct listing *l)
{
    struct label_plan *plan = l->plan;
    struct label_cell_range range = label_cell_parents(plan, l->cell);
    enum im_code rc = IM_OK;

    for (uint32_t y = range.y0; y <= range.y1; y++)
        for (uint32_t x = range.x0; x <= range.x1; x++) {
            const struct label_cell *parent =
                label_cell_get(plan, l->cell->zoom - 1, x, y);

            if (!parent)
                return im_fail(plan->err, IM_ENOMEM, "label plan");
            for (uint32_t i = 0; i < parent->n && rc == IM_OK; i++)
                if (is_shown(parent->entries[i].state))
                    rc = keep(l, &parent->entries[i]);
        }
    l->n_kept = plan->n_list;
    return rc == IM_OK ? add_rests(l) : rc;
}

static bool is_kept(const struct listing *l, const struct label *label)
{
    for (uint32_t i = 0; i < l->n_kept; i++) {
        const struct label *k = &l->plan->list[i].label;

        if (k->feature == label->feature && k->style == label->style &&
            k->part == label->part && k->along == label->along)
            return true;
    }
    return false;
}

static bool holds(const struct label *l, struct label_extent b, double x, double y)
{
    return x > l->x + (double)b.min_x && x < l->x + (double)b.max_x &&
           y > l->y + (double)b.min_y && y < l->y + (double)b.max_y;
}

/* Each part of a label holds its point: under a kept one there is no place. */
static bool is_covered(const struct listing *l, double x, double y)
{
    for (uint32_t i = 0; i < l->n_kept; i++) {
        const struct label *k = &l->plan->list[i].label;

        for (uint32_t p = 0; p < LABEL_N_PARTS && !k->n_squares; p++)
            if ((k->blocks >> p & 1) && holds(k, k->boxes[p], x, y))
                return true;
    }
    return false;
}

/* ---- candidates at points ---- */

/* The cell stays new then, and whoever asks next lists it from the start. */
static bool is_late(struct listing *l, uint32_t steps)
{
    if (l->rc == IM_OK && label_plan_is_late(l->plan, steps))
        l->rc = tile_late_fail(l->plan->err);
    return l->rc != IM_OK;
}

static bool list_point(void *ctx, uint32_t feature, struct label_rank rank)
{
    struct listing *l = ctx;
    struct label_entry entry = {.state = ENTRY_WAITING,
                                .label = {.style = l->style,
                                          .feature = feature,
                                          .rank = rank,
                                          .first_zoom = (uint8_t)l->cell->zoom}};
    double size_px[2];
    bool wanted;
    uint32_t x;
    uint32_t y;

    if (is_late(l, LIST_STEPS))
        return false;
    if (l->only_points && atlas_geom(l->ms->layer->layer, feature).kind != GEOM_POINT)
        return true;
    if (!map_label_point(l->ms->layer, feature, &x, &y))
        return true;
    entry.label.world_x = x;
    entry.label.world_y = y;
    if (!move_to(l, &entry.label, l->window) || is_kept(l, &entry.label))
        return true;
    if (l->n_tries++ == PART_TRIES)
        return false;
    if (!l->is_free && is_covered(l, entry.label.x, entry.label.y))
        return true;
    l->rc = measure(l, feature, size_px, &wanted);
    if (l->rc != IM_OK)
        return false;
    if (!wanted || !set_options(l, size_px, 0, &entry))
        return l->rc == IM_OK;
    l->rc = add_entry(l, &entry);
    return l->rc == IM_OK &&
           ++l->n_found < (uint32_t)(l->is_free ? PART_FREE : PART_CANDIDATES);
}

/* ---- candidates along lines ---- */

struct line_listing {
    struct listing *l;
    uint32_t feature;
    double size_px[2];
    struct atlas_shape shape; /* of this zoom */
    double scale[4];          /* around the place */
    bool turns;
    struct label_rank rank;
};

static bool lay_at(struct line_listing *line, double world_x, double world_y)
{
    struct label_plan *plan = line->l->plan;

    const struct line_chunks *chunks = line_chunks_of(&plan->chunks, &line->shape);

    line->l->n_looked += foot_cost(&line->shape, chunks);
    return label_along_make(&plan->spec, &line->shape, chunks, line->scale, world_x,
                            world_y, line->size_px, &plan->along);
}

/* World units from pixels around a position. */
static bool
invert(const double scale[4], const double px[2], double *world_x, double *world_y)
{
    double d = scale[0] * scale[3] - scale[1] * scale[2];

    if (!(fabs(d) > 0))
        return false;
    *world_x += (px[0] * scale[3] - px[1] * scale[1]) / d;
    *world_y += (px[1] * scale[0] - px[0] * scale[2]) / d;
    return true;
}

/* The first calm stretch near the place; the place itself is tried first. */
static bool lay(struct line_listing *line, struct label *label)
{
    static const int steps[] = {0, 1, -1, 2, -2, 3, -3};
    struct label_plan *plan = line->l->plan;
    double x0 = label->world_x;
    double y0 = label->world_y;

    if (!label_scale_at(plan->map, line->l->cell->zoom, x0, y0, line->scale) ||
        !lay_at(line, x0, y0))
        return false;
    if (label_along_is_calm(&plan->along, &plan->spec))
        return true;
    plan->path = plan->along.path;
    for (size_t i = 1; i < sizeof steps / sizeof *steps; i++) {
        double shift = steps[i] * (LABEL_MAX_SHIFT_PX / 3.0);
        double at = plan->path.middle + shift / plan->path.step_px;
        double px[2];
        double angle;

        if (!(at >= 0 && at <= plan->path.n - 1))
            continue; /* beyond what is known of the line around the place */
        label_path_at(&plan->path, shift, &px[0], &px[1], &angle);
        label->world_x = x0;
        label->world_y = y0;
        if (invert(line->scale, px, &label->world_x, &label->world_y) &&
            lay_at(line, label->world_x, label->world_y) &&
            label_along_is_calm(&plan->along, &plan->spec))
            return true;
    }
    return false;
}

static struct label_window widened(struct label_window w, double by)
{
    return (struct label_window){w.min_x - by, w.min_y - by, w.max_x + by,
                                 w.max_y + by};
}

static bool list_place(void *ctx, uint32_t part, uint32_t along, double x, double y)
{
    struct line_listing *line = ctx;
    struct listing *l = line->l;
    struct label_entry entry = {.state = ENTRY_WAITING,
                                .label = {.style = l->style,
                                          .feature = line->feature,
                                          .part = part,
                                          .along = along,
                                          .world_x = x,
                                          .world_y = y,
                                          .on_line = true,
                                          .rank = line->rank,
                                          .first_zoom = (uint8_t)l->cell->zoom}};

    if (is_late(l, LIST_STEPS) || l->n_looked > CELL_VERTICES)
        return false;
    if (!move_to(l, &entry.label,
                 widened(l->window, line->turns ? LABEL_MAX_SHIFT_PX : 0)) ||
        is_kept(l, &entry.label))
        return true;
    if (line->turns) {
        if (is_late(l, foot_cost(&line->shape,
                                 line_chunks_of(&l->plan->chunks, &line->shape))))
            return false;
        if (!lay(line, &entry.label) || !move_to(l, &entry.label, l->window))
            return true;
        if (!set_squares(l, line->size_px, &entry.label)) {
            l->rc = im_fail(l->plan->err, IM_ENOMEM, "label plan");
            return false;
        }
        if (!within_reach(l->level, &entry.label))
            return true;
    } else if (!set_options(l, line->size_px, 0, &entry)) {
        return l->rc == IM_OK;
    }
    l->rc = add_entry(l, &entry);
    return l->rc == IM_OK && ++l->n_found < CELL_LINES;
}

static bool list_line(void *ctx, uint32_t feature)
{
    struct listing *l = ctx;
    struct label_plan *plan = l->plan;
    const struct atlas_layer *layer = l->ms->layer->layer;
    struct line_listing line = {.l = l, .feature = feature};
    double px = l->level->px_per_unit;
    bool wanted;
    struct bbox b = atlas_bbox(layer, feature);

    if (is_late(l, LIST_STEPS))
        return false;
    if (atlas_geom(layer, feature).kind == GEOM_POINT ||
        !map_shows(plan->map, layer, feature))
        return true;
    double around = ((double)world_x(b.max_x) - world_x(b.min_x) +
                     (double)world_y(b.min_y) - world_y(b.max_y)) *
                    px;
    if (!(around > 8)) /* far too small for any name, at low zooms nearly all are */
        return true;
    l->rc = measure(l, feature, line.size_px, &wanted);
    if (l->rc != IM_OK || !wanted)
        return l->rc == IM_OK;
    line.turns = turns(l->ms, &plan->spec, &plan->at);
    double length = line.turns ? fmax(line.size_px[0], plan->spec.icon_size_px[0]) : 0;
    if (around < length)
        return true;
    line.rank = label_rank_of(l->ms, feature, &plan->at);
    l->rc = line.turns ? measure_ahead(l) : IM_OK;
    if (l->rc != IM_OK)
        return false;
    line.shape = atlas_shape(layer, feature, map_detail_zoom(plan->map, l->cell->zoom));
    /* the finest shape, so that places are the same at all zooms */
    struct atlas_shape finest = atlas_shape(layer, feature, TILE_MAX_ZOOM);
    /* it may be moved into the cell from a little beside */
    struct label_span span =
        span_of(plan->map, l->cell->zoom, widened(l->window, LABEL_MAX_SHIFT_PX + 1));
    struct label_near near = {(double)span.min_x - 1, (double)span.min_y - 1,
                              (double)span.max_x + 1, (double)span.max_y + 1};
    bool is_known =
        plan->map->is_web_mercator; /* others may see a cell in two places */
    label_places(&finest, line_chunks_of(&plan->chunks, &finest),
                 is_known ? &near : NULL, length / px, plan->spec.spacing_px / px,
                 plan->spec.placement == PLACEMENT_LINE_CENTER, list_place, &line);
    return l->rc == IM_OK && l->n_found < CELL_LINES && l->n_looked <= CELL_VERTICES;
}

/* ---- all candidates of a cell ---- */

static void
set_part(struct listing *l, struct label_window cell, uint32_t part, double side)
{
    l->window.min_x = cell.min_x + (part % LABEL_PARTS) * side;
    l->window.min_y = cell.min_y + (part / LABEL_PARTS) * side;
    l->window.max_x = l->window.min_x + side;
    l->window.max_y = l->window.min_y + side;
    l->n_tries = 0;
    l->n_found = 0;
}

/* Points that stand alone at a zoom with clusters. */
struct single {
    uint32_t feature;
    struct label_rank rank;
};
struct singles {
    struct listing *l;
    struct single *items;
    uint32_t n;
    uint32_t cap;
};

static bool add_single(void *ctx, uint32_t feature)
{
    struct singles *s = ctx;
    struct style_eval *at = &s->l->plan->at;
    const struct map_style *ms = s->l->ms;

    if ((feature & CLUSTER_BIT) ||
        !map_shows(s->l->plan->map, ms->layer->layer, feature))
        return true;
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 64;
        struct single *items = realloc(s->items, cap * sizeof *items);

        if (!items) {
            s->l->rc = im_fail(s->l->plan->err, IM_ENOMEM, "label plan");
            return false;
        }
        s->items = items;
        s->cap = cap;
    }
    style_eval_feature(at, ms->layer->layer, feature, GEOM_POINT);
    s->items[s->n++] = (struct single){feature, label_rank_of(ms, feature, at)};
    return true;
}

static int by_rank(const void *a, const void *b)
{
    const struct single *p = a;
    const struct single *q = b;
    int c = label_rank_compare(p->rank, q->rank);

    return c ? c : (p->feature > q->feature) - (p->feature < q->feature);
}

/* At low zooms nearly all points are in clusters: the tree of all names would be
 * searched in vain. */
static enum im_code list_singles(struct listing *l, struct map_clusters clusters)
{
    struct singles s = {.l = l};
    struct label_window w = l->window;
    double side = (double)LABEL_CELL_PX / LABEL_PARTS;

    map_window(l->ms->layer, clusters,
               map_pixel_window(l->plan->map, l->cell->zoom, w.min_x, w.min_y, w.max_x,
                                w.max_y),
               add_single, &s);
    if (s.n > 1)
        qsort(s.items, s.n, sizeof *s.items, by_rank);
    for (uint32_t part = 0; part < LABEL_PARTS * LABEL_PARTS; part++) {
        set_part(l, w, part, side);
        for (uint32_t i = 0; i < s.n && l->rc == IM_OK; i++)
            if (!list_point(l, s.items[i].feature, s.items[i].rank))
                break;
    }
    l->window = w;
    free(s.items);
    return l->rc;
}

/* May its point lie in the span? Areas are wider than a part, so most of those whose
 * box meets it stand elsewhere: the point is looked for once a cell and feature, not
 * once a part. */
static bool
may_stand_in(struct listing *l, struct label_found *found, struct label_span part)
{
    enum { ROUNDED = 2 }; /* world units, in grids that are projected */

    if (!found->is_placed) {
        if (!label_index_meets(l->plan->indexes[l->style], found->item, part) ||
            is_late(l, LIST_STEPS))
            return false;
        if (l->only_points) /* list_point leaves most of them out */
            return true;
        found->is_placed =
            map_label_point(l->ms->layer, found->feature, &found->x, &found->y);
        if (!found->is_placed)
            return false;
    }
    return found->x + (uint64_t)ROUNDED >= part.min_x &&
           found->x <= part.max_x + ROUNDED &&
           found->y + (uint64_t)ROUNDED >= part.min_y &&
           found->y <= part.max_y + ROUNDED;
}

/* The candidates of one part among those of the cell, in their order. */
static void list_found(struct listing *l, struct label_found *found, uint32_t n)
{
    struct label_span part = span_of(l->plan->map, l->cell->zoom, l->window);

    for (uint32_t i = 0; i < n && l->rc == IM_OK; i++)
        if (may_stand_in(l, &found[i], part) &&
            !list_point(l, found[i].feature, found[i].rank))
            break;
}

/* In most cells there are few: they are found and sorted once. Where there are more the
 * tree is searched for the best of each part. */
static enum im_code list_points(struct listing *l)
{
    struct label_plan *plan = l->plan;
    const struct label_index *index = plan->indexes[l->style];
    struct label_window cell = l->window;
    double side = (double)LABEL_CELL_PX / LABEL_PARTS;
    struct label_found found[CELL_FEW];
    uint32_t n;
    bool are_few = label_index_few(index, span_of(plan->map, l->cell->zoom, cell),
                                   CELL_FEW, found, &n);
    enum im_code rc = IM_OK;

    if (are_few && n == 0)
        return IM_OK;
    for (uint32_t i = 0; i < LABEL_PARTS * LABEL_PARTS && rc == IM_OK; i++) {
        set_part(l, cell, i, side);
        if (are_few)
            list_found(l, found, n);
        else
            rc = label_index_best(index, span_of(plan->map, l->cell->zoom, l->window),
                                  &plan->heap, list_point, l, plan->err);
        if (rc == IM_OK)
            rc = l->rc;
    }
    l->window = cell;
    return rc;
}

static enum im_code list_lines(struct listing *l)
{
    const struct tile_map *map = l->plan->map;
    struct label_window w = widened(l->window, LABEL_MAX_SHIFT_PX);
    double end = (double)(1ull << (l->cell->zoom + 8));

    if (map->is_web_mercator)
        w = (struct label_window){fmax(w.min_x, 0), fmax(w.min_y, 0),
                                  fmin(w.max_x, end), fmin(w.max_y, end)};
    l->n_found = 0;
    l->n_looked = 0;
    atlas_window(
        l->ms->layer->layer,
        map_pixel_window(map, l->cell->zoom, w.min_x, w.min_y, w.max_x, w.max_y),
        list_line, l);
    return l->rc;
}

/* Placement may depend on the zoom but not on the feature. */
static bool is_on_line(const struct map_style *ms, struct style_eval *at)
{
    style_eval_feature(at, NULL, 0, GEOM_EMPTY);
    return atlas_layer_schema(ms->layer->layer)->geometry != SCHEMA_POINT &&
           style_choice(ms->style, SYMBOL_PLACEMENT, at) != PLACEMENT_POINT;
}

static bool is_free_style(const struct style_layer *style, struct style_eval *at)
{
    style_eval_feature(at, NULL, 0, GEOM_EMPTY);
    bool text = style_has(style, TEXT_OVERLAP)
                    ? style_choice(style, TEXT_OVERLAP, at) != OVERLAP_NEVER
                    : style_flag(style, TEXT_ALLOW_OVERLAP, at);
    bool icon = style_has(style, ICON_OVERLAP)
                    ? style_choice(style, ICON_OVERLAP, at) != OVERLAP_NEVER
                    : style_flag(style, ICON_ALLOW_OVERLAP, at);

    return (style_has(style, TEXT_FIELD) && text) ||
           (style_has(style, ICON_IMAGE) && icon);
}

static enum im_code list_style(struct listing *l, uint32_t style)
{
    struct label_plan *plan = l->plan;
    const struct map_style *ms = &plan->map->styles[style];
    struct map_clusters clusters;
    enum im_code rc = IM_OK;

    l->style = style;
    l->ms = ms;
    l->only_points = is_on_line(ms, &plan->at);
    if (l->only_points) {
        rc = list_lines(l);
        if (rc != IM_OK ||
            atlas_layer_schema(ms->layer->layer)->geometry != SCHEMA_MIXED)
            return rc;
    }
    l->is_free = is_free_style(ms->style, &plan->at);
    if (!map_clusters(plan->map, ms->layer, plan->at.zoom, &clusters))
        return im_fail(plan->err, IM_ENOMEM, "clusters of a layer");
    if (clusters.clusters)
        return list_singles(l, clusters);
    if (!plan->indexes[style])
        rc = label_index_new(plan->map, style, &plan->late, &plan->indexes[style],
                             plan->err);
    return rc == IM_OK ? list_points(l) : rc;
}

static enum im_code finish_list(struct label_plan *plan, struct label_cell *cell)
{
    uint32_t n = plan->n_list;

    cell->entries = NULL;
    if (n > 0) {
        cell->entries = im_arena_alloc(plan->arena, n * sizeof *cell->entries);
        if (!cell->entries)
            return im_fail(plan->err, IM_ENOMEM, "label plan");
        memcpy(cell->entries, plan->list, n * sizeof *cell->entries);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct label_entry *e = &cell->entries[i];

        if (e->upgrades)
            e->upgrades = &cell->entries[(uintptr_t)e->upgrades - 1];
    }
    cell->n = n;
    cell->state = CELL_LISTED;
    return IM_OK;
}

enum im_code label_cell_list(struct label_plan *plan, struct label_cell *cell)
{
    struct listing l = {.plan = plan,
                        .level = &plan->levels[cell->zoom],
                        .cell = cell,
                        .window = window_of_cell(cell)};
    enum im_code rc;

    plan->n_list = 0;
    plan->at.zoom = map_style_zoom(plan->map, cell->zoom);
    rc = keep_all(&l);
    for (uint32_t i = 0; i < plan->map->n_styles && rc == IM_OK; i++)
        if (plan->map->styles[i].style->type == STYLE_SYMBOL &&
            style_layer_visible(plan->map->styles[i].style, plan->at.zoom))
            rc = list_style(&l, i);
    return rc == IM_OK ? finish_list(plan, cell) : rc;
}
