/* SPDX-License-Identifier: Apache-2.0 */
/* Names and icons over the seams of tiles: 3 x 3 tiles beside each other are the same
 * picture as their area drawn at once, so no label is cut, doubled or missing, and what
 * the plan has there does not overlap. Points, names along lines, optional parts. */
#include <test.h>

#include "label/plan.h"
#include "label/spec.h"
#include "map.h"
#include "render/render.h"

#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>
#include <stdlib.h>

#define LAYER(id, geometry, order)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"镇\", \"en\": \"T\"}, \"geometry\": " \
    "\"" geometry "\", \"key\": \"id\", \"group\": \"places\", \"order\": " order      \
    ", \"in_map\": true, \"visibility\": \"public\", \"fields\": ["                    \
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": "         \
    "\"integer\"}, {\"name\": \"name\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, "   \
    "\"type\": \"text\"}, {\"name\": \"rank\", \"title\": {\"zh\": \"r\", \"en\": "    \
    "\"r\"}, \"type\": \"real\"}], \"roles\": {\"importance\": \"rank\"}, "            \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"

static const char LINE_STYLE[] =
    "{\"layers\": [{\"id\": \"river\", \"type\": \"symbol\", \"layout\": "
    "{\"symbol-placement\": \"line\", \"symbol-spacing\": 180, \"text-field\": "
    "[\"get\", \"name\"], \"text-size\": [\"interpolate\", [\"linear\"], [\"zoom\"], "
    "5, "
    "11, 12, 15]}, \"paint\": {\"text-halo-color\": \"#fff\", \"text-halo-width\": "
    "1}}]}";
static const char POINT_STYLE[] =
    "{\"layers\": [{\"id\": \"town\", \"type\": \"symbol\", \"layout\": "
    "{\"icon-image\": \"dots\", \"text-optional\": true, \"text-field\": [\"get\", "
    "\"name\"], \"text-size\": 12, \"text-variable-anchor\": [\"left\", \"right\"], "
    "\"text-radial-offset\": 0.8}, \"paint\": {\"text-color\": \"#225\"}}]}";

enum { N_TOWNS = 1200, N_RIVERS = 200, BENDS = 80, N_BLOCKS = 60 };

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    struct sprite_sheet *sprites;
    const struct tile_map *map;
    struct tile_worker *worker;
    struct text_fonts *fonts;
};

static const char *const SYLLABLES[] = {"张", "江", "浦", "东", "松", "嘉", "A", "b"};

static void write_name(struct test_random *r, char *out, size_t size, int id)
{
    int n = snprintf(out, size, "%d|", id);

    for (uint32_t k = 2 + test_random_below(r, 5); k > 0; k--)
        n += snprintf(out + n, size - (size_t)n, "%s",
                      SYLLABLES[test_random_below(r, 8)]);
    (void)snprintf(out + n, size - (size_t)n, "|%.4f", test_random_in(r, 0, 1));
}

static void add_rivers(struct memory_source *source, struct test_random *r)
{
    for (int i = 0; i < N_RIVERS; i++) {
        double xy[2 * BENDS];
        uint32_t n = BENDS;
        struct geom g = {GEOM_LINE, BENDS, 1, 0, xy, &n, NULL};
        double angle = test_random_in(r, 0, 6.3);
        char values[160];

        xy[0] = 121 + test_random_in(r, -1, 1);
        xy[1] = 31 + test_random_in(r, -1, 1);
        for (uint32_t k = 1; k < BENDS; k++) {
            angle += test_random_in(r, -0.4, 0.4);
            xy[2 * k] = xy[2 * k - 2] + 0.01 * cos(angle);
            xy[2 * k + 1] = xy[2 * k - 1] + 0.01 * sin(angle);
        }
        write_name(r, values, sizeof values, i);
        memory_source_feature(source, &g, values);
    }
}

static void add_towns(struct memory_source *source, struct test_random *r)
{
    for (int i = 0; i < N_TOWNS; i++) {
        double size = i % 3 ? 0.1 : 1;
        double xy[2] = {121 + test_random_in(r, -size, size),
                        31 + test_random_in(r, -size, size)};
        struct geom g = {GEOM_POINT, 1, 1, 0, xy, NULL, NULL};
        char values[160];

        write_name(r, values, sizeof values, i);
        memory_source_feature(source, &g, values);
    }
}

static const struct tile_map *map_of(const struct fixture *f)
{
    struct tile_map_options options = {
        .layers = "map", .lang = LANG_ZH, .sprites = f->sprites};
    const struct tile_map *map;
    struct im_error err;

    if (tile_map_new(f->atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return map;
}

static int set_up(void **state)
{
    static struct fixture f;
    struct test_random r = test_random_new("seams");
    struct im_error err;

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("rivers", "line", "1"), LINE_STYLE, 1);
    add_rivers(f.source, &r);
    memory_source_layer(f.source, LAYER("towns", "point", "2"), POINT_STYLE, 1);
    add_towns(f.source, &r);
    f.atlas = memory_source_atlas(f.source);
    if (sprite_sheet_open(TEST_SOURCE_DIR "/tests/golden/tiles/sprites/sprites",
                          &f.sprites, &err) != IM_OK ||
        tile_worker_new(NULL, &f.worker, &err) != IM_OK ||
        text_fonts_open(NULL, &f.fonts, &err) != IM_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    f.map = map_of(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    text_fonts_close(f->fonts);
    tile_worker_free(f->worker);
    tile_map_unref(f->map);
    sprite_sheet_close(f->sprites);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static void draw(const struct fixture *f,
                 const struct tile_map *map,
                 uint32_t zoom,
                 int64_t x,
                 int64_t y,
                 uint32_t side,
                 struct raster *out)
{
    struct render_area area = {
        .zoom = zoom, .x_px = x, .y_px = y, .width_px = side, .height_px = side};
    struct im_error err;

    if (raster_init(out, side, side, &err) != IM_OK ||
        render_area(map, f->worker, area, 1, out, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

/* Pixels of a tile that differ from those of the block. */
static uint32_t
differing(const struct raster *tile, const struct raster *block, uint32_t x, uint32_t y)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < tile->height_px; i++)
        for (uint32_t k = 0; k < tile->width_px; k++)
            n += memcmp(tile->rgba + 4 * ((size_t)i * tile->width_px + k),
                        block->rgba + 4 * ((size_t)(y + i) * block->width_px + x + k),
                        4) != 0;
    return n;
}

static uint32_t painted(const struct raster *r)
{
    uint32_t n = 0;

    for (size_t i = 3; i < (size_t)r->width_px * r->height_px * 4; i += 4)
        n += r->rgba[i] > 0;
    return n;
}

/* The middle tile of a block somewhere in the data. */
static void pick(struct test_random *r, uint32_t *zoom, int64_t *x, int64_t *y)
{
    *zoom = 6 + test_random_below(r, 11);
    double spread = test_random_below(r, 2) ? 0.1 : 0.8;
    *x = world_x(121 + test_random_in(r, -spread, spread)) >> (32 - *zoom);
    *y = world_y(31 + test_random_in(r, -spread, spread)) >> (32 - *zoom);
}

TEST(nine_tiles_are_the_picture_of_their_area)
{
    struct fixture *f = *state;
    struct test_random r = test_random_new("blocks");
    uint32_t n_painted = 0;
    uint32_t n_differing = 0;

    for (int i = 0; i < N_BLOCKS; i++) {
        struct raster block;
        uint32_t zoom;
        int64_t x;
        int64_t y;

        pick(&r, &zoom, &x, &y);
        draw(f, f->map, zoom, (x - 1) * 256, (y - 1) * 256, 768, &block);
        n_painted += painted(&block);
        for (uint32_t k = 0; k < 9; k++) {
            struct raster tile;

            draw(f, f->map, zoom, (x - 1 + k % 3) * 256, (y - 1 + k / 3) * 256, 256,
                 &tile);
            n_differing += differing(&tile, &block, k % 3 * 256, k / 3 * 256);
            raster_release(&tile);
        }
        raster_release(&block);
    }
    assert_true(n_painted > 100000);
    assert_int_equal(n_differing, 0);
}

/* ---- the plan ---- */

struct shown {
    uint32_t n;
    uint32_t n_turned;
    uint32_t n_partial;
    struct label labels[4096];
    float squares[4096 * 64];
    uint32_t n_squares;
};

static bool collect(void *ctx, const struct label *label)
{
    struct shown *s = ctx;

    assert_true(s->n < 4096 && s->n_squares + 2u * label->n_squares < 4096 * 64);
    s->labels[s->n] = *label;
    if (label->n_squares) {
        memcpy(s->squares + s->n_squares, label->squares,
               label->n_squares * 2 * sizeof(float));
        s->labels[s->n].squares = s->squares + s->n_squares;
        s->n_squares += 2u * label->n_squares;
        s->n_turned++;
    }
    s->n_partial += label->missing != 0;
    s->n++;
    return true;
}

static void look(const struct fixture *f,
                 const struct tile_map *map,
                 uint32_t zoom,
                 struct label_window w,
                 struct shown *out)
{
    struct im_error err;

    out->n = out->n_squares = out->n_turned = out->n_partial = 0;
    if (label_plan_window(map, zoom, w, f->fonts, NULL, collect, out, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static struct label_window middle(uint32_t zoom, double side)
{
    double px = 256.0 * (1u << zoom) / 4294967296.0;
    double x = world_x(121) * px;
    double y = world_y(31) * px;

    return (struct label_window){x - side, y - side, x + side, y + side};
}

TEST(no_two_labels_overlap_and_each_stays)
{
    struct fixture *f = *state;
    struct shown *s = calloc(1, sizeof *s);
    struct shown *next = calloc(1, sizeof *next);
    uint32_t n_turned = 0;
    uint32_t n_partial = 0;
    uint32_t n_lost = 0;
    uint32_t n_all = 0;

    assert_non_null(s);
    assert_non_null(next);
    for (uint32_t zoom = 6; zoom <= 13; zoom++) {
        look(f, f->map, zoom, middle(zoom, 500), s);
        look(f, f->map, zoom + 1, middle(zoom + 1, 1600), next);
        n_turned += s->n_turned;
        n_partial += s->n_partial;
        n_all += s->n;
        for (uint32_t i = 0; i < s->n; i++) {
            bool found = false;

            for (uint32_t j = 0; j < i; j++)
                assert_false(label_overlaps(&s->labels[i], &s->labels[j]));
            for (uint32_t j = 0; j < next->n && !found; j++)
                found =
                    next->labels[j].style == s->labels[i].style &&
                    next->labels[j].feature == s->labels[i].feature &&
                    next->labels[j].part == s->labels[i].part &&
                    next->labels[j].along == s->labels[i].along &&
                    (next->labels[j].parts & s->labels[i].parts) == s->labels[i].parts;
            n_lost += !found;
        }
    }
    assert_true(n_partial > 20);
    print_message("%u labels, %u turned, %u partial, %u lost\n", n_all, n_turned,
                  n_partial, n_lost);
    assert_int_equal(n_lost, 0);
    assert_true(n_turned > 100);
    free(s);
    free(next);
}

static int by_drawing(const void *a, const void *b)
{
    const struct label *p = a;
    const struct label *q = b;

    if (p->style != q->style)
        return p->style < q->style ? -1 : 1;
    if (p->feature != q->feature)
        return p->feature < q->feature ? -1 : 1;
    if (p->part != q->part)
        return p->part < q->part ? -1 : 1;
    return (p->along > q->along) - (p->along < q->along);
}

TEST(what_is_asked_first_does_not_matter_along_lines_either)
{
    struct fixture *f = *state;
    struct test_random r = test_random_new("order");
    struct shown *s = calloc(1, sizeof *s);
    struct shown *again = calloc(1, sizeof *again);

    assert_non_null(s);
    assert_non_null(again);
    for (int i = 0; i < 25; i++) {
        const struct tile_map *fresh = map_of(f);
        uint32_t zoom;
        int64_t x;
        int64_t y;

        pick(&r, &zoom, &x, &y);
        struct label_window w = {(double)x * 256, (double)y * 256,
                                 (double)x * 256 + 300, (double)y * 256 + 300};
        look(f, fresh, zoom, w, s);
        look(f, f->map, zoom, w, again);
        assert_int_equal(s->n, again->n);
        qsort(s->labels, s->n, sizeof *s->labels, by_drawing);
        qsort(again->labels, s->n, sizeof *s->labels, by_drawing);
        for (uint32_t k = 0; k < s->n; k++) {
            assert_int_equal(by_drawing(&s->labels[k], &again->labels[k]), 0);
            assert_int_equal(s->labels[k].parts, again->labels[k].parts);
            assert_int_equal(s->labels[k].anchor, again->labels[k].anchor);
            assert_memory_equal(&s->labels[k].x, &again->labels[k].x, sizeof(double));
        }
        tile_map_unref(fresh);
    }
    free(s);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_tiles_are_the_picture_of_their_area),
        cmocka_unit_test(no_two_labels_overlap_and_each_stays),
        cmocka_unit_test(what_is_asked_first_does_not_matter_along_lines_either),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
