/* SPDX-License-Identifier: Apache-2.0 */
/* Choices and curves, and what can come out of an expression.
 * Names and meaning: MapLibre style specification, "Expressions". */
#include "style/operators.h"

#include <math.h>

/* ---- choice ---- */

/* The common type of outputs: what is expected, or what the first one is. */
static enum im_code compile_output(struct expr_compiler *c,
                                   const json_t *json,
                                   size_t i,
                                   enum style_kind *type,
                                   const struct expr **out)
{
    enum im_code rc = expr_compile_arg(c, json, i, *type, out);

    if (rc == IM_OK && *type == STYLE_ANY && (*out)->type != STYLE_NULL)
        *type = (*out)->type;
    return rc;
}

static struct style_value eval_case(const struct expr *e, struct style_eval *at)
{
    for (uint32_t i = 0; i + 1 < e->n_args; i += 2) {
        struct style_value v = expr_eval(e->args[i], at);

        if (v.kind != STYLE_BOOL)
            return style_error();
        if (v.boolean)
            return expr_eval(e->args[i + 1], at);
    }
    return expr_eval(e->args[e->n_args - 1], at);
}

static enum im_code compile_case(struct expr_compiler *c,
                                 const struct expr_operator *op,
                                 const json_t *json,
                                 enum style_kind expected,
                                 const struct expr **out)
{
    size_t n = json_array_size(json) - 1;
    enum style_kind type = expected;
    struct expr *e;

    if (n % 2 == 0)
        return expr_fail(
            c, "\"case\" needs pairs of condition and output, then a fallback",
            "“case”需要成对的条件和输出，最后是默认值");
    e = expr_new(c, op, STYLE_ANY, (uint32_t)n);
    if (!e)
        return c->err->code;
    for (size_t i = 0; i < n; i++) {
        bool is_condition = i + 1 < n && i % 2 == 0;
        enum im_code rc =
            is_condition ? expr_compile_arg(c, json, i + 1, STYLE_BOOL, &e->args[i])
                         : compile_output(c, json, i + 1, &type, &e->args[i]);

        if (rc != IM_OK)
            return rc;
    }
    e->type = type;
    return expr_finish(c, e, out);
}

static struct style_value eval_match(const struct expr *e, struct style_eval *at)
{
    struct style_value input = expr_eval(e->args[0], at);

    if (input.kind == STYLE_ERROR)
        return input;
    for (uint32_t i = 0; i < e->n_labels; i++)
        if (style_value_equal(input, e->labels[i]))
            return expr_eval(e->args[e->label_arg[i]], at);
    return expr_eval(e->args[e->n_args - 1], at);
}

static size_t count_labels(const json_t *json)
{
    size_t total = 0;

    for (size_t i = 2; i + 1 < json_array_size(json); i += 2) {
        const json_t *label = json_array_get(json, i);

        total += json_is_array(label) ? json_array_size(label) : 1;
    }
    return total;
}

struct match_labels {
    struct style_value *labels;
    uint32_t *arg;
    uint32_t n;
    enum style_kind kind;
};

static enum im_code add_label(struct expr_compiler *c,
                              const json_t *json,
                              uint32_t arg,
                              struct match_labels *to)
{
    struct style_value *value = &to->labels[to->n];
    enum im_code rc = expr_literal(c, json, value);

    if (rc != IM_OK)
        return rc;
    if (value->kind != STYLE_STRING && value->kind != STYLE_NUMBER)
        return expr_fail(c, "labels of \"match\" are texts or numbers",
                         "“match”的标签应是文本或数字");
    if (to->n && value->kind != to->kind)
        return expr_fail(c, "labels of one \"match\" are of one type",
                         "同一“match”的标签类型应相同");
    for (uint32_t i = 0; i < to->n; i++)
        if (style_value_equal(*value, to->labels[i]))
            return expr_fail(c, "label given twice", "标签重复");
    to->kind = value->kind;
    to->arg[to->n++] = arg;
    return IM_OK;
}

static enum im_code add_labels(struct expr_compiler *c,
                               const json_t *json,
                               uint32_t arg,
                               struct match_labels *to)
{
    enum im_code rc = IM_OK;

    if (!json_is_array(json))
        return add_label(c, json, arg, to);
    for (size_t i = 0; i < json_array_size(json) && rc == IM_OK; i++)
        rc = add_label(c, json_array_get(json, i), arg, to);
    return rc;
}

static enum im_code compile_match(struct expr_compiler *c,
                                  const struct expr_operator *op,
                                  const json_t *json,
                                  enum style_kind expected,
                                  const struct expr **out)
{
    size_t n = json_array_size(json);
    size_t n_labels = count_labels(json);
    struct match_labels to = {.kind = STYLE_STRING};
    enum style_kind type = expected;
    enum im_code rc;
    struct expr *e;

    if (n % 2 != 1)
        return expr_fail(c,
                         "\"match\" needs an input, pairs of label and output, then a "
                         "fallback",
                         "“match”需要输入、成对的标签和输出，最后是默认值");
    if (n_labels > 10000)
        return expr_fail(c, "\"match\" has %zu labels, at most 10000",
                         "“match”有 %zu 个标签，最多 10000 个", n_labels);
    e = expr_new(c, op, STYLE_ANY, (uint32_t)((n + 1) / 2));
    to.labels = im_arena_calloc(c->arena, n_labels + 1, sizeof *to.labels);
    to.arg = im_arena_calloc(c->arena, n_labels + 1, sizeof *to.arg);
    if (!e || !to.labels || !to.arg)
        return expr_nomem(c);
    rc = expr_compile_arg(c, json, 1, STYLE_ANY, &e->args[0]);
    if (rc != IM_OK)
        return rc;
    for (size_t i = 2; i < n; i += 2) {
        bool is_fallback = i + 1 == n;
        uint32_t arg = (uint32_t)(i / 2);

        if (!is_fallback) {
            size_t mark = expr_path_index(c, i);

            rc = add_labels(c, json_array_get(json, i), arg, &to);
            if (rc != IM_OK)
                return rc;
            expr_path_pop(c, mark);
        }
        rc = compile_output(c, json, is_fallback ? i : i + 1, &type, &e->args[arg]);
        if (rc != IM_OK)
            return rc;
    }
    e->type = type;
    e->labels = to.labels;
    e->label_arg = to.arg;
    e->n_labels = to.n;
    return expr_finish(c, e, out);
}

static struct style_value eval_coalesce(const struct expr *e, struct style_eval *at)
{
    struct style_value v = {.kind = STYLE_NULL};

    for (uint32_t i = 0; i < e->n_args && v.kind == STYLE_NULL; i++)
        v = expr_eval(e->args[i], at);
    return v;
}

static enum im_code compile_coalesce(struct expr_compiler *c,
                                     const struct expr_operator *op,
                                     const json_t *json,
                                     enum style_kind expected,
                                     const struct expr **out)
{
    size_t n = json_array_size(json) - 1;
    struct expr *e = expr_new(c, op, STYLE_ANY, (uint32_t)n);

    (void)expected;
    if (!e)
        return c->err->code;
    for (size_t i = 0; i < n; i++) {
        enum im_code rc = expr_compile_arg(c, json, i + 1, STYLE_ANY, &e->args[i]);

        if (rc != IM_OK)
            return rc;
    }
    e->type = e->args[0]->type;
    for (size_t i = 1; i < n; i++)
        if (e->args[i]->type != e->type)
            e->type = STYLE_ANY;
    return expr_finish(c, e, out);
}

/* ---- curves ---- */

static struct style_value
curve_input(const struct expr *e, struct style_eval *at, uint32_t *stop)
{
    struct style_value v = expr_eval(e->args[0], at);

    if (v.kind != STYLE_NUMBER)
        return style_error();
    *stop = 0;
    while (*stop + 1 < e->n_labels && v.number >= e->labels[*stop + 1].number)
        ++*stop;
    return v;
}

static struct style_value eval_step(const struct expr *e, struct style_eval *at)
{
    uint32_t stop;
    struct style_value v = curve_input(e, at, &stop);

    return v.kind == STYLE_NUMBER ? expr_eval(e->args[1 + stop], at) : v;
}

static struct style_value
interpolate(struct style_value a, struct style_value b, double t)
{
    if (a.kind == STYLE_NUMBER && b.kind == STYLE_NUMBER)
        return style_of_number(a.number + (b.number - a.number) * t);
    if (a.kind == STYLE_COLOR && b.kind == STYLE_COLOR)
        return style_of_color(style_color_mix(a.color, b.color, t));
    return style_error();
}

static struct style_value eval_interpolate(const struct expr *e, struct style_eval *at)
{
    uint32_t i;
    struct style_value v = curve_input(e, at, &i);
    double t;

    if (v.kind != STYLE_NUMBER)
        return v;
    if (i + 1 == e->n_labels || v.number <= e->labels[0].number)
        return expr_eval(e->args[1 + i], at);
    double range = e->labels[i + 1].number - e->labels[i].number;
    double done = v.number - e->labels[i].number;
    if (e->base == 1)
        t = done / range;
    else
        t = (pow(e->base, done) - 1) / (pow(e->base, range) - 1);
    return interpolate(expr_eval(e->args[1 + i], at), expr_eval(e->args[2 + i], at), t);
}

static enum im_code compile_stop(struct expr_compiler *c,
                                 const json_t *json,
                                 size_t i,
                                 struct style_value *stops,
                                 size_t n)
{
    const json_t *stop = json_array_get(json, i);
    size_t mark = expr_path_index(c, i);

    if (!json_is_number(stop))
        return expr_fail(c, "a stop is a plain number", "分段点应是数字");
    stops[n] = style_of_number(json_number_value(stop));
    if (n && stops[n].number <= stops[n - 1].number)
        return expr_fail(c, "stop %g is not greater than the one before, %g",
                         "分段点 %g 不大于前一个 %g", stops[n].number,
                         stops[n - 1].number);
    expr_path_pop(c, mark);
    return IM_OK;
}

/* Stops and outputs from argument `first` on; step has no number before its first. */
static enum im_code compile_curve(struct expr_compiler *c,
                                  const struct expr_operator *op,
                                  const json_t *json,
                                  size_t input,
                                  double base,
                                  enum style_kind expected,
                                  const struct expr **out)
{
    bool is_step = input == 1;
    size_t n = json_array_size(json) - input - 1 + (is_step ? 1 : 0);
    enum style_kind type = expected;
    struct style_value *stops;
    enum im_code rc;
    struct expr *e;

    if (n < 2 || n % 2 != 0)
        return expr_fail(c, "\"%s\" needs pairs of stop and output",
                         "“%s”需要成对的分段点和输出", op->name);
    n /= 2;
    e = expr_new(c, op, STYLE_ANY, (uint32_t)(n + 1));
    stops = im_arena_calloc(c->arena, n, sizeof *stops);
    if (!e || !stops)
        return expr_nomem(c);
    rc = expr_compile_arg(c, json, input, STYLE_NUMBER, &e->args[0]);
    for (size_t i = 0; i < n && rc == IM_OK; i++) {
        size_t at = input + 1 + 2 * i - (is_step ? 1 : 0);

        if (is_step && i == 0)
            stops[0] = style_of_number(-HUGE_VAL);
        else
            rc = compile_stop(c, json, at, stops, i);
        if (rc == IM_OK)
            rc = compile_output(c, json, at + 1, &type, &e->args[1 + i]);
    }
    if (rc != IM_OK)
        return rc;
    e->type = type;
    e->labels = stops;
    e->n_labels = (uint32_t)n;
    e->base = base;
    return expr_finish(c, e, out);
}

static enum im_code compile_step(struct expr_compiler *c,
                                 const struct expr_operator *op,
                                 const json_t *json,
                                 enum style_kind expected,
                                 const struct expr **out)
{
    return compile_curve(c, op, json, 1, 1, expected, out);
}

static enum im_code compile_interpolate(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        enum style_kind expected,
                                        const struct expr **out)
{
    const json_t *curve = json_array_get(json, 1);
    const char *name = json_string_value(json_array_get(curve, 0));
    double base = 1;
    enum im_code rc;

    if (name && strcmp(name, "exponential") == 0 &&
        json_is_number(json_array_get(curve, 1)))
        base = json_number_value(json_array_get(curve, 1));
    else if (!name || strcmp(name, "linear") != 0)
        base = 0;
    if (!(base > 0))
        return expr_fail(
            c,
            "interpolation is [\"linear\"] or [\"exponential\", base] "
            "with a base above 0",
            "插值方式应为 [\"linear\"] 或 [\"exponential\", 底数]，底数大于 0");
    rc = compile_curve(c, op, json, 2, base, expected, out);
    if (rc == IM_OK && (*out)->type != STYLE_NUMBER && (*out)->type != STYLE_COLOR)
        return expr_fail(c,
                         "only numbers and colours can be interpolated, found %s; "
                         "use \"step\"",
                         "只能对数字和颜色插值，却是 %s；请用 \"step\"",
                         style_kind_name((*out)->type));
    return rc;
}

/* ---- the rows ---- */

static const struct expr_operator rows[] = {
    {"case", ANY, ANY, 3, -1, 0, compile_case, eval_case},
    {"match", ANY, ANY, 4, -1, 0, compile_match, eval_match},
    {"coalesce", ANY, ANY, 1, -1, 0, compile_coalesce, eval_coalesce},
    {"step", ANY, ANY, 2, -1, 0, compile_step, eval_step},
    {"interpolate", ANY, ANY, 4, -1, 0, compile_interpolate, eval_interpolate},
};

const struct expr_family expr_family_choice = {rows, sizeof rows / sizeof *rows};

/* ---- what comes out of an expression ---- */

static bool is_output(const struct expr *e, uint32_t arg)
{
    if (e->op->eval == eval_case)
        return arg % 2 == 1 || arg + 1 == e->n_args;
    if (e->op->eval == eval_coalesce)
        return true;
    return arg > 0; /* match, step, interpolate */
}

static bool is_choice(const struct expr *e)
{
    return e->op->eval == eval_case || e->op->eval == eval_coalesce ||
           e->op->eval == eval_match || e->op->eval == eval_step ||
           e->op->eval == eval_interpolate;
}

enum im_code
expr_each_constant(const struct expr *e, expr_output_fn *fn, void *ctx, bool *complete)
{
    enum im_code rc = IM_OK;

    if (!e->op)
        return fn(ctx, &e->value);
    if (!is_choice(e)) {
        *complete = false;
        return IM_OK;
    }
    for (uint32_t i = 0; i < e->n_args && rc == IM_OK; i++)
        if (is_output(e, i))
            rc = expr_each_constant(e->args[i], fn, ctx, complete);
    return rc;
}

static bool is_named(const struct expr *e, const char *name)
{
    return e->op && strcmp(e->op->name, name) == 0;
}

static bool is_curve(const struct expr *e)
{
    return e->op && (e->op->eval == eval_step || e->op->eval == eval_interpolate);
}

bool expr_zoom_is_on_top(const struct expr *e)
{
    if (!(e->depends & EXPR_ZOOM))
        return true;
    if (is_named(e, "coalesce") || is_named(e, "string") || is_named(e, "number") ||
        is_named(e, "boolean") || is_named(e, "array") || is_named(e, "to-color")) {
        for (uint32_t i = 0; i < e->n_args; i++)
            if (!expr_zoom_is_on_top(e->args[i]))
                return false;
        return true;
    }
    if (!is_curve(e) || !is_named(e->args[0], "zoom"))
        return false;
    for (uint32_t i = 1; i < e->n_args; i++)
        if (e->args[i]->depends & EXPR_ZOOM)
            return false;
    return true;
}
