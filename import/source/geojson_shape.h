/* SPDX-License-Identifier: Apache-2.0 */
/* A GeoJSON geometry as it stands. */
#ifndef IMPORT_GEOJSON_SHAPE_H
#define IMPORT_GEOJSON_SHAPE_H

#include "source.h"

/** Zero-initialise; its arrays serve row after row. */
struct geojson_shape {
    enum geom_kind kind;
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t n_areas;
    uint32_t cap_points;
    uint32_t cap_parts;
    uint32_t cap_areas;
    double *lonlat;
    uint32_t *part_end;
    uint32_t *area_end;
    unsigned dropped;
    const char *fault_zh;
    const char *fault_en;
};

/** *out is a view of `shape`, good until the next call. code NULL: nothing is wrong. */
struct refusal geojson_shape_read(struct geojson_shape *shape,
                                  struct im_bytes geometry,
                                  struct geom *out,
                                  unsigned *dropped);
void geojson_shape_release(struct geojson_shape *shape);

#endif
