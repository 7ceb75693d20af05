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

bool label_places(const struct atlas_shape *s,
                  double least_length,
                  double spacing,
                  bool only_middle,
                  label_place_fn *visit,
                  void *ctx)
{
    uint32_t first = 0;

    for (uint32_t p = 0; p < s->n_parts; first = s->part_end[p++]) {
        uint32_t end = s->part_end[p];
        double length = part_length(s, first, end);

        if (end - first < 2 || !(length >= least_length) || !(length > 0))
            continue;
        unsigned n = halvings(length, spacing, only_middle);
        uint32_t k = 1;
        double before = 0;
        for (uint32_t i = first; i + 1 < end && k < 1u << n; i++) {
            const uint32_t *a = s->xy + 2 * i;
            double l = segment_length(a);

            for (; k < 1u << n; k++) {
                double t = (length * k / (1u << n) - before);
                if (t > l || !(l > 0))
                    break;
                if (!visit(ctx, p, k << (32 - n), a[0] + ((double)a[2] - a[0]) * t / l,
                           a[1] + ((double)a[3] - a[1]) * t / l))
                    return false;
            }
            before += l;
        }
    }
    return true;
}

/* ---- the curve ---- */

struct foot {
    uint32_t first, end; /* of the part */
    uint32_t segment;    /* its first vertex */
    double t;            /* 0..1 on it */
};

/* The nearest point of the line. */
static bool find_foot(const struct atlas_shape *s, double x, double y, struct foot *out)
{
    double least = HUGE_VAL;
    uint32_t first = 0;

    for (uint32_t p = 0; p < s->n_parts; first = s->part_end[p++])
        for (uint32_t i = first; i + 1 < s->part_end[p]; i++) {
            const uint32_t *a = s->xy + 2 * i;
            double dx = (double)a[2] - a[0];
            double dy = (double)a[3] - a[1];
            double len2 = dx * dx + dy * dy;
            double t = len2 > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / len2 : 0;

            t = fmin(1, fmax(0, t));
            double ex = a[0] + t * dx - x;
            double ey = a[1] + t * dy - y;
            if (ex * ex + ey * ey < least) {
                least = ex * ex + ey * ey;
                *out = (struct foot){first, s->part_end[p], i, t};
            }
        }
    return isfinite(least);
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

    if (!(wanted < PATH_MAX_POINTS / 2 - 1) || !find_foot(shape, x, y, &foot))
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
