/* SPDX-License-Identifier: Apache-2.0 */
/* Generalised shapes for low zooms. */
#ifndef ENGINE_ATLAS_LEVELS_H
#define ENGINE_ATLAS_LEVELS_H

#include "atlas/layer.h"

/** Fill layer->levels from layer->full. False when memory runs out. */
bool levels_build(struct atlas_layer *layer);

/** Shape of one feature at a level. */
struct atlas_shape
level_shape(const struct shape_level *level, enum geom_kind kind, uint32_t feature);

#endif
