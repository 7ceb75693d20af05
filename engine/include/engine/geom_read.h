/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries that clients send, checked: GeoJSON and WKT. */
#ifndef ENGINE_GEOM_READ_H
#define ENGINE_GEOM_READ_H

#include <engine/arena.h>
#include <engine/geom.h>

/** Vertices of one geometry; more is IM_ELIMIT. */
enum { GEOM_READ_MAX_POINTS = 100000, GEOM_READ_MAX_PARTS = 20000 };

/**
 * A GeoJSON geometry, Feature, or FeatureCollection of areas (RFC 7946). Rings are
 * oriented; a third coordinate is left out; areas of a collection are united where they
 * touch or overlap. Checked: numbers finite and in -180..180,
 * -90..90, rings closed with 4 positions at least, areas valid (OGC 06-103r4, 6.1.11).
 * Errors: IM_EDATA with the JSON path or the position of the fault; IM_ELIMIT also when
 * an outline is so tangled that its check would take seconds; IM_ENOMEM.
 */
IM_CHECKED enum im_code geom_read_json(struct im_bytes json,
                                       struct im_arena *arena,
                                       struct geom *out,
                                       struct im_error *err);
/** The same from well-known text; what does not fit a `struct geom` (several kinds in
 *  one collection) is IM_EDATA. */
IM_CHECKED enum im_code geom_read_wkt(struct im_bytes text,
                                      struct im_arena *arena,
                                      struct geom *out,
                                      struct im_error *err);

#endif
