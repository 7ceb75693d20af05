/* SPDX-License-Identifier: Apache-2.0 */
/* Are areas valid (OGC 06-103r4, 6.1.11), and can they be mended? */
#ifndef IMPORT_VALID_H
#define IMPORT_VALID_H

#include <engine/arena.h>
#include <engine/geom.h>

enum valid_fault {
    VALID_GOOD,
    VALID_CROSSING,     /* an outline crosses or touches itself */
    VALID_HOLE_OUTSIDE, /* a hole outside of its outer ring, or in another hole */
    VALID_NESTED,       /* an outer ring in another area, or the same twice */
    VALID_SPLIT,        /* holes cut the inside into pieces */
    VALID_TANGLED,      /* too many edges lie upon each other to be checked */
    VALID_OTHER,        /* what GEOS says */
    VALID_NO_MEMORY
};

struct valid_answer {
    enum valid_fault fault;
    bool has_place;
    double place[2];   /* degrees */
    const char *other; /* VALID_OTHER: GEOS's words, in the arena; never NULL */
};

/** Rings closed and turned as geom.h says, each of three or more different positions.
 *  Mostly by simple_check alone; GEOS is asked when edges touch. */
void valid_check(const struct geom *areas,
                 struct im_arena *arena,
                 struct valid_answer *out);

enum mend_verdict {
    MEND_DONE,
    MEND_NOTHING_LEFT, /* only lines or points would remain */
    MEND_LOSES_AREA,   /* more than MEND_MAX_LOSS_PERCENT */
    MEND_TOO_MUCH,     /* more than MEND_MAX_CROSSINGS, or too many vertices */
    MEND_FAILED
};
enum {
    MEND_MAX_LOSS_PERCENT = 1,
    MEND_MAX_CROSSINGS = 10000,
    MEND_MAX_VERTICES = 200000
};

/** The area that was probably meant: what any outer ring runs around without what the
 *  holes do (GEOS make-valid, structure). *out in the arena, turned as geom.h says,
 *  valid, of areas only. *lost_percent is of the area as drawn. */
enum mend_verdict valid_mend(const struct geom *areas,
                             struct im_arena *arena,
                             struct geom *out,
                             double *lost_percent);

#endif
