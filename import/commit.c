/* SPDX-License-Identifier: Apache-2.0 */
/* Stage against table: added, changed, unchanged, gone. */
#include "commit.h"

/* From so many rows on, and when they are more than a quarter of the table, the indexes
 * are taken away and packed anew (layers/store/rtree.c): row by row, SpatiaLite's
 * triggers and the R*Tree took three quarters of the time of a million points. */
enum { BULK_ROWS = 2000 };

/* "a, b, geom" of what the import says something about; `format` is applied to each. */
static void list_columns(const struct stage *stage,
                         struct im_buf *sql,
                         const char *format,
                         const char *separator)
{
    const char *before = "";

    for (size_t f = 0; f < stage->schema->n_fields; f++)
        if (stage->has_field[f]) {
            im_buf_text(sql, before);
            im_buf_printf(sql, "\"%s\"%s", stage->schema->fields[f].name, format);
            before = separator;
        }
    if (stage->has_geom) {
        im_buf_text(sql, before);
        im_buf_printf(sql, "geom%s", format);
    }
}

static int count_columns(const struct stage *stage)
{
    int n = stage->has_geom;

    for (size_t f = 0; f < stage->schema->n_fields; f++)
        n += stage->has_field[f];
    return n;
}

static enum im_code
prepare_built(sqlite3 *db, struct im_buf *sql, sqlite3_stmt **out, struct im_error *err)
{
    im_buf_byte(sql, 0);
    enum im_code rc = im_buf_check(sql, "statement", err);
    if (!rc)
        rc = sql_prepare(db, out, err, "%s", (char *)sql->data);
    im_buf_clear(sql);
    return rc;
}

static enum im_code prepare_find(struct commit *c,
                                 const char *column,
                                 sqlite3_stmt **out,
                                 struct im_error *err)
{
    struct im_buf sql = {.max = 1 << 20};

    im_buf_text(&sql, "SELECT fid, ");
    list_columns(c->stage, &sql, "", ", ");
    im_buf_printf(&sql, " FROM \"%s\" WHERE \"%s\" = ?", c->stage->schema->id, column);
    enum im_code rc = prepare_built(c->db, &sql, out, err);
    im_buf_release(&sql);
    return rc;
}

static enum im_code prepare_insert(struct commit *c, struct im_error *err)
{
    struct im_buf sql = {.max = 1 << 20};

    im_buf_printf(&sql, "INSERT INTO \"%s\" (", c->stage->schema->id);
    list_columns(c->stage, &sql, "", ", ");
    im_buf_text(&sql, ") VALUES (");
    for (int i = count_columns(c->stage); i > 0; i--)
        im_buf_text(&sql, i > 1 ? "?, " : "?)");
    enum im_code rc = prepare_built(c->db, &sql, &c->insert, err);
    im_buf_release(&sql);
    return rc;
}

/* Parameters: the fields, then of the geometry "keep what is there?" and the blob, then
 * fid. */
static enum im_code prepare_update(struct commit *c, struct im_error *err)
{
    const struct layer_schema *schema = c->stage->schema;
    struct im_buf sql = {.max = 1 << 20};
    const char *before = "";
    enum im_code rc = IM_OK;

    im_buf_printf(&sql, "UPDATE \"%s\" SET ", schema->id);
    for (size_t f = 0; f < schema->n_fields; f++)
        if (commit_is_for_stored(c->stage, f)) {
            im_buf_printf(&sql, "%s\"%s\" = ?", before, schema->fields[f].name);
            before = ", ";
        }
    if (c->stage->has_geom) {
        im_buf_printf(&sql, "%sgeom = CASE WHEN ? THEN ifnull(geom, ?) ELSE ? END",
                      before);
        before = ", ";
    }
    im_buf_text(&sql, " WHERE fid = ?");
    if (*before)
        rc = prepare_built(c->db, &sql, &c->update, err);
    im_buf_release(&sql);
    return rc;
}

static enum im_code prepare(struct commit *c, struct im_error *err)
{
    const struct layer_schema *schema = c->stage->schema;
    enum im_code rc = prepare_find(c, schema->fields[schema->key].name, &c->find, err);

    if (!rc)
        rc = prepare_find(c, "fid", &c->reread, err);
    if (!rc)
        rc = prepare_insert(c, err);
    return rc ? rc : prepare_update(c, err);
}

static void bind_value(sqlite3_stmt *stmt, int index, const struct source_value *value)
{
    switch (value->kind) {
    case SOURCE_NULL:
        sqlite3_bind_null(stmt, index);
        return;
    case SOURCE_INTEGER:
        sqlite3_bind_int64(stmt, index, value->integer);
        return;
    case SOURCE_REAL:
        sqlite3_bind_double(stmt, index, value->real);
        return;
    case SOURCE_TEXT:
        sqlite3_bind_text(stmt, index, (const char *)value->text.data,
                          (int)value->text.len, SQLITE_STATIC);
        return;
    }
}

static void bind_blob(sqlite3_stmt *stmt, int index, struct im_bytes blob)
{
    if (blob.len)
        sqlite3_bind_blob(stmt, index, blob.data, (int)blob.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, index);
}

static void bind_insert(const struct commit *c)
{
    int index = 1;

    for (size_t f = 0; f < c->stage->schema->n_fields; f++)
        if (c->stage->has_field[f])
            bind_value(c->insert, index++, &c->row.values[f]);
    if (c->stage->has_geom)
        bind_blob(c->insert, index, c->row.blob);
}

static void bind_update(const struct commit *c, const struct stage_entry *entry)
{
    int index = 1;

    for (size_t f = 0; f < c->stage->schema->n_fields; f++)
        if (commit_is_for_stored(c->stage, f))
            bind_value(c->update, index++, &c->row.values[f]);
    if (c->stage->has_geom) {
        sqlite3_bind_int(c->update, index++, (entry->flags & STAGE_KEEP_PLACE) != 0);
        bind_blob(c->update, index++, c->row.blob);
        bind_blob(c->update, index++, c->row.blob);
    }
    sqlite3_bind_int64(c->update, index, entry->fid);
}

/* ---- comparing ---- */

/* The stored row of an entry is at hand: what becomes of it? */
static enum im_code settle(struct commit *c,
                           struct stage_entry *entry,
                           sqlite3_stmt *stmt,
                           struct im_error *err)
{
    const struct layer_schema *schema = c->stage->schema;
    struct source_value key = {.kind = SOURCE_NULL};
    int column = 0;

    for (int f = 0; f <= schema->key; f++)
        column += c->stage->has_field[f];
    stored_value(stmt, column, &key);
    entry->fid = sqlite3_column_int64(stmt, 0);
    entry->action = STAGE_SAME;
    if (entry->flags & STAGE_REFUSED) {
        entry->action = STAGE_LEFT;
        return IM_OK;
    }
    if (c->mode == IMPORT_APPEND) {
        entry->action = STAGE_LEFT;
        c->report->counts.refused++;
        return commit_tell_known(c, &key, err);
    }
    if (!c->update || commit_same_row(c, entry, stmt)) {
        c->n_same++;
        return IM_OK;
    }
    entry->action = STAGE_CHANGE;
    if (c->stage->has_geom &&
        commit_same_geometry(c, entry, stmt, count_columns(c->stage)))
        entry->flags |= STAGE_SAME_PLACE;
    c->n_change++;
    return commit_tell_changes(c, entry, stmt, &key, err);
}

static void add(struct commit *c, struct stage_entry *entry)
{
    entry->action = entry->flags & STAGE_REFUSED ? STAGE_LEFT : STAGE_ADD;
    c->n_add += entry->action == STAGE_ADD;
}

static enum im_code compare_row(struct commit *c, size_t i, struct im_error *err)
{
    struct stage_entry *entry = &c->stage->entries[i];
    bool found = false;

    stage_read(c->stage, i, &c->row);
    bind_value(c->find, 1, &c->row.values[c->stage->schema->key]);
    enum im_code rc = sql_step(c->find, &found, err);
    if (rc)
        return rc;
    if (found) {
        rc = settle(c, entry, c->find, err);
    } else if (entry->flags & STAGE_MADE_KEY) {
        entry->action = STAGE_UNKNOWN;
        c->n_unknown++;
    } else {
        add(c, entry);
    }
    sqlite3_reset(c->find);
    return rc;
}

/* Rows without key that the table may have under another key. */
static enum im_code compare_unknown(struct commit *c, struct im_error *err)
{
    enum im_code rc = identity_match(c->db, c->stage, err);

    for (size_t i = 0; !rc && i < c->stage->n; i++) {
        struct stage_entry *entry = &c->stage->entries[i];
        bool found = false;

        if (entry->action != STAGE_UNKNOWN)
            continue;
        if (entry->fid) {
            stage_read(c->stage, i, &c->row);
            sqlite3_bind_int64(c->reread, 1, entry->fid);
            rc = sql_step(c->reread, &found, err);
        }
        if (!rc && found)
            rc = settle(c, entry, c->reread, err);
        else if (!rc)
            add(c, entry);
        sqlite3_reset(c->reread);
    }
    return rc;
}

static enum im_code compare_all(struct commit *c, int64_t stored, struct im_error *err)
{
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < c->stage->n; i++) {
        if (stored == 0)
            add(c, &c->stage->entries[i]);
        else
            rc = compare_row(c, i, err);
    }
    if (!rc && c->n_unknown)
        rc = compare_unknown(c, err);
    if (!rc && c->stage->find_likely && c->report->log)
        rc = likely_report(c->db, c->stage, c->report, &c->stage->was_large, err);
    return rc;
}

static enum im_code add_row(struct commit *c, struct im_error *err)
{
    bind_insert(c);
    c->report->counts.unplaced += c->stage->has_geom && c->row.blob.len == 0;
    enum im_code rc = sql_run(c->insert, err);
    return rc || !c->stage->history
               ? rc
               : history_added(c->stage->history, sqlite3_last_insert_rowid(c->db),
                               err);
}

static enum im_code
change_row(struct commit *c, const struct stage_entry *entry, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (c->stage->history)
        rc = history_changed(c->stage->history, entry->fid, err);
    bind_update(c, entry);
    return rc ? rc : sql_run(c->update, err);
}

/* A position that stays keeps what was known of it. */
static enum im_code
keep_lineage(struct commit *c, const struct stage_entry *entry, struct im_error *err)
{
    const struct source_value *key = &c->row.values[c->stage->schema->key];

    if (!c->stage->has_geom || entry->flags & STAGE_SAME_PLACE)
        return IM_OK;
    return history_lineage(c->stage->history, entry->action == STAGE_ADD ? key : NULL,
                           c->row.lineage, err);
}

static enum im_code write_row(struct commit *c, size_t i, struct im_error *err)
{
    const struct stage_entry *entry = &c->stage->entries[i];
    enum im_code rc;

    if (entry->action != STAGE_ADD && entry->action != STAGE_CHANGE)
        return IM_OK;
    stage_read(c->stage, i, &c->row);
    rc = entry->action == STAGE_ADD ? add_row(c, err) : change_row(c, entry, err);
    return rc || !c->stage->history ? rc : keep_lineage(c, entry, err);
}

/* ---- what the file does not have ---- */

static int compare_fids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Stored rows that the file has under a key of its own or by their names, sorted. Those
 * with a key of the file are in the stage's keys. */
static enum im_code
list_matched(const struct stage *stage, struct im_buf *fids, struct im_error *err)
{
    for (size_t i = 0; i < stage->n; i++)
        if (stage->entries[i].fid && stage->entries[i].flags & STAGE_MADE_KEY)
            im_buf_append(fids, &stage->entries[i].fid, sizeof(int64_t));
    if (fids->len)
        qsort(fids->data, fids->len / sizeof(int64_t), sizeof(int64_t), compare_fids);
    return im_buf_check(fids, "list of matched rows", err);
}

static bool is_matched(const struct im_buf *fids, int64_t fid)
{
    return fids->len &&
           bsearch(&fid, fids->data, fids->len / sizeof fid, sizeof fid, compare_fids);
}

/* Rows that the file did not have, as fids in `gone`. */
static enum im_code list_gone(struct commit *c,
                              const struct im_buf *matched,
                              struct im_buf *gone,
                              struct im_error *err)
{
    const struct layer_schema *schema = c->stage->schema;
    const char *key_name = schema->fields[schema->key].name;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum im_code rc = sql_prepare(
        c->db, &stmt, err, "SELECT fid, \"%w\", \"%w\" FROM \"%w\"", key_name,
        c->name_field == SCHEMA_NO_FIELD ? key_name
                                         : schema->fields[c->name_field].name,
        schema->id);

    while (!rc && !(rc = sql_step(stmt, &row, err)) && row) {
        struct source_value key;
        int64_t fid = sqlite3_column_int64(stmt, 0);

        stored_value(stmt, 1, &key);
        if ((key.kind != SOURCE_NULL && stage_has_key(c->stage, &key)) ||
            is_matched(matched, fid))
            continue;
        im_buf_append(gone, &fid, sizeof fid);
        rc = commit_tell_gone(c, &key, stmt, err);
    }
    sqlite3_finalize(stmt);
    return rc ? rc : im_buf_check(gone, "list of removed rows", err);
}

static enum im_code remove_gone(struct commit *c, struct im_error *err)
{
    struct im_buf gone = {.max = (size_t)1 << 31};
    struct im_buf matched = {.max = (size_t)1 << 31};
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = list_matched(c->stage, &matched, err);

    if (!rc)
        rc = list_gone(c, &matched, &gone, err);
    if (!rc)
        rc = sql_prepare(c->db, &stmt, err, "DELETE FROM \"%w\" WHERE fid = ?",
                         c->stage->schema->id);
    for (size_t at = 0; !rc && at < gone.len; at += sizeof(int64_t)) {
        int64_t fid;

        memcpy(&fid, gone.data + at, sizeof fid);
        if (c->stage->history)
            rc = history_gone(c->stage->history, fid, err);
        sqlite3_bind_int64(stmt, 1, fid);
        if (!rc)
            rc = sql_run(stmt, err);
        c->report->counts.gone++;
    }
    sqlite3_finalize(stmt);
    im_buf_release(&gone);
    im_buf_release(&matched);
    return rc;
}

static enum im_code write_all(struct commit *c, int64_t stored, struct im_error *err)
{
    uint64_t writes = c->n_add + c->n_change;
    bool is_bulk = writes >= BULK_ROWS && writes >= (uint64_t)stored / 4;
    enum im_code rc =
        is_bulk ? store_drop_indexes(c->store, c->stage->schema, err) : IM_OK;

    /* before new rows come, which it would take for lost ones */
    if (!rc && c->mode == IMPORT_REPLACE)
        rc = remove_gone(c, err);
    for (size_t i = 0; !rc && writes && i < c->stage->n; i++)
        rc = write_row(c, i, err);
    if (!rc && is_bulk)
        rc = store_make_indexes(c->store, c->stage->schema, err);
    return rc;
}

static int name_field_of(const struct layer_schema *schema)
{
    return schema->roles.name_zh != SCHEMA_NO_FIELD ? schema->roles.name_zh
                                                    : schema->roles.name_en;
}

enum im_code commit_stage(struct store *store,
                          struct stage *stage,
                          enum import_mode mode,
                          struct import_report *report,
                          struct im_error *err)
{
    struct commit c = {.store = store,
                       .db = store_db(store),
                       .stage = stage,
                       .mode = mode,
                       .report = report,
                       .name_field = name_field_of(stage->schema)};
    int64_t stored = 0;
    enum im_code rc;

    c.row.values = calloc(stage->schema->n_fields, sizeof *c.row.values);
    if (!c.row.values)
        return im_fail(err, IM_ENOMEM, "commit: out of memory");
    rc = prepare(&c, err);
    if (!rc)
        rc = sql_integer(c.db, &stored, err, "SELECT count(*) FROM \"%w\"",
                         stage->schema->id);
    if (!rc)
        rc = compare_all(&c, stored, err);
    if (!rc)
        rc = write_all(&c, stored, err);
    if (!rc)
        rc = stage_check(stage, err);
    if (!rc) {
        report->counts.added += c.n_add;
        report->counts.changed += c.n_change;
        report->counts.unchanged += c.n_same;
    }
    sqlite3_finalize(c.find);
    sqlite3_finalize(c.reread);
    sqlite3_finalize(c.insert);
    sqlite3_finalize(c.update);
    free(c.row.values);
    return rc;
}
