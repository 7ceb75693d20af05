/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the server, written as Prometheus text (exposition format 0.0.4). */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include <engine/bytes.h>

#include <stdatomic.h>

enum { METRICS_ROUTES = 128, METRICS_STATUSES = 17, METRICS_BUCKETS = 12 };
/** Who waits for a worker; each has a queue of its own. */
enum metrics_queue { METRICS_DRAWING, METRICS_QUESTIONS, METRICS_QUEUES };
enum metrics_render { METRICS_PNG, METRICS_MVT, METRICS_RENDERS };

/** Zero-initialised; every member may be touched by any thread. */
struct metrics {
    atomic_uint_fast64_t requests[METRICS_ROUTES][METRICS_STATUSES];
    atomic_uint_fast64_t renders[METRICS_RENDERS][METRICS_BUCKETS];
    atomic_uint_fast64_t render_us[METRICS_RENDERS];
    atomic_uint_fast64_t connections_cut; /* by a deadline for requests to arrive */
    atomic_uint_fast64_t refused_busy[METRICS_QUEUES]; /* 503: the queue was full */
    atomic_uint_fast64_t joined; /* requests that waited for another's render */
    atomic_uint in_flight;
    atomic_uint open_connections;
};

void metrics_count_request(struct metrics *m, unsigned route, int status);
void metrics_count_render(struct metrics *m, enum metrics_render kind, uint64_t us);
/** Lines of the counters above; `route_name(i)` is the label of route i or NULL. */
void metrics_write(const struct metrics *m,
                   const char *(*route_name)(unsigned route),
                   struct im_buf *out);
/** One gauge or counter of each queue with its HELP and TYPE lines. */
void metrics_write_queues(struct im_buf *out,
                          const char *name,
                          const char *type,
                          const char *help,
                          const uint64_t values[METRICS_QUEUES]);
/** One gauge or counter with its HELP and TYPE lines. */
void metrics_write_value(struct im_buf *out,
                         const char *name,
                         const char *type,
                         const char *help,
                         uint64_t value);

#endif
