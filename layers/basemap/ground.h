/* SPDX-License-Identifier: Apache-2.0 */
/* The layers `land`, `sea` and `coastline`. */
#ifndef BASEMAP_GROUND_H
#define BASEMAP_GROUND_H

#include "coast.h"
#include "dcw.h"
#include "gpkg.h"

/**
 * Give land that the coast has and the province outlines lack (reclaimed since they
 * were drawn, and slivers between them) to the nearest province, in place.
 */
IM_CHECKED enum im_code ground_add_new_land(struct geos *g,
                                            const GEOSGeometry *sea,
                                            const GEOSGeometry *box,
                                            GEOSGeometry *province[DCW_N_PROVINCES],
                                            struct im_error *err);
IM_CHECKED enum im_code ground_write_land(struct geos *g,
                                          GEOSGeometry *const province[DCW_N_PROVINCES],
                                          struct gpkg *pkg,
                                          struct im_error *err);
/** Both layers; where `broad_rivers` (or NULL) meet the sea, banks go on in the place
 *  of the straight line with which the source closes the sea. */
IM_CHECKED enum im_code ground_write_coast(struct geos *g,
                                           const struct coast *coast,
                                           const GEOSGeometry *broad_rivers,
                                           struct bbox box,
                                           struct gpkg *pkg,
                                           size_t *n_lines,
                                           struct im_error *err);
/** The provinces around the four as one multipolygon; NULL when GEOS fails. */
GEOSGeometry *ground_neighbours(struct geos *g,
                                GEOSGeometry *const province[DCW_N_PROVINCES]);

#endif
