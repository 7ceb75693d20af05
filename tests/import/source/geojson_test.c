/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/source/geojson.c and json.c: features as rows, faults by reason. */
#include <test.h>

#include "source/internal.h"
#include "source/json.h"

#include <scratch.h>

#include <stdio.h>

struct bench {
    struct source_input input;
    struct source_options options;
    struct source_reader reader;
    struct im_error err;
};

static enum im_code try_open(struct bench *b, const char *path)
{
    *b = (struct bench){.input = {.path = path, .name = "test.geojson"}};
    b->input.options = &b->options;
    return geojson_open(&b->input, &b->reader, &b->err);
}

static void open_text(struct bench *b, const char *text)
{
    if (try_open(b, scratch_text("test.geojson", text)))
        fail_msg("%s", b->err.msg);
}

static bool next(struct bench *b, struct source_row *row)
{
    bool more = false;

    if (b->reader.calls->next(b->reader.self, row, &more, &b->err))
        fail_msg("%s", b->err.msg);
    return more;
}

static void drop(struct bench *b)
{
    b->reader.calls->close(b->reader.self);
}

static size_t column(const struct bench *b, const char *name)
{
    for (size_t i = 0; i < b->reader.n_columns; i++)
        if (strcmp(b->reader.columns[i], name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static void assert_text(const struct bench *b,
                        const struct source_row *row,
                        const char *name,
                        const char *expected)
{
    const struct source_value *cell = &row->cells[column(b, name)];

    assert_int_equal(cell->kind, SOURCE_TEXT);
    assert_int_equal(cell->text.len, strlen(expected));
    assert_memory_equal(cell->text.data, expected, cell->text.len);
}

#define FEATURE(geometry, properties)                                                  \
    "{\"type\":\"Feature\",\"properties\":" properties ",\"geometry\":" geometry "}"
#define COLLECTION(features)                                                           \
    "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

TEST(a_collection_gives_rows_with_types)
{
    struct bench b;
    struct source_row row;

    open_text(
        &b,
        COLLECTION(FEATURE(
            "{\"type\":\"Point\",\"coordinates\":[121.6,31.2,5]}",
            "{\"a\":\" \\u5f20\\u6c5f \",\"n\":12,\"r\":1.5,\"t\":true,"
            "\"l\":[\"x\",2],\"o\":{\"k\":[1]},\"z\":null}") ",\n" FEATURE("null",
                                                                           "{\"b\":"
                                                                           "\"\\ud83d\\"
                                                                           "ude00\","
                                                                           "\"n\":-"
                                                                           "1e2}")));
    assert_string_equal(b.reader.driver, "GeoJSON");
    assert_int_equal(b.reader.rows, 2);
    assert_int_equal(b.reader.n_columns, 8);
    assert_true(b.reader.has_geometry);
    assert_true(next(&b, &row));
    assert_int_equal(row.number, 1);
    assert_null(row.fault.code);
    assert_text(&b, &row, "a", "张江");
    assert_text(&b, &row, "l", "x;2");
    assert_text(&b, &row, "o", "{\"k\":[1]}");
    assert_int_equal(row.cells[column(&b, "n")].integer, 12);
    assert_true(row.cells[column(&b, "r")].real == 1.5);
    assert_int_equal(row.cells[column(&b, "t")].integer, 1);
    assert_int_equal(row.cells[column(&b, "z")].kind, SOURCE_NULL);
    assert_int_equal(row.geom.kind, GEOM_POINT);
    assert_true(row.geom.lonlat[0] == 121.6 && row.geom.lonlat[1] == 31.2);
    assert_int_equal(row.dropped, SOURCE_DROPPED_Z);
    assert_true(next(&b, &row));
    assert_text(&b, &row, "b", "😀");
    assert_int_equal(row.cells[column(&b, "n")].kind, SOURCE_REAL);
    assert_int_equal(row.geom.kind, GEOM_EMPTY);
    assert_false(next(&b, &row));
    drop(&b);
}

TEST(sequences_in_lines_and_records_are_the_same)
{
    static const char *const texts[] = {
        FEATURE("null", "{\"a\":1}") "\n" FEATURE("null", "{\"a\":2}") "\n",
        "\x1e" FEATURE("null", "{\"a\":1}") "\n\x1e" FEATURE("null", "{\"a\":2}"),
        "\xEF\xBB\xBF" FEATURE("null", "{\"a\":1}") FEATURE("null", "{\"a\":2}")};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct bench b;
        struct source_row row;

        open_text(&b, texts[i]);
        assert_string_equal(b.reader.driver, "GeoJSONSeq");
        for (int64_t n = 1; n <= 2; n++) {
            assert_true(next(&b, &row));
            assert_null(row.fault.code);
            assert_int_equal(row.cells[0].integer, n);
        }
        assert_false(next(&b, &row));
        assert_int_equal(b.reader.calls->rewind(b.reader.self, 0, &b.err), IM_OK);
        assert_true(next(&b, &row));
        assert_int_equal(row.number, 1);
        assert_int_equal(row.cells[0].integer, 1);
        drop(&b);
    }
}

TEST(every_kind_of_geometry_keeps_its_parts)
{
    struct bench b;
    struct source_row row;

    open_text(&b,
              COLLECTION(FEATURE(
                  "{\"coordinates\":[[[[0,0],[9,0],[9,9],[0,0]],[[1,1],[2,1],[2,2],[1,"
                  "1]]],[[[20,0],[29,0],[29,9],[20,0]]]],\"type\":\"MultiPolygon\"}",
                  "null") "," FEATURE("{\"type\":\"MultiLineString\",\"coordinates\":"
                                      "[[[0,0],[1,1]],[[2,2],[3,3],[4,4]]]}",
                                      "null") "," FEATURE("{\"type\":"
                                                          "\"GeometryCollection\","
                                                          "\"geometries\":[{\"type\":"
                                                          "\"Point\",\"coordinates\":"
                                                          "[1,2]},{\"type\":"
                                                          "\"MultiPoint\","
                                                          "\"coordinates\":[[3,4],[5,"
                                                          "6]]}]}",
                                                          "null")));
    assert_true(next(&b, &row));
    assert_int_equal(row.geom.kind, GEOM_AREA);
    assert_int_equal(row.geom.n_points, 12);
    assert_int_equal(row.geom.n_parts, 3);
    assert_int_equal(row.geom.n_areas, 2);
    assert_int_equal(row.geom.part_end[1], 8);
    assert_int_equal(row.geom.area_end[0], 2);
    assert_true(next(&b, &row));
    assert_int_equal(row.geom.kind, GEOM_LINE);
    assert_int_equal(row.geom.part_end[0], 2);
    assert_int_equal(row.geom.part_end[1], 5);
    assert_true(next(&b, &row));
    assert_int_equal(row.geom.kind, GEOM_POINT);
    assert_int_equal(row.geom.n_points, 3);
    assert_true(row.geom.lonlat[5] == 6);
    drop(&b);
}

TEST(a_faulty_feature_is_a_fault_of_its_row_alone)
{
    static const struct {
        const char *feature;
        const char *code;
        const char *reason;
    } faults[] = {
        {FEATURE("{\"type\":\"Point\",\"coordinates\":[\"121\",\"31\"]}", "{}"),
         "bad_geometry", "a text, not a number"},
        {FEATURE("{\"type\":\"Point\",\"coordinates\":[]}", "{}"), "bad_geometry",
         "empty"},
        {FEATURE("{\"type\":\"Point\",\"coordinates\":[1]}", "{}"), "bad_geometry",
         "one number"},
        {FEATURE("{\"type\":\"Circle\",\"coordinates\":[121,31]}", "{}"),
         "bad_geometry", "no such type"},
        {FEATURE("{\"type\":\"Polygon\",\"coordinates\":[[1,2],[3,4]]}", "{}"),
         "bad_geometry", "not a list"},
        {FEATURE("{\"type\":\"LineString\",\"coordinates\":[[[1,2]],[3,4]]}", "{}"),
         "bad_geometry", "not a number"},
        {FEATURE("{\"type\":\"Point\"}", "{}"), "bad_geometry", "no coordinates"},
        {FEATURE("7", "{}"), "bad_geometry", "no type"},
        {FEATURE("{\"type\":\"Polygon\",\"coordinates\":[]}", "{}"), "bad_geometry",
         "empty"},
        {FEATURE("null", "{\"a\":\"x\\u0000y\"}"), "bad_text", "zero byte"},
        {FEATURE("null", "{\"a\":\"\\ud800\"}"), "bad_text", "surrogate"},
        {FEATURE("{\"type\":\"Point\",\"coordinates\":[1,2]}", "{\"a\":\"x\\u0000y\"}"),
         "bad_text", "zero byte"},
        {FEATURE("null", "{\"a\":tru}"), "bad_json", "not a well formed"},
        {FEATURE("null", "{\"a\":01}"), "bad_json", "not a well formed"},
        {FEATURE("null", "{\"a\":NaN}"), "bad_json", "not a well formed"},
        {FEATURE("null", "{\"a\":1,}"), "bad_json", "not a well formed"},
        {"{\"type\":\"Thing\",\"properties\":{}}", "bad_json", "not a well formed"},
        {"17", "bad_json", "not a well formed"},
        {"\"x\"", "bad_json", "not a well formed"},
    };

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct bench b;
        struct source_row row;
        char text[1024];

        snprintf(text, sizeof text, COLLECTION("%s,%s"), faults[i].feature,
                 FEATURE("{\"type\":\"Point\",\"coordinates\":[1,2]}", "{\"a\":3}"));
        open_text(&b, text);
        assert_true(next(&b, &row));
        if (!row.fault.code || strcmp(row.fault.code, faults[i].code) != 0 ||
            !strstr(row.fault.en, faults[i].reason))
            fail_msg("%s: %s %s", faults[i].feature,
                     row.fault.code ? row.fault.code : "good",
                     row.fault.en ? row.fault.en : "");
        assert_true(next(&b, &row));
        assert_null(row.fault.code);
        assert_int_equal(row.cells[column(&b, "a")].integer, 3);
        assert_false(next(&b, &row));
        drop(&b);
    }
}

TEST(a_broken_frame_is_refused_with_the_place)
{
    static const char *const texts[] = {
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("null", "{}") ",",
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("null", "{}"),
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("null", "{}") "]",
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Fea",
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("null", "{}") " ,]}",
        COLLECTION(FEATURE("null", "{}")) "{}",
        "[1,2]",
        "",
        "{",
        "{\"type\"",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct bench b;

        if (try_open(&b, scratch_text("test.geojson", texts[i])) != IM_EDATA)
            fail_msg("'%s' was taken", texts[i]);
        assert_true(b.err.msg_zh[0] != '\0');
    }
}

TEST(json_that_is_no_geojson_is_answered_with_what_it_is)
{
    static const char *const CASES[][2] = {
        {"{\"type\":\"Point\",\"coordinates\":[121,31]}", "bare geometry"},
        {" {\"type\":\"GeometryCollection\",\"geometries\":[]}", "bare geometry"},
        {"[{\"type\":\"Feature\"}]", "list of records"},
        {"[]", "list of records"},
        {"{\"code\":0,\"data\":{\"features\":[]}}", "but no GeoJSON"},
        {"{}", "but no GeoJSON"},
        {"callback({})", "is no JSON"},
        {"{\"type\":\"FeatureCollection\",\"features\":[]}", "empty collection"}};

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct bench b;

        assert_int_equal(try_open(&b, scratch_text("other.geojson", CASES[i][0])),
                         IM_EDATA);
        if (!strstr(b.err.msg, CASES[i][1]) || !b.err.msg_zh[0])
            fail_msg("%s: %s", CASES[i][0], b.err.msg);
    }
}

TEST(the_old_crs_member_is_read)
{
    static const struct {
        const char *crs;
        const char *code; /* NULL: no system */
    } cases[] = {
        {"{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::4490\"}}",
         "4490"},
        {"{\"type\":\"name\",\"properties\":{\"name\":\"EPSG:4549\"}}", "4549"},
        {"{\"type\":\"name\",\"properties\":{\"name\":\"nonsense\"}}", NULL},
        {"{\"type\":\"link\",\"properties\":{\"href\":\"http://127.0.0.1/x\"}}", NULL},
        {"null", "4326"},
        {"{\"properties\":{\"name\":\"urn:ogc:def:crs:OGC:1.3:CRS84\"}}", "4326"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        char text[512];

        snprintf(text, sizeof text, "{\"features\":[%s],\"crs\":%s}",
                 FEATURE("null", "{}"), cases[i].crs);
        open_text(&b, text);
        if (cases[i].code && !b.reader.srs)
            fail_msg("%s: no system", cases[i].crs);
        if (cases[i].code && !OSRGetAuthorityCode(b.reader.srs, NULL))
            fail_msg("%s: no code", cases[i].crs);
        if (cases[i].code)
            assert_string_equal(OSRGetAuthorityCode(b.reader.srs, NULL), cases[i].code);
        else
            assert_null(b.reader.srs);
        drop(&b);
    }
}

TEST(an_id_beside_the_properties_is_a_column)
{
    struct bench b;
    struct source_row row;

    open_text(&b, COLLECTION("{\"type\":\"Feature\",\"id\":\"A1\",\"properties\":{},"
                             "\"geometry\":null}"));
    assert_true(next(&b, &row));
    assert_text(&b, &row, "id", "A1");
    drop(&b);
    open_text(&b, COLLECTION("{\"type\":\"Feature\",\"id\":7,\"properties\":{\"id\":"
                             "\"B\"},\"geometry\":null}"));
    assert_true(next(&b, &row));
    assert_text(&b, &row, "id", "B");
    drop(&b);
}

/* Features larger than the window, and a cut at every place of a small file. */
TEST(windows_and_cuts_do_not_matter)
{
    struct bench b;
    struct source_row row;
    size_t n = 3 << 20;
    char *text = malloc(n + 256);
    char whole[] = COLLECTION(FEATURE("{\"type\":\"Point\",\"coordinates\":[1,2]}",
                                      "{\"a\":\"\\u00e9\\\"]}\"}"));

    assert_non_null(text);
    int at = snprintf(text, 256, "%s",
                      "{\"features\":[{\"type\":\"Feature\",\"geometry\":"
                      "null,\"properties\":{\"a\":\"");
    memset(text + at, 'x', n);
    snprintf(text + (size_t)at + n, 16, "\"}}]}");
    open_text(&b, text);
    assert_true(next(&b, &row));
    assert_int_equal(row.cells[0].text.len, n);
    drop(&b);
    free(text);
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        char kept = whole[cut];

        whole[cut] = '\0';
        assert_int_equal(try_open(&b, scratch_text("cut.geojson", whole)), IM_EDATA);
        whole[cut] = kept;
    }
}

TEST(numbers_are_those_of_strtod)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "121.587707",
                                        "31.2",
                                        "1e3",
                                        "-1.5E-7",
                                        "123456789012345678901234",
                                        "0.1",
                                        "9007199254740993",
                                        "1.7976931348623157e308",
                                        "4.9e-324",
                                        "0.000000000000000000000000123",
                                        "121.58770700000000000000001"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct js_cursor c = js_over(im_bytes_of(texts[i]));
        struct js_number number;

        assert_true(js_number(&c, &number));
        assert_true(c.p == c.end);
        if (number.real != strtod(texts[i], NULL))
            fail_msg("%s: %.17g", texts[i], number.real);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collection_gives_rows_with_types),
        cmocka_unit_test(sequences_in_lines_and_records_are_the_same),
        cmocka_unit_test(every_kind_of_geometry_keeps_its_parts),
        cmocka_unit_test(a_faulty_feature_is_a_fault_of_its_row_alone),
        cmocka_unit_test(a_broken_frame_is_refused_with_the_place),
        cmocka_unit_test(json_that_is_no_geojson_is_answered_with_what_it_is),
        cmocka_unit_test(the_old_crs_member_is_read),
        cmocka_unit_test(an_id_beside_the_properties_is_a_column),
        cmocka_unit_test(windows_and_cuts_do_not_matter),
        cmocka_unit_test(numbers_are_those_of_strtod),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
