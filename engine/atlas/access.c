/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one layer of an atlas. */
#include "atlas/layer.h"

const struct layer_schema *atlas_layer_schema(const struct atlas_layer *layer)
{
    return layer->schema;
}

const char *atlas_layer_definition_json(const struct atlas_layer *layer)
{
    return layer->definition_json;
}

const char *atlas_layer_style_json(const struct atlas_layer *layer)
{
    return layer->style_json;
}

uint64_t atlas_layer_version(const struct atlas_layer *layer)
{
    return layer->version;
}

const char *atlas_layer_changed_at(const struct atlas_layer *layer)
{
    return layer->changed_at;
}

uint32_t atlas_layer_size(const struct atlas_layer *layer)
{
    return layer->n;
}

uint32_t atlas_layer_placed(const struct atlas_layer *layer)
{
    return layer->n_placed;
}

uint32_t atlas_layer_count_of(const struct atlas_layer *layer, enum precision precision)
{
    return layer->class_count[atlas_class_of(precision, false)] +
           layer->class_count[atlas_class_of(precision, true)];
}

struct bbox atlas_layer_extent(const struct atlas_layer *layer)
{
    return layer->n_placed ? layer->extent : bbox_empty();
}

int64_t atlas_fid(const struct atlas_layer *layer, uint32_t feature)
{
    return layer->fids[feature];
}

struct geom atlas_geom(const struct atlas_layer *layer, uint32_t feature)
{
    struct geom g = {.kind = GEOM_EMPTY};
    uint32_t start = feature;

    if (feature >= layer->n_placed)
        return g;
    g.kind = layer->kinds ? (enum geom_kind)layer->kinds[feature] : layer->kind;
    g.n_points = 1;
    if (!atlas_layer_is_single(layer)) {
        uint32_t part = layer->full.part_start[feature];

        start = layer->full.point_start[feature];
        g.n_points = layer->full.point_start[feature + 1] - start;
        g.n_parts = layer->full.part_start[feature + 1] - part;
        if (g.n_parts)
            g.part_end = layer->full.parts + part;
    }
    if (g.kind == GEOM_AREA) {
        uint32_t area = layer->area_start[feature];

        g.n_areas = layer->area_start[feature + 1] - area;
        g.area_end = layer->area_ends + area;
    }
    g.lonlat = layer->lonlat + 2 * (size_t)start;
    return g;
}

struct bbox atlas_bbox(const struct atlas_layer *layer, uint32_t feature)
{
    const double *p = layer->lonlat + 2 * (size_t)feature;

    if (feature >= layer->n_placed)
        return bbox_empty();
    if (layer->boxes)
        return layer->boxes[feature];
    return (struct bbox){p[0], p[1], p[0], p[1]};
}

float atlas_importance(const struct atlas_layer *layer, uint32_t feature)
{
    return layer->importance ? layer->importance[feature] : 0.5f;
}

bool atlas_is_null(const struct atlas_layer *layer, uint32_t feature, int field)
{
    return field == SCHEMA_NO_FIELD || column_is_null(&layer->columns[field], feature);
}

struct im_bytes atlas_text(const struct atlas_layer *layer, uint32_t feature, int field)
{
    const struct column *c;

    if (field == SCHEMA_NO_FIELD)
        return (struct im_bytes){0};
    c = &layer->columns[field];
    if (c->type != FIELD_TEXT || c->codes[feature] == ATLAS_NULL_CODE)
        return (struct im_bytes){0};
    return column_text(c, c->codes[feature]);
}

bool atlas_number(const struct atlas_layer *layer,
                  uint32_t feature,
                  int field,
                  double *out)
{
    const struct column *c;

    if (field == SCHEMA_NO_FIELD)
        return false;
    c = &layer->columns[field];
    if (c->type == FIELD_TEXT || column_is_null(c, feature))
        return false;
    *out = c->type == FIELD_REAL ? c->reals[feature] : (double)c->integers[feature];
    return true;
}

bool atlas_integer(const struct atlas_layer *layer,
                   uint32_t feature,
                   int field,
                   int64_t *out)
{
    const struct column *c;

    if (field == SCHEMA_NO_FIELD)
        return false;
    c = &layer->columns[field];
    if (c->type != FIELD_INTEGER || column_is_null(c, feature))
        return false;
    *out = c->integers[feature];
    return true;
}

size_t atlas_key(const struct atlas_layer *layer,
                 uint32_t feature,
                 char number[IM_NUMBER_MAX],
                 struct im_bytes *out)
{
    int key = layer->schema->key;
    int64_t value;

    if (!atlas_integer(layer, feature, key, &value)) {
        *out = atlas_text(layer, feature, key);
    } else {
        *out =
            (struct im_bytes){(const uint8_t *)number, im_format_int64(number, value)};
    }
    return out->len;
}

uint32_t atlas_code(const struct atlas_layer *layer, uint32_t feature, int field)
{
    if (field == SCHEMA_NO_FIELD || layer->columns[field].type != FIELD_TEXT)
        return ATLAS_NULL_CODE;
    return layer->columns[field].codes[feature];
}

struct atlas_values atlas_values(const struct atlas_layer *layer, int field)
{
    const struct column *c = &layer->columns[field];

    return (struct atlas_values){c->type, c->codes, c->integers, c->nulls, c->reals};
}

uint32_t atlas_code_count(const struct atlas_layer *layer, int field)
{
    return field == SCHEMA_NO_FIELD ? 0 : layer->columns[field].n_codes;
}

struct im_bytes
atlas_code_text(const struct atlas_layer *layer, int field, uint32_t code)
{
    if (field == SCHEMA_NO_FIELD || code >= layer->columns[field].n_codes)
        return (struct im_bytes){0};
    return column_text(&layer->columns[field], code);
}

bool atlas_find_key(const struct atlas_layer *layer,
                    struct im_bytes key,
                    uint32_t *feature)
{
    const struct column *c = &layer->columns[layer->schema->key];
    uint32_t mask = layer->n_key_slots - 1;
    int64_t number = 0;
    uint32_t i;

    if (c->type == FIELD_INTEGER && !im_parse_int64(key, &number))
        return false;
    i = (uint32_t)(c->type == FIELD_TEXT ? atlas_hash_text(key)
                                         : atlas_hash_integer(number)) &
        mask;
    for (; layer->key_slots[i]; i = (i + 1) & mask) {
        uint32_t row = layer->key_slots[i] - 1;

        if (c->type == FIELD_TEXT ? im_bytes_equal(column_text(c, c->codes[row]), key)
                                  : c->integers[row] == number) {
            *feature = row;
            return true;
        }
    }
    return false;
}
