/* SPDX-License-Identifier: Apache-2.0 */
/* What a tile shows, as a number: the look of the map, the digests of its layers over
 * the tile and what reaches into it, and the labels that the plan has there. A changed
 * row can move labels far away, one after another; so labels are not guessed from the
 * rows around but read from the plan, which a tile needs anyway. */
#include "content.h"

#include "map.h"
#include "render/pass.h"

#include <engine/atlas_digest.h>

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    /* As many as the server's cache has tiles of some kilobytes. 512 KiB a map of which
     * pages that nothing was written to take none. */
    MEMO_SETS = 8192,
    MEMO_WAYS = 4, /* of a set: a line of the processor's cache */
    /* MVT's buffer is 4 px; halo and overhang of labels 16 px beyond their boxes */
    LEAST_REACH_PX = 8,
    LABEL_REACH_PX = 24
};

/* Two words that are written apart: a reader believes them when `check` is the tile
 * mixed with `version`, which no mixture of two writers is. */
struct memo_slot {
    _Atomic uint64_t check;
    _Atomic uint64_t version;
};

struct memo_set {
    struct memo_slot ways[MEMO_WAYS];
};

struct content_memo {
    struct memo_set sets[MEMO_SETS];
};

struct content_memo *content_memo_new(void)
{
    return calloc(1, sizeof(struct content_memo));
}

void content_memo_free(struct content_memo *memo)
{
    free(memo);
}

size_t content_memo_bytes(void)
{
    return sizeof(struct content_memo);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 29;
}

/* Never 0. */
static uint64_t number_of(struct tile_id id, unsigned size_px)
{
    return 1ull << 63 | (uint64_t)(size_px > 256) << 60 | (uint64_t)id.z << 48 |
           (uint64_t)id.x << 24 | id.y;
}

static struct memo_set *set_of(const struct tile_map *map, uint64_t number)
{
    return &map->content->sets[mix(7, number) >> 51 & (MEMO_SETS - 1)];
}

static bool slot_has(struct memo_slot *slot, uint64_t number, uint64_t *version)
{
    uint64_t check = atomic_load_explicit(&slot->check, memory_order_relaxed);

    *version = atomic_load_explicit(&slot->version, memory_order_relaxed);
    return (check ^ *version) == number;
}

static bool recall(const struct tile_map *map, uint64_t number, uint64_t *out)
{
    struct memo_set *set = set_of(map, number);

    for (unsigned i = 0; i < MEMO_WAYS; i++)
        if (slot_has(&set->ways[i], number, out))
            return true;
    return false;
}

/* In a free slot, or in the place of any other: versions are as good as random. */
static void remember(const struct tile_map *map, uint64_t number, uint64_t version)
{
    struct memo_set *set = set_of(map, number);
    struct memo_slot *slot = &set->ways[version % MEMO_WAYS];
    uint64_t other;

    for (unsigned i = 0; i < MEMO_WAYS; i++)
        if (slot_has(&set->ways[i], 0, &other) ||
            slot_has(&set->ways[i], number, &other)) {
            slot = &set->ways[i];
            break;
        }
    atomic_store_explicit(&slot->check, number ^ version, memory_order_relaxed);
    atomic_store_explicit(&slot->version, version, memory_order_relaxed);
}

/* ---- rows ---- */

/* The zoom of 256 px tiles that have this tile's scale: of its shapes and labels. */
static uint32_t drawn_zoom(struct tile_id id, unsigned size_px)
{
    uint32_t zoom = id.z + (size_px > 256);

    return zoom > TILE_MAX_ZOOM ? TILE_MAX_ZOOM : zoom;
}

/* How far a translation moves what is drawn, at the zooms that a tile may show. */
static double shift_px(const struct style_layer *style, double zoom)
{
    static const enum style_property properties[] = {FILL_TRANSLATE, LINE_TRANSLATE,
                                                     CIRCLE_TRANSLATE};
    double most = 0;

    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        for (int further = 0; style->properties[properties[i]] && further < 3;
             further++) {
            struct style_eval at = {.zoom = zoom + further};
            double by[2] = {0, 0};

            (void)style_numbers(style, properties[i], &at, by, 2);
            most = fmax(most, fmax(fabs(by[0]), fabs(by[1])));
        }
    return most;
}

/* A tile of 256 px shows its style zoom, one of 512 px the next, vector tiles all up to
 * two further: what is hidden at all of them is in none of them. */
static double layer_reach_px(const struct tile_map *map,
                             const struct map_layer *ml,
                             struct tile_id id,
                             bool *is_drawn)
{
    double zoom = map_style_zoom(map, id.z);
    double reach = LEAST_REACH_PX;

    if (atlas_layer_schema(ml->layer)->cluster.is_on)
        reach = CLUSTER_REACH_PX;
    *is_drawn = ml->style.n_layers == 0;
    for (uint32_t i = 0; i < ml->style.n_layers; i++) {
        const struct style_layer *style = &ml->style.layers[i];

        if (!style->visible || style->min_zoom >= zoom + 2 || style->max_zoom < zoom)
            continue;
        *is_drawn = true;
        reach = fmax(reach, reach_px(style) + shift_px(style, zoom));
    }
    return reach;
}

static struct world_box window_of(struct tile_id id, unsigned size_px, double reach)
{
    double units = ldexp(1, (int)(WORLD_BITS - id.z));
    double margin = reach / size_px * units;
    double last = ldexp(1, WORLD_BITS) - 1;

    return (struct world_box){(uint32_t)fmax(0, id.x * units - margin),
                              (uint32_t)fmax(0, id.y * units - margin),
                              (uint32_t)fmin(last, (id.x + 1.0) * units + margin),
                              (uint32_t)fmin(last, (id.y + 1.0) * units + margin)};
}

/* The same of n x n tiles in any grid, in degrees. To ask projections takes long: once
 * for all layers. Empty where the CRS does not say. */
static struct bbox
far_window_of(const struct tile_map *map, struct tile_id id, uint32_t n, double least)
{
    double reach = least;
    double x = id.x * 256.0;
    double y = id.y * 256.0;

    for (uint32_t i = 0; i < map->n_layers; i++) {
        bool is_drawn;

        reach = fmax(reach, layer_reach_px(map, &map->layers[i], id, &is_drawn));
    }
    return map_pixel_window(map, id.z, x - reach, y - reach, x + 256.0 * n + reach,
                            y + 256.0 * n + reach);
}

/* ---- clusters ---- */

struct found_clusters {
    const struct map_layer *ml;
    const struct clusters *clusters;
    uint64_t hash;
};

static bool hash_cluster(void *ctx, uint32_t feature)
{
    struct found_clusters *found = ctx;
    const struct atlas_layer *layer = found->ml->layer;
    int field = atlas_layer_schema(layer)->cluster.by;
    const struct cluster_code *codes;
    uint32_t i = feature & ~CLUSTER_BIT;
    uint32_t n;

    if (!(feature & CLUSTER_BIT)) { /* the rest of it is in the rows */
        found->hash = mix(found->hash, (uint64_t)atlas_fid(layer, feature));
        return true;
    }
    found->hash = mix(found->hash, (uint64_t)cluster_id(found->clusters, i));
    codes = cluster_codes(found->clusters, i, &n);
    for (uint32_t k = 0; k < n; k++) {
        struct im_bytes code = atlas_code_text(layer, field, codes[k].code);

        found->hash = mix(found->hash, XXH3_64bits(code.data, code.len));
        found->hash = mix(found->hash, codes[k].n_points);
    }
    return true;
}

/* Pictures of 256 px show the zoom before that of vector tiles and 512 px. False
 * without memory. */
static bool hash_clusters(const struct tile_map *map,
                          const struct map_layer *ml,
                          struct tile_id id,
                          struct world_box window,
                          uint64_t *hash)
{
    struct bbox box = {world_lon(window.min_x), world_lat(window.max_y),
                       world_lon(window.max_x), world_lat(window.min_y)};

    for (int further = 0; further < 2; further++) {
        struct found_clusters found = {.ml = ml};
        struct map_clusters clusters;

        if (!map_clusters(map, ml, map_style_zoom(map, id.z) + further, &clusters))
            return false;
        found.clusters = clusters.clusters;
        if (clusters.clusters)
            map_window(ml, clusters, box, hash_cluster, &found);
        if (found.hash)
            *hash = mix(*hash, found.hash);
    }
    return true;
}

static bool hash_rows(const struct tile_map *map,
                      struct tile_id id,
                      unsigned size_px,
                      uint64_t *hash)
{
    bool is_mercator = map->is_web_mercator;
    struct world_box far = {0};

    if (!is_mercator) {
        struct bbox box = far_window_of(map, id, 1, LEAST_REACH_PX);

        far = (struct world_box){world_x(box.min_x), world_y(box.max_y),
                                 world_x(box.max_x), world_y(box.min_y)};
    }
    for (uint32_t i = 0; i < map->n_layers; i++) {
        const struct map_layer *ml = &map->layers[i];
        bool is_drawn;
        double reach = layer_reach_px(map, ml, id, &is_drawn);

        if (!is_drawn)
            continue;
        if (!atlas_digest_is_ready(ml->layer) || !map_clusters_are_ready(map, ml))
            return false;
        struct world_box window = is_mercator ? window_of(id, size_px, reach) : far;
        *hash = mix(*hash, atlas_digest_window(ml->layer, window));
        if (!hash_clusters(map, ml, id, window, hash))
            return false;
    }
    return true;
}

/* ---- labels ---- */

struct found_label {
    const struct tile_map *map;
    struct label label;
    uint64_t hash;
};
struct found_labels {
    const struct tile_map *map;
    struct found_label *items;
    size_t n;
    size_t cap;
    bool failed;
};

static bool found_add(struct found_labels *found, struct found_label label)
{
    if (found->n == found->cap) {
        size_t cap = found->cap ? 2 * found->cap : 64;
        struct found_label *items = realloc(found->items, cap * sizeof *items);

        if (!items) {
            found->failed = true;
            return false;
        }
        found->items = items;
        found->cap = cap;
    }
    found->items[found->n++] = label;
    return true;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool take_label(void *ctx, const struct label *label)
{
    struct found_labels *found = ctx;
    const struct map_style *ms = &found->map->styles[label->style];
    uint64_t hash = mix(label->style, label->anchor | (uint64_t)label->parts << 8);

    hash = mix(hash, label->first_zoom);
    hash = mix(hash, bits_of(label->x));
    hash = mix(hash, bits_of(label->y));
    /* its text may lie in this tile and its feature far outside */
    hash = mix(hash, atlas_digest_feature(ms->layer->layer, label->feature));
    return found_add(found, (struct found_label){found->map, *label, hash});
}

static int in_order(const void *a, const void *b)
{
    const struct found_label *p = a;
    const struct found_label *q = b;

    return label_compare(p->map, &p->label, &q->label);
}

static struct label_window label_window_of(struct tile_id id, unsigned size_px)
{
    /* in pixels of the plan */
    double side = ldexp(256, (int)(drawn_zoom(id, size_px) - id.z));

    return (struct label_window){
        id.x * side - LABEL_REACH_PX, id.y * side - LABEL_REACH_PX,
        (id.x + 1) * side + LABEL_REACH_PX, (id.y + 1) * side + LABEL_REACH_PX};
}

/* `worker` NULL: only what is known without work. */
static enum im_code hash_labels(const struct tile_map *map,
                                struct tile_worker *worker,
                                struct tile_id id,
                                unsigned size_px,
                                uint64_t *hash,
                                struct im_error *err)
{
    uint32_t zoom = drawn_zoom(id, size_px);
    struct label_window window = label_window_of(id, size_px);
    struct found_labels found = {.map = map};
    enum im_code rc = IM_OK;

    if (worker)
        rc = label_plan_window(map, zoom, window, worker->fonts, &worker->deadline,
                               take_label, &found, err);
    else if (!label_plan_peek(map, zoom, window, take_label, &found))
        rc = IM_ENOTFOUND;
    if (found.failed)
        rc = im_fail(err, IM_ENOMEM, "out of memory for the version of a tile");
    if (found.n > 1)
        qsort(found.items, found.n, sizeof *found.items, in_order);
    for (size_t i = 0; i < found.n; i++)
        *hash = mix(*hash, found.items[i].hash);
    free(found.items);
    return rc;
}

/* ---- tiles without anything ---- */

enum { BARE_REACH_PX = 128 };

static bool stop_at_first(void *ctx, uint32_t feature)
{
    (void)ctx;
    (void)feature;
    return false;
}

/* Clusters stand beside what they stand for. */
static bool has_something(const struct tile_map *map,
                          const struct map_layer *ml,
                          struct tile_id id,
                          struct bbox box)
{
    for (int further = 0; further < 2; further++) {
        struct map_clusters clusters;

        if (!map_clusters(map, ml, map_style_zoom(map, id.z) + further, &clusters) ||
            !map_window(ml, clusters, box, stop_at_first, NULL))
            return true;
        if (!clusters.clusters)
            return false;
    }
    return false;
}

/* A pattern does not begin anew at each tile. */
static bool has_even_ground(const struct tile_map *map)
{
    for (uint32_t i = 0; i < map->n_styles; i++)
        if (map->styles[i].style->properties[BACKGROUND_PATTERN])
            return false;
    return true;
}

static struct bbox
near_degrees(struct tile_id id, uint32_t n, unsigned size_px, double reach)
{
    struct tile_id last = {id.z, id.x + n - 1, id.y + n - 1};
    struct world_box a = window_of(id, size_px, reach);
    struct world_box b = window_of(last, size_px, reach);

    /* what lies beyond the last latitude of the grid is drawn at its edge */
    return (struct bbox){world_lon(a.min_x),
                         b.max_y == UINT32_MAX ? -90 : world_lat(b.max_y),
                         world_lon(b.max_x), a.min_y == 0 ? 90 : world_lat(a.min_y)};
}

/* Matrices need not halve: no zoom of the label plan has the pixels of 512 px tiles. */
static bool is_in_matrix(const struct tile_map *map,
                         struct tile_id id,
                         uint32_t n,
                         unsigned size_px)
{
    const struct grid_matrix *m = tile_grid_matrix(map->grid, id.z);

    return size_px == 256 && id.x + n <= m->n_cols && id.y + n <= m->n_rows;
}

bool tile_block_is_bare(const struct tile_map *map,
                        struct tile_id id,
                        uint32_t n,
                        unsigned size_px)
{
    struct bbox far = {0};

    if (!has_even_ground(map))
        return false;
    if (!map->is_web_mercator) {
        if (!is_in_matrix(map, id, n, size_px))
            return false;
        far = far_window_of(map, id, n, BARE_REACH_PX);
        if (bbox_is_empty(far))
            return false;
    }
    for (uint32_t i = 0; i < map->n_layers; i++) {
        const struct map_layer *ml = &map->layers[i];
        bool is_drawn;
        double reach = fmax(BARE_REACH_PX, layer_reach_px(map, ml, id, &is_drawn));
        struct bbox box =
            map->is_web_mercator ? near_degrees(id, n, size_px, reach) : far;

        if (is_drawn && has_something(map, ml, id, box))
            return false;
    }
    return true;
}

static bool stop_at_label(void *ctx, const struct label *label)
{
    (void)label;
    *(bool *)ctx = true;
    return false;
}

enum im_code tile_has_labels(const struct tile_map *map,
                             struct tile_worker *worker,
                             struct tile_id id,
                             unsigned size_px,
                             bool *out,
                             struct im_error *err)
{
    *out = false;
    return label_plan_window(map, drawn_zoom(id, size_px), label_window_of(id, size_px),
                             worker->fonts, &worker->deadline, stop_at_label, out, err);
}

/* ---- the version ---- */

static enum im_code work_out(const struct tile_map *map,
                             struct tile_worker *worker,
                             struct tile_id id,
                             unsigned size_px,
                             uint64_t *out,
                             struct im_error *err)
{
    uint64_t number = number_of(id, size_px);
    uint64_t hash = mix(map->look, number);
    enum im_code rc = IM_OK;

    if (!hash_rows(map, id, size_px, &hash)) /* their digests are not made yet */
        return im_fail(err, IM_ENOMEM, "out of memory for the version of a tile");
    rc = hash_labels(map, worker, id, size_px, &hash, err);
    if (rc == IM_OK) {
        remember(map, number, hash);
        *out = hash;
    }
    return rc;
}

bool tile_content_version(const struct tile_map *map,
                          struct tile_id id,
                          unsigned size_px,
                          uint64_t *out)
{
    struct im_error err;

    if (recall(map, number_of(id, size_px), out))
        return true;
    if (!map->is_web_mercator)
        return false; /* event threads do not wait for projections */
    return work_out(map, NULL, id, size_px, out, &err) == IM_OK;
}

enum im_code tile_content_prepare(const struct tile_map *map,
                                  struct tile_worker *worker,
                                  struct tile_id id,
                                  unsigned size_px,
                                  uint64_t *out,
                                  struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (tile_content_version(map, id, size_px, out))
        return IM_OK;
    if (size_px > 256 && !map->is_web_mercator) {
        *out = map->version; /* matrices need not halve: no zoom has these pixels */
        remember(map, number_of(id, size_px), *out);
        return IM_OK;
    }
    for (uint32_t i = 0; i < map->n_layers && rc == IM_OK; i++) {
        struct map_clusters clusters;

        if (!atlas_digest_prepare(map->layers[i].layer) ||
            !map_clusters(map, &map->layers[i], 0, &clusters))
            rc = im_fail(err, IM_ENOMEM, "out of memory for the versions of tiles");
    }
    return rc == IM_OK ? work_out(map, worker, id, size_px, out, err) : rc;
}
