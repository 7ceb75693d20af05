/* SPDX-License-Identifier: Apache-2.0 */
/* Administrative units as the ECharts packages carry them: rings of integers in steps
 * of 1/1024 degree, in GCJ-02. */
#ifndef BASEMAP_UNITS_H
#define BASEMAP_UNITS_H

#include <engine/bytes.h>

enum { GRID_PER_DEG = 1024, UNIT_NAME_BYTES = 64 };

struct grid_point {
    int32_t x; /* east, GRID_PER_DEG to the degree */
    int32_t y;
};

struct grid_ring {
    size_t first; /* index into unit_set.point */
    size_t n;     /* the last point does not repeat the first */
    unsigned polygon;
};

struct unit {
    int32_t adcode;
    char name_zh[UNIT_NAME_BYTES];
    size_t first_ring;
    size_t n_rings;
    bool has_seat;
    double seat_lon; /* GCJ-02, degrees */
    double seat_lat;
};

struct unit_set {
    struct unit *unit;
    size_t n_units;
    size_t cap_units;
    struct grid_ring *ring;
    size_t n_rings;
    size_t cap_rings;
    struct grid_point *point;
    size_t n_points;
    size_t cap_points;
    size_t dropped_rings; /* of fewer than three distinct points */
};

void unit_set_release(struct unit_set *set);
/** Calls that return false ran out of memory. */
bool unit_set_add_unit(struct unit_set *set, int32_t adcode, const char *name_zh);
bool unit_set_add_ring(struct unit_set *set, unsigned polygon);
bool unit_set_add_point(struct unit_set *set, struct grid_point p);
/** Finish the ring that was added last: removes repeated points and its closing
 *  point, drops it when fewer than three distinct points remain. */
void unit_set_end_ring(struct unit_set *set);

/**
 * Read a FeatureCollection of the ECharts packages and append its units.
 *
 * In:     with "UTF8Encoding": true coordinates are strings, decoded as in ring_decode;
 *         otherwise plain degrees, rounded to the grid (they lie on it)
 * Errors: IM_EDATA with the feature's number and name; IM_ENOMEM. Units read before
 *         the fault stay in the set: the caller gives it up.
 */
IM_CHECKED enum im_code
units_read_json(struct unit_set *set, struct im_bytes json, struct im_error *err);

/**
 * Decode one ring of ECharts' compressed GeoJSON into the ring that was added last.
 *
 * In:     `text` is UTF-8; its UTF-16 units come in pairs (x, y), each 64 plus the
 *         zigzag code of the difference to the point before; the first is relative to
 *         `start`
 * Errors: IM_EDATA an odd number of units, a unit below 64 or beyond U+FFFF, broken
 *         UTF-8, a position that is not on Earth; IM_ENOMEM
 */
IM_CHECKED enum im_code ring_decode(struct unit_set *set,
                                    struct im_bytes text,
                                    struct grid_point start,
                                    struct im_error *err);

#endif
