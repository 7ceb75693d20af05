/* SPDX-License-Identifier: Apache-2.0 */
/* A row of tokens as a row of terms. */
#include "ask/read.h"
#include "atlas/layer.h"

#include <limits.h>
#include <math.h>

enum { OPEN = INT_MAX }; /* years: to that side */

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
    return class == G_LENGTH || class == G_AREA || class == G_MEASURE ||
           class == G_DEGREE;
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

/* Words that mean years by themselves: 去年, 十三五. */
static bool read_calendar(struct cursor *c, const struct sense *s)
{
    int from = s->class == G_PLAN ? (int)s->arg : c->r->this_year + (int)s->arg;
    int to = s->class == G_PLAN ? from + 4 : from;

    if (s->class != G_PLAN && s->class != G_CALENDAR)
        return false;
    if (is(c, c->i + 1, G_AFTER)) /* 去年以来 */
        add_years(c, from, 0, c->i, c->i + 1);
    else if (is(c, c->i + 1, G_BEFORE))
        add_years(c, 0, from - 1, c->i, c->i + 1);
    else
        add_years(c, from, to, c->i, c->i);
    return true;
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

/* 2016年到2020年, 2016-2020, from 2016 to 2020; `last`: the token that ends the year.
 */
static bool read_years_between(struct cursor *c, int year, size_t last)
{
    size_t other = last + 1;
    size_t head;
    int to;

    if (is(c, other, G_TO) || is(c, other, G_AND) ||
        (other < c->t->n && c->t->token[other].kind == TOKEN_MARK))
        other++;
    if (other == last + 1 || !is_number(c, other) ||
        !is_year(number_of(&c->t->token[other])))
        return false;
    to = (int)number_of(&c->t->token[other]);
    if (is(c, other + 1, G_YEAR))
        other++;
    if (is(c, other + 1, G_BETWEEN))
        other++;
    head = before(c, c->i, G_FROM);
    if (head == SIZE_MAX)
        head = before(c, c->i, G_BETWEEN);
    if (head != SIZE_MAX)
        take_back(c, head);
    add_years(c, year < to ? year : to, year < to ? to : year,
              head == SIZE_MAX ? c->i : head, other);
    return true;
}

/* 2016年以来, 2016年以前 */
static bool read_years_to_side(struct cursor *c, int year, size_t last)
{
    size_t behind = last + 1;

    if (is(c, behind, G_AFTER) || is(c, behind, G_ABOVE))
        add_years(c, year, 0, c->i, behind);
    else if (is(c, behind, G_UNTIL))
        add_years(c, 0, year, c->i, behind);
    else if (is(c, behind, G_BEFORE) || is(c, behind, G_TOP))
        add_years(c, 0, year - 1, c->i, behind);
    else
        return false;
    return true;
}

/* since 2016, after 2016, before 2016, until 2016 */
static bool read_years_behind_word(struct cursor *c, int year, size_t last)
{
    static const struct {
        enum word_class class;
        int from; /* from or to so many years later; OPEN without */
        int to;
    } words[] = {{G_AFTER, 0, OPEN},
                 {G_BEYOND, 1, OPEN},
                 {G_BEFORE, OPEN, -1},
                 {G_UNTIL, OPEN, 0}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t head = before(c, c->i, words[i].class);

        if (head == SIZE_MAX)
            continue;
        take_back(c, head);
        add_years(c, words[i].from == OPEN ? 0 : year + words[i].from,
                  words[i].to == OPEN ? 0 : year + words[i].to, head, last);
        return true;
    }
    return false;
}

static bool read_year(struct cursor *c)
{
    size_t last = c->i;
    size_t head;
    int year;

    if (!is_year(number_of(&c->t->token[c->i])))
        return false;
    year = (int)number_of(&c->t->token[c->i]);
    bool has_unit = is(c, last + 1, G_YEAR);
    if (has_unit)
        last++;
    if (read_years_between(c, year, last) || read_years_to_side(c, year, last) ||
        read_years_behind_word(c, year, last))
        return true;
    head = before(c, c->i, G_IN);
    if (head != SIZE_MAX)
        take_back(c, head);
    if (!has_unit && head == SIZE_MAX && c->r->lang == LANG_ZH &&
        !is(c, last + 1, G_SET_UP))
        return false;
    add_years(c, year, year, head == SIZE_MAX ? c->i : head, last);
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

/* 90年代, 上世纪九十年代 */
static bool read_decade(struct cursor *c)
{
    double n = number_of(&c->t->token[c->i]);

    if (!is(c, c->i + 1, G_DECADE) || !(n >= 0 && n <= 2100) || fmod(n, 10) != 0)
        return false;
    int from = (int)n;
    size_t head = before(c, c->i, G_CENTURY);
    if (n < 100)
        from += from >= 50 || head != SIZE_MAX ? 1900 : 2000;
    if (head != SIZE_MAX)
        take_back(c, head);
    else
        head = before(c, c->i, G_IN); /* in the 1990s */
    if (head != SIZE_MAX && is(c, head, G_IN))
        take_back(c, head);
    add_years(c, from, from + 9, head == SIZE_MAX ? c->i : head, c->i + 1);
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

/* ---- positions: 121.6, 31.2; 北纬31.2度东经121.6度 ---- */

static bool is_between_coordinates(const struct cursor *c, size_t i)
{
    return i < c->t->n &&
           (c->t->token[i].kind == TOKEN_MARK || is(c, i, G_DEGREE) ||
            is(c, i, G_LATITUDE) || is(c, i, G_LONGITUDE) || is(c, i, G_AND));
}

/* The figure is said to be one of latitude: 1, of longitude: -1, neither: 0. */
static int axis_of(const struct cursor *c, size_t number, size_t first, size_t last)
{
    for (size_t i = number; i > first && is_between_coordinates(c, i - 1); i--)
        if (is(c, i - 1, G_LATITUDE) || is(c, i - 1, G_LONGITUDE))
            return is(c, i - 1, G_LATITUDE) ? 1 : -1;
    for (size_t i = number + 1; i <= last && is_between_coordinates(c, i); i++)
        if (is(c, i, G_LATITUDE) || is(c, i, G_LONGITUDE))
            return is(c, i, G_LATITUDE) ? 1 : -1;
    return 0;
}

static bool has_fraction(double n)
{
    return floor(n) < n;
}

/* Where the data lie: of two figures without names it tells which is which. */
static struct bbox extent_of_data(const struct reading *r)
{
    static const struct bbox world = {-180, -90, 180, 90};

    return r->v->divisions && r->v->divisions->n ? atlas_layer_extent(r->v->divisions)
                                                 : world;
}

static bool lies_within(struct bbox b, double lon, double lat)
{
    static const double margin = 1; /* degrees: seats lie inside of their divisions */

    return lon >= b.min_x - margin && lon <= b.max_x + margin &&
           lat >= b.min_y - margin && lat <= b.max_y + margin;
}

static bool read_position(struct cursor *c)
{
    const struct token *t = c->t->token;
    size_t first = c->i;
    size_t other = c->i + 1;
    size_t last;
    double a = t[c->i].number;
    struct bbox b = extent_of_data(c->r);

    while (first > 0 && (is(c, first - 1, G_LATITUDE) || is(c, first - 1, G_LONGITUDE)))
        first--;
    while (other - c->i < 5 && is_between_coordinates(c, other))
        other++;
    if (t[c->i].kind != TOKEN_NUMBER || other >= c->t->n ||
        t[other].kind != TOKEN_NUMBER)
        return false;
    double z = t[other].number;
    if (other == c->i + 1 && !lies_within(b, a, z) && !lies_within(b, z, a))
        return false; /* only a blank between them */
    last = other;
    for (size_t i = other + 1; i < other + 3 && is_between_coordinates(c, i); i++)
        if (c->t->token[i].kind != TOKEN_MARK && !is(c, i, G_AND))
            last = i;
    int axis = axis_of(c, c->i, first, other - 1);
    bool is_named = axis != 0;
    if (!axis)
        axis = lies_within(b, z, a) ? 1 : -1;
    double lon = axis > 0 ? z : a;
    double lat = axis > 0 ? a : z;
    if (!is_named && !(has_fraction(a) && has_fraction(z)))
        return false;
    if (first < c->i)
        take_back(c, first);
    struct term *term = add(c, TERM_POSITION, first, last);
    term->value = lon;
    term->latitude = lat;
    if (!lies_within(b, lon, lat)) {
        c->r->missing.zh =
            ask_text(c->r->arena, "经纬度 %.*g, %.*g 处的数据", 9, lon, 9, lat);
        c->r->missing.en = ask_text(c->r->arena, "data at %.*g, %.*g", 9, lon, 9, lat);
    }
    c->i = last + 1;
    return true;
}

static void read_number(struct cursor *c)
{
    if (read_position(c) || read_decade(c) || read_unit(c, G_LENGTH, TERM_DISTANCE) ||
        read_unit(c, G_AREA, TERM_SURFACE) || read_travel(c) || read_span(c) ||
        read_year(c))
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

    if (read_calendar(c, s))
        return;
    if (s->class == G_ABROAD) {
        term = add(c, TERM_PLACE, c->i, c->i);
        term->is_abroad = true;
    } else if (s->class == G_SPACE && spaces.layers) {
        add_kind(c, &spaces);
    } else if (s->class == G_LEVEL) {
        term = add(c, TERM_LEVEL, c->i, c->i);
        term->value = s->arg;
        term->class = G_LEVEL;
    } else if (s->class != G_FILLER && s->class != G_MEASURE && s->class != G_DEGREE) {
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
