/* SPDX-License-Identifier: Apache-2.0 */
/* A static map: where it is, the map itself, then what lies over it. */
#include <tiles/static_map.h>

#include "render/render.h"
#include "static/furniture.h"

#include <math.h>

enum { TILE_PX = 256, PNG_LEVEL = 6 };

static const double WGS84_A_M = 6378137;
static const double WGS84_E2 = 0.00669437999014;
static const double MAX_LAT = 85.0511287798066;

/* ---- where ---- */

/* Spherical Mercator on a unit square, as the grid WebMercatorQuad. */
static double unit_x(double lon)
{
    return lon / 360 + 0.5;
}

static double unit_y(double lat)
{
    return 0.5 - log(tan(M_PI / 4 + lat * M_PI / 360)) / (2 * M_PI);
}

static double unit_lat(double y)
{
    return atan(sinh((0.5 - y) * 2 * M_PI)) * 180 / M_PI;
}

static double world_px(double zoom)
{
    return TILE_PX * exp2(zoom);
}

void static_map_place(
    const struct static_map *picture, double lon, double lat, double *x, double *y)
{
    double size = world_px(picture->zoom);

    *x = (unit_x(lon) - unit_x(picture->lon)) * size + picture->width_px / 2.0;
    *y = (unit_y(lat) - unit_y(picture->lat)) * size + picture->height_px / 2.0;
}

double static_map_m_per_px(double lat_deg, double zoom)
{
    double lat = lat_deg * M_PI / 180;
    /* radius of the parallel */
    double r = WGS84_A_M * cos(lat) / sqrt(1 - WGS84_E2 * sin(lat) * sin(lat));

    return 2 * M_PI * r / world_px(zoom);
}

double static_map_round_length(double max_m)
{
    double power = pow(10, floor(log10(max_m)));

    return max_m >= 5 * power ? 5 * power : max_m >= 2 * power ? 2 * power : power;
}

enum im_code
static_map_fit(struct static_map *picture, struct bbox box, struct im_error *err)
{
    double x0 = unit_x(box.min_x);
    double x1 = unit_x(box.max_x);
    double y0 = unit_y(fmin(MAX_LAT, box.max_y));
    double y1 = unit_y(fmax(-MAX_LAT, box.min_y));

    if (!(box.min_x < box.max_x) || !(box.min_y < box.max_y) || !isfinite(x1 - x0) ||
        !isfinite(y1 - y0)) {
        im_fail(err, IM_EARG,
                "the box %g,%g,%g,%g is empty; it is minlon,minlat,maxlon,maxlat",
                box.min_x, box.min_y, box.max_x, box.max_y);
        return im_zh(err, IM_EARG,
                     "范围 %g,%g,%g,%g 为空；应为 最小经度,最小纬度,最大经度,最大纬度",
                     box.min_x, box.min_y, box.max_x, box.max_y);
    }
    double size = fmin(picture->width_px / (x1 - x0), picture->height_px / (y1 - y0));
    picture->zoom = fmin(TILE_MAX_ZOOM, fmax(0, log2(size / TILE_PX)));
    picture->lon = (box.min_x + box.max_x) / 2;
    picture->lat = unit_lat((y0 + y1) / 2);
    return IM_OK;
}

/* ---- what is asked ---- */

static enum im_code refuse(struct im_error *err,
                           const char *name,
                           const char *name_zh,
                           double value,
                           double min,
                           double max)
{
    im_fail(err, IM_EARG, "%s is %g, allowed is %g..%g", name, value, min, max);
    return im_zh(err, IM_EARG, "%s为 %g，允许范围是 %g..%g", name_zh, value, min, max);
}

enum im_code static_map_check(const struct static_map *p, struct im_error *err)
{
    uint32_t side = p->width_px > p->height_px ? p->width_px : p->height_px;
    uint32_t least = p->width_px < p->height_px ? p->width_px : p->height_px;

    if (!(p->lon >= STATIC_MIN_LON && p->lon <= STATIC_MAX_LON))
        return refuse(err, "the longitude of the middle", "中心经度", p->lon,
                      STATIC_MIN_LON, STATIC_MAX_LON);
    if (!(p->lat >= STATIC_MIN_LAT && p->lat <= STATIC_MAX_LAT))
        return refuse(err, "the latitude of the middle", "中心纬度", p->lat,
                      STATIC_MIN_LAT, STATIC_MAX_LAT);
    if (!(p->zoom >= 0 && p->zoom <= TILE_MAX_ZOOM))
        return refuse(err, "zoom", "缩放级别", p->zoom, 0, TILE_MAX_ZOOM);
    if (p->scale < 1 || p->scale > 3)
        return refuse(err, "scale", "倍率", p->scale, 1, 3);
    if (least < STATIC_MIN_SIDE_PX || side > STATIC_MAX_SIDE_PX / p->scale)
        return refuse(err, "a side of the picture, in CSS pixels",
                      "图片边长（CSS 像素）", least < STATIC_MIN_SIDE_PX ? least : side,
                      STATIC_MIN_SIDE_PX, STATIC_MAX_SIDE_PX / p->scale);
    if (p->n_markers > STATIC_MAX_MARKERS)
        return refuse(err, "the number of markers", "标记个数", p->n_markers, 0,
                      STATIC_MAX_MARKERS);
    return IM_OK;
}

/* ---- drawing ---- */

/* The map is drawn as tiles of the whole zoom below are; between two of them places
 * move apart while what is drawn keeps its size. */
static struct render_area area_of(const struct static_map *p)
{
    double zoom = floor(p->zoom);
    double stretch = exp2(p->zoom - zoom);
    double size = world_px(zoom);

    return (struct render_area){
        .zoom = (uint32_t)zoom,
        .x_px = llround(unit_x(p->lon) * size - p->width_px / 2.0 / stretch),
        .y_px = llround(unit_y(p->lat) * size - p->height_px / 2.0 / stretch),
        .width_px = p->width_px,
        .height_px = p->height_px,
        .stretch = stretch,
        .whole_labels = true};
}

/* Into the upper left corner of the page. */
static void
place_view(struct raster *page, const struct raster *view, struct draw_color ground)
{
    raster_clear(page, ground);
    for (uint32_t y = 0; y < view->height_px; y++)
        memcpy(page->rgba + 4 * (size_t)page->width_px * y,
               view->rgba + 4 * (size_t)view->width_px * y, 4 * (size_t)view->width_px);
}

/* A legend beside the map has its own part of the page: names are not cut by it. */
static enum im_code draw_view(struct furniture *f, struct draw_color ground)
{
    const struct static_map *v = &f->view;
    bool is_whole =
        v->width_px == f->page->width_px && v->height_px == f->page->height_px;
    struct raster part = {0};
    struct raster *raster = is_whole ? f->raster : &part;
    enum im_code rc = IM_OK;

    if (!is_whole)
        rc =
            raster_init(&part, v->width_px * v->scale, v->height_px * v->scale, f->err);
    if (rc == IM_OK) {
        /* a page is not seen through */
        raster_clear(raster, ground);
        rc = render_area(f->map, f->w, area_of(v), v->scale, raster, f->err);
    }
    if (rc == IM_OK && !is_whole) {
        struct draw_color paper = f->paper;

        paper.a = 1;
        place_view(f->raster, &part, paper);
    }
    raster_release(&part);
    return rc;
}

static enum im_code look_at_view(struct furniture *f)
{
    shown_free(f->shown);
    f->shown = NULL;
    if (f->view.has_box) {
        enum im_code rc = static_map_fit(&f->view, f->view.box, f->err);

        if (rc != IM_OK)
            return rc;
    }
    return shown_new(f->map, f->w, area_of(&f->view), &f->shown, f->err);
}

static enum im_code draw_furniture(struct furniture *f, struct legend *legend)
{
    const struct static_map *p = f->page;
    enum im_code rc = furniture_markers(f);

    if (rc == IM_OK)
        rc = furniture_foot(f);
    if (rc == IM_OK && p->has_scale_bar)
        rc = furniture_scale_bar(f);
    if (rc == IM_OK && p->title.len)
        rc = furniture_title(f);
    return rc == IM_OK && legend ? legend_draw(legend) : rc;
}

/* What is shown, then how much room foot and legend take of it. */
static enum im_code arrange(struct furniture *f, struct legend **legend)
{
    enum im_code rc = look_at_view(f);

    if (rc == IM_OK)
        rc = furniture_measure_foot(f);
    f->bottom = (float)f->view.height_px - f->foot;
    if (rc != IM_OK || f->page->legend == STATIC_LEGEND_NONE)
        return rc;
    rc = legend_new(f, legend);
    if (rc == IM_OK)
        rc = legend_arrange(*legend);
    if (rc != IM_OK || (f->view.width_px == f->page->width_px &&
                        f->view.height_px == f->page->height_px))
        return rc;
    /* beside it there is less of the map; the room for both stays */
    rc = look_at_view(f);
    if (rc == IM_OK)
        legend_refresh(*legend);
    return rc;
}

enum im_code static_map_render(const struct static_map *p,
                               const struct tile_map *map,
                               struct tile_worker *w,
                               struct im_buf *out,
                               struct im_error *err)
{
    struct raster raster = {0};
    struct raster_encoding encoding = {.format = p->format, .level = PNG_LEVEL};
    struct furniture f = {
        .page = p, .view = *p, .map = map, .w = w, .raster = &raster, .err = err};
    float side = (float)(p->width_px < p->height_px ? p->width_px : p->height_px);

    struct legend *legend = NULL;
    enum im_code rc = static_map_check(p, err);

    f.size = fminf(fmaxf(side / 700, 1), 2.5f);
    if (rc == IM_OK)
        rc = raster_init(&raster, p->width_px * p->scale, p->height_px * p->scale, err);
    if (rc == IM_OK) {
        w->at.zoom = map_style_zoom(map, (uint32_t)p->zoom);
        encoding.background = render_ground(map, &w->at);
        furniture_init(&f, encoding.background);
        rc = arrange(&f, &legend);
    }
    if (rc == IM_OK)
        rc = draw_view(&f, encoding.background);
    if (rc == IM_OK)
        rc = draw_furniture(&f, legend);
    if (rc == IM_OK)
        rc = raster_write(w->writer, &raster, &encoding, out, err);
    legend_free(legend);
    shown_free(f.shown);
    raster_release(&raster);
    return rc;
}
