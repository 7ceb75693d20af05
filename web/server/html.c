/* SPDX-License-Identifier: Apache-2.0 */
/* HTML that is escaped by construction. */
#include "html.h"

#include <strings.h>

void html_literal(struct html *h, const char *literal)
{
    im_buf_text(h->out, literal);
}

/* The one place where a value becomes HTML: good for text and for quoted attributes. */
static void escape(struct im_buf *out, struct im_bytes text)
{
    static const char bad[] = "\xEF\xBF\xBD";

    for (size_t i = 0; i < text.len;) {
        size_t start = i;
        uint32_t c = im_utf8_next(text, &i);

        switch (c) {
        case '&':
            im_buf_text(out, "&amp;");
            break;
        case '<':
            im_buf_text(out, "&lt;");
            break;
        case '>':
            im_buf_text(out, "&gt;");
            break;
        case '"':
            im_buf_text(out, "&quot;");
            break;
        case '\'':
            im_buf_text(out, "&#39;");
            break;
        default:
            if (c == 0xFFFD || (im_utf8_is_unseemly(c) && c != '\n' && c != '\t'))
                im_buf_text(out, bad);
            else
                im_buf_append(out, text.data + start, i - start);
        }
    }
}

void html_text(struct html *h, struct im_bytes text)
{
    escape(h->out, text);
}

void html_string(struct html *h, const char *text)
{
    escape(h->out, im_bytes_of(text));
}

void html_number(struct html *h, double value, int decimals)
{
    char digits[IM_NUMBER_MAX];

    im_buf_append(h->out, digits, im_format_double(digits, value, decimals));
}

void html_integer(struct html *h, int64_t value)
{
    im_buf_printf(h->out, "%lld", (long long)value);
}

void html_named(struct html *h, const char *literal, struct im_bytes value)
{
    html_literal(h, literal);
    escape(h->out, value);
    html_literal(h, "\"");
}

static bool starts_with(struct im_bytes text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && strncasecmp((const char *)text.data, prefix, len) == 0;
}

bool html_url_is_safe(struct im_bytes url)
{
    /* browsers leave out tabs and line breaks and take \ for /, so none may be there */
    for (size_t i = 0; i < url.len; i++)
        if (url.data[i] <= ' ' || url.data[i] == '\\' || url.data[i] == 0x7f)
            return false;
    if (starts_with(url, "http://") || starts_with(url, "https://"))
        return true;
    if (url.len == 0 || starts_with(url, "//"))
        return false;
    /* RFC 3986, 4.2: a colon before the first slash would make a scheme */
    for (size_t i = 0; i < url.len && !memchr("/?#", url.data[i], 3); i++)
        if (url.data[i] == ':')
            return false;
    return true;
}

void html_named_url(struct html *h, const char *literal, const char *url)
{
    struct im_bytes bytes = im_bytes_of(url);

    html_named(h, literal, html_url_is_safe(bytes) ? bytes : im_bytes_of("#"));
}

void html_link(struct html *h, const char *url, struct im_bytes text)
{
    html_markup(h, "<a");
    html_address(h, "href", url);
    html_markup(h, ">");
    html_text(h, text);
    html_markup(h, "</a>");
}
