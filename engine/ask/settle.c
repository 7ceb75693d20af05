/* SPDX-License-Identifier: Apache-2.0 */
/* Terms that belong together become one. */
#include "ask/settle.h"
#include "ask/draft.h"
#include "atlas/layer.h"

static bool is_comparison(const struct reading *r, size_t i)
{
    return term_is(r, i, G_MORE) || term_is(r, i, G_LESS) ||
           term_is(r, i, G_AT_LEAST) || term_is(r, i, G_AT_MOST);
}

static bool is_figure(const struct reading *r, size_t i)
{
    return term_is_kind(r, i, TERM_SURFACE) || term_is_kind(r, i, TERM_COUNT);
}

static bool is_link(const struct reading *r, size_t i)
{
    return term_is(r, i, G_OF) || term_is(r, i, G_HAVE) || term_is(r, i, G_IN);
}

/* 面积大于5平方公里, area over 5 km2, 5平方公里以上, 超过10家 */
static void settle_comparison(struct reading *r, size_t i)
{
    struct term term = {.kind = TERM_COMPARE, .class = G_MORE};
    size_t figure;
    size_t first = i;
    size_t last;

    if (is_comparison(r, i) && is_figure(r, i + 1)) {
        term.class = r->terms[i].class;
        figure = i + 1;
        last = i + 1;
    } else if (is_figure(r, i) &&
               (term_is(r, i + 1, G_ABOVE) || term_is(r, i + 1, G_BELOW))) {
        term.class = term_is(r, i + 1, G_ABOVE) ? G_AT_LEAST : G_AT_MOST;
        figure = i;
        last = i + 1;
    } else {
        return;
    }
    term.is_surface = r->terms[figure].kind == TERM_SURFACE;
    term.value = r->terms[figure].value;
    size_t field = first;
    while (field > 0 && is_link(r, field - 1))
        field--;
    if (field > 0 && term_is_kind(r, field - 1, TERM_FIELD)) {
        first = field - 1;
        term.word = r->terms[first].word;
    }
    terms_replace(r, first, last + 1, term);
}

static bool says_precision(const struct reading *r, const struct term *t)
{
    for (size_t i = 0; t->kind == TERM_FIELD && i < t->word->n_senses; i++) {
        const struct sense *s = &t->word->senses[i];

        if (s->kind == SENSE_FIELD &&
            r->v->layers[s->layer].schema->roles.precision == s->field)
            return true;
    }
    return false;
}

static bool belongs_to_precision(const struct reading *r, size_t i)
{
    return is_link(r, i) || is_comparison(r, i) || term_is(r, i, G_WITHIN) ||
           term_is(r, i, G_ABOVE) || term_is(r, i, G_ONLY) || term_is(r, i, G_TO) ||
           term_is(r, i, G_POSITION);
}

/* 精度2公里以内, 2公里精度, precision of 2 km or better */
static void settle_precision(struct reading *r)
{
    size_t i;
    size_t first;
    size_t last;
    size_t far;

    for (i = 0; i < r->n && !says_precision(r, &r->terms[i]); i++)
        ;
    if (i == r->n)
        return;
    for (far = i + 1; far < r->n && belongs_to_precision(r, far); far++)
        ;
    first = i;
    last = far;
    if (!term_is_kind(r, far, TERM_DISTANCE)) {
        for (far = i; far > 0 && belongs_to_precision(r, far - 1); far--)
            ;
        if (far == 0 || !term_is_kind(r, far - 1, TERM_DISTANCE))
            return;
        first = far - 1;
        far = first;
        last = i;
    }
    r->precision_m = r->terms[far].value;
    while (last + 1 < r->n && belongs_to_precision(r, last + 1) &&
           !term_is(r, last + 1, G_OF))
        last++;
    terms_replace(
        r, first, last + 1,
        (struct term){.kind = TERM_GRAMMAR, .class = G_RELIABLE, .used = true});
}

/* 上海市松江区, Songjiang, Shanghai: the inner one is meant. */
static void settle_nested_places(struct reading *r)
{
    for (size_t i = 0; i + 1 < r->n; i++) {
        size_t next = i + 1;
        struct term inner;

        if (term_is_kind(r, next, TERM_MARK) && r->lang == LANG_EN)
            next++;
        if (!term_is_kind(r, i, TERM_PLACE) || !term_is_kind(r, next, TERM_PLACE))
            continue;
        if (next == i + 1 && term_lies_in(&r->terms[next], &r->terms[i]) &&
            r->lang == LANG_ZH)
            inner = r->terms[next];
        else if (term_lies_in(&r->terms[i], &r->terms[next]) && r->lang == LANG_EN)
            inner = r->terms[i];
        else
            continue;
        uint32_t start = inner.start;
        uint32_t end = inner.end;
        terms_replace(r, i, next + 1, inner);
        r->terms[i].start = start;
        r->terms[i].end = end;
    }
}

/* 松江区政府: the division; that its seat was meant is said. */
static bool ends_with_seat(const struct reading *r, const struct term *t)
{
    static const char seat[] = "政府";
    const char *name = ask_name(r, t->start, t->end);
    size_t len = strlen(name);

    return t->token && t->token->is_division && len > sizeof seat - 1 &&
           strcmp(name + len - (sizeof seat - 1), seat) == 0;
}

static void settle_seats(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (term_is_kind(r, i, TERM_PLACE) && ends_with_seat(r, &r->terms[i]))
            r->terms[i].is_seat = true; /* the data have it as another name */
    for (size_t i = 1; i < r->n; i++)
        if (term_is(r, i, G_SEAT) && term_is_kind(r, i - 1, TERM_PLACE) &&
            r->terms[i - 1].token && r->terms[i - 1].token->layer &&
            r->terms[i - 1].token->is_division != (r->terms[i].value > 0)) {
            r->terms[i - 1].is_seat = true;
            terms_drop(r, i);
            i--;
        }
}

static bool is_range_mark(const struct term *t)
{
    static const uint32_t marks[] = {'-', '~', 0x2013, 0x2014, 0xFF5E, 0x301C};

    for (size_t i = 0; t->kind == TERM_MARK && i < sizeof marks / sizeof marks[0]; i++)
        if (t->token->mark == marks[i])
            return true;
    return false;
}

/* 十年前: a number of years that is no span of them; it counts nothing. */
static void refuse_ages(struct reading *r)
{
    for (size_t i = 0; i + 1 < r->n; i++)
        r->is_rejected |= term_is_kind(r, i, TERM_COUNT) && term_is(r, i + 1, G_YEAR);
}

/* 国家实验室和孵化器的距离: at the end it asks how far. */
static void settle_distances_asked(struct reading *r)
{
    size_t last = r->n;

    while (last > 0 && term_is_kind(r, last - 1, TERM_MARK))
        last--;
    if (last > 1 && r->lang == LANG_ZH && term_is(r, last - 1, G_FROM))
        r->terms[last - 1].class = G_HOW_FAR;
}

/* 5到10公里, 5-10公里: no parameter says both. */
static void refuse_ranges(struct reading *r)
{
    for (size_t i = 0; i + 2 < r->n; i++)
        if ((term_is_kind(r, i, TERM_COUNT) || term_is_kind(r, i, TERM_DISTANCE) ||
             term_is_kind(r, i, TERM_SURFACE)) &&
            (term_is(r, i + 1, G_TO) || term_is(r, i + 1, G_AND) ||
             is_range_mark(&r->terms[i + 1])) &&
            (term_is_kind(r, i + 2, TERM_DISTANCE) ||
             term_is_kind(r, i + 2, TERM_SURFACE) ||
             term_is_kind(r, i + 2, TERM_COUNT)))
            r->is_rejected = true;
}

/* 长三角的孵化器: all that there are. Nothing is near to it or far from it. */
static void settle_everywhere(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++) {
        bool is_measured =
            begins_distance(r, i + 1) || term_is(r, i + 1, G_TO) ||
            (i > 0 && (term_is(r, i - 1, G_FROM) || term_is(r, i - 1, G_TO) ||
                       term_is(r, i - 1, G_AROUND)));

        if (!term_is(r, i, G_EVERYWHERE) || is_measured)
            continue;
        terms_drop(r, i);
        if (i > 0 && (term_is(r, i - 1, G_IN) ||
                      (term_is(r, i - 1, G_OF) && r->lang == LANG_EN))) {
            terms_drop(r, i - 1);
            i--;
        }
        i--;
    }
}

/* 十个区县 are the members of something that was named, two of which relations are
 * asked for, or else districts, of which ten. */
static void settle_members(struct reading *r)
{
    if (term_find_kind(r, TERM_CORRIDOR, 0) < r->n || term_has(r, G_MUTUAL) ||
        term_has(r, G_BETWEEN))
        return;
    for (size_t i = 0; i < r->n && r->n < MAX_TERMS; i++) {
        struct term level = r->terms[i];

        if (!term_is_kind(r, i, TERM_MEMBERS))
            continue;
        r->terms[i].kind = TERM_COUNT;
        if (level.from < 0)
            continue;
        level.kind = TERM_LEVEL;
        level.value = level.from;
        memmove(&r->terms[i + 2], &r->terms[i + 1],
                (r->n - i - 1) * sizeof r->terms[0]);
        r->terms[i + 1] = level;
        r->n++;
    }
}

/* 能做中试的地方: the place is one of the kind that was named. */
static void settle_spaces(struct reading *r)
{
    for (size_t i = 0; i + 1 < r->n; i++) {
        size_t next = i + 1;

        if (!term_is_kind(r, i, TERM_KIND) || r->kinds[r->terms[i].of].is_space)
            continue;
        if (term_is(r, next, G_OF))
            next++;
        if (r->lang == LANG_ZH && term_is_kind(r, next, TERM_KIND) &&
            r->kinds[r->terms[next].of].is_space)
            terms_replace(r, i, next + 1, r->terms[i]);
    }
}

void settle_terms(struct reading *r)
{
    settle_spaces(r);
    settle_members(r);
    settle_precision(r);
    for (size_t i = 0; i < r->n; i++)
        settle_comparison(r, i);
    settle_seats(r);
    refuse_ranges(r);
    refuse_ages(r);
    settle_distances_asked(r);
    settle_everywhere(r);
    settle_kinds_in_names(r);
    settle_unknown_places(r);
    settle_unknown_owners(r);
    settle_nested_places(r);
}
