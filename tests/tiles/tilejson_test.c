/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/tilejson.c (TileJSON 3.0.0; MapLibre style specification, version 8). */
#include <test.h>

#include <engine/json_writer.h>
#include <support/memory_source.h>
#include <tiles/tile.h>

#include <jansson.h>

#define LAYER(id, geometry, order, attribution)                                        \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"图层\", \"en\": \"Layer\"},"         \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": " order                                                                \
    ", \"in_map\": true, \"visibility\": \"public\", \"fields\": ["                    \
    "{\"name\": \"id\", \"title\": {\"zh\": \"编号\", \"en\": \"ID\"}, \"type\": "   \
    "\"integer\", \"tile_zoom\": 0},"                                                  \
    "{\"name\": \"name_zh\", \"title\": {\"zh\": \"名称\", \"en\": \"Name\"}, "      \
    "\"type\": "                                                                       \
    "\"text\", \"tile_zoom\": 3},"                                                     \
    "{\"name\": \"memo\", \"title\": {\"zh\": \"m\", \"en\": \"m\"}, \"type\": "       \
    "\"text\"}], \"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\","    \
    "\"attribution\": {\"zh\": \"" attribution "\", \"en\": \"by A\"}}"

static const char AREA_STYLE[] =
    "{\"layers\": [{\"id\": \"sea\", \"type\": \"background\", \"metadata\": "
    "{\"order\": "
    "0}}, {\"id\": \"shape\", \"type\": \"fill\", \"$comment\": \"x\", \"metadata\": "
    "{\"order\": 50}, \"paint\": {\"fill-opacity\": 0.25}},"
    "{\"id\": \"name\", \"type\": \"symbol\", \"minzoom\": 4.5, \"metadata\": "
    "{\"order\": "
    "700}, \"layout\": {\"text-field\": [\"get\", \"name_{lang}\"]}}]}";
static const char POINT_STYLE[] =
    "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"minzoom\": 6, "
    "\"metadata\": "
    "{\"order\": 600}, \"layout\": {\"text-field\": \"{lang}\"}}, {\"id\": \"dot\", "
    "\"type\": \"circle\", \"minzoom\": 5, \"metadata\": {\"order\": 400}}]}";

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_error err;

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("land", "area", "1", "甲"), AREA_STYLE, 1);
    memory_source_row(f.source, "POLYGON((119 30,122 30,122 32,119 32,119 30))",
                      "1|地|");
    memory_source_layer(f.source, LAYER("spots", "point", "2", "乙"), POINT_STYLE, 1);
    memory_source_row(f.source, "POINT(121 33.5)", "1|点|");
    memory_source_layer(f.source, LAYER("plain", "point", "3", "甲"), "", 1);
    f.atlas = memory_source_atlas(f.source);
    if (tile_map_new(f.atlas, &options, &f.map, &err) != IM_OK)
        return -1;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tile_map_unref(f->map);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

typedef void write_fn(const struct tile_map *map,
                      const char *base_url,
                      const char *name,
                      struct im_json *w);

static void write_vector_tilejson(const struct tile_map *map,
                                  const char *base_url,
                                  const char *name,
                                  struct im_json *w)
{
    tile_write_tilejson(map, base_url, name, "mvt", w);
}

static json_t *written(const struct tile_map *map, const char *name, write_fn *write)
{
    struct im_buf buf = {.max = 1 << 20};
    struct im_json w = {.out = &buf};
    json_error_t err;

    write(map, "http://host:8080", name, &w);
    json_t *json = json_loadb((char *)buf.data, buf.len, JSON_REJECT_DUPLICATES, &err);
    if (!json)
        fail_msg("%s: %.*s", err.text, (int)buf.len, (char *)buf.data);
    im_buf_release(&buf);
    return json;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "(none)";
}

TEST(tilejson_tells_what_is_there)
{
    struct fixture *f = *state;
    json_t *json = written(f->map, "map", write_vector_tilejson);
    const json_t *layers = json_object_get(json, "vector_layers");
    const json_t *bounds = json_object_get(json, "bounds");
    char url[200];

    assert_string_equal(text(json, "tilejson"), "3.0.0");
    snprintf(url, sizeof url,
             "http://host:8080/tiles/map/{z}/{x}/{y}.mvt?lang=zh&v=%016llx",
             (unsigned long long)tile_map_version(f->map));
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json, "tiles"), 0)), url);
    assert_string_equal(text(json, "attribution"), "甲；乙");
    assert_true(json_number_value(json_array_get(bounds, 0)) == 119);
    assert_true(json_number_value(json_array_get(bounds, 3)) == 33.5);
    assert_int_equal(json_integer_value(json_object_get(json, "maxzoom")), 22);
    assert_int_equal(json_array_size(layers), 4);
    assert_string_equal(text(json_array_get(layers, 1), "id"), "land_label");
    const json_t *spots = json_array_get(layers, 2);
    assert_string_equal(text(spots, "id"), "spots");
    assert_int_equal(json_integer_value(json_object_get(spots, "minzoom")), 5);
    const json_t *fields = json_object_get(spots, "fields");
    assert_int_equal(json_object_size(fields), 3);
    assert_string_equal(text(fields, "name_zh"), "名称 (String)");
    assert_string_equal(text(fields, "label_zoom"), "名称从此级样式开始显示 (Number)");
    json_decref(json);
}

TEST(the_style_is_ready_for_maplibre)
{
    struct fixture *f = *state;
    json_t *json = written(f->map, "map", tile_write_style);
    const json_t *layers = json_object_get(json, "layers");
    static const char *const expected[][3] = {{"sea", "(none)", "(none)"},
                                              {"shape", "innomap", "land"},
                                              {"dot", "innomap", "spots"},
                                              {"name", "innomap", "spots"},
                                              {"land/name", "innomap", "land_label"}};

    assert_int_equal(json_integer_value(json_object_get(json, "version")), 8);
    assert_string_equal(text(json, "glyphs"),
                        "http://host:8080/fonts/{fontstack}/{range}.pbf");
    const json_t *source = json_object_get(json_object_get(json, "sources"), "innomap");
    assert_string_equal(text(source, "type"), "vector");
    assert_int_equal(json_array_size(layers), 5);
    for (size_t i = 0; i < 5; i++) {
        const json_t *layer = json_array_get(layers, i);

        assert_string_equal(text(layer, "id"), expected[i][0]);
        assert_string_equal(text(layer, "source"), expected[i][1]);
        assert_string_equal(text(layer, "source-layer"), expected[i][2]);
        assert_null(json_object_get(layer, "$comment"));
    }
    const json_t *name = json_array_get(layers, 4);
    const json_t *filter = json_object_get(name, "filter");
    assert_true(json_number_value(json_object_get(name, "minzoom")) == 4.5);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(name, "metadata"), "order")),
        700);
    const json_t *field =
        json_object_get(json_object_get(name, "layout"), "text-field");
    assert_string_equal(json_string_value(json_array_get(field, 1)), "name_zh");
    /* the names of the plan */
    assert_string_equal(json_string_value(json_array_get(filter, 0)), "has");
    assert_string_equal(json_string_value(json_array_get(filter, 1)), "label_zoom");
    assert_null(json_object_get(json_array_get(layers, 1), "filter"));
    json_decref(json);
}

TEST(an_overlay_has_no_background_and_speaks_its_language)
{
    struct fixture *f = *state;
    struct tile_map_options options = {.layers = "land", .lang = LANG_EN};
    const struct tile_map *map;
    struct im_error err;

    assert_int_equal(tile_map_new(f->atlas, &options, &map, &err), IM_OK);
    json_t *json = written(map, "land", tile_write_style);
    const json_t *layers = json_object_get(json, "layers");
    assert_int_equal(json_array_size(layers), 2);
    assert_string_equal(text(json_array_get(layers, 0), "id"), "shape");
    const json_t *field = json_object_get(
        json_object_get(json_array_get(layers, 1), "layout"), "text-field");
    assert_string_equal(json_string_value(json_array_get(field, 1)), "name_en");
    assert_string_equal(
        text(json_object_get(json_object_get(json, "sources"), "innomap"),
             "attribution"),
        "by A");
    json_decref(json);
    tile_map_unref(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tilejson_tells_what_is_there),
        cmocka_unit_test(the_style_is_ready_for_maplibre),
        cmocka_unit_test(an_overlay_has_no_background_and_speaks_its_language),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
