/* SPDX-License-Identifier: Apache-2.0 */
/* Areas that stay valid when their vertices are rounded to whole tile units.
 *
 * Rounding moves vertices by half a unit: necks close, neighbouring edges cross, and
 * cutting to the tile lays edges of a ring and its holes over each other. Nearly all
 * areas come out well, so the common case is a question, answered with a grid of cells
 * in which edges are compared; only where two of them meet GEOS makes the area anew. */
#include "mvt/mend.h"

#include <geos_c.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_SIDE = 64, /* cells of the grid a side */
    /* comparisons for each edge: far more than outlines of the earth need; more edges
     * in one place touch each other anyway */
    WORK_PER_EDGE = 512,
    MAX_ROUNDS = 3
};

/* ---- rings ---- */

void mend_rings_release(struct mend_rings *rings)
{
    free(rings->xy);
    free(rings->end);
    *rings = (struct mend_rings){0};
}

void mend_rings_clear(struct mend_rings *rings)
{
    rings->n_points = 0;
    rings->n_rings = 0;
    rings->failed = false;
}

static bool room_for(struct mend_rings *rings, uint32_t n)
{
    if (n > rings->cap_points - rings->n_points) {
        size_t cap = ((size_t)rings->n_points + n) * 2;
        int32_t *xy = cap < UINT32_MAX / 2
                          ? realloc(rings->xy, cap * 2 * sizeof *rings->xy)
                          : NULL;

        rings->failed |= !xy;
        if (!xy)
            return false;
        rings->xy = xy;
        rings->cap_points = (uint32_t)cap;
    }
    if (rings->n_rings == rings->cap_rings) {
        uint32_t cap = rings->cap_rings ? rings->cap_rings * 2 : 64;
        uint32_t *end = realloc(rings->end, cap * sizeof *end);

        rings->failed |= !end;
        if (!end)
            return false;
        rings->end = end;
        rings->cap_rings = cap;
    }
    return true;
}

int64_t mend_area2(const int32_t *xy, uint32_t n)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = i + 1 == n ? 0 : i + 1;

        sum += (int64_t)xy[2 * i] * xy[2 * j + 1] - (int64_t)xy[2 * j] * xy[2 * i + 1];
    }
    return sum;
}

/* Positive when a, b, c turn clockwise on a screen. */
static int64_t turn(const int32_t *a, const int32_t *b, const int32_t *c)
{
    return (int64_t)(b[0] - a[0]) * (c[1] - a[1]) -
           (int64_t)(b[1] - a[1]) * (c[0] - a[0]);
}

static bool same(const int32_t *a, const int32_t *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

/* Does b, between a and c, add nothing but a way there and back? */
static bool is_fold(const int32_t *a, const int32_t *b, const int32_t *c)
{
    return same(b, c) ||
           (turn(a, b, c) == 0 && (int64_t)(b[0] - a[0]) * (c[0] - b[0]) +
                                          (int64_t)(b[1] - a[1]) * (c[1] - b[1]) <
                                      0);
}

bool mend_put_vertex(struct mend_rings *rings, const int32_t *xy)
{
    if (!room_for(rings, 1))
        return false;
    memcpy(rings->xy + 2 * (size_t)rings->n_points++, xy, 2 * sizeof *xy);
    return true;
}

/* Without folds, but for those where the end meets the beginning; in place. */
static uint32_t unfold(int32_t *xy, uint32_t n)
{
    uint32_t m = 0;

    for (uint32_t i = 0; i < n; i++) {
        const int32_t *p = xy + 2 * (size_t)i;

        while (m > 1 && is_fold(xy + 2 * (m - 2), xy + 2 * (m - 1), p))
            m--;
        if (m == 1 && same(xy, p))
            continue;
        memmove(xy + 2 * (size_t)m++, p, 2 * sizeof *p);
    }
    return m;
}

bool mend_end_ring(struct mend_rings *rings, uint32_t first)
{
    int32_t *xy = rings->xy + 2 * (size_t)first;
    uint32_t n = unfold(xy, rings->n_points - first);
    uint32_t skip = 0;

    for (bool changed = true; changed && n - skip > 2;) {
        if (is_fold(xy + 2 * (n - 2), xy + 2 * (n - 1), xy + 2 * skip))
            n--;
        else if (is_fold(xy + 2 * (n - 1), xy + 2 * skip, xy + 2 * (skip + 1)))
            skip++;
        else
            changed = false;
    }
    rings->n_points = first;
    if (n - skip < 3 || mend_area2(xy + 2 * (size_t)skip, n - skip) == 0)
        return false;
    if (skip)
        memmove(xy, xy + 2 * (size_t)skip, (n - skip) * 2 * sizeof *xy);
    rings->n_points += n - skip;
    rings->end[rings->n_rings++] = rings->n_points;
    return true;
}

bool mend_add_ring(struct mend_rings *rings, const int32_t *xy, uint32_t n)
{
    uint32_t first = rings->n_points;

    if (n < 3 || !room_for(rings, n))
        return false;
    memcpy(rings->xy + 2 * (size_t)first, xy, n * 2 * sizeof *xy);
    rings->n_points += n;
    return mend_end_ring(rings, first);
}

static bool add_point(struct mend_rings *rings, double x, double y)
{
    if (!room_for(rings, 1))
        return false;
    rings->xy[2 * (size_t)rings->n_points] = (int32_t)lround(x);
    rings->xy[2 * (size_t)rings->n_points + 1] = (int32_t)lround(y);
    rings->n_points++;
    return true;
}

static void reverse(int32_t *xy, uint32_t n)
{
    for (uint32_t i = 0, j = n - 1; i < j; i++, j--) {
        int32_t p[2] = {xy[2 * i], xy[2 * i + 1]};

        memcpy(xy + 2 * i, xy + 2 * j, sizeof p);
        memcpy(xy + 2 * j, p, sizeof p);
    }
}

/* ---- do any edges meet? ---- */

/* Seen from the middle of its box, does the ring go around once and always forward?
 * Then its edges meet only in its vertices. Most small areas are so, and it costs one
 * look at each edge. */
static bool is_star(const int32_t *xy, uint32_t n)
{
    int32_t box[4] = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    int32_t c[2];
    unsigned n_turns = 0;

    for (uint32_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++) {
            int32_t v = xy[2 * (size_t)i + (uint32_t)k];

            box[k] = v < box[k] ? v : box[k];
            box[2 + k] = v > box[2 + k] ? v : box[2 + k];
        }
    c[0] = box[0] + (box[2] - box[0]) / 2;
    c[1] = box[1] + (box[3] - box[1]) / 2;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t *a = xy + 2 * (size_t)i;
        const int32_t *b = xy + 2 * (size_t)(i + 1 < n ? i + 1 : 0);

        if (turn(c, a, b) <= 0)
            return false;
        n_turns += a[1] < c[1] && b[1] >= c[1]; /* once each time around */
    }
    return n_turns == 1;
}

struct grid {
    int32_t min_x, min_y;
    unsigned shift; /* log2 of a cell's side */
    uint32_t nx, ny;
};

static struct grid grid_of(const struct mend_rings *r)
{
    int32_t box[4] = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    uint32_t side = 1;
    struct grid g = {.shift = 0};

    for (uint32_t i = 0; i < r->n_points; i++) {
        const int32_t *p = r->xy + 2 * (size_t)i;

        for (int k = 0; k < 2; k++) {
            box[k] = p[k] < box[k] ? p[k] : box[k];
            box[2 + k] = p[k] > box[2 + k] ? p[k] : box[2 + k];
        }
    }
    /* about as many cells as edges */
    while (side < MAX_SIDE && side * side < r->n_points)
        side *= 2;
    g.min_x = box[0];
    g.min_y = box[1];
    while ((uint32_t)(box[2] - box[0]) >> g.shift >= side ||
           (uint32_t)(box[3] - box[1]) >> g.shift >= side)
        g.shift++;
    g.nx = ((uint32_t)(box[2] - box[0]) >> g.shift) + 1;
    g.ny = ((uint32_t)(box[3] - box[1]) >> g.shift) + 1;
    return g;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

struct span {
    uint32_t x0, y0, x1, y1;
};

static struct span cells_of(const struct grid *g, const int32_t *a, const int32_t *b)
{
    return (struct span){(uint32_t)(least(a[0], b[0]) - g->min_x) >> g->shift,
                         (uint32_t)(least(a[1], b[1]) - g->min_y) >> g->shift,
                         (uint32_t)(most(a[0], b[0]) - g->min_x) >> g->shift,
                         (uint32_t)(most(a[1], b[1]) - g->min_y) >> g->shift};
}

/* An edge over many cells of which it meets few would fill them all: half planes keep
 * those out that lie on one side of it. */
static bool is_beside(
    const struct grid *g, const int32_t *a, const int32_t *b, uint32_t x, uint32_t y)
{
    int32_t x0 = g->min_x + (int32_t)(x << g->shift);
    int32_t y0 = g->min_y + (int32_t)(y << g->shift);
    int32_t side = (int32_t)1 << g->shift;
    const int32_t corners[4][2] = {
        {x0, y0}, {x0 + side, y0}, {x0, y0 + side}, {x0 + side, y0 + side}};
    unsigned left = 0;
    unsigned right = 0;

    for (int i = 0; i < 4; i++) {
        int64_t t = turn(a, b, corners[i]);

        left += t < 0;
        right += t > 0;
    }
    return left == 4 || right == 4;
}

static bool is_outer(const struct mend_rings *r, uint32_t ring)
{
    uint32_t first = ring ? r->end[ring - 1] : 0;

    return mend_area2(r->xy + 2 * (size_t)first, r->end[ring] - first) > 0;
}

static bool room_for_links(struct mend *m, uint32_t n)
{
    uint32_t *next;
    uint32_t *area;

    if (n <= m->cap_next)
        return true;
    next = realloc(m->next, n * sizeof *next);
    if (next)
        m->next = next;
    area = realloc(m->area, n * sizeof *area);
    if (area)
        m->area = area;
    if (next && area)
        m->cap_next = n;
    return next && area;
}

/* Where each edge leads to, and to which area, an outer ring with its holes, it
 * belongs: the number of its outer ring. */
static bool link_vertices(struct mend *m, const struct mend_rings *r)
{
    uint32_t first = 0;
    uint32_t outer = 0;

    if (!room_for_links(m, r->n_points))
        return false;
    for (uint32_t k = 0; k < r->n_rings; first = r->end[k], k++) {
        outer = is_outer(r, k) ? k : outer;
        for (uint32_t i = first; i < r->end[k]; i++) {
            m->next[i] = i + 1 < r->end[k] ? i + 1 : first;
            m->area[i] = outer;
        }
    }
    return true;
}

/* With `fill` the edges are put into the places that were counted before. */
static void
visit_cells(struct mend *m, const struct mend_rings *r, const struct grid *g, bool fill)
{
    for (uint32_t i = 0; i < r->n_points; i++) {
        const int32_t *a = r->xy + 2 * (size_t)i;
        const int32_t *b = r->xy + 2 * (size_t)m->next[i];
        struct span c = cells_of(g, a, b);
        bool is_long = c.x0 != c.x1 && c.y0 != c.y1;

        for (uint32_t y = c.y0; y <= c.y1; y++)
            for (uint32_t x = c.x0; x <= c.x1; x++) {
                if (is_long && is_beside(g, a, b, x, y))
                    continue;
                if (fill)
                    m->entries[--m->first[y * g->nx + x]] = i;
                else
                    m->first[y * g->nx + x]++;
            }
    }
}

static bool
put_into_cells(struct mend *m, const struct mend_rings *r, const struct grid *g)
{
    uint32_t n = g->nx * g->ny;
    uint32_t sum = 0;

    if (!m->first)
        m->first = malloc((MAX_SIDE * MAX_SIDE + 1) * sizeof *m->first);
    if (!m->first || !link_vertices(m, r))
        return false;
    memset(m->first, 0, (n + 1) * sizeof *m->first);
    visit_cells(m, r, g, false);
    for (uint32_t i = 0; i <= n; i++)
        m->first[i] = sum += m->first[i];
    if (m->cap_entries < sum) {
        uint32_t *entries = realloc(m->entries, sum * 2 * sizeof *entries);

        if (!entries)
            return false;
        m->entries = entries;
        m->cap_entries = sum * 2;
    }
    visit_cells(m, r, g, true);
    return true;
}

static bool
are_apart(const int32_t *a, const int32_t *b, const int32_t *c, const int32_t *d)
{
    return most(a[0], b[0]) < least(c[0], d[0]) ||
           most(c[0], d[0]) < least(a[0], b[0]) ||
           most(a[1], b[1]) < least(c[1], d[1]) || most(c[1], d[1]) < least(a[1], b[1]);
}

static int sign(int64_t v)
{
    return (v > 0) - (v < 0);
}

/* Do the edges from vertex i and from vertex j share a point, but for the end of one
 * that is the beginning of the other? */
static bool
do_meet(const struct mend *m, const struct mend_rings *r, uint32_t i, uint32_t j)
{
    const int32_t *a = r->xy + 2 * (size_t)i;
    const int32_t *b = r->xy + 2 * (size_t)m->next[i];
    const int32_t *c = r->xy + 2 * (size_t)j;
    const int32_t *d = r->xy + 2 * (size_t)m->next[j];

    if (are_apart(a, b, c, d) || m->next[i] == j || m->next[j] == i)
        return false;
    return sign(turn(a, b, c)) * sign(turn(a, b, d)) <= 0 &&
           sign(turn(c, d, a)) * sign(turn(c, d, b)) <= 0;
}

/* Sets met[k] for each area k of which an edge meets another edge; false when it cannot
 * be said. */
static bool find_met(struct mend *m, const struct mend_rings *r, bool *met)
{
    struct grid g = grid_of(r);
    uint64_t work = 0;

    if (!put_into_cells(m, r, &g))
        return false;
    for (uint32_t c = 0; c < g.nx * g.ny; c++) {
        uint64_t n = m->first[c + 1] - m->first[c];

        work += n * n / 2;
        if (work > (uint64_t)r->n_points * WORK_PER_EDGE)
            return false;
        for (uint32_t i = m->first[c]; i < m->first[c + 1]; i++)
            for (uint32_t j = i + 1; j < m->first[c + 1]; j++) {
                uint32_t a = m->entries[i];
                uint32_t b = m->entries[j];

                if ((!met[m->area[a]] || !met[m->area[b]]) && do_meet(m, r, a, b))
                    met[m->area[a]] = met[m->area[b]] = true;
            }
    }
    return true;
}

/* ---- made anew ---- */

void mend_release(struct mend *m)
{
    free(m->first);
    free(m->entries);
    free(m->next);
    free(m->area);
    if (m->geos)
        GEOS_finish_r(m->geos);
    *m = (struct mend){0};
}

static GEOSGeometry *
ring_of(GEOSContextHandle_t h, const struct mend_rings *r, uint32_t first, uint32_t end)
{
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(h, end - first + 1, 2);

    if (!seq)
        return NULL;
    for (uint32_t i = 0; i <= end - first; i++) {
        const int32_t *p = r->xy + 2 * (size_t)(i < end - first ? first + i : first);

        GEOSCoordSeq_setXY_r(h, seq, i, p[0], p[1]);
    }
    return GEOSGeom_createLinearRing_r(h, seq);
}

/* The rings from..end-1, an outer one and its holes. */
static GEOSGeometry *
area_of(GEOSContextHandle_t h, const struct mend_rings *r, uint32_t from, uint32_t end)
{
    GEOSGeometry **rings = malloc((end - from) * sizeof(*rings));
    GEOSGeometry *area = NULL;
    uint32_t n = 0;

    for (; rings && from + n < end; n++) {
        uint32_t ring = from + n;

        rings[n] = ring_of(h, r, ring ? r->end[ring - 1] : 0, r->end[ring]);
        if (!rings[n])
            break;
    }
    if (rings && from + n == end) /* takes them, also when it fails */
        area = GEOSGeom_createPolygon_r(h, rings[0], rings + 1, n - 1);
    else
        for (uint32_t i = 0; i < n; i++)
            GEOSGeom_destroy_r(h, rings[i]);
    free(rings);
    return area;
}

static GEOSGeometry *areas_of(GEOSContextHandle_t h, const struct mend_rings *r)
{
    GEOSGeometry **areas = malloc(r->n_rings * sizeof(*areas));
    GEOSGeometry *all = NULL;
    uint32_t n = 0;
    uint32_t from = 0;

    for (uint32_t i = 1; areas && i <= r->n_rings; i++) {
        if (i < r->n_rings && !is_outer(r, i))
            continue;
        areas[n] = area_of(h, r, from, i);
        if (!areas[n])
            break;
        n++;
        from = i;
    }
    if (areas && from == r->n_rings)
        all = GEOSGeom_createCollection_r(h, GEOS_MULTIPOLYGON, areas, n);
    else
        for (uint32_t i = 0; i < n; i++)
            GEOSGeom_destroy_r(h, areas[i]);
    free(areas);
    return all;
}

/* Snapping to whole units parts most rings that touch themselves, in a fifth of the
 * time of the way below. It may fail, or take an area for its opposite, where edges
 * cross: the result is believed when it is valid and about as large as before. */
static GEOSGeometry *snap(GEOSContextHandle_t h, const GEOSGeometry *all, uint32_t n)
{
    GEOSGeometry *whole = GEOSGeom_setPrecision_r(h, all, 1, 0);
    double before = 0;
    double after = 0;

    if (whole && GEOSArea_r(h, all, &before) && GEOSArea_r(h, whole, &after) &&
        fabs(before - after) <= n && GEOSisValid_r(h, whole) == 1)
        return whole;
    GEOSGeom_destroy_r(h, whole);
    return NULL;
}

/* What lies in an odd number of rings, then crossings to whole units. */
static GEOSGeometry *assemble(GEOSContextHandle_t h, const GEOSGeometry *all)
{
    GEOSGeometry *valid = GEOSMakeValid_r(h, all);
    GEOSGeometry *whole = valid ? GEOSGeom_setPrecision_r(h, valid, 1, 0) : NULL;

    GEOSGeom_destroy_r(h, valid);
    return whole;
}

static bool take_ring(GEOSContextHandle_t h,
                      const GEOSGeometry *ring,
                      bool as_outer,
                      struct mend_rings *r)
{
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(h, ring);
    uint32_t start = r->n_points;
    unsigned n = 0;

    if (!seq || !GEOSCoordSeq_getSize_r(h, seq, &n) || n < 4 || !room_for(r, n))
        return false;
    for (unsigned i = 0; i + 1 < n; i++) {
        double x = 0;
        double y = 0;

        GEOSCoordSeq_getXY_r(h, seq, i, &x, &y);
        if (!add_point(r, x, y))
            return false;
    }
    if ((mend_area2(r->xy + 2 * (size_t)start, n - 1) > 0) != as_outer)
        reverse(r->xy + 2 * (size_t)start, n - 1);
    r->end[r->n_rings++] = r->n_points;
    return true;
}

static bool
take_areas(GEOSContextHandle_t h, const GEOSGeometry *g, struct mend_rings *r)
{
    int type = GEOSGeomTypeId_r(h, g);
    bool good = true;

    if (GEOSisEmpty_r(h, g))
        return true;
    if (type == GEOS_POLYGON) {
        int n = GEOSGetNumInteriorRings_r(h, g);

        good = take_ring(h, GEOSGetExteriorRing_r(h, g), true, r);
        for (int i = 0; i < n && good; i++)
            good = take_ring(h, GEOSGetInteriorRingN_r(h, g, i), false, r);
    } else if (type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) {
        int n = GEOSGetNumGeometries_r(h, g);

        for (int i = 0; i < n && good; i++)
            good = take_areas(h, GEOSGetGeometryN_r(h, g, i), r);
    } /* what has shrunk to lines and points is no area */
    return good;
}

static void make_anew(struct mend *m, struct mend_rings *rings)
{
    struct mend_rings made = {0};
    GEOSGeometry *all = NULL;
    GEOSGeometry *whole = NULL;

    if (!m->geos)
        m->geos = GEOS_init_r();
    if (m->geos)
        all = areas_of(m->geos, rings);
    if (!all)
        return;
    whole = snap(m->geos, all, rings->n_points);
    if (!whole)
        whole = assemble(m->geos, all);
    if (whole && take_areas(m->geos, whole, &made)) {
        struct mend_rings old = *rings;

        *rings = made;
        made = old;
    }
    GEOSGeom_destroy_r(m->geos, whole);
    GEOSGeom_destroy_r(m->geos, all);
    mend_rings_release(&made);
}

static bool
add_rings(struct mend_rings *to, const struct mend_rings *from, uint32_t ring)
{
    uint32_t first = ring ? from->end[ring - 1] : 0;
    uint32_t n = from->end[ring] - first;

    if (!room_for(to, n))
        return false;
    memcpy(to->xy + 2 * (size_t)to->n_points, from->xy + 2 * (size_t)first,
           n * 2 * sizeof *to->xy);
    to->n_points += n;
    to->end[to->n_rings++] = to->n_points;
    return true;
}

/* The areas that meet nothing, then the others made anew. */
static void make_some_anew(struct mend *m, struct mend_rings *rings, const bool *met)
{
    struct mend_rings kept = {0};
    struct mend_rings anew = {0};
    uint32_t outer = 0;
    bool good = true;

    for (uint32_t k = 0; k < rings->n_rings && good; k++) {
        outer = is_outer(rings, k) ? k : outer;
        good = add_rings(met[outer] ? &anew : &kept, rings, k);
    }
    if (good && anew.n_rings)
        make_anew(m, &anew);
    for (uint32_t k = 0; k < anew.n_rings && good; k++)
        good = add_rings(&kept, &anew, k);
    if (good) {
        struct mend_rings old = *rings;

        *rings = kept;
        kept = old;
    }
    mend_rings_release(&kept);
    mend_rings_release(&anew);
}

/* True when nothing was left to mend. */
static bool mend_once(struct mend *m, struct mend_rings *rings)
{
    bool *met = calloc(rings->n_rings, sizeof *met);
    bool any = false;

    if (!met)
        return true;
    if (!find_met(m, rings, met))
        memset(met, true, rings->n_rings * sizeof *met);
    for (uint32_t k = 0; k < rings->n_rings; k++)
        any |= met[k];
    if (any)
        make_some_anew(m, rings, met);
    free(met);
    return !any;
}

void mend_rings(struct mend *m, struct mend_rings *rings)
{
    if (rings->n_rings == 1 && is_star(rings->xy, rings->n_points))
        return;
    /* what is made anew may come to touch what was left alone */
    for (int i = 0; i < MAX_ROUNDS && rings->n_points > 3 &&
                    rings->n_points <= MEND_MAX_POINTS && !mend_once(m, rings);
         i++) {
    }
}
