/* SPDX-License-Identifier: Apache-2.0 */
/* Open connections and their deadline. */
#include "connections.h"

#include "metrics.h"

#include <errno.h>
#include <sys/socket.h>

enum { SWEEP_EVERY_MS = 250 };

static void sweep(struct connections *c)
{
    uint64_t now_ms = work_now_ms();

    for (struct connection *p = c->first; p; p = p->next) {
        uint64_t cut_at_ms = atomic_load(&p->cut_at_ms);

        if (cut_at_ms && now_ms >= cut_at_ms) {
            /* its event thread sees the end of the stream, closes and removes it;
             * until then the descriptor is its own, because removal needs our lock */
            shutdown(p->fd, SHUT_RDWR);
            atomic_store(&p->cut_at_ms, 0);
            atomic_fetch_add(&c->metrics->connections_cut, 1);
        }
    }
}

static void *sweeper_main(void *arg)
{
    struct connections *c = arg;

    pthread_mutex_lock(&c->mutex);
    while (!c->stopping) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += SWEEP_EVERY_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&c->wake, &c->mutex, &until) == ETIMEDOUT)
            sweep(c);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

enum im_code connections_start(struct connections *c, struct im_error *err)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&c->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&c->sweeper, NULL, sweeper_main, c) != 0) {
        pthread_cond_destroy(&c->wake);
        pthread_mutex_destroy(&c->mutex);
        return im_fail(err, IM_EENV, "cannot start a thread");
    }
    return IM_OK;
}

void connections_stop(struct connections *c)
{
    pthread_mutex_lock(&c->mutex);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(c->sweeper, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->mutex);
}

struct connection *connections_add(struct connections *c, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->fd = fd;
    atomic_init(&connection->cut_at_ms, work_now_ms() + c->header_ms);
    pthread_mutex_lock(&c->mutex);
    connection->next = c->first;
    if (c->first)
        c->first->previous = connection;
    c->first = connection;
    pthread_mutex_unlock(&c->mutex);
    atomic_fetch_add(&c->metrics->open_connections, 1);
    return connection;
}

void connections_remove(struct connections *c, struct connection *connection)
{
    pthread_mutex_lock(&c->mutex);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        c->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    pthread_mutex_unlock(&c->mutex);
    atomic_fetch_sub(&c->metrics->open_connections, 1);
    im_arena_free(connection->exchange.arena);
    free(connection);
}

void connection_stream(struct connections *c, struct connection *connection)
{
    atomic_store_explicit(&connection->cut_at_ms, work_now_ms() + c->stream_ms,
                          memory_order_relaxed);
}

void connection_await_body(struct connections *c, struct connection *connection)
{
    atomic_store_explicit(&connection->cut_at_ms, work_now_ms() + c->body_ms,
                          memory_order_relaxed);
}

void connection_begin(struct connection *connection)
{
    atomic_store_explicit(&connection->cut_at_ms, 0, memory_order_relaxed);
}

void connection_end(struct connections *c, struct connection *connection)
{
    atomic_store_explicit(&connection->cut_at_ms,
                          work_now_ms() + c->idle_ms + c->header_ms,
                          memory_order_relaxed);
}
