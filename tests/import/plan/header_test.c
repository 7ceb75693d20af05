/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows name the columns, which rows are no data. */
#include "test.h"

#include "scratch.h"
#include "table.h"

#include <stdlib.h>

/* ---- what the layer calls its columns ---- */

static const char *const NO_WORDS[] = {NULL};
static const char *const NAME_WORDS[] = {"孵化器名称", "单位名称", NULL};
static const char *const CITY_WORDS[] = {"所在市", "所在城市", NULL};
static const char *const DISTRICT_WORDS[] = {"区县", "县(市、区)", NULL};
static const char *const OPERATOR_WORDS[] = {"运营主体", NULL};

static const struct schema_field FIELDS[] = {
    {.name = "id", .title = {"编号", "ID"}, .synonyms = NO_WORDS},
    {.name = "name_zh", .title = {"名称", "Chinese name"}, .synonyms = NAME_WORDS},
    {.name = "level", .title = {"级别", "Level"}, .synonyms = NO_WORDS},
    {.name = "city", .title = {"城市", "City"}, .synonyms = CITY_WORDS},
    {.name = "district", .title = {"区县", "District"}, .synonyms = DISTRICT_WORDS},
    {.name = "operator", .title = {"运营单位", "Operator"}, .synonyms = OPERATOR_WORDS},
    {.name = "area_km2", .title = {"面积", "Area"}, .synonyms = NO_WORDS},
};
static const struct layer_schema SCHEMA = {
    .id = "incubators", .fields = FIELDS, .n_fields = sizeof FIELDS / sizeof *FIELDS};

/* ---- helpers ---- */

static struct im_arena *arena;
static struct test_table *table;

static int set_up(void **state)
{
    if (scratch_make(state))
        return -1;
    arena = im_arena_new(64 << 20);
    table = calloc(1, sizeof *table);
    return arena && table ? 0 : -1;
}

static int tear_down(void **state)
{
    im_arena_free(arena);
    free(table);
    return scratch_remove(state);
}

static struct header_place locate(const char *text, const struct layer_schema *schema)
{
    struct im_error err = {0};
    struct header_place place;
    const struct header_words *words = header_words_new(schema, arena);

    assert_non_null(words);
    test_table_of(table, im_bytes_of(text), arena);
    assert_int_equal(header_locate(&table->table, words, arena, &place, &err), IM_OK);
    return place;
}

/* Rows `first` to `last` (their numbers) are the header, with these names. */
static void expect(const char *text, uint64_t first, uint64_t last, const char *names)
{
    struct header_place place = locate(text, &SCHEMA);
    char joined[1024] = "";
    size_t n = 0;

    assert_true(place.is_found);
    for (size_t c = 0; c < table->table.n_columns; c++)
        n += (size_t)snprintf(joined + n, sizeof joined - n, "%s%s", c ? "|" : "",
                              place.names[c]);
    assert_string_equal(joined, names);
    assert_int_equal(table->lines[place.first].number, first);
    assert_int_equal(table->lines[place.last].number, last);
}

static bool is_no_data(const char *text)
{
    struct source_value cells[TABLE_MAX_COLUMNS] = {0};
    struct source_row row = {.number = 1, .cells = cells};

    test_table_of(table, im_bytes_of(text), arena);
    for (size_t c = 0; c < table->table.n_columns; c++) {
        const struct header_cell *cell = &table->lines[0].cells[c];

        if (cell->text.len)
            cells[c] = (struct source_value){.kind = cell->is_number ? SOURCE_INTEGER
                                                                     : SOURCE_TEXT,
                                             .text = cell->text};
    }
    return header_is_no_data(&row, table->table.n_columns);
}

/* ---- the header ---- */

TEST(a_header_below_merged_titles_is_found)
{
    expect("附件1||||||\n"
           "国家级、省级科技企业孵化器名单（节选）||||||\n"
           "填报单位：××市科学技术局            填报日期：2025年11月||||||\n"
           "序号|孵化器名称|运营主体|所在市|所在区（县）|级别|备  注\n"
           "#1|甲中心|甲公司|合肥市|蜀山区|国家级|\n"
           "#2|乙中心|/|合肥市|蜀山区|国家级|2003年认定\n"
           "=1 1 0 6\n=2 2 0 6\n=3 3 0 6\n=5 6 3 3\n",
           4, 4, "序号|孵化器名称|运营主体|所在市|所在区（县）|级别|备 注");
}

TEST(line_breaks_widths_and_brackets_do_not_matter)
{
    expect("名单|||\n序\\n号|单位\\n名称|所在\\n城市|ＬＥＶＥＬ\n1|甲|合肥市|省级\n", 2,
           2, "序号|单位名称|所在城市|ＬＥＶＥＬ");
    expect("＊名称|所　在　市|面积（亩）|经　度：\n甲|合肥市|3|117\n", 1, 1,
           "＊名称|所 在 市|面积（亩）|经 度：");
}

TEST(units_in_a_row_below_belong_to_the_names)
{
    expect("序号|名称|面积|经度|纬度\n||（亩）|（度）|单位：度\n1|甲|3|117|31\n", 1, 2,
           "序号|名称|面积（亩）|经度（度）|纬度（度）");
    expect("名称|城市|面积\n||万平方米\n甲|合肥市|3\n", 1, 2,
           "名称|城市|面积（万平方米）");
    /* a place may be called like a unit, but has no other cells */
    expect("名称|城市|面积\n甲|合肥市|3\n", 1, 1, "名称|城市|面积");
}

TEST(numbers_of_columns_are_no_data)
{
    expect("名称|城市|级别|面积\n（1）|（2）|（3）|（4）\n甲|合肥市|省级|3\n", 1, 2,
           "名称|城市|级别|面积");
    expect("序号|名称|城市\n#1|#2|#3\n", 1, 2, "序号|名称|城市");
    expect("序号|名称|城市\n1|甲|合肥市\n", 1, 1, "序号|名称|城市");
}

TEST(a_header_of_two_rows_is_joined)
{
    /* 序号, 名称 and 备注 stand over both rows; the reader has filled them downwards */
    expect("孵化器汇总表||||||\n"
           "序号|单位名称|所在地||坐标||备注\n"
           "序号|单位名称|市|区县|经度|纬度|备注\n"
           "1|甲|合肥市|蜀山区|117|31|无\n"
           "=1 1 0 6\n=2 3 0 0\n=2 3 1 1\n=2 2 2 3\n=2 2 4 5\n=2 3 6 6\n",
           2, 3, "序号|单位名称|所在地/市|所在地/区县|坐标/经度|坐标/纬度|备注");
    /* saved as CSV it has lost its merged cells */
    expect("序号|名称|坐标||备注\n||经度|纬度|\n1|甲|117|31|无\n", 1, 2,
           "序号|名称|坐标/经度|纬度|备注");
}

TEST(merged_lines_above_a_header_are_titles)
{
    expect("汇总表|||||\n"
           "填报单位：某局|||填报日期：十一月||\n"
           "序号|名称|城市|级别|经度|纬度\n"
           "1|甲|合肥市|省级|117|31\n"
           "=1 1 0 5\n=2 2 0 2\n=2 2 3 5\n",
           3, 3, "序号|名称|城市|级别|经度|纬度");
}

TEST(a_name_over_two_columns_names_both)
{
    expect("名称|地址||城市\n甲|某路|1号|合肥市\n=1 1 1 2\n", 1, 1,
           "名称|地址|地址_2|城市");
}

TEST(blank_columns_and_equal_names_are_told_apart)
{
    expect("||名称|城市|备注|备注|\n||甲|合肥市|x|y|z\n", 1, 1,
           "column_1|column_2|名称|城市|备注|备注_2|column_7");
}

TEST(the_first_of_two_equal_headers_counts)
{
    expect("名称|城市\n甲|合肥市\n+40\n名称|城市\n乙|合肥市\n", 1, 1, "名称|城市");
}

TEST(a_single_column_may_be_a_list)
{
    expect("单位名称\n甲\n乙\n", 1, 1, "单位名称");
}

TEST(instructions_are_no_header)
{
    struct header_place place =
        locate("本表由各市科技局汇总上报，经度、纬度暂不填报。\n", &SCHEMA);

    assert_true(place.is_guess);
    assert_int_equal(place.points, 0);
}

TEST(without_known_names_the_first_full_row_of_texts_is_taken)
{
    struct header_place place =
        locate("统计表||\n地块甲|用途乙|容积丙\nA-1|工业|#2\n", NULL);

    assert_true(place.is_guess);
    assert_int_equal(place.first, 1);
    assert_string_equal(place.names[2], "容积丙");
    assert_false(locate("", NULL).is_found);
}

/* Names of places hold what columns are called; they are not. */
TEST(data_is_not_taken_for_a_header)
{
    expect("名称|城市|级别\n城市之光孵化器|合肥市|省级\n未来城市|合肥市|市级\n", 1, 1,
           "名称|城市|级别");
}

/* ---- sheets ---- */

#define SHEETS TEST_SOURCE_DIR "/tests/data/sheets/"
#define MESSY TEST_SOURCE_DIR "/tests/data/messy/"

struct found {
    struct source *source;
    struct header header;
    struct im_error err;
};

static enum im_code find(struct found *f, const char *path, const char *layer)
{
    const struct source_options options = {.layer = layer};

    *f = (struct found){0};
    assert_int_equal(source_open(path, &options, &f->source, &f->err), IM_OK);
    assert_true(source_is_grid(f->source));
    enum im_code rc =
        header_find(f->source, &SCHEMA, &options, arena, &f->header, &f->err);
    if (!rc)
        assert_int_equal(source_set_header(f->source, f->header.last_row,
                                           f->header.names, f->header.n_names, &f->err),
                         IM_OK);
    return rc;
}

static void expect_names(const struct found *f, const char *names)
{
    char joined[1024] = "";
    size_t n = 0;

    assert_int_equal(f->header.n_names, source_columns(f->source));
    for (size_t c = 0; c < f->header.n_names; c++)
        n += (size_t)snprintf(joined + n, sizeof joined - n, "%s%s", c ? "|" : "",
                              f->header.names[c]);
    assert_string_equal(joined, names);
}

/* Numbers of the rows that are data, and of those that are not. */
static void expect_rows(struct found *f, const char *data, const char *none)
{
    char texts[2][512] = {"", ""};
    size_t n[2] = {0, 0};
    struct source_row row;
    bool more = true;

    while (true) {
        assert_int_equal(source_next(f->source, &row, &more, &f->err), IM_OK);
        if (!more)
            break;
        int which = header_is_no_data(&row, source_columns(f->source)) ||
                    header_is_repeated(f->source, &row);
        n[which] += (size_t)snprintf(
            texts[which] + n[which], sizeof texts[which] - n[which], "%s%llu",
            n[which] ? " " : "", (unsigned long long)row.number);
        assert_true(n[which] < sizeof texts[which]);
    }
    assert_string_equal(texts[0], data);
    assert_string_equal(texts[1], none);
}

TEST(the_list_without_positions_has_its_header_in_row_4)
{
    struct found f;

    assert_int_equal(find(&f, MESSY "01_孵化器名单_无坐标.xlsx", NULL), IM_OK);
    assert_string_equal(source_sheet(f.source), "附件1");
    assert_int_equal(f.header.first_row, 4);
    assert_int_equal(f.header.last_row, 4);
    assert_false(f.header.is_guess);
    expect_names(&f, "序号|孵化器名称|运营主体|所在市|所在区（县）|级别|备 注");
    expect_rows(&f,
                "5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 "
                "30 31 32 33 34 35 36 37 38 39 40",
                "42 43");
    source_close(f.source);
}

TEST(a_second_sheet_with_the_list_is_found_behind_instructions)
{
    struct found f;

    assert_int_equal(find(&f, SHEETS "second.xlsx", NULL), IM_OK);
    assert_string_equal(source_sheet(f.source), "园区");
    assert_int_equal(f.header.last_row, 2); /* units below the names */
    expect_names(&f, "序号|园区名称|所在城市|占地面积（亩）|经 度（度）|纬 度（度）");
    expect_rows(&f, "3 4", "5");
    source_close(f.source);
    /* a hidden one when it is asked for */
    assert_int_equal(find(&f, SHEETS "second.xlsx", "旧表"), IM_OK);
    expect_names(&f, "序号|园区名称|所在城市|经度|纬度");
    expect_rows(&f, "2", "");
    source_close(f.source);
}

TEST(two_rows_of_names_behind_blank_columns_are_joined)
{
    struct found f;
    struct source_row row;
    bool more;

    assert_int_equal(find(&f, SHEETS "two_rows.xlsx", NULL), IM_OK);
    assert_int_equal(f.header.first_row, 3);
    assert_int_equal(f.header.last_row, 4);
    expect_names(&f,
                 "column_1|column_2|序号|单位名称|所在地/市|所在地/区（县）|坐标/经度|"
                 "坐标/纬度|备 注");
    expect_rows(&f, "5 6 7", "8 9 10");
    assert_int_equal(source_rewind(f.source, &f.err), IM_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(source_next(f.source, &row, &more, &f.err), IM_OK);
    assert_int_equal(row.number, 7);
    assert_int_equal(row.cells[4].text.len, strlen("合肥市"));
    source_close(f.source);
}

TEST(several_lists_are_listed_and_one_is_chosen)
{
    struct found f;

    assert_int_equal(find(&f, SHEETS "alike.xlsx", NULL), IM_EDATA);
    assert_non_null(strstr(f.err.msg, "--source-layer: 一季度, 二季度"));
    assert_non_null(strstr(f.err.msg_zh, "一季度, 二季度"));
    source_close(f.source);
    assert_int_equal(find(&f, SHEETS "alike.xlsx", "二季度"), IM_OK);
    assert_string_equal(source_sheet(f.source), "二季度");
    expect_names(&f, "名称|城市|级别");
    source_close(f.source);
}

TEST(sheets_of_all_formats_have_headers)
{
    struct found f;

    assert_int_equal(find(&f, SHEETS "cells.ods", NULL), IM_OK);
    assert_int_equal(f.header.last_row, 4);
    expect_names(&f, "名称|城市|经度|日期");
    source_close(f.source);
    /* its parts have names of their own */
    assert_int_equal(find(&f, SHEETS "merged.xlsx", NULL), IM_OK);
    assert_int_equal(f.header.last_row, 2);
    expect_names(&f, "名称|城市|地址|级别");
    expect_rows(&f, "3 5 6 7 8 9", "");
    source_close(f.source);
    assert_int_equal(find(&f, SHEETS "cells.xls", NULL), IM_OK);
    assert_string_equal(source_sheet(f.source), "名单");
    assert_int_equal(f.header.last_row, 3);
    assert_string_equal(f.header.names[2], "所在城市");
    source_close(f.source);
}

TEST(a_csv_may_have_titles_above_its_header_too)
{
    struct found f;
    const char *path = scratch_text(
        "list.csv", "孵化器名单,,,\n填报单位：某局,,,\n\n序号,名称,城市,级别\n"
                    "1,甲,合肥市,省级\n2,乙,合肥市,省级\n序号,名称,城市,级别\n"
                    "3,丙,合肥市,省级\n合计,,,3\n");

    assert_int_equal(find(&f, path, NULL), IM_OK);
    expect_names(&f, "序号|名称|城市|级别");
    expect_rows(&f, "1 2 4", "3 5");
    source_close(f.source);
}

/* ---- rows that are no data ---- */

TEST(totals_notes_and_signatures_are_no_data)
{
    static const char *const rows[] = {
        "|||",
        "合计：36家|||",
        "合    计||#36|",
        "小计|||#3",
        "|总计|#12|3.5平方公里",
        "合肥市|小计|#3|",
        "上海市合计||#3|",
        "共36家|||",
        "Total||#3|#4",
        "合计|/|—|100",
        "注：名单按行政区划排序，不分先后；运营主体以批复文件为准。|||",
        "注:1.略|||",
        "备注：无|||",
        "说明：略|||",
        "数据来源：统计年鉴|||",
        "2.排名不分先后。|||",
        "填表人：|审核人：||日期：",
        "填 表 人：某某|||",
        "一、国家级|||",
        "（二）省级|||",
        "第 2 页，共 3 页|||",
        "续表|||",
        "※ 略|||",
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!is_no_data(rows[i]))
            fail_msg("'%s' is taken for data", rows[i]);
}

TEST(what_may_be_data_stays_data)
{
    static const char *const rows[] = {
        "#1|甲中心|甲公司|合肥市",
        "#36||合肥市|", /* nameless: to be refused, not skipped */
        "合计科技公司|合肥市||",
        "总计孵化器（上海）|上海市||",
        "小计算机创业园|合肥市||",
        "注册会计师孵化基地|合肥市||",
        "备注科技园|||",
        "说明书产业园|合肥市||",
        "一号园区|||",
        "一、二期产业园|合肥市||省级",
        "total(china)|Hefei||x",
        "共享创业园|||",
        "甲中心|||",
        "#1|合计|某某公司|合肥市",
        "第一页创业园|||",
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_no_data(rows[i]))
            fail_msg("'%s' is taken for no data", rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_below_merged_titles_is_found),
        cmocka_unit_test(line_breaks_widths_and_brackets_do_not_matter),
        cmocka_unit_test(units_in_a_row_below_belong_to_the_names),
        cmocka_unit_test(numbers_of_columns_are_no_data),
        cmocka_unit_test(a_header_of_two_rows_is_joined),
        cmocka_unit_test(merged_lines_above_a_header_are_titles),
        cmocka_unit_test(a_name_over_two_columns_names_both),
        cmocka_unit_test(blank_columns_and_equal_names_are_told_apart),
        cmocka_unit_test(the_first_of_two_equal_headers_counts),
        cmocka_unit_test(a_single_column_may_be_a_list),
        cmocka_unit_test(instructions_are_no_header),
        cmocka_unit_test(without_known_names_the_first_full_row_of_texts_is_taken),
        cmocka_unit_test(data_is_not_taken_for_a_header),
        cmocka_unit_test(the_list_without_positions_has_its_header_in_row_4),
        cmocka_unit_test(a_second_sheet_with_the_list_is_found_behind_instructions),
        cmocka_unit_test(two_rows_of_names_behind_blank_columns_are_joined),
        cmocka_unit_test(several_lists_are_listed_and_one_is_chosen),
        cmocka_unit_test(sheets_of_all_formats_have_headers),
        cmocka_unit_test(a_csv_may_have_titles_above_its_header_too),
        cmocka_unit_test(totals_notes_and_signatures_are_no_data),
        cmocka_unit_test(what_may_be_data_stays_data),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
