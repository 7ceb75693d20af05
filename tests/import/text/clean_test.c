/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"
#include "test.h"

#include <text/text.h>

#include <stdlib.h>

static const char *text_of(struct im_bytes bytes)
{
    const char *copy = im_arena_strdup(arena, bytes);

    assert_non_null(copy);
    return copy;
}

static const char *cleaned(const char *in, bool multiline)
{
    struct im_bytes out;

    assert_int_equal(text_clean(im_bytes_of(in), multiline, arena, &out), TEXT_GOOD);
    return text_of(out);
}

static enum text_fault fault_of(const char *in, size_t len)
{
    struct im_bytes out = {(const uint8_t *)"x", 1};
    enum text_fault fault =
        text_clean((struct im_bytes){(const uint8_t *)in, len}, false, arena, &out);

    if (fault)
        assert_int_equal(out.len, 0);
    return fault;
}
#define FAULT(text) fault_of(text, sizeof(text) - 1)

TEST(white_space_of_all_kinds_is_one_space_and_none_at_the_ends)
{
    assert_string_equal(cleaned("  张江 药谷\t孵化器　 ", false), "张江 药谷 孵化器");
    assert_string_equal(cleaned("上海　　张江", false), "上海 张江");
    assert_string_equal(cleaned("a\xC2\xA0 b\xE2\x80\x83", false), "a b");
    assert_string_equal(cleaned(" \t\r\n　", false), "");
    assert_string_equal(cleaned("", false), "");
}

TEST(a_line_break_in_a_chinese_name_goes)
{
    assert_string_equal(cleaned("上海市科技\n创业中心", false), "上海市科技创业中心");
    assert_string_equal(cleaned("上海市科技 \r\n 创业中心", false),
                        "上海市科技创业中心");
    assert_string_equal(cleaned("孵化器\n（二期）", false), "孵化器（二期）");
    assert_string_equal(cleaned("Tech\nPark", false), "Tech Park");
    assert_string_equal(cleaned("张江\r\nAI 岛", false), "张江 AI 岛");
    assert_string_equal(cleaned("a\xE2\x80\xA8"
                                "b\xC2\x85"
                                "c\x0B"
                                "d",
                                false),
                        "a b c d");
}

TEST(line_breaks_stay_where_lines_are_allowed)
{
    assert_string_equal(cleaned(" 一 \r\n 二\r三\n\n\n四\n", true), "一\n二\n三\n\n四");
}

TEST(what_is_clean_already_is_not_copied)
{
    struct im_bytes in = im_bytes_of("上海（张江）Hi-Tech Park，№1 ㎡");
    struct im_bytes out;

    assert_int_equal(text_clean(in, false, arena, &out), TEXT_GOOD);
    assert_ptr_equal(out.data, in.data);
    assert_int_equal(out.len, in.len);
}

TEST(a_byte_order_mark_at_the_start_goes)
{
    assert_string_equal(cleaned("\xEF\xBB\xBF名称", false), "名称");
}

TEST(what_cannot_be_seen_is_a_fault)
{
    assert_int_equal(FAULT("NUL\0x"), TEXT_CONTROL);
    assert_int_equal(FAULT("bell\a"), TEXT_CONTROL);
    assert_int_equal(FAULT("del\x7F"), TEXT_CONTROL);
    assert_int_equal(FAULT("c1\xC2\x9B"), TEXT_CONTROL);
    assert_int_equal(FAULT("zero\xE2\x80\x8Bwidth"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("right\xE2\x80\xAEleft"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("bom\xEF\xBB\xBFinside"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("soft\xC2\xADhyphen"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("private\xEE\x80\x80use"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("non\xEF\xBF\xBE"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("filler\xE3\x85\xA4"), TEXT_INVISIBLE);
    assert_int_equal(FAULT("gbk\xB9\xFA"), TEXT_NOT_UTF8);
    assert_int_equal(FAULT("surrogate\xED\xA0\x80"), TEXT_NOT_UTF8);
}

TEST(cleaning_twice_is_cleaning_once)
{
    static const char *const pieces[] = {" ",  "\n", "\r\n", "　", "中", "a",
                                         "，", "\t", "（",   "\r", "B",  "\xC2\xA0"};

    for (unsigned seed = 1; seed < 5000; seed++) {
        char text[128] = "";
        unsigned next = seed;

        for (int i = 0; i < 12; i++) {
            next = next * 1664525u + 1013904223u;
            strncat(text, pieces[(next >> 16) % 12], sizeof text - strlen(text) - 1);
        }
        for (int multiline = 0; multiline < 2; multiline++) {
            const char *once = cleaned(text, multiline);

            assert_string_equal(cleaned(once, multiline), once);
        }
        im_arena_reset(arena);
    }
}

TEST(people_write_nothing_in_many_ways)
{
    static const char *const blanks[] = {
        "",     " ",    "　",   "/",    "／",   "-",      "—",    "——",  "－",
        "–",    "--",   "…",    "无",   " 无 ", "（无）", "暂无", "N/A", "n/a",
        "ＮＡ", "null", "NULL", "None", "、",   "不详",   "#N/A", ".",   "/ /"};
    static const char *const values[] = {"0",      "０", "无锡", "一",   "a", "N",
                                         "无线谷", "-1", "nan",  "????", "√", "否"};

    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (!text_is_blank(im_bytes_of(blanks[i])))
            fail_msg("'%s' is blank", blanks[i]);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (text_is_blank(im_bytes_of(values[i])))
            fail_msg("'%s' is not blank", values[i]);
}

static const char *folded(const char *in)
{
    return text_of(text_folded(im_bytes_of(in), arena));
}

TEST(headings_and_codes_are_compared_without_width_case_and_space)
{
    assert_string_equal(folded("面积（亩）："), "面积(亩)");
    assert_string_equal(folded("面积【 亩 】*"), "面积(亩)");
    assert_string_equal(folded("Ｎame＿ZH"), "name_zh");
    assert_string_equal(folded("LON"), "lon");
    assert_string_equal(folded("占地\n面积 （km²）"), "占地面积(km2)");
    assert_string_equal(folded("\xEF\xBB\xBF名称\xE2\x80\x8B"), "名称");
    assert_string_equal(folded("plain_name"), "plain_name");
    assert_string_equal(folded(""), "");
}

TEST(a_text_without_end_is_compared_by_its_beginning)
{
    enum { LONG = 1 << 20 };
    char *text = malloc(LONG);

    assert_non_null(text);
    for (size_t i = 0; i + 3 <= LONG; i += 3)
        memcpy(text + i, "字", 3);
    struct im_bytes out =
        text_folded((struct im_bytes){(uint8_t *)text, LONG / 3 * 3}, arena);
    assert_int_equal(out.len, TEXT_COMPARED_MAX / 3 * 3);
    assert_true(im_utf8_valid(out));
    free(text);
}

TEST(length_counts_characters)
{
    assert_int_equal(text_length(im_bytes_of("张江ab")), 4);
    assert_int_equal(text_length(im_bytes_of("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_of_all_kinds_is_one_space_and_none_at_the_ends),
        cmocka_unit_test(a_line_break_in_a_chinese_name_goes),
        cmocka_unit_test(line_breaks_stay_where_lines_are_allowed),
        cmocka_unit_test(what_is_clean_already_is_not_copied),
        cmocka_unit_test(a_byte_order_mark_at_the_start_goes),
        cmocka_unit_test(what_cannot_be_seen_is_a_fault),
        cmocka_unit_test(cleaning_twice_is_cleaning_once),
        cmocka_unit_test(people_write_nothing_in_many_ways),
        cmocka_unit_test(headings_and_codes_are_compared_without_width_case_and_space),
        cmocka_unit_test(a_text_without_end_is_compared_by_its_beginning),
        cmocka_unit_test(length_counts_characters),
    };

    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}
