/* SPDX-License-Identifier: Apache-2.0 */
/* HTML in descriptions to plain text. For reading only: what comes out is text, and is
 * escaped wherever it is shown. */
#include "internal.h"

#include <ctype.h>

struct cursor {
    struct im_bytes in;
    size_t at;
    struct im_buf *out;
};

static bool starts_tag(const struct cursor *c, const char *name)
{
    size_t n = strlen(name), at = c->at + 1;

    if (at < c->in.len && c->in.data[at] == '/')
        at++;
    if (at + n > c->in.len || strncasecmp((const char *)c->in.data + at, name, n) != 0)
        return false;
    return at + n == c->in.len || !isalnum(c->in.data[at + n]);
}

/* Behind the next occurrence of `word`, in any case; the end when there is none. */
static size_t behind(const struct cursor *c, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = c->at; i + n <= c->in.len; i++)
        if (strncasecmp((const char *)c->in.data + i, word, n) == 0)
            return i + n;
    return c->in.len;
}

/* A tag begins with a letter, '/', '!' or '?'; "a < b" is text. */
static bool is_tag(const struct cursor *c)
{
    uint8_t next = c->at + 1 < c->in.len ? c->in.data[c->at + 1] : 0;

    return isalpha(next) || next == '/' || next == '!' || next == '?';
}

static void skip_tag(struct cursor *c)
{
    static const char *const BREAKS[] = {"br", "p",  "tr", "li", "div", "h1",
                                         "h2", "h3", "td", "th", NULL};

    if (starts_tag(c, "script")) {
        c->at = behind(c, "</script>");
        return;
    }
    if (starts_tag(c, "style")) {
        c->at = behind(c, "</style>");
        return;
    }
    if (c->in.len - c->at >= 4 && memcmp(c->in.data + c->at, "<!--", 4) == 0) {
        c->at = behind(c, "-->");
        return;
    }
    for (size_t i = 0; BREAKS[i]; i++)
        if (starts_tag(c, BREAKS[i]))
            im_buf_byte(c->out,
                        BREAKS[i][0] == 't' && BREAKS[i][1] != 'r' ? ' ' : '\n');
    c->at = behind(c, ">");
}

static void append_code_point(struct im_buf *out, unsigned long c)
{
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xD800 && c < 0xE000) ||
        c > 0x10FFFF)
        im_buf_byte(out, ' ');
    else if (c < 0x80)
        im_buf_byte(out, (uint8_t)c);
    else if (c < 0x800)
        im_buf_append(
            out, (uint8_t[]){(uint8_t)(0xC0 | c >> 6), (uint8_t)(0x80 | (c & 63))}, 2);
    else if (c < 0x10000)
        im_buf_append(out,
                      (uint8_t[]){(uint8_t)(0xE0 | c >> 12),
                                  (uint8_t)(0x80 | (c >> 6 & 63)),
                                  (uint8_t)(0x80 | (c & 63))},
                      3);
    else
        im_buf_append(
            out,
            (uint8_t[]){(uint8_t)(0xF0 | c >> 18), (uint8_t)(0x80 | (c >> 12 & 63)),
                        (uint8_t)(0x80 | (c >> 6 & 63)), (uint8_t)(0x80 | (c & 63))},
            4);
}

/* "&#38;", "&#x26;", "&amp;" ...; false: no reference, the '&' is text. */
static bool take_reference(struct cursor *c)
{
    static const struct {
        const char *name;
        unsigned code;
    } NAMED[] = {{"amp;", '&'},  {"lt;", '<'},    {"gt;", '>'},
                 {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", 0xA0}};
    char text[12] = "";
    size_t n = c->in.len - c->at - 1;
    char *end;

    n = n < sizeof text - 1 ? n : sizeof text - 1;
    memcpy(text, c->in.data + c->at + 1, n);
    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++)
        if (strncmp(text, NAMED[i].name, strlen(NAMED[i].name)) == 0) {
            append_code_point(c->out, NAMED[i].code);
            c->at += 1 + strlen(NAMED[i].name);
            return true;
        }
    bool is_hex = text[0] == '#' && (text[1] == 'x' || text[1] == 'X');
    if (text[0] != '#' || !isalnum((unsigned char)text[is_hex ? 2 : 1]))
        return false;
    unsigned long code = strtoul(text + (is_hex ? 2 : 1), &end, is_hex ? 16 : 10);
    if (*end != ';')
        return false;
    append_code_point(c->out, code);
    c->at += 2 + (size_t)(end - text);
    return true;
}

void markup_strip(struct im_bytes in, struct im_buf *out)
{
    struct cursor c = {.in = in, .out = out};

    while (c.at < in.len) {
        if (in.data[c.at] == '<' && is_tag(&c))
            skip_tag(&c);
        else if (in.data[c.at] != '&' || !take_reference(&c))
            im_buf_byte(out, in.data[c.at++]);
    }
}
