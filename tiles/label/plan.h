/* SPDX-License-Identifier: Apache-2.0 */
/* The label plan: which names are shown at a zoom, and where. Placed once for the whole
 * map, not per tile (DESIGN 5): names never break at a tile's edge and never flicker.
 */
#ifndef TILES_LABEL_PLAN_H
#define TILES_LABEL_PLAN_H

#include <tiles/text.h>
#include <tiles/tile.h>

#include <pthread.h>
#include <stdatomic.h>

struct tile_map;
struct map_layer;

/**
 * One shown label, in world pixels: CSS pixels of 256 px tiles at the plan's zoom.
 *
 * The box that keeps others away is the text with its padding and the labelled point.
 * Because it holds the point, two labels whose boxes are apart at one zoom are apart at
 * all later ones: positions move apart by 2 a zoom while texts grow by less. That is
 * why a label, once shown, can stay.
 */
struct label {
    uint32_t style;   /* index into the styles of the map */
    uint32_t feature; /* of that style's layer */
    uint8_t anchor;   /* enum style_anchor */
    uint8_t first_zoom;
    bool is_free; /* text-allow-overlap: placed without asking */
    bool blocks;  /* keeps others away: not text-ignore-placement */
    double x;     /* the labelled point */
    double y;
    float min_x; /* the box, relative to it */
    float min_y;
    float max_x;
    float max_y;
};

struct label_plan {
    uint32_t zoom;
    uint32_t n; /* in order of priority: earlier ones were placed first */
    uint32_t cap;
    struct label *labels;
    /* uniform grid over the boxes: cell hash -> chain of entries */
    struct label_cell *cells;
    uint32_t n_cells;
    uint32_t cap_cells;
    uint32_t *buckets;
    uint32_t n_buckets; /* a power of two */
};

enum { LABEL_MAX = 4 * 1024 * 1024, LABEL_CELL_PX = 128 };

/** A slot of a map: built by whoever comes first, others wait for this zoom only. */
struct label_slot {
    pthread_mutex_t lock;
    _Atomic(const struct label_plan *) plan;
};
void label_slot_init(struct label_slot *slot);
void label_slot_release(struct label_slot *slot);

/** The plan of one zoom; lives as long as the map. `fonts` belong to the caller's
 *  thread. Errors: IM_ENOMEM, those of text_shape. */
IM_CHECKED enum im_code label_plan_get(const struct tile_map *map,
                                       uint32_t zoom,
                                       struct text_fonts *fonts,
                                       const struct label_plan **out,
                                       struct im_error *err);

/** The same where it is there already, else NULL. */
const struct label_plan *label_plan_peek(const struct tile_map *map, uint32_t zoom);

/** A window in world pixels of the plan's zoom. */
struct label_window {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};
/** Each label whose box meets the window, once, with its index; false stops. */
typedef bool label_visit_fn(void *ctx, uint32_t index, const struct label *label);
bool label_plan_window(const struct label_plan *plan,
                       struct label_window window,
                       label_visit_fn *visit,
                       void *ctx);

/**
 * The choice of the plan for vector tiles (property "innomap:label_zoom"): from which
 * zoom on, counted in 256 px tiles, a name of this feature is shown on pictures. Asked
 * for the zoom of a tile: what shows there has first_zoom <= zoom, all else zoom + 1.
 * Errors: those of label_plan_get.
 */
struct label_choice {
    uint32_t first_zoom;
    uint8_t anchor; /* enum style_anchor; where it is shown */
};
IM_CHECKED enum im_code label_first_zoom(const struct tile_map *map,
                                         const struct map_layer *layer,
                                         uint32_t feature,
                                         uint32_t zoom,
                                         struct text_fonts *fonts,
                                         struct label_choice *out,
                                         struct im_error *err);

#endif
