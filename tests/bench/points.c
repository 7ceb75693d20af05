/* SPDX-License-Identifier: Apache-2.0 */
/* Clustered points in the delta. */
#include "points.h"

#include <engine/feature_source.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const DEFINITION =
    "{\"id\":\"points\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"
    "\"id\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"},"
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":\"text\"}]}";

struct source_cursor {
    struct points *points;
    struct test_random random;
    uint32_t row;
    double lonlat[2];
    struct source_value values[POINTS_FIELDS];
};

static enum im_code describe(void *self,
                             struct im_arena *arena,
                             const struct source_layer **layers,
                             size_t *n_layers,
                             uint64_t *data_version,
                             struct im_error *err)
{
    struct source_layer *layer = im_arena_calloc(arena, 1, sizeof *layer);

    if (!layer)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *layer =
        (struct source_layer){.id = "points",
                              .definition_json = ((struct points *)self)->definition,
                              .style_json = "",
                              .version = 1,
                              .changed_at = "2026-01-01T00:00:00Z",
                              .n_features = ((struct points *)self)->n};
    *layers = layer;
    *n_layers = 1;
    *data_version = 1;
    return IM_OK;
}

static enum im_code open_points(void *self,
                                const char *id,
                                struct source_cursor **out,
                                struct im_error *err)
{
    struct source_cursor *c = calloc(1, sizeof *c);

    (void)id;
    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->points = self;
    c->random.state = 42;
    *out = c;
    return IM_OK;
}

/* A sum of uniform numbers falls off around the centre like a town does. */
static double scatter(struct test_random *r)
{
    double sum = 0;

    for (int i = 0; i < 4; i++)
        sum += test_random_in(r, -0.06, 0.06);
    return sum;
}

static enum im_code next_point(struct source_cursor *c,
                               struct source_feature *out,
                               bool *more,
                               struct im_error *err)
{
    (void)err;
    *more = c->row < c->points->n;
    if (!*more)
        return IM_OK;
    uint32_t at = 2 * test_random_below(&c->random, POINTS_CLUSTERS);
    c->lonlat[0] = c->points->centre[at] + scatter(&c->random);
    c->lonlat[1] = c->points->centre[at + 1] + scatter(&c->random);
    c->values[0] = (struct source_value){.kind = SOURCE_INTEGER, .integer = ++c->row};
    c->points->fill(c->values, c->row, &c->random);
    *out = (struct source_feature){
        c->row, {GEOM_POINT, 1, 0, 0, c->lonlat, NULL, NULL}, c->values};
    return IM_OK;
}

static void close_points(struct source_cursor *c)
{
    free(c);
}

static void fill_level(struct source_value *values,
                       uint32_t row,
                       struct test_random *r __attribute__((unused)))
{
    static const char levels[POINTS_LEVELS][8] = {
        "level0", "level1", "level2", "level3", "level4", "level5", "level6", "level7"};

    values[1] = (struct source_value){
        .kind = SOURCE_TEXT, .text = im_bytes_of(levels[(row - 1) % POINTS_LEVELS])};
}

void points_init(struct points *points, uint32_t n)
{
    struct test_random r = {1};

    *points = (struct points){.n = n, .definition = DEFINITION, .fill = fill_level};
    for (int i = 0; i < POINTS_CLUSTERS; i++) {
        points->centre[2 * i] = test_random_in(&r, 115, 122);
        points->centre[2 * i + 1] = test_random_in(&r, 28, 35);
    }
}

struct feature_source points_source(struct points *points)
{
    return (struct feature_source){.self = points,
                                   .describe = describe,
                                   .open = open_points,
                                   .next = next_point,
                                   .close = close_points};
}

const struct atlas *points_atlas(struct points *points)
{
    struct feature_source source = points_source(points);
    const struct atlas *atlas = NULL;
    struct im_error err;

    if (atlas_build(&source, NULL, &atlas, &err) != IM_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    return atlas;
}

double points_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double points_quantile(double *us, size_t n, double share)
{
    qsort(us, n, sizeof *us, by_value);
    return us[(size_t)((double)(n - 1) * share)];
}
