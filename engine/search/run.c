/* SPDX-License-Identifier: Apache-2.0 */
/* Search: the best matches of several layers, and how many there are. */
#include "geom/distance.h"
#include "search/facets.h"

#include <math.h>
#include <stdlib.h>

enum { LOOK_AT_CLOCK_EVERY = 1024 };

struct candidate {
    const struct atlas_layer *layer;
    uint32_t feature;
    float importance;
    struct search_rank rank;
    bool is_measured;
    double distance_m;
};

struct search {
    const struct search_request *request;
    struct im_arena *arena;
    struct search_words words;
    enum search_found most;
    bool has_origin;
    struct geodesic_origin origin;
    struct geom outline;    /* GEOM_EMPTY: distances are from `origin` */
    struct candidate *best; /* a heap, the worst on top; at last in order */
    size_t n_best;
    uint64_t n_matched;
    struct search_counts *counts;
};

/* ---- order ---- */

static double measure(const struct search *s, struct candidate *c)
{
    double lon;
    double lat;

    if (c->is_measured)
        return c->distance_m;
    struct geom g = atlas_geom(c->layer, c->feature);
    c->is_measured = true;
    if (!s->has_origin || g.kind == GEOM_EMPTY)
        c->distance_m = (double)NAN;
    else if (s->outline.kind != GEOM_EMPTY)
        c->distance_m = geom_between_m(&s->outline, &g, HUGE_VAL, &lon, &lat);
    else
        c->distance_m = geom_distance_from(&s->origin, &g, HUGE_VAL, &lon, &lat);
    return c->distance_m;
}

static int compare_keys(const struct candidate *a, const struct candidate *b)
{
    int key = a->layer->schema->key;
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

static int compare(const struct search *s, struct candidate *a, struct candidate *b)
{
    if (a->rank.match != b->rank.match)
        return a->rank.match < b->rank.match ? -1 : 1;
    if (a->rank.in_pieces != b->rank.in_pieces)
        return a->rank.in_pieces ? 1 : -1;
    if (a->importance != b->importance)
        return a->importance > b->importance ? -1 : 1;
    if (s->has_origin) {
        double x = measure(s, a);
        double y = measure(s, b);

        if (isnan(x) != isnan(y))
            return isnan(x) ? 1 : -1;
        if (x < y || x > y)
            return x < y ? -1 : 1;
    }
    if (a->layer == b->layer)
        return compare_keys(a, b);
    const struct layer_schema *l = a->layer->schema;
    const struct layer_schema *m = b->layer->schema;
    return l->order != m->order ? (l->order > m->order) - (l->order < m->order)
                                : strcmp(l->id, m->id);
}

static void sift_down(struct search *s, size_t n)
{
    struct candidate moving = s->best[0];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= n)
            break;
        if (child + 1 < n && compare(s, &s->best[child + 1], &s->best[child]) > 0)
            child++;
        if (compare(s, &s->best[child], &moving) <= 0)
            break;
        s->best[i] = s->best[child];
        i = child;
    }
    s->best[i] = moving;
}

static void offer(struct search *s, struct candidate *c)
{
    size_t i = s->n_best;

    if (i == s->request->limit) {
        if (i == 0 || compare(s, c, &s->best[0]) >= 0)
            return;
        s->best[0] = *c;
        sift_down(s, s->n_best);
        return;
    }
    s->n_best++;
    while (i > 0 && compare(s, c, &s->best[(i - 1) / 2]) > 0) {
        s->best[i] = s->best[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->best[i] = *c;
}

/* Take the worst off the top again and again: the best comes first. */
static void put_in_order(struct search *s)
{
    for (size_t n = s->n_best; n > 1; n--) {
        struct candidate worst = s->best[0];

        s->best[0] = s->best[n - 1];
        sift_down(s, n - 1);
        s->best[n - 1] = worst;
    }
}

/* ---- rows ---- */

static bool has_filter(const struct query_request *rows)
{
    return rows && (rows->filter || rows->time.is_set ||
                    (rows->area && rows->area->kind != QUERY_EVERYWHERE));
}

struct passing {
    uint8_t *bits;
};

static bool mark(void *ctx, uint32_t feature)
{
    struct passing *p = ctx;

    p->bits[feature / 8] |= (uint8_t)(1u << feature % 8);
    return true;
}

/* Keep what the request's area, filter and time let through. */
static enum im_code keep_passing(struct search *s,
                                 const struct atlas_layer *layer,
                                 struct search_list *list,
                                 struct cql_fault *fault,
                                 struct im_error *err)
{
    struct query_request rows = *s->request->rows;
    struct passing p = {im_arena_calloc(s->arena, layer->n / 8 + (size_t)1, 1)};
    uint32_t *kept = im_arena_alloc(s->arena, (list->n + 1) * sizeof *kept);
    size_t n = 0;
    enum im_code rc;

    if (!p.bits || !kept)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    rows.layers = &layer;
    rows.n_layers = 1;
    rows.words = (struct im_bytes){0};
    rows.atlas = s->request->atlas;
    rc = query_each(&rows, layer, s->arena, mark, &p, fault, err);
    for (size_t i = 0; i < list->n; i++)
        if (p.bits[list->features[i] / 8] >> list->features[i] % 8 & 1)
            kept[n++] = list->features[i];
    *list = (struct search_list){kept, n};
    return rc;
}

/* Outlines that nobody has reviewed are not for the public. */
static void keep_reviewed(const struct atlas_layer *layer,
                          struct search_list *list,
                          uint32_t *features)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        uint32_t feature = list->features[i];

        if (feature >= layer->n_placed ||
            atlas_class(layer, feature) < atlas_class_of(PRECISION_EXACT, true))
            features[n++] = feature;
    }
    list->n = n;
}

static enum im_code rank_all(struct search *s,
                             struct search_matcher *m,
                             const struct search_list *list,
                             const struct im_deadline *deadline,
                             struct im_error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        struct candidate c = {.layer = m->layer, .feature = list->features[i]};

        if (i % LOOK_AT_CLOCK_EVERY == 0 && im_deadline_passed(deadline))
            return im_deadline_fail(err);
        c.importance = atlas_importance(m->layer, c.feature);
        c.rank.match = SEARCH_MISTYPED;
        if (s->most != SEARCH_WRONG)
            c.rank = search_rank_of(m, c.feature);
        offer(s, &c);
    }
    return im_buf_check(&m->text, "search", err);
}

static enum im_code search_layer(struct search *s,
                                 const struct atlas_layer *layer,
                                 struct cql_fault *fault,
                                 struct im_error *err)
{
    const struct query_request *rows = s->request->rows;
    const struct im_deadline *deadline = rows ? &rows->deadline : NULL;
    struct search_matcher m;
    struct search_list list = {0};
    enum im_code rc = search_matcher_init(&m, layer, &s->words, s->request->is_suggest,
                                          s->most, deadline, s->arena, err);

    if (rc == IM_OK)
        rc = search_rows(&m, deadline, s->arena, &list, err);
    if (rc == IM_OK && rows && rows->leave_out_unreviewed)
        keep_reviewed(layer, &list, (uint32_t *)list.features);
    if (rc == IM_OK && list.n && has_filter(rows))
        rc = keep_passing(s, layer, &list, fault, err);
    if (rc == IM_OK)
        rc = rank_all(s, &m, &list, deadline, err);
    if (rc == IM_OK && s->counts)
        rc = search_counts_add(s->counts, layer, &list, err);
    s->n_matched += list.n;
    search_matcher_release(&m);
    return rc;
}

/* Layers that are searched when none is named. While typing, tables and outlines (their
 * names are those of the divisions) would only stand in the way. */
static bool is_asked(const struct layer_schema *schema, bool is_suggest)
{
    if (schema->is_internal || schema->is_base)
        return false;
    return !is_suggest ||
           (schema->group != SCHEMA_TABLES && !schema_is_outlines(schema));
}

static enum im_code
search_layers(struct search *s, struct cql_fault *fault, struct im_error *err)
{
    const struct search_request *r = s->request;
    enum im_code rc = IM_OK;

    if (r->rows && r->rows->n_layers) {
        for (size_t i = 0; i < r->rows->n_layers && rc == IM_OK; i++)
            rc = search_layer(s, r->rows->layers[i], fault, err);
        return rc;
    }
    for (size_t i = 0; i < atlas_layer_count(r->atlas) && rc == IM_OK; i++)
        if (is_asked(atlas_layer_at(r->atlas, i)->schema, r->is_suggest))
            rc = search_layer(s, atlas_layer_at(r->atlas, i), fault, err);
    return rc;
}

/* ---- the whole ---- */

static enum im_code start(struct search *s, struct im_error *err)
{
    const struct search_request *r = s->request;

    if (r->limit > SEARCH_MAX_LIMIT) {
        im_fail(err, IM_EARG, "a search lists at most %d places, asked were %u",
                SEARCH_MAX_LIMIT, r->limit);
        return im_zh(err, IM_EARG, "搜索最多列出 %d 处，此处要求 %u 处",
                     SEARCH_MAX_LIMIT, r->limit);
    }
    if (r->rows && r->rows->has_origin) {
        s->has_origin = true;
        geodesic_origin_init(&s->origin, r->rows->lon, r->rows->lat);
        if (r->rows->outline_layer)
            s->outline = atlas_geom(r->rows->outline_layer, r->rows->outline);
    }
    s->best = im_arena_calloc(s->arena, r->limit + (size_t)1, sizeof *s->best);
    if (r->with_facets)
        s->counts = search_counts_new(s->arena);
    if (!s->best || (r->with_facets && !s->counts))
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    return search_words_parse(r->words, s->arena, &s->words, err);
}

static bool may_be_mistyped(const struct search_words *words)
{
    for (size_t i = 0; i < words->n_terms; i++)
        if (words->terms[i].is_latin && !words->terms[i].pattern.has_digit &&
            words->terms[i].pattern.n >= SEARCH_LEAST_MISTYPED)
            return true;
    return false;
}

static enum im_code
fill_hits(struct search *s, struct search_answer *out, struct im_error *err)
{
    out->hits = im_arena_calloc(s->arena, s->n_best + 1, sizeof *out->hits);
    if (!out->hits)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    put_in_order(s);
    out->n_hits = s->n_best;
    out->n_matched = s->n_matched;
    for (size_t i = 0; i < s->n_best; i++) {
        struct candidate *c = &s->best[i];

        out->hits[i] = (struct search_hit){
            c->layer, c->feature, c->rank.match,
            search_field_of(&s->words, c->layer, c->feature, c->rank, s->most),
            measure(s, c)};
    }
    if (s->counts)
        search_counts_finish(s->counts, out->facets);
    return IM_OK;
}

enum im_code search_run(const struct search_request *request,
                        struct im_arena *arena,
                        struct search_answer *out,
                        struct cql_fault *fault,
                        struct im_error *err)
{
    struct search s = {.request = request, .arena = arena, .most = SEARCH_LETTERS};
    struct search_answer answer = {0};
    enum im_code rc = start(&s, err);

    if (rc == IM_OK)
        rc = search_layers(&s, fault, err);
    if (rc == IM_OK && s.n_matched == 0 && may_be_mistyped(&s.words)) {
        s.most = SEARCH_WRONG;
        answer.is_mistyped = true;
        rc = search_layers(&s, fault, err);
    }
    if (rc == IM_OK)
        rc = fill_hits(&s, &answer, err);
    if (rc == IM_OK) {
        answer.is_mistyped = answer.is_mistyped && answer.n_matched > 0;
        *out = answer;
    }
    return rc;
}
