/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic and functions of numbers, as JavaScript calculates them. */
#include "style/operators.h"

#include <math.h>

typedef double two_fn(double a, double b);
typedef double one_fn(double a);

static struct style_value
fold_numbers(const struct expr *e, struct style_eval *at, double start, two_fn *fn)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        EVAL_ARG(v, i);
        start = fn(start, v.kind == STYLE_NUMBER ? v.number : (double)NAN);
    }
    return style_of_number(start);
}

static struct style_value two(const struct expr *e, struct style_eval *at, two_fn *fn)
{
    EVAL_ARG(a, 0);
    EVAL_ARG(b, 1);
    return style_of_number(a.kind == STYLE_NUMBER && b.kind == STYLE_NUMBER
                               ? fn(a.number, b.number)
                               : (double)NAN);
}

static struct style_value one(const struct expr *e, struct style_eval *at, one_fn *fn)
{
    EVAL_ARG(a, 0);
    return style_of_number(a.kind == STYLE_NUMBER ? fn(a.number) : (double)NAN);
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
/* unlike pow of C: 1 to the power of what is no number is no number */
static double power(double a, double b)
{
    return isnan(b) || (isinf(b) && fabs(a) == 1) ? (double)NAN : pow(a, b);
}
static double least(double a, double b)
{
    return isnan(a) || isnan(b) ? (double)NAN : fmin(a, b);
}
static double greatest(double a, double b)
{
    return isnan(a) || isnan(b) ? (double)NAN : fmax(a, b);
}
static double negate(double a)
{
    return -a;
}
/* MapLibre's log10 and log2 are quotients of natural logarithms. */
static double log_ten(double a)
{
    return log(a) / M_LN10;
}
static double log_two(double a)
{
    return log(a) / M_LN2;
}

#define OPERATOR(name, body)                                                           \
    static struct style_value eval_##name(const struct expr *e, struct style_eval *at) \
    {                                                                                  \
        return body;                                                                   \
    }

OPERATOR(add, fold_numbers(e, at, 0, add))
OPERATOR(multiply, fold_numbers(e, at, 1, multiply))
OPERATOR(min, fold_numbers(e, at, HUGE_VAL, least))
OPERATOR(max, fold_numbers(e, at, -HUGE_VAL, greatest))
OPERATOR(subtract, e->n_args == 1 ? one(e, at, negate) : two(e, at, subtract))
OPERATOR(divide, two(e, at, divide))
OPERATOR(remainder, two(e, at, fmod))
OPERATOR(power, two(e, at, power))
OPERATOR(sqrt, one(e, at, sqrt))
OPERATOR(log10, one(e, at, log_ten))
OPERATOR(ln, one(e, at, log))
OPERATOR(log2, one(e, at, log_two))
OPERATOR(sin, one(e, at, sin))
OPERATOR(cos, one(e, at, cos))
OPERATOR(tan, one(e, at, tan))
OPERATOR(asin, one(e, at, asin))
OPERATOR(acos, one(e, at, acos))
OPERATOR(atan, one(e, at, atan))
OPERATOR(abs, one(e, at, fabs))
OPERATOR(round, one(e, at, round)) /* half away from zero */
OPERATOR(floor, one(e, at, floor))
OPERATOR(ceil, one(e, at, ceil))

static struct style_value eval_pi(const struct expr *e, struct style_eval *at)
{
    (void)e;
    (void)at;
    return style_of_number(M_PI);
}
static struct style_value eval_e(const struct expr *e, struct style_eval *at)
{
    (void)e;
    (void)at;
    return style_of_number(M_E);
}
static struct style_value eval_ln2(const struct expr *e, struct style_eval *at)
{
    (void)e;
    (void)at;
    return style_of_number(M_LN2);
}

static const struct expr *compile_minus(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    struct expr *e;

    (void)expected;
    if (n != 1 && n != 2)
        return expr_fail_signature(c, json, "(number, number) | (number)");
    e = expr_new(c, op, NUM, n);
    if (!e)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        e->args[i] = expr_compile_arg(c, json, i + 1, NUM);
        if (!e->args[i])
            return NULL;
    }
    return expr_finish(c, e);
}

static const struct expr_operator rows[] = {
    {"+", NULL, eval_add, NUM, -1, {NUM}, 0},
    {"*", NULL, eval_multiply, NUM, -1, {NUM}, 0},
    {"-", compile_minus, eval_subtract, NUM, 2, {NUM, NUM}, 0},
    {"/", NULL, eval_divide, NUM, 2, {NUM, NUM}, 0},
    {"%", NULL, eval_remainder, NUM, 2, {NUM, NUM}, 0},
    {"^", NULL, eval_power, NUM, 2, {NUM, NUM}, 0},
    {"sqrt", NULL, eval_sqrt, NUM, 1, {NUM}, 0},
    {"log10", NULL, eval_log10, NUM, 1, {NUM}, 0},
    {"ln", NULL, eval_ln, NUM, 1, {NUM}, 0},
    {"log2", NULL, eval_log2, NUM, 1, {NUM}, 0},
    {"sin", NULL, eval_sin, NUM, 1, {NUM}, 0},
    {"cos", NULL, eval_cos, NUM, 1, {NUM}, 0},
    {"tan", NULL, eval_tan, NUM, 1, {NUM}, 0},
    {"asin", NULL, eval_asin, NUM, 1, {NUM}, 0},
    {"acos", NULL, eval_acos, NUM, 1, {NUM}, 0},
    {"atan", NULL, eval_atan, NUM, 1, {NUM}, 0},
    {"min", NULL, eval_min, NUM, -1, {NUM}, 0},
    {"max", NULL, eval_max, NUM, -1, {NUM}, 0},
    {"abs", NULL, eval_abs, NUM, 1, {NUM}, 0},
    {"round", NULL, eval_round, NUM, 1, {NUM}, 0},
    {"floor", NULL, eval_floor, NUM, 1, {NUM}, 0},
    {"ceil", NULL, eval_ceil, NUM, 1, {NUM}, 0},
    {"pi", NULL, eval_pi, NUM, 0, {NULL}, 0},
    {"e", NULL, eval_e, NUM, 0, {NULL}, 0},
    {"ln2", NULL, eval_ln2, NUM, 0, {NULL}, 0},
};

const struct expr_family expr_family_math = {rows, sizeof rows / sizeof *rows};
