/* SPDX-License-Identifier: Apache-2.0 */
/* Line breaking for labels: the parts of UAX 14 that Chinese and Latin names need, and
 * even lines as in MapLibre (shaping.ts, determineLineBreaks). */
#include "text_wrap.h"

#include <math.h>

static bool contains(const uint32_t *set, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (set[i] == c)
            return true;
    return false;
}

/* UAX 14 classes CL, CP, EX, IS, NS, PO as far as names have them */
static bool never_first(uint32_t c)
{
    static const uint32_t set[] = {
        L'）', L'】', L'》', L'〉', L'」', L'』', L'〕', L'］', L'｝', L'〗',
        L'、', L'，', L'。', L'．', L'：', L'；', L'！', L'？', L'％', L'‰',
        L'…',  L'—',  L'·',  L'・', L'～', L'ー', L'々', L'”',  L'’',  L'℃',
        L')',  L']',  L'}',  L',',  L'.',  L':',  L';',  L'!',  L'?',  L'%',
        L'/',  L'-',  L'\'', L'"',  L'°',  L'–'};

    return contains(set, sizeof set / sizeof *set, c);
}

/* UAX 14 classes OP and PR */
static bool never_last(uint32_t c)
{
    static const uint32_t set[] = {L'（', L'【', L'《', L'〈', L'「', L'『', L'〔',
                                   L'［', L'｛', L'〖', L'“',  L'‘',  L'(',  L'[',
                                   L'{',  L'￥', L'¥',  L'$',  L'#',  L'№',  L'"'};

    return contains(set, sizeof set / sizeof *set, c);
}

/** Characters with a line opportunity on both sides (UAX 14 class ID). */
static bool is_ideographic(uint32_t c)
{
    return (c >= 0x2e80 && c <= 0x9fff) || /* radicals, kana, bopomofo, ideographs */
           (c >= 0xa000 && c <= 0xa4cf) || /* Yi */
           (c >= 0xac00 && c <= 0xd7a3) || /* Hangul */
           (c >= 0xf900 && c <= 0xfaff) || /* compatibility ideographs */
           (c >= 0xfe30 && c <= 0xfe4f) || /* compatibility forms */
           (c >= 0xff00 && c <= 0xffef) || /* full width */
           (c >= 0x20000 && c <= 0x3ffff); /* ideographs of the other planes */
}

bool text_is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == 0x3000 || c == 0x200b;
}

bool text_may_break(const uint32_t *chars, uint32_t n, uint32_t i)
{
    uint32_t end = i; /* of what stands before the break and its spaces */

    if (i == 0 || i >= n || text_is_space(chars[i]))
        return false; /* after the last space, not before each */
    while (end > 0 && text_is_space(chars[end - 1]))
        end--;
    if (end == 0)
        return true;
    uint32_t before = chars[end - 1];
    uint32_t after = chars[i];
    if (end < i) /* straight quotes open and close: a space tells which */
        return (!never_last(before) || before == '"') &&
               (!never_first(after) || after == '"' || after == '\'');
    return (is_ideographic(before) || is_ideographic(after)) && !never_last(before) &&
           !never_first(after);
}

/** At a space or at punctuation: the reader pauses here anyway. */
static bool is_pause(const uint32_t *chars, uint32_t i)
{
    return text_is_space(chars[i - 1]) || never_first(chars[i - 1]) ||
           never_last(chars[i]);
}

static bool is_digit(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 0xff10 && c <= 0xff19); /* full width */
}

/** Between a number and what it counts, or 第 and its number: 第2|号, 12|万. */
static bool parts_number(const uint32_t *chars, uint32_t i)
{
    return (is_digit(chars[i - 1]) && is_ideographic(chars[i])) ||
           (chars[i - 1] == L'第' && is_digit(chars[i]));
}

/** A last line of one letter, whatever marks follow it. */
static bool is_lone(const uint32_t *chars, struct text_line line)
{
    uint32_t n = 0;

    for (uint32_t i = line.first; i < line.last && n < 2; i++)
        n += !never_first(chars[i]);
    return n < 2;
}

struct paragraph {
    const uint32_t *chars;
    const double *ahead; /* ahead[i]: width of all characters before i */
    uint32_t first, last;
    double max_width;
    double target;
};

/** The line first..last-1 without the spaces at its ends. */
static struct text_line
line_of(const struct paragraph *p, uint32_t first, uint32_t last)
{
    while (first < last && text_is_space(p->chars[first]))
        first++;
    while (first < last && text_is_space(p->chars[last - 1]))
        last--;
    return (struct text_line){first, last, (float)(p->ahead[last] - p->ahead[first])};
}

/** How bad a line is: its distance from the width that would make all lines equal; a
 *  last line may rather be short than long, but not one letter; breaking inside a word
 *  or a pair of brackets weighs like nearly half a line, beside a number like more; too
 *  wide is worse than any unevenness. */
static double badness(const struct paragraph *p, struct text_line line, uint32_t end)
{
    double width = (double)line.width;
    double ragged = (width - p->target) * (width - p->target);
    double over = width - p->max_width;

    if (end == p->last)
        ragged *= width < p->target ? 0.5 : 2;
    else if (!is_pause(p->chars, end))
        ragged += 0.2 * p->max_width * p->max_width;
    if (end == p->last ? is_lone(p->chars, line) : parts_number(p->chars, end))
        ragged += 0.3 * p->max_width * p->max_width;
    return over > p->max_width * 1e-5
               ? ragged + 100 * (over + p->max_width) * (over + p->max_width)
               : ragged;
}

/** Fewest badness over all ways to break; walks back no further than one line that is
 *  too wide, so the work is characters times characters in a line. */
static uint32_t break_paragraph(const struct paragraph *p, struct text_line *lines)
{
    double cost[TEXT_MAX_CHARS + 1];
    uint32_t from[TEXT_MAX_CHARS + 1];
    uint32_t ends[TEXT_MAX_CHARS + 1];
    uint32_t n_lines = 0;

    cost[p->first] = 0;
    for (uint32_t i = p->first + 1; i <= p->last; i++) {
        cost[i] = HUGE_VAL;
        from[i] = p->first;
        if (i < p->last && !text_may_break(p->chars, p->last, i))
            continue;
        for (uint32_t k = i; k-- > p->first;) {
            if (k > p->first && !text_may_break(p->chars, p->last, k))
                continue;
            struct text_line line = line_of(p, k, i);
            double c = cost[k] + badness(p, line, i);
            if (c < cost[i]) {
                cost[i] = c;
                from[i] = k;
            }
            if ((double)line.width > p->max_width)
                break;
        }
    }
    for (uint32_t i = p->last; i > p->first; i = from[i])
        ends[n_lines++] = i;
    for (uint32_t i = 0; i < n_lines; i++) {
        uint32_t end = ends[n_lines - 1 - i];

        lines[i] = line_of(p, from[end], end);
    }
    return n_lines;
}

static uint32_t wrap_paragraph(struct paragraph *p, struct text_line *lines)
{
    struct text_line whole = line_of(p, p->first, p->last);

    if (whole.first == whole.last)
        return 0;
    if (!(p->max_width > 0) || (double)whole.width <= p->max_width) {
        lines[0] = whole;
        return 1;
    }
    p->first = whole.first;
    p->last = whole.last;
    p->target = (double)whole.width / ceil((double)whole.width / p->max_width);
    return break_paragraph(p, lines);
}

uint32_t text_wrap(const uint32_t *chars,
                   const float *advance,
                   uint32_t n,
                   float max_width,
                   struct text_line lines[TEXT_MAX_CHARS + 1])
{
    double ahead[TEXT_MAX_CHARS + 1];
    struct paragraph p = {
        .chars = chars, .ahead = ahead, .max_width = (double)max_width};
    uint32_t n_lines = 0;
    uint32_t first = 0;

    ahead[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        ahead[i + 1] = ahead[i] + (double)advance[i];
    for (uint32_t i = 0; i <= n; i++)
        if (i == n || chars[i] == '\n') {
            p.first = first;
            p.last = i;
            n_lines += wrap_paragraph(&p, lines + n_lines);
            first = i + 1;
        }
    return n_lines;
}
