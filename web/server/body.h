/* SPDX-License-Identifier: Apache-2.0 */
/* An answer's bytes, plain and perhaps compressed: immutable, counted, shared by the
 * cache and every connection that is sending them. */
#ifndef WEB_BODY_H
#define WEB_BODY_H

#include <engine/bytes.h>

struct libdeflate_compressor;

struct body {
    struct im_bytes plain;
    struct im_bytes gzip;     /* len 0: not kept compressed */
    const char *content_type; /* static text */
    int status;               /* 200, or 204 without bytes */
    uint64_t hash;            /* XXH3 of the plain bytes */
};

/** Copies the bytes. `compressor` may be NULL; the compressed form is kept only when
 *  it is smaller. NULL when memory runs out. */
struct body *body_new(struct im_bytes plain,
                      const char *content_type,
                      struct libdeflate_compressor *compressor);
/** Of both forms as they were made once. */
struct body *body_new_both(struct im_bytes plain,
                           struct im_bytes gzip,
                           const char *content_type);
struct body *body_ref(struct body *body);
void body_unref(struct body *body); /* NULL is fine */
/** Bytes that this body costs in a cache. */
size_t body_cost(const struct body *body);

#endif
