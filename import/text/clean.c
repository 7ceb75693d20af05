/* SPDX-License-Identifier: Apache-2.0 */
/* White space, width, invisible characters, people's ways to write nothing. */
#include "lex.h"

#include <utf8proc.h>

/* ---- for storing ---- */

enum kind { KIND_TEXT, KIND_SPACE, KIND_BREAK, KIND_CONTROL, KIND_INVISIBLE };

/* Unicode 5.8, newline functions: what ends a line somewhere, ends it here. */
static bool is_break(uint32_t c)
{
    return (c >= 0x0A && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Format characters that are seen: signs which stand over numbers. */
static bool is_seen(uint32_t c)
{
    return (c >= 0x600 && c <= 0x605) || c == 0x6DD || c == 0x70F || c == 0x890 ||
           c == 0x891 || c == 0x8E2 || c == 0x110BD || c == 0x110CD;
}

/* Letters that draw nothing (Hangul fillers). */
static bool is_filler(uint32_t c)
{
    return c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0;
}

static bool is_noncharacter(uint32_t c)
{
    return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

static enum kind kind_of(uint32_t c)
{
    if (c > ' ' && c < 0x7F)
        return KIND_TEXT;
    if (c >= 0x4E00 && c <= 0x9FFF) /* most of what comes: no table is asked */
        return KIND_TEXT;
    if (is_break(c))
        return KIND_BREAK;
    if (c == ' ' || c == '\t')
        return KIND_SPACE;
    if (is_noncharacter(c) || is_filler(c))
        return KIND_INVISIBLE;
    switch (utf8proc_category((int32_t)c)) {
    case UTF8PROC_CATEGORY_ZS:
        return KIND_SPACE;
    case UTF8PROC_CATEGORY_CC:
        return KIND_CONTROL;
    case UTF8PROC_CATEGORY_CF:
        return is_seen(c) ? KIND_TEXT : KIND_INVISIBLE;
    case UTF8PROC_CATEGORY_CO:
        return KIND_INVISIBLE;
    default:
        return KIND_TEXT;
    }
}

/* Chinese characters, their punctuation and full-width forms: no space between them. */
static bool is_chinese(uint32_t c)
{
    return (c >= 0x2E80 && c <= 0x2FDF) || (c >= 0x3001 && c <= 0x30FF) ||
           (c >= 0x31C0 && c <= 0x31EF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) ||
           (c >= 0xFF01 && c <= 0xFF60) || (c >= 0x20000 && c <= 0x3FFFF);
}

/* Is anything wrong, and is there anything to do? */
static enum text_fault look(struct im_bytes in, bool *is_clean)
{
    bool was_space = true; /* at the start too */

    *is_clean = true;
    for (size_t at = 0; at < in.len;) {
        uint32_t c = im_utf8_next(in, &at);
        enum kind kind = kind_of(c);

        if (kind == KIND_CONTROL)
            return TEXT_CONTROL;
        if (kind == KIND_INVISIBLE)
            return TEXT_INVISIBLE;
        bool is_space = kind != KIND_TEXT;
        if (is_space && (was_space || c != ' '))
            *is_clean = false;
        was_space = is_space;
    }
    if (was_space && in.len)
        *is_clean = false;
    return TEXT_GOOD;
}

struct gap {
    bool is_open; /* white space since the last character */
    unsigned breaks;
    uint32_t previous; /* break character, for CR LF */
};

static void widen(struct gap *gap, uint32_t c, enum kind kind)
{
    gap->is_open = true;
    if (kind == KIND_BREAK && !(c == '\n' && gap->previous == '\r'))
        gap->breaks++;
    gap->previous = c;
}

static const char *
fill(const struct gap *gap, uint32_t before, uint32_t after, bool multiline)
{
    if (!gap->is_open)
        return "";
    if (gap->breaks == 0)
        return " ";
    if (multiline)
        return gap->breaks > 1 ? "\n\n" : "\n"; /* an empty line stays one */
    return is_chinese(before) && is_chinese(after) ? "" : " ";
}

/* `out` has in.len bytes: a run of white space never grows. */
static size_t rewrite(struct im_bytes in, bool multiline, uint8_t *out)
{
    struct gap gap = {.is_open = false};
    uint32_t before = 0;
    size_t len = 0;

    for (size_t at = 0; at < in.len;) {
        size_t from = at;
        uint32_t c = im_utf8_next(in, &at);
        enum kind kind = kind_of(c);

        if (kind != KIND_TEXT) {
            widen(&gap, c, kind);
            continue;
        }
        const char *space = len ? fill(&gap, before, c, multiline) : "";
        size_t n = strlen(space);

        memcpy(out + len, space, n);
        memcpy(out + len + n, in.data + from, at - from);
        len += n + at - from;
        gap = (struct gap){.is_open = false};
        before = c;
    }
    return len;
}

enum text_fault text_clean(struct im_bytes in,
                           bool multiline,
                           struct im_arena *arena,
                           struct im_bytes *out)
{
    bool is_clean;

    *out = (struct im_bytes){in.data, 0};
    if (!im_utf8_valid(in))
        return TEXT_NOT_UTF8;
    if (in.len >= 3 && memcmp(in.data, "\xEF\xBB\xBF", 3) == 0) {
        in.data += 3;
        in.len -= 3;
    }
    enum text_fault fault = look(in, &is_clean);
    if (fault)
        return fault;
    if (is_clean) {
        *out = in;
        return TEXT_GOOD;
    }
    uint8_t *copy = im_arena_alloc(arena, in.len);
    if (!copy)
        return TEXT_NO_MEMORY;
    *out = (struct im_bytes){copy, rewrite(in, multiline, copy)};
    return TEXT_GOOD;
}

/* ---- nothing ---- */

/* Only dashes, slashes, dots and the like. */
static bool is_strokes(struct im_bytes in)
{
    static const uint32_t strokes[] = {'/',    '\\',   '-',    '_',    '.',    ',',
                                       ';',    '|',    '~',    '*',    '^',    0xB7,
                                       0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015,
                                       0x2022, 0x2026, 0x2500, 0x2501, 0x3001, 0x3002,
                                       0x30FC, 0x4E00 /* 一 for a dash */};
    bool only_one = true; /* 一 */

    for (size_t at = 0; at < in.len;) {
        uint32_t c = lex_fold(im_utf8_next(in, &at));
        bool found = c == ' ' || c == LEX_GROUP_SPACE;

        for (size_t i = 0; i < sizeof strokes / sizeof *strokes && !found; i++)
            found = c == strokes[i];
        if (!found)
            return false;
        only_one = only_one && (c == 0x4E00 || c == ' ');
    }
    return !only_one;
}

bool text_is_blank(struct im_bytes in)
{
    static const char *const words[] = {
        "无",     "暂无",     "没有",   "空",     "空白",   "缺",   "暂缺",
        "不详",   "未知",     "待定",     "待核实",   "待确认", "未填",   "未填写", "未提供", "待补", "待补充",
        "无数据", "暂无数据", "不适用", "n/a",    "na",     "#n/a", "n.a.",
        "null",   "none",     "nil",    "<null>", "(null)"};
    char text[LEX_SHORT];
    size_t at = 0;

    while (at < in.len) { /* white space only */
        uint32_t c = lex_fold(im_utf8_next(in, &at));

        if (c != ' ' && c != LEX_GROUP_SPACE)
            break;
        if (at == in.len)
            return true;
    }
    if (in.len == 0 || is_strokes(in))
        return true;
    if (!lex_short(in, text))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}
