/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "body_cache.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct body *body_of(uint64_t number, size_t len)
{
    uint8_t bytes[4096];

    assert_true(len >= sizeof number && len <= sizeof bytes);
    memset(bytes, (int)(number & 0xff), len);
    memcpy(bytes, &number, sizeof number);
    return body_new((struct im_bytes){bytes, len}, "image/png", NULL);
}

static void put(struct body_cache *cache, uint64_t what, size_t len)
{
    struct body *body = body_of(what, len);

    assert_non_null(body);
    body_cache_put(cache, (struct body_key){1, what}, body);
    body_unref(body);
}

static uint64_t number_in(const struct body *body)
{
    uint64_t number;

    memcpy(&number, body->plain.data, sizeof number);
    return number;
}

TEST(what_was_put_is_found_under_its_key_only)
{
    struct body_cache *cache = body_cache_new(1 << 20);

    put(cache, 7, 100);
    struct body *found = body_cache_get(cache, (struct body_key){1, 7});
    assert_non_null(found);
    assert_int_equal(number_in(found), 7);
    body_unref(found);
    assert_null(body_cache_get(cache, (struct body_key){2, 7}));
    assert_null(body_cache_get(cache, (struct body_key){1, 8}));
    assert_int_equal(body_cache_count(cache).hits, 1);
    assert_int_equal(body_cache_count(cache).misses, 2);
    body_cache_free(cache);
}

TEST(the_bytes_stay_under_the_limit_and_the_unasked_go)
{
    enum { MAX = 512 * 1024, N = 5000 };
    struct body_cache *cache = body_cache_new(MAX);

    for (uint64_t i = 0; i < N; i++) {
        put(cache, i, 1000);
        /* number 0 is asked for again and again: it must outlive the others */
        body_unref(body_cache_get(cache, (struct body_key){1, 0}));
        assert_true(body_cache_count(cache).bytes <= MAX);
    }
    struct body_cache_counts n = body_cache_count(cache);
    assert_true(n.evicted + n.rejected > 0);
    assert_int_equal(n.entries + n.evicted + n.rejected, N);
    assert_true(n.bytes > MAX / 2);
    struct body *kept = body_cache_get(cache, (struct body_key){1, 0});
    assert_non_null(kept);
    body_unref(kept);
    kept = body_cache_get(cache, (struct body_key){1, N - 1}); /* in the window */
    assert_non_null(kept);
    body_unref(kept);
    body_cache_free(cache);
}

/* ---- against least recently used ---- */

enum { TRACE_TILES = 4000, TRACE_LEN = 200000, TRACE_BYTES = 1000, SCAN_EVERY = 4 };

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Zipf with exponent 1 by the inverse of the harmonic sum. */
static uint64_t zipf(const double *sums, uint64_t *seed)
{
    double at = (double)next_random(seed) / 2147483648.0 * sums[TRACE_TILES - 1];
    size_t lo = 0;
    size_t hi = TRACE_TILES - 1;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (sums[mid] < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Each SCAN_EVERY-th request is for a tile that nobody asks for again. */
static void make_trace(uint64_t *trace)
{
    static double sums[TRACE_TILES];
    uint64_t seed = 42;

    for (int i = 0; i < TRACE_TILES; i++)
        sums[i] = (i ? sums[i - 1] : 0) + 1.0 / (i + 1);
    for (int i = 0; i < TRACE_LEN; i++)
        trace[i] = i % SCAN_EVERY == 0 ? 1000000 + (uint64_t)i : zipf(sums, &seed);
}

/* The simplest thing that is right: a table of when each was asked for last. */
static unsigned hits_of_lru(const uint64_t *trace, size_t capacity)
{
    uint64_t *keys = calloc(capacity, sizeof *keys);
    unsigned *used = calloc(capacity, sizeof *used);
    unsigned hits = 0;
    size_t n = 0;

    assert_true(keys && used);
    for (unsigned i = 0; i < TRACE_LEN; i++) {
        size_t at = 0;
        size_t oldest = 0;

        for (; at < n && keys[at] != trace[i]; at++)
            if (used[at] < used[oldest])
                oldest = at;
        hits += at < n;
        if (at == n)
            at = n < capacity ? n++ : oldest;
        keys[at] = trace[i];
        used[at] = i + 1;
    }
    free(keys);
    free(used);
    return hits;
}

TEST(more_is_found_than_by_least_recently_used)
{
    static uint64_t trace[TRACE_LEN];
    size_t capacity = 480; /* of 4,000 tiles */
    struct body_cache *cache = body_cache_new(capacity * (TRACE_BYTES + 200));
    uint64_t hits;

    make_trace(trace);
    for (int i = 0; i < TRACE_LEN; i++) {
        struct body *body = body_cache_get(cache, (struct body_key){1, trace[i]});

        if (!body)
            put(cache, trace[i], TRACE_BYTES);
        body_unref(body);
    }
    hits = body_cache_count(cache).hits;
    unsigned lru = hits_of_lru(trace, body_cache_count(cache).entries);
    printf("hits of %d: %u least recently used, %u here\n", TRACE_LEN, lru,
           (unsigned)hits);
    assert_true(hits > lru + TRACE_LEN / 50); /* 2 % of all requests, at least */
    body_cache_free(cache);
}

TEST(a_scan_of_random_tiles_does_not_push_out_the_hot_ones)
{
    enum { HOT = 200, SCAN = 20000 };
    struct body_cache *cache = body_cache_new(512 * 1024);
    unsigned kept = 0;

    for (int round = 0; round < 5; round++)
        for (uint64_t i = 0; i < HOT; i++) {
            struct body *body = body_cache_get(cache, (struct body_key){1, i});

            if (!body)
                put(cache, i, 1000);
            body_unref(body);
        }
    for (uint64_t i = 0; i < SCAN; i++) {
        body_unref(body_cache_get(cache, (struct body_key){1, 1000 + i}));
        put(cache, 1000 + i, 1000);
    }
    for (uint64_t i = 0; i < HOT; i++) {
        struct body *body = body_cache_get(cache, (struct body_key){1, i});

        kept += body != NULL;
        body_unref(body);
    }
    assert_true(kept >= HOT * 95 / 100);
    assert_true(body_cache_count(cache).rejected > SCAN / 2);
    body_cache_free(cache);
}

TEST(what_was_dear_to_make_stays_before_what_was_cheap)
{
    enum { EACH = 400 };
    struct body_cache *cache = body_cache_new(512 * 1024); /* half of them fit */
    unsigned dear = 0;
    unsigned cheap = 0;

    for (int round = 0; round < 6; round++)
        for (uint64_t i = 0; i < 2 * EACH; i++) {
            struct body *body = body_cache_get(cache, (struct body_key){1, i});

            if (!body) {
                body = body_of(i, 1000);
                body_cache_put_cost(cache, (struct body_key){1, i}, body,
                                    i % 2 ? 50000 : 100);
            }
            body_unref(body);
        }
    for (uint64_t i = 0; i < 2 * EACH; i++) {
        struct body *body = body_cache_get(cache, (struct body_key){1, i});

        *(i % 2 ? &dear : &cheap) += body != NULL;
        body_unref(body);
    }
    assert_true(dear > 2 * cheap);
    body_cache_free(cache);
}

TEST(a_new_version_takes_the_place_of_the_old_one)
{
    struct body_cache *cache = body_cache_new(1 << 20);
    struct body *body = body_of(9, 100);

    put(cache, 5, 100);
    put(cache, 6, 100);
    body_cache_data(cache, 2);
    assert_null(body_cache_get(cache, (struct body_key){2, 5}));
    body_cache_put(cache, (struct body_key){2, 5}, body);
    assert_null(body_cache_get(cache, (struct body_key){1, 5}));
    body_unref(body_cache_get(cache, (struct body_key){2, 5}));
    body_unref(body_cache_get(cache, (struct body_key){1, 6})); /* kept, counted once */
    body_unref(body_cache_get(cache, (struct body_key){1, 6}));
    struct body_cache_counts n = body_cache_count(cache);
    assert_int_equal(n.entries, 2);
    assert_int_equal(n.dropped, 1);
    assert_int_equal(n.kept, 1);
    body_unref(body);
    body_cache_free(cache);
}

TEST(equal_small_bodies_are_there_once)
{
    struct body_cache *cache = body_cache_new(1 << 20);
    struct body *a = body_cache_share(cache, body_of(1, 100));
    struct body *b = body_cache_share(cache, body_of(1, 100));
    struct body *c = body_cache_share(cache, body_of(2, 100));
    struct body *large = body_cache_share(cache, body_of(1, 4000));

    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    assert_int_equal(number_in(c), 2);
    assert_int_equal(body_cache_count(cache).shared, 1);
    body_unref(a);
    body_unref(b);
    body_unref(c);
    body_unref(large);
    body_cache_free(cache);
}

TEST(a_body_outlives_its_eviction_while_somebody_sends_it)
{
    struct body_cache *cache = body_cache_new(64 * 1024);

    put(cache, 1, 1000);
    struct body *sending = body_cache_get(cache, (struct body_key){1, 1});
    assert_non_null(sending);
    for (uint64_t i = 2; i < 1000; i++) {
        for (int often = 0; often < 3; often++)
            body_unref(body_cache_get(cache, (struct body_key){1, i}));
        put(cache, i, 1000);
    }
    assert_null(body_cache_get(cache, (struct body_key){1, 1}));
    assert_int_equal(number_in(sending), 1);
    body_cache_free(cache);
    assert_int_equal(number_in(sending), 1);
    body_unref(sending);
}

TEST(what_is_too_large_is_not_kept)
{
    struct body_cache *cache = body_cache_new(16 * 1024);

    put(cache, 1, 3000);
    assert_null(body_cache_get(cache, (struct body_key){1, 1}));
    assert_int_equal(body_cache_count(cache).bytes, 0);
    body_cache_free(cache);
}

TEST(the_first_of_two_equal_keys_stays)
{
    struct body_cache *cache = body_cache_new(1 << 20);
    struct body *other = body_of(99, 100);

    put(cache, 5, 100);
    body_cache_put(cache, (struct body_key){1, 5}, other);
    body_unref(other);
    struct body *found = body_cache_get(cache, (struct body_key){1, 5});
    assert_int_equal(number_in(found), 5);
    body_unref(found);
    assert_int_equal(body_cache_count(cache).entries, 1);
    body_cache_free(cache);
}

TEST(a_compressed_form_is_kept_when_it_is_smaller)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    static const uint8_t zeros[3000];
    uint8_t back[3000];
    size_t len = 0;
    struct body *body =
        body_new((struct im_bytes){zeros, sizeof zeros}, "application/json", c);

    assert_true(body->gzip.len > 0 && body->gzip.len < 200);
    assert_int_equal(libdeflate_gzip_decompress(d, body->gzip.data, body->gzip.len,
                                                back, sizeof back, &len),
                     LIBDEFLATE_SUCCESS);
    assert_int_equal(len, sizeof zeros);
    assert_memory_equal(back, zeros, len);
    assert_memory_equal(body->plain.data, zeros, sizeof zeros);
    body_unref(body);
    body = body_new(im_bytes_of("short"), "application/json", c);
    assert_int_equal(body->gzip.len, 0);
    body_unref(body);
    libdeflate_free_compressor(c);
    libdeflate_free_decompressor(d);
}

TEST(a_body_without_bytes_is_no_content)
{
    struct body *body = body_new((struct im_bytes){NULL, 0}, "x", NULL);

    assert_int_equal(body->status, 204);
    body_unref(body);
}

enum { THREADS = 4, ROUNDS = 20000, KEYS = 500 };

static void *hammer(void *arg)
{
    struct body_cache *cache = arg;
    uint64_t seed = (uint64_t)(uintptr_t)&seed | 1;

    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t what = (seed >> 33) % KEYS;
        struct body *body = body_cache_get(cache, (struct body_key){1, what});

        if (body) {
            if (number_in(body) != what)
                return (void *)1;
            body_unref(body);
        } else {
            put(cache, what, 500);
        }
    }
    return NULL;
}

TEST(many_threads_get_what_they_ask_for)
{
    struct body_cache *cache = body_cache_new(100 * 1000); /* evicts all the time */
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, cache), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    struct body_cache_counts n = body_cache_count(cache);
    assert_int_equal(n.hits + n.misses, THREADS * ROUNDS);
    assert_true(n.bytes <= n.max_bytes);
    body_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_under_its_key_only),
        cmocka_unit_test(the_bytes_stay_under_the_limit_and_the_unasked_go),
        cmocka_unit_test(more_is_found_than_by_least_recently_used),
        cmocka_unit_test(a_scan_of_random_tiles_does_not_push_out_the_hot_ones),
        cmocka_unit_test(what_was_dear_to_make_stays_before_what_was_cheap),
        cmocka_unit_test(a_new_version_takes_the_place_of_the_old_one),
        cmocka_unit_test(equal_small_bodies_are_there_once),
        cmocka_unit_test(a_body_outlives_its_eviction_while_somebody_sends_it),
        cmocka_unit_test(what_is_too_large_is_not_kept),
        cmocka_unit_test(the_first_of_two_equal_keys_stays),
        cmocka_unit_test(a_compressed_form_is_kept_when_it_is_smaller),
        cmocka_unit_test(a_body_without_bytes_is_no_content),
        cmocka_unit_test(many_threads_get_what_they_ask_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
