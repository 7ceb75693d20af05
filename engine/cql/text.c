/* SPDX-License-Identifier: Apache-2.0 */
/* Texts without regard to case and accents, and LIKE. */
#include "cql/program.h"

#include <utf8proc.h>

static bool is_ascii(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

static bool ascii_case(struct im_bytes text,
                       uint8_t from,
                       struct im_arena *arena,
                       struct im_bytes *out)
{
    uint8_t *copy = im_arena_alloc(arena, text.len);

    if (!copy)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        copy[i] = c >= from && c <= from + 25 ? c ^ 32 : c;
    }
    *out = (struct im_bytes){copy, text.len};
    return true;
}

/* Code points of `text`, decomposed by `options`. */
static int32_t *decompose(struct im_bytes text,
                          utf8proc_option_t options,
                          size_t spare,
                          struct im_arena *arena,
                          size_t *n)
{
    size_t room = text.len + spare + 8;
    int32_t *points = NULL;
    utf8proc_ssize_t need = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        points = im_arena_calloc(arena, room + 1, sizeof *points);
        need = points ? utf8proc_decompose(text.data, (utf8proc_ssize_t)text.len,
                                           points, (utf8proc_ssize_t)room, options)
                      : -1;
        if (need < 0)
            return NULL;
        if ((size_t)need <= room)
            break;
        room = (size_t)need + spare;
    }
    *n = (size_t)need;
    return points;
}

/* In place: an encoded code point is never longer than itself. */
static bool compose(int32_t *points, size_t n, struct im_bytes *out)
{
    utf8proc_ssize_t len = utf8proc_reencode(points, (utf8proc_ssize_t)n,
                                             UTF8PROC_COMPOSE | UTF8PROC_STABLE);

    *out = (struct im_bytes){(const uint8_t *)points, len < 0 ? 0 : (size_t)len};
    return len >= 0;
}

bool cql_fold_case(struct im_bytes text, struct im_arena *arena, struct im_bytes *out)
{
    size_t n;
    int32_t *points;

    if (is_ascii(text))
        return ascii_case(text, 'A', arena, out);
    points = decompose(text, UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE | UTF8PROC_STABLE, 0,
                       arena, &n);
    return points && compose(points, n, out);
}

bool cql_compose(struct im_bytes text, struct im_arena *arena, struct im_bytes *out)
{
    bool is_suspect = false;
    size_t n;
    int32_t *points;

    /* U+0300 to U+036F begin with these bytes; other marks hardly stand after what they
     * would compose with */
    for (size_t i = 0; i < text.len; i++)
        is_suspect |= text.data[i] == 0xCC || text.data[i] == 0xCD;
    *out = text;
    if (!is_suspect)
        return true;
    points = decompose(text, UTF8PROC_COMPOSE | UTF8PROC_STABLE, 0, arena, &n);
    return points && compose(points, n, out);
}

/* Letters that Unicode does not decompose, as people write them without marks. */
static const char *plain_letter(int32_t c)
{
    static const struct {
        int32_t c;
        const char *plain;
    } table[] = {{0xC6, "AE"},  {0xD0, "D"},    {0xD8, "O"},  {0xDE, "TH"},
                 {0xDF, "ss"},  {0xE6, "ae"},   {0xF0, "d"},  {0xF8, "o"},
                 {0xFE, "th"},  {0x110, "D"},   {0x111, "d"}, {0x126, "H"},
                 {0x127, "h"},  {0x131, "i"},   {0x138, "q"}, {0x141, "L"},
                 {0x142, "l"},  {0x14A, "N"},   {0x14B, "n"}, {0x152, "OE"},
                 {0x153, "oe"}, {0x166, "T"},   {0x167, "t"}, {0x180, "b"},
                 {0x197, "I"},  {0x1E9E, "SS"}, {0x268, "i"}, {0x289, "u"}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].c == c)
            return table[i].plain;
    return NULL;
}

/* Voicing marks of kana change the letter, as the standard recommends to respect. */
static bool is_accent(int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_MN && c != 0x3099 && c != 0x309A;
}

bool cql_strip_accents(struct im_bytes text,
                       struct im_arena *arena,
                       struct im_bytes *out)
{
    size_t n;
    size_t kept = 0;
    int32_t *points;
    int32_t *plain;

    *out = text;
    if (is_ascii(text))
        return true;
    points = decompose(text, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, 0, arena, &n);
    plain = points ? im_arena_calloc(arena, 2 * n + 1, sizeof *plain) : NULL;
    if (!plain)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *letters = plain_letter(points[i]);

        for (; letters && *letters; letters++)
            plain[kept++] = *letters;
        if (!letters && !is_accent(points[i]))
            plain[kept++] = points[i];
    }
    return compose(plain, kept, out);
}

bool cql_change_case(struct im_bytes text,
                     bool upper,
                     struct im_arena *arena,
                     struct im_bytes *out)
{
    size_t n;
    int32_t *points;

    if (is_ascii(text))
        return ascii_case(text, upper ? 'a' : 'A', arena, out);
    points = decompose(text, UTF8PROC_COMPOSE | UTF8PROC_STABLE, 0, arena, &n);
    if (!points)
        return false;
    for (size_t i = 0; i < n; i++)
        points[i] = upper ? utf8proc_toupper(points[i]) : utf8proc_tolower(points[i]);
    return compose(points, n, out);
}

/* ---- LIKE ---- */

static size_t one_character(struct im_bytes text, size_t at)
{
    im_utf8_next(text, &at);
    return at;
}

/* Does the pattern's element at *p fit the text at *t? Both move on. */
static bool fits(struct im_bytes text, size_t *t, struct im_bytes pattern, size_t *p)
{
    size_t at = *p;

    if (pattern.data[at] == '_') {
        *t = one_character(text, *t);
        *p = at + 1;
        return true;
    }
    if (pattern.data[at] == '\\' && at + 1 < pattern.len)
        at++;
    if (pattern.data[at] != text.data[*t])
        return false;
    *t += 1;
    *p = at + 1;
    return true;
}

bool cql_is_like(struct im_bytes text, struct im_bytes pattern)
{
    size_t t = 0;
    size_t p = 0;
    size_t star = SIZE_MAX; /* behind the newest % */
    size_t from = 0;        /* what it has taken ends here */

    /* only the newest % has to be tried anew: an earlier one that took more would leave
     * less for the rest */
    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '%') {
            star = ++p;
            from = t;
        } else if (p < pattern.len && fits(text, &t, pattern, &p)) {
            continue;
        } else if (star != SIZE_MAX) {
            p = star;
            from = one_character(text, from);
            t = from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '%')
        p++;
    return p == pattern.len;
}
