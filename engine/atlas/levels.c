/* SPDX-License-Identifier: Apache-2.0 */
/* Generalised shapes for low zooms.
 *
 * The level for zooms up to z keeps the outline within a quarter of a pixel of 256 px
 * tiles at z. A pixel is 2^(24-z) world units. Each level is made from the next finer
 * one, which costs far less than starting from the full outline; with tolerances of 3/4
 * of a quarter pixel and a factor of four between levels the errors add up to no more
 * than 3/4 * (1 + 1/4 + 1/16 + ...) = 1 quarter pixel. */
#include "atlas/levels.h"
#include "geom/simplify.h"

static const unsigned ZOOMS[ATLAS_LEVELS] = {4, 6, 8, 10, 12};

struct atlas_shape
level_shape(const struct shape_level *level, enum geom_kind kind, uint32_t feature)
{
    struct atlas_shape shape = {.kind = kind, .n_points = 1};
    uint32_t start = feature;

    if (level->point_start) {
        start = level->point_start[feature];
        shape.n_points = level->point_start[feature + 1] - start;
    }
    if (level->part_start && kind != GEOM_POINT) {
        uint32_t part = level->part_start[feature];

        shape.n_parts = level->part_start[feature + 1] - part;
        shape.part_end = level->parts + part;
    }
    shape.xy = level->xy + 2 * (size_t)start;
    return shape;
}

/* A level while it is made. */
struct level_builder {
    struct im_buf xy;
    struct im_buf parts;
    uint32_t *point_start;
    uint32_t *part_start;
    struct simplify_scratch scratch;
};

/* Larger side of the box around n points. */
static uint32_t extent(const uint32_t *xy, size_t n)
{
    uint32_t min_x = UINT32_MAX;
    uint32_t min_y = UINT32_MAX;
    uint32_t max_x = 0;
    uint32_t max_y = 0;

    for (size_t i = 0; i < n; i++) {
        min_x = xy[2 * i] < min_x ? xy[2 * i] : min_x;
        max_x = xy[2 * i] > max_x ? xy[2 * i] : max_x;
        min_y = xy[2 * i + 1] < min_y ? xy[2 * i + 1] : min_y;
        max_y = xy[2 * i + 1] > max_y ? xy[2 * i + 1] : max_y;
    }
    return max_x - min_x > max_y - min_y ? max_x - min_x : max_y - min_y;
}

/* Append the simplified part; the number of its points, 0 when it vanishes. */
static size_t
add_part(struct level_builder *b, const uint32_t *xy, size_t n, bool ring, double pixel)
{
    size_t kept;

    /* a ring under a pixel and a line under a quarter leave no mark worth drawing */
    if (extent(xy, n) < (ring ? pixel : pixel / 4))
        return 0;
    if (!im_buf_reserve(&b->xy, n * 2 * sizeof *xy))
        return 0;
    kept = simplify_part(xy, n, ring, pixel * 3 / 16, &b->scratch,
                         (uint32_t *)(b->xy.data + b->xy.len));
    if (kept == 0)
        b->xy.failed = true; /* out of memory, as if the buffer had failed */
    b->xy.len += kept * 2 * sizeof *xy;
    return kept;
}

static void add_feature(struct level_builder *b,
                        const struct shape_level *from,
                        enum geom_kind kind,
                        uint32_t feature,
                        double pixel)
{
    struct atlas_shape s = level_shape(from, kind, feature);
    size_t first = b->xy.len / 8;
    uint32_t start = 0;

    if (kind == GEOM_POINT)
        im_buf_append(&b->xy, s.xy, (size_t)s.n_points * 8);
    for (uint32_t part = 0; part < s.n_parts; part++) {
        uint32_t end = s.part_end[part];

        if (add_part(b, s.xy + 2 * (size_t)start, end - start, kind == GEOM_AREA,
                     pixel)) {
            uint32_t points = (uint32_t)(b->xy.len / 8 - first);

            im_buf_append(&b->parts, &points, sizeof points);
        }
        start = end;
    }
}

static bool finish(struct level_builder *b,
                   const struct atlas_layer *layer,
                   unsigned zoom,
                   struct shape_level *out)
{
    size_t bytes = ((size_t)layer->n_placed + 1) * sizeof(uint32_t);
    uint32_t *xy = im_arena_alloc(layer->arena, b->xy.len);
    uint32_t *parts = im_arena_alloc(layer->arena, b->parts.len);
    uint32_t *point_start = im_arena_alloc(layer->arena, bytes);
    uint32_t *part_start = im_arena_alloc(layer->arena, bytes);

    if (!xy || !parts || !point_start || !part_start)
        return false;
    if (b->xy.len)
        memcpy(xy, b->xy.data, b->xy.len);
    if (b->parts.len)
        memcpy(parts, b->parts.data, b->parts.len);
    memcpy(point_start, b->point_start, bytes);
    memcpy(part_start, b->part_start, bytes);
    *out = (struct shape_level){zoom, xy, point_start, part_start, parts};
    return true;
}

static enum geom_kind kind_of(const struct atlas_layer *layer, uint32_t feature)
{
    return layer->kinds ? (enum geom_kind)layer->kinds[feature] : layer->kind;
}

/* Make one level from the finer one. It is left out (*made false) when it would save
 * less than a fifth of the vertices: then the finer one serves its zooms too. */
static bool build_level(struct level_builder *b,
                        const struct atlas_layer *layer,
                        const struct shape_level *from,
                        unsigned zoom,
                        struct shape_level *out,
                        bool *made)
{
    double pixel = (double)(1u << (24 - zoom));

    im_buf_clear(&b->xy);
    im_buf_clear(&b->parts);
    for (uint32_t i = 0; i < layer->n_placed; i++) {
        b->point_start[i] = (uint32_t)(b->xy.len / 8);
        b->part_start[i] = (uint32_t)(b->parts.len / 4);
        add_feature(b, from, kind_of(layer, i), i, pixel);
    }
    b->point_start[layer->n_placed] = (uint32_t)(b->xy.len / 8);
    b->part_start[layer->n_placed] = (uint32_t)(b->parts.len / 4);
    if (b->xy.failed || b->parts.failed)
        return false;
    *made = b->xy.len / 8 < (size_t)from->point_start[layer->n_placed] / 5 * 4;
    return !*made || finish(b, layer, zoom, out);
}

bool levels_build(struct atlas_layer *layer)
{
    size_t bytes = ((size_t)layer->n_placed + 1) * sizeof(uint32_t);
    struct level_builder b = {.xy = {.max = SIZE_MAX / 2},
                              .parts = {.max = SIZE_MAX / 2}};
    struct shape_level made[ATLAS_LEVELS];
    const struct shape_level *from = &layer->full;
    bool fine = true;
    unsigned n = 0;

    if (atlas_layer_is_single(layer))
        return true;
    b.point_start = malloc(bytes);
    b.part_start = malloc(bytes);
    fine = b.point_start && b.part_start;
    for (unsigned i = ATLAS_LEVELS; fine && i-- > 0;) {
        bool is_made = false;

        fine = build_level(&b, layer, from, ZOOMS[i], &made[n], &is_made);
        if (fine && is_made)
            from = &made[n++];
    }
    for (unsigned i = 0; fine && i < n; i++)
        layer->levels[i] = made[n - 1 - i];
    layer->n_levels = fine ? n : 0;
    free(b.point_start);
    free(b.part_start);
    im_buf_release(&b.xy);
    im_buf_release(&b.parts);
    simplify_release(&b.scratch);
    return fine;
}

struct atlas_shape
atlas_shape(const struct atlas_layer *layer, uint32_t feature, unsigned zoom)
{
    if (feature >= layer->n_placed)
        return (struct atlas_shape){.kind = GEOM_EMPTY};
    for (unsigned i = 0; i < layer->n_levels; i++)
        if (zoom <= layer->levels[i].max_zoom) {
            struct atlas_shape s =
                level_shape(&layer->levels[i], kind_of(layer, feature), feature);

            if (s.n_points == 0)
                s.kind = GEOM_EMPTY;
            return s;
        }
    return level_shape(&layer->full, kind_of(layer, feature), feature);
}
