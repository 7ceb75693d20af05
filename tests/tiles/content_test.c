/* SPDX-License-Identifier: Apache-2.0 */
/* tile_content_version: whatever changes a tile changes its version, and most of what
 * leaves a tile alone does not. The seed is printed; IM_SEED= replays it. */
#include "test.h"

#include "support/memory_source.h"

#include <tiles/tile.h>

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

static const char PLACES[] =
    "{\"id\":\"places\",\"title\":{\"zh\":\"地\",\"en\":\"P\"},\"geometry\":\"point\","
    "\"key\":\"id\",\"group\":\"places\",\"order\":30,\"in_map\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"号\",\"en\":\"ID\"},\"type\":\"text\","
    "\"tile_zoom\":0},"
    "{\"name\":\"name\",\"title\":{\"zh\":\"名\",\"en\":\"N\"},\"type\":\"text\","
    "\"tile_zoom\":0},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"级\",\"en\":\"R\"},\"type\":\"real\"}],"
    "\"roles\":{\"importance\":\"rank\"},"
    "\"source\":{\"zh\":\"s\",\"en\":\"s\"},\"source_date\":\"2026-11\","
    "\"licence\":\"x\",\"attribution\":{\"zh\":\"a\",\"en\":\"a\"}}";
static const char PLACES_STYLE[] =
    "{\"layers\":["
    "{\"id\":\"p\",\"type\":\"circle\",\"metadata\":{\"order\":420},\"paint\":"
    "{\"circle-radius\":4,\"circle-color\":[\"case\",[\">\",[\"get\",\"rank\"],0.5],"
    "\"#d9822b\",\"#2266aa\"]}},"
    "{\"id\":\"n\",\"type\":\"symbol\",\"minzoom\":5,\"metadata\":{\"order\":720},"
    "\"layout\":{\"text-field\":[\"get\",\"name\"],\"text-size\":12,"
    "\"text-variable-anchor\":[\"top\",\"bottom\",\"left\",\"right\"],"
    "\"text-radial-offset\":0.6},"
    "\"paint\":{\"text-color\":\"#5b3a12\"}}]}";
static const char ROADS[] =
    "{\"id\":\"roads\",\"title\":{\"zh\":\"路\",\"en\":\"R\"},\"geometry\":\"line\","
    "\"key\":\"id\",\"group\":\"base\",\"order\":20,\"in_map\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"号\",\"en\":\"ID\"},\"type\":\"text\","
    "\"tile_zoom\":0}],"
    "\"source\":{\"zh\":\"s\",\"en\":\"s\"},\"source_date\":\"2026-11\","
    "\"licence\":\"x\",\"attribution\":{\"zh\":\"a\",\"en\":\"a\"}}";
static const char ROADS_STYLE[] =
    "{\"layers\":[{\"id\":\"r\",\"type\":\"line\",\"metadata\":{\"order\":220},"
    "\"paint\":{\"line-width\":[\"interpolate\",[\"linear\"],[\"zoom\"],5,1,12,9],"
    "\"line-color\":\"#888888\"}}]}";

enum { MAX_ROWS = 400, ROADS_AT = 300, IMPORTS = 6, ZOOM_FROM = 5, ZOOM_TO = 10 };

struct row {
    double lon, lat, lon2, lat2;
    unsigned name;
    double rank;
    bool is_there;
};

struct world {
    uint64_t seed;
    struct row rows[MAX_ROWS]; /* places, from ROADS_AT on roads */
    uint64_t version;
};

static double random_in(struct world *w, double from, double to)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return from + (to - from) * (double)(w->seed >> 33) / 2147483648.0;
}

static void place_row(struct world *w, unsigned i)
{
    struct row *r = &w->rows[i];

    *r = (struct row){.lon = random_in(w, 119, 122),
                      .lat = random_in(w, 30, 32),
                      .name = (unsigned)random_in(w, 0, 1000),
                      .rank = random_in(w, 0.01, 0.99),
                      .is_there = true};
    r->lon2 = r->lon + random_in(w, -0.2, 0.2);
    r->lat2 = r->lat + random_in(w, -0.2, 0.2);
}

/* Two corners that stay, so that the extent of the layer does. */
static void add_corners(struct memory_source *ms, bool line)
{
    memory_source_row(ms,
                      line ? "LINESTRING(118.5 29.5,118.6 29.5)" : "POINT(118.5 29.5)",
                      line ? "a" : "a||0");
    memory_source_fid(ms, 1);
    memory_source_row(ms,
                      line ? "LINESTRING(122.5 32.5,122.6 32.5)" : "POINT(122.6 32.5)",
                      line ? "b" : "b||1");
    memory_source_fid(ms, 2);
}

static const struct tile_map *map_in(const struct world *w,
                                     const struct tile_grid *grid)
{
    struct memory_source *ms = memory_source_new();
    const struct tile_map *map = NULL;
    struct im_error err = {0};
    char wkt[200];
    char values[80];

    memory_source_layer(ms, PLACES, PLACES_STYLE, w->version);
    add_corners(ms, false);
    for (unsigned i = 0; i < MAX_ROWS; i++) {
        const struct row *r = &w->rows[i];

        if (i == ROADS_AT) {
            memory_source_layer(ms, ROADS, ROADS_STYLE, w->version);
            add_corners(ms, true);
        }
        if (!r->is_there)
            continue;
        if (i < ROADS_AT) {
            snprintf(wkt, sizeof wkt, "POINT(%f %f)", r->lon, r->lat);
            snprintf(values, sizeof values, "p%u|地方%u号|%f", i, r->name, r->rank);
        } else {
            snprintf(wkt, sizeof wkt, "LINESTRING(%f %f,%f %f)", r->lon, r->lat,
                     r->lon2, r->lat2);
            snprintf(values, sizeof values, "r%u", i);
        }
        memory_source_row(ms, wkt, values);
        memory_source_fid(ms, 10 + i);
    }
    const struct atlas *atlas = memory_source_atlas(ms);
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH, .grid = grid};
    if (tile_map_new(atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    atlas_unref(atlas);
    memory_source_free(ms);
    return map;
}

static const struct tile_map *map_of(const struct world *w)
{
    return map_in(w, NULL);
}

struct drawn {
    uint64_t version;
    uint64_t mvt_version;
    uint64_t png;
    uint64_t mvt;
};

static struct drawn
draw(const struct tile_map *map, struct tile_worker *worker, struct tile_id id)
{
    struct im_buf buf = {.max = 16 << 20};
    struct im_error err = {0};
    struct drawn d = {0};
    uint64_t again;

    assert_int_equal(tile_content_prepare(map, worker, id, 256, &d.version, &err),
                     IM_OK);
    assert_true(tile_content_version(map, id, 256, &again));
    assert_int_equal(again, d.version);
    assert_int_equal(tile_content_prepare(map, worker, id, tile_mvt_side_px(map),
                                          &d.mvt_version, &err),
                     IM_OK);
    assert_int_equal(tile_render_png(map, worker, id, 1, &buf, &err), IM_OK);
    d.png = XXH3_64bits(buf.data, buf.len);
    im_buf_clear(&buf);
    assert_int_equal(tile_encode_mvt(map, worker, id, &buf, &err), IM_OK);
    d.mvt = XXH3_64bits(buf.data, buf.len);
    im_buf_release(&buf);
    return d;
}

/* Tiles of a zoom over 119..122 E, 30..32 N, and some around. */
static size_t list_tiles(struct tile_id *out, size_t max)
{
    size_t n = 0;

    for (uint32_t z = ZOOM_FROM; z <= ZOOM_TO; z++) {
        uint32_t x0 = (uint32_t)((118.7 + 180) / 360 * (1u << z));
        uint32_t x1 = (uint32_t)((122.2 + 180) / 360 * (1u << z));
        uint32_t y0 = world_y(32.3) >> (32 - z);
        uint32_t y1 = world_y(29.7) >> (32 - z);

        for (uint32_t x = x0; x <= x1; x++)
            for (uint32_t y = y0; y <= y1 && n < max; y++)
                out[n++] = (struct tile_id){z, x, y};
    }
    return n;
}

static struct world *world_new(void)
{
    const char *seed = getenv("IM_SEED");
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->seed = seed ? strtoull(seed, NULL, 10) : 20261121;
    w->version = 1;
    printf("IM_SEED=%llu\n", (unsigned long long)w->seed);
    for (unsigned i = 0; i < MAX_ROWS; i++)
        place_row(w, i);
    return w;
}

/* What an import may do to one row. */
static void change_row(struct world *w)
{
    struct row *r = &w->rows[(unsigned)random_in(w, 0, MAX_ROWS)];

    switch ((int)random_in(w, 0, 5)) {
    case 0:
        r->lon += 0.001;
        break;
    case 1:
        r->is_there = !r->is_there;
        break;
    case 2:
        r->name++;
        break;
    case 3:
        r->rank = random_in(w, 0.01, 0.99);
        break;
    default:
        place_row(w, (unsigned)(r - w->rows));
    }
}

TEST(a_tile_that_changes_has_a_new_version_and_most_others_keep_theirs)
{
    enum { MAX_TILES = 600 };
    static struct tile_id ids[MAX_TILES];
    static struct drawn before[MAX_TILES];
    size_t n = list_tiles(ids, MAX_TILES);
    size_t same = 0;
    size_t kept = 0;
    size_t changed = 0;
    struct world *w = world_new();
    struct tile_worker *worker = NULL;
    struct im_error err = {0};

    assert_int_equal(tile_worker_new(NULL, &worker, &err), IM_OK);
    for (int round = 0; round <= IMPORTS; round++) {
        const struct tile_map *map = map_of(w);

        for (size_t i = 0; i < n; i++) {
            struct drawn now = draw(map, worker, ids[i]);
            bool is_same = now.png == before[i].png;
            bool is_same_mvt = now.mvt == before[i].mvt;

            if (round && ((!is_same && now.version == before[i].version) ||
                          (!is_same_mvt && now.mvt_version == before[i].mvt_version)))
                fail_msg("tile %u/%u/%u changed and kept its version", ids[i].z,
                         ids[i].x, ids[i].y);
            same += round && is_same;
            same += round && is_same_mvt;
            kept += round && now.version == before[i].version;
            kept += round && now.mvt_version == before[i].mvt_version;
            changed += round && !is_same;
            before[i] = now;
        }
        tile_map_unref(map);
        change_row(w);
        change_row(w);
        w->version++;
    }
    printf("%zu tiles the same, %zu of them kept, %zu changed\n", same, kept, changed);
    assert_true(changed > 0);
    assert_true(kept * 10 >= same * 8);
    tile_worker_free(worker);
    free(w);
}

TEST(a_place_beyond_the_others_leaves_most_tiles_alone)
{
    enum { MAX_TILES = 600 };
    static struct tile_id ids[MAX_TILES];
    static struct drawn before[MAX_TILES];
    size_t n = list_tiles(ids, MAX_TILES);
    size_t same = 0;
    size_t kept = 0;
    struct world *w = world_new();
    struct tile_worker *worker = NULL;
    struct im_error err = {0};

    assert_int_equal(tile_worker_new(NULL, &worker, &err), IM_OK);
    for (int round = 0; round < 2; round++) {
        const struct tile_map *map = map_of(w);

        for (size_t i = 0; i < n; i++) {
            struct drawn now = draw(map, worker, ids[i]);

            bool is_same = now.png == before[i].png;

            same += round && is_same;
            kept += round && now.version == before[i].version;
            if (round && !is_same && now.version == before[i].version)
                fail_msg("tile %u/%u/%u changed and kept its version", ids[i].z,
                         ids[i].x, ids[i].y);
            before[i] = now;
        }
        tile_map_unref(map);
        w->rows[7].lon = 122.9; /* east of the corners that are there always */
        w->rows[7].lat = 29.4;
        w->version++;
    }
    assert_true(same > n / 2);
    assert_true(kept * 10 >= same * 8);
    tile_worker_free(worker);
    free(w);
}

TEST(versions_follow_from_the_rows_and_not_from_the_number_of_the_import)
{
    struct world *w = world_new();
    const struct tile_map *a = map_of(w);
    struct tile_worker *worker = NULL;
    struct im_error err = {0};
    struct tile_id id = {8, 213, 104};

    w->version += 5;
    const struct tile_map *b = map_of(w);
    assert_int_equal(tile_worker_new(NULL, &worker, &err), IM_OK);
    assert_int_not_equal(tile_map_version(a), tile_map_version(b));
    assert_int_equal(tile_map_look(a), tile_map_look(b));
    assert_int_equal(draw(a, worker, id).version, draw(b, worker, id).version);
    tile_worker_free(worker);
    tile_map_unref(a);
    tile_map_unref(b);
    free(w);
}

TEST(two_tiles_two_sizes_two_looks_are_told_apart)
{
    struct world *w = world_new();
    const struct tile_map *map = map_of(w);
    struct tile_worker *worker = NULL;
    struct im_error err = {0};
    struct tile_id ocean[] = {
        {12, 0, 0}, {12, 0, 1}, {22, 0, 0}, {22, 4194303, 4194303}};
    uint64_t seen[5];
    size_t n = 0;

    assert_int_equal(tile_worker_new(NULL, &worker, &err), IM_OK);
    assert_false(tile_content_version(map, ocean[0], 256, &seen[0])); /* no plan yet */
    for (; n < 4; n++)
        assert_int_equal(
            tile_content_prepare(map, worker, ocean[n], 256, &seen[n], &err), IM_OK);
    assert_int_equal(tile_content_prepare(map, worker, ocean[0], 512, &seen[n++], &err),
                     IM_OK);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(seen[i], seen[j]);
    tile_worker_free(worker);
    tile_map_unref(map);
    free(w);
}

/* In other grids it is never worked out by who only asks: what is known was kept. */
TEST(versions_of_many_tiles_are_kept)
{
    enum { SIDE = 64 };
    struct world *w = world_new();
    struct grid_set *grids = NULL;
    struct tile_worker *worker = NULL;
    struct im_error err = {0};
    unsigned n_kept = 0;
    uint64_t version;

    assert_int_equal(grid_set_open(SHIPPED_GRIDS, &grids, &err), IM_OK);
    assert_int_equal(tile_worker_new(NULL, &worker, &err), IM_OK);
    const struct tile_map *map =
        map_in(w, grid_set_find(grids, im_bytes_of("WorldCRS84Quad")));
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < SIDE * SIDE; i++) {
            struct tile_id id = {14, 27000 + i % SIDE, 2000 + i / SIDE};

            if (round)
                n_kept += tile_content_version(map, id, 256, &version);
            else
                assert_int_equal(
                    tile_content_prepare(map, worker, id, 256, &version, &err), IM_OK);
        }
    assert_in_range(n_kept, SIDE * SIDE * 99 / 100, SIDE * SIDE);
    tile_worker_free(worker);
    tile_map_unref(map);
    grid_set_close(grids);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_tile_that_changes_has_a_new_version_and_most_others_keep_theirs),
        cmocka_unit_test(
            versions_follow_from_the_rows_and_not_from_the_number_of_the_import),
        cmocka_unit_test(a_place_beyond_the_others_leaves_most_tiles_alone),
        cmocka_unit_test(two_tiles_two_sizes_two_looks_are_told_apart),
        cmocka_unit_test(versions_of_many_tiles_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
