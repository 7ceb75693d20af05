/* SPDX-License-Identifier: Apache-2.0 */
/* Images as icons: copied, scaled, turned; distances tinted. */
#include "pixel.h"

#include <tiles/sprites.h>

#include <math.h>

enum { MAX_SAMPLES = 4 }; /* a side, of a pixel of an image that shrinks */

/* Of distances: this much is the outline, and a pixel is an eighth (the convention of
 * sprite sheets, MapLibre's SDF_PX and cut-off). */
static const float SDF_EDGE = 0.75f;
static const float SDF_PER_PX = 1.0f / 8;

struct matrix { /* from raster pixels to the image's own */
    double xx, xy, x0;
    double yx, yy, y0;
};

static bool in_range(const struct draw_image *look)
{
    const float all[] = {look->x_px,      look->y_px,        look->width_px,
                         look->height_px, look->opacity,     look->angle_rad,
                         look->halo_px,   look->halo_blur_px};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!isfinite(all[i]))
            return false;
    return look->width_px >= 0 && look->height_px >= 0 &&
           look->width_px <= RASTER_MAX_SIDE_PX &&
           look->height_px <= RASTER_MAX_SIDE_PX;
}

static const uint8_t *at(const struct sprite_image *image, int64_t x, int64_t y)
{
    static const uint8_t clear[4] = {0, 0, 0, 0};

    if (x < 0 || y < 0 || x >= image->width_px || y >= image->height_px)
        return clear;
    return image->rgba + (size_t)y * image->stride_bytes + (size_t)x * 4;
}

/** Adds the colour at a place of the image, between its four pixels, to `sum`. */
static void sample(const struct sprite_image *image, double x, double y, float sum[4])
{
    double fx = floor(x - 0.5);
    double fy = floor(y - 0.5);
    float u = (float)(x - 0.5 - fx);
    float v = (float)(y - 0.5 - fy);
    const float weights[4] = {(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v};

    for (int i = 0; i < 4; i++) {
        const uint8_t *px = at(image, (int64_t)fx + (i & 1), (int64_t)fy + (i >> 1));

        for (int c = 0; c < 4; c++)
            sum[c] += weights[i] * px[c];
    }
}

static float smoothstep(float from, float to, float v)
{
    float t = pixel_clamp01((v - from) / (to - from));

    return t * t * (3 - 2 * t);
}

/** Premultiplied colour of a distance 0..1: the shape over its halo. */
static void
tint(const struct draw_image *look, float px_per_own, float distance, uint8_t out[4])
{
    float soft = 0.6f * SDF_PER_PX / px_per_own; /* a little more than half a pixel */
    float reach = fminf(look->halo_px / px_per_own, 6);
    float halo_edge = SDF_EDGE - reach * SDF_PER_PX;
    float halo_soft = soft + look->halo_blur_px * SDF_PER_PX / px_per_own;
    float a = smoothstep(SDF_EDGE - soft, SDF_EDGE + soft, distance) * look->color.a;
    float b = 0;

    if (reach > 0 && look->halo.a > 0) /* what is beyond all distances stays clear */
        b = smoothstep(fmaxf(halo_edge - halo_soft, 0), halo_edge + halo_soft,
                       distance) *
            look->halo.a * (1 - a);
    out[0] = pixel_from01((look->color.r * a + look->halo.r * b) * look->opacity);
    out[1] = pixel_from01((look->color.g * a + look->halo.g * b) * look->opacity);
    out[2] = pixel_from01((look->color.b * a + look->halo.b * b) * look->opacity);
    out[3] = pixel_from01((a + b) * look->opacity);
}

static void pixel_at(const struct sprite_image *image,
                     const struct draw_image *look,
                     const struct matrix *m,
                     int samples,
                     int32_t px,
                     int32_t py,
                     uint8_t out[4])
{
    float sum[4] = {0};
    float n = (float)(samples * samples);

    for (int j = 0; j < samples; j++)
        for (int i = 0; i < samples; i++) {
            double x = px + (i + 0.5) / samples;
            double y = py + (j + 0.5) / samples;

            sample(image, m->xx * x + m->xy * y + m->x0, m->yx * x + m->yy * y + m->y0,
                   sum);
        }
    if (image->is_sdf) {
        tint(look, look->width_px / (float)image->width_px, sum[3] / n / 255, out);
        return;
    }
    for (int c = 0; c < 4; c++)
        out[c] = pixel_from01(sum[c] / n / 255 * look->opacity);
}

static struct matrix matrix_of(const struct sprite_image *image,
                               const struct draw_image *look)
{
    double kx = image->width_px / (double)look->width_px;
    double ky = image->height_px / (double)look->height_px;
    double cosine = cos((double)look->angle_rad);
    double sine = sin((double)look->angle_rad);
    double x = (double)look->x_px;
    double y = (double)look->y_px;

    return (struct matrix){
        .xx = cosine * kx,
        .xy = sine * kx,
        .x0 = image->width_px / 2.0 - (cosine * x + sine * y) * kx,
        .yx = -sine * ky,
        .yy = cosine * ky,
        .y0 = image->height_px / 2.0 - (cosine * y - sine * x) * ky,
    };
}

static void over(uint8_t *dst, const uint8_t src[4])
{
    if (src[3])
        pixel_over(dst, src);
}

enum im_code draw_image_at(struct raster *raster,
                           const struct sprite_image *image,
                           const struct draw_image *look,
                           struct im_error *err)
{
    struct draw_image snapped = *look;
    double cosine = fabs(cos((double)look->angle_rad));
    double sine = fabs(sin((double)look->angle_rad));

    if (!in_range(look))
        return im_fail(err, IM_EARG,
                       "image of %g x %g px at %g, %g; sides must be from 0 to %d and "
                       "all numbers finite",
                       (double)look->width_px, (double)look->height_px,
                       (double)look->x_px, (double)look->y_px, RASTER_MAX_SIDE_PX);
    if (look->width_px <= 0 || look->height_px <= 0 || look->opacity <= 0 ||
        !image->width_px || !image->height_px)
        return IM_OK;
    /* upright and of its own size: onto whole pixels, which keeps it sharp. A pixel of
     * the world is rounded alike in all tiles. */
    if (look->angle_rad == 0.0f && look->width_px == (float)image->width_px &&
        look->height_px == (float)image->height_px) {
        snapped.x_px =
            floorf(look->x_px - look->width_px / 2 + 0.5f) + look->width_px / 2;
        snapped.y_px =
            floorf(look->y_px - look->height_px / 2 + 0.5f) + look->height_px / 2;
    }
    struct matrix m = matrix_of(image, &snapped);
    double shrink = fmax(hypot(m.xx, m.xy) /* own pixels for one of the raster */,
                         hypot(m.yx, m.yy));
    int samples = (int)fmin(MAX_SAMPLES, fmax(1, ceil(shrink - 0.01)));
    double w = (double)look->width_px * cosine + (double)look->height_px * sine;
    double h = (double)look->width_px * sine + (double)look->height_px * cosine;
    double x0 = fmax(0, floor((double)snapped.x_px - w / 2 - 1));
    double y0 = fmax(0, floor((double)snapped.y_px - h / 2 - 1));
    double x1 = fmin(raster->width_px, ceil((double)snapped.x_px + w / 2 + 1));
    double y1 = fmin(raster->height_px, ceil((double)snapped.y_px + h / 2 + 1));

    for (int32_t y = (int32_t)y0; x0 < x1 && y < y1; y++) {
        uint8_t *dst = raster->rgba + ((size_t)y * raster->width_px + (size_t)x0) * 4;

        for (int32_t x = (int32_t)x0; x < x1; x++, dst += 4) {
            uint8_t px[4];

            pixel_at(image, &snapped, &m, samples, x, y, px);
            over(dst, px);
        }
    }
    return IM_OK;
}
