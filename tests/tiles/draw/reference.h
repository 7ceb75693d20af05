/* SPDX-License-Identifier: Apache-2.0 */
/* The same pictures through cairo, and random shapes. */
#ifndef TESTS_TILES_DRAW_REFERENCE_H
#define TESTS_TILES_DRAW_REFERENCE_H

#include <support/random.h>

#include <tiles/raster.h>

/** cairo on a copy of a picture, until the copy is put back. */
struct reference;
struct reference *reference_open(const struct raster *raster);
void reference_close(struct reference *reference, struct raster *raster);
void reference_fill_on(struct reference *reference,
                       const struct draw_path *rings,
                       struct draw_color color);
/** Offset is not known to cairo and must be 0. */
void reference_line_on(struct reference *reference,
                       const struct draw_path *lines,
                       const struct draw_stroke *stroke,
                       struct draw_color color);

/* One shape: open, draw, close. */
void reference_fill(struct raster *raster,
                    const struct draw_path *rings,
                    struct draw_color color);
void reference_line(struct raster *raster,
                    const struct draw_path *lines,
                    const struct draw_stroke *stroke,
                    struct draw_color color);

/** A star-shaped ring around (cx, cy), which never crosses itself: n corners. */
void random_star(struct test_random *random,
                 double cx,
                 double cy,
                 double radius,
                 uint32_t n,
                 float *xy);

#endif
