/* SPDX-License-Identifier: Apache-2.0 */
/* Flat geometries in longitude and latitude, boxes, geodesic distance, world units. */
#ifndef ENGINE_GEOM_H
#define ENGINE_GEOM_H

#include <engine/bytes.h>

/** Degrees, EPSG:4326 (or world units where said so); min <= max; empty: min > max. */
struct bbox {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};

static inline struct bbox bbox_empty(void)
{
    return (struct bbox){1e300, 1e300, -1e300, -1e300};
}
static inline bool bbox_is_empty(struct bbox b)
{
    return !(b.min_x <= b.max_x && b.min_y <= b.max_y);
}
static inline bool bbox_intersects(struct bbox a, struct bbox b)
{
    return a.min_x <= b.max_x && b.min_x <= a.max_x && a.min_y <= b.max_y &&
           b.min_y <= a.max_y;
}
struct bbox bbox_extend(struct bbox b, double x, double y);
struct bbox bbox_union(struct bbox a, struct bbox b);

enum geom_kind { GEOM_EMPTY, GEOM_POINT, GEOM_LINE, GEOM_AREA };

/**
 * A geometry of one kind with any number of parts (so a point and a multipoint are the
 * same thing). A view: it owns nothing.
 *
 *   lonlat    lon0 lat0 lon1 lat1 ...                      2 * n_points doubles
 *   part_end  exclusive vertex index of the end of each line or ring; points: NULL
 *   area_end  exclusive ring index of the end of each polygon; outer ring first,
 *             then its holes; NULL unless GEOM_AREA
 *
 * Rings are closed: the last vertex repeats the first. Outer rings run
 * counter-clockwise, holes clockwise (RFC 7946, 3.1.6).
 */
struct geom {
    enum geom_kind kind;
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t n_areas;
    const double *lonlat;
    const uint32_t *part_end;
    const uint32_t *area_end;
};

struct bbox geom_bbox(const struct geom *g);
/** Twice the signed area of a closed ring of `n` positions in square degrees: positive
 *  when it runs counter-clockwise. */
double geom_ring_area2(const double *lonlat, size_t n);
/** Turn a closed ring round when it runs the other way; one without area stays. */
void geom_ring_orient(double *lonlat, size_t n, bool counter_clockwise);
/** Point in polygon, even-odd; on the edge counts as inside. False unless GEOM_AREA. */
bool geom_contains(const struct geom *g, double lon, double lat);

/**
 * Geodesic metres on WGS 84 (Karney 2013, through PROJ's geodesic.h) from a point to
 * the nearest edge of `g`; 0 inside an area. To positions within about 10 km Bowring's
 * formula for short lines is used, which differs by less than 2 micrometres. Writes the
 * nearest position when asked. HUGE_VAL for an empty geometry.
 */
double geom_distance_m(const struct geom *g,
                       double lon,
                       double lat,
                       double *nearest_lon,
                       double *nearest_lat);
/**
 * The same between the nearest edges of two geometries; 0 where they touch or overlap.
 * HUGE_VAL when it is above `limit_m`, or when one is empty. Writes the nearest
 * position on `b` when asked.
 */
double geom_between_m(const struct geom *a,
                      const struct geom *b,
                      double limit_m,
                      double *b_lon,
                      double *b_lat);
double geodesic_distance_m(double lon1, double lat1, double lon2, double lat2);
/** A lower bound in metres of the geodesic distance from a point to anything in `box`.
 */
double bbox_lower_bound_m(struct bbox box, double lon, double lat);

/**
 * World units: the square of WebMercatorQuad (EPSG:3857, OGC 17-083r4 D.1) cut into
 * 2^32 units a side, x east, y south, origin at the top left. One unit is 9.3 mm at the
 * equator, a quarter of a pixel at zoom 22. Latitudes beyond 85.0511 are clamped.
 */
enum { WORLD_BITS = 32 };
uint32_t world_x(double lon_deg);
uint32_t world_y(double lat_deg);
double world_lon(double x);
double world_lat(double y);

/** Write a geometry as a GeoJSON geometry object with at most 7 decimals; empty: null.
 */
struct im_json;
void geom_write_json(const struct geom *g, struct im_json *w);
/** The same with other decimals, for coordinates of another CRS. */
void geom_write_json_as(const struct geom *g, int decimals, struct im_json *w);

#endif
