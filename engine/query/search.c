/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest and within: best-first over each layer's tree into one list of the k best. */
#include "atlas/near.h"
#include "geom/distance.h"

#include <math.h>

/* Half the way round the Earth is 20,004 km: a larger radius is a typing error. */
#define MAX_RADIUS_M 20100000.0

/* The k best so far, the worst on top (a max-heap), so that it can be replaced. */
struct best {
    struct query_hit *hits;
    size_t n;
    size_t max;
};

struct search {
    const struct query_request *request;
    struct im_arena *arena;
    struct geodesic_origin origin;
    struct geom outline; /* GEOM_EMPTY: distances are from `origin` */
    double reach_m;      /* nothing of the outline is farther from `origin` */
    const struct atlas_layer *layer;
    /* thousands of places may share one position: its distance is worked out once */
    double last_lon;
    double last_lat;
    double last_m;
};

static int compare_keys(const struct query_hit *a, const struct query_hit *b)
{
    int key = atlas_layer_schema(a->layer)->key;
    int64_t x;
    int64_t y;

    if (atlas_integer(a->layer, a->feature, key, &x) &&
        atlas_integer(b->layer, b->feature, key, &y))
        return (x > y) - (x < y);
    struct im_bytes s = atlas_text(a->layer, a->feature, key);
    struct im_bytes t = atlas_text(b->layer, b->feature, key);
    int order = memcmp(s.data, t.data, s.len < t.len ? s.len : t.len);
    return order ? order : (s.len > t.len) - (s.len < t.len);
}

/* By distance, then the order of layers in lists, then key. */
static int compare_hits(const void *a, const void *b)
{
    const struct query_hit *x = a;
    const struct query_hit *y = b;

    if (x->distance_m != y->distance_m)
        return x->distance_m < y->distance_m ? -1 : 1;
    if (x->layer == y->layer)
        return compare_keys(x, y);
    const struct layer_schema *s = atlas_layer_schema(x->layer);
    const struct layer_schema *t = atlas_layer_schema(y->layer);
    return s->order != t->order ? (s->order > t->order) - (s->order < t->order)
                                : strcmp(s->id, t->id);
}

static void sift_up(struct best *best, size_t i)
{
    struct query_hit hit = best->hits[i];

    while (i > 0 && compare_hits(&hit, &best->hits[(i - 1) / 2]) > 0) {
        best->hits[i] = best->hits[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    best->hits[i] = hit;
}

static void sift_down(struct best *best)
{
    struct query_hit hit = best->hits[0];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= best->n)
            break;
        if (child + 1 < best->n &&
            compare_hits(&best->hits[child + 1], &best->hits[child]) > 0)
            child++;
        if (compare_hits(&best->hits[child], &hit) <= 0)
            break;
        best->hits[i] = best->hits[child];
        i = child;
    }
    best->hits[i] = hit;
}

static void offer(struct best *best, const struct query_hit *hit)
{
    if (best->n < best->max) {
        best->hits[best->n++] = *hit;
        sift_up(best, best->n - 1);
    } else if (compare_hits(hit, &best->hits[0]) < 0) {
        best->hits[0] = *hit;
        sift_down(best);
    }
}

/* What a hit may be away and still enter the list. */
static double limit_m(const struct search *s, const struct best *best)
{
    double max_m = s->request->max_m;

    return best->n == best->max ? fmin(best->hits[0].distance_m, max_m) : max_m;
}

static double
measure(struct search *s, uint32_t feature, double limit, double *lon, double *lat)
{
    struct geom g = atlas_geom(s->layer, feature);

    if (s->outline.kind != GEOM_EMPTY)
        return geom_between_m(&s->outline, &g, limit, lon, lat);
    if (g.n_points != 1)
        return geom_distance_from(&s->origin, &g, limit, lon, lat);
    *lon = g.lonlat[0];
    *lat = g.lonlat[1];
    if (*lon != s->last_lon || *lat != s->last_lat) {
        s->last_m = geodesic_from(&s->origin, *lon, *lat);
        s->last_lon = *lon;
        s->last_lat = *lat;
    }
    return s->last_m;
}

static void consider(struct search *s, struct best *best, uint32_t feature)
{
    struct query_hit hit = {.layer = s->layer, .feature = feature};

    hit.distance_m =
        measure(s, feature, limit_m(s, best), &hit.nearest_lon, &hit.nearest_lat);
    if (hit.distance_m <= s->request->max_m)
        offer(best, &hit);
}

static enum im_code
search_layer(struct search *s, uint16_t mask, struct best *best, struct im_error *err)
{
    struct near_search near;
    uint32_t feature;
    double hav;

    /* what is d from the outline is at most d + reach from the origin */
    near_init(&near, s->layer, s->origin.bound, mask, s->arena);
    near.hav_limit = bound_hav_limit(limit_m(s, best) + s->reach_m);
    while (near_next(&near, &feature, &hav)) {
        consider(s, best, feature);
        near.hav_limit = bound_hav_limit(limit_m(s, best) + s->reach_m);
    }
    return near.failed ? im_fail(err, IM_ENOMEM, "the search queue needs more memory")
                       : IM_OK;
}

static bool is_within(void *ctx, uint32_t feature)
{
    struct search *s = ctx;
    double lon;
    double lat;

    return measure(s, feature, s->request->max_m, &lon, &lat) <= s->request->max_m;
}

/* As near_count, from the outline. */
static uint64_t count_around(struct search *s, uint16_t mask)
{
    struct near_search near;
    uint64_t sum = 0;
    uint32_t feature;
    double hav;

    near_init(&near, s->layer, s->origin.bound, mask, s->arena);
    near.hav_limit = bound_hav_limit(s->request->max_m + s->reach_m);
    while (near_next(&near, &feature, &hav))
        sum += is_within(s, feature);
    return sum;
}

/* Placed rows of these classes, all or those within the limit. */
static uint64_t count(struct search *s, uint16_t mask)
{
    uint64_t sum = 0;

    if (isfinite(s->request->max_m) && s->outline.kind != GEOM_EMPTY)
        return count_around(s, mask);
    if (isfinite(s->request->max_m))
        return near_count(s->layer, s->origin.bound, mask, s->request->max_m, is_within,
                          s);
    for (unsigned c = 0; c < ATLAS_CLASSES; c++)
        if (mask >> c & 1)
            sum += s->layer->class_count[c];
    return sum;
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

static bool has_any(const struct atlas_layer *layer, uint16_t mask)
{
    for (unsigned c = 0; c < ATLAS_CLASSES; c++)
        if ((mask >> c & 1) && layer->class_count[c])
            return true;
    return false;
}

/* All layers, the rows of some precisions: the k best and the number of all. */
static enum im_code search_classes(struct search *s,
                                   uint16_t mask,
                                   struct best *best,
                                   size_t *n_matched,
                                   struct im_error *err)
{
    const struct query_request *request = s->request;

    for (size_t i = 0; i < request->n_layers; i++) {
        s->layer = request->layers[i];
        if (!has_any(s->layer, mask))
            continue;
        enum im_code rc = search_layer(s, mask, best, err);
        if (rc != IM_OK)
            return rc;
        *n_matched += count(s, mask);
    }
    return IM_OK;
}

/* The order of two neighbours in the list is uncertain when their intervals
 * [distance - uncertainty, distance + uncertainty] overlap: the distances differ by
 * less than the sum of the uncertainties. */
static void finish(const struct query_request *request, struct best *best)
{
    struct query_hit *hits = best->hits;

    if (best->n)
        qsort(hits, best->n, sizeof *hits, compare_hits);
    for (size_t i = 0; i < best->n; i++) {
        hits[i].uncertainty_m =
            request->origin_uncertainty_m +
            precision_uncertainty_m(query_precision(hits[i].layer, hits[i].feature));
        hits[i].order_uncertain = false;
        if (i && hits[i].distance_m - hits[i - 1].distance_m <
                     hits[i].uncertainty_m + hits[i - 1].uncertainty_m) {
            hits[i].order_uncertain = true;
            hits[i - 1].order_uncertain = true;
        }
    }
}

static enum im_code bad_number(const char *name,
                               double value,
                               const char *allowed_zh,
                               const char *allowed_en,
                               struct im_error *err)
{
    im_fail(err, IM_EARG, "%s is %.10g, allowed: %s", name, value, allowed_en);
    return im_zh(err, IM_EARG, "%s 为 %.10g，应为%s", name, value, allowed_zh);
}

static enum im_code check(const struct query_request *q, struct im_error *err)
{
    char zh[64];
    char en[64];

    if (!(q->lon >= -180 && q->lon <= 180))
        return bad_number("lon", q->lon, " -180 到 180 的经度",
                          "a longitude from -180 to 180", err);
    if (!(q->lat >= -90 && q->lat <= 90))
        return bad_number("lat", q->lat, " -90 到 90 的纬度",
                          "a latitude from -90 to 90", err);
    if (!(q->origin_uncertainty_m >= 0 && q->origin_uncertainty_m <= MAX_RADIUS_M))
        return bad_number("origin uncertainty", q->origin_uncertainty_m,
                          " 0 到 20100000 米", "0 to 20100000 m", err);
    if (q->k < 1 || q->k > QUERY_MAX_K) {
        snprintf(zh, sizeof zh, " 1 到 %d 的整数", QUERY_MAX_K);
        snprintf(en, sizeof en, "an integer from 1 to %d", QUERY_MAX_K);
        return bad_number("k", (double)q->k, zh, en, err);
    }
    if (q->n_layers < 1 || q->n_layers > QUERY_MAX_LAYERS) {
        snprintf(zh, sizeof zh, " 1 到 %d 个图层", QUERY_MAX_LAYERS);
        snprintf(en, sizeof en, "1 to %d layers", QUERY_MAX_LAYERS);
        return bad_number("layers", (double)q->n_layers, zh, en, err);
    }
    return IM_OK;
}

static void start_search(struct search *s)
{
    const struct query_request *request = s->request;

    geodesic_origin_init(&s->origin, request->lon, request->lat);
    if (!request->outline_layer)
        return;
    s->outline = atlas_geom(request->outline_layer, request->outline);
    for (uint32_t i = 0; i < s->outline.n_points; i++)
        s->reach_m =
            fmax(s->reach_m, geodesic_from(&s->origin, s->outline.lonlat[2 * i],
                                           s->outline.lonlat[2 * i + 1]));
    /* edges are straight in degrees and may bulge a little beyond their ends */
    s->reach_m *= 1.001;
}

static enum im_code answer(const struct query_request *request,
                           struct im_arena *arena,
                           struct query_answer *out,
                           struct im_error *err)
{
    struct search s = {.request = request, .arena = arena, .last_lon = (double)NAN};
    struct best near = {.max = request->k};
    struct best apart = {.max = request->k};
    struct query_answer a = {0};
    enum im_code rc;

    start_search(&s);
    near.hits = im_arena_calloc(arena, request->k, sizeof *near.hits);
    apart.hits = im_arena_calloc(arena, request->k, sizeof *apart.hits);
    if (!near.hits || !apart.hits)
        return im_fail(err, IM_ENOMEM, "no memory for %u hits", request->k);
    rc =
        search_classes(&s, class_mask(request, PRECISION_EXACT, (int)request->coarsest),
                       &near, &a.n_matched, err);
    if (rc == IM_OK)
        rc = search_classes(
            &s, class_mask(request, (int)request->coarsest + 1, PRECISION_CITY), &apart,
            &a.n_apart_matched, err);
    if (rc != IM_OK)
        return rc;
    finish(request, &near);
    finish(request, &apart);
    a.hits = near.hits;
    a.n_hits = near.n;
    a.apart = apart.hits;
    a.n_apart = apart.n;
    for (size_t i = 0; i < request->n_layers; i++)
        a.n_unplaced += request->layers[i]->n - request->layers[i]->n_placed;
    *out = a;
    return IM_OK;
}

enum im_code query_nearest(const struct query_request *request,
                           struct im_arena *arena,
                           struct query_answer *out,
                           struct im_error *err)
{
    enum im_code rc = check(request, err);

    if (rc == IM_OK && !(request->max_m >= 0))
        rc = bad_number("max_m", request->max_m, " 0 或更大", "0 or more", err);
    return rc == IM_OK ? answer(request, arena, out, err) : rc;
}

enum im_code query_within(const struct query_request *request,
                          struct im_arena *arena,
                          struct query_answer *out,
                          struct im_error *err)
{
    enum im_code rc = check(request, err);

    if (rc == IM_OK && !(request->max_m >= 0 && request->max_m <= MAX_RADIUS_M))
        rc = bad_number("radius", request->max_m, " 0 到 20100000 米",
                        "0 to 20100000 m", err);
    return rc == IM_OK ? answer(request, arena, out, err) : rc;
}
