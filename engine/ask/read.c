/* SPDX-License-Identifier: Apache-2.0 */
/* A row of tokens as a row of terms. */
#include "ask/read.h"
#include "atlas/layer.h"
#include "text/han.h"

#include <math.h>

struct cursor {
    struct reading *r;
    const struct tokens *t;
    size_t i; /* token */
};

static bool is(const struct cursor *c, size_t i, enum word_class class)
{
    return token_is(c->t, i, class);
}

/* ---- grammar ---- */

/* Words that mean something else behind a number, or nothing by themselves. */
static bool is_only_behind_numbers(enum word_class class)
{
    return class == G_LENGTH || class == G_AREA || class == G_MEASURE;
}

static const struct sense *sense_of_class(const struct token *t, enum word_class class)
{
    for (size_t i = 0; t->word && i < t->word->n_senses; i++)
        if (t->word->senses[i].kind == SENSE_GRAMMAR &&
            t->word->senses[i].class == class)
            return &t->word->senses[i];
    return NULL;
}

static const struct sense *main_grammar(const struct token *t)
{
    const struct sense *found = NULL;

    for (size_t i = 0; i < t->word->n_senses; i++) {
        const struct sense *s = &t->word->senses[i];

        if (s->kind != SENSE_GRAMMAR)
            break;
        if (!found || found->class == G_FILLER || is_only_behind_numbers(found->class))
            found = s;
    }
    return found;
}

/* ---- adding terms ---- */

static struct term *
add(struct cursor *c, enum term_kind kind, size_t first, size_t last)
{
    struct reading *r = c->r;
    struct term *term;

    if (r->n == MAX_TERMS) {
        r->is_too_long = true;
        return &r->terms[MAX_TERMS - 1];
    }
    term = &r->terms[r->n++];
    *term = (struct term){.kind = kind,
                          .token = &c->t->token[first],
                          .word = c->t->token[first].word,
                          .start = c->t->token[first].start,
                          .end = c->t->token[last].end};
    return term;
}

static void add_kind(struct cursor *c, const struct kind *kind)
{
    struct term *term = add(c, TERM_KIND, c->i, c->i);

    if (c->r->n_kinds == MAX_KINDS) {
        c->r->is_too_long = true;
        return;
    }
    term->of = c->r->n_kinds;
    c->r->kinds[c->r->n_kinds] = *kind;
    c->r->kinds[c->r->n_kinds].start = term->start;
    c->r->kinds[c->r->n_kinds].end = term->end;
    c->r->n_kinds++;
}

/* ---- numbers ---- */

static bool is_year(double n)
{
    return n >= 1900 && n <= 2100 && !(floor(n) < n);
}

static double number_of(const struct token *t)
{
    const struct sense *s = sense_of_class(t, G_NUMERAL);

    return t->kind == TOKEN_NUMBER ? t->number : s->arg;
}

static bool is_number(const struct cursor *c, size_t i)
{
    return i < c->t->n && (c->t->token[i].kind == TOKEN_NUMBER || is(c, i, G_NUMERAL));
}

static void add_years(struct cursor *c, int from, int to, size_t first, size_t last)
{
    struct term *term = add(c, TERM_YEARS, first, last);

    term->from = from;
    term->to = to;
    c->i = last + 1;
}

/* Is what stands before the number one of these? Returns the token, SIZE_MAX none. */
static size_t before(const struct cursor *c, size_t i, enum word_class class)
{
    while (i > 0 && (is(c, i - 1, G_IN) || is(c, i - 1, G_OF)))
        i--;
    return i > 0 && is(c, i - 1, class) ? i - 1 : SIZE_MAX;
}

/* A word before the number that already became a term is taken back. */
static void take_back(struct cursor *c, size_t token)
{
    struct reading *r = c->r;

    while (r->n > 0 && r->terms[r->n - 1].start >= c->t->token[token].start)
        r->n--;
}

static bool read_year(struct cursor *c)
{
    size_t i = c->i;
    int year;
    size_t last = i + 1;
    size_t head;

    if (!is_year(number_of(&c->t->token[i])))
        return false;
    year = (int)number_of(&c->t->token[i]);
    bool has_unit = is(c, last, G_YEAR);
    if (!has_unit)
        last--;
    /* 2016年到2020年, 2016-2020, from 2016 to 2020 */
    size_t other = last + 1;
    if (is(c, other, G_TO) || is(c, other, G_AND) ||
        (other < c->t->n && c->t->token[other].kind == TOKEN_MARK))
        other++;
    if (other > last + 1 && is_number(c, other) &&
        is_year(number_of(&c->t->token[other]))) {
        int to = (int)number_of(&c->t->token[other]);

        if (is(c, other + 1, G_YEAR))
            other++;
        if (is(c, other + 1, G_BETWEEN))
            other++;
        head = before(c, i, G_FROM);
        if (head == SIZE_MAX)
            head = before(c, i, G_BETWEEN);
        if (head != SIZE_MAX)
            take_back(c, head);
        add_years(c, year < to ? year : to, year < to ? to : year,
                  head == SIZE_MAX ? i : head, other);
        return true;
    }
    size_t behind = last + 1;
    if (is(c, behind, G_AFTER) || is(c, behind, G_ABOVE)) {
        add_years(c, year, 0, i, behind);
    } else if (is(c, behind, G_UNTIL)) {
        add_years(c, 0, year, i, behind);
    } else if (is(c, behind, G_BEFORE) || is(c, behind, G_TOP)) {
        add_years(c, 0, year - 1, i, behind);
    } else if ((head = before(c, i, G_AFTER)) != SIZE_MAX) {
        take_back(c, head);
        add_years(c, year, 0, head, last);
    } else if ((head = before(c, i, G_BEYOND)) != SIZE_MAX) {
        take_back(c, head);
        add_years(c, year + 1, 0, head, last);
    } else if ((head = before(c, i, G_BEFORE)) != SIZE_MAX) {
        take_back(c, head);
        add_years(c, 0, year - 1, head, last);
    } else if ((head = before(c, i, G_UNTIL)) != SIZE_MAX) {
        take_back(c, head);
        add_years(c, 0, year, head, last);
    } else {
        head = before(c, i, G_IN);
        if (head != SIZE_MAX)
            take_back(c, head);
        if (!has_unit && head == SIZE_MAX && c->r->lang == LANG_ZH &&
            !is(c, last + 1, G_SET_UP))
            return false;
        add_years(c, year, year, head == SIZE_MAX ? i : head, last);
    }
    return true;
}

/* 近五年, 最近三年, the last five years: this one and those before. */
static bool read_span(struct cursor *c)
{
    double n = number_of(&c->t->token[c->i]);
    size_t head = before(c, c->i, G_RECENT);

    if (!is(c, c->i + 1, G_YEAR) || n < 1 || n > 200)
        return false;
    if (head == SIZE_MAX)
        head = before(c, c->i, G_NEAREST);
    if (head == SIZE_MAX)
        head = before(c, c->i, G_TOP);
    if (head == SIZE_MAX)
        return false;
    take_back(c, head);
    size_t last = c->i + 1;
    if (is(c, last + 1, G_WITHIN) || is(c, last + 1, G_AFTER))
        last++;
    add_years(c, c->r->this_year - (int)n + 1, 0, head, last);
    return true;
}

static bool read_unit(struct cursor *c, enum word_class class, enum term_kind kind)
{
    size_t unit = c->i + 1;
    const struct sense *s;

    if (!is(c, unit, class))
        return false;
    s = sense_of_class(&c->t->token[unit], class);
    /* a place may begin with a unit in another language; 5 m is none without number */
    struct term *term = add(c, kind, c->i, unit);
    term->value = number_of(&c->t->token[c->i]) * s->arg;
    /* 一公里半 */
    if (kind == TERM_DISTANCE && unit + 1 < c->t->n &&
        c->t->token[unit + 1].kind == TOKEN_NUMBER &&
        c->t->token[unit + 1].number < 1 && c->t->token[unit + 1].number > 0) {
        term->value += c->t->token[unit + 1].number * s->arg;
        unit++;
    }
    c->i = unit + 1;
    return true;
}

static bool read_travel(struct cursor *c)
{
    size_t unit = c->i + 1;

    if (is(c, unit, G_MEASURE)) /* 一个半小时 */
        unit++;
    if (is_number(c, unit) && number_of(&c->t->token[unit]) < 1)
        unit++;
    if (!is(c, unit, G_TRAVEL))
        return false;
    struct term *term = add(c, TERM_GRAMMAR, c->i, unit);
    term->class = G_TRAVEL;
    c->i = unit + 1;
    return true;
}

static void read_count(struct cursor *c)
{
    double n = number_of(&c->t->token[c->i]);
    size_t head = before(c, c->i, G_TOP);
    size_t last = c->i;
    enum term_kind kind = head != SIZE_MAX ? TERM_RANK : TERM_COUNT;

    if (is(c, last + 1, G_LEVEL) && c->r->lang == LANG_ZH && head == SIZE_MAX) {
        last++;
        kind = TERM_MEMBERS;
    } else if (is(c, last + 1, G_MEASURE)) {
        last++;
        if (head == SIZE_MAX &&
            sense_of_class(&c->t->token[last], G_MEASURE)->arg > 0) {
            kind = TERM_MEMBERS; /* 三地 */
        } else if (head == SIZE_MAX && is(c, last + 1, G_LEVEL) &&
                   c->r->lang == LANG_ZH) {
            last++; /* 九个城市 */
            kind = TERM_MEMBERS;
        }
    }
    if (n < 0 || n > QUERY_MAX_K || floor(n) < n) {
        add(c, TERM_UNKNOWN, c->i, c->i);
        c->i++;
        return;
    }
    if (head != SIZE_MAX)
        take_back(c, head);
    struct term *term = add(c, kind, head == SIZE_MAX ? c->i : head, last);
    term->value = n;
    term->from = -1;
    if (kind == TERM_MEMBERS && is(c, last, G_LEVEL))
        term->from = (int)sense_of_class(&c->t->token[last], G_LEVEL)->arg;
    c->i = last + 1;
}

static void read_number(struct cursor *c)
{
    if (read_unit(c, G_LENGTH, TERM_DISTANCE) || read_unit(c, G_AREA, TERM_SURFACE) ||
        read_travel(c) || read_span(c) || read_year(c))
        return;
    read_count(c);
}

/* ---- words ---- */

static bool has_kind_of_sense(const struct word *w, enum sense_kind kind)
{
    for (size_t i = 0; i < w->n_senses; i++)
        if (w->senses[i].kind == kind)
            return true;
    return false;
}

static bool is_table(const struct vocabulary *v, const struct kind *kind)
{
    return v->layers[layer_first(kind->layers)].schema->group == SCHEMA_TABLES;
}

static void read_grammar(struct cursor *c, const struct sense *s)
{
    struct term *term;
    struct kind spaces = {.layers = c->r->v->spaces, .is_space = true};

    if (s->class == G_SPACE && spaces.layers) {
        add_kind(c, &spaces);
    } else if (s->class == G_LEVEL) {
        term = add(c, TERM_LEVEL, c->i, c->i);
        term->value = s->arg;
        term->class = G_LEVEL;
    } else if (s->class != G_FILLER && s->class != G_MEASURE) {
        term = add(c, TERM_GRAMMAR, c->i, c->i);
        term->class = s->class;
        term->value = s->arg;
    }
    c->i++;
}

static void read_word(struct cursor *c)
{
    const struct token *t = &c->t->token[c->i];
    const struct sense *grammar = main_grammar(t);
    struct kind kind;

    if (grammar && is_number(c, c->i)) {
        read_number(c);
        return;
    }
    if (grammar && !(is_only_behind_numbers(grammar->class) && t->word->n_senses > 1 &&
                     !has_kind_of_sense(t->word, SENSE_GRAMMAR))) {
        read_grammar(c, grammar);
        return;
    }
    if (has_kind_of_sense(t->word, SENSE_CORRIDOR)) {
        add(c, TERM_CORRIDOR, c->i, c->i);
    } else if (kind_of_word(c->r->v, t->word, &kind) &&
               !(is_table(c->r->v, &kind) &&
                 has_kind_of_sense(t->word, SENSE_INDICATOR))) {
        add_kind(c, &kind);
    } else if (has_kind_of_sense(t->word, SENSE_INDICATOR)) {
        add(c, TERM_INDICATOR, c->i, c->i);
    } else {
        add(c, has_kind_of_sense(t->word, SENSE_CODE) ? TERM_WORD : TERM_FIELD, c->i,
            c->i);
    }
    c->i++;
}

static void read_token(struct cursor *c)
{
    static const enum term_kind kinds[] = {[TOKEN_PLACE] = TERM_PLACE,
                                           [TOKEN_MARK] = TERM_MARK,
                                           [TOKEN_UNKNOWN] = TERM_UNKNOWN,
                                           [TOKEN_TEXT] = TERM_TEXT};
    const struct token *t = &c->t->token[c->i];

    if (t->kind == TOKEN_WORD) {
        read_word(c);
    } else if (t->kind == TOKEN_NUMBER) {
        read_number(c);
    } else {
        struct term *term = add(c, kinds[t->kind], c->i, c->i);

        term->class = t->kind == TOKEN_MARK ? (enum word_class)0 : term->class;
        c->i++;
    }
}

void read_terms(struct reading *r)
{
    struct cursor c = {.r = r, .t = r->tokens};

    while (c.i < c.t->n && !r->is_too_long)
        read_token(&c);
}

/* ---- looking at terms ---- */

size_t term_find(const struct reading *r, enum word_class class, size_t from)
{
    for (size_t i = from; i < r->n; i++)
        if (term_is(r, i, class))
            return i;
    return r->n;
}

size_t term_find_kind(const struct reading *r, enum term_kind kind, size_t from)
{
    for (size_t i = from; i < r->n; i++)
        if (r->terms[i].kind == kind)
            return i;
    return r->n;
}

bool term_is(const struct reading *r, size_t i, enum word_class class)
{
    return i < r->n && r->terms[i].kind == TERM_GRAMMAR && r->terms[i].class == class;
}

bool term_has(const struct reading *r, enum word_class class)
{
    return term_find(r, class, 0) < r->n;
}

const char *ask_words(const struct reading *r, size_t start, size_t end)
{
    struct im_bytes text = items_slice(r->items, start, end);
    const char *copy;

    while (text.len && text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    while (text.len && text.data[text.len - 1] <= ' ')
        text.len--;
    copy = im_arena_strdup(r->arena, text);
    return copy ? copy : "";
}

const char *ask_name(const struct reading *r, size_t start, size_t end)
{
    const char *words = ask_words(r, start, end);
    struct im_bytes text = im_bytes_of(words);
    struct im_buf out = {.max = 4 * ASK_MAX_BYTES};
    const char *copy;

    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(text, &i);
        uint32_t simple = han_simplify(c);
        uint8_t utf8[3] = {(uint8_t)(0xE0 | simple >> 12),
                           (uint8_t)(0x80 | (simple >> 6 & 0x3F)),
                           (uint8_t)(0x80 | (simple & 0x3F))};

        /* simplified forms are of the basic plane: three bytes */
        if (simple != c)
            im_buf_append(&out, utf8, sizeof utf8);
        else
            im_buf_append(&out, text.data + from, i - from);
    }
    copy = out.failed ? NULL : im_arena_strdup(r->arena, im_buf_bytes(&out));
    im_buf_release(&out);
    return copy ? copy : words;
}
