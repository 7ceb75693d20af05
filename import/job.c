/* SPDX-License-Identifier: Apache-2.0 */
/* One layer from plan to commit. */
#include "internal.h"

enum { VALUE_CUT = 200, ROW_MAX_BYTES = 1 << 30, PROGRESS_ROWS = 1000 };

/* ---- the report ---- */

static char *cut_copy(struct im_arena *arena, struct im_bytes value)
{
    char text[VALUE_CUT + 4];
    size_t n = value.len < VALUE_CUT + 3 ? value.len : VALUE_CUT + 3;

    memcpy(text, value.data ? value.data : (const uint8_t *)"", n);
    text[n] = '\0';
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' '; /* it goes to terminals */
    if (!im_utf8_valid(im_bytes_of(text)) && n == value.len)
        for (char *p = text; *p; p++)
            if ((unsigned char)*p >= 0x80)
                *p = '?';
    return im_arena_strdup(
        arena, (struct im_bytes){(uint8_t *)text, im_utf8_cut(text, VALUE_CUT)});
}

void report_problem(struct report *report,
                    uint64_t row,
                    const char *field,
                    struct im_bytes value,
                    struct refusal why)
{
    struct import_report *out = report->out;

    if (out->n_problems == IMPORT_MAX_PROBLEMS)
        return;
    struct import_problem problem = {
        .source = report->source,
        .row = row,
        .field = im_arena_strdup(report->arena, im_bytes_of(field)),
        .value = cut_copy(report->arena, value),
        .code = why.code,
        .reason_zh = im_arena_strdup(report->arena, im_bytes_of(why.zh)),
        .reason_en = im_arena_strdup(report->arena, im_bytes_of(why.en))};
    /* without memory the row is still refused and counted, only not described */
    if (problem.field && problem.value && problem.reason_zh && problem.reason_en)
        report->problems[out->n_problems++] = problem;
}

static enum im_code report_init(struct report *report,
                                struct import_report *out,
                                const struct file_facts *file,
                                struct im_arena *arena,
                                struct im_error *err)
{
    *report = (struct report){.out = out, .arena = arena};
    report->source = im_arena_strdup(arena, im_bytes_of(file->name));
    report->problems =
        im_arena_calloc(arena, IMPORT_MAX_PROBLEMS, sizeof *report->problems);
    if (!report->source || !report->problems)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    out->problems = report->problems;
    return IM_OK;
}

/* ---- the catalog ---- */

static enum im_code
fail_no_layer(struct store *store, const char *id, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    char names[200] = "";
    size_t used = 0;
    bool row = true;
    enum im_code rc = sql_prepare(store_db(store), &stmt, err,
                                  "SELECT id FROM innomap_layers ORDER BY id");

    while (!rc && used < sizeof names && !(rc = sql_step(stmt, &row, err)) && row) {
        int n = snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                         sql_text(stmt, 0));

        used += n > 0 ? (size_t)n : 0;
    }
    sqlite3_finalize(stmt);
    if (rc)
        return rc;
    if (used >= sizeof names)
        names[im_utf8_cut(names, sizeof names - 1)] = '\0';
    im_fail(err, IM_ENOTFOUND,
            "there is no layer '%.48s' in the database; give its layer.json with "
            "--definition, or choose one of: %s",
            id, *names ? names : "(none yet)");
    return im_zh(err, IM_ENOTFOUND,
                 "数据库中没有图层“%.48s”；请用 --definition 给出 layer.json，"
                 "或选择：%s",
                 id, *names ? names : "（尚无图层）");
}

static bool copy_text(struct im_arena *arena, const char *text, struct im_bytes *out)
{
    *out = im_bytes_of(text);
    out->data = (const uint8_t *)im_arena_strdup(arena, *out);
    return out->data != NULL;
}

enum im_code job_catalog(struct store *store,
                         const char *layer_id,
                         struct im_arena *arena,
                         struct im_bytes *definition,
                         struct im_bytes *style,
                         struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum im_code rc = sql_prepare(
        store_db(store), &stmt, err,
        "SELECT definition, style FROM innomap_layers WHERE id = %Q", layer_id);

    if (!rc)
        rc = sql_step(stmt, &row, err);
    if (!rc && !row)
        rc = fail_no_layer(store, layer_id, err);
    else if (!rc && (!copy_text(arena, sql_text(stmt, 0), definition) ||
                     !copy_text(arena, sql_text(stmt, 1), style)))
        rc = im_fail(err, IM_ENOMEM, "catalog: out of memory");
    sqlite3_finalize(stmt);
    return rc;
}

/* ---- reading ---- */

struct work {
    struct store *store;
    const struct job *job;
    struct im_arena *arena;
    struct import_report *out;
    struct im_bytes definition;
    struct im_bytes style;
    const struct layer_schema *schema;
    struct facts facts;
    struct file_facts file;
    struct reader reader;
    struct plan plan;
    struct stage stage;
    bool *has_field;
    struct report report;
};

static enum im_code load_definition(struct work *w, struct im_error *err)
{
    enum im_code rc = IM_OK;

    w->definition = w->job->definition;
    w->style = w->job->style;
    if (w->definition.len == 0) {
        struct im_bytes style = {0};

        rc = job_catalog(w->store, w->job->layer_id, w->arena, &w->definition, &style,
                         err);
        if (!w->job->has_style)
            w->style = style;
    }
    if (!rc)
        rc = schema_parse(w->definition, w->arena, &w->schema, err);
    if (!rc)
        rc = facts_parse(w->definition, w->arena, &w->facts, err);
    if (rc)
        return rc;
    if (w->job->layer_id && strcmp(w->job->layer_id, w->schema->id) != 0) {
        im_fail(err, IM_EARG, "--layer is '%.48s', but the definition is of '%s'",
                w->job->layer_id, w->schema->id);
        return im_zh(err, IM_EARG, "--layer 是“%.48s”，而定义文件属于“%s”",
                     w->job->layer_id, w->schema->id);
    }
    if (w->facts.kind == FACTS_ARCS && w->job->path) {
        im_fail(err, IM_EDATA, "layer '%s' is made from layer '%s'; import there",
                w->schema->id, w->facts.from);
        return im_zh(err, IM_EDATA, "图层“%s”由图层“%s”生成，请导入到后者",
                     w->schema->id, w->facts.from);
    }
    return IM_OK;
}

static enum im_code fail_refused(const struct work *w, struct im_error *err)
{
    const struct import_problem *p = w->out->n_problems ? w->out->problems : NULL;

    if (w->out->counts.read == w->out->counts.skipped) {
        im_fail(err, IM_EDATA, "'%s' has no data rows", w->file.name);
        return im_zh(err, IM_EDATA, "“%s”中没有数据行", w->file.name);
    }
    im_fail(err, IM_EDATA,
            "none of the %llu rows of '%s' can be taken; row %llu, %s '%.60s': %s",
            (unsigned long long)w->out->counts.read, w->file.name,
            (unsigned long long)(p ? p->row : 0), p ? p->field : "", p ? p->value : "",
            p ? p->reason_en : "");
    return im_zh(err, IM_EDATA, "“%s”的 %llu 行都不能导入；第 %llu 行，%s “%.60s”：%s",
                 w->file.name, (unsigned long long)w->out->counts.read,
                 (unsigned long long)(p ? p->row : 0), p ? p->field : "",
                 p ? p->value : "", p ? p->reason_zh : "");
}

static void refuse_duplicate(struct work *w, struct im_bytes key, uint64_t first_row)
{
    char zh[80];
    char en[80];

    snprintf(zh, sizeof zh, "主键与第 %llu 行重复", (unsigned long long)first_row);
    snprintf(en, sizeof en, "the same key as in row %llu",
             (unsigned long long)first_row);
    report_problem(&w->report, w->reader.row, w->schema->fields[w->schema->key].name,
                   key, (struct refusal){"duplicate_key", zh, en});
}

static enum im_code
take_row(struct work *w, const struct checked_row *row, struct im_error *err)
{
    const struct source_value *key = &row->values[w->schema->key];
    uint64_t first_row = 0;
    enum im_code rc = IM_OK;

    if (row->is_empty) {
        w->out->counts.skipped++;
        return IM_OK;
    }
    /* the key of a refused row counts as seen too: its stored row is not "gone" */
    if (row->has_key)
        rc = stage_key(&w->stage, key, w->reader.row, &first_row, err);
    if (rc)
        return rc;
    if (first_row) {
        char text[32];

        snprintf(text, sizeof text, "%lld", (long long)key->integer);
        refuse_duplicate(w, key->kind == SOURCE_TEXT ? key->text : im_bytes_of(text),
                         first_row);
    }
    if (first_row || !row->is_good) {
        w->out->counts.refused++;
        return IM_OK;
    }
    return stage_add(&w->stage, row->values, &row->geom, err);
}

static enum im_code read_rows(struct work *w, struct im_error *err)
{
    struct im_arena *arena = im_arena_new(ROW_MAX_BYTES);
    enum im_code rc = IM_OK;
    bool more = true;

    if (!arena)
        return im_fail(err, IM_ENOMEM, "read rows: out of memory");
    while (!rc && !(rc = reader_next(&w->reader, &more, err)) && more) {
        struct checked_row row;

        w->out->counts.read++;
        check_row(&w->plan, &w->reader, arena, &w->report, &row);
        rc = row.values ? take_row(w, &row, err)
                        : im_fail(err, IM_ENOMEM, "read rows: out of memory");
        im_arena_reset(arena);
        if (w->job->progress && w->out->counts.read % PROGRESS_ROWS == 0)
            w->job->progress(w->job->progress_ctx, w->out->counts.read);
    }
    im_arena_free(arena);
    if (!rc && w->stage.n == 0)
        rc = fail_refused(w, err);
    return rc ? rc : stage_finish(&w->stage, err);
}

/* What derive_layer writes is not the file's to say: else each would undo the other. */
static bool is_derived_field(const struct work *w, size_t f)
{
    return w->facts.kind == FACTS_AREAS &&
           ((int)f == w->schema->roles.precision ||
            strcmp(w->schema->fields[f].name, "shown_as") == 0);
}

static enum im_code read_file(struct work *w, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (w->job->file) /* read before, for several layers */
        w->file = *w->job->file;
    else
        rc = file_scan(w->job->path, &w->file, err);
    if (!rc)
        rc = report_init(&w->report, w->out, &w->file, w->arena, err);
    if (!rc)
        rc = reader_open(&w->reader, w->job->path, &w->file, w->job->source_layer, err);
    if (!rc)
        rc = plan_make(&w->plan, &w->reader, w->schema, &w->facts, w->job->crs,
                       w->arena, err);
    if (rc)
        return rc;
    w->out->crs = w->plan.crs_text;
    w->out->unknown_columns = w->plan.unknown;
    w->out->n_unknown_columns = w->plan.n_unknown;
    w->has_field = im_arena_calloc(w->arena, w->schema->n_fields, sizeof(bool));
    if (!w->has_field)
        return im_fail(err, IM_ENOMEM, "plan: out of memory");
    for (size_t f = 0; f < w->schema->n_fields; f++)
        w->has_field[f] = w->plan.column_of_field[f] >= 0 && !is_derived_field(w, f);
    rc = stage_init(&w->stage, w->schema, w->has_field,
                    w->plan.position != POSITION_NONE, err);
    return rc ? rc : read_rows(w, err);
}

/* ---- writing ---- */

/* The rows were checked against a definition read before the lock was taken. */
static enum im_code check_unchanged(struct work *w, struct im_error *err)
{
    struct im_bytes definition;
    struct im_bytes style;
    enum im_code rc =
        job_catalog(w->store, w->schema->id, w->arena, &definition, &style, err);

    if (rc || im_bytes_equal(definition, w->definition))
        return rc;
    im_fail(err, IM_EBUSY,
            "the definition of layer '%s' was changed by another import; repeat",
            w->schema->id);
    return im_zh(err, IM_EBUSY, "图层“%s”的定义刚被另一次导入修改，请重试",
                 w->schema->id);
}

static bool has_changes(const struct import_counts *c)
{
    return c->added || c->changed || c->gone;
}

static enum im_code write_rows(struct work *w, bool *changed, struct im_error *err)
{
    struct import_counts *counts = &w->out->counts;
    bool put = false;
    enum im_code rc = IM_OK;

    if (w->job->definition.len || w->job->has_style)
        rc = store_put_layer(w->store, w->schema, w->definition, w->style, &put, err);
    if (!rc && !w->job->definition.len)
        rc = check_unchanged(w, err);
    if (!rc && w->job->path)
        rc = commit_stage(w->store, &w->stage, w->job->replace, counts, err);
    if (!rc && (w->facts.kind == FACTS_AREAS || w->facts.kind == FACTS_ARCS)) {
        struct import_counts derived = {0};

        rc = derive_layer(w->store, w->schema->id, &derived, err);
        if (w->facts.kind == FACTS_ARCS)
            *counts = derived;
        else if (derived.changed && !has_changes(counts))
            counts->changed = derived.changed; /* outlines only */
    }
    *changed = put || has_changes(counts);
    if (rc || !*changed)
        return rc;
    if (!put)
        rc = store_touch_layer(w->store, w->schema->id, err);
    if (!rc)
        rc = store_analyze(w->store, w->schema->id, err);
    return rc ? rc : derive_dependants(w->store, w->schema->id, err);
}

static enum im_code write_all(struct work *w, struct run *run, struct im_error *err)
{
    bool changed = false;
    bool repeat = false;
    enum im_code rc = write_rows(w, &changed, err);

    if (!rc)
        rc = run_is_repeat(w->store, w->schema->id, run->origin, run->fingerprint,
                           &repeat, err);
    if (rc)
        return rc;
    w->out->is_repeat = repeat && !changed;
    if (w->out->is_repeat || w->job->dry_run) {
        store_rollback(w->store); /* nothing to keep */
        return IM_OK;
    }
    run->layer_id = w->schema->id;
    rc = run_log(w->store, run, w->out, changed, err);
    return rc ? rc : store_commit(w->store, err);
}

static void release(struct work *w)
{
    stage_release(&w->stage);
    plan_release(&w->plan);
    reader_release(&w->reader);
}

enum im_code job_run(struct store *store,
                     const struct job *job,
                     struct im_arena *arena,
                     struct import_report *out,
                     struct im_error *err)
{
    struct work w = {.store = store, .job = job, .arena = arena, .out = out};
    struct run run = {.origin = job->origin};
    enum im_code rc;

    *out = (struct import_report){.crs = ""};
    run_now(run.started_at);
    rc = load_definition(&w, err);
    if (!rc && job->path)
        rc = read_file(&w, err);
    if (rc)
        goto done;
    run.file = job->path ? &w.file : NULL;
    run.fingerprint = run_fingerprint(run.file, w.definition, w.style, w.schema->id,
                                      job->crs, job->source_layer,
                                      job->replace || strcmp(job->origin, "file") != 0);
    rc = store_begin(store, err);
    if (rc)
        goto done;
    rc = write_all(&w, &run, err);
    if (rc)
        store_rollback(store);
done:
    if (rc)
        out->run_id = 0;
    release(&w);
    return rc;
}
