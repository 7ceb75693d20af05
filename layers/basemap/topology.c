/* SPDX-License-Identifier: Apache-2.0 */
/* From outlines that overlap and leave gaps to a coverage. */
#include "topology.h"

#include <math.h>
#include <stdlib.h>

static bool point_less(struct grid_point a, struct grid_point b)
{
    return a.x != b.x ? a.x < b.x : a.y < b.y;
}

static int compare_points(struct grid_point a, struct grid_point b)
{
    return point_less(a, b) ? -1 : point_less(b, a) ? 1 : 0;
}

static int compare_edges(const void *pa, const void *pb)
{
    const struct topology_edge *a = pa;
    const struct topology_edge *b = pb;
    int order = compare_points(a->a, b->a);

    return order ? order : compare_points(a->b, b->b);
}

static struct topology_edge edge_of(struct grid_point a, struct grid_point b)
{
    struct topology_edge e = {a, b, {TOPOLOGY_NOBODY, TOPOLOGY_NOBODY}};

    if (point_less(b, a)) {
        e.a = b;
        e.b = a;
    }
    return e;
}

/* Every segment of every ring once, as a line each: neighbours mostly share them. */
static enum im_code segments(struct geos *g,
                             const struct unit_set *units,
                             struct geos_list *lines,
                             struct im_error *err)
{
    struct topology_edge *edge = calloc(units->n_points + 1, sizeof *edge);
    size_t n = 0;
    enum im_code rc = IM_OK;

    if (!edge)
        return im_fail(err, IM_ENOMEM, "out of memory for outlines");
    for (size_t r = 0; r < units->n_rings; r++) {
        const struct grid_ring *ring = &units->ring[r];
        const struct grid_point *p = units->point + ring->first;

        for (size_t i = 0; i < ring->n; i++)
            edge[n++] = edge_of(p[i], p[(i + 1) % ring->n]);
    }
    qsort(edge, n, sizeof *edge, compare_edges);
    for (size_t i = 0; i < n; i++) {
        double xy[4] = {edge[i].a.x, edge[i].a.y, edge[i].b.x, edge[i].b.y};
        struct path p = {xy, 2, 2};

        if (i > 0 && compare_edges(&edge[i - 1], &edge[i]) == 0)
            continue;
        if (!geos_list_take(g, lines, geos_line(g, &p))) {
            rc = geos_fail(g, "outlines", err);
            break;
        }
    }
    free(edge);
    return rc;
}

/* Snap rounding on whole grid units, then all bounded faces. */
static GEOSGeometry *node_and_polygonise(struct geos *g, struct geos_list *lines)
{
    GEOSGeometry *all = geos_collect_take(g, GEOS_MULTILINESTRING, lines);
    GEOSGeometry *noded = all ? GEOSUnaryUnionPrec_r(g->h, all, 1.0) : NULL;
    const GEOSGeometry *one = noded;
    GEOSGeometry *faces = noded ? GEOSPolygonize_r(g->h, &one, 1) : NULL;

    GEOSGeom_destroy_r(g->h, all);
    GEOSGeom_destroy_r(g->h, noded);
    return faces;
}

static double ring_area(const struct grid_point *p, size_t n)
{
    double twice = 0;

    for (size_t i = 0; i < n; i++) {
        struct grid_point q = p[(i + 1) % n];

        twice += (double)(p[i].x - p[0].x) * (q.y - p[0].y) -
                 (double)(q.x - p[0].x) * (p[i].y - p[0].y);
    }
    return fabs(twice) / 2;
}

/* What the containment test needs of a unit: box and size. */
struct shape {
    struct bbox box;
    double area;
};

static struct shape shape_of(const struct unit_set *units, const struct unit *u)
{
    struct shape s = {bbox_empty(), 0};
    unsigned polygon = UINT32_MAX;

    for (size_t r = u->first_ring; r < u->first_ring + u->n_rings; r++) {
        const struct grid_ring *ring = &units->ring[r];
        const struct grid_point *p = units->point + ring->first;
        bool is_shell = ring->polygon != polygon;

        polygon = ring->polygon;
        s.area += (is_shell ? 1 : -1) * ring_area(p, ring->n);
        for (size_t i = 0; i < ring->n; i++) {
            s.box.min_x = fmin(s.box.min_x, p[i].x);
            s.box.max_x = fmax(s.box.max_x, p[i].x);
            s.box.min_y = fmin(s.box.min_y, p[i].y);
            s.box.max_y = fmax(s.box.max_y, p[i].y);
        }
    }
    return s;
}

/* Even-odd over one ring. */
static bool crosses_oddly(const struct grid_point *p, size_t n, double x, double y)
{
    bool odd = false;

    for (size_t i = 0, k = n - 1; i < n; k = i++)
        if ((p[i].y > y) != (p[k].y > y) &&
            x < (double)(p[k].x - p[i].x) * (y - p[i].y) / (p[k].y - p[i].y) + p[i].x)
            odd = !odd;
    return odd;
}

static bool
unit_contains(const struct unit_set *units, const struct unit *u, double x, double y)
{
    size_t r = u->first_ring;

    while (r < u->first_ring + u->n_rings) {
        unsigned polygon = units->ring[r].polygon;
        bool odd = false;

        for (; r < u->first_ring + u->n_rings && units->ring[r].polygon == polygon; r++)
            odd ^= crosses_oddly(units->point + units->ring[r].first, units->ring[r].n,
                                 x, y);
        if (odd)
            return true;
    }
    return false;
}

/* The unit that gets the position: the smallest, the loser only when alone. */
static int32_t claimant(const struct unit_set *units,
                        const struct shape *shape,
                        int32_t loser,
                        double x,
                        double y,
                        unsigned *claims)
{
    int32_t best = TOPOLOGY_NOBODY;

    *claims = 0;
    for (size_t u = 0; u < units->n_units; u++) {
        struct bbox b = shape[u].box;

        if (x < b.min_x || x > b.max_x || y < b.min_y || y > b.max_y ||
            !unit_contains(units, &units->unit[u], x, y))
            continue;
        ++*claims;
        if (best == TOPOLOGY_NOBODY || best == loser ||
            ((int32_t)u != loser && shape[u].area < shape[best].area))
            best = (int32_t)u;
    }
    return best;
}

static enum im_code claim_faces(struct geos *g,
                                const struct unit_set *units,
                                int32_t loser,
                                struct topology *t,
                                struct im_error *err)
{
    struct shape *shape = calloc(units->n_units + 1, sizeof *shape);
    enum im_code rc = IM_OK;

    t->owner = calloc(t->n_faces + 1, sizeof *t->owner);
    if (!shape || !t->owner) {
        rc = im_fail(err, IM_ENOMEM, "out of memory for %zu faces", t->n_faces);
        goto done;
    }
    for (size_t u = 0; u < units->n_units; u++)
        shape[u] = shape_of(units, &units->unit[u]);
    for (size_t f = 0; f < t->n_faces; f++) {
        const GEOSGeometry *face = GEOSGetGeometryN_r(g->h, t->faces, (int)f);
        GEOSGeometry *inner = GEOSPointOnSurface_r(g->h, face);
        double x = 0;
        double y = 0;
        double area = 0;
        unsigned claims;

        if (!inner || GEOSGeomGetX_r(g->h, inner, &x) != 1 ||
            GEOSGeomGetY_r(g->h, inner, &y) != 1 || GEOSArea_r(g->h, face, &area) != 1)
            rc = geos_fail(g, "faces", err);
        GEOSGeom_destroy_r(g->h, inner);
        if (rc)
            goto done;
        t->owner[f] = claimant(units, shape, loser, x, y, &claims);
        if (claims > 1)
            t->overlap += area;
    }
done:
    free(shape);
    return rc;
}

static size_t vertex_count(struct geos *g, const GEOSGeometry *faces)
{
    int n = GEOSGetNumCoordinates_r(g->h, faces);

    return n > 0 ? (size_t)n : 0;
}

/* Append the segments of a ring, with the face number as first owner. */
static bool ring_edges(struct geos *g,
                       const GEOSGeometry *ring,
                       int32_t face,
                       struct topology_edge *edge,
                       size_t *n)
{
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(g->h, ring);
    struct grid_point last = {0, 0};
    unsigned count = 0;

    if (!seq || !GEOSCoordSeq_getSize_r(g->h, seq, &count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        double x = 0;
        double y = 0;

        if (!GEOSCoordSeq_getXY_r(g->h, seq, i, &x, &y))
            return false;
        struct grid_point p = {(int32_t)lround(x), (int32_t)lround(y)};
        if (i > 0) {
            edge[*n] = edge_of(last, p);
            edge[(*n)++].owner[0] = face;
        }
        last = p;
    }
    return true;
}

/* Put the two faces of a segment into one edge; returns how many edges remain. */
static size_t pair_up(struct topology_edge *edge, size_t n)
{
    size_t kept = 0;

    qsort(edge, n, sizeof *edge, compare_edges);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && compare_edges(&edge[kept - 1], &edge[i]) == 0)
            edge[kept - 1].owner[1] = edge[i].owner[0];
        else
            edge[kept++] = edge[i];
    }
    return kept;
}

/* Every segment once, `owner` holding the faces on its sides for now. */
static enum im_code
collect_edges(struct geos *g, struct topology *t, struct im_error *err)
{
    size_t n = 0;
    bool ok = true;

    t->edge = calloc(vertex_count(g, t->faces) + 1, sizeof *t->edge);
    if (!t->edge)
        return im_fail(err, IM_ENOMEM, "out of memory for borders");
    for (size_t f = 0; ok && f < t->n_faces; f++) {
        const GEOSGeometry *face = GEOSGetGeometryN_r(g->h, t->faces, (int)f);
        int holes = GEOSGetNumInteriorRings_r(g->h, face);

        ok = ring_edges(g, GEOSGetExteriorRing_r(g->h, face), (int32_t)f, t->edge, &n);
        for (int i = 0; ok && i < holes; i++)
            ok = ring_edges(g, GEOSGetInteriorRingN_r(g->h, face, i), (int32_t)f,
                            t->edge, &n);
    }
    if (!ok)
        return geos_fail(g, "borders", err);
    t->n_edges = pair_up(t->edge, n);
    return IM_OK;
}

/* One stretch of border between an unclaimed face and an owner. */
struct contact {
    int32_t face;
    int32_t owner;
    double length;
};

static int compare_contacts(const void *pa, const void *pb)
{
    const struct contact *a = pa;
    const struct contact *b = pb;

    if (a->face != b->face)
        return a->face < b->face ? -1 : 1;
    return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* Contacts of unclaimed faces with owned ones, one a pair, sorted by face. */
static size_t find_contacts(const struct topology *t, struct contact *c)
{
    size_t n = 0;
    size_t kept = 0;

    for (size_t i = 0; i < t->n_edges; i++) {
        const struct topology_edge *e = &t->edge[i];
        int32_t f0 = e->owner[0];
        int32_t f1 = e->owner[1];

        if (f1 == TOPOLOGY_NOBODY ||
            (t->owner[f0] == TOPOLOGY_NOBODY) == (t->owner[f1] == TOPOLOGY_NOBODY))
            continue;
        bool first_is_open = t->owner[f0] == TOPOLOGY_NOBODY;
        c[n++] =
            (struct contact){first_is_open ? f0 : f1, t->owner[first_is_open ? f1 : f0],
                             hypot(e->a.x - e->b.x, e->a.y - e->b.y)};
    }
    qsort(c, n, sizeof *c, compare_contacts);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && compare_contacts(&c[kept - 1], &c[i]) == 0)
            c[kept - 1].length += c[i].length;
        else
            c[kept++] = c[i];
    }
    return kept;
}

/* Gives unclaimed faces to the owner with the longest contact; a face that touches
 * unclaimed ones only waits for the next round. Returns how many were given. */
static size_t
fill_round(struct geos *g, struct topology *t, double max_gap, struct contact *contact)
{
    size_t n = find_contacts(t, contact);
    size_t given = 0;

    for (size_t i = 0; i < n;) {
        int32_t face = contact[i].face;
        struct contact best = contact[i];
        double area = HUGE_VAL;

        for (; i < n && contact[i].face == face; i++)
            if (contact[i].length > best.length)
                best = contact[i];
        if (GEOSArea_r(g->h, GEOSGetGeometryN_r(g->h, t->faces, face), &area) != 1 ||
            area > max_gap)
            continue;
        t->owner[face] = best.owner;
        t->gap += area;
        given++;
    }
    return given;
}

static enum im_code
fill_gaps(struct geos *g, struct topology *t, double max_gap, struct im_error *err)
{
    struct contact *contact = calloc(t->n_edges + 1, sizeof *contact);

    if (!contact)
        return im_fail(err, IM_ENOMEM, "out of memory for borders");
    while (fill_round(g, t, max_gap, contact) > 0)
        ;
    free(contact);
    return IM_OK;
}

/* From faces to units on both sides, in ascending order. */
static void edges_to_owners(struct topology *t)
{
    for (size_t i = 0; i < t->n_edges; i++) {
        int32_t *side = t->edge[i].owner;

        for (int k = 0; k < 2; k++)
            if (side[k] != TOPOLOGY_NOBODY)
                side[k] = t->owner[side[k]];
        if (side[0] > side[1]) {
            int32_t swap = side[0];

            side[0] = side[1];
            side[1] = swap;
        }
    }
}

enum im_code topology_build(struct geos *g,
                            const struct unit_set *units,
                            struct topology_rules rules,
                            struct topology *t,
                            struct im_error *err)
{
    struct geos_list lines = {0};
    enum im_code rc = segments(g, units, &lines, err);

    if (rc)
        goto done;
    t->faces = node_and_polygonise(g, &lines);
    if (!t->faces) {
        rc = geos_fail(g, "noding the outlines", err);
        goto done;
    }
    t->n_faces = (size_t)GEOSGetNumGeometries_r(g->h, t->faces);
    rc = claim_faces(g, units, rules.loser, t, err);
    if (!rc)
        rc = collect_edges(g, t, err);
    if (!rc)
        rc = fill_gaps(g, t, rules.max_gap, err);
    if (!rc)
        edges_to_owners(t);
done:
    geos_list_release(g, &lines);
    return rc;
}

void topology_release(struct geos *g, struct topology *t)
{
    GEOSGeom_destroy_r(g->h, t->faces);
    free(t->owner);
    free(t->edge);
    *t = (struct topology){0};
}

GEOSGeometry *
topology_area(struct geos *g, const struct topology *t, const bool *member)
{
    struct geos_list faces = {0};
    GEOSGeometry *all;
    GEOSGeometry *area;

    for (size_t f = 0; f < t->n_faces; f++) {
        const GEOSGeometry *face = GEOSGetGeometryN_r(g->h, t->faces, (int)f);

        if (t->owner[f] == TOPOLOGY_NOBODY || !member[t->owner[f]])
            continue;
        if (!geos_list_take(g, &faces, GEOSGeom_clone_r(g->h, face))) {
            geos_list_release(g, &faces);
            return NULL;
        }
    }
    all = geos_collect_take(g, GEOS_GEOMETRYCOLLECTION, &faces);
    /* not GEOSCoverageUnion: it refuses faces whose holes touch their shells */
    area = all ? GEOSUnaryUnion_r(g->h, all) : NULL;
    GEOSGeom_destroy_r(g->h, all);
    return geos_areas_take(g, area);
}
