/* SPDX-License-Identifier: Apache-2.0 */
/* Flat geometries as GEOS has them. */
#include <engine/geom_geos.h>

#include <stdlib.h>

static void finish(void *h)
{
    GEOS_finish_r((GEOSContextHandle_t)h);
}

GEOSContextHandle_t geom_geos_context(struct im_arena *arena)
{
    GEOSContextHandle_t h = GEOS_init_r();

    return h && im_arena_defer(arena, finish, h) ? h : NULL;
}

static GEOSCoordSequence *
sequence(GEOSContextHandle_t h, const struct geom *g, uint32_t first, uint32_t end)
{
    return GEOSCoordSeq_copyFromBuffer_r(h, g->lonlat + 2 * (size_t)first, end - first,
                                         0, 0);
}

static GEOSGeometry *make_point(GEOSContextHandle_t h, const struct geom *g, uint32_t i)
{
    return GEOSGeom_createPointFromXY_r(h, g->lonlat[2 * (size_t)i],
                                        g->lonlat[2 * (size_t)i + 1]);
}

static uint32_t part_start(const struct geom *g, uint32_t part)
{
    return part ? g->part_end[part - 1] : 0;
}

static GEOSGeometry *
make_line(GEOSContextHandle_t h, const struct geom *g, uint32_t part)
{
    GEOSCoordSequence *seq = sequence(h, g, part_start(g, part), g->part_end[part]);

    return seq ? GEOSGeom_createLineString_r(h, seq) : NULL;
}

static GEOSGeometry *
make_ring(GEOSContextHandle_t h, const struct geom *g, uint32_t part)
{
    GEOSCoordSequence *seq = sequence(h, g, part_start(g, part), g->part_end[part]);

    return seq ? GEOSGeom_createLinearRing_r(h, seq) : NULL;
}

static void destroy_all(GEOSContextHandle_t h, GEOSGeometry **items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        GEOSGeom_destroy_r(h, items[i]);
}

typedef GEOSGeometry *make_fn(GEOSContextHandle_t h, const struct geom *g, uint32_t i);

/* Items first .. end-1 into `items`; none when one of them fails. */
static bool make_all(GEOSContextHandle_t h,
                     const struct geom *g,
                     make_fn *make,
                     uint32_t first,
                     uint32_t end,
                     GEOSGeometry **items)
{
    for (uint32_t i = first; i < end; i++) {
        items[i - first] = make(h, g, i);
        if (!items[i - first]) {
            destroy_all(h, items, i - first);
            return false;
        }
    }
    return true;
}

static GEOSGeometry *
make_area(GEOSContextHandle_t h, const struct geom *g, uint32_t area)
{
    uint32_t first = area ? g->area_end[area - 1] : 0;
    uint32_t n = g->area_end[area] - first;
    GEOSGeometry **rings = n ? malloc(n * sizeof(*rings)) : NULL;
    GEOSGeometry *polygon = NULL;

    /* GEOS takes the rings, also when it fails */
    if (rings && make_all(h, g, make_ring, first, g->area_end[area], rings))
        polygon = GEOSGeom_createPolygon_r(h, rings[0], rings + 1, n - 1);
    free(rings);
    return polygon;
}

static GEOSGeometry *make_several(
    GEOSContextHandle_t h, const struct geom *g, make_fn *make, uint32_t n, int type)
{
    GEOSGeometry **items;
    GEOSGeometry *all = NULL;

    if (n == 1)
        return make(h, g, 0);
    items = malloc((n ? n : 1) * sizeof(*items));
    if (items && make_all(h, g, make, 0, n, items))
        all = GEOSGeom_createCollection_r(h, type, items, n);
    free(items);
    return all;
}

GEOSGeometry *geom_to_geos(GEOSContextHandle_t h, const struct geom *g)
{
    switch (g->kind) {
    case GEOM_POINT:
        return make_several(h, g, make_point, g->n_points, GEOS_MULTIPOINT);
    case GEOM_LINE:
        return make_several(h, g, make_line, g->n_parts, GEOS_MULTILINESTRING);
    case GEOM_AREA:
        return make_several(h, g, make_area, g->n_areas, GEOS_MULTIPOLYGON);
    case GEOM_EMPTY:
        break;
    }
    return GEOSGeom_createEmptyCollection_r(h, GEOS_GEOMETRYCOLLECTION);
}
