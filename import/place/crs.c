/* SPDX-License-Identifier: Apache-2.0 */
/* Coordinate systems into EPSG:4326, longitude first. */
#include "crs.h"

#include <engine/gcj02.h>

#include <cpl_conv.h>
#include <cpl_error.h>

#include <math.h>
#include <strings.h>

static enum im_code fail_unknown(struct im_error *err, const char *text)
{
    im_fail(err, IM_EARG,
            "'%.80s' is no coordinate system that PROJ knows; write a code such as "
            "EPSG:4326, EPSG:4490 or EPSG:4549, WKT, +proj=..., gcj02 or bd09",
            text);
    return im_zh(err, IM_EARG,
                 "PROJ 不认识坐标系“%.80s”；请写代码（如 EPSG:4326、EPSG:4490、"
                 "EPSG:4549）、WKT、+proj=...、gcj02 或 bd09",
                 text);
}

/* OSRSetFromUserInput would also open files and addresses; these beginnings cannot be
 * either. */
static bool is_definition(const char *text)
{
    static const char *const beginnings[] = {
        "EPSG:",     "ESRI:",     "IGNF:",
        "OGC:",      "IAU_2015:", "urn:ogc:def:crs:",
        "+proj=",    "GEOGCS[",   "PROJCS[",
        "GEOGCRS[",  "GEODCRS[",  "PROJCRS[",
        "COMPD_CS[", "BOUNDCRS[", "COMPOUNDCRS[",
        "{"};

    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncasecmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return strstr(text, "+init=") == NULL;
    return false;
}

static bool is_wgs84(OGRSpatialReferenceH srs)
{
    const char *authority = OSRGetAuthorityName(srs, NULL);
    const char *code = OSRGetAuthorityCode(srs, NULL);
    int n = 0;
    const int *axes = OSRGetDataAxisToSRSAxisMapping(srs, &n);

    /* EPSG:4326 has latitude first: data in longitude, latitude are mapped 2, 1 */
    return authority && code && strcmp(authority, "EPSG") == 0 &&
           strcmp(code, "4326") == 0 && n >= 2 && axes[0] == 2 && axes[1] == 1;
}

static enum im_code transform_from(OGRSpatialReferenceH srs,
                                   const char *name,
                                   struct crs_transform *out,
                                   struct im_error *err)
{
    *out = (struct crs_transform){.is_projected = OSRIsProjected(srs)};
    if (is_wgs84(srs))
        return IM_OK;
    OGRSpatialReferenceH wgs84 = OSRNewSpatialReference(NULL);
    if (OSRImportFromEPSG(wgs84, 4326) != OGRERR_NONE) {
        OSRDestroySpatialReference(wgs84);
        im_fail(err, IM_EENV,
                "PROJ does not find its data (proj.db); install proj-data");
        return im_zh(err, IM_EENV, "PROJ 找不到数据文件 proj.db，请安装 proj-data");
    }
    OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    out->ct = OCTNewCoordinateTransformation(srs, wgs84);
    OSRDestroySpatialReference(wgs84);
    if (out->ct)
        return IM_OK;
    im_fail(err, IM_EDATA, "there is no way from '%.80s' to EPSG:4326", name);
    return im_zh(err, IM_EDATA, "无法从“%.80s”换算到 EPSG:4326", name);
}

enum im_code
crs_from_text(const char *text, struct crs_transform *out, struct im_error *err)
{
    OGRSpatialReferenceH srs = NULL;
    enum im_code rc = IM_OK;

    *out = (struct crs_transform){0};
    if (strcasecmp(text, "gcj02") == 0 || strcasecmp(text, "gcj-02") == 0)
        out->shift = CRS_GCJ02;
    else if (strcasecmp(text, "bd09") == 0 || strcasecmp(text, "bd-09") == 0)
        out->shift = CRS_BD09;
    if (out->shift)
        return IM_OK;
    srs = OSRNewSpatialReference(NULL);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (!is_definition(text) || OSRSetFromUserInput(srs, text) != OGRERR_NONE) {
        rc = fail_unknown(err, text);
    } else {
        OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
        rc = transform_from(srs, text, out, err);
    }
    CPLPopErrorHandler();
    OSRDestroySpatialReference(srs);
    return rc;
}

enum im_code crs_from_layer(OGRSpatialReferenceH srs,
                            struct im_arena *arena,
                            struct crs_transform *out,
                            const char **name,
                            struct im_error *err)
{
    const char *authority = OSRGetAuthorityName(srs, NULL);
    const char *code = OSRGetAuthorityCode(srs, NULL);
    const char *title = OSRGetName(srs);
    char text[160];

    if (authority && code)
        snprintf(text, sizeof text, "%s:%s", authority, code);
    else
        snprintf(text, sizeof text, "%.150s", title ? title : "?");
    CPLPushErrorHandler(CPLQuietErrorHandler);
    enum im_code rc = transform_from(srs, text, out, err);
    CPLPopErrorHandler();
    *name = im_arena_strdup(arena, im_bytes_of(text));
    if (!rc && !*name)
        rc = im_fail(err, IM_ENOMEM, "coordinate system: out of memory");
    return rc;
}

void crs_release(struct crs_transform *crs)
{
    if (crs->ct)
        OCTDestroyCoordinateTransformation(crs->ct);
    crs->ct = NULL;
}

static void undo_shift(enum crs_shift shift, double *xy)
{
    struct crs_lonlat p = {xy[0], xy[1]};

    if (shift == CRS_GCJ02)
        p = crs_gcj02_to_wgs84(p);
    else if (shift == CRS_BD09)
        p = crs_bd09_to_wgs84(p);
    xy[0] = p.lon;
    xy[1] = p.lat;
}

size_t crs_apply(const struct crs_transform *crs, double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *p = xy + 2 * i;
        int success = 1;

        if (!isfinite(p[0]) || !isfinite(p[1]))
            return i;
        if (crs->ct) {
            CPLPushErrorHandler(CPLQuietErrorHandler);
            OCTTransformEx(crs->ct, 1, &p[0], &p[1], NULL, &success);
            CPLPopErrorHandler();
        }
        undo_shift(crs->shift, p);
        if (!success || !isfinite(p[0]) || !isfinite(p[1]))
            return i;
    }
    return n;
}
