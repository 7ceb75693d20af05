/* SPDX-License-Identifier: Apache-2.0 */
/* What ten times the places cost: building the atlas, nearest 10, a window and a
 * polygon of some 1,000 places; and a single point in a polygon of 1,000 vertices. One
 * table, Markdown. --short: small layers, answers checked by brute force. */
#include "points.h"

#include <support/random.h>

#include <engine/geom_prepared.h>
#include <engine/query.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    K = 10,
    WINDOW_PLACES = 1000,
    VERTICES = 1000,
    MAX_QUESTIONS = 2000,
    ARENA_BYTES = 256 << 20
};

struct bench {
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *arena;
    struct test_random random;
    int questions;
    bool checks;
};

typedef void question_fn(struct bench *b, struct query_request *q);

static void fail(const char *what)
{
    fprintf(stderr, "wrong answer: %s\n", what);
    exit(1);
}

static const double *place(const struct bench *b, uint32_t i)
{
    return atlas_geom(b->layer, i).lonlat;
}

/* Near some place, so in a town. */
static void take_position(struct bench *b, double *lon, double *lat)
{
    const double *p =
        place(b, test_random_below(&b->random, atlas_layer_size(b->layer)));

    *lon = p[0] + test_random_in(&b->random, -0.01, 0.01);
    *lat = p[1] + test_random_in(&b->random, -0.01, 0.01);
}

static bool count_one(void *ctx, uint32_t feature)
{
    (void)feature;
    ++*(size_t *)ctx;
    return true;
}

static size_t places_in(const struct bench *b, struct bbox box)
{
    size_t n = 0;

    atlas_window(b->layer, box, count_one, &n);
    return n;
}

/* Half the width of the window around a position that holds some WINDOW_PLACES. */
static double half_width(const struct bench *b, double lon, double lat)
{
    double low = 0;
    double high = 8;

    for (int i = 0; i < 20; i++) {
        double half = (low + high) / 2;
        size_t n =
            places_in(b, (struct bbox){lon - half, lat - half, lon + half, lat + half});

        *(n < WINDOW_PLACES ? &low : &high) = half;
    }
    return high;
}

static void ask_nearest(struct bench *b, struct query_request *q)
{
    take_position(b, &q->lon, &q->lat);
    q->has_origin = true;
    q->k = K;
}

static struct query_area area;

static void ask_window(struct bench *b, struct query_request *q)
{
    double lon;
    double lat;

    take_position(b, &lon, &lat);
    double half = half_width(b, lon, lat);
    area = (struct query_area){.kind = QUERY_IN_BOX,
                               .box = {lon - half, lat - half, lon + half, lat + half}};
    q->area = &area;
    q->k = WINDOW_PLACES * 10;
}

/* An outline with bays, as a coast or a district has them, around a position. */
static void
draw(struct bench *b, double lon, double lat, double half, double *xy, struct geom *g)
{
    static const uint32_t end = VERTICES;
    static const uint32_t one = 1;
    double turn = test_random_in(&b->random, 0, 6);

    for (int i = 0; i < VERTICES - 1; i++) {
        double angle = 6.283185307179586 * i / (VERTICES - 1);
        double far = half * (1 + 0.2 * sin(7 * angle + turn) + 0.05 * sin(31 * angle) +
                             0.01 * sin(173 * angle));

        xy[2 * i] = lon + far * cos(angle);
        xy[2 * i + 1] = lat + far * sin(angle);
    }
    xy[2 * VERTICES - 2] = xy[0];
    xy[2 * VERTICES - 1] = xy[1];
    *g = (struct geom){GEOM_AREA, VERTICES, 1, 1, xy, &end, &one};
}

static void ask_polygon(struct bench *b, struct query_request *q)
{
    static double xy[2 * VERTICES];
    double lon;
    double lat;

    take_position(b, &lon, &lat);
    area = (struct query_area){.kind = QUERY_IN_SHAPE};
    draw(b, lon, lat, half_width(b, lon, lat), xy, &area.shape);
    q->area = &area;
    q->k = WINDOW_PLACES * 10;
}

static bool is_in_area(const double *p)
{
    return area.kind == QUERY_IN_BOX
               ? p[0] >= area.box.min_x && p[0] <= area.box.max_x &&
                     p[1] >= area.box.min_y && p[1] <= area.box.max_y
               : geom_contains(&area.shape, p[0], p[1]);
}

static void
check(struct bench *b, const struct query_request *q, const struct query_answer *answer)
{
    size_t n = 0;
    double farthest = q->area ? 0 : answer->hits[K - 1].distance_m + 1e-5;

    for (uint32_t i = 0; i < atlas_layer_size(b->layer); i++) {
        const double *p = place(b, i);

        n += q->area ? is_in_area(p)
                     : geodesic_distance_m(q->lon, q->lat, p[0], p[1]) <= farthest;
    }
    if (n != answer->n_hits)
        fail(q->area ? "places of an area" : "nearest places");
}

static double measure(struct bench *b, question_fn *ask, double *p99)
{
    static double us[MAX_QUESTIONS];
    struct query_answer answer;
    struct im_error err;

    for (int i = 0; i < b->questions; i++) {
        struct query_request q = {.atlas = b->atlas,
                                  .layers = &b->layer,
                                  .n_layers = 1,
                                  .max_m = HUGE_VAL,
                                  .coarsest = PRECISION_TOWN};

        ask(b, &q);
        im_arena_reset(b->arena);
        double start = points_now_us();
        if (query_run(&q, b->arena, &answer, NULL, &err) != IM_OK)
            fail(err.msg);
        us[i] = points_now_us() - start;
        if (b->checks)
            check(b, &q, &answer);
    }
    *p99 = points_quantile(us, (size_t)b->questions, 0.99);
    return points_quantile(us, (size_t)b->questions, 0.5);
}

static void run(uint32_t n, int questions, bool checks)
{
    static struct points points;
    struct bench b = {.random = {7}, .questions = questions, .checks = checks};
    double nearest_p99;
    double window_p99;
    double polygon_p99;

    points_init(&points, n);
    double start = points_now_us();
    b.atlas = points_atlas(&points);
    double build_us = points_now_us() - start;
    b.layer = atlas_layer_at(b.atlas, 0);
    b.arena = im_arena_new(ARENA_BYTES);
    if (!b.arena)
        fail("out of memory");
    double nearest = measure(&b, ask_nearest, &nearest_p99);
    double window = measure(&b, ask_window, &window_p99);
    double polygon = measure(&b, ask_polygon, &polygon_p99);
    printf("| %u | %.0f ms, %.2f million/s | %.1f | %.1f (%.1f) | %.1f (%.1f) | %.1f "
           "(%.1f) |\n",
           n, build_us / 1000, n / build_us, (double)atlas_memory_bytes(b.atlas) / n,
           nearest, nearest_p99, window, window_p99, polygon, polygon_p99);
    fflush(stdout);
    im_arena_free(b.arena);
    atlas_unref(b.atlas);
}

static void measure_contains(void)
{
    enum { POINTS = 100000 };
    static double xy[2 * VERTICES];
    static double at[2 * POINTS];
    struct bench b = {.random = {11}};
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct geom_prepared *p;
    struct geom g;
    size_t n = 0;
    size_t expected = 0;

    draw(&b, 0, 0, 1, xy, &g);
    for (int i = 0; i < 2 * POINTS; i++)
        at[i] = test_random_in(&b.random, -1.3, 1.3);
    double start = points_now_us();
    p = geom_prepared_new(&g, arena);
    double prepared = points_now_us();
    for (int i = 0; i < POINTS; i++)
        n += geom_prepared_contains(p, at[2 * i], at[2 * i + 1]);
    double banded = points_now_us();
    for (int i = 0; i < POINTS; i++)
        expected += geom_contains(&g, at[2 * i], at[2 * i + 1]);
    double plain = points_now_us();
    if (n != expected)
        fail("points in a polygon");
    printf("\na point in a polygon of %d vertices: %.0f ns (all edges: %.0f ns; "
           "prepared once in %.0f us)\n",
           VERTICES, (banded - prepared) * 1000 / POINTS,
           (plain - banded) * 1000 / POINTS, prepared - start);
    im_arena_free(arena);
}

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;

    puts("| places | atlas built | bytes a place | nearest 10, µs | window of 1,000, "
         "µs | "
         "polygon of 1,000, µs |\n|--:|--:|--:|--:|--:|--:|");
    if (is_short) {
        run(3000, 20, true);
        run(30000, 20, true);
    } else {
        for (uint32_t n = 100000; n <= 10000000; n *= 10)
            run(n, MAX_QUESTIONS, false);
    }
    measure_contains();
    return 0;
}
