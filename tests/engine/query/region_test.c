/* SPDX-License-Identifier: Apache-2.0 */
/* Proves which features belong to an area. */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>

#include <math.h>
#include <stdio.h>

#define FIELDS                                                                         \
    "\"key\":\"adcode\",\"fields\":["                                                  \
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"},"           \
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"          \
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"        \
    "{\"name\":\"former_codes\",\"title\":{\"zh\":\"原代码\"},\"type\":\"text\"}]," \
    "\"roles\":{\"adcode\":\"adcode\",\"name_zh\":\"name_zh\","                        \
    "\"precision\":\"precision\"}}"

static const char *const DIVISIONS =
    "{\"id\":\"divisions\",\"title\":{\"zh\":\"行政区\"},\"geometry\":\"point\","
    "\"names_places\":true," FIELDS;
static const char *const OUTLINES =
    "{\"id\":\"outlines\",\"title\":{\"zh\":\"轮廓\"},\"geometry\":\"area\","
    "\"group\":\"areas\"," FIELDS;
static const char *const CORRIDOR =
    "{\"id\":\"g60\",\"title\":{\"zh\":\"G60科创走廊\",\"en\":\"G60\"},"
    "\"synonyms\":{\"zh\":[\"科创走廊\"],\"en\":[]},"
    "\"geometry\":\"mixed\",\"group\":\"areas\",\"key\":\"id\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"},"
    "{\"name\":\"role\",\"title\":{\"zh\":\"角色\"},\"type\":\"text\"}],"
    "\"roles\":{\"adcode\":\"adcode\",\"name_zh\":\"name_zh\"}}";
static const char *const ROAD =
    "{\"id\":\"road\",\"title\":{\"zh\":\"高速公路\"},\"geometry\":\"line\","
    "\"group\":\"areas\",\"key\":\"id\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}]}";
static const char *const THINGS =
    "{\"id\":\"things\",\"title\":{\"zh\":\"点\"},\"geometry\":\"mixed\",\"key\":"
    "\"id\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"},"
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"}],"
    "\"roles\":{\"adcode\":\"adcode\",\"precision\":\"precision\"}}";

/* Things, and in which areas each of them lies. */
static const struct thing {
    const char *wkt;
    const char *values;
} ROWS[] = {
    {"POINT(120.5 30.5)", "in_hangzhou|330106|site"},
    {"POINT(121.5 30.5)", "said_hangzhou_is_jiaxing|330106|site"},
    {"POINT(120.5 30.6)", "said_jiaxing_is_hangzhou|330402|town"},
    {"POINT(125 30.5)", "off_shore|330106|site"},
    {"POINT(121.5 30.6)", "hangzhou_by_code|330106|district"},
    {"POINT(121.5 30.7)", "hangzhou_city_by_code|330100|city"},
    {NULL, "no_position|330106|town"},
    {"POINT(122.5 30.5)", "wujiang|320509|site"},
    {"POINT(122.6 30.5)", "wujiang_former|320584|district"},
    {"POINT(120.4 30.4)", "no_code||town"},
    {"POINT(120.4 30.4)", "no_code_coarse||city"},
    {"LINESTRING(119.5 30.5,120.5 30.5)", "line||site"},
    {"LINESTRING(119.5 30.5,120.5 30.5)", "line_of_wujiang|320509|site"},
    {"POLYGON((119 30.2,119.5 30.2,119.5 30.4,119 30.4,119 30.2))", "area_far||site"},
    {"POINT(179.9 10)", "east||site"},
    {"POINT(-179.9 10)", "west||site"},
    {"MULTIPOINT((0 0),(120.5 30.5))", "several||site"},
};

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *things;
    struct im_arena *arena;
    struct query_places places;
};

static void add_divisions(struct memory_source *ms)
{
    memory_source_layer(ms, DIVISIONS, "", 1);
    memory_source_row(ms, "POINT(120.15 30.28)", "330100|杭州市|city|");
    memory_source_row(ms, "POINT(120.12 30.26)", "330106|西湖区|district|");
    memory_source_row(ms, "POINT(121.5 30.5)", "330400|嘉兴市|city|");
    memory_source_row(ms, "POINT(121.5 30.5)", "330402|南湖区|district|");
    memory_source_row(ms, "POINT(120.61 31.3)", "320500|苏州市|city|");
    memory_source_row(ms, "POINT(122.5 30.5)", "320509|吴江区|district|320584");
    /* 枞阳 came from 安庆 to 铜陵: its old code still begins as those of 安庆 do */
    memory_source_row(ms, "POINT(117.2 30.7)", "340722|枞阳县|district|340823");
    memory_source_row(ms, "POINT(117.8 30.9)", "340700|铜陵市|city|");
    memory_source_row(ms, "POINT(117.0 30.5)", "340800|安庆市|city|");
    memory_source_layer(ms, OUTLINES, "", 1);
    memory_source_row(ms, "POLYGON((120 30,121 30,121 31,120 31,120 30))",
                      "330100|杭州市||");
    memory_source_row(ms, "POLYGON((121 30,122 30,122 31,121 31,121 30))",
                      "330400|嘉兴市||");
}

static struct world begin(void)
{
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(64 << 20)};

    add_divisions(w.ms);
    memory_source_layer(w.ms, CORRIDOR, "", 1);
    memory_source_row(w.ms, "POLYGON((121 30,122 30,122 31,121 31,121 30))",
                      "G2|嘉兴市|330400|member");
    memory_source_row(w.ms, "POLYGON((120 30,121 30,121 31,120 31,120 30))",
                      "G1|杭州市|330100|member");
    memory_source_row(w.ms, "POLYGON((120.2 30.2,120.8 30.2,120.8 30.8,120.2 30.2))",
                      "G0|西湖区|330106|office");
    memory_source_row(w.ms, "POINT(122.5 30.5)", "G3|吴江区|320509|member");
    memory_source_layer(w.ms, ROAD, "", 1);
    memory_source_row(w.ms, "LINESTRING(120 30.5,121 30.5,121 31)", "R1");
    memory_source_layer(w.ms, THINGS, "", 1);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        memory_source_row(w.ms, ROWS[i].wkt, ROWS[i].values);
    w.atlas = memory_source_atlas(w.ms);
    w.things = atlas_layer_find(w.atlas, im_bytes_of("things"));
    return w;
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

static struct query_area named(struct world *w, const char *name)
{
    struct query_area area;
    struct im_error err = {0};

    if (query_area_named(w->atlas, im_bytes_of(name), w->arena, &area, &w->places,
                         &err) != IM_OK)
        fail_msg("%s: %s", name, err.msg);
    return area;
}

static struct query_region *ready(struct world *w, const struct query_area *area)
{
    struct query_region *region = NULL;
    struct im_error err = {0};

    assert_int_equal(query_region_new(area, w->arena, &region, &err), IM_OK);
    return region;
}

/* Exactly the things whose names stand in `wanted` belong, and what belongs by position
 * meets one of the boxes. */
static void expect(struct world *w, const struct query_area *area, const char *wanted)
{
    struct query_region *region = ready(w, area);
    struct bbox boxes[2];
    size_t n_boxes = query_region_boxes(region, boxes);

    for (uint32_t i = 0; i < atlas_layer_size(w->things); i++) {
        char name[64];
        struct im_bytes id = atlas_text(w->things, i, 0);
        bool has = query_region_has(region, w->things, i, NULL, NULL);
        bool meets = false;

        snprintf(name, sizeof name, " %.*s ", (int)id.len, (const char *)id.data);
        if (has != (strstr(wanted, name) != NULL))
            fail_msg("'%s' %s in '%s'", name, has ? "is" : "is not", wanted);
        for (size_t k = 0; k < n_boxes; k++)
            meets |= bbox_intersects(boxes[k], atlas_bbox(w->things, i));
        assert_true(!has || meets || query_region_goes_by_code(region));
    }
}

TEST(a_division_takes_fine_rows_by_position_and_coarse_ones_by_code)
{
    struct world w = begin();
    struct query_area area = named(&w, "杭州");

    assert_int_equal(area.kind, QUERY_IN_DIVISIONS);
    assert_string_equal(area.title.zh, "杭州市");
    assert_string_equal(area.note.zh, "");
    expect(&w, &area,
           " in_hangzhou said_jiaxing_is_hangzhou off_shore hangzhou_by_code "
           " hangzhou_city_by_code no_position no_code line several ");
    end(&w);
}

TEST(a_division_without_outline_goes_by_code_and_says_so)
{
    struct world w = begin();
    struct query_area area = named(&w, "吴江区");

    assert_int_equal(area.shape.kind, GEOM_EMPTY);
    assert_non_null(strstr(area.note.zh, "没有轮廓"));
    expect(&w, &area, " wujiang wujiang_former line_of_wujiang ");
    area = named(&w, "苏州市");
    expect(&w, &area, " wujiang wujiang_former line_of_wujiang ");
    end(&w);
}

TEST(a_former_code_counts_for_the_division_of_today_only)
{
    struct world w = begin();
    struct query_area anqing;
    struct query_area tongling;

    memory_source_clear(w.ms, "things", 2);
    memory_source_row(w.ms, "POINT(117.2 30.7)", "old|340823|site");
    atlas_unref(w.atlas);
    w.atlas = memory_source_atlas(w.ms);
    w.things = atlas_layer_find(w.atlas, im_bytes_of("things"));
    anqing = named(&w, "安庆市");
    tongling = named(&w, "铜陵市");
    expect(&w, &anqing, " ");
    expect(&w, &tongling, " old ");
    end(&w);
}

TEST(an_outline_is_named_by_its_layer_and_key)
{
    struct world w = begin();
    struct query_area area = named(&w, "outlines:330100");

    expect(&w, &area,
           " in_hangzhou said_jiaxing_is_hangzhou off_shore hangzhou_by_code "
           " hangzhou_city_by_code no_position no_code line several ");
    end(&w);
}

TEST(a_point_is_no_area)
{
    struct world w = begin();
    struct query_area area;
    struct im_error err = {0};

    assert_int_equal(query_area_named(w.atlas, im_bytes_of("things:no_code"), w.arena,
                                      &area, &w.places, &err),
                     IM_EARG);
    assert_non_null(strstr(err.msg, "radius_km"));
    assert_non_null(strstr(err.msg_zh, "radius_km"));
    end(&w);
}

TEST(a_box_may_cross_the_antimeridian)
{
    struct world w = begin();
    struct query_area area = {.kind = QUERY_IN_BOX, .box = {179, 0, -179, 20}};

    expect(&w, &area, " east west ");
    area.box = (struct bbox){120.5, 30.5, 120.5, 30.5}; /* its edge belongs to it */
    expect(&w, &area, " in_hangzhou line line_of_wujiang several ");
    area.box = (struct bbox){119.7, 30.45, 119.8, 30.55};
    expect(&w, &area, " line line_of_wujiang ");
    end(&w);
}

TEST(a_margin_is_measured_along_the_geodesic_also_past_the_antimeridian)
{
    static const double xy[] = {179.0, 9, 180, 9, 180, 11, 179.0, 11, 179.0, 9};
    static const uint32_t one[] = {5, 1};
    struct world w = begin();
    struct query_area area = {.kind = QUERY_IN_SHAPE,
                              .shape = {GEOM_AREA, 5, 1, 1, xy, &one[0], &one[1]}};
    double metres = geodesic_distance_m(180, 10, -179.9, 10);

    expect(&w, &area, " east ");
    area.margin_m = metres - 1;
    expect(&w, &area, " east ");
    area.margin_m = metres + 1;
    expect(&w, &area, " east west ");
    end(&w);
}

TEST(a_corridor_is_all_its_members_with_an_axis)
{
    struct world w = begin();
    struct query_area area;
    struct im_error err = {0};

    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("g60"), 0, w.arena, &area, &err),
        IM_OK);
    expect(&w, &area,
           " in_hangzhou said_hangzhou_is_jiaxing said_jiaxing_is_hangzhou off_shore "
           " hangzhou_by_code hangzhou_city_by_code no_position wujiang wujiang_former "
           " no_code line line_of_wujiang several ");
    /* the office is no member, and no hole where it lies inside of one */
    assert_int_equal(area.n_adcodes, 3);
    assert_non_null(strstr(area.note.zh, "不在数据中"));
    assert_non_null(strstr(area.note.zh, "吴江区没有轮廓"));
    assert_non_null(strstr(area.note.en, "not in the data"));
    assert_int_equal(area.axis.kind, GEOM_LINE);
    end(&w);
}

TEST(an_area_that_lies_in_a_division_is_not_that_division)
{
    struct world w = begin();
    struct query_area area;
    struct im_error err = {0};

    memory_source_clear(w.ms, "g60", 2);
    memory_source_row(w.ms, "POLYGON((120.4 30.4,120.6 30.4,120.6 30.6,120.4 30.4))",
                      "P1|某园区|330100|");
    atlas_unref(w.atlas);
    w.atlas = memory_source_atlas(w.ms);
    w.things = atlas_layer_find(w.atlas, im_bytes_of("things"));
    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("g60"), 0, w.arena, &area, &err),
        IM_OK);
    assert_int_equal(area.kind, QUERY_IN_SHAPE);
    expect(&w, &area,
           " in_hangzhou no_code no_code_coarse line line_of_wujiang several ");
    end(&w);
}

TEST(a_corridor_is_found_by_title_and_synonym_and_named_when_it_is_not)
{
    struct world w = begin();
    struct query_area area;
    struct im_error err = {0};

    assert_int_equal(named(&w, "ｇ60 科创走廊").n_adcodes, 3);
    assert_int_equal(named(&w, "科创走廊").n_adcodes, 3);
    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("g61"), 0, w.arena, &area, &err),
        IM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "g60"));
    assert_non_null(strstr(err.msg_zh, "g60"));
    assert_null(strstr(err.msg, "outlines"));
    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("g60"), -1, w.arena, &area, &err),
        IM_EARG);
    assert_int_equal(query_area_corridor(w.atlas, im_bytes_of("g60"), (double)NAN,
                                         w.arena, &area, &err),
                     IM_EARG);
    end(&w);
}

TEST(hits_carry_the_distance_along_and_off_the_axis)
{
    struct world w = begin();
    struct query_area area;
    struct im_error err = {0};
    uint32_t thing;
    double along;
    double off;

    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("g60"), 0, w.arena, &area, &err),
        IM_OK);
    struct query_region *region = ready(&w, &area);
    /* seats: Hangzhou (120.15 30.28), Jiaxing (121.5 30.5), Wujiang (122.5 30.5) */
    assert_true(atlas_find_key(w.things, im_bytes_of("wujiang"), &thing));
    assert_true(query_region_has(region, w.things, thing, &along, &off));
    double expected = geodesic_distance_m(120.15, 30.28, 121.5, 30.5) +
                      geodesic_distance_m(121.5, 30.5, 122.5, 30.5);
    /* the row of Jiaxing comes first, but Hangzhou is at the end */
    assert_true(fabs(along - expected) < 1 || fabs(along) < 1);
    assert_true(off < 1);
    assert_true(
        atlas_find_key(w.things, im_bytes_of("said_hangzhou_is_jiaxing"), &thing));
    assert_true(query_region_has(region, w.things, thing, &along, &off));
    assert_true(fabs(along - geodesic_distance_m(120.15, 30.28, 121.5, 30.5)) < 1);
    assert_true(off < 1);
    assert_true(atlas_find_key(w.things, im_bytes_of("no_position"), &thing));
    assert_true(query_region_has(region, w.things, thing, &along, &off));
    assert_true(isnan(along) && isnan(off));
    end(&w);
}

TEST(a_corridor_of_lines_is_measured_from_the_lines)
{
    struct world w = begin();
    struct query_area area;
    struct im_error err = {0};

    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("road"), 5000, w.arena, &area, &err),
        IM_OK);
    assert_int_equal(area.kind, QUERY_ALONG);
    assert_string_equal(area.note.zh, "");
    expect(&w, &area, " in_hangzhou line line_of_wujiang several ");
    end(&w);
}

TEST(the_way_between_two_places_is_the_geodesic)
{
    struct world w = begin();
    struct query_place from = {.layer = w.things, .lon = 170, .lat = 60};
    struct query_place to = {.layer = w.things, .lon = -160, .lat = 60};
    struct query_area area;
    struct im_error err = {0};

    assert_int_equal(query_area_between(&from, &to, 1000, w.arena, &area, &err), IM_OK);
    assert_int_equal(area.kind, QUERY_ALONG);
    assert_int_equal(area.shape.n_parts, 2); /* cut at the antimeridian */
    double sum = 0;
    uint32_t start = 0;
    for (uint32_t part = 0; part < 2; part++) {
        for (uint32_t i = start; i + 1 < area.shape.part_end[part]; i++) {
            const double *p = area.shape.lonlat + 2 * i;

            assert_true(fabs(p[0] - p[2]) < 5);
            sum += geodesic_distance_m(p[0], p[1], p[2], p[3]);
        }
        start = area.shape.part_end[part];
    }
    double whole = geodesic_distance_m(170, 60, -160, 60);
    assert_true(sum >= whole - 1e-3 && sum < whole * 1.000001);
    /* the middle by symmetry: 175 W, far north of the parallel */
    double off = geom_distance_m(&area.shape, -175, 60, NULL, NULL);
    assert_true(off > 50000);
    to = from;
    assert_int_equal(query_area_between(&from, &to, 1000, w.arena, &area, &err),
                     IM_EARG);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_division_takes_fine_rows_by_position_and_coarse_ones_by_code),
        cmocka_unit_test(a_division_without_outline_goes_by_code_and_says_so),
        cmocka_unit_test(a_former_code_counts_for_the_division_of_today_only),
        cmocka_unit_test(an_outline_is_named_by_its_layer_and_key),
        cmocka_unit_test(a_point_is_no_area),
        cmocka_unit_test(a_box_may_cross_the_antimeridian),
        cmocka_unit_test(
            a_margin_is_measured_along_the_geodesic_also_past_the_antimeridian),
        cmocka_unit_test(a_corridor_is_all_its_members_with_an_axis),
        cmocka_unit_test(an_area_that_lies_in_a_division_is_not_that_division),
        cmocka_unit_test(
            a_corridor_is_found_by_title_and_synonym_and_named_when_it_is_not),
        cmocka_unit_test(hits_carry_the_distance_along_and_off_the_axis),
        cmocka_unit_test(a_corridor_of_lines_is_measured_from_the_lines),
        cmocka_unit_test(the_way_between_two_places_is_the_geodesic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
