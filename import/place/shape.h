/* SPDX-License-Identifier: Apache-2.0 */
/* A geometry as it came, into EPSG:4326, checked against the layer. */
#ifndef IMPORT_SHAPE_H
#define IMPORT_SHAPE_H

#include "crs.h"

#include "../source/source.h"

#include <engine/schema.h>

enum shape_repair {                       /* bits */
                    SHAPE_CLOSED = 1,     /* a ring got its first position at its end */
                    SHAPE_MADE_VALID = 2, /* self-crossing: GEOS make-valid */
                    SHAPE_SWAPPED = 4,    /* longitude and latitude exchanged */
                    SHAPE_DEDUPLICATED = 8
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

/** `in` may be GEOM_EMPTY: then geom is, and nothing is refused. OGC validity (OGC
 *  06-103r4, 6.1.11) of areas by GEOS, after the transform. */
void shape_make(const struct shape_rules *rules,
                const struct geom *in,
                struct im_arena *arena,
                struct shape *out);

#endif
