/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the data themselves: layers, what changed, rows that are there twice
 * or lie nowhere in particular. */
#include "ask/decide.h"

static bool has_place(const struct draft *d)
{
    return term_find_kind(d->r, TERM_PLACE, 0) < d->r->n ||
           term_find_kind(d->r, TERM_POSITION, 0) < d->r->n ||
           term_find_kind(d->r, TERM_CORRIDOR, 0) < d->r->n;
}

/* 概念验证中心有没有重复的条目: the rows are those of the kind. */
static bool has_one_subject(const struct draft *d)
{
    return d->n_groups <= 1 || (d->n_groups == 2 && d->groups[1].kind.is_space);
}

static void part_of_group_if_any(struct draft *d)
{
    for (size_t g = 0; g < d->n_groups; g++)
        if (d->groups[g].kind.is_space)
            use_kinds(d, d->groups[g].first, d->groups[g].last);
    if (d->n_groups && !d->groups[0].kind.is_space)
        parts_of_kind(d, &d->groups[0], "layer", "filter");
}

bool decide_layers(struct draft *d)
{
    bool is_time = term_has(d->r, G_WHEN) &&
                   (term_has(d->r, G_CHANGED) || term_has(d->r, G_IMPORTED));

    if (is_flow_layer(d) && (d->level < d->r->n || term_has(d->r, G_SPREAD)))
        return false; /* 飞地的来源城市 */
    if (!(term_has(d->r, G_ABOUT_DATA) || is_time) || !has_one_subject(d) ||
        d->distance < d->r->n || (term_has(d->r, G_NEAREST) && !is_time) ||
        (d->n_groups && d->groups[0].kind.n_conditions) || has_place(d))
        return false;
    terms_use(d->r, G_ABOUT_DATA);
    terms_use(d->r, G_POSITION);
    if (is_time) {
        terms_use(d->r, G_WHEN);
        terms_use(d->r, G_CHANGED);
        terms_use(d->r, G_IMPORTED);
        terms_use(d->r, G_NEAREST); /* 最近更新 */
        terms_use(d->r, G_RECENT);
    }
    part_of_group_if_any(d);
    for (size_t i = 0; i < d->r->n; i++)
        if (term_is_kind(d->r, i, TERM_FIELD))
            d->r->terms[i].used = true;
    return understood(d, "layers");
}

bool decide_changes(struct draft *d)
{
    if (!(term_has(d->r, G_IMPORTED) ||
          (term_has(d->r, G_CHANGED) && term_has(d->r, G_RECENT))) ||
        !term_has(d->r, G_CHANGED) || !has_one_subject(d) || has_place(d))
        return false;
    terms_use(d->r, G_IMPORTED);
    terms_use(d->r, G_CHANGED);
    terms_use(d->r, G_RECENT);
    terms_use(d->r, G_AFTER);
    terms_use(d->r, G_NEWEST);
    part_of_group_if_any(d);
    part_of_format(d);
    return understood(d, "changes");
}

bool decide_duplicates(struct draft *d)
{
    if (!terms_use(d->r, G_DUPLICATE) || !has_one_subject(d))
        return false;
    if (d->n_groups && !d->groups[0].kind.is_space)
        part_of_group_if_any(d);
    else if (d->r->v->spaces)
        part_of_spaces(d);
    else
        return false;
    for (size_t g = 0; g < d->n_groups; g++)
        if (d->groups[g].kind.is_space)
            use_kinds(d, d->groups[g].first, d->groups[g].last);
    part_of_limit(d, "limit");
    part_of_format(d);
    return understood(d, "duplicates");
}

/* Rows without a reliable position: precision only a district or city, or none. */
bool decide_unreliable(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find(r, G_RELIABLE, 0);
    bool negative = i < r->n && r->terms[i].value < 0;
    layer_set set = d->n_groups ? d->groups[0].kind.layers : r->v->spaces;
    const char *field = NULL;

    if (!(negative || term_has(r, G_WITHOUT)) || !term_has(r, G_POSITION) ||
        !has_one_subject(d) || (d->n_groups && d->groups[0].is_impossible))
        return false;
    for (size_t l = 0; l < r->v->n_layers; l++) {
        const struct layer_schema *s = r->v->layers[l].schema;

        if (layer_in(set, l) && s->roles.precision == SCHEMA_NO_FIELD)
            set &= ~((layer_set)1 << l);
        else if (layer_in(set, l) && !field)
            field = s->fields[s->roles.precision].name;
    }
    if (!field)
        return false;
    const char *more = d->n_groups ? kind_filter(r->arena, &d->groups[0].kind) : "";
    part_add(d, "layer", layer_ids(r->v, r->arena, set),
             layer_titles(r->v, r->arena, set), 0, 0);
    for (size_t g = 0; g < d->n_groups; g++)
        use_kinds(d, d->groups[g].first, d->groups[g].last);
    part_add(d, "filter",
             ask_text(r->arena,
                      *more ? "%s%s(%s IN ('%s','%s') OR %s IS NULL)"
                            : "%s%s%s IN ('%s','%s') OR %s IS NULL",
                      more, *more ? " AND " : "", field,
                      precision_name(PRECISION_DISTRICT),
                      precision_name(PRECISION_CITY), field),
             (struct schema_title){"只知道所在区县或城市，或没有位置",
                                   "known to the district or city only, or not at all"},
             i < r->n ? r->terms[i].start : 0, i < r->n ? r->terms[i].end : 0);
    terms_use(r, G_RELIABLE);
    terms_use(r, G_WITHOUT);
    terms_use(r, G_POSITION);
    settle_places(d);
    if (parts_of_area(d)) {
        part_of_format(d);
        return understood(d, "within");
    }
    part_of_format(d);
    return understood(d, "list");
}
