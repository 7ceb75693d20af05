/* SPDX-License-Identifier: Apache-2.0 */
/* From world units into the frame of one tile, cut to a box around it. */
#include "clip.h"

#include "projection.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct tile_frame tile_frame_of(uint32_t z, uint32_t x, uint32_t y, double side)
{
    unsigned shift = WORLD_BITS - z;

    return (struct tile_frame){.x0 = (int64_t)x << shift,
                               .y0 = (int64_t)y << shift,
                               .scale = side / (double)(1ull << shift)};
}

void clip_path_release(struct clip_path *path)
{
    free(path->xy);
    free(path->part_end);
    free(path->part_at);
    *path = (struct clip_path){0};
}

void clip_path_clear(struct clip_path *path)
{
    path->n_points = 0;
    path->n_parts = 0;
    path->failed = false;
}

void clip_scratch_release(struct clip_scratch *scratch)
{
    clip_path_release(&scratch->local);
    clip_path_release(&scratch->half);
    clip_path_release(&scratch->bent);
    clip_path_release(&scratch->near);
}

static bool grow_points(struct clip_path *path)
{
    uint32_t cap = path->cap_points ? path->cap_points * 2 : 256;
    double *xy;

    if (cap > CLIP_MAX_POINTS || !(xy = realloc(path->xy, cap * 2 * sizeof *xy))) {
        path->failed = true;
        return false;
    }
    path->xy = xy;
    path->cap_points = cap;
    return true;
}

bool clip_path_point(struct clip_path *path, double x, double y)
{
    if (path->n_points == path->cap_points && !grow_points(path))
        return false;
    path->xy[2 * path->n_points] = x;
    path->xy[2 * path->n_points + 1] = y;
    path->n_points++;
    return true;
}

static uint32_t part_start(const struct clip_path *path)
{
    return path->n_parts ? path->part_end[path->n_parts - 1] : 0;
}

void clip_path_end(struct clip_path *path, uint32_t least)
{
    uint32_t start = part_start(path);

    if (path->n_points == start)
        return;
    if (path->n_points - start < least) {
        path->n_points = start;
        return;
    }
    if (path->n_parts == path->cap_parts) {
        uint32_t cap = path->cap_parts ? path->cap_parts * 2 : 32;
        uint32_t *ends = realloc(path->part_end, cap * sizeof *ends);
        double *at = realloc(path->part_at, cap * sizeof *at);

        path->part_end = ends ? ends : path->part_end;
        path->part_at = at ? at : path->part_at;
        if (!ends || !at) {
            path->failed = true;
            path->n_points = start;
            return;
        }
        path->cap_parts = cap;
    }
    path->part_at[path->n_parts] = path->at;
    path->part_end[path->n_parts++] = path->n_points;
}

static struct clip_box box_of(const double *xy, uint32_t n)
{
    struct clip_box b = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};

    for (uint32_t i = 0; i < n; i++) {
        double x = xy[2 * i];
        double y = xy[2 * i + 1];

        b.min_x = x < b.min_x ? x : b.min_x;
        b.max_x = x > b.max_x ? x : b.max_x;
        b.min_y = y < b.min_y ? y : b.min_y;
        b.max_y = y > b.max_y ? y : b.max_y;
    }
    return b;
}

static bool is_apart(struct clip_box a, struct clip_box b)
{
    return a.max_x < b.min_x || a.min_x > b.max_x || a.max_y < b.min_y ||
           a.min_y > b.max_y;
}

static bool is_within(struct clip_box a, struct clip_box b)
{
    return a.min_x >= b.min_x && a.max_x <= b.max_x && a.min_y >= b.min_y &&
           a.max_y <= b.max_y;
}

static void
copy_part(const double *xy, uint32_t n, uint32_t least, struct clip_path *out)
{
    for (uint32_t i = 0; i < n; i++)
        if (!clip_path_point(out, xy[2 * i], xy[2 * i + 1]))
            break;
    clip_path_end(out, least);
}

/* ---- lines ---- */

/* One edge of Liang-Barsky: narrow [t0, t1] to where p * t <= q. */
static bool narrow(double p, double q, double *t0, double *t1)
{
    if (p == 0)
        return q >= 0;
    double t = q / p;
    if (p < 0) {
        if (t > *t1)
            return false;
        if (t > *t0)
            *t0 = t;
    } else {
        if (t < *t0)
            return false;
        if (t < *t1)
            *t1 = t;
    }
    return true;
}

static bool
clip_segment(const double *a, const double *b, struct clip_box box, double t[2])
{
    double dx = b[0] - a[0];
    double dy = b[1] - a[1];

    t[0] = 0;
    t[1] = 1;
    return narrow(-dx, a[0] - box.min_x, &t[0], &t[1]) &&
           narrow(dx, box.max_x - a[0], &t[0], &t[1]) &&
           narrow(-dy, a[1] - box.min_y, &t[0], &t[1]) &&
           narrow(dy, box.max_y - a[1], &t[0], &t[1]);
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* A vertex of the line stays itself; a cut lies on the box in spite of rounding. */
static void put_cut(struct clip_path *out,
                    const double *a,
                    const double *b,
                    double t,
                    struct clip_box box)
{
    if (t == 0)
        clip_path_point(out, a[0], a[1]);
    else if (t == 1)
        clip_path_point(out, b[0], b[1]);
    else
        clip_path_point(out, clamp(a[0] + (b[0] - a[0]) * t, box.min_x, box.max_x),
                        clamp(a[1] + (b[1] - a[1]) * t, box.min_y, box.max_y));
}

static struct clip_box widened(struct clip_box b, double by)
{
    return (struct clip_box){b.min_x - by, b.min_y - by, b.max_x + by, b.max_y + by};
}

void clip_line(const double *xy,
               uint32_t n_points,
               struct clip_box box,
               struct clip_path *out)
{
    clip_line_beyond(xy, n_points, box, box, out);
}

void clip_line_beyond(const double *xy,
                      uint32_t n_points,
                      struct clip_box box,
                      struct clip_box wide,
                      struct clip_path *out)
{
    struct clip_box own = box_of(xy, n_points);
    double t[2];

    if (n_points < 2 || is_apart(own, box))
        return;
    if (is_within(own, box)) {
        copy_part(xy, n_points, 2, out);
        return;
    }
    for (uint32_t i = 0; i + 1 < n_points && !out->failed; i++) {
        const double *a = xy + 2 * i;

        if (!clip_segment(a, a + 2, box, t)) {
            clip_path_end(out, 2);
            continue;
        }
        (void)clip_segment(a, a + 2, wide, t); /* it reaches into it */
        if (out->n_points == part_start(out))
            put_cut(out, a, a + 2, t[0], wide);
        put_cut(out, a, a + 2, t[1], wide);
        if (t[1] < 1)
            clip_path_end(out, 2);
    }
    clip_path_end(out, 2);
}

void clip_close(struct clip_path *out, uint32_t first_part)
{
    uint32_t start = first_part ? out->part_end[first_part - 1] : 0;
    uint32_t n_first;
    const double *a;
    const double *b;

    if (out->failed || out->n_parts < first_part + 2)
        return;
    n_first = out->part_end[first_part] - start;
    a = out->xy + 2 * (size_t)start;
    b = out->xy + 2 * ((size_t)out->n_points - 1);
    if (a[0] != b[0] || a[1] != b[1])
        return;
    for (uint32_t i = 1; i < n_first; i++)
        if (!clip_path_point(out, out->xy[2 * (start + i)],
                             out->xy[2 * (start + i) + 1]))
            return;
    out->n_points -= n_first;
    out->n_parts--;
    memmove(out->xy + 2 * (size_t)start, out->xy + 2 * ((size_t)start + n_first),
            2 * (size_t)(out->n_points - start) * sizeof *out->xy);
    for (uint32_t i = first_part; i < out->n_parts; i++)
        out->part_end[i] = out->part_end[i + 1] - n_first;
    out->part_end[out->n_parts - 1] = out->n_points;
}

struct dash_walk {
    const struct clip_dashes *dashes;
    double period;
    struct clip_path *out;
};

/* Which dash is at distance s, and how far it goes on. What is left of a dash is more
 * than the distance between doubles near s: else the walk would stand still there. */
static uint32_t dash_at(const struct dash_walk *w, double s, double *left)
{
    double slack = fmax(1e-9, 4 * DBL_EPSILON * s);
    double pos = fmod(s, w->period);
    uint32_t i = 0;

    while (i + 1 < w->dashes->n && pos >= w->dashes->length[i] - slack) {
        pos -= w->dashes->length[i];
        i++;
    }
    *left = w->dashes->length[i] - pos;
    if (*left <= slack) { /* rounding at the very end of the last gap */
        *left = w->dashes->length[0];
        return 0;
    }
    return i;
}

/* The piece from a + t0 to a + t1 of a segment that starts at distance s. */
static void dash_piece(
    struct dash_walk *w, const double *a, double length, double s, const double t[2])
{
    double ux = (a[2] - a[0]) / length;
    double uy = (a[3] - a[1]) / length;
    double end = t[1] * length;

    for (double at = t[0] * length; at < end && !w->out->failed;) {
        double left = HUGE_VAL;
        bool on = w->dashes->n == 0 || dash_at(w, s + at, &left) % 2 == 0;
        double stop = fmin(end, at + left);

        if (on) {
            if (w->out->n_points == part_start(w->out)) {
                w->out->at = s + at;
                clip_path_point(w->out, a[0] + ux * at, a[1] + uy * at);
            }
            clip_path_point(w->out, a[0] + ux * stop, a[1] + uy * stop);
        }
        if (!on || stop < end)
            clip_path_end(w->out, 2);
        at = stop;
    }
}

void clip_line_dashed(const double *xy,
                      uint32_t n_points,
                      struct clip_box box,
                      const struct clip_dashes *dashes,
                      struct clip_path *out)
{
    clip_line_dashed_at(xy, xy, n_points, box, dashes, out);
}

void clip_line_dashed_at(const double *xy,
                         const double *drawn,
                         uint32_t n_points,
                         struct clip_box box,
                         const struct clip_dashes *dashes,
                         struct clip_path *out)
{
    struct dash_walk w = {dashes, 0, out};
    double s = 0;
    double t[2];

    for (uint32_t i = 0; i < dashes->n; i++)
        w.period += dashes->length[i];
    if (n_points < 2 || is_apart(box_of(xy, n_points), box))
        return;
    for (uint32_t i = 0; i + 1 < n_points && !out->failed; i++) {
        const double *a = xy + 2 * i;
        double length = hypot(a[2] - a[0], a[3] - a[1]);

        if (length > 0 && clip_segment(a, a + 2, box, t)) {
            dash_piece(&w, drawn + 2 * (size_t)i, length, s, t);
            if (t[1] < 1)
                clip_path_end(out, 2);
        } else if (length > 0) {
            clip_path_end(out, 2);
        }
        s += length;
    }
    clip_path_end(out, 2);
}

/* ---- rings ---- */

enum edge { EDGE_LEFT, EDGE_RIGHT, EDGE_TOP, EDGE_BOTTOM };

static bool is_inside(const double *p, enum edge edge, struct clip_box box)
{
    switch (edge) {
    case EDGE_LEFT:
        return p[0] >= box.min_x;
    case EDGE_RIGHT:
        return p[0] <= box.max_x;
    case EDGE_TOP:
        return p[1] >= box.min_y;
    case EDGE_BOTTOM:
        break;
    }
    return p[1] <= box.max_y;
}

/* Always computed from the inner to the outer end: the same edge of two neighbouring
 * areas is cut at the same point whichever way it runs. */
static void put_crossing(const double *in,
                         const double *ex,
                         enum edge edge,
                         struct clip_box box,
                         struct clip_path *out)
{
    if (edge == EDGE_LEFT || edge == EDGE_RIGHT) {
        double x = edge == EDGE_LEFT ? box.min_x : box.max_x;

        clip_path_point(out, x,
                        in[1] + (ex[1] - in[1]) * (x - in[0]) / (ex[0] - in[0]));
    } else {
        double y = edge == EDGE_TOP ? box.min_y : box.max_y;

        clip_path_point(out, in[0] + (ex[0] - in[0]) * (y - in[1]) / (ex[1] - in[1]),
                        y);
    }
}

/* One pass over an open ring (the last vertex does not repeat the first). */
static void clip_edge(const double *xy,
                      uint32_t n,
                      enum edge edge,
                      struct clip_box box,
                      struct clip_path *out)
{
    const double *previous = xy + 2 * (n - 1);
    bool was_inside = is_inside(previous, edge, box);

    for (uint32_t i = 0; i < n && !out->failed; i++) {
        const double *p = xy + 2 * i;
        bool inside = is_inside(p, edge, box);

        if (inside != was_inside)
            put_crossing(inside ? p : previous, inside ? previous : p, edge, box, out);
        if (inside)
            clip_path_point(out, p[0], p[1]);
        previous = p;
        was_inside = inside;
    }
}

void clip_ring(const double *xy,
               uint32_t n_points,
               struct clip_box box,
               struct clip_path *half,
               struct clip_path *out)
{
    struct clip_box own = box_of(xy, n_points);
    uint32_t start = out->n_points;
    uint32_t n = n_points - 1;

    if (n_points < 4 || is_apart(own, box))
        return;
    if (is_within(own, box)) {
        copy_part(xy, n_points, 4, out);
        return;
    }
    /* left and top into `half`, right and bottom back behind what `out` holds */
    clip_path_clear(half);
    clip_edge(xy, n, EDGE_LEFT, box, half);
    if (half->n_points)
        clip_edge(half->xy, half->n_points, EDGE_RIGHT, box, out);
    clip_path_clear(half);
    if (out->n_points > start)
        clip_edge(out->xy + 2 * start, out->n_points - start, EDGE_TOP, box, half);
    out->n_points = start;
    if (half->n_points)
        clip_edge(half->xy, half->n_points, EDGE_BOTTOM, box, out);
    if (half->failed)
        out->failed = true;
    if (out->n_points > start) {
        double x = out->xy[2 * start];
        double y = out->xy[2 * start + 1];

        clip_path_point(out, x, y);
    }
    clip_path_end(out, 4);
}

double clip_ring_area2(const double *xy, uint32_t n_points)
{
    double sum = 0;

    for (uint32_t i = 1; i + 1 < n_points;
         i++) /* relative to the first: less rounding */
        sum += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) -
               (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    return sum;
}

/* ---- shapes ---- */

struct clip_window clip_window_of(struct tile_frame frame, struct clip_box box)
{
    return (struct clip_window){frame.x0 + (int64_t)floor(box.min_x / frame.scale) - 1,
                                frame.y0 + (int64_t)floor(box.min_y / frame.scale) - 1,
                                frame.x0 + (int64_t)ceil(box.max_x / frame.scale) + 1,
                                frame.y0 + (int64_t)ceil(box.max_y / frame.scale) + 1};
}

/* Beyond which edges a vertex lies, a bit each. */
static unsigned beyond(const uint32_t *p, struct clip_window w)
{
    return (unsigned)(p[0] < w.min_x) | (unsigned)(p[0] > w.max_x) << 1 |
           (unsigned)(p[1] < w.min_y) << 2 | (unsigned)(p[1] > w.max_y) << 3;
}

/* Two vertices, x y x y, as four signed numbers in the order of the unsigned ones. */
typedef int32_t lanes __attribute__((vector_size(16)));

struct lane_bounds {
    lanes low;
    lanes high;
};

static int32_t ordered(int64_t v)
{
    v = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : v; /* no vertex is beyond these */
    return (int32_t)((uint32_t)v ^ 0x80000000u);
}

static struct lane_bounds lane_bounds_of(struct clip_window w)
{
    int32_t x0 = ordered(w.min_x);
    int32_t y0 = ordered(w.min_y);
    int32_t x1 = ordered(w.max_x);
    int32_t y1 = ordered(w.max_y);

    return (struct lane_bounds){{x0, y0, x0, y0}, {x1, y1, x1, y1}};
}

struct lane_codes {
    lanes all_low;
    lanes all_high;
    lanes some;
};

static inline void add_lanes(struct lane_codes *c, lanes v, const struct lane_bounds *w)
{
    lanes low;
    lanes high;

    v ^= (lanes){INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
    low = v < w->low;
    high = v > w->high;
    c->all_low &= low;
    c->all_high &= high;
    c->some |= low | high;
}

/* Beyond which edges all of these vertices lie, and whether any lies beyond one. */
static unsigned
all_beyond(const uint32_t *xy, uint32_t n, const struct lane_bounds *w, bool *any)
{
    struct lane_codes c = {{-1, -1, -1, -1}, {-1, -1, -1, -1}, {0, 0, 0, 0}};
    uint32_t i = 0;
    lanes v;

    for (; i + 2 <= n; i += 2) {
        memcpy(&v, xy + 2 * (size_t)i, sizeof v);
        add_lanes(&c, v, w);
    }
    if (i < n) {
        int32_t x = (int32_t)xy[2 * (size_t)i];
        int32_t y = (int32_t)xy[2 * (size_t)i + 1];

        add_lanes(&c, (lanes){x, y, x, y}, w);
    }
    *any = c.some[0] | c.some[1] | c.some[2] | c.some[3];
    return (unsigned)(c.all_low[0] & c.all_low[2] & 1) |
           (unsigned)(c.all_high[0] & c.all_high[2] & 2) |
           (unsigned)(c.all_low[1] & c.all_low[3] & 4) |
           (unsigned)(c.all_high[1] & c.all_high[3] & 8);
}

enum { BLOCK = 32 }; /* vertices that are looked at together */

enum clip_side
clip_side_of(const uint32_t *xy, uint32_t n_points, struct clip_window window)
{
    struct lane_bounds bounds = lane_bounds_of(window);
    unsigned all = 15;
    bool any = false;

    for (uint32_t i = 0; i < n_points; i += BLOCK) {
        uint32_t n = n_points - i < BLOCK ? n_points - i : BLOCK;
        bool some;

        all &= all_beyond(xy + 2 * (size_t)i, n, &bounds, &some);
        any |= some;
        if (any && !all)
            return CLIP_ACROSS;
    }
    return !any ? CLIP_INSIDE : all ? CLIP_OUTSIDE : CLIP_ACROSS;
}

static void put_local(struct clip_path *out, const uint32_t *p, struct tile_frame frame)
{
    clip_path_point(out, (double)(p[0] - frame.x0) * frame.scale,
                    (double)(p[1] - frame.y0) * frame.scale);
}

static void to_local(const struct atlas_shape *shape,
                     uint32_t first,
                     uint32_t end,
                     struct tile_frame frame,
                     struct clip_path *out)
{
    clip_path_clear(out);
    for (uint32_t i = first; i < end && !out->failed; i++)
        put_local(out, shape->xy + 2 * (size_t)i, frame);
}

void clip_local(const struct atlas_shape *shape,
                uint32_t first,
                uint32_t end,
                struct tile_frame frame,
                struct clip_window window,
                struct clip_path *out)
{
    const uint32_t *xy = shape->xy;
    struct lane_bounds bounds = lane_bounds_of(window);
    unsigned last = 0; /* of the last vertex that was put: the first one is */
    unsigned here;
    bool any;

    clip_path_clear(out);
    if (first == end)
        return;
    here = beyond(xy + 2 * (size_t)first, window);
    for (uint32_t i = first; i < end && !out->failed; i++) {
        unsigned next;

        /* all but the last one of a block that lies beyond the edge */
        while (last & here && end - i > BLOCK &&
               (last & all_beyond(xy + 2 * (size_t)i, BLOCK, &bounds, &any))) {
            i += BLOCK - 1;
            here = beyond(xy + 2 * (size_t)i, window);
        }
        next = i + 1 < end ? beyond(xy + 2 * ((size_t)i + 1), window) : 0; /* put too */
        if (!(last & here & next)) {
            put_local(out, xy + 2 * (size_t)i, frame);
            last = here;
        }
        here = next;
    }
}

/* A part in the frame, with all that may be seen of it. */
static void part_local(const struct atlas_shape *shape,
                       uint32_t first,
                       uint32_t end,
                       struct tile_frame frame,
                       struct clip_window window,
                       const struct clip_dashes *dashes,
                       struct clip_path *out)
{
    bool walks = clip_walks(dashes); /* counted along all of the line */

    if (walks) /* what is left out is missing in the length, and so is what is moved */
        to_local(shape, first, end, frame, out);
    else if (frame.thin_bits || frame.snap.least > 0)
        clip_thinned(shape, first, end, frame, &window, out);
    else
        clip_local(shape, first, end, frame, window, out);
}

/* Dashes are counted along the line as it is, and lie where it is drawn. */
static void dash_snapped(const struct clip_path *local,
                         struct clip_snap snap,
                         struct clip_box box,
                         const struct clip_dashes *dashes,
                         struct clip_path *drawn,
                         struct clip_path *out)
{
    clip_path_clear(drawn);
    for (uint32_t i = 0; i < local->n_points && snap.least > 0; i++)
        clip_path_point(drawn, local->xy[2 * (size_t)i], local->xy[2 * (size_t)i + 1]);
    if (snap.least > 0)
        clip_snap_part(drawn->xy, drawn->n_points, snap);
    out->failed |= drawn->failed;
    if (!out->failed)
        clip_line_dashed_at(local->xy, snap.least > 0 ? drawn->xy : local->xy,
                            local->n_points, box, dashes, out);
}

static void
clip_points(const struct clip_path *local, struct clip_box box, struct clip_path *out)
{
    for (uint32_t i = 0; i < local->n_points; i++) {
        const double *p = local->xy + 2 * i;

        if (p[0] >= box.min_x && p[0] <= box.max_x && p[1] >= box.min_y &&
            p[1] <= box.max_y) {
            clip_path_point(out, p[0], p[1]);
            clip_path_end(out, 1);
        }
    }
}

void clip_shape(const struct atlas_shape *shape,
                struct tile_frame frame,
                struct clip_box box,
                bool as_rings,
                const struct clip_dashes *dashes,
                struct clip_scratch *scratch,
                struct clip_path *out)
{
    struct clip_path *local = &scratch->local;
    struct clip_window window;
    struct clip_box wide;
    uint32_t first = 0;

    if (frame.projection) { /* the rest of the frame is not set then */
        projection_clip_shape(frame.projection, shape, frame, box, as_rings, dashes,
                              scratch, out);
        return;
    }
    window = clip_window_of(frame, box);
    wide = widened(box, frame.beyond);
    if (shape->kind == GEOM_POINT) {
        to_local(shape, 0, shape->n_points, frame, local);
        clip_points(local, box, out);
        out->failed |= local->failed;
        return;
    }
    for (uint32_t part = 0; part < shape->n_parts && !out->failed; part++) {
        uint32_t end = shape->part_end[part];
        uint32_t n_parts = out->n_parts;

        part_local(shape, first, end, frame, window, dashes, local);
        if (shape->kind == GEOM_AREA && as_rings)
            clip_ring(local->xy, local->n_points, wide, &scratch->half, out);
        else if (clip_walks(dashes))
            dash_snapped(local, frame.snap, box, dashes, &scratch->half, out);
        else
            clip_line_beyond(local->xy, local->n_points, box, wide, out);
        if (!(shape->kind == GEOM_AREA && as_rings) && !clip_walks(dashes))
            clip_close(out, n_parts);
        out->failed |= local->failed;
        first = end;
    }
}
