/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes of a layer that are made when the first question needs them. */
#include "atlas/lazy.h"
#include "atlas/layer.h"
#include <engine/hilbert.h>

#include <pthread.h>
#include <stdlib.h>

/* One index: written once, under `mutex`. */
struct slot {
    pthread_mutex_t mutex;
    _Atomic(struct im_arena *) arena; /* set last: then `index` is complete */
    const void *index;
};

struct lazy {
    size_t n_fields;
    struct slot fids;
    struct slot codes[]; /* one a field */
};

static bool slot_init(struct slot *slot)
{
    atomic_init(&slot->arena, NULL);
    return pthread_mutex_init(&slot->mutex, NULL) == 0;
}

static void slot_release(struct slot *slot)
{
    im_arena_free(atomic_load_explicit(&slot->arena, memory_order_acquire));
    pthread_mutex_destroy(&slot->mutex);
}

static size_t slot_bytes(const struct slot *slot)
{
    struct im_arena *arena = atomic_load_explicit(&slot->arena, memory_order_acquire);

    return arena ? im_arena_used(arena) : 0;
}

struct lazy *lazy_new(size_t n_fields)
{
    struct lazy *lazy = calloc(1, sizeof *lazy + n_fields * sizeof *lazy->codes);

    if (!lazy)
        return NULL;
    if (!slot_init(&lazy->fids)) {
        free(lazy);
        return NULL;
    }
    for (; lazy->n_fields < n_fields; lazy->n_fields++)
        if (!slot_init(&lazy->codes[lazy->n_fields])) {
            lazy_free(lazy);
            return NULL;
        }
    return lazy;
}

void lazy_free(struct lazy *lazy)
{
    if (!lazy)
        return;
    slot_release(&lazy->fids);
    for (size_t i = 0; i < lazy->n_fields; i++)
        slot_release(&lazy->codes[i]);
    free(lazy);
}

size_t lazy_bytes(const struct lazy *lazy)
{
    size_t sum = slot_bytes(&lazy->fids);

    for (size_t i = 0; i < lazy->n_fields; i++)
        sum += slot_bytes(&lazy->codes[i]);
    return sum;
}

typedef const void *
build_fn(const struct atlas_layer *layer, int field, struct im_arena *arena);

static const void *
slot_get(struct slot *slot, const struct atlas_layer *layer, int field, build_fn *build)
{
    const void *index = NULL;
    struct im_arena *arena;

    if (atomic_load_explicit(&slot->arena, memory_order_acquire))
        return slot->index;
    if (pthread_mutex_trylock(&slot->mutex) != 0)
        return NULL;
    if (atomic_load_explicit(&slot->arena, memory_order_relaxed)) {
        index = slot->index; /* finished just before the lock was had */
    } else if ((arena = im_arena_new(SIZE_MAX / 2))) {
        index = build(layer, field, arena);
        slot->index = index;
        if (index)
            atomic_store_explicit(&slot->arena, arena, memory_order_release);
        else
            im_arena_free(arena);
    }
    pthread_mutex_unlock(&slot->mutex);
    return index;
}

/* ---- codes ---- */

/* Stable, so that rows of a code ascend. */
static bool place_features(struct code_index *index,
                           const struct column *c,
                           uint32_t n,
                           struct im_arena *arena)
{
    uint32_t *start = im_arena_calloc(arena, (size_t)c->n_codes + 2, sizeof *start);
    uint32_t *features = im_arena_alloc(arena, (size_t)n * sizeof *features);

    if (!start || !features)
        return false;
    /* counted two places on, so that filling moves each start to where it belongs */
    for (uint32_t i = 0; i < n; i++)
        if (c->codes[i] != ATLAS_NULL_CODE)
            start[c->codes[i] + 2]++;
    for (uint32_t code = 2; code < c->n_codes + 2; code++)
        start[code] += start[code - 1];
    for (uint32_t i = 0; i < n; i++)
        if (c->codes[i] != ATLAS_NULL_CODE)
            features[start[c->codes[i] + 1]++] = i;
    index->start = start;
    index->features = features;
    return true;
}

static bool place_masks(struct code_index *index,
                        const struct atlas_layer *layer,
                        const struct column *c,
                        struct im_arena *arena)
{
    const struct tree *tree = &layer->tree;
    unsigned top = tree->n_levels - 1;
    size_t n_nodes = tree->level_start[top] + tree->level_size[top];
    uint64_t *masks = im_arena_calloc(arena, n_nodes, sizeof *masks);

    if (!masks)
        return false;
    for (uint32_t i = 0; i < layer->n_placed; i++)
        if (c->codes[i] != ATLAS_NULL_CODE)
            masks[i / TREE_NODE_SIZE] |= (uint64_t)1 << c->codes[i] % 64;
    for (unsigned level = 1; level < tree->n_levels; level++)
        for (uint32_t i = 0; i < tree->level_size[level - 1]; i++)
            masks[tree->level_start[level] + i / TREE_NODE_SIZE] |=
                masks[tree->level_start[level - 1] + i];
    index->masks = masks;
    return true;
}

static bool place_classes(struct code_index *index,
                          const struct atlas_layer *layer,
                          const struct column *c,
                          struct im_arena *arena)
{
    uint32_t *count =
        im_arena_calloc(arena, (size_t)c->n_codes * ATLAS_CLASSES, sizeof *count);

    if (!count)
        return false;
    for (uint32_t i = 0; i < layer->n_placed; i++)
        if (c->codes[i] != ATLAS_NULL_CODE)
            count[(size_t)c->codes[i] * ATLAS_CLASSES + atlas_class(layer, i)]++;
    index->class_count = count;
    return true;
}

static const void *
build_codes(const struct atlas_layer *layer, int field, struct im_arena *arena)
{
    const struct column *c = &layer->columns[field];
    struct code_index *index = im_arena_calloc(arena, 1, sizeof *index);

    if (!index || !place_features(index, c, layer->n, arena))
        return NULL;
    index->n_codes = c->n_codes;
    /* fewer than 16 rows a code: no node could be left out that a list does not */
    if (layer->n_placed == 0 || c->n_codes > layer->n_placed / TREE_NODE_SIZE)
        return index;
    if (!place_masks(index, layer, c, arena) || !place_classes(index, layer, c, arena))
        return NULL;
    return index;
}

const struct code_index *lazy_codes(const struct atlas_layer *layer, int field)
{
    if (field < 0 || (size_t)field >= layer->lazy->n_fields ||
        layer->columns[field].type != FIELD_TEXT)
        return NULL;
    return slot_get(&layer->lazy->codes[field], layer, field, build_codes);
}

/* ---- fids ---- */

static bool is_ascending(const struct atlas_layer *layer)
{
    for (uint32_t i = 1; i < layer->n; i++)
        if (layer->fids[i] < layer->fids[i - 1])
            return false;
    return true;
}

struct fid_row {
    int64_t fid;
    uint32_t feature;
};

static int by_fid(const void *a, const void *b)
{
    int64_t x = ((const struct fid_row *)a)->fid;
    int64_t y = ((const struct fid_row *)b)->fid;

    return (x > y) - (x < y);
}

/* Fids that are far apart: rare. */
static bool sort_wide(const struct atlas_layer *layer, uint32_t *out)
{
    struct fid_row *rows = malloc(layer->n * sizeof *rows);

    if (!rows)
        return false;
    for (uint32_t i = 0; i < layer->n; i++)
        rows[i] = (struct fid_row){layer->fids[i], i};
    qsort(rows, layer->n, sizeof *rows, by_fid);
    for (uint32_t i = 0; i < layer->n; i++)
        out[i] = rows[i].feature;
    free(rows);
    return true;
}

/* Fids with few gaps: each to its place, then the gaps closed. */
static bool
place_dense(const struct atlas_layer *layer, int64_t min, uint64_t range, uint32_t *out)
{
    uint32_t *places = calloc(range + 1, sizeof *places); /* feature + 1 */
    uint32_t n = 0;

    if (!places)
        return false;
    for (uint32_t i = 0; i < layer->n; i++)
        places[(uint64_t)layer->fids[i] - (uint64_t)min] = i + 1;
    for (uint64_t at = 0; at <= range; at++)
        if (places[at])
            out[n++] = places[at] - 1;
    free(places);
    return n == layer->n; /* otherwise two rows share a fid */
}

static bool sort_fids(const struct atlas_layer *layer, uint32_t *out)
{
    int64_t min = layer->fids[0];
    int64_t max = layer->fids[0];
    uint64_t range;
    uint64_t *pairs;

    for (uint32_t i = 1; i < layer->n; i++) {
        min = layer->fids[i] < min ? layer->fids[i] : min;
        max = layer->fids[i] > max ? layer->fids[i] : max;
    }
    range = (uint64_t)max - (uint64_t)min;
    if (range / 3 < layer->n && place_dense(layer, min, range, out))
        return true;
    if (range > UINT32_MAX)
        return sort_wide(layer, out);
    pairs = malloc((size_t)layer->n * 2 * sizeof *pairs);
    if (!pairs)
        return false;
    for (uint32_t i = 0; i < layer->n; i++)
        pairs[i] = ((uint64_t)layer->fids[i] - (uint64_t)min) << 32 | i;
    hilbert_sort(pairs, pairs + layer->n, layer->n);
    for (uint32_t i = 0; i < layer->n; i++)
        out[i] = (uint32_t)pairs[i];
    free(pairs);
    return true;
}

static const void *
build_fids(const struct atlas_layer *layer, int field, struct im_arena *arena)
{
    struct fid_order *order = im_arena_calloc(arena, 1, sizeof *order);
    uint32_t *features;

    (void)field;
    if (!order || is_ascending(layer))
        return order;
    features = im_arena_alloc(arena, layer->n * sizeof *features);
    if (!features || !sort_fids(layer, features))
        return NULL;
    order->features = features;
    return order;
}

const struct fid_order *lazy_fids(const struct atlas_layer *layer)
{
    return slot_get(&layer->lazy->fids, layer, SCHEMA_NO_FIELD, build_fids);
}

void lazy_follow(const struct atlas_layer *layer, const struct atlas_layer *old)
{
    if (slot_bytes(&old->lazy->fids))
        lazy_fids(layer);
    for (size_t i = 0; i < old->lazy->n_fields; i++) {
        const char *name = old->schema->fields[i].name;

        if (slot_bytes(&old->lazy->codes[i]))
            lazy_codes(layer, schema_field_index(layer->schema, im_bytes_of(name)));
    }
}
