/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the online geocoder, not by anyone else. */
#ifndef IMPORT_ONLINE_INTERNAL_H
#define IMPORT_ONLINE_INTERNAL_H

#include "online.h"

enum { ONLINE_MAX_ANSWER = 64 << 10 };

/* ---- online_http.c ---- */

struct online_http;

/** `base` without a query; `key` is copied and wiped when freed. */
IM_CHECKED enum im_code online_http_new(const char *base,
                                        const char *key,
                                        struct online_http **out,
                                        struct im_error *err);
void online_http_free(struct online_http *http); /* NULL is fine */
void online_http_set_timeout(struct online_http *http, long ms);
/** GET base?ds={"keyWord":"..."}&tk=KEY. *status of HTTP, the body is appended. */
IM_CHECKED enum im_code online_http_get(struct online_http *http,
                                        struct im_bytes query,
                                        long *status,
                                        struct im_buf *body,
                                        struct im_error *err);
/** Does the text hold the key? Then it goes into no message. */
bool online_http_is_secret(const struct online_http *http, const char *text);

/* ---- online_answer.c ---- */

struct online_found {
    bool found;
    double lon;
    double lat;
    char level[64]; /* as the service says: 门址, 兴趣点 ... */
    double score;   /* 0..100; -1 when it does not say */
    char matched[256];
};
/**
 * {"msg":"ok","location":{"score":100,"level":"门址","lon":"116.29","lat":"39.89",
 * "keyWord":"..."},"status":"0"}; numbers come with and without quotes, status 101 is
 * nothing found. IM_EIO: not such an answer; IM_EDATA: it says that it failed, `remark`
 * in its own words ("" none).
 */
IM_CHECKED enum im_code online_answer_parse(struct im_bytes body,
                                            struct online_found *out,
                                            char remark[128],
                                            struct im_error *err);
/** site, park, town, district, city; NULL when it is worth nothing (a province). */
const char *online_precision(const char *level, double score);

#endif
