/* SPDX-License-Identifier: Apache-2.0 */
/* Many texts, and which of them may have a word.
 *
 * The texts lie one after another in blocks of 64. What a word can be found by (pairs
 * of characters, syllables that follow each other, first letters, ...) are items; an
 * item is hashed to a row of bits, one for each block, that says whether the block may
 * have it. The rows of all items of a word, and-ed, are the blocks to look into. So the
 * table only leaves out what cannot match: looking into a block is the same as without
 * table.
 *
 *   rows     n_rows * n_blocks / 8 bytes    row by row
 *   inner    64 bytes a text                of each block the same table once more,
 * with fewer rows, of which text may have a word starts   4 bytes a text, and one more
 * where it begins in blob blob     the texts as searched, each name of a text ended by
 * a newline
 */
#ifndef ENGINE_SEARCH_TABLE_H
#define ENGINE_SEARCH_TABLE_H

#include <engine/deadline.h>

#include <stdatomic.h>

#include "search/items.h"
#include "search/words.h"

enum { SEARCH_BLOCK = 64, SEARCH_INNER = 512 };

struct search_table {
    uint32_t n;
    uint32_t n_blocks;
    uint32_t n_words; /* of 64 bits in a row */
    uint32_t stride;  /* from row to row; a part of a table has fewer words than that */
    uint32_t n_rows;
    uint32_t mix; /* of search_row */
    bool is_read; /* also found in pinyin */
    uint64_t *rows;
    uint64_t *inner; /* NULL: only tables that are read have it */
    uint32_t *starts;
    uint8_t *blob;
};

/** The names of one block as blocks of their own: for a table with `inner`. */
static inline struct search_table search_table_inner(const struct search_table *t,
                                                     uint32_t block)
{
    uint32_t left = t->n - block * SEARCH_BLOCK;

    return (struct search_table){.n_blocks = left < SEARCH_BLOCK ? left : SEARCH_BLOCK,
                                 .n_words = 1,
                                 .stride = 1,
                                 .n_rows = SEARCH_INNER,
                                 .mix = SEARCH_INNER_MIX,
                                 .is_read = t->is_read,
                                 .rows = t->inner + (size_t)block * SEARCH_INNER};
}
/** The first blocks: those of the most important names. */
static inline struct search_table search_table_first(const struct search_table *t,
                                                     uint32_t n_words)
{
    struct search_table first = *t;

    if (first.n_words > n_words) {
        first.n_words = n_words;
        first.n_blocks = n_words * 64;
    }
    return first;
}

/** Append text i. */
typedef void search_text_fn(void *ctx, uint32_t i, struct im_buf *out);

/** Build in `arena`. Errors: IM_ELIMIT over 4 GiB of text, IM_ESTOPPED, IM_ENOMEM. */
IM_CHECKED enum im_code search_table_build(struct search_table *out,
                                           uint32_t n,
                                           bool is_read,
                                           search_text_fn *text,
                                           void *ctx,
                                           const atomic_bool *stop,
                                           struct im_arena *arena,
                                           struct im_error *err);

static inline struct im_bytes search_table_text(const struct search_table *t,
                                                uint32_t i)
{
    return (struct im_bytes){t->blob + t->starts[i], t->starts[i + 1] - t->starts[i]};
}

/** Room for asking a table, or one with fewer blocks, again and again. */
struct search_room {
    uint64_t *found;
    uint64_t *scratch;
};
/* A syllable each, and one for the error. */
enum { SEARCH_DEPTHS = SEARCH_MAX_SYMBOLS + 4 };
/** False without memory. */
bool search_room_init(struct search_room *room,
                      const struct search_table *t,
                      struct im_arena *arena);
/** Of `blocks` keep those that may have a term found in one of the ways up to `most`.
 */
void search_table_keep(const struct search_table *t,
                       const struct search_term *term,
                       enum search_found most,
                       struct search_room *room,
                       uint64_t *blocks);
/** The blocks, as bits, that may have a term found in one of the ways up to `most`.
 *  NULL without memory. */
uint64_t *search_table_blocks(const struct search_table *t,
                              const struct search_term *term,
                              enum search_found most,
                              struct im_arena *arena);
/** Called for each text that has the term; false to stop. */
typedef bool search_hit_fn(void *ctx, uint32_t i);
/** Look into these blocks, in order. False when it was stopped or the deadline (may be
 *  NULL) passed. */
bool search_table_look(const struct search_table *t,
                       const uint64_t *blocks,
                       const struct search_term *term,
                       enum search_found most,
                       const struct im_deadline *deadline,
                       search_hit_fn *hit,
                       void *ctx);
/** Of `blocks` keep those where a whole name may be `whole`, or begin with it. */
void search_table_keep_exact(const struct search_table *t,
                             struct im_bytes whole,
                             uint64_t *blocks);
void search_table_keep_beginning(const struct search_table *t,
                                 struct im_bytes whole,
                                 uint64_t *blocks);
/** Of `blocks` keep those where a term may be as it is written. */
void search_table_keep_written(const struct search_table *t,
                               const struct search_term *term,
                               uint64_t *blocks);
/** The same of words of both scripts, all in one piece. */
void search_table_keep_mixed(const struct search_table *t,
                             const struct search_words *words,
                             uint64_t *blocks);
/** All blocks; NULL without memory. */
uint64_t *search_table_all(const struct search_table *t, struct im_arena *arena);

#endif
