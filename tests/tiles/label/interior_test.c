/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/label/interior.c. */
#include <test.h>

#include "label/interior.h"

#include <math.h>

TEST(the_middle_of_the_longest_line_is_taken)
{
    static const uint32_t xy[] = {0, 0, 10, 0, 100, 100, 200, 100, 200, 300};
    static const uint32_t ends[] = {2, 5};
    struct atlas_shape shape = {GEOM_LINE, 5, 2, xy, ends};
    double x;
    double y;

    assert_true(label_line_middle(&shape, &x, &y));
    assert_true(x == 200 && y == 150);
}

TEST(a_name_stands_well_inside_a_horseshoe_not_at_its_centroid)
{
    /* open to the right; the centroid lies in the gap */
    static const uint32_t xy[] = {1000, 1000, 1000, 5000, 5000, 5000, 5000, 4000, 2200,
                                  4000, 2200, 2000, 5000, 2000, 5000, 1000, 1000, 1000};
    static const uint32_t ends[] = {9};
    struct atlas_shape shape = {GEOM_AREA, 9, 1, xy, ends};
    double x;
    double y;

    assert_true(label_area_inside(&shape, &x, &y));
    assert_true(x > 1000 && x < 2200);
    double inside = fmin(x - 1000, 2200 - x);
    assert_true(inside > 500);
}

TEST(a_hole_is_kept_free_and_the_largest_part_is_taken)
{
    static const uint32_t xy[] = {
        0,    0,    0,    100,  100,  100,  100,  0,    0,    0, /* small */
        1000, 1000, 1000, 3000, 3000, 3000, 3000, 1000, 1000, 1000,
        1500, 1100, 2900, 1100, 2900, 2900, 1500, 2900, 1500, 1100 /* its hole */
    };
    static const uint32_t ends[] = {5, 10, 15};
    struct atlas_shape shape = {GEOM_AREA, 15, 3, xy, ends};
    double x;
    double y;

    assert_true(label_area_inside(&shape, &x, &y));
    assert_true(x > 1000 && x < 1500 && y > 1000 && y < 3000);
}

TEST(an_area_without_extent_has_no_inside)
{
    static const uint32_t xy[] = {5, 5, 5, 5, 5, 5, 5, 5};
    static const uint32_t ends[] = {4};
    struct atlas_shape shape = {GEOM_AREA, 4, 1, xy, ends};
    struct atlas_shape nothing = {GEOM_AREA, 0, 0, xy, ends};
    double x;
    double y;

    assert_false(label_area_inside(&shape, &x, &y));
    assert_false(label_area_inside(&nothing, &x, &y));
    assert_false(label_line_middle(&nothing, &x, &y));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_of_the_longest_line_is_taken),
        cmocka_unit_test(a_name_stands_well_inside_a_horseshoe_not_at_its_centroid),
        cmocka_unit_test(a_hole_is_kept_free_and_the_largest_part_is_taken),
        cmocka_unit_test(an_area_without_extent_has_no_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
