/* SPDX-License-Identifier: Apache-2.0 */
/* An answer in the form that was asked for. */
#include "api/call.h"

#include "api/table.h"

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
    if (!t || t->failed) {
        im_fail(err, IM_ELIMIT,
                "the table is larger than an answer may be: ask for fewer rows or "
                "fields");
        return im_zh(err, IM_ELIMIT, "表格超过单个回答的上限：请减少行数或字段");
    }
    *out = t;
    return IM_OK;
}

enum im_code api_answer(const struct api_call *c,
                        enum api_format format,
                        struct im_buf *out,
                        const char **content_type,
                        struct im_error *err)
{
    static const char *const types[] = {
        "application/json", "text/csv; charset=utf-8; header=present",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"};
    struct im_json w = {.out = out};
    struct api_table *table;
    enum im_code rc = IM_OK;

    if (content_type)
        *content_type = format == API_JSON && c->is_geojson ? "application/geo+json"
                                                            : types[format];
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
    struct api_table *table;
    enum im_code rc = make_table(c, true, &table, err);

    if (rc == IM_OK) {
        table_write_text(table, out);
        rc = im_buf_check(out, "the answer", err);
    }
    return rc;
}
