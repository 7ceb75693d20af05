/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for and which of it: kinds with their filter, divisions as rows, years,
 * precision, words in names, how many, in what form. */
#include "ask/decide.h"
#include "atlas/layer.h"

static void kind_span(const struct kind *k, size_t *start, size_t *end)
{
    for (size_t i = 0; i < k->n_conditions; i++) {
        const struct condition *c = &k->conditions[i];

        if (!c->end)
            continue;
        if (*end == 0 || c->start < *start)
            *start = c->start;
        if (c->end > *end)
            *end = c->end;
    }
}

void use_kinds(struct draft *d, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++)
        if (term_is_kind(d->r, i, TERM_KIND))
            d->r->terms[i].used = true;
}

void parts_of_kind(struct draft *d,
                   const struct group *g,
                   const char *layer,
                   const char *filter)
{
    struct reading *r = d->r;
    size_t start = r->terms[g->first].start;
    size_t end = r->terms[g->last].end;
    const char *text = kind_filter(r->arena, &g->kind);

    use_kinds(d, g->first, g->last);
    part_add(d, layer, layer_ids(r->v, r->arena, g->kind.layers),
             layer_titles(r->v, r->arena, g->kind.layers), start, end);
    if (!*text)
        return;
    start = end = 0;
    kind_span(&g->kind, &start, &end);
    if (!end) { /* all of it was in the kind's own word */
        start = r->terms[g->first].start;
        end = r->terms[g->last].end;
    }
    part_add(d, filter, text, kind_filter_title(r->arena, &g->kind), start, end);
}

void part_of_spaces(struct draft *d)
{
    struct reading *r = d->r;

    part_default(d, "layer", layer_ids(r->v, r->arena, r->v->spaces),
                 layer_titles(r->v, r->arena, r->v->spaces));
}

const char *level_name(double level)
{
    static const char *const names[] = {[DIVISION_PROVINCE] = "province",
                                        [DIVISION_CITY] = "city",
                                        [DIVISION_DISTRICT] = "district"};

    return names[(int)level];
}

struct schema_title level_title(double level)
{
    static const struct schema_title titles[] = {
        [DIVISION_PROVINCE] = {"省级", "provinces"},
        [DIVISION_CITY] = {"城市", "cities"},
        [DIVISION_DISTRICT] = {"区县", "districts"}};

    return titles[(int)level];
}

bool parts_of_level(struct draft *d, size_t level)
{
    struct reading *r = d->r;
    const struct ask_layer *l;
    const struct term *t = &r->terms[level];

    if (r->v->divisions_index < 0)
        return false;
    l = &r->v->layers[r->v->divisions_index];
    if (l->level_field == SCHEMA_NO_FIELD)
        return false;
    part_of_term(d, "layer", l->schema->id, l->schema->title, level);
    part_of_term(d, "filter",
                 ask_text(r->arena, "%s='%s'", l->schema->fields[l->level_field].name,
                          level_name(t->value)),
                 level_title(t->value), level);
    return true;
}

static void parts_of_time(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_YEARS, 0);
    const struct term *t = &r->terms[i];
    const char *value;

    if (i == r->n)
        return;
    if (t->from && t->from == t->to)
        value = ask_text(r->arena, "%d", t->from);
    else if (!t->to)
        value = ask_text(r->arena, "%d-01-01/..", t->from);
    else if (!t->from)
        value = ask_text(r->arena, "../%d-12-31", t->to);
    else
        value = ask_text(r->arena, "%d-01-01/%d-12-31", t->from, t->to);
    for (size_t l = 0; d->n_groups && l < r->v->n_layers; l++)
        if (layer_in(d->groups[0].kind.layers, l) &&
            r->v->layers[l].year_field == SCHEMA_NO_FIELD && !*r->missing.zh) {
            const struct schema_title *title = &r->v->layers[l].schema->title;

            r->missing.zh = ask_text(r->arena, "图层“%s”的年份字段", title->zh);
            r->missing.en = ask_text(r->arena, "a field of years in '%s'", title->en);
        }
    part_of_term(d, "datetime", value, title_in_both(value), i);
    terms_use(r, G_SET_UP);
    terms_use(r, G_CHANGED);
}

static void part_of_precision(struct draft *d)
{
    struct reading *r = d->r;
    enum precision p = PRECISION_SITE;
    static const struct schema_title titles[] = {
        [PRECISION_SITE] = {"精度 200 米以内", "precise to 200 m"},
        [PRECISION_PARK] = {"精度 2 公里以内", "precise to 2 km"},
        [PRECISION_TOWN] = {"精度 5 公里以内", "precise to 5 km"},
        [PRECISION_DISTRICT] = {"精度到区县", "precise to the district"},
        [PRECISION_CITY] = {"精度到城市", "precise to the city"}};

    if (!(r->precision_m > 0))
        return;
    while (p < PRECISION_CITY && precision_uncertainty_m(p + 1) <= r->precision_m)
        p++;
    part_default(d, "precision", precision_name(p), titles[p]);
    for (size_t i = 0; i < r->n; i++)
        if (term_is(r, i, G_RELIABLE) && r->terms[i].used) {
            struct ask_part *part = &d->out->parts[d->out->n_parts - 1];

            part->start = r->terms[i].start;
            part->length = r->terms[i].end - r->terms[i].start;
        }
}

void part_of_format(struct draft *d)
{
    static const char *const names[] = {"json", "csv", "xlsx"};
    static const char *const titles[] = {"JSON", "CSV", "Excel"};
    struct reading *r = d->r;
    size_t i = term_find(r, G_FORMAT, 0);

    if (i < r->n) {
        part_of_term(d, "f", names[(int)r->terms[i].value],
                     title_in_both(titles[(int)r->terms[i].value]), i);
        terms_use(r, G_EXPORT);
    }
}

void part_of_words(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_TEXT, 0);

    if (i == r->n && term_has(r, G_CALLED)) {
        i = term_find(r, G_CALLED, 0) + 1;
        if (term_is_kind(r, i, TERM_FIELD))
            i++;
    }
    if (i >= r->n)
        return;
    uint32_t start = r->terms[i].start;
    uint32_t end = r->terms[i].end;
    if (term_is_kind(r, i, TERM_TEXT)) {
        start++; /* the marks */
        end--;
    }
    const char *words = ask_words(r, start, end);
    part_of_term(d, "q", words, title_in_both(words), i);
    terms_use(r, G_CALLED);
}

/* Do the names of these layers hold this word? */
static bool is_in_names(const struct reading *r, layer_set layers, size_t i)
{
    const struct items *items = r->items;
    uint32_t from = items->fold_at[r->terms[i].start];
    size_t len = items->fold_at[r->terms[i].end] - from;

    for (size_t l = 0; l < r->v->n_layers; l++) {
        const struct names *names = &r->v->layers[l].layer->names;

        /* one character says too little: 外, 海 */
        if (layer_in(layers, l) && len > 1 && r->terms[i].end - r->terms[i].start > 1 &&
            names->blob_len >= len &&
            memmem(names->blob, names->blob_len, items->fold.data + from, len))
            return true;
    }
    return false;
}

/* MEMS中试平台: what stands before a kind and is no word of it, but of names in it. */
static void part_of_unknown(struct draft *d)
{
    struct reading *r = d->r;

    for (size_t g = 0; g < d->n_groups && g < 1; g++) {
        size_t i = d->groups[g].first;

        while (i > 0 && (term_is_kind(r, i - 1, TERM_WORD) || term_is(r, i - 1, G_OF)))
            i--;
        if (i == 0 || !term_is_kind(r, i - 1, TERM_UNKNOWN) || r->terms[i - 1].used ||
            !is_in_names(r, d->groups[g].kind.layers, i - 1))
            continue;
        part_of_term(d, "q", term_text(r, i - 1), title_in_both(term_text(r, i - 1)),
                     i - 1);
        return;
    }
}

void part_of_limit(struct draft *d, const char *name)
{
    struct reading *r = d->r;

    for (size_t i = 0; i < r->n; i++)
        if ((term_is_kind(r, i, TERM_COUNT) || term_is_kind(r, i, TERM_RANK)) &&
            r->terms[i].value >= 1) {
            part_of_term(d, name, ask_number(r, r->terms[i].value),
                         title_in_both(ask_number(r, r->terms[i].value)), i);
            terms_use(r, G_TOP);
            return;
        }
}

void common_parts(struct draft *d)
{
    parts_of_time(d);
    part_of_precision(d);
    part_of_words(d);
    part_of_unknown(d);
    part_of_format(d);
}
