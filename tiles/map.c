/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a tile_map from an atlas: which layers, their styles, in drawing order. */
#include "map.h"

#include "content.h"
#include "grid_parts.h"
#include "label/interior.h"
#include "projection.h"

#include <engine/cql.h>
#include <engine/log.h>

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    MAP_MAX_STYLE_BYTES = 128 * 1024 * 1024,
    FILTER_MAX_BYTES = 64 * 1024 * 1024 /* compiled for all layers, with memos */
};

/* Does the map's filter let it pass? */
static bool map_passes(const struct tile_map *map,
                       const struct atlas_layer *layer,
                       uint32_t feature)
{
    if (!map->filter)
        return true;
    for (uint32_t i = 0; i < map->n_layers; i++)
        if (map->layers[i].layer == layer)
            return !map->layers[i].passes ||
                   (map->layers[i].passes[feature / 8] >> (feature % 8) & 1);
    return true;
}

const json_t *map_sheet_root(const struct tile_map *map)
{
    if (map->joins.root)
        return map->joins.root;
    return map->stylesheet ? stylesheet_root(map->stylesheet) : NULL;
}

bool map_shows(const struct tile_map *map,
               const struct atlas_layer *layer,
               uint32_t feature)
{
    double reviewed;

    return map_passes(map, layer, feature) &&
           (!map->leave_out_unreviewed ||
            !atlas_number(layer, feature, atlas_layer_schema(layer)->roles.reviewed,
                          &reviewed) ||
            reviewed != 0);
}

/* ---- clusters ---- */

struct shown {
    const struct tile_map *map;
    const struct map_layer *ml;
};

static bool is_shown(const void *ctx, uint32_t feature)
{
    const struct shown *shown = ctx;

    return map_shows(shown->map, shown->ml->layer, feature);
}

static bool hides_rows(const struct tile_map *map, const struct map_layer *ml)
{
    return ml->passes ||
           (map->leave_out_unreviewed &&
            atlas_layer_schema(ml->layer)->roles.reviewed != SCHEMA_NO_FIELD);
}

bool map_clusters_are_ready(const struct tile_map *map, const struct map_layer *ml)
{
    if (!hides_rows(map, ml))
        return atlas_clusters_are_ready(ml->layer);
    return !atlas_layer_schema(ml->layer)->cluster.is_on ||
           atomic_load_explicit(&ml->clusters, memory_order_acquire) != NULL;
}

/* Two threads may make the same; the first one stays. */
static const struct clusters *own_clusters(const struct tile_map *map,
                                           const struct map_layer *ml)
{
    _Atomic(struct clusters *) *slot = &((struct map_layer *)ml)->clusters;
    struct clusters *known = atomic_load_explicit(slot, memory_order_acquire);
    struct clusters *made;

    if (known)
        return known;
    made = clusters_new(ml->layer, is_shown, &(struct shown){map, ml});
    if (!made || atomic_compare_exchange_strong_explicit(
                     slot, &known, made, memory_order_acq_rel, memory_order_acquire))
        return made;
    clusters_free(made);
    return known;
}

bool map_clusters(const struct tile_map *map,
                  const struct map_layer *ml,
                  double style_zoom,
                  struct map_clusters *out)
{
    const struct schema_cluster *how = &atlas_layer_schema(ml->layer)->cluster;
    double zoom = fmax(0, floor(style_zoom + 1e-6));

    *out = (struct map_clusters){NULL, 0};
    if (!how->is_on || zoom > how->max_zoom)
        return true;
    out->zoom = (unsigned)zoom;
    out->clusters =
        hides_rows(map, ml) ? own_clusters(map, ml) : atlas_clusters(ml->layer);
    return out->clusters != NULL;
}

bool map_window(const struct map_layer *ml,
                struct map_clusters clusters,
                struct bbox window,
                atlas_visit_fn *visit,
                void *ctx)
{
    return clusters.clusters
               ? clusters_window(clusters.clusters, clusters.zoom, window, visit, ctx)
               : atlas_window(ml->layer, window, visit, ctx);
}

/* ---- where labels stand ---- */

/* The zoom at which a shape is about 1,024 px wide: fine enough for a point inside, and
 * the same whatever zoom asks first. */
static unsigned label_zoom(const struct atlas_layer *layer, uint32_t feature)
{
    struct bbox box = atlas_bbox(layer, feature);
    double width = (double)world_x(box.max_x) - world_x(box.min_x);
    double height = (double)world_y(box.min_y) - world_y(box.max_y);
    double zoom = 2 + WORLD_BITS - log2(fmax(fmax(width, height), 1));

    return (unsigned)fmin(TILE_MAX_ZOOM, fmax(0, floor(zoom)));
}

static bool
shape_point(const struct atlas_layer *layer, uint32_t feature, uint32_t *x, uint32_t *y)
{
    struct atlas_shape shape = atlas_shape(layer, feature, label_zoom(layer, feature));
    double px;
    double py;

    if (!(shape.kind == GEOM_AREA ? label_area_inside(&shape, &px, &py)
                                  : label_line_middle(&shape, &px, &py))) {
        struct bbox box = atlas_bbox(layer, feature); /* it is only a dot there */

        if (bbox_is_empty(box))
            return false;
        *x = world_x((box.min_x + box.max_x) / 2);
        *y = world_y((box.min_y + box.max_y) / 2);
        return true;
    }
    *x = (uint32_t)fmin(UINT32_MAX, fmax(0, px));
    *y = (uint32_t)fmin(UINT32_MAX, fmax(0, py));
    return true;
}

bool map_label_point(const struct map_layer *ml,
                     uint32_t feature,
                     uint32_t *x,
                     uint32_t *y)
{
    struct geom geom = atlas_geom(ml->layer, feature);
    uint64_t known;

    if (geom.kind == GEOM_POINT && geom.n_points > 0) {
        *x = world_x(geom.lonlat[0]);
        *y = world_y(geom.lonlat[1]);
        return true;
    }
    if (geom.kind == GEOM_EMPTY || !ml->label_points)
        return false;
    known = atomic_load_explicit(&ml->label_points[feature], memory_order_relaxed);
    if (!known) {
        if (!shape_point(ml->layer, feature, x, y))
            return false;
        known = (uint64_t)*x << 32 | *y;
        atomic_store_explicit(&ml->label_points[feature], known, memory_order_relaxed);
    }
    *x = (uint32_t)(known >> 32);
    *y = (uint32_t)known;
    return true;
}

/* ---- the grid ---- */

double map_style_zoom(const struct tile_map *map, uint32_t z)
{
    return map->grid->matrices[z].style_zoom;
}

unsigned map_detail_zoom(const struct tile_map *map, uint32_t z)
{
    return map->grid->detail[z];
}

enum im_code
map_check_tile(const struct tile_map *map, struct tile_id id, struct im_error *err)
{
    return map->grid->is_web_mercator_quad ? tile_id_check(id, err)
                                           : tile_grid_check(map->grid, id, err);
}

struct bbox map_grid_bounds(const struct tile_map *map)
{
    const struct grid_matrix *m = &map->grid->matrices[0];
    double side = m->cell_size * m->tile_px;
    struct grid_pj *pj;
    struct bbox box;

    if (map->is_web_mercator)
        return (struct bbox){-180, -85.0511287798066, 180, 85.0511287798066};
    pj = grid_pj_borrow(map->grid);
    box = grid_degrees_of(map->grid, pj,
                          (struct bbox){m->origin[0], m->origin[1] - m->n_rows * side,
                                        m->origin[0] + m->n_cols * side, m->origin[1]});
    grid_pj_return(map->grid, pj);
    return box;
}

bool map_pixel_of(const struct tile_map *map,
                  uint32_t z,
                  double world_x,
                  double world_y,
                  double out_px[2])
{
    struct tile_projection p;
    bool found;

    out_px[0] = world_x * 256.0 / (double)(1ull << (WORLD_BITS - z));
    out_px[1] = world_y * 256.0 / (double)(1ull << (WORLD_BITS - z));
    if (map->grid->is_web_mercator_quad)
        return true;
    projection_open(&p, map->grid, z, 0, 0, 1);
    found = projection_point(&p, world_x, world_y, out_px);
    projection_close(&p);
    return found;
}

struct bbox map_pixel_window(const struct tile_map *map,
                             uint32_t z,
                             double min_x,
                             double min_y,
                             double max_x,
                             double max_y)
{
    double unit = (double)(1ull << (WORLD_BITS - 8 - z));
    struct tile_projection p;
    struct bbox box;

    if (map->grid->is_web_mercator_quad)
        return (struct bbox){world_lon(min_x * unit), world_lat(max_y * unit),
                             world_lon(max_x * unit), world_lat(min_y * unit)};
    projection_open(&p, map->grid, z, 0, 0, 1);
    box = projection_set_window(&p, (struct clip_box){min_x, min_y, max_x, max_y});
    projection_close(&p);
    return box;
}

bool map_style_writes(const struct style_layer *style)
{
    return style->type == STYLE_SYMBOL && style->properties[TEXT_FIELD];
}

bool map_says_label_zoom(const struct tile_map *map, const struct map_layer *ml)
{
    const struct layer_schema *schema = atlas_layer_schema(ml->layer);

    for (size_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].tile_zoom >= 0 &&
            strcmp(schema->fields[i].name, STYLE_LABEL_ZOOM) == 0)
            return false;
    for (uint32_t i = 0; i < map->joins.n; i++)
        if (map->joins.items[i].layer == ml->layer &&
            strcmp(map->joins.items[i].as, STYLE_LABEL_ZOOM) == 0)
            return false;
    return true;
}

unsigned tile_mvt_side_px(const struct tile_map *map)
{
    return map->is_web_mercator ? 512 : 256;
}

bool map_layer_drawn(const struct map_layer *layer, double from, double to)
{
    for (uint32_t i = 0; i < layer->style.n_layers; i++) {
        const struct style_layer *style = &layer->style.layers[i];

        if (style->visible && style->type != STYLE_BACKGROUND && style->min_zoom < to &&
            style->max_zoom > from)
            return true;
    }
    return false;
}

/* ---- building ---- */

static enum im_code
fail_unknown(const struct atlas *atlas, struct im_bytes id, struct im_error *err)
{
    char known[200] = "";
    size_t n = 0;
    int len = (int)(id.len > 60 ? 60 : id.len);

    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct layer_schema *schema =
            atlas_layer_schema(atlas_layer_at(atlas, i));
        int more;

        if (schema->is_internal)
            continue;
        more = snprintf(known + n, sizeof known - n, ", %s", schema->id);
        if (more < 0 || (size_t)more >= sizeof known - n) {
            known[n] = '\0'; /* rather a shorter list than half a name */
            break;
        }
        n += (size_t)more;
    }
    im_fail(err, IM_ENOTFOUND, "no layer '%.*s'; there are: map%s", len,
            (const char *)id.data, known);
    return im_zh(err, IM_ENOTFOUND, "没有图层“%.*s”；现有：map%s", len,
                 (const char *)id.data, known);
}

static bool has_symbols(const struct style *style)
{
    for (uint32_t i = 0; i < style->n_layers; i++)
        if (style->layers[i].type == STYLE_SYMBOL && style->layers[i].visible)
            return true;
    return false;
}

/* Whoever asks for the layer learns what its keeper has to do. */
static enum im_code fail_style(const char *id, struct im_error *err)
{
    struct im_error why = err ? *err : (struct im_error){.code = IM_EDATA};

    im_fail(err, IM_EDATA,
            "layer '%s' cannot be drawn: mend its style.json (innomap style check "
            "FILE) and import it again. %s",
            id, why.msg);
    return im_zh(err, IM_EDATA,
                 "图层 “%s” 无法绘制：请修改其 style.json（innomap style check 文件）后"
                 "重新导入。%s",
                 id, why.msg_zh[0] ? why.msg_zh : why.msg);
}

/* By the stylesheet when it says something of the layer, else by the layer's own
 * style.json. */
static enum im_code
compile_style(struct tile_map *map, struct map_layer *ml, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(ml->layer);
    const char *json = atlas_layer_style_json(ml->layer);
    enum im_code rc;

    if (map->stylesheet)
        ml->part = stylesheet_part_find(map->stylesheet, schema->id);
    if (ml->part)
        json = map_joins_resolve(&map->joins, ml->layer, ml->part->json, map->arena);
    if (!json)
        return im_fail(err, IM_ENOMEM, "map");
    rc = style_parse(im_bytes_of(json), schema, map->lang, map->arena, &ml->style, err);
    if (rc != IM_OK && ml->part)
        return im_context(err, "stylesheet '%s', layer '%s'",
                          stylesheet_id(map->stylesheet), schema->id);
    return rc == IM_EDATA ? fail_style(schema->id, err) : rc;
}

static enum im_code
add_layer(struct tile_map *map, const struct atlas_layer *layer, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    struct map_layer *ml = &map->layers[map->n_layers];
    enum im_code rc;

    for (uint32_t i = 0; i < map->n_layers; i++)
        if (map->layers[i].layer == layer)
            return IM_OK; /* named twice, drawn once */
    uint32_t most = map->is_whole ? MAP_MAX_LAYERS : MAP_MAX_LISTED;
    if (map->n_layers == most) {
        im_fail(err, IM_ELIMIT, "more than %u layers in one map", most);
        return im_zh(err, IM_ELIMIT, "一幅地图最多 %u 个图层", most);
    }
    ml->layer = layer;
    rc = compile_style(map, ml, err);
    if (rc != IM_OK)
        return rc;
    map->n_layers++;
    if (schema->geometry != SCHEMA_POINT && has_symbols(&ml->style)) {
        ml->has_label_layer = true;
        ml->label_points =
            calloc(atlas_layer_size(layer) + 1u, sizeof *ml->label_points);
        if (!ml->label_points)
            return im_fail(err, IM_ENOMEM, "map");
    }
    return IM_OK;
}

static bool is_in_map(const struct tile_map *map, const struct layer_schema *schema)
{
    bool in_map = schema->in_map;

    if (map->stylesheet)
        in_map = stylesheet_shows(map->stylesheet, schema->id, in_map);
    return in_map && !schema->is_internal;
}

/* A layer whose style is broken must not take the map from all others: it is left out
 * here, and its own tiles say what is wrong. */
static enum im_code add_whole_map(struct tile_map *map, struct im_error *err)
{
    enum im_code rc = IM_OK;

    map->is_whole = true;
    for (size_t i = 0; i < atlas_layer_count(map->atlas) && rc == IM_OK; i++) {
        const struct atlas_layer *layer = atlas_layer_at(map->atlas, i);
        const struct layer_schema *schema = atlas_layer_schema(layer);

        if (is_in_map(map, schema))
            rc = add_layer(map, layer, err);
        if (rc == IM_EDATA || rc == IM_ELIMIT) {
            char why[400];

            im_log(IM_LOG_WARN, "layer_left_out", "layer=%s why=%s", schema->id,
                   im_log_quote(why, sizeof why, err ? err->msg : ""));
            rc = IM_OK;
        }
    }
    return rc;
}

static enum im_code
add_listed(struct tile_map *map, const char *list, struct im_error *err)
{
    enum im_code rc = IM_OK;

    for (const char *p = list; rc == IM_OK;) {
        size_t len = strcspn(p, ",");
        struct im_bytes id = {(const uint8_t *)p, len};
        const struct atlas_layer *layer = atlas_layer_find(map->atlas, id);

        if (!layer || atlas_layer_schema(layer)->is_internal)
            return fail_unknown(map->atlas, id, err);
        rc = add_layer(map, layer, err);
        p += len;
        if (*p++ == '\0')
            break;
    }
    return rc;
}

/* The label points of "x" are the vector layer "x_label": that name must be free. */
static enum im_code check_names(const struct tile_map *map, struct im_error *err)
{
    char name[SCHEMA_MAX_ID + 8];

    for (uint32_t i = 0; i < map->n_layers; i++) {
        const char *id = atlas_layer_schema(map->layers[i].layer)->id;

        snprintf(name, sizeof name, "%s_label", id);
        for (uint32_t j = 0; map->layers[i].has_label_layer && j < map->n_layers; j++)
            if (!strcmp(name, atlas_layer_schema(map->layers[j].layer)->id)) {
                im_fail(
                    err, IM_EDATA,
                    "layer '%s' has the name of the label points of '%s'; rename it",
                    name, id);
                return im_zh(err, IM_EDATA, "图层“%s”与“%s”的注记点同名，请改名", name,
                             id);
            }
    }
    return IM_OK;
}

static int compare_styles(const void *a, const void *b)
{
    const struct map_style *p = a;
    const struct map_style *q = b;

    if (p->style->order != q->style->order)
        return p->style->order < q->style->order ? -1 : 1;
    if (p->position != q->position)
        return p->position < q->position ? -1 : 1;
    if (p->layer != q->layer)
        return p->layer < q->layer ? -1 : 1;
    return (p->style->index > q->style->index) - (p->style->index < q->style->index);
}

static void add_styles(struct map_style *styles,
                       struct tile_map *map,
                       const struct style *from,
                       const struct map_layer *ml,
                       const struct stylesheet_part *part)
{
    for (uint32_t i = 0; i < from->n_layers; i++) {
        /* the stylesheet's ground replaces that of the layers */
        if (!part && map->ground_part && from->layers[i].type == STYLE_BACKGROUND)
            continue;
        styles[map->n_styles++] = (struct map_style){
            &from->layers[i], ml, part ? part->positions[i] : MAP_OWN_STYLE};
    }
}

static enum im_code order_styles(struct tile_map *map, struct im_error *err)
{
    struct map_style *styles;
    uint32_t n = map->ground.n_layers;

    for (uint32_t i = 0; i < map->n_layers; i++)
        n += map->layers[i].style.n_layers;
    styles = im_arena_calloc(map->arena, n + 1, sizeof *styles);
    if (!styles)
        return im_fail(err, IM_ENOMEM, "map");
    if (map->n_layers)
        add_styles(styles, map, &map->ground, &map->layers[0], map->ground_part);
    for (uint32_t i = 0; i < map->n_layers; i++)
        add_styles(styles, map, &map->layers[i].style, &map->layers[i],
                   map->layers[i].part);
    qsort(styles, map->n_styles, sizeof *styles, compare_styles);
    map->styles = styles;
    return IM_OK;
}

/* A background belongs to no layer. */
static enum im_code compile_ground(struct tile_map *map, struct im_error *err)
{
    enum im_code rc;

    if (map->stylesheet)
        map->ground_part = stylesheet_part_find(map->stylesheet, "");
    if (!map->ground_part)
        return IM_OK;
    rc = style_parse(im_bytes_of(map->ground_part->json), NULL, map->lang, map->arena,
                     &map->ground, err);
    return rc == IM_OK ? rc
                       : im_context(err, "stylesheet '%s', background",
                                    stylesheet_id(map->stylesheet));
}

/* ---- the filter ---- */

static enum im_code filter_layer(struct tile_map *map,
                                 struct map_layer *ml,
                                 const struct cql_program *program,
                                 struct im_arena *scratch_arena,
                                 struct im_error *err)
{
    struct cql_scratch *scratch = cql_scratch_new(program, scratch_arena);
    uint32_t n = atlas_layer_size(ml->layer);
    uint8_t *bits = im_arena_calloc(map->arena, n / 8 + 1, 1);

    if (!scratch || !bits)
        return im_fail(err, IM_ENOMEM, "filter of a map");
    for (uint32_t f = 0; f < n; f++)
        if (cql_test(program, scratch, f))
            bits[f / 8] |= (uint8_t)(1u << (f % 8));
    ml->passes = bits;
    return IM_OK;
}

/* What a row does not say is not true of it: a layer without a field of the filter has
 * no row that passes. */
static enum im_code
hide_layer(struct tile_map *map, struct map_layer *ml, struct im_error *err)
{
    ml->passes = im_arena_calloc(map->arena, atlas_layer_size(ml->layer) / 8 + 1, 1);
    return ml->passes ? IM_OK : im_fail(err, IM_ENOMEM, "filter of a map");
}

/* Once for all features when the map is made: drawing asks for a bit. */
static enum im_code
set_filter(struct tile_map *map, const char *text, struct im_error *err)
{
    struct im_arena *arena = text ? im_arena_new(FILTER_MAX_BYTES) : NULL;
    const struct cql_node *node;
    struct im_error why = {0};
    uint32_t n = 0;
    enum im_code rc = IM_OK;

    if (!text)
        return IM_OK;
    map->filter = im_arena_strdup(map->arena, im_bytes_of(text));
    if (!arena || !map->filter)
        rc = im_fail(err, IM_ENOMEM, "filter of a map");
    if (rc == IM_OK)
        rc = cql_parse(im_bytes_of(text), CQL_TEXT, arena, &node, NULL, err);
    for (uint32_t i = 0; i < map->n_layers && rc == IM_OK; i++) {
        struct map_layer *ml = &map->layers[i];
        const struct cql_program *program;

        rc = cql_compile(node, ml->layer, NULL, arena, &program, NULL, &why);
        if (rc == IM_OK) {
            rc = filter_layer(map, ml, program, arena, err);
            n++;
        } else if (rc == IM_EARG) { /* another one may have the fields */
            rc = atlas_layer_schema(ml->layer)->is_base ? IM_OK
                                                        : hide_layer(map, ml, err);
        } else if (err) {
            *err = why;
        }
    }
    if (rc == IM_OK && n == 0 && map->n_layers > 0) {
        rc = IM_EARG;
        if (err)
            *err = why;
    }
    im_arena_free(arena);
    return rc;
}

static void hash_number(XXH64_state_t *hash, uint64_t number)
{
    XXH64_update(hash, &number, sizeof number);
}

static void hash_text(XXH64_state_t *hash, const char *text)
{
    hash_number(hash, strlen(text));
    XXH64_update(hash, text, strlen(text));
}

/* What rows of other layers give to those of the map. */
static void hash_joins(XXH64_state_t *hash, const struct map_joins *joins)
{
    for (uint32_t i = 0; i < joins->n; i++) {
        const struct map_join *join = &joins->items[i];

        hash_text(hash, join->years);
        hash_text(hash, join->sources);
        if (join->layer)
            XXH64_update(hash, join->values,
                         atlas_layer_size(join->layer) * sizeof *join->values);
    }
}

static void hash_grid(XXH64_state_t *hash, const struct tile_grid *grid)
{
    hash_text(hash, grid->id);
    hash_text(hash, grid->crs_code);
    hash_number(hash, grid->kind);
    for (uint32_t z = 0; z < grid->depth; z++) {
        const struct grid_matrix *m = &grid->matrices[z];
        const double numbers[3] = {m->cell_size, m->origin[0], m->origin[1]};

        XXH64_update(hash, numbers, sizeof numbers);
    }
}

/* Two hashes over one list: the look is what a tile is made of besides the rows (what a
 * new option of a map changes goes in here), the version has the versions of the layers
 * too. The layer definition is in both: tile_zoom and roles live there. */
static bool set_version(struct tile_map *map)
{
    XXH64_state_t *look = XXH64_createState();
    XXH64_state_t *data = XXH64_createState();
    bool ok = look && data;

    if (ok) {
        XXH64_reset(look, 0);
        hash_number(look, TILE_FORMAT_VERSION);
        hash_number(look, map->lang);
        hash_number(look, map->leave_out_unreviewed);
        hash_number(look, map->is_whole);
        if (!map->is_web_mercator)
            hash_grid(look, map->grid);
        if (map->filter)
            hash_text(look, map->filter);
        if (map->part != TILE_PART_ALL)
            hash_number(look, map->part);
        if (map->stylesheet) {
            hash_text(look, stylesheet_id(map->stylesheet)); /* stands in URLs inside */
            hash_number(look, stylesheet_hash(map->stylesheet));
            hash_joins(look, &map->joins);
        }
        if (map->sprites)
            hash_number(look, sprite_sheet_hash(map->sprites));
        XXH64_reset(data, 0);
    }
    for (uint32_t i = 0; ok && i < map->n_layers; i++) {
        const struct atlas_layer *layer = map->layers[i].layer;

        hash_text(look, atlas_layer_schema(layer)->id);
        hash_text(look, atlas_layer_definition_json(layer));
        hash_text(look, atlas_layer_style_json(layer));
        hash_number(data, atlas_layer_version(layer));
        /* a database made anew counts from 1 again: the time tells the two apart */
        hash_text(data, atlas_layer_changed_at(layer));
        map->extent = bbox_union(map->extent, atlas_layer_extent(layer));
    }
    if (ok) {
        map->look = XXH64_digest(look);
        hash_number(data, map->look);
        map->version = XXH64_digest(data);
    }
    XXH64_freeState(look);
    XXH64_freeState(data);
    return ok;
}

static size_t made_bytes(const struct tile_map *map)
{
    size_t bytes = sizeof *map + im_arena_used(map->arena) + content_memo_bytes();

    for (uint32_t i = 0; i < map->n_layers; i++)
        if (map->layers[i].label_points)
            bytes += (atlas_layer_size(map->layers[i].layer) + (size_t)1) *
                     sizeof *map->layers[i].label_points;
    return bytes;
}

enum im_code tile_map_new(const struct atlas *atlas,
                          const struct tile_map_options *options,
                          const struct tile_map **out,
                          struct im_error *err)
{
    struct tile_map *map = calloc(1, sizeof *map);
    enum im_code rc;

    if (!map)
        return im_fail(err, IM_ENOMEM, "map");
    atomic_init(&map->refs, 1);
    map->atlas = atlas_ref(atlas);
    map->lang = options->lang;
    map->leave_out_unreviewed = options->leave_out_unreviewed;
    map->grid = options->grid ? options->grid : tile_grid_web_mercator();
    map->part = options->part;
    map->is_web_mercator = map->grid->is_web_mercator_quad;
    map->stylesheet = options->stylesheet;
    map->sprites = options->sprites;
    map->extent = bbox_empty();
    map->arena = im_arena_new(MAP_MAX_STYLE_BYTES);
    map->content = content_memo_new();
    if (!map->arena || !map->content) {
        rc = im_fail(err, IM_ENOMEM, "map");
        goto done;
    }
    rc = map->stylesheet
             ? map_joins_init(&map->joins, map->stylesheet, atlas, map->arena, err)
             : IM_OK;
    if (rc == IM_OK)
        rc = strcmp(options->layers, "map") == 0
                 ? add_whole_map(map, err)
                 : add_listed(map, options->layers, err);
    if (rc == IM_OK)
        rc = check_names(map, err);
    if (rc == IM_OK)
        rc = compile_ground(map, err);
    if (rc == IM_OK)
        rc = order_styles(map, err);
    if (rc == IM_OK)
        rc = set_filter(map, options->filter, err);
    if (rc == IM_OK && !set_version(map))
        rc = im_fail(err, IM_ENOMEM, "map");
    if (rc == IM_OK)
        rc = label_plan_new(map, &map->plan, err);
    if (rc == IM_OK) {
        map->made_bytes = made_bytes(map);
        *out = map;
        map = NULL;
    }
done:
    tile_map_unref(map);
    return rc;
}

const struct tile_map *tile_map_ref(const struct tile_map *map)
{
    atomic_fetch_add_explicit(&((struct tile_map *)map)->refs, 1, memory_order_relaxed);
    return map;
}

void tile_map_unref(const struct tile_map *borrowed)
{
    struct tile_map *map = (struct tile_map *)borrowed;

    if (!map || atomic_fetch_sub_explicit(&map->refs, 1, memory_order_acq_rel) != 1)
        return;
    mvt_spares_release(&map->mvt_spares);
    label_plan_free(map->plan);
    for (uint32_t i = 0; i < map->n_layers; i++) {
        free(map->layers[i].label_points);
        clusters_free(
            atomic_load_explicit(&map->layers[i].clusters, memory_order_acquire));
    }
    content_memo_free(map->content);
    map_joins_release(&map->joins);
    im_arena_free(map->arena);
    atlas_unref(map->atlas);
    free(map);
}

size_t tile_map_memory_bytes(const struct tile_map *map)
{
    size_t bytes = map->made_bytes + label_plan_bytes(map->plan) +
                   atomic_load_explicit(&map->mvt_spares.bytes, memory_order_relaxed);

    for (uint32_t i = 0; i < map->n_layers; i++)
        bytes += clusters_bytes(
            atomic_load_explicit(&map->layers[i].clusters, memory_order_acquire));
    return bytes;
}

struct bbox tile_map_extent(const struct tile_map *map)
{
    return map->extent;
}

uint64_t tile_map_look(const struct tile_map *map)
{
    return map->look;
}

uint64_t tile_map_version(const struct tile_map *map)
{
    return map->version;
}
