/* SPDX-License-Identifier: Apache-2.0 */
/* The online geocoder: 天地图, off unless asked for.
 * http://lbs.tianditu.gov.cn/server/geocodinginterface.html */
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
 * INNOMAP_TIANDITU_URL (for tests; its default is the official one). Answers, also
 * "nothing found", are kept in `db` (table innomap_geocodes, made when missing), one a
 * query. IM_EENV without a key.
 */
IM_CHECKED enum im_code
online_open(sqlite3 *db, struct online **out, struct im_error *err);
void online_free(struct online *online);
/** At most 5 requests a second, 10 s each, answers of 64 KiB; the key is never in a
 *  message. IM_EIO the network or the service failed; IM_ELIMIT quota or rate. */
IM_CHECKED enum im_code online_find(struct online *online,
                                    struct im_bytes address,
                                    struct im_arena *arena,
                                    struct online_answer *out,
                                    struct im_error *err);

#endif
