/* SPDX-License-Identifier: Apache-2.0 */
/* Text onto the page. */
#include "page.h"

const char *page_say(const struct page *p, const char *zh, const char *en)
{
    return p->w->is_zh ? zh : en;
}

void page_put(const struct page *p, const char *html)
{
    fputs(html, p->w->file);
}

static const char *entity(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case 0xFFFD:
        return "&#xFFFD;";
    default:
        /* controls, and marks that turn the direction of what stands beside */
        return (c < 0x20 && c != '\n') || (c >= 0x7F && c < 0xA0) ||
                       (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)
                   ? " "
                   : NULL;
    }
}

void page_text(const struct page *p, const char *text)
{
    struct im_bytes in = im_bytes_of(report_text(text));

    for (size_t at = 0; at < in.len;) {
        size_t start = at;
        const char *instead = entity(im_utf8_next(in, &at));

        if (instead)
            fputs(instead, p->w->file);
        else
            fwrite(in.data + start, 1, at - start, p->w->file);
    }
}

void page_number(const struct page *p, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);

    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            page_put(p, ",");
        fputc(digits[i], p->w->file);
    }
}

void page_heading(const struct page *p, const char *zh, const char *en)
{
    page_put(p, "<th scope=\"col\">");
    page_put(p, page_say(p, zh, en));
    page_put(p, "</th>");
}

void page_cell(const struct page *p, const char *class, const char *zh, const char *en)
{
    page_put(p, "<td class=\"");
    page_put(p, class);
    page_put(p, "\" data-h=\"");
    page_put(p, page_say(p, zh, en));
    page_put(p, "\">");
}
