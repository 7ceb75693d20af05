/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is no GeoJSON, told from what is. */
#ifndef IMPORT_SOURCE_JSON_KIND_H
#define IMPORT_SOURCE_JSON_KIND_H

#include "json.h"

enum json_kind {
    JSON_FEATURE,
    JSON_NONE,     /* no object and no list */
    JSON_LIST,     /* [...] */
    JSON_GEOMETRY, /* GeoJSON, without a feature around it */
    JSON_OTHER,
    JSON_EMPTY /* a collection of nothing */
};

/** Of one object of a file. */
enum json_kind json_kind_of(struct im_bytes object);
/** Never for JSON_FEATURE. IM_EDATA. */
IM_CHECKED enum im_code
fail_json_kind(enum json_kind kind, const char *name, struct im_error *err);

#endif
