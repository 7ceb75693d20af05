/* SPDX-License-Identifier: Apache-2.0 */
/* Does a row have the words, and how well? */
#include "search/matcher.h"

#include <engine/text.h>

enum { LOOK_AT_CLOCK_EVERY = 1024, MAX_TEXT_BYTES = 1 << 24 };

/* ---- values of other fields ---- */

static uint32_t terms_in(const struct search_words *words,
                         struct im_bytes texts,
                         enum search_found most)
{
    uint32_t mask = 0;

    for (size_t t = 0; t < words->n_terms; t++)
        if (search_has(&words->terms[t], texts, most))
            mask |= (uint32_t)1 << t;
    return mask;
}

static enum search_found value_most(const struct atlas_layer *layer, int field)
{
    return search_is_read(layer->schema, field) ? SEARCH_READ : SEARCH_AS_WRITTEN;
}

static enum im_code scan_values(struct search_matcher *m,
                                size_t k,
                                const struct im_deadline *deadline,
                                struct im_error *err)
{
    int field = m->fields.others[k];
    uint32_t n = atlas_code_count(m->layer, field);

    for (uint32_t code = 0; code < n; code++) {
        if (code % LOOK_AT_CLOCK_EVERY == 0 && im_deadline_passed(deadline))
            return im_deadline_fail(err);
        im_buf_clear(&m->text);
        search_value_of(m->layer, field, code, &m->text);
        m->values[k][code] =
            terms_in(m->words, im_buf_bytes(&m->text), value_most(m->layer, field));
    }
    return im_buf_check(&m->text, "search", err);
}

struct marking {
    uint32_t *masks;
    uint32_t bit;
};

static bool mark(void *ctx, uint32_t code)
{
    struct marking *marking = ctx;

    marking->masks[code] |= marking->bit;
    return true;
}

static enum im_code find_values(struct search_matcher *m,
                                size_t k,
                                const struct im_deadline *deadline,
                                struct im_arena *arena,
                                struct im_error *err)
{
    const struct search_table *table = &m->index->values[k];
    enum search_found most = value_most(m->layer, m->fields.others[k]);

    for (size_t t = 0; t < m->words->n_terms; t++) {
        struct marking marking = {m->values[k], (uint32_t)1 << t};
        const uint64_t *blocks =
            search_table_blocks(table, &m->words->terms[t], most, arena);

        if (!blocks)
            return im_fail(err, IM_ENOMEM, "search: out of memory");
        if (!search_table_look(table, blocks, &m->words->terms[t], most, deadline, mark,
                               &marking))
            return im_deadline_fail(err);
    }
    return IM_OK;
}

static enum im_code look_at_values(struct search_matcher *m,
                                   size_t k,
                                   const struct im_deadline *deadline,
                                   struct im_arena *arena,
                                   struct im_error *err)
{
    uint32_t n = atlas_code_count(m->layer, m->fields.others[k]);

    m->values[k] = im_arena_calloc(arena, n ? n : 1, sizeof **m->values);
    if (!m->values[k])
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    return m->index && m->index->values[k].n ? find_values(m, k, deadline, arena, err)
                                             : scan_values(m, k, deadline, err);
}

/* Keys are asked for as a whole, as they are or in the other case. */
static bool
find_key(const struct atlas_layer *layer, struct im_bytes given, uint32_t *row)
{
    uint8_t lower[SEARCH_MAX_WORDS_BYTES];
    uint8_t upper[SEARCH_MAX_WORDS_BYTES];

    while (given.len && given.data[0] == ' ') {
        given.data++;
        given.len--;
    }
    while (given.len && given.data[given.len - 1] == ' ')
        given.len--;
    for (size_t i = 0; i < given.len; i++) {
        uint8_t c = given.data[i];

        lower[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
        upper[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c + 'A' - 'a') : c;
    }
    return given.len &&
           (atlas_find_key(layer, given, row) ||
            atlas_find_key(layer, (struct im_bytes){lower, given.len}, row) ||
            atlas_find_key(layer, (struct im_bytes){upper, given.len}, row));
}

enum im_code search_matcher_init(struct search_matcher *m,
                                 const struct atlas_layer *layer,
                                 const struct search_words *words,
                                 bool names_only,
                                 enum search_found most,
                                 const struct im_deadline *deadline,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    enum im_code rc = IM_OK;

    *m = (struct search_matcher){.layer = layer,
                                 .index = search_index_of(layer),
                                 .words = words,
                                 .most = most,
                                 .text = {.max = MAX_TEXT_BYTES}};
    m->all = (uint32_t)(((uint64_t)1 << words->n_terms) - 1);
    search_fields_of(layer->schema, &m->fields);
    if (names_only)
        m->fields.n_others = 0;
    else
        m->has_key = find_key(layer, words->given, &m->key_row);
    m->values = im_arena_calloc(arena, m->fields.n_others + 1, sizeof *m->values);
    if (!m->values)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    for (size_t k = 0; k < m->fields.n_others && rc == IM_OK; k++)
        rc = look_at_values(m, k, deadline, arena, err);
    return rc;
}

void search_matcher_release(struct search_matcher *m)
{
    im_buf_release(&m->text);
}

/* The terms that another field of the row has. */
static uint32_t
terms_of_field(const struct search_matcher *m, uint32_t feature, size_t k)
{
    uint32_t code = atlas_code(m->layer, feature, m->fields.others[k]);

    return code == ATLAS_NULL_CODE ? 0 : m->values[k][code];
}

static uint32_t terms_of_others(const struct search_matcher *m, uint32_t feature)
{
    uint32_t mask = 0;

    for (size_t k = 0; k < m->fields.n_others && mask != m->all; k++)
        mask |= terms_of_field(m, feature, k);
    return mask;
}

static struct im_bytes names_of(struct search_matcher *m, uint32_t feature)
{
    if (m->index)
        return search_table_text(&m->index->names, m->index->place[feature]);
    im_buf_clear(&m->text);
    search_names_of(m->layer, &m->fields, feature, &m->text);
    return im_buf_bytes(&m->text);
}

bool search_matches(struct search_matcher *m, uint32_t feature)
{
    uint32_t mask = terms_of_others(m, feature);
    struct im_bytes names;

    if (mask == m->all || (m->has_key && feature == m->key_row))
        return true;
    names = names_of(m, feature);
    for (size_t t = 0; t < m->words->n_terms; t++)
        if (!(mask >> t & 1) && !search_has(&m->words->terms[t], names, m->most))
            return false;
    return true;
}

/* ---- how well ---- */

/* Does `name` begin with `whole`, spaces aside? *all: and end with it. */
static bool begins_with(struct im_bytes name, struct im_bytes whole, bool *all)
{
    size_t i = 0;
    size_t k = 0;

    while (i < name.len && k < whole.len) {
        if (name.data[i] == ' ') {
            i++;
            continue;
        }
        if (name.data[i] != whole.data[k])
            return false;
        i++;
        k++;
    }
    if (k < whole.len)
        return false;
    size_t bare = text_without_suffix(name);
    *all = i == name.len || i == bare || (i + 1 == bare && name.data[i] == ' ');
    return true;
}

bool search_begins(struct search_matcher *m, uint32_t feature)
{
    struct im_bytes names = names_of(m, feature);
    struct im_bytes name;
    bool all = false;

    while (search_next_text(&names, &name))
        if (begins_with(name, m->words->whole, &all))
            return true;
    return false;
}

static enum search_match match_of(enum search_found found)
{
    switch (found) {
    case SEARCH_AS_WRITTEN:
        return SEARCH_INSIDE;
    case SEARCH_READ:
    case SEARCH_LETTERS:
        return SEARCH_PINYIN;
    case SEARCH_WRONG:
    case SEARCH_NOT_FOUND:
        return SEARCH_MISTYPED;
    }
    return SEARCH_MISTYPED;
}

/* The words as they stand, in one piece, in one name. */
static enum search_match match_whole(const struct search_words *words,
                                     struct im_bytes name)
{
    bool all = false;

    if (begins_with(name, words->whole, &all))
        return all ? SEARCH_EXACT : SEARCH_PREFIX;
    if (!words->pattern.has_latin)
        return memmem(name.data, name.len, words->whole.data, words->whole.len)
                   ? SEARCH_INSIDE
                   : SEARCH_MISTYPED;
    if (words->pattern.is_cut)
        return SEARCH_MISTYPED;
    return match_of(search_find(&words->pattern, name, SEARCH_LETTERS));
}

static enum search_match match_names(const struct search_words *words,
                                     struct im_bytes names)
{
    enum search_match best = SEARCH_MISTYPED;
    struct im_bytes name;

    while (best != SEARCH_EXACT && search_next_text(&names, &name)) {
        enum search_match match = match_whole(words, name);

        if (match < best)
            best = match;
    }
    return best;
}

static enum search_match
match_term(struct search_matcher *m, size_t t, struct im_bytes names, uint32_t others)
{
    enum search_found found =
        search_find_any(&m->words->terms[t], names, SEARCH_LETTERS);

    if (found != SEARCH_NOT_FOUND)
        return match_of(found);
    return others >> t & 1 ? SEARCH_OTHER : SEARCH_MISTYPED;
}

struct search_rank search_rank_of(struct search_matcher *m, uint32_t feature)
{
    struct search_rank rank = {.match = SEARCH_MISTYPED};
    enum search_match worst = SEARCH_EXACT;
    struct im_bytes names;
    uint32_t others;

    if (m->most == SEARCH_WRONG)
        return rank;
    names = names_of(m, feature);
    rank.match = match_names(m->words, names);
    if (rank.match <= SEARCH_INSIDE)
        return rank;
    others = terms_of_others(m, feature);
    for (size_t t = 0; t < m->words->n_terms; t++) {
        enum search_match match = match_term(m, t, names, others);

        if (match > worst)
            worst = match;
    }
    if (worst < rank.match)
        rank = (struct search_rank){worst, m->words->is_parted};
    if (rank.match > SEARCH_OTHER && m->has_key && feature == m->key_row)
        rank = (struct search_rank){.match = SEARCH_OTHER};
    return rank;
}

/* ---- which field it was ---- */

static bool field_has(const struct search_words *words,
                      const struct atlas_layer *layer,
                      int field,
                      uint32_t feature,
                      struct im_buf *text)
{
    uint32_t code = atlas_code(layer, feature, field);

    if (code == ATLAS_NULL_CODE)
        return false;
    im_buf_clear(text);
    search_value_of(layer, field, code, text);
    return terms_in(words, im_buf_bytes(text), value_most(layer, field)) != 0;
}

static bool name_has(const struct search_words *words,
                     struct im_bytes names,
                     struct search_rank rank,
                     enum search_found most)
{
    if (rank.match != SEARCH_MISTYPED && !rank.in_pieces)
        return match_names(words, names) == rank.match;
    return terms_in(words, names, most) != 0;
}

int search_field_of(const struct search_words *words,
                    const struct atlas_layer *layer,
                    uint32_t feature,
                    struct search_rank rank,
                    enum search_found most)
{
    struct im_buf text = {.max = MAX_TEXT_BYTES};
    struct search_fields fields;
    int field = SCHEMA_NO_FIELD;

    search_fields_of(layer->schema, &fields);
    for (size_t i = 0; i < fields.n_names && rank.match != SEARCH_OTHER; i++) {
        im_buf_clear(&text);
        search_name_field_of(layer, fields.names[i], feature, &text);
        if (name_has(words, im_buf_bytes(&text), rank, most)) {
            field = fields.names[i];
            break;
        }
    }
    for (size_t i = 0; i < fields.n_others && field == SCHEMA_NO_FIELD; i++)
        if (field_has(words, layer, fields.others[i], feature, &text))
            field = fields.others[i];
    im_buf_release(&text);
    return field == SCHEMA_NO_FIELD ? layer->schema->key : field;
}
