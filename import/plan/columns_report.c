/* SPDX-License-Identifier: Apache-2.0 */
/* What became of each column, and what a layer needs and the file lacks. */
#include "columns.h"

void columns_list(char *out,
                  size_t size,
                  size_t n,
                  const char *(*name)(const struct plan *, size_t),
                  const struct plan *plan)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n && used < size; i++) {
        int more =
            snprintf(out + used, size - used, "%s%s", i ? ", " : "", name(plan, i));

        used += more > 0 ? (size_t)more : 0;
    }
    if (used >= size)
        memcpy(out + im_utf8_cut(out, size - 4), "…", 4);
}

const char *columns_name_of(const struct plan *plan, size_t i)
{
    return plan->columns[i].name;
}

/* ---- what is missing ---- */

static enum im_code fail_column(struct making *m, size_t f, bool is_key)
{
    const struct schema_field *field = &m->plan->schema->fields[f];
    char names[120];

    if (m->plan->n_columns == 0) {
        im_fail(
            m->err, IM_EDATA,
            "the file has no columns: there are no data in it; is it the right one?");
        return im_zh(m->err, IM_EDATA,
                     "文件没有任何列，其中没有数据；请确认文件是否正确");
    }
    columns_list(names, sizeof names, m->plan->n_columns, columns_name_of, m->plan);
    im_fail(m->err, IM_EDATA,
            "the file has no column '%s', which is %s; it has: %s; say which it is "
            "with --map %s=COLUMN",
            field->name, is_key ? "the key of the layer" : "required", names,
            field->name);
    return im_zh(
        m->err, IM_EDATA,
        "文件缺少列“%s”（%s），它是%s；文件的列有：%s；可用 --map %s=列名 指明",
        field->name, field->title.zh, is_key ? "图层的主键" : "必填字段", names,
        field->name);
}

/* A key can be made from what identifies a place, if the file has that; from all that
 * a row says where the layer asks for no key. */
static bool can_make_key(const struct plan *plan)
{
    const struct layer_schema *s = plan->schema;

    return plan->can_lack_key &&
           (!s->fields[s->key].required || (plan->name_field != SCHEMA_NO_FIELD &&
                                            plan->fields[plan->name_field].how));
}

/* The key last where one can be made: what it is made from is asked for first. */
enum im_code check_missing(struct making *m)
{
    const struct plan *plan = m->plan;
    size_t key = (size_t)plan->schema->key;
    bool has_key = plan->fields[key].how != NULL;

    if (!has_key && !plan->can_lack_key)
        return fail_column(m, key, true);
    for (size_t f = 0; f < plan->schema->n_fields; f++)
        if (f != key && plan->schema->fields[f].required && !plan->fields[f].how)
            return fail_column(m, f, false);
    return has_key || can_make_key(plan) ? IM_OK : fail_column(m, key, true);
}

/* ---- the report ---- */

/* Nothing stands in it, above it or below it. */
static bool is_empty_column(const struct making *m, size_t i)
{
    const char *name = m->plan->columns[i].name;
    size_t filled = 0;

    if (!m->plan->is_grid || !m->sample.is_all || strncmp(name, "column_", 7) != 0)
        return false;
    for (size_t row = 0; row < m->sample.n_rows && !filled; row++)
        filled += sample_cell(&m->sample, row, (int)i).len;
    return filled == 0;
}

static void report_column(const struct plan *plan,
                          struct import_mapping *out,
                          const struct column *column)
{
    bool is_field = column->how && column->field != SCHEMA_NO_FIELD;

    *out = (struct import_mapping){
        .column = column->name,
        .field = is_field ? plan->schema->fields[column->field].name : "",
        .how = column->is_personal ? "personal"
               : column->how       ? column->how
                                   : "unknown",
        .note_zh = column->note_zh,
        .note_en = column->note_en};
    if (column->is_personal) {
        out->note_zh = "个人信息，不导入；确需导入请加 --keep-personal";
        out->note_en = "personal data, left out; --keep-personal takes them";
    } else if (!column->how && heading_is_row_number(&column->heading)) {
        out->note_zh = "行号，不保存";
        out->note_en = "running numbers, not stored";
    } else if (!column->how && !column->note_zh[0]) {
        out->note_zh = "未知的列，不保存；可用 --map 指明或 --keep-extra 保留";
        out->note_en =
            "unknown, not stored; --map says what it is, --keep-extra keeps it";
    }
}

static enum im_code note_personal(struct making *m)
{
    char zh[400] = "";
    size_t used = 0;
    size_t n = 0;
    struct im_arena *arena = m->plan->arena;

    for (size_t i = 0; i < m->plan->n_columns; i++) {
        if (!m->plan->columns[i].is_personal)
            continue;
        if (used < sizeof zh)
            used += (size_t)snprintf(zh + used, sizeof zh - used, "%s%.60s",
                                     n ? "、" : "", m->plan->columns[i].name);
        n++;
    }
    if (n == 0)
        return IM_OK;
    zh[im_utf8_cut(zh, sizeof zh - 1)] = '\0';
    return plan_note(
        m->plan, "personal_dropped", plan_printf(arena, "个人信息列不导入：%s", zh),
        plan_printf(arena, "columns of personal data are left out: %s", zh), m->err);
}

enum im_code write_report(struct making *m)
{
    struct plan *plan = m->plan;
    size_t n = 0;
    struct import_mapping *list = im_arena_calloc(
        plan->arena, plan->n_columns + plan->schema->n_fields + 1, sizeof *list);

    if (!list)
        return plan_no_memory(m->err);
    for (size_t i = 0; i < plan->n_columns; i++)
        if (!is_empty_column(m, i))
            report_column(plan, &list[n++], &plan->columns[i]);
    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        const struct field_plan *field = &plan->fields[f];

        if (!field->how || field->column != NO_COLUMN)
            continue;
        list[n++] = (struct import_mapping){
            .column = "",
            .field = plan->schema->fields[f].name,
            .how = field->how,
            .note_zh = field->is_set ? field->set_text : field->note_zh,
            .note_en = field->is_set ? field->set_text : field->note_en};
    }
    plan->report->mappings = list;
    plan->report->n_mappings = n;
    return note_personal(m);
}
