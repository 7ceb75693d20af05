/* SPDX-License-Identifier: Apache-2.0 */
/* Proves web/server/upload.c. */
#include <test.h>

#include "upload.h"

#include <stdlib.h>

TEST(types_are_known_by_name_in_any_case)
{
    assert_int_equal(upload_type_of("application/x-www-form-urlencoded"), UPLOAD_FORM);
    assert_int_equal(upload_type_of("Application/JSON"), UPLOAD_JSON);
    assert_int_equal(upload_type_of("application/geo+json; charset=UTF-8"),
                     UPLOAD_GEOJSON);
    assert_int_equal(upload_type_of(" application/query-cql-json ;charset=\"utf-8\""),
                     UPLOAD_CQL_JSON);
    assert_int_equal(upload_type_of("application/json; profile=x"), UPLOAD_JSON);
}

TEST(other_types_and_other_charsets_are_other)
{
    static const char *const others[] = {"",
                                         "text/plain",
                                         "multipart/form-data; boundary=x",
                                         "applica",
                                         "*/*",
                                         "application/json; charset=gb18030",
                                         "application/jsonx",
                                         ";"};

    assert_int_equal(upload_type_of(NULL), UPLOAD_OTHER);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(upload_type_of(others[i]), UPLOAD_OTHER);
}

TEST(lengths_are_digits_only)
{
    uint64_t n = 1;

    assert_true(upload_length("0", &n));
    assert_int_equal(n, 0);
    assert_true(upload_length("0000000000000000000000000000012", &n));
    assert_int_equal(n, 12);
    assert_true(upload_length("99999999999999999999999999", &n));
    assert_true(n == UINT64_MAX);
    assert_true(upload_length("184467440737095516150", &n));
    assert_true(n == UINT64_MAX);
    for (const char **p =
             (const char *[]){"", "-1", "+1", " 1", "1 ", "1,1", "0x1", "1e3", NULL};
         *p; p++)
        assert_false(upload_length(*p, &n));
    assert_false(upload_length(NULL, &n));
}

TEST(pieces_join_up_to_the_maximum)
{
    struct uploads all = {0};
    struct upload u = {0};
    uint8_t *piece = malloc(UPLOAD_MAX_BYTES);
    struct im_error err;

    memset(piece, 'x', UPLOAD_MAX_BYTES);
    assert_int_equal(upload_add(&u, &all, "abc", 3, &err), IM_OK);
    assert_int_equal(upload_add(&u, &all, piece, UPLOAD_MAX_BYTES - 3, &err), IM_OK);
    assert_int_equal(u.len, UPLOAD_MAX_BYTES);
    assert_memory_equal(u.data, "abcx", 4);
    assert_int_equal(upload_add(&u, &all, "y", 1, &err), IM_ELIMIT);
    assert_non_null(strstr(err.msg, "3145728"));
    upload_release(&u, &all);
    assert_int_equal(atomic_load(&all.bytes), 0);
    free(piece);
}

TEST(all_together_are_bounded)
{
    enum { N = UPLOADS_MAX_BYTES / UPLOAD_MAX_BYTES };
    static struct upload many[N + 1];
    struct uploads all = {0};
    uint8_t *piece = malloc(UPLOAD_MAX_BYTES);
    struct im_error err;

    memset(piece, 'x', UPLOAD_MAX_BYTES);
    for (int i = 0; i < N; i++)
        assert_int_equal(upload_add(&many[i], &all, piece, UPLOAD_MAX_BYTES, &err),
                         IM_OK);
    assert_int_equal(upload_add(&many[N], &all, piece, UPLOAD_MAX_BYTES, &err),
                     IM_EBUSY);
    upload_release(&many[0], &all); /* one goes, the next may come */
    assert_int_equal(upload_add(&many[N], &all, "x", 1, &err), IM_OK);
    for (int i = 0; i <= N; i++)
        upload_release(&many[i], &all);
    assert_int_equal(atomic_load(&all.bytes), 0);
    free(piece);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_known_by_name_in_any_case),
        cmocka_unit_test(other_types_and_other_charsets_are_other),
        cmocka_unit_test(lengths_are_digits_only),
        cmocka_unit_test(pieces_join_up_to_the_maximum),
        cmocka_unit_test(all_together_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
