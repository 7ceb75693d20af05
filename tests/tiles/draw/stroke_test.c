/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/draw/stroke.c. */
#include <test.h>

#include <support/golden.h>

#include "reference.h"

#include <math.h>

static const struct draw_color white = {1, 1, 1, 1};
static const struct draw_color ink = {0.1f, 0.25f, 0.5f, 1};
/* drawn by the same code on every machine: only the last bit of sqrt, atan2 and cos in
 * the mathematical library may move a rounding */
static const struct golden_tolerance golden_exact = {.channel = 1, .share = 0.0005};

struct fixture {
    struct raster raster;
    struct draw_scratch *scratch;
    struct im_error err;
};

static struct fixture open_fixture(uint32_t width, uint32_t height)
{
    struct fixture f = {.scratch = draw_scratch_new()};

    assert_non_null(f.scratch);
    assert_int_equal(raster_init(&f.raster, width, height, &f.err), IM_OK);
    return f;
}

static void close_fixture(struct fixture *f)
{
    raster_release(&f->raster);
    draw_scratch_free(f->scratch);
}

static void line(struct fixture *f,
                 const float *xy,
                 uint32_t n,
                 const struct draw_stroke *stroke,
                 struct draw_color color)
{
    struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};

    if (draw_line(f->scratch, &f->raster, &path, stroke, color, &f->err) != IM_OK)
        fail_msg("%s", f->err.msg);
}

static uint8_t alpha_at(const struct fixture *f, uint32_t x, uint32_t y)
{
    return f->raster.rgba[4 * ((size_t)y * f->raster.width_px + x) + 3];
}

static double alpha_sum(const struct fixture *f)
{
    double sum = 0;

    for (size_t i = 0; i < (size_t)f->raster.width_px * f->raster.height_px; i++)
        sum += f->raster.rgba[4 * i + 3];
    return sum / 255;
}

static void clear(struct fixture *f)
{
    raster_clear(&f->raster, (struct draw_color){0, 0, 0, 0});
}

/** A zigzag of the same shape in every golden picture. */
static void
zigzag(struct fixture *f, float x, float y, const struct draw_stroke *stroke)
{
    const float shape[] = {0, 10, 22, 0, 30, 34, 44, 6, 50, 8, 56, 30, 62, 30, 61, 10};
    float xy[16];

    for (int i = 0; i < 16; i++)
        xy[i] = shape[i] + (i % 2 ? y : x);
    line(f, xy, 8, stroke, ink);
}

TEST(caps_and_joins_look_as_blessed)
{
    struct fixture f = open_fixture(320, 180);

    raster_clear(&f.raster, white);
    for (int cap = 0; cap < 3; cap++)
        for (int join = 0; join < 3; join++) {
            struct draw_stroke stroke = {.width_px = 8,
                                         .cap = (enum draw_cap)cap,
                                         .join = (enum draw_join)join,
                                         .miter_limit = 4};

            zigzag(&f, 18.5f + 100 * (float)join, 14.5f + 56 * (float)cap, &stroke);
        }
    assert_true(golden_raster("draw/caps_and_joins", &f.raster, golden_exact));
    close_fixture(&f);
}

TEST(rings_dashes_and_offsets_look_as_blessed)
{
    struct fixture f = open_fixture(320, 180);
    const float star[] = {40, 8,  50, 38, 80, 38, 56, 56, 66, 84,
                          40, 66, 14, 84, 24, 56, 0,  38, 30, 38};

    raster_clear(&f.raster, white);
    for (int i = 0; i < 6; i++) {
        float xy[20];
        struct draw_stroke stroke = {
            .width_px = i < 3 ? 5 : 3, .miter_limit = 10, .closed = true};

        for (int k = 0; k < 20; k++)
            xy[k] = star[k] + (k % 2 ? 88 * (float)(i / 3) : 14 + 104 * (float)(i % 3));
        if (i == 1) {
            stroke.join = DRAW_JOIN_ROUND;
            stroke.n_dashes = 2;
            stroke.dashes_px[0] = 9;
            stroke.dashes_px[1] = 5;
        } else if (i == 2) {
            stroke.cap = DRAW_CAP_ROUND;
            stroke.n_dashes = 3; /* odd: walked twice */
            stroke.dashes_px[0] = 8;
            stroke.dashes_px[1] = 7;
            stroke.dashes_px[2] = 0.5f;
        } else if (i >= 3) {
            stroke.offset_px = (float)(i - 4) * 5;
        }
        line(&f, xy, 10, &stroke, ink);
        if (i >= 3) {
            struct draw_stroke thin = {.width_px = 1, .closed = true, .miter_limit = 4};

            line(&f, xy, 10, &thin, (struct draw_color){0.8f, 0, 0, 1});
        }
    }
    assert_true(golden_raster("draw/rings_dashes_offsets", &f.raster, golden_exact));
    close_fixture(&f);
}

TEST(widths_look_as_blessed)
{
    struct fixture f = open_fixture(240, 120);
    const float widths[] = {0.25f, 0.5f, 1, 1.5f, 2, 3, 5, 9};

    raster_clear(&f.raster, white);
    for (int i = 0; i < 8; i++) {
        struct draw_stroke stroke = {
            .width_px = widths[i], .join = DRAW_JOIN_ROUND, .cap = DRAW_CAP_ROUND};
        float x = 14 + 28 * (float)i;
        const float xy[] = {x, 8, x, 60, x + 14, 90, x + 2, 112};

        line(&f, xy, 4, &stroke, ink);
    }
    assert_true(golden_raster("draw/widths", &f.raster, golden_exact));
    close_fixture(&f);
}

TEST(a_half_transparent_stroke_is_one_surface)
{
    /* a knot: crossings, joins and overlapping parts do not double the colour */
    const float xy[] = {10, 10, 50, 50, 50, 10, 10, 50, 30, 5, 30, 55, 5, 30, 55, 30};
    const uint32_t ends[] = {4, 6, 8};
    struct draw_path path = {.xy = xy, .part_end = ends, .n_parts = 3};

    for (int join = 0; join < 3; join++) {
        struct fixture f = open_fixture(60, 60);
        struct draw_stroke stroke = {.width_px = 7,
                                     .cap = DRAW_CAP_ROUND,
                                     .join = (enum draw_join)join,
                                     .miter_limit = 4};
        struct draw_color half = {1, 0, 0, 0.5f};

        assert_int_equal(draw_line(f.scratch, &f.raster, &path, &stroke, half, &f.err),
                         IM_OK);
        for (size_t i = 0; i < 60 * 60; i++)
            assert_true(f.raster.rgba[4 * i + 3] <= 128);
        assert_int_equal(alpha_at(&f, 30, 30), 128);
        close_fixture(&f);
    }
}

TEST(lines_agree_with_cairo)
{
    struct test_random random = test_random_new(__func__);
    struct fixture f = open_fixture(128, 128);
    struct fixture g = open_fixture(128, 128);

    for (int round = 0; round < 120; round++) {
        float xy[2 * 12];
        uint32_t n = 2 + (uint32_t)test_random_in(&random, 0, 10);
        struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};
        struct draw_stroke stroke = {
            .width_px = (float)test_random_in(&random, 1, 14),
            .cap = (enum draw_cap)(test_random_next(&random) % 3),
            .join = (enum draw_join)(test_random_next(&random) % 3),
            .miter_limit = (float)test_random_in(&random, 1, 10),
            .closed = n > 2 && test_random_next(&random) % 2};

        if (test_random_next(&random) % 2) {
            stroke.n_dashes = 2;
            stroke.dashes_px[0] = (float)test_random_in(&random, 3, 20);
            /* caps that do not reach the next dash: see below */
            stroke.dashes_px[1] =
                stroke.width_px + (float)test_random_in(&random, 2, 20);
            /* cairo joins the last dash of a ring to its first one, we do not */
            stroke.closed = false;
        }
        for (uint32_t i = 0; i < 2 * n; i++)
            xy[i] = (float)test_random_in(&random, -20, 148);
        raster_clear(&f.raster, white);
        raster_clear(&g.raster, white);
        line(&f, xy, n, &stroke, (struct draw_color){0, 0, 0, 1});
        reference_line(&g.raster, &path, &stroke, (struct draw_color){0, 0, 0, 1});
        struct golden_difference d = golden_compare(&f.raster, &g.raster, 48);
        /* Border pixels of two overlapping pieces (crossings, inner sides of joins, a
         * cap on its own line) add up here where cairo unites them, so single pixels
         * may differ a lot; they are few. Round shapes are chords within 1/20 px. */
        if (d.mean > 1.2 || d.share > 0.015)
            fail_msg("round %d: mean %.3f, share %.4f, max %d", round, d.mean, d.share,
                     d.max);
    }
    close_fixture(&f);
    close_fixture(&g);
}

/** One stroke by both, on white. */
static void compare_with_cairo(struct fixture *f,
                               struct fixture *g,
                               const struct draw_path *path,
                               const struct draw_stroke *stroke)
{
    struct golden_difference d;

    raster_clear(&f->raster, white);
    raster_clear(&g->raster, white);
    line(f, path->xy, path->part_end[0], stroke, (struct draw_color){0, 0, 0, 1});
    reference_line(&g->raster, path, stroke, (struct draw_color){0, 0, 0, 1});
    d = golden_compare(&f->raster, &g->raster, 64);
    /* a line thinner than a pixel is one, and fainter: its ink is the same */
    if (stroke->width_px < 1 ? d.mean > 1.0 : d.mean > 0.6 || d.share > 0.008)
        fail_msg(
            "width %g, cap %d, join %d, miter %g, %u dashes, closed %d: mean %.3f, "
            "share %.4f, max %d",
            (double)stroke->width_px, stroke->cap, stroke->join,
            (double)stroke->miter_limit, stroke->n_dashes, stroke->closed, d.mean,
            d.share, d.max);
}

TEST(each_cap_join_dash_width_and_limit_agrees_with_cairo)
{
    /* slight and sharp turns both ways, and a vertex that is there twice */
    static const float xy[] = {30, 60,  130, 50,  220, 84, 220,
                               84, 190, 170, 110, 90,  40, 210.5f};
    static const float widths[] = {0.3f, 1, 2.5f, 8, 60};
    static const float limits[] = {1, 1.5f, 2, 4, 10};
    struct fixture f = open_fixture(256, 256);
    struct fixture g = open_fixture(256, 256);
    uint32_t n = sizeof xy / sizeof *xy / 2;
    struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};

    for (int i = 0; i < 5 * 5 * 3 * 3 * 3; i++) {
        struct draw_stroke stroke = {.width_px = widths[i % 5],
                                     .miter_limit = limits[i / 5 % 5],
                                     .cap = (enum draw_cap)(i / 25 % 3),
                                     .join = (enum draw_join)(i / 75 % 3)};

        if (i / 225 == 1) { /* gaps that no cap reaches over */
            stroke.n_dashes = 2;
            stroke.dashes_px[0] = 1.5f * stroke.width_px + 3;
            stroke.dashes_px[1] = 1.5f * stroke.width_px + 3;
        }
        stroke.closed = i / 225 == 2;
        compare_with_cairo(&f, &g, &path, &stroke);
    }
    close_fixture(&f);
    close_fixture(&g);
}

TEST(rings_that_do_not_cross_themselves_agree_with_cairo_closely)
{
    struct test_random random = test_random_new(__func__);
    struct fixture f = open_fixture(128, 128);
    struct fixture g = open_fixture(128, 128);

    for (int round = 0; round < 120; round++) {
        float xy[2 * 9];
        uint32_t n = 9;
        struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};
        struct draw_stroke stroke = {.width_px = (float)test_random_in(&random, 1, 10),
                                     .join = (enum draw_join)(round % 3),
                                     .miter_limit = 4,
                                     .closed = true};

        random_star(&random, 64, 64, 56, n, xy);
        raster_clear(&f.raster, white);
        raster_clear(&g.raster, white);
        line(&f, xy, n, &stroke, (struct draw_color){0, 0, 0, 1});
        reference_line(&g.raster, &path, &stroke, (struct draw_color){0, 0, 0, 1});
        struct golden_difference d = golden_compare(&f.raster, &g.raster, 32);
        /* only the inner corners of nine joins are left to differ */
        if (d.mean > 0.25 || d.share > 0.0012)
            fail_msg("round %d: mean %.3f, share %.4f, max %d", round, d.mean, d.share,
                     d.max);
    }
    close_fixture(&f);
    close_fixture(&g);
}

TEST(a_straight_line_covers_length_times_width)
{
    struct test_random random = test_random_new(__func__);
    struct fixture f = open_fixture(100, 100);

    for (int round = 0; round < 200; round++) {
        double angle = test_random_in(&random, 0, 2 * M_PI);
        double length = test_random_in(&random, 5, 60);
        double width = test_random_in(&random, 1, 12);
        float xy[4] = {50, 50, (float)(50 + length / 1.5 * cos(angle)),
                       (float)(50 + length / 1.5 * sin(angle))};
        struct draw_stroke stroke = {.width_px = (float)width};
        double real = hypot((double)xy[2] - 50, (double)xy[3] - 50);

        for (int cap = 0; cap < 3; cap++) {
            const double more[] = {0, M_PI * width * width / 4, width * width};

            clear(&f);
            stroke.cap = (enum draw_cap)cap;
            line(&f, xy, 2, &stroke, white);
            assert_true(fabs(alpha_sum(&f) - (real * width + more[cap])) <
                        0.5 + 0.06 * more[cap]);
        }
    }
    close_fixture(&f);
}

TEST(lines_thinner_than_a_pixel_fade_instead)
{
    struct fixture f = open_fixture(16, 16);
    const float xy[] = {0, 8.5f, 16, 8.5f};
    struct draw_stroke stroke = {.width_px = 0.25f};

    line(&f, xy, 2, &stroke, white);
    assert_int_equal(alpha_at(&f, 5, 8), 64); /* 255 / 4 on one row */
    assert_int_equal(alpha_at(&f, 5, 7), 0);
    assert_int_equal(alpha_at(&f, 5, 9), 0);
    clear(&f);
    stroke.width_px = 0;
    line(&f, xy, 2, &stroke, white);
    assert_true(alpha_sum(&f) == 0);
    close_fixture(&f);
}

TEST(miters_over_the_limit_are_bevelled)
{
    struct fixture f = open_fixture(64, 64);
    /* a right angle: the miter is 1.41 times the width long */
    const float xy[] = {10, 40, 40, 40, 40, 10};
    struct draw_stroke stroke = {.width_px = 10, .miter_limit = 1.5f};

    line(&f, xy, 3, &stroke, white);
    assert_int_equal(alpha_at(&f, 44, 44), 255);
    clear(&f);
    stroke.miter_limit = 1.4f;
    line(&f, xy, 3, &stroke, white);
    assert_int_equal(alpha_at(&f, 44, 44), 0);
    close_fixture(&f);
}

TEST(round_joins_of_slight_turns_are_mitered)
{
    /* turns by 60 degrees: the miter is 1 / cos(30 degrees) = 1.155 widths long */
    const float xy[] = {10, 70, 50, 70, 80, 18.04f};
    struct fixture f = open_fixture(100, 100);
    struct fixture g = open_fixture(100, 100);
    struct draw_stroke stroke = {
        .width_px = 24, .join = DRAW_JOIN_ROUND, .round_limit = 1.16f};
    struct draw_stroke miter = {
        .width_px = 24, .join = DRAW_JOIN_MITER, .miter_limit = 2};
    size_t size = (size_t)100 * 100 * 4;

    line(&f, xy, 3, &stroke, ink);
    line(&g, xy, 3, &miter, ink);
    assert_memory_equal(f.raster.rgba, g.raster.rgba, size);
    stroke.round_limit = 1.15f;
    clear(&f);
    line(&f, xy, 3, &stroke, ink);
    assert_memory_not_equal(f.raster.rgba, g.raster.rgba, size);
    stroke.round_limit = 0;
    clear(&g);
    line(&g, xy, 3, &stroke, ink);
    assert_memory_equal(f.raster.rgba, g.raster.rgba, size);
    close_fixture(&f);
    close_fixture(&g);
}

TEST(dashes_go_on_through_vertices_and_start_anew_in_each_part)
{
    struct fixture f = open_fixture(40, 40);
    /* 6 on, 6 off: the second dash runs 12..18 and bends at 15 */
    const float xy[] = {5, 5.5f, 20, 5.5f, 20, 35, 5, 20.5f, 15, 20.5f};
    const uint32_t ends[] = {3, 5};
    struct draw_path path = {.xy = xy, .part_end = ends, .n_parts = 2};
    struct draw_stroke stroke = {
        .width_px = 1, .n_dashes = 2, .dashes_px = {6, 6}, .miter_limit = 4};

    assert_int_equal(draw_line(f.scratch, &f.raster, &path, &stroke, white, &f.err),
                     IM_OK);
    assert_int_equal(alpha_at(&f, 5, 5), 255);
    assert_int_equal(alpha_at(&f, 10, 5), 255);
    assert_int_equal(alpha_at(&f, 11, 5), 0);
    assert_int_equal(alpha_at(&f, 16, 5), 0);
    assert_int_equal(alpha_at(&f, 17, 5), 255);
    assert_true(alpha_at(&f, 19, 7) > 100); /* around the corner */
    assert_int_equal(alpha_at(&f, 19, 12), 0);
    assert_int_equal(alpha_at(&f, 5, 20), 255); /* the second part */
    assert_int_equal(alpha_at(&f, 12, 20), 0);
    close_fixture(&f);
}

TEST(dashes_far_outside_cost_nothing_and_keep_their_phase)
{
    struct fixture f = open_fixture(64, 64);
    struct fixture g = open_fixture(64, 64);
    struct draw_stroke stroke = {
        .width_px = 3, .n_dashes = 2, .dashes_px = {5, 3}, .miter_limit = 4};
    const float near[] = {-8, 32, 80, 32};
    const float far[] = {-8 - 8 * 1000000, 32, 80 + 8 * 1000000, 32};

    line(&f, near, 2, &stroke, white);
    line(&g, far, 2, &stroke, white);
    assert_true(golden_compare(&f.raster, &g.raster, 1).max <= 1);
    /* finishes at all: a walk from dash to dash would take 1e29 steps */
    const float endless[] = {-1e30f, -9e29f, 1e30f, 1e30f, 3e38f, -3e38f};
    line(&g, endless, 3, &stroke, white);
    stroke.dashes_px[0] = 1e-30f;
    stroke.dashes_px[1] = 1e-30f;
    clear(&g);
    line(&g, far, 2, &stroke, white);
    assert_int_equal(alpha_at(&g, 32, 32), 128); /* half on: half the colour */
    close_fixture(&f);
    close_fixture(&g);
}

TEST(an_offset_shifts_to_the_right_of_the_direction)
{
    struct fixture f = open_fixture(32, 32);
    const float east[] = {0, 16, 32, 16};
    struct draw_stroke stroke = {.width_px = 2, .offset_px = 5};

    line(&f, east, 2, &stroke, white);
    assert_int_equal(alpha_at(&f, 16, 20),
                     255); /* y runs down: right of east is south */
    assert_int_equal(alpha_at(&f, 16, 21), 255);
    assert_int_equal(alpha_at(&f, 16, 16), 0);
    assert_true(fabs(alpha_sum(&f) - 64) < 1e-6);
    close_fixture(&f);
}

TEST(rings_have_no_seam_where_they_start)
{
    /* the same ring from each of its vertices is the same picture */
    const float ring[] = {10, 12, 50, 8, 54, 44, 30, 58, 6, 40};

    for (int join = 0; join < 3; join++) {
        struct fixture f = open_fixture(64, 64);
        struct fixture g = open_fixture(64, 64);
        struct draw_stroke stroke = {.width_px = 6,
                                     .join = (enum draw_join)join,
                                     .miter_limit = 4,
                                     .closed = true};

        line(&f, ring, 5, &stroke, white);
        for (int first = 1; first < 5; first++) {
            float xy[12]; /* and with the first vertex repeated at the end */

            for (int i = 0; i < 12; i++)
                xy[i] = ring[(2 * first + i) % 10];
            clear(&g);
            line(&g, xy, first % 2 ? 5 : 6, &stroke, white);
            assert_true(golden_compare(&f.raster, &g.raster, 1).max <= 1);
        }
        close_fixture(&f);
        close_fixture(&g);
    }
}

TEST(a_window_shows_a_part_of_the_whole_stroke)
{
    /* what is skipped or cut because it cannot be seen is really not seen */
    struct test_random random = test_random_new(__func__);
    struct fixture f = open_fixture(400, 400);
    struct fixture g = open_fixture(50, 40);

    for (int round = 0; round < 60; round++) {
        float xy[2 * 30];
        float shifted[2 * 30];
        struct draw_stroke stroke = {.width_px = (float)test_random_in(&random, 1, 15),
                                     .cap = (enum draw_cap)(round % 3),
                                     .join = (enum draw_join)(round / 3 % 3),
                                     .miter_limit = 5,
                                     .offset_px = round % 4 == 0 ? 6.5f : 0,
                                     .closed = round % 2 == 0};
        uint32_t left = (uint32_t)test_random_in(&random, 0, 350);
        uint32_t top = (uint32_t)test_random_in(&random, 0, 360);

        if (round % 5 == 0) {
            stroke.n_dashes = 2;
            stroke.dashes_px[0] = 11;
            stroke.dashes_px[1] = 4;
        }
        random_star(&random, 200, 200, 260, 30, xy);
        for (int i = 0; i < 60; i++)
            shifted[i] = xy[i] - (float)(i % 2 ? top : left);
        clear(&f);
        clear(&g);
        line(&f, xy, 30, &stroke, white);
        line(&g, shifted, 30, &stroke, white);
        for (uint32_t y = 0; y < 40; y++)
            for (uint32_t x = 0; x < 50; x++)
                if (abs(alpha_at(&g, x, y) - alpha_at(&f, left + x, top + y)) > 1)
                    fail_msg("round %d at %u, %u: %d, in the whole %d", round, x, y,
                             alpha_at(&g, x, y), alpha_at(&f, left + x, top + y));
    }
    close_fixture(&f);
    close_fixture(&g);
}

TEST(points_are_dots_unless_the_cap_is_butt)
{
    struct fixture f = open_fixture(32, 32);
    const float xy[] = {16, 16, 16, 16, 16, 16};
    struct draw_stroke stroke = {.width_px = 8};
    const double area[] = {0, M_PI * 16, 64};

    for (uint32_t n = 1; n <= 3; n++)
        for (int cap = 0; cap < 3; cap++)
            for (int closed = 0; closed < 2; closed++) {
                clear(&f);
                stroke.cap = (enum draw_cap)cap;
                stroke.closed = closed != 0;
                line(&f, xy, n, &stroke, white);
                assert_true(fabs(alpha_sum(&f) - area[cap]) < 2);
            }
    line(&f, xy, 0, &stroke, white);
    close_fixture(&f);
}

TEST(a_line_that_turns_back_is_drawn_once)
{
    struct fixture f = open_fixture(32, 32);
    const float xy[] = {8, 16, 24, 16, 8, 16};

    for (int join = 0; join < 3; join++) {
        struct draw_stroke stroke = {
            .width_px = 6, .join = (enum draw_join)join, .miter_limit = 10};
        double tip = join == DRAW_JOIN_ROUND ? M_PI * 9 / 2 : 0;

        clear(&f);
        line(&f, xy, 3, &stroke, white);
        assert_true(fabs(alpha_sum(&f) - (16 * 6 + tip)) < 1);
        assert_int_equal(alpha_at(&f, 25, 16), join == DRAW_JOIN_ROUND ? 255 : 0);
    }
    close_fixture(&f);
}

TEST(malformed_strokes_are_refused)
{
    struct fixture f = open_fixture(16, 16);
    const float xy[] = {1, 1, 9, 9};
    const uint32_t n = 2;
    struct draw_path path = {.xy = xy, .part_end = &n, .n_parts = 1};
    const struct draw_stroke bad[] = {
        {.width_px = -1},
        {.width_px = NAN},
        {.width_px = INFINITY},
        {.width_px = 1, .offset_px = NAN},
        {.width_px = 1, .miter_limit = INFINITY},
        {.width_px = 1, .n_dashes = 9},
        {.width_px = 1, .n_dashes = 2, .dashes_px = {1, 0}},
        {.width_px = 1, .n_dashes = 2, .dashes_px = {NAN, 1}},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f.err = (struct im_error){0};
        assert_int_equal(draw_line(f.scratch, &f.raster, &path, &bad[i], white, &f.err),
                         IM_EARG);
        assert_true(f.err.msg[0] != 0);
    }
    const float broken[] = {1, 1, NAN, 9};
    path.xy = broken;
    assert_int_equal(draw_line(f.scratch, &f.raster, &path,
                               &(struct draw_stroke){.width_px = 1}, white, &f.err),
                     IM_EARG);
    assert_true(alpha_sum(&f) == 0);
    close_fixture(&f);
}

TEST(huge_lines_are_clipped)
{
    struct fixture f = open_fixture(32, 32);
    struct draw_stroke stroke = {.width_px = 4, .miter_limit = 10};
    const float flat[] = {-3e38f, 16, 3e38f, 16};
    const float steep[] = {16, -3e38f, 16, 3e38f};

    line(&f, flat, 2, &stroke, white);
    assert_true(fabs(alpha_sum(&f) - 4 * 32) < 1e-6);
    clear(&f);
    line(&f, steep, 2, &stroke, white);
    assert_true(fabs(alpha_sum(&f) - 4 * 32) < 1e-6);
    stroke.width_px = 16384;
    clear(&f);
    line(&f, steep, 2, &stroke, white);
    assert_true(alpha_sum(&f) == 32 * 32);
    close_fixture(&f);
}

/* ---- thin lines ---- */

/* IEC 61966-2-1 */
static double light_of(int v)
{
    double c = v / 255.0;

    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* How much of its light a line of this grey has at an angle, 1: all. */
static double
light_share(struct fixture *f, int ground, int grey, float weight, double degrees)
{
    struct draw_stroke stroke = {.width_px = 1, .miter_limit = 2, .weight = weight};
    float g = (float)grey / 255;
    float b = (float)ground / 255;
    double c = cos(degrees * M_PI / 180);
    double s = sin(degrees * M_PI / 180);
    double sum = 0;

    raster_clear(&f->raster, (struct draw_color){b, b, b, 1});
    for (int i = 0; i < 5; i++) { /* at five places within a pixel */
        double x = 32 + 40 * i + i * 0.2;
        double y = 32 + i * 0.2;
        const float xy[] = {(float)(x - 15 * c), (float)(y - 15 * s),
                            (float)(x + 15 * c), (float)(y + 15 * s)};

        line(f, xy, 2, &stroke, (struct draw_color){g, g, g, 1});
    }
    for (size_t i = 0; i < (size_t)f->raster.width_px * f->raster.height_px; i++)
        sum += light_of(f->raster.rgba[4 * i]) - light_of(ground);
    return sum / (light_of(grey) - light_of(ground)) / (5 * 30);
}

/* The mean of all angles and, in `worst`, how far one is off. */
static double
mean_light(struct fixture *f, int ground, int grey, float weight, double *worst)
{
    double sum = 0;

    *worst = 0;

    for (int degrees = 5; degrees < 90; degrees += 5) {
        double share = light_share(f, ground, grey, weight, degrees);

        *worst = fmax(*worst, fabs(share - 1));
        sum += share / 17;
    }
    return sum;
}

/* What weight is for (render/pass.c). */
TEST(thin_light_lines_keep_their_light_at_every_angle)
{
    struct fixture f = open_fixture(232, 64);
    double worst[2];
    double plain = mean_light(&f, 33, 214, 0, &worst[0]);
    double weighted = mean_light(&f, 33, 214, 0.7f, &worst[1]);

    assert_true(plain < 0.8);
    assert_true(weighted > 0.93 && worst[1] < 0.1);
    assert_true(worst[1] < worst[0]);
    plain = mean_light(&f, 245, 20, 0, &worst[0]);
    weighted = mean_light(&f, 245, 20, -0.35f, &worst[1]);
    assert_true(plain > 1.25 && weighted < plain - 0.07 && weighted > 1);
    assert_true(worst[1] < worst[0]);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caps_and_joins_look_as_blessed),
        cmocka_unit_test(rings_dashes_and_offsets_look_as_blessed),
        cmocka_unit_test(widths_look_as_blessed),
        cmocka_unit_test(a_half_transparent_stroke_is_one_surface),
        cmocka_unit_test(lines_agree_with_cairo),
        cmocka_unit_test(each_cap_join_dash_width_and_limit_agrees_with_cairo),
        cmocka_unit_test(rings_that_do_not_cross_themselves_agree_with_cairo_closely),
        cmocka_unit_test(a_straight_line_covers_length_times_width),
        cmocka_unit_test(lines_thinner_than_a_pixel_fade_instead),
        cmocka_unit_test(miters_over_the_limit_are_bevelled),
        cmocka_unit_test(round_joins_of_slight_turns_are_mitered),
        cmocka_unit_test(dashes_go_on_through_vertices_and_start_anew_in_each_part),
        cmocka_unit_test(dashes_far_outside_cost_nothing_and_keep_their_phase),
        cmocka_unit_test(an_offset_shifts_to_the_right_of_the_direction),
        cmocka_unit_test(rings_have_no_seam_where_they_start),
        cmocka_unit_test(a_window_shows_a_part_of_the_whole_stroke),
        cmocka_unit_test(points_are_dots_unless_the_cap_is_butt),
        cmocka_unit_test(a_line_that_turns_back_is_drawn_once),
        cmocka_unit_test(malformed_strokes_are_refused),
        cmocka_unit_test(huge_lines_are_clipped),
        cmocka_unit_test(thin_light_lines_keep_their_light_at_every_angle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
