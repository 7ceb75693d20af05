/* SPDX-License-Identifier: Apache-2.0 */
/* Coordinate systems into EPSG:4326, longitude first. */
#ifndef IMPORT_CRS_H
#define IMPORT_CRS_H

#include <engine/arena.h>

#include <ogr_srs_api.h>

enum crs_shift { CRS_NOT_SHIFTED, CRS_GCJ02, CRS_BD09 };

struct crs_transform {
    OGRCoordinateTransformationH ct; /* NULL: the numbers are EPSG:4326 already */
    enum crs_shift shift;            /* undone by iteration (engine/gcj02.h) */
    bool is_projected;               /* metres, not degrees */
};

/** From what a person wrote: a code, WKT, PROJJSON, a PROJ string, "gcj02", "bd09";
 *  longitude or east comes first in the data whatever the system says. */
IM_CHECKED enum im_code
crs_from_text(const char *text, struct crs_transform *out, struct im_error *err);
/** From what the file declares. *name in `arena`. */
IM_CHECKED enum im_code crs_from_layer(OGRSpatialReferenceH srs,
                                       struct im_arena *arena,
                                       struct crs_transform *out,
                                       const char **name,
                                       struct im_error *err);
void crs_release(struct crs_transform *crs);
/** Transform `n` positions (x, y interleaved) in place, in one call. Returns how many
 *  from the start have a place in EPSG:4326: n when all have. */
size_t crs_apply(const struct crs_transform *crs, double *xy, size_t n);

/** A coordinate system that the numbers speak for. */
struct crs_proposal {
    const char *crs;      /* "EPSG:4528", static */
    const char *title_zh; /* "CGCS2000 三度带，带号 40" */
    const char *title_en;
    double share; /* of the positions that come to lie on the map with it */
};
enum { CRS_MAX_PROPOSALS = 4 };
/** Best first: longitude and latitude, the 3-degree zones with and without zone number,
 *  6-degree zones, Web Mercator, swapped axes. Proposed, never assumed. */
size_t
crs_propose(const double *xy, size_t n, struct crs_proposal out[CRS_MAX_PROPOSALS]);

#endif
