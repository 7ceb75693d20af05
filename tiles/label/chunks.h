/* SPDX-License-Identifier: Apache-2.0 */
/* Where the stretches of very long lines lie, so that not every vertex is looked at for
 * each name along them. */
#ifndef TILES_LABEL_CHUNKS_H
#define TILES_LABEL_CHUNKS_H

#include <engine/atlas.h>

enum { CHUNKS_MAX = 1024, CHUNKS_FROM_POINTS = 4096, CHUNK_SHAPES = 4 };

/** Segments that begin at vertices first .. first + each - 1, parts put aside. */
struct line_chunk {
    double min_x, min_y, max_x, max_y; /* world units */
    /* of lines of one part: how far along the line its first and its last segment
     * begin, and how long that one is */
    double before;
    double last_before;
    double last_length;
};
struct line_chunks {
    const uint32_t *xy; /* of which shape */
    uint32_t n_points;
    uint32_t each;
    uint32_t n;
    double length; /* of lines of one part */
    struct line_chunk items[CHUNKS_MAX];
};

/** Those of the last shapes of one atlas. Zero-initialise. */
struct chunk_cache {
    struct line_chunks *shapes[CHUNK_SHAPES];
    unsigned next;
};
void chunk_cache_release(struct chunk_cache *cache);
size_t chunk_cache_bytes(const struct chunk_cache *cache);
/** Valid until three other shapes were asked for. NULL: the line is short, or no memory
 *  is left; then each vertex is looked at. */
const struct line_chunks *line_chunks_of(struct chunk_cache *cache,
                                         const struct atlas_shape *shape);
/** Square of the distance, 0 inside. */
double line_chunk_distance2(const struct line_chunk *chunk, double x, double y);

#endif
