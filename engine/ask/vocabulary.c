/* SPDX-License-Identifier: Apache-2.0 */
/* All words a question may be made of. */
#include "ask/vocabulary.h"
#include "ask/items.h"

#include <stdlib.h>

enum { MAX_BYTES = 64 << 20 };

/* While collecting: a word with one sense. */
struct entry {
    struct im_bytes key;
    struct sense sense;
};

struct collector {
    struct vocabulary *v;
    struct im_arena *arena;
    struct im_buf entries; /* struct entry */
    struct im_error *err;
    enum im_code rc;
};

static void
add_key(struct collector *c, struct im_bytes text, const struct sense *sense)
{
    struct items items;
    struct entry entry = {.sense = *sense};

    if (c->rc != IM_OK || text.len == 0 || text.len > ITEMS_MAX_CHARS)
        return;
    c->rc = items_read(text, c->arena, &items, c->err);
    if (c->rc != IM_OK || items.n == 0)
        return;
    for (size_t i = 0; i < items.n; i++)
        if (items.item[i].kind == ITEM_MARK)
            return; /* "parks, zones": nobody asks so */
    /* one character says too little: 省 as the code of a level, 市 as a heading */
    if (sense->kind != SENSE_GRAMMAR && items.n == 1 && items.item[0].kind == ITEM_CHAR)
        return;
    entry.key = items.norm;
    im_buf_append(&c->entries, &entry, sizeof entry);
}

/* Nobody asks with what stands in brackets: "R&D intensity (R&D / GDP)". */
static void add_text(struct collector *c, const char *text, struct sense sense)
{
    const char *bracket = strpbrk(text, "(");
    const char *wide = strstr(text, "（");

    if (!bracket || (wide && wide < bracket))
        bracket = wide;
    add_key(c,
            bracket && bracket > text
                ? (struct im_bytes){(const uint8_t *)text, (size_t)(bracket - text)}
                : im_bytes_of(text),
            &sense);
}

static void
add_title(struct collector *c, struct schema_title title, struct sense sense)
{
    sense.is_title = true;
    add_text(c, title.zh, sense);
    if (*title.en)
        add_text(c, title.en, sense);
}

static void add_all(struct collector *c, const char *const *words, struct sense sense)
{
    for (; *words; words++)
        add_text(c, *words, sense);
}

static void add_grammar(struct collector *c)
{
    for (size_t i = 0; i < grammar_n_words; i++) {
        const char *at = grammar_words[i].words;
        struct sense sense = {.kind = SENSE_GRAMMAR,
                              .class = grammar_words[i].class,
                              .arg = grammar_words[i].arg};

        while (*at) {
            size_t len = strcspn(at, "|");

            add_key(c, (struct im_bytes){(const uint8_t *)at, len}, &sense);
            at += len + (at[len] == '|');
        }
    }
}

/* ---- what the layers are ---- */

static bool is_role(const struct layer_schema *s, int field)
{
    const struct schema_roles *r = &s->roles;

    return field == r->level || field == r->precision || field == s->key ||
           field == r->adcode || field == r->city;
}

/* The first list of codes that is no role says what kind of place it is. */
static int kind_field_of(const struct layer_schema *s)
{
    if (s->group != SCHEMA_PLACES && s->group != SCHEMA_LINKS)
        return SCHEMA_NO_FIELD;
    for (size_t f = 0; f < s->n_fields; f++)
        if (s->fields[f].n_codes && !s->fields[f].list && !s->fields[f].hidden &&
            !is_role(s, (int)f))
            return (int)f;
    return SCHEMA_NO_FIELD;
}

static bool has_list_of_codes(const struct layer_schema *s)
{
    for (size_t f = 0; f < s->n_fields; f++)
        if (s->fields[f].n_codes && s->fields[f].list)
            return true;
    return false;
}

static bool is_divisions(const struct layer_schema *s)
{
    return s->names_places && s->roles.adcode == s->key;
}

static int field_named(const struct layer_schema *s, const char *name)
{
    return schema_field_index(s, im_bytes_of(name));
}

static void describe(struct ask_layer *l, const struct atlas_layer *layer)
{
    const struct layer_schema *s = atlas_layer_schema(layer);

    l->layer = layer;
    l->schema = s;
    l->kind_field = kind_field_of(s);
    l->level_field = s->roles.level;
    l->origin_field = field_named(s, "origin_adcode");
    l->host_field = field_named(s, "host_adcode");
    l->year_field = s->roles.time;
    /* places of reference (stations, squares) have neither level nor year nor field of
     * work */
    l->is_space = s->group == SCHEMA_PLACES && !is_divisions(s) &&
                  (s->roles.level != SCHEMA_NO_FIELD ||
                   s->roles.time != SCHEMA_NO_FIELD || has_list_of_codes(s));
    l->is_corridor = s->group == SCHEMA_AREAS && !schema_is_outlines(s);
}

static void
add_codes(struct collector *c, unsigned layer, int field, enum sense_kind kind)
{
    const struct schema_field *f = &c->v->layers[layer].schema->fields[field];

    for (size_t i = 0; i < f->n_codes; i++) {
        struct sense sense = {
            .kind = kind, .layer = layer, .field = field, .code = (int)i};

        add_title(c, f->codes[i].title, sense);
        add_all(c, f->codes[i].synonyms, sense);
    }
}

static void add_fields(struct collector *c, unsigned layer)
{
    const struct layer_schema *s = c->v->layers[layer].schema;

    for (size_t f = 0; f < s->n_fields; f++) {
        struct sense sense = {.kind = SENSE_FIELD, .layer = layer, .field = (int)f};

        if (s->fields[f].hidden)
            continue;
        add_title(c, s->fields[f].title, sense);
        add_all(c, s->fields[f].synonyms, sense);
        add_codes(c, layer, (int)f, SENSE_CODE);
    }
}

/* A table of figures by division: the first list of codes names the figures. */
static void add_indicators(struct collector *c, unsigned layer)
{
    const struct layer_schema *s = c->v->layers[layer].schema;

    if (s->roles.adcode == SCHEMA_NO_FIELD)
        return;
    for (size_t f = 0; f < s->n_fields; f++)
        if (s->fields[f].n_codes) {
            add_codes(c, layer, (int)f, SENSE_INDICATOR);
            return;
        }
}

static void add_layer(struct collector *c, const struct atlas_layer *layer)
{
    struct vocabulary *v = c->v;
    const struct layer_schema *s = atlas_layer_schema(layer);
    unsigned i = (unsigned)v->n_layers;
    struct sense sense = {.kind = SENSE_LAYER, .layer = i};

    if (s->is_internal || s->is_base || i == VOCABULARY_MAX_LAYERS)
        return;
    describe(&v->layers[i], layer);
    v->n_layers++;
    if (is_divisions(s) && !v->divisions) {
        v->divisions = layer;
        v->divisions_index = (int)i;
    } else if (v->layers[i].is_space) {
        v->spaces |= (layer_set)1 << i;
    } else if (s->group == SCHEMA_PLACES && s->names_places) {
        v->references |= (layer_set)1 << i;
    }
    if (schema_is_outlines(s))
        return; /* outlines are a means, nobody asks for them by name */
    if (v->layers[i].is_corridor)
        sense.kind = SENSE_CORRIDOR;
    add_title(c, s->title, sense);
    add_all(c, s->synonyms, sense);
    if (s->group == SCHEMA_TABLES)
        add_indicators(c, i);
    else if (!v->layers[i].is_corridor)
        add_fields(c, i);
}

/* ---- sorting ---- */

static int compare_keys(struct im_bytes a, struct im_bytes b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = compare_keys(x->key, y->key);

    if (order == 0)
        order = (x->sense.kind > y->sense.kind) - (x->sense.kind < y->sense.kind);
    if (order == 0)
        order = (x->sense.layer > y->sense.layer) - (x->sense.layer < y->sense.layer);
    if (order == 0)
        order = y->sense.is_title - x->sense.is_title;
    if (order == 0)
        order = (x->sense.field > y->sense.field) - (x->sense.field < y->sense.field);
    return order ? order
                 : (x->sense.code > y->sense.code) - (x->sense.code < y->sense.code);
}

static bool same_sense(const struct sense *a, const struct sense *b)
{
    return a->kind == b->kind && a->layer == b->layer && a->field == b->field &&
           a->code == b->code && a->class == b->class;
}

static enum im_code settle(struct collector *c, struct im_error *err)
{
    struct entry *e = (struct entry *)c->entries.data;
    size_t n = c->entries.len / sizeof *e;
    struct word *words = im_arena_calloc(c->arena, n + 1, sizeof *words);
    struct sense *senses = im_arena_calloc(c->arena, n + 1, sizeof *senses);
    size_t n_words = 0;
    size_t n_senses = 0;

    if (!words || !senses || c->entries.failed)
        return im_fail(err, IM_ENOMEM, "vocabulary: out of memory");
    if (n)
        qsort(e, n, sizeof *e, by_key);
    for (size_t i = 0; i < n; i++) {
        struct word *last = n_words ? &words[n_words - 1] : NULL;

        if (!last || compare_keys(last->key, e[i].key) != 0) {
            last = &words[n_words++];
            *last = (struct word){.key = e[i].key, .senses = &senses[n_senses]};
        } else if (same_sense(&senses[n_senses - 1], &e[i].sense)) {
            continue;
        }
        senses[n_senses++] = e[i].sense;
        last->n_senses++;
    }
    c->v->words = words;
    c->v->n_words = n_words;
    return IM_OK;
}

static enum im_code build(const struct atlas *atlas,
                          struct im_arena *arena,
                          struct vocabulary *v,
                          struct im_error *err)
{
    struct collector c = {
        .v = v, .arena = arena, .entries = {.max = MAX_BYTES}, .err = err};

    v->arena = arena;
    v->divisions_index = -1;
    add_grammar(&c);
    for (size_t i = 0; i < atlas_layer_count(atlas); i++)
        add_layer(&c, atlas_layer_at(atlas, i));
    if (c.rc == IM_OK)
        c.rc = settle(&c, err);
    im_buf_release(&c.entries);
    return c.rc;
}

void vocabulary_free(struct vocabulary *v)
{
    if (v)
        im_arena_free(v->arena);
}

enum im_code vocabulary_of(const struct atlas *atlas,
                           const struct vocabulary **out,
                           struct im_error *err)
{
    _Atomic(struct vocabulary *) *slot = atlas_vocabulary(atlas);
    struct vocabulary *v = atomic_load_explicit(slot, memory_order_acquire);
    struct vocabulary *theirs = NULL;
    struct im_arena *arena;
    enum im_code rc;

    if (v) {
        *out = v;
        return IM_OK;
    }
    arena = im_arena_new(MAX_BYTES);
    v = arena ? im_arena_calloc(arena, 1, sizeof *v) : NULL;
    rc = v ? build(atlas, arena, v, err)
           : im_fail(err, IM_ENOMEM, "vocabulary: out of memory");
    if (rc != IM_OK) {
        im_arena_free(arena);
        return rc;
    }
    if (!atomic_compare_exchange_strong_explicit(slot, &theirs, v, memory_order_acq_rel,
                                                 memory_order_acquire)) {
        vocabulary_free(v); /* somebody was faster */
        v = theirs;
    }
    *out = v;
    return IM_OK;
}

/* ---- finding ---- */

static size_t
lower_bound(const struct vocabulary *v, struct im_bytes key, size_t low, size_t high)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_keys(v->words[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool begins(struct im_bytes text, struct im_bytes prefix)
{
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

bool vocabulary_narrow(const struct vocabulary *v,
                       struct im_bytes key,
                       size_t *low,
                       size_t *high)
{
    size_t first = lower_bound(v, key, *low, *high);
    size_t a = first;
    size_t b = *high;

    while (a < b) { /* the first that does not begin so */
        size_t middle = a + (b - a) / 2;

        if (begins(v->words[middle].key, key))
            a = middle + 1;
        else
            b = middle;
    }
    *low = first;
    *high = a;
    return first < a;
}

const struct word *vocabulary_find(const struct vocabulary *v, struct im_bytes key)
{
    size_t i = lower_bound(v, key, 0, v->n_words);

    return i < v->n_words && compare_keys(v->words[i].key, key) == 0 ? &v->words[i]
                                                                     : NULL;
}
