/* SPDX-License-Identifier: Apache-2.0 */
/* Finished answers in memory: bounded in bytes, kept by how often they are asked for
 * and what it cost to make them. */
#ifndef WEB_BODY_CACHE_H
#define WEB_BODY_CACHE_H

#include "body.h"

/** What it is, and in which version. Equal keys mean equal bytes for ever; a new
 *  version of the same thing takes the place of the one before. */
struct body_key {
    uint64_t version;
    uint64_t what;
};

struct body_cache;

/** NULL when memory runs out. An entry over a sixteenth of `max_bytes` is not kept. */
struct body_cache *body_cache_new(size_t max_bytes);
void body_cache_free(struct body_cache *cache); /* NULL is fine */

/** A new reference, or NULL when it is not there. */
struct body *body_cache_get(struct body_cache *cache, struct body_key key);
/** The same by whoever is about to make it: that was counted before. */
struct body *body_cache_peek(struct body_cache *cache, struct body_key key);
/**
 * Keep a reference of its own, perhaps: what is asked for seldom does not push out what
 * is asked for often. An entry that is there already stays. `cost_us` is what it took
 * to make; the second form has a millisecond.
 */
void body_cache_put_cost(struct body_cache *cache,
                         struct body_key key,
                         struct body *body,
                         uint64_t cost_us);
void body_cache_put(struct body_cache *cache, struct body_key key, struct body *body);
/**
 * A reference to a body of the same bytes and type that was handed in before, else to
 * this one, which is given back: tiles of one colour are there once. For small bodies;
 * the others come back as they are.
 */
struct body *body_cache_share(struct body_cache *cache, struct body *body);
/** There are new data: what is found from now on that was put before is counted as
 *  kept. `number` rises. */
void body_cache_data(struct body_cache *cache, uint64_t number);

struct body_cache_counts {
    uint64_t hits;
    uint64_t misses;
    uint64_t admitted;
    uint64_t rejected; /* not worth what would have had to go */
    uint64_t evicted;
    uint64_t kept;    /* over a change of data */
    uint64_t dropped; /* replaced by another version */
    uint64_t shared;  /* bodies that were there already */
    size_t entries;
    size_t bytes;
    size_t max_bytes;
};
struct body_cache_counts body_cache_count(struct body_cache *cache);

#endif
