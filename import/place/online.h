/* SPDX-License-Identifier: Apache-2.0 */
/* The online geocoder: 天地图, off unless asked for.
 * http://lbs.tianditu.gov.cn/server/geocodinginterface.html
 *
 *   online.c         what is kept, how often is asked
 *   online_http.c    one request over libcurl
 *   online_answer.c  what an answer says and is worth
 */
#ifndef IMPORT_ONLINE_H
#define IMPORT_ONLINE_H

#include <engine/arena.h>

#include <sqlite3.h>

struct online;

struct online_answer {
    bool found;
    double lon; /* CGCS2000, which is EPSG:4326 here */
    double lat;
    const char *precision; /* by the service's level and score */
    const char *matched;   /* what the service says it found; in the caller's arena */
};

/**
 * Key from the environment INNOMAP_TIANDITU_KEY, address of the service from
 * INNOMAP_TIANDITU_URL (for tests and mirrors; http or https, its default is the
 * official one over https). Answers, also "nothing found", are kept in `db` (table
 * innomap_geocodes, made when missing) with the day they were given, one a query; they
 * are part of the transaction that `db` is in. IM_EENV without a key or with an address
 * that is none.
 */
IM_CHECKED enum im_code
online_open(sqlite3 *db, struct online **out, struct im_error *err);
void online_free(struct online *online); /* NULL is fine */
/**
 * At most 5 requests a second, 10 s each, answers of 64 KiB; redirects are not
 * followed; the key is never in a message. Errors: IM_EARG the address is no text of 2
 * to 300 characters; IM_EIO the network or the service failed; IM_ELIMIT quota; IM_EENV
 * the key is refused. After one of the last two, or three failures in a row, the same
 * error comes at once and nothing is asked any more.
 */
IM_CHECKED enum im_code online_find(struct online *online,
                                    struct im_bytes address,
                                    struct im_arena *arena,
                                    struct online_answer *out,
                                    struct im_error *err);

/** Time, for tests: `now_ms` never goes back, `wait_ms` lets so much of it pass. */
struct online_clock {
    uint64_t (*now_ms)(void *ctx);
    void (*wait_ms)(void *ctx, uint64_t ms);
    void *ctx;
};
void online_set_clock(struct online *online, const struct online_clock *clock);
void online_set_timeout(struct online *online, long ms);

#endif
