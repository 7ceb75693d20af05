/* SPDX-License-Identifier: Apache-2.0 */
/* One data version as the server uses it. */
#include "snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <xxhash.h>

struct kept_map {
    struct map_key key; /* its texts are in `text` */
    char *text;         /* layers, filter; NULL: free */
    const struct tile_map *map;
    uint64_t used_at;
    size_t bytes;
};

struct snapshot {
    atomic_uint refs;
    const struct atlas *atlas;
    uint64_t generation;
    bool leave_out_unreviewed;
    struct snapshot_shared *shared;
    pthread_mutex_t mutex; /* guards what follows */
    uint64_t clock;
    size_t map_bytes;
    struct kept_map maps[SNAPSHOT_MAX_MAPS];
};

struct snapshot *snapshot_new(const struct atlas *atlas,
                              uint64_t generation,
                              bool leave_out_unreviewed,
                              struct snapshot_shared *shared)
{
    struct snapshot *s = calloc(1, sizeof *s);

    if (s) {
        atomic_init(&s->refs, 1);
        s->atlas = atlas_ref(atlas);
        s->generation = generation;
        s->leave_out_unreviewed = leave_out_unreviewed;
        s->shared = shared;
        atomic_fetch_add(&shared->alive, 1);
        pthread_mutex_init(&s->mutex, NULL);
    }
    return s;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

/* Out of its slot; the caller lets the map go without the lock, since a large one takes
 * long to free. */
static const struct tile_map *take_out(struct snapshot *s, struct kept_map *kept)
{
    const struct tile_map *map = kept->map;

    s->map_bytes -= kept->bytes;
    free(kept->text);
    *kept = (struct kept_map){0};
    return map;
}

static void let_go(struct snapshot *s, const struct tile_map *map)
{
    tile_map_unref(map);
    atomic_fetch_add(&s->shared->freed, map != NULL);
}

void snapshot_unref(struct snapshot *s)
{
    struct snapshot_shared *shared;

    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++)
        if (s->maps[i].text)
            let_go(s, take_out(s, &s->maps[i]));
    atlas_unref(s->atlas);
    pthread_mutex_destroy(&s->mutex);
    shared = s->shared;
    free(s);
    atomic_fetch_add(&shared->freed, 1);
    atomic_fetch_sub(&shared->alive, 1);
}

const struct atlas *snapshot_atlas(const struct snapshot *s)
{
    return s->atlas;
}

uint64_t snapshot_generation(const struct snapshot *s)
{
    return s->generation;
}

uint64_t map_key_hash(const struct map_key *key)
{
    const uint64_t parts[] = {
        key->lang,
        key->part,
        (uintptr_t)key->grid,
        (uintptr_t)key->stylesheet,
        (uintptr_t)key->sprites,
        XXH3_64bits(key->layers.data, key->layers.len),
        key->filter.len ? XXH3_64bits(key->filter.data, key->filter.len) : 0,
        key->leave_out_unreviewed};

    return XXH3_64bits(parts, sizeof parts);
}

static bool same_key(const struct map_key *a, const struct map_key *b)
{
    return a->lang == b->lang && a->part == b->part && a->grid == b->grid &&
           a->stylesheet == b->stylesheet && a->sprites == b->sprites &&
           im_bytes_equal(a->layers, b->layers) &&
           a->leave_out_unreviewed == b->leave_out_unreviewed &&
           im_bytes_equal(a->filter, b->filter);
}

/* Called with the mutex held. */
static struct kept_map *find(struct snapshot *s, const struct map_key *key)
{
    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++) {
        struct kept_map *kept = &s->maps[i];

        if (kept->text && same_key(&kept->key, key)) {
            kept->used_at = ++s->clock;
            return kept;
        }
    }
    return NULL;
}

const struct tile_map *snapshot_map_find(struct snapshot *s, const struct map_key *key)
{
    const struct tile_map *map = NULL;

    pthread_mutex_lock(&s->mutex);
    struct kept_map *kept = find(s, key);
    if (kept)
        map = tile_map_ref(kept->map);
    pthread_mutex_unlock(&s->mutex);
    return map;
}

/* A free slot, else the least recently used; anyone can invent filters, so the maps
 * with one have so many slots and no more. */
static struct kept_map *slot_for(struct snapshot *s, bool is_filtered)
{
    struct kept_map *free_slot = NULL;
    struct kept_map *oldest = NULL;
    struct kept_map *oldest_filtered = NULL;
    int n_filtered = 0;

    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++) {
        struct kept_map *kept = &s->maps[i];
        bool filtered = kept->text && kept->key.filter.len;

        if (!kept->text)
            free_slot = kept;
        else if (!oldest || kept->used_at < oldest->used_at)
            oldest = kept;
        n_filtered += filtered;
        if (filtered && (!oldest_filtered || kept->used_at < oldest_filtered->used_at))
            oldest_filtered = kept;
    }
    if (is_filtered && n_filtered >= SNAPSHOT_MAX_FILTERED)
        return oldest_filtered;
    return free_slot ? free_slot : oldest;
}

/* Called with the mutex held; takes `text` and a reference to `map`. What had to go for
 * it, or NULL. */
static const struct tile_map *keep(struct snapshot *s,
                                   const struct map_key *key,
                                   char *text,
                                   const struct tile_map *map)
{
    struct kept_map *slot = slot_for(s, key->filter.len > 0);
    const struct tile_map *before = slot->text ? take_out(s, slot) : NULL;

    *slot = (struct kept_map){*key, text, tile_map_ref(map), ++s->clock,
                              tile_map_memory_bytes(map)};
    slot->key.layers.data = (const uint8_t *)text;
    slot->key.filter.data = (const uint8_t *)text + key->layers.len + 1;
    s->map_bytes += slot->bytes;
    return before;
}

/* Called with the mutex held: the least recently used map but for one, or NULL. */
static struct kept_map *oldest_but(struct snapshot *s, const struct kept_map *one)
{
    struct kept_map *oldest = NULL;

    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++) {
        struct kept_map *kept = &s->maps[i];

        if (kept->text && kept != one && (!oldest || kept->used_at < oldest->used_at))
            oldest = kept;
    }
    return oldest;
}

void snapshot_map_used(struct snapshot *s, const struct tile_map *map)
{
    size_t bytes = tile_map_memory_bytes(map);
    const struct tile_map *out[SNAPSHOT_MAX_MAPS];
    struct kept_map *used = NULL;
    struct kept_map *oldest;
    unsigned n = 0;

    pthread_mutex_lock(&s->mutex);
    for (int i = 0; i < SNAPSHOT_MAX_MAPS && !used; i++)
        if (s->maps[i].text && s->maps[i].map == map)
            used = &s->maps[i];
    if (used) {
        s->map_bytes += bytes - used->bytes;
        used->bytes = bytes;
    }
    while (s->map_bytes > s->shared->max_map_bytes && (oldest = oldest_but(s, used)))
        out[n++] = take_out(s, oldest);
    pthread_mutex_unlock(&s->mutex);
    while (n > 0)
        let_go(s, out[--n]);
}

struct snapshot_maps snapshot_maps(struct snapshot *s)
{
    struct snapshot_maps sum = {0};

    pthread_mutex_lock(&s->mutex);
    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++)
        sum.n += s->maps[i].text != NULL;
    sum.bytes = s->map_bytes;
    pthread_mutex_unlock(&s->mutex);
    return sum;
}

/* Both texts of a key, each with its end. */
static char *copy_texts(const struct map_key *key)
{
    char *text = calloc(key->layers.len + key->filter.len + 2, 1);

    if (!text)
        return NULL;
    memcpy(text, key->layers.data, key->layers.len);
    if (key->filter.len)
        memcpy(text + key->layers.len + 1, key->filter.data, key->filter.len);
    return text;
}

static enum im_code make(struct snapshot *s,
                         const struct map_key *key,
                         const struct tile_map **out,
                         struct im_error *err)
{
    char *text = copy_texts(key);
    const struct tile_map *before = NULL;
    struct tile_map_options options = {
        .layers = text,
        .lang = key->lang,
        .leave_out_unreviewed = s->leave_out_unreviewed || key->leave_out_unreviewed,
        .grid = key->grid,
        .stylesheet = key->stylesheet,
        .sprites = key->sprites,
        .part = key->part,
        .filter = key->filter.len && text ? text + key->layers.len + 1 : NULL};
    enum im_code rc;

    if (!text)
        return im_fail(err, IM_ENOMEM, "out of memory for a map");
    /* made without the lock: two threads may make the same one, the first one stays */
    rc = tile_map_new(s->atlas, &options, out, err);
    if (rc == IM_OK) {
        pthread_mutex_lock(&s->mutex);
        struct kept_map *kept = find(s, key);
        if (kept) {
            tile_map_unref(*out);
            *out = tile_map_ref(kept->map);
        } else {
            before = keep(s, key, text, *out);
            text = NULL;
        }
        pthread_mutex_unlock(&s->mutex);
        let_go(s, before);
    }
    free(text);
    return rc;
}

enum im_code snapshot_map_get(struct snapshot *s,
                              const struct map_key *key,
                              const struct tile_map **out,
                              struct im_error *err)
{
    const struct tile_map *map = snapshot_map_find(s, key);

    if (!map)
        return make(s, key, out, err);
    *out = map;
    return IM_OK;
}
