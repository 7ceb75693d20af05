/* SPDX-License-Identifier: Apache-2.0 */
/* An appending JSON writer. */
#include <engine/json_writer.h>

static void begin_value(struct im_json *w)
{
    if (w->comma)
        im_buf_byte(w->out, ',');
    w->comma = true;
}

static void open_level(struct im_json *w, uint8_t bracket)
{
    begin_value(w);
    im_buf_byte(w->out, bracket);
    w->comma = false;
}

static void close_level(struct im_json *w, uint8_t bracket)
{
    im_buf_byte(w->out, bracket);
    w->comma = true;
}

void im_json_object(struct im_json *w)
{
    open_level(w, '{');
}

void im_json_object_end(struct im_json *w)
{
    close_level(w, '}');
}

void im_json_array(struct im_json *w)
{
    open_level(w, '[');
}

void im_json_array_end(struct im_json *w)
{
    close_level(w, ']');
}

void im_json_key(struct im_json *w, const char *key)
{
    im_json_text(w, key);
    im_buf_byte(w->out, ':');
    w->comma = false;
}

/* What stands in a string as it is: all but controls, '"', '<' and '\\'. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<';
}

/* The same of eight bytes at once. A byte b is less than n (n up to 128) where
 * b - n borrows into its highest bit and b had none itself; x with all its bytes equal
 * to c is found as x ^ c less than 1. Borrows from one byte to the next can only follow
 * a byte that is not plain, so the answer for all eight is right. */
static bool is_plain_eight(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t quote = x ^ ones * '"';
    uint64_t less = x ^ ones * '<';
    uint64_t back = x ^ ones * '\\';
    uint64_t found = x | (x - ones * 0x20) | (x + ones) | (quote - ones) |
                     (less - ones) | (back - ones);

    return (found & ones * 0x80) == 0;
}

/* Do two characters of three bytes begin here, of those whose first byte is E4 to EB:
 * U+4000 to U+BFFF, nearly all Chinese ones? Four more make these bytes E8 to EF, which
 * are those that begin with 11101; a carry out of FC and above leaves no such byte. */
static bool is_plain_pair(uint64_t x)
{
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return false;
    return ((x + 0x04000004) & 0xC0C0F8C0C0F8) == 0x8080E88080E8;
}

/* A character of three bytes whose first byte allows any others (RFC 3629). */
static bool is_plain_three(const uint8_t *p)
{
    return p[0] > 0xE0 && p[0] < 0xF0 && p[0] != 0xED && (p[1] & 0xC0) == 0x80 &&
           (p[2] & 0xC0) == 0x80;
}

/* The last four to seven bytes, with spaces behind them. */
static uint64_t load_tail(const uint8_t *p, size_t n)
{
    uint32_t low;
    uint32_t high;

    memcpy(&low, p, sizeof low);
    memcpy(&high, p + n - sizeof high, sizeof high);
    return low | (uint64_t)high << 8 * (n - sizeof high) |
           (uint64_t)0x2020202020202020 << 8 * n;
}

/* How many bytes at `p` stand as they are, written to `to` with some more behind them:
 * 8, 6 or what is left; 0: look at the next one alone. */
static size_t copy_plain(uint8_t *to, const uint8_t *p, size_t left)
{
    uint64_t x;

    if (left >= 8)
        memcpy(&x, p, sizeof x);
    else if (left >= 4 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        x = load_tail(p, left);
    else
        return 0;
    memcpy(to, &x, sizeof x);
    if (is_plain_eight(x))
        return left < 8 ? left : 8;
    return left >= 6 && is_plain_pair(x) ? 6 : 0;
}

/* The character at *i, which is no part of a run. */
static uint8_t *put_character(uint8_t *to, struct im_bytes text, size_t *i)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = *i;
    uint32_t c = im_utf8_next(text, i);

    if (c == '"' || c == '\\') {
        *to++ = '\\';
        *to++ = (uint8_t)c;
    } else if (c < 0x80 && !is_plain((uint8_t)c)) {
        memcpy(to, "\\u00", 4);
        to[4] = (uint8_t)hex[c >> 4];
        to[5] = (uint8_t)hex[c & 15];
        to += 6;
    } else if (c == 0xFFFD) { /* itself, or a byte that is none */
        memcpy(to, "\xEF\xBF\xBD", 3);
        to += 3;
    } else {
        memcpy(to, text.data + from, *i - from);
        to += *i - from;
    }
    return to;
}

uint8_t *im_json_put_string(uint8_t *to, struct im_bytes text)
{
    size_t i = 0;

    *to++ = '"';
    while (i < text.len) {
        const uint8_t *p = text.data + i;
        size_t n = copy_plain(to, p, text.len - i);

        if (n) {
            to += n;
            i += n;
        } else if (is_plain(*p)) {
            *to++ = *p;
            i++;
        } else if (text.len - i >= 3 && is_plain_three(p)) {
            memcpy(to, p, 3);
            to += 3;
            i += 3;
        } else {
            to = put_character(to, text, &i);
        }
    }
    *to++ = '"';
    return to;
}

/* What does not fit is written in parts, so that room is asked for what is needed. */
static void put_long(struct im_buf *out, struct im_bytes text)
{
    enum { PART = 256 };
    uint8_t part[JSON_STRING_ROOM(PART)];
    size_t i = 0;

    im_buf_byte(out, '"');
    while (i < text.len && !out->failed) {
        size_t from = i;

        while (i < text.len && i - from < PART - 4)
            im_utf8_next(text, &i);
        struct im_bytes piece = {text.data + from, i - from};
        /* without the quotes around it */
        size_t len = (size_t)(im_json_put_string(part, piece) - part) - 2;
        im_buf_append(out, part + 1, len);
    }
    im_buf_byte(out, '"');
}

void im_json_string(struct im_json *w, struct im_bytes text)
{
    struct im_buf *out = w->out;

    begin_value(w);
    if (text.len < 65536 && out->cap - out->len >= JSON_STRING_ROOM(text.len) &&
        !out->failed)
        out->len = (size_t)(im_json_put_string(out->data + out->len, text) - out->data);
    else
        put_long(out, text);
}

void im_json_text(struct im_json *w, const char *text)
{
    if (text)
        im_json_string(w, im_bytes_of(text));
    else
        im_json_null(w);
}

void im_json_int(struct im_json *w, int64_t value)
{
    char text[IM_NUMBER_MAX];

    begin_value(w);
    im_buf_append(w->out, text, im_format_int64(text, value));
}

void im_json_number(struct im_json *w, double value, int decimals)
{
    char text[IM_NUMBER_MAX];

    begin_value(w);
    im_buf_append(w->out, text, im_format_double(text, value, decimals));
}

void im_json_bool(struct im_json *w, bool value)
{
    im_json_raw(w, im_bytes_of(value ? "true" : "false"));
}

void im_json_null(struct im_json *w)
{
    im_json_raw(w, im_bytes_of("null"));
}

void im_json_raw(struct im_json *w, struct im_bytes json)
{
    begin_value(w);
    im_buf_append(w->out, json.data, json.len);
}
