/* SPDX-License-Identifier: Apache-2.0 */
/* The promise about labels, over the shipped layers: 1,000 tiles where labels are, each
 * in the middle of a block of 3 x 3 tiles put together. The block is the picture of its
 * area drawn at once, every label that the plan has in it is there whole, and no two
 * stand in each other's way. The argument is a database of the shipped layers
 * (tests/web/shipped_map.py makes it). */
#include <test.h>

#include "label/measure.h"
#include "label/plan.h"
#include "label/spec.h"
#include "map.h"
#include "render/render.h"

#include <layers/store.h>

#include <support/random.h>

#include <gdal.h>
#include <math.h>
#include <stdlib.h>

enum {
    N_BLOCKS = 1000,
    N_NAME_BLOCKS = 120, /* of each other kind; fewer of finer pictures */
    TILE = 256,
    BLOCK = 3 * TILE,
    MAX_LABELS = 4096,
    MIN_ZOOM = 6,
    MAX_ZOOM = 16,
    /* halo, and letters that reach out of their box */
    OVERHANG_PX = 6
};

static const char *database;

struct shown {
    uint32_t n;
    uint32_t n_floats;
    struct label labels[MAX_LABELS];
    float squares[MAX_LABELS * 32];
};

struct fixture {
    struct store *store;
    const struct atlas *atlas;
    struct sprite_sheet *sprites;
    struct stylesheet_set *styles;
    struct grid_set *grids; /* shipped */
    struct grid_set *own_grids;
    char names[4096]; /* layers of names, icons and markers alone */
    struct tile_worker *worker;
    struct text_fonts *fonts;
    struct label_sizes *sizes;
    struct shown shown;
};

/* Their pictures are the same to the last bit whatever area is drawn. */
static void list_names(struct fixture *f, const struct tile_map *map)
{
    size_t n = 0;

    for (uint32_t i = 0; i < map->n_layers; i++) {
        const struct style *style = &map->layers[i].style;
        bool has_names = false;
        bool has_others = false;

        for (uint32_t k = 0; k < style->n_layers; k++) {
            has_names |= style->layers[k].type == STYLE_SYMBOL;
            has_others |= style->layers[k].type != STYLE_SYMBOL &&
                          style->layers[k].type != STYLE_CIRCLE;
        }
        if (has_names && !has_others)
            n += (size_t)snprintf(f->names + n, sizeof f->names - n, "%s%s",
                                  n ? "," : "",
                                  atlas_layer_schema(map->layers[i].layer)->id);
    }
}

static const struct tile_map *map_of(const struct fixture *f,
                                     const char *layers,
                                     const char *style,
                                     const struct tile_grid *grid)
{
    struct tile_map_options options = {
        .layers = layers,
        .lang = LANG_ZH,
        .grid = grid,
        .sprites = f->sprites,
        .stylesheet =
            style ? stylesheet_set_find(f->styles, im_bytes_of(style)) : NULL};
    const struct tile_map *map;
    struct im_error err;

    assert_true(!style || options.stylesheet);
    if (tile_map_new(f->atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return map;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct im_error err = {0};
    struct feature_source source;

    GDALAllRegister();
    if (!f || store_open(database, STORE_READ, &f->store, &err) != IM_OK)
        goto failed;
    source = store_source(f->store);
    if (atlas_build(&source, NULL, &f->atlas, &err) != IM_OK ||
        sprite_sheet_open(TEST_BINARY_DIR "/share/sprites/innomap", &f->sprites,
                          &err) != IM_OK ||
        stylesheet_set_open(TEST_BINARY_DIR "/share/styles", &f->styles, &err) !=
            IM_OK ||
        grid_set_open(TEST_SOURCE_DIR "/tiles/grids", &f->grids, &err) != IM_OK ||
        grid_set_open(TEST_SOURCE_DIR "/tests/data/grids", &f->own_grids, &err) !=
            IM_OK ||
        tile_worker_new(NULL, &f->worker, &err) != IM_OK ||
        text_fonts_open(NULL, &f->fonts, &err) != IM_OK)
        goto failed;
    f->sizes = label_sizes_new();
    const struct tile_map *map = map_of(f, "map", NULL, NULL);
    list_names(f, map);
    tile_map_unref(map);
    *state = f;
    return f->sizes ? 0 : -1;
failed:
    print_error("%s\n", err.msg);
    return -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    label_sizes_free(f->sizes);
    text_fonts_close(f->fonts);
    tile_worker_free(f->worker);
    grid_set_close(f->own_grids);
    grid_set_close(f->grids);
    stylesheet_set_close(f->styles);
    sprite_sheet_close(f->sprites);
    atlas_unref(f->atlas);
    store_close(f->store);
    free(f);
    return 0;
}

/* ---- pictures ---- */

static void draw(const struct fixture *f,
                 const struct tile_map *map,
                 struct render_area area,
                 unsigned scale,
                 struct raster *out)
{
    struct im_error err;

    if (raster_init(out, area.width_px * scale, area.height_px * scale, &err) !=
            IM_OK ||
        render_area(map, f->worker, area, scale, out, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static struct render_area block_around(uint32_t zoom, int64_t x, int64_t y)
{
    return (struct render_area){.zoom = zoom,
                                .x_px = (x - 1) * TILE,
                                .y_px = (y - 1) * TILE,
                                .width_px = BLOCK,
                                .height_px = BLOCK};
}

/* Nine tiles beside each other. */
static void compose(const struct fixture *f,
                    const struct tile_map *map,
                    struct render_area area,
                    unsigned scale,
                    struct raster *out)
{
    struct im_error err;

    if (raster_init(out, BLOCK * scale, BLOCK * scale, &err) != IM_OK)
        fail_msg("%s", err.msg);
    for (uint32_t k = 0; k < 9; k++) {
        struct render_area part = {.zoom = area.zoom,
                                   .x_px = area.x_px + k % 3 * TILE,
                                   .y_px = area.y_px + k / 3 * TILE,
                                   .width_px = TILE,
                                   .height_px = TILE};
        struct raster tile;

        draw(f, map, part, scale, &tile);
        for (uint32_t i = 0; i < TILE * scale; i++)
            memcpy(out->rgba + 4 * ((size_t)(k / 3 * TILE * scale + i) * out->width_px +
                                    k % 3 * TILE * scale),
                   tile.rgba + 4 * (size_t)i * TILE * scale, 4 * TILE * scale);
        raster_release(&tile);
    }
}

struct difference {
    uint64_t n_pixels;
    uint64_t n_differing; /* by anything */
    int most;
};

static void
compare(const struct raster *a, const struct raster *b, struct difference *d)
{
    size_t n = (size_t)a->width_px * a->height_px;

    d->n_pixels += n;
    if (memcmp(a->rgba, b->rgba, 4 * n) == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        int most = 0;

        for (size_t c = 0; c < 4; c++)
            most = (int)fmax(most, abs(a->rgba[4 * i + c] - b->rgba[4 * i + c]));
        d->n_differing += most > 0;
        d->most = (int)fmax(d->most, most);
    }
}

/* ---- labels ---- */

static bool collect(void *ctx, const struct label *label)
{
    struct shown *s = ctx;
    uint32_t n = 2u * label->n_squares;

    assert_true(s->n < MAX_LABELS &&
                s->n_floats + n < sizeof s->squares / sizeof *s->squares);
    s->labels[s->n] = *label;
    if (n) {
        memcpy(s->squares + s->n_floats, label->squares, n * sizeof(float));
        s->labels[s->n].squares = s->squares + s->n_floats;
        s->n_floats += n;
    }
    s->n++;
    return true;
}

static void look(struct fixture *f, const struct tile_map *map, struct render_area area)
{
    struct label_window window = {(double)area.x_px, (double)area.y_px,
                                  (double)area.x_px + area.width_px,
                                  (double)area.y_px + area.height_px};
    struct im_error err;

    f->shown.n = f->shown.n_floats = 0;
    if (label_plan_window(map, area.zoom, window, f->fonts, NULL, collect, &f->shown,
                          &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static bool is_whole_in(const struct label *l, struct render_area area)
{
    double x = l->x - (double)area.x_px;
    double y = l->y - (double)area.y_px;

    return x + (double)l->min_x > OVERHANG_PX && y + (double)l->min_y > OVERHANG_PX &&
           x + (double)l->max_x < area.width_px - OVERHANG_PX &&
           y + (double)l->max_y < area.height_px - OVERHANG_PX;
}

static void nobody_stands_in_the_way(const struct fixture *f,
                                     const struct tile_map *map,
                                     uint32_t zoom)
{
    const struct label *labels = f->shown.labels;

    for (uint32_t i = 0; i < f->shown.n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (label_overlaps(&labels[i], &labels[k]))
                fail_msg(
                    "%s, feature %u, and %s, feature %u, overlap at zoom %u: boxes "
                    "%.4f %.4f %.4f %.4f (from zoom %u) and %.4f %.4f %.4f %.4f "
                    "(%u)",
                    map->styles[labels[i].style].style->id, labels[i].feature,
                    map->styles[labels[k].style].style->id, labels[k].feature, zoom,
                    labels[i].x + (double)labels[i].min_x,
                    labels[i].y + (double)labels[i].min_y,
                    labels[i].x + (double)labels[i].max_x,
                    labels[i].y + (double)labels[i].max_y, labels[i].first_zoom,
                    labels[k].x + (double)labels[k].min_x,
                    labels[k].y + (double)labels[k].min_y,
                    labels[k].x + (double)labels[k].max_x,
                    labels[k].y + (double)labels[k].max_y, labels[k].first_zoom);
}

/* What is inside this rectangle is painted in this colour. */
static bool has_ink(const struct raster *picture,
                    unsigned scale,
                    double min_x,
                    double min_y,
                    double max_x,
                    double max_y,
                    struct draw_color color)
{
    const int want[3] = {(int)(color.r / color.a * 255 + 0.5f),
                         (int)(color.g / color.a * 255 + 0.5f),
                         (int)(color.b / color.a * 255 + 0.5f)};

    for (int y = (int)floor(min_y * scale); y < (int)ceil(max_y * scale); y++)
        for (int x = (int)floor(min_x * scale); x < (int)ceil(max_x * scale); x++) {
            const uint8_t *px =
                picture->rgba + 4 * ((size_t)y * picture->width_px + (size_t)x);

            if (abs(px[0] - want[0]) < 96 && abs(px[1] - want[1]) < 96 &&
                abs(px[2] - want[2]) < 96)
                return true;
        }
    return false;
}

struct counts {
    uint32_t n_labels;
    uint32_t n_whole;
    uint32_t n_over_seams; /* of the whole ones */
    uint32_t n_icons;
};

static bool crosses_seam(const struct label *l)
{
    return floor((l->x + (double)l->min_x) / TILE) !=
               floor((l->x + (double)l->max_x) / TILE) ||
           floor((l->y + (double)l->min_y) / TILE) !=
               floor((l->y + (double)l->max_y) / TILE);
}

/* The rectangle of its text, from the point; false: it has none, or of no one colour.
 */
static bool text_box(struct fixture *f,
                     const struct tile_map *map,
                     const struct label *l,
                     uint32_t zoom,
                     struct label_box *out,
                     struct draw_color *color)
{
    const struct map_style *ms = &map->styles[l->style];
    struct style_eval at = {.zoom = map_style_zoom(map, zoom)};
    struct label_spec spec;
    struct im_error err;
    double size[2];
    double x;
    double y;

    style_eval_feature(&at, ms->layer->layer, l->feature,
                       atlas_geom(ms->layer->layer, l->feature).kind);
    if (!(l->parts & LABEL_TEXT) ||
        !label_spec_eval(ms->style, map->sprites, &at, &spec))
        return false;
    if (label_measure(f->sizes, f->fonts, &spec, size, &err) != IM_OK)
        fail_msg("%s", err.msg);
    label_spec_centre(&spec, l->anchor, size[0], size[1], &x, &y);
    *out = (struct label_box){x - size[0] / 2, y - size[1] / 2, x + size[0] / 2,
                              y + size[1] / 2};
    *color = style_color_opacity(ms->style, TEXT_COLOR, TEXT_OPACITY, &at);
    return color->a > 0.9f;
}

/* Ink of its colour at both ends: not missing from both pictures. */
static void is_drawn_whole(struct fixture *f,
                           const struct tile_map *map,
                           const struct label *l,
                           struct render_area area,
                           unsigned scale,
                           const struct raster *tiles)
{
    double x = l->x - (double)area.x_px;
    double y = l->y - (double)area.y_px;
    struct draw_color color;
    struct label_box b;

    if (!text_box(f, map, l, area.zoom, &b, &color))
        return;
    double em = 12;
    struct label_box first = {b.min_x, b.min_y, b.min_x + em, b.max_y};
    struct label_box last = {b.max_x - em, b.min_y, b.max_x, b.max_y};
    if (l->n_squares) {
        const float *s = l->squares;
        const float *e = l->squares + 2 * (l->n_squares - 1);
        double r = (double)l->half_px;

        first = (struct label_box){(double)s[0] - r, (double)s[1] - r, (double)s[0] + r,
                                   (double)s[1] + r};
        last = (struct label_box){(double)e[0] - r, (double)e[1] - r, (double)e[0] + r,
                                  (double)e[1] + r};
    }
    if (!has_ink(tiles, scale, x + first.min_x, y + first.min_y, x + first.max_x,
                 y + first.max_y, color) ||
        !has_ink(tiles, scale, x + last.min_x, y + last.min_y, x + last.max_x,
                 y + last.max_y, color))
        fail_msg("the name of feature %u of style %s is not whole at zoom %u, pixel "
                 "%.1f, %.1f",
                 l->feature, map->styles[l->style].style->id, area.zoom, l->x, l->y);
}

static void block_is_right(struct fixture *f,
                           const struct tile_map *map,
                           struct render_area area,
                           unsigned scale,
                           struct counts *counts,
                           struct difference *d)
{
    struct raster whole;
    struct raster tiles;

    draw(f, map, area, scale, &whole);
    compose(f, map, area, scale, &tiles);
    compare(&whole, &tiles, d);
    look(f, map, area);
    nobody_stands_in_the_way(f, map, area.zoom);
    counts->n_labels += f->shown.n;
    for (uint32_t i = 0; i < f->shown.n; i++) {
        const struct label *l = &f->shown.labels[i];

        if (!is_whole_in(l, area))
            continue;
        counts->n_whole++;
        counts->n_icons += (l->parts & LABEL_ICON) != 0;
        counts->n_over_seams += crosses_seam(l);
        is_drawn_whole(f, map, l, area, scale, &tiles);
    }
    raster_release(&whole);
    raster_release(&tiles);
}

/* ---- where ---- */

/* A tile at or beside a feature that some symbol style may name, in each layer as
 * often. */
static void
pick(const struct tile_map *map, struct test_random *r, uint32_t zoom, int64_t out[2])
{
    for (;;) {
        const struct map_style *ms = &map->styles[test_random_below(r, map->n_styles)];
        uint32_t n = atlas_layer_placed(ms->layer->layer);
        uint32_t x;
        uint32_t y;
        double px[2];

        if (ms->style->type != STYLE_SYMBOL || n == 0 ||
            !map_label_point(ms->layer, test_random_below(r, n), &x, &y) ||
            !map_pixel_of(map, zoom, x, y, px))
            continue;
        out[0] = (int64_t)floor(px[0] / TILE) + test_random_below(r, 3) - 1;
        out[1] = (int64_t)floor(px[1] / TILE) + test_random_below(r, 3) - 1;
        return;
    }
}

static void report(const char *what, const struct counts *c, const struct difference *d)
{
    print_message("%s: %u labels, %u of them whole, %u over seams, %u with icons; %llu "
                  "of %llu pixels differ, by %d at most\n",
                  what, c->n_labels, c->n_whole, c->n_over_seams, c->n_icons,
                  (unsigned long long)d->n_differing, (unsigned long long)d->n_pixels,
                  d->most);
}

/* With all that is under the names. Sums of coverage run along a row of the picture,
 * and where it begins elsewhere a last bit may differ, which is a level or two now and
 * then. */
TEST(a_thousand_blocks_of_tiles_have_every_label_whole)
{
    struct fixture *f = *state;
    const struct tile_map *map = map_of(f, "map", "light", NULL);
    struct test_random r = test_random_new("blocks");
    struct counts counts = {0};
    struct difference d = {0};

    for (uint32_t i = 0; i < N_BLOCKS; i++) {
        uint32_t zoom = MIN_ZOOM + i % (MAX_ZOOM - MIN_ZOOM + 1);
        int64_t xy[2];

        pick(map, &r, zoom, xy);
        block_is_right(f, map, block_around(zoom, xy[0], xy[1]), 1, &counts, &d);
    }
    report("light", &counts, &d);
    assert_true(counts.n_whole > 5000 && counts.n_over_seams > 1000);
    assert_true(d.most <= 2);
    assert_true(d.n_differing * 1000000 < d.n_pixels);
    tile_map_unref(map);
}

static void names_are_the_same(struct fixture *f,
                               const struct tile_grid *grid,
                               unsigned scale,
                               uint32_t min_zoom,
                               uint32_t max_zoom,
                               const char *what)
{
    const struct tile_map *map = map_of(f, f->names, NULL, grid);
    struct test_random r = test_random_new(what);
    struct counts counts = {0};
    struct difference d = {0};

    for (uint32_t i = 0; i < N_NAME_BLOCKS / scale; i++) {
        uint32_t zoom = min_zoom + i % (max_zoom - min_zoom + 1);
        int64_t xy[2];

        pick(map, &r, zoom, xy);
        block_is_right(f, map, block_around(zoom, xy[0], xy[1]), scale, &counts, &d);
    }
    report(what, &counts, &d);
    assert_true(counts.n_over_seams > 30);
    assert_int_equal(d.n_differing, 0);
    tile_map_unref(map);
}

TEST(names_and_icons_are_the_same_to_the_last_bit)
{
    struct fixture *f = *state;

    names_are_the_same(f, NULL, 1, MIN_ZOOM, MAX_ZOOM, "256 px");
    names_are_the_same(f, NULL, 2, MIN_ZOOM, MAX_ZOOM, "@2x");
    names_are_the_same(f, NULL, 3, MIN_ZOOM, MAX_ZOOM, "@3x");
}

TEST(so_they_are_in_other_grids)
{
    struct fixture *f = *state;
    const struct tile_grid *quad = grid_set_find(f->grids, im_bytes_of("CGCS2000Quad"));
    const struct tile_grid *city = grid_set_find(f->own_grids, im_bytes_of("City4549"));

    assert_true(quad && city);
    names_are_the_same(f, quad, 1, MIN_ZOOM, MAX_ZOOM, "CGCS2000Quad");
    names_are_the_same(f, city, 1, 2, tile_grid_depth(city) - 1, "City4549");
}

/* ---- from zoom to zoom ---- */

/* The parts that its style layer gives the feature at this zoom. */
static unsigned
parts_at(const struct tile_map *map, const struct label *l, uint32_t zoom)
{
    const struct map_style *ms = &map->styles[l->style];
    struct style_eval at = {.zoom = map_style_zoom(map, zoom)};
    struct label_spec spec;

    style_eval_feature(&at, ms->layer->layer, l->feature,
                       atlas_geom(ms->layer->layer, l->feature).kind);
    return style_layer_visible(ms->style, at.zoom) && style_matches(ms->style, &at) &&
                   label_spec_eval(ms->style, map->sprites, &at, &spec)
               ? spec.parts
               : 0;
}

struct search {
    const struct label *label;
    bool found;
};

static bool is_the_one(void *ctx, const struct label *l)
{
    struct search *s = ctx;
    const struct label *before = s->label;

    /* as much of it, the text at the same side of the same place */
    s->found |= l->style == before->style && l->feature == before->feature &&
                l->part == before->part && l->along == before->along &&
                (l->anchor == before->anchor || !(before->parts & LABEL_TEXT)) &&
                (l->parts & before->parts) == before->parts;
    return true;
}

static void stays(struct fixture *f,
                  const struct tile_map *map,
                  const struct label *l,
                  uint32_t zoom)
{
    struct label_window around = {2 * l->x - 2, 2 * l->y - 2, 2 * l->x + 2,
                                  2 * l->y + 2};
    struct search search = {l, false};
    struct im_error err;

    if (label_plan_window(map, zoom + 1, around, f->fonts, NULL, is_the_one, &search,
                          &err) != IM_OK)
        fail_msg("%s", err.msg);
    if (!search.found)
        fail_msg("the label of feature %u of style %s, shown at zoom %u since %u, is "
                 "gone at %u: pixel %.1f, %.1f",
                 l->feature, map->styles[l->style].style->id, zoom, l->first_zoom,
                 zoom + 1, l->x, l->y);
}

/* Where the style gives a label other parts (icons that appear from zoom 13 on) its
 * place is found anew: that is a change of the look, not of the plan. */
TEST(what_is_named_stays_named_as_long_as_its_kind_is)
{
    static const char *const looks[] = {"light", "dark", "print"};
    struct fixture *f = *state;
    struct test_random r = test_random_new("flicker");
    uint32_t n = 0;
    uint32_t n_ended = 0;

    for (size_t look_at = 0; look_at < sizeof looks / sizeof *looks; look_at++) {
        const struct tile_map *map = map_of(f, "map", looks[look_at], NULL);

        for (uint32_t i = 0; i < N_NAME_BLOCKS; i++) {
            uint32_t zoom = 4 + i % (MAX_ZOOM - 4);
            int64_t xy[2];

            pick(map, &r, zoom, xy);
            look(f, map, block_around(zoom, xy[0], xy[1]));
            for (uint32_t k = 0; k < f->shown.n; k++) {
                const struct label *l = &f->shown.labels[k];

                if (parts_at(map, l, zoom + 1) != parts_at(map, l, zoom)) {
                    n_ended++;
                    continue;
                }
                n++;
                stays(f, map, l, zoom);
            }
        }
        tile_map_unref(map);
    }
    print_message("%u labels stay, %u are other labels at the next zoom\n", n, n_ended);
    assert_true(n > 5000 && n_ended * 10 < n);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_blocks_of_tiles_have_every_label_whole),
        cmocka_unit_test(names_and_icons_are_the_same_to_the_last_bit),
        cmocka_unit_test(so_they_are_in_other_grids),
        cmocka_unit_test(what_is_named_stays_named_as_long_as_its_kind_is),
    };

    if (argc < 2) {
        print_error("usage: %s DATABASE\n", argv[0]);
        return 2;
    }
    database = argv[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
