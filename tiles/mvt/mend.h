/* SPDX-License-Identifier: Apache-2.0 */
/* Areas that stay valid when their vertices are rounded to whole tile units. */
#ifndef TILES_MVT_MEND_H
#define TILES_MVT_MEND_H

#include <stdbool.h>
#include <stdint.h>

/** Rings of one feature, each without its closing vertex, in whole tile units. Grows
 *  and is reused. Zero-initialise. */
struct mend_rings {
    int32_t *xy;
    uint32_t *end; /* of each ring, in vertices */
    uint32_t n_points;
    uint32_t n_rings;
    uint32_t cap_points;
    uint32_t cap_rings;
    bool failed;
};

/** Buffers of one thread. Zero-initialise. */
struct mend {
    uint32_t *first; /* of each cell's entries */
    uint32_t *entries;
    uint32_t cap_entries;
    uint32_t *next; /* vertex that an edge leads to */
    uint32_t *area; /* outer ring that an edge belongs to or lies in */
    uint32_t cap_next;
    void *geos; /* GEOSContextHandle_t, made when first needed */
};
void mend_release(struct mend *mend);

void mend_rings_release(struct mend_rings *rings);
void mend_rings_clear(struct mend_rings *rings);
/** Adds a ring without what rounding folded together: repeated vertices, and edges that
 *  go back on themselves. A ring of which nothing is left is not added: false. */
bool mend_add_ring(struct mend_rings *rings, const int32_t *xy, uint32_t n);

/** The same vertex by vertex: a ring is what was put since it had `first` vertices.
 * False without memory, and for a ring without area, which is taken back. */
bool mend_put_vertex(struct mend_rings *rings, const int32_t *xy);
bool mend_end_ring(struct mend_rings *rings, uint32_t first);

/** Twice the area by the surveyor's formula. */
int64_t mend_area2(const int32_t *xy, uint32_t n);

/**
 * Rings that were cut to the square from min to max, the outer ones positive and before
 * their holes: a ring that the cut left in several pieces becomes several rings, and a
 * hole that the cut laid along the square a part of its outer ring's outline. Where
 * that does not come out, the rings are left as they are.
 */
void mend_box(struct mend_rings *rings, int32_t min, int32_t max);

/**
 * Makes the rings valid (OGC 06-103r4, 6.1.11): where edges cross or touch, what lies
 * in an odd number of rings is inside, and crossings are rounded to whole units so that
 * none arises anew. Rings that meet nowhere are left as they are. Afterwards each outer
 * ring, of positive area, is followed by its holes, of negative area
 * (MVT 2.1, 4.3.3.3). Over MEND_MAX_POINTS vertices, and without memory, they are left
 * as they are.
 */
enum { MEND_MAX_POINTS = 20000 };
void mend_rings(struct mend *mend, struct mend_rings *rings);

#endif
