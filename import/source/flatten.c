/* SPDX-License-Identifier: Apache-2.0 */
/* GDAL's geometries flat, in memory that serves row after row. */
#include "internal.h"

static void refuse(struct flat *flat, const char *zh, const char *en)
{
    if (!flat->fault.code)
        flat->fault = (struct refusal){.code = "bad_geometry", .zh = zh, .en = en};
}

/* Room for `n` more elements of `size` bytes. */
static bool
reserve(struct flat *flat, void **data, size_t *cap, size_t used, size_t n, size_t size)
{
    if (n <= *cap - used)
        return true;
    size_t wanted = used + n > 2 * *cap ? used + n : 2 * *cap;
    void *moved = wanted <= UINT32_MAX ? realloc(*data, wanted * size) : NULL;

    if (!moved) {
        refuse(flat, "几何太大，内存不足", "too large: out of memory");
        return false;
    }
    *data = moved;
    *cap = wanted;
    return true;
}

static bool end_part(struct flat *flat)
{
    struct geom *g = &flat->geom;

    if (!reserve(flat, (void **)&flat->part_end, &flat->cap_parts, g->n_parts, 1,
                 sizeof *flat->part_end))
        return false;
    flat->part_end[g->n_parts++] = g->n_points;
    return true;
}

static bool end_area(struct flat *flat)
{
    struct geom *g = &flat->geom;

    if (!reserve(flat, (void **)&flat->area_end, &flat->cap_areas, g->n_areas, 1,
                 sizeof *flat->area_end))
        return false;
    flat->area_end[g->n_areas++] = g->n_parts;
    return true;
}

static void set_kind(struct flat *flat, enum geom_kind kind)
{
    if (flat->geom.kind != GEOM_EMPTY && flat->geom.kind != kind && !flat->fault.code)
        flat->fault =
            (struct refusal){.code = "bad_geometry",
                             .zh = "点、线、面混在一个几何里",
                             .en = "points, lines and areas are mixed",
                             .suggestion_zh = "请拆成多行，每行只有一种几何",
                             .suggestion_en = "split it into rows of one kind each"};
    flat->geom.kind = kind;
}

static bool add_positions(struct flat *flat, OGRGeometryH line)
{
    int n = OGR_G_GetPointCount(line);
    struct geom *g = &flat->geom;

    if (n <= 0)
        return true;
    if (!reserve(flat, (void **)&flat->xy, &flat->cap_points, g->n_points, (size_t)n,
                 2 * sizeof(double)))
        return false;
    double *to = flat->xy + 2 * (size_t)g->n_points;
    OGR_G_GetPoints(line, to, 2 * sizeof(double), to + 1, 2 * sizeof(double), NULL, 0);
    if (flat->swap_axes)
        for (int i = 0; i < n; i++) {
            double x = to[2 * i];

            to[2 * i] = to[2 * i + 1];
            to[2 * i + 1] = x;
        }
    g->n_points += (uint32_t)n;
    return true;
}

/* What a drawing programme calls a closed polyline is how it draws an area. */
static bool is_closed_line(OGRGeometryH line)
{
    int n = OGR_G_GetPointCount(line);

    return n >= 4 && OGR_G_GetX(line, 0) == OGR_G_GetX(line, n - 1) &&
           OGR_G_GetY(line, 0) == OGR_G_GetY(line, n - 1);
}

static void add_line(struct flat *flat, OGRGeometryH line)
{
    bool is_area = flat->closed_lines_are_areas && is_closed_line(line);

    set_kind(flat, is_area ? GEOM_AREA : GEOM_LINE);
    if (add_positions(flat, line) && end_part(flat) && is_area)
        (void)end_area(flat);
}

static void add_polygon(struct flat *flat, OGRGeometryH polygon)
{
    int n = OGR_G_GetGeometryCount(polygon);

    set_kind(flat, GEOM_AREA);
    for (int i = 0; i < n; i++)
        if (!add_positions(flat, OGR_G_GetGeometryRef(polygon, i)) || !end_part(flat))
            return;
    (void)end_area(flat);
}

/* GDAL bounds the depth of what it reads (32 in WKB, WKT and GML). */
static void add(struct flat *flat, OGRGeometryH g)
{
    int n = OGR_G_GetGeometryCount(g);

    if (OGR_G_IsEmpty(g) || flat->fault.code)
        return;
    switch (wkbFlatten(OGR_G_GetGeometryType(g))) {
    case wkbPoint:
        set_kind(flat, GEOM_POINT);
        (void)add_positions(flat, g);
        return;
    case wkbLineString:
        add_line(flat, g);
        return;
    case wkbPolygon:
    case wkbTriangle:
        add_polygon(flat, g);
        return;
    case wkbMultiPoint:
    case wkbMultiLineString:
    case wkbMultiPolygon:
    case wkbGeometryCollection:
    case wkbTIN:
    case wkbPolyhedralSurface:
        for (int i = 0; i < n; i++)
            add(flat, OGR_G_GetGeometryRef(g, i));
        return;
    default:
        refuse(flat, "几何类型不支持", "its type of geometry is not supported");
    }
}

static unsigned dropped_of(OGRGeometryH geometry)
{
    return (OGR_G_Is3D(geometry) ? SOURCE_DROPPED_Z : 0u) |
           (OGR_G_IsMeasured(geometry) ? SOURCE_DROPPED_M : 0u) |
           (OGR_G_HasCurveGeometry(geometry, 0) ? SOURCE_LINEARISED : 0u);
}

void flat_set(struct flat *flat, OGRGeometryH geometry)
{
    OGRGeometryH straight = NULL;

    flat->geom = (struct geom){.kind = GEOM_EMPTY};
    flat->fault = (struct refusal){0};
    flat->dropped = 0;
    if (!geometry || OGR_G_IsEmpty(geometry))
        return;
    flat->dropped = dropped_of(geometry);
    if (flat->dropped & SOURCE_LINEARISED)
        straight = OGR_G_GetLinearGeometry(geometry, SOURCE_ARC_STEP_DEGREES, NULL);
    add(flat, straight ? straight : geometry);
    OGR_G_DestroyGeometry(straight);
    if (flat->fault.code || flat->geom.n_points == 0) {
        flat->geom = (struct geom){.kind = GEOM_EMPTY};
        return;
    }
    flat->geom.lonlat = flat->xy;
    flat->geom.part_end = flat->geom.kind == GEOM_POINT ? NULL : flat->part_end;
    flat->geom.area_end = flat->geom.kind == GEOM_AREA ? flat->area_end : NULL;
}

void flat_release(struct flat *flat)
{
    free(flat->xy);
    free(flat->part_end);
    free(flat->area_end);
    *flat = (struct flat){0};
}
