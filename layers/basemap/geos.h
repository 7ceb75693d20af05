/* SPDX-License-Identifier: Apache-2.0 */
/* GEOS with its last complaint kept, and the few constructions the builder needs. */
#ifndef BASEMAP_GEOS_H
#define BASEMAP_GEOS_H

#include <engine/error.h>
#include <engine/geom.h>

#include <geos_c.h>

/** Coordinates of a line or ring while it is being collected: x0 y0 x1 y1 ... */
struct path {
    double *xy;
    size_t n; /* points */
    size_t cap;
};

void path_release(struct path *p);
bool path_add(struct path *p, double x, double y);
struct bbox path_bbox(const struct path *p);

/** Geometries that are being collected; owns what it holds. */
struct geos_list {
    GEOSGeometry **item;
    size_t n;
    size_t cap;
};

struct geos {
    GEOSContextHandle_t h;
    char complaint[200]; /* what GEOS said last, one line */
    unsigned repaired;   /* polygons that needed GEOSMakeValid: the last resort */
};

IM_CHECKED enum im_code geos_init(struct geos *g, struct im_error *err);
void geos_release(struct geos *g);
/** IM_EDATA "<what>: <GEOS's complaint>". */
enum im_code geos_fail(const struct geos *g, const char *what, struct im_error *err);

/** All of these return NULL when GEOS fails; geos_fail then has the reason. */
GEOSGeometry *geos_line(struct geos *g, const struct path *p);
/** The ring is closed when its last point is not its first. */
GEOSGeometry *geos_polygon(struct geos *g, const struct path *rings, size_t n_rings);
GEOSGeometry *geos_box(struct geos *g, struct bbox box);
/** All items of `list` as one collection of `type`; the list is empty afterwards. */
GEOSGeometry *geos_collect_take(struct geos *g, int type, struct geos_list *list);
/** Nodes the lines of the list, polygonises them; a collection of faces. */
GEOSGeometry *geos_faces_take(struct geos *g, struct geos_list *lines);
/** As above for lines that meet at their end points only. */
GEOSGeometry *geos_rings_take(struct geos *g, struct geos_list *lines);
/** Polygons only, valid (repaired and counted when not), as a multipolygon; takes
 *  `geom`. */
GEOSGeometry *geos_areas_take(struct geos *g, GEOSGeometry *geom);
/** Lines only, as a multilinestring; takes `geom`. */
GEOSGeometry *geos_lines_take(struct geos *g, GEOSGeometry *geom);
/** Replace *into by (*into op other) and free the old one. False when GEOS fails. */
typedef GEOSGeometry *
geos_overlay(GEOSContextHandle_t, const GEOSGeometry *, const GEOSGeometry *);
bool geos_replace(struct geos *g,
                  GEOSGeometry **into,
                  geos_overlay *op,
                  const GEOSGeometry *other);

void geos_list_release(struct geos *g, struct geos_list *list);
/** Takes `geom`, also when memory runs out (false). NULL is refused. */
bool geos_list_take(struct geos *g, struct geos_list *list, GEOSGeometry *geom);

/** Square kilometres on the ellipsoid (Karney 2013) of a polygon or multipolygon. */
double geos_area_km2(struct geos *g, const GEOSGeometry *geom);
/** Kilometres along a line or multiline. */
double geos_length_km(struct geos *g, const GEOSGeometry *geom);
/** Is the position inside? False when GEOS fails. */
bool geos_covers(struct geos *g, const GEOSGeometry *geom, double x, double y);
/** Distance in degrees to a position; HUGE_VAL when GEOS fails. */
double geos_distance_deg(struct geos *g, const GEOSGeometry *geom, double x, double y);

#endif
