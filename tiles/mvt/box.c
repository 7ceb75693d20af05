/* SPDX-License-Identifier: Apache-2.0 */
/* Rings that were cut to a box, without the edges that go there and back along it.
 *
 * Cutting against one edge after the other keeps a ring one ring: what it left in the
 * box in several pieces hangs together by edges along the box, over each other. Taken
 * away, these leave chains from box to box with the inside to their right (y down), so
 * that each goes on clockwise along the box to where the next one begins. */
#include "mvt/mend.h"

#include <stdlib.h>
#include <string.h>

/* From box to box. */
struct chain {
    uint32_t ring_first; /* of the ring that it is a part of */
    uint32_t ring_n;
    uint32_t first; /* vertex, counted from ring_first */
    uint32_t n;
    bool is_used;
};

/* Where a chain begins or ends: the way clockwise from the upper left corner. */
struct stop {
    int32_t way;
    uint32_t chain;
    bool is_start;
};

struct work {
    const struct mend_rings *in;
    struct mend_rings *out;
    int32_t min, max;
    struct chain *chains;
    struct stop *stops; /* two of each chain, by their way */
    uint32_t *place;    /* of a chain's end among the stops */
    uint32_t n;
};

static bool is_along(const struct work *w, const int32_t *a, const int32_t *b)
{
    return (a[0] == b[0] && (a[0] == w->min || a[0] == w->max)) ||
           (a[1] == b[1] && (a[1] == w->min || a[1] == w->max));
}

static int32_t way_of(const struct work *w, const int32_t *p)
{
    int32_t side = w->max - w->min;

    if (p[1] == w->min)
        return p[0] - w->min;
    if (p[0] == w->max)
        return side + p[1] - w->min;
    if (p[1] == w->max)
        return 2 * side + w->max - p[0];
    return 3 * side + w->max - p[1];
}

static const int32_t *vertex(const struct work *w, const struct chain *c, uint32_t i)
{
    uint32_t at = (c->first + i) % c->ring_n;

    return w->in->xy + 2 * ((size_t)c->ring_first + at);
}

static bool edge_is_along(const struct work *w, uint32_t first, uint32_t n, uint32_t i)
{
    return is_along(w, w->in->xy + 2 * ((size_t)first + i),
                    w->in->xy + 2 * ((size_t)first + (i + 1 == n ? 0 : i + 1)));
}

/* The chains of one ring; false when it has no edge along the box. */
static bool cut_ring(struct work *w, uint32_t first, uint32_t end)
{
    uint32_t n = end - first;
    uint32_t k = 0;
    bool is_open = false;

    while (k < n && !edge_is_along(w, first, n, k))
        k++;
    if (k == n)
        return false;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t at = (k + i) % n;

        if (edge_is_along(w, first, n, at)) {
            is_open = false;
            continue;
        }
        if (!is_open)
            w->chains[w->n++] = (struct chain){first, n, at, 1, false};
        w->chains[w->n - 1].n++;
        is_open = true;
    }
    return true;
}

static int by_way(const void *a, const void *b)
{
    const struct stop *x = a;
    const struct stop *y = b;

    return (x->way > y->way) - (x->way < y->way);
}

/* Each way along the box leads from an end to a start; what rounding made of narrow
 * places may not be so. */
static bool sort_stops(struct work *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        const struct chain *c = &w->chains[i];

        w->stops[2 * i] = (struct stop){way_of(w, vertex(w, c, 0)), i, true};
        w->stops[2 * i + 1] =
            (struct stop){way_of(w, vertex(w, c, c->n - 1)), i, false};
    }
    qsort(w->stops, 2 * (size_t)w->n, sizeof *w->stops, by_way);
    for (uint32_t i = 0; i < 2 * w->n; i++) {
        const struct stop *next = &w->stops[(i + 1) % (2 * w->n)];

        if (next->is_start == w->stops[i].is_start || next->way == w->stops[i].way)
            return false;
        if (!w->stops[i].is_start)
            w->place[w->stops[i].chain] = i;
    }
    return true;
}

/* The corners between two places on the box. */
static bool put_corners(struct work *w, int32_t from, int32_t to)
{
    const int32_t corners[4][2] = {
        {w->min, w->min}, {w->max, w->min}, {w->max, w->max}, {w->min, w->max}};
    int32_t side = w->max - w->min;

    if (to < from)
        to += 4 * side;
    for (int32_t i = from / side + 1; i * side < to; i++)
        if (!mend_put_vertex(w->out, corners[i % 4]))
            return false;
    return true;
}

static bool put_loop(struct work *w, uint32_t chain)
{
    uint32_t first = w->out->n_points;

    while (!w->chains[chain].is_used) {
        struct chain *c = &w->chains[chain];
        const struct stop *end = &w->stops[w->place[chain]];
        const struct stop *next = &w->stops[(w->place[chain] + 1) % (2 * w->n)];

        c->is_used = true;
        for (uint32_t i = 0; i < c->n; i++)
            if (!mend_put_vertex(w->out, vertex(w, c, i)))
                return false;
        if (!put_corners(w, end->way, next->way))
            return false;
        chain = next->chain;
    }
    return mend_end_ring(w->out, first) &&
           mend_area2(w->out->xy + 2 * (size_t)first, w->out->n_points - first) > 0;
}

static const int32_t *ring_at(const struct mend_rings *r, uint32_t i, uint32_t *n)
{
    uint32_t first = i ? r->end[i - 1] : 0;

    *n = r->end[i] - first;
    return r->xy + 2 * (size_t)first;
}

/* By the edges that a ray to the right meets. */
static bool contains(const int32_t *xy, uint32_t n, const int32_t *p)
{
    bool is_inside = false;

    for (uint32_t i = 0, j = n - 1; i < n; j = i++) {
        const int32_t *a = xy + 2 * (size_t)i;
        const int32_t *b = xy + 2 * (size_t)j;
        int64_t t = (int64_t)(b[0] - a[0]) * (p[1] - a[1]) -
                    (int64_t)(b[1] - a[1]) * (p[0] - a[0]);

        if ((a[1] > p[1]) != (b[1] > p[1]) && (b[1] > a[1] ? t > 0 : t < 0))
            is_inside = !is_inside;
    }
    return is_inside;
}

static bool copy_ring(struct mend_rings *out, const int32_t *xy, uint32_t n)
{
    uint32_t first = out->n_points;

    for (uint32_t i = 0; i < n; i++)
        if (!mend_put_vertex(out, xy + 2 * (size_t)i))
            return false;
    return mend_end_ring(out, first);
}

/* Rings that do not follow the box; holes that lost their outer ring wait for its
 * pieces. `is_cut` of each ring. */
static bool put_others(struct work *w, const bool *is_cut)
{
    bool has_outer = false;

    for (uint32_t i = 0; i < w->in->n_rings; i++) {
        uint32_t n;
        const int32_t *xy = ring_at(w->in, i, &n);

        if (mend_area2(xy, n) > 0)
            has_outer = !is_cut[i];
        if (has_outer && !is_cut[i] && !copy_ring(w->out, xy, n))
            return false;
    }
    return true;
}

/* The holes of rings that were cut, that lie in this loop. */
static bool put_holes(struct work *w,
                      const bool *is_cut,
                      const struct mend_rings *loops,
                      uint32_t loop)
{
    bool has_outer = false;
    uint32_t n_loop;
    const int32_t *outer = ring_at(loops, loop, &n_loop);

    for (uint32_t i = 0; i < w->in->n_rings; i++) {
        uint32_t n;
        const int32_t *xy = ring_at(w->in, i, &n);

        if (mend_area2(xy, n) > 0)
            has_outer = !is_cut[i];
        else if (!has_outer && !is_cut[i] && contains(outer, n_loop, xy) &&
                 !copy_ring(w->out, xy, n))
            return false;
    }
    return true;
}

static bool put_loops(struct work *w, const bool *is_cut)
{
    struct mend_rings loops = {0};
    struct mend_rings *out = w->out;
    bool good = true;

    w->out = &loops;
    for (uint32_t i = 0; i < w->n && good; i++)
        good = w->chains[i].is_used || put_loop(w, i);
    w->out = out;
    for (uint32_t i = 0; i < loops.n_rings && good; i++) {
        uint32_t n;
        const int32_t *xy = ring_at(&loops, i, &n);

        good = copy_ring(out, xy, n) && put_holes(w, is_cut, &loops, i);
    }
    mend_rings_release(&loops);
    return good;
}

static bool allocate(struct work *w, bool **is_cut)
{
    size_t n = w->in->n_points / 2 + 1; /* chains have two vertices of their own */

    w->chains = malloc(n * sizeof *w->chains);
    w->stops = malloc(2 * n * sizeof *w->stops);
    w->place = malloc(n * sizeof *w->place);
    *is_cut = calloc(w->in->n_rings, sizeof **is_cut);
    return w->chains && w->stops && w->place && *is_cut;
}

static bool any_along(const struct work *w)
{
    uint32_t first = 0;
    uint32_t n_along = 0;

    for (uint32_t k = 0; k < w->in->n_rings; first = w->in->end[k], k++)
        for (uint32_t i = 0; i < w->in->end[k] - first; i++)
            n_along += edge_is_along(w, first, w->in->end[k] - first, i);
    return n_along > 0;
}

void mend_box(struct mend_rings *rings, int32_t min, int32_t max)
{
    struct mend_rings made = {0};
    struct work w = {.in = rings, .out = &made, .min = min, .max = max};
    bool *is_cut = NULL;
    uint32_t first = 0;
    bool good;

    if (!any_along(&w))
        return;
    good = allocate(&w, &is_cut);
    for (uint32_t i = 0; i < rings->n_rings && good; first = rings->end[i], i++)
        is_cut[i] = cut_ring(&w, first, rings->end[i]);
    if (good && w.n && sort_stops(&w) && put_others(&w, is_cut) &&
        put_loops(&w, is_cut)) {
        struct mend_rings old = *rings;

        *rings = made;
        made = old;
    }
    mend_rings_release(&made);
    free(w.chains);
    free(w.stops);
    free(w.place);
    free(is_cut);
}
