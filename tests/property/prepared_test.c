/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/geom/prepared.c and geos.c: tables of edges answer exactly as all edges
 * do, lines and areas as unprepared GEOS does. */
#include <test.h>

#include <support/random.h>

#include <engine/geom_geos.h>

#include <engine/geom_prepared.h>

#include <math.h>

enum { MAX_POINTS = 4096, MAX_RINGS = 32, ARENA_BYTES = 64 << 20 };

struct drawing {
    double xy[2 * MAX_POINTS];
    uint32_t ends[MAX_RINGS];
    uint32_t area_ends[MAX_RINGS];
    struct geom g;
};

static struct im_arena *arena;
static GEOSContextHandle_t geos;
static struct drawing drawing_a;
static struct drawing drawing_b;

static int set_up(void **state)
{
    (void)state;
    arena = im_arena_new(ARENA_BYTES);
    geos = GEOS_init_r();
    return !arena || !geos;
}

static int tear_down(void **state)
{
    (void)state;
    GEOS_finish_r(geos);
    im_arena_free(arena);
    return 0;
}

static void begin(struct drawing *d, enum geom_kind kind)
{
    d->g = (struct geom){.kind = kind,
                         .lonlat = d->xy,
                         .part_end = kind == GEOM_POINT ? NULL : d->ends,
                         .area_end = kind == GEOM_AREA ? d->area_ends : NULL};
}

static void add(struct drawing *d, double x, double y)
{
    d->xy[2 * d->g.n_points] = x;
    d->xy[2 * d->g.n_points + 1] = y;
    d->g.n_points++;
}

/* On a grid, so that vertices, edges and levels coincide, or anywhere. */
static double snap(double v, bool on_grid)
{
    return on_grid ? floor(v * 4) / 4 : v;
}

static void add_ring(struct drawing *d,
                     struct test_random *r,
                     double radius,
                     uint32_t n,
                     bool on_grid,
                     bool is_outer)
{
    double x = test_random_in(r, -4, 4);
    double y = test_random_in(r, -4, 4);
    uint32_t first = d->g.n_points;

    for (uint32_t i = 0; i < n; i++) {
        double angle = 6.283185307179586 * i / n;
        double far = radius * test_random_in(r, 0.3, 1);

        add(d, snap(x + far * cos(angle), on_grid),
            snap(y + far * sin(angle), on_grid));
    }
    add(d, d->xy[2 * first], d->xy[2 * first + 1]);
    geom_ring_orient(d->xy + 2 * (size_t)first, n + 1, is_outer);
    d->ends[d->g.n_parts++] = d->g.n_points;
    if (is_outer)
        d->g.n_areas++;
    d->area_ends[d->g.n_areas - 1] = d->g.n_parts;
}

/* Rings that touch, cross and repeat: even-odd holds for all of them. */
static void draw_area(struct drawing *d, struct test_random *r, uint32_t n_vertices)
{
    bool on_grid = test_random_below(r, 2);
    uint32_t n_rings = 1 + test_random_below(r, 4);

    begin(d, GEOM_AREA);
    for (uint32_t i = 0; i < n_rings; i++)
        add_ring(d, r, test_random_in(r, 0.5, 6), n_vertices, on_grid,
                 i == 0 || test_random_below(r, 2));
}

static void draw_line(struct drawing *d, struct test_random *r)
{
    bool on_grid = test_random_below(r, 2);
    uint32_t n_lines = 1 + test_random_below(r, 3);

    begin(d, GEOM_LINE);
    for (uint32_t i = 0; i < n_lines; i++) {
        double x = test_random_in(r, -8, 8);
        double y = test_random_in(r, -8, 8);

        for (uint32_t k = 2 + test_random_below(r, 4); k > 0; k--)
            add(d, snap(x + test_random_in(r, -3, 3), on_grid),
                snap(y + test_random_in(r, -3, 3), on_grid));
        d->ends[d->g.n_parts++] = d->g.n_points;
    }
}

static void draw_points(struct drawing *d, struct test_random *r)
{
    bool on_grid = test_random_below(r, 2);

    begin(d, GEOM_POINT);
    for (uint32_t k = 1 + test_random_below(r, 3); k > 0; k--)
        add(d, snap(test_random_in(r, -8, 8), on_grid),
            snap(test_random_in(r, -8, 8), on_grid));
}

TEST(bands_contain_what_all_edges_contain)
{
    struct test_random r = test_random_new("bands");
    int n_inside = 0;

    for (int round = 0; round < 300; round++) {
        uint32_t n = 3 + test_random_below(&r, round % 10 ? 40 : 900);

        im_arena_reset(arena);
        draw_area(&drawing_a, &r, n);
        struct geom_prepared *p = geom_prepared_new(&drawing_a.g, arena);
        assert_non_null(p);
        for (int i = 0; i < 300; i++) {
            double x = snap(test_random_in(&r, -11, 11), i % 2);
            double y = snap(test_random_in(&r, -11, 11), i % 2);
            bool inside = geom_contains(&drawing_a.g, x, y);

            assert_int_equal(geom_prepared_contains(p, x, y), inside);
            n_inside += inside;
        }
        for (uint32_t i = 0; i < drawing_a.g.n_points; i++) /* the edge belongs to it */
            assert_true(geom_prepared_contains(p, drawing_a.xy[2 * i],
                                               drawing_a.xy[2 * i + 1]));
    }
    assert_true(n_inside > 5000);
}

TEST(tall_edges_do_not_fill_the_memory)
{
    struct drawing *d = &drawing_a;

    /* a comb whose teeth go through every band, each a little shorter */
    begin(d, GEOM_AREA);
    for (uint32_t i = 0; i < 2000; i++) {
        add(d, i * 1e-3, 0);
        add(d, (i + 0.5) * 1e-3, 10 - i * 1e-3);
    }
    add(d, 2, -1);
    add(d, 0, -1);
    add(d, 0, 0);
    d->ends[0] = d->g.n_points;
    d->area_ends[0] = 1;
    d->g.n_parts = d->g.n_areas = 1;

    struct im_arena *small = im_arena_new(48 * d->g.n_points);
    struct geom_prepared *p = geom_prepared_new(&d->g, small);
    assert_non_null(p);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(geom_prepared_contains(p, i * 1.1e-3, i * 0.004),
                         geom_contains(&d->g, i * 1.1e-3, i * 0.004));
    im_arena_free(small);
}

TEST(outlines_without_height_and_without_points_are_asked_safely)
{
    double flat[] = {0, 1, 5, 1, 9, 1, 0, 1};
    uint32_t end = 4;
    uint32_t area = 1;
    struct geom g = {GEOM_AREA, 4, 1, 1, flat, &end, &area};
    struct geom none = {.kind = GEOM_AREA};
    struct geom empty = {.kind = GEOM_EMPTY};
    struct geom_prepared *p = geom_prepared_new(&g, arena);

    assert_true(geom_prepared_contains(p, 3, 1));
    assert_false(geom_prepared_contains(p, 3, 1.0000001));
    assert_false(geom_prepared_contains(p, NAN, 1));
    assert_false(geom_prepared_contains(p, 3, NAN));
    assert_false(geom_prepared_intersects(p, &empty));
    assert_false(geom_prepared_covers(p, &empty));
    p = geom_prepared_new(&none, arena);
    assert_false(geom_prepared_contains(p, 0, 0));
    p = geom_prepared_new(&empty, arena);
    assert_false(geom_prepared_intersects(p, &g));
    assert_false(geom_prepared_covers(p, &g));
    assert_false(geom_prepared_failed(p));
}

/* Draw until GEOS takes it as valid: its predicates promise nothing for others. */
static void draw_valid(struct drawing *d, struct test_random *r, enum geom_kind kind)
{
    bool valid;

    do {
        if (kind == GEOM_POINT)
            draw_points(d, r);
        else if (kind == GEOM_LINE)
            draw_line(d, r);
        else
            draw_area(d, r, 3 + test_random_below(r, 6));
        GEOSGeometry *g = geom_to_geos(geos, &d->g);
        valid = g && GEOSisValid_r(geos, g) == 1;
        GEOSGeom_destroy_r(geos, g);
    } while (!valid);
}

TEST(predicates_equal_unprepared_geos)
{
    struct test_random r = test_random_new("predicates");
    int n_intersecting = 0;
    int n_covering = 0;

    for (int round = 0; round < 4000; round++) {
        im_arena_reset(arena);
        draw_valid(&drawing_a, &r,
                   round % 4 ? GEOM_AREA : 1 + test_random_below(&r, 3));
        draw_valid(&drawing_b, &r, 1 + test_random_below(&r, 3));
        struct geom_prepared *p = geom_prepared_new(&drawing_a.g, arena);
        GEOSGeometry *a = geom_to_geos(geos, &drawing_a.g);
        GEOSGeometry *b = geom_to_geos(geos, &drawing_b.g);
        bool intersects = GEOSIntersects_r(geos, a, b) == 1;
        bool covers = GEOSCovers_r(geos, a, b) == 1;

        assert_non_null(p);
        assert_int_equal(geom_prepared_intersects(p, &drawing_b.g), intersects);
        assert_int_equal(geom_prepared_covers(p, &drawing_b.g), covers);
        assert_int_equal(geom_prepared_covers(p, &drawing_a.g), true);
        assert_false(geom_prepared_failed(p));
        n_intersecting += intersects;
        n_covering += covers;
        GEOSGeom_destroy_r(geos, a);
        GEOSGeom_destroy_r(geos, b);
    }
    assert_true(n_intersecting > 400);
    assert_true(n_covering > 40);
}

TEST(what_geos_does_not_take_is_told)
{
    double open[] = {0, 0, 5, 0, 5, 5, 0, 5};
    double cross[] = {-1, 2, 9, 2};
    uint32_t end = 4;
    uint32_t area = 1;
    uint32_t line_end = 2;
    struct geom g = {GEOM_AREA, 4, 1, 1, open, &end, &area};
    struct geom line = {GEOM_LINE, 2, 1, 0, cross, &line_end, NULL};
    struct geom_prepared *p = geom_prepared_new(&g, arena);

    assert_false(geom_prepared_failed(p));
    assert_false(geom_prepared_intersects(p, &line));
    assert_true(geom_prepared_failed(p));
}

TEST(without_memory_there_is_nothing)
{
    struct im_arena *small = im_arena_new(256);

    begin(&drawing_a, GEOM_AREA);
    struct test_random r = test_random_new("memory");
    draw_area(&drawing_a, &r, 100);
    assert_null(geom_prepared_new(&drawing_a.g, small));
    im_arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_contain_what_all_edges_contain),
        cmocka_unit_test(tall_edges_do_not_fill_the_memory),
        cmocka_unit_test(outlines_without_height_and_without_points_are_asked_safely),
        cmocka_unit_test(predicates_equal_unprepared_geos),
        cmocka_unit_test(what_geos_does_not_take_is_told),
        cmocka_unit_test(without_memory_there_is_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
