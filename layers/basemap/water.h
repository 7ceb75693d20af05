/* SPDX-License-Identifier: Apache-2.0 */
/* Lakes, broad rivers and river lines out of GSHHG and WDBII. */
#ifndef BASEMAP_WATER_H
#define BASEMAP_WATER_H

#include "geos.h"
#include "gpkg.h"

/** What other layers need of the water: the broad rivers, for the coastline. */
struct water {
    GEOSGeometry *broad_rivers; /* multipolygon or NULL */
    size_t n_lakes;
    size_t n_rivers;
};

/**
 * Write the layers `lakes` and `river_areas`. `sea` (or NULL) is cut out of the river
 * mouths. Errors: those of gshhg_read_shores; IM_EIO.
 */
IM_CHECKED enum im_code water_write_areas(struct geos *g,
                                          const char *shores_path,
                                          struct bbox box,
                                          const GEOSGeometry *sea,
                                          struct gpkg *pkg,
                                          struct water *out,
                                          struct im_error *err);
/** Write the layer `rivers`. */
IM_CHECKED enum im_code water_write_rivers(struct geos *g,
                                           const char *rivers_path,
                                           struct bbox box,
                                           struct gpkg *pkg,
                                           struct water *out,
                                           struct im_error *err);

#endif
