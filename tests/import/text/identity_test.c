/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"
#include "test.h"

#include <text/text.h>

#include <math.h>

static bool is_same(const char *a, const char *b)
{
    return im_bytes_equal(text_name_identity(im_bytes_of(a), arena),
                          text_name_identity(im_bytes_of(b), arena));
}

static void same(const char *a, const char *b)
{
    if (!is_same(a, b))
        fail_msg("'%s' and '%s' are one name", a, b);
}

static void different(const char *a, const char *b)
{
    if (is_same(a, b))
        fail_msg("'%s' and '%s' are two names", a, b);
}

TEST(one_name_in_many_spellings)
{
    same("上海莘泽孵化器", " 上海　莘泽 孵化器");
    same("杭州高新技术产业开发区(滨江)", "杭州高新技术产业开发区（滨江）");
    same("“创新”大厦", "创新大厦");
    same("M创工坊·泗泾科技创新中心", "Ｍ创工坊泗泾科技创新中心");
    same("上海某某孵化器有限公司", "上海某某孵化器");
    same("上海某某孵化器有限责任公司", "上海某某孵化器股份有限公司");
    same("上海某某有限公司（二期）", "上海某某（二期）");
    same("张江药谷（原浦东药谷）", "张江药谷");
    same("张江药谷(曾用名：浦东药谷)孵化器", "张江药谷孵化器");
    same("张江药谷（原浦东药谷", "张江药谷");
    same("Foo Park Co., Ltd.", "foo park");
    same("FOO PARK CO.,LTD", "Foo Park");
    same("Foo, Inc.", "Foo");
    same("科技园Ⅱ期", "科技园II期");
}

TEST(names_that_differ_stay_apart)
{
    different("创新园一期", "创新园二期");
    different("创新园（东区）", "创新园（西区）");
    different("张江原料药基地（原料药）", "张江原料药基地");
    different("Zinc", "Z");
    different("上海某某中心", "苏州某某中心");
    different("有限公司", "股份有限公司公司");
    different("★", "●");
    different("", "a");
}

TEST(a_name_of_nothing_but_marks_has_an_identity)
{
    assert_int_not_equal(text_name_identity(im_bytes_of("★★"), arena).len, 0);
    assert_int_not_equal(text_name_identity(im_bytes_of("有限公司"), arena).len, 0);
    assert_int_not_equal(text_name_identity(im_bytes_of("（原名）"), arena).len, 0);
    assert_int_equal(text_name_identity(im_bytes_of(""), arena).len, 0);
}

static bool same_city(const char *a, const char *b)
{
    return im_bytes_equal(text_city_identity(im_bytes_of(a), arena),
                          text_city_identity(im_bytes_of(b), arena));
}

TEST(cities_are_compared_without_their_rank)
{
    assert_true(same_city("上海", "上海市"));
    assert_true(same_city("江苏省苏州市", "苏州"));
    assert_true(same_city("浦东新区", "浦东"));
    assert_true(same_city("广西壮族自治区南宁市", "南宁"));
    assert_true(same_city(" 苏州 市", "苏州市"));
    assert_false(same_city("苏州市", "苏市"));
    assert_false(same_city("杭州市", "湖州市"));
    assert_false(same_city("沙市", "沙"));
    assert_false(same_city("江苏省", "江"));
}

static double likeness(const char *a, const char *b)
{
    return text_likeness(im_bytes_of(a), im_bytes_of(b));
}

TEST(likeness_is_the_share_of_common_bigrams)
{
    assert_true(fabs(likeness("night", "nacht") - 0.25) < 1e-12); /* 2*1/(4+4) */
    assert_true(fabs(likeness("张江药谷", "张江药谷") - 1) < 1e-12);
    assert_true(fabs(likeness("张江", "浦东") - 0) < 1e-12);
    assert_true(fabs(likeness("", "") - 0) < 1e-12);
    assert_true(fabs(likeness("a", "a") - 1) < 1e-12);
    assert_true(fabs(likeness("a", "b") - 0) < 1e-12);
    assert_true(fabs(likeness("aaaa", "aa") - 0.5) < 1e-12); /* each counts once */
    assert_true(likeness("上海张江药谷公共服务平台", "上海张江药谷公共服务平") > 0.85);
    assert_true(likeness("ab", "cab") == likeness("cab", "ab"));
}

TEST(long_names_are_compared_by_their_beginning)
{
    static char a[100000];
    static char b[100000];

    memset(a, 'x', sizeof a - 1);
    memset(b, 'x', sizeof b - 1);
    b[sizeof b - 2] = 'y';
    assert_true(fabs(likeness(a, b) - 1) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_name_in_many_spellings),
        cmocka_unit_test(names_that_differ_stay_apart),
        cmocka_unit_test(a_name_of_nothing_but_marks_has_an_identity),
        cmocka_unit_test(cities_are_compared_without_their_rank),
        cmocka_unit_test(likeness_is_the_share_of_common_bigrams),
        cmocka_unit_test(long_names_are_compared_by_their_beginning),
    };

    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}
