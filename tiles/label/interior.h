/* SPDX-License-Identifier: Apache-2.0 */
/* Where the name of a shape stands. */
#ifndef TILES_LABEL_INTERIOR_H
#define TILES_LABEL_INTERIOR_H

#include <engine/atlas.h>
#include <engine/simd.h>

/** The middle of the longest line, by its length. Coordinates as in `shape`. */
bool label_line_middle(const struct atlas_shape *shape, double *x, double *y);
/**
 * A point well inside the largest area (by its outer ring): the pole of inaccessibility
 * to a fiftieth of its size, by refining a grid of cells (as mapbox/polylabel).
 */
bool label_area_inside(const struct atlas_shape *shape, double *x, double *y);
/** With these vectors, which the processor has to have: the same to the last bit. */
bool label_area_inside_with(const struct atlas_shape *shape,
                            enum im_simd simd,
                            double *x,
                            double *y);

#endif
