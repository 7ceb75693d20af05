/* SPDX-License-Identifier: Apache-2.0 */
/* Columns and rows of a foreign file, through GDAL. */
#include "internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

/* Far above what check.c takes: a list that is too long is refused there, not lost
 * here. */
enum { LIST_MAX_BYTES = 256 << 20 };

/* Local files only: no database servers, no web services, nothing that follows links
 * to other places. */
static const char *const DRIVERS[] = {
    "CSV",        "GeoJSON",        "GeoJSONSeq", "TopoJSON", "GPKG",
    "FlatGeobuf", "ESRI Shapefile", "LIBKML",     "KML",      "GML",
    "GPX",        "MapInfo File",   "XLSX",       "ODS",      NULL};

static const char *const OPEN_OPTIONS[] = {
    "AUTODETECT_TYPE=NO", /* types are ours to check */
    "HEADERS=YES", "EMPTY_STRING_AS_NULL=YES", "DOWNLOAD_SCHEMA=NO", NULL};

static enum im_code fail_format(struct im_error *err, const struct file_facts *file)
{
    /* warnings are about options that some drivers do not know */
    const char *why = CPLGetLastErrorType() >= CE_Failure ? CPLGetLastErrorMsg() : "";

    im_fail(err, IM_EDATA,
            "'%s' is not a file that can be imported%s%s; known are CSV, GeoJSON, "
            "GeoPackage, Shapefile, KML, GML, MapInfo, FlatGeobuf, XLSX, ODS",
            file->name, *why ? ": " : "", why);
    return im_zh(
        err, IM_EDATA,
        "“%s”不是可导入的文件；可导入 CSV、GeoJSON、GeoPackage、Shapefile、KML、"
        "GML、MapInfo、FlatGeobuf、XLSX、ODS",
        file->name);
}

static enum im_code fail_empty(struct im_error *err, const struct file_facts *file)
{
    im_fail(err, IM_EDATA, "'%s' is an empty file; was it saved?", file->name);
    return im_zh(err, IM_EDATA, "“%s”是空文件，请确认已保存", file->name);
}

static enum im_code fail_nul(struct im_error *err, const struct file_facts *file)
{
    im_fail(err, IM_EDATA,
            "'%s', line %llu, has a zero byte: it is cut off, or no text file; save it "
            "anew as UTF-8",
            file->name, (unsigned long long)file->bad_utf8_line);
    return im_zh(err, IM_EDATA,
                 "“%s”第 %llu 行含有零字节：文件不完整，或不是文本；请重新另存为 UTF-8",
                 file->name, (unsigned long long)file->bad_utf8_line);
}

static enum im_code fail_utf8(struct im_error *err, const struct file_facts *file)
{
    im_fail(
        err, IM_EDATA,
        "'%s', line %llu, is not UTF-8%s; save the file as UTF-8 (in a spreadsheet: "
        "\"CSV UTF-8\") and import it again",
        file->name, (unsigned long long)file->bad_utf8_line,
        file->is_utf16 ? " but UTF-16" : " (GBK?)");
    return im_zh(err, IM_EDATA,
                 "“%s”第 %llu 行不是 UTF-8%s；请另存为 UTF-8（表格软件中选“CSV UTF-8”）"
                 "后再导入",
                 file->name, (unsigned long long)file->bad_utf8_line,
                 file->is_utf16 ? "，而是 UTF-16" : "（可能是 GBK）");
}

/* Names of the layers, for a message. */
static void list_layers(GDALDatasetH dataset, char *out, size_t size)
{
    int n = GDALDatasetGetLayerCount(dataset);
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < n && used < size; i++) {
        int more = snprintf(out + used, size - used, "%s%s", i ? ", " : "",
                            OGR_L_GetName(GDALDatasetGetLayer(dataset, i)));
        if (more < 0)
            return;
        used += (size_t)more;
    }
    if (used >= size)
        out[im_utf8_cut(out, size - 1)] = '\0';
}

static enum im_code choose_layer(struct reader *reader,
                                 const struct file_facts *file,
                                 const char *source_layer,
                                 struct im_error *err)
{
    char names[200];
    int n = GDALDatasetGetLayerCount(reader->dataset);

    if (source_layer)
        reader->layer = GDALDatasetGetLayerByName(reader->dataset, source_layer);
    else if (n == 1)
        reader->layer = GDALDatasetGetLayer(reader->dataset, 0);
    if (reader->layer)
        return IM_OK;
    list_layers(reader->dataset, names, sizeof names);
    if (n == 0) {
        im_fail(err, IM_EDATA, "'%s' has no layer", file->name);
        return im_zh(err, IM_EDATA, "“%s”中没有图层", file->name);
    }
    if (source_layer) {
        im_fail(err, IM_ENOTFOUND, "'%s' has no layer '%s'; it has: %s", file->name,
                source_layer, names);
        return im_zh(err, IM_ENOTFOUND, "“%s”中没有图层“%s”；有：%s", file->name,
                     source_layer, names);
    }
    im_fail(err, IM_EDATA, "'%s' has %d layers; choose one with --source-layer: %s",
            file->name, n, names);
    return im_zh(err, IM_EDATA, "“%s”有 %d 个图层，请用 --source-layer 选一个：%s",
                 file->name, n, names);
}

static bool is_text_driver(const char *driver)
{
    return strcmp(driver, "CSV") == 0 || strcmp(driver, "TopoJSON") == 0 ||
           strncmp(driver, "GeoJSON", 7) == 0;
}

static enum im_code open_dataset(struct reader *reader,
                                 const char *path,
                                 const struct file_facts *file,
                                 struct im_error *err)
{
    enum im_code rc = IM_OK;
    /* an absolute path can be taken neither for a URL nor for GeoJSON text */
    char *absolute = realpath(path, NULL);

    if (!absolute || strncmp(absolute, "/vsi", 4) == 0) {
        free(absolute);
        return fail_format(err, file);
    }
    CPLErrorReset();
    reader->dataset = GDALOpenEx(absolute, GDAL_OF_VECTOR | GDAL_OF_READONLY, DRIVERS,
                                 OPEN_OPTIONS, NULL);
    if (!reader->dataset)
        rc = file->is_utf16 ? fail_utf8(err, file) : fail_format(err, file);
    free(absolute);
    return rc;
}

enum im_code reader_open(struct reader *reader,
                         const char *path,
                         const struct file_facts *file,
                         const char *source_layer,
                         struct im_error *err)
{
    *reader = (struct reader){0};
    if (file->size == 0)
        return fail_empty(err, file);
    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    enum im_code rc = open_dataset(reader, path, file, err);
    if (!rc) {
        reader->driver = GDALGetDriverShortName(GDALGetDatasetDriver(reader->dataset));
        if (file->bad_utf8_line && is_text_driver(reader->driver))
            rc = file->has_nul && !file->is_utf16 ? fail_nul(err, file)
                                                  : fail_utf8(err, file);
    }
    if (!rc)
        rc = choose_layer(reader, file, source_layer, err);
    if (!rc) {
        reader->columns = OGR_L_GetLayerDefn(reader->layer);
        reader->has_geometry = OGR_L_GetGeomType(reader->layer) != wkbNone;
        OGR_L_ResetReading(reader->layer);
    }
    CPLPopErrorHandler();
    return rc;
}

enum im_code reader_next(struct reader *reader, bool *more, struct im_error *err)
{
    if (reader->feature)
        OGR_F_Destroy(reader->feature);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
    reader->feature = OGR_L_GetNextFeature(reader->layer);
    bool is_broken = !reader->feature && CPLGetLastErrorType() >= CE_Failure;
    CPLPopErrorHandler();
    if (is_broken)
        return im_fail(err, IM_EDATA, "row %llu cannot be read: %s",
                       (unsigned long long)reader->row + 1, CPLGetLastErrorMsg());
    *more = reader->feature != NULL;
    reader->row++;
    return IM_OK;
}

void reader_release(struct reader *reader)
{
    if (reader->feature)
        OGR_F_Destroy(reader->feature);
    if (reader->dataset)
        GDALClose(reader->dataset);
    *reader = (struct reader){0};
}

size_t reader_columns(const struct reader *reader)
{
    return (size_t)OGR_FD_GetFieldCount(reader->columns);
}

const char *reader_column(const struct reader *reader, size_t i)
{
    return OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(reader->columns, (int)i));
}

static struct source_value text_value(const char *text)
{
    struct im_bytes bytes = im_bytes_of(text);

    while (bytes.len && strchr(" \t\r\n", bytes.data[bytes.len - 1]))
        bytes.len--;
    while (bytes.len && strchr(" \t\r\n", bytes.data[0])) {
        bytes.data++;
        bytes.len--;
    }
    if (bytes.len == 0)
        return (struct source_value){.kind = SOURCE_NULL};
    return (struct source_value){.kind = SOURCE_TEXT, .text = bytes};
}

static struct source_value
list_value(OGRFeatureH feature, int i, struct im_arena *arena)
{
    char **items = OGR_F_GetFieldAsStringList(feature, i);
    struct im_buf joined = {.max = LIST_MAX_BYTES};
    char *copy = NULL;

    for (int j = 0; items && items[j]; j++)
        im_buf_printf(&joined, "%s%s", j ? ";" : "", items[j]);
    if (!joined.failed)
        copy = im_arena_strdup(arena, im_buf_bytes(&joined));
    im_buf_release(&joined);
    return text_value(copy ? copy : "");
}

static struct source_value
date_value(OGRFeatureH feature, int i, bool has_time, struct im_arena *arena)
{
    int y, mo, d, h, mi, zone;
    float s;
    char text[64];

    if (!OGR_F_GetFieldAsDateTimeEx(feature, i, &y, &mo, &d, &h, &mi, &s, &zone))
        return (struct source_value){.kind = SOURCE_NULL};
    if (has_time)
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", y, mo, d, h, mi,
                 (int)s);
    else
        snprintf(text, sizeof text, "%04d-%02d-%02d", y, mo, d);
    char *copy = im_arena_strdup(arena, im_bytes_of(text));
    return text_value(copy ? copy : "");
}

struct source_value
reader_cell(const struct reader *reader, size_t i, struct im_arena *arena)
{
    OGRFeatureH feature = reader->feature;
    int column = (int)i;

    if (!OGR_F_IsFieldSetAndNotNull(feature, column))
        return (struct source_value){.kind = SOURCE_NULL};
    switch (OGR_Fld_GetType(OGR_FD_GetFieldDefn(reader->columns, column))) {
    case OFTInteger:
    case OFTInteger64:
        return (struct source_value){.kind = SOURCE_INTEGER,
                                     .integer =
                                         OGR_F_GetFieldAsInteger64(feature, column)};
    case OFTReal:
        return (struct source_value){.kind = SOURCE_REAL,
                                     .real = OGR_F_GetFieldAsDouble(feature, column)};
    case OFTStringList:
        return list_value(feature, column, arena);
    case OFTDate:
        return date_value(feature, column, false, arena);
    case OFTDateTime:
        return date_value(feature, column, true, arena);
    default:
        return text_value(OGR_F_GetFieldAsString(feature, column));
    }
}
