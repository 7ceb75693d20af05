/* SPDX-License-Identifier: Apache-2.0 */
/* Sprite sheets (MapLibre style specification, "Sprite"): icons and patterns. */
#ifndef TILES_SPRITES_H
#define TILES_SPRITES_H

#include <tiles/raster.h>

/** NAME.json and NAME.png with their @2x and @3x, read once. Immutable, shared. */
struct sprite_sheet;
/** `path` without suffix; NULL: an empty sheet. Errors: IM_EIO, IM_EDATA naming the
 * icon; IM_ELIMIT over 4096 px a side or 4,096 icons. */
IM_CHECKED enum im_code
sprite_sheet_open(const char *path, struct sprite_sheet **out, struct im_error *err);
void sprite_sheet_close(struct sprite_sheet *sheet);

struct sprite_image {
    uint32_t width_px; /* of its own pixels */
    uint32_t height_px;
    uint32_t pixel_ratio;  /* own pixels a CSS pixel: 1, 2, 3 */
    uint32_t stride_bytes; /* between rows */
    const uint8_t *rgba;   /* premultiplied */
    bool is_sdf;           /* alpha is a distance: takes icon-color */
};
/** The image for pictures of `scale`: of that ratio, else of the next finer one, else
 * the finest. False: there is none of that name. */
bool sprite_find(const struct sprite_sheet *sheet,
                 struct im_bytes name,
                 unsigned scale,
                 struct sprite_image *out);
uint64_t sprite_sheet_hash(const struct sprite_sheet *sheet);

#endif
