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

/* Two digits at a time: a division costs as much as ten additions. */
static const char PAIRS[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* The last `n` digits of `value` to out[0..n). */
static void put_digits(char *out, uint64_t value, int n)
{
    for (; n >= 2; n -= 2, value /= 100)
        memcpy(out + n - 2, PAIRS + 2 * (value % 100), 2);
    if (n)
        out[0] = (char)('0' + value % 10);
}

/* The eight digits of a number below 10^8, the first in the lowest byte: halves, then
 * quarters, then digits, each next to the other in one word. 10486 / 2^20 and 103 /
 * 2^10 are 1/100 and 1/10, near enough for what is divided by them. */
static uint64_t eight_digits(uint32_t value)
{
    uint64_t x = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t q = (x * 10486 >> 20) & 0x7F0000007F;

    x = q | (x - q * 100) << 16;
    q = (x * 103 >> 10) & 0x000F000F000F000F;
    return q | (x - q * 10) << 8;
}

static const bool IS_LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
#define ZEROS 0x3030303030303030 /* "00000000" */

/* All eight bytes are written; those behind the digits mean nothing. */
static char *put_whole(char *out, uint64_t value)
{
    uint64_t rest = value;
    int n = 1;

    if (value < 1000) { /* degrees, years, small counts */
        n += (value >= 10) + (value >= 100);
        put_digits(out, value, n);
        return out + n;
    }
    if (value < 100000000 && IS_LITTLE) {
        uint64_t digits = eight_digits((uint32_t)value);
        int blank = __builtin_ctzll(digits) / 8;

        digits = (digits | ZEROS) >> 8 * blank;
        memcpy(out, &digits, sizeof digits);
        return out + 8 - blank;
    }
    for (; rest >= 1000; rest /= 1000)
        n += 3;
    n += (rest >= 10) + (rest >= 100);
    put_digits(out, value, n);
    return out + n;
}

/* A fraction of so many decimals, not 0, without the zeros at its end. */
static char *put_part(char *out, uint32_t part, int decimals)
{
    static const uint32_t power[] = {100000000, 10000000, 1000000, 100000, 10000,
                                     1000,      100,      10,      1};
    uint64_t digits;

    if (decimals == 9 && part % 10 == 0) {
        part /= 10;
        decimals = 8;
    }
    if (decimals == 9 || !IS_LITTLE) {
        put_digits(out, part, decimals);
        for (out += decimals; out[-1] == '0'; out--)
            ;
        return out;
    }
    digits = eight_digits(part * power[decimals]);
    int n = 8 - __builtin_clzll(digits) / 8;
    digits |= ZEROS;
    memcpy(out, &digits, sizeof digits);
    return out + n;
}

size_t im_format_int64(char out[IM_NUMBER_MAX], int64_t value)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char *end = out;

    if (value < 0)
        *end++ = '-';
    return (size_t)(put_whole(end, size) - out);
}

/* One case for each so that the compiler multiplies instead of dividing. */
static uint64_t split(uint64_t scaled, int decimals, uint64_t *part)
{
#define CASE(d, power)                                                                 \
    case d:                                                                            \
        *part = scaled % (power);                                                      \
        return scaled / (power)
    switch (decimals) {
        CASE(1, 10);
        CASE(2, 100);
        CASE(3, 1000);
        CASE(4, 10000);
        CASE(5, 100000);
        CASE(6, 1000000);
        CASE(7, 10000000);
        CASE(8, 100000000);
        CASE(9, 1000000000);
    default:
        *part = 0;
        return scaled;
    }
#undef CASE
}

size_t im_format_double(char out[IM_NUMBER_MAX], double value, int decimals)
{
    static const double power[10] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    char *end = out;
    uint64_t part;

    if (!isfinite(value) || fabs(value) > 1e15) {
        memcpy(out, "null", 4);
        return 4;
    }
    if (decimals < 0)
        decimals = 0;
    if (decimals > 9)
        decimals = 9;
    /* 1e15 * 1e9 would not fit: large values carry no such decimals anyway */
    while (decimals > 0 && fabs(value) * power[decimals] > 9e17)
        decimals--;
    uint64_t scaled = (uint64_t)(fabs(value) * power[decimals] + 0.5);
    uint64_t whole = split(scaled, decimals, &part);
    if (value < 0 && scaled > 0)
        *end++ = '-';
    end = put_whole(end, whole);
    if (part) {
        *end = '.';
        end = put_part(end + 1, (uint32_t)part, decimals);
    }
    return (size_t)(end - out);
}

/* Seven decimals are all that most numbers have. An integer below 2^53 divided by 10^7
 * is the double that reading its digits gives, and no more than 15 digits are those
 * that
 * "%.15g" writes. */
static bool has_seven_decimals(double value)
{
    double scaled = floor(fabs(value) * 1e7 + 0.5);
    double back = scaled / 1e7;

    return scaled >= 1e3 && scaled < 1e15 && !(back < fabs(value)) &&
           !(back > fabs(value));
}

size_t im_format_exact(char out[IM_NUMBER_MAX], double value)
{
    double back = 0;
    int n = 0;

    out[0] = '\0';
    if (!isfinite(value))
        return 0;
    if (has_seven_decimals(value)) {
        n = (int)im_format_double(out, value, 7);
        out[n] = '\0';
        return (size_t)n;
    }
    for (int digits = 15; digits <= 17; digits++) { /* 17 always suffice */
        n = snprintf(out, IM_NUMBER_MAX, "%.*g", digits, value);
        if (im_parse_double((struct im_bytes){(uint8_t *)out, (size_t)n}, &back) &&
            !(back < value) && !(back > value))
            break;
    }
    return (size_t)n;
}
