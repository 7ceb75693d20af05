/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol layers: what the label plan has in the window. */
#include "render/pass.h"

#include "label/along.h"

#include <math.h>
#include <stdlib.h>

enum {
    LABEL_MARGIN_PX = 16 /* halo and overhang of glyphs beyond the box of a label */
};

/* The plan is locked while it is read: what is drawn is copied. */
struct label_hit {
    const struct tile_map *map;
    struct label label;
};

/* A tile goes on in its neighbours, a picture ends. */
static bool is_cut(const struct render *r, const struct label *label)
{
    double x = (label->x - (double)r->area.x_px) * r->stretch;
    double y = (label->y - (double)r->area.y_px) * r->stretch;

    return x + (double)label->min_x < 0 || y + (double)label->min_y < 0 ||
           x + (double)label->max_x > r->area.width_px ||
           y + (double)label->max_y > r->area.height_px;
}

static bool collect_label(void *ctx, const struct label *label)
{
    struct render *r = ctx;
    struct label_hit *hit;

    if (r->area.whole_labels && is_cut(r, label))
        return true;
    hit = growing_add(&r->w->labels, sizeof *hit);

    if (!hit) {
        r->rc = im_fail(r->err, IM_ENOMEM, "tile labels");
        return false;
    }
    *hit = (struct label_hit){r->map, *label};
    hit->label.squares = NULL; /* they belong to the plan */
    return true;
}

static int compare_hits(const void *a, const void *b)
{
    const struct label_hit *p = a;
    const struct label_hit *q = b;

    return label_compare(p->map, &p->label, &q->label);
}

void pass_collect_symbols(struct render *r)
{
    double x = (double)r->area.x_px;
    double y = (double)r->area.y_px;
    struct label_window window = {x - LABEL_MARGIN_PX, y - LABEL_MARGIN_PX,
                                  x + r->area.width_px / r->stretch + LABEL_MARGIN_PX,
                                  y + r->area.height_px / r->stretch + LABEL_MARGIN_PX};
    enum im_code rc;

    r->w->labels.n = 0;
    rc = label_plan_window(r->map, r->area.zoom, window, r->w->fonts, &r->w->deadline,
                           collect_label, r, r->err);
    if (r->rc == IM_OK)
        r->rc = rc;
    if (r->w->labels.n > 1)
        qsort(r->w->labels.items, r->w->labels.n, sizeof(struct label_hit),
              compare_hits);
}

/* ---- one label ---- */

/* What drawing one label needs; on the heap of the stack's worker it would be no
 * better: it is some ten kilobytes. */
struct symbol {
    struct render *r;
    const struct label *label;
    const struct style_layer *style;
    struct label_spec spec;
    struct label_along along;
    const struct text_block *block; /* NULL: no text */
    double size_px[2];              /* of the text, CSS pixels */
    double x, y;                    /* the labelled point, pixels of the world */
    double left, top;               /* the corner of the raster, the same */
};

/* Places are rounded in the world and not on the raster, and what is left of them fits
 * into a float: each tile that a label reaches into draws it at the same place. */
static float from_corner(double place, double corner)
{
    enum { STEPS = 1024 };

    return (float)(floor(place * STEPS + 0.5) / STEPS - corner);
}

static bool shape_text(struct symbol *s)
{
    struct render *r = s->r;
    struct text_style style = s->spec.style;

    if (!(s->label->parts & LABEL_TEXT))
        return true;
    im_arena_reset(r->w->arena);
    style.size_px *= (float)r->scale;
    style.justify = (enum text_justify[]){
        [JUSTIFY_CENTER] = TEXT_CENTER,
        [JUSTIFY_LEFT] = TEXT_LEFT,
        [JUSTIFY_RIGHT] = TEXT_RIGHT}[label_spec_justify(&s->spec, s->label->anchor)];
    r->rc =
        text_shape(r->w->fonts, s->spec.text, &style, r->w->arena, &s->block, r->err);
    if (r->rc != IM_OK)
        return false;
    s->size_px[0] = (double)text_block_width_px(s->block) / r->scale;
    s->size_px[1] = (double)text_block_height_px(s->block) / r->scale;
    return true;
}

static struct text_look text_look_of(struct symbol *s)
{
    struct style_eval *at = &s->r->w->at;
    struct text_look look = {
        .fill = style_color_opacity(s->style, TEXT_COLOR, TEXT_OPACITY, at),
        .halo = style_color_opacity(s->style, TEXT_HALO_COLOR, TEXT_OPACITY, at)};

    if (look.halo.a > 0) {
        look.halo_px =
            (float)(style_number(s->style, TEXT_HALO_WIDTH, at) * s->r->scale);
        look.halo_blur_px =
            (float)(style_number(s->style, TEXT_HALO_BLUR, at) * s->r->scale);
    }
    return look;
}

/* `size` and `centre` in CSS pixels from the point. */
static void
draw_icon(struct symbol *s, const double size[2], const double centre[2], double turn)
{
    struct render *r = s->r;
    struct style_eval *at = &r->w->at;
    struct sprite_image image;
    struct draw_image look = {
        .x_px = from_corner(s->x + centre[0] * r->scale, s->left),
        .y_px = from_corner(s->y + centre[1] * r->scale, s->top),
        .width_px = (float)(size[0] * r->scale),
        .height_px = (float)(size[1] * r->scale),
        .angle_rad = (float)remainder(turn, 2 * M_PI),
        .opacity = (float)style_number(s->style, ICON_OPACITY, at),
        .color = style_color(s->style, ICON_COLOR, at),
        .halo = style_color(s->style, ICON_HALO_COLOR, at),
        .halo_px = (float)(style_number(s->style, ICON_HALO_WIDTH, at) * r->scale),
        .halo_blur_px = (float)(style_number(s->style, ICON_HALO_BLUR, at) * r->scale)};

    if (sprite_find(r->map->sprites, s->spec.icon, (unsigned)r->scale, &image))
        r->rc = draw_image_at(r->raster, &image, &look, r->err);
}

static void draw_upright(struct symbol *s)
{
    struct render *r = s->r;
    struct label_option option = {.parts = s->label->parts, .anchor = s->label->anchor};
    struct text_look look;
    double dx = 0;
    double dy = 0;

    if (s->block) {
        label_spec_centre(&s->spec, s->label->anchor, s->size_px[0], s->size_px[1], &dx,
                          &dy);
        option.text =
            (struct label_box){dx - s->size_px[0] / 2, dy - s->size_px[1] / 2,
                               dx + s->size_px[0] / 2, dy + s->size_px[1] / 2};
    }
    if (s->label->parts & LABEL_ICON) {
        double size[2];
        double centre[2];

        label_spec_icon(&s->spec, &option, size, centre);
        draw_icon(s, size, centre, s->spec.icon_rotate_deg * M_PI / 180);
    }
    if (!s->block || r->rc != IM_OK)
        return;
    look = text_look_of(s);
    look.angle_rad = (float)(remainder(s->spec.rotate_deg, 360) * M_PI / 180);
    r->rc = text_draw_look(r->w->fonts, r->raster, s->block,
                           from_corner(s->x + dx * r->scale, s->left),
                           from_corner(s->y + dy * r->scale, s->top), &look, r->err);
}

static void bend(void *ctx, float s_px, float *x_px, float *y_px, float *angle_rad)
{
    struct symbol *s = ctx;
    double x;
    double y;
    double angle;

    label_along_at(&s->along, (double)s_px / s->r->scale, &x, &y, &angle);
    *x_px = from_corner(s->x + (x + s->spec.translate_px[0]) * s->r->scale, s->left);
    *y_px = from_corner(s->y + (y + s->spec.translate_px[1]) * s->r->scale, s->top);
    *angle_rad = (float)remainder(angle, 2 * M_PI);
}

static void draw_along(struct symbol *s)
{
    struct render *r = s->r;
    struct atlas_shape shape =
        atlas_shape(r->ms->layer->layer, s->label->feature,
                    map_detail_zoom(r->map, r->area.zoom)); /* of the plan */
    double scale[4];
    struct text_look look;

    if (!label_scale_at(r->map, r->area.zoom, s->label->world_x, s->label->world_y,
                        scale))
        return;
    for (int i = 0; i < 4; i++)
        scale[i] *= r->stretch;
    if (!label_along_make(&s->spec, &shape, NULL, scale, s->label->world_x,
                          s->label->world_y, s->size_px, &s->along))
        return;
    if (s->label->parts & LABEL_ICON) {
        double centre[2];
        double angle;

        label_along_at(&s->along, 0, &centre[0], &centre[1], &angle);
        draw_icon(s, s->spec.icon_size_px, centre,
                  angle + s->spec.icon_rotate_deg * M_PI / 180);
    }
    if (!s->block || r->rc != IM_OK)
        return;
    look = text_look_of(s);
    r->rc = text_draw_along(r->w->fonts, r->raster, s->block, bend, s, &look, r->err);
}

static void draw_label(struct render *r, const struct label *label)
{
    const struct atlas_layer *layer = r->ms->layer->layer;
    struct style_eval *at = &r->w->at;
    struct symbol s;

    s.r = r;
    s.label = label;
    s.style = r->ms->style;
    s.block = NULL;
    s.size_px[0] = s.size_px[1] = 0;
    style_eval_feature(at, layer, label->feature,
                       atlas_geom(layer, label->feature).kind);
    if (!label_spec_eval(s.style, r->map->sprites, at, &s.spec) || !shape_text(&s))
        return;
    s.spec.parts &= label->parts;
    s.x = label->x * r->stretch * r->scale;
    s.y = label->y * r->stretch * r->scale;
    s.left = (double)r->area.x_px * r->stretch * r->scale;
    s.top = (double)r->area.y_px * r->stretch * r->scale;
    if (label->n_squares)
        draw_along(&s);
    else
        draw_upright(&s);
}

/* ---- clusters ---- */

/* However it is turned. What reaches further would end at the edges of tiles. */
static bool is_within_reach(const struct symbol *s)
{
    const double *icon = s->spec.icon_size_px;
    const double *at = s->spec.icon_at;
    double dx = 0;
    double dy = 0;

    if (s->block)
        label_spec_centre(&s->spec, s->label->anchor, s->size_px[0], s->size_px[1], &dx,
                          &dy);
    return fabs(dx) + fabs(dy) + (s->size_px[0] + s->size_px[1]) / 2 <=
               CLUSTER_LABEL_PX &&
           (!(s->label->parts & LABEL_ICON) ||
            fabs(at[0]) + fabs(at[1]) + (icon[0] + icon[1]) / 2 <= CLUSTER_LABEL_PX);
}

/* Their labels belong into their circles: drawn whatever is around, and not by the
 * plan, which places names. */
static bool draw_cluster(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct label label = {.anchor = ANCHOR_CENTER};
    struct symbol s = {.r = r, .label = &label, .style = r->ms->style};
    double px[2];

    if (!(feature & CLUSTER_BIT) || !enter(r, feature, GEOM_POINT) ||
        !label_spec_eval(s.style, r->map->sprites, &r->w->at, &s.spec))
        return r->rc == IM_OK;
    const uint32_t *xy = points_of(r, feature).xy;
    label.parts = (uint8_t)s.spec.parts;
    if (s.spec.n_anchors)
        label.anchor = (uint8_t)s.spec.anchors[0].anchor;
    if (!shape_text(&s) || !map_pixel_of(r->map, r->area.zoom, xy[0], xy[1], px))
        return r->rc == IM_OK;
    if (!is_within_reach(&s))
        return true;
    s.x = (px[0] - (double)r->area.x_px) * r->stretch * r->scale;
    s.y = (px[1] - (double)r->area.y_px) * r->stretch * r->scale;
    draw_upright(&s);
    return r->rc == IM_OK;
}

void pass_symbol(struct render *r, uint32_t style)
{
    const struct label_hit *hits = r->w->labels.items;

    if (map_style_zoom(r->map, r->area.zoom) <
        atlas_layer_schema(r->ms->layer->layer)->cluster.max_zoom + 1) {
        r->shift_x = r->shift_y = 0;
        visit_ordered(r, SYMBOL_SORT_KEY, NULL, draw_cluster);
    }

    for (uint32_t i = 0; i < r->w->labels.n && r->rc == IM_OK; i++)
        if (hits[i].label.style == style && !is_late(r, 256))
            draw_label(r, &hits[i].label);
}
