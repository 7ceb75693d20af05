/* SPDX-License-Identifier: Apache-2.0 */
/* How much room texts need; each text is shaped once for all sizes and zooms. */
#ifndef TILES_LABEL_MEASURE_H
#define TILES_LABEL_MEASURE_H

#include "label/spec.h"

struct label_sizes; /* bounded: over a million texts it starts anew */
struct label_sizes *label_sizes_new(void); /* NULL without memory */
void label_sizes_free(struct label_sizes *sizes);
size_t label_sizes_bytes(const struct label_sizes *sizes);

/** Width and height of the spec's text in CSS pixels; 0 when the fonts have none of its
 *  characters. Errors: those of text_shape. */
IM_CHECKED enum im_code label_measure(struct label_sizes *sizes,
                                      struct text_fonts *fonts,
                                      const struct label_spec *spec,
                                      double size_px[2],
                                      struct im_error *err);

#endif
