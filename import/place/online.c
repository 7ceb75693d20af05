/* SPDX-License-Identifier: Apache-2.0 */
/* The online geocoder: what is kept, how often is asked. */
#include "online_internal.h"

#include <layers/sql.h>

#include <stdlib.h>
#include <time.h>

enum {
    MIN_INTERVAL_MS = 200, /* 5 a second */
    MAX_FAILURES = 3,      /* in a row */
    MIN_CHARACTERS = 2,
    MAX_CHARACTERS = 300
};
#define SERVICE_URL "https://api.tianditu.gov.cn/geocoder"

struct online {
    sqlite3 *db;
    struct online_http *http;
    struct online_clock clock;
    uint64_t next_ms;
    unsigned failures;
    struct im_error stopped; /* code IM_OK: not */
};

static uint64_t now_ms(void *ctx)
{
    struct timespec now;

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void wait_ms(void *ctx, uint64_t ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    (void)ctx;
    while (nanosleep(&left, &left) != 0)
        continue;
}

enum im_code online_open(sqlite3 *db, struct online **out, struct im_error *err)
{
    const char *key = getenv("INNOMAP_TIANDITU_KEY");
    const char *url = getenv("INNOMAP_TIANDITU_URL");
    struct online *online = NULL;
    enum im_code rc;

    if (!key || !*key) {
        im_fail(err, IM_EENV,
                "the online geocoder needs a key: set INNOMAP_TIANDITU_KEY (from "
                "console.tianditu.gov.cn, for servers), or leave out --online");
        return im_zh(err, IM_EENV,
                     "在线地理编码需要密钥：请设置 INNOMAP_TIANDITU_KEY（在 "
                     "console.tianditu.gov.cn 申请服务器端密钥），或不使用 --online");
    }
    online = calloc(1, sizeof *online);
    if (!online) {
        im_fail(err, IM_ENOMEM, "online geocoder: out of memory");
        return im_zh(err, IM_ENOMEM, "在线地理编码：内存不足");
    }
    online->db = db;
    online->clock = (struct online_clock){now_ms, wait_ms, NULL};
    rc = online_http_new(url && *url ? url : SERVICE_URL, key, &online->http, err);
    if (rc == IM_OK)
        rc = sql_exec(db,
                      "CREATE TABLE IF NOT EXISTS innomap_geocodes ("
                      "service TEXT NOT NULL, query TEXT NOT NULL, "
                      "found INTEGER NOT NULL, lon REAL, lat REAL, "
                      "level TEXT NOT NULL, score REAL NOT NULL, "
                      "matched TEXT NOT NULL, retrieved_on TEXT NOT NULL, "
                      "PRIMARY KEY (service, query)) WITHOUT ROWID",
                      err);
    if (rc != IM_OK) {
        online_free(online);
        return rc;
    }
    *out = online;
    return IM_OK;
}

void online_free(struct online *online)
{
    if (!online)
        return;
    online_http_free(online->http);
    free(online);
}

void online_set_clock(struct online *online, const struct online_clock *clock)
{
    online->clock = *clock;
}

void online_set_timeout(struct online *online, long ms)
{
    online_http_set_timeout(online->http, ms);
}

/* ---- what is kept ---- */

static void copy_column(char *out, size_t size, sqlite3_stmt *stmt, int column)
{
    const char *text = sql_text(stmt, column);
    size_t len = im_utf8_cut(text, size - 1);

    memcpy(out, text, len);
    out[len] = '\0';
}

static enum im_code recall(struct online *online,
                           struct im_bytes query,
                           bool *known,
                           struct online_found *found,
                           struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = sql_prepare(
        online->db, &stmt, err,
        "SELECT found, lon, lat, level, score, matched FROM innomap_geocodes "
        "WHERE service = 'tianditu' AND query = ?1");

    *known = false;
    if (rc == IM_OK) {
        sqlite3_bind_text(stmt, 1, (const char *)query.data, (int)query.len,
                          SQLITE_STATIC);
        rc = sql_step(stmt, known, err);
    }
    if (rc == IM_OK && *known) {
        found->found = sqlite3_column_int(stmt, 0) != 0;
        found->lon = sqlite3_column_double(stmt, 1);
        found->lat = sqlite3_column_double(stmt, 2);
        copy_column(found->level, sizeof found->level, stmt, 3);
        found->score = sqlite3_column_double(stmt, 4);
        copy_column(found->matched, sizeof found->matched, stmt, 5);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code remember(struct online *online,
                             struct im_bytes query,
                             const struct online_found *found,
                             struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = sql_prepare(
        online->db, &stmt, err,
        "INSERT OR REPLACE INTO innomap_geocodes VALUES "
        "('tianditu', ?1, ?2, ?3, ?4, ?5, ?6, ?7, strftime('%%Y-%%m-%%d', 'now'))");

    if (rc != IM_OK)
        return rc;
    sqlite3_bind_text(stmt, 1, (const char *)query.data, (int)query.len, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 2, found->found);
    if (found->found) {
        sqlite3_bind_double(stmt, 3, found->lon);
        sqlite3_bind_double(stmt, 4, found->lat);
    }
    sql_bind_text(stmt, 5, found->level);
    sqlite3_bind_double(stmt, 6, found->score);
    sql_bind_text(stmt, 7, found->matched);
    rc = sql_run(stmt, err);
    sqlite3_finalize(stmt);
    return rc;
}

/* ---- asking ---- */

static void keep_to_rate(struct online *online)
{
    const struct online_clock *clock = &online->clock;
    uint64_t now = clock->now_ms(clock->ctx);

    if (now < online->next_ms) {
        clock->wait_ms(clock->ctx, online->next_ms - now);
        now = clock->now_ms(clock->ctx);
    }
    online->next_ms = now + MIN_INTERVAL_MS;
}

static enum im_code fail_quota(long status, const char *remark, struct im_error *err)
{
    im_fail(
        err, IM_ELIMIT,
        "online geocoder: the day's quota of the key is used up or requests come too "
        "fast (HTTP %ld%s%s); import again tomorrow, what was found is kept",
        status, *remark ? ", " : "", remark);
    return im_zh(err, IM_ELIMIT,
                 "在线地理编码：密钥当日配额已用完或请求过于频繁（HTTP "
                 "%ld%s%s）；请明日再导入，已查到的结果会保留",
                 status, *remark ? "，" : "", remark);
}

static enum im_code fail_key(long status, const char *remark, struct im_error *err)
{
    im_fail(err, IM_EENV,
            "online geocoder: the service refuses the key (HTTP %ld%s%s); check "
            "INNOMAP_TIANDITU_KEY: it has to be a key for servers",
            status, *remark ? ", " : "", remark);
    return im_zh(err, IM_EENV,
                 "在线地理编码：服务拒绝该密钥（HTTP %ld%s%s）；请检查 "
                 "INNOMAP_TIANDITU_KEY，应为服务器端密钥",
                 status, *remark ? "，" : "", remark);
}

/* An answer that was well formed may be about this address only: IM_EDATA. */
static enum im_code fail_service(long status, const char *remark, struct im_error *err)
{
    enum im_code code = status == 200 ? IM_EDATA : IM_EIO;

    im_fail(err, code,
            "online geocoder: the service failed (HTTP %ld%s%s); try later, or leave "
            "out --online",
            status, *remark ? ", " : "", remark);
    return im_zh(
        err, code,
        "在线地理编码：服务出错（HTTP %ld%s%s）；请稍后再试，或不使用 --online", status,
        *remark ? "，" : "", remark);
}

static bool has_any(const char *text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

/* Refusals are not documented: 403 and 418 were seen for keys of the wrong kind or with
 * spaces, 418 and 429 for too many requests; the remark tells where there is one. */
static enum im_code fail_answer(long status, const char *remark, struct im_error *err)
{
    static const char *const quota[] = {"配额", "超限", "超过",  "超出",
                                        "频繁", "上限", "quota", NULL};
    static const char *const key[] = {"key",  "Key",  "KEY", "密钥",
                                      "权限", "授权", NULL};

    if (status == 429 || has_any(remark, quota))
        return fail_quota(status, remark, err);
    if (status == 401 || status == 403 || has_any(remark, key))
        return fail_key(status, remark, err);
    return status == 418 ? fail_quota(status, remark, err)
                         : fail_service(status, remark, err);
}

static enum im_code ask(struct online *online,
                        struct im_bytes query,
                        struct online_found *found,
                        struct im_error *err)
{
    struct im_buf body = {.max = ONLINE_MAX_ANSWER};
    char remark[128] = "";
    long status = 0;
    enum im_code rc;

    keep_to_rate(online);
    rc = online_http_get(online->http, query, &status, &body, err);
    if (rc == IM_OK) {
        rc = online_answer_parse(im_buf_bytes(&body), found, remark, err);
        if (online_http_is_secret(online->http, remark))
            remark[0] = '\0';
        if (status != 200 || rc == IM_EDATA)
            rc = fail_answer(status, remark, err);
    }
    im_buf_release(&body);
    return rc;
}

/* A key that is refused or used up stays so, and a network that is down too: each row
 * of a file would wait for it. */
static void
note_outcome(struct online *online, enum im_code rc, const struct im_error *err)
{
    if (rc == IM_OK || rc == IM_EDATA)
        online->failures = 0;
    else if (rc == IM_ELIMIT || rc == IM_EENV || ++online->failures >= MAX_FAILURES)
        online->stopped = *err;
}

static struct im_bytes trim(struct im_bytes text)
{
    while (text.len && text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    while (text.len && text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

static bool is_askable(struct im_bytes text)
{
    size_t n = 0;

    if (!im_utf8_valid(text) ||
        memchr(text.data ? text.data : (const void *)"", '\0', text.len))
        return false;
    for (size_t i = 0; i < text.len && n <= MAX_CHARACTERS; n++)
        im_utf8_next(text, &i);
    return n >= MIN_CHARACTERS && n <= MAX_CHARACTERS;
}

static enum im_code refuse(struct im_bytes text, struct im_error *err)
{
    int n = (int)(text.len < 60 ? text.len : 60);

    im_fail(err, IM_EARG,
            "the online geocoder takes addresses of %d to %d characters, not '%.*s'",
            MIN_CHARACTERS, MAX_CHARACTERS, n, (const char *)text.data);
    return im_zh(err, IM_EARG, "在线地理编码只接受 %d 至 %d 个字符的地址，收到“%.*s”",
                 MIN_CHARACTERS, MAX_CHARACTERS, n, (const char *)text.data);
}

static enum im_code answer(const struct online_found *found,
                           struct im_arena *arena,
                           struct online_answer *out,
                           struct im_error *err)
{
    const char *precision =
        found->found ? online_precision(found->level, found->score) : NULL;
    const char *matched = im_arena_strdup(arena, im_bytes_of(found->matched));

    if (!matched) {
        im_fail(err, IM_ENOMEM, "online geocoder: out of memory");
        return im_zh(err, IM_ENOMEM, "在线地理编码：内存不足");
    }
    *out = (struct online_answer){.precision = "", .matched = ""};
    if (precision)
        *out = (struct online_answer){true, found->lon, found->lat, precision, matched};
    return IM_OK;
}

enum im_code online_find(struct online *online,
                         struct im_bytes address,
                         struct im_arena *arena,
                         struct online_answer *out,
                         struct im_error *err)
{
    struct im_bytes query = trim(address);
    struct online_found found = {.score = -1};
    struct im_error failure = {0};
    bool known = false;
    enum im_code rc;

    if (!is_askable(query))
        return refuse(query, err);
    rc = recall(online, query, &known, &found, err);
    if (rc != IM_OK)
        return rc;
    if (!known) {
        if (online->stopped.code != IM_OK) {
            if (err)
                *err = online->stopped;
            return online->stopped.code;
        }
        rc = ask(online, query, &found, &failure);
        note_outcome(online, rc, &failure);
        if (rc != IM_OK) {
            if (err)
                *err = failure;
            return rc;
        }
        rc = remember(online, query, &found, err);
        if (rc != IM_OK)
            return rc;
    }
    return answer(&found, arena, out, err);
}
