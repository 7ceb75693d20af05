/* SPDX-License-Identifier: Apache-2.0 */
/* The server with one route more, whose answers are long: numbered lines. It is run by
 * stream_test.py in the place of the program. */
#include "routes.h"

#include <web/cmd.h>

#include <stdio.h>

enum { LINES, PER_PIECE, FAIL_AT, TAG, N_PARAMS };

static const struct param_spec stream_params[N_PARAMS] = {
    {"lines", PARAM_INTEGER, 0, 1e9, NULL},
    {"per_piece", PARAM_INTEGER, 0, 1e9, NULL},
    {"fail_at", PARAM_INTEGER, 0, 1e9, NULL},
    {"tag", PARAM_INTEGER, 0, 1e9, NULL},
};

struct counter {
    int64_t next;
    int64_t fail_at; /* -1: never */
};

static enum im_code count(struct exchange *x,
                          struct worker *worker,
                          void *state,
                          struct im_buf *out,
                          bool *end,
                          struct im_error *err)
{
    struct counter *c = state;
    int64_t to = c->next + x->params[PER_PIECE].integer;

    (void)worker;
    for (; c->next < to && c->next < x->params[LINES].integer; c->next++) {
        if (c->next == c->fail_at)
            return im_fail(err, IM_ELIMIT, "line %lld", (long long)c->next);
        im_buf_printf(out, "%09lld\n", (long long)c->next);
    }
    *end = c->next == x->params[LINES].integer;
    return IM_OK;
}

static enum im_code begin(struct work_waiter *first,
                          struct worker *worker,
                          struct body **out,
                          struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    struct counter *c =
        exchange_arena(x) ? im_arena_calloc(x->arena, 1, sizeof *c) : NULL;

    (void)worker;
    (void)out;
    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->fail_at = x->params[FAIL_AT].is_set ? x->params[FAIL_AT].integer : -1;
    exchange_stream(x, "text/plain; charset=utf-8", count, c);
    return IM_OK;
}

static enum im_code route_stream(struct exchange *x, struct im_error *err)
{
    (void)err;
    exchange_snapshot(x);
    if (x->params[TAG].is_set && exchange_is_known(x, (uint64_t)x->params[TAG].integer))
        return IM_OK;
    x->waiter.run = begin;
    return IM_OK;
}

const struct route routes[] = {
    {"/stream", route_stream, stream_params, N_PARAMS,
     ROUTE_OPEN | ROUTE_VARIES | ROUTE_FORM, "numbered lines"},
    {"/healthz", route_healthz, NULL, 0, 0, "is the process alive"},
    {"/metrics", route_metrics, NULL, 0, 0, "counters"},
};
const size_t n_routes = sizeof routes / sizeof *routes;

const struct route *routes_find(const struct http_url *url,
                                struct im_bytes captures[ROUTE_MAX_CAPTURES])
{
    (void)captures;
    for (size_t i = 0; i < n_routes; i++)
        if (url->n_segments == 1 &&
            im_bytes_equal(url->segments[0], im_bytes_of(routes[i].pattern + 1)))
            return &routes[i];
    return NULL;
}

int main(int argc, char **argv)
{
    return argc > 1 ? cmd_serve(argc - 1, argv + 1) : 2;
}
