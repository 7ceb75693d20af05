/* SPDX-License-Identifier: Apache-2.0 */
/* Proves which rows are told to be likely duplicates, and why. */
#include <test.h>

#include <engine/duplicates.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>
#include <stdio.h>

#define TEXT(name)                                                                     \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\"},\"type\":\"text\"},"

static const char *const PLACES =
    "{\"id\":\"places\",\"title\":{\"zh\":\"地点\"},\"geometry\":\"point\","
    "\"key\":\"id\",\"fields\":[" TEXT("id") TEXT("name_zh") TEXT("city") TEXT("adcode")
        TEXT("operator") "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":"
                         "\"text\"}],"
                         "\"roles\":{\"name_zh\":\"name_zh\",\"city\":\"city\","
                         "\"adcode\":"
                         "\"adcode\",\"precision\":\"precision\"}}";

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *arena;
    struct query_request rows;
    struct duplicates_request request;
    struct duplicates_answer answer;
    struct im_error err;
};

static struct world begin(void)
{
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(256 << 20)};

    memory_source_layer(w.ms, PLACES, "", 1);
    return w;
}

static void row(struct world *w, const char *wkt, const char *values)
{
    memory_source_row(w->ms, wkt, values);
}

static void ask(struct world *w)
{
    w->atlas = memory_source_atlas(w->ms);
    w->layer = atlas_layer_find(w->atlas, im_bytes_of("places"));
    w->rows = (struct query_request){.layers = &w->layer,
                                     .n_layers = 1,
                                     .atlas = w->atlas,
                                     .coarsest = PRECISION_CITY};
    w->request.rows = &w->rows;
    if (duplicates_find(&w->request, w->arena, &w->answer, NULL, &w->err) != IM_OK)
        fail_msg("%s", w->err.msg);
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

/* "id~id id~id ..." in the order of the answer. */
static void expect(const struct world *w, const char *wanted)
{
    struct im_buf text = {.max = 4096};

    for (size_t i = 0; i < w->answer.n_pairs; i++) {
        struct im_bytes a = atlas_text(w->layer, w->answer.pairs[i].feature, 0);
        struct im_bytes b = atlas_text(w->layer, w->answer.pairs[i].other, 0);

        im_buf_printf(&text, "%s%.*s~%.*s", i ? " " : "", (int)a.len,
                      (const char *)a.data, (int)b.len, (const char *)b.data);
    }
    im_buf_byte(&text, 0);
    assert_string_equal((const char *)text.data, wanted);
    im_buf_release(&text);
}

TEST(names_that_differ_in_writing_only_are_the_same)
{
    struct world w = begin();

    row(&w, "POINT(121.5 31.2)", "A|张江创新中心有限公司|上海市|310115|张江集团|site");
    row(&w, "POINT(121.5 31.2)", "B|张江 创新中心|上海|310115|张江集团有限公司|site");
    row(&w, "POINT(120.6 31.3)", "C|张江创新中心|苏州市|320505||site");
    ask(&w);
    expect(&w, "B~A");
    assert_int_equal(w.answer.pairs[0].kind, DUPLICATE_SAME);
    assert_true(w.answer.pairs[0].same_operator);
    assert_true(w.answer.pairs[0].same_division);
    assert_true(w.answer.pairs[0].distance_m == 0);
    assert_non_null(strstr(w.answer.pairs[0].reason.zh, "名称相同"));
    assert_non_null(strstr(w.answer.pairs[0].reason.zh, "运营机构相同"));
    assert_non_null(strstr(w.answer.pairs[0].reason.en, "the same operator"));
    assert_int_equal(w.answer.n_rows, 3);
    end(&w);
}

TEST(the_surest_come_first_and_parts_of_one_park_are_two)
{
    struct world w = begin();

    row(&w, "POINT(121.5 31.2)",
        "A|漕河泾科技绿洲国际孵化创新基地|上海市|310104||site");
    row(&w, "POINT(121.5 31.2)",
        "B|漕河泾科技绿洲国际孵化创新基地一期|上海市|310104||site");
    row(&w, "POINT(121.5 31.2)",
        "C|漕河泾科技绿洲国际孵化创新基地二期|上海市|310104||site");
    row(&w, "POINT(121.502 31.2)",
        "D|漕河泾科技绿洲国际孵化创新园地|上海市|310104||site");
    row(&w, "POINT(121.5 31.2)",
        "E|漕河泾科技绿洲国际孵化创新基地（徐汇）|上海市|310104||site");
    ask(&w);
    expect(&w, "E~A D~A");
    assert_int_equal(w.answer.pairs[0].kind, DUPLICATE_LOOSE);
    assert_int_equal(w.answer.pairs[1].kind, DUPLICATE_NAME);
    assert_true(w.answer.pairs[1].likeness > 0.8 && w.answer.pairs[1].likeness < 1);
    w.request.limit = 1;
    atlas_unref(w.atlas);
    ask(&w);
    expect(&w, "E~A");
    assert_int_equal(w.answer.n_matched, 2);
    end(&w);
}

TEST(a_seat_tells_nothing_of_two_places)
{
    struct world w = begin();

    row(&w, "POINT(121.5 31.2)", "A|智能传感器中试平台|||张江集团|district");
    row(&w, "POINT(121.5 31.2)", "B|智能传感中试平台|||张江集团|district");
    ask(&w);
    expect(&w, "");
    end(&w);
}

TEST(rows_without_a_name_are_counted)
{
    struct world w = begin();

    row(&w, "POINT(121.5 31.2)", "A|||||site");
    row(&w, "POINT(121.5 31.2)", "B|某中心||||site");
    ask(&w);
    expect(&w, "");
    assert_int_equal(w.answer.n_nameless, 1);
    assert_int_equal(w.answer.n_rows, 1);
    end(&w);
}

/* A layer of many rows with a copy of each hundredth. */
static void fill(struct world *w, int n)
{
    struct test_random r = test_random_new("duplicates");
    char wkt[64];
    char values[200];
    char name[64] = "";

    for (int i = 0; i < n; i++) {
        snprintf(wkt, sizeof wkt, "POINT(%.5f %.5f)", test_random_in(&r, 118, 122),
                 test_random_in(&r, 29, 33));
        if (i % 100 != 99)
            snprintf(name, sizeof name, "第%u号%u创新中心",
                     test_random_below(&r, 900000), test_random_below(&r, 900000));
        snprintf(values, sizeof values, "K%06d|%s|上海市|310115||site", i, name);
        row(w, wkt, values);
    }
}

TEST(many_rows_are_searched_and_too_many_are_left_out)
{
    struct world w = begin();

    fill(&w, 10000);
    ask(&w);
    assert_int_equal(w.answer.n_pairs, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(w.answer.pairs[i].kind, DUPLICATE_SAME);
    end(&w);
    w = begin();
    fill(&w, DUPLICATES_MAX_ROWS + 1);
    ask(&w);
    assert_int_equal(w.answer.n_pairs, 0);
    assert_int_equal(w.answer.n_left_out, DUPLICATES_MAX_ROWS + 1);
    assert_int_equal(w.answer.n_rows, 0);
    end(&w);
}

TEST(work_past_the_deadline_is_stopped)
{
    struct world w = begin();

    fill(&w, 300);
    ask(&w);
    w.rows.deadline = (struct im_deadline){1};
    assert_int_equal(duplicates_find(&w.request, w.arena, &w.answer, NULL, &w.err),
                     IM_ESTOPPED);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_differ_in_writing_only_are_the_same),
        cmocka_unit_test(the_surest_come_first_and_parts_of_one_park_are_two),
        cmocka_unit_test(a_seat_tells_nothing_of_two_places),
        cmocka_unit_test(rows_without_a_name_are_counted),
        cmocka_unit_test(many_rows_are_searched_and_too_many_are_left_out),
        cmocka_unit_test(work_past_the_deadline_is_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
