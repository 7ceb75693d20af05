/* SPDX-License-Identifier: Apache-2.0 */
/* Lines with width: joins, caps, dashes, offset.
 *
 * A stroke is the sum of consistently wound pieces: a quad per segment, a wedge per
 * join at its outer side, a piece per cap. Pieces overlap, and min(|sum|, 1) makes one
 * surface of them; opposite windings would cancel, so there are none. Edges that two
 * neighbouring pieces share are left out, which leaves per part one outline: along the
 * right side (+n) forwards, along the left side backwards, at the inner side of a turn
 * by way of the vertex itself. At a slight turn both sides run on to where they meet:
 * two edges a segment are all there are then.
 *
 *        left      a - n ◀────────── b - n ◀─╮ outer side: the join
 *        line      a ══════════════▶ b       │
 *        right     a + n ──────────▶ b + n ──╯ inner side: by way of b
 */
#include "coverage.h"

#include "pixel.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_WIDTH_PX = 2 * RASTER_MAX_SIDE_PX, MAX_MITER = 100 };

struct vec {
    double x, y;
};

static struct vec add(struct vec a, struct vec b)
{
    return (struct vec){a.x + b.x, a.y + b.y};
}
static struct vec sub(struct vec a, struct vec b)
{
    return (struct vec){a.x - b.x, a.y - b.y};
}
static struct vec scale(struct vec a, double k)
{
    return (struct vec){a.x * k, a.y * k};
}
static double dot(struct vec a, struct vec b)
{
    return a.x * b.x + a.y * b.y;
}
static double cross(struct vec a, struct vec b)
{
    return a.x * b.y - a.y * b.x;
}

/** Points of one part without repetitions. */
struct part {
    const double *xy;
    size_t n;
    bool closed;
};
static struct vec point(const struct part *part, size_t i)
{
    return (struct vec){part->xy[2 * i], part->xy[2 * i + 1]};
}

struct pen {
    struct draw_scratch *scratch;
    const struct draw_stroke *stroke;
    double half;                         /* half the width */
    double step_cos, step_sin, step_rad; /* of round joins and caps */
    /* beyond this box nothing of a segment can be seen */
    double min_x, min_y, max_x, max_y;

    bool down;
    bool has_segment;
    bool ring; /* the start waits for a join instead of a cap */
    enum draw_cap start_cap;
    struct vec start_n;
    double start_length;
    struct vec at, n; /* current point; half * unit normal of the last segment */
    double length;    /* of the last segment */
    struct vec right,
        left; /* where its sides begin; they end with the next join or cap */
};

static void edge(struct pen *pen, struct vec a, struct vec b)
{
    coverage_edge(pen->scratch, a.x, a.y, b.x, b.y);
}

/** From c + from to c + to, turning by `angle` >= 0 the way all pieces are wound. */
static void
arc(struct pen *pen, struct vec c, struct vec from, struct vec to, double angle)
{
    double sine = -pen->step_sin;
    int n = (int)(angle / pen->step_rad);
    struct vec r = from;
    struct vec a = add(c, from);

    for (int i = 0; i < n; i++) {
        r = (struct vec){r.x * pen->step_cos - r.y * sine,
                         r.x * sine + r.y * pen->step_cos};
        edge(pen, a, add(c, r));
        a = add(c, r);
    }
    edge(pen, a, add(c, to));
}

/** The outer side of a turn from n1 to n2 (both half long) at p, in this order. */
static void outer_join(struct pen *pen, struct vec p, struct vec n1, struct vec n2)
{
    double square = pen->half * pen->half;
    double cosine = dot(n1, n2) / square;

    if (cosine > 0.9999) { /* under a degree: nothing to see of any join */
        edge(pen, add(p, n1), add(p, n2));
        return;
    }
    /* miter length over width is 1 / cos(half the turn); its square is 2 / (1 + cos) */
    bool is_round = pen->stroke->join == DRAW_JOIN_ROUND;
    double limit =
        (double)(is_round ? pen->stroke->round_limit : pen->stroke->miter_limit);
    bool is_under = (1 + cosine) * limit * limit >= 2;
    if (is_round && !is_under) {
        arc(pen, p, n1, n2, atan2(fabs(cross(n1, n2)), dot(n1, n2)));
        return;
    }
    if (pen->stroke->join != DRAW_JOIN_BEVEL && is_under) {
        struct vec tip = add(p, scale(add(n1, n2), 1 / (1 + cosine)));

        edge(pen, add(p, n1), tip);
        edge(pen, tip, add(p, n2));
        return;
    }
    edge(pen, add(p, n1), add(p, n2));
}

/** The inner side of a turn. Where both segments are long enough, the corners p + from
 *  and p + to lie in both quads, and so does their triangle with p: it is counted
 * twice, and the straight way leaves it out once. Else the way leads by p. */
static void
inner_join(struct pen *pen, struct vec p, struct vec from, struct vec to, double length)
{
    if (fabs(cross(from, to)) <= length * pen->half && dot(from, to) > 0) {
        edge(pen, add(p, from), add(p, to));
    } else {
        edge(pen, add(p, from), p);
        edge(pen, p, add(p, to));
    }
}

/** Draw both sides of the segment that ends here. */
static void end_sides(struct pen *pen, struct vec right, struct vec left)
{
    edge(pen, pen->right, right);
    edge(pen, left, pen->left);
}

/** A turn so slight that no join can be told from a miter: the sides end where those of
 *  the next segment begin. Neither segment may lose more than half its inner side. */
static bool slight_join(struct pen *pen, struct vec n1, struct vec n2, double length)
{
    double square = pen->half * pen->half;
    double one_plus = 1 + dot(n1, n2) / square;
    double turn = fabs(cross(n1, n2)) / square;
    struct vec m;

    /* a miter sticks out by half * (1 / cos(turn / 2) - 1), about half * turn^2 / 8 */
    if (one_plus < 1.6 || pen->half * turn * turn > 0.4 ||
        2 * pen->half * turn > length * one_plus)
        return false;
    m = scale(add(n1, n2), 1 / one_plus);
    end_sides(pen, add(pen->at, m), sub(pen->at, m));
    pen->right = add(pen->at, m);
    pen->left = sub(pen->at, m);
    return true;
}

/** Between segments with normals n1 and n2, the shorter of which has this length. */
static void
join(struct pen *pen, struct vec p, struct vec n1, struct vec n2, double length)
{
    struct vec m1 = scale(n1, -1);
    struct vec m2 = scale(n2, -1);

    end_sides(pen, add(p, n1), add(p, m1));
    if (cross(n1, n2) >= 0) { /* turns towards +n: the other side is the outer one */
        inner_join(pen, p, n1, n2, length);
        outer_join(pen, p, m2, m1); /* that side runs backwards */
    } else {
        outer_join(pen, p, n1, n2);
        inner_join(pen, p, m2, m1, length);
    }
}

/** From p - n to p + n, around the start of a segment with normal n. The end of a
 *  segment is the start of the same one walked backwards. */
static void cap(struct pen *pen, struct vec p, struct vec n, enum draw_cap kind)
{
    struct vec back = {-n.y, n.x}; /* n is the direction turned by +90 degrees */
    struct vec m = scale(n, -1);

    if (kind == DRAW_CAP_ROUND) {
        arc(pen, p, m, n, M_PI);
    } else if (kind == DRAW_CAP_SQUARE) {
        edge(pen, add(p, m), add(add(p, m), back));
        edge(pen, add(add(p, m), back), add(add(p, n), back));
        edge(pen, add(add(p, n), back), add(p, n));
    } else {
        edge(pen, add(p, m), add(p, n));
    }
}

static void pen_start(struct pen *pen, struct vec at, enum draw_cap kind, bool ring)
{
    pen->down = true;
    pen->has_segment = false;
    pen->ring = ring;
    pen->start_cap = kind;
    pen->at = at;
}

static void pen_line(struct pen *pen, struct vec to)
{
    struct vec d = sub(to, pen->at);
    double length = sqrt(dot(d, d));

    if (!(length > 0))
        return;
    /* +90 degrees in a plane with y down: the right-hand side of the direction */
    struct vec n = {-d.y * (pen->half / length), d.x * (pen->half / length)};
    if (pen->has_segment) {
        double shorter = length < pen->length ? length : pen->length;

        if (!slight_join(pen, pen->n, n, shorter)) {
            join(pen, pen->at, pen->n, n, shorter);
            pen->right = add(pen->at, n);
            pen->left = sub(pen->at, n);
        }
    } else {
        pen->start_n = n;
        pen->start_length = length;
        pen->has_segment = true;
        if (!pen->ring)
            cap(pen, pen->at, n, pen->start_cap);
        pen->right = add(pen->at, n);
        pen->left = sub(pen->at, n);
    }
    pen->at = to;
    pen->n = n;
    pen->length = length;
}

/** A part that has no length: what is left of it is its caps. */
static void dot_at(struct pen *pen, struct vec at, enum draw_cap kind)
{
    struct vec n = {0, pen->half};

    if (kind != DRAW_CAP_BUTT) {
        cap(pen, at, n, kind);
        cap(pen, at, scale(n, -1), kind);
    }
}

static void last_cap(struct pen *pen, enum draw_cap kind)
{
    end_sides(pen, add(pen->at, pen->n), sub(pen->at, pen->n));
    cap(pen, pen->at, scale(pen->n, -1), kind);
}

static void pen_end(struct pen *pen, enum draw_cap kind)
{
    if (!pen->down)
        return;
    pen->down = false;
    if (!pen->has_segment)
        dot_at(pen, pen->at, kind);
    else if (pen->ring)
        join(pen, pen->at, pen->n, pen->start_n, fmin(pen->length, pen->start_length));
    else
        last_cap(pen, kind);
}

/** Leave the visible surroundings: a plain end that nobody sees. */
static void pen_break(struct pen *pen)
{
    if (pen->down && pen->has_segment)
        last_cap(pen, DRAW_CAP_BUTT);
    pen->down = false;
}

static bool hidden(const struct pen *pen, struct vec a, struct vec b)
{
    return (a.x < pen->min_x && b.x < pen->min_x) ||
           (a.x > pen->max_x && b.x > pen->max_x) ||
           (a.y < pen->min_y && b.y < pen->min_y) ||
           (a.y > pen->max_y && b.y > pen->max_y);
}

/** Where a walk around the part begins: a ring that leaves the surroundings is walked
 *  from there on, as a line, so that it never has to be joined to a start not drawn. */
static size_t first_vertex(const struct pen *pen, struct part *part)
{
    if (part->closed)
        for (size_t i = 0; i < part->n; i++)
            if (hidden(pen, point(part, i), point(part, (i + 1) % part->n))) {
                return (i + 1) % part->n;
            }
    return 0;
}

static void solid(struct pen *pen, struct part *part)
{
    size_t n_segments = part->closed ? part->n : part->n - 1;
    size_t first = first_vertex(pen, part);
    bool ring = part->closed;
    struct vec a = point(part, first);

    /* a ring that starts after a hidden segment also ends with it */
    if (ring && hidden(pen, point(part, (first + part->n - 1) % part->n), a))
        ring = false;
    for (size_t i = 0; i < n_segments; i++) {
        struct vec b = point(part, (first + i + 1) % part->n);

        if (hidden(pen, a, b)) {
            pen_break(pen);
        } else {
            if (!pen->down)
                pen_start(pen, a,
                          i == 0 && !part->closed ? pen->stroke->cap : DRAW_CAP_BUTT,
                          ring);
            pen_line(pen, b);
        }
        a = b;
    }
    pen_end(pen, part->closed ? DRAW_CAP_BUTT : pen->stroke->cap);
}

/* ---- dashes ---- */

struct dash {
    const float *lengths;
    uint32_t n;      /* an odd list is walked twice, as in SVG */
    uint32_t n_walk; /* n, or 2 * n when odd */
    double period;
    uint32_t at;
    double left; /* of the dash or gap at hand */
};

static bool dash_is_on(const struct dash *dash)
{
    return dash->at % 2 == 0;
}

static void dash_next(struct dash *dash)
{
    dash->at = (dash->at + 1) % dash->n_walk;
    dash->left = (double)dash->lengths[dash->at % dash->n];
}

static void dash_skip(struct dash *dash, double length)
{
    length = fmod(length, dash->period);
    while (length >= dash->left) {
        length -= dash->left;
        dash_next(dash);
    }
    dash->left -= length;
}

/** The stretch t0..t1 of a segment inside the surroundings; false: none. */
static bool
visible(const struct pen *pen, struct vec a, struct vec b, double *t0, double *t1)
{
    const double from[2] = {a.x, a.y};
    const double step[2] = {b.x - a.x, b.y - a.y};
    const double low[2] = {pen->min_x, pen->min_y};
    const double high[2] = {pen->max_x, pen->max_y};

    *t0 = 0;
    *t1 = 1;
    for (int axis = 0; axis < 2; axis++) {
        if (step[axis] == 0) {
            if (from[axis] < low[axis] || from[axis] > high[axis])
                return false;
            continue;
        }
        double enter = (low[axis] - from[axis]) / step[axis];
        double leave = (high[axis] - from[axis]) / step[axis];
        if (enter > leave) {
            double t = enter;

            enter = leave;
            leave = t;
        }
        *t0 = enter > *t0 ? enter : *t0;
        *t1 = leave < *t1 ? leave : *t1;
    }
    return *t0 < *t1;
}

/** Dashes of the stretch of `length` from `a` in direction `unit`. */
static void dash_stretch(
    struct pen *pen, struct dash *dash, struct vec a, struct vec unit, double length)
{
    double at = 0;

    if (dash_is_on(dash) && !pen->down)
        pen_start(pen, a, DRAW_CAP_BUTT, false);
    while (dash->left <= length - at) {
        at += dash->left;
        struct vec p = add(a, scale(unit, at));
        if (dash_is_on(dash)) {
            pen_line(pen, p);
            pen_end(pen, pen->stroke->cap);
        } else {
            pen_start(pen, p, pen->stroke->cap, false);
        }
        dash_next(dash);
    }
    dash->left -= length - at;
    if (dash_is_on(dash))
        pen_line(pen, add(a, scale(unit, length)));
}

static void dash_segment(struct pen *pen, struct dash *dash, struct vec a, struct vec b)
{
    struct vec d = sub(b, a);
    double length = sqrt(dot(d, d));
    double t0;
    double t1;

    if (!visible(pen, a, b, &t0, &t1)) {
        pen_break(pen);
        dash_skip(dash, length);
        return;
    }
    /* no stretch is longer than the diagonal; with coordinates like 1e30 rounding would
     * make it so, and the walk endless */
    double longest = hypot(pen->max_x - pen->min_x, pen->max_y - pen->min_y);
    double stretch = fmin((t1 - t0) * length, longest);
    if (t0 > 0) {
        pen_break(pen);
        dash_skip(dash, t0 * length);
        a = add(a, scale(d, t0));
    }
    dash_stretch(pen, dash, a, scale(d, 1 / length), stretch);
    if (t1 < 1) {
        pen_break(pen);
        dash_skip(dash, (1 - t1) * length);
    }
}

static void dashed(struct pen *pen, const struct part *part, struct dash dash)
{
    size_t n_segments = part->closed ? part->n : part->n - 1;

    dash.at = 0;
    dash.left = (double)dash.lengths[0];
    pen_start(pen, point(part, 0), pen->stroke->cap, false);
    for (size_t i = 0; i < n_segments; i++)
        dash_segment(pen, &dash, point(part, i), point(part, (i + 1) % part->n));
    if (pen->down && pen->has_segment)
        pen_end(pen, pen->stroke->cap);
    pen->down = false;
}

/* ---- offset ---- */

struct leg {
    struct vec n; /* unit normal, to the right */
    double length;
};

static struct leg leg_of(const struct part *part, size_t i)
{
    struct vec d = sub(point(part, (i + 1) % part->n), point(part, i));
    double length = sqrt(dot(d, d));

    return (struct leg){{-d.y / length, d.x / length}, length};
}

/** Whether the shifted legs are joined at the one point where they meet: at outer turns
 *  up to about 140 degrees, at inner ones where both legs are long enough. */
static bool meets(struct leg before, struct leg after, double offset)
{
    double cosine = dot(before.n, after.n);
    double turn = cross(before.n, after.n);
    double cut = fabs(turn * offset); /* (1 + cosine) times what a leg loses */

    return cosine > -0.75 || (turn * offset > 0 &&
                              cut < fmin(before.length, after.length) * (1 + cosine));
}

/** Shift every vertex to the right by the offset. Loops that a shift beyond a curve's
 *  radius makes are left as they are. */
static struct part offset_part(const struct part *in, double offset, double *out)
{
    struct part part = {.xy = out, .closed = in->closed};
    size_t n_legs = in->closed ? in->n : in->n - 1;
    struct leg before = leg_of(in, in->closed ? in->n - 1 : 0);

    for (size_t i = 0; i < in->n; i++) {
        struct leg after = i < n_legs ? leg_of(in, i) : before;
        struct vec p = point(in, i);
        struct vec corners[2] = {add(p, scale(before.n, offset)),
                                 add(p, scale(after.n, offset))};
        size_t n = 2;

        if (meets(before, after, offset)) {
            double k = offset / (1 + dot(before.n, after.n));

            corners[0] = add(p, scale(add(before.n, after.n), k));
            n = 1;
        }
        for (size_t k = 0; k < n; k++) {
            out[2 * part.n] = corners[k].x;
            out[2 * part.n + 1] = corners[k].y;
            part.n++;
        }
        before = after;
    }
    return part;
}

/* ---- a whole path ---- */

/** Copy a part, leaving out points within a thousandth of a pixel of the last kept one;
 *  the last point of a line is always kept. */
static struct part clean_part(const float *xy, size_t n, bool closed, double *out)
{
    /* there and back is no ring */
    bool ends_at_start = n > 3 && xy[0] == xy[2 * n - 2] && xy[1] == xy[2 * n - 1];
    struct part part = {.xy = out, .closed = closed || ends_at_start};

    for (size_t i = 0; i < n; i++) {
        double x = (double)xy[2 * i];
        double y = (double)xy[2 * i + 1];

        if (part.n && fabs(x - out[2 * part.n - 2]) < 1e-3 &&
            fabs(y - out[2 * part.n - 1]) < 1e-3) {
            if (i + 1 < n || part.n == 1)
                continue;
            part.n--; /* the end itself takes the place of the point near it */
        }
        out[2 * part.n] = x;
        out[2 * part.n + 1] = y;
        part.n++;
    }
    if (part.closed)
        while (part.n > 1 && fabs(out[0] - out[2 * part.n - 2]) < 1e-3 &&
               fabs(out[1] - out[2 * part.n - 1]) < 1e-3)
            part.n--;
    if (part.n < 3)
        part.closed = false;
    return part;
}

static void stroke_part(struct pen *pen, struct part part, const struct dash *dash)
{
    pen->down = false;
    if (part.n == 0)
        return;
    if (part.n == 1) {
        dot_at(pen, point(&part, 0), pen->stroke->cap);
        return;
    }
    if (pen->stroke->offset_px != 0.0f)
        part = offset_part(&part, (double)pen->stroke->offset_px,
                           pen->scratch->points + 2 * part.n);
    if (dash->n)
        dashed(pen, &part, *dash);
    else
        solid(pen, &part);
}

static enum im_code check_stroke(const struct draw_stroke *stroke, struct im_error *err)
{
    if (!(stroke->width_px >= 0 && stroke->width_px <= MAX_WIDTH_PX))
        return im_fail(err, IM_EARG, "line width %g px; it must be 0..%d",
                       (double)stroke->width_px, MAX_WIDTH_PX);
    if (!(fabsf(stroke->offset_px) <= MAX_WIDTH_PX))
        return im_fail(err, IM_EARG, "line offset %g px; it must be %d..%d",
                       (double)stroke->offset_px, -MAX_WIDTH_PX, MAX_WIDTH_PX);
    if (!(stroke->gap_px >= 0 && stroke->gap_px <= MAX_WIDTH_PX &&
          stroke->blur_px >= 0 && stroke->blur_px <= MAX_WIDTH_PX))
        return im_fail(err, IM_EARG,
                       "line gap %g px and blur %g px; both must be 0..%d",
                       (double)stroke->gap_px, (double)stroke->blur_px, MAX_WIDTH_PX);
    if (!(fabsf(stroke->weight) <= 1))
        return im_fail(err, IM_EARG, "line weight %g; it must be -1..1",
                       (double)stroke->weight);
    if (!(stroke->miter_limit >= 0 && stroke->miter_limit <= MAX_MITER))
        return im_fail(err, IM_EARG, "miter limit %g; it must be 0..%d",
                       (double)stroke->miter_limit, MAX_MITER);
    if (stroke->n_dashes > DRAW_MAX_DASHES)
        return im_fail(err, IM_EARG, "%u dashes; at most %d", stroke->n_dashes,
                       DRAW_MAX_DASHES);
    for (uint32_t i = 0; i < stroke->n_dashes; i++)
        if (!isfinite(stroke->dashes_px[i]) || !(stroke->dashes_px[i] > 0))
            return im_fail(err, IM_EARG, "dash %u is %g px; it must be over 0", i,
                           (double)stroke->dashes_px[i]);
    return IM_OK;
}

static struct dash dash_of(const struct draw_stroke *stroke, float *on_share)
{
    struct dash dash = {.lengths = stroke->dashes_px, .n = stroke->n_dashes};
    double on = 0;

    dash.n_walk = dash.n % 2 ? 2 * dash.n : dash.n;
    for (uint32_t i = 0; i < dash.n_walk; i++) {
        double length = (double)stroke->dashes_px[i % dash.n];

        dash.period += length;
        on += i % 2 ? 0 : length;
    }
    *on_share = 1.0f;
    if (dash.n && dash.period < 0.25) {
        /* far finer than a pixel: nothing but its average can be seen, and a dash of
         * a millionth of a pixel would take a million steps for each one */
        *on_share = (float)(on / dash.period);
        dash.n = 0;
    }
    return dash;
}

static struct pen pen_of(struct draw_scratch *scratch,
                         const struct raster *raster,
                         const struct draw_stroke *stroke,
                         double half)
{
    struct pen pen = {.scratch = scratch, .stroke = stroke, .half = half};
    /* chords that stay within a twentieth of a pixel of the arc, at least 8 a circle */
    double step = 2 * acos(1 - 0.05 / half); /* half >= 0.5 */
    double miter = (double)stroke->miter_limit;
    double margin = half * (miter > 1.5 ? miter : 1.5) + 1;

    pen.step_rad = step < M_PI_4 ? step : M_PI_4;
    pen.step_cos = cos(pen.step_rad);
    pen.step_sin = sin(pen.step_rad);
    pen.min_x = -margin;
    pen.min_y = -margin;
    pen.max_x = raster->width_px + margin;
    pen.max_y = raster->height_px + margin;
    return pen;
}

static size_t longest_part(const struct draw_path *path)
{
    uint32_t start = 0;
    size_t longest = 0;

    for (uint32_t i = 0; i < path->n_parts; i++) {
        if (path->part_end[i] - start > longest)
            longest = path->part_end[i] - start;
        start = path->part_end[i];
    }
    return longest;
}

static void
stroke_path(struct pen *pen, const struct draw_path *lines, const struct dash *dash)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < lines->n_parts; i++) {
        uint32_t end = lines->part_end[i];
        const float *xy = lines->xy + 2 * (size_t)start;

        stroke_part(
            pen, clean_part(xy, end - start, pen->stroke->closed, pen->scratch->points),
            dash);
        start = end;
    }
}

/** One stroke of one width, ready to be covered. */
struct stroke_job {
    struct draw_scratch *scratch;
    const struct draw_path *lines;
    struct draw_stroke stroke;
    struct dash dash;
    struct pen pen;
    float
        share; /* of the colour that lines thinner than a pixel and fine dashes have */
};

/** Thinner than a pixel: a pixel wide and fainter, which keeps boundaries crisp. */
static void job_init(struct stroke_job *job,
                     struct draw_scratch *scratch,
                     const struct raster *raster,
                     const struct draw_path *lines,
                     const struct draw_stroke *stroke)
{
    float width = stroke->width_px < 1.0f ? 1.0f : stroke->width_px;

    *job = (struct stroke_job){.scratch = scratch, .lines = lines, .stroke = *stroke};
    job->dash = dash_of(&job->stroke, &job->share);
    job->share *= stroke->width_px / width;
    job->pen = pen_of(scratch, raster, &job->stroke, (double)width / 2);
}

/** Both lines of a pair, or the one. */
static void cover(struct stroke_job *job)
{
    float offset = job->stroke.offset_px;
    float side = (job->stroke.gap_px + job->stroke.width_px) / 2;

    if (job->stroke.gap_px <= 0) {
        stroke_path(&job->pen, job->lines, &job->dash);
        return;
    }
    job->stroke.offset_px = offset + side;
    stroke_path(&job->pen, job->lines, &job->dash);
    job->stroke.offset_px = offset - side;
    stroke_path(&job->pen, job->lines, &job->dash);
    job->stroke.offset_px = offset;
}

/** Sums of the covered shares of several strokes, 0..255 each. */
struct layers {
    uint16_t *sums;
    uint32_t top;
    uint32_t width;
    float share;
};

static void add_layer(void *ctx, uint32_t row, const uint8_t *mask)
{
    const struct layers *l = ctx;
    uint16_t *sums = l->sums + (size_t)(row - l->top) * l->width;

    for (uint32_t x = 0; x < l->width; x++)
        sums[x] = (uint16_t)(sums[x] + (uint16_t)((float)mask[x] * l->share + 0.5f));
}

static void blend_layers(const struct layers *l,
                         struct raster *raster,
                         uint32_t n_rows,
                         uint32_t n_layers,
                         struct draw_color color)
{
    struct pixel_paint paint = pixel_paint_of(color);
    size_t n = (size_t)n_rows * l->width;
    uint8_t *px = raster->rgba + (size_t)l->top * l->width * 4;

    for (size_t i = 0; i < n; i++, px += 4) {
        float share = (float)l->sums[i] / (float)(n_layers * 255);
        uint32_t sa = (uint32_t)(fminf(share, 1) * paint.alpha255 + 0.5f);

        if (sa)
            pixel_blend(px, &paint, sa);
    }
}

/** The mean of strokes that get thinner: a ramp from the border inwards. */
static enum im_code draw_blurred(struct draw_scratch *scratch,
                                 struct raster *raster,
                                 const struct draw_path *lines,
                                 const struct draw_stroke *stroke,
                                 struct draw_color color,
                                 struct im_error *err)
{
    enum { MOST_LAYERS = 24 };
    uint32_t n = (uint32_t)fminf(ceilf(2 * stroke->blur_px) + 1, MOST_LAYERS);
    uint32_t band = coverage_band_height(raster);
    struct layers layers = {.width = raster->width_px};
    enum im_code rc = IM_OK;

    layers.sums = malloc((size_t)band * raster->width_px * sizeof *layers.sums);
    if (!layers.sums)
        return im_fail(err, IM_ENOMEM, "drawing scratch");
    for (; layers.top < raster->height_px && rc == IM_OK; layers.top += band) {
        uint32_t rows = band < raster->height_px - layers.top
                            ? band
                            : raster->height_px - layers.top;

        memset(layers.sums, 0, (size_t)rows * raster->width_px * sizeof *layers.sums);
        for (uint32_t k = 0; k < n && rc == IM_OK; k++) {
            float less = 2 * stroke->blur_px * ((float)k + 0.5f) / (float)n;
            struct draw_stroke thinner = *stroke;
            struct stroke_job job;

            thinner.width_px -= less;
            thinner.gap_px += stroke->gap_px > 0 ? less : 0;
            if (thinner.width_px <= 0)
                break;
            job_init(&job, scratch, raster, lines, &thinner);
            layers.share = job.share;
            rc = coverage_begin(scratch, raster, layers.top, err);
            if (rc != IM_OK)
                break;
            cover(&job);
            rc = coverage_rows(scratch, add_layer, &layers, err);
        }
        if (rc == IM_OK)
            blend_layers(&layers, raster, rows, n, color);
    }
    free(layers.sums);
    return rc;
}

/** Can nothing of it be seen? Else there is room for its points. */
static enum im_code
prepare(const struct stroke_job *job, bool *is_hidden, struct im_error *err)
{
    const struct draw_stroke *stroke = &job->stroke;
    const struct pen *pen = &job->pen;
    size_t n_points = longest_part(job->lines);
    struct path_box box;

    if (!path_box(job->lines, &box))
        return im_fail(err, IM_EARG, "line: a coordinate is not a finite number");
    double aside =
        fabs((double)stroke->offset_px) +
        (double)(stroke->gap_px > 0 ? stroke->gap_px + stroke->width_px : 0) / 2;
    double reach = aside * 3;

    *is_hidden = !(stroke->width_px > 0) || box.max_x + reach < pen->min_x ||
                 box.max_y + reach < pen->min_y || box.min_x - reach > pen->max_x ||
                 box.min_y - reach > pen->max_y;
    /* an offset makes at most two vertices of one */
    if (!*is_hidden &&
        !coverage_points(job->scratch, aside > 0 ? 3 * n_points : n_points))
        return im_fail(err, IM_ELIMIT,
                       "a line of %zu vertices does not fit the %d MiB "
                       "of the drawing scratch",
                       n_points, DRAW_SCRATCH_MAX_BYTES >> 20);
    return IM_OK;
}

enum im_code draw_line(struct draw_scratch *scratch,
                       struct raster *raster,
                       const struct draw_path *lines,
                       const struct draw_stroke *stroke,
                       struct draw_color color,
                       struct im_error *err)
{
    enum im_code rc = check_stroke(stroke, err);
    struct stroke_job job;
    bool is_hidden = true;

    if (rc != IM_OK)
        return rc;
    job_init(&job, scratch, raster, lines, stroke);
    rc = prepare(&job, &is_hidden, err);
    color.a *= stroke->blur_px > 0 ? 1 : job.share;
    if (rc != IM_OK || is_hidden || !(color.a > 0.0f))
        return rc;
    if (stroke->blur_px > 0)
        return draw_blurred(scratch, raster, lines, stroke, color, err);
    for (uint32_t top = 0; top < raster->height_px && rc == IM_OK;
         top += coverage_band_height(raster)) {
        rc = coverage_begin(scratch, raster, top, err);
        if (rc == IM_OK) {
            cover(&job);
            coverage_blend(scratch, raster, color, stroke->weight);
        }
    }
    return rc;
}

enum im_code coverage_line(struct draw_scratch *scratch,
                           const struct raster *raster,
                           const struct draw_path *lines,
                           const struct draw_stroke *stroke,
                           coverage_row_fn *paint,
                           void *ctx,
                           struct im_error *err)
{
    enum im_code rc = check_stroke(stroke, err);
    struct stroke_job job;
    bool is_hidden = true;

    if (rc != IM_OK)
        return rc;
    job_init(&job, scratch, raster, lines, stroke);
    rc = prepare(&job, &is_hidden, err);
    for (uint32_t top = 0; top < raster->height_px && rc == IM_OK && !is_hidden;
         top += coverage_band_height(raster)) {
        rc = coverage_begin(scratch, raster, top, err);
        if (rc == IM_OK) {
            cover(&job);
            rc = coverage_rows(scratch, paint, ctx, err);
        }
    }
    return rc;
}
