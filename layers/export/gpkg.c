/* SPDX-License-Identifier: Apache-2.0 */
/* GeoPackage (OGC 12-128r18) through GDAL. */
#include "internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

static const OGRwkbGeometryType GEOMETRY_TYPES[] = {[SCHEMA_NONE] = wkbNone,
                                                    [SCHEMA_POINT] = wkbPoint,
                                                    [SCHEMA_LINE] = wkbMultiLineString,
                                                    [SCHEMA_AREA] = wkbMultiPolygon,
                                                    [SCHEMA_MIXED] = wkbUnknown};
static const OGRFieldType FIELD_TYPES[] = {
    [FIELD_TEXT] = OFTString, [FIELD_INTEGER] = OFTInteger64, [FIELD_REAL] = OFTReal};

struct package {
    struct exporter *e;
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRSpatialReferenceH wgs84;
    OGRFeatureH feature;
    struct im_buf text; /* texts are terminated for GDAL */
};

static enum im_code fail_gdal(struct im_error *err)
{
    const char *why = CPLGetLastErrorMsg();

    im_fail(
        err, IM_EIO,
        "the GeoPackage cannot be written: %.120s; free some space or choose another "
        "place",
        why);
    return im_zh(err, IM_EIO, "无法写入 GeoPackage：%.120s；请腾出空间或换个位置", why);
}

static enum im_code create_layer(struct package *p, struct im_error *err)
{
    const struct layer_schema *schema = p->e->schema;
    bool is_table = schema->geometry == SCHEMA_NONE;
    char **options = NULL;

    im_buf_clear(&p->text);
    export_mark_text(p->e, &p->text);
    im_buf_byte(&p->text, 0);
    enum im_code rc = im_buf_check(&p->text, "the mark", err);
    if (rc)
        return rc;
    options = CSLSetNameValue(options, "FID", "fid");
    if (!is_table)
        options = CSLSetNameValue(options, "GEOMETRY_NAME", "geom");
    options = CSLSetNameValue(options, "DESCRIPTION", (char *)p->text.data);
    p->layer =
        GDALDatasetCreateLayer(p->dataset, schema->id, is_table ? NULL : p->wgs84,
                               GEOMETRY_TYPES[schema->geometry], options);
    CSLDestroy(options);
    return p->layer ? IM_OK : fail_gdal(err);
}

static enum im_code create_fields(struct package *p, struct im_error *err)
{
    const struct layer_schema *schema = p->e->schema;
    bool ok = true;

    for (size_t i = 0; ok && i < schema->n_fields; i++) {
        OGRFieldDefnH field =
            OGR_Fld_Create(schema->fields[i].name, FIELD_TYPES[schema->fields[i].type]);

        ok = OGR_L_CreateField(p->layer, field, TRUE) == OGRERR_NONE;
        OGR_Fld_Destroy(field);
    }
    return ok ? IM_OK : fail_gdal(err);
}

static enum im_code put_mark(struct package *p, struct im_error *err)
{
    struct im_json w = {.out = &p->text};

    im_buf_clear(&p->text);
    export_mark_json(p->e, &w);
    im_buf_byte(&p->text, 0);
    enum im_code rc = im_buf_check(&p->text, "the mark", err);
    if (!rc && GDALSetMetadataItem(p->layer, EXPORT_MARK_GPKG, (char *)p->text.data,
                                   NULL) != CE_None)
        rc = fail_gdal(err);
    return rc;
}

static enum im_code create(struct package *p, const char *path, struct im_error *err)
{
    GDALDriverH driver;

    GDALAllRegister();
    driver = GDALGetDriverByName("GPKG");
    if (!driver) {
        im_fail(err, IM_EENV,
                "this GDAL has no GeoPackage driver; choose another form");
        return im_zh(err, IM_EENV, "这个 GDAL 不支持 GeoPackage，请换一种格式");
    }
    p->wgs84 = OSRNewSpatialReference(NULL);
    if (!p->wgs84 || OSRImportFromEPSG(p->wgs84, 4326) != OGRERR_NONE) {
        im_fail(err, IM_EENV,
                "PROJ does not know EPSG:4326; is its data (Debian: proj-data) "
                "installed?");
        return im_zh(
            err, IM_EENV,
            "PROJ 不认识 EPSG:4326，请检查其数据（Debian: proj-data）是否安装");
    }
    OSRSetAxisMappingStrategy(p->wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    p->dataset = GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL);
    if (!p->dataset)
        return fail_gdal(err);
    enum im_code rc = create_layer(p, err);
    if (!rc)
        rc = create_fields(p, err);
    if (!rc)
        rc = put_mark(p, err);
    if (!rc && GDALDatasetStartTransaction(p->dataset, FALSE) != OGRERR_NONE)
        rc = fail_gdal(err);
    return rc;
}

/* ---- rows ---- */

static enum im_code set_value(struct package *p,
                              int field,
                              const struct source_value *value,
                              struct im_error *err)
{
    enum im_code rc = IM_OK;

    switch (value->kind) {
    case SOURCE_NULL:
        OGR_F_SetFieldNull(p->feature, field);
        break;
    case SOURCE_INTEGER:
        OGR_F_SetFieldInteger64(p->feature, field, value->integer);
        break;
    case SOURCE_REAL:
        OGR_F_SetFieldDouble(p->feature, field, value->real);
        break;
    case SOURCE_TEXT:
        im_buf_clear(&p->text);
        im_buf_append(&p->text, value->text.data, value->text.len);
        im_buf_byte(&p->text, 0);
        rc = im_buf_check(&p->text, "a text", err);
        if (!rc)
            OGR_F_SetFieldString(p->feature, field, (char *)p->text.data);
        break;
    }
    return rc;
}

static enum im_code
set_geometry(struct package *p, const struct geom *g, struct im_error *err)
{
    bool is_multi =
        p->e->schema->geometry == SCHEMA_LINE || p->e->schema->geometry == SCHEMA_AREA;
    OGRGeometryH geometry = NULL;

    if (g->kind == GEOM_EMPTY)
        return OGR_F_SetGeometry(p->feature, NULL) == OGRERR_NONE ? IM_OK
                                                                  : fail_gdal(err);
    im_buf_clear(&p->e->piece);
    export_wkb(g, is_multi, &p->e->piece);
    enum im_code rc = im_buf_check(&p->e->piece, "a geometry", err);
    if (!rc && (OGR_G_CreateFromWkbEx(p->e->piece.data, NULL, &geometry,
                                      p->e->piece.len) != OGRERR_NONE ||
                OGR_F_SetGeometryDirectly(p->feature, geometry) != OGRERR_NONE))
        rc = fail_gdal(err);
    return rc;
}

static enum im_code
put_row(struct package *p, const struct source_feature *feature, struct im_error *err)
{
    enum im_code rc = IM_OK;

    p->feature = OGR_F_Create(OGR_L_GetLayerDefn(p->layer));
    if (!p->feature)
        return im_fail(err, IM_ENOMEM, "export: out of memory");
    OGR_F_SetFID(p->feature, feature->fid);
    for (size_t i = 0; !rc && i < p->e->schema->n_fields; i++)
        rc = set_value(p, (int)i, &feature->values[i], err);
    if (!rc && p->e->schema->geometry != SCHEMA_NONE)
        rc = set_geometry(p, &feature->geom, err);
    if (!rc && OGR_L_CreateFeature(p->layer, p->feature) != OGRERR_NONE)
        rc = fail_gdal(err);
    OGR_F_Destroy(p->feature);
    p->feature = NULL;
    return rc;
}

static enum im_code put_rows(struct package *p, struct im_error *err)
{
    struct source_feature feature;
    bool more = true;
    enum im_code rc = IM_OK;

    while (!rc && !(rc = exporter_next(p->e, &feature, &more, err)) && more)
        rc = put_row(p, &feature, err);
    if (!rc && GDALDatasetCommitTransaction(p->dataset) != OGRERR_NONE)
        rc = fail_gdal(err);
    return rc;
}

enum im_code export_gpkg(struct exporter *e, const char *path, struct im_error *err)
{
    struct package p = {.e = e, .text = {.max = 1 << 30}};
    enum im_code rc;

    CPLPushErrorHandler(CPLQuietErrorHandler); /* told in the error */
    CPLErrorReset();
    rc = create(&p, path, err);
    if (!rc)
        rc = put_rows(&p, err);
    CPLErrorReset();
    if (p.dataset)
        GDALClose(p.dataset);
    if (!rc &&
        CPLGetLastErrorType() >= CE_Failure) /* what closing wrote did not arrive */
        rc = fail_gdal(err);
    CPLPopErrorHandler();
    OSRRelease(p.wgs84);
    im_buf_release(&p.text);
    return rc;
}
