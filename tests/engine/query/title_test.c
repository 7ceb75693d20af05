/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/query/title.c. */
#include <test.h>

#include <support/memory_source.h>

#include <engine/query.h>

static const char *const LAYER =
    "{\"id\":\"%s\",\"title\":{\"zh\":\"图层\"},\"geometry\":\"point\",\"key\":\"id\","
    "\"attribution\":{\"zh\":\"%s\",\"en\":\"%s\"},"
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}]}";

static void
add_layer(struct memory_source *ms, const char *id, const char *zh, const char *en)
{
    char json[512];

    snprintf(json, sizeof json, LAYER, id, zh, en);
    memory_source_layer(ms, json, "", 1);
}

static void assert_line(const struct atlas *atlas, enum lang lang, const char *wanted)
{
    struct im_buf line = {.max = 1024};

    for (size_t i = 0; i < atlas_layer_count(atlas); i++)
        query_add_attribution(&line, atlas_layer_at(atlas, i), lang);
    im_buf_byte(&line, 0);
    assert_string_equal((char *)line.data, wanted);
    im_buf_release(&line);
}

TEST(a_title_falls_back_to_the_other_language)
{
    assert_string_equal(query_title((struct schema_title){"甲", "A"}, LANG_EN), "A");
    assert_string_equal(query_title((struct schema_title){"甲", ""}, LANG_EN), "甲");
    assert_string_equal(query_title((struct schema_title){"", "A"}, LANG_ZH), "A");
    assert_string_equal(query_title((struct schema_title){"", ""}, LANG_ZH), "");
}

TEST(what_several_layers_owe_is_said_once)
{
    struct memory_source *ms = memory_source_new();

    add_layer(ms, "one", "DCW；© OpenStreetMap 贡献者", "DCW; © OpenStreetMap");
    add_layer(ms, "two", "© OpenStreetMap 贡献者;GSHHG", "© OpenStreetMap;GSHHG");
    add_layer(ms, "three", "", "");
    add_layer(ms, "zfour", "GSHHG 2", "");
    const struct atlas *atlas = memory_source_atlas(ms);
    assert_line(atlas, LANG_ZH, "DCW；© OpenStreetMap 贡献者；GSHHG；GSHHG 2");
    assert_line(atlas, LANG_EN, "DCW; © OpenStreetMap; GSHHG; GSHHG 2");
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_falls_back_to_the_other_language),
        cmocka_unit_test(what_several_layers_owe_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
