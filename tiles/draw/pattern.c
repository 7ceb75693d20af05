/* SPDX-License-Identifier: Apache-2.0 */
/* Areas filled with an image that repeats. */
#include "pattern.h"
#include "coverage.h"

#include <math.h>

enum im_code pattern_check(const struct draw_pattern *pattern, struct im_error *err)
{
    if (isfinite(pattern->x_px) && isfinite(pattern->y_px) &&
        pattern->scale >= 1.0 / 64 && pattern->scale <= 64 && pattern->opacity >= 0 &&
        pattern->image->width_px && pattern->image->height_px)
        return IM_OK;
    return im_fail(
        err, IM_EARG, "pattern at %g, %g px, scaled by %g (1/64..64), opacity %g",
        pattern->x_px, pattern->y_px, pattern->scale, (double)pattern->opacity);
}

/** x modulo n, from 0 on */
static double wrapped(double x, double n)
{
    double r = x - floor(x / n) * n;

    return r >= 0 && r < n ? r : 0;
}

/** Along one axis: the two pixels that a raster pixel lies between, and how far. */
struct between {
    uint32_t first;
    uint32_t second;
    float share; /* of the second */
};

static struct between between_of(double place, uint32_t n)
{
    double at = wrapped(place - 0.5, n);
    /* within a thousandth of a pixel it is that pixel: no blur from rounding */
    double near = floor(at + 0.5);

    if (fabs(at - near) < 1e-3)
        at = near >= n ? 0 : near;
    uint32_t i = (uint32_t)at;

    return (struct between){i % n, (i + 1) % n, (float)(at - floor(at))};
}

static void mix_px(const uint8_t *a, const uint8_t *b, float share, float out[4])
{
    for (int c = 0; c < 4; c++)
        out[c] = a[c] + share * (float)(b[c] - a[c]);
}

void pattern_sample(const struct sprite_image *image, double u, double v, float out[4])
{
    struct between x = between_of(u, image->width_px);
    struct between y = between_of(v, image->height_px);
    const uint8_t *top = image->rgba + (size_t)y.first * image->stride_bytes;
    float lower[4];

    mix_px(top + 4 * (size_t)x.first, top + 4 * (size_t)x.second, x.share, out);
    if (y.share == 0.0f)
        return;
    top = image->rgba + (size_t)y.second * image->stride_bytes;
    mix_px(top + 4 * (size_t)x.first, top + 4 * (size_t)x.second, x.share, lower);
    for (int c = 0; c < 4; c++)
        out[c] += y.share * (lower[c] - out[c]);
}

void pattern_blend(uint8_t *px, const float color[4], float alpha)
{
    float rest = 1 - color[3] * alpha / 255;

    for (int c = 0; c < 4; c++)
        px[c] = (uint8_t)(color[c] * alpha + px[c] * rest + 0.5f);
}

struct painter {
    struct raster *raster;
    const struct draw_pattern *pattern;
};

static void paint_row(void *ctx, uint32_t row, const uint8_t *mask)
{
    const struct painter *p = ctx;
    const struct draw_pattern *pattern = p->pattern;
    double v = (row + 0.5 - pattern->y_px) / pattern->scale;
    uint8_t *px = p->raster->rgba + (size_t)row * p->raster->width_px * 4;

    for (uint32_t x = 0; x < p->raster->width_px; x++, px += 4) {
        float color[4];

        if (!mask[x])
            continue;
        pattern_sample(pattern->image, (x + 0.5 - pattern->x_px) / pattern->scale, v,
                       color);
        pattern_blend(px, color, pattern->opacity * (float)mask[x] / 255);
    }
}

enum im_code draw_fill_pattern(struct draw_scratch *scratch,
                               struct raster *raster,
                               const struct draw_path *rings,
                               const struct draw_pattern *pattern,
                               struct im_error *err)
{
    enum im_code rc = pattern_check(pattern, err);
    struct painter painter = {raster, pattern};

    if (rc != IM_OK || pattern->opacity <= 0)
        return rc;
    return coverage_fill(scratch, raster, rings, paint_row, &painter, err);
}
