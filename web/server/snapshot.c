/* SPDX-License-Identifier: Apache-2.0 */
/* One data version as the server uses it. */
#include "snapshot.h"

#include <pthread.h>
#include <stdatomic.h>

struct kept_map {
    char *layers; /* NULL: free */
    enum lang lang;
    const struct tile_map *map;
    uint64_t used_at;
};

struct snapshot {
    atomic_uint refs;
    const struct atlas *atlas;
    uint64_t generation;
    bool leave_out_unreviewed;
    pthread_mutex_t mutex; /* guards what follows */
    uint64_t clock;
    struct kept_map maps[SNAPSHOT_MAX_MAPS];
};

struct snapshot *
snapshot_new(const struct atlas *atlas, uint64_t generation, bool leave_out_unreviewed)
{
    struct snapshot *s = calloc(1, sizeof *s);

    if (s) {
        atomic_init(&s->refs, 1);
        s->atlas = atlas_ref(atlas);
        s->generation = generation;
        s->leave_out_unreviewed = leave_out_unreviewed;
        pthread_mutex_init(&s->mutex, NULL);
    }
    return s;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

static void forget(struct kept_map *kept)
{
    tile_map_unref(kept->map);
    free(kept->layers);
    *kept = (struct kept_map){0};
}

void snapshot_unref(struct snapshot *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++)
        if (s->maps[i].layers)
            forget(&s->maps[i]);
    atlas_unref(s->atlas);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

const struct atlas *snapshot_atlas(const struct snapshot *s)
{
    return s->atlas;
}

uint64_t snapshot_generation(const struct snapshot *s)
{
    return s->generation;
}

/* Called with the mutex held. */
static struct kept_map *find(struct snapshot *s, struct im_bytes layers, enum lang lang)
{
    for (int i = 0; i < SNAPSHOT_MAX_MAPS; i++) {
        struct kept_map *kept = &s->maps[i];

        if (kept->layers && kept->lang == lang &&
            im_bytes_equal(im_bytes_of(kept->layers), layers)) {
            kept->used_at = ++s->clock;
            return kept;
        }
    }
    return NULL;
}

const struct tile_map *
snapshot_map_find(struct snapshot *s, struct im_bytes layers, enum lang lang)
{
    const struct tile_map *map = NULL;

    pthread_mutex_lock(&s->mutex);
    struct kept_map *kept = find(s, layers, lang);
    if (kept)
        map = tile_map_ref(kept->map);
    pthread_mutex_unlock(&s->mutex);
    return map;
}

/* Called with the mutex held; takes `layers` and a reference to `map`. */
static void
keep(struct snapshot *s, char *layers, enum lang lang, const struct tile_map *map)
{
    struct kept_map *slot = &s->maps[0];

    for (int i = 1; i < SNAPSHOT_MAX_MAPS && slot->layers; i++)
        if (!s->maps[i].layers || s->maps[i].used_at < slot->used_at)
            slot = &s->maps[i];
    forget(slot);
    *slot = (struct kept_map){layers, lang, tile_map_ref(map), ++s->clock};
}

static enum im_code make(struct snapshot *s,
                         struct im_bytes layers,
                         enum lang lang,
                         const struct tile_map **out,
                         struct im_error *err)
{
    char *name = strndup((const char *)layers.data, layers.len);
    struct tile_map_options options = {
        .layers = name, .lang = lang, .leave_out_unreviewed = s->leave_out_unreviewed};
    enum im_code rc;

    if (!name)
        return im_fail(err, IM_ENOMEM, "out of memory for a map");
    /* made without the lock: two threads may make the same one, the first one stays */
    rc = tile_map_new(s->atlas, &options, out, err);
    if (rc == IM_OK) {
        pthread_mutex_lock(&s->mutex);
        struct kept_map *kept = find(s, layers, lang);
        if (kept) {
            tile_map_unref(*out);
            *out = tile_map_ref(kept->map);
        } else {
            keep(s, name, lang, *out);
            name = NULL;
        }
        pthread_mutex_unlock(&s->mutex);
    }
    free(name);
    return rc;
}

enum im_code snapshot_map_get(struct snapshot *s,
                              struct im_bytes layers,
                              enum lang lang,
                              const struct tile_map **out,
                              struct im_error *err)
{
    const struct tile_map *map = snapshot_map_find(s, layers, lang);

    if (!map)
        return make(s, layers, lang, out, err);
    *out = map;
    return IM_OK;
}
