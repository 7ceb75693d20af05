/* SPDX-License-Identifier: Apache-2.0 */
/* How a file becomes rows of a layer: the header, the columns and fields, then step by
 * step which column is which field. */
#include "columns.h"

#include "../identity.h"

#include <stdarg.h>

enum im_code plan_no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "plan: out of memory");
}

char *plan_printf(struct im_arena *arena, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text[im_utf8_cut(text, sizeof text - 1)] = '\0';
    char *copy = im_arena_strdup(arena, im_bytes_of(text));
    return copy ? copy : (char *)"";
}

enum im_code plan_note(struct plan *plan,
                       const char *code,
                       const char *zh,
                       const char *en,
                       struct im_error *err)
{
    struct import_report *r = plan->report;
    struct import_note *notes =
        im_arena_calloc(plan->arena, r->n_notes + 1, sizeof *notes);
    char *copy_zh = im_arena_strdup(plan->arena, im_bytes_of(zh));
    char *copy_en = im_arena_strdup(plan->arena, im_bytes_of(en));

    if (!notes || !copy_zh || !copy_en)
        return plan_no_memory(err);
    if (r->n_notes)
        memcpy(notes, r->notes, r->n_notes * sizeof *notes);
    notes[r->n_notes] = (struct import_note){code, copy_zh, copy_en};
    r->notes = notes;
    r->n_notes++;
    return IM_OK;
}

static enum im_code find_header(struct making *m)
{
    struct plan *plan = m->plan;
    const struct source_options options = {.layer = plan->options->source_layer,
                                           .encoding = plan->options->encoding};
    struct header header;

    plan->is_grid = source_is_grid(m->source);
    if (!plan->is_grid)
        return IM_OK;
    enum im_code rc =
        header_find(m->source, plan->schema, &options, plan->arena, &header, m->err);
    if (!rc && source_sheets(m->source) > 1)
        rc = source_choose_sheet(m->source, header.sheet, m->err);
    if (!rc)
        rc = source_set_header(m->source, header.last_row, header.names, header.n_names,
                               m->err);
    if (!rc)
        plan->above = header.above;
    if (!rc)
        plan->report->sheet = plan_printf(plan->arena, "%s", source_sheet(m->source));
    if (!rc && header.others[0])
        rc = plan_note(plan, "other_sheets",
                       plan_printf(plan->arena,
                                   "只读了工作表“%.90s”，没有读：%.300s；"
                                   "可用 --source-layer 指定",
                                   plan->report->sheet, header.others),
                       plan_printf(plan->arena,
                                   "sheet '%.90s' was read, and not %.300s; "
                                   "--source-layer chooses another",
                                   plan->report->sheet, header.others),
                       m->err);
    if (!rc && header.is_guess)
        rc =
            plan_note(plan, "header_guessed",
                      plan_printf(plan->arena, "没有认出表头，按第 %llu 行处理",
                                  (unsigned long long)header.last_row),
                      plan_printf(plan->arena,
                                  "no heading was recognised; row %llu is taken for it",
                                  (unsigned long long)header.last_row),
                      m->err);
    return rc;
}

static enum im_code list_columns(struct making *m)
{
    struct plan *plan = m->plan;
    size_t n = source_columns(m->source);
    const char **names = im_arena_calloc(plan->arena, n + 2, sizeof *names);

    plan->columns = im_arena_calloc(plan->arena, n + 1, sizeof *plan->columns);
    if (!names || !plan->columns)
        return plan_no_memory(m->err);
    for (size_t i = 0; i < n; i++) {
        struct column *column = &plan->columns[i];

        names[i] =
            im_arena_strdup(plan->arena, im_bytes_of(source_column(m->source, i)));
        if (!names[i])
            return plan_no_memory(m->err);
        *column =
            (struct column){.name = names[i],
                            .heading = heading_of(im_bytes_of(names[i]), plan->arena),
                            .field = SCHEMA_NO_FIELD,
                            .note_zh = "",
                            .note_en = ""};
    }
    plan->n_columns = n;
    mended_columns(plan, names);
    mended_report_columns(plan, names);
    return IM_OK;
}

static bool is_year_field(const struct schema_field *field)
{
    struct im_bytes name = im_bytes_of(field->name);

    return field->type == FIELD_INTEGER && !field->codes &&
           (is_text(name, "year") || bytes_end(name, im_bytes_of("_year")) ||
            bytes_find(im_bytes_of(field->title.zh), im_bytes_of("年份")) >= 0 ||
            strcmp(field->unit, "a") == 0);
}

static enum im_code list_fields(struct making *m)
{
    struct plan *plan = m->plan;
    const struct layer_schema *s = plan->schema;

    plan->fields = im_arena_calloc(plan->arena, s->n_fields, sizeof *plan->fields);
    if (!plan->fields)
        return plan_no_memory(m->err);
    for (size_t f = 0; f < s->n_fields; f++) {
        struct field_plan *field = &plan->fields[f];

        *field = (struct field_plan){.column = NO_COLUMN,
                                     .unit = {(const uint8_t *)"", 0},
                                     .unit_column = NO_COLUMN,
                                     .is_year = is_year_field(&s->fields[f]),
                                     .is_name = (int)f == s->roles.name_zh ||
                                                (int)f == s->roles.name_en ||
                                                (int)f == s->key,
                                     .note_zh = "",
                                     .note_en = ""};
        if (s->fields[f].n_codes == 0)
            continue;
        field->codes = codes_new(&s->fields[f], plan->arena);
        if (!field->codes)
            return plan_no_memory(m->err);
    }
    plan->name_field = s->roles.name_zh;
    plan->can_lack_key =
        identity_makes_keys(s) && s->key != s->roles.adcode &&
        (identity_fields(s).name != SCHEMA_NO_FIELD || !s->fields[s->key].required);
    return IM_OK;
}

static enum im_code init(struct making *m)
{
    const struct plan_context *c = m->context;
    struct plan *plan = m->plan;

    *plan = (struct plan){.source = m->source,
                          .options = c->options,
                          .schema = c->schema,
                          .gazetteer = c->gazetteer,
                          .online = c->online,
                          .report = c->report,
                          .arena = c->arena,
                          .is_own = c->is_own || source_is_export(m->source)};
    plan->source_name = im_arena_strdup(c->arena, im_bytes_of(source_name(m->source)));
    plan->divisions =
        im_arena_calloc(c->arena, DIVISION_CACHE, sizeof *plan->divisions);
    m->headings = headings_new(c->schema, c->arena);
    if (!plan->source_name || !plan->divisions || !m->headings)
        return plan_no_memory(m->err);
    plan->shape = (struct shape_rules){.crs = &plan->crs,
                                       .repair = c->options->repair,
                                       .fix_swap = c->options->fix_swap};
    return IM_OK;
}

/* Positions first: 经度 is no field even where a synonym says so; then the fields. */
static enum im_code decide(struct making *m)
{
    struct plan *plan = m->plan;
    enum im_code rc = take_wishes(m);

    if (!rc)
        rc = position_plan(plan, m->source, m->context->definition, &m->position,
                           &m->sample, m->err);
    if (!rc)
        rc = match_names(m);
    if (rc)
        return rc;
    mend_key(m);
    if (!plan->is_own)
        match_content(m);
    if (!plan->is_own)
        match_region(m);
    find_units(m);
    rc = take_fill_down(m);
    if (!rc && plan->options->keep_extra)
        rc = extra_fields(plan, m->context->definition, &m->sample, m->err);
    if (!rc)
        rc = check_missing(m);
    if (rc)
        return rc;
    plan->shape.schema = plan->schema;
    derive_plan(plan);
    return IM_OK;
}

static void choose_unplaced(struct plan *plan)
{
    plan->unplaced = plan->options->unplaced;
    if (plan->unplaced != IMPORT_UNPLACED_DEFAULT)
        return;
    if (plan->is_own || plan->is_table)
        plan->unplaced = IMPORT_UNPLACED_KEEP;
    else
        plan->unplaced = plan->position == POSITION_NONE ? IMPORT_UNPLACED_PLACE
                                                         : IMPORT_UNPLACED_REFUSE;
}

enum im_code plan_make(const struct plan_context *context,
                       struct source *source,
                       struct plan **out,
                       struct im_error *err)
{
    struct plan *plan = im_arena_calloc(context->arena, 1, sizeof *plan);
    struct making m = {.plan = plan, .context = context, .source = source, .err = err};
    const struct source_note note = source_note(source);
    enum im_code rc = IM_OK;

    *out = NULL;
    if (!plan)
        return plan_no_memory(err);
    rc = init(&m);
    if (!rc && note.code)
        rc = plan_note(plan, note.code, note.zh, note.en, err);
    if (!rc)
        rc = find_header(&m);
    if (!rc)
        rc = list_columns(&m);
    if (!rc)
        rc = list_fields(&m);
    if (!rc)
        rc = sample_read(source, plan->is_grid, &m.sample, err);
    if (!rc) {
        find_personal(&m);
        rc = decide(&m);
    }
    if (!rc) {
        choose_unplaced(plan);
        rc = write_report(&m);
    }
    if (!rc && plan->options->save_mapping_path)
        rc = mapping_save(plan, err);
    sample_release(&m.sample);
    if (rc)
        plan_release(plan);
    else
        *out = plan;
    return rc;
}

void plan_release(struct plan *plan)
{
    if (!plan)
        return;
    crs_release(&plan->crs);
    for (size_t f = 0; plan->fields && f < plan->schema->n_fields; f++)
        im_buf_release(&plan->fields[f].last_text);
}

enum position_kind plan_position(const struct plan *plan)
{
    return plan->position;
}

bool plan_has_field(const struct plan *plan, size_t field)
{
    return plan->fields[field].how != NULL;
}

bool plan_is_derived(const struct plan *plan, size_t field)
{
    const char *how = plan->fields[field].how;

    return how && strcmp(how, "derived") == 0;
}

const struct layer_schema *plan_schema(const struct plan *plan)
{
    return plan->schema;
}

struct im_bytes plan_definition(const struct plan *plan)
{
    return plan->definition;
}
