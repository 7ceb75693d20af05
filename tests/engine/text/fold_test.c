/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/text/fold.c. */
#include <test.h>

#include <engine/text.h>

static void folds(const char *text, const char *expected)
{
    struct im_buf out = {.max = 4096};

    text_fold(im_bytes_of(text), &out);
    im_buf_byte(&out, 0);
    assert_string_equal((char *)out.data, expected);
    im_buf_release(&out);
}

TEST(width_case_space_and_brackets_are_unified)
{
    folds("Ｇ６０ 科创走廊", "g60科创走廊");
    folds("张江（上海）", "张江上海");
    folds("ABC  \"Park\" [x]", "abcparkx");
    folds("\t中\u3000国\n", "中国");
    folds("Straße", "strasse");
    folds("ÉCOLE", "école");
    folds("e\u0301cole", "école");
    folds("ﬁbre", "fibre");
    folds("㈱", "株");
    folds("", "");
    folds("\xff\xfe", "");
    folds("a-b·c", "a-b·c");
}

TEST(suffixes_are_dropped_when_enough_remains)
{
    static const struct {
        const char *name;
        size_t rest;
    } rows[] = {{"松江区", 6},  {"上海市", 6},    {"嘉善县", 6},
                {"城区", 6},    {"市", 3},        {"松江", 6},
                {"xincity", 7}, {"hefeicity", 5}, {"putuodistrict", 5}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(text_without_suffix(im_bytes_of(rows[i].name)), rows[i].rest);
}

TEST(edit_distance_counts_characters)
{
    static const struct {
        const char *a;
        const char *b;
        unsigned distance;
    } rows[] = {{"松江区", "松红区", 1}, {"shanghai", "shanghia", 2},
                {"", "abc", 3},          {"张江", "张江", 0},
                {"张江", "虹桥", 2},     {"abcd", "bcd", 1}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(
            text_edit_distance(im_bytes_of(rows[i].a), im_bytes_of(rows[i].b), 10),
            rows[i].distance);
    assert_int_equal(text_edit_distance(im_bytes_of("abc"), im_bytes_of("xyz"), 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_case_space_and_brackets_are_unified),
        cmocka_unit_test(suffixes_are_dropped_when_enough_remains),
        cmocka_unit_test(edit_distance_counts_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
