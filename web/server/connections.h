/* SPDX-License-Identifier: Apache-2.0 */
/* Open connections, and the deadline for a request to arrive in full: libmicrohttpd's
 * own time-out is for idleness only, one byte a second keeps it happy for ever. */
#ifndef WEB_CONNECTIONS_H
#define WEB_CONNECTIONS_H

#include "exchange.h"

#include <pthread.h>

struct metrics;

struct connection {
    struct connection *next;
    struct connection *previous;
    int fd;
    atomic_uint_fast64_t cut_at_ms; /* 0: a request is being answered */
    struct exchange exchange;       /* HTTP/1.1: one at a time */
};

struct connections {
    pthread_mutex_t mutex; /* guards the list and `stopping` */
    pthread_cond_t wake;
    struct connection *first;
    bool stopping;
    pthread_t sweeper;
    struct metrics *metrics;
    unsigned header_ms; /* for a request to arrive, but for its body */
    unsigned body_ms;   /* for its body */
    unsigned stream_ms; /* for a long answer to be taken */
    unsigned idle_ms;   /* that a kept connection may be silent before that */
};

IM_CHECKED enum im_code connections_start(struct connections *c, struct im_error *err);
/** After the daemon has stopped: no connection is left. */
void connections_stop(struct connections *c);

/** NULL without memory: the connection is then answered by nobody and closed. */
struct connection *connections_add(struct connections *c, int fd);
void connections_remove(struct connections *c, struct connection *connection);
/** A long answer is being sent / a request has come whose body is still to come / has
 *  arrived in full / has been answered. */
void connection_stream(struct connections *c, struct connection *connection);
void connection_await_body(struct connections *c, struct connection *connection);
void connection_begin(struct connection *connection);
void connection_end(struct connections *c, struct connection *connection);

#endif
