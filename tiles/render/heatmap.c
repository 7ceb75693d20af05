/* SPDX-License-Identifier: Apache-2.0 */
/* Heatmap layers: points collected, by radius summed, coloured. */
#include "render/pass.h"

#include <math.h>
#include <stdlib.h>

struct heat_hit {
    struct draw_heat_point point;
    float radius_px;
    uint32_t sequence; /* sums do not depend on how the sort treats equals */
};

/* Each radius costs a pass over the picture. Where it depends on the feature, radii are
 * whole pixels up to 16, then steps of an eighth of an octave: at most 64 passes. */
static double stepped(double radius_px)
{
    if (radius_px <= 16)
        return fmax(1, floor(radius_px + 0.5));
    return exp2(floor(log2(radius_px) * 8 + 0.5) / 8);
}

static double radius_of(const struct render *r)
{
    const struct style_layer *style = r->ms->style;
    const struct expr *e = style->properties[HEATMAP_RADIUS];
    double radius = style_number(style, HEATMAP_RADIUS, &r->w->at) * r->scale;

    if (e && (e->depends & EXPR_FEATURE))
        radius = stepped(radius);
    return fmin(radius, DRAW_MAX_HEAT_PX);
}

static bool visit_heat(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    enum geom_kind kind = kind_of(r, feature);
    struct growing *heat = &r->w->heat;

    if (kind != GEOM_POINT || !enter(r, feature, kind))
        return r->rc == IM_OK;
    struct atlas_shape shape = points_of(r, feature);
    double weight = style_number(r->ms->style, HEATMAP_WEIGHT, &r->w->at);
    double radius = radius_of(r);

    for (uint32_t i = 0; i < shape.n_points && weight > 0 && radius > 0; i++) {
        struct heat_hit *hit;
        double xy[2];

        if (!frame_point(r->frame, &shape.xy[2 * i], xy) || xy[0] < r->box.min_x ||
            xy[0] > r->box.max_x || xy[1] < r->box.min_y || xy[1] > r->box.max_y)
            continue;
        hit = growing_add(heat, sizeof *hit);
        if (!hit) {
            r->rc = im_fail(r->err, IM_ENOMEM, "heatmap");
            return false;
        }
        *hit = (struct heat_hit){
            {(float)xy[0], (float)xy[1], (float)weight}, (float)radius, heat->n};
    }
    return true;
}

static int by_radius(const void *a, const void *b)
{
    const struct heat_hit *p = a;
    const struct heat_hit *q = b;

    if (p->radius_px != q->radius_px)
        return p->radius_px < q->radius_px ? -1 : 1;
    return (p->sequence > q->sequence) - (p->sequence < q->sequence);
}

/* The points of one radius stand together; they are moved to the front of the array,
 * where nothing is needed any more. */
static void sum_radii(struct render *r)
{
    struct heat_hit *hits = r->w->heat.items;
    struct draw_heat_point *points = r->w->heat.items;
    uint32_t n = r->w->heat.n;

    for (uint32_t first = 0, last; first < n && r->rc == IM_OK; first = last) {
        float radius = hits[first].radius_px;

        for (last = first; last < n && hits[last].radius_px == radius; last++)
            memmove(&points[last - first], &hits[last].point, sizeof *points);
        /* a pass over the picture each */
        if (!is_late(r, TILE_LATE_STEPS))
            r->rc =
                draw_heat_points(r->w->heat_sums, points, last - first, radius, r->err);
    }
}

void pass_heatmap(struct render *r)
{
    const struct style_layer *style = r->ms->style;
    struct growing *heat = &r->w->heat;
    struct draw_color ramp[STYLE_RAMP];

    heat->n = 0;
    r->shift_x = r->shift_y = 0;
    visit_window(r, visit_heat);
    if (r->rc != IM_OK || heat->n == 0)
        return;
    qsort(heat->items, heat->n, sizeof(struct heat_hit), by_radius);
    r->rc = draw_heat_begin(r->w->heat_sums, r->raster, r->err);
    if (r->rc == IM_OK)
        sum_radii(r);
    if (r->rc != IM_OK)
        return;
    style_heatmap_ramp(style, &r->w->at, ramp);
    draw_heat_blend(r->w->heat_sums, r->raster,
                    (float)style_number(style, HEATMAP_INTENSITY, &r->w->at), ramp,
                    (float)style_number(style, HEATMAP_OPACITY, &r->w->at));
}
