/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "http_params.h"

static const char *const colours[] = {"red", "blue", NULL};
static const struct param_spec specs[] = {
    {"layer", PARAM_TEXT, 1, 8, NULL},       {"lon", PARAM_NUMBER, -180, 180, NULL},
    {"limit", PARAM_INTEGER, 1, 1000, NULL}, {"colour", PARAM_CHOICE, 0, 0, colours},
    {"each", PARAM_FLAG, 0, 0, NULL},
};
enum { LAYER, LON, LIMIT, COLOUR, EACH, N };

struct parsed {
    struct http_url url;
    struct param_value values[N];
    struct param_fault fault;
    struct im_error err;
};

static enum im_code parse(const char *target, struct parsed *p)
{
    memset(p, 0xa5, sizeof *p);
    assert_int_equal(url_parse(im_bytes_of(target), &p->url, &p->err), IM_OK);
    return params_parse(&p->url, specs, N, p->values, &p->fault, &p->err);
}

static void assert_refused(const char *target,
                           const char *name,
                           const char *value,
                           const char *says)
{
    struct parsed p;

    assert_int_equal(parse(target, &p), IM_EARG);
    assert_string_equal(p.fault.name, name);
    assert_string_equal(p.fault.value, value);
    assert_non_null(strstr(p.err.msg, says));
    assert_true(p.err.msg_zh[0]);
}

TEST(values_come_out_typed)
{
    struct parsed p;

    assert_int_equal(parse("/?layer=parks&lon=-121.5&limit=7&colour=blue", &p), IM_OK);
    assert_int_equal(p.values[LAYER].text.len, 5);
    assert_true(p.values[LON].number == -121.5);
    assert_int_equal(p.values[LIMIT].integer, 7);
    assert_int_equal(p.values[COLOUR].choice, 1);
    assert_string_equal(p.fault.name, "");
}

TEST(what_is_not_given_is_not_set)
{
    struct parsed p;

    assert_int_equal(parse("/", &p), IM_OK);
    for (int i = 0; i < N; i++)
        assert_false(p.values[i].is_set);
}

TEST(a_typing_error_is_answered_with_the_nearest_name)
{
    assert_refused("/?limt=3", "limt", "3", "did you mean limit?");
    assert_refused("/?Layer=a", "Layer", "a", "did you mean layer?");
}

TEST(a_stranger_is_refused_with_the_known_names)
{
    struct parsed p;

    assert_refused("/?zzzzzzzzz=1", "zzzzzzzzz", "1",
                   "layer, lon, limit, colour, each");
    parse("/?zzzzzzzzz=1", &p);
    assert_string_equal(p.fault.allowed, "layer, lon, limit, colour, each");
}

TEST(what_caches_append_is_tolerated)
{
    struct parsed p;

    assert_int_equal(parse("/?v=1&t=2&_=3&lon=1", &p), IM_OK);
    assert_true(p.values[LON].is_set);
}

TEST(a_parameter_given_twice_is_refused)
{
    assert_refused("/?lon=1&lon=1", "lon", "1", "more than once");
}

TEST(numbers_that_are_none_are_refused_with_the_range)
{
    static const char *const bad[] = {"nan", "NaN", "inf", "0x10",    "1e999",
                                      "",    "1,5", " 1",  "1 ",      "--1",
                                      "一",  "+",   "1e",  "infinity"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char target[64];
        struct parsed p;

        snprintf(target, sizeof target, "/?lon=%s", bad[i]);
        assert_int_equal(parse(target, &p), IM_EARG);
        assert_string_equal(p.fault.allowed, "-180..180");
    }
    assert_refused("/?limit=1.5", "limit", "1.5", "not a whole number");
    assert_refused("/?limit=9223372036854775808", "limit", "9223372036854775808",
                   "1..1000");
}

TEST(numbers_out_of_range_are_refused_with_value_and_range)
{
    assert_refused("/?lon=180.1", "lon", "180.1", "allowed is -180..180");
    assert_refused("/?limit=0", "limit", "0", "allowed is 1..1000");
    assert_refused("/?limit=1001", "limit", "1001", "allowed is 1..1000");
}

TEST(choices_and_text_lengths_are_checked)
{
    assert_refused("/?colour=green", "colour", "green", "red, blue");
    assert_refused("/?layer=", "layer", "", "0 bytes");
    assert_refused("/?layer=123456789", "layer", "123456789", "9 bytes");
}

TEST(a_flag_is_true_or_false)
{
    struct parsed p;

    assert_int_equal(parse("/?each=true", &p), IM_OK);
    assert_int_equal(p.values[EACH].choice, 1);
    assert_int_equal(parse("/?each=false", &p), IM_OK);
    assert_true(p.values[EACH].is_set);
    assert_int_equal(p.values[EACH].choice, 0);
    assert_refused("/?each=1", "each", "1", "true and false");
    assert_refused("/?each=", "each", "", "true and false");
}

TEST(a_long_list_of_names_ends_at_a_name)
{
    static const char *const names[] = {"a", "b"};
    struct param_spec many[PARAM_MAX];
    struct param_value values[PARAM_MAX];
    struct url_param pair = {im_bytes_of("unlike anything"), im_bytes_of("1")};
    struct param_fault fault;
    struct im_error err;

    for (int i = 0; i < PARAM_MAX; i++)
        many[i] = (struct param_spec){i % 2 ? "half_width_km" : "filter-lang",
                                      PARAM_CHOICE, 0, 0, names};
    assert_int_equal(
        params_parse_pairs(&pair, 1, many, PARAM_MAX, values, &fault, &err), IM_EARG);
    assert_true(strlen(fault.allowed) > 100);
    assert_string_equal(fault.allowed + strlen(fault.allowed) - 5, ", ...");
}

TEST(control_characters_of_strangers_do_not_reach_messages)
{
    struct parsed p;

    assert_int_equal(parse("/?lon=%1b%5b2J%0a", &p), IM_EARG);
    for (const char *c = p.err.msg; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    assert_string_equal(p.fault.value, " [2J ");
}

TEST(long_values_are_cut_between_characters)
{
    char out[8];

    param_quote(out, sizeof out, im_bytes_of("张江科学城"));
    assert_string_equal(out, "张江");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_out_typed),
        cmocka_unit_test(what_is_not_given_is_not_set),
        cmocka_unit_test(a_typing_error_is_answered_with_the_nearest_name),
        cmocka_unit_test(a_stranger_is_refused_with_the_known_names),
        cmocka_unit_test(what_caches_append_is_tolerated),
        cmocka_unit_test(a_parameter_given_twice_is_refused),
        cmocka_unit_test(numbers_that_are_none_are_refused_with_the_range),
        cmocka_unit_test(numbers_out_of_range_are_refused_with_value_and_range),
        cmocka_unit_test(choices_and_text_lengths_are_checked),
        cmocka_unit_test(a_flag_is_true_or_false),
        cmocka_unit_test(a_long_list_of_names_ends_at_a_name),
        cmocka_unit_test(control_characters_of_strangers_do_not_reach_messages),
        cmocka_unit_test(long_values_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
