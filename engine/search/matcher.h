/* SPDX-License-Identifier: Apache-2.0 */
/* Does a row have the words, and how well? */
#ifndef ENGINE_SEARCH_MATCHER_H
#define ENGINE_SEARCH_MATCHER_H

#include <engine/search.h>

#include "search/index.h"
#include "search/words.h"

struct search_matcher {
    const struct atlas_layer *layer;
    const struct search_index *index; /* NULL: all rows are looked at */
    const struct search_words *words;
    struct search_fields fields;
    bool has_key; /* the words are the key of key_row */
    uint32_t key_row;
    enum search_found most; /* LETTERS, or WRONG with typing errors */
    uint32_t all;           /* a bit for each term */
    /* of each other field the terms that each of its values has */
    uint32_t **values;
    struct im_buf text; /* names of the row being looked at */
};

/** How well; the less the better. */
struct search_rank {
    enum search_match match;
    bool in_pieces;
};

/**
 * Get ready for a layer: looks at every different value of the fields beside names,
 * unless `names_only`. Release it also after an error.
 * Errors: IM_ESTOPPED, IM_ENOMEM.
 */
IM_CHECKED enum im_code search_matcher_init(struct search_matcher *m,
                                            const struct atlas_layer *layer,
                                            const struct search_words *words,
                                            bool names_only,
                                            enum search_found most,
                                            const struct im_deadline *deadline,
                                            struct im_arena *arena,
                                            struct im_error *err);
void search_matcher_release(struct search_matcher *m);

/** Every term is somewhere in the row. */
bool search_matches(struct search_matcher *m, uint32_t feature);
/** Does one of its names begin with the words? Costs little. */
bool search_begins(struct search_matcher *m, uint32_t feature);
/** Of a row that matches. */
struct search_rank search_rank_of(struct search_matcher *m, uint32_t feature);
/** The field that made the rank: for the few rows that are shown. */
int search_field_of(const struct search_words *words,
                    const struct atlas_layer *layer,
                    uint32_t feature,
                    struct search_rank rank,
                    enum search_found most);

#endif
