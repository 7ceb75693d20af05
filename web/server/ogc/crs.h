/* SPDX-License-Identifier: Apache-2.0 */
/* Coordinate reference systems that features are asked for and answered in (OGC API
 * Features Part 2): positions are stored as CRS84, longitude first; everything that
 * enters or leaves is in the axis order of the CRS's authority. */
#ifndef WEB_OGC_CRS_H
#define WEB_OGC_CRS_H

#include <engine/arena.h>
#include <engine/geom.h>
#include <engine/schema.h>

struct ogc_crs {
    const char *uri;
    const char *code; /* as PROJ takes it: "EPSG:4549" */
    struct schema_title title;
    struct schema_title axes; /* "latitude, longitude" */
    bool is_lonlat;           /* CRS84: nothing has to be done */
    bool is_straight;         /* a box of it is a box of longitudes and latitudes too */
    int decimals;             /* of coordinates written: about a centimetre or finer */
};

/** CRS84 first; it is the storage CRS. */
enum { OGC_CRS_COUNT = 8 };
extern const struct ogc_crs ogc_crs_list[OGC_CRS_COUNT];

/** By URI (http or https), CURIE ("EPSG:4326", "[EPSG:4326]") or URN. NULL: not
 *  offered. */
const struct ogc_crs *ogc_crs_find(struct im_bytes name);

/** The transformations of one thread, each made when it is first asked for. */
struct ogc_crs_book;
struct ogc_crs_book *ogc_crs_book_new(void); /* NULL without memory */
void ogc_crs_book_free(struct ogc_crs_book *book);

struct ogc_transform;
/** Borrowed from the book. Errors: IM_EENV PROJ's data are not there. */
IM_CHECKED enum im_code ogc_crs_book_get(struct ogc_crs_book *book,
                                         const struct ogc_crs *crs,
                                         struct ogc_transform **out,
                                         struct im_error *err);
/** Longitude, latitude to the axes of the CRS, in place; and back. False when a
 *  position has no image. */
bool ogc_crs_forward(struct ogc_transform *t, double *xy, size_t n);
bool ogc_crs_inverse(struct ogc_transform *t, double *xy, size_t n);

/**
 * The outline of a box given in the CRS's axes: a closed counter-clockwise ring of
 * longitudes and latitudes, with vertices between the corners because the edges bend.
 * IM_EARG when a part of it lies outside of where the CRS can be used.
 */
enum { OGC_CRS_EDGE = 32, OGC_CRS_RING = 4 * OGC_CRS_EDGE + 1 };
IM_CHECKED enum im_code ogc_crs_ring(struct ogc_transform *t,
                                     const double box[4],
                                     double ring[2 * OGC_CRS_RING],
                                     struct im_error *err);

#endif
