/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded cache of blobs: the least recently used go. One thread. */
#ifndef TILES_DRAW_LRU_CACHE_H
#define TILES_DRAW_LRU_CACHE_H

#include <engine/bytes.h>

struct lru_cache;
/** NULL when memory runs out. */
struct lru_cache *lru_cache_new(size_t max_bytes);
void lru_cache_free(struct lru_cache *cache); /* NULL is fine */
/** The payload of a key, now the most recently used; NULL when it is not there. Valid
 *  until the next lru_cache_add. */
void *lru_cache_find(struct lru_cache *cache, const void *key, size_t key_len);
/** Room for a payload of a key that is not there yet, aligned for any type. The newest
 *  entry is always kept, also when it alone is over the maximum. NULL: out of memory.
 */
void *
lru_cache_add(struct lru_cache *cache, const void *key, size_t key_len, size_t size);
/** Bytes held, with keys and book-keeping. */
size_t lru_cache_bytes(const struct lru_cache *cache);

#endif
