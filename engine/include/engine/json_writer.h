/* SPDX-License-Identifier: Apache-2.0 */
/* An appending JSON writer (RFC 8259): no tree, commas by itself, text escaped. */
#ifndef ENGINE_JSON_WRITER_H
#define ENGINE_JSON_WRITER_H

#include <engine/bytes.h>

/** Zero-initialise with the buffer: `struct im_json w = {.out = &buf};` */
struct im_json {
    struct im_buf *out;
    bool comma; /* a value precedes on this level */
};

void im_json_object(struct im_json *w);
void im_json_object_end(struct im_json *w);
void im_json_array(struct im_json *w);
void im_json_array_end(struct im_json *w);
void im_json_key(struct im_json *w, const char *key);
/** Text as a JSON string; malformed UTF-8 becomes U+FFFD, `<` is written \u003c so
 *  that a value can stand inside an HTML script element. */
void im_json_string(struct im_json *w, struct im_bytes text);
/** The same to memory that has room: six bytes for each, the quotes, and what is
 *  written behind its end in passing. Returns the end. */
#define JSON_STRING_ROOM(len) (6 * (len) + 10)
uint8_t *im_json_put_string(uint8_t *to, struct im_bytes text);
void im_json_text(struct im_json *w, const char *text); /* NULL gives null */
void im_json_int(struct im_json *w, int64_t value);
void im_json_number(struct im_json *w, double value, int decimals);
void im_json_bool(struct im_json *w, bool value);
void im_json_null(struct im_json *w);
/** A value that is JSON already. */
void im_json_raw(struct im_json *w, struct im_bytes json);

#endif
