/* SPDX-License-Identifier: Apache-2.0 */
/* Draws any rectangle of the map; a tile is one of them. */
#ifndef TILES_RENDER_RENDER_H
#define TILES_RENDER_RENDER_H

#include "style/style.h"

#include <tiles/raster.h>
#include <tiles/tile.h>

/** CSS pixels in the world of 256 px tiles at `zoom`, x east, y south. */
struct render_area {
    uint32_t zoom;
    int64_t x_px;
    int64_t y_px;
    uint32_t width_px;
    uint32_t height_px;
    /* 1..2: places lie so much farther apart, what is drawn keeps its size; 0 is 1. The
     * corner stays in pixels of `zoom`. */
    double stretch;
    bool whole_labels; /* leave out names that would be cut by an edge */
};
/** Draws over what `raster` holds; its size is that of the area times `scale`. */
IM_CHECKED enum im_code render_area(const struct tile_map *map,
                                    struct tile_worker *worker,
                                    struct render_area area,
                                    unsigned scale,
                                    struct raster *raster,
                                    struct im_error *err);
/** What a picture without transparency stands on: the map's background, else white. */
struct draw_color render_ground(const struct tile_map *map, struct style_eval *at);

#endif
