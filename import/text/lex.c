/* SPDX-License-Identifier: Apache-2.0 */
/* A short text as code points of one width. */
#include "lex.h"

#include <utf8proc.h>

uint32_t lex_fold(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    if (c == 0x2009 || c == 0x202F)
        return LEX_GROUP_SPACE;
    if (text_is_white(c))
        return ' ';
    return c == 0x2212 || c == 0xFE63 ? '-' : c; /* minus signs */
}

bool lex_decode(struct im_bytes in, struct lex *out)
{
    size_t at = 0;

    out->n = 0;
    while (at < in.len) {
        size_t from = at;
        uint32_t c = lex_fold(im_utf8_next(in, &at));

        if (out->n == 0 && (c == ' ' || c == LEX_GROUP_SPACE)) {
            if (from >= 4 * LEX_MAX)
                return false;
            continue;
        }
        if (out->n == LEX_MAX)
            return false;
        out->at[out->n] = (uint16_t)from;
        out->c[out->n++] = c;
    }
    /* at most 4 bytes of each character and what was skipped before: fits */
    out->at[out->n] = (uint16_t)at;
    while (out->n &&
           (out->c[out->n - 1] == ' ' || out->c[out->n - 1] == LEX_GROUP_SPACE))
        out->n--;
    out->c[out->n] = 0;
    return out->n > 0;
}

static bool is_digit(const uint32_t *c, size_t n, size_t i)
{
    return i < n && c[i] >= '0' && c[i] <= '9';
}

static size_t count_digits(const uint32_t *c, size_t n, size_t i)
{
    size_t count = 0;

    while (is_digit(c, n, i + count))
        count++;
    return count;
}

struct digits {
    char text[LEX_SHORT];
    size_t len;
    bool is_over;
};

static void put(struct digits *d, uint32_t c)
{
    if (d->len == sizeof d->text)
        d->is_over = true;
    else
        d->text[d->len++] = (char)c;
}

static void put_digits(struct digits *d, const uint32_t *c, size_t *i, size_t count)
{
    while (count--)
        put(d, c[(*i)++]);
}

/* "1,234,567": three digits behind each mark, one to three before the first. */
static void
put_integer(struct digits *d, const uint32_t *c, size_t n, size_t *i, size_t count)
{
    bool is_group = count >= 1 && count <= 3;

    put_digits(d, c, i, count);
    while (is_group && *i < n && (c[*i] == ',' || c[*i] == LEX_GROUP_SPACE) &&
           count_digits(c, n, *i + 1) == 3) {
        ++*i;
        put_digits(d, c, i, 3);
    }
}

bool lex_number(const uint32_t *c, size_t n, size_t *pos, struct lex_number *out)
{
    struct digits d = {.len = 0};
    size_t i = *pos;

    *out = (struct lex_number){.value = 0};
    if (i < n && (c[i] == '-' || c[i] == '+')) {
        out->has_sign = true;
        if (c[i] == '-')
            put(&d, '-');
        i++;
    }
    size_t whole = count_digits(c, n, i);
    put_integer(&d, c, n, &i, whole);
    if (i < n && c[i] == '.') {
        size_t fraction = count_digits(c, n, i + 1);

        if (fraction) {
            if (whole == 0)
                put(&d, '0');
            put(&d, c[i++]);
            put_digits(&d, c, &i, fraction);
            out->has_fraction = true;
        } else if (whole && i + 1 == n) {
            i++; /* "12." */
        }
        whole += fraction;
    }
    if (whole == 0)
        return false;
    if (i < n && (c[i] == 'e' || c[i] == 'E')) {
        size_t sign = i + 1 < n && (c[i + 1] == '-' || c[i + 1] == '+');
        size_t exponent = count_digits(c, n, i + 1 + sign);

        if (exponent) {
            put_digits(&d, c, &i, 1 + sign + exponent);
            out->has_fraction = true;
        }
    }
    if (d.is_over ||
        !im_parse_double((struct im_bytes){(uint8_t *)d.text, d.len}, &out->value))
        return false;
    *pos = i;
    return true;
}

static bool is_left_out(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
        return true;
    default:
        return c == ':' || c == '*';
    }
}

bool lex_short(struct im_bytes in, char out[LEX_SHORT])
{
    int32_t all[2 * LEX_SHORT + 1];
    utf8proc_ssize_t n;
    utf8proc_ssize_t kept = 0;
    size_t len = 0;

    if (in.len == 0 || in.len > 4 * LEX_SHORT)
        return false;
    n = utf8proc_decompose(in.data, (utf8proc_ssize_t)in.len, all, 2 * LEX_SHORT,
                           UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE |
                               UTF8PROC_STABLE | UTF8PROC_IGNORE);
    if (n < 0 || n > 2 * LEX_SHORT)
        return false;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        if (!is_left_out(all[i]))
            all[kept++] = all[i];
    kept = utf8proc_normalize_utf32(
        all, kept, (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    for (utf8proc_ssize_t i = 0; i < kept; i++) {
        uint8_t utf8[4];
        size_t size = (size_t)utf8proc_encode_char(all[i], utf8);

        if (len + size >= LEX_SHORT)
            return false;
        memcpy(out + len, utf8, size);
        len += size;
    }
    out[len] = '\0';
    return true;
}

/* 千 of 千米, 千克, 千瓦 and 百 of 百分 belong to the unit. */
static bool is_prefix_of_unit(const uint32_t *c, size_t n, size_t i)
{
    static const char *const words[] = {"千米", "千克", "千瓦", "千赫", "千卡",
                                        "千帕", "千伏", "千焦", "百分", "百帕"};

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (lex_word(c, n, i, words[k]))
            return true;
    return false;
}

double lex_scale(const uint32_t *c, size_t n, size_t *pos)
{
    static const struct {
        const char *word;
        double factor;
    } scales[] = {{"十", 1e1}, {"百", 1e2}, {"千", 1e3}, {"万", 1e4}, {"亿", 1e8}};
    double scale = 1;
    bool more = true;

    while (more && scale < 1e12 && !is_prefix_of_unit(c, n, *pos)) {
        more = false;
        for (size_t k = 0; k < sizeof scales / sizeof *scales && !more; k++)
            if (lex_word(c, n, *pos, scales[k].word)) {
                scale *= scales[k].factor;
                ++*pos;
                more = true;
            }
    }
    return scale;
}
