/* SPDX-License-Identifier: Apache-2.0 */
/* Byte ranges, a growable buffer, UTF-8 and numbers that ignore the locale. */
#include <engine/bytes.h>

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void im_buf_release(struct im_buf *buf)
{
    free(buf->data);
    *buf = (struct im_buf){.max = buf->max};
}

void im_buf_clear(struct im_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    buf->is_over = false;
}

bool im_buf_reserve(struct im_buf *buf, size_t n)
{
    size_t need;

    if (buf->failed)
        return false;
    if (!im_size_add(buf->len, n, &need) || need > buf->max) {
        buf->failed = true;
        buf->is_over = true;
        return false;
    }
    if (need > buf->cap) {
        size_t cap = buf->cap < 256 ? 256 : buf->cap;

        while (cap < need)
            cap += cap / 2;
        if (cap > buf->max)
            cap = buf->max;
        uint8_t *data = realloc(buf->data, cap);
        if (!data) {
            buf->failed = true;
            return false;
        }
        buf->data = data;
        buf->cap = cap;
    }
    return true;
}

void im_buf_printf(struct im_buf *buf, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    /* one byte more than the text, because vsnprintf terminates it */
    if (n < 0 || !im_buf_reserve(buf, (size_t)n + 1)) {
        buf->failed = true;
        return;
    }
    va_start(args, fmt);
    vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)n;
}

enum im_code
im_buf_check(const struct im_buf *buf, const char *what, struct im_error *err)
{
    if (!buf->failed)
        return IM_OK;
    if (buf->is_over)
        return im_fail(err, IM_ELIMIT, "%s is larger than %zu bytes", what, buf->max);
    return im_fail(err, IM_ENOMEM, "%s: out of memory at %zu bytes", what, buf->len);
}

size_t im_utf8_cut(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);

    if (len <= max)
        return len;
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

/* Length of the well formed sequence at p (n bytes left), 0 when malformed. */
static size_t sequence(const uint8_t *p, size_t n)
{
    uint8_t c = p[0];
    size_t len = c < 0x80   ? 1
                 : c < 0xC2 ? 0
                 : c < 0xE0 ? 2
                 : c < 0xF0 ? 3
                 : c < 0xF5 ? 4
                            : 0;

    if (len == 0 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    /* second-byte ranges of RFC 3629, section 4 */
    if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F) ||
        (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F))
        return 0;
    return len;
}

bool im_utf8_valid(struct im_bytes text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = sequence(text.data + i, text.len - i);

        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

bool im_utf8_is_unseemly(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
           c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

uint32_t im_utf8_next(struct im_bytes text, size_t *pos)
{
    static const uint8_t mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t len = sequence(text.data + *pos, text.len - *pos);
    uint32_t c;

    if (len == 0) {
        *pos += 1;
        return 0xFFFD;
    }
    c = text.data[*pos] & mask[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (text.data[*pos + i] & 0x3Fu);
    *pos += len;
    return c;
}

bool im_parse_double(struct im_bytes text, double *out)
{
    char copy[65];
    char *end;
    double value;

    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789+-.eE", text.data[i]) || text.data[i] == '\0')
            return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    /* glibc hands out its static "C" locale here: no allocation, nothing to free */
    value = strtod_l(copy, &end, newlocale(LC_ALL_MASK, "C", NULL));
    if (end != copy + text.len || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool im_parse_int64(struct im_bytes text, int64_t *out)
{
    bool minus = text.len > 0 && text.data[0] == '-';
    size_t i = minus ? 1 : 0;
    int64_t value = 0;

    if (i == text.len)
        return false;
    for (; i < text.len; i++) {
        int digit = text.data[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    /* counted downwards, because INT64_MIN has no positive twin */
    if (!minus && __builtin_mul_overflow(value, -1, &value))
        return false;
    *out = value;
    return true;
}

/* Digits of `value`, no fewer than `least`; returns where they begin before `end`. */
static char *digits_before(char *end, uint64_t value, int least)
{
    for (; value || least > 0; value /= 10, least--)
        *--end = (char)('0' + value % 10);
    return end;
}

size_t im_format_int64(char out[IM_NUMBER_MAX], int64_t value)
{
    char digits[24];
    char *end = digits + sizeof digits;
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char *start = digits_before(end, size, 1);

    if (value < 0)
        *--start = '-';
    memcpy(out, start, (size_t)(end - start));
    return (size_t)(end - start);
}

size_t im_format_double(char out[IM_NUMBER_MAX], double value, int decimals)
{
    static const uint64_t power[10] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    char digits[IM_NUMBER_MAX];
    char *end = digits + sizeof digits;
    char *start = end;

    if (!isfinite(value) || fabs(value) > 1e15) {
        memcpy(out, "null", 4);
        return 4;
    }
    if (decimals < 0)
        decimals = 0;
    if (decimals > 9)
        decimals = 9;
    /* 1e15 * 1e9 would not fit: large values carry no such decimals anyway */
    while (decimals > 0 && fabs(value) * (double)power[decimals] > 9e17)
        decimals--;
    uint64_t scaled = (uint64_t)(fabs(value) * (double)power[decimals] + 0.5);
    uint64_t whole = scaled / power[decimals];
    uint64_t part = scaled % power[decimals];
    for (; part && part % 10 == 0; decimals--)
        part /= 10;
    if (part) {
        start = digits_before(start, part, decimals);
        *--start = '.';
    }
    start = digits_before(start, whole, 1);
    if (value < 0 && scaled > 0)
        *--start = '-';
    memcpy(out, start, (size_t)(end - start));
    return (size_t)(end - start);
}

size_t im_format_exact(char out[IM_NUMBER_MAX], double value)
{
    double back = 0;
    int n = 0;

    out[0] = '\0';
    if (!isfinite(value))
        return 0;
    for (int digits = 15; digits <= 17; digits++) { /* 17 always suffice */
        n = snprintf(out, IM_NUMBER_MAX, "%.*g", digits, value);
        if (im_parse_double((struct im_bytes){(uint8_t *)out, (size_t)n}, &back) &&
            !(back < value) && !(back > value))
            break;
    }
    return (size_t)n;
}
