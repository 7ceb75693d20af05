/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a table in memory: what header.c asks of each sheet.
 *
 *   header.c        sheets of a source: which one, where its header is
 *   header_table.c  one table: which rows name the columns
 *   header_words.c  what columns are called
 *   header_rows.c   rows that are no data: totals, notes, the header again
 */
#ifndef IMPORT_HEADER_H
#define IMPORT_HEADER_H

#include "../text/text.h"
#include "plan.h"

struct header_cell {
    struct im_bytes text; /* empty: nothing there */
    bool is_number;
};
struct header_line {
    uint64_t number;
    const struct header_cell *cells; /* n_columns */
};
/** The first rows of a sheet, those with a value; merged cells filled downwards. */
struct header_table {
    const struct header_line *lines;
    size_t n_lines;
    size_t n_columns;
    const struct source_merge *merges;
    size_t n_merges;
};

struct header_words;
/** Names, titles and synonyms of `schema` (NULL: none), words of positions, and what
 *  lists of offices have anyway. NULL when memory runs out. */
struct header_words *header_words_new(const struct layer_schema *schema,
                                      struct im_arena *arena);
/** How surely it is what a column is called: 0 not at all, HEADER_KNOWN exactly. */
enum { HEADER_KNOWN = 4, HEADER_USUAL = 3, HEADER_ENDING = 2 };
int header_word(const struct header_words *words, struct im_bytes text);

struct header_place {
    bool is_found;
    bool is_guess; /* by its looks, not by its words */
    int points;    /* of the words */
    size_t first;  /* lines */
    size_t last;
    const char **names; /* n_columns, in the arena */
};
IM_CHECKED enum im_code header_locate(const struct header_table *table,
                                      const struct header_words *words,
                                      struct im_arena *arena,
                                      struct header_place *out,
                                      struct im_error *err);

#endif
