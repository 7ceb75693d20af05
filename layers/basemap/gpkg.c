/* SPDX-License-Identifier: Apache-2.0 */
/* The GeoPackage that holds the finished base map. */
#include "gpkg.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char FINGERPRINT[] = "INNOMAP_BASEMAP";

static enum im_code fail_path(const char *path, struct im_error *err)
{
    im_fail(err, IM_EIO, "cannot write '%s' (%s); choose another place with --out",
            path, errno ? strerror(errno) : CPLGetLastErrorMsg());
    return im_zh(err, IM_EIO, "无法写入 “%s”，请用 --out 指定别处", path);
}

enum im_code gpkg_create(struct gpkg *pkg, const char *path, struct im_error *err)
{
    GDALDriverH driver = GDALGetDriverByName("GPKG");

    *pkg = (struct gpkg){0};
    if (!driver)
        return im_fail(err, IM_EENV, "this GDAL has no GeoPackage driver");
    pkg->path = strdup(path);
    if (!pkg->path ||
        asprintf(&pkg->temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        pkg->temporary = NULL;
        return im_fail(err, IM_ENOMEM, "out of memory");
    }
    pkg->wgs84 = OSRNewSpatialReference(NULL);
    if (!pkg->wgs84 || OSRImportFromEPSG(pkg->wgs84, 4326) != OGRERR_NONE)
        return im_fail(err, IM_EENV,
                       "PROJ does not know EPSG:4326; is its data (Debian: proj-data) "
                       "installed?");
    OSRSetAxisMappingStrategy(pkg->wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    unlink(pkg->temporary); /* left by a process of the same number that was killed */
    errno = 0;
    pkg->dataset = GDALCreate(driver, pkg->temporary, 0, 0, 0, GDT_Unknown, NULL);
    if (!pkg->dataset)
        return fail_path(path, err);
    if (GDALDatasetStartTransaction(pkg->dataset, FALSE) != OGRERR_NONE)
        return fail_path(path, err);
    return IM_OK;
}

OGRLayerH
gpkg_layer(struct gpkg *pkg, const struct gpkg_layer_def *def, struct im_error *err)
{
    static const OGRwkbGeometryType types[] = {wkbNone, wkbPoint, wkbMultiLineString,
                                               wkbMultiPolygon};
    OGRLayerH layer = GDALDatasetCreateLayer(
        pkg->dataset, def->name, def->type == GPKG_TABLE ? NULL : pkg->wgs84,
        types[def->type], NULL);
    bool ok = layer != NULL;

    for (size_t i = 0; ok && i < def->n_fields; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(def->fields[i].name, def->fields[i].type);

        ok = OGR_L_CreateField(layer, field, TRUE) == OGRERR_NONE;
        OGR_Fld_Destroy(field);
    }
    if (!ok) {
        errno = 0;
        fail_path(pkg->path, err);
        return NULL;
    }
    pkg->n_layers++;
    return layer;
}

static bool set_geometry(struct geos *g, OGRFeatureH feature, const GEOSGeometry *geom)
{
    size_t size = 0;
    unsigned char *wkb = GEOSGeomToWKB_buf_r(g->h, geom, &size);
    OGRGeometryH copy = NULL;
    bool ok = wkb && OGR_G_CreateFromWkbEx(wkb, NULL, &copy, size) == OGRERR_NONE &&
              OGR_F_SetGeometryDirectly(feature, copy) == OGRERR_NONE;

    if (wkb)
        GEOSFree_r(g->h, wkb);
    return ok;
}

enum im_code gpkg_add(struct geos *g,
                      OGRLayerH layer,
                      const GEOSGeometry *geom,
                      const struct gpkg_value *values,
                      size_t n_values,
                      struct im_error *err)
{
    OGRFeatureDefnH def = OGR_L_GetLayerDefn(layer);
    OGRFeatureH feature = OGR_F_Create(def);
    enum im_code rc = IM_OK;

    if (!feature || (geom && !set_geometry(g, feature, geom))) {
        rc = im_fail(err, IM_EDATA, "a feature of '%s': %s", OGR_L_GetName(layer),
                     CPLGetLastErrorMsg());
        goto done;
    }
    for (int i = 0; i < (int)n_values; i++) {
        if (OGR_Fld_GetType(OGR_FD_GetFieldDefn(def, i)) != OFTString)
            OGR_F_SetFieldDouble(feature, i, values[i].number);
        else if (values[i].text)
            OGR_F_SetFieldString(feature, i, values[i].text);
    }
    if (OGR_L_CreateFeature(layer, feature) != OGRERR_NONE)
        rc = im_fail(err, IM_EIO, "writing '%s': %s", OGR_L_GetName(layer),
                     CPLGetLastErrorMsg());
done:
    if (feature)
        OGR_F_Destroy(feature);
    return rc;
}

static bool is_listed(const char *names, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = names; *p;) {
        size_t n = strcspn(p, ",");

        if (n == len && strncmp(p, name, n) == 0)
            return true;
        p += n;
        p += strspn(p, ", ");
    }
    return false;
}

void gpkg_drop_layers(struct gpkg *pkg, const char *names)
{
    if (!pkg->dataset)
        return;
    for (int i = GDALDatasetGetLayerCount(pkg->dataset) - 1; i >= 0; i--) {
        const char *name = OGR_L_GetName(GDALDatasetGetLayer(pkg->dataset, i));

        if (is_listed(names, name) &&
            GDALDatasetDeleteLayer(pkg->dataset, i) == OGRERR_NONE)
            pkg->n_layers--;
    }
}

enum im_code
gpkg_set_fingerprint(struct gpkg *pkg, const char *fingerprint, struct im_error *err)
{
    if (GDALSetMetadataItem(pkg->dataset, FINGERPRINT, fingerprint, NULL) == CE_None)
        return IM_OK;
    return im_fail(err, IM_EIO, "writing '%s': %s", pkg->path, CPLGetLastErrorMsg());
}

static bool close_clean(struct gpkg *pkg)
{
    bool ok = GDALDatasetCommitTransaction(pkg->dataset) == OGRERR_NONE;

    CPLErrorReset();
    GDALClose(pkg->dataset); /* says what went wrong only through the last error */
    pkg->dataset = NULL;
    return ok && CPLGetLastErrorType() < CE_Failure;
}

/* The bytes reach the disk before the name does: a power cut leaves old or new. */
static bool sync_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    bool ok = f && fsync(fileno(f)) == 0;

    if (f)
        fclose(f);
    return ok;
}

enum im_code gpkg_finish(struct gpkg *pkg, struct im_error *err)
{
    errno = 0;
    if (!close_clean(pkg) || !sync_file(pkg->temporary) ||
        rename(pkg->temporary, pkg->path) != 0)
        return fail_path(pkg->path, err);
    free(pkg->temporary);
    pkg->temporary = NULL;
    gpkg_abandon(pkg);
    return IM_OK;
}

void gpkg_abandon(struct gpkg *pkg)
{
    if (pkg->dataset) {
        GDALDatasetRollbackTransaction(pkg->dataset);
        GDALClose(pkg->dataset);
    }
    if (pkg->temporary)
        unlink(pkg->temporary);
    if (pkg->wgs84)
        OSRRelease(pkg->wgs84);
    free(pkg->path);
    free(pkg->temporary);
    *pkg = (struct gpkg){0};
}

bool gpkg_is_current(const char *path, const char *fingerprint)
{
    static const char *const drivers[] = {"GPKG", NULL};
    GDALDatasetH ds = access(path, R_OK) == 0
                          ? GDALOpenEx(path, GDAL_OF_VECTOR, drivers, NULL, NULL)
                          : NULL;
    const char *found = ds ? GDALGetMetadataItem(ds, FINGERPRINT, NULL) : NULL;
    bool current = found && strcmp(found, fingerprint) == 0;

    if (ds)
        GDALClose(ds);
    return current;
}
