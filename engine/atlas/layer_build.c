/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the rows of one layer into the form of atlas/layer.h. */
#include "atlas/digest.h"
#include "atlas/layer_rows.h"
#include "atlas/levels.h"
#include "search/index.h"
#include <engine/hilbert.h>

#include <engine/clusters.h>

#include <math.h>
#include <xxhash.h>

/* Sorted rows lie anywhere in what was read: the memory is told some rows ahead. */
enum { AHEAD = 16 };

enum { LEAST_UNIT = -6 }; /* 2^-6 degrees: a mile */

/* The middle of a row's box. */
static void middle_of(const struct layer_builder *b, size_t row, double *x, double *y)
{
    const struct raw_row *rows = (const struct raw_row *)b->rows.data;
    const double *lonlat = (const double *)b->lonlat.data;
    struct bbox box = bbox_empty();

    for (size_t i = rows[row].point; i < rows[row + 1].point; i++)
        box = bbox_extend(box, lonlat[2 * i], lonlat[2 * i + 1]);
    *x = (box.min_x + box.max_x) / 2;
    *y = (box.min_y + box.max_y) / 2;
}

/* Where the curve lies: the extent out to whole units of a quarter to a half of its
 * side. One place more at the edge seldom turns the order of all others about, and all
 * tiles with it. */
static struct bbox frame_of(struct bbox extent)
{
    double unit;
    int exponent;

    if (bbox_is_empty(extent))
        return extent;
    (void)frexp(fmax(extent.max_x - extent.min_x, extent.max_y - extent.min_y),
                &exponent); /* side < 2^exponent */
    unit = ldexp(1, exponent > LEAST_UNIT ? exponent - 2 : LEAST_UNIT - 2);
    return (struct bbox){
        floor(extent.min_x / unit) * unit, floor(extent.min_y / unit) * unit,
        ceil(extent.max_x / unit) * unit, ceil(extent.max_y / unit) * unit};
}

/* Placed rows along the curve over the layer's frame, the others after them. */
static bool sort_rows(struct layer_builder *b)
{
    const struct raw_row *rows = (const struct raw_row *)b->rows.data;
    struct atlas_layer *layer = b->layer;
    size_t n = b->n_rows;
    uint64_t *pairs = malloc((n + 1) * 2 * sizeof *pairs);
    size_t placed = 0;
    size_t last = 0;

    b->order = malloc((n + 1) * sizeof *b->order);
    if (!pairs || !b->order) {
        free(pairs);
        return false;
    }
    layer->extent = b->extent;
    layer->frame = frame_of(b->extent);
    for (size_t i = 0; i < n; i++)
        if (rows[i].kind != GEOM_EMPTY) {
            double x;
            double y;

            middle_of(b, i, &x, &y);
            pairs[placed++] = (uint64_t)hilbert_of(layer->frame, x, y) << 32 | i;
        }
    hilbert_sort(pairs, pairs + n, placed);
    for (size_t i = 0; i < placed; i++)
        b->order[i] = (uint32_t)pairs[i];
    last = placed;
    for (size_t i = 0; i < n; i++)
        if (rows[i].kind == GEOM_EMPTY)
            b->order[last++] = (uint32_t)i;
    free(pairs);
    layer->n = (uint32_t)n;
    layer->n_placed = (uint32_t)placed;
    return true;
}

static const struct raw_row *row_at(const struct layer_builder *b, uint32_t i)
{
    return (const struct raw_row *)b->rows.data + b->order[i];
}

/* The arrays of a layer while they are filled; the layer itself sees them as const. */
struct geometry_arrays {
    double *lonlat;
    uint32_t *xy;
    uint32_t *point_start;
    uint32_t *part_start;
    uint32_t *parts;
    uint32_t *area_start;
    uint32_t *area_ends;
    uint8_t *kinds;
    struct bbox *boxes;
};

static bool allocate_geometry(const struct layer_builder *b, struct geometry_arrays *g)
{
    struct needs needs = b->needs;
    struct im_arena *arena = b->layer->arena;
    size_t starts = (size_t)b->layer->n_placed + 1;
    bool fine;

    g->lonlat = im_arena_alloc(arena, b->lonlat.len);
    g->xy = im_arena_alloc(arena, b->lonlat.len / 2);
    fine = g->lonlat && g->xy;
    if (needs.starts) {
        g->point_start = im_arena_calloc(arena, starts, 4);
        g->part_start = im_arena_calloc(arena, starts, 4);
        g->parts = im_arena_alloc(arena, b->parts.len);
        g->boxes = im_arena_calloc(arena, starts, sizeof *g->boxes);
        fine = fine && g->point_start && g->part_start && g->parts && g->boxes;
    }
    if (needs.areas) {
        g->area_start = im_arena_calloc(arena, starts, 4);
        g->area_ends = im_arena_alloc(arena, b->areas.len);
        fine = fine && g->area_start && g->area_ends;
    }
    if (needs.kinds) {
        g->kinds = im_arena_alloc(arena, starts);
        fine = fine && g->kinds;
    }
    return fine;
}

/* Tells the memory which row comes soon, and which of its vertices. */
static void look_ahead(const struct layer_builder *b, uint32_t i)
{
    if (i + 2 * AHEAD < b->layer->n_placed)
        __builtin_prefetch(row_at(b, i + 2 * AHEAD));
    if (i + AHEAD < b->layer->n_placed)
        __builtin_prefetch(b->lonlat.data + (size_t)row_at(b, i + AHEAD)->point * 16);
}

static void fill_points(const struct layer_builder *b, struct geometry_arrays *g)
{
    const double *lonlat = (const double *)b->lonlat.data;

    for (uint32_t i = 0; i < b->layer->n_placed; i++) {
        size_t at = row_at(b, i)->point;

        look_ahead(b, i);
        g->lonlat[2 * (size_t)i] = lonlat[2 * at];
        g->lonlat[2 * (size_t)i + 1] = lonlat[2 * at + 1];
    }
}

static void
copy_ends(uint32_t *out, const struct im_buf *from, size_t start, uint32_t n)
{
    if (n)
        memcpy(out, from->data + start * 4, (size_t)n * 4);
}

static void fill_shapes(const struct layer_builder *b, struct geometry_arrays *g)
{
    uint32_t n = b->layer->n_placed;
    uint32_t point = 0;
    uint32_t part = 0;
    uint32_t area = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct raw_row *row = row_at(b, i);
        struct geom view = {.n_points = row[1].point - row->point,
                            .lonlat = g->lonlat + 2 * (size_t)point};

        look_ahead(b, i);
        memcpy(g->lonlat + 2 * (size_t)point, b->lonlat.data + (size_t)row->point * 16,
               (size_t)view.n_points * 16);
        g->point_start[i] = point;
        g->part_start[i] = part;
        g->boxes[i] = geom_bbox(&view);
        copy_ends(g->parts + part, &b->parts, row->part, row[1].part - row->part);
        if (g->area_start) {
            g->area_start[i] = area;
            copy_ends(g->area_ends + area, &b->areas, row->area,
                      row[1].area - row->area);
        }
        if (g->kinds)
            g->kinds[i] = (uint8_t)row->kind;
        point += view.n_points;
        part += row[1].part - row->part;
        area += row[1].area - row->area;
    }
    g->point_start[n] = point;
    g->part_start[n] = part;
    if (g->area_start)
        g->area_start[n] = area;
}

static void fill_geometry(const struct layer_builder *b, struct geometry_arrays *g)
{
    size_t n = b->lonlat.len / 16;

    if (g->point_start)
        fill_shapes(b, g);
    else
        fill_points(b, g);
    for (size_t i = 0; i < n; i++) {
        g->xy[2 * i] = world_x(g->lonlat[2 * i]);
        g->xy[2 * i + 1] = world_y(g->lonlat[2 * i + 1]);
    }
}

static bool place_geometry(struct layer_builder *b)
{
    struct atlas_layer *layer = b->layer;
    struct geometry_arrays g = {0};

    if (layer->n_placed == 0)
        return true;
    if (!allocate_geometry(b, &g))
        return false;
    fill_geometry(b, &g);
    layer->kind = row_at(b, 0)->kind;
    layer->kinds = g.kinds;
    layer->lonlat = g.lonlat;
    layer->boxes = g.boxes;
    layer->area_start = g.area_start;
    layer->area_ends = g.area_ends;
    layer->full =
        (struct shape_level){UINT32_MAX, g.xy, g.point_start, g.part_start, g.parts};
    return true;
}

static enum im_code place_columns(struct layer_builder *b, struct im_error *err)
{
    struct atlas_layer *layer = b->layer;
    const struct layer_schema *schema = layer->schema;
    struct column *columns =
        im_arena_calloc(layer->arena, schema->n_fields, sizeof *columns);
    int64_t *fids = im_arena_calloc(layer->arena, layer->n, sizeof *fids);

    if (!columns || !fids)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < layer->n; i++) {
        if (i + AHEAD < layer->n)
            __builtin_prefetch(row_at(b, i + AHEAD));
        fids[i] = row_at(b, i)->fid;
    }
    layer->fids = fids;
    layer->columns = columns;
    for (size_t i = 0; i < schema->n_fields; i++) {
        enum im_code rc = column_finish(&b->columns[i], b->order, layer->n,
                                        layer->arena, &columns[i], err);

        if (rc != IM_OK)
            return im_context(err, "field '%s'", schema->fields[i].name);
        column_builder_release(&b->columns[i]); /* early: keeps the peak low */
    }
    return IM_OK;
}

uint64_t atlas_hash_text(struct im_bytes text)
{
    return XXH3_64bits(text.data, text.len);
}

uint64_t atlas_hash_integer(int64_t value)
{
    return XXH3_64bits(&value, sizeof value);
}

static uint64_t key_hash(const struct atlas_layer *layer, uint32_t row)
{
    const struct column *c = &layer->columns[layer->schema->key];

    if (column_is_null(c, row))
        return 0;
    return c->type == FIELD_TEXT ? atlas_hash_text(column_text(c, c->codes[row]))
                                 : atlas_hash_integer(c->integers[row]);
}

static bool same_key(const struct atlas_layer *layer, uint32_t a, uint32_t b)
{
    const struct column *c = &layer->columns[layer->schema->key];

    return c->type == FIELD_TEXT ? c->codes[a] == c->codes[b]
                                 : c->integers[a] == c->integers[b];
}

static enum im_code index_keys(struct atlas_layer *layer, struct im_error *err)
{
    const struct column *c = &layer->columns[layer->schema->key];
    uint32_t n_slots = 4;
    uint32_t *slots;
    uint32_t hashes[AHEAD]; /* of the next rows */

    while (n_slots < layer->n + (uint64_t)layer->n / 2)
        n_slots *= 2;
    slots = im_arena_calloc(layer->arena, n_slots, sizeof *slots);
    if (!slots)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (uint32_t row = 0; row < layer->n && row < AHEAD; row++)
        hashes[row] = (uint32_t)key_hash(layer, row);
    for (uint32_t row = 0; row < layer->n; row++) {
        if (column_is_null(c, row))
            return im_fail(err, IM_EDATA, "row %lld has no key",
                           (long long)layer->fids[row]);
        uint32_t i = hashes[row % AHEAD] & (n_slots - 1);
        if (row + AHEAD < layer->n) {
            hashes[row % AHEAD] = (uint32_t)key_hash(layer, row + AHEAD);
            __builtin_prefetch(&slots[hashes[row % AHEAD] & (n_slots - 1)]);
        }
        for (; slots[i]; i = (i + 1) & (n_slots - 1))
            if (same_key(layer, slots[i] - 1, row))
                return im_fail(err, IM_EDATA, "rows %lld and %lld have the same key",
                               (long long)layer->fids[slots[i] - 1],
                               (long long)layer->fids[row]);
        slots[i] = row + 1;
    }
    layer->key_slots = slots;
    layer->n_key_slots = n_slots;
    return IM_OK;
}

/* 0..1: by the declared range; else as it is when all values are in 0..1; else from the
 * smallest value to the largest. */
static bool place_importance(struct atlas_layer *layer)
{
    int field = layer->schema->roles.importance;
    double min = HUGE_VAL;
    double max = -HUGE_VAL;
    float *importance;

    if (field == SCHEMA_NO_FIELD)
        return true;
    importance = im_arena_calloc(layer->arena, layer->n, sizeof *importance);
    if (!importance)
        return false;
    for (uint32_t i = 0; i < layer->n; i++) {
        double v;

        if (atlas_number(layer, i, field, &v)) {
            min = fmin(min, v);
            max = fmax(max, v);
        }
    }
    if (isfinite(layer->schema->fields[field].min) &&
        isfinite(layer->schema->fields[field].max)) {
        min = layer->schema->fields[field].min;
        max = layer->schema->fields[field].max;
    } else if (min >= 0 && max <= 1) {
        min = 0;
        max = 1;
    }
    for (uint32_t i = 0; i < layer->n; i++) {
        double v;

        if (!atlas_number(layer, i, field, &v))
            continue; /* unknown: the least */
        v = max > min ? (v - min) / (max - min) : 0.5;
        importance[i] = (float)fmin(fmax(v, 0), 1);
    }
    layer->importance = importance;
    return true;
}

static bool place_classes(struct atlas_layer *layer)
{
    int reviewed = layer->schema->roles.reviewed;
    uint8_t *classes;

    layer->one_class = (uint8_t)atlas_class_of(PRECISION_EXACT, false);
    layer->class_count[layer->one_class] = layer->n_placed;
    if (layer->schema->roles.precision == SCHEMA_NO_FIELD &&
        reviewed == SCHEMA_NO_FIELD)
        return true;
    classes = im_arena_calloc(layer->arena, layer->n_placed, 1);
    if (!classes)
        return false;
    layer->class_count[layer->one_class] = 0;
    for (uint32_t i = 0; i < layer->n_placed; i++) {
        double flag = 0;
        /* a missing flag counts as "not reviewed": the safe side */
        bool unreviewed = reviewed != SCHEMA_NO_FIELD &&
                          (!atlas_number(layer, i, reviewed, &flag) || flag == 0);

        classes[i] = (uint8_t)atlas_class_of(query_precision(layer, i), unreviewed);
        layer->class_count[classes[i]]++;
    }
    layer->classes = classes;
    return true;
}

static struct bbox tree_box_of(const void *ctx, uint32_t i)
{
    return atlas_bbox(ctx, i);
}

static uint16_t tree_mask_of(const void *ctx, uint32_t i)
{
    return (uint16_t)(1u << atlas_class(ctx, i));
}

static enum im_code assemble(struct layer_builder *b, struct im_error *err)
{
    struct atlas_layer *layer = b->layer;
    enum im_code rc;

    if (!sort_rows(b) || !place_geometry(b))
        return im_fail(err, IM_ENOMEM, "out of memory");
    im_buf_release(&b->lonlat); /* early: keeps the peak low */
    rc = place_columns(b, err);
    if (rc == IM_OK)
        rc = index_keys(layer, err);
    if (rc != IM_OK)
        return rc;
    if (!place_importance(layer) || !place_classes(layer) || !levels_build(layer) ||
        !tree_build(&layer->tree, layer->n_placed, tree_box_of, tree_mask_of, layer,
                    layer->arena))
        return im_fail(err, IM_ENOMEM, "out of memory");
    if (layer->schema->names_places && !layer->schema->is_internal)
        rc = names_build(&layer->names, layer, layer->arena, err);
    return rc;
}

/* An empty layer that knows its schema. */
static enum im_code layer_new(const struct source_layer *from,
                              struct atlas_layer **out,
                              struct im_error *err)
{
    struct im_arena *arena = im_arena_new(SIZE_MAX / 2);
    struct atlas_layer *layer = NULL;
    enum im_code rc = IM_OK;

    if (arena)
        layer = im_arena_calloc(arena, 1, sizeof *layer);
    if (layer) {
        layer->arena = arena;
        atomic_init(&layer->refs, 1);
        atomic_init(&layer->search, NULL);
        atomic_init(&layer->digest, NULL);
        atomic_init(&layer->clusters, NULL);
        layer->version = from->version;
        layer->definition_json =
            im_arena_strdup(arena, im_bytes_of(from->definition_json));
        layer->style_json = im_arena_strdup(arena, im_bytes_of(from->style_json));
        layer->changed_at = im_arena_strdup(arena, im_bytes_of(from->changed_at));
    }
    if (!layer || !layer->definition_json || !layer->style_json || !layer->changed_at)
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    else
        rc = schema_parse(im_bytes_of(layer->definition_json), arena, &layer->schema,
                          err);
    if (rc == IM_OK && strcmp(layer->schema->id, from->id) != 0)
        rc =
            im_fail(err, IM_EDATA, "the definition is that of '%s'", layer->schema->id);
    if (rc == IM_OK) {
        layer->lazy = lazy_new(layer->schema->n_fields);
        if (!layer->lazy)
            rc = im_fail(err, IM_ENOMEM, "out of memory");
    }
    if (rc != IM_OK) {
        im_arena_free(arena);
        return rc;
    }
    *out = layer;
    return IM_OK;
}

static enum im_code
scan(struct layer_builder *b, const struct feature_source *source, struct im_error *err)
{
    struct source_cursor *cursor = NULL;
    enum im_code rc = source->open(source->self, b->layer->schema->id, &cursor, err);

    if (rc == IM_OK)
        rc = layer_rows_read(b, source, cursor, err);
    source->close(cursor);
    return rc;
}

enum im_code atlas_layer_build(const struct feature_source *source,
                               const struct source_layer *from,
                               const struct atlas_layer *old,
                               struct atlas_layer **out,
                               struct im_error *err)
{
    struct atlas_layer *layer = NULL;
    struct layer_builder *b = calloc(1, sizeof *b); /* too large for a stack */
    bool has_rows = false;
    enum im_code rc;

    if (!b)
        return im_fail(err, IM_ENOMEM, "layer '%s': out of memory", from->id);
    rc = layer_new(from, &layer, err);
    if (rc != IM_OK)
        goto done;
    layer_rows_init(b, layer);
    if (old)
        rc = layer_rows_follow(b, source, from, old, &has_rows, err);
    if (rc == IM_OK && !has_rows)
        rc = scan(b, source, err);
    if (rc == IM_OK)
        rc = assemble(b, err);
    layer_rows_release(b);
    if (rc != IM_OK)
        goto done;
    *out = layer;
    layer = NULL;
done:
    if (rc != IM_OK)
        rc = im_context(err, "layer '%s'", from->id);
    atlas_layer_unref(layer);
    free(b);
    return rc;
}

struct atlas_layer *atlas_layer_ref(struct atlas_layer *layer)
{
    atomic_fetch_add_explicit(&layer->refs, 1, memory_order_relaxed);
    return layer;
}

void atlas_layer_unref(struct atlas_layer *layer)
{
    /* the last reader must see all others done: release, and acquire before the free */
    if (layer &&
        atomic_fetch_sub_explicit(&layer->refs, 1, memory_order_acq_rel) == 1) {
        lazy_free(layer->lazy);
        digest_free(atomic_load_explicit(&layer->digest, memory_order_acquire));
        clusters_free(atomic_load_explicit(&layer->clusters, memory_order_acquire));
        search_index_free(atomic_load_explicit(&layer->search, memory_order_acquire));
        im_arena_free(layer->arena); /* the layer lies in it */
    }
}
