/* SPDX-License-Identifier: Apache-2.0 */
/* What the texts of a table can be found by. Whatever search_find finds, in any way,
 * has to have its items here: table.c asks for them. */
#include "search/items.h"
#include "search/words.h"
#include "text/han.h"

#include <engine/text.h>

/* Four letters, each of one of HAN_SET_MAX readings. */
enum { MAX_WINDOWS = HAN_SET_MAX * HAN_SET_MAX * HAN_SET_MAX * HAN_SET_MAX };

static void put(struct search_item_sink *sink, uint32_t item)
{
    sink->tile[item & sink->mask] |= sink->bit;
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
            put(sink, search_item(ITEM_PAIR_AGAIN, before, c, 0));
        }
        before = c;
    }
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
        put(sink, search_item(ITEM_WORD, c, 0, 0));
        size_t next = i + 1 < n && units[i + 1].c == ' ' ? i + 2 : i + 1;
        if (next < n && text_is_latin(units[next].c))
            put(sink, search_item(ITEM_WORD, c, units[next].c, 0));
    }
}

/* ---- readings ---- */

static void put_syllables(const struct han_set *set, struct search_item_sink *sink)
{
    for (unsigned k = 0; k < set->n; k++) {
        const char *s = han_syllables[set->syllables[k]];

        for (size_t len = 1; len <= strlen(s); len++)
            put(sink, search_item_text(ITEM_SYLLABLE, (const uint8_t *)s, len));
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
            put(sink, search_item(ITEM_TWO_AGAIN, s, t, 0));
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

static void put_windows(const struct windows *w, struct search_item_sink *sink)
{
    for (unsigned i = 0; i < w->n; i++) {
        uint32_t l = w->letters[i];

        if (l > 0xFF)
            put(sink, search_item(ITEM_LETTERS, l & 0xFFFF, 2, 0));
        if (l > 0xFFFF)
            put(sink, search_item(ITEM_LETTERS, l & 0xFFFFFF, 3, 0));
        if (l > 0xFFFFFF)
            put(sink, search_item(ITEM_LETTERS, l, 4, 0));
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
    for (uint32_t i = 0; i < ITEM_HASHES; i++) {
        put(sink, search_item(ITEM_MEETING, i, 0, 0));
        if (!text_is_digit(is_read_unit(a) ? b->c : a->c))
            put(sink, search_item(ITEM_MIXED, i, 0, 0));
    }
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

static void put_whole(struct im_bytes name,
                      const struct text_unit *units,
                      size_t n,
                      struct search_item_sink *sink)
{
    uint8_t text[SEARCH_EXACT_BYTES];
    size_t len = without_spaces(name, name.len, text, sizeof text);
    size_t bare = text_without_suffix(name);
    uint32_t first[3] = {0};
    size_t k = 0;

    put(sink, search_item_text(ITEM_EXACT, text, len));
    put(sink, search_item_text(ITEM_EXACT_AGAIN, text, len));
    if (bare < name.len) {
        len = without_spaces(name, bare, text, sizeof text);
        put(sink, search_item_text(ITEM_EXACT, text, len));
        put(sink, search_item_text(ITEM_EXACT_AGAIN, text, len));
    }
    for (size_t i = 0; i < n && k < 3; i++)
        if (units[i].c != ' ')
            first[k++] = units[i].c;
    put(sink, search_item(ITEM_BEGINNING, first[0], 0, 0));
    put(sink, search_item(ITEM_BEGINNING, first[0], 0, 1));
    put(sink, search_item(ITEM_BEGINNING, first[0], first[1], 0));
    put(sink, search_item(ITEM_BEGINNING, first[0], first[1], first[2]));
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
        put_whole(name, units, n, sink);
    }
}
