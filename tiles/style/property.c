/* SPDX-License-Identifier: Apache-2.0 */
/* The table of style properties and how their values are read for a feature. */
#include "style/style.h"

#include <math.h>

static const char *const caps[] = {"butt", "round", "square", NULL};
static const char *const joins[] = {"miter", "round", "bevel", NULL};
/* what fonts-noto-cjk has and /fonts serves */
static const char *const fonts[] = {"Noto Sans Regular", "Noto Sans Bold", NULL};
static const char *const placements[] = {"point", "line", NULL};
static const char *const justify[] = {"center", "auto", NULL};
static const char *const anchors[] = {
    "center",   "left",      "right",       "top",          "bottom",
    "top-left", "top-right", "bottom-left", "bottom-right", NULL};

#define BLACK                                                                          \
    {                                                                                  \
        0, 0, 0, 1                                                                     \
    }
#define CLEAR                                                                          \
    {                                                                                  \
        0, 0, 0, 0                                                                     \
    }
#define NO_COLOR                                                                       \
    {                                                                                  \
        0, 0, 0, 0                                                                     \
    }
enum { Z = PROPERTY_ZOOM, ZF = PROPERTY_ZOOM | PROPERTY_FEATURE };

/* Names, types, ranges and defaults of the MapLibre style specification; upper limits
 * are ours, so that no style can ask for endless work. */
const struct style_property_def style_properties[STYLE_PROPERTY_COUNT] = {
#define NUMBER(name, type, layout, depends, min, max, value)                           \
    {                                                                                  \
        name, type, layout, STYLE_NUMBER, depends, min, max, value, NO_COLOR, NULL     \
    }
#define COLOR(name, type, depends, ...)                                                \
    {                                                                                  \
        name, type, false, STYLE_COLOR, depends, 0, 0, 0, __VA_ARGS__, NULL            \
    }
#define FLAG(name, type, layout, value)                                                \
    {                                                                                  \
        name, type, layout, STYLE_BOOL, Z, 0, 1, value, NO_COLOR, NULL                 \
    }
#define TEXT(name, type, depends, choices)                                             \
    {                                                                                  \
        name, type, true, STYLE_STRING, depends, 0, 0, 0, NO_COLOR, choices            \
    }
#define LIST(name, type, layout, depends, min, max, choices)                           \
    {                                                                                  \
        name, type, layout, STYLE_ARRAY, depends, min, max, 0, NO_COLOR, choices       \
    }
    [BACKGROUND_COLOR] = COLOR("background-color", STYLE_BACKGROUND, Z, BLACK),
    [BACKGROUND_OPACITY] =
        NUMBER("background-opacity", STYLE_BACKGROUND, false, Z, 0, 1, 1),
    [FILL_COLOR] = COLOR("fill-color", STYLE_FILL, ZF, BLACK),
    [FILL_OPACITY] = NUMBER("fill-opacity", STYLE_FILL, false, ZF, 0, 1, 1),
    [FILL_OUTLINE_COLOR] = COLOR("fill-outline-color", STYLE_FILL, ZF, CLEAR),
    [FILL_ANTIALIAS] = FLAG("fill-antialias", STYLE_FILL, false, 1),
    [LINE_COLOR] = COLOR("line-color", STYLE_LINE, ZF, BLACK),
    [LINE_OPACITY] = NUMBER("line-opacity", STYLE_LINE, false, ZF, 0, 1, 1),
    [LINE_WIDTH] = NUMBER("line-width", STYLE_LINE, false, ZF, 0, 64, 1),
    [LINE_OFFSET] = NUMBER("line-offset", STYLE_LINE, false, ZF, -64, 64, 0),
    [LINE_DASHARRAY] = LIST("line-dasharray", STYLE_LINE, false, Z, 0, 1000, NULL),
    [LINE_CAP] = TEXT("line-cap", STYLE_LINE, Z, caps),
    [LINE_JOIN] = TEXT("line-join", STYLE_LINE, ZF, joins),
    [LINE_MITER_LIMIT] = NUMBER("line-miter-limit", STYLE_LINE, true, Z, 1, 100, 2),
    [CIRCLE_RADIUS] = NUMBER("circle-radius", STYLE_CIRCLE, false, ZF, 0, 64, 5),
    [CIRCLE_COLOR] = COLOR("circle-color", STYLE_CIRCLE, ZF, BLACK),
    [CIRCLE_OPACITY] = NUMBER("circle-opacity", STYLE_CIRCLE, false, ZF, 0, 1, 1),
    [CIRCLE_STROKE_COLOR] = COLOR("circle-stroke-color", STYLE_CIRCLE, ZF, BLACK),
    [CIRCLE_STROKE_WIDTH] =
        NUMBER("circle-stroke-width", STYLE_CIRCLE, false, ZF, 0, 64, 0),
    [CIRCLE_STROKE_OPACITY] =
        NUMBER("circle-stroke-opacity", STYLE_CIRCLE, false, ZF, 0, 1, 1),
    [CIRCLE_SORT_KEY] =
        NUMBER("circle-sort-key", STYLE_CIRCLE, true, ZF, -1e12, 1e12, 0),
    [TEXT_FIELD] = TEXT("text-field", STYLE_SYMBOL, ZF, NULL),
    [TEXT_FONT] = LIST("text-font", STYLE_SYMBOL, true, ZF, 0, 0, fonts),
    [TEXT_SIZE] = NUMBER("text-size", STYLE_SYMBOL, true, ZF, 1, 128, 16),
    [TEXT_MAX_WIDTH] = NUMBER("text-max-width", STYLE_SYMBOL, true, ZF, 0, 100, 10),
    [TEXT_LINE_HEIGHT] = NUMBER("text-line-height", STYLE_SYMBOL, true, Z, 0.5, 5, 1.2),
    [TEXT_LETTER_SPACING] =
        NUMBER("text-letter-spacing", STYLE_SYMBOL, true, ZF, -0.5, 10, 0),
    [TEXT_ANCHOR] = TEXT("text-anchor", STYLE_SYMBOL, ZF, anchors),
    [TEXT_VARIABLE_ANCHOR] =
        LIST("text-variable-anchor", STYLE_SYMBOL, true, Z, 0, 0, anchors),
    [TEXT_RADIAL_OFFSET] =
        NUMBER("text-radial-offset", STYLE_SYMBOL, true, ZF, 0, 20, 0),
    [TEXT_OFFSET] = LIST("text-offset", STYLE_SYMBOL, true, ZF, -20, 20, NULL),
    [TEXT_PADDING] = NUMBER("text-padding", STYLE_SYMBOL, true, Z, 0, 64, 2),
    [TEXT_JUSTIFY] = TEXT("text-justify", STYLE_SYMBOL, ZF, justify),
    [TEXT_ALLOW_OVERLAP] = FLAG("text-allow-overlap", STYLE_SYMBOL, true, 0),
    [TEXT_IGNORE_PLACEMENT] = FLAG("text-ignore-placement", STYLE_SYMBOL, true, 0),
    [SYMBOL_PLACEMENT] = TEXT("symbol-placement", STYLE_SYMBOL, Z, placements),
    [SYMBOL_SORT_KEY] =
        NUMBER("symbol-sort-key", STYLE_SYMBOL, true, ZF, -1e12, 1e12, 0),
    [TEXT_COLOR] = COLOR("text-color", STYLE_SYMBOL, ZF, BLACK),
    [TEXT_OPACITY] = NUMBER("text-opacity", STYLE_SYMBOL, false, ZF, 0, 1, 1),
    [TEXT_HALO_COLOR] = COLOR("text-halo-color", STYLE_SYMBOL, ZF, CLEAR),
    [TEXT_HALO_WIDTH] = NUMBER("text-halo-width", STYLE_SYMBOL, false, ZF, 0, 8, 0),
};

const char *style_type_name(enum style_type type)
{
    static const char *const names[] = {"background", "fill", "line", "circle",
                                        "symbol"};

    return names[type];
}

enum style_property
style_property_find(enum style_type type, bool is_layout, const char *name)
{
    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++)
        if (style_properties[i].layer == type &&
            style_properties[i].is_layout == is_layout &&
            strcmp(style_properties[i].name, name) == 0)
            return (enum style_property)i;
    return STYLE_PROPERTY_COUNT;
}

const char *style_property_nearest(enum style_type type, const char *name)
{
    const char *best = "visibility";
    unsigned least = style_name_distance(name, best);

    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++) {
        unsigned distance = style_name_distance(name, style_properties[i].name);

        if (style_properties[i].layer == type && distance < least) {
            least = distance;
            best = style_properties[i].name;
        }
    }
    return best;
}

static unsigned choice_of(const char *const *choices, struct im_bytes text)
{
    unsigned i = 0;

    while (choices[i] && !im_bytes_equal(im_bytes_of(choices[i]), text))
        i++;
    return i;
}

static enum im_code check_text(struct expr_compiler *c,
                               const struct style_property_def *def,
                               struct im_bytes text)
{
    char list[160] = "";
    size_t n = 0;

    if (!def->choices || def->choices[choice_of(def->choices, text)])
        return IM_OK;
    for (int i = 0; def->choices[i]; i++) {
        int len =
            snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", def->choices[i]);
        n += len > 0 && (size_t)len < sizeof list - n ? (size_t)len : 0;
    }
    return expr_fail(c, "\"%.*s\" is none of %s", "“%.*s”不在 %s 之中",
                     (int)(text.len > 40 ? 40 : text.len), (const char *)text.data,
                     list);
}

static enum im_code check_number(struct expr_compiler *c,
                                 const struct style_property_def *def,
                                 double number)
{
    if (number >= def->min && number <= def->max)
        return IM_OK;
    return expr_fail(c, "%g is outside %g..%g", "%g 超出 %g..%g", number, def->min,
                     def->max);
}

static enum im_code check_list(struct expr_compiler *c,
                               const struct style_property_def *def,
                               const struct style_value *value)
{
    bool wants_text = def->choices != NULL;
    uint32_t most = def == &style_properties[TEXT_OFFSET]      ? 2
                    : def == &style_properties[LINE_DASHARRAY] ? DRAW_MAX_DASHES
                                                               : ANCHOR_COUNT;
    enum im_code rc = IM_OK;

    if (value->n == 0 || value->n > most ||
        (def == &style_properties[TEXT_OFFSET] && value->n != 2))
        return expr_fail(c, "list of %u values, needs %d to %u",
                         "列表有 %u 个值，应为 %d 到 %u 个", value->n,
                         def == &style_properties[TEXT_OFFSET] ? 2 : 1, most);
    for (uint32_t i = 0; i < value->n && rc == IM_OK; i++) {
        const struct style_value *item = &value->items[i];

        if (item->kind != (wants_text ? STYLE_STRING : STYLE_NUMBER))
            return expr_fail(c, "a list of %ss is needed, found %s",
                             "需要 %s 的列表，却是 %s",
                             style_kind_name(wants_text ? STYLE_STRING : STYLE_NUMBER),
                             style_kind_name(item->kind));
        rc = wants_text ? check_text(c, def, item->text)
                        : check_number(c, def, item->number);
    }
    return rc;
}

enum im_code style_property_check(struct expr_compiler *c,
                                  const struct style_property_def *def,
                                  const struct style_value *value)
{
    if (value->kind == STYLE_NUMBER && def->kind == STYLE_NUMBER)
        return check_number(c, def, value->number);
    if (value->kind == STYLE_STRING && def->kind == STYLE_STRING)
        return check_text(c, def, value->text);
    if (value->kind == STYLE_ARRAY && def->kind == STYLE_ARRAY)
        return check_list(c, def, value);
    return IM_OK;
}

/* ---- values for one feature ---- */

static struct style_value value_of(const struct style_layer *layer,
                                   enum style_property property,
                                   struct style_eval *at)
{
    const struct expr *e = layer->properties[property];

    if (!e)
        return (struct style_value){.kind = STYLE_NULL};
    return expr_eval(e, at);
}

bool style_layer_visible(const struct style_layer *layer, double zoom)
{
    return layer->visible && zoom >= layer->min_zoom && zoom < layer->max_zoom;
}

bool style_matches(const struct style_layer *layer, struct style_eval *at)
{
    struct style_value v;

    if (!layer->filter)
        return true;
    v = expr_eval(layer->filter, at);
    return v.kind == STYLE_BOOL && v.boolean;
}

double style_number(const struct style_layer *layer,
                    enum style_property property,
                    struct style_eval *at)
{
    const struct style_property_def *def = &style_properties[property];
    struct style_value v = value_of(layer, property, at);

    if (v.kind != STYLE_NUMBER || isnan(v.number))
        return def->number;
    return fmin(def->max, fmax(def->min, v.number));
}

bool style_flag(const struct style_layer *layer,
                enum style_property property,
                struct style_eval *at)
{
    struct style_value v = value_of(layer, property, at);

    return v.kind == STYLE_BOOL ? v.boolean : style_properties[property].number != 0;
}

struct draw_color style_color(const struct style_layer *layer,
                              enum style_property property,
                              struct style_eval *at)
{
    struct style_value v = value_of(layer, property, at);

    return v.kind == STYLE_COLOR ? v.color : style_properties[property].color;
}

struct draw_color style_color_opacity(const struct style_layer *layer,
                                      enum style_property color,
                                      enum style_property opacity,
                                      struct style_eval *at)
{
    struct draw_color c = style_color(layer, color, at);

    c.a *= (float)style_number(layer, opacity, at);
    return c;
}

unsigned style_choice(const struct style_layer *layer,
                      enum style_property property,
                      struct style_eval *at)
{
    const char *const *choices = style_properties[property].choices;
    struct style_value v = value_of(layer, property, at);
    unsigned i;

    if (v.kind != STYLE_STRING)
        return 0;
    i = choice_of(choices, v.text);
    return choices[i] ? i : 0;
}

struct im_bytes style_text(const struct style_layer *layer,
                           enum style_property property,
                           struct style_eval *at)
{
    struct style_value v = value_of(layer, property, at);

    return v.kind == STYLE_STRING ? v.text : (struct im_bytes){NULL, 0};
}

uint32_t style_numbers(const struct style_layer *layer,
                       enum style_property property,
                       struct style_eval *at,
                       double *out,
                       uint32_t max)
{
    struct style_value v = value_of(layer, property, at);
    uint32_t n = 0;

    if (v.kind != STYLE_ARRAY)
        return 0;
    while (n < v.n && n < max && v.items[n].kind == STYLE_NUMBER) {
        out[n] = v.items[n].number;
        n++;
    }
    return n;
}

uint32_t style_choices(const struct style_layer *layer,
                       enum style_property property,
                       struct style_eval *at,
                       uint8_t *out,
                       uint32_t max)
{
    const char *const *choices = style_properties[property].choices;
    struct style_value v = value_of(layer, property, at);
    uint32_t n = 0;

    if (v.kind != STYLE_ARRAY)
        return 0;
    for (uint32_t i = 0; i < v.n && n < max; i++) {
        unsigned choice =
            v.items[i].kind == STYLE_STRING ? choice_of(choices, v.items[i].text) : 0;
        out[n++] = (uint8_t)(choices[choice] ? choice : 0);
    }
    return n;
}

bool style_font_is_bold(const struct style_layer *layer, struct style_eval *at)
{
    struct style_value v = value_of(layer, TEXT_FONT, at);

    return v.kind == STYLE_ARRAY && v.n > 0 && v.items[0].kind == STYLE_STRING &&
           v.items[0].text.len &&
           memmem(v.items[0].text.data, v.items[0].text.len, "Bold", 4);
}

static enum im_code raise_bound(void *ctx, const struct style_value *value)
{
    double *bound = ctx;

    if (value->kind == STYLE_NUMBER && fabs(value->number) > *bound)
        *bound = fabs(value->number);
    return IM_OK;
}

double style_number_bound(const struct style_layer *layer, enum style_property property)
{
    const struct style_property_def *def = &style_properties[property];
    const struct expr *e = layer->properties[property];
    double bound = fabs(def->number); /* what a failed evaluation gives */
    bool complete = true;

    if (e)
        (void)!expr_each_constant(e, raise_bound, &bound, &complete);
    return complete ? fmin(bound, def->max) : def->max;
}
