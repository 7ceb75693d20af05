/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries and values as text, with as many digits as it takes to read the same
 * numbers back. */
#ifndef LAYERS_GEOMETRY_H
#define LAYERS_GEOMETRY_H

#include <engine/feature_source.h>
#include <engine/json_writer.h>

/** A geometry object (RFC 7946, 3.1); simple where it has one part, null when empty. */
void geometry_json(struct im_json *w, const struct geom *g);
/** WKT (OGC 06-103r4, 7.2), simple where it has one part; nothing when it is empty.
 *  Numbers that are not finite stand there as C writes them. */
void geometry_wkt(struct im_buf *out, const struct geom *g);
/** A number that is not finite is null. */
void value_json(struct im_json *w, const struct source_value *value);
/** Into `buffer` where it is a number; "" of null and of what is not finite. */
struct im_bytes value_text(const struct source_value *value,
                           char buffer[IM_NUMBER_MAX]);

#endif
