/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/query/place.c. */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>

static const char *const DIVISIONS =
    "{\"id\":\"divisions\",\"title\":{\"zh\":\"行政区\"},\"geometry\":\"point\","
    "\"key\":\"adcode\",\"order\":200,\"names_places\":true,\"fields\":["
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"name_en\",\"title\":{\"zh\":\"英文\"},\"type\":\"text\"},"
    "{\"name\":\"former\",\"title\":{\"zh\":\"曾用名\"},\"type\":\"text\",\"list\":"
    "true},"
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\"}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"name_en\":\"name_en\",\"former\":\"former\","
    "\"precision\":\"precision\",\"adcode\":\"adcode\",\"importance\":\"rank\"}}";

static const char *const LANDMARKS =
    "{\"id\":\"landmarks\",\"title\":{\"zh\":\"地标\"},\"geometry\":\"mixed\","
    "\"key\":\"id\",\"order\":210,\"names_places\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"aliases\",\"title\":{\"zh\":\"别名\"},\"type\":\"text\",\"list\":true}"
    ","
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"},"
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\"}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"aliases\":\"aliases\","
    "\"precision\":\"precision\",\"adcode\":\"adcode\",\"importance\":\"rank\"}}";

static const char *const SECRET =
    "{\"id\":\"secret\",\"title\":{\"zh\":\"内部\"},\"geometry\":\"point\",\"key\":"
    "\"id\","
    "\"visibility\":\"internal\",\"names_places\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}],"
    "\"roles\":{\"name_zh\":\"id\"}}";

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    struct im_arena *arena;
    struct query_places found;
    struct im_error err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, DIVISIONS, "", 1);
    memory_source_row(ms, "POINT(121.469 31.232)", "310000|上海市|Shanghai||city|1.00");
    memory_source_row(ms, "POINT(121.544 31.221)",
                      "310115|浦东新区|Pudong New Area|川沙县|district|0.89");
    memory_source_row(ms, "POINT(121.228 31.033)",
                      "310117|松江区|Songjiang District||district|0.89");
    memory_source_row(ms, "POINT(121.396 31.249)",
                      "310107|普陀区|Putuo District||district|0.89");
    memory_source_row(ms, "POINT(118.762 32.044)",
                      "320000|江苏省|Jiangsu Province||city|0.99");
    memory_source_row(ms, "POINT(118.796 32.060)", "320100|南京市|Nanjing||city|0.98");
    memory_source_row(ms, "POINT(118.770 32.066)",
                      "320106|鼓楼区|Gulou District||district|0.89");
    memory_source_row(ms, "POINT(117.284 34.205)", "320300|徐州市|Xuzhou||city|0.95");
    memory_source_row(ms, "POINT(117.186 34.289)",
                      "320302|鼓楼区|Gulou District||district|0.89");
    memory_source_row(ms, "POINT(122.318 29.951)",
                      "330903|普陀区|Putuo District||district|0.89");
    memory_source_row(ms, NULL, "340711|郊区|Jiao District||district|0.89");
    memory_source_row(ms, NULL,
                      "330102|上城区|Shangcheng District|江干区|district|0.89");
    memory_source_row(ms, "POINT(119.97 31.78)", "320411|新北区|Xinbei||district|0.89");
    memory_source_row(ms, NULL, "320999|新北区|Xinbei||district|0.89");
    memory_source_layer(ms, LANDMARKS, "", 1);
    memory_source_row(ms, "POINT(121.608 31.19)",
                      "LM1|张江科学城|张江;张江高科|310115|town|0.98");
    memory_source_row(ms, "POINT(121.33 31.20)",
                      "LM2|虹桥综合交通枢纽|虹桥枢纽|310112|site|0.97");
    memory_source_row(ms, "POINT(121.32 31.19)",
                      "LM3|虹桥站|虹桥火车站|310112|site|0.96");
    memory_source_row(ms, "POLYGON((120 30,121 30,121 31,120.5 30.2,120 31,120 30))",
                      "LM4|ＡＢＣ Park (North)|||park|0.5");
    memory_source_row(ms, NULL, "LM5|无处|||site|0.5");
    memory_source_row(ms, "POINT(120.3 30.3)", "LM6|江干科创飞地||330104|site|0.6");
    memory_source_row(ms, "POINT(120.19 30.18)",
                      "LM7|杭州高新技术区||330108|site|0.95");
    memory_source_row(ms, "POINT(117.2 31.8)", "LM8|合肥高新技术区||340104|site|0.9");
    memory_source_layer(ms, SECRET, "", 1);
    memory_source_row(ms, "POINT(121.3 31.1)", "密云基地");
    w->ms = ms;
    w->atlas = memory_source_atlas(ms);
    w->arena = im_arena_new(1 << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    atlas_unref(w->atlas);
    memory_source_free(w->ms);
    im_arena_free(w->arena);
    free(w);
    return 0;
}

static enum im_code find(struct world *w, const char *name)
{
    w->found = (struct query_places){0};
    return query_find_place(w->atlas, im_bytes_of(name), w->arena, &w->found, &w->err);
}

static void finds(struct world *w, const char *name, const char *key, int match)
{
    uint32_t feature;

    assert_int_equal(find(w, name), IM_OK);
    assert_false(w->found.ambiguous);
    assert_true(w->found.n >= 1);
    assert_true(atlas_find_key(w->found.places[0].layer, im_bytes_of(key), &feature));
    assert_int_equal(w->found.places[0].feature, feature);
    assert_int_equal(w->found.places[0].match, match);
}

static void a_name_is_found_exactly_by_alias_by_its_beginning_and_inside(void **state)
{
    struct world *w = *state;

    finds(w, "张江科学城", "LM1", PLACE_EXACT);
    finds(w, "张江", "LM1", PLACE_ALIAS);
    finds(w, "浦东", "310115", PLACE_PREFIX);
    finds(w, "科学城", "LM1", PLACE_INSIDE);
    finds(w, "Shanghai", "310000", PLACE_EXACT);
    finds(w, "川沙县", "310115", PLACE_ALIAS);
}

static void a_division_is_found_without_its_suffix(void **state)
{
    struct world *w = *state;

    finds(w, "松江", "310117", PLACE_ALIAS);
    finds(w, "上海", "310000", PLACE_ALIAS);
    finds(w, "songjiang", "310117", PLACE_ALIAS);
}

static void width_case_spaces_and_brackets_do_not_matter(void **state)
{
    struct world *w = *state;

    finds(w, "abc park (north)", "LM4", PLACE_EXACT);
    finds(w, "ABCPark（North）", "LM4", PLACE_EXACT);
    finds(w, " 张 江 ", "LM1", PLACE_ALIAS);
    finds(w, "SHANGHAI", "310000", PLACE_EXACT);
    finds(w, "ｓｏｎｇｊｉａｎｇ district", "310117", PLACE_EXACT);
}

static void the_more_important_place_wins_and_the_others_are_alternatives(void **state)
{
    struct world *w = *state;

    finds(w, "虹桥枢纽", "LM2", PLACE_ALIAS);
    finds(w, "虹桥", "LM2", PLACE_PREFIX); /* both in one city and near: no choice */
    assert_true(w->found.n >= 2);
}

static void equal_names_in_different_cities_are_choices(void **state)
{
    struct world *w = *state;

    assert_int_equal(find(w, "鼓楼区"), IM_OK);
    assert_true(w->found.ambiguous);
    assert_int_equal(w->found.n, 2);
    assert_int_equal(find(w, "鼓楼"), IM_OK);
    assert_true(w->found.ambiguous);
    assert_int_equal(find(w, "普陀区"), IM_OK);
    assert_true(w->found.ambiguous);
}

static void a_place_says_where_it_lies(void **state)
{
    struct world *w = *state;

    finds(w, "张江", "LM1", PLACE_ALIAS);
    assert_string_equal(w->found.places[0].in_zh, "上海市浦东新区");
    assert_string_equal(w->found.places[0].in_en, "Pudong New Area, Shanghai");
    finds(w, "divisions:320106", "320106", PLACE_EXACT);
    assert_string_equal(w->found.places[0].in_zh, "南京市");
    finds(w, "南京", "320100", PLACE_ALIAS);
    assert_string_equal(w->found.places[0].in_zh, "江苏省");
    assert_int_equal(w->found.places[0].precision, PRECISION_CITY);
}

static void a_name_without_a_position_is_not_free_for_others(void **state)
{
    struct world *w = *state;

    assert_int_equal(find(w, "郊区"), IM_ENOTFOUND);
    assert_non_null(strstr(w->err.msg_zh, "没有坐标"));
    assert_int_equal(find(w, "江干"), IM_ENOTFOUND); /* not the enclave of that name */
    assert_non_null(strstr(w->err.msg, "Shangcheng District"));
    assert_int_equal(find(w, "新北区"), IM_OK); /* one of the two has a position */
    assert_true(w->found.ambiguous);
    assert_int_equal(w->found.n, 2);
}

static void a_part_of_a_name_needs_a_clear_lead(void **state)
{
    struct world *w = *state;

    assert_int_equal(find(w, "高新技术区"), IM_OK);
    assert_true(w->found.ambiguous);
    assert_int_equal(w->found.n, 2);
}

static void a_layer_and_key_name_a_feature_directly(void **state)
{
    struct world *w = *state;

    finds(w, "divisions:320302", "320302", PLACE_EXACT);
    finds(w, "landmarks：LM2", "LM2", PLACE_EXACT);
    assert_int_equal(find(w, "divisions:999999"), IM_ENOTFOUND);
    assert_non_null(strstr(w->err.msg, "999999"));
    assert_int_equal(find(w, "landmarks:LM5"), IM_ENOTFOUND);
    assert_non_null(strstr(w->err.msg, "position"));
}

static void internal_layers_are_behind_no_door(void **state)
{
    struct world *w = *state;

    assert_int_equal(find(w, "密云基地"), IM_ENOTFOUND);
    assert_null(strstr(w->err.msg_zh, "密云基地、"));
    assert_int_equal(find(w, "secret:密云基地"), IM_ENOTFOUND);
}

static void an_unknown_name_is_answered_with_names_like_it(void **state)
{
    struct world *w = *state;

    assert_int_equal(find(w, "松红区"), IM_ENOTFOUND);
    assert_non_null(strstr(w->err.msg_zh, "松江区"));
    assert_int_equal(find(w, "Shanghia"), IM_ENOTFOUND);
    assert_non_null(strstr(w->err.msg, "Shanghai"));
    assert_int_equal(find(w, "qqqqqqqqqqqq"), IM_ENOTFOUND);
}

static void names_that_are_no_names_are_refused(void **state)
{
    struct world *w = *state;
    char big[202];

    memset(big, 'a', sizeof big - 1);
    big[201] = '\0';
    assert_int_equal(find(w, ""), IM_EARG);
    assert_int_equal(find(w, big), IM_EARG);
    assert_int_equal(find(w, "\xff\xfe"), IM_EARG);
    assert_int_equal(find(w, " （） "), IM_EARG);
}

static void the_middle_of_an_area_lies_inside_it(void **state)
{
    struct world *w = *state;
    struct geom g;

    finds(w, "landmarks:LM4", "LM4", PLACE_EXACT);
    g = atlas_geom(w->found.places[0].layer, w->found.places[0].feature);
    assert_true(geom_contains(&g, w->found.places[0].lon, w->found.places[0].lat));
}

TEST(traditional_characters_find_simplified_names)
{
    struct world *w = *state;

    assert_int_equal(find(w, "浦東新區"), IM_OK);
    assert_int_equal(w->found.places[0].match, PLACE_EXACT);
    assert_int_equal(find(w, "松江區"), IM_OK);
    assert_int_equal(find(w, "臺灣"), IM_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traditional_characters_find_simplified_names),
        cmocka_unit_test(a_name_is_found_exactly_by_alias_by_its_beginning_and_inside),
        cmocka_unit_test(a_division_is_found_without_its_suffix),
        cmocka_unit_test(width_case_spaces_and_brackets_do_not_matter),
        cmocka_unit_test(the_more_important_place_wins_and_the_others_are_alternatives),
        cmocka_unit_test(equal_names_in_different_cities_are_choices),
        cmocka_unit_test(a_place_says_where_it_lies),
        cmocka_unit_test(a_name_without_a_position_is_not_free_for_others),
        cmocka_unit_test(a_part_of_a_name_needs_a_clear_lead),
        cmocka_unit_test(a_layer_and_key_name_a_feature_directly),
        cmocka_unit_test(internal_layers_are_behind_no_door),
        cmocka_unit_test(an_unknown_name_is_answered_with_names_like_it),
        cmocka_unit_test(names_that_are_no_names_are_refused),
        cmocka_unit_test(the_middle_of_an_area_lies_inside_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
