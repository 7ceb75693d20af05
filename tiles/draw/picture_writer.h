/* SPDX-License-Identifier: Apache-2.0 */
/* What writers of pictures keep, and the PNG among them. */
#ifndef TILES_DRAW_PICTURE_WRITER_H
#define TILES_DRAW_PICTURE_WRITER_H

#include "quantizer.h"

#include <libdeflate.h>

enum writer_room { WRITER_PIXELS, WRITER_ROWS, WRITER_ROOMS };

/** A PNG of one colour; of large parts of the world there is no other. */
struct plain_picture {
    uint8_t rgba[4]; /* of all pixels */
    uint32_t width_px;
    uint32_t height_px;
    int level;
    struct im_buf png; /* empty: none was written yet */
};

struct picture_writer {
    struct quantizer *quantizer;
    struct libdeflate_compressor *compressor;
    int level; /* of the compressor; 0: there is none */
    struct {
        uint8_t *bytes;
        size_t size;
    } rooms[WRITER_ROOMS];
    struct plain_picture plain; /* the last one */
};

/** At least `size` bytes, their content lost; NULL when memory runs out. */
uint8_t *
picture_writer_room(struct picture_writer *w, enum writer_room which, size_t size);

IM_CHECKED enum im_code png_write_palette(struct picture_writer *w,
                                          const struct raster *raster,
                                          int level,
                                          struct im_buf *out,
                                          struct im_error *err);
IM_CHECKED enum im_code png_write_rgba(struct picture_writer *w,
                                       const struct raster *raster,
                                       int level,
                                       struct im_buf *out,
                                       struct im_error *err);
/** All pixels not premultiplied, four bytes each. */
void pixels_straight(const struct raster *raster, uint8_t *out);

#endif
