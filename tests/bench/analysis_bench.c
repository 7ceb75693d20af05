/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that compare and count, inside the process: 20,000 areas against 1,000,000
 * points in 17 x 20 divisions with outlines. --short: 200 against 10,000, and some of
 * the answers by brute force. */
#include <engine/analysis.h>
#include <support/random.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLUSTERS = 300, COLUMNS = 17, ROWS = 20, VERTICES = 25 };
static const double WEST = 115, SOUTH = 27, STEP = 0.45;

#define ID "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"}"
#define CODE "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"}"

enum { POINTS, PARKS, DIVISIONS, OUTLINES, LAYERS };
static const char *const IDS[LAYERS] = {"points", "parks", "divisions", "outlines"};
static const char *const DEFINITIONS[LAYERS] = {
    "{\"id\":\"points\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"
    "\"id\","
    "\"fields\":[" ID "," CODE "],\"roles\":{\"adcode\":\"adcode\"}}",
    "{\"id\":\"parks\",\"title\":{\"zh\":\"园区\"},\"geometry\":\"area\",\"key\":"
    "\"id\","
    "\"fields\":[" ID "," CODE "],\"roles\":{\"adcode\":\"adcode\"}}",
    "{\"id\":\"divisions\",\"title\":{\"zh\":\"区划\"},\"geometry\":\"point\","
    "\"names_places\":true,\"key\":\"adcode\",\"fields\":[" ID "," CODE
    "],\"roles\":{\"adcode\":\"adcode\",\"name_zh\":\"adcode\"}}",
    "{\"id\":\"outlines\",\"title\":{\"zh\":\"轮廓\"},\"geometry\":\"area\","
    "\"group\":\"areas\",\"key\":\"adcode\",\"fields\":[" ID "," CODE
    "],\"roles\":{\"adcode\":\"adcode\"}}"};

/* Rows without a copy in memory: made while they are read. */
struct generator {
    uint32_t n[LAYERS];
    double centre[2 * CLUSTERS];
};

struct source_cursor {
    const struct generator *generator;
    int layer;
    struct test_random random;
    uint32_t row;
    double lonlat[2 * VERTICES];
    uint32_t ends[2];
    char code[16];
    struct source_value values[2];
};

static enum im_code describe(void *self,
                             struct im_arena *arena,
                             const struct source_layer **layers,
                             size_t *n_layers,
                             uint64_t *data_version,
                             struct im_error *err)
{
    const struct generator *g = self;
    struct source_layer *out = im_arena_calloc(arena, LAYERS, sizeof *out);

    if (!out)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (int i = 0; i < LAYERS; i++)
        out[i] = (struct source_layer){.id = IDS[i],
                                       .definition_json = DEFINITIONS[i],
                                       .style_json = "",
                                       .version = 1,
                                       .changed_at = "2026-01-01T00:00:00Z",
                                       .n_features = g->n[i]};
    *layers = out;
    *n_layers = LAYERS;
    *data_version = 1;
    return IM_OK;
}

static enum im_code
open_rows(void *self, const char *id, struct source_cursor **out, struct im_error *err)
{
    struct source_cursor *c = calloc(1, sizeof *c);

    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->generator = self;
    while (strcmp(IDS[c->layer], id) != 0)
        c->layer++;
    c->random.state = 42 + (uint64_t)c->layer;
    *out = c;
    return IM_OK;
}

static void set_code(struct source_cursor *c, double lon, double lat)
{
    int column = (int)((lon - WEST) / STEP);
    int row = (int)((lat - SOUTH) / STEP);

    column = column < 0 ? 0 : column >= COLUMNS ? COLUMNS - 1 : column;
    row = row < 0 ? 0 : row >= ROWS ? ROWS - 1 : row;
    snprintf(c->code, sizeof c->code, "33%02d%02d", row + 1, column + 1);
    c->values[1] =
        (struct source_value){.kind = SOURCE_TEXT, .text = im_bytes_of(c->code)};
}

/* A sum of uniform numbers falls off around the centre like a town does. */
static double scatter(struct test_random *r)
{
    double sum = 0;

    for (int i = 0; i < 4; i++)
        sum += test_random_in(r, -0.15, 0.15);
    return sum;
}

static void make_place(struct source_cursor *c)
{
    uint32_t at = 2 * test_random_below(&c->random, CLUSTERS);

    c->lonlat[0] = c->generator->centre[at] + scatter(&c->random);
    c->lonlat[1] = c->generator->centre[at + 1] + scatter(&c->random);
    set_code(c, c->lonlat[0], c->lonlat[1]);
}

static struct geom make_ring(struct source_cursor *c, double x, double y, double size)
{
    for (int i = 0; i < VERTICES; i++) {
        double angle = i % (VERTICES - 1) * 6.283185307179586 / (VERTICES - 1);

        c->lonlat[2 * i] = x + size * cos(angle);
        c->lonlat[2 * i + 1] = y + size * sin(angle);
    }
    c->ends[0] = VERTICES;
    c->ends[1] = 1;
    return (struct geom){GEOM_AREA, VERTICES,    1,          1,
                         c->lonlat, &c->ends[0], &c->ends[1]};
}

static struct geom make_square(struct source_cursor *c, double x, double y)
{
    double s = STEP;
    double xy[10] = {x, y, x + s, y, x + s, y + s, x, y + s, x, y};

    memcpy(c->lonlat, xy, sizeof xy);
    c->ends[0] = 5;
    c->ends[1] = 1;
    return (struct geom){GEOM_AREA, 5, 1, 1, c->lonlat, &c->ends[0], &c->ends[1]};
}

static enum im_code next_row(struct source_cursor *c,
                             struct source_feature *out,
                             bool *more,
                             struct im_error *err)
{
    struct geom g = {GEOM_POINT, 1, 0, 0, c->lonlat, NULL, NULL};
    double x = WEST + STEP * (c->row % COLUMNS);
    double y = SOUTH + STEP * (c->row / COLUMNS % ROWS);

    (void)err;
    *more = c->row < c->generator->n[c->layer];
    if (!*more)
        return IM_OK;
    if (c->layer == POINTS || c->layer == PARKS) {
        make_place(c);
        if (c->layer == PARKS)
            g = make_ring(c, c->lonlat[0], c->lonlat[1], 0.02);
    } else {
        set_code(c, x + STEP / 2, y + STEP / 2);
        c->lonlat[0] = x + STEP / 2;
        c->lonlat[1] = y + STEP / 2;
        if (c->layer == OUTLINES)
            g = make_square(c, x, y);
    }
    c->values[0] = (struct source_value){.kind = SOURCE_INTEGER, .integer = ++c->row};
    *out = (struct source_feature){c->row, g, c->values};
    return IM_OK;
}

static void close_rows(struct source_cursor *c)
{
    free(c);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* the machine may be shared */
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- what is asked ---- */

struct bench {
    const struct atlas *atlas;
    const struct atlas_layer *layers[LAYERS];
    struct query_request rows[LAYERS];
    bool is_short;
};

static void expect(bool is_right, const char *what)
{
    if (!is_right) {
        fprintf(stderr, "analysis bench: wrong answer: %s\n", what);
        abort();
    }
}

static void check_nearest(const struct bench *b, const struct join_pair *pair)
{
    struct geom park = atlas_geom(b->layers[PARKS], pair->row.feature);
    double least = HUGE_VAL;

    for (uint32_t i = 0; i < atlas_layer_size(b->layers[POINTS]); i++) {
        struct geom g = atlas_geom(b->layers[POINTS], i);

        least =
            fmin(least, geom_distance_m(&park, g.lonlat[0], g.lonlat[1], NULL, NULL));
    }
    expect(fabs(least - pair->other[0].distance_m) < 1e-5, "nearest");
}

static void ask_join(const struct bench *b, double max_m, const char *what)
{
    struct im_arena *arena = im_arena_new((size_t)1 << 31);
    const struct query_request *others = &b->rows[POINTS];
    struct join_request q = {
        .rows = &b->rows[PARKS], .others = &others, .n_others = 1, .max_m = max_m};
    struct join_answer a;
    double start = now_ms();

    expect((isfinite(max_m) ? analysis_coverage : analysis_join)(&q, arena, &a, NULL,
                                                                 NULL) == IM_OK,
           what);
    printf("%-44s %8.0f ms  %llu within\n", what, now_ms() - start,
           (unsigned long long)a.n_within);
    expect(a.n_rows == atlas_layer_size(b->layers[PARKS]), what);
    for (size_t i = 0; b->is_short && i < a.n_pairs && i < 4; i++)
        check_nearest(b, &a.pairs[i]);
    im_arena_free(arena);
}

/* How many points each area has within reach: only of the rows that are shown. */
static void ask_covered(const struct bench *b, double max_m, const char *what)
{
    struct im_arena *arena = im_arena_new((size_t)1 << 31);
    const struct query_request *others = &b->rows[POINTS];
    struct join_request q = {.rows = &b->rows[PARKS],
                             .others = &others,
                             .n_others = 1,
                             .max_m = max_m,
                             .show_covered = true,
                             .limit = 100};
    struct join_answer a;
    double start = now_ms();

    expect(analysis_coverage(&q, arena, &a, NULL, NULL) == IM_OK, what);
    printf("%-44s %8.0f ms  %llu within\n", what, now_ms() - start,
           (unsigned long long)a.n_within);
    expect(a.n_matched == a.n_within && a.pairs[0].count[0] > 0, what);
    im_arena_free(arena);
}

static void ask_count(const struct bench *b, enum aggregate_by by, const char *what)
{
    struct im_arena *arena = im_arena_new((size_t)1 << 31);
    struct aggregate_request q = {.rows = &b->rows[POINTS],
                                  .by = by,
                                  .level = DIVISION_DISTRICT,
                                  .areas = b->layers[PARKS],
                                  .field = im_bytes_of("adcode")};
    struct aggregate_answer a;
    uint64_t sum = 0;
    double start = now_ms();

    expect(analysis_aggregate(&q, arena, &a, NULL, NULL) == IM_OK, what);
    printf("%-44s %8.0f ms  %zu groups\n", what, now_ms() - start, a.n_groups);
    for (size_t i = 0; i < a.n_groups; i++)
        sum += a.groups[i].count;
    expect(by == AGGREGATE_AREAS || sum == atlas_layer_size(b->layers[POINTS]), what);
    im_arena_free(arena);
}

int main(int argc, char **argv)
{
    struct bench b = {.is_short = argc > 1 && strcmp(argv[1], "--short") == 0};
    struct generator g = {.n = {1000000, 20000, COLUMNS * ROWS, COLUMNS * ROWS}};
    struct test_random r = {.state = 7};
    struct feature_source source = {.self = &g,
                                    .describe = describe,
                                    .open = open_rows,
                                    .next = next_row,
                                    .close = close_rows};

    if (b.is_short) {
        g.n[POINTS] = 10000;
        g.n[PARKS] = 200;
    }
    for (int i = 0; i < CLUSTERS; i++) {
        g.centre[2 * i] = test_random_in(&r, WEST + 1, WEST + STEP * COLUMNS - 1);
        g.centre[2 * i + 1] = test_random_in(&r, SOUTH + 1, SOUTH + STEP * ROWS - 1);
    }
    expect(atlas_build(&source, NULL, &b.atlas, NULL) == IM_OK, "atlas");
    for (int i = 0; i < LAYERS; i++) {
        b.layers[i] = atlas_layer_find(b.atlas, im_bytes_of(IDS[i]));
        b.rows[i] = (struct query_request){.layers = &b.layers[i],
                                           .n_layers = 1,
                                           .atlas = b.atlas,
                                           .coarsest = PRECISION_TOWN};
    }
    printf("%u areas, %u points\n", g.n[PARKS], g.n[POINTS]);
    ask_join(&b, HUGE_VAL, "join: the nearest point of each area");
    ask_join(&b, 5000, "coverage: areas without one within 5 km");
    ask_covered(&b, 20000, "coverage: 100 of the areas with one in 20 km");
    ask_count(&b, AGGREGATE_DIVISION, "aggregate: by district, by position");
    ask_count(&b, AGGREGATE_FIELD, "aggregate: by a field of text");
    ask_count(&b, AGGREGATE_AREAS, "aggregate: by the areas");
    atlas_unref(b.atlas);
    return 0;
}
