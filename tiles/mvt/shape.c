/* SPDX-License-Identifier: Apache-2.0 */
/* Geometry of a vector tile's features: cut to the tile and its buffer, rounded to
 * whole tile units. */
#include "mvt/encode.h"

#include <stdlib.h>

/* Rounding is the same in all tiles: half goes up, also below zero, so that a vertex
 * that two tiles share is at the same place in both. */
static int32_t rounded(double v)
{
    enum { FAR = 1 << 20 }; /* above zero, so that cutting off is rounding down */

    return (int32_t)(v + (FAR + 0.5)) - FAR;
}

/* The same from world units. */
static int32_t rounded_world(const struct encode *e, int64_t from_origin)
{
    unsigned z = e->id.z;

    if (z >= WORLD_BITS - MVT_EXTENT_BITS) /* a world unit is one of the tile or more */
        return (int32_t)(from_origin * (1 << (z - (WORLD_BITS - MVT_EXTENT_BITS))));
    z = WORLD_BITS - MVT_EXTENT_BITS - z;
    return (int32_t)((from_origin + ((int64_t)1 << (z - 1))) >> z);
}

static uint32_t put_vertex(struct encode *e, uint32_t n, int32_t x, int32_t y)
{
    if (n && e->xy[2 * n - 2] == x && e->xy[2 * n - 1] == y)
        return n;
    e->xy[2 * n] = x;
    e->xy[2 * n + 1] = y;
    return n + 1;
}

/* One part in whole units without repeated vertices; returns how many are left. */
static uint32_t round_cut(struct encode *e, uint32_t first, uint32_t end)
{
    uint32_t n = 0;

    for (uint32_t i = first; i < end; i++)
        n = put_vertex(e, n, rounded(e->path.xy[2 * i]),
                       rounded(e->path.xy[2 * i + 1]));
    return n;
}

static uint32_t round_whole(struct encode *e, const uint32_t *xy, uint32_t n_points)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_points; i++)
        n = put_vertex(e, n, rounded_world(e, xy[2 * (size_t)i] - e->frame.x0),
                       rounded_world(e, xy[2 * (size_t)i + 1] - e->frame.y0));
    return n;
}

bool encode_room_for(struct encode *e, uint32_t n)
{
    if (n > e->cap_xy) {
        uint32_t cap = e->cap_xy ? e->cap_xy : 1024;
        int32_t *xy;

        while (cap < n)
            cap *= 2;
        xy = realloc(e->xy, cap * 2 * sizeof *xy);
        if (!xy) {
            e->failed = true;
            return false;
        }
        e->xy = xy;
        e->cap_xy = cap;
    }
    return true;
}

struct clip_box encode_box_tu(void)
{
    return (struct clip_box){-MVT_BUFFER_TU, -MVT_BUFFER_TU,
                             TILE_EXTENT_TU + MVT_BUFFER_TU,
                             TILE_EXTENT_TU + MVT_BUFFER_TU};
}

static void reverse(int32_t *xy, uint32_t n)
{
    for (uint32_t i = 0, j = n - 1; i < j; i++, j--) {
        int32_t x = xy[2 * i];
        int32_t y = xy[2 * i + 1];

        xy[2 * i] = xy[2 * j];
        xy[2 * i + 1] = xy[2 * j + 1];
        xy[2 * j] = x;
        xy[2 * j + 1] = y;
    }
}

/*
 * MVT 2.1, 4.3.3.3: an outer ring has a positive area by the surveyor's formula in tile
 * coordinates, its holes follow with a negative one. Ours come the other way round (RFC
 * 7946 on a map whose y is turned), so all are reversed. What is outer is known from
 * the ring before rounding; a ring that rounding turned around or flattened is left
 * out, and so are holes whose outer ring is.
 */
static void put_ring(struct encode *e, uint32_t n, bool is_outer, bool *has_outer)
{
    int64_t area;
    bool is_good;

    if (n > 1 && e->xy[0] == e->xy[2 * n - 2] && e->xy[1] == e->xy[2 * n - 1])
        n--; /* ClosePath repeats it */
    area = n >= 3 ? mend_area2(e->xy, n) : 0;
    is_good = is_outer ? area < 0 : area > 0;
    if (is_outer)
        *has_outer = is_good;
    if (!is_good || !*has_outer)
        return;
    reverse(e->xy, n);
    if (!mend_add_ring(&e->rings, e->xy, n) && is_outer)
        *has_outer = false;
    e->failed |= e->rings.failed;
}

/* The rings of a feature that put_ring has collected. */
static void put_rings(struct encode *e)
{
    uint32_t first = 0;

    mend_box(&e->rings, -MVT_BUFFER_TU, TILE_EXTENT_TU + MVT_BUFFER_TU);
    mend_rings(&e->mend, &e->rings);
    for (uint32_t i = 0; i < e->rings.n_rings; first = e->rings.end[i], i++)
        mvt_ring(&e->mvt, e->rings.xy + 2 * (size_t)first, e->rings.end[i] - first);
}

static bool is_outer_ring(const uint32_t *xy, uint32_t n)
{
    int64_t x0 = xy[0];
    int64_t y0 = xy[1];
    double sum = 0;

    for (uint32_t i = 1; i + 1 < n; i++)
        sum +=
            (double)(xy[2 * (size_t)i] - x0) * (double)(xy[2 * (size_t)i + 3] - y0) -
            (double)(xy[2 * (size_t)i + 2] - x0) * (double)(xy[2 * (size_t)i + 1] - y0);
    return sum < 0;
}

/* What is left of a part that leaves the tile's window. */
static void
put_cut(struct encode *e, const struct atlas_shape *s, uint32_t first, uint32_t end)
{
    clip_path_clear(&e->path);
    clip_local(s, first, end, e->frame, e->cut, &e->clip.local);
    if (s->kind == GEOM_AREA)
        clip_ring(e->clip.local.xy, e->clip.local.n_points, encode_box_tu(),
                  &e->clip.half, &e->path);
    else
        clip_line(e->clip.local.xy, e->clip.local.n_points, encode_box_tu(), &e->path);
    e->failed |= e->path.failed || e->clip.local.failed;
    if (!encode_room_for(e, e->path.n_points))
        e->path.n_parts = 0;
}

static void put_area(struct encode *e, const struct atlas_shape *s)
{
    bool has_outer = false;
    uint32_t first = 0;

    mend_rings_clear(&e->rings);
    for (uint32_t p = 0; p < s->n_parts && !e->failed; p++) {
        const uint32_t *xy = s->xy + 2 * (size_t)first;
        uint32_t n = s->part_end[p] - first;
        enum clip_side side = clip_side_of(xy, n, e->cut);
        bool is_outer = is_outer_ring(xy, n);

        if (side == CLIP_INSIDE && encode_room_for(e, n)) {
            put_ring(e, round_whole(e, xy, n), is_outer, &has_outer);
        } else {
            has_outer &= !is_outer;
            if (side == CLIP_ACROSS)
                put_cut(e, s, first, s->part_end[p]);
            if (side == CLIP_ACROSS && e->path.n_parts)
                put_ring(e, round_cut(e, 0, e->path.n_points), is_outer, &has_outer);
        }
        first = s->part_end[p];
    }
    if (!e->failed)
        put_rings(e);
}

static void put_lines(struct encode *e, const struct atlas_shape *s)
{
    uint32_t first = 0;

    for (uint32_t p = 0; p < s->n_parts && !e->failed; p++) {
        const uint32_t *xy = s->xy + 2 * (size_t)first;
        uint32_t n = s->part_end[p] - first;
        enum clip_side side = clip_side_of(xy, n, e->cut);

        if (side == CLIP_INSIDE && encode_room_for(e, n)) {
            encode_put_line(e, round_whole(e, xy, n));
        } else if (side == CLIP_ACROSS) {
            put_cut(e, s, first, s->part_end[p]);
            for (uint32_t k = 0; k < e->path.n_parts; k++)
                encode_put_line(e, round_cut(e, k ? e->path.part_end[k - 1] : 0,
                                             e->path.part_end[k]));
        }
        first = s->part_end[p];
    }
}

static void put_points(struct encode *e, const struct atlas_shape *s)
{
    uint32_t n = 0;

    if (!encode_room_for(e, s->n_points))
        return;
    for (uint32_t i = 0; i < s->n_points; i++) {
        const uint32_t *p = s->xy + 2 * (size_t)i;

        if (clip_side_of(p, 1, e->cut) != CLIP_INSIDE)
            continue;
        e->xy[2 * n] = rounded_world(e, p[0] - e->frame.x0);
        e->xy[2 * n + 1] = rounded_world(e, p[1] - e->frame.y0);
        n++;
    }
    mvt_points(&e->mvt, e->xy, n);
}

static struct atlas_shape
label_shape(struct encode *e, uint32_t feature, uint32_t xy[2])
{
    struct atlas_shape shape = {.kind = GEOM_POINT, .n_points = 1, .xy = xy};

    if (!map_label_point(e->ml, feature, &xy[0], &xy[1]))
        shape.kind = GEOM_EMPTY;
    return shape;
}

/* In a grid of another projection. */
static void put_projected(struct encode *e, const struct atlas_shape *s)
{
    bool has_outer = false;
    uint32_t first = 0;

    mend_rings_clear(&e->rings);
    clip_path_clear(&e->path);
    clip_shape(s, e->frame, encode_box_tu(), true, NULL, &e->clip, &e->path);
    e->failed |= e->path.failed;
    if (!encode_room_for(e, e->path.n_points) || e->failed)
        return;
    for (uint32_t p = 0; p < e->path.n_parts; p++) {
        uint32_t end = e->path.part_end[p];

        if (s->kind == GEOM_AREA)
            put_ring(e, round_cut(e, first, end),
                     clip_ring_area2(e->path.xy + 2 * (size_t)first, end - first) < 0,
                     &has_outer);
        else if (s->kind == GEOM_LINE)
            encode_put_line(e, round_cut(e, first, end));
        first = end;
    }
    if (s->kind == GEOM_AREA && !e->failed)
        put_rings(e);
    if (s->kind != GEOM_POINT)
        return;
    for (uint32_t i = 0; i < e->path.n_points; i++) {
        e->xy[2 * i] = rounded(e->path.xy[2 * i]);
        e->xy[2 * i + 1] = rounded(e->path.xy[2 * i + 1]);
    }
    mvt_points(&e->mvt, e->xy, e->path.n_points);
}

static void put_any(struct encode *e, const struct atlas_shape *s)
{
    if (s->kind == GEOM_EMPTY)
        return;
    if (e->frame.projection)
        put_projected(e, s);
    else if (s->kind == GEOM_AREA)
        put_area(e, s);
    else if (s->kind == GEOM_LINE)
        put_lines(e, s);
    else
        put_points(e, s);
}

/* What of the feature lies in the tile's window, as its geometry. */
enum mvt_type encode_put_shape(struct encode *e, uint32_t feature)
{
    uint32_t xy[2];
    struct atlas_shape shape = {.kind = GEOM_POINT, .n_points = 1};

    if (feature & CLUSTER_BIT)
        shape.xy = cluster_at(e->clusters.clusters, feature & ~CLUSTER_BIT)->xy;
    else
        shape = e->as_labels ? label_shape(e, feature, xy)
                             : atlas_shape(e->ml->layer, feature, e->shape_zoom);
    e->failed |= tile_late(&e->late, shape.n_points);
    put_any(e, &shape);
    return shape.kind == GEOM_AREA   ? MVT_POLYGON
           : shape.kind == GEOM_LINE ? MVT_LINESTRING
                                     : MVT_POINT;
}
