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
    struct search_room room;
    struct search_rank rank;
    bool is_over; /* nothing more of this rank gets in, or enough was looked at */
    bool is_suggest;
    uint32_t n_names; /* looked at for this rank */
    uint32_t n_blocks;
};

static bool has_bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* Equal ones come by key, and so does the heap unless there are distances. */
static void offer(struct walk *w, uint32_t row)
{
    if (!search_best_offer(w->best, w->m->layer, row, w->rank) &&
        (!w->best->has_origin ||
         !search_best_may_take(w->best, w->rank, atlas_importance(w->m->layer, row))))
        w->is_over = true;
}

static void visit(struct walk *w, uint32_t i)
{
    uint32_t row = w->m->index->order[i];

    if (w->rank.match <= SEARCH_PREFIX && !search_begins(w->m, row))
        return;
    if (w->rows ? !has_bit(w->rows, row) : !search_matches(w->m, row))
        return;
    if (w->leave_out_unreviewed && search_is_unreviewed(w->m->layer, row))
        return;
    struct search_rank rank = search_rank_of(w->m, row);
    if (rank.match == w->rank.match && rank.in_pieces == w->rank.in_pieces)
        offer(w, row);
}

/* What comes from here on is of less importance yet. */
static bool may_begin(const struct walk *w, uint32_t i)
{
    return search_best_may_take(w->best, w->rank,
                                atlas_importance(w->m->layer, w->m->index->order[i]));
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

/* What has to be in the names of a row for a rank. */
struct wanted {
    struct search_rank rank;
    enum search_found
        most; /* of the terms; AS_WRITTEN and in one piece: of the whole */
    bool is_whole;
    struct search_term whole;
};

static bool is_empty(const struct search_table *t, const uint64_t *set)
{
    for (uint32_t i = 0; i < t->n_words; i++)
        if (set[i])
            return false;
    return true;
}

/* What is not Latin costs least. */
static void keep_terms(struct walk *w,
                       enum search_found most,
                       const struct search_table *t,
                       uint64_t *set)
{
    const struct search_words *words = w->m->words;

    for (int is_latin = 0; is_latin < 2; is_latin++)
        for (size_t i = 0; i < words->n_terms; i++) {
            if (words->terms[i].is_latin != is_latin)
                continue;
            search_table_keep(t, &words->terms[i], most, &w->room, set);
            if (is_empty(t, set))
                return;
        }
}

/* Of `set`, blocks or the names of one, keep those that may have what is wanted. */
static void keep(struct walk *w,
                 const struct wanted *wanted,
                 const struct search_table *t,
                 uint64_t *set)
{
    const struct search_words *words = w->m->words;
    bool is_written = wanted->rank.match <= SEARCH_INSIDE && !wanted->rank.in_pieces;

    if (wanted->rank.match == SEARCH_EXACT)
        search_table_keep_exact(t, words->whole, set);
    if (wanted->rank.match == SEARCH_PREFIX)
        search_table_keep_beginning(t, words->whole, set);
    if (wanted->is_whole) {
        if (is_written)
            search_table_keep_written(t, &wanted->whole, set);
        else
            search_table_keep(t, &wanted->whole, wanted->most, &w->room, set);
        return;
    }
    if (is_written)
        search_table_keep_mixed(t, words, set);
    if (!is_written)
        keep_terms(w, wanted->most, t, set);
}

static void visit_block(struct walk *w, const struct wanted *wanted, uint32_t block)
{
    struct search_table names = search_table_inner(&w->m->index->names, block);
    uint64_t set = UINT64_MAX >> (SEARCH_BLOCK - names.n_blocks);

    if (!may_begin(w, block * SEARCH_BLOCK)) {
        w->is_over = true;
        return;
    }
    /* asking for every typing error costs more than looking */
    if (wanted->most != SEARCH_WRONG)
        keep(w, wanted, &names, &set);
    for (; set && !w->is_over; set &= set - 1) {
        visit(w, block * SEARCH_BLOCK + (uint32_t)__builtin_ctzll(set));
        if (w->is_suggest && ++w->n_names == SEARCH_SUGGEST_LOOKS)
            w->is_over = true;
    }
    if (w->is_suggest && ++w->n_blocks == SEARCH_SUGGEST_BLOCKS)
        w->is_over = true;
}

static enum im_code walk_rank(struct walk *w,
                              const struct wanted *wanted,
                              const struct search_table *t,
                              struct im_error *err)
{
    uint64_t *blocks = search_table_all(t, w->arena);

    if (!blocks)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    w->rank = wanted->rank;
    w->is_over = false;
    w->n_names = w->n_blocks = 0;
    keep(w, wanted, t, blocks);
    for (uint32_t word = 0; word < t->n_words && !w->is_over; word++) {
        if (blocks[word] && im_deadline_passed(w->deadline))
            return im_deadline_fail(err);
        for (uint64_t bits = blocks[word]; bits && !w->is_over; bits &= bits - 1)
            visit_block(w, wanted, word * 64 + (uint32_t)__builtin_ctzll(bits));
    }
    return IM_OK;
}

static bool is_wanted(const struct walk *w, struct search_rank rank)
{
    return search_best_may_take(w->best, rank, 1);
}

/* In one piece, as written: the whole name, its beginning, inside. */
static enum im_code walk_written(struct walk *w, struct im_error *err)
{
    struct wanted wanted = {.most = SEARCH_AS_WRITTEN};
    enum im_code rc = IM_OK;

    wanted.is_whole = whole_term(w->m->words, &wanted.whole);
    for (enum search_match match = SEARCH_EXACT; match <= SEARCH_INSIDE && rc == IM_OK;
         match++) {
        wanted.rank.match = match;
        if (!is_wanted(w, wanted.rank))
            return IM_OK;
        rc = walk_rank(w, &wanted, &w->m->index->names, err);
    }
    return rc;
}

static enum im_code walk_pieces(struct walk *w,
                                enum search_match match,
                                enum search_found most,
                                struct im_error *err)
{
    struct wanted wanted = {.rank = {match, true}, .most = most};

    if (!w->m->words->is_parted || !is_wanted(w, wanted.rank))
        return IM_OK;
    return walk_rank(w, &wanted, &w->m->index->names, err);
}

static enum im_code walk_read(struct walk *w, struct im_error *err)
{
    struct wanted wanted = {.rank = {.match = SEARCH_PINYIN}, .most = SEARCH_LETTERS};

    if (!w->m->words->pattern.has_latin || !is_wanted(w, wanted.rank))
        return IM_OK;
    wanted.is_whole = whole_term(w->m->words, &wanted.whole);
    return walk_rank(w, &wanted, &w->m->index->names, err);
}

/* Nearly every name would have to be looked at to be certain that none is meant. */
static enum im_code walk_mistyped(struct walk *w, struct im_error *err)
{
    struct wanted wanted = {.rank = {.match = SEARCH_MISTYPED}, .most = SEARCH_WRONG};
    struct search_table first = search_table_first(
        &w->m->index->names, SEARCH_SUGGEST_MISTYPED / (64 * SEARCH_BLOCK));

    return walk_rank(w, &wanted, &first, err);
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
                     .is_suggest = !list,
                     .deadline = deadline,
                     .arena = arena};
    struct search_rank other = {.match = SEARCH_OTHER};
    uint64_t *rows = NULL;
    enum im_code rc;

    if (!search_room_init(&w.room, &m->index->names, arena))
        return im_fail(err, IM_ENOMEM, "search: out of memory");
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
