/* SPDX-License-Identifier: Apache-2.0 */
/* Refused rows go out to be mended and come back (report/mend.h). */
#include "parts.h"

#include "../report/mend.h"

#include <layers/geometry.h>

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

const char *mended_wkt(const struct geom *geom, struct im_arena *arena)
{
    struct im_buf text = {.max = WKT_MAX_BYTES};
    const char *copy = NULL;

    geometry_wkt(&text, geom);
    if (!text.failed) /* longer than anybody mends by hand: mended where it was drawn */
        copy = im_arena_strdup(arena, im_buf_bytes(&text));
    im_buf_release(&text);
    return copy ? copy : "";
}
