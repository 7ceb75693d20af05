/* SPDX-License-Identifier: Apache-2.0 */
/* What a symbol layer wants to write for one feature, and the box it needs. */
#include "label/spec.h"

#include <math.h>

static bool is_blank(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] > ' ')
            return false;
    return true;
}

bool label_spec_eval(const struct style_layer *style,
                     struct style_eval *at,
                     struct label_spec *out)
{
    bool on_line = style_choice(style, SYMBOL_PLACEMENT, at) == PLACEMENT_LINE;

    *out = (struct label_spec){.text = style_text(style, TEXT_FIELD, at)};
    if (is_blank(out->text))
        return false;
    out->style = (struct text_style){
        .size_px = (float)style_number(style, TEXT_SIZE, at),
        .weight = style_font_is_bold(style, at) ? TEXT_BOLD : TEXT_REGULAR,
        .letter_spacing_em = (float)style_number(style, TEXT_LETTER_SPACING, at),
        .line_height_em = (float)style_number(style, TEXT_LINE_HEIGHT, at),
        /* names along lines are never wrapped (MapLibre) */
        .max_width_em = on_line ? 0 : (float)style_number(style, TEXT_MAX_WIDTH, at)};
    out->n_anchors =
        style_choices(style, TEXT_VARIABLE_ANCHOR, at, out->anchors, ANCHOR_COUNT);
    out->is_variable = out->n_anchors > 0;
    if (!out->is_variable) {
        out->anchors[0] = (uint8_t)style_choice(style, TEXT_ANCHOR, at);
        out->n_anchors = 1;
    }
    style_numbers(style, TEXT_OFFSET, at, out->offset_em, 2);
    out->radial_em = style_number(style, TEXT_RADIAL_OFFSET, at);
    out->padding_px = style_number(style, TEXT_PADDING, at);
    out->allow_overlap = style_flag(style, TEXT_ALLOW_OVERLAP, at);
    out->ignore_placement = style_flag(style, TEXT_IGNORE_PLACEMENT, at);
    return true;
}

/* -1: the text lies to the left of (above) its point, 1: to the right of (below) it */
static int side_x(enum style_anchor anchor)
{
    return anchor == ANCHOR_LEFT || anchor == ANCHOR_TOP_LEFT ||
                   anchor == ANCHOR_BOTTOM_LEFT
               ? 1
           : anchor == ANCHOR_RIGHT || anchor == ANCHOR_TOP_RIGHT ||
                   anchor == ANCHOR_BOTTOM_RIGHT
               ? -1
               : 0;
}

static int side_y(enum style_anchor anchor)
{
    return anchor == ANCHOR_TOP || anchor == ANCHOR_TOP_LEFT ||
                   anchor == ANCHOR_TOP_RIGHT
               ? 1
           : anchor == ANCHOR_BOTTOM || anchor == ANCHOR_BOTTOM_LEFT ||
                   anchor == ANCHOR_BOTTOM_RIGHT
               ? -1
               : 0;
}

/* MapLibre's evaluateVariableOffset: with text-variable-anchor or text-radial-offset
 * the offset points away from the labelled point, whatever the anchor. */
static void offset_of(const struct label_spec *spec,
                      enum style_anchor anchor,
                      double *x_em,
                      double *y_em)
{
    int sx = side_x(anchor);
    int sy = side_y(anchor);

    if (spec->radial_em > 0) {
        double r = sx && sy ? spec->radial_em * M_SQRT1_2 : spec->radial_em;

        *x_em = sx * r;
        *y_em = sy * r;
    } else if (spec->is_variable) {
        *x_em = sx * fabs(spec->offset_em[0]);
        *y_em = sy * fabs(spec->offset_em[1]);
    } else {
        *x_em = spec->offset_em[0];
        *y_em = spec->offset_em[1];
    }
}

void label_spec_centre(const struct label_spec *spec,
                       enum style_anchor anchor,
                       double width_px,
                       double height_px,
                       double *x,
                       double *y)
{
    double x_em;
    double y_em;

    offset_of(spec, anchor, &x_em, &y_em);
    *x = side_x(anchor) * width_px / 2 + x_em * (double)spec->style.size_px;
    *y = side_y(anchor) * height_px / 2 + y_em * (double)spec->style.size_px;
}

struct label_box label_spec_box(const struct label_spec *spec,
                                enum style_anchor anchor,
                                double width_px,
                                double height_px)
{
    double x;
    double y;

    label_spec_centre(spec, anchor, width_px, height_px, &x, &y);
    return (struct label_box){
        x - width_px / 2 - spec->padding_px, y - height_px / 2 - spec->padding_px,
        x + width_px / 2 + spec->padding_px, y + height_px / 2 + spec->padding_px};
}
