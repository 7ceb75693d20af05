/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries as WKB (OGC 06-103r4, 8.2). */
#include "internal.h"

#include <endian.h>

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
