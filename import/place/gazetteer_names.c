/* SPDX-License-Identifier: Apache-2.0 */
/* Names, sorted: which of them begin at a place of a text. */
#include "gazetteer_internal.h"

#include <stdlib.h>

enum { N_STARTS = 65536 };

static struct name *entries_of(const struct name_table *names)
{
    return (struct name *)names->entries.data;
}

static const uint8_t *text_of(const struct name_table *names, const struct name *name)
{
    return names->text.data + name->start;
}

bool name_table_add(struct name_table *names,
                    struct im_bytes folded,
                    enum name_kind kind,
                    uint32_t target,
                    uint32_t scope)
{
    struct name name = {.start = (uint32_t)names->text.len,
                        .target = target,
                        .scope = scope,
                        .len = (uint16_t)folded.len,
                        .kind = (uint8_t)kind};

    if (folded.len < 2 || folded.len > READING_MAX)
        return true;
    if (names->n >= GAZETTEER_MAX_NAMES)
        return false;
    im_buf_append(&names->text, folded.data, folded.len);
    im_buf_append(&names->entries, &name, sizeof name);
    if (names->text.failed || names->entries.failed)
        return false;
    names->n++;
    return true;
}

static int by_text(const void *a, const void *b, void *ctx)
{
    const struct name_table *names = ctx;
    const struct name *x = a;
    const struct name *y = b;
    int order =
        memcmp(text_of(names, x), text_of(names, y), x->len < y->len ? x->len : y->len);

    if (order == 0)
        order = (x->len > y->len) - (x->len < y->len);
    if (order == 0)
        order = (x->kind > y->kind) - (x->kind < y->kind);
    if (order == 0)
        order = (x->target > y->target) - (x->target < y->target);
    return order ? order : (x->scope > y->scope) - (x->scope < y->scope);
}

static unsigned start_of(const uint8_t *text)
{
    return (unsigned)text[0] << 8 | text[1];
}

static bool
is_repeat(const struct name_table *names, const struct name *a, const struct name *b)
{
    return a->len == b->len && a->target == b->target && a->kind == b->kind &&
           a->scope == b->scope &&
           memcmp(text_of(names, a), text_of(names, b), a->len) == 0;
}

bool name_table_finish(struct name_table *names)
{
    struct name *list = entries_of(names);
    uint32_t kept = 0;
    unsigned next = 0;

    names->first = calloc(N_STARTS + 1, sizeof *names->first);
    if (!names->first)
        return false;
    if (names->n)
        qsort_r(list, names->n, sizeof *list, by_text, names);
    for (uint32_t i = 0; i < names->n; i++)
        if (kept == 0 || !is_repeat(names, &list[kept - 1], &list[i]))
            list[kept++] = list[i];
    names->n = kept;
    for (uint32_t i = 0; i < kept; i++)
        while (next <= start_of(text_of(names, &list[i])))
            names->first[next++] = i;
    while (next <= N_STARTS)
        names->first[next++] = kept;
    return true;
}

void name_table_release(struct name_table *names)
{
    im_buf_release(&names->text);
    im_buf_release(&names->entries);
    free(names->first);
    *names = (struct name_table){0};
}

/* The name against `len` bytes of text, from byte `depth` on, which they share before.
 */
static int compare_from(const struct name_table *names,
                        const struct name *name,
                        const uint8_t *text,
                        size_t depth,
                        size_t len)
{
    size_t left = name->len > depth ? name->len - depth : 0;
    int order = memcmp(text_of(names, name) + depth, text + depth,
                       left < len - depth ? left : len - depth);

    return order ? order : left < len - depth ? -1 : 0;
}

/* First of [low, high) that is not before the text (`after`: that is behind it). */
static uint32_t narrow(const struct name_table *names,
                       uint32_t low,
                       uint32_t high,
                       const uint8_t *text,
                       size_t depth,
                       size_t len,
                       bool after)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_from(names, &entries_of(names)[middle], text, depth, len);

        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct name_match
match_of(const struct name_table *names, uint32_t low, uint32_t high, size_t len)
{
    const struct name *list = entries_of(names);
    struct name_match match = {.first = &list[low], .len = (uint16_t)len};

    while (low < high && list[low].len == len) {
        match.n++;
        low++;
    }
    return match;
}

/* Character by character the names that still fit get fewer; those that end where the
 * text stands are the first of them. */
size_t name_table_at(const struct name_table *names,
                     const uint8_t *text,
                     size_t at,
                     size_t len,
                     struct name_match out[NAME_TABLE_MAX_MATCHES])
{
    const uint8_t *from = text + at;
    size_t left = len - at;
    size_t depth = 0;
    size_t n = 0;
    uint32_t low;
    uint32_t high;

    if (left < 2 || !names->first) /* empty, or not yet finished */
        return 0;
    low = names->first[start_of(from)];
    high = names->first[start_of(from) + 1];
    while (low < high && depth < left && n < NAME_TABLE_MAX_MATCHES) {
        size_t to = depth + text_char(from + depth);

        if (to > left)
            break;
        low = narrow(names, low, high, from, depth, to, false);
        high = narrow(names, low, high, from, depth, to, true);
        if (low < high && entries_of(names)[low].len == to)
            out[n++] = match_of(names, low, high, to);
        depth = to;
    }
    for (size_t i = 0; i < n / 2; i++) {
        struct name_match swap = out[i];

        out[i] = out[n - 1 - i];
        out[n - 1 - i] = swap;
    }
    return n;
}

struct name_match name_table_equal(const struct name_table *names, struct im_bytes text)
{
    uint32_t low;
    uint32_t high;

    if (text.len < 2 || !names->first)
        return (struct name_match){0};
    low = names->first[start_of(text.data)];
    high = names->first[start_of(text.data) + 1];
    low = narrow(names, low, high, text.data, 0, text.len, false);
    return match_of(names, low, high, text.len);
}
