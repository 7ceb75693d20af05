/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled style.json: what to draw of one map layer, and how. */
#ifndef TILES_STYLE_STYLE_H
#define TILES_STYLE_STYLE_H

#include "style/expr.h"

enum { STYLE_MAX_BYTES = 1024 * 1024, STYLE_MAX_LAYERS = 200, STYLE_MAX_ORDER = 999 };

enum style_type {
    STYLE_BACKGROUND,
    STYLE_FILL,
    STYLE_LINE,
    STYLE_CIRCLE,
    STYLE_SYMBOL
};
enum { STYLE_TYPE_COUNT = STYLE_SYMBOL + 1 };

/** The properties we draw; the table is in style/property.c. */
enum style_property {
    BACKGROUND_COLOR,
    BACKGROUND_OPACITY,
    FILL_COLOR,
    FILL_OPACITY,
    FILL_OUTLINE_COLOR,
    FILL_ANTIALIAS,
    LINE_COLOR,
    LINE_OPACITY,
    LINE_WIDTH,
    LINE_OFFSET,
    LINE_DASHARRAY,
    LINE_CAP,
    LINE_JOIN,
    LINE_MITER_LIMIT,
    CIRCLE_RADIUS,
    CIRCLE_COLOR,
    CIRCLE_OPACITY,
    CIRCLE_STROKE_COLOR,
    CIRCLE_STROKE_WIDTH,
    CIRCLE_STROKE_OPACITY,
    CIRCLE_SORT_KEY,
    TEXT_FIELD,
    TEXT_FONT,
    TEXT_SIZE,
    TEXT_MAX_WIDTH,
    TEXT_LINE_HEIGHT,
    TEXT_LETTER_SPACING,
    TEXT_ANCHOR,
    TEXT_VARIABLE_ANCHOR,
    TEXT_RADIAL_OFFSET,
    TEXT_OFFSET,
    TEXT_PADDING,
    TEXT_JUSTIFY,
    TEXT_ALLOW_OVERLAP,
    TEXT_IGNORE_PLACEMENT,
    SYMBOL_PLACEMENT,
    SYMBOL_SORT_KEY,
    TEXT_COLOR,
    TEXT_OPACITY,
    TEXT_HALO_COLOR,
    TEXT_HALO_WIDTH,
    STYLE_PROPERTY_COUNT
};

/* what a property's expression may use */
enum { PROPERTY_ZOOM = EXPR_ZOOM, PROPERTY_FEATURE = EXPR_FEATURE };

struct style_property_def {
    const char *name;
    enum style_type layer;
    bool is_layout;
    enum style_kind kind;
    unsigned depends; /* PROPERTY_… */
    double min;       /* numbers */
    double max;
    double number;              /* default of numbers and booleans; NAN: none */
    struct draw_color color;    /* default of colours */
    const char *const *choices; /* texts: allowed values, the first is the default */
};
extern const struct style_property_def style_properties[STYLE_PROPERTY_COUNT];

/** Indices into the choices of line-cap, line-join, text anchors, symbol-placement. */
enum style_anchor {
    ANCHOR_CENTER,
    ANCHOR_LEFT,
    ANCHOR_RIGHT,
    ANCHOR_TOP,
    ANCHOR_BOTTOM,
    ANCHOR_TOP_LEFT,
    ANCHOR_TOP_RIGHT,
    ANCHOR_BOTTOM_LEFT,
    ANCHOR_BOTTOM_RIGHT,
    ANCHOR_COUNT
};
enum { PLACEMENT_POINT, PLACEMENT_LINE };

struct style_layer {
    const char *id;
    enum style_type type;
    double min_zoom; /* MapLibre's zoom: min_zoom <= zoom < max_zoom */
    double max_zoom;
    int order;
    uint32_t index; /* position in the file */
    bool visible;
    const struct expr *filter;                           /* NULL: all */
    const struct expr *properties[STYLE_PROPERTY_COUNT]; /* NULL: the default */
};

struct style {
    const struct style_layer *layers;
    uint32_t n_layers;
};

/**
 * Compile a style.json (ARCHITECTURE.md, "style.json"). Everything lives in `arena`;
 * an empty text is a style without layers. `schema` may be NULL: then fields are not
 * resolved. Errors: IM_EDATA with the JSON path; IM_ELIMIT size; IM_ENOMEM.
 */
IM_CHECKED enum im_code style_parse(struct im_bytes json,
                                    const struct layer_schema *schema,
                                    enum lang lang,
                                    struct im_arena *arena,
                                    struct style *out,
                                    struct im_error *err);

bool style_layer_visible(const struct style_layer *layer, double zoom);
bool style_matches(const struct style_layer *layer, struct style_eval *at);

/* The value of a property for the feature in `at`; a failed evaluation or a missing
 * value gives the default. Numbers are held to the range of the table. */
double style_number(const struct style_layer *layer,
                    enum style_property property,
                    struct style_eval *at);
bool style_flag(const struct style_layer *layer,
                enum style_property property,
                struct style_eval *at);
struct draw_color style_color(const struct style_layer *layer,
                              enum style_property property,
                              struct style_eval *at);
/** Colour times opacity. */
struct draw_color style_color_opacity(const struct style_layer *layer,
                                      enum style_property color,
                                      enum style_property opacity,
                                      struct style_eval *at);
unsigned style_choice(const struct style_layer *layer,
                      enum style_property property,
                      struct style_eval *at);
struct im_bytes style_text(const struct style_layer *layer,
                           enum style_property property,
                           struct style_eval *at);
/** Numbers of an array; returns how many, at most `max`. */
uint32_t style_numbers(const struct style_layer *layer,
                       enum style_property property,
                       struct style_eval *at,
                       double *out,
                       uint32_t max);
/** Choices of an array; returns how many, at most `max`. */
uint32_t style_choices(const struct style_layer *layer,
                       enum style_property property,
                       struct style_eval *at,
                       uint8_t *out,
                       uint32_t max);
/** text-font names a bold face. */
bool style_font_is_bold(const struct style_layer *layer, struct style_eval *at);
/** The largest value a number can take at this zoom: known when its outputs are, else
 *  the maximum of the table. */
double style_number_bound(const struct style_layer *layer,
                          enum style_property property);

/** Index of a property by name for a layer type; STYLE_PROPERTY_COUNT: unknown. */
enum style_property
style_property_find(enum style_type type, bool is_layout, const char *name);
/** The nearest known property of this layer type, for messages. */
const char *style_property_nearest(enum style_type type, const char *name);
const char *style_type_name(enum style_type type);
/** Does `value` suit the property; fails with path and allowed range. */
IM_CHECKED enum im_code style_property_check(struct expr_compiler *c,
                                             const struct style_property_def *def,
                                             const struct style_value *value);

#endif
