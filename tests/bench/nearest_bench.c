/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest 10 inside the process, on clustered points in the delta: medians of single
 * questions for 10,000, 100,000 and 1,000,000 points; a few are checked by brute force.
 * --short: 10,000 points, fewer questions, more of them checked. */
#include <engine/query.h>
#include <support/random.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { K = 10, MAX_QUESTIONS = 5000, CLUSTERS = 300 };

struct effort {
    int questions;
    int checks; /* the first of them */
};

static const char *const DEFINITION =
    "{\"id\":\"points\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"
    "\"id\","
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"}]}";

/* Points without a copy in memory: made while they are read. */
struct generator {
    uint32_t n;
    double centre[2 * CLUSTERS];
};

struct source_cursor {
    struct generator *generator;
    struct test_random random;
    uint32_t row;
    double lonlat[2];
    struct source_value value;
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
    *layer = (struct source_layer){.id = "points",
                                   .definition_json = DEFINITION,
                                   .style_json = "",
                                   .version = 1,
                                   .changed_at = "2026-01-01T00:00:00Z",
                                   .n_features = ((struct generator *)self)->n};
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
    c->generator = self;
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
    *more = c->row < c->generator->n;
    if (!*more)
        return IM_OK;
    uint32_t at = 2 * test_random_below(&c->random, CLUSTERS);
    c->lonlat[0] = c->generator->centre[at] + scatter(&c->random);
    c->lonlat[1] = c->generator->centre[at + 1] + scatter(&c->random);
    c->value = (struct source_value){.kind = SOURCE_INTEGER, .integer = ++c->row};
    *out = (struct source_feature){
        c->row, {GEOM_POINT, 1, 0, 0, c->lonlat, NULL, NULL}, &c->value};
    return IM_OK;
}

static void close_points(struct source_cursor *c)
{
    free(c);
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void check(const struct query_request *q, const struct query_answer *answer)
{
    uint32_t n = atlas_layer_size(q->layers[0]);
    double *all = malloc(n * sizeof *all);

    if (!all || answer->n_hits != K)
        abort();
    for (uint32_t i = 0; i < n; i++) {
        struct geom g = atlas_geom(q->layers[0], i);

        all[i] = geodesic_distance_m(q->lon, q->lat, g.lonlat[0], g.lonlat[1]);
    }
    qsort(all, n, sizeof *all, by_value);
    for (uint32_t i = 0; i < K; i++)
        if (fabs(all[i] - answer->hits[i].distance_m) > 1e-6) {
            fprintf(stderr, "wrong answer at %.9g, %.9g\n", q->lon, q->lat);
            exit(1);
        }
    free(all);
}

static void measure(const struct atlas *atlas,
                    const char *where,
                    bool in_towns,
                    struct effort effort)
{
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    struct test_random r = {7};
    struct im_arena *arena = im_arena_new(64 << 20);
    static double us[MAX_QUESTIONS];
    struct query_request q = {.layers = &layer,
                              .n_layers = 1,
                              .k = K,
                              .max_m = HUGE_VAL,
                              .coarsest = PRECISION_TOWN};
    struct query_answer answer;
    struct im_error err;

    for (int i = 0; i < effort.questions; i++) {
        struct geom g =
            atlas_geom(layer, test_random_below(&r, atlas_layer_size(layer)));

        q.lon = in_towns ? g.lonlat[0] + test_random_in(&r, -0.01, 0.01)
                         : test_random_in(&r, 115, 122);
        q.lat = in_towns ? g.lonlat[1] + test_random_in(&r, -0.01, 0.01)
                         : test_random_in(&r, 28, 35);
        double start = now_us();
        im_arena_reset(arena);
        if (query_nearest(&q, arena, &answer, &err) != IM_OK)
            abort();
        us[i] = now_us() - start;
        if (i < effort.checks)
            check(&q, &answer);
    }
    qsort(us, (size_t)effort.questions, sizeof *us, by_value);
    printf("  %-8s p50 %6.2f us   p99 %6.2f us\n", where, us[effort.questions / 2],
           us[effort.questions / 100 * 99]);
    im_arena_free(arena);
}

static void run(uint32_t n, struct effort effort)
{
    struct generator generator = {.n = n};
    struct test_random r = {1};
    struct feature_source source = {.self = &generator,
                                    .describe = describe,
                                    .open = open_points,
                                    .next = next_point,
                                    .close = close_points};
    const struct atlas *atlas = NULL;
    struct im_error err;

    for (int i = 0; i < CLUSTERS; i++) {
        generator.centre[2 * i] = test_random_in(&r, 115, 122);
        generator.centre[2 * i + 1] = test_random_in(&r, 28, 35);
    }
    double start = now_us();
    if (atlas_build(&source, NULL, &atlas, &err) != IM_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    printf("%u points: built in %.0f ms, %.1f bytes a point\n", n,
           (now_us() - start) / 1000, (double)atlas_memory_bytes(atlas) / n);
    measure(atlas, "in towns", true, effort);
    measure(atlas, "anywhere", false, effort);
    atlas_unref(atlas);
}

int main(int argc, char **argv)
{
    const struct effort full = {MAX_QUESTIONS, 5};

    if (argc > 1 && strcmp(argv[1], "--short") == 0) {
        run(10000, (struct effort){200, 40});
        return 0;
    }
    run(10000, full);
    run(100000, full);
    run(1000000, full);
    return 0;
}
