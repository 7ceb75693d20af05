/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes share: which features take part, groups of one look. */
#include "render/pass.h"

#include <math.h>
#include <stdlib.h>

enum {
    /* a group is drawn when it has as many vertices, so that the float buffers of the
     * rasteriser stay small */
    GROUP_MAX_POINTS = 256 * 1024
};

bool same_color(struct draw_color a, struct draw_color b)
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

void flush(struct render *r)
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
bool enter(struct render *r, uint32_t feature, enum geom_kind kind)
{
    const struct atlas_layer *layer = r->ms->layer->layer;

    if (!map_shows(r->map, layer, feature))
        return false;
    style_eval_feature(&r->w->at, layer, feature, kind);
    return style_matches(r->ms->style, &r->w->at);
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
    clip_shape(shape, r->frame, r->box, as_rings, dashes, &r->w->clip, &r->w->path);
    if (r->w->path.failed)
        flush(r);
}

double reach_px(const struct style_layer *style)
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
    case STYLE_HEATMAP:
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

void visit_window(struct render *r, atlas_visit_fn *visit)
{
    double reach = reach_px(r->ms->style);

    r->box = (struct clip_box){-reach * r->scale, -reach * r->scale,
                               (r->area.width_px + reach) * r->scale,
                               (r->area.height_px + reach) * r->scale};
    atlas_window(r->ms->layer->layer,
                 r->frame.projection ? projection_set_window(&r->projection, r->box)
                                     : window_of(&r->area, reach),
                 visit, r);
}
