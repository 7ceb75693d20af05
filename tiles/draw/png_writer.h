/* SPDX-License-Identifier: Apache-2.0 */
/* PNG with all colours, beside raster_write_png; straight pixels. */
#ifndef TILES_DRAW_PNG_WRITER_H
#define TILES_DRAW_PNG_WRITER_H

#include <tiles/raster.h>

IM_CHECKED enum im_code raster_write_png_rgba(const struct raster *raster,
                                              int level,
                                              struct im_buf *out,
                                              struct im_error *err);
/** All pixels not premultiplied, four bytes each. */
void pixels_straight(const struct raster *raster, uint8_t *out);

#endif
