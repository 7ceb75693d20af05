/* SPDX-License-Identifier: Apache-2.0 */
/* An answer in the form that was asked for. */
#include "api/call.h"

#include "api/table.h"

static enum im_code too_large(struct im_error *err)
{
    im_fail(err, IM_ELIMIT,
            "the table is larger than an answer may be: ask for fewer rows or "
            "fields");
    return im_zh(err, IM_ELIMIT, "表格超过单个回答的上限：请减少行数或字段");
}

static enum im_code make_table(const struct api_call *c,
                               bool is_brief,
                               struct api_table **out,
                               struct im_error *err)
{
    struct api_table *t = im_arena_calloc(c->arena, 1, sizeof *t);

    if (t) {
        t->arena = c->arena;
        t->lang = c->lang;
        t->is_brief = is_brief;
        c->operation->tabulate(c, t);
    }
    if (!t || t->failed)
        return too_large(err);
    *out = t;
    return IM_OK;
}

const char *api_content_type(const struct api_call *c, enum api_format format)
{
    static const char *const types[] = {
        "application/json", "text/csv; charset=utf-8; header=present",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"};

    return format == API_JSON && c->is_geojson ? "application/geo+json" : types[format];
}

enum im_code api_answer(const struct api_call *c,
                        enum api_format format,
                        struct im_buf *out,
                        const char **content_type,
                        struct im_error *err)
{
    struct im_json w = {.out = out};
    struct api_table *table = NULL;
    enum im_code rc = IM_OK;

    if (content_type)
        *content_type = api_content_type(c, format);
    if (format == API_JSON) {
        c->operation->write(c, &w);
    } else {
        rc = make_table(c, false, &table, err);
        if (rc == IM_OK && format == API_CSV)
            table_write_csv(table, out);
        else if (rc == IM_OK)
            rc = table_write_xlsx(table, out, err);
    }
    return rc == IM_OK ? im_buf_check(out, "the answer", err) : rc;
}

enum im_code
api_answer_text(const struct api_call *c, struct im_buf *out, struct im_error *err)
{
    struct api_table *table = NULL;
    enum im_code rc = make_table(c, true, &table, err);

    if (rc == IM_OK) {
        table_write_text(table, out);
        rc = im_buf_check(out, "the answer", err);
    }
    return rc;
}

/* ---- rows, piece by piece ---- */

enum { TABLE_ROWS = 128, TABLE_BYTES = 64 * 1024 * 1024 };

bool api_is_in_pieces(const struct api_call *c, enum api_format format)
{
    return c->operation->run == api_rows_run && format != API_XLSX;
}

static enum im_code csv_piece(const struct api_call *c,
                              size_t full,
                              size_t *n_written,
                              struct im_buf *out,
                              bool *end,
                              struct im_error *err)
{
    struct im_arena *arena = im_arena_new(TABLE_BYTES);
    struct api_table *table = NULL;
    size_t n = c->rows.n_hits;
    size_t to;

    do {
        if (arena)
            im_arena_reset(arena);
        table = arena ? im_arena_calloc(arena, 1, sizeof *table) : NULL;
        if (!table)
            break;
        table->arena = arena;
        table->lang = c->lang;
        to = n - *n_written > TABLE_ROWS ? *n_written + TABLE_ROWS : n;
        api_rows_tabulate_piece(c, *n_written, to, table);
        table_write_csv(table, out);
        *n_written = to;
    } while (!table->failed && !out->failed && *n_written < n && out->len < full);
    bool is_whole = table && !table->failed;
    im_arena_free(arena);
    *end = *n_written == n;
    return is_whole ? IM_OK : too_large(err);
}

enum im_code api_answer_piece(const struct api_call *c,
                              enum api_format format,
                              size_t full,
                              size_t *n_written,
                              struct im_buf *out,
                              bool *end,
                              struct im_error *err)
{
    if (format == API_CSV)
        return csv_piece(c, full, n_written, out, end, err);
    *end = api_rows_write_piece(c, full, n_written, out);
    return IM_OK;
}
