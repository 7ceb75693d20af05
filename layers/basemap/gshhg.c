/* SPDX-License-Identifier: Apache-2.0 */
/* Shores and rivers from the binned netCDF files of GMT.
 *
 *   bin b            square of Bin_size_in_minutes, numbered from 0 E, 90 N eastwards
 *   bin -> segments  Id_of_first_segment_in_a_bin[b], N_segments_in_a_bin[b]
 *   shore segment    bits 9.. number of points, 6-8 level (gmt_shore.c of GMT 6)
 *   river segment    N_points_for_a_segment, Hierarchial_level_of_a_segment
 *   point            uint16 lon, lat relative to the bin's south-west corner,
 *                    65535 = the bin's size; segments end exactly on bin edges
 *   polygons         signed area, negative for rivers; parent's number
 */
#include "gshhg.h"

#include "netcdf.h"

#include <math.h>
#include <stdlib.h>

enum { RAW_MAX = 65535, POINTS_SHIFT = 9, LEVEL_SHIFT = 6, LEVEL_MASK = 7 };

/* What both files have in common. */
struct binned {
    struct netcdf nc;
    double bin_deg;
    int32_t bins_across;
    struct netcdf_ints bin_first;
    struct netcdf_ints bin_count;
    struct netcdf_ints segment_first;
    struct netcdf_ints lon;
    struct netcdf_ints lat;
};

struct segment {
    int32_t number;
    int32_t n_points;
    int level;
    double west_deg; /* of its bin */
    double south_deg;
};

typedef enum im_code segment_fn(void *ctx,
                                const struct segment *s,
                                GEOSGeometry *line,
                                struct im_error *err);

static enum im_code read_number(const struct netcdf *nc,
                                const char *name,
                                int32_t *out,
                                struct im_error *err)
{
    struct netcdf_ints values = {0};
    enum im_code rc = netcdf_read(nc, name, &values, err);

    if (!rc)
        *out = values.data[0];
    free(values.data);
    return rc;
}

static void binned_close(struct binned *b)
{
    free(b->bin_first.data);
    free(b->bin_count.data);
    free(b->segment_first.data);
    free(b->lon.data);
    free(b->lat.data);
    netcdf_close(&b->nc);
}

/* Close it also after a failure. */
static enum im_code
binned_open(struct binned *b, const char *path, struct im_error *err)
{
    int32_t minutes = 0;
    enum im_code rc = netcdf_open(&b->nc, path, err);

    if (!rc)
        rc = read_number(&b->nc, "Bin_size_in_minutes", &minutes, err);
    if (!rc)
        rc = read_number(&b->nc, "N_bins_in_360_longitude_range", &b->bins_across, err);
    if (!rc &&
        (minutes < 1 || minutes > 5400 || (int64_t)minutes * b->bins_across != 21600))
        rc = im_fail(err, IM_EDATA, "%d bins of %d minutes do not span the Earth",
                     b->bins_across, minutes);
    b->bin_deg = minutes / 60.0;
    if (!rc)
        rc = netcdf_read(&b->nc, "Id_of_first_segment_in_a_bin", &b->bin_first, err);
    if (!rc)
        rc = netcdf_read(&b->nc, "N_segments_in_a_bin", &b->bin_count, err);
    if (!rc)
        rc = netcdf_read(&b->nc, "Id_of_first_point_in_a_segment", &b->segment_first,
                         err);
    if (!rc)
        rc = netcdf_read(&b->nc, "Relative_longitude_from_SW_corner_of_bin", &b->lon,
                         err);
    if (!rc)
        rc = netcdf_read(&b->nc, "Relative_latitude_from_SW_corner_of_bin", &b->lat,
                         err);
    return rc ? im_context(err, "%s", path) : IM_OK;
}

/* The file keeps uint16 in a signed type. */
static double offset_deg(const struct binned *b, int32_t raw)
{
    return (double)(uint16_t)raw / RAW_MAX * b->bin_deg;
}

static GEOSGeometry *
segment_line(struct geos *g, const struct binned *b, const struct segment *s)
{
    struct path p = {0};
    GEOSGeometry *line = NULL;
    bool ok = true;
    size_t first = (size_t)b->segment_first.data[s->number];

    for (size_t i = first; ok && i < first + (size_t)s->n_points; i++)
        ok = path_add(&p, s->west_deg + offset_deg(b, b->lon.data[i]),
                      s->south_deg + offset_deg(b, b->lat.data[i]));
    if (ok)
        line = geos_line(g, &p);
    path_release(&p);
    return line;
}

static bool points_in_range(const struct binned *b, const struct segment *s)
{
    int64_t first = b->segment_first.data[s->number];
    int64_t end = first + s->n_points;

    return s->n_points > 0 && first >= 0 && end <= (int64_t)b->lon.n &&
           end <= (int64_t)b->lat.n;
}

/* What a caller knows about a segment before its points are looked at. */
typedef void describe_fn(const void *ctx, struct segment *s);

static enum im_code visit_bin(struct geos *g,
                              const struct binned *b,
                              size_t bin,
                              describe_fn *describe,
                              segment_fn *visit,
                              void *ctx,
                              struct im_error *err)
{
    int64_t first = b->bin_first.data[bin];
    int64_t end = first + b->bin_count.data[bin];
    struct segment s = {.west_deg = (double)(bin % (size_t)b->bins_across) * b->bin_deg,
                        .south_deg = 90 - (double)(bin / (size_t)b->bins_across + 1) *
                                              b->bin_deg};
    enum im_code rc = IM_OK;

    if (first < 0 || end < first || end > (int64_t)b->segment_first.n)
        return im_fail(err, IM_EDATA, "bin %zu points outside the file", bin);
    for (int64_t i = first; !rc && i < end; i++) {
        s.number = (int32_t)i;
        describe(ctx, &s);
        if (!points_in_range(b, &s))
            return im_fail(err, IM_EDATA, "segment %d points outside the file",
                           s.number);
        if (s.n_points < 2)
            continue;
        GEOSGeometry *line = segment_line(g, b, &s);
        rc = line ? visit(ctx, &s, line, err) : geos_fail(g, "a shore", err);
    }
    return rc;
}

static enum im_code visit_box(struct geos *g,
                              const struct binned *b,
                              struct bbox box,
                              describe_fn *describe,
                              segment_fn *visit,
                              void *ctx,
                              struct im_error *err)
{
    enum im_code rc = IM_OK;

    for (double north = ceil(box.max_y / b->bin_deg) * b->bin_deg;
         !rc && north > box.min_y; north -= b->bin_deg)
        for (double west = floor(box.min_x / b->bin_deg) * b->bin_deg;
             !rc && west < box.max_x; west += b->bin_deg) {
            double bin = (90 - north) / b->bin_deg * b->bins_across + west / b->bin_deg;
            size_t i = (size_t)(bin + 0.5);

            if (i >= b->bin_first.n || i >= b->bin_count.n)
                return im_fail(err, IM_EDATA, "bin %zu is not in the file", i);
            rc = visit_bin(g, b, i, describe, visit, ctx, err);
        }
    return rc;
}

/* ---- shores ---- */

struct piece {
    int32_t area; /* number of the polygon it belongs to */
    int level;
    GEOSGeometry *line;
};

struct shore_reader {
    struct geos *g;
    struct netcdf_ints info;  /* of each segment */
    struct netcdf_ints owner; /* polygon of each segment */
    struct netcdf_ints parent;
    double *area_km2;
    size_t n_areas;
    struct piece *piece;
    size_t n_pieces;
    size_t cap_pieces;
    struct gshhg_shores *out;
};

static void describe_shore(const void *ctx, struct segment *s)
{
    const struct shore_reader *r = ctx;
    uint32_t info = (uint32_t)r->info.data[s->number];

    s->n_points = (int32_t)(info >> POINTS_SHIFT);
    s->level = (int)(info >> LEVEL_SHIFT & LEVEL_MASK);
}

static enum im_code visit_shore(void *ctx,
                                const struct segment *s,
                                GEOSGeometry *line,
                                struct im_error *err)
{
    struct shore_reader *r = ctx;
    int32_t area = r->owner.data[s->number];

    if (s->level == GSHHG_LAND)
        return geos_list_take(r->g, &r->out->land, line)
                   ? IM_OK
                   : im_fail(err, IM_ENOMEM, "out of memory for shores");
    if (area < 0 || (size_t)area >= r->n_areas) {
        GEOSGeom_destroy_r(r->g->h, line);
        return im_fail(err, IM_EDATA, "there is no polygon %d", area);
    }
    if (r->n_pieces == r->cap_pieces) {
        size_t cap = r->cap_pieces ? r->cap_pieces * 2 : 64;
        struct piece *grown = realloc(r->piece, cap * sizeof *grown);

        if (!grown) {
            GEOSGeom_destroy_r(r->g->h, line);
            return im_fail(err, IM_ENOMEM, "out of memory for shores");
        }
        r->piece = grown;
        r->cap_pieces = cap;
    }
    r->piece[r->n_pieces++] = (struct piece){area, s->level, line};
    return IM_OK;
}

static int compare_pieces(const void *pa, const void *pb)
{
    const struct piece *a = pa;
    const struct piece *b = pb;

    return a->area < b->area ? -1 : a->area > b->area;
}

/* Join the pieces [first, end) of one polygon. */
static enum im_code
join(struct shore_reader *r, size_t first, size_t end, struct im_error *err)
{
    struct geos_list lines = {0};
    struct piece *p = r->piece;
    bool ok = true;

    for (size_t i = first; i < end; i++) {
        ok = geos_list_take(r->g, &lines, p[i].line) && ok;
        p[i].line = NULL;
    }
    GEOSGeometry *geom =
        ok ? geos_areas_take(r->g, geos_rings_take(r->g, &lines)) : NULL;
    geos_list_release(r->g, &lines);
    if (!geom)
        return geos_fail(r->g, "joining a shore", err);
    if (GEOSisEmpty_r(r->g->h, geom) == 1) { /* it goes on outside the bins */
        GEOSGeom_destroy_r(r->g->h, geom);
        return IM_OK;
    }
    r->out->area[r->out->n_areas++] =
        (struct gshhg_area){.id = p[first].area,
                            .inside = r->parent.data[p[first].area],
                            .level = p[first].level,
                            .is_river = r->area_km2[p[first].area] < 0,
                            .geom = geom};
    return IM_OK;
}

static enum im_code join_all(struct shore_reader *r, struct im_error *err)
{
    enum im_code rc = IM_OK;

    r->out->area = calloc(r->n_pieces + 1, sizeof *r->out->area);
    if (!r->out->area)
        return im_fail(err, IM_ENOMEM, "out of memory for lakes");
    if (r->n_pieces)
        qsort(r->piece, r->n_pieces, sizeof *r->piece, compare_pieces);
    for (size_t i = 0; !rc && i < r->n_pieces;) {
        size_t end = i + 1;

        while (end < r->n_pieces && r->piece[end].area == r->piece[i].area)
            end++;
        rc = join(r, i, end, err);
        i = end;
    }
    return rc;
}

static enum im_code
read_polygons(struct shore_reader *r, const struct binned *b, struct im_error *err)
{
    enum im_code rc = netcdf_read(
        &b->nc, "Embedded_npts_levels_exit_entry_for_a_segment", &r->info, err);

    if (!rc)
        rc = netcdf_read(&b->nc, "Id_of_GSHHS_ID", &r->owner, err);
    if (!rc)
        rc = netcdf_read(&b->nc, "Id_of_parent_polygons", &r->parent, err);
    if (!rc)
        rc = netcdf_read_doubles(&b->nc, "The_km_squared_area_of_polygons",
                                 &r->area_km2, &r->n_areas, err);
    if (!rc && (r->info.n != b->segment_first.n || r->owner.n != r->info.n ||
                r->parent.n != r->n_areas))
        rc = im_fail(err, IM_EDATA, "its lists have different lengths");
    return rc;
}

enum im_code gshhg_read_shores(struct geos *g,
                               const char *path,
                               struct bbox box,
                               struct gshhg_shores *out,
                               struct im_error *err)
{
    struct binned b = {0};
    struct shore_reader r = {.g = g, .out = out};
    enum im_code rc = binned_open(&b, path, err);

    if (!rc)
        rc = read_polygons(&r, &b, err);
    if (!rc)
        rc = visit_box(g, &b, box, describe_shore, visit_shore, &r, err);
    if (!rc)
        rc = join_all(&r, err);
    for (size_t i = 0; i < r.n_pieces; i++)
        GEOSGeom_destroy_r(g->h, r.piece[i].line);
    free(r.piece);
    free(r.info.data);
    free(r.owner.data);
    free(r.parent.data);
    free(r.area_km2);
    binned_close(&b);
    return rc;
}

void gshhg_shores_release(struct geos *g, struct gshhg_shores *shores)
{
    for (size_t i = 0; i < shores->n_areas; i++)
        GEOSGeom_destroy_r(g->h, shores->area[i].geom);
    free(shores->area);
    geos_list_release(g, &shores->land);
    *shores = (struct gshhg_shores){0};
}

/* ---- rivers ---- */

struct river_reader {
    struct geos *g;
    struct netcdf_ints n_points;
    struct netcdf_ints level;
    struct geos_list *out;
};

static void describe_river(const void *ctx, struct segment *s)
{
    const struct river_reader *r = ctx;

    s->n_points = (uint16_t)r->n_points.data[s->number];
    s->level = r->level.data[s->number];
}

static enum im_code visit_river(void *ctx,
                                const struct segment *s,
                                GEOSGeometry *line,
                                struct im_error *err)
{
    struct river_reader *r = ctx;

    if (s->level < 0 || s->level >= GSHHG_RIVER_LEVELS) {
        GEOSGeom_destroy_r(r->g->h, line);
        return im_fail(err, IM_EDATA, "segment %d has level %d; allowed are 0 to %d",
                       s->number, s->level, GSHHG_RIVER_LEVELS - 1);
    }
    if (!geos_list_take(r->g, &r->out[s->level], line))
        return im_fail(err, IM_ENOMEM, "out of memory for rivers");
    return IM_OK;
}

enum im_code gshhg_read_rivers(struct geos *g,
                               const char *path,
                               struct bbox box,
                               struct geos_list out[GSHHG_RIVER_LEVELS],
                               struct im_error *err)
{
    struct binned b = {0};
    struct river_reader r = {.g = g, .out = out};
    enum im_code rc = binned_open(&b, path, err);

    if (!rc)
        rc = netcdf_read(&b.nc, "N_points_for_a_segment", &r.n_points, err);
    if (!rc)
        rc = netcdf_read(&b.nc, "Hierarchial_level_of_a_segment", &r.level, err);
    if (!rc && (r.n_points.n != b.segment_first.n || r.level.n != r.n_points.n))
        rc = im_fail(err, IM_EDATA, "its lists have different lengths");
    if (!rc)
        rc = visit_box(g, &b, box, describe_river, visit_river, &r, err);
    free(r.n_points.data);
    free(r.level.data);
    binned_close(&b);
    return rc;
}
