/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/plan/private.c: what belongs to persons. No number here is anyone's. */
#include "bench.h"

#include <arena.h>

static bool heading(const char *name)
{
    struct heading h = heading_of(im_bytes_of(name), arena);

    return private_heading(&h);
}

static const char *masked(const char *text)
{
    return im_arena_strdup(arena, private_mask(im_bytes_of(text), arena));
}

TEST(headings_of_persons_are_known)
{
    static const char *const persons[] = {
        "联系人", "联系电话",   "手机号码", "负责人姓名", "身份证号", "邮箱",
        "E-mail", "微信号",     "传真",     "法定代表人", "QQ",       "Tel",
        "Phone",  "联系人手机", "填报人",   "contact",    "移动电话", "电话"};
    static const char *const places[] = {
        "名称",     "网址",     "总机",         "服务热线", "咨询电话",   "地址",
        "联系地址", "邮政编码", "微信公众号",   "法人单位", "名称及地址", "官网",
        "hotel",    "type",     "telecom_area", "电信机房"};

    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++)
        if (!heading(persons[i]))
            fail_msg("%s", persons[i]);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (heading(places[i]))
            fail_msg("%s", places[i]);
}

TEST(mobile_and_identity_numbers_and_addresses_of_mail_are_known)
{
    assert_true(private_value(im_bytes_of("13812345678")));
    assert_true(private_value(im_bytes_of("138 1234 5678")));
    assert_true(private_value(im_bytes_of("+86-138-1234-5678")));
    assert_true(private_value(im_bytes_of("11010119900307001X")) ||
                private_value(im_bytes_of("110101199003070038")));
    assert_true(private_value(im_bytes_of("someone@example.cn")));
    assert_false(private_value(im_bytes_of("021-62345678")));
    assert_false(private_value(im_bytes_of("12812345678")));  /* no such prefix */
    assert_false(private_value(im_bytes_of("138123456789"))); /* twelve digits */
    assert_false(private_value(im_bytes_of("13526000.5")));
    assert_false(private_value(im_bytes_of("110101199003070030"))); /* wrong check */
    assert_false(private_value(im_bytes_of("http://a.cn/x@y.z")));
    assert_false(private_value(im_bytes_of("")));
}

TEST(numbers_inside_of_a_text_are_starred_and_the_rest_stays)
{
    assert_string_equal(masked("联系李某13812345678。"), "联系李某***********。");
    assert_string_equal(masked("138-1234-5678转1"), "*************转1");
    assert_string_equal(masked("面积1381234平方米"), "面积1381234平方米");
    assert_string_equal(masked("0.13812345678"), "0.13812345678");
    assert_string_equal(masked("a13812345678b13912345678"), "a***********b***********");
    assert_string_equal(masked(""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headings_of_persons_are_known),
        cmocka_unit_test(mobile_and_identity_numbers_and_addresses_of_mail_are_known),
        cmocka_unit_test(numbers_inside_of_a_text_are_starred_and_the_rest_stays)};

    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}
