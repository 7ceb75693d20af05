/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/place/gazetteer*.c: what a row's words say about where it is. */
#include <test.h>

#include "place/gazetteer_internal.h"

#include "import/place/gazetteer_fixture.h"

#include <math.h>

static sqlite3 *db;
static struct gazetteer *gazetteer;

static int open_fixture(void **state)
{
    struct im_error err = {0};

    (void)state;
    db = fixture_gazetteer();
    if (gazetteer_open(db, NULL, &gazetteer, &err) == IM_OK)
        return 0;
    fprintf(stderr, "%s\n", err.msg);
    return -1;
}

static int close_fixture(void **state)
{
    (void)state;
    gazetteer_free(gazetteer);
    sqlite3_close(db);
    return 0;
}

static struct gazetteer_question
question(const char *city, const char *district, const char *address, const char *name)
{
    return (struct gazetteer_question){.address = im_bytes_of(address),
                                       .name = im_bytes_of(name),
                                       .city = im_bytes_of(city),
                                       .district = im_bytes_of(district)};
}

static struct gazetteer_answer
ask(const char *city, const char *district, const char *address, const char *name)
{
    struct gazetteer_question q = question(city, district, address, name);
    struct gazetteer_answer a;

    gazetteer_find(gazetteer, &q, &a);
    return a;
}

/* "key precision", or "-" when nothing was found */
static void expect(const char *city,
                   const char *district,
                   const char *address,
                   const char *name,
                   const char *wanted)
{
    struct gazetteer_answer a = ask(city, district, address, name);
    char got[100] = "-";

    if (a.found)
        snprintf(got, sizeof got, "%s %s", a.matched_key, a.precision);
    if (strcmp(got, wanted) != 0)
        print_error("%s|%s|%s|%s: %s (%s)\n", city, district, address, name, got,
                    a.matched);
    assert_string_equal(got, wanted);
}

static const char *division_code(const char *city,
                                 const char *district,
                                 const char *code,
                                 bool *was_renamed)
{
    struct gazetteer_question q = question(city, district, "", "");
    const struct gazetteer_division *d;

    q.adcode = im_bytes_of(code);
    d = gazetteer_division(gazetteer, &q, was_renamed);
    return d ? d->adcode : "-";
}

/* ---- addresses as they are written ---- */

TEST(an_address_is_worth_what_its_longest_known_name_is)
{
    expect("", "", "上海市浦东新区张江镇郭守敬路498号", "", "P01 town");
    expect("", "", "苏州工业园区星湖街218号生物纳米园A4楼", "", "P06 park");
    expect("", "", "杭州余杭区文一西路998号海创园", "", "P11 town");
    expect("", "", "上海市浦东新区张江高科技园区碧波路690号", "", "P01 town");
    expect("", "", "上海市浦东新区某某路1号", "", "310115 district");
    expect("", "", "江苏省昆山市前进东路1号", "", "320583 district");
    expect("", "", "上海市某某路1号", "", "310000 city");
    expect("", "", "某某路1号", "", "-");
    expect("", "", "", "", "-");
    expect("", "", "江苏省", "", "-"); /* a province is nowhere in particular */
}

TEST(width_brackets_and_missing_suffixes_do_not_matter)
{
    expect("", "", "上海 浦东 张江高科技园区", "", "P01 town");
    expect("", "", "（上海市）浦东新区　张江镇", "", "P01 town");
    expect("", "", "浙江省杭州市余杭区未来科技城（海创园）", "", "P11 town");
    expect("", "", "中国江苏苏州市工业园区苏州生物医药产业园ＢＩＯＢＡＹ３期", "",
           "P06 park");
    expect("Shanghai", "Pudong", "Zhangjiang, No. 1 Keyuan Road", "", "P01 town");
    expect("上海", "浦东", "", "", "310115 district");
}

TEST(the_high_tech_zone_is_that_of_the_stated_division)
{
    expect("", "", "合肥高新区望江西路800号", "", "P07 town");
    expect("合肥市", "", "高新区望江西路800号", "", "P07 town");
    expect("合肥市", "高新区", "望江西路800号", "", "P07 district");
    expect("合肥", "合肥高新区", "望江西路800号", "", "P07 district");
    expect("合肥市", "蜀山区", "高新技术产业开发区", "", "P07 town");
    expect("苏州市", "昆山市", "高新区元丰路", "", "P09 town");
    expect("苏州市", "", "高新区", "", "P08 town");
    expect("南京市", "江宁区", "开发区将军大道", "", "P10 town");
    expect("南京市", "江宁区", "江宁开发区将军大道", "", "P10 town");
    /* of none of these known */
    expect("南京市", "鼓楼区", "高新区", "", "320106 district");
    expect("杭州市", "", "高新区", "", "330100 city");
    expect("", "", "高新区", "", "-");
}

TEST(street_and_town_names_are_not_the_places_they_are_called_after)
{
    expect("上海市", "徐汇区", "虹桥路333号", "", "310104 district");
    expect("上海市", "闵行区", "虹桥镇吴中路", "", "310112 district");
    expect("上海市", "", "南京东路300号", "", "310000 city");
    expect("上海市", "", "江宁路18号", "", "310000 city");
    expect("上海市", "", "紫竹路1号", "", "310000 city");
    expect("", "", "江苏路88号", "", "-");
    expect("南京市", "", "江南大道1号", "", "320100 city");
}

TEST(a_part_of_a_longer_name_is_no_name)
{
    expect("苏州市", "", "江南大学", "", "P19 park");
    expect("南京市", "", "江南大学路旁江南大学", "", "320100 city");
    expect("", "", "太湖科学城", "", "P17 town"); /* not the county 太湖 in 安庆 */
    expect("苏州市", "", "太湖科学城", "", "P17 town");
}

TEST(a_site_needs_its_whole_name_and_no_more_than_a_house_number)
{
    expect("上海市", "", "绿地科技中心", "", "P12 site");
    expect("上海市", "", "云锦路1号绿地科技中心A座12楼", "", "P12 site");
    expect("上海市", "", "绿地科技中心对面停车场", "", "P12 park");
    expect("上海市", "", "", "绿地科技中心创业营", "P12 park");
    expect("上海市", "", "", "绿地科技中心", "P12 site"); /* it is that place */
}

/* ---- never elsewhere ---- */

TEST(the_stated_district_decides)
{
    expect("苏州市", "昆山市", "", "紫竹科技企业加速器(昆山)", "320583 district");
    expect("苏州市", "", "", "紫竹科技企业加速器(昆山)", "320583 district");
    expect("", "", "", "紫竹科技企业加速器(昆山)", "-");
    expect("上海市", "闵行区", "", "紫竹科技企业加速器", "P03 town");
    expect("上海市", "徐汇区", "云谷产业园2号楼", "", "P15 park");
    expect("上海市", "浦东新区", "云谷产业园2号楼", "", "P16 park");
    expect("上海市", "", "云谷产业园2号楼", "", "310000 city"); /* which of two? */
}

TEST(equal_names_in_two_cities_are_nothing_unless_the_row_decides)
{
    expect("", "", "东方软件园3号", "", "-");
    expect("", "鼓楼区", "东方软件园3号", "", "-");
    expect("", "鼓楼区", "", "", "-");
    expect("", "", "鼓楼区", "", "-");
    expect("南京市", "鼓楼区", "", "", "320106 district");
    expect("徐州市", "鼓楼区", "", "", "320302 district");
    expect("徐州市", "", "东方软件园3号", "", "P14 park");
    expect("", "鼓楼区", "南京市东方软件园3号", "", "P13 park");
    expect("", "普陀区", "", "", "-");
    expect("舟山", "普陀", "", "", "330903 district");
}

TEST(a_row_that_contradicts_itself_is_not_placed)
{
    expect("上海市", "", "江苏省苏州市吴中区太湖科学城", "", "-");
    expect("上海市", "", "苏州昆山高新技术产业开发区", "", "-");
    struct gazetteer_question q = question("苏州市", "", "张江高科技园区", "");
    struct gazetteer_answer a;

    q.adcode = im_bytes_of("310115");
    gazetteer_find(gazetteer, &q, &a);
    assert_false(a.found);
    assert_null(gazetteer_division(gazetteer, &q, NULL));
}

TEST(what_lies_elsewhere_in_the_country_is_not_here)
{
    expect("北京市", "海淀区", "", "张江高科技园区北京分园", "-");
    expect("", "", "北京市海淀区中关村张江高科技园区", "", "-");
    expect("", "", "广州市天河区张江高科技园区", "", "-");
    expect("上海市", "", "广州市天河区绿地科技中心", "", "-");
    expect("上海市", "", "河南中路100号绿地科技中心", "", "P12 site");
    struct gazetteer_question q = question("", "", "绿地科技中心", "");
    struct gazetteer_answer a;

    q.adcode = im_bytes_of("110108");
    gazetteer_find(gazetteer, &q, &a);
    assert_false(a.found);
}

TEST(layers_that_are_not_public_are_not_looked_into)
{
    expect("上海市", "徐汇区", "秘密研究基地", "", "310104 district");
}

TEST(words_that_hundreds_of_places_have_are_no_names)
{
    expect("上海市", "", "某某创业服务中心", "", "310000 city");
    expect("上海市", "", "江场三路市北高新园", "", "P22 park");
    expect("苏州市", "", "苏州火车站北广场", "", "P23 park");
    expect("苏州市", "", "火车站北广场", "",
           "320500 city"); /* which of its stations? */
}

TEST(the_layer_itself_may_be_left_out)
{
    struct gazetteer *other = NULL;
    struct gazetteer_question q = question("上海市", "", "绿地科技中心", "");
    struct gazetteer_answer a;
    struct im_error err = {0};

    assert_int_equal(gazetteer_open(db, "places", &other, &err), IM_OK);
    gazetteer_find(other, &q, &a);
    assert_string_equal(a.matched_key, "310000");
    gazetteer_free(other);
}

/* ---- divisions ---- */

TEST(old_names_and_codes_of_divisions_resolve)
{
    static const char *const cases[][4] = {
        {"苏州市", "沧浪区", "", "320508"}, {"南通市", "海门市", "", "320614"},
        {"杭州市", "江干区", "", "330102"}, {"芜湖市", "芜湖县", "", "340210"},
        {"上海市", "南汇区", "", "310115"}, {"", "", "320684", "320614"},
        {"", "", "330104", "330102"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool was_renamed = false;

        assert_string_equal(
            division_code(cases[i][0], cases[i][1], cases[i][2], &was_renamed),
            cases[i][3]);
        assert_true(was_renamed);
    }
    assert_true(ask("", "", "杭州市江干区九环路48号", "").was_renamed);
    expect("", "", "南通市海门市某某路", "", "320614 district");
    expect("", "", "杭州市江干区（今上城区）九环路48号", "", "330102 district");
}

TEST(divisions_of_today_go_before_old_ones)
{
    bool was_renamed = true;

    assert_string_equal(division_code("杭州市", "余杭区", "", &was_renamed), "330110");
    assert_false(was_renamed);
    assert_string_equal(division_code("杭州市", "临平区", "", &was_renamed), "330113");
    assert_string_equal(division_code("芜湖", "", "", &was_renamed), "340200");
    assert_false(was_renamed);
    assert_string_equal(division_code("", "江宁", "", &was_renamed), "320115");
    assert_string_equal(division_code("", "江宁区", "", &was_renamed), "320115");
}

TEST(a_division_is_stated_by_code_district_or_city)
{
    assert_string_equal(division_code("", "", "310104", NULL), "310104");
    assert_string_equal(division_code("", "", "310104001000", NULL), "310104");
    assert_string_equal(division_code("", "", "310199", NULL), "310000");
    assert_string_equal(division_code("", "", "999999", NULL), "-");
    assert_string_equal(division_code("", "", "nonsense", NULL), "-");
    assert_string_equal(division_code("江苏省苏州市", "昆山", "", NULL), "320583");
    assert_string_equal(division_code("苏州市昆山市", "", "", NULL), "320583");
    assert_string_equal(division_code("昆山市", "", "", NULL), "320583");
    assert_string_equal(division_code("江苏省", "", "", NULL), "320000");
    assert_string_equal(division_code("苏州市", "没有这个区", "", NULL), "320500");
    assert_string_equal(division_code("没有这个市", "", "", NULL), "-");
    assert_string_equal(division_code("/", "-", "", NULL), "-");
    assert_string_equal(division_code("市辖区", "徐汇区", "", NULL), "310104");
    assert_string_equal(division_code("", "鼓楼区", "", NULL), "-");
    assert_string_equal(division_code("江苏省", "鼓楼区", "", NULL), "320000");
    assert_string_equal(division_code("铜陵市", "郊区", "", NULL), "340711");
}

TEST(a_statistical_zone_counts_as_a_district)
{
    const struct gazetteer_division *d;
    struct gazetteer_question q = question("", "", "", "");

    assert_string_equal(division_code("苏州市", "苏州工业园区", "", NULL), "320571");
    assert_string_equal(division_code("苏州市", "工业园区", "", NULL), "320571");
    q.adcode = im_bytes_of("320571");
    d = gazetteer_division(gazetteer, &q, NULL);
    assert_non_null(d);
    assert_string_equal(d->city, "苏州市");
    assert_string_equal(d->district, "苏州工业园区");
    assert_string_equal(d->province, "江苏省");
    expect("苏州市", "苏州工业园区", "若水路398号", "", "320571 district");
    expect("", "", "苏州工业园区若水路398号", "", "P05 district");
}

TEST(a_division_without_a_seat_has_that_of_its_city)
{
    expect("铜陵市", "郊区", "", "", "340700 city");
}

TEST(the_answer_says_what_matched)
{
    struct gazetteer_answer a =
        ask("", "", "苏州工业园区星湖街218号（生物纳米园）A4楼", "");

    assert_string_equal(a.matched, "苏州生物医药产业园（BioBAY）");
    assert_string_equal(a.matched_layer, "places");
    assert_true(im_bytes_equal(a.matched_text, im_bytes_of("生物纳米园")));
    assert_string_equal(a.division->adcode, "320571");
    a = ask("上海", "浦东", "某路", "");
    assert_string_equal(a.matched_layer, "divisions");
    assert_true(im_bytes_equal(a.matched_text, im_bytes_of("浦东")));
    a = ask("上海市", "", "张江高科技园区", "");
    assert_string_equal(a.division->adcode, "310115");
    assert_false(ask("", "", "东方软件园", "").found);
    assert_non_null(ask("", "", "", "").precision);
}

TEST(a_guess_from_the_name_gives_a_seat_but_no_division)
{
    struct gazetteer_answer a = ask("苏州市", "", "", "昆山某某加速器");

    assert_string_equal(a.matched_key, "320583");
    assert_string_equal(a.precision, "district");
    assert_string_equal(a.division->adcode, "320500");
}

/* ---- outlines ---- */

static const char *code_at(double lon, double lat)
{
    const struct gazetteer_division *d = gazetteer_at(gazetteer, lon, lat);

    return d ? d->adcode : "-";
}

TEST(a_position_lies_in_the_finest_outline)
{
    assert_string_equal(code_at(121.6, 31.2), "310115");
    assert_string_equal(code_at(121.2, 31.9), "310000");
    assert_string_equal(code_at(120.5, 31.5), "320500");
    assert_string_equal(code_at(121.41, 31.11), "310104");
    assert_string_equal(code_at(121.45, 31.15), "310000"); /* its hole */
    assert_string_equal(code_at(119.0, 31.5), "-");
    assert_string_equal(code_at(NAN, 31.5), "-");
}

static double distance_m(const char *code, double lon, double lat)
{
    struct gazetteer_question q = question("", "", "", "");

    q.adcode = im_bytes_of(code);
    return gazetteer_distance_m(gazetteer, gazetteer_division(gazetteer, &q, NULL), lon,
                                lat);
}

TEST(the_distance_to_a_division_is_that_to_its_outline)
{
    double nearest = geodesic_distance_m(121.9, 31.2, 122.0, 31.2);

    assert_true(distance_m("310115", 121.6, 31.2) == 0);
    assert_true(fabs(distance_m("310115", 122.0, 31.2) - nearest) < 1);
    assert_true(distance_m("310112", 121.2, 31.9) == 0); /* by its city */
    assert_true(distance_m("320571", 120.5, 31.5) == 0);
    assert_true(distance_m("310112", 120.9, 31.5) > 9000);
    assert_true(distance_m("340104", 120.9, 31.5) == -1);
    assert_true(distance_m("310115", INFINITY, 31.2) == -1);
    assert_true(gazetteer_distance_m(gazetteer, NULL, 121, 31) == -1);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13; /* xorshift64, Marsaglia 2003 */
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Coordinates on a coarse grid: vertices, edges and questions meet often. */
static double grid_position(uint64_t *seed)
{
    return (double)(next_random(seed) % 41) / 4;
}

TEST(bands_answer_as_the_whole_geometry_does)
{
    const char *given = getenv("IM_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) | 1 : 20261121;
    struct im_arena *arena = im_arena_new(16 << 20);

    int n_banded = 0;

    print_message("IM_SEED=%llu\n", (unsigned long long)seed);
    for (int round = 0; round < 300; round++) {
        enum { RING = 40, RINGS = 3 };
        double lonlat[2 * RING * RINGS];
        uint32_t part_end[RINGS] = {RING, 2 * RING, 3 * RING};
        uint32_t area_end[] = {RINGS};
        struct geom g = {.kind = GEOM_AREA,
                         .n_points = RING * RINGS,
                         .n_parts = RINGS,
                         .n_areas = 1,
                         .lonlat = lonlat,
                         .part_end = part_end,
                         .area_end = area_end};
        struct bands bands;

        for (int i = 0; i < 2 * RING * RINGS; i++)
            lonlat[i] = grid_position(&seed);
        for (int r = 0; r < RINGS; r++)
            memcpy(&lonlat[2 * (RING * r + RING - 1)], &lonlat[2 * RING * r],
                   2 * sizeof(double));
        im_arena_reset(arena);
        assert_true(bands_build(&bands, &g, geom_bbox(&g), arena, arena));
        n_banded += bands.n > 5;
        for (int i = 0; i < 300; i++) {
            double x = grid_position(&seed);
            double y = grid_position(&seed);

            assert_int_equal(bands_contain(&bands, x, y), geom_contains(&g, x, y));
        }
    }
    assert_true(n_banded > 50);
    im_arena_free(arena);
}

TEST(a_comb_takes_no_more_memory_than_a_few_copies)
{
    enum { TEETH = 20000, N = 2 * TEETH + 1 };
    double *lonlat = calloc(2 * N, sizeof *lonlat);
    uint32_t part_end[] = {N};
    uint32_t area_end[] = {1};
    struct geom g = {GEOM_AREA, N, 1, 1, lonlat, part_end, area_end};
    struct im_arena *arena = im_arena_new(16 << 20);
    struct bands bands;

    assert_non_null(lonlat);
    for (int i = 0; i < N - 1; i++) {
        lonlat[2 * i] = i * 1e-5;
        lonlat[2 * i + 1] = i % 2;
    }
    assert_true(bands_build(&bands, &g, geom_bbox(&g), arena, arena));
    assert_int_equal(bands_contain(&bands, 0.1, 0.3), geom_contains(&g, 0.1, 0.3));
    im_arena_free(arena);
    free(lonlat);
}

/* ---- what comes from outside ---- */

TEST(a_database_without_layers_knows_nothing)
{
    sqlite3 *empty = NULL;
    struct gazetteer *nothing = NULL;
    struct gazetteer_question q = question("上海市", "浦东新区", "张江", "张江");
    struct gazetteer_answer a;
    struct im_error err = {0};

    assert_int_equal(sqlite3_open(":memory:", &empty), SQLITE_OK);
    assert_int_equal(gazetteer_open(empty, NULL, &nothing, &err), IM_OK);
    assert_true(gazetteer_is_empty(nothing));
    assert_false(gazetteer_is_empty(gazetteer));
    gazetteer_find(nothing, &q, &a);
    assert_false(a.found);
    assert_null(gazetteer_division(nothing, &q, NULL));
    assert_null(gazetteer_at(nothing, 121, 31));
    gazetteer_free(nothing);
    gazetteer_free(NULL);
    sqlite3_close(empty);
}

TEST(long_and_malformed_texts_are_read_as_far_as_they_go)
{
    enum { LONG = 200000 };
    char *text = malloc(LONG + 1);

    assert_non_null(text);
    memset(text, '1', LONG);
    text[LONG] = '\0';
    memcpy(text, "上海市浦东新区", strlen("上海市浦东新区"));
    expect("", "", text, "", "310115 district");
    free(text);
    expect("上海市", "", "\xff\xfe张江高科技园区\xe5\xbc", "", "P01 town");
    expect("上海市", "", "\xef\xb7\xba\xef\xb7\xba", "", "310000 city"); /* U+FDFA */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_worth_what_its_longest_known_name_is),
        cmocka_unit_test(width_brackets_and_missing_suffixes_do_not_matter),
        cmocka_unit_test(the_high_tech_zone_is_that_of_the_stated_division),
        cmocka_unit_test(
            street_and_town_names_are_not_the_places_they_are_called_after),
        cmocka_unit_test(a_part_of_a_longer_name_is_no_name),
        cmocka_unit_test(a_site_needs_its_whole_name_and_no_more_than_a_house_number),
        cmocka_unit_test(the_stated_district_decides),
        cmocka_unit_test(equal_names_in_two_cities_are_nothing_unless_the_row_decides),
        cmocka_unit_test(a_row_that_contradicts_itself_is_not_placed),
        cmocka_unit_test(what_lies_elsewhere_in_the_country_is_not_here),
        cmocka_unit_test(layers_that_are_not_public_are_not_looked_into),
        cmocka_unit_test(words_that_hundreds_of_places_have_are_no_names),
        cmocka_unit_test(the_layer_itself_may_be_left_out),
        cmocka_unit_test(old_names_and_codes_of_divisions_resolve),
        cmocka_unit_test(divisions_of_today_go_before_old_ones),
        cmocka_unit_test(a_division_is_stated_by_code_district_or_city),
        cmocka_unit_test(a_statistical_zone_counts_as_a_district),
        cmocka_unit_test(a_division_without_a_seat_has_that_of_its_city),
        cmocka_unit_test(the_answer_says_what_matched),
        cmocka_unit_test(a_guess_from_the_name_gives_a_seat_but_no_division),
        cmocka_unit_test(a_position_lies_in_the_finest_outline),
        cmocka_unit_test(the_distance_to_a_division_is_that_to_its_outline),
        cmocka_unit_test(bands_answer_as_the_whole_geometry_does),
        cmocka_unit_test(a_comb_takes_no_more_memory_than_a_few_copies),
        cmocka_unit_test(a_database_without_layers_knows_nothing),
        cmocka_unit_test(long_and_malformed_texts_are_read_as_far_as_they_go),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
