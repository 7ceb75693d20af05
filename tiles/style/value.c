/* SPDX-License-Identifier: Apache-2.0 */
/* Values of style expressions: types, comparison, how they are written as text. */
#include "style/value.h"

#include <engine/arena.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const kind_names[STYLE_KIND_COUNT] = {
    "null",          "boolean",
    "number",        "string",
    "color",         "projectionDefinition",
    "object",        "collator",
    "formatted",     "padding",
    "numberArray",   "colorArray",
    "resolvedImage", "variableAnchorOffsetCollection",
    "array",         "value",
    "error"};

const char *style_kind_name(enum style_kind kind)
{
    return kind_names[kind];
}

const struct expr_type expr_types[STYLE_KIND_COUNT] = {
    {STYLE_NULL, -1, NULL},
    {STYLE_BOOL, -1, NULL},
    {STYLE_NUMBER, -1, NULL},
    {STYLE_STRING, -1, NULL},
    {STYLE_COLOR, -1, NULL},
    {STYLE_PROJECTION, -1, NULL},
    {STYLE_OBJECT, -1, NULL},
    {STYLE_COLLATOR, -1, NULL},
    {STYLE_FORMATTED, -1, NULL},
    {STYLE_PADDING, -1, NULL},
    {STYLE_NUMBER_ARRAY, -1, NULL},
    {STYLE_COLOR_ARRAY, -1, NULL},
    {STYLE_IMAGE, -1, NULL},
    {STYLE_OFFSETS, -1, NULL},
    {STYLE_ARRAY, -1, &expr_types[STYLE_ANY]},
    {STYLE_ANY, -1, NULL},
    {STYLE_ERROR, -1, NULL}};
const struct expr_type expr_type_strings = {STYLE_ARRAY, -1, &expr_types[STYLE_STRING]};
const struct expr_type expr_type_four = {STYLE_ARRAY, 4, &expr_types[STYLE_NUMBER]};

/* ---- types ---- */

static size_t put_type(char *out, size_t n, const struct expr_type *type)
{
    int len = 0;

    if (type->kind == STYLE_ARRAY && (type->n >= 0 || type->item->kind != STYLE_ANY)) {
        len = snprintf(out + n, EXPR_TYPE_TEXT - n, "array<");
        n += (size_t)len < EXPR_TYPE_TEXT - n ? (size_t)len : 0;
        n = put_type(out, n, type->item);
        len = type->n >= 0 ? snprintf(out + n, EXPR_TYPE_TEXT - n, ", %d>", type->n)
                           : snprintf(out + n, EXPR_TYPE_TEXT - n, ">");
    } else {
        len = snprintf(out + n, EXPR_TYPE_TEXT - n, "%s", style_kind_name(type->kind));
    }
    return n + ((size_t)len < EXPR_TYPE_TEXT - n ? (size_t)len : 0);
}

const char *expr_type_text(const struct expr_type *type, char out[EXPR_TYPE_TEXT])
{
    put_type(out, 0, type);
    return out;
}

bool expr_type_is_subtype(const struct expr_type *expected,
                          const struct expr_type *found)
{
    if (found->kind == STYLE_ERROR)
        return true;
    if (expected->kind == STYLE_ARRAY)
        return found->kind == STYLE_ARRAY &&
               ((found->n == 0 && found->item->kind == STYLE_ANY) ||
                expr_type_is_subtype(expected->item, found->item)) &&
               (expected->n < 0 || expected->n == found->n);
    if (expected->kind == STYLE_ANY)
        return found->kind != STYLE_COLLATOR;
    return expected->kind == found->kind;
}

/* What the items have in common: lists among them count as different ones, because
 * MapLibre compares the types by identity. */
static enum style_kind item_kind(struct style_value v)
{
    if (v.n == 0)
        return STYLE_ANY;
    for (uint32_t i = 1; i < v.n; i++)
        if (v.items[i].kind != v.items[0].kind || v.items[i].kind == STYLE_ARRAY)
            return STYLE_ANY;
    return v.items[0].kind;
}

bool style_value_is(struct style_value v, const struct expr_type *type)
{
    enum style_kind items;

    if (type->kind == STYLE_ANY)
        return v.kind != STYLE_COLLATOR;
    if (type->kind != STYLE_ARRAY || v.kind != STYLE_ARRAY)
        return v.kind == type->kind;
    if (type->n >= 0 && (uint32_t)type->n != v.n)
        return false;
    if (v.n == 0)
        return true;
    items = item_kind(v);
    if (items == STYLE_ARRAY) /* a list of one list */
        return style_value_is(v.items[0], type->item);
    return expr_type_is_subtype(type->item, &expr_types[items]);
}

const char *style_value_type(struct style_value v, char out[EXPR_TYPE_TEXT])
{
    struct expr_type chain[8];
    size_t n = 0;

    while (v.kind == STYLE_ARRAY && n + 1 < sizeof chain / sizeof *chain) {
        chain[n] =
            (struct expr_type){STYLE_ARRAY, (int32_t)v.n, &expr_types[item_kind(v)]};
        if (item_kind(v) != STYLE_ARRAY)
            return expr_type_text(chain, out);
        chain[n].item = &chain[n + 1];
        v = v.items[0];
        n++;
    }
    if (n == 0)
        return style_kind_name(v.kind);
    chain[n] = expr_types[v.kind];
    return expr_type_text(chain, out);
}

bool style_value_equal(struct style_value a, struct style_value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case STYLE_NULL:
        return true;
    case STYLE_BOOL:
        return a.boolean == b.boolean;
    case STYLE_NUMBER:
        return a.number == b.number;
    case STYLE_STRING:
        return a.n == b.n && memcmp(a.bytes, b.bytes, a.n) == 0;
    case STYLE_ERROR:
        return false;
    default:
        return a.n == b.n && a.items == b.items;
    }
}

/* ---- the scratch ---- */

void *style_scratch(struct style_eval *at, size_t size)
{
    enum { ALIGN = 16 };
    size_t start = (at->text_len + ALIGN - 1) / ALIGN * ALIGN;

    if (at->arena)
        return im_arena_alloc(at->arena, size ? size : 1);
    if (start > sizeof at->text || size > sizeof at->text - start)
        return NULL;
    at->text_len = start + size;
    return at->text + start;
}

struct style_value style_failed(struct style_eval *at, const char *fmt, ...)
{
    struct style_value v = {.kind = STYLE_ERROR, .bytes = ""};
    char text[512];
    char *copy;
    va_list args;

    if (!at->explain)
        return v;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    v.n = (uint32_t)im_utf8_cut(text, strlen(text));
    copy = style_scratch(at, v.n + 1);
    if (!copy)
        return (struct style_value){.kind = STYLE_ERROR, .bytes = ""};
    memcpy(copy, text, v.n);
    v.bytes = copy;
    return v;
}

struct style_value
style_of_color(struct style_eval *at, double r, double g, double b, double a)
{
    struct style_rgba *color = style_scratch(at, sizeof *color);

    if (!color)
        return style_failed(at, "no room for a colour");
    *color = (struct style_rgba){r, g, b, a};
    return (struct style_value){.kind = STYLE_COLOR, .n = 1, .colors = color};
}

struct style_value
style_array(struct style_eval *at, const struct style_value *items, uint32_t n)
{
    struct style_value *copy = style_scratch(at, n * sizeof *copy);

    if (!copy)
        return style_failed(at, "no room for a list");
    if (n)
        memcpy(copy, items, n * sizeof *copy);
    return (struct style_value){.kind = STYLE_ARRAY, .n = n, .items = copy};
}

/* ---- texts ---- */

struct style_text style_text_begin(struct style_eval *at)
{
    return (struct style_text){.at = at, .start = at->text_len};
}

static void put_own(struct style_text *to, const void *data, size_t len)
{
    if (len > to->cap - to->n) {
        size_t cap = (to->n + len) * 2 + 64;
        char *grown = im_arena_alloc(to->at->arena, cap);

        if (!grown)
            return;
        if (to->n)
            memcpy(grown, to->own, to->n);
        to->own = grown;
        to->cap = cap;
    }
    memcpy(to->own + to->n, data, len);
    to->n += len;
}

void style_text_put(struct style_text *to, const void *data, size_t len)
{
    size_t room;

    if (to->wide) {
        im_buf_append(to->wide, data, len);
        return;
    }
    if (to->at->arena) {
        if (len)
            put_own(to, data, len);
        return;
    }
    room = sizeof to->at->text - to->at->text_len;
    if (len > room) { /* cut at a character when it is full */
        len = room;
        while (len > 0 && (((const uint8_t *)data)[len] & 0xC0) == 0x80)
            len--;
    }
    if (len)
        memcpy(to->at->text + to->at->text_len, data, len);
    to->at->text_len += len;
}

struct style_value style_text_end(struct style_text *to)
{
    return to->at->arena
               ? style_of_bytes(to->own, to->n)
               : style_of_bytes(to->at->text + to->start, to->at->text_len - to->start);
}

static void put(struct style_text *to, const char *text)
{
    style_text_put(to, text, strlen(text));
}

static void shortest(char out[IM_NUMBER_MAX], double number)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, IM_NUMBER_MAX, "%.*g", digits, number);
        if (strtod(out, NULL) == number) /* numbers stay in the C locale */
            return;
    }
}

/* Number::toString (ECMA-262, 6.1.6.1.20): plain digits from 1e-6 to below 1e21. */
size_t style_js_number(char out[STYLE_JS_NUMBER], double number)
{
    char exact[IM_NUMBER_MAX];
    char digits[24];
    size_t n_digits = 0;
    const char *p = exact;
    size_t n = 0;
    int point = 0;
    bool seen_point = false;
    bool leading = true;

    out[0] = '\0';
    if (!isfinite(number)) {
        strncpy(out,
                isnan(number) ? "NaN"
                : number > 0  ? "Infinity"
                              : "-Infinity",
                STYLE_JS_NUMBER - 1);
        return strlen(out);
    }
    if (number == 0) {
        memcpy(out, "0", 2);
        return 1;
    }
    im_format_exact(exact, number);
    if (fabs(number) < 1e-300) /* few digits say what few bits hold */
        shortest(exact, number);
    if (*p == '-') {
        out[n++] = '-';
        p++;
    }
    for (; *p && *p != 'e' && n_digits < sizeof digits; p++) {
        if (*p == '.') {
            seen_point = true;
            continue;
        }
        if (leading && *p == '0') {
            point -= seen_point; /* zeros behind the point */
            continue;
        }
        leading = false;
        digits[n_digits++] = *p;
        point += !seen_point;
    }
    if (*p == 'e') {
        int64_t exponent = 0;

        p++;
        p += *p == '+';
        (void)!im_parse_int64(im_bytes_of(p), &exponent);
        point += (int)exponent;
    }
    while (n_digits > 1 && digits[n_digits - 1] == '0')
        n_digits--;
    if (point > 0 && point <= 21) {
        for (int i = 0; i < point || i < (int)n_digits; i++) {
            if (i == point)
                out[n++] = '.';
            out[n++] = i < (int)n_digits ? digits[i] : '0';
        }
    } else if (point > -6 && point <= 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = point; i < 0; i++)
            out[n++] = '0';
        memcpy(out + n, digits, n_digits);
        n += n_digits;
    } else {
        out[n++] = digits[0];
        if (n_digits > 1) {
            out[n++] = '.';
            memcpy(out + n, digits + 1, n_digits - 1);
            n += n_digits - 1;
        }
        n += (size_t)snprintf(out + n, STYLE_JS_NUMBER - n, "e%+d", point - 1);
    }
    out[n] = '\0';
    return n;
}

static bool js_space(struct im_bytes text, size_t *i)
{
    size_t next = *i;
    uint32_t c = im_utf8_next(text, &next);
    bool is_space = (c >= 9 && c <= 13) || c == 32 || c == 0xA0 || c == 0x1680 ||
                    (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
                    c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;

    if (is_space)
        *i = next;
    return is_space;
}

static double parse_radix(struct im_bytes text, unsigned radix)
{
    double value = 0;

    for (size_t i = 2; i < text.len; i++) {
        unsigned c = text.data[i];
        unsigned letter = c | 32;
        unsigned digit = radix;

        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (letter >= 'a' && letter <= 'f')
            digit = letter - 'a' + 10;
        if (digit >= radix)
            return (double)NAN;
        value = value * radix + digit;
    }
    return text.len > 2 ? value : (double)NAN;
}

double style_js_parse(struct im_bytes text)
{
    char plain[64];
    size_t i = 0;
    size_t n = 0;
    size_t end = 0;
    double value;

    while (i < text.len && js_space(text, &i))
        ;
    for (size_t j = i; j < text.len;) {
        size_t before = j;

        if (!js_space(text, &j)) {
            im_utf8_next(text, &j);
            end = j;
        } else if (before == j) {
            break;
        }
    }
    if (end <= i)
        return 0;
    text = (struct im_bytes){text.data + i, end - i};
    if (text.len >= 2 && text.data[0] == '0') {
        unsigned radix = (text.data[1] | 32) == 'x'   ? 16
                         : (text.data[1] | 32) == 'o' ? 8
                         : (text.data[1] | 32) == 'b' ? 2
                                                      : 0;
        if (radix)
            return parse_radix(text, radix);
    }
    bool is_negative = text.data[0] == '-';
    if (text.data[0] == '-' || text.data[0] == '+')
        text = (struct im_bytes){text.data + 1, text.len - 1};
    if (im_bytes_equal(text, im_bytes_of("Infinity")))
        return is_negative ? -HUGE_VAL : HUGE_VAL;
    /* ".5" and "5." are numbers of JavaScript, not of im_parse_double */
    if (text.len == 0 || text.len > sizeof plain - 4)
        return (double)NAN;
    if (text.data[0] == '.' && text.len > 1 && text.data[1] >= '0' &&
        text.data[1] <= '9')
        plain[n++] = '0';
    if (!(text.data[0] >= '0' && text.data[0] <= '9') && n == 0)
        return (double)NAN;
    for (size_t j = 0; j < text.len; j++) {
        uint8_t c = text.data[j];

        plain[n++] = (char)c;
        if (c == '.' && (j + 1 == text.len || (text.data[j + 1] | 32) == 'e'))
            plain[n++] = '0';
        if (n >= sizeof plain - 2)
            return (double)NAN;
    }
    if (!im_parse_double((struct im_bytes){(uint8_t *)plain, n}, &value)) {
        /* out of range: JavaScript gives infinity */
        char *stop;

        plain[n] = '\0';
        value = strtod(plain, &stop);
        if (*stop || !isinf(value))
            return (double)NAN;
    }
    return is_negative ? -value : value;
}

static void put_number(struct style_text *to, double number)
{
    char out[STYLE_JS_NUMBER];

    style_text_put(to, out, style_js_number(out, number));
}

static void put_json_number(struct style_text *to, double number)
{
    if (isfinite(number))
        put_number(to, number);
    else
        put(to, "null");
}

static void put_json_string(struct style_text *to, struct style_value v)
{
    put(to, "\"");
    for (uint32_t i = 0, from = 0; i <= v.n; i++) {
        unsigned char c = i < v.n ? (unsigned char)v.bytes[i] : 0;
        char escaped[8];

        if (i < v.n && c >= 0x20 && c != '"' && c != '\\')
            continue;
        style_text_put(to, v.bytes + from, i - from);
        from = i + 1;
        if (i == v.n)
            break;
        switch (c) {
        case '\n':
            put(to, "\\n");
            break;
        case '\t':
            put(to, "\\t");
            break;
        case '\r':
            put(to, "\\r");
            break;
        case '\b':
            put(to, "\\b");
            break;
        case '\f':
            put(to, "\\f");
            break;
        default:
            if (c < 0x20)
                snprintf(escaped, sizeof escaped, "\\u%04x", c);
            else
                snprintf(escaped, sizeof escaped, "\\%c", c);
            put(to, escaped);
        }
    }
    put(to, "\"");
}

static void put_numbers(struct style_text *to, const double *numbers, uint32_t n)
{
    put(to, "[");
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            put(to, ",");
        put_json_number(to, numbers[i]);
    }
    put(to, "]");
}

static void put_items(struct style_text *to, struct style_value v)
{
    put(to, "[");
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            put(to, ",");
        style_text_json(to, v.items[i]);
    }
    put(to, "]");
}

/* the members that a colour has in MapLibre: premultiplied */
static void put_color_object(struct style_text *to, const struct style_rgba *c)
{
    put(to, "{\"r\":");
    put_json_number(to, c->r * c->a);
    put(to, ",\"g\":");
    put_json_number(to, c->g * c->a);
    put(to, ",\"b\":");
    put_json_number(to, c->b * c->a);
    put(to, ",\"a\":");
    put_json_number(to, c->a);
    put(to, "}");
}

static void put_color_array(struct style_text *to, struct style_value v)
{
    put(to, "[");
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            put(to, ",");
        put_color_object(to, &v.colors[i]);
    }
    put(to, "]");
}

static void put_sections(struct style_text *to, struct style_value v)
{
    put(to, "{\"sections\":[");
    for (uint32_t i = 0; i < v.n; i++) {
        const struct style_section *s = &v.sections[i];

        put(to, i ? ",{\"text\":" : "{\"text\":");
        style_text_json(to, s->text);
        put(to, ",\"image\":");
        style_text_json(to, s->image);
        put(to, ",\"scale\":");
        style_text_json(to, s->scale);
        put(to, ",\"fontStack\":");
        style_text_json(to, s->font);
        put(to, ",\"textColor\":");
        style_text_json(to, s->color);
        put(to, ",\"verticalAlign\":");
        style_text_json(to, s->vertical_align);
        put(to, "}");
    }
    put(to, "]}");
}

static void put_object(struct style_text *to, struct style_value v)
{
    put(to, "{");
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            put(to, ",");
        put_json_string(to, v.items[2 * i]);
        put(to, ":");
        style_text_json(to, v.items[2 * i + 1]);
    }
    put(to, "}");
}

void style_text_json(struct style_text *to, struct style_value v)
{
    switch (v.kind) {
    case STYLE_BOOL:
        put(to, v.boolean ? "true" : "false");
        break;
    case STYLE_NUMBER:
        put_json_number(to, v.number);
        break;
    case STYLE_STRING:
        put_json_string(to, v);
        break;
    case STYLE_COLOR:
        put_color_object(to, v.colors);
        break;
    case STYLE_PROJECTION:
        put(to, "{\"from\":");
        style_text_json(to, v.items[0]);
        put(to, ",\"to\":");
        style_text_json(to, v.items[1]);
        put(to, ",\"transition\":");
        style_text_json(to, v.items[2]);
        put(to, "}");
        break;
    case STYLE_OBJECT:
        put_object(to, v);
        break;
    case STYLE_FORMATTED:
        put_sections(to, v);
        break;
    case STYLE_PADDING:
    case STYLE_NUMBER_ARRAY:
        put(to, "{\"values\":");
        put_numbers(to, v.numbers, v.n);
        put(to, "}");
        break;
    case STYLE_COLOR_ARRAY:
        put(to, "{\"values\":");
        put_color_array(to, v);
        put(to, "}");
        break;
    case STYLE_OFFSETS:
        put(to, "{\"values\":");
        put_items(to, v);
        put(to, "}");
        break;
    case STYLE_IMAGE:
        put(to, "{\"name\":");
        put_json_string(to, v);
        put(to, v.is_available ? ",\"available\":true}" : ",\"available\":false}");
        break;
    case STYLE_ARRAY:
        put_items(to, v);
        break;
    case STYLE_COLLATOR:
        put(to, "{}");
        break;
    case STYLE_NULL:
    case STYLE_ANY:
    case STYLE_ERROR:
        put(to, "null");
        break;
    }
}

static void put_color_text(struct style_text *to, const struct style_rgba *c)
{
    char text[96];

    snprintf(text, sizeof text, "rgba(%.0f,%.0f,%.0f,", floor(c->r * 255 + 0.5),
             floor(c->g * 255 + 0.5), floor(c->b * 255 + 0.5));
    put(to, text);
    put_number(to, c->a);
    put(to, ")");
}

void style_text_value(struct style_text *to, struct style_value v)
{
    switch (v.kind) {
    case STYLE_NULL: /* to-string of null is "" */
    case STYLE_ERROR:
        break;
    case STYLE_NUMBER:
        put_number(to, v.number);
        break;
    case STYLE_STRING:
    case STYLE_IMAGE:
        style_text_put(to, v.bytes, v.n);
        break;
    case STYLE_COLOR:
        put_color_text(to, v.colors);
        break;
    case STYLE_PROJECTION:
        put(to, "[object Object]");
        break;
    case STYLE_FORMATTED:
        for (uint32_t i = 0; i < v.n; i++)
            style_text_value(to, v.sections[i].text);
        break;
    case STYLE_PADDING:
    case STYLE_NUMBER_ARRAY:
        put_numbers(to, v.numbers, v.n);
        break;
    case STYLE_COLOR_ARRAY:
        put_color_array(to, v);
        break;
    case STYLE_OFFSETS:
        put_items(to, v);
        break;
    default:
        style_text_json(to, v);
    }
}

bool style_is_offsets(struct style_value list)
{
    static const char *const anchors[] = {"center",    "left",        "right",
                                          "top",       "bottom",      "top-left",
                                          "top-right", "bottom-left", "bottom-right"};

    if (list.kind != STYLE_ARRAY || list.n == 0 || list.n % 2 != 0)
        return false;
    for (uint32_t i = 0; i < list.n; i += 2) {
        struct style_value name = list.items[i];
        struct style_value offset = list.items[i + 1];
        size_t a = 0;

        while (a < sizeof anchors / sizeof *anchors && name.kind == STYLE_STRING &&
               !style_is(name, anchors[a]))
            a++;
        if (name.kind != STYLE_STRING || a == sizeof anchors / sizeof *anchors ||
            offset.kind != STYLE_ARRAY || offset.n != 2 ||
            offset.items[0].kind != STYLE_NUMBER ||
            offset.items[1].kind != STYLE_NUMBER)
            return false;
    }
    return true;
}
