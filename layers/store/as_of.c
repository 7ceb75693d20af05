/* SPDX-License-Identifier: Apache-2.0 */
/* A layer as it was after an earlier run, and the way back there.
 *
 * For each row the first run after the wanted one that touched it decides: that run
 * wrote down the row as it was before, or that it was not there. */
#include "internal.h"
#include "record.h"

#include <assert.h>
#include <jansson.h>

enum { ROW_MAX_BYTES = 1 << 30 };

struct change {
    int64_t first; /* fids */
    int64_t last;
    int64_t change_id; /* of its record; 0: the rows were not there before */
};

/* What one later run wrote down. A fid that became free may be given again within the
 * run: then the row that was there before counts. */
struct overlay {
    struct change *rows; /* as they were before, by fid */
    size_t n_rows;
    struct change *added; /* by fid */
    size_t n_added;
    int *field_of_value; /* per value of a record: -1 a column that is none of the
                            schema, -2 the geometry, -3 behind the last */
};
enum { NO_FIELD = -1, GEOMETRY = -2, END = -3 };

struct history_scan {
    struct store *store;
    bool is_reading; /* its own transaction */
    const struct layer_schema *schema;
    struct overlay *overlays; /* oldest first */
    size_t n_overlays;
    int64_t *extra; /* fids that are no longer in the table, ascending */
    size_t n_extra;
    size_t next_extra;
    sqlite3_stmt *rows; /* NULL: there is no table any more */
    bool has_row;       /* `rows` stands on one that was not yet given */
    bool is_done;       /* `rows` has no more */
    sqlite3_stmt *record;
    struct im_arena *row;
    struct source_value *values;
};

/* ---- what the later runs say of a row ---- */

static const struct change *
find_change(const struct change *changes, size_t n, int64_t fid)
{
    size_t low = 0;
    size_t high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (changes[middle].last < fid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && changes[low].first <= fid ? &changes[low] : NULL;
}

/* NULL: nobody touched it since. */
static const struct change *
decide(const struct history_scan *scan, int64_t fid, const struct overlay **by)
{
    for (size_t i = 0; i < scan->n_overlays; i++) {
        const struct overlay *o = &scan->overlays[i];
        const struct change *change = find_change(o->rows, o->n_rows, fid);

        if (!change)
            change = find_change(o->added, o->n_added, fid);
        if (change) {
            *by = o;
            return change;
        }
    }
    return NULL;
}

/* ---- opening ---- */

static enum im_code map_values(const struct layer_schema *schema,
                               const char *const *columns,
                               struct im_arena *arena,
                               int **out,
                               struct im_error *err)
{
    size_t n = 0;

    while (columns[n])
        n++;
    *out = im_arena_calloc(arena, n + 1, sizeof **out);
    if (!*out)
        return im_fail(err, IM_ENOMEM, "history: out of memory");
    for (size_t i = 0; i < n; i++) {
        int field = schema_field_index(schema, im_bytes_of(columns[i]));

        (*out)[i] = strcmp(columns[i], "geom") == 0 ? GEOMETRY
                    : field == SCHEMA_NO_FIELD      ? NO_FIELD
                                                    : field;
    }
    (*out)[n] = END;
    return IM_OK;
}

static enum im_code load_changes(struct store *store,
                                 const struct history_run *run,
                                 bool added,
                                 struct im_arena *arena,
                                 struct change **out,
                                 size_t *n_out,
                                 struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t n = 0;
    bool row = true;
    enum im_code rc = sql_integer(store->db, &n, err,
                                  "SELECT count(*) FROM innomap_changes "
                                  "WHERE run_id = %lld AND (op = 'added') = %d",
                                  (long long)run->run_id, added);

    if (!rc && !(*out = im_arena_calloc(arena, (size_t)n + 1, sizeof **out)))
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
    if (!rc)
        rc = sql_prepare(store->db, &stmt, err,
                         "SELECT fid, last_fid, change_id FROM innomap_changes "
                         "WHERE run_id = %lld AND (op = 'added') = %d ORDER BY fid",
                         (long long)run->run_id, added);
    while (!rc && *n_out < (size_t)n && !(rc = sql_step(stmt, &row, err)) && row)
        (*out)[(*n_out)++] =
            (struct change){.first = sqlite3_column_int64(stmt, 0),
                            .last = sqlite3_column_int64(stmt, 1),
                            .change_id = added ? 0 : sqlite3_column_int64(stmt, 2)};
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code load_overlay(struct history_scan *scan,
                                 const struct history_run *run,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    struct overlay *o = &scan->overlays[scan->n_overlays++];
    const char **columns = NULL;
    enum im_code rc = record_parse_columns(run->columns, arena, &columns, err);

    if (!rc)
        rc = map_values(scan->schema, columns, arena, &o->field_of_value, err);
    if (!rc)
        rc = load_changes(scan->store, run, false, arena, &o->rows, &o->n_rows, err);
    if (!rc)
        rc = load_changes(scan->store, run, true, arena, &o->added, &o->n_added, err);
    return rc;
}

static enum im_code fail_forgotten(const char *layer_id,
                                   const struct history_run *run,
                                   struct im_error *err)
{
    im_fail(err, IM_ENOTFOUND,
            "layer '%s': what was before run %lld (%s) is no longer kept; choose that "
            "run or a later one",
            layer_id, (long long)run->run_id, run->finished_at);
    return im_zh(err, IM_ENOTFOUND,
                 "图层“%s”：第 %lld 次运行（%s）之前的内容已不再保留，请选择这次或更晚"
                 "的运行",
                 layer_id, (long long)run->run_id, run->finished_at);
}

static enum im_code
fail_absent(const char *layer_id, const char *as_of, struct im_error *err)
{
    if (!as_of) {
        im_fail(
            err, IM_ENOTFOUND,
            "layer '%.48s' is no longer in the database; its last import was undone "
            "(see innomap layers history)",
            layer_id);
        return im_zh(err, IM_ENOTFOUND,
                     "图层“%.48s”已不在数据库中，它的导入已被撤销（见 innomap layers "
                     "history）",
                     layer_id);
    }
    im_fail(err, IM_ENOTFOUND, "there was no layer '%.48s' at %.40s", layer_id, as_of);
    return im_zh(err, IM_ENOTFOUND, "“%.40s”时还没有图层“%.48s”", as_of, layer_id);
}

static enum im_code read_catalog(struct store *store,
                                 const char *layer_id,
                                 struct im_arena *arena,
                                 struct history_scan_info *info,
                                 struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum im_code rc =
        sql_prepare(store->db, &stmt, err,
                    "SELECT definition, style, version, changed_at FROM innomap_layers "
                    "WHERE id = %Q",
                    layer_id);

    if (!rc)
        rc = sql_step(stmt, &row, err);
    if (!rc && row) {
        info->definition = im_arena_strdup(arena, im_bytes_of(sql_text(stmt, 0)));
        info->style = im_arena_strdup(arena, im_bytes_of(sql_text(stmt, 1)));
        info->version = (uint64_t)sqlite3_column_int64(stmt, 2);
        info->changed_at = im_arena_strdup(arena, im_bytes_of(sql_text(stmt, 3)));
        if (!info->definition || !info->style || !info->changed_at)
            rc = im_fail(err, IM_ENOMEM, "catalog: out of memory");
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* Rows drawn from other layers are made anew by every change there and not kept. */
static bool is_made_from_others(const char *definition)
{
    json_error_t error;
    json_t *root = json_loads(definition, 0, &error);
    const char *derive =
        json_string_value(json_object_get(json_object_get(root, "facts"), "derive"));
    bool is = derive && strcmp(derive, "arcs") == 0;

    json_decref(root);
    return is;
}

/* Definition and style as the runs after `run` have found them. */
static enum im_code go_back(const struct history_run *runs,
                            size_t n,
                            size_t run,
                            const char *layer_id,
                            struct history_scan_info *info,
                            struct im_error *err)
{
    for (size_t i = n; i-- > run + 1;) {
        if (strcmp(runs[i].outcome, "changed") != 0)
            continue;
        if (!runs[i].is_kept)
            return fail_forgotten(layer_id, &runs[i], err);
        if (runs[i].definition_before)
            info->definition = runs[i].definition_before;
        if (runs[i].style_before)
            info->style = runs[i].style_before;
    }
    while (run > 0 && strcmp(runs[run].outcome, "changed") != 0)
        run--; /* the run that the content of then is from */
    info->run_id = runs[run].run_id;
    info->version = (uint64_t)runs[run].version;
    info->changed_at = runs[run].finished_at;
    if (info->definition && is_made_from_others(info->definition)) {
        im_fail(
            err, IM_ENOTFOUND,
            "layer '%s' is made from others and has no versions of its own; ask for "
            "it as it is now",
            layer_id);
        return im_zh(err, IM_ENOTFOUND,
                     "图层“%s”由别的图层生成，没有自己的历史版本；只能取现在的内容",
                     layer_id);
    }
    return IM_OK;
}

static enum im_code choose_time(struct history_scan *scan,
                                const char *layer_id,
                                const char *as_of,
                                struct im_arena *arena,
                                struct history_scan_info *info,
                                struct im_error *err)
{
    struct history_run *runs = NULL;
    size_t n = 0;
    size_t run = 0;
    enum im_code rc = read_catalog(scan->store, layer_id, arena, info, err);

    if (!rc)
        rc = history_list(scan->store, layer_id, arena, &runs, &n, err);
    if (rc)
        return rc;
    run = n;
    if (as_of)
        rc = history_find(runs, n, as_of, &run, err);
    if (!rc && as_of && run == n)
        rc = fail_absent(layer_id, as_of, err);
    if (!rc && as_of)
        rc = go_back(runs, n, run, layer_id, info, err);
    if (!rc && (!info->definition || !*info->definition))
        rc = fail_absent(layer_id, as_of, err);
    if (!rc)
        rc = schema_parse(im_bytes_of(info->definition), arena, &scan->schema, err);
    info->schema = scan->schema;
    if (!rc &&
        !(scan->overlays = im_arena_calloc(arena, n + 1, sizeof *scan->overlays)))
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
    for (size_t i = run + 1; !rc && as_of && i < n; i++)
        if (runs[i].is_kept)
            rc = load_overlay(scan, &runs[i], arena, err);
    for (size_t i = n; !as_of && i-- > 0 && !info->run_id;)
        if (strcmp(runs[i].outcome, "changed") == 0)
            info->run_id = runs[i].run_id;
    return rc;
}

static int by_fid(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Rows that were there then and are not in the table now. */
static enum im_code
list_extra(struct history_scan *scan, struct im_arena *arena, struct im_error *err)
{
    sqlite3_stmt *find = NULL;
    size_t max = 0;
    bool row = false;
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < scan->n_overlays; i++)
        max += scan->overlays[i].n_rows;
    scan->extra = im_arena_calloc(arena, max + 1, sizeof *scan->extra);
    if (!scan->extra)
        return im_fail(err, IM_ENOMEM, "history: out of memory");
    if (scan->rows)
        rc = sql_prepare(scan->store->db, &find, err,
                         "SELECT 1 FROM \"%w\" WHERE fid = ?", scan->schema->id);
    for (size_t i = 0; !rc && i < scan->n_overlays; i++)
        for (size_t k = 0; !rc && k < scan->overlays[i].n_rows; k++) {
            const struct change *change = &scan->overlays[i].rows[k];
            const struct overlay *by = NULL;

            if (decide(scan, change->first, &by) != change)
                continue;
            row = false;
            if (find) {
                sqlite3_bind_int64(find, 1, change->first);
                rc = sql_step(find, &row, err);
                sqlite3_reset(find);
            }
            if (!rc && !row)
                scan->extra[scan->n_extra++] = change->first;
        }
    sqlite3_finalize(find);
    qsort(scan->extra, scan->n_extra, sizeof *scan->extra, by_fid);
    return rc;
}

/* The columns of the schema that the table has; others read as null. */
static enum im_code
prepare_rows(struct history_scan *scan, struct im_arena *arena, struct im_error *err)
{
    const char **columns = NULL;
    struct im_buf sql = {.max = 1 << 20};
    enum im_code rc =
        record_columns(scan->store->db, scan->schema->id, arena, &columns, err);

    if (rc || !columns[0])
        return rc;
    im_buf_text(&sql, "SELECT fid");
    for (size_t f = 0; f < scan->schema->n_fields; f++) {
        const char *name = scan->schema->fields[f].name;
        bool has = false;

        for (size_t i = 0; columns[i]; i++)
            has = has || strcmp(columns[i], name) == 0;
        im_buf_printf(&sql, has ? ", \"%s\"" : ", NULL AS \"%s\"", name);
    }
    im_buf_printf(&sql, ", %s FROM \"%s\" ORDER BY fid",
                  scan->schema->geometry == SCHEMA_NONE ? "NULL" : "geom",
                  scan->schema->id);
    im_buf_byte(&sql, 0);
    rc = im_buf_check(&sql, "statement", err);
    if (!rc)
        rc = sql_prepare(scan->store->db, &scan->rows, err, "%s", (char *)sql.data);
    im_buf_release(&sql);
    return rc;
}

enum im_code history_scan_open(struct store *store,
                               const char *layer_id,
                               const char *as_of,
                               struct im_arena *arena,
                               struct history_scan **out,
                               struct history_scan_info *info,
                               struct im_error *err)
{
    struct history_scan *scan = calloc(1, sizeof *scan);
    enum im_code rc = IM_OK;

    if (!scan)
        return im_fail(err, IM_ENOMEM, "history: out of memory");
    *info = (struct history_scan_info){.definition = NULL};
    scan->store = store;
    scan->row = im_arena_new(ROW_MAX_BYTES);
    if (!scan->row)
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
    if (!rc && sqlite3_get_autocommit(store->db)) {
        rc = sql_exec(store->db, "BEGIN", err);
        scan->is_reading = !rc;
    }
    if (!rc)
        rc = choose_time(scan, layer_id, as_of, arena, info, err);
    if (!rc && !(scan->values = im_arena_calloc(arena, scan->schema->n_fields,
                                                sizeof *scan->values)))
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
    if (!rc)
        rc = prepare_rows(scan, arena, err);
    if (!rc)
        rc = list_extra(scan, arena, err);
    if (!rc && scan->n_overlays)
        rc = sql_prepare(store->db, &scan->record, err,
                         "SELECT record FROM innomap_changes WHERE change_id = ?");
    if (rc) {
        history_scan_close(scan);
        return rc;
    }
    *out = scan;
    return IM_OK;
}

void history_scan_close(struct history_scan *scan)
{
    if (!scan)
        return;
    sqlite3_finalize(scan->rows);
    sqlite3_finalize(scan->record);
    if (scan->is_reading)
        sqlite3_exec(scan->store->db, "COMMIT", NULL, NULL, NULL);
    im_arena_free(scan->row);
    free(scan);
}

/* ---- rows ---- */

/* Other programs may have written anything into a column: SQLite does not mind. */
static bool take_value(const struct record_value *in,
                       enum field_type type,
                       struct source_value *out)
{
    *out = (struct source_value){.kind = SOURCE_NULL};
    switch (in->type) {
    case SQLITE_NULL:
        return true;
    case SQLITE_TEXT:
        out->kind = SOURCE_TEXT;
        out->text = in->bytes;
        return type == FIELD_TEXT && im_utf8_valid(in->bytes);
    case SQLITE_INTEGER:
        out->kind = type == FIELD_REAL ? SOURCE_REAL : SOURCE_INTEGER;
        out->integer = in->integer;
        out->real = (double)in->integer;
        return type != FIELD_TEXT;
    case SQLITE_FLOAT:
        out->kind = SOURCE_REAL;
        out->real = in->real;
        return type == FIELD_REAL;
    default:
        return false;
    }
}

static struct record_value column_value(sqlite3_stmt *stmt, int column)
{
    struct record_value out = {.type = sqlite3_column_type(stmt, column)};

    if (out.type == SQLITE_INTEGER)
        out.integer = sqlite3_column_int64(stmt, column);
    else if (out.type == SQLITE_FLOAT)
        out.real = sqlite3_column_double(stmt, column);
    else if (out.type == SQLITE_TEXT)
        out.bytes.data = sqlite3_column_text(stmt, column);
    else if (out.type == SQLITE_BLOB)
        out.bytes.data = sqlite3_column_blob(stmt, column);
    out.bytes.len = (size_t)sqlite3_column_bytes(stmt, column);
    return out;
}

static enum im_code fail_value(const struct history_scan *scan,
                               int64_t fid,
                               const char *field,
                               struct im_error *err)
{
    im_fail(err, IM_EDATA, "layer '%s', row %lld: '%s' is not what the layer declares",
            scan->schema->id, (long long)fid, field);
    return im_zh(err, IM_EDATA, "图层“%s”第 %lld 行：“%s”与图层的定义不符",
                 scan->schema->id, (long long)fid, field);
}

static enum im_code take_geometry(struct history_scan *scan,
                                  int64_t fid,
                                  const struct record_value *value,
                                  struct geom *out,
                                  struct im_error *err)
{
    if (value->type == SQLITE_NULL || scan->schema->geometry == SCHEMA_NONE)
        return IM_OK;
    if (value->type != SQLITE_BLOB)
        return fail_value(scan, fid, "geom", err);
    return blob_decode(value->bytes, scan->row, out, err);
}

static enum im_code
give_row(struct history_scan *scan, struct source_feature *out, struct im_error *err)
{
    const struct layer_schema *schema = scan->schema;
    struct record_value value;

    for (size_t f = 0; f < schema->n_fields; f++) {
        value = column_value(scan->rows, (int)f + 1);
        if (!take_value(&value, schema->fields[f].type, &scan->values[f]))
            return fail_value(scan, out->fid, schema->fields[f].name, err);
    }
    value = column_value(scan->rows, (int)schema->n_fields + 1);
    return take_geometry(scan, out->fid, &value, &out->geom, err);
}

static enum im_code give_record(struct history_scan *scan,
                                const struct change *change,
                                const struct overlay *by,
                                struct source_feature *out,
                                struct im_error *err)
{
    struct record_value value;
    bool row = false;
    enum im_code rc;

    sqlite3_reset(scan->record); /* what the row before borrowed ends here */
    sqlite3_bind_int64(scan->record, 1, change->change_id);
    rc = sql_step(scan->record, &row, err);
    if (rc || !row)
        return rc ? rc : fail_value(scan, out->fid, "record", err);
    struct im_bytes rest = {sqlite3_column_blob(scan->record, 0),
                            (size_t)sqlite3_column_bytes(scan->record, 0)};
    for (const int *field = by->field_of_value; !rc && *field != END; field++) {
        if (!record_next(&rest, &value))
            rc = fail_value(scan, out->fid, "record", err);
        else if (*field == GEOMETRY)
            rc = take_geometry(scan, out->fid, &value, &out->geom, err);
        else if (*field >= 0 && !take_value(&value, scan->schema->fields[*field].type,
                                            &scan->values[*field]))
            rc = fail_value(scan, out->fid, scan->schema->fields[*field].name, err);
    }
    return rc;
}

/* Stand on the next row of the table, unless one waits or there are no more. */
static enum im_code step_rows(struct history_scan *scan, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (scan->has_row || scan->is_done)
        return IM_OK;
    if (scan->rows)
        rc = sql_step(scan->rows, &scan->has_row, err);
    scan->is_done = !scan->has_row;
    return rc;
}

/* *given: it was there then. */
static enum im_code give(struct history_scan *scan,
                         int64_t fid,
                         bool is_in_table,
                         struct source_feature *out,
                         bool *given,
                         struct im_error *err)
{
    const struct overlay *by = NULL;
    const struct change *change = decide(scan, fid, &by);

    im_arena_reset(scan->row);
    memset(scan->values, 0, scan->schema->n_fields * sizeof *scan->values);
    *out = (struct source_feature){
        .fid = fid, .geom = {.kind = GEOM_EMPTY}, .values = scan->values};
    *given = !change || change->change_id;
    if (change)
        return *given ? give_record(scan, change, by, out, err) : IM_OK;
    assert(is_in_table);
    (void)is_in_table;
    return give_row(scan, out, err);
}

enum im_code history_scan_next(struct history_scan *scan,
                               struct source_feature *out,
                               bool *more,
                               struct im_error *err)
{
    enum im_code rc = IM_OK;

    *more = false;
    while (!rc && !*more) {
        rc = step_rows(scan, err); /* ends what was borrowed of the row before */
        if (rc)
            break;
        int64_t fid = scan->has_row ? sqlite3_column_int64(scan->rows, 0) : INT64_MAX;
        if (scan->next_extra < scan->n_extra && scan->extra[scan->next_extra] < fid) {
            rc = give(scan, scan->extra[scan->next_extra++], false, out, more, err);
        } else if (scan->has_row) {
            rc = give(scan, fid, true, out, more, err);
            scan->has_row = false;
        } else {
            break;
        }
    }
    return rc;
}
