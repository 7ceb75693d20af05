/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a Mapbox Vector Tile 2.1: varints, command integers, keys and values. */
#ifndef TILES_MVT_ENCODER_H
#define TILES_MVT_ENCODER_H

#include <engine/bytes.h>

/*
 * What one layer becomes (vector_tile.proto):
 *
 *   tile    1a <len> layer
 *   layer   78 02                      version 2
 *           0a <len> name
 *           12 <len> feature           repeated
 *           1a <len> key               repeated
 *           22 <len> value             repeated
 *           28 80 20                   extent 4096
 *   feature 08 <id> 12 <len> tags 18 <type> 22 <len> geometry
 */
enum mvt_type { MVT_POINT = 1, MVT_LINESTRING = 2, MVT_POLYGON = 3 };

/* A number that a layer has as a value. Of another layer's time: free. */
struct mvt_slot {
    uint64_t bits;
    uint32_t place; /* see mvt_encoder.base */
    bool is_integer;
};

/** Everything of one layer that is being written; reused for the next one. */
struct mvt_encoder {
    struct im_buf features;
    struct im_buf keys;
    struct im_buf values;
    struct im_buf tags;     /* of the current feature */
    struct im_buf geometry; /* of the current feature */
    uint32_t n_features;
    uint32_t n_keys;
    uint32_t n_values;
    /* Where a value is remembered, it is by base + its index + 1: what is not above
     * `base` is of a layer before, so that no table has to be cleared between layers.
     */
    uint32_t base;
    struct mvt_slot *slots; /* numbers by content */
    uint32_t n_slots;       /* a power of two */
    uint32_t n_numbers;     /* of this layer in slots */
    int32_t x, y;           /* cursor */
    bool failed;            /* of the slots; the buffers say it themselves */
};

/* So many values later tables of places are cleared once. */
enum { MVT_MAX_BASE = 1 << 30 };

void mvt_encoder_init(struct mvt_encoder *e, size_t max_bytes);
void mvt_encoder_release(struct mvt_encoder *e);

/** False: `base` began anew, and the caller has to clear the places it remembers. */
bool mvt_begin_layer(struct mvt_encoder *e);
/** Of the layer so far, a little more than it will be; SIZE_MAX once a buffer failed.
 */
size_t mvt_layer_bytes(const struct mvt_encoder *e);
/** Appends the layer to `out` unless it has no feature. */
void mvt_end_layer(struct mvt_encoder *e, const char *name, struct im_buf *out);

void mvt_begin_feature(struct mvt_encoder *e);
/** Nothing is written when the feature has no geometry. A negative id is left out. */
void mvt_end_feature(struct mvt_encoder *e, int64_t id, enum mvt_type type);

/** Index of a new key; the caller remembers it. */
uint32_t mvt_key(struct mvt_encoder *e, const char *name);
/** Index of a new value; the caller remembers it where texts repeat. */
uint32_t mvt_text(struct mvt_encoder *e, struct im_bytes text);
/* Index of a value; the same number has one index, unless it is said to be unique. */
uint32_t mvt_integer(struct mvt_encoder *e, int64_t value, bool is_unique);
uint32_t mvt_double(struct mvt_encoder *e, double value);
uint32_t mvt_true(struct mvt_encoder *e);
void mvt_tag(struct mvt_encoder *e, uint32_t key, uint32_t value);

/** Points of one feature; MVT 2.1, 4.3.4.2. */
void mvt_points(struct mvt_encoder *e, const int32_t *xy, uint32_t n);
/** One line of at least two different points; 4.3.4.3. */
void mvt_line(struct mvt_encoder *e, const int32_t *xy, uint32_t n);
/** One ring without its closing vertex, at least three; 4.3.4.4. */
void mvt_ring(struct mvt_encoder *e, const int32_t *xy, uint32_t n);

#endif
