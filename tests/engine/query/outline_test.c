/* SPDX-License-Identifier: Apache-2.0 */
/* Proves that a district is measured from its edge where its outline is known. */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>
#include <stdlib.h>

#define FIELDS                                                                         \
    "\"key\":\"adcode\",\"fields\":["                                                  \
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"},"           \
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"          \
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"}],"       \
    "\"roles\":{\"adcode\":\"adcode\",\"name_zh\":\"name_zh\","                        \
    "\"precision\":\"precision\"}}"

static const char *const DIVISIONS =
    "{\"id\":\"divisions\",\"title\":{\"zh\":\"行政区\"},\"geometry\":\"point\","
    "\"names_places\":true," FIELDS;
static const char *const OUTLINES = "{\"id\":\"outlines\",\"title\":{\"zh\":\"轮廓\"},"
                                    "\"geometry\":\"area\",\"order\":190," FIELDS;
static const char *const LAND =
    "{\"id\":\"land\",\"title\":{\"zh\":\"陆地\"},\"geometry\":\"area\","
    "\"group\":\"base\",\"order\":1," FIELDS;
static const char *const THINGS =
    "{\"id\":\"things\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"
    "\"id\","
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"}]}";

enum { N = 2000 };

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *things;
    struct im_arena *arena;
    struct query_request request;
};

static struct world begin(const char *near)
{
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(64 << 20)};
    struct test_random r = test_random_new("outline");
    struct query_places places;
    char wkt[64];
    char key[16];

    memory_source_layer(w.ms, DIVISIONS, "", 1);
    memory_source_row(w.ms, "POINT(121.2 31.0)", "310117|松江区|district");
    memory_source_row(w.ms, "POINT(120.6 31.1)", "320509|吴江区|district");
    memory_source_layer(w.ms, OUTLINES, "", 1);
    memory_source_row(w.ms,
                      "POLYGON((121.0 30.9,121.4 30.9,121.4 31.0,121.3 31.15,"
                      "121.05 31.1,121.0 30.9))",
                      "310117|松江区|");
    memory_source_layer(w.ms, THINGS, "", 1);
    for (int i = 0; i < N; i++) {
        snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", test_random_in(&r, 120, 122.5),
                 test_random_in(&r, 30, 32));
        snprintf(key, sizeof key, "%d", i);
        memory_source_row(w.ms, wkt, key);
    }
    w.atlas = memory_source_atlas(w.ms);
    w.things = atlas_layer_find(w.atlas, im_bytes_of("things"));
    struct im_error err;
    assert_int_equal(
        query_find_place(w.atlas, im_bytes_of(near), w.arena, &places, &err), IM_OK);
    w.request = (struct query_request){
        .n_layers = 1, .has_origin = true, .k = 50, .max_m = HUGE_VAL};
    query_start_at(&w.request, &places.places[0]);
    return w;
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Distances of all things from the outline, one by one. */
static void measure_all(const struct world *w, double out[N])
{
    struct geom outline = atlas_geom(w->request.outline_layer, w->request.outline);

    for (uint32_t i = 0; i < N; i++) {
        struct geom g = atlas_geom(w->things, i);

        out[i] = geom_distance_m(&outline, g.lonlat[0], g.lonlat[1], NULL, NULL);
    }
    qsort(out, N, sizeof *out, compare);
}

TEST(a_district_with_an_outline_is_measured_from_its_edge)
{
    struct world w = begin("松江");
    struct query_answer answer;
    struct im_error err;
    double expected[N];
    size_t within = 0;

    w.request.layers = &w.things;
    assert_non_null(w.request.outline_layer);
    assert_true(w.request.origin_uncertainty_m == QUERY_OUTLINE_UNCERTAINTY_M);
    measure_all(&w, expected);
    for (w.request.k = 1; w.request.k <= 900; w.request.k = w.request.k * 3 + 7) {
        assert_int_equal(query_run(&w.request, w.arena, &answer, NULL, &err), IM_OK);
        assert_int_equal(answer.n_hits, w.request.k);
        for (size_t i = 0; i < answer.n_hits; i++)
            assert_true(fabs(answer.hits[i].distance_m - expected[i]) < 1e-3);
    }
    assert_true(expected[0] == 0); /* some lie inside */
    w.request.k = 10;
    w.request.max_m = 10000;
    while (expected[within] <= w.request.max_m)
        within++;
    assert_int_equal(query_run(&w.request, w.arena, &answer, NULL, &err), IM_OK);
    assert_int_equal(answer.n_matched, within);
    assert_int_equal(answer.n_hits, 10);
    end(&w);
}

TEST(a_district_without_an_outline_is_its_seat_with_its_uncertainty)
{
    struct world w = begin("吴江区");

    assert_null(w.request.outline_layer);
    assert_true(w.request.origin_uncertainty_m == 20000);
    assert_true(fabs(w.request.lon - 120.6) < 1e-9);
    end(&w);
}

TEST(an_area_named_itself_is_measured_from_its_edge)
{
    struct world w = begin("outlines:310117");

    assert_ptr_equal(w.request.outline_layer,
                     atlas_layer_find(w.atlas, im_bytes_of("outlines")));
    end(&w);
}

/* The base map draws some divisions too, for another purpose and less finely. */
TEST(a_division_with_several_outlines_has_the_one_for_questions)
{
    struct memory_source *ms = memory_source_new();
    struct im_arena *arena = im_arena_new(1 << 20);
    struct query_places places;
    struct query_area area;
    struct im_error err;

    memory_source_layer(ms, LAND, "", 1);
    memory_source_row(ms, "POLYGON((121 30,122 30,122 31,121 31,121 30))",
                      "310000|上海市|");
    memory_source_row(ms, "POLYGON((103 30,104 30,104 31,103 31,103 30))",
                      "510000|四川省|");
    memory_source_row(ms, "POLYGON((113 22,114 22,114 23,113 23,113 22))",
                      "440000|广东省|");
    memory_source_layer(ms, DIVISIONS, "", 1);
    memory_source_row(ms, "POINT(121.5 31.2)", "310000|上海市|city");
    memory_source_row(ms, "POINT(103.5 30.5)", "510000|四川省|city");
    memory_source_layer(ms, OUTLINES, "", 1);
    memory_source_row(ms, "POLYGON((120.9 30.7,122 30.7,122 31.5,120.9 30.7))",
                      "310000|上海市|");
    const struct atlas *atlas = memory_source_atlas(ms);

    assert_int_equal(query_find_place(atlas, im_bytes_of("上海"), arena, &places, &err),
                     IM_OK);
    assert_ptr_equal(places.places[0].outline_layer,
                     atlas_layer_find(atlas, im_bytes_of("outlines")));
    assert_int_equal(
        query_area_named(atlas, im_bytes_of("上海"), arena, &area, &places, &err),
        IM_OK);
    assert_int_equal(area.shape.n_points, 4);
    assert_int_equal(query_find_place(atlas, im_bytes_of("四川"), arena, &places, &err),
                     IM_OK);
    assert_ptr_equal(places.places[0].outline_layer,
                     atlas_layer_find(atlas, im_bytes_of("land")));
    atlas_unref(atlas);
    im_arena_free(arena);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_district_with_an_outline_is_measured_from_its_edge),
        cmocka_unit_test(
            a_district_without_an_outline_is_its_seat_with_its_uncertainty),
        cmocka_unit_test(an_area_named_itself_is_measured_from_its_edge),
        cmocka_unit_test(a_division_with_several_outlines_has_the_one_for_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
