/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times (RFC 3339, 5.6) as microseconds since 1970 UTC. */
#include "cql/ast.h"

#include <inttypes.h>

/* Days since 1970-01-01 in the proleptic Gregorian calendar: Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms" (2014): years begin in March, so that
 * the leap day is the last one. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

struct reader {
    struct im_bytes text;
    size_t at;
    bool good;
};

static int digits(struct reader *r, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++, r->at++) {
        int c = r->at < r->text.len ? r->text.data[r->at] : 0;

        if (c < '0' || c > '9') {
            r->good = false;
            return 0;
        }
        value = value * 10 + c - '0';
    }
    return value;
}

static bool take(struct reader *r, const char *any)
{
    int c = r->at < r->text.len ? r->text.data[r->at] : 0;

    if (!c || !strchr(any, c))
        return false;
    r->at++;
    return true;
}

static void need(struct reader *r, const char *any)
{
    r->good = take(r, any) && r->good;
}

static bool is_date(int year, int month, int day)
{
    static const int most[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month >= 1 && month <= 12 && day >= 1 && day <= most[month - 1] &&
           (month != 2 || day < 29 || is_leap);
}

/* Digits beyond microseconds are cut off. */
static int64_t fraction(struct reader *r)
{
    int64_t us = 0;
    int64_t unit = 100000;
    size_t start = r->at;

    while (r->at < r->text.len && r->text.data[r->at] >= '0' &&
           r->text.data[r->at] <= '9') {
        us += unit * (r->text.data[r->at++] - '0');
        unit /= 10;
    }
    r->good &= r->at > start;
    return us;
}

static int64_t offset_us(struct reader *r)
{
    bool is_west;
    int hours;
    int minutes;

    if (r->at == r->text.len || take(r, "Zz"))
        return 0;
    is_west = r->text.data[r->at] == '-';
    need(r, "+-");
    hours = digits(r, 2);
    need(r, ":");
    minutes = digits(r, 2);
    r->good &= hours < 24 && minutes < 60;
    return (is_west ? -1 : 1) * (hours * INT64_C(60) + minutes) * 60 * 1000000;
}

static int64_t time_of_day(struct reader *r)
{
    int hour = digits(r, 2);
    int minute;
    int second;
    int64_t us;

    need(r, ":");
    minute = digits(r, 2);
    need(r, ":");
    second = digits(r, 2);
    us = take(r, ".") ? fraction(r) : 0;
    r->good &= hour < 24 && minute < 60 && second <= 60; /* 60: a leap second */
    us += ((hour * INT64_C(60) + minute) * 60 + second) * 1000000;
    return us - offset_us(r);
}

enum cql_granularity cql_read_instant(struct im_bytes text, struct cql_span *out)
{
    struct reader r = {text, 0, true};
    int year = digits(&r, 4);
    int month;
    int day;

    need(&r, "-");
    month = digits(&r, 2);
    need(&r, "-");
    day = digits(&r, 2);
    if (!r.good || !is_date(year, month, day))
        return CQL_NO_INSTANT;
    out->from = days_of(year, month, day) * CQL_DAY_US;
    out->to = out->from + CQL_DAY_US - 1;
    if (r.at == text.len)
        return CQL_IS_DATE;
    need(&r, "Tt ");
    out->from += time_of_day(&r);
    out->to = out->from;
    /* a zone may lead out of the years that can be written */
    if (out->from < days_of(0, 1, 1) * CQL_DAY_US ||
        out->from >= days_of(10000, 1, 1) * CQL_DAY_US)
        return CQL_NO_INSTANT;
    return r.good && r.at == text.len ? CQL_IS_TIMESTAMP : CQL_NO_INSTANT;
}

struct cql_span cql_year_span(int64_t year)
{
    return (struct cql_span){days_of(year, 1, 1) * CQL_DAY_US,
                             days_of(year + 1, 1, 1) * CQL_DAY_US - 1};
}

static int64_t day_of(int64_t us)
{
    return us / CQL_DAY_US - (us % CQL_DAY_US < 0);
}

int64_t cql_year_of(int64_t us)
{
    int64_t year;
    int month;
    int day;

    date_of(day_of(us), &year, &month, &day);
    return year;
}

void cql_write_instant(enum cql_granularity what, int64_t us, struct im_buf *out)
{
    int64_t days = day_of(us);
    int64_t rest = us - days * CQL_DAY_US;
    int64_t year;
    int month;
    int day;

    date_of(days, &year, &month, &day);
    im_buf_printf(out, "%04" PRId64 "-%02d-%02d", year, month, day);
    if (what == CQL_IS_DATE)
        return;
    im_buf_printf(out, "T%02d:%02d:%02d", (int)(rest / 3600000000),
                  (int)(rest / 60000000 % 60), (int)(rest / 1000000 % 60));
    rest %= 1000000;
    if (rest) {
        char part[16];
        int len = snprintf(part, sizeof part, ".%06d", (int)rest);

        while (part[len - 1] == '0')
            len--;
        im_buf_append(out, part, (size_t)len);
    }
    im_buf_byte(out, 'Z');
}
