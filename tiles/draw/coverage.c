/* SPDX-License-Identifier: Apache-2.0 */
/* Signed-area coverage (the accumulation buffer of font-rs and stb_truetype 2). */
#include "coverage.h"

#include "pixel.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct draw_scratch *draw_scratch_new(void)
{
    struct draw_scratch *scratch = calloc(1, sizeof *scratch);

    if (scratch)
        scratch->simd = im_simd_best();
    return scratch;
}

void draw_scratch_free(struct draw_scratch *scratch)
{
    if (!scratch)
        return;
    free(scratch->cells);
    free(scratch->rows);
    free(scratch->steps);
    free(scratch->points);
    free(scratch->mask);
    free(scratch);
}

double *coverage_points(struct draw_scratch *scratch, size_t n)
{
    if (n > DRAW_SCRATCH_MAX_BYTES / (2 * sizeof(double)))
        return NULL;
    if (n > scratch->n_points) {
        double *points = realloc(scratch->points, n * 2 * sizeof(double));

        if (!points)
            return NULL;
        scratch->points = points;
        scratch->n_points = n;
    }
    return scratch->points;
}

uint32_t coverage_band_height(const struct raster *raster)
{
    size_t rows =
        DRAW_SCRATCH_MAX_BYTES / (((size_t)raster->width_px + 2) * sizeof(float));

    return rows < raster->height_px ? (uint32_t)rows : raster->height_px;
}

static bool make_room(struct draw_scratch *s, size_t n_cells, size_t n_rows)
{
    if (n_cells > s->n_cells) {
        free(s->cells); /* all zero: nothing to keep */
        s->n_cells = 0;
        s->cells = calloc(n_cells, sizeof *s->cells);
        if (!s->cells)
            return false;
        s->n_cells = n_cells;
    }
    if (n_rows > s->n_rows) {
        free(s->rows);
        free(s->steps);
        s->n_rows = 0;
        s->rows = malloc(n_rows * sizeof *s->rows);
        s->steps = calloc(n_rows + 1, sizeof *s->steps);
        if (!s->rows || !s->steps)
            return false;
        for (size_t i = 0; i < n_rows; i++)
            s->rows[i] = (struct coverage_row){INT32_MAX, -1};
        s->n_rows = n_rows;
    }
    return true;
}

enum im_code coverage_begin(struct draw_scratch *scratch,
                            const struct raster *raster,
                            uint32_t top,
                            struct im_error *err)
{
    uint32_t height = coverage_band_height(raster);

    if (height > raster->height_px - top)
        height = raster->height_px - top;
    scratch->width = (int32_t)raster->width_px;
    scratch->height = (int32_t)height;
    scratch->top = (int32_t)top;
    scratch->stride = scratch->width + 2;
    scratch->first_row = scratch->height;
    scratch->last_row = -1;
    if (!make_room(scratch, (size_t)scratch->stride * height, height))
        return im_fail(err, IM_ENOMEM, "drawing scratch for %u x %u pixels",
                       raster->width_px, height);
    return IM_OK;
}

static void touch(struct draw_scratch *s, int32_t row, int32_t first, int32_t last)
{
    struct coverage_row *r = &s->rows[row];

    if (first < r->first)
        r->first = first;
    if (last > r->last)
        r->last = last;
}

static void touch_rows(struct draw_scratch *s, int32_t first, int32_t last)
{
    if (first < s->first_row)
        s->first_row = first;
    if (last > s->last_row)
        s->last_row = last;
}

/** An edge left of the raster covers its rows from column 0 on. */
static void add_left(struct draw_scratch *s, double y0, double y1, float dir)
{
    int32_t r0 = (int32_t)y0;
    int32_t r1 = (int32_t)y1;

    if (!(y1 > y0))
        return;
    if (r0 == r1) {
        s->cells[(size_t)r0 * (size_t)s->stride] += dir * (float)(y1 - y0);
        touch(s, r0, 0, 0);
        touch_rows(s, r0, r0);
        return;
    }
    s->cells[(size_t)r0 * (size_t)s->stride] += dir * (float)(r0 + 1 - y0);
    touch(s, r0, 0, 0);
    s->steps[r0 + 1] += dir;
    s->steps[r1] -= dir; /* r1 may be the height: there is one step more than rows */
    if (y1 > r1) {
        s->cells[(size_t)r1 * (size_t)s->stride] += dir * (float)(y1 - r1);
        touch(s, r1, 0, 0);
        touch_rows(s, r0, r1);
    } else {
        touch_rows(s, r0, r1 - 1);
    }
}

/**
 * The part of an edge inside one row, from x `lo` to `hi` >= lo relative to `cells`,
 * with the signed height `d`. C(k), the share of pixel k right of it, is
 *   first cell    s * (k + 1 - lo)^2 / 2      with s = d / (hi - lo)
 *   between       s * (k + 1/2 - lo)
 *   last cell     d - s * (hi - k)^2 / 2
 *   beyond        d
 * and the cells get the differences C(k) - C(k - 1).
 */
static inline __attribute__((always_inline)) int32_t
add_in_row(float *cells, float lo, float hi, float d)
{
    int32_t i0 = (int32_t)lo;
    int32_t i1 = (int32_t)hi;

    if (i0 == i1) {
        float m = d * (0.5f * (lo + hi) - (float)i0);

        cells[i0] += d - m;
        cells[i0 + 1] += m;
        return i0 + 1;
    }
    float s = d / (hi - lo);
    float f0 = (float)(i0 + 1) - lo;
    float f1 = hi - (float)i1;
    float c0 = 0.5f * s * f0 * f0;
    float rest = 0.5f * s * f1 * f1;

    cells[i0] += c0;
    if (i1 == i0 + 1) {
        cells[i1] += d - rest - c0;
    } else {
        cells[i0 + 1] += s * (f0 + 0.5f) - c0;
        for (int32_t k = i0 + 2; k < i1; k++)
            cells[k] += s;
        cells[i1] += d - rest - s * ((float)i1 - 0.5f - lo);
    }
    cells[i1 + 1] += rest;
    return i1 + 1;
}

/**
 * An edge inside the band, downwards: 0 <= x <= width, 0 <= y0 < y1 <= height, with
 * dx/dy = slope.
 * All of it is computed relative to the whole pixel `base`, so that moving a shape by
 * whole pixels moves its picture and changes nothing.
 */
static void add_inside(struct draw_scratch *s,
                       double x0,
                       double y0,
                       double x1,
                       double y1,
                       double slope,
                       float dir)
{
    int32_t base = (int32_t)(x0 < x1 ? x0 : x1);
    int32_t row = (int32_t)y0;
    int32_t last = (int32_t)y1;
    double start = x0 - base;
    double end = x1 - base;
    double low = start < end ? start : end;
    double high = start < end ? end : start;
    double xa = start;
    double ya = y0;

    if (last == y1)
        last--; /* ends on a row's upper border */
    touch_rows(s, row, last);
    for (; row <= last; row++) {
        double yb = row == last ? y1 : row + 1;
        double xb = row == last ? end : start + slope * (yb - y0);

        xb = xb < low ? low : (xb > high ? high : xb);
        float *cells = s->cells + (size_t)row * (size_t)s->stride + base;
        double lo = xa < xb ? xa : xb;
        double hi = xa < xb ? xb : xa;
        int32_t reach = add_in_row(cells, (float)lo, (float)hi, dir * (float)(yb - ya));

        touch(s, row, base + (int32_t)lo, base + reach);
        xa = xb;
        ya = yb;
    }
}

/** add_inside for an edge that stays in one row, as most of a detailed line do; the
 *  same to the last bit. */
static inline void
add_short(struct draw_scratch *s, double x0, double y0, double x1, double y1, float dir)
{
    double left = x0 < x1 ? x0 : x1;
    double right = x0 < x1 ? x1 : x0;
    int32_t base = (int32_t)left;
    int32_t row = (int32_t)y0;
    float *cells = s->cells + (size_t)row * (size_t)s->stride + base;
    int32_t reach = add_in_row(cells, (float)(left - base), (float)(right - base),
                               dir * (float)(y1 - y0));

    touch_rows(s, row, row);
    touch(s, row, base, base + reach);
}

void coverage_edge(
    struct draw_scratch *scratch, double x0, double y0, double x1, double y1)
{
    struct draw_scratch *s = scratch;
    double width = s->width;
    double height = s->height;
    float dir = 1.0f;

    y0 -= s->top;
    y1 -= s->top;
    if (y0 > y1) { /* always computed downwards: a shared edge cancels exactly */
        double x = x0;
        double y = y0;

        x0 = x1, y0 = y1;
        x1 = x, y1 = y;
        dir = -1.0f;
    }
    /* flatter than 1e-9 covers nothing, and its slope might not be finite */
    if (y1 <= 0 || y0 >= height || y1 - y0 < 1e-9 || (x0 >= width && x1 >= width))
        return;
    if (y0 >= 0 && y1 < height && x0 >= 0 && x1 >= 0 && x0 < width && x1 < width &&
        (int32_t)y0 == (int32_t)y1) {
        add_short(s, x0, y0, x1, y1, dir);
        return;
    }
    double slope = (x1 - x0) / (y1 - y0);
    if (y1 > height) {
        x1 = x0 + (height - y0) * slope;
        y1 = height;
    }
    if (y0 < 0) {
        x0 -= y0 * slope;
        y0 = 0;
    }
    if (x0 <= 0 && x1 <= 0) {
        add_left(s, y0, y1, dir);
        return;
    }
    if (x0 >= width && x1 >= width)
        return;
    /* cut at both sides; what sticks out to the right covers nothing */
    if (x0 < 0 || x0 > width) {
        double y = y0 + ((x0 < 0 ? 0 : width) - x0) / slope;

        y = y < y0 ? y0 : (y > y1 ? y1 : y);
        if (x0 < 0)
            add_left(s, y0, y, dir);
        x0 = x0 < 0 ? 0 : width;
        y0 = y;
    }
    if (x1 < 0 || x1 > width) {
        double y = y1 + ((x1 < 0 ? 0 : width) - x1) / slope;

        y = y < y0 ? y0 : (y > y1 ? y1 : y);
        if (x1 < 0)
            add_left(s, y, y1, dir);
        x1 = x1 < 0 ? 0 : width;
        y1 = y;
    }
    if (y1 > y0)
        add_inside(s, x0, y0, x1, y1, slope, dir);
}

static inline uint8_t source_alpha(float coverage, float alpha255)
{
    float c = fabsf(coverage);

    return (uint8_t)((c < 1.0f ? c : 1.0f) * alpha255 + 0.5f);
}

/** The same where shares weigh more or less. */
static inline uint8_t
painted_alpha(float coverage, const struct pixel_paint *paint, float weight)
{
    float c = fminf(fabsf(coverage), 1.0f);

    return (uint8_t)(c * (1.0f + weight * (1.0f - c)) * paint->alpha255 + 0.5f);
}

/** First x >= from with a cell that is not zero; `end` when there is none. */
static int32_t next_change(const float *cells, int32_t from, int32_t end)
{
    int32_t x = from;

    for (; x + 4 <= end; x += 4) {
        uint64_t two[2];

        memcpy(two, cells + x, sizeof two);
        if (two[0] | two[1])
            break;
    }
    while (x < end && cells[x] == 0.0f)
        x++;
    return x;
}

static void blend_row(uint8_t *px,
                      float *cells,
                      int32_t width,
                      struct coverage_row row,
                      float carry,
                      const struct pixel_paint *paint,
                      float weight)
{
    int32_t end = row.last < width ? row.last + 1 : width;
    int32_t x = 0;
    float sum = carry;
    uint8_t sa;

    if (row.last >= 0) {
        int32_t first = row.first < width ? row.first : width;

        sa = painted_alpha(sum, paint, weight);
        if (sa)
            pixel_blend_span(px, (size_t)first, paint, sa);
        for (x = first; x < end;) {
            int32_t next = x + 1;

            sum += cells[x];
            sa = painted_alpha(sum, paint, weight);
            if (cells[next] == 0.0f)
                next = next_change(cells, next, end);
            if (sa) {
                if (next == x + 1)
                    pixel_blend(px + 4 * (size_t)x, paint, sa);
                else
                    pixel_blend_span(px + 4 * (size_t)x, (size_t)(next - x), paint, sa);
            }
            x = next;
        }
        memset(cells + row.first, 0,
               (size_t)(row.last - row.first + 1) * sizeof *cells);
    }
    sa = painted_alpha(sum, paint, weight);
    if (sa && x < width)
        pixel_blend_span(px + 4 * (size_t)x, (size_t)(width - x), paint, sa);
}

#ifdef IM_HAS_SIMD_CHOICE
/* ---- eight pixels at a time ---- */

enum { BLOCK = 8 };
typedef uint8_t u8x32 __attribute__((vector_size(32)));
typedef uint16_t u16x32 __attribute__((vector_size(64)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef float f32x8 __attribute__((vector_size(32)));

/* painted_alpha and pixel_blend, step by step: the same numbers. What is blended with
 * alpha 0 stays as it is. Returns the sum after the last cell. */
IM_TARGET_AVX2 static float blend_block(uint8_t *px,
                                        const float *cells,
                                        float sum,
                                        const struct pixel_paint *paint,
                                        float weight)
{
    float sums[BLOCK];
    uint32_t color;
    f32x8 covered;
    u8x32 old;
    u8x32 alpha;

    for (int i = 0; i < BLOCK; i++) {
        sum += cells[i];
        sums[i] = fabsf(sum) < 1.0f ? fabsf(sum) : 1.0f;
    }
    memcpy(&covered, sums, sizeof covered);
    covered = covered * (1.0f + weight * (1.0f - covered)) * paint->alpha255 + 0.5f;
    u32x8 alphas = (u32x8) __builtin_convertvector(covered, i32x8) * 0x01010101u;
    memcpy(&alpha, &alphas, sizeof alpha); /* that of all channels */
    memcpy(&color, paint->rgb1, sizeof color);
    u32x8 colors = (u32x8){0} + color;
    memcpy(&old, &colors, sizeof old);
    u16x32 paints = __builtin_convertvector(old, u16x32);
    u16x32 shares = __builtin_convertvector(alpha, u16x32);
    memcpy(&old, px, sizeof old);
    /* at most 255 * 255 + 128 + 254 < 2^16 */
    u16x32 v =
        paints * shares + __builtin_convertvector(old, u16x32) * (255 - shares) + 128;
    v = (v + (v >> 8)) >> 8;
    old = __builtin_convertvector(v, u8x32);
    memcpy(px, &old, sizeof old);
    return sum;
}

/* blend_row; but for blocks from the first changed cell on, which may go on to where
 * nothing changes any more. */
IM_TARGET_AVX2 static void blend_row_avx2(uint8_t *px,
                                          float *cells,
                                          int32_t width,
                                          struct coverage_row row,
                                          float carry,
                                          const struct pixel_paint *paint,
                                          float weight)
{
    int32_t end = row.last < width ? row.last + 1 : width;
    float sum = carry;
    int32_t x = 0;

    while (x < width) {
        int32_t next = x + 1;

        if (x >= end || x < row.first)
            next = x < row.first && row.first < end ? row.first : width;
        else if (cells[x] == 0.0f)
            next = next_change(cells, x, end);
        else if (x + BLOCK <= width) {
            sum = blend_block(px + 4 * (size_t)x, cells + x, sum, paint, weight);
            x += BLOCK;
            continue;
        } else {
            sum += cells[x];
        }
        uint8_t sa = painted_alpha(sum, paint, weight);
        if (sa)
            pixel_blend_span(px + 4 * (size_t)x, (size_t)(next - x), paint, sa);
        x = next;
    }
    if (row.last >= 0)
        memset(cells + row.first, 0,
               (size_t)(row.last - row.first + 1) * sizeof *cells);
}
#endif

static void blend_row_with(enum im_simd simd,
                           uint8_t *px,
                           float *cells,
                           int32_t width,
                           struct coverage_row row,
                           float carry,
                           const struct pixel_paint *paint,
                           float weight)
{
#ifdef IM_HAS_SIMD_CHOICE
    if (simd >= IM_SIMD_AVX2) {
        blend_row_avx2(px, cells, width, row, carry, paint, weight);
        return;
    }
#endif
    (void)simd;
    blend_row(px, cells, width, row, carry, paint, weight);
}

void coverage_blend(struct draw_scratch *scratch,
                    struct raster *raster,
                    struct draw_color color,
                    float weight)
{
    struct draw_scratch *s = scratch;
    struct pixel_paint paint = pixel_paint_of(color);
    float carry = 0.0f;

    assert((uint32_t)s->width == raster->width_px);
    for (int32_t y = s->first_row; y <= s->last_row; y++) {
        size_t row = (size_t)s->top + (size_t)y;

        carry += s->steps[y];
        s->steps[y] = 0.0f;
        if (s->rows[y].last < 0 && carry == 0.0f)
            continue;
        blend_row_with(s->simd, raster->rgba + row * raster->width_px * 4,
                       s->cells + (size_t)y * (size_t)s->stride, s->width, s->rows[y],
                       carry, &paint, weight);
        s->rows[y] = (struct coverage_row){INT32_MAX, -1};
    }
    if (s->last_row >= s->first_row)
        s->steps[s->last_row + 1] = 0.0f;
    s->first_row = s->height;
    s->last_row = -1;
}

/** The covered share of a row; its cells are at rest afterwards. */
static void mask_row(struct draw_scratch *s, int32_t y, float carry)
{
    struct coverage_row *row = &s->rows[y];
    float *cells = s->cells + (size_t)y * (size_t)s->stride;
    float sum = carry;

    for (int32_t x = 0; x < s->width; x++) {
        sum += cells[x];
        s->mask[x] = source_alpha(sum, 255.0f);
    }
    if (row->last >= 0)
        memset(cells + row->first, 0,
               (size_t)(row->last - row->first + 1) * sizeof *cells);
    *row = (struct coverage_row){INT32_MAX, -1};
}

enum im_code coverage_rows(struct draw_scratch *scratch,
                           coverage_row_fn *paint,
                           void *ctx,
                           struct im_error *err)
{
    struct draw_scratch *s = scratch;
    float carry = 0.0f;

    if ((size_t)s->width > s->n_mask) {
        uint8_t *mask = realloc(s->mask, (size_t)s->width);

        if (!mask)
            return im_fail(err, IM_ENOMEM, "drawing scratch");
        s->mask = mask;
        s->n_mask = (size_t)s->width;
    }
    for (int32_t y = s->first_row; y <= s->last_row; y++) {
        carry += s->steps[y];
        s->steps[y] = 0.0f;
        if (s->rows[y].last < 0 && carry == 0.0f)
            continue;
        mask_row(s, y, carry);
        paint(ctx, (uint32_t)(s->top + y), s->mask);
    }
    if (s->last_row >= s->first_row)
        s->steps[s->last_row + 1] = 0.0f;
    s->first_row = s->height;
    s->last_row = -1;
    return IM_OK;
}

bool path_box(const struct draw_path *path, struct path_box *out)
{
    uint32_t n = path->n_parts ? path->part_end[path->n_parts - 1] : 0;
    float min_x = INFINITY;
    float min_y = INFINITY;
    float max_x = -INFINITY;
    float max_y = -INFINITY;
    float zero = 0.0f; /* infinity * 0 and NaN * 0 are NaN and stay so */

    for (uint32_t i = 0; i < n; i++) {
        float x = path->xy[2 * (size_t)i];
        float y = path->xy[2 * (size_t)i + 1];

        zero += x * 0.0f + y * 0.0f;
        min_x = x < min_x ? x : min_x;
        max_x = x > max_x ? x : max_x;
        min_y = y < min_y ? y : min_y;
        max_y = y > max_y ? y : max_y;
    }
    *out =
        (struct path_box){(double)min_x, (double)min_y, (double)max_x, (double)max_y};
    return zero == 0.0f;
}

static void fill_ring(struct draw_scratch *scratch, const float *xy, uint32_t n)
{
    double x0;
    double y0;

    if (n < 3)
        return; /* no area */
    x0 = (double)xy[2 * (size_t)n - 2];
    y0 = (double)xy[2 * (size_t)n - 1];
    for (uint32_t i = 0; i < n; i++) {
        double x1 = (double)xy[2 * (size_t)i];
        double y1 = (double)xy[2 * (size_t)i + 1];

        coverage_edge(scratch, x0, y0, x1, y1);
        x0 = x1;
        y0 = y1;
    }
}

/** The painter of one colour, which is blended without a mask. */
struct flat {
    struct raster *raster;
    struct draw_color color;
};

static enum im_code fill_bands(struct draw_scratch *scratch,
                               const struct raster *raster,
                               const struct draw_path *rings,
                               const struct flat *flat, /* or else */
                               coverage_row_fn *paint,
                               void *ctx,
                               struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct path_box box;

    if (!path_box(rings, &box))
        return im_fail(err, IM_EARG, "fill: a coordinate is not a finite number");
    if ((flat && !(flat->color.a > 0.0f)) || box.max_x <= 0 || box.max_y <= 0 ||
        box.min_x >= raster->width_px || box.min_y >= raster->height_px)
        return IM_OK;
    for (uint32_t top = 0; top < raster->height_px && rc == IM_OK;
         top += coverage_band_height(raster)) {
        uint32_t start = 0;

        rc = coverage_begin(scratch, raster, top, err);
        for (uint32_t part = 0; part < rings->n_parts && rc == IM_OK; part++) {
            uint32_t end = rings->part_end[part];

            fill_ring(scratch, rings->xy + 2 * (size_t)start, end - start);
            start = end;
        }
        if (rc == IM_OK && flat)
            coverage_blend(scratch, flat->raster, flat->color, 0);
        else if (rc == IM_OK)
            rc = coverage_rows(scratch, paint, ctx, err);
    }
    return rc;
}

enum im_code draw_fill(struct draw_scratch *scratch,
                       struct raster *raster,
                       const struct draw_path *rings,
                       struct draw_color color,
                       struct im_error *err)
{
    struct flat flat = {raster, color};

    return fill_bands(scratch, raster, rings, &flat, NULL, NULL, err);
}

enum im_code coverage_fill(struct draw_scratch *scratch,
                           const struct raster *raster,
                           const struct draw_path *rings,
                           coverage_row_fn *paint,
                           void *ctx,
                           struct im_error *err)
{
    return fill_bands(scratch, raster, rings, NULL, paint, ctx, err);
}
