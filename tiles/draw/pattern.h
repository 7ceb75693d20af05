/* SPDX-License-Identifier: Apache-2.0 */
/* Colours of an image that repeats. */
#ifndef TILES_DRAW_PATTERN_H
#define TILES_DRAW_PATTERN_H

#include <tiles/raster.h>
#include <tiles/sprites.h>

IM_CHECKED enum im_code pattern_check(const struct draw_pattern *pattern,
                                      struct im_error *err);
/** Premultiplied colour, 0..255 each, at own pixels (u, v), anywhere. */
void pattern_sample(const struct sprite_image *image, double u, double v, float out[4]);
/** A premultiplied colour times `alpha` over a pixel. */
void pattern_blend(uint8_t *px, const float color[4], float alpha);

#endif
