/* SPDX-License-Identifier: Apache-2.0 */
/* The position of one row, as the plan says where it stands. */
#include "parts.h"

#include "../internal.h"

#include <math.h>
#include <strings.h>

static struct refusal bad_coordinate(const char *zh, const char *en)
{
    return refusal_of("bad_number", zh, en,
                      "写成 121.4737, 31.2304 这样的度数，或度分秒",
                      "write degrees such as 121.4737, 31.2304, or degrees, minutes "
                      "and seconds");
}

static struct refusal half_missing(void)
{
    return refusal_of("bad_geometry", "经度与纬度只有一个",
                      "only one of longitude and latitude is given", "补上另一个",
                      "add the other one");
}

/* One angle or metre of a cell. */
static bool read_coordinate(const struct source_value *cell, double *out, char *axis)
{
    *axis = 0;
    if (cell->kind == SOURCE_REAL)
        *out = cell->real;
    else if (cell->kind == SOURCE_INTEGER)
        *out = (double)cell->integer;
    else if (!im_parse_double(cell->text, out) && !text_angle(cell->text, out, axis))
        return false;
    return isfinite(*out);
}

/* Digits behind the point as far as they tell anything: 1, 2, or 3 for more. */
static int decimals_of_number(double x)
{
    if (fabs(x * 100 - rint(x * 100)) > 1e-6)
        return 3;
    return fabs(x * 10 - rint(x * 10)) > 1e-7 ? 2 : 1;
}

static int decimals_of_cell(const struct source_value *cell, double value)
{
    int n = 0;

    if (cell->kind != SOURCE_TEXT)
        return decimals_of_number(value);
    for (size_t i = 0; i < cell->text.len; i++)
        if (cell->text.data[i] == '.')
            while (++i < cell->text.len && cell->text.data[i] >= '0' &&
                   cell->text.data[i] <= '9')
                n++;
    /* degrees, minutes and seconds: the value has the digits that the text lacks */
    int of_value = decimals_of_number(value);
    return n > of_value ? n : of_value;
}

static const char *precision_of(const struct plan *plan, int decimals)
{
    if (plan->crs.is_projected || decimals >= 3)
        return "park";
    return decimals == 2 ? "town" : "district";
}

static bool make_point(struct position *out, double x, double y, struct im_arena *arena)
{
    double *xy = im_arena_alloc(arena, 2 * sizeof *xy);

    if (!xy)
        return false;
    xy[0] = x;
    xy[1] = y;
    out->geom = (struct geom){.kind = GEOM_POINT, .n_points = 1, .lonlat = xy};
    return true;
}

static void refuse(struct position *out,
                   const char *field,
                   struct im_bytes value,
                   struct refusal why)
{
    out->refusal = why;
    out->field = field;
    out->value = value;
}

static void read_columns(const struct plan *plan,
                         const struct source_row *row,
                         struct im_arena *arena,
                         struct position *out)
{
    const struct source_value *lon = &row->cells[plan->lon_column];
    const struct source_value *lat = &row->cells[plan->lat_column];
    bool no_lon = cell_is_blank(lon);
    bool no_lat = cell_is_blank(lat);
    char axis_x = 0;
    char axis_y = 0;
    double x = 0;
    double y = 0;

    out->field = position_column(plan, plan->lon_column);
    if (no_lon || no_lat) {
        out->is_missing = no_lon && no_lat;
        out->value = cell_text(no_lon ? lon : lat, arena);
        if (!out->is_missing)
            refuse(out,
                   position_column(plan, no_lon ? plan->lon_column : plan->lat_column),
                   out->value, half_missing());
        return;
    }
    if (!read_coordinate(lon, &x, &axis_x)) {
        refuse(out, out->field, cell_text(lon, arena),
               bad_coordinate("不是坐标", "not a coordinate"));
        return;
    }
    if (!read_coordinate(lat, &y, &axis_y)) {
        refuse(out, position_column(plan, plan->lat_column), cell_text(lat, arena),
               bad_coordinate("不是坐标", "not a coordinate"));
        return;
    }
    /* 31°N in the column of longitudes and 121°E in the other say it themselves */
    bool crossed = axis_x == 'y' && axis_y == 'x';
    int a = decimals_of_cell(lon, x);
    int b = decimals_of_cell(lat, y);
    out->precision = precision_of(plan, a > b ? a : b);
    (void)make_point(out, crossed ? y : x, crossed ? x : y, arena);
}

static void read_pair(const struct plan *plan,
                      const struct source_row *row,
                      struct im_arena *arena,
                      struct position *out)
{
    const struct source_value *cell = &row->cells[plan->lon_column];
    double x = 0;
    double y = 0;

    out->field = position_column(plan, plan->lon_column);
    out->value = cell_text(cell, arena);
    out->is_missing = cell_is_blank(cell);
    if (out->is_missing)
        return;
    if (!text_pair(out->value, &x, &y) || !isfinite(x) || !isfinite(y)) {
        refuse(out, out->field, out->value,
               bad_coordinate("不是一对坐标", "not a pair of coordinates"));
        return;
    }
    int a = decimals_of_number(x);
    int b = decimals_of_number(y);
    out->precision = precision_of(plan, a > b ? a : b);
    (void)make_point(out, plan->lat_first ? y : x, plan->lat_first ? x : y, arena);
}

static const char *precision_of_geom(const struct plan *plan, const struct geom *g)
{
    enum { ENOUGH = 4 };
    int most = 1;

    for (uint32_t i = 0; i < g->n_points && i < ENOUGH; i++)
        for (size_t j = 0; j < 2; j++) {
            int n = decimals_of_number(g->lonlat[2 * (size_t)i + j]);

            most = n > most ? n : most;
        }
    return precision_of(plan, most);
}

static void read_wkt(const struct plan *plan,
                     const struct source_row *row,
                     struct im_arena *arena,
                     struct position *out)
{
    const struct source_value *cell = &row->cells[plan->lon_column];

    out->field = position_column(plan, plan->lon_column);
    out->value = cell_text(cell, arena);
    out->is_missing = cell_is_blank(cell);
    if (out->is_missing)
        return;
    if (!wkt_read(out->value, arena, &out->geom)) {
        refuse(out, out->field, out->value,
               refusal_of("bad_geometry", "不是有效的 WKT", "not valid WKT",
                          "例如 POINT (121.4737 31.2304)",
                          "for example POINT (121.4737 31.2304)"));
        return;
    }
    out->is_missing = out->geom.kind == GEOM_EMPTY;
    out->precision = precision_of_geom(plan, &out->geom);
}

/* CGCS2000 is the datum of its zones in metres, too (EPSG:4491 to 4554). */
bool position_same_system(const char *named, const char *used)
{
    int64_t code = 0;

    if (strcasecmp(named, used) == 0)
        return true;
    return strcasecmp(named, "EPSG:4490") == 0 && strncasecmp(used, "EPSG:", 5) == 0 &&
           im_parse_int64(im_bytes_of(used + 5), &code) && code >= 4491 && code <= 4554;
}

static bool check_system(const struct plan *plan,
                         const struct source_row *row,
                         struct im_arena *arena,
                         struct position *out)
{
    const struct source_value *cell = &row->cells[plan->system_column];
    const char *system =
        cell_is_blank(cell) ? NULL : system_of_text(cell_text(cell, arena), arena);

    if (!system || position_same_system(system, plan->crs_name))
        return true;
    refuse(
        out, position_column(plan, plan->system_column), cell_text(cell, arena),
        refusal_of(
            "other_crs", plan_printf(arena, "这一行的坐标系不是 %s", plan->crs_name),
            plan_printf(arena, "this row is in another system than %s", plan->crs_name),
            plan_printf(arena, "把这些行另存一个文件，用 --crs %s 导入", system),
            plan_printf(arena, "import these rows apart, with --crs %s", system)));
    return false;
}

void position_read(const struct plan *plan,
                   const struct source_row *row,
                   struct im_arena *arena,
                   struct position *out)
{
    *out = (struct position){
        .geom = {.kind = GEOM_EMPTY}, .field = "geometry", .value = {NULL, 0}};
    switch (plan->position) {
    case POSITION_NONE:
        out->is_missing = true;
        return;
    case POSITION_GEOMETRY:
        out->geom = row->geom;
        out->is_missing = row->geom.kind == GEOM_EMPTY;
        if (!out->is_missing && plan->derived.precision != SCHEMA_NO_FIELD)
            out->precision = precision_of_geom(plan, &row->geom);
        break;
    case POSITION_COLUMNS:
        read_columns(plan, row, arena, out);
        break;
    case POSITION_PAIR:
        read_pair(plan, row, arena, out);
        break;
    case POSITION_WKT:
        read_wkt(plan, row, arena, out);
        break;
    }
    if (plan->check_system && !out->is_missing && !out->refusal.code)
        (void)check_system(plan, row, arena, out);
}
