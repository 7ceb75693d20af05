/* SPDX-License-Identifier: Apache-2.0 */
/* From slots to one operation and its parameters: which operations there are and in
 * what order they are tried. The first that fits is taken; terms that nobody explained
 * are looked at afterwards (ask.c). */
#include "ask/decide.h"

static bool takes_travel_time(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find(r, G_TRAVEL, 0);

    if (i == r->n)
        return false;
    if (d->distance < r->n) { /* 1小时车程(约60公里): the distance says it */
        terms_use(r, G_TRAVEL);
        return false;
    }
    r->missing.zh = "道路与车程数据；请改用公里数";
    r->missing.en = "roads and travel times; ask with a distance in km";
    return true;
}

/* What does not fit leaves nothing behind but what it missed. */
static bool try(struct draft *d, bool (*operation)(struct draft *))
{
    struct draft before = *d;
    bool used[MAX_TERMS];

    for (size_t i = 0; i < d->r->n; i++)
        used[i] = d->r->terms[i].used;
    d->out->n_parts = 0;
    d->out->needs = NULL;
    if (operation(d))
        return true;
    for (size_t i = 0; i < d->r->n; i++)
        d->r->terms[i].used = used[i];
    d->out->n_parts = 0;
    d->out->needs = NULL;
    *d = before;
    return false;
}

bool decide(struct draft *d)
{
    static bool (*const first[])(struct draft *) = {decide_layers, decide_changes,
                                                    decide_duplicates, decide_flows,
                                                    decide_unreliable};
    static bool (*const then[])(struct draft *) = {
        decide_chain,   decide_gaps,    decide_across,    decide_covered,
        decide_join,    decide_how_far, decide_aggregate, decide_figures,
        decide_nearest, decide_rows,    decide_search};

    struct reading *r = d->r;

    d->near = d->in = d->from = d->to = r->n;
    d->distance = term_find_kind(r, TERM_DISTANCE, 0);
    d->level = term_find_kind(r, TERM_LEVEL, 0);
    if (d->n_groups == 0 && !term_has(r, G_ABOUT_DATA) && r->n == 0)
        return false;
    if (takes_travel_time(d))
        return false;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (try(d, first[i]))
            return true;
    settle_places(d);
    for (size_t i = 0; i < sizeof then / sizeof then[0] && !*r->missing.zh; i++)
        if (try(d, then[i]))
            return true;
    return false;
}
