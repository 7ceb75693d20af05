/* SPDX-License-Identifier: Apache-2.0 */
/* Fewer vertices for low zooms: Douglas and Peucker (1973) with an explicit stack. */
#include "geom/simplify.h"

#include <stdlib.h>
#include <string.h>

void simplify_release(struct simplify_scratch *scratch)
{
    free(scratch->keep);
    free(scratch->stack);
    *scratch = (struct simplify_scratch){0};
}

static bool reserve(struct simplify_scratch *scratch, size_t n)
{
    size_t cap = n + n / 2 + 64;
    uint8_t *keep;
    uint32_t *stack;

    if (n <= scratch->cap)
        return true;
    keep = realloc(scratch->keep, cap);
    if (keep)
        scratch->keep = keep;
    /* each stretch on the stack ends in another vertex: never more than n of them */
    stack = realloc(scratch->stack, cap * 2 * sizeof *stack);
    if (stack)
        scratch->stack = stack;
    if (!keep || !stack)
        return false;
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

static void thin(const uint32_t *xy,
                 size_t first,
                 size_t last,
                 double tolerance2,
                 struct simplify_scratch *s)
{
    size_t depth = 0;

    s->stack[depth++] = (uint32_t)first;
    s->stack[depth++] = (uint32_t)last;
    while (depth) {
        double d;

        last = s->stack[--depth];
        first = s->stack[--depth];
        size_t at = farthest(xy, first, last, &d);
        if (d <= tolerance2)
            continue;
        s->keep[at] = 1;
        s->stack[depth++] = (uint32_t)first;
        s->stack[depth++] = (uint32_t)at;
        s->stack[depth++] = (uint32_t)at;
        s->stack[depth++] = (uint32_t)last;
    }
}

/* A ring has no ends: it is cut at its first vertex, at the one farthest from it and at
 * the one that then sticks out most, so that four points remain. */
static void
thin_ring(const uint32_t *xy, size_t n, double tolerance2, struct simplify_scratch *s)
{
    double d1;
    double d2;
    size_t far = farthest(xy, 0, n - 1, &d1);
    size_t left = farthest(xy, 0, far, &d1);
    size_t right = farthest(xy, far, n - 1, &d2);
    size_t cut = d1 >= d2 ? left : right;
    size_t low = cut < far ? cut : far;
    size_t high = cut < far ? far : cut;

    s->keep[low] = 1;
    s->keep[high] = 1;
    thin(xy, 0, low, tolerance2, s);
    thin(xy, low, high, tolerance2, s);
    thin(xy, high, n - 1, tolerance2, s);
}

size_t simplify_part(const uint32_t *xy,
                     size_t n,
                     bool ring,
                     double tolerance,
                     struct simplify_scratch *scratch,
                     uint32_t *out)
{
    size_t kept = 0;

    if (!reserve(scratch, n))
        return 0;
    memset(scratch->keep, 0, n);
    scratch->keep[0] = 1;
    scratch->keep[n - 1] = 1;
    if (ring && n > 4)
        thin_ring(xy, n, tolerance * tolerance, scratch);
    else if (ring)
        memset(scratch->keep, 1, n);
    else
        thin(xy, 0, n - 1, tolerance * tolerance, scratch);
    for (size_t i = 0; i < n; i++)
        if (scratch->keep[i]) {
            out[2 * kept] = xy[2 * i];
            out[2 * kept + 1] = xy[2 * i + 1];
            kept++;
        }
    return kept;
}
