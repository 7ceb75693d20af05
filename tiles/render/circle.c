/* SPDX-License-Identifier: Apache-2.0 */
/* Circle layers: collected, put in order, drawn. */
#include "render/pass.h"

#include <stdlib.h>

struct circle_hit {
    double sort_key;
    uint32_t sequence; /* along the Hilbert curve: the same in neighbouring tiles */
    uint32_t feature;
};

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
        double xy[2];

        if (frame_point(r->frame, &shape.xy[2 * i], xy) && xy[0] >= r->box.min_x &&
            xy[0] <= r->box.max_x && xy[1] >= r->box.min_y && xy[1] <= r->box.max_y)
            r->rc = draw_circle_at(r->w->sprites, r->w->scratch, r->raster,
                                   (float)xy[0], (float)xy[1], &circle, r->err);
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

void pass_circle(struct render *r)
{
    r->w->circles.n = 0;
    visit_window(r, visit_circle);
    if (r->rc == IM_OK)
        draw_circles(r);
}
