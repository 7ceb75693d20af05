/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/plan/codes.c: what people write for the codes of a list. */
#include "bench.h"

static struct bench b;
static const struct code_table *industry;
static const struct code_table *level;
static const struct code_table *category;

static const struct code_table *table_of(const char *field)
{
    int f = schema_field_index(b.schema, im_bytes_of(field));

    return codes_new(&b.schema->fields[f], b.arena);
}

static int set_up(void **state)
{
    (void)state;
    b = bench_new("incubators");
    industry = table_of("industry");
    level = table_of("level");
    category = table_of("category");
    return industry && level && category ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    bench_free(&b);
    return 0;
}

static const char *find(const struct code_table *t, const char *cell)
{
    struct im_bytes out;

    if (!codes_find(t, im_bytes_of(cell), b.arena, &out))
        return "-";
    return im_arena_strdup(b.arena, out);
}

TEST(codes_titles_and_synonyms_are_one)
{
    assert_string_equal(find(level, "national"), "national");
    assert_string_equal(find(level, "NATIONAL"), "national");
    assert_string_equal(find(level, "国家级"), "national");
    assert_string_equal(find(level, " 国 家 级 "), "national");
    assert_string_equal(find(level, "Provincial"), "provincial");
    assert_string_equal(find(level, "部级"), "national");
    assert_string_equal(find(level, "国家级（科技部）"), "national");
    assert_string_equal(find(category, "国家大学科技园"), "university_park");
    assert_string_equal(find(level, "宇宙级"), "-");
    assert_string_equal(find(level, ""), "-");
    assert_string_equal(find(level, "非国家级"), "-");
}

TEST(a_list_is_split_at_any_separator)
{
    assert_string_equal(find(industry, "IC;BIO"), "IC;BIO");
    assert_string_equal(find(industry, "集成电路；生物医药"), "IC;BIO");
    assert_string_equal(find(industry, "集成电路、生物医药/人工智能，汽车"),
                        "IC;BIO;AI;AUTO");
    assert_string_equal(find(industry, "集成电路（芯片）、生物医药"), "IC;BIO");
    assert_string_equal(find(industry, "集成电路、集成电路"), "IC");
    assert_string_equal(find(industry, "、集成电路、"), "IC");
    assert_string_equal(find(industry, "集成电路、不知道"), "-");
}

/* "软件、网络与物联网" holds the separators itself. */
TEST(titles_that_hold_separators_are_found_whole_and_by_their_parts)
{
    assert_string_equal(find(industry, "软件、网络与物联网"), "IT");
    assert_string_equal(find(industry, "集成电路、软件、网络与物联网、汽车"),
                        "IC;IT;AUTO");
    assert_string_equal(find(industry, "软件"), "IT");
    assert_string_equal(find(industry, "机器人"), "EQ");
}

TEST(one_code_is_no_list)
{
    assert_string_equal(find(level, "国家级;省级"), "-");
}

TEST(a_refusal_names_what_is_allowed_and_what_is_near)
{
    struct refusal r = codes_refusal(category, im_bytes_of("科技企业孵化"), b.arena);

    assert_string_equal(r.code, "bad_code");
    assert_non_null(strstr(r.zh, "大学科技园"));
    assert_non_null(strstr(r.en, "university_park"));
    assert_non_null(strstr(r.suggestion_zh, "科技企业孵化器"));
    r = codes_refusal(level, im_bytes_of("nationl"), b.arena);
    assert_non_null(strstr(r.suggestion_en, "national"));
    r = codes_refusal(level, im_bytes_of("xyz"), b.arena);
    assert_null(strstr(r.suggestion_en, "did you mean"));
}

static const char *in_name(const struct code_table *t, const char *name)
{
    int code = codes_in_name(t, im_bytes_of(name), b.arena);

    return code < 0 ? "-" : t->field->codes[code].code;
}

TEST(a_name_tells_the_kind_where_exactly_one_fits)
{
    assert_string_equal(in_name(category, "星梦园科技企业孵化器"), "incubator");
    assert_string_equal(in_name(category, "复旦大学国家大学科技园"), "university_park");
    assert_string_equal(in_name(category, "某众创空间"), "maker_space");
    assert_string_equal(in_name(category, "某孵化器（加速器）"), "-");
    assert_string_equal(in_name(category, "5F创业园"), "-");
    assert_string_equal(in_name(category, ""), "-");
}

TEST(hostile_cells_are_harmless)
{
    static char many[20001];

    for (size_t i = 0; i + 3 < sizeof many; i += 3)
        memcpy(many + i, "、", 3);
    assert_string_equal(find(industry, many), "-");
    memset(many, ';', sizeof many - 1);
    assert_string_equal(find(industry, many), "-");
    memset(many, '(', sizeof many - 1);
    assert_string_equal(find(industry, many), "-");
    assert_string_equal(find(industry, ")("), "-");
    for (size_t i = 0; i + 3 < 1000; i += 3)
        memcpy(many + i, "IC;", 3);
    assert_string_equal(find(industry, many), "-"); /* more pieces than there may be */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_titles_and_synonyms_are_one),
        cmocka_unit_test(a_list_is_split_at_any_separator),
        cmocka_unit_test(
            titles_that_hold_separators_are_found_whole_and_by_their_parts),
        cmocka_unit_test(one_code_is_no_list),
        cmocka_unit_test(a_refusal_names_what_is_allowed_and_what_is_near),
        cmocka_unit_test(a_name_tells_the_kind_where_exactly_one_fits),
        cmocka_unit_test(hostile_cells_are_harmless)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
