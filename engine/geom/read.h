/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries in the making: what GeoJSON and WKT have in common, also for filters. */
#ifndef ENGINE_GEOM_READ_PRIVATE_H
#define ENGINE_GEOM_READ_PRIVATE_H

#include <engine/geom_read.h>

#include "base/json_read.h"

#include <jansson.h>

enum geom_type {
    GEOM_TYPE_POINT,
    GEOM_TYPE_LINESTRING,
    GEOM_TYPE_POLYGON,
    GEOM_TYPE_MULTIPOINT,
    GEOM_TYPE_MULTILINESTRING,
    GEOM_TYPE_MULTIPOLYGON,
    GEOM_TYPE_COLLECTION
};
enum { GEOM_READ_MAX_DEPTH = 8 /* collections in collections */ };

/** "Point", ... as GeoJSON has it; upper case is WKT. */
const char *geom_type_name(enum geom_type type);

/** A geometry as it was written: nothing is checked, rings are not turned. */
struct geom_item {
    enum geom_type type;
    struct geom g; /* GEOM_EMPTY for collections */
    double *xy;    /* g.lonlat, for those who transform and turn */
    struct geom_item *items;
    size_t n_items;
};

/** What may still be read, counted down over all parts of one geometry. */
struct geom_budget {
    size_t points;
    size_t parts;
};
static inline struct geom_budget geom_budget_full(void)
{
    return (struct geom_budget){GEOM_READ_MAX_POINTS, GEOM_READ_MAX_PARTS};
}

/** Vertices and ends while they come in; release in any case. */
struct geom_builder {
    struct geom_budget *budget;
    struct im_buf xy;
    struct im_buf parts;
    struct im_buf areas;
    bool is_over; /* over the budget */
};
struct geom_builder geom_builder_of(struct geom_budget *budget);
void geom_builder_release(struct geom_builder *b);
/** False over the budget or without memory: geom_builder_fail says which. */
bool geom_builder_add(struct geom_builder *b, double x, double y);
bool geom_builder_end_part(struct geom_builder *b);
bool geom_builder_end_area(struct geom_builder *b);
enum im_code geom_builder_fail(const struct geom_builder *b, struct im_error *err);
IM_CHECKED enum im_code geom_builder_finish(struct geom_builder *b,
                                            enum geom_type type,
                                            struct im_arena *arena,
                                            struct geom_item *out,
                                            struct im_error *err);
/** Items collected in a buffer, as a collection. */
IM_CHECKED enum im_code geom_collection(const struct im_buf *items,
                                        struct im_arena *arena,
                                        struct geom_item *out,
                                        struct im_error *err);

/** Well-known text from `pos` on. A fault is at `pos` of what was read, with what was
 *  expected there. */
struct geom_wkt {
    struct im_bytes text;
    size_t pos;
    const char *en;
    const char *zh;
};
/**
 * One geometry; `pos` is behind it afterwards.
 * Errors: IM_EDATA, `err` is not set: see `en` and `zh`; IM_ELIMIT; IM_ENOMEM.
 */
IM_CHECKED enum im_code geom_scan_wkt(struct geom_wkt *wkt,
                                      struct geom_budget *budget,
                                      struct im_arena *arena,
                                      struct geom_item *out,
                                      struct im_error *err);
/** A GeoJSON geometry object. Errors: IM_EDATA with the path; IM_ELIMIT; IM_ENOMEM. */
IM_CHECKED enum im_code geom_scan_json(const json_t *value,
                                       const struct json_at *at,
                                       struct geom_budget *budget,
                                       struct im_arena *arena,
                                       struct geom_item *out,
                                       struct im_error *err);

/** Check everything that geom_read_json promises and turn rings.
 *  Errors: IM_EDATA with the vertex, ring or position; IM_ELIMIT an outline whose check
 *  would take too long; IM_ENOMEM. */
IM_CHECKED enum im_code geom_item_check(struct geom_item *item, struct im_error *err);
/** All parts as one geometry; areas that overlap are united. IM_EDATA: several kinds.
 */
IM_CHECKED enum im_code geom_item_flatten(const struct geom_item *item,
                                          struct im_arena *arena,
                                          struct geom *out,
                                          struct im_error *err);

#endif
