/* SPDX-License-Identifier: Apache-2.0 */
/* Enclaves: whose they are and where they lie. */
#include "ask/decide.h"
#include "atlas/layer.h"

bool is_flow_layer(const struct draft *d)
{
    if (d->n_groups != 1)
        return false;
    for (size_t l = 0; l < d->r->v->n_layers; l++)
        if (layer_in(d->groups[0].kind.layers, l) &&
            (d->r->v->layers[l].origin_field == SCHEMA_NO_FIELD ||
             d->r->v->layers[l].host_field == SCHEMA_NO_FIELD))
            return false;
    return true;
}

/* 温州在上海的飞地 */
static bool has_host_behind(const struct reading *r, size_t i)
{
    return term_is(r, i + 1, G_IN) && term_is_kind(r, i + 2, TERM_PLACE);
}

/* 衢州的飞地, enclaves of Quzhou: whose they are, not where they lie. */
static bool is_owner(const struct reading *r, size_t i)
{
    size_t next = i + 1;

    if (r->lang == LANG_EN && i > 0 && term_is(r, i - 1, G_OF))
        return true;
    while (term_is(r, next, G_OF) || term_is_kind(r, next, TERM_WORD) ||
           ((term_is(r, next, G_AND) || term_is_kind(r, next, TERM_MARK)) &&
            term_is_kind(r, next + 1, TERM_PLACE)) ||
           (next > i + 1 && term_is_kind(r, next, TERM_PLACE)))
        next++;
    return !(i > 0 && term_is(r, i - 1, G_IN)) && term_is_kind(r, next, TERM_KIND);
}

/* A place is where enclaves come from or lie by what stands beside it. */
static bool is_origin(const struct reading *r, size_t i)
{
    size_t outside = term_find(r, G_OUTSIDE, 0);
    size_t set_up = term_find(r, G_SET_UP, 0);
    bool is_in = i > 0 && term_is(r, i - 1, G_IN);

    if (is_in || (i > 0 && term_is(r, i - 1, G_TO)))
        return false;
    if (i > 0 && (term_is(r, i - 1, G_ORIGIN) || term_is(r, i - 1, G_FROM) ||
                  term_is(r, i - 1, G_EACH)))
        return true;
    if (i > 1 && term_is(r, i - 1, G_OF) && term_is(r, i - 2, G_ORIGIN))
        return true;
    if (term_is(r, i + 1, G_TO) || has_host_behind(r, i))
        return true;
    if (i > 0 && term_is(r, i - 1, G_SET_UP))
        return false; /* 设在上海的 */
    if (set_up < r->n && r->terms[set_up].value > 0)
        return false; /* 飞入 */
    if (set_up < r->n && i < set_up &&
        (outside == r->n || outside < set_up || r->lang == LANG_EN))
        return !(outside < i);
    if (outside < r->n && r->terms[outside].value > 0)
        return false; /* from elsewhere */
    if (outside < r->n && outside > i)
        return term_is(r, outside - 1, G_IN) ||
               (r->lang == LANG_EN && !term_is_kind(r, outside + 1, TERM_KIND));
    return is_owner(r, i);
}

static bool is_province(const struct term *t)
{
    const struct token *token = t->token;

    if (!token || !token->is_division)
        return false;
    const struct layer_schema *s = token->layer->schema;
    struct im_bytes level = atlas_text(token->layer, token->feature, s->roles.level);
    struct im_bytes city = atlas_text(token->layer, token->feature, s->roles.city);
    return im_bytes_equal(level, im_bytes_of("province")) && city.len == 0;
}

bool is_counting(const struct draft *d);

/* 飞地的来源城市分布: where the data come from has neither cities nor a distribution.
 */
static bool asks_for_origins(const struct reading *r)
{
    return term_has(r, G_ABOUT_DATA) &&
           (term_has(r, G_SPREAD) || term_find_kind(r, TERM_LEVEL, 0) < r->n);
}

/* A division whose enclaves are meant, or which has some: 上海有哪些飞地. */
static bool names_owner_or_host(const struct draft *d)
{
    const struct reading *r = d->r;
    bool has_owner = false;
    bool has_host = false;

    for (size_t i = 0; i < r->n; i++) {
        if (!term_is_kind(r, i, TERM_PLACE))
            continue;
        if (is_known_place(&r->terms[i]) && !r->terms[i].token->is_division)
            return false;
        has_owner |= is_origin(r, i);
        has_host |= !is_origin(r, i);
    }
    return has_owner || (has_host && !is_counting(d));
}

static bool asks_for_flows(const struct draft *d)
{
    const struct reading *r = d->r;
    size_t set_up = term_find(r, G_SET_UP, 0);
    size_t place = term_find_kind(r, TERM_PLACE, 0);
    bool between = place + 2 < r->n && term_is(r, place + 1, G_TO) &&
                   term_is_kind(r, place + 2, TERM_PLACE);

    return term_has(r, G_MUTUAL) || term_has(r, G_OUTSIDE) || term_has(r, G_ORIGIN) ||
           term_has(r, G_FLOW) || between || asks_for_origins(r) ||
           (set_up < r->n && place < r->n &&
            term_find_kind(r, TERM_YEARS, 0) == r->n) ||
           (place < r->n && place > 0 && term_is(r, place - 1, G_FROM)) ||
           names_owner_or_host(d);
}

bool decide_flows(struct draft *d)
{
    struct reading *r = d->r;
    size_t origin = r->n;
    size_t host = r->n;
    bool mutual = term_has(r, G_MUTUAL);
    bool province = false;
    static const struct schema_title yes = {"是", "yes"};

    if (!is_flow_layer(d) || !asks_for_flows(d) || d->distance < r->n ||
        term_has(r, G_NEAREST) || d->groups[0].is_impossible)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        if (!term_is_kind(r, i, TERM_PLACE))
            continue;
        size_t *slot = mutual            ? (origin == r->n ? &origin : &host)
                       : is_origin(r, i) ? &origin
                                         : &host;
        if (*slot < r->n) {
            r->is_rejected = true; /* two of one part: no parameter says that */
            return false;
        }
        *slot = i;
        province |= is_province(&r->terms[i]);
    }
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    size_t level = term_find_kind(r, TERM_LEVEL, 0);
    if (level < r->n && (int)r->terms[level].value != DIVISION_DISTRICT) {
        province |= (int)r->terms[level].value == DIVISION_PROVINCE;
        r->terms[level].used = true;
    }
    size_t members = term_find_kind(r, TERM_MEMBERS, 0);
    if (members < r->n)
        r->terms[members].used = true; /* 两市之间 */
    if (province)
        part_default(d, "level", "province", level_title(DIVISION_PROVINCE));
    if (origin < r->n)
        part_of_division(d, "origin", origin);
    if (host < r->n)
        part_of_division(d, "host", host);
    if (mutual)
        part_of_term(d, "mutual", "true", yes, term_find(r, G_MUTUAL, 0));
    if (term_has(r, G_OUTSIDE))
        part_of_term(d, "outside", "true", yes, term_find(r, G_OUTSIDE, 0));
    terms_use(r, G_MUTUAL);
    terms_use(r, G_OUTSIDE);
    terms_use(r, G_ORIGIN);
    terms_use(r, G_FLOW);
    terms_use(r, G_SET_UP);
    terms_use(r, G_BETWEEN);
    if (asks_for_origins(r))
        terms_use(r, G_ABOUT_DATA);
    terms_use(r, G_SPREAD);
    terms_use(r, G_COUNT);
    terms_use(r, G_COMPARE);
    common_parts(d);
    return understood(d, "flows");
}
