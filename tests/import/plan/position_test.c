/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/plan/position.c and wkt.c: where positions are, in which system. */
#include "bench.h"

#include <math.h>

static struct bench b;

static int set_up(void **state)
{
    (void)state;
    b = bench_new("parks");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_free(&b);
    return 0;
}

static void assert_at(const struct checked_row *row, double lon, double lat)
{
    assert_true(row->is_good);
    assert_int_equal(row->geom.kind, GEOM_POINT);
    if (fabs(row->geom.lonlat[0] - lon) > 1e-4 ||
        fabs(row->geom.lonlat[1] - lat) > 1e-4)
        fail_msg("%.6f %.6f", row->geom.lonlat[0], row->geom.lonlat[1]);
}

/* The first row of a list lies here. */
static void list_at(const char *text, double lon, double lat)
{
    struct checked_row row;

    bench_csv(&b, text);
    assert_true(bench_next(&b, &row));
    assert_at(&row, lon, lat);
}

TEST(two_columns_are_found_by_their_names)
{
    list_at("名称,经度,纬度\n甲,121.5,31.2\n", 121.5, 31.2);
    list_at("名称,lat,lng\n甲,31.2,121.5\n", 121.5, 31.2);
    list_at("名称,东经,北纬\n甲,121°30′00″E,31°12′00″N\n", 121.5, 31.2);
    list_at("名称,中心点经度,中心点纬度\n甲,１２１．５,３１．２\n", 121.5, 31.2);
    assert_string_equal(b.report.crs,
                        "EPSG:4326 (assumed for columns of longitude and latitude)");
    list_at("名称,WGS84经度,WGS84纬度\n甲,121.5,31.2\n", 121.5, 31.2);
    assert_string_equal(b.report.crs, "EPSG:4326 (named by the file)");
}

TEST(angles_that_name_their_axis_may_stand_in_either_column)
{
    list_at("名称,经度,纬度\n甲,31°12′N,121°30′E\n", 121.5, 31.2);
}

TEST(one_column_may_hold_both)
{
    list_at("名称,坐标\n甲,\"121.5,31.2\"\n", 121.5, 31.2);
    list_at("名称,经纬度\n甲,121.5 31.2\n", 121.5, 31.2);
    list_at("名称,latlng\n甲,\"31.2, 121.5\"\n", 121.5, 31.2);
    list_at("名称,\"坐标（纬度,经度）\"\n甲,\"31.2,121.5\"\n", 121.5, 31.2);
    list_at("名称,甲列\n甲,\"121.5,31.2\"\n乙,\"121.6,31.3\"\n", 121.5, 31.2);
}

TEST(wkt_is_read)
{
    list_at("名称,WKT\n甲,POINT (121.5 31.2)\n", 121.5, 31.2);
    assert_int_equal(plan_position(b.plan), POSITION_WKT);
    list_at("名称,坐标\n甲,POINT Z (121.5 31.2 7)\n", 121.5, 31.2);
}

/* In surveying X runs north. */
TEST(x_and_y_are_told_apart_by_their_numbers)
{
    b.options.crs = "EPSG:4549";
    list_at("名称,X,Y\n甲,3454118.132,642964.160\n", 121.5, 31.2);
    assert_string_equal(b.report.mappings[1].note_en, "north by its numbers");
    list_at("名称,x,y\n甲,642964.160,3454118.132\n", 121.5, 31.2);
    list_at("名称,坐标\n甲,\"3454118.132,642964.160\"\n", 121.5, 31.2);
}

TEST(columns_without_a_name_are_found_by_their_numbers)
{
    list_at("名称,甲列,乙列,丙列\n甲,121.5,31.2,7\n乙,121.6,31.3,8\n丙,121.7,31.4,9\n",
            121.5, 31.2);
}

TEST(two_pairs_of_columns_are_asked_about)
{
    const char *path = scratch_text(
        "two.csv", "名称,经度,纬度,百度经度,百度纬度\n甲,121.5,31.2,1,2\n");

    bench_refused(&b, path, IM_EDATA, "--map lon=COLUMN", "--map lon=列名");
    b.options.map = (const char *const[]){"lon=经度", "lat=纬度", NULL};
    bench_good(&b, path);
    b.options.map = (const char *const[]){"lon=经度", NULL};
    bench_refused(&b, path, IM_EARG, "come together", "一起给出");
}

/* ---- the system ---- */

TEST(a_system_that_words_name_has_to_be_confirmed)
{
    static const struct {
        const char *text;
        const char *crs;
    } lists[] = {
        {"名称,百度坐标\n甲,\"121.5,31.2\"\n", "--crs bd09"},
        {"名称,坐标（高德）\n甲,\"121.5,31.2\"\n", "--crs gcj02"},
        {"名称,高德经度,高德纬度\n甲,121.5,31.2\n", "--crs gcj02"},
        {"名称,经度,纬度,坐标系\n甲,121.5,31.2,GCJ-02\n", "--crs gcj02"},
        {"名称,经度,纬度,坐标系\n甲,121.5,31.2,BD09ll\n", "--crs bd09"},
        {"名称,经度,纬度,坐标系统\n甲,121.5,31.2,国家2000\n", "--crs EPSG:4490"},
        {"名称,经度,纬度,坐标系\n甲,121.5,31.2,火星坐标系\n", "--crs gcj02"}};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        bench_refused(&b, scratch_text("named.csv", lists[i].text), IM_EDATA,
                      lists[i].crs, lists[i].crs);
        assert_true(bench_noted(&b, "crs_proposed"));
    }
    list_at("名称,经度,纬度,坐标系\n甲,121.5,31.2,WGS84\n", 121.5, 31.2);
    assert_string_equal(b.report.crs, "EPSG:4326 (named by the file)");
}

TEST(a_shift_that_a_person_gives_is_undone_and_traced)
{
    struct checked_row row;

    b.options.crs = "gcj02";
    bench_csv(&b, "名称,经度,纬度,坐标系\n甲,121.587707,31.201289,GCJ-02\n");
    assert_true(bench_next(&b, &row));
    assert_at(&row, 121.5835, 31.2035);
    assert_true(
        is_text(row.lineage, "{\"x\":121.587707,\"y\":31.201289,\"crs\":\"gcj02\"}"));
}

TEST(rows_of_another_system_are_refused)
{
    struct checked_row row;
    struct bench_event e;

    b.options.crs = "gcj02";
    bench_csv(&b, "名称,经度,纬度,坐标系\n甲,121.5,31.2,GCJ-02\n乙,121.5,31.2,WGS84\n");
    assert_true(bench_next(&b, &row) && row.is_good);
    assert_true(bench_next(&b, &row) && !row.is_good);
    e = bench_event(&b, IMPORT_REFUSED, 0);
    assert_string_equal(e.code, "other_crs");
    assert_string_equal(e.value, "WGS84");
}

TEST(a_system_that_contradicts_the_given_one_is_said)
{
    b.options.crs = "EPSG:4326";
    bench_csv(&b, "名称,百度坐标\n甲,\"121.5,31.2\"\n");
    assert_true(bench_noted(&b, "crs_contradicted"));
}

TEST(numbers_that_are_no_degrees_are_answered_with_proposals)
{
    struct im_buf wkt = {.max = 1 << 16}; /* longer than what a sample keeps */

    im_buf_text(&wkt, "名称,图形\n甲,\"POLYGON((642964 3454118");
    for (int i = 0; i < 40; i++)
        im_buf_printf(&wkt, ",%d 3454118", 642964 + i);
    im_buf_text(&wkt, "))\"\n");
    bench_refused(&b, scratch_write("wkt.csv", wkt.data, wkt.len), IM_EDATA, "--crs",
                  "没有声明坐标系");
    im_buf_release(&wkt);
    bench_refused(&b,
                  scratch_text("zone.csv", "名称,X,Y\n甲,3455513.7,40639513.6\n乙,"
                                           "3463718.0,40611404.0\n"),
                  IM_EDATA, "--crs EPSG:4528", "--crs EPSG:4528");
    bench_refused(
        &b,
        scratch_text("metres.csv", "名称,东坐标,北坐标\n甲,642964.160,3454118.132\n"),
        IM_EDATA, "no declared system", "没有声明坐标系");
}

/* ---- rows ---- */

static const char *refused_code(const char *position)
{
    char text[300];
    struct checked_row row;

    snprintf(text, sizeof text,
             "名称,经度,纬度\n好,121.5,31.2\n好二,121.6,31.2\n甲,%s\n", position);
    bench_csv(&b, text);
    assert_true(bench_next(&b, &row) && row.is_good);
    assert_true(bench_next(&b, &row) && row.is_good);
    assert_true(bench_next(&b, &row));
    assert_false(row.is_good);
    return im_arena_strdup(b.arena,
                           im_bytes_of(bench_event(&b, IMPORT_REFUSED, 0).code));
}

TEST(bad_positions_have_codes_of_their_own)
{
    assert_string_equal(refused_code(","), "missing_position");
    assert_string_equal(refused_code("—,—"), "missing_position");
    assert_string_equal(refused_code("121.5,"), "bad_geometry");
    assert_string_equal(refused_code("东经,31.2"), "bad_number");
    assert_string_equal(refused_code("0,0"), "null_island");
    assert_string_equal(refused_code("31.2,121.5"), "swapped");
    assert_string_equal(refused_code("221.5,31.2"), "out_of_range");
    assert_string_equal(refused_code("116.4,39.9"), "outside_area");
    assert_string_equal(refused_code("nan,31.2"), "bad_number");
}

TEST(a_swap_is_mended_where_a_person_says_so)
{
    struct checked_row row;

    b.options.fix_swap = true;
    bench_csv(&b, "名称,经度,纬度\n甲,31.2,121.5\n乙,121.5,31.2\n");
    assert_true(bench_next(&b, &row));
    assert_at(&row, 121.5, 31.2);
    assert_true(row.is_repaired);
    assert_string_equal(bench_event(&b, IMPORT_REPAIRED, 0).code, "swapped");
}

TEST(a_position_is_worth_its_digits)
{
    static const struct {
        const char *position;
        const char *precision;
    } rows[] = {{"121.587,31.2", "park"},
                {"121.500,31.200", "park"},
                {"121.58,31.2", "town"},
                {"121.5,31.2", "district"},
                {"121°35′12″,31°12′", "park"}};
    struct checked_row row;
    char text[200];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "名称,经度,纬度\n甲,%s\n", rows[i].position);
        bench_csv(&b, text);
        assert_true(bench_next(&b, &row) && row.is_good);
        assert_value(&b, &row, "precision", rows[i].precision);
    }
    b.options.crs = "EPSG:4549";
    bench_csv(&b, "名称,X,Y\n甲,642996,3453474\n");
    assert_true(bench_next(&b, &row) && row.is_good);
    assert_value(&b, &row, "precision", "park");
}

/* ---- rows without a position ---- */

TEST(rows_without_position_are_refused_kept_or_placed_as_asked)
{
    static const char list[] = "名称,经度,纬度\n甲,121.5,31.2\n乙,,\n";
    struct checked_row row;

    b.options.unplaced = IMPORT_UNPLACED_KEEP;
    bench_csv(&b, list);
    assert_true(bench_next(&b, &row) && bench_next(&b, &row));
    assert_true(row.is_good);
    assert_int_equal(row.geom.kind, GEOM_EMPTY);
    assert_value(&b, &row, "precision", "(null)");
    assert_string_equal(bench_event(&b, IMPORT_UNPLACED, 0).code, "unplaced");
    /* what is shipped or exported is as it is in the store */
    b.options.unplaced = IMPORT_UNPLACED_DEFAULT;
    b.is_own = true;
    bench_csv(&b, list);
    assert_true(bench_next(&b, &row) && bench_next(&b, &row));
    assert_true(row.is_good);
}

TEST(columns_that_nobody_filled_are_no_positions)
{
    struct checked_row row;

    bench_csv(&b, "名称,经度,纬度\n甲,,\n乙,/,/\n");
    assert_int_equal(plan_position(b.plan), POSITION_NONE);
    assert_true(bench_noted(&b, "empty_positions"));
    assert_true(bench_next(&b, &row) && row.is_good);
    assert_int_equal(bench_event(&b, IMPORT_UNPLACED, 0).is_found, true);
}

/* ---- WKT ---- */

TEST(wkt_of_all_kinds_becomes_flat)
{
    static const struct {
        const char *text;
        enum geom_kind kind;
        uint32_t points;
        uint32_t parts;
    } good[] = {
        {"POINT (1 2)", GEOM_POINT, 1, 0},
        {"MULTIPOINT (1 2, 3 4)", GEOM_POINT, 2, 0},
        {"LINESTRING (1 2, 3 4)", GEOM_LINE, 2, 1},
        {"POLYGON ((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1))", GEOM_AREA, 8,
         2},
        {"MULTIPOLYGON (((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))", GEOM_AREA, 8, 2},
        {"POINT EMPTY", GEOM_EMPTY, 0, 0}};
    static const char *const bad[] = {
        "",
        "POINT",
        "POINT (1)",
        "POINT (1 2",
        "x",
        "POINT (1 2) y",
        "GEOMETRYCOLLECTION (POINT (1 2),LINESTRING (1 2,3 4))",
        "POINT(a b)"};
    struct geom g;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!wkt_read(im_bytes_of(good[i].text), b.arena, &g))
            fail_msg("%s", good[i].text);
        assert_int_equal(g.kind, good[i].kind);
        assert_int_equal(g.n_points, good[i].points);
        assert_int_equal(g.n_parts, good[i].parts);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (wkt_read(im_bytes_of(bad[i]), b.arena, &g))
            fail_msg("%s", bad[i]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(two_columns_are_found_by_their_names),
        T(angles_that_name_their_axis_may_stand_in_either_column),
        T(one_column_may_hold_both),
        T(wkt_is_read),
        T(x_and_y_are_told_apart_by_their_numbers),
        T(columns_without_a_name_are_found_by_their_numbers),
        T(two_pairs_of_columns_are_asked_about),
        T(a_system_that_words_name_has_to_be_confirmed),
        T(a_shift_that_a_person_gives_is_undone_and_traced),
        T(rows_of_another_system_are_refused),
        T(a_system_that_contradicts_the_given_one_is_said),
        T(numbers_that_are_no_degrees_are_answered_with_proposals),
        T(bad_positions_have_codes_of_their_own),
        T(a_swap_is_mended_where_a_person_says_so),
        T(a_position_is_worth_its_digits),
        T(rows_without_position_are_refused_kept_or_placed_as_asked),
        T(columns_that_nobody_filled_are_no_positions),
        T(wkt_of_all_kinds_becomes_flat)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
