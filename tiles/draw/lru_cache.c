/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded cache of blobs: hash chains, and a ring in the order of use. */
#include "lru_cache.h"

#include <stdalign.h>

struct entry {
    struct entry *next; /* of its chain */
    struct entry *newer;
    struct entry *older;
    uint64_t hash;
    size_t key_len;
    size_t bytes; /* of the whole allocation */
    /* the payload, then the key */
    alignas(max_align_t) uint8_t data[];
};

struct lru_cache {
    struct entry **chains;
    size_t n_chains; /* a power of two */
    size_t n_entries;
    size_t bytes;
    size_t max;
    struct entry *newest;
    struct entry *oldest;
};

enum { FIRST_CHAINS = 256 };

struct lru_cache *lru_cache_new(size_t max_bytes)
{
    struct lru_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->chains = calloc(FIRST_CHAINS, sizeof *cache->chains);
    if (!cache->chains) {
        free(cache);
        return NULL;
    }
    cache->n_chains = FIRST_CHAINS;
    cache->max = max_bytes;
    return cache;
}

void lru_cache_free(struct lru_cache *cache)
{
    if (!cache)
        return;
    for (struct entry *e = cache->newest; e;) {
        struct entry *older = e->older;

        free(e);
        e = older;
    }
    free(cache->chains);
    free(cache);
}

size_t lru_cache_bytes(const struct lru_cache *cache)
{
    return cache->bytes;
}

/* FNV-1a: keys are a few dozen bytes */
static uint64_t hash_of(const uint8_t *key, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ key[i]) * 0x100000001b3u;
    return h ^ (h >> 32);
}

static struct entry **chain_of(const struct lru_cache *cache, uint64_t hash)
{
    return &cache->chains[hash & (cache->n_chains - 1)];
}

static const uint8_t *key_of(const struct entry *e)
{
    return (const uint8_t *)e + e->bytes - e->key_len;
}

static void unlink_use(struct lru_cache *cache, struct entry *e)
{
    *(e->newer ? &e->newer->older : &cache->newest) = e->older;
    *(e->older ? &e->older->newer : &cache->oldest) = e->newer;
}

static void link_newest(struct lru_cache *cache, struct entry *e)
{
    e->newer = NULL;
    e->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = e;
    cache->newest = e;
}

void *lru_cache_find(struct lru_cache *cache, const void *key, size_t key_len)
{
    uint64_t hash = hash_of(key, key_len);

    for (struct entry *e = *chain_of(cache, hash); e; e = e->next)
        if (e->hash == hash && e->key_len == key_len &&
            memcmp(key_of(e), key, key_len) == 0) {
            if (e != cache->newest) {
                unlink_use(cache, e);
                link_newest(cache, e);
            }
            return e->data;
        }
    return NULL;
}

static void drop_oldest(struct lru_cache *cache)
{
    struct entry *e = cache->oldest;
    struct entry **link = chain_of(cache, e->hash);

    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    unlink_use(cache, e);
    cache->bytes -= e->bytes;
    cache->n_entries--;
    free(e);
}

/** Twice as many chains; without memory the chains just stay longer. */
static void grow(struct lru_cache *cache)
{
    size_t n = cache->n_chains * 2;
    struct entry **chains = calloc(n, sizeof *chains);

    if (!chains)
        return;
    free(cache->chains);
    cache->chains = chains;
    cache->n_chains = n;
    for (struct entry *e = cache->newest; e; e = e->older) {
        struct entry **chain = chain_of(cache, e->hash);

        e->next = *chain;
        *chain = e;
    }
}

void *
lru_cache_add(struct lru_cache *cache, const void *key, size_t key_len, size_t size)
{
    size_t bytes;

    if (!im_size_add(sizeof(struct entry) + key_len, size, &bytes))
        return NULL;
    struct entry *e = malloc(bytes);
    if (!e)
        return NULL;
    *e = (struct entry){
        .hash = hash_of(key, key_len), .key_len = key_len, .bytes = bytes};
    memcpy((uint8_t *)e + bytes - key_len, key, key_len);
    while (cache->oldest && cache->bytes + bytes > cache->max)
        drop_oldest(cache);
    if (cache->n_entries >= cache->n_chains)
        grow(cache);
    struct entry **chain = chain_of(cache, e->hash);
    e->next = *chain;
    *chain = e;
    link_newest(cache, e);
    cache->bytes += bytes;
    cache->n_entries++;
    return e->data;
}
