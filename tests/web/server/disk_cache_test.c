/* SPDX-License-Identifier: Apache-2.0 */
/* The cache on a disk: what comes back is what was put, or nothing. */
#include "test.h"

#include "scratch.h"

#include "disk_cache.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { SALT = 11 };
static const char PNG[] = "image/png";

static struct disk_cache *open_at(const char *name, uint64_t max_bytes, uint64_t salt)
{
    struct disk_cache *c = NULL;
    struct im_error err = {0};

    if (disk_cache_open(scratch_path(name), max_bytes, salt, &c, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return c;
}

static struct body_key key_of(uint64_t n)
{
    return (struct body_key){(n + 1) * 0x9E3779B97F4A7C15ull, n};
}

static struct body *body_of(uint64_t n, size_t len)
{
    uint8_t bytes[8192];

    assert_true(len >= 8 && len <= sizeof bytes);
    memset(bytes, (int)(n & 0xff), len);
    memcpy(bytes, &n, sizeof n);
    return body_new_both((struct im_bytes){bytes, len},
                         (struct im_bytes){bytes, len / 2}, PNG);
}

static void put(struct disk_cache *c, uint64_t n, size_t len)
{
    struct body *body = body_of(n, len);

    disk_cache_put(c, key_of(n), body);
    body_unref(body);
}

static bool is_right(struct disk_cache *c, uint64_t n, size_t len)
{
    struct body *body = disk_cache_get(c, key_of(n));
    struct body *expected = body_of(n, len);
    bool right = body && im_bytes_equal(body->plain, expected->plain) &&
                 im_bytes_equal(body->gzip, expected->gzip) &&
                 strcmp(body->content_type, PNG) == 0 && body->hash == expected->hash;

    body_unref(body);
    body_unref(expected);
    return right;
}

static const char *file_of(const char *folder, uint64_t n)
{
    char name[120];
    struct body_key key = key_of(n);

    snprintf(name, sizeof name, "%s/%02x/%016" PRIx64 "%016" PRIx64, folder,
             (unsigned)(key.version >> 56), key.version, key.what);
    return scratch_path(name);
}

TEST(what_was_put_is_there_after_a_restart)
{
    struct disk_cache *c = open_at("restart", 1 << 30, SALT);
    struct body *none = body_new((struct im_bytes){NULL, 0}, PNG, NULL);

    for (uint64_t i = 0; i < 300; i++)
        put(c, i, 100 + i);
    disk_cache_put(c, key_of(999), none);
    body_unref(none);
    disk_cache_close(c);
    c = open_at("restart", 1 << 30, SALT);
    for (uint64_t i = 0; i < 300; i++)
        assert_true(is_right(c, i, 100 + i));
    none = disk_cache_get(c, key_of(999));
    assert_non_null(none);
    assert_int_equal(none->status, 204);
    body_unref(none);
    assert_null(disk_cache_get(c, key_of(300)));
    disk_cache_settle(c);
    struct disk_cache_counts n = disk_cache_count(c);
    assert_int_equal(n.hits, 301);
    assert_int_equal(n.misses, 1);
    assert_int_equal(n.healed, 0);
    assert_true(n.bytes > 300 * 150);
    disk_cache_close(c);
}

TEST(what_another_program_version_wrote_is_not_found)
{
    struct disk_cache *c = open_at("salt", 1 << 30, SALT);

    put(c, 1, 100);
    disk_cache_close(c);
    c = open_at("salt", 1 << 30, SALT + 1);
    assert_null(disk_cache_get(c, key_of(1)));
    assert_int_equal(disk_cache_count(c).healed, 1);
    put(c, 1, 100);
    assert_true(is_right(c, 1, 100));
    disk_cache_close(c);
}

/* Every truncation and every flipped byte of a file is found, and the file is gone. */
TEST(a_damaged_file_is_found_and_taken_away)
{
    enum { LEN = 60, FILE_LEN = 64 + LEN + LEN / 2 };
    struct disk_cache *c = open_at("damage", 1 << 30, SALT);
    uint8_t whole[FILE_LEN + 1];
    const char *path = file_of("damage", 5);
    char kept[1024];

    put(c, 5, LEN);
    snprintf(kept, sizeof kept, "%s", path);
    FILE *file = fopen(kept, "rb");
    assert_non_null(file);
    assert_int_equal(fread(whole, 1, sizeof whole, file), FILE_LEN);
    fclose(file);
    for (int i = 0; i < 2 * FILE_LEN + 1; i++) {
        uint8_t bytes[FILE_LEN + 1];
        size_t len = i < FILE_LEN ? (size_t)i : FILE_LEN + (i == 2 * FILE_LEN);

        memcpy(bytes, whole, sizeof bytes);
        if (i >= FILE_LEN && i < 2 * FILE_LEN)
            bytes[i - FILE_LEN] ^= (uint8_t)(1 << (i % 8));
        file = fopen(kept, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, len, file), len);
        fclose(file);
        if (disk_cache_get(c, key_of(5)))
            fail_msg("change %d was not found", i);
        assert_int_not_equal(access(kept, F_OK), 0);
    }
    assert_int_equal(disk_cache_count(c).healed, 2 * FILE_LEN + 1);
    put(c, 5, LEN);
    assert_true(is_right(c, 5, LEN));
    disk_cache_close(c);
}

TEST(what_is_not_ours_is_not_read_and_not_removed)
{
    struct disk_cache *c = open_at("foreign", 1 << 30, SALT);

    put(c, 1, 100);
    scratch_text("foreign/readme.txt", "mine");
    disk_cache_close(c);
    c = open_at("foreign", 1, SALT); /* everything of ours has to go */
    disk_cache_settle(c);
    assert_int_equal(access(scratch_path("foreign/readme.txt"), F_OK), 0);
    assert_null(disk_cache_get(c, key_of(1)));
    disk_cache_close(c);
}

static uint64_t bytes_under(const char *name)
{
    struct disk_cache *c = open_at(name, 1ull << 40, SALT);

    disk_cache_settle(c);
    uint64_t bytes = disk_cache_count(c).bytes;
    disk_cache_close(c);
    return bytes;
}

TEST(the_files_stay_under_the_limit)
{
    enum { MAX = 8 << 20, N = 1200 };
    struct disk_cache *c = open_at("limit", MAX, SALT);

    for (uint64_t i = 0; i < N; i++)
        put(c, i, 8000);
    disk_cache_settle(c);
    struct disk_cache_counts n = disk_cache_count(c);
    assert_true(n.evicted > 0 && n.written == N);
    assert_true(n.bytes <= MAX);
    disk_cache_close(c);
    assert_true(bytes_under("limit") <= MAX);
    assert_true(bytes_under("limit") > MAX / 3);
}

/* A disk without room: files may have no byte more. */
TEST(a_full_disk_turns_it_off_and_nothing_else)
{
    struct rlimit before;
    struct disk_cache *c = open_at("full", 1 << 30, SALT);

    put(c, 1, 100);
    assert_true(is_right(c, 1, 100));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit none = {0, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    put(c, 2, 100);
    put(c, 3, 100);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(disk_cache_count(c).is_off);
    assert_null(disk_cache_get(c, key_of(2)));
    put(c, 2, 100);
    assert_null(disk_cache_get(c, key_of(2)));
    disk_cache_try_again(c); /* there is room now */
    put(c, 3, 100);
    assert_true(is_right(c, 3, 100));
    assert_false(disk_cache_count(c).is_off);
    disk_cache_close(c);
    c = open_at("full", 1 << 30, SALT);
    assert_true(is_right(c, 1, 100));
    assert_null(disk_cache_get(c, key_of(2)));
    assert_int_equal(disk_cache_count(c).healed, 0); /* nothing half was left */
    disk_cache_close(c);
}

TEST(a_folder_that_cannot_be_used_is_refused_in_words)
{
    struct disk_cache *c = NULL;
    struct im_error err = {0};

    scratch_text("file", "x");
    assert_int_equal(disk_cache_open(scratch_path("file"), 1, SALT, &c, &err), IM_EENV);
    assert_non_null(strstr(err.msg, "--tile-cache-dir"));
    assert_int_equal(disk_cache_open(scratch_path("no/such"), 1, SALT, &c, &err),
                     IM_EENV);
}

struct hammer {
    struct disk_cache *cache;
    unsigned seed;
    unsigned wrong;
};

static void *hammer(void *arg)
{
    struct hammer *h = arg;

    for (int i = 0; i < 1500; i++) {
        h->seed = h->seed * 1103515245u + 12345u;
        uint64_t n = (h->seed >> 16) % 100;
        struct body *body = disk_cache_get(h->cache, key_of(n));

        if (body) {
            uint64_t number;

            memcpy(&number, body->plain.data, sizeof number);
            h->wrong += number != n;
        } else {
            put(h->cache, n, 500);
        }
        body_unref(body);
    }
    return NULL;
}

/* Two opened caches are as two processes: nothing but the folder is shared. */
TEST(two_processes_on_one_folder_do_no_harm)
{
    struct disk_cache *caches[2] = {open_at("two", 40000, SALT),
                                    open_at("two", 40000, SALT)};
    struct hammer hammers[4];
    pthread_t threads[4];

    for (unsigned i = 0; i < 4; i++) {
        hammers[i] = (struct hammer){caches[i % 2], i + 1, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &hammers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(hammers[i].wrong, 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct disk_cache_counts n = disk_cache_count(caches[i]);

        assert_int_equal(n.healed, 0);
        assert_false(n.is_off);
        assert_true(n.hits > 0);
        disk_cache_close(caches[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_there_after_a_restart),
        cmocka_unit_test(what_another_program_version_wrote_is_not_found),
        cmocka_unit_test(a_damaged_file_is_found_and_taken_away),
        cmocka_unit_test(what_is_not_ours_is_not_read_and_not_removed),
        cmocka_unit_test(the_files_stay_under_the_limit),
        cmocka_unit_test(a_full_disk_turns_it_off_and_nothing_else),
        cmocka_unit_test(a_folder_that_cannot_be_used_is_refused_in_words),
        cmocka_unit_test(two_processes_on_one_folder_do_no_harm),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
