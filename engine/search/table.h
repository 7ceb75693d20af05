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
 *   starts   4 bytes a text, and one more   where it begins in blob
 *   blob     the texts as searched, each name of a text ended by a newline
 */
#ifndef ENGINE_SEARCH_TABLE_H
#define ENGINE_SEARCH_TABLE_H

#include <engine/deadline.h>

#include "search/words.h"

enum { SEARCH_BLOCK = 64 };

struct search_table {
    uint32_t n;
    uint32_t n_blocks;
    uint32_t n_words; /* of 64 bits in a row */
    uint32_t n_rows;  /* a power of two */
    bool is_read;     /* also found in pinyin */
    uint64_t *rows;
    uint32_t *starts;
    uint8_t *blob;
};

/** Append text i. */
typedef void search_text_fn(void *ctx, uint32_t i, struct im_buf *out);

/** Build in `arena`. Errors: IM_ELIMIT over 4 GiB of text, IM_ENOMEM. */
IM_CHECKED enum im_code search_table_build(struct search_table *out,
                                           uint32_t n,
                                           bool is_read,
                                           search_text_fn *text,
                                           void *ctx,
                                           struct im_arena *arena,
                                           struct im_error *err);

static inline struct im_bytes search_table_text(const struct search_table *t,
                                                uint32_t i)
{
    return (struct im_bytes){t->blob + t->starts[i], t->starts[i + 1] - t->starts[i]};
}

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
                                 const struct search_pattern *whole,
                                 uint64_t *blocks);
/** Of `blocks` keep those where a term may be as it is written. */
void search_table_keep_written(const struct search_table *t,
                               const struct search_term *term,
                               uint64_t *blocks);
/** All blocks; NULL without memory. */
uint64_t *search_table_all(const struct search_table *t, struct im_arena *arena);

#endif
