/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds get what is said of them, and those that are asked for together become groups.
 */
#include "ask/draft.h"
#include "atlas/layer.h"

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
    return term_is_kind(r, i, TERM_WORD) ||
           (term_is_kind(r, i, TERM_COMPARE) &&
            (r->terms[i].is_surface || r->terms[i].word));
}

/* Between a word and the kind it belongs to. */
static bool is_chain(const struct reading *r, size_t i)
{
    return is_said(r, i) || term_is_kind(r, i, TERM_FIELD) ||
           term_is_kind(r, i, TERM_MARK) || term_is_kind(r, i, TERM_YEARS) ||
           term_is_kind(r, i, TERM_UNKNOWN) || term_is(r, i, G_AND) ||
           term_is(r, i, G_OF) || term_is(r, i, G_ABOVE) || term_is(r, i, G_SET_UP) ||
           term_is(r, i, G_BELOW);
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
    if (term_is_kind(r, next, TERM_KIND) &&
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

    while (term_is_kind(r, behind, TERM_MARK))
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
    return term_is(r, i, G_AND) || is_said(r, i) || term_is_kind(r, i, TERM_FIELD) ||
           (term_is_kind(r, i, TERM_MARK) && r->terms[i].token->mark != '.' &&
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
        has_and |= term_is(r, i, G_AND) || term_is_kind(r, i, TERM_MARK);
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
        if (!term_is_kind(r, i, TERM_KIND))
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
