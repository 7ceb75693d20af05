/* SPDX-License-Identifier: Apache-2.0 */
/* One tile as a picture: for each style layer in order, the features in its window are
 * cut to the tile, grouped by look and drawn; then names from the label plan. */
#include "render.h"

#include "clip.h"
#include "label/spec.h"
#include "map.h"

#include <math.h>
#include <stdlib.h>

enum {
    TILE_PX = 256,
    UNIT_BITS = WORLD_BITS - 8, /* log2 of world units a pixel at zoom 0 */
    RENDER_MAX_SCALE = 2,
    /* a group is drawn when it has as many vertices, so that the float buffers of the
     * rasteriser stay small */
    GROUP_MAX_POINTS = 256 * 1024,
    SPRITE_BYTES = 4 * 1024 * 1024,
    LABEL_MARGIN_PX = 16 /* halo and overhang of glyphs beyond the box of a label */
};

struct label_hit {
    uint32_t style;
    uint32_t index; /* in the plan */
    const struct label *label;
};

struct circle_hit {
    double sort_key;
    uint32_t sequence; /* along the Hilbert curve: the same in neighbouring tiles */
    uint32_t feature;
};

/* An array that grows and is kept for the next tile. */
struct growing {
    void *items;
    uint32_t n;
    uint32_t cap;
};

struct tile_worker {
    struct raster raster[RENDER_MAX_SCALE];
    struct draw_scratch *scratch;
    struct sprite_cache *sprites;
    struct text_fonts *fonts;
    struct im_arena *arena; /* of one text */
    struct clip_scratch clip;
    struct clip_path path; /* the group that is being collected */
    float *xy;             /* the same as floats, for the rasteriser */
    uint32_t cap_xy;
    struct growing labels;
    struct growing circles;
    struct style_eval at;
};

enum im_code tile_worker_new(const char *font_directory,
                             struct tile_worker **out,
                             struct im_error *err)
{
    struct tile_worker *w = calloc(1, sizeof *w);
    enum im_code rc = IM_OK;

    if (!w)
        return im_fail(err, IM_ENOMEM, "tile worker");
    w->scratch = draw_scratch_new();
    w->sprites = sprite_cache_new(SPRITE_BYTES);
    w->arena = im_arena_new(4 * 1024 * 1024);
    if (!w->scratch || !w->sprites || !w->arena)
        rc = im_fail(err, IM_ENOMEM, "tile worker");
    if (rc == IM_OK)
        rc = text_fonts_open(font_directory, &w->fonts, err);
    if (rc == IM_OK) {
        *out = w;
        w = NULL;
    }
    tile_worker_free(w);
    return rc;
}

void tile_worker_free(struct tile_worker *w)
{
    if (!w)
        return;
    for (int i = 0; i < RENDER_MAX_SCALE; i++)
        if (w->raster[i].rgba)
            raster_release(&w->raster[i]);
    draw_scratch_free(w->scratch);
    sprite_cache_free(w->sprites);
    text_fonts_close(w->fonts);
    im_arena_free(w->arena);
    clip_scratch_release(&w->clip);
    clip_path_release(&w->path);
    free(w->xy);
    free(w->labels.items);
    free(w->circles.items);
    free(w);
}

static void *growing_add(struct growing *g, size_t size)
{
    if (g->n == g->cap) {
        uint32_t cap = g->cap ? g->cap * 2 : 64;
        void *items = realloc(g->items, cap * size);

        if (!items)
            return NULL;
        g->items = items;
        g->cap = cap;
    }
    return (char *)g->items + size * g->n++;
}

/* ---- one style layer of one tile ---- */

struct render {
    const struct tile_map *map;
    struct tile_worker *w;
    struct raster *raster;
    struct render_area area;
    double scale;
    struct tile_frame frame;
    const struct map_style *ms;
    struct clip_box box; /* what is cut away lies outside */
    enum im_code rc;
    struct im_error *err;
    /* the look of the group in w->path */
    struct draw_color color;
    bool is_stroked; /* drawn as lines of `stroke`, else filled */
    struct draw_stroke stroke;
    struct clip_dashes dashes;
};

static bool same_color(struct draw_color a, struct draw_color b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b && a.a == b.a;
}

static bool to_floats(struct render *r, const struct clip_path *path)
{
    struct tile_worker *w = r->w;

    if (path->failed) {
        r->rc = im_fail(r->err, IM_ENOMEM, "tile geometry at zoom %u", r->area.zoom);
        return false;
    }
    if (path->n_points > w->cap_xy) {
        float *xy = realloc(w->xy, path->cap_points * 2 * sizeof *xy);

        if (!xy) {
            r->rc = im_fail(r->err, IM_ENOMEM, "tile geometry");
            return false;
        }
        w->xy = xy;
        w->cap_xy = path->cap_points;
    }
    for (uint32_t i = 0; i < 2 * path->n_points; i++)
        w->xy[i] = (float)path->xy[i];
    return true;
}

static void flush(struct render *r)
{
    struct clip_path *path = &r->w->path;
    struct draw_path drawn;

    if (r->rc != IM_OK || (path->n_parts == 0 && !path->failed))
        return;
    if (to_floats(r, path)) {
        drawn = (struct draw_path){r->w->xy, path->part_end, path->n_parts};
        if (r->is_stroked)
            r->rc = draw_line(r->w->scratch, r->raster, &drawn, &r->stroke, r->color,
                              r->err);
        else
            r->rc = draw_fill(r->w->scratch, r->raster, &drawn, r->color, r->err);
    }
    clip_path_clear(path);
}

/* Common to all visitors: does this feature take part? Prepares the evaluation. */
static bool enter(struct render *r, uint32_t feature, enum geom_kind kind)
{
    const struct atlas_layer *layer = r->ms->layer->layer;

    if (!map_shows(r->map, layer, feature))
        return false;
    style_eval_feature(&r->w->at, layer, feature, kind);
    return style_matches(r->ms->style, &r->w->at);
}

static struct atlas_shape shape_of(const struct render *r, uint32_t feature)
{
    /* twice the pixels want the finer shape */
    unsigned zoom = r->area.zoom + (r->scale > 1 ? 1 : 0);

    return atlas_shape(r->ms->layer->layer, feature,
                       zoom > TILE_MAX_ZOOM ? TILE_MAX_ZOOM : zoom);
}

static void add_to_group(struct render *r,
                         const struct atlas_shape *shape,
                         bool as_rings,
                         const struct clip_dashes *dashes)
{
    if (r->w->path.n_points > GROUP_MAX_POINTS)
        flush(r);
    clip_shape(shape, r->frame, r->box, as_rings, dashes, &r->w->clip, &r->w->path);
    if (r->w->path.failed)
        flush(r);
}

static bool visit_fill(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    struct draw_color fill;

    if (shape.kind != GEOM_AREA || !enter(r, feature, shape.kind))
        return true;
    fill = style_color_opacity(r->ms->style, FILL_COLOR, FILL_OPACITY, &r->w->at);
    if (fill.a <= 0)
        return true;
    if (!same_color(fill, r->color))
        flush(r);
    r->color = fill;
    add_to_group(r, &shape, true, NULL);
    return r->rc == IM_OK;
}

/* Outlines are stroked from the rings as lines: the edges that cutting makes along the
 * tile are no outline. */
static bool visit_outline(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    struct draw_color color;

    if (shape.kind != GEOM_AREA || !enter(r, feature, shape.kind))
        return true;
    color =
        style_color_opacity(r->ms->style, FILL_OUTLINE_COLOR, FILL_OPACITY, &r->w->at);
    if (color.a <= 0)
        return true;
    if (!same_color(color, r->color))
        flush(r);
    r->color = color;
    add_to_group(r, &shape, false, NULL);
    return r->rc == IM_OK;
}

static void stroke_of(const struct render *r,
                      struct draw_stroke *stroke,
                      struct clip_dashes *dashes)
{
    const struct style_layer *style = r->ms->style;
    struct style_eval *at = &r->w->at;
    double width = style_number(style, LINE_WIDTH, at);
    double pattern[DRAW_MAX_DASHES];
    uint32_t n = style_numbers(style, LINE_DASHARRAY, at, pattern, DRAW_MAX_DASHES);

    *stroke = (struct draw_stroke){
        .width_px = (float)(width * r->scale),
        .offset_px = (float)(style_number(style, LINE_OFFSET, at) * r->scale),
        .cap = (enum draw_cap)style_choice(style, LINE_CAP, at),
        .join = (enum draw_join)style_choice(style, LINE_JOIN, at),
        .miter_limit = (float)style_number(style, LINE_MITER_LIMIT, at)};
    /* an odd list is said twice, so that it ends with a gap; the unit is the width */
    dashes->n = n % 2 ? 2 * n : n;
    for (uint32_t i = 0; i < dashes->n; i++)
        dashes->length[i] = fmax(pattern[i % n] * fmax(width, 1), 0.05) * r->scale;
}

static bool same_stroke(const struct draw_stroke *a, const struct draw_stroke *b)
{
    return a->width_px == b->width_px && a->offset_px == b->offset_px &&
           a->cap == b->cap && a->join == b->join && a->miter_limit == b->miter_limit;
}

static bool visit_line(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    struct draw_stroke stroke;
    struct draw_color color;

    if ((shape.kind != GEOM_AREA && shape.kind != GEOM_LINE) ||
        !enter(r, feature, shape.kind))
        return true;
    color = style_color_opacity(r->ms->style, LINE_COLOR, LINE_OPACITY, &r->w->at);
    stroke_of(r, &stroke, &r->dashes);
    if (color.a <= 0 || stroke.width_px <= 0)
        return true;
    if (!same_color(color, r->color) || !same_stroke(&stroke, &r->stroke))
        flush(r);
    r->color = color;
    r->stroke = stroke;
    add_to_group(r, &shape, false, &r->dashes);
    return r->rc == IM_OK;
}

static bool visit_circle(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    enum geom_kind kind = atlas_geom(r->ms->layer->layer, feature).kind;
    struct circle_hit *hit;

    if (kind != GEOM_POINT || !enter(r, feature, kind))
        return true;
    hit = growing_add(&r->w->circles, sizeof *hit);
    if (!hit) {
        r->rc = im_fail(r->err, IM_ENOMEM, "tile circles");
        return false;
    }
    *hit = (struct circle_hit){style_number(r->ms->style, CIRCLE_SORT_KEY, &r->w->at),
                               r->w->circles.n, feature};
    return true;
}

static int compare_circles(const void *a, const void *b)
{
    const struct circle_hit *p = a;
    const struct circle_hit *q = b;

    if (p->sort_key != q->sort_key)
        return p->sort_key < q->sort_key ? -1 : 1;
    return (p->sequence > q->sequence) - (p->sequence < q->sequence);
}

static void draw_circles_of(struct render *r, uint32_t feature)
{
    const struct style_layer *style = r->ms->style;
    struct style_eval *at = &r->w->at;
    struct atlas_shape shape = atlas_shape(r->ms->layer->layer, feature, TILE_MAX_ZOOM);
    struct draw_circle circle;

    style_eval_feature(at, r->ms->layer->layer, feature, shape.kind);
    circle = (struct draw_circle){
        .radius_px = (float)(style_number(style, CIRCLE_RADIUS, at) * r->scale),
        .fill = style_color_opacity(style, CIRCLE_COLOR, CIRCLE_OPACITY, at),
        .stroke_px = (float)(style_number(style, CIRCLE_STROKE_WIDTH, at) * r->scale),
        .stroke =
            style_color_opacity(style, CIRCLE_STROKE_COLOR, CIRCLE_STROKE_OPACITY, at)};
    if (circle.radius_px <= 0 && circle.stroke_px <= 0)
        return;
    for (uint32_t i = 0; i < shape.n_points && r->rc == IM_OK; i++) {
        double x = (double)(shape.xy[2 * i] - r->frame.x0) * r->frame.scale;
        double y = (double)(shape.xy[2 * i + 1] - r->frame.y0) * r->frame.scale;

        if (x >= r->box.min_x && x <= r->box.max_x && y >= r->box.min_y &&
            y <= r->box.max_y)
            r->rc = draw_circle_at(r->w->sprites, r->w->scratch, r->raster, (float)x,
                                   (float)y, &circle, r->err);
    }
}

static void draw_circles(struct render *r)
{
    struct growing *hits = &r->w->circles;

    if (hits->n > 1)
        qsort(hits->items, hits->n, sizeof(struct circle_hit), compare_circles);
    for (uint32_t i = 0; i < hits->n && r->rc == IM_OK; i++)
        draw_circles_of(r, ((struct circle_hit *)hits->items)[i].feature);
    hits->n = 0;
}

/* How far a style layer paints beyond its geometry, CSS pixels. */
static double reach_px(const struct style_layer *style)
{
    switch (style->type) {
    case STYLE_LINE:
        /* half the width, at sharp joins times the miter limit; the offset; the cap */
        return style_number_bound(style, LINE_WIDTH) *
                   fmax(1, style_number_bound(style, LINE_MITER_LIMIT)) / 2 +
               style_number_bound(style, LINE_WIDTH) +
               style_number_bound(style, LINE_OFFSET) + 2;
    case STYLE_CIRCLE:
        return style_number_bound(style, CIRCLE_RADIUS) +
               style_number_bound(style, CIRCLE_STROKE_WIDTH) + 2;
    case STYLE_FILL:
    case STYLE_BACKGROUND:
    case STYLE_SYMBOL:
        break;
    }
    return 2;
}

/* The area in degrees, widened by `reach` CSS pixels. */
static struct bbox window_of(const struct render_area *area, double reach)
{
    double unit = (double)(1u << (UNIT_BITS - area->zoom));
    double end = (double)(1ull << WORLD_BITS);
    double north = ((double)area->y_px - reach) * unit;
    double south = ((double)area->y_px + area->height_px + reach) * unit;

    /* what lies beyond the last latitude of the grid is drawn at its edge */
    return (struct bbox){
        world_lon(fmax(0, ((double)area->x_px - reach) * unit)),
        south >= end ? -90 : world_lat(south),
        world_lon(fmin(end, ((double)area->x_px + area->width_px + reach) * unit)),
        north <= 0 ? 90 : world_lat(north)};
}

static void visit_window(struct render *r, atlas_visit_fn *visit)
{
    double reach = reach_px(r->ms->style);

    r->box = (struct clip_box){-reach * r->scale, -reach * r->scale,
                               (r->area.width_px + reach) * r->scale,
                               (r->area.height_px + reach) * r->scale};
    atlas_window(r->ms->layer->layer, window_of(&r->area, reach), visit, r);
}

static void draw_background(struct render *r)
{
    const struct style_layer *style = r->ms->style;

    /* a layer of its own over what is there would hide it; it is the lowest anyway */
    if (!r->map->is_whole)
        return;
    style_eval_feature(&r->w->at, NULL, 0, GEOM_EMPTY);
    raster_clear(r->raster, style_color_opacity(style, BACKGROUND_COLOR,
                                                BACKGROUND_OPACITY, &r->w->at));
}

static void draw_areas(struct render *r)
{
    r->is_stroked = false;
    visit_window(r, visit_fill);
    flush(r);
    if (r->rc != IM_OK || !r->ms->style->properties[FILL_OUTLINE_COLOR])
        return;
    r->is_stroked = true;
    r->stroke = (struct draw_stroke){.width_px = (float)r->scale, .miter_limit = 2};
    visit_window(r, visit_outline);
    flush(r);
}

static void draw_lines(struct render *r)
{
    r->is_stroked = true;
    visit_window(r, visit_line);
    flush(r);
}

/* ---- names ---- */

static bool collect_label(void *ctx, uint32_t index, const struct label *label)
{
    struct render *r = ctx;
    struct label_hit *hit = growing_add(&r->w->labels, sizeof *hit);

    if (!hit) {
        r->rc = im_fail(r->err, IM_ENOMEM, "tile labels");
        return false;
    }
    *hit = (struct label_hit){label->style, index, label};
    return true;
}

/* By style layer, then the most important last and so on top. */
static int compare_labels(const void *a, const void *b)
{
    const struct label_hit *p = a;
    const struct label_hit *q = b;

    if (p->style != q->style)
        return p->style < q->style ? -1 : 1;
    return (p->index < q->index) - (p->index > q->index);
}

static void collect_labels(struct render *r)
{
    const struct label_plan *plan;
    double x = (double)r->area.x_px;
    double y = (double)r->area.y_px;
    struct label_window window = {x - LABEL_MARGIN_PX, y - LABEL_MARGIN_PX,
                                  x + r->area.width_px + LABEL_MARGIN_PX,
                                  y + r->area.height_px + LABEL_MARGIN_PX};

    r->w->labels.n = 0;
    r->rc = label_plan_get(r->map, r->area.zoom, r->w->fonts, &plan, r->err);
    if (r->rc != IM_OK)
        return;
    label_plan_window(plan, window, collect_label, r);
    if (r->w->labels.n > 1)
        qsort(r->w->labels.items, r->w->labels.n, sizeof(struct label_hit),
              compare_labels);
}

static void draw_label(struct render *r, const struct label *label)
{
    const struct style_layer *style = r->ms->style;
    const struct atlas_layer *layer = r->ms->layer->layer;
    struct style_eval *at = &r->w->at;
    const struct text_block *block;
    struct label_spec spec;
    double dx;
    double dy;

    style_eval_feature(at, layer, label->feature,
                       atlas_geom(layer, label->feature).kind);
    if (!label_spec_eval(style, at, &spec))
        return;
    im_arena_reset(r->w->arena);
    spec.style.size_px *= (float)r->scale;
    r->rc =
        text_shape(r->w->fonts, spec.text, &spec.style, r->w->arena, &block, r->err);
    if (r->rc != IM_OK)
        return;
    label_spec_centre(&spec, (enum style_anchor)label->anchor,
                      (double)text_block_width_px(block),
                      (double)text_block_height_px(block), &dx, &dy);
    double x = (label->x - (double)r->area.x_px) * r->scale + dx;
    double y = (label->y - (double)r->area.y_px) * r->scale + dy;
    struct draw_color fill = style_color_opacity(style, TEXT_COLOR, TEXT_OPACITY, at);
    struct draw_color halo =
        style_color_opacity(style, TEXT_HALO_COLOR, TEXT_OPACITY, at);
    double halo_px = style_number(style, TEXT_HALO_WIDTH, at) * r->scale;
    r->rc = text_draw(r->w->fonts, r->raster, block, (float)x, (float)y, fill, halo,
                      halo.a > 0 ? (float)halo_px : 0, r->err);
}

static void draw_labels(struct render *r, uint32_t style)
{
    const struct label_hit *hits = r->w->labels.items;

    for (uint32_t i = 0; i < r->w->labels.n && r->rc == IM_OK; i++)
        if (hits[i].style == style)
            draw_label(r, hits[i].label);
}

/* ---- the tile ---- */

static void draw_style(struct render *r, uint32_t i)
{
    r->ms = &r->map->styles[i];
    if (!style_layer_visible(r->ms->style, r->w->at.zoom))
        return;
    clip_path_clear(&r->w->path);
    switch (r->ms->style->type) {
    case STYLE_BACKGROUND:
        draw_background(r);
        break;
    case STYLE_FILL:
        draw_areas(r);
        break;
    case STYLE_LINE:
        draw_lines(r);
        break;
    case STYLE_CIRCLE:
        r->w->circles.n = 0;
        visit_window(r, visit_circle);
        if (r->rc == IM_OK)
            draw_circles(r);
        break;
    case STYLE_SYMBOL:
        draw_labels(r, i);
        break;
    }
}

static enum im_code check_scale(unsigned scale, struct im_error *err)
{
    if (scale >= 1 && scale <= RENDER_MAX_SCALE)
        return IM_OK;
    im_fail(err, IM_EARG, "scale %u is outside 1..%d", scale, RENDER_MAX_SCALE);
    return im_zh(err, IM_EARG, "倍率 %u 超出 1..%d", scale, RENDER_MAX_SCALE);
}

enum im_code render_area(const struct tile_map *map,
                         struct tile_worker *w,
                         struct render_area area,
                         unsigned scale,
                         struct raster *raster,
                         struct im_error *err)
{
    unsigned shift = UNIT_BITS - area.zoom;
    struct render r = {.map = map,
                       .w = w,
                       .raster = raster,
                       .area = area,
                       .scale = scale,
                       .frame = {area.x_px * (1ll << shift), area.y_px * (1ll << shift),
                                 (double)scale / (double)(1u << shift)},
                       .err = err};

    w->at.zoom = map_style_zoom(area.zoom);
    collect_labels(&r);
    for (uint32_t i = 0; i < map->n_styles && r.rc == IM_OK; i++)
        draw_style(&r, i);
    return r.rc;
}

enum im_code tile_render_png(const struct tile_map *map,
                             struct tile_worker *w,
                             struct tile_id id,
                             unsigned scale,
                             struct im_buf *out,
                             struct im_error *err)
{
    enum im_code rc = tile_id_check(id, err);
    struct raster *raster;

    if (rc == IM_OK)
        rc = check_scale(scale, err);
    if (rc != IM_OK)
        return rc;
    raster = &w->raster[scale - 1];
    if (!raster->rgba)
        rc = raster_init(raster, TILE_PX * scale, TILE_PX * scale, err);
    else
        raster_clear(raster, (struct draw_color){0, 0, 0, 0});
    if (rc == IM_OK)
        rc =
            render_area(map, w,
                        (struct render_area){id.z, (int64_t)id.x * TILE_PX,
                                             (int64_t)id.y * TILE_PX, TILE_PX, TILE_PX},
                        scale, raster, err);
    return rc == IM_OK ? raster_write_png(raster, 3, out, err) : rc;
}
