/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "time_param.h"

#include <math.h>
#include <time.h>

/* By the C library: UTC seconds of a day. */
static double at(int year, int month, int day, int hour, int minute, int second)
{
    struct tm parts = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second};

    return (double)timegm(&parts);
}

static void is_span(const char *text, double from, double to)
{
    struct query_time time;
    struct im_error err = {0};

    if (time_param_parse(im_bytes_of(text), &time, &err) != IM_OK)
        fail_msg("%s: %s", text, err.msg);
    assert_true(time.is_set);
    if (time.from != from || time.to != to)
        fail_msg("%s: %f to %f, expected %f to %f", text, time.from, time.to, from, to);
}

TEST(a_year_a_month_and_a_day_last_until_their_last_second)
{
    is_span("2016", at(2016, 1, 1, 0, 0, 0), at(2016, 12, 31, 23, 59, 59));
    is_span("2015-12", at(2015, 12, 1, 0, 0, 0), at(2015, 12, 31, 23, 59, 59));
    is_span("2016-02", at(2016, 2, 1, 0, 0, 0), at(2016, 2, 29, 23, 59, 59));
    is_span("2016-02-29", at(2016, 2, 29, 0, 0, 0), at(2016, 2, 29, 23, 59, 59));
    is_span("1969", at(1969, 1, 1, 0, 0, 0), at(1969, 12, 31, 23, 59, 59));
    is_span("1600-03-01", at(1600, 3, 1, 0, 0, 0), at(1600, 3, 1, 23, 59, 59));
}

TEST(an_instant_is_itself_in_any_zone) /* RFC 3339, 5.6 */
{
    double noon = at(2016, 5, 1, 12, 0, 0);

    is_span("2016-05-01T12:00:00Z", noon, noon);
    is_span("2016-05-01t12:00:00z", noon, noon);
    is_span("2016-05-01T20:00:00+08:00", noon, noon);
    is_span("2016-05-01T06:30:00-05:30", noon, noon);
    is_span("2016-05-01T12:00:00.5Z", noon + 0.5, noon + 0.5);
}

TEST(spans_may_be_open) /* OGC 17-069r4, 7.15.3 */
{
    is_span("2016/2018", at(2016, 1, 1, 0, 0, 0), at(2018, 12, 31, 23, 59, 59));
    is_span("2016/..", at(2016, 1, 1, 0, 0, 0), HUGE_VAL);
    is_span("2016/", at(2016, 1, 1, 0, 0, 0), HUGE_VAL);
    is_span("../2016-05-01", -HUGE_VAL, at(2016, 5, 1, 23, 59, 59));
    is_span("../..", -HUGE_VAL, HUGE_VAL);
}

TEST(every_day_of_four_centuries_is_where_the_library_has_it)
{
    for (int year = 1801; year <= 2200; year++)
        for (int month = 1; month <= 12; month++) {
            char text[16];

            snprintf(text, sizeof text, "%04d-%02d-28", year, month);
            is_span(text, at(year, month, 28, 0, 0, 0),
                    at(year, month, 28, 23, 59, 59));
        }
}

TEST(what_is_no_time_is_refused_with_what_is)
{
    static const char *const bad[] = {"",
                                      "16",
                                      "20166",
                                      "2016-13",
                                      "2016-00",
                                      "2016-02-30",
                                      "2015-02-29",
                                      "2016-5-1",
                                      "2016-05-01T24:00:00Z",
                                      "2016-05-01T12:00Z",
                                      "2016-05-01T12:00:00",
                                      "2016-05-01T12:00:00.Z",
                                      "2016-05-01T12:00:00+0800",
                                      "2018/2016",
                                      "2016/2017/2018",
                                      "/x",
                                      "now",
                                      "二〇一六",
                                      "-2016",
                                      " 2016"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct query_time time;
        struct im_error err = {0};

        if (time_param_parse(im_bytes_of(bad[i]), &time, &err) != IM_EARG)
            fail_msg("taken: %s", bad[i]);
        assert_false(time.is_set);
        assert_non_null(strstr(err.msg, "2016/2020"));
        assert_true(err.msg_zh[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_a_month_and_a_day_last_until_their_last_second),
        cmocka_unit_test(an_instant_is_itself_in_any_zone),
        cmocka_unit_test(spans_may_be_open),
        cmocka_unit_test(every_day_of_four_centuries_is_where_the_library_has_it),
        cmocka_unit_test(what_is_no_time_is_refused_with_what_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
