/* SPDX-License-Identifier: Apache-2.0 */
/* Land: province outlines from Debian's gmt-dcw.
 *
 *   CNAH_lon, CNAH_lat   uint16, degrees = value / scale + min (attributes of each)
 *   65535 in CNAH_lon    a new ring starts with the next value
 */
#include "dcw.h"

#include "netcdf.h"

#include <stdio.h>
#include <stdlib.h>

enum { NEW_RING = 65535 };
static const double TOLERANCE_DEG = 0.0004;
static const double SMALLEST_KM2 = 0.02;

const struct dcw_province DCW_PROVINCES[DCW_N_PROVINCES] = {
    {"CNSH", 310000, "上海市", "Shanghai", true},
    {"CNJS", 320000, "江苏省", "Jiangsu", true},
    {"CNZJ", 330000, "浙江省", "Zhejiang", true},
    {"CNAH", 340000, "安徽省", "Anhui", true},
    {"CNJX", 360000, "江西省", "Jiangxi", false},
    {"CNFJ", 350000, "福建省", "Fujian", false},
    {"CNSD", 370000, "山东省", "Shandong", false},
    {"CNHA", 410000, "河南省", "Henan", false},
    {"CNHB", 420000, "湖北省", "Hubei", false},
};

/* One coordinate of an area: its values and how they become degrees. */
struct axis {
    struct netcdf_ints raw;
    double scale;
    double min;
};

static enum im_code read_axis(const struct netcdf *nc,
                              const char *area,
                              const char *suffix,
                              struct axis *out,
                              struct im_error *err)
{
    char name[32];
    enum im_code rc;

    snprintf(name, sizeof name, "%s_%s", area, suffix);
    rc = netcdf_attribute(nc, name, "scale", &out->scale, err);
    if (!rc)
        rc = netcdf_attribute(nc, name, "min", &out->min, err);
    if (!rc && !(out->scale > 0))
        rc = im_fail(err, IM_EDATA, "'%s' has no usable scale", name);
    if (!rc)
        rc = netcdf_read(nc, name, &out->raw, err);
    return rc;
}

static double degrees(const struct axis *axis, size_t i)
{
    return axis->raw.data[i] / axis->scale + axis->min;
}

static bool take_ring(struct geos *g, struct path *ring, struct geos_list *rings)
{
    bool ok = ring->n < 4 || geos_list_take(g, rings, geos_polygon(g, ring, 1));

    ring->n = 0;
    return ok;
}

static bool collect_rings(struct geos *g,
                          const struct axis *lon,
                          const struct axis *lat,
                          struct geos_list *rings)
{
    struct path ring = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < lon->raw.n; i++)
        ok = lon->raw.data[i] == NEW_RING
                 ? take_ring(g, &ring, rings)
                 : path_add(&ring, degrees(lon, i), degrees(lat, i));
    ok = ok && take_ring(g, &ring, rings);
    path_release(&ring);
    return ok;
}

static GEOSGeometry *without_islets(struct geos *g, GEOSGeometry *areas)
{
    struct geos_list kept = {0};
    bool ok = areas != NULL;

    for (int i = 0; ok && i < GEOSGetNumGeometries_r(g->h, areas); i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(g->h, areas, i);

        if (geos_area_km2(g, part) >= SMALLEST_KM2)
            ok = geos_list_take(g, &kept, GEOSGeom_clone_r(g->h, part));
    }
    GEOSGeom_destroy_r(g->h, areas);
    if (ok)
        return geos_collect_take(g, GEOS_MULTIPOLYGON, &kept);
    geos_list_release(g, &kept);
    return NULL;
}

/* Union first: the source's rings touch each other. */
static GEOSGeometry *
outline(struct geos *g, struct geos_list *rings, const GEOSGeometry *box)
{
    GEOSGeometry *all = geos_collect_take(g, GEOS_GEOMETRYCOLLECTION, rings);
    GEOSGeometry *area = all ? GEOSUnaryUnion_r(g->h, all) : NULL;
    GEOSGeometry *simple = NULL;

    if (area && geos_replace(g, &area, GEOSIntersection_r, box))
        simple = GEOSTopologyPreserveSimplify_r(g->h, area, TOLERANCE_DEG);
    GEOSGeom_destroy_r(g->h, all);
    GEOSGeom_destroy_r(g->h, area);
    return without_islets(g, geos_areas_take(g, simple));
}

static enum im_code read_province(struct geos *g,
                                  const struct netcdf *nc,
                                  const struct dcw_province *province,
                                  const GEOSGeometry *box,
                                  GEOSGeometry **out,
                                  struct im_error *err)
{
    struct axis lon = {0};
    struct axis lat = {0};
    struct geos_list rings = {0};
    enum im_code rc = read_axis(nc, province->dcw, "lon", &lon, err);

    if (!rc)
        rc = read_axis(nc, province->dcw, "lat", &lat, err);
    if (!rc && lon.raw.n != lat.raw.n)
        rc = im_fail(err, IM_EDATA, "'%s' has %zu longitudes and %zu latitudes",
                     province->dcw, lon.raw.n, lat.raw.n);
    if (rc)
        goto done;
    if (collect_rings(g, &lon, &lat, &rings))
        *out = outline(g, &rings, box);
    if (!*out)
        rc = geos_fail(g, province->dcw, err);
done:
    geos_list_release(g, &rings);
    free(lon.raw.data);
    free(lat.raw.data);
    return rc;
}

enum im_code dcw_read(struct geos *g,
                      const char *path,
                      const GEOSGeometry *box,
                      GEOSGeometry *out[DCW_N_PROVINCES],
                      struct im_error *err)
{
    struct netcdf nc;
    enum im_code rc = netcdf_open(&nc, path, err);

    for (int i = 0; !rc && i < DCW_N_PROVINCES; i++)
        rc = read_province(g, &nc, &DCW_PROVINCES[i], box, &out[i], err);
    netcdf_close(&nc);
    for (int i = 0; rc && i < DCW_N_PROVINCES; i++) {
        GEOSGeom_destroy_r(g->h, out[i]);
        out[i] = NULL;
    }
    return rc;
}
