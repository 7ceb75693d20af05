/* SPDX-License-Identifier: Apache-2.0 */
/* A geometry made ready for many others: edges in bands of equal height for points,
 * GEOS's prepared geometry for lines and areas (made when first needed).
 *
 *   band     n_bands + 1 offsets into `edge`
 *   edge     for each band, the index of the first vertex of each edge that meets it;
 *            a tall edge stands in several bands
 *
 * The ray of a point meets only edges of the point's own band, so the cost follows how
 * often the outline goes past a latitude, not how many vertices it has. */
#include <engine/geom_prepared.h>

#include "geom/edge.h"
#include <engine/geom_geos.h>

#include <stdlib.h>

enum {
    MAX_BANDS = 65536,
    ENTRIES_PER_EDGE = 8 /* at most, on average: tall edges get taller bands */
};

struct geom_prepared {
    const struct geom *g;
    struct im_arena *arena;
    struct bbox box;
    double bands_per_degree;
    uint32_t n_bands; /* 0: no areas */
    uint32_t *band;
    uint32_t *edge;
    GEOSContextHandle_t h;
    GEOSGeometry *geos;
    const GEOSPreparedGeometry *prepared;
    bool failed;
};

/* Rises with y, so an edge meets all bands between those of its two ends. */
static uint32_t band_of(const struct geom_prepared *p, double y)
{
    double band = (y - p->box.min_y) * p->bands_per_degree;

    return band < p->n_bands - 1 ? (uint32_t)band : p->n_bands - 1;
}

static void set_bands(struct geom_prepared *p, uint32_t n)
{
    double height = p->box.max_y - p->box.min_y;

    p->n_bands = n;
    p->bands_per_degree = height > 0 ? n / height : 0;
    if (!(p->bands_per_degree < 1e300)) /* an outline of no height worth the name */
        p->bands_per_degree = 0;
}

/* The bands that the edge after vertex i meets. */
static void span(const struct geom_prepared *p, size_t i, uint32_t *from, uint32_t *to)
{
    uint32_t a = band_of(p, p->g->lonlat[2 * i + 1]);
    uint32_t b = band_of(p, p->g->lonlat[2 * i + 3]);

    *from = a < b ? a : b;
    *to = a < b ? b : a;
}

typedef void edge_fn(struct geom_prepared *p, uint32_t edge, uint64_t *total);

static void each_edge(struct geom_prepared *p, edge_fn *fn, uint64_t *total)
{
    uint32_t i = 0;

    for (uint32_t part = 0; part < p->g->n_parts; part++) {
        for (; i + 1 < p->g->part_end[part]; i++)
            fn(p, i, total);
        i = p->g->part_end[part];
    }
}

static void count_spans(struct geom_prepared *p, uint32_t edge, uint64_t *total)
{
    uint32_t from;
    uint32_t to;

    span(p, edge, &from, &to);
    *total += to - from + 1;
}

static void count_bands(struct geom_prepared *p, uint32_t edge, uint64_t *total)
{
    uint32_t from;
    uint32_t to;

    (void)total;
    span(p, edge, &from, &to);
    for (uint32_t band = from; band <= to; band++)
        p->band[band]++;
}

/* `band` holds the ends of the bands and is counted down to their starts. */
static void place_edge(struct geom_prepared *p, uint32_t edge, uint64_t *total)
{
    uint32_t from;
    uint32_t to;

    (void)total;
    span(p, edge, &from, &to);
    for (uint32_t band = from; band <= to; band++)
        p->edge[--p->band[band]] = edge;
}

/* As many bands as edges, fewer where edges are tall: memory stays in proportion. */
static uint64_t choose_bands(struct geom_prepared *p)
{
    uint32_t n = p->g->n_points < MAX_BANDS ? p->g->n_points : MAX_BANDS;
    uint64_t total;

    for (;; n /= 2) {
        set_bands(p, n);
        total = 0;
        each_edge(p, count_spans, &total);
        if (n == 1 || total <= (uint64_t)ENTRIES_PER_EDGE * p->g->n_points)
            return total;
    }
}

static bool build_bands(struct geom_prepared *p)
{
    uint64_t total = choose_bands(p);
    uint32_t end = 0;

    p->band = im_arena_calloc(p->arena, (size_t)p->n_bands + 1, sizeof *p->band);
    p->edge = im_arena_calloc(p->arena, total, sizeof *p->edge);
    if (!p->band || !p->edge)
        return false;
    each_edge(p, count_bands, NULL);
    for (uint32_t band = 0; band <= p->n_bands; band++)
        p->band[band] = end += p->band[band];
    each_edge(p, place_edge, NULL);
    return true;
}

struct geom_prepared *geom_prepared_new(const struct geom *g, struct im_arena *arena)
{
    struct geom_prepared *p = im_arena_calloc(arena, 1, sizeof *p);

    if (!p)
        return NULL;
    *p = (struct geom_prepared){.g = g, .arena = arena, .box = geom_bbox(g)};
    return g->kind != GEOM_AREA || !g->n_points || build_bands(p) ? p : NULL;
}

bool geom_prepared_contains(const struct geom_prepared *p, double lon, double lat)
{
    bool inside = false;
    uint32_t band;

    if (!p->n_bands || !(lon >= p->box.min_x && lon <= p->box.max_x &&
                         lat >= p->box.min_y && lat <= p->box.max_y))
        return false;
    band = band_of(p, lat);
    for (uint32_t i = p->band[band]; i < p->band[band + 1]; i++) {
        const double *a = p->g->lonlat + 2 * (size_t)p->edge[i];
        enum geom_edge edge = geom_edge_meet(a, a + 2, lon, lat);

        if (edge == GEOM_EDGE_HIT)
            return true;
        inside ^= edge == GEOM_EDGE_CROSSED;
    }
    return inside;
}

static void destroy_geos(void *of)
{
    struct geom_prepared *p = of;

    GEOSPreparedGeom_destroy_r(p->h, p->prepared);
    GEOSGeom_destroy_r(p->h, p->geos);
}

/* The GEOS side, made once. */
static void prepare_geos(struct geom_prepared *p)
{
    GEOSContextHandle_t h = geom_geos_context(p->arena);

    if (!h)
        return;
    p->h = h;
    if (!im_arena_defer(p->arena, destroy_geos, p))
        return;
    p->geos = geom_to_geos(h, p->g);
    p->prepared = p->geos ? GEOSPrepare_r(h, p->geos) : NULL;
}

typedef char predicate_fn(GEOSContextHandle_t h,
                          const GEOSPreparedGeometry *prepared,
                          const GEOSGeometry *other);

static bool
ask_geos(struct geom_prepared *p, const struct geom *other, predicate_fn *ask)
{
    GEOSGeometry *g;
    char answer = 2; /* GEOS's "exception" */

    if (!p->h)
        prepare_geos(p);
    if (p->prepared) {
        g = geom_to_geos(p->h, other);
        answer = g ? ask(p->h, p->prepared, g) : 2;
        GEOSGeom_destroy_r(p->h, g);
    }
    p->failed |= answer == 2;
    return answer == 1;
}

/* Is one of the vertices inside, or (`all`) are they all? */
static bool
vertices_inside(const struct geom_prepared *p, const struct geom *other, bool all)
{
    for (size_t i = 0; i < other->n_points; i++)
        if (geom_prepared_contains(p, other->lonlat[2 * i], other->lonlat[2 * i + 1]) !=
            all)
            return !all;
    return all;
}

bool geom_prepared_intersects(struct geom_prepared *p, const struct geom *other)
{
    if (!other->n_points || !bbox_intersects(p->box, geom_bbox(other)))
        return false;
    if (p->n_bands && vertices_inside(p, other, false))
        return true;
    if (p->n_bands && other->kind == GEOM_POINT)
        return false;
    return ask_geos(p, other, GEOSPreparedIntersects_r);
}

bool geom_prepared_covers(struct geom_prepared *p, const struct geom *other)
{
    if (!other->n_points)
        return false;
    if (p->n_bands && !vertices_inside(p, other, true))
        return false;
    if (p->n_bands && other->kind == GEOM_POINT)
        return true;
    return ask_geos(p, other, GEOSPreparedCovers_r);
}

bool geom_prepared_failed(const struct geom_prepared *p)
{
    return p->failed;
}
