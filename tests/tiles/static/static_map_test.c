/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/static: static maps are the tiles' pixels, with true scale bars. */
#include <test.h>

#include "static/furniture.h"

#include <engine/geom.h>
#include <support/golden.h>
#include <support/memory_source.h>

#include <math.h>

#define FIELD(name)                                                                    \
    "{\"name\": \"" name "\", \"title\": {\"zh\": \"" name "\", \"en\": \"" name       \
    "\"}, \"type\": \"text\"}"
#define LAYER(id, geometry)                                                            \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"图层\", \"en\": \"Layer\"},"         \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": 1, \"in_map\": true, \"visibility\": \"public\", \"fields\": [" FIELD( \
        "id") "," FIELD("name_zh") "], \"roles\": {\"name_zh\": \"name_zh\"},"         \
                                   "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, "      \
                                   "\"licence\": \"CC0\"}"

static const char LAND[] =
    "{\"layers\": [{\"id\": \"ground\", \"type\": \"background\", \"metadata\": "
    "{\"order\": 0}, \"paint\": {\"background-color\": \"#cfe3ee\"}},"
    "{\"id\": \"land\", \"type\": \"fill\", \"paint\": {\"fill-color\": "
    "\"#f6f3ec\"}}, {\"id\": \"edge\", \"type\": \"line\", \"paint\": {\"line-color\": "
    "\"#a08c7a\", \"line-width\": 2}}], \"legend\": [{\"title\": {\"zh\": \"陆地\", "
    "\"en\": \"Land\"}, \"shape\": \"fill\", \"color\": \"#f6f3ec\"}]}";
static const char SPOTS[] =
    "{\"layers\": [{\"id\": \"spot\", \"type\": \"circle\", \"paint\": "
    "{\"circle-color\": \"#ff0000\", \"circle-radius\": 6}}], \"legend\": "
    "[{\"title\": {\"zh\": \"园区\", \"en\": \"Parks\"}, \"shape\": \"circle\", "
    "\"color\": \"#ff0000\"}]}";
/* far from the others; one of each kind, 11 degrees apart */
static const char KINDS[] =
    "{\"layers\": [{\"id\": \"kind\", \"type\": \"circle\", \"paint\": "
    "{\"circle-color\": [\"match\", [\"get\", \"name_zh\"], \"a\", \"#00aa00\", "
    "\"#aa00aa\"], \"circle-radius\": 6, \"circle-stroke-width\": 1, "
    "\"circle-stroke-color\": \"#222222\"}}], \"legend\": "
    "[{\"title\": {\"zh\": \"甲\", \"en\": \"A\"}, \"shape\": \"circle\", "
    "\"color\": \"#00aa00\"}, {\"title\": {\"zh\": \"乙\", \"en\": \"B\"}, "
    "\"shape\": \"circle\", \"color\": \"#aa00aa\"}]}";
static const char NAMES[] =
    "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"layout\": "
    "{\"text-field\": [\"get\", \"name_zh\"], \"text-size\": 20}, \"paint\": "
    "{\"text-color\": \"#00f\"}}]}";

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
    struct tile_worker *worker;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_error err;

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("land", "area"), LAND, 1);
    memory_source_row(f.source,
                      "POLYGON((119.2 30.1,121.7 30.4,122.1 31.9,120.3 32.4,119.2 "
                      "30.1))",
                      "1|");
    memory_source_layer(f.source, LAYER("spots", "point"), SPOTS, 1);
    memory_source_row(f.source, "POINT(121 31)", "1|");
    memory_source_row(f.source, "POINT(120.5 31.3)", "2|");
    memory_source_layer(f.source, LAYER("names", "point"), NAMES, 1);
    memory_source_row(f.source, "POINT(118 29)", "1|边界");
    memory_source_layer(f.source, LAYER("kinds", "point"), KINDS, 1);
    memory_source_row(f.source, "POINT(113 26)", "1|a");
    memory_source_row(f.source, "POINT(124 36)", "2|b");
    f.atlas = memory_source_atlas(f.source);
    *state = &f;
    return tile_map_new(f.atlas, &options, &f.map, &err) != IM_OK ||
           tile_worker_new(NULL, &f.worker, &err) != IM_OK;
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

static struct raster drawn(const struct fixture *f, const struct static_map *picture)
{
    struct im_buf png = {.max = 16 * 1024 * 1024};
    struct raster raster = {0};
    struct im_error err;

    if (static_map_render(picture, f->map, f->worker, &png, &err) != IM_OK)
        fail_msg("%s", err.msg);
    assert_true(golden_decode(im_buf_bytes(&png), &raster));
    im_buf_release(&png);
    assert_int_equal(raster.width_px, picture->width_px * picture->scale);
    return raster;
}

static const uint8_t *pixel(const struct raster *raster, double x, double y)
{
    return raster->rgba + 4 * ((size_t)y * raster->width_px + (size_t)x);
}

static bool is_red(const struct raster *raster, double x, double y)
{
    const uint8_t *p = pixel(raster, x, y);

    return p[0] > 240 && p[1] < 20 && p[2] < 20;
}

TEST(the_map_is_the_pixels_of_tiles)
{
    struct fixture *f = *state;
    /* the corner that the tiles 8/214/104 .. 8/215/105 share lies in the middle */
    double lon = 215.0 / 256 * 360 - 180;
    double lat = atan(sinh(M_PI * (1 - 2 * 105.0 / 256))) * 180 / M_PI;
    struct static_map picture = {.lon = lon,
                                 .lat = lat,
                                 .zoom = 8,
                                 .width_px = 512,
                                 .height_px = 512,
                                 .scale = 2};
    struct raster whole = drawn(f, &picture);
    unsigned different = 0;

    for (uint32_t t = 0; t < 4; t++) {
        struct tile_id id = {8, 214 + t % 2, 104 + t / 2};
        struct im_buf png = {.max = 1024 * 1024};
        struct raster tile = {0};
        struct im_error err;

        assert_int_equal(tile_render_png(f->map, f->worker, id, 2, &png, &err), IM_OK);
        assert_true(golden_decode(im_buf_bytes(&png), &tile));
        for (uint32_t y = 0; y < 512; y++)
            for (uint32_t x = 0; x < 512 * 4; x++) {
                int one = pixel(&whole, t % 2 * 512, t / 2 * 512 + y)[x];
                int other = pixel(&tile, 0, y)[x];

                /* palettes of two pictures are not the same */
                different += abs(one - other) > 8;
            }
        raster_release(&tile);
        im_buf_release(&png);
    }
    assert_int_equal(different, 0);
    raster_release(&whole);
}

TEST(places_are_where_they_belong_at_any_zoom)
{
    struct fixture *f = *state;

    for (double zoom = 7; zoom < 9; zoom += 0.3) {
        struct static_map picture = {.lon = 120.8,
                                     .lat = 31.1,
                                     .zoom = zoom,
                                     .width_px = 600,
                                     .height_px = 400,
                                     .scale = 1};
        struct raster raster = drawn(f, &picture);
        double x;
        double y;

        static_map_place(&picture, 121, 31, &x, &y);
        assert_true(is_red(&raster, x, y));
        /* a circle keeps its size between two zooms: 6 px */
        assert_true(is_red(&raster, x + 4, y) && !is_red(&raster, x + 8, y));
        static_map_place(&picture, 120.5, 31.3, &x, &y);
        assert_true(is_red(&raster, x, y));
        raster_release(&raster);
    }
}

TEST(a_box_fits_with_all_its_corners)
{
    struct static_map picture = {.width_px = 800, .height_px = 300, .scale = 1};
    struct bbox box = {119, 30, 122.5, 32};
    struct im_error err;
    double x0, y0, x1, y1;

    assert_int_equal(static_map_fit(&picture, box, &err), IM_OK);
    static_map_place(&picture, box.min_x, box.max_y, &x0, &y0);
    static_map_place(&picture, box.max_x, box.min_y, &x1, &y1);
    assert_true(fabs(y0) < 1e-6 && fabs(y1 - 300) < 1e-6); /* the tighter side */
    assert_true(x0 >= 0 && x1 <= 800 && fabs(x0 + x1 - 800) < 1e-6);
    box.max_x = 119;
    assert_int_equal(static_map_fit(&picture, box, &err), IM_EARG);
    assert_non_null(strstr(err.msg, "minlon,minlat,maxlon,maxlat"));
}

/* Against the geodesic of Karney, which is all but the parallel over such a length. */
TEST(the_scale_is_that_of_the_ground)
{
    for (double lat = 27; lat <= 36; lat += 1.5) {
        double degrees = 100 / 256.0 / exp2(10) * 360;
        double m = geodesic_distance_m(120, lat, 120 + degrees, lat);

        assert_true(fabs(static_map_m_per_px(lat, 10) * 100 / m - 1) < 1e-6);
    }
    assert_true(static_map_round_length(999) == 500);
    assert_true(static_map_round_length(1000) == 1000);
    assert_true(static_map_round_length(0.7) == 0.5);
    assert_true(static_map_round_length(24000) == 20000);
}

/* Names are cut by the edges of tiles, whose neighbours go on, but not by that of a
 * picture. */
TEST(a_name_at_the_edge_is_left_out)
{
    struct fixture *f = *state;
    struct static_map picture = {.lon = 118,
                                 .lat = 29,
                                 .zoom = 9,
                                 .width_px = 200,
                                 .height_px = 200,
                                 .scale = 1};

    for (int inside = 0; inside < 2; inside++) {
        unsigned blue = 0;
        double x;
        double y;

        static_map_place(&picture, 118, 29, &x, &y);
        struct raster raster = drawn(f, &picture);
        for (uint32_t i = 0; i < 200 * 200; i++)
            blue += raster.rgba[4 * i + 2] > 200 && raster.rgba[4 * i] < 60;
        assert_true(inside ? blue == 0 : blue > 20);
        raster_release(&raster);
        picture.lon += 98.0 / 256 / 512 * 360; /* now it stands 2 px from the edge */
    }
}

TEST(a_pin_points_at_its_place)
{
    struct fixture *f = *state;
    struct static_marker marker = {.lon = 119.9, .lat = 30.9, .color = {0, 0.5f, 0, 1}};
    struct static_map picture = {.lon = 120,
                                 .lat = 31,
                                 .zoom = 9,
                                 .width_px = 300,
                                 .height_px = 200,
                                 .scale = 3,
                                 .markers = &marker,
                                 .n_markers = 1};
    struct raster raster = drawn(f, &picture);
    double x;
    double y;

    static_map_place(&picture, marker.lon, marker.lat, &x, &y);
    const uint8_t *head = pixel(&raster, 3 * x, 3 * (y - 19));
    const uint8_t *tip = pixel(&raster, 3 * x, 3 * (y - 2));
    const uint8_t *below = pixel(&raster, 3 * x, 3 * (y + 3));
    assert_true(head[0] == 0 && head[1] > 120 && head[2] == 0);
    assert_true(tip[1] > 100 && tip[0] < 80);
    assert_true(below[0] > 200);
    raster_release(&raster);
}

TEST(what_is_out_of_range_is_refused_with_the_range)
{
    struct fixture *f = *state;
    static const struct {
        struct static_map picture;
        const char *says;
    } cases[] = {
        {{.lon = 2,
          .lat = 48,
          .zoom = 9,
          .width_px = 200,
          .height_px = 200,
          .scale = 1},
         "112..126"},
        {{.lon = 121,
          .lat = NAN,
          .zoom = 9,
          .width_px = 200,
          .height_px = 200,
          .scale = 1},
         "25..37"},
        {{.lon = 121,
          .lat = 31,
          .zoom = 23,
          .width_px = 200,
          .height_px = 200,
          .scale = 1},
         "0..22"},
        {{.lon = 121,
          .lat = 31,
          .zoom = 9,
          .width_px = 3000,
          .height_px = 200,
          .scale = 2},
         "100..2048"},
        {{.lon = 121,
          .lat = 31,
          .zoom = 9,
          .width_px = 200,
          .height_px = 99,
          .scale = 1},
         "99"},
    };
    struct im_buf png = {.max = 1024};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct im_error err;

        assert_int_equal(
            static_map_render(&cases[i].picture, f->map, f->worker, &png, &err),
            IM_EARG);
        if (!strstr(err.msg, cases[i].says))
            fail_msg("'%s' does not say '%s'", err.msg, cases[i].says);
    }
    im_buf_release(&png);
}

TEST(a_page_has_all_its_furniture)
{
    struct fixture *f = *state;
    struct static_marker markers[] = {
        {121.3, 31.5, im_bytes_of("标记"), {0.784f, 0.125f, 0.184f, 1}},
        {120.0, 31.0, {0}, {0.05f, 0.5f, 0.5f, 1}}};
    struct static_map picture = {.lon = 120.7,
                                 .lat = 31.2,
                                 .zoom = 7.6,
                                 .width_px = 420,
                                 .height_px = 300,
                                 .scale = 1,
                                 .markers = markers,
                                 .n_markers = 2,
                                 .title = im_bytes_of("长三角"),
                                 .notice = im_bytes_of("示意图 · 无审图号"),
                                 .legend = STATIC_LEGEND_AUTO,
                                 .has_scale_bar = true};
    struct im_buf png = {.max = 1024 * 1024};
    struct im_error err;

    assert_int_equal(static_map_render(&picture, f->map, f->worker, &png, &err), IM_OK);
    bool same = golden_png("static/furniture", im_buf_bytes(&png),
                           (struct golden_tolerance){24, 0.01});
    im_buf_release(&png);
    assert_true(same);
}

/* ---- legend ---- */

static struct render_area
area_around(double lon, double lat, uint32_t zoom, uint32_t side)
{
    double size = 256 * exp2(zoom);
    double y = 0.5 - log(tan(M_PI / 4 + lat * M_PI / 360)) / (2 * M_PI);

    return (struct render_area){.zoom = zoom,
                                .x_px = llround((lon / 360 + 0.5) * size) - side / 2,
                                .y_px = llround(y * size) - side / 2,
                                .width_px = side,
                                .height_px = side};
}

static uint32_t signs_at(struct fixture *f, double lon, double lat, const char *color)
{
    const struct map_layer *kinds = &f->map->layers[f->map->n_layers - 1];
    json_t *entry = json_pack("{s:s, s:s}", "shape", "circle", "color", color);
    struct shown *shown = NULL;
    struct im_error err;

    for (uint32_t i = 0; i < f->map->n_layers; i++)
        if (strcmp(atlas_layer_schema(f->map->layers[i].layer)->id, "kinds") == 0)
            kinds = &f->map->layers[i];
    assert_int_equal(
        shown_new(f->map, f->worker, area_around(lon, lat, 8, 200), &shown, &err),
        IM_OK);
    uint32_t rank = shown_entry(shown, kinds, entry, NULL);
    assert_int_equal(shown_layer(shown, kinds), lon < 114 || lon > 123);
    shown_free(shown);
    json_decref(entry);
    return rank;
}

TEST(a_kind_is_listed_where_it_is_drawn)
{
    struct fixture *f = *state;

    assert_true(signs_at(f, 113, 26, "#00aa00") > 0);
    assert_int_equal(signs_at(f, 113, 26, "#aa00aa"), 0);
    assert_int_equal(signs_at(f, 124, 36, "#00aa00"), 0);
    assert_true(signs_at(f, 124, 36, "#aa00aa") > 0);
    assert_int_equal(signs_at(f, 119, 30, "#aa00aa"), 0);
}

static struct static_map page_of(uint32_t width, uint32_t height)
{
    static const struct static_marker marker = {
        .lon = 121.4, .lat = 30.6, .color = {1, 0, 0, 1}};

    return (struct static_map){.lon = 120.7,
                               .lat = 31.2,
                               .zoom = 7.6,
                               .width_px = width,
                               .height_px = height,
                               .scale = 1,
                               .markers = &marker,
                               .n_markers = 1,
                               .title = im_bytes_of("长三角"),
                               .notice = im_bytes_of("示意图 · 无审图号"),
                               .has_scale_bar = true};
}

/* Largest step between two pictures in a rectangle. */
static int differs(const struct raster *a,
                   const struct raster *b,
                   uint32_t x0,
                   uint32_t y0,
                   uint32_t x1,
                   uint32_t y1)
{
    int most = 0;

    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++)
            for (int c = 0; c < 3; c++) {
                int step = abs(pixel(a, x, y)[c] - pixel(b, x, y)[c]);

                most = step > most ? step : most;
            }
    return most;
}

/* Palettes of two pictures are not the same. */
enum { ALIKE = 24 };

TEST(a_legend_on_the_map_hides_no_foot_bar_title_or_pin)
{
    struct fixture *f = *state;
    static const uint32_t sizes[][2] = {{420, 300}, {300, 300}, {800, 600}, {200, 260}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct static_map page = page_of(sizes[i][0], sizes[i][1]);
        struct raster without = drawn(f, &page);
        double x;
        double y;

        page.legend = STATIC_LEGEND_INSIDE;
        struct raster with = drawn(f, &page);
        uint32_t w = page.width_px;
        uint32_t h = page.height_px;
        static_map_place(&page, 121.4, 30.6, &x, &y);
        assert_true(differs(&without, &with, 0, 0, w, h) > 60);
        assert_true(differs(&without, &with, 0, h - 18, w, h) <= ALIKE);
        assert_true(differs(&without, &with, 8, h - 50, 60, h - 24) <= ALIKE);
        assert_true(differs(&without, &with, 8, 8, 70, 34) <= ALIKE);
        if (x > 10 && x + 10 < w && y < h)
            assert_true(differs(&without, &with, (uint32_t)x - 6, (uint32_t)y - 20,
                                (uint32_t)x + 6, (uint32_t)y) <= ALIKE);
        raster_release(&with);
        raster_release(&without);
    }
}

/* The map beside it is one of that width, drawn anew: names are not cut by it. */
TEST(beside_a_legend_a_box_is_whole)
{
    struct fixture *f = *state;
    struct static_map page = page_of(500, 500);
    struct im_error err;
    uint32_t edge = 500;

    page.title = (struct im_bytes){0};
    page.has_scale_bar = false;
    page.n_markers = 0;
    page.has_box = true;
    page.box = (struct bbox){119.5, 30.2, 121.5, 31.9};
    page.legend = STATIC_LEGEND_RIGHT;
    struct raster with = drawn(f, &page);

    /* the paper of the legend ends where the map does */
    while (edge > 0 && pixel(&with, edge - 1, 300)[2] >= 250)
        edge--;
    assert_true(edge > 300 && edge < 500);
    page.legend = STATIC_LEGEND_NONE;
    page.width_px = edge - 1; /* a fine line lies between */
    assert_int_equal(static_map_fit(&page, page.box, &err), IM_OK);
    struct raster alone = drawn(f, &page);
    for (uint32_t y = 0; y < 400; y++)
        for (uint32_t x = 0; x < page.width_px; x++)
            for (int c = 0; c < 3; c++)
                assert_true(abs(pixel(&with, x, y)[c] - pixel(&alone, x, y)[c]) <=
                            ALIKE);
    raster_release(&alone);
    raster_release(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_is_the_pixels_of_tiles),
        cmocka_unit_test(places_are_where_they_belong_at_any_zoom),
        cmocka_unit_test(a_box_fits_with_all_its_corners),
        cmocka_unit_test(the_scale_is_that_of_the_ground),
        cmocka_unit_test(a_name_at_the_edge_is_left_out),
        cmocka_unit_test(a_pin_points_at_its_place),
        cmocka_unit_test(what_is_out_of_range_is_refused_with_the_range),
        cmocka_unit_test(a_page_has_all_its_furniture),
        cmocka_unit_test(a_kind_is_listed_where_it_is_drawn),
        cmocka_unit_test(a_legend_on_the_map_hides_no_foot_bar_title_or_pin),
        cmocka_unit_test(beside_a_legend_a_box_is_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
