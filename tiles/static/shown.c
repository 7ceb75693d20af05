/* SPDX-License-Identifier: Apache-2.0 */
/* What is really to be seen in a picture. */
#include "static/shown.h"

#include "render/pass.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_SIGNS = 512, MAX_IMAGE_NAME = 64 };

enum sign_kind { SIGN_DISC, SIGN_RING, SIGN_CLUSTER, SIGN_LINE, SIGN_AREA, SIGN_IMAGE };

struct sign {
    const struct map_style *ms;
    enum sign_kind kind;
    struct draw_color color; /* without its opacity */
    char image[MAX_IMAGE_NAME];
};

struct shown {
    const struct tile_map *map;
    bool layers[MAP_MAX_LAYERS];
    uint32_t n;
    struct sign
        signs[MAX_SIGNS]; /* in drawing order; more looks than that are not kept */
};

struct look_out {
    struct render render; /* first: visitors get it */
    struct shown *shown;
};

/* ---- collecting ---- */

static bool same_rgb(struct draw_color a, struct draw_color b)
{
    static const float step = 1.5f / 255; /* #rrggbb against what hsl() gave */

    return fabsf(a.r - b.r) < step && fabsf(a.g - b.g) < step &&
           fabsf(a.b - b.b) < step;
}

static void add_sign(struct look_out *l, const struct sign *sign)
{
    struct shown *s = l->shown;

    /* neighbours look alike: the last ones first */
    for (uint32_t i = s->n; i-- > 0 && s->signs[i].ms == sign->ms;)
        if (s->signs[i].kind == sign->kind &&
            (sign->kind == SIGN_IMAGE ? strcmp(s->signs[i].image, sign->image) == 0
                                      : same_rgb(s->signs[i].color, sign->color)))
            return;
    if (s->n < MAX_SIGNS)
        s->signs[s->n++] = *sign;
}

static void add_color(struct look_out *l, enum sign_kind kind, struct draw_color color)
{
    add_sign(l, &(struct sign){.ms = l->render.ms, .kind = kind, .color = color});
}

/* False: the feature at hand has no such image. */
static bool add_image(struct look_out *l, enum style_property property)
{
    struct sign sign = {.ms = l->render.ms, .kind = SIGN_IMAGE};
    struct im_bytes name = style_text(l->render.ms->style, property, &l->render.w->at);

    if (name.len == 0 || name.len >= sizeof sign.image)
        return false;
    memcpy(sign.image, name.data, name.len);
    add_sign(l, &sign);
    return true;
}

static bool add_circle(struct look_out *l, bool is_cluster)
{
    const struct style_layer *style = l->render.ms->style;
    struct style_eval *at = &l->render.w->at;
    struct draw_color fill =
        style_color_opacity(style, CIRCLE_COLOR, CIRCLE_OPACITY, at);
    struct draw_color stroke =
        style_color_opacity(style, CIRCLE_STROKE_COLOR, CIRCLE_STROKE_OPACITY, at);
    bool has_disc = fill.a > 0 && style_number(style, CIRCLE_RADIUS, at) > 0;
    bool has_ring = stroke.a > 0 && style_number(style, CIRCLE_STROKE_WIDTH, at) > 0;

    if (has_disc)
        add_color(l, is_cluster ? SIGN_CLUSTER : SIGN_DISC, fill);
    if (has_ring && fill.a < 0.5f) /* hollow */
        add_color(l, SIGN_RING, stroke);
    return has_disc || has_ring;
}

static bool add_line(struct look_out *l)
{
    const struct style_layer *style = l->render.ms->style;
    struct style_eval *at = &l->render.w->at;
    struct draw_color color = style_color_opacity(style, LINE_COLOR, LINE_OPACITY, at);

    if (style_number(style, LINE_WIDTH, at) <= 0)
        return false;
    if (style_has(style, LINE_PATTERN))
        return add_image(l, LINE_PATTERN);
    if (color.a > 0)
        add_color(l, SIGN_LINE, color);
    return color.a > 0;
}

static bool add_area(struct look_out *l)
{
    const struct style_layer *style = l->render.ms->style;
    struct style_eval *at = &l->render.w->at;
    struct draw_color color = style_color_opacity(style, FILL_COLOR, FILL_OPACITY, at);

    if (style_has(style, FILL_PATTERN))
        return style_number(style, FILL_OPACITY, at) > 0 && add_image(l, FILL_PATTERN);
    if (color.a > 0)
        add_color(l, SIGN_AREA, color);
    return color.a > 0;
}

/* A name that found no room counts too: its sign is the place's. */
static bool add_symbol(struct look_out *l)
{
    const struct style_layer *style = l->render.ms->style;
    struct style_eval *at = &l->render.w->at;
    bool has_icon = style_number(style, ICON_OPACITY, at) > 0 &&
                    style_number(style, ICON_SIZE, at) > 0 && add_image(l, ICON_IMAGE);

    return has_icon || style_text(style, TEXT_FIELD, at).len > 0;
}

static bool add_look(struct look_out *l, bool is_cluster)
{
    switch (l->render.ms->style->type) {
    case STYLE_FILL:
        return add_area(l);
    case STYLE_LINE:
        return add_line(l);
    case STYLE_CIRCLE:
        return add_circle(l, is_cluster);
    case STYLE_SYMBOL:
        return add_symbol(l);
    case STYLE_HEATMAP:
        return true;
    case STYLE_BACKGROUND:
        break;
    }
    return false;
}

/* Is a part of it inside the picture? A window finds whatever has its box there. */
static bool is_inside(struct render *r, uint32_t feature, enum geom_kind kind)
{
    struct clip_path *path = &r->w->path;
    struct atlas_shape shape =
        kind == GEOM_POINT ? points_of(r, feature) : shape_of(r, feature);
    double xy[2];
    bool found = false;

    for (uint32_t i = 0; kind == GEOM_POINT && i < shape.n_points; i++)
        if (frame_point(r->frame, &shape.xy[2 * i], xy) && xy[0] >= 0 && xy[1] >= 0 &&
            xy[0] < r->area.width_px * r->scale && xy[1] < r->area.height_px * r->scale)
            return true;
    if (kind == GEOM_POINT || is_late(r, shape.n_points))
        return false;
    clip_shape(&shape, r->frame, r->box, kind == GEOM_AREA, NULL, &r->w->clip, path);
    found = path->n_points > 0;
    clip_path_clear(path);
    return found;
}

static bool suits(const struct style_layer *style, enum geom_kind kind)
{
    switch (style->type) {
    case STYLE_FILL:
        return kind == GEOM_AREA;
    case STYLE_LINE:
        return kind == GEOM_AREA || kind == GEOM_LINE;
    case STYLE_CIRCLE:
    case STYLE_HEATMAP:
        return kind == GEOM_POINT;
    case STYLE_SYMBOL:
        return true;
    case STYLE_BACKGROUND:
        break;
    }
    return false;
}

static bool visit(void *ctx, uint32_t feature)
{
    struct look_out *l = ctx;
    struct render *r = &l->render;
    enum geom_kind kind = kind_of(r, feature);

    if (suits(r->ms->style, kind) && enter(r, feature, kind) &&
        is_inside(r, feature, kind) && add_look(l, feature & CLUSTER_BIT)) {
        l->shown->layers[r->ms->layer - r->map->layers] = true;
        /* the others look the same */
        if (r->is_one_look)
            return false;
    }
    return r->rc == IM_OK;
}

static void look_at(struct look_out *l, const struct map_style *ms)
{
    static const enum style_property look[] = {
        CIRCLE_RADIUS,       CIRCLE_COLOR,        CIRCLE_OPACITY,
        CIRCLE_STROKE_WIDTH, CIRCLE_STROKE_COLOR, CIRCLE_STROKE_OPACITY,
        LINE_WIDTH,          LINE_COLOR,          LINE_OPACITY,
        LINE_PATTERN,        FILL_COLOR,          FILL_OPACITY,
        FILL_PATTERN,        ICON_IMAGE,          ICON_OPACITY,
        ICON_SIZE,           TEXT_FIELD};
    struct render *r = &l->render;

    r->ms = ms;
    if (ms->style->type == STYLE_BACKGROUND ||
        !style_layer_visible(ms->style, r->w->at.zoom))
        return;
    r->is_one_look = style_is_one_look(ms->style, look, sizeof look / sizeof *look);
    visit_window(r, visit);
}

enum im_code shown_new(const struct tile_map *map,
                       struct tile_worker *worker,
                       struct render_area area,
                       struct shown **out,
                       struct im_error *err)
{
    struct shown *shown = calloc(1, sizeof *shown);
    double stretch = area.stretch > 1 ? area.stretch : 1;
    unsigned shift = UNIT_BITS - area.zoom;
    struct look_out l = {.render = {.map = map,
                                    .w = worker,
                                    .area = area,
                                    .scale = 1,
                                    .stretch = stretch,
                                    .err = err},
                         .shown = shown};

    if (!shown)
        return im_fail(err, IM_ENOMEM, "out of memory for a legend");
    shown->map = map;
    l.render.late.deadline = &worker->deadline;
    l.render.frame = (struct tile_frame){.x0 = area.x_px * (1ll << shift),
                                         .y0 = area.y_px * (1ll << shift),
                                         .scale = stretch / (double)(1u << shift)};
    worker->at.zoom = map_style_zoom(map, area.zoom) + log2(stretch);
    clip_path_clear(&worker->path);
    for (uint32_t i = 0; i < map->n_styles && l.render.rc == IM_OK; i++)
        look_at(&l, &map->styles[i]);
    if (l.render.rc != IM_OK) {
        shown_free(shown);
        return l.render.rc;
    }
    *out = shown;
    return IM_OK;
}

void shown_free(struct shown *shown)
{
    free(shown);
}

/* ---- asking ---- */

bool shown_layer(const struct shown *shown, const struct map_layer *layer)
{
    return shown->layers[layer - shown->map->layers];
}

static bool is_color(const struct sign *sign, const json_t *entry)
{
    const char *text = json_string_value(json_object_get(entry, "color"));
    struct draw_color color;

    return text && style_color_parse(im_bytes_of(text), &color) &&
           same_rgb(color, sign->color);
}

static bool is_sign(const struct sign *sign, const json_t *entry, const char *image)
{
    const char *shape = json_string_value(json_object_get(entry, "shape"));
    const char *pattern = json_string_value(json_object_get(entry, "pattern"));

    switch (sign->kind) {
    case SIGN_IMAGE:
        return (image && strcmp(sign->image, image) == 0) ||
               (pattern && strcmp(sign->image, pattern) == 0);
    case SIGN_RING:
        return shape && strcmp(shape, "ring") == 0 && is_color(sign, entry);
    case SIGN_LINE:
        return shape && strcmp(shape, "line") == 0 && is_color(sign, entry);
    case SIGN_AREA:
        return shape && strcmp(shape, "fill") == 0 && is_color(sign, entry);
    case SIGN_CLUSTER:
        return shape && strcmp(shape, "cluster") == 0 && is_color(sign, entry);
    case SIGN_DISC:
        return shape && strcmp(shape, "circle") == 0 && is_color(sign, entry);
    }
    return false;
}

uint32_t shown_entry(const struct shown *shown,
                     const struct map_layer *layer,
                     const json_t *entry,
                     const char *image)
{
    for (uint32_t i = shown->n; i-- > 0;) {
        const struct sign *sign = &shown->signs[i];
        bool is_asked =
            layer ? sign->ms->layer == layer : sign->ms->position != MAP_OWN_STYLE;

        if (is_asked && is_sign(sign, entry, image))
            return 1 + (uint32_t)(sign->ms - shown->map->styles);
    }
    return 0;
}
