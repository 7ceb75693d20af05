/* SPDX-License-Identifier: Apache-2.0 */
/* Texts: concat, upcase, downcase, typeof, image, format. */
#include "style/operators.h"

#include <unicode/ustring.h>

static struct style_value eval_concat(const struct expr *e, struct style_eval *at)
{
    /* all parts first: they may write texts themselves */
    struct style_value *parts = style_scratch(at, e->n_args * sizeof *parts);
    struct style_text text;

    if (!parts)
        return style_failed(at, "no room for a text");
    for (uint32_t i = 0; i < e->n_args; i++) {
        parts[i] = expr_eval(e->args[i], at);
        if (parts[i].kind == STYLE_ERROR)
            return parts[i];
    }
    text = style_text_begin(at);
    for (uint32_t i = 0; i < e->n_args; i++)
        style_text_value(&text, parts[i]);
    return style_text_end(&text);
}

typedef int32_t case_fn(UChar *to,
                        int32_t room,
                        const UChar *from,
                        int32_t n,
                        const char *locale,
                        UErrorCode *status);

/* In the root locale, as JavaScript: i is never dotted. */
static struct style_value
change_case(struct style_value v, struct style_eval *at, case_fn *fn)
{
    enum { GROWTH = 3 }; /* one character becomes three at most */
    UErrorCode status = U_ZERO_ERROR;
    size_t room = (size_t)v.n * GROWTH + 1;
    size_t mark;
    char *out = v.kind == STYLE_STRING ? style_scratch(at, room) : NULL;
    UChar *from;
    UChar *to;
    int32_t n = 0;

    mark = at->text_len;
    from = style_scratch(at, (v.n + 1) * sizeof *from);
    to = style_scratch(at, room * sizeof *to);
    if (!out || !from || !to)
        return style_failed(at, "no room for a text");
    u_strFromUTF8WithSub(from, (int32_t)v.n + 1, &n, v.bytes, (int32_t)v.n, 0xFFFD,
                         NULL, &status);
    n = fn(to, (int32_t)room, from, n, "", &status);
    u_strToUTF8WithSub(out, (int32_t)room, &n, to, n, 0xFFFD, NULL, &status);
    at->text_len = mark; /* what was needed on the way */
    if (U_FAILURE(status))
        return style_failed(at, "the case of a text cannot be changed");
    return style_of_bytes(out, (size_t)n);
}

static struct style_value eval_upcase(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    return change_case(v, at, u_strToUpper);
}

static struct style_value eval_downcase(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    return change_case(v, at, u_strToLower);
}

/* HarfBuzz shapes every script. */
static struct style_value eval_is_supported(const struct expr *e, struct style_eval *at)
{
    (void)e;
    (void)at;
    return style_of_bool(true);
}

static struct style_value eval_typeof(const struct expr *e, struct style_eval *at)
{
    char type[EXPR_TYPE_TEXT];
    struct style_text text;
    const char *name;

    EVAL_ARG(v, 0);
    name = style_value_type(v, type);
    text = style_text_begin(at);
    style_text_put(&text, name, strlen(name));
    return style_text_end(&text);
}

/* ---- image ---- */

static struct style_value eval_image(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(v, 0);
    if (v.kind != STYLE_STRING || v.n == 0)
        return style_null(); /* no name, no image */
    for (uint32_t i = 0; i < at->images.n && at->images.kind == STYLE_ARRAY; i++)
        if (style_value_equal(v, at->images.items[i]))
            v.is_available = 1;
    v.kind = STYLE_IMAGE;
    return v;
}

static const struct expr *compile_image(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    struct expr *e;

    (void)expected;
    if (json_array_size(json) != 2)
        return expr_fail(c, "Expected two arguments.", "需要图片名。");
    e = expr_new(c, op, op->result, 1);
    if (!e)
        return NULL;
    e->args[0] = expr_compile_arg(c, json, 1, STR);
    if (!e->args[0])
        return expr_fail(c, "No image name provided.", "没有图片名。");
    return expr_finish(c, e);
}

/* ---- format: five arguments a section, those not given are constants of null ---- */

enum {
    FORMAT_CONTENT,
    FORMAT_SCALE,
    FORMAT_FONT,
    FORMAT_COLOR,
    FORMAT_ALIGN,
    FORMAT_PARTS
};

static struct style_value joined_names(struct style_value list, struct style_eval *at)
{
    struct style_text text;

    if (list.kind != STYLE_ARRAY)
        return style_null();
    text = style_text_begin(at);
    for (uint32_t i = 0; i < list.n; i++) {
        if (i)
            style_text_put(&text, ",", 1);
        style_text_value(&text, list.items[i]);
    }
    return style_text_end(&text);
}

static struct style_value eval_section(const struct expr *const *args,
                                       struct style_eval *at,
                                       struct style_section *out)
{
    struct style_value v[FORMAT_PARTS];
    struct style_text text;

    for (int i = 0; i < FORMAT_PARTS; i++) {
        v[i] = expr_eval(args[i], at);
        if (v[i].kind == STYLE_ERROR)
            return v[i];
    }
    *out = (struct style_section){.text = style_of_bytes("", 0),
                                  .vertical_align = v[FORMAT_ALIGN]};
    if (v[FORMAT_CONTENT].kind == STYLE_IMAGE) {
        out->image = v[FORMAT_CONTENT];
        return style_null();
    }
    text = style_text_begin(at);
    style_text_value(&text, v[FORMAT_CONTENT]);
    out->text = style_text_end(&text);
    out->scale = v[FORMAT_SCALE];
    out->font = joined_names(v[FORMAT_FONT], at);
    out->color = v[FORMAT_COLOR];
    return style_null();
}

static struct style_value eval_format(const struct expr *e, struct style_eval *at)
{
    uint32_t n = e->n_args / FORMAT_PARTS;
    struct style_section *sections = style_scratch(at, n * sizeof *sections);

    if (!sections)
        return style_failed(at, "no room for a text");
    for (uint32_t i = 0; i < n; i++) {
        struct style_value v =
            eval_section(e->args + i * FORMAT_PARTS, at, &sections[i]);

        if (v.kind == STYLE_ERROR)
            return v;
    }
    return (struct style_value){.kind = STYLE_FORMATTED, .n = n, .sections = sections};
}

static bool is_falsy(const json_t *json)
{
    return !json || json_is_null(json) || json_is_false(json) ||
           (json_is_string(json) && json_string_length(json) == 0) ||
           (json_is_number(json) && json_number_value(json) == 0);
}

static bool check_align(struct expr_compiler *c, const json_t *json)
{
    const char *text = json_string_value(json);

    if (!text || strcmp(text, "bottom") == 0 || strcmp(text, "center") == 0 ||
        strcmp(text, "top") == 0)
        return true;
    expr_fail(c,
              "'vertical-align' must be one of: 'bottom', 'center', 'top' but found "
              "'%.40s' instead.",
              "“vertical-align”应为 bottom、center 或 top，却是“%.40s”。", text);
    return false;
}

static bool compile_section_options(struct expr_compiler *c,
                                    const json_t *json,
                                    const struct expr **args)
{
    static const struct {
        const char *name;
        const struct expr_type *type;
        int part;
    } options[] = {{"font-scale", NUM, FORMAT_SCALE},
                   {"text-font", &expr_type_strings, FORMAT_FONT},
                   {"text-color", COL, FORMAT_COLOR},
                   {"vertical-align", STR, FORMAT_ALIGN}};

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const json_t *value = json_object_get(json, options[i].name);

        if (is_falsy(value))
            continue;
        if (options[i].part == FORMAT_ALIGN && !check_align(c, value))
            return false;
        args[options[i].part] =
            expr_compile_as(c, value, 1, options[i].type, EXPR_ASSERT);
        if (!args[options[i].part])
            return false;
    }
    return true;
}

static const struct expr *
compile_content(struct expr_compiler *c, const json_t *json, const struct expr **args)
{
    const struct expr *none = expr_constant(c, style_null());
    const struct expr *content = expr_compile_as(c, json, 1, ANY, EXPR_ASSERT);
    enum style_kind kind;

    if (!none || !content)
        return NULL;
    kind = content->type->kind;
    if (kind != STYLE_STRING && kind != STYLE_ANY && kind != STYLE_NULL &&
        kind != STYLE_IMAGE)
        return expr_fail(c,
                         "Formatted text type must be 'string', 'value', 'image' or "
                         "'null'.",
                         "format 的内容应是文本、值、图片或 null。");
    args[FORMAT_CONTENT] = content;
    for (int i = 1; i < FORMAT_PARTS; i++)
        args[i] = none;
    return content;
}

static const struct expr *compile_format(struct expr_compiler *c,
                                         const struct expr_operator *op,
                                         const json_t *json,
                                         const struct expr_type *expected)
{
    size_t n = json_array_size(json);
    const struct expr **section = NULL;
    bool may_be_options = false;
    uint32_t n_args = 0;
    struct expr *e;

    (void)expected;
    if (n < 2)
        return expr_fail(c, "Expected at least one argument.", "至少要一个参数。");
    if (json_is_object(json_array_get(json, 1)) ||
        json_is_null(json_array_get(json, 1)))
        return expr_fail(c, "First argument must be an image or text section.",
                         "第一个参数应是图片或文本。");
    e = expr_new(c, op, op->result, (n - 1) * FORMAT_PARTS);
    if (!e)
        return NULL;
    for (size_t i = 1; i < n; i++) {
        const json_t *arg = json_array_get(json, i);

        if (may_be_options && json_is_object(arg)) {
            may_be_options = false;
            if (!compile_section_options(c, arg, section))
                return NULL;
            continue;
        }
        section = e->args + n_args;
        if (!compile_content(c, arg, section))
            return NULL;
        n_args += FORMAT_PARTS;
        may_be_options = true;
    }
    e->n_args = n_args;
    return expr_finish(c, e);
}

static const struct expr_operator rows[] = {
    {"concat", NULL, eval_concat, STR, -1, {ANY}, 0},
    {"upcase", NULL, eval_upcase, STR, 1, {STR}, 0},
    {"downcase", NULL, eval_downcase, STR, 1, {STR}, 0},
    {"is-supported-script", NULL, eval_is_supported, BOOL, 1, {STR}, EXPR_OTHER},
    {"typeof", NULL, eval_typeof, STR, 1, {ANY}, 0},
    {"image", compile_image, eval_image, &expr_types[STYLE_IMAGE], 1, {STR}, 0},
    {"format", compile_format, eval_format, &expr_types[STYLE_FORMATTED], 0, {NULL}, 0},
};

const struct expr_family expr_family_text = {rows, sizeof rows / sizeof *rows};
