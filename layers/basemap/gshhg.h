/* SPDX-License-Identifier: Apache-2.0 */
/* Shores and rivers from Debian's gmt-gshhg-full: the binned netCDF files of GMT. */
#ifndef BASEMAP_GSHHG_H
#define BASEMAP_GSHHG_H

#include "geos.h"

/** Levels of shores: land in the ocean, lakes on land, islands in lakes. */
enum { GSHHG_LAND = 1, GSHHG_LAKE = 2, GSHHG_ISLAND = 3 };

/** Levels of rivers that are used here; 0 repeats the banks of river areas. */
enum {
    GSHHG_RIVER_MAJOR = 1,
    GSHHG_RIVER_MAIN = 2,
    GSHHG_RIVER = 3,
    GSHHG_RIVER_MINOR = 4,
    GSHHG_CANAL_MAJOR = 8,
    GSHHG_CANAL = 9,
    GSHHG_RIVER_LEVELS = 11
};

/** A lake or an island in one. */
struct gshhg_area {
    int32_t id;
    int32_t inside; /* id of what it lies in */
    int level;
    bool is_river;      /* the source counts it as the widening of a river */
    GEOSGeometry *geom; /* multipolygon, EPSG:4326 */
};

struct gshhg_shores {
    struct gshhg_area *area;
    size_t n_areas;
    struct geos_list land; /* level 1: the ocean's shore in pieces */
};

/**
 * Everything in the one-degree bins that touch `box` (whole bins, not clipped). A lake
 * that leaves the bins and so stays open is left out.
 * Errors: IM_ENOTFOUND; IM_EDATA not such a file, or an index out of range; IM_ENOMEM
 */
IM_CHECKED enum im_code gshhg_read_shores(struct geos *g,
                                          const char *path,
                                          struct bbox box,
                                          struct gshhg_shores *out,
                                          struct im_error *err);
void gshhg_shores_release(struct geos *g, struct gshhg_shores *shores);

/** Pieces of rivers by level; release each list. Errors as above. */
IM_CHECKED enum im_code gshhg_read_rivers(struct geos *g,
                                          const char *path,
                                          struct bbox box,
                                          struct geos_list out[GSHHG_RIVER_LEVELS],
                                          struct im_error *err);

#endif
