/* SPDX-License-Identifier: Apache-2.0 */
/* Has anything changed in this part of a layer?
 *
 * A pyramid of square cells: level l is the grid of the tiles of zoom l, of which only
 * the rectangle over the layer's frame is stored. A feature lies at the finest level
 * at which its box spans at most SPAN cells a side, in each cell that its box meets.
 *
 *   own    8 bytes a cell  sum of the hashes of the features that lie at this level
 *   below  8 bytes a cell  the same with all finer levels' cells inside this one
 *
 * A window asks for `own` at the coarse levels and for `below` at the finest level at
 * which it spans at most SPAN cells. Sums do not know an order, but features are drawn
 * in that of the curve, and that follows from positions, fids and the layer's frame,
 * all of which are hashed. Rejected: a version number a cell ("newest change"), which
 * has to be carried on from the layer before and is lost at a restart, and with it all
 * that a cache on disk holds. */
#include "atlas/digest.h"

#include "atlas/layer.h"
#include "atlas/levels.h"

#include <stdlib.h>
#include <xxhash.h>

enum {
    LEVELS = 15, /* the finest cells: 2.4 km */
    SPAN = 8,
    MAX_CELLS = 65536, /* of the finest level: 1.4 MiB a layer */
    CELLS_PER_FEATURE = 16
};

struct grid_level {
    uint32_t x0, y0; /* the first cell stored, in the grid of the level */
    uint32_t nx, ny;
    uint64_t *own;
    uint64_t *below;
};

struct digest {
    uint64_t whole; /* what concerns the layer as a whole: frame, levels */
    size_t bytes;
    unsigned n_levels;
    struct grid_level levels[LEVELS];
    uint64_t sums[];
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t len)
{
    return mix(mix(hash, len), len ? XXH3_64bits(data, len) : 0);
}

/* ---- one feature ---- */

static uint64_t
hash_columns(const struct atlas_layer *layer, uint32_t feature, uint64_t hash)
{
    for (size_t i = 0; i < layer->schema->n_fields; i++) {
        const struct column *c = &layer->columns[i];

        hash = mix(hash, i);
        if (column_is_null(c, feature))
            continue;
        if (c->type == FIELD_TEXT) {
            struct im_bytes text = column_text(c, c->codes[feature]);

            hash = mix_bytes(hash, text.data, text.len);
        } else if (c->type == FIELD_INTEGER) {
            hash = mix(hash, (uint64_t)c->integers[feature]);
        } else {
            hash = mix_bytes(hash, &c->reals[feature], sizeof(double));
        }
    }
    return hash;
}

static uint64_t
hash_shapes(const struct atlas_layer *layer, uint32_t feature, uint64_t hash)
{
    struct geom g = atlas_geom(layer, feature);

    hash = mix(hash, g.kind);
    hash = mix_bytes(hash, g.lonlat, (size_t)g.n_points * 2 * sizeof(double));
    hash = mix_bytes(hash, g.part_end, g.n_parts * sizeof *g.part_end);
    hash = mix_bytes(hash, g.area_end, g.n_areas * sizeof *g.area_end);
    /* a shape may follow from its neighbours too: what is drawn is hashed */
    for (unsigned i = 0; i < layer->n_levels && feature < layer->n_placed; i++) {
        struct atlas_shape s = level_shape(&layer->levels[i], g.kind, feature);

        hash = mix_bytes(hash, s.xy, (size_t)s.n_points * 2 * sizeof *s.xy);
        hash = mix_bytes(hash, s.part_end, s.n_parts * sizeof *s.part_end);
    }
    return hash;
}

uint64_t atlas_digest_feature(const struct atlas_layer *layer, uint32_t feature)
{
    float importance = atlas_importance(layer, feature);
    uint64_t hash = mix(1, (uint64_t)layer->fids[feature]);

    hash = mix_bytes(hash, &importance, sizeof importance);
    return hash_columns(layer, feature, hash_shapes(layer, feature, hash));
}

/* ---- the cells ---- */

/* Cells of a level that a rectangle meets, as far as they are stored. */
struct cells {
    uint32_t x0, y0, x1, y1;
};

static bool cells_of(const struct grid_level *g,
                     unsigned level,
                     struct world_box b,
                     struct cells *c)
{
    unsigned shift = WORLD_BITS - level;
    uint32_t x1 = (uint32_t)((uint64_t)b.max_x >> shift);
    uint32_t y1 = (uint32_t)((uint64_t)b.max_y >> shift);

    c->x0 = (uint32_t)((uint64_t)b.min_x >> shift);
    c->y0 = (uint32_t)((uint64_t)b.min_y >> shift);
    if (x1 < g->x0 || y1 < g->y0 || c->x0 >= g->x0 + g->nx || c->y0 >= g->y0 + g->ny)
        return false;
    c->x0 = c->x0 > g->x0 ? c->x0 - g->x0 : 0;
    c->y0 = c->y0 > g->y0 ? c->y0 - g->y0 : 0;
    c->x1 = x1 < g->x0 + g->nx ? x1 - g->x0 : g->nx - 1;
    c->y1 = y1 < g->y0 + g->ny ? y1 - g->y0 : g->ny - 1;
    return true;
}

static unsigned finest_level(struct world_box b, unsigned n_levels)
{
    unsigned level = n_levels - 1;

    for (; level > 0; level--) {
        unsigned shift = WORLD_BITS - level;

        if (((uint64_t)b.max_x >> shift) - ((uint64_t)b.min_x >> shift) < SPAN &&
            ((uint64_t)b.max_y >> shift) - ((uint64_t)b.min_y >> shift) < SPAN)
            break;
    }
    return level;
}

static struct world_box world_box_of(struct bbox b)
{
    return (struct world_box){world_x(b.min_x), world_y(b.max_y), world_x(b.max_x),
                              world_y(b.min_y)};
}

static struct digest *digest_new(const struct atlas_layer *layer)
{
    struct world_box extent = world_box_of(layer->frame);
    uint64_t most = (uint64_t)layer->n_placed * CELLS_PER_FEATURE;
    struct grid_level levels[LEVELS];
    unsigned n_levels = 0;
    size_t n = 0;
    struct digest *d;

    for (unsigned l = 0; l < LEVELS; l++) {
        unsigned shift = WORLD_BITS - l;
        struct grid_level *g = &levels[l];

        g->x0 = (uint32_t)((uint64_t)extent.min_x >> shift);
        g->y0 = (uint32_t)((uint64_t)extent.min_y >> shift);
        g->nx = (uint32_t)((uint64_t)extent.max_x >> shift) - g->x0 + 1;
        g->ny = (uint32_t)((uint64_t)extent.max_y >> shift) - g->y0 + 1;
        uint64_t cells = (uint64_t)g->nx * g->ny;
        /* a single cell a level costs nothing: small extents go on to small cells */
        if (cells > 4 && (cells > MAX_CELLS || cells > most))
            break;
        n += (size_t)cells;
        n_levels++;
    }
    d = calloc(1, sizeof *d + 2 * n * sizeof *d->sums);
    if (!d)
        return NULL;
    d->bytes = sizeof *d + 2 * n * sizeof *d->sums;
    d->n_levels = n_levels;
    n = 0;
    for (unsigned l = 0; l < n_levels; l++) {
        size_t cells = (size_t)levels[l].nx * levels[l].ny;

        d->levels[l] = levels[l];
        d->levels[l].own = d->sums + n;
        d->levels[l].below = d->sums + n + cells;
        n += 2 * cells;
    }
    return d;
}

static void add_features(struct digest *d, const struct atlas_layer *layer)
{
    for (uint32_t i = 0; i < layer->n_placed; i++) {
        struct world_box box = world_box_of(atlas_bbox(layer, i));
        uint64_t hash = atlas_digest_feature(layer, i);
        unsigned level = finest_level(box, d->n_levels);
        struct grid_level *g = &d->levels[level];
        struct cells c;

        if (!cells_of(g, level, box, &c))
            continue;
        for (uint32_t y = c.y0; y <= c.y1; y++)
            for (uint32_t x = c.x0; x <= c.x1; x++)
                g->own[(size_t)y * g->nx + x] += hash;
    }
}

static void add_up(struct digest *d)
{
    for (unsigned l = d->n_levels; l-- > 0;) {
        struct grid_level *g = &d->levels[l];
        const struct grid_level *above = l ? g - 1 : NULL;

        for (uint32_t y = 0; y < g->ny; y++)
            for (uint32_t x = 0; x < g->nx; x++) {
                size_t i = (size_t)y * g->nx + x;

                g->below[i] += g->own[i];
                if (above)
                    above->below[(size_t)((g->y0 + y) / 2 - above->y0) * above->nx +
                                 ((g->x0 + x) / 2 - above->x0)] += g->below[i];
            }
    }
}

static uint64_t hash_whole(const struct atlas_layer *layer)
{
    uint64_t hash = mix_bytes(2, &layer->frame, sizeof layer->frame);

    hash = mix(hash, layer->n_levels);
    for (unsigned i = 0; i < layer->n_levels; i++)
        hash = mix(hash, layer->levels[i].max_zoom);
    return hash;
}

static _Atomic(struct digest *) *slot_of(const struct atlas_layer *layer)
{
    return &((struct atlas_layer *)layer)->digest;
}

bool atlas_digest_is_ready(const struct atlas_layer *layer)
{
    return layer->n_placed == 0 ||
           atomic_load_explicit(slot_of(layer), memory_order_acquire) != NULL;
}

/* Two threads may make the same one; the first one stays. */
bool atlas_digest_prepare(const struct atlas_layer *layer)
{
    struct digest *none = NULL;
    struct digest *d;

    if (atlas_digest_is_ready(layer))
        return true;
    d = digest_new(layer);
    if (!d)
        return false;
    d->whole = hash_whole(layer);
    add_features(d, layer);
    add_up(d);
    if (!atomic_compare_exchange_strong_explicit(
            slot_of(layer), &none, d, memory_order_acq_rel, memory_order_acquire))
        digest_free(d);
    return true;
}

static uint64_t
sum_of(const struct grid_level *g, const uint64_t *sums, const struct cells *c)
{
    uint64_t sum = 0;

    for (uint32_t y = c->y0; y <= c->y1; y++)
        for (uint32_t x = c->x0; x <= c->x1; x++)
            sum += sums[(size_t)y * g->nx + x];
    return sum;
}

uint64_t atlas_digest_window(const struct atlas_layer *layer, struct world_box window)
{
    const struct digest *d = atomic_load_explicit(slot_of(layer), memory_order_acquire);
    uint64_t sum = 0;
    unsigned finest;

    if (!d)
        return 0; /* nothing has a position */
    finest = finest_level(window, d->n_levels);
    for (unsigned l = 0; l <= finest; l++) {
        const struct grid_level *g = &d->levels[l];
        struct cells c;

        if (!cells_of(g, l, window, &c))
            break; /* nor does any finer cell meet it */
        sum += sum_of(g, l == finest ? g->below : g->own, &c);
    }
    /* no feature, no order: an empty window of a layer that grows stays as it is */
    return sum ? mix(d->whole, sum) : 0;
}

void digest_free(struct digest *digest)
{
    free(digest);
}

size_t digest_bytes(const struct digest *digest)
{
    return digest ? digest->bytes : 0;
}
