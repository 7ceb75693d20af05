/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/grid.c (OGC 17-083r4, annex D.1). */
#include <test.h>

#include <tiles/tile.h>

#include <math.h>

TEST(a_tile_outside_the_grid_is_refused_with_the_range)
{
    struct im_error err;

    assert_int_equal(tile_id_check((struct tile_id){0, 0, 0}, &err), IM_OK);
    assert_int_equal(tile_id_check((struct tile_id){22, 4194303, 4194303}, &err),
                     IM_OK);
    assert_int_equal(tile_id_check((struct tile_id){23, 0, 0}, &err), IM_EARG);
    assert_string_equal(err.msg, "zoom 23 is outside 0..22");
    assert_string_equal(err.msg_zh, "缩放级别 23 超出 0..22");
    assert_int_equal(tile_id_check((struct tile_id){3, 8, 0}, &err), IM_EARG);
    assert_string_equal(err.msg, "x 8 is outside 0..7 at zoom 3");
    assert_int_equal(tile_id_check((struct tile_id){3, 0, 4294967295u}, &err), IM_EARG);
    assert_string_equal(err.msg, "y 4294967295 is outside 0..7 at zoom 3");
}

TEST(bounds_are_those_of_the_web_mercator_grid)
{
    struct bbox b = tile_bounds((struct tile_id){8, 214, 104}, 0);

    assert_true(fabs(b.min_x - 120.9375) < 1e-9);
    assert_true(fabs(b.max_x - 122.34375) < 1e-9);
    assert_true(fabs(b.max_y - 31.952162) < 1e-6);
    assert_true(fabs(b.min_y - 30.751278) < 1e-6);
}

TEST(neighbours_share_their_edge_and_the_world_is_covered)
{
    struct bbox a = tile_bounds((struct tile_id){10, 855, 417}, 0);
    struct bbox b = tile_bounds((struct tile_id){10, 856, 417}, 0);
    struct bbox world = tile_bounds((struct tile_id){0, 0, 0}, 0);

    assert_true(a.max_x == b.min_x);
    assert_true(world.min_x == -180 && world.max_x == 180);
    assert_true(world.min_y == -90 && world.max_y == 90);
}

TEST(a_buffer_widens_on_all_sides_but_not_beyond_the_world)
{
    struct bbox b = tile_bounds((struct tile_id){2, 0, 3}, 0.5);

    assert_true(b.min_x == -180);
    assert_true(fabs(b.max_x - -45) < 1e-9);
    assert_true(b.min_y == -90);
    assert_true(fabs(b.max_y - -40.9798981) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tile_outside_the_grid_is_refused_with_the_range),
        cmocka_unit_test(bounds_are_those_of_the_web_mercator_grid),
        cmocka_unit_test(neighbours_share_their_edge_and_the_world_is_covered),
        cmocka_unit_test(a_buffer_widens_on_all_sides_but_not_beyond_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
