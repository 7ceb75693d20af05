/* SPDX-License-Identifier: Apache-2.0 */
/* Fewer vertices for low zooms: Douglas and Peucker (1973) with an explicit stack. */
#include "geom/simplify.h"

#include <stdlib.h>
#include <string.h>

void simplify_release(struct simplify_scratch *scratch)
{
    free(scratch->stack);
    *scratch = (struct simplify_scratch){0};
}

static bool reserve(struct simplify_scratch *scratch, size_t n)
{
    size_t cap = n + n / 2 + 64;
    uint32_t *stack;

    if (n <= scratch->cap)
        return true;
    /* each stretch on the stack ends in another vertex: never more than n of them */
    stack = realloc(scratch->stack, cap * 3 * sizeof *stack);
    if (!stack)
        return false;
    scratch->stack = stack;
    scratch->cap = cap;
    return true;
}

/* Square of the distance from p to the stretch ab. */
static double distance2(const uint32_t *p, const uint32_t *a, const uint32_t *b)
{
    double dx = (double)b[0] - a[0];
    double dy = (double)b[1] - a[1];
    double px = (double)p[0] - a[0];
    double py = (double)p[1] - a[1];
    double len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? (px * dx + py * dy) / len2 : 0;

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    px -= t * dx;
    py -= t * dy;
    return px * px + py * py;
}

/* The vertex strictly between first and last that is farthest from their stretch;
 * `first` when there is none. */
static size_t
farthest(const uint32_t *xy, size_t first, size_t last, double *out_distance2)
{
    size_t at = first;
    double most = -1;

    for (size_t i = first + 1; i < last; i++) {
        double d = distance2(xy + 2 * i, xy + 2 * first, xy + 2 * last);

        if (d > most) {
            most = d;
            at = i;
        }
    }
    *out_distance2 = most;
    return at;
}

size_t simplify_farthest(const uint32_t *xy, size_t first, size_t last)
{
    double d;

    return farthest(xy, first, last, &d);
}

/* A stretch that was cut so often, each time off its middle, is cut there: vertices
 * that someone placed for it would take time of the order of n^2 else. */
enum { DEEP = 40 };

static void thin(const uint32_t *xy,
                 size_t first,
                 size_t last,
                 double tolerance2,
                 struct simplify_scratch *s,
                 uint8_t *keep)
{
    size_t n = 0;

    s->stack[n++] = (uint32_t)first;
    s->stack[n++] = (uint32_t)last;
    s->stack[n++] = 0;
    while (n) {
        uint32_t depth = s->stack[--n];
        double d;

        last = s->stack[--n];
        first = s->stack[--n];
        size_t at = farthest(xy, first, last, &d);
        if (d <= tolerance2)
            continue;
        if (depth > DEEP)
            at = first + (last - first) / 2;
        keep[at] = 1;
        s->stack[n++] = (uint32_t)first;
        s->stack[n++] = (uint32_t)at;
        s->stack[n++] = depth + 1;
        s->stack[n++] = (uint32_t)at;
        s->stack[n++] = (uint32_t)last;
        s->stack[n++] = depth + 1;
    }
}

/* A ring has no ends: it is cut at its first vertex, at the one farthest from it and at
 * the one that then sticks out most, so that four points remain. */
static void thin_ring(const uint32_t *xy,
                      size_t n,
                      double tolerance2,
                      struct simplify_scratch *s,
                      uint8_t *keep)
{
    double d1;
    double d2;
    size_t far = farthest(xy, 0, n - 1, &d1);
    size_t left = farthest(xy, 0, far, &d1);
    size_t right = farthest(xy, far, n - 1, &d2);
    size_t cut = d1 >= d2 ? left : right;
    size_t low = cut < far ? cut : far;
    size_t high = cut < far ? far : cut;

    keep[low] = 1;
    keep[high] = 1;
    thin(xy, 0, low, tolerance2, s, keep);
    thin(xy, low, high, tolerance2, s, keep);
    thin(xy, high, n - 1, tolerance2, s, keep);
}

static void thin_side(const uint32_t *xy,
                      size_t n,
                      double tolerance2,
                      struct simplify_scratch *s,
                      uint8_t *keep)
{
    size_t at = simplify_farthest(xy, 0, n - 1);

    keep[at] = 1;
    thin(xy, 0, at, tolerance2, s, keep);
    thin(xy, at, n - 1, tolerance2, s, keep);
}

bool simplify_marks(const uint32_t *xy,
                    size_t n,
                    enum simplify_kind kind,
                    double tolerance,
                    struct simplify_scratch *scratch,
                    uint8_t *keep)
{
    double tolerance2 = tolerance * tolerance;

    if (!reserve(scratch, n))
        return false;
    memset(keep, 0, n);
    keep[0] = 1;
    keep[n - 1] = 1;
    if (kind == SIMPLIFY_RING && n > 4)
        thin_ring(xy, n, tolerance2, scratch, keep);
    else if (kind == SIMPLIFY_RING)
        memset(keep, 1, n);
    else if (kind == SIMPLIFY_SIDE)
        thin_side(xy, n, tolerance2, scratch, keep);
    else
        thin(xy, 0, n - 1, tolerance2, scratch, keep);
    return true;
}
