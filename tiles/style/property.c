/* SPDX-License-Identifier: Apache-2.0 */
/* The table of style properties and how their values are read for a feature. */
#include "style/style.h"

#include <math.h>

/* The first choice is the default; where a property has none, style_has tells. */
static const char *const caps[] = {"butt", "round", "square", NULL};
static const char *const joins[] = {"miter", "round", "bevel", NULL};
/* what fonts-noto-cjk has and /fonts serves */
static const char *const fonts[] = {"Noto Sans Regular", "Noto Sans Bold", NULL};
static const char *const placements[] = {"point", "line", "line-center", NULL};
static const char *const justify[] = {"center", "auto", "left", "right", NULL};
static const char *const anchors[] = {
    "center",   "left",      "right",       "top",          "bottom",
    "top-left", "top-right", "bottom-left", "bottom-right", NULL};
static const char *const z_orders[] = {"auto", "viewport-y", "source", NULL};
static const char *const overlaps[] = {"never", "always", "cooperative", NULL};
static const char *const fits[] = {"none", "width", "height", "both", NULL};
static const char *const transforms[] = {"none", "uppercase", "lowercase", NULL};
static const char *const alignments[] = {"auto", "map", "viewport", NULL};
static const char *const glyph_alignments[] = {"auto", "map", "viewport",
                                               "viewport-glyph", NULL};
static const char *const planes[] = {"map", "viewport", NULL};
static const char *const circle_planes[] = {"viewport", "map", NULL};
static const char *const writing_modes[] = {"horizontal", "vertical", NULL};

#define BLACK                                                                          \
    {                                                                                  \
        0, 0, 0, 1                                                                     \
    }
#define CLEAR                                                                          \
    {                                                                                  \
        0, 0, 0, 0                                                                     \
    }
enum {
    Z = PROPERTY_ZOOM,
    ZF = PROPERTY_ZOOM | PROPERTY_FEATURE,
    DENSITY = PROPERTY_DENSITY,
    PAINT = false,
    LAYOUT = true
};

/* Names, types, ranges and defaults of the MapLibre style specification; upper limits
 * are ours, so that no style can ask for endless work. */
const struct style_property_def style_properties[STYLE_PROPERTY_COUNT] = {
#define NUMBER(text, type, layout, when, low, high, value)                             \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = STYLE_NUMBER,        \
        .depends = when, .min = low, .max = high, .number = value                      \
    }
#define COLOR(text, type, when, ...)                                                   \
    {                                                                                  \
        .name = text, .layer = type, .kind = STYLE_COLOR, .depends = when,             \
        .color = __VA_ARGS__                                                           \
    }
#define FLAG(text, type, layout, value)                                                \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = STYLE_BOOL,          \
        .depends = Z, .max = 1, .number = value, .is_discrete = true                   \
    }
#define TEXT(text, type, layout, when, of)                                             \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = of, .depends = when, \
        .is_discrete = true                                                            \
    }
#define CHOICE(text, type, layout, when, list)                                         \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = STYLE_STRING,        \
        .depends = when, .choices = list, .is_discrete = true                          \
    }
#define NAMES(text, type, layout, when, list)                                          \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = STYLE_ARRAY,         \
        .depends = when, .choices = list, .min_items = 1, .max_items = ANCHOR_COUNT,   \
        .is_discrete = true                                                            \
    }
#define LIST(text, type, layout, when, low, high, least, most, ...)                    \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = STYLE_ARRAY,         \
        .depends = when, .min = low, .max = high, .min_items = least,                  \
        .max_items = most, .items = {                                                  \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define OFFSETS(text, type, layout, when, low, high)                                   \
    {                                                                                  \
        .name = text, .layer = type, .is_layout = layout, .kind = STYLE_OFFSETS,       \
        .depends = when, .min = low, .max = high, .min_items = 2,                      \
        .max_items = 2 * ANCHOR_COUNT, .choices = anchors                              \
    }
    [BACKGROUND_COLOR] = COLOR("background-color", STYLE_BACKGROUND, Z, BLACK),
    [BACKGROUND_PATTERN] =
        TEXT("background-pattern", STYLE_BACKGROUND, PAINT, Z, STYLE_IMAGE),
    [BACKGROUND_OPACITY] =
        NUMBER("background-opacity", STYLE_BACKGROUND, PAINT, Z, 0, 1, 1),
    [FILL_SORT_KEY] = NUMBER("fill-sort-key", STYLE_FILL, LAYOUT, ZF, -1e12, 1e12, 0),
    [FILL_ANTIALIAS] = FLAG("fill-antialias", STYLE_FILL, PAINT, 1),
    [FILL_OPACITY] = NUMBER("fill-opacity", STYLE_FILL, PAINT, ZF, 0, 1, 1),
    [FILL_LAYER_OPACITY] = NUMBER("fill-layer-opacity", STYLE_FILL, PAINT, Z, 0, 1, 1),
    [FILL_COLOR] = COLOR("fill-color", STYLE_FILL, ZF, BLACK),
    [FILL_OUTLINE_COLOR] = COLOR("fill-outline-color", STYLE_FILL, ZF, CLEAR),
    [FILL_TRANSLATE] =
        LIST("fill-translate", STYLE_FILL, PAINT, Z, -256, 256, 2, 2, 0, 0),
    [FILL_TRANSLATE_ANCHOR] =
        CHOICE("fill-translate-anchor", STYLE_FILL, PAINT, Z, planes),
    [FILL_PATTERN] = TEXT("fill-pattern", STYLE_FILL, PAINT, ZF, STYLE_IMAGE),
    [LINE_CAP] = CHOICE("line-cap", STYLE_LINE, LAYOUT, ZF, caps),
    [LINE_JOIN] = CHOICE("line-join", STYLE_LINE, LAYOUT, ZF, joins),
    [LINE_MITER_LIMIT] = NUMBER("line-miter-limit", STYLE_LINE, LAYOUT, ZF, 1, 100, 2),
    [LINE_ROUND_LIMIT] =
        NUMBER("line-round-limit", STYLE_LINE, LAYOUT, ZF, 0, 100, 1.05),
    [LINE_SORT_KEY] = NUMBER("line-sort-key", STYLE_LINE, LAYOUT, ZF, -1e12, 1e12, 0),
    [LINE_OPACITY] = NUMBER("line-opacity", STYLE_LINE, PAINT, ZF, 0, 1, 1),
    [LINE_LAYER_OPACITY] = NUMBER("line-layer-opacity", STYLE_LINE, PAINT, Z, 0, 1, 1),
    [LINE_COLOR] = COLOR("line-color", STYLE_LINE, ZF, BLACK),
    [LINE_TRANSLATE] =
        LIST("line-translate", STYLE_LINE, PAINT, Z, -256, 256, 2, 2, 0, 0),
    [LINE_TRANSLATE_ANCHOR] =
        CHOICE("line-translate-anchor", STYLE_LINE, PAINT, Z, planes),
    [LINE_WIDTH] = NUMBER("line-width", STYLE_LINE, PAINT, ZF, 0, 64, 1),
    [LINE_GAP_WIDTH] = NUMBER("line-gap-width", STYLE_LINE, PAINT, ZF, 0, 64, 0),
    [LINE_OFFSET] = NUMBER("line-offset", STYLE_LINE, PAINT, ZF, -64, 64, 0),
    [LINE_BLUR] = NUMBER("line-blur", STYLE_LINE, PAINT, ZF, 0, 64, 0),
    [LINE_DASHARRAY] =
        LIST("line-dasharray", STYLE_LINE, PAINT, ZF, 0, 1000, 1, DRAW_MAX_DASHES, 0),
    [LINE_PATTERN] = TEXT("line-pattern", STYLE_LINE, PAINT, ZF, STYLE_IMAGE),
    [CIRCLE_SORT_KEY] =
        NUMBER("circle-sort-key", STYLE_CIRCLE, LAYOUT, ZF, -1e12, 1e12, 0),
    [CIRCLE_RADIUS] = NUMBER("circle-radius", STYLE_CIRCLE, PAINT, ZF, 0, 64, 5),
    [CIRCLE_COLOR] = COLOR("circle-color", STYLE_CIRCLE, ZF, BLACK),
    [CIRCLE_BLUR] = NUMBER("circle-blur", STYLE_CIRCLE, PAINT, ZF, -1, 10, 0),
    [CIRCLE_OPACITY] = NUMBER("circle-opacity", STYLE_CIRCLE, PAINT, ZF, 0, 1, 1),
    [CIRCLE_TRANSLATE] =
        LIST("circle-translate", STYLE_CIRCLE, PAINT, Z, -256, 256, 2, 2, 0, 0),
    [CIRCLE_TRANSLATE_ANCHOR] =
        CHOICE("circle-translate-anchor", STYLE_CIRCLE, PAINT, Z, planes),
    [CIRCLE_PITCH_SCALE] = CHOICE("circle-pitch-scale", STYLE_CIRCLE, PAINT, Z, planes),
    [CIRCLE_PITCH_ALIGNMENT] =
        CHOICE("circle-pitch-alignment", STYLE_CIRCLE, PAINT, Z, circle_planes),
    [CIRCLE_STROKE_WIDTH] =
        NUMBER("circle-stroke-width", STYLE_CIRCLE, PAINT, ZF, 0, 64, 0),
    [CIRCLE_STROKE_COLOR] = COLOR("circle-stroke-color", STYLE_CIRCLE, ZF, BLACK),
    [CIRCLE_STROKE_OPACITY] =
        NUMBER("circle-stroke-opacity", STYLE_CIRCLE, PAINT, ZF, 0, 1, 1),
    [SYMBOL_PLACEMENT] =
        CHOICE("symbol-placement", STYLE_SYMBOL, LAYOUT, Z, placements),
    [SYMBOL_SPACING] = NUMBER("symbol-spacing", STYLE_SYMBOL, LAYOUT, Z, 1, 10000, 250),
    [SYMBOL_AVOID_EDGES] = FLAG("symbol-avoid-edges", STYLE_SYMBOL, LAYOUT, 0),
    [SYMBOL_SORT_KEY] =
        NUMBER("symbol-sort-key", STYLE_SYMBOL, LAYOUT, ZF, -1e12, 1e12, 0),
    [SYMBOL_Z_ORDER] = CHOICE("symbol-z-order", STYLE_SYMBOL, LAYOUT, Z, z_orders),
    [ICON_ALLOW_OVERLAP] = FLAG("icon-allow-overlap", STYLE_SYMBOL, LAYOUT, 0),
    [ICON_OVERLAP] = CHOICE("icon-overlap", STYLE_SYMBOL, LAYOUT, Z, overlaps),
    [ICON_IGNORE_PLACEMENT] = FLAG("icon-ignore-placement", STYLE_SYMBOL, LAYOUT, 0),
    [ICON_OPTIONAL] = FLAG("icon-optional", STYLE_SYMBOL, LAYOUT, 0),
    [ICON_ROTATION_ALIGNMENT] =
        CHOICE("icon-rotation-alignment", STYLE_SYMBOL, LAYOUT, Z, alignments),
    [ICON_SIZE] = NUMBER("icon-size", STYLE_SYMBOL, LAYOUT, ZF, 0, 16, 1),
    [ICON_TEXT_FIT] = CHOICE("icon-text-fit", STYLE_SYMBOL, LAYOUT, Z, fits),
    [ICON_TEXT_FIT_PADDING] = LIST(
        "icon-text-fit-padding", STYLE_SYMBOL, LAYOUT, Z, -256, 256, 4, 4, 0, 0, 0, 0),
    [ICON_IMAGE] = TEXT("icon-image", STYLE_SYMBOL, LAYOUT, ZF, STYLE_IMAGE),
    [ICON_ROTATE] = NUMBER("icon-rotate", STYLE_SYMBOL, LAYOUT, ZF, -1e6, 1e6, 0),
    [ICON_PADDING] = {.name = "icon-padding",
                      .layer = STYLE_SYMBOL,
                      .is_layout = LAYOUT,
                      .kind = STYLE_PADDING,
                      .depends = ZF,
                      .min = -64,
                      .max = 64,
                      .min_items = 4,
                      .max_items = 4,
                      .items = {2, 2, 2, 2}},
    [ICON_KEEP_UPRIGHT] = FLAG("icon-keep-upright", STYLE_SYMBOL, LAYOUT, 0),
    [ICON_OFFSET] =
        LIST("icon-offset", STYLE_SYMBOL, LAYOUT, ZF, -512, 512, 2, 2, 0, 0),
    [ICON_ANCHOR] = CHOICE("icon-anchor", STYLE_SYMBOL, LAYOUT, ZF, anchors),
    [ICON_PITCH_ALIGNMENT] =
        CHOICE("icon-pitch-alignment", STYLE_SYMBOL, LAYOUT, Z, alignments),
    [TEXT_PITCH_ALIGNMENT] =
        CHOICE("text-pitch-alignment", STYLE_SYMBOL, LAYOUT, Z, alignments),
    [TEXT_ROTATION_ALIGNMENT] =
        CHOICE("text-rotation-alignment", STYLE_SYMBOL, LAYOUT, Z, glyph_alignments),
    [TEXT_FIELD] = TEXT("text-field", STYLE_SYMBOL, LAYOUT, ZF, STYLE_FORMATTED),
    [TEXT_FONT] = NAMES("text-font", STYLE_SYMBOL, LAYOUT, ZF, fonts),
    [TEXT_SIZE] = NUMBER("text-size", STYLE_SYMBOL, LAYOUT, ZF, 1, 128, 16),
    [TEXT_MAX_WIDTH] = NUMBER("text-max-width", STYLE_SYMBOL, LAYOUT, ZF, 0, 100, 10),
    [TEXT_LINE_HEIGHT] =
        NUMBER("text-line-height", STYLE_SYMBOL, LAYOUT, Z, 0.5, 5, 1.2),
    [TEXT_LETTER_SPACING] =
        NUMBER("text-letter-spacing", STYLE_SYMBOL, LAYOUT, ZF, -0.5, 10, 0),
    [TEXT_JUSTIFY] = CHOICE("text-justify", STYLE_SYMBOL, LAYOUT, ZF, justify),
    [TEXT_RADIAL_OFFSET] =
        NUMBER("text-radial-offset", STYLE_SYMBOL, LAYOUT, ZF, -20, 20, 0),
    [TEXT_VARIABLE_ANCHOR] =
        NAMES("text-variable-anchor", STYLE_SYMBOL, LAYOUT, Z, anchors),
    [TEXT_VARIABLE_ANCHOR_OFFSET] =
        OFFSETS("text-variable-anchor-offset", STYLE_SYMBOL, LAYOUT, ZF, -20, 20),
    [TEXT_ANCHOR] = CHOICE("text-anchor", STYLE_SYMBOL, LAYOUT, ZF, anchors),
    [TEXT_MAX_ANGLE] = NUMBER("text-max-angle", STYLE_SYMBOL, LAYOUT, Z, 0, 360, 45),
    [TEXT_WRITING_MODE] =
        NAMES("text-writing-mode", STYLE_SYMBOL, LAYOUT, Z, writing_modes),
    [TEXT_ROTATE] = NUMBER("text-rotate", STYLE_SYMBOL, LAYOUT, ZF, -1e6, 1e6, 0),
    [TEXT_PADDING] = NUMBER("text-padding", STYLE_SYMBOL, LAYOUT, Z, 0, 64, 2),
    [TEXT_KEEP_UPRIGHT] = FLAG("text-keep-upright", STYLE_SYMBOL, LAYOUT, 1),
    [TEXT_TRANSFORM] = CHOICE("text-transform", STYLE_SYMBOL, LAYOUT, ZF, transforms),
    [TEXT_OFFSET] = LIST("text-offset", STYLE_SYMBOL, LAYOUT, ZF, -20, 20, 2, 2, 0, 0),
    [TEXT_ALLOW_OVERLAP] = FLAG("text-allow-overlap", STYLE_SYMBOL, LAYOUT, 0),
    [TEXT_OVERLAP] = CHOICE("text-overlap", STYLE_SYMBOL, LAYOUT, Z, overlaps),
    [TEXT_IGNORE_PLACEMENT] = FLAG("text-ignore-placement", STYLE_SYMBOL, LAYOUT, 0),
    [TEXT_OPTIONAL] = FLAG("text-optional", STYLE_SYMBOL, LAYOUT, 0),
    [ICON_OPACITY] = NUMBER("icon-opacity", STYLE_SYMBOL, PAINT, ZF, 0, 1, 1),
    [ICON_COLOR] = COLOR("icon-color", STYLE_SYMBOL, ZF, BLACK),
    [ICON_HALO_COLOR] = COLOR("icon-halo-color", STYLE_SYMBOL, ZF, CLEAR),
    [ICON_HALO_WIDTH] = NUMBER("icon-halo-width", STYLE_SYMBOL, PAINT, ZF, 0, 8, 0),
    [ICON_HALO_BLUR] = NUMBER("icon-halo-blur", STYLE_SYMBOL, PAINT, ZF, 0, 8, 0),
    [ICON_TRANSLATE] =
        LIST("icon-translate", STYLE_SYMBOL, PAINT, Z, -256, 256, 2, 2, 0, 0),
    [ICON_TRANSLATE_ANCHOR] =
        CHOICE("icon-translate-anchor", STYLE_SYMBOL, PAINT, Z, planes),
    [TEXT_OPACITY] = NUMBER("text-opacity", STYLE_SYMBOL, PAINT, ZF, 0, 1, 1),
    [TEXT_COLOR] = COLOR("text-color", STYLE_SYMBOL, ZF, BLACK),
    [TEXT_HALO_COLOR] = COLOR("text-halo-color", STYLE_SYMBOL, ZF, CLEAR),
    [TEXT_HALO_WIDTH] = NUMBER("text-halo-width", STYLE_SYMBOL, PAINT, ZF, 0, 8, 0),
    [TEXT_HALO_BLUR] = NUMBER("text-halo-blur", STYLE_SYMBOL, PAINT, ZF, 0, 8, 0),
    [TEXT_TRANSLATE] =
        LIST("text-translate", STYLE_SYMBOL, PAINT, Z, -256, 256, 2, 2, 0, 0),
    [TEXT_TRANSLATE_ANCHOR] =
        CHOICE("text-translate-anchor", STYLE_SYMBOL, PAINT, Z, planes),
    [HEATMAP_RADIUS] = NUMBER("heatmap-radius", STYLE_HEATMAP, PAINT, ZF, 1, 256, 30),
    [HEATMAP_WEIGHT] = NUMBER("heatmap-weight", STYLE_HEATMAP, PAINT, ZF, 0, 1e6, 1),
    [HEATMAP_INTENSITY] =
        NUMBER("heatmap-intensity", STYLE_HEATMAP, PAINT, Z, 0, 1e6, 1),
    [HEATMAP_COLOR] = COLOR("heatmap-color", STYLE_HEATMAP, DENSITY, CLEAR),
    [HEATMAP_OPACITY] = NUMBER("heatmap-opacity", STYLE_HEATMAP, PAINT, Z, 0, 1, 1),
};

const char *style_type_name(enum style_type type)
{
    static const char *const names[] = {"background", "fill",   "line",
                                        "circle",     "symbol", "heatmap"};

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

static void check_text(struct expr_compiler *c,
                       const struct style_property_def *def,
                       struct im_bytes text)
{
    char list[160] = "";
    size_t n = 0;

    if (!def->choices || def->choices[choice_of(def->choices, text)])
        return;
    for (int i = 0; def->choices[i]; i++) {
        int len =
            snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", def->choices[i]);
        n += len > 0 && (size_t)len < sizeof list - n ? (size_t)len : 0;
    }
    expr_fail(c, "\"%.*s\" is none of %s", "“%.*s”不在 %s 之中",
              (int)(text.len > 40 ? 40 : text.len), (const char *)text.data, list);
}

static void check_number(struct expr_compiler *c,
                         const struct style_property_def *def,
                         double number)
{
    if (isnan(number))
        expr_fail(c,
                  "the value is no number (0/0, or the root or logarithm of a negative "
                  "one); allowed is %g..%g",
                  "值不是数（如 0/0，或负数的平方根、对数）；允许 %g..%g", def->min,
                  def->max);
    else if (isinf(number))
        expr_fail(c, "the value is infinite (a division by 0?); allowed is %g..%g",
                  "值为无穷大（除以 0？）；允许 %g..%g", def->min, def->max);
    else if (!(number >= def->min && number <= def->max))
        expr_fail(c, "%g is outside %g..%g", "%g 超出 %g..%g", number, def->min,
                  def->max);
}

/* Anchors are checked where they are converted. */
static void check_offsets(struct expr_compiler *c,
                          const struct style_property_def *def,
                          struct style_value value)
{
    for (uint32_t i = 1; i < value.n; i += 2)
        for (uint32_t j = 0; j < value.items[i].n; j++)
            check_number(c, def, value.items[i].items[j].number);
}

static void check_list(struct expr_compiler *c,
                       const struct style_property_def *def,
                       struct style_value value)
{
    enum style_kind wanted = def->choices ? STYLE_STRING : STYLE_NUMBER;

    if (value.n < def->min_items || value.n > def->max_items) {
        expr_fail(c, "list of %u values, needs %u to %u",
                  "列表有 %u 个值，应为 %u 到 %u 个", value.n, def->min_items,
                  def->max_items);
        return;
    }
    for (uint32_t i = 0; i < value.n; i++) {
        if (value.items[i].kind != wanted) {
            expr_fail(c, "a list of %ss is needed, found %s", "需要 %s 的列表，却是 %s",
                      style_kind_name(wanted), style_kind_name(value.items[i].kind));
            return;
        }
        if (wanted == STYLE_STRING)
            check_text(c, def, style_bytes(value.items[i]));
        else
            check_number(c, def, value.items[i].number);
    }
}

void style_property_check(struct expr_compiler *c,
                          const struct style_property_def *def,
                          struct style_value value)
{
    if (value.kind != def->kind)
        return;
    switch (value.kind) {
    case STYLE_NUMBER:
        check_number(c, def, value.number);
        break;
    case STYLE_STRING:
        check_text(c, def, style_bytes(value));
        break;
    case STYLE_ARRAY:
        check_list(c, def, value);
        break;
    case STYLE_PADDING:
        for (uint32_t i = 0; i < value.n; i++)
            check_number(c, def, value.numbers[i]);
        break;
    case STYLE_OFFSETS:
        check_offsets(c, def, value);
        break;
    default:
        break;
    }
}

/* The list of choices; NULL: memory. */
static json_t *choices_of(const struct style_property_def *def)
{
    json_t *out = def->choices ? json_array() : NULL;

    for (int i = 0; out && def->choices[i]; i++)
        json_array_append_new(out, json_string(def->choices[i]));
    return out;
}

static const char *specified_type(const struct style_property_def *def)
{
    switch (def->kind) {
    case STYLE_STRING:
        return "enum";
    default:
        return style_kind_name(def->kind);
    }
}

static void drop_json(void *json)
{
    json_decref(json);
}

struct style_target style_property_target(struct expr_compiler *c,
                                          enum style_property property)
{
    const struct style_property_def *def = &style_properties[property];
    bool is_fixed = def->kind == STYLE_ARRAY && def->min_items == def->max_items;
    bool is_list = def->kind == STYLE_ARRAY && !is_fixed;
    struct style_target target = {.type = &expr_types[def->kind],
                                  .depends = def->depends};
    json_t *choices = choices_of(def);

    if (def->kind == STYLE_ARRAY)
        target.type =
            expr_array_type(c, &expr_types[def->choices ? STYLE_STRING : STYLE_NUMBER],
                            is_fixed ? (int32_t)def->max_items : -1);
    target.is_interpolated =
        !def->is_discrete && !is_list && !strstr(def->name, "sort-key");
    if (choices && !im_arena_defer(c->arena, drop_json, choices)) {
        expr_nomem(c);
        choices = NULL;
    }
    target.function = (struct style_function_target){
        .type = specified_type(def),
        .item = def->choices ? "string" : "number",
        .length = is_fixed ? (int)def->max_items : -1,
        .is_interpolated = target.is_interpolated,
        .has_tokens = property == TEXT_FIELD || property == ICON_IMAGE,
        .values = choices};
    return target;
}

/* ---- values for one feature ---- */

static struct style_value value_of(const struct style_layer *layer,
                                   enum style_property property,
                                   struct style_eval *at)
{
    const struct expr *e = layer->properties[property];

    if (!e)
        return style_null();
    return expr_eval(e, at);
}

/* The same, of what does not point into the scratch: that is as it was after it. */
static struct style_value plain_value_of(const struct style_layer *layer,
                                         enum style_property property,
                                         struct style_eval *at)
{
    size_t mark = at->text_len;
    struct style_value v = value_of(layer, property, at);

    at->text_len = mark;
    return v;
}

bool style_layer_visible(const struct style_layer *layer, double zoom)
{
    return layer->visible && zoom >= layer->min_zoom && zoom < layer->max_zoom;
}

bool style_matches(const struct style_layer *layer, struct style_eval *at)
{
    size_t mark = at->text_len;
    struct style_value v;

    if (!layer->filter)
        return true;
    v = expr_eval(layer->filter, at);
    at->text_len = mark;
    return v.kind == STYLE_BOOL && v.boolean;
}

static double held(const struct style_property_def *def, double number)
{
    return fmin(def->max, fmax(def->min, number));
}

double style_number(const struct style_layer *layer,
                    enum style_property property,
                    struct style_eval *at)
{
    const struct style_property_def *def = &style_properties[property];
    struct style_value v = plain_value_of(layer, property, at);

    if (v.kind != STYLE_NUMBER || isnan(v.number))
        return def->number;
    return held(def, v.number);
}

bool style_flag(const struct style_layer *layer,
                enum style_property property,
                struct style_eval *at)
{
    struct style_value v = plain_value_of(layer, property, at);

    return v.kind == STYLE_BOOL ? v.boolean : style_properties[property].number != 0;
}

struct draw_color style_color(const struct style_layer *layer,
                              enum style_property property,
                              struct style_eval *at)
{
    struct style_value v = plain_value_of(layer, property, at);

    return v.kind == STYLE_COLOR ? style_draw_color(v.colors)
                                 : style_properties[property].color;
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
    struct style_value v = plain_value_of(layer, property, at);
    unsigned i;

    if (v.kind != STYLE_STRING)
        return 0;
    i = choice_of(choices, style_bytes(v));
    return choices[i] ? i : 0;
}

uint32_t style_sections(const struct style_layer *layer,
                        struct style_eval *at,
                        const struct style_section **out)
{
    struct style_value v = value_of(layer, TEXT_FIELD, at);

    *out = v.kind == STYLE_FORMATTED ? v.sections : NULL;
    return v.kind == STYLE_FORMATTED ? v.n : 0;
}

struct im_bytes style_text(const struct style_layer *layer,
                           enum style_property property,
                           struct style_eval *at)
{
    struct style_value v = value_of(layer, property, at);
    struct style_text text;

    if (v.kind == STYLE_FORMATTED && v.n == 1)
        v = v.sections[0].text;
    if (v.kind == STYLE_STRING || v.kind == STYLE_IMAGE)
        return style_bytes(v);
    if (v.kind != STYLE_FORMATTED)
        return (struct im_bytes){NULL, 0};
    text = style_text_begin(at);
    style_text_value(&text, v);
    return style_bytes(style_text_end(&text));
}

bool style_has(const struct style_layer *layer, enum style_property property)
{
    return layer->properties[property] != NULL;
}

bool style_is_one_look(const struct style_layer *layer,
                       const enum style_property *properties,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct expr *e = layer->properties[properties[i]];

        if (e && e->depends & ~(unsigned)EXPR_ZOOM)
            return false;
    }
    return true;
}

uint32_t style_numbers(const struct style_layer *layer,
                       enum style_property property,
                       struct style_eval *at,
                       double *out,
                       uint32_t max)
{
    const struct style_property_def *def = &style_properties[property];
    struct style_value v = plain_value_of(layer, property, at);
    uint32_t n = 0;

    if (v.kind == STYLE_PADDING) {
        for (; n < v.n && n < max; n++)
            out[n] = held(def, v.numbers[n]);
    } else if (v.kind == STYLE_ARRAY && v.n >= def->min_items &&
               v.n <= def->max_items) {
        for (; n < v.n && n < max && v.items[n].kind == STYLE_NUMBER; n++)
            out[n] = held(def, v.items[n].number);
    } else if (def->min_items == def->max_items) {
        for (; n < def->max_items && n < max; n++)
            out[n] = def->items[n];
    }
    return n;
}

uint32_t style_anchor_offsets(const struct style_layer *layer,
                              struct style_eval *at,
                              struct style_anchor_offset out[ANCHOR_COUNT])
{
    const struct style_property_def *def =
        &style_properties[TEXT_VARIABLE_ANCHOR_OFFSET];
    struct style_value v = plain_value_of(layer, TEXT_VARIABLE_ANCHOR_OFFSET, at);
    uint32_t n = 0;

    if (v.kind != STYLE_OFFSETS)
        return 0;
    for (uint32_t i = 0; i + 1 < v.n && n < ANCHOR_COUNT; i += 2) {
        const struct style_value *name = &v.items[i];
        const struct style_value *offset = &v.items[i + 1];
        unsigned anchor = name->kind == STYLE_STRING
                              ? choice_of(anchors, style_bytes(*name))
                              : ANCHOR_COUNT;

        if (anchor < ANCHOR_COUNT && offset->kind == STYLE_ARRAY && offset->n == 2)
            out[n++] = (struct style_anchor_offset){
                (enum style_anchor)anchor, (float)held(def, offset->items[0].number),
                (float)held(def, offset->items[1].number)};
    }
    return n;
}

/* MapLibre's default, "royalblue" to "red" */
static struct draw_color default_ramp(double density)
{
    static const struct {
        double at;
        struct style_rgba color;
    } stops[] = {{0, {0, 0, 1, 0}},   {0.1, {65 / 255.0, 105 / 255.0, 225 / 255.0, 1}},
                 {0.3, {0, 1, 1, 1}}, {0.5, {0, 1, 0, 1}},
                 {0.7, {1, 1, 0, 1}}, {1, {1, 0, 0, 1}}};
    size_t i = 1;
    struct style_rgba color;

    while (i + 1 < sizeof stops / sizeof *stops && density > stops[i].at)
        i++;
    color = style_rgba_mix(
        &stops[i - 1].color, &stops[i].color,
        (density - stops[i - 1].at) / (stops[i].at - stops[i - 1].at), STYLE_RGB);
    return style_draw_color(&color);
}

void style_heatmap_ramp(const struct style_layer *layer,
                        struct style_eval *at,
                        struct draw_color out[STYLE_RAMP])
{
    for (int i = 0; i < STYLE_RAMP; i++) {
        at->density = i / (STYLE_RAMP - 1.0);
        struct style_value v = plain_value_of(layer, HEATMAP_COLOR, at);

        out[i] = v.kind == STYLE_COLOR ? style_draw_color(v.colors)
                                       : default_ramp(at->density);
    }
    at->density = 0;
}

uint32_t style_choices(const struct style_layer *layer,
                       enum style_property property,
                       struct style_eval *at,
                       uint8_t *out,
                       uint32_t max)
{
    const char *const *choices = style_properties[property].choices;
    struct style_value v = plain_value_of(layer, property, at);
    uint32_t n = 0;

    if (v.kind != STYLE_ARRAY)
        return 0;
    for (uint32_t i = 0; i < v.n && n < max; i++) {
        unsigned choice = v.items[i].kind == STYLE_STRING
                              ? choice_of(choices, style_bytes(v.items[i]))
                              : 0;
        out[n++] = (uint8_t)(choices[choice] ? choice : 0);
    }
    return n;
}

bool style_font_is_bold(const struct style_layer *layer, struct style_eval *at)
{
    struct style_value v = plain_value_of(layer, TEXT_FONT, at);

    return v.kind == STYLE_ARRAY && v.n > 0 && v.items[0].kind == STYLE_STRING &&
           memmem(v.items[0].bytes, v.items[0].n, "Bold", 4);
}

static void raise_bound(void *ctx, struct style_value value)
{
    double *bound = ctx;

    if (value.kind == STYLE_NUMBER && fabs(value.number) > *bound)
        *bound = fabs(value.number);
}

double style_number_bound(const struct style_layer *layer, enum style_property property)
{
    const struct style_property_def *def = &style_properties[property];
    const struct expr *e = layer->properties[property];
    double bound = fabs(def->number); /* what a failed evaluation gives */
    bool complete = true;

    if (e)
        expr_each_constant(e, raise_bound, &bound, &complete);
    return complete ? fmin(bound, def->max) : def->max;
}
