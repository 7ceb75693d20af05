/* SPDX-License-Identifier: Apache-2.0 */
/* Divisions by code and by position. */
#include "query/division.h"

#include "atlas/layer.h"
#include "geom/check.h"

#include <engine/geom_prepared.h>

#include <stdlib.h>

struct former_code {
    uint32_t code;
    uint32_t today;
};

struct prepared_outline {
    struct geom geom;
    struct geom_prepared *prepared;
};

/* ---- codes ---- */

uint32_t division_code(struct im_bytes adcode)
{
    uint32_t code = 0;

    if (adcode.len != 6)
        return 0;
    for (size_t i = 0; i < 6; i++) {
        if (adcode.data[i] < '0' || adcode.data[i] > '9')
            return 0;
        code = 10 * code + (uint32_t)(adcode.data[i] - '0');
    }
    return code;
}

uint32_t division_code_of(const struct atlas_layer *layer, uint32_t feature)
{
    int64_t number;

    if (atlas_integer(layer, feature, layer->schema->roles.adcode, &number))
        return number >= 100000 && number <= 999999 ? (uint32_t)number : 0;
    return division_code(atlas_text(layer, feature, layer->schema->roles.adcode));
}

static bool is_municipality(uint32_t code)
{
    uint32_t province = code / 10000;

    return province == 11 || province == 12 || province == 31 || province == 50;
}

bool division_is_level(uint32_t code, enum division_level level)
{
    switch (level) {
    case DIVISION_PROVINCE:
        return code && code % 10000 == 0;
    case DIVISION_CITY:
        return code && (is_municipality(code) ? code % 10000 == 0
                                              : code % 100 == 0 && code % 10000 != 0);
    case DIVISION_DISTRICT:
        return code % 100 != 0;
    }
    return false;
}

enum division_level division_level_of(uint32_t code)
{
    return code % 10000 == 0 ? DIVISION_PROVINCE
           : code % 100 == 0 ? DIVISION_CITY
                             : DIVISION_DISTRICT;
}

bool division_find(const struct atlas_layer *layer, uint32_t code, uint32_t *feature)
{
    char key[16];
    int len = snprintf(key, sizeof key, "%06u", code);

    return layer &&
           atlas_find_key(layer, (struct im_bytes){(const uint8_t *)key, (size_t)len},
                          feature);
}

static int compare_former(const void *a, const void *b)
{
    const struct former_code *x = a;
    const struct former_code *y = b;

    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return (x->today > y->today) - (x->today < y->today);
}

uint32_t division_today(const struct division_index *index, uint32_t code)
{
    struct former_code wanted = {code, 0};
    uint32_t feature;
    size_t low = 0;
    size_t high = index->n_former;

    if (code == 0 || division_find(index->divisions, code, &feature))
        return code;
    while (low < high) {
        size_t mid = (low + high) / 2;

        if (compare_former(&index->former[mid], &wanted) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < index->n_former && index->former[low].code == code
               ? index->former[low].today
               : code;
}

/* The city that the layer of divisions names as the parent; 0: it names none. */
static uint32_t stated_city(const struct division_index *index, uint32_t code)
{
    uint32_t feature;

    if (!division_find(index->divisions, code, &feature))
        return 0;
    const struct layer_schema *schema = index->divisions->schema;
    int parent = schema_field_index(schema, im_bytes_of("parent"));
    uint32_t city = division_code(atlas_text(index->divisions, feature, parent));
    return division_is_level(city, DIVISION_CITY) ? city : 0;
}

/* Codes in wide use for what is no division, such as 320571 for a park that lies in
 * several, tell the city only. Where no divisions are known any code will do. */
static bool is_division(const struct division_index *index, uint32_t code)
{
    uint32_t feature;

    return !index->divisions || division_find(index->divisions, code, &feature) ||
           division_find(index->outlines, code, &feature);
}

uint32_t division_up(const struct division_index *index,
                     uint32_t code,
                     enum division_level level)
{
    uint32_t city;

    code = division_today(index, code);
    switch (level) {
    case DIVISION_PROVINCE:
        return code / 10000 * 10000;
    case DIVISION_CITY:
        if (is_municipality(code))
            return code / 10000 * 10000;
        if (code % 10000 == 0)
            return 0;
        city = code % 100 ? stated_city(index, code) : code;
        return city ? city : code / 100 * 100;
    case DIVISION_DISTRICT:
        return code % 100 && is_division(index, code) ? code : 0;
    }
    return 0;
}

bool division_covers(const struct division_index *index, uint32_t area, uint32_t code)
{
    area = division_today(index, area);
    if (area == 0 || code == 0)
        return false;
    return division_up(index, code, division_level_of(area)) == area;
}

/* ---- the layers ---- */

const struct atlas_layer *division_layer(const struct atlas *atlas)
{
    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct layer_schema *s = atlas_layer_at(atlas, i)->schema;

        if (s->names_places && !s->is_internal && s->roles.adcode == s->key)
            return atlas_layer_at(atlas, i);
    }
    return NULL;
}

/* The land of the base map has provinces by code too: what is offered for questions
 * goes first, then what has more. */
static bool is_better_outlines(const struct atlas_layer *layer,
                               const struct atlas_layer *than)
{
    if (!than || than->schema->is_base != layer->schema->is_base)
        return !than || than->schema->is_base;
    return layer->n > than->n;
}

/* The layer of areas whose key is their adcode. */
static const struct atlas_layer *division_outlines(const struct atlas *atlas)
{
    const struct atlas_layer *best = NULL;

    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct atlas_layer *layer = atlas_layer_at(atlas, i);

        if (schema_is_outlines(layer->schema) && is_better_outlines(layer, best))
            best = layer;
    }
    return best;
}

bool division_outline(const struct atlas *atlas,
                      uint32_t code,
                      const struct atlas_layer **layer,
                      uint32_t *outline)
{
    const struct atlas_layer *best = NULL;
    uint32_t found;

    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct atlas_layer *one = atlas_layer_at(atlas, i);

        if (schema_is_outlines(one->schema) && is_better_outlines(one, best) &&
            division_find(one, code, &found) && found < one->n_placed) {
            best = one;
            *outline = found;
        }
    }
    if (best)
        *layer = best;
    return best != NULL;
}

/* Codes of "320502;320503;320504"; returns how many, written from `out` on where that
 * is not NULL. */
static size_t split_codes(struct im_bytes list, uint32_t today, struct former_code *out)
{
    size_t n = 0;

    for (size_t at = 0; at <= list.len;) {
        const uint8_t *end = memchr(list.data + at, ';', list.len - at);
        size_t len = end ? (size_t)(end - (list.data + at)) : list.len - at;
        uint32_t code = division_code((struct im_bytes){list.data + at, len});

        if (code && out)
            out[n] = (struct former_code){code, today};
        n += code != 0;
        at += len + 1;
    }
    return n;
}

static size_t collect_former(const struct atlas_layer *layer, struct former_code *out)
{
    int field = schema_field_index(layer->schema, im_bytes_of("former_codes"));
    size_t n = 0;

    for (uint32_t i = 0; field != SCHEMA_NO_FIELD && i < layer->n; i++) {
        struct im_bytes list = atlas_text(layer, i, field);

        if (list.len)
            n += split_codes(list, division_code_of(layer, i), out ? out + n : NULL);
    }
    return n;
}

enum im_code division_index_init(struct division_index *index,
                                 const struct atlas *atlas,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    struct division_index made = {.arena = arena};
    struct former_code *former;

    if (atlas) {
        made.divisions = division_layer(atlas);
        made.outlines = division_outlines(atlas);
    }
    if (made.divisions) {
        made.n_former = collect_former(made.divisions, NULL);
        former = im_arena_calloc(arena, made.n_former + 1, sizeof *former);
        if (!former)
            return im_fail(err, IM_ENOMEM, "divisions: out of memory");
        collect_former(made.divisions, former);
        qsort(former, made.n_former, sizeof *former, compare_former);
        made.former = former;
    }
    if (made.outlines) {
        made.prepared =
            im_arena_calloc(arena, made.outlines->n + 1, sizeof *made.prepared);
        if (!made.prepared)
            return im_fail(err, IM_ENOMEM, "divisions: out of memory");
    }
    *index = made;
    return IM_OK;
}

uint32_t division_shown(const struct division_index *index,
                        const struct atlas_layer *areas,
                        uint32_t feature)
{
    uint32_t code = division_today(index, division_code_of(areas, feature));
    struct geom g = atlas_geom(areas, feature);
    uint32_t outline;

    if (code == 0 || g.kind == GEOM_LINE)
        return 0;
    if (g.kind != GEOM_AREA || schema_is_outlines(areas->schema))
        return code;
    if (!division_find(index->outlines, code, &outline))
        return 0;
    struct bbox a = atlas_bbox(areas, feature);
    struct bbox b = atlas_bbox(index->outlines, outline);
    return a.min_x == b.min_x && a.min_y == b.min_y && a.max_x == b.max_x &&
                   a.max_y == b.max_y
               ? code
               : 0;
}

/* ---- positions ---- */

struct at_position {
    struct division_index *index;
    double lon;
    double lat;
    enum division_level level;
    uint32_t outline;
};

/* Edge tables of an outline are made when it is first asked about; without memory for
 * them the answer is only slower. */
static bool is_around(struct division_index *index, uint32_t i, double lon, double lat)
{
    struct prepared_outline *p = &index->prepared[i];

    if (!p->prepared) {
        p->geom = atlas_geom(index->outlines, i);
        p->prepared = geom_prepared_new(&p->geom, index->arena);
    }
    return p->prepared ? geom_prepared_contains(p->prepared, lon, lat)
                       : geom_contains(&p->geom, lon, lat);
}

/* Of outlines that meet in the position the one with the smaller code is taken, so that
 * it belongs to one of them only. */
static bool look(void *ctx, uint32_t i)
{
    struct at_position *at = ctx;
    uint32_t code = division_code_of(at->index->outlines, i);

    if (!division_is_level(code, at->level))
        return true;
    if (at->outline != UINT32_MAX &&
        code > division_code_of(at->index->outlines, at->outline))
        return true;
    if (is_around(at->index, i, at->lon, at->lat))
        at->outline = i;
    return true;
}

bool division_outline_at(struct division_index *index,
                         double lon,
                         double lat,
                         enum division_level level,
                         uint32_t *outline)
{
    struct at_position at = {index, lon, lat, level, UINT32_MAX};

    if (!index->outlines)
        return false;
    atlas_window(index->outlines, (struct bbox){lon, lat, lon, lat}, look, &at);
    *outline = at.outline;
    return at.outline != UINT32_MAX;
}

bool division_goes_by_position(const struct atlas_layer *layer, uint32_t feature)
{
    return atlas_geom(layer, feature).kind == GEOM_POINT &&
           query_precision(layer, feature) < PRECISION_DISTRICT;
}

uint32_t division_of(struct division_index *index,
                     const struct atlas_layer *layer,
                     uint32_t feature,
                     enum division_level level)
{
    uint32_t code = division_code_of(layer, feature);
    struct geom g;
    uint32_t outline;
    double lon;
    double lat;

    if (code && !division_goes_by_position(layer, feature))
        return division_up(index, code, level);
    if (query_precision(layer, feature) < PRECISION_DISTRICT) {
        g = atlas_geom(layer, feature);
        if (geom_middle(&g, &lon, &lat) &&
            division_outline_at(index, lon, lat, level, &outline))
            return division_code_of(index->outlines, outline);
    }
    return division_up(index, code, level);
}
