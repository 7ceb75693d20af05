/* SPDX-License-Identifier: Apache-2.0 */
/* What the texts of a table can be found by. Whatever search_find finds, in any way,
 * has to have its items here: table.c asks for them. */
#include "search/items.h"
#include "search/table.h"
#include "search/words.h"
#include "text/han.h"

#include <engine/text.h>

/* Four letters, each of one of HAN_SET_MAX readings. */
enum { MAX_WINDOWS = HAN_SET_MAX * HAN_SET_MAX * HAN_SET_MAX * HAN_SET_MAX };

static void put_outer(struct search_item_sink *sink, uint32_t item)
{
    sink->tile[search_row(item, SEARCH_OUTER_MIX, sink->n_rows)] |= sink->bit;
}

static void put_inner(struct search_item_sink *sink, uint32_t item)
{
    sink->inner[search_row(item, SEARCH_INNER_MIX, SEARCH_INNER)] |= sink->inner_bit;
}

static void put(struct search_item_sink *sink, uint32_t item)
{
    put_outer(sink, item);
    put_inner(sink, item);
}

static void put_flag(struct search_item_sink *sink, enum search_flag flag)
{
    sink->tile[flag] |= sink->bit;
    sink->inner[flag] |= sink->inner_bit;
}

static bool is_read_unit(const struct text_unit *u)
{
    return u->reading >= TEXT_HAN;
}

static const struct han_set *set_of(const struct text_unit *u)
{
    return &han_sets[u->reading - TEXT_HAN];
}

/* Of all of a text: what is not Latin is found as bytes, however far back. */
static void put_characters(struct im_bytes text, struct search_item_sink *sink)
{
    uint32_t before = 0;

    for (size_t i = 0; i < text.len;) {
        uint32_t c = text.data[i] < 0x80 ? text.data[i++] : im_utf8_next(text, &i);

        if (c < 0x80) {
            before = 0;
            continue;
        }
        put(sink, search_item(ITEM_CHARACTER, c, 0, 0));
        if (before) {
            put(sink, search_item(ITEM_PAIR, before, c, 0));
            put_outer(sink, search_item(ITEM_PAIR_AGAIN, before, c, 0));
        }
        before = c;
    }
}

/* The first of them in both tables. */
static void
put_hashes(struct search_item_sink *sink, enum search_item kind, uint32_t a, uint32_t b)
{
    put_inner(sink, search_item(kind, a, b, 0));
    for (uint32_t hash = 0; hash < ITEM_HASHES; hash++)
        put_outer(sink, search_item(kind, a, b, hash));
}

static void
put_latin(const struct text_unit *units, size_t n, struct search_item_sink *sink)
{
    uint32_t a = 0;
    uint32_t b = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t c = units[i].c;

        if (c == ' ')
            continue;
        if (c >= 0x80) {
            a = b = 0;
            continue;
        }
        if (a)
            put(sink, search_item(ITEM_TRIGRAM, a, b, c));
        a = b;
        b = c;
        if (!text_word_begins(units, i))
            continue;
        size_t next = i + 1 < n && units[i + 1].c == ' ' ? i + 2 : i + 1;
        bool is_longer = next < n && text_is_latin(units[next].c);
        put_hashes(sink, ITEM_WORD, c, 0);
        if (is_longer)
            put_hashes(sink, ITEM_WORD, c, units[next].c);
    }
}

/* ---- readings ---- */

static void put_syllables(const struct han_set *set, struct search_item_sink *sink)
{
    for (unsigned k = 0; k < set->n; k++) {
        const char *s = han_syllables[set->syllables[k]];

        size_t all = strlen(s);

        for (size_t len = 1; len <= all; len++) {
            uint32_t item = search_item_text(ITEM_SYLLABLE, (const uint8_t *)s, len);

            put_outer(sink, item);
            if (len == 1 || len == all)
                put_inner(sink, item);
        }
    }
}

static void
put_two(const struct han_set *a, const struct han_set *b, struct search_item_sink *sink)
{
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned k = 0; k < b->n; k++) {
            unsigned s = a->syllables[i];
            unsigned t = b->syllables[k];

            put(sink, search_item(ITEM_TWO, s, t, 0));
            put_outer(sink, search_item(ITEM_TWO_AGAIN, s, t, 0));
            put(sink, search_item(ITEM_TWO_FIRST, s, (uint8_t)han_syllables[t][0], 0));
        }
}

/* First letters of a window of syllables that ends here, for all readings. */
struct windows {
    uint32_t letters[MAX_WINDOWS]; /* the last four, 8 bits each */
    unsigned n;
};

static void extend(struct windows *w, const struct han_set *set)
{
    struct windows next;

    next.n = 0;
    for (unsigned i = 0; i < (w->n ? w->n : 1); i++)
        for (unsigned k = 0; k < set->n; k++) {
            uint32_t letters = (w->n ? w->letters[i] << 8 : 0) |
                               (uint8_t)han_syllables[set->syllables[k]][0];
            unsigned m = 0;

            while (m < next.n && next.letters[m] != letters)
                m++;
            if (m == next.n)
                next.letters[next.n++] = letters;
        }
    w->n = next.n;
    memcpy(w->letters, next.letters, next.n * sizeof *next.letters);
}

/* Of these the inner table has more hashes: nothing else tells the names apart. */
static void put_letters(struct search_item_sink *sink, uint32_t letters, uint32_t size)
{
    put_outer(sink, search_item(ITEM_LETTERS, letters, size, 0));
    for (uint32_t hash = 0; hash + 1 < size; hash++)
        put_inner(sink, search_item(ITEM_LETTERS, letters, size, hash));
}

static void put_windows(const struct windows *w, struct search_item_sink *sink)
{
    for (unsigned i = 0; i < w->n; i++) {
        uint32_t l = w->letters[i];

        if (l > 0xFF)
            put_outer(sink, search_item(ITEM_LETTERS, l & 0xFFFF, 2, 0));
        if (l > 0xFFFF)
            put_letters(sink, l & 0xFFFFFF, 3);
        if (l > 0xFFFFFF)
            put_letters(sink, l, 4);
    }
}

/* Where a Latin letter and a character stand side by side: every pair of letters that
 * may meet there. */
static void put_crossing(const struct text_unit *a,
                         const struct text_unit *b,
                         struct search_item_sink *sink)
{
    const struct han_set *set = is_read_unit(a) ? set_of(a) : set_of(b);

    for (unsigned k = 0; k < set->n; k++) {
        const char *s = han_syllables[set->syllables[k]];
        uint32_t first = (uint8_t)s[0];
        uint32_t last = (uint8_t)s[strlen(s) - 1];
        bool begins = is_read_unit(a);

        put(sink,
            search_item(ITEM_CROSSING, begins ? last : a->c, begins ? b->c : first, 0));
        put(sink, search_item(ITEM_CROSSING_LETTERS, begins ? first : a->c,
                              begins ? b->c : first, 0));
    }
    put_flag(sink, FLAG_MEETING);
    if (!text_is_digit(is_read_unit(a) ? b->c : a->c))
        put_flag(sink, FLAG_MIXED);
}

static void
put_readings(const struct text_unit *units, size_t n, struct search_item_sink *sink)
{
    struct windows w;

    w.n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct text_unit *u = &units[i];
        const struct text_unit *before = i ? &units[i - 1] : NULL;

        if (!is_read_unit(u)) {
            w.n = 0;
            if (before && is_read_unit(before) && text_is_latin(u->c))
                put_crossing(before, u, sink);
            continue;
        }
        put_syllables(set_of(u), sink);
        if (before && is_read_unit(before))
            put_two(set_of(before), set_of(u), sink);
        else if (before && text_is_latin(before->c))
            put_crossing(before, u, sink);
        extend(&w, set_of(u));
        put_windows(&w, sink);
    }
}

/* ---- whole names ---- */

static size_t without_spaces(struct im_bytes name, size_t len, uint8_t *out, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (name.data[i] != ' ' && n < max)
            out[n++] = name.data[i];
    return n;
}

size_t search_beginnings(struct im_bytes text, uint32_t items[SEARCH_BEGINNINGS + 1])
{
    /* bit i: the first i symbols */
    static const uint32_t lengths = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 6 |
                                    1u << 8 | 1u << 12 | 1u << SEARCH_LONGEST_BEGINNING;
    size_t n = 0;
    size_t i = 0;

    for (unsigned k = 1; k <= SEARCH_LONGEST_BEGINNING && i < text.len; k++) {
        if (text.data[i] < 0x80)
            i++;
        else
            im_utf8_next(text, &i);
        if (lengths >> k & 1)
            items[n++] = search_item_text(ITEM_BEGINNING, text.data, i);
        if (k == 1)
            items[n++] = items[0] * 0x9E3779B9u;
    }
    return n;
}

static void put_whole(struct im_bytes name, struct search_item_sink *sink)
{
    uint8_t text[SEARCH_EXACT_BYTES];
    size_t len = without_spaces(name, name.len, text, sizeof text);
    size_t bare = text_without_suffix(name);
    uint32_t items[SEARCH_BEGINNINGS + 1];
    size_t n = search_beginnings((struct im_bytes){text, len}, items);

    for (size_t i = 0; i < n; i++)
        put(sink, items[i]);
    put(sink, search_item_text(ITEM_EXACT, text, len));
    put_outer(sink, search_item_text(ITEM_EXACT_AGAIN, text, len));
    if (bare < name.len) {
        len = without_spaces(name, bare, text, sizeof text);
        put(sink, search_item_text(ITEM_EXACT, text, len));
        put_outer(sink, search_item_text(ITEM_EXACT_AGAIN, text, len));
    }
}

void search_items_of(struct im_bytes texts, bool is_read, struct search_item_sink *sink)
{
    struct text_unit units[TEXT_MAX_UNITS];
    struct im_bytes name;

    while (search_next_text(&texts, &name)) {
        size_t n = text_read(name, units);

        put_characters(name, sink);
        put_latin(units, n, sink);
        if (is_read)
            put_readings(units, n, sink);
        put_whole(name, sink);
    }
}
