/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <sys/stat.h>

static const char *bytes(const char *name, const char *data, size_t n)
{
    return scratch_write(name, data, n);
}

/* ---- documents and their like ---- */

/* An OLE2 file whose directory begins in its second sector. */
static const char *ole(const char *name, const char *stream)
{
    static uint8_t file[8192];

    memset(file, 0, sizeof file);
    memcpy(file, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    file[30] = 9;
    file[48] = 1;
    for (size_t i = 0; stream[i]; i++)
        file[1024 + 128 + 2 * i] = (uint8_t)stream[i];
    file[1024 + 128 + 64] = (uint8_t)(2 * strlen(stream) + 2);
    return scratch_write(name, file, sizeof file);
}

TEST(documents_pictures_drawings_and_archives_are_answered_with_the_next_step)
{
    rows_refused(ole("a.doc", "WordDocument"), IM_EDATA,
                 "copy its table into a new spreadsheet");
    rows_refused(ole("a.xls", "WordDocument"), IM_EDATA, "a text document");
    rows_refused(ole("a.wps", "WpsCustomData"), IM_EDATA, "a text document");
    rows_refused(ole("a.ppt", "PowerPoint Document"), IM_EDATA, "a presentation");
    rows_refused(ole("locked.xlsx", "EncryptedPackage"), IM_EDATA,
                 "remove the password");
    rows_refused(bytes("a.pdf", "%PDF-1.7\n", 9), IM_EDATA,
                 "ask the sender for the table");
    rows_refused(bytes("b.csv", "%PDF-1.7\n", 9), IM_EDATA, "a PDF document");
    rows_refused(bytes("a.jpg", "\xFF\xD8\xFF\xE0", 4), IM_EDATA, "a picture or scan");
    rows_refused(bytes("a.png", "\x89PNG\r\n", 6), IM_EDATA, "a picture or scan");
    rows_refused(bytes("a.dwg", "AC1032\0\0", 8), IM_EDATA, "save it as DXF");
    rows_refused(bytes("a.rar", "Rar!\x1A\7", 6), IM_EDATA, "pack it as ZIP");
    rows_refused(bytes("a.7z", "7z\xBC\xAF\x27\x1C", 6), IM_EDATA, "pack it as ZIP");
    rows_refused(bytes("a.csv.gz", "\x1F\x8B\x08", 3), IM_EDATA, "unpack it");
    rows_refused(bytes("a.rtf", "{\\rtf1", 6), IM_EDATA, "a text document");
    rows_refused(bytes("a.mdb", "\0\1\0\0Standard Jet DB", 19), IM_EDATA,
                 "an Access database");
}

TEST(what_only_calls_itself_a_workbook_is_known)
{
    rows_refused(
        scratch_text("h.xls", "\n<html><table><tr><td>名称</td></tr></table></html>"),
        IM_EDATA, "a web page (HTML), not a spreadsheet");
    rows_refused(scratch_text("t.xls", "<table border=1><tr><td>a</td></tr></table>"),
                 IM_EDATA, "save it as XLSX");
    rows_refused(scratch_text("c.xls", "名称,经度\n张江,121\n"), IM_EDATA,
                 "rename it to .csv");
    rows_refused(scratch_text("c.xlsx", "a\tb\n1\t2\n"), IM_EDATA, "rename it to .csv");
    rows_refused(
        scratch_text("m.xls",
                     "<?xml version=\"1.0\"?><?mso-application "
                     "progid=\"Excel.Sheet\"?><Workbook "
                     "xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>"),
        IM_EDATA, "an XML spreadsheet of 2003");
}

/* ---- names that lie ---- */

static void copy(const char *from, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s%s", MESSY, from);
    rows_cut(path, name, 1);
}

TEST(content_counts_not_the_ending)
{
    static const struct {
        const char *from;
        const char *name;
        const char *driver;
    } CASES[] = {{"06_科创飞地.kml", "k.xml", "LIBKML"},
                 {"07_中试平台_含坏数据.geojson", "g.txt", "GeoJSON"},
                 {"02_园区_GCJ02_GBK.csv", "c.dat", "CSV"},
                 {"02_园区_GCJ02_GBK.csv", "名单", "CSV"},
                 {"10_设施_纬经顺序.gml", "g.kml", "GML"}};

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        copy(CASES[i].from, CASES[i].name);
        struct source *source = rows_open(scratch_path(CASES[i].name));
        assert_string_equal(source_driver(source), CASES[i].driver);
        source_close(source);
    }
    rows_refused(bytes("x.bin", "\1\2\3\0\4", 5), IM_EDATA, "known are CSV, XLSX");
    rows_refused(scratch_text("x.gpkg", "abc,def\n1,2\n"), IM_EDATA, "x.gpkg");
    rows_refused(scratch_text("x.vrt", "<OGRVRTDataSource/>"), IM_EDATA,
                 "only points to");
}

TEST(json_in_utf16_is_read)
{
    static const char TEXT[] = "{\"type\":\"Feature\",\"properties\":{\"a\":\"b\"},"
                               "\"geometry\":null}";
    static char wide[2 * sizeof TEXT] = "\xFF\xFE";
    struct source_row row;

    for (size_t i = 0; i + 1 < sizeof TEXT; i++)
        wide[2 + 2 * i] = TEXT[i];
    struct source *source = rows_open(scratch_write("wide.geojson", wide, sizeof wide));
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "a"), "b");
    source_close(source);
}

TEST(what_is_no_file_is_refused)
{
    char inside[300];

    rows_refused(scratch_path("none.csv"), IM_ENOTFOUND, "check the path");
    rows_refused("/vsicurl/http://127.0.0.1:9/a.csv", IM_ENOTFOUND, "check the path");
    rows_refused("http://127.0.0.1:9/a.csv?key=x", IM_EARG, "download the file first");
    rows_refused("ftp://127.0.0.1/a.zip", IM_EARG, "'ftp:' is no kind of address");
    rows_refused("MYSQL:db,password=Geheim", IM_EARG, "known are PG:, WFS: and OAPIF:");
    rows_refused("postgresql://a:Geheim@h/gis", IM_EARG, "write PG:host=");
    rows_refused(scratch_text("e.csv", ""), IM_EDATA, "empty file");
    rows_refused("/dev/null", IM_EDATA, "not an ordinary file");
    assert_int_equal(mkfifo(scratch_path("pipe.csv"), 0600), 0);
    rows_refused(scratch_path("pipe.csv"), IM_EDATA, "not an ordinary file");
    assert_int_equal(mkdir(scratch_path("empty"), 0700), 0);
    rows_refused(scratch_path("empty"), IM_EDATA, "holds nothing that can be imported");
    scratch_text("f.csv", "a,b\n1,2\n");
    snprintf(inside, sizeof inside, "%s/g.csv", scratch_path("f.csv"));
    rows_refused(inside, IM_ENOTFOUND, "check the path");
    if (geteuid() != 0) {
        assert_int_equal(chmod(scratch_path("f.csv"), 0), 0);
        rows_refused(scratch_path("f.csv"), IM_EENV, "no permission");
    }
}

TEST(formats_that_are_held_whole_have_a_maximum)
{
    size_t n;
    const struct source_format *formats = source_formats(&n);
    const char *path = scratch_text("big.dxf", "0\nSECTION\n2\nHEADER\n");

    assert_true(n > 10);
    for (size_t i = 0; i < n; i++)
        assert_true(formats[i].name && formats[i].endings[0] == '.');
    assert_int_equal(truncate(path, (off_t)257 << 20), 0);
    rows_refused(path, IM_ELIMIT, "larger than 256 MiB, the most for DXF");
    path = scratch_text("big.topojson", "{\"type\":\"Topology\",");
    assert_int_equal(truncate(path, (off_t)65 << 20), 0);
    rows_refused(path, IM_ELIMIT, "larger than 64 MiB, the most for TopoJSON");
}

TEST(the_same_bytes_have_the_same_hash_and_others_another)
{
    struct source *a = rows_open(scratch_text("h1.csv", "a,b\n1,2\n"));
    struct source *b = rows_open(scratch_text("h2.csv", "a,b\n1,2\n"));
    struct source *c = rows_open(scratch_text("h3.csv", "a,b\n1,3\n"));

    assert_int_equal(source_size(a), 8);
    assert_int_equal(source_hash(a), source_hash(b));
    assert_int_not_equal(source_hash(a), source_hash(c));
    source_close(a);
    source_close(b);
    source_close(c);
}

TEST(a_changed_table_beside_a_shapefile_changes_its_hash)
{
    const char *folder = "05_设施_EPSG4528_带号40_缺prj和cpg";
    static const char *const ENDINGS[] = {"shp", "shx", "dbf"};
    char from[512], name[64];

    for (size_t i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s/facilities.%s", folder, ENDINGS[i]);
        snprintf(name, sizeof name, "f.%s", ENDINGS[i]);
        copy(from, name);
    }
    struct source *source = rows_open(scratch_path("f.shp"));
    uint64_t before = source_hash(source);
    source_close(source);
    FILE *dbf = fopen(scratch_path("f.dbf"), "r+b");
    fseek(dbf, -20, SEEK_END);
    fputc('Z', dbf);
    fclose(dbf);
    source = rows_open(scratch_path("f.shp"));
    assert_int_not_equal(source_hash(source), before);
    source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            documents_pictures_drawings_and_archives_are_answered_with_the_next_step),
        cmocka_unit_test(what_only_calls_itself_a_workbook_is_known),
        cmocka_unit_test(content_counts_not_the_ending),
        cmocka_unit_test(json_in_utf16_is_read),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(formats_that_are_held_whole_have_a_maximum),
        cmocka_unit_test(the_same_bytes_have_the_same_hash_and_others_another),
        cmocka_unit_test(a_changed_table_beside_a_shapefile_changes_its_hash),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
