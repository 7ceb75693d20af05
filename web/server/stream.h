/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that is made piece by piece while it is sent, so that memory does not
 * follow its size.
 *
 *   worker   stream_begin: the first piece, so that errors still have their status
 *   thread   sends it, then sleeps until
 *   worker   stream_more: the next piece
 *
 * One that turns out to fit into one piece is sent as any other answer. */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H

#include <engine/bytes.h>

#include <stdatomic.h>

struct exchange;
struct worker;
struct z_stream_s;

enum {
    STREAM_PIECE_BYTES = 256 * 1024,
    /* one feature alone may be longer than a piece */
    STREAM_MAX_PIECE = 64 * 1024 * 1024,
    /* at the same time: each holds a piece, a compressor and a snapshot */
    STREAMS_MAX = 256
};

/**
 * Append to `out`, until it has some STREAM_PIECE_BYTES or the answer ends: then set
 * *end. Runs in a worker, one piece at a time. x with its arena, snapshot, parameters
 * and a new deadline lives until all is sent or the client has gone away; what only
 * this piece needs is taken from the worker's arena.
 */
typedef enum im_code stream_fn(struct exchange *x,
                               struct worker *worker,
                               void *state,
                               struct im_buf *out,
                               bool *end,
                               struct im_error *err);

struct stream {
    stream_fn *next; /* NULL: the answer is no stream */
    void *state;
    const char *content_type;
    struct im_buf piece;
    struct im_buf packed;
    struct z_stream_s *gzip; /* NULL: sent plain, or not at all */
    bool is_packed;          /* the answer is with gzip */
    size_t sent;             /* of this piece */
    bool is_open;            /* has a place among STREAMS_MAX */
    bool is_waiting;         /* for a worker */
    bool ended;              /* there is no further piece */
};

/** Streams being sent. Zero-initialised. */
struct streams {
    atomic_uint n;
};

/**
 * Make the first piece. When it is the last one too the stream is not opened: the whole
 * answer is in `piece`. Errors: those of `next`; IM_EBUSY STREAMS_MAX are being sent.
 */
IM_CHECKED enum im_code
stream_begin(struct exchange *x, struct worker *worker, struct im_error *err);
/** Make the next piece, after all of the one before was sent. */
IM_CHECKED enum im_code
stream_more(struct exchange *x, struct worker *worker, struct im_error *err);
/** Copy what is next to be sent; 0: all of the piece was. */
size_t stream_read(struct stream *stream, char *out, size_t max);
void stream_release(struct stream *stream, struct streams *all);

#endif
