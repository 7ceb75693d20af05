/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/query/select.c, order.c and cursor.c: orders, pages, refusals. That
 * answers equal brute force is proved in tests/property/select_test.c. */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>

#include <math.h>

#define LAYER(id, order)                                                               \
    "{\"id\":\"" id                                                                    \
    "\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":\"id\","             \
    "\"order\":" order ",\"fields\":["                                                 \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"title\",\"title\":{\"zh\":\"名\"},\"type\":\"text\"},"               \
    "{\"name\":\"since\",\"title\":{\"zh\":\"年\"},\"type\":\"integer\"},"            \
    "{\"name\":\"share\",\"title\":{\"zh\":\"率\"},\"type\":\"real\"},"               \
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"}],"       \
    "\"roles\":{\"precision\":\"precision\",\"name_zh\":\"title\"}}"

/* In the order of their ids. */
#define TIMED(id, type, format)                                                        \
    "{\"id\":\"" id                                                                    \
    "\",\"title\":{\"zh\":\"表\"},\"geometry\":\"none\",\"key\":\"id\","              \
    "\"order\":1,\"fields\":["                                                         \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"since\",\"title\":{\"zh\":\"始\"},\"type\":\"" type                   \
    "\",\"format\":\"" format "\"}],\"roles\":{\"time\":\"since\"}}"

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    struct im_arena *arena;
    const struct atlas_layer *layers[8];
    struct query_request request;
    struct query_sort sort[QUERY_MAX_SORT + 1];
    struct query_answer answer;
    struct im_error err;
};

static void begin(struct world *w)
{
    *w = (struct world){.ms = memory_source_new(), .arena = im_arena_new(256 << 20)};

    memory_source_layer(w->ms, LAYER("b_things", "1"), "", 1);
}

/* All rows are in: build, and ask for all of them. */
static void ready(struct world *w)
{
    w->atlas = memory_source_atlas(w->ms);
    w->request = (struct query_request){.layers = w->layers,
                                        .n_layers = atlas_layer_count(w->atlas),
                                        .lon = 121.47,
                                        .lat = 31.23,
                                        .k = 100,
                                        .max_m = HUGE_VAL,
                                        .sort = w->sort,
                                        .coarsest = PRECISION_CITY};
    for (size_t i = 0; i < w->request.n_layers; i++)
        w->layers[i] = atlas_layer_at(w->atlas, i);
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

static void run(struct world *w)
{
    assert_int_equal(query_run(&w->request, w->arena, &w->answer, NULL, &w->err),
                     IM_OK);
}

static void refused(struct world *w, const char *en, const char *zh)
{
    assert_int_equal(query_run(&w->request, w->arena, &w->answer, NULL, &w->err),
                     IM_EARG);
    assert_non_null(strstr(w->err.msg, en));
    assert_non_null(strstr(w->err.msg_zh, zh));
}

/* Keys of the answer, one after another. */
static const char *keys(const struct world *w)
{
    static char text[1024];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < w->answer.n_hits; i++) {
        struct im_bytes key =
            atlas_text(w->answer.hits[i].layer, w->answer.hits[i].feature, 0);

        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i ? " " : "",
                                (int)key.len, (const char *)key.data);
    }
    return text;
}

static void sort_by(struct world *w, const char *field, bool descending)
{
    w->sort[w->request.n_sort++] = (struct query_sort){im_bytes_of(field), descending};
}

static void five(struct world *w)
{
    begin(w);
    memory_source_row(w->ms, "POINT(121.60 31.20)", "e|张江|2016|0.5|site");
    memory_source_row(w->ms, "POINT(120.15 30.28)", "a|Hangzhou|2010||site");
    memory_source_row(w->ms, NULL, "c|é|2016|-1|");
    memory_source_row(w->ms, "POINT(121.48 31.23)", "d||2012|0|city");
    memory_source_row(w->ms, "POINT(118.79 32.06)", "b|Z||2.5|site");
    ready(w);
}

TEST(without_an_origin_rows_come_as_they_came_in)
{
    struct world w;

    five(&w);
    run(&w);
    assert_string_equal(keys(&w), "e a c d b");
    assert_int_equal(w.answer.n_matched, 5);
    assert_int_equal(w.answer.n_unplaced, 1);
    assert_null(w.answer.next);
    assert_true(isnan(w.answer.hits[0].distance_m));
    assert_true(isnan(w.answer.hits[0].along_m));
    end(&w);
}

TEST(rows_are_sorted_by_fields_with_null_last_either_way)
{
    struct world w;

    five(&w);
    sort_by(&w, "since", false);
    run(&w);
    assert_string_equal(keys(&w), "a d c e b");
    w.sort[0].descending = true;
    run(&w);
    assert_string_equal(keys(&w), "c e d a b");
    sort_by(&w, "share", true);
    run(&w);
    assert_string_equal(keys(&w), "e c d a b");
    end(&w);
}

TEST(text_is_sorted_by_code_points)
{
    struct world w;

    five(&w);
    sort_by(&w, "title", false);
    run(&w);
    assert_string_equal(keys(&w), "a b c e d");
    w.sort[0].field = im_bytes_of("name");
    run(&w);
    assert_string_equal(keys(&w), "a b c e d");
    end(&w);
}

TEST(with_an_origin_only_rows_with_a_position_take_part)
{
    struct world w;

    five(&w);
    w.request.has_origin = true;
    run(&w);
    assert_string_equal(keys(&w), "d e a b");
    assert_int_equal(w.answer.n_unplaced, 1);
    assert_true(w.answer.hits[1].distance_m ==
                geodesic_distance_m(121.47, 31.23, 121.60, 31.20));
    w.request.coarsest = PRECISION_TOWN;
    run(&w);
    assert_string_equal(keys(&w), "e a b");
    assert_int_equal(w.answer.n_apart, 1);
    assert_int_equal(w.answer.n_apart_matched, 1);
    sort_by(&w, "distance", true);
    run(&w);
    assert_string_equal(keys(&w), "b a e");
    w.request.max_m = 20000;
    run(&w);
    assert_string_equal(keys(&w), "e");
    assert_int_equal(w.answer.n_matched, 1);
    end(&w);
}

TEST(pages_follow_each_other_without_gap_or_repetition)
{
    struct world w;
    struct query_sort by_year = {im_bytes_of("since"), true};

    five(&w);
    w.request.k = 2;
    for (int order = 0; order < 3; order++) {
        w.request.has_origin = order == 1;
        w.request.sort = &by_year;
        w.request.n_sort = order == 2;
        w.request.cursor = (struct im_bytes){0};
        run(&w);
        assert_string_equal(keys(&w), order == 0 ? "e a" : order == 1 ? "d e" : "c e");
        assert_non_null(w.answer.next);
        w.request.cursor = im_bytes_of(w.answer.next);
        run(&w);
        assert_string_equal(keys(&w), order == 0 ? "c d" : order == 1 ? "a b" : "d a");
        assert_int_equal(w.answer.n_matched, order == 1 ? 4 : 5);
        if (order == 1) {
            assert_null(w.answer.next);
            continue;
        }
        w.request.cursor = im_bytes_of(w.answer.next);
        run(&w);
        assert_string_equal(keys(&w), "b");
        assert_null(w.answer.next);
    }
    end(&w);
}

TEST(a_cursor_of_another_query_or_a_damaged_one_is_refused)
{
    struct world w;
    char text[256];

    five(&w);
    w.request.k = 2;
    run(&w);
    snprintf(text, sizeof text, "%s", w.answer.next);
    w.request.cursor = im_bytes_of(text);
    sort_by(&w, "since", false);
    refused(&w, "another query", "另一个查询");
    w.request.n_sort = 0;
    w.request.has_origin = true;
    refused(&w, "another query", "另一个查询");
    w.request.has_origin = false;
    run(&w);
    for (size_t i = 0; text[i]; i++) {
        char old = text[i];

        text[i] = old == 'A' ? 'B' : 'A';
        assert_int_equal(query_run(&w.request, w.arena, &w.answer, NULL, &w.err),
                         IM_EARG);
        text[i] = old;
        w.request.cursor.len = i + 1;
        if (text[i + 1])
            refused(&w, "cursor", "游标");
        w.request.cursor.len = strlen(text);
    }
    end(&w);
}

TEST(impossible_requests_are_refused_with_the_next_step)
{
    struct world w;

    five(&w);
    sort_by(&w, "nonsense", false);
    refused(&w, "'nonsense'", "“nonsense”");
    w.sort[0].field = im_bytes_of("distance");
    refused(&w, "needs an origin", "需要起点");
    w.request.n_sort = QUERY_MAX_SORT + 1;
    refused(&w, "at most 8", "至多 8");
    w.request.n_sort = 0;
    w.request.k = 0;
    refused(&w, "1 to 10000", "1 到 10000");
    w.request.k = 1;
    w.request.has_origin = true;
    w.request.lon = (double)NAN;
    refused(&w, "nan", "nan");
    end(&w);
}

/* 20,000 rows, far more than are looked at between two looks at the clock. */
TEST(work_past_the_deadline_is_stopped_however_it_is_done)
{
    struct query_sort by_year = {im_bytes_of("since"), false};
    struct im_deadline past = im_deadline_in(0);
    struct world w;

    begin(&w);
    for (int i = 0; i < 20000; i++) {
        char wkt[64];
        char values[64];

        snprintf(wkt, sizeof wkt, "POINT(%.5f 31.23)", 120 + i * 0.0001);
        snprintf(values, sizeof values, "k%d|x|%d||city", i, i % 50);
        memory_source_row(w.ms, wkt, values);
    }
    ready(&w);
    for (int way = 0; way < 4; way++) {
        w.request.layers = w.layers;
        w.request.has_origin = way < 2;
        w.request.max_m = way ? 1e6 : HUGE_VAL;
        w.request.sort = &by_year;
        w.request.n_sort = way == 3;
        w.request.deadline = (struct im_deadline){0};
        run(&w);
        w.request.deadline = past;
        assert_int_equal(query_run(&w.request, w.arena, &w.answer, NULL, &w.err),
                         IM_ESTOPPED);
        assert_true(w.err.msg[0] && w.err.msg_zh[0]);
    }
    end(&w);
}

TEST(the_nearest_of_each_layer_come_in_one_list)
{
    struct world w;

    begin(&w);
    memory_source_row(w.ms, "POINT(121.48 31.23)", "b1||||site");
    memory_source_row(w.ms, "POINT(121.50 31.23)", "b2||||site");
    memory_source_row(w.ms, "POINT(121.52 31.23)", "b3||||site");
    memory_source_layer(w.ms, LAYER("a_things", "2"), "", 1);
    memory_source_row(w.ms, "POINT(121.70 31.23)", "a1||||site");
    memory_source_row(w.ms, "POINT(121.471 31.23)", "a2||||site");
    memory_source_row(w.ms, "POINT(121.90 31.23)", "a3||||site");
    memory_source_layer(w.ms, LAYER("c_none", "3"), "", 1);
    ready(&w);
    w.request.has_origin = true;
    w.request.k = 2;
    run(&w);
    assert_string_equal(keys(&w), "a2 b1");
    assert_non_null(w.answer.next);
    w.request.each = true;
    run(&w);
    assert_string_equal(keys(&w), "a2 b1 b2 a1");
    assert_int_equal(w.answer.n_matched, 6);
    assert_null(w.answer.next);
    assert_true(w.answer.hits[0].order_uncertain == false);
    w.request.cursor = im_bytes_of("AAAA");
    refused(&w, "no next page", "没有下一页");
    end(&w);
}

static void between(struct world *w, double from, double to)
{
    w->request.time = (struct query_time){true, from, to};
    run(w);
}

TEST(times_are_those_of_a_year_a_day_or_a_moment)
{
    static const double day = 86400;
    static const double year_2016 = 1451606400; /* its first second */
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(1 << 20)};

    memory_source_layer(w.ms, TIMED("years", "integer", "year"), "", 1);
    memory_source_row(w.ms, NULL, "y2015|2015");
    memory_source_row(w.ms, NULL, "y2016|2016");
    memory_source_row(w.ms, NULL, "y|");
    memory_source_layer(w.ms, TIMED("dates", "text", "date"), "", 1);
    memory_source_row(w.ms, NULL, "d1|2015-12-31");
    memory_source_row(w.ms, NULL, "d2|2016-01-01");
    memory_source_row(w.ms, NULL, "d3|");
    memory_source_layer(w.ms, TIMED("moments", "text", "datetime"), "", 1);
    memory_source_row(w.ms, NULL, "m1|2015-12-31T23:59:59Z");
    memory_source_row(w.ms, NULL, "m2|2016-01-01T08:00:00+08:00");
    memory_source_layer(w.ms, LAYER("without", "9"), "", 1);
    memory_source_row(w.ms, NULL, "never|x|2016||");
    ready(&w);
    w.request.layers = w.layers;
    between(&w, year_2016, year_2016);
    assert_string_equal(keys(&w), "d2 m2 y2016");
    assert_int_equal(w.answer.n_matched, 3);
    between(&w, year_2016 - 1, year_2016 - 1);
    assert_string_equal(keys(&w), "d1 m1 y2015");
    between(&w, year_2016 - day, HUGE_VAL);
    assert_string_equal(keys(&w), "d1 d2 m1 m2 y2015 y2016");
    between(&w, -HUGE_VAL, 0);
    assert_string_equal(keys(&w), "");
    w.request.time.from = 1;
    refused(&w, "ends before it begins", "早于");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_origin_rows_come_as_they_came_in),
        cmocka_unit_test(rows_are_sorted_by_fields_with_null_last_either_way),
        cmocka_unit_test(text_is_sorted_by_code_points),
        cmocka_unit_test(with_an_origin_only_rows_with_a_position_take_part),
        cmocka_unit_test(pages_follow_each_other_without_gap_or_repetition),
        cmocka_unit_test(a_cursor_of_another_query_or_a_damaged_one_is_refused),
        cmocka_unit_test(impossible_requests_are_refused_with_the_next_step),
        cmocka_unit_test(work_past_the_deadline_is_stopped_however_it_is_done),
        cmocka_unit_test(the_nearest_of_each_layer_come_in_one_list),
        cmocka_unit_test(times_are_those_of_a_year_a_day_or_a_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
