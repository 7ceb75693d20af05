/* SPDX-License-Identifier: Apache-2.0 */
/* Answers made piece by piece. */
#include "stream.h"

#include "http_headers.h"
#include "server_state.h"

#include <zlib.h>

enum {
    GZIP_LEVEL = 1, /* sent once: what a worker saves is worth more than bytes */
    GZIP_WINDOW = 15 + 16,
    GZIP_MEMORY = 8,
    GZIP_ROOM = 4096
};

/* The whole of `piece` into `packed`, and the end of the format after the last one. */
static enum im_code pack(struct stream *s, struct im_error *err)
{
    int rc = Z_OK;

    s->gzip->next_in = s->piece.data;
    s->gzip->avail_in = (uInt)s->piece.len;
    while (s->gzip->avail_in || (s->ended && rc != Z_STREAM_END)) {
        if (!im_buf_reserve(&s->packed, s->piece.len / 4 + GZIP_ROOM))
            return im_buf_check(&s->packed, "the answer", err);
        s->gzip->next_out = s->packed.data + s->packed.len;
        s->gzip->avail_out = (uInt)(s->packed.cap - s->packed.len);
        rc = deflate(s->gzip, s->ended ? Z_FINISH : Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END)
            return im_fail(err, IM_EIO, "zlib did not take the answer: %d", rc);
        s->packed.len = s->packed.cap - s->gzip->avail_out;
    }
    return IM_OK;
}

static enum im_code
make_piece(struct exchange *x, struct worker *worker, struct im_error *err)
{
    struct stream *s = &x->stream;
    enum im_code rc;

    im_buf_clear(&s->piece);
    x->deadline = im_deadline_in(x->server->question_ms);
    rc = s->next(x, worker, s->state, &s->piece, &s->ended, err);
    return rc == IM_OK ? im_buf_check(&s->piece, "a part of the answer", err) : rc;
}

/* Memory that a large feature needed is given back: the next ones will not. */
static void shrink(struct im_buf *buf)
{
    if (buf->cap > 4 * (size_t)STREAM_PIECE_BYTES)
        im_buf_release(buf);
}

enum im_code
stream_more(struct exchange *x, struct worker *worker, struct im_error *err)
{
    struct stream *s = &x->stream;
    enum im_code rc = IM_OK;

    s->sent = 0;
    shrink(&s->piece);
    shrink(&s->packed);
    im_buf_clear(&s->packed);
    do { /* a piece may make no compressed bytes yet, or have been empty */
        rc = make_piece(x, worker, err);
        if (rc == IM_OK && s->gzip)
            rc = pack(s, err);
    } while (rc == IM_OK && !s->ended && !(s->gzip ? s->packed.len : s->piece.len));
    return rc;
}

static enum im_code too_many(struct im_error *err)
{
    im_fail(err, IM_EBUSY,
            "the server is busy: %d long answers are being sent; try again in a second",
            STREAMS_MAX);
    return im_zh(err, IM_EBUSY, "服务器繁忙：正在发送 %d 个长结果，请一秒后重试",
                 STREAMS_MAX);
}

static enum im_code open_gzip(struct stream *s, struct im_error *err)
{
    s->gzip = calloc(1, sizeof *s->gzip);
    if (s->gzip && deflateInit2(s->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW,
                                GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK)
        return pack(s, err);
    free(s->gzip);
    s->gzip = NULL;
    return im_fail(err, IM_ENOMEM, "out of memory for the answer");
}

enum im_code
stream_begin(struct exchange *x, struct worker *worker, struct im_error *err)
{
    struct stream *s = &x->stream;
    enum im_code rc;

    s->piece.max = STREAM_MAX_PIECE;
    s->packed.max = 2 * (size_t)STREAM_MAX_PIECE; /* noise grows */
    do {
        rc = make_piece(x, worker, err);
    } while (rc == IM_OK && !s->piece.len && !s->ended);
    if (rc != IM_OK || s->ended)
        return rc;
    if (atomic_fetch_add(&x->server->streams.n, 1) >= STREAMS_MAX) {
        atomic_fetch_sub(&x->server->streams.n, 1);
        return too_many(err);
    }
    s->is_open = true;
    s->is_packed = header_wants_gzip(x->accept_encoding);
    return s->is_packed && !x->is_head ? open_gzip(s, err) : IM_OK;
}

size_t stream_read(struct stream *s, char *out, size_t max)
{
    const struct im_buf *from = s->gzip ? &s->packed : &s->piece;
    size_t n = from->len - s->sent;

    n = n < max ? n : max;
    if (n)
        memcpy(out, from->data + s->sent, n);
    s->sent += n;
    return n;
}

void stream_release(struct stream *s, struct streams *all)
{
    if (s->gzip)
        deflateEnd(s->gzip);
    free(s->gzip);
    im_buf_release(&s->piece);
    im_buf_release(&s->packed);
    if (s->is_open)
        atomic_fetch_sub(&all->n, 1);
    *s = (struct stream){0};
}
