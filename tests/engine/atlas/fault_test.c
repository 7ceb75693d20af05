/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for n = 1, 2, 3 ... until the call succeeds: each time the
 * atlas or the query says that memory ran out, and nothing leaks (under asan). */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>

#include <math.h>
#include <stdio.h>

static const char *const LAYER =
    "{\"id\":\"mix\",\"title\":{\"zh\":\"层\"},\"geometry\":\"mixed\",\"key\":\"id\","
    "\"names_places\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"n\",\"title\":{\"zh\":\"数\"},\"type\":\"integer\"},"
    "{\"name\":\"x\",\"title\":{\"zh\":\"值\"},\"type\":\"real\"}],"
    "\"roles\":{\"name_zh\":\"id\",\"importance\":\"x\",\"reviewed\":\"n\"}}";

/* Linked with --wrap: all allocations of our own objects come by here. */
static long countdown = -1; /* < 0: never fail */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool fails(void)
{
    if (countdown < 0)
        return false;
    return countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

static struct memory_source *make_source(void)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER, "", 1);
    memory_source_row(ms, "POINT(121 31)", "张江|1|0.5");
    memory_source_row(ms, "LINESTRING(121 31,121.5 31.2,122 31)", "line||0.5");
    memory_source_row(ms, "POLYGON((120 30,121 30,121 31,120 30))",
                      "a much longer name|0|");
    memory_source_row(ms, NULL, "nowhere|1|0.25");
    return ms;
}

/* The source allocates too: a failure there makes the layer fail, which atlas_build
 * reports as out of memory as well. */
TEST(a_build_without_memory_fails_cleanly_wherever_it_runs_out)
{
    struct memory_source *ms = make_source();
    struct feature_source source = memory_source_source(ms);
    const struct atlas *atlas = NULL;
    struct im_error err;
    long n;

    for (n = 0; !atlas; n++) {
        countdown = n;
        enum im_code rc = atlas_build(&source, NULL, &atlas, &err);
        bool was_reached = countdown < 0;
        countdown = -1;
        if (rc == IM_OK) {
            assert_false(was_reached);
            break;
        }
        assert_int_equal(rc, IM_ENOMEM);
        assert_null(atlas);
        assert_true(err.msg[0]);
    }
    assert_true(n > 20);
    assert_int_equal(atlas_layer_size(atlas_layer_at(atlas, 0)), 4);
    atlas_unref(atlas);
    memory_source_free(ms);
}

/* Where no memory is left for following, all rows may still be read. */
TEST(a_followed_build_without_memory_fails_cleanly_or_reads_all)
{
    struct memory_source *ms = memory_source_new();
    struct feature_source source = memory_source_source(ms);
    const struct atlas *atlas;
    const struct atlas *next = NULL;
    const int64_t fid = 20;
    struct im_error err;
    char values[16];
    bool was_reached = true;
    long n;

    memory_source_layer(ms, LAYER, "", 1);
    for (int i = 1; i <= 40; i++) {
        snprintf(values, sizeof values, "name %d|1|0.5", i);
        memory_source_row(ms, i % 2 ? "POINT(121 31)" : "LINESTRING(120 30,121 31)",
                          values);
    }
    atlas = memory_source_atlas(ms);
    memory_source_clear(ms, "mix", 2);
    for (int i = 1; i <= 40; i++) {
        snprintf(values, sizeof values, "name %d|1|0.5", i);
        memory_source_row(ms, i % 2 ? "POINT(121 31)" : "LINESTRING(120 30,121 31)",
                          i == fid ? "other||0.5" : values);
    }
    memory_source_changed(ms, 1, &fid, 1);
    for (n = 0; was_reached; n++) {
        countdown = n;
        enum im_code rc = atlas_build(&source, atlas, &next, &err);
        was_reached = countdown < 0;
        countdown = -1;
        if (rc == IM_OK) {
            assert_int_equal(atlas_layer_size(atlas_layer_at(next, 0)), 40);
            atlas_unref(next);
            next = NULL;
            continue;
        }
        assert_int_equal(rc, IM_ENOMEM);
        assert_null(next);
        assert_true(err.msg[0]);
    }
    assert_true(n > 20);
    atlas_unref(atlas);
    memory_source_free(ms);
}

/* Two pages of a sorted list, and one in the order of fids. */
static enum im_code
list(struct query_request q, struct im_arena *arena, struct im_error *err)
{
    const struct query_sort sort = {im_bytes_of("id"), true};
    struct query_answer answer;
    enum im_code rc;

    q.k = 2;
    q.has_origin = false;
    q.sort = &sort;
    q.n_sort = 1;
    q.coarsest = PRECISION_CITY;
    rc = query_run(&q, arena, &answer, NULL, err);
    if (rc != IM_OK)
        return rc;
    assert_non_null(answer.next);
    q.cursor = im_bytes_of(answer.next);
    rc = query_run(&q, arena, &answer, NULL, err);
    if (rc != IM_OK)
        return rc;
    assert_int_equal(answer.n_hits, 2);
    q.n_sort = 0;
    q.cursor = (struct im_bytes){0};
    q.skip_count = true;
    return query_run(&q, arena, &answer, NULL, err);
}

static enum im_code ask(const struct atlas *atlas, struct im_error *err)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    struct query_request q = {.layers = &layer,
                              .n_layers = 1,
                              .has_origin = true,
                              .lon = 121,
                              .lat = 31,
                              .k = 3,
                              .max_m = HUGE_VAL,
                              .coarsest = PRECISION_TOWN};
    struct query_places places;
    struct query_answer answer;
    enum im_code rc;

    if (!arena)
        return IM_ENOMEM;
    rc = query_find_place(atlas, im_bytes_of("much"), arena, &places, err);
    if (rc == IM_OK)
        rc = query_run(&q, arena, &answer, NULL, err);
    if (rc == IM_OK)
        assert_int_equal(answer.n_hits, 3);
    if (rc == IM_OK)
        rc = list(q, arena, err);
    im_arena_free(arena);
    return rc;
}

TEST(a_question_without_memory_fails_cleanly_wherever_it_runs_out)
{
    struct memory_source *ms = make_source();
    const struct atlas *atlas = memory_source_atlas(ms);
    enum im_code rc = IM_ENOMEM;
    struct im_error err;
    long n;

    for (n = 0; rc == IM_ENOMEM; n++) {
        countdown = n;
        rc = ask(atlas, &err);
        countdown = -1;
    }
    assert_int_equal(rc, IM_OK);
    assert_true(n > 2);
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_build_without_memory_fails_cleanly_wherever_it_runs_out),
        cmocka_unit_test(a_followed_build_without_memory_fails_cleanly_or_reads_all),
        cmocka_unit_test(a_question_without_memory_fails_cleanly_wherever_it_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
