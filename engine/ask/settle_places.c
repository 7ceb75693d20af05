/* SPDX-License-Identifier: Apache-2.0 */
/* Places get their part in the question: near, in, from and to, or divisions as a
 * filter. */
#include "ask/draft.h"
#include "ask/settle.h"
#include "atlas/layer.h"

static bool is_place(const struct draft *d, size_t i)
{
    return term_is_kind(d->r, i, TERM_PLACE) && !d->r->terms[i].used;
}

static bool is_spot(const struct draft *d, size_t i)
{
    return term_is_kind(d->r, i, TERM_POSITION) && !d->r->terms[i].used;
}

static size_t take(struct draft *d, size_t i)
{
    d->r->terms[i].used = true;
    return i;
}

static size_t behind_links(const struct reading *r, size_t i)
{
    while (term_is(r, i, G_OF) || term_is(r, i, G_HAVE) || term_is(r, i, G_WHICH))
        i++;
    return i;
}

static void settle_near(struct draft *d)
{
    struct reading *r = d->r;

    for (size_t i = 0; i < r->n && d->near == r->n; i++)
        if (is_place(d, i) && i > 0 && term_is(r, i - 1, G_FROM))
            d->near = take(d, i);
    for (size_t i = 0; i < r->n && d->near == r->n; i++)
        if (is_place(d, i) &&
            (begins_distance(r, i + 1) ||
             (begins_distance(r, behind_links(r, i + 1)) && r->lang == LANG_ZH)))
            d->near = take(d, i);
    for (size_t i = 1; i < r->n && d->near == r->n; i++)
        if (is_place(d, i) && (term_is(r, i - 1, G_TO) || term_is(r, i - 1, G_AROUND) ||
                               term_is(r, i - 1, G_OF)))
            d->near = take(d, i);
    for (size_t i = 0; i < r->n && d->near == r->n; i++)
        if (is_place(d, i) && !(i > 0 && term_is(r, i - 1, G_IN)))
            d->near = take(d, i);
}

static void settle_way(struct draft *d)
{
    struct reading *r = d->r;
    size_t first = r->n;

    for (size_t i = 0; i < r->n; i++) {
        if (!is_place(d, i))
            continue;
        if (first < r->n) {
            d->from = take(d, first);
            d->to = take(d, i);
            return;
        }
        first = i;
    }
}

static struct im_bytes adcode_of(const struct term *t)
{
    const struct atlas_layer *layer = t->token ? t->token->layer : NULL;

    return layer ? atlas_text(layer, t->token->feature, layer->schema->roles.adcode)
                 : (struct im_bytes){NULL, 0};
}

static size_t division_digits(struct im_bytes adcode)
{
    size_t n = adcode.len;

    while (n >= 2 && adcode.data[n - 1] == '0' && adcode.data[n - 2] == '0')
        n -= 2;
    return n;
}

bool term_lies_in(const struct term *t, const struct term *division)
{
    struct im_bytes inner = adcode_of(t);
    struct im_bytes outer = adcode_of(division);
    size_t n = division_digits(outer);

    return division->token && division->token->is_division && inner.len == outer.len &&
           n > 0 && memcmp(inner.data, outer.data, n) == 0 &&
           division_digits(inner) >= n;
}

/* A city by name, as rows say where they lie; "" it is none. */
static struct im_bytes city_of(const struct term *t)
{
    const struct token *token = t->token;
    struct im_bytes none = {NULL, 0};

    if (!token || !token->is_division)
        return none;
    const struct layer_schema *s = token->layer->schema;
    struct im_bytes name = query_name(token->layer, token->feature, LANG_ZH);
    struct im_bytes city = atlas_text(token->layer, token->feature, s->roles.city);
    return im_bytes_equal(name, city) ? city : none;
}

static bool add_value(struct reading *r,
                      struct condition *c,
                      const struct term *t,
                      struct im_bytes value)
{
    struct schema_code *code = im_arena_calloc(r->arena, 1, sizeof *code);
    const char *name = ask_words(r, t->start, t->end);

    if (!code || value.len == 0 || c->n_codes == MAX_CODES)
        return false;
    code->code = im_arena_strdup(r->arena, value);
    code->title = (struct schema_title){name, name};
    if (!code->code)
        return false;
    c->codes[c->n_codes++] = code;
    return true;
}

/* 浦东和闵行, 南京、合肥: divisions in a row; how many there are. */
static size_t divisions_in_row(const struct draft *d, size_t first, bool *all_cities)
{
    const struct reading *r = d->r;
    size_t n = 0;

    *all_cities = true;
    for (size_t i = first;
         is_place(d, i) && r->terms[i].token && r->terms[i].token->is_division;
         i += 2) {
        *all_cities &= city_of(&r->terms[i]).len > 0;
        n++;
        if (!term_is(r, i + 1, G_AND) && !term_is_kind(r, i + 1, TERM_MARK))
            break;
    }
    return n;
}

static int role_field(const struct layer_schema *s, bool all_cities)
{
    return all_cities ? s->roles.city : s->roles.adcode;
}

/* An area is one, so several divisions are a filter: cities by the name that rows have,
 * others by the beginning of the code. */
static void settle_divisions(struct draft *d)
{
    struct reading *r = d->r;
    struct kind *kind = &d->groups[0].kind;
    struct condition c = {0};
    size_t first = 0;
    bool cities;

    while (first < r->n && !is_place(d, first))
        first++;
    size_t n = divisions_in_row(d, first, &cities);
    if (n < 2 || d->n_groups != 1)
        return;
    c.op = cities ? IS_ONE_OF : BEGINS;
    for (size_t i = 0; i < n; i++) {
        const struct term *t = &r->terms[first + 2 * i];
        struct im_bytes code = adcode_of(t);

        code.len = division_digits(code);
        if (!add_value(r, &c, t, cities ? city_of(t) : code))
            return;
    }
    for (size_t l = 0; l < r->v->n_layers; l++) {
        const struct layer_schema *s = r->v->layers[l].schema;
        int f = role_field(s, cities);

        if (!layer_in(kind->layers, l) || f == SCHEMA_NO_FIELD)
            continue;
        if (!c.field) {
            c.field = &s->fields[f];
            c.field_index = f;
        }
        if (strcmp(s->fields[f].name, c.field->name) == 0)
            c.layers |= (layer_set)1 << l;
    }
    if (!c.field || (c.layers != kind->layers && !kind->is_space))
        return;
    c.start = r->terms[first].start;
    c.end = r->terms[first + 2 * (n - 1)].end;
    kind->layers &= c.layers;
    kind_add(kind, &c);
    d->has_several = true;
    d->several = DIVISION_DISTRICT;
    for (size_t i = 0; i < n; i++) {
        size_t digits = division_digits(adcode_of(&r->terms[first + 2 * i]));

        if (cities)
            d->several = DIVISION_CITY;
        else if (digits == 2)
            d->several = DIVISION_PROVINCE;
        take(d, first + 2 * i);
    }
}

static bool is_same_corridor(const struct reading *r, size_t a, size_t b)
{
    const struct word *x = r->terms[a].word;
    const struct word *y = r->terms[b].word;

    for (size_t i = 0; x && i < x->n_senses; i++)
        for (size_t k = 0; y && k < y->n_senses; k++)
            if (x->senses[i].kind == SENSE_CORRIDOR &&
                y->senses[k].kind == SENSE_CORRIDOR &&
                x->senses[i].layer == y->senses[k].layer)
                return true;
    return false;
}

void settle_places(struct draft *d)
{
    struct reading *r = d->r;

    d->near = d->in = d->from = d->to = d->distance = d->level = r->n;
    d->distance = term_find_kind(r, TERM_DISTANCE, 0);
    d->level = term_find_kind(r, TERM_LEVEL, 0);
    for (size_t i = 0; i < r->n; i++) {
        if (term_is(r, i, G_HERE) || term_is(r, i, G_DRAWN)) {
            d->is_here |= term_is(r, i, G_HERE);
            d->is_drawn |= term_is(r, i, G_DRAWN);
            r->terms[i].used = true;
        }
        if (term_is_kind(r, i, TERM_CORRIDOR) && d->in == r->n)
            d->in = take(d, i);
        else if (term_is_kind(r, i, TERM_CORRIDOR) && is_same_corridor(r, d->in, i))
            r->terms[i].used = true; /* G60九城市 */
    }
    bool along = term_has(r, G_ALONG) || term_has(r, G_BETWEEN);
    if (along && d->in == r->n)
        settle_way(d);
    for (size_t i = 0; i < r->n && d->near == r->n; i++)
        if (is_spot(d, i))
            d->near = take(d, i); /* a position has no inside */
    bool measured =
        d->distance < r->n || term_has(r, G_NEAREST) || term_has(r, G_AROUND);
    if (measured && d->from == r->n && d->n_groups < 2 &&
        !(d->in < r->n && term_has(r, G_ALONG)))
        settle_near(d);
    if (d->in == r->n)
        settle_divisions(d);
    for (size_t i = 0; i < r->n && d->in == r->n; i++)
        if (is_place(d, i))
            d->in = take(d, i);
}
