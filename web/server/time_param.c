/* SPDX-License-Identifier: Apache-2.0 */
/* The parameter `datetime`. */
#include "time_param.h"

#include "http_params.h"

#include <math.h>

enum { DAY_SECONDS = 86400, MAX_FRACTION_DIGITS = 9 };

/* Days since 1970-01-01 of the proleptic Gregorian calendar (Hinnant,
 * "chrono-compatible low-level date algorithms": years begin in March, so that the leap
 * day is the last). */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Exactly n digits at *at. */
static bool
digits(struct im_bytes text, size_t *at, size_t n, int min, int max, int *out)
{
    int value = 0;

    if (*at + n > text.len)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = text.data[*at + i];

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += n;
    *out = value;
    return value >= min && value <= max;
}

static bool take(struct im_bytes text, size_t *at, const char *any_of)
{
    if (*at < text.len && text.data[*at] && strchr(any_of, text.data[*at])) {
        (*at)++;
        return true;
    }
    return false;
}

/* "Z" or "+08:00": seconds to take away. */
static bool offset_of(struct im_bytes text, size_t *at, int *seconds)
{
    int hours;
    int minutes;

    *seconds = 0;
    if (take(text, at, "Zz"))
        return true;
    bool east = *at < text.len && text.data[*at] == '+';
    if (!take(text, at, "+-") || !digits(text, at, 2, 0, 23, &hours) ||
        !take(text, at, ":") || !digits(text, at, 2, 0, 59, &minutes))
        return false;
    *seconds = (east ? 1 : -1) * (hours * 3600 + minutes * 60);
    return true;
}

/* The time behind the "T" of RFC 3339. */
static bool clock_of(struct im_bytes text, size_t *at, double *seconds)
{
    int h;
    int m;
    int s;
    int offset;
    double fraction = 0;
    double unit = 1;

    if (!digits(text, at, 2, 0, 23, &h) || !take(text, at, ":") ||
        !digits(text, at, 2, 0, 59, &m) || !take(text, at, ":") ||
        !digits(text, at, 2, 0, 60, &s))
        return false;
    if (take(text, at, ".")) {
        size_t from = *at;
        int digit;

        while (*at - from < MAX_FRACTION_DIGITS && digits(text, at, 1, 0, 9, &digit)) {
            unit /= 10;
            fraction += unit * digit;
        }
        if (*at == from)
            return false;
    }
    if (!offset_of(text, at, &offset))
        return false;
    *seconds = h * 3600.0 + m * 60.0 + s + fraction - offset;
    return true;
}

/* First and last second of what is named. */
static bool span_of(struct im_bytes text, double *from, double *to)
{
    size_t at = 0;
    int year;
    int month = 1;
    int day = 1;
    int64_t days;
    double seconds;

    if (!digits(text, &at, 4, 0, 9999, &year))
        return false;
    if (at == text.len) {
        *from = (double)days_of(year, 1, 1) * DAY_SECONDS;
        *to = (double)days_of(year + 1, 1, 1) * DAY_SECONDS - 1;
        return true;
    }
    if (!take(text, &at, "-") || !digits(text, &at, 2, 1, 12, &month))
        return false;
    *from = (double)days_of(year, month, 1) * DAY_SECONDS;
    *to = *from + (double)days_in(year, month) * DAY_SECONDS - 1;
    if (at == text.len)
        return true;
    if (!take(text, &at, "-") || !digits(text, &at, 2, 1, days_in(year, month), &day))
        return false;
    days = days_of(year, month, day);
    *from = (double)days * DAY_SECONDS;
    *to = *from + DAY_SECONDS - 1;
    if (at == text.len)
        return true;
    if (!take(text, &at, "Tt ") || !clock_of(text, &at, &seconds) || at != text.len)
        return false;
    *from = *to = *from + seconds;
    return true;
}

static bool is_open(struct im_bytes text)
{
    return text.len == 0 || im_bytes_equal(text, im_bytes_of(".."));
}

static bool parse(struct im_bytes text, struct query_time *out)
{
    const uint8_t *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
    double unused;

    *out = (struct query_time){.is_set = true, .from = -HUGE_VAL, .to = HUGE_VAL};
    if (!slash)
        return span_of(text, &out->from, &out->to);
    struct im_bytes first = {text.data, (size_t)(slash - text.data)};
    struct im_bytes last = {slash + 1, text.len - first.len - 1};
    if (!is_open(first) && !span_of(first, &out->from, &unused))
        return false;
    if (!is_open(last) && !span_of(last, &unused, &out->to))
        return false;
    return out->from <= out->to;
}

enum im_code
time_param_parse(struct im_bytes text, struct query_time *out, struct im_error *err)
{
    char value[64];

    if (parse(text, out))
        return IM_OK;
    *out = (struct query_time){.is_set = false};
    param_quote(value, sizeof value, text);
    im_fail(err, IM_EARG,
            "datetime '%s' is no time: write 2016, 2016-05, 2016-05-01, "
            "2016-05-01T08:00:00Z, or a span 2016/2020, 2016/..",
            value);
    return im_zh(err, IM_EARG,
                 "datetime “%s” 不是时间：可写 2016、2016-05、2016-05-01、"
                 "2016-05-01T08:00:00Z，或区间 2016/2020、2016/..",
                 value);
}
