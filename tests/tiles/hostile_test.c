/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/tile.h with layers made to hurt: an area around the world, an outline
 * and a line of a million vertices, a million points in one pixel, nothing at all.
 * Builds for debugging take a twentieth of each. */
#include <test.h>

#include <support/memory_source.h>
#include <tiles/tile.h>

#include <math.h>
#include <stdlib.h>

#ifdef NDEBUG
enum { MANY = 1000000 };
#else
enum { MANY = 50000 };
#endif

#define LAYER(id, geometry, order)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": " order ", \"fields\": ["                                              \
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": "         \
    "\"integer\", \"tile_zoom\": 0},"                                                  \
    "{\"name\": \"name\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, \"type\": "       \
    "\"text\", \"tile_zoom\": 0}],"                                                    \
    "\"in_map\": true, \"visibility\": \"public\","                                    \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"

static const char FILL[] =
    "{\"layers\": [{\"id\": \"fill\", \"type\": \"fill\"}, {\"id\": \"name\", "
    "\"type\": \"symbol\", \"layout\": {\"text-field\": [\"get\", \"name\"]}}]}";
static const char LINE[] =
    "{\"layers\": [{\"id\": \"line\", \"type\": \"line\"}, {\"id\": \"along\", "
    "\"type\": "
    "\"symbol\", \"layout\": {\"text-field\": [\"get\", \"name\"], "
    "\"symbol-placement\": \"line\", \"symbol-spacing\": 60}}]}";
static const char POINT[] =
    "{\"layers\": [{\"id\": \"dot\", \"type\": \"circle\"}, {\"id\": \"name\", "
    "\"type\": \"symbol\", \"layout\": {\"text-field\": [\"get\", \"name\"]}}]}";

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    struct tile_worker *worker;
};

/* Spikes of two kilometres at each vertex, around 121.5 31.2. */
static void add_star(struct memory_source *source, enum geom_kind kind)
{
    double *lonlat = test_malloc(((size_t)MANY + 1) * 2 * sizeof *lonlat);
    const uint32_t part_end = (uint32_t)MANY + (kind == GEOM_AREA);
    const uint32_t area_end = 1;

    for (int i = 0; i <= MANY; i++) {
        double turn = 2 * M_PI * (i % MANY) / MANY;
        double r = i % 2 ? 0.5 : 0.52;

        lonlat[2 * (size_t)i] = 121.5 + r * cos(turn);
        lonlat[2 * (size_t)i + 1] = 31.2 + r * sin(turn);
    }
    struct geom geom = {.kind = kind,
                        .n_points = part_end,
                        .n_parts = 1,
                        .n_areas = kind == GEOM_AREA,
                        .lonlat = lonlat,
                        .part_end = &part_end,
                        .area_end = kind == GEOM_AREA ? &area_end : NULL};

    memory_source_feature(source, &geom, "1|百万");
    test_free(lonlat);
}

static void add_heap(struct memory_source *source)
{
    for (int i = 0; i < MANY; i++) {
        double lonlat[2] = {121.5 + i * 1e-12, 31.2};
        struct geom geom = {.kind = GEOM_POINT, .n_points = 1, .lonlat = lonlat};
        char values[40];

        snprintf(values, sizeof values, "%d|点%d", i, i % 1000);
        memory_source_feature(source, &geom, values);
    }
}

static int set_up(void **state)
{
    static struct fixture f;
    struct im_error err = {0};

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("nothing", "area", "1"), FILL, 1);
    memory_source_layer(f.source, LAYER("world", "area", "2"), FILL, 1);
    memory_source_row(f.source, "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))",
                      "1|世界");
    memory_source_layer(f.source, LAYER("star", "area", "3"), FILL, 1);
    add_star(f.source, GEOM_AREA);
    memory_source_layer(f.source, LAYER("track", "line", "4"), LINE, 1);
    add_star(f.source, GEOM_LINE);
    memory_source_layer(f.source, LAYER("heap", "point", "5"), POINT, 1);
    add_heap(f.source);
    f.atlas = memory_source_atlas(f.source);
    if (tile_worker_new(NULL, &f.worker, &err) != IM_OK)
        fail_msg("%s", err.msg);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tile_worker_free(f->worker);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static const struct tile_id TILES[] = {{0, 0, 0},
                                       {4, 13, 6},
                                       {8, 214, 104},
                                       {12, 3430, 1672},
                                       {22, 3512729, 1711406},
                                       {22, 4194303, 4194303}};

enum { N_TILES = sizeof TILES / sizeof *TILES };

static void draw(struct fixture *f, const char *layers, size_t n_tiles)
{
    struct tile_map_options options = {.layers = layers, .lang = LANG_ZH};
    const struct tile_map *map = NULL;
    struct im_error err = {0};

    assert_int_equal(tile_map_new(f->atlas, &options, &map, &err), IM_OK);
    for (size_t i = 0; i < n_tiles; i++) {
        struct im_buf png = {.max = 4 << 20};
        struct im_buf mvt = {.max = 64 << 20};

        if (tile_render_png(map, f->worker, TILES[i], 1, &png, &err) != IM_OK ||
            tile_encode_mvt(map, f->worker, TILES[i], &mvt, &err) != IM_OK)
            fail_msg("%s: %s", layers, err.msg);
        assert_true(png.len > 0 && !png.failed);
        assert_true(mvt.len <= TILE_MAX_MVT_BYTES);
        im_buf_release(&png);
        im_buf_release(&mvt);
    }
    /* label plans, encoders at rest */
    assert_true(tile_map_memory_bytes(map) < (size_t)256 << 20);
    tile_map_unref(map);
}

TEST(an_empty_layer_is_drawn)
{
    draw(*state, "nothing", N_TILES);
}

TEST(an_area_around_the_world_is_drawn)
{
    draw(*state, "world", N_TILES);
}

TEST(an_outline_of_a_million_vertices_is_drawn)
{
    draw(*state, "star", N_TILES);
}

TEST(names_along_a_line_of_a_million_vertices_are_drawn)
{
    draw(*state, "track", N_TILES);
}

TEST(a_million_points_in_one_pixel_are_drawn)
{
    draw(*state, "heap", N_TILES);
}

TEST(all_of_them_at_once_are_drawn)
{
    draw(*state, "map", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_layer_is_drawn),
        cmocka_unit_test(an_area_around_the_world_is_drawn),
        cmocka_unit_test(an_outline_of_a_million_vertices_is_drawn),
        cmocka_unit_test(names_along_a_line_of_a_million_vertices_are_drawn),
        cmocka_unit_test(a_million_points_in_one_pixel_are_drawn),
        cmocka_unit_test(all_of_them_at_once_are_drawn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
