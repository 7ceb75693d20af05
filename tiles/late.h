/* SPDX-License-Identifier: Apache-2.0 */
/* The deadline of one tile: asked at each feature, it reads the clock now and then. */
#ifndef TILES_LATE_H
#define TILES_LATE_H

#include <engine/deadline.h>

struct tile_late {
    const struct im_deadline *deadline; /* NULL: never */
    uint32_t steps;
    bool is_late;
};

enum { TILE_LATE_STEPS = 4096 }; /* reading the clock costs some 30 ns */

/** `steps`: about so many features or vertices have been done since. */
static inline bool tile_late(struct tile_late *late, uint32_t steps)
{
    late->steps += steps;
    if (late->steps >= TILE_LATE_STEPS && !late->is_late) {
        late->steps = 0;
        late->is_late = im_deadline_passed(late->deadline);
    }
    return late->is_late;
}
/** IM_ESTOPPED with what to ask for instead. */
enum im_code tile_late_fail(struct im_error *err);

#endif
