/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of the form before expressions: ["==", "key", value], ["in", "key", …],
 * ["!has", "key"], ["none", …]. They are turned into operators named as in MapLibre,
 * whose comparisons never fail: other types are simply not equal, greater or less. */
#include "style/operators.h"

enum { FILTER_MAX_DEPTH = 64 };

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_old(const json_t *filter, unsigned depth);

static bool has_old_parts(const json_t *filter, unsigned depth)
{
    for (size_t i = 1; i < json_array_size(filter); i++)
        if (is_old(json_array_get(filter, i), depth + 1))
            return true;
    return false;
}

static bool is_old(const json_t *filter, unsigned depth)
{
    static const char *const always[] = {"!in", "!has", "none", NULL};
    static const char *const compare[] = {"==", "!=", ">", ">=", "<", "<=", NULL};
    const char *op = json_string_value(json_array_get(filter, 0));
    const char *key = json_string_value(json_array_get(filter, 1));
    size_t n = json_array_size(filter);

    if (json_is_boolean(filter) || depth > FILTER_MAX_DEPTH)
        return false;
    if (!json_is_array(filter) || n == 0)
        return depth > 0; /* a plain value in any and all; alone: not a filter at all */
    if (!op)
        return false;
    if (is_one_of(op, always))
        return true;
    if (strcmp(op, "has") == 0)
        return n < 2 || (key && (!strcmp(key, "$id") || !strcmp(key, "$type")));
    if (strcmp(op, "in") == 0)
        return n < 3 || (key && !json_is_array(json_array_get(filter, 2)));
    if (is_one_of(op, compare))
        return n == 3 && !json_is_array(json_array_get(filter, 1)) &&
               !json_is_array(json_array_get(filter, 2));
    return (strcmp(op, "any") == 0 || strcmp(op, "all") == 0) &&
           has_old_parts(filter, depth);
}

bool expr_is_old_filter(const json_t *filter)
{
    return is_old(filter, 0);
}

static json_t *modern(const json_t *filter, unsigned depth);

static json_t *call(const char *name)
{
    json_t *out = json_array();

    json_array_append_new(out, json_string(name));
    return out;
}

static json_t *negation(json_t *filter)
{
    json_t *out = call("!");

    json_array_append_new(out, filter);
    return out;
}

/* "filter-<", "filter-id-<" or "filter-type-<", the key where it is one of a property
 */
static json_t *about(const json_t *key, const char *op)
{
    const char *name = json_string_value(key);
    bool is_id = name && strcmp(name, "$id") == 0;
    bool is_type = name && strcmp(name, "$type") == 0;
    char text[40];
    json_t *out;

    snprintf(text, sizeof text, "filter-%s%s",
             is_id     ? "id-"
             : is_type ? "type-"
                       : "",
             op);
    out = call(text);
    if (!is_id && !is_type)
        json_array_append(out, (json_t *)key);
    return out;
}

static json_t *comparison(const json_t *filter, const char *op)
{
    json_t *out = about(json_array_get(filter, 1), op);

    json_array_append(out, json_array_get(filter, 2));
    return out;
}

static json_t *in_list(const json_t *filter)
{
    json_t *values = json_array();
    json_t *literal = call("literal");
    json_t *out;

    for (size_t i = 2; i < json_array_size(filter); i++)
        json_array_append(values, json_array_get(filter, i));
    if (json_array_size(values) == 0) {
        json_decref(values);
        json_decref(literal);
        return json_false();
    }
    json_array_append_new(literal, values);
    out = about(json_array_get(filter, 1), "in");
    json_array_append_new(out, literal);
    return out;
}

static json_t *presence(const json_t *filter)
{
    const char *key = json_string_value(json_array_get(filter, 1));
    json_t *out;

    if (key && strcmp(key, "$type") == 0)
        return json_true();
    if (key && strcmp(key, "$id") == 0)
        return call("filter-has-id");
    out = call("filter-has");
    json_array_append(out, json_array_get(filter, 1));
    return out;
}

static json_t *combination(const json_t *filter, const char *op, unsigned depth)
{
    bool is_none = strcmp(op, "none") == 0;
    json_t *out = call(strcmp(op, "any") == 0 ? "any" : "all");

    for (size_t i = 1; i < json_array_size(filter); i++) {
        json_t *part = modern(json_array_get(filter, i), depth + 1);

        if (!part) {
            json_decref(out);
            return NULL;
        }
        json_array_append_new(out, is_none ? negation(part) : part);
    }
    return out;
}

static json_t *modern(const json_t *filter, unsigned depth)
{
    const char *op = json_string_value(json_array_get(filter, 0));

    if (depth > FILTER_MAX_DEPTH)
        return NULL;
    if (!json_is_array(filter) || !op)
        return json_true();
    if (json_array_size(filter) <= 1)
        return json_boolean(strcmp(op, "any") != 0);
    if (strcmp(op, "!=") == 0)
        return negation(comparison(filter, "=="));
    if (strcmp(op, "==") == 0 || op[0] == '<' || op[0] == '>')
        return comparison(filter, op);
    if (strcmp(op, "any") == 0 || strcmp(op, "all") == 0 || strcmp(op, "none") == 0)
        return combination(filter, op, depth);
    if (strcmp(op, "in") == 0)
        return in_list(filter);
    if (strcmp(op, "!in") == 0)
        return negation(in_list(filter));
    if (strcmp(op, "has") == 0)
        return presence(filter);
    if (strcmp(op, "!has") == 0)
        return negation(presence(filter));
    return json_true();
}

json_t *expr_modern_filter(const json_t *filter)
{
    return modern(filter, 0);
}

/* ---- the operators: argument 0 is ["get", key], ["id"] or ["geometry-type"] ---- */

static struct style_value eval_equal(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(a, 0);
    EVAL_ARG(b, 1);
    return style_of_bool(style_value_equal(a, b));
}

/* -1, 0, 1; 2 when they cannot be ordered */
static int order(struct style_value a, struct style_value b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c;

    if (a.kind != b.kind)
        return 2;
    if (a.kind == STYLE_NUMBER)
        return a.number < b.number    ? -1
               : a.number > b.number  ? 1
               : a.number == b.number ? 0
                                      : 2;
    if (a.kind != STYLE_STRING)
        return 2;
    c = n ? memcmp(a.bytes, b.bytes, n) : 0;
    return c ? (c > 0) - (c < 0) : (a.n > b.n) - (a.n < b.n);
}

static struct style_value eval_order(const struct expr *e, struct style_eval *at)
{
    const char *op = strrchr(e->op->name, '-') + 1;
    int sign;

    EVAL_ARG(a, 0);
    EVAL_ARG(b, 1);
    sign = order(a, b);
    return style_of_bool((sign == 0 && op[1] == '=') ||
                         (sign == (op[0] == '<' ? -1 : 1)));
}

static struct style_value eval_in(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    EVAL_ARG(list, 1);
    for (uint32_t i = 0; i < list.n && list.kind == STYLE_ARRAY; i++)
        if (style_value_equal(v, list.items[i]))
            return style_of_bool(true);
    return style_of_bool(false);
}

static struct style_value eval_has(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    return e->args[0]->type->kind == STYLE_BOOL ? v
                                                : style_of_bool(v.kind != STYLE_NULL);
}

/* What is asked about, as an expression of its own. */
static const struct expr *compile_subject(struct expr_compiler *c,
                                          const struct expr_operator *op,
                                          const json_t *json)
{
    json_t *subject = call(strstr(op->name, "-id")     ? "id"
                           : strstr(op->name, "-type") ? "geometry-type"
                           : op->eval == eval_has      ? "has"
                                                       : "get");
    const struct expr *e;

    if (!strstr(op->name, "-id") && !strstr(op->name, "-type"))
        json_array_append(subject, json_array_get(json, 1));
    e = expr_compile(c, subject, NULL, EXPR_ASSERT);
    json_decref(subject);
    return e;
}

static const struct expr *compile_filter_operator(struct expr_compiler *c,
                                                  const struct expr_operator *op,
                                                  const json_t *json,
                                                  const struct expr_type *expected)
{
    size_t n = json_array_size(json);
    bool is_alone = op->eval == eval_has;
    struct expr *e;

    (void)expected;
    if (n != (size_t)op->n_params + 1)
        return expr_fail_count(c, "another number of arguments", json);
    e = expr_new(c, op, BOOL, is_alone ? 1 : 2);
    if (!e)
        return NULL;
    e->args[0] = compile_subject(c, op, json);
    if (!e->args[0])
        return NULL;
    if (!is_alone) {
        e->args[1] = expr_compile_arg(c, json, n - 1, op->params[n - 2]);
        if (!e->args[1])
            return NULL;
    }
    return expr_finish(c, e);
}

#define FILTER(name, eval, n, ...)                                                     \
    {                                                                                  \
        name, compile_filter_operator, eval, BOOL, n, {__VA_ARGS__}, 0                 \
    }

static const struct expr_operator rows[] = {
    FILTER("filter-==", eval_equal, 2, STR, ANY),
    FILTER("filter-id-==", eval_equal, 1, ANY),
    FILTER("filter-type-==", eval_equal, 1, STR),
    FILTER("filter-<", eval_order, 2, STR, ANY),
    FILTER("filter-id-<", eval_order, 1, ANY),
    FILTER("filter->", eval_order, 2, STR, ANY),
    FILTER("filter-id->", eval_order, 1, ANY),
    FILTER("filter-<=", eval_order, 2, STR, ANY),
    FILTER("filter-id-<=", eval_order, 1, ANY),
    FILTER("filter->=", eval_order, 2, STR, ANY),
    FILTER("filter-id->=", eval_order, 1, ANY),
    FILTER("filter-has", eval_has, 1, ANY),
    FILTER("filter-has-id", eval_has, 0, NULL),
    FILTER("filter-in", eval_in, 2, STR, LIST),
    FILTER("filter-id-in", eval_in, 1, LIST),
    FILTER("filter-type-in", eval_in, 1, &expr_type_strings),
};

const struct expr_family expr_family_filter = {rows, sizeof rows / sizeof *rows};
