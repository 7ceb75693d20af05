/* SPDX-License-Identifier: Apache-2.0 */
/* Which groups of an aggregate a row counts in. */
#ifndef ENGINE_ANALYSIS_GROUPS_H
#define ENGINE_ANALYSIS_GROUPS_H

#include "query/division.h"

enum { GROUPS_MAX = 100000 };

struct group {
    struct aggregate_group answer; /* code, title, outline, count, n_values */
    double sum;
    double number;     /* of groups by number */
    uint32_t ordinal;  /* their own order: as declared, else as first met */
    uint32_t division; /* code; 0: not a division */
};

/** The groups of one dictionary code. */
struct group_ids {
    const uint32_t *ids;
    uint32_t n;
    bool is_known; /* asked before */
    bool is_open;  /* coarser than the groups: it may be any of several */
};

struct area_member {
    uint32_t feature;
    uint32_t code; /* of the division it is; 0: none */
    bool has_shape;
    struct geom geom;
    struct geom_prepared *prepared; /* made when first needed */
};

struct groups {
    const struct aggregate_request *request;
    struct im_arena *arena;
    struct division_index divisions;
    struct im_buf all; /* of struct group */
    uint32_t *slots;   /* by hash of the code; group + 1 */
    uint32_t n_slots;
    /* of the layer at hand */
    const struct atlas_layer *layer;
    int field;
    struct group_ids *memo; /* by code of `field`, or of the adcode */
    /* by areas */
    struct area_member *members; /* the first groups, in this order */
    uint32_t n_members;
    uint32_t *coded; /* those of the members that have a code */
    uint32_t n_coded;
    uint32_t *member_of; /* by feature of the areas; UINT32_MAX: none */
    /* of the row at hand */
    uint32_t *ids;
    uint32_t n_ids;
    uint32_t cap_ids;
    bool is_unknown;
    bool overlaps; /* a row was in several groups */
    struct im_error *err;
    enum im_code rc;
};

/** Errors: IM_EARG a field no layer has, areas without outlines; IM_ELIMIT; IM_ENOMEM.
 */
IM_CHECKED enum im_code groups_init(struct groups *g,
                                    const struct aggregate_request *request,
                                    struct im_arena *arena,
                                    struct im_error *err);
void groups_release(struct groups *g);
/** Rows that follow are of this layer. */
IM_CHECKED enum im_code
groups_begin(struct groups *g, const struct atlas_layer *layer, struct im_error *err);
/** Find g->ids of a row, none when it lies outside of all, or is_unknown. False: g->rc
 *  says why. */
bool groups_find(struct groups *g, uint32_t feature);
/** Groups without rows: declared codes, divisions of the area asked for. */
IM_CHECKED enum im_code groups_add_empty(struct groups *g, struct im_error *err);

static inline struct group *group_at(const struct groups *g, uint32_t i)
{
    return (struct group *)(void *)g->all.data + i;
}
static inline uint32_t group_count(const struct groups *g)
{
    return (uint32_t)(g->all.len / sizeof(struct group));
}

/** Square kilometres of a geometry on the ellipsoid; NaN when it is no area. */
double analysis_area_km2(const struct geom *g);

/** What the answer says of an indicator, all or nothing of it in the data. */
struct indicator_note {
    struct schema_title title;
    struct schema_title unit;
    struct schema_title missing; /* "" nothing */
};
/** Fill in the newest figure of each group that is a division. IM_ENOMEM. */
IM_CHECKED enum im_code
indicators_add(struct groups *g, struct indicator_note *out, struct im_error *err);

#endif
