/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that tell whether a part of a layer is the same in two versions of it. They
 * follow from the rows alone: not from version numbers, nor from what was there before,
 * so they also agree between two runs of the program. Not made to withstand people who
 * build collisions. */
#ifndef ENGINE_ATLAS_DIGEST_H
#define ENGINE_ATLAS_DIGEST_H

#include <engine/atlas.h>

/** A rectangle in world units, inclusive. */
struct world_box {
    uint32_t min_x;
    uint32_t min_y;
    uint32_t max_x;
    uint32_t max_y;
};

/** Make what atlas_digest_window reads: once a layer version, in the time of reading
 *  all rows once. False without memory. */
bool atlas_digest_prepare(const struct atlas_layer *layer);
bool atlas_digest_is_ready(const struct atlas_layer *layer);
/**
 * Equal for two versions of a layer (same definition) when all features that meet the
 * window, their shapes at all zooms, their fields, their importance and their order
 * are. May differ without need: a cell of the digest is larger than the window. At
 * most some hundred additions. The digest is ready.
 */
uint64_t atlas_digest_window(const struct atlas_layer *layer, struct world_box window);
/** Of one feature alone; needs nothing prepared. */
uint64_t atlas_digest_feature(const struct atlas_layer *layer, uint32_t feature);

#endif
