/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes, point in polygon and GeoJSON of flat geometries. */
#include "geom/edge.h"

#include <engine/geom.h>
#include <engine/json_writer.h>

struct bbox bbox_extend(struct bbox b, double x, double y)
{
    b.min_x = x < b.min_x ? x : b.min_x;
    b.min_y = y < b.min_y ? y : b.min_y;
    b.max_x = x > b.max_x ? x : b.max_x;
    b.max_y = y > b.max_y ? y : b.max_y;
    return b;
}

struct bbox bbox_union(struct bbox a, struct bbox b)
{
    if (bbox_is_empty(b))
        return a;
    return bbox_extend(bbox_extend(a, b.min_x, b.min_y), b.max_x, b.max_y);
}

struct bbox geom_bbox(const struct geom *g)
{
    struct bbox b = bbox_empty();

    for (size_t i = 0; i < g->n_points; i++)
        b = bbox_extend(b, g->lonlat[2 * i], g->lonlat[2 * i + 1]);
    return b;
}

bool geom_contains(const struct geom *g, double lon, double lat)
{
    bool inside = false;
    uint32_t start = 0;

    if (g->kind != GEOM_AREA)
        return false;
    for (uint32_t part = 0; part < g->n_parts; part++) {
        for (uint32_t i = start; i + 1 < g->part_end[part]; i++) {
            const double *a = g->lonlat + 2 * (size_t)i;
            enum geom_edge edge = geom_edge_meet(a, a + 2, lon, lat);

            if (edge == GEOM_EDGE_HIT)
                return true;
            inside ^= edge == GEOM_EDGE_CROSSED;
        }
        start = g->part_end[part];
    }
    return inside;
}

static void
write_position(const struct geom *g, uint32_t i, int decimals, struct im_json *w)
{
    im_json_array(w);
    im_json_number(w, g->lonlat[2 * (size_t)i], decimals);
    im_json_number(w, g->lonlat[2 * (size_t)i + 1], decimals);
    im_json_array_end(w);
}

static void
write_part(const struct geom *g, uint32_t part, int decimals, struct im_json *w)
{
    im_json_array(w);
    for (uint32_t i = part ? g->part_end[part - 1] : 0; i < g->part_end[part]; i++)
        write_position(g, i, decimals, w);
    im_json_array_end(w);
}

static void write_parts(
    const struct geom *g, uint32_t from, uint32_t to, int decimals, struct im_json *w)
{
    im_json_array(w);
    for (uint32_t part = from; part < to; part++)
        write_part(g, part, decimals, w);
    im_json_array_end(w);
}

static void write_points(const struct geom *g, int decimals, struct im_json *w)
{
    if (g->n_points == 1) {
        write_position(g, 0, decimals, w);
        return;
    }
    im_json_array(w);
    for (uint32_t i = 0; i < g->n_points; i++)
        write_position(g, i, decimals, w);
    im_json_array_end(w);
}

static void write_areas(const struct geom *g, int decimals, struct im_json *w)
{
    if (g->n_areas == 1) {
        write_parts(g, 0, g->area_end[0], decimals, w);
        return;
    }
    im_json_array(w);
    for (uint32_t area = 0; area < g->n_areas; area++)
        write_parts(g, area ? g->area_end[area - 1] : 0, g->area_end[area], decimals,
                    w);
    im_json_array_end(w);
}

void geom_write_json_as(const struct geom *g, int decimals, struct im_json *w)
{
    static const char *const name[4][2] = {{"", ""},
                                           {"Point", "MultiPoint"},
                                           {"LineString", "MultiLineString"},
                                           {"Polygon", "MultiPolygon"}};
    bool multi = g->kind == GEOM_POINT  ? g->n_points > 1
                 : g->kind == GEOM_LINE ? g->n_parts > 1
                                        : g->n_areas > 1;

    if (g->kind == GEOM_EMPTY) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, name[g->kind][multi]);
    im_json_key(w, "coordinates");
    if (g->kind == GEOM_POINT)
        write_points(g, decimals, w);
    else if (g->kind == GEOM_AREA)
        write_areas(g, decimals, w);
    else if (multi)
        write_parts(g, 0, g->n_parts, decimals, w);
    else
        write_part(g, 0, decimals, w);
    im_json_object_end(w);
}

void geom_write_json(const struct geom *g, struct im_json *w)
{
    geom_write_json_as(g, 7, w);
}
