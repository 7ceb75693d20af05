/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "body_cache.h"

#include <libdeflate.h>
#include <pthread.h>

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

TEST(the_bytes_stay_under_the_limit_and_the_oldest_go)
{
    enum { MAX = 256 * 1024, N = 5000 };
    struct body_cache *cache = body_cache_new(MAX);

    for (uint64_t i = 0; i < N; i++) {
        put(cache, i, 1000);
        /* number 0 is asked for again and again: it must outlive the others */
        body_unref(body_cache_get(cache, (struct body_key){1, 0}));
        assert_true(body_cache_count(cache).bytes <= MAX);
    }
    struct body_cache_counts n = body_cache_count(cache);
    assert_true(n.evicted > 0);
    assert_int_equal(n.entries + n.evicted, N);
    struct body *kept = body_cache_get(cache, (struct body_key){1, 0});
    assert_non_null(kept);
    body_unref(kept);
    kept = body_cache_get(cache, (struct body_key){1, N - 1});
    assert_non_null(kept);
    body_unref(kept);
    assert_null(body_cache_get(cache, (struct body_key){1, 1}));
    body_cache_free(cache);
}

TEST(a_body_outlives_its_eviction_while_somebody_sends_it)
{
    struct body_cache *cache = body_cache_new(64 * 1024);

    put(cache, 1, 1000);
    struct body *sending = body_cache_get(cache, (struct body_key){1, 1});
    assert_non_null(sending);
    for (uint64_t i = 2; i < 1000; i++)
        put(cache, i, 1000);
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
        cmocka_unit_test(the_bytes_stay_under_the_limit_and_the_oldest_go),
        cmocka_unit_test(a_body_outlives_its_eviction_while_somebody_sends_it),
        cmocka_unit_test(what_is_too_large_is_not_kept),
        cmocka_unit_test(the_first_of_two_equal_keys_stays),
        cmocka_unit_test(a_compressed_form_is_kept_when_it_is_smaller),
        cmocka_unit_test(a_body_without_bytes_is_no_content),
        cmocka_unit_test(many_threads_get_what_they_ask_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
