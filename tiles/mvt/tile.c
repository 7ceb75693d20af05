/* SPDX-License-Identifier: Apache-2.0 */
/* One vector tile: every layer of the map, cut to the tile and its buffer. */
#include "clip.h"
#include "map.h"
#include "mvt/encoder.h"

#include <math.h>
#include <stdlib.h>

enum { BUFFER_TU = 64, MVT_MAX_POINTS = CLIP_MAX_POINTS };

struct encode {
    const struct tile_map *map;
    struct tile_id id;
    struct tile_frame frame;
    const struct map_layer *ml;
    bool as_labels; /* the points of "<id>_label" */
    struct mvt_encoder mvt;
    struct clip_scratch clip;
    struct clip_path path;
    int32_t *xy; /* one part, rounded */
    uint32_t cap_xy;
    int32_t key_of[SCHEMA_MAX_FIELDS]; /* -1: not yet used in this layer */
    /* value index + 1 of the last dictionary code of a field: neighbours along the
     * curve tend to share it */
    uint32_t last_code[SCHEMA_MAX_FIELDS];
    uint32_t last_value[SCHEMA_MAX_FIELDS];
    bool failed;
};

static void release(void *ptr)
{
    struct encode *e = ptr;

    mvt_encoder_release(&e->mvt);
    clip_scratch_release(&e->clip);
    clip_path_release(&e->path);
    free(e->xy);
}

/* ---- properties ---- */

static uint32_t text_value(struct encode *e, uint32_t feature, int field)
{
    const struct atlas_layer *layer = e->ml->layer;
    uint32_t code = atlas_code(layer, feature, field);

    if (!e->last_value[field] || e->last_code[field] != code) {
        e->last_code[field] = code;
        e->last_value[field] =
            mvt_text(&e->mvt, atlas_code_text(layer, field, code)) + 1;
    }
    return e->last_value[field] - 1;
}

static void put_properties(struct encode *e, uint32_t feature)
{
    const struct atlas_layer *layer = e->ml->layer;
    const struct layer_schema *schema = atlas_layer_schema(layer);

    for (int i = 0; i < (int)schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];
        uint32_t value;
        int64_t integer;
        double number;

        if (field->tile_zoom < 0 || field->tile_zoom > (int)e->id.z ||
            atlas_is_null(layer, feature, i))
            continue;
        if (field->type == FIELD_TEXT)
            value = text_value(e, feature, i);
        else if (atlas_integer(layer, feature, i, &integer))
            value = mvt_integer(&e->mvt, integer);
        else if (atlas_number(layer, feature, i, &number))
            value = mvt_double(&e->mvt, number);
        else
            continue;
        if (e->key_of[i] < 0)
            e->key_of[i] = (int32_t)mvt_key(&e->mvt, field->name);
        mvt_tag(&e->mvt, (uint32_t)e->key_of[i], value);
    }
}

/* ---- geometry ---- */

/* Rounding is the same in all tiles: half goes up, also below zero, so that a vertex
 * that two tiles share is at the same place in both. */
static int32_t rounded(double v)
{
    return (int32_t)floor(v + 0.5);
}

/* One part in whole units without repeated vertices; returns how many are left. */
static uint32_t round_part(struct encode *e, uint32_t first, uint32_t end)
{
    uint32_t n = 0;

    for (uint32_t i = first; i < end; i++) {
        int32_t x = rounded(e->path.xy[2 * i]);
        int32_t y = rounded(e->path.xy[2 * i + 1]);

        if (n && e->xy[2 * n - 2] == x && e->xy[2 * n - 1] == y)
            continue;
        e->xy[2 * n] = x;
        e->xy[2 * n + 1] = y;
        n++;
    }
    return n;
}

static bool room_for(struct encode *e, uint32_t n)
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

static int64_t area2(const int32_t *xy, uint32_t n)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = i + 1 == n ? 0 : i + 1;

        sum += (int64_t)xy[2 * i] * xy[2 * j + 1] - (int64_t)xy[2 * j] * xy[2 * i + 1];
    }
    return sum;
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
static void put_rings(struct encode *e)
{
    bool has_outer = false;
    uint32_t first = 0;

    for (uint32_t p = 0; p < e->path.n_parts; p++) {
        uint32_t end = e->path.part_end[p];
        bool is_outer = clip_ring_area2(e->path.xy + 2 * first, end - first) < 0;
        uint32_t n = round_part(e, first, end);

        if (n > 1 && e->xy[0] == e->xy[2 * n - 2] && e->xy[1] == e->xy[2 * n - 1])
            n--; /* ClosePath repeats it */
        first = end;
        int64_t area = n >= 3 ? area2(e->xy, n) : 0;
        bool is_good = is_outer ? area < 0 : area > 0;
        if (is_outer)
            has_outer = is_good;
        if (!is_good || !has_outer)
            continue;
        reverse(e->xy, n);
        mvt_ring(&e->mvt, e->xy, n);
    }
}

static void put_lines(struct encode *e)
{
    uint32_t first = 0;

    for (uint32_t p = 0; p < e->path.n_parts; p++) {
        uint32_t end = e->path.part_end[p];
        uint32_t n = round_part(e, first, end);

        if (n >= 2)
            mvt_line(&e->mvt, e->xy, n);
        first = end;
    }
}

static void put_points(struct encode *e)
{
    for (uint32_t i = 0; i < e->path.n_points; i++) {
        e->xy[2 * i] = rounded(e->path.xy[2 * i]);
        e->xy[2 * i + 1] = rounded(e->path.xy[2 * i + 1]);
    }
    mvt_points(&e->mvt, e->xy, e->path.n_points);
}

static struct clip_box clip_box_tu(void)
{
    return (struct clip_box){-BUFFER_TU, -BUFFER_TU, TILE_EXTENT_TU + BUFFER_TU,
                             TILE_EXTENT_TU + BUFFER_TU};
}

/* The shape cut to the tile, in e->path. A tile is shown up to 512 px wide and beyond:
 * so the finer shape of the next zoom. */
static enum geom_kind cut_shape(struct encode *e, uint32_t feature)
{
    unsigned zoom = e->id.z < TILE_MAX_ZOOM ? e->id.z + 1 : TILE_MAX_ZOOM;
    struct atlas_shape shape = atlas_shape(e->ml->layer, feature, zoom);

    clip_shape(&shape, e->frame, clip_box_tu(), true, NULL, &e->clip, &e->path);
    return shape.kind;
}

static enum geom_kind cut_label_point(struct encode *e, uint32_t feature)
{
    uint32_t xy[2];
    struct atlas_shape shape = {.kind = GEOM_POINT, .n_points = 1, .xy = xy};

    if (!map_label_point(e->ml, feature, &xy[0], &xy[1]))
        return GEOM_EMPTY;
    clip_shape(&shape, e->frame, clip_box_tu(), false, NULL, &e->clip, &e->path);
    return GEOM_POINT;
}

static bool visit_feature(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    enum geom_kind kind;

    if (!map_shows(e->map, e->ml->layer, feature))
        return true;
    clip_path_clear(&e->path);
    kind = e->as_labels ? cut_label_point(e, feature) : cut_shape(e, feature);
    e->failed |= e->path.failed;
    if (e->path.n_parts == 0 || !room_for(e, e->path.n_points))
        return !e->failed;
    mvt_begin_feature(&e->mvt);
    if (kind == GEOM_AREA)
        put_rings(e);
    else if (kind == GEOM_LINE)
        put_lines(e);
    else
        put_points(e);
    if (e->mvt.geometry.len)
        put_properties(e, feature);
    mvt_end_feature(&e->mvt, atlas_fid(e->ml->layer, feature),
                    kind == GEOM_AREA   ? MVT_POLYGON
                    : kind == GEOM_LINE ? MVT_LINESTRING
                                        : MVT_POINT);
    return !e->failed && !e->mvt.features.failed;
}

static void encode_layer(struct encode *e, bool as_labels, struct im_buf *out)
{
    const char *id = atlas_layer_schema(e->ml->layer)->id;
    char name[SCHEMA_MAX_ID + 8];

    snprintf(name, sizeof name, "%s%s", id, as_labels ? "_label" : "");
    e->as_labels = as_labels;
    for (int i = 0; i < SCHEMA_MAX_FIELDS; i++) {
        e->key_of[i] = -1;
        e->last_value[i] = 0;
    }
    mvt_begin_layer(&e->mvt);
    atlas_window(e->ml->layer, tile_bounds(e->id, (double)BUFFER_TU / TILE_EXTENT_TU),
                 visit_feature, e);
    mvt_end_layer(&e->mvt, name, out);
}

static enum im_code
finish(struct encode *e, const struct im_buf *out, size_t start, struct im_error *err)
{
    struct tile_id id = e->id;

    if (e->failed)
        return im_fail(err, IM_ENOMEM, "vector tile %u/%u/%u", id.z, id.x, id.y);
    if (!out->failed && out->len - start <= TILE_MAX_MVT_BYTES)
        return IM_OK;
    im_fail(err, IM_ELIMIT,
            "vector tile %u/%u/%u is larger than %d bytes; give its layers a minzoom "
            "above %u or ask for fewer layers",
            id.z, id.x, id.y, TILE_MAX_MVT_BYTES, id.z);
    return im_zh(
        err, IM_ELIMIT,
        "矢量瓦片 %u/%u/%u 超过 %d 字节；请把图层的 minzoom 设到 %u 以上，或减少图层",
        id.z, id.x, id.y, TILE_MAX_MVT_BYTES, id.z);
}

enum im_code tile_encode_mvt(const struct tile_map *map,
                             struct im_arena *arena,
                             struct tile_id id,
                             struct im_buf *out,
                             struct im_error *err)
{
    enum im_code rc = tile_id_check(id, err);
    size_t start = out->len;
    struct encode *e;

    if (rc != IM_OK)
        return rc;
    e = im_arena_calloc(arena, 1, sizeof *e);
    if (!e || !im_arena_defer(arena, release, e))
        return im_fail(err, IM_ENOMEM, "vector tile");
    e->map = map;
    e->id = id;
    e->frame = tile_frame_of(id.z, id.x, id.y, TILE_EXTENT_TU);
    mvt_encoder_init(&e->mvt, TILE_MAX_MVT_BYTES);
    for (uint32_t i = 0; i < map->n_layers && !out->failed && !e->failed; i++) {
        e->ml = &map->layers[i];
        /* what no style layer shows before the next zoom is not sent; a layer without
         * any style is for others to draw */
        if (e->ml->style.n_layers && !map_layer_drawn(e->ml, id.z, id.z + 1.0))
            continue;
        encode_layer(e, false, out);
        if (e->ml->has_label_layer)
            encode_layer(e, true, out);
    }
    rc = finish(e, out, start, err);
    if (rc != IM_OK)
        out->len = start;
    return rc;
}
