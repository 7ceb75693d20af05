/* SPDX-License-Identifier: Apache-2.0 */
/* Sea and coastline from npm @geo-maps/earth-coastlines-10m (OpenStreetMap, 2017). */
#ifndef BASEMAP_COAST_H
#define BASEMAP_COAST_H

#include "geos.h"

struct coast {
    GEOSGeometry *sea;  /* multipolygon: the box without the land */
    GEOSGeometry *line; /* multilinestring: the shores inside the box */
};

/**
 * Scan the GeoJSON file of land polygons (37 MB, the whole Earth) without holding more
 * than one polygon of it.
 * Errors: IM_ENOTFOUND; IM_EIO; IM_EDATA with the byte at which it is not such a file;
 * IM_ENOMEM. Destroy both geometries, which are NULL after a failure.
 */
IM_CHECKED enum im_code coast_read(struct geos *g,
                                   const char *path,
                                   struct bbox box,
                                   struct coast *out,
                                   struct im_error *err);

#endif
