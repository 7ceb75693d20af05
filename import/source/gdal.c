/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign files through GDAL: which driver, which layers, row after row.
 *
 * Texts of Shapefile and MapInfo are taken as the bytes they are and decoded here,
 * since GDAL leaves out what it cannot decode; see encoding.c.
 */
#include "gdal.h"

#include <layers/export.h>

#include <assert.h>
#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

enum { MAX_LAYERS = 10000, LIST_BYTES = 200 };

/* Local files only: nothing that follows links to other places. */
static const struct {
    const char *format;
    const char *drivers[4];
} DRIVERS[] = {
    {"Shapefile", {"ESRI Shapefile"}},
    {"MapInfo", {"MapInfo File"}},
    {"KML", {"LIBKML", "KML"}},
    {"GML", {"GML"}},
    {"GPX", {"GPX"}},
    {"GeoPackage", {"GPKG"}},
    {"SpatiaLite", {"SQLite"}},
    {"FlatGeobuf", {"FlatGeobuf"}},
    {"DXF", {"DXF"}},
    {"File Geodatabase", {"OpenFileGDB"}},
    {"TopoJSON", {"TopoJSON"}},
    {"ESRI JSON", {"ESRIJSON"}},
    {"PostgreSQL", {"PostgreSQL"}},
    {"WFS", {"WFS"}},
    {"OAPIF", {"OAPIF"}},
};

static const char *const OPEN_OPTIONS[] = {"DOWNLOAD_SCHEMA=NO", "WRITE_GFS=NO",
                                           "ENCODING=", NULL};

/* ---- what does it hold ---- */

static bool is_format(const struct gdal *g, const char *name)
{
    return strcmp(g->format, name) == 0;
}

/* Counting may mean reading everything: not over a network. */
static long long rows_of(const struct gdal *g, OGRLayerH layer)
{
    return (long long)OGR_L_GetFeatureCount(layer, !g->input->address);
}

static const struct {
    const char *zh;
    const char *en;
} KINDS[] = {{"无几何", "-"},
             {"点", "point"},
             {"线", "line"},
             {"面", "area"},
             {"几何", "geometry"}};

/* Index of KINDS. */
static size_t kind_of(OGRLayerH layer)
{
    switch (wkbFlatten(OGR_GT_GetLinear(OGR_L_GetGeomType(layer)))) {
    case wkbNone:
        return 0;
    case wkbPoint:
    case wkbMultiPoint:
        return 1;
    case wkbLineString:
    case wkbMultiLineString:
        return 2;
    case wkbPolygon:
    case wkbMultiPolygon:
        return 3;
    default:
        return 4;
    }
}

/* Name, kind and number of rows of each layer, for a message that cannot be long: what
 * has rows comes first. */
static void list_layers(const struct gdal *g, bool is_zh, char *out, size_t size)
{
    size_t n = g->n_parts ? g->n_parts : (size_t)GDALDatasetGetLayerCount(g->dataset);
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < 2 * n && used < size; i++) {
        OGRLayerH layer = g->n_parts ? g->parts[i % n].layer
                                     : GDALDatasetGetLayer(g->dataset, (int)(i % n));
        long long rows = rows_of(g, layer);
        size_t kind = kind_of(layer);

        if ((rows == 0) != (i >= n))
            continue;
        int more = snprintf(out + used, size - used, "%s%s (%s, %lld)",
                            used ? ", " : "", OGR_L_GetName(layer),
                            is_zh ? KINDS[kind].zh : KINDS[kind].en, rows);
        used += more > 0 ? (size_t)more : 0;
    }
    if (used >= size)
        snprintf(out + im_utf8_cut(out, size - 5), 5, " ...");
    if (!im_utf8_valid(im_bytes_of(out)))
        snprintf(out, size, "?");
}

static enum im_code fail_several(const struct gdal *g, struct im_error *err)
{
    char list[LIST_BYTES];
    int n = g->n_parts ? (int)g->n_parts : GDALDatasetGetLayerCount(g->dataset);

    list_layers(g, false, list, sizeof list);
    im_fail(err, IM_EDATA, "'%s' has %d layers; choose one with --source-layer: %s",
            g->input->name, n, list);
    list_layers(g, true, list, sizeof list);
    return im_zh(err, IM_EDATA, "“%s”有 %d 个图层，请用 --source-layer 选一个：%s",
                 g->input->name, n, list);
}

static enum im_code fail_no_layer(const struct gdal *g, struct im_error *err)
{
    const char *wanted = g->input->options->layer;
    char list[LIST_BYTES];

    list_layers(g, false, list, sizeof list);
    if (!wanted || !*list) {
        im_fail(err, IM_EDATA, "'%s' has no layer with rows", g->input->name);
        return im_zh(err, IM_EDATA, "“%s”中没有数据图层", g->input->name);
    }
    im_fail(err, IM_ENOTFOUND, "'%s' has no layer '%.60s'; it has: %s", g->input->name,
            wanted, list);
    list_layers(g, true, list, sizeof list);
    return im_zh(err, IM_ENOTFOUND, "“%s”中没有图层“%.60s”；有：%s", g->input->name,
                 wanted, list);
}

/* Layers that programmes keep for themselves. */
static bool is_technical(const char *name)
{
    static const char *const NAMES[] = {"layer_styles", "qgis_projects", "blocks",
                                        "route_points", "track_points",  NULL};

    for (size_t i = 0; NAMES[i]; i++)
        if (strcasecmp(name, NAMES[i]) == 0)
            return true;
    return strncmp(name, "innomap_", 8) == 0;
}

static bool add_part(struct gdal *g, OGRLayerH layer)
{
    g->parts[g->n_parts++] =
        (struct gdal_part){.layer = layer, .defn = OGR_L_GetLayerDefn(layer)};
    return true;
}

/* KML folders, kinds of GPX, entities of a drawing are one source. */
static bool are_one(const struct gdal *g)
{
    if (g->n_parts <= 1 || is_format(g, "KML"))
        return true;
    if (!is_format(g, "GPX"))
        return false;
    for (size_t i = 1; i < g->n_parts; i++)
        if (kind_of(g->parts[0].layer) != kind_of(g->parts[i].layer))
            return false;
    return true;
}

static bool skips_empty(const struct gdal *g)
{
    return is_format(g, "KML") || is_format(g, "GPX") || is_format(g, "GML");
}

/* GDAL takes "tables=" at its word; a table that is not there has no columns. */
static enum im_code check_tables(const struct gdal *g, struct im_error *err)
{
    for (size_t i = 0; i < g->n_parts && is_format(g, "PostgreSQL"); i++)
        if (OGR_FD_GetFieldCount(g->parts[i].defn) == 0 &&
            OGR_FD_GetGeomFieldCount(g->parts[i].defn) == 0) {
            const char *table = OGR_L_GetName(g->parts[i].layer);

            im_fail(err, IM_ENOTFOUND,
                    "'%s' has no table '%s' that this user may read; without "
                    "tables=... all are listed",
                    g->input->name, table);
            return im_zh(err, IM_ENOTFOUND,
                         "“%s”中没有该用户可读的表“%s”；不写 tables=… 可列出所有表",
                         g->input->name, table);
        }
    return IM_OK;
}

/* A KML file that is a list of other files. */
static enum im_code check_links(const struct gdal *g, struct im_error *err)
{
    long long rows = 0;

    for (size_t i = 0; g->file.n_links && i < g->n_parts; i++)
        rows += rows_of(g, g->parts[i].layer);
    if (!g->file.n_links || rows)
        return IM_OK;
    im_fail(err, IM_EDATA,
            "'%s' holds no places, only %u links to other files, which are not "
            "followed; open it in Google Earth, save the places as KMZ and import that",
            g->input->name, g->file.n_links);
    return im_zh(err, IM_EDATA,
                 "“%s”中没有地点，只有 %u "
                 "个指向其他文件的链接（不会打开）；请在 Google Earth "
                 "中打开，将地点另存为 KMZ 后导入",
                 g->input->name, g->file.n_links);
}

static enum im_code choose_parts(struct gdal *g, struct im_error *err)
{
    const char *wanted = g->input->options->layer;
    int n = GDALDatasetGetLayerCount(g->dataset);

    if (n > MAX_LAYERS)
        return fail_several(g, err);
    g->parts = calloc((size_t)n + 1, sizeof *g->parts);
    if (!g->parts)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->input->name);
    for (int i = 0; i < n; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(g->dataset, i);
        const char *name = OGR_L_GetName(layer);

        if (wanted ? strcmp(name, wanted) == 0
                   : !is_technical(name) &&
                         !(skips_empty(g) && n > 1 && rows_of(g, layer) == 0))
            add_part(g, layer);
    }
    if (wanted && g->n_parts == 0 && n == 1 && is_format(g, "MapInfo"))
        add_part(g, GDALDatasetGetLayer(g->dataset, 0));
    if (!g->n_parts && !wanted && g->file.n_links)
        return check_links(g, err);
    if (g->n_parts == 0)
        return fail_no_layer(g, err);
    if (!are_one(g))
        return fail_several(g, err);
    enum im_code rc = check_tables(g, err);
    return rc ? rc : check_links(g, err);
}

/* ---- columns ---- */

/* Not data: what LIBKML and DXF tell about drawing. */
static bool is_taken(const struct gdal *g, OGRFieldDefnH field)
{
    static const char *const KML[] = {
        "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder",
        "icon",         "timestamp",  "begin",   "end",        NULL};
    static const char *const DXF[] = {
        "PaperSpace", "SubClasses", "Linetype",       "ExtendedEntity",
        "BlockScale", "BlockAngle", "BlockOCSNormal", "BlockOCSCoords",
        "Block",      NULL};
    static const char *const GPX[] = {
        "magvar",     "geoidheight", "src",        "link1_href", "link1_text",
        "link1_type", "link2_href",  "link2_text", "link2_type", "fix",
        "sat",        "hdop",        "vdop",       "pdop",       "ageofdgpsdata",
        "dgpsid",     NULL};
    const char *const *names = is_format(g, "GPX")   ? GPX
                               : is_format(g, "KML") ? KML
                               : is_format(g, "DXF") ? DXF
                                                     : NULL;
    const char *name = OGR_Fld_GetNameRef(field);

    if (OGR_Fld_GetType(field) == OFTBinary)
        return false;
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return false;
    return true;
}

/* Line breaks and the like: a person has to be able to write the name. */
static void blank_unseemly(char *name)
{
    struct im_bytes bytes = im_bytes_of(name);

    for (size_t i = 0; i < bytes.len;) {
        size_t from = i;

        if (im_utf8_is_unseemly(im_utf8_next(bytes, &i)))
            memset(name + from, ' ', i - from);
    }
}

/* A name of valid UTF-8: in a .dbf it may end in half a character. */
static char *column_name(struct gdal *g, const char *raw, size_t number)
{
    struct im_buf name = {.max = 1 << 16};
    struct im_bytes bytes = im_bytes_of(raw);
    char *copy = NULL;
    enum decoded rc = DECODED;

    if (!g->file.is_raw && im_utf8_valid(bytes)) /* decoded by us or by GDAL */
        im_buf_append(&name, bytes.data, bytes.len);
    else
        rc = decoder_append(&g->file.decoder, bytes, &name);
    for (int i = 0; i < 3 && rc == DECODED_CUT && bytes.len; i++) {
        bytes.len--;
        rc = decoder_append(&g->file.decoder, bytes, &name);
    }
    if (rc != DECODED || name.len == 0) {
        im_buf_clear(&name);
        im_buf_printf(&name, "column_%zu", number);
    }
    im_buf_byte(&name, 0);
    if (!name.failed)
        copy = strdup((const char *)name.data);
    im_buf_release(&name);
    if (copy)
        blank_unseemly(copy);
    return copy;
}

static bool add_column(struct gdal *g, struct gdal_part *part, int i)
{
    OGRFieldDefnH field = OGR_FD_GetFieldDefn(part->defn, i);
    size_t c = 0;

    part->column_of_field[i] = -1;
    if (!is_taken(g, field))
        return true;
    char *name = column_name(g, OGR_Fld_GetNameRef(field), (size_t)i + 1);
    if (!name)
        return false;
    /* the same column of another folder; of one layer even twins are two columns */
    while (c < g->n_columns &&
           (part == g->parts || strcmp(g->columns[c].name, name) != 0))
        c++;
    part->column_of_field[i] = (int)c;
    if (c < g->n_columns) {
        free(name);
        return true;
    }
    g->columns[g->n_columns++] = (struct gdal_column){
        .name = name,
        .is_markup =
            is_format(g, "KML") && OGR_Fld_GetType(field) == OFTString &&
            (strcmp(name, "description") == 0 || strcmp(name, "snippet") == 0)};
    return true;
}

static enum im_code fail_wide(const struct gdal *g, struct im_error *err)
{
    im_fail(err, IM_ELIMIT, "'%s' has more than %d columns; remove those not needed",
            g->input->name, SOURCE_MAX_COLUMNS);
    return im_zh(err, IM_ELIMIT, "“%s”超过 %d 列；请删除不需要的列", g->input->name,
                 SOURCE_MAX_COLUMNS);
}

static enum im_code take_columns(struct gdal *g, struct im_error *err)
{
    size_t n = 0;

    for (size_t p = 0; p < g->n_parts; p++)
        n += (size_t)OGR_FD_GetFieldCount(g->parts[p].defn);
    g->columns = calloc(n + 1, sizeof *g->columns);
    g->names = calloc(n + 1, sizeof *g->names);
    g->cells = calloc(n + 1, sizeof *g->cells);
    g->is_in_text = calloc(n + 1, sizeof *g->is_in_text);
    if (!g->columns || !g->names || !g->cells || !g->is_in_text)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->input->name);
    for (size_t p = 0; p < g->n_parts; p++) {
        struct gdal_part *part = &g->parts[p];
        int fields = OGR_FD_GetFieldCount(part->defn);

        if (fields > SOURCE_MAX_COLUMNS)
            return fail_wide(g, err);
        part->column_of_field = calloc((size_t)fields + 1, sizeof(int));
        if (!part->column_of_field)
            return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->input->name);
        for (int i = 0; i < fields; i++)
            if (!add_column(g, part, i))
                return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->input->name);
        if (OGR_L_GetGeomType(part->layer) != wkbNone)
            g->has_geometry = true;
    }
    if (g->n_columns > SOURCE_MAX_COLUMNS)
        return fail_wide(g, err);
    for (size_t c = 0; c < g->n_columns; c++)
        g->names[c] = g->columns[c].name;
    return IM_OK;
}

/* ---- coordinate system ---- */

/* Does the data have y first? GDAL says with the system's axes in which order its data
 * come: 2,1 for a system that begins with north is x first. */
static bool has_y_first(OGRSpatialReferenceH srs)
{
    int n = 0;
    const int *mapping = OSRGetDataAxisToSRSAxisMapping(srs, &n);

    return n >= 2 && mapping[0] == 1 &&
           (OSREPSGTreatsAsLatLong(srs) || OSREPSGTreatsAsNorthingEasting(srs));
}

static enum im_code fail_systems(const struct gdal *g, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "the layers of '%s' are in different coordinate systems; choose one with "
            "--source-layer",
            g->input->name);
    return im_zh(err, IM_EDATA, "“%s”各图层的坐标系不同，请用 --source-layer 选一个",
                 g->input->name);
}

static enum im_code take_srs(struct gdal *g, struct im_error *err)
{
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(g->parts[0].layer);

    for (size_t p = 1; p < g->n_parts; p++) {
        OGRSpatialReferenceH other = OGR_L_GetSpatialRef(g->parts[p].layer);

        if (srs != other && (!srs || !other || !OSRIsSame(srs, other)))
            return fail_systems(g, err);
    }
    /* "non-earth", GeoPackage's systems 0 and -1: the file does not say */
    const char *title = srs ? OSRGetName(srs) : NULL;
    if (!srs || OSRIsLocal(srs) || (title && strncasecmp(title, "undefined", 9) == 0))
        return IM_OK;
    g->flat.swap_axes = has_y_first(srs);
    g->srs = OSRClone(srs);
    if (!g->srs)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->input->name);
    OSRSetAxisMappingStrategy(g->srs, OAMS_TRADITIONAL_GIS_ORDER);
    return IM_OK;
}

static void gdal_close(void *self)
{
    struct gdal *g = self;

    guard_enter(g->input->address);
    OGR_F_Destroy(g->feature);
    if (g->dataset)
        GDALClose(g->dataset);
    guard_leave();
    OSRDestroySpatialReference(g->srs);
    for (size_t p = 0; p < g->n_parts; p++)
        free(g->parts[p].column_of_field);
    for (size_t c = 0; c < g->n_columns; c++)
        free(g->columns[c].name);
    free(g->parts);
    free(g->columns);
    free(g->names);
    free(g->cells);
    free(g->is_in_text);
    im_buf_release(&g->text);
    flat_release(&g->flat);
    prepared_release(&g->file);
    free(g);
}

/* ---- opening ---- */

/* GDAL opens what a service answers with any driver it has: these follow links. */
static void drop_drivers(void)
{
    static const char *const NAMES[] = {"OGR_VRT", "VRT",  "OGR_PDS",  "GMLAS", "HTTP",
                                        "CSW",     "ODBC", "GPSBabel", "PGeo"};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        GDALDriverH driver = GDALGetDriverByName(NAMES[i]);

        if (driver) {
            GDALDeregisterDriver(driver);
            GDALDestroyDriver(driver);
        }
    }
}

static enum im_code fail_connect(const struct gdal *g, struct im_error *err)
{
    char why[150];

    guard_message(g->input, "", why, sizeof why);
    im_fail(err, IM_EIO, "'%s' does not answer%s%s", g->input->name, *why ? ": " : "",
            why);
    return im_zh(err, IM_EIO, "“%s”没有应答%s%s", g->input->name, *why ? "：" : "",
                 why);
}

static enum im_code fail_open(const struct gdal *g, struct im_error *err)
{
    char why[150];

    if (g->input->address)
        return fail_connect(g, err);

    guard_message(g->input, g->file.path, why, sizeof why);
    im_fail(err, IM_EDATA, "'%s' looks like %s, but cannot be read%s%s; is it whole?",
            g->input->name, g->format, *why ? ": " : "", why);
    return im_zh(err, IM_EDATA, "“%s”看似 %s，但无法读取%s%s；文件是否完整？",
                 g->input->name, g->format, *why ? "：" : "", why);
}

static const char *const *drivers_of(const char *format)
{
    for (size_t i = 0; i < sizeof DRIVERS / sizeof *DRIVERS; i++)
        if (strcmp(DRIVERS[i].format, format) == 0)
            return DRIVERS[i].drivers;
    return NULL;
}

enum im_code gdal_connect(struct gdal *g, struct im_error *err)
{
    const char *const *drivers = drivers_of(g->format);
    bool is_text = g->file.is_raw || !*g->file.decoder.name;
    enum im_code rc = IM_OK;

    assert(drivers); /* open.c comes here with these formats only */
    guard_enter_open(g->input, is_text ? NULL : g->file.decoder.name);
    if (g->page_rows)
        CPLSetThreadLocalConfigOption("OGR_WFS_PAGE_SIZE",
                                      CPLSPrintf("%u", g->page_rows));
    GDALAllRegister();
    CPLErrorReset();
    if (g->input->address)
        drop_drivers();
    g->dataset =
        GDALOpenEx(g->input->address ? g->input->address->connection : g->file.path,
                   GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, OPEN_OPTIONS, NULL);
    if (!g->dataset)
        rc = fail_open(g, err);
    CPLSetThreadLocalConfigOption("OGR_WFS_PAGE_SIZE", NULL);
    guard_leave_open();
    return rc;
}

/* One of the two files of MapInfo's exchange format may be cut off: GDAL reads as many
 * rows as the .mif has objects. */
static enum im_code check_pairs(const struct gdal *g, struct im_error *err)
{
    long long n = g->file.has_mid ? rows_of(g, g->parts[0].layer) : 0;

    if (!g->file.has_mid || (uint64_t)n == g->file.mid_lines)
        return IM_OK;
    im_fail(
        err, IM_EDATA,
        "'%s' has %lld objects, but its .mid has %llu rows: one of them is cut off; "
        "get both anew",
        g->input->name, n, (unsigned long long)g->file.mid_lines);
    return im_zh(err, IM_EDATA,
                 "“%s”有 %lld 个对象，而 .mid 有 %llu 行：其中一个文件不完整；"
                 "请重新索取两个文件",
                 g->input->name, n, (unsigned long long)g->file.mid_lines);
}

static enum im_code take_layers(struct gdal *g, struct im_error *err)
{
    enum im_code rc;

    guard_enter(g->input->address);
    if (!(rc = choose_parts(g, err)) && !(rc = check_pairs(g, err)) &&
        !(rc = take_columns(g, err)))
        rc = take_srs(g, err);
    guard_leave();
    return rc;
}

/* ---- what is not read ---- */

static void note_links(struct gdal *g)
{
    snprintf(g->note_en, sizeof g->note_en,
             "%u network links of the file lead to other files, which are not opened",
             g->file.n_links);
    snprintf(g->note_zh, sizeof g->note_zh,
             "文件中有 %u 个网络链接指向其他文件，不会打开", g->file.n_links);
}

/* Of several geometry columns the first is read. */
static void note_geometries(struct gdal *g)
{
    OGRFeatureDefnH defn = g->parts[0].defn;
    int n = OGR_FD_GetGeomFieldCount(defn);
    char others[120] = "";
    size_t used = 0;

    for (int i = 1; i < n && used < sizeof others; i++) {
        const char *name = OGR_GFld_GetNameRef(OGR_FD_GetGeomFieldDefn(defn, i));

        used += (size_t)snprintf(others + used, sizeof others - used, "%s%s",
                                 i > 1 ? ", " : "", name);
    }
    others[im_utf8_cut(others, sizeof others - 1)] = '\0';
    const char *first = OGR_GFld_GetNameRef(OGR_FD_GetGeomFieldDefn(defn, 0));
    if (!im_utf8_valid(im_bytes_of(others)) || !im_utf8_valid(im_bytes_of(first)))
        return;
    bool is_pg = is_format(g, "PostgreSQL");
    snprintf(g->note_en, sizeof g->note_en,
             "of several geometry columns '%.60s' is read, not %s%s", first, others,
             is_pg ? "; tables=TABLE(COLUMN) chooses another" : "");
    snprintf(g->note_zh, sizeof g->note_zh, "有多个几何列：读取“%.60s”，不读取 %s%s",
             first, others, is_pg ? "；可用 tables=表(列) 另选" : "");
}

static struct source_note make_note(struct gdal *g)
{
    const char *code = NULL;

    if (g->file.n_links) {
        code = "links_not_followed";
        note_links(g);
    } else if (OGR_FD_GetGeomFieldCount(g->parts[0].defn) > 1) {
        code = "other_geometries";
        note_geometries(g);
    }
    return (struct source_note){*g->note_en ? code : NULL, g->note_zh, g->note_en};
}

static uint64_t count_rows(const struct gdal *g)
{
    uint64_t n = 0;

    guard_enter(g->input->address);
    for (size_t p = 0; p < g->n_parts; p++) {
        GIntBig of_part = OGR_L_GetFeatureCount(g->parts[p].layer, 0);

        n = of_part < 0 || (p && n == 0) ? 0 : n + (uint64_t)of_part;
    }
    guard_leave();
    return n;
}

static void describe(struct gdal *g, struct source_reader *out)
{
    static const struct source_calls CALLS = {.next = gdal_next,
                                              .rewind = gdal_rewind,
                                              .close = gdal_close,
                                              .fault_column = gdal_fault_column};
    bool is_chosen =
        !is_format(g, "DXF") && !is_format(g, "MapInfo") &&
        (g->input->options->layer || GDALDatasetGetLayerCount(g->dataset) > 1);
    const char *layer = OGR_L_GetName(g->parts[0].layer);

    *out = (struct source_reader){
        .calls = &CALLS,
        .self = g,
        .driver = GDALGetDriverShortName(GDALGetDatasetDriver(g->dataset)),
        .encoding = g->file.encoding,
        .sheet = is_chosen && g->n_parts == 1 && im_utf8_valid(im_bytes_of(layer))
                     ? layer
                     : "",
        .n_columns = g->n_columns,
        .columns = g->names,
        .rows = count_rows(g),
        .srs = g->srs,
        .has_geometry = g->has_geometry,
        .note = make_note(g),
        .is_export = g->is_export};
}

enum im_code gdal_open(const struct source_input *input,
                       struct source_reader *out,
                       struct im_error *err)
{
    struct gdal *g = calloc(1, sizeof *g);
    enum im_code rc;

    if (!g)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
    g->input = input;
    g->format = input->format;
    g->text.max = GDAL_MAX_ROW_BYTES;
    g->flat.closed_lines_are_areas = is_format(g, "DXF");
    rc = prepare(input, g->format, &g->file, err);
    if (!rc)
        rc = gdal_connect(g, err);
    if (!rc)
        rc = take_layers(g, err);
    if (!rc && is_format(g, "WFS"))
        rc = wfs_find_page(g, err);
    if (rc) {
        gdal_close(g);
        return rc;
    }
    /* written by `innomap export` */
    g->is_export =
        GDALGetMetadataItem(g->dataset, EXPORT_MARK_GPKG, NULL) != NULL ||
        GDALGetMetadataItem(g->parts[0].layer, EXPORT_MARK_GPKG, NULL) != NULL;
    describe(g, out);
    return IM_OK;
}
