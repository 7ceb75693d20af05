/* SPDX-License-Identifier: Apache-2.0 */
/* The refused rows as CSV (RFC 4180, UTF-8 with a byte order mark, for table programmes
 * that would else guess): the file's own columns as they were, then which row it was,
 * what is wrong and what to do (mend.h). Columns of persons are left out. */
#include "mend.h"
#include "writers.h"

#include <engine/csv.h>

enum { LINE_MAX_BYTES = 128 << 20 };

struct csv_report {
    const struct report_writer *w;
    bool *is_shown; /* per column of the file */
    struct im_buf line;
    struct im_csv csv;
    /* of the row whose faults are being gathered */
    bool is_open;
    char *source;
    char *sheet;
    uint64_t row;
    struct im_buf problem;
    struct im_buf suggestion;
};

static void put_field(struct csv_report *r, struct im_bytes text)
{
    if (im_csv_needs_guard(text))
        im_csv_guarded_cell(&r->csv, text);
    else
        im_csv_cell(&r->csv, text);
}

static void end_line(struct csv_report *r)
{
    im_csv_end_row(&r->csv);
    if (r->line.failed)
        return; /* never half a row; reported at the end */
    fwrite(r->line.data, 1, r->line.len, r->w->file);
    im_buf_clear(&r->line);
}

/* ---- columns ---- */

static bool is_personal(const struct import_report *report, const char *column)
{
    for (size_t i = 0; i < report->n_mappings; i++)
        if (strcmp(report_text(report->mappings[i].how), "personal") == 0 &&
            strcmp(report_text(report->mappings[i].column), column) == 0)
            return true;
    return false;
}

static enum im_code choose_columns(struct csv_report *r, struct im_error *err)
{
    const struct import_report *report = r->w->report;
    size_t n = report->n_columns;

    r->is_shown = calloc(n + 1, sizeof *r->is_shown);
    if (!r->is_shown)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    if (mend_header(report->columns, n))
        n -= MEND_COLUMNS; /* a mended file whose rows are refused again */
    for (size_t i = 0; i < n; i++)
        r->is_shown[i] = !is_personal(report, report_text(report->columns[i]));
    return IM_OK;
}

static void put_header(struct csv_report *r)
{
    const struct import_report *report = r->w->report;
    const char *const *ours = r->w->is_zh ? MEND_ZH : MEND_EN;

    im_buf_text(&r->line, "\xEF\xBB\xBF");
    for (size_t i = 0; i < report->n_columns; i++)
        if (r->is_shown[i])
            put_field(r, im_bytes_of(report_text(report->columns[i])));
    for (size_t i = 0; i < MEND_COLUMNS; i++)
        put_field(r, im_bytes_of(ours[i]));
    end_line(r);
}

/* ---- rows ---- */

static void close_row(struct csv_report *r)
{
    char number[24];

    if (!r->is_open)
        return;
    snprintf(number, sizeof number, "%llu", (unsigned long long)r->row);
    put_field(r, im_bytes_of(number));
    put_field(r, im_buf_bytes(&r->problem));
    put_field(r, im_buf_bytes(&r->suggestion));
    end_line(r);
    r->is_open = false;
}

static bool open_row(struct csv_report *r, const struct import_event *e)
{
    const char *const *cell = e->cells;

    for (size_t i = 0; i < r->w->report->n_columns; i++) {
        const char *text = cell && *cell ? *cell++ : "";

        if (r->is_shown[i])
            put_field(r, im_bytes_of(text));
    }
    free(r->source);
    free(r->sheet);
    r->source = strdup(e->source);
    r->sheet = strdup(e->sheet);
    r->row = e->row;
    im_buf_clear(&r->problem);
    im_buf_clear(&r->suggestion);
    r->is_open = r->source && r->sheet;
    return r->is_open;
}

/* "经度 221.59：超出范围" */
static void put_problem(struct csv_report *r, const struct import_event *e)
{
    bool zh = r->w->is_zh;
    const char *reason = zh ? e->reason_zh : e->reason_en;
    const char *suggestion = zh ? e->suggestion_zh : e->suggestion_en;

    if (r->problem.len)
        im_buf_text(&r->problem, zh ? "；" : "; ");
    if (*e->field)
        im_buf_printf(&r->problem, "%s%s", e->field, zh ? "：" : ": ");
    im_buf_text(&r->problem, reason);
    if (!*suggestion)
        return;
    if (r->suggestion.len)
        im_buf_text(&r->suggestion, zh ? "；" : "; ");
    im_buf_text(&r->suggestion, suggestion);
}

static bool put_event(void *ctx, const struct import_event *e)
{
    struct csv_report *r = ctx;

    if (e->kind != IMPORT_REFUSED)
        return true;
    if (!r->is_open || !report_same_row(e, r->source, r->sheet, r->row)) {
        close_row(r);
        if (!open_row(r, e)) {
            r->line.failed = true;
            return false;
        }
    }
    put_problem(r, e);
    return !r->line.failed && !ferror(r->w->file);
}

enum im_code report_write_csv(const struct report_writer *w, struct im_error *err)
{
    struct csv_report r = {.w = w,
                           .line = {.max = LINE_MAX_BYTES},
                           .problem = {.max = 1 << 16},
                           .suggestion = {.max = 1 << 16}};
    enum im_code rc = choose_columns(&r, err);

    r.csv.out = &r.line;
    if (rc)
        goto done;
    put_header(&r);
    rc = import_report_each(w->report, put_event, &r, err);
    close_row(&r);
    if (!rc)
        rc = im_buf_check(&r.line, "report", err);
done:
    free(r.is_shown);
    free(r.source);
    free(r.sheet);
    im_buf_release(&r.line);
    im_buf_release(&r.problem);
    im_buf_release(&r.suggestion);
    return rc;
}
