/* SPDX-License-Identifier: Apache-2.0 */
/* What lies over the map of a static picture. All lengths are CSS pixels. */
#ifndef TILES_STATIC_FURNITURE_H
#define TILES_STATIC_FURNITURE_H

#include "map.h"
#include "render/pass.h"

#include <tiles/static_map.h>

struct furniture {
    const struct static_map *picture;
    const struct tile_map *map;
    struct tile_worker *w;
    struct raster *raster;
    struct bbox window; /* what the picture shows, degrees */
    struct draw_color paper;
    struct draw_color ink;
    float foot; /* height of the foot */
    struct im_error *err;
};

/** The colours follow from the ground of the map: dark on light or light on dark. */
void furniture_init(struct furniture *f, struct draw_color ground);
/* in this order */
IM_CHECKED enum im_code furniture_markers(struct furniture *f);
IM_CHECKED enum im_code furniture_foot(struct furniture *f);
IM_CHECKED enum im_code furniture_scale_bar(struct furniture *f);
IM_CHECKED enum im_code furniture_title(struct furniture *f);
IM_CHECKED enum im_code furniture_legend(struct furniture *f);

/** Pixel of a place in the picture. */
void static_map_place(
    const struct static_map *picture, double lon, double lat, double *x, double *y);

#endif
