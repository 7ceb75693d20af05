/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks of a table may have a word: for each way of finding it the rows that
 * must all be set. The counterpart of items.c. */
#include "search/items.h"
#include "search/table.h"
#include "text/han.h"

/* A word can be cut into syllables in several ways; hostile ones in very many. Beyond
 * that all blocks are looked into. */
enum { MAX_STEPS = 4096, LONGEST_SYLLABLE = HAN_SYLLABLE_SIZE - 1 };

struct asking {
    const struct search_table *table;
    const uint8_t *term; /* Latin */
    unsigned n;
    const uint16_t *numbers; /* of the term's syllables; NULL: they have to be sought */
    const uint64_t *from;    /* these are asked for */
    uint64_t *found;         /* the answer, bits or-ed into it */
    uint64_t *scratch;       /* a set of bits for each depth of the walk */
    unsigned steps;
    bool is_given_up;
};

static const uint64_t *row_of(const struct search_table *t, uint32_t item)
{
    return t->rows + (size_t)search_row(item, t->mix, t->n_rows) * t->stride;
}

/* out = a & the row; false when nothing is left. */
static bool
and_row(const struct search_table *t, const uint64_t *a, uint32_t item, uint64_t *out)
{
    const uint64_t *row = row_of(t, item);
    uint64_t any = 0;

    for (uint32_t i = 0; i < t->n_words; i++) {
        out[i] = a[i] & row[i];
        any |= out[i];
    }
    return any != 0;
}

static void or_into(const struct search_table *t, uint64_t *out, const uint64_t *a)
{
    for (uint32_t i = 0; i < t->n_words; i++)
        out[i] |= a[i];
}

static bool is_inner(const struct search_table *t)
{
    return t->mix == SEARCH_INNER_MIX;
}

/* Items of which the inner table has no second hash. */
static bool and_again(const struct search_table *t, uint32_t item, uint64_t *blocks)
{
    return is_inner(t) || and_row(t, blocks, item, blocks);
}

static void fill(const struct search_table *t, uint64_t *out)
{
    memset(out, 0, t->n_words * sizeof *out);
    memset(out, 0xFF, t->n_blocks / 64 * sizeof *out);
    if (t->n_blocks % 64)
        out[t->n_blocks / 64] = ((uint64_t)1 << t->n_blocks % 64) - 1;
}

/* False when nothing is left. */
static bool
keep_flag(const struct search_table *t, enum search_flag flag, uint64_t *blocks)
{
    const uint64_t *row = t->rows + (size_t)flag * t->stride;
    uint64_t any = 0;

    for (uint32_t i = 0; i < t->n_words; i++) {
        blocks[i] &= row[i];
        any |= blocks[i];
    }
    return any != 0;
}

/* ---- as written ---- */

static void
keep_characters(const struct search_table *t, struct im_bytes text, uint64_t *blocks)
{
    uint32_t before = 0;

    for (size_t i = 0; i < text.len;) {
        uint32_t c = im_utf8_next(text, &i);

        and_row(t, blocks, search_item(ITEM_CHARACTER, c, 0, 0), blocks);
        if (before) {
            and_row(t, blocks, search_item(ITEM_PAIR, before, c, 0), blocks);
            and_again(t, search_item(ITEM_PAIR_AGAIN, before, c, 0), blocks);
        }
        before = c;
    }
}

static bool keep_trigrams(const struct search_table *t,
                          const uint8_t *term,
                          unsigned n,
                          uint64_t *blocks)
{
    bool any = true;

    for (unsigned i = 0; i + 2 < n && any; i++)
        any = and_row(t, blocks,
                      search_item(ITEM_TRIGRAM, term[i], term[i + 1], term[i + 2]),
                      blocks);
    return any;
}

static bool keep_latin(const struct search_table *t,
                       const uint8_t *term,
                       unsigned n,
                       uint64_t *blocks)
{
    bool any = true;

    for (uint32_t i = 0; i < (is_inner(t) ? 1 : ITEM_HASHES) && any; i++)
        any = and_row(t, blocks,
                      search_item(ITEM_WORD, term[0], n > 1 ? term[1] : 0, i), blocks);
    return any && keep_trigrams(t, term, n, blocks);
}

static uint64_t *set_at(struct asking *a, unsigned depth)
{
    return a->scratch + (size_t)depth * a->table->n_words;
}

static void begin(const struct asking *a, uint64_t *out)
{
    memcpy(out, a->from, a->table->n_words * sizeof *out);
}

/* ---- read ---- */

static int compare_syllable(const char *syllable, const uint8_t *text, size_t len)
{
    int order = memcmp(syllable, text, len);

    return order ? order : syllable[len] != '\0';
}

/* The first syllable that is not before this text, of at most LONGEST_SYLLABLE. */
static size_t first_syllable(const uint8_t *text, size_t len)
{
    size_t low = 0;
    size_t high = han_n_syllables;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_syllable(han_syllables[middle], text, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The number of the syllable that is exactly this text; -1. */
static int syllable_number(const uint8_t *text, size_t len)
{
    size_t s = len <= LONGEST_SYLLABLE ? first_syllable(text, len) : han_n_syllables;

    return s < han_n_syllables && compare_syllable(han_syllables[s], text, len) == 0
               ? (int)s
               : -1;
}

/* The same of the term's letters from `at` on. */
static int syllable_at(const struct asking *a, unsigned at, unsigned len)
{
    return a->numbers ? a->numbers[at * 8 + len] - 1
                      : syllable_number(a->term + at, len);
}

/* out = those of `blocks` that have a syllable, after `last` unless that is -1. */
static bool and_syllable(const struct search_table *t,
                         const uint64_t *blocks,
                         int last,
                         size_t s,
                         uint64_t *out)
{
    const char *text = han_syllables[s];
    uint32_t a = (uint32_t)last;
    uint32_t b = (uint32_t)s;

    if (!and_row(t, blocks,
                 search_item_text(ITEM_SYLLABLE, (const uint8_t *)text, strlen(text)),
                 out))
        return false;
    return last < 0 || (and_row(t, out, search_item(ITEM_TWO, a, b, 0), out) &&
                        and_again(t, search_item(ITEM_TWO_AGAIN, a, b, 0), out));
}

/* What is left is how the last syllable begins: a letter alone, or every syllable that
 * may be meant. */
static void add_last(struct asking *a, unsigned at, int last, unsigned depth)
{
    const struct search_table *t = a->table;
    const uint64_t *blocks = set_at(a, depth);
    uint64_t *next = set_at(a, depth + 1);
    unsigned rest = a->n - at;
    const uint8_t *text = a->term + at;

    if (rest > LONGEST_SYLLABLE)
        return;
    if ((last < 0 && !is_inner(t)) || rest == 1) {
        if (and_row(t, blocks, search_item_text(ITEM_SYLLABLE, text, rest), next) &&
            (last < 0 ||
             and_row(t, next, search_item(ITEM_TWO_FIRST, (uint32_t)last, *text, 0),
                     next)))
            or_into(t, a->found, next);
        return;
    }
    for (size_t s = first_syllable(text, rest);
         s < han_n_syllables && memcmp(han_syllables[s], text, rest) == 0; s++)
        if (and_syllable(t, blocks, last, s, next))
            or_into(t, a->found, next);
}

/* `blocks` may have the term up to `at`, the last syllable being `last`. */
static void walk(struct asking *a, unsigned at, int last, unsigned depth)
{
    const struct search_table *t = a->table;
    const uint64_t *blocks = set_at(a, depth);
    uint64_t *next = set_at(a, depth + 1);
    unsigned rest = a->n - at;

    if (++a->steps > MAX_STEPS) {
        a->is_given_up = true;
        return;
    }
    if (rest == 0) {
        or_into(t, a->found, blocks);
        return;
    }
    add_last(a, at, last, depth);
    for (unsigned len = 1; len < rest && len <= LONGEST_SYLLABLE; len++) {
        int s = syllable_at(a, at, len);

        if (s < 0 || a->is_given_up)
            continue;
        if (and_syllable(t, blocks, last, (size_t)s, next))
            walk(a, at + len, s, depth + 1);
    }
}

/* Found across the place where Latin and Chinese meet: two of its letters meet there.
 */
static void add_crossing(struct asking *a, enum search_item kind)
{
    const struct search_table *t = a->table;
    uint64_t *meeting = set_at(a, 0);
    uint64_t *blocks = set_at(a, 1);

    begin(a, meeting);
    if (!keep_flag(t, FLAG_MEETING, meeting))
        return;
    for (unsigned i = 0; i + 1 < a->n; i++)
        if (and_row(t, meeting, search_item(kind, a->term[i], a->term[i + 1], 0),
                    blocks))
            or_into(t, a->found, blocks);
}

static void add_read(struct asking *a)
{
    begin(a, set_at(a, 0));
    walk(a, 0, -1, 0);
    add_crossing(a, ITEM_CROSSING);
}

static bool keep_letters(const struct search_table *t,
                         const uint8_t *text,
                         unsigned size,
                         uint64_t *blocks)
{
    unsigned hashes = is_inner(t) ? size - 1 : 1;
    uint32_t letters = 0;
    bool any = true;

    if (size == 2 && is_inner(t)) { /* nearly every name has both */
        for (unsigned i = 0; i < 2 && any; i++)
            any = and_row(t, blocks, search_item_text(ITEM_SYLLABLE, text + i, 1),
                          blocks);
        return any;
    }
    for (unsigned k = 0; k < size; k++)
        letters = letters << 8 | text[k];
    for (unsigned hash = 0; hash < hashes && any; hash++)
        any =
            and_row(t, blocks, search_item(ITEM_LETTERS, letters, size, hash), blocks);
    return any;
}

static void add_letters(struct asking *a)
{
    const struct search_table *t = a->table;
    uint64_t *blocks = set_at(a, 0);
    unsigned window = a->n < 4 ? a->n : 4;
    bool any = true;

    if (a->n < 2)
        return;
    begin(a, blocks);
    for (unsigned size = window; size >= 2 && any; size--)
        for (unsigned i = 0; i + size <= a->n && any; i++)
            any = keep_letters(t, a->term + i, size, blocks);
    or_into(t, a->found, blocks);
    add_crossing(a, ITEM_CROSSING_LETTERS);
}

/* ---- with one error ---- */

/* Is `a` with at most one letter wrong, missing, too many or swapped `b`? */
static bool is_near(const uint8_t *a, size_t n, const uint8_t *b, size_t m)
{
    size_t i = 0;

    if (n > m + 1 || m > n + 1)
        return false;
    while (i < n && i < m && a[i] == b[i])
        i++;
    if (n == m)
        return i == n || memcmp(a + i + 1, b + i + 1, n - i - 1) == 0 ||
               (i + 1 < n && a[i] == b[i + 1] && a[i + 1] == b[i] &&
                memcmp(a + i + 2, b + i + 2, n - i - 2) == 0);
    return n > m ? memcmp(a + i + 1, b + i, m - i) == 0
                 : memcmp(a + i, b + i + 1, n - i) == 0;
}

/* May what is left be the beginning of the syllable, with an error? */
static bool begins_near(const char *syllable, const uint8_t *rest, unsigned n)
{
    for (size_t len = 0; len <= strlen(syllable); len++)
        if (is_near((const uint8_t *)syllable, len, rest, n))
            return true;
    return false;
}

/* The syllable that has the error comes next: each that may be meant, then the rest. */
static void walk_wrong(struct asking *a, unsigned at, int last, unsigned depth)
{
    const struct search_table *t = a->table;
    const uint64_t *blocks = set_at(a, depth);
    uint64_t *next = set_at(a, depth + 1);
    unsigned rest = a->n - at;

    for (size_t s = 0; s < han_n_syllables && !a->is_given_up; s++) {
        const char *syllable = han_syllables[s];
        unsigned len = (unsigned)strlen(syllable);
        bool is_asked = false;
        bool is_there = false;

        for (unsigned used = len - 1; used <= len + 1; used++) {
            bool is_last = used == len - 1 && begins_near(syllable, a->term + at, rest);
            bool fits = used <= rest &&
                        is_near((const uint8_t *)syllable, len, a->term + at, used);

            if (!is_last && !fits)
                continue;
            if (!is_asked) {
                is_there = and_syllable(t, blocks, last, s, next);
                is_asked = true;
            }
            if (is_there && is_last)
                or_into(t, a->found, next);
            if (is_there && fits)
                walk(a, at + used, (int)s, depth + 1);
        }
    }
}

/* Right up to some syllable, then the one with the error. */
static void walk_to_wrong(struct asking *a, unsigned at, int last, unsigned depth)
{
    const struct search_table *t = a->table;
    uint64_t *next = set_at(a, depth + 1);

    if (++a->steps > MAX_STEPS) {
        a->is_given_up = true;
        return;
    }
    walk_wrong(a, at, last, depth);
    for (unsigned len = 1; at + len <= a->n && len <= LONGEST_SYLLABLE; len++) {
        int s = syllable_at(a, at, len);

        if (s < 0 || a->is_given_up)
            continue;
        if (and_syllable(t, set_at(a, depth), last, (size_t)s, next))
            walk_to_wrong(a, at + len, s, depth + 1);
    }
}

static void add_latin(struct asking *a, const uint8_t *term, unsigned n)
{
    uint64_t *blocks = set_at(a, 0);

    begin(a, blocks);
    if (keep_latin(a->table, term, n, blocks))
        or_into(a->table, a->found, blocks);
}

/* Two letters at the seam of two syllables are the one error that is in both. */
static void add_swapped(struct asking *a, uint8_t *term)
{
    for (unsigned i = 0; i + 1 < a->n; i++) {
        uint8_t c = term[i];

        term[i] = term[i + 1];
        term[i + 1] = c;
        begin(a, set_at(a, 0));
        walk(a, 0, -1, 0);
        add_latin(a, term, a->n);
        term[i + 1] = term[i];
        term[i] = c;
    }
}

/* Latin words as they may have been meant. */
static void add_latin_wrong(struct asking *a, const uint8_t *term)
{
    uint8_t meant[SEARCH_MAX_SYMBOLS + 1];

    for (unsigned i = 0; i < a->n; i++) { /* one too many */
        memcpy(meant, term, i);
        memcpy(meant + i, term + i + 1, a->n - i - 1);
        add_latin(a, meant, a->n - 1);
    }
    for (unsigned i = 0; i <= a->n; i++)
        for (uint8_t c = 'a'; c <= 'z'; c++) {
            memcpy(meant, term, i);
            meant[i] = c;
            memcpy(meant + i + 1, term + i, a->n - i);
            add_latin(a, meant, a->n + 1);
            if (i == a->n)
                continue;
            memcpy(meant + i + 1, term + i + 1, a->n - i - 1);
            add_latin(a, meant, a->n);
        }
}

static void add_wrong(struct asking *a)
{
    uint8_t term[SEARCH_MAX_SYMBOLS];

    memcpy(term, a->term, a->n);
    a->term = term;
    a->numbers = NULL; /* letters are going to be swapped */
    if (a->table->is_read) {
        begin(a, set_at(a, 0));
        walk_to_wrong(a, 0, -1, 0);
        begin(a, set_at(a, 0));
        keep_flag(a->table, FLAG_MIXED, set_at(a, 0));
        or_into(a->table, a->found, set_at(a, 0));
    }
    add_swapped(a, term);
    add_latin_wrong(a, term);
}

/* ---- the whole ---- */

static bool may_be_wrong(const struct search_pattern *p)
{
    return !p->has_digit && p->n >= SEARCH_LEAST_MISTYPED;
}

bool search_room_init(struct search_room *room,
                      const struct search_table *t,
                      struct im_arena *arena)
{
    room->found = im_arena_alloc(arena, t->n_words * sizeof *room->found);
    room->scratch = im_arena_alloc(arena, (size_t)SEARCH_DEPTHS * t->n_words *
                                              sizeof *room->scratch);
    return room->found && room->scratch;
}

void search_table_keep(const struct search_table *t,
                       const struct search_term *term,
                       enum search_found most,
                       struct search_room *room,
                       uint64_t *blocks)
{
    struct asking a = {.table = t,
                       .term = term->text.data,
                       .n = term->pattern.n,
                       .numbers = term->pattern.syllables.numbers,
                       .found = room->found,
                       .scratch = room->scratch};

    if (!term->is_latin) {
        keep_characters(t, term->text, blocks);
        return;
    }
    a.from = blocks;
    memset(a.found, 0, t->n_words * sizeof *a.found);
    add_latin(&a, a.term, a.n);
    if (t->is_read && most >= SEARCH_READ)
        add_read(&a);
    if (t->is_read && most >= SEARCH_LETTERS)
        add_letters(&a);
    if (most >= SEARCH_WRONG && may_be_wrong(&term->pattern))
        add_wrong(&a);
    if (a.is_given_up)
        return;
    memcpy(blocks, a.found, t->n_words * sizeof *blocks);
}

uint64_t *search_table_blocks(const struct search_table *t,
                              const struct search_term *term,
                              enum search_found most,
                              struct im_arena *arena)
{
    uint64_t *blocks = search_table_all(t, arena);
    struct search_room room;

    if (!blocks || !search_room_init(&room, t, arena))
        return NULL;
    search_table_keep(t, term, most, &room, blocks);
    return blocks;
}

void search_table_keep_exact(const struct search_table *t,
                             struct im_bytes whole,
                             uint64_t *blocks)
{
    size_t len = whole.len < SEARCH_EXACT_BYTES ? whole.len : SEARCH_EXACT_BYTES;

    and_row(t, blocks, search_item_text(ITEM_EXACT, whole.data, len), blocks);
    and_again(t, search_item_text(ITEM_EXACT_AGAIN, whole.data, len), blocks);
}

void search_table_keep_beginning(const struct search_table *t,
                                 struct im_bytes whole,
                                 uint64_t *blocks)
{
    uint32_t items[SEARCH_BEGINNINGS + 1];
    size_t n = search_beginnings(whole, items);

    for (size_t i = 0; i < n; i++)
        and_row(t, blocks, items[i], blocks);
}

void search_table_keep_written(const struct search_table *t,
                               const struct search_term *term,
                               uint64_t *blocks)
{
    if (term->is_latin)
        keep_latin(t, term->text.data, term->pattern.n, blocks);
    else
        keep_characters(t, term->text, blocks);
}

static bool is_read_character(uint32_t c)
{
    return han_is(c) && (han_readings[c - HAN_FIRST] & (HAN_BEGINS_PHRASE - 1));
}

/* Latin terms need not begin a word there: "zhang jiang" is in "张江zhangjiang". */
void search_table_keep_mixed(const struct search_table *t,
                             const struct search_words *words,
                             uint64_t *blocks)
{
    const struct search_pattern *whole = &words->pattern;

    for (size_t i = 0; i < words->n_terms; i++)
        if (words->terms[i].is_latin)
            keep_trigrams(t, words->terms[i].text.data, words->terms[i].pattern.n,
                          blocks);
        else
            keep_characters(t, words->terms[i].text, blocks);
    for (unsigned i = 1; i < whole->n; i++) {
        uint32_t a = whole->symbols[i - 1];
        uint32_t b = whole->symbols[i];

        if ((text_is_latin(a) && is_read_character(b)) ||
            (text_is_latin(b) && is_read_character(a))) {
            keep_flag(t, FLAG_MEETING, blocks);
            return;
        }
    }
}

uint64_t *search_table_all(const struct search_table *t, struct im_arena *arena)
{
    uint64_t *blocks = im_arena_alloc(arena, t->n_words * sizeof *blocks);

    if (blocks)
        fill(t, blocks);
    return blocks;
}
