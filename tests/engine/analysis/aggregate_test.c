/* SPDX-License-Identifier: Apache-2.0 */
/* Proves counts, sums and means by group, and what stands beside them. */
#include "engine/analysis/fixture.h"

struct asked {
    struct world w;
    struct aggregate_request request;
    struct aggregate_answer answer;
};

static void ask(struct asked *a)
{
    a->w.rows.layers = &a->w.layer;
    a->request.rows = &a->w.rows;
    if (analysis_aggregate(&a->request, a->w.arena, &a->answer, NULL, &a->w.err) !=
        IM_OK)
        fail_msg("%s", a->w.err.msg);
}

static struct asked start(enum aggregate_by by)
{
    return (struct asked){.w = begin("places"), .request = {.by = by}};
}

/* "code=count code=count ..." in the order of the answer. */
static void expect(const struct asked *a, const char *wanted)
{
    struct im_buf text = {.max = 4096};

    for (size_t i = 0; i < a->answer.n_groups; i++) {
        const struct aggregate_group *g = &a->answer.groups[i];

        im_buf_printf(&text, "%s%.*s=%llu", i ? " " : "", (int)g->code.len,
                      (const char *)g->code.data, (unsigned long long)g->count);
    }
    im_buf_byte(&text, 0);
    assert_string_equal((const char *)text.data, wanted);
    im_buf_release(&text);
}

static const struct aggregate_group *group(const struct asked *a, const char *code)
{
    for (size_t i = 0; i < a->answer.n_groups; i++)
        if (im_bytes_equal(a->answer.groups[i].code, im_bytes_of(code)))
            return &a->answer.groups[i];
    fail_msg("no group %s", code);
    return NULL;
}

TEST(districts_count_fine_rows_by_position_and_coarse_ones_by_code)
{
    struct asked a = start(AGGREGATE_DIVISION);

    a.request.level = DIVISION_DISTRICT;
    ask(&a);
    /* P2 stands in 310117 whatever its code says; P4, P8 are known to the city only, P9
     * to nothing; 330411 is 330402 today */
    expect(&a, "310115=2 310117=1 330106=1 330110=1 330402=1");
    assert_int_equal(a.answer.total, 9);
    assert_int_equal(a.answer.n_unknown, 3);
    assert_string_equal(group(&a, "310115")->title.zh, "浦东新区");
    assert_non_null(group(&a, "310115")->outline_layer);
    assert_null(group(&a, "330106")->outline_layer);
    assert_false(a.answer.counts_overlap);
    end(&a.w);
}

TEST(cities_and_provinces_take_in_what_is_known_to_them)
{
    struct asked a = start(AGGREGATE_DIVISION);

    a.request.level = DIVISION_CITY;
    ask(&a);
    expect(&a, "310000=4 330100=3 330400=1"); /* a municipality is a city */
    assert_int_equal(a.answer.n_unknown, 1);
    a.request.level = DIVISION_PROVINCE;
    ask(&a);
    expect(&a, "310000=4 330000=4");
    end(&a.w);
}

TEST(rows_coarser_than_asked_for_are_apart)
{
    struct asked a = start(AGGREGATE_DIVISION);

    a.request.level = DIVISION_CITY;
    a.w.rows.coarsest = PRECISION_TOWN;
    ask(&a);
    expect(&a, "310000=2 330100=2 330400=1");
    assert_int_equal(a.answer.n_apart, 3);
    end(&a.w);
}

TEST(counts_of_a_division_agree_with_the_list_of_it)
{
    static const enum division_level levels[] = {DIVISION_PROVINCE, DIVISION_CITY,
                                                 DIVISION_DISTRICT};
    struct asked a = start(AGGREGATE_DIVISION);

    for (int l = 0; l < 3; l++) {
        a.request.level = levels[l];
        ask(&a);
        for (size_t i = 0; i < a.answer.n_groups; i++) {
            struct query_area area = {.kind = QUERY_IN_DIVISIONS,
                                      .atlas = a.w.atlas,
                                      .adcodes = &a.answer.groups[i].code,
                                      .n_adcodes = 1};
            struct query_region *region;
            uint64_t n = 0;

            if (a.answer.groups[i].outline_layer)
                area.shape = atlas_geom(a.answer.groups[i].outline_layer,
                                        a.answer.groups[i].outline);
            assert_int_equal(query_region_new(&area, a.w.arena, &region, &a.w.err),
                             IM_OK);
            for (uint32_t f = 0; f < atlas_layer_size(a.w.layer); f++)
                n += query_region_has(region, a.w.layer, f, NULL, NULL);
            assert_int_equal(n, a.answer.groups[i].count);
        }
    }
    end(&a.w);
}

TEST(one_row_tells_its_division)
{
    struct asked a = start(AGGREGATE_DIVISION);
    const struct atlas_layer *divisions;
    uint32_t row;
    uint32_t division;

    assert_true(atlas_find_key(a.w.layer, im_bytes_of("P2"), &row));
    assert_true(analysis_division_of(a.w.atlas, a.w.layer, row, DIVISION_DISTRICT,
                                     &divisions, &division));
    assert_true(
        im_bytes_equal(atlas_text(divisions, division, 0), im_bytes_of("310117")));
    assert_true(atlas_find_key(a.w.layer, im_bytes_of("P4"), &row));
    assert_false(analysis_division_of(a.w.atlas, a.w.layer, row, DIVISION_DISTRICT,
                                      &divisions, &division));
    assert_true(analysis_division_of(a.w.atlas, a.w.layer, row, DIVISION_CITY,
                                     &divisions, &division));
    end(&a.w);
}

TEST(empty_divisions_of_the_area_are_there_when_asked_for)
{
    struct asked a = start(AGGREGATE_DIVISION);
    struct query_area area;
    struct query_places places;

    a.request.level = DIVISION_DISTRICT;
    a.request.with_empty = true;
    a.w.rows.atlas = a.w.atlas;
    assert_int_equal(query_area_named(a.w.atlas, im_bytes_of("杭州市"), a.w.arena,
                                      &area, &places, &a.w.err),
                     IM_OK);
    a.w.rows.area = &area;
    ask(&a);
    expect(&a, "330106=1 330110=1");
    a.request.min_count = 1;
    a.w.rows.area = NULL;
    ask(&a);
    expect(&a, "310115=2 310117=1 330106=1 330110=1 330402=1");
    end(&a.w);
}

TEST(members_of_a_corridor_count_by_outline_and_code)
{
    struct asked a = start(AGGREGATE_AREAS);

    a.request.areas = atlas_layer_find(a.w.atlas, im_bytes_of("g60"));
    a.request.with_empty = true;
    ask(&a);
    /* the office is no member; P4 may lie in 松江 or not; P1, P3, P9 lie outside */
    expect(&a, "310117=1 330100=3 330400=1");
    assert_int_equal(a.answer.total, 6);
    assert_int_equal(a.answer.n_unknown, 1);
    assert_string_equal(group(&a, "330400")->title.zh, "嘉兴市");
    end(&a.w);
}

TEST(list_fields_count_in_each_of_their_codes_once)
{
    struct asked a = start(AGGREGATE_FIELD);

    a.request.field = im_bytes_of("industry");
    ask(&a);
    expect(&a, "AI=6 BIO=2 MED=1");
    assert_int_equal(a.answer.n_unknown, 1);
    assert_int_equal(a.answer.total, 9);
    assert_true(a.answer.counts_overlap);
    end(&a.w);
}

TEST(codes_come_in_their_declared_order_with_titles)
{
    struct asked a = start(AGGREGATE_FIELD);

    a.request.field = im_bytes_of("level");
    ask(&a);
    expect(&a, "national=3 city=5");
    assert_string_equal(a.answer.groups[0].title.zh, "国家级");
    assert_int_equal(a.answer.n_unknown, 1);
    a.request.with_empty = true;
    ask(&a);
    expect(&a, "national=3 city=5 none=0");
    a.request.limit = 1;
    ask(&a);
    expect(&a, "city=5");
    assert_int_equal(a.answer.n_groups_matched, 3);
    end(&a.w);
}

TEST(numbers_group_by_value)
{
    struct asked a = start(AGGREGATE_FIELD);

    a.request.field = im_bytes_of("year");
    ask(&a);
    expect(&a, "2016=2 2018=3 2020=3");
    assert_int_equal(a.answer.n_unknown, 1);
    end(&a.w);
}

TEST(years_are_those_of_the_time_role_number_or_date)
{
    struct asked a = start(AGGREGATE_FIELD);

    a.request.field = im_bytes_of("year");
    a.w.layer = atlas_layer_find(a.w.atlas, im_bytes_of("dated"));
    ask(&a);
    expect(&a, "2016=2 2018=1");
    assert_int_equal(a.answer.n_unknown, 1);
    end(&a.w);
}

TEST(sums_and_means_leave_out_rows_without_a_value)
{
    struct asked a = start(AGGREGATE_DIVISION);

    a.request.level = DIVISION_CITY;
    a.request.measure = AGGREGATE_SUM;
    a.request.measure_field = im_bytes_of("size");
    ask(&a);
    assert_true(group(&a, "310000")->value == 70);
    assert_int_equal(group(&a, "310000")->n_values, 3);
    assert_int_equal(group(&a, "310000")->count, 4);
    a.request.measure = AGGREGATE_MEAN;
    ask(&a);
    assert_true(group(&a, "330100")->value == 3);
    a.request.measure_field = im_bytes_of("level");
    assert_int_equal(
        analysis_aggregate(&a.request, a.w.arena, &a.answer, NULL, &a.w.err), IM_EARG);
    assert_non_null(strstr(a.w.err.msg_zh, "level"));
    end(&a.w);
}

TEST(density_takes_the_area_of_the_outline)
{
    struct asked a = start(AGGREGATE_DIVISION);

    a.request.level = DIVISION_DISTRICT;
    a.request.per_area = true;
    a.request.limit = 1; /* the densest */
    ask(&a);
    assert_true(a.answer.groups[0].area_km2 == 500); /* as stated */
    assert_true(a.answer.groups[0].per_100km2 == 0.2);
    assert_non_null(strstr(a.answer.missing.zh, "3 个分组没有轮廓"));
    a.request.limit = 0;
    ask(&a);
    /* half a degree by half a degree at 31 N, on the ellipsoid: 2,640 km2 */
    assert_true(fabs(group(&a, "310115")->area_km2 - 2639) < 5);
    assert_true(isnan(group(&a, "330106")->per_100km2));
    end(&a.w);
}

TEST(the_newest_exact_indicator_stands_beside_the_count)
{
    struct asked a = start(AGGREGATE_DIVISION);

    a.request.level = DIVISION_CITY;
    a.request.indicator = im_bytes_of("gdp");
    a.request.per_indicator = true;
    ask(&a);
    assert_true(group(&a, "310000")->indicator == 53);
    assert_int_equal(group(&a, "310000")->indicator_year, 2024);
    assert_string_equal(group(&a, "310000")->indicator_qualifier, "exact");
    assert_true(group(&a, "330100")->per_indicator == 3 / 20.0);
    assert_true(isnan(group(&a, "330400")->indicator));
    assert_non_null(strstr(a.answer.missing.zh, "嘉兴市"));
    assert_string_equal(a.answer.indicator_unit.zh, "亿元");
    a.request.indicator = im_bytes_of("patents");
    ask(&a);
    assert_non_null(strstr(a.answer.missing.zh, "patents"));
    assert_non_null(strstr(a.answer.missing.zh, "gdp"));
    end(&a.w);
}

TEST(a_total_of_one_city_takes_its_indicator)
{
    struct asked a = start(AGGREGATE_TOTAL);
    struct query_area area;
    struct query_places places;

    ask(&a);
    expect(&a, "=9");
    assert_int_equal(query_area_named(a.w.atlas, im_bytes_of("上海市"), a.w.arena,
                                      &area, &places, &a.w.err),
                     IM_OK);
    a.w.rows.area = &area;
    a.request.indicator = im_bytes_of("gdp");
    ask(&a);
    expect(&a, "=4");
    assert_true(a.answer.groups[0].indicator == 53);
    end(&a.w);
}

TEST(layers_are_kinds_of_place)
{
    struct asked a = start(AGGREGATE_LAYER);

    ask(&a);
    expect(&a, "places=9");
    assert_string_equal(a.answer.groups[0].title.en, "Places");
    end(&a.w);
}

TEST(what_cannot_be_grouped_is_refused)
{
    struct asked a = start(AGGREGATE_FIELD);

    a.w.rows.layers = &a.w.layer;
    a.request.rows = &a.w.rows;
    a.request.field = im_bytes_of("colour");
    assert_int_equal(
        analysis_aggregate(&a.request, a.w.arena, &a.answer, NULL, &a.w.err), IM_EARG);
    assert_non_null(strstr(a.w.err.msg, "colour"));
    a.request.by = AGGREGATE_AREAS;
    assert_int_equal(
        analysis_aggregate(&a.request, a.w.arena, &a.answer, NULL, &a.w.err), IM_EARG);
    a.w.rows.n_layers = 0;
    assert_int_equal(
        analysis_aggregate(&a.request, a.w.arena, &a.answer, NULL, &a.w.err), IM_EARG);
    end(&a.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(districts_count_fine_rows_by_position_and_coarse_ones_by_code),
        cmocka_unit_test(cities_and_provinces_take_in_what_is_known_to_them),
        cmocka_unit_test(rows_coarser_than_asked_for_are_apart),
        cmocka_unit_test(counts_of_a_division_agree_with_the_list_of_it),
        cmocka_unit_test(one_row_tells_its_division),
        cmocka_unit_test(empty_divisions_of_the_area_are_there_when_asked_for),
        cmocka_unit_test(members_of_a_corridor_count_by_outline_and_code),
        cmocka_unit_test(list_fields_count_in_each_of_their_codes_once),
        cmocka_unit_test(codes_come_in_their_declared_order_with_titles),
        cmocka_unit_test(numbers_group_by_value),
        cmocka_unit_test(years_are_those_of_the_time_role_number_or_date),
        cmocka_unit_test(sums_and_means_leave_out_rows_without_a_value),
        cmocka_unit_test(density_takes_the_area_of_the_outline),
        cmocka_unit_test(the_newest_exact_indicator_stands_beside_the_count),
        cmocka_unit_test(a_total_of_one_city_takes_its_indicator),
        cmocka_unit_test(layers_are_kinds_of_place),
        cmocka_unit_test(what_cannot_be_grouped_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
