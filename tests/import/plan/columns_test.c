/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/plan/columns.c, words.c, mapping.c, extra.c: which column is which
 * field. */
#include "bench.h"

#include <jansson.h>

static struct bench b;

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

#define POSITION ",经度,纬度\n"
#define AT ",121.5,31.2\n"

TEST(columns_are_known_by_name_title_synonym_and_ending)
{
    bench_csv(&b, "name_zh,类别,所在区（县）,Area,园区详细地址,LEVEL" POSITION
                  "甲,,浦东新区,2,某路1号,国家级" AT);
    assert_string_equal(bench_how(&b, "name_zh"), "name");
    assert_string_equal(bench_how(&b, "类别"), "title");
    assert_string_equal(bench_field(&b, "所在区（县）"), "district");
    assert_string_equal(bench_how(&b, "所在区（县）"), "synonym");
    assert_string_equal(bench_field(&b, "Area"), "area_km2");
    assert_string_equal(bench_field(&b, "园区详细地址"), "address");
    assert_string_equal(bench_field(&b, "LEVEL"), "level");
    assert_string_equal(bench_how(&b, "经度"), "position");
}

TEST(numbering_stars_and_brackets_of_a_heading_do_not_matter)
{
    bench_csv(&b, "1.单位名称,*所 在 市,占地面积(亩),运营单位名称,序号" POSITION
                  "甲,上海市,15,某公司,1" AT);
    assert_string_equal(bench_field(&b, "1.单位名称"), "name_zh");
    assert_string_equal(bench_field(&b, "*所 在 市"), "city");
    assert_string_equal(bench_field(&b, "占地面积(亩)"), "area_km2");
    assert_string_equal(bench_field(&b, "运营单位名称"), "operator");
    assert_string_equal(bench_how(&b, "序号"), "unknown"); /* a row number is no key */
}

TEST(short_english_names_of_drawings_are_known)
{
    bench_csv(&b, "UID,NAME,TYPE,LEVEL,CITY,DISTRICT,lng,lat\n"
                  "A1,甲,incubator,national,杭州市,滨江区,120.195,30.19\n");
    assert_string_equal(bench_field(&b, "UID"), "id");
    assert_string_equal(bench_field(&b, "NAME"), "name_zh");
    assert_string_equal(bench_field(&b, "TYPE"), "category");
    assert_string_equal(bench_field(&b, "DISTRICT"), "district");
    assert_string_equal(bench_how(&b, "lng"), "position");
}

TEST(a_key_is_no_adcode_even_when_both_are_called_code)
{
    bench_csv(&b, "名称,代码" POSITION "甲,310115" AT "乙,310112" AT "丙,330106" AT);
    assert_string_equal(bench_field(&b, "代码"), "adcode");
    assert_string_equal(bench_how(&b, "代码"), "content");
    bench_csv(&b, "名称,代码" POSITION "甲,K-1" AT "乙,K-2" AT);
    assert_string_equal(bench_field(&b, "代码"), "id");
}

TEST(two_columns_for_one_field_are_refused_with_the_way_out)
{
    const char *path =
        scratch_text("twice.csv", "单位名称,孵化器名称" POSITION "甲,乙" AT);

    bench_refused(&b, path, IM_EDATA, "both mean field 'name_zh'", "--map name_zh=");
    b.options.map = (const char *const[]){"name_zh=孵化器名称", NULL};
    bench_good(&b, path);
    assert_string_equal(bench_how(&b, "孵化器名称"), "given");
    assert_string_equal(bench_how(&b, "单位名称"), "unknown");
}

TEST(the_own_name_of_a_field_wins_over_words_for_it)
{
    bench_csv(&b, "name_zh,单位名称,名称" POSITION "甲,乙,丙" AT);
    assert_string_equal(bench_field(&b, "name_zh"), "name_zh");
    assert_string_equal(bench_how(&b, "名称"), "unknown");
}

TEST(content_tells_columns_without_a_telling_name)
{
    bench_csv(&b, "名称,甲列,乙列" POSITION "一,国家级,310115" AT "二,省级,330106" AT
                  "三,市级,320583" AT);
    assert_string_equal(bench_field(&b, "甲列"), "level");
    assert_string_equal(bench_how(&b, "甲列"), "content");
    assert_string_equal(bench_field(&b, "乙列"), "adcode");
}

TEST(a_missing_name_is_asked_for)
{
    bench_refused(&b, scratch_text("none.csv", "甲,乙\n1,2\n"), IM_EDATA,
                  "no column 'name_zh', which is required; it has: 甲, 乙",
                  "--map name_zh=列名");
}

TEST(wishes_that_cannot_be_met_are_answered_with_what_there_is)
{
    const char *path = scratch_text("wish.csv", "名称" POSITION "甲" AT);

    b.options.map = (const char *const[]){"nosuch=名称", NULL};
    bench_refused(&b, path, IM_EARG, "'nosuch' is no field of layer 'incubators'",
                  "没有字段“nosuch”");
    b.options.map = (const char *const[]){"name_zh=没有", NULL};
    bench_refused(&b, path, IM_EARG, "no column '没有'; it has: 名称, 经度, 纬度",
                  "没有列“没有”");
    b.options.map = (const char *const[]){"name_zh", NULL};
    bench_refused(&b, path, IM_EARG, "write it as field=column", "字段=列名");
    b.options.map = NULL;
    b.options.set = (const char *const[]){"level=宇宙级", NULL};
    bench_refused(&b, path, IM_EARG, "--set level=宇宙级", "不是“级别”允许的值");
}

TEST(a_set_value_holds_for_all_rows)
{
    struct checked_row row;

    b.options.set = (const char *const[]){"level=国家级", "precision=site", NULL};
    bench_csv(&b, "名称,级别" POSITION "甲,市级" AT);
    assert_string_equal(bench_how(&b, "field:level"), "set");
    assert_true(bench_next(&b, &row));
    assert_true(row.is_good);
    assert_value(&b, &row, "level", "national");
    assert_value(&b, &row, "precision", "site");
}

TEST(blanks_repeat_the_row_above_where_a_person_says_so)
{
    struct checked_row row;

    b.options.fill_down = (const char *const[]){"所在市", NULL};
    bench_csv(&b, "名称,所在市,级别" POSITION "甲,苏州市,国家级" AT "乙,," AT);
    assert_true(bench_next(&b, &row) && bench_next(&b, &row));
    assert_value(&b, &row, "city", "苏州市");
    assert_value(&b, &row, "level", "(null)");
}

/* ---- personal data ---- */

TEST(columns_of_persons_are_left_out_by_name_and_by_content)
{
    const char *path = scratch_text(
        "persons.csv", "名称,联系人,联系电话,总机,甲列,网址,邮箱" POSITION
                       "一,某人,021-1,021-2,13812345678,http://a.cn,x" AT
                       "二,某人,021-1,021-2,139 1234 5678,http://a.cn,y" AT);

    bench_good(&b, path);
    assert_string_equal(bench_how(&b, "联系人"), "personal");
    assert_string_equal(bench_how(&b, "联系电话"), "personal");
    assert_string_equal(bench_how(&b, "甲列"), "personal");
    assert_string_equal(bench_how(&b, "邮箱"), "personal");
    assert_string_equal(bench_how(&b, "总机"), "unknown");
    assert_string_equal(bench_field(&b, "网址"), "website");
    assert_true(bench_noted(&b, "personal_dropped"));
    b.options.map = (const char *const[]){"operator=联系人", NULL};
    bench_refused(&b, path, IM_EARG, "--keep-personal", "个人信息");
    b.options.keep_personal = true;
    bench_good(&b, path);
    assert_string_equal(bench_how(&b, "联系人"), "given");
    assert_string_equal(bench_how(&b, "联系电话"), "unknown");
}

TEST(persons_are_not_kept_as_extra_columns_either)
{
    b.options.keep_extra = true;
    bench_csv(&b,
              "名称,联系人,入驻企业数,Staff (FTE),序号" POSITION "甲,某人,12,30,1" AT);
    assert_string_equal(bench_how(&b, "联系人"), "personal");
    assert_string_equal(bench_how(&b, "入驻企业数"), "extra");
    assert_string_equal(bench_field(&b, "入驻企业数"), "extra_1");
    assert_string_equal(bench_field(&b, "Staff (FTE)"), "staff_fte");
    assert_string_equal(bench_how(&b, "序号"), "unknown");
}

/* ---- extra columns ---- */

TEST(extra_columns_become_fields_of_the_definition)
{
    const struct layer_schema *schema = NULL;
    struct checked_row row;

    b.options.keep_extra = true;
    bench_csv(&b, "名称,入驻企业数" POSITION "甲,12家" AT);
    assert_int_equal(schema_parse(plan_definition(b.plan), b.arena, &schema, &b.err),
                     IM_OK);
    assert_int_equal(schema->n_fields, b.schema->n_fields + 1);
    const struct schema_field *field = &schema->fields[schema->n_fields - 1];
    assert_string_equal(field->name, "extra_1");
    assert_string_equal(field->title.zh, "入驻企业数");
    assert_int_equal(field->type, FIELD_TEXT); /* people write 12家 */
    assert_true(bench_next(&b, &row) && row.is_good);
    assert_value(&b, &row, "extra_1", "12家");
    /* next month the layer has the field */
    b.schema = schema;
    b.definition = plan_definition(b.plan);
    bench_csv(&b, "名称,入驻企业数" POSITION "甲,13家" AT);
    assert_string_equal(bench_how(&b, "入驻企业数"), "title");
    assert_int_equal(plan_definition(b.plan).len, 0);
}

TEST(extra_columns_are_bounded)
{
    struct im_buf text = {.max = 1 << 20};

    for (int i = 0; i < 150; i++)
        im_buf_printf(&text, "列%d,", i);
    im_buf_text(&text, "名称,经度,纬度\n");
    for (int i = 0; i < 150; i++)
        im_buf_text(&text, "1,");
    im_buf_text(&text, "甲,121.5,31.2\n");
    b.options.keep_extra = true;
    bench_good(&b, scratch_write("wide.csv", text.data, text.len));
    assert_string_equal(bench_how(&b, "列99"), "extra");
    assert_string_equal(bench_how(&b, "列100"), "unknown");
    assert_true(bench_noted(&b, "too_many_columns"));
    im_buf_release(&text);
}

/* ---- a saved mapping ---- */

TEST(a_saved_mapping_serves_the_file_of_next_month)
{
    const char *mapping = scratch_path("mapping.json");

    b.options.map = (const char *const[]){"operator=甲方", "lon=东", "lat=北", NULL};
    b.options.set = (const char *const[]){"level=省级", NULL};
    b.options.save_mapping_path = mapping;
    bench_csv(&b, "名称,甲方,东,北\n甲,某公司,121.5,31.2\n");
    b.options = (struct import_options){.mapping_path = mapping};
    bench_csv(&b, "名称,甲方,东,北\n乙,某公司,121.6,31.3\n");
    assert_string_equal(bench_how(&b, "甲方"), "saved");
    assert_string_equal(bench_how(&b, "东"), "position");
    assert_string_equal(bench_how(&b, "field:level"), "set");
    assert_int_equal(plan_position(b.plan), POSITION_COLUMNS);
}

TEST(a_saved_column_that_is_gone_is_said_and_found_anew)
{
    const char *mapping = scratch_text(
        "old.json", "{\"innomap_mapping\":1,\"layer\":\"incubators\",\"map\":"
                    "{\"name_zh\":\"机构\",\"operator\":\"甲方\"}}");

    b.options.mapping_path = mapping;
    bench_csv(&b, "名称" POSITION "甲" AT);
    assert_true(bench_noted(&b, "mapping_column_missing"));
    assert_string_equal(bench_how(&b, "名称"), "title");
}

TEST(what_is_no_mapping_is_refused)
{
    const char *list = scratch_text("list2.csv", "名称" POSITION "甲" AT);

    b.options.mapping_path = scratch_text("bad.json", "{\"map\":{}}");
    bench_refused(&b, list, IM_EDATA, "no saved mapping", "不是保存的列映射");
    b.options.mapping_path = scratch_text("bad2.json", "[[[[");
    bench_refused(&b, list, IM_EDATA, "not valid JSON", "不是有效的 JSON");
    b.options.mapping_path = scratch_path("none.json");
    assert_int_equal(bench_plan(&b, list), IM_ENOTFOUND);
}

/* ---- headings ---- */

TEST(names_cut_by_a_dbf_file_mean_the_only_field_that_begins_so)
{
    const struct headings *h = headings_new(b.schema, b.arena);
    struct heading cut = heading_of(im_bytes_of("设立年"), b.arena);
    struct heading address = heading_of(im_bytes_of("行政区划代"), b.arena);
    struct heading short_one = heading_of(im_bytes_of("设"), b.arena);
    struct heading_match m = headings_match_cut(h, &cut);

    assert_string_equal(b.schema->fields[m.field].name, "established_year");
    m = headings_match_cut(h, &address);
    assert_string_equal(b.schema->fields[m.field].name, "adcode");
    assert_int_equal(headings_match_cut(h, &short_one).field, SCHEMA_NO_FIELD);
}

TEST(hostile_headings_are_harmless)
{
    static char long_name[5000];
    const char *names[] = {"",   "((((((((",     "）））", ",,,/",    "1234567890",
                           "经", "\xEF\xBC\x88", "_-_",    long_name, "[经度"};

    memset(long_name, '(', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct heading h = heading_of(im_bytes_of(names[i]), b.arena);

        (void)heading_position(&h);
        (void)private_heading(&h);
        assert_true(h.whole.len <= 600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            columns_are_known_by_name_title_synonym_and_ending, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            numbering_stars_and_brackets_of_a_heading_do_not_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(short_english_names_of_drawings_are_known,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_key_is_no_adcode_even_when_both_are_called_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            two_columns_for_one_field_are_refused_with_the_way_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_own_name_of_a_field_wins_over_words_for_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(content_tells_columns_without_a_telling_name,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_name_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            wishes_that_cannot_be_met_are_answered_with_what_there_is, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_set_value_holds_for_all_rows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            blanks_repeat_the_row_above_where_a_person_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            columns_of_persons_are_left_out_by_name_and_by_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(persons_are_not_kept_as_extra_columns_either,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(extra_columns_become_fields_of_the_definition,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(extra_columns_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_saved_mapping_serves_the_file_of_next_month,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_saved_column_that_is_gone_is_said_and_found_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_mapping_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            names_cut_by_a_dbf_file_mean_the_only_field_that_begins_so, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(hostile_headings_are_harmless, set_up,
                                        tear_down)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
