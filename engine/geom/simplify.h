/* SPDX-License-Identifier: Apache-2.0 */
/* Fewer vertices for low zooms: Douglas and Peucker on world units. */
#ifndef ENGINE_GEOM_SIMPLIFY_H
#define ENGINE_GEOM_SIMPLIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum simplify_kind {
    SIMPLIFY_LINE,
    SIMPLIFY_RING, /* closed; stays so, with at least 4 points */
    SIMPLIFY_SIDE  /* a line of which one vertex between the ends stays if it has any */
};

/** Working memory, used again for each part. Zero-initialise. */
struct simplify_scratch {
    uint32_t *stack; /* first and last vertex of a stretch, and how deep it is */
    size_t cap;
};
void simplify_release(struct simplify_scratch *scratch);

/**
 * Which vertices stay, of n in `xy`: marks in `keep` (n bytes, 0 or 1). Takes time of
 * the order of n log n, whatever the vertices are. False when memory runs out.
 */
bool simplify_marks(const uint32_t *xy,
                    size_t n,
                    enum simplify_kind kind,
                    double tolerance,
                    struct simplify_scratch *scratch,
                    uint8_t *keep);
/** Of the vertices first .. last: the one between that is farthest from the stretch. */
size_t simplify_farthest(const uint32_t *xy, size_t first, size_t last);

#endif
