/* SPDX-License-Identifier: Apache-2.0 */
/* The formats that are read, how they are known, and how large they may be. */
#include "internal.h"

#include <ctype.h>

#define MIB ((uint64_t)1 << 20)

/* Sizes are of formats that are held in memory as a whole while they are read. */
static const struct source_format FORMATS[] = {
    {"CSV", ".csv .tsv .txt", 0},
    {"XLSX", ".xlsx .xlsm .et", 64 * MIB},
    {"XLS", ".xls .et", 64 * MIB},
    {"ODS", ".ods", 64 * MIB},
    {"GeoJSON", ".geojson .json .geojsonl .geojsons .ndjson", 0},
    {"ESRI JSON", ".json", 64 * MIB},
    {"TopoJSON", ".topojson .json", 64 * MIB},
    {"Shapefile", ".shp .dbf", 0},
    {"MapInfo", ".tab .mif", 0},
    {"KML", ".kml .kmz", 128 * MIB}, /* ten times that in memory */
    {"GML", ".gml .xml", 0},
    {"GPX", ".gpx", 0},
    {"GeoPackage", ".gpkg", 0},
    {"SpatiaLite", ".sqlite .db", 0},
    {"FlatGeobuf", ".fgb", 0},
    {"DXF", ".dxf", 256 * MIB},
    {"File Geodatabase", ".gdb", 0},
    {"ZIP", ".zip", 1024 * MIB},
};

const struct source_format *source_formats(size_t *n)
{
    *n = sizeof FORMATS / sizeof *FORMATS;
    return FORMATS;
}

const struct source_format *format_named(const char *name)
{
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        if (im_bytes_equal(im_bytes_of(FORMATS[i].name), im_bytes_of(name)))
            return &FORMATS[i];
    return NULL;
}

static bool ends_with(const char *endings, const char *extension)
{
    size_t n = strlen(extension);

    for (const char *p = endings; n && (p = strstr(p, extension)); p += n)
        if (p > endings && p[-1] == '.' && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* Without byte order mark and white space. */
static struct im_bytes text_of(struct im_bytes head)
{
    if (head_starts(head, "\xEF\xBB\xBF", 3))
        head = (struct im_bytes){head.data + 3, head.len - 3};
    while (head.len && isspace(head.data[0]))
        head = (struct im_bytes){head.data + 1, head.len - 1};
    return head;
}

static const char *name_of_xml(struct im_bytes head)
{
    if (head_has(head, "<kml") || head_has(head, "/kml/2"))
        return "KML";
    if (head_has(head, "<gpx"))
        return "GPX";
    return head_has(head, "opengis.net/gml") || head_has(head, "<gml:") ||
                   head_has(head, "featurecollection")
               ? "GML"
               : NULL;
}

static const char *name_of_sqlite(struct im_bytes head)
{
    /* the application id, GeoPackage 1.3, requirement 2 */
    bool is_gpkg = head.len > 72 && memcmp(head.data + 68, "GP", 2) == 0;

    return is_gpkg ? "GeoPackage" : "SpatiaLite";
}

/* What ArcGIS gives, not GeoJSON although it has "features" too. */
static bool is_esri(struct im_bytes text)
{
    return head_has(text, "\"esrigeometry") || head_has(text, "\"esrifieldtype") ||
           (head_has(text, "\"spatialreference\"") && head_has(text, "\"features\"") &&
            !head_has(text, "\"featurecollection\""));
}

static const char *name_of_text(struct im_bytes head)
{
    struct im_bytes text = text_of(head);

    if (text.len == 0)
        return NULL;
    switch (text.data[0]) {
    case '<':
        return name_of_xml(text);
    case '{':
    case '[':
    case 0x1E: /* RFC 8142: a record separator before each text */
        return head_has(text, "\"topology\"") ? "TopoJSON"
               : is_esri(text)                ? "ESRI JSON"
                                              : "GeoJSON";
    case '!':
        return head_has(text, "!table") ? "MapInfo" : NULL;
    case '0':
    case '9': /* 999: a comment */
        return head_has(text, "section") && head_has(text, "\n") && !head_has(text, ",")
                   ? "DXF"
                   : NULL;
    case 'V':
    case 'v':
        return head_has(text, "coordsys") || head_has(text, "columns") ? "MapInfo"
                                                                       : NULL;
    default:
        return NULL;
    }
}

static const char *name_of_content(struct im_bytes head)
{
    if (head_starts(head, "SQLite format 3", 16))
        return name_of_sqlite(head);
    if (head_starts(head, "fgb\3", 4))
        return "FlatGeobuf";
    if (head_starts(head, "\0\0\x27\x0A", 4))
        return "Shapefile";
    if (head_starts(head, "AutoCAD Binary DXF", 18))
        return "DXF";
    if (document_is_ole(head))
        return "XLS";
    return name_of_text(head);
}

const struct source_format *format_find(const struct source_input *input)
{
    const char *name = name_of_content(input->head);
    bool is_binary = input->head.len && memchr(input->head.data, 0, input->head.len);

    if (name)
        return format_named(name);
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        if (ends_with(FORMATS[i].endings, input->extension) &&
            strcmp(FORMATS[i].name, "ZIP") != 0)
            return &FORMATS[i];
    /* a table under any other name: "list.dat", "名单" */
    return is_binary && !head_starts(input->head, "\xFF\xFE", 2) ? NULL
                                                                 : format_named("CSV");
}
