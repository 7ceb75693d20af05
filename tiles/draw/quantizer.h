/* SPDX-License-Identifier: Apache-2.0 */
/* At most 256 colours for a picture. */
#ifndef TILES_DRAW_QUANTIZER_H
#define TILES_DRAW_QUANTIZER_H

#include <tiles/raster.h>

enum { PALETTE_MAX = 256 };

struct palette {
    uint32_t n;
    bool exact;                   /* no more colours than fit: nothing was lost */
    uint8_t rgba[PALETTE_MAX][4]; /* premultiplied; those not opaque come first */
};

/** Tables of one thread, kept from picture to picture. NULL when memory runs out. */
struct quantizer;
struct quantizer *quantizer_new(void);
void quantizer_free(struct quantizer *q);

/**
 * `index` gets one palette entry per pixel, row by row. The same picture gives the same
 * palette and indices.
 * Errors: IM_ENOMEM.
 */
IM_CHECKED enum im_code quantize(struct quantizer *q,
                                 const struct raster *raster,
                                 struct palette *palette,
                                 uint8_t *index,
                                 struct im_error *err);

#endif
