/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/draw/image.c and pattern.c. */
#include <test.h>

#include <support/golden.h>
#include <tiles/sprites.h>

#include <math.h>

/* An arrow to the right, 9 x 7 px, opaque blue on clear. */
static const char *const ARROW[7] = {".....#...", ".....##..", "#######..", "########.",
                                     "#######..", ".....##..", ".....#..."};

struct fixture {
    struct raster raster;
    struct draw_scratch *scratch;
    uint8_t arrow[9 * 7 * 4];
    uint8_t disc[32 * 32 * 4];
    struct sprite_image image;
    struct sprite_image sdf;
    struct im_error err;
};

static struct fixture *open_fixture(uint32_t side)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->scratch = draw_scratch_new();
    assert_int_equal(raster_init(&f->raster, side, side, &f->err), IM_OK);
    for (int i = 0; i < 63; i++)
        if (ARROW[i / 9][i % 9] == '#')
            memcpy(f->arrow + 4 * i, "\x20\x40\xc0\xff", 4);
    f->image = (struct sprite_image){9, 7, 1, 36, f->arrow, false};
    /* a disc of radius 8 as distances: the outline is 0.75, a pixel is an eighth */
    for (int i = 0; i < 1024; i++) {
        double d = 8 - hypot(i % 32 - 15.5, i / 32 - 15.5);

        f->disc[4 * i + 3] = (uint8_t)fmin(255, fmax(0, (0.75 + d / 8) * 255 + 0.5));
    }
    f->sdf = (struct sprite_image){32, 32, 1, 128, f->disc, true};
    return f;
}

static void close_fixture(struct fixture *f)
{
    raster_release(&f->raster);
    draw_scratch_free(f->scratch);
    free(f);
}

static void
image(struct fixture *f, const struct sprite_image *image, struct draw_image look)
{
    if (draw_image_at(&f->raster, image, &look, &f->err) != IM_OK)
        fail_msg("%s", f->err.msg);
}

static const uint8_t *pixel(const struct fixture *f, uint32_t x, uint32_t y)
{
    return f->raster.rgba + 4 * ((size_t)y * f->raster.width_px + x);
}

static void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%g, wanted %g", value, wanted);
}

static double alpha_sum(const struct fixture *f)
{
    double sum = 0;

    for (size_t i = 0; i < (size_t)f->raster.width_px * f->raster.height_px; i++)
        sum += f->raster.rgba[4 * i + 3] / 255.0;
    return sum;
}

TEST(an_upright_image_of_its_own_size_is_copied)
{
    struct fixture *f = open_fixture(32);

    image(
        f, &f->image,
        (struct draw_image){
            .x_px = 10.7f, .y_px = 12.2f, .width_px = 9, .height_px = 7, .opacity = 1});
    for (uint32_t i = 0; i < 63; i++) /* 10.7 - 4.5 and 12.2 - 3.5, rounded: 6, 9 */
        assert_memory_equal(pixel(f, 6 + i % 9, 9 + i / 9), f->arrow + 4 * i, 4);
    close_fixture(f);
}

TEST(an_image_at_a_border_goes_on_in_the_next_tile)
{
    struct fixture *left = open_fixture(32);
    struct fixture *right = open_fixture(32);
    struct fixture *both = open_fixture(64);
    struct draw_image look = {.x_px = 31.3f,
                              .y_px = 9.5f,
                              .width_px = 15,
                              .height_px = 11.5f,
                              .angle_rad = 0.5f,
                              .opacity = 1};

    image(left, &left->image, look);
    image(both, &both->image, look);
    look.x_px -= 32;
    image(right, &right->image, look);
    for (uint32_t y = 0; y < 32; y++) {
        assert_memory_equal(pixel(left, 0, y), pixel(both, 0, y), 128);
        assert_memory_equal(pixel(right, 0, y), pixel(both, 32, y), 128);
    }
    close_fixture(left);
    close_fixture(right);
    close_fixture(both);
}

TEST(turning_and_scaling_keep_the_area)
{
    const float angles[] = {0, 0.3f, 1.5707963f, 2.5f, 3.1415927f};

    for (size_t i = 0; i < 5; i++)
        for (int percent = 25; percent <= 400; percent *= 2) {
            struct fixture *f = open_fixture(64);
            float k = (float)percent / 100;

            image(f, &f->image,
                  (struct draw_image){.x_px = 32,
                                      .y_px = 32,
                                      .width_px = 9 * k,
                                      .height_px = 7 * k,
                                      .angle_rad = angles[i],
                                      .opacity = 1});
            assert_near(alpha_sum(f), 28 * (double)(k * k),
                        0.4 + 0.05 * 28 * (double)(k * k));
            close_fixture(f);
        }
}

TEST(distances_take_their_colour_and_halo)
{
    const struct draw_color red = {1, 0, 0, 1};
    const struct draw_color white = {1, 1, 1, 1};

    for (int k = 1; k <= 2; k++) {
        struct fixture *f = open_fixture(96);
        struct draw_image look = {.x_px = 48,
                                  .y_px = 48,
                                  .width_px = 32.0f * (float)k,
                                  .height_px = 32.0f * (float)k,
                                  .opacity = 1,
                                  .color = red};

        image(f, &f->sdf, look);
        assert_near(alpha_sum(f), M_PI * 64 * k * k, 3 * k * k);
        assert_memory_equal(pixel(f, 48, 48), "\xff\0\0\xff", 4);
        raster_clear(&f->raster, (struct draw_color){0, 0, 0, 0});
        look.halo = white;
        look.halo_px = 3;
        image(f, &f->sdf, look);
        double radius = 8 * k + 3;
        assert_near(alpha_sum(f), M_PI * radius * radius, 6 * k * k);
        assert_memory_equal(pixel(f, 48, 48), "\xff\0\0\xff", 4);
        assert_memory_equal(pixel(f, (uint32_t)(48 + 8 * k + 1), 48),
                            "\xff\xff\xff\xff", 4);
        close_fixture(f);
    }
}

TEST(numbers_out_of_range_are_refused)
{
    struct fixture *f = open_fixture(16);
    struct draw_image look = {.width_px = 1e9f, .height_px = 1, .opacity = 1};
    struct draw_pattern pattern = {&f->image, 0, 0, NAN, 1};
    uint32_t n = 3;
    const float xy[6] = {0, 0, 8, 0, 0, 8};
    struct draw_path path = {xy, &n, 1};

    assert_int_equal(draw_image_at(&f->raster, &f->image, &look, &f->err), IM_EARG);
    look.width_px = NAN;
    assert_int_equal(draw_image_at(&f->raster, &f->image, &look, &f->err), IM_EARG);
    assert_int_equal(
        draw_fill_pattern(f->scratch, &f->raster, &path, &pattern, &f->err), IM_EARG);
    pattern = (struct draw_pattern){&f->image, (double)INFINITY, 0, 1, 1};
    assert_int_equal(
        draw_fill_pattern(f->scratch, &f->raster, &path, &pattern, &f->err), IM_EARG);
    close_fixture(f);
}

static void fill(struct fixture *f, double x, double y, double scale, float opacity)
{
    struct draw_pattern pattern = {&f->image, x, y, scale, opacity};
    const float xy[8] = {-5, -5, 200, -5, 200, 200, -5, 200};
    const uint32_t n = 4;
    struct draw_path path = {xy, &n, 1};

    if (draw_fill_pattern(f->scratch, &f->raster, &path, &pattern, &f->err) != IM_OK)
        fail_msg("%s", f->err.msg);
}

TEST(a_pattern_repeats_its_pixels)
{
    struct fixture *f = open_fixture(64);

    fill(f, -1000003, 5, 1, 1);
    for (uint32_t y = 0; y < 64; y++)
        for (uint32_t x = 0; x < 64; x++) {
            uint32_t own = (y + 7 - 5) % 7 * 9 + (x + 1000003) % 9;

            assert_memory_equal(pixel(f, x, y), f->arrow + (size_t)4 * own, 4);
        }
    close_fixture(f);
}

TEST(a_pattern_goes_on_in_the_next_tile_at_every_scale)
{
    const double scales[] = {0.5, 1, 1.5, 2, 3, 0.333};

    for (size_t i = 0; i < 6; i++) {
        struct fixture *f = open_fixture(64);
        struct fixture *next = open_fixture(32);
        /* the world begins 11 tiles of 32 px to the left */
        fill(f, -11 * 32.0, 0, scales[i], 0.5f);
        fill(next, -12 * 32.0, -32, scales[i], 0.5f);
        for (uint32_t y = 0; y < 32; y++)
            for (uint32_t x = 0; x < 128; x++)
                assert_true(abs(pixel(next, 0, y)[x] - pixel(f, 32, 32 + y)[x]) <= 1);
        close_fixture(f);
        close_fixture(next);
    }
}

TEST(images_and_patterns_look_as_blessed)
{
    struct fixture *f = open_fixture(160);
    const float ring[10] = {10, 90, 60, 82, 75, 120, 40, 150, 8, 130};
    const float hole[8] = {30, 105, 30, 125, 50, 125, 50, 105};
    float xy[18];
    const uint32_t ends[2] = {5, 9};
    struct draw_path path = {xy, ends, 2};
    struct draw_pattern pattern = {&f->image, 3, 2, 1, 1};

    raster_clear(&f->raster, (struct draw_color){0.95f, 0.94f, 0.9f, 1});
    for (int i = 0; i < 8; i++)
        image(f, &f->image,
              (struct draw_image){.x_px = 12 + 19 * (float)i,
                                  .y_px = 15,
                                  .width_px = 9 * (0.5f + 0.25f * (float)i),
                                  .height_px = 7 * (0.5f + 0.25f * (float)i),
                                  .angle_rad = 0.785398f * (float)i,
                                  .opacity = 1});
    for (int i = 0; i < 4; i++)
        image(f, &f->sdf,
              (struct draw_image){.x_px = 22 + 38 * (float)i,
                                  .y_px = 52,
                                  .width_px = 40,
                                  .height_px = 40,
                                  .opacity = 1,
                                  .color = {0.1f, 0.3f, 0.6f, 1},
                                  .halo = {1, 1, 1, 1},
                                  .halo_px = 2 * (float)i,
                                  .halo_blur_px = i == 3 ? 3 : 0});
    memcpy(xy, ring, sizeof ring);
    memcpy(xy + 10, hole, sizeof hole);
    assert_int_equal(
        draw_fill_pattern(f->scratch, &f->raster, &path, &pattern, &f->err), IM_OK);
    for (int i = 0; i < 9; i++)
        xy[2 * i] += 78;
    pattern.scale = 1.5;
    pattern.opacity = 0.6f;
    assert_int_equal(
        draw_fill_pattern(f->scratch, &f->raster, &path, &pattern, &f->err), IM_OK);
    assert_true(golden_raster("draw/images_and_patterns", &f->raster,
                              (struct golden_tolerance){1, 0.0005}));
    close_fixture(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upright_image_of_its_own_size_is_copied),
        cmocka_unit_test(an_image_at_a_border_goes_on_in_the_next_tile),
        cmocka_unit_test(turning_and_scaling_keep_the_area),
        cmocka_unit_test(distances_take_their_colour_and_halo),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(a_pattern_repeats_its_pixels),
        cmocka_unit_test(a_pattern_goes_on_in_the_next_tile_at_every_scale),
        cmocka_unit_test(images_and_patterns_look_as_blessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
