/* SPDX-License-Identifier: Apache-2.0 */
/* Circle layers. */
#include "render/pass.h"

#include <math.h>

static struct draw_circle look_of(struct render *r)
{
    const struct style_layer *style = r->ms->style;
    struct style_eval *at = &r->w->at;

    return (struct draw_circle){
        .radius_px = (float)(style_number(style, CIRCLE_RADIUS, at) * r->scale),
        .fill = style_color_opacity(style, CIRCLE_COLOR, CIRCLE_OPACITY, at),
        .stroke_px = (float)(style_number(style, CIRCLE_STROKE_WIDTH, at) * r->scale),
        .stroke =
            style_color_opacity(style, CIRCLE_STROKE_COLOR, CIRCLE_STROKE_OPACITY, at),
        .blur = (float)fmax(0, style_number(style, CIRCLE_BLUR, at))};
}

static void draw_circles_of(struct render *r, struct atlas_shape shape)
{
    struct draw_circle circle = r->is_one_look ? r->circle : look_of(r);

    if (circle.radius_px <= 0 && circle.stroke_px <= 0)
        return;
    for (uint32_t i = 0; i < shape.n_points && r->rc == IM_OK; i++) {
        double xy[2];

        if (frame_point(r->frame, &shape.xy[2 * i], xy) && xy[0] >= r->box.min_x &&
            xy[0] <= r->box.max_x && xy[1] >= r->box.min_y && xy[1] <= r->box.max_y)
            r->rc = draw_circle_at(r->w->sprites, r->w->scratch, r->raster,
                                   (float)(xy[0] + r->shift_x),
                                   (float)(xy[1] + r->shift_y), &circle, r->err);
    }
}

static bool visit_circle(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    enum geom_kind kind = kind_of(r, feature);

    if (kind == GEOM_POINT && enter(r, feature, kind))
        draw_circles_of(r, points_of(r, feature));
    return r->rc == IM_OK;
}

void pass_circle(struct render *r)
{
    static const enum style_property look[] = {
        CIRCLE_RADIUS,       CIRCLE_COLOR,          CIRCLE_OPACITY, CIRCLE_STROKE_WIDTH,
        CIRCLE_STROKE_COLOR, CIRCLE_STROKE_OPACITY, CIRCLE_BLUR};

    set_shift(r, CIRCLE_TRANSLATE);
    r->is_one_look = style_is_one_look(r->ms->style, look, sizeof look / sizeof *look);
    if (r->is_one_look) {
        style_eval_feature(&r->w->at, NULL, 0, GEOM_EMPTY);
        r->circle = look_of(r);
    }
    visit_ordered(r, CIRCLE_SORT_KEY, NULL, visit_circle);
}
