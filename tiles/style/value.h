/* SPDX-License-Identifier: Apache-2.0 */
/* Values and types of style expressions, and the place they are evaluated at. */
#ifndef TILES_STYLE_VALUE_H
#define TILES_STYLE_VALUE_H

#include <tiles/raster.h>

#include <engine/clusters.h>

/** Kinds of values; as a static type STYLE_ANY is what `get` may return. */
enum style_kind {
    STYLE_NULL,
    STYLE_BOOL,
    STYLE_NUMBER,
    STYLE_STRING,
    STYLE_COLOR,
    STYLE_PROJECTION,
    STYLE_OBJECT,
    STYLE_COLLATOR,
    STYLE_FORMATTED,
    STYLE_PADDING,
    STYLE_NUMBER_ARRAY,
    STYLE_COLOR_ARRAY,
    STYLE_IMAGE,
    STYLE_OFFSETS, /* anchors with their offsets: variableAnchorOffsetCollection */
    STYLE_ARRAY,
    STYLE_ANY,
    STYLE_ERROR /* evaluation failed: the property takes its default (MapLibre) */
};
enum { STYLE_KIND_COUNT = STYLE_ERROR + 1 };
const char *style_kind_name(enum style_kind kind);

/** Static type of an expression. */
struct expr_type {
    enum style_kind kind;
    int32_t n;                    /* arrays: their length; -1: any */
    const struct expr_type *item; /* arrays */
};
/** The types that have no parts, by kind; the one of STYLE_ARRAY is array<value>. */
extern const struct expr_type expr_types[STYLE_KIND_COUNT];
extern const struct expr_type expr_type_strings; /* array<string> */
extern const struct expr_type expr_type_four;    /* array<number, 4> */

enum { EXPR_TYPE_TEXT = 160 };
/** "array<string, 2>"; returns `out`. */
const char *expr_type_text(const struct expr_type *type, char out[EXPR_TYPE_TEXT]);
bool expr_type_is_subtype(const struct expr_type *expected,
                          const struct expr_type *found);

/** Straight (not premultiplied) colour, 0..1 each. */
struct style_rgba {
    double r, g, b, a;
};
struct style_collator;
struct style_section;

/** 16 bytes, so that it travels in registers. What it points to lives in the arena of
 *  the style, in the atlas or in the scratch of struct style_eval. */
struct style_value {
    enum style_kind kind : 8;
    unsigned is_available : 1; /* images: the map has it */
    uint32_t n;                /* bytes, items, numbers, sections, pairs */
    union {
        bool boolean;
        double number;
        const char *bytes;               /* texts, names of images, why it failed */
        const struct style_rgba *colors; /* one; n of a colour array */
        const double *numbers;           /* padding (4), number array */
        const struct style_value *items; /* arrays; offsets; objects: key, value … */
        const struct style_collator *collator;
        const struct style_section *sections;
    };
};

/** A part of a formatted text; what is not said is STYLE_NULL. */
struct style_section {
    struct style_value text; /* empty when there is an image */
    struct style_value image;
    struct style_value scale;
    struct style_value font; /* names with commas between */
    struct style_value color;
    struct style_value vertical_align;
};

static inline struct style_value style_null(void)
{
    return (struct style_value){.kind = STYLE_NULL};
}
static inline struct style_value style_of_bool(bool b)
{
    return (struct style_value){.kind = STYLE_BOOL, .boolean = b};
}
static inline struct style_value style_of_number(double n)
{
    return (struct style_value){.kind = STYLE_NUMBER, .number = n};
}
static inline struct style_value style_of_bytes(const char *bytes, size_t n)
{
    return (struct style_value){
        .kind = STYLE_STRING, .n = (uint32_t)n, .bytes = n ? bytes : ""};
}
static inline struct style_value style_of_text(struct im_bytes text)
{
    return style_of_bytes((const char *)text.data, text.len);
}
static inline struct im_bytes style_bytes(struct style_value v)
{
    return (struct im_bytes){(const uint8_t *)v.bytes, v.n};
}
static inline bool style_is(struct style_value v, const char *text)
{
    return v.n == strlen(text) && memcmp(v.bytes, text, v.n) == 0;
}
/** As === of JavaScript: arrays and objects are equal to themselves only. */
bool style_value_equal(struct style_value a, struct style_value b);
/** Is the value of this type, as an assertion finds it? */
bool style_value_is(struct style_value v, const struct expr_type *type);
/** The name of a value's type, as `typeof` gives it; returns `out`. */
const char *style_value_type(struct style_value v, char out[EXPR_TYPE_TEXT]);

enum { STYLE_JS_NUMBER = 40 };
/** A number as JavaScript writes it; returns the length, terminated. */
size_t style_js_number(char out[STYLE_JS_NUMBER], double number);
/** Number(text) of JavaScript; NAN. */
double style_js_parse(struct im_bytes text);

/** What a feature is when it comes from a request or a test and not from the atlas. */
struct style_given {
    struct style_value properties; /* an object */
    struct style_value id;
    struct style_value type;  /* the name of the geometry's type, or null */
    const struct geom *shape; /* NULL: not known */
    double scale;             /* units of the world that within compares in */
};

enum { STYLE_TEXT_MAX = 4096 };
/**
 * Where an expression is evaluated. Texts and lists made on the way live in `text`
 * until style_eval_feature is called again; a text that does not fit is cut at a
 * character, a list fails.
 */
struct style_eval {
    double zoom;                     /* MapLibre's: z - 1 for a 256 px tile at z */
    double density;                  /* heatmap-density, 0..1 */
    double elevation;                /* only ever given by `innomap style eval` */
    double line_progress;            /* the same */
    const struct atlas_layer *layer; /* NULL: no feature */
    uint32_t feature;
    const struct clusters *clusters; /* not NULL: it is `cluster` of these */
    uint32_t cluster;
    enum geom_kind geometry;
    const struct style_given *given; /* instead of `layer` */
    struct style_value state;        /* global-state: an object or null */
    struct style_value accumulated;
    struct style_value images; /* those there are, a list; null: not asked for */
    struct im_arena *arena;    /* instead of `text`; NULL in drawing */
    bool explain;              /* errors say why, for people */
    size_t text_len;
    _Alignas(16) char text[STYLE_TEXT_MAX];
};

static inline void style_eval_feature(struct style_eval *at,
                                      const struct atlas_layer *layer,
                                      uint32_t feature,
                                      enum geom_kind geometry)
{
    at->layer = layer;
    at->feature = feature;
    at->clusters = NULL;
    at->geometry = geometry;
    at->text_len = 0;
}

/** A cluster is a point with the properties point_count, point_count_abbreviated,
 *  cluster, cluster_id, expansion_zoom and "count:CODE". */
static inline void style_eval_cluster(struct style_eval *at,
                                      const struct atlas_layer *layer,
                                      const struct clusters *clusters,
                                      uint32_t cluster)
{
    style_eval_feature(at, layer, cluster_at(clusters, cluster)->feature, GEOM_POINT);
    at->clusters = clusters;
    at->cluster = cluster;
}

/** Room for a list, aligned; NULL when there is none left. */
void *style_scratch(struct style_eval *at, size_t size);
struct style_value style_failed(struct style_eval *at, const char *fmt, ...)
    IM_PRINTF(2, 3);
struct style_value
style_of_color(struct style_eval *at, double r, double g, double b, double a);
struct style_value
style_array(struct style_eval *at, const struct style_value *items, uint32_t n);

/** A text under construction at the end of the scratch. */
struct style_text {
    struct style_eval *at;
    struct im_buf *wide; /* instead: grows */
    size_t start;
    size_t n; /* with an arena: what was written there */
    size_t cap;
    char *own;
};
struct style_text style_text_begin(struct style_eval *at);
void style_text_put(struct style_text *to, const void *data, size_t len);
/** As `to-string` and `concat` write it. */
void style_text_value(struct style_text *to, struct style_value v);
/** As JSON.stringify writes it. */
void style_text_json(struct style_text *to, struct style_value v);
struct style_value style_text_end(struct style_text *to);

/**
 * A CSS colour: #rgb #rgba #rrggbb #rrggbbaa, rgb() rgba() hsl() hsla() with commas or
 * spaces, names (CSS Color Module Level 4).
 */
bool style_color_parse(struct im_bytes text, struct draw_color *out);
bool style_rgba_parse(struct im_bytes text, struct style_rgba *out);
struct draw_color style_draw_color(const struct style_rgba *color);

enum style_space { STYLE_RGB, STYLE_HCL, STYLE_LAB };
struct style_rgba style_rgba_mix(const struct style_rgba *a,
                                 const struct style_rgba *b,
                                 double t,
                                 enum style_space space);

/** Anchors with offsets, as a list of a text-variable-anchor-offset must be. */
bool style_is_offsets(struct style_value list);

#endif
