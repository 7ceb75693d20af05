/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON object as names and values of parameters. */
#ifndef API_JSON_PAIRS_H
#define API_JSON_PAIRS_H

#include "http_url.h"

#include <engine/arena.h>

enum { JSON_PAIRS_MAX = 100 };

/**
 * {"layer": ["a", "b"], "k": 3, "polygon": {...}}: texts as they are, numbers and true,
 * false as text, arrays of these with commas, objects as JSON again; null is not given.
 * `first` (the address line's) come before them. Errors: IM_EARG no such object, a
 * member twice, an array in an array; IM_ELIMIT over JSON_PAIRS_MAX; IM_ENOMEM.
 */
IM_CHECKED enum im_code json_pairs(struct im_bytes json,
                                   const struct url_param *first,
                                   size_t n_first,
                                   struct im_arena *arena,
                                   const struct url_param **out,
                                   size_t *n,
                                   struct im_error *err);

#endif
