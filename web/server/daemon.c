/* SPDX-License-Identifier: Apache-2.0 */
/* Between libmicrohttpd and the routes: reads requests into exchanges, suspends what a
 * worker has to do, writes answers. Runs in the event threads. */
#include "http_headers.h"
#include "http_problem.h"
#include "http_status.h"
#include "intake.h"
#include "refusal.h"
#include "route_tiles.h"
#include "routes.h"
#include "server_state.h"

#include <engine/cli.h>
#include <engine/log.h>

#include <microhttpd.h>

#include <assert.h>
#include <inttypes.h>
#include <netdb.h>
#include <unistd.h>

enum {
    MAX_WORKS = 4,
    PROBLEM_BYTES = 256 * 1024,
    /* what fits into one packet is not sent any faster when it is smaller */
    QUICK_GZIP_FROM_BYTES = 1400,
    /* libmicrohttpd's own buffer, for clients that take no chunks */
    STREAM_BLOCK_BYTES = 16 * 1024
};

#define CONTENT_POLICY                                                                 \
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; "        \
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "           \
    "frame-ancestors "

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static struct connection *connection_of(struct exchange *x)
{
    return (struct connection *)(void *)((char *)x -
                                         offsetof(struct connection, exchange));
}

/* ---- the life of an exchange ---- */

static void exchange_begin(struct exchange *x, struct server *server)
{
    x->server = server;
    x->is_first_call = true;
    x->is_refused = false;
    x->is_head = x->is_options = x->is_post = false;
    x->route = NULL;
    x->host = x->accept = x->accept_encoding = NULL;
    x->if_none_match = x->accept_language = NULL;
    x->content_type = x->content_length = x->content_encoding = NULL;
    x->transfer_encoding = x->expect = NULL;
    x->content_lengths = x->transfer_encodings = 0;
    x->unread = false;
    x->upload = (struct upload){0};
    x->pairs = NULL;
    x->n_pairs = 0;
    x->body_type = UPLOAD_NONE;
    x->request_body = (struct im_bytes){0};
    x->lang = LANG_ZH;
    x->snapshot = NULL;
    x->waiter = (struct work_waiter){0};
    x->n_works = 0;
    x->deadline = (struct im_deadline){0};
    x->body = NULL;
    x->stream = (struct stream){0};
    x->etag = 0;
    x->not_modified = x->matched_gzip = x->varies = false;
    x->keep = KEEP_CHECKED;
    x->status = 0;
    x->fault.name[0] = x->fault.value[0] = x->fault.allowed[0] = '\0';
    x->places = (struct query_places){0};
    x->n_headers = 0;
    x->problem_page = NULL;
    x->problem_type = x->problem_code = NULL;
    x->own = x->of_route = NULL;
    x->url.n_params = x->url.n_segments = 0;
}

static void exchange_release(struct exchange *x)
{
    body_unref(x->body);
    body_unref(x->waiter.body);
    snapshot_unref(x->snapshot);
    upload_release(&x->upload, &x->server->uploads);
    stream_release(&x->stream, &x->server->streams);
    x->body = x->waiter.body = NULL;
    x->snapshot = NULL;
    if (x->arena)
        im_arena_reset(x->arena);
}

struct im_arena *exchange_arena(struct exchange *x)
{
    if (!x->arena)
        x->arena = im_arena_new(EXCHANGE_ARENA_BYTES);
    return x->arena;
}

struct snapshot *exchange_snapshot(struct exchange *x)
{
    if (!x->snapshot) {
        x->snapshot = current_get(x->server->current);
        if (x->server->cache)
            body_cache_data(x->server->cache, snapshot_generation(x->snapshot));
    }
    return x->snapshot;
}

void exchange_stream(struct exchange *x,
                     const char *content_type,
                     stream_fn *next,
                     void *state)
{
    x->stream.content_type = content_type;
    x->stream.next = next;
    x->stream.state = state;
}

void exchange_add_header(struct exchange *x, const char *name, const char *value)
{
    assert(x->n_headers < EXCHANGE_MAX_HEADERS);
    x->headers[x->n_headers++] = (struct exchange_header){name, value};
}

void exchange_etag(const struct exchange *x, bool gzip, char out[ETAG_MAX])
{
    snprintf(out, ETAG_MAX, "\"%016" PRIx64 "%s\"", x->etag, gzip ? "-gz" : "");
}

bool exchange_is_known(struct exchange *x, uint64_t etag)
{
    char tag[ETAG_MAX];

    x->etag = etag ? etag : 1;
    if (!x->if_none_match)
        return false;
    /* which of the two forms the client holds does not matter: both are current */
    for (int gzip = 0; gzip < 2 && !x->not_modified; gzip++) {
        exchange_etag(x, gzip != 0, tag);
        x->not_modified = header_etag_matches(x->if_none_match, tag);
        x->matched_gzip = gzip != 0;
    }
    return x->not_modified;
}

void exchange_base_url(const struct exchange *x, char *out, size_t size)
{
    if (x->host)
        snprintf(out, size, "http://%s", x->host);
    else /* HTTP/1.0 */
        snprintf(out, size,
                 strchr(x->server->address, ':') ? "http://[%s]:%u" : "http://%s:%u",
                 x->server->address, x->server->port);
}

enum im_code exchange_reply(struct exchange *x,
                            const struct im_buf *buf,
                            const char *content_type,
                            struct libdeflate_compressor *compressor,
                            struct body **out,
                            struct im_error *err)
{
    enum im_code rc = im_buf_check(buf, "the answer", err);
    struct libdeflate_compressor *quick = NULL;

    if (rc == IM_ELIMIT) {
        im_fail(err, rc,
                "the answer is larger than %zu bytes; ask for fewer rows or fields, or "
                "narrow the question",
                buf->max);
        return im_zh(err, rc, "结果超过 %zu 字节，请减少条数或字段，或缩小查询范围",
                     buf->max);
    }
    if (rc != IM_OK)
        return rc;
    if (!compressor && buf->len >= QUICK_GZIP_FROM_BYTES &&
        header_wants_gzip(x->accept_encoding))
        quick = compressors_take(&x->server->compressors);
    *out = body_new(im_buf_bytes(buf), content_type, compressor ? compressor : quick);
    compressors_give(&x->server->compressors, quick);
    return *out ? IM_OK : im_fail(err, IM_ENOMEM, "out of memory for the answer");
}

/* ---- writing answers ---- */

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
    /* fails only without memory: an answer with a header less is still an answer */
    (void)MHD_add_response_header(response, name, value);
}

static void add_common_headers(struct exchange *x, struct MHD_Response *response)
{
    unsigned flags = x->route ? x->route->flags : 0;

    add_header(response, "X-Content-Type-Options", "nosniff");
    if (flags & ROUTE_OPEN) {
        add_header(response, "Access-Control-Allow-Origin", "*");
        add_header(response, "Access-Control-Expose-Headers",
                   flags & ROUTE_NEGOTIATES ? "Content-Crs, Content-Language, ETag"
                                            : "ETag");
    }
    if (flags & ROUTE_PAGE) {
        add_header(response, "Content-Security-Policy",
                   flags & ROUTE_FRAMED ? CONTENT_POLICY "*" : CONTENT_POLICY "'self'");
        add_header(response, "Referrer-Policy", "strict-origin-when-cross-origin");
    }
    if (atomic_load_explicit(&x->server->stopping, memory_order_relaxed))
        add_header(response, "Connection", "close");
}

static void add_own_headers(const struct exchange *x, struct MHD_Response *response)
{
    for (size_t i = 0; i < x->n_headers; i++)
        add_header(response, x->headers[i].name, x->headers[i].value);
}

static void log_access(struct exchange *x, int status, size_t bytes)
{
    char quoted[600];

    if (x->server->access_log)
        im_log(IM_LOG_INFO, "request", "path=%s status=%d bytes=%zu us=%" PRIu64,
               im_log_quote(quoted, sizeof quoted, x->raw), status, bytes,
               now_us() - x->started_us);
}

static enum MHD_Result send_response(struct exchange *x,
                                     struct MHD_Response *response,
                                     int status,
                                     size_t bytes)
{
    enum MHD_Result result;

    add_common_headers(x, response);
    result = MHD_queue_response(x->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    metrics_count_request(&x->server->metrics,
                          x->route ? (unsigned)(x->route - routes) : METRICS_ROUTES - 1,
                          status);
    log_access(x, status, bytes);
    if (!x->stream.is_open) /* what is still being made needs all of it */
        exchange_release(x);
    return result;
}

static struct MHD_Response *empty_response(void)
{
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static enum lang problem_language(const struct exchange *x)
{
    struct im_bytes text;
    char name[8];
    enum lang lang = header_language(x->accept_language, LANG_ZH);

    if (param_find(x->pairs, x->n_pairs, "lang", &text)) {
        param_quote(name, sizeof name, text);
        cli_lang_parse(name, &lang);
    }
    return lang;
}

static void log_failure(struct exchange *x, int status, const struct im_error *err)
{
    char path[600];
    char reason[600];

    if (status < 500 || err->code == IM_EARG || err->code == IM_EBUSY ||
        err->code == IM_ESTOPPED)
        return;
    im_log(IM_LOG_ERROR, "request_failed",
           "id=%" PRIu64 " path=%s status=%d code=%s reason=%s",
           (uint64_t)atomic_fetch_add(&x->server->request_ids, 1) + 1,
           im_log_quote(path, sizeof path, x->raw), status, im_code_name(err->code),
           im_log_quote(reason, sizeof reason, err->msg));
}

/* What only the engine noticed: the parameter is called as the question's part. */
static void find_fault(struct exchange *x, const struct im_error *err)
{
    struct im_bytes value = {0};

    if (x->fault.name[0] || !err->about[0])
        return;
    snprintf(x->fault.name, sizeof x->fault.name, "%s", err->about);
    if (param_find(x->pairs, x->n_pairs, err->about, &value))
        param_quote(x->fault.value, sizeof x->fault.value, value);
}

static enum MHD_Result
send_problem(struct exchange *x, int status, const struct im_error *err)
{
    struct im_buf buf = {.max = PROBLEM_BYTES};
    struct im_json w = {.out = &buf};
    struct http_problem problem = {.status = status,
                                   .lang = problem_language(x),
                                   .err = err,
                                   .fault = &x->fault,
                                   .places = x->places.n ? &x->places : NULL};
    struct MHD_Response *response;

    find_fault(x, err);
    log_failure(x, status, err);
    x->n_headers = 0;
    if (x->problem_page)
        x->problem_page(x, &problem, &buf);
    else
        problem_write(&problem, &w);
    if (buf.failed) {
        im_buf_release(&buf);
        response = empty_response();
    } else {
        response =
            MHD_create_response_from_buffer(buf.len, buf.data, MHD_RESPMEM_MUST_FREE);
    }
    if (!response) {
        im_buf_release(&buf);
        return MHD_NO;
    }
    add_header(response, "Content-Type",
               !x->problem_page  ? "application/problem+json"
               : x->problem_type ? x->problem_type
                                 : "text/html; charset=utf-8");
    add_own_headers(x, response);
    add_header(response, "Content-Language", problem.lang == LANG_ZH ? "zh" : "en");
    add_header(response, "Cache-Control", "no-store");
    if (status == 405)
        add_header(response, "Allow", intake_methods(x->route));
    if (status == 503)
        add_header(response, "Retry-After", "1");
    if (x->unread)
        add_header(response, "Connection", "close");
    return send_response(x, response, status, buf.len);
}

static enum MHD_Result
fail(struct exchange *x, enum im_code code, const struct im_error *err)
{
    struct im_error own = *err;

    own.code = code;
    return send_problem(x, x->status >= 300 ? x->status : http_status_of(code), &own);
}

static void drop_body(void *body)
{
    body_unref(body);
}

static void add_caching(struct exchange *x, struct MHD_Response *response, bool gzip)
{
    static const char *const policies[] = {"no-store", "no-cache",
                                           "public, max-age=31536000, immutable"};
    char etag[ETAG_MAX];

    add_header(response, "Cache-Control", policies[x->keep]);
    if (x->keep != KEEP_NOT && x->etag) {
        exchange_etag(x, gzip, etag);
        add_header(response, "ETag", etag);
    }
}

/* Also on 304, and for bodies too small to be compressed: caches keep one rule a URL.
 */
static void add_vary(struct exchange *x, struct MHD_Response *response)
{
    if (x->route->flags & ROUTE_NEGOTIATES)
        add_header(response, "Vary", "Accept, Accept-Encoding, Accept-Language");
    else if (x->varies || (x->route->flags & ROUTE_VARIES))
        add_header(response, "Vary", "Accept-Encoding");
}

/* A 304 has the Content-Length of the 200 it stands for (RFC 9110, 8.6), which is known
 * when the body is at hand. libmicrohttpd cannot leave the header out: else it is 0,
 * which clients ignore. */
static enum MHD_Result send_not_modified(struct exchange *x)
{
    const struct im_bytes *form = !x->body          ? NULL
                                  : x->matched_gzip ? &x->body->gzip
                                                    : &x->body->plain;
    struct MHD_Response *response;

    if (form && form->len) {
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            form->len, (void *)(uintptr_t)form->data, drop_body, x->body);
        if (response)
            x->body = NULL; /* the response owns it from here */
    } else {
        response = empty_response();
    }
    if (!response)
        return MHD_NO;
    add_caching(x, response, x->matched_gzip);
    add_vary(x, response);
    return send_response(x, response, 304, 0);
}

static enum MHD_Result send_body(struct exchange *x)
{
    struct body *body = x->body;
    bool gzip = body->gzip.len && header_wants_gzip(x->accept_encoding);
    struct im_bytes bytes = gzip ? body->gzip : body->plain;
    struct MHD_Response *response;
    struct im_error err = {0};
    int status = x->status ? x->status : body->status;

    if (x->is_sparse && tiles_is_empty(x->server, body))
        return fail(x, tiles_fail_empty(&err), &err);
    x->varies = body->gzip.len > 0;
    if (x->is_post)
        x->keep = KEEP_NOT;
    if (!x->etag && x->keep != KEEP_NOT && exchange_is_known(x, body->hash))
        return send_not_modified(x);
    response = MHD_create_response_from_buffer_with_free_callback_cls(
        bytes.len, (void *)(uintptr_t)bytes.data, drop_body, body);
    if (!response)
        return MHD_NO;
    x->body = NULL; /* the response owns it from here */
    if (bytes.len) {
        add_header(response, "Content-Type", body->content_type);
        if (gzip)
            add_header(response, "Content-Encoding", "gzip");
    }
    add_own_headers(x, response);
    add_caching(x, response, gzip);
    add_vary(x, response);
    return send_response(x, response, status, bytes.len);
}

static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t max);

static enum MHD_Result send_stream(struct exchange *x)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, x, NULL);

    if (!response)
        return MHD_NO;
    if (x->is_post)
        x->keep = KEEP_NOT;
    x->varies = true;
    add_header(response, "Content-Type", x->stream.content_type);
    if (x->stream.is_packed)
        add_header(response, "Content-Encoding", "gzip");
    add_own_headers(x, response);
    add_caching(x, response, x->stream.is_packed);
    add_vary(x, response);
    connection_stream(&x->server->connections, connection_of(x));
    return send_response(x, response, x->status ? x->status : 200, 0);
}

static enum MHD_Result send_options(struct exchange *x)
{
    struct MHD_Response *response = empty_response();

    if (!response)
        return MHD_NO;
    add_header(response, "Allow", intake_methods(x->route));
    if (x->route && (x->route->flags & ROUTE_OPEN)) {
        add_header(response, "Access-Control-Allow-Methods", intake_methods(x->route));
        add_header(response, "Access-Control-Allow-Headers", "*");
        add_header(response, "Access-Control-Max-Age", "86400");
    }
    return send_response(x, response, 204, 0);
}

/* ---- from request to answer ---- */

static void sleep_in(struct work_waiter *waiter)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)waiter - offsetof(struct exchange, waiter));

    MHD_suspend_connection(x->connection);
}

static void wake_in(struct work_waiter *waiter)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)waiter - offsetof(struct exchange, waiter));

    MHD_resume_connection(x->connection);
}

static enum im_code waited_too_long(struct im_error *err)
{
    im_fail(err, IM_ESTOPPED,
            "the server is busy: the question waited as long as it may take; try again "
            "in a second");
    return im_zh(err, IM_ESTOPPED, "服务器繁忙：查询排队已超过允许时间，请一秒后重试");
}

/* What one request may have is a limit like others, and the machine has more. */
static enum im_code needs_too_much(struct im_error *err)
{
    im_fail(err, IM_ELIMIT,
            "the question needs more memory than one may have; ask for fewer rows, or "
            "narrow the area, the layers or the filter");
    return im_zh(
        err, IM_ELIMIT,
        "此查询所需内存超过单个查询的上限，请减少条数，或缩小范围、图层、条件");
}

/* The first piece is mostly the whole answer: it is made in the worker's buffer, whose
 * memory is there already and stays. What goes on as a stream keeps it. */
static enum im_code begin_answer(struct exchange *x,
                                 struct worker *worker,
                                 struct body **out,
                                 struct im_error *err)
{
    struct stream *s = &x->stream;
    size_t max = worker->buf.max;
    enum im_code rc;

    s->piece = worker->buf;
    worker->buf = (struct im_buf){.max = max};
    rc = stream_begin(x, worker, err);
    if (rc == IM_OK && !s->ended)
        return IM_OK;
    if (rc == IM_OK)
        rc = exchange_reply(x, &s->piece, s->content_type, NULL, out, err);
    worker->buf = s->piece;
    worker->buf.max = max;
    s->piece = (struct im_buf){.max = 0};
    return rc;
}

static enum im_code run_question(struct work_waiter *first,
                                 struct worker *worker,
                                 struct body **out,
                                 struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    enum im_code rc;

    if (im_deadline_passed(&x->deadline))
        return waited_too_long(err);
    rc = x->run_question(first, worker, out, err);
    if (rc == IM_ENOMEM && x->arena && im_arena_is_full(x->arena))
        return needs_too_much(err);
    if (rc != IM_OK || !x->stream.next)
        return rc;
    return begin_answer(x, worker, out, err);
}

static enum im_code run_stream(struct work_waiter *first,
                               struct worker *worker,
                               struct body **out,
                               struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));

    (void)out;
    return stream_more(x, worker, err);
}

/* The status is sent: all that can be done is to end without the end, which clients
 * see. */
static ssize_t break_stream(struct exchange *x, const struct im_error *err)
{
    char path[600];
    char reason[600];

    if (!atomic_load(&x->server->stopping))
        im_log(IM_LOG_ERROR, "answer_broken", "path=%s code=%s reason=%s",
               im_log_quote(path, sizeof path, x->raw), im_code_name(err->code),
               im_log_quote(reason, sizeof reason, err->msg));
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* In the event thread, whenever there is room to send: copies, or has the next piece
 * made while the connection sleeps. */
static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t max)
{
    struct exchange *x = cls;
    struct stream *s = &x->stream;
    struct im_error err = {0};
    bool joined;
    size_t n;

    (void)position;
    if (s->is_waiting && x->waiter.code != IM_OK)
        return break_stream(x, &x->waiter.err);
    s->is_waiting = false;
    n = stream_read(s, out, max);
    if (n)
        return (ssize_t)n;
    if (s->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    s->is_waiting = true;
    x->waiter.run = run_stream;
    x->waiter.goes_on = true;
    if (work_submit(x->server->questions, &x->waiter, &joined, &err) != IM_OK)
        return break_stream(x, &err);
    return 0;
}

/* Ask the route; then the answer is sent or the connection sleeps until a worker is
 * done. */
static enum MHD_Result ask_route(struct exchange *x)
{
    struct im_error err = {0};
    enum im_code rc;
    bool joined = false;

    x->waiter.run = NULL;
    x->waiter.key = (struct body_key){0, 0};
    rc = x->route->answer(x, &err);
    if (rc != IM_OK)
        return fail(x, rc, &err);
    if (x->not_modified)
        return send_not_modified(x);
    if (!x->waiter.run)
        return send_body(x);
    if (x->n_works++ >= MAX_WORKS) { /* the maps it needs are pushed out as fast */
        im_fail(&err, IM_EBUSY, "the server is busy: too many different maps at once");
        im_zh(&err, IM_EBUSY, "服务器繁忙：同时请求的图层组合过多");
        return fail(x, IM_EBUSY, &err);
    }
    bool is_question = !work_is_shared(x->waiter.key);
    if (is_question) {
        x->run_question = x->waiter.run;
        x->waiter.run = run_question;
    }
    x->waiter.sleep = sleep_in;
    x->waiter.wake = wake_in;
    rc = work_submit(is_question ? x->server->questions : x->server->drawing,
                     &x->waiter, &joined, &err);
    if (joined)
        atomic_fetch_add_explicit(&x->server->metrics.joined, 1, memory_order_relaxed);
    if (rc == IM_EBUSY)
        atomic_fetch_add(
            &x->server->metrics
                 .refused_busy[is_question ? METRICS_QUESTIONS : METRICS_DRAWING],
            1);
    return rc == IM_OK ? MHD_YES : fail(x, rc, &err);
}

static enum MHD_Result after_work(struct exchange *x)
{
    struct body *body = x->waiter.body;

    x->waiter.body = NULL;
    x->waiter.run = NULL;
    if (x->waiter.code != IM_OK)
        return fail(x, x->waiter.code, &x->waiter.err);
    if (x->stream.is_open)
        return send_stream(x);
    if (!body)
        return ask_route(x);
    x->body = body;
    return send_body(x);
}

enum im_code exchange_no_path(struct exchange *x, struct im_error *err)
{
    char path[128];

    param_quote(path, sizeof path, im_bytes_of(x->raw));
    path[strcspn(path, "?")] = '\0';
    im_fail(err, IM_ENOTFOUND,
            "there is no '%s' here; the map is at /, tiles at "
            "/tiles/map/{z}/{x}/{y}.png (@2x.png, .mvt), questions at /api/nearest",
            path);
    return im_zh(err, IM_ENOTFOUND,
                 "没有 “%s”；地图在 /，瓦片在 /tiles/map/{z}/{x}/{y}.png（@2x.png、"
                 ".mvt），查询在 /api/nearest",
                 path);
}

static enum MHD_Result answer(struct exchange *x)
{
    struct im_error err = {0};
    enum im_code rc = intake_end(x, &err);

    if (rc != IM_OK)
        return fail(x, rc, &err);
    x->deadline = im_deadline_in(x->server->question_ms);
    return x->is_options ? send_options(x) : ask_route(x);
}

/* ---- what libmicrohttpd calls ---- */

static enum MHD_Result
take_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    intake_header(cls, name, value);
    return MHD_YES;
}

static enum MHD_Result
first_call(struct exchange *x, const char *method, const char *version)
{
    struct server *server = x->server;
    struct im_error err = {0};
    enum im_code rc;
    bool drop;

    x->is_first_call = false;
    atomic_fetch_add(&server->metrics.in_flight, 1);
    x->started_us = server->access_log ? now_us() : 0;
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, take_header, x);
    rc = intake_begin(x, method, version, &drop, &err);
    if (x->unread && (rc == IM_OK || drop))
        connection_await_body(&server->connections, connection_of(x));
    else
        connection_begin(connection_of(x));
    if (rc == IM_OK)
        return MHD_YES;
    if (!drop)
        return fail(x, rc, &err);
    x->waiter.code = rc;
    x->waiter.err = err;
    return MHD_YES;
}

/* What is refused goes on coming in: only then does the client read the answer. */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *size)
{
    size_t len = *size;

    *size = 0;
    x->upload.passed += len;
    if (x->waiter.code == IM_OK)
        x->waiter.code = intake_body(x, data, len, &x->waiter.err);
    return x->upload.passed > UPLOAD_MAX_DROPPED ? MHD_NO : MHD_YES;
}

/* The request is here in full. */
static enum MHD_Result last_call(struct exchange *x)
{
    if (x->unread)
        connection_begin(connection_of(x));
    if (x->waiter.code != IM_OK)
        return fail(x, x->waiter.code, &x->waiter.err);
    x->unread = false;
    return answer(x);
}

static enum MHD_Result on_request(void *cls,
                                  struct MHD_Connection *mhd,
                                  const char *url,
                                  const char *method,
                                  const char *version,
                                  const char *upload_data,
                                  size_t *upload_data_size,
                                  void **req_cls)
{
    struct exchange *x = *req_cls;

    (void)cls;
    (void)url;
    if (!x)
        return MHD_NO;
    x->connection = mhd;
    if (x->is_refused) /* it went in all the same; the answer has been sent */
        return MHD_NO;
    if (x->is_first_call)
        return first_call(x, method, version);
    if (*upload_data_size)
        return take_body(x, upload_data, upload_data_size);
    return x->waiter.run ? after_work(x) : last_call(x);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *connection = info ? info->socket_context : NULL;
    struct exchange *x;

    if (!connection)
        return NULL;
    x = &connection->exchange;
    exchange_begin(x, cls);
    x->raw_len = strnlen(uri, URL_MAX_BYTES + 1);
    memcpy(x->raw, uri, x->raw_len);
    x->raw[x->raw_len] = '\0';
    x->is_refused = refusal_is_due(uri);
    if (x->is_refused)
        metrics_count_request(&x->server->metrics, METRICS_ROUTES - 1,
                              refusal_send(x, connection->fd));
    return x;
}

static void on_completed(void *cls,
                         struct MHD_Connection *mhd,
                         void **req_cls,
                         enum MHD_RequestTerminationCode why)
{
    struct server *server = cls;
    struct exchange *x = *req_cls;

    (void)mhd;
    (void)why;
    if (!x)
        return;
    *req_cls = NULL;
    exchange_release(x);
    if (x->is_first_call) /* it broke before it was a request */
        return;
    connection_end(&server->connections, connection_of(x));
    if (atomic_fetch_sub(&server->metrics.in_flight, 1) == 1 &&
        atomic_load(&server->stopping)) {
        pthread_mutex_lock(&server->mutex);
        pthread_cond_broadcast(&server->quiet);
        pthread_mutex_unlock(&server->mutex);
    }
}

static void on_connection(void *cls,
                          struct MHD_Connection *mhd,
                          void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *server = cls;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

        *socket_context =
            info ? connections_add(&server->connections, info->connect_fd) : NULL;
    } else if (*socket_context) {
        connections_remove(&server->connections, *socket_context);
        *socket_context = NULL;
    }
}

static enum MHD_Result
may_connect(void *cls, const struct sockaddr *address, socklen_t len)
{
    struct server *server = cls;

    (void)address;
    (void)len;
    return atomic_load(&server->stopping) ? MHD_NO : MHD_YES;
}

/* What libmicrohttpd has to say is about single connections of strangers: broken
 * requests, resets. Nothing an operator could act on. */
static void on_log(void *cls, const char *format, va_list args)
{
    (void)cls;
    (void)format;
    (void)args;
}

enum im_code daemon_start(struct server *server, struct im_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool is_v6 = strchr(server->address, ':') != NULL;
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, cores > 1 ? cores : 0, NULL},
        {MHD_OPTION_END, 0, NULL}};

    if (cores <= 1)
        pool[0].option = MHD_OPTION_END;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_ERROR_LOG | (is_v6 ? MHD_USE_IPv6 : 0u),
        0, may_connect, server, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        NULL, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)MAX_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)MAX_CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
    if (!server->daemon) {
        im_fail(err, IM_EENV, "cannot start the HTTP threads");
        return im_zh(err, IM_EENV, "无法启动 HTTP 线程");
    }
    return IM_OK;
}
