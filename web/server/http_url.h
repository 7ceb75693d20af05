/* SPDX-License-Identifier: Apache-2.0 */
/* The request target: decoded path segments and query parameters, without allocation.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <engine/bytes.h>

enum { URL_MAX_BYTES = 2048, URL_MAX_SEGMENTS = 12, URL_MAX_PARAMS = 32 };

struct url_param {
    struct im_bytes name;
    struct im_bytes value;
};

/** All ranges point into `text`, so the struct must not be copied. */
struct http_url {
    struct im_bytes segments[URL_MAX_SEGMENTS]; /* between the slashes, decoded */
    size_t n_segments;
    bool too_deep;       /* more segments than any path of ours has */
    bool trailing_slash; /* the empty last segment is not counted */
    struct url_param params[URL_MAX_PARAMS];
    size_t n_params;
    char text[URL_MAX_BYTES];
};

/**
 * Parse a request target (RFC 9112, 3.2: origin form or absolute form). Segments are
 * split before they are decoded, so %2F never makes a new one; in the query, '+' is a
 * space.
 *
 * Errors: IM_ELIMIT longer than URL_MAX_BYTES or more than URL_MAX_PARAMS parameters;
 *         IM_EARG no leading slash, a broken %XX, %00, text that is not UTF-8
 */
IM_CHECKED enum im_code
url_parse(struct im_bytes raw, struct http_url *out, struct im_error *err);

/**
 * Decode an application/x-www-form-urlencoded text in place: the pairs point into it.
 * *n holds the pairs there are already and grows by the new ones, to at most `max`.
 * Errors: IM_ELIMIT more pairs; IM_EARG a broken %XX, %00, not UTF-8
 */
IM_CHECKED enum im_code form_parse(uint8_t *text,
                                   size_t len,
                                   struct url_param *pairs,
                                   size_t max,
                                   size_t *n,
                                   struct im_error *err);

/** Append `text` percent-encoded, leaving what a path segment may hold, and commas. */
void url_encode(struct im_buf *out, struct im_bytes text);

#endif
