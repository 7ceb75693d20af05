/* SPDX-License-Identifier: Apache-2.0 */
/* Land: province outlines from Debian's gmt-dcw (Digital Chart of the World). */
#ifndef BASEMAP_DCW_H
#define BASEMAP_DCW_H

#include "geos.h"

struct dcw_province {
    const char *dcw; /* name of its lists in the file, without _lon and _lat */
    int32_t adcode;
    const char *name_zh;
    const char *name_en;
    bool delta; /* one of the four of the Yangtze delta */
};

enum { DCW_N_PROVINCES = 9 };
extern const struct dcw_province DCW_PROVINCES[DCW_N_PROVINCES];

/**
 * Read all nine outlines, clipped to `box`, simplified to DCW_TOLERANCE_DEG, without
 * islets under 0.02 square kilometres. out[i] is a multipolygon of DCW_PROVINCES[i],
 * EPSG:4326; the caller destroys them (NULL after a failure).
 * Errors: IM_ENOTFOUND no such file; IM_EDATA; IM_ENOMEM.
 */
IM_CHECKED enum im_code dcw_read(struct geos *g,
                                 const char *path,
                                 const GEOSGeometry *box,
                                 GEOSGeometry *out[DCW_N_PROVINCES],
                                 struct im_error *err);

#endif
