/* SPDX-License-Identifier: Apache-2.0 */
/* Whole arrays out of a netCDF file, through GDAL's multidimensional interface. */
#ifndef BASEMAP_NETCDF_H
#define BASEMAP_NETCDF_H

#include <engine/bytes.h>

#include <gdal.h>

struct netcdf {
    GDALDatasetH dataset;
    GDALGroupH root;
};

/** Values of one array; free() the data. */
struct netcdf_ints {
    int32_t *data;
    size_t n;
};

/** Errors: IM_ENOTFOUND no such file; IM_EDATA not netCDF, or GDAL cannot read it. */
IM_CHECKED enum im_code
netcdf_open(struct netcdf *nc, const char *path, struct im_error *err);
void netcdf_close(struct netcdf *nc);
/** A one-dimensional array of integers as int32. Errors: IM_EDATA missing, not
 *  one-dimensional or unreadable; IM_ELIMIT over 64 million; IM_ENOMEM. */
IM_CHECKED enum im_code netcdf_read(const struct netcdf *nc,
                                    const char *name,
                                    struct netcdf_ints *out,
                                    struct im_error *err);
/** The areas of polygons and the like: the same as doubles. */
IM_CHECKED enum im_code netcdf_read_doubles(const struct netcdf *nc,
                                            const char *name,
                                            double **out,
                                            size_t *n,
                                            struct im_error *err);
/** A number attached to an array. Errors: IM_EDATA missing. */
IM_CHECKED enum im_code netcdf_attribute(const struct netcdf *nc,
                                         const char *array,
                                         const char *name,
                                         double *out,
                                         struct im_error *err);

#endif
