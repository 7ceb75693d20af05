/* SPDX-License-Identifier: Apache-2.0 */
/* Logic and comparison. */
#include "style/operators.h"

/* ---- logic ---- */

static struct style_value eval_not(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    return style_of_bool(!(v.kind == STYLE_BOOL && v.boolean));
}

static struct style_value
eval_until(const struct expr *e, struct style_eval *at, bool stop)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        EVAL_ARG(v, i);
        if (v.boolean == stop)
            return v;
    }
    return style_of_bool(!stop);
}

static struct style_value eval_all(const struct expr *e, struct style_eval *at)
{
    return eval_until(e, at, false);
}

static struct style_value eval_any(const struct expr *e, struct style_eval *at)
{
    return eval_until(e, at, true);
}

/* As every operator of booleans; with two arguments MapLibre names both its forms. */
static const struct expr *compile_logic(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    uint32_t n_problems = c->problems.n;
    struct expr *e = expr_new(c, op, BOOL, n);

    (void)expected;
    if (!e)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        e->args[i] = expr_compile_arg(c, json, i + 1, BOOL);
        if (e->args[i])
            continue;
        if (n != 2 || !c->is_plain)
            return NULL;
        c->problems.n = n_problems;
        return expr_fail_signature(c, json, "(boolean, boolean) | (boolean...)");
    }
    return expr_finish(c, e);
}

/* ---- comparison: `more` is the collator's argument or NULL ---- */

static bool is_order(const struct expr_operator *op)
{
    return op->name[0] == '<' || op->name[0] == '>';
}

static struct style_value
compare_equal(const struct expr *e, struct style_eval *at, bool wanted)
{
    EVAL_ARG(a, 0);
    EVAL_ARG(b, 1);
    if (e->n_args == 3 && a.kind == STYLE_STRING && b.kind == STYLE_STRING) {
        EVAL_ARG(collator, 2);
        return style_of_bool((style_collate(collator.collator, a, b) == 0) == wanted);
    }
    return style_of_bool(style_value_equal(a, b) == wanted);
}

static struct style_value eval_equal(const struct expr *e, struct style_eval *at)
{
    return compare_equal(e, at, true);
}

static struct style_value eval_unequal(const struct expr *e, struct style_eval *at)
{
    return compare_equal(e, at, false);
}

/* By UTF-16 units, as JavaScript compares: characters above U+FFFF come before those
 * from U+E000 on. */
static int compare_text(struct style_value a, struct style_value b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;
    unsigned char x;
    unsigned char y;

    while (i < n && a.bytes[i] == b.bytes[i])
        i++;
    if (i == n)
        return (a.n > b.n) - (a.n < b.n);
    x = (unsigned char)a.bytes[i];
    y = (unsigned char)b.bytes[i];
    if ((x >= 0xF0) != (y >= 0xF0) && (x >= 0xEE) && (y >= 0xEE))
        return x >= 0xF0 ? -1 : 1;
    return x < y ? -1 : 1;
}

enum { UNORDERED = 2 };

/* -1, 0, 1; UNORDERED when a number is none. */
static struct style_value order(const struct expr *e, struct style_eval *at, int *sign)
{
    EVAL_ARG(a, 0);
    EVAL_ARG(b, 1);
    if (a.kind == STYLE_NUMBER && b.kind == STYLE_NUMBER) {
        *sign = a.number < b.number    ? -1
                : a.number > b.number  ? 1
                : a.number == b.number ? 0
                                       : UNORDERED;
        return style_null();
    }
    if (a.kind != STYLE_STRING || b.kind != STYLE_STRING)
        return style_failed(at,
                            "Expected arguments for \"%s\" to be (string, string) or "
                            "(number, number), but found (%s, %s) instead.",
                            e->op->name, style_kind_name(a.kind),
                            style_kind_name(b.kind));
    if (e->n_args == 3) {
        EVAL_ARG(collator, 2);
        *sign = style_collate(collator.collator, a, b);
        return style_null();
    }
    *sign = compare_text(a, b);
    return style_null();
}

static struct style_value eval_less(const struct expr *e, struct style_eval *at)
{
    int sign = 0;
    struct style_value v = order(e, at, &sign);
    return v.kind == STYLE_ERROR ? v : style_of_bool(sign < 0);
}
static struct style_value eval_less_equal(const struct expr *e, struct style_eval *at)
{
    int sign = 0;
    struct style_value v = order(e, at, &sign);
    return v.kind == STYLE_ERROR ? v : style_of_bool(sign <= 0);
}
static struct style_value eval_greater(const struct expr *e, struct style_eval *at)
{
    int sign = 0;
    struct style_value v = order(e, at, &sign);
    return v.kind == STYLE_ERROR ? v : style_of_bool(sign == 1);
}
static struct style_value eval_greater_equal(const struct expr *e,
                                             struct style_eval *at)
{
    int sign = 0;
    struct style_value v = order(e, at, &sign);
    return v.kind == STYLE_ERROR ? v : style_of_bool(sign == 0 || sign == 1);
}

static bool is_comparable(const struct expr_operator *op, enum style_kind kind)
{
    return kind == STYLE_STRING || kind == STYLE_NUMBER || kind == STYLE_ANY ||
           (!is_order(op) && (kind == STYLE_BOOL || kind == STYLE_NULL));
}

static const struct expr *compile_side(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *json,
                                       size_t i)
{
    const struct expr *e = expr_compile_arg(c, json, i, ANY);
    char type[EXPR_TYPE_TEXT];

    if (!e || is_comparable(op, e->type->kind))
        return e;
    return expr_fail_at(c, i, "\"%s\" comparisons are not supported for type '%s'.",
                        "“%s”不能比较 %s。", op->name, expr_type_text(e->type, type));
}

/* The side whose type is not known is of the type of the other. */
static bool assert_order(struct expr_compiler *c, struct expr *e)
{
    enum style_kind a = e->args[0]->type->kind;
    enum style_kind b = e->args[1]->type->kind;

    if (a == STYLE_ANY && b != STYLE_ANY)
        e->args[0] = expr_wrap(c, e->args[0], e->args[1]->type, EXPR_ASSERT);
    else if (a != STYLE_ANY && b == STYLE_ANY)
        e->args[1] = expr_wrap(c, e->args[1], e->args[0]->type, EXPR_ASSERT);
    return e->args[0] && e->args[1];
}

static const struct expr *compile_comparison(struct expr_compiler *c,
                                             const struct expr_operator *op,
                                             const json_t *json,
                                             const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    struct expr *e;
    enum style_kind a;
    enum style_kind b;

    (void)expected;
    if (n != 2 && n != 3)
        return expr_fail(c, "Expected two or three arguments.", "需要两个或三个参数。");
    e = expr_new(c, op, BOOL, n);
    if (!e)
        return NULL;
    e->args[0] = compile_side(c, op, json, 1);
    if (!e->args[0])
        return NULL;
    e->args[1] = compile_side(c, op, json, 2);
    if (!e->args[1])
        return NULL;
    a = e->args[0]->type->kind;
    b = e->args[1]->type->kind;
    if (a != b && a != STYLE_ANY && b != STYLE_ANY)
        return expr_fail(c, "Cannot compare types '%s' and '%s'.",
                         "不能比较 %s 和 %s。", style_kind_name(a), style_kind_name(b));
    if (is_order(op) && !assert_order(c, e))
        return NULL;
    if (n == 3) {
        a = e->args[0]->type->kind;
        b = e->args[1]->type->kind;
        if (a != STYLE_STRING && b != STYLE_STRING && a != STYLE_ANY && b != STYLE_ANY)
            return expr_fail(c, "Cannot use collator to compare non-string types.",
                             "collator 只能比较文本。");
        e->args[2] = expr_compile_arg(c, json, 3, &expr_types[STYLE_COLLATOR]);
        if (!e->args[2])
            return NULL;
    }
    return expr_finish(c, e);
}

static const struct expr_operator rows[] = {
    {"!", NULL, eval_not, BOOL, 1, {BOOL}, 0},
    {"all", compile_logic, eval_all, BOOL, -1, {BOOL}, 0},
    {"any", compile_logic, eval_any, BOOL, -1, {BOOL}, 0},
    {"==", compile_comparison, eval_equal, BOOL, 2, {ANY, ANY}, 0},
    {"!=", compile_comparison, eval_unequal, BOOL, 2, {ANY, ANY}, 0},
    {"<", compile_comparison, eval_less, BOOL, 2, {ANY, ANY}, 0},
    {"<=", compile_comparison, eval_less_equal, BOOL, 2, {ANY, ANY}, 0},
    {">", compile_comparison, eval_greater, BOOL, 2, {ANY, ANY}, 0},
    {">=", compile_comparison, eval_greater_equal, BOOL, 2, {ANY, ANY}, 0},
};

const struct expr_family expr_family_compare = {rows, sizeof rows / sizeof *rows};
