/* SPDX-License-Identifier: Apache-2.0 */
/* Workers over a bounded queue. One mutex guards queue and table of shared jobs:
 * it is held for a few pointer moves per miss, and a miss costs a render anyway. */
#include "work.h"

#include "ogc/crs.h"

#include <libdeflate.h>
#include <pthread.h>
#include <xxhash.h>

enum {
    TABLE_BUCKETS = 1024,
    /* of vector tiles level 6 makes 5 % less and takes 2.2 times as long, more than
     * making the tile */
    GZIP_LEVEL = 1,
    ARENA_MAX_BYTES = 256 * 1024 * 1024,
    BUFFER_MAX_BYTES = 64 * 1024 * 1024,
    BUFFER_KEEP_BYTES = 4 * 1024 * 1024
};

struct job {
    struct job *next;  /* in the queue */
    struct job *chain; /* in the table of shared jobs */
    struct body_key key;
    uint64_t queued_at_ms;
    struct work_waiter *waiters; /* the first one runs it */
    struct work_waiter **last;
};

struct thread {
    pthread_t id;
    bool is_started;
    struct work *work;
    struct worker worker;
};

struct work {
    pthread_mutex_t mutex;
    pthread_cond_t wanted;
    struct job *head;
    struct job **tail;
    size_t n_queued;
    size_t max_queued;
    uint64_t max_wait_ms;
    uint64_t max_run_ms;
    bool stopping;
    struct job *shared[TABLE_BUCKETS];
    unsigned n_threads;
    struct thread threads[];
};

uint64_t work_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct job **shared_slot(struct work *work, struct body_key key)
{
    struct job **slot =
        &work->shared[XXH3_64bits(&key, sizeof key) & (TABLE_BUCKETS - 1)];

    while (*slot &&
           ((*slot)->key.version != key.version || (*slot)->key.what != key.what))
        slot = &(*slot)->chain;
    return slot;
}

static enum im_code too_busy(size_t n, struct im_error *err)
{
    im_fail(err, IM_EBUSY,
            "the server is busy: %zu requests are waiting; try again in a "
            "second",
            n);
    return im_zh(err, IM_EBUSY, "服务器繁忙：%zu 个请求在排队，请一秒后重试", n);
}

static enum im_code is_stopping(struct im_error *err)
{
    im_fail(err, IM_ESTOPPED, "the server is stopping");
    return im_zh(err, IM_ESTOPPED, "服务器正在停止");
}

static enum im_code waited_too_long(uint64_t ms, struct im_error *err)
{
    im_fail(err, IM_ESTOPPED, "the server is busy: the request waited %llu ms",
            (unsigned long long)ms);
    return im_zh(err, IM_ESTOPPED, "服务器繁忙：请求已排队 %llu 毫秒",
                 (unsigned long long)ms);
}

/* Called with the mutex held. */
static enum im_code
enqueue(struct work *work, struct work_waiter *waiter, struct im_error *err)
{
    struct job *job;

    if (work->n_queued >= work->max_queued && !waiter->goes_on)
        return too_busy(work->n_queued, err);
    job = malloc(sizeof *job);
    if (!job)
        return im_fail(err, IM_ENOMEM, "out of memory for a job");
    *job = (struct job){.key = waiter->key,
                        .queued_at_ms = work_now_ms(),
                        .waiters = waiter,
                        .last = &waiter->next};
    waiter->sleep(waiter);
    if (work_is_shared(job->key)) {
        struct job **slot = shared_slot(work, job->key);

        *slot = job;
    }
    *work->tail = job;
    work->tail = &job->next;
    work->n_queued++;
    pthread_cond_signal(&work->wanted);
    return IM_OK;
}

enum im_code work_submit(struct work *work,
                         struct work_waiter *waiter,
                         bool *joined,
                         struct im_error *err)
{
    struct job *job = NULL;
    enum im_code rc = IM_OK;

    waiter->next = NULL;
    waiter->body = NULL;
    waiter->code = IM_OK;
    pthread_mutex_lock(&work->mutex);
    if (work->stopping) {
        rc = is_stopping(err);
        goto done;
    }
    if (work_is_shared(waiter->key))
        job = *shared_slot(work, waiter->key);
    *joined = job != NULL;
    if (job) {
        waiter->sleep(waiter);
        *job->last = waiter;
        job->last = &waiter->next;
    } else {
        rc = enqueue(work, waiter, err);
    }
done:
    pthread_mutex_unlock(&work->mutex);
    return rc;
}

static struct job *take(struct work *work, bool *stopping)
{
    struct job *job;

    pthread_mutex_lock(&work->mutex);
    while (!work->head && !work->stopping)
        pthread_cond_wait(&work->wanted, &work->mutex);
    job = work->head;
    if (job) {
        work->head = job->next;
        if (!work->head)
            work->tail = &work->head;
        work->n_queued--;
    }
    *stopping = work->stopping;
    pthread_mutex_unlock(&work->mutex);
    return job;
}

/* From here on nobody can join the job. */
static struct work_waiter *detach(struct work *work, struct job *job)
{
    pthread_mutex_lock(&work->mutex);
    if (work_is_shared(job->key)) {
        struct job **slot = shared_slot(work, job->key);

        *slot = job->chain;
    }
    struct work_waiter *waiters = job->waiters;
    pthread_mutex_unlock(&work->mutex);
    return waiters;
}

static void finish(struct work *work,
                   struct job *job,
                   enum im_code code,
                   const struct im_error *err,
                   struct body *body)
{
    struct work_waiter *waiter = detach(work, job);

    free(job);
    while (waiter) {
        struct work_waiter *next = waiter->next;

        waiter->code = code;
        waiter->err = *err;
        waiter->body = body ? body_ref(body) : NULL;
        waiter->wake(waiter);
        waiter = next;
    }
}

static void start_clock(struct worker *worker, uint64_t max_ms)
{
    worker->deadline = max_ms ? im_deadline_in(max_ms) : (struct im_deadline){0};
    if (worker->tiles)
        tile_worker_set_deadline(worker->tiles, worker->deadline);
}

static void run(struct thread *thread, struct job *job, bool stopping)
{
    struct worker *worker = &thread->worker;
    uint64_t waited_ms = work_now_ms() - job->queued_at_ms;
    struct im_error err = {0};
    struct body *body = NULL;
    enum im_code rc;

    start_clock(worker, thread->work->max_run_ms);
    if (stopping)
        rc = is_stopping(&err);
    else if (waited_ms > thread->work->max_wait_ms && !job->waiters->goes_on)
        rc = waited_too_long(waited_ms, &err);
    else
        rc = job->waiters->run(job->waiters, worker, &body, &err);
    finish(thread->work, job, rc, &err, body);
    body_unref(body);
    im_arena_reset(worker->arena);
    if (worker->buf.cap > BUFFER_KEEP_BYTES)
        im_buf_release(&worker->buf);
    else
        im_buf_clear(&worker->buf);
}

static void *thread_main(void *arg)
{
    struct thread *thread = arg;
    struct job *job;
    bool stopping;

    while ((job = take(thread->work, &stopping)) != NULL)
        run(thread, job, stopping);
    return NULL;
}

static enum im_code worker_init(struct worker *worker,
                                const struct work_options *options,
                                struct im_error *err)
{
    worker->buf.max = BUFFER_MAX_BYTES;
    worker->arena = im_arena_new(ARENA_MAX_BYTES);
    worker->compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
    if (!worker->arena || !worker->compressor)
        return im_fail(err, IM_ENOMEM, "out of memory for a worker");
    return options->draws
               ? tile_worker_new(options->font_directory, &worker->tiles, err)
               : IM_OK;
}

static void worker_release(struct worker *worker)
{
    tile_worker_free(worker->tiles);
    im_arena_free(worker->arena);
    im_buf_release(&worker->buf);
    ogc_crs_book_free(worker->crs);
    if (worker->compressor)
        libdeflate_free_compressor(worker->compressor);
}

enum im_code
work_start(const struct work_options *options, struct work **out, struct im_error *err)
{
    struct work *work =
        calloc(1, sizeof *work + options->n_workers * sizeof(struct thread));
    enum im_code rc = IM_OK;

    if (!work)
        return im_fail(err, IM_ENOMEM, "out of memory for the workers");
    pthread_mutex_init(&work->mutex, NULL);
    pthread_cond_init(&work->wanted, NULL);
    work->tail = &work->head;
    work->max_queued = options->max_queued;
    work->max_wait_ms = options->max_wait_ms;
    work->max_run_ms = options->max_run_ms;
    for (unsigned i = 0; i < options->n_workers && rc == IM_OK; i++) {
        struct thread *t = &work->threads[i];

        t->work = work;
        work->n_threads++;
        rc = worker_init(&t->worker, options, err);
        if (rc == IM_OK && pthread_create(&t->id, NULL, thread_main, t) != 0)
            rc = im_fail(err, IM_EENV, "cannot start a thread");
        else
            t->is_started = rc == IM_OK;
    }
    if (rc == IM_OK)
        *out = work;
    else
        work_free(work);
    return rc;
}

size_t work_queued(struct work *work)
{
    pthread_mutex_lock(&work->mutex);
    size_t n = work->n_queued;
    pthread_mutex_unlock(&work->mutex);
    return n;
}

void work_stop(struct work *work)
{
    pthread_mutex_lock(&work->mutex);
    work->stopping = true;
    pthread_cond_broadcast(&work->wanted);
    pthread_mutex_unlock(&work->mutex);
    for (unsigned i = 0; i < work->n_threads; i++)
        if (work->threads[i].is_started) {
            pthread_join(work->threads[i].id, NULL);
            work->threads[i].is_started = false;
        }
}

void work_free(struct work *work)
{
    if (!work)
        return;
    work_stop(work);
    for (unsigned i = 0; i < work->n_threads; i++)
        worker_release(&work->threads[i].worker);
    pthread_cond_destroy(&work->wanted);
    pthread_mutex_destroy(&work->mutex);
    free(work);
}
