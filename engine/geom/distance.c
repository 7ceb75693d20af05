/* SPDX-License-Identifier: Apache-2.0 */
/* Geodesic distance from a point to the nearest edge of a geometry.
 *
 * Edges are straight in longitude and latitude (RFC 7946, 3.1.1). Along such an edge
 * P(t) the distance s from the origin changes by
 *     ds/dt = M(lat) cos(azi) dlat/dt + N(lat) cos(lat) sin(azi) dlon/dt
 * where azi is the azimuth with which the geodesic arrives in P: the foot of the
 * perpendicular is where that is zero, and Karney's inverse gives azi with s. Edges are
 * cut into pieces of at most 4 degrees, on which s has one minimum. */
#include "geom/distance.h"

#include <float.h>

#define WGS84_A 6378137.0
#define WGS84_F (1 / 298.257223563)
#define WGS84_E2 (WGS84_F * (2 - WGS84_F))
#define WGS84_EP2 (WGS84_E2 / (1 - WGS84_E2)) /* second eccentricity, squared */
#define MAX_PIECE_DEG 4.0
#define SHORT_LINE_DEG 0.08 /* 9 km on each axis */

void geodesic_origin_init(struct geodesic_origin *out, double lon, double lat)
{
    out->bound = bound_origin(lon, lat);
    geod_init(&out->wgs84, WGS84_A, WGS84_F);
    out->lat_rad = lat * BOUND_RAD_PER_DEG;
    out->sin_lat = sin(out->lat_rad);
    out->cos_lat = cos(out->lat_rad);
    double cos2 = out->cos_lat * out->cos_lat;
    out->bowring_a = sqrt(1 + WGS84_EP2 * cos2 * cos2);
    out->bowring_b2 = 1 + WGS84_EP2 * cos2;
    out->bowring_b = sqrt(out->bowring_b2);
}

/* Bowring (1981), the direct and inverse problems for short geodesic lines. Against
 * Karney's it is off by under 2e-6 m up to 13 km, growing with the cube of the length
 * (measured on 300,000 lines, latitudes to 89 degrees); tests/property/distance_test.c
 * holds that. */
static double
short_line(const struct geodesic_origin *o, double dlon_deg, double dlat_deg)
{
    double dlat = dlat_deg * BOUND_RAD_PER_DEG;
    double w = o->bowring_a * dlon_deg * (BOUND_RAD_PER_DEG / 2);
    double d = dlat / (2 * o->bowring_b) *
               (1 + 3 * WGS84_EP2 / (4 * o->bowring_b2) * dlat *
                        sin(2 * o->lat_rad + dlat * 2 / 3));
    double sin_d = sin(d);
    double cos_d = cos(d);
    double e = sin_d * cos(w);
    double f = sin(w) / o->bowring_a *
               (o->bowring_b * o->cos_lat * cos_d - o->sin_lat * sin_d);

    return 2 * WGS84_A * sqrt(1 + WGS84_EP2) / o->bowring_b2 *
           asin(sqrt(e * e + f * f));
}

double geodesic_from(const struct geodesic_origin *origin, double lon, double lat)
{
    double dlon = lon - origin->bound.lon;
    double dlat = lat - origin->bound.lat;
    double metres;

    if (fabs(dlat) < SHORT_LINE_DEG && fabs(dlon) * origin->cos_lat < SHORT_LINE_DEG &&
        fabs(origin->bound.lat) < 85)
        return short_line(origin, dlon, dlat);
    geod_inverse(&origin->wgs84, origin->bound.lat, origin->bound.lon, lat, lon,
                 &metres, NULL, NULL);
    return metres;
}

double geodesic_distance_m(double lon1, double lat1, double lon2, double lat2)
{
    struct geod_geodesic wgs84;
    double metres;

    geod_init(&wgs84, WGS84_A, WGS84_F);
    geod_inverse(&wgs84, lat1, lon1, lat2, lon2, &metres, NULL, NULL);
    return metres;
}

double bbox_lower_bound_m(struct bbox box, double lon, double lat)
{
    if (bbox_is_empty(box))
        return HUGE_VAL;
    return bound_lower_m(bound_box_hav(bound_origin(lon, lat), box.min_x, box.min_y,
                                       box.max_x, box.max_y));
}

struct nearest {
    const struct geodesic_origin *from;
    struct bound_origin origin; /* from->bound, at hand */
    double best_m;
    double hav_limit; /* pieces with a larger lower bound cannot be nearer */
    double lon;
    double lat;
};

static void offer(struct nearest *n, double metres, double lon, double lat)
{
    if (metres < n->best_m) {
        n->best_m = metres;
        n->hav_limit = bound_hav_limit(metres);
        n->lon = lon;
        n->lat = lat;
    }
}

static void try_point(struct nearest *n, double lon, double lat)
{
    if (bound_point_hav(n->origin, lon, lat) <= n->hav_limit)
        offer(n, geodesic_from(n->from, lon, lat), lon, lat);
}

/* One piece of an edge, from (x, y) by (dx, dy). */
struct piece {
    double x;
    double y;
    double dx;
    double dy;
};

/* Distance at P(t) and its derivative by t. */
static double slope(struct nearest *n, const struct piece *p, double t)
{
    double lon = p->x + t * p->dx;
    double lat = p->y + t * p->dy;
    double sin_lat = sin(lat * BOUND_RAD_PER_DEG);
    double w = 1 - WGS84_E2 * sin_lat * sin_lat;
    double across_m = WGS84_A / sqrt(w); /* N */
    double along_m = across_m * (1 - WGS84_E2) / w;
    double metres;
    double azi;

    geod_inverse(&n->from->wgs84, n->origin.lat, n->origin.lon, lat, lon, &metres, NULL,
                 &azi);
    offer(n, metres, lon, lat);
    if (metres == 0)
        return 0;
    azi *= BOUND_RAD_PER_DEG;
    return (along_m * cos(azi) * p->dy +
            across_m * cos(lat * BOUND_RAD_PER_DEG) * sin(azi) * p->dx) *
           BOUND_RAD_PER_DEG;
}

/* The foot of the perpendicular in the plane that touches the ellipsoid near the
 * origin: a first guess that is within metres for what is near. */
static double first_guess(const struct nearest *n, const struct piece *p)
{
    double scale = cos((n->origin.lat + p->y + p->dy / 2) / 2 * BOUND_RAD_PER_DEG);
    double ax = (p->x - n->origin.lon) * scale;
    double dx = p->dx * scale;
    double ay = p->y - n->origin.lat;
    double len2 = dx * dx + p->dy * p->dy;

    return len2 > 0 ? -(ax * dx + ay * p->dy) / len2 : 0;
}

/* Between `low` and `high` the slope changes its sign once. Secant steps kept inside
 * the bracket; the Illinois rule keeps one end from standing still. At the end the foot
 * is off by less than 1e-7 of the piece, which changes the distance by its square. */
static void
find_foot(struct nearest *n, const struct piece *p, double slope_low, double slope_high)
{
    double enough = 1e-6 * (fabs(p->dx) + fabs(p->dy)) * 111320;
    double low = 0;
    double high = 1;
    double t = first_guess(n, p);
    int side = 0;

    for (int i = 0; i < 40 && high - low > 1e-7; i++) {
        if (!(t > low && t < high))
            t = (low + high) / 2;
        double s = slope(n, p, t);
        if (fabs(s) < enough)
            return;
        if (s < 0) {
            low = t;
            slope_low = s;
            slope_high *= side < 0 ? 0.5 : 1;
            side = -1;
        } else {
            high = t;
            slope_high = s;
            slope_low *= side > 0 ? 0.5 : 1;
            side = 1;
        }
        t = low - slope_low * (high - low) / (slope_high - slope_low);
    }
}

static void try_piece(struct nearest *n, const struct piece *p)
{
    double slope_low = slope(n, p, 0);
    double slope_high;

    if (slope_low >= 0 || (p->dx == 0 && p->dy == 0))
        return; /* it only gets farther from the first end on */
    slope_high = slope(n, p, 1);
    if (slope_high > 0)
        find_foot(n, p, slope_low, slope_high);
}

static double piece_hav(struct bound_origin o, const struct piece *p)
{
    return bound_box_hav(
        o, p->dx < 0 ? p->x + p->dx : p->x, p->dy < 0 ? p->y + p->dy : p->y,
        p->dx < 0 ? p->x : p->x + p->dx, p->dy < 0 ? p->y : p->y + p->dy);
}

static void try_edge(struct nearest *n, const double *a, const double *b)
{
    struct piece edge = {a[0], a[1], b[0] - a[0], b[1] - a[1]};
    double longest = fmax(fabs(edge.dx), fabs(edge.dy));
    int pieces;

    if (piece_hav(n->origin, &edge) > n->hav_limit)
        return;
    pieces = longest > MAX_PIECE_DEG ? (int)ceil(longest / MAX_PIECE_DEG) : 1;
    for (int i = 0; i < pieces; i++) {
        struct piece p = {edge.x + edge.dx * i / pieces, edge.y + edge.dy * i / pieces,
                          edge.dx / pieces, edge.dy / pieces};

        if (piece_hav(n->origin, &p) <= n->hav_limit)
            try_piece(n, &p);
    }
}

/* The vertex with the smallest bound is tried first: then nearly everything else is
 * known to be farther without a geodesic. */
static void try_nearest_vertex(struct nearest *n, const struct geom *g)
{
    double least = DBL_MAX;
    size_t at = 0;

    for (size_t i = 0; i < g->n_points; i++) {
        double h = bound_point_hav(n->origin, g->lonlat[2 * i], g->lonlat[2 * i + 1]);

        if (h < least) {
            least = h;
            at = i;
        }
    }
    try_point(n, g->lonlat[2 * at], g->lonlat[2 * at + 1]);
}

static void try_edges(struct nearest *n, const struct geom *g)
{
    uint32_t start = 0;

    for (uint32_t part = 0; part < g->n_parts; part++) {
        for (uint32_t i = start; i + 1 < g->part_end[part]; i++)
            try_edge(n, g->lonlat + 2 * (size_t)i, g->lonlat + 2 * (size_t)(i + 1));
        start = g->part_end[part];
    }
}

double geom_distance_from(const struct geodesic_origin *origin,
                          const struct geom *g,
                          double limit_m,
                          double *nearest_lon,
                          double *nearest_lat)
{
    struct nearest n = {.from = origin,
                        .origin = origin->bound,
                        .best_m = HUGE_VAL,
                        .hav_limit = bound_hav_limit(limit_m),
                        .lon = origin->bound.lon,
                        .lat = origin->bound.lat};

    if (g->kind == GEOM_EMPTY || g->n_points == 0)
        return HUGE_VAL;
    if (geom_contains(g, n.lon, n.lat)) {
        n.best_m = 0;
    } else if (g->n_points == 1) {
        try_point(&n, g->lonlat[0], g->lonlat[1]);
    } else {
        try_nearest_vertex(&n, g);
        if (g->kind == GEOM_POINT)
            for (size_t i = 0; i < g->n_points; i++)
                try_point(&n, g->lonlat[2 * i], g->lonlat[2 * i + 1]);
        else
            try_edges(&n, g);
    }
    if (nearest_lon)
        *nearest_lon = n.lon;
    if (nearest_lat)
        *nearest_lat = n.lat;
    return n.best_m;
}

double geom_distance_m(const struct geom *g,
                       double lon,
                       double lat,
                       double *nearest_lon,
                       double *nearest_lat)
{
    struct geodesic_origin origin;

    geodesic_origin_init(&origin, lon, lat);
    return geom_distance_from(&origin, g, HUGE_VAL, nearest_lon, nearest_lat);
}
