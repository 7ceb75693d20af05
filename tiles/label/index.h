/* SPDX-License-Identifier: Apache-2.0 */
/* The features a symbol layer may name, found by place in the order of importance. */
#ifndef TILES_LABEL_INDEX_H
#define TILES_LABEL_INDEX_H

#include "late.h"
#include "map.h"

/** The rank of one feature; `at` is prepared for it. */
struct label_rank
label_rank_of(const struct map_style *ms, uint32_t feature, struct style_eval *at);
/** Zoom at which sort keys are read, the same for the whole life of a label. */
double label_rank_zoom(const struct style_layer *style);

/** Immutable once built: a tree of boxes over the Hilbert order. */
struct label_index;
/** Features that the style wants at any zoom at which it is visible. IM_ENOMEM. */
IM_CHECKED enum im_code label_index_new(const struct tile_map *map,
                                        uint32_t style,
                                        struct tile_late *late,
                                        struct label_index **out,
                                        struct im_error *err);
void label_index_free(struct label_index *index);          /* NULL is fine */
size_t label_index_bytes(const struct label_index *index); /* of NULL 0 */

/** In world units; 64 bits, because the last one ends at 2^32. */
struct label_span {
    uint64_t min_x;
    uint64_t min_y;
    uint64_t max_x; /* not included */
    uint64_t max_y;
};
/** A heap that is kept between searches. Zero-initialise. */
struct label_heap_item;
struct label_heap {
    struct label_heap_item *items;
    uint32_t n;
    uint32_t cap;
};
void label_heap_release(struct label_heap *heap);

/** Each feature whose label may stand in `span` (its box meets it), best rank first;
 *  false stops. IM_ENOMEM. */
typedef bool label_found_fn(void *ctx, uint32_t feature, struct label_rank rank);
IM_CHECKED enum im_code label_index_best(const struct label_index *index,
                                         struct label_span span,
                                         struct label_heap *heap,
                                         label_found_fn *found,
                                         void *ctx,
                                         struct im_error *err);

/** What label_index_best would find, all at once. */
struct label_found {
    struct label_rank rank;
    uint32_t item;
    uint32_t feature;
    bool is_placed; /* the caller's: x and y are known */
    uint32_t x, y;
};
/** False when there are more than `most`; `out` has room for so many. */
bool label_index_few(const struct label_index *index,
                     struct label_span span,
                     uint32_t most,
                     struct label_found *out,
                     uint32_t *n);
/** Would label_index_best find it in this part of that span too? */
bool label_index_meets(const struct label_index *index,
                       uint32_t item,
                       struct label_span span);

#endif
