/* SPDX-License-Identifier: Apache-2.0 */
/* Golden cases: tests/golden/<case>/expected.png or another expected file. Decoded
 * pixels are compared, never the bytes of a PNG. A failure leaves actual.png and
 * diff.png in golden/<case>/ of the build folder; IM_BLESS=1 rewrites what is expected,
 * and a person looks at it before committing. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <tiles/raster.h>

struct golden_tolerance {
    int channel;  /* largest difference of a premultiplied channel that is no difference
                   */
    double share; /* 0..1: share of the pixels that may differ by more */
};

/** A decoded PNG as premultiplied RGBA. Release with raster_release. */
bool golden_decode(struct im_bytes png, struct raster *out);

/** `name` like "draw/caps". False with the reason on standard error. */
bool golden_raster(const char *name,
                   const struct raster *actual,
                   struct golden_tolerance tolerance);
bool golden_png(const char *name,
                struct im_bytes png,
                struct golden_tolerance tolerance);
/** A text file such as "expected.mvt.txt"; must be equal. */
bool golden_text(const char *name, const char *file, struct im_bytes text);

struct golden_difference {
    int max;      /* largest difference of a premultiplied channel */
    double mean;  /* mean absolute difference of all channels */
    double share; /* of pixels that differ by more than the tolerance's `channel` */
};
/** Two pictures of the same size. */
struct golden_difference
golden_compare(const struct raster *a, const struct raster *b, int channel);

#endif
