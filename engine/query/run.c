/* SPDX-License-Identifier: Apache-2.0 */
/* Searching one layer as planned. */
#include "query/run.h"

#include <math.h>

static struct run_list *list_of(struct run *r, uint32_t feature)
{
    const struct atlas_layer *layer = r->order.layers[r->layer];
    bool is_near;

    if (feature < layer->n_placed)
        is_near = r->near.classes >> atlas_class(layer, feature) & 1;
    else
        is_near = query_precision(layer, feature) <= r->request->coarsest;
    return is_near ? &r->near : &r->apart;
}

/* Take a row into its list, unless it belongs to a page before. */
static void offer(struct run *r, struct run_list *list, const struct order_entry *entry)
{
    if (r->has_cursor && order_compare_position(&r->order, entry, &r->after) <= 0)
        return;
    keep_offer(&list->keep, entry, r->arena);
}

/* ---- every candidate ---- */

static double feature_hav(const struct run *r, uint32_t feature)
{
    struct bbox b = atlas_bbox(r->order.layers[r->layer], feature);

    return bound_box_hav(r->reach.origin.bound, b.min_x, b.min_y, b.max_x, b.max_y);
}

/* The list is full, and the row is known to be farther than all in it. */
static bool is_too_far(struct run *r, struct run_list *list, uint32_t feature)
{
    double last_m;

    if (!keep_is_full(&list->keep))
        return false;
    if (list->keep.max == 0)
        return true;
    last_m = list->keep.entries[0].measure;
    if (last_m != list->hav_m) {
        list->hav_m = last_m;
        list->hav_limit = bound_hav_limit(last_m + r->reach.extent_m);
    }
    return feature_hav(r, feature) > list->hav_limit;
}

static bool is_surely_within(const struct run *r, uint32_t feature)
{
    struct bbox b = atlas_bbox(r->order.layers[r->layer], feature);
    double max_m = r->request->max_m;

    if (max_m >= SELECT_MAX_RADIUS_M)
        return true;
    return r->reach.outline.kind == GEOM_EMPTY &&
           bound_upper_m(r->reach.origin.bound, b.min_x, b.min_y, b.max_x, b.max_y) <=
               max_m;
}

/* The row's distance, when it is needed. False: it does not take part further. */
static bool measure(struct run *r, struct run_list *list, struct order_entry *entry)
{
    const struct atlas_layer *layer = r->order.layers[r->layer];
    double lon;
    double lat;

    if (entry->feature >= layer->n_placed)
        return false;
    if (r->aim.nearest_first && is_too_far(r, list, entry->feature)) {
        if (!r->aim.count)
            return false;
        if (is_surely_within(r, entry->feature)) {
            list->n_matched++;
            return false;
        }
    }
    entry->measure =
        reach_measure(&r->reach, layer, entry->feature, r->request->max_m, &lon, &lat);
    return entry->measure <= r->request->max_m;
}

static bool consider(void *ctx, uint32_t feature)
{
    struct run *r = ctx;
    struct select_layer *s = &r->layers[r->layer];
    struct order_entry entry = {.feature = feature, .layer = r->layer};
    struct run_list *list;
    double off;

    if (run_is_late(r))
        return false;
    if (!select_admits(s, feature))
        return true;
    list = list_of(r, feature);
    if (r->request->has_origin && !measure(r, list, &entry))
        return true;
    if (r->needs_along)
        query_region_has(r->region, s->layer, feature, &entry.measure, &off);
    list->n_matched++;
    entry.rank = order_rank(&r->order, &entry);
    offer(r, list, &entry);
    return !list->keep.failed;
}

/* ---- nearest first ---- */

/* What a row may be away and still enter the list. */
static double limit_m(const struct run *r, const struct keep *keep)
{
    double max_m = r->request->max_m;

    return keep->max && keep_is_full(keep) ? fmin(keep->entries[0].measure, max_m)
                                           : max_m;
}

static void
near_limit(const struct run *r, const struct keep *keep, struct near_search *near)
{
    near->hav_limit = bound_hav_limit(limit_m(r, keep) + r->reach.extent_m);
}

static void try_nearest(struct run *r, struct run_list *list, uint32_t feature)
{
    struct order_entry entry = {.feature = feature, .layer = r->layer};
    double limit = limit_m(r, &list->keep);
    double lon;
    double lat;

    if (!select_admits(&r->layers[r->layer], feature))
        return;
    entry.measure =
        reach_measure(&r->reach, r->order.layers[r->layer], feature, limit, &lon, &lat);
    if (!(entry.measure <= limit))
        return;
    entry.rank = order_rank(&r->order, &entry);
    offer(r, list, &entry);
}

static bool has_any(const struct atlas_layer *layer, uint16_t mask)
{
    for (unsigned c = 0; c < ATLAS_CLASSES; c++)
        if ((mask >> c & 1) && layer->class_count[c])
            return true;
    return false;
}

/* *gave_up: too many rows had to be looked at. */
static enum im_code nearest_of(struct run *r,
                               const struct candidates *c,
                               struct run_list *list,
                               bool *gave_up,
                               struct im_error *err)
{
    uint32_t patience = query_plan_patience(c);
    struct near_search near;
    uint32_t feature;
    double hav;

    if (list->keep.max == 0 || !has_any(c->layer, list->classes))
        return IM_OK;
    near_init(&near, c->layer, r->reach.origin.bound, list->classes, r->arena);
    near.codes = c->near_codes;
    if (r->has_cursor && r->reach.outline.kind == GEOM_EMPTY)
        near_begin_at(&near, r->after.values[0].real);
    near_limit(r, &list->keep, &near);
    while (near_next(&near, &feature, &hav)) {
        if (run_is_late(r))
            return im_deadline_fail(err);
        if (!r->layers[r->layer].is_open && patience-- == 0) {
            *gave_up = true;
            return IM_OK;
        }
        try_nearest(r, list, feature);
        near_limit(r, &list->keep, &near);
    }
    return near.failed || list->keep.failed
               ? im_fail(err, IM_ENOMEM, "the search queue needs more memory")
               : IM_OK;
}

static bool is_within(void *ctx, uint32_t feature)
{
    struct run *r = ctx;
    double lon;
    double lat;

    run_is_late(r);
    return !r->is_late &&
           reach_measure(&r->reach, r->order.layers[r->layer], feature,
                         r->request->max_m, &lon, &lat) <= r->request->max_m;
}

/* As near_count, from the outline. */
static uint64_t
count_around(struct run *r, const struct candidates *c, uint16_t classes)
{
    struct near_search near;
    uint64_t sum = 0;
    uint32_t feature;
    double hav;

    near_init(&near, c->layer, r->reach.origin.bound, classes, r->arena);
    near.hav_limit = c->hav_limit;
    while (!r->is_late && near_next(&near, &feature, &hav))
        sum += is_within(r, feature);
    return sum;
}

/* All of a layer that take part, when nothing but class and distance is asked, or a
 * code that an index counts. */
static uint64_t
count_nearest(struct run *r, const struct candidates *c, uint16_t classes)
{
    uint64_t sum = 0;

    if (!r->layers[r->layer].is_open) {
        candidates_count_classes(c, classes, &sum);
        return sum;
    }
    if (c->has_radius && r->reach.outline.kind != GEOM_EMPTY)
        return count_around(r, c, classes);
    if (c->has_radius)
        return near_count(c->layer, r->reach.origin.bound, classes, r->request->max_m,
                          is_within, r);
    for (unsigned k = 0; k < ATLAS_CLASSES; k++)
        if (classes >> k & 1)
            sum += c->layer->class_count[k];
    return sum;
}

static enum im_code search_nearest(struct run *r,
                                   const struct candidates *c,
                                   bool *gave_up,
                                   struct im_error *err)
{
    enum im_code rc = nearest_of(r, c, &r->near, gave_up, err);

    if (rc == IM_OK && !*gave_up)
        rc = nearest_of(r, c, &r->apart, gave_up, err);
    if (rc != IM_OK || *gave_up || !r->aim.count)
        return rc;
    r->near.n_matched += count_nearest(r, c, r->near.classes);
    r->apart.n_matched += count_nearest(r, c, r->apart.classes);
    return r->is_late ? im_deadline_fail(err) : IM_OK;
}

/* ---- in the order of fids ---- */

/* The first row after the page before. */
static uint32_t first_by_fid(const struct run *r, const struct fid_order *fids)
{
    const struct atlas_layer *layer = r->order.layers[r->layer];
    uint32_t low = 0;
    uint32_t high = layer->n;

    if (!r->has_cursor || r->after.layer < r->layer)
        return 0;
    if (r->after.layer > r->layer)
        return layer->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t feature = fids->features ? fids->features[middle] : middle;

        if (layer->fids[feature] <= r->after.fid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Nothing is asked of a row: all that belong to the list. */
static uint64_t count_open(const struct run *r, const struct select_layer *s)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < ATLAS_CLASSES; k++)
        if (r->near.classes >> k & 1)
            sum += s->layer->class_count[k];
    if (!s->leave_out_unreviewed)
        return sum + (s->layer->n - s->layer->n_placed);
    for (uint32_t i = s->layer->n_placed; i < s->layer->n; i++)
        sum += select_is_reviewed(s->layer, i);
    return sum;
}

static enum im_code
search_by_fid(struct run *r, const struct fid_order *fids, struct im_error *err)
{
    struct select_layer *s = &r->layers[r->layer];

    for (uint32_t i = first_by_fid(r, fids);
         i < s->layer->n && !keep_is_full(&r->near.keep); i++) {
        uint32_t feature = fids->features ? fids->features[i] : i;
        struct order_entry entry = {.feature = feature, .layer = r->layer};

        if (run_is_late(r))
            return im_deadline_fail(err);
        if (!select_admits(s, feature))
            continue;
        entry.rank = order_rank(&r->order, &entry);
        keep_offer(&r->near.keep, &entry, r->arena);
        if (r->near.keep.failed)
            break;
    }
    if (r->aim.count)
        r->near.n_matched += count_open(r, s);
    return IM_OK;
}

/* ---- rows without a position ---- */

static bool passes_unplaced(struct run *r, struct select_layer *s, uint32_t feature)
{
    return select_admits_unplaced(s, feature) &&
           (!r->region || !query_region_goes_by_code(r->region) ||
            query_region_has(r->region, s->layer, feature, NULL, NULL));
}

/* Lists of codes ascend, so that rows without a position are at their ends. */
static void count_unplaced_codes(struct run *r, const struct candidates *c)
{
    for (size_t i = 0; i < c->n_codes; i++) {
        uint32_t start = c->index->start[c->codes[i]];
        uint32_t end = c->index->start[c->codes[i] + 1];

        for (; end > start && c->index->features[end - 1] >= c->layer->n_placed; end--)
            r->n_unplaced +=
                passes_unplaced(r, &r->layers[r->layer], c->index->features[end - 1]);
    }
}

static enum im_code
count_unplaced(struct run *r, const struct candidates *c, struct im_error *err)
{
    struct select_layer *s = &r->layers[r->layer];

    s->filter_is_sure = false;
    s->words_are_sure = false;
    s->region_is_sure = false;
    if (s->is_open && !s->leave_out_unreviewed) {
        r->n_unplaced += s->layer->n - s->layer->n_placed;
        return IM_OK;
    }
    if (!r->aim.count)
        return IM_OK;
    if (c->index) {
        count_unplaced_codes(r, c);
        return IM_OK;
    }
    for (uint32_t i = s->layer->n_placed; i < s->layer->n; i++) {
        if (run_is_late(r))
            return im_deadline_fail(err);
        r->n_unplaced += passes_unplaced(r, s, i);
    }
    return IM_OK;
}

/* ---- one layer ---- */

enum im_code run_plan(struct run *r,
                      struct candidates *c,
                      struct query_plan *plan,
                      struct im_error *err)
{
    struct select_layer *s = &r->layers[r->layer];
    enum im_code rc = candidates_init(c, r->request, s, &r->reach, r->arena, err);

    if (rc == IM_OK)
        query_plan_make(plan, s, c, &r->aim);
    return rc;
}

static enum im_code search_each(struct run *r,
                                const struct candidates *c,
                                const struct query_plan *plan,
                                struct im_error *err)
{
    struct select_layer *s = &r->layers[r->layer];

    s->filter_is_sure = plan->filter_is_sure;
    s->words_are_sure = plan->words_are_sure;
    s->region_is_sure = plan->region_is_sure;
    /* of lists one after the other, the page was full before this one */
    if (r->aim.by_fid && !r->aim.count && keep_is_full(&r->near.keep) &&
        keep_is_full(&r->apart.keep))
        return IM_OK;
    candidates_each(c, plan->kind, consider, r);
    if (r->is_late)
        return im_deadline_fail(err);
    return r->near.keep.failed || r->apart.keep.failed
               ? im_fail(err, IM_ENOMEM, "no memory for the answer")
               : IM_OK;
}

/* Lists as they are now; NULL without memory. */
static bool save(struct run *r, struct run_list *list, struct run_list *saved)
{
    *saved = *list;
    if (list->keep.n == 0)
        return true;
    saved->keep.entries =
        im_arena_alloc(r->arena, list->keep.cap * sizeof *list->keep.entries);
    if (saved->keep.entries)
        memcpy(saved->keep.entries, list->keep.entries,
               list->keep.n * sizeof *list->keep.entries);
    return saved->keep.entries != NULL;
}

/* Nearest first, and if that is given up everything that there is. */
static enum im_code try_search_nearest(struct run *r,
                                       const struct candidates *c,
                                       struct query_plan *plan,
                                       struct im_error *err)
{
    struct run_list near;
    struct run_list apart;
    bool gave_up = false;
    enum im_code rc;

    r->layers[r->layer].filter_is_sure = plan->filter_is_sure;
    if (!save(r, &r->near, &near) || !save(r, &r->apart, &apart))
        return im_fail(err, IM_ENOMEM, "no memory for the answer");
    rc = search_nearest(r, c, &gave_up, err);
    if (rc != IM_OK || !gave_up)
        return rc;
    r->near = near;
    r->apart = apart;
    query_plan_exhaustive(plan, &r->layers[r->layer], c, &r->aim);
    return search_each(r, c, plan, err);
}

enum im_code run_layer(struct run *r, struct im_error *err)
{
    const struct fid_order *fids = NULL;
    struct candidates c;
    struct query_plan plan;
    enum im_code rc = run_plan(r, &c, &plan, err);

    if (rc != IM_OK)
        return rc;
    if (plan.kind == CANDIDATES_BY_FID) {
        fids = lazy_fids(c.layer);
        if (!fids)
            query_plan_exhaustive(&plan, &r->layers[r->layer], &c, &r->aim);
    }
    if (fids)
        rc = search_by_fid(r, fids, err);
    else if (plan.kind == CANDIDATES_NEAREST)
        rc = try_search_nearest(r, &c, &plan, err);
    else if (plan.kind != CANDIDATES_NONE)
        rc = search_each(r, &c, &plan, err);
    return rc == IM_OK ? count_unplaced(r, &c, err) : rc;
}
