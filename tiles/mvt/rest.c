/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders of vector tiles at rest: their buffers, and which codes of a layer they have
 * written as values, stay with the map. */
#include "mvt/encode.h"

#include <stdlib.h>

enum { MAX_RANKS_BYTES = 1 << 30 };

void encode_forget(struct encode *e)
{
    for (uint32_t i = 0; i < e->n_memory; i++) {
        for (int k = 0; e->memory[i] && k < SCHEMA_MAX_FIELDS; k++)
            free(e->memory[i]->places[k]);
        free(e->memory[i]);
    }
    free(e->memory);
    e->true_place = 0;
    memset(e->count_places, 0, sizeof e->count_places);
    e->memory = NULL;
    e->n_memory = 0;
    e->memory_bytes = 0;
}

static void encode_free(struct encode *e)
{
    if (!e)
        return;
    encode_forget(e);
    im_buf_release(&e->ranks);
    im_buf_release(&e->left_out);
    im_buf_release(&e->names);
    im_buf_release(&e->parts);
    mvt_lines_release(&e->lines);
    mvt_encoder_release(&e->mvt);
    if (e->frame.projection)
        projection_close(&e->projection);
    clip_scratch_release(&e->clip);
    clip_path_release(&e->path);
    mend_release(&e->mend);
    mend_rings_release(&e->rings);
    free(e->xy);
    free(e);
}

void mvt_spares_release(struct mvt_spares *spares)
{
    for (int i = 0; i < MVT_SPARES; i++)
        encode_free(atomic_load_explicit(&spares->encoders[i], memory_order_acquire));
}

/* What grows with tiles and layers. */
static size_t encode_bytes(const struct encode *e)
{
    return sizeof *e + e->memory_bytes + e->ranks.cap + e->left_out.cap + e->names.cap +
           e->mvt.features.cap + e->mvt.keys.cap + e->mvt.values.cap + e->mvt.tags.cap +
           e->mvt.geometry.cap + e->mvt.n_slots * sizeof *e->mvt.slots +
           e->cap_xy * 2 * sizeof *e->xy;
}

struct encode *encode_take(const struct tile_map *map)
{
    struct mvt_spares *spares = (struct mvt_spares *)&map->mvt_spares;
    struct encode *e = NULL;

    for (int i = 0; i < MVT_SPARES && !e; i++)
        e = atomic_exchange_explicit(&spares->encoders[i], NULL, memory_order_acq_rel);
    if (e) {
        atomic_fetch_sub_explicit(&spares->bytes, e->rests_with, memory_order_relaxed);
        return e;
    }
    e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->map = map;
    e->ranks.max = MAX_RANKS_BYTES;
    e->left_out.max = MAX_RANKS_BYTES;
    e->names.max = MAX_RANKS_BYTES;
    e->parts.max = MAX_RANKS_BYTES;
    mvt_lines_init(&e->lines, MAX_RANKS_BYTES);
    mvt_encoder_init(&e->mvt, 2 * (size_t)TILE_MAX_MVT_BYTES);
    return e;
}

/* One after a failure may hold anything: it goes. */
void encode_give(const struct tile_map *map, struct encode *e)
{
    struct mvt_spares *spares = (struct mvt_spares *)&map->mvt_spares;
    size_t bytes = encode_bytes(e);

    e->rests_with = bytes; /* others may take it at once */
    atomic_fetch_add_explicit(&spares->bytes, bytes, memory_order_relaxed);
    for (int i = 0; i < MVT_SPARES && e && !e->failed; i++) {
        void *none = NULL;

        if (atomic_compare_exchange_strong_explicit(&spares->encoders[i], &none, e,
                                                    memory_order_acq_rel,
                                                    memory_order_relaxed))
            e = NULL;
    }
    if (e)
        atomic_fetch_sub_explicit(&spares->bytes, bytes, memory_order_relaxed);
    encode_free(e);
}

struct layer_memory *encode_memory(struct encode *e, const struct map_layer *ml)
{
    uint32_t i = (uint32_t)(ml - e->map->layers);

    if (!e->memory) {
        e->memory = calloc(e->map->n_layers, sizeof *e->memory);
        e->n_memory = e->memory ? e->map->n_layers : 0;
    }
    if (e->memory && !e->memory[i])
        e->memory[i] = calloc(1, sizeof *e->memory[i]);
    return e->memory ? e->memory[i] : NULL;
}
