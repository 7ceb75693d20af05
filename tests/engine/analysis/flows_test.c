/* SPDX-License-Identifier: Apache-2.0 */
/* Proves flows between divisions, and coverage of divisions by membership. */
#include "engine/analysis/fixture.h"

struct asked {
    struct world w;
    struct flows_request request;
    struct flows_answer answer;
};

static void ask(struct asked *a)
{
    a->w.rows.layers = &a->w.layer;
    a->request.rows = &a->w.rows;
    if (analysis_flows(&a->request, a->w.arena, &a->answer, NULL, &a->w.err) != IM_OK)
        fail_msg("%s", a->w.err.msg);
}

static struct asked start(enum division_level level)
{
    return (struct asked){.w = begin("enclaves"), .request = {.level = level}};
}

static void expect(const struct asked *a, const char *wanted)
{
    struct im_buf text = {.max = 4096};

    for (size_t i = 0; i < a->answer.n_flows; i++) {
        const struct flow *f = &a->answer.flows[i];

        im_buf_printf(&text, "%s%.6s>%.6s=%llu", i ? " " : "",
                      (const char *)f->origin.data, (const char *)f->host.data,
                      (unsigned long long)f->count);
    }
    im_buf_byte(&text, 0);
    assert_string_equal((const char *)text.data, wanted);
    im_buf_release(&text);
}

TEST(flows_are_counted_by_origin_and_host)
{
    struct asked a = start(DIVISION_CITY);

    ask(&a);
    expect(&a, "330400>310000=2 310000>330400=1 330100>310000=1 330100>330100=1");
    assert_int_equal(a.answer.total, 5);
    assert_int_equal(a.answer.n_unknown, 2); /* no origin; a province is no city */
    assert_string_equal(a.answer.flows[0].origin_title.zh, "嘉兴市");
    assert_true(a.answer.flows[0].origin_lonlat[0] == 120.75);
    assert_true(im_bytes_equal(atlas_text(a.w.layer, a.answer.flows[0].features[0], 0),
                               im_bytes_of("E1")));
    a.request.level = DIVISION_PROVINCE;
    ask(&a);
    expect(&a, "330000>310000=4 310000>330000=1 330000>330000=1");
    end(&a.w);
}

TEST(flows_inside_of_one_division_may_be_left_out)
{
    struct asked a = start(DIVISION_CITY);

    a.request.outside_only = true;
    ask(&a);
    expect(&a, "330400>310000=2 310000>330400=1 330100>310000=1");
    end(&a.w);
}

TEST(origin_and_host_may_be_of_any_level)
{
    struct asked a = start(DIVISION_CITY);

    a.request.host = im_bytes_of("310115");
    ask(&a);
    expect(&a, "330400>310000=1");
    a.request.host = im_bytes_of("310000");
    ask(&a);
    expect(&a, "330400>310000=2 330100>310000=1");
    a.request.host = (struct im_bytes){0};
    a.request.origin = im_bytes_of("330411"); /* the former code means the same */
    ask(&a);
    expect(&a, "330400>310000=2");
    a.request.origin = im_bytes_of("3304");
    assert_int_equal(analysis_flows(&a.request, a.w.arena, &a.answer, NULL, &a.w.err),
                     IM_EARG);
    assert_non_null(strstr(a.w.err.msg_zh, "3304"));
    end(&a.w);
}

TEST(mutual_flows_go_both_ways_and_stand_together)
{
    struct asked a = start(DIVISION_CITY);

    a.request.mutual = true;
    ask(&a);
    expect(&a, "330400>310000=2 310000>330400=1");
    end(&a.w);
}

TEST(a_layer_without_origin_and_host_is_refused)
{
    struct asked a = {.w = begin("places"), .request = {.level = DIVISION_CITY}};

    a.w.rows.layers = &a.w.layer;
    a.request.rows = &a.w.rows;
    assert_int_equal(analysis_flows(&a.request, a.w.arena, &a.answer, NULL, &a.w.err),
                     IM_EARG);
    assert_non_null(strstr(a.w.err.msg, "origin_adcode"));
    end(&a.w);
}

/* ---- coverage of divisions ---- */

static const struct join_pair *gap(const struct join_answer *a, const char *adcode)
{
    for (size_t i = 0; i < a->n_pairs; i++)
        if (im_bytes_equal(
                atlas_text(a->pairs[i].row.layer, a->pairs[i].row.feature, 0),
                im_bytes_of(adcode)))
            return &a->pairs[i];
    return NULL;
}

TEST(districts_without_a_place_are_gaps_and_unsure_where_the_city_may_have_one)
{
    struct world w = begin("places");
    const struct atlas_layer *divisions =
        atlas_layer_find(w.atlas, im_bytes_of("divisions"));
    struct query_request rows = {.layers = &divisions,
                                 .n_layers = 1,
                                 .atlas = w.atlas,
                                 .coarsest = PRECISION_CITY};
    const struct query_request *others = &w.rows;
    struct join_request request = {
        .rows = &rows, .others = &others, .n_others = 1, .by_membership = true};
    struct join_answer answer;

    w.rows.layers = &w.layer;
    assert_int_equal(analysis_coverage(&request, w.arena, &answer, NULL, &w.err),
                     IM_OK);
    assert_int_equal(answer.n_rows, 9);
    assert_int_equal(answer.n_within, 9); /* all have one */
    assert_int_equal(answer.n_pairs, 0);
    assert_int_equal(answer.n_apart, 3); /* district unknown: P4, P8, P9 */
    end(&w);
}

TEST(unknown_positions_never_decide_a_gap)
{
    struct world w = begin("places");
    const struct atlas_layer *divisions;
    struct query_request rows;
    const struct query_request *others = &w.rows;
    struct join_request request;
    struct join_answer answer;

    memory_source_clear(w.ms, "places", 2);
    memory_source_row(w.ms, "POINT(121.7 31.2)", "P1|310115|site||||");
    memory_source_row(w.ms, "POINT(120.2 30.3)", "P2|330100|city||||");
    atlas_unref(w.atlas);
    w.atlas = memory_source_atlas(w.ms);
    w.layer = atlas_layer_find(w.atlas, im_bytes_of("places"));
    divisions = atlas_layer_find(w.atlas, im_bytes_of("divisions"));
    w.rows.layers = &w.layer;
    w.rows.atlas = w.atlas;
    rows = (struct query_request){.layers = &divisions,
                                  .n_layers = 1,
                                  .atlas = w.atlas,
                                  .coarsest = PRECISION_TOWN};
    request = (struct join_request){
        .rows = &rows, .others = &others, .n_others = 1, .by_membership = true};
    assert_int_equal(analysis_coverage(&request, w.arena, &answer, NULL, &w.err),
                     IM_OK);
    assert_null(gap(&answer, "310000"));
    assert_null(gap(&answer, "310115"));
    assert_null(gap(&answer, "330000"));
    assert_null(gap(&answer, "330100"));
    assert_true(gap(&answer, "330106")->is_uncertain);
    assert_true(gap(&answer, "330110")->is_uncertain);
    assert_false(gap(&answer, "310117")->is_uncertain);
    assert_false(gap(&answer, "330400")->is_uncertain);
    assert_int_equal(answer.n_apart, 1);
    assert_int_equal(answer.n_unsure, 2);
    /* 松江 has an outline to measure from, 嘉兴 but a seat that is too coarse */
    assert_true(gap(&answer, "310117")->other[0].distance_m < 20000);
    assert_int_equal(gap(&answer, "330400")->other[0].feature, UINT32_MAX);
    assert_ptr_equal(&answer.pairs[0], gap(&answer, "310117"));
    request.show_covered = true;
    assert_int_equal(analysis_coverage(&request, w.arena, &answer, NULL, &w.err),
                     IM_OK);
    assert_int_equal(answer.n_pairs, 4);
    assert_int_equal(gap(&answer, "310115")->count[0], 1);
    end(&w);
}

TEST(a_district_is_measured_from_its_outline)
{
    struct world w = begin("places");
    const struct atlas_layer *divisions =
        atlas_layer_find(w.atlas, im_bytes_of("divisions"));
    struct query_request rows = {.layers = &divisions,
                                 .n_layers = 1,
                                 .atlas = w.atlas,
                                 .coarsest = PRECISION_TOWN};
    const struct query_request *others = &w.rows;
    struct join_request request = {
        .rows = &rows, .others = &others, .n_others = 1, .max_m = 1000};
    struct join_answer answer;

    w.rows.layers = &w.layer;
    w.rows.coarsest = PRECISION_TOWN;
    assert_int_equal(analysis_coverage(&request, w.arena, &answer, NULL, &w.err),
                     IM_OK);
    /* 310000, 310115, 310117, 330100 have outlines with places inside */
    assert_int_equal(answer.n_rows, 4);
    assert_int_equal(answer.n_within, 4);
    assert_int_equal(answer.n_apart, 5 + 4); /* seats; P3, P4, P8, and P7 nowhere */
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_are_counted_by_origin_and_host),
        cmocka_unit_test(flows_inside_of_one_division_may_be_left_out),
        cmocka_unit_test(origin_and_host_may_be_of_any_level),
        cmocka_unit_test(mutual_flows_go_both_ways_and_stand_together),
        cmocka_unit_test(a_layer_without_origin_and_host_is_refused),
        cmocka_unit_test(
            districts_without_a_place_are_gaps_and_unsure_where_the_city_may_have_one),
        cmocka_unit_test(unknown_positions_never_decide_a_gap),
        cmocka_unit_test(a_district_is_measured_from_its_outline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
