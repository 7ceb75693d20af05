/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/map.c and tiles/render.c through tiles/tile.h. */
#include <test.h>

#include "map.h"
#include "render/render.h"

#include <support/golden.h>
#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <pthread.h>
#include <unistd.h>

#define LAYER(id, geometry, order, more)                                               \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": " order ", \"fields\": ["                                              \
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": "         \
    "\"integer\", \"tile_zoom\": 0},"                                                  \
    "{\"name\": \"name\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, \"type\": "       \
    "\"text\","                                                                        \
    " \"tile_zoom\": 0},"                                                              \
    "{\"name\": \"reviewed\", \"title\": {\"zh\": \"r\", \"en\": \"r\"}, \"type\": "   \
    "\"integer\"}], \"roles\": {\"reviewed\": \"reviewed\"},"                          \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"" more "}"
#define IN_MAP ", \"in_map\": true, \"visibility\": \"public\""

static const char AREA_STYLE[] =
    "{\"layers\": ["
    "{\"id\": \"sea\", \"type\": \"background\", \"metadata\": {\"order\": 0}, "
    "\"paint\": "
    "{\"background-color\": \"#aad3df\"}},"
    "{\"id\": \"land\", \"type\": \"fill\", \"paint\": {\"fill-color\": \"#f2efe9\"}},"
    "{\"id\": \"shore\", \"type\": \"line\", \"paint\": {\"line-color\": \"#607080\", "
    "\"line-width\": 3, \"line-dasharray\": [3, 2]}}]}";

static const char POINT_STYLE[] =
    "{\"layers\": ["
    "{\"id\": \"dot\", \"type\": \"circle\", \"paint\": {\"circle-radius\": 6, "
    "\"circle-color\": \"#d9822b\", \"circle-stroke-color\": \"#fff\", "
    "\"circle-stroke-width\": 1.5}},"
    "{\"id\": \"name\", \"type\": \"symbol\", \"layout\": {\"text-field\": [\"get\", "
    "\"name\"], \"text-size\": 14, \"text-anchor\": \"top\", \"text-offset\": [0, "
    "0.6], "
    "\"text-max-width\": 20}, \"paint\": {\"text-color\": \"#333\", "
    "\"text-halo-color\": "
    "\"#fff\", \"text-halo-width\": 1.5}}]}";

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
    struct tile_worker *worker;
};

static void open_map(struct fixture *f, const char *layers, bool leave_out)
{
    struct tile_map_options options = {
        .layers = layers, .lang = LANG_ZH, .leave_out_unreviewed = leave_out};
    struct im_error err;

    tile_map_unref(f->map);
    if (tile_map_new(f->atlas, &options, &f->map, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct test_random r = test_random_new("tile");
    struct im_error err = {0};

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("land", "area", "1", IN_MAP), AREA_STYLE, 1);
    memory_source_row(f.source,
                      "POLYGON((118 28,123 28.5,123.5 33,120 34,117 32,118 28),(120 "
                      "31,120.5 31.5,121 31,120 31))",
                      "1|大地|0");
    memory_source_layer(f.source, LAYER("spots", "point", "2", IN_MAP), POINT_STYLE, 1);
    for (int i = 0; i < 400; i++) {
        char wkt[80];
        char values[80];

        snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", test_random_in(&r, 118, 123),
                 test_random_in(&r, 29, 33));
        snprintf(values, sizeof values, "%d|科创孵化中心%d号|", i, i);
        memory_source_row(f.source, wkt, values);
    }
    memory_source_layer(f.source,
                        LAYER("hidden", "point", "3", ", \"visibility\": \"internal\""),
                        POINT_STYLE, 1);
    memory_source_row(f.source, "POINT(121 31)", "1|x|");
    memory_source_layer(f.source,
                        LAYER("extra", "point", "4", ", \"visibility\": \"public\""),
                        POINT_STYLE, 1);
    memory_source_row(f.source, "POINT(121 31)", "1|额外|");
    f.atlas = memory_source_atlas(f.source);
    if (tile_worker_new(NULL, &f.worker, &err) != IM_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tile_worker_free(f->worker);
    tile_map_unref(f->map);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static struct raster
draw_area(struct fixture *f, struct render_area area, unsigned scale)
{
    struct raster raster;
    struct im_error err;

    assert_int_equal(
        raster_init(&raster, area.width_px * scale, area.height_px * scale, &err),
        IM_OK);
    if (render_area(f->map, f->worker, area, scale, &raster, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return raster;
}

/* Two neighbouring tiles side by side against the same area drawn in one piece: lines,
 * dashes, circles and above all names go on across the seam. */
static void
compare_seam(struct fixture *f, uint32_t z, uint32_t x, uint32_t y, unsigned scale)
{
    struct render_area area = {.zoom = z,
                               .x_px = (int64_t)x * 256,
                               .y_px = (int64_t)y * 256,
                               .width_px = 512,
                               .height_px = 256};
    struct raster whole = draw_area(f, area, scale);
    struct raster joined;
    struct golden_difference d;
    struct im_error err;
    size_t row = (size_t)256 * scale * 4;

    assert_int_equal(raster_init(&joined, 512 * scale, 256 * scale, &err), IM_OK);
    for (unsigned side = 0; side < 2; side++) {
        area.x_px = ((int64_t)x + side) * 256;
        area.width_px = 256;
        struct raster tile = draw_area(f, area, scale);

        for (uint32_t i = 0; i < 256 * scale; i++)
            memcpy(joined.rgba + 2 * row * i + row * side, tile.rgba + row * i, row);
        raster_release(&tile);
    }
    d = golden_compare(&whole, &joined, 2);
    if (d.share > 0)
        fail_msg("%u/%u/%u@%u: %g of the pixels differ, by up to %d", z, x, y, scale,
                 d.share, d.max);
    raster_release(&whole);
    raster_release(&joined);
}

TEST(what_crosses_a_seam_is_drawn_in_both_tiles)
{
    struct fixture *f = *state;

    open_map(f, "map", false);
    for (uint32_t i = 0; i < 6; i++) {
        compare_seam(f, 7, 105 + i % 3, 51 + i / 3, 1);
        compare_seam(f, 8, 213 + i % 3, 103 + i / 3, 1);
    }
    compare_seam(f, 8, 213, 104, 2);
    compare_seam(f, 10, 855, 417, 1);
}

static struct im_buf png_of(struct fixture *f, struct tile_id id, unsigned scale)
{
    struct im_buf out = {.max = 4 * 1024 * 1024};
    struct im_error err;

    if (tile_render_png(f->map, f->worker, id, scale, &out, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return out;
}

static bool is_blank(struct im_buf *png, uint32_t side)
{
    struct raster raster;
    bool blank = true;

    assert_true(golden_decode(im_buf_bytes(png), &raster));
    assert_int_equal(raster.width_px, side);
    for (size_t i = 0; i < (size_t)side * side; i++)
        blank &= raster.rgba[4 * i + 3] == 0;
    raster_release(&raster);
    im_buf_release(png);
    return blank;
}

TEST(a_tile_of_512_px_is_four_of_the_next_zoom)
{
    struct fixture *f = *state;
    struct tile_picture_options large = {.size_px = 512, .scale = 1, .rgba = true};
    struct tile_picture_options small = {.size_px = 256, .scale = 1, .rgba = true};
    struct im_buf out = {.max = 4 * 1024 * 1024};
    struct raster whole;
    struct raster part;
    struct im_error err;

    open_map(f, "map", false);
    assert_int_equal(tile_render(f->map, f->worker, (struct tile_id){7, 107, 52},
                                 &large, &out, &err),
                     IM_OK);
    assert_true(golden_decode(im_buf_bytes(&out), &whole));
    assert_int_equal(whole.width_px, 512);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t differ = 0;

        im_buf_clear(&out);
        assert_int_equal(tile_render(f->map, f->worker,
                                     (struct tile_id){8, 214 + i % 2, 104 + i / 2},
                                     &small, &out, &err),
                         IM_OK);
        assert_true(golden_decode(im_buf_bytes(&out), &part));
        for (uint32_t y = 0; y < 256; y++)
            for (uint32_t x = 0; x < 256 * 4; x++) {
                const uint8_t *there =
                    whole.rgba +
                    ((size_t)(i / 2 * 256 + y) * 512 + (size_t)(i % 2) * 256) * 4;

                differ += abs(there[x] - part.rgba[(size_t)y * 1024 + x]) > 8;
            }
        assert_true(differ < 40); /* of 262,144: cut lines begin elsewhere */
        raster_release(&part);
    }
    raster_release(&whole);
    large.size_px = 300;
    assert_int_equal(
        tile_render(f->map, f->worker, (struct tile_id){3, 0, 0}, &large, &out, &err),
        IM_EARG);
    large.size_px = 512;
    assert_int_equal(
        tile_render(f->map, f->worker, (struct tile_id){22, 0, 0}, &large, &out, &err),
        IM_EARG);
    im_buf_release(&out);
}

TEST(a_tile_with_nothing_in_it_is_transparent_but_the_map_has_a_background)
{
    struct fixture *f = *state;
    struct im_buf png;

    open_map(f, "land,spots", false);
    png = png_of(f, (struct tile_id){8, 0, 0}, 1);
    assert_true(is_blank(&png, 256));
    png = png_of(f, (struct tile_id){8, 0, 0}, 2);
    assert_true(is_blank(&png, 512));
    png = png_of(f, (struct tile_id){8, 214, 104}, 1);
    assert_false(is_blank(&png, 256));
    open_map(f, "map", false);
    png = png_of(f, (struct tile_id){8, 0, 0}, 1);
    assert_false(is_blank(&png, 256));
}

TEST(the_public_profile_draws_no_unreviewed_outline)
{
    struct fixture *f = *state;
    struct im_buf png;

    open_map(f, "land", true);
    png = png_of(f, (struct tile_id){8, 214, 104}, 1);
    assert_true(is_blank(&png, 256));
}

TEST(a_tile_out_of_range_is_not_drawn)
{
    struct fixture *f = *state;
    struct im_buf out = {.max = 1 << 20};
    struct im_error err;

    open_map(f, "map", false);
    assert_int_equal(
        tile_render_png(f->map, f->worker, (struct tile_id){23, 0, 0}, 1, &out, &err),
        IM_EARG);
    assert_int_equal(
        tile_render_png(f->map, f->worker, (struct tile_id){3, 8, 0}, 1, &out, &err),
        IM_EARG);
    assert_int_equal(
        tile_render_png(f->map, f->worker, (struct tile_id){3, 0, 0}, 4, &out, &err),
        IM_EARG);
    assert_string_equal(err.msg, "scale 4 is outside 1..3");
    assert_int_equal(
        tile_encode_mvt(f->map, f->worker, (struct tile_id){3, 0, 8}, &out, &err),
        IM_EARG);
    assert_int_equal(out.len, 0);
    im_buf_release(&out);
}

TEST(layers_are_found_by_name_and_internal_ones_by_nobody)
{
    struct fixture *f = *state;
    struct tile_map_options options = {.layers = "spots,hidden", .lang = LANG_ZH};
    const struct tile_map *map;
    struct im_error err;

    assert_int_equal(tile_map_new(f->atlas, &options, &map, &err), IM_ENOTFOUND);
    assert_string_equal(err.msg,
                        "no layer 'hidden'; there are: map, land, spots, extra");
    options.layers = "spots,,land";
    assert_int_equal(tile_map_new(f->atlas, &options, &map, &err), IM_ENOTFOUND);
    options.layers = "";
    assert_int_equal(tile_map_new(f->atlas, &options, &map, &err), IM_ENOTFOUND);
    open_map(f, "extra,spots,extra", false);
    assert_int_equal(f->map->n_layers, 2);
    assert_true(f->map->extent.min_x > 117);
}

TEST(a_fault_in_a_style_is_told_with_layer_and_path)
{
    struct memory_source *source = memory_source_new();
    struct tile_map_options options = {.layers = "land", .lang = LANG_ZH};
    const struct tile_map *map;
    struct im_error err;

    memory_source_layer(source, LAYER("land", "area", "1", IN_MAP),
                        "{\"layers\": [{\"id\": \"a\", \"type\": \"fill\", \"paint\": "
                        "{\"fill-color\": 7}}]}",
                        1);
    memory_source_layer(source, LAYER("dots", "point", "2", IN_MAP), POINT_STYLE, 1);
    const struct atlas *atlas = memory_source_atlas(source);
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_EDATA);
    assert_string_equal(
        err.msg, "layer 'land' cannot be drawn: mend its style.json (innomap style "
                 "check FILE) and import it again. layers[0].paint.fill-color: "
                 "Expected color but found number instead.");
    /* the map of all others goes on without it */
    options.layers = "map";
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_OK);
    assert_int_equal(map->n_layers, 1);
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
}

TEST(the_whole_map_holds_more_layers_than_a_url_may_list)
{
    struct memory_source *source = memory_source_new();
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_buf list = {.max = 4096};
    const struct tile_map *map;
    struct im_error err;

    for (unsigned i = 0; i < 200; i++) {
        char json[2048];
        char id[] = "dots_000";

        snprintf(id + 5, 4, "%03u", i);
        snprintf(json, sizeof json, LAYER("%s", "point", "1", IN_MAP), id, id, id);
        memory_source_layer(source, json, POINT_STYLE, 1);
        if (i <= MAP_MAX_LISTED)
            im_buf_printf(&list, i ? ",%s" : "%s", id);
    }
    const struct atlas *atlas = memory_source_atlas(source);
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_OK);
    assert_int_equal(map->n_layers, 200);
    tile_map_unref(map);
    im_buf_byte(&list, 0);
    options.layers = (const char *)list.data;
    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_ELIMIT);
    im_buf_release(&list);
    atlas_unref(atlas);
    memory_source_free(source);
}

static uint64_t version_of(const struct atlas *atlas, struct tile_map_options options)
{
    const struct tile_map *map;
    struct im_error err;

    assert_int_equal(tile_map_new(atlas, &options, &map, &err), IM_OK);
    uint64_t version = tile_map_version(map);
    tile_map_unref(map);
    return version;
}

TEST(the_version_follows_everything_a_tile_depends_on)
{
    struct memory_source *source = memory_source_new();
    struct tile_map_options zh = {.layers = "land", .lang = LANG_ZH};
    struct tile_map_options en = {.layers = "land", .lang = LANG_EN};
    struct tile_map_options public = {
        .layers = "land", .lang = LANG_ZH, .leave_out_unreviewed = true};

    memory_source_layer(source, LAYER("land", "area", "1", IN_MAP), AREA_STYLE, 1);
    memory_source_layer(source, LAYER("spots", "point", "2", IN_MAP), POINT_STYLE, 1);
    const struct atlas *atlas = memory_source_atlas(source);
    uint64_t first = version_of(atlas, zh);
    assert_true(first == version_of(atlas, zh));
    assert_true(first != version_of(atlas, en));
    assert_true(first != version_of(atlas, public));
    atlas_unref(atlas);
    memory_source_clear(source, "spots", 2); /* not in the map: no change */
    atlas = memory_source_atlas(source);
    assert_true(first == version_of(atlas, zh));
    atlas_unref(atlas);
    memory_source_clear(source, "land", 3);
    atlas = memory_source_atlas(source);
    assert_true(first != version_of(atlas, zh));
    atlas_unref(atlas);
    memory_source_free(source);
}

/* ---- two threads on one map ---- */

struct job {
    const struct tile_map *map;
    struct tile_worker *worker;
    unsigned first;
    unsigned failed;
    uint32_t sizes[64];
};

static void *draw_many(void *ctx)
{
    struct job *job = ctx;
    struct im_buf out = {.max = 4 * 1024 * 1024};
    struct im_error err;

    for (unsigned k = 0; k < 64; k++) {
        unsigned i = (k + job->first) % 64;
        uint32_t z = 4 + i % 8;
        struct tile_id id = {z, (uint32_t)(0.8367 * (1u << z)),
                             (uint32_t)(0.4079 * (1u << z))};

        id.x += i / 8 % 2;
        im_buf_clear(&out);
        if (tile_render_png(job->map, job->worker, id, 1 + i / 32, &out, &err) != IM_OK)
            job->failed++;
        job->sizes[i] = (uint32_t)out.len;
    }
    im_buf_release(&out);
    return NULL;
}

TEST(two_threads_draw_the_same_from_one_map)
{
    struct fixture *f = *state;
    struct job jobs[2] = {0};
    struct im_error err;
    pthread_t threads[2];

    open_map(f, "map", false);
    for (unsigned i = 0; i < 2; i++) {
        jobs[i].map = f->map;
        jobs[i].first = 37 * i; /* they meet at different zooms */
        assert_int_equal(tile_worker_new(NULL, &jobs[i].worker, &err), IM_OK);
        assert_int_equal(pthread_create(&threads[i], NULL, draw_many, &jobs[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        tile_worker_free(jobs[i].worker);
        assert_int_equal(jobs[i].failed, 0);
    }
    assert_memory_equal(jobs[0].sizes, jobs[1].sizes, sizeof jobs[0].sizes);
    assert_true(jobs[0].sizes[0] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_crosses_a_seam_is_drawn_in_both_tiles),
        cmocka_unit_test(a_tile_of_512_px_is_four_of_the_next_zoom),
        cmocka_unit_test(
            a_tile_with_nothing_in_it_is_transparent_but_the_map_has_a_background),
        cmocka_unit_test(the_public_profile_draws_no_unreviewed_outline),
        cmocka_unit_test(a_tile_out_of_range_is_not_drawn),
        cmocka_unit_test(layers_are_found_by_name_and_internal_ones_by_nobody),
        cmocka_unit_test(a_fault_in_a_style_is_told_with_layer_and_path),
        cmocka_unit_test(the_whole_map_holds_more_layers_than_a_url_may_list),
        cmocka_unit_test(the_version_follows_everything_a_tile_depends_on),
        cmocka_unit_test(two_threads_draw_the_same_from_one_map),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
