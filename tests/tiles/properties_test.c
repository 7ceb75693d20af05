/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the table of style properties: for each there are two values that make
 * different pictures of some scene, or it is refused, or it says nothing about a flat
 * map that is not turned, and then no value changes anything. So no property can be
 * read and then forgotten. */
#include <test.h>

#include "flat_properties.h"
#include "render/render.h"
#include "style/style.h"

#include <support/memory_source.h>
#include <tiles/tile.h>

#include <math.h>
#include <unistd.h>

enum { MAX_VALUES = 24, VALUE_SIZE = 200, ZOOM = 8, TILE_X = 213, TILE_Y = 104 };

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
                "\"type\": \"real\"}], \"source\": {\"zh\": \"s\", \"en\": \"s\"}, "
                "\"licence\": \"CC0\"}";

/* ---- scenes: what stands beside the property in question ---- */

struct scene {
    enum style_type type;
    const char *layout;
    const char *paint;
};
#define TWO "[\"match\", [\"get\", \"kind\"], \"a\", \"#d33\", \"#33d\"]"
#define NAME "\"text-field\": [\"get\", \"name\"]"
static const struct scene scenes[] = {
    {STYLE_BACKGROUND, "", ""},
    {STYLE_BACKGROUND, "", "\"background-color\": \"#cde\""},
    {STYLE_BACKGROUND, "", "\"background-pattern\": \"dots\""},
    {STYLE_FILL, "", ""},
    {STYLE_FILL, "", "\"fill-color\": " TWO},
    {STYLE_FILL, "", "\"fill-color\": \"#ccc\", \"fill-outline-color\": \"#000\""},
    {STYLE_FILL, "", "\"fill-pattern\": \"dots\""},
    {STYLE_LINE, "", "\"line-width\": 9, \"line-color\": " TWO},
    {STYLE_LINE, "\"line-join\": \"round\"", "\"line-width\": 24"},
    {STYLE_CIRCLE, "", "\"circle-radius\": 12, \"circle-color\": " TWO},
    {STYLE_CIRCLE, "", "\"circle-radius\": 12, \"circle-stroke-width\": 4"},
    {STYLE_HEATMAP, "", "\"heatmap-opacity\": 0.9"},
    {STYLE_SYMBOL, NAME, "\"text-color\": " TWO},
    {STYLE_SYMBOL, NAME, "\"text-halo-color\": \"#f00\""},
    {STYLE_SYMBOL, NAME, "\"text-halo-width\": 2"},
    {STYLE_SYMBOL, NAME ", \"text-allow-overlap\": true", "\"text-color\": " TWO},
    {STYLE_SYMBOL, NAME ", \"text-anchor\": \"top\", \"icon-image\": \"dots\"", ""},
    {STYLE_SYMBOL, NAME ", \"icon-image\": \"dots\", \"text-allow-overlap\": true", ""},
    {STYLE_SYMBOL, NAME ", \"icon-image\": \"dots\", \"icon-allow-overlap\": true", ""},
    {STYLE_SYMBOL, NAME ", \"icon-image\": \"dots\", \"icon-text-fit\": \"both\"", ""},
    {STYLE_SYMBOL, NAME ", \"text-variable-anchor\": [\"top\", \"left\"]", ""},
    {STYLE_SYMBOL, NAME ", \"symbol-placement\": \"line\"", ""},
    {STYLE_SYMBOL, "\"icon-image\": \"dots\"", ""},
    {STYLE_SYMBOL, "\"icon-image\": \"blob\"", ""},
    {STYLE_SYMBOL, "\"icon-image\": \"blob\"", "\"icon-halo-width\": 3"},
    {STYLE_SYMBOL, "\"icon-image\": \"blob\"", "\"icon-halo-color\": \"#f00\""},
    {STYLE_SYMBOL, "\"icon-image\": \"blob\"",
     "\"icon-halo-color\": \"#f00\", \"icon-halo-width\": 3"},
    {STYLE_SYMBOL, NAME, "\"text-halo-color\": \"#f00\", \"text-halo-width\": 3"},
    {STYLE_SYMBOL, "\"icon-image\": \"arrow\", \"symbol-placement\": \"line\"", ""},
};

/* ---- values ---- */

struct values {
    char text[MAX_VALUES][VALUE_SIZE];
    int n;
};

__attribute__((format(printf, 2, 3))) static void
put(struct values *v, const char *format, ...)
{
    va_list args;

    assert_true(v->n < MAX_VALUES);
    va_start(args, format);
    assert_in_range(vsnprintf(v->text[v->n++], VALUE_SIZE, format, args), 1,
                    VALUE_SIZE - 1);
    va_end(args);
}

static void put_numbers(struct values *v, const struct style_property_def *def)
{
    static const double numbers[] = {0, 0.5, 1, 1.5, 3, 10, 30, 90, 300, -3};

    if (def->max > 1e9) { /* a sort key */
        put(v, "[\"get\", \"rank\"]");
        put(v, "[\"-\", 0, [\"get\", \"rank\"]]");
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] >= def->min && numbers[i] <= def->max)
            put(v, "%g", numbers[i]);
}

static void put_lists(struct values *v, const struct style_property_def *def)
{
    static const double fillers[] = {0, 1, 3, 12, -3};

    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        char list[VALUE_SIZE] = "[";

        if (fillers[i] < def->min)
            continue;
        for (uint32_t k = 0; k < (def->min_items > 2 ? def->min_items : 2); k++)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%g",
                     k ? ", " : "", fillers[i]);
        put(v, "%s]", list);
    }
}

static void put_values(struct values *v, const struct style_property_def *def)
{
    switch (def->kind) {
    case STYLE_NUMBER:
        put_numbers(v, def);
        break;
    case STYLE_BOOL:
        put(v, "true");
        put(v, "false");
        break;
    case STYLE_COLOR:
        for (int i = 0; i < 2; i++)
            put(v,
                def->depends & PROPERTY_DENSITY
                    ? "[\"interpolate\", [\"linear\"], [\"heatmap-density\"], 0, "
                      "\"rgba(0,0,0,0)\", 1, \"%s\"]"
                    : "\"%s\"",
                i ? "#0a0" : "#a0a");
        break;
    case STYLE_IMAGE:
        put(v, "\"dots\"");
        put(v, "\"blob\"");
        break;
    case STYLE_FORMATTED:
        put(v, "\"甲\"");
        put(v, "\"乙丙\"");
        break;
    case STYLE_OFFSETS:
        put(v, "[\"top\", [0, 1]]");
        put(v, "[\"left\", [2, 1]]");
        break;
    default:
        for (uint32_t i = 0; def->choices && def->choices[i]; i++)
            put(v, def->kind == STYLE_STRING ? "\"%s\"" : "[\"%s\"]", def->choices[i]);
        if (!def->choices)
            put_lists(v, def);
    }
}

/* ---- pictures ---- */

struct fixture {
    struct sprite_sheet *sprites;
    struct tile_worker *worker;
};

/* Pixels of the tile as degrees. */
static void put_point(struct im_buf *out, double x, double y)
{
    double n = 1 << ZOOM;

    im_buf_printf(out, "%.9f %.9f", (TILE_X + x / 256) / n * 360 - 180,
                  atan(sinh(M_PI * (1 - 2 * (TILE_Y + y / 256) / n))) * 180 / M_PI);
}

static void add(struct memory_source *source,
                const char *open,
                const double *xy,
                size_t n,
                const char *close,
                const char *values)
{
    struct im_buf wkt = {.max = 4096};

    im_buf_text(&wkt, open);
    for (size_t i = 0; i < n; i++) {
        im_buf_text(&wkt, i ? "," : "");
        put_point(&wkt, xy[2 * i], xy[2 * i + 1]);
    }
    im_buf_text(&wkt, close);
    im_buf_byte(&wkt, 0);
    memory_source_row(source, (const char *)wkt.data, values);
    im_buf_release(&wkt);
}

#define ADD(kind, values, ...)                                                         \
    do {                                                                               \
        static const double xy[] = {__VA_ARGS__};                                      \
        add(source, kind[0], xy, sizeof xy / sizeof *xy / 2, kind[1], values);         \
    } while (0)
static const char *const AREA[] = {"POLYGON((", "))"};
static const char *const LINE[] = {"LINESTRING(", ")"};
static const char *const POINT[] = {"POINT(", ")"};

static void add_things(struct memory_source *source)
{
    ADD(AREA, "1||a|3", 20, 130, 110, 140, 100, 235, 30, 240, 20, 130);
    ADD(AREA, "2||b|1", 70, 180, 150, 175, 160, 245, 60, 240, 70, 180);
    /* slight turns, a sharp one, and it crosses the other */
    ADD(LINE, "3|Yangtze长江|a|1", 10, 60, 60, 50, 100, 56, 150, 40, 200, 50, 245, 44,
        250, 120, 180, 110, 246, 180);
    ADD(LINE, "4|Huai淮河|b|2", 240, 20, 225, 230, 130, 245);
    ADD(LINE, "5|Short小河|b|3", 20, 90, 44, 92, 48, 120, 80, 96, 100, 90);
    ADD(POINT, "6|科创孵化中心 第一号楼 Abcdef|a|5", 130, 90);
    ADD(POINT, "7|科技园 Beta|b|2", 140, 96);
    ADD(POINT, "8|众创空间|a|1", 124, 104);
    ADD(POINT, "9|Gamma 加速器 的楼|b|4", 60, 200);
}

/* False: the value is refused. */
static bool draw(struct fixture *f,
                 const struct scene *scene,
                 const struct style_property_def *def,
                 const char *value,
                 struct im_buf *png)
{
    const char *parts[2] = {scene->layout, scene->paint};
    struct memory_source *source = memory_source_new();
    struct im_buf style = {.max = 8192};
    /* the whole map alone has a background, and it leaves out what is refused */
    struct tile_map_options options = {
        .layers = scene->type == STYLE_BACKGROUND ? "map" : "things",
        .lang = LANG_ZH,
        .sprites = f->sprites};
    struct tile_id id = {ZOOM, TILE_X, TILE_Y};
    const struct atlas *atlas;
    const struct tile_map *map = NULL;
    struct im_error err = {0};

    im_buf_printf(&style, "{\"layers\": [{\"id\": \"l\", \"type\": \"%s\"",
                  style_type_name(scene->type));
    for (int i = 0; i < 2; i++) {
        bool here = def->is_layout == (i == 0);

        im_buf_printf(&style, ", \"%s\": {", i ? "paint" : "layout");
        if (here)
            im_buf_printf(&style, "\"%s\": %s", def->name, value);
        im_buf_printf(&style, "%s%s}", here && *parts[i] ? ", " : "", parts[i]);
    }
    im_buf_text(&style, "}]}");
    im_buf_byte(&style, 0);
    memory_source_layer(source, LAYER, (const char *)style.data, 1);
    add_things(source);
    atlas = memory_source_atlas(source);
    bool ok = tile_map_new(atlas, &options, &map, &err) == IM_OK;
    if (!ok)
        assert_int_equal(err.code, IM_EDATA);
    else if (tile_render_png(map, f->worker, id, 1, png, &err) != IM_OK)
        fail_msg("%s: %s: %s", def->name, value, err.msg);
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
    im_buf_release(&style);
    return ok;
}

enum answer { ANSWER_CHANGES, ANSWER_NOTHING, ANSWER_REFUSED };

static enum answer
try_scene(struct fixture *f, const struct scene *scene, enum style_property property)
{
    const struct style_property_def *def = &style_properties[property];
    enum answer answer = ANSWER_NOTHING;
    bool some_refused = false;
    struct values values = {.n = 0};
    struct im_buf first = {.max = 1 << 20};

    put_values(&values, def);
    assert_true(values.n >= 2);
    for (int i = 0; i < values.n && answer != ANSWER_CHANGES; i++) {
        struct im_buf png = {.max = 1 << 20};

        if (!draw(f, scene, def, values.text[i], &png)) {
            some_refused = true;
            im_buf_release(&png);
            continue;
        }
        if (!first.data) {
            first = png;
            continue;
        }
        if (png.len != first.len || memcmp(png.data, first.data, png.len) != 0)
            answer = ANSWER_CHANGES;
        im_buf_release(&png);
    }
    im_buf_release(&first);
    return answer == ANSWER_NOTHING && some_refused ? ANSWER_REFUSED : answer;
}

/* A scene may hold the property itself: then it is said twice, which is no style. */
static bool suits(const struct scene *scene, const struct style_property_def *def)
{
    char quoted[80];

    snprintf(quoted, sizeof quoted, "\"%s\":", def->name);
    return scene->type == def->layer && !strstr(scene->layout, quoted) &&
           !strstr(scene->paint, quoted);
}

TEST(every_property_changes_pixels_or_is_refused)
{
    struct fixture *f = *state;
    int forgotten = 0;

    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++) {
        enum style_property property = (enum style_property)i;
        const struct style_property_def *def = &style_properties[i];
        bool changes = false;
        bool refused = true;

        for (size_t k = 0; k < sizeof scenes / sizeof *scenes && !changes; k++) {
            enum answer answer = ANSWER_REFUSED;

            if (!suits(&scenes[k], def))
                continue;
            answer = try_scene(f, &scenes[k], property);
            changes = answer == ANSWER_CHANGES;
            refused &= answer == ANSWER_REFUSED;
        }
        if (changes == is_flat(property) && !(refused && !changes)) {
            print_error("%s %s\n", def->name,
                        changes ? "changes a flat map" : "changes no pixel");
            forgotten++;
        }
    }
    assert_int_equal(forgotten, 0);
}

/* ---- lines with a pattern ---- */

static void render(struct fixture *f,
                   const struct tile_map *map,
                   struct tile_id id,
                   uint32_t size,
                   struct raster *raster)
{
    struct render_area area = {.zoom = id.z,
                               .x_px = (int64_t)id.x * 256,
                               .y_px = (int64_t)id.y * 256,
                               .width_px = size,
                               .height_px = size};
    struct im_error err;

    assert_int_equal(raster_init(raster, size, size, &err), IM_OK);
    if (render_area(map, f->worker, area, 1, raster, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

TEST(a_pattern_goes_on_along_a_line_over_the_borders_of_tiles)
{
    struct fixture *f = *state;
    struct memory_source *source = memory_source_new();
    struct tile_map_options options = {
        .layers = "things", .lang = LANG_ZH, .sprites = f->sprites};
    struct tile_id id = {ZOOM, TILE_X, TILE_Y};
    const struct tile_map *map;
    struct raster whole;
    struct im_error err;
    size_t painted = 0;

    memory_source_layer(source, LAYER,
                        "{\"layers\": [{\"id\": \"l\", \"type\": \"line\", "
                        "\"paint\": {\"line-pattern\": \"dots\", \"line-width\": 12, "
                        "\"line-offset\": 3}}]}",
                        1);
    /* it starts outside and meanders over all four */
    ADD(LINE, "1||a|1", -900, 40, 60, 50, 255, 30, 300, 90, 240, 150, 260, 256, 200,
        300, 300, 420, 420, 250, 700, 270);
    const struct atlas *atlas = memory_source_atlas(source);
    if (tile_map_new(atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    render(f, map, id, 512, &whole);
    for (uint32_t i = 0; i < 4; i++) {
        struct tile_id one = {ZOOM, TILE_X + i % 2, TILE_Y + i / 2};
        struct raster raster;

        render(f, map, one, 256, &raster);
        for (size_t k = 0; k < (size_t)256 * 256 * 4; k++) {
            size_t x = i % 2 * 256 + k / 4 % 256;
            size_t y = i / 2 * 256 + k / 1024;
            int other = whole.rgba[(y * 512 + x) * 4 + k % 4];

            painted += raster.rgba[k] > 0;
            if (abs(raster.rgba[k] - other) > 2)
                fail_msg("pixel %zu, %zu: %d, not %d", x, y, raster.rgba[k], other);
        }
        raster_release(&raster);
    }
    assert_true(painted > 10000);
    raster_release(&whole);
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
}

/* ---- images ---- */

static void write_sheet(const char *folder)
{
    static const char json[] =
        "{\"dots\": {\"x\": 0, \"y\": 0, \"width\": 16, \"height\": 16, "
        "\"pixelRatio\": 1}, \"arrow\": {\"x\": 16, \"y\": 0, \"width\": 16, "
        "\"height\": 16, \"pixelRatio\": 1}, \"blob\": {\"x\": 32, \"y\": 0, "
        "\"width\": "
        "16, \"height\": 16, \"pixelRatio\": 1, \"sdf\": true}}";
    struct raster raster;
    struct im_buf png = {.max = 1 << 16};
    struct im_error err;
    char path[300];

    assert_int_equal(raster_init(&raster, 48, 16, &err), IM_OK);
    for (uint32_t y = 0; y < 16; y++)
        for (uint32_t x = 0; x < 48; x++) {
            double d = hypot(x % 16 - 7.5, y - 7.5);
            bool on = x < 16 ? (x / 4 + y / 4) % 2 : x % 16 >= 8 && y < 6;
            int alpha = x >= 32 ? (int)fmax(0, 255 - 24 * d) : on ? 255 : 0;
            uint8_t px[4] = {0, (uint8_t)(alpha / 2), (uint8_t)alpha, (uint8_t)alpha};

            memcpy(raster.rgba + 4 * ((size_t)y * 48 + x), px, 4);
        }
    assert_int_equal(raster_write_png(&raster, 1, &png, &err), IM_OK);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/s.%s", folder, i ? "json" : "png");
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(i ? (const void *)json : png.data,
                                i ? strlen(json) : png.len, 1, file),
                         1);
        assert_int_equal(fclose(file), 0);
    }
    raster_release(&raster);
    im_buf_release(&png);
}

static int set_up(void **state)
{
    static struct fixture f;
    char folder[] = "/tmp/innomap-properties-XXXXXX";
    struct im_error err = {0};
    char path[300];

    if (!mkdtemp(folder))
        return -1;
    write_sheet(folder);
    snprintf(path, sizeof path, "%s/s", folder);
    if (sprite_sheet_open(path, &f.sprites, &err) != IM_OK ||
        tile_worker_new(NULL, &f.worker, &err) != IM_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    snprintf(path, sizeof path, "%s/s.png", folder);
    (void)unlink(path);
    snprintf(path, sizeof path, "%s/s.json", folder);
    (void)unlink(path);
    (void)rmdir(folder);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tile_worker_free(f->worker);
    sprite_sheet_close(f->sprites);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_property_changes_pixels_or_is_refused),
        cmocka_unit_test(a_pattern_goes_on_along_a_line_over_the_borders_of_tiles),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
