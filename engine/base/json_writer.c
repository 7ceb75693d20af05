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

static void escape(struct im_buf *out, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]};

    im_buf_append(out, text, sizeof text);
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
static bool is_plain_eight(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t x;

    memcpy(&x, p, sizeof x);
    uint64_t quote = x ^ ones * '"';
    uint64_t less = x ^ ones * '<';
    uint64_t back = x ^ ones * '\\';
    uint64_t found = x | (x - ones * 0x20) | (x + ones) | (quote - ones) |
                     (less - ones) | (back - ones);

    return (found & ones * 0x80) == 0;
}

/* A character of three bytes whose first byte allows any others (RFC 3629): nearly all
 * Chinese ones. */
static bool is_plain_three(const uint8_t *p)
{
    return p[0] > 0xE0 && p[0] < 0xF0 && p[0] != 0xED && (p[1] & 0xC0) == 0x80 &&
           (p[2] & 0xC0) == 0x80;
}

/* The end of what can be copied as it is from `i` on. */
static size_t verbatim(struct im_bytes text, size_t i)
{
    while (i < text.len) {
        size_t next = i;

        if (text.len - i >= 8 && is_plain_eight(text.data + i))
            i += 8;
        else if (is_plain(text.data[i]))
            i++;
        else if (text.data[i] < 0x80)
            break;
        else if (text.len - i >= 3 && is_plain_three(text.data + i))
            i += 3;
        else if (im_utf8_next(text, &next) != 0xFFFD)
            i = next;
        else
            break;
    }
    return i;
}

void im_json_string(struct im_json *w, struct im_bytes text)
{
    size_t i = 0;

    begin_value(w);
    im_buf_byte(w->out, '"');
    while (i < text.len) {
        size_t end = verbatim(text, i);

        im_buf_append(w->out, text.data + i, end - i);
        i = end;
        if (i == text.len)
            break;
        uint32_t c = im_utf8_next(text, &i);
        if (c == '"' || c == '\\') {
            im_buf_byte(w->out, '\\');
            im_buf_byte(w->out, (uint8_t)c);
        } else if (c < 0x80) {
            escape(w->out, c);
        } else {
            im_buf_text(w->out, "\xEF\xBF\xBD");
        }
    }
    im_buf_byte(w->out, '"');
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
