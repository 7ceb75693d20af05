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

/* ---- without errors ---- */

/* Bit i: the first i symbols are found up to here. */
struct found {
    uint64_t written;
    uint64_t read;
    uint64_t letters;
    bool is_read; /* the end was reached */
};

static void pass_character(const struct search_pattern *p,
                           struct found *f,
                           unsigned set,
                           uint64_t mask)
{
    const struct han_set *readings = &han_sets[set];
    uint64_t read = (f->read & mask) << 1;
    uint64_t first = mask;

    for (unsigned k = 0; k < readings->n; k++) {
        unsigned s = readings->syllables[k];

        f->is_read |= (f->read & p->syllables.last[s]) != 0;
        read |= (f->read & p->syllables.full[s]) << p->syllables.len[s];
        first |= p->syllables.first[s];
    }
    f->read = read;
    f->letters = (f->letters & first) << 1;
}

static enum search_found
find_right(const struct search_pattern *p, const struct text_unit *units, size_t n)
{
    uint64_t end = (uint64_t)1 << p->n;
    bool anywhere = p->symbols[0] >= 0x80;
    struct found f = {0};
    enum search_found best = SEARCH_NOT_FOUND;

    for (size_t i = 0; i < n; i++) {
        uint64_t mask;

        if (units[i].c == ' ')
            continue;
        if (anywhere || text_word_begins(units, i)) {
            f.written |= 1;
            f.read |= 1;
            f.letters |= 1;
        }
        mask = symbol_mask(p, units[i].c);
        f.written = (f.written & mask) << 1;
        if (f.written & end)
            return SEARCH_AS_WRITTEN;
        if (p->has_latin && units[i].reading >= TEXT_HAN) {
            pass_character(p, &f, units[i].reading - TEXT_HAN, mask);
        } else {
            f.read = (f.read & mask) << 1;
            f.letters = (f.letters & mask) << 1;
        }
        if (f.is_read || f.read & end)
            best = SEARCH_READ;
        else if (f.letters & end && p->n >= 2 && best == SEARCH_NOT_FOUND)
            best = SEARCH_LETTERS;
    }
    return best;
}

/* ---- with one error ---- */

struct state {
    uint64_t exact;
    uint64_t wrong; /* the same, with one error */
    uint64_t swap;  /* bit i: the first i, and the letter after was symbol i + 1 */
};

struct finder {
    const struct search_pattern *pattern;
    uint64_t end;
    bool is_found;
};

/* One letter further. */
static struct state step(struct finder *f, struct state s, uint64_t mask)
{
    struct state next = {.exact = (s.exact & mask) << 1};

    next.wrong = (s.wrong & mask) << 1 /* right again */
                 | s.exact             /* a letter is missing in the pattern */
                 | s.exact << 1        /* another letter */
                 | next.exact << 1     /* the pattern has one too many */
                 | (s.swap & mask) << 2;
    next.swap = s.exact & mask >> 1;
    f->is_found |= ((next.exact | next.wrong) & f->end) != 0;
    return next;
}

static struct state read_character(struct finder *f, struct state s, unsigned reading)
{
    const struct han_set *set = &han_sets[reading - TEXT_HAN];
    struct state all = {0};

    for (unsigned i = 0; i < set->n; i++) {
        const char *letter = han_syllables[set->syllables[i]];
        struct state one = s;

        for (; *letter && !f->is_found && (one.exact | one.wrong | one.swap); letter++)
            one = step(f, one, symbol_mask(f->pattern, (uint8_t)*letter));
        all.exact |= one.exact;
        all.wrong |= one.wrong;
        all.swap |= one.swap;
    }
    return all;
}

static bool
find_wrong(const struct search_pattern *p, const struct text_unit *units, size_t n)
{
    struct finder f = {.pattern = p, .end = (uint64_t)1 << p->n};
    struct state s = {0};

    for (size_t i = 0; i < n && !f.is_found; i++) {
        if (units[i].c == ' ')
            continue;
        if (text_is_digit(units[i].c)) {
            s = (struct state){0}; /* a wrong digit is another thing, not a slip */
            continue;
        }
        if (text_word_begins(units, i)) {
            s.exact |= 1;
            s.wrong |= 2; /* the first letter may be the one too many */
        }
        if (!(s.exact | s.wrong))
            continue;
        s = units[i].reading >= TEXT_HAN ? read_character(&f, s, units[i].reading)
                                         : step(&f, s, symbol_mask(p, units[i].c));
    }
    return f.is_found;
}

enum search_found search_find(const struct search_pattern *pattern,
                              struct im_bytes name,
                              enum search_found most)
{
    struct text_unit units[TEXT_MAX_UNITS];
    size_t n = text_read(name, units);
    enum search_found found = find_right(pattern, units, n);

    if (found <= most)
        return found;
    return most == SEARCH_WRONG && !pattern->has_other && !pattern->has_digit &&
                   pattern->n >= SEARCH_LEAST_MISTYPED && find_wrong(pattern, units, n)
               ? SEARCH_WRONG
               : SEARCH_NOT_FOUND;
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

bool search_has(const struct search_term *term,
                struct im_bytes texts,
                enum search_found most)
{
    struct im_bytes text;

    if (!term->is_latin)
        return memmem(texts.data, texts.len, term->text.data, term->text.len) != NULL;
    while (search_next_text(&texts, &text))
        if (search_find(&term->pattern, text, most) != SEARCH_NOT_FOUND)
            return true;
    return false;
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
