/* SPDX-License-Identifier: Apache-2.0 */
/* A quick exact proof that areas are valid (OGC 06-103r4, 6.1.11). */
#ifndef IMPORT_SIMPLE_H
#define IMPORT_SIMPLE_H

#include <engine/arena.h>
#include <engine/geom.h>

enum simple_verdict {
    SIMPLE_VALID,        /* proved: no two edges meet but at their common vertex, holes
                            lie in their own outer ring, outer rings apart */
    SIMPLE_CROSSING,     /* proved: two edges cross */
    SIMPLE_HOLE_OUTSIDE, /* proved: a hole lies outside of its outer ring, or in a hole
                          */
    SIMPLE_NESTED,       /* proved: an outer ring lies, or begins, in another area */
    SIMPLE_UNSURE,       /* edges touch, or come closer than double tells: ask GEOS */
    SIMPLE_NO_MEMORY
};

/**
 * In:     areas, rings closed and turned as geom.h says, each of three or more
 * different positions; repeated positions are allowed Out:    *place: where, in
 * degrees, unless valid Cost:   O(n log n) whatever the shape (M. I. Shamos, D. Hoey:
 * Geometric intersection problems, 1976), about 50 bytes a vertex in `arena`
 */
enum simple_verdict
simple_check(const struct geom *areas, struct im_arena *arena, double place[2]);

struct simple_tangle {
    uint64_t pairs; /* edges that lie close together, roughly; UINT64_MAX: too many */
    uint64_t crossings; /* at least as many as edges cross, when it was asked for */
};
/** How hard is it for others, whose cost grows with the pairs of edges whose boxes
 *  overlap? False: no memory. */
bool simple_tangle(const struct geom *areas,
                   bool count_crossings,
                   struct im_arena *arena,
                   struct simple_tangle *out);

#endif
