/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/stylesheet.c and what maps make of stylesheets (MapLibre style
 * specification, version 8). */
#include <test.h>

#include "map.h"

#include <engine/json_writer.h>
#include <scratch.h>
#include <support/memory_source.h>

#include <jansson.h>

#define LAYER(id, geometry, in_map)                                                    \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"图层\", \"en\": \"Layer\"},"         \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": 1, \"in_map\": " in_map ", \"visibility\": \"public\", \"fields\": ["  \
    "{\"name\": \"id\", \"title\": {\"zh\": \"编号\", \"en\": \"ID\"}, \"type\": "   \
    "\"integer\"}], \"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"

static const char LAND_STYLE[] =
    "{\"layers\": [{\"id\": \"ground\", \"type\": \"background\", \"metadata\": "
    "{\"order\": 0}, \"paint\": {\"background-color\": \"#fff\"}},"
    "{\"id\": \"land\", \"type\": \"fill\", \"metadata\": {\"order\": 50}},"
    "{\"id\": \"land-name\", \"type\": \"symbol\", \"metadata\": {\"order\": 700},"
    " \"layout\": {\"text-field\": \"x\"}}]}";
static const char SPOTS_STYLE[] =
    "{\"layers\": [{\"id\": \"dot\", \"type\": \"circle\", \"metadata\": {\"order\": "
    "400}, \"paint\": {\"circle-color\": \"#00f\"}}]}";
static const char NIGHT[] =
    "{\"version\": 8, \"name\": \"Night\", \"metadata\": {\"title\": {\"zh\": \"夜\", "
    "\"en\": \"Night\"}, \"layers\": [\"land\", \"spots\", \"extra\"], \"legend\": "
    "[{\"text\": \"{lang}\"}]}, "
    "\"sources\": {\"innomap\": {\"type\": \"vector\"}}, \"layers\": ["
    "{\"id\": \"dark\", \"type\": \"background\", \"paint\": {\"background-color\": "
    "\"#000\"}},"
    "{\"id\": \"a\", \"type\": \"fill\", \"source\": \"innomap\", \"source-layer\": "
    "\"land\", \"metadata\": {\"order\": 60}},"
    "{\"id\": \"table-dot\", \"type\": \"circle\", \"source\": \"innomap\", "
    "\"source-layer\": \"extra\"},"
    "{\"id\": \"b\", \"type\": \"line\", \"source\": \"innomap\", \"source-layer\": "
    "\"land\"},"
    "{\"id\": \"name\", \"type\": \"symbol\", \"source\": \"innomap\", "
    "\"source-layer\": \"land_label\", \"metadata\": {\"order\": 500}, \"layout\": "
    "{\"text-field\": \"{lang}\"}}]}";

#define SHEET(layers)                                                                  \
    "{\"version\": 8, \"sources\": {\"innomap\": {\"type\": \"vector\"}}, "            \
    "\"layers\": [" layers "]}"
#define OF(source, type, more)                                                         \
    "\"source\": \"innomap\", \"source-layer\": \"" source "\", \"type\": \"" type     \
    "\"" more

/* A folder with this one file. */
static enum im_code open_one(const char *name,
                             const char *text,
                             struct stylesheet_set **out,
                             struct im_error *err)
{
    const char *path = scratch_text(name, text);
    enum im_code rc = stylesheet_set_open(scratch_folder, out, err);

    assert_int_equal(remove(path), 0);
    return rc;
}

static struct stylesheet_set *opened(const char *name, const char *text)
{
    struct stylesheet_set *set = NULL;
    struct im_error err;

    if (open_one(name, text, &set, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return set;
}

static void
refused(const char *name, const char *text, enum im_code code, const char *says)
{
    struct stylesheet_set *set = NULL;
    struct im_error err;

    assert_int_equal(open_one(name, text, &set, &err), code);
    if (!strstr(err.msg, says) || !strstr(err.msg, name))
        fail_msg("'%s' does not say '%s' and '%s'", err.msg, says, name);
    assert_null(set);
}

TEST(no_folder_is_an_empty_set)
{
    struct stylesheet_set *set = NULL;
    struct im_error err;

    assert_int_equal(stylesheet_set_open(NULL, &set, &err), IM_OK);
    assert_int_equal(stylesheet_set_size(set), 0);
    assert_null(stylesheet_set_find(set, im_bytes_of("light")));
    stylesheet_set_close(set);
    assert_int_equal(stylesheet_set_open("/nowhere/styles", &set, &err), IM_EENV);
    assert_non_null(strstr(err.msg, "--styles"));
}

TEST(a_sheet_has_id_titles_and_its_text)
{
    struct stylesheet_set *set = opened("night-2.json", NIGHT);
    const struct stylesheet *sheet = stylesheet_set_at(set, 0);

    assert_int_equal(stylesheet_set_size(set), 1);
    assert_string_equal(stylesheet_id(sheet), "night-2");
    assert_string_equal(stylesheet_title(sheet, LANG_ZH), "夜");
    assert_string_equal(stylesheet_title(sheet, LANG_EN), "Night");
    assert_true(im_bytes_equal(stylesheet_json(sheet), im_bytes_of(NIGHT)));
    assert_ptr_equal(stylesheet_set_find(set, im_bytes_of("night-2")), sheet);
    stylesheet_set_close(set);
}

TEST(faults_are_named_with_file_and_place)
{
    refused("a.json", "{", IM_EDATA, "line 1");
    refused("a.json", "{\"version\": 7, \"layers\": []}", IM_EDATA, "\"version\"");
    refused("a.json", "{\"version\": 8}", IM_EDATA, "\"layers\"");
    refused("map.json", NIGHT, IM_EDATA, "\"map\"");
    refused("Night.json", NIGHT, IM_EDATA, "a-z");
    refused("a.json", SHEET("{\"id\": \"x\", " OF("land", "fill", "") "}, 7"), IM_EDATA,
            "layers[1]");
    refused("a.json",
            SHEET("{\"id\": \"x\", \"type\": \"fill\", \"source\": \"else\", "
                  "\"source-layer\": \"land\"}"),
            IM_EDATA, "layers[0]: \"source\"");
    refused("a.json",
            SHEET("{\"id\": \"x\", \"type\": \"fill\", \"source\": \"innomap\"}"),
            IM_EDATA, "layers[0]: \"source-layer\"");
    refused("a.json",
            SHEET("{\"id\": \"x\", " OF("land", "fill",
                                        ", \"metadata\": {\"order\": 9}}"
                                        ", {\"id\": \"y\", ")
                      OF("land", "fill", ", \"metadata\": {\"order\": 8}}")),
            IM_EDATA, "layers[1]: metadata.order");
    /* the place in the file, not in the part of a layer */
    refused("a.json",
            SHEET("{\"id\": \"x\", " OF("land", "fill", "}, {\"id\": \"y\", ")
                      OF("spots", "circle", ", \"paint\": {\"circle-colour\": 1}}")),
            IM_EDATA, "layers[1].paint.circle-colour");
}

/* ---- in a map ---- */

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("land", "area", "true"), LAND_STYLE, 1);
    memory_source_row(f.source, "POLYGON((119 30,122 30,122 32,119 32,119 30))", "1");
    memory_source_layer(f.source, LAYER("spots", "point", "true"), SPOTS_STYLE, 1);
    memory_source_row(f.source, "POINT(121 31)", "1");
    memory_source_layer(f.source, LAYER("extra", "point", "false"), "", 1);
    memory_source_row(f.source, "POINT(120 31)", "1");
    f.atlas = memory_source_atlas(f.source);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static const struct tile_map *
map_of(const struct fixture *f, const struct stylesheet *sheet, const char *layers)
{
    struct tile_map_options options = {
        .layers = layers, .lang = LANG_ZH, .stylesheet = sheet};
    const struct tile_map *map = NULL;
    struct im_error err;

    if (tile_map_new(f->atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return map;
}

static void drawn_in_order(const struct tile_map *map, const char *const ids[])
{
    for (uint32_t i = 0; i < map->n_styles; i++)
        assert_string_equal(map->styles[i].style->id, ids[i] ? ids[i] : "(end)");
    assert_null(ids[map->n_styles]);
}

TEST(drawing_follows_the_file_with_other_layers_between)
{
    struct stylesheet_set *set = opened("night.json", NIGHT);
    const struct tile_map *map = map_of(*state, stylesheet_set_at(set, 0), "map");
    /* dot is of spots' own style; extra is drawn because the sheet lists it; the
     * background of land is replaced */
    static const char *const ids[] = {"dark", "a",    "table-dot", "b",
                                      "dot",  "name", NULL};

    drawn_in_order(map, ids);
    tile_map_unref(map);
    stylesheet_set_close(set);
}

TEST(a_list_of_layers_gets_the_same_styles)
{
    struct stylesheet_set *set = opened("night.json", NIGHT);
    const struct tile_map *map =
        map_of(*state, stylesheet_set_at(set, 0), "spots,land");
    static const char *const ids[] = {"dark", "a", "b", "dot", "name", NULL};

    drawn_in_order(map, ids);
    tile_map_unref(map);
    stylesheet_set_close(set);
}

TEST(a_sheet_with_a_list_of_layers_shows_no_others)
{
    struct stylesheet_set *set =
        opened("only.json",
               "{\"version\": 8, \"metadata\": {\"layers\": [\"spots\"]}, \"sources\": "
               "{\"innomap\": {}}, \"layers\": [{\"id\": \"x\", " OF("spots", "circle",
                                                                     "}]}"));
    const struct tile_map *map = map_of(*state, stylesheet_set_at(set, 0), "map");
    static const char *const ids[] = {"x", NULL};

    drawn_in_order(map, ids);
    tile_map_unref(map);
    stylesheet_set_close(set);
}

TEST(the_version_of_a_map_follows_its_sheet)
{
    struct stylesheet_set *night = opened("night.json", NIGHT);
    struct stylesheet_set *day = opened("day.json", NIGHT);
    struct stylesheet_set *changed = opened("night.json", SHEET(""));
    const struct stylesheet *sheets[] = {NULL, stylesheet_set_at(night, 0),
                                         stylesheet_set_at(day, 0),
                                         stylesheet_set_at(changed, 0)};
    uint64_t versions[4];

    for (int i = 0; i < 4; i++) {
        const struct tile_map *map = map_of(*state, sheets[i], "map");

        versions[i] = tile_map_version(map);
        for (int j = 0; j < i; j++)
            assert_true(versions[j] != versions[i]);
        tile_map_unref(map);
    }
    stylesheet_set_close(night);
    stylesheet_set_close(day);
    stylesheet_set_close(changed);
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "(none)";
}

TEST(the_style_written_for_maplibre_is_that_of_the_sheet)
{
    struct stylesheet_set *set = opened("night.json", NIGHT);
    const struct tile_map *map = map_of(*state, stylesheet_set_at(set, 0), "map");
    static const char *const expected[][2] = {
        {"dark", "(none)"}, {"a", "land"},    {"table-dot", "extra"},
        {"b", "land"},      {"dot", "spots"}, {"name", "land_label"}};
    struct im_buf buf = {.max = 1 << 20};
    struct im_json w = {.out = &buf};
    json_error_t fault;

    tile_write_style(map, "http://host", "map", &w);
    json_t *json =
        json_loadb((char *)buf.data, buf.len, JSON_REJECT_DUPLICATES, &fault);
    assert_non_null(json);
    assert_string_equal(text(json, "name"), "夜");
    const json_t *layers = json_object_get(json, "layers");
    assert_int_equal(json_array_size(layers), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *layer = json_array_get(layers, i);

        assert_string_equal(text(layer, "id"), expected[i][0]);
        assert_string_equal(text(layer, "source-layer"), expected[i][1]);
        assert_string_equal(text(layer, "source"), i ? "innomap" : "(none)");
    }
    const json_t *tiles = json_object_get(
        json_object_get(json_object_get(json, "sources"), "innomap"), "tiles");
    assert_non_null(
        strstr(json_string_value(json_array_get(tiles, 0)), "?lang=zh&style=night&v="));
    const json_t *legend = json_object_get(json_object_get(json, "metadata"), "legend");
    assert_string_equal(text(json_array_get(legend, 0), "text"), "zh");
    json_decref(json);
    im_buf_release(&buf);
    tile_map_unref(map);
    stylesheet_set_close(set);
}

int main(void)
{
    const struct CMUnitTest sheets[] = {
        cmocka_unit_test(no_folder_is_an_empty_set),
        cmocka_unit_test(a_sheet_has_id_titles_and_its_text),
        cmocka_unit_test(faults_are_named_with_file_and_place),
    };
    const struct CMUnitTest maps[] = {
        cmocka_unit_test_setup_teardown(
            drawing_follows_the_file_with_other_layers_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_of_layers_gets_the_same_styles, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_sheet_with_a_list_of_layers_shows_no_others,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_version_of_a_map_follows_its_sheet, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            the_style_written_for_maplibre_is_that_of_the_sheet, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests(sheets, scratch_make, scratch_remove);

    return failed + cmocka_run_group_tests(maps, scratch_make, scratch_remove);
}
