/* SPDX-License-Identifier: Apache-2.0 */
/* Workers over a bounded queue: some draw, some answer questions. Whoever asks for what
 * is already being made waits for the same job, so a tile is drawn once however many
 * ask at the same time. */
#ifndef WEB_WORK_H
#define WEB_WORK_H

#include "body_cache.h"

#include <tiles/tile.h>

struct work;
struct work_waiter;

/** What a worker thread owns; handed to every job. */
struct worker {
    struct tile_worker *tiles;   /* NULL: it does not draw */
    struct im_deadline deadline; /* of the job, if it draws */
    struct im_arena *arena;      /* reset after each job */
    struct im_buf buf;           /* cleared before each job */
    struct libdeflate_compressor *compressor;
    struct ogc_crs_book *crs; /* NULL until a coordinate system is asked for */
};

/**
 * Make something for the waiter that asked first. Runs in a worker thread while all
 * waiters of the job are suspended. May leave *out NULL when the result is kept
 * elsewhere.
 */
typedef enum im_code work_fn(struct work_waiter *first,
                             struct worker *worker,
                             struct body **out,
                             struct im_error *err);

/** Embedded in whoever waits. The result is written before `wake` is called. */
struct work_waiter {
    struct body_key key; /* equal keys share a job; {0, 0}: not shared */
    work_fn *run;
    /** Called by the submitting thread, before any worker can see the waiter. */
    void (*sleep)(struct work_waiter *waiter);
    /** Called once by a worker thread; afterwards the waiter is not touched. */
    void (*wake)(struct work_waiter *waiter);
    bool goes_on; /* a part of what has begun: neither too many nor too late */
    /* result */
    enum im_code code;
    struct im_error err;
    struct body *body; /* a reference of the waiter's own, or NULL */
    struct work_waiter *next;
};

struct work_options {
    unsigned n_workers;
    bool draws;           /* its workers have what drawing takes */
    size_t max_queued;    /* jobs not begun; beyond: IM_EBUSY */
    uint64_t max_wait_ms; /* a job that waited longer is not begun: IM_ESTOPPED */
    uint64_t max_run_ms;  /* a picture that takes longer is stopped; 0: never */
    const char *font_directory;
};

static inline bool work_is_shared(struct body_key key)
{
    return key.version != 0 || key.what != 0;
}

/** Errors: IM_EENV a font is missing; IM_ENOMEM. */
IM_CHECKED enum im_code
work_start(const struct work_options *options, struct work **out, struct im_error *err);
/**
 * Put the waiter to sleep and see that it is woken with a result.
 * *joined tells whether it waits for a job of somebody else.
 * Errors: IM_EBUSY the queue is full; IM_ESTOPPED; the waiter was not put to sleep
 * then.
 */
IM_CHECKED enum im_code work_submit(struct work *work,
                                    struct work_waiter *waiter,
                                    bool *joined,
                                    struct im_error *err);
size_t work_queued(struct work *work);
/** Refuse new work, wake everybody (what is queued fails with IM_ESTOPPED, what runs is
 *  finished), wait for the threads. Idempotent. */
void work_stop(struct work *work);
void work_free(struct work *work); /* stops first; NULL is fine */

/** Milliseconds of a clock that only goes forward. */
uint64_t work_now_ms(void);

#endif
