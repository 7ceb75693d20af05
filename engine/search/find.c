/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a pattern in a name, as written or as it is read.
 *
 * A set of positions, one bit each, says how far the pattern has been found at the
 * present place of the name (Baeza-Yates and Gonnet, "A new approach to text
 * searching", 1992; with one error: Wu and Manber, "Fast text searching allowing
 * errors", 1992, and Hyyro's transposition, 2003). A character with several readings is
 * several ways from one set to the next, so readings are never multiplied out. */
#include "search/words.h"
#include "text/han.h"

struct state {
    uint64_t exact; /* bit i: the first i symbols are found */
    uint64_t wrong; /* the same, with one error */
    uint64_t swap;  /* bit i: ... and the letter after was symbol i + 1, not i */
};

struct finder {
    const struct search_pattern *pattern;
    enum search_found how;
    uint64_t end;
    bool is_found;
};

static uint64_t symbol_mask(const struct search_pattern *p, uint32_t c)
{
    uint64_t mask = 0;

    if (c < 0x80) {
        if (!text_is_latin(c))
            return 0;
        return p->latin[text_is_digit(c) ? 26 + c - '0' : c - 'a'];
    }
    if (p->has_other)
        for (unsigned i = 0; i < p->n; i++)
            mask |= (uint64_t)(p->symbols[i] == c) << i;
    return mask;
}

/* One letter further. */
static struct state step(struct finder *f, struct state s, uint64_t mask)
{
    struct state next = {.exact = (s.exact & mask) << 1};

    if (f->how == SEARCH_WRONG) {
        next.wrong = (s.wrong & mask) << 1 /* right again */
                     | s.exact             /* a letter is missing in the pattern */
                     | s.exact << 1        /* another letter */
                     | next.exact << 1     /* the pattern has one too many */
                     | (s.swap & mask) << 2;
        next.swap = s.exact & mask >> 1;
    }
    f->is_found |= ((next.exact | next.wrong) & f->end) != 0;
    return next;
}

static struct state merge(struct state a, struct state b)
{
    return (struct state){a.exact | b.exact, a.wrong | b.wrong, a.swap | b.swap};
}

static struct state read_character(struct finder *f, struct state s, unsigned reading)
{
    const struct han_set *set = &han_sets[reading - TEXT_HAN];
    struct state all = {0};
    uint64_t first = 0;

    for (unsigned i = 0; i < set->n; i++) {
        const char *letter = han_syllables[set->syllables[i]];
        struct state one = s;

        if (f->how == SEARCH_LETTERS) {
            first |= symbol_mask(f->pattern, (uint8_t)*letter);
            continue;
        }
        for (; *letter && !f->is_found; letter++)
            one = step(f, one, symbol_mask(f->pattern, (uint8_t)*letter));
        all = merge(all, one);
    }
    return f->how == SEARCH_LETTERS ? step(f, s, first) : all;
}

static bool find_in(struct finder *f, const struct text_unit *units, size_t n)
{
    const struct search_pattern *p = f->pattern;
    bool anywhere = p->symbols[0] >= 0x80;
    struct state s = {0};

    for (size_t i = 0; i < n && !f->is_found; i++) {
        struct state written;

        if (units[i].c == ' ')
            continue;
        if (f->how == SEARCH_WRONG && text_is_digit(units[i].c)) {
            s = (struct state){0}; /* a wrong digit is another thing, not a slip */
            continue;
        }
        if (anywhere || text_word_begins(units, i)) {
            s.exact |= 1;
            /* the first letter may be the one too many */
            s.wrong |= f->how == SEARCH_WRONG ? 2 : 0;
        }
        if (!(s.exact | s.wrong))
            continue;
        written = step(f, s, symbol_mask(p, units[i].c));
        if (f->how == SEARCH_AS_WRITTEN || units[i].reading < TEXT_HAN)
            s = written;
        else if (p->has_other)
            s = merge(written, read_character(f, s, units[i].reading));
        else
            s = read_character(f, s, units[i].reading);
    }
    return f->is_found;
}

static bool may_be(const struct search_pattern *p, enum search_found how)
{
    switch (how) {
    case SEARCH_AS_WRITTEN:
        return true;
    case SEARCH_READ:
        return p->has_latin;
    case SEARCH_LETTERS:
        return p->has_latin && p->n >= 2;
    case SEARCH_WRONG:
        return !p->has_other && !p->has_digit && p->n >= SEARCH_LEAST_MISTYPED;
    case SEARCH_NOT_FOUND:
        return false;
    }
    return false;
}

enum search_found search_find(const struct search_pattern *pattern,
                              struct im_bytes name,
                              enum search_found most)
{
    struct text_unit units[TEXT_MAX_UNITS];
    size_t n = text_read(name, units);

    for (enum search_found how = SEARCH_AS_WRITTEN; how <= most; how++) {
        struct finder f = {
            .pattern = pattern, .how = how, .end = (uint64_t)1 << pattern->n};

        if (may_be(pattern, how) && find_in(&f, units, n))
            return how;
    }
    return SEARCH_NOT_FOUND;
}

bool search_next_text(struct im_bytes *rest, struct im_bytes *text)
{
    const uint8_t *end;

    if (rest->len == 0)
        return false;
    end = memchr(rest->data, '\n', rest->len);
    text->data = rest->data;
    text->len = end ? (size_t)(end - rest->data) : rest->len;
    size_t used = text->len + (end ? 1 : 0);
    rest->data += used;
    rest->len -= used;
    return true;
}

enum search_found search_find_any(const struct search_term *term,
                                  struct im_bytes texts,
                                  enum search_found most)
{
    enum search_found best = SEARCH_NOT_FOUND;
    struct im_bytes text;

    if (!term->is_latin)
        return memmem(texts.data, texts.len, term->text.data, term->text.len)
                   ? SEARCH_AS_WRITTEN
                   : SEARCH_NOT_FOUND;
    while (best != SEARCH_AS_WRITTEN && search_next_text(&texts, &text)) {
        enum search_found found = search_find(&term->pattern, text, most);

        if (found < best)
            best = found;
    }
    return best;
}
