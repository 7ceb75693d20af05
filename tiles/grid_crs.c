/* SPDX-License-Identifier: Apache-2.0 */
/* From longitude and latitude into the plane of a grid and back. */
#include "grid_parts.h"

#include <engine/gcj02.h>

#include <math.h>
#include <proj.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define PI 3.14159265358979323846
#define DEG_PER_RAD (180 / PI)
/* where the square of EPSG:3857 ends */
static const double MERCATOR_MAX_LAT = 85.051128779806592;

/* GCJ-02 is at most some 700 m off; the box of a tile is widened by more. */
static const double GCJ02_PAD_M = 1000;

/* Beyond its area of use a projection still draws what stands around, as far as it is
 * usable: tiles at coarse scales show more than the area. */
static const double AREA_MARGIN_DEG = 10;

struct grid_pj {
    PJ_CONTEXT *context;
    PJ *pj;
    struct grid_pj *next;
};

/* ---- PROJ ---- */

static void pj_free(struct grid_pj *p)
{
    if (!p)
        return;
    proj_destroy(p->pj);
    proj_context_destroy(p->context);
    free(p);
}

static PJ_CONTEXT *new_context(void)
{
    PJ_CONTEXT *context = proj_context_create();

    if (context) {
        proj_log_level(context, PJ_LOG_NONE);
        proj_context_set_enable_network(context, 0);
    }
    return context;
}

/* Never a "ballpark" one: between unrelated datums it would be 100 m off. */
static PJ *
exact_between(PJ_CONTEXT *context, const char *from_code, const char *to_code)
{
    static const char *const options[] = {"ALLOW_BALLPARK=NO", NULL};
    PJ *from = proj_create(context, from_code);
    PJ *to = proj_create(context, to_code);
    PJ *made = from && to
                   ? proj_create_crs_to_crs_from_pj(context, from, to, NULL, options)
                   : NULL;
    PJ *turned = made ? proj_normalize_for_visualization(context, made) : NULL;

    proj_destroy(made);
    proj_destroy(to);
    proj_destroy(from);
    return turned;
}

/* The register has no transformation between WGS 84 and CGCS2000, which are the same to
 * some centimetres: what stands on the latter is reached from the latter. */
static PJ *new_transformation(PJ_CONTEXT *context, const char *code)
{
    PJ *pj = exact_between(context, "EPSG:4326", code);

    return pj ? pj : exact_between(context, "EPSG:4490", code);
}

static struct grid_pj *pj_new(const char *code)
{
    struct grid_pj *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->context = new_context();
    p->pj = p->context ? new_transformation(p->context, code) : NULL;
    if (p->pj)
        return p;
    pj_free(p);
    return NULL;
}

struct grid_pj *grid_pj_borrow(const struct tile_grid *grid)
{
    struct grid_pj *p;

    if (grid->kind != GRID_PROJ)
        return NULL;
    pthread_mutex_lock(&grid->pool->mutex);
    p = grid->pool->first;
    if (p)
        grid->pool->first = p->next;
    pthread_mutex_unlock(&grid->pool->mutex);
    return p ? p : pj_new(grid->crs_code);
}

void grid_pj_return(const struct tile_grid *grid, struct grid_pj *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&grid->pool->mutex);
    p->next = grid->pool->first;
    grid->pool->first = p;
    pthread_mutex_unlock(&grid->pool->mutex);
}

void grid_pool_free(struct grid_pool *pool)
{
    if (!pool)
        return;
    for (struct grid_pj *p = pool->first; p;) {
        struct grid_pj *next = p->next;

        pj_free(p);
        p = next;
    }
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

static void
by_proj(const struct grid_pj *p, PJ_DIRECTION direction, double *xy, size_t n)
{
    size_t step = 2 * sizeof *xy;

    if (p) {
        /* lets it choose again, should the last call have failed */
        proj_errno_reset(p->pj);
        proj_trans_generic(p->pj, direction, xy, step, n, xy + 1, step, n, NULL, 0, 0,
                           NULL, 0, 0);
    }
    for (size_t i = 0; i < 2 * n; i += 2)
        if (!p || !isfinite(xy[i]) || !isfinite(xy[i + 1]))
            xy[i] = xy[i + 1] = HUGE_VAL;
}

/* ---- closed formulas ---- */

static void to_mercator(double *p)
{
    double lat = fmin(fmax(p[1], -MERCATOR_MAX_LAT), MERCATOR_MAX_LAT);

    p[0] = GRID_EARTH_M * p[0] / DEG_PER_RAD;
    p[1] = GRID_EARTH_M * atanh(sin(lat / DEG_PER_RAD));
}

static void from_mercator(double *p)
{
    p[0] = p[0] / GRID_EARTH_M * DEG_PER_RAD;
    p[1] = atan(sinh(p[1] / GRID_EARTH_M)) * DEG_PER_RAD;
}

static void by_gcj02(struct crs_lonlat (*shift)(struct crs_lonlat), double *p)
{
    struct crs_lonlat at = shift((struct crs_lonlat){p[0], p[1]});

    p[0] = at.lon;
    p[1] = at.lat;
}

void grid_forward(const struct tile_grid *grid,
                  struct grid_pj *pj,
                  double *xy,
                  size_t n)
{
    if (grid->kind == GRID_PROJ) {
        by_proj(pj, PJ_FWD, xy, n);
        return;
    }
    for (size_t i = 0; i < 2 * n && grid->kind == GRID_GCJ02; i += 2)
        by_gcj02(crs_gcj02_from_wgs84, xy + i);
    for (size_t i = 0; i < 2 * n && grid->kind != GRID_LONLAT; i += 2)
        to_mercator(xy + i);
}

void grid_inverse(const struct tile_grid *grid,
                  struct grid_pj *pj,
                  double *xy,
                  size_t n)
{
    if (grid->kind == GRID_PROJ) {
        by_proj(pj, PJ_INV, xy, n);
        return;
    }
    for (size_t i = 0; i < 2 * n && grid->kind != GRID_LONLAT; i += 2)
        from_mercator(xy + i);
    for (size_t i = 0; i < 2 * n && grid->kind == GRID_GCJ02; i += 2)
        by_gcj02(crs_gcj02_to_wgs84, xy + i);
}

/* ---- boxes ---- */

enum { SIDE = 9 }; /* positions a side of the lattice that stands for a rectangle */

static struct bbox clamped(struct bbox b, struct bbox to)
{
    return (struct bbox){fmax(b.min_x, to.min_x), fmax(b.min_y, to.min_y),
                         fmin(b.max_x, to.max_x), fmin(b.max_y, to.max_y)};
}

static const struct bbox WORLD = {-180, -90, 180, 90};

static struct bbox widened(struct bbox b, double dx, double dy)
{
    return (struct bbox){b.min_x - dx, b.min_y - dy, b.max_x + dx, b.max_y + dy};
}

static void lattice(struct bbox box, double xy[2 * SIDE * SIDE])
{
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            xy[2 * (j * SIDE + i)] =
                box.min_x + (box.max_x - box.min_x) * i / (SIDE - 1);
            xy[2 * (j * SIDE + i) + 1] =
                box.min_y + (box.max_y - box.min_y) * j / (SIDE - 1);
        }
}

static bool pole_is_inside(const struct tile_grid *grid,
                           struct grid_pj *pj,
                           struct bbox plane,
                           double lat)
{
    double p[2] = {0, lat};

    grid_forward(grid, pj, p, 1);
    return p[0] >= plane.min_x && p[0] <= plane.max_x && p[1] >= plane.min_y &&
           p[1] <= plane.max_y;
}

/* Of a projection: the lattice tells, and where it leaves the usable part all of the
 * area is taken. */
static struct bbox
degrees_by_proj(const struct tile_grid *grid, struct grid_pj *pj, struct bbox plane)
{
    struct bbox box = bbox_empty();
    double xy[2 * SIDE * SIDE];

    lattice(plane, xy);
    grid_inverse(grid, pj, xy, (size_t)SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (!isfinite(xy[2 * i]))
            return grid->area;
        box = bbox_extend(box, xy[2 * i], xy[2 * i + 1]);
    }
    /* curved edges bulge between the positions */
    box = widened(box, (box.max_x - box.min_x) / 16, (box.max_y - box.min_y) / 16);
    if (pole_is_inside(grid, pj, plane, 90))
        box = (struct bbox){-180, box.min_y, 180, 90};
    if (pole_is_inside(grid, pj, plane, -90))
        box = (struct bbox){-180, -90, 180, box.max_y};
    if (box.max_x - box.min_x > 180) /* it may be the other way round the earth */
        box.min_x = -180, box.max_x = 180;
    return clamped(box, grid->area);
}

/* Of the two grids whose plane is that of EPSG:3857. */
static struct bbox degrees_by_formula(const struct tile_grid *grid, struct bbox plane)
{
    double xy[4] = {plane.min_x, plane.min_y, plane.max_x, plane.max_y};
    double pad =
        grid->kind == GRID_GCJ02 ? GCJ02_PAD_M / GRID_EARTH_M * DEG_PER_RAD : 0;
    double most;

    grid_inverse(grid, NULL, xy, 2);
    /* what lies beyond the last latitude is drawn at the edge of the square */
    if (xy[1] <= -MERCATOR_MAX_LAT + 1e-9)
        xy[1] = -90;
    if (xy[3] >= MERCATOR_MAX_LAT - 1e-9)
        xy[3] = 90;
    most = fmin(fmax(fabs(xy[1]), fabs(xy[3])), MERCATOR_MAX_LAT);
    return clamped(widened((struct bbox){xy[0], xy[1], xy[2], xy[3]},
                           pad / cos(most / DEG_PER_RAD), pad),
                   WORLD);
}

struct bbox
grid_degrees_of(const struct tile_grid *grid, struct grid_pj *pj, struct bbox plane)
{
    if (grid->kind == GRID_PROJ)
        return degrees_by_proj(grid, pj, plane);
    return grid->kind == GRID_LONLAT ? clamped(plane, WORLD)
                                     : degrees_by_formula(grid, plane);
}

bool tile_grid_plane(const struct tile_grid *grid, struct bbox box, struct bbox *out)
{
    struct grid_pj *pj = grid_pj_borrow(grid);
    struct bbox plane = bbox_empty();
    double xy[2 * SIDE * SIDE];

    box = clamped(box, grid->area);
    if (!bbox_is_empty(box)) {
        lattice(box, xy);
        grid_forward(grid, pj, xy, (size_t)SIDE * SIDE);
        for (int i = 0; i < SIDE * SIDE; i++)
            if (isfinite(xy[2 * i]))
                plane = bbox_extend(plane, xy[2 * i], xy[2 * i + 1]);
        if (grid->kind == GRID_PROJ && !bbox_is_empty(plane))
            plane = widened(plane, (plane.max_x - plane.min_x) / 64,
                            (plane.max_y - plane.min_y) / 64);
    }
    grid_pj_return(grid, pj);
    *out = plane;
    return !bbox_is_empty(plane);
}

bool tile_grid_limits(const struct tile_grid *grid,
                      uint32_t zoom,
                      struct bbox box,
                      uint32_t out_cols[2],
                      uint32_t out_rows[2])
{
    struct bbox plane;

    return tile_grid_plane(grid, box, &plane) &&
           tile_grid_plane_limits(grid, zoom, plane, out_cols, out_rows);
}

bool tile_grid_plane_limits(const struct tile_grid *grid,
                            uint32_t zoom,
                            struct bbox plane,
                            uint32_t out_cols[2],
                            uint32_t out_rows[2])
{
    const struct grid_matrix *m = &grid->matrices[zoom];
    double side = m->cell_size * m->tile_px;
    double first_col = floor((plane.min_x - m->origin[0]) / side);
    double last_col = floor((plane.max_x - m->origin[0]) / side);
    double first_row = floor((m->origin[1] - plane.max_y) / side);
    double last_row = floor((m->origin[1] - plane.min_y) / side);
    if (last_col < 0 || last_row < 0 || first_col >= m->n_cols ||
        first_row >= m->n_rows)
        return false;
    out_cols[0] = (uint32_t)fmax(0, first_col);
    out_cols[1] = (uint32_t)fmin(m->n_cols - 1.0, last_col);
    out_rows[0] = (uint32_t)fmax(0, first_row);
    out_rows[1] = (uint32_t)fmin(m->n_rows - 1.0, last_row);
    return true;
}

/* ---- what a coordinate system is ---- */

struct axis {
    char abbreviation[GRID_MAX_ID + 1];
    bool is_north;
    double factor; /* to metres or radians */
};

static bool read_axis(PJ_CONTEXT *context, PJ *system, int i, struct axis *out)
{
    const char *abbreviation = NULL;
    const char *direction = NULL;

    if (!proj_cs_get_axis_info(context, system, i, NULL, &abbreviation, &direction,
                               &out->factor, NULL, NULL, NULL) ||
        !abbreviation || !direction)
        return false;
    snprintf(out->abbreviation, sizeof out->abbreviation, "%.*s",
             (int)im_utf8_cut(abbreviation, GRID_MAX_ID), abbreviation);
    out->is_north = strcasecmp(direction, "north") == 0;
    return out->is_north || strcasecmp(direction, "east") == 0;
}

static bool is_north_name(const char *name)
{
    static const char *const names[] = {"lat",   "latitude", "n",
                                        "north", "northing", NULL};

    for (int i = 0; names[i]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_east_name(const char *name)
{
    static const char *const names[] = {"lon",  "long",    "longitude", "e",
                                        "east", "easting", NULL};

    for (int i = 0; names[i]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

/* 1 north, 0 east, -1 unknown. The authority's own abbreviations come first: X of
 * EPSG:4549 points north, X of EPSG:3857 east. */
static int direction_of(const char *name, const struct axis axes[2])
{
    for (int i = 0; i < 2; i++)
        if (strcasecmp(name, axes[i].abbreviation) == 0)
            return axes[i].is_north;
    return is_north_name(name) ? 1 : is_east_name(name) ? 0 : -1;
}

static enum im_code set_axes(struct tile_grid *grid,
                             const struct axis axes[2],
                             const char *const named[2],
                             struct im_error *err)
{
    grid->crs_north_first = axes[0].is_north;
    grid->written_north_first = axes[0].is_north;
    for (int i = 0; i < 2; i++)
        snprintf(grid->axes[i], sizeof grid->axes[i], "%s",
                 named ? named[i] : axes[i].abbreviation);
    if (!named)
        return IM_OK;
    int first = direction_of(named[0], axes);
    int second = direction_of(named[1], axes);
    if (first < 0 || second < 0 || first == second) {
        im_fail(err, IM_EDATA,
                "orderedAxes: '%s', '%s' are no axes of %s; allowed are '%s' and '%s'",
                named[0], named[1], grid->crs_code, axes[0].abbreviation,
                axes[1].abbreviation);
        return im_zh(err, IM_EDATA,
                     "orderedAxes：“%s”“%s” 不是 %s 的坐标轴；应为 “%s” 和 “%s”",
                     named[0], named[1], grid->crs_code, axes[0].abbreviation,
                     axes[1].abbreviation);
    }
    grid->written_north_first = first == 1;
    return IM_OK;
}

static enum im_code fail_crs(const struct tile_grid *grid, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "crs: '%s' is no two-dimensional coordinate system that PROJ knows; write "
            "for example EPSG:4549",
            grid->crs_code);
    return im_zh(err, IM_EDATA, "crs：PROJ 不认识平面坐标系 “%s”；写法如 EPSG:4549",
                 grid->crs_code);
}

static enum im_code fail_datum(const struct tile_grid *grid, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "crs: PROJ has no transformation of known accuracy from EPSG:4326 to %s; "
            "take one on CGCS2000, such as EPSG:4549",
            grid->crs_code);
    return im_zh(err, IM_EDATA,
                 "crs：PROJ 没有从 EPSG:4326 到 %s 的精度已知的换算；请改用 CGCS2000 "
                 "坐标系，如 EPSG:4549",
                 grid->crs_code);
}

/* Degrees of latitude and longitude on a datum that is WGS 84's to a metre. */
static bool is_plain_lonlat(const char *code)
{
    return strcmp(code, "OGC:CRS84") == 0 || strcmp(code, "EPSG:4326") == 0 ||
           strcmp(code, "EPSG:4490") == 0;
}

static void set_area(struct tile_grid *grid, PJ_CONTEXT *context, PJ *crs)
{
    double west;
    double south;
    double east;
    double north;

    grid->area = WORLD;
    if (grid->kind == GRID_PROJ &&
        proj_get_area_of_use(context, crs, &west, &south, &east, &north, NULL) &&
        west > -1000 && west < east)
        grid->area = clamped(widened((struct bbox){west, south, east, north},
                                     AREA_MARGIN_DEG, AREA_MARGIN_DEG),
                             WORLD);
}

/* A transformation has to exist, and to work where the system is meant for. */
static enum im_code start_pool(struct tile_grid *grid, struct im_error *err)
{
    double p[2] = {(grid->area.min_x + grid->area.max_x) / 2,
                   (grid->area.min_y + grid->area.max_y) / 2};
    struct grid_pj *pj = pj_new(grid->crs_code);

    if (!pj)
        return fail_datum(grid, err);
    grid_forward(grid, pj, p, 1);
    grid->pool = calloc(1, sizeof *grid->pool);
    if (!grid->pool || !isfinite(p[0])) {
        pj_free(pj);
        return grid->pool ? fail_crs(grid, err) : im_fail(err, IM_ENOMEM, "grid");
    }
    pthread_mutex_init(&grid->pool->mutex, NULL);
    grid->pool->first = pj;
    return IM_OK;
}

static bool is_usable_crs(PJ *crs, PJ *system, PJ_CONTEXT *context)
{
    PJ_TYPE type = proj_get_type(crs);

    return (type == PJ_TYPE_PROJECTED_CRS || type == PJ_TYPE_GEOGRAPHIC_2D_CRS) &&
           system && proj_cs_get_axis_count(context, system) == 2;
}

enum im_code
grid_set_crs(struct tile_grid *grid, const char *const named[2], struct im_error *err)
{
    PJ_CONTEXT *context = new_context();
    PJ *crs = context ? proj_create(context, grid->crs_code) : NULL;
    PJ *system = crs ? proj_crs_get_coordinate_system(context, crs) : NULL;
    struct axis axes[2];
    enum im_code rc = IM_OK;

    if (!crs || !is_usable_crs(crs, system, context) ||
        !read_axis(context, system, 0, &axes[0]) ||
        !read_axis(context, system, 1, &axes[1]) ||
        axes[0].is_north == axes[1].is_north) {
        rc = fail_crs(grid, err);
        goto done;
    }
    grid->kind = is_plain_lonlat(grid->crs_code)            ? GRID_LONLAT
                 : strcmp(grid->crs_code, "EPSG:3857") == 0 ? GRID_MERCATOR
                                                            : GRID_PROJ;
    /* 17-083r4, 6.1.1: a degree counts as long as on the equator */
    grid->metres_per_unit =
        axes[0].factor *
        (proj_get_type(crs) == PJ_TYPE_GEOGRAPHIC_2D_CRS ? GRID_EARTH_M : 1);
    set_area(grid, context, crs);
    rc = set_axes(grid, axes, named, err);
    if (rc == IM_OK && grid->kind == GRID_PROJ)
        rc = start_pool(grid, err);
done:
    proj_destroy(system);
    proj_destroy(crs);
    if (context)
        proj_context_destroy(context);
    return rc;
}
