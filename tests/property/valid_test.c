/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/place: what is taken as valid, GEOS takes as valid, and what GEOS takes
 * is taken; mended areas are valid; good areas pass as they are. */
#include <test.h>

#include <support/random.h>

#include <place/shape.h>
#include <place/simple.h>

#include <geos_c.h>

#include <math.h>
#include <stdlib.h>

enum { MAX_POINTS = 400, MAX_RINGS = 64 };

/* An area of one outer ring and holes, or several areas; closed. */
struct drawing {
    double xy[2 * MAX_POINTS];
    uint32_t ends[MAX_RINGS];
    uint32_t area_ends[MAX_RINGS];
    struct geom g;
};

static GEOSContextHandle_t geos;
static struct im_arena *arena;
static struct crs_transform degrees;

static bool geos_takes(const struct geom *g)
{
    GEOSGeometry *polygons[MAX_RINGS];
    uint32_t ring = 0;

    for (uint32_t a = 0; a < g->n_areas; a++) {
        GEOSGeometry *rings[MAX_RINGS];
        unsigned n = 0;

        for (; ring < g->area_end[a]; ring++) {
            uint32_t first = ring ? g->part_end[ring - 1] : 0;

            rings[n++] = GEOSGeom_createLinearRing_r(
                geos, GEOSCoordSeq_copyFromBuffer_r(geos, g->lonlat + 2 * (size_t)first,
                                                    g->part_end[ring] - first, 0, 0));
        }
        polygons[a] = GEOSGeom_createPolygon_r(geos, rings[0], rings + 1, n - 1);
    }
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, polygons, g->n_areas);
    bool takes = GEOSisValid_r(geos, all) == 1;
    GEOSGeom_destroy_r(geos, all);
    return takes;
}

static void begin(struct drawing *d)
{
    d->g = (struct geom){.kind = GEOM_AREA,
                         .lonlat = d->xy,
                         .part_end = d->ends,
                         .area_end = d->area_ends};
}

static void add(struct drawing *d, double x, double y)
{
    d->xy[2 * d->g.n_points] = x;
    d->xy[2 * d->g.n_points + 1] = y;
    d->g.n_points++;
}

static void end_ring(struct drawing *d, uint32_t first, bool is_outer)
{
    add(d, d->xy[2 * first], d->xy[2 * first + 1]);
    geom_ring_orient(d->xy + 2 * (size_t)first, d->g.n_points - first, is_outer);
    d->ends[d->g.n_parts++] = d->g.n_points;
    if (is_outer)
        d->g.n_areas++;
    d->area_ends[d->g.n_areas - 1] = d->g.n_parts;
}

/* A star around a centre: simple, unless its radii are of a kind that may cross. */
static void add_star(struct drawing *d,
                     struct test_random *r,
                     double x,
                     double y,
                     double size,
                     uint32_t n,
                     bool is_outer)
{
    uint32_t first = d->g.n_points;

    for (uint32_t i = 0; i < n; i++) {
        double angle = 6.283185307179586 * (i + test_random_in(r, 0, 0.9)) / n;
        double radius = size * test_random_in(r, 0.3, 1);

        add(d, x + radius * cos(angle), y + radius * sin(angle));
    }
    end_ring(d, first, is_outer);
}

/* Corners on a small grid: touching, overlapping, repeated and crossing all the time.
 */
static void add_grid_ring(struct drawing *d, struct test_random *r, bool is_outer)
{
    uint32_t first = d->g.n_points;
    uint32_t n = 3 + test_random_below(r, 6);

    for (uint32_t i = 0; i < n; i++)
        add(d, 120 + 0.125 * test_random_below(r, 7),
            31 + 0.125 * test_random_below(r, 7));
    end_ring(d, first, is_outer);
}

static struct shape make(const struct geom *g, bool repair)
{
    struct layer_schema schema = {.geometry = SCHEMA_AREA};
    struct shape_rules rules = {.schema = &schema, .crs = &degrees, .repair = repair};
    struct shape s;

    im_arena_reset(arena);
    shape_make(&rules, g, arena, &s);
    return s;
}

static void assert_same(const struct geom *a, const struct geom *b)
{
    assert_int_equal(a->n_points, b->n_points);
    assert_int_equal(a->n_parts, b->n_parts);
    assert_int_equal(a->n_areas, b->n_areas);
    for (uint32_t i = 0; i < 2 * a->n_points; i++)
        assert_true(fabs(a->lonlat[i] - b->lonlat[i]) < 1e-9);
}

TEST(random_valid_areas_pass_as_they_are)
{
    struct test_random r = test_random_new("valid areas");
    struct drawing d;

    for (int k = 0; k < 3000; k++) {
        begin(&d);
        add_star(&d, &r, 120, 31, 1, 3 + test_random_below(&r, 90), true);
        if (k % 2 && d.g.n_points > 12)
            add_star(&d, &r, 120, 31, 0.05, 3 + test_random_below(&r, 9), false);
        if (k % 3 == 0)
            add_star(&d, &r, 122.5, 31, 0.9, 3 + test_random_below(&r, 60), true);
        if (!geos_takes(&d.g))
            continue;
        double place[2];
        im_arena_reset(arena);
        assert_int_equal(simple_check(&d.g, arena, place), SIMPLE_VALID);
        struct shape s = make(&d.g, k % 5 == 0);
        assert_null(s.refusal.code);
        assert_int_equal(s.repairs, 0);
        assert_same(&s.geom, &d.g);
    }
}

TEST(the_verdict_on_any_drawing_is_that_of_geos)
{
    struct test_random r = test_random_new("verdicts");
    struct drawing d;
    unsigned n_valid = 0;
    unsigned n_proved = 0;

    for (int k = 0; k < 60000; k++) {
        uint32_t holes = test_random_below(&r, 3);

        begin(&d);
        add_grid_ring(&d, &r, true);
        for (uint32_t i = 0; i < holes; i++)
            add_grid_ring(&d, &r, k % 3 == 0);
        bool has_area = true;
        for (uint32_t i = 0, first = 0; i < d.g.n_parts; first = d.ends[i++])
            has_area = has_area && fabs(geom_ring_area2(d.xy + 2 * (size_t)first,
                                                        d.ends[i] - first)) > 1e-9;
        if (!has_area)
            continue;
        bool takes = geos_takes(&d.g);
        double place[2];
        im_arena_reset(arena);
        enum simple_verdict verdict = simple_check(&d.g, arena, place);
        if (verdict != SIMPLE_UNSURE && (verdict == SIMPLE_VALID) != takes)
            fail_msg("drawing %d: GEOS says %d, the sweep %d", k, takes, verdict);
        struct shape s = make(&d.g, false);
        assert_int_equal(!s.refusal.code, takes);
        n_valid += takes;
        n_proved += verdict == SIMPLE_VALID;
    }
    assert_true(n_valid > 500 && n_proved > 200); /* the drawings are worth it */
}

TEST(mended_areas_are_valid_and_stay)
{
    struct test_random r = test_random_new("mended");
    struct drawing d;
    unsigned n_mended = 0;

    for (int k = 0; k < 10000; k++) {
        begin(&d);
        add_grid_ring(&d, &r, true);
        if (k % 2)
            add_star(&d, &r, 121.5, 31, 0.6, 12, true);
        struct shape s = make(&d.g, true);
        if (s.refusal.code)
            continue;
        assert_true(geos_takes(&s.geom));
        n_mended += (s.repairs & SHAPE_MADE_VALID) != 0;
        struct im_arena *keep = arena;
        arena = im_arena_new(1 << 24);
        struct shape again = make(&s.geom, true);
        assert_null(again.refusal.code);
        assert_int_equal(again.repairs, 0);
        assert_same(&again.geom, &s.geom);
        im_arena_free(arena);
        arena = keep;
    }
    assert_true(n_mended > 500);
}

TEST(closing_is_done_once)
{
    struct test_random r = test_random_new("closing");
    struct drawing d;

    for (int k = 0; k < 500; k++) {
        begin(&d);
        add_star(&d, &r, 120, 31, 1, 4 + test_random_below(&r, 40), true);
        if (!geos_takes(&d.g))
            continue;
        struct geom open = d.g;
        open.n_points--;
        d.ends[0]--;
        struct shape s = make(&open, true);
        assert_null(s.refusal.code);
        assert_int_equal(s.repairs, SHAPE_CLOSED);
        d.ends[0]++;
        assert_same(&s.geom, &d.g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_valid_areas_pass_as_they_are),
        cmocka_unit_test(the_verdict_on_any_drawing_is_that_of_geos),
        cmocka_unit_test(mended_areas_are_valid_and_stay),
        cmocka_unit_test(closing_is_done_once),
    };

    geos = GEOS_init_r();
    arena = im_arena_new(1 << 24);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    im_arena_free(arena);
    GEOS_finish_r(geos);
    return failed;
}
