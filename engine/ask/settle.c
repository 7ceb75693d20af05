/* SPDX-License-Identifier: Apache-2.0 */
/* Terms that belong together become one; then kinds get what is said of them, and
 * places their part in the question. */
#include "ask/draft.h"
#include "atlas/layer.h"

/* ---- several terms as one ---- */

/* The terms from .. to-1 become one. */
static void replace(struct reading *r, size_t from, size_t to, struct term term)
{
    term.start = r->terms[from].start;
    term.end = r->terms[to - 1].end;
    r->terms[from] = term;
    memmove(&r->terms[from + 1], &r->terms[to], (r->n - to) * sizeof r->terms[0]);
    r->n -= to - from - 1;
}

static void drop(struct reading *r, size_t i)
{
    memmove(&r->terms[i], &r->terms[i + 1], (r->n - i - 1) * sizeof r->terms[0]);
    r->n--;
}

static bool is_kind(const struct reading *r, size_t i, enum term_kind kind)
{
    return i < r->n && r->terms[i].kind == kind;
}

static bool is_comparison(const struct reading *r, size_t i)
{
    return term_is(r, i, G_MORE) || term_is(r, i, G_LESS) ||
           term_is(r, i, G_AT_LEAST) || term_is(r, i, G_AT_MOST);
}

static bool is_figure(const struct reading *r, size_t i)
{
    return is_kind(r, i, TERM_SURFACE) || is_kind(r, i, TERM_COUNT);
}

static bool is_link(const struct reading *r, size_t i)
{
    return term_is(r, i, G_OF) || term_is(r, i, G_HAVE) || term_is(r, i, G_IN);
}

/* 面积大于5平方公里, area over 5 km2, 5平方公里以上, 超过10家 */
static void settle_comparison(struct reading *r, size_t i)
{
    struct term term = {.kind = TERM_COMPARE, .class = G_MORE};
    size_t figure = r->n;
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
    if (field > 0 && is_kind(r, field - 1, TERM_FIELD)) {
        first = field - 1;
        term.word = r->terms[first].word;
    }
    replace(r, first, last + 1, term);
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
    if (!is_kind(r, far, TERM_DISTANCE)) {
        for (far = i; far > 0 && belongs_to_precision(r, far - 1); far--)
            ;
        if (far == 0 || !is_kind(r, far - 1, TERM_DISTANCE))
            return;
        first = far - 1;
        far = first;
        last = i;
    }
    r->precision_m = r->terms[far].value;
    while (last + 1 < r->n && belongs_to_precision(r, last + 1) &&
           !term_is(r, last + 1, G_OF))
        last++;
    replace(r, first, last + 1,
            (struct term){.kind = TERM_GRAMMAR, .class = G_RELIABLE, .used = true});
}

/* ---- places nobody knows ---- */

static bool may_be_in_name(const struct reading *r, size_t i)
{
    return is_kind(r, i, TERM_UNKNOWN) || is_kind(r, i, TERM_PLACE) ||
           is_kind(r, i, TERM_WORD) || is_kind(r, i, TERM_KIND) ||
           is_kind(r, i, TERM_FIELD);
}

/* 中山北路3300号: behind "from" a number belongs to the place. */
static bool is_in_address(const struct reading *r, size_t i)
{
    return is_kind(r, i, TERM_COUNT) || is_kind(r, i, TERM_MEMBERS) ||
           is_kind(r, i, TERM_LEVEL) || is_kind(r, i, TERM_YEARS);
}

static bool has_unknown(const struct reading *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (r->terms[i].kind == TERM_UNKNOWN)
            return true;
    return false;
}

static bool begins_distance(const struct reading *r, size_t i)
{
    return term_is(r, i, G_NEAREST) || term_is(r, i, G_AROUND) ||
           is_kind(r, i, TERM_DISTANCE) || term_is(r, i, G_ALONG) ||
           (term_is(r, i, G_AT_MOST) && is_kind(r, i + 1, TERM_DISTANCE));
}

static void name_place(struct reading *r, size_t from, size_t to)
{
    if (from < to && has_unknown(r, from, to))
        replace(r, from, to, (struct term){.kind = TERM_PLACE});
}

static bool points_at_place(const struct reading *r, size_t i)
{
    return term_is(r, i, G_FROM) || term_is(r, i, G_TO) || term_is(r, i, G_AROUND) ||
           term_is(r, i, G_IN) ||
           (term_is(r, i, G_OF) && i > 0 && is_kind(r, i - 1, TERM_DISTANCE)) ||
           (term_is(r, i, G_NEAREST) && r->lang == LANG_EN);
}

/* 离龙之梦广场最近的, 龙之梦广场附近, near Dragon Plaza: where a place must stand, what
 * is not known is one. */
static void settle_unknown_places(struct reading *r)
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
            while (to > i + 1 && !is_kind(r, to - 1, TERM_UNKNOWN))
                to--;
        if (r->lang == LANG_EN && term_is(r, i, G_NEAREST))
            continue;
        if (term_is(r, i, G_IN) && r->lang == LANG_ZH &&
            !is_kind(r, i + 1, TERM_UNKNOWN))
            continue;
        if (term_is(r, i, G_IN) && r->lang == LANG_ZH)
            to = i + 2;
        name_place(r, i + 1, to);
        /* 中 of 中山北路 looked like a word that says nothing */
        if (r->lang == LANG_ZH && is_kind(r, i + 1, TERM_PLACE) &&
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
        size_t before = r->n;
        name_place(r, from, i);
        i -= before - r->n;
    }
}

/* ---- divisions within each other ---- */

static struct im_bytes adcode_of(const struct term *t)
{
    const struct atlas_layer *layer = t->token ? t->token->layer : NULL;

    return layer ? atlas_text(layer, t->token->feature, layer->schema->roles.adcode)
                 : (struct im_bytes){NULL, 0};
}

static size_t own_digits(struct im_bytes adcode)
{
    size_t n = adcode.len;

    while (n >= 2 && adcode.data[n - 1] == '0' && adcode.data[n - 2] == '0')
        n -= 2;
    return n;
}

static bool lies_in(const struct term *t, const struct term *division)
{
    struct im_bytes inner = adcode_of(t);
    struct im_bytes outer = adcode_of(division);
    size_t n = own_digits(outer);

    return division->token && division->token->is_division && inner.len == outer.len &&
           n > 0 && memcmp(inner.data, outer.data, n) == 0 && own_digits(inner) >= n;
}

/* 上海市松江区, Songjiang, Shanghai: the inner one is meant. */
static void settle_nested_places(struct reading *r)
{
    for (size_t i = 0; i + 1 < r->n; i++) {
        size_t next = i + 1;
        struct term inner;

        if (is_kind(r, next, TERM_MARK) && r->lang == LANG_EN)
            next++;
        if (!is_kind(r, i, TERM_PLACE) || !is_kind(r, next, TERM_PLACE))
            continue;
        if (next == i + 1 && lies_in(&r->terms[next], &r->terms[i]) &&
            r->lang == LANG_ZH)
            inner = r->terms[next];
        else if (lies_in(&r->terms[i], &r->terms[next]) && r->lang == LANG_EN)
            inner = r->terms[i];
        else
            continue;
        uint32_t start = inner.start;
        uint32_t end = inner.end;
        replace(r, i, next + 1, inner);
        r->terms[i].start = start;
        r->terms[i].end = end;
    }
}

/* 松江区政府: the division; that its seat was meant is said. */
static void settle_seats(struct reading *r)
{
    for (size_t i = 1; i < r->n; i++)
        if (term_is(r, i, G_SEAT) && is_kind(r, i - 1, TERM_PLACE)) {
            r->terms[i].kind = TERM_UNKNOWN;
            drop(r, i);
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

        if (!is_kind(r, i, TERM_MEMBERS))
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

        if (!is_kind(r, i, TERM_KIND) || r->kinds[r->terms[i].of].is_space)
            continue;
        if (term_is(r, next, G_OF))
            next++;
        if (r->lang == LANG_ZH && is_kind(r, next, TERM_KIND) &&
            r->kinds[r->terms[next].of].is_space)
            replace(r, i, next + 1, r->terms[i]);
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
    settle_unknown_places(r);
    settle_nested_places(r);
}

/* ---- what is said of the kinds ---- */

static const struct schema_field *
field_of(const struct vocabulary *v, const struct term *t, unsigned layer, int *index)
{
    const struct layer_schema *s = v->layers[layer].schema;

    for (size_t i = 0; t->word && i < t->word->n_senses; i++) {
        const struct sense *sense = &t->word->senses[i];

        if (sense->kind == SENSE_FIELD && sense->layer == layer &&
            s->fields[sense->field].type != FIELD_TEXT) {
            *index = sense->field;
            return &s->fields[sense->field];
        }
    }
    for (size_t f = 0; !t->word && t->is_surface && f < s->n_fields; f++)
        if (strcmp(s->fields[f].unit, "km2") == 0 ||
            strcmp(s->fields[f].unit, "m2") == 0) {
            *index = (int)f;
            return &s->fields[f];
        }
    return NULL;
}

static bool compare_condition(const struct reading *r,
                              const struct term *t,
                              layer_set layers,
                              struct condition *out)
{
    static const struct {
        enum word_class class;
        enum condition_op op;
    } ops[] = {
        {G_MORE, MORE}, {G_LESS, LESS}, {G_AT_LEAST, AT_LEAST}, {G_AT_MOST, AT_MOST}};
    struct condition c = {.number = t->value};

    for (size_t i = 0; i < 4; i++)
        if (ops[i].class == t->class)
            c.op = ops[i].op;
    for (unsigned l = 0; l < r->v->n_layers; l++) {
        int index = 0;
        const struct schema_field *f =
            layer_in(layers, l) ? field_of(r->v, t, l, &index) : NULL;

        if (!f || (c.field && strcmp(c.field->name, f->name) != 0))
            continue;
        if (!c.field) {
            c.field = f;
            c.field_index = index;
        }
        c.layers |= (layer_set)1 << l;
    }
    if (c.field && t->is_surface && strcmp(c.field->unit, "km2") == 0)
        c.number /= 1e6;
    *out = c;
    return c.field != NULL;
}

/* A field or word that the kind's layers lack is named, not passed over. */
static void miss(struct reading *r, const struct kind *kind, const struct term *t)
{
    struct schema_title layer = layer_titles(r->v, r->arena, kind->layers);
    const char *said = ask_words(r, t->start, t->end);

    r->missing.zh = ask_text(r->arena, "图层“%s”没有说明“%s”的字段", layer.zh, said);
    r->missing.en =
        ask_text(r->arena, "a field of '%s' that says '%s'", layer.en, said);
}

static void say(struct reading *r, struct kind *kind, struct term *t)
{
    struct condition c;
    bool known = t->kind == TERM_COMPARE
                     ? compare_condition(r, t, kind->layers, &c)
                     : condition_of_word(r->v, t->word, kind->layers, &c);

    if (!known || (c.layers != kind->layers && !kind->is_space)) {
        miss(r, kind, t);
        return;
    }
    c.start = t->start;
    c.end = t->end;
    kind->layers &= c.layers;
    kind_add(kind, &c);
    t->used = true;
}

static bool is_said(const struct reading *r, size_t i)
{
    return is_kind(r, i, TERM_WORD) || (is_kind(r, i, TERM_COMPARE) &&
                                        (r->terms[i].is_surface || r->terms[i].word));
}

/* Between a word and the kind it belongs to. */
static bool is_chain(const struct reading *r, size_t i)
{
    return is_said(r, i) || is_kind(r, i, TERM_FIELD) || is_kind(r, i, TERM_MARK) ||
           is_kind(r, i, TERM_YEARS) || is_kind(r, i, TERM_UNKNOWN) ||
           term_is(r, i, G_AND) || term_is(r, i, G_OF) || term_is(r, i, G_ABOVE) ||
           term_is(r, i, G_SET_UP) || term_is(r, i, G_BELOW);
}

static size_t kind_before(const struct reading *r, size_t i)
{
    while (i-- > 0)
        if (r->terms[i].kind == TERM_KIND)
            return i;
    return r->n;
}

static size_t kind_of_said(const struct reading *r, size_t i)
{
    size_t next = i + 1;
    size_t before = kind_before(r, i);

    while (is_chain(r, next))
        next++;
    if (is_kind(r, next, TERM_KIND) &&
        !(r->lang == LANG_EN && before < r->n && term_is(r, i - 1, G_IN)))
        return next;
    return before < r->n ? before : term_find_kind(r, TERM_KIND, i);
}

/* 主导产业为生物医药: the name of the field goes without saying. */
static bool names_field_of(const struct reading *r, size_t i, const struct condition *c)
{
    const struct word *w = r->terms[i].word;

    for (size_t s = 0; w && s < w->n_senses; s++) {
        const struct sense *sense = &w->senses[s];

        if (sense->kind == SENSE_FIELD &&
            strcmp(r->v->layers[sense->layer].schema->fields[sense->field].name,
                   c->field->name) == 0)
            return true;
    }
    return false;
}

static void use_names_of_fields(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; r->terms[i].kind == TERM_FIELD && k < r->n_kinds; k++)
            for (size_t c = 0; c < r->kinds[k].n_conditions; c++) {
                const struct condition *of = &r->kinds[k].conditions[c];
                bool beside = of->start >= r->terms[i].end
                                  ? of->start - r->terms[i].end <= 2
                                  : r->terms[i].start - of->end <= 2;

                if (of->end && beside && names_field_of(r, i, of))
                    r->terms[i].used = true;
            }
}

/* When nothing is asked of but what it does (人工智能最密集的区县), any kind is. */
static void supply_kind(struct reading *r)
{
    size_t first = 0;

    if (term_find_kind(r, TERM_KIND, 0) < r->n || r->n == MAX_TERMS || !r->v->spaces)
        return;
    while (first < r->n && !is_said(r, first))
        first++;
    if (first == r->n || r->n < 2)
        return;
    while (is_said(r, first + 1))
        first++;
    memmove(&r->terms[first + 2], &r->terms[first + 1],
            (r->n - first - 1) * sizeof r->terms[0]);
    r->n++;
    r->terms[first + 1] = (struct term){.kind = TERM_KIND,
                                        .of = r->n_kinds,
                                        .start = r->terms[first].end,
                                        .end = r->terms[first].end};
    r->kinds[r->n_kinds] = (struct kind){.layers = r->v->spaces, .is_space = true};
    r->n_kinds++;
}

static bool joins(const struct reading *r, size_t i)
{
    return term_is(r, i, G_AND) || is_said(r, i) || is_kind(r, i, TERM_FIELD) ||
           (is_kind(r, i, TERM_MARK) && r->terms[i].token->mark != '.' &&
            r->terms[i].token->mark != 0x3002);
}

/* 国家级孵化器和众创空间: both are meant when the second says nothing of its own. */
static void share_words(struct reading *r, size_t a, size_t b)
{
    struct kind *from = &r->kinds[r->terms[a].of];
    struct kind *to = &r->kinds[r->terms[b].of];

    for (size_t i = 0; i < to->n_conditions; i++)
        if (to->conditions[i].end)
            return;
    for (size_t i = 0; i < from->n_conditions; i++) {
        const struct condition *c = &from->conditions[i];

        if (c->end && c->end <= from->start && (to->layers & ~c->layers) == 0)
            kind_add(to, c);
    }
}

static bool is_joined(const struct reading *r, size_t a, size_t b)
{
    size_t i = a + 1;
    bool has_and = false;

    for (; i < b && joins(r, i); i++)
        has_and |= term_is(r, i, G_AND) || is_kind(r, i, TERM_MARK);
    if (has_and && (term_is(r, i, G_HAVE) || term_is(r, i, G_NEAREST)))
        i++;
    return has_and && i == b;
}

static void add_group(struct draft *d, size_t i)
{
    struct reading *r = d->r;

    if (d->n_groups == MAX_GROUPS) {
        r->is_too_long = true;
        return;
    }
    d->groups[d->n_groups++] =
        (struct group){.kind = r->kinds[r->terms[i].of], .first = i, .last = i};
}

void settle_kinds(struct draft *d)
{
    struct reading *r = d->r;
    size_t last = r->n;

    supply_kind(r);
    for (size_t i = 0; i < r->n; i++) {
        size_t kind = is_said(r, i) ? kind_of_said(r, i) : r->n;

        if (kind < r->n)
            say(r, &r->kinds[r->terms[kind].of], &r->terms[i]);
    }
    use_names_of_fields(r);
    for (size_t i = 0; i < r->n; i++) {
        if (!is_kind(r, i, TERM_KIND))
            continue;
        r->terms[i].used = true;
        if (last < r->n && d->n_groups && is_joined(r, last, i)) {
            struct group *g = &d->groups[d->n_groups - 1];

            share_words(r, last, i);
            g->is_impossible |= !kind_join(r->v, &g->kind, &r->kinds[r->terms[i].of]);
            g->last = i;
        } else {
            add_group(d, i);
        }
        last = i;
    }
}

/* ---- places ---- */

static bool is_place(const struct draft *d, size_t i)
{
    return is_kind(d->r, i, TERM_PLACE) && !d->r->terms[i].used;
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

static bool add_city(struct reading *r, struct condition *c, const struct term *t)
{
    struct im_bytes city = city_of(t);
    struct schema_code *code = im_arena_calloc(r->arena, 1, sizeof *code);

    if (!code || city.len == 0 || c->n_codes == MAX_CODES)
        return false;
    code->code = im_arena_strdup(r->arena, city);
    code->title = (struct schema_title){code->code, ask_words(r, t->start, t->end)};
    if (!code->code)
        return false;
    c->codes[c->n_codes++] = code;
    return true;
}

/* 南京和合肥的: an area is one, so several cities are a filter. */
static void settle_cities(struct draft *d)
{
    struct reading *r = d->r;
    struct kind *kind = &d->groups[0].kind;
    struct condition c = {.op = IS_ONE_OF};
    size_t first = 0;
    size_t last;

    while (first < r->n && !is_place(d, first))
        first++;
    for (last = first;
         last < r->n && is_place(d, last) && add_city(r, &c, &r->terms[last]);
         last += 2)
        if (!term_is(r, last + 1, G_AND) && !is_kind(r, last + 1, TERM_MARK)) {
            last += 2;
            break;
        }
    if (c.n_codes < 2 || d->n_groups != 1)
        return;
    for (size_t l = 0; l < r->v->n_layers; l++) {
        const struct layer_schema *s = r->v->layers[l].schema;

        if (!layer_in(kind->layers, l) || s->roles.city == SCHEMA_NO_FIELD)
            continue;
        if (!c.field) {
            c.field = &s->fields[s->roles.city];
            c.field_index = s->roles.city;
        }
        if (strcmp(s->fields[s->roles.city].name, c.field->name) == 0)
            c.layers |= (layer_set)1 << l;
    }
    if (!c.field || (c.layers != kind->layers && !kind->is_space))
        return;
    c.start = r->terms[first].start;
    c.end = r->terms[first + 2 * (c.n_codes - 1)].end;
    kind->layers &= c.layers;
    kind_add(kind, &c);
    for (size_t i = 0; i < c.n_codes; i++)
        take(d, first + 2 * i);
    d->has_cities = true;
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
        if (is_kind(r, i, TERM_CORRIDOR) && d->in == r->n)
            d->in = take(d, i);
        else if (is_kind(r, i, TERM_CORRIDOR) && is_same_corridor(r, d->in, i))
            r->terms[i].used = true; /* G60九城市 */
    }
    bool along = term_has(r, G_ALONG) || term_has(r, G_BETWEEN);
    if (along && d->in == r->n)
        settle_way(d);
    bool measured =
        d->distance < r->n || term_has(r, G_NEAREST) || term_has(r, G_AROUND);
    if (measured && d->from == r->n && d->n_groups < 2 &&
        !(d->in < r->n && term_has(r, G_ALONG)))
        settle_near(d);
    if (d->in == r->n)
        settle_cities(d);
    for (size_t i = 0; i < r->n && d->in == r->n; i++)
        if (is_place(d, i))
            d->in = take(d, i);
}
