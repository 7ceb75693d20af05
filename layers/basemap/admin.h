/* SPDX-License-Identifier: Apache-2.0 */
/* Administrative areas and their borders, in EPSG:4326, without overlap or gap. */
#ifndef BASEMAP_ADMIN_H
#define BASEMAP_ADMIN_H

#include "geos.h"
#include "gpkg.h"
#include "units.h"

struct admin_context {
    const char *source; /* written with each feature */
    /** Outer borders are drawn only near the neighbours and away from the sea; NULL
     *  where that layer could not be had. EPSG:4326. */
    const GEOSGeometry *neighbours;
    const GEOSGeometry *sea;
};

struct admin_report {
    size_t n_areas;
    size_t n_lines;
    double overlap_km2; /* claimed by several units, given to one */
    double gap_km2;     /* claimed by none, given to a neighbour */
};

/**
 * Write the layers `admin_areas`, `admin_lines` and `seats`. The units may be cities,
 * districts, or cities with the districts of one municipality; levels above a unit are
 * dissolved from it.
 * Errors: IM_EDATA GEOS fails or a unit keeps no area; IM_EIO; IM_ENOMEM.
 */
IM_CHECKED enum im_code admin_write(struct geos *g,
                                    const struct unit_set *units,
                                    const struct admin_context *context,
                                    struct gpkg *pkg,
                                    struct admin_report *out,
                                    struct im_error *err);

/** A code that changed since the outlines were drawn. */
struct admin_change {
    int32_t old;
    int32_t present;
    const char *name_zh; /* the present name */
    bool keeps_seat;     /* false: merged into a unit that keeps another seat */
};
/** NULL: unchanged, or divided so that the old outline fits no present unit. */
const struct admin_change *admin_change_of(int32_t adcode);

/** Grid units in GCJ-02 to EPSG:4326, in place; the same point always gives the same
 *  result, so shared borders stay shared. */
void admin_grid_to_wgs84(double *x, double *y);

#endif
