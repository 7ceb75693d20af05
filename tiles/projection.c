/* SPDX-License-Identifier: Apache-2.0 */
/* World units into the pixels of a matrix of any grid. */
#include "projection.h"

#include <math.h>

#define WORLD_SIZE 4294967296.0
#define PI 3.14159265358979323846

/* A bend of less can not be seen. */
static const double TOLERANCE_PX = 0.08;
/* The planes we draw in are at most this much more curved than the earth itself (the
 * ripples of GCJ-02 are the worst, 13 m over 37 km). */
static const double CURVATURE = 4;
enum { MAX_HALVINGS = 40 };

void projection_open(struct tile_projection *p,
                     const struct tile_grid *grid,
                     uint32_t zoom,
                     double corner_x_px,
                     double corner_y_px,
                     double scale)
{
    const struct grid_matrix *m = &grid->matrices[zoom];
    double earth_px = GRID_EARTH_M / (m->cell_size * grid->metres_per_unit);
    double px = WORLD_SIZE / (2 * PI * earth_px); /* world units, on the equator */

    *p = (struct tile_projection){.grid = grid,
                                  .matrix = m,
                                  .pj = grid_pj_borrow(grid),
                                  .corner_px = {corner_x_px, corner_y_px},
                                  .scale = scale,
                                  .window = {-HUGE_VAL, -HUGE_VAL, HUGE_VAL, HUGE_VAL}};
    /* the sagitta of a chord is its square over 8 radii */
    p->least_edge = px * sqrt(8 * TOLERANCE_PX * earth_px / CURVATURE);
}

void projection_close(struct tile_projection *p)
{
    grid_pj_return(p->grid, p->pj);
    p->pj = NULL;
}

/* ---- positions ---- */

/* What the atlas had to clamp at the end of the square reaches the pole. */
static double lat_of(double y)
{
    return y <= 0 ? 90 : y >= UINT32_MAX ? -90 : world_lat(y);
}

/* In place: world units to local ones. */
static void project(const struct tile_projection *p, double *xy, uint32_t n)
{
    const struct grid_matrix *m = p->matrix;

    if (p->grid->kind == GRID_MERCATOR) {
        for (uint32_t i = 0; i < 2 * n; i += 2) {
            xy[i] = (xy[i] / WORLD_SIZE - 0.5) * 2 * PI * GRID_EARTH_M;
            xy[i + 1] = (0.5 - xy[i + 1] / WORLD_SIZE) * 2 * PI * GRID_EARTH_M;
        }
    } else {
        for (uint32_t i = 0; i < 2 * n; i += 2) {
            xy[i] = world_lon(xy[i]);
            xy[i + 1] = lat_of(xy[i + 1]);
        }
        grid_forward(p->grid, p->pj, xy, n);
    }
    for (uint32_t i = 0; i < 2 * n; i += 2) {
        double x = (xy[i] - m->origin[0]) / m->cell_size;
        double y = (m->origin[1] - xy[i + 1]) / m->cell_size;

        xy[i] = (x - p->corner_px[0]) * p->scale;
        xy[i + 1] = (y - p->corner_px[1]) * p->scale;
    }
}

bool projection_point(const struct tile_projection *p,
                      double x,
                      double y,
                      double out[2])
{
    out[0] = x;
    out[1] = y;
    project(p, out, 1);
    return isfinite(out[0]) && isfinite(out[1]);
}

static struct clip_box world_box(struct bbox degrees)
{
    struct clip_box b = {world_x(degrees.min_x), world_y(degrees.max_y),
                         world_x(degrees.max_x), world_y(degrees.min_y)};

    return b;
}

struct bbox projection_set_window(struct tile_projection *p, struct clip_box box)
{
    const struct grid_matrix *m = p->matrix;
    double min_x = box.min_x / p->scale + p->corner_px[0];
    double max_x = box.max_x / p->scale + p->corner_px[0];
    double min_y = box.min_y / p->scale + p->corner_px[1];
    double max_y = box.max_y / p->scale + p->corner_px[1];
    struct bbox plane = {
        m->origin[0] + min_x * m->cell_size, m->origin[1] - max_y * m->cell_size,
        m->origin[0] + max_x * m->cell_size, m->origin[1] - min_y * m->cell_size};
    struct bbox degrees = grid_degrees_of(p->grid, p->pj, plane);
    struct clip_box w;
    double pad;

    p->window = (struct clip_box){0, 0, -1, -1};
    if (bbox_is_empty(degrees))
        return degrees;
    /* cut edges must not come into the picture */
    w = world_box(degrees);
    pad = 2 + fmax(w.max_x - w.min_x, w.max_y - w.min_y) / 8;
    p->window =
        (struct clip_box){w.min_x - pad, w.min_y - pad, w.max_x + pad, w.max_y + pad};
    return degrees;
}

/* ---- edges ---- */

struct bend {
    const struct tile_projection *p;
    const struct clip_box *window;
    double wide; /* an edge this long is halved unseen */
    struct clip_path *out;
};

static bool misses(const struct clip_box *w, const double a[2], const double b[2])
{
    return fmax(a[0], b[0]) < w->min_x || fmin(a[0], b[0]) > w->max_x ||
           fmax(a[1], b[1]) < w->min_y || fmin(a[1], b[1]) > w->max_y;
}

/* Is the middle of the edge where the straight line has it? */
static bool is_straight(const struct tile_projection *p,
                        const double a[2],
                        const double mid[2],
                        const double b[2])
{
    double xy[6] = {a[0], a[1], mid[0], mid[1], b[0], b[1]};
    double dx;
    double dy;

    project(p, xy, 3);
    dx = (xy[0] + xy[4]) / 2 - xy[2];
    dy = (xy[1] + xy[5]) / 2 - xy[3];
    return hypot(dx, dy) <= TOLERANCE_PX * p->scale; /* not when one is not finite */
}

/* The vertices after `a`, up to `b`. */
static void
bend_edge(struct bend *bend, const double a[2], const double b[2], unsigned halvings)
{
    double length = fmax(fabs(b[0] - a[0]), fabs(b[1] - a[1]));

    if (length > bend->p->least_edge && halvings < MAX_HALVINGS &&
        !misses(bend->window, a, b) && !bend->out->failed) {
        double mid[2] = {(a[0] + b[0]) / 2, (a[1] + b[1]) / 2};

        if (length > bend->wide || !is_straight(bend->p, a, mid, b)) {
            bend_edge(bend, a, mid, halvings + 1);
            bend_edge(bend, mid, b, halvings + 1);
            return;
        }
    }
    clip_path_point(bend->out, b[0], b[1]);
}

static void bend_part(struct bend *bend, const double *xy, uint32_t n)
{
    double a[2];

    clip_path_clear(bend->out);
    if (n == 0)
        return;
    a[0] = xy[0];
    a[1] = xy[1];
    clip_path_point(bend->out, a[0], a[1]);
    for (uint32_t i = 1; i < n && !bend->out->failed; i++) {
        double b[2] = {xy[2 * i], xy[2 * i + 1]};

        bend_edge(bend, a, b, 0);
        a[0] = b[0];
        a[1] = b[1];
    }
}

/* ---- shapes ---- */

/* Where the projection is not defined inside of its area after all, the part is left
 * out: half an outline would be wrong. */
static bool is_finite(const double *xy, uint32_t n)
{
    for (uint32_t i = 0; i < 2 * n; i++)
        if (!isfinite(xy[i]))
            return false;
    return true;
}

static void clip_point_shape(const struct tile_projection *p,
                             const struct atlas_shape *shape,
                             struct clip_box box,
                             struct clip_path *out)
{
    for (uint32_t i = 0; i < shape->n_points && !out->failed; i++) {
        double at[2];

        if (projection_point(p, shape->xy[2 * i], shape->xy[2 * i + 1], at) &&
            at[0] >= box.min_x && at[0] <= box.max_x && at[1] >= box.min_y &&
            at[1] <= box.max_y) {
            clip_path_point(out, at[0], at[1]);
            clip_path_end(out, 1);
        }
    }
}

/* Dashes are counted from the start of the line: so all of it is needed, as far as the
 * grid goes. */
static struct clip_box part_window(const struct tile_projection *p, bool is_dashed)
{
    if (!is_dashed)
        return p->window;
    if (p->grid->kind == GRID_PROJ)
        return world_box(p->grid->area);
    return (struct clip_box){-1, -1, WORLD_SIZE, WORLD_SIZE};
}

void projection_clip_shape(const struct tile_projection *p,
                           const struct atlas_shape *shape,
                           struct tile_frame frame,
                           struct clip_box box,
                           bool as_rings,
                           const struct clip_dashes *dashes,
                           struct clip_scratch *scratch,
                           struct clip_path *out)
{
    bool is_dashed = clip_walks(dashes);
    bool is_ring = shape->kind == GEOM_AREA && as_rings;
    struct clip_box window = part_window(p, is_dashed);
    struct bend bend = {p, &window, fmax(window.max_x - window.min_x, 4),
                        &scratch->bent};
    struct clip_path *near = &scratch->near;
    struct tile_frame world = {.scale = 1, .thin_bits = frame.thin_bits};
    struct clip_box wide = {box.min_x - frame.beyond, box.min_y - frame.beyond,
                            box.max_x + frame.beyond, box.max_y + frame.beyond};
    uint32_t first = 0;

    if (is_dashed)
        world.thin_bits = 0; /* what is left out is missing in the length */
    if (shape->kind == GEOM_POINT) {
        clip_point_shape(p, shape, box, out);
        return;
    }
    for (uint32_t part = 0; part < shape->n_parts && !out->failed; part++) {
        uint32_t end = shape->part_end[part];
        uint32_t start = 0;

        clip_thinned(shape, first, end, world, NULL, &scratch->local);
        bend_part(&bend, scratch->local.xy, scratch->local.n_points);
        first = end;
        clip_path_clear(near);
        if (is_ring)
            clip_ring(bend.out->xy, bend.out->n_points, window, &scratch->half, near);
        else
            clip_line(bend.out->xy, bend.out->n_points, window, near);
        if (!is_ring && !is_dashed)
            clip_close(near, 0);
        project(p, near->xy, near->n_points);
        for (uint32_t i = 0; i < near->n_parts; i++) {
            double *xy = near->xy + 2 * (size_t)start;
            uint32_t n = near->part_end[i] - start;
            uint32_t n_parts = out->n_parts;

            start = near->part_end[i];
            if (!is_finite(xy, n))
                continue;
            if (frame.snap.least > 0 && !is_dashed)
                clip_snap_part(xy, n, frame.snap);
            if (is_ring)
                clip_ring(xy, n, wide, &scratch->half, out);
            else if (is_dashed)
                clip_line_dashed(xy, n, box, dashes, out);
            else {
                clip_line_beyond(xy, n, box, wide, out);
                clip_close(out, n_parts);
            }
        }
        out->failed |= bend.out->failed || near->failed;
    }
}
