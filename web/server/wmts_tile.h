/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that name a tile in WMTS, whichever way they came. */
#ifndef WEB_WMTS_TILE_H
#define WEB_WMTS_TILE_H

#include "ows.h"

struct wmts_tile {
    struct im_bytes layer;
    struct im_bytes style;
    struct im_bytes set;
    struct im_bytes matrix;
    struct im_bytes row;
    struct im_bytes col;
    bool is_rest; /* what is not there is 404, not 400 */
};
/**
 * Map and tile, within the limits that the capabilities state; r->format is left as it
 * is. Errors have the exception code and the locator of OGC 07-057r7, 7.2.5.
 */
IM_CHECKED enum im_code wmts_read_tile(struct exchange *x,
                                       const struct wmts_tile *t,
                                       struct tile_request *r,
                                       struct im_error *err);

/** Language, snapshot and errors of this exchange, as WMTS has them. */
void wmts_start(struct exchange *x);

/** What GetFeatureInfo asks; x->of_route then. */
enum wmts_info_format { WMTS_INFO_JSON, WMTS_INFO_TEXT, WMTS_INFO_HTML };
enum { WMTS_INFO_FORMATS = WMTS_INFO_HTML + 1 };
struct wmts_info {
    struct tile_request tile;
    uint32_t i_px; /* from the left edge of the tile */
    uint32_t j_px; /* from its upper edge */
    uint32_t most;
    enum wmts_info_format format;
};
/** "application/json", "json" ... */
const char *wmts_info_type(enum wmts_info_format format);
const char *wmts_info_suffix(enum wmts_info_format format);
/** May it be asked what lies in it: an open layer with a place, not of the base map? */
bool wmts_is_queryable(const struct atlas_layer *layer);
/** GetFeatureInfo by parameters. */
IM_CHECKED enum im_code wmts_get_info(struct exchange *x, struct im_error *err);

#endif
