/* SPDX-License-Identifier: Apache-2.0 */
/* Proves the world units: there and back within half a unit, monotonic, clamped. */
#include <test.h>

#include <engine/geom.h>
#include <support/random.h>

#include <math.h>

TEST(there_and_back_is_within_half_a_unit)
{
    struct test_random r = test_random_new("world");

    for (int i = 0; i < 100000; i++) {
        uint32_t x = (uint32_t)test_random_next(&r);
        uint32_t y = (uint32_t)test_random_next(&r);
        double lon = test_random_in(&r, -180, 180);
        double lat = test_random_in(&r, -85.05, 85.05);

        assert_int_equal(world_x(world_lon((double)x)), x);
        assert_int_equal(world_y(world_lat((double)y)), y);
        /* half a unit is 360 / 2^33 degrees of longitude, and less of latitude */
        assert_true(fabs(world_lon((double)world_x(lon)) - lon) <= 4.2e-8);
        assert_true(fabs(world_lat((double)world_y(lat)) - lat) <= 4.2e-8);
    }
}

TEST(x_runs_east_and_y_runs_south)
{
    struct test_random r = test_random_new("world order");

    for (int i = 0; i < 100000; i++) {
        double lon = test_random_in(&r, -180, 180);
        double lat = test_random_in(&r, -90, 90);

        assert_true(world_x(lon + 1e-6) >= world_x(lon));
        assert_true(world_y(lat + 1e-6) <= world_y(lat));
    }
}

TEST(the_square_ends_where_web_mercator_quad_ends)
{
    /* OGC 17-083r4, D.1: the origin is the top left corner */
    assert_int_equal(world_x(-180), 0);
    assert_int_equal(world_x(180), UINT32_MAX);
    assert_int_equal(world_x(0), 1u << 31);
    assert_int_equal(world_y(0), 1u << 31);
    assert_int_equal(world_y(85.0511287798066), 0);
    assert_int_equal(world_y(-85.0511287798066), UINT32_MAX);
    assert_int_equal(world_y(90), 0);
    assert_int_equal(world_y(-90), UINT32_MAX);
}

TEST(shanghai_lies_in_the_tile_that_every_map_puts_it_in)
{
    /* People's Square, 121.4737 E 31.2304 N: tile 10/857/418 of any XYZ map */
    assert_int_equal(world_x(121.4737) >> 22, 857);
    assert_int_equal(world_y(31.2304) >> 22, 418);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back_is_within_half_a_unit),
        cmocka_unit_test(x_runs_east_and_y_runs_south),
        cmocka_unit_test(the_square_ends_where_web_mercator_quad_ends),
        cmocka_unit_test(shanghai_lies_in_the_tile_that_every_map_puts_it_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
