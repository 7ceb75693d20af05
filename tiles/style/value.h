/* SPDX-License-Identifier: Apache-2.0 */
/* Values of style expressions and the place they are evaluated at. */
#ifndef TILES_STYLE_VALUE_H
#define TILES_STYLE_VALUE_H

#include <tiles/raster.h>

#include <engine/atlas.h>

/** Kinds of values; as a static type STYLE_ANY is what `get` may return. */
enum style_kind {
    STYLE_NULL,
    STYLE_BOOL,
    STYLE_NUMBER,
    STYLE_STRING,
    STYLE_COLOR,
    STYLE_ARRAY,
    STYLE_ANY,
    STYLE_ERROR /* evaluation failed: the property takes its default (MapLibre) */
};
const char *style_kind_name(enum style_kind kind);

struct style_value {
    enum style_kind kind;
    uint32_t n; /* length of an array */
    union {
        bool boolean;
        double number;
        struct im_bytes text;
        struct draw_color color;
        const struct style_value *items;
    };
};

static inline struct style_value style_of_bool(bool b)
{
    return (struct style_value){.kind = STYLE_BOOL, .boolean = b};
}
static inline struct style_value style_of_number(double n)
{
    return (struct style_value){.kind = STYLE_NUMBER, .number = n};
}
static inline struct style_value style_of_text(struct im_bytes text)
{
    return (struct style_value){.kind = STYLE_STRING, .text = text};
}
static inline struct style_value style_of_color(struct draw_color color)
{
    return (struct style_value){.kind = STYLE_COLOR, .color = color};
}
static inline struct style_value style_error(void)
{
    return (struct style_value){.kind = STYLE_ERROR};
}
bool style_value_equal(struct style_value a, struct style_value b);

enum { STYLE_TEXT_MAX = 2048 };
/**
 * Where an expression is evaluated. Texts made on the way (concat, to-string) live in
 * `text` until style_eval_feature is called again; what does not fit is cut at a
 * character.
 */
struct style_eval {
    double zoom;                     /* MapLibre's: z - 1 for a 256 px tile at z */
    double density;                  /* heatmap-density, 0..1 */
    const struct atlas_layer *layer; /* NULL: no feature */
    uint32_t feature;
    enum geom_kind geometry;
    size_t text_len;
    char text[STYLE_TEXT_MAX];
};

static inline void style_eval_feature(struct style_eval *at,
                                      const struct atlas_layer *layer,
                                      uint32_t feature,
                                      enum geom_kind geometry)
{
    at->layer = layer;
    at->feature = feature;
    at->geometry = geometry;
    at->text_len = 0;
}

/**
 * A CSS colour: #rgb #rgba #rrggbb #rrggbbaa, rgb() rgba() hsl() hsla() with commas or
 * spaces, names (CSS Color Module Level 4).
 */
bool style_color_parse(struct im_bytes text, struct draw_color *out);
/** Between two colours, mixed premultiplied as MapLibre does; `t` 0 is `a`. */
struct draw_color style_color_mix(struct draw_color a, struct draw_color b, double t);

#endif
