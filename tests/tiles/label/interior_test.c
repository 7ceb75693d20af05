/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/label/interior.c. */
#include <test.h>

#include "label/interior.h"

#include <support/random.h>

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

/* A star with a hole; corners as far out as they happen to be. */
static uint32_t make_star(struct test_random *r, uint32_t *xy, uint32_t ends[2])
{
    uint32_t n = 5 + test_random_below(r, 90);
    uint32_t hole = 3 + test_random_below(r, 10);

    for (uint32_t i = 0; i < n + hole; i++) {
        bool outer = i < n;
        double a = outer ? -2 * M_PI * i / n : 2 * M_PI * (i - n) / hole;
        double far = outer ? test_random_in(r, 2e5, 1e6) : test_random_in(r, 1e4, 9e4);

        xy[2 * i] = (uint32_t)(4e6 + far * cos(a));
        xy[2 * i + 1] = (uint32_t)(3e9 + far * sin(a));
    }
    /* rings end where they begin */
    memcpy(xy + 2 * (n - 1), xy, 2 * sizeof *xy);
    memcpy(xy + 2 * (n + hole - 1), xy + 2 * n, 2 * sizeof *xy);
    ends[0] = n;
    ends[1] = n + hole;
    return n + hole;
}

TEST(wider_vectors_find_the_same_point_to_the_last_bit)
{
    struct test_random r = test_random_new("interior_test");
    uint32_t xy[2 * 120];
    uint32_t ends[2];

    for (int i = 0; i < 300; i++) {
        uint32_t n = make_star(&r, xy, ends);
        struct atlas_shape shape = {GEOM_AREA, n, 2, xy, ends};
        double plain[2];

        assert_true(
            label_area_inside_with(&shape, IM_SIMD_PLAIN, &plain[0], &plain[1]));
        for (int simd = IM_SIMD_AVX2; simd <= (int)im_simd_best(); simd++) {
            double at[2];

            assert_true(
                label_area_inside_with(&shape, (enum im_simd)simd, &at[0], &at[1]));
            assert_memory_equal(at, plain, sizeof at);
        }
    }
}

/* By definition: negative outside, after each edge one by one. */
static double room_at(const struct atlas_shape *s, double x, double y)
{
    double nearest = HUGE_VAL;
    bool inside = false;
    uint32_t first = 0;

    for (uint32_t p = 0; p < s->n_parts; first = s->part_end[p++])
        for (uint32_t i = first; i + 1 < s->part_end[p]; i++) {
            double ax = s->xy[2 * i];
            double ay = s->xy[2 * i + 1];
            double dx = s->xy[2 * i + 2] - ax;
            double dy = s->xy[2 * i + 3] - ay;
            double t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);

            t = fmin(1, fmax(0, t));
            nearest = fmin(nearest, hypot(x - ax - t * dx, y - ay - t * dy));
            if ((ay > y) != (ay + dy > y) && x < ax + dx * (y - ay) / dy)
                inside = !inside;
        }
    return inside ? nearest : -nearest;
}

TEST(no_point_of_a_fine_grid_has_a_tenth_more_room)
{
    enum { SIDE = 80 };
    struct test_random r = test_random_new("room inside");
    uint32_t xy[2 * 120];
    uint32_t ends[2];

    for (int i = 0; i < 20; i++) {
        uint32_t n = make_star(&r, xy, ends);
        struct atlas_shape shape = {GEOM_AREA, n, 2, xy, ends};
        double most = 0;
        double x;
        double y;

        for (int k = 0; k < SIDE * SIDE; k++)
            most = fmax(most, room_at(&shape, 3e6 + 2e6 * (k % SIDE + 0.5) / SIDE,
                                      2.999e9 + 2e6 * (k / SIDE + 0.5) / SIDE));
        assert_true(label_area_inside(&shape, &x, &y));
        double found = room_at(&shape, x, y);
        /* or a fiftieth of its width or height, at most two million */
        assert_true(found >= fmin(most / 1.1, most - 2e6 / 50));
        assert_true(found > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_point_of_a_fine_grid_has_a_tenth_more_room),
        cmocka_unit_test(wider_vectors_find_the_same_point_to_the_last_bit),
        cmocka_unit_test(the_middle_of_the_longest_line_is_taken),
        cmocka_unit_test(a_name_stands_well_inside_a_horseshoe_not_at_its_centroid),
        cmocka_unit_test(a_hole_is_kept_free_and_the_largest_part_is_taken),
        cmocka_unit_test(an_area_without_extent_has_no_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
