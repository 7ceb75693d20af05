/* SPDX-License-Identifier: Apache-2.0 */
/* World units into the pixels of a matrix of any grid.
 *
 * Edges are straight in Web Mercator, in which the atlas holds its shapes, so that
 * every grid shows the same outline; where they bend in another plane by more than a
 * fraction of a pixel, vertices are put between. Only what is around the tile is
 * projected: far away a projection may have no image at all.
 *
 * A vertex is turned into pixels of the whole matrix and then moved by whole pixels:
 * two tiles that share it have it at the same place to the last bit. */
#ifndef TILES_PROJECTION_H
#define TILES_PROJECTION_H

#include "clip.h"
#include "grid_parts.h"

struct tile_projection {
    const struct tile_grid *grid;
    const struct grid_matrix *matrix;
    struct grid_pj *pj;
    double corner_px[2]; /* of the frame, from that of the matrix */
    double scale;        /* local units a pixel */
    double least_edge;   /* world units: shorter edges bend by less than can be seen */
    struct clip_box window; /* world units: what is projected */
};

/** Borrows from the grid; one thread's until it is closed. */
void projection_open(struct tile_projection *p,
                     const struct tile_grid *grid,
                     uint32_t zoom,
                     double corner_x_px,
                     double corner_y_px,
                     double scale);
void projection_close(struct tile_projection *p);

/** What is drawn lies in `box` (local units): returns the degrees that hold it, and
 *  only they are projected from now on. */
struct bbox projection_set_window(struct tile_projection *p, struct clip_box box);

/** One position; false when it has no image. */
bool projection_point(const struct tile_projection *p,
                      double x,
                      double y,
                      double out[2]);

/** World units to local ones in any frame; false when there is no image. */
static inline bool
frame_point(struct tile_frame frame, const uint32_t xy[2], double out[2])
{
    if (frame.projection)
        return projection_point(frame.projection, xy[0], xy[1], out);
    out[0] = (double)(xy[0] - frame.x0) * frame.scale;
    out[1] = (double)(xy[1] - frame.y0) * frame.scale;
    return true;
}

/** clip_shape of other grids; of the frame, how vertices are thinned and snapped. */
void projection_clip_shape(const struct tile_projection *p,
                           const struct atlas_shape *shape,
                           struct tile_frame frame,
                           struct clip_box box,
                           bool as_rings,
                           const struct clip_dashes *dashes,
                           struct clip_scratch *scratch,
                           struct clip_path *out);

#endif
