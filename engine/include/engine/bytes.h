/* SPDX-License-Identifier: Apache-2.0 */
/* Byte ranges, a growable buffer, UTF-8 and numbers that ignore the locale. */
#ifndef ENGINE_BYTES_H
#define ENGINE_BYTES_H

#include <engine/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A borrowed range of bytes; not terminated. */
struct im_bytes {
    const uint8_t *data;
    size_t len;
};

static inline struct im_bytes im_bytes_of(const char *text)
{
    return (struct im_bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

static inline bool im_bytes_equal(struct im_bytes a, struct im_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/**
 * A growable buffer with a maximum. A failed append sets `failed` and changes nothing
 * else, so a writer may append many times and check once at the end.
 * Zero-initialise with the maximum: `struct im_buf b = {.max = 1 << 20};`
 */
struct im_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;   /* bytes; appends beyond it fail */
    bool failed;  /* an append did not fit or memory ran out */
    bool is_over; /* failed because it did not fit */
};

void im_buf_release(struct im_buf *buf);
void im_buf_clear(struct im_buf *buf); /* keeps the memory, forgets the failure */
/** Make room for `n` more bytes. False (and `failed`) when that is not possible. */
bool im_buf_reserve(struct im_buf *buf, size_t n);
static inline void im_buf_append(struct im_buf *buf, const void *data, size_t len)
{
    /* answers are written in pieces of a few bytes: most fit without a call */
    if (len &&
        ((len <= buf->cap - buf->len && !buf->failed) || im_buf_reserve(buf, len))) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
}
static inline void im_buf_text(struct im_buf *buf, const char *text)
{
    im_buf_append(buf, text, strlen(text));
}
static inline void im_buf_byte(struct im_buf *buf, uint8_t byte)
{
    im_buf_append(buf, &byte, 1);
}
void im_buf_printf(struct im_buf *buf, const char *fmt, ...) IM_PRINTF(2, 3);
/** IM_OK, or IM_ELIMIT / IM_ENOMEM with a message naming `what`. */
IM_CHECKED enum im_code
im_buf_check(const struct im_buf *buf, const char *what, struct im_error *err);
static inline struct im_bytes im_buf_bytes(const struct im_buf *buf)
{
    return (struct im_bytes){buf->data, buf->len};
}

/** Largest length <= `max` at which `text` can be cut without halving a character. */
size_t im_utf8_cut(const char *text, size_t max);
/** Well formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool im_utf8_valid(struct im_bytes text);
/** Decode one code point at *pos and advance; U+FFFD for a malformed byte. */
uint32_t im_utf8_next(struct im_bytes text, size_t *pos);
/** Is it a control character, or one that turns the direction of what stands beside?
 *  Foreign texts are read on terminals and in browsers. */
bool im_utf8_is_unseemly(uint32_t c);

/** Decimal number, whole input, no spaces, no hex, no inf or nan. At most 64 bytes. */
bool im_parse_double(struct im_bytes text, double *out);
/** Decimal integer, whole input, optional '-', no spaces, no '+'. */
bool im_parse_int64(struct im_bytes text, int64_t *out);

enum { IM_NUMBER_MAX = 40 };
/**
 * Write `value` with at most `decimals` (0..9) digits after the point, trailing zeros
 * removed, never an exponent, "-0" written as "0". Returns the length; not terminated.
 * Values that are not finite or beyond 1e15 in size are written as "null".
 */
size_t im_format_double(char out[IM_NUMBER_MAX], double value, int decimals);
size_t im_format_int64(char out[IM_NUMBER_MAX], int64_t value);
/** The fewest digits that read back as the same number, with an exponent where that is
 *  large or small. Returns the length, 0 when `value` is not finite; terminated. */
size_t im_format_exact(char out[IM_NUMBER_MAX], double value);

/** Checked size_t arithmetic for sizes that come from outside. False on overflow. */
static inline bool im_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}
static inline bool im_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

#endif
