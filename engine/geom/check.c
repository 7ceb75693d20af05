/* SPDX-License-Identifier: Apache-2.0 */
/* Is a geometry what struct geom promises? And where is its middle? */
#include "geom/check.h"

#include <math.h>
#include <stdlib.h>

static enum im_code check_positions(const struct geom *g, struct im_error *err)
{
    for (size_t i = 0; i < g->n_points; i++) {
        double lon = g->lonlat[2 * i];
        double lat = g->lonlat[2 * i + 1];

        if (!(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90))
            return im_fail(
                err, IM_EDATA,
                "vertex %zu is at %.7g, %.7g, allowed are -180..180, -90..90", i, lon,
                lat);
    }
    return IM_OK;
}

static enum im_code check_part(const struct geom *g,
                               uint32_t part,
                               uint32_t start,
                               uint32_t end,
                               struct im_error *err)
{
    const double *first = g->lonlat + 2 * (size_t)start;
    uint32_t least = g->kind == GEOM_AREA ? 4 : 2;

    if (end < start || end > g->n_points || end - start < least)
        return im_fail(err, IM_EDATA,
                       "part %u runs from vertex %u to %u of %u, needs %u vertices",
                       part, start, end, g->n_points, least);
    const double *last = g->lonlat + 2 * (size_t)(end - 1);
    if (g->kind == GEOM_AREA && (first[0] != last[0] || first[1] != last[1]))
        return im_fail(err, IM_EDATA, "ring %u is not closed", part);
    return IM_OK;
}

static enum im_code check_parts(const struct geom *g, struct im_error *err)
{
    uint32_t start = 0;

    for (uint32_t part = 0; part < g->n_parts; part++) {
        enum im_code rc = check_part(g, part, start, g->part_end[part], err);

        if (rc != IM_OK)
            return rc;
        start = g->part_end[part];
    }
    if (start != g->n_points || g->n_parts == 0)
        return im_fail(err, IM_EDATA, "parts end at vertex %u of %u", start,
                       g->n_points);
    return IM_OK;
}

static enum im_code check_areas(const struct geom *g, struct im_error *err)
{
    uint32_t start = 0;

    for (uint32_t area = 0; area < g->n_areas; area++) {
        if (g->area_end[area] <= start || g->area_end[area] > g->n_parts)
            return im_fail(err, IM_EDATA, "polygon %u has no outer ring", area);
        start = g->area_end[area];
    }
    if (start != g->n_parts)
        return im_fail(err, IM_EDATA, "polygons end at ring %u of %u", start,
                       g->n_parts);
    return IM_OK;
}

enum im_code geom_check(const struct geom *g, struct im_error *err)
{
    enum im_code rc;

    if (g->kind == GEOM_EMPTY)
        return IM_OK;
    if (g->n_points == 0)
        return im_fail(err, IM_EDATA, "a geometry without vertices is not empty");
    rc = check_positions(g, err);
    if (rc == IM_OK && g->kind != GEOM_POINT)
        rc = check_parts(g, err);
    if (rc == IM_OK && g->kind == GEOM_AREA)
        rc = check_areas(g, err);
    return rc;
}

double geom_ring_area2(const double *lonlat, size_t n)
{
    double sum = 0;

    /* relative to the first vertex: the products stay small, so the digits count */
    for (size_t i = 1; i + 1 < n; i++)
        sum += (lonlat[2 * i] - lonlat[0]) * (lonlat[2 * i + 3] - lonlat[1]) -
               (lonlat[2 * i + 2] - lonlat[0]) * (lonlat[2 * i + 1] - lonlat[1]);
    return sum;
}

void geom_ring_orient(double *lonlat, size_t n, bool counter_clockwise)
{
    double area = geom_ring_area2(lonlat, n);

    if (area == 0 || (area > 0) == counter_clockwise)
        return;
    for (size_t i = 0, j = n - 1; i < j; i++, j--) {
        double lon = lonlat[2 * i];
        double lat = lonlat[2 * i + 1];

        lonlat[2 * i] = lonlat[2 * j];
        lonlat[2 * i + 1] = lonlat[2 * j + 1];
        lonlat[2 * j] = lon;
        lonlat[2 * j + 1] = lat;
    }
}

void geom_orient(const struct geom *g, double *lonlat)
{
    uint32_t ring = 0;
    uint32_t start = 0;

    if (g->kind != GEOM_AREA)
        return;
    for (uint32_t area = 0; area < g->n_areas; area++) {
        for (bool outer = true; ring < g->area_end[area]; ring++, outer = false) {
            geom_ring_orient(lonlat + 2 * (size_t)start, g->part_end[ring] - start,
                             outer);
            start = g->part_end[ring];
        }
    }
}

/* Where the rings [from, to) cross the parallel `lat`, written into `out` (NULL: only
 * counted). */
static size_t
crossings(const struct geom *g, uint32_t from, uint32_t to, double lat, double *out)
{
    uint32_t i = from ? g->part_end[from - 1] : 0;
    size_t n = 0;

    for (uint32_t ring = from; ring < to; i = g->part_end[ring], ring++)
        for (; i + 1 < g->part_end[ring]; i++) {
            const double *a = g->lonlat + 2 * (size_t)i;

            if ((a[1] > lat) == (a[3] > lat))
                continue;
            if (out)
                out[n] = a[0] + (lat - a[1]) / (a[3] - a[1]) * (a[2] - a[0]);
            n++;
        }
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Middle of the widest stretch of the parallel `lat` inside the polygon that consists
 * of the rings [from, to): from west to east every second crossing leads out of it.
 * False without any stretch, and without memory for the crossings. */
static bool
widest(const struct geom *g, uint32_t from, uint32_t to, double lat, double *lon)
{
    size_t n = crossings(g, from, to, lat, NULL);
    double *x = malloc((n + 1) * sizeof *x);
    double best = 0;

    if (!x)
        return false;
    crossings(g, from, to, lat, x);
    qsort(x, n, sizeof *x, by_value);
    for (size_t i = 0; i + 1 < n; i += 2)
        if (x[i + 1] - x[i] > best) {
            best = x[i + 1] - x[i];
            *lon = (x[i] + x[i + 1]) / 2;
        }
    free(x);
    return best > 0;
}

static uint32_t largest_area(const struct geom *g)
{
    double most = -1;
    uint32_t at = 0;

    for (uint32_t area = 0; area < g->n_areas; area++) {
        uint32_t ring = area ? g->area_end[area - 1] : 0;
        uint32_t start = ring ? g->part_end[ring - 1] : 0;
        double size = fabs(
            geom_ring_area2(g->lonlat + 2 * (size_t)start, g->part_end[ring] - start));

        if (size > most) {
            most = size;
            at = area;
        }
    }
    return at;
}

static void area_middle(const struct geom *g, double *lon, double *lat)
{
    uint32_t area = largest_area(g);
    uint32_t from = area ? g->area_end[area - 1] : 0;
    uint32_t start = from ? g->part_end[from - 1] : 0;
    struct geom outer = {.kind = GEOM_POINT,
                         .n_points = g->part_end[from] - start,
                         .lonlat = g->lonlat + 2 * (size_t)start};
    struct bbox box = geom_bbox(&outer);

    *lat = (box.min_y + box.max_y) / 2;
    if (widest(g, from, g->area_end[area], *lat, lon))
        return;
    *lon = outer.lonlat[0]; /* an area without any width */
    *lat = outer.lonlat[1];
}

bool geom_middle(const struct geom *g, double *lon, double *lat)
{
    size_t at = 0;
    uint32_t longest = 0;

    if (g->kind == GEOM_EMPTY || g->n_points == 0)
        return false;
    if (g->kind == GEOM_AREA) {
        area_middle(g, lon, lat);
        return true;
    }
    for (uint32_t part = 0; g->kind == GEOM_LINE && part < g->n_parts; part++) {
        uint32_t start = part ? g->part_end[part - 1] : 0;

        if (g->part_end[part] - start > longest) {
            longest = g->part_end[part] - start;
            at = start + longest / 2;
        }
    }
    *lon = g->lonlat[2 * at];
    *lat = g->lonlat[2 * at + 1];
    return true;
}
