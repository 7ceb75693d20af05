/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a vector tile's features: the fields of the zoom, numbers joined from
 * other layers, what a cluster holds. */
#include "mvt/encode.h"

#include <math.h>
#include <stdlib.h>

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
                           /* what is to be compared has one number */
                           .is_unique =
                               !e->lines.is_on && is_mostly_unique(layer, field),
                           .key = -1};
    if (p->values.type != FIELD_TEXT || p->is_unique)
        return;
    if (!memory->places[field]) {
        memory->places[field] =
            calloc(atlas_code_count(layer, field) + (size_t)1, sizeof(uint32_t));
        e->memory_bytes += atlas_code_count(layer, field) * sizeof(uint32_t);
    }
    p->places = memory->places[field];
    e->failed |= !p->places;
}

/* The fields of the layer that this zoom has. */
void encode_list_properties(struct encode *e)
{
    const struct layer_schema *schema = atlas_layer_schema(e->ml->layer);
    struct layer_memory *memory = encode_memory(e, e->ml);

    for (int i = 0; i < CLUSTER_KEYS; i++)
        e->cluster_keys[i] = -1;
    e->n_properties = 0;
    for (uint32_t i = 0; i < JOIN_MAX; i++)
        e->joined_keys[i] = -1;
    e->label_zoom_key = -1;
    e->may_say_label_zoom = map_says_label_zoom(e->map, e->ml);
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

void encode_put_label_zoom(struct encode *e, uint32_t zoom)
{
    if (!e->may_say_label_zoom)
        return;
    if (e->label_zoom_key < 0)
        e->label_zoom_key = mvt_key(&e->mvt, STYLE_LABEL_ZOOM);
    mvt_tag(&e->mvt, (uint32_t)e->label_zoom_key, mvt_integer(&e->mvt, zoom, false));
}

void encode_put_properties(struct encode *e, uint32_t feature)
{
    if (feature & CLUSTER_BIT)
        put_cluster_properties(e, feature & ~CLUSTER_BIT);
    else
        put_properties(e, feature);
}
