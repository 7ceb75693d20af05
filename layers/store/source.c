/* SPDX-License-Identifier: Apache-2.0 */
/* The full scan from which an atlas is built: engine's feature_source over SQLite. */
#include "internal.h"

enum { ROW_MAX_BYTES = 1 << 30 };

struct source_cursor {
    struct store *store;
    sqlite3_stmt *rows;
    struct im_arena *definition; /* the schema */
    struct im_arena *row;        /* geometry of the current row */
    const struct layer_schema *schema;
    struct source_value *values;
    bool has_geom;
    const int64_t *fids; /* the rows to read; NULL: all */
    size_t n_fids;
    size_t at;
};

void store_end_scan(struct store *store)
{
    if (store->is_reading && store->cursors == 0) {
        sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
        store->is_reading = false;
    }
}

/* The transaction begins with the first read, so the snapshot is that of `describe`.
 * A store that is writing scans inside its own transaction. */
static enum im_code begin_scan(struct store *store, struct im_error *err)
{
    store_end_scan(store);
    if (store->is_reading || store->is_writing)
        return IM_OK;
    enum im_code rc = sql_exec(store->db, "BEGIN", err);
    store->is_reading = rc == IM_OK;
    return rc;
}

static char *copy_column(struct im_arena *arena, sqlite3_stmt *stmt, int column)
{
    return im_arena_strdup(arena, im_bytes_of(sql_text(stmt, column)));
}

static enum im_code read_layer(struct store *store,
                               sqlite3_stmt *stmt,
                               struct im_arena *arena,
                               struct source_layer *out,
                               struct im_error *err)
{
    int64_t n = 0;

    out->id = copy_column(arena, stmt, 0);
    out->definition_json = copy_column(arena, stmt, 1);
    out->style_json = copy_column(arena, stmt, 2);
    out->version = (uint64_t)sqlite3_column_int64(stmt, 3);
    out->changed_at = copy_column(arena, stmt, 4);
    if (!out->id || !out->definition_json || !out->style_json || !out->changed_at)
        return im_fail(err, IM_ENOMEM, "catalog: out of memory");
    enum im_code rc =
        sql_integer(store->db, &n, err, "SELECT count(*) FROM \"%w\"", out->id);
    out->n_features = (uint64_t)n;
    return rc;
}

static enum im_code source_describe(void *self,
                                    struct im_arena *arena,
                                    const struct source_layer **layers,
                                    size_t *n_layers,
                                    uint64_t *data_version,
                                    struct im_error *err)
{
    struct store *store = self;
    struct source_layer *list = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t version = 0;
    int64_t n = 0;
    bool row = false;
    enum im_code rc = begin_scan(store, err);

    if (!rc)
        rc = sql_integer(store->db, &version, err,
                         "SELECT value FROM innomap_meta WHERE key = 'data_version'");
    if (!rc)
        rc = sql_integer(store->db, &n, err, "SELECT count(*) FROM innomap_layers");
    if (!rc && !(list = im_arena_calloc(arena, (size_t)n + 1, sizeof *list)))
        rc = im_fail(err, IM_ENOMEM, "catalog: out of memory");
    if (!rc)
        rc = sql_prepare(store->db, &stmt, err,
                         "SELECT id, definition, style, version, changed_at "
                         "FROM innomap_layers ORDER BY id");
    for (int64_t i = 0; !rc && i < n; i++) {
        rc = sql_step(stmt, &row, err);
        if (!rc)
            rc = read_layer(store, stmt, arena, &list[i], err);
    }
    sqlite3_finalize(stmt);
    if (rc)
        return rc;
    *layers = list;
    *n_layers = (size_t)n;
    *data_version = (uint64_t)version;
    return IM_OK;
}

static void source_close(struct source_cursor *cursor)
{
    if (!cursor)
        return;
    sqlite3_finalize(cursor->rows);
    im_arena_free(cursor->definition);
    im_arena_free(cursor->row);
    cursor->store->cursors--;
    free(cursor);
}

static enum im_code
read_schema(struct source_cursor *cursor, const char *id, struct im_error *err)
{
    sqlite3_stmt *find = NULL;
    bool row = false;
    enum im_code rc =
        sql_prepare(cursor->store->db, &find, err,
                    "SELECT definition FROM innomap_layers WHERE id = %Q", id);

    if (!rc)
        rc = sql_step(find, &row, err);
    if (!rc && !row) {
        im_fail(err, IM_ENOTFOUND, "there is no layer '%s'", id);
        rc = im_zh(err, IM_ENOTFOUND, "没有图层“%s”", id);
    }
    if (!rc)
        rc = schema_parse(im_bytes_of(sql_text(find, 0)), cursor->definition,
                          &cursor->schema, err);
    sqlite3_finalize(find);
    return rc;
}

static enum im_code prepare_rows(struct source_cursor *cursor, struct im_error *err)
{
    const struct layer_schema *schema = cursor->schema;
    struct im_buf sql = {.max = 1 << 20};

    im_buf_text(&sql, "SELECT fid");
    for (size_t i = 0; i < schema->n_fields; i++)
        im_buf_printf(&sql, ", \"%s\"", schema->fields[i].name);
    cursor->has_geom = schema->geometry != SCHEMA_NONE;
    im_buf_printf(&sql, "%s FROM \"%s\" %s", cursor->has_geom ? ", geom" : "",
                  schema->id, cursor->fids ? "WHERE fid = ?" : "ORDER BY fid");
    im_buf_byte(&sql, 0);
    enum im_code rc = im_buf_check(&sql, "statement", err);
    if (!rc)
        rc = sql_prepare(cursor->store->db, &cursor->rows, err, "%s", (char *)sql.data);
    im_buf_release(&sql);
    return rc;
}

static enum im_code open_rows(struct store *store,
                              const char *layer_id,
                              const int64_t *fids,
                              size_t n_fids,
                              struct source_cursor **out,
                              struct im_error *err)
{
    struct source_cursor *cursor = calloc(1, sizeof *cursor);
    enum im_code rc;

    if (!cursor)
        return im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
    cursor->store = store;
    cursor->fids = fids;
    cursor->n_fids = n_fids;
    store->cursors++;
    cursor->definition = im_arena_new(16 << 20);
    cursor->row = im_arena_new(ROW_MAX_BYTES);
    if (!cursor->definition || !cursor->row) {
        rc = im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
        goto done;
    }
    rc = read_schema(cursor, layer_id, err);
    if (rc)
        goto done;
    cursor->values = im_arena_calloc(cursor->definition, cursor->schema->n_fields,
                                     sizeof *cursor->values);
    if (!cursor->values) {
        rc = im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
        goto done;
    }
    rc = prepare_rows(cursor, err);
    if (rc)
        goto done;
    *out = cursor;
    cursor = NULL;
done:
    source_close(cursor);
    return rc;
}

static enum im_code source_open(void *self,
                                const char *layer_id,
                                struct source_cursor **out,
                                struct im_error *err)
{
    return open_rows(self, layer_id, NULL, 0, out, err);
}

static enum im_code source_open_rows(void *self,
                                     const char *layer_id,
                                     const int64_t *fids,
                                     size_t n,
                                     struct source_cursor **out,
                                     struct im_error *err)
{
    static const int64_t none;

    return open_rows(self, layer_id, n ? fids : &none, n, out, err);
}

/* Other programs may have written anything into a column: SQLite does not mind. */
static bool read_value(sqlite3_stmt *rows,
                       int column,
                       enum field_type type,
                       struct source_value *out)
{
    int stored = sqlite3_column_type(rows, column);

    *out = (struct source_value){.kind = SOURCE_NULL};
    if (stored == SQLITE_NULL)
        return true;
    if (type == FIELD_TEXT) {
        if (stored == SQLITE_BLOB)
            return false;
        out->kind = SOURCE_TEXT;
        out->text.data = sqlite3_column_text(rows, column);
        out->text.len = (size_t)sqlite3_column_bytes(rows, column);
        return im_utf8_valid(out->text);
    }
    if (type == FIELD_INTEGER) {
        out->kind = SOURCE_INTEGER;
        out->integer = sqlite3_column_int64(rows, column);
        return stored == SQLITE_INTEGER;
    }
    out->kind = SOURCE_REAL;
    out->real = sqlite3_column_double(rows, column);
    return stored == SQLITE_FLOAT || stored == SQLITE_INTEGER;
}

static enum im_code
read_geom(struct source_cursor *cursor, struct geom *out, struct im_error *err)
{
    int column = (int)cursor->schema->n_fields + 1;
    struct im_bytes blob;

    *out = (struct geom){.kind = GEOM_EMPTY};
    if (!cursor->has_geom || sqlite3_column_type(cursor->rows, column) == SQLITE_NULL)
        return IM_OK;
    blob.data = sqlite3_column_blob(cursor->rows, column);
    blob.len = (size_t)sqlite3_column_bytes(cursor->rows, column);
    return blob_decode(blob, cursor->row, out, err);
}

/* The next of the rows asked for that is there. */
static enum im_code
step_row(struct source_cursor *cursor, bool *more, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (!cursor->fids)
        return sql_step(cursor->rows, more, err);
    *more = false;
    while (!rc && !*more && cursor->at < cursor->n_fids) {
        sqlite3_reset(cursor->rows);
        sqlite3_bind_int64(cursor->rows, 1, cursor->fids[cursor->at++]);
        rc = sql_step(cursor->rows, more, err);
    }
    return rc;
}

static enum im_code source_next(struct source_cursor *cursor,
                                struct source_feature *out,
                                bool *more,
                                struct im_error *err)
{
    const struct layer_schema *schema = cursor->schema;
    enum im_code rc = step_row(cursor, more, err);

    if (rc || !*more)
        return rc;
    im_arena_reset(cursor->row);
    out->fid = sqlite3_column_int64(cursor->rows, 0);
    out->values = cursor->values;
    for (size_t i = 0; i < schema->n_fields; i++)
        if (!read_value(cursor->rows, (int)i + 1, schema->fields[i].type,
                        &cursor->values[i]))
            return im_fail(err, IM_EDATA,
                           "layer '%s', row %lld: field '%s' is not what the layer "
                           "declares",
                           schema->id, (long long)out->fid, schema->fields[i].name);
    if (read_geom(cursor, &out->geom, err))
        return im_context(err, "layer '%s', row %lld", schema->id, (long long)out->fid);
    return IM_OK;
}

struct feature_source store_source(struct store *store)
{
    return (struct feature_source){.self = store,
                                   .describe = source_describe,
                                   .open = source_open,
                                   .next = source_next,
                                   .close = source_close,
                                   .changes = source_changes,
                                   .open_rows = source_open_rows};
}
