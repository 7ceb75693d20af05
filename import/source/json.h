/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read in place (RFC 8259, strict): for files of millions of features, where a
 * tree per feature costs more than all the rest (ARCHITECTURE, "How a file comes in").
 * Small documents are read with jansson, whose names begin with json_. */
#ifndef IMPORT_JSON_H
#define IMPORT_JSON_H

#include <engine/arena.h>

enum { JSON_MAX_DEPTH = 64 };

/** What is left of the text. Calls move `p` behind what they took; false: no JSON here,
 *  and `p` is where it went wrong. */
struct js_cursor {
    const uint8_t *p;
    const uint8_t *end;
};

static inline struct js_cursor js_over(struct im_bytes text)
{
    return (struct js_cursor){text.data, text.data + text.len};
}
/** The next byte that is no white space; 0 at the end. Nothing is taken. */
uint8_t js_peek(struct js_cursor *c);
/** Take one value whole, checked; *raw is its text. */
bool js_skip(struct js_cursor *c, struct im_bytes *raw);
/** Take a string; *raw is what stands between its quotes. */
bool js_string(struct js_cursor *c, struct im_bytes *raw);
struct js_number {
    double real;
    int64_t integer;
    bool is_integer; /* without point and exponent, and it fits */
};
bool js_number(struct js_cursor *c, struct js_number *out);
/** Take '{' or '['. */
bool js_enter(struct js_cursor *c, uint8_t bracket);
/** After js_enter or a member's value: take the next member's key and ':'. *more is
 *  false when '}' was taken instead. `*first` starts as true. */
bool js_member(struct js_cursor *c, bool *first, struct im_bytes *key, bool *more);
/** The same for elements: *more is false when ']' was taken. */
bool js_element(struct js_cursor *c, bool *first, bool *more);
/**
 * What a string means: `raw` itself when it has no escapes, else a copy in `arena`.
 * *has_nul tells of \u0000. False: a lone surrogate, or out of memory.
 */
bool js_unescape(struct im_bytes raw,
                 struct im_arena *arena,
                 struct im_bytes *out,
                 bool *has_nul);

#endif
