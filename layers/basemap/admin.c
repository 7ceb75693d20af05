/* SPDX-License-Identifier: Apache-2.0 */
/* Administrative areas and their borders. */
#include "admin.h"

#include "names.h"
#include "topology.h"

#include <engine/gcj02.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHANGHAI = 310000, CHONGMING_CODE = 310151, CODE_BYTES = 8 };

/* 20 square kilometres in grid units (95 by 108 m at 32 N); larger enclosed gaps would
 * be water that belongs to nobody. */
static const double MAX_GAP = 20e6 / (94 * 108.5);
static const double GRID_KM2 = 94 * 108.5 / 1e6;
/* The outlines differ from the neighbours' by up to 2 km. */
static const double NEAR_NEIGHBOUR_DEG = 0.03;
static const double COAST_DEG = 0.015;
static const double ROUGH_DEG = 0.004;

static const struct gpkg_field AREA_FIELDS[] = {
    {"adcode", OFTString},    {"name_zh", OFTString}, {"name_en", OFTString},
    {"level", OFTString},     {"parent", OFTString},  {"area_km2", OFTReal},
    {"reviewed", OFTInteger}, {"source", OFTString}};
static const struct gpkg_layer_def AREAS = {"admin_areas", GPKG_AREA, AREA_FIELDS, 8};
static const struct gpkg_field LINE_FIELDS[] = {
    {"id", OFTString},     {"level", OFTString},     {"side_a", OFTString},
    {"side_b", OFTString}, {"reviewed", OFTInteger}, {"source", OFTString}};
static const struct gpkg_layer_def LINES = {"admin_lines", GPKG_LINE, LINE_FIELDS, 6};
static const struct gpkg_field SEAT_FIELDS[] = {
    {"adcode", OFTString}, {"name_zh", OFTString}, {"source", OFTString}};
static const struct gpkg_layer_def SEATS = {"seats", GPKG_POINT, SEAT_FIELDS, 3};

enum level { LEVEL_PROVINCE, LEVEL_CITY, LEVEL_DISTRICT };
static const char *const LEVEL_NAMES[] = {"province", "city", "district"};

struct admin_writer {
    struct geos *g;
    const struct unit_set *units;
    const struct admin_context *context;
    struct topology topology;
    bool *member;
    OGRLayerH areas;
    OGRLayerH lines;
    GEOSGeometry *near_neighbours; /* NULL: not known */
    GEOSGeometry *coast;           /* NULL: not known */
    const GEOSPreparedGeometry
        *sea; /* of context->sea; most borders are nowhere near */
    struct admin_report *out;
    struct im_error *err;
};

/* The outlines are of about 2017. Left alone, because the old area was divided:
 * Jianggan (330104) between Shangcheng and Qiantang, Yuhang (330110), Xiaoshan
 * (330109), Cangnan (330327). */
static const struct admin_change CHANGES[] = {
    {320602, 320613, "崇川区", true},  {320802, 320812, "清江浦区", true},
    {330283, 330213, "奉化区", true},  {320611, 320613, "崇川区", false},
    {320684, 320614, "海门区", true},  {320621, 320685, "海安市", true},
    {330103, 330105, "拱墅区", false}, {330185, 330112, "临安区", true},
    {331021, 331083, "玉环市", true},  {340203, 340209, "弋江区", true},
    {340208, 340209, "弋江区", false}, {340221, 340210, "湾沚区", true},
    {340222, 340212, "繁昌区", true},  {340225, 340281, "无为市", true},
    {340824, 340882, "潜山市", true},  {341822, 341882, "广德市", true},
};

const struct admin_change *admin_change_of(int32_t adcode)
{
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++)
        if (CHANGES[i].old == adcode)
            return &CHANGES[i];
    return NULL;
}

static int32_t province_of(int32_t code)
{
    return code / 10000 * 10000;
}

static int32_t city_of(int32_t code)
{
    return province_of(code) == SHANGHAI ? SHANGHAI : code / 100 * 100;
}

static enum level level_of(int32_t code)
{
    return code % 10000 == 0 ? LEVEL_PROVINCE
           : code % 100 == 0 ? LEVEL_CITY
                             : LEVEL_DISTRICT;
}

static int32_t parent_of(int32_t code)
{
    switch (level_of(code)) {
    case LEVEL_PROVINCE:
        return 0;
    case LEVEL_CITY:
        return province_of(code);
    case LEVEL_DISTRICT:
        break;
    }
    return city_of(code);
}

/* The code that holds `unit` at a level. */
static int32_t code_at(int32_t unit, enum level level)
{
    return level == LEVEL_PROVINCE ? province_of(unit)
           : level == LEVEL_CITY   ? city_of(unit)
                                   : unit;
}

/* "" for 0. */
static const char *code_text(char out[CODE_BYTES], int32_t code)
{
    out[0] = '\0';
    if (code)
        snprintf(out, CODE_BYTES, "%d", code % 1000000);
    return out;
}

void admin_grid_to_wgs84(double *x, double *y)
{
    struct crs_lonlat p =
        crs_gcj02_to_wgs84((struct crs_lonlat){*x / GRID_PER_DEG, *y / GRID_PER_DEG});

    *x = round(p.lon * 1e6) / 1e6; /* 0.1 m; the grid is 100 m */
    *y = round(p.lat * 1e6) / 1e6;
}

static int transform_point(double *x, double *y, void *data)
{
    (void)data;
    admin_grid_to_wgs84(x, y);
    return 1;
}

/* Takes a geometry in grid units. */
static GEOSGeometry *to_wgs84_take(struct geos *g, GEOSGeometry *grid)
{
    GEOSGeometry *out =
        grid ? GEOSGeom_transformXY_r(g->h, grid, transform_point, NULL) : NULL;

    GEOSGeom_destroy_r(g->h, grid);
    return out;
}

/* ---- areas ---- */

static const char *name_of(const struct admin_writer *w, int32_t code)
{
    for (size_t u = 0; u < w->units->n_units; u++)
        if (w->units->unit[u].adcode == code)
            return w->units->unit[u].name_zh;
    return city_name_zh(code);
}

static enum im_code write_area(struct admin_writer *w, int32_t code)
{
    char adcode[CODE_BYTES];
    char parent[CODE_BYTES];
    enum level level = level_of(code);
    const char *name = name_of(w, code);

    for (size_t u = 0; u < w->units->n_units; u++)
        w->member[u] = code_at(w->units->unit[u].adcode, level) == code;
    GEOSGeometry *area = geos_areas_take(
        w->g, to_wgs84_take(w->g, topology_area(w->g, &w->topology, w->member)));
    if (!area || GEOSisEmpty_r(w->g->h, area) == 1) {
        GEOSGeom_destroy_r(w->g->h, area);
        return im_fail(w->err, IM_EDATA, "%d %s keeps no area (%s)", code,
                       name ? name : "", w->g->complaint);
    }
    struct gpkg_value values[] = {
        {.text = code_text(adcode, code)},
        {.text = name},
        {.text = admin_name_en(code)},
        {.text = LEVEL_NAMES[level]},
        {.text = code_text(parent, parent_of(code))},
        {.number = round(geos_area_km2(w->g, area) * 10) / 10},
        {.number = 0},
        {.text = w->context->source}};
    enum im_code rc = gpkg_add(w->g, w->areas, area, values, 8, w->err);
    GEOSGeom_destroy_r(w->g->h, area);
    w->out->n_areas++;
    return rc;
}

static int compare_codes(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return x < y ? -1 : x > y;
}

/* Every code at every level once, ascending: a province comes before its parts. */
static enum im_code write_areas(struct admin_writer *w)
{
    size_t n_units = w->units->n_units;
    int32_t *code = calloc(3 * n_units + 1, sizeof *code);
    enum im_code rc = IM_OK;
    size_t n = 0;

    if (!code)
        return im_fail(w->err, IM_ENOMEM, "out of memory for areas");
    for (size_t u = 0; u < n_units; u++)
        for (int level = LEVEL_PROVINCE; level <= LEVEL_DISTRICT; level++)
            code[n++] = code_at(w->units->unit[u].adcode, (enum level)level);
    qsort(code, n, sizeof *code, compare_codes);
    for (size_t i = 0; !rc && i < n; i++)
        if (i == 0 || code[i] != code[i - 1])
            rc = write_area(w, code[i]);
    free(code);
    return rc;
}

/* ---- lines ---- */

/* A segment and the border it is part of. */
struct stretch {
    enum level level;
    int32_t a; /* codes at that level, a < b; a == 0: outside */
    int32_t b;
    const struct topology_edge *edge;
};

static int compare_stretches(const void *pa, const void *pb)
{
    const struct stretch *p = pa;
    const struct stretch *q = pb;

    if (p->level != q->level)
        return p->level < q->level ? -1 : 1;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    if (p->b != q->b)
        return p->b < q->b ? -1 : 1;
    return p->edge < q->edge ? -1 : p->edge > q->edge;
}

/* The highest level at which the two sides differ. False: no border. */
static bool border_of(const struct admin_writer *w,
                      const struct topology_edge *edge,
                      struct stretch *out)
{
    int32_t unit[2];

    for (int k = 0; k < 2; k++)
        unit[k] = edge->owner[k] == TOPOLOGY_NOBODY
                      ? 0
                      : w->units->unit[edge->owner[k]].adcode;
    for (int level = LEVEL_PROVINCE; level <= LEVEL_DISTRICT; level++) {
        int32_t a = unit[0] ? code_at(unit[0], (enum level)level) : 0;
        int32_t b = unit[1] ? code_at(unit[1], (enum level)level) : 0;

        if (a != b) {
            *out =
                (struct stretch){(enum level)level, a < b ? a : b, a < b ? b : a, edge};
            return true;
        }
    }
    return false;
}

/* Only what lies on land, and of an outer border only what runs along a neighbour:
 * the rest of it is coast. */
static bool keep_on_land(struct admin_writer *w, bool is_outer, GEOSGeometry **line)
{
    if (is_outer && w->near_neighbours &&
        !geos_replace(w->g, line, GEOSIntersection_r, w->near_neighbours))
        return false;
    if (is_outer && w->coast)
        return geos_replace(w->g, line, GEOSDifference_r, w->coast);
    return !w->sea || GEOSPreparedIntersects_r(w->g->h, w->sea, *line) == 0 ||
           geos_replace(w->g, line, GEOSDifference_r, w->context->sea);
}

static GEOSGeometry *
join_stretches(struct admin_writer *w, const struct stretch *s, size_t n)
{
    struct geos_list lines = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        double xy[4] = {s[i].edge->a.x, s[i].edge->a.y, s[i].edge->b.x, s[i].edge->b.y};
        struct path p = {xy, 2, 2};

        ok = geos_list_take(w->g, &lines, geos_line(w->g, &p));
    }
    GEOSGeometry *all =
        ok ? geos_collect_take(w->g, GEOS_MULTILINESTRING, &lines) : NULL;
    GEOSGeometry *merged = all ? GEOSLineMerge_r(w->g->h, all) : NULL;
    geos_list_release(w->g, &lines);
    GEOSGeom_destroy_r(w->g->h, all);
    return to_wgs84_take(w->g, merged);
}

static enum im_code
write_border(struct admin_writer *w, const struct stretch *s, size_t n)
{
    GEOSGeometry *line = join_stretches(w, s, n);
    char a[CODE_BYTES];
    char b[CODE_BYTES];
    char id[2 * CODE_BYTES];
    enum im_code rc = IM_OK;

    if (line)
        keep_on_land(w, s->a == 0, &line);
    line = geos_lines_take(w->g, line);
    if (!line)
        return geos_fail(w->g, "borders", w->err);
    if (GEOSisEmpty_r(w->g->h, line) == 1)
        goto done;
    code_text(a, s->a);
    code_text(b, s->b);
    snprintf(id, sizeof id, "%s-%s", b, s->a ? a : "outer");
    struct gpkg_value values[] = {{.text = id},
                                  {.text = LEVEL_NAMES[s->level]},
                                  {.text = s->a ? a : NULL},
                                  {.text = b},
                                  {.number = 0},
                                  {.text = w->context->source}};
    w->out->n_lines++;
    rc = gpkg_add(w->g, w->lines, line, values, 6, w->err);
done:
    GEOSGeom_destroy_r(w->g->h, line);
    return rc;
}

static enum im_code write_lines(struct admin_writer *w)
{
    size_t n_edges = w->topology.n_edges;
    struct stretch *s = calloc(n_edges + 1, sizeof *s);
    enum im_code rc = IM_OK;
    size_t n = 0;

    if (!s)
        return im_fail(w->err, IM_ENOMEM, "out of memory for borders");
    for (size_t i = 0; i < n_edges; i++)
        n += border_of(w, &w->topology.edge[i], &s[n]);
    qsort(s, n, sizeof *s, compare_stretches);
    for (size_t i = 0; !rc && i < n;) {
        size_t end = i + 1;

        while (end < n && s[end].level == s[i].level && s[end].a == s[i].a &&
               s[end].b == s[i].b)
            end++;
        rc = write_border(w, s + i, end - i);
        i = end;
    }
    free(s);
    return rc;
}

/* A band around an area; roughly, because it only decides what is near it. */
static GEOSGeometry *band(struct geos *g, const GEOSGeometry *area, double width_deg)
{
    GEOSGeometry *rough =
        area ? GEOSTopologyPreserveSimplify_r(g->h, area, ROUGH_DEG) : NULL;
    GEOSGeometry *wide = rough ? GEOSBuffer_r(g->h, rough, width_deg, 2) : NULL;

    GEOSGeom_destroy_r(g->h, rough);
    return wide;
}

static enum im_code write_seats(struct admin_writer *w, OGRLayerH layer)
{
    enum im_code rc = IM_OK;

    for (size_t u = 0; !rc && u < w->units->n_units; u++) {
        const struct unit *unit = &w->units->unit[u];
        struct crs_lonlat p =
            crs_gcj02_to_wgs84((struct crs_lonlat){unit->seat_lon, unit->seat_lat});
        char adcode[CODE_BYTES];
        struct gpkg_value values[] = {{.text = code_text(adcode, unit->adcode)},
                                      {.text = unit->name_zh},
                                      {.text = w->context->source}};

        if (!unit->has_seat)
            continue;
        GEOSGeometry *point = GEOSGeom_createPointFromXY_r(
            w->g->h, round(p.lon * 1e6) / 1e6, round(p.lat * 1e6) / 1e6);
        rc = point ? gpkg_add(w->g, layer, point, values, 3, w->err)
                   : geos_fail(w->g, "a seat", w->err);
        GEOSGeom_destroy_r(w->g->h, point);
    }
    return rc;
}

static enum im_code build(struct admin_writer *w)
{
    struct topology_rules rules = {TOPOLOGY_NOBODY, MAX_GAP};

    for (size_t u = 0; u < w->units->n_units; u++)
        if (w->units->unit[u].adcode == CHONGMING_CODE)
            rules.loser = (int32_t)u;
    enum im_code rc = topology_build(w->g, w->units, rules, &w->topology, w->err);
    if (rc)
        return rc;
    w->out->overlap_km2 = w->topology.overlap * GRID_KM2;
    w->out->gap_km2 = w->topology.gap * GRID_KM2;
    w->near_neighbours = band(w->g, w->context->neighbours, NEAR_NEIGHBOUR_DEG);
    w->coast = band(w->g, w->context->sea, COAST_DEG);
    if (w->context->sea)
        w->sea = GEOSPrepare_r(w->g->h, w->context->sea);
    if ((w->context->neighbours && !w->near_neighbours) ||
        (w->context->sea && (!w->coast || !w->sea)))
        return geos_fail(w->g, "the coast", w->err);
    w->member = calloc(w->units->n_units + 1, sizeof *w->member);
    return w->member ? IM_OK : im_fail(w->err, IM_ENOMEM, "out of memory for areas");
}

enum im_code admin_write(struct geos *g,
                         const struct unit_set *units,
                         const struct admin_context *context,
                         struct gpkg *pkg,
                         struct admin_report *out,
                         struct im_error *err)
{
    struct admin_writer w = {
        .g = g, .units = units, .context = context, .out = out, .err = err};
    enum im_code rc;

    *out = (struct admin_report){0};
    rc = build(&w);
    if (rc)
        goto done;
    w.areas = gpkg_layer(pkg, &AREAS, err);
    w.lines = w.areas ? gpkg_layer(pkg, &LINES, err) : NULL;
    OGRLayerH seats = w.lines ? gpkg_layer(pkg, &SEATS, err) : NULL;
    if (!seats) {
        rc = err->code;
        goto done;
    }
    rc = write_areas(&w);
    if (!rc)
        rc = write_lines(&w);
    if (!rc)
        rc = write_seats(&w, seats);
done:
    topology_release(g, &w.topology);
    GEOSPreparedGeom_destroy_r(g->h, w.sea);
    GEOSGeom_destroy_r(g->h, w.near_neighbours);
    GEOSGeom_destroy_r(g->h, w.coast);
    free(w.member);
    return rc;
}
