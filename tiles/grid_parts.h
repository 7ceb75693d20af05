/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tile_grid, for the files that read it, write it and project with it.
 */
#ifndef TILES_GRID_PARTS_H
#define TILES_GRID_PARTS_H

#include <tiles/tile.h>

#include <pthread.h>

enum {
    GRID_MAX_DEPTH = TILE_MAX_ZOOM + 1,
    GRID_MAX_ID = 64,
    GRID_MAX_TEXT = 200,
    GRID_MAX_SIDE = 1 << 24, /* tiles; the keys of tiles have 24 bits for each */
    GRID_MAX_FILES = 64,
    GRID_MAX_FILE_BYTES = 256 * 1024,
    GRID_TILE_PX = 256
};
#define GRID_EARTH_M 6378137.0 /* semi-major axis of WGS 84 and CGCS2000 */
#define GRID_PIXEL_M 0.00028   /* 17-083r4: a pixel of 0.28 mm */

/* How positions come into the plane; all but the last by closed formulas. */
enum grid_kind {
    GRID_MERCATOR, /* EPSG:3857 */
    GRID_LONLAT,   /* CRS84, EPSG:4326, EPSG:4490: degrees as they are */
    GRID_GCJ02,    /* GCJ-02 degrees, then as EPSG:3857 */
    GRID_PROJ
};

/** One thread's transformation from longitude and latitude into a CRS. */
struct grid_pj;
struct grid_pool {
    pthread_mutex_t mutex;
    struct grid_pj *first; /* those that no thread is using */
};

struct tile_grid {
    char id[GRID_MAX_ID + 1];
    char title[2][GRID_MAX_TEXT + 1]; /* by enum lang */
    char uri[GRID_MAX_TEXT + 1];      /* of the set; "" none */
    char scale_set[GRID_MAX_TEXT + 1];
    char crs_uri[GRID_MAX_TEXT + 1];
    char crs_code[GRID_MAX_ID + 1]; /* as PROJ takes it: "EPSG:4549" */
    enum grid_kind kind;
    bool is_web_mercator_quad;
    bool crs_north_first;     /* the authority's order */
    bool written_north_first; /* that of orderedAxes */
    char axes[2][GRID_MAX_ID + 1];
    double metres_per_unit;
    struct bbox area; /* degrees; what lies outside is not projected */
    uint32_t depth;
    struct grid_matrix matrices[GRID_MAX_DEPTH];
    char matrix_ids[GRID_MAX_DEPTH][GRID_MAX_ID + 1];
    uint32_t detail[GRID_MAX_DEPTH]; /* zoom of the atlas's shapes */
    struct grid_pool *pool;          /* NULL unless GRID_PROJ */
};

/** What follows from the numbers read: style zooms, detail, area. Errors: IM_EDATA. */
IM_CHECKED enum im_code grid_derive(struct tile_grid *grid, struct im_error *err);
/** Asks PROJ about grid->crs_code: kind, axes, unit, area. `axes` as declared, or NULL.
 *  IM_EDATA, IM_EENV. */
IM_CHECKED enum im_code
grid_set_crs(struct tile_grid *grid, const char *const axes[2], struct im_error *err);
void grid_pool_free(struct grid_pool *pool); /* NULL is fine */

/** For one thread until it is given back. NULL: closed formulas, or without memory. */
struct grid_pj *grid_pj_borrow(const struct tile_grid *grid);
void grid_pj_return(const struct tile_grid *grid, struct grid_pj *pj);
/** Degrees to the plane (east, north), in place, and back; what has no image becomes
 *  HUGE_VAL. */
void grid_forward(const struct tile_grid *grid,
                  struct grid_pj *pj,
                  double *xy,
                  size_t n);
void grid_inverse(const struct tile_grid *grid,
                  struct grid_pj *pj,
                  double *xy,
                  size_t n);
/** The degrees that hold a rectangle of the plane. */
struct bbox
grid_degrees_of(const struct tile_grid *grid, struct grid_pj *pj, struct bbox plane);

/** Parse one document; `name` for messages. */
IM_CHECKED enum im_code grid_read(struct im_bytes json,
                                  const char *name,
                                  struct tile_grid **out,
                                  struct im_error *err);
void tile_grid_free(struct tile_grid *grid); /* NULL is fine */
/** IM_EARG with the value and the range. */
IM_CHECKED enum im_code
tile_grid_check(const struct tile_grid *grid, struct tile_id id, struct im_error *err);

#endif
