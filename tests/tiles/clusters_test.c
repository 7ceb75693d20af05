/* SPDX-License-Identifier: Apache-2.0 */
/* Clusters on maps: pictures, vector tiles, expressions, filters, versions of tiles.
 * The clusters themselves: engine/atlas/clusters_test.c. */
#include <test.h>

#include "map.h"
#include "mvt/decoder.h"
#include "render/render.h"

#include <support/golden.h>
#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <stdlib.h>
#include <string.h>

#define FIELD(name)                                                                    \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\",\"en\":\"" name             \
    "\"},\"type\":\"text\",\"tile_zoom\":0}"
static const char LAYER[] =
    "{\"id\":\"spots\",\"title\":{\"zh\":\"点\",\"en\":\"s\"},\"geometry\":\"point\","
    "\"key\":\"id\",\"in_map\":true,\"fields\":[" FIELD("id") "," FIELD(
        "kind") "],"
                "\"cluster\":{\"max_zoom\":9,\"radius_px\":50,\"by\":\"kind\"}}";
static const char STYLE[] =
    "{\"layers\":["
    "{\"id\":\"all\",\"type\":\"circle\",\"filter\":[\"has\",\"point_count\"],"
    "\"metadata\":{\"order\":450},\"paint\":{\"circle-radius\":[\"step\",[\"get\","
    "\"point_count\"],12,10,17,100,23],\"circle-color\":[\"case\",[\">\",[\"*\",2,"
    "[\"coalesce\",[\"get\",\"count:a\"],0]],[\"get\",\"point_count\"]],\"#b5482f\","
    "\"#2f6fb5\"],\"circle-stroke-color\":\"#fff\",\"circle-stroke-width\":2}},"
    "{\"id\":\"one\",\"type\":\"circle\",\"filter\":[\"!\",[\"has\",\"point_count\"]],"
    "\"metadata\":{\"order\":451},\"paint\":{\"circle-radius\":4,\"circle-color\":"
    "\"#333\"}},"
    "{\"id\":\"count\",\"type\":\"symbol\",\"metadata\":{\"order\":700},\"layout\":{"
    "\"text-field\":[\"get\",\"point_count_abbreviated\"],\"text-size\":12,"
    "\"text-allow-overlap\":true},\"paint\":{\"text-color\":\"#fff\"}},"
    "{\"id\":\"name\",\"type\":\"symbol\",\"metadata\":{\"order\":690},\"layout\":{"
    "\"text-field\":[\"get\",\"id\"],\"text-size\":11,\"text-anchor\":\"top\","
    "\"text-offset\":[0,0.6]},\"paint\":{\"text-color\":\"#333\",\"text-halo-color\":"
    "\"#fff\",\"text-halo-width\":1}}]}";

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
    struct tile_worker *worker;
};

static void add_spot(struct memory_source *ms, double lon, double lat, int i, char kind)
{
    double xy[2] = {lon, lat};
    struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};
    char values[40];

    snprintf(values, sizeof values, "s%d|%c", i, kind);
    memory_source_feature(ms, &g, values);
}

/* Four towns and some points between them. */
static void add_spots(struct memory_source *ms, int n)
{
    static const double towns[4][2] = {
        {121.45, 31.2}, {120.6, 31.3}, {120.15, 30.25}, {121.0, 30.75}};
    struct test_random r = test_random_new("clusters");

    for (int i = 0; i < n; i++) {
        const double *town = towns[i % 4];
        double far = i % 5 == 0 ? 1 : 0.12;

        add_spot(ms, town[0] + test_random_in(&r, -far, far),
                 town[1] + test_random_in(&r, -far, far), i, i % 3 ? 'a' : 'b');
    }
}

static const struct tile_map *open_map(const struct atlas *atlas, const char *filter)
{
    struct tile_map_options options = {.layers = "map", .filter = filter};
    const struct tile_map *map = NULL;
    struct im_error err;

    if (tile_map_new(atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return map;
}

static int set_up(void **state)
{
    static struct fixture f;
    struct im_error err;

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER, STYLE, 1);
    add_spots(f.source, 1200);
    f.atlas = memory_source_atlas(f.source);
    f.map = open_map(f.atlas, NULL);
    assert_int_equal(tile_worker_new(NULL, &f.worker, &err), IM_OK);
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

/* ---- pictures ---- */

static struct raster draw(struct fixture *f, struct render_area area, unsigned scale)
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

static uint64_t ink_of(const struct raster *raster)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < (size_t)raster->width_px * raster->height_px; i++)
        sum += raster->rgba[4 * i + 3];
    return sum;
}

/* 3 x 3 tiles against one picture of them all. */
static void compare_seams(struct fixture *f, uint32_t z, uint32_t x, uint32_t y)
{
    enum { SIDE = 3 * 256 };
    struct render_area area = {.zoom = z,
                               .x_px = (int64_t)x * 256,
                               .y_px = (int64_t)y * 256,
                               .width_px = SIDE,
                               .height_px = SIDE};
    struct raster whole = draw(f, area, 1);
    struct raster joined;
    struct golden_difference d;
    struct im_error err;

    assert_true(ink_of(&whole) > 0);
    assert_int_equal(raster_init(&joined, SIDE, SIDE, &err), IM_OK);
    area.width_px = area.height_px = 256;
    for (uint32_t i = 0; i < 9; i++) {
        area.x_px = ((int64_t)x + i % 3) * 256;
        area.y_px = ((int64_t)y + i / 3) * 256;
        struct raster tile = draw(f, area, 1);

        for (size_t row = 0; row < 256; row++)
            memcpy(joined.rgba + 4 * ((i / 3 * 256 + row) * SIDE + i % 3 * 256),
                   tile.rgba + 4 * row * 256, 4 * 256);
        raster_release(&tile);
    }
    d = golden_compare(&whole, &joined, 2);
    if (d.share > 0)
        fail_msg("%u/%u/%u: %g of the pixels differ, by up to %d", z, x, y, d.share,
                 d.max);
    raster_release(&whole);
    raster_release(&joined);
}

TEST(clusters_go_on_over_the_edges_of_tiles)
{
    struct fixture *f = *state;

    compare_seams(f, 7, 105, 51);
    compare_seams(f, 8, 213, 103);
    compare_seams(f, 9, 427, 208);
    compare_seams(f, 10, 855, 416);
    compare_seams(f, 11, 1713, 835); /* no clusters any more */
}

static void check_picture(struct fixture *f, const char *name, struct tile_id id)
{
    const struct tile_picture_options options = {
        .size_px = 512, .scale = 1, .rgba = true};
    struct im_buf png = {.max = 4 << 20};
    struct im_error err;
    char golden[64];

    snprintf(golden, sizeof golden, "tiles/%s", name);
    assert_int_equal(tile_render(f->map, f->worker, id, &options, &png, &err), IM_OK);
    assert_true(
        golden_png(golden, im_buf_bytes(&png), (struct golden_tolerance){24, 0.01}));
    im_buf_release(&png);
}

TEST(circles_with_the_number_of_points_in_them)
{
    check_picture(*state, "clusters_far", (struct tile_id){6, 53, 26});
    check_picture(*state, "clusters_near", (struct tile_id){9, 428, 209});
}

/* ---- vector tiles ---- */

static struct decoded_tile *
vector_of(struct fixture *f, const struct tile_map *map, struct tile_id id)
{
    struct im_buf bytes = {.max = 8 << 20};
    struct im_error err;

    if (tile_encode_mvt(map, f->worker, id, &bytes, &err) != IM_OK)
        fail_msg("%s", err.msg);
    struct decoded_tile *tile = decode_tile(im_buf_bytes(&bytes));
    im_buf_release(&bytes);
    return tile;
}

static long number_of(const struct decoded_feature *f, const char *name)
{
    char text[64];
    const char *at;

    snprintf(text, sizeof text, "%s=", name);
    at = strstr(f->properties, text);
    return at ? strtol(at + strlen(text), NULL, 10) : 0;
}

static long count_points(struct fixture *fixture,
                         const struct tile_map *map,
                         struct tile_id id,
                         long *clusters)
{
    struct decoded_tile *tile = vector_of(fixture, map, id);
    long sum = 0;

    *clusters = 0;
    for (uint32_t i = 0; i < tile->n_features; i++) {
        const struct decoded_feature *f = &tile->features[i];
        long n = number_of(f, "point_count");

        if (n) {
            assert_true(f->id >= 1ull << 52);
            assert_int_equal(number_of(f, "count:a") + number_of(f, "count:b"), n);
            assert_non_null(strstr(f->properties, "cluster=true"));
            assert_true(number_of(f, "expansion_zoom") > (long)id.z);
            assert_null(strstr(f->properties, "kind="));
            *clusters += 1;
        } else {
            assert_true(f->id <= 1200);
            assert_non_null(strstr(f->properties, "kind="));
        }
        sum += n ? n : 1;
    }
    free(tile);
    return sum;
}

TEST(vector_tiles_have_the_same_clusters_with_their_kinds)
{
    struct fixture *f = *state;
    long clusters;

    assert_int_equal(count_points(f, f->map, (struct tile_id){0, 0, 0}, &clusters),
                     1200);
    assert_true(clusters > 0);
    assert_int_equal(count_points(f, f->map, (struct tile_id){4, 13, 6}, &clusters),
                     1200);
    assert_true(clusters > 0);
    (void)count_points(f, f->map, (struct tile_id){9, 428, 209}, &clusters);
    assert_true(clusters > 0);
    (void)count_points(f, f->map, (struct tile_id){10, 857, 418}, &clusters);
    assert_int_equal(clusters, 0);
}

TEST(a_filtered_map_counts_what_it_shows)
{
    struct fixture *f = *state;
    const struct tile_map *map = open_map(f->atlas, "kind = 'b'");
    long clusters;

    assert_int_equal(count_points(f, map, (struct tile_id){4, 13, 6}, &clusters), 400);
    assert_true(clusters > 0);
    tile_map_unref(map);
}

/* ---- versions of tiles ---- */

static uint64_t version_of(
    struct fixture *f, const struct tile_map *map, uint32_t z, double lon, double lat)
{
    struct tile_id id = {z, world_x(lon) >> (32 - z), world_y(lat) >> (32 - z)};
    struct im_error err;
    uint64_t version;

    assert_int_equal(tile_content_prepare(map, f->worker, id, 256, &version, &err),
                     IM_OK);
    return version;
}

/* A point far from a tile whose cluster counts it. */
TEST(a_tile_changes_with_the_points_of_its_clusters)
{
    struct fixture *f = *state;
    struct memory_source *ms = memory_source_new();
    uint64_t before[2];
    uint64_t after[2];

    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0)
            memory_source_layer(ms, LAYER, STYLE, 1);
        else
            memory_source_clear(ms, "spots", 2);
        add_spot(ms, -120, 40, 7, 'a'); /* the corners of the extent stay */
        add_spot(ms, 150, -30, 8, 'a');
        for (int i = 0; i < 8; i++)
            add_spot(ms, 121.5 + i * 0.001, 31.2, 10 + i, 'a');
        /* another kind: same place, same number of points */
        add_spot(ms, 118.9, 31.2, 9, turn ? 'b' : 'a');
        const struct atlas *atlas = memory_source_atlas(ms);
        const struct tile_map *map = open_map(atlas, NULL);
        uint64_t *versions = turn ? after : before;

        versions[0] = version_of(f, map, 4, 121.5, 31.2);
        versions[1] = version_of(f, map, 4, 150, -30);
        tile_map_unref(map);
        atlas_unref(atlas);
    }
    assert_int_not_equal(before[0], after[0]);
    assert_int_equal(before[1], after[1]);
    memory_source_free(ms);
}

static bool is_bare(const struct tile_map *map, uint32_t z, double lon, double lat)
{
    return tile_block_is_bare(
        map, (struct tile_id){z, world_x(lon) >> (32 - z), world_y(lat) >> (32 - z)}, 1,
        256);
}

TEST(a_tile_with_a_cluster_and_no_point_is_not_bare)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER, STYLE, 1);
    for (int i = 0; i < 2; i++) /* 44 px of zoom 9 apart: 88 of vector tiles' */
        add_spot(ms, 121 + i * 0.06, 31.2, i, 'a');
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct tile_map *map = open_map(atlas, NULL);
    assert_false(is_bare(map, 8, 121.03, 31.2));
    assert_true(is_bare(map, 8, 110, 31.2));
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(ms);
}

/* ---- expressions ---- */

TEST(expressions_read_what_a_cluster_is)
{
    struct fixture *f = *state;
    const struct atlas_layer *layer = atlas_layer_at(f->atlas, 0);
    const struct clusters *clusters = atlas_clusters(layer);
    static const char json[] =
        "{\"layers\":[{\"id\":\"t\",\"type\":\"symbol\",\"layout\":{\"text-field\":["
        "\"concat\",[\"get\",\"point_count\"],\" \",[\"get\",\"count:a\"],\" \","
        "[\"get\",\"cluster\"],\" \",[\"has\",\"id\"],\" \",[\"has\",\"count:zz\"],"
        "\" \",[\"==\",[\"id\"],[\"get\",\"cluster_id\"]],\" \",[\"geometry-type\"],"
        "\" \",[\"get\",[\"concat\",\"expansion\",\"_zoom\"]],\" \",[\"get\","
        "\"count:b\",[\"properties\"]]]}}]}";
    struct im_arena *arena = im_arena_new(1 << 20);
    struct style style;
    struct im_error err;
    struct style_eval at = {.zoom = 3};
    char expected[200];
    uint32_t n;

    if (style_parse(im_bytes_of(json), atlas_layer_schema(layer), LANG_ZH, arena,
                    &style, &err) != IM_OK)
        fail_msg("%s", err.msg);
    for (uint32_t i = 0; i < clusters_count(clusters); i++) {
        const struct cluster_code *codes = cluster_codes(clusters, i, &n);
        bool has_a = false;
        struct im_bytes text;

        if (n != 2)
            continue;
        has_a =
            im_bytes_equal(atlas_code_text(layer, 1, codes[0].code), im_bytes_of("a"));
        style_eval_cluster(&at, layer, clusters, i);
        text = style_text(&style.layers[0], TEXT_FIELD, &at);
        snprintf(expected, sizeof expected, "%u %u true false false true Point %u %u",
                 cluster_at(clusters, i)->n_points, codes[has_a ? 0 : 1].n_points,
                 cluster_at(clusters, i)->max_zoom + 1, codes[has_a ? 1 : 0].n_points);
        if (!im_bytes_equal(text, im_bytes_of(expected)))
            fail_msg("'%.*s' instead of '%s'", (int)text.len, (const char *)text.data,
                     expected);
    }
    im_arena_free(arena);
}

TEST(numbers_of_points_are_short)
{
    static const struct {
        uint32_t n;
        const char *text;
    } cases[] = {{2, "2"},          {999, "999"},          {1000, "1k"},
                 {1049, "1k"},      {1050, "1.1k"},        {1234, "1.2k"},
                 {9949, "9.9k"},    {9950, "10k"},         {12345, "12k"},
                 {999499, "999k"},  {999500, "1m"},        {1500000, "1.5m"},
                 {25000000, "25m"}, {4000000000u, "4000m"}};
    char text[CLUSTER_COUNT_TEXT];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(cluster_count_text(cases[i].n, text), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_go_on_over_the_edges_of_tiles),
        cmocka_unit_test(circles_with_the_number_of_points_in_them),
        cmocka_unit_test(vector_tiles_have_the_same_clusters_with_their_kinds),
        cmocka_unit_test(a_filtered_map_counts_what_it_shows),
        cmocka_unit_test(a_tile_changes_with_the_points_of_its_clusters),
        cmocka_unit_test(a_tile_with_a_cluster_and_no_point_is_not_bare),
        cmocka_unit_test(expressions_read_what_a_cluster_is),
        cmocka_unit_test(numbers_of_points_are_short),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
