/* SPDX-License-Identifier: Apache-2.0 */
/* The division of one feature. */
#include "query/division.h"

enum { SCRATCH_BYTES = 1 << 24 };

bool analysis_division_of(const struct atlas *atlas,
                          const struct atlas_layer *layer,
                          uint32_t feature,
                          enum division_level level,
                          const struct atlas_layer **divisions,
                          uint32_t *division)
{
    struct im_arena *arena = im_arena_new(SCRATCH_BYTES);
    struct division_index index;
    bool is_known = false;

    if (arena && division_index_init(&index, atlas, arena, NULL) == IM_OK) {
        uint32_t code = division_of(&index, layer, feature, level);

        is_known = code && division_find(index.divisions, code, division);
        *divisions = index.divisions;
    }
    im_arena_free(arena);
    return is_known;
}
