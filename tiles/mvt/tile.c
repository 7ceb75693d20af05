/* SPDX-License-Identifier: Apache-2.0 */
/* One vector tile: every layer of the map, cut to the tile and its buffer.
 *
 * A tile over TILE_MAX_MVT_BYTES is made again with a share of them for each layer:
 * what a layer does not use goes to those after it, and a layer over its share keeps
 * its most important features. The tile says so itself, whoever keeps it: the layer
 * "innomap:left_out" has a point for each such layer, with its name and how many
 * features are missing. */
#include "clip.h"
#include "map.h"
#include "mvt/encoder.h"
#include "projection.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum { BUFFER_TU = 64, THIN_TRIES = 8, MAX_RANKS_BYTES = 1 << 30 };

/* No layer id has a colon: the name is free. */
static const char LEFT_OUT_LAYER[] = "innomap:left_out";
/* That layer's own share, for the names of MAP_MAX_LAYERS layers and their labels */
enum { LEFT_OUT_BYTES = 2 * MAP_MAX_LAYERS * (SCHEMA_MAX_ID + 64) };

struct encode {
    const struct tile_map *map;
    struct tile_id id;
    struct tile_frame frame;
    struct tile_projection projection; /* of other grids than WebMercatorQuad */
    struct bbox window;                /* degrees */
    int zoom;                          /* of WebMercatorQuad, by scale on the ground */
    const struct map_layer *ml;
    bool as_labels; /* the points of "<id>_label" */
    size_t max_layer_bytes;
    uint32_t least_rank;    /* features of lower rank are left out */
    struct im_buf ranks;    /* uint32_t, of all features of a layer that is thinned */
    struct im_buf left_out; /* struct left_out, of the tile */
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

struct left_out {
    const struct map_layer *ml;
    bool as_labels;
    size_t n;
};

static void release(void *ptr)
{
    struct encode *e = ptr;

    im_buf_release(&e->ranks);
    im_buf_release(&e->left_out);
    mvt_encoder_release(&e->mvt);
    if (e->frame.projection)
        projection_close(&e->projection);
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

        if (field->tile_zoom < 0 || field->tile_zoom > e->zoom ||
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
    unsigned zoom = map_detail_zoom(e->map, e->id.z) + 1;
    struct atlas_shape shape =
        atlas_shape(e->ml->layer, feature, zoom < TILE_MAX_ZOOM ? zoom : TILE_MAX_ZOOM);

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

/* More important is larger. Among equals a hash decides: it thins evenly over the tile,
 * and takes the same features in each tile and on each day. */
static uint32_t rank_of(const struct encode *e, uint32_t feature)
{
    int64_t fid = atlas_fid(e->ml->layer, feature);
    uint32_t importance =
        (uint32_t)((double)atlas_importance(e->ml->layer, feature) * 4095);

    return importance << 20 | (uint32_t)(XXH3_64bits(&fid, sizeof fid) >> 44);
}

static bool visit_rank(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    uint32_t rank = rank_of(e, feature);

    if (map_shows(e->map, e->ml->layer, feature))
        im_buf_append(&e->ranks, &rank, sizeof rank);
    return !e->ranks.failed;
}

static bool visit_feature(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    enum geom_kind kind;

    if (!map_shows(e->map, e->ml->layer, feature) ||
        (e->least_rank && rank_of(e, feature) < e->least_rank))
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
    return !e->failed && mvt_layer_bytes(&e->mvt) <= e->max_layer_bytes;
}

/* The features from e->least_rank on, into e->mvt; false when they are over the share.
 */
static bool fill_layer(struct encode *e)
{
    for (int i = 0; i < SCHEMA_MAX_FIELDS; i++) {
        e->key_of[i] = -1;
        e->last_value[i] = 0;
    }
    mvt_begin_layer(&e->mvt);
    return atlas_window(e->ml->layer, e->window, visit_feature, e) && !e->failed;
}

static size_t count_from(const struct im_buf *ranks, uint32_t least)
{
    const uint32_t *rank = (const uint32_t *)ranks->data;
    size_t n = 0;

    for (size_t i = 0; i < ranks->len / sizeof *rank; i++)
        n += rank[i] >= least;
    return n;
}

/* The least rank that at most `n` features reach, bit by bit. */
static uint32_t find_least(const struct im_buf *ranks, size_t n)
{
    uint32_t too_low = 0; /* more than n reach it */

    for (uint32_t bit = 1u << 31; bit; bit >>= 1)
        if (count_from(ranks, too_low | bit) > n)
            too_low |= bit;
    return too_low == UINT32_MAX ? UINT32_MAX : too_low + 1;
}

/* How many features fit is guessed from those that did before the share was used up;
 * where these were smaller than the important ones, again with fewer. */
static void thin_layer(struct encode *e)
{
    struct left_out entry = {.ml = e->ml, .as_labels = e->as_labels};
    size_t n = e->mvt.n_features;

    im_buf_clear(&e->ranks);
    atlas_window(e->ml->layer, e->window, visit_rank, e);
    e->failed |= e->ranks.failed;
    for (int i = 0; i < THIN_TRIES && !e->failed; i++) {
        n = i < THIN_TRIES - 1 ? n / 20 * 17 + n % 20 / 2 : 0;
        e->least_rank = find_least(&e->ranks, n);
        if (fill_layer(e))
            break;
    }
    entry.n = e->ranks.len / sizeof(uint32_t) - count_from(&e->ranks, e->least_rank);
    im_buf_append(&e->left_out, &entry, sizeof entry);
    e->failed |= e->left_out.failed;
}

static void
layer_name(const struct map_layer *ml, bool as_labels, char out[SCHEMA_MAX_ID + 8])
{
    (void)snprintf(out, SCHEMA_MAX_ID + 8, "%s%s", atlas_layer_schema(ml->layer)->id,
                   as_labels ? "_label" : "");
}

/* False when it is over `max_bytes` and may not be thinned. */
static bool encode_layer(struct encode *e,
                         const struct map_layer *ml,
                         bool as_labels,
                         size_t max_bytes,
                         bool may_thin,
                         struct im_buf *out)
{
    char name[SCHEMA_MAX_ID + 8];

    e->ml = ml;
    e->as_labels = as_labels;
    e->max_layer_bytes = max_bytes;
    e->least_rank = 0;
    if (!fill_layer(e) && !e->failed) {
        if (!may_thin)
            return false;
        thin_layer(e);
    }
    layer_name(ml, as_labels, name);
    mvt_end_layer(&e->mvt, name, out);
    return true;
}

/* The layers that this zoom shows: what no style layer shows before the next zoom is
 * not sent; a layer without any style is for others to draw. */
static uint32_t list_layers(const struct tile_map *map,
                            double zoom,
                            const struct map_layer *out[MAP_MAX_LAYERS])
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < map->n_layers; i++)
        if (!map->layers[i].style.n_layers ||
            map_layer_drawn(&map->layers[i], zoom, zoom + 1))
            out[n++] = &map->layers[i];
    return n;
}

/* Every layer within its share of what is left; without thinning each may take it all,
 * and false says that the tile is over its budget. */
static bool encode_layers(struct encode *e, bool may_thin, struct im_buf *out)
{
    const struct map_layer *layers[MAP_MAX_LAYERS];
    uint32_t n = list_layers(e->map, map_style_zoom(e->map, e->id.z) + 1, layers);
    size_t budget = TILE_MAX_MVT_BYTES - (may_thin ? LEFT_OUT_BYTES : 0);
    size_t start = out->len;
    size_t n_parts = 0;

    for (uint32_t i = 0; i < n; i++)
        n_parts += layers[i]->has_label_layer ? 2 : 1;
    for (uint32_t i = 0; i < n && !out->failed && !e->failed; i++)
        for (int labels = 0; labels <= layers[i]->has_label_layer; labels++) {
            size_t rest = budget - (out->len - start);
            size_t share = may_thin ? rest / n_parts-- : rest;

            if (!encode_layer(e, layers[i], labels, share, may_thin, out))
                return false;
        }
    return true;
}

static void write_left_out(struct encode *e, struct im_buf *out)
{
    const struct left_out *entries = (const struct left_out *)e->left_out.data;
    const int32_t middle[2] = {TILE_EXTENT_TU / 2, TILE_EXTENT_TU / 2};
    size_t n = e->left_out.len / sizeof *entries;

    mvt_begin_layer(&e->mvt);
    for (size_t i = 0; i < n; i++) {
        char name[SCHEMA_MAX_ID + 8];

        layer_name(entries[i].ml, entries[i].as_labels, name);
        mvt_begin_feature(&e->mvt);
        mvt_points(&e->mvt, middle, 1);
        if (i == 0) {
            mvt_key(&e->mvt, "layer");
            mvt_key(&e->mvt, "features");
        }
        mvt_tag(&e->mvt, 0,
                mvt_text(&e->mvt, (struct im_bytes){(uint8_t *)name, strlen(name)}));
        mvt_tag(&e->mvt, 1, mvt_integer(&e->mvt, (int64_t)entries[i].n));
        mvt_end_feature(&e->mvt, -1, MVT_POINT);
    }
    mvt_end_layer(&e->mvt, LEFT_OUT_LAYER, out);
}

static void start_frame(struct encode *e)
{
    const struct tile_id id = e->id;

    e->zoom = (int)floor(map_style_zoom(e->map, id.z) + 1.5);
    if (e->map->is_web_mercator) {
        e->frame = tile_frame_of(id.z, id.x, id.y, TILE_EXTENT_TU);
        e->window = tile_bounds(id, (double)BUFFER_TU / TILE_EXTENT_TU);
        return;
    }
    projection_open(&e->projection, e->map->grid, id.z, id.x * (double)GRID_TILE_PX,
                    id.y * (double)GRID_TILE_PX, (double)TILE_EXTENT_TU / GRID_TILE_PX);
    e->frame.projection = &e->projection;
    e->window = projection_set_window(&e->projection, clip_box_tu());
}

enum im_code tile_encode_mvt(const struct tile_map *map,
                             struct im_arena *arena,
                             struct tile_id id,
                             struct im_buf *out,
                             struct im_error *err)
{
    enum im_code rc = map_check_tile(map, id, err);
    size_t start = out->len;
    struct encode *e;

    if (rc != IM_OK)
        return rc;
    e = im_arena_calloc(arena, 1, sizeof *e);
    if (!e || !im_arena_defer(arena, release, e))
        return im_fail(err, IM_ENOMEM, "vector tile");
    e->map = map;
    e->id = id;
    start_frame(e);
    e->ranks.max = MAX_RANKS_BYTES;
    e->left_out.max = MAX_RANKS_BYTES;
    mvt_encoder_init(&e->mvt, 2 * (size_t)TILE_MAX_MVT_BYTES);
    if (!encode_layers(e, false, out)) {
        out->len = start;
        (void)encode_layers(e, true, out);
        write_left_out(e, out);
    }
    if (e->failed || out->failed) {
        out->len = start;
        return im_fail(err, IM_ENOMEM, "vector tile %u/%u/%u", id.z, id.x, id.y);
    }
    return IM_OK;
}
