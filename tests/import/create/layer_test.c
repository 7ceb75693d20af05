/* SPDX-License-Identifier: Apache-2.0 */
/* A layer made from a file, from the file to tile and answer. */
#include "layers/fixture.h"
#include "scratch.h"
#include "test.h"

#include <engine/query.h>
#include <import/import.h>
#include <layers/sql.h>
#include <tiles/tile.h>

#define MESSY(name) TEST_SOURCE_DIR "/tests/data/messy/" name

static struct store *open_store(const char *name)
{
    return fixture_open(scratch_path(name), STORE_CREATE);
}

static enum im_code import(struct store *store,
                           const char *path,
                           const struct import_options *options,
                           struct import_counts *counts,
                           struct im_error *err)
{
    struct im_arena *arena = im_arena_new(256 << 20);
    struct import_report report = {.layer_id = NULL};
    enum im_code rc = import_file(store, path, options, arena, &report, err);

    for (size_t i = 0; i < report.n_first; i++)
        if (report.first[i].kind == IMPORT_REFUSED)
            print_message("row %llu: %s\n", (unsigned long long)report.first[i].row,
                          report.first[i].reason_en);
    *counts = report.counts;
    import_report_release(&report);
    im_arena_free(arena);
    return rc;
}

static struct import_counts
imported(struct store *store, const char *path, const struct import_options *options)
{
    struct import_counts counts;
    struct im_error err = {0};

    if (import(store, path, options, &counts, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(counts.read, counts.added + counts.changed + counts.unchanged +
                                      counts.refused + counts.skipped);
    return counts;
}

static const struct atlas *atlas_of(struct store *store)
{
    struct feature_source source = store_source(store);
    const struct atlas *atlas = NULL;
    struct im_error err = {0};

    if (atlas_build(&source, NULL, &atlas, &err))
        fail_msg("%s", err.msg);
    return atlas;
}

/* Is the first answer to "near `name`" a place of this layer? */
static void assert_found(const struct atlas *atlas, const char *name, const char *layer)
{
    struct im_arena *arena = im_arena_new(16 << 20);
    struct query_places places = {0};
    struct im_error err = {0};

    if (query_find_place(atlas, im_bytes_of(name), arena, &places, &err))
        fail_msg("%s", err.msg);
    assert_true(places.n > 0);
    assert_string_equal(atlas_layer_schema(places.places[0].layer)->id, layer);
    im_arena_free(arena);
}

TEST(two_layers_of_one_file_become_two_layers_of_the_map)
{
    const char *path = MESSY("09_两层两坐标系.gpkg");
    struct store *store = open_store("two.db");
    struct import_options options = {
        .layer_id = "my_incubators", .create = true, .source_layer = "孵化器_点"};
    struct import_counts counts = imported(store, path, &options);

    assert_int_equal(counts.added, 120);
    assert_int_equal(counts.refused, 0);
    options.layer_id = "my_outlines";
    options.source_layer = "园区示意范围_面";
    counts = imported(store, path, &options);
    assert_int_equal(counts.added, 40);
    assert_int_equal(counts.refused, 0);
    /* each by its own coordinate system */
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM my_incubators WHERE "
                                           "X(geom) BETWEEN 118 AND 122 AND "
                                           "Y(geom) BETWEEN 30 AND 33"),
                     120);
    assert_int_equal(fixture_number(store,
                                    "SELECT count(*) FROM my_outlines WHERE "
                                    "MbrMinX(geom) > 118 AND MbrMaxX(geom) < 122 AND "
                                    "MbrMinY(geom) > 27 AND MbrMaxY(geom) < 35"),
                     40);
    /* into a layer that is there: as into any other */
    options.create = false;
    counts = imported(store, path, &options);
    assert_int_equal(counts.unchanged, 40);
    store_close(store);
}

TEST(a_drawing_becomes_a_layer_once_its_coordinates_are_said)
{
    const char *path = MESSY("11_园区轮廓_EPSG4549.dxf");
    struct store *store = open_store("dxf.db");
    struct import_options options = {.layer_id = "outlines", .create = true};
    struct import_counts counts;
    struct im_error err = {0};

    assert_int_not_equal(import(store, path, &options, &counts, &err), IM_OK);
    assert_non_null(strstr(err.msg, "--crs"));
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM innomap_layers"), 0);
    options.crs = "EPSG:4549";
    counts = imported(store, path, &options);
    assert_int_equal(counts.added, 12);
    assert_int_equal(counts.refused, 0);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM outlines WHERE "
                                           "file_layer LIKE 'PARK_3%'"),
                     12);
    store_close(store);
}

TEST(a_layer_that_is_there_is_not_made_again)
{
    struct store *store = open_store("again.db");
    struct import_options options = {
        .layer_id = "mine", .create = true, .source_layer = "孵化器_点"};
    struct import_counts counts;
    struct im_error err = {0};

    imported(store, MESSY("09_两层两坐标系.gpkg"), &options);
    assert_int_equal(
        import(store, MESSY("09_两层两坐标系.gpkg"), &options, &counts, &err), IM_EARG);
    assert_non_null(strstr(err.msg, "--create"));
    assert_non_null(strstr(err.msg_zh, "--create"));
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM mine"), 120);
    store_close(store);
}

TEST(it_is_drawn_labelled_and_found_like_any_other)
{
    struct store *store = open_store("drawn.db");
    struct import_options options = {
        .layer_id = "mine", .create = true, .source_layer = "孵化器_点"};
    struct tile_map_options map_options = {.layers = "mine", .lang = LANG_ZH};
    struct im_buf png = {.max = 1 << 20};
    struct tile_worker *worker = NULL;
    const struct tile_map *map = NULL;
    struct im_error err = {0};

    imported(store, MESSY("09_两层两坐标系.gpkg"), &options);
    const struct atlas *atlas = atlas_of(store);
    if (tile_map_new(atlas, &map_options, &map, &err) ||
        tile_worker_new(NULL, &worker, &err) ||
        tile_render_png(map, worker, (struct tile_id){8, 214, 104}, 1, &png, &err))
        fail_msg("%s", err.msg);
    assert_true(png.len > 500); /* an empty tile has about 100 bytes */
    assert_found(atlas, "上海张江药谷孵化器", "mine");
    im_buf_release(&png);
    tile_worker_free(worker);
    tile_map_unref(map);
    atlas_unref(atlas);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_layers_of_one_file_become_two_layers_of_the_map),
        cmocka_unit_test(a_drawing_becomes_a_layer_once_its_coordinates_are_said),
        cmocka_unit_test(a_layer_that_is_there_is_not_made_again),
        cmocka_unit_test(it_is_drawn_labelled_and_found_like_any_other)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
