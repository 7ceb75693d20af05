/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/geom/read_json.c, read_wkt.c and read_item.c. */
#include <arena.h>
#include <test.h>

#include <engine/geom_read.h>
#include <engine/json_writer.h>

#include "geom/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum im_code
read_fn(struct im_bytes, struct im_arena *, struct geom *, struct im_error *);

/* As GeoJSON, so that cases can be read. */
static void assert_reads(read_fn *read, const char *text, const char *expected)
{
    struct im_error err = {0};
    struct geom g = {0};
    struct im_buf buf = {.max = 1 << 20};
    struct im_json w = {.out = &buf};
    enum im_code rc = read(im_bytes_of(text), arena, &g, &err);

    if (rc != IM_OK)
        fail_msg("%s: %s", text, err.msg);
    assert_int_equal(geom_check(&g, &err), IM_OK);
    geom_write_json(&g, &w);
    im_buf_byte(&buf, 0);
    assert_false(buf.failed);
    assert_string_equal((const char *)buf.data, expected);
    im_buf_release(&buf);
}

static void assert_refused(
    read_fn *read, const char *text, enum im_code code, const char *en, const char *zh)
{
    struct im_error err = {0};
    struct geom g;

    if (read(im_bytes_of(text), arena, &g, &err) != code)
        fail_msg("%s: expected %s, got %s", text, im_code_name(code), err.msg);
    if (!strstr(err.msg, en) || !strstr(err.msg_zh, zh))
        fail_msg("%s: %s / %s lacks %s / %s", text, err.msg, err.msg_zh, en, zh);
}

#define POINT_JSON "{\"type\":\"Point\",\"coordinates\":[121.5,31.25]}"
#define SQUARE "[[0,0],[2,0],[2,2],[0,2],[0,0]]"
#define SQUARE_JSON "{\"type\":\"Polygon\",\"coordinates\":[" SQUARE "]}"

TEST(every_kind_of_wkt_is_read)
{
    assert_reads(geom_read_wkt, "POINT(121.5 31.25)", POINT_JSON);
    assert_reads(geom_read_wkt, " point Z ( 121.5  31.25 7 )\n", POINT_JSON);
    assert_reads(geom_read_wkt, "POINT(+1.215E2 .3125e+2)", POINT_JSON);
    assert_reads(geom_read_wkt, "LINESTRING(0 0,1 1,2 0)",
                 "{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1],[2,0]]}");
    assert_reads(geom_read_wkt, "POLYGON((0 0,2 0,2 2,0 2,0 0))", SQUARE_JSON);
    assert_reads(geom_read_wkt, "MULTIPOINT((1 2),(3 4))",
                 "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}");
    assert_reads(geom_read_wkt, "MULTIPOINT(1 2,3 4)",
                 "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}");
    assert_reads(
        geom_read_wkt, "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
        "{\"type\":\"MultiLineString\",\"coordinates\":[[[0,0],[1,1]],[[2,2],[3,3]]]}");
    assert_reads(geom_read_wkt,
                 "MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((5 5,6 5,6 6,5 5)))",
                 "{\"type\":\"MultiPolygon\",\"coordinates\":[[" SQUARE
                 "],[[[5,5],[6,5],[6,6],[5,5]]]]}");
    assert_reads(geom_read_wkt,
                 "GEOMETRYCOLLECTION(POINT(1 2),MULTIPOINT((3 4),(5 6)))",
                 "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4],[5,6]]}");
}

TEST(every_kind_of_geojson_is_read)
{
    assert_reads(geom_read_json, POINT_JSON, POINT_JSON);
    assert_reads(geom_read_json, "{\"type\":\"Point\",\"coordinates\":[121.5,31.25,9]}",
                 POINT_JSON);
    assert_reads(geom_read_json, SQUARE_JSON, SQUARE_JSON);
    assert_reads(geom_read_json,
                 "{\"type\":\"Feature\",\"properties\":null,\"geometry\":" SQUARE_JSON
                 "}",
                 SQUARE_JSON);
    assert_reads(geom_read_json,
                 "{\"type\":\"MultiLineString\",\"coordinates\":[[[0,0],[1,1]]]}",
                 "{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]}");
    assert_reads(geom_read_json,
                 "{\"type\":\"GeometryCollection\",\"geometries\":[" POINT_JSON "]}",
                 POINT_JSON);
}

/* RFC 7946, 3.1.6: outer rings run counter-clockwise, holes clockwise */
TEST(rings_are_turned)
{
    assert_reads(geom_read_wkt, "POLYGON((0 0,0 2,2 2,2 0,0 0))", SQUARE_JSON);
    assert_reads(geom_read_wkt, "POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 2,1 1))",
                 "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,9],[0,0]"
                 "],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}");
}

TEST(areas_beside_and_over_each_other_are_united)
{
    assert_reads(
        geom_read_json,
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
        "\"geometry\":" SQUARE_JSON "},{\"type\":\"Feature\",\"geometry\":{"
        "\"type\":\"Polygon\",\"coordinates\":[[[2,0],[4,0],[4,2],[2,2],[2,0]]]}}]}",
        "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[2,0],[4,0],[4,2],[2,2],[0,2],"
        "[0,0]]]}");
}

TEST(broken_wkt_is_refused_at_its_character)
{
    assert_refused(geom_read_wkt, "", IM_EDATA, "character 1: expected POINT",
                   "第 1 个字符：应为 POINT");
    assert_refused(geom_read_wkt, "POINT 1 2", IM_EDATA, "character 7: expected '('",
                   "应为 (");
    assert_refused(geom_read_wkt, "POINT(1)", IM_EDATA,
                   "character 8: expected a number", "应为数");
    assert_refused(geom_read_wkt, "POINT(1 2", IM_EDATA,
                   "character 10: expected ',' or ')'", "应为 , 或 )");
    assert_refused(geom_read_wkt, "POINT(1 2) x", IM_EDATA, "character 12: something",
                   "多余");
    assert_refused(geom_read_wkt, "点(1 2)", IM_EDATA, "character 1:", "第 1 个");
    assert_refused(geom_read_wkt, "POINT EMPTY", IM_EDATA, "expected '('", "应为 (");
    assert_refused(geom_read_wkt, "POINT(1e999 2)", IM_EDATA, "expected a number",
                   "应为数");
    assert_refused(geom_read_wkt, "POINT(nan 2)", IM_EDATA, "expected a number",
                   "应为数");
    assert_refused(geom_read_wkt, "CIRCLE(1 2)", IM_EDATA, "expected POINT, LINE",
                   "应为 POINT");
}

TEST(broken_geojson_is_refused_at_its_path)
{
    assert_refused(geom_read_json, "{", IM_EDATA, "not JSON: line 1",
                   "不是合法的 JSON");
    assert_refused(geom_read_json, "[1,2]", IM_EDATA, "must be a geometry", "应为图形");
    assert_refused(geom_read_json, "{\"type\":\"Circle\"}", IM_EDATA,
                   "type: must be Point", "type：应为 Point");
    assert_refused(geom_read_json, "{\"type\":\"Point\"}", IM_EDATA,
                   "coordinates: must be a position", "coordinates：应为位置");
    assert_refused(geom_read_json,
                   "{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,\"2\"]]}",
                   IM_EDATA, "coordinates[1]: must be a position", "coordinates[1]");
    assert_refused(geom_read_json, "{\"type\":\"Feature\",\"geometry\":null}", IM_EDATA,
                   "geometry: must be a geometry", "geometry：应为图形");
    assert_refused(
        geom_read_json,
        "{\"type\":\"FeatureCollection\",\"features\":[{\"geometry\":" POINT_JSON "}]}",
        IM_EDATA, "features[0]: features of a collection must be areas", "应为面");
    assert_refused(geom_read_json, "{\"type\":\"Point\",\"coordinates\":[1,1e999]}",
                   IM_EDATA, "not JSON", "JSON");
}

TEST(positions_outside_of_the_earth_are_refused)
{
    assert_refused(geom_read_wkt, "POINT(90 180)", IM_EDATA, "vertex 1 is at 90, 180",
                   "第 1 个顶点为 90, 180");
    assert_refused(geom_read_wkt, "LINESTRING(0 0,-180.5 0)", IM_EDATA, "vertex 2",
                   "第 2 个顶点");
}

TEST(areas_that_are_not_valid_are_refused_with_the_place)
{
    /* OGC 06-103r4, 6.1.11 */
    assert_refused(geom_read_wkt, "POLYGON((0 0,2 2,2 0,0 2,0 0))", IM_EDATA,
                   "Self-intersection at 1, 1", "边界自相交，在 1, 1");
    assert_refused(geom_read_wkt,
                   "POLYGON((0 0,9 0,9 9,0 0),(20 20,21 20,21 21,20 20))", IM_EDATA,
                   "Hole lies outside shell", "洞在外环之外");
    assert_refused(geom_read_wkt,
                   "MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)),((1 1,2 1,2 2,1 1)))",
                   IM_EDATA, "Nested shells", "外环相互嵌套");
    assert_refused(geom_read_wkt, "POLYGON((0 0,2 0,2 2,0 2))", IM_EDATA,
                   "ring 1 is not closed", "第 1 个环没有闭合");
    assert_refused(geom_read_wkt, "POLYGON((0 0,2 0,0 0))", IM_EDATA,
                   "ring 1 has 3 positions, needs 4", "至少 4 个");
    assert_refused(geom_read_wkt, "LINESTRING(0 0)", IM_EDATA,
                   "line 1 has 1 positions, needs 2", "第 1 个线");
}

TEST(several_kinds_are_no_one_geometry)
{
    assert_refused(geom_read_wkt, "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
                   IM_EDATA, "several kinds", "多种图形");
}

TEST(limits_hold)
{
    struct im_buf buf = {.max = 16 << 20};

    im_buf_text(&buf, "MULTIPOINT(");
    for (int i = 0; i < GEOM_READ_MAX_POINTS; i++)
        im_buf_text(&buf, "1 2,");
    im_buf_text(&buf, "1 2)");
    im_buf_byte(&buf, 0);
    assert_refused(geom_read_wkt, (const char *)buf.data, IM_ELIMIT, "100000 vertices",
                   "100000 个顶点");
    im_buf_clear(&buf);
    im_buf_text(&buf, "MULTILINESTRING(");
    for (int i = 0; i < GEOM_READ_MAX_PARTS; i++)
        im_buf_text(&buf, "(1 2,3 4),");
    im_buf_text(&buf, "(1 2,3 4))");
    im_buf_byte(&buf, 0);
    assert_refused(geom_read_wkt, (const char *)buf.data, IM_ELIMIT, "20000 parts",
                   "20000 个部分");
    im_buf_clear(&buf);
    im_buf_text(&buf, "{\"type\":\"MultiPoint\",\"coordinates\":[");
    for (int i = 0; i <= GEOM_READ_MAX_POINTS; i++)
        im_buf_text(&buf, i ? ",[1,2]" : "[1,2]");
    im_buf_text(&buf, "]}");
    im_buf_byte(&buf, 0);
    assert_refused(geom_read_json, (const char *)buf.data, IM_ELIMIT, "vertices",
                   "顶点");
    im_buf_clear(&buf);
    for (int i = 0; i < 1000; i++)
        im_buf_text(&buf, "GEOMETRYCOLLECTION(");
    im_buf_byte(&buf, 0);
    assert_refused(geom_read_wkt, (const char *)buf.data, IM_ELIMIT, "deeper than 8",
                   "超过 8 层");
    im_buf_clear(&buf);
    for (int i = 0; i < 100000; i++)
        im_buf_byte(&buf, '[');
    im_buf_byte(&buf, 0);
    assert_refused(geom_read_json, (const char *)buf.data, IM_ELIMIT, "deeper than 32",
                   "超过 32 层");
    im_buf_release(&buf);
}

/* A valid comb of slanting teeth, each of whose boxes overlaps those of all others:
 * GEOS would compare each with each. */
TEST(an_outline_that_would_take_long_to_check_is_refused)
{
    enum { TEETH = 40000 };
    struct im_buf buf = {.max = 16 << 20};

    im_buf_text(&buf, "POLYGON((0 -1");
    for (int i = 0; i < TEETH; i++)
        im_buf_printf(&buf, ",%.9f %d", i * 1e-4 + (i % 2 ? 10 : 0), i % 2 ? 10 : 0);
    im_buf_text(&buf, ",40 -1,0 -1))");
    im_buf_byte(&buf, 0);
    assert_refused(geom_read_wkt, (const char *)buf.data, IM_ELIMIT, "too tangled",
                   "过于密集");
    im_buf_release(&buf);
}

TEST(a_long_outline_of_the_usual_kind_is_read)
{
    enum { STEPS = 99000 };
    struct im_buf buf = {.max = 16 << 20};
    struct im_error err;
    struct geom g;

    im_buf_text(&buf, "POLYGON((10 0");
    for (int i = 1; i < STEPS; i++) {
        double angle = 6.283185307179586 * i / STEPS;
        double r = 10 + (i % 7) * 0.0001;

        im_buf_printf(&buf, ",%.9f %.9f", r * cos(angle), r * sin(angle));
    }
    im_buf_text(&buf, ",10 0))");
    assert_int_equal(geom_read_wkt(im_buf_bytes(&buf), arena, &g, &err), IM_OK);
    assert_int_equal(g.n_points, STEPS + 1);
    im_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_wkt_is_read),
        cmocka_unit_test(every_kind_of_geojson_is_read),
        cmocka_unit_test(rings_are_turned),
        cmocka_unit_test(areas_beside_and_over_each_other_are_united),
        cmocka_unit_test(broken_wkt_is_refused_at_its_character),
        cmocka_unit_test(broken_geojson_is_refused_at_its_path),
        cmocka_unit_test(positions_outside_of_the_earth_are_refused),
        cmocka_unit_test(areas_that_are_not_valid_are_refused_with_the_place),
        cmocka_unit_test(several_kinds_are_no_one_geometry),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(an_outline_that_would_take_long_to_check_is_refused),
        cmocka_unit_test(a_long_outline_of_the_usual_kind_is_read),
    };

    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}
