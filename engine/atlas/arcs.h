/* SPDX-License-Identifier: Apache-2.0 */
/* The outlines of a layer cut where they meet: a border of two areas is one arc, which
 * both run along, so that whatever is done to it is done to both.
 *
 * A vertex is a node where lines end, and where two outlines that share it part: where
 * its neighbours differ. Rings without any node are an arc of their own, begun at their
 * westernmost vertex. Which way an arc runs follows from its own vertices, not from who
 * uses it: the same outline in another layer gives the same arc. */
#ifndef ENGINE_ATLAS_ARCS_H
#define ENGINE_ATLAS_ARCS_H

#include "atlas/layer.h"

#define ARCS_LINE UINT32_MAX

struct arcs {
    uint32_t n;
    uint32_t *start; /* n + 1, first vertex of each arc */
    uint32_t *xy;    /* world units */
    uint8_t *kinds;  /* enum simplify_kind of each */
    /* of each: those of one feature's rings, and of rings that share some, have one
     * number; ARCS_LINE: only of lines, which may cross */
    uint32_t *groups;
    /* of each part of the layer, in its order */
    uint32_t *part_first; /* n_parts + 1, into refs */
    uint32_t *refs;       /* arc << 1, and 1: against its direction */
    double *area2; /* rings: twice the area, above zero for those that add some */
};

/** From layer->full. False when memory runs out. */
bool arcs_init(struct arcs *arcs, const struct atlas_layer *layer);
/** Twice the area of a closed ring in world units; above zero for those that RFC 7946
 *  has as outer ones. */
double ring_area2(const uint32_t *xy, size_t n);
void arcs_release(struct arcs *arcs);

#endif
