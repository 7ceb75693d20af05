/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/query/plan.c: what is estimated leads to the way that is shortest. The
 * filter is the test's own, so that its bounds are known. */
#include <test.h>

#include "query/run.h"

#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>

/* ---- a filter of the test's own: rows whose kind has this code ---- */

struct cql_node {
    uint32_t code;
    uint32_t *n_tests;            /* counted here */
    struct im_deadline *deadline; /* passes with the first test; NULL: never */
    bool tells;
    bool is_never;
    bool has_box;
    struct bbox box;
};

struct cql_program {
    const struct cql_node *node;
    const struct atlas_layer *layer;
};

struct cql_scratch {
    int unused;
};

enum { KIND = 1 };

enum im_code cql_compile(const struct cql_node *node,
                         const struct atlas_layer *layer,
                         const struct cql_crs *crs,
                         struct im_arena *arena,
                         const struct cql_program **out,
                         struct cql_fault *fault,
                         struct im_error *err)
{
    struct cql_program *p = im_arena_calloc(arena, 1, sizeof *p);

    (void)crs;
    (void)fault;
    (void)err;
    *p = (struct cql_program){node, layer};
    *out = p;
    return IM_OK;
}

struct cql_scratch *cql_scratch_new(const struct cql_program *program,
                                    struct im_arena *arena)
{
    (void)program;
    return im_arena_calloc(arena, 1, sizeof(struct cql_scratch));
}

bool cql_test(const struct cql_program *p,
              struct cql_scratch *scratch,
              uint32_t feature)
{
    (void)scratch;
    if (p->node->n_tests)
        ++*p->node->n_tests;
    if (p->node->deadline)
        *p->node->deadline = (struct im_deadline){1};
    return atlas_code(p->layer, feature, KIND) == p->node->code;
}

void cql_bounds_of(const struct cql_program *p, struct cql_bounds *out)
{
    *out = (struct cql_bounds){.is_never = p->node->is_never,
                               .has_box = p->node->has_box,
                               .box = p->node->box,
                               .field = SCHEMA_NO_FIELD,
                               .cost = 3};
    if (p->node->tells) {
        out->codes = &p->node->code;
        out->n_codes = 1;
        out->field = KIND;
        out->codes_decide = true;
    }
}

/* ---- 50,000 points: kinds in 1 of 2, 10, 100, 1,000, 25,000 rows ---- */

#define LAYER                                                                          \
    "{\"id\":\"spots\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"     \
    "\"id\",\"names_places\":true,\"fields\":["                                        \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"                \
    "{\"name\":\"label\",\"title\":{\"zh\":\"名\"},\"type\":\"text\"}],"              \
    "\"roles\":{\"name_zh\":\"label\"}}"

enum { N = 50000 };

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *layer;
    struct im_arena *arena;
    struct query_request request;
    struct query_area area;
    struct cql_node filter;
    struct candidates candidates;
    struct query_plan plan;
};

static const char *plan_name(enum candidates_kind kind)
{
    static const char *const names[] = {"none",  "all",    "tree",   "codes",
                                        "words", "by fid", "nearest"};

    return names[kind];
}

static const char *kind_of(uint32_t i)
{
    return i % 25000 == 3  ? "e"
           : i % 1000 == 7 ? "d"
           : i % 100 == 9  ? "c"
           : i % 10 == 1   ? "b"
           : i % 2         ? "a"
                           : "z";
}

static int set_up(void **state)
{
    static struct world w;
    struct test_random r = {3};

    w.ms = memory_source_new();
    w.arena = im_arena_new((size_t)256 << 20);
    memory_source_layer(w.ms, LAYER, "", 1);
    for (uint32_t i = 0; i < N; i++) {
        double xy[2] = {test_random_in(&r, 116, 122), test_random_in(&r, 28, 34)};
        struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};
        char values[64];

        snprintf(values, sizeof values, "k%u|%s|%s", i, kind_of(i),
                 i % 5000 ? "office" : "lighthouse");
        memory_source_feature(w.ms, &g, values);
    }
    w.atlas = memory_source_atlas(w.ms);
    w.layer = atlas_layer_at(w.atlas, 0);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
    return 0;
}

/* A question that asks for nothing yet. */
static struct world *start(void **state)
{
    struct world *w = *state;

    im_arena_reset(w->arena);
    w->filter = (struct cql_node){0};
    w->area = (struct query_area){.kind = QUERY_EVERYWHERE};
    w->request = (struct query_request){.layers = &w->layer,
                                        .n_layers = 1,
                                        .lon = 119,
                                        .lat = 31,
                                        .k = 10,
                                        .max_m = HUGE_VAL,
                                        .coarsest = PRECISION_CITY};
    return w;
}

static void filter_by(struct world *w, const char *kind, bool tells)
{
    for (uint32_t c = 0; c < atlas_code_count(w->layer, KIND); c++)
        if (im_bytes_equal(atlas_code_text(w->layer, KIND, c), im_bytes_of(kind)))
            w->filter.code = c;
    w->filter.tells = tells;
    w->request.filter = &w->filter;
}

static void in_box(struct world *w, double side)
{
    w->area = (struct query_area){.kind = QUERY_IN_BOX,
                                  .box = {119, 31, 119 + side, 31 + side}};
    w->request.area = &w->area;
}

/* The plan, by name; `rows` is compared within a third. */
static void planned(struct world *w, const char *name, double rows)
{
    struct im_error err;
    struct run *run = im_arena_calloc(w->arena, 1, sizeof *run);

    assert_int_equal(run_init(run, &w->request, w->arena, NULL, &err), IM_OK);
    assert_int_equal(run_plan(run, &w->candidates, &w->plan, &err), IM_OK);
    if (strcmp(plan_name(w->plan.kind), name) != 0)
        fail_msg("%s is planned, not %s: %.0f rows, %.0f ns", plan_name(w->plan.kind),
                 name, w->plan.rows, w->plan.cost_ns);
    if (rows >= 0 && fabs(w->plan.rows - rows) > rows / 3 + 1)
        fail_msg("%s: %.0f rows are estimated, there are %.0f", name, w->plan.rows,
                 rows);
}

TEST(without_tests_the_nearest_come_from_the_tree_and_pages_from_the_fids)
{
    struct world *w = start(state);

    planned(w, "by fid", 11);
    w->request.has_origin = true;
    planned(w, "nearest", -1);
    w->request.max_m = 300000;
    planned(w, "nearest", -1);
}

TEST(a_small_box_is_looked_up_and_one_around_all_is_not)
{
    struct world *w = start(state);

    in_box(w, 0.1);
    planned(w, "tree", N * 0.01 / 36);
    assert_true(w->plan.region_is_sure);
    in_box(w, 1);
    planned(w, "tree", N / 36.0);
    w->request.has_origin = true; /* ten of them, and how many there are */
    planned(w, "tree", N / 36.0);
    in_box(w, 0);
    w->area.box.min_x = 100; /* not a single row */
    w->area.box.max_x = 101;
    planned(w, "tree", 0);
}

TEST(of_two_ways_the_one_with_fewer_rows_is_taken)
{
    struct world *w = start(state);

    in_box(w, 1); /* 1,389 rows */
    filter_by(w, "e", true);
    planned(w, "codes", 2);
    assert_true(w->plan.filter_is_sure);
    filter_by(w, "a", true);
    planned(w, "tree", N / 36.0 * 0.4);
    in_box(w, 0.05);
    filter_by(w, "d", true);
    planned(w, "tree", -1);
    w->request.area = NULL;
    planned(w, "codes", 48);
}

TEST(the_nearest_of_a_kind_come_from_the_tree_unless_there_are_few)
{
    struct world *w = start(state);

    w->request.has_origin = true;
    filter_by(w, "a", true);
    planned(w, "nearest", -1);
    filter_by(w, "b", true);
    planned(w, "nearest", -1);
    filter_by(w, "e", true);
    planned(w, "codes", 2);
    /* how many are within a radius is not known by any index */
    filter_by(w, "b", true);
    w->request.max_m = 50000;
    planned(w, "tree", -1);
    w->request.skip_count = true;
    planned(w, "nearest", -1);
}

TEST(a_filter_that_tells_nothing_is_sampled)
{
    struct world *w = start(state);

    w->request.has_origin = true;
    filter_by(w, "a", false);
    planned(w, "all", N); /* they have to be counted */
    w->request.skip_count = true;
    planned(w, "nearest", -1); /* every second one or so passes */
    w->request.has_origin = false;
    planned(w, "by fid", -1);
}

TEST(what_words_found_is_gone_through_when_it_is_little)
{
    struct world *w = start(state);

    w->request.words = im_bytes_of("lighthouse");
    planned(w, "words", 10);
    assert_true(w->plan.words_are_sure);
    filter_by(w, "e", true);
    planned(w, "codes", 2);
    w->request.has_origin = true;
    filter_by(w, "a", true);
    planned(w, "words", 10);
}

TEST(a_filter_that_never_holds_is_not_asked)
{
    struct world *w = start(state);

    filter_by(w, "a", false);
    w->filter.is_never = true;
    planned(w, "none", 0);
    w->filter.is_never = false;
    w->filter.has_box = true;
    w->filter.box = (struct bbox){10, 10, 11, 11};
    in_box(w, 1);
    planned(w, "none", 0); /* the two boxes have nothing in common */
}

TEST(the_plan_is_the_same_however_often_and_in_which_order_it_is_made)
{
    struct world *w = start(state);
    double cost;

    filter_by(w, "c", true);
    in_box(w, 0.7);
    planned(w, "tree", -1);
    cost = w->plan.cost_ns;
    filter_by(w, "e", true);
    planned(w, "codes", 2);
    filter_by(w, "c", true);
    planned(w, "tree", -1);
    assert_true(w->plan.cost_ns == cost);
}

/* The filter lets the deadline pass while it is tested. */
TEST(a_search_looks_at_the_clock_on_its_way)
{
    struct world *w = start(state);

    for (int way = 0; way < 4; way++) {
        struct query_answer answer;
        struct im_error err;
        uint32_t n_tests = 0;

        start(state);
        filter_by(w, "e", false);
        w->request.has_origin = way < 2;
        w->request.max_m = way == 1 ? 200000 : HUGE_VAL;
        w->request.skip_count = way == 2;
        if (way == 3)
            in_box(w, 3);
        w->filter.n_tests = &n_tests;
        w->filter.deadline = &w->request.deadline;
        assert_int_equal(query_run(&w->request, w->arena, &answer, NULL, &err),
                         IM_ESTOPPED);
        assert_true(n_tests > 0 && n_tests <= SELECT_STEPS + 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            without_tests_the_nearest_come_from_the_tree_and_pages_from_the_fids),
        cmocka_unit_test(a_small_box_is_looked_up_and_one_around_all_is_not),
        cmocka_unit_test(of_two_ways_the_one_with_fewer_rows_is_taken),
        cmocka_unit_test(the_nearest_of_a_kind_come_from_the_tree_unless_there_are_few),
        cmocka_unit_test(a_filter_that_tells_nothing_is_sampled),
        cmocka_unit_test(what_words_found_is_gone_through_when_it_is_little),
        cmocka_unit_test(a_filter_that_never_holds_is_not_asked),
        cmocka_unit_test(
            the_plan_is_the_same_however_often_and_in_which_order_it_is_made),
        cmocka_unit_test(a_search_looks_at_the_clock_on_its_way),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
