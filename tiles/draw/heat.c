/* SPDX-License-Identifier: Apache-2.0 */
/* Heat: the sum of one Gaussian a point, coloured by a ramp.
 *
 * The kernel is MapLibre's (heatmap.fragment.glsl): weight * exp(-4.5 (d / radius)^2)
 * / sqrt(2 pi). It is a product of one of x and one of y, so the points are collected
 * in pixels and blurred along rows, then along columns: a million points in one pixel
 * cost what one costs. Every pixel adds up the same numbers in the same order in
 * whatever tile it lies. */
#include "pixel.h"

#include <math.h>
#include <stdlib.h>

/* Beyond twice the radius a point adds less than 1e-8: nothing to see of a million. */
enum { REACH_RADII = 2, KEPT_FLOATS = 2 * 1024 * 1024 };

static const float PEAK = 0.3989422804f; /* 1 / sqrt(2 pi) */

struct draw_heat {
    uint32_t width;
    uint32_t height;
    float *sums; /* of the picture */
    size_t n_sums;
    float *room; /* of one radius: the points, rows that are blurred, the kernel */
    size_t n_room;
};

struct draw_heat *draw_heat_new(void)
{
    return calloc(1, sizeof(struct draw_heat));
}

void draw_heat_free(struct draw_heat *heat)
{
    if (!heat)
        return;
    free(heat->sums);
    free(heat->room);
    free(heat);
}

static bool make_room(float **floats, size_t *have, size_t wanted)
{
    float *more;

    if (wanted <= *have)
        return true;
    more = malloc(wanted * sizeof *more);
    if (!more)
        return false;
    free(*floats);
    *floats = more;
    *have = wanted;
    return true;
}

enum im_code draw_heat_begin(struct draw_heat *heat,
                             const struct raster *raster,
                             struct im_error *err)
{
    size_t n = (size_t)raster->width_px * raster->height_px;

    if (!make_room(&heat->sums, &heat->n_sums, n))
        return im_fail(err, IM_ENOMEM, "heat of %u x %u pixels", raster->width_px,
                       raster->height_px);
    memset(heat->sums, 0, n * sizeof *heat->sums);
    heat->width = raster->width_px;
    heat->height = raster->height_px;
    return IM_OK;
}

/** The picture with a margin of `reach` on each side. */
struct field {
    int32_t reach;
    int32_t width;
    int32_t height;
    float *cells;   /* width * height: weights of points */
    float *rows;    /* picture's width * height: blurred along x */
    float *kernel;  /* 2 * reach + 1 */
    uint8_t *taken; /* rows with something in them */
};

/** A point shared among the four pixels whose centres are around it. */
static void put(struct field *f, float x, float y, float weight)
{
    double fx = floor((double)x - 0.5);
    double fy = floor((double)y - 0.5);
    float u = (float)((double)x - 0.5 - fx);
    float v = (float)((double)y - 0.5 - fy);

    if (!(fx >= -f->reach && fy >= -f->reach && fx + 1 < f->width - f->reach &&
          fy + 1 < f->height - f->reach))
        return; /* too far away, or not finite */
    size_t row = (size_t)((int32_t)fy + f->reach);
    float *cell = f->cells + row * (size_t)f->width + (size_t)((int32_t)fx + f->reach);
    cell[0] += weight * (1 - u) * (1 - v);
    cell[1] += weight * u * (1 - v);
    cell[f->width] += weight * (1 - u) * v;
    cell[f->width + 1] += weight * u * v;
    f->taken[row] = 1;
    f->taken[row + 1] = 1;
}

static void
blur_row(const struct field *f, const float *cells, int32_t width, float *out)
{
    memset(out, 0, (size_t)width * sizeof *out);
    for (int32_t c = 0; c < f->width; c++) {
        float weight = cells[c];
        int32_t first = c - 2 * f->reach; /* pixels that are in reach of this cell */
        int32_t last = c < width - 1 ? c : width - 1;

        if (weight == 0.0f)
            continue;
        for (int32_t x = first > 0 ? first : 0; x <= last; x++)
            out[x] += weight * f->kernel[x - first];
    }
}

static void
blur_columns(const struct field *f, int32_t width, int32_t height, float *sums)
{
    for (int32_t y = 0; y < height; y++, sums += width)
        for (int32_t k = 0; k <= 2 * f->reach; k++) {
            const float *row = f->rows + (size_t)(y + k) * (size_t)width;
            float weight = f->kernel[k];

            if (!f->taken[y + k])
                continue;
            for (int32_t x = 0; x < width; x++)
                sums[x] += weight * row[x];
        }
}

enum im_code draw_heat_points(struct draw_heat *heat,
                              const struct draw_heat_point *points,
                              size_t n,
                              float radius_px,
                              struct im_error *err)
{
    int32_t width = (int32_t)heat->width;
    struct field f;

    if (!(radius_px > 0 && radius_px <= DRAW_MAX_HEAT_PX))
        return im_fail(err, IM_EARG, "heat of radius %g px; it must be over 0 to %d",
                       (double)radius_px, DRAW_MAX_HEAT_PX);
    f.reach = (int32_t)ceilf(REACH_RADII * radius_px);
    f.width = width + 2 * f.reach;
    f.height = (int32_t)heat->height + 2 * f.reach;
    size_t n_cells = (size_t)f.width * (size_t)f.height;
    size_t n_rows = (size_t)width * (size_t)f.height;
    size_t n_kernel = 2 * (size_t)f.reach + 1;
    size_t n_taken = (size_t)f.height / sizeof(float) + 1;
    if (!make_room(&heat->room, &heat->n_room, n_cells + n_rows + n_kernel + n_taken))
        return im_fail(err, IM_ENOMEM, "heat of radius %g px", (double)radius_px);
    f.cells = heat->room;
    f.rows = f.cells + n_cells;
    f.kernel = f.rows + n_rows;
    f.taken = (uint8_t *)(f.kernel + n_kernel);
    memset(f.cells, 0, n_cells * sizeof *f.cells);
    memset(f.taken, 0, (size_t)f.height);
    for (int32_t i = -f.reach; i <= f.reach; i++)
        f.kernel[i + f.reach] =
            expf(-4.5f * (float)i * (float)i / radius_px / radius_px);
    for (size_t i = 0; i < n; i++)
        put(&f, points[i].x_px, points[i].y_px, points[i].weight * PEAK);
    for (int32_t y = 0; y < f.height; y++)
        if (f.taken[y])
            blur_row(&f, f.cells + (size_t)y * (size_t)f.width, width,
                     f.rows + (size_t)y * (size_t)width);
    blur_columns(&f, width, (int32_t)heat->height, heat->sums);
    if (heat->n_room > KEPT_FLOATS) { /* a huge radius is rare */
        free(heat->room);
        heat->room = NULL;
        heat->n_room = 0;
    }
    return IM_OK;
}

void draw_heat_blend(const struct draw_heat *heat,
                     struct raster *raster,
                     float intensity,
                     const struct draw_color ramp[DRAW_HEAT_RAMP],
                     float opacity)
{
    size_t n = (size_t)raster->width_px * raster->height_px;
    uint8_t colors[DRAW_HEAT_RAMP][4];

    for (int i = 0; i < DRAW_HEAT_RAMP; i++) {
        struct draw_color color = ramp[i];

        color.a *= opacity;
        struct pixel_paint paint = pixel_paint_of(color);
        for (int c = 0; c < 4; c++)
            colors[i][c] =
                pixel_div255(paint.rgb1[c] * (uint32_t)(paint.alpha255 + 0.5f));
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *color = colors[pixel_from01(heat->sums[i] * intensity)];

        if (color[3])
            pixel_over(raster->rgba + 4 * i, color);
    }
}
