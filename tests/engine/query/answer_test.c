/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/query/answer.c: the JSON of ARCHITECTURE.md, "Answers". */
#include <test.h>

#include <engine/json_writer.h>
#include <engine/query.h>
#include <support/memory_source.h>

#include <jansson.h>
#include <math.h>

static const char *const CENTRES =
    "{\"id\":\"centres\",\"title\":{\"zh\":\"概念验证中心\",\"en\":\"Centres\"},"
    "\"geometry\":\"mixed\",\"key\":\"id\",\"names_places\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"name_en\",\"title\":{\"zh\":\"英文名\"},\"type\":\"text\"},"
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":\"text\",\"codes\":["
    "{\"code\":\"municipal\",\"title\":{\"zh\":\"市级\",\"en\":\"Municipal\"}}]},"
    "{\"name\":\"industry\",\"title\":{\"zh\":\"方向\"},\"type\":\"text\",\"list\":"
    "true,"
    "\"codes\":[{\"code\":\"BIO\",\"title\":{\"zh\":\"生物医药\",\"en\":"
    "\"Biomedicine\"}},"
    "{\"code\":\"DEV\",\"title\":{\"zh\":\"医疗器械\",\"en\":\"Devices\"}}]},"
    "{\"name\":\"year\",\"title\":{\"zh\":\"年\"},\"type\":\"integer\"},"
    "{\"name\":\"area\",\"title\":{\"zh\":\"面积\"},\"type\":\"real\"},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\",\"hidden\":"
    "true},"
    "{\"name\":\"reviewed\",\"title\":{\"zh\":\"已审\"},\"type\":\"integer\"}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"name_en\":\"name_en\","
    "\"precision\":\"precision\",\"level\":\"level\",\"importance\":\"rank\","
    "\"reviewed\":\"reviewed\"},"
    "\"attribution\":{\"zh\":\"某局\",\"en\":\"Some office\"},"
    "\"completeness\":{\"zh\":\"不全\",\"en\":\"Not complete\"}}";

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *arena;
    struct query_request request;
    struct query_answer answer;
    struct query_places places;
    struct query_answer_context context;
};

static void write_answer(struct im_json *w,
                         const struct query_answer *answer,
                         const struct query_answer_context *context)
{
    query_write_answer_begin(w, context);
    query_write_answer_hits(w, answer, 0, SIZE_MAX, context);
    query_write_answer_end(w, answer, context);
}

static void setup(struct world *w)
{
    *w = (struct world){.ms = memory_source_new(), .arena = im_arena_new(1 << 20)};
    memory_source_layer(w->ms, CENTRES, "", 1);
    memory_source_row(w->ms, "POINT(121.605 31.195)",
                      "CV1|中瑞\"<中心>|Sino-Swiss|town|municipal|BIO;DEV|2025||0.4|1");
    memory_source_row(w->ms, "POINT(121.483 31.27)",
                      "CV2|虹口||town|odd|BIO;XXX||1.25|0.4|1");
    memory_source_row(w->ms, "POINT(121.47 31.23)", "CV3|全市||city|||||0.4|1");
    memory_source_row(w->ms, "POLYGON((120 30,121 30,121 31,120 30))",
                      "CV4|界||site|||||0.4|0");
    memory_source_row(w->ms, NULL, "CV5|无处||city|||||0.4|1");
    w->atlas = memory_source_atlas(w->ms);
    w->layer = atlas_layer_at(w->atlas, 0);
    w->request = (struct query_request){.layers = &w->layer,
                                        .n_layers = 1,
                                        .lon = 121.59,
                                        .lat = 31.2,
                                        .has_origin = true,
                                        .origin_uncertainty_m = 2000,
                                        .k = 5,
                                        .max_m = HUGE_VAL,
                                        .coarsest = PRECISION_TOWN};
    w->context = (struct query_answer_context){
        .request = &w->request, .notice = "示意图", .review_number = "无审图号"};
}

static void teardown(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

/* The answer as a tree: also proves that it is well formed. */
static json_t *answer(struct world *w)
{
    struct im_buf buf = {.max = 1 << 20};
    struct im_json out = {.out = &buf};
    struct im_error err;
    json_error_t fault;

    assert_int_equal(query_run(&w->request, w->arena, &w->answer, NULL, &err), IM_OK);
    w->context.forms = query_forms_new(w->arena);
    write_answer(&out, &w->answer, &w->context);
    json_t *root =
        json_loadb((char *)buf.data, buf.len, JSON_REJECT_DUPLICATES, &fault);
    if (!root)
        fail_msg("%s: %.*s", fault.text, (int)buf.len, (char *)buf.data);
    im_buf_release(&buf);
    return root;
}

static const json_t *at(const json_t *root, const char *path)
{
    char part[64];

    while (root && *path) {
        size_t len = strcspn(path, ".");

        snprintf(part, sizeof part, "%.*s", (int)len, path);
        root = json_is_array(root)
                   ? json_array_get(root, (size_t)strtoul(part, NULL, 10))
                   : json_object_get(root, part);
        path += len + (path[len] == '.');
    }
    return root;
}

static void is_text(const json_t *root, const char *path, const char *expected)
{
    const char *text = json_string_value(at(root, path));

    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s: '%s', expected '%s'", path, text ? text : "(none)", expected);
}

TEST(an_answer_has_the_documented_members)
{
    struct world w;

    setup(&w);
    json_t *root = answer(&w);
    is_text(root, "type", "FeatureCollection");
    is_text(root, "query.layers.0", "centres");
    assert_int_equal(json_integer_value(at(root, "query.k")), 5);
    assert_true(json_is_null(at(root, "query.max_km")));
    is_text(root, "query.precision", "town");
    assert_int_equal(json_integer_value(at(root, "query.origin.uncertainty_m")), 2000);
    assert_null(at(root, "query.origin.place"));
    is_text(root, "features.0.id", "CV1");
    is_text(root, "features.0.geometry.type", "Point");
    is_text(root, "features.0.properties.layer", "centres");
    is_text(root, "features.0.properties.layer_title", "概念验证中心");
    is_text(root, "features.0.properties.name", "中瑞\"<中心>");
    is_text(root, "features.0.properties.precision", "town");
    is_text(root, "features.0.properties.level", "municipal");
    is_text(root, "features.0.properties.titles.level", "市级");
    is_text(root, "features.0.properties.titles.industry", "生物医药、医疗器械");
    is_text(root, "features.0.properties.distance_text", "约 2 km（±7 km）");
    assert_int_equal(json_integer_value(at(root, "features.0.properties.distance_m")),
                     2000);
    assert_int_equal(
        json_integer_value(at(root, "features.0.properties.uncertainty_m")), 7000);
    assert_int_equal(json_integer_value(at(root, "features.0.properties.year")), 2025);
    assert_true(json_is_null(at(root, "features.0.properties.area")));
    assert_true(json_is_true(at(root, "features.0.properties.order_uncertain")));
    assert_null(at(root, "features.0.properties.rank")); /* hidden */
    assert_int_equal(json_integer_value(at(root, "numberMatched")), 3);
    assert_int_equal(json_integer_value(at(root, "numberReturned")), 3);
    assert_int_equal(json_integer_value(at(root, "unplaced")), 1);
    is_text(root, "completeness.0.note", "不全");
    is_text(root, "attribution", "某局");
    is_text(root, "notice", "示意图");
    is_text(root, "review_number", "无审图号");
    json_decref(root);
    teardown(&w);
}

TEST(coarse_rows_stand_apart_without_a_distance)
{
    struct world w;

    setup(&w);
    json_t *root = answer(&w);
    assert_int_equal(json_integer_value(at(root, "apart.numberMatched")), 1);
    is_text(root, "apart.features.0.id", "CV3");
    is_text(root, "apart.note", "这些条目只知道所在区县或城市，不参与距离排序。");
    assert_null(at(root, "apart.features.0.properties.distance_m"));
    json_decref(root);
    teardown(&w);
}

TEST(english_falls_back_to_chinese_names)
{
    struct world w;

    setup(&w);
    w.context.lang = LANG_EN;
    json_t *root = answer(&w);
    is_text(root, "features.0.properties.name", "Sino-Swiss");
    is_text(root, "features.1.properties.name", "虹口");
    is_text(root, "features.0.properties.titles.industry", "Biomedicine, Devices");
    is_text(root, "features.1.properties.titles.industry", "Biomedicine, XXX");
    is_text(root, "features.1.properties.titles.level", "odd");
    is_text(root, "features.0.properties.distance_text", "about 2 km (±7 km)");
    is_text(root, "completeness.0.note", "Not complete");
    json_decref(root);
    teardown(&w);
}

TEST(the_outline_of_an_unreviewed_border_is_shown_only_when_asked)
{
    struct world w;

    setup(&w);
    json_t *root = answer(&w);
    is_text(root, "features.2.id", "CV4");
    assert_true(json_is_null(at(root, "features.2.geometry")));
    json_decref(root);
    w.context.show_geometry_of_unreviewed = true;
    root = answer(&w);
    is_text(root, "features.2.geometry.type", "Polygon");
    json_decref(root);
    teardown(&w);
}

TEST(a_named_origin_is_repeated_with_its_alternatives)
{
    struct world w;
    struct im_error err;

    setup(&w);
    assert_int_equal(
        query_find_place(w.atlas, im_bytes_of("centres:CV2"), w.arena, &w.places, &err),
        IM_OK);
    w.context.near = &w.places;
    json_t *root = answer(&w);
    is_text(root, "query.origin.place.name", "虹口");
    is_text(root, "query.origin.place.layer", "centres");
    is_text(root, "query.origin.place.id", "CV2");
    is_text(root, "query.origin.place.precision", "town");
    is_text(root, "query.origin.place.match", "exact");
    assert_true(json_is_array(at(root, "query.origin.alternatives")));
    json_decref(root);
    teardown(&w);
}

TEST(a_choice_says_what_to_ask_with)
{
    struct world w;
    struct im_error err;
    struct im_buf buf = {.max = 1 << 16};
    struct im_json out = {.out = &buf};

    setup(&w);
    assert_int_equal(
        query_find_place(w.atlas, im_bytes_of("虹口"), w.arena, &w.places, &err),
        IM_OK);
    query_write_place(&out, &w.places.places[0], LANG_ZH);
    im_buf_byte(&buf, 0);
    assert_string_equal((char *)buf.data,
                        "{\"name\":\"虹口\",\"layer\":\"centres\",\"id\":\"CV2\","
                        "\"precision\":\"town\",\"in\":\"\",\"lon\":121.483,"
                        "\"lat\":31.27,\"near\":\"centres:CV2\"}");
    im_buf_release(&buf);
    teardown(&w);
}

TEST(distances_are_not_printed_finer_than_they_are_known)
{
    static const struct {
        double distance_m;
        double uncertainty_m;
        double honest_m;
        const char *zh;
        const char *en;
    } rows[] = {
        {0, 0, 0, "0 m", "0 m"},
        {12.4, 0, 12, "12 m", "12 m"},
        {0.3, 0, 0, "不到 1 m", "under 1 m"},
        {1234.4, 0, 1234, "1.234 km", "1.234 km"},
        {1234.4, 200, 1230, "约 1.23 km（±200 m）", "about 1.23 km (±200 m)"},
        {949, 2000, 900, "约 900 m（±2 km）", "about 900 m (±2 km)"},
        {960, 2000, 1000, "约 1 km（±2 km）", "about 1 km (±2 km)"},
        {1501, 7000, 2000, "约 2 km（±7 km）", "about 2 km (±7 km)"},
        {300, 7000, 0, "不到 1 km（±7 km）", "under 1 km (±7 km)"},
        {0, 4000, 0, "不到 100 m（±4 km）", "under 100 m (±4 km)"},
        {123456, 5200, 123000, "约 123 km（±5.2 km）", "about 123 km (±5.2 km)"},
    };
    char text[QUERY_DISTANCE_TEXT];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(query_honest_m(rows[i].distance_m, rows[i].uncertainty_m) ==
                    rows[i].honest_m);
        query_distance_text(text, rows[i].distance_m, rows[i].uncertainty_m, LANG_ZH);
        assert_string_equal(text, rows[i].zh);
        query_distance_text(text, rows[i].distance_m, rows[i].uncertainty_m, LANG_EN);
        assert_string_equal(text, rows[i].en);
    }
}

TEST(precisions_have_names_and_half_widths)
{
    static const double metres[] = {0, 200, 2000, 5000, 20000, 50000};
    enum precision p;

    for (int i = PRECISION_EXACT; i <= PRECISION_CITY; i++) {
        assert_true(
            precision_parse(im_bytes_of(precision_name((enum precision)i)), &p));
        assert_int_equal(p, i);
        assert_true(precision_uncertainty_m(p) == metres[i]);
    }
    assert_false(precision_parse(im_bytes_of("village"), &p));
    assert_false(precision_parse(im_bytes_of(""), &p));
}

/* Rows are written without asking for room byte by byte; a maximum holds all the same.
 */
TEST(an_answer_fits_its_maximum_to_the_byte)
{
    struct world w;
    struct im_error err;
    size_t len = 0;
    uint8_t *whole = NULL;

    setup(&w);
    w.context.forms = query_forms_new(w.arena);
    w.request.coarsest = PRECISION_CITY;
    assert_int_equal(query_run(&w.request, w.arena, &w.answer, NULL, &err), IM_OK);
    for (size_t max = 1 << 20; max > 0; max = max > len ? len : max - 1) {
        struct im_buf buf = {.max = max};
        struct im_json out = {.out = &buf};

        write_answer(&out, &w.answer, &w.context);
        assert_true(buf.failed == (whole && max < len));
        assert_true(buf.is_over == buf.failed);
        if (!whole) {
            len = buf.len;
            whole = im_arena_alloc(w.arena, len);
            memcpy(whole, buf.data, len);
        }
        if (!buf.failed) {
            assert_int_equal(buf.len, len);
            assert_memory_equal(buf.data, whole, len);
        }
        im_buf_release(&buf);
    }
    teardown(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_fits_its_maximum_to_the_byte),
        cmocka_unit_test(an_answer_has_the_documented_members),
        cmocka_unit_test(coarse_rows_stand_apart_without_a_distance),
        cmocka_unit_test(english_falls_back_to_chinese_names),
        cmocka_unit_test(the_outline_of_an_unreviewed_border_is_shown_only_when_asked),
        cmocka_unit_test(a_named_origin_is_repeated_with_its_alternatives),
        cmocka_unit_test(a_choice_says_what_to_ask_with),
        cmocka_unit_test(distances_are_not_printed_finer_than_they_are_known),
        cmocka_unit_test(precisions_have_names_and_half_widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
