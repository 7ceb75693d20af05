/* SPDX-License-Identifier: Apache-2.0 */
/* Names along lines: where they stand, and the smooth curve their letters follow. */
#include "label/path.h"

#include <math.h>

/* ---- places ---- */

static double segment_length(const uint32_t *p)
{
    return hypot((double)p[2] - p[0], (double)p[3] - p[1]);
}

static double part_length(const struct atlas_shape *s, uint32_t first, uint32_t end)
{
    double sum = 0;

    for (uint32_t i = first; i + 1 < end; i++)
        sum += segment_length(s->xy + 2 * i);
    return sum;
}

enum { MAX_HALVINGS = 16 };

/* 1 << n intervals of at least `spacing`. */
static unsigned halvings(double length, double spacing, bool only_middle)
{
    double n = only_middle || !(spacing > 0) ? 1 : floor(log2(length / spacing));

    return (unsigned)fmin(MAX_HALVINGS, fmax(1, n));
}

/* The places of one part while they are gone through. */
struct places {
    const struct atlas_shape *shape;
    label_place_fn *visit;
    void *ctx;
    uint32_t part;
    double length; /* of the part */
    unsigned n;    /* halvings */
    uint32_t k;    /* the next place */
};

static double place_at(const struct places *p)
{
    return p->length * p->k / (1u << p->n);
}

/* Those on the segments that begin at first .. end - 1. */
static bool visit_places(struct places *p, uint32_t first, uint32_t end, double before)
{
    for (uint32_t i = first; i < end && p->k < 1u << p->n; i++) {
        const uint32_t *a = p->shape->xy + 2 * (size_t)i;
        double l = segment_length(a);

        for (; p->k < 1u << p->n; p->k++) {
            double t = place_at(p) - before;
            if (t > l || !(l > 0))
                break;
            if (!p->visit(p->ctx, p->part, p->k << (32 - p->n),
                          a[0] + ((double)a[2] - a[0]) * t / l,
                          a[1] + ((double)a[3] - a[1]) * t / l))
                return false;
        }
        before += l;
    }
    return true;
}

static bool is_near(const struct line_chunk *c, const struct label_near *near)
{
    return !near || (c->min_x <= near->max_x && near->min_x <= c->max_x &&
                     c->min_y <= near->max_y && near->min_y <= c->max_y);
}

/* The same with whole stretches left out that have no place, or none near. */
static bool visit_chunks(struct places *p,
                         const struct line_chunks *chunks,
                         const struct label_near *near)
{
    for (uint32_t c = 0; c < chunks->n && p->k < 1u << p->n; c++) {
        const struct line_chunk *chunk = &chunks->items[c];
        uint32_t first = c * chunks->each;
        uint32_t end = first + chunks->each;

        if (place_at(p) - chunk->last_before > chunk->last_length)
            continue;
        if (!is_near(chunk, near)) {
            while (p->k < 1u << p->n &&
                   place_at(p) - chunk->last_before <= chunk->last_length)
                p->k++;
            continue;
        }
        if (end > chunks->n_points - 1)
            end = chunks->n_points - 1;
        if (!visit_places(p, first, end, chunk->before))
            return false;
    }
    return true;
}

bool label_places(const struct atlas_shape *s,
                  const struct line_chunks *chunks,
                  const struct label_near *near,
                  double least_length,
                  double spacing,
                  bool only_middle,
                  label_place_fn *visit,
                  void *ctx)
{
    uint32_t first = 0;

    if (s->n_parts != 1)
        chunks = NULL; /* lengths are of each part */
    for (uint32_t p = 0; p < s->n_parts; first = s->part_end[p++]) {
        uint32_t end = s->part_end[p];
        double length = chunks ? chunks->length : part_length(s, first, end);
        struct places places = {.shape = s,
                                .visit = visit,
                                .ctx = ctx,
                                .part = p,
                                .length = length,
                                .k = 1};

        if (end - first < 2 || !(length >= least_length) || !(length > 0))
            continue;
        places.n = halvings(length, spacing, only_middle);
        if (!(chunks ? visit_chunks(&places, chunks, near)
                     : visit_places(&places, first, end - 1, 0)))
            return false;
    }
    return true;
}

/* ---- the curve ---- */

struct foot {
    uint32_t first, end; /* of the part */
    uint32_t segment;    /* its first vertex */
    double t;            /* 0..1 on it */
};

struct foot_search {
    const struct atlas_shape *shape;
    double x, y;
    double least; /* square of the distance */
    struct foot foot;
};

static void
look_at_segment(struct foot_search *f, uint32_t i, uint32_t first, uint32_t end)
{
    const uint32_t *a = f->shape->xy + 2 * (size_t)i;
    double dx = (double)a[2] - a[0];
    double dy = (double)a[3] - a[1];
    double len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? ((f->x - a[0]) * dx + (f->y - a[1]) * dy) / len2 : 0;

    t = fmin(1, fmax(0, t));
    double ex = a[0] + t * dx - f->x;
    double ey = a[1] + t * dy - f->y;
    double d = ex * ex + ey * ey;
    /* of equals the first, in whatever order they are looked at */
    if (d < f->least || (d == f->least && i < f->foot.segment)) {
        f->least = d;
        f->foot = (struct foot){first, end, i, t};
    }
}

static uint32_t part_of(const struct atlas_shape *s, uint32_t vertex)
{
    uint32_t low = 0;
    uint32_t high = s->n_parts - 1;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (s->part_end[middle] <= vertex)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The segments that begin at from .. to - 1. */
static void look_along(struct foot_search *f, uint32_t from, uint32_t to)
{
    const struct atlas_shape *s = f->shape;

    for (uint32_t p = part_of(s, from); p < s->n_parts && from < to; p++) {
        uint32_t first = p ? s->part_end[p - 1] : 0;
        uint32_t end = s->part_end[p];

        for (; from + 1 < end && from < to; from++)
            look_at_segment(f, from, first, end);
        from = end;
    }
}

static void
look_at_chunk(struct foot_search *f, const struct line_chunks *c, uint32_t i)
{
    uint32_t from = i * c->each;
    uint32_t to = from + c->each;

    look_along(f, from, to < c->n_points ? to : c->n_points);
}

/* The nearest stretch tells how far the others need to be looked at. */
static void look_at_chunks(struct foot_search *f, const struct line_chunks *c)
{
    double bounds[CHUNKS_MAX];
    uint32_t nearest = 0;

    for (uint32_t i = 0; i < c->n; i++) {
        bounds[i] = line_chunk_distance2(&c->items[i], f->x, f->y);
        if (bounds[i] < bounds[nearest])
            nearest = i;
    }
    look_at_chunk(f, c, nearest);
    for (uint32_t i = 0; i < c->n; i++)
        /* feet are rounded, so one may seem nearer than its box */
        if (i != nearest && bounds[i] <= f->least * (1 + 1e-9) + 1e-3)
            look_at_chunk(f, c, i);
}

/* The nearest point of the line. */
static bool find_foot(const struct atlas_shape *s,
                      const struct line_chunks *chunks,
                      double x,
                      double y,
                      struct foot *out)
{
    struct foot_search f = {.shape = s, .x = x, .y = y, .least = HUGE_VAL};

    if (s->n_parts == 0)
        return false;
    if (chunks)
        look_at_chunks(&f, chunks);
    else
        look_along(&f, 0, s->part_end[s->n_parts - 1]);
    *out = f.foot;
    return isfinite(f.least);
}

struct walk {
    const struct atlas_shape *shape;
    double x0, y0; /* subtracted */
    const double *scale;
};

static void vertex(const struct walk *w, uint32_t i, double out[2])
{
    double x = w->shape->xy[2 * i] - w->x0;
    double y = w->shape->xy[2 * i + 1] - w->y0;

    out[0] = x * w->scale[0] + y * w->scale[1];
    out[1] = x * w->scale[2] + y * w->scale[3];
}

/* Points every PATH_STEP_PX from `start` on, over the vertices next, next + by ... up
 * to (not including) `stop`; at most `max`. */
static uint32_t resample(const struct walk *w,
                         const double start[2],
                         int64_t next,
                         int by,
                         int64_t stop,
                         uint32_t max,
                         double *out)
{
    double at[2] = {start[0], start[1]};
    double left = PATH_STEP_PX; /* to the next point */
    uint32_t n = 0;

    for (; next != stop && n < max; next += by) {
        double to[2];

        vertex(w, (uint32_t)next, to);
        double length = hypot(to[0] - at[0], to[1] - at[1]);
        while (length >= left && n < max && length > 0) {
            at[0] += (to[0] - at[0]) * left / length;
            at[1] += (to[1] - at[1]) * left / length;
            out[2 * n] = at[0];
            out[2 * n++ + 1] = at[1];
            length -= left;
            left = PATH_STEP_PX;
        }
        left -= length;
        at[0] = to[0];
        at[1] = to[1];
    }
    return n;
}

/* Mean of each point and its neighbours up to `reach`; ends stay, nearer ones take
 * fewer. */
static void smooth(const double *in, uint32_t n, uint32_t reach, double *out)
{
    double sum[2][PATH_MAX_POINTS + 1];

    sum[0][0] = sum[1][0] = 0;
    for (uint32_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            sum[k][i + 1] = sum[k][i] + in[2 * i + (uint32_t)k];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t r = reach;

        r = i < r ? i : r;
        r = n - 1 - i < r ? n - 1 - i : r;
        for (int k = 0; k < 2; k++)
            out[2 * i + (uint32_t)k] =
                (sum[k][i + r + 1] - sum[k][i - r]) / (2.0 * r + 1);
    }
}

static double curve_length(const double *xy, uint32_t from, uint32_t to)
{
    double sum = 0;

    for (uint32_t i = from; i < to; i++)
        sum += hypot(xy[2 * i + 2] - xy[2 * i], xy[2 * i + 3] - xy[2 * i + 1]);
    return sum;
}

/* Even steps again: smoothing has drawn points together at bends. */
static void
even_out(const double *xy, uint32_t n, double length, struct label_path *out)
{
    double step = length / (n - 1);
    double before = 0;
    uint32_t k = 0;

    out->n = n;
    out->step_px = step;
    for (uint32_t i = 0; i + 1 < n; i++) {
        double l = curve_length(xy, i, i + 1);

        for (; k < n && k * step <= before + l + 1e-9; k++) {
            double t = l > 0 ? fmin(1, fmax(0, (k * step - before) / l)) : 0;

            out->xy[2 * k] = xy[2 * i] + t * (xy[2 * i + 2] - xy[2 * i]);
            out->xy[2 * k + 1] = xy[2 * i + 1] + t * (xy[2 * i + 3] - xy[2 * i + 1]);
        }
        before += l;
    }
    for (; k < n; k++) {
        out->xy[2 * k] = xy[2 * n - 2];
        out->xy[2 * k + 1] = xy[2 * n - 1];
    }
}

bool label_path_around(const struct atlas_shape *shape,
                       const struct line_chunks *chunks,
                       const double scale[4],
                       double x,
                       double y,
                       double half_px,
                       double smooth_px,
                       struct label_path *out)
{
    struct walk w = {shape, x, y, scale};
    double a[2 * PATH_MAX_POINTS];
    double b[2 * PATH_MAX_POINTS];
    double start[2];
    double next[2];
    struct foot foot = {0};
    uint32_t reach = (uint32_t)fmin(fmax(smooth_px, 0), 256) / PATH_STEP_PX;
    /* smoothing shortens the curve, at most bends by about a third */
    double wanted = half_px * 4 / 3 / PATH_STEP_PX + reach + 1;

    if (!(wanted < PATH_MAX_POINTS / 2 - 1) || !find_foot(shape, chunks, x, y, &foot))
        return false;
    uint32_t side = (uint32_t)wanted;
    vertex(&w, foot.segment, start);
    vertex(&w, foot.segment + 1, next);
    start[0] += foot.t * (next[0] - start[0]);
    start[1] += foot.t * (next[1] - start[1]);
    uint32_t n_back =
        resample(&w, start, foot.segment, -1, (int64_t)foot.first - 1, side, a);
    for (uint32_t i = 0; i < n_back; i++) {
        b[2 * i] = a[2 * (n_back - 1 - i)];
        b[2 * i + 1] = a[2 * (n_back - 1 - i) + 1];
    }
    b[2 * n_back] = start[0];
    b[2 * n_back + 1] = start[1];
    uint32_t n = n_back + 1 +
                 resample(&w, start, (int64_t)foot.segment + 1, 1, foot.end, side,
                          b + 2 * n_back + 2);
    if (n < 2)
        return false;
    smooth(b, n, reach, a);
    smooth(a, n, reach / 2, b);
    double before = curve_length(b, 0, n_back);
    double after = curve_length(b, n_back, n - 1);
    if (!(before >= half_px && after >= half_px))
        return false;
    even_out(b, n, before + after, out);
    out->middle = before / out->step_px;
    return true;
}

void label_path_at(
    const struct label_path *path, double s_px, double *x, double *y, double *angle)
{
    double at = path->middle + s_px / path->step_px;
    uint32_t i = (uint32_t)fmin(path->n - 2, fmax(0, floor(at)));
    double t = fmin(1, fmax(0, at - i));
    /* the direction over a few steps: a letter is wider than one */
    uint32_t from = i > 0 ? i - 1 : 0;
    uint32_t to = i + 2 < path->n ? i + 2 : path->n - 1;

    *x = path->xy[2 * i] + t * (path->xy[2 * i + 2] - path->xy[2 * i]);
    *y = path->xy[2 * i + 1] + t * (path->xy[2 * i + 3] - path->xy[2 * i + 1]);
    *angle = atan2(path->xy[2 * to + 1] - path->xy[2 * from + 1],
                   path->xy[2 * to] - path->xy[2 * from]);
}

double label_path_bend(const struct label_path *path, double half_px, double window_px)
{
    double worst = 0;
    double x;
    double y;

    for (double s = -half_px; s + window_px <= half_px + 1e-6; s += PATH_STEP_PX) {
        double a;
        double b;

        label_path_at(path, s, &x, &y, &a);
        label_path_at(path, s + window_px, &x, &y, &b);
        double turn = fabs(remainder(b - a, 2 * M_PI)) * 180 / M_PI;
        worst = fmax(worst, turn);
    }
    return worst;
}
