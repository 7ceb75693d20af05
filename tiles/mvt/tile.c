/* SPDX-License-Identifier: Apache-2.0 */
/* One vector tile: every layer of the map, cut to the tile and its buffer.
 *
 * A tile over TILE_MAX_MVT_BYTES is made again with a share of them for each layer:
 * what a layer does not use goes to those after it, and a layer over its share keeps
 * its most important features. The tile says so itself, whoever keeps it: the layer
 * "innomap:left_out" has a point for each such layer, with its name and how many
 * features are missing. */
#include "clip.h"
#include "late.h"
#include "map.h"
#include "mvt/encoder.h"
#include "mvt/mend.h"
#include "projection.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    EXTENT_BITS = 12,
    BUFFER_TU = 64,
    THIN_TRIES = 8,
    MAX_RANKS_BYTES = 1 << 30,
    FEATURE_STEPS = 64
};

/* No layer id has a colon: the name is free. */
static const char LEFT_OUT_LAYER[] = "innomap:left_out";
/* That layer's own share, for the names of MAP_MAX_LAYERS layers and their labels */
enum { LEFT_OUT_BYTES = 2 * MAP_MAX_LAYERS * (SCHEMA_MAX_ID + 64) };

/* A field that is sent at this zoom. */
struct property {
    struct atlas_values values;
    int field;
    bool is_unique; /* nearly every feature has its own value: not worth looking for */
    int64_t key;    /* -1: not yet used in this layer */
    uint32_t *places; /* of each code's value, see mvt_encoder.base; NULL: is_unique */
};

/* Keys of clusters' properties. */
enum {
    KEY_POINT_COUNT,
    KEY_ABBREVIATED,
    KEY_CLUSTER,
    KEY_CLUSTER_ID,
    KEY_EXPANSION_ZOOM,
    KEY_FIRST_CODE,
    CLUSTER_KEYS = KEY_FIRST_CODE + CLUSTERS_MAX_CODES
};
/* Texts of cluster_count_text: "999", then "9.9k", "999k", "9.9m", "4295m". */
enum { TEXTS_K = 1000, TEXTS_M = TEXTS_K + 1100, COUNT_TEXTS = TEXTS_M + 100 + 4296 };

/* What is remembered of a map layer between tiles, so that nothing is allocated for a
 * layer that was written before: 4 bytes a code of its texts. */
struct layer_memory {
    uint32_t *places[SCHEMA_MAX_FIELDS];
};

struct encode {
    const struct tile_map *map;
    struct tile_id id;
    struct tile_frame frame;
    struct tile_projection projection; /* of other grids than WebMercatorQuad */
    struct bbox window;                /* degrees */
    struct clip_window cut;            /* the same in world units */
    int zoom;                          /* of WebMercatorQuad, by scale on the ground */
    unsigned shape_zoom;
    const struct map_layer *ml;
    struct map_clusters clusters;       /* of ml */
    int64_t cluster_keys[CLUSTER_KEYS]; /* -1: not yet used in this layer */
    bool as_labels;                     /* the points of "<id>_label" */
    size_t max_layer_bytes;
    uint32_t least_rank;    /* features of lower rank are left out */
    struct im_buf ranks;    /* uint32_t, of all features of a layer that is thinned */
    struct im_buf left_out; /* struct left_out, of the tile */
    struct mvt_encoder mvt;
    struct clip_scratch clip;
    struct clip_path path;
    struct mend mend;
    struct mend_rings rings; /* of one area */
    int32_t *xy;             /* one part, rounded */
    uint32_t cap_xy;
    struct property properties[SCHEMA_MAX_FIELDS];
    int n_properties;
    uint32_t true_place;                /* of the value true, see mvt_encoder.base */
    uint32_t count_places[COUNT_TEXTS]; /* the same of numbers of points as texts */
    struct layer_memory **memory;       /* of the map's layers; NULL: not yet needed */
    int64_t joined_keys[JOIN_MAX];      /* -1: not yet in the tile */
    uint32_t n_memory;
    struct tile_late late;
    bool failed; /* or late */
};

struct left_out {
    const struct map_layer *ml;
    bool as_labels;
    size_t n;
};

static void forget(struct encode *e)
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
}

static void encode_free(struct encode *e)
{
    if (!e)
        return;
    forget(e);
    im_buf_release(&e->ranks);
    im_buf_release(&e->left_out);
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

/* ---- encoders at rest ---- */

void mvt_spares_release(struct mvt_spares *spares)
{
    for (int i = 0; i < MVT_SPARES; i++)
        encode_free(atomic_load_explicit(&spares->encoders[i], memory_order_acquire));
}

static struct encode *take_encoder(const struct tile_map *map)
{
    struct mvt_spares *spares = (struct mvt_spares *)&map->mvt_spares;
    struct encode *e = NULL;

    for (int i = 0; i < MVT_SPARES && !e; i++)
        e = atomic_exchange_explicit(&spares->encoders[i], NULL, memory_order_acq_rel);
    if (e)
        return e;
    e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->map = map;
    e->ranks.max = MAX_RANKS_BYTES;
    e->left_out.max = MAX_RANKS_BYTES;
    mvt_encoder_init(&e->mvt, 2 * (size_t)TILE_MAX_MVT_BYTES);
    return e;
}

/* One after a failure may hold anything: it goes. */
static void give_encoder(const struct tile_map *map, struct encode *e)
{
    struct mvt_spares *spares = (struct mvt_spares *)&map->mvt_spares;

    for (int i = 0; i < MVT_SPARES && e && !e->failed; i++) {
        void *none = NULL;

        if (atomic_compare_exchange_strong_explicit(&spares->encoders[i], &none, e,
                                                    memory_order_acq_rel,
                                                    memory_order_relaxed))
            e = NULL;
    }
    encode_free(e);
}

static struct layer_memory *memory_of(struct encode *e, const struct map_layer *ml)
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

/* ---- properties ---- */

/* With so many different texts few are met twice in a tile. */
static bool is_mostly_unique(const struct atlas_layer *layer, int field)
{
    return atlas_code_count(layer, field) > atlas_layer_size(layer) / 2 ||
           field == atlas_layer_schema(layer)->key;
}

static void add_property(struct encode *e, struct layer_memory *memory, int field)
{
    const struct atlas_layer *layer = e->ml->layer;
    struct property *p = &e->properties[e->n_properties++];

    *p = (struct property){.values = atlas_values(layer, field),
                           .field = field,
                           .is_unique = is_mostly_unique(layer, field),
                           .key = -1};
    if (p->values.type != FIELD_TEXT || p->is_unique)
        return;
    if (!memory->places[field])
        memory->places[field] =
            calloc(atlas_code_count(layer, field) + (size_t)1, sizeof(uint32_t));
    p->places = memory->places[field];
    e->failed |= !p->places;
}

/* The fields of the layer that this zoom has. */
static void list_properties(struct encode *e)
{
    const struct layer_schema *schema = atlas_layer_schema(e->ml->layer);
    struct layer_memory *memory = memory_of(e, e->ml);

    for (int i = 0; i < CLUSTER_KEYS; i++)
        e->cluster_keys[i] = -1;
    e->n_properties = 0;
    for (uint32_t i = 0; i < JOIN_MAX; i++)
        e->joined_keys[i] = -1;
    e->failed |= !memory;
    for (int i = 0; i < (int)schema->n_fields && !e->failed; i++)
        if (schema->fields[i].tile_zoom >= 0 && schema->fields[i].tile_zoom <= e->zoom)
            add_property(e, memory, i);
}

static uint32_t text_value(struct encode *e, const struct property *p, uint32_t code)
{
    struct im_bytes text = {0};

    if (p->places && p->places[code] > e->mvt.base)
        return p->places[code] - e->mvt.base - 1;
    text = atlas_code_text(e->ml->layer, p->field, code);
    if (p->places)
        p->places[code] = e->mvt.base + e->mvt.n_values + 1;
    return mvt_text(&e->mvt, text);
}

/* The index of the feature's value; false when it has none. */
static bool
value_of(struct encode *e, const struct property *p, uint32_t feature, uint32_t *out)
{
    const struct atlas_values *v = &p->values;

    switch (v->type) {
    case FIELD_TEXT:
        if (v->codes[feature] == ATLAS_NULL_CODE)
            return false;
        *out = text_value(e, p, v->codes[feature]);
        return true;
    case FIELD_INTEGER:
        if (v->nulls && (v->nulls[feature / 8] >> feature % 8 & 1))
            return false;
        *out = mvt_integer(&e->mvt, v->integers[feature], p->is_unique);
        return true;
    case FIELD_REAL:
        break;
    }
    if (v->reals[feature] != v->reals[feature])
        return false;
    *out = mvt_double(&e->mvt, v->reals[feature]);
    return true;
}

/* Numbers of other layers' rows. */
static void put_joined(struct encode *e, uint32_t feature)
{
    for (uint32_t i = 0; i < e->map->joins.n; i++) {
        const struct map_join *join = &e->map->joins.items[i];

        if (join->layer != e->ml->layer || isnan(join->values[feature]))
            continue;
        if (e->joined_keys[i] < 0)
            e->joined_keys[i] = mvt_key(&e->mvt, join->as);
        mvt_tag(&e->mvt, (uint32_t)e->joined_keys[i],
                mvt_double(&e->mvt, join->values[feature]));
    }
}

static void put_properties(struct encode *e, uint32_t feature)
{
    const struct layer_schema *schema = atlas_layer_schema(e->ml->layer);

    for (int i = 0; i < e->n_properties; i++) {
        struct property *p = &e->properties[i];
        uint32_t value;

        if (!value_of(e, p, feature, &value))
            continue;
        if (p->key < 0)
            p->key = mvt_key(&e->mvt, schema->fields[p->field].name);
        mvt_tag(&e->mvt, (uint32_t)p->key, value);
    }
    put_joined(e, feature);
}

/* ---- clusters ---- */

static void
put_cluster_value(struct encode *e, unsigned i, const char *name, uint32_t value)
{
    if (e->cluster_keys[i] < 0)
        e->cluster_keys[i] = mvt_key(&e->mvt, name);
    mvt_tag(&e->mvt, (uint32_t)e->cluster_keys[i], value);
}

static unsigned count_text_index(const char *text)
{
    unsigned number = 0;
    bool has_tenth = false;

    for (; *text && *text != 'k' && *text != 'm'; text++)
        if (*text == '.')
            has_tenth = true;
        else
            number = number * 10 + (unsigned)(*text - '0');
    if (*text == '\0')
        return number;
    number += has_tenth ? 0 : 100;
    return number + (*text == 'k' ? (unsigned)TEXTS_K : (unsigned)TEXTS_M);
}

static uint32_t count_value(struct encode *e, uint32_t n)
{
    char text[CLUSTER_COUNT_TEXT];
    uint32_t *place = &e->count_places[count_text_index(cluster_count_text(n, text))];

    if (*place <= e->mvt.base) {
        *place = e->mvt.base + e->mvt.n_values + 1;
        return mvt_text(&e->mvt, im_bytes_of(text));
    }
    return *place - e->mvt.base - 1;
}

static uint32_t true_value(struct encode *e)
{
    if (e->true_place <= e->mvt.base) {
        e->true_place = e->mvt.base + e->mvt.n_values + 1;
        return mvt_true(&e->mvt);
    }
    return e->true_place - e->mvt.base - 1;
}

static void put_cluster_kind(struct encode *e, struct cluster_code kind)
{
    int field = atlas_layer_schema(e->ml->layer)->cluster.by;
    struct im_bytes code = atlas_code_text(e->ml->layer, field, kind.code);
    char name[256];

    snprintf(name, sizeof name, "count:%.*s",
             (int)(code.len < sizeof name ? code.len : sizeof name),
             (const char *)code.data);
    name[im_utf8_cut(name, sizeof name - 4)] = '\0';
    put_cluster_value(e, KEY_FIRST_CODE + kind.code, name,
                      mvt_integer(&e->mvt, kind.n_points, false));
}

/* As the expressions of styles see it; see style/operators_data.c. */
static void put_cluster_properties(struct encode *e, uint32_t i)
{
    const struct clusters *clusters = e->clusters.clusters;
    const struct cluster *cluster = cluster_at(clusters, i);
    struct mvt_encoder *mvt = &e->mvt;
    uint32_t n;
    const struct cluster_code *codes = cluster_codes(clusters, i, &n);

    put_cluster_value(e, KEY_POINT_COUNT, "point_count",
                      mvt_integer(mvt, cluster->n_points, false));
    put_cluster_value(e, KEY_ABBREVIATED, "point_count_abbreviated",
                      count_value(e, cluster->n_points));
    put_cluster_value(e, KEY_CLUSTER, "cluster", true_value(e));
    put_cluster_value(e, KEY_CLUSTER_ID, "cluster_id",
                      mvt_integer(mvt, cluster_id(clusters, i), true));
    put_cluster_value(e, KEY_EXPANSION_ZOOM, "expansion_zoom",
                      mvt_integer(mvt, cluster->max_zoom + 1, false));
    for (uint32_t k = 0; k < n; k++)
        put_cluster_kind(e, codes[k]);
}

/* ---- geometry ---- */

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

    if (z >= WORLD_BITS - EXTENT_BITS) /* a world unit is one of the tile or more */
        return (int32_t)(from_origin * (1 << (z - (WORLD_BITS - EXTENT_BITS))));
    z = WORLD_BITS - EXTENT_BITS - z;
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

static struct clip_box clip_box_tu(void)
{
    return (struct clip_box){-BUFFER_TU, -BUFFER_TU, TILE_EXTENT_TU + BUFFER_TU,
                             TILE_EXTENT_TU + BUFFER_TU};
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

    mend_box(&e->rings, -BUFFER_TU, TILE_EXTENT_TU + BUFFER_TU);
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
        clip_ring(e->clip.local.xy, e->clip.local.n_points, clip_box_tu(),
                  &e->clip.half, &e->path);
    else
        clip_line(e->clip.local.xy, e->clip.local.n_points, clip_box_tu(), &e->path);
    e->failed |= e->path.failed || e->clip.local.failed;
    if (!room_for(e, e->path.n_points))
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

        if (side == CLIP_INSIDE && room_for(e, n)) {
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

static void put_line(struct encode *e, uint32_t n)
{
    if (n >= 2)
        mvt_line(&e->mvt, e->xy, n);
}

static void put_lines(struct encode *e, const struct atlas_shape *s)
{
    uint32_t first = 0;

    for (uint32_t p = 0; p < s->n_parts && !e->failed; p++) {
        const uint32_t *xy = s->xy + 2 * (size_t)first;
        uint32_t n = s->part_end[p] - first;
        enum clip_side side = clip_side_of(xy, n, e->cut);

        if (side == CLIP_INSIDE && room_for(e, n)) {
            put_line(e, round_whole(e, xy, n));
        } else if (side == CLIP_ACROSS) {
            put_cut(e, s, first, s->part_end[p]);
            for (uint32_t k = 0; k < e->path.n_parts; k++)
                put_line(e, round_cut(e, k ? e->path.part_end[k - 1] : 0,
                                      e->path.part_end[k]));
        }
        first = s->part_end[p];
    }
}

static void put_points(struct encode *e, const struct atlas_shape *s)
{
    uint32_t n = 0;

    if (!room_for(e, s->n_points))
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
    clip_shape(s, e->frame, clip_box_tu(), true, NULL, &e->clip, &e->path);
    e->failed |= e->path.failed;
    if (!room_for(e, e->path.n_points) || e->failed)
        return;
    for (uint32_t p = 0; p < e->path.n_parts; p++) {
        uint32_t end = e->path.part_end[p];

        if (s->kind == GEOM_AREA)
            put_ring(e, round_cut(e, first, end),
                     clip_ring_area2(e->path.xy + 2 * (size_t)first, end - first) < 0,
                     &has_outer);
        else if (s->kind == GEOM_LINE)
            put_line(e, round_cut(e, first, end));
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
static enum mvt_type put_shape(struct encode *e, uint32_t feature)
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

/* More important is larger. Among equals a hash decides: it thins evenly over the tile,
 * and takes the same features in each tile and on each day. */
static uint32_t rank_of(const struct encode *e, uint32_t feature)
{
    enum { MOST = (1 << 20) - 1 };

    if (feature & CLUSTER_BIT) { /* the larger first, and before single points */
        uint32_t n = cluster_at(e->clusters.clusters, feature & ~CLUSTER_BIT)->n_points;

        return ~(uint32_t)MOST | (n < MOST ? n : MOST);
    }
    int64_t fid = atlas_fid(e->ml->layer, feature);
    uint32_t importance =
        (uint32_t)((double)atlas_importance(e->ml->layer, feature) * 4095);

    return importance << 20 | (uint32_t)(XXH3_64bits(&fid, sizeof fid) >> 44);
}

static bool is_shown(const struct encode *e, uint32_t feature)
{
    return (feature & CLUSTER_BIT) || map_shows(e->map, e->ml->layer, feature);
}

static bool visit_rank(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    uint32_t rank = rank_of(e, feature);

    if (is_shown(e, feature))
        im_buf_append(&e->ranks, &rank, sizeof rank);
    return !e->ranks.failed;
}

static bool visit_feature(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    enum mvt_type type;

    e->failed |= tile_late(&e->late, FEATURE_STEPS);
    if (e->failed)
        return false;
    if (!is_shown(e, feature) || (e->least_rank && rank_of(e, feature) < e->least_rank))
        return true;
    mvt_begin_feature(&e->mvt);
    type = put_shape(e, feature);
    if (e->mvt.geometry.len) {
        int64_t id;

        if (feature & CLUSTER_BIT) {
            put_cluster_properties(e, feature & ~CLUSTER_BIT);
            id = cluster_id(e->clusters.clusters, feature & ~CLUSTER_BIT);
        } else {
            put_properties(e, feature);
            id = atlas_fid(e->ml->layer, feature);
        }
        mvt_end_feature(&e->mvt, id, type);
    }
    return !e->failed && mvt_layer_bytes(&e->mvt) <= e->max_layer_bytes;
}

/* The features from e->least_rank on, into e->mvt; false when they are over the share.
 */
static bool fill_layer(struct encode *e)
{
    if (!mvt_begin_layer(&e->mvt))
        forget(e);
    list_properties(e);
    return !e->failed && map_window(e->ml, e->clusters, e->window, visit_feature, e) &&
           !e->failed;
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
    map_window(e->ml, e->clusters, e->window, visit_rank, e);
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
    /* a tile is shown at the style zoom of its own number */
    e->failed |=
        !map_clusters(e->map, ml, map_style_zoom(e->map, e->id.z) + 1, &e->clusters);
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

/* Every layer within its share of what is left; without thinning each may take it all,
 * and false says that the tile is over its budget. */
static bool encode_layers(struct encode *e, bool may_thin, struct im_buf *out)
{
    const struct map_layer *layers[MAP_MAX_LAYERS];
    double zoom = map_style_zoom(e->map, e->id.z) + 1;
    uint32_t n = list_layers(e->map, zoom, layers);
    size_t budget = TILE_MAX_MVT_BYTES - (may_thin ? LEFT_OUT_BYTES : 0);
    size_t start = out->len;
    size_t n_parts = 0;

    for (uint32_t i = 0; i < n; i++)
        n_parts += has_labels(layers[i], zoom) ? 2 : 1;
    for (uint32_t i = 0; i < n && !out->failed && !e->failed; i++)
        for (int labels = 0; labels <= has_labels(layers[i], zoom); labels++) {
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

    (void)mvt_begin_layer(&e->mvt);
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
        mvt_tag(&e->mvt, 1, mvt_integer(&e->mvt, (int64_t)entries[i].n, false));
        mvt_end_feature(&e->mvt, -1, MVT_POINT);
    }
    mvt_end_layer(&e->mvt, LEFT_OUT_LAYER, out);
}

static void start_frame(struct encode *e)
{
    const struct tile_id id = e->id;

    if (e->map->is_web_mercator) {
        e->frame = tile_frame_of(id.z, id.x, id.y, TILE_EXTENT_TU);
        double unit = 1 / e->frame.scale; /* a power of two: all of this is exact */
        int64_t low = (int64_t)(-BUFFER_TU * unit);
        int64_t high = (int64_t)((TILE_EXTENT_TU + BUFFER_TU) * unit);

        e->window = tile_bounds(id, (double)BUFFER_TU / TILE_EXTENT_TU);
        e->cut = (struct clip_window){e->frame.x0 + low, e->frame.y0 + low,
                                      e->frame.x0 + high, e->frame.y0 + high};
        return;
    }
    projection_open(&e->projection, e->map->grid, id.z, id.x * (double)GRID_TILE_PX,
                    id.y * (double)GRID_TILE_PX, (double)TILE_EXTENT_TU / GRID_TILE_PX);
    e->frame.projection = &e->projection;
    e->window = projection_set_window(&e->projection, clip_box_tu());
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

enum im_code tile_encode_mvt(const struct tile_map *map,
                             struct tile_id id,
                             const struct im_deadline *deadline,
                             struct im_buf *out,
                             struct im_error *err)
{
    enum im_code rc = map_check_tile(map, id, err);
    size_t start = out->len;
    struct encode *e;

    if (rc != IM_OK)
        return rc;
    e = take_encoder(map);
    if (!e)
        return im_fail(err, IM_ENOMEM, "vector tile");
    e->late = (struct tile_late){.deadline = deadline};
    start_tile(e, id);
    if (!encode_layers(e, false, out)) {
        out->len = start;
        (void)encode_layers(e, true, out);
        write_left_out(e, out);
    }
    if (e->failed || out->failed) {
        out->len = start;
        rc = e->late.is_late
                 ? tile_late_fail(err)
                 : im_fail(err, IM_ENOMEM, "vector tile %u/%u/%u", id.z, id.x, id.y);
    }
    if (e->frame.projection)
        projection_close(&e->projection);
    e->frame.projection = NULL;
    give_encoder(map, e);
    return rc;
}
