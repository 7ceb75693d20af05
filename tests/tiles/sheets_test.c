/* SPDX-License-Identifier: Apache-2.0 */
/* Golden sheets: tests/golden/sheets/<sheet>/sheet.json says which properties of one
 * type of style layer are shown, a row each, a cell for each value. Every cell is a map
 * of its own, drawn as a tile is:
 *
 *     "type"                of the style layer
 *     "cell": [96, 64]      its size in pixels; "columns" of them beside each other
 *     "scale"               of the whole sheet; 1
 *     "shapes": {name: {"type", "at": pixels, "values": "name|kind|rank"}}
 *     "ground", "below"     colour and style layers under the layer shown
 *     "rows": [{"property", "values", "shapes": [names], "layout", "paint", and
 *               "ground", "below", "note" of its own;
 *               "refused": values that make no map}]
 *
 * or {"of": sheet, "scale", "only": [properties]}: rows of another one at other scales.
 * Cells are compared one by one: a fault in one of them does not get lost among the
 * many. Every property that can be seen has a row, and its cells are not all alike. */
#include <test.h>

#include "flat_properties.h"
#include "render/render.h"

#include <support/golden.h>
#include <support/memory_source.h>
#include <tiles/text.h>

#include <jansson.h>
#include <math.h>

enum { ZOOM = 16, WORLD_X = 213 * 65536, WORLD_Y = 104 * 65536 };
enum { MARGIN = 4, TITLE = 140, CAPTION = 13, MAX_CELLS = 400, CAPTION_SIZE = 200 };

#define TEXT_FIELD(name)                                                               \
    "{\"name\": \"" name "\", \"title\": {\"zh\": \"x\", \"en\": \"x\"}, "             \
    "\"type\": \"text\", \"tile_zoom\": 0}"
static const char LAYER[] =
    "{\"id\": \"things\", \"title\": {\"zh\": \"物\", \"en\": \"Things\"}, "
    "\"geometry\": \"mixed\", \"key\": \"id\", \"group\": \"places\", \"order\": 1, "
    "\"in_map\": true, \"visibility\": \"public\", "
    "\"fields\": [" TEXT_FIELD("id") "," TEXT_FIELD("name") "," TEXT_FIELD(
        "kind") ","
                "{\"name\": \"rank\", \"title\": {\"zh\": \"x\", \"en\": \"x\"}, "
                "\"type\": \"real\"}], "
                "\"roles\": {\"name_zh\": \"name\", \"importance\": \"rank\"}, "
                "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}";

struct fixture {
    struct sprite_sheet *sprites;
    struct tile_worker *worker;
    struct text_fonts *fonts;
    struct draw_scratch *scratch;
    bool has_row[STYLE_PROPERTY_COUNT];
};

struct cell {
    uint32_t x_px;
    uint32_t y_px;
    char caption[CAPTION_SIZE];
};

struct sheet {
    const char *name;
    json_t *json; /* of the sheet that has the rows */
    const json_t *only;
    enum style_type type;
    unsigned scale;
    uint32_t cell_px[2];
    uint32_t columns;
    struct raster raster;
    struct cell cells[MAX_CELLS];
    uint32_t n_cells;
    bool is_right; /* rows differ within */
};

static json_t *read_sheet(const char *name)
{
    char path[512];
    json_error_t err;
    json_t *json;

    snprintf(path, sizeof path, TEST_SOURCE_DIR "/tests/golden/sheets/%s/sheet.json",
             name);
    json = json_load_file(path, 0, &err);
    if (!json)
        fail_msg("%s: line %d: %s", path, err.line, err.text);
    return json;
}

static uint32_t number_of(const json_t *value)
{
    assert_true(json_is_integer(value) && json_integer_value(value) > 0);
    return (uint32_t)json_integer_value(value);
}

static enum style_type type_of(const char *name)
{
    static const enum style_type types[] = {STYLE_BACKGROUND, STYLE_FILL,
                                            STYLE_LINE,       STYLE_CIRCLE,
                                            STYLE_SYMBOL,     STYLE_HEATMAP};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(style_type_name(types[i]), name) == 0)
            return types[i];
    fail_msg("no type of style layers: %s", name);
    return STYLE_FILL;
}

/* ---- one cell ---- */

static void put_point(struct im_buf *out, const json_t *at)
{
    double n = (double)(1 << ZOOM) * 256;
    double x = WORLD_X + json_number_value(json_array_get(at, 0));
    double y = WORLD_Y + json_number_value(json_array_get(at, 1));

    im_buf_printf(out, "%.12f %.12f", x / n * 360 - 180,
                  atan(sinh(M_PI * (1 - 2 * y / n))) * 180 / M_PI);
}

/* Pixels of any depth as WKT: [[1,2],[3,4]] -> (1 2,3 4) */
static void put_wkt(struct im_buf *out, const json_t *at)
{
    if (json_is_number(json_array_get(at, 0))) {
        put_point(out, at);
        return;
    }
    im_buf_text(out, "(");
    for (size_t i = 0; i < json_array_size(at); i++) {
        im_buf_text(out, i ? "," : "");
        put_wkt(out, json_array_get(at, i));
    }
    im_buf_text(out, ")");
}

static void add_shape(struct memory_source *source, size_t i, const json_t *shape)
{
    const char *type = json_string_value(json_object_get(shape, "type"));
    const char *values = json_string_value(json_object_get(shape, "values"));
    bool is_point = strcmp(type, "POINT") == 0;
    struct im_buf wkt = {.max = 1 << 20};
    char row[400];

    im_buf_printf(&wkt, "%s%s", type, is_point ? "(" : "");
    put_wkt(&wkt, json_object_get(shape, "at"));
    im_buf_text(&wkt, is_point ? ")" : "");
    im_buf_byte(&wkt, 0);
    snprintf(row, sizeof row, "%zu|%s", i + 1, values ? values : "||0");
    memory_source_row(source, (const char *)wkt.data, row);
    im_buf_release(&wkt);
}

/* The row's own, else the sheet's; may be NULL. */
static const json_t *
own_or(const struct sheet *sheet, const json_t *row, const char *name)
{
    const json_t *own = json_object_get(row, name);

    return own ? own : json_object_get(sheet->json, name);
}

static void
put_style(const struct sheet *sheet, const json_t *row, json_t *value, char **out)
{
    const char *name = json_string_value(json_object_get(row, "property"));
    json_t *style = json_object();
    json_t *layers = json_array();
    json_t *layer = json_object();
    const json_t *below = own_or(sheet, row, "below");
    static const char *const parts[] = {"layout", "paint"};

    for (size_t i = 0; i < json_array_size(below); i++)
        json_array_append(layers, json_array_get(below, i));
    json_object_set_new(layer, "id", json_string("shown"));
    json_object_set_new(layer, "type", json_string(style_type_name(sheet->type)));
    for (int i = 0; i < 2; i++) {
        json_t *part = json_deep_copy(json_object_get(row, parts[i]));
        bool is_layout = i == 0;

        part = part ? part : json_object();
        if (style_property_find(sheet->type, is_layout, name) != STYLE_PROPERTY_COUNT)
            json_object_set(part, name, value);
        json_object_set_new(layer, parts[i], part);
    }
    json_array_append_new(layers, layer);
    json_object_set_new(style, "layers", layers);
    *out = json_dumps(style, 0);
    assert_non_null(*out);
    json_decref(style);
}

static struct draw_color ground_of(const struct sheet *sheet, const json_t *row)
{
    const char *text = json_string_value(own_or(sheet, row, "ground"));
    unsigned rgb = 0xffffff;

    if (text)
        assert_int_equal(sscanf(text, "#%06x", &rgb), 1);
    return (struct draw_color){(float)(rgb >> 16) / 255, (float)(rgb >> 8 & 255) / 255,
                               (float)(rgb & 255) / 255, 1};
}

/* Without `out` the value is one that is refused. */
static void draw_cell(struct fixture *f,
                      const struct sheet *sheet,
                      const json_t *row,
                      json_t *value,
                      struct raster *out)
{
    struct memory_source *source = memory_source_new();
    const json_t *shapes = json_object_get(sheet->json, "shapes");
    const json_t *names = json_object_get(row, "shapes");
    struct tile_map_options options = {
        .layers = sheet->type == STYLE_BACKGROUND ? "map" : "things",
        .lang = LANG_ZH,
        .sprites = f->sprites};
    struct render_area area = {.zoom = ZOOM,
                               .x_px = WORLD_X,
                               .y_px = WORLD_Y,
                               .width_px = sheet->cell_px[0],
                               .height_px = sheet->cell_px[1]};
    const struct tile_map *map = NULL;
    enum im_code rc = IM_OK;
    struct im_error err;
    char *style = NULL;

    put_style(sheet, row, value, &style);
    memory_source_layer(source, LAYER, style, 1);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const json_t *shape =
            json_object_get(shapes, json_string_value(json_array_get(names, i)));

        assert_non_null(shape);
        add_shape(source, i, shape);
    }
    const struct atlas *atlas = memory_source_atlas(source);
    rc = tile_map_new(atlas, &options, &map, &err);
    if (!out) {
        assert_int_equal(rc, IM_EDATA);
        goto done;
    }
    if (rc != IM_OK || raster_init(out, area.width_px * sheet->scale,
                                   area.height_px * sheet->scale, &err) != IM_OK)
        fail_msg("%s: %s", style, err.msg);
    raster_clear(out, ground_of(sheet, row));
    if (render_area(map, f->worker, area, sheet->scale, out, &err) != IM_OK)
        fail_msg("%s: %s", style, err.msg);
done:
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
    free(style);
}

/* ---- the sheet ---- */

static void write(struct fixture *f,
                  struct sheet *sheet,
                  const char *text,
                  double x,
                  double middle,
                  double width,
                  float size)
{
    struct text_style style = {.size_px = size * (float)sheet->scale,
                               .line_height_em = 1.2f,
                               .justify = TEXT_LEFT,
                               .max_width_em = (float)(width / (double)size)};
    struct im_arena *arena = im_arena_new(1 << 20);
    const struct text_block *block;
    struct im_error err;

    assert_non_null(arena);
    if (text_shape(f->fonts, im_bytes_of(text), &style, arena, &block, &err) != IM_OK ||
        text_draw(f->fonts, &sheet->raster, block,
                  (float)(x * sheet->scale) + text_block_width_px(block) / 2,
                  (float)(middle * sheet->scale), (struct draw_color){0, 0, 0, 1},
                  (struct draw_color){0}, 0, &err) != IM_OK)
        fail_msg("%s", err.msg);
    im_arena_free(arena);
}

static bool is_shown(const struct sheet *sheet, const json_t *row)
{
    const json_t *name = json_object_get(row, "property");

    if (!sheet->only)
        return true;
    for (size_t i = 0; i < json_array_size(sheet->only); i++)
        if (json_equal(name, json_array_get(sheet->only, i)))
            return true;
    return false;
}

static uint32_t lines_of(const struct sheet *sheet, const json_t *row)
{
    size_t n = json_array_size(json_object_get(row, "values"));

    assert_true(n >= 1);
    return (uint32_t)((n + sheet->columns - 1) / sheet->columns);
}

static void make_room(struct sheet *sheet)
{
    const json_t *rows = json_object_get(sheet->json, "rows");
    uint32_t lines = 0;
    struct im_error err;

    for (size_t i = 0; i < json_array_size(rows); i++)
        if (is_shown(sheet, json_array_get(rows, i)))
            lines += lines_of(sheet, json_array_get(rows, i));
    assert_true(lines > 0);
    if (raster_init(
            &sheet->raster,
            (TITLE + sheet->columns * (sheet->cell_px[0] + MARGIN)) * sheet->scale,
            (MARGIN + lines * (sheet->cell_px[1] + CAPTION + MARGIN)) * sheet->scale,
            &err) != IM_OK)
        fail_msg("%s", err.msg);
    raster_clear(&sheet->raster, (struct draw_color){0.85f, 0.85f, 0.85f, 1});
}

static void
put_cell(struct sheet *sheet, const struct cell *cell, const struct raster *picture)
{
    for (uint32_t y = 0; y < picture->height_px; y++)
        memcpy(sheet->raster.rgba + 4 * ((size_t)(cell->y_px * sheet->scale + y) *
                                             sheet->raster.width_px +
                                         cell->x_px * sheet->scale),
               picture->rgba + 4 * (size_t)y * picture->width_px,
               4 * (size_t)picture->width_px);
}

static void name_cell(struct cell *cell, const json_t *value)
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

    assert_non_null(text);
    snprintf(cell->caption, sizeof cell->caption, "%s", text);
    free(text);
}

/* Draws a row from `top` on; notes whether its cells differ. */
static void
draw_row(struct fixture *f, struct sheet *sheet, const json_t *row, uint32_t top)
{
    const char *name = json_string_value(json_object_get(row, "property"));
    const char *note = json_string_value(json_object_get(row, "note"));
    const json_t *values = json_object_get(row, "values");
    const json_t *refused = json_object_get(row, "refused");
    const json_t *captions = json_object_get(row, "captions");
    enum style_property property = style_property_find(sheet->type, true, name);
    struct raster first = {0};
    bool differs = false;
    char title[200];

    if (property == STYLE_PROPERTY_COUNT)
        property = style_property_find(sheet->type, false, name);
    if (property == STYLE_PROPERTY_COUNT)
        fail_msg("%s: no property: %s", sheet->name, name);
    snprintf(title, sizeof title, "%s%s%s", name, note ? "\n" : "", note ? note : "");
    write(f, sheet, title, MARGIN, top + sheet->cell_px[1] / 2.0 + CAPTION,
          TITLE - 2 * MARGIN, 11);
    for (size_t i = 0; i < json_array_size(values); i++) {
        struct cell *cell = &sheet->cells[sheet->n_cells++];
        uint32_t line = (uint32_t)i / sheet->columns;
        struct raster picture;

        assert_true(sheet->n_cells <= MAX_CELLS);
        cell->x_px =
            TITLE + (uint32_t)i % sheet->columns * (sheet->cell_px[0] + MARGIN);
        cell->y_px = top + CAPTION + line * (sheet->cell_px[1] + CAPTION + MARGIN);
        name_cell(cell,
                  json_array_get(captions && i < json_array_size(captions) ? captions
                                                                           : values,
                                 i));
        write(f, sheet, cell->caption, cell->x_px + 1, cell->y_px - CAPTION / 2.0,
              sheet->cell_px[0] + MARGIN, 9);
        draw_cell(f, sheet, row, json_array_get(values, i), &picture);
        put_cell(sheet, cell, &picture);
        if (i == 0) {
            first = picture;
            continue;
        }
        differs |= memcmp(first.rgba, picture.rgba,
                          4 * (size_t)picture.width_px * picture.height_px) != 0;
        raster_release(&picture);
    }
    raster_release(&first);
    for (size_t i = 0; i < json_array_size(refused); i++) {
        draw_cell(f, sheet, row, json_array_get(refused, i), NULL);
        differs = true;
    }
    if (!differs)
        print_error("%s: all values of %s look alike\n", sheet->name, name);
    sheet->is_right &= differs;
    f->has_row[property] |= differs;
}

static bool cells_are_expected(const struct sheet *sheet, const struct raster *expected)
{
    /* letters change with the font package; other differences are of compilers */
    struct golden_tolerance tolerance = sheet->type == STYLE_SYMBOL
                                            ? (struct golden_tolerance){24, 0.02}
                                            : (struct golden_tolerance){3, 0.001};
    uint32_t width = sheet->cell_px[0] * sheet->scale;
    uint32_t height = sheet->cell_px[1] * sheet->scale;
    bool same = true;

    for (uint32_t i = 0; i < sheet->n_cells; i++) {
        const struct cell *cell = &sheet->cells[i];
        size_t start = (size_t)cell->y_px * sheet->scale * expected->width_px +
                       cell->x_px * sheet->scale;
        uint32_t n = 0;

        for (uint32_t y = 0; y < height; y++) {
            struct raster a = {width, 1,
                               expected->rgba +
                                   4 * (start + (size_t)y * expected->width_px)};
            struct raster b = {width, 1,
                               sheet->raster.rgba +
                                   4 * (start + (size_t)y * expected->width_px)};

            n += (uint32_t)lrint(golden_compare(&a, &b, tolerance.channel).share *
                                 width);
        }
        if (n > tolerance.share * width * height) {
            print_error("%s: cell %u, %s: %u pixels differ\n", sheet->name, i + 1,
                        cell->caption, n);
            same = false;
        }
    }
    return same;
}

static bool is_expected(const struct sheet *sheet)
{
    const char *bless = getenv("IM_BLESS");
    char name[128];
    char path[512];
    struct im_buf png = {.max = 8 << 20};
    struct raster expected = {0};
    uint8_t block[16384];
    bool same = false;

    snprintf(name, sizeof name, "sheets/%s", sheet->name);
    snprintf(path, sizeof path, TEST_SOURCE_DIR "/tests/golden/%s/expected.png", name);
    FILE *file = bless && strcmp(bless, "1") == 0 ? NULL : fopen(path, "rb");
    for (size_t n; file && (n = fread(block, 1, sizeof block, file)) > 0;)
        im_buf_append(&png, block, n);
    if (file)
        (void)fclose(file);
    if (file && golden_decode(im_buf_bytes(&png), &expected) &&
        expected.width_px == sheet->raster.width_px &&
        expected.height_px == sheet->raster.height_px)
        same = cells_are_expected(sheet, &expected);
    if (!same) /* writes what is expected, or leaves the picture of the difference */
        same = golden_raster(name, &sheet->raster, (struct golden_tolerance){0, 0});
    raster_release(&expected);
    im_buf_release(&png);
    return same;
}

static void check(struct fixture *f, const char *name)
{
    struct sheet *sheet = calloc(1, sizeof *sheet);
    json_t *json = read_sheet(name);
    const char *of = json_string_value(json_object_get(json, "of"));
    const json_t *scale = json_object_get(json, "scale");
    const json_t *rows;
    const json_t *size;
    uint32_t top = MARGIN;

    assert_non_null(sheet);
    sheet->name = name;
    sheet->is_right = true;
    sheet->json = of ? read_sheet(of) : json_incref(json);
    sheet->only = json_object_get(json, "only");
    sheet->scale = scale ? number_of(scale) : 1;
    sheet->type = type_of(json_string_value(json_object_get(sheet->json, "type")));
    size = json_object_get(sheet->json, "cell");
    sheet->cell_px[0] = number_of(json_array_get(size, 0));
    sheet->cell_px[1] = number_of(json_array_get(size, 1));
    sheet->columns = number_of(json_object_get(sheet->json, "columns"));
    rows = json_object_get(sheet->json, "rows");
    make_room(sheet);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (!is_shown(sheet, row))
            continue;
        draw_row(f, sheet, row, top);
        top += lines_of(sheet, row) * (sheet->cell_px[1] + CAPTION + MARGIN);
    }
    bool same = is_expected(sheet) && sheet->is_right;
    raster_release(&sheet->raster);
    json_decref(sheet->json);
    json_decref(json);
    free(sheet);
    assert_true(same);
}

TEST(backgrounds)
{
    check(*state, "background");
}

TEST(fills)
{
    check(*state, "fill");
}

TEST(lines)
{
    check(*state, "line");
}

TEST(lines_at_twice_the_pixels)
{
    check(*state, "line_2x");
}

TEST(circles)
{
    check(*state, "circle");
}

TEST(heatmaps)
{
    check(*state, "heatmap");
}

TEST(texts)
{
    check(*state, "text");
}

TEST(icons)
{
    check(*state, "icon");
}

TEST(labels_along_lines)
{
    check(*state, "along");
}

TEST(labels_at_three_times_the_pixels)
{
    check(*state, "text_3x");
}

/* The last one: the sheets say what they showed. */
TEST(every_property_that_can_be_seen_is_on_a_sheet)
{
    const struct fixture *f = *state;
    int n = 0;

    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++)
        if (!is_flat((enum style_property)i) && !f->has_row[i]) {
            print_error("%s is on no sheet\n", style_properties[i].name);
            n++;
        }
    assert_int_equal(n, 0);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct im_error err;

    if (sprite_sheet_open(TEST_SOURCE_DIR "/tests/golden/sheets/sprites/sprites",
                          &f.sprites, &err) != IM_OK ||
        tile_worker_new(NULL, &f.worker, &err) != IM_OK ||
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
    tile_worker_free(f->worker);
    sprite_sheet_close(f->sprites);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backgrounds),
        cmocka_unit_test(fills),
        cmocka_unit_test(lines),
        cmocka_unit_test(lines_at_twice_the_pixels),
        cmocka_unit_test(circles),
        cmocka_unit_test(heatmaps),
        cmocka_unit_test(texts),
        cmocka_unit_test(icons),
        cmocka_unit_test(labels_along_lines),
        cmocka_unit_test(labels_at_three_times_the_pixels),
        cmocka_unit_test(every_property_that_can_be_seen_is_on_a_sheet),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
