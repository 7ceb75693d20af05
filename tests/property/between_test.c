/* SPDX-License-Identifier: Apache-2.0 */
/* Proves geom_between_m against dense sampling. */
#include <test.h>

#include <engine/geom.h>
#include <support/random.h>

#include <math.h>

enum { N = 24, STEPS = 16 };

struct shape {
    double xy[2 * (N + 1)];
    uint32_t end;
    uint32_t area_end;
    struct geom geom;
};

/* A star-shaped ring or a closed line around (lon, lat). */
static void make(struct shape *s,
                 struct test_random *r,
                 enum geom_kind kind,
                 double lon,
                 double lat,
                 double radius)
{
    for (int i = 0; i < N; i++) {
        double angle = i * 6.283185307179586 / N;
        double far = radius * test_random_in(r, 0.4, 1);

        s->xy[2 * i] = lon + far * cos(angle);
        s->xy[2 * i + 1] = lat + far * sin(angle);
    }
    s->xy[2 * N] = s->xy[0];
    s->xy[2 * N + 1] = s->xy[1];
    s->end = N + 1;
    s->area_end = 1;
    s->geom =
        (struct geom){kind, N + 1, 1, kind == GEOM_AREA, s->xy, &s->end, &s->area_end};
}

/* The least distance from `a` to points along the edges of `b`. */
static double sampled_m(const struct geom *a, const struct geom *b)
{
    double best = HUGE_VAL;

    for (uint32_t i = 0; i + 1 < b->n_points; i++)
        for (int step = 0; step <= STEPS; step++) {
            double t = (double)step / STEPS;
            const double *p = b->lonlat + 2 * (size_t)i;

            best = fmin(best, geom_distance_m(a, p[0] + t * (p[2] - p[0]),
                                              p[1] + t * (p[3] - p[1]), NULL, NULL));
        }
    return best;
}

TEST(the_distance_between_shapes_is_that_of_their_nearest_edges)
{
    struct test_random r = test_random_new("between");

    for (int i = 0; i < 200; i++) {
        struct shape a;
        struct shape b;
        double lon;
        double lat;

        make(&a, &r, i % 2 ? GEOM_AREA : GEOM_LINE, test_random_in(&r, 115, 122),
             test_random_in(&r, 28, 35), 0.3);
        make(&b, &r, i % 3 ? GEOM_AREA : GEOM_LINE, test_random_in(&r, 115, 122),
             test_random_in(&r, 28, 35), 0.3);
        double expected =
            fmin(sampled_m(&a.geom, &b.geom), sampled_m(&b.geom, &a.geom));
        double got = geom_between_m(&a.geom, &b.geom, HUGE_VAL, &lon, &lat);

        assert_true(got <= expected + 1e-3);
        if (got ==
            0) { /* crossing edges: a sample lies within a step of the crossing */
            assert_true(expected < 0.3 * 2 / STEPS * 111320);
        } else { /* apart: the samples hold every vertex */
            assert_true(fabs(got - expected) <= 0.01 + expected * 1e-5);
            assert_true(fabs(geom_distance_m(&a.geom, lon, lat, NULL, NULL) - got) <=
                        0.01 + got * 1e-5);
            assert_true(geom_between_m(&a.geom, &b.geom, got * 0.9, NULL, NULL) ==
                        HUGE_VAL);
        }
        assert_true(fabs(geom_between_m(&b.geom, &a.geom, HUGE_VAL, NULL, NULL) -
                         got) <= 0.01 + got * 1e-5);
    }
}

TEST(bars_that_cross_without_a_vertex_inside_touch)
{
    double across[] = {120, 31, 122, 31, 122, 31.1, 120, 31.1, 120, 31};
    double down[] = {121, 30, 121.1, 30, 121.1, 32, 121, 32, 121, 30};
    uint32_t end = 5;
    uint32_t one = 1;
    struct geom a = {GEOM_AREA, 5, 1, 1, across, &end, &one};
    struct geom b = {GEOM_AREA, 5, 1, 1, down, &end, &one};

    assert_true(geom_between_m(&a, &b, HUGE_VAL, NULL, NULL) == 0);
    assert_true(geom_between_m(&b, &a, HUGE_VAL, NULL, NULL) == 0);
}

TEST(what_lies_inside_is_no_distance_away)
{
    struct test_random r = test_random_new("inside");
    struct shape outer;
    struct shape inner;
    double inside[] = {120.01, 31.01};
    double outside[] = {121, 31};
    struct geom point = {GEOM_POINT, 1, 0, 0, inside, NULL, NULL};

    make(&outer, &r, GEOM_AREA, 120, 31, 0.5);
    make(&inner, &r, GEOM_AREA, 120, 31, 0.05);
    assert_true(geom_between_m(&outer.geom, &inner.geom, 1000, NULL, NULL) == 0);
    assert_true(geom_between_m(&inner.geom, &outer.geom, 1000, NULL, NULL) == 0);
    assert_true(geom_between_m(&outer.geom, &point, 1000, NULL, NULL) == 0);
    point.lonlat = outside;
    assert_true(fabs(geom_between_m(&outer.geom, &point, HUGE_VAL, NULL, NULL) -
                     geom_distance_m(&outer.geom, 121, 31, NULL, NULL)) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_between_shapes_is_that_of_their_nearest_edges),
        cmocka_unit_test(bars_that_cross_without_a_vertex_inside_touch),
        cmocka_unit_test(what_lies_inside_is_no_distance_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
