/* SPDX-License-Identifier: Apache-2.0 */
/* Best-first search: features by rising lower bound of their distance (Hjaltason and
 * Samet 1999). */
#ifndef ENGINE_ATLAS_NEAR_H
#define ENGINE_ATLAS_NEAR_H

#include "atlas/layer.h"
#include "geom/bound.h"

struct near_entry {
    double hav;     /* lower bound, see geom/bound.h */
    uint32_t index; /* feature, or node within its level */
    int32_t level;  /* of the node; NEAR_FEATURE */
};
enum { NEAR_FEATURE = -1 };

struct near_search {
    const struct atlas_layer *layer;
    struct bound_origin origin;
    uint16_t mask;    /* the classes that take part */
    double hav_limit; /* nothing with a larger lower bound is looked at; may be lowered
                         (bound_hav_limit) while the search goes on */
    struct im_arena *scratch;
    struct near_entry *heap;
    uint32_t n;
    uint32_t cap;
    bool failed; /* the queue did not fit into `scratch` */
};

void near_init(struct near_search *s,
               const struct atlas_layer *layer,
               struct bound_origin origin,
               uint16_t mask,
               struct im_arena *scratch);
/** The next feature; false at the end and after a failure. */
bool near_next(struct near_search *s, uint32_t *feature, double *hav);

/** How many placed features of these classes have a distance of at most `max_m`, and
 *  call `visit` for those whose distance the boxes leave open; it decides. */
uint64_t near_count(const struct atlas_layer *layer,
                    struct bound_origin origin,
                    uint16_t mask,
                    double max_m,
                    bool (*is_within)(void *ctx, uint32_t feature),
                    void *ctx);

#endif
