/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: where the next page begins, written so that a client can only hand it back.
 *
 * base64url without padding (RFC 4648, 5) of, numbers little-endian:
 *
 *   1  CURSOR_VERSION
 *   8  fingerprint of the order
 *   1  layer, by its place in the order
 *   8  fid
 *   1  length of the key, then its bytes
 *   for each sort key: 1 kind of value (enum source_value_kind), then nothing, 8 bytes
 *      (integer, real), or 1 length and the text
 *   4  checksum of all before
 *
 * A page begins after these values, whether or not the row still exists: rows that come
 * or go between two pages neither repeat nor hide others. */
#ifndef ENGINE_QUERY_CURSOR_H
#define ENGINE_QUERY_CURSOR_H

#include "query/order.h"

enum { CURSOR_VERSION = 1, CURSOR_MAX_TEXT = 1600 };

/** Terminated; NULL without memory. */
const char *cursor_write(const struct order *order,
                         const struct order_position *position,
                         struct im_arena *arena);
/** Texts of *out live in `arena`. Errors: IM_EARG no cursor, damaged, or of another
 *  order; IM_ENOMEM. */
IM_CHECKED enum im_code cursor_read(const struct order *order,
                                    struct im_bytes text,
                                    struct im_arena *arena,
                                    struct order_position *out,
                                    struct im_error *err);

#endif
