/* SPDX-License-Identifier: Apache-2.0 */
/* Vertices before they are cut: thinned, and moved to whole pixels. */
#include "clip.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST = 5 }; /* fewer vertices are not thinned, nor is anything to fewer */

static bool is_one_cell(const uint32_t *a, const uint32_t *b, unsigned bits)
{
    return ((a[0] ^ b[0]) | (a[1] ^ b[1])) >> bits == 0;
}

/* The vertices of one cell from i on, but never the ends of the part. */
static uint32_t
run_end(const uint32_t *xy, uint32_t first, uint32_t i, uint32_t end, unsigned bits)
{
    uint32_t k = i + 1;

    while (i > first && k + 1 < end &&
           is_one_cell(xy + 2 * (size_t)i, xy + 2 * (size_t)k, bits))
        k++;
    return k;
}

static bool is_thinned(const uint32_t *xy, uint32_t first, uint32_t end, unsigned bits)
{
    uint32_t n_runs = 0;

    for (uint32_t i = first; i < end && n_runs < LEAST; n_runs++)
        i = run_end(xy, first, i, end, bits);
    return end - first > LEAST && n_runs == LEAST;
}

struct vertex {
    int64_t sum[2]; /* over the run: x, y */
    uint32_t n;
    unsigned beyond; /* which edges of the window, a bit each */
};

static struct vertex
vertex_of(const uint32_t *xy, uint32_t i, uint32_t end, const struct clip_window *w)
{
    struct vertex v = {.n = end - i};

    for (; i < end; i++) {
        v.sum[0] += xy[2 * (size_t)i];
        v.sum[1] += xy[2 * (size_t)i + 1];
    }
    if (w) {
        int64_t x = v.n == 1 ? v.sum[0] : v.sum[0] / v.n;
        int64_t y = v.n == 1 ? v.sum[1] : v.sum[1] / v.n;

        v.beyond = (unsigned)(x < w->min_x) | (unsigned)(x > w->max_x) << 1 |
                   (unsigned)(y < w->min_y) << 2 | (unsigned)(y > w->max_y) << 3;
    }
    return v;
}

static double snapped(double v, double phase)
{
    return floor(v - phase + 0.5) + phase;
}

/* Is the edge between two vertices one that is moved across `axis`? */
static bool is_along(const struct vertex *a,
                     const struct vertex *b,
                     unsigned axis,
                     struct tile_frame frame)
{
    unsigned other = 1 - axis;

    return a->n == 1 && b->n == 1 && a->sum[axis] == b->sum[axis] &&
           (double)llabs(a->sum[other] - b->sum[other]) * frame.scale >=
               frame.snap.least;
}

/* `around`: the vertices before and after it; NULL: none. */
static void put_vertex(struct clip_path *out,
                       const struct vertex *v,
                       const struct vertex *const around[2],
                       struct tile_frame frame)
{
    const int64_t origin[2] = {frame.x0, frame.y0};
    double at[2];

    for (unsigned axis = 0; axis < 2; axis++) {
        at[axis] = (double)(v->sum[axis] - v->n * origin[axis]);
        if (v->n > 1)
            at[axis] /= v->n;
        at[axis] *= frame.scale;
        for (unsigned i = 0; i < 2 && frame.snap.least > 0; i++)
            if (around[i] && is_along(v, around[i], axis, frame)) {
                at[axis] = snapped(at[axis], frame.snap.phase[axis]);
                break;
            }
    }
    clip_path_point(out, at[0], at[1]);
}

/* Is the part closed? Then its second and its last but one vertex. */
static bool ring_ends(const uint32_t *xy,
                      uint32_t first,
                      uint32_t end,
                      unsigned bits,
                      struct vertex ends[2])
{
    uint32_t start; /* of the run before the last vertex */

    if (end - first < 4 || xy[2 * (size_t)first] != xy[2 * (size_t)end - 2] ||
        xy[2 * (size_t)first + 1] != xy[2 * (size_t)end - 1])
        return false;
    start = end - 2;
    while (bits && start > first + 1 &&
           is_one_cell(xy + 2 * ((size_t)start - 1), xy + 2 * ((size_t)end - 2), bits))
        start--;
    ends[0] =
        vertex_of(xy, first + 1,
                  bits ? run_end(xy, first, first + 1, end, bits) : first + 2, NULL);
    ends[1] = vertex_of(xy, start, end - 1, NULL);
    return true;
}

void clip_thinned(const struct atlas_shape *shape,
                  uint32_t first,
                  uint32_t end,
                  struct tile_frame frame,
                  const struct clip_window *window,
                  struct clip_path *out)
{
    const uint32_t *xy = shape->xy;
    unsigned bits = is_thinned(xy, first, end, frame.thin_bits) ? frame.thin_bits : 0;
    struct vertex v[3] = {0}; /* before, at hand, after */
    struct vertex ends[2];    /* after the first and before the last of a ring */
    bool is_ring = ring_ends(xy, first, end, bits, ends);
    unsigned last = 0; /* of the last vertex that was put: the first one is */

    clip_path_clear(out);
    for (uint32_t i = first, k; i < end && !out->failed; i = k) {
        k = bits ? run_end(xy, first, i, end, bits) : i + 1;
        v[2] = vertex_of(xy, i, k, window);
        if (v[1].n && !(last & v[1].beyond & v[2].beyond)) {
            const struct vertex *before = is_ring ? &ends[1] : NULL;

            put_vertex(out, &v[1],
                       (const struct vertex *const[]){v[0].n ? &v[0] : before, &v[2]},
                       frame);
            last = v[1].beyond;
        }
        v[0] = v[1];
        v[1] = v[2];
    }
    if (v[1].n) /* the last one is put too */
        put_vertex(out, &v[1],
                   (const struct vertex *const[]){v[0].n ? &v[0] : NULL,
                                                  is_ring ? &ends[0] : NULL},
                   frame);
}

/* ---- other grids, where vertices are projected before ---- */

void clip_snap_part(double *xy, uint32_t n, struct clip_snap snap)
{
    bool is_closed =
        n > 1 && xy[0] == xy[2 * (size_t)n - 2] && xy[1] == xy[2 * (size_t)n - 1];
    double first[2];
    double a[2]; /* where the vertex at hand was */

    if (n < 2)
        return;
    a[0] = first[0] = xy[0];
    a[1] = first[1] = xy[1];
    for (uint32_t i = 0; i + 1 < n; i++) {
        double *p = xy + 2 * (size_t)i;
        double b[2] = {p[2], p[3]};

        if (a[0] == b[0] && fabs(a[1] - b[1]) >= snap.least)
            p[0] = p[2] = snapped(a[0], snap.phase[0]);
        if (a[1] == b[1] && fabs(a[0] - b[0]) >= snap.least)
            p[1] = p[3] = snapped(a[1], snap.phase[1]);
        a[0] = b[0];
        a[1] = b[1];
    }
    for (uint32_t axis = 0; axis < 2 && is_closed; axis++) {
        double *last = xy + 2 * (size_t)n - 2;

        if (xy[axis] == first[axis])
            xy[axis] = last[axis];
        last[axis] = xy[axis];
    }
}
