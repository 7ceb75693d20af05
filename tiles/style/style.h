/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled style.json: what to draw of one map layer, and how. */
#ifndef TILES_STYLE_STYLE_H
#define TILES_STYLE_STYLE_H

#include "style/expr.h"
#include "style/function.h"

enum { STYLE_MAX_BYTES = 1024 * 1024, STYLE_MAX_LAYERS = 200, STYLE_MAX_ORDER = 999 };

enum style_type {
    STYLE_BACKGROUND,
    STYLE_FILL,
    STYLE_LINE,
    STYLE_CIRCLE,
    STYLE_SYMBOL,
    STYLE_HEATMAP
};
enum { STYLE_TYPE_COUNT = STYLE_HEATMAP + 1 };

/** The properties we draw; the table is in style/property.c. */
enum style_property {
    BACKGROUND_COLOR,
    BACKGROUND_PATTERN,
    BACKGROUND_OPACITY,
    FILL_SORT_KEY,
    FILL_ANTIALIAS,
    FILL_OPACITY,
    FILL_LAYER_OPACITY,
    FILL_COLOR,
    FILL_OUTLINE_COLOR,
    FILL_TRANSLATE,
    FILL_TRANSLATE_ANCHOR,
    FILL_PATTERN,
    LINE_CAP,
    LINE_JOIN,
    LINE_MITER_LIMIT,
    LINE_ROUND_LIMIT,
    LINE_SORT_KEY,
    LINE_OPACITY,
    LINE_LAYER_OPACITY,
    LINE_COLOR,
    LINE_TRANSLATE,
    LINE_TRANSLATE_ANCHOR,
    LINE_WIDTH,
    LINE_GAP_WIDTH,
    LINE_OFFSET,
    LINE_BLUR,
    LINE_DASHARRAY,
    LINE_PATTERN,
    CIRCLE_SORT_KEY,
    CIRCLE_RADIUS,
    CIRCLE_COLOR,
    CIRCLE_BLUR,
    CIRCLE_OPACITY,
    CIRCLE_TRANSLATE,
    CIRCLE_TRANSLATE_ANCHOR,
    CIRCLE_PITCH_SCALE,
    CIRCLE_PITCH_ALIGNMENT,
    CIRCLE_STROKE_WIDTH,
    CIRCLE_STROKE_COLOR,
    CIRCLE_STROKE_OPACITY,
    SYMBOL_PLACEMENT,
    SYMBOL_SPACING,
    SYMBOL_AVOID_EDGES,
    SYMBOL_SORT_KEY,
    SYMBOL_Z_ORDER,
    ICON_ALLOW_OVERLAP,
    ICON_OVERLAP,
    ICON_IGNORE_PLACEMENT,
    ICON_OPTIONAL,
    ICON_ROTATION_ALIGNMENT,
    ICON_SIZE,
    ICON_TEXT_FIT,
    ICON_TEXT_FIT_PADDING,
    ICON_IMAGE,
    ICON_ROTATE,
    ICON_PADDING,
    ICON_KEEP_UPRIGHT,
    ICON_OFFSET,
    ICON_ANCHOR,
    ICON_PITCH_ALIGNMENT,
    TEXT_PITCH_ALIGNMENT,
    TEXT_ROTATION_ALIGNMENT,
    TEXT_FIELD,
    TEXT_FONT,
    TEXT_SIZE,
    TEXT_MAX_WIDTH,
    TEXT_LINE_HEIGHT,
    TEXT_LETTER_SPACING,
    TEXT_JUSTIFY,
    TEXT_RADIAL_OFFSET,
    TEXT_VARIABLE_ANCHOR,
    TEXT_VARIABLE_ANCHOR_OFFSET,
    TEXT_ANCHOR,
    TEXT_MAX_ANGLE,
    TEXT_WRITING_MODE,
    TEXT_ROTATE,
    TEXT_PADDING,
    TEXT_KEEP_UPRIGHT,
    TEXT_TRANSFORM,
    TEXT_OFFSET,
    TEXT_ALLOW_OVERLAP,
    TEXT_OVERLAP,
    TEXT_IGNORE_PLACEMENT,
    TEXT_OPTIONAL,
    ICON_OPACITY,
    ICON_COLOR,
    ICON_HALO_COLOR,
    ICON_HALO_WIDTH,
    ICON_HALO_BLUR,
    ICON_TRANSLATE,
    ICON_TRANSLATE_ANCHOR,
    TEXT_OPACITY,
    TEXT_COLOR,
    TEXT_HALO_COLOR,
    TEXT_HALO_WIDTH,
    TEXT_HALO_BLUR,
    TEXT_TRANSLATE,
    TEXT_TRANSLATE_ANCHOR,
    HEATMAP_RADIUS,
    HEATMAP_WEIGHT,
    HEATMAP_INTENSITY,
    HEATMAP_COLOR,
    HEATMAP_OPACITY,
    STYLE_PROPERTY_COUNT
};

/* what a property's expression may use */
enum {
    PROPERTY_ZOOM = EXPR_ZOOM,
    PROPERTY_FEATURE = EXPR_FEATURE,
    PROPERTY_DENSITY = EXPR_DENSITY /* heatmap-color: that and nothing else */
};
enum { PROPERTY_MAX_NUMBERS = 4 };

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
    uint32_t min_items;         /* lists */
    uint32_t max_items;
    double items[PROPERTY_MAX_NUMBERS]; /* default of lists that have one */
    bool is_discrete;                   /* MapLibre steps it, never interpolates */
};
extern const struct style_property_def style_properties[STYLE_PROPERTY_COUNT];

/** Indices into the choices (line-cap and line-join: enum draw_cap, draw_join). */
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
enum { PLACEMENT_POINT, PLACEMENT_LINE, PLACEMENT_LINE_CENTER };
enum { JUSTIFY_CENTER, JUSTIFY_AUTO, JUSTIFY_LEFT, JUSTIFY_RIGHT };
enum { Z_ORDER_AUTO, Z_ORDER_VIEWPORT_Y, Z_ORDER_SOURCE };
enum { OVERLAP_NEVER, OVERLAP_ALWAYS, OVERLAP_COOPERATIVE };
enum { TEXT_FIT_NONE, TEXT_FIT_WIDTH, TEXT_FIT_HEIGHT, TEXT_FIT_BOTH };
enum { TRANSFORM_NONE, TRANSFORM_UPPERCASE, TRANSFORM_LOWERCASE };
enum { ALIGN_AUTO, ALIGN_MAP, ALIGN_VIEWPORT, ALIGN_VIEWPORT_GLYPH };

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
/** text-field as plain text; of icon-image and -pattern the name of the image, empty
 *  when there is none. */
struct im_bytes style_text(const struct style_layer *layer,
                           enum style_property property,
                           struct style_eval *at);
/** Is there a value? Of -overlap, patterns, images, -sort-key, outline colours and the
 *  like, which have no default. */
bool style_has(const struct style_layer *layer, enum style_property property);
/** Do these have one value for all features, at one zoom? */
bool style_is_one_look(const struct style_layer *layer,
                       const enum style_property *properties,
                       size_t n);
/** Numbers of an array (or of its default), held to the range; returns how many, at
 *  most `max`. Padding is always four: top, right, bottom, left. */
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
/** text-variable-anchor-offset; ems, x right, y down. Returns how many. */
struct style_anchor_offset {
    enum style_anchor anchor;
    float x_em, y_em;
};
uint32_t style_anchor_offsets(const struct style_layer *layer,
                              struct style_eval *at,
                              struct style_anchor_offset out[ANCHOR_COUNT]);
/** heatmap-color at densities 0, 1/255 … 1, straight colours. */
enum { STYLE_RAMP = 256 };
void style_heatmap_ramp(const struct style_layer *layer,
                        struct style_eval *at,
                        struct draw_color out[STYLE_RAMP]);
/** text-font names a bold face. */
bool style_font_is_bold(const struct style_layer *layer, struct style_eval *at);
/** The largest value a number can take at this zoom: known when its outputs are, else
 *  the maximum of the table. */
double style_number_bound(const struct style_layer *layer,
                          enum style_property property);

/** All that is wrong with a style.json, or with a style of the whole map ("sources" and
 *  "version" are there, layers name a source): at most EXPR_MAX_PROBLEMS, in `arena`.
 *  Errors: JSON that is none, size, memory. */
IM_CHECKED enum im_code style_problems_of(struct im_bytes json,
                                          struct im_arena *arena,
                                          struct style_problems *out,
                                          struct im_error *err);

/** The parts of a text-field for the feature in `at`; a plain text is one part. They
 *  live in the scratch of `at`. Returns how many. */
uint32_t style_sections(const struct style_layer *layer,
                        struct style_eval *at,
                        const struct style_section **out);

/** What a property, or a test, wants of its expression. */
struct style_target {
    const struct expr_type *type; /* NULL: anything */
    bool is_text;                 /* texts are made of other values, not demanded */
    unsigned depends;             /* what it may use: PROPERTY_… */
    bool is_interpolated;
    struct style_function_target function;
};
/** Compile a value: constant, expression or function. NULL: problems are noted. */
const struct expr *style_compile(struct expr_compiler *c,
                                 const json_t *json,
                                 const struct style_target *target);
/** The target of a property; its type is made in the arena of `c`. */
struct style_target style_property_target(struct expr_compiler *c,
                                          enum style_property property);

/** Index of a property by name for a layer type; STYLE_PROPERTY_COUNT: unknown. */
enum style_property
style_property_find(enum style_type type, bool is_layout, const char *name);
/** The nearest known property of this layer type, for messages. */
const char *style_property_nearest(enum style_type type, const char *name);
const char *style_type_name(enum style_type type);
/** Note where `value` does not suit the property: range, choices, length. */
void style_property_check(struct expr_compiler *c,
                          const struct style_property_def *def,
                          struct style_value value);

#endif
