/* SPDX-License-Identifier: Apache-2.0 */
/* Order along a Hilbert curve: what is near on the map is near in memory. */
#ifndef ENGINE_HILBERT_H
#define ENGINE_HILBERT_H

#include <engine/geom.h>

/** Position of the cell (x, y) of a 65,536 by 65,536 grid on the curve. */
uint32_t hilbert_index(uint32_t x, uint32_t y);

/** The same for a grid of 2^24 by 2^24 cells. */
uint64_t hilbert_index_fine(uint32_t x, uint32_t y);

/** Cell of a position in `extent`, as its position on the curve. */
uint32_t hilbert_of(struct bbox extent, double x, double y);

/** Sort pairs (key in the upper, number in the lower 32 bits) by rising key; equal keys
 *  keep their order. `scratch` has n elements too. */
void hilbert_sort(uint64_t *pairs, uint64_t *scratch, size_t n);

#endif
