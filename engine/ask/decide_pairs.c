/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about two kinds, or about a kind and divisions: which A have (or lack) B
 * within reach, all of B, C and D, the nearest B of each A. */
#include "ask/decide.h"

/* Can filters say all that is said of the kinds? */
static bool says_filters(const struct draft *d)
{
    for (size_t i = 0; i < d->n_groups; i++)
        if (d->groups[i].is_impossible)
            return false;
    return true;
}

/* All of B, C and D within reach of A, or of one point. */
bool decide_chain(struct draft *d)
{
    struct reading *r = d->r;
    bool complete = term_has(r, G_COMPLETE);
    size_t which = term_find(r, G_WHICH, 0);
    size_t have = term_find(r, G_HAVE, 0);
    const struct group *a = NULL;
    const struct group *rest = d->groups;
    struct group first;
    size_t level = d->level;
    layer_set others = 0;
    bool by_level = level < r->n && (d->n_groups == 0 || level < d->groups[0].first);

    if (d->distance == r->n || d->n_groups == 0)
        return false;
    if (d->n_groups == 2 && d->groups[1].first != d->groups[1].last &&
        (complete || (which < d->groups[0].first && have < d->groups[1].first))) {
        a = &d->groups[0];
        rest = &d->groups[1];
    } else if (!(complete && d->n_groups == 1 &&
                 d->groups[0].first != d->groups[0].last)) {
        return false;
    }
    if (!says_filters(d) || kind_filter(r->arena, &rest->kind)[0])
        return false;
    others = rest->kind.layers;
    if (a) {
        parts_of_kind(d, a, "layer", "filter");
    } else if (by_level) {
        if (!parts_of_level(d, level))
            return false;
    } else if (d->near < r->n || d->is_here || d->in < r->n) {
        if (d->near == r->n && d->in < r->n) {
            d->near = d->in;
            d->in = r->n;
        }
        part_of_origin(d);
    } else { /* the chain begins with the kind that is named first */
        first = *rest;
        first.kind = r->kinds[r->terms[rest->first].of];
        first.last = first.first;
        others &= ~first.kind.layers;
        parts_of_kind(d, &first, "layer", "filter");
    }
    if (!others)
        return false;
    use_kinds(d, rest->first, rest->last);
    part_add(d, "other", layer_ids(r->v, r->arena, others),
             layer_titles(r->v, r->arena, others), r->terms[rest->first].start,
             r->terms[rest->last].end);
    part_of_distance(d, "max_km");
    terms_use(r, G_COMPLETE);
    if (d->in < r->n)
        parts_of_area(d);
    common_parts(d);
    return understood(d, "chain");
}

static void miss_outlines(struct reading *r, const struct kind *k)
{
    struct schema_title t = layer_titles(r->v, r->arena, k->layers);

    if (*r->missing.zh)
        return;
    r->missing.zh = ask_text(r->arena, "“%s”的范围（面）；请说明距离", t.zh);
    r->missing.en = ask_text(r->arena, "outlines of '%s'; say a distance", t.en);
}

/* A, which has (or lacks) B within reach. */
static bool parts_of_coverage(struct draft *d,
                              size_t level,
                              const struct group *a,
                              const struct group *b,
                              bool gaps)
{
    struct reading *r = d->r;

    if (a && d->distance == r->n) {
        miss_outlines(r, &a->kind);
        return false;
    }
    if (a ? false : !parts_of_level(d, level))
        return false;
    if (a)
        parts_of_kind(d, a, "layer", "filter");
    parts_of_kind(d, b, "other", "other_filter");
    if (d->distance < r->n)
        part_of_distance(d, "max_km");
    if (!gaps)
        part_default(d, "show", "covered",
                     (struct schema_title){"有的", "those that have one"});
    size_t distance = d->distance;
    d->distance = r->n; /* it is the reach, not the width of a corridor */
    parts_of_area(d);
    d->distance = distance;
    common_parts(d);
    return understood(d, "coverage");
}

bool decide_gaps(struct draft *d)
{
    struct reading *r = d->r;
    size_t without = term_find(r, G_WITHOUT, 0);
    const struct group *before = NULL;
    const struct group *behind[2] = {NULL, NULL};
    size_t level = d->level;

    if (without == r->n || !says_filters(d))
        return false;
    for (size_t i = 0; i < d->n_groups; i++) {
        if (d->groups[i].first < without)
            before = &d->groups[i];
        else if (!behind[0])
            behind[0] = &d->groups[i];
        else if (!behind[1])
            behind[1] = &d->groups[i];
    }
    /* 哪些区县孵化器还没有: what is lacked stands before */
    if (!behind[0] && before && level < before->first) {
        behind[0] = before;
        before = NULL;
    }
    if (!behind[0])
        return false;
    terms_use(r, G_WITHOUT);
    if (before && !before->kind.is_space)
        return parts_of_coverage(d, level, before, behind[0], true);
    if (level < r->n)
        return parts_of_coverage(d, level, NULL, behind[0], true);
    if (behind[1])
        return parts_of_coverage(d, level, behind[1], behind[0], true);
    if (before)
        return parts_of_coverage(d, level, before, behind[0], true);
    return false;
}

/* 哪些区县有概念验证中心; parks within 10 km of a laboratory */
bool decide_covered(struct draft *d)
{
    struct reading *r = d->r;
    size_t which = term_find(r, G_WHICH, 0);
    size_t have = term_find(r, G_HAVE, 0);
    size_t have_last = have;
    const struct group *a = &d->groups[0];
    const struct group *b = &d->groups[1];

    if (term_has(r, G_COUNT) || term_has(r, G_MOST) || !says_filters(d))
        return false;
    while (term_find(r, G_HAVE, have_last + 1) < r->n)
        have_last = term_find(r, G_HAVE, have_last + 1);
    if (d->n_groups == 1 && d->level < r->n && have < r->n && d->level < have &&
        have_last < d->groups[0].first && d->near == r->n &&
        (which < d->level || (r->lang == LANG_EN && d->level == 0)))
        return parts_of_coverage(d, d->level, NULL, a, false);
    if (d->n_groups != 2 || d->distance == r->n || d->near < r->n ||
        term_has(r, G_NEAREST))
        return false;
    bool is_subject_first = r->lang == LANG_EN
                                ? d->distance > a->last
                                : which < a->first || (d->distance > b->last);
    if (is_subject_first)
        return parts_of_coverage(d, r->n, a, b, false);
    return parts_of_coverage(d, r->n, b, a, false);
}

static void parts_of_join(struct draft *d, const struct group *a, const struct group *b)
{
    struct reading *r = d->r;

    parts_of_kind(d, a, "layer", "filter");
    parts_of_kind(d, b, "other", "other_filter");
    if (d->distance < r->n)
        part_of_distance(d, "max_km");
    size_t distance = d->distance;
    d->distance = r->n;
    parts_of_area(d);
    d->distance = distance;
    terms_use(r, G_NEAREST);
    terms_use(r, G_HOW_FAR);
    terms_use(r, G_AROUND);
    terms_use(r, G_COUNT);
    part_of_limit(d, "limit");
    common_parts(d);
}

/* 跨省相邻的高新区: the same kind on both sides of a border. */
bool decide_across(struct draft *d)
{
    struct reading *r = d->r;
    size_t across = term_find(r, G_ACROSS, 0);
    size_t level = d->level;
    const struct group *a = &d->groups[0];
    const struct group *b = &d->groups[d->n_groups > 1 ? 1 : 0];

    if (d->n_groups == 0 || d->n_groups > 2 || level == r->n ||
        (across == r->n && !term_has(r, G_ADJACENT)) ||
        (int)r->terms[level].value == DIVISION_DISTRICT || !says_filters(d))
        return false;
    parts_of_join(d, a, b);
    part_of_term(d, "across", level_name(r->terms[level].value),
                 level_title(r->terms[level].value), level);
    terms_use(r, G_ACROSS);
    terms_use(r, G_ADJACENT);
    terms_use(r, G_BETWEEN);
    return understood(d, "join");
}

/* For each A its nearest B. B is what "nearest" is said of. */
bool decide_join(struct draft *d)
{
    struct reading *r = d->r;
    size_t nearest = term_find(r, G_NEAREST, 0);
    size_t each = term_find(r, G_EACH, 0);
    const struct group *a = &d->groups[0];
    const struct group *b = &d->groups[1];

    if (d->n_groups != 2 || d->near < r->n || d->is_here || !says_filters(d))
        return false;
    if (nearest < r->n) {
        if (a->first > nearest) { /* nearest B to A; 最近的 B 的 A is not said */
            a = &d->groups[1];
            b = &d->groups[0];
        }
    } else if (term_has(r, G_AROUND) && d->distance == r->n) {
        if (r->lang == LANG_ZH && term_find(r, G_AROUND, 0) < b->first) {
            a = &d->groups[1]; /* 大科学装置附近的园区 */
            b = &d->groups[0];
        }
    } else if (!term_has(r, G_HOW_FAR) &&
               !(each < a->first && term_has(r, G_COUNT) && d->distance < r->n)) {
        return false;
    }
    parts_of_join(d, a, b);
    return understood(d, "join");
}

/* A 与 B 有多远: both in one group. */
bool decide_how_far(struct draft *d)
{
    struct reading *r = d->r;
    struct group *g = &d->groups[0];
    struct group b;
    size_t second;

    if (d->n_groups != 1 || !term_has(r, G_HOW_FAR) || g->first == g->last)
        return false;
    for (second = g->last; r->terms[second].kind != TERM_KIND; second--)
        ;
    b = *g;
    b.first = second;
    b.kind = r->kinds[r->terms[second].of];
    g->last = g->first;
    g->kind = r->kinds[r->terms[g->first].of];
    parts_of_join(d, g, &b);
    return understood(d, "join");
}
