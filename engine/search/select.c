/* SPDX-License-Identifier: Apache-2.0 */
/* All rows of a layer that have the words. */
#include "search/select.h"

enum { LOOK_AT_CLOCK_EVERY = 1024 };

static enum im_code scan(struct search_matcher *m,
                         const struct im_deadline *deadline,
                         uint32_t *features,
                         size_t *n,
                         struct im_error *err)
{
    for (uint32_t i = 0; i < m->layer->n; i++) {
        if (i % LOOK_AT_CLOCK_EVERY == 0 && im_deadline_passed(deadline))
            return im_deadline_fail(err);
        if (search_matches(m, i))
            features[(*n)++] = i;
    }
    return im_buf_check(&m->text, "search", err);
}

/* ---- by the index: the rows of each term as bits ---- */

struct marking {
    const uint32_t *order;
    uint64_t *bits;
};

static void set_bit(uint64_t *bits, uint32_t row)
{
    bits[row / 64] |= (uint64_t)1 << row % 64;
}

static bool mark(void *ctx, uint32_t i)
{
    struct marking *marking = ctx;

    set_bit(marking->bits, marking->order[i]);
    return true;
}

static enum im_code mark_names(struct search_matcher *m,
                               size_t term,
                               uint64_t *bits,
                               const struct im_deadline *deadline,
                               struct im_arena *arena,
                               struct im_error *err)
{
    const struct search_term *t = &m->words->terms[term];
    struct marking marking = {m->index->order, bits};
    const uint64_t *blocks = search_table_blocks(&m->index->names, t, m->most, arena);

    if (!blocks)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    return search_table_look(&m->index->names, blocks, t, m->most, deadline, mark,
                             &marking)
               ? IM_OK
               : im_deadline_fail(err);
}

static bool has_any(const uint32_t *masks, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (masks[i])
            return true;
    return false;
}

/* A column is read from end to end only when one of its values has a term. */
static void mark_values(const struct search_matcher *m, uint64_t *bits, size_t n_words)
{
    for (size_t k = 0; k < m->fields.n_others; k++) {
        int field = m->fields.others[k];
        const uint32_t *masks = m->values[k];
        const uint32_t *codes = m->layer->columns[field].codes;

        if (!has_any(masks, atlas_code_count(m->layer, field)))
            continue;
        for (uint32_t row = 0; row < m->layer->n; row++) {
            uint32_t mask = codes[row] == ATLAS_NULL_CODE ? 0 : masks[codes[row]];

            for (; mask; mask &= mask - 1)
                set_bit(bits + (size_t)__builtin_ctz(mask) * n_words, row);
        }
    }
}

static size_t
collect(const struct search_matcher *m, uint64_t *bits, size_t n_words, uint32_t *out)
{
    size_t n = 0;

    for (size_t t = 1; t < m->words->n_terms; t++)
        for (size_t i = 0; i < n_words; i++)
            bits[i] &= bits[t * n_words + i];
    if (m->has_key)
        set_bit(bits, m->key_row);
    for (size_t i = 0; i < n_words; i++)
        for (uint64_t word = bits[i]; word; word &= word - 1)
            out[n++] = (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word);
    return n;
}

static enum im_code look_up(struct search_matcher *m,
                            const struct im_deadline *deadline,
                            struct im_arena *arena,
                            uint32_t *features,
                            size_t *n,
                            struct im_error *err)
{
    size_t n_words = m->layer->n / 64 + (size_t)1;
    uint64_t *bits = im_arena_calloc(arena, m->words->n_terms * n_words, sizeof *bits);
    enum im_code rc = IM_OK;

    if (!bits)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    for (size_t t = 0; t < m->words->n_terms && rc == IM_OK; t++)
        rc = mark_names(m, t, bits + t * n_words, deadline, arena, err);
    if (rc != IM_OK)
        return rc;
    mark_values(m, bits, n_words);
    *n = collect(m, bits, n_words, features);
    return IM_OK;
}

enum im_code search_rows(struct search_matcher *m,
                         const struct im_deadline *deadline,
                         struct im_arena *arena,
                         struct search_list *out,
                         struct im_error *err)
{
    uint32_t n = atlas_layer_size(m->layer);
    uint32_t *features = im_arena_alloc(arena, (n ? n : 1) * sizeof *features);

    *out = (struct search_list){features, 0};
    if (!features)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    return m->index ? look_up(m, deadline, arena, features, &out->n, err)
                    : scan(m, deadline, features, &out->n, err);
}

enum im_code search_select(const struct atlas_layer *layer,
                           struct im_bytes text,
                           const struct im_deadline *deadline,
                           struct im_arena *arena,
                           const uint32_t **features,
                           size_t *n,
                           struct im_error *err)
{
    struct search_words words;
    struct search_matcher m;
    struct search_list list = {0};
    enum im_code rc = search_words_parse(text, arena, &words, err);

    if (rc != IM_OK)
        return rc;
    rc = search_matcher_init(&m, layer, &words, false, SEARCH_LETTERS, deadline, arena,
                             err);
    if (rc == IM_OK)
        rc = search_rows(&m, deadline, arena, &list, err);
    search_matcher_release(&m);
    if (rc != IM_OK)
        return rc;
    *features = list.features;
    *n = list.n;
    return IM_OK;
}
