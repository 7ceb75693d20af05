/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/draw/heat.c. */
#include <test.h>

#include <support/golden.h>
#include <support/random.h>
#include <tiles/raster.h>

#include <math.h>

static struct draw_color grey_ramp[DRAW_HEAT_RAMP];

static void make_ramp(void)
{
    for (int i = 0; i < DRAW_HEAT_RAMP; i++) {
        float v = (float)i / 255;

        grey_ramp[i] = (struct draw_color){v, v, v, 1};
    }
}

static struct raster
heat_of(uint32_t side, const struct draw_heat_point *points, size_t n, float radius)
{
    struct draw_heat *heat = draw_heat_new();
    struct raster raster;
    struct im_error err;

    make_ramp();
    assert_non_null(heat);
    assert_int_equal(raster_init(&raster, side, side, &err), IM_OK);
    assert_int_equal(draw_heat_begin(heat, &raster, &err), IM_OK);
    assert_int_equal(draw_heat_points(heat, points, n, radius, &err), IM_OK);
    draw_heat_blend(heat, &raster, 1, grey_ramp, 1);
    draw_heat_free(heat);
    return raster;
}

TEST(heat_is_the_sum_of_the_kernels)
{
    enum { SIDE = 64, N = 40 };
    struct test_random random = test_random_new(__func__);
    struct draw_heat_point points[N];

    for (int i = 0; i < N; i++)
        points[i] = (struct draw_heat_point){(float)test_random_in(&random, -20, 84),
                                             (float)test_random_in(&random, -20, 84),
                                             (float)test_random_in(&random, 0, 1)};
    struct raster raster = heat_of(SIDE, points, N, 12);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double sum = 0;

            for (int i = 0; i < N; i++) {
                double d = hypot((double)points[i].x_px - x - 0.5,
                                 (double)points[i].y_px - y - 0.5) /
                           12;

                sum += (double)points[i].weight * 0.3989422804 * exp(-4.5 * d * d);
            }
            double wanted = 255 * fmin(1, sum);
            /* a point stands between four pixels: 1.6 % of the peak lower */
            assert_true(fabs(raster.rgba[4 * (y * SIDE + x)] - wanted) <= 4);
        }
    raster_release(&raster);
}

TEST(heat_goes_on_in_the_next_tile)
{
    enum { N = 300 };
    struct test_random random = test_random_new(__func__);
    struct draw_heat_point points[N];

    for (int i = 0; i < N; i++)
        points[i] = (struct draw_heat_point){
            (float)test_random_below(&random, 128) + 0.25f,
            (float)test_random_below(&random, 64) + 0.5f, 0.2f};
    struct raster both = heat_of(128, points, N, 15);
    struct raster left = heat_of(64, points, N, 15);
    for (int i = 0; i < N; i++)
        points[i].x_px -= 64;
    struct raster right = heat_of(64, points, N, 15);
    for (size_t y = 0; y < 64; y++) {
        assert_memory_equal(left.rgba + y * 256, both.rgba + y * 512, 256);
        assert_memory_equal(right.rgba + y * 256, both.rgba + y * 512 + 256, 256);
    }
    raster_release(&both);
    raster_release(&left);
    raster_release(&right);
}

TEST(a_million_points_in_one_pixel_are_bounded)
{
    enum { N = 1000000 };
    struct draw_heat_point *points = malloc(N * sizeof *points);

    assert_non_null(points);
    for (int i = 0; i < N; i++)
        points[i] = (struct draw_heat_point){30.3f, 30.6f, 1};
    struct raster raster = heat_of(64, points, N, 4);
    assert_int_equal(raster.rgba[4 * (30 * 64 + 30)], 255);
    assert_int_equal(raster.rgba[4 * (30 * 64 + 45)], 0); /* beyond the kernel */
    raster_release(&raster);
    free(points);
}

TEST(numbers_out_of_range_do_no_harm)
{
    const struct draw_heat_point points[] = {
        {NAN, 1, 1}, {INFINITY, 1, 1}, {1e30f, -1e30f, 1}, {-16.5f, -16.5f, 1}};
    struct draw_heat *heat = draw_heat_new();
    struct raster raster = heat_of(16, points, 4, 8);
    struct im_error err;

    assert_non_null(heat);
    assert_int_equal(draw_heat_begin(heat, &raster, &err), IM_OK);
    assert_int_equal(draw_heat_points(heat, points, 1, 0, &err), IM_EARG);
    assert_int_equal(draw_heat_points(heat, points, 1, NAN, &err), IM_EARG);
    assert_int_equal(draw_heat_points(heat, points, 1, 1025, &err), IM_EARG);
    draw_heat_free(heat);
    raster_release(&raster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heat_is_the_sum_of_the_kernels),
        cmocka_unit_test(heat_goes_on_in_the_next_tile),
        cmocka_unit_test(a_million_points_in_one_pixel_are_bounded),
        cmocka_unit_test(numbers_out_of_range_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
