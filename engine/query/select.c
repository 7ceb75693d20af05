/* SPDX-License-Identifier: Apache-2.0 */
/* Executing a request of any kind. */
#include "query/cursor.h"
#include "query/run.h"

#include <math.h>

static enum im_code make_region(const struct query_request *request,
                                struct im_arena *arena,
                                struct query_region **out,
                                struct im_error *err)
{
    *out = NULL;
    if (!request->area || request->area->kind == QUERY_EVERYWHERE)
        return IM_OK;
    return query_region_new(request->area, arena, out, err);
}

/* The classes with precision `from` to `to`. */
static uint16_t class_mask(const struct query_request *request, int from, int to)
{
    unsigned mask = 0;

    for (int p = from; p <= to; p++) {
        mask |= 1u << atlas_class_of((enum precision)p, false);
        if (!request->leave_out_unreviewed)
            mask |= 1u << atlas_class_of((enum precision)p, true);
    }
    return (uint16_t)mask;
}

static void start_lists(struct run *r)
{
    const struct query_request *q = r->request;
    uint32_t one_more = q->each ? 0 : 1; /* tells whether there is a next page */

    r->near.keep = (struct keep){.order = &r->order, .max = q->k + one_more};
    r->apart.keep = (struct keep){.order = &r->order, .max = r->has_cursor ? 0 : q->k};
    r->near.hav_m = (double)NAN;
    r->apart.hav_m = (double)NAN;
}

static enum im_code
read_cursor(struct run *r, const struct query_request *q, struct im_error *err)
{
    if (!q->cursor.len)
        return IM_OK;
    r->has_cursor = true;
    if (!q->each)
        return cursor_read(&r->order, q->cursor, r->arena, &r->after, err);
    im_fail(err, IM_EARG, "cursor: an answer for each layer apart has no next page");
    return im_zh(err, IM_EARG, "cursor（游标）：分图层的最近查询没有下一页");
}

enum im_code run_init(struct run *r,
                      const struct query_request *q,
                      struct im_arena *arena,
                      struct cql_fault *fault,
                      struct im_error *err)
{
    enum im_code rc;

    *r = (struct run){.request = q, .arena = arena};
    rc = order_init(&r->order, q, err);
    if (rc == IM_OK)
        rc = read_cursor(r, q, err);
    if (rc == IM_OK)
        rc = make_region(q, arena, &r->region, err);
    if (rc != IM_OK)
        return rc;
    r->near.classes = class_mask(q, PRECISION_EXACT, (int)q->coarsest);
    r->apart.classes = class_mask(q, (int)q->coarsest + 1, PRECISION_CITY);
    start_lists(r);
    r->needs_along = order_needs(&r->order, ORDER_ALONG);
    r->aim =
        (struct query_aim){.nearest_first = r->order.n_keys == 1 &&
                                            r->order.keys[0].kind == ORDER_DISTANCE &&
                                            !r->order.keys[0].descending,
                           .by_fid = r->order.n_keys == 0,
                           .count = !q->skip_count,
                           .wanted = q->k + 1.0,
                           .one_class = q->coarsest == PRECISION_CITY};
    if (q->has_origin)
        reach_init(&r->reach, q);
    r->layers = im_arena_calloc(arena, r->order.n_layers, sizeof *r->layers);
    if (!r->layers)
        return im_fail(err, IM_ENOMEM, "no memory for the layers");
    for (uint32_t i = 0; rc == IM_OK && i < r->order.n_layers; i++)
        rc = select_layer_init(&r->layers[i], q, r->order.layers[i], r->region, arena,
                               fault, err);
    return rc;
}

/* ---- the answer ---- */

static void
complete(struct run *r, const struct order_entry *entry, struct query_hit *hit)
{
    const struct query_request *q = r->request;
    const struct atlas_layer *layer = r->order.layers[entry->layer];
    uint32_t feature = entry->feature;

    *hit = (struct query_hit){
        .layer = layer,
        .feature = feature,
        .distance_m = (double)NAN,
        .uncertainty_m = precision_uncertainty_m(query_precision(layer, feature)),
        .nearest_lon = (double)NAN,
        .nearest_lat = (double)NAN,
        .along_m = (double)NAN,
        .off_m = (double)NAN};
    if (q->has_origin) {
        hit->uncertainty_m += q->origin_uncertainty_m;
        hit->distance_m = reach_measure(&r->reach, layer, feature, HUGE_VAL,
                                        &hit->nearest_lon, &hit->nearest_lat);
    }
    if (r->region && q->area->axis.kind != GEOM_EMPTY)
        query_region_has(r->region, layer, feature, &hit->along_m, &hit->off_m);
}

/* The order of two neighbours in the list is uncertain when their intervals
 * [distance - uncertainty, distance + uncertainty] overlap: the distances differ by
 * less than the sum of the uncertainties. */
static void mark_uncertain(struct query_hit *hits, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (hits[i].distance_m - hits[i - 1].distance_m <
            hits[i].uncertainty_m + hits[i - 1].uncertainty_m) {
            hits[i].order_uncertain = true;
            hits[i - 1].order_uncertain = true;
        }
}

static enum im_code make_hits(struct run *r,
                              const struct keep *keep,
                              size_t max,
                              struct query_hit **hits,
                              size_t *n,
                              struct im_error *err)
{
    *n = keep->n < max ? keep->n : max;
    *hits = im_arena_alloc(r->arena, *n * sizeof **hits);
    if (!*hits)
        return im_fail(err, IM_ENOMEM, "no memory for the answer");
    for (size_t i = 0; i < *n; i++)
        complete(r, &keep->entries[i], &(*hits)[i]);
    if (r->aim.nearest_first)
        mark_uncertain(*hits, *n);
    return IM_OK;
}

/* What the next page comes after, when there is one. */
static enum im_code
write_next(struct run *r, struct query_answer *answer, struct im_error *err)
{
    struct order_position last;
    char number[IM_NUMBER_MAX];

    if (r->request->each || r->near.keep.n <= r->request->k)
        return IM_OK;
    order_position_of(&r->order, &r->near.keep.entries[r->request->k - 1], number,
                      &last);
    answer->next = cursor_write(&r->order, &last, r->arena);
    return answer->next ? IM_OK : im_fail(err, IM_ENOMEM, "no memory for the cursor");
}

static enum im_code
answer(struct run *r, struct query_answer *out, struct im_error *err)
{
    struct query_answer a = {.n_matched = r->near.n_matched,
                             .n_apart_matched = r->apart.n_matched,
                             .n_unplaced = r->n_unplaced};
    size_t max = r->request->each ? SIZE_MAX : r->request->k;
    enum im_code rc = IM_OK;

    if (!keep_sort(&r->near.keep, r->arena) || !keep_sort(&r->apart.keep, r->arena))
        return im_fail(err, IM_ENOMEM, "no memory for the answer");
    rc = make_hits(r, &r->near.keep, max, &a.hits, &a.n_hits, err);
    if (rc == IM_OK)
        rc = make_hits(r, &r->apart.keep, max, &a.apart, &a.n_apart, err);
    if (rc == IM_OK)
        rc = write_next(r, &a, err);
    if (r->request->skip_count) { /* what is known at least */
        a.n_matched = a.n_hits;
        a.n_apart_matched = a.n_apart;
    }
    if (rc == IM_OK)
        *out = a;
    return rc;
}

/* ---- each layer apart ---- */

/* Add what one layer gave to what the others gave. */
static bool gather(struct keep *all, const struct keep *one, struct im_arena *arena)
{
    size_t n = (size_t)all->n + one->n;
    struct order_entry *entries = im_arena_alloc(arena, n * sizeof *entries);

    if (!entries)
        return false;
    if (all->n)
        memcpy(entries, all->entries, all->n * sizeof *entries);
    if (one->n)
        memcpy(entries + all->n, one->entries, one->n * sizeof *entries);
    *all = (struct keep){.order = one->order,
                         .entries = entries,
                         .n = (uint32_t)n,
                         .cap = (uint32_t)n,
                         .max = (uint32_t)n};
    return true;
}

static enum im_code run_apart(struct run *r, struct im_error *err)
{
    struct keep near = {0};
    struct keep apart = {0};

    for (; r->layer < r->order.n_layers; r->layer++) {
        enum im_code rc;

        start_lists(r);
        rc = run_layer(r, err);
        if (rc != IM_OK)
            return rc;
        if (!gather(&near, &r->near.keep, r->arena) ||
            !gather(&apart, &r->apart.keep, r->arena))
            return im_fail(err, IM_ENOMEM, "no memory for the answer");
    }
    r->near.keep = near;
    r->apart.keep = apart;
    return IM_OK;
}

static enum im_code run_together(struct run *r, struct im_error *err)
{
    enum im_code rc = IM_OK;

    for (; rc == IM_OK && r->layer < r->order.n_layers; r->layer++)
        rc = run_layer(r, err);
    return rc;
}

enum im_code query_run(const struct query_request *request,
                       struct im_arena *arena,
                       struct query_answer *out,
                       struct cql_fault *fault,
                       struct im_error *err)
{
    struct run r;
    enum im_code rc = select_check(request, err);

    if (rc == IM_OK && im_deadline_passed(&request->deadline))
        rc = im_deadline_fail(err);
    if (rc == IM_OK)
        rc = run_init(&r, request, arena, fault, err);
    if (rc == IM_OK)
        rc = request->each ? run_apart(&r, err) : run_together(&r, err);
    return rc == IM_OK ? answer(&r, out, err) : rc;
}

/* ---- rows for those who count ---- */

struct each {
    const struct query_request *request;
    struct select_layer s;
    struct reach reach;
    query_visit_fn *visit;
    void *ctx;
    uint32_t steps;
    bool is_late;
};

static bool is_in_reach(struct each *e, uint32_t feature)
{
    double max_m = e->request->max_m;
    double lon;
    double lat;

    return !e->request->has_origin || max_m >= SELECT_MAX_RADIUS_M ||
           reach_measure(&e->reach, e->s.layer, feature, max_m, &lon, &lat) <= max_m;
}

static bool visit_row(void *ctx, uint32_t feature)
{
    struct each *e = ctx;

    if (++e->steps % SELECT_STEPS == 0 && im_deadline_passed(&e->request->deadline)) {
        e->is_late = true;
        return false;
    }
    return !select_admits(&e->s, feature) || !is_in_reach(e, feature) ||
           e->visit(e->ctx, feature);
}

enum im_code query_each(const struct query_request *request,
                        const struct atlas_layer *layer,
                        struct im_arena *arena,
                        query_visit_fn *visit,
                        void *ctx,
                        struct cql_fault *fault,
                        struct im_error *err)
{
    const struct query_aim all = {.wanted = HUGE_VAL};
    struct each e = {.request = request, .visit = visit, .ctx = ctx};
    struct query_region *region = NULL;
    struct candidates c;
    struct query_plan plan;
    enum im_code rc = select_check_rows(request, err);

    if (rc == IM_OK && im_deadline_passed(&request->deadline))
        rc = im_deadline_fail(err);
    if (rc == IM_OK)
        rc = make_region(request, arena, &region, err);
    if (rc == IM_OK)
        rc = select_layer_init(&e.s, request, layer, region, arena, fault, err);
    if (rc != IM_OK)
        return rc;
    if (request->has_origin)
        reach_init(&e.reach, request);
    rc = candidates_init(&c, request, &e.s, &e.reach, arena, err);
    if (rc != IM_OK)
        return rc;
    query_plan_exhaustive(&plan, &e.s, &c, &all);
    e.s.filter_is_sure = plan.filter_is_sure;
    e.s.words_are_sure = plan.words_are_sure;
    e.s.region_is_sure = plan.region_is_sure;
    candidates_each(&c, plan.kind, visit_row, &e);
    return e.is_late ? im_deadline_fail(err) : IM_OK;
}
