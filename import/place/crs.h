/* SPDX-License-Identifier: Apache-2.0 */
/* Coordinate systems into EPSG:4326, longitude first.
 *
 *   crs.c       what a person or a file says, and the transform
 *   propose.c   what the numbers themselves speak for
 */
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

/**
 * From what a person wrote: a code ("EPSG:4549", "4549"), WKT, PROJJSON, a PROJ string,
 * a .prj file, "gcj02", "bd09", or one of their Chinese names; longitude or east comes
 * first in the data whatever the system says.
 *
 * Between WGS 84, CGCS2000 and the ITRF nothing is changed: they differ by centimetres
 * to decimetres. From any other datum PROJ must have an operation for the whole map
 * with an accuracy of CRS_WORST_M or better, or the person must give its parameters
 * (+towgs84): what PROJ calls a ballpark would be 50 to 150 m off.
 *
 * Errors: IM_EARG not understood; IM_EDATA there is no exact way to EPSG:4326; IM_EIO
 * the .prj file; IM_EENV PROJ lacks its data.
 */
IM_CHECKED enum im_code
crs_from_text(const char *text, struct crs_transform *out, struct im_error *err);
enum { CRS_WORST_M = 20 };
/** From what the file declares. *name in `arena`: "EPSG:4549" also where the file has
 *  WKT without a code, else its title. */
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
    const char *crs;      /* "EPSG:4528", static; "": none can be given, see the hint */
    const char *title_zh; /* "CGCS2000 三度带，带号 40" */
    const char *title_en;
    const char *hint_zh; /* what a person has to know before taking it, "" */
    const char *hint_en;
    bool is_exchanged; /* north or latitude stands where x is expected */
    double share;      /* of the positions that come to lie on the map with it */
};
enum { CRS_MAX_PROPOSALS = 6 };
/**
 * Best first: longitude and latitude, the 3-degree zones with and without zone number,
 * 6-degree zones, UTM, the Mercators, each also with x and y exchanged. Proposed, never
 * assumed. "On the map" is a rough outline of the four provinces, so that of several
 * central meridians the one whose positions do not fall into the sea comes first. Of
 * many positions about a thousand are looked at.
 */
size_t
crs_propose(const double *xy, size_t n, struct crs_proposal out[CRS_MAX_PROPOSALS]);

/** The same for one position by the size of its numbers only, without a transform, for
 *  the text of a refusal; share is 0. False: they look like nothing known. */
bool crs_look(double x, double y, struct crs_proposal *out);

#endif
