/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries and values as text. */
#include <layers/geometry.h>

static uint32_t count_of(const struct geom *g)
{
    return g->kind == GEOM_POINT  ? g->n_points
           : g->kind == GEOM_LINE ? g->n_parts
                                  : g->n_areas;
}

/* ---- values ---- */

struct im_bytes value_text(const struct source_value *value, char buffer[IM_NUMBER_MAX])
{
    switch (value->kind) {
    case SOURCE_NULL:
        break;
    case SOURCE_INTEGER:
        snprintf(buffer, IM_NUMBER_MAX, "%lld", (long long)value->integer);
        return im_bytes_of(buffer);
    case SOURCE_REAL:
        return (struct im_bytes){(uint8_t *)buffer,
                                 im_format_exact(buffer, value->real)};
    case SOURCE_TEXT:
        return value->text;
    }
    return im_bytes_of("");
}

static void put_number(struct im_json *w, double value)
{
    char number[IM_NUMBER_MAX];
    size_t n = im_format_exact(number, value);

    if (n)
        im_json_raw(w, (struct im_bytes){(uint8_t *)number, n});
    else
        im_json_null(w);
}

void value_json(struct im_json *w, const struct source_value *value)
{
    switch (value->kind) {
    case SOURCE_NULL:
        im_json_null(w);
        return;
    case SOURCE_INTEGER:
        im_json_int(w, value->integer);
        return;
    case SOURCE_REAL:
        put_number(w, value->real);
        return;
    case SOURCE_TEXT:
        im_json_string(w, value->text);
        return;
    }
}

/* ---- GeoJSON ---- */

static void put_position(struct im_json *w, const double *lonlat)
{
    im_json_array(w);
    put_number(w, lonlat[0]);
    put_number(w, lonlat[1]);
    im_json_array_end(w);
}

static void put_part(struct im_json *w, const struct geom *g, uint32_t i)
{
    im_json_array(w);
    for (uint32_t p = i ? g->part_end[i - 1] : 0; p < g->part_end[i]; p++)
        put_position(w, g->lonlat + 2 * (size_t)p);
    im_json_array_end(w);
}

static void put_area(struct im_json *w, const struct geom *g, uint32_t i)
{
    im_json_array(w);
    for (uint32_t ring = i ? g->area_end[i - 1] : 0; ring < g->area_end[i]; ring++)
        put_part(w, g, ring);
    im_json_array_end(w);
}

static void put_single(struct im_json *w, const struct geom *g, uint32_t i)
{
    if (g->kind == GEOM_POINT)
        put_position(w, g->lonlat + 2 * (size_t)i);
    else if (g->kind == GEOM_LINE)
        put_part(w, g, i);
    else
        put_area(w, g, i);
}

void geometry_json(struct im_json *w, const struct geom *g)
{
    static const char *const names[][2] = {
        [GEOM_EMPTY] = {"", ""},
        [GEOM_POINT] = {"Point", "MultiPoint"},
        [GEOM_LINE] = {"LineString", "MultiLineString"},
        [GEOM_AREA] = {"Polygon", "MultiPolygon"}};
    uint32_t n = count_of(g);

    if (g->kind == GEOM_EMPTY) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, names[g->kind][n > 1]);
    im_json_key(w, "coordinates");
    if (n > 1)
        im_json_array(w);
    for (uint32_t i = 0; i < n; i++)
        put_single(w, g, i);
    if (n > 1)
        im_json_array_end(w);
    im_json_object_end(w);
}

/* ---- WKT ---- */

static void wkt_number(struct im_buf *out, double value)
{
    char number[IM_NUMBER_MAX];
    size_t n = im_format_exact(number, value);

    if (n)
        im_buf_append(out, number, n);
    else
        im_buf_printf(out, "%g", value);
}

static void
wkt_points(struct im_buf *out, const struct geom *g, uint32_t from, uint32_t to)
{
    im_buf_byte(out, '(');
    for (uint32_t i = from; i < to; i++) {
        im_buf_text(out, i > from ? ", " : "");
        wkt_number(out, g->lonlat[2 * (size_t)i]);
        im_buf_byte(out, ' ');
        wkt_number(out, g->lonlat[2 * (size_t)i + 1]);
    }
    im_buf_byte(out, ')');
}

static void
wkt_parts(struct im_buf *out, const struct geom *g, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        im_buf_text(out, i > from ? ", " : "");
        wkt_points(out, g, i ? g->part_end[i - 1] : 0, g->part_end[i]);
    }
}

static void wkt_areas(struct im_buf *out, const struct geom *g)
{
    for (uint32_t i = 0; i < g->n_areas; i++) {
        im_buf_text(out, i ? ", (" : "(");
        wkt_parts(out, g, i ? g->area_end[i - 1] : 0, g->area_end[i]);
        im_buf_byte(out, ')');
    }
}

void geometry_wkt(struct im_buf *out, const struct geom *g)
{
    static const char *const names[] = {"", "POINT ", "LINESTRING ", "POLYGON "};
    uint32_t n = count_of(g);
    bool has_list = n > 1 && g->kind != GEOM_POINT;

    if (g->kind == GEOM_EMPTY || n == 0)
        return;
    im_buf_text(out, n > 1 ? "MULTI" : "");
    im_buf_text(out, names[g->kind]);
    im_buf_text(out, has_list ? "(" : "");
    if (g->kind == GEOM_POINT)
        wkt_points(out, g, 0, g->n_points);
    else if (g->kind == GEOM_LINE)
        wkt_parts(out, g, 0, g->n_parts);
    else
        wkt_areas(out, g);
    im_buf_text(out, has_list ? ")" : "");
}
