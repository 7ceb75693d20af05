/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles on a disk: a second cache behind the one in memory, which survives a restart.
 * It may be lost, damaged, full or shared with another process at any time; the worst
 * that happens is that a tile is drawn again. For workers: it reads and writes files.
 */
#ifndef WEB_DISK_CACHE_H
#define WEB_DISK_CACHE_H

#include "body_cache.h"

struct disk_cache;

/**
 * `salt` is of all that bytes of tiles depend on and keys do not say: another one finds
 * nothing. Counts what is there in a thread of its own, which also keeps the files
 * under `max_bytes`. Errors: IM_EENV the folder cannot be made or written.
 */
IM_CHECKED enum im_code disk_cache_open(const char *directory,
                                        uint64_t max_bytes,
                                        uint64_t salt,
                                        struct disk_cache **out,
                                        struct im_error *err);
void disk_cache_close(struct disk_cache *cache); /* NULL is fine */

/** A body whose bytes are those that were put, or NULL. A file that is not whole or not
 *  true is taken away. */
struct body *disk_cache_get(struct disk_cache *cache, struct body_key key);
/** `body->content_type` is one of those of tiles; others are not kept. A disk that is
 *  full or read-only turns the cache off, with one line in the log. */
void disk_cache_put(struct disk_cache *cache, struct body_key key, struct body *body);
/** Waits until the files have been counted and are under the limit: for tests. */
void disk_cache_settle(struct disk_cache *cache);

struct disk_cache_counts {
    uint64_t hits;
    uint64_t misses;
    uint64_t written;
    uint64_t evicted;
    uint64_t healed; /* damaged or foreign files that were taken away */
    uint64_t bytes;
    uint64_t max_bytes;
    bool is_off;
};
struct disk_cache_counts disk_cache_count(struct disk_cache *cache);
/** After a failure it is off; once a minute this is done by itself. */
void disk_cache_try_again(struct disk_cache *cache);

#endif
