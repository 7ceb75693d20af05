/* SPDX-License-Identifier: Apache-2.0 */
/* Types: assertions, conversions, colours from numbers. */
#include "style/operators.h"

#include <math.h>

/* A value as JSON, for messages. */
static const char *shown(struct style_eval *at, struct style_value v)
{
    struct style_text text;
    struct style_value out;
    char *copy;

    if (!at->explain)
        return "";
    text = style_text_begin(at);
    style_text_json(&text, v);
    out = style_text_end(&text);
    copy = style_scratch(at, out.n + 1);
    if (!copy)
        return "";
    memcpy(copy, out.bytes, out.n);
    copy[out.n] = '\0';
    return copy;
}

static const char *plainly(struct style_eval *at, struct style_value v)
{
    char *copy;

    if (v.kind != STYLE_STRING)
        return shown(at, v);
    copy = at->explain ? style_scratch(at, v.n + 1) : NULL;
    if (!copy)
        return "";
    memcpy(copy, v.bytes, v.n);
    copy[v.n] = '\0';
    return copy;
}

/* ---- assertions: the first argument of the type ---- */

static struct style_value eval_assert(const struct expr *e, struct style_eval *at)
{
    struct style_value v = style_null();
    char wanted[EXPR_TYPE_TEXT];
    char found[EXPR_TYPE_TEXT];

    for (uint32_t i = 0; i < e->n_args; i++) {
        v = expr_eval(e->args[i], at);
        if (v.kind == STYLE_ERROR || style_value_is(v, e->type))
            return v;
    }
    if (!at->explain)
        return style_failed(at, "%s", "");
    return style_failed(at, "Expected value to be of type %s, but found %s instead.",
                        expr_type_text(e->type, wanted), style_value_type(v, found));
}

static const struct expr *compile_args(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *json,
                                       size_t first,
                                       const struct expr_type *type)
{
    size_t n = json_array_size(json) - first;
    struct expr *e = expr_new(c, op, type, n);

    if (!e)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        e->args[i] = expr_compile_arg(c, json, first + i, ANY);
        if (!e->args[i])
            return NULL;
    }
    return expr_finish(c, e);
}

static const struct expr *compile_assert(struct expr_compiler *c,
                                         const struct expr_operator *op,
                                         const json_t *json,
                                         const struct expr_type *expected)
{
    (void)expected;
    if (json_array_size(json) < 2)
        return expr_fail(c, "Expected at least one argument.", "至少要一个参数。");
    return compile_args(c, op, json, 1, op->result);
}

static const struct expr_type *item_type(const json_t *json)
{
    const char *name = json_string_value(json);

    if (!name)
        return NULL;
    return strcmp(name, "string") == 0    ? STR
           : strcmp(name, "number") == 0  ? NUM
           : strcmp(name, "boolean") == 0 ? BOOL
                                          : NULL;
}

/* ["array", value], ["array", item, value], ["array", item, n or null, value …] */
static const struct expr *compile_array(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    size_t n = json_array_size(json);
    const struct expr_type *type = LIST;
    const struct expr_type *item = ANY;
    const json_t *length = json_array_get(json, 2);
    double wanted = json_number_value(length);

    (void)expected;
    if (n < 2)
        return expr_fail(c, "Expected at least one argument.", "至少要一个参数。");
    if (n == 2)
        return compile_args(c, op, json, 1, type);
    item = item_type(json_array_get(json, 1));
    if (!item)
        return expr_fail_at(
            c, 1,
            "The item type argument of \"array\" must be one of string, "
            "number, boolean",
            "“array”的元素类型应为 string、number 或 boolean");
    if (n > 3 && !json_is_null(length) &&
        (!json_is_number(length) || wanted < 0 || floor(wanted) != wanted))
        return expr_fail_at(c, 2,
                            "The length argument to \"array\" must be a positive "
                            "integer literal",
                            "“array”的长度应是正整数");
    type = expr_array_type(
        c, item, n > 3 && json_is_number(length) ? (int32_t)fmin(wanted, 1e9) : -1);
    return type ? compile_args(c, op, json, n > 3 ? 3 : 2, type) : NULL;
}

/* ---- conversions: the first argument that can be made one ---- */

/* JavaScript's Number(value) */
static double number_of(struct style_eval *at, struct style_value v)
{
    struct style_text text;

    switch (v.kind) {
    case STYLE_NUMBER:
        return v.number;
    case STYLE_NULL:
        return 0;
    case STYLE_BOOL:
        return v.boolean ? 1 : 0;
    case STYLE_STRING:
        return style_js_parse(style_bytes(v));
    case STYLE_ARRAY: /* [] is "", [5] is "5" */
        return v.n == 0                                    ? 0
               : v.n == 1 && v.items[0].kind != STYLE_BOOL ? number_of(at, v.items[0])
                                                           : (double)NAN;
    case STYLE_FORMATTED:
    case STYLE_IMAGE:
        text = style_text_begin(at);
        style_text_value(&text, v);
        return style_js_parse(style_bytes(style_text_end(&text)));
    default:
        return (double)NAN;
    }
}

static struct style_value eval_to_number(const struct expr *e, struct style_eval *at)
{
    struct style_value v = style_null();

    for (uint32_t i = 0; i < e->n_args; i++) {
        double number;

        v = expr_eval(e->args[i], at);
        if (v.kind == STYLE_ERROR)
            return v;
        number = number_of(at, v);
        if (!isnan(number))
            return style_of_number(number);
    }
    return style_failed(at, "Could not convert %s to number.", shown(at, v));
}

static struct style_value eval_to_boolean(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    switch (v.kind) {
    case STYLE_NULL:
        return style_of_bool(false);
    case STYLE_BOOL:
        return v;
    case STYLE_NUMBER:
        return style_of_bool(v.number != 0 && !isnan(v.number));
    case STYLE_STRING:
        return style_of_bool(v.n > 0);
    default:
        return style_of_bool(true);
    }
}

static struct style_value eval_to_string(const struct expr *e, struct style_eval *at)
{
    struct style_text text;

    EVAL_ARG(v, 0);
    if (v.kind == STYLE_STRING)
        return v;
    text = style_text_begin(at);
    style_text_value(&text, v);
    return style_text_end(&text);
}

/* What is wrong with these as red, green, blue and alpha; null when nothing is. */
static struct style_value
check_rgba(struct style_eval *at, const struct style_value *v, uint32_t n)
{
    char text[4][STYLE_JS_NUMBER] = {"", "", "", ""};
    bool colors_fit = true;
    bool alpha_fits = true;

    for (uint32_t i = 0; i < n; i++) {
        double most = i < 3 ? 255 : 1;
        bool fits =
            v[i].kind == STYLE_NUMBER && v[i].number >= 0 && v[i].number <= most;

        colors_fit = colors_fit && (fits || i == 3);
        alpha_fits = alpha_fits && (fits || i < 3);
        if (v[i].kind == STYLE_NUMBER)
            style_js_number(text[i], v[i].number);
        else if (v[i].kind == STYLE_STRING)
            snprintf(text[i], sizeof text[i], "%.*s", (int)(v[i].n < 30 ? v[i].n : 30),
                     v[i].bytes);
    }
    if (colors_fit && alpha_fits)
        return style_null();
    return style_failed(at, "Invalid rgba value [%s, %s, %s%s%s]: %s", text[0], text[1],
                        text[2], n > 3 ? ", " : "", text[3],
                        colors_fit ? "'a' must be between 0 and 1."
                                   : "'r', 'g', and 'b' must be between 0 and 255.");
}

/* MapLibre takes colours of lists for premultiplied ones. */
static struct style_value color_of_list(struct style_eval *at, struct style_value v)
{
    struct style_value wrong;
    double alpha;

    if (v.n < 3 || v.n > 4)
        return style_failed(
            at,
            "Invalid rgba value %s: expected an array containing either "
            "three or four numeric values.",
            shown(at, v));
    wrong = check_rgba(at, v.items, v.n);
    if (wrong.kind == STYLE_ERROR)
        return wrong;
    alpha = v.n == 4 ? v.items[3].number : 1;
    double scale = alpha > 0 ? 1 / (255 * alpha) : 0;
    return style_of_color(at, v.items[0].number * scale, v.items[1].number * scale,
                          v.items[2].number * scale, alpha);
}

static struct style_value eval_to_color(const struct expr *e, struct style_eval *at)
{
    struct style_value v = style_null();
    struct style_value wrong = style_null();

    for (uint32_t i = 0; i < e->n_args; i++) {
        struct style_rgba color;

        v = expr_eval(e->args[i], at);
        wrong = style_null();
        if (v.kind == STYLE_ERROR || v.kind == STYLE_COLOR)
            return v;
        if (v.kind == STYLE_STRING && style_rgba_parse(style_bytes(v), &color))
            return style_of_color(at, color.r, color.g, color.b, color.a);
        if (v.kind == STYLE_ARRAY) {
            wrong = color_of_list(at, v);
            if (wrong.kind == STYLE_COLOR)
                return wrong;
        }
    }
    if (wrong.kind == STYLE_ERROR)
        return wrong;
    return style_failed(at, "Could not parse color from value '%s'", plainly(at, v));
}

static struct style_value eval_rgba(const struct expr *e, struct style_eval *at)
{
    struct style_value v[4];
    struct style_value wrong;

    for (uint32_t i = 0; i < e->n_args && i < 4; i++) {
        v[i] = expr_eval(e->args[i], at);
        if (v[i].kind == STYLE_ERROR)
            return v[i];
    }
    wrong = check_rgba(at, v, e->n_args);
    if (wrong.kind == STYLE_ERROR)
        return wrong;
    return style_of_color(at, v[0].number / 255, v[1].number / 255, v[2].number / 255,
                          e->n_args == 4 ? v[3].number : 1);
}

static struct style_value eval_to_rgba(const struct expr *e, struct style_eval *at)
{
    struct style_value parts[4];

    EVAL_ARG(v, 0);
    if (v.kind != STYLE_COLOR)
        return style_failed(at, "no colour");
    parts[0] = style_of_number(v.colors->r * 255);
    parts[1] = style_of_number(v.colors->g * 255);
    parts[2] = style_of_number(v.colors->b * 255);
    parts[3] = style_of_number(v.colors->a);
    return style_array(at, parts, 4);
}

/* ---- conversions that only the compiler makes ---- */

static struct style_value eval_formatted(const struct expr *e, struct style_eval *at)
{
    struct style_section *section;
    struct style_text text;

    EVAL_ARG(v, 0);
    if (v.kind == STYLE_FORMATTED)
        return v;
    if (v.kind != STYLE_STRING) {
        text = style_text_begin(at);
        style_text_value(&text, v);
        v = style_text_end(&text);
    }
    section = style_scratch(at, sizeof *section);
    if (!section)
        return style_failed(at, "no room for a text");
    *section = (struct style_section){.text = v};
    return (struct style_value){.kind = STYLE_FORMATTED, .n = 1, .sections = section};
}

static struct style_value eval_image_of(const struct expr *e, struct style_eval *at)
{
    struct style_text text;

    EVAL_ARG(v, 0);
    if (v.kind != STYLE_STRING) {
        text = style_text_begin(at);
        style_text_value(&text, v);
        v = style_text_end(&text);
    }
    if (v.n == 0)
        return style_null();
    v.kind = STYLE_IMAGE;
    return v;
}

/* A number, or a list of numbers, as `kind`. */
static struct style_value numbers_of(struct style_eval *at,
                                     struct style_value v,
                                     enum style_kind kind,
                                     uint32_t most)
{
    double *numbers;
    uint32_t n = v.kind == STYLE_ARRAY ? v.n : 1;

    if (v.kind == kind)
        return v;
    if ((v.kind != STYLE_NUMBER && v.kind != STYLE_ARRAY) || n > most ||
        (n == 0 && kind == STYLE_PADDING))
        return style_null();
    numbers = style_scratch(at, (n > 4 ? n : 4) * sizeof *numbers);
    if (!numbers)
        return style_null();
    for (uint32_t i = 0; i < n; i++) {
        const struct style_value *item = v.kind == STYLE_ARRAY ? &v.items[i] : &v;

        if (item->kind != STYLE_NUMBER)
            return style_null();
        numbers[i] = item->number;
    }
    if (kind == STYLE_PADDING) { /* as in CSS: top, right, bottom, left */
        if (n < 2)
            numbers[1] = numbers[0];
        if (n < 3)
            numbers[2] = numbers[0];
        if (n < 4)
            numbers[3] = numbers[1];
        n = 4;
    }
    return (struct style_value){.kind = kind, .n = n, .numbers = numbers};
}

static struct style_value colors_of(struct style_eval *at, struct style_value v)
{
    uint32_t n = v.kind == STYLE_ARRAY ? v.n : 1;
    struct style_rgba *colors;

    if (v.kind == STYLE_COLOR_ARRAY)
        return v;
    if (v.kind != STYLE_STRING && v.kind != STYLE_ARRAY)
        return style_null();
    colors = style_scratch(at, n * sizeof *colors);
    for (uint32_t i = 0; i < n; i++) {
        const struct style_value *item = v.kind == STYLE_ARRAY ? &v.items[i] : &v;

        if (!colors || item->kind != STYLE_STRING ||
            !style_rgba_parse(style_bytes(*item), &colors[i]))
            return style_null();
    }
    return (struct style_value){.kind = STYLE_COLOR_ARRAY, .n = n, .colors = colors};
}

static struct style_value
converted(struct style_eval *at, struct style_value v, enum style_kind kind)
{
    enum { MOST = 100000 };

    switch (kind) {
    case STYLE_PADDING:
        return numbers_of(at, v, kind, 4);
    case STYLE_NUMBER_ARRAY:
        return numbers_of(at, v, kind, MOST);
    case STYLE_COLOR_ARRAY:
        return colors_of(at, v);
    case STYLE_OFFSETS:
        if (v.kind != STYLE_OFFSETS && !style_is_offsets(v))
            return style_null();
        v.kind = STYLE_OFFSETS;
        return v;
    default: /* a projection is its name, or two and how far from one to the other */
        return v.kind == STYLE_STRING || v.kind == STYLE_ARRAY ||
                       v.kind == STYLE_PROJECTION
                   ? v
                   : style_null();
    }
}

static struct style_value eval_convert(const struct expr *e, struct style_eval *at)
{
    struct style_value out;

    EVAL_ARG(v, 0);
    out = converted(at, v, e->type->kind);
    if (out.kind != STYLE_NULL)
        return out;
    if (e->type->kind == STYLE_PROJECTION)
        return style_failed(
            at, "Could not parse projection expression, but found %s instead.",
            plainly(at, v));
    return style_failed(at, "Could not parse %s from value '%s'",
                        style_kind_name(e->type->kind), plainly(at, v));
}

static const struct expr *compile_convert(struct expr_compiler *c,
                                          const struct expr_operator *op,
                                          const json_t *json,
                                          const struct expr_type *expected)
{
    size_t n = json_array_size(json);

    (void)expected;
    if (n < 2)
        return expr_fail(c, "Expected at least one argument.", "至少要一个参数。");
    if (n != 2 && (op->result->kind == STYLE_BOOL || op->result->kind == STYLE_STRING))
        return expr_fail(c, "Expected one argument.", "只要一个参数。");
    return compile_args(c, op, json, 1, op->result);
}

static const struct expr_operator rows[] = {
    {"string", compile_assert, eval_assert, STR, 0, {NULL}, 0},
    {"number", compile_assert, eval_assert, NUM, 0, {NULL}, 0},
    {"boolean", compile_assert, eval_assert, BOOL, 0, {NULL}, 0},
    {"object", compile_assert, eval_assert, OBJ, 0, {NULL}, 0},
    {"array", compile_array, eval_assert, LIST, 0, {NULL}, 0},
    {"to-number", compile_convert, eval_to_number, NUM, 0, {NULL}, 0},
    {"to-boolean", compile_convert, eval_to_boolean, BOOL, 0, {NULL}, 0},
    {"to-string", compile_convert, eval_to_string, STR, 0, {NULL}, 0},
    {"to-color", compile_convert, eval_to_color, COL, 0, {NULL}, 0},
    {"to-rgba", NULL, eval_to_rgba, &expr_type_four, 1, {COL}, 0},
    {"rgb", NULL, eval_rgba, COL, 3, {NUM, NUM, NUM}, 0},
    {"rgba", NULL, eval_rgba, COL, 4, {NUM, NUM, NUM, NUM}, 0},
};

/* not part of the language: only made by the compiler */
static const struct expr_operator hidden_formatted = {
    "to-formatted", NULL, eval_formatted, &expr_types[STYLE_FORMATTED], 1, {ANY}, 0};
static const struct expr_operator hidden_image = {
    "to-image", NULL, eval_image_of, &expr_types[STYLE_IMAGE], 1, {ANY}, 0};
static const struct expr_operator hidden_convert = {
    "to-value", NULL, eval_convert, ANY, 1, {ANY}, 0};

const struct expr_family expr_family_convert = {rows, sizeof rows / sizeof *rows};

static const struct expr_operator *annotation(const struct expr_type *type,
                                              enum expr_annotate annotate)
{
    if (annotate == EXPR_ASSERT)
        return expr_operator_find("array"); /* they all look at the node's type */
    switch (type->kind) {
    case STYLE_NUMBER:
        return expr_operator_find("to-number");
    case STYLE_BOOL:
        return expr_operator_find("to-boolean");
    case STYLE_COLOR:
        return expr_operator_find("to-color");
    case STYLE_FORMATTED:
        return &hidden_formatted;
    case STYLE_IMAGE:
        return &hidden_image;
    case STYLE_PADDING:
    case STYLE_NUMBER_ARRAY:
    case STYLE_COLOR_ARRAY:
    case STYLE_OFFSETS:
    case STYLE_PROJECTION:
        return &hidden_convert;
    default:
        return expr_operator_find("to-string");
    }
}

const struct expr *expr_wrap(struct expr_compiler *c,
                             const struct expr *e,
                             const struct expr_type *type,
                             enum expr_annotate annotate)
{
    struct expr *wrapped = expr_new(c, annotation(type, annotate), type, 1);

    if (!wrapped)
        return NULL;
    wrapped->args[0] = e;
    return expr_finish(c, wrapped);
}

bool expr_is_annotation(const struct expr *e)
{
    return e->op &&
           (e->op->compile == compile_assert || e->op->compile == compile_array ||
            e->op->compile == compile_convert || e->op == &hidden_formatted ||
            e->op == &hidden_image || e->op == &hidden_convert);
}
