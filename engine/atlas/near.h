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

/** Only rows with one of these codes take part. */
struct near_codes {
    const uint32_t *column; /* code of each row */
    const uint64_t *masks;  /* of the nodes: see atlas/lazy.h */
    uint64_t mask;          /* what they have to share */
    const uint8_t *wanted;  /* a bit a code; a byte more than needed */
    uint32_t n_codes;
};
static inline bool near_codes_has(const struct near_codes *codes, uint32_t feature)
{
    uint32_t code = codes->column[feature];

    return code < codes->n_codes && (codes->wanted[code / 8] >> code % 8 & 1);
}

struct near_search {
    const struct atlas_layer *layer;
    struct bound_origin origin;
    uint16_t mask;                  /* the classes that take part */
    const struct near_codes *codes; /* NULL: any */
    double inner_m; /* what is all nearer than that may be passed over */
    double hav_inner;
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
/** Pass over what is nearer than `inner_m`, where that is easily seen. */
void near_begin_at(struct near_search *s, double inner_m);
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
