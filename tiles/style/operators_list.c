/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and texts by position: at, in, index-of, slice, length, split, join. Texts are
 * counted in characters. */
#include "style/operators.h"

#include <math.h>

static bool is_needle(enum style_kind kind)
{
    return kind == STYLE_BOOL || kind == STYLE_STRING || kind == STYLE_NUMBER ||
           kind == STYLE_NULL;
}

static size_t count_characters(const char *bytes, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return count;
}

/* In UTF-16 units: those above U+FFFF count twice. */
static size_t count_units(const char *bytes, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            count++;
        if ((unsigned char)bytes[i] >= 0xF0)
            count++;
    }
    return count;
}

/* Where character number `index` starts; n when there are fewer. */
static size_t offset_of(struct style_value text, size_t index)
{
    size_t i = 0;

    while (i < text.n) {
        if (((unsigned char)text.bytes[i] & 0xC0) != 0x80 && index-- == 0)
            break;
        i++;
    }
    return i;
}

/* ---- at ---- */

static struct style_value eval_at(const struct expr *e, struct style_eval *at)
{
    char shown[STYLE_JS_NUMBER];

    EVAL_ARG(index, 0);
    EVAL_ARG(list, 1);
    if (index.kind != STYLE_NUMBER || list.kind != STYLE_ARRAY)
        return style_failed(at, "no list");
    style_js_number(shown, index.number);
    if (index.number < 0)
        return style_failed(at, "Array index out of bounds: %s < 0.", shown);
    if (index.number >= list.n)
        return style_failed(at, "Array index out of bounds: %s > %d.", shown,
                            (int)list.n - 1);
    if (index.number != floor(index.number))
        return style_failed(at, "Array index must be an integer, but found %s instead.",
                            shown);
    return list.items[(uint32_t)index.number];
}

static const struct expr *compile_at(struct expr_compiler *c,
                                     const struct expr_operator *op,
                                     const json_t *json,
                                     const struct expr_type *expected)
{
    const struct expr_type *list;
    struct expr *e;

    if (json_array_size(json) != 3)
        return expr_fail_count(c, "2 arguments", json);
    list = expr_array_type(c, expected ? expected : ANY, -1);
    e = list ? expr_new(c, op, ANY, 2) : NULL;
    if (!e)
        return NULL;
    e->args[0] = expr_compile_arg(c, json, 1, NUM);
    e->args[1] = expr_compile_arg(c, json, 2, list);
    if (!e->args[0] || !e->args[1])
        return NULL;
    e->type = e->args[1]->type->kind == STYLE_ARRAY ? e->args[1]->type->item : ANY;
    return expr_finish(c, e);
}

/* ---- in, index-of ---- */

static struct style_value needle_error(struct style_eval *at, struct style_value needle)
{
    char type[EXPR_TYPE_TEXT];

    return style_failed(at,
                        "Expected first argument to be of type boolean, string, number "
                        "or null, but found %s instead.",
                        style_value_type(needle, type));
}

static struct style_value hay_error(struct style_eval *at, struct style_value hay)
{
    char type[EXPR_TYPE_TEXT];

    return style_failed(at,
                        "Expected second argument to be of type array or string, but "
                        "found %s instead.",
                        style_value_type(hay, type));
}

/* The byte where the needle, as text, is found from byte `from` on; -1. */
static long find_text(struct style_eval *at,
                      struct style_value hay,
                      struct style_value needle,
                      size_t from)
{
    struct style_text text;
    const char *found;

    if (needle.kind == STYLE_NULL) {
        needle = style_of_bytes("null", 4);
    } else if (needle.kind != STYLE_STRING) {
        text = style_text_begin(at);
        style_text_value(&text, needle);
        needle = style_text_end(&text);
    }
    if (from > hay.n)
        from = hay.n;
    if (needle.n == 0)
        return (long)from;
    found = hay.n > from
                ? memmem(hay.bytes + from, hay.n - from, needle.bytes, needle.n)
                : NULL;
    return found ? found - hay.bytes : -1;
}

static struct style_value eval_in(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(needle, 0);
    EVAL_ARG(hay, 1);
    if (hay.kind == STYLE_NULL || (hay.kind == STYLE_BOOL && !hay.boolean) ||
        (hay.kind == STYLE_NUMBER && !(fabs(hay.number) > 0)) ||
        (hay.kind == STYLE_STRING && hay.n == 0))
        return style_of_bool(false);
    if (!is_needle(needle.kind))
        return needle_error(at, needle);
    if (hay.kind == STYLE_STRING)
        return style_of_bool(find_text(at, hay, needle, 0) >= 0);
    if (hay.kind != STYLE_ARRAY)
        return hay_error(at, hay);
    for (uint32_t i = 0; i < hay.n; i++)
        if (style_value_equal(needle, hay.items[i]))
            return style_of_bool(true);
    return style_of_bool(false);
}

/* A JavaScript position from the start, or from the end when negative. */
static double whole(double x)
{
    return isnan(x) ? 0 : trunc(x);
}

static struct style_value index_in_text(struct style_eval *at,
                                        struct style_value hay,
                                        struct style_value needle,
                                        double from)
{
    size_t start = 0;
    long found;

    /* the start counts UTF-16 units, the answer characters */
    while (start < hay.n && (double)count_units(hay.bytes, start) < from)
        start++;
    while (start < hay.n && ((unsigned char)hay.bytes[start] & 0xC0) == 0x80)
        start++;
    found = find_text(at, hay, needle, start);
    return style_of_number(
        found < 0 ? -1 : (double)count_characters(hay.bytes, (size_t)found));
}

static struct style_value eval_index_of(const struct expr *e, struct style_eval *at)
{
    double from = 0;

    EVAL_ARG(needle, 0);
    EVAL_ARG(hay, 1);
    if (!is_needle(needle.kind))
        return needle_error(at, needle);
    if (e->n_args == 3) {
        EVAL_ARG(start, 2);
        from = start.kind == STYLE_NUMBER ? whole(start.number) : 0;
    }
    if (hay.kind == STYLE_STRING)
        return index_in_text(at, hay, needle, from);
    if (hay.kind != STYLE_ARRAY)
        return hay_error(at, hay);
    if (from < 0)
        from = fmax(0, from + hay.n);
    for (uint32_t i = 0; i < hay.n; i++)
        if (i >= from && style_value_equal(needle, hay.items[i]))
            return style_of_number(i);
    return style_of_number(-1);
}

static const struct expr *compile_search(struct expr_compiler *c,
                                         const struct expr_operator *op,
                                         const json_t *json,
                                         const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    bool may_start = op->eval == eval_index_of;
    char type[EXPR_TYPE_TEXT];
    struct expr *e;

    (void)expected;
    if (n != 2 && !(may_start && n == 3))
        return expr_fail_count(c, may_start ? "2 or 3 arguments" : "2 arguments", json);
    e = expr_new(c, op, op->result, n);
    if (!e)
        return NULL;
    e->args[0] = expr_compile_arg(c, json, 1, ANY);
    e->args[1] = expr_compile_arg(c, json, 2, ANY);
    if (!e->args[0] || !e->args[1])
        return NULL;
    if (!is_needle(e->args[0]->type->kind) && e->args[0]->type->kind != STYLE_ANY)
        return expr_fail(
            c,
            "Expected first argument to be of type boolean, string, number "
            "or null, but found %s instead",
            "第一个参数应是真假、文本、数字或 null，却是 %s",
            expr_type_text(e->args[0]->type, type));
    if (n == 3) {
        e->args[2] = expr_compile_arg(c, json, 3, NUM);
        if (!e->args[2])
            return NULL;
    }
    return expr_finish(c, e);
}

/* ---- slice, length ---- */

static size_t bound(double index, size_t n)
{
    double i = whole(index);

    if (i < 0)
        i += (double)n;
    return i < 0 ? 0 : i > (double)n ? n : (size_t)i;
}

static struct style_value eval_slice(const struct expr *e, struct style_eval *at)
{
    char type[EXPR_TYPE_TEXT];
    size_t n;
    size_t begin;
    size_t end;

    EVAL_ARG(v, 0);
    EVAL_ARG(first, 1);
    if (v.kind != STYLE_STRING && v.kind != STYLE_ARRAY)
        return style_failed(
            at,
            "Expected first argument to be of type array or string, but "
            "found %s instead.",
            style_value_type(v, type));
    n = v.kind == STYLE_STRING ? count_characters(v.bytes, v.n) : v.n;
    begin = bound(first.number, n);
    end = n;
    if (e->n_args == 3) {
        EVAL_ARG(last, 2);
        end = bound(last.number, n);
    }
    if (end < begin)
        end = begin;
    if (v.kind == STYLE_STRING) {
        size_t from = offset_of(v, begin);

        return style_of_bytes(v.bytes + from, offset_of(v, end) - from);
    }
    v.items += begin;
    v.n = (uint32_t)(end - begin);
    return v;
}

static const struct expr *compile_slice(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    char type[EXPR_TYPE_TEXT];
    enum style_kind kind;
    struct expr *e;

    (void)expected;
    if (n != 2 && n != 3)
        return expr_fail_count(c, "2 or 3 arguments", json);
    e = expr_new(c, op, ANY, n);
    if (!e)
        return NULL;
    e->args[0] = expr_compile_arg(c, json, 1, ANY);
    e->args[1] = expr_compile_arg(c, json, 2, NUM);
    if (!e->args[0] || !e->args[1])
        return NULL;
    kind = e->args[0]->type->kind;
    if (kind != STYLE_ARRAY && kind != STYLE_STRING && kind != STYLE_ANY)
        return expr_fail(c,
                         "Expected first argument to be of type array or string, but "
                         "found %s instead",
                         "第一个参数应是列表或文本，却是 %s",
                         expr_type_text(e->args[0]->type, type));
    if (n == 3) {
        e->args[2] = expr_compile_arg(c, json, 3, NUM);
        if (!e->args[2])
            return NULL;
    }
    e->type = e->args[0]->type;
    return expr_finish(c, e);
}

static struct style_value eval_length(const struct expr *e, struct style_eval *at)
{
    char type[EXPR_TYPE_TEXT];

    EVAL_ARG(v, 0);
    if (v.kind == STYLE_STRING)
        return style_of_number((double)count_characters(v.bytes, v.n));
    if (v.kind == STYLE_ARRAY)
        return style_of_number(v.n);
    return style_failed(at,
                        "Expected value to be of type string or array, but found %s "
                        "instead.",
                        style_value_type(v, type));
}

static const struct expr *compile_length(struct expr_compiler *c,
                                         const struct expr_operator *op,
                                         const json_t *json,
                                         const struct expr_type *expected)
{
    char type[EXPR_TYPE_TEXT];
    enum style_kind kind;
    struct expr *e;

    (void)expected;
    if (json_array_size(json) != 2)
        return expr_fail_count(c, "1 argument", json);
    e = expr_new(c, op, NUM, 1);
    if (!e)
        return NULL;
    e->args[0] = expr_compile_arg(c, json, 1, NULL);
    if (!e->args[0])
        return NULL;
    kind = e->args[0]->type->kind;
    if (kind != STYLE_ARRAY && kind != STYLE_STRING && kind != STYLE_ANY)
        return expr_fail(c,
                         "Expected argument of type string or array, but found %s "
                         "instead.",
                         "参数应是文本或列表，却是 %s。",
                         expr_type_text(e->args[0]->type, type));
    return expr_finish(c, e);
}

/* ---- split, join ---- */

static struct style_value eval_split(const struct expr *e, struct style_eval *at)
{
    struct style_value *parts;
    uint32_t n = 1;
    uint32_t k = 0;
    size_t from = 0;
    long found;

    EVAL_ARG(text, 0);
    EVAL_ARG(by, 1);
    if (text.kind != STYLE_STRING || by.kind != STYLE_STRING)
        return style_failed(at, "no text");
    if (by.n == 0) { /* into characters */
        n = (uint32_t)count_characters(text.bytes, text.n);
    } else {
        for (size_t i = 0; (found = find_text(at, text, by, i)) >= 0; n++)
            i = (size_t)found + by.n;
    }
    parts = style_scratch(at, n * sizeof *parts);
    if (!parts)
        return style_failed(at, "no room for a list");
    for (; k < n; k++) {
        size_t end = text.n;

        if (by.n == 0) {
            end = from + 1;
            while (end < text.n && ((unsigned char)text.bytes[end] & 0xC0) == 0x80)
                end++;
        } else if (k + 1 < n) {
            end = (size_t)find_text(at, text, by, from);
        }
        parts[k] = style_of_bytes(text.bytes + from, end - from);
        from = end + by.n;
    }
    return (struct style_value){.kind = STYLE_ARRAY, .n = n, .items = parts};
}

static struct style_value eval_join(const struct expr *e, struct style_eval *at)
{
    struct style_text text;

    EVAL_ARG(list, 0);
    EVAL_ARG(by, 1);
    if (list.kind != STYLE_ARRAY || by.kind != STYLE_STRING)
        return style_failed(at, "no list");
    text = style_text_begin(at);
    for (uint32_t i = 0; i < list.n; i++) {
        if (i)
            style_text_put(&text, by.bytes, by.n);
        style_text_value(&text, list.items[i]);
    }
    return style_text_end(&text);
}

static const struct expr_operator rows[] = {
    {"at", compile_at, eval_at, ANY, 0, {NULL}, 0},
    {"in", compile_search, eval_in, BOOL, 0, {NULL}, 0},
    {"index-of", compile_search, eval_index_of, NUM, 0, {NULL}, 0},
    {"slice", compile_slice, eval_slice, ANY, 0, {NULL}, 0},
    {"length", compile_length, eval_length, NUM, 0, {NULL}, 0},
    {"split", NULL, eval_split, &expr_type_strings, 2, {STR, STR}, 0},
    {"join", NULL, eval_join, STR, 2, {&expr_type_strings, STR}, 0},
};

const struct expr_family expr_family_list = {rows, sizeof rows / sizeof *rows};
