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
           ((term_is(r, i, G_AT_MOST) || term_is(r, i, G_LESS)) &&
            is_kind(r, i + 1, TERM_DISTANCE));
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

static bool names_references(const struct reading *r, const struct term *t)
{
    return t->kind == TERM_KIND && !(r->kinds[t->of].layers & ~r->v->references);
}

/* "nearest incubator to Foo University": what was asked for stands before, so what
 * names a place of reference ends a name. */
static void settle_kinds_in_names(struct reading *r)
{
    size_t asked = term_find_kind(r, TERM_KIND, 0);

    for (size_t i = asked + 1; r->lang == LANG_EN && i + 2 < r->n; i++) {
        size_t to = i + 1;

        if (!(term_is(r, i, G_TO) || term_is(r, i, G_FROM) || term_is(r, i, G_AROUND) ||
              term_is(r, i, G_OF)))
            continue;
        while (is_kind(r, to, TERM_UNKNOWN) || is_kind(r, to, TERM_PLACE) ||
               (to > i + 1 && to < r->n && names_references(r, &r->terms[to])))
            to++;
        if (to > i + 2 && names_references(r, &r->terms[to - 1]))
            replace(r, i + 1, to, (struct term){.kind = TERM_PLACE});
    }
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
        /* 虹桥国际机场: what is known of a name and the rest of it */
        if (from > 0 && from < i && is_kind(r, from - 1, TERM_PLACE) &&
            r->terms[from - 1].token && !r->terms[from - 1].token->is_division &&
            r->terms[from - 1].end == r->terms[from].start)
            from--;
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
static bool ends_with_seat(const struct reading *r, const struct term *t)
{
    static const char seat[] = "政府";
    const char *name = ask_name(r, t->start, t->end);
    size_t len = strlen(name);

    return t->token && t->token->is_division && len > sizeof seat - 1 &&
           strcmp(name + len - (sizeof seat - 1), seat) == 0;
}

static void settle_seats(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (is_kind(r, i, TERM_PLACE) && ends_with_seat(r, &r->terms[i]))
            r->terms[i].is_seat = true; /* the data have it as another name */
    for (size_t i = 1; i < r->n; i++)
        if (term_is(r, i, G_SEAT) && is_kind(r, i - 1, TERM_PLACE) &&
            r->terms[i - 1].token && r->terms[i - 1].token->layer &&
            r->terms[i - 1].token->is_division != (r->terms[i].value > 0)) {
            r->terms[i - 1].is_seat = true;
            drop(r, i);
            i--;
        }
}

static bool is_range_mark(const struct term *t)
{
    static const uint32_t marks[] = {'-', '~', 0x2013, 0x2014, 0xFF5E, 0x301C};

    for (size_t i = 0; t->kind == TERM_MARK && i < sizeof marks / sizeof marks[0]; i++)
        if (t->token->mark == marks[i])
            return true;
    return false;
}

/* 十年前: a number of years that is no span of them; it counts nothing. */
static void refuse_ages(struct reading *r)
{
    for (size_t i = 0; i + 1 < r->n; i++)
        r->is_rejected |= is_kind(r, i, TERM_COUNT) && term_is(r, i + 1, G_YEAR);
}

/* 国家实验室和孵化器的距离: at the end it asks how far. */
static void settle_distances_asked(struct reading *r)
{
    size_t last = r->n;

    while (last > 0 && is_kind(r, last - 1, TERM_MARK))
        last--;
    if (last > 1 && r->lang == LANG_ZH && term_is(r, last - 1, G_FROM))
        r->terms[last - 1].class = G_HOW_FAR;
}

/* 5到10公里, 5-10公里: no parameter says both. */
static void refuse_ranges(struct reading *r)
{
    for (size_t i = 0; i + 2 < r->n; i++)
        if ((is_kind(r, i, TERM_COUNT) || is_kind(r, i, TERM_DISTANCE) ||
             is_kind(r, i, TERM_SURFACE)) &&
            (term_is(r, i + 1, G_TO) || term_is(r, i + 1, G_AND) ||
             is_range_mark(&r->terms[i + 1])) &&
            (is_kind(r, i + 2, TERM_DISTANCE) || is_kind(r, i + 2, TERM_SURFACE) ||
             is_kind(r, i + 2, TERM_COUNT)))
            r->is_rejected = true;
}

/* 长三角的孵化器: all that there are. Nothing is near to it or far from it. */
static void settle_everywhere(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++) {
        bool is_measured =
            begins_distance(r, i + 1) || term_is(r, i + 1, G_TO) ||
            (i > 0 && (term_is(r, i - 1, G_FROM) || term_is(r, i - 1, G_TO) ||
                       term_is(r, i - 1, G_AROUND)));

        if (!term_is(r, i, G_EVERYWHERE) || is_measured)
            continue;
        drop(r, i);
        if (i > 0 && (term_is(r, i - 1, G_IN) ||
                      (term_is(r, i - 1, G_OF) && r->lang == LANG_EN))) {
            drop(r, i - 1);
            i--;
        }
        i--;
    }
}

/* 火星有哪些孵化器: where a place stands, what is not known is one. */
static void settle_unknown_owners(struct reading *r)
{
    for (size_t i = 0; r->lang == LANG_ZH && i + 2 < r->n; i++) {
        size_t next = i + 1;

        if (!is_kind(r, i, TERM_UNKNOWN) || r->terms[i].end - r->terms[i].start < 2 ||
            (i > 0 && !is_kind(r, i - 1, TERM_MARK)))
            continue;
        while (term_is(r, next, G_HAVE) || term_is(r, next, G_WHICH) ||
               term_is(r, next, G_COUNT))
            next++;
        if (next > i + 1 &&
            (is_kind(r, next, TERM_KIND) || is_kind(r, next, TERM_WORD)))
            r->terms[i].kind = TERM_PLACE;
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
    refuse_ranges(r);
    refuse_ages(r);
    settle_distances_asked(r);
    settle_everywhere(r);
    settle_kinds_in_names(r);
    settle_unknown_places(r);
    settle_unknown_owners(r);
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

/* 省级以上, provincial and above: codes are listed from the highest down. 以下 alone
 * may or may not mean the level itself, so it has to be 及以下. */
static void widen(struct reading *r, size_t i, struct condition *c)
{
    size_t grade = term_is(r, i, G_OF) ? i + 1 : i;
    const char *words =
        grade < r->n ? ask_words(r, r->terms[grade].start, r->terms[grade].end) : "";
    bool above = term_is(r, grade, G_ABOVE);
    bool below =
        term_is(r, grade, G_BELOW) && (strstr(words, "及") || strstr(words, "or "));
    const struct schema_field *f = c->field;
    size_t at = 0;

    if (!(above || below) || c->n_codes != 1 || f->list || f->n_codes > MAX_CODES)
        return;
    while (at < f->n_codes && strcmp(f->codes[at].code, c->codes[0]->code) != 0)
        at++;
    c->n_codes = 0;
    for (size_t k = above ? 0 : at; k < (above ? at + 1 : f->n_codes); k++)
        c->codes[c->n_codes++] = &f->codes[k];
    r->terms[grade].used = true;
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
    if (t->kind == TERM_WORD &&
        c.field_index != r->v->layers[layer_first(c.layers)].kind_field)
        widen(r, (size_t)(t - r->terms) + 1, &c);
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

/* 附近3公里有什么, what is in Zhangjiang: the word that asks; r->n without. */
static size_t asks_for_anything(const struct reading *r)
{
    size_t which = term_find(r, G_WHICH, 0);
    bool has_where = term_find_kind(r, TERM_PLACE, 0) < r->n ||
                     term_find_kind(r, TERM_POSITION, 0) < r->n ||
                     term_find_kind(r, TERM_CORRIDOR, 0) < r->n ||
                     term_has(r, G_HERE) || term_has(r, G_DRAWN);
    size_t behind = which + 1;

    while (is_kind(r, behind, TERM_MARK))
        behind++;
    bool asks = r->lang == LANG_ZH
                    ? which > 0 && term_is(r, which - 1, G_HAVE) && behind == r->n
                    : term_is(r, which + 1, G_IN) || term_is(r, which + 1, G_WITHIN) ||
                          term_is(r, which + 1, G_AROUND);

    return which < r->n && has_where && asks &&
                   term_find_kind(r, TERM_LEVEL, 0) == r->n &&
                   term_find_kind(r, TERM_INDICATOR, 0) == r->n
               ? which
               : r->n;
}

/* When nothing is asked of but what it does (人工智能最密集的区县), any kind is. */
static void supply_kind(struct reading *r)
{
    size_t first = 0;

    if (term_find_kind(r, TERM_KIND, 0) < r->n || r->n == MAX_TERMS || !r->v->spaces)
        return;
    while (first < r->n && !is_said(r, first))
        first++;
    if (first == r->n)
        first = asks_for_anything(r);
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

static bool says_of_its_own(const struct kind *k)
{
    for (size_t i = 0; i < k->n_conditions; i++)
        if (k->conditions[i].end)
            return true;
    return false;
}

/* 国家级孵化器和众创空间, parks and incubators in biomedicine: both are meant when the
 * other says nothing of its own. */
static void share_words(struct reading *r, struct kind *from, struct kind *to)
{
    struct condition shared;

    if (says_of_its_own(to))
        return;
    for (size_t i = 0; i < from->n_conditions; i++) {
        const struct condition *c = &from->conditions[i];
        bool is_outside =
            from->start < to->start ? c->end <= from->start : c->start >= from->end;

        if (c->end && is_outside && condition_of_layers(r->v, c, to->layers, &shared))
            kind_add(to, &shared);
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
        if (last < r->n && d->n_groups && is_joined(r, last, i)) {
            struct group *g = &d->groups[d->n_groups - 1];

            share_words(r, &r->kinds[r->terms[last].of], &r->kinds[r->terms[i].of]);
            if (last == g->first && r->lang == LANG_EN) {
                share_words(r, &r->kinds[r->terms[i].of], &r->kinds[r->terms[last].of]);
                g->kind = r->kinds[r->terms[last].of];
            }
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

static bool is_spot(const struct draft *d, size_t i)
{
    return is_kind(d->r, i, TERM_POSITION) && !d->r->terms[i].used;
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
        if (!term_is(r, i + 1, G_AND) && !is_kind(r, i + 1, TERM_MARK))
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

        code.len = own_digits(code);
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
        size_t digits = own_digits(adcode_of(&r->terms[first + 2 * i]));

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
        if (is_kind(r, i, TERM_CORRIDOR) && d->in == r->n)
            d->in = take(d, i);
        else if (is_kind(r, i, TERM_CORRIDOR) && is_same_corridor(r, d->in, i))
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
