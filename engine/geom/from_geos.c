/* SPDX-License-Identifier: Apache-2.0 */
/* Areas back from GEOS. */
#include <engine/geom_geos.h>

struct collector {
    GEOSContextHandle_t h;
    struct geom g;  /* the counts so far */
    double *lonlat; /* NULL: only counting */
    uint32_t *part_end;
    uint32_t *area_end;
};

static bool collect_ring(struct collector *c, const GEOSGeometry *ring, bool is_outer)
{
    const GEOSCoordSequence *seq = ring ? GEOSGeom_getCoordSeq_r(c->h, ring) : NULL;
    unsigned n = 0;

    if (!seq || !GEOSCoordSeq_getSize_r(c->h, seq, &n) ||
        n > UINT32_MAX / 4 - c->g.n_points)
        return false;
    if (c->lonlat) {
        double *to = c->lonlat + 2 * (size_t)c->g.n_points;

        if (!GEOSCoordSeq_copyToBuffer_r(c->h, seq, to, 0, 0))
            return false;
        geom_ring_orient(to, n, is_outer);
        c->part_end[c->g.n_parts] = c->g.n_points + n;
    }
    c->g.n_points += n;
    c->g.n_parts++;
    return true;
}

static bool collect_polygon(struct collector *c, const GEOSGeometry *polygon)
{
    int n_holes = GEOSGetNumInteriorRings_r(c->h, polygon);

    if (n_holes < 0 || !collect_ring(c, GEOSGetExteriorRing_r(c->h, polygon), true))
        return false;
    for (int i = 0; i < n_holes; i++)
        if (!collect_ring(c, GEOSGetInteriorRingN_r(c->h, polygon, i), false))
            return false;
    if (c->area_end)
        c->area_end[c->g.n_areas] = c->g.n_parts;
    c->g.n_areas++;
    return true;
}

/* Lines and points that an operation leaves over are no area: passed over. */
static bool collect(struct collector *c, const GEOSGeometry *geometry)
{
    int type = GEOSGeomTypeId_r(c->h, geometry);
    int n;

    if (GEOSisEmpty_r(c->h, geometry) == 1)
        return true;
    if (type == GEOS_POLYGON)
        return collect_polygon(c, geometry);
    if (type != GEOS_MULTIPOLYGON && type != GEOS_GEOMETRYCOLLECTION)
        return type >= 0;
    n = GEOSGetNumGeometries_r(c->h, geometry);
    for (int i = 0; i < n; i++)
        if (!collect(c, GEOSGetGeometryN_r(c->h, geometry, i)))
            return false;
    return n >= 0;
}

bool geom_from_geos(GEOSContextHandle_t h,
                    const GEOSGeometry *geometry,
                    struct im_arena *arena,
                    struct geom *out)
{
    struct collector c = {.h = h};

    if (!collect(&c, geometry))
        return false;
    c.lonlat = im_arena_calloc(arena, (size_t)c.g.n_points + 1, 2 * sizeof(double));
    c.part_end = im_arena_calloc(arena, (size_t)c.g.n_parts + 1, sizeof(uint32_t));
    c.area_end = im_arena_calloc(arena, (size_t)c.g.n_areas + 1, sizeof(uint32_t));
    c.g = (struct geom){0};
    if (!c.lonlat || !c.part_end || !c.area_end || !collect(&c, geometry))
        return false;
    *out = c.g;
    out->kind = c.g.n_areas ? GEOM_AREA : GEOM_EMPTY;
    out->lonlat = c.lonlat;
    out->part_end = c.part_end;
    out->area_end = c.area_end;
    return true;
}
