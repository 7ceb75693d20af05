/* SPDX-License-Identifier: Apache-2.0 */
/* Tile matrix sets (OGC 17-083r4) as data, and how positions come into them. */
#ifndef TILES_GRID_H
#define TILES_GRID_H

#include <engine/bytes.h>
#include <engine/geom.h>
#include <engine/json_writer.h>
#include <engine/query.h>

/**
 * A tile matrix set in a coordinate system that PROJ knows. Matrices are numbered 0 ..
 * n-1 from coarse to fine, whatever their identifiers are; that number is the zoom of
 * a tile_id. Immutable, shared by all threads.
 */
struct tile_grid;

/** All *.json of a directory; WebMercatorQuad is always there and comes first. */
struct grid_set;
/** `directory` NULL: WebMercatorQuad alone. IM_EDATA: file, JSON path, what is allowed.
 */
IM_CHECKED enum im_code
grid_set_open(const char *directory, struct grid_set **out, struct im_error *err);
void grid_set_close(struct grid_set *set);
uint32_t grid_set_size(const struct grid_set *set);
const struct tile_grid *grid_set_at(const struct grid_set *set, uint32_t i);
const struct tile_grid *grid_set_find(const struct grid_set *set, struct im_bytes id);
/** The one that needs no set. */
const struct tile_grid *tile_grid_web_mercator(void);

const char *tile_grid_id(const struct tile_grid *grid);
const char *tile_grid_title(const struct tile_grid *grid, enum lang lang);
/** URI of the coordinate system; NULL: no OGC CRS (GCJ02Quad), so no WMTS, no OGC API.
 */
const char *tile_grid_crs(const struct tile_grid *grid);

struct grid_matrix {
    const char *id;           /* as declared: "0", "EPSG:4490:3" */
    double scale_denominator; /* 0.28 mm pixels */
    double cell_size;         /* of a 256 px tile's pixel, units of the CRS */
    double origin[2];         /* upper left corner, x and y (east and north) */
    uint32_t n_cols;
    uint32_t n_rows;
    uint32_t tile_px; /* 256 */
    double
        style_zoom; /* MapLibre's zoom that has the same size on the ground at 31 N */
};
uint32_t tile_grid_depth(const struct tile_grid *grid);
const struct grid_matrix *tile_grid_matrix(const struct tile_grid *grid, uint32_t zoom);
/** The tiles of a matrix that meet `box` (degrees): first and last column and row.
 *  False when none does. */
bool tile_grid_limits(const struct tile_grid *grid,
                      uint32_t zoom,
                      struct bbox box,
                      uint32_t out_cols[2],
                      uint32_t out_rows[2]);
/** The same in two steps: the rectangle of the CRS that holds `box`, east and north;
 * and the tiles of a matrix that meet such a rectangle. */
bool tile_grid_plane(const struct tile_grid *grid, struct bbox box, struct bbox *out);
bool tile_grid_plane_limits(const struct tile_grid *grid,
                            uint32_t zoom,
                            struct bbox plane,
                            uint32_t out_cols[2],
                            uint32_t out_rows[2]);
/** URI of the set; NULL: it has none. */
const char *tile_grid_uri(const struct tile_grid *grid);
/** "EPSG:4549", as in urn:ogc:def:crs:EPSG::4549; NULL as tile_grid_crs. */
const char *tile_grid_crs_code(const struct tile_grid *grid);
/** Does the CRS's authority write north before east? */
bool tile_grid_is_north_first(const struct tile_grid *grid);
double tile_grid_metres_per_unit(const struct tile_grid *grid);
/** The set as OGC JSON ("2D Tile Matrix Set", 17-083r4 annex C). */
void tile_grid_write(const struct tile_grid *grid, struct im_json *w);

#endif
