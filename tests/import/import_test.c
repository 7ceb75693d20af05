/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/: one file into one layer. */
#include <test.h>

#include <import/import.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include <scratch.h>

#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <sys/stat.h>

struct bench {
    struct store *store;
    struct im_arena *arena;
    struct import_report report;
    struct im_error err;
};

static void setup_bench(struct bench *b)
{
    const char *path = scratch_path("bench.db");
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    *b = (struct bench){.arena = im_arena_new((size_t)1 << 30)};
    for (size_t i = 0; i < 3; i++) {
        char name[64];

        snprintf(name, sizeof name, "bench.db%s", suffixes[i]);
        unlink(scratch_path(name));
    }
    if (store_open(path, STORE_CREATE, &b->store, &b->err))
        fail_msg("%s", b->err.msg);
}

static const char *how(const struct import_report *report, const char *column)
{
    for (size_t i = 0; i < report->n_mappings; i++)
        if (strcmp(report->mappings[i].column, column) == 0)
            return report->mappings[i].how;
    return "";
}

static void drop_bench(struct bench *b)
{
    import_report_release(&b->report);
    store_close(b->store);
    im_arena_free(b->arena);
}

static void point_layer(struct bench *b, const char *id)
{
    setup_bench(b);
    fixture_put(b->store,
                fixture_definition(id, "point", "places", FIXTURE_FIELDS, NULL), "");
}

static enum im_code
take_with(struct bench *b, const char *path, const struct import_options *options)
{
    b->err = (struct im_error){0};
    import_report_release(&b->report);
    return import_file(b->store, path, options, b->arena, &b->report, &b->err);
}

static void take(struct bench *b, const char *path, const char *layer)
{
    if (take_with(b, path,
                  &(struct import_options){.layer_id = layer,
                                           .unplaced = IMPORT_UNPLACED_KEEP}))
        fail_msg("%s", b->err.msg);
}

static void
refuse(struct bench *b, const char *path, enum im_code code, const char *why)
{
    enum im_code rc = take_with(b, path, &(struct import_options){.layer_id = "parks"});

    if (rc != code || !strstr(b->err.msg, why))
        fail_msg("%d '%s' instead of %d '%s'", rc, b->err.msg, code, why);
    assert_true(b->err.msg_zh[0] != '\0');
}

static uint64_t version(struct bench *b)
{
    uint64_t v = 0;

    assert_int_equal(store_data_version(b->store, &v, &b->err), IM_OK);
    return v;
}

static void assert_counts(const struct bench *b,
                          uint64_t read,
                          uint64_t added,
                          uint64_t changed,
                          uint64_t unchanged,
                          uint64_t refused)
{
    const struct import_counts *c = &b->report.counts;

    if (c->read != read || c->added != added || c->changed != changed ||
        c->unchanged != unchanged || c->refused != refused)
        fail_msg("read %d added %d changed %d unchanged %d refused %d", (int)c->read,
                 (int)c->added, (int)c->changed, (int)c->unchanged, (int)c->refused);
    assert_int_equal(c->read,
                     c->added + c->changed + c->unchanged + c->refused + c->skipped);
}

static const char THREE[] = "id,name_zh,level,industry,year,area_km2,lon,lat\n"
                            "A,张江,national,IC;BIO,1992,3.5,121.6,31.2\n"
                            "B,紫竹,,,,,121.45,31.02\n"
                            "C,无位置,municipal,BIO,2001,0,,\n";

TEST(a_csv_becomes_rows_with_types_and_positions)
{
    struct bench b;

    point_layer(&b, "parks");
    take(&b, scratch_text("three.csv", THREE), "parks");
    assert_counts(&b, 3, 3, 0, 0, 0);
    assert_int_equal(b.report.counts.unplaced, 1);
    assert_non_null(strstr(b.report.crs, "EPSG:4326 (assumed"));
    assert_int_equal(
        fixture_number(
            b.store,
            "SELECT count(*) FROM parks WHERE id = 'A' AND name_zh = '张江' AND "
            "typeof(year) = 'integer' AND year = 1992 AND typeof(area_km2) = "
            "'real' AND area_km2 = 3.5 AND ST_X(geom) = 121.6 AND ST_Y(geom) = "
            "31.2 AND ST_Srid(geom) = 4326"),
        1);
    assert_int_equal(
        fixture_number(b.store, "SELECT count(*) FROM parks WHERE level IS NULL"), 1);
    assert_int_equal(fixture_number(b.store, "SELECT CheckSpatialIndex()"), 1);
    drop_bench(&b);
}

TEST(the_same_file_again_changes_nothing_and_says_so)
{
    struct bench b;

    point_layer(&b, "parks");
    const char *path = scratch_text("three.csv", THREE);
    take(&b, path, "parks");
    assert_false(b.report.is_repeat);
    assert_true(b.report.run_id > 0);
    uint64_t before = version(&b);
    int64_t runs = fixture_number(b.store, "SELECT count(*) FROM innomap_runs");
    take(&b, path, "parks");
    assert_true(b.report.is_repeat);
    assert_int_equal(b.report.run_id, 0);
    assert_counts(&b, 3, 0, 0, 3, 0);
    assert_int_equal(version(&b), before);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_runs"),
                     runs);
    /* but when the database was changed in between, it is brought back */
    sqlite3_exec(store_db(b.store), "DELETE FROM parks WHERE id = 'B'", NULL, NULL,
                 NULL);
    take(&b, path, "parks");
    assert_false(b.report.is_repeat);
    assert_counts(&b, 3, 1, 0, 2, 0);
    drop_bench(&b);
}

TEST(a_changed_file_updates_and_replace_removes)
{
    struct bench b;
    static const char next[] = "id,name_zh,level,industry,year,area_km2,lon,lat\n"
                               "A,张江,national,IC;BIO,1992,4,121.6,31.2\n"
                               "D,新,,,,,121.5,31.1\n";

    point_layer(&b, "parks");
    take(&b, scratch_text("three.csv", THREE), "parks");
    const char *path = scratch_text("next.csv", next);
    take(&b, path, "parks");
    assert_counts(&b, 2, 1, 1, 0, 0);
    assert_int_equal(b.report.counts.gone, 0);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 4);
    assert_int_equal(take_with(&b, path,
                               &(struct import_options){.layer_id = "parks",
                                                        .mode = IMPORT_REPLACE}),
                     IM_OK);
    assert_int_equal(b.report.counts.gone, 2);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 2);
    assert_int_equal(fixture_number(b.store, "SELECT CheckSpatialIndex()"), 1);
    drop_bench(&b);
}

/* A row that is refused is still in the file: what is stored of it is not "gone". */
TEST(replace_keeps_the_stored_row_of_a_refused_one)
{
    struct bench b;

    point_layer(&b, "parks");
    take(&b, scratch_text("three.csv", THREE), "parks");
    const char *path =
        scratch_text("half.csv", "id,name_zh,year\nA,张江,1992\nB,紫竹,soon\n");
    assert_int_equal(take_with(&b, path,
                               &(struct import_options){.layer_id = "parks",
                                                        .mode = IMPORT_REPLACE}),
                     IM_OK);
    assert_int_equal(b.report.counts.refused, 1);
    assert_int_equal(b.report.counts.gone, 1);
    assert_int_equal(
        fixture_number(b.store, "SELECT count(*) FROM parks WHERE id = 'B'"), 1);
    drop_bench(&b);
}

/* A file without some columns says nothing about them. */
TEST(columns_that_a_file_lacks_keep_their_values)
{
    struct bench b;

    point_layer(&b, "parks");
    take(&b, scratch_text("three.csv", THREE), "parks");
    take(&b, scratch_text("names.csv", "编号,名称\nA,张江高科\n"), "parks");
    assert_counts(&b, 1, 0, 1, 0, 0);
    assert_int_equal(
        fixture_number(b.store, "SELECT count(*) FROM parks WHERE name_zh = '张江高科' "
                                "AND year = 1992 AND geom IS NOT NULL"),
        1);
    drop_bench(&b);
}

TEST(columns_that_no_field_knows_are_named)
{
    struct bench b;

    point_layer(&b, "parks");
    take(&b,
         scratch_text("more.csv", "id,name_zh,朝向,lon,lat,手机\nA,张江,x,121,31,1\n"),
         "parks");
    assert_string_equal(how(&b.report, "朝向"), "unknown");
    assert_string_equal(how(&b.report, "手机"), "personal");
    drop_bench(&b);
}

/* ---- the three steps ---- */

TEST(plan_check_and_commit_are_three_steps)
{
    struct bench b;
    struct import_options options = {.layer_id = "parks"};
    struct import_session *session = NULL;

    point_layer(&b, "parks");
    const char *path = scratch_text("steps.csv", "id,名称,lon,lat,foo\n"
                                                 "A,张江,121.6,31.2,1\n"
                                                 "B,,121.45,31.02,2\n");
    assert_int_equal(
        import_plan(b.store, path, &options, b.arena, &b.report, &session, &b.err),
        IM_OK);
    assert_string_equal(how(&b.report, "名称"), "title");
    assert_string_equal(how(&b.report, "foo"), "unknown");
    assert_non_null(strstr(b.report.crs, "EPSG:4326"));
    assert_int_equal(b.report.counts.read, 0);
    assert_int_equal(import_check(session, &b.err), IM_OK);
    assert_int_equal(b.report.counts.read, 2);
    assert_int_equal(b.report.counts.refused, 1);
    assert_int_equal(b.report.counts.added, 0);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 0);
    assert_int_equal(import_commit(session, &b.err), IM_OK);
    import_end(session);
    assert_counts(&b, 2, 1, 0, 0, 1);
    assert_true(b.report.run_id > 0);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 1);
    /* a plan that is not followed leaves nothing */
    import_report_release(&b.report);
    assert_int_equal(
        import_plan(b.store, path, &options, b.arena, &b.report, &session, &b.err),
        IM_OK);
    import_end(session);
    import_end(NULL);
    assert_int_equal(fixture_number(b.store,
                                    "SELECT count(*) FROM innomap_runs WHERE origin = "
                                    "'file'"),
                     1);
    drop_bench(&b);
}

/* ---- problems ---- */

struct expectation {
    uint64_t row;
    const char *field;
    const char *value;
    const char *code;
};

static void assert_problem(const struct bench *b, struct expectation e)
{
    for (size_t i = 0; i < b->report.n_first; i++) {
        const struct import_event *p = &b->report.first[i];

        if (p->row == e.row && strcmp(p->field, e.field) == 0) {
            assert_string_equal(p->code, e.code);
            assert_string_equal(p->value, e.value);
            assert_true(p->reason_zh[0] && p->reason_en[0]);
            return;
        }
    }
    fail_msg("no problem in row %d, field %s", (int)e.row, e.field);
}

TEST(each_bad_row_is_reported_with_row_field_value_and_code)
{
    struct bench b;
    static const char bad[] = "id,name_zh,level,industry,year,area_km2,lon,lat\n"
                              "A,好,national,IC,1992,1,121.6,31.2\n"
                              ",无编号,,,,,121.6,31.2\n"
                              "B,,,,,,121.6,31.2\n"
                              "C,年,,,明年,,121.6,31.2\n"
                              "D,年,,,19x2,,121.6,31.2\n"
                              "E,年,,,1850,,121.6,31.2\n"
                              "F,积,,,,-1,121.6,31.2\n"
                              "G,级,省级,,,,121.6,31.2\n"
                              "H,业,,IC;AI,,,121.6,31.2\n"
                              "A,重复,,,,,121.6,31.2\n"
                              ",,,,,,,\n"
                              "I,半,,,,,121.6,\n"
                              "J,东,,,,,东经,31.2\n"
                              "K,远,,,,,2.35,48.85\n"
                              "L,反,,,,,31.2,121.6\n"
                              "\"M\",\"断\x7f行\",,,,,121.6,31.2\n"
                              "N,积,,,,1e400,121.6,31.2\n";
    static const struct expectation expected[] = {
        {2, "id", "", "missing_value"},
        {3, "name_zh", "", "missing_value"},
        {4, "year", "明年", "bad_number"},
        {5, "year", "19x2", "bad_number"},
        {6, "year", "1850", "out_of_range"},
        {7, "area_km2", "-1", "out_of_range"},
        {8, "level", "省级", "bad_code"},
        {9, "industry", "IC;AI", "bad_code"},
        {10, "id", "A", "duplicate_key"},
        {12, "lat", "", "bad_geometry"},
        {13, "lon", "东经", "bad_number"},
        {14, "lon", "2.35, 48.85", "outside_area"},
        {15, "lon", "31.2, 121.6", "swapped"},
        {16, "name_zh", "断 行", "bad_text"},
        {17, "area_km2", "1e400", "bad_number"}};

    point_layer(&b, "parks");
    take(&b, scratch_text("bad.csv", bad), "parks");
    assert_counts(&b, 17, 1, 0, 0, 15);
    assert_int_equal(b.report.counts.skipped, 1);
    assert_int_equal(b.report.n_first, 15);
    assert_string_equal(b.report.first[0].source, "bad.csv");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_problem(&b, expected[i]);
    assert_non_null(strstr(b.report.first[6].reason_en, "national, municipal"));
    assert_non_null(strstr(b.report.first[12].reason_en, "swapped"));
    drop_bench(&b);
}

TEST(all_faults_of_a_row_are_named_and_the_row_counts_once)
{
    struct bench b;

    point_layer(&b, "parks");
    take(&b,
         scratch_text("row.csv", "id,name_zh,year,level,lon,lat\nA,a,1992,,121,31\n"
                                 "B,,x,y,0,0\n"),
         "parks");
    assert_int_equal(b.report.counts.refused, 1);
    assert_int_equal(b.report.n_first, 4);
    drop_bench(&b);
}

#define GEOJSON(geometry)                                                              \
    "{\"type\":\"FeatureCollection\",\"features\":["                                   \
    "{\"type\":\"Feature\",\"properties\":{\"id\":\"A\",\"name_zh\":\"好\"},"         \
    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[122,31],[122,32]," \
    "[121,31]]]}},"                                                                    \
    "{\"type\":\"Feature\",\"properties\":{\"id\":\"B\",\"name_zh\":\"坏\"},"         \
    "\"geometry\":" geometry "}]}"

TEST(geometries_that_do_not_fit_are_refused)
{
    static const char *const bad[] = {
        GEOJSON("{\"type\":\"Point\",\"coordinates\":[121,31]}"),
        GEOJSON(
            "{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[122,31],[121,31]]]}"),
        GEOJSON("{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[122,31],[122,32],"
                "[121,32]]]}"),
        GEOJSON("{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[122,32],[121,31],"
                "[121,31]]]}"),
        GEOJSON(
            "{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Polygon\","
            "\"coordinates\":[[[121,31],[122,31],[122,32],[121,31]]]},"
            "{\"type\":\"Point\",\"coordinates\":[121,31]}]}")};
    static const char *const codes[] = {"wrong_kind", "bad_geometry", "not_closed",
                                        "bad_geometry", "bad_geometry"};
    struct bench b;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setup_bench(&b);
        fixture_put(b.store,
                    fixture_definition("zones", "area", "areas", FIXTURE_FIELDS, NULL),
                    "");
        take(&b, scratch_text("bad.geojson", bad[i]), "zones");
        assert_counts(&b, 2, 1, 0, 0, 1);
        assert_string_equal(b.report.first[0].code, codes[i]);
        assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM zones WHERE "
                                                 "GeometryType(geom) = 'MULTIPOLYGON'"),
                         1);
        drop_bench(&b);
    }
}

/* RFC 7946, 3.1.6: outer rings counter-clockwise; SpatiaLite's Area is signed by none,
 * so the ring itself is looked at */
TEST(rings_are_stored_with_outer_counter_clockwise_and_holes_clockwise)
{
    struct bench b;

    setup_bench(&b);
    fixture_put(b.store,
                fixture_definition("zones", "area", "areas", FIXTURE_FIELDS, NULL), "");
    take(
        &b,
        scratch_text("turned.geojson",
                     "{\"type\":\"Feature\",\"properties\":{\"id\":\"A\",\"name_zh\":"
                     "\"x\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[121,"
                     "31],[122,32],[122,31],[121,31]],[[121.7,31.2],[121.8,31.2],"
                     "[121.8,31.3],[121.7,31.2]]]}}"),
        "zones");
    assert_int_equal(
        fixture_number(
            b.store,
            "SELECT ST_AsText(geom) = 'MULTIPOLYGON(((121 31, 122 31, 122 32, 121 "
            "31), (121.7 31.2, 121.8 31.3, 121.8 31.2, 121.7 31.2)))' FROM zones"),
        1);
    drop_bench(&b);
}

/* ---- files as a whole ---- */

TEST(a_file_as_a_whole_is_refused_with_the_next_step)
{
    struct bench b;

    point_layer(&b, "parks");
    uint64_t before = version(&b);
    refuse(&b, scratch_path("none.csv"), IM_ENOTFOUND, "check the path");
    refuse(&b, scratch_folder, IM_EDATA, "data sets; name one");
    refuse(&b, scratch_text("a.csv", ""), IM_EDATA, "a.csv");
    refuse(&b, scratch_text("b.csv", "id,name_zh\n"), IM_EDATA, "no data rows");
    refuse(&b, scratch_text("c.csv", "name_zh,lon,lat\nx,121,31\n"), IM_EDATA,
           "no column 'id', which is the key");
    refuse(&b, scratch_text("d.csv", "id,lon,lat\nA,121,31\n"), IM_EDATA,
           "no column 'name_zh', which is required");
    refuse(&b, scratch_text("e.csv", "id,name_zh,名称,lon,lat\nA,x,y,0,0\nB,x,y,0,0\n"),
           IM_EDATA, "none of the 2 rows");
    refuse(&b, scratch_text("f.csv", "id,名称,Name,lon,lat\nA,x,y,121,31\n"), IM_EDATA,
           "both mean field 'name_zh'");
    refuse(&b, scratch_text("g.csv", "id,name_zh,x,y\nA,a,500000,3400000\n"), IM_EDATA,
           "--crs");
    refuse(&b, scratch_text("h.geojson", "{\"type\":\"Feature\""), IM_EDATA,
           "cut off or no JSON");
    refuse(&b, scratch_text("i.vrt", "<OGRVRTDataSource></OGRVRTDataSource>"), IM_EDATA,
           "only points to other files");
    assert_int_equal(version(&b), before);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 0);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM innomap_runs WHERE outcome <> 'failed'"),
        0);
    drop_bench(&b);
}

TEST(text_of_no_encoding_is_refused_with_its_line)
{
    struct bench b;

    point_layer(&b, "parks");
    refuse(&b,
           scratch_text("bytes.csv", "id,name_zh,lon,lat\nA,abc,121,31\n"
                                     "B,\xFF\xFE,121,31\n"),
           IM_EDATA, "line 3, is neither UTF-8 nor GB18030");
    refuse(&b, scratch_write("nul.csv", "id,name\nA,a\nB,b\0b\n", 19), IM_EDATA,
           "line 3, has a zero byte");
    refuse(&b, scratch_text("nothing.csv", ""), IM_EDATA, "empty file");
    refuse(&b,
           scratch_text("bytes.geojson",
                        "{\"type\":\"Feature\",\"properties\":{\"id\":\"A\","
                        "\"name_zh\":\"\xFF\xFE\"},\"geometry\":null}"),
           IM_EDATA, "line 1, is neither");
    take(&b, scratch_text("bom.csv", "\xEF\xBB\xBFid,name_zh,lon,lat\nA,张江,121,31\n"),
         "parks");
    assert_counts(&b, 1, 1, 0, 0, 0);
    drop_bench(&b);
}

/* A character may lie across the blocks in which a file is read (1 MiB). */
TEST(a_character_on_a_block_border_is_no_fault)
{
    struct bench b;
    size_t size = (1 << 20) + 100000;
    char *text = malloc(size);
    static const char head[] = "id,name_zh,lon,lat\nA,张江,121,31\n";

    point_layer(&b, "parks");
    for (size_t shift = 0; shift < 4; shift++) {
        size_t at = sizeof head - 1;

        memcpy(text, head, at);
        memset(text + at, '\n', shift);
        at += shift;
        while (at + 8 < size) {
            memcpy(text + at, "B,江,,\n", 8);
            at += 8;
        }
        take(&b, scratch_write("long.csv", text, at), "parks");
        assert_int_equal(b.report.counts.added + b.report.counts.unchanged, 2);
    }
    free(text);
    drop_bench(&b);
}

TEST(an_unknown_layer_is_answered_with_the_ones_there_are)
{
    struct bench b;

    point_layer(&b, "parks");
    assert_int_equal(take_with(&b, scratch_text("three.csv", THREE),
                               &(struct import_options){.layer_id = "park"}),
                     IM_ENOTFOUND);
    assert_non_null(strstr(b.err.msg, "choose one of: parks"));
    drop_bench(&b);
}

TEST(a_definition_makes_the_layer_in_the_same_transaction)
{
    struct bench b;
    const char *definition =
        scratch_text("layer.json", fixture_definition("parks", "point", "places",
                                                      FIXTURE_FIELDS, NULL));
    struct import_options options = {.definition_path = definition,
                                     .unplaced = IMPORT_UNPLACED_KEEP};

    setup_bench(&b);
    assert_int_equal(take_with(&b,
                               scratch_text("bad.csv", "id,name_zh,lon,lat\nA,x,0,0\n"),
                               &options),
                     IM_EDATA);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_layers"), 0);
    assert_int_equal(take_with(&b, scratch_text("three.csv", THREE), &options), IM_OK);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 3);
    assert_int_equal(version(&b), 1);
    drop_bench(&b);
}

TEST(a_dry_run_reports_and_writes_nothing)
{
    struct bench b;

    point_layer(&b, "parks");
    uint64_t before = version(&b);
    assert_int_equal(
        take_with(&b, scratch_text("three.csv", THREE),
                  &(struct import_options){.layer_id = "parks",
                                           .unplaced = IMPORT_UNPLACED_KEEP,
                                           .dry_run = true}),
        IM_OK);
    assert_counts(&b, 3, 3, 0, 0, 0);
    assert_int_equal(b.report.run_id, 0);
    assert_int_equal(version(&b), before);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 0);
    drop_bench(&b);
}

/* ---- coordinate systems ---- */

static void assert_near(struct bench *b, const char *crs, double x, double y)
{
    char csv[160];
    const char *header = "id,name_zh,x,y\n";

    snprintf(csv, sizeof csv, "%sA,a,%.4f,%.4f\n", header, x, y);
    if (take_with(b, scratch_text("crs.csv", csv),
                  &(struct import_options){.layer_id = "parks", .crs = crs}))
        fail_msg("%s: %s", crs, b->err.msg);
    assert_int_equal(
        fixture_number(
            b->store,
            "SELECT abs(ST_X(geom) - 121.47) < 1e-5 AND abs(ST_Y(geom) - 31.23) < "
            "1e-5 FROM parks"),
        1);
}

/* Each is 121.47 E, 31.23 N. */
TEST(positions_in_other_systems_come_out_in_4326)
{
    struct bench b;
    double x = 121.47;
    double y = 31.23;
    OGRSpatialReferenceH from = OSRNewSpatialReference(NULL);
    OGRSpatialReferenceH to = OSRNewSpatialReference(NULL);

    point_layer(&b, "parks");
    /* EPSG:4490 has latitude first; the columns x and y have longitude first all the
     * same */
    assert_near(&b, "EPSG:4490", 121.47, 31.23);
    assert_near(&b, "EPSG:3857", 13521978.55, 3662655.18);
    OSRImportFromEPSG(from, 4326);
    OSRImportFromEPSG(to, 4549);
    OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
    OSRSetAxisMappingStrategy(to, OAMS_TRADITIONAL_GIS_ORDER);
    OGRCoordinateTransformationH ct = OCTNewCoordinateTransformation(from, to);
    OCTTransform(ct, 1, &x, &y, NULL);
    assert_true(fabs(x - 640000) < 10000); /* east, 1.47 degrees from the meridian */
    assert_near(&b, "EPSG:4549", x, y);
    assert_near(&b,
                "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 "
                "+ellps=GRS80 +units=m",
                x, y);
    OCTDestroyCoordinateTransformation(ct);
    OSRDestroySpatialReference(from);
    OSRDestroySpatialReference(to);
    drop_bench(&b);
}

TEST(a_system_that_proj_does_not_know_is_refused)
{
    static const char *const bad[] = {"EPSG:999999",    "WGS-72/X",
                                      "/etc/passwd",    "http://127.0.0.1:18130/x",
                                      "+proj=nonsense", ""};
    struct bench b;

    point_layer(&b, "parks");
    const char *path = scratch_text("three.csv", THREE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            take_with(&b, path,
                      &(struct import_options){.layer_id = "parks", .crs = bad[i]}),
            IM_EARG);
        assert_non_null(strstr(b.err.msg, "EPSG:4490"));
    }
    drop_bench(&b);
}

/* A GeoPackage made here through GDAL, with several layers and another system. */
static const char *make_gpkg(const char *name)
{
    const char *path = scratch_path(name);

    GDALAllRegister();
    unlink(path);
    GDALDatasetH set =
        GDALCreate(GDALGetDriverByName("GPKG"), path, 0, 0, 0, GDT_Unknown, NULL);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(srs, 3857);
    for (int i = 0; i < 2; i++) {
        OGRLayerH layer =
            GDALDatasetCreateLayer(set, i ? "second" : "first", srs, wkbPoint, NULL);
        OGRFieldDefnH id = OGR_Fld_Create("id", OFTInteger);
        OGRFieldDefnH title = OGR_Fld_Create("name_zh", OFTString);
        OGRFieldDefnH year = OGR_Fld_Create("year", OFTReal);
        OGR_L_CreateField(layer, id, 1);
        OGR_L_CreateField(layer, title, 1);
        OGR_L_CreateField(layer, year, 1);
        OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(layer));
        OGRGeometryH g = OGR_G_CreateGeometry(wkbPoint);
        OGR_G_SetPoint_2D(g, 0, 13521978.55, 3662655.18);
        OGR_F_SetFieldInteger(f, 0, 7);
        OGR_F_SetFieldString(f, 1, "张江");
        OGR_F_SetFieldDouble(f, 2, 1992.0);
        OGR_F_SetGeometryDirectly(f, g);
        if (OGR_L_CreateFeature(layer, f) != OGRERR_NONE)
            fail();
        OGR_F_Destroy(f);
        OGR_Fld_Destroy(id);
        OGR_Fld_Destroy(title);
        OGR_Fld_Destroy(year);
    }
    OSRDestroySpatialReference(srs);
    GDALClose(set);
    return path;
}

TEST(a_geopackage_is_read_by_layer_and_from_its_own_system)
{
    struct bench b;
    const char *path = make_gpkg("two.gpkg");
    struct import_options options = {.layer_id = "parks"};

    point_layer(&b, "parks");
    refuse(&b, path, IM_EDATA,
           "choose one with --source-layer: "
           "first (point, 1), second (point, 1)");
    options.source_layer = "third";
    assert_int_equal(take_with(&b, path, &options), IM_ENOTFOUND);
    assert_non_null(strstr(b.err.msg, "it has: first (point, 1), second"));
    options.source_layer = "second";
    assert_int_equal(take_with(&b, path, &options), IM_OK);
    assert_string_equal(b.report.crs, "EPSG:3857 (declared by the file)");
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM parks WHERE id = '7' AND year = 1992 "
                       "AND abs(ST_X(geom) - 121.47) < 1e-5"),
        1);
    drop_bench(&b);
}

/* ---- property: what goes in comes out ---- */

enum { RANDOM_ROWS = 3000 };

static void random_csv(char *text, size_t size, double *lonlat, unsigned *seed)
{
    size_t used = (size_t)snprintf(text, size, "id,name_zh,year,area_km2,lon,lat\n");

    for (int i = 0; i < RANDOM_ROWS; i++) {
        lonlat[2 * i] = 114.5 + 9.0 * rand_r(seed) / RAND_MAX;
        lonlat[2 * i + 1] = 26.8 + 8.8 * rand_r(seed) / RAND_MAX;
        used +=
            (size_t)snprintf(text + used, size - used,
                             "K%05d,\"名 \"\"%d\"\", 号\",%d,%.17g,%.15g,%.15g\n", i, i,
                             1900 + i % 200, i / 7.0, lonlat[2 * i], lonlat[2 * i + 1]);
    }
}

TEST(attributes_and_coordinates_come_out_as_they_went_in)
{
    struct bench b;
    unsigned seed =
        getenv("IM_SEED") ? (unsigned)strtoul(getenv("IM_SEED"), NULL, 10) : 20261121u;
    size_t size = (size_t)RANDOM_ROWS * 160;
    char *text = malloc(size);
    double *lonlat = malloc(sizeof *lonlat * 2 * RANDOM_ROWS);
    struct source_cursor *cursor = NULL;
    struct source_feature f;
    struct feature_source source;
    bool more = true;
    int n = 0;

    print_message("IM_SEED=%u\n", seed);
    point_layer(&b, "parks");
    random_csv(text, size, lonlat, &seed);
    take(&b, scratch_text("random.csv", text), "parks");
    assert_counts(&b, RANDOM_ROWS, RANDOM_ROWS, 0, 0, 0);
    source = store_source(b.store);
    assert_int_equal(source.open(source.self, "parks", &cursor, &b.err), IM_OK);
    while (source.next(cursor, &f, &more, &b.err) == IM_OK && more) {
        char name[64];
        int i = (int)strtol((const char *)f.values[0].text.data + 1, NULL, 10);

        snprintf(name, sizeof name, "名 \"%d\", 号", i);
        assert_true(im_bytes_equal(f.values[1].text, im_bytes_of(name)));
        assert_int_equal(f.values[4].integer, 1900 + i % 200);
        assert_true(f.values[5].real == i / 7.0);
        assert_true(fabs(f.geom.lonlat[0] - lonlat[2 * i]) < 1e-9);
        assert_true(fabs(f.geom.lonlat[1] - lonlat[2 * i + 1]) < 1e-9);
        n++;
    }
    source.close(cursor);
    assert_int_equal(n, RANDOM_ROWS);
    assert_int_equal(fixture_number(b.store, "SELECT CheckSpatialIndex()"), 1);
    free(lonlat);
    free(text);
    drop_bench(&b);
}

/* Neighbours in the table are neighbours on the ground: the way along 3,000 random rows
 * is far shorter than in random order (about half of the box's width a step). */
TEST(rows_lie_in_hilbert_order)
{
    struct bench b;
    unsigned seed = 5;
    size_t size = (size_t)RANDOM_ROWS * 160;
    char *text = malloc(size);
    double *lonlat = malloc(sizeof *lonlat * 2 * RANDOM_ROWS);

    point_layer(&b, "parks");
    random_csv(text, size, lonlat, &seed);
    take(&b, scratch_text("random.csv", text), "parks");
    assert_int_equal(
        fixture_number(
            b.store,
            "SELECT avg(d) < 0.5 FROM (SELECT ST_Distance(geom, lag(geom) OVER "
            "(ORDER BY fid)) AS d FROM parks) WHERE d IS NOT NULL"),
        1);
    free(lonlat);
    free(text);
    drop_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_check_and_commit_are_three_steps),
        cmocka_unit_test(a_csv_becomes_rows_with_types_and_positions),
        cmocka_unit_test(the_same_file_again_changes_nothing_and_says_so),
        cmocka_unit_test(a_changed_file_updates_and_replace_removes),
        cmocka_unit_test(replace_keeps_the_stored_row_of_a_refused_one),
        cmocka_unit_test(columns_that_a_file_lacks_keep_their_values),
        cmocka_unit_test(columns_that_no_field_knows_are_named),
        cmocka_unit_test(each_bad_row_is_reported_with_row_field_value_and_code),
        cmocka_unit_test(all_faults_of_a_row_are_named_and_the_row_counts_once),
        cmocka_unit_test(geometries_that_do_not_fit_are_refused),
        cmocka_unit_test(
            rings_are_stored_with_outer_counter_clockwise_and_holes_clockwise),
        cmocka_unit_test(a_file_as_a_whole_is_refused_with_the_next_step),
        cmocka_unit_test(text_of_no_encoding_is_refused_with_its_line),
        cmocka_unit_test(a_character_on_a_block_border_is_no_fault),
        cmocka_unit_test(an_unknown_layer_is_answered_with_the_ones_there_are),
        cmocka_unit_test(a_definition_makes_the_layer_in_the_same_transaction),
        cmocka_unit_test(a_dry_run_reports_and_writes_nothing),
        cmocka_unit_test(positions_in_other_systems_come_out_in_4326),
        cmocka_unit_test(a_system_that_proj_does_not_know_is_refused),
        cmocka_unit_test(a_geopackage_is_read_by_layer_and_from_its_own_system),
        cmocka_unit_test(attributes_and_coordinates_come_out_as_they_went_in),
        cmocka_unit_test(rows_lie_in_hilbert_order),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
