/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <text/text.h>

#include <math.h>
#include <stdio.h>

static void expect(const char *in, double value, const char *unit, bool is_about)
{
    struct text_number n;

    if (!text_number(im_bytes_of(in), &n))
        fail_msg("'%s' is a number", in);
    if (fabs(n.value - value) > 1e-12 * fabs(value))
        fail_msg("'%s' is %.17g, not %.17g", in, value, n.value);
    if (!im_bytes_equal(n.unit, im_bytes_of(unit)))
        fail_msg("'%s': unit '%.*s', not '%s'", in, (int)n.unit.len, n.unit.data, unit);
    if (n.is_about != is_about)
        fail_msg("'%s': about", in);
}

TEST(numbers_as_they_are_written)
{
    expect("12", 12, "", false);
    expect(" 12.50 ", 12.5, "", false);
    expect("-3", -3, "", false);
    expect("−3", -3, "", false);
    expect("－３．５", -3.5, "", false);
    expect("+3", 3, "", false);
    expect(".5", 0.5, "", false);
    expect("12.", 12, "", false);
    expect("1e3", 1000, "", false);
    expect("1.5E-2", 0.015, "", false);
    expect("'0012", 12, "", false);
}

TEST(full_width_digits_and_thousands)
{
    expect("１２０．９４９２４９", 120.949249, "", false);
    expect("1,234.5", 1234.5, "", false);
    expect("１，２３４，５６７．８", 1234567.8, "", false);
    expect("1\xE2\x80\x89"
           "234\xE2\x80\xAF"
           "567",
           1234567, "", false); /* thin spaces */
    expect("1,234", 1234, "", false);
}

TEST(a_unit_follows_the_number)
{
    expect("3.2平方公里", 3.2, "平方公里", false);
    expect("3.2 km²", 3.2, "km²", false);
    expect("800km2", 800, "km2", false);
    expect("20㎡", 20, "㎡", false);
    expect("45%", 45, "%", false);
    expect("45％", 45, "％", false);
    expect("30（亩）", 30, "（亩）", false);
    expect("12 千米", 12, "千米", false);
    expect("300人", 300, "人", false);
    expect("￥500", 500, "元", false);
    expect("２０１２年", 2012, "年", false);
    expect("3家次", 3, "家次", false);
}

TEST(wan_and_yi_multiply)
{
    expect("1.5万平方米", 15000, "平方米", false);
    expect("2.5亿元", 250000000, "元", false);
    expect("3千万元", 30000000, "元", false);
    expect("5万", 50000, "", false);
    expect("1.2万亿", 1.2e12, "", false);
    expect("3千米", 3, "千米", false);
    expect("3千人", 3000, "人", false);
    expect("￥500万", 5000000, "元", false);
}

TEST(about_is_noticed)
{
    expect("约500亩", 500, "亩", true);
    expect("近1.2万平方米", 12000, "平方米", true);
    expect("超过 300家", 300, "家", true);
    expect("500余亩", 500, "亩", true);
    expect("3万多平方米", 30000, "平方米", true);
    expect("500亩左右", 500, "亩", true);
    expect("100+", 100, "", true);
    expect("300亩以上", 300, "亩", true);
    expect("≥50", 50, "", true);
}

TEST(what_is_no_single_number_is_refused)
{
    static const char *const bad[] = {"",         " ",
                                      "-",        "abc",
                                      "10-20",    "10~20亩",
                                      "10—20",    "1,2345",
                                      "12,34",    "1,234,56",
                                      "1.2.3",    "0x1F",
                                      "0xF",      "0X",
                                      "inf",      "-inf",
                                      "nan",      "NaN",
                                      "1.#INF",   "1e",
                                      "1e+",      "1e999",
                                      "500 600",  "3.2km2（4800亩）",
                                      "--5",      "+-5",
                                      "2012-05",  "2012-05-01",
                                      "1/2",      "=1+1",
                                      "12;13",    "12,",
                                      "三百",     "亩",
                                      "约",       "12@",
                                      "5号楼301", "3.2平方公里，约4800亩",
                                      "1 2",      "٣"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct text_number n;

        if (text_number(im_bytes_of(bad[i]), &n))
            fail_msg("'%s' is no number, not %g", bad[i], n.value);
    }
}

TEST(a_number_without_end_is_refused)
{
    char text[4096];
    struct text_number n;

    for (int digit = '0'; digit <= '9'; digit += 9) {
        memset(text, digit, sizeof text);
        assert_false(text_number((struct im_bytes){(uint8_t *)text, sizeof text}, &n));
        assert_false(text_number((struct im_bytes){(uint8_t *)text, 200}, &n));
    }
    memset(text, ' ', sizeof text);
    assert_false(text_number((struct im_bytes){(uint8_t *)text, sizeof text}, &n));
}

static void converts(double value, const char *from, const char *to, double expected)
{
    double out = NAN;

    if (!text_convert(value, im_bytes_of(from), to, &out))
        fail_msg("%s is %s", from, to);
    if (fabs(out - expected) > 1e-12 * fabs(expected))
        fail_msg("%g %s are %.17g %s, not %.17g", value, from, expected, to, out);
}

TEST(units_of_offices_are_converted)
{
    converts(1500, "亩", "km2", 1.0);
    converts(15, "亩", "ha", 1);
    converts(320, "公顷", "km2", 3.2);
    converts(3.2, "平方公里", "km2", 3.2);
    converts(3.2, "平方千米", "m2", 3.2e6);
    converts(12, "万平方米", "m2", 120000);
    converts(12, "万㎡", "m2", 120000);
    converts(500, "㎡", "km2", 0.0005);
    converts(500, "平米", "m2", 500);
    converts(2, "km²", "ha", 200);
    converts(2, "KM2", "m2", 2e6);
    converts(1, "ha", "m2", 10000);
    converts(1.5, "万亩", "km2", 10);
    converts(12, "公里", "km", 12);
    converts(12, "千米", "m", 12000);
    converts(2, "里", "m", 1000);
    converts(18, "个月", "a", 1.5);
    converts(3, "万元", "元", 30000);
    converts(1.2, "亿元", "万元", 12000);
    converts(5, "万人", "{person}", 50000);
    converts(45, "%", "1", 0.45);
    converts(30, "（亩）", "亩", 30);
    converts(30, "单位：万元", "元", 300000);
}

TEST(units_of_another_kind_are_refused)
{
    double out;

    assert_false(text_convert(1, im_bytes_of("亩"), "km", &out));
    assert_false(text_convert(1, im_bytes_of("万元"), "km2", &out));
    assert_false(text_convert(1, im_bytes_of("美元"), "元", &out));
    assert_false(text_convert(1, im_bytes_of("光年"), "km", &out));
    assert_false(text_convert(1, im_bytes_of(""), "km", &out));
    assert_false(text_convert(1, im_bytes_of("人"), "%", &out));
    assert_false(text_convert(1, im_bytes_of("km"), "parsec", &out));
    assert_false(text_convert(1e308, im_bytes_of("km2"), "m2", &out));
}

static void year(const char *in, int expected)
{
    int out = 0;
    bool found = text_year(im_bytes_of(in), &out);

    if (expected == 0 && found)
        fail_msg("'%s' has no year, not %d", in, out);
    if (expected && (!found || out != expected))
        fail_msg("'%s' is %d, not %d", in, expected, out);
}

TEST(a_year_is_found_in_what_stands_around_it)
{
    year("2012", 2012);
    year("2012年", 2012);
    year("2012年认定", 2012);
    year("２０１２年", 2012);
    year("认定于2012年5月", 2012);
    year("2012-05-01", 2012);
    year("2012/5/1 0:00:00", 2012);
    year("20120501", 2012);
    year("2012.5", 2012);
    year("2012.0", 2012);
    year("二〇一二年", 2012);
    year("二零一二", 2012);
    year("二○一二年五月", 2012);
    year("二O一0年", 2010);
    year("2012年（2012年底认定）", 2012);
    year("'2012", 2012);
}

TEST(no_year_or_two_are_none)
{
    year("", 0);
    year("12年", 0);
    year("2010-2012", 0);
    year("2010年批复，2015年建成", 0);
    year("201205", 0);
    year("99999999", 0);
    year("0999", 0);
    year("3000", 0);
    year("文翔东路2012号", 0);
    year("2012万元", 0);
    year("0.2012", 0);
    year("02150271234", 0);
    year("第一期", 0);
    year("二千零一十二", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_they_are_written),
        cmocka_unit_test(full_width_digits_and_thousands),
        cmocka_unit_test(a_unit_follows_the_number),
        cmocka_unit_test(wan_and_yi_multiply),
        cmocka_unit_test(about_is_noticed),
        cmocka_unit_test(what_is_no_single_number_is_refused),
        cmocka_unit_test(a_number_without_end_is_refused),
        cmocka_unit_test(units_of_offices_are_converted),
        cmocka_unit_test(units_of_another_kind_are_refused),
        cmocka_unit_test(a_year_is_found_in_what_stands_around_it),
        cmocka_unit_test(no_year_or_two_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
