/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/base/error.c. */
#include <test.h>

#include <engine/bytes.h>

#include <string.h>

TEST(a_message_that_is_cut_ends_with_a_whole_character)
{
    char long_text[1000];
    struct im_error err;

    for (size_t shift = 0; shift < 4; shift++) {
        memset(long_text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof long_text; i += 3)
            memcpy(long_text + i, "江", 4);
        im_fail(&err, IM_EDATA, "%s", long_text);
        im_zh(&err, IM_EDATA, "%s", long_text);
        assert_true(im_utf8_valid(im_bytes_of(err.msg)));
        assert_true(im_utf8_valid(im_bytes_of(err.msg_zh)));
        assert_true(strlen(err.msg) >= sizeof err.msg - 4);
        im_context(&err, "%s", "layer 'parks'");
        assert_true(im_utf8_valid(im_bytes_of(err.msg)));
        assert_int_equal(strncmp(err.msg, "layer 'parks': ", 15), 0);
    }
}

TEST(what_is_no_utf8_and_what_moves_the_cursor_is_replaced)
{
    struct im_error err;

    im_fail(&err, IM_EDATA, "near '%s'", "\"\\\xe7\n\x1b[2J\x7f");
    assert_string_equal(err.msg, "near '\"\\?  [2J '");
    im_fail(&err, IM_EDATA, "%s", "\xe6\xb1");
    assert_string_equal(err.msg, "??");
}

TEST(a_new_error_clears_the_old_chinese_text)
{
    struct im_error err;

    im_fail(&err, IM_EDATA, "first");
    im_zh(&err, IM_EDATA, "第一");
    assert_int_equal(im_fail(&err, IM_EIO, "second"), IM_EIO);
    assert_string_equal(err.msg_zh, "");
    assert_int_equal(err.code, IM_EIO);
    assert_int_equal(im_fail(NULL, IM_ENOMEM, "nobody listens"), IM_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_that_is_cut_ends_with_a_whole_character),
        cmocka_unit_test(what_is_no_utf8_and_what_moves_the_cursor_is_replaced),
        cmocka_unit_test(a_new_error_clears_the_old_chinese_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
