/* SPDX-License-Identifier: Apache-2.0 */
/* The first of very many matches, without looking at all of them.
 *
 * The index has the names in the order of answers. So each rank is one walk over the
 * blocks that may have it, which ends as soon as what comes next cannot get in; walks
 * of worse ranks do not even begin then. */
#include "search/best.h"

struct walk {
    struct search_matcher *m;
    struct search_best *best;
    const uint64_t *rows; /* that may be listed; NULL: all that match */
    bool leave_out_unreviewed;
    const struct im_deadline *deadline;
    struct im_arena *arena;
    struct search_rank rank;
    bool is_over; /* nothing more of this rank gets in */
};

static bool has_bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* Equal ones come by key, and so does the heap unless there are distances. */
static void offer(struct walk *w, uint32_t row)
{
    if (!search_best_offer(w->best, w->m->layer, row, w->rank) && !w->best->has_origin)
        w->is_over = true;
}

static bool visit(void *ctx, uint32_t i)
{
    struct walk *w = ctx;
    uint32_t row = w->m->index->order[i];

    if (!search_best_may_take(w->best, w->rank, atlas_importance(w->m->layer, row))) {
        w->is_over = true;
        return false;
    }
    if (w->rank.match <= SEARCH_PREFIX && !search_begins(w->m, row))
        return true;
    if (w->rows ? !has_bit(w->rows, row) : !search_matches(w->m, row))
        return true;
    if (w->leave_out_unreviewed && search_is_unreviewed(w->m->layer, row))
        return true;
    struct search_rank rank = search_rank_of(w->m, row);
    if (rank.match == w->rank.match && rank.in_pieces == w->rank.in_pieces)
        offer(w, row);
    return !w->is_over;
}

/* ---- where a rank may be ---- */

/* The words in one piece as a term; false when they are of both scripts. */
static bool whole_term(const struct search_words *words, struct search_term *out)
{
    *out = (struct search_term){.text = words->whole,
                                .is_latin = !words->pattern.has_other,
                                .pattern = words->pattern};
    return !(words->pattern.has_latin && words->pattern.has_other);
}

static void keep(const struct search_table *t, const uint64_t *from, uint64_t *blocks)
{
    for (uint32_t i = 0; i < t->n_words; i++)
        blocks[i] &= from[i];
}

/* Blocks that may have each of the terms. NULL without memory. */
static uint64_t *blocks_of_terms(struct walk *w, enum search_found most)
{
    const struct search_words *words = w->m->words;
    const struct search_table *t = &w->m->index->names;
    uint64_t *blocks = search_table_all(t, w->arena);

    for (size_t i = 0; blocks && i < words->n_terms; i++) {
        const uint64_t *of_term =
            search_table_blocks(t, &words->terms[i], most, w->arena);

        if (!of_term)
            return NULL;
        keep(t, of_term, blocks);
    }
    return blocks;
}

/* Blocks that may have the whole as it is written. */
static uint64_t *blocks_of_whole(struct walk *w, const struct search_term *whole)
{
    const struct search_words *words = w->m->words;
    const struct search_table *t = &w->m->index->names;
    uint64_t *blocks = search_table_all(t, w->arena);

    if (!blocks)
        return NULL;
    if (whole) {
        search_table_keep_written(t, whole, blocks);
        return blocks;
    }
    for (size_t i = 0; i < words->n_terms; i++)
        if (!words->terms[i].is_latin)
            search_table_keep_written(t, &words->terms[i], blocks);
    return blocks;
}

/* What is looked for in the blocks: what is not Latin is found fastest. */
static const struct search_term *best_term(const struct search_words *words)
{
    const struct search_term *best = &words->terms[0];

    for (size_t i = 1; i < words->n_terms; i++) {
        const struct search_term *term = &words->terms[i];

        if (term->is_latin != best->is_latin ? best->is_latin
                                             : term->text.len > best->text.len)
            best = term;
    }
    return best;
}

static enum im_code walk_rank(struct walk *w,
                              struct search_rank rank,
                              const uint64_t *blocks,
                              const struct search_term *term,
                              enum search_found most,
                              struct im_error *err)
{
    if (!blocks)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    w->rank = rank;
    w->is_over = false;
    if (search_table_look(&w->m->index->names, blocks, term, most, w->deadline, visit,
                          w) ||
        w->is_over)
        return IM_OK;
    return im_deadline_fail(err);
}

static bool is_wanted(const struct walk *w, struct search_rank rank)
{
    return search_best_may_take(w->best, rank, 1);
}

/* In one piece, as written: the whole name, its beginning, inside. */
static enum im_code walk_written(struct walk *w, struct im_error *err)
{
    const struct search_words *words = w->m->words;
    const struct search_table *t = &w->m->index->names;
    struct search_term whole;
    bool is_one = whole_term(words, &whole);
    const struct search_term *term = is_one ? &whole : best_term(words);
    enum im_code rc = IM_OK;

    for (enum search_match match = SEARCH_EXACT; match <= SEARCH_INSIDE && rc == IM_OK;
         match++) {
        struct search_rank rank = {.match = match};
        uint64_t *blocks;

        if (!is_wanted(w, rank))
            return IM_OK;
        blocks = blocks_of_whole(w, is_one ? &whole : NULL);
        if (blocks && match == SEARCH_EXACT)
            search_table_keep_exact(t, words->whole, blocks);
        if (blocks && match == SEARCH_PREFIX)
            search_table_keep_beginning(t, &words->pattern, blocks);
        rc = walk_rank(w, rank, blocks, term, SEARCH_AS_WRITTEN, err);
    }
    return rc;
}

static enum im_code walk_pieces(struct walk *w,
                                enum search_match match,
                                enum search_found most,
                                struct im_error *err)
{
    struct search_rank rank = {match, true};

    if (!w->m->words->is_parted || !is_wanted(w, rank))
        return IM_OK;
    return walk_rank(w, rank, blocks_of_terms(w, most), best_term(w->m->words), most,
                     err);
}

static enum im_code walk_read(struct walk *w, struct im_error *err)
{
    const struct search_words *words = w->m->words;
    struct search_rank rank = {.match = SEARCH_PINYIN};
    struct search_term whole;
    bool is_one = whole_term(words, &whole);

    if (!words->pattern.has_latin)
        return IM_OK;
    if (!is_wanted(w, rank))
        return IM_OK;
    if (is_one)
        return walk_rank(
            w, rank,
            search_table_blocks(&w->m->index->names, &whole, SEARCH_LETTERS, w->arena),
            &whole, SEARCH_LETTERS, err);
    return walk_rank(w, rank, blocks_of_terms(w, SEARCH_LETTERS), best_term(words),
                     SEARCH_LETTERS, err);
}

static enum im_code walk_mistyped(struct walk *w, struct im_error *err)
{
    struct search_rank rank = {.match = SEARCH_MISTYPED};

    return walk_rank(w, rank, blocks_of_terms(w, SEARCH_WRONG), best_term(w->m->words),
                     SEARCH_WRONG, err);
}

/* ---- what the names alone do not have ---- */

static enum im_code walk_others(struct walk *w, struct im_error *err)
{
    const struct search_matcher *m = w->m;
    const struct atlas_layer *layer = m->layer;
    bool is_key_listed = m->has_key && has_bit(w->rows, m->key_row);

    /* alone in being of this rank in one piece when there are several words */
    if (is_key_listed && search_rank_of(w->m, m->key_row).match == SEARCH_OTHER)
        search_best_offer(w->best, layer, m->key_row,
                          (struct search_rank){.match = SEARCH_OTHER});
    for (uint32_t i = 0; i < layer->n; i++) {
        uint32_t row = m->index->order[i];

        if (i % 1024 == 0 && im_deadline_passed(w->deadline))
            return im_deadline_fail(err);
        if (!has_bit(w->rows, row) || (is_key_listed && row == m->key_row))
            continue;
        w->rank = search_rank_of(w->m, row);
        if (w->rank.match < SEARCH_OTHER)
            continue; /* the walks before have offered it, if it could get in */
        if (!search_best_may_take(w->best, w->rank, atlas_importance(layer, row)))
            return IM_OK;
        search_best_offer(w->best, layer, row, w->rank);
    }
    return IM_OK;
}

static enum im_code walk_names(struct walk *w, struct im_error *err)
{
    enum im_code rc = walk_written(w, err);

    if (rc == IM_OK)
        rc = walk_pieces(w, SEARCH_INSIDE, SEARCH_AS_WRITTEN, err);
    if (rc == IM_OK)
        rc = walk_read(w, err);
    if (rc == IM_OK)
        rc = walk_pieces(w, SEARCH_PINYIN, SEARCH_LETTERS, err);
    return rc;
}

enum im_code search_first_of(struct search_matcher *m,
                             struct search_best *best,
                             const struct search_list *list,
                             bool leave_out_unreviewed,
                             const struct im_deadline *deadline,
                             struct im_arena *arena,
                             struct im_error *err)
{
    struct walk w = {.m = m,
                     .best = best,
                     .leave_out_unreviewed = leave_out_unreviewed,
                     .deadline = deadline,
                     .arena = arena};
    struct search_rank other = {.match = SEARCH_OTHER};
    uint64_t *rows = NULL;
    enum im_code rc;

    if (list) {
        rows = im_arena_calloc(arena, m->layer->n / 64 + (size_t)1, sizeof *rows);
        if (!rows)
            return im_fail(err, IM_ENOMEM, "search: out of memory");
        for (size_t i = 0; i < list->n; i++)
            rows[list->features[i] / 64] |= (uint64_t)1 << list->features[i] % 64;
        w.rows = rows;
    }
    if (m->most == SEARCH_WRONG && !list)
        return walk_mistyped(&w, err);
    rc = m->most == SEARCH_WRONG ? IM_OK : walk_names(&w, err);
    if (rc == IM_OK && list && search_best_may_take(best, other, 1))
        rc = walk_others(&w, err);
    return rc;
}
