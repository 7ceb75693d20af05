/* SPDX-License-Identifier: Apache-2.0 */
/* TileJSON 3.0.0 and the MapLibre style of a map: what viewers are told. */
#include "map.h"

#include <engine/json_writer.h>

#include <math.h>
#include <stdio.h>

static void write_attribution(const struct tile_map *map, struct im_json *w)
{
    struct im_buf text = {.max = 16384};

    for (uint32_t i = 0; i < map->n_layers; i++)
        query_add_attribution(&text, map->layers[i].layer, map->lang);
    im_json_key(w, "attribution");
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

/* Of the data, as far as the grid shows them. */
static void write_bounds(const struct tile_map *map, struct im_json *w)
{
    struct bbox box = map->extent;
    struct bbox grid = map_grid_bounds(map);

    if (bbox_is_empty(box) || !bbox_intersects(box, grid))
        box = grid;
    im_json_key(w, "bounds");
    im_json_array(w);
    im_json_number(w, fmax(grid.min_x, box.min_x), 6);
    im_json_number(w, fmax(grid.min_y, box.min_y), 6);
    im_json_number(w, fmin(grid.max_x, box.max_x), 6);
    im_json_number(w, fmin(grid.max_y, box.max_y), 6);
    im_json_array_end(w);
}

static void
write_field(struct im_json *w, const char *name, const char *title, const char *type)
{
    char text[256];

    snprintf(text, sizeof text, "%s (%s)", title, type);
    im_json_key(w, name);
    im_json_text(w, text);
}

static bool writes_names(const struct map_layer *ml)
{
    for (uint32_t i = 0; i < ml->style.n_layers; i++)
        if (ml->style.layers[i].visible && map_style_writes(&ml->style.layers[i]))
            return true;
    return false;
}

static void
write_fields(const struct map_layer *ml, const struct tile_map *map, struct im_json *w)
{
    const struct layer_schema *schema = atlas_layer_schema(ml->layer);

    im_json_key(w, "fields");
    im_json_object(w);
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (field->tile_zoom < 0 || field->tile_zoom > TILE_MAX_ZOOM)
            continue;
        write_field(w, field->name, query_title(field->title, map->lang),
                    field->type == FIELD_TEXT ? "String" : "Number");
    }
    if (schema->cluster.is_on) {
        const bool zh = map->lang == LANG_ZH;

        write_field(w, "point_count", zh ? "点数" : "points", "Number");
        write_field(w, "point_count_abbreviated", zh ? "点数" : "points", "String");
        write_field(w, "cluster", zh ? "是否聚合" : "is it a cluster", "Boolean");
        write_field(w, "cluster_id", zh ? "聚合编号" : "id of the cluster", "Number");
        write_field(w, "expansion_zoom", zh ? "散开的级别" : "comes apart at zoom",
                    "Number");
    }
    if (map_says_label_zoom(map, ml) && writes_names(ml))
        write_field(w, STYLE_LABEL_ZOOM,
                    map->lang == LANG_ZH ? "名称从此级样式开始显示"
                                         : "its name is shown from this style zoom on",
                    "Number");
    for (uint32_t i = 0; i < map->joins.n; i++)
        if (map->joins.items[i].layer == ml->layer)
            write_field(w, map->joins.items[i].as,
                        query_title(map->joins.items[i].title, map->lang), "Number");
    im_json_object_end(w);
}

/* The first tile zoom at which tile_encode_mvt writes the layer, or its label points.
 */
static int first_zoom(const struct map_layer *ml, bool labels)
{
    double least = TILE_MAX_ZOOM;

    if (ml->style.n_layers == 0)
        return 0;
    for (uint32_t i = 0; i < ml->style.n_layers; i++) {
        const struct style_layer *style = &ml->style.layers[i];

        if (style->visible && style->type != STYLE_BACKGROUND &&
            (!labels || style->type == STYLE_SYMBOL))
            least = fmin(least, fmax(0, floor(style->min_zoom)));
    }
    return (int)least;
}

static void write_vector_layer(const struct tile_map *map,
                               const struct map_layer *ml,
                               const char *suffix,
                               struct im_json *w)
{
    const struct layer_schema *schema = atlas_layer_schema(ml->layer);
    char id[SCHEMA_MAX_ID + 8];

    snprintf(id, sizeof id, "%s%s", schema->id, suffix);
    im_json_object(w);
    im_json_key(w, "id");
    im_json_text(w, id);
    im_json_key(w, "description");
    im_json_text(w, query_title(schema->title, map->lang));
    im_json_key(w, "minzoom");
    im_json_int(w, first_zoom(ml, *suffix));
    im_json_key(w, "maxzoom");
    im_json_int(w, TILE_MAX_ZOOM);
    write_fields(ml, map, w);
    im_json_object_end(w);
}

/* A value of a query, percent-encoded. */
static void encode_value(struct im_buf *out, struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            im_buf_byte(out, c);
        else
            im_buf_printf(out, "%%%02X", c);
    }
}

static void write_tiles(const struct tile_map *map,
                        const char *base_url,
                        const char *name,
                        const char *format,
                        struct im_json *w)
{
    struct im_buf url = {.max = 4096};

    im_buf_printf(&url, "%s/tiles/%s%s%s/{z}/{x}/{y}.%s?lang=%s", base_url,
                  map->is_web_mercator ? "" : tile_grid_id(map->grid),
                  map->is_web_mercator ? "" : "/", name, format,
                  map->lang == LANG_EN ? "en" : "zh");
    if (map->stylesheet)
        im_buf_printf(&url, "&style=%s", stylesheet_id(map->stylesheet));
    if (map->filter) {
        im_buf_text(&url, "&filter=");
        encode_value(&url, im_bytes_of(map->filter));
    }
    if (map->leave_out_unreviewed)
        im_buf_text(&url, "&profile=public");
    im_buf_printf(&url, "&v=%016llx", (unsigned long long)map->version);
    im_json_key(w, "tiles");
    im_json_array(w);
    im_json_string(w, im_buf_bytes(&url));
    im_json_array_end(w);
    im_buf_release(&url);
}

static void write_source_members(const struct tile_map *map,
                                 const char *base_url,
                                 const char *name,
                                 const char *format,
                                 struct im_json *w)
{
    write_tiles(map, base_url, name, format, w);
    im_json_key(w, "minzoom");
    im_json_int(w, 0);
    im_json_key(w, "maxzoom");
    im_json_int(w, tile_grid_depth(map->grid) - 1);
    write_bounds(map, w);
    write_attribution(map, w);
}

static void write_vector_layers(const struct tile_map *map, struct im_json *w)
{
    im_json_key(w, "vector_layers");
    im_json_array(w);
    for (uint32_t i = 0; i < map->n_layers; i++) {
        write_vector_layer(map, &map->layers[i], "", w);
        if (map->layers[i].has_label_layer)
            write_vector_layer(map, &map->layers[i], "_label", w);
    }
    im_json_array_end(w);
}

void tile_write_tilejson(const struct tile_map *map,
                         const char *base_url,
                         const char *name,
                         const char *format,
                         struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "tilejson");
    im_json_text(w, "3.0.0");
    im_json_key(w, "name");
    im_json_text(w, name);
    im_json_key(w, "scheme");
    im_json_text(w, "xyz");
    write_source_members(map, base_url, name, format, w);
    if (strcmp(format, "mvt") == 0) {
        write_vector_layers(map, w);
    } else {
        im_json_key(w, "format");
        im_json_text(w, format);
        im_json_key(w, "tileSize"); /* not of TileJSON, but MapLibre reads it */
        im_json_int(w, 256);
    }
    if (!map->is_web_mercator) { /* nor is this; without it a client would guess */
        im_json_key(w, "tileMatrixSet");
        im_json_text(w, tile_grid_id(map->grid));
    }
    im_json_object_end(w);
}

/* ---- the style ---- */

static void write_text(const json_t *value, enum lang lang, struct im_json *w)
{
    static const char mark[] = "{lang}";
    const char *p = json_string_value(value);
    struct im_buf text = {.max = STYLE_MAX_BYTES};

    for (const char *next; (next = strstr(p, mark)); p = next + sizeof mark - 1) {
        im_buf_append(&text, p, (size_t)(next - p));
        im_buf_text(&text, lang == LANG_EN ? "en" : "zh");
    }
    im_buf_text(&text, p);
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

/* The JSON of a checked style (its depth is bounded), with {lang} replaced and comments
 * left out. */
static void write_value(const json_t *value, enum lang lang, struct im_json *w)
{
    const char *key;
    json_t *member;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        im_json_object(w);
        json_object_foreach((json_t *)value, key, member)
        {
            if (strcmp(key, "$comment") == 0)
                continue;
            im_json_key(w, key);
            write_value(member, lang, w);
        }
        im_json_object_end(w);
        break;
    case JSON_ARRAY:
        im_json_array(w);
        for (size_t i = 0; i < json_array_size(value); i++)
            write_value(json_array_get(value, i), lang, w);
        im_json_array_end(w);
        break;
    case JSON_STRING:
        write_text(value, lang, w);
        break;
    case JSON_INTEGER:
        im_json_int(w, json_integer_value(value));
        break;
    case JSON_REAL:
        im_json_number(w, json_real_value(value), 9);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        im_json_bool(w, json_is_true(value));
        break;
    case JSON_NULL:
        im_json_null(w);
        break;
    }
}

/* Names at points of layers that are no points stand at their label points: MapLibre
 * would put one into each tile that an area touches. */
static bool uses_label_points(const struct map_style *ms)
{
    struct style_eval at = {.layer = NULL};

    return ms->style->type == STYLE_SYMBOL && ms->layer->has_label_layer &&
           style_choice(ms->style, SYMBOL_PLACEMENT, &at) == PLACEMENT_POINT;
}

/* Ids are unique in a folder, not across folders. */
static void write_style_id(const struct tile_map *map, uint32_t i, struct im_json *w)
{
    const struct map_style *ms = &map->styles[i];
    char id[400];

    snprintf(id, sizeof id, "%.200s", ms->style->id);
    for (uint32_t j = 0; j < i; j++)
        if (strcmp(map->styles[j].style->id, ms->style->id) == 0)
            snprintf(id, sizeof id, "%s/%.200s",
                     atlas_layer_schema(ms->layer->layer)->id, ms->style->id);
    im_json_key(w, "id");
    im_json_text(w, id);
}

/* The names that the plan shows, and no others: so a page picks the same as pictures
 * do. Where icons stand too they would go with their names; names that may overlap are
 * all shown. */
static bool picks_names(const struct tile_map *map, const struct map_style *ms)
{
    return map_style_writes(ms->style) && !ms->style->properties[ICON_IMAGE] &&
           map_says_label_zoom(map, ms->layer);
}

static void write_filter(const struct tile_map *map,
                         const struct map_style *ms,
                         const json_t *json,
                         struct im_json *w)
{
    const json_t *filter = json_object_get(json, "filter");

    if (!filter && !picks_names(map, ms))
        return;
    im_json_key(w, "filter");
    if (!picks_names(map, ms)) {
        write_value(filter, map->lang, w);
        return;
    }
    im_json_array(w);
    im_json_text(w, filter ? "all" : "has");
    if (filter) {
        write_value(filter, map->lang, w);
        im_json_array(w);
        im_json_text(w, "has");
    }
    im_json_text(w, STYLE_LABEL_ZOOM);
    if (filter)
        im_json_array_end(w);
    im_json_array_end(w);
}

static void write_style_layer(const struct tile_map *map,
                              uint32_t i,
                              const json_t *json,
                              struct im_json *w)
{
    const struct map_style *ms = &map->styles[i];
    const char *key;
    json_t *member;

    im_json_object(w);
    write_style_id(map, i, w);
    json_object_foreach((json_t *)json, key, member)
    {
        if (strcmp(key, "$comment") == 0 || strcmp(key, "id") == 0 ||
            strcmp(key, "source") == 0 || strcmp(key, "source-layer") == 0 ||
            strcmp(key, "filter") == 0)
            continue;
        im_json_key(w, key);
        write_value(member, map->lang, w);
        if (strcmp(key, "type") == 0 && ms->style->type != STYLE_BACKGROUND) {
            char name[SCHEMA_MAX_ID + 8];

            snprintf(name, sizeof name, "%s%s",
                     atlas_layer_schema(ms->layer->layer)->id,
                     uses_label_points(ms) ? "_label" : "");
            im_json_key(w, "source");
            im_json_text(w, "innomap");
            im_json_key(w, "source-layer");
            im_json_text(w, name);
        }
    }
    write_filter(map, ms, json, w);
    im_json_object_end(w);
}

/* The JSON of a style layer: of the stylesheet, or of the layer's own style.json. */
static const json_t *
layer_json(const struct tile_map *map, const struct map_style *ms, json_t *const own[])
{
    const json_t *root = own[ms->layer - map->layers];
    bool is_own = ms->position == MAP_OWN_STYLE;

    if (!is_own)
        root = map_sheet_root(map);
    return json_array_get(json_object_get(root, "layers"),
                          is_own ? ms->style->index : ms->position);
}

static void write_style_layers(const struct tile_map *map, struct im_json *w)
{
    json_t *styles[MAP_MAX_LAYERS] = {NULL};

    for (uint32_t i = 0; i < map->n_layers; i++)
        if (!map->layers[i].part)
            styles[i] = json_loads(atlas_layer_style_json(map->layers[i].layer),
                                   JSON_REJECT_DUPLICATES, NULL);
    im_json_key(w, "layers");
    im_json_array(w);
    for (uint32_t i = 0; i < map->n_styles; i++) {
        const struct map_style *ms = &map->styles[i];

        if (ms->style->type == STYLE_BACKGROUND && !map->is_whole)
            continue;
        write_style_layer(map, i, layer_json(map, ms, styles), w);
    }
    im_json_array_end(w);
    for (uint32_t i = 0; i < map->n_layers; i++)
        json_decref(styles[i]);
}

static void
write_url(const char *key, const char *base_url, const char *path, struct im_json *w)
{
    struct im_buf url = {.max = 4096};

    im_buf_printf(&url, "%s%s", base_url, path);
    im_json_key(w, key);
    im_json_string(w, im_buf_bytes(&url));
    im_buf_release(&url);
}

/* Language, and what the stylesheet says of itself: title, legend, source. */
static void write_metadata(const struct tile_map *map, struct im_json *w)
{
    const json_t *said = json_object_get(map_sheet_root(map), "metadata");
    const char *key;
    json_t *member;

    im_json_key(w, "metadata");
    im_json_object(w);
    json_object_foreach((json_t *)said, key, member)
    {
        if (strcmp(key, "lang") == 0 || strcmp(key, "$comment") == 0)
            continue;
        im_json_key(w, key);
        write_value(member, map->lang, w);
    }
    im_json_key(w, "lang");
    im_json_text(w, map->lang == LANG_EN ? "en" : "zh");
    im_json_object_end(w);
}

void tile_write_style(const struct tile_map *map,
                      const char *base_url,
                      const char *name,
                      struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "version");
    im_json_int(w, 8);
    im_json_key(w, "name");
    im_json_text(w,
                 map->stylesheet ? stylesheet_title(map->stylesheet, map->lang) : name);
    write_metadata(map, w);
    write_url("glyphs", base_url, "/fonts/{fontstack}/{range}.pbf", w);
    if (map->sprites)
        write_url("sprite", base_url, "/sprites/innomap", w);
    im_json_key(w, "sources");
    im_json_object(w);
    im_json_key(w, "innomap");
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, "vector");
    write_source_members(map, base_url, name, "mvt", w);
    im_json_object_end(w);
    im_json_object_end(w);
    write_style_layers(map, w);
    im_json_object_end(w);
}
