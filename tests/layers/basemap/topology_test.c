/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/basemap/topology.c on outlines small enough to draw on paper. */
#include <test.h>

#include "admin.h"
#include "topology.h"

#include <math.h>

struct fixture {
    struct geos g;
    struct unit_set units;
    struct topology t;
};

static void add(struct fixture *f, int32_t code, const struct grid_point *p, size_t n)
{
    assert_true(unit_set_add_unit(&f->units, code, "甲"));
    assert_true(unit_set_add_ring(&f->units, 0));
    for (size_t i = 0; i < n; i++)
        assert_true(unit_set_add_point(&f->units, p[i]));
    unit_set_end_ring(&f->units);
}

static void build(struct fixture *f, int32_t loser, double max_gap)
{
    struct im_error err = {0};

    assert_int_equal(geos_init(&f->g, &err), IM_OK);
    assert_int_equal(topology_build(&f->g, &f->units,
                                    (struct topology_rules){loser, max_gap}, &f->t,
                                    &err),
                     IM_OK);
}

static void release(struct fixture *f)
{
    topology_release(&f->g, &f->t);
    unit_set_release(&f->units);
    geos_release(&f->g);
}

static double area_of(struct fixture *f, size_t unit)
{
    bool member[8] = {false};
    double area = -1;

    member[unit] = true;
    GEOSGeometry *geom = topology_area(&f->g, &f->t, member);
    assert_non_null(geom);
    assert_int_equal(GEOSisValid_r(f->g.h, geom), 1);
    assert_int_equal(GEOSArea_r(f->g.h, geom, &area), 1);
    GEOSGeom_destroy_r(f->g.h, geom);
    return area;
}

static double border_length(const struct fixture *f, int32_t a, int32_t b)
{
    double sum = 0;

    for (size_t i = 0; i < f->t.n_edges; i++) {
        const struct topology_edge *e = &f->t.edge[i];

        if (e->owner[0] == a && e->owner[1] == b)
            sum += hypot(e->a.x - e->b.x, e->a.y - e->b.y);
    }
    return sum;
}

/* Left square 10 x 10; the right one overlaps it by 2 columns and is larger, so the
 * left one keeps the overlap. */
TEST(an_overlap_goes_to_the_smaller_unit_and_the_border_is_shared_once)
{
    static const struct grid_point left[] = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
    static const struct grid_point right[] = {{8, 0}, {20, 0}, {20, 10}, {8, 10}};
    struct fixture f = {0};

    add(&f, 320100, left, 4);
    add(&f, 320200, right, 4);
    build(&f, TOPOLOGY_NOBODY, 0);
    assert_true(area_of(&f, 0) == 100);
    assert_true(area_of(&f, 1) == 100);
    assert_true(f.t.overlap == 20);
    assert_true(border_length(&f, 0, 1) == 10);
    assert_true(border_length(&f, TOPOLOGY_NOBODY, 0) == 30);
    assert_true(border_length(&f, TOPOLOGY_NOBODY, 1) == 30);
    release(&f);
}

TEST(the_loser_gives_way_although_it_is_smaller)
{
    static const struct grid_point left[] = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
    static const struct grid_point right[] = {{8, 0}, {30, 0}, {30, 10}, {8, 10}};
    struct fixture f = {0};

    add(&f, 310151, left, 4);
    add(&f, 320600, right, 4);
    build(&f, 0, 0);
    assert_true(area_of(&f, 0) == 80);
    assert_true(area_of(&f, 1) == 220);
    release(&f);
}

/* Three units around a hole of 2 x 6; the upper left one touches it along 6 + 1. */
TEST(a_small_gap_goes_to_the_neighbour_with_the_longest_contact)
{
    static const struct grid_point left[] = {{0, 0},  {9, 0},   {9, 2}, {9, 8},
                                             {10, 8}, {10, 10}, {0, 10}};
    static const struct grid_point right[] = {{20, 0}, {20, 10}, {10, 10}, {10, 8},
                                              {11, 8}, {11, 5},  {20, 5},  {20, 0}};
    static const struct grid_point below[] = {{9, 0},  {20, 0}, {20, 5},
                                              {11, 5}, {11, 2}, {9, 2}};
    struct fixture f = {0};

    add(&f, 1, left, 7);
    add(&f, 2, right, 8);
    add(&f, 3, below, 6);
    build(&f, TOPOLOGY_NOBODY, 12);
    assert_true(f.t.gap == 12);
    assert_true(area_of(&f, 0) == 92 + 12);
    release(&f);
}

TEST(a_large_gap_stays_open)
{
    static const struct grid_point ring[] = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
    static const struct grid_point hole[] = {{2, 2}, {8, 2}, {8, 8}, {2, 8}};
    struct fixture f = {0};

    add(&f, 1, ring, 4);
    assert_true(unit_set_add_ring(&f.units, 0)); /* a hole of the same polygon */
    for (size_t i = 0; i < 4; i++)
        assert_true(unit_set_add_point(&f.units, hole[i]));
    unit_set_end_ring(&f.units);
    build(&f, TOPOLOGY_NOBODY, 35);
    assert_true(area_of(&f, 0) == 64);
    assert_true(f.t.gap == 0);
    release(&f);
}

/* Borders that cross off the grid are noded on it: the pieces still fit. */
TEST(crossing_borders_are_noded_on_the_grid)
{
    static const struct grid_point a[] = {{0, 0}, {100, 7}, {100, 60}, {0, 60}};
    static const struct grid_point b[] = {
        {0, 0}, {0, -60}, {100, -60}, {100, 20}, {37, 1}};
    struct fixture f = {0};

    add(&f, 1, a, 4);
    add(&f, 2, b, 5);
    build(&f, TOPOLOGY_NOBODY, 0);
    for (size_t i = 0; i < f.t.n_edges; i++) {
        const struct topology_edge *e = &f.t.edge[i];

        assert_true(e->owner[0] <= e->owner[1]);
        assert_true(e->a.x != e->b.x || e->a.y != e->b.y);
    }
    bool both[] = {true, true};
    GEOSGeometry *all = topology_area(&f.g, &f.t, both);
    double whole = 0;
    assert_non_null(all);
    assert_int_equal(GEOSArea_r(f.g.h, all, &whole), 1);
    assert_true(fabs(area_of(&f, 0) + area_of(&f, 1) - whole) < 1e-9);
    GEOSGeom_destroy_r(f.g.h, all);
    release(&f);
}

TEST(the_same_grid_point_always_lands_on_the_same_position)
{
    double x = 118.869140625 * GRID_PER_DEG;
    double y = 31.521484375 * GRID_PER_DEG;
    double x2 = x;
    double y2 = y;

    admin_grid_to_wgs84(&x, &y);
    admin_grid_to_wgs84(&x2, &y2);
    assert_true(x == x2 && y == y2);
    /* GCJ-02 lies some 500 m east and a little off in latitude here */
    assert_true(fabs(x - 118.869140625) > 0.004 && fabs(x - 118.869140625) < 0.007);
}

TEST(old_codes_become_present_ones_only_where_that_is_certain)
{
    const struct admin_change *haimen = admin_change_of(320684);

    assert_non_null(haimen);
    assert_int_equal(haimen->present, 320614);
    assert_string_equal(haimen->name_zh, "海门区");
    assert_true(haimen->keeps_seat);
    assert_false(admin_change_of(320611)->keeps_seat); /* Gangzha, now Chongchuan */
    assert_null(admin_change_of(330104));              /* Jianggan was divided */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_overlap_goes_to_the_smaller_unit_and_the_border_is_shared_once),
        cmocka_unit_test(the_loser_gives_way_although_it_is_smaller),
        cmocka_unit_test(a_small_gap_goes_to_the_neighbour_with_the_longest_contact),
        cmocka_unit_test(a_large_gap_stays_open),
        cmocka_unit_test(crossing_borders_are_noded_on_the_grid),
        cmocka_unit_test(the_same_grid_point_always_lands_on_the_same_position),
        cmocka_unit_test(old_codes_become_present_ones_only_where_that_is_certain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
