/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/query/search.c. */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>

#define LAYER(id, order)                                                               \
    "{\"id\":\"" id                                                                    \
    "\",\"title\":{\"zh\":\"点\"},\"geometry\":\"mixed\",\"key\":\"id\","             \
    "\"order\":" order ",\"fields\":["                                                 \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"        \
    "{\"name\":\"reviewed\",\"title\":{\"zh\":\"已审\"},\"type\":\"integer\"}],"     \
    "\"roles\":{\"precision\":\"precision\",\"reviewed\":\"reviewed\"}}"

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    struct im_arena *arena;
    const struct atlas_layer *layers[8];
    struct query_request request;
    struct query_answer answer;
    struct im_error err;
};

static struct world begin(void)
{
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(256 << 20)};

    memory_source_layer(w.ms, LAYER("b_things", "1"), "", 1);
    return w;
}

/* All rows are in: build, and ask from People's Square by default. */
static void ready(struct world *w)
{
    w->atlas = memory_source_atlas(w->ms);
    w->request = (struct query_request){.layers = w->layers,
                                        .n_layers = atlas_layer_count(w->atlas),
                                        .has_origin = true,
                                        .lon = 121.47,
                                        .lat = 31.23,
                                        .k = 3,
                                        .max_m = HUGE_VAL,
                                        .coarsest = PRECISION_TOWN};
    for (size_t i = 0; i < w->request.n_layers; i++)
        w->layers[i] = atlas_layer_at(w->atlas, i);
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

static void nearest(struct world *w)
{
    assert_int_equal(query_run(&w->request, w->arena, &w->answer, NULL, &w->err),
                     IM_OK);
}

static const char *key_of(const struct query_hit *hit)
{
    static char text[64];
    struct im_bytes key = atlas_text(hit->layer, hit->feature, 0);

    snprintf(text, sizeof text, "%.*s", (int)key.len, (const char *)key.data);
    return text;
}

TEST(the_nearest_come_first_with_their_geodesic_distance)
{
    struct world w = begin();

    memory_source_row(w.ms, "POINT(121.60 31.20)", "zhangjiang|site|1");
    memory_source_row(w.ms, "POINT(120.15 30.28)", "hangzhou|site|1");
    memory_source_row(w.ms, "POINT(121.48 31.23)", "bund|site|1");
    memory_source_row(w.ms, "POINT(118.79 32.06)", "nanjing|site|1");
    memory_source_row(w.ms, NULL, "somewhere|site|1");
    ready(&w);
    nearest(&w);
    assert_int_equal(w.answer.n_hits, 3);
    assert_string_equal(key_of(&w.answer.hits[0]), "bund");
    assert_string_equal(key_of(&w.answer.hits[1]), "zhangjiang");
    assert_string_equal(key_of(&w.answer.hits[2]), "hangzhou");
    assert_true(w.answer.hits[1].distance_m ==
                geodesic_distance_m(121.47, 31.23, 121.60, 31.20));
    assert_int_equal(w.answer.n_matched, 4);
    assert_int_equal(w.answer.n_unplaced, 1);
    assert_true(w.answer.hits[0].uncertainty_m == 200);
    end(&w);
}

TEST(inside_an_area_the_distance_is_zero_and_outside_it_is_that_to_the_edge)
{
    struct world w = begin();

    memory_source_row(w.ms, "POLYGON((121 31,122 31,122 32,121 32,121 31))",
                      "around|exact|1");
    memory_source_row(w.ms, "POLYGON((121.5 31,123 31,123 32,121.5 32,121.5 31))",
                      "east|exact|1");
    ready(&w);
    nearest(&w);
    assert_string_equal(key_of(&w.answer.hits[0]), "around");
    assert_true(w.answer.hits[0].distance_m == 0);
    assert_true(w.answer.hits[0].nearest_lon == 121.47);
    assert_true(fabs(w.answer.hits[1].distance_m -
                     geodesic_distance_m(121.47, 31.23, 121.5, 31.23)) < 0.5);
    assert_true(fabs(w.answer.hits[1].nearest_lon - 121.5) < 1e-9);
    end(&w);
}

TEST(ties_are_ordered_by_layer_and_then_by_key)
{
    struct world w = begin();

    memory_source_row(w.ms, "POINT(121.5 31.2)", "m|site|1");
    memory_source_row(w.ms, "POINT(121.5 31.2)", "c|site|1");
    memory_source_row(w.ms, "POINT(121.5 31.2)", "x|site|1");
    memory_source_layer(w.ms, LAYER("a_things", "2"), "", 1);
    memory_source_row(w.ms, "POINT(121.5 31.2)", "a|site|1");
    ready(&w);
    w.request.k = 10;
    nearest(&w);
    assert_string_equal(key_of(&w.answer.hits[0]), "c");
    assert_string_equal(key_of(&w.answer.hits[1]), "m");
    assert_string_equal(key_of(&w.answer.hits[2]), "x");
    assert_string_equal(key_of(&w.answer.hits[3]), "a");
    w.request.k = 1; /* the same one although any would be as near */
    nearest(&w);
    assert_string_equal(key_of(&w.answer.hits[0]), "c");
    end(&w);
}

TEST(coarse_rows_are_counted_and_listed_apart)
{
    struct world w = begin();

    memory_source_row(w.ms, "POINT(121.47 31.23)", "city|city|1");
    memory_source_row(w.ms, "POINT(121.48 31.23)", "district|district|1");
    memory_source_row(w.ms, "POINT(121.49 31.23)", "unknown||1");
    memory_source_row(w.ms, "POINT(121.60 31.20)", "town|town|1");
    ready(&w);
    nearest(&w);
    assert_int_equal(w.answer.n_hits, 1);
    assert_string_equal(key_of(&w.answer.hits[0]), "town");
    assert_int_equal(w.answer.n_apart, 3);
    assert_int_equal(w.answer.n_apart_matched, 3);
    assert_string_equal(key_of(&w.answer.apart[0]), "city");
    w.request.coarsest = PRECISION_CITY;
    nearest(&w);
    assert_int_equal(w.answer.n_matched, 4);
    assert_int_equal(w.answer.n_apart, 0);
    w.request.coarsest = PRECISION_TOWN;
    w.request.max_m = 1500; /* only the first two coarse ones are that near */
    nearest(&w);
    assert_int_equal(w.answer.n_hits, 0);
    assert_int_equal(w.answer.n_apart_matched, 2);
    end(&w);
}

TEST(unreviewed_outlines_are_left_out_when_asked)
{
    struct world w = begin();

    memory_source_row(w.ms, "POINT(121.48 31.23)", "no|site|0");
    memory_source_row(w.ms, "POINT(121.49 31.23)", "not said|site|");
    memory_source_row(w.ms, "POINT(121.60 31.20)", "yes|site|1");
    ready(&w);
    nearest(&w);
    assert_int_equal(w.answer.n_hits, 3);
    w.request.leave_out_unreviewed = true;
    nearest(&w);
    assert_int_equal(w.answer.n_hits, 1);
    assert_int_equal(w.answer.n_matched, 1);
    assert_string_equal(key_of(&w.answer.hits[0]), "yes");
    end(&w);
}

TEST(an_order_is_uncertain_where_intervals_of_neighbours_overlap)
{
    struct world w = begin();

    memory_source_row(w.ms, "POINT(121.471 31.23)", "a|site|1"); /* 95 m */
    memory_source_row(w.ms, "POINT(121.473 31.23)", "b|site|1"); /* 286 m */
    memory_source_row(w.ms, "POINT(121.60 31.23)", "c|site|1");  /* 12.4 km */
    ready(&w);
    nearest(&w);
    assert_true(w.answer.hits[0].order_uncertain);
    assert_true(w.answer.hits[1].order_uncertain);
    assert_false(w.answer.hits[2].order_uncertain);
    w.request.origin_uncertainty_m = 10000;
    nearest(&w);
    assert_true(w.answer.hits[2].order_uncertain);
    assert_true(w.answer.hits[2].uncertainty_m == 10200);
    end(&w);
}

TEST(within_gives_the_first_page_and_the_number_of_all)
{
    struct world w = begin();

    for (int i = 0; i < 400; i++) {
        char wkt[64];
        char values[32];

        snprintf(wkt, sizeof wkt, "POINT(%.6f 31.23)", 121.47 + i * 0.001);
        snprintf(values, sizeof values, "p%03d|site|1", i);
        memory_source_row(w.ms, wkt, values);
    }
    ready(&w);
    w.request.k = 10;
    w.request.max_m = 100 * geodesic_distance_m(121.47, 31.23, 121.471, 31.23) + 1;
    assert_int_equal(query_run(&w.request, w.arena, &w.answer, NULL, &w.err), IM_OK);
    assert_int_equal(w.answer.n_matched, 101);
    assert_int_equal(w.answer.n_hits, 10);
    assert_string_equal(key_of(&w.answer.hits[9]), "p009");
    w.request.max_m = 0;
    assert_int_equal(query_run(&w.request, w.arena, &w.answer, NULL, &w.err), IM_OK);
    assert_int_equal(w.answer.n_matched, 1);
    end(&w);
}

TEST(five_thousand_places_at_one_position_are_answered)
{
    struct world w = begin();

    for (int i = 0; i < 5000; i++) {
        char values[32];

        snprintf(values, sizeof values, "p%04d|site|1", (i * 7919) % 5000);
        memory_source_row(w.ms, "POINT(121.5 31.2)", values);
    }
    memory_source_row(w.ms, "POINT(121.471 31.23)", "single|site|1");
    ready(&w);
    w.request.k = 4;
    nearest(&w);
    assert_string_equal(key_of(&w.answer.hits[0]), "single");
    assert_string_equal(key_of(&w.answer.hits[1]), "p0000");
    assert_string_equal(key_of(&w.answer.hits[2]), "p0001");
    assert_string_equal(key_of(&w.answer.hits[3]), "p0002");
    w.request.max_m = 10000;
    nearest(&w);
    assert_int_equal(w.answer.n_matched, 5001);
    end(&w);
}

static void refused(struct world *w, const char *value)
{
    assert_int_equal(query_run(&w->request, w->arena, &w->answer, NULL, &w->err),
                     IM_EARG);
    assert_non_null(strstr(w->err.msg, value));
    assert_non_null(strstr(w->err.msg_zh, value));
}

TEST(impossible_requests_are_refused_with_the_value)
{
    static const double bad[] = {181, -180.5, HUGE_VAL, -HUGE_VAL};
    struct world w = begin();

    memory_source_row(w.ms, "POINT(121.5 31.2)", "a|site|1");
    ready(&w);
    for (int i = 0; i < 4; i++) {
        char text[32];

        snprintf(text, sizeof text, "%.10g", bad[i]);
        w.request.lon = bad[i];
        refused(&w, text);
    }
    w.request.lon = (double)NAN;
    refused(&w, "nan");
    w.request.lon = 121;
    w.request.lat = 90.25;
    refused(&w, "90.25");
    w.request.lat = 31;
    w.request.k = 0;
    refused(&w, "0");
    w.request.k = QUERY_MAX_K + 1;
    refused(&w, "10001");
    w.request.k = 1;
    w.request.max_m = -2;
    refused(&w, "-2");
    w.request.max_m = (double)NAN;
    refused(&w, "nan");
    w.request.max_m = HUGE_VAL; /* no limit */
    w.request.n_layers = 0;
    refused(&w, "0");
    end(&w);
}

/* Every distance one by one, then sorted: slow and simple. */
static size_t
brute_force(const struct world *w, struct query_hit *out, uint16_t precisions)
{
    size_t n = 0;

    for (size_t l = 0; l < w->request.n_layers; l++)
        for (uint32_t i = 0; i < atlas_layer_placed(w->layers[l]); i++) {
            struct geom g = atlas_geom(w->layers[l], i);
            double m = geom_distance_m(&g, w->request.lon, w->request.lat, NULL, NULL);

            if ((precisions >> query_precision(w->layers[l], i) & 1) &&
                m <= w->request.max_m)
                out[n++] = (struct query_hit){
                    .layer = w->layers[l], .feature = i, .distance_m = m};
        }
    return n;
}

static int by_distance(const void *a, const void *b)
{
    double x = ((const struct query_hit *)a)->distance_m;
    double y = ((const struct query_hit *)b)->distance_m;

    return (x > y) - (x < y);
}

TEST(answers_equal_brute_force)
{
    static const char *const precisions[] = {"exact", "site",     "park",
                                             "town",  "district", "city"};
    struct test_random r = test_random_new("nearest");
    struct world w = begin();
    struct query_hit *all = malloc(6000 * sizeof *all);

    for (int layer = 0; layer < 2; layer++) {
        if (layer)
            memory_source_layer(w.ms, LAYER("second", "5"), "", 1);
        for (int i = 0; i < 3000; i++) {
            double xy[4] = {test_random_in(&r, 118, 122), test_random_in(&r, 29, 33), 0,
                            0};
            uint32_t line_end = 2;
            struct geom g = {GEOM_POINT, 1, 0, 0, xy, &line_end, NULL};
            char values[48];

            if (layer) {
                xy[2] = xy[0] + test_random_in(&r, -0.2, 0.2);
                xy[3] = xy[1] + test_random_in(&r, -0.2, 0.2);
                g = (struct geom){GEOM_LINE, 2, 1, 0, xy, &line_end, NULL};
            }
            snprintf(values, sizeof values, "k%04d|%s|1", i,
                     precisions[test_random_below(&r, 6)]);
            memory_source_feature(w.ms, &g, values);
        }
    }
    ready(&w);
    for (int round = 0; round < 20; round++) {
        w.request.lon = test_random_in(&r, 117, 123);
        w.request.lat = test_random_in(&r, 28, 34);
        w.request.k = 1 + test_random_below(&r, 50);
        w.request.max_m = round % 2 ? HUGE_VAL : pow(10, test_random_in(&r, 3, 5.5));
        nearest(&w);
        size_t n = brute_force(&w, all, 0xF); /* exact to town */
        qsort(all, n, sizeof *all, by_distance);
        assert_int_equal(w.answer.n_matched, n);
        assert_int_equal(w.answer.n_hits, n < w.request.k ? n : w.request.k);
        for (size_t i = 0; i < w.answer.n_hits; i++)
            assert_true(fabs(w.answer.hits[i].distance_m - all[i].distance_m) < 1e-6);
        n = brute_force(&w, all, 0x30);
        assert_int_equal(w.answer.n_apart_matched, n);
    }
    free(all);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_come_first_with_their_geodesic_distance),
        cmocka_unit_test(
            inside_an_area_the_distance_is_zero_and_outside_it_is_that_to_the_edge),
        cmocka_unit_test(ties_are_ordered_by_layer_and_then_by_key),
        cmocka_unit_test(coarse_rows_are_counted_and_listed_apart),
        cmocka_unit_test(unreviewed_outlines_are_left_out_when_asked),
        cmocka_unit_test(an_order_is_uncertain_where_intervals_of_neighbours_overlap),
        cmocka_unit_test(within_gives_the_first_page_and_the_number_of_all),
        cmocka_unit_test(five_thousand_places_at_one_position_are_answered),
        cmocka_unit_test(impossible_requests_are_refused_with_the_value),
        cmocka_unit_test(answers_equal_brute_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
