/* SPDX-License-Identifier: Apache-2.0 */
/* A cell of WKT (OGC 06-103r4, 7) as a geometry as it came. */
#include "parts.h"

#include <cpl_error.h>
#include <ogr_api.h>

enum { WKT_MAX_BYTES = 16 << 20 };

struct builder {
    struct geom geom;
    double *xy; /* NULL while counting */
    uint32_t *part_end;
    uint32_t *area_end;
    bool is_bad; /* mixed kinds, or a kind without straight lines */
};

static void add_part(struct builder *b, OGRGeometryH line, enum geom_kind kind)
{
    int n = OGR_G_GetPointCount(line);

    b->is_bad = b->is_bad || (b->geom.kind != GEOM_EMPTY && b->geom.kind != kind);
    b->geom.kind = kind;
    for (int i = 0; i < n; i++) {
        if (b->xy) {
            b->xy[2 * (size_t)b->geom.n_points] = OGR_G_GetX(line, i);
            b->xy[2 * (size_t)b->geom.n_points + 1] = OGR_G_GetY(line, i);
        }
        b->geom.n_points++;
    }
    if (kind == GEOM_POINT)
        return;
    if (b->xy)
        b->part_end[b->geom.n_parts] = b->geom.n_points;
    b->geom.n_parts++;
}

static void add(struct builder *b, OGRGeometryH g)
{
    if (OGR_G_IsEmpty(g))
        return;
    int n = OGR_G_GetGeometryCount(g);
    switch (wkbFlatten(OGR_G_GetGeometryType(g))) {
    case wkbPoint:
        add_part(b, g, GEOM_POINT);
        return;
    case wkbLineString:
        add_part(b, g, GEOM_LINE);
        return;
    case wkbPolygon:
    case wkbTriangle:
        for (int i = 0; i < n; i++)
            add_part(b, OGR_G_GetGeometryRef(g, i), GEOM_AREA);
        if (b->xy)
            b->area_end[b->geom.n_areas] = b->geom.n_parts;
        b->geom.n_areas++;
        return;
    case wkbMultiPoint:
    case wkbMultiLineString:
    case wkbMultiPolygon:
    case wkbGeometryCollection:
        for (int i = 0; i < n; i++)
            add(b, OGR_G_GetGeometryRef(g, i));
        return;
    default:
        b->is_bad = true;
    }
}

static bool allocate(struct builder *b, struct im_arena *arena)
{
    b->xy = im_arena_calloc(arena, (size_t)b->geom.n_points + 1, 2 * sizeof *b->xy);
    b->part_end =
        im_arena_calloc(arena, (size_t)b->geom.n_parts + 1, sizeof *b->part_end);
    b->area_end =
        im_arena_calloc(arena, (size_t)b->geom.n_areas + 1, sizeof *b->area_end);
    b->geom = (struct geom){.kind = GEOM_EMPTY};
    return b->xy && b->part_end && b->area_end;
}

static OGRGeometryH parse(const char *text)
{
    OGRGeometryH g = NULL;
    char *rest = (char *)text; /* OGR's signature; it is only read */

    if (strpbrk(text, "xX")) /* of no word of WKT, but OGR reads 0x79 as 121 */
        return NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRErr fault = OGR_G_CreateFromWkt(&rest, NULL, &g);
    if (fault == OGRERR_NONE && g && OGR_G_HasCurveGeometry(g, 0)) {
        OGRGeometryH straight =
            OGR_G_GetLinearGeometry(g, SOURCE_ARC_STEP_DEGREES, NULL);

        OGR_G_DestroyGeometry(g);
        g = straight;
    }
    CPLPopErrorHandler();
    while (fault == OGRERR_NONE && rest && *rest == ' ')
        rest++;
    if (fault == OGRERR_NONE && g && (!rest || !*rest))
        return g;
    OGR_G_DestroyGeometry(g);
    return NULL;
}

bool wkt_read(struct im_bytes text, struct im_arena *arena, struct geom *out)
{
    struct builder b = {.geom = {.kind = GEOM_EMPTY}};
    char *copy = text.len <= WKT_MAX_BYTES ? im_arena_strdup(arena, text) : NULL;
    OGRGeometryH g = copy ? parse(copy) : NULL;

    if (!g)
        return false;
    add(&b, g);
    bool good = !b.is_bad && allocate(&b, arena);
    if (good) {
        add(&b, g);
        b.geom.lonlat = b.xy;
        b.geom.part_end = b.geom.kind == GEOM_POINT ? NULL : b.part_end;
        b.geom.area_end = b.geom.kind == GEOM_AREA ? b.area_end : NULL;
        *out = b.geom;
    }
    OGR_G_DestroyGeometry(g);
    return good;
}
