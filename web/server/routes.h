/* SPDX-License-Identifier: Apache-2.0 */
/* The table of paths, and the routes' entry points. */
#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

#include "exchange.h"

extern const struct route routes[];
extern const size_t n_routes;

/**
 * The route of a parsed URL, with its captures. NULL when there is none. A trailing
 * slash is tolerated on paths without captures.
 */
const struct route *routes_find(const struct http_url *url,
                                struct im_bytes captures[ROUTE_MAX_CAPTURES]);

/* route_tiles.c */
enum im_code route_tile(struct exchange *x, struct im_error *err);
enum im_code route_tile_of_grid(struct exchange *x, struct im_error *err);
enum im_code route_tilejson(struct exchange *x, struct im_error *err);
enum im_code route_tilejson_of_grid(struct exchange *x, struct im_error *err);
enum im_code route_style(struct exchange *x, struct im_error *err);
/* route_wmts.c */
enum im_code route_wmts(struct exchange *x, struct im_error *err);
enum im_code route_wmts_document(struct exchange *x, struct im_error *err);
enum im_code route_wmts_tile(struct exchange *x, struct im_error *err);
enum im_code route_wmts_info(struct exchange *x, struct im_error *err);
/* route_tms.c */
enum im_code route_tms(struct exchange *x, struct im_error *err);
enum im_code route_tms_map(struct exchange *x, struct im_error *err);
enum im_code route_tms_tile(struct exchange *x, struct im_error *err);
/* route_tianditu.c: the alias for front ends of 天地图, under a prefix of its own; the
 * route of an address, or NULL */
const struct route *tianditu_find(const struct server *server,
                                  const struct http_url *url,
                                  struct im_bytes captures[ROUTE_MAX_CAPTURES]);
/* route_grids.c */
enum im_code route_grids(struct exchange *x, struct im_error *err);
enum im_code route_grid(struct exchange *x, struct im_error *err);
/* route_fonts.c */
enum im_code route_font(struct exchange *x, struct im_error *err);
/* route_sprites.c */
enum im_code route_sprite(struct exchange *x, struct im_error *err);
/* route_static.c */
enum im_code route_static(struct exchange *x, struct im_error *err);
/* route_api.c: the operations of api/call.h, by the last segment of the path */
enum im_code route_api(struct exchange *x, struct im_error *err);
/* route_feature.c */
enum im_code route_feature(struct exchange *x, struct im_error *err);
/* route_operation.c */
enum im_code route_healthz(struct exchange *x, struct im_error *err);
enum im_code route_readyz(struct exchange *x, struct im_error *err);
enum im_code route_metrics(struct exchange *x, struct im_error *err);
/* ogc/route.c */
enum im_code route_ogc(struct exchange *x, struct im_error *err);
/* route_viewer.c */
enum im_code route_viewer(struct exchange *x, struct im_error *err);
enum im_code route_embed(struct exchange *x, struct im_error *err);

#endif
