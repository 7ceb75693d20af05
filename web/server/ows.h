/* SPDX-License-Identifier: Apache-2.0 */
/* What the older OGC services (WMTS, its aliases, TMS) have in common: parameters in
 * any case, XML, exceptions. */
#ifndef WEB_OWS_H
#define WEB_OWS_H

#include "html.h"
#include "route_tiles.h"

enum { OWS_MAX_BYTES = 64 * 1024 * 1024 };

/** A parameter by its name in any case; data NULL: it is not there. */
struct im_bytes ows_param(const struct exchange *x, const char *name);
/** Errors of this exchange are exception reports (OWS Common 1.1.0, 8). */
void ows_exceptions(struct exchange *x);
/** Set the exception code (static) and what it is about, with the HTTP status; then
 *  fail with both texts. */
enum im_code ows_fail(struct exchange *x,
                      int status,
                      const char *code,
                      const char *locator,
                      struct im_bytes value,
                      const char *allowed,
                      struct im_error *err);

void ows_number(struct html *h, double value);
/** "urn:ogc:def:crs:EPSG::4490" */
void ows_write_crs(struct html *h, const struct tile_grid *grid);
/** Two numbers of the plane in the order of the CRS's authority. */
void ows_write_pair(struct html *h, const struct tile_grid *grid, double x, double y);

/** What is offered as a layer: "map", and each open layer that has a place. */
struct ows_layer {
    const char *id;
    const char *title;
    const struct atlas_layer *layer; /* NULL: the map */
    struct bbox box;                 /* degrees */
};
/** Layer `i` of the atlas, 0 the map; false when there is none of that number that is
 *  offered (go on), `*end` when there are no more. */
bool ows_layer_at(const struct exchange *x, size_t i, struct ows_layer *out, bool *end);

/** The tiles of a matrix that hold a layer, one more on each side for its names. */
bool ows_limits(const struct tile_grid *grid,
                const struct ows_layer *layer,
                uint32_t zoom,
                uint32_t cols[2],
                uint32_t rows[2]);

typedef void ows_write_fn(struct exchange *x, const char *base_url, struct html *h);
/** Answer with a document that depends on the snapshot, the language and the host: from
 *  the cache, or made by a worker. */
IM_CHECKED enum im_code ows_answer(struct exchange *x,
                                   ows_write_fn *write,
                                   const char *what,
                                   struct im_error *err);

#endif
