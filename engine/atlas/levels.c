/* SPDX-License-Identifier: Apache-2.0 */
/* Generalised shapes for low zooms.
 *
 * The level for zooms up to z keeps the outline within a quarter of a pixel of 256 px
 * tiles at z. A pixel is 2^(24-z) world units. Each level is made from the next finer
 * one, which costs far less than starting from the full outline; with tolerances of 3/4
 * of a quarter pixel and a factor of four between levels the errors add up to no more
 * than 3/4 * (1 + 1/4 + 1/16 + ...) = 1 quarter pixel.
 *
 * What is thinned out is arcs (arcs.h), not outlines: the border of two areas stays one
 * line for both. Where arcs would cross then, the vertices left out come back
 * (untangle.h).
 *
 * A ring under a pixel leaves no mark worth drawing. The area of those left out is
 * added up along the layer's curve, holes against it, and so is what thinning takes off
 * small ones; whenever it makes a pixel, a square of that area stands for the last ring
 * left out. So islands are as much of the
 * picture at low zooms as they are of the map. (After tippecanoe's "tiny polygons".) */
#include "atlas/levels.h"
#include "atlas/arcs.h"
#include "atlas/untangle.h"
#include "geom/simplify.h"

#include <math.h>
#include <stdlib.h>

enum { SMALL_RING_PX = 8 };

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
    struct arcs arcs; /* as they are in the finer level */
    uint8_t *keep;    /* of their vertices: those that stay */
    struct im_buf xy;
    struct im_buf parts;
    uint32_t *point_start;
    uint32_t *part_start;
    double debt2; /* twice the area left out, square world units */
    struct simplify_scratch scratch;
};

struct box {
    uint32_t min_x, min_y, max_x, max_y;
};

static struct box box_of(const uint32_t *xy, size_t n)
{
    struct box b = {UINT32_MAX, UINT32_MAX, 0, 0};

    for (size_t i = 0; i < n; i++) {
        b.min_x = xy[2 * i] < b.min_x ? xy[2 * i] : b.min_x;
        b.max_x = xy[2 * i] > b.max_x ? xy[2 * i] : b.max_x;
        b.min_y = xy[2 * i + 1] < b.min_y ? xy[2 * i + 1] : b.min_y;
        b.max_y = xy[2 * i + 1] > b.max_y ? xy[2 * i + 1] : b.max_y;
    }
    return b;
}

static uint32_t larger_side(struct box b)
{
    return b.max_x - b.min_x > b.max_y - b.min_y ? b.max_x - b.min_x
                                                 : b.max_y - b.min_y;
}

/* The vertices that stay of all arcs of a part, one after another: appended to b->xy.
 * Returns how many; 0 without memory too. */
static size_t join_arcs(struct level_builder *b, uint32_t part)
{
    const struct arcs *a = &b->arcs;
    size_t start = b->xy.len;

    for (uint32_t r = a->part_first[part]; r < a->part_first[part + 1]; r++) {
        uint32_t arc = a->refs[r] >> 1;
        bool is_back = a->refs[r] & 1;
        uint32_t n = a->start[arc + 1] - a->start[arc];
        uint32_t *to;

        if (!im_buf_reserve(&b->xy, (size_t)n * 8))
            return 0;
        to = (uint32_t *)(b->xy.data + b->xy.len);
        /* the first vertex is the last one of the arc before */
        for (uint32_t i = r > a->part_first[part]; i < n; i++) {
            uint32_t at = a->start[arc] + (is_back ? n - 1 - i : i);

            if (!b->keep[at])
                continue;
            *to++ = a->xy[2 * (size_t)at];
            *to++ = a->xy[2 * (size_t)at + 1];
        }
        b->xy.len = (size_t)((uint8_t *)to - b->xy.data);
    }
    return (b->xy.len - start) / 8;
}

/* A square for the islands left out, around the middle of the last one of them. */
static size_t put_square(struct level_builder *b, struct box box)
{
    uint32_t x = box.min_x + (box.max_x - box.min_x) / 2;
    uint32_t y = box.min_y + (box.max_y - box.min_y) / 2;
    uint32_t half = (uint32_t)(sqrt(b->debt2 / 2) / 2);
    uint32_t west = x > half ? x - half : 0;
    uint32_t north = y > half ? y - half : 0;
    uint32_t east = UINT32_MAX - x > half ? x + half : UINT32_MAX;
    uint32_t south = UINT32_MAX - y > half ? y + half : UINT32_MAX;
    uint32_t ring[10] = {west,  north, west,  south, east,
                         south, east,  north, west,  north};

    b->debt2 -= ring_area2(ring, 5);
    im_buf_append(&b->xy, ring, sizeof ring);
    return 5;
}

/* Append what is left of a ring; the number of its points, 0 when it vanishes. */
static size_t add_ring(struct level_builder *b, uint32_t part, double pixel)
{
    size_t start = b->xy.len;
    size_t n = join_arcs(b, part);
    const uint32_t *xy = (const uint32_t *)(b->xy.data + start);
    double truth2 = b->arcs.area2[part];
    struct box box;
    double area2;

    if (n == 0)
        return 0;
    box = box_of(xy, n);
    area2 = ring_area2(xy, n);
    if (n >= 4 && larger_side(box) >= pixel && (area2 > 0) == (truth2 > 0)) {
        /* corners cut off small rings add up; those of large ones are in their shape */
        if (larger_side(box) < SMALL_RING_PX * pixel)
            b->debt2 += truth2 - area2;
        return n;
    }
    b->xy.len = start;
    b->debt2 += truth2;
    if (truth2 <= 0 || b->debt2 < 2 * pixel * pixel)
        return 0;
    return put_square(b, box);
}

/* The same of a line. */
static size_t add_line(struct level_builder *b, uint32_t part, double pixel)
{
    size_t start = b->xy.len;
    size_t n = join_arcs(b, part);

    if (n &&
        larger_side(box_of((const uint32_t *)(b->xy.data + start), n)) < pixel / 4) {
        b->xy.len = start;
        return 0;
    }
    return n;
}

static void add_feature(struct level_builder *b,
                        const struct shape_level *full,
                        enum geom_kind kind,
                        uint32_t feature,
                        double pixel)
{
    struct atlas_shape s = level_shape(full, kind, feature);
    size_t first = b->xy.len / 8;

    if (kind == GEOM_POINT)
        im_buf_append(&b->xy, s.xy, (size_t)s.n_points * 8);
    for (uint32_t i = 0; i < s.n_parts; i++) {
        uint32_t part = full->part_start[feature] + i;
        size_t n =
            kind == GEOM_AREA ? add_ring(b, part, pixel) : add_line(b, part, pixel);

        if (n) {
            uint32_t points = (uint32_t)(b->xy.len / 8 - first);

            im_buf_append(&b->parts, &points, sizeof points);
        }
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

/* Which vertices of the arcs stay. */
static bool thin_arcs(struct level_builder *b, double tolerance)
{
    const struct arcs *a = &b->arcs;

    for (uint32_t i = 0; i < a->n; i++)
        if (!simplify_marks(a->xy + 2 * (size_t)a->start[i],
                            a->start[i + 1] - a->start[i],
                            (enum simplify_kind)a->kinds[i], tolerance, &b->scratch,
                            b->keep + a->start[i]))
            return false;
    return arcs_untangle(a, b->keep);
}

/* The vertices that did not stay are gone for coarser levels too. */
static void drop_vertices(struct level_builder *b)
{
    struct arcs *a = &b->arcs;
    uint32_t n = 0;

    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t at = a->start[i];

        a->start[i] = n;
        for (; at < a->start[i + 1]; at++) {
            if (!b->keep[at])
                continue;
            a->xy[2 * (size_t)n] = a->xy[2 * (size_t)at];
            a->xy[2 * (size_t)n++ + 1] = a->xy[2 * (size_t)at + 1];
        }
    }
    a->start[a->n] = n;
}

/* Make one level from the finer one, which has `n_finer` vertices. It is left out
 * (*made false) when it would save less than a fifth of them: then the finer one serves
 * its zooms too. */
static bool build_level(struct level_builder *b,
                        const struct atlas_layer *layer,
                        size_t n_finer,
                        unsigned zoom,
                        struct shape_level *out,
                        bool *made)
{
    double pixel = (double)(1u << (24 - zoom));

    im_buf_clear(&b->xy);
    im_buf_clear(&b->parts);
    b->debt2 = 0;
    if (!thin_arcs(b, pixel * 3 / 16))
        return false;
    for (uint32_t i = 0; i < layer->n_placed; i++) {
        b->point_start[i] = (uint32_t)(b->xy.len / 8);
        b->part_start[i] = (uint32_t)(b->parts.len / 4);
        add_feature(b, &layer->full, kind_of(layer, i), i, pixel);
    }
    b->point_start[layer->n_placed] = (uint32_t)(b->xy.len / 8);
    b->part_start[layer->n_placed] = (uint32_t)(b->parts.len / 4);
    if (b->xy.failed || b->parts.failed)
        return false;
    *made = b->xy.len / 8 < n_finer / 5 * 4;
    if (!*made)
        return true;
    drop_vertices(b);
    return finish(b, layer, zoom, out);
}

static bool builder_init(struct level_builder *b, const struct atlas_layer *layer)
{
    size_t bytes = ((size_t)layer->n_placed + 1) * sizeof(uint32_t);

    *b = (struct level_builder){.xy = {.max = SIZE_MAX / 2},
                                .parts = {.max = SIZE_MAX / 2}};
    if (!arcs_init(&b->arcs, layer))
        return false;
    b->point_start = malloc(bytes);
    b->part_start = malloc(bytes);
    b->keep = malloc((size_t)b->arcs.start[b->arcs.n] + 1);
    return b->point_start && b->part_start && b->keep;
}

static void builder_release(struct level_builder *b)
{
    arcs_release(&b->arcs);
    free(b->keep);
    free(b->point_start);
    free(b->part_start);
    im_buf_release(&b->xy);
    im_buf_release(&b->parts);
    simplify_release(&b->scratch);
}

bool levels_build(struct atlas_layer *layer)
{
    struct level_builder b;
    struct shape_level made[ATLAS_LEVELS];
    size_t n_finer;
    unsigned n = 0;
    bool fine;

    if (atlas_layer_is_single(layer))
        return true;
    n_finer = layer->full.point_start[layer->n_placed];
    fine = builder_init(&b, layer);
    for (unsigned i = ATLAS_LEVELS; fine && i-- > 0;) {
        bool is_made = false;

        fine = build_level(&b, layer, n_finer, ZOOMS[i], &made[n], &is_made);
        if (fine && is_made)
            n_finer = made[n++].point_start[layer->n_placed];
    }
    for (unsigned i = 0; fine && i < n; i++)
        layer->levels[i] = made[n - 1 - i];
    layer->n_levels = fine ? n : 0;
    builder_release(&b);
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
