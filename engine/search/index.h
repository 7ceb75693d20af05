/* SPDX-License-Identifier: Apache-2.0 */
/* The text index of a layer: built once, beside those who read, then only read. */
#ifndef ENGINE_SEARCH_INDEX_H
#define ENGINE_SEARCH_INDEX_H

#include "search/table.h"
#include "search/texts.h"

#include <stdatomic.h>

/* Below this looking at every row takes less than a millisecond. */
enum { SEARCH_LEAST_INDEXED = 2048 };

struct search_index {
    struct im_arena *arena; /* holds this struct too */
    /* names: text i is the names of row order[i]; the most important first, equal ones
     * by key, as answers are ordered */
    struct search_table names;
    const uint32_t *order;
    const uint32_t *place; /* of a row in `order` */
    struct search_fields fields;
    /* of each other field with many different values a table of them; else n is 0 */
    struct search_table *values;
};

/** NULL while there is none. */
const struct search_index *search_index_of(const struct atlas_layer *layer);
/** `stop` as search_prepare has it. Errors: IM_ESTOPPED, IM_ELIMIT, IM_ENOMEM. */
IM_CHECKED enum im_code search_index_build(const struct atlas_layer *layer,
                                           const atomic_bool *stop,
                                           struct search_index **out,
                                           struct im_error *err);
void search_index_free(struct search_index *index); /* NULL is fine */
size_t search_index_bytes(const struct search_index *index);

/** Rows by importance, then key; in `arena`. NULL without memory. */
uint32_t *search_order(const struct atlas_layer *layer, struct im_arena *arena);
/** By key, as answers are ordered. */
int search_compare_keys(const struct atlas_layer *layer, uint32_t a, uint32_t b);

#endif
