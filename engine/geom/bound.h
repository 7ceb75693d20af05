/* SPDX-License-Identifier: Apache-2.0 */
/* Cheap, true bounds of geodesic distances, for searches that must not miss anything.
 *
 * Why it is a lower bound. On the ellipsoid a short step has the length
 *     ds^2 = M^2 dlat^2 + N^2 cos^2(lat) dlon^2
 * with the radii of curvature M = a(1-e^2)/(1-e^2 sin^2 lat)^1.5 >= a(1-e^2) and
 * N = a/sqrt(1-e^2 sin^2 lat) >= a > a(1-e^2). So every path is at least as long as
 * R = a(1-e^2) = 6,335,439.327 m times its length on the unit sphere that takes the
 * geodetic latitude as its own, hence at least R times the great circle angle. The
 * largest value of both radii is a/sqrt(1-e^2) = 6,399,593.626 m, which gives an upper
 * bound in the same way (the great circle seen as a path on the ellipsoid). The lower
 * bound is short by at most 1.0 %, by 0.3 to 0.8 % in the delta: that costs about one
 * candidate more in fifty.
 *
 * The great circle angle c is handled as h = hav(c) = sin^2(c/2), which grows with it:
 *     h = hav(dlat) + cos(lat0) cos(lat) hav(dlon)
 * For a box each term is taken at its own minimum (dlat, dlon: to the nearest side;
 * cos(lat): at the side nearer to a pole), so their sum is a lower bound. sin and cos
 * are Taylor polynomials that end in a negative term, and so err downwards only. */
#ifndef ENGINE_GEOM_BOUND_H
#define ENGINE_GEOM_BOUND_H

#include <engine/geom.h>

#include <math.h>

#define BOUND_RAD_PER_DEG 0.017453292519943295
/* R a little smaller and larger than derived: room for the rounding of the sums */
#define BOUND_MIN_RADIUS_M 6335439.0
#define BOUND_MAX_RADIUS_M 6399594.0

struct bound_origin {
    double lon;
    double lat;
    double cos_lat;
};

static inline struct bound_origin bound_origin(double lon, double lat)
{
    double cos_lat = cos(lat * BOUND_RAD_PER_DEG);

    return (struct bound_origin){lon, lat, cos_lat > 0 ? cos_lat : 0};
}

/* sin^2(x/2) from below, x in degrees from 0 to 180 */
static inline double bound_hav(double deg)
{
    double u = deg * (BOUND_RAD_PER_DEG / 2);
    double v = u * u;
    double s = u * (1 - v / 6 * (1 - v / 20 * (1 - v / 42)));

    return s * s;
}

/* cos(x) from below, x in degrees from 0 to 90 */
static inline double bound_cos(double deg)
{
    double x = deg * BOUND_RAD_PER_DEG;
    double v = x * x;
    double c = 1 - v / 2 * (1 - v / 12 * (1 - v / 30 * (1 - v / 56 * (1 - v / 90))));

    return c > 0 ? c : 0;
}

/* Degrees of longitude from `lon` to the nearest side of a box, either way round. */
static inline double bound_dlon(double lon, double min_x, double max_x)
{
    double east = min_x - lon;
    double west = lon - max_x;

    if (east > 0) {
        double other = lon + 360 - max_x;
        return other < east ? (other > 0 ? other : 0) : east;
    }
    if (west > 0) {
        double other = min_x + 360 - lon;
        return other < west ? (other > 0 ? other : 0) : west;
    }
    return 0;
}

/** hav of the angle to a box, from below. */
static inline double bound_box_hav(
    struct bound_origin o, double min_x, double min_y, double max_x, double max_y)
{
    double dlat = o.lat < min_y ? min_y - o.lat : o.lat > max_y ? o.lat - max_y : 0;
    double polar = -min_y > max_y ? -min_y : max_y;
    double dlon = bound_dlon(o.lon, min_x, max_x);
    double h = bound_hav(dlat);

    if (dlon > 0)
        h += o.cos_lat * bound_cos(polar) * bound_hav(dlon);
    return h;
}

/** hav of the angle to a point, from below. */
static inline double bound_point_hav(struct bound_origin o, double lon, double lat)
{
    double dlon = fabs(o.lon - lon);

    return bound_hav(fabs(o.lat - lat)) +
           o.cos_lat * bound_cos(fabs(lat)) * bound_hav(dlon > 180 ? 360 - dlon : dlon);
}

/** Metres that a distance with this hav has at least. */
static inline double bound_lower_m(double hav)
{
    return 2 * BOUND_MIN_RADIUS_M * asin(sqrt(hav < 1 ? hav : 1));
}

/** What is farther than `m` has a hav above this (2: nothing is farther). */
static inline double bound_hav_limit(double m)
{
    double c = m / (2 * BOUND_MIN_RADIUS_M);

    if (!(c < 1.57))
        return 2;
    c = sin(c) * (1 + 1e-9);
    return c * c;
}

/** An upper bound in metres of the distance to everything in a box. */
static inline double bound_upper_m(
    struct bound_origin o, double min_x, double min_y, double max_x, double max_y)
{
    double dlat = fmax(fabs(o.lat - min_y), fabs(o.lat - max_y));
    double dlon = fmax(fabs(o.lon - min_x), fabs(o.lon - max_x));
    double near = min_y > 0 ? min_y : max_y < 0 ? -max_y : 0; /* the equator's side */
    double s = sin(dlat * (BOUND_RAD_PER_DEG / 2));
    double t = sin(fmin(dlon, 180) * (BOUND_RAD_PER_DEG / 2));
    double h = s * s + o.cos_lat * cos(near * BOUND_RAD_PER_DEG) * t * t;

    return 2 * BOUND_MAX_RADIUS_M * asin(sqrt(h < 1 ? h : 1)) + 1e-6;
}

#endif
