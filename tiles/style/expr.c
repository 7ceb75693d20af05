/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON to typed nodes: paths, literals, conversions, folding, filters. */
#include "style/expr.h"

#include <engine/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

size_t expr_path_key(struct expr_compiler *c, const char *key)
{
    size_t mark = c->path_len;
    size_t room = sizeof c->path - mark;
    int n = snprintf(c->path + mark, room, "%s%.80s", mark ? "." : "", key);

    c->path_len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    return mark;
}

size_t expr_path_index(struct expr_compiler *c, size_t index)
{
    size_t mark = c->path_len;
    size_t room = sizeof c->path - mark;
    int n = snprintf(c->path + mark, room, "[%zu]", index);

    c->path_len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    return mark;
}

void expr_path_pop(struct expr_compiler *c, size_t mark)
{
    c->path_len = mark;
    c->path[mark] = '\0';
}

enum im_code expr_fail(struct expr_compiler *c, const char *en, const char *zh, ...)
{
    char text[sizeof c->err->msg];
    va_list args;

    va_start(args, zh);
    vsnprintf(text, sizeof text, en, args);
    va_end(args);
    im_fail(c->err, IM_EDATA, "%s: %s", c->path, text);
    va_start(args, zh);
    vsnprintf(text, sizeof text, zh, args);
    va_end(args);
    return im_zh(c->err, IM_EDATA, "%s：%s", c->path, text);
}

enum im_code expr_nomem(struct expr_compiler *c)
{
    return im_fail(c->err, IM_ENOMEM, "%s: out of memory", c->path);
}

unsigned style_name_distance(const char *a, const char *b)
{
    enum { FAR = 64 }; /* no name is longer */

    return text_edit_distance(im_bytes_of(a), im_bytes_of(b), FAR);
}

/* ---- literals ---- */

/* Text in the arena with every {lang} replaced. */
static enum im_code
text_literal(struct expr_compiler *c, const json_t *json, struct im_bytes *out)
{
    static const char mark[] = "{lang}";
    const char *lang = c->lang == LANG_EN ? "en" : "zh";
    const char *from = json_string_value(json);
    size_t len = json_string_length(json);
    char *text = im_arena_alloc(c->arena, len + 1);
    size_t n = 0;

    if (!text)
        return expr_nomem(c);
    for (size_t i = 0; i < len;) {
        if (strncmp(from + i, mark, sizeof mark - 1) == 0) {
            text[n++] = lang[0];
            text[n++] = lang[1];
            i += sizeof mark - 1;
        } else {
            text[n++] = from[i++];
        }
    }
    text[n] = '\0';
    *out = (struct im_bytes){(const uint8_t *)text, n};
    return IM_OK;
}

static enum im_code
array_literal(struct expr_compiler *c, const json_t *json, struct style_value *out)
{
    size_t n = json_array_size(json);
    struct style_value *items = im_arena_calloc(c->arena, n ? n : 1, sizeof *items);

    if (!items)
        return expr_nomem(c);
    if (n > EXPR_MAX_NODES)
        return expr_fail(c, "list of %zu values, at most %d",
                         "列表有 %zu 个值，最多 %d 个", n, EXPR_MAX_NODES);
    for (size_t i = 0; i < n; i++) {
        size_t mark = expr_path_index(c, i);
        enum im_code rc = expr_literal(c, json_array_get(json, i), &items[i]);

        if (rc != IM_OK)
            return rc;
        expr_path_pop(c, mark);
    }
    *out = (struct style_value){.kind = STYLE_ARRAY, .n = (uint32_t)n};
    out->items = items;
    return IM_OK;
}

enum im_code
expr_literal(struct expr_compiler *c, const json_t *json, struct style_value *out)
{
    enum im_code rc = IM_OK;
    struct im_bytes text = {NULL, 0};

    switch (json_typeof(json)) {
    case JSON_NULL:
        *out = (struct style_value){.kind = STYLE_NULL};
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = style_of_bool(json_is_true(json));
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        *out = style_of_number(json_number_value(json));
        break;
    case JSON_STRING:
        rc = text_literal(c, json, &text);
        if (rc == IM_OK)
            *out = style_of_text(text);
        break;
    case JSON_ARRAY:
        if (++c->depth > EXPR_MAX_DEPTH)
            return expr_fail(c, "nested deeper than %d levels", "嵌套超过 %d 层",
                             EXPR_MAX_DEPTH);
        rc = array_literal(c, json, out);
        c->depth--;
        break;
    case JSON_OBJECT:
        rc = expr_fail(c, "an object is no value here", "此处不能是对象");
        break;
    }
    return rc;
}

/* ---- nodes ---- */

struct expr *expr_new(struct expr_compiler *c,
                      const struct expr_operator *op,
                      enum style_kind type,
                      uint32_t n_args)
{
    struct expr *e;

    if (++c->n_nodes > EXPR_MAX_NODES) {
        expr_fail(c, "more than %d expressions in one style",
                  "一个样式的表达式超过 %d 个", EXPR_MAX_NODES);
        return NULL;
    }
    e = im_arena_calloc(c->arena, 1, sizeof *e);
    if (e && n_args) {
        e->args = im_arena_calloc(c->arena, n_args, sizeof(const struct expr *));
        if (!e->args)
            e = NULL;
    }
    if (!e) {
        expr_nomem(c);
        return NULL;
    }
    e->op = op;
    e->type = type;
    e->n_args = n_args;
    e->base = 1;
    e->field = SCHEMA_NO_FIELD;
    return e;
}

static enum im_code
constant(struct expr_compiler *c, struct style_value value, const struct expr **out)
{
    struct expr *e = expr_new(c, NULL, value.kind, 0);

    if (!e)
        return c->err->code;
    e->value = value;
    e->cost = 1;
    *out = e;
    return IM_OK;
}

static enum im_code
color_constant(struct expr_compiler *c, struct im_bytes text, const struct expr **out)
{
    struct draw_color color;

    if (!style_color_parse(text, &color))
        return expr_fail(
            c,
            "\"%.*s\" is no colour; write \"#rrggbb\", \"rgb(…)\", "
            "\"hsl(…)\" or a CSS name",
            "“%.*s”不是颜色；请写 \"#rrggbb\"、\"rgb(…)\"、\"hsl(…)\" 或 CSS "
            "颜色名",
            (int)(text.len > 40 ? 40 : text.len), (const char *)text.data);
    return constant(c, style_of_color(color), out);
}

/* A constant cannot be seen to fail later: what is wrong with it is said now. */
static enum im_code
fold(struct expr_compiler *c, const struct expr *e, const struct expr **out)
{
    struct style_eval at = {.layer = NULL};
    struct style_value value = expr_eval(e, &at);

    if (value.kind == STYLE_ERROR)
        return expr_fail(c, "\"%s\" has no value for these arguments",
                         "“%s”对这些参数没有结果", e->op->name);
    if (value.kind == STYLE_STRING) { /* it may live in `at` */
        char *copy = im_arena_strdup(c->arena, value.text);

        if (!copy)
            return expr_nomem(c);
        value.text.data = (const uint8_t *)copy;
    }
    return constant(c, value, out);
}

enum im_code
expr_finish(struct expr_compiler *c, struct expr *e, const struct expr **out)
{
    uint64_t cost = 1;

    e->depends = e->op->depends;
    for (uint32_t i = 0; i < e->n_args; i++) {
        e->depends |= e->args[i]->depends;
        cost += e->args[i]->cost;
        if (e->levels <= e->args[i]->levels)
            e->levels = e->args[i]->levels + 1;
    }
    if (cost > EXPR_MAX_COST || e->levels > EXPR_MAX_LEVELS)
        return expr_fail(c, "more than %d steps or %d levels to evaluate",
                         "求值超过 %d 步或 %d 层", EXPR_MAX_COST, EXPR_MAX_LEVELS);
    e->cost = (uint32_t)cost;
    if (e->depends == 0)
        return fold(c, e, out);
    *out = e;
    return IM_OK;
}

enum im_code expr_coerce(struct expr_compiler *c,
                         const struct expr *e,
                         enum style_kind expected,
                         const struct expr **out)
{
    struct expr *wrapped;

    if (expected == STYLE_ANY || e->type == expected) {
        *out = e;
        return IM_OK;
    }
    if (!e->op && expected == STYLE_COLOR && e->type == STYLE_STRING)
        return color_constant(c, e->value.text, out);
    if (e->type != STYLE_ANY && !(expected == STYLE_COLOR && e->type == STYLE_STRING))
        return expr_fail(c, "expected %s, found %s", "应为 %s，却是 %s",
                         style_kind_name(expected), style_kind_name(e->type));
    wrapped = expr_new(c, expr_conversion(expected, true), expected, 1);
    if (!wrapped)
        return c->err->code;
    wrapped->args[0] = e;
    return expr_finish(c, wrapped, out);
}

bool expr_is_call(const json_t *json)
{
    const json_t *first = json_array_get(json, 0);

    return json_is_string(first) && expr_operator_find(json_string_value(first));
}

static enum im_code fail_object(struct expr_compiler *c, const json_t *json)
{
    if (json_object_get(json, "stops"))
        return expr_fail(c,
                         "functions with \"stops\" are not read; write "
                         "[\"interpolate\", [\"linear\"], [\"zoom\"], z0, v0, z1, v1]",
                         "不支持带 \"stops\" 的旧式函数；请写 "
                         "[\"interpolate\", [\"linear\"], [\"zoom\"], z0, v0, z1, v1]");
    return expr_fail(c,
                     "an object is no expression; write a value or [\"operator\", …]",
                     "对象不是表达式；请写值或 [\"运算符\", …]");
}

static enum im_code generic_call(struct expr_compiler *c,
                                 const struct expr_operator *op,
                                 const json_t *json,
                                 const struct expr **out)
{
    size_t n = json_array_size(json) - 1;
    struct expr *e = expr_new(c, op, op->result, (uint32_t)n);

    if (!e)
        return c->err->code;
    for (size_t i = 0; i < n; i++) {
        enum im_code rc = expr_compile_arg(c, json, i + 1, op->arg, &e->args[i]);

        if (rc != IM_OK)
            return rc;
    }
    return expr_finish(c, e, out);
}

static enum im_code
check_count(struct expr_compiler *c, const struct expr_operator *op, size_t n)
{
    if ((int)n >= op->min_args && (op->max_args < 0 || (int)n <= op->max_args))
        return IM_OK;
    if (op->max_args < 0)
        return expr_fail(c, "\"%s\" has %zu arguments, needs at least %d",
                         "“%s”有 %zu 个参数，至少要 %d 个", op->name, n, op->min_args);
    return expr_fail(c, "\"%s\" has %zu arguments, needs %d to %d",
                     "“%s”有 %zu 个参数，应为 %d 到 %d 个", op->name, n, op->min_args,
                     op->max_args);
}

static enum im_code compile_call(struct expr_compiler *c,
                                 const json_t *json,
                                 enum style_kind expected,
                                 const struct expr **out)
{
    const json_t *first = json_array_get(json, 0);
    const struct expr_operator *op;
    enum im_code rc;

    if (!json_is_string(first))
        return expr_fail(
            c,
            "an expression starts with the name of its operator; a list of "
            "values is [\"literal\", […]]",
            "表达式以运算符名开头；值的列表请写 [\"literal\", […]]");
    op = expr_operator_find(json_string_value(first));
    if (!op)
        return expr_fail(c,
                         "unknown operator \"%.40s\"; the nearest known one is \"%s\"",
                         "未知运算符“%.40s”；最接近的是“%s”", json_string_value(first),
                         expr_operator_nearest(json_string_value(first)));
    rc = check_count(c, op, json_array_size(json) - 1);
    if (rc != IM_OK)
        return rc;
    return op->compile ? op->compile(c, op, json, expected, out)
                       : generic_call(c, op, json, out);
}

enum im_code expr_compile(struct expr_compiler *c,
                          const json_t *json,
                          enum style_kind expected,
                          const struct expr **out)
{
    const struct expr *e = NULL;
    struct style_value value;
    enum im_code rc;

    if (++c->depth > EXPR_MAX_DEPTH)
        return expr_fail(c, "nested deeper than %d levels", "嵌套超过 %d 层",
                         EXPR_MAX_DEPTH);
    if (json_is_object(json)) {
        rc = fail_object(c, json);
    } else if (json_is_array(json) &&
               !(expected == STYLE_ARRAY && !expr_is_call(json))) {
        rc = compile_call(c, json, expected, &e);
    } else {
        rc = expr_literal(c, json, &value);
        if (rc == IM_OK)
            rc = constant(c, value, &e);
    }
    c->depth--;
    return rc == IM_OK ? expr_coerce(c, e, expected, out) : rc;
}

enum im_code expr_compile_arg(struct expr_compiler *c,
                              const json_t *json,
                              size_t i,
                              enum style_kind expected,
                              const struct expr **out)
{
    size_t mark = expr_path_index(c, i);
    enum im_code rc = expr_compile(c, json_array_get(json, i), expected, out);

    if (rc == IM_OK) /* on failure the path is part of the message already */
        expr_path_pop(c, mark);
    return rc;
}

/* ---- filters ---- */

static bool is_legacy_filter(const json_t *json)
{
    const char *op = json_string_value(json_array_get(json, 0));
    const json_t *key = json_array_get(json, 1);
    size_t n = json_array_size(json);

    if (!op)
        return false;
    if (strcmp(op, "none") == 0 || strcmp(op, "!in") == 0 || strcmp(op, "!has") == 0)
        return true;
    if (!json_is_string(key))
        return false;
    if (strcmp(op, "has") == 0)
        return json_string_value(key)[0] == '$';
    if (strcmp(op, "in") == 0)
        return n != 3 || !(json_is_array(json_array_get(json, 2)) ||
                           json_is_string(json_array_get(json, 2)));
    return (!strcmp(op, "==") || !strcmp(op, "!=") || !strcmp(op, "<") ||
            !strcmp(op, "<=") || !strcmp(op, ">") || !strcmp(op, ">=")) &&
           n == 3 && !json_is_array(json_array_get(json, 2));
}

/* ["==", "level", "x"] -> ["==", ["get", "level"], "x"], written into `out`. */
static void show_modern(const json_t *json, char *out, size_t size)
{
    const char *op = json_string_value(json_array_get(json, 0));
    const char *key = json_string_value(json_array_get(json, 1));
    bool negated = op[0] == '!' && op[1] != '=';
    char input[80];
    char *value = NULL;

    if (!key)
        key = "field";
    if (strcmp(op, "none") == 0) {
        snprintf(out, size, "[\"!\", [\"any\", …]]");
        return;
    }
    if (strcmp(key, "$type") == 0)
        snprintf(input, sizeof input, "[\"geometry-type\"]");
    else if (strcmp(key, "$id") == 0)
        snprintf(input, sizeof input, "[\"id\"]");
    else
        snprintf(input, sizeof input, "[\"get\", \"%.40s\"]", key);
    if (strcmp(op + negated, "in") == 0) {
        snprintf(out, size, "%s[\"in\", %s, [\"literal\", […]]]%s",
                 negated ? "[\"!\", " : "", input, negated ? "]" : "");
    } else if (strcmp(op + negated, "has") == 0) {
        snprintf(out, size, "%s[\"has\", \"%.40s\"]%s", negated ? "[\"!\", " : "", key,
                 negated ? "]" : "");
    } else {
        value = json_dumps(json_array_get(json, 2), JSON_ENCODE_ANY);
        snprintf(out, size, "[\"%s\", %s, %.60s]", op, input, value ? value : "…");
    }
    free(value);
}

static enum im_code refuse_legacy(struct expr_compiler *c, const json_t *json)
{
    const char *op = json_string_value(json_array_get(json, 0));
    char modern[200];

    if (is_legacy_filter(json)) {
        show_modern(json, modern, sizeof modern);
        return expr_fail(c, "old filter form; write %s", "旧式过滤器；请写 %s", modern);
    }
    if (!op || (strcmp(op, "all") != 0 && strcmp(op, "any") != 0) ||
        c->depth >= EXPR_MAX_DEPTH)
        return IM_OK;
    c->depth++;
    for (size_t i = 1; i < json_array_size(json); i++) {
        size_t mark = expr_path_index(c, i);
        enum im_code rc = refuse_legacy(c, json_array_get(json, i));

        if (rc != IM_OK)
            return rc;
        expr_path_pop(c, mark);
    }
    c->depth--;
    return IM_OK;
}

enum im_code expr_compile_filter(struct expr_compiler *c,
                                 const json_t *json,
                                 const struct expr **out)
{
    enum im_code rc = refuse_legacy(c, json);

    return rc == IM_OK ? expr_compile(c, json, STYLE_BOOL, out) : rc;
}
