/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/style/style.c, property.c and color.c. */
#include <test.h>

#include "style/style.h"

#include <tiles/tile.h>

static const char *message(const char *style)
{
    static struct im_error err;

    err = (struct im_error){0};
    if (style_check(im_bytes_of(style), &err) == IM_OK)
        return "";
    assert_true(err.msg_zh[0] != '\0' || strstr(err.msg, "is a JSON object"));
    return err.msg;
}

TEST(faults_are_named_with_their_path)
{
    static const char *const cases[][2] = {
        {"{", "this is no JSON: line 1, column 1"},
        {"[]", "a style is a JSON object"},
        {"{}", "layers: a list of layers is needed"},
        {"{\"layers\": [], \"layer\": 1}",
         "layer: unknown member; the nearest known one is \"layers\""},
        {"{\"layers\": [{}]}", "layers[0].id: a text that is not empty"},
        {"{\"layers\": [{\"id\": \"a\"}]}", "layers[0].type: a text"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"raster\"}]}",
         "layers[0].type: \"raster\" is not drawn; known are background"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"source\": \"x\"}]}",
         "layers[0]: \"source\" and \"source-layer\" follow from the folder"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"minzom\": 1}]}",
         "layers[0].minzom: unknown member; the nearest known one is \"minzoom\""},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"minzoom\": 25}]}",
         "layers[0].minzoom: a number 0..24"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"minzoom\": 5, "
         "\"maxzoom\": 5}]}",
         "layers[0]: minzoom 5 is not below maxzoom 5"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"metadata\": {\"order\": "
         "1000}}]}",
         "layers[0].metadata.order: a whole number 0..999"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\"}, {\"id\": \"a\", \"type\": "
         "\"fill\"}]}",
         "layers[1]: id \"a\" is taken by layers[0]"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"line\", \"paint\": "
         "{\"line-widht\": "
         "1}}]}",
         "layers[0].paint.line-widht: unknown property of a line layer; the nearest "
         "known "
         "one is \"line-width\""},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"line\", \"paint\": {\"line-cap\": "
         "\"round\"}}]}",
         "layers[0].paint.line-cap: this property belongs into \"layout\""},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"line\", \"paint\": "
         "{\"line-width\": "
         "-1}}]}",
         "layers[0].paint.line-width: -1 is outside 0..64"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"circle\", \"paint\": "
         "{\"circle-radius\": [\"step\", [\"zoom\"], 3, 5, 100]}}]}",
         "layers[0].paint.circle-radius: 100 is outside 0..64"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"line\", \"layout\": {\"line-cap\": "
         "\"flat\"}}]}",
         "layers[0].layout.line-cap: \"flat\" is none of butt, round, square"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"symbol\", \"layout\": "
         "{\"symbol-spacing\": [\"get\", \"x\"]}}]}",
         "layers[0].layout.symbol-spacing: this property is the same for all features"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"line\", \"paint\": "
         "{\"line-width\": "
         "[\"*\", 2, [\"zoom\"]]}}]}",
         "layers[0].paint.line-width: \"zoom\" expression may only be used"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"symbol\", \"layout\": "
         "{\"text-offset\": [1]}}]}",
         "layers[0].layout.text-offset: Expected array<number, 2> but found"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"symbol\", \"layout\": "
         "{\"text-variable-anchor\": [\"top\", \"up\"]}}]}",
         "layers[0].layout.text-variable-anchor: \"up\" is none of center"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"line\", \"paint\": "
         "{\"line-dasharray\": [1, \"a\"]}}]}",
         "layers[0].paint.line-dasharray: Expected array<number> but found array"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"layout\": "
         "{\"visibility\": "
         "\"off\"}}]}",
         "layers[0].layout.visibility: visibility is"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"background\", \"filter\": true}]}",
         "layers[0].filter: a background has no features"},
        {"{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"filter\": [\"==\", "
         "[\"get\", \"level\"], [\"var\", \"x\"]]}]}",
         "layers[0].filter[2][1]: Unknown variable"},
        {"{\"layers\": [], \"legend\": [{\"title\": {\"zh\": \"a\", \"en\": \"b\"}, "
         "\"shape\": \"square\", \"color\": \"red\"}]}",
         "legend[0]: a legend entry needs \"shape\""},
        {"{\"layers\": [], \"legend\": [{\"title\": {\"zh\": \"a\", \"en\": \"b\"}, "
         "\"shape\": \"line\", \"color\": \"reddish\"}]}",
         "legend[0]: a legend entry needs \"color\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = message(cases[i][0]);

        if (strncmp(found, cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i][0], found, cases[i][1]);
    }
}

TEST(a_style_that_says_little_takes_the_defaults)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    struct style_eval at = {.zoom = 3};
    struct style style;
    struct im_error err;

    assert_int_equal(
        style_parse(
            im_bytes_of("{\"layers\": [{\"id\": \"a\", \"type\": \"circle\"}]}"), NULL,
            LANG_ZH, arena, &style, &err),
        IM_OK);
    assert_int_equal(style.n_layers, 1);
    assert_int_equal(style.layers[0].order, 500);
    assert_true(style_number(&style.layers[0], CIRCLE_RADIUS, &at) == 5);
    assert_true(style_color(&style.layers[0], CIRCLE_COLOR, &at).a == 1);
    assert_true(style_layer_visible(&style.layers[0], -1));
    assert_int_equal(style_check((struct im_bytes){NULL, 0}, &err), IM_OK);
    im_arena_free(arena);
}

TEST(zoom_limits_count_as_in_maplibre)
{
    static const char json[] =
        "{\"layers\": [{\"id\": \"a\", \"type\": \"circle\", \"minzoom\": 5, "
        "\"maxzoom\": "
        "9}, {\"id\": \"b\", \"type\": \"circle\", \"layout\": {\"visibility\": "
        "\"none\"}}]}";
    struct im_arena *arena = im_arena_new(1 << 20);
    struct style style;
    struct im_error err;

    assert_int_equal(style_parse(im_bytes_of(json), NULL, LANG_ZH, arena, &style, &err),
                     IM_OK);
    assert_false(style_layer_visible(&style.layers[0], 4.99));
    assert_true(style_layer_visible(&style.layers[0], 5));
    assert_true(style_layer_visible(&style.layers[0], 8.99));
    assert_false(style_layer_visible(&style.layers[0], 9));
    assert_false(style_layer_visible(&style.layers[1], 5));
    im_arena_free(arena);
}

TEST(the_largest_value_is_known_before_drawing)
{
    static const char json[] =
        "{\"layers\": [{\"id\": \"a\", \"type\": \"circle\", \"paint\": "
        "{\"circle-radius\":"
        "[\"interpolate\", [\"linear\"], [\"zoom\"], 5, [\"match\", [\"get\", \"l\"], "
        "\"n\", 7, 2], 9, 6], \"circle-stroke-width\": [\"get\", \"w\"]}}]}";
    struct im_arena *arena = im_arena_new(1 << 20);
    struct style style;
    struct im_error err;

    assert_int_equal(style_parse(im_bytes_of(json), NULL, LANG_ZH, arena, &style, &err),
                     IM_OK);
    assert_true(style_number_bound(&style.layers[0], CIRCLE_RADIUS) == 7);
    assert_true(style_number_bound(&style.layers[0], CIRCLE_STROKE_WIDTH) == 64);
    im_arena_free(arena);
}

/* CSS Color Module Level 4 */
TEST(colours_are_read_in_all_forms)
{
    static const struct {
        const char *text;
        int r, g, b;
        double a;
    } cases[] = {
        {"#f80", 255, 136, 0, 1},
        {"#F808", 255, 136, 0, 0.533},
        {"#d9822b", 217, 130, 43, 1},
        {"#d9822b80", 217, 130, 43, 0.502},
        {"rgb(10, 20,30)", 10, 20, 30, 1},
        {"rgb(10 20 30 / 50%)", 10, 20, 30, 0.5},
        {"rgba(10,20,30,.25)", 10, 20, 30, 0.25},
        {"rgb(100%, 0%, 50%)", 255, 0, 128, 1},
        {"hsl(120, 100%, 50%)", 0, 255, 0, 1},
        {"hsl(210deg 50% 40%)", 51, 102, 153, 1},
        {"hsla(-240, 100%, 25%, 0.5)", 0, 128, 0, 0.5},
        {"RebeccaPurple", 102, 51, 153, 1},
        {"aliceblue", 240, 248, 255, 1},
        {"yellowgreen", 154, 205, 50, 1},
        {"transparent", 0, 0, 0, 0},
    };
    static const char *const bad[] = {
        "",         "#",         "#ff",        "#ggg",           "redd",
        "rgb(1,2)", "rgb(1,2,3", "hsl(1,2,3)", "rgb(1,2,3,4,5)", "rgbx(1,2,3)",
        "#fffffff"};
    struct draw_color c;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!style_color_parse(im_bytes_of(cases[i].text), &c))
            fail_msg("%s is a colour", cases[i].text);
        assert_int_equal((int)((double)c.r * 255 + 0.5), cases[i].r);
        assert_int_equal((int)((double)c.g * 255 + 0.5), cases[i].g);
        assert_int_equal((int)((double)c.b * 255 + 0.5), cases[i].b);
        assert_true((double)c.a > cases[i].a - 0.001 &&
                    (double)c.a < cases[i].a + 0.001);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (style_color_parse(im_bytes_of(bad[i]), &c))
            fail_msg("\"%s\" is no colour", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_named_with_their_path),
        cmocka_unit_test(a_style_that_says_little_takes_the_defaults),
        cmocka_unit_test(zoom_limits_count_as_in_maplibre),
        cmocka_unit_test(the_largest_value_is_known_before_drawing),
        cmocka_unit_test(colours_are_read_in_all_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
