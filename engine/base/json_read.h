/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign JSON: bounds before jansson sees it, and where in it a fault is. */
#ifndef ENGINE_BASE_JSON_READ_H
#define ENGINE_BASE_JSON_READ_H

#include <engine/bytes.h>

/** A place in a document; a list on the stack, written out only for an error. */
struct json_at {
    const struct json_at *up;
    const char *name; /* NULL: an array element, or the document itself */
    size_t index;
};

/** "fields[2].name"; "" for the document. Cut where `size` ends, valid UTF-8. Returns
 *  its length. */
size_t json_at_write(const struct json_at *at, char *out, size_t size);

/** Brackets outside of strings: jansson's own limit is far above ours. */
bool json_is_too_deep(struct im_bytes json, size_t max_depth);
/** Has it more than `max` values? Each of them costs jansson some 60 bytes. */
bool json_is_too_long(struct im_bytes json, size_t max);

#endif
