/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes share: which features take part, groups of one look. */
#include "render/pass.h"

#include <engine/log.h>

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    /* a group is drawn when it has as many vertices, so that the float buffers of the
     * rasteriser stay small */
    GROUP_MAX_POINTS = 256 * 1024,
    FEATURE_STEPS = 64 /* a feature costs as much as so many vertices */
};

bool same_color(struct draw_color a, struct draw_color b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b && a.a == b.a;
}

static bool to_floats(struct render *r, struct clip_path *path)
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
    /* To a 4096th of a pixel: up to 4096 pixels from the corner a float holds that, so
     * a vertex lies at the same place in every picture that shows it. */
    const double fine =
        1.5 * (double)(1ull << 40); /* a double there has 12 bits more */
    uint32_t n = path->n_points;
    for (uint32_t i = 0; i < 2 * n; i++)
        w->xy[i] = (float)(path->xy[i] + fine - fine);
    for (uint32_t i = 0; i < n && (r->shift_x != 0 || r->shift_y != 0); i++) {
        w->xy[2 * i] += (float)r->shift_x;
        w->xy[2 * i + 1] += (float)r->shift_y;
    }
    return true;
}

float render_luma(struct draw_color c)
{
    return 0.299f * c.r + 0.587f * c.g + 0.114f * c.b;
}

/* Colours are mixed as they are stored, not as light: halfway between dark and light is
 * a fifth of the light. So where pixels are covered in part, a light line on dark
 * ground is too faint: over all angles those of a pixel have 0.70 of their light, with
 * a weight of 0.7 0.96 (stroke_test.c). Lines of many pixels have no need of it. Dark
 * lines on light ground are as much too heavy, but so they are in MapLibre, and bear it
 * well. */
static float weight_of(const struct render *r)
{
    float contrast = render_luma(r->color) - r->ground;

    return fminf(fmaxf(2 * contrast, 0), 0.7f) *
           fminf(fmaxf((4 - r->stroke.width_px) / 2, 0), 1);
}

void flush(struct render *r)
{
    struct clip_path *path = &r->w->path;
    struct draw_path drawn;

    if (r->rc != IM_OK || (path->n_parts == 0 && !path->failed))
        return;
    if (to_floats(r, path)) {
        drawn = (struct draw_path){r->w->xy, path->part_end, path->n_parts};
        if (r->is_stroked && r->has_pattern)
            r->rc = draw_line_pattern(r->w->scratch, r->raster, &drawn, path->part_at,
                                      &r->stroke, &r->pattern, r->err);
        else if (r->is_stroked) {
            r->stroke.weight = weight_of(r);
            r->rc = draw_line(r->w->scratch, r->raster, &drawn, &r->stroke, r->color,
                              r->err);
        } else if (r->has_pattern)
            r->rc = draw_fill_pattern(r->w->scratch, r->raster, &drawn, &r->pattern,
                                      r->err);
        else
            r->rc = draw_fill(r->w->scratch, r->raster, &drawn, r->color, r->err);
    }
    clip_path_clear(path);
}

/* Common to all visitors: does this feature take part? Prepares the evaluation. */
bool is_late(struct render *r, uint32_t steps)
{
    if (tile_late(&r->late, steps) && r->rc == IM_OK)
        r->rc = tile_late_fail(r->err);
    return r->late.is_late;
}

bool enter(struct render *r, uint32_t feature, enum geom_kind kind)
{
    const struct atlas_layer *layer = r->ms->layer->layer;

    if (is_late(r, FEATURE_STEPS))
        return false;
    if (feature & CLUSTER_BIT) {
        style_eval_cluster(&r->w->at, layer, r->clusters.clusters,
                           feature & ~CLUSTER_BIT);
        return style_matches(r->ms->style, &r->w->at);
    }
    if (!map_shows(r->map, layer, feature))
        return false;
    style_eval_feature(&r->w->at, layer, feature, kind);
    return style_matches(r->ms->style, &r->w->at);
}

enum geom_kind kind_of(const struct render *r, uint32_t feature)
{
    return feature & CLUSTER_BIT ? GEOM_POINT
                                 : atlas_geom(r->ms->layer->layer, feature).kind;
}

struct atlas_shape points_of(const struct render *r, uint32_t feature)
{
    if (!(feature & CLUSTER_BIT))
        return atlas_shape(r->ms->layer->layer, feature, TILE_MAX_ZOOM);
    return (struct atlas_shape){
        .kind = GEOM_POINT,
        .n_points = 1,
        .xy = cluster_at(r->clusters.clusters, feature & ~CLUSTER_BIT)->xy};
}

struct atlas_shape shape_of(const struct render *r, uint32_t feature)
{
    /* twice the pixels want the finer shape */
    unsigned zoom = map_detail_zoom(r->map, r->area.zoom) + (r->scale > 1 ? 1 : 0);

    return atlas_shape(r->ms->layer->layer, feature,
                       zoom > TILE_MAX_ZOOM ? TILE_MAX_ZOOM : zoom);
}

void add_to_group(struct render *r,
                  const struct atlas_shape *shape,
                  bool as_rings,
                  const struct clip_dashes *dashes)
{
    if (r->w->path.n_points > GROUP_MAX_POINTS)
        flush(r);
    if (is_late(r, shape->n_points))
        return;
    uint32_t before = r->w->path.n_points;
    clip_shape(shape, r->frame, r->box, as_rings, dashes, &r->w->clip, &r->w->path);
    if (r->w->path.failed)
        flush(r);
    else /* dashes make many of a few */
        (void)is_late(r, r->w->path.n_points - before);
}

double reach_px(const struct style_layer *style)
{
    switch (style->type) {
    case STYLE_LINE:
        /* half the width, at sharp joins times the miter limit; the offset; the cap */
        return style_number_bound(style, LINE_WIDTH) *
                   fmax(1, style_number_bound(style, LINE_MITER_LIMIT)) / 2 +
               style_number_bound(style, LINE_WIDTH) +
               style_number_bound(style, LINE_GAP_WIDTH) +
               style_number_bound(style, LINE_OFFSET) + 2;
    case STYLE_CIRCLE:
        return style_number_bound(style, CIRCLE_RADIUS) +
               style_number_bound(style, CIRCLE_STROKE_WIDTH) + 2;
    case STYLE_HEATMAP: /* draw/heat.c */
        return style_number_bound(style, HEATMAP_RADIUS) * 2 + 2;
    case STYLE_FILL:
    case STYLE_BACKGROUND:
    case STYLE_SYMBOL:
        break;
    }
    return 2;
}

/* The area in degrees, widened by `reach` CSS pixels. */
static struct bbox
window_of(const struct render_area *area, double stretch, double reach)
{
    double unit = (double)(1u << (UNIT_BITS - area->zoom));
    double end = (double)(1ull << WORLD_BITS);
    double width = area->width_px / stretch;
    double height = area->height_px / stretch;
    double north = ((double)area->y_px - reach) * unit;
    double south = ((double)area->y_px + height + reach) * unit;

    /* what lies beyond the last latitude of the grid is drawn at its edge */
    return (struct bbox){
        world_lon(fmax(0, ((double)area->x_px - reach) * unit)),
        south >= end ? -90 : world_lat(south),
        world_lon(fmin(end, ((double)area->x_px + width + reach) * unit)),
        north <= 0 ? 90 : world_lat(north)};
}

/* ---- in the order of sort keys ---- */

struct hit {
    double key;
    uint32_t sequence; /* along the Hilbert curve: the same in neighbouring tiles */
    uint32_t feature;
};

struct collector {
    struct render *render;
    enum style_property key;
    look_fn *look; /* instead of a property */
};

static bool collect_hit(void *ctx, uint32_t feature)
{
    const struct collector *c = ctx;
    struct render *r = c->render;
    struct growing *hits = &r->w->hits;
    struct hit *hit;

    if (!enter(r, feature, kind_of(r, feature)))
        return r->rc == IM_OK;
    hit = growing_add(hits, sizeof *hit);
    if (!hit) {
        r->rc = im_fail(r->err, IM_ENOMEM, "order of features");
        return false;
    }
    *hit = (struct hit){c->look ? (double)c->look(r)
                                : style_number(r->ms->style, c->key, &r->w->at),
                        hits->n, feature};
    return true;
}

static int compare_hits(const void *a, const void *b)
{
    const struct hit *p = a;
    const struct hit *q = b;

    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->sequence > q->sequence) - (p->sequence < q->sequence);
}

static void visit_window_with(struct render *r, atlas_visit_fn *visit, void *ctx)
{
    double reach = (r->ms->style->type == STYLE_SYMBOL ? CLUSTER_REACH_PX
                                                       : reach_px(r->ms->style)) +
                   fmax(fabs(r->shift_x), fabs(r->shift_y)) / r->scale;

    if (!map_clusters(r->map, r->ms->layer, map_style_zoom(r->map, r->area.zoom),
                      &r->clusters)) {
        r->rc = im_fail(r->err, IM_ENOMEM, "clusters of a layer");
        return;
    }

    r->box = (struct clip_box){-reach * r->scale, -reach * r->scale,
                               (r->area.width_px + reach) * r->scale,
                               (r->area.height_px + reach) * r->scale};
    map_window(r->ms->layer, r->clusters,
               r->frame.projection ? projection_set_window(&r->projection, r->box)
                                   : window_of(&r->area, r->stretch, reach),
               visit, ctx);
}

void visit_window(struct render *r, atlas_visit_fn *visit)
{
    visit_window_with(r, visit, r);
}

/* Features of one look are drawn as one: where they meet or overlap, nothing shows
 * through between them and nothing is doubled. Taken as they come along the Hilbert
 * curve, how many are one would depend on what else is in the picture. */
void visit_ordered(struct render *r,
                   enum style_property key,
                   look_fn *look,
                   atlas_visit_fn *visit)
{
    struct collector collector = {r, key, NULL};
    struct growing *hits = &r->w->hits;

    if (!style_has(r->ms->style, key)) {
        if (!look || r->is_one_look) {
            visit_window(r, visit);
            return;
        }
        collector.look = look;
    }
    hits->n = 0;
    visit_window_with(r, collect_hit, &collector);
    if (hits->n > 1)
        qsort(hits->items, hits->n, sizeof(struct hit), compare_hits);
    for (uint32_t i = 0; i < hits->n && r->rc == IM_OK; i++)
        (void)visit(r, ((const struct hit *)hits->items)[i].feature);
    hits->n = 0;
}

/* ---- looks ---- */

uint64_t color_look(struct draw_color color)
{
    return XXH64(&color, sizeof color, 0) >> 11;
}

void set_snap(struct render *r)
{
    enum { WIDEST_PX = 8, LEAST_EDGE_PX = 8 };
    const struct draw_stroke *stroke = &r->stroke;
    double width = fmax(1, (double)stroke->width_px);
    double aside = (double)stroke->offset_px;
    double middle = fmod(floor(width + 0.25), 2) / 2; /* of an odd width: of a pixel */

    if (stroke->gap_px > 0)
        aside += ((double)stroke->gap_px + width) / 2;
    r->frame.snap = (struct clip_snap){
        .least = width <= WIDEST_PX && !r->has_pattern ? LEAST_EDGE_PX : 0,
        .phase = {middle - aside - r->shift_x, middle - aside - r->shift_y}};
}

void set_shift(struct render *r, enum style_property translate)
{
    double by[2] = {0, 0};

    if (r->ms->style->properties[translate])
        (void)style_numbers(r->ms->style, translate, &r->w->at, by, 2);
    r->shift_x = by[0] * r->scale;
    r->shift_y = by[1] * r->scale;
}

static void state_missing(struct render *r, struct im_bytes name)
{
    struct tile_worker *w = r->w;
    uint64_t hash = XXH64(name.data, name.len, (uint64_t)(uintptr_t)r->ms->style);
    char quoted[200];
    char text[80];

    for (uint32_t i = 0; i < w->n_missing; i++)
        if (w->missing[i] == hash)
            return;
    if (w->n_missing == WORKER_MISSING)
        return;
    w->missing[w->n_missing++] = hash;
    snprintf(text, sizeof text, "%.*s", (int)(name.len > 70 ? 70 : name.len),
             (const char *)name.data);
    im_log(IM_LOG_WARN, "image_missing", "style_layer=%s image=%s", r->ms->style->id,
           im_log_quote(quoted, sizeof quoted, text));
}

/* Where the image's corner lies that is nearest to the left or upper side, when the
 * first one lies on the world's. */
static double corner(int64_t at_px, double scale, double period)
{
    return -fmod((double)at_px * scale, period);
}

bool set_pattern(struct render *r, enum style_property property, float opacity)
{
    struct im_bytes name = style_text(r->ms->style, property, &r->w->at);
    struct sprite_image image;

    if (name.len == 0)
        return false;
    if (!sprite_find(r->map->sprites, name, (unsigned)r->scale, &image)) {
        state_missing(r, name);
        return false;
    }
    if (!r->has_pattern || image.rgba != r->image.rgba || opacity != r->pattern.opacity)
        flush(r);
    double scale = r->scale / image.pixel_ratio;
    r->has_pattern = true;
    r->image = image;
    r->pattern = (struct draw_pattern){
        .image = &r->image,
        .x_px = corner(r->area.x_px, r->scale, image.width_px * scale),
        .y_px = corner(r->area.y_px, r->scale, image.height_px * scale),
        .scale = scale,
        .opacity = opacity};
    return true;
}
