/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on premultiplied 8-bit pixels. */
#ifndef TILES_DRAW_PIXEL_H
#define TILES_DRAW_PIXEL_H

#include <tiles/raster.h>

/** v / 255 rounded to nearest, exact for v <= 255 * 255 (checked by a test). */
static inline uint8_t pixel_div255(uint32_t v)
{
    v += 128;
    return (uint8_t)((v + (v >> 8)) >> 8);
}

static inline float pixel_clamp01(float v)
{
    return v > 0.0f ? (v < 1.0f ? v : 1.0f) : 0.0f; /* NaN becomes 0 */
}

static inline uint8_t pixel_from01(float v)
{
    return (uint8_t)(pixel_clamp01(v) * 255.0f + 0.5f);
}

/** A colour ready for blending: straight 8-bit channels, the last one 255. */
struct pixel_paint {
    uint8_t rgb1[4];
    float alpha255; /* 0..255 */
};
struct pixel_paint pixel_paint_of(struct draw_color color);

/** Blend `n` pixels with the source alpha `sa`, 0..255. */
void pixel_blend_span(uint8_t *px,
                      size_t n,
                      const struct pixel_paint *paint,
                      uint8_t sa);

/** One pixel. The result is never above the resulting alpha: c * sa <= 255 * sa. */
static inline void
pixel_blend(uint8_t *px, const struct pixel_paint *paint, uint32_t sa)
{
    uint32_t rest = 255 - sa;

    for (int c = 0; c < 4; c++)
        px[c] = pixel_div255(paint->rgb1[c] * sa + px[c] * rest);
}

/** pixel_over for `n` pixels. */
void pixel_over_span(uint8_t *dst, const uint8_t *src, size_t n);

/** Not premultiplied; a clear pixel is black. */
static inline void pixel_straight(const uint8_t *px, uint8_t *out)
{
    uint32_t a = px[3];

    for (int c = 0; c < 3; c++)
        out[c] = (uint8_t)(a ? (px[c] * 255u + a / 2) / a : 0);
    out[3] = (uint8_t)a;
}

/** A premultiplied pixel over another. */
static inline void pixel_over(uint8_t *dst, const uint8_t *src)
{
    uint32_t rest = 255u - src[3];

    for (int c = 0; c < 4; c++)
        dst[c] = (uint8_t)(src[c] + pixel_div255(dst[c] * rest));
}

#endif
