/* SPDX-License-Identifier: Apache-2.0 */
/* Executing a request of any kind. */
#include "query/select.h"
#include "query/cursor.h"

#include <math.h>

struct run {
    const struct query_request *request;
    struct im_arena *arena;
    struct order order;
    struct reach reach;
    struct query_region *region;
    struct select_layer *layers; /* as in the order */
    struct order_position after; /* with `has_cursor` */
    bool has_cursor;
    struct keep near;
    struct keep apart; /* on the first page only */
    struct query_answer answer;
    uint32_t layer; /* the one being searched */
    uint32_t steps;
};

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

static bool is_late(struct run *r)
{
    return ++r->steps % SELECT_STEPS == 0 && im_deadline_passed(&r->request->deadline);
}

static void consider(struct run *r, uint32_t feature)
{
    const struct query_request *q = r->request;
    const struct atlas_layer *layer = r->order.layers[r->layer];
    struct order_entry entry = {.feature = feature, .layer = r->layer};
    bool is_apart = query_precision(layer, feature) > q->coarsest;
    double lon;
    double lat;

    if (q->has_origin) {
        if (feature >= layer->n_placed)
            return;
        entry.measure = reach_measure(&r->reach, layer, feature, q->max_m, &lon, &lat);
        if (!(entry.measure <= q->max_m))
            return;
    } else if (order_needs(&r->order, ORDER_ALONG)) {
        query_region_has(r->region, layer, feature, &entry.measure, &lat);
    }
    entry.rank = order_rank(&r->order, &entry);
    *(is_apart ? &r->answer.n_apart_matched : &r->answer.n_matched) += 1;
    if (r->has_cursor && order_compare_position(&r->order, &entry, &r->after) <= 0)
        return;
    keep_offer(is_apart ? &r->apart : &r->near, &entry, r->arena);
}

static enum im_code scan(struct run *r, struct im_error *err)
{
    struct select_layer *s = &r->layers[r->layer];

    for (uint32_t i = 0; i < s->layer->n; i++) {
        if (is_late(r))
            return im_deadline_fail(err);
        if (i >= s->layer->n_placed && select_admits_unplaced(s, i))
            r->answer.n_unplaced++;
        if (select_admits(s, i))
            consider(r, i);
    }
    return IM_OK;
}

static void
complete(struct run *r, const struct order_entry *entry, struct query_hit *hit)
{
    const struct query_request *q = r->request;
    const struct atlas_layer *layer = r->order.layers[entry->layer];

    *hit = (struct query_hit){.layer = layer,
                              .feature = entry->feature,
                              .distance_m = (double)NAN,
                              .uncertainty_m = precision_uncertainty_m(
                                  query_precision(layer, entry->feature)),
                              .nearest_lon = (double)NAN,
                              .nearest_lat = (double)NAN,
                              .along_m = (double)NAN,
                              .off_m = (double)NAN};
    if (q->has_origin) {
        hit->uncertainty_m += q->origin_uncertainty_m;
        hit->distance_m = reach_measure(&r->reach, layer, entry->feature, HUGE_VAL,
                                        &hit->nearest_lon, &hit->nearest_lat);
    }
    if (r->region)
        query_region_has(r->region, layer, entry->feature, &hit->along_m, &hit->off_m);
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

static enum im_code finish(struct run *r,
                           struct keep *keep,
                           struct query_hit **hits,
                           size_t *n,
                           struct im_error *err)
{
    *n = keep->n < r->request->k ? keep->n : r->request->k;
    *hits = im_arena_calloc(r->arena, *n, sizeof **hits);
    if (keep->failed || !keep_sort(keep, r->arena) || !*hits)
        return im_fail(err, IM_ENOMEM, "no memory for the answer");
    for (size_t i = 0; i < *n; i++)
        complete(r, &keep->entries[i], &(*hits)[i]);
    if (r->order.n_keys && r->order.keys[0].kind == ORDER_DISTANCE &&
        !r->order.keys[0].descending)
        mark_uncertain(*hits, *n);
    return IM_OK;
}

/* What the next page comes after, when there is one. */
static enum im_code write_next(struct run *r, struct im_error *err)
{
    struct order_position last;
    char number[IM_NUMBER_MAX];

    if (r->near.n <= r->request->k)
        return IM_OK;
    order_position_of(&r->order, &r->near.entries[r->request->k - 1], number, &last);
    r->answer.next = cursor_write(&r->order, &last, r->arena);
    return r->answer.next ? IM_OK : im_fail(err, IM_ENOMEM, "no memory for the cursor");
}

static enum im_code
prepare(struct run *r, struct cql_fault *fault, struct im_error *err)
{
    enum im_code rc = order_init(&r->order, r->request, err);

    if (rc == IM_OK && r->request->cursor.len) {
        rc = cursor_read(&r->order, r->request->cursor, r->arena, &r->after, err);
        r->has_cursor = true;
    }
    r->near = (struct keep){.order = &r->order, .max = r->request->k + 1};
    r->apart =
        (struct keep){.order = &r->order, .max = r->has_cursor ? 0 : r->request->k};
    if (r->request->has_origin)
        reach_init(&r->reach, r->request);
    if (rc == IM_OK)
        rc = make_region(r->request, r->arena, &r->region, err);
    r->layers = im_arena_calloc(r->arena, r->order.n_layers, sizeof *r->layers);
    if (rc == IM_OK && !r->layers)
        rc = im_fail(err, IM_ENOMEM, "no memory for the layers");
    for (uint32_t i = 0; rc == IM_OK && i < r->order.n_layers; i++)
        rc = select_layer_init(&r->layers[i], r->request, r->order.layers[i], r->region,
                               r->arena, fault, err);
    return rc;
}

enum im_code query_run(const struct query_request *request,
                       struct im_arena *arena,
                       struct query_answer *out,
                       struct cql_fault *fault,
                       struct im_error *err)
{
    struct run r = {.request = request, .arena = arena};
    enum im_code rc = select_check(request, err);

    if (rc == IM_OK)
        rc = prepare(&r, fault, err);
    for (; rc == IM_OK && r.layer < r.order.n_layers; r.layer++)
        rc = scan(&r, err);
    if (rc == IM_OK)
        rc = finish(&r, &r.near, &r.answer.hits, &r.answer.n_hits, err);
    if (rc == IM_OK)
        rc = write_next(&r, err);
    if (rc == IM_OK)
        rc = finish(&r, &r.apart, &r.answer.apart, &r.answer.n_apart, err);
    if (rc == IM_OK)
        *out = r.answer;
    return rc;
}

static bool is_in_reach(const struct query_request *request,
                        struct reach *reach,
                        const struct atlas_layer *layer,
                        uint32_t feature)
{
    double lon;
    double lat;

    if (!request->has_origin)
        return true;
    if (feature >= layer->n_placed)
        return false;
    return request->max_m >= SELECT_MAX_RADIUS_M ||
           reach_measure(reach, layer, feature, request->max_m, &lon, &lat) <=
               request->max_m;
}

enum im_code query_each(const struct query_request *request,
                        const struct atlas_layer *layer,
                        struct im_arena *arena,
                        query_visit_fn *visit,
                        void *ctx,
                        struct cql_fault *fault,
                        struct im_error *err)
{
    struct query_region *region = NULL;
    struct select_layer s;
    struct reach reach;
    enum im_code rc = make_region(request, arena, &region, err);

    if (rc == IM_OK)
        rc = select_layer_init(&s, request, layer, region, arena, fault, err);
    if (rc != IM_OK)
        return rc;
    if (request->has_origin)
        reach_init(&reach, request);
    for (uint32_t i = 0; i < layer->n; i++) {
        if (i % SELECT_STEPS == 0 && im_deadline_passed(&request->deadline))
            return im_deadline_fail(err);
        if (select_admits(&s, i) && is_in_reach(request, &reach, layer, i) &&
            !visit(ctx, i))
            break;
    }
    return IM_OK;
}
