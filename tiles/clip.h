/* SPDX-License-Identifier: Apache-2.0 */
/* From world units into the frame of one tile, cut to a box around it. */
#ifndef TILES_CLIP_H
#define TILES_CLIP_H

#include <engine/atlas.h>

/** local = (world - origin) * scale. The difference is taken in integers, so that the
 *  last zoom is as exact as the first. */
struct tile_projection;
/** Edges along an axis are moved across it by up to half a unit, to the next n + phase:
 *  so thin lines fill whole pixels. By place alone, so that neighbours agree. */
struct clip_snap {
    double least; /* shorter edges are not; 0: none is */
    double phase[2];
};
struct tile_frame {
    int64_t x0;
    int64_t y0;
    double scale;
    struct tile_projection *projection; /* NULL: WebMercatorQuad; else it is in charge,
                                           and what stands above is not used */
    /* of clip_shape: vertices in one cell of 2^thin_bits units become one; 0: none */
    unsigned thin_bits;
    /* and edges that cross the box are cut so many units outside of it: short ones not
     * at all, so they are the same edges in every picture that shows them */
    double beyond;
    struct clip_snap snap;
};
/** Frame of the tile z/x/y whose side is `side` local units. */
struct tile_frame tile_frame_of(uint32_t z, uint32_t x, uint32_t y, double side);

struct clip_box {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};

enum { CLIP_MAX_POINTS = 8 * 1024 * 1024 };

/** Lines or rings in local units; grows and is reused. Zero-initialise. */
struct clip_path {
    double *xy;
    uint32_t *part_end;
    double *part_at; /* of clip_line_dashed: how far along its line a part begins */
    double at;       /* of the part that is open */
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t cap_points;
    uint32_t cap_parts;
    bool failed; /* memory ran out or CLIP_MAX_POINTS was reached */
};
void clip_path_release(struct clip_path *path);
void clip_path_clear(struct clip_path *path);
bool clip_path_point(struct clip_path *path, double x, double y);
/** Ends the open part; one with fewer than `least` vertices is taken back. */
void clip_path_end(struct clip_path *path, uint32_t least);

/** Buffers of one thread for the functions below. Zero-initialise. */
struct clip_scratch {
    struct clip_path local; /* the part in the frame of the tile */
    struct clip_path half;  /* between two edges of the box */
    struct clip_path bent;  /* of other grids: edges with what bends them */
    struct clip_path near;  /* and the part of it around the tile */
};
void clip_scratch_release(struct clip_scratch *scratch);

/** Liang-Barsky (1984): the pieces of a line inside the box, appended to `out`. */
void clip_line(const double *xy,
               uint32_t n_points,
               struct clip_box box,
               struct clip_path *out);

/** The segments that reach into `box`, cut to a wider one. */
void clip_line_beyond(const double *xy,
                      uint32_t n_points,
                      struct clip_box box,
                      struct clip_box wide,
                      struct clip_path *out);

enum { CLIP_MAX_DASHES = 16 };
struct clip_dashes {
    double length[CLIP_MAX_DASHES]; /* on, off, on, off ... in local units, all > 0 */
    uint32_t n;                     /* even; 0: solid */
    bool is_measured;               /* part_at is wanted also of solid lines */
};
/** Is the line walked from its start, however far that is? */
static inline bool clip_walks(const struct clip_dashes *dashes)
{
    return dashes && (dashes->n || dashes->is_measured);
}
/** As clip_line, cut into dashes counted from the start of the whole line, so that they
 *  go on across tiles. Sets out->part_at. */
void clip_line_dashed(const double *xy,
                      uint32_t n_points,
                      struct clip_box box,
                      const struct clip_dashes *dashes,
                      struct clip_path *out);

/** The same of a line that is drawn beside itself: `drawn` has as many vertices, each
 *  within a unit of its own. */
void clip_line_dashed_at(const double *xy,
                         const double *drawn,
                         uint32_t n_points,
                         struct clip_box box,
                         const struct clip_dashes *dashes,
                         struct clip_path *out);

/** Sutherland-Hodgman (1974): the ring inside the box, closed, appended to `out`;
 *  nothing when it vanishes. Edges along the box are not of the original outline. */
void clip_ring(const double *xy,
               uint32_t n_points,
               struct clip_box box,
               struct clip_path *half,
               struct clip_path *out);

/** A window in world units, its edges included. */
struct clip_window {
    int64_t min_x;
    int64_t min_y;
    int64_t max_x;
    int64_t max_y;
};
/** Every vertex that lies in `box` lies in it, and no others but those within two units
 *  of it. */
struct clip_window clip_window_of(struct tile_frame frame, struct clip_box box);
enum clip_side { CLIP_INSIDE, CLIP_OUTSIDE, CLIP_ACROSS };
/** Outside: all of it beyond one edge of the window. */
enum clip_side
clip_side_of(const uint32_t *xy, uint32_t n_points, struct clip_window window);

/** Vertices first .. end-1 of a shape in the frame of a tile, but those that lie with
 *  their neighbours beyond one edge of the window: clipped, it is the same. */
void clip_local(const struct atlas_shape *shape,
                uint32_t first,
                uint32_t end,
                struct tile_frame frame,
                struct clip_window window,
                struct clip_path *out);

/** clip_local of a shape thinned before: vertices of a run in one cell become their
 * mean. Half of all edges at low zooms are that short. Cells and runs are of the world
 * and of the whole part, and a mean does not depend on the direction: neighbouring
 * tiles and neighbouring areas agree. The ends stay where they are; what would become
 * too small to be drawn stays as it is, so that many specks keep their area. */
void clip_thinned(const struct atlas_shape *shape,
                  uint32_t first,
                  uint32_t end,
                  struct tile_frame frame,
                  const struct clip_window *window, /* NULL: every vertex */
                  struct clip_path *out);
/** Moves edges of one line or ring. */
void clip_snap_part(double *xy, uint32_t n, struct clip_snap snap);
/** The pieces from `first_part` on are of one line: where it is closed and was cut, its
 *  last piece goes on with its first. */
void clip_close(struct clip_path *out, uint32_t first_part);

/** All parts of a shape, cut: rings of areas with `as_rings`, else their outlines as
 *  lines. Appends to `out`; points of points are one-vertex parts inside the box. */
void clip_shape(const struct atlas_shape *shape,
                struct tile_frame frame,
                struct clip_box box,
                bool as_rings,
                const struct clip_dashes *dashes, /* NULL: solid */
                struct clip_scratch *scratch,
                struct clip_path *out);

/** Twice the signed area; positive when it runs clockwise on a screen (y down). */
double clip_ring_area2(const double *xy, uint32_t n_points);

#endif
