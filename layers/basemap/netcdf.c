/* SPDX-License-Identifier: Apache-2.0 */
/* Whole arrays out of a netCDF file, through GDAL's multidimensional interface. */
#include "netcdf.h"

#include <cpl_error.h>

#include <stdlib.h>
#include <unistd.h>

enum { MAX_VALUES = 64 * 1000 * 1000 };

enum im_code netcdf_open(struct netcdf *nc, const char *path, struct im_error *err)
{
    static const char *const drivers[] = {"netCDF", NULL};

    *nc = (struct netcdf){0};
    if (access(path, R_OK) != 0)
        return im_fail(err, IM_ENOTFOUND, "there is no readable file '%s'", path);
    nc->dataset = GDALOpenEx(path, GDAL_OF_MULTIDIM_RASTER, drivers, NULL, NULL);
    if (nc->dataset)
        nc->root = GDALDatasetGetRootGroup(nc->dataset);
    if (!nc->root) {
        netcdf_close(nc);
        return im_fail(err, IM_EDATA, "'%s' is not netCDF: %s", path,
                       CPLGetLastErrorMsg());
    }
    return IM_OK;
}

void netcdf_close(struct netcdf *nc)
{
    if (nc->root)
        GDALGroupRelease(nc->root);
    if (nc->dataset)
        GDALClose(nc->dataset);
    *nc = (struct netcdf){0};
}

static enum im_code read_array(const struct netcdf *nc,
                               const char *name,
                               GDALDataType type,
                               size_t size,
                               void **out,
                               size_t *n,
                               struct im_error *err)
{
    enum im_code rc = IM_OK;
    GDALExtendedDataTypeH wanted = NULL;
    void *data = NULL;
    GDALMDArrayH array = GDALGroupOpenMDArray(nc->root, name, NULL);
    GUInt64 start = 0;

    if (!array || GDALMDArrayGetDimensionCount(array) != 1) {
        rc = im_fail(err, IM_EDATA, "the list '%s' is missing", name);
        goto done;
    }
    size_t count = GDALMDArrayGetTotalElementsCount(array);
    if (count == 0 || count > MAX_VALUES) {
        rc = im_fail(err, IM_ELIMIT, "'%s' has %zu values; allowed are 1 to %d", name,
                     count, MAX_VALUES);
        goto done;
    }
    wanted = GDALExtendedDataTypeCreate(type);
    data = malloc(count * size);
    if (!data || !wanted) {
        rc = im_fail(err, IM_ENOMEM, "out of memory for '%s'", name);
        goto done;
    }
    if (!GDALMDArrayRead(array, &start, &count, NULL, NULL, wanted, data, data,
                         count * size)) {
        rc = im_fail(err, IM_EDATA, "'%s': %s", name, CPLGetLastErrorMsg());
        goto done;
    }
    *out = data;
    *n = count;
    data = NULL;
done:
    free(data);
    if (wanted)
        GDALExtendedDataTypeRelease(wanted);
    if (array)
        GDALMDArrayRelease(array);
    return rc;
}

enum im_code netcdf_read(const struct netcdf *nc,
                         const char *name,
                         struct netcdf_ints *out,
                         struct im_error *err)
{
    void *data = NULL;
    enum im_code rc =
        read_array(nc, name, GDT_Int32, sizeof(int32_t), &data, &out->n, err);

    if (!rc)
        out->data = data;
    return rc;
}

enum im_code netcdf_read_doubles(const struct netcdf *nc,
                                 const char *name,
                                 double **out,
                                 size_t *n,
                                 struct im_error *err)
{
    void *data = NULL;
    enum im_code rc = read_array(nc, name, GDT_Float64, sizeof(double), &data, n, err);

    if (!rc)
        *out = data;
    return rc;
}

enum im_code netcdf_attribute(const struct netcdf *nc,
                              const char *array_name,
                              const char *name,
                              double *out,
                              struct im_error *err)
{
    GDALMDArrayH array = GDALGroupOpenMDArray(nc->root, array_name, NULL);
    GDALAttributeH attribute = array ? GDALMDArrayGetAttribute(array, name) : NULL;
    enum im_code rc = IM_OK;

    if (attribute)
        *out = GDALAttributeReadAsDouble(attribute);
    else
        rc = im_fail(err, IM_EDATA, "'%s' has no attribute '%s'", array_name, name);
    if (attribute)
        GDALAttributeRelease(attribute);
    if (array)
        GDALMDArrayRelease(array);
    return rc;
}
