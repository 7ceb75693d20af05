/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every geometry that a client sends, in whatever form. */
#ifndef TESTS_FUZZ_GEOM_READ_H
#define TESTS_FUZZ_GEOM_READ_H

#include <engine/geom_read.h>

#include "geom/check.h"

#include <stdlib.h>

typedef enum im_code
read_fn(struct im_bytes, struct im_arena *, struct geom *, struct im_error *);

/** It is a geometry that is what it promises, or refused with a message. */
static inline void check_read(read_fn *read, const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_error err = {0};
    struct geom g = {0};
    enum im_code rc = read((struct im_bytes){data, size}, arena, &g, &err);

    if (rc == IM_OK &&
        (g.kind == GEOM_EMPTY || geom_check(&g, &err) != IM_OK ||
         g.n_points > GEOM_READ_MAX_POINTS || g.n_parts > GEOM_READ_MAX_PARTS))
        abort();
    if (rc != IM_OK && (!err.msg[0] || !im_utf8_valid(im_bytes_of(err.msg)) ||
                        !im_utf8_valid(im_bytes_of(err.msg_zh))))
        abort();
    im_arena_free(arena);
}

#endif
