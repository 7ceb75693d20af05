/* SPDX-License-Identifier: Apache-2.0 */
/* The best matches so far. */
#ifndef ENGINE_SEARCH_BEST_H
#define ENGINE_SEARCH_BEST_H

#include "geom/distance.h"
#include "search/select.h"

struct search_candidate {
    const struct atlas_layer *layer;
    uint32_t feature;
    float importance;
    struct search_rank rank;
    bool is_measured; /* only equal ones need it */
    double distance_m;
};

struct search_best {
    struct search_candidate *all; /* a heap, the worst on top; at last in order */
    size_t n;
    size_t max;
    bool has_origin;
    struct geodesic_origin origin;
    struct geom outline; /* GEOM_EMPTY: distances are from `origin` */
};

/** `rows` may be NULL. False without memory. */
bool search_best_init(struct search_best *best,
                      const struct query_request *rows,
                      uint32_t max,
                      struct im_arena *arena);
/** False when it is no better than what there is. */
bool search_best_offer(struct search_best *best,
                       const struct atlas_layer *layer,
                       uint32_t feature,
                       struct search_rank rank);
/** Can one of this rank and importance still get in? */
bool search_best_may_take(const struct search_best *best,
                          struct search_rank rank,
                          float importance);
void search_best_sort(struct search_best *best);
double search_best_distance(const struct search_best *best, struct search_candidate *c);

/** Public answers leave out outlines that nobody has reviewed. */
bool search_is_unreviewed(const struct atlas_layer *layer, uint32_t feature);

/**
 * Offer the rows of a layer that has an index, rank by rank and the most important
 * first, until no other can get in. `list`: only these; NULL: all that match by name.
 * Errors: IM_ESTOPPED, IM_ENOMEM.
 */
IM_CHECKED enum im_code search_first_of(struct search_matcher *m,
                                        struct search_best *best,
                                        const struct search_list *list,
                                        bool leave_out_unreviewed,
                                        const struct im_deadline *deadline,
                                        struct im_arena *arena,
                                        struct im_error *err);

#endif
