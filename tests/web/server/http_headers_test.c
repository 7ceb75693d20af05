/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "http_headers.h"

TEST(gzip_is_sent_to_those_who_want_it) /* RFC 9110, 12.5.3 */
{
    assert_true(header_wants_gzip("gzip"));
    assert_true(header_wants_gzip("gzip, deflate, br, zstd"));
    assert_true(header_wants_gzip("br;q=1.0, GZIP;q=0.8, *;q=0.1"));
    assert_true(header_wants_gzip("*"));
    assert_true(header_wants_gzip("identity;q=0.5, gzip;q=0.5"));
    assert_true(header_wants_gzip("x-gzip"));
    assert_true(header_wants_gzip("  , gzip ; q=0.001"));
}

TEST(gzip_is_not_sent_to_the_others)
{
    assert_false(header_wants_gzip(NULL));
    assert_false(header_wants_gzip(""));
    assert_false(header_wants_gzip("br"));
    assert_false(header_wants_gzip("gzip;q=0"));
    assert_false(header_wants_gzip("gzip;q=0.000, *"));
    assert_false(header_wants_gzip("*;q=0"));
    assert_false(header_wants_gzip("gzip;q=0.5, identity;q=1"));
    assert_false(header_wants_gzip("gzipped"));
    assert_false(header_wants_gzip("gzip;q=nonsense"));
}

TEST(any_tag_of_the_list_may_match) /* RFC 9110, 13.1.2 */
{
    assert_true(header_etag_matches("\"a\"", "\"a\""));
    assert_true(header_etag_matches("W/\"a\"", "\"a\""));
    assert_true(header_etag_matches("\"x\", \"y\" ,W/\"a\"", "\"a\""));
    assert_true(header_etag_matches("\"x,y\",\"a\"", "\"a\""));
    assert_true(header_etag_matches("*", "\"a\""));
    assert_true(header_etag_matches(" * ", "\"a\""));
}

TEST(other_tags_and_broken_lists_do_not_match)
{
    assert_false(header_etag_matches(NULL, "\"a\""));
    assert_false(header_etag_matches("", "\"a\""));
    assert_false(header_etag_matches("\"aa\"", "\"a\""));
    assert_false(header_etag_matches("a", "\"a\""));
    assert_false(header_etag_matches("\"a", "\"a\""));
    assert_false(header_etag_matches("w/\"a\"", "\"a\""));
    assert_false(header_etag_matches("*x", "\"a\""));
    assert_false(header_etag_matches("\"x\" \"a", "\"a\""));
}

TEST(the_better_of_the_two_languages_is_taken) /* RFC 9110, 12.5.4 */
{
    assert_int_equal(header_language("en", LANG_ZH), LANG_EN);
    assert_int_equal(header_language("en-GB,en;q=0.9", LANG_ZH), LANG_EN);
    assert_int_equal(header_language("zh-CN,zh;q=0.9,en;q=0.8", LANG_EN), LANG_ZH);
    assert_int_equal(header_language("zh;q=0.2, en;q=0.7", LANG_ZH), LANG_EN);
    assert_int_equal(header_language("fr, de", LANG_ZH), LANG_ZH);
    assert_int_equal(header_language("eng", LANG_ZH), LANG_ZH);
    assert_int_equal(header_language(NULL, LANG_EN), LANG_EN);
}

TEST(hosts_that_could_carry_something_else_are_refused)
{
    char longest[257];

    assert_true(header_host_valid("127.0.0.1:8080"));
    assert_true(header_host_valid("map.example-1.cn"));
    assert_true(header_host_valid("[::1]:8080"));
    assert_false(header_host_valid(NULL));
    assert_false(header_host_valid(""));
    assert_false(header_host_valid("a b"));
    assert_false(header_host_valid("a/b"));
    assert_false(header_host_valid("a\"><script>"));
    assert_false(header_host_valid("a@b"));
    assert_false(header_host_valid("张江.cn"));
    memset(longest, 'a', 256);
    longest[256] = '\0';
    assert_false(header_host_valid(longest));
    longest[255] = '\0';
    assert_true(header_host_valid(longest));
}

TEST(the_most_specific_range_says_how_much_a_type_is_wanted) /* RFC 9110, 12.5.1 */
{
    const char *browser = "text/html,application/xhtml+xml,application/xml;q=0.9,"
                          "*/*;q=0.8";

    assert_int_equal(header_media_weight(browser, "text/html"), 1000);
    assert_int_equal(header_media_weight(browser, "application/json"), 800);
    assert_int_equal(header_media_weight("text/*;q=0.3, text/html;q=0", "text/html"),
                     0);
    assert_int_equal(header_media_weight("text/*;q=0.3, */*", "text/csv"), 300);
    assert_int_equal(
        header_media_weight("application/vnd.oai.openapi+json;version=3.0;q=0.5",
                            "application/vnd.oai.openapi+json"),
        500);
    assert_int_equal(header_media_weight(NULL, "text/html"), 1000);
    assert_int_equal(header_media_weight("text/xml", "text/html"), 0);
    assert_int_equal(header_media_weight("textual/*", "text/html"), 0);
    assert_int_equal(header_media_weight("", "text/html"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_sent_to_those_who_want_it),
        cmocka_unit_test(gzip_is_not_sent_to_the_others),
        cmocka_unit_test(any_tag_of_the_list_may_match),
        cmocka_unit_test(other_tags_and_broken_lists_do_not_match),
        cmocka_unit_test(the_better_of_the_two_languages_is_taken),
        cmocka_unit_test(the_most_specific_range_says_how_much_a_type_is_wanted),
        cmocka_unit_test(hosts_that_could_carry_something_else_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
