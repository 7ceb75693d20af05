/* SPDX-License-Identifier: Apache-2.0 */
/* Which style properties nothing can be seen of on our maps. */
#ifndef TESTS_TILES_FLAT_PROPERTIES_H
#define TESTS_TILES_FLAT_PROPERTIES_H

#include "style/style.h"

/* They say something about maps that are tilted or turned, or about labels that would
 * be cut at the border of a tile, which ours never are. */
static inline bool is_flat(enum style_property property)
{
    static const enum style_property flat[] = {
        FILL_TRANSLATE_ANCHOR, LINE_TRANSLATE_ANCHOR,  CIRCLE_TRANSLATE_ANCHOR,
        CIRCLE_PITCH_SCALE,    CIRCLE_PITCH_ALIGNMENT, ICON_TRANSLATE_ANCHOR,
        TEXT_TRANSLATE_ANCHOR, ICON_PITCH_ALIGNMENT,   TEXT_PITCH_ALIGNMENT,
        SYMBOL_AVOID_EDGES,
    };

    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
        if (flat[i] == property)
            return true;
    return false;
}

#endif
