/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "http_problem.h"
#include "http_status.h"

static void assert_problem(const struct http_problem *problem, const char *json)
{
    struct im_buf buf = {.max = 4096};
    struct im_json w = {.out = &buf};

    problem_write(problem, &w);
    im_buf_byte(&buf, '\0');
    assert_false(buf.failed);
    assert_string_equal((const char *)buf.data, json);
    im_buf_release(&buf);
}

TEST(a_problem_has_the_members_of_rfc_9457) /* 3.1 */
{
    struct im_error err;

    im_fail(&err, IM_EARG, "lon is 999, allowed is -180..180");
    im_zh(&err, IM_EARG, "lon 为 999");
    struct http_problem problem = {.status = 400, .lang = LANG_EN, .err = &err};
    assert_problem(&problem, "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
                             "\"status\":400,\"detail\":\"lon is 999, allowed is "
                             "-180..180\",\"code\":\"bad_argument\"}");
    problem.lang = LANG_ZH;
    assert_problem(&problem, "{\"type\":\"about:blank\",\"title\":\"请求有误\","
                             "\"status\":400,\"detail\":\"lon 为 999\","
                             "\"code\":\"bad_argument\"}");
}

TEST(english_stands_in_where_there_is_no_chinese)
{
    struct im_error err;

    im_fail(&err, IM_EIO, "disk");
    struct http_problem problem = {.status = 500, .lang = LANG_ZH, .err = &err};
    assert_problem(&problem, "{\"type\":\"about:blank\",\"title\":\"服务器内部错误\","
                             "\"status\":500,\"detail\":\"disk\",\"code\":\"io\"}");
}

TEST(parameter_value_and_range_are_members_and_text_stays_text)
{
    struct param_fault fault = {"lon", "<script>\"", "-180..180"};
    struct im_error err;

    im_fail(&err, IM_EARG, "no");
    struct http_problem problem = {
        .status = 400, .lang = LANG_EN, .err = &err, .fault = &fault};
    assert_problem(&problem,
                   "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
                   "\"status\":400,\"detail\":\"no\",\"code\":\"bad_argument\","
                   "\"parameter\":\"lon\",\"value\":\"\\u003cscript>\\\"\","
                   "\"allowed\":\"-180..180\"}");
}

TEST(every_code_has_a_status_with_a_title)
{
    for (int code = IM_EARG; code <= IM_ESTOPPED; code++) {
        int status = http_status_of((enum im_code)code);

        assert_in_range(status, 300, 503);
        assert_string_not_equal(http_status_title(status, LANG_EN), "Error");
        assert_string_not_equal(http_status_title(status, LANG_ZH), "错误");
    }
    assert_int_equal(http_status_of(IM_ENOTFOUND), 404);
    assert_int_equal(http_status_of(IM_EAMBIGUOUS), 300);
    assert_int_equal(http_status_of(IM_EBUSY), 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_has_the_members_of_rfc_9457),
        cmocka_unit_test(english_stands_in_where_there_is_no_chinese),
        cmocka_unit_test(parameter_value_and_range_are_members_and_text_stays_text),
        cmocka_unit_test(every_code_has_a_status_with_a_title),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
