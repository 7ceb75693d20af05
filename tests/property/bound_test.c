/* SPDX-License-Identifier: Apache-2.0 */
/* Proves bbox_lower_bound_m: never above the geodesic distance to anything in the box,
 * and close enough to it to be of use. */
#include <test.h>

#include <engine/geom.h>
#include <support/random.h>

#include <math.h>

static struct bbox random_box(struct test_random *r, double size_deg)
{
    struct bbox b;

    b.min_x = test_random_in(r, -180, 180 - size_deg);
    b.min_y = test_random_in(r, -90, 90 - fmin(size_deg, 179));
    b.max_x = b.min_x + test_random_in(r, 0, size_deg);
    b.max_y = b.min_y + test_random_in(r, 0, fmin(size_deg, 179));
    return b;
}

TEST(the_bound_never_exceeds_the_distance_to_a_position_in_the_box)
{
    struct test_random r = test_random_new("bound");

    for (int i = 0; i < 20000; i++) {
        struct bbox b = random_box(&r, pow(10, test_random_in(&r, -5, 2)));
        double lon = test_random_in(&r, -180, 180);
        double lat = test_random_in(&r, -90, 90);
        double x = test_random_in(&r, b.min_x, b.max_x);
        double y = test_random_in(&r, b.min_y, b.max_y);

        /* corners and sides are where the nearest position usually is */
        if (i % 3)
            x = i % 2 ? b.min_x : b.max_x;
        if (i % 5)
            y = i % 2 ? b.max_y : b.min_y;
        assert_true(bbox_lower_bound_m(b, lon, lat) <=
                    geodesic_distance_m(lon, lat, x, y));
    }
}

TEST(the_bound_holds_beside_the_antimeridian_and_the_poles)
{
    static const double lats[] = {-90, -89.999, -66, 0, 31, 66, 89.999, 90};
    struct test_random r = test_random_new("bound at the edges");

    for (int i = 0; i < 20000; i++) {
        struct bbox b = {179, lats[i % 8] - (i % 8 ? 0.0005 : 0), 180, 0};
        double lon = -180 + test_random_in(&r, 0, 3);
        double lat = lats[test_random_below(&r, 8)];

        b.max_y = fmin(b.min_y + test_random_in(&r, 0, 0.5), 90);
        double x = test_random_in(&r, b.min_x, b.max_x);
        double y = test_random_in(&r, b.min_y, b.max_y);
        assert_true(bbox_lower_bound_m(b, lon, lat) <=
                    geodesic_distance_m(lon, lat, x, y));
    }
}

TEST(the_bound_of_a_single_position_is_short_by_at_most_one_and_a_half_percent)
{
    struct test_random r = test_random_new("bound tightness");

    for (int i = 0; i < 20000; i++) {
        double lon = test_random_in(&r, 114, 123);
        double lat = test_random_in(&r, 27, 36);
        double x = lon + test_random_in(&r, -1, 1);
        double y = lat + test_random_in(&r, -1, 1);
        double true_m = geodesic_distance_m(lon, lat, x, y);
        double bound_m = bbox_lower_bound_m((struct bbox){x, y, x, y}, lon, lat);

        assert_true(bound_m <= true_m);
        assert_true(bound_m >= true_m * 0.985);
    }
}

TEST(inside_the_box_the_bound_is_zero_and_an_empty_box_is_infinitely_far)
{
    assert_true(bbox_lower_bound_m((struct bbox){120, 30, 122, 32}, 121, 31) == 0);
    assert_true(bbox_lower_bound_m(bbox_empty(), 121, 31) == HUGE_VAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_never_exceeds_the_distance_to_a_position_in_the_box),
        cmocka_unit_test(the_bound_holds_beside_the_antimeridian_and_the_poles),
        cmocka_unit_test(
            the_bound_of_a_single_position_is_short_by_at_most_one_and_a_half_percent),
        cmocka_unit_test(
            inside_the_box_the_bound_is_zero_and_an_empty_box_is_infinitely_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
