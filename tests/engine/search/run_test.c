/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/search/run.c: what is found, in which order, and what is counted. */
#include <test.h>

#include <engine/search.h>
#include <support/memory_source.h>

#include <math.h>
#include <stdlib.h>

static const char *const PARKS =
    "{\"id\":\"parks\",\"title\":{\"zh\":\"园区\",\"en\":\"Parks\"},\"geometry\":"
    "\"point\",\"key\":\"id\",\"order\":10,\"names_places\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"name_en\",\"title\":{\"zh\":\"英文\"},\"type\":\"text\"},"
    "{\"name\":\"aliases\",\"title\":{\"zh\":\"别名\"},\"type\":\"text\",\"list\":true}"
    ","
    "{\"name\":\"city\",\"title\":{\"zh\":\"城市\"},\"type\":\"text\"},"
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":\"text\",\"codes\":["
    "{\"code\":\"national\",\"title\":{\"zh\":\"国家级\",\"en\":\"National\"},"
    "\"synonyms\":{\"zh\":[\"部级\"]}},"
    "{\"code\":\"city\",\"title\":{\"zh\":\"市级\",\"en\":\"Municipal\"}}]},"
    "{\"name\":\"industry\",\"title\":{\"zh\":\"产业\"},\"type\":\"text\",\"list\":"
    "true,"
    "\"codes\":[{\"code\":\"BIO\",\"title\":{\"zh\":\"生物医药\",\"en\":"
    "\"Biomedicine\"}}"
    ",{\"code\":\"IC\",\"title\":{\"zh\":\"集成电路\",\"en\":\"Integrated "
    "circuits\"}}]},"
    "{\"name\":\"operator\",\"title\":{\"zh\":\"运营\"},\"type\":\"text\"},"
    "{\"name\":\"source\",\"title\":{\"zh\":\"来源\"},\"type\":\"text\"},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\"}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"name_en\":\"name_en\",\"aliases\":"
    "\"aliases\","
    "\"city\":\"city\",\"level\":\"level\",\"importance\":\"rank\"}}";

static const char *const SECRET =
    "{\"id\":\"secret\",\"title\":{\"zh\":\"内部\"},\"geometry\":\"point\",\"key\":"
    "\"id\",\"visibility\":\"internal\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}],"
    "\"roles\":{\"name_zh\":\"id\"}}";

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    struct im_arena *arena;
    struct search_answer answer;
    struct im_error err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, PARKS, "", 1);
    memory_source_row(ms, "POINT(121.59 31.20)",
                      "P1|张江科学城|Zhangjiang Science City|张江高科;药谷|上海市|"
                      "national|BIO;IC|张江集团|某报|0.9");
    memory_source_row(ms, "POINT(121.60 31.21)",
                      "P2|张江药谷大厦||||city|BIO;BIO|药谷公司|张江报|0.5");
    memory_source_row(ms, "POINT(121.10 31.40)",
                      "P3|长江口创新园|Changjiang Estuary Park||上海市|city|||"
                      "|0.5");
    memory_source_row(ms, "POINT(120.60 31.30)",
                      "P4|苏州工业园区|Suzhou Industrial Park|园区|苏州市|national|IC|"
                      "||0.8");
    memory_source_row(ms, NULL, "P5|莘庄工业区|Xinzhuang Park||上海市|city||||0.4");
    memory_source_row(ms, "POINT(121.61 31.22)",
                      "P6|上海浙江大学高等研究院|||上海市||||论文|0.3");
    memory_source_row(ms, "POINT(118.37 31.33)",
                      "P7|芜湖江北长张江园|||芜湖市||||"
                      "|0.2");
    memory_source_layer(ms, SECRET, "", 1);
    memory_source_row(ms, "POINT(121.59 31.20)", "张江密");
    w->ms = ms;
    w->atlas = memory_source_atlas(ms);
    w->arena = im_arena_new(16 << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    im_arena_free(w->arena);
    atlas_unref(w->atlas);
    memory_source_free(w->ms);
    free(w);
    return 0;
}

static const char *run(struct world *w, struct search_request r, const char *words)
{
    static char keys[400];
    struct im_buf line = {.max = sizeof keys - 1};

    r.atlas = w->atlas;
    r.words = im_bytes_of(words);
    r.limit = 20;
    enum im_code rc = search_run(&r, w->arena, &w->answer, NULL, &w->err);
    if (rc != IM_OK)
        fail_msg("%s: %s", words, w->err.msg);
    for (size_t i = 0; i < w->answer.n_hits; i++) {
        char number[IM_NUMBER_MAX];
        struct im_bytes key;

        atlas_key(w->answer.hits[i].layer, w->answer.hits[i].feature, number, &key);
        if (i)
            im_buf_byte(&line, ' ');
        im_buf_append(&line, key.data, key.len);
    }
    memset(keys, 0, sizeof keys);
    if (line.len)
        memcpy(keys, line.data, line.len);
    im_buf_release(&line);
    return keys;
}

static const char *find(struct world *w, const char *words)
{
    return run(w, (struct search_request){.limit = 20}, words);
}

TEST(exact_names_come_before_beginnings_before_insides)
{
    struct world *w = *state;

    assert_string_equal(find(w, "张江"), "P1 P2 P7");
    assert_int_equal(w->answer.hits[0].match, SEARCH_PREFIX);
    assert_int_equal(w->answer.hits[2].match, SEARCH_INSIDE);
    assert_string_equal(find(w, "药谷"), "P1 P2");
    assert_int_equal(w->answer.hits[0].match, SEARCH_EXACT);
    assert_int_equal(w->answer.hits[1].match, SEARCH_INSIDE);
    assert_string_equal(find(w, "园区"), "P4");
}

TEST(traditional_and_full_width_forms_are_the_same)
{
    struct world *w = *state;

    assert_string_equal(find(w, "張江科學城"), "P1");
    assert_int_equal(w->answer.hits[0].match, SEARCH_EXACT);
    assert_string_equal(find(w, "ＳＵＺＨＯＵ"), "P4");
    assert_string_equal(find(w, "《张江》（药谷）"), "P2 P1");
}

TEST(names_are_read_in_pinyin_and_by_first_letters)
{
    struct world *w = *state;

    assert_string_equal(find(w, "zhangjiang"), "P1 P2 P7");
    assert_int_equal(w->answer.hits[0].match, SEARCH_PREFIX); /* its English name */
    assert_int_equal(w->answer.hits[1].match, SEARCH_PINYIN);
    assert_string_equal(find(w, "zhang jiang"), "P1 P2 P7");
    assert_string_equal(find(w, "zj"), "P1 P2 P6 P7");
    assert_string_equal(find(w, "szgyyq"), "P4");
    assert_string_equal(find(w, "zhangjiangyaog"), "P2");
    assert_string_equal(find(w, "Zhāngjiāng"), "P1 P2 P7");
}

TEST(characters_with_several_readings_are_read_as_the_place_is_called)
{
    struct world *w = *state;

    assert_string_equal(find(w, "changjiang"), "P3");
    assert_string_equal(find(w, "xinzhuang"), "P5");
    assert_string_equal(find(w, "shenzhuang"), "");
}

TEST(chinese_and_letters_may_be_mixed)
{
    struct world *w = *state;

    assert_string_equal(find(w, "张江yao"), "P2 P1");
    assert_string_equal(find(w, "张江 药"), "P2 P1");
}

TEST(words_may_be_in_different_fields)
{
    struct world *w = *state;

    assert_string_equal(find(w, "张江 生物医药"), "P1 P2");
    assert_int_equal(w->answer.hits[0].match, SEARCH_OTHER);
    assert_string_equal(find(w, "部级 苏州"), "P4");
    assert_string_equal(find(w, "张江集团"), "P1");
    assert_string_equal(find(w, "p3"), "P3");
    assert_string_equal(find(w, "上海 苏州"), "");
    /* where a row comes from is not searched */
    assert_string_equal(find(w, "论文"), "");
}

TEST(one_letter_may_be_wrong_when_nothing_is_right)
{
    struct world *w = *state;

    assert_string_equal(find(w, "Zhangjang"), "P1 P2 P7");
    assert_true(w->answer.is_mistyped);
    assert_int_equal(w->answer.hits[0].match, SEARCH_MISTYPED);
    assert_string_equal(find(w, "zhnagjiang"), "P1 P2 P7");
    assert_string_equal(find(w, "zhangjiiang"), "P1 P2 P7");
    assert_string_equal(find(w, "zhangkiang"), "P1 P2 P7");
    assert_string_equal(find(w, "suhzou"), "P4");
    assert_string_equal(find(w, "zhnagjinag"), "");
    assert_false(w->answer.is_mistyped);
    find(w, "zhangjiang");
    assert_false(w->answer.is_mistyped);
}

TEST(equal_ones_are_ordered_by_distance)
{
    struct world *w = *state;
    struct query_request rows = {.has_origin = true, .lon = 121.1, .lat = 31.4};
    struct search_request r = {.rows = &rows};

    assert_string_equal(run(w, r, "市级"), "P3 P2 P5");
    assert_true(w->answer.hits[0].distance_m < 1);
    assert_true(isnan(w->answer.hits[2].distance_m));
}

static uint64_t count_of(const struct search_facet *facet, const char *code)
{
    for (size_t i = 0; i < facet->n_values; i++)
        if (im_bytes_equal(facet->values[i].code, im_bytes_of(code)))
            return facet->values[i].count;
    return 0;
}

TEST(facets_count_all_matches)
{
    struct world *w = *state;

    run(w, (struct search_request){.with_facets = true}, "江");
    assert_int_equal(w->answer.n_matched, 5);
    assert_string_equal(w->answer.facets[0].name, "layer");
    assert_int_equal(count_of(&w->answer.facets[0], "parks"), 5);
    assert_int_equal(count_of(&w->answer.facets[1], "上海市"), 3);
    assert_int_equal(count_of(&w->answer.facets[2], "city"), 2);
    assert_int_equal(count_of(&w->answer.facets[3], "BIO"), 2);
    assert_int_equal(count_of(&w->answer.facets[3], "IC"), 1);
    assert_string_equal(w->answer.facets[3].values[0].title.zh, "生物医药");
}

TEST(suggestions_are_names_only)
{
    struct world *w = *state;
    struct search_request r = {.is_suggest = true};

    assert_string_equal(run(w, r, "张江集"), "");
    assert_string_equal(run(w, r, "zhangj"), "P1 P2 P7");
    assert_string_equal(run(w, r, "张江y"), "P2 P7 P1");
}

TEST(words_without_text_or_too_long_are_refused)
{
    struct world *w = *state;
    char text[SEARCH_MAX_WORDS_BYTES + 2];
    struct search_request r = {.atlas = w->atlas, .limit = 1};

    r.words = im_bytes_of(" ·（）");
    assert_int_equal(search_run(&r, w->arena, &w->answer, NULL, &w->err), IM_EARG);
    memset(text, 'a', sizeof text);
    r.words = (struct im_bytes){(uint8_t *)text, sizeof text - 1};
    assert_int_equal(search_run(&r, w->arena, &w->answer, NULL, &w->err), IM_EARG);
    r.words.len = 0;
    assert_int_equal(search_run(&r, w->arena, &w->answer, NULL, &w->err), IM_EARG);
    r.words = im_bytes_of("\xff");
    assert_int_equal(search_run(&r, w->arena, &w->answer, NULL, &w->err), IM_EARG);
    assert_string_not_equal(w->err.msg_zh, "");
    r.words = im_bytes_of("张");
    r.limit = SEARCH_MAX_LIMIT + 1;
    assert_int_equal(search_run(&r, w->arena, &w->answer, NULL, &w->err), IM_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(exact_names_come_before_beginnings_before_insides),
        T(traditional_and_full_width_forms_are_the_same),
        T(names_are_read_in_pinyin_and_by_first_letters),
        T(characters_with_several_readings_are_read_as_the_place_is_called),
        T(chinese_and_letters_may_be_mixed),
        T(words_may_be_in_different_fields),
        T(one_letter_may_be_wrong_when_nothing_is_right),
        T(equal_ones_are_ordered_by_distance),
        T(facets_count_all_matches),
        T(suggestions_are_names_only),
        T(words_without_text_or_too_long_are_refused),
#undef T
    };

    return cmocka_run_group_tests_name("engine/search/run", tests, NULL, NULL);
}
