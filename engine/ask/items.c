/* SPDX-License-Identifier: Apache-2.0 */
/* A text as a row of items. */
#include "ask/items.h"
#include "text/han.h"

#include <engine/text.h>

#include <utf8proc.h>

enum { MAX_PIECES = 24, KEPT_PIECES = 4 };

/* A character of the text after folding may be several; each remembers its place. */
struct unit {
    uint32_t c;
    uint32_t at;
};

struct reader {
    const struct unit *units;
    size_t n;
    struct im_buf norm;
    struct item *items;
    size_t n_items;
};

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c < 0x250 && c != 0xF7);
}

static bool is_han(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x323AF) ||
           c == 0x3007;
}

static bool is_mark(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_SO;
}

/* Blanks, controls, accents: nothing is asked by them. */
static bool is_nothing(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_MN ||
           category >= UTF8PROC_CATEGORY_ZS;
}

static void put(struct im_buf *out, uint32_t c)
{
    uint8_t utf8[4];
    utf8proc_ssize_t len = utf8proc_encode_char((utf8proc_int32_t)c, utf8);

    if (len > 0)
        im_buf_append(out, utf8, (size_t)len);
}

/* Plural and spelling, as far as vocabularies need it: "centers", "centre". */
static void settle_word(struct im_buf *norm, size_t start)
{
    static const struct {
        const char *from;
        const char *to;
    } spellings[] = {{"center", "centre"},       {"metre", "meter"},
                     {"kilometre", "kilometer"}, {"programme", "program"},
                     {"licence", "license"},     {"cities", "city"}};
    uint8_t *w = norm->data + start;
    size_t n = norm->len - start;

    if (n > 4 && memcmp(w + n - 3, "ies", 3) == 0) {
        w[n - 3] = 'y';
        n -= 2;
    } else if (n > 4 && memcmp(w + n - 3, "ses", 3) != 0 &&
               (memcmp(w + n - 3, "xes", 3) == 0 ||
                memcmp(w + n - 4, "ches", 4) == 0)) {
        n -= 2;
    } else if (n > 3 && w[n - 1] == 's' && !strchr("sui", w[n - 2])) {
        n--;
    } else if (n == 3 && w[2] == 's' && memcmp(w, "kms", 3) == 0) {
        n--;
    }
    norm->len = start + n;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (n == strlen(spellings[i].from) && memcmp(w, spellings[i].from, n) == 0) {
            norm->len = start;
            im_buf_text(norm, spellings[i].to);
            return;
        }
}

/* Suzhou's, what's: two characters that say nothing. */
static bool is_genitive(const struct reader *r, size_t i)
{
    uint32_t c = r->units[i].c;

    return (c == '\'' || c == 0x2019) && i > 0 && i + 1 < r->n &&
           r->units[i + 1].c == 's' && is_letter(r->units[i - 1].c) &&
           !(i + 2 < r->n &&
             (is_letter(r->units[i + 2].c) || is_digit(r->units[i + 2].c)) &&
             r->units[i + 2].at == r->units[i + 1].at + 1);
}

static size_t read_word(struct reader *r, size_t i)
{
    size_t start = r->norm.len;

    for (; i < r->n; i++) {
        uint32_t c = r->units[i].c;
        bool glues = (c == '&' || c == '\'' || c == 0x2019) && i + 1 < r->n &&
                     is_letter(r->units[i + 1].c) && !is_genitive(r, i);

        if (!is_letter(c) && !is_digit(c) && !glues)
            break;
        if (!glues)
            put(&r->norm, c);
    }
    if (!r->norm.failed)
        settle_word(&r->norm, start);
    return i;
}

static bool digits_follow(const struct reader *r, size_t i, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (i + k >= r->n || !is_digit(r->units[i + k].c))
            return false;
    return true;
}

static size_t read_number(struct reader *r, size_t i, double *out)
{
    char text[40];
    size_t n = 0;
    bool has_point = false;

    for (; i < r->n; i++) {
        uint32_t c = r->units[i].c;

        if (c == ',' && !has_point && digits_follow(r, i + 1, 3) &&
            !digits_follow(r, i + 1, 4))
            continue; /* 10,000 */
        if (c == '.' && !has_point && digits_follow(r, i + 1, 1))
            has_point = true;
        else if (!is_digit(c))
            break;
        if (n < sizeof text)
            text[n++] = (char)c;
        put(&r->norm, c);
    }
    if (!im_parse_double((struct im_bytes){(const uint8_t *)text, n}, out))
        *out = 0;
    return i;
}

static bool is_latin(const struct item *item)
{
    return item->kind == ITEM_WORD || item->kind == ITEM_NUMBER;
}

/* "proof-of-concept" is "proof of concept", "2016-2020" is not 20162020. */
static bool is_hyphen(const struct reader *r, size_t i)
{
    uint32_t c = r->units[i].c;

    return (c == '-' || c == 0x2010 || c == 0x2011 || c == '_') && i > 0 &&
           i + 1 < r->n && is_letter(r->units[i + 1].c) &&
           (is_letter(r->units[i - 1].c) || is_digit(r->units[i - 1].c));
}

static size_t read_item(struct reader *r, size_t i)
{
    struct item item = {.kind = ITEM_CHAR, .start = r->units[i].at};
    uint32_t c = r->units[i].c;
    bool latin = is_letter(c) || is_digit(c);

    if (latin && r->n_items && is_latin(&r->items[r->n_items - 1]))
        im_buf_byte(&r->norm, ' ');
    item.norm = (uint32_t)r->norm.len;
    item.c = c;
    if (is_letter(c)) {
        item.kind = ITEM_WORD;
        i = read_word(r, i);
    } else if (is_digit(c)) {
        item.kind = ITEM_NUMBER;
        i = read_number(r, i, &item.number);
    } else {
        item.kind = is_mark(c) ? ITEM_MARK : ITEM_CHAR;
        put(&r->norm, c);
        i++;
    }
    item.end = r->units[i - 1].at + 1;
    item.norm_end = (uint32_t)r->norm.len;
    r->items[r->n_items++] = item;
    return i;
}

static size_t fold_char(uint32_t c, uint32_t at, struct unit *out)
{
    int32_t pieces[MAX_PIECES];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        (utf8proc_int32_t)c, pieces, MAX_PIECES,
        UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);

    if (n < 1 || n > KEPT_PIECES) { /* longer ones are ligatures nobody asks with */
        out[0] = (struct unit){0xFFFD, at};
        return 1;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++)
        out[i] = (struct unit){han_simplify((uint32_t)pieces[i]), at};
    return (size_t)n;
}

/* Names are stored in simplified characters. */
static void fold_name(uint32_t c, struct im_bytes written, struct im_buf *out)
{
    if (han_simplify(c) != c)
        put(out, han_simplify(c));
    else
        text_fold(written, out);
}

/* Characters, their place in the text and in the folded text, and the units. */
static enum im_code spread(struct im_bytes text,
                           struct im_arena *arena,
                           struct items *out,
                           struct unit **units,
                           size_t *n_units,
                           struct im_error *err)
{
    uint32_t *fold_at = im_arena_calloc(arena, text.len + 1, sizeof *fold_at);
    uint32_t *byte_at = im_arena_calloc(arena, text.len + 1, sizeof *byte_at);
    struct im_buf fold = {.max = text.len * 18 + 16};
    size_t n = 0;
    const char *copy = NULL;

    *n_units = 0;
    *units = im_arena_calloc(arena, text.len * KEPT_PIECES + 1, sizeof **units);
    if (!fold_at || !byte_at || !*units)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    for (size_t i = 0; i < text.len; n++) {
        size_t from = i;
        uint32_t c = im_utf8_next(text, &i);

        byte_at[n] = (uint32_t)from;
        fold_at[n] = (uint32_t)fold.len;
        out->n_han += is_han(c);
        fold_name(c, (struct im_bytes){text.data + from, i - from}, &fold);
        *n_units += fold_char(c, (uint32_t)n, *units + *n_units);
    }
    byte_at[n] = (uint32_t)text.len;
    fold_at[n] = (uint32_t)fold.len;
    if (!fold.failed)
        copy = im_arena_strdup(arena, im_buf_bytes(&fold));
    out->fold = (struct im_bytes){(const uint8_t *)copy, fold.len};
    im_buf_release(&fold);
    if (!copy)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    out->n_chars = n;
    out->fold_at = fold_at;
    out->byte_at = byte_at;
    return IM_OK;
}

enum im_code items_read(struct im_bytes text,
                        struct im_arena *arena,
                        struct items *out,
                        struct im_error *err)
{
    struct reader r = {.norm = {.max = text.len * 24 + 64}};
    struct unit *units = NULL;
    const char *copy = NULL;
    enum im_code rc;

    memset(out, 0, sizeof *out);
    out->text = text;
    if (text.len > ITEMS_MAX_CHARS)
        return im_fail(err, IM_ELIMIT, "text of %zu bytes, allowed are %d", text.len,
                       ITEMS_MAX_CHARS);
    rc = spread(text, arena, out, &units, &r.n, err);
    if (rc != IM_OK)
        return rc;
    r.units = units;
    r.items = im_arena_calloc(arena, r.n + 1, sizeof *r.items);
    if (!r.items)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    for (size_t i = 0; i < r.n;) {
        uint32_t c = units[i].c;

        if (is_nothing(c) || is_hyphen(&r, i))
            i++;
        else if (is_genitive(&r, i))
            i += 2;
        else
            i = read_item(&r, i);
    }
    if (!r.norm.failed)
        copy = im_arena_strdup(arena, im_buf_bytes(&r.norm));
    out->norm = (struct im_bytes){(const uint8_t *)copy, r.norm.len};
    im_buf_release(&r.norm);
    if (!copy)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    out->item = r.items;
    out->n = r.n_items;
    for (size_t i = 0; i < out->n; i++)
        out->n_latin += out->item[i].kind == ITEM_WORD;
    return IM_OK;
}

struct im_bytes items_slice(const struct items *items, size_t start, size_t end)
{
    uint32_t from = items->byte_at[start];

    return (struct im_bytes){items->text.data + from, items->byte_at[end] - from};
}
