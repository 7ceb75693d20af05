/* SPDX-License-Identifier: Apache-2.0 */
/* Curves: step, interpolate, interpolate-hcl, interpolate-lab. Argument 0 is the input,
 * the others are the outputs. */
#include "style/operators.h"

#include <math.h>

enum curve_kind { CURVE_EXPONENTIAL, CURVE_BEZIER };

struct curve {
    enum curve_kind kind;
    enum style_space space;
    double base; /* exponential: 1 is linear */
    double control[4];
    const double *stops;
    uint32_t n;
};

/* The last stop that is not above `x`; 0 when there is none. */
static uint32_t find_stop(const struct curve *curve, double x)
{
    uint32_t low = 0;
    uint32_t high = curve->n;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (curve->stops[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The input; when it lies outside of the stops, or there is one stop only, *out is the
 * index of the output that counts and the answer null. */
static struct style_value
curve_input(const struct expr *e, struct style_eval *at, uint32_t *out)
{
    const struct curve *curve = e->more;

    *out = 1;
    if (curve->n == 1)
        return style_null();
    EVAL_ARG(x, 0);
    if (x.kind != STYLE_NUMBER)
        return style_failed(at, "Input is not a number.");
    if (x.number <= curve->stops[0])
        return style_null();
    *out = curve->n;
    if (x.number >= curve->stops[curve->n - 1])
        return style_null();
    if (isnan(x.number))
        return style_failed(at, "Input is not a number.");
    *out = find_stop(curve, x.number) + 1;
    return x;
}

static struct style_value eval_step(const struct expr *e, struct style_eval *at)
{
    uint32_t i;
    struct style_value x = curve_input(e, at, &i);

    return x.kind == STYLE_ERROR ? x : expr_eval(e->args[i], at);
}

/* ---- how far between two stops ---- */

static double bezier(double p1, double p2, double t)
{
    double c = 3 * p1;
    double b = 3 * (p2 - p1) - c;

    return (((1 - c - b) * t + b) * t + c) * t;
}

static double bezier_slope(double p1, double p2, double t)
{
    double c = 3 * p1;
    double b = 3 * (p2 - p1) - c;

    return (3 * (1 - c - b) * t + 2 * b) * t + c;
}

/* The curve's y at x: Newton's method, then halving where it is flat. The same
 * accuracy as MapLibre's, 1e-6. */
static double bezier_at(const double control[4], double x)
{
    enum { NEWTON = 8, HALVINGS = 20 };
    const double close = 1e-6;
    double low = 0;
    double high = 1;
    double t = x;

    for (int i = 0; i < NEWTON; i++) {
        double miss = bezier(control[0], control[2], t) - x;
        double slope = bezier_slope(control[0], control[2], t);

        if (fabs(miss) < close)
            return bezier(control[1], control[3], t);
        if (fabs(slope) < close)
            break;
        t -= miss / slope;
    }
    t = x;
    for (int i = 0; i < HALVINGS; i++) {
        double found = bezier(control[0], control[2], t);

        if (fabs(found - x) < close)
            break;
        if (x > found)
            low = t;
        else
            high = t;
        t = (high - low) * 0.5 + low;
    }
    return bezier(control[1], control[3], t);
}

static double progress(const struct curve *curve, double x, uint32_t i)
{
    double range = curve->stops[i + 1] - curve->stops[i];
    double done = x - curve->stops[i];

    if (curve->kind == CURVE_BEZIER)
        return bezier_at(curve->control, done / range);
    if (curve->base == 1)
        return done / range;
    return (pow(curve->base, done) - 1) / (pow(curve->base, range) - 1);
}

/* ---- between two values ---- */

static double between(double a, double b, double t)
{
    return a + t * (b - a);
}

static struct style_value
mix_numbers(struct style_value a, struct style_value b, double t, struct style_eval *at)
{
    double *numbers = style_scratch(at, a.n * sizeof *numbers);

    if (!numbers)
        return style_failed(at, "no room for a list");
    for (uint32_t i = 0; i < a.n; i++)
        numbers[i] = i < b.n ? between(a.numbers[i], b.numbers[i], t) : (double)NAN;
    a.numbers = numbers;
    return a;
}

static struct style_value mix_colors(const struct curve *curve,
                                     struct style_value a,
                                     struct style_value b,
                                     double t,
                                     struct style_eval *at)
{
    struct style_rgba *colors;

    if (a.n != b.n)
        return style_failed(at,
                            "colorArray: Arrays have mismatched length (%u vs. %u), "
                            "cannot interpolate.",
                            a.n, b.n);
    colors = style_scratch(at, a.n * sizeof *colors);
    if (!colors)
        return style_failed(at, "no room for colours");
    for (uint32_t i = 0; i < a.n; i++)
        colors[i] = style_rgba_mix(&a.colors[i], &b.colors[i], t, curve->space);
    a.colors = colors;
    return a;
}

static struct style_value
mix_items(struct style_value a, struct style_value b, double t, struct style_eval *at)
{
    struct style_value *items = style_scratch(at, a.n * sizeof *items);

    if (!items)
        return style_failed(at, "no room for a list");
    for (uint32_t i = 0; i < a.n; i++) {
        bool both = i < b.n && a.items[i].kind == STYLE_NUMBER &&
                    b.items[i].kind == STYLE_NUMBER;

        items[i] = style_of_number(
            both ? between(a.items[i].number, b.items[i].number, t) : (double)NAN);
    }
    a.items = items;
    return a;
}

static struct style_value
mix_offsets(struct style_value a, struct style_value b, double t, struct style_eval *at)
{
    struct style_value *items;

    if (a.n != b.n)
        return style_failed(at, "Cannot interpolate values of different length.");
    items = style_scratch(at, a.n * sizeof *items);
    if (!items)
        return style_failed(at, "no room for a list");
    for (uint32_t i = 0; i + 1 < a.n; i += 2) {
        if (!style_value_equal(a.items[i], b.items[i]))
            return style_failed(at,
                                "Cannot interpolate values containing mismatched "
                                "anchors. from[%u]: %.*s, to[%u]: %.*s",
                                i, (int)a.items[i].n, a.items[i].bytes, i,
                                (int)b.items[i].n, b.items[i].bytes);
        items[i] = a.items[i];
        items[i + 1] = mix_items(a.items[i + 1], b.items[i + 1], t, at);
        if (items[i + 1].kind == STYLE_ERROR)
            return items[i + 1];
    }
    a.items = items;
    return a;
}

static struct style_value mix_projections(struct style_value a,
                                          struct style_value b,
                                          double t,
                                          struct style_eval *at)
{
    struct style_value parts[3] = {a, b, style_of_number(t)};
    struct style_value v = style_array(at, parts, 3);

    if (v.kind != STYLE_ERROR)
        v.kind = STYLE_PROJECTION;
    return v;
}

static struct style_value mix(const struct expr *e,
                              struct style_value a,
                              struct style_value b,
                              double t,
                              struct style_eval *at)
{
    const struct curve *curve = e->more;

    if (e->type->kind == STYLE_PROJECTION)
        return mix_projections(a, b, t, at);
    if (a.kind != b.kind)
        return style_failed(at, "Cannot interpolate %s and %s.",
                            style_kind_name(a.kind), style_kind_name(b.kind));
    switch (a.kind) {
    case STYLE_NUMBER:
        return style_of_number(between(a.number, b.number, t));
    case STYLE_COLOR:
    case STYLE_COLOR_ARRAY:
        return mix_colors(curve, a, b, t, at);
    case STYLE_PADDING:
    case STYLE_NUMBER_ARRAY:
        return mix_numbers(a, b, t, at);
    case STYLE_OFFSETS:
        return mix_offsets(a, b, t, at);
    case STYLE_ARRAY:
        return mix_items(a, b, t, at);
    default:
        return style_failed(at, "Cannot interpolate %s.", style_kind_name(a.kind));
    }
}

static struct style_value eval_interpolate(const struct expr *e, struct style_eval *at)
{
    uint32_t i;
    struct style_value x = curve_input(e, at, &i);
    double t;

    if (x.kind == STYLE_ERROR)
        return x;
    if (x.kind == STYLE_NULL)
        return expr_eval(e->args[i], at);
    t = progress(e->more, x.number, i - 1);
    EVAL_ARG(a, i);
    EVAL_ARG(b, i + 1);
    return mix(e, a, b, t, at);
}

/* ---- compiling ---- */

static const struct expr *compile_stop(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *stop,
                                       size_t at,
                                       double *stops,
                                       uint32_t n)
{
    static const struct expr fine = {.op = NULL};
    const char *name = op->eval == eval_step ? "step" : "interpolate";

    if (!json_is_number(stop))
        return expr_fail_at(
            c, at,
            "Input/output pairs for \"%s\" expressions must be defined using literal "
            "numeric values (not computed expressions) for the input values.",
            "“%s”的分段点应是数字。", name);
    stops[n] = json_number_value(stop);
    if (n && stops[n] <= stops[n - 1])
        return expr_fail_at(
            c, at,
            "Input/output pairs for \"%s\" expressions must be arranged with input "
            "values in strictly ascending order.",
            "“%s”的分段点应严格递增。", name);
    return &fine;
}

/* Stops and outputs from argument `first` on; step has no number before its first. */
static const struct expr *compile_stops(struct expr_compiler *c,
                                        struct expr *e,
                                        struct curve *curve,
                                        const json_t *json,
                                        size_t first,
                                        const struct expr_type *type)
{
    size_t n = curve->n;
    double *stops = im_arena_calloc(c->arena, n, sizeof *stops);

    if (!stops)
        return expr_nomem(c);
    for (size_t i = 0; i < n; i++) {
        size_t at = first + 2 * i;

        if (e->op->eval == eval_step && i == 0)
            stops[0] = -HUGE_VAL;
        else if (!compile_stop(c, e->op, json_array_get(json, at), at, stops,
                               (uint32_t)i))
            return NULL;
        e->args[1 + i] = expr_compile_arg(c, json, at + 1, type);
        if (!e->args[1 + i])
            return NULL;
        if (!type)
            type = e->args[1 + i]->type;
    }
    curve->stops = stops;
    e->more = curve;
    e->type = type;
    return e;
}

static bool has_pairs(struct expr_compiler *c, size_t n)
{
    if (n < 4)
        expr_fail(c, "Expected at least 4 arguments, but found only %zu.",
                  "至少要 4 个参数，却只有 %zu 个。", n);
    else if (n % 2 != 0)
        expr_fail(c, "Expected an even number of arguments.",
                  "需要成对的分段点和输出。");
    return n >= 4 && n % 2 == 0;
}

static const struct expr *compile_step(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *json,
                                       const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    struct curve *curve;
    struct expr *e;

    if (!has_pairs(c, n))
        return NULL;
    e = expr_new(c, op, ANY, n / 2 + 1);
    curve = im_arena_calloc(c->arena, 1, sizeof *curve);
    if (!e || !curve)
        return expr_nomem(c);
    curve->n = (uint32_t)(n / 2);
    e->args[0] = expr_compile_arg(c, json, 1, NUM);
    if (!e->args[0] || !compile_stops(c, e, curve, json, 1, expr_output_type(expected)))
        return NULL;
    return expr_finish(c, e);
}

static bool
read_bezier(struct expr_compiler *c, const json_t *json, struct curve *curve)
{
    bool ok = json_array_size(json) == 5;

    for (size_t i = 0; i < 4 && ok; i++) {
        const json_t *value = json_array_get(json, i + 1);

        curve->control[i] = json_number_value(value);
        ok = json_is_number(value) && curve->control[i] >= 0 && curve->control[i] <= 1;
    }
    if (!ok)
        expr_fail_at(c, 1,
                     "Cubic bezier interpolation requires four numeric arguments with "
                     "values between 0 and 1.",
                     "三次贝塞尔插值需要四个 0 到 1 之间的数字。");
    curve->kind = CURVE_BEZIER;
    return ok;
}

static bool fail_kind(struct expr_compiler *c, const char *name, int base)
{
    size_t mark = expr_path_index(c, 1);

    if (base)
        expr_fail_at(c, 1, "Exponential interpolation requires a numeric base.",
                     "指数插值需要数字底数。");
    else if (c->is_plain)
        expr_fail_at(c, 0, "Unknown interpolation type %.40s", "未知插值方式 %.40s",
                     name);
    else
        expr_fail_at(c, 0,
                     "Unknown interpolation type %.40s; known are linear, exponential, "
                     "cubic-bezier",
                     "未知插值方式 %.40s；可用 linear、exponential、cubic-bezier",
                     name);
    expr_path_pop(c, mark);
    return false;
}

static bool read_curve(struct expr_compiler *c, const json_t *json, struct curve *curve)
{
    const char *name = json_string_value(json_array_get(json, 0));
    char *shown;

    curve->base = 1;
    if (!json_is_array(json) || json_array_size(json) == 0) {
        expr_fail_at(c, 1, "Expected an interpolation type expression.",
                     "应为插值方式，如 [\"linear\"]。");
        return false;
    }
    if (name && strcmp(name, "linear") == 0)
        return true;
    if (name && strcmp(name, "exponential") == 0) {
        curve->base = json_number_value(json_array_get(json, 1));
        return json_is_number(json_array_get(json, 1)) || fail_kind(c, name, 1);
    }
    if (name && strcmp(name, "cubic-bezier") == 0)
        return read_bezier(c, json, curve);
    if (name)
        return fail_kind(c, name, 0);
    shown = json_dumps(json_array_get(json, 0), JSON_ENCODE_ANY | JSON_COMPACT);
    fail_kind(c, shown ? shown : "", 0);
    free(shown);
    return false;
}

/* Lists of numbers of a known length, and the kinds that have their own way. */
static bool is_interpolatable(const struct expr_type *type)
{
    switch (type->kind) {
    case STYLE_NUMBER:
    case STYLE_PROJECTION:
    case STYLE_COLOR:
    case STYLE_PADDING:
    case STYLE_NUMBER_ARRAY:
    case STYLE_COLOR_ARRAY:
    case STYLE_OFFSETS:
        return true;
    case STYLE_ARRAY:
        return type->item->kind == STYLE_NUMBER && type->n >= 0;
    default:
        return false;
    }
}

static const struct expr *compile_interpolate(struct expr_compiler *c,
                                              const struct expr_operator *op,
                                              const json_t *json,
                                              const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    const struct expr_type *type = expr_output_type(expected);
    struct curve *curve = im_arena_calloc(c->arena, 1, sizeof *curve);
    char text[EXPR_TYPE_TEXT];
    struct expr *e;

    if (!curve)
        return expr_nomem(c);
    if (!read_curve(c, json_array_get(json, 1), curve) || !has_pairs(c, n))
        return NULL;
    curve->space = strcmp(op->name, "interpolate-hcl") == 0   ? STYLE_HCL
                   : strcmp(op->name, "interpolate-lab") == 0 ? STYLE_LAB
                                                              : STYLE_RGB;
    curve->n = (uint32_t)(n / 2 - 1);
    e = expr_new(c, op, ANY, n / 2);
    if (!e)
        return NULL;
    e->args[0] = expr_compile_arg(c, json, 2, NUM);
    if (curve->space != STYLE_RGB && !(type && type->kind == STYLE_COLOR_ARRAY))
        type = COL;
    if (!e->args[0] || !compile_stops(c, e, curve, json, 3, type))
        return NULL;
    if (!is_interpolatable(e->type))
        return expr_fail(c, "Type %s is not interpolatable.",
                         "不能对 %s 插值，请用 step。", expr_type_text(e->type, text));
    return expr_finish(c, e);
}

static const struct expr_operator rows[] = {
    {"step", compile_step, eval_step, ANY, 0, {NULL}, 0},
    {"interpolate", compile_interpolate, eval_interpolate, ANY, 0, {NULL}, 0},
    {"interpolate-hcl", compile_interpolate, eval_interpolate, ANY, 0, {NULL}, 0},
    {"interpolate-lab", compile_interpolate, eval_interpolate, ANY, 0, {NULL}, 0},
};

const struct expr_family expr_family_curve = {rows, sizeof rows / sizeof *rows};

bool expr_is_step(const struct expr *e)
{
    return e->op && e->op->eval == eval_step;
}

bool expr_is_curve(const struct expr *e)
{
    return e->op && (e->op->eval == eval_step || e->op->eval == eval_interpolate);
}
