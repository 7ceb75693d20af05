/* SPDX-License-Identifier: Apache-2.0 */
/* What lies under a pixel: the same as what is drawn there. */
#include <test.h>

#include "map.h"
#include "render/render.h"

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/identify.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name)                                                                    \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\",\"en\":\"" name             \
    "\"},\"type\":\"text\",\"tile_zoom\":0}"
#define LAYER(id, geometry, more)                                                      \
    "{\"id\":\"" id "\",\"title\":{\"zh\":\"" id "\",\"en\":\"" id "\"},\"geometry\":" \
    "\"" geometry                                                                      \
    "\",\"key\":\"id\",\"in_map\":true,\"fields\":[" FIELD("id") "," FIELD(            \
        "color") ",{\"name\":\"reviewed\",\"title\":{\"zh\":\"r\",\"en\":\"r\"},"      \
                 "\"type\":\"integer\"}]" more "}"
#define FILLED                                                                         \
    "{\"layers\":[{\"id\":\"f\",\"type\":\"fill\",\"metadata\":{\"order\":100},"       \
    "\"paint\":{\"fill-color\":[\"get\",\"color\"],\"fill-antialias\":false}}]}"

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    struct grid_set *grids;
    struct grid_set *cities;
    struct tile_worker *worker;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct im_error err;

    f = (struct fixture){.source = memory_source_new()};
    assert_int_equal(grid_set_open(TEST_SOURCE_DIR "/tiles/grids", &f.grids, &err),
                     IM_OK);
    assert_int_equal(
        grid_set_open(TEST_SOURCE_DIR "/tests/data/grids", &f.cities, &err), IM_OK);
    assert_int_equal(tile_worker_new(NULL, &f.worker, &err), IM_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tile_worker_free(f->worker);
    atlas_unref(f->atlas);
    grid_set_close(f->grids);
    grid_set_close(f->cities);
    memory_source_free(f->source);
    return 0;
}

static const struct tile_map *map_with(const struct fixture *f,
                                       struct tile_map_options options)
{
    const struct tile_map *map = NULL;
    struct im_error err;

    options.layers = options.layers ? options.layers : "map";
    if (tile_map_new(f->atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return map;
}

static const struct tile_map *map_of(const struct fixture *f, const char *layers)
{
    return map_with(f, (struct tile_map_options){.layers = layers});
}

static uint32_t ask(const struct tile_map *map,
                    struct tile_id id,
                    double x_px,
                    double y_px,
                    struct tile_hit *hits,
                    uint32_t max)
{
    struct im_error err;
    uint32_t n = 0;

    if (tile_identify(map, id, x_px, y_px, NULL, hits, max, &n, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return n;
}

/* Keys from the top, "a b c". */
static const char *
keys_at(const struct tile_map *map, struct tile_id id, double x_px, double y_px)
{
    static char text[400];
    struct tile_hit hits[TILE_MAX_HITS];
    uint32_t n = ask(map, id, x_px, y_px, hits, TILE_MAX_HITS);
    size_t len = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        struct im_bytes key = atlas_text(hits[i].layer, hits[i].feature, 0);

        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s%s", i ? " " : "",
                                (int)key.len, (const char *)key.data,
                                hits[i].n_points ? "*" : "");
    }
    return text;
}

/* ---- areas: pixel by pixel what is drawn ---- */

enum { AREAS = 40 };

/* Scattered, so that a mixture of two at an edge is no third one. */
static unsigned color_of(int i)
{
    return ((unsigned)i + 1) * 2654435761u >> 8;
}

static bool is_color(unsigned color)
{
    for (int i = 0; i < AREAS; i++)
        if (color == color_of(i))
            return true;
    return false;
}

static void add_areas(struct memory_source *ms, struct test_random *r, int n)
{
    for (int i = 0; i < n; i++) {
        double lon = test_random_in(r, 121.0, 121.6);
        double lat = test_random_in(r, 31.0, 31.4);
        double xy[2 * 9];
        uint32_t ring = 9;
        uint32_t area = 1;
        struct geom g = {GEOM_AREA, 9, 1, 1, xy, &ring, &area};
        char values[60];

        for (int k = 0; k < 8; k++) {
            double angle = k * 3.14159265358979 / 4;
            double radius = test_random_in(r, 0.02, 0.09);

            xy[2 * k] = lon + radius * cos(angle);
            xy[2 * k + 1] = lat + radius * sin(angle);
        }
        xy[16] = xy[0];
        xy[17] = xy[1];
        snprintf(values, sizeof values, "A%d|#%06x|1", i, color_of(i));
        memory_source_feature(ms, &g, values);
    }
}

static unsigned top_color(const struct tile_hit *hit)
{
    struct im_bytes text = atlas_text(hit->layer, hit->feature, 1);
    char copy[8] = "";

    memcpy(copy, text.data, text.len < 7 ? text.len : 7);
    return (unsigned)strtoul(copy + 1, NULL, 16);
}

#define BARE 0xff000000u
#define MIXED 0xfe000000u

/* The colour of this pixel and of those around it; MIXED when they differ: drawing may
 * move an edge by a fraction of a pixel. */
static unsigned color_around(const struct raster *raster, uint32_t x, uint32_t y)
{
    const uint8_t *at = raster->rgba + 4 * ((size_t)y * raster->width_px + x);

    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            if (memcmp(at + 4 * ((ptrdiff_t)dy * raster->width_px + dx), at, 4) != 0)
                return MIXED;
    if (at[3] == 0)
        return BARE;
    unsigned color = (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];
    return at[3] == 255 && is_color(color) ? color : MIXED;
}

static void compare_with_picture(const struct fixture *f,
                                 const struct tile_map *map,
                                 struct tile_id id)
{
    struct render_area area = {id.z, id.x * 256ll, id.y * 256ll, 256, 256, 0, false};
    unsigned drawn = 0;
    unsigned bare = 0;
    struct raster raster;
    struct im_error err;

    assert_int_equal(raster_init(&raster, 256, 256, &err), IM_OK);
    assert_int_equal(render_area(map, f->worker, area, 1, &raster, &err), IM_OK);
    for (uint32_t y = 1; y < 255; y += 3)
        for (uint32_t x = 1; x < 255; x += 3) {
            unsigned color = color_around(&raster, x, y);
            struct tile_hit hit;
            uint32_t n = ask(map, id, x + 0.5, y + 0.5, &hit, 1);

            if (color == MIXED)
                continue;
            assert_int_equal(n, color == BARE ? 0 : 1);
            if (color == BARE)
                bare++;
            else
                assert_int_equal(top_color(&hit), color);
            drawn += color != BARE;
        }
    assert_true(drawn > 500 && bare > 100);
    raster_release(&raster);
}

static struct tile_id
tile_at(const struct tile_grid *grid, uint32_t z, double lon, double lat)
{
    struct bbox at = {lon, lat, lon, lat};
    uint32_t cols[2];
    uint32_t rows[2];

    assert_true(tile_grid_limits(grid, z, at, cols, rows));
    return (struct tile_id){z, cols[0], rows[0]};
}

static void pixels_of_areas_are_what_is_found(void **state)
{
    struct fixture *f = *state;
    struct test_random r = test_random_new("identify");
    const struct tile_grid *grids[] = {
        tile_grid_web_mercator(), grid_set_find(f->grids, im_bytes_of("CGCS2000Quad")),
        grid_set_find(f->grids, im_bytes_of("GCJ02Quad")),
        grid_set_find(f->cities, im_bytes_of("City4549"))};
    const uint32_t zooms[] = {9, 8, 9, 1};

    memory_source_layer(f->source, LAYER("areas", "area", ""), FILLED, 1);
    add_areas(f->source, &r, AREAS);
    f->atlas = memory_source_atlas(f->source);
    for (int i = 0; i < 4; i++) {
        const struct tile_map *map;

        assert_non_null(grids[i]);
        map = map_with(f, (struct tile_map_options){.grid = grids[i]});
        compare_with_picture(f, map, tile_at(grids[i], zooms[i], 121.3, 31.2));
        tile_map_unref(map);
    }
}

/* ---- order, distance, what is hidden ---- */

/* Tile 0/0/0: 256 px over 360 degrees; lon 0 is x 128, lat 0 is y 128. */
#define PX_DEG (360.0 / 256)
static const struct tile_id WORLD = {0, 0, 0};

#define PAINT(id, type, order, more)                                                   \
    "{\"id\":\"" id "\",\"type\":\"" type "\",\"metadata\":{\"order\":" #order         \
    "}" more "}"

static void add_layers(struct fixture *f)
{
    struct memory_source *ms = f->source;

    memory_source_layer(ms, LAYER("ground", "area", ",\"group\":\"base\""), FILLED, 1);
    memory_source_row(ms, "POLYGON((-170 -80,170 -80,170 80,-170 80,-170 -80))",
                      "G|#000000|1");
    memory_source_layer(
        ms, LAYER("lands", "area", ",\"roles\":{\"reviewed\":\"reviewed\"}"), FILLED,
        1);
    memory_source_row(ms,
                      "POLYGON((0 0,40 0,40 40,0 40,0 0),(10 10,10 20,20 20,20 "
                      "10,10 10))",
                      "L|#ff0000|0");
    memory_source_row(ms, "POLYGON((30 0,80 0,80 40,30 40,30 0))", "M|#00ff00|1");
    memory_source_layer(ms, LAYER("roads", "line", ""),
                        "{\"layers\":[" PAINT("r", "line", 300,
                                              ",\"paint\":{\"line-width\":[\"match\","
                                              "[\"get\",\"id\"],\"W\",20,1]}") "]}",
                        1);
    memory_source_row(ms, "LINESTRING(-100 0,-60 0)", "R||");
    memory_source_row(ms, "LINESTRING(-100 -40,-60 -40)", "W||");
    memory_source_layer(
        ms, LAYER("spots", "point", ""),
        "{\"layers\":[" PAINT("c", "circle", 400,
                              ",\"filter\":[\"!=\",[\"get\",\"id\"],\"gone\"],"
                              "\"layout\":{\"circle-sort-key\":[\"match\",[\"get\","
                              "\"id\"],\"top\",2,1]}") "," PAINT("late", "circle", 401,
                                                                 ",\"minzoom\":5,"
                                                                 "\"filter\":[\"==\","
                                                                 "[\"get\",\"id\"],"
                                                                 "\"gone\"]") "]}",
        1);
    memory_source_row(ms, "POINT(35 5)", "top||");
    memory_source_row(ms, "POINT(35 5)", "below||");
    memory_source_row(ms, "POINT(35 5)", "gone||");
    f->atlas = memory_source_atlas(ms);
}

/* Rather y down than latitude: near the equator they are nearly the same. */
static const char *at(const struct tile_map *map, double lon, double lat)
{
    return keys_at(map, WORLD, 128 + lon / PX_DEG, 128 - lat / PX_DEG);
}

static void the_one_drawn_last_comes_first(void **state)
{
    struct fixture *f = *state;
    const struct tile_map *map;
    struct tile_hit hits[2];

    add_layers(f);
    map = map_of(f, "map");
    /* by style order, then sort key, then row; the base map is no answer */
    assert_string_equal(at(map, 35, 5), "top below M L");
    assert_int_equal(ask(map, WORLD, 128 + 35 / PX_DEG, 128 - 5 / PX_DEG, hits, 2), 2);
    assert_string_equal(at(map, 75, 30), "M");
    assert_string_equal(at(map, 15, 15), "");   /* the hole */
    assert_string_equal(at(map, -150, 50), ""); /* ground alone */
    tile_map_unref(map);
    map = map_of(f, "lands");
    assert_string_equal(at(map, 35, 5), "M L");
    tile_map_unref(map);
}

static void lines_and_points_are_found_nearby(void **state)
{
    struct fixture *f = *state;
    const struct tile_map *map;

    add_layers(f);
    map = map_of(f, "roads,spots");
    assert_string_equal(at(map, -80, 3.5 * PX_DEG), "R");
    assert_string_equal(at(map, -80, 4.5 * PX_DEG), "");
    /* 20 px wide: 10 on each side; 40 degrees south lie 31 px from the equator */
    assert_string_equal(keys_at(map, WORLD, 128 - 80 / PX_DEG, 159), "W");
    assert_string_equal(keys_at(map, WORLD, 128 - 80 / PX_DEG, 159 + 9), "W");
    assert_string_equal(keys_at(map, WORLD, 128 - 80 / PX_DEG, 159 + 12), "");
    assert_string_equal(at(map, 35 + 7.5 * PX_DEG, 5), "top below");
    assert_string_equal(at(map, 35 + 8.5 * PX_DEG, 5), "");
    tile_map_unref(map);
}

static void what_the_map_hides_is_not_found(void **state)
{
    struct fixture *f = *state;
    const struct tile_map *map;

    add_layers(f);
    map = map_with(f, (struct tile_map_options){.leave_out_unreviewed = true});
    assert_string_equal(at(map, 35, 5), "top below M");
    tile_map_unref(map);
    map = map_with(
        f, (struct tile_map_options){.layers = "lands,spots", .filter = "id <> 'top'"});
    assert_string_equal(at(map, 35, 5), "below M L");
    tile_map_unref(map);
}

static void clusters_are_found_as_one(void **state)
{
    struct fixture *f = *state;
    const struct tile_map *map;
    struct tile_hit hit;

    memory_source_layer(
        f->source,
        LAYER("spots", "point", ",\"cluster\":{\"max_zoom\":9,\"radius_px\":50}"),
        "{\"layers\":[" PAINT("c", "circle", 400, "") "]}", 1);
    memory_source_row(f->source, "POINT(10 1)", "a||");
    memory_source_row(f->source, "POINT(11 1)", "b||");
    memory_source_row(f->source, "POINT(100 1)", "c||");
    f->atlas = memory_source_atlas(f->source);
    map = map_of(f, "map");
    assert_int_equal(ask(map, WORLD, 128 + 10.5 / PX_DEG, 127, &hit, 1), 1);
    assert_int_equal(hit.n_points, 2);
    assert_string_equal(at(map, 100, 1), "c");
    tile_map_unref(map);
}

static void a_tile_beyond_the_grid_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct tile_map *map;
    struct tile_hit hit;
    struct im_error err;
    uint32_t n;

    add_layers(f);
    map = map_of(f, "map");
    assert_int_equal(
        tile_identify(map, (struct tile_id){0, 1, 0}, 0, 0, NULL, &hit, 1, &n, &err),
        IM_EARG);
    tile_map_unref(map);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {CASE(pixels_of_areas_are_what_is_found),
                                       CASE(the_one_drawn_last_comes_first),
                                       CASE(lines_and_points_are_found_nearby),
                                       CASE(what_the_map_hides_is_not_found),
                                       CASE(clusters_are_found_as_one),
                                       CASE(a_tile_beyond_the_grid_is_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
