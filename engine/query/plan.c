/* SPDX-License-Identifier: Apache-2.0 */
/* Which way to the rows is the shortest. */
#include "query/plan.h"

#include <math.h>

/* Nanoseconds, found by measuring on a million points; only their ratios matter. */
#define ROW_NS 2.0        /* the next number */
#define LIST_ROW_NS 6.0   /* a row somewhere in memory */
#define TREE_ROW_NS 4.0   /* a row of a leaf, its box looked at */
#define LEAF_NS 25.0      /* a leaf and what led there */
#define QUEUE_ROW_NS 90.0 /* into the queue, out of it, measured */
#define REGION_NS 40.0
#define WORDS_NS 40.0
#define TIME_NS 5.0
#define COMPARISON_NS 3.0 /* the unit of cql_bounds.cost */
#define START_NS 500.0

enum { SAMPLE = 32 };

uint32_t query_plan_patience(const struct candidates *c)
{
    return c->layer->n / 16 > 4096 ? c->layer->n / 16 : 4096;
}

static double test_ns(const struct select_layer *s, const struct query_plan *plan)
{
    double ns = 0;

    if (s->program && !plan->filter_is_sure)
        ns += s->bounds.cost * COMPARISON_NS + COMPARISON_NS;
    if (s->region && !plan->region_is_sure)
        ns += REGION_NS;
    if (s->has_words && !plan->words_are_sure)
        ns += WORDS_NS;
    return ns + (s->time.is_set ? TIME_NS : 0);
}

/* Share of the rows that pass, from rows at even steps: the same ones each time. */
static double sample_share(struct select_layer *s, const struct candidates *c)
{
    uint32_t n = c->placed_only ? s->layer->n_placed : s->layer->n;
    double passed = 0.5; /* none of a few does not mean none */

    if (s->is_open || n == 0)
        return 1;
    for (uint32_t i = 0; i < SAMPLE; i++)
        passed += select_admits(s, (uint32_t)((uint64_t)n * i / SAMPLE));
    return passed / (SAMPLE + 0.5);
}

/* The same among the rows that have one of the codes. */
static double sample_codes(struct select_layer *s, const struct candidates *c)
{
    double passed = 0.5;
    double tried = 0.5;

    for (size_t i = 0; i < c->n_codes && tried < SAMPLE; i++) {
        uint32_t start = c->index->start[c->codes[i]];
        uint32_t n = c->index->start[c->codes[i] + 1] - start;
        uint32_t step = n / 8 + 1;

        for (uint32_t at = 0; at < n && tried < SAMPLE; at += step) {
            passed += select_admits(s, c->index->features[start + at]);
            tried++;
        }
    }
    return passed / tried;
}

/* Nothing but the codes of the filter is asked. */
static bool codes_are_all(const struct select_layer *s)
{
    return s->program && s->bounds.codes_decide && !s->region && !s->has_words &&
           !s->time.is_set;
}

static void better(struct query_plan *best, const struct query_plan *other)
{
    if (other->cost_ns < best->cost_ns)
        *best = *other;
}

static void
try_all(struct query_plan *best, struct select_layer *s, const struct candidates *c)
{
    struct query_plan p = {.kind = CANDIDATES_ALL,
                           .rows = c->placed_only ? s->layer->n_placed : s->layer->n};

    p.cost_ns = p.rows * (ROW_NS + test_ns(s, &p));
    better(best, &p);
}

static void
try_tree(struct query_plan *best, struct select_layer *s, const struct candidates *c)
{
    /* a point in a box: the tree has looked at that */
    struct query_plan p = {.kind = CANDIDATES_TREE,
                           .region_is_sure =
                               s->region_is_box && atlas_layer_is_single(s->layer)};
    double among;

    if (!c->placed_only || (!c->has_boxes && !c->has_radius && !c->near_codes))
        return;
    among = candidates_estimate_tree(c);
    p.rows = among;
    if (c->near_codes) {
        p.rows *= candidates_count_codes(c) / s->layer->n;
        p.filter_is_sure = s->bounds.codes_decide;
    }
    p.cost_ns = START_NS + among * (TREE_ROW_NS + LEAF_NS / TREE_NODE_SIZE) +
                p.rows * test_ns(s, &p);
    better(best, &p);
}

static void
try_codes(struct query_plan *best, struct select_layer *s, const struct candidates *c)
{
    struct query_plan p = {.kind = CANDIDATES_CODES,
                           .filter_is_sure = s->bounds.codes_decide};

    if (!c->index)
        return;
    p.rows = candidates_count_codes(c);
    p.cost_ns = p.rows * (LIST_ROW_NS + test_ns(s, &p));
    better(best, &p);
}

static void try_words(struct query_plan *best, struct select_layer *s)
{
    struct query_plan p = {.kind = CANDIDATES_WORDS, .words_are_sure = true};

    if (!s->has_words)
        return;
    p.rows = (double)s->n_words;
    p.cost_ns = p.rows * (LIST_ROW_NS + test_ns(s, &p));
    better(best, &p);
}

void query_plan_exhaustive(struct query_plan *out,
                           struct select_layer *s,
                           const struct candidates *c,
                           const struct query_aim *aim)
{
    struct query_plan best = {.kind = CANDIDATES_NONE};

    (void)aim;
    if (s->layer->n == 0 || (s->program && s->bounds.is_never) ||
        (s->time.is_set && s->layer->schema->roles.time == SCHEMA_NO_FIELD) ||
        (c->has_boxes && c->n_boxes == 0)) {
        *out = best;
        return;
    }
    best.cost_ns = HUGE_VAL;
    try_all(&best, s, c);
    try_tree(&best, s, c);
    try_codes(&best, s, c);
    try_words(&best, s);
    *out = best;
}

/* To find so many that pass, how many have to come out of the queue? A few more than
 * that are pushed into it: the rows of the leaves around. */
static void try_nearest(struct query_plan *best,
                        struct select_layer *s,
                        const struct candidates *c,
                        const struct query_aim *aim)
{
    struct query_plan p = {.kind = CANDIDATES_NEAREST};
    double n = s->layer->n_placed;
    double leaves;
    double seen; /* rows of the neighbourhood, those without the code too */

    if (!aim->nearest_first ||
        (aim->count && !s->is_open && !(codes_are_all(s) && c->near_codes)))
        return;
    if (aim->count && codes_are_all(s) && c->has_radius)
        return; /* how many are within it is known to nobody */
    if (c->near_codes) {
        double with_code = fmax(candidates_count_codes(c), 1);

        p.filter_is_sure = s->bounds.codes_decide;
        p.rows = (aim->wanted + TREE_NODE_SIZE) /
                 (codes_are_all(s) ? 1 : sample_codes(s, c));
        seen = fmin(p.rows * n / with_code, n);
    } else {
        p.rows = (aim->wanted + TREE_NODE_SIZE) / sample_share(s, c);
        seen = fmin(p.rows, n);
    }
    leaves = seen / TREE_NODE_SIZE + 8;
    if (c->near_codes && c->index->n_codes <= 64) /* masks tell exactly */
        leaves = fmin(leaves, p.rows * 2 + 8);
    p.cost_ns = START_NS + leaves * LEAF_NS + p.rows * (QUEUE_ROW_NS + test_ns(s, &p));
    if (p.rows < query_plan_patience(c))
        better(best, &p);
}

/* Rows of the page come first; where they end nobody else is looked at. */
static void try_by_fid(struct query_plan *best,
                       struct select_layer *s,
                       const struct candidates *c,
                       const struct query_aim *aim)
{
    struct query_plan p = {.kind = CANDIDATES_BY_FID};

    if (!aim->by_fid || !aim->one_class || (aim->count && !s->is_open))
        return;
    p.rows = fmin(aim->wanted / sample_share(s, c), s->layer->n);
    p.cost_ns = p.rows * (LIST_ROW_NS + test_ns(s, &p));
    better(best, &p);
}

void query_plan_make(struct query_plan *out,
                     struct select_layer *s,
                     const struct candidates *c,
                     const struct query_aim *aim)
{
    query_plan_exhaustive(out, s, c, aim);
    if (out->kind == CANDIDATES_NONE)
        return;
    /* every candidate is measured or ranked besides */
    out->cost_ns += out->rows * (aim->nearest_first ? QUEUE_ROW_NS / 3 : ROW_NS);
    try_nearest(out, s, c, aim);
    try_by_fid(out, s, c, aim);
}
