/* SPDX-License-Identifier: Apache-2.0 */
/* Proves join, coverage and chain against brute force over random worlds: rows of all
 * precisions, without position, many at one coordinate, points and areas. */
#include <test.h>

#include <engine/analysis.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_A = 60, N_B = 220, WORLDS = 8 };

#define FIELDS                                                                         \
    "\"key\":\"id\",\"fields\":["                                                      \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"precision\",\"title\":{\"zh\":\"精度\"},\"type\":\"text\"},"        \
    "{\"name\":\"adcode\",\"title\":{\"zh\":\"代码\"},\"type\":\"text\"}],"          \
    "\"roles\":{\"precision\":\"precision\",\"adcode\":\"adcode\"}}"
#define LAYER(id)                                                                      \
    "{\"id\":\"" id "\",\"title\":{\"zh\":\"" id "\"},\"geometry\":\"mixed\"," FIELDS

static const char *const PRECISIONS[] = {"exact", "site",     "park",
                                         "town",  "district", "city"};

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *layers[3]; /* aa, bb, cc */
    struct im_arena *arena;
    struct query_request rows[3];
    struct join_request request;
    struct join_answer answer;
    struct im_error err;
};

static void random_wkt(struct test_random *r, char out[400], double spread)
{
    double lon = 119 + test_random_in(r, 0, spread);
    double lat = 30 + test_random_in(r, 0, spread);

    if (test_random_below(r, 4) == 0) /* many at one coordinate */
        snprintf(out, 400, "POINT(119.5 30.5)");
    else if (test_random_below(r, 5))
        snprintf(out, 400, "POINT(%.6f %.6f)", lon, lat);
    else if (test_random_below(r, 2))
        snprintf(out, 400, "LINESTRING(%.6f %.6f,%.6f %.6f,%.6f %.6f)", lon, lat,
                 lon + 0.1, lat + 0.02, lon + 0.15, lat - 0.1);
    else
        snprintf(out, 400, "POLYGON((%.6f %.6f,%.6f %.6f,%.6f %.6f,%.6f %.6f))", lon,
                 lat, lon + 0.2, lat + 0.01, lon + 0.1, lat + 0.15, lon, lat);
}

static void fill(struct world *w, struct test_random *r, const char *json, int n)
{
    memory_source_layer(w->ms, json, "", 1);
    for (int i = 0; i < n; i++) {
        char wkt[400];
        char values[80];

        random_wkt(r, wkt, 2);
        snprintf(values, sizeof values, "k%03d|%s|%06u", i,
                 PRECISIONS[test_random_below(r, 6)],
                 330000 + 100 * (1 + test_random_below(r, 4)) +
                     test_random_below(r, 3));
        memory_source_row(w->ms, test_random_below(r, 20) ? wkt : NULL, values);
    }
}

static struct world begin(struct test_random *r)
{
    static const char *const ids[3] = {"aa", "bb", "cc"};
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(256 << 20)};

    fill(&w, r, LAYER("aa"), N_A);
    fill(&w, r, LAYER("bb"), N_B);
    fill(&w, r, LAYER("cc"), 12);
    w.atlas = memory_source_atlas(w.ms);
    for (int i = 0; i < 3; i++)
        w.layers[i] = atlas_layer_find(w.atlas, im_bytes_of(ids[i]));
    return w;
}

static void end(struct world *w)
{
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

static void ask_about(struct world *w, enum precision coarsest)
{
    for (int i = 0; i < 3; i++)
        w->rows[i] = (struct query_request){.layers = &w->layers[i],
                                            .n_layers = 1,
                                            .atlas = w->atlas,
                                            .coarsest = coarsest};
}

/* ---- brute force ---- */

/* Between two features; HUGE_VAL without position. */
static double between(const struct atlas_layer *a,
                      uint32_t i,
                      const struct atlas_layer *b,
                      uint32_t k)
{
    struct geom g = atlas_geom(a, i);
    struct geom h = atlas_geom(b, k);

    if (!g.n_points || !h.n_points)
        return HUGE_VAL;
    if (g.n_points == 1)
        return geom_distance_m(&h, g.lonlat[0], g.lonlat[1], NULL, NULL);
    return geom_between_m(&g, &h, HUGE_VAL, NULL, NULL);
}

struct found {
    double nearest_m;
    uint32_t nearest;
    uint64_t count;
    bool sure;
    bool possible;
};

static uint32_t province_of(const struct atlas_layer *layer, uint32_t i, bool city)
{
    struct im_bytes code = atlas_text(layer, i, 2);
    char text[8] = "";

    memcpy(text, code.data, code.len < 6 ? code.len : 6);
    return (uint32_t)strtoul(text, NULL, 10) / (city ? 100 : 10000);
}

static struct found brute(const struct world *w,
                          const struct atlas_layer *a,
                          uint32_t i,
                          const struct atlas_layer *b,
                          enum precision coarsest,
                          double max_m,
                          bool across)
{
    struct found f = {HUGE_VAL, UINT32_MAX, 0, false, false};
    double u = precision_uncertainty_m(query_precision(a, i));

    (void)w;
    for (uint32_t k = 0; k < atlas_layer_size(b); k++) {
        double m = between(a, i, b, k);
        double both = u + precision_uncertainty_m(query_precision(b, k));

        if ((a == b && i == k) || !isfinite(m))
            continue;
        if (across && province_of(a, i, true) == province_of(b, k, true))
            continue;
        f.possible |= m - both <= max_m;
        if (query_precision(b, k) > coarsest)
            continue;
        f.sure |= m + both <= max_m;
        f.count += m <= max_m;
        if (m < f.nearest_m) {
            f.nearest_m = m;
            f.nearest = k;
        }
    }
    return f;
}

static bool takes_part(const struct atlas_layer *layer, uint32_t i, enum precision p)
{
    return i < atlas_layer_placed(layer) && query_precision(layer, i) <= p;
}

/* A distance that rounding puts on either side of the limit decides nothing. */
static bool is_close(double a, double b)
{
    return a == b || fabs(a - b) < 1e-5;
}

static const struct join_pair *pair_of(const struct world *w, uint32_t feature)
{
    for (size_t i = 0; i < w->answer.n_pairs; i++)
        if (w->answer.pairs[i].row.feature == feature)
            return &w->answer.pairs[i];
    return NULL;
}

static uint64_t count_apart(const struct atlas_layer *layer, enum precision p)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < atlas_layer_size(layer); i++)
        n += !takes_part(layer, i, p);
    return n;
}

/* ---- join ---- */

static void check_join(struct world *w, int a, int b, double max_m, bool across)
{
    const struct query_request *others = &w->rows[b];
    enum precision coarsest = w->rows[a].coarsest;
    uint64_t n_rows = 0;
    uint64_t n_within = 0;
    double last = 0;

    w->request = (struct join_request){.rows = &w->rows[a],
                                       .others = &others,
                                       .n_others = 1,
                                       .max_m = max_m,
                                       .is_across = across,
                                       .across = DIVISION_CITY};
    assert_int_equal(analysis_join(&w->request, w->arena, &w->answer, NULL, &w->err),
                     IM_OK);
    for (uint32_t i = 0; i < atlas_layer_size(w->layers[a]); i++) {
        const struct join_pair *pair = pair_of(w, i);
        struct found f =
            brute(w, w->layers[a], i, w->layers[b], coarsest, max_m, across);

        if (!takes_part(w->layers[a], i, coarsest)) {
            assert_null(pair);
            continue;
        }
        assert_non_null(pair);
        n_rows++;
        if (f.nearest_m > max_m) {
            assert_int_equal(pair->other[0].feature, UINT32_MAX);
            continue;
        }
        n_within++;
        assert_true(is_close(pair->other[0].distance_m, f.nearest_m));
        double again = between(w->layers[a], i, w->layers[b], pair->other[0].feature);
        assert_true(is_close(again, f.nearest_m));
        assert_true(pair->other[0].uncertainty_m ==
                    precision_uncertainty_m(query_precision(w->layers[a], i)) +
                        precision_uncertainty_m(
                            query_precision(w->layers[b], pair->other[0].feature)));
        if (isfinite(max_m)) {
            assert_int_equal(pair->count[0], f.count);
            assert_int_equal(pair->is_uncertain, f.possible && !f.sure);
        }
    }
    assert_int_equal(w->answer.n_rows, n_rows);
    assert_int_equal(w->answer.n_within, n_within);
    assert_int_equal(w->answer.n_pairs, n_rows);
    assert_int_equal(w->answer.n_apart, count_apart(w->layers[a], coarsest) +
                                            count_apart(w->layers[b], coarsest));
    for (size_t i = 0; i < w->answer.n_pairs; i++) {
        double m = w->answer.pairs[i].other[0].distance_m;

        m = isnan(m) ? HUGE_VAL : m;
        assert_true(m >= last); /* nearest first */
        last = m;
    }
}

TEST(each_row_gets_its_nearest)
{
    struct test_random r = test_random_new("join");

    for (int i = 0; i < WORLDS; i++) {
        struct world w = begin(&r);

        ask_about(&w, i % 2 ? PRECISION_TOWN : PRECISION_CITY);
        check_join(&w, 0, 1, HUGE_VAL, false);
        check_join(&w, 0, 1, 20000, false);
        check_join(&w, 1, 1, 3000, false); /* no row is its own nearest */
        check_join(&w, 0, 1, 60000, true);
        check_join(&w, 0, 2, HUGE_VAL, true);
        end(&w);
    }
}

/* Is one of the pairs that have `feature` on either side as far as its nearest? */
static bool is_in_a_pair(const struct world *w, uint32_t feature, double metres)
{
    for (size_t i = 0; i < w->answer.n_pairs; i++) {
        const struct join_pair *p = &w->answer.pairs[i];

        if ((p->row.feature == feature || p->other[0].feature == feature) &&
            p->other[0].feature != UINT32_MAX &&
            is_close(p->other[0].distance_m, metres))
            return true;
    }
    return false;
}

static size_t times_said(const struct world *w, uint32_t x, uint32_t y)
{
    size_t n = 0;

    for (size_t i = 0; i < w->answer.n_pairs; i++) {
        uint32_t a = w->answer.pairs[i].row.feature;
        uint32_t b = w->answer.pairs[i].other[0].feature;

        n += (a == x && b == y) || (a == y && b == x);
    }
    return n;
}

TEST(neighbours_across_a_border_are_one_pair)
{
    struct test_random r = test_random_new("neighbours");
    size_t fewer = 0;

    for (int k = 0; k < WORLDS; k++) {
        struct world w = begin(&r);
        const struct query_request *others = &w.rows[1];

        ask_about(&w, PRECISION_CITY);
        w.request = (struct join_request){.rows = &w.rows[1],
                                          .others = &others,
                                          .n_others = 1,
                                          .max_m = 60000,
                                          .is_across = true,
                                          .across = DIVISION_CITY};
        assert_int_equal(analysis_join(&w.request, w.arena, &w.answer, NULL, &w.err),
                         IM_OK);
        assert_int_equal(w.answer.n_matched, w.answer.n_pairs);
        fewer += w.answer.n_pairs < w.answer.n_rows;
        for (size_t i = 0; i < w.answer.n_pairs; i++) {
            const struct join_pair *p = &w.answer.pairs[i];

            if (p->other[0].feature != UINT32_MAX)
                assert_int_equal(times_said(&w, p->row.feature, p->other[0].feature),
                                 1);
        }
        for (uint32_t i = 0; i < atlas_layer_size(w.layers[1]); i++) {
            struct found f =
                brute(&w, w.layers[1], i, w.layers[1], PRECISION_CITY, 60000, true);

            if (takes_part(w.layers[1], i, PRECISION_CITY) && f.nearest_m <= 60000)
                assert_true(is_in_a_pair(&w, i, f.nearest_m));
            else if (takes_part(w.layers[1], i, PRECISION_CITY))
                assert_non_null(pair_of(&w, i));
        }
        end(&w);
    }
    assert_true(fewer > 0);
}

/* ---- coverage ---- */

static void check_coverage(struct world *w, double max_m, bool covered)
{
    const struct query_request *others = &w->rows[1];
    enum precision coarsest = w->rows[0].coarsest;
    uint64_t n_gaps = 0;
    uint64_t n_rows = 0;
    uint64_t n_unsure = 0;

    w->request = (struct join_request){.rows = &w->rows[0],
                                       .others = &others,
                                       .n_others = 1,
                                       .max_m = max_m,
                                       .show_covered = covered};
    assert_int_equal(
        analysis_coverage(&w->request, w->arena, &w->answer, NULL, &w->err), IM_OK);
    for (uint32_t i = 0; i < N_A; i++) {
        const struct join_pair *pair = pair_of(w, i);
        struct found f =
            brute(w, w->layers[0], i, w->layers[1], coarsest, max_m, false);

        if (!takes_part(w->layers[0], i, coarsest)) {
            assert_null(pair);
            continue;
        }
        n_rows++;
        n_gaps += f.count == 0;
        n_unsure += f.possible && !f.sure;
        if ((f.count == 0) == covered) {
            assert_null(pair);
            continue;
        }
        assert_non_null(pair);
        assert_true(is_close(pair->other[0].distance_m, f.nearest_m));
        assert_int_equal(pair->count[0], f.count);
        assert_int_equal(pair->is_uncertain, f.possible && !f.sure);
    }
    assert_int_equal(w->answer.n_rows, n_rows);
    assert_int_equal(w->answer.n_rows - w->answer.n_within, n_gaps);
    assert_int_equal(w->answer.n_unsure, n_unsure);
    for (size_t i = 1; i < w->answer.n_pairs; i++) {
        double a = w->answer.pairs[i - 1].other[0].distance_m;
        double b = w->answer.pairs[i].other[0].distance_m;

        assert_true(covered ? a <= b : a >= b);
    }
}

TEST(the_gaps_are_those_without_any_within_reach)
{
    struct test_random r = test_random_new("coverage");

    for (int i = 0; i < WORLDS; i++) {
        struct world w = begin(&r);

        ask_about(&w, i % 2 ? PRECISION_TOWN : PRECISION_SITE);
        check_coverage(&w, 5000, false);
        check_coverage(&w, 12000, true);
        check_coverage(&w, 0, false);
        end(&w);
    }
}

/* ---- chain ---- */

TEST(a_chain_is_complete_when_every_kind_is_within_reach)
{
    struct test_random r = test_random_new("chain");

    for (int k = 0; k < WORLDS; k++) {
        struct world w = begin(&r);
        const struct query_request *others[2] = {&w.rows[1], &w.rows[2]};
        double max_m = 30000;
        uint64_t complete = 0;
        size_t last = 2;

        ask_about(&w, PRECISION_TOWN);
        w.request = (struct join_request){
            .rows = &w.rows[0], .others = others, .n_others = 2, .max_m = max_m};
        assert_int_equal(analysis_chain(&w.request, w.arena, &w.answer, NULL, &w.err),
                         IM_OK);
        for (uint32_t i = 0; i < N_A; i++) {
            const struct join_pair *pair = pair_of(&w, i);
            bool all = true;

            if (!takes_part(w.layers[0], i, PRECISION_TOWN)) {
                assert_null(pair);
                continue;
            }
            assert_non_null(pair);
            for (int b = 0; b < 2; b++) {
                struct found f = brute(&w, w.layers[0], i, w.layers[b + 1],
                                       PRECISION_TOWN, max_m, false);

                all &= f.count > 0;
                assert_int_equal(pair->count[b], f.count);
                assert_int_equal(pair->other[b].feature == UINT32_MAX, f.count == 0);
            }
            complete += all;
        }
        assert_int_equal(w.answer.n_within, complete);
        for (size_t i = 0; i < w.answer.n_pairs; i++) { /* complete ones first */
            const uint64_t *count = w.answer.pairs[i].count;
            size_t links = (size_t)(count[0] > 0) + (count[1] > 0);

            assert_true(links <= last);
            last = links;
        }
        end(&w);
    }
}

TEST(a_chain_may_start_at_one_place)
{
    struct test_random r = test_random_new("origin");
    struct world w = begin(&r);
    const struct query_request *others[1] = {&w.rows[1]};
    struct query_request here = {
        .atlas = w.atlas, .has_origin = true, .lon = 120, .lat = 31};
    struct found f = {0};

    ask_about(&w, PRECISION_TOWN);
    for (uint32_t k = 0; k < atlas_layer_placed(w.layers[1]); k++) {
        struct geom g = atlas_geom(w.layers[1], k);

        if (query_precision(w.layers[1], k) <= PRECISION_TOWN)
            f.count += geom_distance_m(&g, 120, 31, NULL, NULL) <= 25000;
    }
    w.request = (struct join_request){
        .rows = &here, .others = others, .n_others = 1, .max_m = 25000};
    assert_int_equal(analysis_chain(&w.request, w.arena, &w.answer, NULL, &w.err),
                     IM_OK);
    assert_int_equal(w.answer.n_pairs, 1);
    assert_null(w.answer.pairs[0].row.layer);
    assert_int_equal(w.answer.pairs[0].count[0], f.count);
    end(&w);
}

TEST(a_limit_keeps_the_first_and_says_how_many_there_were)
{
    struct test_random r = test_random_new("limit");
    struct world w = begin(&r);
    const struct query_request *others = &w.rows[1];
    struct join_answer all;

    ask_about(&w, PRECISION_TOWN);
    w.request = (struct join_request){
        .rows = &w.rows[0], .others = &others, .n_others = 1, .max_m = 40000};
    assert_int_equal(analysis_join(&w.request, w.arena, &all, NULL, &w.err), IM_OK);
    w.request.limit = 3;
    assert_int_equal(analysis_join(&w.request, w.arena, &w.answer, NULL, &w.err),
                     IM_OK);
    assert_int_equal(w.answer.n_pairs, 3);
    assert_int_equal(w.answer.n_matched, all.n_pairs);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(w.answer.pairs[i].row.feature, all.pairs[i].row.feature);
        assert_int_equal(w.answer.pairs[i].count[0], all.pairs[i].count[0]);
    }
    end(&w);
}

TEST(work_past_the_deadline_is_stopped)
{
    struct test_random r = test_random_new("deadline");
    struct world w = begin(&r);
    const struct query_request *others = &w.rows[1];

    ask_about(&w, PRECISION_TOWN);
    w.rows[0].deadline = (struct im_deadline){1};
    w.request = (struct join_request){
        .rows = &w.rows[0], .others = &others, .n_others = 1, .max_m = HUGE_VAL};
    assert_int_equal(analysis_join(&w.request, w.arena, &w.answer, NULL, &w.err),
                     IM_ESTOPPED);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_gets_its_nearest),
        cmocka_unit_test(neighbours_across_a_border_are_one_pair),
        cmocka_unit_test(the_gaps_are_those_without_any_within_reach),
        cmocka_unit_test(a_chain_is_complete_when_every_kind_is_within_reach),
        cmocka_unit_test(a_chain_may_start_at_one_place),
        cmocka_unit_test(a_limit_keeps_the_first_and_says_how_many_there_were),
        cmocka_unit_test(work_past_the_deadline_is_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
