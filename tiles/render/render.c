/* SPDX-License-Identifier: Apache-2.0 */
/* One tile as a picture: for each style layer in order, the features in its window are
 * cut to the tile, grouped by look and drawn; then names from the label plan. */
#include "render/render.h"

#include "render/pass.h"

#include <math.h>

enum { TILE_PX = 256, PNG_LEVEL = 1 };

static void draw_pattern_everywhere(struct render *r)
{
    double opacity = style_number(r->ms->style, BACKGROUND_OPACITY, &r->w->at);
    float x = (float)r->raster->width_px;
    float y = (float)r->raster->height_px;
    const float xy[8] = {0, 0, x, 0, x, y, 0, y};
    const uint32_t n = 4;
    struct draw_path all = {xy, &n, 1};

    r->has_pattern = false;
    if (set_pattern(r, BACKGROUND_PATTERN, (float)opacity))
        r->rc = draw_fill_pattern(r->w->scratch, r->raster, &all, &r->pattern, r->err);
}

static void draw_background(struct render *r)
{
    const struct style_layer *style = r->ms->style;

    /* a layer of its own over what is there would hide it; it is the lowest anyway */
    if (!r->map->is_whole)
        return;
    style_eval_feature(&r->w->at, NULL, 0, GEOM_EMPTY);
    if (style_has(style, BACKGROUND_PATTERN)) {
        draw_pattern_everywhere(r);
        return;
    }
    raster_clear(r->raster, style_color_opacity(style, BACKGROUND_COLOR,
                                                BACKGROUND_OPACITY, &r->w->at));
}

/* ---- the tile ---- */

/* The plan of labels is that of the whole map in both halves. */
static bool is_left_out(const struct render *r)
{
    bool is_label = r->ms->style->type == STYLE_SYMBOL;

    return r->map->part == (is_label ? TILE_PART_GROUND : TILE_PART_LABELS);
}

static void draw_layer(struct render *r, uint32_t i)
{
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
    case STYLE_HEATMAP:
        pass_heatmap(r);
        break;
    case STYLE_SYMBOL:
        pass_symbol(r, i);
        break;
    }
}

/* A clear picture of this size; the memory of the last one where it fits. */
static enum im_code start_picture(struct raster *raster,
                                  uint32_t width_px,
                                  uint32_t height_px,
                                  struct im_error *err)
{
    if (raster->rgba && raster->width_px == width_px &&
        raster->height_px == height_px) {
        memset(raster->rgba, 0, (size_t)width_px * height_px * 4);
        return IM_OK;
    }
    raster_release(raster);
    return raster_init(raster, width_px, height_px, err);
}

/* A style layer that is transparent as a whole: what it paints does not show through
 * itself. */
static void draw_apart(struct render *r, uint32_t i, double opacity)
{
    struct raster *picture = r->raster;

    if (opacity <= 0)
        return;
    r->rc = start_picture(&r->w->layer, picture->width_px, picture->height_px, r->err);
    if (r->rc != IM_OK)
        return;
    r->raster = &r->w->layer;
    draw_layer(r, i);
    r->raster = picture;
    if (r->rc == IM_OK)
        raster_blend(picture, &r->w->layer, (float)opacity);
}

static void draw_style(struct render *r, uint32_t i)
{
    const struct style_layer *style = r->map->styles[i].style;
    double opacity = 1;

    r->ms = &r->map->styles[i];
    if (!style_layer_visible(style, r->w->at.zoom) || is_left_out(r))
        return;
    clip_path_clear(&r->w->path);
    if (style->type == STYLE_FILL)
        opacity = style_number(style, FILL_LAYER_OPACITY, &r->w->at);
    else if (style->type == STYLE_LINE)
        opacity = style_number(style, LINE_LAYER_OPACITY, &r->w->at);
    if (opacity < 1)
        draw_apart(r, i, opacity);
    else
        draw_layer(r, i);
}

static void start_frame(struct render *r)
{
    enum { BEYOND_PX = 1024 };
    const struct render_area *area = &r->area;
    unsigned shift = UNIT_BITS - area->zoom;

    /* vertices in the same half pixel of the world are drawn as one */
    unsigned finer = 1u + (r->scale > 1) + (r->scale > 2) + (r->stretch > 1);

    r->frame =
        (struct tile_frame){.x0 = area->x_px * (1ll << shift),
                            .y0 = area->y_px * (1ll << shift),
                            .scale = r->scale * r->stretch / (double)(1u << shift),
                            .thin_bits = shift > finer ? shift - finer : 0,
                            .beyond = BEYOND_PX};
    if (r->map->is_web_mercator)
        return;
    shift = UNIT_BITS - map_detail_zoom(r->map, area->zoom);
    r->frame.thin_bits = shift > finer + 1 ? shift - finer - 1 : 0;
    projection_open(&r->projection, r->map->grid, area->zoom, (double)area->x_px,
                    (double)area->y_px, r->scale);
    r->frame.projection = &r->projection;
}

enum im_code render_area(const struct tile_map *map,
                         struct tile_worker *w,
                         struct render_area area,
                         unsigned scale,
                         struct raster *raster,
                         struct im_error *err)
{
    struct render r = {.map = map,
                       .w = w,
                       .raster = raster,
                       .area = area,
                       .scale = scale,
                       .stretch = area.stretch > 1 ? area.stretch : 1,
                       .err = err};

    r.late.deadline = &w->deadline;
    start_frame(&r);
    w->at.zoom = map_style_zoom(map, area.zoom) + log2(r.stretch);
    r.ground = render_luma(render_ground(map, &w->at));
    pass_collect_symbols(&r);
    for (uint32_t i = 0;
         i < map->n_styles && r.rc == IM_OK && !is_late(&r, TILE_LATE_STEPS); i++)
        draw_style(&r, i);
    if (r.frame.projection)
        projection_close(&r.projection);
    return r.rc;
}

/* ---- a tile as a file ---- */

/* Only in WebMercatorQuad is a tile of 512 px one of the next matrix, twice as wide. */
static enum im_code fail_large(const struct tile_map *map, struct im_error *err)
{
    im_fail(err, IM_EARG, "tiles of 512 pixels are there in WebMercatorQuad, not in %s",
            tile_grid_id(map->grid));
    return im_zh(err, IM_EARG, "512 像素瓦片仅限 WebMercatorQuad，%s 没有",
                 tile_grid_id(map->grid));
}

static enum im_code check_options(const struct tile_map *map,
                                  const struct tile_picture_options *options,
                                  struct tile_id id,
                                  struct im_error *err)
{
    if (options->scale < 1 || options->scale > RENDER_MAX_SCALE) {
        im_fail(err, IM_EARG, "scale %u is outside 1..%d", options->scale,
                RENDER_MAX_SCALE);
        return im_zh(err, IM_EARG, "倍率 %u 超出 1..%d", options->scale,
                     RENDER_MAX_SCALE);
    }
    if (options->size_px != TILE_PX && options->size_px != 2 * TILE_PX) {
        im_fail(err, IM_EARG, "tile size %u; it is %d or %d", options->size_px, TILE_PX,
                2 * TILE_PX);
        return im_zh(err, IM_EARG, "瓦片边长 %u，应为 %d 或 %d", options->size_px,
                     TILE_PX, 2 * TILE_PX);
    }
    if (options->size_px > TILE_PX && !map->is_web_mercator)
        return fail_large(map, err);
    if (options->size_px > TILE_PX && id.z >= TILE_MAX_ZOOM) {
        im_fail(err, IM_EARG, "zoom %u is outside 0..%d of tiles of %u pixels", id.z,
                TILE_MAX_ZOOM - 1, options->size_px);
        return im_zh(err, IM_EARG, "缩放级别 %u 超出 %u 像素瓦片的 0..%d", id.z,
                     options->size_px, TILE_MAX_ZOOM - 1);
    }
    return IM_OK;
}

struct draw_color render_ground(const struct tile_map *map, struct style_eval *at)
{
    for (uint32_t i = 0; i < map->n_styles; i++) {
        const struct style_layer *style = map->styles[i].style;

        if (style->type == STYLE_BACKGROUND && style_layer_visible(style, at->zoom)) {
            style_eval_feature(at, NULL, 0, GEOM_EMPTY);
            return style_color_opacity(style, BACKGROUND_COLOR, BACKGROUND_OPACITY, at);
        }
    }
    return (struct draw_color){1, 1, 1, 1};
}

static struct raster_encoding encoding_of(const struct tile_picture_options *options)
{
    return (struct raster_encoding){
        .format = options->format, .level = PNG_LEVEL, .rgba = options->rgba};
}

enum im_code tile_render_nothing(const struct tile_picture_options *options,
                                 struct im_buf *out,
                                 struct im_error *err)
{
    uint32_t side = options->size_px * options->scale;
    struct raster_encoding encoding = encoding_of(options);
    struct picture_writer *writer = NULL;
    struct raster raster = {0};
    enum im_code rc;

    if (options->format == PICTURE_JPEG)
        return IM_OK;
    writer = picture_writer_new();
    if (!writer)
        return im_fail(err, IM_ENOMEM, "out of memory for a picture");
    rc = raster_init(&raster, side, side, err);
    if (rc == IM_OK)
        rc = raster_write(writer, &raster, &encoding, out, err);
    picture_writer_free(writer);
    raster_release(&raster);
    return rc;
}

enum im_code tile_render(const struct tile_map *map,
                         struct tile_worker *w,
                         struct tile_id id,
                         const struct tile_picture_options *options,
                         struct im_buf *out,
                         struct im_error *err)
{
    struct raster_encoding encoding = encoding_of(options);
    uint32_t size = options->size_px;
    enum im_code rc = map_check_tile(map, id, err);

    if (rc == IM_OK)
        rc = check_options(map, options, id, err);
    if (rc == IM_OK)
        rc = start_picture(&w->raster, size * options->scale, size * options->scale,
                           err);
    if (rc != IM_OK)
        return rc;
    /* a tile of 512 px is one of the world that is twice as wide */
    struct render_area area = {.zoom = id.z + (size > TILE_PX ? 1 : 0),
                               .x_px = (int64_t)id.x * size,
                               .y_px = (int64_t)id.y * size,
                               .width_px = size,
                               .height_px = size};
    rc = render_area(map, w, area, options->scale, &w->raster, err);
    if (rc != IM_OK)
        return rc;
    encoding.background = render_ground(map, &w->at);
    return raster_write(w->writer, &w->raster, &encoding, out, err);
}

enum im_code tile_render_png(const struct tile_map *map,
                             struct tile_worker *w,
                             struct tile_id id,
                             unsigned scale,
                             struct im_buf *out,
                             struct im_error *err)
{
    return tile_render(
        map, w, id, &(struct tile_picture_options){.size_px = TILE_PX, .scale = scale},
        out, err);
}
