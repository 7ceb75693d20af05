/* SPDX-License-Identifier: Apache-2.0 */
/* Text as people compare it. */
#include <engine/text.h>

#include <utf8proc.h>

enum { MAX_CODE_POINTS = 64 };

/* One code point may decompose into at most 18 (U+FDFA). */
enum { MAX_PIECES = 24 };

static bool is_ignored(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_PS: /* brackets and quotes of all scripts */
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
        return true;
    default:
        return c == '"' || c == '\'' || c == 0xFFFD;
    }
}

static bool is_ascii(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

static void fold_ascii(struct im_bytes text, struct im_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 'a' - 'A');
        if (c > ' ' && c < 0x7F && !is_ignored(c))
            im_buf_byte(out, c);
    }
}

static void put(struct im_buf *out, int32_t c)
{
    uint8_t utf8[4];
    utf8proc_ssize_t len = utf8proc_encode_char(c, utf8);

    if (!is_ignored(c) && len > 0)
        im_buf_append(out, utf8, (size_t)len);
}

/* Decomposed and case folded code points are composed again at the end of each name:
 * combining marks stay next to their letters because nothing between them is dropped.
 */
void text_fold(struct im_bytes text, struct im_buf *out)
{
    int32_t pieces[MAX_PIECES];
    int32_t all[512];
    utf8proc_ssize_t n = 0;
    int boundary = 0;

    if (is_ascii(text)) {
        fold_ascii(text, out);
        return;
    }
    for (size_t i = 0; i < text.len;) {
        int32_t c = (int32_t)im_utf8_next(text, &i);
        utf8proc_ssize_t got = utf8proc_decompose_char(
            c, pieces, MAX_PIECES,
            UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);

        for (utf8proc_ssize_t k = 0; k < got && k < MAX_PIECES; k++)
            if (n < (utf8proc_ssize_t)(sizeof all / sizeof all[0]) &&
                !is_ignored(pieces[k]))
                all[n++] = pieces[k];
    }
    n = utf8proc_normalize_utf32(
        all, n, (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    for (utf8proc_ssize_t k = 0; k < n; k++)
        put(out, all[k]);
}

size_t text_without_suffix(struct im_bytes folded)
{
    static const struct {
        const char *suffix;
        size_t least; /* bytes that must remain: two Chinese characters, four letters */
    } rules[] = {{"市", 6},   {"区", 6},       {"县", 6},
                 {"city", 4}, {"district", 4}, {"county", 4}};

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        size_t len = strlen(rules[i].suffix);

        if (folded.len >= len + rules[i].least &&
            memcmp(folded.data + folded.len - len, rules[i].suffix, len) == 0)
            return folded.len - len;
    }
    return folded.len;
}

static unsigned decode(struct im_bytes text, uint32_t out[MAX_CODE_POINTS])
{
    unsigned n = 0;

    for (size_t i = 0; i < text.len && n < MAX_CODE_POINTS;)
        out[n++] = im_utf8_next(text, &i);
    return n;
}

unsigned text_edit_distance(struct im_bytes a, struct im_bytes b, unsigned limit)
{
    uint32_t x[MAX_CODE_POINTS];
    uint32_t y[MAX_CODE_POINTS];
    unsigned row[MAX_CODE_POINTS + 1];
    unsigned n = decode(a, x);
    unsigned m = decode(b, y);

    if ((n > m ? n - m : m - n) > limit)
        return limit + 1;
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned corner = row[0];
        unsigned least = i;

        row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned above = row[j];
            unsigned cost = corner + (x[i - 1] != y[j - 1]);

            if (above + 1 < cost)
                cost = above + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
            corner = above;
            if (cost < least)
                least = cost;
        }
        if (least > limit) /* it only grows from row to row */
            return limit + 1;
    }
    return row[m] <= limit ? row[m] : limit + 1;
}

/* Is it the name with characters left out, the first one not? */
static bool is_short_for(struct im_bytes given, const char *name)
{
    size_t i = 0;

    if (given.len < 2 || given.data[0] != (uint8_t)name[0])
        return false;
    for (; *name && i < given.len; name++)
        i += given.data[i] == (uint8_t)*name;
    return i == given.len;
}

const char *text_nearest(struct im_bytes given, const char *const *names)
{
    const char *nearest = NULL;
    /* then only what is nearer still */
    unsigned limit = given.len > 64 ? 0 : (unsigned)(given.len + 2) / 3 + 1;

    for (size_t i = 0; names[i] && limit > 0; i++) {
        unsigned d = text_edit_distance(given, im_bytes_of(names[i]), limit - 1);

        if (d < limit) {
            limit = d;
            nearest = names[i];
        }
    }
    for (size_t i = 0; names[i] && !nearest; i++)
        if (is_short_for(given, names[i]))
            nearest = names[i];
    return nearest;
}
