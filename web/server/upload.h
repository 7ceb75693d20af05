/* SPDX-License-Identifier: Apache-2.0 */
/* What a request brings along (RFC 9110, 6.4), bounded for each and over all of them.
 */
#ifndef WEB_UPLOAD_H
#define WEB_UPLOAD_H

#include <engine/bytes.h>

#include <stdatomic.h>

enum {
    UPLOAD_MAX_BYTES =
        3 * 1024 * 1024, /* an area of 100,000 vertices to a centimetre */
    /* over all connections at the same time */
    UPLOADS_MAX_BYTES = 128 * 1024 * 1024,
    /* of a body that is refused: read and dropped, so that the client gets to read why;
     * one that is longer is cut */
    UPLOAD_MAX_DROPPED = 16 * 1024 * 1024
};

enum upload_type {
    UPLOAD_NONE, /* no body */
    UPLOAD_FORM, /* application/x-www-form-urlencoded */
    UPLOAD_JSON,
    UPLOAD_GEOJSON,
    UPLOAD_CQL_JSON, /* application/query-cql-json */
    UPLOAD_OTHER
};

struct upload {
    uint8_t *data;
    size_t len;
    size_t cap;
    uint64_t passed; /* bytes that came, kept or dropped */
};

/** Bytes that all uploads hold. Zero-initialised. */
struct uploads {
    atomic_size_t bytes;
};

/** By the Content-Type header; UPLOAD_OTHER for NULL and for any charset but UTF-8. */
enum upload_type upload_type_of(const char *content_type);
/** A Content-Length (RFC 9110, 8.6): digits only; UINT64_MAX beyond its range. */
bool upload_length(const char *content_length, uint64_t *out);

/** Errors: IM_ELIMIT longer than UPLOAD_MAX_BYTES; IM_EBUSY all uploads together hold
 *  too much; IM_ENOMEM. */
IM_CHECKED enum im_code upload_add(struct upload *upload,
                                   struct uploads *all,
                                   const void *data,
                                   size_t len,
                                   struct im_error *err);
/** IM_ELIMIT: what too long a body is told. */
enum im_code upload_too_long(struct im_error *err);
/** Forgets the bytes, not how many came. */
void upload_release(struct upload *upload, struct uploads *all);

#endif
