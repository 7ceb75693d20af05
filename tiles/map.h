/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tile_map: its layers, compiled styles in drawing order, caches. */
#ifndef TILES_MAP_H
#define TILES_MAP_H

#include "join.h"
#include "label/plan.h"
#include "style/style.h"
#include "stylesheet_part.h"

#include <tiles/tile.h>

#include <stdatomic.h>

/* LISTED: named one by one in a URL; the whole map may hold more. */
enum { MAP_MAX_LISTED = 64, MAP_MAX_LAYERS = 1024 };

/* Raise it whenever pixels or bytes of tiles change (STYLE 5): stored tiles and ETags
 * depend on it. */
enum { TILE_FORMAT_VERSION = 13 };

struct map_layer {
    const struct atlas_layer *layer;
    struct style style;
    const struct stylesheet_part *part; /* NULL: its own style.json */
    /* Where the label of a feature that is no point belongs: x << 32 | y in world
     * units, 0 while not computed. Whoever needs one first computes it; two threads get
     * the same. NULL for point layers. */
    _Atomic uint64_t *label_points;
    const uint8_t *passes; /* a bit for each feature: the map's filter; NULL: all */
    bool has_label_layer;  /* vector tiles have "<id>_label" beside "<id>" */
    /* of what the map does not hide; NULL while not made, or it hides nothing */
    _Atomic(struct clusters *) clusters;
};

/** The clusters that stand for a layer's points at a zoom; NULL: there are none. */
struct map_clusters {
    const struct clusters *clusters;
    unsigned zoom;
};

#define MAP_OWN_STYLE UINT32_MAX

/* Encoders of vector tiles at rest, with their memory: one for each thread that is at
 * work on this map at the same time. */
enum { MVT_SPARES = 8 };
struct mvt_spares {
    _Atomic(void *) encoders[MVT_SPARES];
    atomic_size_t bytes; /* of those at rest */
};
void mvt_spares_release(struct mvt_spares *spares);

/** One style layer in drawing order. */
struct map_style {
    const struct style_layer *style;
    const struct map_layer *layer; /* of a stylesheet's background: any */
    uint32_t position; /* among the layers of the stylesheet, or MAP_OWN_STYLE */
};

struct tile_map {
    atomic_uint refs;
    const struct atlas *atlas;
    struct im_arena *arena; /* styles */
    enum lang lang;
    bool leave_out_unreviewed;
    bool is_web_mercator;
    bool is_whole;                /* "map": its background is drawn */
    const struct tile_grid *grid; /* never NULL */
    const char *filter;           /* in the arena; NULL: none */
    enum tile_part part;
    uint64_t look; /* of all that tiles are made of but for the rows */
    uint64_t version;
    struct bbox extent;
    uint32_t n_layers;
    struct map_layer layers[MAP_MAX_LAYERS];
    uint32_t n_styles;
    const struct map_style
        *styles; /* by metadata.order; of equal ones those of the
                    stylesheet first, then layer, place in the file */
    const struct stylesheet *stylesheet; /* NULL: the layers' own styles */
    struct map_joins joins;              /* of the stylesheet */
    const struct sprite_sheet *sprites;  /* NULL: none */
    struct style ground;                 /* background of the stylesheet */
    const struct stylesheet_part *ground_part;
    struct mvt_spares mvt_spares;
    struct label_plan *plan;
    struct content_memo *content; /* versions of tiles, see content.c */
    size_t made_bytes;            /* of what never grows */
};

/** May this feature be shown in this profile? */
bool map_shows(const struct tile_map *map,
               const struct atlas_layer *layer,
               uint32_t feature);
/** The stylesheet as JSON, joins filled in; NULL: none. To be read as stylesheet_root.
 */
const json_t *map_sheet_root(const struct tile_map *map);
/** World units of a feature's label: its first point, the middle of its longest line,
 *  an inner point of its largest area. False when it has no position. */
bool map_label_point(const struct map_layer *layer,
                     uint32_t feature,
                     uint32_t *x,
                     uint32_t *y);
/** Zoom of the style at matrix z of the map's grid: z - 1 in WebMercatorQuad, whose
 *  tiles have 256 px. */
double map_style_zoom(const struct tile_map *map, uint32_t z);
/** Zoom of the atlas's shapes for pixels of matrix z. */
unsigned map_detail_zoom(const struct tile_map *map, uint32_t z);
/** IM_EARG: there is no such tile in the map's grid. */
IM_CHECKED enum im_code
map_check_tile(const struct tile_map *map, struct tile_id id, struct im_error *err);

/** Degrees that the grid shows. */
struct bbox map_grid_bounds(const struct tile_map *map);

/* Where things stand in the pixels of a matrix: CSS pixels of 256 px tiles from its
 * upper left corner, x east, y south. Matrices of a grid need not be twice as fine as
 * those before: positions of one say nothing of those of another. */

/** False where the grid's CRS has no such position. */
bool map_pixel_of(const struct tile_map *map,
                  uint32_t z,
                  double world_x,
                  double world_y,
                  double out_px[2]);
/** The degrees that hold a rectangle of such pixels. */
struct bbox map_pixel_window(const struct tile_map *map,
                             uint32_t z,
                             double min_x,
                             double min_y,
                             double max_x,
                             double max_y);
/**
 * The clusters of a layer at a style zoom, made when first asked for. Where the map
 * hides rows (filter, profile) they are its own: what is hidden is not counted. False
 * without memory.
 */
IM_CHECKED bool map_clusters(const struct tile_map *map,
                             const struct map_layer *layer,
                             double style_zoom,
                             struct map_clusters *out);
/** Is there no work left in map_clusters? */
bool map_clusters_are_ready(const struct tile_map *map, const struct map_layer *layer);
/** The clusters and single features of a window, where there are clusters at this zoom,
 *  else the features, as atlas_window. */
bool map_window(const struct map_layer *layer,
                struct map_clusters clusters,
                struct bbox window,
                atlas_visit_fn *visit,
                void *ctx);
/** Does this style layer write names? */
bool map_style_writes(const struct style_layer *style);
/** Do vector tiles say STYLE_LABEL_ZOOM of this layer? Not where the layer has a field
 * of that name, which is kept. */
bool map_says_label_zoom(const struct tile_map *map, const struct map_layer *layer);
/** Is any style layer of this map layer drawn somewhere in [from, to)? */
bool map_layer_drawn(const struct map_layer *layer, double from, double to);

#endif
