/* SPDX-License-Identifier: Apache-2.0 */
/* Search: the best matches of several layers, and how many there are. */
#include "search/best.h"
#include "search/facets.h"

/* MANY: rows that are ranked one by one in well under a millisecond. */
enum { LOOK_AT_CLOCK_EVERY = 1024, MANY = 1000 };

struct search {
    const struct search_request *request;
    struct im_arena *arena;
    struct search_words words;
    enum search_found most;
    struct search_best best;
    uint64_t n_matched;
    struct search_counts *counts;
};

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

static void keep_reviewed(const struct atlas_layer *layer, struct search_list *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (!search_is_unreviewed(layer, list->features[i]))
            list->features[n++] = list->features[i];
    list->n = n;
}

static enum im_code rank_all(struct search *s,
                             struct search_matcher *m,
                             const struct search_list *list,
                             const struct im_deadline *deadline,
                             struct im_error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        if (i % LOOK_AT_CLOCK_EVERY == 0 && im_deadline_passed(deadline))
            return im_deadline_fail(err);
        search_best_offer(&s->best, m->layer, list->features[i],
                          search_rank_of(m, list->features[i]));
    }
    return im_buf_check(&m->text, "search", err);
}

/* The first of suggestions are all that is asked: nothing is counted. */
static bool is_first_enough(const struct search *s, const struct search_matcher *m)
{
    return s->request->is_suggest && m->index && !s->counts &&
           !has_filter(s->request->rows);
}

static enum im_code list_layer(struct search *s,
                               struct search_matcher *m,
                               struct cql_fault *fault,
                               struct im_error *err)
{
    const struct query_request *rows = s->request->rows;
    const struct im_deadline *deadline = rows ? &rows->deadline : NULL;
    struct search_list list = {0};
    enum im_code rc = search_rows(m, deadline, s->arena, &list, err);

    if (rc == IM_OK && rows && rows->leave_out_unreviewed)
        keep_reviewed(m->layer, &list);
    if (rc == IM_OK && list.n && has_filter(rows))
        rc = keep_passing(s, m->layer, &list, fault, err);
    if (rc == IM_OK && s->counts)
        rc = search_counts_add(s->counts, m->layer, &list, err);
    if (rc != IM_OK)
        return rc;
    s->n_matched += list.n;
    return m->index && list.n > MANY
               ? search_first_of(m, &s->best, &list, false, deadline, s->arena, err)
               : rank_all(s, m, &list, deadline, err);
}

static enum im_code search_layer(struct search *s,
                                 const struct atlas_layer *layer,
                                 struct cql_fault *fault,
                                 struct im_error *err)
{
    const struct query_request *rows = s->request->rows;
    const struct im_deadline *deadline = rows ? &rows->deadline : NULL;
    struct search_matcher m;
    enum im_code rc = search_matcher_init(&m, layer, &s->words, s->request->is_suggest,
                                          s->most, deadline, s->arena, err);

    if (rc == IM_OK)
        rc = is_first_enough(s, &m)
                 ? search_first_of(&m, &s->best, NULL,
                                   rows && rows->leave_out_unreviewed, deadline,
                                   s->arena, err)
                 : list_layer(s, &m, fault, err);
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
    if (!search_best_init(&s->best, r->rows, r->limit, s->arena))
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    if (r->with_facets)
        s->counts = search_counts_new(s->arena);
    if (r->with_facets && !s->counts)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    return search_words_parse(r->words, s->arena, &s->words, err);
}

static bool may_be_mistyped(const struct search_words *words, bool is_suggest)
{
    unsigned least = is_suggest ? SEARCH_SUGGEST_LETTERS : SEARCH_LEAST_MISTYPED;

    for (size_t i = 0; i < words->n_terms; i++)
        if (words->terms[i].is_latin && !words->terms[i].pattern.has_digit &&
            words->terms[i].pattern.n >= least)
            return true;
    return false;
}

static enum im_code
fill_hits(struct search *s, struct search_answer *out, struct im_error *err)
{
    struct search_best *best = &s->best;

    out->hits = im_arena_calloc(s->arena, best->n + 1, sizeof *out->hits);
    if (!out->hits)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    search_best_sort(best);
    out->n_hits = best->n;
    out->n_matched = s->request->is_suggest ? best->n : s->n_matched;
    for (size_t i = 0; i < best->n; i++) {
        struct search_candidate *c = &best->all[i];

        out->hits[i] = (struct search_hit){
            c->layer, c->feature, c->rank.match,
            search_field_of(&s->words, c->layer, c->feature, c->rank, s->most),
            search_best_distance(best, c)};
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
    if (rc == IM_OK && s.n_matched == 0 && s.best.n == 0 &&
        may_be_mistyped(&s.words, request->is_suggest)) {
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
