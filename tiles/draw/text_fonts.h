/* SPDX-License-Identifier: Apache-2.0 */
/* Fonts of one worker and the bitmaps of their glyphs. */
#ifndef TILES_DRAW_TEXT_FONTS_H
#define TILES_DRAW_TEXT_FONTS_H

#include "freetype_stdlib.h"
#include "lru_cache.h"

#include <tiles/text.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_STROKER_H
#include <hb.h>

enum {
    TEXT_WEIGHTS = 2,
    TEXT_PHASES = 4,   /* positions to a quarter of a pixel, in y only when turned */
    TEXT_ANGLES = 128, /* steps of turned glyphs: 2.8 degrees */
    TEXT_CACHE_BYTES = 16 * 1024 * 1024
};

struct text_font {
    hb_blob_t *file; /* memory-mapped; both libraries read it */
    hb_font_t *shaper;
    FT_Face face;
    float units_per_em;
    int32_t size_26_6; /* that `face` is set to */
};

struct text_fonts {
    FT_Library library;
    FT_Stroker stroker;
    hb_buffer_t *buffer;
    struct lru_cache *glyphs;
    struct text_font fonts[TEXT_WEIGHTS];
};

/** All that decides the pixels of a glyph. No padding: compared as bytes. */
struct glyph_key {
    uint32_t weight;
    uint32_t glyph;
    int32_t size_26_6;
    int32_t halo_26_6; /* 0: the glyph itself */
    int32_t blur_26_6; /* of the halo's edge */
    uint32_t phase;
    uint32_t phase_y;
    uint32_t angle; /* clockwise, 0 .. TEXT_ANGLES - 1 */
};

/** Coverage 0..255; `left` and `top` from the origin, top upwards. */
struct glyph_bitmap {
    int32_t left;
    int32_t top;
    uint32_t width;
    uint32_t height;
    uint8_t coverage[];
};

/** The bitmap, from the cache or new; valid until the next call. A halo includes the
 *  glyph itself. Glyphs the font cannot draw are empty. Errors: IM_ENOMEM. */
IM_CHECKED enum im_code glyph_bitmap(struct text_fonts *fonts,
                                     const struct glyph_key *key,
                                     const struct glyph_bitmap **out,
                                     struct im_error *err);

#endif
