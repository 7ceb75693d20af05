/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/clip.c. */
#include <test.h>

#include "clip.h"

#include <support/random.h>

#include <math.h>

static const struct clip_box BOX = {-64, -64, 4160, 4160};

/* A ring around a centre whose radius varies: never crosses itself. */
static uint32_t random_ring(struct test_random *r, double *xy, uint32_t max)
{
    uint32_t n = 3 + test_random_below(r, max - 4);
    double cx = test_random_in(r, -2000, 6000);
    double cy = test_random_in(r, -2000, 6000);
    double size = test_random_in(r, 10, 5000);

    for (uint32_t i = 0; i < n; i++) {
        double a = 2 * M_PI * i / n;
        double d = size * test_random_in(r, 0.3, 1);

        xy[2 * i] = cx + d * cos(a);
        xy[2 * i + 1] = cy + d * sin(a);
    }
    xy[2 * n] = xy[0];
    xy[2 * n + 1] = xy[1];
    return n + 1;
}

static bool contains(const double *xy, uint32_t n, double x, double y)
{
    bool inside = false;

    for (uint32_t i = 0; i + 1 < n; i++) {
        const double *a = xy + 2 * i;

        if ((a[1] > y) != (a[3] > y) &&
            x < a[0] + (a[2] - a[0]) * (y - a[1]) / (a[3] - a[1]))
            inside = !inside;
    }
    return inside;
}

TEST(a_cut_ring_is_closed_inside_the_box_and_cutting_again_changes_nothing)
{
    struct test_random r = test_random_new("clip ring");
    struct clip_path half = {0};
    struct clip_path once = {0};
    struct clip_path twice = {0};
    double xy[2 * 64];

    for (int i = 0; i < 5000; i++) {
        uint32_t n = random_ring(&r, xy, 60);

        clip_path_clear(&once);
        clip_path_clear(&twice);
        clip_ring(xy, n, BOX, &half, &once);
        assert_true(once.n_parts <= 1);
        if (once.n_parts == 0)
            continue;
        uint32_t m = once.n_points;
        assert_true(m >= 4);
        assert_true(once.xy[0] == once.xy[2 * m - 2] &&
                    once.xy[1] == once.xy[2 * m - 1]);
        for (uint32_t p = 0; p < m; p++) {
            assert_true(once.xy[2 * p] >= BOX.min_x && once.xy[2 * p] <= BOX.max_x);
            assert_true(once.xy[2 * p + 1] >= BOX.min_y &&
                        once.xy[2 * p + 1] <= BOX.max_y);
        }
        clip_ring(once.xy, m, BOX, &half, &twice);
        assert_int_equal(twice.n_points, m);
        assert_memory_equal(twice.xy, once.xy, m * 2 * sizeof(double));
    }
    clip_path_release(&half);
    clip_path_release(&once);
    clip_path_release(&twice);
}

TEST(cutting_into_two_halves_keeps_the_area_and_the_orientation)
{
    struct test_random r = test_random_new("clip area");
    struct clip_path half = {0};
    struct clip_path out = {0};
    double xy[2 * 64];

    for (int i = 0; i < 5000; i++) {
        uint32_t n = random_ring(&r, xy, 60);
        double at = test_random_in(&r, -2000, 6000);
        double whole = clip_ring_area2(xy, n);
        double sum = 0;

        for (int side = 0; side < 2; side++) {
            struct clip_box box = {side ? at : -1e6, -1e6, side ? 1e6 : at, 1e6};

            clip_path_clear(&out);
            clip_ring(xy, n, box, &half, &out);
            if (out.n_parts) {
                double area = clip_ring_area2(out.xy, out.n_points);

                assert_true(area * whole >= 0);
                sum += area;
            }
        }
        assert_true(fabs(sum - whole) <= 1e-9 * (fabs(whole) + 1e6));
    }
    clip_path_release(&half);
    clip_path_release(&out);
}

TEST(a_position_in_the_box_stays_inside_or_outside)
{
    struct test_random r = test_random_new("clip inside");
    struct clip_path half = {0};
    struct clip_path out = {0};
    double xy[2 * 64];

    for (int i = 0; i < 2000; i++) {
        uint32_t n = random_ring(&r, xy, 60);

        clip_path_clear(&out);
        clip_ring(xy, n, BOX, &half, &out);
        for (int k = 0; k < 20; k++) {
            double x = test_random_in(&r, BOX.min_x, BOX.max_x);
            double y = test_random_in(&r, BOX.min_y, BOX.max_y);

            assert_int_equal(contains(xy, n, x, y),
                             out.n_parts && contains(out.xy, out.n_points, x, y));
        }
    }
    clip_path_release(&half);
    clip_path_release(&out);
}

static double length_of(const struct clip_path *path)
{
    double sum = 0;
    uint32_t first = 0;

    for (uint32_t p = 0; p < path->n_parts; p++) {
        for (uint32_t i = first; i + 1 < path->part_end[p]; i++)
            sum += hypot(path->xy[2 * i + 2] - path->xy[2 * i],
                         path->xy[2 * i + 3] - path->xy[2 * i + 1]);
        first = path->part_end[p];
    }
    return sum;
}

TEST(a_line_cut_at_a_border_keeps_its_length)
{
    struct test_random r = test_random_new("clip line");
    struct clip_path out = {0};
    double xy[2 * 40];

    for (int i = 0; i < 3000; i++) {
        uint32_t n = 2 + test_random_below(&r, 38);
        double at = test_random_in(&r, -1000, 5000);
        double whole = 0;

        for (uint32_t k = 0; k < 2 * n; k++)
            xy[k] = test_random_in(&r, -1000, 5000);
        for (uint32_t k = 0; k + 1 < n; k++)
            whole += hypot(xy[2 * k + 2] - xy[2 * k], xy[2 * k + 3] - xy[2 * k + 1]);
        clip_path_clear(&out);
        clip_line(xy, n, (struct clip_box){-1e6, -1e6, at, 1e6}, &out);
        clip_line(xy, n, (struct clip_box){at, -1e6, 1e6, 1e6}, &out);
        assert_true(fabs(length_of(&out) - whole) < 1e-6 * whole);
    }
    clip_path_release(&out);
}

/* A straight line of a few degrees is 10^7 px long at zoom 22: what is left of a dash
 * may then be less than the distance between neighbouring doubles. */
TEST(dashes_far_along_a_long_line_come_to_an_end)
{
    static const struct clip_dashes dashes = {.length = {3.3, 1.7}, .n = 2};
    struct test_random r = test_random_new("long dashes");
    struct clip_path out = {0};

    for (int i = 0; i < 2000; i++) {
        double start = test_random_in(&r, -4e8, -1e7);
        double xy[4] = {start, test_random_in(&r, -50, 50), 1e8, 20};

        clip_path_clear(&out);
        clip_line_dashed(xy, 2, (struct clip_box){-500, -500, 500, 500}, &dashes, &out);
        /* 1000 px of 5 px each, and one cut at either side */
        assert_in_range(out.n_parts, 199, 202);
    }
    clip_path_release(&out);
}

TEST(dashes_go_on_across_a_border)
{
    static const struct clip_dashes dashes = {.length = {7, 3, 2, 5}, .n = 4};
    static const double xy[] = {-500, 20, 100, 30, 900, 700, 5000, 650};
    struct clip_path whole = {0};
    struct clip_path pieces = {0};

    clip_line_dashed(xy, 4, (struct clip_box){-1e6, -1e6, 1e6, 1e6}, &dashes, &whole);
    clip_line_dashed(xy, 4, (struct clip_box){-1e6, -1e6, 333, 1e6}, &dashes, &pieces);
    clip_line_dashed(xy, 4, (struct clip_box){333, -1e6, 1e6, 1e6}, &dashes, &pieces);
    assert_true(fabs(length_of(&whole) - length_of(&pieces)) < 1e-6);
    /* 9 of 17 units are drawn */
    double total = hypot(600, 10) + hypot(800, 670) + hypot(4100, 50);
    assert_true(fabs(length_of(&whole) - total * 9 / 17) < 9);
    /* one more piece when the border falls into a dash */
    assert_true(pieces.n_parts - whole.n_parts <= 1);
    clip_path_release(&whole);
    clip_path_release(&pieces);
}

TEST(the_frame_is_exact_at_the_last_zoom)
{
    uint32_t xy[] = {0xF1234567u, 0x12345679u};
    struct atlas_shape shape = {GEOM_POINT, 1, 1, xy, NULL};
    struct clip_scratch scratch = {0};
    struct clip_path out = {0};
    struct tile_frame frame =
        tile_frame_of(22, 0xF1234567u >> 10, 0x12345679u >> 10, 256);

    clip_shape(&shape, frame, (struct clip_box){0, 0, 256, 256}, false, NULL, &scratch,
               &out);
    assert_int_equal(out.n_points, 1);
    assert_true(out.xy[0] == (0x167 & 0x3FF) / 4.0);
    assert_true(out.xy[1] == (0x279 & 0x3FF) / 4.0);
    clip_scratch_release(&scratch);
    clip_path_release(&out);
}

/* A walk around some cells in steps of a tenth of a pixel, some along an axis. */
static void walk(struct test_random *r, uint32_t *xy, uint32_t n)
{
    uint32_t at[2] = {1u << 30, 1u << 29};

    for (uint32_t i = 0; i < n; i++) {
        uint32_t far = test_random_below(r, 20) ? 200 : 40000;

        for (uint32_t axis = 0; axis < 2; axis++)
            if (test_random_below(r, 4))
                at[axis] += (uint32_t)(test_random_in(r, -1, 1) * far);
        xy[2 * i] = at[0];
        xy[2 * i + 1] = at[1];
    }
    xy[2 * n - 2] = xy[0]; /* closed */
    xy[2 * n - 1] = xy[1];
}

/* Every edge of `part` that may be seen in the box is one of `whole`, which lies `by`
 * further left and up. */
static void is_of_whole(const struct clip_path *part,
                        const struct clip_path *whole,
                        double by,
                        struct clip_box box)
{
    for (uint32_t i = 0; i + 1 < part->n_points; i++) {
        const double *a = part->xy + 2 * i;
        bool found = fmax(a[0], a[2]) < box.min_x || fmin(a[0], a[2]) > box.max_x ||
                     fmax(a[1], a[3]) < box.min_y || fmin(a[1], a[3]) > box.max_y;

        for (uint32_t k = 0; k + 1 < whole->n_points && !found; k++) {
            const double *b = whole->xy + 2 * k;

            found = fabs(a[0] + by - b[0]) + fabs(a[1] + by - b[1]) +
                        fabs(a[2] + by - b[2]) + fabs(a[3] + by - b[3]) <
                    1e-9;
        }
        assert_true(found);
    }
}

TEST(vertices_are_thinned_and_snapped_alike_in_every_tile)
{
    enum { N = 400, BITS = 9 }; /* half a pixel of 1024 units */
    static const double side = 256;
    struct test_random r = test_random_new("thinned");
    uint32_t xy[2 * N];
    uint32_t end = N;
    struct atlas_shape shape = {GEOM_LINE, N, 1, xy, &end};
    struct clip_path whole = {0};
    struct clip_path part = {0};
    uint32_t n_left_out = 0;

    for (int i = 0; i < 50; i++) {
        struct tile_frame frame = {.x0 = (1 << 30) - (100 << 10),
                                   .y0 = (1 << 29) - (100 << 10),
                                   .scale = 1.0 / 1024,
                                   .thin_bits = BITS,
                                   .snap = {8, {0.5, 0.5}}};
        struct clip_box box = {-4, -4, side + 4, side + 4};
        struct clip_window window;

        walk(&r, xy, N);
        clip_thinned(&shape, 0, N, frame, NULL, &whole);
        assert_true(whole.n_points < N);
        frame.x0 += 90 << 10; /* another tile, whose border crosses it */
        frame.y0 += 90 << 10;
        window = clip_window_of(frame, box);
        clip_thinned(&shape, 0, N, frame, &window, &part);
        n_left_out += whole.n_points - part.n_points;
        is_of_whole(&part, &whole, 90, box);
    }
    assert_true(n_left_out > 1000);
    clip_path_release(&whole);
    clip_path_release(&part);
}

TEST(long_edges_along_an_axis_fill_whole_pixels)
{
    /* a box on thirds of a pixel, with a corner cut off by a short edge */
    uint32_t xy[] = {100341, 100341, 150341, 100341, 150341, 130341,
                     149341, 131341, 100341, 131341, 100341, 100341};
    uint32_t end = 6;
    struct atlas_shape shape = {GEOM_LINE, 6, 1, xy, &end};
    struct tile_frame frame = {.scale = 1.0 / 1024, .snap = {8, {0.5, 0}}};
    struct clip_path out = {0};

    clip_thinned(&shape, 0, 6, frame, NULL, &out);
    assert_int_equal(out.n_points, 6);
    for (uint32_t i = 0; i < 12; i++) {
        double moved = out.xy[i] - xy[i] / 1024.0;
        double whole = out.xy[i] + (i % 2 ? 0 : 0.5);

        assert_true(fabs(moved) <= 0.5);
        if (i != 5 && i != 6) /* of the short edge: no other one moves it */
            assert_true(whole == floor(whole));
    }
    assert_true(out.xy[10] == out.xy[0] && out.xy[11] == out.xy[1]);
    assert_true(out.xy[5] == xy[5] / 1024.0 && out.xy[6] == xy[6] / 1024.0);
    clip_path_release(&out);
}

TEST(a_ring_that_is_cut_goes_on_over_its_start)
{
    uint32_t xy[] = {50, 50, 150, 50, 150, 150, 50, 150, 50, 50};
    uint32_t end = 5;
    struct atlas_shape shape = {GEOM_AREA, 5, 1, xy, &end};
    struct tile_frame frame = {.scale = 1};
    struct clip_scratch scratch = {0};
    struct clip_path out = {0};

    clip_shape(&shape, frame, (struct clip_box){0, 0, 100, 100}, false, NULL, &scratch,
               &out);
    assert_int_equal(out.n_parts, 1);
    assert_int_equal(out.n_points, 3);
    assert_true(out.xy[0] == 50 && out.xy[1] == 100);
    assert_true(out.xy[2] == 50 && out.xy[3] == 50);
    assert_true(out.xy[4] == 100 && out.xy[5] == 50);
    clip_scratch_release(&scratch);
    clip_path_release(&out);
}

/* Against each vertex looked at alone: shapes that stay on one side for long. */
TEST(what_lies_beside_a_window_is_passed_over_alike)
{
    struct test_random r = test_random_new("clip beside");
    struct clip_window w = {4000000000u, 1000, 4294967295u, 90000};
    struct tile_frame frame = {.x0 = 4000000000u, .y0 = 1000, .scale = 1};
    struct clip_path local = {0};
    uint32_t xy[2 * 400];
    unsigned n_sides[3] = {0};

    for (int round = 0; round < 2000; round++) {
        uint32_t n = 1 + test_random_below(&r, 400);
        unsigned all = 15;
        unsigned any = 0;
        unsigned last = 0;
        uint32_t n_put = 0;
        unsigned codes[400];
        double x = test_random_in(&r, 3.9e9, 4.29e9);
        double y = test_random_in(&r, 0, 2e5);
        double step = test_random_in(&r, 10, 1e6);

        for (uint32_t i = 0; i < n; i++) {
            x = fmin(fmax(x + test_random_in(&r, -step, step), 0), 4294967295.0);
            y = fmin(fmax(y + test_random_in(&r, -step, step) / 100, 0), 4294967295.0);
            xy[2 * i] = (uint32_t)x;
            xy[2 * i + 1] = (uint32_t)y;
            codes[i] = (unsigned)(xy[2 * i] < w.min_x) |
                       (unsigned)(xy[2 * i] > w.max_x) << 1 |
                       (unsigned)(xy[2 * i + 1] < w.min_y) << 2 |
                       (unsigned)(xy[2 * i + 1] > w.max_y) << 3;
            all &= codes[i];
            any |= codes[i];
        }
        enum clip_side side = !any ? CLIP_INSIDE : all ? CLIP_OUTSIDE : CLIP_ACROSS;
        struct atlas_shape shape = {
            .kind = GEOM_LINE, .n_points = n, .n_parts = 1, .xy = xy, .part_end = &n};

        assert_int_equal(clip_side_of(xy, n, w), side);
        n_sides[side]++;
        clip_local(&shape, 0, n, frame, w, &local);
        for (uint32_t i = 0; i < n; i++) {
            if (i > 0 && i + 1 < n && (last & codes[i] & codes[i + 1]))
                continue;
            assert_true(n_put < local.n_points);
            assert_true(local.xy[2 * n_put] == (double)xy[2 * i] - 4000000000.0);
            n_put++;
            last = codes[i];
        }
        assert_int_equal(n_put, local.n_points);
    }
    for (int i = 0; i < 3; i++)
        assert_true(n_sides[i] > 20);
    clip_path_release(&local);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_beside_a_window_is_passed_over_alike),
        cmocka_unit_test(
            a_cut_ring_is_closed_inside_the_box_and_cutting_again_changes_nothing),
        cmocka_unit_test(cutting_into_two_halves_keeps_the_area_and_the_orientation),
        cmocka_unit_test(a_position_in_the_box_stays_inside_or_outside),
        cmocka_unit_test(a_line_cut_at_a_border_keeps_its_length),
        cmocka_unit_test(dashes_far_along_a_long_line_come_to_an_end),
        cmocka_unit_test(dashes_go_on_across_a_border),
        cmocka_unit_test(the_frame_is_exact_at_the_last_zoom),
        cmocka_unit_test(vertices_are_thinned_and_snapped_alike_in_every_tile),
        cmocka_unit_test(long_edges_along_an_axis_fill_whole_pixels),
        cmocka_unit_test(a_ring_that_is_cut_goes_on_over_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
