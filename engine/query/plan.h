/* SPDX-License-Identifier: Apache-2.0 */
/* Which way to the rows is the shortest. The same request gets the same plan from
 * whatever door it came. */
#ifndef ENGINE_QUERY_PLAN_H
#define ENGINE_QUERY_PLAN_H

#include "query/candidates.h"

/** What the answer is to be, besides the rows' tests. */
struct query_aim {
    bool nearest_first; /* ordered by rising distance and nothing else */
    bool by_fid;        /* ordered by fid and nothing else */
    bool count;         /* how many match has to be known exactly */
    double wanted;      /* rows of the page; HUGE_VAL: all */
    bool one_class;     /* no row is listed apart */
};

struct query_plan {
    enum candidates_kind kind;
    double rows;    /* estimated candidates */
    double cost_ns; /* estimated, of the whole layer */
    /* it holds for every candidate, so it need not be tested */
    bool filter_is_sure;
    bool words_are_sure;
    bool region_is_sure;
};

void query_plan_make(struct query_plan *out,
                     struct select_layer *s,
                     const struct candidates *c,
                     const struct query_aim *aim);
/** The same without CANDIDATES_NEAREST: when that turned out to take too long. */
void query_plan_exhaustive(struct query_plan *out,
                           struct select_layer *s,
                           const struct candidates *c,
                           const struct query_aim *aim);
/** Rows to look at before CANDIDATES_NEAREST is given up. */
uint32_t query_plan_patience(const struct candidates *c);

#endif
