/* SPDX-License-Identifier: Apache-2.0 */
/* A picture in memory: making, clearing, blending of spans. */
#include "pixel.h"

#include <stdlib.h>

enum im_code raster_init(struct raster *raster,
                         uint32_t width_px,
                         uint32_t height_px,
                         struct im_error *err)
{
    *raster = (struct raster){0};
    if (width_px == 0 || height_px == 0)
        return im_fail(err, IM_EARG, "picture of %u x %u pixels; each side needs 1..%d",
                       width_px, height_px, RASTER_MAX_SIDE_PX);
    if (width_px > RASTER_MAX_SIDE_PX || height_px > RASTER_MAX_SIDE_PX) {
        im_fail(err, IM_ELIMIT, "picture of %u x %u pixels; a side has at most %d",
                width_px, height_px, RASTER_MAX_SIDE_PX);
        return im_zh(err, IM_ELIMIT, "图片 %u x %u 像素过大，每边最多 %d 像素",
                     width_px, height_px, RASTER_MAX_SIDE_PX);
    }
    raster->rgba = calloc((size_t)width_px * height_px, 4);
    if (!raster->rgba)
        return im_fail(err, IM_ENOMEM, "picture of %u x %u pixels", width_px,
                       height_px);
    raster->width_px = width_px;
    raster->height_px = height_px;
    return IM_OK;
}

void raster_release(struct raster *raster)
{
    free(raster->rgba);
    *raster = (struct raster){0};
}

void raster_clear(struct raster *raster, struct draw_color color)
{
    struct pixel_paint paint = pixel_paint_of(color);
    uint32_t sa = (uint32_t)(paint.alpha255 + 0.5f);
    size_t row = (size_t)raster->width_px * 4;
    size_t n = row * raster->height_px;
    uint8_t px[4];

    for (int c = 0; c < 4; c++)
        px[c] = pixel_div255(paint.rgb1[c] * sa);
    for (uint32_t x = 0; x < raster->width_px; x++)
        memcpy(raster->rgba + 4 * (size_t)x, px, 4);
    for (size_t i = row; i < n; i += row)
        memcpy(raster->rgba + i, raster->rgba, row);
}

void raster_blend(struct raster *raster, const struct raster *over, float opacity)
{
    size_t n = (size_t)raster->width_px * raster->height_px;
    uint32_t share = pixel_from01(opacity);

    for (size_t i = 0; i < n; i++) {
        const uint8_t *src = over->rgba + 4 * i;
        uint8_t px[4];

        if (!src[3])
            continue;
        for (int c = 0; c < 4; c++)
            px[c] = pixel_div255(src[c] * share);
        pixel_over(raster->rgba + 4 * i, px);
    }
}

struct pixel_paint pixel_paint_of(struct draw_color color)
{
    return (struct pixel_paint){
        .rgb1 = {pixel_from01(color.r), pixel_from01(color.g), pixel_from01(color.b),
                 255},
        .alpha255 = pixel_clamp01(color.a) * 255.0f,
    };
}

/* Vectors of the compiler, not of one processor: SSE2, NEON or plain code. */
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));

void pixel_blend_span(uint8_t *px,
                      size_t n,
                      const struct pixel_paint *paint,
                      uint8_t sa)
{
    size_t i = 0;

    if (sa == 255) {
        for (; i < n; i++)
            memcpy(px + 4 * i, paint->rgb1, 4);
        return;
    }
    if (n >= 4) {
        u16x16 add;
        u16x16 rest;

        for (int c = 0; c < 16; c++) {
            add[c] = (uint16_t)(paint->rgb1[c & 3] * sa + 128);
            rest[c] = (uint16_t)(255 - sa);
        }
        for (; i + 4 <= n; i += 4) { /* at most 255 * 255 + 128 + 254 < 2^16 */
            u8x16 old;
            u8x16 mixed;

            memcpy(&old, px + 4 * i, 16);
            u16x16 v = __builtin_convertvector(old, u16x16) * rest + add;
            v = (v + (v >> 8)) >> 8;
            mixed = __builtin_convertvector(v, u8x16);
            memcpy(px + 4 * i, &mixed, 16);
        }
    }
    for (; i < n; i++)
        pixel_blend(px + 4 * i, paint, sa);
}

void pixel_over_span(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t i = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; i + 4 <= n; i += 4) { /* at most 255 * 255 + 128 + 254 < 2^16 */
        u8x16 over;
        u8x16 under;
        u8x16 alpha;
        u32x4 pixels;

        memcpy(&over, src + 4 * i, 16);
        memcpy(&under, dst + 4 * i, 16);
        memcpy(&pixels, src + 4 * i, 16);
        pixels >>= 24; /* alpha, to be that of all channels */
        pixels |= pixels << 8;
        pixels |= pixels << 16;
        memcpy(&alpha, &pixels, 16);
        u16x16 rest = 255 - __builtin_convertvector(alpha, u16x16);
        u16x16 v = __builtin_convertvector(under, u16x16) * rest + 128;
        v = (v + (v >> 8)) >> 8;
        over += __builtin_convertvector(v, u8x16);
        memcpy(dst + 4 * i, &over, 16);
    }
#endif
    for (; i < n; i++)
        pixel_over(dst + 4 * i, src + 4 * i);
}
