/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/plan/check.c, values.c, derive.c: what a row comes to. */
#include "bench.h"

#include "import/place/gazetteer_fixture.h"

static struct bench b;
static sqlite3 *db;
static struct gazetteer *gazetteer;

static int set_up(void **state)
{
    (void)state;
    b = bench_new("incubators");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_free(&b);
    return 0;
}

static int open_all(void **state)
{
    struct im_error err = {0};

    db = fixture_gazetteer();
    if (scratch_make(state) || gazetteer_open(db, NULL, &gazetteer, &err))
        return -1;
    return 0;
}

static int close_all(void **state)
{
    gazetteer_free(gazetteer);
    sqlite3_close(db);
    return scratch_remove(state);
}

/* The first row of a list that has one. */
static struct checked_row first(const char *text)
{
    struct checked_row row;

    bench_csv(&b, text);
    assert_true(bench_next(&b, &row));
    return row;
}

static struct bench_event refused(const char *text)
{
    struct checked_row row = first(text);

    assert_false(row.is_good);
    return bench_event(&b, IMPORT_REFUSED, 0);
}

/* ---- values ---- */

TEST(numbers_are_converted_by_the_unit_of_cell_or_heading)
{
    struct checked_row row = first(
        "名称,面积（亩）,经度,纬度\n甲,1500,121.5,31.2\n乙,3.5平方公里,121.5,31.2\n"
        "丙,\"１，２００公顷\",121.5,31.2\n丁,约150,121.5,31.2\n戊,3元,121.5,31.2\n");

    assert_string_equal(b.report.mappings[1].note_zh, "亩换算为 km2");
    assert_value(&b, &row, "area_km2", "1");
    assert_true(bench_next(&b, &row));
    assert_value(&b, &row, "area_km2", "3.5");
    assert_true(bench_next(&b, &row));
    assert_value(&b, &row, "area_km2", "12");
    assert_true(bench_next(&b, &row));
    assert_value(&b, &row, "area_km2", "0.1");
    assert_string_equal(bench_event(&b, IMPORT_WARNED, 0).code, "approximate");
    assert_true(bench_next(&b, &row));
    assert_false(row.is_good);
    struct bench_event e = bench_event(&b, IMPORT_REFUSED, 0);
    assert_string_equal(e.code, "bad_unit");
    assert_string_equal(e.field, "面积（亩）");
    assert_string_equal(e.value, "3元");
}

TEST(years_are_found_in_dates_and_remarks)
{
    static const char *const cells[] = {"2012", "2012年", "2012年认定", "2012-05-01",
                                        "2012年5月"};
    char text[200];

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        snprintf(text, sizeof text, "名称,成立时间,经度,纬度\n甲,%s,121.5,31.2\n",
                 cells[i]);
        struct checked_row row = first(text);
        assert_value(&b, &row, "established_year", "2012");
    }
    assert_string_equal(refused("名称,成立时间,经度,纬度\n甲,明年,121.5,31.2\n").code,
                        "bad_number");
    assert_string_equal(refused("名称,成立时间,经度,纬度\n甲,1850,121.5,31.2\n").code,
                        "out_of_range");
}

TEST(texts_are_cleaned_and_bounded)
{
    static char text[30000];
    struct checked_row row =
        first("名称,地址,经度,纬度\n\"　津通国际工业\n园孵化器　\",/,121.5,31.2\n");

    assert_value(&b, &row, "name_zh", "津通国际工业园孵化器");
    assert_value(&b, &row, "address", "(null)");
    row = first("名称,地址,经度,纬度\n<script>alert(1)</script>,=1+1,121.5,31.2\n");
    assert_value(&b, &row, "name_zh", "<script>alert(1)</script>");
    assert_value(&b, &row, "address", "=1+1");
    size_t n = (size_t)snprintf(text, sizeof text, "名称,经度,纬度\n");
    for (size_t i = 0; i < 201; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "长");
    snprintf(text + n, sizeof text - n, ",121.5,31.2\n");
    assert_string_equal(refused(text).code, "bad_text");
    memcpy(text + n - 3, "   ", 3); /* 200 */
    row = first(text);
    assert_true(row.is_good);
    assert_string_equal(refused("名称,经度,纬度\n零\xE2\x80\x8B宽,121.5,31.2\n").code,
                        "bad_text");
}

TEST(each_fault_of_a_row_is_told_and_its_cells_once)
{
    struct bench_event e = refused("名称,级别,成立年份,联系人,经度,纬度\n"
                                   "甲,宇宙级,x,某人,121.5,31.2\n");

    assert_string_equal(e.code, "bad_code");
    assert_string_equal(e.cells, "甲|宇宙级|x||121.5|31.2|");
    e = bench_event(&b, IMPORT_REFUSED, 1);
    assert_string_equal(e.code, "bad_number");
    assert_string_equal(e.cells, "");
    assert_false(bench_event(&b, IMPORT_REFUSED, 2).is_found);
}

TEST(a_row_without_name_is_refused_and_one_without_key_is_not)
{
    struct checked_row row;

    assert_string_equal(refused("编号,名称,经度,纬度\nA,,121.5,31.2\n").code,
                        "missing_value");
    row = first("编号,名称,经度,纬度\n,甲,121.5,31.2\n");
    assert_true(row.is_good);
    assert_false(row.has_key);
    row = first("编号,名称,经度,纬度\nA,甲,121.5,31.2\n");
    assert_true(row.is_good && row.has_key);
}

TEST(numbers_of_persons_are_starred_everywhere)
{
    struct checked_row row = first(
        "名称,地址,级别,经度,纬度\n甲,某路1号 13812345678,,121.5,31.2\n"
        "乙,某路,13812345678,121.5,31.2\n丙,某路,,121.5,31.2\n丁,某路,,121.5,31.2\n"
        "戊,某路,省级,121.5,31.2\n己,某路,省级,121.5,31.2\n庚,某路,省级,121.5,31.2\n");

    assert_value(&b, &row, "address", "某路1号 ***********");
    assert_string_equal(bench_event(&b, IMPORT_WARNED, 0).code, "personal_masked");
    assert_true(bench_next(&b, &row));
    struct bench_event e = bench_event(&b, IMPORT_REFUSED, 0);
    assert_string_equal(e.value, "***********");
    assert_null(strstr(e.cells, "138"));
}

TEST(blank_words_of_people_are_values_where_innomap_wrote_them)
{
    struct checked_row row;

    b.is_own = true;
    row = first("id,name_zh,address,lon,lat\nA,无,/,121.5,31.2\n");
    assert_true(row.is_good);
    assert_value(&b, &row, "name_zh", "无");
    assert_value(&b, &row, "address", "/");
    assert_value(&b, &row, "category", "(null)");
    assert_value(&b, &row, "precision", "(null)");
    assert_false(plan_is_derived(b.plan, 0));
}

/* ---- what follows ---- */

static int field(const char *name)
{
    return schema_field_index(b.schema, im_bytes_of(name));
}

TEST(what_the_file_leaves_open_follows_or_stays_empty)
{
    struct checked_row row;

    b.gazetteer = gazetteer;
    row = first("名称,所在区,经度,纬度\n张江孵化器,浦东新区,121.56,31.25\n");
    assert_true(row.is_good);
    assert_value(&b, &row, "category", "incubator");
    assert_value(&b, &row, "city", "上海市");
    assert_value(&b, &row, "adcode", "310115");
    assert_value(&b, &row, "source", "list.csv");
    assert_value(&b, &row, "confidence", "(null)");
    assert_string_equal(bench_how(&b, "field:category"), "derived");
    assert_true(plan_is_derived(b.plan, (size_t)field("category")));
    assert_true(plan_has_field(b.plan, (size_t)field("city")));
    assert_false(plan_has_field(b.plan, (size_t)field("website")));
    row = first("名称,所在市,经度,纬度\n5F创业园,上海,121.56,31.25\n");
    assert_value(&b, &row, "category", "(null)");
    assert_value(&b, &row, "city", "上海市");
}

TEST(a_former_division_is_said_and_its_present_code_stored)
{
    struct checked_row row;

    b.gazetteer = gazetteer;
    row = first("名称,所在市,所在区,经度,纬度\n甲,苏州市,沧浪区,120.611,31.311\n");
    assert_value(&b, &row, "district", "沧浪区");
    assert_value(&b, &row, "adcode", "320508");
    assert_string_equal(bench_event(&b, IMPORT_WARNED, 0).code, "renamed_division");
    row = first("名称,区划代码,经度,纬度\n甲,320502,120.611,31.311\n");
    assert_value(&b, &row, "adcode", "320508");
}

TEST(rows_without_a_position_are_placed_by_name_and_traced)
{
    struct checked_row row;
    struct bench_event e;

    b.gazetteer = gazetteer;
    row = first("名称,地址\n甲,上海市浦东新区张江镇郭守敬路498号\n乙,某某路1号\n");
    assert_true(row.is_good && row.is_placed);
    assert_int_equal(row.geom.kind, GEOM_POINT);
    assert_value(&b, &row, "precision", "town");
    assert_true(bytes_find(row.lineage, im_bytes_of("\"key\":\"P01\"")) > 0);
    e = bench_event(&b, IMPORT_PLACED, 0);
    assert_string_equal(e.code, "placed");
    assert_true(e.value[0] && e.after[0]);
    assert_true(bench_next(&b, &row));
    assert_true(row.is_good && !row.is_placed);
    assert_int_equal(row.geom.kind, GEOM_EMPTY);
    assert_value(&b, &row, "precision", "(null)");
    assert_string_equal(bench_event(&b, IMPORT_UNPLACED, 0).code, "unplaced");
}

TEST(a_position_far_from_the_stated_division_is_reported)
{
    struct checked_row row;
    struct bench_event e;

    b.gazetteer = gazetteer;
    row = first("名称,所在市,所在区,经度,纬度\n甲,上海市,浦东新区,120.6212,31.3012\n");
    assert_true(row.is_good); /* somebody should look, that is all */
    e = bench_event(&b, IMPORT_WARNED, 0);
    assert_string_equal(e.code, "elsewhere");
    assert_non_null(strstr(e.reason_zh, "上海市浦东新区以外"));
    assert_non_null(strstr(e.reason_zh, "落在苏州市"));
    assert_string_equal(e.after, "苏州市");
    assert_value(&b, &row, "city", "上海市");
    assert_value(&b, &row, "adcode", "310115");
    row = first("名称,所在市,所在区,经度,纬度\n甲,上海市,浦东新区,121.5612,31.2512\n"
                "乙,上海市,浦东新区,121.4912,31.2512\n");
    assert_false(bench_event(&b, IMPORT_WARNED, 0).is_found);
    assert_true(bench_next(&b, &row)); /* 1 km outside, worth 2 km */
    assert_false(bench_event(&b, IMPORT_WARNED, 0).is_found);
}

/* ---- other layers ---- */

TEST(a_table_needs_no_position_and_gets_none)
{
    struct checked_row row;

    bench_free(&b);
    b = bench_new("city_indicators");
    row = first("id,area,indicator,value,unit,qualifier,year,source,confidence\n"
                "A,上海市,nosuch,1,count,exact,2020,x,high\n");
    assert_int_equal(plan_position(b.plan), POSITION_NONE);
    assert_string_equal(bench_event(&b, IMPORT_REFUSED, 0).code, "bad_code");
    assert_false(bench_event(&b, IMPORT_UNPLACED, 0).is_found);
    assert_false(row.is_good);
}

TEST(divisions_stay_strict)
{
    bench_free(&b);
    b = bench_new("divisions");
    bench_refused(&b, scratch_text("div.csv", "名称,经度,纬度\n甲,121.5,31.2\n"),
                  IM_EDATA, "no column 'adcode', which is the key", "主键");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(numbers_are_converted_by_the_unit_of_cell_or_heading),
        T(years_are_found_in_dates_and_remarks),
        T(texts_are_cleaned_and_bounded),
        T(each_fault_of_a_row_is_told_and_its_cells_once),
        T(a_row_without_name_is_refused_and_one_without_key_is_not),
        T(numbers_of_persons_are_starred_everywhere),
        T(blank_words_of_people_are_values_where_innomap_wrote_them),
        T(what_the_file_leaves_open_follows_or_stays_empty),
        T(a_former_division_is_said_and_its_present_code_stored),
        T(rows_without_a_position_are_placed_by_name_and_traced),
        T(a_position_far_from_the_stated_division_is_reported),
        T(a_table_needs_no_position_and_gets_none),
        T(divisions_stay_strict)};

    return cmocka_run_group_tests(tests, open_all, close_all);
}
