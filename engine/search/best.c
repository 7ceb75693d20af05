/* SPDX-License-Identifier: Apache-2.0 */
/* The best matches so far. */
#include "search/best.h"

#include <math.h>

bool search_is_unreviewed(const struct atlas_layer *layer, uint32_t feature)
{
    return feature < layer->n_placed &&
           atlas_class(layer, feature) >= atlas_class_of(PRECISION_EXACT, true);
}

bool search_best_init(struct search_best *best,
                      const struct query_request *rows,
                      uint32_t max,
                      struct im_arena *arena)
{
    *best = (struct search_best){.max = max};
    best->all = im_arena_calloc(arena, max + (size_t)1, sizeof *best->all);
    if (rows && rows->has_origin) {
        best->has_origin = true;
        geodesic_origin_init(&best->origin, rows->lon, rows->lat);
        if (rows->outline_layer)
            best->outline = atlas_geom(rows->outline_layer, rows->outline);
    }
    return best->all != NULL;
}

double search_best_distance(const struct search_best *best, struct search_candidate *c)
{
    double lon;
    double lat;

    if (c->is_measured)
        return c->distance_m;
    struct geom g = atlas_geom(c->layer, c->feature);
    c->is_measured = true;
    if (!best->has_origin || g.kind == GEOM_EMPTY)
        c->distance_m = (double)NAN;
    else if (best->outline.kind != GEOM_EMPTY)
        c->distance_m = geom_between_m(&best->outline, &g, HUGE_VAL, &lon, &lat);
    else
        c->distance_m = geom_distance_from(&best->origin, &g, HUGE_VAL, &lon, &lat);
    return c->distance_m;
}

static int compare(const struct search_best *best,
                   struct search_candidate *a,
                   struct search_candidate *b)
{
    if (a->rank.match != b->rank.match)
        return a->rank.match < b->rank.match ? -1 : 1;
    if (a->rank.in_pieces != b->rank.in_pieces)
        return a->rank.in_pieces ? 1 : -1;
    if (a->importance != b->importance)
        return a->importance > b->importance ? -1 : 1;
    if (best->has_origin) {
        double x = search_best_distance(best, a);
        double y = search_best_distance(best, b);

        if (isnan(x) != isnan(y))
            return isnan(x) ? 1 : -1;
        if (x < y || x > y)
            return x < y ? -1 : 1;
    }
    if (a->layer == b->layer)
        return search_compare_keys(a->layer, a->feature, b->feature);
    const struct layer_schema *l = a->layer->schema;
    const struct layer_schema *m = b->layer->schema;
    return l->order != m->order ? (l->order > m->order) - (l->order < m->order)
                                : strcmp(l->id, m->id);
}

static void sift_down(struct search_best *best, size_t n)
{
    struct search_candidate moving = best->all[0];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= n)
            break;
        if (child + 1 < n &&
            compare(best, &best->all[child + 1], &best->all[child]) > 0)
            child++;
        if (compare(best, &best->all[child], &moving) <= 0)
            break;
        best->all[i] = best->all[child];
        i = child;
    }
    best->all[i] = moving;
}

bool search_best_offer(struct search_best *best,
                       const struct atlas_layer *layer,
                       uint32_t feature,
                       struct search_rank rank)
{
    struct search_candidate c = {.layer = layer,
                                 .feature = feature,
                                 .importance = atlas_importance(layer, feature),
                                 .rank = rank};
    size_t i = best->n;

    if (i == best->max) {
        if (i == 0 || compare(best, &c, &best->all[0]) >= 0)
            return false;
        best->all[0] = c;
        sift_down(best, best->n);
        return true;
    }
    best->n++;
    while (i > 0 && compare(best, &c, &best->all[(i - 1) / 2]) > 0) {
        best->all[i] = best->all[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    best->all[i] = c;
    return true;
}

bool search_best_may_take(const struct search_best *best,
                          struct search_rank rank,
                          float importance)
{
    const struct search_candidate *worst = &best->all[0];

    if (best->n < best->max || best->max == 0)
        return best->max > 0;
    if (rank.match != worst->rank.match)
        return rank.match < worst->rank.match;
    if (rank.in_pieces != worst->rank.in_pieces)
        return !rank.in_pieces;
    return importance >= worst->importance;
}

/* Take the worst off the top again and again: the best comes first. */
void search_best_sort(struct search_best *best)
{
    for (size_t n = best->n; n > 1; n--) {
        struct search_candidate worst = best->all[0];

        best->all[0] = best->all[n - 1];
        sift_down(best, n - 1);
        best->all[n - 1] = worst;
    }
}
