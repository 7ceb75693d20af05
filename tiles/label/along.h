/* SPDX-License-Identifier: Apache-2.0 */
/* One label along a line: which way it reads, where its letters stand. */
#ifndef TILES_LABEL_ALONG_H
#define TILES_LABEL_ALONG_H

#include "label/path.h"
#include "label/spec.h"

struct label_along {
    struct label_path path;
    double half_px;      /* of the whole label */
    double direction;    /* 1 along the line, -1 against it */
    double turn;         /* of a letter against the curve, radians */
    double offset_px[2]; /* text-offset: along and across, in reading direction */
};

/**
 * Lay the label around a point of the line.
 *
 * In:     `chunks`, `scale`, `x`, `y` as of label_path_around; `text_px` is the size of
 * the text Out:    false when the line is too short there Chinese names on steep lines
 * read from top to bottom with letters upright, all others from left to right
 * (text-keep-upright).
 */
bool label_along_make(const struct label_spec *spec,
                      const struct atlas_shape *shape,
                      const struct line_chunks *chunks,
                      const double scale[4],
                      double x,
                      double y,
                      const double text_px[2],
                      struct label_along *out);
/** Does the curve stay within text-max-angle? */
bool label_along_is_calm(const struct label_along *along,
                         const struct label_spec *spec);
/** Centre and angle of a letter whose centre is `s_px` after the middle of the text,
 *  relative to the point, CSS pixels. */
void label_along_at(
    const struct label_along *along, double s_px, double *x, double *y, double *angle);

#endif
