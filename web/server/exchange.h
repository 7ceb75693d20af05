/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer on their way through the server. */
#ifndef WEB_EXCHANGE_H
#define WEB_EXCHANGE_H

#include "http_params.h"
#include "snapshot.h"
#include "stream.h"
#include "upload.h"
#include "work.h"

#include <stdatomic.h>

struct exchange;
struct server;
struct http_problem;

/** Write an error as HTML, for people in browsers. */
typedef void exchange_problem_fn(struct exchange *x,
                                 const struct http_problem *problem,
                                 struct im_buf *out);

enum {
    ROUTE_MAX_CAPTURES = 8,
    ROUTE_MAX_PARAMS = 16,
    EXCHANGE_ARENA_BYTES = 64 * 1024 * 1024
};

/** How long others may keep an answer. */
enum keep {
    KEEP_NOT,     /* no-store: errors, metrics */
    KEEP_CHECKED, /* no-cache: ask again with the ETag each time */
    KEEP_FOREVER  /* immutable: the URL names the version */
};

enum {
    ROUTE_OPEN = 1,        /* other people's pages may read it (CORS) */
    ROUTE_PAGE = 2,        /* HTML: Content-Security-Policy */
    ROUTE_FRAMED = 128,    /* a page that others may show in theirs */
    ROUTE_VARIES = 4,      /* with Accept-Encoding */
    ROUTE_OWN_PARAMS = 8,  /* the route reads x->pairs itself */
    ROUTE_NEGOTIATES = 16, /* with Accept and Accept-Language; a trailing slash is
                              tolerated */
    ROUTE_FORM = 32,       /* POST with a form: as the address line */
    ROUTE_JSON = 64,       /* POST with JSON of any kind: x->request_body */
    EXCHANGE_MAX_HEADERS = 6
};

/** A header that this answer has beside the usual ones; both texts live until it is
 *  sent: in the exchange's arena, or static. */
struct exchange_header {
    const char *name;
    const char *value;
};

/**
 * Answer the request in the event thread: set `body` (and `keep`, `etag`), or set
 * `waiter.run` to have a worker do it, or return an error. Work that is shared with
 * nobody (`waiter.key` {0, 0}) is a question and has to be done by `deadline`. After
 * the worker is done the server sends waiter.body; when that is NULL it asks the route
 * again.
 */
typedef enum im_code route_fn(struct exchange *x, struct im_error *err);

struct route {
    const char *pattern; /* "/tiles/{layers}/{z}/{x}/{y}.png"; {…} takes one segment */
    route_fn *answer;
    const struct param_spec *params;
    size_t n_params;
    unsigned flags;
    const char *about;
};

struct exchange {
    struct server *server;
    void *connection; /* struct MHD_Connection; opaque to the routes */

    /* the request */
    char raw[URL_MAX_BYTES + 2]; /* as sent; one byte more than allowed when longer */
    size_t raw_len;
    struct http_url url;
    bool is_first_call;
    bool is_refused; /* before it was read; see refusal.h */
    bool is_head;
    bool is_options;
    bool is_post;
    const struct route *route;
    struct im_bytes captures[ROUTE_MAX_CAPTURES];
    struct param_value params[ROUTE_MAX_PARAMS];
    const char *host; /* headers; NULL when absent */
    const char *accept;
    const char *accept_encoding;
    const char *if_none_match;
    const char *accept_language;
    const char *content_type;
    const char *content_length;
    const char *content_encoding;
    const char *transfer_encoding;
    const char *expect;
    unsigned content_lengths;
    unsigned transfer_encodings;
    bool unread; /* a body, or what may be one, has not been read: the connection is
                    closed after the answer */
    struct upload upload;
    /* names and values of the address line, then of a form: what routes with their own
     * parameters read */
    const struct url_param *pairs;
    size_t n_pairs;
    enum upload_type body_type;
    struct im_bytes request_body; /* JSON as sent */
    enum lang lang; /* of answers: ?lang=, else zh; with own parameters: zh */

    /* the work */
    struct snapshot *snapshot; /* the same for the whole exchange */
    struct im_arena *arena;    /* lazily made, see exchange_arena */
    struct work_waiter waiter;
    unsigned n_works; /* how often a worker was asked */
    /* of a question, from its arrival: waiting for a worker and answering together;
     * routes hand it on to the engine */
    struct im_deadline deadline;
    work_fn *run_question; /* what the route wants run when it shares it with nobody */
    void *own;             /* of the route, in the arena */

    /* the answer */
    struct body *body;
    struct stream stream;
    uint64_t etag; /* 0: none; otherwise what the quoted tag is made from */
    bool not_modified;
    bool matched_gzip; /* the tag that matched was the compressed form's */
    bool varies;       /* with Accept-Encoding */
    bool is_sparse;    /* a tile without anything in it is 404 */
    enum keep keep;
    int status; /* 0: the body's */
    struct param_fault fault;
    struct query_places places; /* choices of an ambiguous name */
    void *of_route;             /* what the route keeps from one call to the next */
    struct exchange_header headers[EXCHANGE_MAX_HEADERS];
    size_t n_headers;
    exchange_problem_fn *problem_page; /* NULL: problem JSON */
    const char *problem_type;          /* of that page; NULL: HTML */
    const char *problem_code;          /* for that page: static, of its standard */

    uint64_t started_us;
};

/** Made at the first use; NULL without memory. */
struct im_arena *exchange_arena(struct exchange *x);
/** The snapshot of this exchange, taken at the first use. */
struct snapshot *exchange_snapshot(struct exchange *x);

/** Beyond EXCHANGE_MAX_HEADERS it is a mistake of ours. */
void exchange_add_header(struct exchange *x, const char *name, const char *value);

/** The tag with its quotes, for the plain or the compressed form. */
enum { ETAG_MAX = 24 };
void exchange_etag(const struct exchange *x, bool gzip, char out[ETAG_MAX]);
/**
 * Set the ETag and say whether the client has these bytes already: then the exchange is
 * answered with 304 and the route returns IM_OK at once.
 */
bool exchange_is_known(struct exchange *x, uint64_t etag);

/** IM_ENOTFOUND: nothing is at this path; says what there is. */
enum im_code exchange_no_path(struct exchange *x, struct im_error *err);

/** "http://host:port" as the client wrote it. */
void exchange_base_url(const struct exchange *x, char *out, size_t size);

/**
 * Wrap finished text as the answer; the bytes are copied. With `compressor` (of a
 * worker) both forms are made, because the body is kept; without, for this client only.
 */
IM_CHECKED enum im_code exchange_reply(struct exchange *x,
                                       const struct im_buf *buf,
                                       const char *content_type,
                                       struct libdeflate_compressor *compressor,
                                       struct body **out,
                                       struct im_error *err);

/**
 * Answer piece by piece: called by what a worker runs, which then leaves its body NULL
 * and returns IM_OK. `etag` and `keep` as always, before; a stream without an ETag has
 * none, one that fits into a piece gets it from its bytes. `state` lives in the
 * exchange's arena; `content_type` is static.
 */
void exchange_stream(struct exchange *x,
                     const char *content_type,
                     stream_fn *next,
                     void *state);

#endif
