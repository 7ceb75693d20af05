/* SPDX-License-Identifier: Apache-2.0 */
/* A foreign file through GDAL. */
#include "../internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

struct source {
    struct file_facts file;
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRFeatureDefnH columns;
    const char *driver;
    bool has_geometry;
    OGRFeatureH feature;    /* the current row */
    uint64_t row;           /* its number, 1 is the first */
    struct im_arena *arena; /* of the current row */
    struct source_value *cells;
};

/* Far above what check.c takes: a list that is too long is refused there, not lost
 * here. */
enum { LIST_MAX_BYTES = 256 << 20, ROW_MAX_BYTES = 1 << 30 };

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

static enum im_code choose_layer(struct source *source,
                                 const struct file_facts *file,
                                 const char *source_layer,
                                 struct im_error *err)
{
    char names[200];
    int n = GDALDatasetGetLayerCount(source->dataset);

    if (source_layer)
        source->layer = GDALDatasetGetLayerByName(source->dataset, source_layer);
    else if (n == 1)
        source->layer = GDALDatasetGetLayer(source->dataset, 0);
    if (source->layer)
        return IM_OK;
    list_layers(source->dataset, names, sizeof names);
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

static enum im_code open_dataset(struct source *source,
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
    source->dataset = GDALOpenEx(absolute, GDAL_OF_VECTOR | GDAL_OF_READONLY, DRIVERS,
                                 OPEN_OPTIONS, NULL);
    if (!source->dataset)
        rc = file->is_utf16 ? fail_utf8(err, file) : fail_format(err, file);
    free(absolute);
    return rc;
}

struct builder {
    struct refusal refusal;
    enum geom_kind kind;
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t n_areas;
    double *lonlat; /* NULL while counting */
    uint32_t *part_end;
    uint32_t *area_end;
};

static void refuse(struct builder *b, const char *zh, const char *en)
{
    if (!b->refusal.code)
        b->refusal = (struct refusal){.code = "bad_geometry", .zh = zh, .en = en};
}

static void add_point(struct builder *b, double x, double y)
{
    if (b->lonlat) {
        b->lonlat[2 * (size_t)b->n_points] = x;
        b->lonlat[2 * (size_t)b->n_points + 1] = y;
    }
    b->n_points++;
}

static void set_kind(struct builder *b, enum geom_kind kind)
{
    if (b->kind != GEOM_EMPTY && b->kind != kind)
        refuse(b, "点、线、面混在一个几何里", "points, lines and areas are mixed");
    b->kind = kind;
}

static void add_part(struct builder *b, OGRGeometryH line)
{
    int n = OGR_G_GetPointCount(line);

    for (int i = 0; i < n; i++)
        add_point(b, OGR_G_GetX(line, i), OGR_G_GetY(line, i));
    if (b->part_end)
        b->part_end[b->n_parts] = b->n_points;
    b->n_parts++;
}

static void add_geometry(struct builder *b, OGRGeometryH g);

static void add_polygon(struct builder *b, OGRGeometryH polygon)
{
    int n = OGR_G_GetGeometryCount(polygon);

    for (int i = 0; i < n; i++)
        add_part(b, OGR_G_GetGeometryRef(polygon, i));
    if (b->area_end)
        b->area_end[b->n_areas] = b->n_parts;
    b->n_areas++;
}

static void add_members(struct builder *b, OGRGeometryH g)
{
    int n = OGR_G_GetGeometryCount(g);

    for (int i = 0; i < n; i++)
        add_geometry(b, OGR_G_GetGeometryRef(g, i));
}

static void add_geometry(struct builder *b, OGRGeometryH g)
{
    if (OGR_G_IsEmpty(g))
        return;
    switch (wkbFlatten(OGR_G_GetGeometryType(g))) {
    case wkbPoint:
        set_kind(b, GEOM_POINT);
        add_point(b, OGR_G_GetX(g, 0), OGR_G_GetY(g, 0));
        return;
    case wkbLineString:
        set_kind(b, GEOM_LINE);
        add_part(b, g);
        return;
    case wkbPolygon:
    case wkbTriangle:
        set_kind(b, GEOM_AREA);
        add_polygon(b, g);
        return;
    case wkbMultiPoint:
    case wkbMultiLineString:
    case wkbMultiPolygon:
    case wkbGeometryCollection:
    case wkbTIN:
    case wkbPolyhedralSurface:
        add_members(b, g);
        return;
    default:
        refuse(b, "几何类型不支持", "its type of geometry is not supported");
    }
}

static bool allocate(struct builder *b, struct im_arena *arena)
{
    b->lonlat = im_arena_calloc(arena, b->n_points, 2 * sizeof(double));
    b->part_end = im_arena_calloc(arena, (size_t)b->n_parts + 1, sizeof *b->part_end);
    b->area_end = im_arena_calloc(arena, (size_t)b->n_areas + 1, sizeof *b->area_end);
    return b->lonlat && b->part_end && b->area_end;
}

/* The geometry of the current row, flat, as it came. */
static struct refusal
flatten(OGRGeometryH geometry, struct im_arena *arena, struct geom *out)
{
    struct builder b = {0};

    *out = (struct geom){.kind = GEOM_EMPTY};
    add_geometry(&b, geometry);
    if (b.refusal.code || b.n_points == 0)
        return b.refusal;
    if (!allocate(&b, arena))
        return (struct refusal){.code = "bad_geometry",
                                .zh = "几何太大，内存不足",
                                .en = "too large: out of memory"};
    b.n_points = b.n_parts = b.n_areas = 0;
    add_geometry(&b, geometry);
    *out = (struct geom){.kind = b.kind,
                         .n_points = b.n_points,
                         .n_parts = b.n_parts,
                         .n_areas = b.n_areas,
                         .lonlat = b.lonlat,
                         .part_end = b.kind == GEOM_POINT ? NULL : b.part_end,
                         .area_end = b.kind == GEOM_AREA ? b.area_end : NULL};
    return b.refusal;
}

static unsigned dropped_of(OGRGeometryH geometry)
{
    return (OGR_G_Is3D(geometry) ? SOURCE_DROPPED_Z : 0u) |
           (OGR_G_IsMeasured(geometry) ? SOURCE_DROPPED_M : 0u) |
           (OGR_G_HasCurveGeometry(geometry, 0) ? SOURCE_LINEARISED : 0u);
}

static void take_geometry(struct source *source, struct source_row *out)
{
    OGRGeometryH geometry = OGR_F_GetGeometryRef(source->feature);
    OGRGeometryH straight = NULL;

    if (!geometry || OGR_G_IsEmpty(geometry))
        return;
    out->dropped = dropped_of(geometry);
    if (out->dropped & SOURCE_LINEARISED)
        straight = OGR_G_GetLinearGeometry(geometry, SOURCE_ARC_STEP_DEGREES, NULL);
    out->fault = flatten(straight ? straight : geometry, source->arena, &out->geom);
    out->fault_field = "geometry";
    OGR_G_DestroyGeometry(straight);
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

static struct source_value
read_cell(const struct source *source, size_t i, struct im_arena *arena)
{
    OGRFeatureH feature = source->feature;
    int column = (int)i;

    if (!OGR_F_IsFieldSetAndNotNull(feature, column))
        return (struct source_value){.kind = SOURCE_NULL};
    switch (OGR_Fld_GetType(OGR_FD_GetFieldDefn(source->columns, column))) {
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

static enum im_code open_layer(struct source *source,
                               const char *path,
                               const struct source_options *options,
                               struct im_error *err)
{
    const struct file_facts *file = &source->file;
    enum im_code rc = open_dataset(source, path, file, err);

    if (rc)
        return rc;
    source->driver = GDALGetDriverShortName(GDALGetDatasetDriver(source->dataset));
    if (file->bad_utf8_line && is_text_driver(source->driver))
        return file->has_nul && !file->is_utf16 ? fail_nul(err, file)
                                                : fail_utf8(err, file);
    rc = choose_layer(source, file, options->layer, err);
    if (rc)
        return rc;
    source->columns = OGR_L_GetLayerDefn(source->layer);
    source->has_geometry = OGR_L_GetGeomType(source->layer) != wkbNone;
    source->cells = calloc(source_columns(source) + 1, sizeof *source->cells);
    OGR_L_ResetReading(source->layer);
    return source->cells ? IM_OK : im_fail(err, IM_ENOMEM, "open: out of memory");
}

enum im_code source_open(const char *path,
                         const struct source_options *options,
                         struct source **out,
                         struct im_error *err)
{
    struct source *source = calloc(1, sizeof *source);
    enum im_code rc = IM_OK;

    *out = NULL;
    if (!source)
        return im_fail(err, IM_ENOMEM, "open: out of memory");
    source->arena = im_arena_new(ROW_MAX_BYTES);
    rc = source->arena ? file_scan(path, &source->file, err)
                       : im_fail(err, IM_ENOMEM, "open: out of memory");
    if (!rc && source->file.size == 0)
        rc = fail_empty(err, &source->file);
    if (!rc) {
        GDALAllRegister();
        CPLPushErrorHandler(CPLQuietErrorHandler);
        rc = open_layer(source, path, options, err);
        CPLPopErrorHandler();
    }
    if (rc)
        source_close(source);
    else
        *out = source;
    return rc;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->feature)
        OGR_F_Destroy(source->feature);
    if (source->dataset)
        GDALClose(source->dataset);
    im_arena_free(source->arena);
    free(source->cells);
    free(source);
}

enum im_code source_next(struct source *source,
                         struct source_row *out,
                         bool *more,
                         struct im_error *err)
{
    *out = (struct source_row){.sheet = "", .fault_field = "", .cells = source->cells};
    if (source->feature)
        OGR_F_Destroy(source->feature);
    im_arena_reset(source->arena);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
    source->feature = OGR_L_GetNextFeature(source->layer);
    bool is_broken = !source->feature && CPLGetLastErrorType() >= CE_Failure;
    CPLPopErrorHandler();
    if (is_broken)
        return im_fail(err, IM_EDATA, "row %llu cannot be read: %s",
                       (unsigned long long)source->row + 1, CPLGetLastErrorMsg());
    *more = source->feature != NULL;
    if (!*more)
        return IM_OK;
    out->number = ++source->row;
    for (size_t i = 0; i < source_columns(source); i++)
        source->cells[i] = read_cell(source, i, source->arena);
    take_geometry(source, out);
    return IM_OK;
}

enum im_code source_rewind(struct source *source, struct im_error *err)
{
    (void)err;
    OGR_L_ResetReading(source->layer);
    source->row = 0;
    return IM_OK;
}

const char *source_name(const struct source *source)
{
    return source->file.name;
}
const char *source_driver(const struct source *source)
{
    return source->driver;
}
const char *source_encoding(const struct source *source)
{
    (void)source;
    return "";
}
const char *source_sheet(const struct source *source)
{
    return GDALDatasetGetLayerCount(source->dataset) > 1 ? OGR_L_GetName(source->layer)
                                                         : "";
}
uint64_t source_size(const struct source *source)
{
    return source->file.size;
}
uint64_t source_hash(const struct source *source)
{
    return source->file.hash;
}
uint64_t source_rows(const struct source *source)
{
    (void)source;
    return 0;
}
bool source_is_export(const struct source *source)
{
    (void)source;
    return false;
}
bool source_is_grid(const struct source *source)
{
    (void)source;
    return false;
}
size_t source_columns(const struct source *source)
{
    return (size_t)OGR_FD_GetFieldCount(source->columns);
}
const char *source_column(const struct source *source, size_t i)
{
    return OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(source->columns, (int)i));
}
bool source_has_geometry(const struct source *source)
{
    return source->has_geometry;
}
OGRSpatialReferenceH source_srs(const struct source *source)
{
    return OGR_L_GetSpatialRef(source->layer);
}
