/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and geometries, to the last bit. */
#include "internal.h"

#include <endian.h>
#include <math.h>

struct im_bytes export_number(double value, char out[EXPORT_NUMBER_MAX])
{
    double back = 0;
    int n = 0;

    if (!isfinite(value))
        return (struct im_bytes){NULL, 0};
    for (int digits = 15; digits <= 17; digits++) { /* 17 always suffice */
        n = snprintf(out, EXPORT_NUMBER_MAX, "%.*g", digits, value);
        if (im_parse_double((struct im_bytes){(uint8_t *)out, (size_t)n}, &back) &&
            !(back < value) && !(back > value))
            break;
    }
    return (struct im_bytes){(uint8_t *)out, (size_t)n};
}

/* ---- WKT (OGC 06-103r4, 7.2) ---- */

static void
wkt_points(const struct geom *g, uint32_t from, uint32_t to, struct im_buf *out)
{
    char number[EXPORT_NUMBER_MAX];

    im_buf_byte(out, '(');
    for (uint32_t i = from; i < to; i++) {
        struct im_bytes x = export_number(g->lonlat[2 * (size_t)i], number);

        im_buf_append(out, i > from ? ", " : "", i > from ? 2 : 0);
        im_buf_append(out, x.data, x.len);
        im_buf_byte(out, ' ');
        x = export_number(g->lonlat[2 * (size_t)i + 1], number);
        im_buf_append(out, x.data, x.len);
    }
    im_buf_byte(out, ')');
}

static void
wkt_parts(const struct geom *g, uint32_t from, uint32_t to, struct im_buf *out)
{
    for (uint32_t i = from; i < to; i++) {
        im_buf_text(out, i > from ? ", " : "");
        wkt_points(g, i ? g->part_end[i - 1] : 0, g->part_end[i], out);
    }
}

static void wkt_areas(const struct geom *g, struct im_buf *out)
{
    for (uint32_t i = 0; i < g->n_areas; i++) {
        im_buf_text(out, i ? ", (" : "(");
        wkt_parts(g, i ? g->area_end[i - 1] : 0, g->area_end[i], out);
        im_buf_byte(out, ')');
    }
}

void export_wkt(const struct geom *g, struct im_buf *out)
{
    static const char *const names[] = {"", "POINT ", "LINESTRING ", "POLYGON "};
    uint32_t n = g->kind == GEOM_POINT  ? g->n_points
                 : g->kind == GEOM_LINE ? g->n_parts
                                        : g->n_areas;
    bool has_list = n > 1 && g->kind != GEOM_POINT;

    if (g->kind == GEOM_EMPTY)
        return;
    im_buf_text(out, n > 1 ? "MULTI" : "");
    im_buf_text(out, names[g->kind]);
    im_buf_text(out, has_list ? "(" : "");
    if (g->kind == GEOM_POINT)
        wkt_points(g, 0, g->n_points, out);
    else if (g->kind == GEOM_LINE)
        wkt_parts(g, 0, g->n_parts, out);
    else
        wkt_areas(g, out);
    im_buf_text(out, has_list ? ")" : "");
}

/* ---- WKB (OGC 06-103r4, 8.2) ---- */

static void put_u32(struct im_buf *out, uint32_t value)
{
    uint32_t le = htole32(value);

    im_buf_append(out, &le, sizeof le);
}

static void put_head(struct im_buf *out, uint32_t type)
{
    im_buf_byte(out, 1); /* little endian */
    put_u32(out, type);
}

static void
put_points(struct im_buf *out, const struct geom *g, uint32_t from, uint32_t to)
{
    for (size_t i = 2 * (size_t)from; i < 2 * (size_t)to; i++) {
        uint64_t bits;

        memcpy(&bits, &g->lonlat[i], sizeof bits);
        bits = htole64(bits);
        im_buf_append(out, &bits, sizeof bits);
    }
}

static void put_part(struct im_buf *out, const struct geom *g, uint32_t i)
{
    uint32_t from = i ? g->part_end[i - 1] : 0;

    put_u32(out, g->part_end[i] - from);
    put_points(out, g, from, g->part_end[i]);
}

/* The i-th point, line or area as a geometry of its own. */
static void put_single(struct im_buf *out, const struct geom *g, uint32_t i)
{
    put_head(out, (uint32_t)g->kind); /* 1 point, 2 line, 3 polygon */
    if (g->kind == GEOM_POINT) {
        put_points(out, g, i, i + 1);
    } else if (g->kind == GEOM_LINE) {
        put_part(out, g, i);
    } else {
        uint32_t ring = i ? g->area_end[i - 1] : 0;

        put_u32(out, g->area_end[i] - ring);
        for (; ring < g->area_end[i]; ring++)
            put_part(out, g, ring);
    }
}

void export_wkb(const struct geom *g, bool is_multi, struct im_buf *out)
{
    uint32_t n = g->kind == GEOM_POINT  ? g->n_points
                 : g->kind == GEOM_LINE ? g->n_parts
                                        : g->n_areas;

    if (!is_multi && n == 1) {
        put_single(out, g, 0);
        return;
    }
    put_head(out, 3 + (uint32_t)g->kind);
    put_u32(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_single(out, g, i);
}
