/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/base/bytes.c, error.c and json_writer.c. */
#include <test.h>

#include <engine/json_writer.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *formatted(double value, int decimals)
{
    static char text[IM_NUMBER_MAX + 1];

    text[im_format_double(text, value, decimals)] = '\0';
    return text;
}

TEST(numbers_are_written_without_trailing_zeros_or_exponents)
{
    assert_string_equal(formatted(0, 6), "0");
    assert_string_equal(formatted(-0.0000001, 6), "0");
    assert_string_equal(formatted(121.5, 6), "121.5");
    assert_string_equal(formatted(-0.25, 2), "-0.25");
    assert_string_equal(formatted(1e15, 9), "1000000000000000");
    assert_string_equal(formatted(2.675, 1), "2.7");
    assert_string_equal(formatted((double)NAN, 3), "null");
    assert_string_equal(formatted((double)INFINITY, 3), "null");
}

TEST(writing_then_reading_a_number_gives_it_back)
{
    unsigned seed = 7;

    for (int i = 0; i < 20000; i++) {
        double value = ((double)rand_r(&seed) / RAND_MAX - 0.5) * 400;
        char text[IM_NUMBER_MAX];
        double back = 0;

        size_t len = im_format_double(text, value, 9);
        assert_true(im_parse_double((struct im_bytes){(uint8_t *)text, len}, &back));
        assert_true(fabs(back - value) <= 0.6e-9);
    }
}

TEST(decimals_are_those_of_the_rounded_number)
{
    unsigned seed = 11;

    for (int i = 0; i < 20000; i++) {
        int decimals = rand_r(&seed) % 10;
        double value = (rand_r(&seed) % 2000000 - 1000000) / (double)(1 << i % 20);
        char expected[64];
        size_t len =
            (size_t)snprintf(expected, sizeof expected, "%.*f", decimals, value);

        if (fabs(value * pow(10, decimals) - round(value * pow(10, decimals))) > 0.49)
            continue; /* halves: printf rounds them to even */
        while (decimals && expected[len - 1] == '0')
            expected[--len] = '\0';
        if (decimals && expected[len - 1] == '.')
            expected[--len] = '\0';
        assert_string_equal(formatted(value, decimals),
                            strcmp(expected, "-0") == 0 ? "0" : expected);
    }
}

TEST(integers_are_written_up_to_their_limits)
{
    static const int64_t values[] = {0,   1,          -1,         9,         10,
                                     -10, 1234567890, 4294967296, INT64_MAX, INT64_MIN};
    char text[IM_NUMBER_MAX];
    char expected[32];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        size_t len = im_format_int64(text, values[i]);

        snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
        assert_int_equal(len, strlen(expected));
        assert_memory_equal(text, expected, len);
    }
}

TEST(the_fewest_digits_that_read_back_are_written)
{
    static const double values[] = {
        0,     121.5, 0.1 + 0.2, 1.0 / 3,           121.12345678901234,
        1e300, -5e-9, 0x1p-1074, 9007199254740993.0};
    char text[IM_NUMBER_MAX];
    double back = -1;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        size_t n = im_format_exact(text, values[i]);
        assert_true(im_parse_double((struct im_bytes){(uint8_t *)text, n}, &back));
        assert_memory_equal(&back, &values[i], sizeof back);
    }
    im_format_exact(text, 121.6);
    assert_string_equal(text, "121.6");
    im_format_exact(text, 0.1 + 0.2);
    assert_string_equal(text, "0.30000000000000004");
    assert_int_equal(im_format_exact(text, (double)NAN), 0);
    assert_string_equal(text, "");
}

TEST(only_plain_decimal_numbers_are_read)
{
    static const char *const bad[] = {"",    " 1",  "1 ", "0x10",  "inf", "nan",
                                      "1,5", "--1", "1e", "1e999", "."};
    double value;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(im_parse_double(im_bytes_of(bad[i]), &value));
    assert_true(im_parse_double(im_bytes_of("-1.5e2"), &value));
    assert_true(value == -150);
}

TEST(integers_are_read_up_to_their_limits)
{
    int64_t value;

    assert_true(im_parse_int64(im_bytes_of("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(im_parse_int64(im_bytes_of("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_false(im_parse_int64(im_bytes_of("9223372036854775808"), &value));
    assert_false(im_parse_int64(im_bytes_of("+1"), &value));
    assert_false(im_parse_int64(im_bytes_of("-"), &value));
}

/* RFC 3629, section 4 */
TEST(utf8_is_refused_when_overlong_surrogate_or_cut)
{
    assert_true(im_utf8_valid(im_bytes_of("张江 𠮷")));
    assert_false(im_utf8_valid(im_bytes_of("\xC0\x80")));
    assert_false(im_utf8_valid(im_bytes_of("\xED\xA0\x80")));
    assert_false(im_utf8_valid(im_bytes_of("\xF4\x90\x80\x80")));
    assert_false(im_utf8_valid(im_bytes_of("\xE5\xBC")));
}

TEST(a_text_is_never_cut_inside_a_character)
{
    assert_int_equal(im_utf8_cut("张江", 5), 3);
    assert_int_equal(im_utf8_cut("张江", 6), 6);
    assert_int_equal(im_utf8_cut("ab", 9), 2);
}

TEST(a_buffer_stops_at_its_maximum_and_says_so)
{
    struct im_buf buf = {.max = 300};
    struct im_error err;

    for (int i = 0; i < 100; i++)
        im_buf_text(&buf, "abcd");
    assert_true(buf.failed);
    assert_int_equal(buf.len, 300);
    assert_int_equal(im_buf_check(&buf, "answer", &err), IM_ELIMIT);
    assert_string_equal(err.msg, "answer is larger than 300 bytes");
    im_buf_release(&buf);
    /* also when nothing was in it yet */
    buf = (struct im_buf){.max = 3};
    im_buf_text(&buf, "abcd");
    assert_int_equal(im_buf_check(&buf, "answer", &err), IM_ELIMIT);
    im_buf_release(&buf);
}

TEST(json_text_is_escaped)
{
    struct im_buf buf = {.max = 4096};
    struct im_json w = {.out = &buf};

    im_json_object(&w);
    im_json_key(&w, "a\"b");
    im_json_string(&w, im_bytes_of("</script>\n张\xFF"));
    im_json_key(&w, "n");
    im_json_array(&w);
    im_json_int(&w, -3);
    im_json_number(&w, 1.5, 3);
    im_json_null(&w);
    im_json_array_end(&w);
    im_json_object_end(&w);
    im_buf_byte(&buf, 0);
    assert_string_equal((char *)buf.data,
                        "{\"a\\\"b\":\"\\u003c/script>\\u000a张\xEF\xBF\xBD\","
                        "\"n\":[-3,1.5,null]}");
    im_buf_release(&buf);
}

/* Character by character, as RFC 8259 says. */
static void write_slowly(struct im_bytes text, struct im_buf *out)
{
    im_buf_byte(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t start = i;
        uint32_t c = im_utf8_next(text, &i);

        if (c == '"' || c == '\\')
            im_buf_printf(out, "\\%c", (int)c);
        else if (c < 0x20 || c == 0x7f || c == '<')
            im_buf_printf(out, "\\u%04x", c);
        else if (c == 0xFFFD)
            im_buf_text(out, "\xEF\xBF\xBD");
        else
            im_buf_append(out, text.data + start, i - start);
    }
    im_buf_byte(out, '"');
}

TEST(json_text_of_any_bytes_is_written_as_character_by_character)
{
    static const char *const pieces[] = {"a",
                                         "plain text",
                                         "\"",
                                         "\\",
                                         "<",
                                         "\n",
                                         "\x7f",
                                         "é",
                                         "张江",
                                         "孵化器",
                                         "\xE4\x80\x80\xEB\xBF\xBF\xE3\xBF\xBF",
                                         "\xEC\x80\x80",
                                         "\xE4\xBD\xA0\xE4\xBD",
                                         "\xFC\x80\x80\xE4\x80\x80",
                                         "𠮷",
                                         "\xEF\xBF\xBD",
                                         "\xE4\xBD",
                                         "\xED\xA0\x80",
                                         "\xE0\x80\x80",
                                         "\xF4\x90\x80\x80",
                                         "\xC0\xAF",
                                         "\x80",
                                         "\xFF",
                                         "\xEF"};
    unsigned seed = 3;

    for (int i = 0; i < 3000; i++) {
        struct im_buf text = {.max = 4096};
        struct im_buf fast = {.max = 65536};
        struct im_buf slow = {.max = 65536};
        struct im_json w = {.out = &fast};

        for (int n = rand_r(&seed) % (i % 50 ? 12 : 200); n > 0; n--)
            im_buf_text(
                &text,
                pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
        if (i % 2) /* there is room, or each part asks for it */
            assert_true(im_buf_reserve(&fast, 16384));
        im_json_string(&w, im_buf_bytes(&text));
        write_slowly(im_buf_bytes(&text), &slow);
        assert_int_equal(fast.len, slow.len);
        assert_memory_equal(fast.data, slow.data, slow.len);
        im_buf_release(&text);
        im_buf_release(&fast);
        im_buf_release(&slow);
    }
}

TEST(an_error_is_one_line_with_its_context_in_front)
{
    struct im_error err;

    assert_int_equal(im_fail(&err, IM_EDATA, "ring %d\nhas %d points", 3, 2), IM_EDATA);
    im_zh(&err, err.code, "第 %d 环只有 %d 个点", 3, 2);
    assert_int_equal(im_context(&err, "layer '%s'", "roads"), IM_EDATA);
    assert_string_equal(err.msg, "layer 'roads': ring 3 has 2 points");
    assert_string_equal(err.msg_zh, "layer 'roads': 第 3 环只有 2 个点");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_without_trailing_zeros_or_exponents),
        cmocka_unit_test(writing_then_reading_a_number_gives_it_back),
        cmocka_unit_test(decimals_are_those_of_the_rounded_number),
        cmocka_unit_test(integers_are_written_up_to_their_limits),
        cmocka_unit_test(the_fewest_digits_that_read_back_are_written),
        cmocka_unit_test(only_plain_decimal_numbers_are_read),
        cmocka_unit_test(integers_are_read_up_to_their_limits),
        cmocka_unit_test(utf8_is_refused_when_overlong_surrogate_or_cut),
        cmocka_unit_test(a_text_is_never_cut_inside_a_character),
        cmocka_unit_test(a_buffer_stops_at_its_maximum_and_says_so),
        cmocka_unit_test(json_text_is_escaped),
        cmocka_unit_test(json_text_of_any_bytes_is_written_as_character_by_character),
        cmocka_unit_test(an_error_is_one_line_with_its_context_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
