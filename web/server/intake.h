/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a request in, and what is refused before any route sees it. A refusal sets
 * x->status where the code alone does not say it. */
#ifndef WEB_INTAKE_H
#define WEB_INTAKE_H

#include "exchange.h"

/** A header of the request; the text lives as long as the exchange. */
void intake_header(struct exchange *x, const char *name, const char *value);

/**
 * After the headers: is this a request we may read to its end? Requests whose end two
 * servers might see at different places are refused and the connection is closed, so
 * that nothing can be smuggled behind them. *drop: the body is still to be read and
 * dropped, so that the client gets to read the answer.
 */
IM_CHECKED enum im_code intake_begin(struct exchange *x,
                                     const char *method,
                                     const char *version,
                                     bool *drop,
                                     struct im_error *err);
/** A piece of the body. */
IM_CHECKED enum im_code
intake_body(struct exchange *x, const void *data, size_t len, struct im_error *err);
/** At the end: x->route, captures, parameters. */
IM_CHECKED enum im_code intake_end(struct exchange *x, struct im_error *err);

/** "GET, HEAD, OPTIONS", with POST where the route takes it. */
const char *intake_methods(const struct route *route);

#endif
