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

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<';
}

void im_json_string(struct im_json *w, struct im_bytes text)
{
    begin_value(w);
    im_buf_byte(w->out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t start = i;

        while (i < text.len && is_plain(text.data[i]))
            i++;
        im_buf_append(w->out, text.data + start, i - start);
        if (i == text.len)
            break;
        start = i;
        uint32_t c = im_utf8_next(text, &i);
        if (c == '"' || c == '\\') {
            im_buf_byte(w->out, '\\');
            im_buf_byte(w->out, (uint8_t)c);
        } else if (c < 0x80) {
            escape(w->out, c);
        } else if (c == 0xFFFD) {
            im_buf_text(w->out, "\xEF\xBF\xBD");
        } else {
            im_buf_append(w->out, text.data + start, i - start);
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
    begin_value(w);
    im_buf_printf(w->out, "%lld", (long long)value);
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
