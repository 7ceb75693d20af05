/* SPDX-License-Identifier: Apache-2.0 */
/* What a person said about columns and fields, before anything is guessed. */
#include "columns.h"

#include <strings.h>

static const char *field_name(const struct plan *plan, size_t i)
{
    return plan->schema->fields[i].name;
}

static enum im_code fail_target(struct making *m, const struct wish *wish)
{
    char names[150];

    columns_list(names, sizeof names, m->plan->schema->n_fields, field_name, m->plan);
    im_fail(m->err, IM_EARG,
            "'%.60s' is no field of layer '%s'; there are: lon, lat, position, wkt, %s",
            wish->target, m->plan->schema->id, names);
    return im_zh(m->err, IM_EARG,
                 "图层“%s”没有字段“%.60s”；可用：lon, lat, position, wkt, %s",
                 m->plan->schema->id, wish->target, names);
}

static enum im_code fail_source(struct making *m, const struct wish *wish)
{
    char names[150];

    columns_list(names, sizeof names, m->plan->n_columns, columns_name_of, m->plan);
    im_fail(m->err, IM_EARG, "the file has no column '%.60s'; it has: %s", wish->source,
            names);
    return im_zh(m->err, IM_EARG, "文件没有列“%.60s”；有：%s", wish->source, names);
}

static enum im_code fail_personal(struct making *m, const struct wish *wish)
{
    im_fail(m->err, IM_EARG,
            "column '%.60s' holds personal data, which is left out; give "
            "--keep-personal to take it all the same",
            wish->source);
    return im_zh(m->err, IM_EARG,
                 "列“%.60s”是个人信息，默认不导入；确需导入请加 --keep-personal",
                 wish->source);
}

static int column_by_name(const struct plan *plan, const char *name)
{
    struct heading wanted;

    for (size_t i = 0; i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].name, name) == 0)
            return (int)i;
    wanted = heading_of(im_bytes_of(name), plan->arena);
    for (size_t i = 0; i < plan->n_columns; i++)
        if (wanted.whole.len &&
            im_bytes_equal(plan->columns[i].heading.whole, wanted.whole))
            return (int)i;
    return NO_COLUMN;
}

static int field_by_name(const struct plan *plan, const char *name)
{
    const struct layer_schema *s = plan->schema;
    int f = schema_field_index(s, im_bytes_of(name));

    for (size_t i = 0; f == SCHEMA_NO_FIELD && i < s->n_fields; i++)
        if (strcmp(s->fields[i].title.zh, name) == 0 ||
            strcasecmp(s->fields[i].title.en, name) == 0)
            f = (int)i;
    return f;
}

static int *position_target(struct making *m, const char *target)
{
    return strcmp(target, "lon") == 0        ? &m->position.lon
           : strcmp(target, "lat") == 0      ? &m->position.lat
           : strcmp(target, "position") == 0 ? &m->position.pair
           : strcmp(target, "wkt") == 0      ? &m->position.wkt
                                             : NULL;
}

static enum im_code note_saved(struct making *m, const struct wish *wish)
{
    struct im_arena *arena = m->plan->arena;

    return plan_note(
        m->plan, "mapping_column_missing",
        plan_printf(arena, "保存的映射中 %.60s=%.60s：文件没有这一列", wish->target,
                    wish->source),
        plan_printf(arena, "saved mapping %.60s=%.60s: the file has no such column",
                    wish->target, wish->source),
        m->err);
}

static enum im_code take_map(struct making *m, const struct wish *wish)
{
    struct plan *plan = m->plan;
    int *position = position_target(m, wish->target);
    int field = position ? SCHEMA_NO_FIELD : field_by_name(plan, wish->target);
    int column = column_by_name(plan, wish->source);

    if (!position && field == SCHEMA_NO_FIELD)
        return wish->is_saved ? note_saved(m, wish) : fail_target(m, wish);
    if (column == NO_COLUMN)
        return wish->is_saved ? note_saved(m, wish) : fail_source(m, wish);
    if (plan->columns[column].is_personal)
        return fail_personal(m, wish);
    if (position) {
        if (*position == NO_COLUMN) /* the command line came first */
            *position = column;
        return IM_OK;
    }
    if (plan->fields[field].how)
        return IM_OK;
    plan->fields[field].column = column;
    plan->fields[field].how = wish->is_saved ? "saved" : "given";
    plan->columns[column].how = plan->fields[field].how;
    plan->columns[column].field = field;
    return IM_OK;
}

static enum im_code
fail_set(struct making *m, const struct wish *wish, struct refusal why)
{
    im_fail(m->err, IM_EARG, "--set %.60s=%.60s: %.180s", wish->target, wish->source,
            why.en);
    return im_zh(m->err, IM_EARG, "--set %.60s=%.60s：%.180s", wish->target,
                 wish->source, why.zh);
}

static enum im_code take_set(struct making *m, const struct wish *wish)
{
    struct plan *plan = m->plan;
    int field = field_by_name(plan, wish->target);
    bool is_about = false;

    if (field == SCHEMA_NO_FIELD)
        return wish->is_saved ? note_saved(m, wish) : fail_target(m, wish);
    struct field_plan *f = &plan->fields[field];
    if (f->is_set || (wish->is_saved && f->how))
        return IM_OK; /* the command line came first */
    f->set =
        (struct source_value){.kind = SOURCE_TEXT, .text = im_bytes_of(wish->source)};
    struct refusal why =
        value_check(plan, (size_t)field, &f->set, plan->arena, &is_about);
    if (why.code)
        return fail_set(m, wish, why);
    f->is_set = true;
    f->set_text = wish->source;
    f->how = "set";
    if (f->column != NO_COLUMN)
        plan->columns[f->column].how = NULL;
    f->column = NO_COLUMN;
    return IM_OK;
}

enum im_code take_wishes(struct making *m)
{
    enum im_code rc =
        mapping_wishes(m->plan->options, m->plan->arena, &m->wishes, m->err);

    m->position = (struct position_wish){
        .lon = NO_COLUMN, .lat = NO_COLUMN, .pair = NO_COLUMN, .wkt = NO_COLUMN};
    for (size_t i = 0; !rc && i < m->wishes.n; i++) {
        const struct wish *wish = &m->wishes.list[i];

        rc = wish->is_set ? take_set(m, wish) : take_map(m, wish);
    }
    bool is_given = m->plan->options->crs != NULL;
    m->position.crs = is_given ? m->plan->options->crs : m->wishes.crs;
    m->position.crs_how = is_given ? "given with --crs" : "given by the saved mapping";
    m->plan->given_crs = m->position.crs;
    return rc;
}

enum im_code take_fill_down(struct making *m)
{
    for (const char **name = m->wishes.fill_down; *name; name++) {
        int field = field_by_name(m->plan, *name);
        int column =
            field == SCHEMA_NO_FIELD ? column_by_name(m->plan, *name) : NO_COLUMN;

        if (column != NO_COLUMN)
            field = m->plan->columns[column].field;
        if (field == SCHEMA_NO_FIELD)
            return fail_target(m, &(struct wish){.target = *name});
        m->plan->fields[field].fill_down = true;
        m->plan->fields[field].last_text = (struct im_buf){.max = 2 * TEXT_MAX_BYTES};
    }
    return IM_OK;
}
