/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a layer from after a run to before it. */
#include "internal.h"
#include "record.h"

enum { ARENA_MAX = 64 << 20, FIDS_MAX = 1 << 30 };

struct take_back {
    struct store *store;
    const struct history_run *run;
    const struct layer_schema *schema;
    struct history_writer *history;
    struct history_counts *counts;
    struct im_arena *arena;
    const char **columns;  /* of the table */
    int *value_of_column;  /* per column: index in a record, -1: it was not there yet */
    sqlite3_stmt *changes; /* of one kind */
    sqlite3_stmt *change;
    sqlite3_stmt *insert;
    sqlite3_stmt *remove;
    sqlite3_stmt *lineage;
};

/* ---- statements ---- */

static void append_name(struct im_buf *sql, const char *format, const char *name)
{
    char *text = sqlite3_mprintf(format, name);

    im_buf_text(sql, text ? text : "");
    sqlite3_free(text);
}

static enum im_code prepare_built(struct take_back *t,
                                  struct im_buf *sql,
                                  sqlite3_stmt **out,
                                  struct im_error *err)
{
    im_buf_byte(sql, 0);
    enum im_code rc = im_buf_check(sql, "statement", err);
    if (!rc)
        rc = sql_prepare(t->store->db, out, err, "%s", (char *)sql->data);
    im_buf_clear(sql);
    return rc;
}

/* ?1 is the fid, ?2 ... the columns. */
static enum im_code prepare(struct take_back *t, struct im_error *err)
{
    struct im_buf sql = {.max = 1 << 20};
    int index = 2;

    append_name(&sql, "INSERT INTO \"%w\" (fid", t->schema->id);
    for (const char **c = t->columns; *c; c++)
        append_name(&sql, ", \"%w\"", *c);
    im_buf_text(&sql, ") VALUES (?1");
    for (const char **c = t->columns; *c; c++)
        im_buf_printf(&sql, ", ?%d", index++);
    im_buf_text(&sql, ")");
    enum im_code rc = prepare_built(t, &sql, &t->insert, err);
    if (!rc) {
        append_name(&sql, "UPDATE \"%w\" SET ", t->schema->id);
        index = 2;
        for (const char **c = t->columns; *c; c++) {
            append_name(&sql, index > 2 ? ", \"%w\"" : "\"%w\"", *c);
            im_buf_printf(&sql, " = ?%d", index++);
        }
        im_buf_text(&sql, " WHERE fid = ?1");
        rc = prepare_built(t, &sql, &t->change, err);
    }
    im_buf_release(&sql);
    if (!rc)
        rc = sql_prepare(t->store->db, &t->remove, err,
                         "DELETE FROM \"%w\" WHERE fid = ?", t->schema->id);
    if (!rc)
        rc = sql_prepare(t->store->db, &t->changes, err,
                         "SELECT fid, last_fid, record FROM innomap_changes "
                         "WHERE run_id = %lld AND op = ? ORDER BY fid",
                         (long long)t->run->run_id);
    return rc;
}

static enum im_code map_columns(struct take_back *t, struct im_error *err)
{
    const char **recorded = NULL;
    size_t n = 0;
    enum im_code rc =
        record_columns(t->store->db, t->schema->id, t->arena, &t->columns, err);

    if (!rc)
        rc = record_parse_columns(t->run->columns, t->arena, &recorded, err);
    while (!rc && t->columns[n])
        n++;
    if (!rc && !(t->value_of_column = im_arena_calloc(t->arena, n + 1, sizeof(int))))
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
    for (size_t c = 0; !rc && c < n; c++) {
        t->value_of_column[c] = -1;
        for (int i = 0; recorded[i]; i++)
            if (strcmp(recorded[i], t->columns[c]) == 0)
                t->value_of_column[c] = i;
    }
    return rc;
}

/* ---- rows ---- */

static enum im_code
fail_record(const struct take_back *t, int64_t fid, struct im_error *err)
{
    im_fail(
        err, IM_EENV,
        "layer '%s': what run %lld wrote down of row %lld is damaged; take a backup "
        "of the database",
        t->schema->id, (long long)t->run->run_id, (long long)fid);
    return im_zh(err, IM_EENV,
                 "图层“%s”：第 %lld 次运行对第 %lld 行的记录已损坏，请取数据库的备份",
                 t->schema->id, (long long)t->run->run_id, (long long)fid);
}

static enum im_code bind_record(struct take_back *t,
                                sqlite3_stmt *stmt,
                                int64_t fid,
                                struct im_bytes record,
                                struct im_error *err)
{
    struct record_value value;

    sqlite3_clear_bindings(stmt);
    sqlite3_bind_int64(stmt, 1, fid);
    for (int i = 0; record.len; i++) {
        if (!record_next(&record, &value))
            return fail_record(t, fid, err);
        for (int c = 0; t->columns[c]; c++)
            if (t->value_of_column[c] == i)
                record_bind(stmt, c + 2, &value);
    }
    return IM_OK;
}

/* Another program has added a row of that key meanwhile. */
static enum im_code explain_conflict(const struct take_back *t,
                                     int64_t fid,
                                     enum im_code rc,
                                     struct im_error *err)
{
    if (!rc || (sqlite3_errcode(t->store->db) & 0xff) != SQLITE_CONSTRAINT)
        return rc;
    im_fail(err, IM_EDATA,
            "row %lld of layer '%s' cannot come back: another row has its key or its "
            "fid, which no import has put there; remove that row first",
            (long long)fid, t->schema->id);
    return im_zh(err, IM_EDATA,
                 "第 %lld 行无法恢复到图层“%s”：它的主键或 fid 已被不是导入产生的另一行"
                 "占用，请先删除那一行",
                 (long long)fid, t->schema->id);
}

static enum im_code remove_row(struct take_back *t, int64_t fid, struct im_error *err)
{
    enum im_code rc = history_gone(t->history, fid, err);

    if (rc)
        return rc;
    sqlite3_bind_int64(t->remove, 1, fid);
    t->counts->gone++;
    return sql_run(t->remove, err);
}

static enum im_code
remove_range(struct take_back *t, int64_t first, int64_t last, struct im_error *err)
{
    struct im_buf fids = {.max = FIDS_MAX};
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum im_code rc = sql_prepare(t->store->db, &stmt, err,
                                  "SELECT fid FROM \"%w\" WHERE fid BETWEEN %lld AND "
                                  "%lld ORDER BY fid",
                                  t->schema->id, (long long)first, (long long)last);

    while (!rc && !(rc = sql_step(stmt, &row, err)) && row) {
        int64_t fid = sqlite3_column_int64(stmt, 0);

        im_buf_append(&fids, &fid, sizeof fid);
    }
    sqlite3_finalize(stmt);
    if (!rc)
        rc = im_buf_check(&fids, "list of rows", err);
    for (size_t at = 0; !rc && at < fids.len; at += sizeof(int64_t)) {
        int64_t fid;

        memcpy(&fid, fids.data + at, sizeof fid);
        rc = remove_row(t, fid, err);
    }
    im_buf_release(&fids);
    return rc;
}

static enum im_code insert_row(struct take_back *t,
                               int64_t fid,
                               struct im_bytes record,
                               struct im_error *err)
{
    enum im_code rc = bind_record(t, t->insert, fid, record, err);

    if (rc)
        return rc;
    rc = explain_conflict(t, fid, sql_run(t->insert, err), err);
    t->counts->added++;
    return rc ? rc : history_added(t->history, fid, err);
}

static enum im_code change_row(struct take_back *t,
                               int64_t fid,
                               struct im_bytes record,
                               struct im_error *err)
{
    enum im_code rc = history_changed(t->history, fid, err);

    if (!rc)
        rc = bind_record(t, t->change, fid, record, err);
    if (rc)
        return rc;
    rc = explain_conflict(t, fid, sql_run(t->change, err), err);
    if (!rc && sqlite3_changes(t->store->db) == 0) /* removed by another program */
        return insert_row(t, fid, record, err);
    t->counts->changed++;
    return rc;
}

static enum im_code
each_change(struct take_back *t, const char *op, struct im_error *err)
{
    bool row = true;
    enum im_code rc = IM_OK;

    sql_bind_text(t->changes, 1, op);
    while (!rc && !(rc = sql_step(t->changes, &row, err)) && row) {
        int64_t fid = sqlite3_column_int64(t->changes, 0);
        struct im_bytes record = {sqlite3_column_blob(t->changes, 2),
                                  (size_t)sqlite3_column_bytes(t->changes, 2)};

        if (strcmp(op, "added") == 0)
            rc = remove_range(t, fid, sqlite3_column_int64(t->changes, 1), err);
        else if (strcmp(op, "changed") == 0)
            rc = change_row(t, fid, record, err);
        else
            rc = insert_row(t, fid, record, err);
    }
    sqlite3_reset(t->changes);
    return rc;
}

/* ---- lineage ---- */

static void read_key(sqlite3_stmt *stmt, struct source_value *out)
{
    *out = (struct source_value){.kind = SOURCE_TEXT};
    switch (sqlite3_column_type(stmt, 0)) {
    case SQLITE_INTEGER:
        out->kind = SOURCE_INTEGER;
        out->integer = sqlite3_column_int64(stmt, 0);
        return;
    case SQLITE_FLOAT:
        out->kind = SOURCE_REAL;
        out->real = sqlite3_column_double(stmt, 0);
        return;
    default:
        out->text.data = sqlite3_column_text(stmt, 0);
        out->text.len = (size_t)sqlite3_column_bytes(stmt, 0);
        return;
    }
}

/* Of each key that the run spoke of, what held before it. */
static enum im_code take_back_lineage(struct take_back *t, struct im_error *err)
{
    bool row = true;
    enum im_code rc = sql_prepare(
        t->store->db, &t->lineage, err,
        "SELECT a.key, coalesce((SELECT b.position FROM innomap_lineage AS b "
        "WHERE b.layer_id = a.layer_id AND b.key = a.key AND b.run_id < a.run_id "
        "ORDER BY b.run_id DESC LIMIT 1), '') "
        "FROM innomap_lineage AS a WHERE a.layer_id = %Q AND a.run_id = %lld",
        t->run->layer_id, (long long)t->run->run_id);

    while (!rc && !(rc = sql_step(t->lineage, &row, err)) && row) {
        struct source_value key;

        read_key(t->lineage, &key);
        rc = history_lineage(
            t->history, &key,
            (struct im_bytes){sqlite3_column_text(t->lineage, 1),
                              (size_t)sqlite3_column_bytes(t->lineage, 1)},
            err);
    }
    return rc;
}

static void release(struct take_back *t)
{
    sqlite3_finalize(t->changes);
    sqlite3_finalize(t->change);
    sqlite3_finalize(t->insert);
    sqlite3_finalize(t->remove);
    sqlite3_finalize(t->lineage);
    im_arena_free(t->arena);
}

/* First out, then changed, then in: so no key is there twice in between. */
enum im_code history_take_back(struct store *store,
                               const struct history_run *run,
                               const struct layer_schema *schema,
                               struct history_writer *history,
                               struct history_counts *counts,
                               struct im_error *err)
{
    struct take_back t = {.store = store,
                          .run = run,
                          .schema = schema,
                          .history = history,
                          .counts = counts,
                          .arena = im_arena_new(ARENA_MAX)};
    enum im_code rc = t.arena ? map_columns(&t, err)
                              : im_fail(err, IM_ENOMEM, "history: out of memory");

    if (!rc)
        rc = prepare(&t, err);
    if (!rc)
        rc = each_change(&t, "added", err);
    if (!rc)
        rc = each_change(&t, "changed", err);
    if (!rc)
        rc = each_change(&t, "gone", err);
    if (!rc)
        rc = take_back_lineage(&t, err);
    release(&t);
    return rc;
}
