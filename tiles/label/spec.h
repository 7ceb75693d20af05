/* SPDX-License-Identifier: Apache-2.0 */
/* What a symbol layer wants to write for one feature, and the boxes it needs. */
#ifndef TILES_LABEL_SPEC_H
#define TILES_LABEL_SPEC_H

#include "style/style.h"

#include <tiles/sprites.h>
#include <tiles/text.h>

/** CSS pixels, relative to the point that is labelled; y down. */
struct label_box {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};

enum { LABEL_TEXT = 1, LABEL_ICON = 2, LABEL_N_PARTS = 2 }; /* parts of a label */
enum {
    /* every anchor with icon and without, and the icon alone */
    LABEL_MAX_OPTIONS = 2 * ANCHOR_COUNT + 1,
    LABEL_MAX_TEXT_BYTES = 1000
};

/** A way to place a label: a side of the text, which parts. */
struct label_option {
    uint8_t anchor;
    uint8_t parts;
    uint8_t free;          /* of them, placed without asking */
    struct label_box text; /* the text itself, for markers under it */
    /* what text and icon keep from others: with padding and the point */
    struct label_box boxes[LABEL_N_PARTS];
};

struct label_spec {
    unsigned parts; /* that the feature has */
    /* text */
    struct im_bytes text; /* lives in the evaluation, the atlas or `changed` */
    struct text_style style;
    unsigned placement;                               /* PLACEMENT_… */
    struct style_anchor_offset anchors[ANCHOR_COUNT]; /* in the order they are tried */
    uint32_t n_anchors;
    double rotate_deg;
    double translate_px[2];
    double padding_px;
    double max_angle_deg;
    double spacing_px;
    unsigned justify;
    bool keep_upright;
    bool text_is_free;
    bool text_ignores;
    bool text_is_optional;
    /* icon */
    struct im_bytes icon;
    double icon_size_px[2]; /* before turning; with icon-text-fit: without the text */
    double icon_at[2];      /* its centre, from the point */
    double icon_rotate_deg;
    double icon_padding_px[4]; /* top, right, bottom, left */
    double icon_fit_padding_px[4];
    unsigned icon_fit; /* TEXT_FIT_… */
    bool icon_is_free;
    bool icon_ignores;
    bool icon_is_optional;
    char changed[LABEL_MAX_TEXT_BYTES]; /* text-transform */
};

/** False when there is nothing to show. `sprites` may be NULL: no icons. */
bool label_spec_eval(const struct style_layer *style,
                     const struct sprite_sheet *sprites,
                     struct style_eval *at,
                     struct label_spec *out);
/** Centre of the text block relative to the labelled point, CSS pixels. */
void label_spec_centre(const struct label_spec *spec,
                       unsigned anchor,
                       double width_px,
                       double height_px,
                       double *x,
                       double *y);
/** Justification of the lines with text-justify "auto": towards the point. */
unsigned label_spec_justify(const struct label_spec *spec, unsigned anchor);
/** Size and centre of the icon beside a text of this size. */
void label_spec_icon(const struct label_spec *spec,
                     const struct label_option *option,
                     double size_px[2],
                     double centre[2]);
/** All ways to place it, in the order they are tried; the text measures so much. */
uint32_t label_spec_options(const struct label_spec *spec,
                            double width_px,
                            double height_px,
                            struct label_option out[LABEL_MAX_OPTIONS]);

#endif
