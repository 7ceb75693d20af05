/* SPDX-License-Identifier: Apache-2.0 */
/* A file that was cut off anywhere, in any format, is refused, or is as good as whole
 * (what is missing is no data): never fewer rows than there were, never others. Where
 * each line is a whole (CSV, GeoJSONSeq) nobody can know of lines that are missing: the
 * rows are those that came first. */
#include "rows.h"

#include <gdal.h>
#include <xxhash.h>

enum { CUTS = 48, MAX_FILE_BYTES = 16 << 20 };

struct content {
    enum im_code rc;
    uint64_t n;
    uint64_t sum;       /* over all rows */
    uint64_t first_sum; /* over all but the last */
    bool last_is_fault;
    struct im_error err;
};

static uint64_t sum_of(const struct source *source, const struct source_row *row)
{
    uint64_t sum = XXH3_64bits_withSeed(row->geom.lonlat,
                                        row->geom.n_points * 2 * sizeof(double), 1);

    for (size_t i = 0; i < source_columns(source); i++) {
        const struct source_value *cell = &row->cells[i];

        if (cell->kind == SOURCE_TEXT)
            sum = XXH3_64bits_withSeed(cell->text.data, cell->text.len, sum + i);
        else if (cell->kind == SOURCE_REAL)
            sum = XXH3_64bits_withSeed(&cell->real, sizeof cell->real, sum + i);
        else if (cell->kind == SOURCE_INTEGER)
            sum = XXH3_64bits_withSeed(&cell->integer, sizeof cell->integer, sum + i);
    }
    return sum;
}

static struct content read_content(const char *path, const char *layer, uint64_t upto)
{
    const struct source_options options = {.layer = layer};
    struct content out = {0};
    struct source *source = NULL;
    struct source_row row;
    bool more = true;

    out.rc = source_open(path, &options, &source, &out.err);
    while (!out.rc && out.n < upto &&
           !(out.rc = source_next(source, &row, &more, &out.err)) && more) {
        out.first_sum = out.sum;
        out.sum = XXH3_64bits_withSeed(&out.sum, sizeof out.sum, sum_of(source, &row));
        out.last_is_fault = row.fault.code != NULL;
        out.n++;
    }
    source_close(source);
    return out;
}

/* ---- files ---- */

struct part {
    char name[64];
    uint8_t *data;
    size_t len;
};

static struct part load(const char *path, const char *name)
{
    struct part part = {.data = malloc(MAX_FILE_BYTES)};
    FILE *file = fopen(path, "rb");

    if (!file)
        fail_msg("no file %s", path);
    snprintf(part.name, sizeof part.name, "%s", name);
    part.len = fread(part.data, 1, MAX_FILE_BYTES, file);
    assert_true(part.len > 0 && part.len < MAX_FILE_BYTES);
    fclose(file);
    return part;
}

struct format {
    const char *folder; /* of the messy files, NULL: made here */
    const char *names;  /* the first is opened; each one is cut */
    const char *layer;
    bool is_of_lines;
    bool last_cell_may_lack; /* nobody can know of the end of the last line either */
};

static void check_cut(const struct format *f,
                      const char *path,
                      const struct content *whole,
                      const char *name,
                      size_t at)
{
    struct content cut = read_content(path, f->layer, UINT64_MAX);

    if (cut.rc) {
        if (!cut.err.msg[0] || !cut.err.msg_zh[0] || cut.rc == IM_ENOMEM)
            fail_msg("%s cut at %zu: %d %s", name, at, (int)cut.rc, cut.err.msg);
        return;
    }
    /* a file without rows is refused by the import */
    if (cut.n == 0 || (cut.n == whole->n && cut.sum == whole->sum))
        return;
    if (f->last_cell_may_lack && cut.n == whole->n && cut.first_sum == whole->first_sum)
        return;
    if (!f->is_of_lines)
        fail_msg("%s cut at %zu gives %d rows of %d", name, at, (int)cut.n,
                 (int)whole->n);
    /* all but the last are those of the whole; half a cell may look like one */
    struct content before =
        read_content(scratch_path("whole"), f->layer, cut.n ? cut.n - 1 : 0);
    if (cut.n > whole->n || cut.first_sum != before.sum)
        fail_msg("%s cut at %zu gives other rows", name, at);
}

/* Places to cut: near both ends byte by byte, else evenly. */
static size_t place(size_t len, int i)
{
    if (i < 8)
        return (size_t)i + 1 < len ? (size_t)i + 1 : len - 1;
    if (i < 16)
        return len > (size_t)(i - 7) ? len - (size_t)(i - 7) : 1;
    return len * (size_t)(i - 15) / (CUTS - 15);
}

static size_t cut_everywhere(const struct format *f)
{
    struct part parts[8];
    size_t n = 0;
    char names[256], *rest = names;
    char main[192];

    snprintf(names, sizeof names, "%s", f->names);
    for (char *name; (name = strsep(&rest, " ")); n++) {
        char path[512];

        if (f->folder)
            snprintf(path, sizeof path, "%s/%s", f->folder, name);
        else
            snprintf(path, sizeof path, "%s", scratch_path(name));
        parts[n] = load(path, name);
        scratch_write(name, parts[n].data, parts[n].len);
    }
    snprintf(main, sizeof main, "%s", scratch_path(parts[0].name));
    if (f->is_of_lines)
        scratch_write("whole", parts[0].data, parts[0].len);
    struct content whole = read_content(main, f->layer, UINT64_MAX);
    if (whole.rc || whole.n == 0)
        fail_msg("%s as a whole: %s", parts[0].name, whole.err.msg);
    for (size_t p = 0; p < n; p++) {
        for (int i = 0; i < CUTS; i++) {
            size_t at = place(parts[p].len, i);

            scratch_write(parts[p].name, parts[p].data, at);
            check_cut(f, main, &whole, parts[p].name, at);
        }
        scratch_write(parts[p].name, parts[p].data, parts[p].len);
    }
    for (size_t p = 0; p < n; p++) {
        unlink(scratch_path(parts[p].name));
        free(parts[p].data);
    }
    return (size_t)whole.n;
}

TEST(files_of_offices)
{
    static const struct format FORMATS[] = {
        {.folder = MESSY, .names = "01_孵化器名单_无坐标.xlsx"},
        {.folder = MESSY, .names = "02_园区_GCJ02_GBK.csv", .is_of_lines = true},
        {.folder = MESSY,
         .names = "03_孵化器_BD09_合并坐标列.csv",
         .is_of_lines = true},
        {.folder = MESSY "04_园区_CGCS2000_3度带_EPSG4549_GBK",
         .names = "parks_4549.shp parks_4549.shx parks_4549.dbf"},
        {.folder = MESSY "05_设施_EPSG4528_带号40_缺prj和cpg",
         .names = "facilities.shp facilities.shx facilities.dbf"},
        {.folder = MESSY, .names = "06_科创飞地.kml"},
        {.folder = MESSY, .names = "07_中试平台_含坏数据.geojson"},
        {.folder = MESSY "08_孵化器_MapInfo",
         .names = "incubators_zj.tab incubators_zj.dat incubators_zj.map "
                  "incubators_zj.id"},
        {.folder = MESSY "08_孵化器_MapInfo",
         .names = "incubators_zj.mif incubators_zj.mid",
         .last_cell_may_lack = true},
        {.folder = MESSY, .names = "09_两层两坐标系.gpkg", .layer = "孵化器_点"},
        {.folder = MESSY, .names = "10_设施_纬经顺序.gml"},
        {.folder = MESSY, .names = "11_园区轮廓_EPSG4549.dxf"},
        {.folder = TEST_SOURCE_DIR "/tests/fuzz/sheet", .names = "cells.ods"},
        {.folder = TEST_SOURCE_DIR "/tests/fuzz/sheet", .names = "cells.xls"},
    };

    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        cut_everywhere(&FORMATS[i]);
}

/* ---- formats that GDAL writes here ---- */

static void make(const char *driver, const char *name, char **options)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);

    GDALAllRegister();
    OSRImportFromEPSG(srs, 4326);
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    GDALDatasetH dataset = GDALCreate(GDALGetDriverByName(driver), scratch_path(name),
                                      0, 0, 0, GDT_Unknown, options);
    OGRLayerH layer = GDALDatasetCreateLayer(dataset, "waypoints", srs, wkbPoint, NULL);
    OGRFieldDefnH field = OGR_Fld_Create("name", OFTString);
    OGR_L_CreateField(layer, field, 1);
    OGR_Fld_Destroy(field);
    for (int i = 0; i < 200; i++) {
        OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer));
        OGRGeometryH point = OGR_G_CreateGeometry(wkbPoint);
        char text[64];

        snprintf(text, sizeof text, "园区%d", i);
        OGR_F_SetFieldString(feature, OGR_F_GetFieldIndex(feature, "name"), text);
        OGR_G_SetPoint_2D(point, 0, 121 + i * 0.001, 31);
        OGR_F_SetGeometryDirectly(feature, point);
        assert_int_equal(OGR_L_CreateFeature(layer, feature), OGRERR_NONE);
        OGR_F_Destroy(feature);
    }
    GDALClose(dataset);
    OSRDestroySpatialReference(srs);
}

TEST(files_of_other_programs)
{
    static const struct {
        const char *driver;
        const char *name;
        const char *option;
        bool is_of_lines;
    } FORMATS[] = {
        {"FlatGeobuf", "f.fgb", NULL, false},
        {"GPX", "g.gpx", NULL, false},
        {"SQLite", "s.sqlite", "SPATIALITE=YES", false},
        {"GPKG", "p.gpkg", NULL, false},
        {"GeoJSONSeq", "l.geojsonl", NULL, true},
        {"GML", "m.gml", "XSISCHEMA=OFF", false},
        {"LIBKML", "k.kmz", NULL, false},
    };

    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        const char *options[] = {FORMATS[i].option, NULL};
        const struct format format = {.names = FORMATS[i].name,
                                      .is_of_lines = FORMATS[i].is_of_lines};

        make(FORMATS[i].driver, FORMATS[i].name, (char **)(uintptr_t)options);
        assert_int_equal(cut_everywhere(&format), 200);
    }
}

/* The last line ends in the middle: what is left of it looks like a row. */
TEST(a_table_that_ends_within_a_row)
{
    struct source *source = rows_open(scratch_text(
        "cut.csv", "名称,经度,纬度,备注\n甲,121,31,无\n乙,121,31,无\n丙,121,3"));
    struct source_row row;

    for (int i = 0; i < 3; i++) { /* without a header set, it is a row too */
        assert_true(rows_next(source, &row));
        assert_null(row.fault.code);
    }
    assert_true(rows_next(source, &row));
    assert_non_null(row.fault.code);
    assert_string_equal(row.fault.code, "cut_off");
    source_close(source);
    /* others are as short, or it has all its cells, or it is a note */
    static const char *const GOOD[] = {
        "名称,经度,纬度,备注\n甲,121,31\n乙,121,31,无\n丙,121,31",
        "名称,经度,纬度,备注\n甲,121,31,无\n乙,121,31,无",
        "名称,经度,纬度,备注\n甲,121,31,无\n乙,121,31\n",
        "名称,经度,纬度,备注\n甲,121,31,无\n注：截至2025年"};
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        source = rows_open(scratch_text("good.csv", GOOD[i]));
        assert_int_equal(rows_count(source).faults, 0);
        source_close(source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_offices),
        cmocka_unit_test(files_of_other_programs),
        cmocka_unit_test(a_table_that_ends_within_a_row),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
