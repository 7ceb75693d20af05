/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest 10 inside the process, on clustered points in the delta: medians of single
 * questions for 10,000, 100,000 and 1,000,000 points; a few are checked by brute force.
 * --short: 10,000 points, fewer questions, more of them checked. */
#include <engine/query.h>
#include <support/random.h>

#include "points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { K = 10, MAX_QUESTIONS = 5000 };

struct effort {
    int questions;
    int checks; /* the first of them */
};

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
                              .has_origin = true,
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
        if (query_run(&q, arena, &answer, NULL, &err) != IM_OK)
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
    struct points points;
    const struct atlas *atlas;

    points_init(&points, n);
    double start = now_us();
    atlas = points_atlas(&points);
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
