/* SPDX-License-Identifier: Apache-2.0 */
/* Names by hand for geometry whose source has none: by position or by code. */
#ifndef BASEMAP_NAMES_H
#define BASEMAP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lake_name {
    double lon; /* in the water, EPSG:4326 */
    double lat;
    const char *zh;
    const char *en;
    const char *kind; /* lake or reservoir */
};
extern const struct lake_name LAKE_NAMES[];
extern const size_t N_LAKE_NAMES;

enum { RIVER_NAME_POINTS = 4 };
struct river_name {
    const char *zh;
    const char *en;
    int level;                           /* as in gshhg.h */
    unsigned seeds;                      /* how many of the points are set */
    double lonlat[RIVER_NAME_POINTS][2]; /* each near a piece that gets the name */
};
extern const struct river_name RIVER_NAMES[];
extern const size_t N_RIVER_NAMES;

/** English name of a province, a prefecture-level city or a district of Shanghai;
 *  NULL for all others. */
const char *admin_name_en(int32_t adcode);
/** Chinese name of a prefecture-level city, for where only districts are read. */
const char *city_name_zh(int32_t adcode);

#endif
