/* SPDX-License-Identifier: Apache-2.0 */
/* Where the stretches of very long lines lie. */
#include "label/chunks.h"

#include <math.h>
#include <stdlib.h>

void chunk_cache_release(struct chunk_cache *cache)
{
    for (unsigned i = 0; i < CHUNK_SHAPES; i++)
        free(cache->shapes[i]);
    *cache = (struct chunk_cache){0};
}

size_t chunk_cache_bytes(const struct chunk_cache *cache)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < CHUNK_SHAPES; i++)
        bytes += cache->shapes[i] ? sizeof *cache->shapes[i] : 0;
    return bytes;
}

static void widen(struct line_chunk *c, const uint32_t *p)
{
    c->min_x = p[0] < c->min_x ? p[0] : c->min_x;
    c->min_y = p[1] < c->min_y ? p[1] : c->min_y;
    c->max_x = p[0] > c->max_x ? p[0] : c->max_x;
    c->max_y = p[1] > c->max_y ? p[1] : c->max_y;
}

/* Lengths are added up vertex by vertex, as label_places does without chunks: the same
 * sums to the last bit. */
static void fill(struct line_chunks *chunks, const struct atlas_shape *s)
{
    double along = 0;

    chunks->xy = s->xy;
    chunks->n_points = s->n_points;
    chunks->each = (s->n_points + CHUNKS_MAX - 1) / CHUNKS_MAX;
    chunks->n = (s->n_points + chunks->each - 1) / chunks->each;
    for (uint32_t c = 0; c < chunks->n; c++) {
        struct line_chunk *chunk = &chunks->items[c];
        uint32_t first = c * chunks->each;

        *chunk = (struct line_chunk){HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL,
                                     along,    along,    0};
        widen(chunk, s->xy + 2 * (size_t)first);
        for (uint32_t i = first; i < first + chunks->each && i + 1 < s->n_points; i++) {
            const uint32_t *a = s->xy + 2 * (size_t)i;
            double length = hypot((double)a[2] - a[0], (double)a[3] - a[1]);

            widen(chunk, a + 2);
            chunk->last_before = along;
            chunk->last_length = length;
            along += length;
        }
    }
    chunks->length = along;
}

const struct line_chunks *line_chunks_of(struct chunk_cache *cache,
                                         const struct atlas_shape *shape)
{
    struct line_chunks **slot = &cache->shapes[cache->next % CHUNK_SHAPES];

    if (shape->n_points < CHUNKS_FROM_POINTS)
        return NULL;
    for (unsigned i = 0; i < CHUNK_SHAPES; i++) {
        struct line_chunks *known = cache->shapes[i];

        if (known && known->xy == shape->xy && known->n_points == shape->n_points)
            return known;
    }
    if (!*slot)
        *slot = malloc(sizeof **slot);
    if (!*slot)
        return NULL;
    cache->next++;
    fill(*slot, shape);
    return *slot;
}

double line_chunk_distance2(const struct line_chunk *c, double x, double y)
{
    double dx = x < c->min_x ? c->min_x - x : x > c->max_x ? x - c->max_x : 0;
    double dy = y < c->min_y ? c->min_y - y : y > c->max_y ? y - c->max_y : 0;

    return dx * dx + dy * dy;
}
