/* SPDX-License-Identifier: Apache-2.0 */
/* Counting: apart by what, which figure, per what, in what order. */
#include "ask/decide.h"

#include <math.h>

static void part_of_indicator(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_INDICATOR, 0);
    const struct sense *s;

    if (i == r->n)
        return;
    s = term_sense(&r->terms[i], SENSE_INDICATOR, 0);
    const struct schema_code *code =
        &r->v->layers[s->layer].schema->fields[s->field].codes[s->code];
    part_of_term(d, i > 0 && term_is(r, i - 1, G_EACH) ? "per" : "indicator",
                 code->code, code->title, i);
    terms_use(r, G_COMPARE);
}

static bool part_by_field(struct draft *d, size_t i)
{
    const struct sense *s =
        term_sense(&d->r->terms[i], SENSE_FIELD, d->groups[0].kind.layers);

    if (!s)
        return false;
    const struct schema_field *f = &d->r->v->layers[s->layer].schema->fields[s->field];
    part_of_term(d, "by", f->name, f->title, i);
    return true;
}

static size_t field_to_group_by(const struct draft *d)
{
    const struct reading *r = d->r;

    for (size_t i = 0; i < r->n; i++) {
        size_t before = i;

        if (!term_is_kind(r, i, TERM_FIELD) || r->terms[i].used)
            continue;
        while (before > 0 && term_is(r, before - 1, G_OF))
            before--;
        if ((before > 0 &&
             (term_is(r, before - 1, G_EACH) || term_is(r, before - 1, G_SPREAD))) ||
            term_is(r, i + 1, G_SPREAD))
            return i;
    }
    return r->n;
}

static bool part_by_kind(struct draft *d, size_t i)
{
    struct reading *r = d->r;
    const struct kind *k = &d->groups[0].kind;
    unsigned l = layer_first(k->layers);
    bool one = (k->layers & (k->layers - 1)) == 0;

    if (one && r->v->layers[l].kind_field != SCHEMA_NO_FIELD) {
        const struct schema_field *f =
            &r->v->layers[l].schema->fields[r->v->layers[l].kind_field];
        part_of_term(d, "by", f->name, f->title, i);
        return true;
    }
    part_of_term(d, "by", "layer", (struct schema_title){"种类", "kind of place"}, i);
    return true;
}

static bool counts_members(const struct draft *d)
{
    const struct reading *r = d->r;

    if (d->in == r->n || !term_is_kind(r, d->in, TERM_CORRIDOR))
        return false;
    if (term_has(r, G_MEMBER))
        return true;
    if (term_has(r, G_EACH) || term_has(r, G_SPREAD))
        return d->level == r->n || (int)r->terms[d->level].value == DIVISION_CITY;
    return false;
}

bool says_each(const struct reading *r)
{
    size_t count = term_find(r, G_COUNT, 0);

    /* 各有多少 is one word of counting */
    return term_has(r, G_EACH) ||
           (count < r->n && strncmp(term_text(r, count), "各", strlen("各")) == 0);
}

/* G60各城市: the members of a corridor. */
static void parts_of_members(struct draft *d)
{
    struct reading *r = d->r;
    size_t m = term_find_kind(r, TERM_MEMBERS, 0);

    part_default(d, "by", "member", (struct schema_title){"成员", "member"});
    part_of_corridor(d, "areas", d->in);
    d->in = r->n;
    if (d->level < r->n)
        r->terms[d->level].used = true;
    if (m < r->n)
        r->terms[m].used = true;
}

/* No word says by what: it follows from what is asked. */
static bool part_by_default(struct draft *d, bool is_each)
{
    struct reading *r = d->r;
    bool several = (d->groups[0].kind.layers & (d->groups[0].kind.layers - 1)) != 0;

    if (d->has_several && (is_each || term_has(r, G_COMPARE) || term_has(r, G_MOST))) {
        part_default(d, "by", level_name(d->several), level_title(d->several));
        return true;
    }
    if (is_each && several) {
        part_default(d, "by", "layer", (struct schema_title){"种类", "kind of place"});
        return true;
    }
    if (term_find_kind(r, TERM_INDICATOR, 0) < r->n || term_has(r, G_SPREAD)) {
        part_default(d, "by", "city", level_title(DIVISION_CITY));
        return true;
    }
    if (term_has(r, G_PER_AREA)) {
        part_default(d, "by", "district", level_title(DIVISION_DISTRICT));
        return true;
    }
    if (term_has(r, G_MOST))
        return false; /* most of what? */
    part_default(d, "by", "none", (struct schema_title){"合计", "in total"});
    return true;
}

/* Says what is counted apart; the default is one count of all. */
static bool parts_of_grouping(struct draft *d)
{
    struct reading *r = d->r;
    size_t field = field_to_group_by(d);
    size_t kind = term_find(r, G_KIND, 0);
    bool is_each = says_each(r);
    size_t same = term_find(r, G_SAME, 0);

    if (same < r->n && term_find_kind(r, TERM_FIELD, same) < r->n) {
        if (!part_by_field(d, term_find_kind(r, TERM_FIELD, same)))
            return false;
        part_of_term(d, "min_count", "2",
                     (struct schema_title){"至少 2 个", "at least 2"}, same);
        return true;
    }
    if (counts_members(d) ||
        (is_each && d->in < r->n && d->level == r->n &&
         term_is_kind(r, d->in, TERM_CORRIDOR) && field == r->n && kind == r->n)) {
        parts_of_members(d);
        return true;
    }
    if (field < r->n)
        return part_by_field(d, field);
    if (d->level < r->n && !r->terms[d->level].used) {
        part_of_term(d, "by", level_name(r->terms[d->level].value),
                     level_title(r->terms[d->level].value), d->level);
        return true;
    }
    if (kind < r->n && (is_each || term_has(r, G_SPREAD)))
        return part_by_kind(d, kind);
    size_t year = term_find(r, G_YEAR, 0);
    if (year < r->n && is_each) {
        part_of_term(d, "by", "year", (struct schema_title){"年份", "year"}, year);
        return true;
    }
    return part_by_default(d, is_each);
}

/* Sum or mean of a figure. */
static bool parts_of_measure(struct draft *d)
{
    struct reading *r = d->r;
    bool mean = term_has(r, G_MEAN);
    size_t i = term_find_kind(r, TERM_FIELD, 0);

    if (!mean && !term_has(r, G_SUM))
        return true;
    for (; i < r->n; i = term_find_kind(r, TERM_FIELD, i + 1)) {
        const struct sense *s =
            term_sense(&r->terms[i], SENSE_FIELD, d->groups[0].kind.layers);
        const struct schema_field *f =
            s ? &r->v->layers[s->layer].schema->fields[s->field] : NULL;

        if (!f || f->type == FIELD_TEXT)
            continue;
        part_of_term(
            d, "measure", ask_text(r->arena, "%s:%s", mean ? "mean" : "sum", f->name),
            (struct schema_title){
                ask_text(r->arena, mean ? "平均%s" : "%s合计", f->title.zh),
                ask_text(r->arena, mean ? "mean %s" : "sum of %s", f->title.en)},
            i);
        terms_use(r, G_MEAN);
        terms_use(r, G_SUM);
        return true;
    }
    if (mean)
        return false;
    terms_use(r, G_SUM); /* 总共 */
    return true;
}

static void parts_of_order(struct draft *d)
{
    struct reading *r = d->r;
    size_t most = term_find(r, G_MOST, 0);
    size_t compare = term_find_kind(r, TERM_COMPARE, 0);

    if (compare < r->n && !r->terms[compare].used && !r->terms[compare].word &&
        !r->terms[compare].is_surface) {
        const struct term *t = &r->terms[compare];
        double least = t->class == G_MORE       ? floor(t->value) + 1
                       : t->class == G_AT_LEAST ? t->value
                                                : 0;
        if (least >= 1)
            part_of_term(d, "min_count", ask_number(r, least),
                         title_in_both(ask_number(r, least)), compare);
    }
    size_t n = d->out->n_parts;
    part_of_limit(d, "limit");
    if (most < r->n) {
        bool one = false;
        size_t which = term_find(r, G_WHICH, 0);

        if (which < r->n) {
            const char *text = term_text(r, which);
            one = strstr(text, "个") || strcmp(text, "哪") == 0 ||
                  strcmp(text, "which") == 0;
        }
        if (d->out->n_parts == n)
            part_default(d, "limit", one ? "1" : "10",
                         one ? (struct schema_title){"第一", "the first"}
                             : (struct schema_title){"前 10", "the first 10"});
        terms_use(r, G_MOST);
    }
}

bool is_counting(const struct draft *d)
{
    const struct reading *r = d->r;
    bool is_each = says_each(r);
    bool same = term_has(r, G_SAME) &&
                term_find_kind(r, TERM_FIELD, term_find(r, G_SAME, 0)) < r->n;
    size_t compare = term_find_kind(r, TERM_COMPARE, 0);
    size_t rank = term_find_kind(r, TERM_RANK, 0);
    bool top =
        rank < r->n && term_is_kind(r, rank + 1, TERM_LEVEL); /* top ten districts */
    bool min_count = compare < r->n && !r->terms[compare].used && d->level < r->n;

    return same || min_count || top || (d->has_several && term_has(r, G_COMPARE)) ||
           term_has(r, G_COUNT) || term_has(r, G_SPREAD) || term_has(r, G_MOST) ||
           term_has(r, G_MEAN) || term_has(r, G_PER_AREA) ||
           (term_has(r, G_SUM) && term_find_kind(r, TERM_FIELD, 0) < r->n) ||
           term_find_kind(r, TERM_INDICATOR, 0) < r->n ||
           (is_each && (d->level < r->n || field_to_group_by(d) < r->n ||
                        term_has(r, G_KIND) || term_has(r, G_YEAR)));
}

static void part_of_density(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find(r, G_PER_AREA, 0);
    static const struct schema_title hundred = {"每百平方公里", "per 100 km2"};
    static const struct schema_title one = {"每百平方公里（除以 100 即每平方公里）",
                                            "per 100 km2 (of one km2: a hundredth)"};

    if (i < r->n)
        part_of_term(d, "per", "100km2", r->terms[i].value > 0 ? one : hundred, i);
}

/* 每万户企业的孵化器数量: a figure that no table has. */
static bool misses_indicator(struct reading *r)
{
    for (size_t i = 1; i < r->n; i++) {
        const char *name = term_text(r, i);

        if (!term_is_kind(r, i, TERM_UNKNOWN) || !term_is(r, i - 1, G_EACH))
            continue;
        r->missing.zh = ask_text(r->arena, "指标“%s”", name);
        r->missing.en = ask_text(r->arena, "the figure '%s'", name);
        return true;
    }
    return false;
}

bool decide_aggregate(struct draft *d)
{
    struct reading *r = d->r;

    if (d->n_groups != 1 || d->groups[0].is_impossible || !is_counting(d) ||
        term_has(r, G_NEAREST) || misses_indicator(r))
        return false;
    if (is_flow_layer(d) && term_has(r, G_SET_UP) &&
        term_find_kind(r, TERM_YEARS, 0) == r->n)
        return false; /* 哪个城市设的飞地最多: rows are counted where they lie */
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    if (!parts_of_grouping(d) || !parts_of_measure(d))
        return false;
    part_of_indicator(d);
    part_of_density(d);
    parts_of_order(d);
    if (d->near < r->n || d->is_here ||
        (d->distance < r->n && d->in == r->n && d->from == r->n)) {
        if (d->distance == r->n)
            return false; /* 附近有多少: how near? */
        part_of_origin(d);
        part_of_distance(d, "radius_km");
    }
    parts_of_area(d);
    common_parts(d);
    terms_use(r, G_COUNT);
    terms_use(r, G_SPREAD);
    terms_use(r, G_COMPARE);
    terms_use(r, G_EACH);
    if (terms_use(r, G_SAME))
        terms_use(r, G_ORIGIN); /* 由同一机构运营的 */
    return understood(d, "aggregate");
}

/* A figure by itself (各市的研发投入强度) stands beside the count of all places. */
bool decide_figures(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_INDICATOR, 0);
    double level = d->level < r->n ? r->terms[d->level].value : DIVISION_CITY;

    if (i == r->n || d->n_groups || !r->v->spaces || d->near < r->n ||
        d->distance < r->n || (int)level == DIVISION_DISTRICT)
        return false;
    part_of_spaces(d);
    if (d->level < r->n)
        part_of_term(d, "by", level_name(level), level_title(level), d->level);
    else
        part_default(d, "by", level_name(level), level_title(level));
    part_of_indicator(d);
    terms_use(r, G_COUNT);
    parts_of_area(d);
    common_parts(d);
    return understood(d, "aggregate");
}
