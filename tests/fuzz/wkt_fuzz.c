/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known text from clients: a geometry that is what it promises, or a message. */
#include <engine/geom_read.h>

#include "geom/check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_error err = {0};
    struct geom g = {0};
    enum im_code rc = geom_read_wkt((struct im_bytes){data, size}, arena, &g, &err);

    if (rc == IM_OK &&
        (g.kind == GEOM_EMPTY || geom_check(&g, &err) != IM_OK ||
         g.n_points > GEOM_READ_MAX_POINTS || g.n_parts > GEOM_READ_MAX_PARTS))
        abort();
    if (rc != IM_OK && (!err.msg[0] || !im_utf8_valid(im_bytes_of(err.msg)) ||
                        !im_utf8_valid(im_bytes_of(err.msg_zh))))
        abort();
    im_arena_free(arena);
    return 0;
}
