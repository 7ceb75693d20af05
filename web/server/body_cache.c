/* SPDX-License-Identifier: Apache-2.0 */
/* Finished answers in memory. Eight shards, each with its own lock, hash table and list
 * from most to least recently used; a shard holds an eighth of the bytes. */
#include "body_cache.h"

#include <pthread.h>
#include <xxhash.h>

enum { SHARDS = 8, FIRST_BUCKETS = 256, ENTRY_COST = 96 };

struct entry {
    struct entry *chain; /* next in the bucket */
    struct entry *newer;
    struct entry *older;
    struct body_key key;
    struct body *body;
    size_t cost;
};

struct shard {
    pthread_mutex_t mutex;
    struct entry **buckets;
    size_t n_buckets; /* a power of two */
    struct entry *newest;
    struct entry *oldest;
    struct body_cache_counts counts;
};

struct body_cache {
    struct shard shards[SHARDS];
};

static uint64_t hash_of(struct body_key key)
{
    return XXH3_64bits(&key, sizeof key);
}

struct body_cache *body_cache_new(size_t max_bytes)
{
    struct body_cache *cache = calloc(1, sizeof *cache);

    for (int i = 0; cache && i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];

        pthread_mutex_init(&s->mutex, NULL);
        s->counts.max_bytes = max_bytes / SHARDS;
        s->n_buckets = FIRST_BUCKETS;
        s->buckets = calloc(s->n_buckets, sizeof(struct entry *));
        if (!s->buckets) {
            body_cache_free(cache);
            return NULL;
        }
    }
    return cache;
}

void body_cache_free(struct body_cache *cache)
{
    if (!cache)
        return;
    for (int i = 0; i < SHARDS; i++) {
        struct entry *e = cache->shards[i].newest;

        while (e) {
            struct entry *older = e->older;

            body_unref(e->body);
            free(e);
            e = older;
        }
        free(cache->shards[i].buckets);
        pthread_mutex_destroy(&cache->shards[i].mutex);
    }
    free(cache);
}

static struct entry **bucket_of(struct shard *s, uint64_t hash)
{
    return &s->buckets[(hash >> 3) & (s->n_buckets - 1)];
}

static struct entry *find(struct shard *s, uint64_t hash, struct body_key key)
{
    struct entry *e = *bucket_of(s, hash);

    while (e && (e->key.version != key.version || e->key.what != key.what))
        e = e->chain;
    return e;
}

static void unlink_used(struct shard *s, struct entry *e)
{
    if (e->newer)
        e->newer->older = e->older;
    else
        s->newest = e->older;
    if (e->older)
        e->older->newer = e->newer;
    else
        s->oldest = e->newer;
}

static void link_newest(struct shard *s, struct entry *e)
{
    e->newer = NULL;
    e->older = s->newest;
    if (s->newest)
        s->newest->newer = e;
    else
        s->oldest = e;
    s->newest = e;
}

struct body *body_cache_get(struct body_cache *cache, struct body_key key)
{
    uint64_t hash = hash_of(key);
    struct shard *s = &cache->shards[hash % SHARDS];
    struct body *body = NULL;

    pthread_mutex_lock(&s->mutex);
    struct entry *e = find(s, hash, key);
    if (e) {
        body = body_ref(e->body);
        s->counts.hits++;
        if (s->newest != e) {
            unlink_used(s, e);
            link_newest(s, e);
        }
    } else {
        s->counts.misses++;
    }
    pthread_mutex_unlock(&s->mutex);
    return body;
}

static void evict_oldest(struct shard *s)
{
    struct entry *e = s->oldest;
    struct entry **slot = bucket_of(s, hash_of(e->key));

    while (*slot != e)
        slot = &(*slot)->chain;
    *slot = e->chain;
    unlink_used(s, e);
    s->counts.bytes -= e->cost;
    s->counts.entries--;
    s->counts.evicted++;
    body_unref(e->body); /* those who are sending it hold their own reference */
    free(e);
}

/* At most one entry a bucket on average; without memory the chains get longer. */
static void grow(struct shard *s)
{
    size_t n = s->n_buckets * 2;
    struct entry **buckets;

    if (s->counts.entries < s->n_buckets)
        return;
    buckets = calloc(n, sizeof(struct entry *));
    if (!buckets)
        return;
    free(s->buckets);
    s->buckets = buckets;
    s->n_buckets = n;
    for (struct entry *e = s->newest; e; e = e->older) {
        struct entry **slot = bucket_of(s, hash_of(e->key));

        e->chain = *slot;
        *slot = e;
    }
}

static void insert(struct shard *s, uint64_t hash, struct entry *e)
{
    struct entry **slot;

    grow(s);
    slot = bucket_of(s, hash);
    e->chain = *slot;
    *slot = e;
    link_newest(s, e);
    s->counts.bytes += e->cost;
    s->counts.entries++;
    while (s->counts.bytes > s->counts.max_bytes)
        evict_oldest(s);
}

void body_cache_put(struct body_cache *cache, struct body_key key, struct body *body)
{
    uint64_t hash = hash_of(key);
    struct shard *s = &cache->shards[hash % SHARDS];
    size_t cost = body_cost(body) + ENTRY_COST;
    struct entry *e = cost <= s->counts.max_bytes ? malloc(sizeof *e) : NULL;

    if (!e)
        return; /* a cache that cannot keep something is still right */
    *e = (struct entry){.key = key, .body = body_ref(body), .cost = cost};
    pthread_mutex_lock(&s->mutex);
    if (!find(s, hash, key)) {
        insert(s, hash, e);
        e = NULL;
    }
    pthread_mutex_unlock(&s->mutex);
    if (e) {
        body_unref(e->body);
        free(e);
    }
}

struct body_cache_counts body_cache_count(struct body_cache *cache)
{
    struct body_cache_counts sum = {0};

    for (int i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];

        pthread_mutex_lock(&s->mutex);
        sum.hits += s->counts.hits;
        sum.misses += s->counts.misses;
        sum.evicted += s->counts.evicted;
        sum.entries += s->counts.entries;
        sum.bytes += s->counts.bytes;
        sum.max_bytes += s->counts.max_bytes;
        pthread_mutex_unlock(&s->mutex);
    }
    return sum;
}
