/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "http_url.h"

static enum im_code parse(const char *text, struct http_url *url, struct im_error *err)
{
    memset(url, 0xa5, sizeof *url);
    return url_parse(im_bytes_of(text), url, err);
}

static void assert_bytes(struct im_bytes bytes, const char *text)
{
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
}

TEST(a_path_is_split_at_slashes_and_decoded_afterwards)
{
    struct http_url url;

    assert_int_equal(parse("/tiles/a%2Fb/%E5%BC%A0", &url, NULL), IM_OK);
    assert_int_equal(url.n_segments, 3);
    assert_bytes(url.segments[0], "tiles");
    assert_bytes(url.segments[1], "a/b");
    assert_bytes(url.segments[2], "张");
    assert_false(url.trailing_slash);
}

TEST(dots_and_empty_segments_stay_what_they_are)
{
    struct http_url url;

    assert_int_equal(parse("//../x/", &url, NULL), IM_OK);
    assert_int_equal(url.n_segments, 3);
    assert_bytes(url.segments[0], "");
    assert_bytes(url.segments[1], "..");
    assert_bytes(url.segments[2], "x");
    assert_true(url.trailing_slash);
}

TEST(a_query_is_decoded_with_plus_as_space)
{
    struct http_url url;

    assert_int_equal(parse("/a?near=Zhang+jiang%2B&&k=&x", &url, NULL), IM_OK);
    assert_int_equal(url.n_params, 3);
    assert_bytes(url.params[0].name, "near");
    assert_bytes(url.params[0].value, "Zhang jiang+");
    assert_bytes(url.params[1].value, "");
    assert_bytes(url.params[2].name, "x");
}

TEST(the_absolute_form_is_taken) /* RFC 9112, 3.2.2 */
{
    struct http_url url;

    assert_int_equal(parse("http://host:8080/a/b?k=1", &url, NULL), IM_OK);
    assert_int_equal(url.n_segments, 2);
    assert_bytes(url.segments[1], "b");
    assert_int_equal(url.n_params, 1);
}

TEST(broken_escapes_nul_and_bytes_that_are_no_text_are_refused)
{
    static const char *const bad[] = {
        "/%",       "/%1",  "/%zz",       "/a?x=%4",        "/a%00b",
        "/a?x=%00", "/%ff", "/%C0%AF",    "/a?%ED%A0%80=1", "a",
        "",         "*",    "http://host"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_url url;
        struct im_error err = {0};

        assert_int_equal(parse(bad[i], &url, &err), IM_EARG);
        assert_true(err.msg[0] && err.msg_zh[0]);
    }
}

TEST(length_and_number_of_parameters_are_limited)
{
    struct http_url url;
    struct im_error err;
    char text[URL_MAX_BYTES + 2];

    memset(text, 'a', sizeof text);
    text[0] = '/';
    assert_int_equal(
        url_parse((struct im_bytes){(uint8_t *)text, URL_MAX_BYTES}, &url, &err),
        IM_OK);
    assert_int_equal(url.segments[0].len, URL_MAX_BYTES - 1);
    assert_int_equal(
        url_parse((struct im_bytes){(uint8_t *)text, URL_MAX_BYTES + 1}, &url, &err),
        IM_ELIMIT);
    assert_non_null(strstr(err.msg, "2049"));
    assert_non_null(strstr(err.msg, "2048"));

    size_t len = 2;
    memcpy(text, "/?", 2);
    for (int i = 0; i <= URL_MAX_PARAMS; i++, len += 4)
        memcpy(text + len, "a=1&", 4);
    assert_int_equal(url_parse((struct im_bytes){(uint8_t *)text, len - 4}, &url, &err),
                     IM_OK);
    assert_int_equal(url.n_params, URL_MAX_PARAMS);
    assert_int_equal(url_parse((struct im_bytes){(uint8_t *)text, len}, &url, &err),
                     IM_ELIMIT);
}

TEST(too_many_segments_are_noticed_without_being_kept)
{
    struct http_url url;

    assert_int_equal(parse("/1/2/3/4/5/6/7/8/9/10/11/12/13", &url, NULL), IM_OK);
    assert_true(url.too_deep);
    assert_int_equal(url.n_segments, URL_MAX_SEGMENTS);
}

TEST(encoding_and_decoding_give_the_text_back)
{
    static const char text[] = "a b/张?&=%+~,:\"<";
    struct im_buf buf = {.max = 1000};
    struct http_url url;

    im_buf_text(&buf, "/");
    url_encode(&buf, im_bytes_of(text));
    assert_int_equal(url_parse(im_buf_bytes(&buf), &url, NULL), IM_OK);
    assert_int_equal(url.n_segments, 1);
    assert_bytes(url.segments[0], text);
    im_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_split_at_slashes_and_decoded_afterwards),
        cmocka_unit_test(dots_and_empty_segments_stay_what_they_are),
        cmocka_unit_test(a_query_is_decoded_with_plus_as_space),
        cmocka_unit_test(the_absolute_form_is_taken),
        cmocka_unit_test(broken_escapes_nul_and_bytes_that_are_no_text_are_refused),
        cmocka_unit_test(length_and_number_of_parameters_are_limited),
        cmocka_unit_test(too_many_segments_are_noticed_without_being_kept),
        cmocka_unit_test(encoding_and_decoding_give_the_text_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
