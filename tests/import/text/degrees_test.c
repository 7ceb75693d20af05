/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <text/text.h>

#include <math.h>
#include <stdio.h>

static void angle(const char *in, double expected, char expected_axis)
{
    double out = NAN;
    char axis = '?';

    if (!text_angle(im_bytes_of(in), &out, &axis))
        fail_msg("'%s' is an angle", in);
    if (fabs(out - expected) > 1e-9)
        fail_msg("'%s' is %.12g, not %.12g", in, expected, out);
    if (axis != expected_axis)
        fail_msg("'%s': axis '%c'", in, axis ? axis : '0');
}

TEST(plain_degrees_and_metres)
{
    angle("121.587707", 121.587707, 0);
    angle(" １２０．９４９２４９ ", 120.949249, 0);
    angle("-0.5", -0.5, 0);
    angle("369707.32", 369707.32, 0);
    angle("3,456,789.5", 3456789.5, 0);
    angle("40369707.3米", 40369707.3, 0);
    angle("121.5°", 121.5, 0);
    angle("121.5度", 121.5, 0);
    angle("'121.5", 121.5, 0);
    angle("120289489", 120289489, 0); /* for the caller to refuse */
}

TEST(degrees_minutes_and_seconds_in_all_their_marks)
{
    const double x = 121 + 52.0 / 3600;

    angle("121°00′52.0″E", x, 'x');
    angle("121°00'52.0\"E", x, 'x');
    angle("121°00’52.0”E", x, 'x');
    angle("121º00‘52.0“e", x, 'x');
    angle("121˚00´52.0''E", x, 'x');
    angle("121゜00′52.0′′E", x, 'x');
    angle("１２１°００′５２．０″Ｅ", x, 'x');
    angle("121° 00′ 52.0″ E", x, 'x');
    angle("E121°00′52.0″", x, 'x');
    angle("东经121度0分52秒", x, 'x');
    angle("东经：121°0′52″", x, 'x');
    angle("121度0分52秒", x, 0);
    angle("121:00:52", x, 0);
    angle("121：00：52.0", x, 0);
    angle("121 00 52", x, 0);
    angle("121°0'52", x, 0);
    angle("121°52″", x, 0);
    angle("31°22′05.0″N", 31 + 22.0 / 60 + 5.0 / 3600, 'y');
    angle("北纬31°22′", 31 + 22.0 / 60, 'y');
    angle("121°30.5′", 121 + 30.5 / 60, 0);
    angle("121:30.5", 121 + 30.5 / 60, 0);
}

TEST(west_and_south_are_negative)
{
    angle("W121.5", -121.5, 'x');
    angle("121°30′W", -121.5, 'x');
    angle("南纬 31.5", -31.5, 'y');
    angle("-121°30′", -121.5, 0);
    angle("-0°30′", -0.5, 0);
}

TEST(labels_say_the_axis)
{
    angle("E121.5", 121.5, 'x');
    angle("121.5E", 121.5, 'x');
    angle("经度:121.5", 121.5, 'x');
    angle("lng=121.5", 121.5, 'x');
    angle("Lat: -31.2", -31.2, 'y');
    angle("纬度 31.2", 31.2, 'y');
}

TEST(what_is_no_angle_is_refused)
{
    static const char *const bad[] = {"",
                                      "—",
                                      "E",
                                      "°",
                                      "abc",
                                      "121°60′00″",
                                      "121°00′60″",
                                      "121°75′",
                                      "181°00′00″",
                                      "91°00′00″N",
                                      "121.5°30′",
                                      "121°30.5′20″",
                                      "121:60:00",
                                      "121:00:61",
                                      "-121.5W",
                                      "E121.5E",
                                      "E121.5N",
                                      "N121.5E",
                                      "121,43",
                                      "121.43,31.17",
                                      "121.3 31.2",
                                      "121 31",
                                      "12 1.3 5 6",
                                      "nan",
                                      "inf",
                                      "0x79",
                                      "121°-30′",
                                      "121°30′20′10″",
                                      "121°5°",
                                      "121.5.5",
                                      "1e999",
                                      "121°30′20″30",
                                      "121:30:20:10",
                                      "121.5abc",
                                      "'"};
    double out;
    char axis;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_angle(im_bytes_of(bad[i]), &out, &axis))
            fail_msg("'%s' is no angle, not %.12g", bad[i], out);
}

static void pair(const char *in, double expected_x, double expected_y)
{
    double x = NAN;
    double y = NAN;

    if (!text_pair(im_bytes_of(in), &x, &y))
        fail_msg("'%s' is a pair", in);
    if (fabs(x - expected_x) > 1e-9 || fabs(y - expected_y) > 1e-9)
        fail_msg("'%s' is %.12g %.12g, not %.12g %.12g", in, expected_x, expected_y, x,
                 y);
}

TEST(two_numbers_in_one_cell)
{
    pair("121.43,31.17", 121.43, 31.17);
    pair("121.44，31.20", 121.44, 31.2);
    pair("121.3 31.2", 121.3, 31.2);
    pair("121.3　31.2", 121.3, 31.2);
    pair("121.3\t31.2", 121.3, 31.2);
    pair("121.3\n31.2", 121.3, 31.2);
    pair("121.3, 31.2", 121.3, 31.2);
    pair("(121.3; 31.2)", 121.3, 31.2);
    pair("（121.3、31.2）", 121.3, 31.2);
    pair("[121.3,31.2]", 121.3, 31.2);
    pair("121.3|31.2", 121.3, 31.2);
    pair("121.3,31.2,", 121.3, 31.2);
    pair("（121.3，31.2）。", 121.3, 31.2);
    pair("121.3/31.2", 121.3, 31.2);
    pair("１２１．３，３１．２", 121.3, 31.2);
    pair("121 31", 121, 31);
    pair("3456789.12,369707.5", 3456789.12, 369707.5);
    pair("3,456,789.12 369,707.5", 3456789.12, 369707.5);
    pair("31.2,121.3", 31.2, 121.3); /* as written: the plan decides */
}

TEST(the_marks_say_which_is_which)
{
    const double x = 121;
    const double y = 31 + 22.0 / 60;

    pair("31°22′N 121°00′E", x, y);
    pair("31° 22′ N 121° 00′ E", x, y);
    pair("31°22′N121°00′E", x, y);
    pair("121°00′E，31°22′N", x, y);
    pair("东经121°0′，北纬31°22′", x, y);
    pair("北纬31度22分东经121度", x, y);
    pair("N 31.2 E 121.5", 121.5, 31.2);
    pair("N31.2E121.5", 121.5, 31.2);
    pair("31.2N121.5E", 121.5, 31.2);
    pair("E121.5N31.2", 121.5, 31.2);
    pair("纬度31.2，经度121.5", 121.5, 31.2);
    pair("lat:31.2,lng:121.5", 121.5, 31.2);
    pair("31.2,121.5E", 121.5, 31.2);
    pair("121 00 52 31 22 05", 121 + 52.0 / 3600, 31 + 22.0 / 60 + 5.0 / 3600);
}

TEST(what_is_no_pair_is_refused)
{
    static const char *const bad[] = {"",
                                      "121.43",
                                      "121.43,",
                                      ",31.17",
                                      "，",
                                      "121.43；",
                                      "121.3,31.2,0",
                                      "121.3 31.2 4.5",
                                      "121 30 31 20",
                                      "E121.5,E31.2",
                                      "—,—",
                                      "/",
                                      "121.3,abc",
                                      "121.3;31.2;5",
                                      "121,43;31,17",
                                      "nan,nan",
                                      "inf inf",
                                      "121.3,31°75′",
                                      "()",
                                      "((((",
                                      "POINT (121 31)",
                                      "121.5,31.5,121.6,31.6"};
    double x;
    double y;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_pair(im_bytes_of(bad[i]), &x, &y))
            fail_msg("'%s' is no pair, not %.12g %.12g", bad[i], x, y);
}

TEST(a_cell_without_end_is_refused)
{
    static char text[1 << 20];
    struct im_bytes in = {(uint8_t *)text, sizeof text};
    double x;
    double y;
    char axis;

    for (const char *c = "1 ,(E'\"."; *c; c++) {
        memset(text, *c, sizeof text);
        assert_false(text_angle(in, &x, &axis));
        assert_false(text_pair(in, &x, &y));
    }
    memset(text, ' ', sizeof text);
    for (size_t i = 0; i < sizeof text;
         i += 2) /* as many ways to cut as there can be */
        text[i] = '1';
    assert_false(text_pair((struct im_bytes){(uint8_t *)text, 250}, &x, &y));
}

TEST(well_known_text_is_known_by_its_beginning)
{
    static const char *const good[] = {
        "POINT (121.3 31.2)",   "point(1 2)",
        " POINT Z (1 2 3)",     "POINTZM(1 2 3 4)",
        "SRID=4326;POINT(1 2)", "MULTIPOLYGON (((0 0,1 0,1 1,0 0)))",
        "LineString EMPTY",     "GEOMETRYCOLLECTION(POINT(1 2))"};
    static const char *const bad[] = {"",          "POINT",      "POINTS (1 2)",
                                      "(1 2)",     "121.3,31.2", "SRID=;POINT(1 2)",
                                      "SRID=4326", "点(121 31)", "Pointer (x)"};
    static char text[1 << 16] = "POLYGON ((";

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!text_is_wkt(im_bytes_of(good[i])))
            fail_msg("'%s' is WKT", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_is_wkt(im_bytes_of(bad[i])))
            fail_msg("'%s' is no WKT", bad[i]);
    memset(text + strlen(text), '1', sizeof text - 1 - strlen(text));
    assert_true(text_is_wkt(im_bytes_of(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_degrees_and_metres),
        cmocka_unit_test(degrees_minutes_and_seconds_in_all_their_marks),
        cmocka_unit_test(west_and_south_are_negative),
        cmocka_unit_test(labels_say_the_axis),
        cmocka_unit_test(what_is_no_angle_is_refused),
        cmocka_unit_test(two_numbers_in_one_cell),
        cmocka_unit_test(the_marks_say_which_is_which),
        cmocka_unit_test(what_is_no_pair_is_refused),
        cmocka_unit_test(a_cell_without_end_is_refused),
        cmocka_unit_test(well_known_text_is_known_by_its_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
