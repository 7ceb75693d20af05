/* SPDX-License-Identifier: Apache-2.0 */
/* Choices: case, match, coalesce. */
#include "style/operators.h"

#include <math.h>

/* An output of a choice; the first one decides what the others are. */
static const struct expr *compile_output(struct expr_compiler *c,
                                         const json_t *json,
                                         size_t i,
                                         size_t as,
                                         const struct expr_type **type)
{
    const struct expr *e =
        expr_compile_as(c, json_array_get(json, i), as, *type, EXPR_ASSERT);

    if (e && !*type)
        *type = e->type;
    return e;
}

/* ---- case ---- */

static struct style_value eval_case(const struct expr *e, struct style_eval *at)
{
    for (uint32_t i = 0; i + 1 < e->n_args; i += 2) {
        EVAL_ARG(v, i);
        if (v.kind == STYLE_BOOL && v.boolean)
            return expr_eval(e->args[i + 1], at);
    }
    return expr_eval(e->args[e->n_args - 1], at);
}

static const struct expr *compile_case(struct expr_compiler *c,
                                       const struct expr_operator *op,
                                       const json_t *json,
                                       const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    const struct expr_type *type = expr_output_type(expected);
    struct expr *e;

    if (n < 3)
        return expr_fail(c, "Expected at least 3 arguments, but found only %zu.",
                         "至少要 3 个参数，却只有 %zu 个。", n);
    if (n % 2 == 0)
        return expr_fail(c, "Expected an odd number of arguments.",
                         "需要成对的条件和输出，最后是默认值。");
    e = expr_new(c, op, ANY, n);
    if (!e)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        e->args[i] = i + 1 < n && i % 2 == 0
                         ? expr_compile_arg(c, json, i + 1, BOOL)
                         : compile_output(c, json, i + 1, i + 1, &type);
        if (!e->args[i])
            return NULL;
    }
    e->type = type;
    return expr_finish(c, e);
}

/* ---- match ---- */

/* Labels in order, each with the argument that belongs to it. */
struct match_labels {
    enum style_kind kind;
    uint32_t n;
    struct style_value *labels;
    uint32_t *args;
};

static int compare_labels(struct style_value a, struct style_value b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c;

    if (a.kind == STYLE_NUMBER)
        return (a.number > b.number) - (a.number < b.number);
    c = n ? memcmp(a.bytes, b.bytes, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Where `v` is, or would be. */
static uint32_t
find_label(const struct match_labels *m, struct style_value v, bool *found)
{
    uint32_t low = 0;
    uint32_t high = m->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (compare_labels(m->labels[middle], v) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < m->n && compare_labels(m->labels[low], v) == 0;
    return low;
}

static struct style_value eval_match(const struct expr *e, struct style_eval *at)
{
    const struct match_labels *m = e->more;
    bool found = false;
    uint32_t i = 0;

    EVAL_ARG(input, 0);
    if (input.kind == m->kind && !(input.kind == STYLE_NUMBER && isnan(input.number)))
        i = find_label(m, input, &found);
    return expr_eval(e->args[found ? m->args[i] : e->n_args - 1], at);
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

/* Noted at the label's place in the expression. */
static bool refuse_label(struct expr_compiler *c, const char *en, const char *zh)
{
    /* both formats get both arguments */
    expr_fail(c, "%s", "%.0s%s", en, zh);
    return false;
}

static bool
check_label(struct expr_compiler *c, const json_t *json, const struct match_labels *m)
{
    enum style_kind kind = json_is_string(json) ? STYLE_STRING : STYLE_NUMBER;
    double number = json_number_value(json);

    if (!json_is_string(json) && !json_is_number(json))
        return refuse_label(c, "Branch labels must be numbers or strings.",
                            "标签应是文本或数字。");
    if (kind == STYLE_NUMBER && fabs(number) > 9007199254740991.0)
        return refuse_label(c,
                            "Branch labels must be integers no larger than "
                            "9007199254740991.",
                            "标签应是不大于 9007199254740991 的整数。");
    if (kind == STYLE_NUMBER && floor(number) != number)
        return refuse_label(c, "Numeric branch labels must be integer values.",
                            "数字标签应是整数。");
    if (m->n && kind != m->kind) {
        expr_fail(c, "Expected %s but found %s instead.", "应为 %s，却是 %s。",
                  style_kind_name(m->kind), style_kind_name(kind));
        return false;
    }
    return true;
}

static bool add_label(struct expr_compiler *c,
                      const json_t *json,
                      uint32_t arg,
                      struct match_labels *m)
{
    struct style_value value;
    bool found;
    uint32_t i;

    if (!check_label(c, json, m) || !expr_literal(c, json, &value))
        return false;
    m->kind = value.kind;
    i = find_label(m, value, &found);
    if (found)
        return refuse_label(c, "Branch labels must be unique.", "标签重复。");
    memmove(&m->labels[i + 1], &m->labels[i], (m->n - i) * sizeof *m->labels);
    memmove(&m->args[i + 1], &m->args[i], (m->n - i) * sizeof *m->args);
    m->labels[i] = value;
    m->args[i] = arg;
    m->n++;
    return true;
}

static bool add_labels(struct expr_compiler *c,
                       const json_t *json,
                       size_t i,
                       struct match_labels *m)
{
    const json_t *labels = json_array_get(json, i);
    size_t mark = expr_path_index(c, i);
    bool ok = true;

    if (!json_is_array(labels))
        ok = add_label(c, labels, (uint32_t)(i / 2), m);
    else if (json_array_size(labels) == 0)
        ok = refuse_label(c, "Expected at least one branch label.", "至少要一个标签。");
    else
        for (size_t j = 0; j < json_array_size(labels) && ok; j++)
            ok = add_label(c, json_array_get(labels, j), (uint32_t)(i / 2), m);
    expr_path_pop(c, mark);
    return ok;
}

static const struct expr *
check_input(struct expr_compiler *c, struct expr *e, const struct match_labels *m)
{
    char found[EXPR_TYPE_TEXT];

    if (e->args[0]->type->kind != STYLE_ANY &&
        !expr_type_is_subtype(&expr_types[m->kind], e->args[0]->type))
        return expr_fail_at(c, 1, "Expected %s but found %s instead.",
                            "应为 %s，却是 %s。", style_kind_name(m->kind),
                            expr_type_text(e->args[0]->type, found));
    return expr_finish(c, e);
}

static const struct expr *compile_match(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    size_t n = json_array_size(json);
    size_t n_labels = count_labels(json);
    const struct expr_type *type = expr_output_type(expected);
    struct match_labels *m;
    struct expr *e;

    if (n < 5)
        return expr_fail(c, "Expected at least 4 arguments, but found only %zu.",
                         "至少要 4 个参数，却只有 %zu 个。", n - 1);
    if (n % 2 != 1)
        return expr_fail(c, "Expected an even number of arguments.",
                         "需要输入、成对的标签和输出，最后是默认值。");
    if (n_labels > 10000)
        return expr_fail(c, "\"match\" has %zu labels, at most 10000",
                         "“match”有 %zu 个标签，最多 10000 个", n_labels);
    e = expr_new(c, op, ANY, (n + 1) / 2);
    m = im_arena_calloc(c->arena, 1, sizeof *m);
    if (!e || !m)
        return expr_nomem(c);
    m->labels = im_arena_calloc(c->arena, n_labels + 1, sizeof *m->labels);
    m->args = im_arena_calloc(c->arena, n_labels + 1, sizeof *m->args);
    if (!m->labels || !m->args)
        return expr_nomem(c);
    for (size_t i = 2; i + 1 < n; i += 2) {
        if (!add_labels(c, json, i, m))
            return NULL;
        e->args[i / 2] = compile_output(c, json, i + 1, i, &type);
        if (!e->args[i / 2])
            return NULL;
    }
    e->args[0] = expr_compile_arg(c, json, 1, ANY);
    if (!e->args[0])
        return NULL;
    e->args[n / 2] = compile_output(c, json, n - 1, n - 1, &type);
    if (!e->args[n / 2])
        return NULL;
    e->type = type;
    e->more = m;
    return check_input(c, e, m);
}

/* ---- coalesce ---- */

/* The first that is not null; of images the first that there is, else the name of the
 * first one, so that somebody can ask for it. */
static struct style_value eval_coalesce(const struct expr *e, struct style_eval *at)
{
    struct style_value wanted = style_null();

    for (uint32_t i = 0; i < e->n_args; i++) {
        EVAL_ARG(v, i);
        if (v.kind == STYLE_IMAGE && !v.is_available) {
            if (wanted.kind == STYLE_NULL && v.n)
                wanted = style_of_bytes(v.bytes, v.n);
            if (i + 1 == e->n_args)
                return wanted;
            continue;
        }
        if (v.kind != STYLE_NULL)
            return v;
    }
    return style_null();
}

static const struct expr *compile_coalesce(struct expr_compiler *c,
                                           const struct expr_operator *op,
                                           const json_t *json,
                                           const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    const struct expr_type *type = expr_output_type(expected);
    bool needs_annotation = false;
    struct expr *e;

    if (n == 0)
        return expr_fail(c, "Expected at least one argument.", "至少要一个参数。");
    e = expr_new(c, op, ANY, n);
    if (!e)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        e->args[i] =
            expr_compile_as(c, json_array_get(json, i + 1), i + 1, type, EXPR_OMIT);
        if (!e->args[i])
            return NULL;
        if (!type)
            type = e->args[i]->type;
    }
    for (size_t i = 0; i < n && expected; i++)
        needs_annotation =
            needs_annotation || !expr_type_is_subtype(expected, e->args[i]->type);
    e->type = needs_annotation ? ANY : type;
    return expr_finish(c, e);
}

static const struct expr_operator rows[] = {
    {"case", compile_case, eval_case, ANY, 0, {NULL}, 0},
    {"match", compile_match, eval_match, ANY, 0, {NULL}, 0},
    {"coalesce", compile_coalesce, eval_coalesce, ANY, 0, {NULL}, 0},
};

const struct expr_family expr_family_choice = {rows, sizeof rows / sizeof *rows};

bool expr_is_output(const struct expr *e, uint32_t i)
{
    if (e->op->eval == eval_case)
        return i % 2 == 1 || i + 1 == e->n_args;
    if (e->op->eval == eval_coalesce)
        return true;
    if (e->op->eval == eval_match || expr_is_curve(e))
        return i > 0;
    return (expr_is_variable(e) || strcmp(e->op->name, "let") == 0) &&
           i + 1 == e->n_args;
}
