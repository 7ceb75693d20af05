/* SPDX-License-Identifier: Apache-2.0 */
/* A second reading of the vector tile specification 2.1, only for tests: strict where a
 * viewer would be lenient. GDAL is the third (see mvt/tile_test.c). */
#ifndef TESTS_TILES_MVT_DECODER_H
#define TESTS_TILES_MVT_DECODER_H

#include <engine/bytes.h>

enum {
    DECODED_MAX_FEATURES = 4096,
    DECODED_MAX_POINTS = 1 << 18,
    DECODED_MAX_TEXT = 4096
};

struct decoded_feature {
    char layer[64];
    uint64_t id;
    bool has_id;
    uint32_t type;
    char properties[DECODED_MAX_TEXT]; /* "name='x' n=3", in the order of the tile */
    uint32_t first_part;
    uint32_t n_parts;
};

struct decoded_tile {
    uint32_t n_layers;
    uint32_t n_features;
    struct decoded_feature features[DECODED_MAX_FEATURES];
    uint32_t n_parts;
    uint32_t part_first[DECODED_MAX_POINTS];
    uint32_t part_n[DECODED_MAX_POINTS]; /* rings: without the closing vertex */
    uint32_t n_points;
    int32_t xy[2 * DECODED_MAX_POINTS];
};

/** The test fails when the bytes break the specification. Free with free(). */
struct decoded_tile *decode_tile(struct im_bytes tile);
/** The tile as text, one feature a line with its parts below. */
void decoded_write(const struct decoded_tile *tile, struct im_buf *out);
/** Twice the area of a part by the surveyor's formula (4.3.3.3). */
int64_t decoded_area2(const struct decoded_tile *tile, uint32_t part);

#endif
