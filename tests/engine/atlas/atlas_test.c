/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/atlas: building, sharing, failing layers, reading. */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>

#define FIELD(name, type)                                                              \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"" type "\"}"
#define LAYER(id, order, geometry)                                                     \
    "{\"id\":\"" id "\",\"title\":{\"zh\":\"层\"},\"geometry\":\"" geometry "\","      \
    "\"key\":\"id\",\"order\":" order                                                  \
    ",\"fields\":[" FIELD("id", "text") "," FIELD("kind", "text") "," FIELD(           \
        "year", "integer") "," FIELD("area",                                           \
                                     "real") "],"                                      \
                                             "\"roles\":{\"importance\":\"area\"}}"

static bool is_text(struct im_bytes got, const char *expected)
{
    return im_bytes_equal(got, im_bytes_of(expected));
}

TEST(attributes_come_back_as_they_were)
{
    struct memory_source *ms = memory_source_new();
    uint32_t a;
    uint32_t b;
    uint32_t c;
    double number;
    int64_t integer;

    memory_source_layer(ms, LAYER("parks", "1", "point"), "{\"x\":1}", 7);
    memory_source_row(ms, "POINT(121 31)", "a|园区|2015|0.5");
    memory_source_row(ms, "POINT(120 30)", "b|园区||");
    memory_source_row(ms, NULL, "c||-9007199254740993|2");
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_find(atlas, im_bytes_of("parks"));
    assert_int_equal(atlas_version(atlas), 7);
    assert_int_equal(atlas_layer_version(layer), 7);
    assert_string_equal(atlas_layer_style_json(layer), "{\"x\":1}");
    assert_string_equal(atlas_layer_changed_at(layer), "2026-01-01T00:00:00Z");
    assert_int_equal(atlas_layer_size(layer), 3);
    assert_int_equal(atlas_layer_placed(layer), 2);
    assert_true(atlas_find_key(layer, im_bytes_of("a"), &a));
    assert_true(atlas_find_key(layer, im_bytes_of("b"), &b));
    assert_true(atlas_find_key(layer, im_bytes_of("c"), &c));
    assert_int_equal(c, 2); /* without a position: last */
    assert_int_equal(atlas_geom(layer, c).kind, GEOM_EMPTY);
    assert_true(bbox_is_empty(atlas_bbox(layer, c)));
    assert_int_equal(atlas_shape(layer, c, 10).kind, GEOM_EMPTY);
    assert_true(is_text(atlas_text(layer, a, 1), "园区"));
    assert_int_equal(atlas_code(layer, a, 1), atlas_code(layer, b, 1));
    assert_int_equal(atlas_code(layer, c, 1), ATLAS_NULL_CODE);
    assert_int_equal(atlas_code_count(layer, 1), 1);
    assert_true(is_text(atlas_code_text(layer, 1, 0), "园区"));
    assert_true(atlas_number(layer, a, 2, &number) && number == 2015);
    assert_false(atlas_number(layer, b, 2, &number));
    assert_true(atlas_is_null(layer, b, 3) && !atlas_is_null(layer, a, 3));
    assert_true(atlas_integer(layer, c, 2, &integer) && integer == -9007199254740993);
    assert_false(atlas_number(layer, a, 1, &number));
    assert_int_equal(atlas_text(layer, a, SCHEMA_NO_FIELD).len, 0);
    assert_int_equal(atlas_fid(layer, a), 1);
    /* not all in 0..1, so from the smallest (0.5) to the largest (2) */
    assert_true(atlas_importance(layer, a) == 0 && atlas_importance(layer, c) == 1);
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(layers_come_by_order_and_then_by_id)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER("zoo", "1", "none"), "", 1);
    memory_source_layer(ms, LAYER("beta", "2", "none"), "", 1);
    memory_source_layer(ms, LAYER("alpha", "2", "none"), "", 1);
    const struct atlas *atlas = memory_source_atlas(ms);
    assert_string_equal(atlas_layer_schema(atlas_layer_at(atlas, 0))->id, "zoo");
    assert_string_equal(atlas_layer_schema(atlas_layer_at(atlas, 1))->id, "alpha");
    assert_string_equal(atlas_layer_schema(atlas_layer_at(atlas, 2))->id, "beta");
    assert_null(atlas_layer_find(atlas, im_bytes_of("gamma")));
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(an_unchanged_layer_is_shared_and_not_read_again)
{
    struct memory_source *ms = memory_source_new();
    struct feature_source source;
    const struct atlas *next = NULL;
    struct im_error err;

    memory_source_layer(ms, LAYER("still", "1", "point"), "", 1);
    memory_source_row(ms, "POINT(121 31)", "a|||");
    memory_source_layer(ms, LAYER("moving", "2", "point"), "", 1);
    memory_source_row(ms, "POINT(121 31)", "a|||");
    const struct atlas *first = memory_source_atlas(ms);
    memory_source_clear(ms, "moving", 2);
    memory_source_row(ms, "POINT(120 30)", "b|||");
    source = memory_source_source(ms);
    assert_int_equal(atlas_build(&source, first, &next, &err), IM_OK);
    assert_ptr_equal(atlas_layer_at(first, 0), atlas_layer_at(next, 0));
    assert_ptr_not_equal(atlas_layer_at(first, 1), atlas_layer_at(next, 1));
    assert_int_equal(memory_source_scans(ms, "still"), 1);
    assert_int_equal(memory_source_scans(ms, "moving"), 2);
    atlas_unref(first); /* the shared layer lives on */
    assert_true(is_text(atlas_text(atlas_layer_at(next, 0), 0, 0), "a"));
    assert_true(is_text(atlas_text(atlas_layer_at(next, 1), 0, 0), "b"));
    atlas_unref(next);
    memory_source_free(ms);
}

static void one_problem(struct memory_source *ms, const char *in_message)
{
    struct feature_source source = memory_source_source(ms);
    const struct atlas *atlas = NULL;
    struct im_error err;

    assert_int_equal(atlas_build(&source, NULL, &atlas, &err), IM_OK);
    assert_int_equal(atlas_layer_count(atlas), 1);
    assert_string_equal(atlas_layer_schema(atlas_layer_at(atlas, 0))->id, "good");
    assert_int_equal(atlas_problem_count(atlas), 1);
    if (!strstr(atlas_problem(atlas, 0), in_message) ||
        !strstr(atlas_problem(atlas, 0), "layer 'bad'"))
        fail_msg("'%s', expected '%s'", atlas_problem(atlas, 0), in_message);
    atlas_unref(atlas);
}

/* A good layer and a bad one of `geometry`, whose rows follow. */
static struct memory_source *with_bad(const char *layer_json)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER("good", "1", "point"), "", 1);
    memory_source_row(ms, "POINT(121 31)", "a|||");
    memory_source_layer(ms, layer_json, "", 1);
    return ms;
}

TEST(a_failing_layer_is_left_out_and_named)
{
    struct memory_source *ms = with_bad(LAYER("bad", "2", "point"));

    memory_source_fail(ms, "bad");
    one_problem(ms, "the disk is gone");
    memory_source_free(ms);
    ms = with_bad("{\"id\":\"bad\",\"titel\":1}");
    one_problem(ms, "titel");
    memory_source_free(ms);
    ms = with_bad(LAYER("bad", "2", "point"));
    memory_source_row(ms, "LINESTRING(1 2,3 4)", "a|||");
    one_problem(ms, "row 1: is a line, the layer's geometry is 'point'");
    memory_source_free(ms);
    ms = with_bad(LAYER("bad", "2", "point"));
    memory_source_row(ms, "POINT(1 2)", "a|||");
    memory_source_row(ms, NULL, "a|||");
    one_problem(ms, "same key");
    memory_source_free(ms);
    ms = with_bad(LAYER("bad", "2", "point"));
    memory_source_row(ms, "POINT(1 2)", "|||");
    one_problem(ms, "has no key");
    memory_source_free(ms);
    ms = with_bad(LAYER("bad", "2", "point"));
    memory_source_row(ms, "POINT(181 2)", "a|||");
    one_problem(ms, "181");
    memory_source_free(ms);
    ms = with_bad(LAYER("bad", "2", "area"));
    memory_source_row(ms, "POLYGON((0 0,1 0,1 1,0 1))", "a|||");
    one_problem(ms, "not closed");
    memory_source_free(ms);
    ms = with_bad(LAYER("bad", "2", "area"));
    memory_source_row(ms, "POLYGON((0 0,1 0,0 0))", "a|||");
    one_problem(ms, "needs 4 vertices");
    memory_source_free(ms);
}

TEST(when_no_layer_can_be_read_the_build_fails)
{
    struct memory_source *ms = memory_source_new();
    struct feature_source source = memory_source_source(ms);
    const struct atlas *atlas = NULL;
    struct im_error err;

    memory_source_layer(ms, LAYER("only", "1", "point"), "", 1);
    memory_source_fail(ms, "only");
    assert_int_equal(atlas_build(&source, NULL, &atlas, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, "the disk is gone"));
    assert_null(atlas);
    memory_source_free(ms);
}

TEST(an_empty_database_is_an_empty_atlas)
{
    struct memory_source *ms = memory_source_new();
    const struct atlas *atlas = memory_source_atlas(ms);

    assert_int_equal(atlas_layer_count(atlas), 0);
    assert_ptr_equal(atlas_ref(atlas), atlas);
    atlas_unref(atlas);
    atlas_unref(atlas);
    atlas_unref(NULL);
    memory_source_free(ms);
}

/* RFC 7946, 3.1.6: outer rings run counter-clockwise, holes clockwise */
TEST(rings_are_turned_the_right_way_round)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER("areas", "1", "area"), "", 1);
    memory_source_row(ms,
                      "MULTIPOLYGON(((0 0,0 9,9 9,9 0,0 0),(1 1,2 1,2 2,1 2,1 1)),"
                      "((20 0,29 0,29 9,20 9,20 0)))",
                      "a|||");
    const struct atlas *atlas = memory_source_atlas(ms);
    struct geom g = atlas_geom(atlas_layer_at(atlas, 0), 0);
    static const double expected_sign[] = {1, -1, 1};
    assert_int_equal(g.n_parts, 3);
    assert_int_equal(g.n_areas, 2);
    for (uint32_t part = 0, i = 0; part < 3; part++) {
        double area = 0;
        for (; i + 1 < g.part_end[part]; i++)
            area += g.lonlat[2 * i] * g.lonlat[2 * i + 3] -
                    g.lonlat[2 * i + 2] * g.lonlat[2 * i + 1];
        assert_true(area * expected_sign[part] > 0);
        i = g.part_end[part];
    }
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(parts_of_mixed_layers_stay_with_their_feature)
{
    struct memory_source *ms = memory_source_new();
    static const char *const wkt[] = {
        "POINT(100 10)",
        "MULTIPOINT(1 1,2 2,3 3)",
        "LINESTRING(50 50,51 51,52 50)",
        "MULTILINESTRING((10 20,11 21),(12 22,13 23,14 24))",
        "POLYGON((30 -30,40 -30,40 -20,30 -30),(35 -28,36 -28,36 -27,35 -28))",
        "MULTIPOLYGON(((-60 0,-50 0,-50 9,-60 0)),((-40 0,-30 0,-30 9,-40 0)))"};
    static const uint32_t points[] = {1, 3, 3, 5, 8, 8};
    static const uint32_t parts[] = {0, 0, 1, 2, 2, 2};
    static const double first[] = {100, 1, 50, 10, 30, -60};

    memory_source_layer(ms, LAYER("mix", "1", "mixed"), "", 1);
    for (int i = 0; i < 6; i++) {
        char values[8];

        snprintf(values, sizeof values, "%d|||", i);
        memory_source_row(ms, wkt[i], values);
    }
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    for (int i = 0; i < 6; i++) {
        char key[2] = {(char)('0' + i), 0};
        uint32_t feature;

        assert_true(atlas_find_key(layer, im_bytes_of(key), &feature));
        struct geom g = atlas_geom(layer, feature);
        struct atlas_shape s = atlas_shape(layer, feature, 22);
        struct bbox box = atlas_bbox(layer, feature);
        struct bbox own = geom_bbox(&g);
        assert_int_equal(g.kind, i < 2 ? GEOM_POINT : i < 4 ? GEOM_LINE : GEOM_AREA);
        assert_int_equal(g.n_points, points[i]);
        assert_int_equal(g.n_parts, parts[i]);
        assert_true(g.lonlat[0] == first[i]);
        assert_int_equal(s.n_points, points[i]);
        assert_int_equal(s.n_parts, parts[i]);
        assert_int_equal(s.xy[0], world_x(first[i]));
        assert_memory_equal(&box, &own, sizeof box);
        if (parts[i])
            assert_int_equal(g.part_end[parts[i] - 1], points[i]);
    }
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(an_atlas_takes_less_than_four_times_its_facts)
{
    struct memory_source *ms = memory_source_new();
    struct test_random r = test_random_new("atlas memory");
    size_t raw = 0;

    memory_source_layer(ms, LAYER("parks", "1", "point"), "", 1);
    for (int i = 0; i < 20000; i++) {
        double xy[2] = {test_random_in(&r, 114, 123), test_random_in(&r, 27, 36)};
        struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};
        char values[48];

        snprintf(values, sizeof values, "PK%05d|园区|%d|%.2f", i, 1990 + i % 30,
                 i * 0.01);
        memory_source_feature(ms, &g, values);
        raw += sizeof xy + strlen("PK00000") + strlen("园区") + 8 + 8;
    }
    const struct atlas *atlas = memory_source_atlas(ms);
    assert_true(atlas_memory_bytes(atlas) < 4 * raw);
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_come_back_as_they_were),
        cmocka_unit_test(layers_come_by_order_and_then_by_id),
        cmocka_unit_test(an_unchanged_layer_is_shared_and_not_read_again),
        cmocka_unit_test(a_failing_layer_is_left_out_and_named),
        cmocka_unit_test(when_no_layer_can_be_read_the_build_fails),
        cmocka_unit_test(an_empty_database_is_an_empty_atlas),
        cmocka_unit_test(rings_are_turned_the_right_way_round),
        cmocka_unit_test(parts_of_mixed_layers_stay_with_their_feature),
        cmocka_unit_test(an_atlas_takes_less_than_four_times_its_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
