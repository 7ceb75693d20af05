/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/basemap/units.c. */
#include <test.h>

#include "units.h"

#include <stdio.h>
#include <stdlib.h>

static void begin(struct unit_set *set)
{
    *set = (struct unit_set){0};
    assert_true(unit_set_add_unit(set, 320100, "南京市"));
    assert_true(unit_set_add_ring(set, 0));
}

static void assert_degrees(struct grid_point p, double lon, double lat)
{
    assert_true((double)p.x / GRID_PER_DEG == lon);
    assert_true((double)p.y / GRID_PER_DEG == lat);
}

/* Vectors found by decoding the published files with ECharts' own decoder. */
TEST(a_ring_of_nanjing_decodes_to_its_15_vertices)
{
    struct unit_set set;

    begin(&set);
    assert_int_equal(ring_decode(&set, im_bytes_of("@@IIOWECG@CBCDBHFJRTLFJ@DABEEC"),
                                 (struct grid_point){121722, 32278}, NULL),
                     IM_OK);
    assert_int_equal(set.n_points, 15);
    assert_degrees(set.point[0], 118.869140625, 31.521484375);
    assert_degrees(set.point[1], 118.8642578125, 31.5166015625);
    unit_set_release(&set);
}

TEST(huangpu_decodes_to_29_vertices_and_closes)
{
    struct unit_set set;

    begin(&set);
    assert_int_equal(
        ring_decode(
            &set,
            im_bytes_of("@@AHV@BDCPEPLENFHCJHFBNCAGBGXWFIBGCGMUKKCCcGCDGBALCPIAAPGR"),
            (struct grid_point){124373, 31970}, NULL),
        IM_OK);
    assert_int_equal(set.n_points, 29);
    assert_degrees(set.point[0], 121.4580078125, 31.220703125);
    assert_int_equal(set.point[28].x, set.point[0].x);
    assert_int_equal(set.point[28].y, set.point[0].y);
    unit_set_end_ring(&set);
    assert_int_equal(set.ring[0].n, 28);
    unit_set_release(&set);
}

/* Zigzag code 200 stands for 100; 64 + 200 is U+0108, two bytes in UTF-8. */
TEST(units_above_127_are_characters_not_bytes)
{
    struct unit_set set;

    begin(&set);
    assert_int_equal(
        ring_decode(&set, im_bytes_of("ĈA"), (struct grid_point){1000, 1000}, NULL),
        IM_OK);
    assert_int_equal(set.n_points, 1);
    assert_int_equal(set.point[0].x, 1100);
    assert_int_equal(set.point[0].y, 999);
    unit_set_release(&set);
}

TEST(hostile_rings_are_refused)
{
    static const struct {
        const char *text;
        struct grid_point start;
    } bad[] = {
        {"@@I", {0, 0}},                 /* odd number of units */
        {"@?", {0, 0}},                  /* below the bias */
        {"@\xC4", {0, 0}},               /* half a character */
        {"@\xF0\xA0\xAE\xB7", {0, 0}},   /* beyond U+FFFF */
        {"\xED\xA0\x80@", {0, 0}},       /* a surrogate */
        {"B@", {180 * GRID_PER_DEG, 0}}, /* over the edge of the Earth */
        {"@A", {0, -90 * GRID_PER_DEG}}, /* below the south pole */
        {"B@", {INT32_MAX, 0}},          /* would overflow */
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct unit_set set;
        struct im_error err = {0};

        begin(&set);
        assert_int_equal(
            ring_decode(&set, im_bytes_of(bad[i].text), bad[i].start, &err), IM_EDATA);
        assert_true(err.msg[0] != '\0');
        unit_set_release(&set);
    }
}

TEST(every_cut_of_a_ring_is_decoded_or_refused)
{
    const char *text = "@@AHV@BDCPEPLENFHCJHFBNCAGBGXWFIBGCGMUKKCCcGĈG";

    for (size_t len = 0; len <= strlen(text); len++) {
        struct unit_set set;
        struct im_error err;
        char *copy = malloc(len ? len : 1); /* exact size: asan sees an overrun */

        memcpy(copy, text, len);
        begin(&set);
        enum im_code rc = ring_decode(&set, (struct im_bytes){(uint8_t *)copy, len},
                                      (struct grid_point){124373, 31970}, &err);
        assert_true(rc == IM_OK || rc == IM_EDATA);
        unit_set_release(&set);
        free(copy);
    }
}

TEST(rings_of_fewer_than_three_distinct_points_are_dropped)
{
    static const struct grid_point thin[] = {{1, 1}, {1, 1}, {2, 2},
                                             {1, 1}, {2, 2}, {1, 1}};
    static const struct grid_point fine[] = {{1, 1}, {1, 1}, {2, 2},
                                             {2, 1}, {2, 1}, {1, 1}};
    struct unit_set set;

    begin(&set);
    for (size_t i = 0; i < 6; i++)
        assert_true(unit_set_add_point(&set, thin[i]));
    unit_set_end_ring(&set);
    assert_int_equal(set.n_rings, 0);
    assert_int_equal(set.n_points, 0);
    assert_int_equal(set.dropped_rings, 1);
    assert_true(unit_set_add_ring(&set, 1));
    for (size_t i = 0; i < 6; i++)
        assert_true(unit_set_add_point(&set, fine[i]));
    unit_set_end_ring(&set);
    assert_int_equal(set.n_rings, 1);
    assert_int_equal(set.ring[0].n, 3);
    assert_int_equal(set.unit[0].n_rings, 1);
    unit_set_release(&set);
}

static enum im_code
read_json(const char *json, struct unit_set *set, struct im_error *err)
{
    *set = (struct unit_set){0};
    *err = (struct im_error){0};
    return units_read_json(set, im_bytes_of(json), err);
}

TEST(the_encoding_flag_is_obeyed)
{
    struct unit_set set;
    struct im_error err;

    assert_int_equal(
        read_json("{\"UTF8Encoding\": false, \"features\": [{\"id\": \"320102\", "
                  "\"properties\": {\"name\": \"玄武区\", \"cp\": [118.79, 32.04]}, "
                  "\"geometry\": {\"type\": \"Polygon\", \"encodeOffsets\": [[1, 2]], "
                  "\"coordinates\": [[[118, 32], [119, 32], [119, 33], [118, 32]]]}}]}",
                  &set, &err),
        IM_OK);
    assert_int_equal(set.n_units, 1);
    assert_int_equal(set.unit[0].adcode, 320102);
    assert_string_equal(set.unit[0].name_zh, "玄武区");
    assert_true(set.unit[0].has_seat);
    assert_int_equal(set.n_points, 3);
    assert_degrees(set.point[2], 119, 33);
    unit_set_release(&set);
}

/* The source has neither id nor seat for it. */
TEST(chongming_gets_its_code_and_seat_by_name)
{
    struct unit_set set;
    struct im_error err;

    assert_int_equal(
        read_json("{\"UTF8Encoding\": true, \"features\": [{\"properties\": {\"name\": "
                  "\"崇明区\"}, \"geometry\": {\"type\": \"MultiPolygon\", "
                  "\"coordinates\": [[\"@@II@J\"], [\"@@II@J\"]], \"encodeOffsets\": "
                  "[[[124119, 32586]], [[124716, 32134]]]}}]}",
                  &set, &err),
        IM_OK);
    assert_int_equal(set.unit[0].adcode, 310151);
    assert_true(set.unit[0].has_seat && set.unit[0].seat_lon > 121);
    assert_int_equal(set.n_rings, 2);
    assert_int_equal(set.ring[1].polygon, 1);
    unit_set_release(&set);
}

TEST(broken_collections_are_refused_with_the_place)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"features\": 1}",
        "{\"features\": [1]}",
        "{\"features\": [{\"id\": \"x\", \"properties\": {\"name\": \"甲\"}}]}",
        "{\"features\": [{\"id\": \"320102\", \"properties\": {\"name\": \"甲\"}}]}",
        ("{\"UTF8Encoding\": true, \"features\": [{\"id\": \"320102\", \"properties\": "
         "{\"name\": \"甲\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": "
         "[\"@@\", \"@@\"], \"encodeOffsets\": [[0, 0]]}}]}"),
        ("{\"UTF8Encoding\": true, \"features\": [{\"id\": \"320102\", \"properties\": "
         "{\"name\": \"甲\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": "
         "[\"@@\"], \"encodeOffsets\": [[0, 99999999999]]}}]}"),
        ("{\"UTF8Encoding\": true, \"features\": [{\"id\": \"320102\", \"properties\": "
         "{\"name\": \"甲\"}, \"geometry\": {\"type\": \"Point\", \"coordinates\": "
         "[\"@@\"], \"encodeOffsets\": [[0, 0]]}}]}"),
        ("{\"features\": [{\"id\": \"320102\", \"properties\": {\"name\": \"甲\"}, "
         "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[[1e300, 0]]]}}]}"),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct unit_set set;
        struct im_error err;

        assert_int_equal(read_json(bad[i], &set, &err), IM_EDATA);
        assert_true(err.msg[0] != '\0');
        unit_set_release(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_of_nanjing_decodes_to_its_15_vertices),
        cmocka_unit_test(huangpu_decodes_to_29_vertices_and_closes),
        cmocka_unit_test(units_above_127_are_characters_not_bytes),
        cmocka_unit_test(hostile_rings_are_refused),
        cmocka_unit_test(every_cut_of_a_ring_is_decoded_or_refused),
        cmocka_unit_test(rings_of_fewer_than_three_distinct_points_are_dropped),
        cmocka_unit_test(the_encoding_flag_is_obeyed),
        cmocka_unit_test(chongming_gets_its_code_and_seat_by_name),
        cmocka_unit_test(broken_collections_are_refused_with_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
