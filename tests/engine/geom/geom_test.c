/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/geom/geom.c and check.c. */
#include <test.h>

#include "geom/check.h"

#include <engine/geom.h>
#include <engine/json_writer.h>
#include <support/random.h>

#include <geos_c.h>
#include <math.h>

static const double SQUARE[] = {0, 0, 10, 0, 10, 10, 0, 10, 0, 0,
                                2, 2, 2,  4, 4,  4,  4, 2,  2, 2};
static const uint32_t RINGS[] = {5, 10};
static const uint32_t AREAS[] = {2};
static const struct geom WITH_HOLE = {GEOM_AREA, 10, 2, 1, SQUARE, RINGS, AREAS};

TEST(holes_are_outside_and_edges_are_inside)
{
    assert_true(geom_contains(&WITH_HOLE, 1, 1));
    assert_false(geom_contains(&WITH_HOLE, 3, 3));
    assert_false(geom_contains(&WITH_HOLE, 11, 5));
    assert_false(geom_contains(&WITH_HOLE, -1, 0));
    assert_true(geom_contains(&WITH_HOLE, 0, 0));
    assert_true(geom_contains(&WITH_HOLE, 10, 5));
    assert_true(geom_contains(&WITH_HOLE, 5, 10));
    assert_true(geom_contains(&WITH_HOLE, 2, 3)); /* the edge of the hole */
}

TEST(only_areas_contain)
{
    struct geom line = {GEOM_LINE, 5, 1, 0, SQUARE, RINGS, NULL};

    assert_false(geom_contains(&line, 0, 0));
}

static GEOSGeometry *to_geos(GEOSContextHandle_t h, const double *xy, unsigned n)
{
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(h, n, 2);

    for (unsigned i = 0; i < n; i++)
        GEOSCoordSeq_setXY_r(h, seq, i, xy[2 * i], xy[2 * i + 1]);
    return GEOSGeom_createPolygon_r(h, GEOSGeom_createLinearRing_r(h, seq), NULL, 0);
}

TEST(contains_equals_geos)
{
    struct test_random r = test_random_new("contains");
    GEOSContextHandle_t h = GEOS_init_r();

    for (int round = 0; round < 200; round++) {
        enum { N = 24 };
        double xy[2 * N];
        uint32_t end = N;
        uint32_t area = 1;
        struct geom g = {GEOM_AREA, N, 1, 1, xy, &end, &area};

        for (int i = 0; i < N - 1; i++) { /* a star on a coarse grid: many ties */
            double radius = test_random_in(&r, 2, 9);
            double angle = i * 6.283185307179586 / (N - 1);

            xy[2 * i] = round % 2 ? floor(radius * cos(angle)) : radius * cos(angle);
            xy[2 * i + 1] =
                round % 2 ? floor(radius * sin(angle)) : radius * sin(angle);
        }
        xy[2 * N - 2] = xy[0];
        xy[2 * N - 1] = xy[1];
        GEOSGeometry *polygon = to_geos(h, xy, N);
        bool is_valid = GEOSisValid_r(h, polygon) == 1;
        for (int i = 0; is_valid && i < 200; i++) {
            double x = test_random_in(&r, -10, 10);
            double y = test_random_in(&r, -10, 10);

            if (i % 2) { /* the grid: vertices, edges and level with vertices */
                x = floor(x);
                y = floor(y);
            }
            GEOSGeometry *point = GEOSGeom_createPointFromXY_r(h, x, y);
            assert_int_equal(geom_contains(&g, x, y),
                             GEOSCovers_r(h, polygon, point) == 1);
            GEOSGeom_destroy_r(h, point);
        }
        GEOSGeom_destroy_r(h, polygon);
    }
    GEOS_finish_r(h);
}

static void writes(const struct geom *g, const char *expected)
{
    struct im_buf buf = {.max = 4096};
    struct im_json w = {.out = &buf};

    geom_write_json(g, &w);
    im_buf_byte(&buf, 0);
    assert_string_equal((char *)buf.data, expected);
    im_buf_release(&buf);
}

/* RFC 7946, 3.1 */
TEST(geojson_has_the_type_that_the_parts_ask_for)
{
    static const double xy[] = {121.123456789, 31, 1, 2, 3, 4, 5, 6};
    static const uint32_t ends[] = {2, 4};
    static const uint32_t areas[] = {1, 2};
    struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};

    writes(&g, "{\"type\":\"Point\",\"coordinates\":[121.1234568,31]}");
    g.n_points = 2;
    writes(&g, "{\"type\":\"MultiPoint\",\"coordinates\":[[121.1234568,31],[1,2]]}");
    g = (struct geom){GEOM_LINE, 2, 1, 0, xy + 2, ends, NULL};
    writes(&g, "{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}");
    g = (struct geom){GEOM_LINE, 4, 2, 0, xy, ends, NULL};
    writes(&g, "{\"type\":\"MultiLineString\",\"coordinates\":"
               "[[[121.1234568,31],[1,2]],[[3,4],[5,6]]]}");
    writes(&WITH_HOLE,
           "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[10,0],[10,10],[0,10],[0,0]],"
           "[[2,2],[2,4],[4,4],[4,2],[2,2]]]}");
    g = (struct geom){GEOM_AREA, 10, 2, 2, SQUARE, RINGS, areas};
    writes(
        &g,
        "{\"type\":\"MultiPolygon\",\"coordinates\":"
        "[[[[0,0],[10,0],[10,10],[0,10],[0,0]]],[[[2,2],[2,4],[4,4],[4,2],[2,2]]]]}");
    g = (struct geom){.kind = GEOM_EMPTY};
    writes(&g, "null");
}

TEST(the_box_of_nothing_is_empty_and_adds_nothing)
{
    struct geom none = {.kind = GEOM_EMPTY};
    struct bbox box = {1, 2, 3, 4};
    struct bbox sum = bbox_union(box, geom_bbox(&none));

    assert_true(bbox_is_empty(geom_bbox(&none)));
    assert_memory_equal(&sum, &box, sizeof box);
    sum = bbox_union(bbox_empty(), box);
    assert_memory_equal(&sum, &box, sizeof box);
}

TEST(the_distance_to_nothing_is_infinite)
{
    struct geom none = {.kind = GEOM_EMPTY};

    assert_true(geom_distance_m(&none, 121, 31, NULL, NULL) == HUGE_VAL);
}

TEST(distances_are_those_of_karney)
{
    /* GeographicLib, geodesic.h: JFK to LHR; and a degree along the equator */
    assert_true(fabs(geodesic_distance_m(-73.8, 40.6, -0.5, 51.6) - 5551759.400319) <
                1e-3);
    assert_true(fabs(geodesic_distance_m(0, 0, 1, 0) - 111319.490793) < 1e-5);
}

/* A comb whose teeth cross the middle parallel 60,000 times: found by sorting, not by
 * looking at each pair. The gap between two teeth is wider than any tooth. */
TEST(the_middle_of_a_comb_lies_in_a_tooth)
{
    enum { TEETH = 30000 };
    static double lonlat[2 * (4 * TEETH + 3)];
    static uint32_t end[1];
    static const uint32_t one = 1;
    size_t n = 0;
    double lon;
    double lat;

    lonlat[n++] = 0, lonlat[n++] = 1;
    for (int i = 0; i < TEETH; i++) {
        double x = i / 1000.0;
        double width = i == 12345 ? 0.0004 : 0.0003;

        lonlat[n++] = x, lonlat[n++] = 1;
        lonlat[n++] = x, lonlat[n++] = -1;
        lonlat[n++] = x + width, lonlat[n++] = -1;
        lonlat[n++] = x + width, lonlat[n++] = 1;
    }
    lonlat[n++] = TEETH / 1000.0, lonlat[n++] = 1.5;
    lonlat[n++] = 0, lonlat[n++] = 1;
    end[0] = (uint32_t)(n / 2);
    struct geom comb = {.kind = GEOM_AREA,
                        .n_points = end[0],
                        .n_parts = 1,
                        .n_areas = 1,
                        .lonlat = lonlat,
                        .part_end = end,
                        .area_end = &one};
    assert_true(geom_middle(&comb, &lon, &lat));
    assert_true(fabs(lon - 12.3452) < 1e-9);
    assert_true(geom_contains(&comb, lon, lat));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_are_outside_and_edges_are_inside),
        cmocka_unit_test(only_areas_contain),
        cmocka_unit_test(contains_equals_geos),
        cmocka_unit_test(geojson_has_the_type_that_the_parts_ask_for),
        cmocka_unit_test(the_box_of_nothing_is_empty_and_adds_nothing),
        cmocka_unit_test(the_distance_to_nothing_is_infinite),
        cmocka_unit_test(distances_are_those_of_karney),
        cmocka_unit_test(the_middle_of_a_comb_lies_in_a_tooth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
