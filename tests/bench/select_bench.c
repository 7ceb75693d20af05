/* SPDX-License-Identifier: Apache-2.0 */
/* The planner inside the process, on clustered points: nearest 10 under filters of
 * falling selectivity, windows, pages and sorted lists; processor time of single
 * questions. A few answers are checked by looking at every row. --short: 20,000 points.
 */
#include <engine/cql.h>
#include <engine/query.h>
#include <support/random.h>

#include "points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_QUESTIONS = 2000 };

static const char *const DEFINITION =
    "{\"id\":\"points\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"
    "\"id\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"},"
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"
    "{\"name\":\"n\",\"title\":{\"zh\":\"数\"},\"type\":\"integer\"}]}";

/* One row in 10, 100, ... 100,000 has the code of that share; the others one of 40. */
static const char *kind_of(struct test_random *r)
{
    static const char *const kinds[] = {"share1", "share2", "share3", "share4",
                                        "share5"};
    static char other[16];
    double share = 0.1;

    for (int i = 0; i < 5; i++, share /= 10)
        if (test_random_in(r, 0, 1) < share)
            return kinds[i];
    snprintf(other, sizeof other, "other%u", test_random_below(r, 40));
    return other;
}

static void fill_kind(struct source_value *values, uint32_t row, struct test_random *r)
{
    (void)row;
    values[1] =
        (struct source_value){.kind = SOURCE_TEXT, .text = im_bytes_of(kind_of(r))};
    values[2] = (struct source_value){.kind = SOURCE_INTEGER,
                                      .integer = test_random_below(r, 1000)};
}

struct bench {
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *filters; /* lives as long as the run */
    struct im_arena *arena;
    struct test_random random;
    int questions;
    int checks;
    double us[MAX_QUESTIONS];
    uint64_t rows; /* of all answers */
};

/* One kind of question. */
struct kind {
    const char *name;
    const char *filter; /* NULL: none */
    bool from_place;    /* has an origin */
    uint32_t k;
    double window; /* rows of a box around; 0: none */
    const char *sort;
    bool skip_count;
    bool each; /* by query_each */
};

static bool count_row(void *ctx, uint32_t feature)
{
    (void)feature;
    ++*(size_t *)ctx;
    return true;
}

/* How many rows pass and, with an origin, how far the farthest of the answer may be. */
static void
check(struct bench *b, const struct query_request *q, const struct query_answer *a)
{
    const struct cql_program *program = NULL;
    struct cql_scratch *scratch = NULL;
    struct im_error err;
    size_t n = 0;
    size_t nearer = 0;
    double last_m = a->n_hits ? a->hits[a->n_hits - 1].distance_m : 0;

    if (q->filter) {
        if (cql_compile(q->filter, b->layer, NULL, b->arena, &program, NULL, &err))
            abort();
        scratch = cql_scratch_new(program, b->arena);
    }
    for (uint32_t i = 0; i < atlas_layer_size(b->layer); i++) {
        struct geom g = atlas_geom(b->layer, i);

        if ((program && !cql_test(program, scratch, i)) ||
            (q->area && !bbox_intersects(q->area->box, atlas_bbox(b->layer, i))))
            continue;
        n++;
        if (q->has_origin)
            nearer += geodesic_distance_m(q->lon, q->lat, g.lonlat[0], g.lonlat[1]) <
                      last_m - 1e-5;
    }
    if ((!q->skip_count && a->n_matched != n) || nearer >= q->k ||
        a->n_hits != (n < q->k ? n : q->k)) {
        fprintf(stderr, "wrong answer: %zu of %zu hits, %zu of %zu matched\n",
                a->n_hits, n < q->k ? n : (size_t)q->k, a->n_matched, n);
        exit(1);
    }
}

static const struct cql_node *parse(struct bench *b, const char *text)
{
    const struct cql_node *node = NULL;
    struct im_error err;

    if (!text)
        return NULL;
    if (cql_parse(im_bytes_of(text), CQL_TEXT, b->filters, &node, NULL, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    return node;
}

static void ask(struct bench *b, const struct query_request *q, bool each, int question)
{
    struct query_answer answer = {0};
    struct im_error err;
    size_t n = 0;
    double start = points_now_us();

    im_arena_reset(b->arena);
    if (each ? query_each(q, b->layer, b->arena, count_row, &n, NULL, &err)
             : query_run(q, b->arena, &answer, NULL, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    b->us[question] = points_now_us() - start;
    b->rows += each ? n : answer.n_hits;
    if (!each && question < b->checks)
        check(b, q, &answer);
}

static void measure(struct bench *b, const struct kind *kind)
{
    /* in towns a window of so many rows has about this side */
    double side = sqrt(kind->window / atlas_layer_size(b->layer)) * 1.93;
    struct query_sort sort = {im_bytes_of(kind->sort ? kind->sort : ""), false};
    struct query_area area = {.kind = QUERY_IN_BOX};
    int questions = kind->sort ? b->questions / 40 + 1 : b->questions;
    double first;
    struct query_request q = {.layers = &b->layer,
                              .n_layers = 1,
                              .atlas = b->atlas,
                              .filter = parse(b, kind->filter),
                              .k = kind->k,
                              .max_m = HUGE_VAL,
                              .has_origin = kind->from_place,
                              .coarsest = PRECISION_CITY,
                              .area = kind->window > 0 ? &area : NULL,
                              .sort = &sort,
                              .n_sort = kind->sort != NULL,
                              .skip_count = kind->skip_count};

    b->rows = 0;
    for (int i = 0; i < questions; i++) {
        uint32_t at = test_random_below(&b->random, atlas_layer_size(b->layer));
        struct geom g = atlas_geom(b->layer, at);

        q.lon = g.lonlat[0] + test_random_in(&b->random, -0.01, 0.01);
        q.lat = g.lonlat[1] + test_random_in(&b->random, -0.01, 0.01);
        area.box =
            (struct bbox){q.lon - side, q.lat - side, q.lon + side, q.lat + side};
        ask(b, &q, kind->each, i);
    }
    first = b->us[0];
    printf("  %-44s %7.0f rows  p50 %9.2f us  p99 %9.2f us  first %9.2f us\n",
           kind->name, (double)b->rows / questions,
           points_quantile(b->us, (size_t)questions, 0.5),
           points_quantile(b->us, (size_t)questions, 0.99), first);
}

static const struct kind KINDS[] = {
    {"nearest 10", NULL, true, 10, 0, NULL, false, false},
    {"nearest 10 of kind, 1 in 10", "kind = 'share1'", true, 10, 0, NULL, false, false},
    {"nearest 10 of kind, 1 in 100", "kind = 'share2'", true, 10, 0, NULL, false,
     false},
    {"nearest 10 of kind, 1 in 1,000", "kind = 'share3'", true, 10, 0, NULL, false,
     false},
    {"nearest 10 of kind, 1 in 10,000", "kind = 'share4'", true, 10, 0, NULL, false,
     false},
    {"nearest 10 of kind, 1 in 100,000", "kind = 'share5'", true, 10, 0, NULL, false,
     false},
    {"nearest 10 of two kinds", "kind IN ('share2','other7')", true, 10, 0, NULL, false,
     false},
    {"nearest 10 of kind and number, not counted", "kind = 'share2' AND n < 500", true,
     10, 0, NULL, true, false},
    {"nearest 10 of number, not counted", "n < 100", true, 10, 0, NULL, true, false},
    {"window of 1,000, each", NULL, false, 1, 1000, NULL, false, true},
    {"window of 1,000, listed", NULL, false, 10000, 1000, NULL, false, false},
    {"window of 1,000 of kind, 1 in 10", "kind = 'share1'", false, 1000, 1000, NULL,
     false, false},
    {"page of 100 by fid", NULL, false, 100, 0, NULL, false, false},
    {"page of 1,000 by fid", NULL, false, 1000, 0, NULL, false, false},
    {"page of 100 of kind, 1 in 100", "kind = 'share2'", false, 100, 0, NULL, false,
     false},
    {"page of 100 by number", NULL, false, 100, 0, "n", false, false},
    {"page of 100 by kind", NULL, false, 100, 0, "kind", false, false},
    {"nearest 10 of number, counted", "n < 100", true, 10, 0, "distance", false, false},
};

static void run(uint32_t n, int questions, int checks)
{
    struct points points;
    static struct bench b;

    points_init(&points, n);
    points.definition = DEFINITION;
    points.fill = fill_kind;
    b = (struct bench){.random = {7}, .questions = questions, .checks = checks};
    double start = points_now_us();
    b.atlas = points_atlas(&points);
    printf("%u points: built in %.0f ms, %.1f bytes a point\n", n,
           (points_now_us() - start) / 1000, (double)atlas_memory_bytes(b.atlas) / n);
    b.layer = atlas_layer_at(b.atlas, 0);
    b.arena = im_arena_new((size_t)256 << 20);
    b.filters = im_arena_new((size_t)16 << 20);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        measure(&b, &KINDS[i]);
    printf("  indexes included: %.1f bytes a point\n",
           (double)atlas_memory_bytes(b.atlas) / n);
    im_arena_free(b.arena);
    im_arena_free(b.filters);
    atlas_unref(b.atlas);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--short") == 0) {
        run(20000, 40, 20);
        return 0;
    }
    run(100000, MAX_QUESTIONS, 2);
    run(1000000, MAX_QUESTIONS, 2);
    return 0;
}
