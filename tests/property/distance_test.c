/* SPDX-License-Identifier: Apache-2.0 */
/* Proves geom_distance_m against dense sampling of the edges. */
#include <test.h>

#include <engine/geom.h>
#include <support/random.h>

#include <math.h>

/* Smallest distance to positions along an edge, halving the step around the best one:
 * slow and simple. */
static double sampled_m(const double *a, const double *b, double lon, double lat)
{
    double low = 0;
    double high = 1;
    double best = HUGE_VAL;
    double at = 0;

    for (int round = 0; round < 8; round++) {
        for (int i = 0; i <= 64; i++) {
            double t = low + (high - low) * i / 64;
            double m = geodesic_distance_m(lon, lat, a[0] + t * (b[0] - a[0]),
                                           a[1] + t * (b[1] - a[1]));

            if (m < best) {
                best = m;
                at = t;
            }
        }
        double step = (high - low) / 64;
        low = fmax(at - step, 0);
        high = fmin(at + step, 1);
    }
    return best;
}

static void compare(struct test_random *r, double reach_deg, double edge_deg, int n)
{
    for (int i = 0; i < n; i++) {
        double lon = test_random_in(r, 114, 123);
        double lat = test_random_in(r, 27, 36);
        double xy[4];
        uint32_t end = 2;
        struct geom g = {GEOM_LINE, 2, 1, 0, xy, &end, NULL};
        double nearest_lon;
        double nearest_lat;

        xy[0] = lon + test_random_in(r, -reach_deg, reach_deg);
        xy[1] = lat + test_random_in(r, -reach_deg, reach_deg);
        xy[2] = xy[0] + test_random_in(r, -edge_deg, edge_deg);
        xy[3] = xy[1] + test_random_in(r, -edge_deg, edge_deg);
        double expected = sampled_m(xy, xy + 2, lon, lat);
        double got = geom_distance_m(&g, lon, lat, &nearest_lon, &nearest_lat);
        /* a millimetre and 1e-6: far inside the promised metre and 0.1 % */
        assert_true(fabs(got - expected) <= 1e-3 + expected * 1e-6);
        assert_true(
            fabs(geodesic_distance_m(lon, lat, nearest_lon, nearest_lat) - got) < 1e-6);
    }
}

TEST(the_distance_to_an_edge_equals_dense_sampling)
{
    struct test_random r = test_random_new("distance");

    compare(&r, 0.01, 0.01, 200);
    compare(&r, 0.5, 1, 300);
    compare(&r, 5, 10, 100);
}

TEST(the_distance_to_a_polygon_is_that_to_its_nearest_edge)
{
    struct test_random r = test_random_new("distance to polygons");

    for (int i = 0; i < 50; i++) {
        double xy[2 * 41];
        uint32_t end = 41;
        uint32_t area_end = 1;
        struct geom g = {GEOM_AREA, 41, 1, 1, xy, &end, &area_end};
        double lon = test_random_in(&r, 120, 122);
        double lat = test_random_in(&r, 30, 32);
        double best = HUGE_VAL;

        for (int k = 0; k < 40; k++) { /* a star around 121, 31 */
            double radius = test_random_in(&r, 0.1, 0.4);

            xy[2 * k] = 121 + radius * cos(k * 6.283185307 / 40);
            xy[2 * k + 1] = 31 + radius * sin(k * 6.283185307 / 40);
        }
        xy[80] = xy[0];
        xy[81] = xy[1];
        for (int k = 0; k < 40; k++)
            best = fmin(best, sampled_m(xy + 2 * k, xy + 2 * k + 2, lon, lat));
        if (geom_contains(&g, lon, lat))
            best = 0;
        double got = geom_distance_m(&g, lon, lat, NULL, NULL);
        assert_true(fabs(got - best) <= 1e-3 + best * 1e-6);
    }
}

TEST(the_formula_for_short_lines_is_within_two_micrometres)
{
    struct test_random r = test_random_new("short lines");

    for (int i = 0; i < 50000; i++) {
        double lon = test_random_in(&r, -179, 179);
        double lat = test_random_in(&r, -88, 88);
        double reach = pow(10, test_random_in(&r, -6, -0.9));
        double xy[2] = {lon + test_random_in(&r, -1, 1) * reach / cos(lat * 0.0174533),
                        lat + test_random_in(&r, -1, 1) * reach};
        struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};

        assert_true(fabs(geom_distance_m(&g, lon, lat, NULL, NULL) -
                         geodesic_distance_m(lon, lat, xy[0], xy[1])) < 2e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_to_an_edge_equals_dense_sampling),
        cmocka_unit_test(the_formula_for_short_lines_is_within_two_micrometres),
        cmocka_unit_test(the_distance_to_a_polygon_is_that_to_its_nearest_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
