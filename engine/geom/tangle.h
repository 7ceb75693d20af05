/* SPDX-License-Identifier: Apache-2.0 */
/* How much work an outline from outside would be for GEOS. */
#ifndef ENGINE_GEOM_TANGLE_H
#define ENGINE_GEOM_TANGLE_H

#include <engine/geom.h>

/**
 * Would asking GEOS whether these areas are valid take more than about a second? It
 * compares all monotone chains of edges whose boxes overlap: hardly any in outlines of
 * the earth, all of them in a comb of slanting teeth, which may be perfectly valid.
 * True without memory.
 */
bool geom_is_tangled(const struct geom *areas);

#endif
