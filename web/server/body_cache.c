/* SPDX-License-Identifier: Apache-2.0 */
/* Finished answers in memory, by W-TinyLFU: Einziger, Friedman, Manes, "TinyLFU: A
 * Highly Efficient Cache Admission Policy", ACM Transactions on Storage 13(4), 2017;
 * for bodies of many sizes with "aggregated victims": Einziger, Eytan, Friedman, Manes,
 * "Lightweight Robust Size Aware Cache Management", ACM Transactions on Storage 18(3),
 * 2022.
 *
 * What is new goes into a window (1/64 of the bytes, least recently used goes). What
 * falls out of it has to be worth more than those that would have to make room for it
 * in the main part (the least worth of the 16 that were asked for longest ago), where
 * the worth of a body is how often it was asked for lately times what it took to make.
 * So a scan over tiles that nobody asks for twice passes through the window and leaves
 * the rest alone. The main part is a list of bodies on probation and one of those that
 * were asked for again (80 %).
 *
 * How often is told by a count-min sketch of 4 bit counters, halved when it has counted
 * much. 16 shards by key, each with its own lock, which is held for some list moves;
 * tables have their final size from the beginning and bodies are freed after it was
 * given back, so nobody waits long. */
#include "body_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <xxhash.h>

enum {
    SHARDS = 16,
    MIN_BUCKETS = 64,
    MAX_BUCKETS = 65536,
    BYTES_PER_BUCKET = 2048, /* about what an answer has */
    ENTRY_COST = 128,
    WINDOW_SHARE = 64,
    VICTIMS = 16,
    PROTECTED_PERCENT = 80,
    SKETCH_ROWS = 4,
    COUNTER_MAX = 15,
    DEFAULT_COST_US = 1000,
    MAX_COST_US = 10 * 1000 * 1000,
    SHARED_SLOTS = 1024,
    SHARED_MAX_BYTES = 1024
};

enum part { WINDOW, PROBATION, PROTECTED, PARTS };

struct entry {
    struct entry *chain; /* next in the bucket; of entries taken out: next of them */
    struct entry *newer;
    struct entry *older;
    struct body_key key;
    struct body *body;
    uint32_t cost_us;
    uint32_t bytes;
    uint64_t data; /* number of the data it was found with last */
    enum part part;
};

struct list {
    struct entry *newest;
    struct entry *oldest;
    size_t bytes;
};

struct shard {
    pthread_mutex_t mutex;
    struct entry **buckets;
    size_t n_buckets; /* a power of two */
    struct list parts[PARTS];
    uint8_t *sketch;   /* SKETCH_ROWS times n_counters / 2 bytes */
    size_t n_counters; /* a row; a power of two */
    size_t n_counted;
    struct body_cache_counts counts;
};

struct body_cache {
    atomic_uint_fast64_t data;
    struct shard shards[SHARDS];
    pthread_mutex_t sharing; /* guards what follows */
    struct body *shared[SHARED_SLOTS];
    size_t shared_bytes;
    uint64_t n_shared;
};

/* The name alone: another version of the same thing has to be found to be replaced. */
static uint64_t hash_of(struct body_key key)
{
    return XXH3_64bits(&key.what, sizeof key.what);
}

static struct shard *shard_of(struct body_cache *cache, uint64_t hash)
{
    return &cache->shards[hash % SHARDS];
}

static bool shard_init(struct shard *s, size_t max_bytes)
{
    size_t n = MIN_BUCKETS;

    while (n < MAX_BUCKETS && n < max_bytes / BYTES_PER_BUCKET)
        n *= 2;
    pthread_mutex_init(&s->mutex, NULL);
    s->counts.max_bytes = max_bytes;
    s->n_buckets = n;
    s->buckets = calloc(n, sizeof(struct entry *));
    s->n_counters = 8 * n;
    s->sketch = calloc(SKETCH_ROWS, s->n_counters / 2);
    return s->buckets && s->sketch;
}

struct body_cache *body_cache_new(size_t max_bytes)
{
    struct body_cache *cache = calloc(1, sizeof *cache);
    bool ok = cache != NULL;

    if (!ok)
        return NULL;
    pthread_mutex_init(&cache->sharing, NULL);
    for (int i = 0; i < SHARDS; i++)
        ok = shard_init(&cache->shards[i], max_bytes / SHARDS) && ok;
    if (ok)
        return cache;
    body_cache_free(cache);
    return NULL;
}

static void free_entries(struct entry *e)
{
    while (e) {
        struct entry *next = e->chain;

        body_unref(e->body); /* those who are sending it hold their own reference */
        free(e);
        e = next;
    }
}

void body_cache_free(struct body_cache *cache)
{
    if (!cache)
        return;
    for (int i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];

        for (size_t b = 0; s->buckets && b < s->n_buckets; b++)
            free_entries(s->buckets[b]);
        free(s->buckets);
        free(s->sketch);
        pthread_mutex_destroy(&s->mutex);
    }
    for (int i = 0; i < SHARED_SLOTS; i++)
        body_unref(cache->shared[i]);
    pthread_mutex_destroy(&cache->sharing);
    free(cache);
}

/* ---- how often ---- */

/* Four counters from one hash: (h1 + i h2), Kirsch and Mitzenmacher 2006. */
static uint8_t *
counter_of(const struct shard *s, uint64_t hash, unsigned row, unsigned *shift)
{
    uint64_t at = ((hash >> 8) + row * ((hash >> 32) | 1)) & (s->n_counters - 1);

    *shift = at & 1 ? 4 : 0;
    return &s->sketch[row * (s->n_counters / 2) + at / 2];
}

static unsigned frequency(const struct shard *s, uint64_t hash)
{
    unsigned least = COUNTER_MAX;

    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        unsigned shift;
        const uint8_t *counter = counter_of(s, hash, row, &shift);
        unsigned n = *counter >> shift & COUNTER_MAX;

        least = n < least ? n : least;
    }
    return least;
}

/* What was asked for long ago counts half. */
static void age(struct shard *s)
{
    size_t n = SKETCH_ROWS * (s->n_counters / 2);

    for (size_t i = 0; i < n; i++)
        s->sketch[i] = s->sketch[i] >> 1 & 0x77;
    s->n_counted /= 2;
}

static void count(struct shard *s, uint64_t hash)
{
    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        unsigned shift;
        uint8_t *at = counter_of(s, hash, row, &shift);

        if ((*at >> shift & COUNTER_MAX) < COUNTER_MAX)
            *at = (uint8_t)(*at + (1u << shift));
    }
    if (++s->n_counted >= 2 * s->n_counters)
        age(s);
}

static uint64_t worth(const struct shard *s, const struct entry *e)
{
    return (uint64_t)frequency(s, hash_of(e->key)) * e->cost_us;
}

/* ---- lists; all with the shard's mutex held ---- */

static struct entry **bucket_of(struct shard *s, uint64_t hash)
{
    return &s->buckets[(hash >> 4) & (s->n_buckets - 1)];
}

static struct entry *find(struct shard *s, uint64_t hash, uint64_t what)
{
    struct entry *e = *bucket_of(s, hash);

    while (e && e->key.what != what)
        e = e->chain;
    return e;
}

static void unlink_entry(struct shard *s, struct entry *e)
{
    struct list *l = &s->parts[e->part];

    if (e->newer)
        e->newer->older = e->older;
    else
        l->newest = e->older;
    if (e->older)
        e->older->newer = e->newer;
    else
        l->oldest = e->newer;
    l->bytes -= e->bytes;
}

static void link_newest(struct shard *s, struct entry *e, enum part part)
{
    struct list *l = &s->parts[part];

    e->part = part;
    e->newer = NULL;
    e->older = l->newest;
    if (l->newest)
        l->newest->newer = e;
    else
        l->oldest = e;
    l->newest = e;
    l->bytes += e->bytes;
}

static void move_to(struct shard *s, struct entry *e, enum part part)
{
    unlink_entry(s, e);
    link_newest(s, e, part);
}

/* Out of the table; the caller frees what is in *out without the lock. */
static void take_out(struct shard *s, struct entry *e, struct entry **out)
{
    struct entry **slot = bucket_of(s, hash_of(e->key));

    while (*slot != e)
        slot = &(*slot)->chain;
    *slot = e->chain;
    unlink_entry(s, e);
    s->counts.bytes -= e->bytes;
    s->counts.entries--;
    e->chain = *out;
    *out = e;
}

static void touch(struct shard *s, struct entry *e)
{
    size_t most = s->counts.max_bytes / 100 * PROTECTED_PERCENT;

    if (e->part != PROBATION) {
        if (s->parts[e->part].newest != e)
            move_to(s, e, e->part);
        return;
    }
    move_to(s, e, PROTECTED);
    while (s->parts[PROTECTED].bytes > most && s->parts[PROTECTED].oldest != e)
        move_to(s, s->parts[PROTECTED].oldest, PROBATION);
}

struct body *body_cache_get(struct body_cache *cache, struct body_key key)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(cache, hash);
    uint64_t data = atomic_load_explicit(&cache->data, memory_order_relaxed);
    struct body *body = NULL;

    pthread_mutex_lock(&s->mutex);
    struct entry *e = find(s, hash, key.what);
    count(s, hash);
    if (e && e->key.version == key.version) {
        body = body_ref(e->body);
        s->counts.hits++;
        s->counts.kept += e->data != data;
        e->data = data;
        touch(s, e);
    } else {
        s->counts.misses++;
    }
    pthread_mutex_unlock(&s->mutex);
    return body;
}

struct body *body_cache_peek(struct body_cache *cache, struct body_key key)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(cache, hash);
    struct body *body = NULL;

    pthread_mutex_lock(&s->mutex);
    struct entry *e = find(s, hash, key.what);
    if (e && e->key.version == key.version)
        body = body_ref(e->body);
    pthread_mutex_unlock(&s->mutex);
    return body;
}

/* ---- who stays ---- */

/* The least worth of those that were asked for longest ago: recency alone would keep
 * what was cheap to make, worth alone would have to look at all. */
static unsigned list_victims(const struct shard *s,
                             struct entry *out[VICTIMS],
                             uint64_t worths[VICTIMS])
{
    unsigned n = 0;

    for (unsigned part = PROBATION; part <= PROTECTED; part++) {
        unsigned most = part == PROBATION ? VICTIMS * 3 / 4 : VICTIMS;

        for (struct entry *e = s->parts[part].oldest; e && n < most; e = e->newer) {
            uint64_t w = worth(s, e);
            unsigned at = n++;

            for (; at > 0 && worths[at - 1] > w; at--) {
                worths[at] = worths[at - 1];
                out[at] = out[at - 1];
            }
            worths[at] = w;
            out[at] = e;
        }
    }
    return n;
}

/* From the window into the main part, when it is worth more than those that have to go.
 */
static void try_candidate(struct shard *s, struct entry *candidate, struct entry **out)
{
    struct entry *victims[VICTIMS];
    uint64_t worths[VICTIMS];
    size_t over = s->counts.bytes > s->counts.max_bytes
                      ? s->counts.bytes - s->counts.max_bytes
                      : 0;
    uint64_t own = worth(s, candidate);
    uint64_t lost = 0;
    size_t freed = 0;
    unsigned n = over ? list_victims(s, victims, worths) : 0;
    unsigned used = 0;

    for (; used < n && freed < over; used++) {
        lost += worths[used];
        freed += victims[used]->bytes;
    }
    if (freed < over || (over && lost >= own)) {
        s->counts.rejected++;
        take_out(s, candidate, out);
        return;
    }
    move_to(s, candidate, PROBATION);
    s->counts.admitted++;
    s->counts.evicted += used;
    while (used > 0)
        take_out(s, victims[--used], out);
}

static struct entry *oldest_of(const struct shard *s)
{
    return s->parts[PROBATION].oldest   ? s->parts[PROBATION].oldest
           : s->parts[PROTECTED].oldest ? s->parts[PROTECTED].oldest
                                        : s->parts[WINDOW].oldest;
}

static void settle(struct shard *s, struct entry **out)
{
    size_t most = s->counts.max_bytes / WINDOW_SHARE;
    struct list *window = &s->parts[WINDOW];

    while (window->bytes > most && window->oldest != window->newest)
        try_candidate(s, window->oldest, out);
    /* a window of one large body */
    while (s->counts.bytes > s->counts.max_bytes) {
        take_out(s, oldest_of(s), out);
        s->counts.evicted++;
    }
}

void body_cache_put_cost(struct body_cache *cache,
                         struct body_key key,
                         struct body *body,
                         uint64_t cost_us)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(cache, hash);
    size_t bytes = body_cost(body) + ENTRY_COST;
    struct entry *e = bytes <= s->counts.max_bytes ? malloc(sizeof *e) : NULL;
    struct entry *out = NULL;

    if (!e)
        return; /* a cache that cannot keep something is still right */
    cost_us = cost_us < 1 ? 1 : cost_us > MAX_COST_US ? MAX_COST_US : cost_us;
    *e = (struct entry){.key = key,
                        .body = body_ref(body),
                        .cost_us = (uint32_t)cost_us,
                        .bytes = (uint32_t)bytes,
                        .data =
                            atomic_load_explicit(&cache->data, memory_order_relaxed)};
    pthread_mutex_lock(&s->mutex);
    struct entry *before = find(s, hash, key.what);
    if (before && before->key.version == key.version) {
        e->chain = out;
        out = e;
    } else {
        if (before) {
            take_out(s, before, &out);
            s->counts.dropped++;
        }
        struct entry **slot = bucket_of(s, hash);

        e->chain = *slot;
        *slot = e;
        link_newest(s, e, WINDOW);
        s->counts.bytes += e->bytes;
        s->counts.entries++;
        settle(s, &out);
    }
    pthread_mutex_unlock(&s->mutex);
    free_entries(out);
}

void body_cache_put(struct body_cache *cache, struct body_key key, struct body *body)
{
    body_cache_put_cost(cache, key, body, DEFAULT_COST_US);
}

/* ---- bodies that are there once ---- */

static bool is_same(const struct body *a, const struct body *b)
{
    return a->hash == b->hash && a->content_type == b->content_type &&
           im_bytes_equal(a->plain, b->plain) && im_bytes_equal(a->gzip, b->gzip);
}

struct body *body_cache_share(struct body_cache *cache, struct body *body)
{
    struct body **slot = &cache->shared[body->hash % SHARED_SLOTS];
    struct body *given_back = NULL;

    if (body->plain.len > SHARED_MAX_BYTES)
        return body;
    pthread_mutex_lock(&cache->sharing);
    if (*slot && is_same(*slot, body)) {
        given_back = body;
        body = body_ref(*slot);
        cache->n_shared++;
    } else {
        given_back = *slot;
        cache->shared_bytes -= given_back ? body_cost(given_back) : 0;
        cache->shared_bytes += body_cost(body);
        *slot = body_ref(body);
    }
    pthread_mutex_unlock(&cache->sharing);
    body_unref(given_back);
    return body;
}

void body_cache_data(struct body_cache *cache, uint64_t number)
{
    if (atomic_load_explicit(&cache->data, memory_order_relaxed) < number)
        atomic_store_explicit(&cache->data, number, memory_order_relaxed);
}

static void add_counts(struct body_cache_counts *sum, const struct body_cache_counts *n)
{
    sum->hits += n->hits;
    sum->misses += n->misses;
    sum->admitted += n->admitted;
    sum->rejected += n->rejected;
    sum->evicted += n->evicted;
    sum->kept += n->kept;
    sum->dropped += n->dropped;
    sum->entries += n->entries;
    sum->bytes += n->bytes;
    sum->max_bytes += n->max_bytes;
}

struct body_cache_counts body_cache_count(struct body_cache *cache)
{
    struct body_cache_counts sum = {0};

    for (int i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];

        pthread_mutex_lock(&s->mutex);
        add_counts(&sum, &s->counts);
        pthread_mutex_unlock(&s->mutex);
    }
    pthread_mutex_lock(&cache->sharing);
    sum.shared = cache->n_shared;
    pthread_mutex_unlock(&cache->sharing);
    return sum;
}
