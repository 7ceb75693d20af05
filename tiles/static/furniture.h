/* SPDX-License-Identifier: Apache-2.0 */
/* What lies over the map of a static picture. All lengths are CSS pixels. */
#ifndef TILES_STATIC_FURNITURE_H
#define TILES_STATIC_FURNITURE_H

#include "map.h"
#include "render/pass.h"
#include "static/shown.h"

#include <tiles/static_map.h>

/* A rectangle of the page that must not be covered any more. */
struct furniture_box {
    float x, y, w, h;
};
enum { FURNITURE_BOXES = 2 + STATIC_MAX_MARKERS };

struct legend;

struct furniture {
    const struct static_map *page; /* as it was asked for */
    struct static_map view;        /* the map in it, from the upper left corner on */
    const struct tile_map *map;
    struct tile_worker *w;
    struct raster *raster;
    struct shown *shown; /* what is in the view */
    struct draw_color paper;
    struct draw_color ink;
    float size;   /* of texts, against those of a page of 700 px */
    float foot;   /* height of the foot */
    float bottom; /* of the view, where no foot lies over it */
    struct furniture_box taken[FURNITURE_BOXES];
    uint32_t n_taken;
    struct im_error *err;
};

/** The colours follow from the ground of the map: dark on light or light on dark. */
void furniture_init(struct furniture *f, struct draw_color ground);
/** Sets f->foot; the sources are those of what is shown. */
IM_CHECKED enum im_code furniture_measure_foot(struct furniture *f);
/* in this order */
IM_CHECKED enum im_code furniture_markers(struct furniture *f);
IM_CHECKED enum im_code furniture_foot(struct furniture *f);
IM_CHECKED enum im_code furniture_scale_bar(struct furniture *f);
IM_CHECKED enum im_code furniture_title(struct furniture *f);
void furniture_take(struct furniture *f, float x, float y, float w, float h);

/** The rows for what is shown. Errors: IM_ENOMEM; those of texts. */
IM_CHECKED enum im_code legend_new(struct furniture *f, struct legend **out);
void legend_free(struct legend *legend);
/** Settles where it goes and takes its room from f->view when that is beside the map.
 */
IM_CHECKED enum im_code legend_arrange(struct legend *legend);
/** Its rows again, for what is shown now; it stays where it is. */
void legend_refresh(struct legend *legend);
/** The last of all. */
IM_CHECKED enum im_code legend_draw(struct legend *legend);

/** Pixel of a place in the picture. */
void static_map_place(
    const struct static_map *picture, double lon, double lat, double *x, double *y);

#endif
