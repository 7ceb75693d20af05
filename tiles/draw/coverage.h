/* SPDX-License-Identifier: Apache-2.0 */
/* How much of each pixel a shape covers: signed areas of its edges, summed along rows.
 */
#ifndef TILES_DRAW_COVERAGE_H
#define TILES_DRAW_COVERAGE_H

#include <engine/simd.h>
#include <tiles/raster.h>

enum { DRAW_SCRATCH_MAX_BYTES = 64 * 1024 * 1024 };

/** First and last touched cell of a row; last < 0: none. */
struct coverage_row {
    int32_t first;
    int32_t last;
};

/**
 * One band of rows at a time. A cell holds the change of coverage from the pixel at its
 * left; the sum of a row up to a pixel is the winding-weighted covered share of it.
 * Between two drawings all cells, row extents and steps are at rest (zero, none), so
 * only what was touched is cleaned up.
 *
 *   cells   rows of `stride` = width + 2 floats: an edge at the right border still
 *           writes one cell beyond its own
 *   steps   change of the whole row's coverage against the row above: edges left of
 *           the raster cost the same however high they are
 */
struct draw_scratch {
    enum im_simd simd; /* all give the same pixels */
    float *cells;
    struct coverage_row *rows;
    float *steps; /* one more than rows */
    size_t n_cells;
    size_t n_rows;
    double *points; /* x0 y0 x1 y1 ..., of the stroker */
    size_t n_points;
    uint8_t *mask; /* one row */
    size_t n_mask;

    /* the band being drawn */
    int32_t width;
    int32_t height;
    int32_t top; /* row of the raster that is row 0 of the band */
    int32_t stride;
    int32_t first_row;
    int32_t last_row; /* last < first: nothing touched */
};

/** Rows that fit one band of a raster of this width. */
uint32_t coverage_band_height(const struct raster *raster);
IM_CHECKED enum im_code coverage_begin(struct draw_scratch *scratch,
                                       const struct raster *raster,
                                       uint32_t top,
                                       struct im_error *err);
/** A directed edge in raster pixels; finite, otherwise anywhere. */
void coverage_edge(
    struct draw_scratch *scratch, double x0, double y0, double x1, double y1);
/** Blend the colour through min(|coverage|, 1) and come to rest. `weight` as of
 *  struct draw_stroke. */
void coverage_blend(struct draw_scratch *scratch,
                    struct raster *raster,
                    struct draw_color color,
                    float weight);

/** Called with the covered share, 0..255, of each pixel of a row of the raster. */
typedef void coverage_row_fn(void *ctx, uint32_t row, const uint8_t *mask);
/** Hand out what is covered instead of blending a colour, and come to rest.
 *  IM_ENOMEM. */
IM_CHECKED enum im_code coverage_rows(struct draw_scratch *scratch,
                                      coverage_row_fn *paint,
                                      void *ctx,
                                      struct im_error *err);
/** draw_fill with a painter of rows. */
IM_CHECKED enum im_code coverage_fill(struct draw_scratch *scratch,
                                      const struct raster *raster,
                                      const struct draw_path *rings,
                                      coverage_row_fn *paint,
                                      void *ctx,
                                      struct im_error *err);

/** draw_line with a painter of rows; not blurred. */
IM_CHECKED enum im_code coverage_line(struct draw_scratch *scratch,
                                      const struct raster *raster,
                                      const struct draw_path *lines,
                                      const struct draw_stroke *stroke,
                                      coverage_row_fn *paint,
                                      void *ctx,
                                      struct im_error *err);

/** Points of the stroker, at least `n`; NULL over the limit or out of memory. */
double *coverage_points(struct draw_scratch *scratch, size_t n);

/** The box of a path. False: a coordinate is not finite. Empty: min > max. */
struct path_box {
    double min_x, min_y, max_x, max_y;
};
bool path_box(const struct draw_path *path, struct path_box *out);

#endif
