/* SPDX-License-Identifier: Apache-2.0 */
/* The layers `land`, `sea` and `coastline`. */
#include "ground.h"

#include <math.h>
#include <stdio.h>

/* Banks and shores come from two sources that differ by some hundred metres. */
static const double SEAM_DEG = 0.003;

static const struct gpkg_field LAND_FIELDS[] = {
    {"adcode", OFTString}, {"name_zh", OFTString}, {"name_en", OFTString},
    {"delta", OFTInteger}, {"area_km2", OFTReal},  {"reviewed", OFTInteger},
    {"source", OFTString}};
static const struct gpkg_layer_def LAND = {"land", GPKG_AREA, LAND_FIELDS, 7};
static const struct gpkg_field SEA_FIELDS[] = {{"id", OFTString},
                                               {"source", OFTString}};
static const struct gpkg_layer_def SEA = {"sea", GPKG_AREA, SEA_FIELDS, 2};
static const struct gpkg_field COASTLINE_FIELDS[] = {{"id", OFTString},
                                                     {"kind", OFTString},
                                                     {"length_km", OFTReal},
                                                     {"source", OFTString}};
static const struct gpkg_layer_def COASTLINE = {"coastline", GPKG_LINE,
                                                COASTLINE_FIELDS, 4};

/* The union of those provinces for which `wanted` holds, NULL for all. */
static GEOSGeometry *unite(struct geos *g,
                           GEOSGeometry *const province[DCW_N_PROVINCES],
                           bool (*wanted)(const struct dcw_province *))
{
    struct geos_list list = {0};
    bool ok = true;

    for (int i = 0; ok && i < DCW_N_PROVINCES; i++)
        if (!wanted || wanted(&DCW_PROVINCES[i]))
            ok = geos_list_take(g, &list, GEOSGeom_clone_r(g->h, province[i]));
    GEOSGeometry *all =
        ok ? geos_collect_take(g, GEOS_GEOMETRYCOLLECTION, &list) : NULL;
    GEOSGeometry *merged = all ? GEOSUnaryUnion_r(g->h, all) : NULL;
    geos_list_release(g, &list);
    GEOSGeom_destroy_r(g->h, all);
    return geos_areas_take(g, merged);
}

static bool is_neighbour(const struct dcw_province *p)
{
    return !p->delta;
}

GEOSGeometry *ground_neighbours(struct geos *g,
                                GEOSGeometry *const province[DCW_N_PROVINCES])
{
    return unite(g, province, is_neighbour);
}

static int nearest_province(struct geos *g,
                            const GEOSGeometry *piece,
                            const GEOSPreparedGeometry *const *province)
{
    double best = HUGE_VAL;
    int found = 0;

    for (int i = 0; best > 0 && i < DCW_N_PROVINCES; i++) {
        double deg;

        if (GEOSPreparedDistance_r(g->h, province[i], piece, &deg) == 1 && deg < best) {
            best = deg;
            found = i;
        }
    }
    return found;
}

/* Sort the pieces by the province each of them is nearest to. */
static enum im_code sort_pieces(struct geos *g,
                                const GEOSGeometry *extra,
                                GEOSGeometry *const province[DCW_N_PROVINCES],
                                struct geos_list pieces[DCW_N_PROVINCES],
                                struct im_error *err)
{
    const GEOSPreparedGeometry *prepared[DCW_N_PROVINCES] = {0};
    enum im_code rc = IM_OK;

    for (int i = 0; !rc && i < DCW_N_PROVINCES; i++) {
        prepared[i] = GEOSPrepare_r(g->h, province[i]);
        if (!prepared[i])
            rc = geos_fail(g, "land", err);
    }
    for (int i = 0; !rc && i < GEOSGetNumGeometries_r(g->h, extra); i++) {
        const GEOSGeometry *piece = GEOSGetGeometryN_r(g->h, extra, i);
        int owner = nearest_province(g, piece, prepared);

        if (!geos_list_take(g, &pieces[owner], GEOSGeom_clone_r(g->h, piece)))
            rc = im_fail(err, IM_ENOMEM, "out of memory for land");
    }
    for (int i = 0; i < DCW_N_PROVINCES; i++)
        GEOSPreparedGeom_destroy_r(g->h, prepared[i]);
    return rc;
}

static enum im_code merge_pieces(struct geos *g,
                                 struct geos_list *pieces,
                                 GEOSGeometry **province,
                                 struct im_error *err)
{
    GEOSGeometry *all;
    GEOSGeometry *merged = NULL;

    if (!geos_list_take(g, pieces, *province)) {
        *province = NULL;
        return im_fail(err, IM_ENOMEM, "out of memory for land");
    }
    *province = NULL;
    all = geos_collect_take(g, GEOS_GEOMETRYCOLLECTION, pieces);
    if (all)
        merged = GEOSUnaryUnion_r(g->h, all);
    GEOSGeom_destroy_r(g->h, all);
    *province = geos_areas_take(g, merged);
    return *province ? IM_OK : geos_fail(g, "land", err);
}

enum im_code ground_add_new_land(struct geos *g,
                                 const GEOSGeometry *sea,
                                 const GEOSGeometry *box,
                                 GEOSGeometry *province[DCW_N_PROVINCES],
                                 struct im_error *err)
{
    struct geos_list pieces[DCW_N_PROVINCES] = {0};
    GEOSGeometry *known = unite(g, province, NULL);
    GEOSGeometry *extra = GEOSDifference_r(g->h, box, sea);
    enum im_code rc;

    if (known && extra)
        geos_replace(g, &extra, GEOSDifference_r, known);
    extra = geos_areas_take(g, extra);
    rc = known && extra ? sort_pieces(g, extra, province, pieces, err)
                        : geos_fail(g, "land", err);
    for (int i = 0; !rc && i < DCW_N_PROVINCES; i++)
        rc = merge_pieces(g, &pieces[i], &province[i], err);
    for (int i = 0; i < DCW_N_PROVINCES; i++)
        geos_list_release(g, &pieces[i]);
    GEOSGeom_destroy_r(g->h, known);
    GEOSGeom_destroy_r(g->h, extra);
    return rc;
}

enum im_code ground_write_land(struct geos *g,
                               GEOSGeometry *const province[DCW_N_PROVINCES],
                               struct gpkg *pkg,
                               struct im_error *err)
{
    OGRLayerH layer = gpkg_layer(pkg, &LAND, err);
    enum im_code rc = layer ? IM_OK : err->code;

    for (int i = 0; !rc && i < DCW_N_PROVINCES; i++) {
        const struct dcw_province *p = &DCW_PROVINCES[i];
        char adcode[16];

        snprintf(adcode, sizeof adcode, "%d", p->adcode);
        struct gpkg_value values[] = {{.text = adcode},
                                      {.text = p->name_zh},
                                      {.text = p->name_en},
                                      {.number = p->delta},
                                      {.number = round(geos_area_km2(g, province[i]))},
                                      {.number = 0},
                                      {.text = "DCW-GMT 2.1.1"}};
        rc = gpkg_add(g, layer, province[i], values, 7, err);
    }
    return rc;
}

/* Writes each line of a multiline as a feature of its own; takes `lines`. */
static enum im_code write_lines_take(struct geos *g,
                                     OGRLayerH layer,
                                     GEOSGeometry *lines,
                                     const char *kind,
                                     const char *source,
                                     size_t *n_lines,
                                     struct im_error *err)
{
    GEOSGeometry *merged = lines ? GEOSLineMerge_r(g->h, lines) : NULL;
    enum im_code rc = IM_OK;

    GEOSGeom_destroy_r(g->h, lines);
    merged = geos_lines_take(g, merged);
    if (!merged)
        return geos_fail(g, "the coastline", err);
    for (int i = 0; !rc && i < GEOSGetNumGeometries_r(g->h, merged); i++) {
        struct geos_list one = {0};
        GEOSGeometry *line = NULL;
        char id[32];

        if (geos_list_take(g, &one,
                           GEOSGeom_clone_r(g->h, GEOSGetGeometryN_r(g->h, merged, i))))
            line = geos_collect_take(g, GEOS_MULTILINESTRING, &one);
        if (!line) {
            rc = geos_fail(g, "the coastline", err);
            break;
        }
        snprintf(id, sizeof id, "%s-%d", kind, i + 1);
        struct gpkg_value values[] = {
            {.text = id},
            {.text = kind},
            {.number = round(geos_length_km(g, line) * 10) / 10},
            {.text = source}};
        rc = gpkg_add(g, layer, line, values, 4, err);
        GEOSGeom_destroy_r(g->h, line);
        ++*n_lines;
    }
    GEOSGeom_destroy_r(g->h, merged);
    return rc;
}

/* `line` without what lies within SEAM_DEG of `area`. */
static GEOSGeometry *
away_from(struct geos *g, const GEOSGeometry *line, const GEOSGeometry *area)
{
    GEOSGeometry *wide = GEOSBuffer_r(g->h, area, SEAM_DEG, 2);
    GEOSGeometry *rest = wide ? GEOSDifference_r(g->h, line, wide) : NULL;

    GEOSGeom_destroy_r(g->h, wide);
    return rest;
}

static enum im_code write_banks(struct geos *g,
                                OGRLayerH layer,
                                const GEOSGeometry *rivers,
                                const struct coast *coast,
                                struct bbox bounds,
                                size_t *n_lines,
                                struct im_error *err)
{
    GEOSGeometry *outline = GEOSBoundary_r(g->h, rivers);
    GEOSGeometry *box = geos_box(g, bounds);
    GEOSGeometry *frame = box ? GEOSBoundary_r(g->h, box) : NULL;
    GEOSGeometry *banks = outline ? away_from(g, outline, coast->sea) : NULL;
    enum im_code rc;

    if (banks && frame)
        geos_replace(g, &banks, GEOSDifference_r, frame);
    rc = write_lines_take(g, layer, banks, "bank", "GSHHG 2.3.7", n_lines, err);
    GEOSGeom_destroy_r(g->h, outline);
    GEOSGeom_destroy_r(g->h, box);
    GEOSGeom_destroy_r(g->h, frame);
    return rc;
}

enum im_code ground_write_coast(struct geos *g,
                                const struct coast *coast,
                                const GEOSGeometry *rivers,
                                struct bbox box,
                                struct gpkg *pkg,
                                size_t *n_lines,
                                struct im_error *err)
{
    static const char source[] = "© OpenStreetMap contributors (ODbL), 2017";
    struct gpkg_value values[] = {{.text = "sea"}, {.text = source}};
    OGRLayerH sea = gpkg_layer(pkg, &SEA, err);
    OGRLayerH layer = sea ? gpkg_layer(pkg, &COASTLINE, err) : NULL;
    enum im_code rc = layer ? IM_OK : err->code;

    if (!rc)
        rc = gpkg_add(g, sea, coast->sea, values, 2, err);
    if (rc)
        return rc;
    GEOSGeometry *shores = rivers ? away_from(g, coast->line, rivers)
                                  : GEOSGeom_clone_r(g->h, coast->line);
    rc = write_lines_take(g, layer, shores, "coast", source, n_lines, err);
    if (!rc && rivers)
        rc = write_banks(g, layer, rivers, coast, box, n_lines, err);
    return rc;
}
