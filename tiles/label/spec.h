/* SPDX-License-Identifier: Apache-2.0 */
/* What a symbol layer wants to write for one feature, and the box it needs. */
#ifndef TILES_LABEL_SPEC_H
#define TILES_LABEL_SPEC_H

#include "style/style.h"

#include <tiles/text.h>

/** CSS pixels, relative to the point that is labelled; y down. */
struct label_box {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};

struct label_spec {
    struct im_bytes text; /* lives in the evaluation or the atlas */
    struct text_style style;
    uint8_t anchors[ANCHOR_COUNT]; /* enum style_anchor, in the order they are tried */
    uint32_t n_anchors;
    bool is_variable;    /* from text-variable-anchor */
    double offset_em[2]; /* text-offset */
    double radial_em;    /* text-radial-offset; 0: text-offset counts */
    double padding_px;
    bool allow_overlap;
    bool ignore_placement;
};

/** False when there is nothing to write. */
bool label_spec_eval(const struct style_layer *style,
                     struct style_eval *at,
                     struct label_spec *out);
/** Centre of the text block relative to the labelled point, CSS pixels. */
void label_spec_centre(const struct label_spec *spec,
                       enum style_anchor anchor,
                       double width_px,
                       double height_px,
                       double *x,
                       double *y);
/** The text with its padding. */
struct label_box label_spec_box(const struct label_spec *spec,
                                enum style_anchor anchor,
                                double width_px,
                                double height_px);

#endif
