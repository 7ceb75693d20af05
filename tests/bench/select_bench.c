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

enum { CLUSTERS = 300, MAX_QUESTIONS = 2000 };

static const char *const DEFINITION =
    "{\"id\":\"points\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"
    "\"id\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"},"
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"
    "{\"name\":\"n\",\"title\":{\"zh\":\"数\"},\"type\":\"integer\"}]}";

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
    struct source_value values[3];
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
    c->values[0] = (struct source_value){.kind = SOURCE_INTEGER, .integer = ++c->row};
    c->values[1] = (struct source_value){.kind = SOURCE_TEXT,
                                         .text = im_bytes_of(kind_of(&c->random))};
    c->values[2] = (struct source_value){
        .kind = SOURCE_INTEGER, .integer = test_random_below(&c->random, 1000)};
    *out = (struct source_feature){
        c->row, {GEOM_POINT, 1, 0, 0, c->lonlat, NULL, NULL}, c->values};
    return IM_OK;
}

static void close_points(struct source_cursor *c)
{
    free(c);
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
    struct generator generator = {.n = n};
    struct test_random r = {1};
    struct feature_source source = {.self = &generator,
                                    .describe = describe,
                                    .open = open_points,
                                    .next = next_point,
                                    .close = close_points};
    static struct bench b;
    struct im_error err;

    b = (struct bench){.random = {7}, .questions = questions, .checks = checks};
    for (int i = 0; i < CLUSTERS; i++) {
        generator.centre[2 * i] = test_random_in(&r, 115, 122);
        generator.centre[2 * i + 1] = test_random_in(&r, 28, 35);
    }
    double start = points_now_us();
    if (atlas_build(&source, NULL, &b.atlas, &err) != IM_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
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
