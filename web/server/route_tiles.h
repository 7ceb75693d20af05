/* SPDX-License-Identifier: Apache-2.0 */
/* Answering with a tile, for all the doors that tiles are asked for at. */
#ifndef WEB_ROUTE_TILES_H
#define WEB_ROUTE_TILES_H

#include "tile_request.h"

/** The map of a key, a new reference; NULL when a worker has to make it: then the
 *  waiter is set and the route is asked again. */
IM_CHECKED enum im_code tiles_find_map(struct exchange *x,
                                       const struct map_key *key,
                                       const struct tile_map **out,
                                       struct im_error *err);
/** An empty request in x->of_route, where it lives as long as the exchange; NULL
 *  without memory. */
struct tile_request *tiles_request_new(struct exchange *x, struct im_error *err);
/** The tile that x->of_route asks for. */
IM_CHECKED enum im_code tiles_answer(struct exchange *x, struct im_error *err);

/** Has it anything in it? A vector tile without bytes, a transparent picture. */
bool tiles_is_empty(const struct server *server, const struct body *body);
/** IM_ENOTFOUND: such a tile of layers whose empty tiles are missing. */
IM_CHECKED enum im_code tiles_fail_empty(struct im_error *err);

/** The name of a document that depends on route, language, host, `version` and `more`.
 */
IM_CHECKED enum im_code document_key(const struct exchange *x,
                                     uint64_t version,
                                     struct im_bytes more,
                                     struct body_key *out,
                                     struct im_error *err);

#endif
