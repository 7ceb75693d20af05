/* SPDX-License-Identifier: Apache-2.0 */
/* In which unit a column's numbers are: from its name, from a column beside it, from
 * the text over the header. */
#include "columns.h"

/* "亩", "平方公里，规划": what of it is a unit. */
static struct im_bytes unit_of(struct im_bytes inside, const char *to, double *one)
{
    static const char marks[] = ",;/";
    static const char *const before[] = {"单位", "：", ":"};
    struct im_bytes found = {(const uint8_t *)"", 0};

    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (bytes_start(inside, im_bytes_of(before[i])))
            inside = bytes_from(inside, strlen(before[i]));
    if (inside.len && text_convert(1, inside, to, one))
        return inside;
    for (size_t from = 0, i = 0; i <= inside.len; i++) {
        struct im_bytes part = {inside.data + from, i - from};
        double factor = 0;

        if (i < inside.len && !strchr(marks, inside.data[i]))
            continue;
        from = i + 1;
        if (part.len == 0 || !text_convert(1, part, to, &factor))
            continue;
        if (found.len && factor != *one) { /* "亩/公顷": the rows are refused */
            *one = 1;
            return inside;
        }
        found = part;
        *one = factor;
    }
    return found;
}

/* "单位：亩" over the header speaks for every area of the list. */
static struct im_bytes unit_above(const struct plan *plan, const char *to, double *one)
{
    static const char *const ends[] = {")", "）", "。", " "};

    for (const char *const *text = plan->above; text && *text; text++) {
        const char *at = strstr(*text, "单位");
        struct im_bytes unit = im_bytes_of(at ? at : "");

        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (bytes_end(unit, im_bytes_of(ends[i])))
                unit.len -= strlen(ends[i]);
        if (unit.len && text_convert(1, unit, to, one))
            return unit_of(unit, to, one);
    }
    return (struct im_bytes){(const uint8_t *)"", 0};
}

static bool is_bare_number(void *ctx, struct im_bytes cell)
{
    struct text_number number;

    (void)ctx;
    return text_number(cell, &number) && number.unit.len == 0;
}

/* "面积单位" beside "面积". */
static int find_unit_column(const struct plan *plan, const struct column *column)
{
    struct im_bytes base = column->heading.base;

    for (size_t i = 0; i < plan->n_columns; i++) {
        struct im_bytes other = plan->columns[i].heading.whole;

        if (!plan->columns[i].how && other.len == base.len + strlen("单位") &&
            bytes_start(other, base) && bytes_end(other, im_bytes_of("单位")))
            return (int)i;
    }
    return NO_COLUMN;
}

void find_units(struct making *m)
{
    struct plan *plan = m->plan;

    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        struct field_plan *field = &plan->fields[f];
        const char *unit = plan->schema->fields[f].unit;
        double one = 1;
        size_t filled = 0;

        if (field->column == NO_COLUMN || !unit[0] || field->is_year)
            continue;
        struct column *column = &plan->columns[field->column];
        field->unit = unit_of(column->heading.inside, unit, &one);
        if (!field->unit.len && !plan->is_own)
            field->unit = unit_above(plan, unit, &one);
        field->unit_column = field->unit.len || plan->is_own
                                 ? NO_COLUMN
                                 : find_unit_column(plan, column);
        if (field->unit_column != NO_COLUMN) {
            plan->columns[field->unit_column].how = "unit";
            continue;
        }
        if (field->unit.len && one != 1) {
            column->note_zh =
                plan_printf(plan->arena, "%.*s换算为 %s", (int)field->unit.len,
                            (const char *)field->unit.data, unit);
            column->note_en =
                plan_printf(plan->arena, "%.*s converted to %s", (int)field->unit.len,
                            (const char *)field->unit.data, unit);
        } else if (!field->unit.len && !plan->is_own &&
                   strcmp(field->how, "name") != 0 &&
                   sample_count(&m->sample, field->column, is_bare_number, NULL,
                                &filled)) {
            column->note_zh =
                plan_printf(plan->arena, "未写单位的数按 %s，请核对", unit);
            column->note_en = plan_printf(
                plan->arena, "numbers without a unit taken as %s, please check", unit);
        }
    }
}
