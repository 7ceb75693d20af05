/* SPDX-License-Identifier: Apache-2.0 */
/* Where a place must stand, what nobody knows is one: its terms become one place. */
#include "ask/settle.h"

static bool may_be_in_name(const struct reading *r, size_t i)
{
    return term_is_kind(r, i, TERM_UNKNOWN) || term_is_kind(r, i, TERM_PLACE) ||
           term_is_kind(r, i, TERM_WORD) || term_is_kind(r, i, TERM_KIND) ||
           term_is_kind(r, i, TERM_FIELD);
}

/* 中山北路3300号: behind "from" a number belongs to the place. */
static bool is_in_address(const struct reading *r, size_t i)
{
    return term_is_kind(r, i, TERM_COUNT) || term_is_kind(r, i, TERM_MEMBERS) ||
           term_is_kind(r, i, TERM_LEVEL) || term_is_kind(r, i, TERM_YEARS);
}

static bool has_unknown(const struct reading *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (r->terms[i].kind == TERM_UNKNOWN)
            return true;
    return false;
}

bool begins_distance(const struct reading *r, size_t i)
{
    return term_is(r, i, G_NEAREST) || term_is(r, i, G_AROUND) ||
           term_is_kind(r, i, TERM_DISTANCE) || term_is(r, i, G_ALONG) ||
           ((term_is(r, i, G_AT_MOST) || term_is(r, i, G_LESS)) &&
            term_is_kind(r, i + 1, TERM_DISTANCE));
}

static void name_place(struct reading *r, size_t from, size_t to)
{
    if (from < to && has_unknown(r, from, to))
        terms_replace(r, from, to, (struct term){.kind = TERM_PLACE});
}

static bool points_at_place(const struct reading *r, size_t i)
{
    return term_is(r, i, G_FROM) || term_is(r, i, G_TO) || term_is(r, i, G_AROUND) ||
           term_is(r, i, G_IN) ||
           (term_is(r, i, G_OF) && i > 0 && term_is_kind(r, i - 1, TERM_DISTANCE)) ||
           (term_is(r, i, G_NEAREST) && r->lang == LANG_EN);
}

static bool names_references(const struct reading *r, const struct term *t)
{
    return t->kind == TERM_KIND && !(r->kinds[t->of].layers & ~r->v->references);
}

/* "nearest incubator to Foo University": what was asked for stands before, so what
 * names a place of reference ends a name. */
void settle_kinds_in_names(struct reading *r)
{
    size_t asked = term_find_kind(r, TERM_KIND, 0);

    for (size_t i = asked + 1; r->lang == LANG_EN && i + 2 < r->n; i++) {
        size_t to = i + 1;

        if (!(term_is(r, i, G_TO) || term_is(r, i, G_FROM) || term_is(r, i, G_AROUND) ||
              term_is(r, i, G_OF)))
            continue;
        while (term_is_kind(r, to, TERM_UNKNOWN) || term_is_kind(r, to, TERM_PLACE) ||
               (to > i + 1 && to < r->n && names_references(r, &r->terms[to])))
            to++;
        if (to > i + 2 && names_references(r, &r->terms[to - 1]))
            terms_replace(r, i + 1, to, (struct term){.kind = TERM_PLACE});
    }
}

/* 离龙之梦广场最近的, 龙之梦广场附近, near Dragon Plaza: where a place must stand, what
 * is not known is one. */
void settle_unknown_places(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t to = i + 1;

        if (!points_at_place(r, i))
            continue;
        while (may_be_in_name(r, to) || (term_is(r, i, G_FROM) && is_in_address(r, to)))
            to++;
        if (r->lang == LANG_ZH && !begins_distance(r, to) && !term_is(r, i, G_IN))
            continue;
        if (r->lang == LANG_EN) /* the kind that follows is asked for */
            while (to > i + 1 && !term_is_kind(r, to - 1, TERM_UNKNOWN))
                to--;
        if (r->lang == LANG_EN && term_is(r, i, G_NEAREST))
            continue;
        if (term_is(r, i, G_IN) && r->lang == LANG_ZH &&
            !term_is_kind(r, i + 1, TERM_UNKNOWN))
            continue;
        if (term_is(r, i, G_IN) && r->lang == LANG_ZH)
            to = i + 2;
        name_place(r, i + 1, to);
        /* 中 of 中山北路 looked like a word that says nothing */
        if (r->lang == LANG_ZH && term_is_kind(r, i + 1, TERM_PLACE) &&
            !r->terms[i + 1].token)
            r->terms[i + 1].start = r->terms[i].end;
    }
    for (size_t i = 0; r->lang == LANG_ZH && i < r->n; i++) {
        size_t from = i;

        if (!begins_distance(r, i))
            continue;
        while (from > 0 && may_be_in_name(r, from - 1) &&
               has_unknown(r, 0, from)) /* and none before the first unknown */
            from--;
        while (from < i && r->terms[from].kind != TERM_UNKNOWN &&
               r->terms[from].kind != TERM_PLACE && !has_unknown(r, from, i))
            from++;
        /* 虹桥国际机场: what is known of a name and the rest of it */
        if (from > 0 && from < i && term_is_kind(r, from - 1, TERM_PLACE) &&
            r->terms[from - 1].token && !r->terms[from - 1].token->is_division &&
            r->terms[from - 1].end == r->terms[from].start)
            from--;
        size_t before = r->n;
        name_place(r, from, i);
        i -= before - r->n;
    }
}

/* 火星有哪些孵化器: where a place stands, what is not known is one. */
void settle_unknown_owners(struct reading *r)
{
    for (size_t i = 0; r->lang == LANG_ZH && i + 2 < r->n; i++) {
        size_t next = i + 1;

        if (!term_is_kind(r, i, TERM_UNKNOWN) ||
            r->terms[i].end - r->terms[i].start < 2 ||
            (i > 0 && !term_is_kind(r, i - 1, TERM_MARK)))
            continue;
        while (term_is(r, next, G_HAVE) || term_is(r, next, G_WHICH) ||
               term_is(r, next, G_COUNT))
            next++;
        if (next > i + 1 &&
            (term_is_kind(r, next, TERM_KIND) || term_is_kind(r, next, TERM_WORD)))
            r->terms[i].kind = TERM_PLACE;
    }
}
