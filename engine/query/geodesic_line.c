/* SPDX-License-Identifier: Apache-2.0 */
/* Geodesics as lines of vertices: halved until the middle of each edge is right.
 *
 * Between two near positions the geodesic departs from the line straight in longitude
 * and latitude like a parabola, most in the middle, and a quarter as much after each
 * halving; so the middle is all that has to be looked at. */
#include "query/geodesic_line.h"

#include <geodesic.h>
#include <math.h>

enum { MAX_DEPTH = 16 };
#define WGS84_A 6378137.0
#define WGS84_F (1 / 298.257223563)
#define TOLERANCE_M 5.0
/* an edge longer than this may hide two bends in one */
#define MAX_EDGE_M 100000.0

struct line {
    struct geod_geodesic wgs84;
    struct im_buf xy;   /* longitudes go on beyond 180 */
    struct im_buf ends; /* of parts */
    double lon;         /* of the last vertex */
};

/* The longitude that is nearest to the last one. */
static double unroll(double lon, double last)
{
    return lon + 360 * round((last - lon) / 360);
}

static void put(struct line *l, double lon, double lat)
{
    double p[2] = {unroll(lon, l->lon), lat};

    im_buf_append(&l->xy, p, sizeof p);
    l->lon = p[0];
}

struct arc {
    struct geod_geodesicline line;
    double metres;
};

static void at(const struct arc *arc, double s, double last, double out[2])
{
    geod_position(&arc->line, s, &out[1], &out[0], NULL);
    out[0] = unroll(out[0], last);
}

/* Everything after `a` (at s0) up to and with `b` (at s1). */
static void halve(struct line *l,
                  const struct arc *arc,
                  double s0,
                  const double a[2],
                  double s1,
                  const double b[2],
                  int depth)
{
    double s = (s0 + s1) / 2;
    double m[2];

    at(arc, s, a[0], m);
    double off = geodesic_distance_m(m[0], m[1], (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    /* the middle of the edge also lies elsewhere along the way: what counts is only
     * larger, never smaller, than the distance between the lines */
    if (depth < MAX_DEPTH && (off > TOLERANCE_M || s1 - s0 > MAX_EDGE_M)) {
        double end[2] = {unroll(b[0], m[0]), b[1]};

        halve(l, arc, s0, a, s, m, depth + 1);
        halve(l, arc, s, m, s1, end, depth + 1);
    } else {
        put(l, b[0], b[1]);
    }
}

static void go(struct line *l, const double from[2], const double to[2])
{
    struct arc arc;
    double azi;
    double a[2] = {unroll(from[0], l->lon), from[1]};
    double b[2] = {unroll(to[0], a[0]), to[1]};

    geod_inverse(&l->wgs84, from[1], from[0], to[1], to[0], &arc.metres, &azi, NULL);
    geod_lineinit(&arc.line, &l->wgs84, from[1], from[0], azi,
                  GEOD_LATITUDE | GEOD_LONGITUDE | GEOD_DISTANCE_IN);
    halve(l, &arc, 0, a, arc.metres, b, 0);
}

static void end_part(struct line *l, const struct im_buf *xy)
{
    uint32_t end = (uint32_t)(xy->len / (2 * sizeof(double)));

    im_buf_append(&l->ends, &end, sizeof end);
}

static void put_cut(struct im_buf *out, double lon, double lat)
{
    double p[2] = {lon, lat};

    im_buf_append(out, p, sizeof p);
}

/* How often the world was gone round at this longitude: 0 for -180..180. */
static double turns(double lon)
{
    return floor((lon + 180) / 360);
}

/* Longitudes back into -180..180, a new part after each crossing. */
static void cut(struct line *l, struct im_buf *out)
{
    const double *p = (const double *)(const void *)l->xy.data;
    size_t n = l->xy.len / (2 * sizeof *p);

    put_cut(out, p[0] - 360 * turns(p[0]), p[1]);
    for (size_t i = 1; i < n; i++) {
        const double *a = p + 2 * (i - 1);
        const double *b = a + 2;
        double t = turns(b[0]);

        if (t != turns(a[0])) {
            double at_lon = 360 * fmax(t, turns(a[0])) - 180;
            double lat = a[1] + (at_lon - a[0]) / (b[0] - a[0]) * (b[1] - a[1]);
            double side = b[0] > a[0] ? 180 : -180;

            put_cut(out, side, lat);
            end_part(l, out);
            put_cut(out, -side, lat);
        }
        put_cut(out, b[0] - 360 * t, b[1]);
    }
    end_part(l, out);
}

static bool
take(struct line *l, struct im_buf *xy, struct im_arena *arena, struct geom *out)
{
    double *lonlat = im_arena_alloc(arena, xy->len + 1);
    uint32_t *ends = im_arena_alloc(arena, l->ends.len + 1);

    if (l->xy.failed || l->ends.failed || xy->failed || !lonlat || !ends)
        return false;
    memcpy(lonlat, xy->data, xy->len);
    memcpy(ends, l->ends.data, l->ends.len);
    *out = (struct geom){.kind = GEOM_LINE,
                         .n_points = (uint32_t)(xy->len / (2 * sizeof *lonlat)),
                         .n_parts = (uint32_t)(l->ends.len / sizeof *ends),
                         .lonlat = lonlat,
                         .part_end = ends};
    return true;
}

bool geodesic_line(const double *lonlat,
                   size_t n,
                   struct im_arena *arena,
                   struct geom *out)
{
    struct line l = {.xy = {.max = 1 << 26}, .ends = {.max = 1 << 24}};
    struct im_buf flat = {.max = 1 << 26};
    bool done = true;

    *out = (struct geom){.kind = GEOM_EMPTY};
    if (n < 2)
        return true;
    geod_init(&l.wgs84, WGS84_A, WGS84_F);
    l.lon = lonlat[0];
    put(&l, lonlat[0], lonlat[1]);
    for (size_t i = 1; i < n; i++)
        if (lonlat[2 * i] != lonlat[2 * i - 2] ||
            lonlat[2 * i + 1] != lonlat[2 * i - 1])
            go(&l, lonlat + 2 * i - 2, lonlat + 2 * i);
    if (l.xy.len > 2 * sizeof *lonlat && !l.xy.failed) {
        cut(&l, &flat);
        done = take(&l, &flat, arena, out);
    } else {
        done = !l.xy.failed;
    }
    im_buf_release(&l.xy);
    im_buf_release(&l.ends);
    im_buf_release(&flat);
    return done;
}
