/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <source/internal.h>

#include <time.h>
#include <zlib.h>

/* A zip written here, entry by entry, so that it can lie. */
struct zip {
    struct im_buf body;
    struct im_buf directory;
    unsigned n;
};

static void le(struct im_buf *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        im_buf_byte(out, (uint8_t)(value >> 8 * i));
}

struct entry {
    const char *name;
    const void *data;
    size_t len;
    unsigned flags;    /* 0x800: the name is UTF-8 */
    unsigned method;   /* 8: deflated */
    uint32_t unpacked; /* stated instead of `len`, 0: the truth */
};

static void add(struct zip *zip, struct entry e)
{
    static uint8_t packed[8 << 20];
    uLongf n = e.len;
    uint32_t crc = (uint32_t)crc32(0, e.data, (uInt)e.len);
    uint32_t unpacked = e.unpacked ? e.unpacked : (uint32_t)e.len;
    size_t offset = zip->body.len;
    const void *data = e.data;

    zip->body.max = zip->directory.max = 64 << 20;
    if (e.method == 8) { /* zlib's stream without its head and sum */
        n = sizeof packed;
        assert_int_equal(compress2(packed, &n, e.data, e.len, 9), Z_OK);
        n -= 6;
        data = packed + 2;
    }
    for (int i = 0; i < 2; i++) {
        struct im_buf *out = i ? &zip->directory : &zip->body;

        im_buf_text(out, i ? "PK\1\2" : "PK\3\4");
        le(out, 20, 2);
        if (i)
            le(out, 20, 2);
        le(out, e.flags, 2);
        le(out, e.method, 2);
        le(out, 0, 4);
        le(out, crc, 4);
        le(out, n, 4);
        le(out, unpacked, 4);
        le(out, strlen(e.name), 2);
        le(out, 0, 2);
        if (i) {
            le(out, 0, 8); /* comment, disk, attributes */
            le(out, 0, 2);
            le(out, offset, 4);
        }
        im_buf_text(out, e.name);
        if (!i)
            im_buf_append(out, data, n);
    }
    zip->n++;
}

static const char *finish(struct zip *zip, const char *name)
{
    size_t at = zip->body.len;

    im_buf_append(&zip->body, zip->directory.data, zip->directory.len);
    im_buf_text(&zip->body, "PK\5\6");
    le(&zip->body, 0, 4);
    le(&zip->body, zip->n, 2);
    le(&zip->body, zip->n, 2);
    le(&zip->body, zip->directory.len, 4);
    le(&zip->body, at, 4);
    le(&zip->body, 0, 2);
    assert_false(zip->body.failed);
    const char *path = scratch_write(name, zip->body.data, zip->body.len);
    im_buf_release(&zip->body);
    im_buf_release(&zip->directory);
    *zip = (struct zip){0};
    return path;
}

static void add_text(struct zip *zip, const char *name, const char *text)
{
    add(zip,
        (struct entry){.name = name, .data = text, .len = strlen(text), .method = 8});
}

static void add_file(struct zip *zip, const char *name, const char *path)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t n = fread(data, 1, sizeof data, file);
    fclose(file);
    add(zip, (struct entry){.name = name, .data = data, .len = n, .method = 8});
}

static void add_messy(struct zip *zip, const char *folder, const char *stem)
{
    static const char *const ENDINGS[] = {"shp", "shx", "dbf", "prj", "cpg",
                                          "tab", "dat", "map", "id"};

    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        char path[512], name[128];

        snprintf(path, sizeof path, "%s%s/%s.%s", MESSY, folder, stem, ENDINGS[i]);
        snprintf(name, sizeof name, "数据/%s.%s", stem, ENDINGS[i]);
        if (access(path, R_OK) == 0)
            add_file(zip, name, path);
    }
}

/* In a folder of our own: others may be at work in /tmp. */
static size_t temporary_folders(void)
{
    char command[256];
    size_t n = 0;

    snprintf(command, sizeof command, "ls -d %s/innomap-?????? 2>/dev/null | wc -l",
             scratch_folder);
    FILE *list = popen(command, "r");
    assert_int_equal(fscanf(list, "%zu", &n), 1);
    pclose(list);
    return n;
}

TEST(a_zipped_shapefile_is_the_same_as_the_folder)
{
    struct zip zip = {0};
    char inside[256];

    add_messy(&zip, "04_园区_CGCS2000_3度带_EPSG4549_GBK", "parks_4549");
    add_text(&zip, "数据/说明.txt", "说明");
    add_text(&zip, "__MACOSX/._parks.shp", "x");
    const char *path = finish(&zip, "parks.zip");
    struct source *folder = rows_open(MESSY "04_园区_CGCS2000_3度带_EPSG4549_GBK");
    struct source *zipped = rows_open(path);
    struct source_row row;

    assert_int_equal(source_hash(folder), source_hash(zipped));
    assert_string_equal(source_name(zipped), "parks.zip/数据/parks_4549.shp");
    assert_true(rows_next(zipped, &row));
    assert_string_equal(rows_text(zipped, &row, "名称"), "上海紫竹高新技术产业开发区");
    assert_int_equal(rows_count(zipped).points, 89);
    source_close(folder);
    source_close(zipped);
    snprintf(inside, sizeof inside, "%s/数据/parks_4549.shp", path);
    zipped = rows_open(inside);
    assert_int_equal(rows_count(zipped).n, 90);
    source_close(zipped);
    snprintf(inside, sizeof inside, "%s/none.shp", path);
    rows_refused(inside, IM_ENOTFOUND, "has no file 'none.shp' in it");
}

TEST(several_data_sets_in_a_zip_are_listed)
{
    struct zip zip = {0};

    add_text(&zip, "a.csv", "a,b\n1,2\n");
    add_text(&zip, "b/c.kml", "<kml/>");
    rows_refused(finish(&zip, "two.zip"), IM_EDATA,
                 "as in 'two.zip/a.csv'. It has: a.csv, b/c.kml");
    add_text(&zip, "readme", "x");
    rows_refused(finish(&zip, "none.zip"), IM_EDATA,
                 "holds nothing that can be imported");
}

TEST(tables_workbooks_databases_and_kml_are_read_out_of_zips)
{
    static const struct {
        const char *file;
        const char *zip;
        const char *name;
        const char *layer;
        const char *driver;
    } CASES[] = {
        {"02_园区_GCJ02_GBK.csv", "c.zip", "x/a.csv", NULL, "CSV"},
        {"01_孵化器名单_无坐标.xlsx", "x.zip", "名单.xlsx", NULL, "XLSX"},
        {"09_两层两坐标系.gpkg", "g.zip", "a.gpkg", "孵化器_点", "GPKG"},
        {"06_科创飞地.kml", "k.kmz", "doc.kml", NULL, "LIBKML"},
        {"07_中试平台_含坏数据.geojson", "j.zip", "a.geojson", NULL, "GeoJSON"},
    };
    setenv("TMPDIR", scratch_folder, 1);
    size_t before = temporary_folders();

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct zip zip = {0};
        char path[512];

        snprintf(path, sizeof path, "%s%s", MESSY, CASES[i].file);
        add_file(&zip, CASES[i].name, path);
        struct source *source =
            rows_open_with(finish(&zip, CASES[i].zip), CASES[i].layer, NULL);
        assert_string_equal(source_driver(source), CASES[i].driver);
        assert_true(rows_count(source).n > 30);
        source_close(source);
    }
    assert_int_equal(temporary_folders(), before); /* nothing is left behind */
    unsetenv("TMPDIR");
}

TEST(names_in_gbk_without_a_mark_are_found)
{
    struct zip zip = {0};

    add_text(&zip, "\xD4\xB0\xC7\xF8.csv", "a,b\n1,2\n"); /* 园区 */
    struct source *source = rows_open(finish(&zip, "gbk.zip"));
    assert_string_equal(source_name(source), "gbk.zip/园区.csv");
    source_close(source);
    /* 图 and 园 are well formed UTF-8, too, of other scripts */
    zip = (struct zip){0};
    add_text(&zip, "\xCD\xBC/\xD4\xB0.csv", "a,b\n1,2\n");
    source = rows_open(finish(&zip, "short.zip"));
    assert_string_equal(source_name(source), "short.zip/图/园.csv");
    source_close(source);
}

TEST(a_kmz_whose_first_file_only_links_gives_the_others)
{
    struct zip zip = {0};

    add_text(
        &zip, "doc.kml",
        "<kml><NetworkLink><Link><href>layers/a.kml</href></Link></NetworkLink></kml>");
    add_file(&zip, "layers/点.kml", MESSY "06_科创飞地.kml");
    struct source *source = rows_open(finish(&zip, "links.kmz"));
    assert_int_equal(rows_count(source).n, 55);
    source_close(source);
}

TEST(a_bomb_is_refused_in_milliseconds)
{
    static uint8_t zeros[4 << 20];
    struct zip zip = {0};
    struct timespec from, to;

    clock_gettime(CLOCK_MONOTONIC, &from);
    add(&zip,
        (struct entry){.name = "a.csv", .data = "x", .len = 1, .unpacked = 0x7FFFFFFF});
    rows_refused(finish(&zip, "claim.zip"), IM_ELIMIT, "more than 1 GiB");
    for (int i = 0; i < 300; i++) {
        char name[32];

        snprintf(name, sizeof name, "%d.csv", i);
        add(&zip,
            (struct entry){.name = name, .data = "x", .len = 1, .unpacked = 4 << 20});
    }
    rows_refused(finish(&zip, "sum.zip"), IM_ELIMIT, "more than 1 GiB");
    for (int i = 0; i < 17; i++) {
        char name[32];

        snprintf(name, sizeof name, "%d.csv", i);
        add(&zip, (struct entry){
                      .name = name, .data = zeros, .len = sizeof zeros, .method = 8});
    }
    rows_refused(finish(&zip, "ratio.zip"), IM_ELIMIT, "300 times its size");
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true(to.tv_sec - from.tv_sec < 5);
}

TEST(hostile_zips_are_refused)
{
    static const char *const NAMES[] = {"../a.csv",
                                        "a/../../b.csv",
                                        "/a.csv",
                                        "C:/a.csv",
                                        "..\\a.csv",
                                        "a\x01.csv",
                                        "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r.csv"};
    struct zip zip = {0};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        add_text(&zip, NAMES[i], "a,b\n1,2\n");
        rows_refused(finish(&zip, "name.zip"), IM_EDATA, "leads out of it");
    }
    add(&zip, (struct entry){.name = "a.csv", .data = "x", .len = 1, .flags = 1});
    rows_refused(finish(&zip, "secret.zip"), IM_EDATA, "protected by a password");
    add(&zip, (struct entry){.name = "a.csv", .data = "x", .len = 1, .method = 99});
    rows_refused(finish(&zip, "method.zip"), IM_ELIMIT, "unusual way");
    add_text(&zip, "a.csv", "a,b\n1,2\n");
    const char *inner = finish(&zip, "inner.zip");
    add_file(&zip, "inner.zip", inner);
    rows_refused(finish(&zip, "outer.zip"), IM_EDATA, "zip inside a zip");
    add_file(&zip, "inner.xlsx", inner);
    rows_refused(finish(&zip, "fake.zip"), IM_EDATA, "zip inside a zip");
    rows_refused(rows_cut(inner, "cut.zip", 0.7), IM_EDATA, "it was cut off");
    for (int i = 0; i < 10001; i++) {
        char name[32];

        snprintf(name, sizeof name, "%d.csv", i);
        add(&zip, (struct entry){.name = name, .data = "", .len = 0});
    }
    rows_refused(finish(&zip, "many.zip"), IM_ELIMIT, "more than 10000 files");
}

/* The directory says 3 bytes, the stream holds a MiB: no more than 3 are given. */
TEST(an_entry_gives_no_more_than_the_directory_says)
{
    static char lines[1 << 20];
    struct zip zip = {0};

    memset(lines, '1', sizeof lines);
    memcpy(lines, "a\n1", 3);
    add(&zip, (struct entry){.name = "a.csv",
                             .data = lines,
                             .len = sizeof lines,
                             .method = 8,
                             .unpacked = 3});
    struct source *source = NULL;
    struct im_error err = {0};
    enum im_code rc = source_open(finish(&zip, "lie.zip"), NULL, &source, &err);
    if (rc == IM_OK)
        assert_int_equal(source_size(source), 3);
    else
        assert_non_null(strstr(err.msg, "the zip is damaged"));
    source_close(source);
}

TEST(documents_in_zips_are_answered)
{
    struct zip zip = {0};

    add_text(&zip, "[Content_Types].xml", "<Types/>");
    add_text(&zip, "word/document.xml", "<w/>");
    rows_refused(finish(&zip, "a.docx"), IM_EDATA,
                 "copy its table into a new spreadsheet");
    add_text(&zip, "ppt/presentation.xml", "<p/>");
    rows_refused(finish(&zip, "a.pptx"), IM_EDATA, "a presentation");
    add_text(&zip, "报告.pdf", "%PDF-1.4");
    rows_refused(finish(&zip, "p.zip"), IM_EDATA, "a PDF document");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zipped_shapefile_is_the_same_as_the_folder),
        cmocka_unit_test(several_data_sets_in_a_zip_are_listed),
        cmocka_unit_test(tables_workbooks_databases_and_kml_are_read_out_of_zips),
        cmocka_unit_test(names_in_gbk_without_a_mark_are_found),
        cmocka_unit_test(a_kmz_whose_first_file_only_links_gives_the_others),
        cmocka_unit_test(a_bomb_is_refused_in_milliseconds),
        cmocka_unit_test(hostile_zips_are_refused),
        cmocka_unit_test(an_entry_gives_no_more_than_the_directory_says),
        cmocka_unit_test(documents_in_zips_are_answered),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
