/* SPDX-License-Identifier: Apache-2.0 */
/* Successive atlases under readers: meant for tsan, which sees what a lucky run hides.
 */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>

#include <math.h>
#include <pthread.h>

#define LAYER(id)                                                                      \
    "{\"id\":\"" id                                                                    \
    "\",\"title\":{\"zh\":\"层\"},\"geometry\":\"point\",\"key\":\"id\","             \
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}]}"

enum { READERS = 4, VERSIONS = 40 };

/* The one place from which readers take the newest atlas, as the server does. */
struct shared {
    pthread_mutex_t mutex;
    const struct atlas *newest;
    bool is_over;
};

static const struct atlas *take(struct shared *shared)
{
    const struct atlas *atlas = NULL;

    pthread_mutex_lock(&shared->mutex);
    if (!shared->is_over)
        atlas = atlas_ref(shared->newest);
    pthread_mutex_unlock(&shared->mutex);
    return atlas;
}

static void *read_on(void *arg)
{
    struct shared *shared = arg;
    const struct atlas *atlas;
    uintptr_t wrong = 0;

    while ((atlas = take(shared))) {
        struct im_arena *arena = im_arena_new(1 << 20);
        const struct atlas_layer *layers[2] = {atlas_layer_at(atlas, 0),
                                               atlas_layer_at(atlas, 1)};
        struct query_request q = {.layers = layers,
                                  .n_layers = 2,
                                  .has_origin = true,
                                  .lon = 121,
                                  .lat = 31,
                                  .k = 5,
                                  .max_m = HUGE_VAL,
                                  .coarsest = PRECISION_TOWN};
        struct query_answer answer;
        struct im_error err;

        wrong +=
            query_run(&q, arena, &answer, NULL, &err) != IM_OK || answer.n_hits != 2;
        im_arena_free(arena);
        atlas_unref(atlas);
    }
    return (void *)wrong;
}

TEST(readers_keep_their_atlas_while_new_ones_are_built_and_dropped)
{
    struct shared shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct memory_source *ms = memory_source_new();
    pthread_t readers[READERS];

    memory_source_layer(ms, LAYER("still"), "", 1);
    memory_source_row(ms, "POINT(121 31)", "a");
    memory_source_layer(ms, LAYER("moving"), "", 1);
    memory_source_row(ms, "POINT(121 31)", "b");
    shared.newest = memory_source_atlas(ms);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &shared), 0);
    for (uint64_t version = 2; version < VERSIONS; version++) {
        struct feature_source source = memory_source_source(ms);
        const struct atlas *next = NULL;
        struct im_error err;

        memory_source_clear(ms, "moving", version);
        memory_source_row(ms, "POINT(120 30)", "c");
        assert_int_equal(atlas_build(&source, shared.newest, &next, &err), IM_OK);
        pthread_mutex_lock(&shared.mutex);
        const struct atlas *old = shared.newest;
        shared.newest = next;
        pthread_mutex_unlock(&shared.mutex);
        atlas_unref(old);
    }
    pthread_mutex_lock(&shared.mutex);
    shared.is_over = true;
    pthread_mutex_unlock(&shared.mutex);
    for (int i = 0; i < READERS; i++) {
        void *wrong;

        pthread_join(readers[i], &wrong);
        assert_null(wrong);
    }
    atlas_unref(shared.newest);
    assert_int_equal(memory_source_scans(ms, "still"), 1);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_keep_their_atlas_while_new_ones_are_built_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
