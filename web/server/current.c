/* SPDX-License-Identifier: Apache-2.0 */
/* The current snapshot, and the thread that replaces it when the data change. */
#include "current.h"

#include <engine/log.h>
#include <engine/search.h>
#include <layers/store.h>

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/stat.h>

enum {
    LOOK_EVERY_MS = 200,   /* an import has to show within a second */
    RETRY_BUILD_MS = 5000, /* a full scan that failed is not repeated at every look */
    TRIM_EVERY_MS = 2000,
};

struct current {
    char *db_path;
    bool leave_out_unreviewed;
    struct snapshot_shared *shared;
    pthread_mutex_t mutex; /* guards snapshot, healthy and stopping */
    pthread_cond_t wake;
    struct snapshot *snapshot;
    bool healthy;
    bool stopping;
    bool is_started;
    pthread_t thread;
    /* text indexes take longer than the rest of an atlas, which does not wait for them
     */
    bool is_indexing;
    atomic_bool stop_indexing;
    pthread_t indexer;
    uint64_t indexed; /* generation; the indexer's own */
    /* of the watcher alone */
    struct store *store;
    struct stat opened; /* which file `store` is, to notice when it is replaced */
    bool is_other_file; /* the file was replaced: versions do not compare */
    uint64_t generation;
    uint64_t failed_version;
    unsigned looks_to_retry;
    uint64_t trimmed; /* shared->freed at the last trim */
    unsigned looks_to_trim;
    char last_error[sizeof((struct im_error *)0)->msg];
};

static enum im_code open_store(struct current *c,
                               struct store **out,
                               struct stat *opened,
                               struct im_error *err)
{
    struct store *store = NULL;
    enum im_code rc = store_open(c->db_path, STORE_READ, &store, err);

    if (rc != IM_OK)
        return rc;
    if (stat(c->db_path, opened) != 0) {
        store_close(store);
        return im_fail(err, IM_EIO, "database '%s' is gone", c->db_path);
    }
    *out = store;
    return IM_OK;
}

static enum im_code build(struct current *c, struct im_error *err)
{
    struct feature_source source = store_source(c->store);
    struct snapshot *old = c->snapshot; /* only this thread replaces it */
    const struct atlas *previous =
        old && !c->is_other_file ? snapshot_atlas(old) : NULL;
    const struct atlas *atlas = NULL;
    struct snapshot *fresh;
    enum im_code rc = atlas_build(&source, previous, &atlas, err);

    if (rc != IM_OK)
        return rc;
    fresh = snapshot_new(atlas, ++c->generation, c->leave_out_unreviewed, c->shared);
    for (size_t i = 0; i < atlas_problem_count(atlas); i++) {
        char quoted[512];

        im_log(IM_LOG_WARN, "layer_left_out", "reason=%s",
               im_log_quote(quoted, sizeof quoted, atlas_problem(atlas, i)));
    }
    atlas_unref(atlas);
    if (!fresh)
        return im_fail(err, IM_ENOMEM, "out of memory for a snapshot");
    c->is_other_file = false;
    pthread_mutex_lock(&c->mutex);
    c->snapshot = fresh;
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->mutex);
    snapshot_unref(old);
    return IM_OK;
}

static bool is_replaced(const struct current *c)
{
    struct stat now;

    /* a file that is gone may be on its way back: what is open stays good */
    return stat(c->db_path, &now) == 0 &&
           (now.st_ino != c->opened.st_ino || now.st_dev != c->opened.st_dev);
}

static enum im_code reopen_if_replaced(struct current *c, struct im_error *err)
{
    struct store *store = NULL;
    struct stat opened;
    enum im_code rc;

    if (!is_replaced(c))
        return IM_OK;
    rc = open_store(c, &store, &opened, err);
    if (rc == IM_OK) {
        store_close(c->store);
        c->store = store;
        c->opened = opened;
        c->is_other_file = true;
    }
    return rc;
}

static enum im_code look(struct current *c, bool *changed, struct im_error *err)
{
    uint64_t version = 0;
    enum im_code rc = reopen_if_replaced(c, err);

    if (rc == IM_OK)
        rc = store_data_version(c->store, &version, err);
    if (rc != IM_OK)
        return rc;
    *changed =
        c->is_other_file || version != atlas_version(snapshot_atlas(c->snapshot));
    if (!*changed)
        return IM_OK;
    if (version == c->failed_version && c->looks_to_retry > 0) {
        c->looks_to_retry--;
        return im_fail(err, IM_EIO, "%s", c->last_error);
    }
    rc = build(c, err);
    c->failed_version = rc == IM_OK ? 0 : version;
    c->looks_to_retry = RETRY_BUILD_MS / LOOK_EVERY_MS;
    return rc;
}

static void set_healthy(struct current *c, bool healthy)
{
    pthread_mutex_lock(&c->mutex);
    c->healthy = healthy;
    pthread_mutex_unlock(&c->mutex);
}

/* Once when it begins, once when the reason changes, once when it is over. */
static void report(struct current *c, enum im_code rc, const struct im_error *err)
{
    char quoted[512];

    if (rc != IM_OK && strcmp(c->last_error, err->msg) != 0) {
        snprintf(c->last_error, sizeof c->last_error, "%s", err->msg);
        im_log(IM_LOG_ERROR, "database_unreadable",
               "reason=%s still_serving=\"the version before\"",
               im_log_quote(quoted, sizeof quoted, err->msg));
        set_healthy(c, false);
    } else if (rc == IM_OK && c->last_error[0]) {
        c->last_error[0] = '\0';
        im_log(IM_LOG_INFO, "database_readable", "version=%" PRIu64,
               atlas_version(snapshot_atlas(c->snapshot)));
        set_healthy(c, true);
    }
}

/* False when it is time to stop. */
static bool wait_for_next_look(struct current *c)
{
    struct timespec until;
    bool stopping;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&c->mutex);
    while (!c->stopping &&
           pthread_cond_timedwait(&c->wake, &c->mutex, &until) != ETIMEDOUT)
        ;
    stopping = c->stopping;
    pthread_mutex_unlock(&c->mutex);
    return !stopping;
}

/* Maps and snapshots are freed in many pieces among what tile caches keep, and malloc
 * gives back the end of its memory alone: what was the most that was ever used at one
 * time would stay for good, and grow as the pieces scatter. */
static void trim(struct current *c)
{
    uint64_t freed = atomic_load(&c->shared->freed);

    if (c->looks_to_trim > 0) {
        c->looks_to_trim--;
        return;
    }
    if (freed == c->trimmed)
        return;
    c->trimmed = freed;
    c->looks_to_trim = TRIM_EVERY_MS / LOOK_EVERY_MS;
    malloc_trim(0);
}

static void *watch(void *arg)
{
    struct current *c = arg;

    while (wait_for_next_look(c)) {
        struct im_error err = {0};
        bool changed = false;
        enum im_code rc = look(c, &changed, &err);

        report(c, rc, &err);
        trim(c);
        if (rc == IM_OK && changed)
            im_log(IM_LOG_INFO, "data_changed", "version=%" PRIu64 " layers=%zu",
                   atlas_version(snapshot_atlas(c->snapshot)),
                   atlas_layer_count(snapshot_atlas(c->snapshot)));
    }
    return NULL;
}

/* The next snapshot that has no text index yet; NULL when it is time to stop. */
static struct snapshot *next_to_index(struct current *c)
{
    struct snapshot *snapshot = NULL;

    pthread_mutex_lock(&c->mutex);
    while (!c->stopping && snapshot_generation(c->snapshot) == c->indexed)
        pthread_cond_wait(&c->wake, &c->mutex);
    if (!c->stopping) {
        snapshot = snapshot_ref(c->snapshot);
        c->indexed = snapshot_generation(snapshot);
    }
    pthread_mutex_unlock(&c->mutex);
    return snapshot;
}

/* Until it is done searches look at every row: slower, with the same answers. */
static void *index_texts(void *arg)
{
    struct current *c = arg;
    struct snapshot *snapshot;

    while ((snapshot = next_to_index(c))) {
        search_prepare(snapshot_atlas(snapshot), &c->stop_indexing);
        snapshot_unref(snapshot);
    }
    return NULL;
}

enum im_code current_open(const char *db_path,
                          bool leave_out_unreviewed,
                          struct snapshot_shared *shared,
                          struct current **out,
                          struct im_error *err)
{
    struct current *c = calloc(1, sizeof *c);
    pthread_condattr_t attr;
    enum im_code rc;

    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory");
    pthread_mutex_init(&c->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &attr);
    pthread_condattr_destroy(&attr);
    c->leave_out_unreviewed = leave_out_unreviewed;
    c->shared = shared;
    c->healthy = true;
    c->db_path = strdup(db_path);
    rc = c->db_path ? open_store(c, &c->store, &c->opened, err)
                    : im_fail(err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        rc = build(c, err);
    if (rc == IM_OK && pthread_create(&c->thread, NULL, watch, c) != 0)
        rc = im_fail(err, IM_EENV, "cannot start a thread");
    c->is_started = rc == IM_OK;
    if (rc == IM_OK && pthread_create(&c->indexer, NULL, index_texts, c) != 0)
        rc = im_fail(err, IM_EENV, "cannot start a thread");
    c->is_indexing = rc == IM_OK;
    if (rc == IM_OK)
        *out = c;
    else
        current_close(c);
    return rc;
}

void current_close(struct current *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->mutex);
    c->stopping = true;
    atomic_store_explicit(&c->stop_indexing, true, memory_order_relaxed);
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->mutex);
    if (c->is_started)
        pthread_join(c->thread, NULL);
    if (c->is_indexing)
        pthread_join(c->indexer, NULL);
    snapshot_unref(c->snapshot);
    store_close(c->store);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->mutex);
    free(c->db_path);
    free(c);
}

struct snapshot *current_get(struct current *c)
{
    struct snapshot *snapshot;

    pthread_mutex_lock(&c->mutex);
    snapshot = snapshot_ref(c->snapshot);
    pthread_mutex_unlock(&c->mutex);
    return snapshot;
}

bool current_is_healthy(struct current *c)
{
    pthread_mutex_lock(&c->mutex);
    bool healthy = c->healthy;
    pthread_mutex_unlock(&c->mutex);
    return healthy;
}
