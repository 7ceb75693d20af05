/* SPDX-License-Identifier: Apache-2.0 */
/* Lakes, broad rivers and river lines out of GSHHG and WDBII. */
#include "water.h"

#include "gshhg.h"
#include "names.h"

#include <math.h>
#include <stdio.h>

static const double SMALLEST_LAKE_KM2 = 1;
static const double NEAR_LAKE_DEG = 0.02;
static const double NEAR_RIVER_DEG = 0.08; /* WDBII is off by 1 to 3 km */

/* Two "lakes" at Yangzhong are really the island between the arms of the Yangtze. */
static const double FALSE_LAKES[][2] = {{119.85, 32.20}, {119.90, 32.03}};
/* The source counts this lake as a widening of a river. */
static const double SHAOBO[2] = {119.45, 32.50};
/* The source has Poyang Lake in one piece with the Yangtze: it begins at Hukou. */
static const struct bbox POYANG = {115.60, 28.60, 116.90, 29.735};

/* Lower reaches that the source counts as ocean: the part of the window around the
 * seed that its ocean shore encloses. */
struct reach {
    struct bbox window;
    double seed[2];
    bool is_qiantang;
};
static const struct reach REACHES[] = {
    {{119.95, 31.55, 121.145, 32.20}, {120.90, 31.78}, false},
    {{120.05, 30.15, 120.40, 30.45}, {120.25, 30.285}, true},
    /* the old bay south of this window is land today */
    {{120.40, 30.325, 120.70, 30.45}, {120.50, 30.38}, true},
};

/* Between Zhenjiang and Jiangyin the source has nothing. Own drawing, schematic: the
 * main channel north and east of Yangzhong island. */
static const double YANGTZE_GAP[][2] = {
    {119.56, 32.20},  {119.62, 32.20},  {119.665, 32.24},  {119.70, 32.295},
    {119.76, 32.315}, {119.82, 32.305}, {119.865, 32.265}, {119.89, 32.20},
    {119.915, 32.12}, {119.935, 32.05}, {119.955, 32.00},  {120.00, 31.955},
    {120.06, 31.95}};
static const double YANGTZE_GAP_HALF_WIDTH_DEG = 0.0085;

static const struct gpkg_field LAKE_FIELDS[] = {
    {"id", OFTString},     {"name_zh", OFTString}, {"name_en", OFTString},
    {"area_km2", OFTReal}, {"kind", OFTString},    {"source", OFTString}};
static const struct gpkg_layer_def LAKES = {"lakes", GPKG_AREA, LAKE_FIELDS, 6};
static const struct gpkg_field RIVER_AREA_FIELDS[] = {{"id", OFTString},
                                                      {"name_zh", OFTString},
                                                      {"name_en", OFTString},
                                                      {"note", OFTString},
                                                      {"source", OFTString}};
static const struct gpkg_layer_def RIVER_AREAS = {"river_areas", GPKG_AREA,
                                                  RIVER_AREA_FIELDS, 5};
static const struct gpkg_field RIVER_FIELDS[] = {
    {"id", OFTString},    {"name_zh", OFTString}, {"name_en", OFTString},
    {"class", OFTString}, {"length_km", OFTReal}, {"source", OFTString}};
static const struct gpkg_layer_def RIVERS = {"rivers", GPKG_LINE, RIVER_FIELDS, 6};

struct water_writer {
    struct geos *g;
    const struct gshhg_shores *shores;
    GEOSGeometry *box;
    OGRLayerH lakes;
    OGRLayerH river_areas;
    struct water *out;
    struct im_error *err;
};

static bool is_near(struct geos *g, const GEOSGeometry *geom, const double point[2])
{
    return geos_distance_deg(g, geom, point[0], point[1]) < NEAR_LAKE_DEG;
}

static bool is_false_lake(struct geos *g, const GEOSGeometry *geom)
{
    for (size_t i = 0; i < sizeof FALSE_LAKES / sizeof *FALSE_LAKES; i++)
        if (is_near(g, geom, FALSE_LAKES[i]))
            return true;
    return false;
}

/* The water of an area: without its islands, inside the box. */
static GEOSGeometry *water_of(struct water_writer *w, const struct gshhg_area *area)
{
    GEOSGeometry *water = GEOSIntersection_r(w->g->h, area->geom, w->box);

    for (size_t i = 0; water && i < w->shores->n_areas; i++) {
        const struct gshhg_area *island = &w->shores->area[i];

        if (island->level == GSHHG_ISLAND && island->inside == area->id)
            geos_replace(w->g, &water, GEOSDifference_r, island->geom);
    }
    return geos_areas_take(w->g, water);
}

static const struct lake_name *name_of_lake(struct geos *g, const GEOSGeometry *water)
{
    for (size_t i = 0; i < N_LAKE_NAMES; i++)
        if (geos_distance_deg(g, water, LAKE_NAMES[i].lon, LAKE_NAMES[i].lat) <
            NEAR_LAKE_DEG)
            return &LAKE_NAMES[i];
    return NULL;
}

static enum im_code
write_lake(struct water_writer *w, const GEOSGeometry *water, int32_t number)
{
    double area_km2 = geos_area_km2(w->g, water);
    const struct lake_name *name = name_of_lake(w->g, water);
    char id[32];

    if (area_km2 < SMALLEST_LAKE_KM2)
        return IM_OK;
    snprintf(id, sizeof id, "gshhg-%d", number);
    struct gpkg_value values[] = {{.text = id},
                                  {.text = name ? name->zh : NULL},
                                  {.text = name ? name->en : NULL},
                                  {.number = round(area_km2 * 10) / 10},
                                  {.text = name ? name->kind : "lake"},
                                  {.text = "GSHHG 2.3.7"}};
    w->out->n_lakes++;
    return gpkg_add(w->g, w->lakes, water, values, 6, w->err);
}

/* Poyang Lake is written as a lake, the rest collected as river. */
static enum im_code take_river(struct water_writer *w,
                               GEOSGeometry *water,
                               int32_t number,
                               struct geos_list *yangtze)
{
    GEOSGeometry *cut = geos_box(w->g, POYANG);
    GEOSGeometry *lake =
        cut ? geos_areas_take(w->g, GEOSIntersection_r(w->g->h, water, cut)) : NULL;
    enum im_code rc = IM_OK;

    if (!lake || !geos_replace(w->g, &water, GEOSDifference_r, cut))
        rc = geos_fail(w->g, "鄱阳湖", w->err);
    else if (GEOSisEmpty_r(w->g->h, lake) != 1)
        rc = write_lake(w, lake, number);
    GEOSGeom_destroy_r(w->g->h, cut);
    GEOSGeom_destroy_r(w->g->h, lake);
    if (rc)
        GEOSGeom_destroy_r(w->g->h, water);
    else if (!geos_list_take(w->g, yangtze, water))
        rc = im_fail(w->err, IM_ENOMEM, "out of memory for rivers");
    return rc;
}

static enum im_code write_lakes(struct water_writer *w, struct geos_list *yangtze)
{
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < w->shores->n_areas; i++) {
        const struct gshhg_area *area = &w->shores->area[i];

        if (area->level != GSHHG_LAKE || is_false_lake(w->g, area->geom))
            continue;
        GEOSGeometry *water = water_of(w, area);
        if (!water)
            return geos_fail(w->g, "a lake", w->err);
        if (area->is_river && !is_near(w->g, area->geom, SHAOBO)) {
            rc = take_river(w, water, area->id, yangtze);
        } else {
            rc = write_lake(w, water, area->id);
            GEOSGeom_destroy_r(w->g->h, water);
        }
    }
    return rc;
}

/* The face around the seed among those that the ocean's shore cuts out of a window. */
static enum im_code
take_reach(struct water_writer *w, const struct reach *reach, struct geos_list *out)
{
    struct geos *g = w->g;
    GEOSGeometry *window = geos_box(g, reach->window);
    struct geos_list lines = {0};
    bool ok = window && geos_list_take(g, &lines, GEOSBoundary_r(g->h, window));

    for (size_t i = 0; ok && i < w->shores->land.n; i++)
        if (GEOSIntersects_r(g->h, w->shores->land.item[i], window) == 1)
            ok = geos_list_take(g, &lines,
                                GEOSGeom_clone_r(g->h, w->shores->land.item[i]));
    GEOSGeometry *faces = ok ? geos_faces_take(g, &lines) : NULL;
    for (int i = 0; faces && i < GEOSGetNumGeometries_r(g->h, faces); i++) {
        const GEOSGeometry *face = GEOSGetGeometryN_r(g->h, faces, i);

        if (geos_covers(g, face, reach->seed[0], reach->seed[1]))
            ok = geos_list_take(g, out, GEOSIntersection_r(g->h, face, window)) && ok;
    }
    ok = ok && faces;
    geos_list_release(g, &lines);
    GEOSGeom_destroy_r(g->h, faces);
    GEOSGeom_destroy_r(g->h, window);
    return ok ? IM_OK : geos_fail(g, "a river mouth", w->err);
}

static enum im_code take_gap(struct water_writer *w, struct geos_list *out)
{
    struct path p = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof YANGTZE_GAP / sizeof *YANGTZE_GAP; i++)
        ok = path_add(&p, YANGTZE_GAP[i][0], YANGTZE_GAP[i][1]);
    GEOSGeometry *line = ok ? geos_line(w->g, &p) : NULL;
    GEOSGeometry *area =
        line ? GEOSBuffer_r(w->g->h, line, YANGTZE_GAP_HALF_WIDTH_DEG, 8) : NULL;

    path_release(&p);
    GEOSGeom_destroy_r(w->g->h, line);
    return geos_list_take(w->g, out, area) ? IM_OK
                                           : geos_fail(w->g, "the Yangtze", w->err);
}

static enum im_code write_river_area(struct water_writer *w,
                                     struct geos_list *parts,
                                     const GEOSGeometry *sea,
                                     const struct gpkg_value values[5])
{
    struct geos *g = w->g;
    GEOSGeometry *all = geos_collect_take(g, GEOS_GEOMETRYCOLLECTION, parts);
    GEOSGeometry *area = all ? GEOSUnaryUnion_r(g->h, all) : NULL;
    enum im_code rc = IM_OK;

    GEOSGeom_destroy_r(g->h, all);
    if (area && sea)
        geos_replace(g, &area, GEOSDifference_r, sea);
    area = geos_areas_take(g, area);
    if (!area)
        return geos_fail(g, values[0].text, w->err);
    rc = gpkg_add(g, w->river_areas, area, values, 5, w->err);
    if (!rc && w->out->broad_rivers &&
        !geos_replace(g, &w->out->broad_rivers, GEOSUnion_r, area))
        rc = geos_fail(g, values[0].text, w->err);
    if (!rc && !w->out->broad_rivers) {
        w->out->broad_rivers = area;
        return IM_OK;
    }
    GEOSGeom_destroy_r(g->h, area);
    return rc;
}

static enum im_code write_all(struct water_writer *w, const GEOSGeometry *sea)
{
    static const struct gpkg_value yangtze_values[5] = {
        {.text = "yangtze"},
        {.text = "长江"},
        {.text = "Yangtze River"},
        {.text = "镇江至江阴段（119.6–120.06°E）为示意 / schematic between 119.6 and "
                 "120.06 E"},
        {.text = "GSHHG 2.3.7"}};
    static const struct gpkg_value qiantang_values[5] = {{.text = "qiantang"},
                                                         {.text = "钱塘江"},
                                                         {.text = "Qiantang River"},
                                                         {.text = NULL},
                                                         {.text = "GSHHG 2.3.7"}};
    struct geos_list yangtze = {0};
    struct geos_list qiantang = {0};
    enum im_code rc = write_lakes(w, &yangtze);

    for (size_t i = 0; !rc && i < sizeof REACHES / sizeof *REACHES; i++)
        rc = take_reach(w, &REACHES[i], REACHES[i].is_qiantang ? &qiantang : &yangtze);
    if (!rc)
        rc = take_gap(w, &yangtze);
    if (!rc)
        rc = write_river_area(w, &yangtze, sea, yangtze_values);
    if (!rc)
        rc = write_river_area(w, &qiantang, sea, qiantang_values);
    geos_list_release(w->g, &yangtze);
    geos_list_release(w->g, &qiantang);
    return rc;
}

enum im_code water_write_areas(struct geos *g,
                               const char *shores_path,
                               struct bbox box,
                               const GEOSGeometry *sea,
                               struct gpkg *pkg,
                               struct water *out,
                               struct im_error *err)
{
    struct gshhg_shores shores = {0};
    struct water_writer w = {.g = g, .shores = &shores, .out = out, .err = err};
    enum im_code rc = gshhg_read_shores(g, shores_path, box, &shores, err);

    if (rc)
        goto done;
    w.box = geos_box(g, box);
    w.lakes = gpkg_layer(pkg, &LAKES, err);
    w.river_areas = w.lakes ? gpkg_layer(pkg, &RIVER_AREAS, err) : NULL;
    if (!w.box || !w.river_areas) {
        rc = w.box ? err->code : geos_fail(g, "a box", err);
        goto done;
    }
    rc = write_all(&w, sea);
done:
    GEOSGeom_destroy_r(g->h, w.box);
    gshhg_shores_release(g, &shores);
    return rc;
}

/* ---- rivers as lines ---- */

static const struct {
    int level;
    const char *class;
} RIVER_CLASSES[] = {
    {GSHHG_RIVER_MAJOR, "major"},
    {GSHHG_RIVER_MAIN, "main"},
    {GSHHG_RIVER, "river"},
    {GSHHG_RIVER_MINOR, "minor"},
    {GSHHG_CANAL_MAJOR, "canal_major"},
    {GSHHG_CANAL, "canal"},
};

/* The river whose seed is nearest, when that is near enough. */
static const struct river_name *
name_of_river(struct geos *g, const GEOSGeometry *line, int level)
{
    const struct river_name *best = NULL;
    double nearest = NEAR_RIVER_DEG;

    for (size_t i = 0; i < N_RIVER_NAMES; i++) {
        const struct river_name *name = &RIVER_NAMES[i];

        for (unsigned k = 0; name->level == level && k < name->seeds; k++) {
            double deg =
                geos_distance_deg(g, line, name->lonlat[k][0], name->lonlat[k][1]);

            if (deg < nearest) {
                nearest = deg;
                best = name;
            }
        }
    }
    return best;
}

static enum im_code write_river(struct geos *g,
                                OGRLayerH layer,
                                const GEOSGeometry *line,
                                size_t class,
                                struct water *out,
                                struct im_error *err)
{
    const struct river_name *name = name_of_river(g, line, RIVER_CLASSES[class].level);
    char id[32];

    snprintf(id, sizeof id, "wdb-%zu", ++out->n_rivers);
    struct gpkg_value values[] = {{.text = id},
                                  {.text = name ? name->zh : NULL},
                                  {.text = name ? name->en : NULL},
                                  {.text = RIVER_CLASSES[class].class},
                                  {.number = round(geos_length_km(g, line) * 10) / 10},
                                  {.text = "WDBII, GSHHG 2.3.7"}};
    return gpkg_add(g, layer, line, values, 6, err);
}

static enum im_code write_class(struct geos *g,
                                OGRLayerH layer,
                                struct geos_list *pieces,
                                const GEOSGeometry *box,
                                size_t class,
                                struct water *out,
                                struct im_error *err)
{
    GEOSGeometry *all = geos_collect_take(g, GEOS_MULTILINESTRING, pieces);
    GEOSGeometry *merged = all ? GEOSLineMerge_r(g->h, all) : NULL;
    enum im_code rc = IM_OK;

    GEOSGeom_destroy_r(g->h, all);
    if (merged)
        geos_replace(g, &merged, GEOSIntersection_r, box);
    merged = geos_lines_take(g, merged);
    if (!merged)
        return geos_fail(g, "rivers", err);
    for (int i = 0; !rc && i < GEOSGetNumGeometries_r(g->h, merged); i++) {
        GEOSGeometry *part =
            GEOSGeom_clone_r(g->h, GEOSGetGeometryN_r(g->h, merged, i));
        struct geos_list one = {0};
        GEOSGeometry *line = geos_list_take(g, &one, part)
                                 ? geos_collect_take(g, GEOS_MULTILINESTRING, &one)
                                 : NULL;

        rc = line ? write_river(g, layer, line, class, out, err)
                  : geos_fail(g, "rivers", err);
        GEOSGeom_destroy_r(g->h, line);
    }
    GEOSGeom_destroy_r(g->h, merged);
    return rc;
}

enum im_code water_write_rivers(struct geos *g,
                                const char *rivers_path,
                                struct bbox bounds,
                                struct gpkg *pkg,
                                struct water *out,
                                struct im_error *err)
{
    struct geos_list pieces[GSHHG_RIVER_LEVELS] = {0};
    GEOSGeometry *box = geos_box(g, bounds);
    enum im_code rc = box ? gshhg_read_rivers(g, rivers_path, bounds, pieces, err)
                          : geos_fail(g, "a box", err);
    OGRLayerH layer = rc ? NULL : gpkg_layer(pkg, &RIVERS, err);

    if (!rc && !layer)
        rc = err->code;
    for (size_t i = 0; !rc && i < sizeof RIVER_CLASSES / sizeof *RIVER_CLASSES; i++)
        rc = write_class(g, layer, &pieces[RIVER_CLASSES[i].level], box, i, out, err);
    for (size_t i = 0; i < GSHHG_RIVER_LEVELS; i++)
        geos_list_release(g, &pieces[i]);
    GEOSGeom_destroy_r(g->h, box);
    return rc;
}
