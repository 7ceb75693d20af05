/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.join of a stylesheet: numbers that the features of a layer take from the
 * rows of another one, so that a map of an indicator follows what is imported.
 *
 *   {"layer": "admin_areas", "table": "city_indicators", "on": "adcode",
 *    "where": "indicator = 'rd_intensity'", "value": "value", "as": "rd_intensity"}
 *
 * The field `on` of both is what rows are found by. Also: "only", a CQL2 filter of the
 * features as "where" is one of the rows; "newest", a number by which one of several
 * rows is taken; "source", a text that says where a row is from. Expressions see the
 * number as an attribute `as`, vector tiles carry it, and "{as.years}" and
 * "{as.sources}" in the metadata become the range of "newest" and the sources of the
 * rows that were taken. */
#ifndef TILES_JOIN_H
#define TILES_JOIN_H

#include "stylesheet_part.h"

#include <engine/atlas.h>

enum { JOIN_MAX = 8, JOIN_MAX_NAME = 48 };

struct map_join {
    const struct atlas_layer *layer;
    const char *as;
    struct schema_title title; /* of the field of the numbers */
    const double *values;      /* of each feature; NaN: none */
    json_t *by_key;            /* {"310000": 4.34, ..} of those that have one */
    char *key;                 /* the field `on` */
    char years[32];            /* "2019–2023"; "–": no row */
    char *sources;
};

struct map_joins {
    json_t *root; /* the stylesheet with years and sources filled in; NULL: no joins */
    struct map_join items[JOIN_MAX];
    uint32_t n;
};

/** What `sheet` joins, with the rows of this atlas. A layer or table that the atlas
 *  lacks joins nothing. Memory: `arena`, and map_joins_release.
 *  Errors: IM_EDATA with the member; those of cql_compile; IM_ENOMEM */
IM_CHECKED enum im_code map_joins_init(struct map_joins *joins,
                                       const struct stylesheet *sheet,
                                       const struct atlas *atlas,
                                       struct im_arena *arena,
                                       struct im_error *err);
void map_joins_release(struct map_joins *joins);

/** A style.json in which ["get", as] and ["has", as] look into the joined numbers; the
 *  text itself where nothing is joined to the layer. NULL without memory. */
const char *map_joins_resolve(const struct map_joins *joins,
                              const struct atlas_layer *layer,
                              const char *style_json,
                              struct im_arena *arena);

#endif
