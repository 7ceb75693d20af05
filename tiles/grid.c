/* SPDX-License-Identifier: Apache-2.0 */
/* Tile grids: WebMercatorQuad (OGC 17-083r4, annex D.1), which is always there, and
 * what all grids have in common. */
#include "grid_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PI 3.14159265358979323846
/* Styles are made for the latitude of the Yangtze delta. */
static const double STYLE_LAT_DEG = 31;

enum im_code tile_id_check(struct tile_id id, struct im_error *err)
{
    if (id.z > TILE_MAX_ZOOM) {
        im_fail(err, IM_EARG, "zoom %u is outside 0..%u", id.z, TILE_MAX_ZOOM);
        return im_zh(err, IM_EARG, "缩放级别 %u 超出 0..%u", id.z, TILE_MAX_ZOOM);
    }
    uint32_t last = (1u << id.z) - 1;
    if (id.x > last) {
        im_fail(err, IM_EARG, "x %u is outside 0..%u at zoom %u", id.x, last, id.z);
        return im_zh(err, IM_EARG, "x 为 %u，超出 0..%u（第 %u 级）", id.x, last, id.z);
    }
    if (id.y > last) {
        im_fail(err, IM_EARG, "y %u is outside 0..%u at zoom %u", id.y, last, id.z);
        return im_zh(err, IM_EARG, "y 为 %u，超出 0..%u（第 %u 级）", id.y, last, id.z);
    }
    return IM_OK;
}

struct bbox tile_bounds(struct tile_id id, double buffer)
{
    double units = (double)(1ull << (WORLD_BITS - id.z)); /* world units a tile */
    double end = (double)(1ull << WORLD_BITS);
    double west = fmax(0, ((double)id.x - buffer) * units);
    double east = fmin(end, ((double)id.x + 1 + buffer) * units);
    double north = fmax(0, ((double)id.y - buffer) * units);
    double south = fmin(end, ((double)id.y + 1 + buffer) * units);

    /* what lies beyond the last latitude of the grid is drawn at its edge */
    return (struct bbox){world_lon(west), south >= end ? -90 : world_lat(south),
                         world_lon(east), north <= 0 ? 90 : world_lat(north)};
}

enum im_code
tile_grid_check(const struct tile_grid *grid, struct tile_id id, struct im_error *err)
{
    const char *name[2] = {"x", "y"};
    uint32_t at[2] = {id.x, id.y};
    uint32_t last[2];

    if (id.z >= grid->depth) {
        im_fail(err, IM_EARG, "zoom %u is outside 0..%u of %s", id.z, grid->depth - 1,
                grid->id);
        return im_zh(err, IM_EARG, "缩放级别 %u 超出 %s 的 0..%u", id.z, grid->id,
                     grid->depth - 1);
    }
    last[0] = grid->matrices[id.z].n_cols - 1;
    last[1] = grid->matrices[id.z].n_rows - 1;
    for (int i = 0; i < 2; i++) {
        if (at[i] <= last[i])
            continue;
        im_fail(err, IM_EARG, "%s %u is outside 0..%u at zoom %u of %s", name[i], at[i],
                last[i], id.z, grid->id);
        return im_zh(err, IM_EARG, "%s 为 %u，超出 0..%u（%s 第 %u 级）", name[i],
                     at[i], last[i], grid->id, id.z);
    }
    return IM_OK;
}

/* ---- what follows from the numbers ---- */

static bool is_mercator_plane(const struct tile_grid *grid)
{
    return grid->kind == GRID_MERCATOR || grid->kind == GRID_GCJ02;
}

/* At 31 N a pixel of Web Mercator is smaller than its scale at the equator says. */
static double style_zoom_of(const struct tile_grid *grid, const struct grid_matrix *m)
{
    double shrinks = cos(STYLE_LAT_DEG * PI / 180);
    double ground_m =
        m->scale_denominator * GRID_PIXEL_M * (is_mercator_plane(grid) ? shrinks : 1);
    double zoom = log2(2 * PI * GRID_EARTH_M * shrinks / 512 / ground_m);

    return fabs(zoom - round(zoom)) < 1e-6 ? round(zoom) : zoom;
}

/* The zoom of Web Mercator whose pixels are as small as the smallest of this matrix:
 * one for all of it, so that neighbouring tiles have the same outlines. */
static uint32_t detail_of(const struct tile_grid *grid, const struct grid_matrix *m)
{
    double lowest = grid->area.min_y > 0   ? grid->area.min_y
                    : grid->area.max_y < 0 ? grid->area.max_y
                                           : 0;
    double shrinks = grid->kind == GRID_PROJ ? cos(lowest * PI / 180) : 1;
    double ground_m = m->cell_size * grid->metres_per_unit;
    double zoom = log2(2 * PI * GRID_EARTH_M * shrinks / 256 / ground_m);

    return (uint32_t)fmin(TILE_MAX_ZOOM, fmax(0, ceil(zoom - 0.01)));
}

enum im_code grid_derive(struct tile_grid *grid, struct im_error *err)
{
    for (uint32_t z = 0; z < grid->depth; z++) {
        struct grid_matrix *m = &grid->matrices[z];
        double side = m->cell_size * m->tile_px;

        if (!(fmax(m->n_cols, m->n_rows) * side <= 1e9)) {
            im_fail(err, IM_EDATA, "tileMatrices[%u]: it is over 1e9 units wide", z);
            return im_zh(err, IM_EDATA, "tileMatrices[%u]：宽度超过 1e9", z);
        }
        m->style_zoom = style_zoom_of(grid, m);
        grid->detail[z] = detail_of(grid, m);
    }
    return IM_OK;
}

/* ---- the grid that is always there ---- */

#define HALF (PI * GRID_EARTH_M)
#define CELL(z) (2 * HALF / GRID_TILE_PX / (double)(1u << (z)))
#define MATRIX(z)                                                                      \
    {                                                                                  \
#z, CELL(z) / GRID_PIXEL_M, CELL(z),                                           \
            {-HALF, HALF }, 1u << (z), 1u << (z), GRID_TILE_PX, (z)-1.0                \
    }
static const struct tile_grid WEB_MERCATOR = {
    .id = "WebMercatorQuad",
    .title = {"全球 Web 墨卡托", "Web Mercator of the world"},
    .uri = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
    .scale_set = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
    .crs_uri = "http://www.opengis.net/def/crs/EPSG/0/3857",
    .crs_code = "EPSG:3857",
    .kind = GRID_MERCATOR,
    .is_web_mercator_quad = true,
    .axes = {"X", "Y"},
    .metres_per_unit = 1,
    .area = {-180, -90, 180, 90},
    .depth = GRID_MAX_DEPTH,
    .matrices = {MATRIX(0),  MATRIX(1),  MATRIX(2),  MATRIX(3),  MATRIX(4),  MATRIX(5),
                 MATRIX(6),  MATRIX(7),  MATRIX(8),  MATRIX(9),  MATRIX(10), MATRIX(11),
                 MATRIX(12), MATRIX(13), MATRIX(14), MATRIX(15), MATRIX(16), MATRIX(17),
                 MATRIX(18), MATRIX(19), MATRIX(20), MATRIX(21), MATRIX(22)},
    .detail = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
               12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22}};

const struct tile_grid *tile_grid_web_mercator(void)
{
    return &WEB_MERCATOR;
}

void tile_grid_free(struct tile_grid *grid)
{
    if (!grid)
        return;
    grid_pool_free(grid->pool);
    free(grid);
}

/* ---- asking ---- */

const char *tile_grid_id(const struct tile_grid *grid)
{
    return grid->id;
}

const char *tile_grid_title(const struct tile_grid *grid, enum lang lang)
{
    if (grid->title[lang][0])
        return grid->title[lang];
    return grid->title[!lang][0] ? grid->title[!lang] : grid->id;
}

const char *tile_grid_crs(const struct tile_grid *grid)
{
    return grid->crs_uri[0] ? grid->crs_uri : NULL;
}

uint32_t tile_grid_depth(const struct tile_grid *grid)
{
    return grid->depth;
}

const struct grid_matrix *tile_grid_matrix(const struct tile_grid *grid, uint32_t zoom)
{
    return &grid->matrices[zoom];
}

const char *tile_grid_uri(const struct tile_grid *grid)
{
    return grid->uri[0] ? grid->uri : NULL;
}

const char *tile_grid_crs_code(const struct tile_grid *grid)
{
    return grid->crs_uri[0] ? grid->crs_code : NULL;
}

bool tile_grid_is_north_first(const struct tile_grid *grid)
{
    return grid->crs_north_first;
}

double tile_grid_metres_per_unit(const struct tile_grid *grid)
{
    return grid->metres_per_unit;
}

/* ---- the set as JSON ---- */

static void put_exact(struct im_json *w, double value)
{
    char text[IM_NUMBER_MAX];

    im_json_raw(w, (struct im_bytes){(uint8_t *)text, im_format_exact(text, value)});
}

static void put_text(struct im_json *w, const char *key, const char *text)
{
    im_json_key(w, key);
    im_json_text(w, text);
}

static void put_number(struct im_json *w, const char *key, double value)
{
    im_json_key(w, key);
    put_exact(w, value);
}

static void write_matrix(const struct tile_grid *grid,
                         const struct grid_matrix *m,
                         struct im_json *w)
{
    im_json_object(w);
    put_text(w, "id", m->id);
    put_number(w, "scaleDenominator", m->scale_denominator);
    put_number(w, "cellSize", m->cell_size);
    put_text(w, "cornerOfOrigin", "topLeft");
    im_json_key(w, "pointOfOrigin");
    im_json_array(w);
    put_exact(w, m->origin[grid->written_north_first ? 1 : 0]);
    put_exact(w, m->origin[grid->written_north_first ? 0 : 1]);
    im_json_array_end(w);
    im_json_key(w, "tileWidth");
    im_json_int(w, m->tile_px);
    im_json_key(w, "tileHeight");
    im_json_int(w, m->tile_px);
    im_json_key(w, "matrixWidth");
    im_json_int(w, m->n_cols);
    im_json_key(w, "matrixHeight");
    im_json_int(w, m->n_rows);
    im_json_object_end(w);
}

void tile_grid_write(const struct tile_grid *grid, struct im_json *w)
{
    im_json_object(w);
    put_text(w, "id", grid->id);
    put_text(w, "title", tile_grid_title(grid, LANG_EN));
    if (grid->uri[0])
        put_text(w, "uri", grid->uri);
    if (grid->crs_uri[0])
        put_text(w, "crs", grid->crs_uri);
    im_json_key(w, "orderedAxes");
    im_json_array(w);
    im_json_text(w, grid->axes[0]);
    im_json_text(w, grid->axes[1]);
    im_json_array_end(w);
    if (grid->scale_set[0])
        put_text(w, "wellKnownScaleSet", grid->scale_set);
    im_json_key(w, "tileMatrices");
    im_json_array(w);
    for (uint32_t z = 0; z < grid->depth; z++)
        write_matrix(grid, &grid->matrices[z], w);
    im_json_array_end(w);
    im_json_object_end(w);
}
