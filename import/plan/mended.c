/* SPDX-License-Identifier: Apache-2.0 */
/* Refused rows go out to be mended and come back (report/mend.h). */
#include "parts.h"

#include "../report/mend.h"

enum { WKT_MAX_BYTES = 8 << 20 };

static const char WKT_COLUMN[] = "WKT";

void mended_columns(struct plan *plan, const char *const *names)
{
    if (!mend_header(names, plan->n_columns))
        return;
    for (size_t i = 0; i < MEND_COLUMNS; i++) {
        struct column *column = &plan->columns[plan->n_columns - 1 - i];

        column->how = "report";
        column->note_zh = "上一份报告加的列，不保存";
        column->note_en = "added by an earlier report, not stored";
    }
}

/* A row of a shapefile has its position in no cell: as a person can read and mend it.
 */
void mended_report_columns(struct plan *plan, const char **names)
{
    plan->shows_wkt = source_has_geometry(plan->source);
    for (size_t i = 0; i < plan->n_columns; i++)
        plan->shows_wkt &= strcasecmp(names[i], WKT_COLUMN) != 0;
    if (plan->shows_wkt)
        names[plan->n_columns] = WKT_COLUMN;
    plan->report->columns = names;
    plan->report->n_columns = plan->n_columns + plan->shows_wkt;
}

/* ---- positions that go out ---- */

/* The shortest decimals that read back as the same number. */
static void put_number(struct im_buf *out, double value)
{
    char text[40];
    double back = 0;
    int n = snprintf(text, sizeof text, "%.15g", value);

    if (!im_parse_double((struct im_bytes){(uint8_t *)text, (size_t)n}, &back) ||
        back < value || back > value)
        snprintf(text, sizeof text, "%.17g", value);
    im_buf_text(out, text);
}

static void put_positions(struct im_buf *out, const double *xy, size_t n)
{
    im_buf_byte(out, '(');
    for (size_t i = 0; i < n; i++) {
        if (i)
            im_buf_text(out, ", ");
        put_number(out, xy[2 * i]);
        im_buf_byte(out, ' ');
        put_number(out, xy[2 * i + 1]);
    }
    im_buf_byte(out, ')');
}

static void put_parts(struct im_buf *out, const struct geom *g, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        size_t start = i ? g->part_end[i - 1] : 0;

        if (i > from)
            im_buf_text(out, ", ");
        put_positions(out, g->lonlat + 2 * start, g->part_end[i] - start);
    }
}

static void put_areas(struct im_buf *out, const struct geom *g)
{
    for (size_t i = 0; i < g->n_areas; i++) {
        im_buf_text(out, i ? ", (" : "(");
        put_parts(out, g, i ? g->area_end[i - 1] : 0, g->area_end[i]);
        im_buf_byte(out, ')');
    }
}

/* Simple where it can be: that is what people write by hand. */
static void put_wkt(struct im_buf *out, const struct geom *g)
{
    static const char *const names[] = {"", "POINT ", "LINESTRING ", "POLYGON "};
    size_t n = g->kind == GEOM_POINT  ? g->n_points
               : g->kind == GEOM_LINE ? g->n_parts
                                      : g->n_areas;

    if (g->kind == GEOM_EMPTY || n == 0)
        return;
    im_buf_text(out, n > 1 ? "MULTI" : "");
    im_buf_text(out, names[g->kind]);
    if (g->kind == GEOM_POINT)
        put_positions(out, g->lonlat, g->n_points);
    else if (g->kind == GEOM_LINE && n == 1)
        put_parts(out, g, 0, 1);
    else if (g->kind == GEOM_LINE) {
        im_buf_byte(out, '(');
        put_parts(out, g, 0, g->n_parts);
        im_buf_byte(out, ')');
    } else {
        im_buf_text(out, n > 1 ? "(" : "");
        put_areas(out, g);
        im_buf_text(out, n > 1 ? ")" : "");
    }
}

const char *mended_wkt(const struct geom *geom, struct im_arena *arena)
{
    struct im_buf text = {.max = WKT_MAX_BYTES};
    const char *copy = NULL;

    put_wkt(&text, geom);
    if (!text.failed) /* longer than anybody mends by hand: mended where it was drawn */
        copy = im_arena_strdup(arena, im_buf_bytes(&text));
    im_buf_release(&text);
    return copy ? copy : "";
}
