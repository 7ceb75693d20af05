/* SPDX-License-Identifier: Apache-2.0 */
/* What is really to be seen in a picture: the signs that features are drawn with. A
 * legend lists those and no others, the foot names the sources of those layers. */
#ifndef TILES_STATIC_SHOWN_H
#define TILES_STATIC_SHOWN_H

#include "map.h"
#include "render/render.h"

#include <jansson.h>

struct shown;

/** Looks at all that render_area would draw. Errors: IM_ENOMEM, IM_ESTOPPED. */
IM_CHECKED enum im_code shown_new(const struct tile_map *map,
                                  struct tile_worker *worker,
                                  struct render_area area,
                                  struct shown **out,
                                  struct im_error *err);
void shown_free(struct shown *shown);

/** Is anything of this layer drawn? */
bool shown_layer(const struct shown *shown, const struct map_layer *layer);
/**
 * How far up the sign of a legend's entry is drawn: 1 for the lowest style layer, 0:
 * not in the picture. `image`: what stands for it at this zoom, or NULL. `layer` NULL:
 * by any style layer of the stylesheet itself.
 */
uint32_t shown_entry(const struct shown *shown,
                     const struct map_layer *layer,
                     const json_t *entry,
                     const char *image);

#endif
