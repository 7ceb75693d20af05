/* SPDX-License-Identifier: Apache-2.0 */
/* One vector tile: every layer of the map, cut to the tile and its buffer.
 *
 * A tile over TILE_MAX_MVT_BYTES is made again with a share of them for each layer, see
 * budget.c. */
#include "mvt/encode.h"
#include "render/pass.h"

#include <math.h>

enum { FEATURE_STEPS = 64 };

bool encode_is_shown(const struct encode *e, uint32_t feature)
{
    return (feature & CLUSTER_BIT) || map_shows(e->map, e->ml->layer, feature);
}

static void end_feature(struct encode *e, uint32_t feature, enum mvt_type type)
{
    int64_t id = feature & CLUSTER_BIT
                     ? (int64_t)cluster_id(e->clusters.clusters, feature & ~CLUSTER_BIT)
                     : atlas_fid(e->ml->layer, feature);
    uint32_t zoom;

    encode_put_properties(e, feature);
    if (encode_find_name(e, feature, &zoom))
        encode_put_label_zoom(e, zoom);
    mvt_end_feature(&e->mvt, id, type);
}

static bool is_within_share(const struct encode *e)
{
    size_t n = mvt_layer_bytes(&e->mvt);

    return n <= e->max_layer_bytes && encode_lines_bytes(e) <= e->max_layer_bytes - n;
}

static bool visit_feature(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    enum mvt_type type;

    e->failed |= tile_late(&e->late, FEATURE_STEPS);
    if (e->failed)
        return false;
    if (!encode_is_shown(e, feature) ||
        (e->least_rank && encode_rank(e, feature) < e->least_rank))
        return true;
    mvt_begin_feature(&e->mvt);
    type = encode_put_shape(e, feature);
    if (encode_has_lines(e))
        encode_keep_lines(e, feature);
    else if (e->mvt.geometry.len)
        end_feature(e, feature, type);
    return !e->failed && is_within_share(e);
}

bool encode_fill_layer(struct encode *e)
{
    if (!mvt_begin_layer(&e->mvt))
        encode_forget(e);
    encode_begin_lines(e, e->joins_lines);
    encode_list_properties(e);
    if (e->failed || !map_window(e->ml, e->clusters, e->window, visit_feature, e))
        return false;
    if (!e->failed)
        encode_write_lines(e);
    return !e->failed && mvt_layer_bytes(&e->mvt) <= e->max_layer_bytes;
}

static void begin_part(struct encode *e, const struct mvt_part *part, size_t max_bytes)
{
    e->ml = part->ml;
    e->as_labels = part->as_labels;
    /* a tile is shown at the style zoom of its own number */
    e->failed |= !map_clusters(e->map, part->ml, map_style_zoom(e->map, e->id.z) + 1,
                               &e->clusters);
    e->max_layer_bytes = max_bytes;
    e->least_rank = 0;
    e->joins_lines = true;
}

static void end_part(struct encode *e, struct im_buf *out)
{
    char name[SCHEMA_MAX_ID + 8];

    encode_layer_name(e->ml, e->as_labels, name);
    mvt_end_layer(&e->mvt, name, out);
}

/* What no style layer shows before the next zoom is not sent; a layer without any style
 * is for others to draw. */
static bool is_sent(const struct map_layer *ml, double zoom)
{
    return !ml->style.n_layers || map_layer_drawn(ml, zoom, zoom + 1);
}

/* Points for labels are sent from the zoom on that writes the first. */
static bool has_labels(const struct map_layer *ml, double zoom)
{
    if (!ml->has_label_layer)
        return false;
    for (uint32_t i = 0; i < ml->style.n_layers; i++) {
        const struct style_layer *style = &ml->style.layers[i];

        if (style->visible && style->type == STYLE_SYMBOL && style->min_zoom < zoom + 1)
            return true;
    }
    return false;
}

static void list_parts(struct encode *e)
{
    double zoom = map_style_zoom(e->map, e->id.z) + 1;

    im_buf_clear(&e->parts);
    for (uint32_t i = 0; i < e->map->n_layers; i++) {
        const struct map_layer *ml = &e->map->layers[i];

        if (!is_sent(ml, zoom))
            continue;
        for (int labels = 0; labels <= has_labels(ml, zoom); labels++) {
            struct mvt_part part = {.ml = ml, .as_labels = labels};

            im_buf_append(&e->parts, &part, sizeof part);
        }
    }
    e->failed |= e->parts.failed;
}

/* What each part takes; those before the tile is over its budget are written. False:
 * it is. */
static bool write_all(struct encode *e, struct im_buf *out)
{
    struct mvt_part *parts = (struct mvt_part *)e->parts.data;
    size_t sum = 0;

    for (size_t i = 0; i < e->parts.len / sizeof *parts && !e->failed; i++) {
        struct mvt_part *part = &parts[i];

        begin_part(e, part, TILE_MAX_MVT_BYTES);
        part->bytes =
            encode_fill_layer(e) ? mvt_layer_bytes(&e->mvt) : TILE_MAX_MVT_BYTES + 1;
        part->n_features = e->mvt.n_features;
        part->joins_lines = e->lines.is_on;
        sum += part->bytes;
        if (sum <= TILE_MAX_MVT_BYTES && !e->failed)
            end_part(e, out);
        part->is_written = sum <= TILE_MAX_MVT_BYTES;
        part->end = out->len;
    }
    return e->failed || sum <= TILE_MAX_MVT_BYTES;
}

/* Those before the first that loses something stay as they are. */
static void write_most(struct encode *e, size_t start, struct im_buf *out)
{
    struct mvt_part *parts = (struct mvt_part *)e->parts.data;
    size_t n = e->parts.len / sizeof *parts;
    size_t i = 0;

    encode_share_budget(e);
    for (; i < n && parts[i].is_written && parts[i].bytes <= parts[i].share; i++)
        start = parts[i].end;
    out->len = start;
    for (; i < n && !e->failed; i++) {
        begin_part(e, &parts[i], parts[i].share);
        if (parts[i].bytes > parts[i].share)
            encode_thin_layer(e, &parts[i]);
        else if (!encode_fill_layer(e))
            e->failed = true; /* what it took before */
        end_part(e, out);
    }
    encode_write_left_out(e, out);
}

static void start_frame(struct encode *e)
{
    const struct tile_id id = e->id;

    if (e->map->is_web_mercator) {
        e->frame = tile_frame_of(id.z, id.x, id.y, TILE_EXTENT_TU);
        double unit = 1 / e->frame.scale; /* a power of two: all of this is exact */
        int64_t low = (int64_t)(-MVT_BUFFER_TU * unit);
        int64_t high = (int64_t)((TILE_EXTENT_TU + MVT_BUFFER_TU) * unit);

        e->window = tile_bounds(id, (double)MVT_BUFFER_TU / TILE_EXTENT_TU);
        e->cut = (struct clip_window){e->frame.x0 + low, e->frame.y0 + low,
                                      e->frame.x0 + high, e->frame.y0 + high};
        return;
    }
    projection_open(&e->projection, e->map->grid, id.z, id.x * (double)GRID_TILE_PX,
                    id.y * (double)GRID_TILE_PX, (double)TILE_EXTENT_TU / GRID_TILE_PX);
    e->frame.projection = &e->projection;
    e->window = projection_set_window(&e->projection, encode_box_tu());
}

static void start_tile(struct encode *e, struct tile_id id)
{
    unsigned detail = map_detail_zoom(e->map, id.z);

    e->id = id;
    e->zoom = (int)floor(map_style_zoom(e->map, id.z) + 1.5);
    /* a tile is shown up to 512 px wide and beyond: the finer shape of the next zoom */
    e->shape_zoom = detail < TILE_MAX_ZOOM ? detail + 1 : TILE_MAX_ZOOM;
    im_buf_clear(&e->left_out);
    start_frame(e);
}

static void write_tile(struct encode *e, struct im_buf *out)
{
    size_t start = out->len;

    list_parts(e);
    if (!write_all(e, out))
        write_most(e, start, out);
}

enum im_code tile_encode_mvt(const struct tile_map *map,
                             struct tile_worker *worker,
                             struct tile_id id,
                             struct im_buf *out,
                             struct im_error *err)
{
    enum im_code rc = map_check_tile(map, id, err);
    size_t start = out->len;
    struct encode *e;

    if (rc != IM_OK)
        return rc;
    e = encode_take(map);
    if (!e)
        return im_fail(err, IM_ENOMEM, "vector tile");
    e->late = (struct tile_late){.deadline = &worker->deadline};
    start_tile(e, id);
    rc = encode_find_names(e, worker->fonts, err);
    if (rc == IM_OK)
        write_tile(e, out);
    if (rc == IM_OK && (e->failed || out->failed)) {
        out->len = start;
        rc = e->late.is_late
                 ? tile_late_fail(err)
                 : im_fail(err, IM_ENOMEM, "vector tile %u/%u/%u", id.z, id.x, id.y);
    }
    if (e->frame.projection)
        projection_close(&e->projection);
    e->frame.projection = NULL;
    encode_give(map, e);
    return rc;
}
