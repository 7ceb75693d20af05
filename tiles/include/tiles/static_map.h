/* SPDX-License-Identifier: Apache-2.0 */
/* One picture of a map with what a printed page needs: title, legend, scale bar,
 * markers, and always the notice with the review number and the sources. */
#ifndef TILES_STATIC_MAP_H
#define TILES_STATIC_MAP_H

#include <tiles/raster.h>
#include <tiles/tile.h>

enum {
    STATIC_MIN_SIDE_PX = 100,  /* CSS pixels: less has no room for the notice */
    STATIC_MAX_SIDE_PX = 4096, /* of the finished picture */
    STATIC_MAX_MARKERS = 100,
    STATIC_MAX_TITLE_BYTES = 300,
    STATIC_MAX_LABEL_BYTES = 180
};
/* Of centres: the four provinces with room around (the map has no data beyond). */
#define STATIC_MIN_LON 112.0
#define STATIC_MAX_LON 126.0
#define STATIC_MIN_LAT 25.0
#define STATIC_MAX_LAT 37.0

struct static_marker {
    double lon;
    double lat;
    struct im_bytes label; /* may be empty */
    struct draw_color color;
};

/** Where the legend goes: on the map in the corner where it hides least, or beside the
 *  map, which then has less room. AUTO: on the map while it hides less than a fifth. */
enum static_legend {
    STATIC_LEGEND_NONE,
    STATIC_LEGEND_AUTO,
    STATIC_LEGEND_INSIDE,
    STATIC_LEGEND_RIGHT,
    STATIC_LEGEND_BELOW
};

struct static_map {
    double lon; /* of the middle */
    double lat;
    double zoom;       /* of 256 px tiles, 0..22, also between whole ones */
    uint32_t width_px; /* CSS pixels */
    uint32_t height_px;
    unsigned scale; /* 1..3 */
    enum picture_format format;
    const struct static_marker *markers;
    uint32_t n_markers;
    struct im_bytes title;  /* empty: none */
    struct im_bytes notice; /* of the foot, before the sources */
    enum static_legend legend;
    struct bbox box; /* where has_box: what the map has to show, however much room a
                        legend beside it takes; middle and zoom follow from it */
    bool has_box;
    bool has_scale_bar;
};

/** Middle and zoom at which `box` (degrees) just fits into the picture. IM_EARG: the
 * box is empty or not finite. */
IM_CHECKED enum im_code
static_map_fit(struct static_map *picture, struct bbox box, struct im_error *err);

/** Is all in range? IM_EARG with the value and what is allowed. */
IM_CHECKED enum im_code static_map_check(const struct static_map *picture,
                                         struct im_error *err);

/**
 * Draw it: the same pixels as tiles where nothing lies over them. The memory is that of
 * the picture (64 MiB at most) while it is made.
 * Errors: IM_EARG with value and allowed range; those of tile_render.
 */
IM_CHECKED enum im_code static_map_render(const struct static_map *picture,
                                          const struct tile_map *map,
                                          struct tile_worker *worker,
                                          struct im_buf *out,
                                          struct im_error *err);

/** Metres on the ground for a CSS pixel, west to east at this latitude (WGS 84). */
double static_map_m_per_px(double lat_deg, double zoom);
/** A round length of at most `max_m`: 1, 2 or 5 times a power of ten. */
double static_map_round_length(double max_m);

#endif
