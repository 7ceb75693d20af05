/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON to typed nodes: paths, literals, types, folding. What is accepted follows
 * MapLibre's parser, also in what it infers. */
#include "style/operators.h"

#include <engine/text.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static size_t path_grow(struct expr_compiler *c, int n)
{
    size_t mark = c->path_len;
    size_t room = sizeof c->path - mark;

    c->path_len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    return mark;
}

size_t expr_path_key(struct expr_compiler *c, const char *key)
{
    return path_grow(c, snprintf(c->path + c->path_len, sizeof c->path - c->path_len,
                                 "%s%.80s", c->path_len ? "." : "", key));
}

size_t expr_path_index(struct expr_compiler *c, size_t index)
{
    return path_grow(c, snprintf(c->path + c->path_len, sizeof c->path - c->path_len,
                                 "[%zu]", index));
}

void expr_path_pop(struct expr_compiler *c, size_t mark)
{
    c->path_len = mark;
    c->path[mark] = '\0';
}

static void note_problem(struct expr_compiler *c,
                         const char *en,
                         const char *zh,
                         va_list args_en,
                         va_list args_zh)
{
    enum { TEXT_MAX = 480 };
    struct style_problems *p = &c->problems;
    char text[TEXT_MAX];
    struct style_problem problem;

    if (p->n == EXPR_MAX_PROBLEMS) {
        p->more++;
        return;
    }
    if (!p->items)
        p->items = im_arena_calloc(c->arena, EXPR_MAX_PROBLEMS, sizeof *p->items);
    vsnprintf(text, sizeof text, en, args_en);
    text[im_utf8_cut(text, strlen(text))] = '\0';
    problem.en = im_arena_strdup(c->arena, im_bytes_of(text));
    vsnprintf(text, sizeof text, zh, args_zh);
    text[im_utf8_cut(text, strlen(text))] = '\0';
    problem.zh = im_arena_strdup(c->arena, im_bytes_of(text));
    problem.path = im_arena_strdup(c->arena, im_bytes_of(c->path));
    if (!p->items || !problem.en || !problem.zh || !problem.path) {
        expr_nomem(c);
        return;
    }
    p->items[p->n++] = problem;
}

const struct expr *
expr_fail(struct expr_compiler *c, const char *en, const char *zh, ...)
{
    va_list args_en;
    va_list args_zh;

    va_start(args_en, zh);
    va_start(args_zh, zh);
    note_problem(c, en, zh, args_en, args_zh);
    va_end(args_zh);
    va_end(args_en);
    return NULL;
}

const struct expr *
expr_fail_at(struct expr_compiler *c, size_t i, const char *en, const char *zh, ...)
{
    size_t mark = expr_path_index(c, i);
    va_list args_en;
    va_list args_zh;

    va_start(args_en, zh);
    va_start(args_zh, zh);
    note_problem(c, en, zh, args_en, args_zh);
    va_end(args_zh);
    va_end(args_en);
    expr_path_pop(c, mark);
    return NULL;
}

const struct expr *expr_nomem(struct expr_compiler *c)
{
    c->is_out_of_memory = true;
    return NULL;
}

unsigned style_name_distance(const char *a, const char *b)
{
    enum { FAR = 64 }; /* no name is longer */

    return text_edit_distance(im_bytes_of(a), im_bytes_of(b), FAR);
}

/* ---- literals ---- */

/* Text in the arena with every {lang} replaced. */
static bool text_literal(struct expr_compiler *c,
                         const char *from,
                         size_t len,
                         struct style_value *out)
{
    static const char mark[] = "{lang}";
    const char *lang = c->lang == LANG_EN ? "en" : "zh";
    char *text = im_arena_alloc(c->arena, len + 1);
    size_t n = 0;

    if (!text) {
        expr_nomem(c);
        return false;
    }
    for (size_t i = 0; i < len;) {
        if (!c->is_plain && strncmp(from + i, mark, sizeof mark - 1) == 0) {
            text[n++] = lang[0];
            text[n++] = lang[1];
            i += sizeof mark - 1;
        } else {
            text[n++] = from[i++];
        }
    }
    text[n] = '\0';
    *out = style_of_bytes(text, n);
    return true;
}

static bool too_deep(struct expr_compiler *c)
{
    if (c->depth < EXPR_MAX_DEPTH)
        return false;
    expr_fail(c, "nested deeper than %d levels", "嵌套超过 %d 层", EXPR_MAX_DEPTH);
    return true;
}

static bool too_many(struct expr_compiler *c, size_t more)
{
    if (more <= EXPR_MAX_NODES && c->n_nodes <= EXPR_MAX_NODES - more) {
        c->n_nodes += (unsigned)more;
        return false;
    }
    c->n_nodes = EXPR_MAX_NODES;
    expr_fail(c, "more than %d values and expressions in one style",
              "一个样式的值和表达式超过 %d 个", EXPR_MAX_NODES);
    return true;
}

static bool
array_literal(struct expr_compiler *c, const json_t *json, struct style_value *out)
{
    size_t n = json_array_size(json);
    struct style_value *items;

    if (too_many(c, n))
        return false;
    items = im_arena_calloc(c->arena, n ? n : 1, sizeof *items);
    if (!items) {
        expr_nomem(c);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (!expr_literal(c, json_array_get(json, i), &items[i]))
            return false;
    *out = (struct style_value){.kind = STYLE_ARRAY, .n = (uint32_t)n, .items = items};
    return true;
}

static bool
object_literal(struct expr_compiler *c, const json_t *json, struct style_value *out)
{
    size_t n = json_object_size(json);
    struct style_value *items;
    const char *key;
    json_t *value;
    size_t i = 0;

    if (too_many(c, n))
        return false;
    items = im_arena_calloc(c->arena, 2 * n + 1, sizeof *items);
    if (!items) {
        expr_nomem(c);
        return false;
    }
    json_object_foreach((json_t *)json, key, value)
    {
        if (!text_literal(c, key, strlen(key), &items[2 * i]) ||
            !expr_literal(c, value, &items[2 * i + 1]))
            return false;
        i++;
    }
    *out = (struct style_value){.kind = STYLE_OBJECT, .n = (uint32_t)n, .items = items};
    return true;
}

bool expr_literal(struct expr_compiler *c, const json_t *json, struct style_value *out)
{
    bool ok = true;

    switch (json_typeof(json)) {
    case JSON_NULL:
        *out = style_null();
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
        ok = text_literal(c, json_string_value(json), json_string_length(json), out);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (too_deep(c))
            return false;
        c->depth++;
        ok = json_is_array(json) ? array_literal(c, json, out)
                                 : object_literal(c, json, out);
        c->depth--;
        break;
    }
    return ok;
}

const struct expr_type *
expr_array_type(struct expr_compiler *c, const struct expr_type *item, int32_t n)
{
    struct expr_type *type;

    if (n < 0 && item->kind == STYLE_ANY)
        return &expr_types[STYLE_ARRAY];
    type = im_arena_alloc(c->arena, sizeof *type);
    if (!type) {
        expr_nomem(c);
        return NULL;
    }
    *type = (struct expr_type){STYLE_ARRAY, n, item};
    return type;
}

const struct expr_type *expr_type_of(struct expr_compiler *c, struct style_value value)
{
    const struct expr_type *item = &expr_types[STYLE_ANY];

    if (value.kind != STYLE_ARRAY)
        return &expr_types[value.kind];
    for (uint32_t i = 0; i < value.n; i++)
        if (value.items[i].kind != value.items[0].kind ||
            (i && value.items[i].kind == STYLE_ARRAY))
            return expr_array_type(c, item, (int32_t)value.n);
    if (value.n)
        item = expr_type_of(c, value.items[0]);
    return item ? expr_array_type(c, item, (int32_t)value.n) : NULL;
}

/* ---- nodes ---- */

struct expr *expr_new(struct expr_compiler *c,
                      const struct expr_operator *op,
                      const struct expr_type *type,
                      size_t n_args)
{
    struct expr *e;

    if (!type || too_many(c, 1))
        return NULL;
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
    e->n_args = (uint32_t)n_args;
    e->field = SCHEMA_NO_FIELD;
    return e;
}

static const struct expr *constant_of_type(struct expr_compiler *c,
                                           struct style_value value,
                                           const struct expr_type *type)
{
    struct expr *e = expr_new(c, NULL, type, 0);

    if (!e)
        return NULL;
    e->value = value;
    e->cost = 1;
    e->is_literal = e->is_constant = true;
    return e;
}

const struct expr *expr_constant(struct expr_compiler *c, struct style_value value)
{
    return constant_of_type(c, value, expr_type_of(c, value));
}

/* Values of constants are made in the arena of the style. */
static struct style_value value_now(struct expr_compiler *c, const struct expr *e)
{
    struct style_eval at = {.explain = true};

    at.arena = c->arena;
    return expr_eval(e, &at);
}

const struct expr *expr_finish(struct expr_compiler *c, struct expr *e)
{
    uint64_t cost = 1;
    bool all_literal = true;
    bool all_constant = true;
    struct style_value value;

    e->depends |= e->op->depends;
    e->has_image = e->type->kind == STYLE_IMAGE;
    for (uint32_t i = 0; i < e->n_args; i++) {
        e->depends |= e->args[i]->depends;
        cost += e->args[i]->cost;
        e->has_image = e->has_image || e->args[i]->has_image;
        all_literal = all_literal && e->args[i]->is_literal;
        all_constant = all_constant && e->args[i]->is_constant;
        if (e->levels <= e->args[i]->levels)
            e->levels = e->args[i]->levels + 1;
    }
    if (cost > EXPR_MAX_COST || e->levels > EXPR_MAX_LEVELS)
        return expr_fail(c, "more than %d steps or %d levels to evaluate",
                         "求值超过 %d 步或 %d 层", EXPR_MAX_COST, EXPR_MAX_LEVELS);
    e->cost = (uint32_t)cost;
    e->is_constant =
        e->depends == 0 && !expr_is_never_folded(e) &&
        (expr_is_annotation(e) || expr_is_variable(e) ? all_constant : all_literal);
    if (e->depends != 0 || e->is_constant || e->has_image)
        return e;
    /* MapLibre would not fold it, but its value is known all the same */
    value = value_now(c, e);
    if (value.kind != STYLE_ERROR && !c->is_out_of_memory) {
        e->op = NULL;
        e->value = value;
        e->cost = 1;
        e->levels = 0;
    }
    return e;
}

/* What an evaluation failed of, in Chinese: the usual words are known, the value that
 * stands between quotes or brackets stays. */
static const char *failure_zh(const struct style_value *failure)
{
    static const struct {
        const char *begins;
        const char *zh;
    } known[] = {{"Could not parse color from value", "无法识别颜色"},
                 {"Invalid rgba value", "颜色分量无效，应为 0 到 255，不透明度 0 到 1"},
                 {"Could not convert", "无法转换为数字"},
                 {"Could not parse", "无法识别这个值"},
                 {"Expected value to be of type", "值的类型不符"},
                 {"Cannot interpolate", "无法在这些值之间插值"},
                 {"Array index", "序号超出列表范围"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(failure->bytes, known[i].begins, strlen(known[i].begins)) == 0)
            return known[i].zh;
    return "求值失败";
}

/* A constant cannot be seen to fail later: what is wrong with it is said now. */
static const struct expr *fold(struct expr_compiler *c, const struct expr *e)
{
    struct style_value value = value_now(c, e);

    if (value.kind == STYLE_ERROR)
        return expr_fail(c, "%.*s%.0s", "%3$s（%2$.*1$s）", (int)value.n, value.bytes,
                         failure_zh(&value));
    return constant_of_type(c, value, e->type);
}

static bool is_one_of(enum style_kind kind, unsigned set)
{
    return set & 1u << kind;
}

#define K(name) (1u << STYLE_##name)

/* Of what kinds is this type made without being asked. */
static unsigned converted_from(enum style_kind expected)
{
    switch (expected) {
    case STYLE_PROJECTION:
        return K(ANY) | K(STRING) | K(ARRAY);
    case STYLE_COLOR:
    case STYLE_FORMATTED:
    case STYLE_IMAGE:
        return K(ANY) | K(STRING);
    case STYLE_PADDING:
    case STYLE_NUMBER_ARRAY:
        return K(ANY) | K(NUMBER) | K(ARRAY);
    case STYLE_COLOR_ARRAY:
        return K(ANY) | K(STRING) | K(ARRAY);
    case STYLE_OFFSETS:
        return K(ANY) | K(ARRAY);
    default:
        return 0;
    }
}

static const struct expr *check_type(struct expr_compiler *c,
                                     const struct expr *e,
                                     const struct expr_type *expected)
{
    char wanted[EXPR_TYPE_TEXT];
    char found[EXPR_TYPE_TEXT];

    if (expr_type_is_subtype(expected, e->type))
        return e;
    return expr_fail(c, "Expected %s but found %s instead.", "应为 %s，却是 %s。",
                     expr_type_text(expected, wanted), expr_type_text(e->type, found));
}

static const struct expr *suit(struct expr_compiler *c,
                               const struct expr *e,
                               const struct expr_type *expected,
                               enum expr_annotate annotate)
{
    if (is_one_of(expected->kind,
                  K(STRING) | K(NUMBER) | K(BOOL) | K(OBJECT) | K(ARRAY)) &&
        e->type->kind == STYLE_ANY)
        return annotate == EXPR_OMIT ? e : expr_wrap(c, e, expected, annotate);
    if (is_one_of(e->type->kind, converted_from(expected->kind)))
        return annotate == EXPR_OMIT ? e : expr_wrap(c, e, expected, EXPR_COERCE);
    return check_type(c, e, expected);
}

bool expr_is_call(const json_t *json)
{
    const json_t *first = json_array_get(json, 0);

    return json_is_string(first) && expr_operator_find(json_string_value(first));
}

/* ---- operators without a compile function of their own ---- */

static const char *
signature_text(const struct expr_operator *op, char *out, size_t size)
{
    char type[EXPR_TYPE_TEXT];
    size_t n = (size_t)snprintf(out, size, "(");

    for (int i = 0; i < abs(op->n_params) && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "",
                              expr_type_text(op->params[i], type));
    if (n < size)
        snprintf(out + n, size - n, op->n_params < 0 ? "...)" : ")");
    return out;
}

const struct expr *
expr_fail_signature(struct expr_compiler *c, const json_t *json, const char *signature)
{
    char found[400] = "(";
    char type[EXPR_TYPE_TEXT];
    size_t n = 1;

    for (size_t i = 1; i < json_array_size(json); i++) {
        const struct expr *e = expr_compile_arg(c, json, i, NULL);

        if (!e)
            return NULL;
        int len = snprintf(found + n, sizeof found - n, "%s%s", i > 1 ? ", " : "",
                           expr_type_text(e->type, type));
        n += (size_t)len < sizeof found - n - 2 ? (size_t)len : 0;
    }
    snprintf(found + n, sizeof found - n, ")");
    return expr_fail(c, "Expected arguments of type %s, but found %s instead.",
                     "参数类型应为 %s，却是 %s。", signature, found);
}

static const struct expr *compile_generic(struct expr_compiler *c,
                                          const struct expr_operator *op,
                                          const json_t *json)
{
    size_t n = json_array_size(json) - 1;
    char signature[400];
    bool is_complete = true;
    struct expr *e;

    if (op->n_params >= 0 && n != (size_t)op->n_params)
        return expr_fail_signature(c, json,
                                   signature_text(op, signature, sizeof signature));
    e = expr_new(c, op, op->result, n);
    if (!e)
        return NULL;
    for (size_t i = 0; i < n && is_complete; i++) {
        const struct expr_type *type = op->params[op->n_params < 0 ? 0 : i];

        e->args[i] = expr_compile_arg(c, json, i + 1, type);
        is_complete = e->args[i] != NULL;
    }
    return is_complete ? expr_finish(c, e) : NULL;
}

static const char *js_type(const json_t *json)
{
    return json_is_number(json)    ? "number"
           : json_is_boolean(json) ? "boolean"
           : json_is_string(json)  ? "string"
                                   : "object";
}

static const struct expr *unknown_operator(struct expr_compiler *c, const char *name)
{
    if (c->is_plain)
        return expr_fail_at(c, 0,
                            "Unknown expression \"%.60s\". If you wanted a literal "
                            "array, use [\"literal\", [...]].",
                            "未知运算符“%.60s”。", name);
    return expr_fail_at(
        c, 0,
        "Unknown expression \"%.60s\"; did you mean \"%s\"? If you wanted a literal "
        "array, use [\"literal\", [...]].",
        "未知运算符“%.60s”，您要的是“%s”吗？值的列表请写 [\"literal\", […]]。", name,
        expr_operator_nearest(name));
}

static const struct expr *compile_call(struct expr_compiler *c,
                                       const json_t *json,
                                       const struct expr_type *expected)
{
    const json_t *first = json_array_get(json, 0);
    const struct expr_operator *op;

    if (!first)
        return expr_fail(c,
                         "Expected an array with at least one element. If you wanted a "
                         "literal array, use [\"literal\", []].",
                         "表达式至少要有一个元素。空列表请写 [\"literal\", []]。");
    if (!json_is_string(first))
        return expr_fail_at(c, 0,
                            "Expression name must be a string, but found %s instead. "
                            "If you wanted a literal array, use [\"literal\", [...]].",
                            "表达式以运算符名开头，却是 %s。值的列表请写 "
                            "[\"literal\", […]]。",
                            js_type(first));
    op = expr_operator_find(json_string_value(first));
    if (!op)
        return unknown_operator(c, json_string_value(first));
    return op->compile ? op->compile(c, op, json, expected)
                       : compile_generic(c, op, json);
}

static const struct expr *compile_here(struct expr_compiler *c,
                                       const json_t *json,
                                       const struct expr_type *expected)
{
    struct style_value value;

    if (json_is_array(json))
        return compile_call(c, json, expected);
    if (json_is_object(json))
        return expr_fail(c, "Bare objects invalid. Use [\"literal\", {...}] instead.",
                         "对象不是表达式。请写 [\"literal\", {…}]。");
    return expr_literal(c, json, &value) ? expr_constant(c, value) : NULL;
}

const struct expr *expr_compile(struct expr_compiler *c,
                                const json_t *json,
                                const struct expr_type *expected,
                                enum expr_annotate annotate)
{
    const struct expr *e;

    if (too_deep(c))
        return NULL;
    c->depth++;
    e = compile_here(c, json, expected);
    c->depth--;
    if (e && expected)
        e = suit(c, e, expected, annotate);
    if (e && !e->is_literal && e->is_constant && e->type->kind != STYLE_IMAGE)
        e = fold(c, e);
    return c->is_out_of_memory ? NULL : e;
}

const struct expr *expr_compile_as(struct expr_compiler *c,
                                   const json_t *value,
                                   size_t i,
                                   const struct expr_type *expected,
                                   enum expr_annotate annotate)
{
    size_t mark = expr_path_index(c, i);
    const struct expr *e = expr_compile(c, value, expected, annotate);

    expr_path_pop(c, mark);
    return e;
}

const struct expr *expr_compile_arg(struct expr_compiler *c,
                                    const json_t *json,
                                    size_t i,
                                    const struct expr_type *expected)
{
    return expr_compile_as(c, json_array_get(json, i), i, expected, EXPR_ASSERT);
}

const struct expr *expr_compile_filter(struct expr_compiler *c, const json_t *json)
{
    const struct expr *e;
    json_t *modern;

    if (!expr_is_old_filter(json))
        return expr_compile(c, json, &expr_types[STYLE_BOOL], EXPR_ASSERT);
    modern = expr_modern_filter(json);
    if (!modern)
        return expr_fail(c, "filter nested too deep", "过滤器嵌套太深");
    e = expr_compile(c, modern, &expr_types[STYLE_BOOL], EXPR_ASSERT);
    json_decref(modern);
    return e;
}
