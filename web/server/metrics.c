/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the server, written as Prometheus text. */
#include "metrics.h"

#include <inttypes.h>

/* The last slot counts every status that is not listed. */
static const int statuses[METRICS_STATUSES] = {
    200, 204, 300, 304, 400, 404, 405, 413, 414, 500, 503, 406, 431, 411, 415, 501, 0};

/* Upper bounds in milliseconds; the last bucket is +Inf. */
static const unsigned bounds_ms[METRICS_BUCKETS - 1] = {1,   2,   5,   10,   20,  50,
                                                        100, 200, 500, 1000, 5000};
static const char *const render_names[METRICS_RENDERS] = {"png", "mvt"};

void metrics_count_request(struct metrics *m, unsigned route, int status)
{
    unsigned s = 0;

    while (s < METRICS_STATUSES - 1 && statuses[s] != status)
        s++;
    if (route < METRICS_ROUTES)
        atomic_fetch_add_explicit(&m->requests[route][s], 1, memory_order_relaxed);
}

void metrics_count_render(struct metrics *m, enum metrics_render kind, uint64_t us)
{
    unsigned b = 0;

    while (b < METRICS_BUCKETS - 1 && us > bounds_ms[b] * 1000ULL)
        b++;
    atomic_fetch_add_explicit(&m->renders[kind][b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->render_us[kind], us, memory_order_relaxed);
}

void metrics_write_value(struct im_buf *out,
                         const char *name,
                         const char *type,
                         const char *help,
                         uint64_t value)
{
    im_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name,
                  type, name, value);
}

void metrics_write_queues(struct im_buf *out,
                          const char *name,
                          const char *type,
                          const char *help,
                          const uint64_t values[METRICS_QUEUES])
{
    static const char *const queues[] = {
        [METRICS_DRAWING] = "drawing", [METRICS_QUESTIONS] = "questions"};

    im_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
    for (int i = 0; i < METRICS_QUEUES; i++)
        im_buf_printf(out, "%s{queue=\"%s\"} %" PRIu64 "\n", name, queues[i],
                      values[i]);
}

static void write_requests(const struct metrics *m,
                           const char *(*route_name)(unsigned route),
                           struct im_buf *out)
{
    im_buf_text(out, "# HELP innomap_requests_total Answers by route and status.\n"
                     "# TYPE innomap_requests_total counter\n");
    for (unsigned r = 0; r < METRICS_ROUTES; r++)
        for (unsigned s = 0; s < METRICS_STATUSES; s++) {
            uint64_t n = atomic_load(&m->requests[r][s]);

            if (n)
                im_buf_printf(out,
                              "innomap_requests_total{route=\"%s\",status=\"%d\"} "
                              "%" PRIu64 "\n",
                              route_name(r) ? route_name(r) : "none", statuses[s], n);
        }
}

static void write_renders(const struct metrics *m, struct im_buf *out)
{
    im_buf_text(out, "# HELP innomap_render_seconds Time to draw or encode a tile.\n"
                     "# TYPE innomap_render_seconds histogram\n");
    for (unsigned k = 0; k < METRICS_RENDERS; k++) {
        uint64_t sum = 0;

        for (unsigned b = 0; b < METRICS_BUCKETS; b++) {
            char le[16] = "+Inf";

            sum += atomic_load(&m->renders[k][b]);
            if (b < METRICS_BUCKETS - 1)
                snprintf(le, sizeof le, "%g", bounds_ms[b] / 1000.0);
            im_buf_printf(out,
                          "innomap_render_seconds_bucket{kind=\"%s\",le=\"%s\"} "
                          "%" PRIu64 "\n",
                          render_names[k], le, sum);
        }
        im_buf_printf(out,
                      "innomap_render_seconds_sum{kind=\"%s\"} %.6f\n"
                      "innomap_render_seconds_count{kind=\"%s\"} %" PRIu64 "\n",
                      render_names[k], (double)atomic_load(&m->render_us[k]) / 1e6,
                      render_names[k], sum);
    }
}

void metrics_write(const struct metrics *m,
                   const char *(*route_name)(unsigned route),
                   struct im_buf *out)
{
    write_requests(m, route_name, out);
    write_renders(m, out);
    metrics_write_value(out, "innomap_connections_cut_total", "counter",
                        "Connections closed because a request took too long to arrive.",
                        atomic_load(&m->connections_cut));
    metrics_write_queues(out, "innomap_refused_busy_total", "counter",
                         "Requests refused because the queue was full.",
                         (const uint64_t[METRICS_QUEUES]){
                             atomic_load(&m->refused_busy[METRICS_DRAWING]),
                             atomic_load(&m->refused_busy[METRICS_QUESTIONS])});
    metrics_write_value(out, "innomap_joined_total", "counter",
                        "Requests that waited for the same tile as another one.",
                        atomic_load(&m->joined));
    metrics_write_value(out, "innomap_requests_in_flight", "gauge",
                        "Requests being answered.", atomic_load(&m->in_flight));
    metrics_write_value(out, "innomap_connections", "gauge", "Open connections.",
                        atomic_load(&m->open_connections));
}
