/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read in place. */
#include "json.h"

#include <cpl_conv.h>

#include <math.h>

uint8_t js_peek(struct js_cursor *c)
{
    while (c->p < c->end &&
           (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
        c->p++;
    return c->p < c->end ? *c->p : 0;
}

/* ---- strings ---- */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool take_escape(struct js_cursor *c)
{
    if (c->end - c->p < 2)
        return false;
    uint8_t letter = c->p[1];

    if (letter != 'u') {
        if (!memchr("\"\\/bfnrt", letter, 8))
            return false;
        c->p += 2;
        return true;
    }
    if (c->end - c->p < 6)
        return false;
    for (int i = 2; i < 6; i++)
        if (!is_hex(c->p[i]))
            return false;
    c->p += 6;
    return true;
}

bool js_string(struct js_cursor *c, struct im_bytes *raw)
{
    if (js_peek(c) != '"')
        return false;
    const uint8_t *from = ++c->p;

    while (c->p < c->end && *c->p != '"') {
        if (*c->p < 0x20)
            return false; /* control characters are written as escapes */
        if (*c->p != '\\')
            c->p++;
        else if (!take_escape(c))
            return false;
    }
    if (c->p == c->end)
        return false;
    *raw = (struct im_bytes){from, (size_t)(c->p - from)};
    c->p++;
    return true;
}

static uint32_t hex4(const uint8_t *p)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i];

        value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static uint8_t *put_utf8(uint8_t *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (uint8_t)c;
    } else if (c < 0x800) {
        *to++ = (uint8_t)(0xC0 | (c >> 6));
        *to++ = (uint8_t)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (uint8_t)(0xE0 | (c >> 12));
        *to++ = (uint8_t)(0x80 | ((c >> 6) & 63));
        *to++ = (uint8_t)(0x80 | (c & 63));
    } else {
        *to++ = (uint8_t)(0xF0 | (c >> 18));
        *to++ = (uint8_t)(0x80 | ((c >> 12) & 63));
        *to++ = (uint8_t)(0x80 | ((c >> 6) & 63));
        *to++ = (uint8_t)(0x80 | (c & 63));
    }
    return to;
}

/* The code point of the \u at `p`, with its second half; 0xFFFFFFFF for a lone half. */
static uint32_t take_unicode(const uint8_t **p, const uint8_t *end)
{
    uint32_t c = hex4(*p + 2);

    *p += 6;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c > 0xDBFF || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
        return UINT32_MAX;
    uint32_t low = hex4(*p + 2);
    *p += 6;
    if (low < 0xDC00 || low > 0xDFFF)
        return UINT32_MAX;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

static uint8_t meaning(uint8_t letter)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *at = strchr(letters, letter);

    return at ? (uint8_t)meanings[at - letters] : letter;
}

bool js_unescape(struct im_bytes raw,
                 struct im_arena *arena,
                 struct im_bytes *out,
                 bool *has_nul)
{
    const uint8_t *p = raw.data;
    const uint8_t *end = p + raw.len;

    *out = raw;
    if (!memchr(p, '\\', raw.len))
        return true;
    uint8_t *text = im_arena_alloc(arena, raw.len); /* escapes are longer */
    uint8_t *to = text;
    if (!text)
        return false;
    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
        } else if (p[1] != 'u') {
            *to++ = meaning(p[1]);
            p += 2;
        } else {
            uint32_t c = take_unicode(&p, end);

            if (c == UINT32_MAX)
                return false;
            *has_nul = *has_nul || c == 0;
            to = put_utf8(to, c);
        }
    }
    *out = (struct im_bytes){text, (size_t)(to - text)};
    return true;
}

/* ---- numbers ---- */

/* The digits of a number while they are read: mantissa * 10^exponent. */
struct digits {
    uint64_t mantissa;
    int exponent;
    int n; /* that count */
    bool is_exact;
};

static bool take_digits(struct js_cursor *c, struct digits *d, int step)
{
    const uint8_t *from = c->p;

    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        if (d->n < 18) {
            d->mantissa = d->mantissa * 10 + (uint64_t)(*c->p - '0');
            d->n += d->mantissa > 0;
            d->exponent += step;
        } else {
            d->is_exact = false;
        }
    }
    return c->p > from;
}

static bool take_exponent(struct js_cursor *c, struct digits *d)
{
    if (c->p == c->end || (*c->p | 0x20) != 'e')
        return true;
    c->p++;
    if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
        c->p++;
    const uint8_t *from = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    d->is_exact = false; /* rare: left to strtod */
    return c->p > from;
}

/* Exact when mantissa and power of ten are both doubles (Clinger 1990). */
static bool fast_value(const struct digits *d, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    if (!d->is_exact || d->mantissa > (UINT64_C(1) << 53) || d->exponent < -22)
        return false;
    *out = (double)d->mantissa / powers[-d->exponent];
    return true;
}

static bool slow_value(struct im_bytes text, double *out)
{
    char copy[512];

    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *out = CPLAtof(copy); /* whatever the locale; 1e999 is infinite */
    return true;
}

bool js_number(struct js_cursor *c, struct js_number *out)
{
    struct digits d = {.is_exact = true};
    uint8_t first = js_peek(c);
    const uint8_t *from = c->p;
    bool is_negative = first == '-';
    bool has_fraction = false;

    c->p += is_negative;
    bool starts_with_zero = c->p < c->end && *c->p == '0';
    const uint8_t *digits = c->p;
    if (!take_digits(c, &d, 0) || (starts_with_zero && c->p - digits > 1))
        return false;
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        has_fraction = true;
        if (!take_digits(c, &d, -1))
            return false;
    }
    const uint8_t *mantissa_end = c->p;
    if (!take_exponent(c, &d))
        return false;
    struct im_bytes text = {from, (size_t)(c->p - from)};
    out->is_integer =
        !has_fraction && c->p == mantissa_end && im_parse_int64(text, &out->integer);
    if (!fast_value(&d, &out->real))
        return slow_value(text, &out->real);
    if (is_negative)
        out->real = -out->real;
    return true;
}

/* ---- structure ---- */

bool js_enter(struct js_cursor *c, uint8_t bracket)
{
    if (js_peek(c) != bracket)
        return false;
    c->p++;
    return true;
}

/* Take ',' or the closing bracket. */
static bool take_separator(struct js_cursor *c, bool *first, uint8_t close, bool *more)
{
    uint8_t next = js_peek(c);

    *more = next != close;
    if (next == close || (!*first && next == ','))
        c->p++;
    else if (!*first)
        return false;
    *first = false;
    return next != 0;
}

bool js_member(struct js_cursor *c, bool *first, struct im_bytes *key, bool *more)
{
    if (!take_separator(c, first, '}', more))
        return false;
    if (!*more)
        return true;
    if (!js_string(c, key) || js_peek(c) != ':')
        return false;
    c->p++;
    return true;
}

bool js_element(struct js_cursor *c, bool *first, bool *more)
{
    return take_separator(c, first, ']', more);
}

static bool take_word(struct js_cursor *c, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
        return false;
    c->p += n;
    return true;
}

static bool skip_value(struct js_cursor *c, int depth);

static bool skip_object(struct js_cursor *c, int depth)
{
    struct im_bytes key;
    bool first = true;
    bool more = true;

    if (!js_enter(c, '{'))
        return false;
    while (js_member(c, &first, &key, &more)) {
        if (!more)
            return true;
        if (!skip_value(c, depth))
            return false;
    }
    return false;
}

static bool skip_array(struct js_cursor *c, int depth)
{
    bool first = true;
    bool more = true;

    if (!js_enter(c, '['))
        return false;
    while (js_element(c, &first, &more)) {
        if (!more)
            return true;
        if (!skip_value(c, depth))
            return false;
    }
    return false;
}

static bool skip_digits(struct js_cursor *c)
{
    const uint8_t *from = c->p;

    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return c->p > from;
}

/* Well formed? What it is worth is not asked. */
static bool skip_number(struct js_cursor *c)
{
    const uint8_t *from;

    c->p += c->p < c->end && *c->p == '-';
    from = c->p;
    if (!skip_digits(c) || (*from == '0' && c->p - from > 1))
        return false;
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!skip_digits(c))
            return false;
    }
    if (c->p < c->end && (*c->p | 0x20) == 'e') {
        c->p++;
        c->p += c->p < c->end && (*c->p == '+' || *c->p == '-');
        return skip_digits(c);
    }
    return true;
}

static bool skip_value(struct js_cursor *c, int depth)
{
    struct im_bytes text;

    if (depth == JSON_MAX_DEPTH)
        return false;
    switch (js_peek(c)) {
    case '{':
        return skip_object(c, depth + 1);
    case '[':
        return skip_array(c, depth + 1);
    case '"':
        return js_string(c, &text);
    case 't':
        return take_word(c, "true");
    case 'f':
        return take_word(c, "false");
    case 'n':
        return take_word(c, "null");
    default:
        return skip_number(c);
    }
}

bool js_skip(struct js_cursor *c, struct im_bytes *raw)
{
    js_peek(c);
    const uint8_t *from = c->p;
    bool good = skip_value(c, 0);

    *raw = (struct im_bytes){from, (size_t)(c->p - from)};
    return good;
}
