/* SPDX-License-Identifier: Apache-2.0 */
/* One layer from plan to commit. */
#include "identity.h"

#include "create/create.h"

#include <unistd.h>

enum { ROW_MAX_BYTES = 1 << 30, PROGRESS_ROWS = 1000 };

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

/* One import from plan to end. */
struct import_session {
    struct store *store;
    struct job job;
    struct run run;
    struct im_arena *arena;
    struct import_report *out;
    struct im_bytes definition;
    struct im_bytes style;
    bool has_definition; /* it is to be put, not as in the store */
    const struct layer_schema *schema;
    struct facts facts;
    struct source *source;
    struct gazetteer *gazetteer; /* of a file that people bring */
    struct online *online;       /* NULL: not asked for */
    struct plan *plan;
    struct stage stage;
    struct identity_seen seen; /* of rows without key */
    size_t n_refused_staged;
    bool *has_field;
    bool *is_derived;
};

static enum im_code check_definition(struct import_session *w, struct im_error *err)
{
    const char *layer_id = w->job.options.layer_id;

    if (layer_id && strcmp(layer_id, w->schema->id) != 0) {
        im_fail(err, IM_EARG, "--layer is '%.48s', but the definition is of '%s'",
                layer_id, w->schema->id);
        return im_zh(err, IM_EARG, "--layer 是“%.48s”，而定义文件属于“%s”", layer_id,
                     w->schema->id);
    }
    if (w->facts.kind == FACTS_ARCS && w->job.path) {
        im_fail(err, IM_EDATA, "layer '%s' is made from layer '%s'; import there",
                w->schema->id, w->facts.from);
        return im_zh(err, IM_EDATA, "图层“%s”由图层“%s”生成，请导入到后者",
                     w->schema->id, w->facts.from);
    }
    return IM_OK;
}

/* --create: the file itself says what the layer is. */
static enum im_code make_definition(struct import_session *w, struct im_error *err)
{
    const struct import_options *options = &w->job.options;
    struct im_bytes style = {0};
    int64_t n = 0;
    enum im_code rc = sql_integer(store_db(w->store), &n, err,
                                  "SELECT count(*) FROM innomap_layers WHERE id = %Q",
                                  options->layer_id ? options->layer_id : "");

    if (!rc && n) {
        im_fail(err, IM_EARG,
                "layer '%s' exists already; leave out --create to import into it, or "
                "choose another id",
                options->layer_id);
        return im_zh(err, IM_EARG,
                     "图层“%s”已存在；去掉 --create 即可导入其中，或换一个图层名",
                     options->layer_id);
    }
    if (!rc)
        rc = create_definition(w->source, options, w->arena, &w->definition, &style,
                               err);
    if (!w->job.has_style)
        w->style = style;
    w->has_definition = true;
    return rc;
}

static enum im_code load_definition(struct import_session *w, struct im_error *err)
{
    enum im_code rc = IM_OK;

    w->definition = w->job.definition;
    w->style = w->job.style;
    w->has_definition = w->definition.len > 0;
    if (w->job.options.create && w->source && !w->has_definition) {
        rc = make_definition(w, err);
    } else if (!w->has_definition) {
        struct im_bytes style = {0};

        rc = job_catalog(w->store, w->job.options.layer_id, w->arena, &w->definition,
                         &style, err);
        if (!w->job.has_style)
            w->style = style;
    }
    if (!rc)
        rc = schema_parse(w->definition, w->arena, &w->schema, err);
    if (!rc)
        rc = facts_parse(w->definition, w->arena, &w->facts, err);
    if (!rc)
        w->out->layer_id = w->schema->id;
    if (!rc)
        w->out->layer_title = w->schema->title;
    return rc ? rc : check_definition(w, err);
}

static const struct import_event *first_refusal(const struct import_report *report)
{
    for (size_t i = 0; i < report->n_first; i++)
        if (report->first[i].kind == IMPORT_REFUSED)
            return &report->first[i];
    return NULL;
}

static enum im_code fail_refused(const struct import_session *w, struct im_error *err)
{
    const struct import_event *e = first_refusal(w->out);
    const char *name = w->out->source;

    if (w->out->counts.read == w->out->counts.skipped) {
        im_fail(err, IM_EDATA, "'%s' has no data rows", name);
        return im_zh(err, IM_EDATA, "“%s”中没有数据行", name);
    }
    im_fail(err, IM_EDATA,
            "none of the %llu rows of '%s' can be taken; row %llu, %s '%.60s': %s",
            (unsigned long long)w->out->counts.read, name,
            (unsigned long long)(e ? e->row : 0), e ? e->field : "", e ? e->value : "",
            e ? e->reason_en : "");
    return im_zh(err, IM_EDATA, "“%s”的 %llu 行都不能导入；第 %llu 行，%s “%.60s”：%s",
                 name, (unsigned long long)w->out->counts.read,
                 (unsigned long long)(e ? e->row : 0), e ? e->field : "",
                 e ? e->value : "", e ? e->reason_zh : "");
}

static enum im_code refuse_duplicate(struct import_session *w,
                                     const struct source_row *row,
                                     struct checked_row *checked,
                                     uint64_t first_row,
                                     struct im_arena *arena,
                                     struct im_error *err)
{
    int name = identity_fields(w->schema).name;
    bool by_key = checked->has_key;
    bool by_name =
        !by_key && name != SCHEMA_NO_FIELD && checked->values[name].kind != SOURCE_NULL;
    unsigned long long first = first_row;
    char zh[120];
    char en[120];
    struct refusal why = {.code = "duplicate_key", .zh = zh, .en = en};

    if (by_key) {
        snprintf(zh, sizeof zh, "主键与第 %llu 行相同", first);
        snprintf(en, sizeof en, "the same key as in row %llu", first);
        why.suggestion_zh = "若是另一处，请改主键；若是同一处，请删去此行";
        why.suggestion_en = "give another place another key; leave out a repetition";
    } else if (!by_name) {
        snprintf(zh, sizeof zh, "与第 %llu 行重复：所有值和位置都相同", first);
        snprintf(en, sizeof en, "repeats row %llu: the same values and position",
                 first);
        why.suggestion_zh = "若是另一处，请加一列编号来区分；若是同一处，请删去此行";
        why.suggestion_en = "tell another place by a column of numbers; leave out a "
                            "repetition";
    } else {
        snprintf(zh, sizeof zh, "与第 %llu 行重复：名称、城市、运营主体都相同", first);
        snprintf(en, sizeof en, "repeats row %llu: the same name, city and operator",
                 first);
        why.suggestion_zh = "若是另一处，请在名称中区分；若是同一处，请删去此行";
        why.suggestion_en = "tell another place by its name; leave out a repetition";
    }
    return plan_refuse(w->plan, row, arena, checked,
                       (size_t)(by_name ? name : w->schema->key), why, err);
}

/* A row without key gets one from its name, city and operator. */
static enum im_code make_key(struct import_session *w,
                             const struct source_row *row,
                             struct checked_row *checked,
                             struct im_arena *arena,
                             uint64_t *first_row,
                             struct im_error *err)
{
    struct source_value *key = &checked->values[w->schema->key];
    char *text = im_arena_alloc(arena, IDENTITY_KEY_MAX);
    struct identity id = identity_of(w->schema, checked->values,
                                     identity_place_of_geom(&checked->geom), arena);
    enum im_code rc =
        text ? identity_seen_add(&w->seen, &id.whole, row->number, first_row, err)
             : im_fail(err, IM_ENOMEM, "read rows: out of memory");

    if (!rc)
        *key = identity_key(w->schema, id.whole, text);
    return rc;
}

/* With IMPORT_REPLACE the stored row of a refused one is not gone. */
static enum im_code take_refused(struct import_session *w,
                                 const struct source_row *row,
                                 struct checked_row *checked,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    const struct stage_origin origin = {.row = row->number,
                                        .sheet = row->sheet,
                                        .flags = STAGE_MADE_KEY | STAGE_REFUSED};
    int name = identity_fields(w->schema).name;

    w->out->counts.refused++;
    if (checked->has_key || w->job.options.mode != IMPORT_REPLACE ||
        name == SCHEMA_NO_FIELD || checked->values[name].kind != SOURCE_TEXT)
        return IM_OK;
    struct identity id = identity_of(w->schema, checked->values,
                                     identity_place_of_geom(&checked->geom), arena);
    char text[IDENTITY_KEY_MAX];
    checked->values[w->schema->key] = identity_key(w->schema, id.whole, text);
    w->n_refused_staged++;
    return stage_add(&w->stage, checked->values, &checked->geom, &origin, err);
}

static enum im_code take_row(struct import_session *w,
                             const struct source_row *row,
                             struct checked_row *checked,
                             struct im_arena *arena,
                             struct im_error *err)
{
    struct stage_origin origin = {
        .row = row->number, .sheet = row->sheet, .lineage = checked->lineage};
    uint64_t first_row = 0;
    enum im_code rc = IM_OK;

    if (checked->is_no_data) {
        w->out->counts.skipped++;
        return IM_OK;
    }
    /* the key of a refused row counts as seen too: its stored row is not "gone" */
    if (checked->has_key) {
        rc = stage_key(&w->stage, &checked->values[w->schema->key], row->number,
                       &first_row, err);
    } else if (checked->is_good) {
        rc = make_key(w, row, checked, arena, &first_row, err);
        origin.flags |= STAGE_MADE_KEY;
    }
    if (!rc && first_row) {
        w->out->counts.refused++;
        return refuse_duplicate(w, row, checked, first_row, arena, err);
    }
    if (rc)
        return rc;
    if (!checked->is_good)
        return take_refused(w, row, checked, arena, err);
    if (checked->geom.kind == GEOM_EMPTY || checked->is_placed)
        origin.flags |= STAGE_KEEP_PLACE;
    /* whether the layer has it already is only known when it is written */
    if (w->job.options.mode == IMPORT_APPEND)
        origin.cells = plan_cells(w->plan, row, arena, &origin.n_cells);
    w->out->counts.repaired += checked->is_repaired;
    return stage_add(&w->stage, checked->values, &checked->geom, &origin, err);
}

static void show_progress(const struct import_session *w)
{
    const struct import_options *options = &w->job.options;

    if (options->progress && w->out->counts.read % PROGRESS_ROWS == 0)
        options->progress(options->progress_ctx, w->out->counts.read,
                          source_rows(w->source));
}

static enum im_code read_rows(struct import_session *w, struct im_error *err)
{
    struct im_arena *arena = im_arena_new(ROW_MAX_BYTES);
    struct source_row row;
    enum im_code rc = IM_OK;
    bool more = true;

    if (!arena)
        return im_fail(err, IM_ENOMEM, "read rows: out of memory");
    while (!rc && !(rc = source_next(w->source, &row, &more, err)) && more) {
        struct checked_row checked;

        w->out->counts.read++;
        rc = check_row(w->plan, &row, arena, &checked, err);
        if (!rc)
            rc = take_row(w, &row, &checked, arena, err);
        im_arena_reset(arena);
        show_progress(w);
    }
    im_arena_free(arena);
    if (!rc && w->stage.n == w->n_refused_staged)
        rc = fail_refused(w, err);
    return rc ? rc : stage_finish(&w->stage, err);
}

/* What derive_layer writes is not the file's to say: else each would undo the other. */
static bool is_derived_field(const struct import_session *w, size_t f)
{
    return w->facts.kind == FACTS_AREAS &&
           ((int)f == w->schema->roles.precision ||
            strcmp(w->schema->fields[f].name, "shown_as") == 0);
}

/* Shipped rows say where they are; reading all names for each of them would be waste.
 */
static enum im_code open_gazetteer(struct import_session *w, struct im_error *err)
{
    if (strcmp(w->job.origin, "file") != 0 || w->schema->group != SCHEMA_PLACES)
        return IM_OK;
    enum im_code rc =
        gazetteer_open(store_db(w->store), w->schema->id, &w->gazetteer, err);

    if (!rc && w->job.options.online)
        rc = online_open(store_db(w->store), &w->online, err);
    return rc;
}

static enum im_code make_plan(struct import_session *w, struct im_error *err)
{
    struct plan_context context = {.options = &w->job.options,
                                   .schema = w->schema,
                                   .definition = w->definition,
                                   .gazetteer = w->gazetteer,
                                   .online = w->online,
                                   .is_own = strcmp(w->job.origin, "file") != 0,
                                   .report = w->out,
                                   .arena = w->arena};
    enum im_code rc = plan_make(&context, w->source, &w->plan, err);

    if (rc)
        return rc;
    w->schema = plan_schema(w->plan);
    if (plan_definition(w->plan).len) { /* with the extra columns */
        w->definition = plan_definition(w->plan);
        w->has_definition = true;
    }
    w->has_field = im_arena_calloc(w->arena, w->schema->n_fields, sizeof(bool));
    if (!w->has_field)
        return im_fail(err, IM_ENOMEM, "plan: out of memory");
    for (size_t f = 0; f < w->schema->n_fields; f++)
        w->has_field[f] = plan_has_field(w->plan, f) && !is_derived_field(w, f);
    w->has_field[w->schema->key] = true; /* where the file has none, it is made */
    w->is_derived = im_arena_calloc(w->arena, w->schema->n_fields, sizeof(bool));
    if (!w->is_derived)
        return im_fail(err, IM_ENOMEM, "plan: out of memory");
    for (size_t f = 0; f < w->schema->n_fields; f++)
        w->is_derived[f] = plan_is_derived(w->plan, f);
    return IM_OK;
}

/* Rows can have a position: of the file, or found by a name. Outlines that derive_layer
 * finds by code are its own affair. */
static bool may_be_placed(const struct import_session *w)
{
    return plan_position(w->plan) != POSITION_NONE ||
           (w->schema->geometry != SCHEMA_NONE && w->facts.kind != FACTS_AREAS);
}

static enum im_code check_rows(struct import_session *w, struct im_error *err)
{
    enum im_code rc =
        stage_init(&w->stage, w->schema, w->has_field, may_be_placed(w), err);

    w->stage.is_derived = w->is_derived;
    w->stage.find_likely = strcmp(w->job.origin, "file") == 0;
    return rc ? rc : read_rows(w, err);
}

const char *job_column_of(const struct import_report *report, const char *field)
{
    for (size_t i = 0; i < report->n_mappings; i++)
        if (report->mappings[i].column[0] &&
            strcmp(report->mappings[i].field, field) == 0)
            return report->mappings[i].column;
    return field;
}

/* "GB18030 (found)" for people who read Chinese. */
static const char *encoding_zh(const char *encoding, struct im_arena *arena)
{
    static const char *const how[][2] = {{" (found)", "（自动识别）"},
                                         {" (given)", "（由 --encoding 指定）"},
                                         {" (declared)", "（文件声明）"},
                                         {"as given", "由 --encoding 指定"},
                                         {"as declared", "文件声明"}};
    char text[96];

    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        size_t len = strlen(encoding);
        size_t end = strlen(how[i][0]);

        if (len < end || strcmp(encoding + len - end, how[i][0]) != 0)
            continue;
        snprintf(text, sizeof text, "%.*s%s", (int)(len - end), encoding, how[i][1]);
        return im_arena_strdup(arena, im_bytes_of(text));
    }
    return encoding;
}

/* What the source says of itself; copied, because it is closed before the report is
 * read. */
static enum im_code describe_source(struct import_session *w, struct im_error *err)
{
    struct import_report *out = w->out;
    char hash[20];

    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)source_hash(w->source));
    const struct {
        const char **to;
        const char *text;
    } facts[] = {{&out->source, source_name(w->source)},
                 {&out->driver, source_driver(w->source)},
                 {&out->sheet, source_sheet(w->source)},
                 {&out->encoding, source_encoding(w->source)},
                 {&out->file_hash, hash}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        *facts[i].to = im_arena_strdup(w->arena, im_bytes_of(facts[i].text));
        if (!*facts[i].to)
            return im_fail(err, IM_ENOMEM, "report: out of memory");
    }
    out->encoding_zh = encoding_zh(out->encoding, w->arena);
    return out->encoding_zh ? IM_OK : im_fail(err, IM_ENOMEM, "report: out of memory");
}

static enum im_code open_source(struct import_session *w, struct im_error *err)
{
    struct source_options options = {.layer = w->job.options.source_layer,
                                     .encoding = w->job.options.encoding};
    enum im_code rc = source_open(w->job.path, &options, &w->source, err);

    return rc ? rc : describe_source(w, err);
}

/* ---- writing ---- */

static enum im_code add_note(struct import_session *w,
                             const char *code,
                             const char *zh,
                             const char *en,
                             struct im_error *err)
{
    struct import_report *out = w->out;
    struct import_note *notes =
        im_arena_calloc(w->arena, out->n_notes + 1, sizeof *notes);

    if (!notes)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    if (out->n_notes)
        memcpy(notes, out->notes, out->n_notes * sizeof *notes);
    notes[out->n_notes++] = (struct import_note){code, zh, en};
    out->notes = notes;
    return IM_OK;
}

static enum im_code note_large(struct import_session *w, struct im_error *err)
{
    char zh[120];
    char en[120];

    snprintf(zh, sizeof zh, "条目超过 %d 条，未查找可能的重复", LIKELY_MAX_ROWS);
    snprintf(en, sizeof en, "more than %d rows: likely duplicates were not looked for",
             LIKELY_MAX_ROWS);
    char *copy_zh = im_arena_strdup(w->arena, im_bytes_of(zh));
    char *copy_en = im_arena_strdup(w->arena, im_bytes_of(en));
    if (!copy_zh || !copy_en)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    return add_note(w, "likely_duplicates_not_searched", copy_zh, copy_en, err);
}

/* The rows were checked against a definition read before the lock was taken. */
static enum im_code check_unchanged(struct import_session *w, struct im_error *err)
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

static enum im_code
write_rows(struct import_session *w, bool *changed, struct im_error *err)
{
    struct import_counts *counts = &w->out->counts;
    bool put = false;
    enum im_code rc = IM_OK;

    if (w->has_definition || w->job.has_style)
        rc = store_put_layer(w->store, w->schema, w->definition, w->style, &put, err);
    if (!rc && !w->has_definition)
        rc = check_unchanged(w, err);
    if (!rc && w->job.path)
        rc = commit_stage(w->store, &w->stage, w->job.options.mode, w->out, err);
    if (!rc && w->stage.was_large)
        rc = note_large(w, err);
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

static enum im_code write_all(struct import_session *w, struct im_error *err)
{
    struct run *run = &w->run;
    bool changed = false;
    bool repeat = false;
    enum im_code rc = write_rows(w, &changed, err);

    if (!rc)
        rc = run_is_repeat(w->store, w->schema->id, run->origin, run->fingerprint,
                           &repeat, err);
    if (rc)
        return rc;
    w->out->is_repeat = repeat && !changed;
    if (w->out->is_repeat || w->job.options.dry_run) {
        store_rollback(w->store); /* nothing to keep */
        return IM_OK;
    }
    rc = run_log(w->store, run, w->out, changed, err);
    return rc ? rc : store_commit(w->store, err);
}

static void describe_source_of(struct import_session *w)
{
    if (!w->source)
        return;
    w->run.file_name = source_name(w->source);
    w->run.file_size = source_size(w->source);
    w->run.file_hash = source_hash(w->source);
}

static void describe_run(struct import_session *w)
{
    w->run.layer_id = w->schema->id;
    describe_source_of(w);
    w->run.fingerprint =
        run_fingerprint(&w->run, w->definition, w->style, &w->job.options);
}

/* A file that could not be opened has only the name it was given by; an address is
 * not repeated, because it may hold a password. */
static void log_failure(struct import_session *w, const struct im_error *err)
{
    const char *path = w->job.path;

    w->out->run_id = 0;
    w->run.layer_id = w->schema ? w->schema->id : w->job.options.layer_id;
    if (!path || !w->run.layer_id || !err || w->job.options.dry_run)
        return;
    if (access(path, F_OK) == 0)
        w->run.file_name = file_name(path);
    describe_source_of(w);
    run_log_failure(w->store, &w->run, w->out, err);
}

static void finish_report(struct import_session *w)
{
    char now[24];

    run_now(now);
    char *copy = im_arena_strdup(w->arena, im_bytes_of(now));
    w->out->finished_at = copy ? copy : "";
}

/* ---- the steps ---- */

static enum im_code begin(struct import_session *w, struct im_error *err)
{
    struct import_report *out = w->out;

    w->run = (struct run){.origin = w->job.origin,
                          .file_name = "",
                          .mode = w->job.options.mode,
                          .options = &w->job.options};
    run_now(w->run.started_at);
    out->started_at = im_arena_strdup(w->arena, im_bytes_of(w->run.started_at));
    if (!out->started_at)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    return import_log_open(out, w->arena, err);
}

enum im_code job_plan(struct store *store,
                      const struct job *job,
                      struct im_arena *arena,
                      struct import_report *out,
                      struct import_session **session,
                      struct im_error *err)
{
    struct import_session *w = im_arena_calloc(arena, 1, sizeof *w);
    enum im_code rc;

    *session = NULL;
    import_report_init(out);
    out->mode = run_mode_name(job->options.mode);
    out->is_dry_run = job->options.dry_run;
    if (!w)
        return im_fail(err, IM_ENOMEM, "import: out of memory");
    *w = (struct import_session){
        .store = store, .job = *job, .arena = arena, .out = out};
    rc = begin(w, err);
    if (!rc && job->path)
        rc = open_source(w, err);
    if (!rc)
        rc = load_definition(w, err);
    if (!rc && job->path)
        rc = open_gazetteer(w, err);
    if (!rc && job->path)
        rc = make_plan(w, err);
    if (!rc) {
        *session = w;
        return IM_OK;
    }
    log_failure(w, err);
    import_end(w);
    return rc;
}

enum im_code import_check(struct import_session *w, struct im_error *err)
{
    enum im_code rc = w->job.path ? check_rows(w, err) : IM_OK;

    if (rc)
        log_failure(w, err);
    return rc;
}

enum im_code import_commit(struct import_session *w, struct im_error *err)
{
    describe_run(w);
    enum im_code rc = store_begin(w->store, err);
    if (rc)
        goto done;
    rc = run_begin(w->store, &w->run, err);
    w->stage.history = w->run.history;
    if (!rc)
        rc = write_all(w, err);
    run_release(&w->run);
    if (rc)
        store_rollback(w->store);
done:
    if (rc)
        log_failure(w, err);
    return rc;
}

void import_end(struct import_session *w)
{
    if (!w)
        return;
    finish_report(w);
    stage_release(&w->stage);
    identity_seen_release(&w->seen);
    plan_release(w->plan);
    gazetteer_free(w->gazetteer);
    online_free(w->online);
    source_close(w->source);
}

enum im_code job_run(struct store *store,
                     const struct job *job,
                     struct im_arena *arena,
                     struct import_report *out,
                     struct im_error *err)
{
    struct import_session *session = NULL;
    enum im_code rc = job_plan(store, job, arena, out, &session, err);

    if (!rc)
        rc = import_check(session, err);
    if (!rc)
        rc = import_commit(session, err);
    import_end(session);
    return rc;
}
