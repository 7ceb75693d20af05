/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the atlas that may be the same place: told, never merged. */
#ifndef ENGINE_DUPLICATES_H
#define ENGINE_DUPLICATES_H

#include <engine/query.h>

/** Rows of one layer that are compared with each other; a layer of which more pass is
 *  left out and counted: a filter or an area makes it fewer. */
enum { DUPLICATES_MAX_ROWS = 50000 };

/** How they are alike, the surest first. */
enum duplicate_kind {
    DUPLICATE_SAME,  /* the same name, in one city or within 50 km */
    DUPLICATE_LOOSE, /* but for what is in brackets and the city before it */
    DUPLICATE_NAME,  /* nearly the same name, in one city or within 500 m */
    DUPLICATE_SPOT   /* the same position, a similar name */
};

struct duplicates_request {
    const struct query_request *rows;
    uint32_t limit; /* 0: all */
};

struct duplicate_pair {
    const struct atlas_layer *layer;
    uint32_t feature;
    uint32_t other; /* came before it */
    enum duplicate_kind kind;
    double likeness;   /* of the names, 0..1 */
    double distance_m; /* NaN where one is known to its district only, or nowhere */
    double uncertainty_m;
    bool same_operator;         /* both have one, and it is the same */
    bool same_division;         /* the same code */
    struct schema_title reason; /* for people, in words */
};

struct duplicates_answer {
    struct duplicate_pair *pairs; /* surest first, then layers as in lists, then keys */
    size_t n_pairs;
    size_t n_matched;    /* before `limit` */
    uint64_t n_rows;     /* compared */
    uint64_t n_nameless; /* rows without a name cannot be compared */
    uint64_t n_left_out; /* rows of layers with too many */
};

/**
 * For each row the earlier row of its layer that is most likely the same place. Work
 * grows with the rows, not with their square; equal data give an equal answer.
 * Errors: IM_EARG no layers; IM_ESTOPPED; IM_ENOMEM; those of query_each.
 */
IM_CHECKED enum im_code duplicates_find(const struct duplicates_request *request,
                                        struct im_arena *arena,
                                        struct duplicates_answer *out,
                                        struct cql_fault *fault,
                                        struct im_error *err);

#endif
