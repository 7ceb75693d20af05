/* SPDX-License-Identifier: Apache-2.0 */
/* Names along lines: where they stand, and the smooth curve their letters follow. */
#ifndef TILES_LABEL_PATH_H
#define TILES_LABEL_PATH_H

#include "label/chunks.h"

/** A stretch of a line around a point, even steps of PATH_STEP_PX, CSS pixels relative
 *  to that point; smoothed, so that letters do not jump at small corners. */
enum { PATH_MAX_POINTS = 1024, PATH_STEP_PX = 2 };
struct label_path {
    uint32_t n;
    double step_px; /* along the smoothed curve */
    double middle;  /* where the point stands, in steps */
    double xy[2 * PATH_MAX_POINTS];
};

/**
 * In:     `scale` are pixels per world unit: x by x, x by y, y by x, y by y;
 *         `x`, `y` in world units: a point at the line or at most a few pixels from it;
 *         `half_px` of curve are wanted to both sides; `smooth_px` is the size of the
 *         letters; `chunks` of the shape or NULL
 * Out:    false when the line ends before, or has no such place
 */
bool label_path_around(const struct atlas_shape *shape,
                       const struct line_chunks *chunks,
                       const double scale[4],
                       double x,
                       double y,
                       double half_px,
                       double smooth_px,
                       struct label_path *out);
/** Position and direction (radians, y down) at `s_px` from the middle. */
void label_path_at(
    const struct label_path *path, double s_px, double *x, double *y, double *angle);
/** The sharpest turn within `window_px` of curve, degrees, between -half and half. */
double label_path_bend(const struct label_path *path, double half_px, double window_px);

/**
 * Even places along each part of a line, the same at all zooms: 1/2, then quarters,
 * eighths ... as long as they are `spacing` world units apart.
 * With `chunks` of the shape, places outside of `near` (NULL: none) may be left out.
 * Calls visit(ctx, part, along, x, y); false stops.
 */
struct label_near {
    double min_x, min_y, max_x, max_y; /* world units */
};
typedef bool
label_place_fn(void *ctx, uint32_t part, uint32_t along, double x, double y);
bool label_places(const struct atlas_shape *shape,
                  const struct line_chunks *chunks,
                  const struct label_near *near,
                  double least_length,
                  double spacing,
                  bool only_middle,
                  label_place_fn *visit,
                  void *ctx);

#endif
