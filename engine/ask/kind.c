/* SPDX-License-Identifier: Apache-2.0 */
/* Words that name kinds of place, and what is said of them, as layers and filters. */
#include "ask/read.h"

static const struct layer_schema *schema_of(const struct vocabulary *v, unsigned layer)
{
    return v->layers[layer].schema;
}

/* ---- what a word says of a kind ---- */

static bool says_same(const struct condition *c, const struct schema_code *code)
{
    for (size_t i = 0; i < c->n_codes; i++)
        if (strcmp(c->codes[i]->code, code->code) == 0)
            return true;
    return false;
}

static void add_code(struct condition *c, const struct schema_code *code)
{
    if (!says_same(c, code) && c->n_codes < MAX_CODES)
        c->codes[c->n_codes++] = code;
}

/* Codes of one field: of the layer that comes first and, there, of the first field. The
 * same field and code of other layers belong to it. */
bool condition_of_word(const struct vocabulary *v,
                       const struct word *word,
                       layer_set layers,
                       struct condition *out)
{
    struct condition c = {.op = IS_ONE_OF};

    for (size_t i = 0; i < word->n_senses; i++) {
        const struct sense *s = &word->senses[i];

        if (s->kind != SENSE_CODE || !layer_in(layers, s->layer))
            continue;
        const struct schema_field *f = &schema_of(v, s->layer)->fields[s->field];
        if (!c.field) {
            c.field = f;
            c.field_index = s->field;
        }
        if (strcmp(f->name, c.field->name) != 0)
            continue;
        add_code(&c, &f->codes[s->code]);
        c.layers |= (layer_set)1 << s->layer;
    }
    *out = c;
    return c.field != NULL;
}

static bool layer_says(const struct layer_schema *s, const struct condition *c)
{
    int f = schema_field_index(s, im_bytes_of(c->field->name));

    if (f == SCHEMA_NO_FIELD || s->fields[f].list != c->field->list ||
        s->fields[f].type != c->field->type)
        return false;
    for (size_t i = 0; i < c->n_codes && c->op == IS_ONE_OF; i++) {
        size_t k = 0;

        while (k < s->fields[f].n_codes &&
               strcmp(s->fields[f].codes[k].code, c->codes[i]->code) != 0)
            k++;
        if (k == s->fields[f].n_codes)
            return false;
    }
    return true;
}

bool condition_of_layers(const struct vocabulary *v,
                         const struct condition *condition,
                         layer_set layers,
                         struct condition *out)
{
    for (unsigned l = 0; l < v->n_layers; l++)
        if (layer_in(layers, l) && !layer_says(schema_of(v, l), condition))
            return false;
    *out = *condition;
    out->layers |= layers;
    return true;
}

static bool same_condition(const struct condition *a, const struct condition *b)
{
    bool same = strcmp(a->field->name, b->field->name) == 0 && a->op == b->op &&
                a->n_codes == b->n_codes;

    if (a->op != IS_ONE_OF && a->op != BEGINS)
        return same && !(a->number < b->number) && !(a->number > b->number);
    for (size_t i = 0; same && i < a->n_codes; i++)
        same = says_same(b, a->codes[i]);
    return same;
}

/* In the order of the schema: one way to say it. */
static void sort_codes(struct condition *c)
{
    const struct schema_code *sorted[MAX_CODES];
    size_t n = 0;

    for (size_t i = 0; i < c->field->n_codes; i++)
        for (size_t k = 0; k < c->n_codes; k++)
            if (strcmp(c->field->codes[i].code, c->codes[k]->code) == 0)
                sorted[n++] = c->codes[k];
    if (n == c->n_codes) /* else some are of another layer's list */
        memcpy(c->codes, sorted, n * sizeof sorted[0]);
}

void kind_add(struct kind *kind, const struct condition *c)
{
    size_t i;

    for (i = 0; i < kind->n_conditions; i++) {
        struct condition *old = &kind->conditions[i];

        if (strcmp(old->field->name, c->field->name) == 0 && old->op == IS_ONE_OF &&
            c->op == IS_ONE_OF) { /* 国家级和省级: either */
            for (size_t k = 0; k < c->n_codes; k++)
                add_code(old, c->codes[k]);
            sort_codes(old);
            return;
        }
        if (same_condition(old, c))
            return;
    }
    if (kind->n_conditions == MAX_CONDITIONS)
        return;
    i = kind->n_conditions++; /* in the order of the fields: one way to say it */
    while (i > 0 && kind->conditions[i - 1].field_index > c->field_index) {
        kind->conditions[i] = kind->conditions[i - 1];
        i--;
    }
    kind->conditions[i] = *c;
}

/* ---- which kind a word names ---- */

static bool is_kind_code(const struct vocabulary *v, const struct sense *s)
{
    return s->kind == SENSE_CODE && v->layers[s->layer].kind_field == s->field;
}

/* Places before links before tables: 科创飞地 are places, their lines are links. */
static int rank_of(const struct vocabulary *v, const struct sense *s)
{
    return (int)schema_of(v, s->layer)->group * 2 +
           ((int)s->layer == v->divisions_index);
}

static bool names_kind(const struct vocabulary *v, const struct sense *s)
{
    return s->kind == SENSE_LAYER || is_kind_code(v, s);
}

static int best_rank(const struct vocabulary *v, const struct word *word)
{
    int best = INT32_MAX;

    for (size_t i = 0; i < word->n_senses; i++)
        if (names_kind(v, &word->senses[i]) && rank_of(v, &word->senses[i]) < best)
            best = rank_of(v, &word->senses[i]);
    return best;
}

static bool ends_with(struct im_bytes text, struct im_bytes end)
{
    return text.len > end.len &&
           memcmp(text.data + text.len - end.len, end.data, end.len) == 0 &&
           (text.data[text.len - end.len - 1] == ' ' || end.data[0] >= 0x80);
}

static bool any_code_ends(const struct schema_code *code, struct im_bytes key)
{
    if (ends_with(im_bytes_of(code->title.zh), key))
        return true;
    for (const char *const *s = code->synonyms; *s; s++)
        if (ends_with(im_bytes_of(*s), key))
            return true;
    return false;
}

/* Chinese puts the head last: 高新技术产业开发区 is a kind of 开发区. A synonym of a
 * layer means the codes that end with it, unless the layer itself does. */
static void
add_codes_with_head(const struct vocabulary *v, struct kind *kind, const struct word *w)
{
    unsigned layer = layer_first(kind->layers);
    const struct layer_schema *s = schema_of(v, layer);
    int f = v->layers[layer].kind_field;
    struct condition c = {.op = IS_ONE_OF, .layers = kind->layers};

    if (f == SCHEMA_NO_FIELD || ends_with(im_bytes_of(s->title.zh), w->key) ||
        ends_with(im_bytes_of(s->title.en), w->key))
        return;
    c.field = &s->fields[f];
    c.field_index = f;
    for (size_t i = 0; i < c.field->n_codes; i++)
        if (any_code_ends(&c.field->codes[i], w->key))
            add_code(&c, &c.field->codes[i]);
    if (c.n_codes && c.n_codes < c.field->n_codes)
        kind_add(kind, &c);
}

static bool has_sense(
    const struct word *w, enum sense_kind kind, unsigned layer, int field, int code)
{
    for (size_t i = 0; w && i < w->n_senses; i++)
        if (w->senses[i].kind == kind && w->senses[i].layer == layer &&
            w->senses[i].field == field && w->senses[i].code == code)
            return true;
    return false;
}

/* 国家高新区 is a synonym of the code, and says the level too: it is 国家 and 高新区.
 * One character before the rest is enough for that: 省级, 省. */
static void
add_level_within(const struct vocabulary *v, struct kind *kind, const struct word *w)
{
    for (size_t cut = 1; cut < w->key.len; cut++) {
        struct im_bytes head = {w->key.data, cut};
        struct im_bytes rest = {w->key.data + cut, w->key.len - cut};
        const struct word *level = vocabulary_find(v, head);
        const struct word *what;

        if (!level)
            continue;
        if (rest.data[0] == ' ')
            rest = (struct im_bytes){rest.data + 1, rest.len - 1};
        what = vocabulary_find(v, rest);
        for (size_t i = 0; what && i < w->n_senses; i++) {
            const struct sense *s = &w->senses[i];
            struct condition c;

            if (!is_kind_code(v, s) || !layer_in(kind->layers, s->layer) ||
                !has_sense(what, SENSE_CODE, s->layer, s->field, s->code) ||
                !condition_of_word(v, level, kind->layers, &c) ||
                c.field_index != v->layers[s->layer].level_field)
                continue;
            kind_add(kind, &c);
            return;
        }
    }
}

/* A field of which only one code is known says nothing. */
static void drop_empty_words(struct kind *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < kind->n_conditions; i++)
        if (kind->conditions[i].op != IS_ONE_OF ||
            kind->conditions[i].field->n_codes > 1)
            kind->conditions[n++] = kind->conditions[i];
    kind->n_conditions = n;
}

bool kind_of_word(const struct vocabulary *v, const struct word *word, struct kind *out)
{
    int rank = best_rank(v, word);
    layer_set by_title = 0;
    layer_set by_word = 0;
    layer_set by_code = 0;
    layer_set by_code_title = 0;
    struct condition c;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < word->n_senses; i++) {
        const struct sense *s = &word->senses[i];
        layer_set bit = (layer_set)1 << s->layer;

        if (!names_kind(v, s) || rank_of(v, s) != rank)
            continue;
        if (s->kind == SENSE_LAYER) {
            by_word |= bit;
            by_title |= s->is_title ? bit : 0;
        } else {
            by_code |= bit;
            by_code_title |= s->is_title ? bit : 0;
        }
    }
    by_title &= ~by_code_title; /* 科创飞地 is the title of the code too: the code */
    out->layers = by_title ? by_title : by_code ? by_code : by_word;
    if (!out->layers)
        return false;
    if (!by_title && by_code && condition_of_word(v, word, by_code, &c)) {
        kind_add(out, &c);
        add_level_within(v, out, word);
    } else if (!by_title && !(out->layers & (out->layers - 1))) {
        add_codes_with_head(v, out, word);
    }
    drop_empty_words(out);
    return true;
}

/* ---- several kinds as one ---- */

static const struct condition *find(const struct kind *kind, const char *field)
{
    for (size_t i = 0; i < kind->n_conditions; i++)
        if (strcmp(kind->conditions[i].field->name, field) == 0)
            return &kind->conditions[i];
    return NULL;
}

/* The only field by which two kinds differ; NULL: none or several. */
static const char *
only_difference(const struct kind *a, const struct kind *b, size_t *n)
{
    const char *field = NULL;

    *n = 0;
    for (size_t i = 0; i < a->n_conditions; i++) {
        const struct condition *c = find(b, a->conditions[i].field->name);

        if (!c || !same_condition(c, &a->conditions[i])) {
            field = a->conditions[i].field->name;
            ++*n;
        }
    }
    for (size_t i = 0; i < b->n_conditions; i++)
        if (!find(a, b->conditions[i].field->name)) {
            field = b->conditions[i].field->name;
            ++*n;
        }
    return *n == 1 ? field : NULL;
}

/* What a kind says of its field of kinds: when it says nothing, all codes. */
static bool all_codes(const struct vocabulary *v,
                      const struct kind *k,
                      const char *field,
                      struct condition *c)
{
    for (size_t l = 0; l < v->n_layers; l++) {
        int f = v->layers[l].kind_field;

        if (!layer_in(k->layers, l))
            continue;
        if (f == SCHEMA_NO_FIELD ||
            strcmp(schema_of(v, (unsigned)l)->fields[f].name, field) != 0)
            return false;
        const struct schema_field *of = &schema_of(v, (unsigned)l)->fields[f];
        for (size_t i = 0; i < of->n_codes; i++) {
            if (c->n_codes == MAX_CODES)
                return false;
            add_code(c, &of->codes[i]);
        }
    }
    return true;
}

bool kind_join(const struct vocabulary *v, struct kind *kind, const struct kind *other)
{
    size_t n;
    const char *field = only_difference(kind, other, &n);
    struct condition c;

    if (n > 1)
        return false;
    if (n == 1) {
        const struct condition *a = find(kind, field);
        const struct condition *b = find(other, field);

        c = a ? *a : *b;
        if (c.op != IS_ONE_OF)
            return false;
        if (a && b)
            for (size_t i = 0; i < b->n_codes; i++)
                add_code(&c, b->codes[i]);
        else if (kind->layers == other->layers) { /* the wider one holds the other */
            c.n_codes = 0;
        } else if (!all_codes(v, a ? other : kind, field, &c)) {
            return false;
        }
        size_t kept = 0;
        for (size_t i = 0; i < kind->n_conditions; i++)
            if (strcmp(kind->conditions[i].field->name, field) != 0)
                kind->conditions[kept++] = kind->conditions[i];
        kind->n_conditions = kept;
        if (c.n_codes) {
            sort_codes(&c);
            kind_add(kind, &c);
        }
    }
    kind->layers |= other->layers;
    kind->is_space |= other->is_space;
    for (size_t i = 0; i < kind->n_conditions; i++)
        kind->conditions[i].layers |= other->layers;
    return true;
}

/* ---- as filters ---- */

static void write_codes(struct im_buf *out, const struct condition *c)
{
    for (size_t i = 0; i < c->n_codes; i++) {
        if (i)
            im_buf_byte(out, ',');
        cql_quote(im_bytes_of(c->codes[i]->code), out);
    }
}

/* Codes of divisions are digits: nothing in them has a meaning in a pattern. */
static void write_beginnings(struct im_buf *out, const struct condition *c)
{
    for (size_t i = 0; i < c->n_codes; i++)
        im_buf_printf(out, "%s%s LIKE '%s%%'", i ? " OR " : "(", c->field->name,
                      c->codes[i]->code);
    im_buf_byte(out, ')');
}

static void write_condition(struct im_buf *out, const struct condition *c)
{
    static const char *const ops[] = {[IS_ONE_OF] = "=",
                                      [MORE] = ">",
                                      [LESS] = "<",
                                      [AT_LEAST] = ">=",
                                      [AT_MOST] = "<="};
    char number[IM_NUMBER_MAX];

    if (c->op == BEGINS) {
        write_beginnings(out, c);
    } else if (c->op != IS_ONE_OF) {
        size_t n = im_format_double(number, c->number, 6);
        im_buf_printf(out, "%s%s%.*s", c->field->name, ops[c->op], (int)n, number);
    } else if (c->field->list) {
        im_buf_printf(out, "%s(%s,(", c->n_codes == 1 ? "A_CONTAINS" : "A_OVERLAPS",
                      c->field->name);
        write_codes(out, c);
        im_buf_text(out, "))");
    } else if (c->n_codes == 1) {
        im_buf_printf(out, "%s=", c->field->name);
        write_codes(out, c);
    } else {
        im_buf_printf(out, "%s IN (", c->field->name);
        write_codes(out, c);
        im_buf_byte(out, ')');
    }
}

static const char *keep(struct im_arena *arena, struct im_buf *buf)
{
    const char *copy = buf->failed ? NULL : im_arena_strdup(arena, im_buf_bytes(buf));

    im_buf_release(buf);
    return copy ? copy : "";
}

const char *kind_filter(struct im_arena *arena, const struct kind *kind)
{
    struct im_buf out = {.max = 4096};

    for (size_t i = 0; i < kind->n_conditions; i++) {
        if (i)
            im_buf_text(&out, " AND ");
        write_condition(&out, &kind->conditions[i]);
    }
    return keep(arena, &out);
}

static const char *code_title(const struct schema_code *code, enum lang lang)
{
    return query_title(code->title, lang);
}

static void title_of(struct im_buf *out, const struct condition *c, enum lang lang)
{
    static const char *const ops[] = {"", " > ", " < ", " ≥ ", " ≤ "};
    char number[IM_NUMBER_MAX];

    if (c->op != IS_ONE_OF && c->op != BEGINS) {
        size_t n = im_format_double(number, c->number, 6);
        im_buf_printf(out, "%s%s%.*s %s", query_title(c->field->title, lang),
                      ops[c->op], (int)n, number, c->field->unit);
        return;
    }
    for (size_t i = 0; i < c->n_codes; i++) {
        if (i)
            im_buf_text(out, lang == LANG_ZH ? "或" : " or ");
        im_buf_text(out, code_title(c->codes[i], lang));
    }
}

struct schema_title kind_filter_title(struct im_arena *arena, const struct kind *kind)
{
    struct im_buf text[2] = {{.max = 4096}, {.max = 4096}};

    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < kind->n_conditions; i++) {
            if (i)
                im_buf_text(&text[l], l == LANG_ZH ? "，" : ", ");
            title_of(&text[l], &kind->conditions[i], (enum lang)l);
        }
    return (struct schema_title){.zh = keep(arena, &text[LANG_ZH]),
                                 .en = keep(arena, &text[LANG_EN])};
}

const char *layer_ids(const struct vocabulary *v, struct im_arena *arena, layer_set set)
{
    struct im_buf out = {.max = 8192};

    for (size_t i = 0; i < v->n_layers; i++)
        if (layer_in(set, i)) {
            if (out.len)
                im_buf_byte(&out, ',');
            im_buf_text(&out, v->layers[i].schema->id);
        }
    return keep(arena, &out);
}

struct schema_title
layer_titles(const struct vocabulary *v, struct im_arena *arena, layer_set set)
{
    struct im_buf text[2] = {{.max = 16384}, {.max = 16384}};

    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < v->n_layers; i++)
            if (layer_in(set, i)) {
                if (text[l].len)
                    im_buf_text(&text[l], l == LANG_ZH ? "、" : ", ");
                im_buf_text(&text[l],
                            query_title(v->layers[i].schema->title, (enum lang)l));
            }
    return (struct schema_title){.zh = keep(arena, &text[LANG_ZH]),
                                 .en = keep(arena, &text[LANG_EN])};
}
