/* SPDX-License-Identifier: Apache-2.0 */
/* A geometry as it came, into EPSG:4326, checked against the layer.
 *
 *   shape.c    positions, rings, kinds, and what is said about them
 *   simple.c   a quick exact proof that areas are valid
 *   valid.c    GEOS, where the proof does not decide, and make-valid
 */
#ifndef IMPORT_SHAPE_H
#define IMPORT_SHAPE_H

#include "crs.h"

#include "../source/source.h"

#include <engine/schema.h>

/** Bits. */
enum shape_repair {
    SHAPE_CLOSED = 1,      /* a ring got its first position at its end */
    SHAPE_MADE_VALID = 2,  /* self-crossing: GEOS make-valid */
    SHAPE_SWAPPED = 4,     /* longitude and latitude exchanged */
    SHAPE_DEDUPLICATED = 8 /* a position right after its equal was left out */
};

struct shape_rules {
    const struct layer_schema *schema;
    const struct crs_transform *crs;
    bool repair;
    bool fix_swap;
};

struct shape {
    struct geom geom;       /* EPSG:4326, rings turned as geom.h wants; in the arena */
    struct refusal refusal; /* code NULL: good. Codes: bad_geometry, wrong_kind,
                               out_of_range (no longitude or latitude), outside_area,
                               swapped, null_island, not_closed, self_crossing */
    unsigned repairs;       /* enum shape_repair */
};

/**
 * `in` may be GEOM_EMPTY: then geom is, and nothing is refused. OGC validity (OGC
 * 06-103r4, 6.1.11) of areas after the transform. A fault of the geometry itself comes
 * before the wrong kind; the text then says both. Of several faults the first is told.
 * Texts of a refusal live in `arena`. About 80 bytes of `arena` a vertex of areas, 16
 * of others; more only where GEOS mends.
 */
void shape_make(const struct shape_rules *rules,
                const struct geom *in,
                struct im_arena *arena,
                struct shape *out);

#endif
