/* SPDX-License-Identifier: Apache-2.0 */
/* A request while it is being executed. */
#ifndef ENGINE_QUERY_RUN_H
#define ENGINE_QUERY_RUN_H

#include "query/order.h"
#include "query/plan.h"

/** The first rows of one of the two lists of an answer. */
struct run_list {
    struct keep keep;
    uint16_t classes; /* of placed rows that belong to it */
    uint64_t n_matched;
    double hav_m; /* what hav_limit was worked out for */
    double hav_limit;
};

struct run {
    const struct query_request *request;
    struct im_arena *arena;
    struct order order;
    struct reach reach; /* with an origin */
    struct query_region *region;
    struct select_layer *layers; /* as in the order */
    struct order_position after; /* with has_cursor */
    bool has_cursor;
    bool is_late;
    struct query_aim aim;
    bool needs_along;
    struct run_list near;
    struct run_list apart; /* coarser than asked; on the first page only */
    uint64_t n_unplaced;
    uint32_t steps;
    uint32_t layer; /* the one being searched */
};

/** Search layer number r->layer: offer its rows to the lists, count them. */
IM_CHECKED enum im_code run_layer(struct run *r, struct im_error *err);
/** How run_layer would search it. */
IM_CHECKED enum im_code run_plan(struct run *r,
                                 struct candidates *c,
                                 struct query_plan *plan,
                                 struct im_error *err);
/** Everything but the search: for run_layer and for tests of plans. */
IM_CHECKED enum im_code run_init(struct run *r,
                                 const struct query_request *request,
                                 struct im_arena *arena,
                                 struct cql_fault *fault,
                                 struct im_error *err);
/** Does work have to end? Looks at the clock now and then. */
static inline bool run_is_late(struct run *r)
{
    if (++r->steps % SELECT_STEPS == 0 && im_deadline_passed(&r->request->deadline))
        r->is_late = true;
    return r->is_late;
}

#endif
