/* SPDX-License-Identifier: Apache-2.0 */
#include <engine/csv.h>

#include "test.h"

static void assert_row(const char *const *cells, const char *expected)
{
    struct im_buf buf = {.max = 1000};
    struct im_csv w = {.out = &buf};

    for (; *cells; cells++)
        im_csv_cell(&w, im_bytes_of(*cells));
    im_csv_end_row(&w);
    im_buf_byte(&buf, '\0');
    assert_string_equal((const char *)buf.data, expected);
    im_buf_release(&buf);
}

/* RFC 4180, 2.5 to 2.7 */
TEST(quotes_commas_and_line_breaks_are_quoted)
{
    static const char *const plain[] = {"a", "", "甲", NULL};
    static const char *const special[] = {"a,b", "say \"x\"\"", "1\r\n2", "\"", NULL};

    assert_row(plain, "a,,甲\r\n");
    assert_row(special, "\"a,b\",\"say \"\"x\"\"\"\"\",\"1\r\n2\",\"\"\"\"\r\n");
}

TEST(what_a_table_programme_would_run_is_a_formula)
{
    static const char *const formulas[] = {"=1",  "+x",     "-1+2", "@a",  "\tx", "\rx",
                                           "\nx", "＝1",    "＋1",  "－1", "＠a", "-",
                                           "=",   "+86 21", "-1e",  NULL};
    static const char *const texts[] = {"",   "1",  "-1",   "+1", "-1.5", "a=1",
                                        "甲", "'=", "-1e5", " =", "1-2",  NULL};

    for (size_t i = 0; formulas[i]; i++)
        assert_true(im_csv_is_formula(im_bytes_of(formulas[i])));
    for (size_t i = 0; texts[i]; i++)
        assert_false(im_csv_is_formula(im_bytes_of(texts[i])));
}

TEST(a_guarded_cell_is_a_text)
{
    struct im_buf buf = {.max = 100};
    struct im_csv w = {.out = &buf};

    im_csv_guarded_cell(&w, im_bytes_of("=\"a\""));
    im_buf_byte(&buf, '\0');
    assert_string_equal((const char *)buf.data, "\"'=\"\"a\"\"\"");
    im_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_commas_and_line_breaks_are_quoted),
        cmocka_unit_test(what_a_table_programme_would_run_is_a_formula),
        cmocka_unit_test(a_guarded_cell_is_a_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
