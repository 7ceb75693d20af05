/* SPDX-License-Identifier: Apache-2.0 */
/* Logic and comparison.
 * Names and meaning: MapLibre style specification, "Expressions". */
#include "style/operators.h"

/* ---- logic ---- */

static struct style_value eval_not(const struct expr *e, struct style_eval *at)
{
    struct style_value v = expr_eval(e->args[0], at);

    return v.kind == STYLE_BOOL ? style_of_bool(!v.boolean) : style_error();
}

static struct style_value
eval_until(const struct expr *e, struct style_eval *at, bool stop)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        struct style_value v = expr_eval(e->args[i], at);

        if (v.kind != STYLE_BOOL)
            return style_error();
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

static struct style_value eval_equal(const struct expr *e, struct style_eval *at)
{
    struct style_value a = expr_eval(e->args[0], at);
    struct style_value b = expr_eval(e->args[1], at);

    if (a.kind == STYLE_ERROR || b.kind == STYLE_ERROR)
        return style_error();
    return style_of_bool(style_value_equal(a, b));
}

static struct style_value eval_unequal(const struct expr *e, struct style_eval *at)
{
    struct style_value v = eval_equal(e, at);

    return v.kind == STYLE_BOOL ? style_of_bool(!v.boolean) : v;
}

/* Numbers with numbers, texts with texts (by code unit); else an error. */
static bool order(const struct expr *e, struct style_eval *at, int *sign)
{
    struct style_value a = expr_eval(e->args[0], at);
    struct style_value b = expr_eval(e->args[1], at);

    if (a.kind == STYLE_NUMBER && b.kind == STYLE_NUMBER) {
        *sign = (a.number > b.number) - (a.number < b.number);
        return true;
    }
    if (a.kind != STYLE_STRING || b.kind != STYLE_STRING)
        return false;
    size_t n = a.text.len < b.text.len ? a.text.len : b.text.len;
    int c = n ? memcmp(a.text.data, b.text.data, n) : 0;
    *sign = c ? c : (a.text.len > b.text.len) - (a.text.len < b.text.len);
    return true;
}

static struct style_value eval_less(const struct expr *e, struct style_eval *at)
{
    int sign;
    return order(e, at, &sign) ? style_of_bool(sign < 0) : style_error();
}
static struct style_value eval_less_equal(const struct expr *e, struct style_eval *at)
{
    int sign;
    return order(e, at, &sign) ? style_of_bool(sign <= 0) : style_error();
}
static struct style_value eval_greater(const struct expr *e, struct style_eval *at)
{
    int sign;
    return order(e, at, &sign) ? style_of_bool(sign > 0) : style_error();
}
static struct style_value eval_greater_equal(const struct expr *e,
                                             struct style_eval *at)
{
    int sign;
    return order(e, at, &sign) ? style_of_bool(sign >= 0) : style_error();
}

static bool is_comparable(enum style_kind a, enum style_kind b, bool ordered)
{
    if (ordered && a != STYLE_NUMBER && a != STYLE_STRING && a != STYLE_ANY)
        return false;
    if (ordered && b != STYLE_NUMBER && b != STYLE_STRING && b != STYLE_ANY)
        return false;
    return a == b || a == STYLE_ANY || b == STYLE_ANY || a == STYLE_NULL ||
           b == STYLE_NULL;
}

/* A yes or no about two values of any type. */
static enum im_code compile_pair(struct expr_compiler *c,
                                 const struct expr_operator *op,
                                 const json_t *json,
                                 struct expr **out)
{
    struct expr *e = expr_new(c, op, STYLE_BOOL, 2);
    enum im_code rc;

    if (!e)
        return c->err->code;
    rc = expr_compile_arg(c, json, 1, STYLE_ANY, &e->args[0]);
    if (rc == IM_OK)
        rc = expr_compile_arg(c, json, 2, STYLE_ANY, &e->args[1]);
    *out = e;
    return rc;
}

static enum im_code compile_comparison(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *json,
                                       enum style_kind expected,
                                       const struct expr **out)
{
    struct expr *e = NULL;
    enum im_code rc = compile_pair(c, op, json, &e);

    (void)expected;
    if (rc != IM_OK)
        return rc;
    if (!is_comparable(e->args[0]->type, e->args[1]->type,
                       op->name[0] == '<' || op->name[0] == '>'))
        return expr_fail(c, "\"%s\" cannot compare %s with %s", "“%s”不能比较 %s 和 %s",
                         op->name, style_kind_name(e->args[0]->type),
                         style_kind_name(e->args[1]->type));
    return expr_finish(c, e, out);
}

static bool contains_text(struct im_bytes whole, struct im_bytes part)
{
    return part.len == 0 ||
           (whole.len && memmem(whole.data, whole.len, part.data, part.len));
}

static struct style_value eval_in(const struct expr *e, struct style_eval *at)
{
    struct style_value needle = expr_eval(e->args[0], at);
    struct style_value hay = expr_eval(e->args[1], at);

    if (needle.kind == STYLE_ERROR)
        return needle;
    if (hay.kind == STYLE_STRING)
        return needle.kind == STYLE_STRING
                   ? style_of_bool(contains_text(hay.text, needle.text))
                   : style_of_bool(false);
    if (hay.kind == STYLE_NULL)
        return style_of_bool(false);
    if (hay.kind != STYLE_ARRAY)
        return style_error();
    for (uint32_t i = 0; i < hay.n; i++)
        if (style_value_equal(needle, hay.items[i]))
            return style_of_bool(true);
    return style_of_bool(false);
}

static enum im_code compile_in(struct expr_compiler *c,
                               const struct expr_operator *op,
                               const json_t *json,
                               enum style_kind expected,
                               const struct expr **out)
{
    struct expr *e = NULL;
    enum im_code rc = compile_pair(c, op, json, &e);

    (void)expected;
    if (rc != IM_OK)
        return rc;
    enum style_kind hay = e->args[1]->type;
    if (hay != STYLE_ARRAY && hay != STYLE_STRING && hay != STYLE_ANY)
        return expr_fail(c, "\"in\" looks in a list or a text, found %s",
                         "“in”在列表或文本中查找，却是 %s", style_kind_name(hay));
    return expr_finish(c, e, out);
}

/* ---- the rows ---- */

static const struct expr_operator rows[] = {
    {"!", BOOL, BOOL, 1, 1, 0, NULL, eval_not},
    {"all", BOOL, BOOL, 0, -1, 0, NULL, eval_all},
    {"any", BOOL, BOOL, 0, -1, 0, NULL, eval_any},
    {"==", BOOL, ANY, 2, 2, 0, compile_comparison, eval_equal},
    {"!=", BOOL, ANY, 2, 2, 0, compile_comparison, eval_unequal},
    {"<", BOOL, ANY, 2, 2, 0, compile_comparison, eval_less},
    {"<=", BOOL, ANY, 2, 2, 0, compile_comparison, eval_less_equal},
    {">", BOOL, ANY, 2, 2, 0, compile_comparison, eval_greater},
    {">=", BOOL, ANY, 2, 2, 0, compile_comparison, eval_greater_equal},
    {"in", BOOL, ANY, 2, 2, 0, compile_in, eval_in},
};

const struct expr_family expr_family_logic = {rows, sizeof rows / sizeof *rows};
