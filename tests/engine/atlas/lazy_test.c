/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/atlas/lazy.c: indexes are right, built once, by whoever comes first,
 * and built again with the next version of a layer before anybody asks. */
#include <test.h>

#include "atlas/layer.h"

#include <support/memory_source.h>

#include <pthread.h>

#define LAYER                                                                          \
    "{\"id\":\"spots\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"     \
    "\"id\",\"fields\":["                                                              \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"                \
    "{\"name\":\"n\",\"title\":{\"zh\":\"数\"},\"type\":\"integer\"}]}"

enum { KEY, KIND, NUMBER, N = 3000, THREADS = 4 };

static void fill(struct memory_source *ms, int64_t fid_step)
{
    for (uint32_t i = 0; i < N; i++) {
        double xy[2] = {120 + i * 7919 % N * 0.001, 31 + i * 104729 % N * 0.001};
        struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};
        char values[64];

        if (i % 50 == 0)
            g = (struct geom){.kind = GEOM_EMPTY};
        snprintf(values, sizeof values, "k%u|%.*s|%u", i, (int)(i % 7 > 0),
                 &"abcde"[i % 5], i);
        memory_source_feature(ms, &g, values);
        memory_source_fid(ms, (int64_t)i * fid_step + 5);
    }
}

static void check_codes(const struct atlas_layer *layer)
{
    const struct code_index *index = lazy_codes(layer, KIND);
    uint32_t n = 0;

    assert_non_null(index);
    assert_int_equal(index->n_codes, 5);
    for (uint32_t c = 0; c < index->n_codes; c++) {
        uint32_t placed = 0;
        uint32_t counted = 0;

        for (uint32_t at = index->start[c]; at < index->start[c + 1]; at++) {
            uint32_t feature = index->features[at];

            assert_int_equal(atlas_code(layer, feature, KIND), c);
            assert_true(at == index->start[c] || index->features[at - 1] < feature);
            placed += feature < layer->n_placed;
            if (feature < layer->n_placed)
                assert_true(index->masks[feature / TREE_NODE_SIZE] >> c & 1);
        }
        for (unsigned k = 0; k < ATLAS_CLASSES; k++)
            counted += index->class_count[c * ATLAS_CLASSES + k];
        assert_int_equal(counted, placed);
        n += index->start[c + 1] - index->start[c];
    }
    for (uint32_t i = 0; i < layer->n; i++)
        n += atlas_is_null(layer, i, KIND);
    assert_int_equal(n, layer->n);
}

TEST(each_row_is_listed_under_its_code)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER, "", 1);
    fill(ms, 1);
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    size_t before = atlas_memory_bytes(atlas);
    check_codes(layer);
    assert_true(atlas_memory_bytes(atlas) > before);
    /* every key is its own code: lists, but no masks */
    assert_non_null(lazy_codes(layer, KEY));
    assert_null(lazy_codes(layer, KEY)->masks);
    assert_null(lazy_codes(layer, NUMBER));
    assert_null(lazy_codes(layer, SCHEMA_NO_FIELD));
    assert_null(lazy_codes(layer, 3));
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(fids_are_ordered_whether_they_lie_close_or_far_apart)
{
    static const int64_t steps[] = {1, -1, 3, -1000, 1000003, 1000000000000};

    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct memory_source *ms = memory_source_new();

        memory_source_layer(ms, LAYER, "", 1);
        fill(ms, steps[s]);
        const struct atlas *atlas = memory_source_atlas(ms);
        const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
        const struct fid_order *order = lazy_fids(layer);
        assert_non_null(order);
        assert_non_null(order->features); /* the curve does not follow the rows */
        for (uint32_t i = 1; i < N; i++)
            assert_true(atlas_fid(layer, order->features[i]) >
                        atlas_fid(layer, order->features[i - 1]));
        atlas_unref(atlas);
        memory_source_free(ms);
    }
}

TEST(rows_that_came_in_order_need_no_list)
{
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER, "", 1);
    memory_source_row(ms, "POINT(120 31)", "a|x|1");
    memory_source_row(ms, NULL, "b|x|1");
    const struct atlas *atlas = memory_source_atlas(ms);
    assert_non_null(lazy_fids(atlas_layer_at(atlas, 0)));
    assert_null(lazy_fids(atlas_layer_at(atlas, 0))->features);
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(the_next_version_has_what_was_used_before_anybody_asks)
{
    struct memory_source *ms = memory_source_new();
    struct feature_source source = memory_source_source(ms);
    const struct atlas *next = NULL;
    struct im_error err;

    memory_source_layer(ms, LAYER, "", 1);
    fill(ms, 1);
    const struct atlas *atlas = memory_source_atlas(ms);
    assert_int_equal(lazy_bytes(atlas_layer_at(atlas, 0)->lazy), 0);
    lazy_codes(atlas_layer_at(atlas, 0), KIND);
    lazy_fids(atlas_layer_at(atlas, 0));
    memory_source_clear(ms, "spots", 2);
    fill(ms, 3);
    assert_int_equal(atlas_build(&source, atlas, &next, &err), IM_OK);
    size_t built = lazy_bytes(atlas_layer_at(next, 0)->lazy);
    assert_true(built > 0);
    check_codes(atlas_layer_at(next, 0));
    lazy_fids(atlas_layer_at(next, 0));
    assert_int_equal(lazy_bytes(atlas_layer_at(next, 0)->lazy), built);
    atlas_unref(next);
    atlas_unref(atlas);
    memory_source_free(ms);
}

/* All of them at once: for tsan. One that comes while another builds gets nothing. */
static void *use(void *arg)
{
    const struct atlas_layer *layer = arg;
    const struct code_index *index = NULL;
    const struct fid_order *order = NULL;
    uintptr_t sum = 0;

    while (!index || !order) {
        index = lazy_codes(layer, KIND);
        order = lazy_fids(layer);
    }
    for (uint32_t i = 0; i < index->start[index->n_codes]; i++)
        sum += index->features[i];
    return (void *)(sum + order->features[N - 1]);
}

TEST(threads_that_need_an_index_at_once_get_the_same)
{
    for (int round = 0; round < 20; round++) {
        struct memory_source *ms = memory_source_new();
        pthread_t threads[THREADS];
        void *results[THREADS];

        memory_source_layer(ms, LAYER, "", 1);
        fill(ms, 1);
        const struct atlas *atlas = memory_source_atlas(ms);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(
                pthread_create(&threads[i], NULL, use,
                               (void *)(uintptr_t)atlas_layer_at(atlas, 0)),
                0);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], &results[i]);
        for (int i = 1; i < THREADS; i++)
            assert_ptr_equal(results[i], results[0]);
        atlas_unref(atlas);
        memory_source_free(ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_listed_under_its_code),
        cmocka_unit_test(fids_are_ordered_whether_they_lie_close_or_far_apart),
        cmocka_unit_test(rows_that_came_in_order_need_no_list),
        cmocka_unit_test(the_next_version_has_what_was_used_before_anybody_asks),
        cmocka_unit_test(threads_that_need_an_index_at_once_get_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
