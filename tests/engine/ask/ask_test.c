/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/ask on layers it has never heard of. */
#include <test.h>

#include "engine/ask/tea.h"

#include <engine/ask.h>

#include <stdio.h>
#include <stdlib.h>

enum { THIS_YEAR = 2026 };

static struct memory_source *source;
static const struct atlas *atlas;
static struct im_arena *arena;

static int set_up(void **state)
{
    (void)state;
    atlas = tea_atlas(&source);
    arena = im_arena_new(64 << 20);
    return atlas && arena ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    im_arena_free(arena);
    atlas_unref(atlas);
    memory_source_free(source);
    return 0;
}

static struct ask_parse ask(const char *question)
{
    struct ask_parse p;
    struct im_error err = {0};

    if (ask_parse(atlas, im_bytes_of(question), THIS_YEAR, arena, &p, &err) != IM_OK)
        fail_msg("%s: %s", question, err.msg);
    return p;
}

static const char *line_of(const struct ask_parse *p)
{
    struct im_buf line = {.max = 10000};
    const char *copy;

    ask_write_line(p, &line);
    copy = im_arena_strdup(arena, im_buf_bytes(&line));
    im_buf_release(&line);
    return copy;
}

static void expect(const char *question, const char *line)
{
    struct ask_parse p = ask(question);

    if (strcmp(line_of(&p), line) != 0)
        fail_msg("%s\n  wanted %s\n  got    %s", question, line, line_of(&p));
}

TEST(kinds_codes_and_places_come_from_the_layers)
{
    expect("离听雨轩最近的水井", "nearest?layer=wells&near=听雨轩&k=5");
    expect("离四方井最近的三家茶楼", "nearest?layer=tea_houses&near=四方井&k=3");
    expect("名店级的龙井茶馆",
           "list?layer=tea_houses&filter=grade='fine' AND A_CONTAINS(teas,('LJ'))");
    expect("哪些茶馆2公里内没有水井", "coverage?layer=tea_houses&other=wells&max_km=2");
    expect("每个区县的茶船数量",
           "aggregate?layer=tea_houses&filter=style='boat'&by=district");
    expect("茶馆按茶品分布", "aggregate?layer=tea_houses&by=teas");
    expect("茶马古道沿线5公里的水井",
           "within?layer=wells&corridor=tea_road&half_width_km=5");
    expect("nearest well to Blue Kettle", "nearest?layer=wells&near=Blue Kettle&k=5");
    expect("tea houses with a hall over 100 m2",
           "list?layer=tea_houses&filter=hall_m2>100");
}

TEST(a_word_may_say_the_code_and_the_level)
{
    expect("名店老茶馆", "list?layer=tea_houses&filter=style='old' AND grade='fine'");
}

TEST(words_of_other_layers_mean_nothing_here)
{
    struct ask_parse p = ask("离听雨轩最近的孵化器");

    assert_null(p.operation);
    assert_true(p.n_unknown > 0);
    assert_true(p.n_closest > 0);
}

TEST(internal_layers_are_not_asked_nor_named)
{
    struct ask_parse p = ask("离暗号楼最近的水井");

    assert_string_equal(p.operation, "nearest");
    assert_string_not_equal(p.missing.zh, ""); /* a place nobody knows */
    p = ask("有哪些私茶");
    assert_null(p.operation);
    for (size_t i = 0; i < p.n_closest; i++)
        assert_null(strstr(p.closest[i], "私茶"));
}

TEST(parts_say_where_they_were_read_in_characters)
{
    struct ask_parse p = ask("请问 离听雨轩3公里内的水井");
    bool found = false;

    for (size_t i = 0; i < p.n_parts; i++) {
        const struct ask_part *part = &p.parts[i];

        if (strcmp(part->name, "radius_km") == 0) {
            assert_int_equal(part->start, 7);
            assert_int_equal(part->length, 3);
            assert_string_equal(part->value, "3");
            found = true;
        }
        if (strcmp(part->name, "layer") == 0) {
            assert_string_equal(part->title.zh, "水井");
            assert_string_equal(part->title.en, "Wells");
        }
    }
    assert_true(found);
}

TEST(what_is_supplied_has_no_place_in_the_question)
{
    struct ask_parse p = ask("离听雨轩最近的水井");

    assert_string_equal(p.parts[p.n_parts - 1].name, "k");
    assert_int_equal(p.parts[p.n_parts - 1].length, 0);
}

TEST(the_language_is_that_of_the_script)
{
    assert_int_equal(ask("nearest well to Blue Kettle").lang, LANG_EN);
    assert_int_equal(ask("离Blue Kettle最近的水井").lang, LANG_ZH);
}

TEST(years_count_back_from_the_year_that_is_given)
{
    struct ask_parse p;

    assert_int_equal(
        ask_parse(atlas, im_bytes_of("近三年的茶馆"), 2000, arena, &p, NULL), IM_OK);
    assert_string_equal(line_of(&p), "list?layer=tea_houses&datetime=1998-01-01/..");
}

TEST(names_that_several_places_bear_stay_names)
{
    expect("沙溪区有哪些茶馆", "within?layer=tea_houses&in=沙溪区");
}

TEST(a_field_that_a_layer_lacks_is_named)
{
    struct ask_parse p = ask("龙井水井");

    assert_null(p.operation);
    assert_non_null(strstr(p.missing.zh, "水井"));
    assert_non_null(strstr(p.missing.en, "Wells"));
    p = ask("2010年以后的水井");
    assert_string_not_equal(p.missing.zh, "");
}

TEST(unknown_words_that_names_hold_are_searched_for)
{
    expect("Blue茶馆", "list?layer=tea_houses&q=Blue");
}

TEST(marks_of_the_line_are_escaped)
{
    expect("名称包含“a&b=c#d+e%”的茶馆", "list?layer=tea_houses&q=a%26b=c%23d%2Be%25");
}

TEST(bad_questions_are_refused)
{
    static const char latin1[] = "caf\xe9";
    struct ask_parse p;
    char long_text[ASK_MAX_BYTES + 2];
    struct im_error err = {0};

    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    for (size_t i = 0; i < 5; i++) {
        const char *const bad[] = {"", " ?! ", "123", latin1, long_text};

        assert_int_equal(
            ask_parse(atlas, im_bytes_of(bad[i]), THIS_YEAR, arena, &p, &err), IM_EARG);
        assert_true(err.msg[0] && err.msg_zh[0]);
    }
    assert_int_equal(ask_parse(atlas, (struct im_bytes){(const uint8_t *)"a\0b", 3},
                               THIS_YEAR, arena, &p, &err),
                     IM_EARG);
    long_text[ASK_MAX_BYTES] = 0;
    assert_null(ask(long_text).operation);
}

TEST(an_atlas_without_layers_answers_too)
{
    struct memory_source *none = memory_source_new();
    const struct atlas *empty = memory_source_atlas(none);
    struct ask_parse p;

    assert_int_equal(
        ask_parse(empty, im_bytes_of("最近的水井"), THIS_YEAR, arena, &p, NULL), IM_OK);
    assert_null(p.operation);
    atlas_unref(empty);
    memory_source_free(none);
}

TEST(questions_of_all_lengths_end)
{
    static const char *const pieces[] = {"十",   "上海",   "的",     "离",    "10公里",
                                         "没有", "和",     "水井",   "最近",  "a ",
                                         "“",    "2016年", "沙溪区", "名店级"};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            struct im_buf text = {.max = ASK_MAX_BYTES + 1};
            struct ask_parse p;

            while (text.len + 40 < ASK_MAX_BYTES) {
                im_buf_text(&text, pieces[i]);
                im_buf_text(&text, pieces[k]);
            }
            assert_true(ask_parse(atlas, im_buf_bytes(&text), THIS_YEAR, arena, &p,
                                  NULL) == IM_OK ||
                        (i == 10 && k == 10));
            im_buf_release(&text);
            im_arena_reset(arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_codes_and_places_come_from_the_layers),
        cmocka_unit_test(a_word_may_say_the_code_and_the_level),
        cmocka_unit_test(words_of_other_layers_mean_nothing_here),
        cmocka_unit_test(internal_layers_are_not_asked_nor_named),
        cmocka_unit_test(parts_say_where_they_were_read_in_characters),
        cmocka_unit_test(what_is_supplied_has_no_place_in_the_question),
        cmocka_unit_test(the_language_is_that_of_the_script),
        cmocka_unit_test(years_count_back_from_the_year_that_is_given),
        cmocka_unit_test(names_that_several_places_bear_stay_names),
        cmocka_unit_test(a_field_that_a_layer_lacks_is_named),
        cmocka_unit_test(unknown_words_that_names_hold_are_searched_for),
        cmocka_unit_test(marks_of_the_line_are_escaped),
        cmocka_unit_test(bad_questions_are_refused),
        cmocka_unit_test(an_atlas_without_layers_answers_too),
        cmocka_unit_test(questions_of_all_lengths_end)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
