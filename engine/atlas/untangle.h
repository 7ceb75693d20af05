/* SPDX-License-Identifier: Apache-2.0 */
/* Thinned arcs that would cross or touch get vertices back until they do not. */
#ifndef ENGINE_ATLAS_UNTANGLE_H
#define ENGINE_ATLAS_UNTANGLE_H

#include "atlas/arcs.h"

/**
 * `keep` marks the vertices of the arcs that stay; more of them do afterwards. Rings of
 * one group that do not cross before do not cross afterwards, but where looking for it
 * would take more than some dozens of steps for each vertex (outlines made for that):
 * there it is left at the tolerance of thinning. False when memory runs out.
 */
bool arcs_untangle(const struct arcs *arcs, uint8_t *keep);

#endif
