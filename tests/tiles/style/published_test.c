/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/style by the published cases of the MapLibre style specification
 * (tests/data/expressions). */
#include <test.h>

#include "style/case.h"

#include <math.h>

/* Published numbers are cut after six significant digits. */
static bool same_number(double a, double b)
{
    return fabs(a - b) <= 1.1e-5 * fmax(0.1, fmax(fabs(a), fabs(b)));
}

static bool same(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_number(a) && json_is_number(b))
        return same_number(json_number_value(a), json_number_value(b));
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b))
            return false;
        json_array_foreach((json_t *)a, i, value)
        {
            if (!same(value, json_array_get(b, i)))
                return false;
        }
        return true;
    }
    if (!json_is_object(a))
        return json_equal((json_t *)a, (json_t *)b);
    json_object_foreach((json_t *)a, key, value)
    {
        if (!json_object_get(b, key) || !same(value, json_object_get(b, key)))
            return false;
    }
    return json_object_size(a) == json_object_size(b);
}

/* What the case gives; a new reference. */
static json_t *result_of(const json_t *test, bool whole)
{
    struct im_arena *arena = im_arena_new(16 * 1024 * 1024);
    struct im_buf out = {.max = 1024 * 1024};
    json_error_t fault;
    json_t *result;

    assert_non_null(arena);
    style_case_run(test, whole, arena, &out);
    result = json_loadb((const char *)out.data, out.len, 0, &fault);
    if (!result)
        fail_msg("%.*s: %s", (int)out.len, (const char *)out.data, fault.text);
    im_buf_release(&out);
    im_arena_free(arena);
    return result;
}

static json_t *load_cases(void)
{
    json_t *cases = json_load_file(TEST_EXPRESSIONS "/published.json",
                                   JSON_DECODE_INT_AS_REAL, NULL);

    assert_true(json_is_array(cases));
    return cases;
}

TEST(published_cases_give_what_they_are_published_with)
{
    json_t *cases = load_cases();
    size_t n_failed = 0;
    size_t i;
    json_t *test;

    (void)state;
    assert_true(json_array_size(cases) >= 150);
    json_array_foreach(cases, i, test)
    {
        json_t *result = result_of(test, true);

        if (!same(json_object_get(test, "expected"), result)) {
            char *shown = json_dumps(result, JSON_COMPACT);

            print_error("%s: %s\n", json_string_value(json_object_get(test, "name")),
                        shown);
            free(shown);
            n_failed++;
        }
        json_decref(result);
    }
    json_decref(cases);
    assert_int_equal(n_failed, 0);
}

TEST(without_asking_for_more_only_the_outputs_are_written)
{
    json_t *cases = load_cases();
    json_t *first = json_array_get(cases, 0);
    json_t *result = result_of(first, false);

    (void)state;
    assert_true(
        same(json_object_get(json_object_get(first, "expected"), "outputs"), result));
    json_decref(result);
    json_decref(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_cases_give_what_they_are_published_with),
        cmocka_unit_test(without_asking_for_more_only_the_outputs_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
