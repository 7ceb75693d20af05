/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/draw/sprite.c and lru_cache.c. */
#include <test.h>

#include <lru_cache.h>
#include <support/golden.h>
#include <support/random.h>

#include <math.h>

static const struct draw_color white = {1, 1, 1, 1};
static const struct draw_color orange = {0.85f, 0.51f, 0.17f, 1};
static const struct golden_tolerance golden_exact = {.channel = 1, .share = 0.0005};

struct fixture {
    struct raster raster;
    struct draw_scratch *scratch;
    struct sprite_cache *cache;
    struct im_error err;
};

static struct fixture open_fixture(uint32_t side)
{
    struct fixture f = {.scratch = draw_scratch_new(),
                        .cache = sprite_cache_new(1 << 20)};

    assert_non_null(f.scratch);
    assert_non_null(f.cache);
    assert_int_equal(raster_init(&f.raster, side, side, &f.err), IM_OK);
    return f;
}

static void close_fixture(struct fixture *f)
{
    raster_release(&f->raster);
    sprite_cache_free(f->cache);
    draw_scratch_free(f->scratch);
}

static void circle(struct fixture *f, float x, float y, const struct draw_circle *look)
{
    if (draw_circle_at(f->cache, f->scratch, &f->raster, x, y, look, &f->err) != IM_OK)
        fail_msg("%s", f->err.msg);
}

static const uint8_t *pixel(const struct fixture *f, size_t x, size_t y)
{
    return f->raster.rgba + 4 * (y * f->raster.width_px + x);
}

static double alpha_sum(const struct fixture *f)
{
    double sum = 0;

    for (size_t i = 0; i < (size_t)f->raster.width_px * f->raster.height_px; i++)
        sum += f->raster.rgba[4 * i + 3];
    return sum / 255;
}

TEST(circles_look_as_blessed)
{
    struct fixture f = open_fixture(160);

    raster_clear(&f.raster, (struct draw_color){0.93f, 0.95f, 0.9f, 1});
    for (int i = 0; i < 25; i++) {
        struct draw_circle look = {.radius_px = 1.5f + 0.5f * (float)i,
                                   .fill = orange,
                                   .stroke_px = (float)(i % 5) * 0.75f,
                                   .stroke = white};

        if (i >= 20)
            look.fill.a = 0.5f;
        circle(&f, 16 + 32 * (float)(i % 5) + 0.25f * (float)(i / 5),
               16 + 32 * (float)(i / 5) + 0.25f * (float)(i % 5), &look);
    }
    assert_true(golden_raster("draw/circles", &f.raster, golden_exact));
    close_fixture(&f);
}

TEST(a_circle_covers_pi_r_squared_around_its_centre)
{
    struct test_random random = test_random_new(__func__);
    struct fixture f = open_fixture(100);

    for (int round = 0; round < 200; round++) {
        double r = test_random_in(&random, 0.5, 20);
        double ring = round % 2 ? test_random_in(&random, 0.2, 6) : 0;
        double x = floor(test_random_in(&random, 30, 70) * 4) / 4;
        double y = floor(test_random_in(&random, 30, 70) * 4) / 4;
        double sum = 0;
        double at_x = 0;
        double at_y = 0;
        struct draw_circle look = {.radius_px = (float)r,
                                   .fill = white,
                                   .stroke_px = (float)ring,
                                   .stroke = orange};

        raster_clear(&f.raster, (struct draw_color){0});
        circle(&f, (float)x, (float)y, &look);
        assert_true(fabs(alpha_sum(&f) - M_PI * (r + ring) * (r + ring)) < 0.3);
        for (size_t v = 0; v < 100; v++)
            for (size_t u = 0; u < 100; u++) {
                sum += pixel(&f, u, v)[3];
                at_x += pixel(&f, u, v)[3] * ((double)u + 0.5);
                at_y += pixel(&f, u, v)[3] * ((double)v + 0.5);
            }
        assert_true(fabs(at_x / sum - x) < 0.1);
        assert_true(fabs(at_y / sum - y) < 0.1);
    }
    close_fixture(&f);
}

TEST(ring_and_disc_meet_without_a_seam)
{
    /* opaque ring and disc: nothing of what lies below shines through inside */
    struct fixture f = open_fixture(64);
    struct draw_circle look = {
        .radius_px = 12.3f, .fill = orange, .stroke_px = 4, .stroke = white};

    circle(&f, 32.25f, 31.5f, &look);
    for (size_t y = 0; y < 64; y++)
        for (size_t x = 0; x < 64; x++)
            if (hypot((double)x + 0.5 - 32.25, (double)y + 0.5 - 31.5) < 15.4)
                assert_int_equal(pixel(&f, x, y)[3], 255);
    close_fixture(&f);
}

TEST(a_half_transparent_disc_does_not_show_its_ring)
{
    struct fixture f = open_fixture(64);
    struct draw_circle look = {.radius_px = 12,
                               .fill = {1, 0, 0, 0.5f},
                               .stroke_px = 3,
                               .stroke = {0, 0, 1, 1}};

    circle(&f, 32, 32, &look);
    assert_int_equal(pixel(&f, 32, 32)[2], 0); /* no blue in the middle */
    assert_int_equal(pixel(&f, 32, 32)[3], 128);
    assert_int_equal(pixel(&f, 32 + 13, 32)[2], 255);
    close_fixture(&f);
}

TEST(circles_at_and_beyond_the_edge_are_cut)
{
    struct fixture f = open_fixture(32);
    struct draw_circle look = {.radius_px = 8, .fill = white};
    const float far[] = {-1e30f, -100, 132, 1e30f, 2e9f, -2e9f};

    for (int i = 0; i < 6; i++) {
        circle(&f, far[i], 16, &look);
        circle(&f, 16, far[i], &look);
    }
    assert_true(alpha_sum(&f) == 0);
    circle(&f, 0, 0, &look);
    circle(&f, 32, 0, &look);
    circle(&f, 0, 32, &look);
    circle(&f, 32, 32, &look); /* four quarters */
    assert_true(fabs(alpha_sum(&f) - M_PI * 64) < 0.3);
    close_fixture(&f);
}

TEST(malformed_circles_are_refused)
{
    struct fixture f = open_fixture(32);
    const struct draw_circle bad[] = {{.radius_px = -1},
                                      {.radius_px = NAN},
                                      {.radius_px = 513},
                                      {.radius_px = 1, .stroke_px = -1},
                                      {.radius_px = 1, .stroke_px = INFINITY}};
    const struct draw_circle good = {.radius_px = 4, .fill = white};
    const struct draw_circle nothing = {.radius_px = 0, .fill = white};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            draw_circle_at(f.cache, f.scratch, &f.raster, 9, 9, &bad[i], &f.err),
            IM_EARG);
    assert_int_equal(
        draw_circle_at(f.cache, f.scratch, &f.raster, NAN, 9, &good, &f.err), IM_EARG);
    circle(&f, 9, 9, &nothing);
    assert_true(alpha_sum(&f) == 0);
    close_fixture(&f);
}

/* ---- the cache ---- */

TEST(the_cache_keeps_what_was_used_last_within_its_bound)
{
    enum { MAX = 64 * 1024 };
    struct lru_cache *cache = lru_cache_new(MAX);
    int first = -1;

    assert_non_null(cache);
    for (int i = 0; i < 5000; i++) {
        int *value = lru_cache_add(cache, &i, sizeof i, 100 + (size_t)(i % 50));

        assert_non_null(value);
        *value = i * 3;
        assert_true(lru_cache_bytes(cache) <= MAX);
        if (i == 0)
            first = 0;
        /* the first one is asked for again and again, and so never goes */
        value = lru_cache_find(cache, &first, sizeof first);
        assert_non_null(value);
        assert_int_equal(*value, 0);
    }
    int n = 0;
    for (int i = 1; i < 5000; i++) {
        int *value = lru_cache_find(cache, &i, sizeof i);

        if (value) {
            assert_int_equal(*value, i * 3);
            n++;
        } else {
            assert_int_equal(n, 0); /* once one is there, all newer ones are */
        }
    }
    assert_true(n > 200);
    lru_cache_free(cache);
}

TEST(an_entry_over_the_bound_is_kept_until_the_next)
{
    struct lru_cache *cache = lru_cache_new(1000);
    const char a = 'a';
    const char b = 'b';

    assert_non_null(lru_cache_add(cache, &a, 1, 5000));
    assert_non_null(lru_cache_find(cache, &a, 1));
    assert_non_null(lru_cache_add(cache, &b, 1, 10));
    assert_null(lru_cache_find(cache, &a, 1));
    assert_non_null(lru_cache_find(cache, &b, 1));
    assert_null(lru_cache_add(cache, &a, 1, SIZE_MAX));
    lru_cache_free(cache);
    lru_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_look_as_blessed),
        cmocka_unit_test(a_circle_covers_pi_r_squared_around_its_centre),
        cmocka_unit_test(ring_and_disc_meet_without_a_seam),
        cmocka_unit_test(a_half_transparent_disc_does_not_show_its_ring),
        cmocka_unit_test(circles_at_and_beyond_the_edge_are_cut),
        cmocka_unit_test(malformed_circles_are_refused),
        cmocka_unit_test(the_cache_keeps_what_was_used_last_within_its_bound),
        cmocka_unit_test(an_entry_over_the_bound_is_kept_until_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
