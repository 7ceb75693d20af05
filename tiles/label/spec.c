/* SPDX-License-Identifier: Apache-2.0 */
/* What a symbol layer wants to write for one feature, and the boxes it needs. */
#include "label/spec.h"

#include <math.h>
#include <utf8proc.h>

static bool is_blank(struct im_bytes text)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t c = im_utf8_next(text, &at);

        if (c > ' ' && !(c >= 0x7f && c <= 0xa0) && c != 0x3000 && c != 0x200b &&
            c != 0xfeff)
            return false;
    }
    return true;
}

/* text-transform: letter by letter, as JavaScript does for all letters but a few. */
static struct im_bytes
transform(struct im_bytes text, unsigned how, char out[LABEL_MAX_TEXT_BYTES])
{
    size_t at = 0;
    size_t n = 0;

    if (how == TRANSFORM_NONE)
        return text;
    while (at < text.len && n + 4 <= LABEL_MAX_TEXT_BYTES) {
        utf8proc_int32_t c = (utf8proc_int32_t)im_utf8_next(text, &at);

        c = how == TRANSFORM_UPPERCASE ? utf8proc_toupper(c) : utf8proc_tolower(c);
        n += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out + n);
    }
    return (struct im_bytes){(const uint8_t *)out, n};
}

/* -1: the text lies to the left of (above) its point, 1: to the right of (below) it */
static int side_x(unsigned anchor)
{
    return anchor == ANCHOR_LEFT || anchor == ANCHOR_TOP_LEFT ||
                   anchor == ANCHOR_BOTTOM_LEFT
               ? 1
           : anchor == ANCHOR_RIGHT || anchor == ANCHOR_TOP_RIGHT ||
                   anchor == ANCHOR_BOTTOM_RIGHT
               ? -1
               : 0;
}

static int side_y(unsigned anchor)
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
static void add_anchor(struct label_spec *spec,
                       unsigned anchor,
                       bool is_variable,
                       const double offset_em[2],
                       double radial_em)
{
    double x_em = offset_em[0];
    double y_em = offset_em[1];
    int sx = side_x(anchor);
    int sy = side_y(anchor);

    if (radial_em > 0) {
        double r = sx && sy ? radial_em * M_SQRT1_2 : radial_em;

        x_em = sx * r;
        y_em = sy * r;
    } else if (is_variable) {
        x_em = sx * fabs(x_em);
        y_em = sy * fabs(y_em);
    }
    spec->anchors[spec->n_anchors++] =
        (struct style_anchor_offset){anchor, (float)x_em, (float)y_em};
}

static void eval_anchors(const struct style_layer *style,
                         struct style_eval *at,
                         struct label_spec *out)
{
    uint8_t anchors[ANCHOR_COUNT];
    double offset_em[2];
    double radial_em;
    uint32_t n;

    out->n_anchors = style_anchor_offsets(style, at, out->anchors);
    if (out->n_anchors > 0)
        return;
    n = style_choices(style, TEXT_VARIABLE_ANCHOR, at, anchors, ANCHOR_COUNT);
    style_numbers(style, TEXT_OFFSET, at, offset_em, 2);
    radial_em = style_number(style, TEXT_RADIAL_OFFSET, at);
    for (uint32_t i = 0; i < n; i++)
        add_anchor(out, anchors[i], true, offset_em, radial_em);
    if (n == 0)
        add_anchor(out, style_choice(style, TEXT_ANCHOR, at), false, offset_em,
                   radial_em);
}

/* text-overlap and icon-overlap say it anew when they are there. */
static bool may_overlap(const struct style_layer *style,
                        enum style_property overlap,
                        enum style_property allow,
                        struct style_eval *at)
{
    return style_has(style, overlap) ? style_choice(style, overlap, at) != OVERLAP_NEVER
                                     : style_flag(style, allow, at);
}

static void eval_text(const struct style_layer *style,
                      struct style_eval *at,
                      struct label_spec *out)
{
    struct im_bytes text = style_text(style, TEXT_FIELD, at);
    float size_px = (float)style_number(style, TEXT_SIZE, at);

    if (text.len > LABEL_MAX_TEXT_BYTES)
        text.len = LABEL_MAX_TEXT_BYTES; /* shaping ends there too */
    if (is_blank(text) || !(size_px >= 1))
        return;
    out->parts |= LABEL_TEXT;
    out->text = transform(text, style_choice(style, TEXT_TRANSFORM, at), out->changed);
    out->style = (struct text_style){
        .size_px = size_px,
        .weight = style_font_is_bold(style, at) ? TEXT_BOLD : TEXT_REGULAR,
        .letter_spacing_em = (float)style_number(style, TEXT_LETTER_SPACING, at),
        .line_height_em = (float)style_number(style, TEXT_LINE_HEIGHT, at),
        /* names along lines are never wrapped (MapLibre) */
        .max_width_em = out->placement != PLACEMENT_POINT
                            ? 0
                            : (float)style_number(style, TEXT_MAX_WIDTH, at)};
    eval_anchors(style, at, out);
    out->rotate_deg = style_number(style, TEXT_ROTATE, at);
    style_numbers(style, TEXT_TRANSLATE, at, out->translate_px, 2);
    out->justify = style_choice(style, TEXT_JUSTIFY, at);
    out->padding_px = style_number(style, TEXT_PADDING, at);
    out->text_is_free = may_overlap(style, TEXT_OVERLAP, TEXT_ALLOW_OVERLAP, at);
    out->text_ignores = style_flag(style, TEXT_IGNORE_PLACEMENT, at);
    out->text_is_optional = style_flag(style, TEXT_OPTIONAL, at);
}

static void eval_icon(const struct style_layer *style,
                      const struct sprite_sheet *sprites,
                      struct style_eval *at,
                      struct label_spec *out)
{
    struct sprite_image image;
    double size = style_number(style, ICON_SIZE, at);
    double offset[2];
    double translate[2];

    out->icon = style_text(style, ICON_IMAGE, at);
    if (out->icon.len == 0 || !(size > 0) ||
        !sprite_find(sprites, out->icon, 1, &image) || image.pixel_ratio == 0)
        return;
    out->parts |= LABEL_ICON;
    out->icon_size_px[0] = size * image.width_px / image.pixel_ratio;
    out->icon_size_px[1] = size * image.height_px / image.pixel_ratio;
    unsigned anchor = style_choice(style, ICON_ANCHOR, at);
    style_numbers(style, ICON_OFFSET, at, offset, 2);
    style_numbers(style, ICON_TRANSLATE, at, translate, 2);
    double x = side_x(anchor) * out->icon_size_px[0] / 2 + offset[0] * size;
    double y = side_y(anchor) * out->icon_size_px[1] / 2 + offset[1] * size;
    out->icon_rotate_deg = style_number(style, ICON_ROTATE, at);
    double turn = out->icon_rotate_deg * M_PI / 180;
    out->icon_at[0] = x * cos(turn) - y * sin(turn) + translate[0];
    out->icon_at[1] = x * sin(turn) + y * cos(turn) + translate[1];
    style_numbers(style, ICON_PADDING, at, out->icon_padding_px, 4);
    out->icon_fit = style_choice(style, ICON_TEXT_FIT, at);
    style_numbers(style, ICON_TEXT_FIT_PADDING, at, out->icon_fit_padding_px, 4);
    out->icon_is_free = may_overlap(style, ICON_OVERLAP, ICON_ALLOW_OVERLAP, at);
    out->icon_ignores = style_flag(style, ICON_IGNORE_PLACEMENT, at);
    out->icon_is_optional = style_flag(style, ICON_OPTIONAL, at);
}

bool label_spec_eval(const struct style_layer *style,
                     const struct sprite_sheet *sprites,
                     struct style_eval *at,
                     struct label_spec *out)
{
    memset(out, 0, offsetof(struct label_spec, changed));
    out->placement = style_choice(style, SYMBOL_PLACEMENT, at);
    if (at->geometry == GEOM_POINT)
        out->placement = PLACEMENT_POINT;
    eval_text(style, at, out);
    if (out->placement != PLACEMENT_POINT) {
        out->max_angle_deg = style_number(style, TEXT_MAX_ANGLE, at);
        out->spacing_px = style_number(style, SYMBOL_SPACING, at);
        out->keep_upright = style_flag(style, TEXT_KEEP_UPRIGHT, at);
    }
    if (sprites)
        eval_icon(style, sprites, at, out);
    return out->parts != 0;
}

/* ---- geometry ---- */

static const struct style_anchor_offset *offset_of(const struct label_spec *spec,
                                                   unsigned anchor)
{
    for (uint32_t i = 0; i < spec->n_anchors; i++)
        if (spec->anchors[i].anchor == anchor)
            return &spec->anchors[i];
    return NULL;
}

void label_spec_centre(const struct label_spec *spec,
                       unsigned anchor,
                       double width_px,
                       double height_px,
                       double *x,
                       double *y)
{
    const struct style_anchor_offset *offset = offset_of(spec, anchor);
    double em = (double)spec->style.size_px;
    double dx =
        side_x(anchor) * width_px / 2 + (offset ? (double)offset->x_em : 0) * em;
    double dy =
        side_y(anchor) * height_px / 2 + (offset ? (double)offset->y_em : 0) * em;
    double turn = spec->rotate_deg * M_PI / 180;

    *x = dx * cos(turn) - dy * sin(turn) + spec->translate_px[0];
    *y = dx * sin(turn) + dy * cos(turn) + spec->translate_px[1];
}

unsigned label_spec_justify(const struct label_spec *spec, unsigned anchor)
{
    if (spec->justify != JUSTIFY_AUTO)
        return spec->justify;
    return side_x(anchor) > 0   ? JUSTIFY_LEFT
           : side_x(anchor) < 0 ? JUSTIFY_RIGHT
                                : JUSTIFY_CENTER;
}

/* The box of a turned rectangle. */
static struct label_box turned_box(double x, double y, double w, double h, double deg)
{
    double c = fabs(cos(deg * M_PI / 180));
    double s = fabs(sin(deg * M_PI / 180));
    double half_w = deg == 0 ? w / 2 : (w * c + h * s) / 2;
    double half_h = deg == 0 ? h / 2 : (w * s + h * c) / 2;

    return (struct label_box){x - half_w, y - half_h, x + half_w, y + half_h};
}

static struct label_box with_point(struct label_box b)
{
    return (struct label_box){fmin(b.min_x, 0), fmin(b.min_y, 0), fmax(b.max_x, 0),
                              fmax(b.max_y, 0)};
}

void label_spec_icon(const struct label_spec *spec,
                     const struct label_option *option,
                     double size_px[2],
                     double centre[2])
{
    const struct label_box *t = &option->text;
    const double *pad = spec->icon_fit_padding_px;

    size_px[0] = spec->icon_size_px[0];
    size_px[1] = spec->icon_size_px[1];
    centre[0] = spec->icon_at[0];
    centre[1] = spec->icon_at[1];
    if (!(option->parts & LABEL_TEXT) || spec->icon_fit == TEXT_FIT_NONE)
        return;
    /* centred on the text in both directions, as MapLibre's fitIconToText */
    centre[0] += (t->min_x + t->max_x) / 2;
    centre[1] += (t->min_y + t->max_y) / 2;
    if (spec->icon_fit != TEXT_FIT_HEIGHT) {
        size_px[0] = t->max_x - t->min_x + pad[1] + pad[3];
        centre[0] += (pad[1] - pad[3]) / 2;
    }
    if (spec->icon_fit != TEXT_FIT_WIDTH) {
        size_px[1] = t->max_y - t->min_y + pad[0] + pad[2];
        centre[1] += (pad[2] - pad[0]) / 2;
    }
    size_px[0] = fmax(size_px[0], 0);
    size_px[1] = fmax(size_px[1], 0);
}

static struct label_box icon_box(const struct label_spec *spec,
                                 const struct label_option *option)
{
    const double *pad = spec->icon_padding_px;
    struct label_box box;
    double size[2];
    double centre[2];

    label_spec_icon(spec, option, size, centre);
    box = turned_box(centre[0], centre[1], size[0], size[1], spec->icon_rotate_deg);
    return (struct label_box){box.min_x - pad[3], box.min_y - pad[0],
                              box.max_x + pad[1], box.max_y + pad[2]};
}

static struct label_option option_of(const struct label_spec *spec,
                                     unsigned anchor,
                                     unsigned parts,
                                     double width_px,
                                     double height_px)
{
    unsigned is_free =
        (spec->text_is_free ? LABEL_TEXT : 0u) | (spec->icon_is_free ? LABEL_ICON : 0u);
    struct label_option option = {.anchor = (uint8_t)anchor,
                                  .parts = (uint8_t)parts,
                                  .free = (uint8_t)(parts & is_free)};
    double x;
    double y;

    if (parts & LABEL_TEXT) {
        double pad = spec->padding_px;

        label_spec_centre(spec, anchor, width_px, height_px, &x, &y);
        option.text = turned_box(x, y, width_px, height_px, spec->rotate_deg);
        option.boxes[0] = with_point(
            (struct label_box){option.text.min_x - pad, option.text.min_y - pad,
                               option.text.max_x + pad, option.text.max_y + pad});
    }
    if (parts & LABEL_ICON)
        option.boxes[1] = with_point(icon_box(spec, &option));
    return option;
}

uint32_t label_spec_options(const struct label_spec *spec,
                            double width_px,
                            double height_px,
                            struct label_option out[LABEL_MAX_OPTIONS])
{
    uint32_t n = 0;

    if (spec->parts & LABEL_TEXT)
        for (uint32_t i = 0; i < spec->n_anchors; i++)
            out[n++] = option_of(spec, spec->anchors[i].anchor, spec->parts, width_px,
                                 height_px);
    /* the icon without its text, the text without its icon */
    if ((spec->parts & LABEL_ICON) &&
        (spec->text_is_optional || !(spec->parts & LABEL_TEXT)))
        out[n++] = option_of(spec, ANCHOR_CENTER, LABEL_ICON, 0, 0);
    if (spec->parts == (LABEL_TEXT | LABEL_ICON) && spec->icon_is_optional)
        for (uint32_t i = 0; i < spec->n_anchors; i++)
            out[n++] = option_of(spec, spec->anchors[i].anchor, LABEL_TEXT, width_px,
                                 height_px);
    return n;
}
