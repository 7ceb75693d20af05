/* SPDX-License-Identifier: Apache-2.0 */
/* What lies under a pixel of a tile. */
#ifndef TILES_IDENTIFY_H
#define TILES_IDENTIFY_H

#include <tiles/tile.h>

enum {
    TILE_MAX_HITS = 50,
    TILE_HIT_POINT_PX = 8, /* a point or a name's anchor this far away counts, */
    TILE_HIT_LINE_PX = 4   /* a line this far; where drawn wider, as far as drawn */
};

struct tile_hit {
    const struct atlas_layer *layer;
    uint32_t feature;  /* of a cluster its most important point */
    uint32_t n_points; /* of the cluster that stands there; 0: the feature alone */
};

/**
 * The features that the map shows at a place of a tile of 256 px, from the one drawn
 * last to the one drawn first, each once: under filled areas, near lines, outlines and
 * points. Style layers that are not drawn at this zoom, rows that the map hides, heat
 * and the base map count for nothing.
 *
 * In:     x_px, y_px from the upper left corner of the tile
 * Out:    *n <= max <= TILE_MAX_HITS hits; they live as long as the atlas
 * Errors: IM_EARG no such tile; IM_ESTOPPED the deadline (NULL: none); IM_ENOMEM
 */
IM_CHECKED enum im_code tile_identify(const struct tile_map *map,
                                      struct tile_id id,
                                      double x_px,
                                      double y_px,
                                      const struct im_deadline *deadline,
                                      struct tile_hit *hits,
                                      uint32_t max,
                                      uint32_t *n,
                                      struct im_error *err);

#endif
