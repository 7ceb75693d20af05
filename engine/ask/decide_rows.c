/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about one kind: the nearest, those in an area, all of them; and a place by
 * itself. */
#include "ask/decide.h"

bool decide_nearest(struct draft *d)
{
    struct reading *r = d->r;
    static const struct schema_title five = {"最近的 5 个", "the nearest 5"};

    if (d->n_groups != 1 || d->groups[0].is_impossible ||
        !(term_has(r, G_NEAREST) || (term_has(r, G_AROUND) && d->distance == r->n) ||
          ((d->near < r->n || d->is_here) && d->distance == r->n)))
        return false;
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    part_of_origin(d);
    size_t n = d->out->n_parts;
    part_of_limit(d, "k");
    if (d->out->n_parts == n)
        part_default(d, "k", "5", five);
    if (says_each(r) && (d->groups[0].kind.layers & (d->groups[0].kind.layers - 1)))
        part_default(d, "each", "true", (struct schema_title){"每种", "of each kind"});
    if (d->distance < r->n)
        part_of_distance(d, "max_km");
    terms_use(r, G_NEAREST);
    terms_use(r, G_AROUND);
    terms_use(r, G_HOW_FAR);
    parts_of_area(d);
    common_parts(d);
    return understood(d, "nearest");
}

static const struct schema_field *field_to_sort_by(struct draft *d, size_t *term)
{
    struct reading *r = d->r;
    layer_set layers = d->groups[0].kind.layers;
    unsigned l = layer_first(layers);
    const struct layer_schema *s = r->v->layers[l].schema;

    for (size_t i = term_find_kind(r, TERM_FIELD, 0); i < r->n;
         i = term_find_kind(r, TERM_FIELD, i + 1)) {
        const struct sense *sense = term_sense(&r->terms[i], SENSE_FIELD, layers);

        if (sense) {
            *term = i;
            return &r->v->layers[sense->layer].schema->fields[sense->field];
        }
    }
    *term = r->n;
    for (size_t f = 0; f < s->n_fields; f++)
        if (strcmp(s->fields[f].unit, "km2") == 0 ||
            strcmp(s->fields[f].unit, "m2") == 0)
            return &s->fields[f];
    return NULL;
}

/* 面积最大的, 最早设立的 */
static bool parts_of_sort(struct draft *d)
{
    struct reading *r = d->r;
    bool time = term_has(r, G_NEWEST) || term_has(r, G_OLDEST);
    bool figure = term_has(r, G_LARGEST) || term_has(r, G_SMALLEST);
    bool descending = term_has(r, G_NEWEST) || term_has(r, G_LARGEST);
    const struct schema_field *f = NULL;
    size_t term = r->n;
    const struct ask_layer *l = &r->v->layers[layer_first(d->groups[0].kind.layers)];

    if (!time && !figure)
        return true;
    if (figure)
        f = field_to_sort_by(d, &term);
    else if (l->year_field != SCHEMA_NO_FIELD)
        f = &l->schema->fields[l->year_field];
    if (!f)
        return false;
    if (term < r->n)
        r->terms[term].used = true;
    part_default(
        d, "sortby", ask_text(r->arena, "%s%s", descending ? "-" : "", f->name),
        (struct schema_title){ask_text(r->arena, "按%s从%s", f->title.zh,
                                       descending ? "大到小" : "小到大"),
                              ask_text(r->arena, "by %s, %s first", f->title.en,
                                       descending ? "largest" : "smallest")});
    terms_use(r, G_NEWEST);
    terms_use(r, G_OLDEST);
    terms_use(r, G_LARGEST);
    terms_use(r, G_SMALLEST);
    terms_use(r, G_SET_UP);
    return true;
}

bool decide_rows(struct draft *d)
{
    struct reading *r = d->r;
    bool area;

    if (d->n_groups != 1 || d->groups[0].is_impossible)
        return false;
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    if (!parts_of_sort(d))
        return false;
    part_of_limit(d, "limit");
    area = d->near < r->n || d->is_here ||
           (d->distance < r->n && d->in == r->n && d->from == r->n && !d->is_drawn);
    if (area) {
        part_of_origin(d);
        part_of_distance(d, "radius_km");
    }
    area |= parts_of_area(d);
    common_parts(d);
    return understood(d, area ? "within" : "list");
}

/* A place by itself: where is it? */
bool decide_search(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_PLACE, 0);

    if (i == r->n)
        i = term_find_kind(r, TERM_TEXT, 0);
    if (i == r->n || d->n_groups || term_find_kind(r, TERM_PLACE, i + 1) < r->n ||
        term_has(r, G_FROM) || term_has(r, G_TO))
        return false;
    if (term_is_kind(r, i, TERM_TEXT))
        part_of_words(d);
    else
        part_of_place(d, "q", i);
    return understood(d, "search");
}
