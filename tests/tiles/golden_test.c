/* SPDX-License-Identifier: Apache-2.0 */
/* Golden tiles: tests/golden/tiles/<case>/ has style.json, input.geojson and case.json
 * {"z", "x", "y", "scale", "lang", "sprites", "size", "grid", "of"}; with sprites,
 * tests/golden/tiles/sprites is the sheet; "of" another case whose style and input it
 * is. Compared are the pixels with expected.png and the decoded vector tile
 * with expected.mvt.txt. A vertex is rounded alike everywhere, so the text is equal;
 * glyphs change with the font package, so up to 24 of 255 are allowed, and more in one
 * pixel of a hundred. */
#include <test.h>

#include "decoder.h"

#include <support/golden.h>
#include <support/memory_source.h>
#include <tiles/tile.h>

#include <jansson.h>

static const struct golden_tolerance TOLERANCE = {24, 0.01};

#define TEXT_FIELD(name)                                                               \
    "{\"name\": \"" name "\", \"title\": {\"zh\": \"" name "\", \"en\": \"" name       \
    "\"}, \"type\": \"text\", \"tile_zoom\": 0}"
static const char LAYER[] =
    "{\"id\": \"things\", \"title\": {\"zh\": \"物\", \"en\": "
    "\"Things\"},"
    "\"geometry\": \"mixed\", \"key\": \"id\", \"group\": "
    "\"places\", \"order\": 1,"
    "\"in_map\": true, \"visibility\": \"public\", \"fields\": "
    "[" TEXT_FIELD("id") "," TEXT_FIELD("name_zh") "," TEXT_FIELD(
        "name_en") "," TEXT_FIELD("kind") ","
                                          "{\"name\": "
                                          "\"rank\", "
                                          "\"title\": {\"zh\": "
                                          "\"r\", \"en\": "
                                          "\"r\"}, \"type\": "
                                          "\"real\"}],"
                                          "\"roles\": "
                                          "{\"name_zh\": "
                                          "\"name_zh\", "
                                          "\"name_en\": "
                                          "\"name_en\", "
                                          "\"importance\": "
                                          "\"rank\"}, "
                                          "\"source\": "
                                          "{\"zh\": \"s\", "
                                          "\"en\": \"s\"}, "
                                          "\"licence\": "
                                          "\"CC0\"}";

static char *read_text(const char *name, const char *file)
{
    char path[512];
    char *text = NULL;
    size_t n = 0;

    snprintf(path, sizeof path, TEST_SOURCE_DIR "/tests/golden/tiles/%s/%s", name,
             file);
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    n = (size_t)ftell(f);
    rewind(f);
    text = calloc(n + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, n, f), n);
    fclose(f);
    return text;
}

static json_t *read_json(const char *name, const char *file)
{
    char *text = read_text(name, file);
    json_error_t err;
    json_t *json = text ? json_loads(text, 0, &err) : json_object();

    if (!json)
        fail_msg("%s/%s: line %d: %s", name, file, err.line, err.text);
    free(text);
    return json;
}

/* Coordinates of any depth as WKT: [[1,2],[3,4]] -> (1 2,3 4) */
static void write_wkt(const json_t *coordinates, struct im_buf *out)
{
    if (json_is_number(json_array_get(coordinates, 0))) {
        im_buf_printf(out, "%.9f %.9f",
                      json_number_value(json_array_get(coordinates, 0)),
                      json_number_value(json_array_get(coordinates, 1)));
        return;
    }
    im_buf_text(out, "(");
    for (size_t i = 0; i < json_array_size(coordinates); i++) {
        if (i)
            im_buf_text(out, ",");
        write_wkt(json_array_get(coordinates, i), out);
    }
    im_buf_text(out, ")");
}

static void add_row(struct memory_source *source, const json_t *feature)
{
    static const char *const fields[] = {"id", "name_zh", "name_en", "kind", "rank"};
    const json_t *geometry = json_object_get(feature, "geometry");
    const json_t *properties = json_object_get(feature, "properties");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    struct im_buf wkt = {.max = 1 << 20};
    struct im_buf values = {.max = 1 << 16};

    for (const char *p = type; *p; p++)
        im_buf_byte(&wkt, (uint8_t)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p));
    if (strcmp(type, "Point") == 0)
        im_buf_text(&wkt, "(");
    write_wkt(json_object_get(geometry, "coordinates"), &wkt);
    if (strcmp(type, "Point") == 0)
        im_buf_text(&wkt, ")");
    im_buf_byte(&wkt, 0);
    for (size_t i = 0; i < 5; i++) {
        const json_t *value = json_object_get(properties, fields[i]);

        im_buf_text(&values, i ? "|" : "");
        if (json_is_string(value))
            im_buf_text(&values, json_string_value(value));
        else if (json_is_number(value))
            im_buf_printf(&values, "%.9g", json_number_value(value));
    }
    im_buf_byte(&values, 0);
    memory_source_row(source, (const char *)wkt.data, (const char *)values.data);
    im_buf_release(&wkt);
    im_buf_release(&values);
}

static struct memory_source *source_of(const char *name)
{
    struct memory_source *source = memory_source_new();
    char *style = read_text(name, "style.json");
    json_t *input = read_json(name, "input.geojson");
    const json_t *features = json_object_get(input, "features");

    assert_non_null(style);
    memory_source_layer(source, LAYER, style, 1);
    assert_true(json_array_size(features) > 0);
    for (size_t i = 0; i < json_array_size(features); i++)
        add_row(source, json_array_get(features, i));
    json_decref(input);
    free(style);
    return source;
}

static bool compare_vector(const struct tile_map *map,
                           struct tile_worker *worker,
                           struct tile_id id,
                           const char *name)
{
    struct im_buf bytes = {.max = 8 * 1024 * 1024};
    struct im_buf text = {.max = 8 * 1024 * 1024};
    struct im_error err;

    if (tile_encode_mvt(map, worker, id, &bytes, &err) != IM_OK)
        fail_msg("%s", err.msg);
    struct decoded_tile *tile = decode_tile(im_buf_bytes(&bytes));
    decoded_write(tile, &text);
    bool same = golden_text(name, "expected.mvt.txt", im_buf_bytes(&text));
    free(tile);
    im_buf_release(&text);
    im_buf_release(&bytes);
    return same;
}

static void check(const char *name)
{
    json_t *spec = read_json(name, "case.json");
    const char *of = json_string_value(json_object_get(spec, "of"));
    struct memory_source *source = source_of(of ? of : name);
    const struct atlas *atlas = memory_source_atlas(source);
    const char *grid = json_string_value(json_object_get(spec, "grid"));
    json_int_t size = json_integer_value(json_object_get(spec, "size"));
    const char *lang = json_string_value(json_object_get(spec, "lang"));
    struct tile_id id = {(uint32_t)json_integer_value(json_object_get(spec, "z")),
                         (uint32_t)json_integer_value(json_object_get(spec, "x")),
                         (uint32_t)json_integer_value(json_object_get(spec, "y"))};
    unsigned scale = (unsigned)json_integer_value(json_object_get(spec, "scale"));
    struct tile_map_options options = {
        .layers = "map", .lang = lang && strcmp(lang, "en") == 0 ? LANG_EN : LANG_ZH};
    struct im_buf png = {.max = 4 * 1024 * 1024};
    struct sprite_sheet *sprites = NULL;
    struct grid_set *grids = NULL;
    const struct tile_map *map;
    struct tile_worker *worker = NULL;
    struct im_error err;
    char golden[128];

    snprintf(golden, sizeof golden, "tiles/%s", name);
    if (json_is_true(json_object_get(spec, "sprites")) &&
        sprite_sheet_open(TEST_SOURCE_DIR "/tests/golden/tiles/sprites/sprites",
                          &sprites, &err) != IM_OK)
        fail_msg("%s: %s", name, err.msg);
    options.sprites = sprites;
    if (grid) {
        if (grid_set_open(TEST_SOURCE_DIR "/tiles/grids", &grids, &err) != IM_OK)
            fail_msg("%s", err.msg);
        options.grid = grid_set_find(grids, im_bytes_of(grid));
        assert_non_null(options.grid);
    }
    if (tile_map_new(atlas, &options, &map, &err) != IM_OK ||
        tile_worker_new(NULL, &worker, &err) != IM_OK ||
        tile_render(
            map, worker, id,
            &(struct tile_picture_options){.size_px = size ? (uint32_t)size : 256,
                                           .scale = scale ? scale : 1},
            &png, &err) != IM_OK)
        fail_msg("%s: %s", name, err.msg);
    bool same = golden_png(golden, im_buf_bytes(&png), TOLERANCE);
    same &= compare_vector(map, worker, id, golden);
    im_buf_release(&png);
    tile_worker_free(worker);
    tile_map_unref(map);
    grid_set_close(grids);
    sprite_sheet_close(sprites);
    atlas_unref(atlas);
    memory_source_free(source);
    json_decref(spec);
    assert_true(same);
}

TEST(areas_with_holes_outlines_and_a_tile_edge)
{
    check("areas");
}

TEST(lines_with_casings_dashes_and_offsets)
{
    check("lines");
}

TEST(fills_with_patterns_translation_order_and_layer_opacity)
{
    check("fill_properties");
}

TEST(lines_with_gaps_blur_translation_order_and_layer_opacity)
{
    check("line_properties");
}

TEST(lines_painted_with_images)
{
    check("line_patterns");
}

TEST(circles_with_blur_translation_and_order)
{
    check("circle_properties");
}

TEST(heat_by_weight_and_radius)
{
    check("heatmap");
}

TEST(patterns_at_twice_the_pixels)
{
    check("patterns_2x");
}

TEST(names_take_the_free_side_of_their_marker)
{
    check("names");
}

TEST(names_in_english_at_twice_the_pixels)
{
    check("names_en_2x");
}

TEST(names_of_areas_and_lines)
{
    check("area_names");
}

TEST(names_along_rivers_and_roads)
{
    check("line_names");
}

TEST(icons_beside_around_and_under_names)
{
    check("icons");
}

TEST(patterns_lines_and_names_in_the_grid_of_degrees)
{
    check("quad_fills");
    check("quad_lines");
    check("quad_names");
}

TEST(patterns_lines_and_names_in_the_grid_of_shifted_maps)
{
    check("gcj_fills");
    check("gcj_names");
}

TEST(a_tile_of_512_pixels_and_one_at_three_times_the_pixels)
{
    check("large_512");
    check("line_patterns_3x");
    check("icons_3x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_with_holes_outlines_and_a_tile_edge),
        cmocka_unit_test(lines_with_casings_dashes_and_offsets),
        cmocka_unit_test(fills_with_patterns_translation_order_and_layer_opacity),
        cmocka_unit_test(lines_with_gaps_blur_translation_order_and_layer_opacity),
        cmocka_unit_test(lines_painted_with_images),
        cmocka_unit_test(circles_with_blur_translation_and_order),
        cmocka_unit_test(heat_by_weight_and_radius),
        cmocka_unit_test(patterns_at_twice_the_pixels),
        cmocka_unit_test(names_take_the_free_side_of_their_marker),
        cmocka_unit_test(names_in_english_at_twice_the_pixels),
        cmocka_unit_test(names_of_areas_and_lines),
        cmocka_unit_test(names_along_rivers_and_roads),
        cmocka_unit_test(icons_beside_around_and_under_names),
        cmocka_unit_test(patterns_lines_and_names_in_the_grid_of_degrees),
        cmocka_unit_test(patterns_lines_and_names_in_the_grid_of_shifted_maps),
        cmocka_unit_test(a_tile_of_512_pixels_and_one_at_three_times_the_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
