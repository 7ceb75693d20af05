/* SPDX-License-Identifier: Apache-2.0 */
/* An answer's bytes: immutable and counted. */
#include "body.h"

#include <libdeflate.h>
#include <xxhash.h>

#include <stdatomic.h>

/* Public part first, so that the two pointers convert. Small answers do not get smaller
 * by compression: under 200 bytes the gzip frame and an extra ETag are not worth it. */
enum { GZIP_FROM_BYTES = 200 };

struct counted_body {
    struct body body;
    atomic_uint refs;
    size_t room; /* of `bytes` */
    uint8_t bytes[];
};

static struct counted_body *counted(struct body *body)
{
    return (struct counted_body *)body;
}

struct body *body_new(struct im_bytes plain,
                      const char *content_type,
                      struct libdeflate_compressor *compressor)
{
    bool compress = compressor && plain.len >= GZIP_FROM_BYTES;
    /* a compressed form of the same length is of no use: so much room is enough */
    size_t room = plain.len * (compress ? 2 : 1);
    struct counted_body *c = malloc(sizeof *c + room);
    struct counted_body *fitting;
    size_t gzip_len;

    if (!c)
        return NULL;
    if (plain.len)
        memcpy(c->bytes, plain.data, plain.len);
    gzip_len = compress ? libdeflate_gzip_compress(compressor, plain.data, plain.len,
                                                   c->bytes + plain.len, plain.len)
                        : 0;
    room = plain.len + gzip_len;
    fitting = realloc(c, sizeof *c + room);
    if (fitting)
        c = fitting;
    atomic_init(&c->refs, 1);
    c->room = room;
    c->body = (struct body){.plain = {c->bytes, plain.len},
                            .gzip = {c->bytes + plain.len, gzip_len},
                            .content_type = content_type,
                            .status = plain.len ? 200 : 204,
                            .hash = XXH3_64bits(c->bytes, plain.len)};
    return &c->body;
}

struct body *
body_new_both(struct im_bytes plain, struct im_bytes gzip, const char *content_type)
{
    struct counted_body *c = malloc(sizeof *c + plain.len + gzip.len);

    if (!c)
        return NULL;
    if (plain.len)
        memcpy(c->bytes, plain.data, plain.len);
    if (gzip.len)
        memcpy(c->bytes + plain.len, gzip.data, gzip.len);
    atomic_init(&c->refs, 1);
    c->room = plain.len + gzip.len;
    c->body = (struct body){.plain = {c->bytes, plain.len},
                            .gzip = {c->bytes + plain.len, gzip.len},
                            .content_type = content_type,
                            .status = plain.len ? 200 : 204,
                            .hash = XXH3_64bits(c->bytes, plain.len)};
    return &c->body;
}

struct body *body_ref(struct body *body)
{
    atomic_fetch_add_explicit(&counted(body)->refs, 1, memory_order_relaxed);
    return body;
}

void body_unref(struct body *body)
{
    if (body &&
        atomic_fetch_sub_explicit(&counted(body)->refs, 1, memory_order_acq_rel) == 1)
        free(counted(body));
}

size_t body_cost(const struct body *body)
{
    const struct counted_body *c = (const struct counted_body *)body;

    return sizeof *c + c->room;
}
