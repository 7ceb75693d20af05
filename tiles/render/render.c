/* SPDX-License-Identifier: Apache-2.0 */
/* One tile as a picture: for each style layer in order, the features in its window are
 * cut to the tile, grouped by look and drawn; then names from the label plan. */
#include "render/render.h"

#include "render/pass.h"

enum { TILE_PX = 256 };

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
        pass_fill(r);
        break;
    case STYLE_LINE:
        pass_line(r);
        break;
    case STYLE_CIRCLE:
        pass_circle(r);
        break;
    case STYLE_HEATMAP: /* not drawn yet */
        break;
    case STYLE_SYMBOL:
        pass_symbol(r, i);
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
    pass_collect_symbols(&r);
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
