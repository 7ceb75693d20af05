/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows come from that are then tested one by one. */
#ifndef ENGINE_QUERY_CANDIDATES_H
#define ENGINE_QUERY_CANDIDATES_H

#include "atlas/near.h"
#include "query/select.h"

enum candidates_kind {
    CANDIDATES_NONE,   /* nothing can match */
    CANDIDATES_ALL,    /* every row of the layer */
    CANDIDATES_TREE,   /* placed rows whose boxes meet what is asked for */
    CANDIDATES_CODES,  /* rows that have one of the filter's codes */
    CANDIDATES_WORDS,  /* rows that the text search found */
    CANDIDATES_BY_FID, /* in the order of lists, until the page is full */
    CANDIDATES_NEAREST /* by rising distance, until no unseen row can be nearer */
};

/** What rows of a layer have to share with, as far as trees can tell. */
struct candidates {
    const struct atlas_layer *layer;
    bool placed_only; /* rows without a position cannot match */
    bool has_boxes;
    struct bbox boxes[2]; /* one of them; none: nothing matches */
    size_t n_boxes;
    bool has_radius;
    struct bound_origin origin;
    double hav_limit;
    struct bbox radius_box;         /* about as large; for estimates only */
    const struct code_index *index; /* of the filter's codes; NULL: none */
    const uint32_t *codes;
    size_t n_codes;
    const struct near_codes *near_codes; /* the same for trees; NULL: none */
    const uint32_t *words;
    size_t n_words;
};

/** What `request` asks of a layer. Indexes are built when they are missing. */
IM_CHECKED enum im_code candidates_init(struct candidates *out,
                                        const struct query_request *request,
                                        const struct select_layer *s,
                                        const struct reach *reach,
                                        struct im_arena *arena,
                                        struct im_error *err);
/** False when the visitor stopped it. Not of CANDIDATES_NEAREST and _BY_FID. */
bool candidates_each(const struct candidates *c,
                     enum candidates_kind kind,
                     query_visit_fn *visit,
                     void *ctx);
/** Rows that CANDIDATES_TREE would give, from the upper levels of the tree. */
double candidates_estimate_tree(const struct candidates *c);
/** Rows that have one of the codes. */
double candidates_count_codes(const struct candidates *c);
/** Placed rows of these classes among them, exactly. False: it would take a scan. */
bool candidates_count_classes(const struct candidates *c, uint16_t mask, uint64_t *out);

#endif
