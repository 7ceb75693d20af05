/* SPDX-License-Identifier: Apache-2.0 */
/* The GeoPackage that holds the finished base map. Written under a temporary name
 * beside the target and renamed when whole. */
#ifndef BASEMAP_GPKG_H
#define BASEMAP_GPKG_H

#include "geos.h"

#include <gdal.h>

enum gpkg_type { GPKG_TABLE, GPKG_POINT, GPKG_LINE, GPKG_AREA };

struct gpkg_field {
    const char *name;
    OGRFieldType type; /* OFTString, OFTInteger or OFTReal */
};

struct gpkg_layer_def {
    const char *name;
    enum gpkg_type type;
    const struct gpkg_field *fields;
    size_t n_fields;
};

/** A value for a field: text for OFTString (NULL: not set), number for the others. */
struct gpkg_value {
    const char *text;
    double number;
};

struct gpkg {
    char *path;      /* where it goes in the end */
    char *temporary; /* where it is while it is written */
    GDALDatasetH dataset;
    OGRSpatialReferenceH wgs84;
    size_t n_layers;
};

/** Errors: IM_EIO not writable; IM_ENOMEM; IM_EENV GDAL or PROJ lacks its data. */
IM_CHECKED enum im_code
gpkg_create(struct gpkg *out, const char *path, struct im_error *err);
/** NULL and an error when it cannot be made. */
OGRLayerH
gpkg_layer(struct gpkg *pkg, const struct gpkg_layer_def *def, struct im_error *err);
/** Write one feature; `geom` is NULL in tables and stays the caller's. */
IM_CHECKED enum im_code gpkg_add(struct geos *g,
                                 OGRLayerH layer,
                                 const GEOSGeometry *geom,
                                 const struct gpkg_value *values,
                                 size_t n_values,
                                 struct im_error *err);
/** Remove those layers of a comma-separated list that have been made already. */
void gpkg_drop_layers(struct gpkg *pkg, const char *names);
IM_CHECKED enum im_code
gpkg_set_fingerprint(struct gpkg *pkg, const char *fingerprint, struct im_error *err);
/** Flush, close, rename. After a failure, or instead: gpkg_abandon. */
IM_CHECKED enum im_code gpkg_finish(struct gpkg *pkg, struct im_error *err);
void gpkg_abandon(struct gpkg *pkg);

/** Was `path` made with this fingerprint? False for anything that is not a readable
 *  GeoPackage of ours. */
bool gpkg_is_current(const char *path, const char *fingerprint);

#endif
