/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/label/plan.c: the promises that make labels calm. */
#include <test.h>

#include "label/plan.h"
#include "map.h"

#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>
#include <stdlib.h>

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

/* ---- what is shown in a window ---- */

struct shown {
    uint32_t n;
    uint32_t cap;
    struct label *labels;
};

static bool collect(void *ctx, const struct label *label)
{
    struct shown *s = ctx;

    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 256;
        s->labels = realloc(s->labels, s->cap * sizeof *s->labels);
        assert_non_null(s->labels);
    }
    s->labels[s->n] = *label;
    if (label->n_squares) { /* they belong to the plan */
        size_t size = label->n_squares * 2 * sizeof(float);
        float *squares = malloc(size);

        assert_non_null(squares);
        memcpy(squares, label->squares, size);
        s->labels[s->n].squares = squares;
    }
    s->n++;
    return true;
}

static void shown_release(struct shown *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free((void *)s->labels[i].squares);
    free(s->labels);
    *s = (struct shown){0};
}

static const struct tile_map *compare_map;

static int by_drawing(const void *a, const void *b)
{
    return label_compare(compare_map, a, b);
}

static struct shown shown_in(const struct fixture *f,
                             const struct tile_map *map,
                             uint32_t zoom,
                             struct label_window window)
{
    struct shown s = {0};
    struct im_error err;

    if (label_plan_window(map, zoom, window, f->fonts, NULL, collect, &s, &err) != IM_OK)
        fail_msg("%s", err.msg);
    compare_map = map;
    if (s.n > 1)
        qsort(s.labels, s.n, sizeof *s.labels, by_drawing);
    return s;
}

static struct label_window window_of(struct bbox box, uint32_t zoom)
{
    double px = 256.0 * (double)(1u << zoom) / 4294967296.0;

    return (struct label_window){
        world_x(box.min_x) * px - 300, world_y(box.max_y) * px - 300,
        world_x(box.max_x) * px + 300, world_y(box.min_y) * px + 300};
}

/* All labels of the map at a zoom. */
static struct shown
all_shown(const struct fixture *f, const struct tile_map *map, uint32_t zoom)
{
    return shown_in(f, map, zoom, window_of(map->extent, zoom));
}

static bool same_label(const struct label *a, const struct label *b)
{
    return a->style == b->style && a->feature == b->feature && a->part == b->part &&
           a->along == b->along;
}

static const struct label *find(const struct shown *s, const struct label *label)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (same_label(&s->labels[i], label))
            return &s->labels[i];
    return NULL;
}

static const struct tile_map *map_of(const struct atlas *atlas)
{
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    const struct tile_map *map;
    struct im_error err;

    if (tile_map_new(atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return map;
}

static void check_apart(const struct shown *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t j = 0; j < i; j++)
            if (label_overlaps(&s->labels[i], &s->labels[j]))
                fail_msg("features %u and %u overlap", s->labels[i].feature,
                         s->labels[j].feature);
}

TEST(no_two_boxes_overlap_at_any_zoom)
{
    struct fixture *f = *state;

    for (uint32_t zoom = 0; zoom <= LAST_ZOOM; zoom++) {
        struct shown s = all_shown(f, f->map, zoom);

        check_apart(&s);
        shown_release(&s);
    }
}

TEST(a_label_once_shown_stays_shown_at_its_side)
{
    struct fixture *f = *state;
    uint32_t before = 0;

    for (uint32_t zoom = 0; zoom < LAST_ZOOM; zoom++) {
        struct shown s = all_shown(f, f->map, zoom);
        struct shown next = all_shown(f, f->map, zoom + 1);

        assert_true(s.n >= before);
        before = s.n;
        for (uint32_t i = 0; i < s.n; i++) {
            const struct label *l = find(&next, &s.labels[i]);

            assert_non_null(l);
            assert_int_equal(l->anchor, s.labels[i].anchor);
            assert_int_equal(l->first_zoom, s.labels[i].first_zoom);
        }
        shown_release(&s);
        shown_release(&next);
    }
    assert_true(before > 300);
}

/* In order of importance each either has a place or is hindered by a better one, or by
 * one that came at a lower zoom. */
TEST(who_is_not_shown_is_in_the_way_of_a_better_one)
{
    struct fixture *f = *state;
    const struct atlas_layer *layer = f->map->layers[0].layer;
    double px = 256.0 * (1u << LAST_ZOOM) / 4294967296.0;
    struct shown s = all_shown(f, f->map, LAST_ZOOM);
    uint32_t n_hidden = 0;
    uint32_t n_free = 0;

    for (uint32_t i = 0; i < N_TOWNS; i++) {
        struct label probe = {.feature = i};
        uint32_t x;
        uint32_t y;
        bool is_shown = false;
        bool is_hindered = false;

        assert_true(map_label_point(&f->map->layers[0], i, &x, &y));
        probe.x = x * px;
        probe.y = y * px;
        for (uint32_t k = 0; k < s.n; k++) {
            const struct label *l = &s.labels[k];

            is_shown |= l->feature == i;
            /* no text is larger than that */
            is_hindered |=
                fabs(l->x - probe.x) < 220 && fabs(l->y - probe.y) < 120 &&
                (l->first_zoom < LAST_ZOOM ||
                 atlas_importance(layer, l->feature) >= atlas_importance(layer, i));
        }
        n_hidden += !is_shown;
        n_free += !is_shown && !is_hindered;
    }
    assert_true(n_hidden > 10);
    /* all but those that were not among the candidates of their 32 px */
    assert_true(n_free <= n_hidden / 20);
    shown_release(&s);
}

static void check_same(const struct shown *a, const struct shown *b)
{
    assert_int_equal(a->n, b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct label *p = &a->labels[i];
        const struct label *q = &b->labels[i];

        assert_true(same_label(p, q));
        assert_int_equal(p->anchor, q->anchor);
        assert_int_equal(p->parts, q->parts);
        assert_int_equal(p->first_zoom, q->first_zoom);
        assert_memory_equal(&p->x, &q->x, sizeof p->x);
        assert_memory_equal(&p->y, &q->y, sizeof p->y);
        assert_memory_equal(&p->min_x, &q->min_x, 4 * sizeof p->min_x);
    }
}

/* Windows in any order, at any zoom, each on a map of its own: the same labels. */
TEST(what_is_asked_first_does_not_matter)
{
    struct fixture *f = *state;
    struct test_random r = test_random_new("order");
    double cx = world_x(121) / 4294967296.0 * 256;
    double cy = world_y(31) / 4294967296.0 * 256;

    for (int i = 0; i < 60; i++) {
        uint32_t zoom = 5 + test_random_below(&r, LAST_ZOOM - 4);
        double side = test_random_in(&r, 100, 800);
        double spread = zoom < 9 ? 300 : 900;
        double x = cx * (1u << zoom) + test_random_in(&r, -spread, spread);
        double y = cy * (1u << zoom) + test_random_in(&r, -spread, spread);
        struct label_window w = {x, y, x + side, y + side};
        const struct tile_map *fresh = map_of(f->atlas);
        struct shown first = shown_in(f, fresh, zoom, w);
        struct shown later = shown_in(f, f->map, zoom, w);

        check_same(&first, &later);
        shown_release(&first);
        shown_release(&later);
        tile_map_unref(fresh);
    }
}

/* Parts of a window, whatever they are, are those of the window. */
TEST(a_window_finds_what_a_full_scan_finds_each_once)
{
    struct fixture *f = *state;
    struct test_random r = test_random_new("window");
    struct shown all = all_shown(f, f->map, 9);
    double cx = world_x(121) / 4294967296.0 * 256 * 512;
    double cy = world_y(31) / 4294967296.0 * 256 * 512;

    for (int i = 0; i < 300; i++) {
        struct label_window w;
        uint32_t expected = 0;

        w.min_x = cx + test_random_in(&r, -800, 800);
        w.min_y = cy + test_random_in(&r, -800, 800);
        w.max_x = w.min_x + test_random_in(&r, 0, 600);
        w.max_y = w.min_y + test_random_in(&r, 0, 600);
        struct shown s = shown_in(f, f->map, 9, w);
        for (uint32_t k = 0; k < all.n; k++)
            expected += overlap(box_of(&all.labels[k]), w, 0);
        assert_int_equal(s.n, expected);
        for (uint32_t k = 1; k < s.n; k++)
            assert_false(same_label(&s.labels[k - 1], &s.labels[k]));
        shown_release(&s);
    }
    shown_release(&all);
}

static bool ignore(void *ctx, const struct label *label)
{
    (void)ctx;
    (void)label;
    return true;
}

TEST(a_look_without_work_sees_only_what_is_decided)
{
    struct fixture *f = *state;
    const struct tile_map *fresh = map_of(f->atlas);
    struct label_window w = window_of(fresh->extent, 7);

    assert_false(label_plan_peek(fresh, 7, w, ignore, NULL));
    struct shown s = shown_in(f, fresh, 7, w);
    struct shown again = {0};
    assert_true(label_plan_peek(fresh, 7, w, collect, &again));
    assert_int_equal(again.n, s.n);
    assert_false(label_plan_peek(fresh, 8, window_of(fresh->extent, 8), ignore, NULL));
    shown_release(&s);
    shown_release(&again);
    tile_map_unref(fresh);
}

TEST(the_most_important_one_is_shown_first)
{
    struct fixture *f = *state;
    struct shown s = all_shown(f, f->map, 1);
    float best = -1;
    uint32_t feature = 0;

    for (uint32_t i = 0; i < N_TOWNS; i++)
        if (atlas_importance(f->map->layers[0].layer, i) > best) {
            best = atlas_importance(f->map->layers[0].layer, i);
            feature = i;
        }
    assert_true(s.n >= 1);
    assert_int_equal(s.labels[s.n - 1].feature, feature); /* drawn last */
    assert_int_equal(s.labels[s.n - 1].first_zoom, 0);
    shown_release(&s);
}

static const struct tile_map *small_map(struct memory_source *source)
{
    const struct atlas *atlas = memory_source_atlas(source);
    const struct tile_map *map = map_of(atlas);

    atlas_unref(atlas);
    return map;
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

    /* at zoom 10 a pixel is 0.00137 degrees: the nameless dot is 20 px to the right */
    memory_source_layer(source, LAYER, style, 1);
    memory_source_row(source, "POINT(121 31)", "1|张江高科|1");
    memory_source_row(source, "POINT(121.0274 31)", "2||0");
    const struct tile_map *map = small_map(source);
    struct shown s = all_shown(f, map, 10);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.labels[0].anchor, ANCHOR_LEFT); /* chosen at zoom 0 .. */
    shown_release(&s);
    tile_map_unref(map);
    memory_source_clear(source, "towns", 2);
    memory_source_row(source, "POINT(121 31)", "1|张江高科|1");
    memory_source_row(source, "POINT(128 31)", "2||0"); /* 20 px at zoom 2 */
    map = small_map(source);
    s = all_shown(f, map, 0);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.labels[0].anchor, ANCHOR_RIGHT);
    shown_release(&s);
    tile_map_unref(map);
    memory_source_free(source);
}

TEST(zoom_limits_of_the_style_layer_are_kept)
{
    static const char style[] =
        "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"minzoom\": 4, "
        "\"maxzoom\": 6, \"layout\": {\"text-field\": [\"get\", \"name\"]}}]}";
    struct fixture *f = *state;
    struct memory_source *source = memory_source_new();

    memory_source_layer(source, LAYER, style, 1);
    memory_source_row(source, "POINT(121 31)", "1|张江|1");
    const struct tile_map *map = small_map(source);
    for (uint32_t zoom = 0; zoom < 9; zoom++) {
        struct shown s = all_shown(f, map, zoom);

        assert_int_equal(s.n, zoom >= 5 && zoom < 7);
        shown_release(&s);
    }
    tile_map_unref(map);
    memory_source_free(source);
}

/* Names that are too long, of blanks and controls, right to left, or of characters that
 * no font has; sizes that are no numbers. */
TEST(strange_names_neither_fail_nor_cover_the_map)
{
    static const char style[] =
        "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"layout\": "
        "{\"text-field\": [\"get\", \"name\"], \"text-size\": [\"/\", [\"get\", "
        "\"rank\"], [\"get\", \"rank\"]]}}, {\"id\": \"turned\", \"type\": "
        "\"symbol\", \"layout\": {\"text-field\": [\"get\", \"name\"], "
        "\"text-size\": 12, \"text-rotate\": 77, \"text-max-width\": 0}}]}";
    static const char *const names[] = {"",
                                        " \t  ",
                                        "\x01\x02\x7f",
                                        "\xe3\x80\x80",
                                        "\xff\xfe",
                                        "\u0645\u0631\u062d\u0628\u0627",
                                        "\U0001F680",
                                        "张江"};
    struct fixture *f = *state;
    struct memory_source *source = memory_source_new();
    char *values = malloc(40000);
    int n = snprintf(values, 40000, "%d|", 99);

    assert_non_null(values);
    memory_source_layer(source, LAYER, style, 1);
    for (int i = 0; i < 10000; i++)
        n += snprintf(values + n, 40000 - (size_t)n, "长");
    (void)snprintf(values + n, 40000 - (size_t)n, "|1");
    memory_source_row(source, "POINT(121 31)", values);
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        char wkt[80];

        (void)snprintf(wkt, sizeof wkt, "POINT(%d 31)", 100 + 4 * i);
        (void)snprintf(values, 40000, "%d|%s|%d", i, names[i], i % 2);
        memory_source_row(source, wkt, values);
    }
    const struct tile_map *map = small_map(source);
    for (uint32_t zoom = 0; zoom < 8; zoom++) {
        struct shown s = all_shown(f, map, zoom);

        check_apart(&s);
        for (uint32_t i = 0; i < s.n; i++)
            assert_true(s.labels[i].max_x - s.labels[i].min_x < 2048);
        assert_true(zoom < 4 || s.n >= 2);
        shown_release(&s);
    }
    tile_map_unref(map);
    memory_source_free(source);
    free(values);
}

TEST(of_thousands_at_one_place_the_first_is_shown)
{
    enum { N = 20000 };
    struct fixture *f = *state;
    struct memory_source *source = memory_source_new();

    memory_source_layer(source, LAYER, STYLE, 1);
    for (int i = 0; i < N; i++) {
        char values[80];

        (void)snprintf(values, sizeof values, "%d|张江%d|%.6f", i, i,
                       (double)((i * 7919) % N) / N);
        memory_source_row(source, "POINT(121 31)", values);
    }
    const struct tile_map *map = small_map(source);
    for (uint32_t zoom = 0; zoom <= 22; zoom += 11) {
        struct shown s = all_shown(f, map, zoom);

        assert_int_equal(s.n, 1);
        assert_true(atlas_importance(map->layers[0].layer, s.labels[0].feature) >
                    0.9999f);
        shown_release(&s);
    }
    tile_map_unref(map);
    memory_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_boxes_overlap_at_any_zoom),
        cmocka_unit_test(a_label_once_shown_stays_shown_at_its_side),
        cmocka_unit_test(who_is_not_shown_is_in_the_way_of_a_better_one),
        cmocka_unit_test(what_is_asked_first_does_not_matter),
        cmocka_unit_test(a_window_finds_what_a_full_scan_finds_each_once),
        cmocka_unit_test(a_look_without_work_sees_only_what_is_decided),
        cmocka_unit_test(the_most_important_one_is_shown_first),
        cmocka_unit_test(a_name_keeps_off_markers_when_it_has_another_side),
        cmocka_unit_test(zoom_limits_of_the_style_layer_are_kept),
        cmocka_unit_test(strange_names_neither_fail_nor_cover_the_map),
        cmocka_unit_test(of_thousands_at_one_place_the_first_is_shown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
