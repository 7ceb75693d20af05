/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/label/plan.c: the promises that make labels calm. */
#include <test.h>

#include "label/plan.h"
#include "map.h"

#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>

static const char LAYER[] =
    "{\"id\": \"towns\", \"title\": {\"zh\": \"镇\", \"en\": \"Towns\"},"
    "\"geometry\": \"point\", \"key\": \"id\", \"group\": \"places\", \"order\": 1,"
    "\"in_map\": true, \"visibility\": \"public\", \"fields\": ["
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": "
    "\"integer\"},"
    "{\"name\": \"name\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, \"type\": "
    "\"text\"},"
    "{\"name\": \"rank\", \"title\": {\"zh\": \"r\", \"en\": \"r\"}, \"type\": "
    "\"real\"}],"
    "\"roles\": {\"importance\": \"rank\"},"
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}";

static const char STYLE[] =
    "{\"layers\": ["
    "{\"id\": \"dot\", \"type\": \"circle\", \"minzoom\": 5, \"paint\": "
    "{\"circle-radius\": 4}},"
    "{\"id\": \"big\", \"type\": \"symbol\", \"metadata\": {\"order\": 700}, "
    "\"filter\": "
    "[\">\", [\"get\", \"rank\"], 0.9], \"layout\": {\"text-field\": [\"get\", "
    "\"name\"],"
    "\"text-size\": [\"interpolate\", [\"linear\"], [\"zoom\"], 3, 10, 9, 18],"
    "\"symbol-sort-key\": [\"-\", 0, [\"get\", \"rank\"]]}},"
    "{\"id\": \"small\", \"type\": \"symbol\", \"minzoom\": 3, \"metadata\": "
    "{\"order\": "
    "650}, \"filter\": [\"<=\", [\"get\", \"rank\"], 0.9], \"layout\": "
    "{\"text-field\": "
    "[\"get\", \"name\"], \"text-size\": 11, \"text-variable-anchor\": [\"top\", "
    "\"bottom\", \"right\", \"left\"], \"text-radial-offset\": 0.6, "
    "\"text-max-width\": "
    "5}}]}";

enum { N_TOWNS = 1500, LAST_ZOOM = 13 };

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
    struct text_fonts *fonts;
};

static void add_towns(struct memory_source *source)
{
    static const char *const syllables[] = {"张", "江", "浦", "东",
                                            "松", "嘉", "善", "陆"};
    struct test_random r = test_random_new("towns");

    for (int i = 0; i < N_TOWNS; i++) {
        /* clusters, some of them at one and the same place */
        double size = i % 3 ? 0.02 : 2;
        double lon = 121 + test_random_in(&r, -size, size);
        double lat = 31 + test_random_in(&r, -size, size);
        char wkt[80];
        char values[160];
        int n = snprintf(values, sizeof values, "%d|", i);

        if (i % 50 == 0)
            lon = 121, lat = 31;
        for (uint32_t k = 2 + test_random_below(&r, 9); k > 0; k--)
            n += snprintf(values + n, sizeof values - (size_t)n, "%s",
                          syllables[test_random_below(&r, 8)]);
        snprintf(values + n, sizeof values - (size_t)n, "|%.4f",
                 test_random_in(&r, 0, 1));
        snprintf(wkt, sizeof wkt, "POINT(%.7f %.7f)", lon, lat);
        memory_source_row(source, wkt, values);
    }
}

static int set_up(void **state)
{
    static struct fixture f;
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_error err = {0};

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER, STYLE, 1);
    add_towns(f.source);
    f.atlas = memory_source_atlas(f.source);
    if (tile_map_new(f.atlas, &options, &f.map, &err) != IM_OK ||
        text_fonts_open(NULL, &f.fonts, &err) != IM_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    text_fonts_close(f->fonts);
    tile_map_unref(f->map);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static const struct label_plan *plan_of(struct fixture *f, uint32_t zoom)
{
    const struct label_plan *plan;
    struct im_error err;

    if (label_plan_get(f->map, zoom, f->fonts, &plan, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return plan;
}

static struct label_window box_of(const struct label *l)
{
    return (struct label_window){l->x + (double)l->min_x, l->y + (double)l->min_y,
                                 l->x + (double)l->max_x, l->y + (double)l->max_y};
}

static bool overlap(struct label_window a, struct label_window b, double slack)
{
    return a.min_x + slack < b.max_x && b.min_x + slack < a.max_x &&
           a.min_y + slack < b.max_y && b.min_y + slack < a.max_y;
}

TEST(no_two_boxes_overlap_at_any_zoom)
{
    for (uint32_t zoom = 0; zoom <= LAST_ZOOM; zoom++) {
        const struct label_plan *plan = plan_of(*state, zoom);

        for (uint32_t i = 0; i < plan->n; i++)
            for (uint32_t j = 0; j < i; j++)
                assert_false(
                    overlap(box_of(&plan->labels[i]), box_of(&plan->labels[j]), 0.03));
    }
}

TEST(a_label_once_shown_stays_shown_at_its_side)
{
    uint32_t before = 0;

    for (uint32_t zoom = 0; zoom < LAST_ZOOM; zoom++) {
        const struct label_plan *plan = plan_of(*state, zoom);
        const struct label_plan *next = plan_of(*state, zoom + 1);

        assert_true(plan->n >= before);
        before = plan->n;
        for (uint32_t i = 0; i < plan->n; i++) {
            const struct label *l = &plan->labels[i];
            bool found = false;

            for (uint32_t j = 0; j < next->n && !found; j++)
                found = next->labels[j].style == l->style &&
                        next->labels[j].feature == l->feature &&
                        next->labels[j].anchor == l->anchor &&
                        next->labels[j].first_zoom == l->first_zoom;
            assert_true(found);
        }
    }
    assert_true(before > 300);
}

TEST(vector_tiles_are_told_the_zoom_of_the_plan)
{
    struct fixture *f = *state;
    const struct label_plan *plan = plan_of(f, 9);
    uint8_t first[N_TOWNS];
    uint32_t n_later = 0;

    memset(first, 10, sizeof first);
    for (uint32_t i = 0; i < plan->n; i++)
        first[plan->labels[i].feature] = plan->labels[i].first_zoom;
    for (uint32_t i = 0; i < N_TOWNS; i++) {
        struct label_choice choice;
        struct im_error err;

        assert_int_equal(
            label_first_zoom(f->map, &f->map->layers[0], i, 9, f->fonts, &choice, &err),
            IM_OK);
        assert_int_equal(choice.first_zoom, first[i]);
        n_later += choice.first_zoom == 10;
    }
    assert_true(n_later > 0 && n_later < N_TOWNS);
}

/* What is not shown has no place: its point, at least, is covered, or every anchor is.
 */
TEST(the_most_important_one_is_shown_first)
{
    struct fixture *f = *state;
    const struct label_plan *plan = plan_of(f, 1);
    float best = -1;
    uint32_t feature = 0;

    for (uint32_t i = 0; i < N_TOWNS; i++)
        if (atlas_importance(f->map->layers[0].layer, i) > best) {
            best = atlas_importance(f->map->layers[0].layer, i);
            feature = i;
        }
    assert_true(plan->n >= 1);
    assert_int_equal(plan->labels[0].feature, feature);
    assert_int_equal(plan->labels[0].first_zoom, 0);
}

struct tally {
    uint32_t n;
    uint8_t seen[N_TOWNS];
};

static bool count(void *ctx, uint32_t index, const struct label *label)
{
    struct tally *t = ctx;

    (void)label;
    assert_int_equal(t->seen[index], 0);
    t->seen[index] = 1;
    t->n++;
    return true;
}

TEST(a_window_finds_what_a_full_scan_finds_each_once)
{
    struct test_random r = test_random_new("window");
    const struct label_plan *plan = plan_of(*state, 9);
    double cx = world_x(121) / 4294967296.0 * 256 * 512;
    double cy = world_y(31) / 4294967296.0 * 256 * 512;

    for (int i = 0; i < 500; i++) {
        struct label_window w;
        struct tally tally = {0};
        uint32_t expected = 0;

        w.min_x = cx + test_random_in(&r, -800, 800);
        w.min_y = cy + test_random_in(&r, -800, 800);
        w.max_x = w.min_x + test_random_in(&r, 0, 600);
        w.max_y = w.min_y + test_random_in(&r, 0, 600);
        label_plan_window(plan, w, count, &tally);
        for (uint32_t k = 0; k < plan->n; k++)
            expected += overlap(box_of(&plan->labels[k]), w, 0);
        assert_int_equal(tally.n, expected);
    }
}

TEST(a_name_keeps_off_markers_when_it_has_another_side)
{
    static const char style[] =
        "{\"layers\": [{\"id\": \"dot\", \"type\": \"circle\", \"paint\": "
        "{\"circle-radius\": 4}}, {\"id\": \"name\", \"type\": \"symbol\", \"layout\": "
        "{\"text-field\": [\"get\", \"name\"], \"text-size\": 12, "
        "\"text-variable-anchor\": [\"left\", \"right\"], \"text-radial-offset\": "
        "0.6}}]}";
    struct fixture *f = *state;
    struct memory_source *source = memory_source_new();
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    const struct label_plan *plan;
    const struct tile_map *map;
    struct im_error err;

    /* at zoom 10 a pixel is 0.00137 degrees: the nameless dot is 20 px to the right */
    memory_source_layer(source, LAYER, style, 1);
    memory_source_row(source, "POINT(121 31)", "1|张江高科|1");
    memory_source_row(source, "POINT(121.0274 31)", "2||0");
    const struct atlas *atlas = memory_source_atlas(source);
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_OK);
    assert_int_equal(label_plan_get(map, 10, f->fonts, &plan, &err), IM_OK);
    assert_int_equal(plan->n, 1);
    assert_int_equal(plan->labels[0].anchor, ANCHOR_LEFT); /* chosen at zoom 0 .. */
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_clear(source, "towns", 2);
    memory_source_row(source, "POINT(121 31)", "1|张江高科|1");
    memory_source_row(source, "POINT(128 31)", "2||0"); /* 20 px at zoom 2 */
    atlas = memory_source_atlas(source);
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_OK);
    assert_int_equal(label_plan_get(map, 0, f->fonts, &plan, &err), IM_OK);
    assert_int_equal(plan->n, 1);
    assert_int_equal(plan->labels[0].anchor, ANCHOR_RIGHT);
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
}

TEST(zoom_limits_of_the_style_layer_are_kept)
{
    static const char style[] =
        "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"minzoom\": 4, "
        "\"maxzoom\": 6, \"layout\": {\"text-field\": [\"get\", \"name\"]}}]}";
    struct fixture *f = *state;
    struct memory_source *source = memory_source_new();
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    const struct label_plan *plan;
    const struct tile_map *map;
    struct im_error err;

    memory_source_layer(source, LAYER, style, 1);
    memory_source_row(source, "POINT(121 31)", "1|张江|1");
    const struct atlas *atlas = memory_source_atlas(source);
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_OK);
    for (uint32_t zoom = 0; zoom < 9; zoom++) {
        assert_int_equal(label_plan_get(map, zoom, f->fonts, &plan, &err), IM_OK);
        assert_int_equal(plan->n, zoom >= 5 && zoom < 7);
    }
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_boxes_overlap_at_any_zoom),
        cmocka_unit_test(a_label_once_shown_stays_shown_at_its_side),
        cmocka_unit_test(vector_tiles_are_told_the_zoom_of_the_plan),
        cmocka_unit_test(the_most_important_one_is_shown_first),
        cmocka_unit_test(a_window_finds_what_a_full_scan_finds_each_once),
        cmocka_unit_test(a_name_keeps_off_markers_when_it_has_another_side),
        cmocka_unit_test(zoom_limits_of_the_style_layer_are_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
