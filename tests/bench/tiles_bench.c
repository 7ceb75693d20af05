/* SPDX-License-Identifier: Apache-2.0 */
/* Cold tiles from a synthetic atlas: 300 areas of 400 corners, 3,000 lines of 60
 * vertices, and points (100,000 unless a number is given) in clusters, named. Prints
 * per zoom the first tile of a map that nobody has asked yet, then medians and 99th
 * percentiles of PNG and MVT over the same tiles. --short: 3,000 points, few tiles. In
 * each form the first tiles are made twice and have to have the same bytes. */
#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <math.h>
#include <time.h>

enum { AREAS = 300, CORNERS = 400, LINES = 3000, VERTICES = 60, MAX_TILES = 100 };

#define LAYER(id, geometry, order)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": " order                                                                \
    ", \"in_map\": true, \"visibility\": \"public\", \"fields\": ["                    \
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": "         \
    "\"integer\", \"tile_zoom\": 0},"                                                  \
    "{\"name\": \"name\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, \"type\": "       \
    "\"text\","                                                                        \
    " \"tile_zoom\": 8},"                                                              \
    "{\"name\": \"kind\", \"title\": {\"zh\": \"k\", \"en\": \"k\"}, \"type\": "       \
    "\"text\","                                                                        \
    " \"tile_zoom\": 0},"                                                              \
    "{\"name\": \"rank\", \"title\": {\"zh\": \"r\", \"en\": \"r\"}, \"type\": "       \
    "\"real\","                                                                        \
    " \"tile_zoom\": 0}], \"roles\": {\"importance\": \"rank\"},"                      \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"

static const char AREA_STYLE[] =
    "{\"layers\": [{\"id\": \"sea\", \"type\": \"background\", \"paint\": "
    "{\"background-color\": \"#cfe3ee\"}}, {\"id\": \"land\", \"type\": \"fill\", "
    "\"paint\": {\"fill-color\": [\"match\", [\"get\", \"kind\"], \"a\", \"#f4f1ea\", "
    "\"#e8efdc\"]}}, {\"id\": \"border\", \"type\": \"line\", \"paint\": "
    "{\"line-color\": "
    "\"#9a8aa0\", \"line-width\": 1.2, \"line-dasharray\": [3, 2]}}]}";
static const char LINE_STYLE[] =
    "{\"layers\": [{\"id\": \"road\", \"type\": \"line\", \"layout\": {\"line-join\": "
    "\"round\"}, \"paint\": {\"line-color\": \"#c8a060\", \"line-width\": "
    "[\"interpolate\","
    "[\"linear\"], [\"zoom\"], 5, 0.5, 14, 4]}}]}";
static const char POINT_STYLE[] =
    "{\"layers\": [{\"id\": \"dot\", \"type\": \"circle\", \"minzoom\": 8, \"paint\": "
    "{\"circle-radius\": [\"match\", [\"get\", \"kind\"], \"a\", 5, 3.5], "
    "\"circle-color\": \"#d9822b\", \"circle-stroke-color\": \"#fff\", "
    "\"circle-stroke-width\": 1}}, {\"id\": \"name\", \"type\": \"symbol\", "
    "\"minzoom\": "
    "8, \"layout\": {\"text-field\": [\"get\", \"name\"], \"text-size\": 12, "
    "\"text-variable-anchor\": [\"top\", \"bottom\", \"right\", \"left\"], "
    "\"text-radial-offset\": 0.7, \"text-max-width\": 8}, \"paint\": "
    "{\"text-halo-color\": "
    "\"#fff\", \"text-halo-width\": 1.4}}]}";

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void add_shape(struct memory_source *source,
                      struct test_random *r,
                      enum geom_kind kind,
                      uint32_t n,
                      int id)
{
    double xy[2 * (CORNERS + 1)];
    double lon = test_random_in(r, 116, 123);
    double lat = test_random_in(r, 28, 35);
    struct geom g = {kind, n, 1, kind == GEOM_AREA ? 1 : 0, xy, &n, &(uint32_t){1}};
    char values[80];

    for (uint32_t i = 0; i < n; i++) {
        double a = 2 * M_PI * i / (n - 1);
        double size = test_random_in(r, 0.25, 0.3);

        xy[2 * i] =
            kind == GEOM_AREA ? lon + size * cos(a) : (lon += size / 30 - 0.004);
        xy[2 * i + 1] =
            kind == GEOM_AREA ? lat + size * sin(a) : (lat += size / 30 - 0.0095);
    }
    if (kind == GEOM_AREA) {
        xy[2 * n - 2] = xy[0];
        xy[2 * n - 1] = xy[1];
    }
    (void)snprintf(values, sizeof values, "%d|区域%d|%s|0.5", id, id,
                   id % 2 ? "a" : "b");
    memory_source_feature(source, &g, values);
}

static void add_points(struct memory_source *source, struct test_random *r, int n)
{
    static const char *const syllables[] = {"张", "江", "浦", "东",
                                            "科", "创", "孵", "化"};
    double centre[64][2];

    for (int i = 0; i < 64; i++) {
        centre[i][0] = test_random_in(r, 117, 122);
        centre[i][1] = test_random_in(r, 29, 34);
    }
    for (int i = 0; i < n; i++) {
        uint32_t c = test_random_below(r, 64);
        double xy[2] = {centre[c][0], centre[c][1]};
        struct geom g = {GEOM_POINT, 1, 1, 0, xy, NULL, NULL};
        char values[120];
        int len = snprintf(values, sizeof values, "%d|", i);

        for (int k = 0; k < 6; k++) { /* a sum of six: dense in the middle */
            xy[0] += test_random_in(r, -0.1, 0.1);
            xy[1] += test_random_in(r, -0.1, 0.1);
        }
        for (uint32_t k = 3 + test_random_below(r, 6); k > 0; k--)
            len += snprintf(values + len, sizeof values - (size_t)len, "%s",
                            syllables[test_random_below(r, 8)]);
        (void)snprintf(values + len, sizeof values - (size_t)len, "|%s|%.5f",
                       i % 5 ? "b" : "a", test_random_in(r, 0, 1));
        memory_source_feature(source, &g, values);
    }
}

static const struct atlas *make_atlas(struct memory_source *source, int n_points)
{
    struct test_random r = test_random_new("tiles_bench");

    memory_source_layer(source, LAYER("areas", "area", "1"), AREA_STYLE, 1);
    for (int i = 0; i < AREAS; i++)
        add_shape(source, &r, GEOM_AREA, CORNERS + 1, i);
    memory_source_layer(source, LAYER("lines", "line", "2"), LINE_STYLE, 1);
    for (int i = 0; i < LINES; i++)
        add_shape(source, &r, GEOM_LINE, VERTICES, i);
    memory_source_layer(source, LAYER("spots", "point", "3"), POINT_STYLE, 1);
    add_points(source, &r, n_points);
    return memory_source_atlas(source);
}

static int compare(const void *a, const void *b)
{
    double p = *(const double *)a;
    double q = *(const double *)b;

    return (p > q) - (p < q);
}

struct bench {
    const struct atlas *atlas;
    struct tile_map_options options;
    const struct tile_map *map;
    struct tile_worker *worker;
    struct im_buf out;
    int n_tiles;
    struct im_error err;
};

static void must(struct bench *b, enum im_code rc)
{
    if (rc != IM_OK) {
        (void)fprintf(stderr, "tiles_bench: %s\n", b->err.msg);
        exit(1);
    }
}

static double time_tile(struct bench *b, struct tile_id id, bool png)
{
    double start = now_ms();

    im_buf_clear(&b->out);
    if (png) {
        must(b, tile_render_png(b->map, b->worker, id, 1, &b->out, &b->err));
    } else {
        must(b, tile_encode_mvt(b->map, b->worker, id, &b->out, &b->err));
    }
    return now_ms() - start;
}

static bool begins_as_it_should(const struct im_buf *out, bool png)
{
    if (png)
        return out->len > 8 && memcmp(out->data, "\x89PNG\r\n\x1a\n", 8) == 0;
    return out->len > 2 && out->data[0] == 0x1A; /* a layer; all tiles lie in one */
}

/** The same tile again: no label plan, cache or scratch may change what it shows. */
static void check_again(struct bench *b, struct tile_id id, bool png)
{
    struct im_buf first = {.max = b->out.max};

    im_buf_append(&first, b->out.data, b->out.len);
    (void)time_tile(b, id, png);
    if (first.failed || !begins_as_it_should(&first, png) || first.len != b->out.len ||
        memcmp(first.data, b->out.data, first.len) != 0) {
        (void)fprintf(stderr,
                      "tiles_bench: %s tile %u/%u/%u is not one, or not twice\n",
                      png ? "png" : "mvt", id.z, id.x, id.y);
        exit(1);
    }
    im_buf_release(&first);
}

/** Of a map made anew, where points are: with its index of labels and its plan down to
 *  this zoom. */
static double time_first_tile(struct bench *b, uint32_t z)
{
    const struct atlas_layer *spots = atlas_layer_find(b->atlas, im_bytes_of("spots"));
    const double *lonlat = atlas_geom(spots, atlas_layer_size(spots) / 2).lonlat;
    struct tile_id id = {z, world_x(lonlat[0]) >> (32 - z),
                         world_y(lonlat[1]) >> (32 - z)};
    const struct tile_map *kept = b->map;
    double start = now_ms();

    must(b, tile_map_new(b->atlas, &b->options, &b->map, &b->err));
    (void)time_tile(b, id, true);
    double ms = now_ms() - start;
    tile_map_unref(b->map);
    b->map = kept;
    return ms;
}

static void measure(struct bench *b, uint32_t z)
{
    struct test_random r = test_random_new("tiles of one zoom");
    double ms[2][MAX_TILES];
    double bytes[2] = {0, 0};
    double first;

    first = time_first_tile(b, z);
    for (int i = 0; i < b->n_tiles; i++) {
        struct tile_id id = {z, world_x(test_random_in(&r, 117, 122)) >> (32 - z),
                             world_y(test_random_in(&r, 29, 34)) >> (32 - z)};

        for (int kind = 0; kind < 2; kind++) {
            ms[kind][i] = time_tile(b, id, kind == 0);
            bytes[kind] += (double)b->out.len / b->n_tiles;
            if (i == 0)
                check_again(b, id, kind == 0);
        }
    }
    for (int kind = 0; kind < 2; kind++)
        qsort(ms[kind], (size_t)b->n_tiles, sizeof(double), compare);
    printf("z%-3u first %7.1f ms | png p50 %6.2f p99 %6.2f ms %6.1f KB | mvt p50 %6.2f "
           "p99 "
           "%6.2f ms %7.1f KB\n",
           z, first, ms[0][b->n_tiles / 2], ms[0][b->n_tiles * 99 / 100],
           bytes[0] / 1e3, ms[1][b->n_tiles / 2], ms[1][b->n_tiles * 99 / 100],
           bytes[1] / 1e3);
}

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    int n_points = is_short ? 3000 : argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100000;
    struct memory_source *source = memory_source_new();
    struct bench b = {.options = {.layers = "map", .lang = LANG_ZH},
                      .out = {.max = 16 * 1024 * 1024},
                      .n_tiles = is_short ? 4 : MAX_TILES};
    double start = now_ms();
    const struct atlas *atlas = make_atlas(source, n_points);

    printf("atlas of %d points: %.0f ms, %.1f MB\n", n_points, now_ms() - start,
           (double)atlas_memory_bytes(atlas) / 1e6);
    b.atlas = atlas;
    must(&b, tile_map_new(atlas, &b.options, &b.map, &b.err));
    must(&b, tile_worker_new(NULL, &b.worker, &b.err));
    for (uint32_t z = 4; z <= 16; z += is_short ? 4 : 1)
        measure(&b, z);
    im_buf_release(&b.out);
    tile_worker_free(b.worker);
    tile_map_unref(b.map);
    atlas_unref(atlas);
    memory_source_free(source);
    return 0;
}
