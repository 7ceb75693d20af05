/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that a request lets through, under trees of their own: for each of many
 * things the nearest of them, and how many are within a distance. */
#ifndef ENGINE_ANALYSIS_NEAR_SET_H
#define ENGINE_ANALYSIS_NEAR_SET_H

#include "geom/edge_tree.h"
#include "query/division.h"

#include <engine/geom_prepared.h>

/* ---- what is measured from ---- */

/** A position, line or area with what all distances from it have in common. */
struct subject {
    const struct atlas_layer *layer; /* NULL: no feature, a clicked point */
    uint32_t feature;
    struct geom geom;
    struct bbox box;
    double polar_cos; /* least cosine of a latitude in the box */
    double uncertainty_m;
    uint32_t division;              /* code; 0 unknown; only needed to look across */
    struct bound_origin middle;     /* a position that belongs to it */
    struct geodesic_origin origin;  /* of a single position */
    struct geom_prepared *prepared; /* of areas */
    struct edge_tree *edges;        /* of lines and areas */
    double own_lonlat[2];
};

/** Lives in `arena`, which may be reset for the next one. `geom` is borrowed, and of a
 *  division its outline, where one is known. IM_ENOMEM. */
IM_CHECKED enum im_code subject_init(struct subject *s,
                                     const struct atlas_layer *layer,
                                     uint32_t feature,
                                     const struct division_index *divisions,
                                     struct im_arena *arena,
                                     struct im_error *err);
/** The origin of a request: its outline, else its position. */
IM_CHECKED enum im_code subject_init_origin(struct subject *s,
                                            const struct query_request *request,
                                            struct im_arena *arena,
                                            struct im_error *err);
/** What the feature's position is worth: an outline of a division is exact enough. */
enum precision subject_precision(const struct atlas_layer *layer,
                                 uint32_t feature,
                                 const struct division_index *divisions);

/* ---- what is looked for ---- */

enum { NEAR_SET_CLASSES = 6 }; /* one for each precision */

struct near_set;

/**
 * All rows of a request that have a position. Rows coarser than `request->coarsest`
 * take no part, but near_set_may_reach knows them. With `across` they are kept apart by
 * their division at `level`. Errors as query_each.
 */
IM_CHECKED enum im_code near_set_new(const struct query_request *request,
                                     struct division_index *divisions,
                                     bool across,
                                     enum division_level level,
                                     struct im_arena *arena,
                                     struct near_set **out,
                                     struct cql_fault *fault,
                                     struct im_error *err);
uint64_t near_set_apart(const struct near_set *set); /* rows too coarse, or unplaced */

struct near_hit {
    const struct atlas_layer *layer;
    uint32_t feature; /* UINT32_MAX: none */
    double distance_m;
    double uncertainty_m; /* of the row */
    double lon;
    double lat;
};

/** The nearest that is at most `max_m` away; of equally near ones the first by layer,
 *  then key. The subject itself is left out, and with `across` its own division. */
struct near_hit
near_set_nearest(const struct near_set *set, const struct subject *s, double max_m);
/** How many are at most `max_m` away. */
uint64_t
near_set_count(const struct near_set *set, const struct subject *s, double max_m);
/** Is one of them surely, may one of them be within `max_m`, given what the positions
 *  are worth? Rows that are too coarse to take part may be, never surely are. */
bool near_set_surely_reaches(const struct near_set *set,
                             const struct subject *s,
                             double max_m);
bool near_set_may_reach(const struct near_set *set,
                        const struct subject *s,
                        double max_m);

/** Order of answers: layers in lists, then keys, then rows. */
int analysis_compare_rows(const struct atlas_layer *a,
                          uint32_t a_feature,
                          const struct atlas_layer *b,
                          uint32_t b_feature);

#endif
