/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, texts, colours and conversions.
 * Names and meaning: MapLibre style specification, "Expressions". */
#include "style/operators.h"

#include <math.h>

/* ---- numbers ---- */

static struct style_value finite_number(double value)
{
    return isfinite(value) ? style_of_number(value) : style_error();
}

typedef double number_fn(double a, double b);

static struct style_value
fold_numbers(const struct expr *e, struct style_eval *at, number_fn *fn)
{
    struct style_value sum = expr_eval(e->args[0], at);

    if (sum.kind != STYLE_NUMBER)
        return style_error();
    for (uint32_t i = 1; i < e->n_args; i++) {
        struct style_value v = expr_eval(e->args[i], at);

        if (v.kind != STYLE_NUMBER)
            return style_error();
        sum.number = fn(sum.number, v.number);
    }
    return finite_number(sum.number);
}

static double add(double a, double b)
{
    return a + b;
}
static double subtract(double a, double b)
{
    return a - b;
}
static double multiply(double a, double b)
{
    return a * b;
}
static double divide(double a, double b)
{
    return a / b;
}

static struct style_value eval_add(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, add);
}
static struct style_value eval_multiply(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, multiply);
}
static struct style_value eval_divide(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, divide);
}
static struct style_value eval_remainder(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, fmod);
}
static struct style_value eval_power(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, pow);
}
static struct style_value eval_min(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, fmin);
}
static struct style_value eval_max(const struct expr *e, struct style_eval *at)
{
    return fold_numbers(e, at, fmax);
}
static struct style_value eval_subtract(const struct expr *e, struct style_eval *at)
{
    struct style_value v = fold_numbers(e, at, subtract);

    if (e->n_args == 1 && v.kind == STYLE_NUMBER)
        v.number = -v.number;
    return v;
}
static struct style_value eval_abs(const struct expr *e, struct style_eval *at)
{
    struct style_value v = expr_eval(e->args[0], at);

    return v.kind == STYLE_NUMBER ? style_of_number(fabs(v.number)) : style_error();
}

/* ---- texts ---- */

/* Append to the text of the evaluation; cut at a character when it is full. */
static void put_text(struct style_eval *at, const void *data, size_t len)
{
    size_t room = sizeof at->text - at->text_len;

    if (len > room) {
        len = room;
        while (len > 0 && (((const uint8_t *)data)[len] & 0xC0) == 0x80)
            len--;
    }
    if (len)
        memcpy(at->text + at->text_len, data, len);
    at->text_len += len;
}

static void put_value(struct style_eval *at, struct style_value v)
{
    char number[IM_NUMBER_MAX];

    switch (v.kind) {
    case STYLE_BOOL:
        put_text(at, v.boolean ? "true" : "false", v.boolean ? 4 : 5);
        break;
    case STYLE_NUMBER:
        put_text(at, number, im_format_double(number, v.number, 9));
        break;
    case STYLE_STRING:
        put_text(at, v.text.data, v.text.len);
        break;
    case STYLE_COLOR: {
        int n = snprintf(number, sizeof number, "rgba(%.0f,%.0f,%.0f,%g)",
                         (double)v.color.r * 255, (double)v.color.g * 255,
                         (double)v.color.b * 255, (double)v.color.a);
        put_text(at, number, n < 0 ? 0 : (size_t)n);
        break;
    }
    case STYLE_ARRAY:
        put_text(at, "[", 1);
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                put_text(at, ",", 1);
            put_value(at, v.items[i]);
        }
        put_text(at, "]", 1);
        break;
    case STYLE_NULL: /* to-string of null is "" */
    case STYLE_ANY:
    case STYLE_ERROR:
        break;
    }
}

static struct style_value eval_concat(const struct expr *e, struct style_eval *at)
{
    /* all parts first: they may write texts themselves */
    enum { MAX = 32 };
    struct style_value parts[MAX];
    size_t start;

    for (uint32_t i = 0; i < e->n_args; i++) {
        parts[i] = expr_eval(e->args[i], at);
        if (parts[i].kind == STYLE_ERROR)
            return parts[i];
    }
    start = at->text_len;
    for (uint32_t i = 0; i < e->n_args; i++)
        put_value(at, parts[i]);
    return style_of_text(
        (struct im_bytes){(const uint8_t *)at->text + start, at->text_len - start});
}

static struct style_value eval_to_string(const struct expr *e, struct style_eval *at)
{
    struct style_value v = expr_eval(e->args[0], at);
    size_t start = at->text_len;

    if (v.kind == STYLE_STRING || v.kind == STYLE_ERROR)
        return v;
    put_value(at, v);
    return style_of_text(
        (struct im_bytes){(const uint8_t *)at->text + start, at->text_len - start});
}

/* ---- conversions ---- */

static struct style_value eval_to_number(const struct expr *e, struct style_eval *at)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        struct style_value v = expr_eval(e->args[i], at);
        double number;

        if (v.kind == STYLE_NUMBER)
            return v;
        if (v.kind == STYLE_NULL)
            return style_of_number(0);
        if (v.kind == STYLE_BOOL)
            return style_of_number(v.boolean ? 1 : 0);
        if (v.kind == STYLE_STRING && im_parse_double(v.text, &number))
            return style_of_number(number);
    }
    return style_error();
}

static struct style_value eval_to_boolean(const struct expr *e, struct style_eval *at)
{
    struct style_value v = expr_eval(e->args[0], at);

    switch (v.kind) {
    case STYLE_NULL:
        return style_of_bool(false);
    case STYLE_BOOL:
    case STYLE_ERROR:
        return v;
    case STYLE_NUMBER:
        return style_of_bool(v.number != 0 && !isnan(v.number));
    case STYLE_STRING:
        return style_of_bool(v.text.len > 0);
    case STYLE_COLOR:
    case STYLE_ARRAY:
    case STYLE_ANY:
        break;
    }
    return style_of_bool(true);
}

static struct style_value eval_to_color(const struct expr *e, struct style_eval *at)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        struct style_value v = expr_eval(e->args[i], at);
        struct draw_color color;

        if (v.kind == STYLE_COLOR)
            return v;
        if (v.kind == STYLE_STRING && style_color_parse(v.text, &color))
            return style_of_color(color);
    }
    return style_error();
}

/* The first argument of the wanted type. */
static struct style_value eval_assert(const struct expr *e, struct style_eval *at)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        struct style_value v = expr_eval(e->args[i], at);

        if (v.kind == e->op->result)
            return v;
    }
    return style_error();
}

static struct style_value eval_rgba(const struct expr *e, struct style_eval *at)
{
    double v[4] = {0, 0, 0, 1};

    for (uint32_t i = 0; i < e->n_args; i++) {
        struct style_value arg = expr_eval(e->args[i], at);

        if (arg.kind != STYLE_NUMBER || arg.number < 0 ||
            arg.number > (i < 3 ? 255.0 : 1.0))
            return style_error();
        v[i] = i < 3 ? arg.number / 255 : arg.number;
    }
    return style_of_color(
        (struct draw_color){(float)v[0], (float)v[1], (float)v[2], (float)v[3]});
}

/* ---- the rows ---- */

/* not part of the language: only made by the compiler */
static const struct expr_operator assert_array = {"array", STYLE_ARRAY, ANY, 1, 1, 0,
                                                  NULL,    eval_assert};

static const struct expr_operator rows[] = {
    {"+", NUM, NUM, 1, -1, 0, NULL, eval_add},
    {"-", NUM, NUM, 1, 2, 0, NULL, eval_subtract},
    {"*", NUM, NUM, 1, -1, 0, NULL, eval_multiply},
    {"/", NUM, NUM, 2, 2, 0, NULL, eval_divide},
    {"%", NUM, NUM, 2, 2, 0, NULL, eval_remainder},
    {"^", NUM, NUM, 2, 2, 0, NULL, eval_power},
    {"min", NUM, NUM, 1, -1, 0, NULL, eval_min},
    {"max", NUM, NUM, 1, -1, 0, NULL, eval_max},
    {"abs", NUM, NUM, 1, 1, 0, NULL, eval_abs},
    {"concat", STR, ANY, 1, 32, 0, NULL, eval_concat},
    {"to-string", STR, ANY, 1, 1, 0, NULL, eval_to_string},
    {"to-number", NUM, ANY, 1, -1, 0, NULL, eval_to_number},
    {"to-boolean", BOOL, ANY, 1, 1, 0, NULL, eval_to_boolean},
    {"to-color", COL, ANY, 1, -1, 0, NULL, eval_to_color},
    {"string", STR, ANY, 1, -1, 0, NULL, eval_assert},
    {"number", NUM, ANY, 1, -1, 0, NULL, eval_assert},
    {"boolean", BOOL, ANY, 1, -1, 0, NULL, eval_assert},
    {"rgb", COL, NUM, 3, 3, 0, NULL, eval_rgba},
    {"rgba", COL, NUM, 4, 4, 0, NULL, eval_rgba},
};

const struct expr_family expr_family_value = {rows, sizeof rows / sizeof *rows};

const struct expr_operator *expr_conversion(enum style_kind kind, bool assert_only)
{
    switch (kind) {
    case STYLE_BOOL:
        return expr_operator_find(assert_only ? "boolean" : "to-boolean");
    case STYLE_NUMBER:
        return expr_operator_find(assert_only ? "number" : "to-number");
    case STYLE_STRING:
        return expr_operator_find(assert_only ? "string" : "to-string");
    case STYLE_COLOR:
        return expr_operator_find("to-color");
    case STYLE_NULL:
    case STYLE_ARRAY:
    case STYLE_ANY:
    case STYLE_ERROR:
        break;
    }
    return &assert_array;
}
