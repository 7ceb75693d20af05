/* SPDX-License-Identifier: Apache-2.0 */
/* A file a tile, DIRECTORY/ab/ab3f…: 32 hexadecimal digits of its key. In a file, in
 * the byte order of the machine:
 *
 *   magic     8  "imtile01"
 *   salt      8
 *   version   8  the key
 *   what      8
 *   plain     4  bytes
 *   gzip      4  bytes, 0: not kept compressed
 *   type      4  index into `types`
 *   unused    4
 *   check    16  XXH3-128 of all before it and behind it
 *   the plain bytes, then the compressed ones
 *
 * Files are written under another name and renamed, so a reader sees whole ones, also
 * of another process; nothing is synced, the check finds what a power failure left.
 * The time of a file is that of its last use, to an hour; the oldest go. */
#include "disk_cache.h"

#include <engine/log.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

static const char MAGIC[8] = {'i', 'm', 't', 'i', 'l', 'e', '0', '1'};
static const char *const types[] = {"image/png", "image/webp", "image/jpeg",
                                    "application/vnd.mapbox-vector-tile"};
enum {
    N_TYPES = sizeof types / sizeof *types,
    FOLDERS = 256,
    NAME_LEN = 32,
    MAX_FILE_BYTES = 64 * 1024 * 1024,
    USED_AGAIN_SECONDS = 3600,
    TRY_AGAIN_SECONDS = 60,
    LEFT_OVER_SECONDS = 3600, /* half-written files of processes that were killed */
    FULL_PERCENT = 90         /* what is left after making room */
};

struct head {
    char magic[8];
    uint64_t salt;
    uint64_t version;
    uint64_t what;
    uint32_t plain;
    uint32_t gzip;
    uint32_t type;
    uint32_t unused;
    uint64_t check[2];
};
_Static_assert(sizeof(struct head) == 64, "no gaps");

struct disk_cache {
    char *directory;
    uint64_t max_bytes;
    uint64_t salt;
    uint64_t own; /* at random: other processes, also of other machines, have another */
    atomic_bool is_off;
    atomic_uint_fast64_t hits, misses, written, evicted, healed;
    atomic_int_fast64_t bytes;
    atomic_uint_fast64_t added; /* bytes ever written */
    atomic_uint_fast64_t names; /* of files being written */
    pthread_t keeper;
    bool is_started;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake;   /* there is too much, or it is over */
    pthread_cond_t done;   /* counted, and not too much */
    bool stopping;
    bool has_counted;
};

/* ---- files ---- */

static int path_of(const struct disk_cache *c, struct body_key key, char out[PATH_MAX])
{
    unsigned folder = (unsigned)(key.version >> 56);
    int n = snprintf(out, PATH_MAX, "%s/%02x/%016" PRIx64 "%016" PRIx64, c->directory,
                     folder, key.version, key.what);

    return n > 0 && n < PATH_MAX ? n : -1;
}

static void wake_keeper(struct disk_cache *c)
{
    pthread_mutex_lock(&c->mutex);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->mutex);
}

static void turn_off(struct disk_cache *c, const char *what, int why)
{
    char quoted[PATH_MAX + 16];

    if (atomic_exchange(&c->is_off, true))
        return;
    im_log(IM_LOG_WARN, "tile_disk_cache_off",
           "directory=%s failed=%s reason=\"%s\" next=\"tiles are drawn instead; make "
           "room or mend it: it is tried again every %d seconds\"",
           im_log_quote(quoted, sizeof quoted, c->directory), what, strerror(why),
           TRY_AGAIN_SECONDS);
    wake_keeper(c);
}

void disk_cache_try_again(struct disk_cache *c)
{
    atomic_store(&c->is_off, false);
}

/* Something else in the place of one file says nothing about the others. */
static bool concerns_one_file(int why)
{
    return why == EISDIR || why == ENOTDIR || why == ELOOP || why == ENOTEMPTY ||
           why == EEXIST;
}

/* The bytes of a file, at most MAX_FILE_BYTES; NULL: not there, or not to be read. */
static uint8_t *read_whole(int fd, size_t *len)
{
    struct stat info;
    uint8_t *data = NULL;
    size_t got = 0;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 0 ||
        info.st_size > MAX_FILE_BYTES)
        return NULL;
    *len = (size_t)info.st_size;
    data = malloc(*len + 1);
    while (data && got < *len) {
        ssize_t n = read(fd, data + got, *len - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    *len = got;
    return data;
}

static XXH128_hash_t check_of(const struct head *h, const uint8_t *bytes)
{
    XXH128_hash_t first = XXH3_128bits(h, offsetof(struct head, check));

    return XXH3_128bits_withSeed(bytes, (size_t)h->plain + h->gzip,
                                 first.low64 ^ first.high64);
}

static struct body *body_in(const struct disk_cache *c,
                            struct body_key key,
                            const uint8_t *data,
                            size_t len)
{
    const uint8_t *bytes = data + sizeof(struct head);
    struct head h;
    XXH128_hash_t check;

    if (len < sizeof h)
        return NULL;
    memcpy(&h, data, sizeof h);
    if (memcmp(h.magic, MAGIC, sizeof MAGIC) != 0 || h.salt != c->salt ||
        h.version != key.version || h.what != key.what || h.type >= N_TYPES ||
        (uint64_t)h.plain + h.gzip != len - sizeof h)
        return NULL;
    check = check_of(&h, bytes);
    if (check.low64 != h.check[0] || check.high64 != h.check[1])
        return NULL;
    return body_new_both((struct im_bytes){bytes, h.plain},
                         (struct im_bytes){bytes + h.plain, h.gzip}, types[h.type]);
}

static void use_again(int fd)
{
    struct stat info;

    if (fstat(fd, &info) == 0 && time(NULL) - info.st_mtime > USED_AGAIN_SECONDS)
        (void)futimens(fd, NULL);
}

struct body *disk_cache_get(struct disk_cache *c, struct body_key key)
{
    char path[PATH_MAX];
    struct body *body = NULL;
    uint8_t *data = NULL;
    size_t len = 0;
    int fd = -1;

    if (!atomic_load(&c->is_off) && path_of(c, key, path) > 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        data = read_whole(fd, &len);
        body = data ? body_in(c, key, data, len) : NULL;
        if (body) {
            use_again(fd);
        } else if (unlink(path) == 0) {
            atomic_fetch_add(&c->healed, 1);
            atomic_fetch_sub(&c->bytes, (int64_t)len);
        }
        free(data);
        close(fd);
    }
    atomic_fetch_add(body ? &c->hits : &c->misses, 1);
    return body;
}

/* ---- writing ---- */

static bool find_type(const char *type, uint32_t *out)
{
    for (uint32_t i = 0; i < N_TYPES; i++)
        if (strcmp(types[i], type) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool write_all(int fd, struct im_bytes bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.data, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

static bool
write_file(struct disk_cache *c, const char *path, struct im_bytes bytes, int *why)
{
    char beside[PATH_MAX + 64];
    bool ok;
    int fd;

    snprintf(beside, sizeof beside, "%s.%016" PRIx64 "%llx", path, c->own,
             (unsigned long long)atomic_fetch_add(&c->names, 1));
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == ENOENT) { /* the first of its folder */
        char *slash = strrchr(beside, '/');

        *slash = '\0';
        ok = mkdir(beside, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (ok)
            fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }
    ok = fd >= 0 && write_all(fd, bytes);
    *why = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        ok = false;
        *why = errno;
    }
    if (ok && rename(beside, path) != 0) {
        ok = false;
        *why = errno;
    }
    if (!ok && fd >= 0)
        unlink(beside);
    return ok;
}

void disk_cache_put(struct disk_cache *c, struct body_key key, struct body *body)
{
    char path[PATH_MAX];
    struct im_buf buf = {.max = MAX_FILE_BYTES};
    struct head h = {.salt = c->salt,
                     .version = key.version,
                     .what = key.what,
                     .plain = (uint32_t)body->plain.len,
                     .gzip = (uint32_t)body->gzip.len};
    int why = 0;

    if (atomic_load(&c->is_off) || !find_type(body->content_type, &h.type) ||
        body->plain.len + body->gzip.len > MAX_FILE_BYTES - sizeof h ||
        path_of(c, key, path) < 0)
        return;
    memcpy(h.magic, MAGIC, sizeof MAGIC);
    im_buf_append(&buf, &h, sizeof h);
    im_buf_append(&buf, body->plain.data, body->plain.len);
    im_buf_append(&buf, body->gzip.data, body->gzip.len);
    if (!buf.failed) {
        XXH128_hash_t check = check_of(&h, buf.data + sizeof h);

        h.check[0] = check.low64;
        h.check[1] = check.high64;
        memcpy(buf.data, &h, sizeof h);
        if (write_file(c, path, im_buf_bytes(&buf), &why)) {
            atomic_fetch_add(&c->written, 1);
            atomic_fetch_add(&c->added, buf.len);
            if (atomic_fetch_add(&c->bytes, (int64_t)buf.len) + (int64_t)buf.len >
                (int64_t)c->max_bytes)
                wake_keeper(c);
        } else if (!concerns_one_file(why)) {
            turn_off(c, "write", why);
        }
    }
    im_buf_release(&buf);
}

/* ---- keeping it under its limit ---- */

struct kept_file {
    time_t used;
    off_t bytes;
    char name[NAME_LEN + 1];
};
struct kept_files {
    struct kept_file *items;
    size_t n;
    size_t cap;
    int64_t bytes;
};

static bool is_name(const char *name)
{
    return strlen(name) == NAME_LEN && strspn(name, "0123456789abcdef") == NAME_LEN;
}

static bool is_left_over(const char *name, const struct stat *info)
{
    return strspn(name, "0123456789abcdef") == NAME_LEN && name[NAME_LEN] == '.' &&
           time(NULL) - info->st_mtime > LEFT_OVER_SECONDS;
}

/* What has another name is not ours, and stays. */
static void take_file(struct kept_files *f, int folder, const char *name)
{
    struct stat info;

    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
        return;
    if (is_left_over(name, &info))
        unlinkat(folder, name, 0);
    if (!is_name(name))
        return;
    f->bytes += info.st_size;
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 256;
        struct kept_file *items = realloc(f->items, cap * sizeof *items);

        if (!items)
            return; /* counted, and evicted another time */
        f->items = items;
        f->cap = cap;
    }
    struct kept_file *k = &f->items[f->n++];
    k->used = info.st_mtime;
    k->bytes = info.st_size;
    memcpy(k->name, name, sizeof k->name);
}

static DIR *open_folder(const struct disk_cache *c, unsigned folder)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%02x", c->directory, folder);

    return n > 0 && n < PATH_MAX ? opendir(path) : NULL;
}

static int by_use(const void *a, const void *b)
{
    const struct kept_file *p = a;
    const struct kept_file *q = b;

    if (p->used != q->used)
        return p->used < q->used ? -1 : 1;
    return strcmp(p->name, q->name);
}

/* Reads a folder and takes away its oldest files until it has at most `most` bytes. */
static int64_t thin_folder(struct disk_cache *c, unsigned folder, int64_t most)
{
    DIR *dir = open_folder(c, folder);
    struct kept_files f = {0};
    struct dirent *entry;

    if (!dir)
        return 0;
    while ((entry = readdir(dir)))
        take_file(&f, dirfd(dir), entry->d_name);
    if (f.bytes > most && f.n > 1)
        qsort(f.items, f.n, sizeof *f.items, by_use);
    for (size_t i = 0; i < f.n && f.bytes > most; i++)
        if (unlinkat(dirfd(dir), f.items[i].name, 0) == 0) {
            f.bytes -= f.items[i].bytes;
            atomic_fetch_add(&c->evicted, 1);
        }
    closedir(dir);
    free(f.items);
    return f.bytes;
}

static bool is_stopping(struct disk_cache *c)
{
    pthread_mutex_lock(&c->mutex);
    bool stopping = c->stopping;
    pthread_mutex_unlock(&c->mutex);
    return stopping;
}

/* Keys are spread evenly, so each folder may have its share. Counted anew each time:
 * other processes write and take away too. */
static void go_round(struct disk_cache *c, int64_t most)
{
    uint64_t added = atomic_load(&c->added);
    int64_t sum = 0;

    for (unsigned folder = 0; folder < FOLDERS && !is_stopping(c); folder++)
        sum += thin_folder(c, folder, most);
    /* what came meanwhile may lie in a folder that was counted already */
    atomic_store(&c->bytes, sum + (int64_t)(atomic_load(&c->added) - added));
}

/* Called with the mutex held. While it is off nobody but the clock wakes this thread.
 */
static void wait_for_work(struct disk_cache *c)
{
    struct timespec until;

    if (!atomic_load(&c->is_off)) {
        pthread_cond_wait(&c->wake, &c->mutex);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += TRY_AGAIN_SECONDS;
    while (!c->stopping &&
           pthread_cond_timedwait(&c->wake, &c->mutex, &until) != ETIMEDOUT)
        ;
    disk_cache_try_again(c);
}

static void *keep(void *arg)
{
    struct disk_cache *c = arg;
    int64_t share = (int64_t)(c->max_bytes / 100 * FULL_PERCENT / FOLDERS);

    go_round(c, INT64_MAX);
    pthread_mutex_lock(&c->mutex);
    while (!c->stopping) {
        if (atomic_load(&c->bytes) > (int64_t)c->max_bytes) {
            pthread_mutex_unlock(&c->mutex);
            go_round(c, share);
            pthread_mutex_lock(&c->mutex);
            continue;
        }
        c->has_counted = true;
        pthread_cond_broadcast(&c->done);
        wait_for_work(c);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

void disk_cache_settle(struct disk_cache *c)
{
    pthread_mutex_lock(&c->mutex);
    pthread_cond_signal(&c->wake);
    while (!c->has_counted || atomic_load(&c->bytes) > (int64_t)c->max_bytes)
        pthread_cond_wait(&c->done, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
}

/* ---- open and close ---- */

static enum im_code cannot_use(const char *directory, int why, struct im_error *err)
{
    im_fail(err, IM_EENV,
            "the tile cache folder '%s' cannot be used: %s; name another one with "
            "--tile-cache-dir, or leave the option out",
            directory, strerror(why));
    return im_zh(err, IM_EENV,
                 "瓦片缓存目录 “%s” 无法使用：%s；请用 --tile-cache-dir "
                 "另选一个，或去掉该选项",
                 directory, strerror(why));
}

enum im_code disk_cache_open(const char *directory,
                             uint64_t max_bytes,
                             uint64_t salt,
                             struct disk_cache **out,
                             struct im_error *err)
{
    struct disk_cache *c;
    struct stat info;

    if ((mkdir(directory, 0755) != 0 && errno != EEXIST) ||
        stat(directory, &info) != 0 || access(directory, R_OK | W_OK | X_OK) != 0)
        return cannot_use(directory, errno, err);
    if (!S_ISDIR(info.st_mode))
        return cannot_use(directory, ENOTDIR, err);
    c = calloc(1, sizeof *c);
    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory for the tile cache");
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->wake, NULL);
    pthread_cond_init(&c->done, NULL);
    c->max_bytes = max_bytes;
    c->salt = salt;
    if (getrandom(&c->own, sizeof c->own, 0) != (ssize_t)sizeof c->own)
        c->own = (uint64_t)getpid();
    c->directory = strdup(directory);
    c->is_started = c->directory && pthread_create(&c->keeper, NULL, keep, c) == 0;
    if (!c->is_started) {
        disk_cache_close(c);
        return im_fail(err, IM_EENV, "cannot start a thread for the tile cache");
    }
    *out = c;
    return IM_OK;
}

void disk_cache_close(struct disk_cache *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->mutex);
    c->stopping = true;
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->mutex);
    if (c->is_started)
        pthread_join(c->keeper, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_cond_destroy(&c->done);
    pthread_mutex_destroy(&c->mutex);
    free(c->directory);
    free(c);
}

struct disk_cache_counts disk_cache_count(struct disk_cache *c)
{
    int64_t bytes = (int64_t)atomic_load(&c->bytes);

    return (struct disk_cache_counts){.hits = atomic_load(&c->hits),
                                      .misses = atomic_load(&c->misses),
                                      .written = atomic_load(&c->written),
                                      .evicted = atomic_load(&c->evicted),
                                      .healed = atomic_load(&c->healed),
                                      .bytes = bytes > 0 ? (uint64_t)bytes : 0,
                                      .max_bytes = c->max_bytes,
                                      .is_off = atomic_load(&c->is_off)};
}
