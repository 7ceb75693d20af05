/* SPDX-License-Identifier: Apache-2.0 */
/* Finished answers in memory: bounded in bytes, least recently used goes first. */
#ifndef WEB_BODY_CACHE_H
#define WEB_BODY_CACHE_H

#include "body.h"

/** A version and what it is the version of; equal keys mean equal bytes for ever, so
 *  nothing is ever taken out by name: what is out of date is no longer asked for. */
struct body_key {
    uint64_t version;
    uint64_t what;
};

struct body_cache;

/** NULL when memory runs out. An entry over an eighth of `max_bytes` is not kept. */
struct body_cache *body_cache_new(size_t max_bytes);
void body_cache_free(struct body_cache *cache); /* NULL is fine */

/** A new reference, or NULL when it is not there. */
struct body *body_cache_get(struct body_cache *cache, struct body_key key);
/** Keep a reference of its own. An entry that is there already stays. */
void body_cache_put(struct body_cache *cache, struct body_key key, struct body *body);

struct body_cache_counts {
    uint64_t hits;
    uint64_t misses;
    uint64_t evicted;
    size_t entries;
    size_t bytes;
    size_t max_bytes;
};
struct body_cache_counts body_cache_count(struct body_cache *cache);

#endif
