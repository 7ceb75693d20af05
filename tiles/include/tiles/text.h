/* SPDX-License-Identifier: Apache-2.0 */
/* Text: FreeType and HarfBuzz, fill and halo bitmaps of glyphs in a cache. */
#ifndef TILES_TEXT_H
#define TILES_TEXT_H

#include <tiles/raster.h>

#include <engine/arena.h>

/**
 * The fonts of one worker with their glyph cache (bounded in bytes, least recently used
 * goes). FreeType faces are not shared between threads; the files are memory-mapped.
 */
struct text_fonts;

/**
 * `directory` may be NULL: then Debian's fonts-noto-cjk is used. Face index 2 of the
 * collections is Simplified Chinese.
 * Errors: IM_EENV naming the missing file and the package that has it.
 */
IM_CHECKED enum im_code
text_fonts_open(const char *directory, struct text_fonts **out, struct im_error *err);
void text_fonts_close(struct text_fonts *fonts);

enum text_weight { TEXT_REGULAR, TEXT_BOLD };

/** Lines of different length: their middles, left or right ends stand together. */
enum text_justify { TEXT_CENTER, TEXT_LEFT, TEXT_RIGHT };

struct text_style {
    float size_px;
    enum text_weight weight;
    float letter_spacing_em;
    float line_height_em; /* 1.2 as MapLibre */
    float max_width_em;   /* 0: never wrapped; Chinese wraps between characters */
    enum text_justify justify;
};

/** Shaped text. Characters that the fonts lack leave their place empty. Lives in the
 * arena it was shaped in. Glyph positions are pixels from the centre of the block. */
struct text_block;
IM_CHECKED enum im_code text_shape(struct text_fonts *fonts,
                                   struct im_bytes text,
                                   const struct text_style *style,
                                   struct im_arena *arena,
                                   const struct text_block **out,
                                   struct im_error *err);
float text_block_width_px(const struct text_block *block);
float text_block_height_px(const struct text_block *block);

/** Halo first for the whole block, then the fill. (x, y) is the centre of the block. */
IM_CHECKED enum im_code text_draw(struct text_fonts *fonts,
                                  struct raster *raster,
                                  const struct text_block *block,
                                  float x_px,
                                  float y_px,
                                  struct draw_color fill,
                                  struct draw_color halo,
                                  float halo_px,
                                  struct im_error *err);

struct text_look {
    struct draw_color fill;
    struct draw_color halo;
    float halo_px;
    float halo_blur_px; /* over which the halo fades at its edge */
    float angle_rad;    /* of the whole block, clockwise about its centre */
};
/** As text_draw, turned and with a soft halo. */
IM_CHECKED enum im_code text_draw_look(struct text_fonts *fonts,
                                       struct raster *raster,
                                       const struct text_block *block,
                                       float x_px,
                                       float y_px,
                                       const struct text_look *look,
                                       struct im_error *err);
/** Where the letter whose centre is `s_px` from the middle of the text stands: its
 *  centre, and how far it is turned clockwise. */
typedef void
text_bend_fn(void *ctx, float s_px, float *x_px, float *y_px, float *angle_rad);
/** Each letter of a block of one line for itself along a curve. */
IM_CHECKED enum im_code text_draw_along(struct text_fonts *fonts,
                                        struct raster *raster,
                                        const struct text_block *block,
                                        text_bend_fn *bend,
                                        void *ctx,
                                        const struct text_look *look,
                                        struct im_error *err);

#endif
