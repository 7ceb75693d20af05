/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "api/json_pairs.h"

struct parsed {
    struct im_arena *arena;
    const struct url_param *pairs;
    size_t n;
    struct im_error err;
};

static enum im_code parse(const char *json, struct parsed *p)
{
    *p = (struct parsed){.arena = im_arena_new(1 << 20)};
    return json_pairs(im_bytes_of(json), NULL, 0, p->arena, &p->pairs, &p->n, &p->err);
}

static void is_value(const char *json, const char *expected)
{
    struct parsed p;

    if (parse(json, &p) != IM_OK)
        fail_msg("%s: %s", json, p.err.msg);
    assert_int_equal(p.n, 1);
    if (!im_bytes_equal(p.pairs[0].value, im_bytes_of(expected)))
        fail_msg("%s: '%.*s', expected '%s'", json, (int)p.pairs[0].value.len,
                 (const char *)p.pairs[0].value.data, expected);
    im_arena_free(p.arena);
}

TEST(values_are_what_an_address_line_would_say)
{
    is_value("{\"a\": \"张江\"}", "张江");
    is_value("{\"a\": 3}", "3");
    is_value("{\"a\": -3}", "-3");
    is_value("{\"a\": 121.59}", "121.59");
    is_value("{\"a\": 0.1}", "0.1");
    is_value("{\"a\": true}", "true");
    is_value("{\"a\": false}", "false");
    is_value("{\"a\": [\"x\", \"y\"]}", "x,y");
    is_value("{\"a\": [120, 30.5, \"z\"]}", "120,30.5,z");
    is_value("{\"a\": []}", "");
    is_value("{\"a\": {\"op\": \"=\", \"args\": [{\"property\": \"b\"}, 1]}}",
             "{\"op\":\"=\",\"args\":[{\"property\":\"b\"},1]}");
}

TEST(null_is_not_given)
{
    struct parsed p;

    assert_int_equal(parse("{\"a\": null}", &p), IM_OK);
    assert_int_equal(p.n, 0);
    im_arena_free(p.arena);
}

TEST(the_address_line_comes_first)
{
    struct url_param first = {im_bytes_of("k"), im_bytes_of("2")};
    struct parsed p = {.arena = im_arena_new(1 << 20)};

    assert_int_equal(json_pairs(im_bytes_of("{\"k\": 3}"), &first, 1, p.arena, &p.pairs,
                                &p.n, &p.err),
                     IM_OK);
    assert_int_equal(p.n, 2);
    assert_true(im_bytes_equal(p.pairs[0].value, im_bytes_of("2")));
    assert_true(im_bytes_equal(p.pairs[1].value, im_bytes_of("3")));
    im_arena_free(p.arena);
}

TEST(what_is_no_object_of_values_is_refused)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "null",
                                      "{",
                                      "{\"a\": 1}x",
                                      "{\"a\": 1, \"a\": 2}",
                                      "{\"a\": [[1]]}",
                                      "{\"a\": [{}]}",
                                      "{\"a\": [null]}",
                                      "{\"a\": NaN}",
                                      "{\"a\": \"\\u0000\"}",
                                      "{\"a\": \"\\ud800\"}",
                                      "{\"a\": 1e999}",
                                      "{'a': 1}"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct parsed p;

        if (parse(bad[i], &p) != IM_EARG)
            fail_msg("taken: %s", bad[i]);
        assert_true(p.err.msg_zh[0]);
        im_arena_free(p.arena);
    }
}

TEST(members_are_counted)
{
    struct im_buf json = {.max = 1 << 20};
    struct parsed p = {.arena = im_arena_new(1 << 20)};

    im_buf_byte(&json, '{');
    for (int i = 0; i <= JSON_PAIRS_MAX; i++)
        im_buf_printf(&json, "%s\"a%d\": 1", i ? "," : "", i);
    im_buf_byte(&json, '}');
    assert_int_equal(
        json_pairs(im_buf_bytes(&json), NULL, 0, p.arena, &p.pairs, &p.n, &p.err),
        IM_ELIMIT);
    im_buf_release(&json);
    im_arena_free(p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_what_an_address_line_would_say),
        cmocka_unit_test(null_is_not_given),
        cmocka_unit_test(the_address_line_comes_first),
        cmocka_unit_test(what_is_no_object_of_values_is_refused),
        cmocka_unit_test(members_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
