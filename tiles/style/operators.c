/* SPDX-License-Identifier: Apache-2.0 */
/* The operators of expressions: one table, with how each is compiled and evaluated.
 * Names and meaning: MapLibre style specification, "Expressions". */
#include "style/expr.h"

#include <math.h>

/* ---- data of the feature ---- */

static struct style_value
field_value(const struct atlas_layer *layer, uint32_t feature, int field)
{
    double number;

    if (field == SCHEMA_NO_FIELD || !layer || atlas_is_null(layer, feature, field))
        return (struct style_value){.kind = STYLE_NULL};
    if (atlas_number(layer, feature, field, &number))
        return style_of_number(number);
    return style_of_text(atlas_text(layer, feature, field));
}

static struct style_value eval_get(const struct expr *e, struct style_eval *at)
{
    return field_value(at->layer, at->feature, e->field);
}

static struct style_value eval_has(const struct expr *e, struct style_eval *at)
{
    return style_of_bool(field_value(at->layer, at->feature, e->field).kind !=
                         STYLE_NULL);
}

static enum im_code compile_field(struct expr_compiler *c,
                                  const struct expr_operator *op,
                                  const json_t *json,
                                  enum style_kind expected,
                                  const struct expr **out)
{
    const json_t *name = json_array_get(json, 1);
    struct style_value text;
    enum im_code rc;
    struct expr *e;

    (void)expected;
    if (!json_is_string(name))
        return expr_fail(c, "\"%s\" needs the name of a field", "“%s”需要字段名",
                         op->name);
    rc = expr_literal(c, name, &text);
    e = rc == IM_OK ? expr_new(c, op, op->result, 0) : NULL;
    if (!e)
        return c->err->code;
    e->value = text;
    if (c->schema)
        e->field = schema_field_index(c->schema, text.text);
    return expr_finish(c, e, out);
}

static struct style_value eval_id(const struct expr *e, struct style_eval *at)
{
    (void)e;
    if (!at->layer)
        return (struct style_value){.kind = STYLE_NULL};
    return style_of_number((double)atlas_fid(at->layer, at->feature));
}

static struct style_value eval_geometry_type(const struct expr *e,
                                             struct style_eval *at)
{
    (void)e;
    switch (at->geometry) {
    case GEOM_POINT:
        return style_of_text(im_bytes_of("Point"));
    case GEOM_LINE:
        return style_of_text(im_bytes_of("LineString"));
    case GEOM_AREA:
        return style_of_text(im_bytes_of("Polygon"));
    case GEOM_EMPTY:
        break;
    }
    return style_of_text(im_bytes_of("Unknown"));
}

static struct style_value eval_zoom(const struct expr *e, struct style_eval *at)
{
    (void)e;
    return style_of_number(at->zoom);
}

/* ---- literal, let, var ---- */

static enum im_code compile_literal(struct expr_compiler *c,
                                    const struct expr_operator *op,
                                    const json_t *json,
                                    enum style_kind expected,
                                    const struct expr **out)
{
    struct style_value value;
    size_t mark = expr_path_index(c, 1);
    enum im_code rc = expr_literal(c, json_array_get(json, 1), &value);
    struct expr *e;

    (void)op;
    (void)expected;
    if (rc != IM_OK)
        return rc;
    expr_path_pop(c, mark);
    e = expr_new(c, NULL, value.kind, 0);
    if (!e)
        return c->err->code;
    e->value = value;
    *out = e;
    return IM_OK;
}

/* A variable is replaced by the node it is bound to: nothing is left of it at
 * evaluation. */
static enum im_code compile_let(struct expr_compiler *c,
                                const struct expr_operator *op,
                                const json_t *json,
                                enum style_kind expected,
                                const struct expr **out)
{
    size_t n = json_array_size(json);
    const struct expr_binding *outer = c->bindings;
    enum im_code rc;

    if (n % 2 != 0)
        return expr_fail(c, "\"%s\" needs pairs of name and value, then the result",
                         "“%s”需要成对的名称和值，最后是结果", op->name);
    for (size_t i = 1; i + 1 < n; i += 2) {
        struct expr_binding *b = im_arena_calloc(c->arena, 1, sizeof *b);

        if (!b)
            return expr_nomem(c);
        if (!json_is_string(json_array_get(json, i)))
            return expr_fail(c, "argument %zu of \"let\" must be a name",
                             "“let”的第 %zu 个参数应是名称", i);
        b->name = im_arena_strdup(
            c->arena, im_bytes_of(json_string_value(json_array_get(json, i))));
        if (!b->name)
            return expr_nomem(c);
        rc = expr_compile_arg(c, json, i + 1, STYLE_ANY, &b->value);
        if (rc != IM_OK)
            return rc;
        b->outer = c->bindings;
        c->bindings = b;
    }
    rc = expr_compile_arg(c, json, n - 1, expected, out);
    c->bindings = outer;
    return rc;
}

static enum im_code compile_var(struct expr_compiler *c,
                                const struct expr_operator *op,
                                const json_t *json,
                                enum style_kind expected,
                                const struct expr **out)
{
    const char *name = json_string_value(json_array_get(json, 1));

    (void)op;
    (void)expected;
    for (const struct expr_binding *b = c->bindings; b && name; b = b->outer)
        if (strcmp(b->name, name) == 0) {
            *out = b->value;
            return IM_OK;
        }
    return expr_fail(c, "variable \"%.40s\" is not bound by \"let\" around it",
                     "变量“%.40s”没有在外层 \"let\" 中绑定", name ? name : "?");
}

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

static enum im_code compile_comparison(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *json,
                                       enum style_kind expected,
                                       const struct expr **out)
{
    struct expr *e = expr_new(c, op, STYLE_BOOL, 2);
    enum im_code rc;

    (void)expected;
    if (!e)
        return c->err->code;
    rc = expr_compile_arg(c, json, 1, STYLE_ANY, &e->args[0]);
    if (rc == IM_OK)
        rc = expr_compile_arg(c, json, 2, STYLE_ANY, &e->args[1]);
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
    struct expr *e = expr_new(c, op, STYLE_BOOL, 2);
    enum im_code rc;

    (void)expected;
    if (!e)
        return c->err->code;
    rc = expr_compile_arg(c, json, 1, STYLE_ANY, &e->args[0]);
    if (rc == IM_OK)
        rc = expr_compile_arg(c, json, 2, STYLE_ANY, &e->args[1]);
    if (rc != IM_OK)
        return rc;
    enum style_kind hay = e->args[1]->type;
    if (hay != STYLE_ARRAY && hay != STYLE_STRING && hay != STYLE_ANY)
        return expr_fail(c, "\"in\" looks in a list or a text, found %s",
                         "“in”在列表或文本中查找，却是 %s", style_kind_name(hay));
    return expr_finish(c, e, out);
}

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

static float mix(float a, float b, double t)
{
    return (float)((double)a + ((double)b - (double)a) * t);
}

static struct style_value
interpolate(struct style_value a, struct style_value b, double t)
{
    if (a.kind == STYLE_NUMBER && b.kind == STYLE_NUMBER)
        return style_of_number(a.number + (b.number - a.number) * t);
    if (a.kind == STYLE_COLOR && b.kind == STYLE_COLOR)
        return style_of_color((struct draw_color){
            mix(a.color.r, b.color.r, t), mix(a.color.g, b.color.g, t),
            mix(a.color.b, b.color.b, t), mix(a.color.a, b.color.a, t)});
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

/* ---- the table ---- */

#define ANY STYLE_ANY
#define NUM STYLE_NUMBER
#define BOOL STYLE_BOOL
#define STR STYLE_STRING
#define COL STYLE_COLOR

static const struct expr_operator operators[] = {
    /* name, result, argument, min, max, depends, compile, eval */
    {"get", ANY, STR, 1, 1, EXPR_FEATURE, compile_field, eval_get},
    {"has", BOOL, STR, 1, 1, EXPR_FEATURE, compile_field, eval_has},
    {"id", ANY, ANY, 0, 0, EXPR_FEATURE, NULL, eval_id},
    {"geometry-type", STR, ANY, 0, 0, EXPR_FEATURE, NULL, eval_geometry_type},
    {"zoom", NUM, ANY, 0, 0, EXPR_ZOOM, NULL, eval_zoom},
    {"literal", ANY, ANY, 1, 1, 0, compile_literal, NULL},
    {"let", ANY, ANY, 3, -1, 0, compile_let, NULL},
    {"var", ANY, ANY, 1, 1, 0, compile_var, NULL},
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
    {"case", ANY, ANY, 3, -1, 0, compile_case, eval_case},
    {"match", ANY, ANY, 4, -1, 0, compile_match, eval_match},
    {"coalesce", ANY, ANY, 1, -1, 0, compile_coalesce, eval_coalesce},
    {"step", ANY, ANY, 2, -1, 0, compile_step, eval_step},
    {"interpolate", ANY, ANY, 4, -1, 0, compile_interpolate, eval_interpolate},
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
enum { N_OPERATORS = sizeof operators / sizeof *operators };

/* not part of the language: only made by the compiler */
static const struct expr_operator assert_array = {"array", STYLE_ARRAY, ANY, 1, 1, 0,
                                                  NULL,    eval_assert};

const struct expr_operator *expr_operator_find(const char *name)
{
    for (size_t i = 0; i < N_OPERATORS; i++)
        if (strcmp(operators[i].name, name) == 0)
            return &operators[i];
    return NULL;
}

const char *expr_operator_nearest(const char *name)
{
    const char *best = operators[0].name;
    unsigned least = ~0u;

    for (size_t i = 0; i < N_OPERATORS; i++) {
        unsigned distance = style_name_distance(name, operators[i].name);

        if (distance < least) {
            least = distance;
            best = operators[i].name;
        }
    }
    return best;
}

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

static bool is_curve(const struct expr *e)
{
    return e->op && (e->op->eval == eval_step || e->op->eval == eval_interpolate);
}

bool expr_zoom_is_on_top(const struct expr *e)
{
    if (!(e->depends & EXPR_ZOOM))
        return true;
    if (e->op->eval == eval_coalesce || e->op->eval == eval_assert ||
        e->op->eval == eval_to_color) {
        for (uint32_t i = 0; i < e->n_args; i++)
            if (!expr_zoom_is_on_top(e->args[i]))
                return false;
        return true;
    }
    if (!is_curve(e) || e->args[0]->op == NULL || e->args[0]->op->eval != eval_zoom)
        return false;
    for (uint32_t i = 1; i < e->n_args; i++)
        if (e->args[i]->depends & EXPR_ZOOM)
            return false;
    return true;
}
