/* SPDX-License-Identifier: Apache-2.0 */
/* Writing down what a run does to the rows of its layer.
 *
 *   a record: for each column in the order of innomap_runs.columns
 *     u8   1 integer, 2 real, 3 text, 4 blob, 5 null (SQLite's own numbers)
 *     then i64 | f64 | u32 length and bytes | nothing; little endian
 */
#include "record.h"

#include "internal.h"

#include <engine/json_writer.h>

#include <endian.h>
#include <jansson.h>

enum { RECORD_MAX = 1000 * 1000 * 1000, ARENA_MAX = 64 << 20 };

struct history_writer {
    struct store *store;
    sqlite3 *db;
    struct im_arena *arena;
    int64_t run_id;
    const char *layer_id;
    bool had_layer;
    bool has_lineage;       /* of any of its rows: else there is nothing to take back */
    const char *definition; /* before; NULL: there was no layer */
    const char *style;
    const char **columns; /* of a record, NULL-terminated */
    int key;              /* index into columns; -1 */
    sqlite3_stmt *read;
    sqlite3_stmt *put;
    sqlite3_stmt *find_lineage;
    sqlite3_stmt *put_lineage;
    sqlite3_value *changed; /* key of the row kept last */
    int64_t first; /* rows added one after the other, not yet written; 0: none */
    int64_t last;
    bool is_changed;
    uint64_t n_bytes;
    struct im_buf record;
};

/* ---- records ---- */

static void put_le(struct im_buf *out, uint64_t value, size_t bytes)
{
    uint64_t le = htole64(value);

    im_buf_append(out, &le, bytes);
}

static void put_column(struct im_buf *out, sqlite3_stmt *row, int column)
{
    int type = sqlite3_column_type(row, column);
    double real;
    uint64_t bits;

    im_buf_byte(out, (uint8_t)type);
    switch (type) {
    case SQLITE_INTEGER:
        put_le(out, (uint64_t)sqlite3_column_int64(row, column), 8);
        return;
    case SQLITE_FLOAT:
        real = sqlite3_column_double(row, column);
        memcpy(&bits, &real, sizeof bits);
        put_le(out, bits, 8);
        return;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        /* of a text the bytes as they are: SQLite converts nothing in a UTF-8 file */
        const void *data = type == SQLITE_TEXT
                               ? (const void *)sqlite3_column_text(row, column)
                               : sqlite3_column_blob(row, column);
        size_t len = (size_t)sqlite3_column_bytes(row, column);

        put_le(out, len, 4);
        im_buf_append(out, data, len);
        return;
    }
    default:
        return;
    }
}

static uint64_t get_le(const uint8_t *p, size_t bytes)
{
    uint64_t le = 0;

    memcpy(&le, p, bytes);
    return le64toh(le);
}

bool record_next(struct im_bytes *rest, struct record_value *out)
{
    static const size_t sizes[] = {0, 8, 8, 4, 4, 0};
    const uint8_t *p = rest->data;

    if (rest->len == 0 || p[0] < SQLITE_INTEGER || p[0] > SQLITE_NULL ||
        rest->len < 1 + sizes[p[0]])
        return false;
    *out = (struct record_value){.type = p[0]};
    size_t used = 1 + sizes[p[0]];
    uint64_t bits = get_le(p + 1, sizes[p[0]]);
    switch (out->type) {
    case SQLITE_INTEGER:
        out->integer = (int64_t)bits;
        break;
    case SQLITE_FLOAT:
        memcpy(&out->real, &bits, sizeof bits);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        if (bits > rest->len - used)
            return false;
        out->bytes = (struct im_bytes){p + used, (size_t)bits};
        used += (size_t)bits;
        break;
    default:
        break;
    }
    *rest = (struct im_bytes){p + used, rest->len - used};
    return true;
}

void record_bind(sqlite3_stmt *stmt, int index, const struct record_value *value)
{
    switch (value->type) {
    case SQLITE_INTEGER:
        sqlite3_bind_int64(stmt, index, value->integer);
        return;
    case SQLITE_FLOAT:
        sqlite3_bind_double(stmt, index, value->real);
        return;
    case SQLITE_TEXT:
        sqlite3_bind_text(stmt, index, (const char *)value->bytes.data,
                          (int)value->bytes.len, SQLITE_STATIC);
        return;
    case SQLITE_BLOB:
        sqlite3_bind_blob(stmt, index, value->bytes.data, (int)value->bytes.len,
                          SQLITE_STATIC);
        return;
    default:
        sqlite3_bind_null(stmt, index);
        return;
    }
}

/* ---- columns ---- */

enum im_code record_columns(sqlite3 *db,
                            const char *layer_id,
                            struct im_arena *arena,
                            const char ***out,
                            struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t n = 0;
    size_t found = 0;
    bool row = true;
    enum im_code rc = sql_integer(
        db, &n, err, "SELECT count(*) FROM pragma_table_info(%Q)", layer_id);

    if (!rc && !(*out = im_arena_calloc(arena, (size_t)n + 1, sizeof **out)))
        rc = im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
    if (!rc)
        rc = sql_prepare(db, &stmt, err,
                         "SELECT name FROM pragma_table_info(%Q) WHERE name <> 'fid' "
                         "ORDER BY cid",
                         layer_id);
    /* another program may have changed the table since it was counted */
    while (!rc && found < (size_t)n && !(rc = sql_step(stmt, &row, err)) && row) {
        (*out)[found] = im_arena_strdup(arena, im_bytes_of(sql_text(stmt, 0)));
        if (!(*out)[found++])
            rc = im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
    }
    sqlite3_finalize(stmt);
    return rc;
}

enum im_code record_parse_columns(const char *json,
                                  struct im_arena *arena,
                                  const char ***out,
                                  struct im_error *err)
{
    json_error_t error;
    json_t *list = json_loads(json, 0, &error);
    size_t n = json_array_size(list);
    enum im_code rc = IM_OK;

    if (!json_is_array(list))
        rc = im_fail(err, IM_EDATA, "the columns of a run are no list: %.80s", json);
    if (!rc && !(*out = im_arena_calloc(arena, n + 1, sizeof **out)))
        rc = im_fail(err, IM_ENOMEM, "columns: out of memory");
    for (size_t i = 0; !rc && i < n; i++) {
        const char *name = json_string_value(json_array_get(list, i));

        (*out)[i] = im_arena_strdup(arena, im_bytes_of(name ? name : ""));
        if (!(*out)[i])
            rc = im_fail(err, IM_ENOMEM, "columns: out of memory");
    }
    json_decref(list);
    return rc;
}

static void write_columns(const char *const *columns, struct im_buf *out)
{
    struct im_json w = {.out = out};

    im_json_array(&w);
    for (; columns && *columns; columns++)
        im_json_text(&w, *columns);
    im_json_array_end(&w);
    im_buf_byte(out, 0);
}

/* ---- beginning ---- */

static enum im_code read_catalog(struct history_writer *h, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = sql_prepare(
        h->db, &stmt, err, "SELECT definition, style FROM innomap_layers WHERE id = %Q",
        h->layer_id);

    if (!rc)
        rc = sql_step(stmt, &h->had_layer, err);
    if (!rc && h->had_layer) {
        h->definition = im_arena_strdup(h->arena, im_bytes_of(sql_text(stmt, 0)));
        h->style = im_arena_strdup(h->arena, im_bytes_of(sql_text(stmt, 1)));
        if (!h->definition || !h->style)
            rc = im_fail(err, IM_ENOMEM, "layer '%s': out of memory", h->layer_id);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code find_key(struct history_writer *h, struct im_error *err)
{
    const struct layer_schema *schema = NULL;
    enum im_code rc = schema_parse(im_bytes_of(h->definition), h->arena, &schema, err);

    for (int i = 0; !rc && h->columns[i]; i++)
        if (strcmp(h->columns[i], schema->fields[schema->key].name) == 0)
            h->key = i;
    return rc;
}

static enum im_code prepare_read(struct history_writer *h, struct im_error *err)
{
    struct im_buf sql = {.max = 1 << 20};

    im_buf_text(&sql, "SELECT fid");
    for (size_t i = 0; h->columns[i]; i++) {
        char *name = sqlite3_mprintf(", \"%w\"", h->columns[i]);

        im_buf_text(&sql, name ? name : "");
        sqlite3_free(name);
    }
    im_buf_printf(&sql, " FROM \"%s\" WHERE fid = ?", h->layer_id);
    im_buf_byte(&sql, 0);
    enum im_code rc = im_buf_check(&sql, "statement", err);
    if (!rc)
        rc = sql_prepare(h->db, &h->read, err, "%s", (char *)sql.data);
    im_buf_release(&sql);
    return rc;
}

static enum im_code prepare(struct history_writer *h, struct im_error *err)
{
    enum im_code rc = sql_prepare(
        h->db, &h->put, err,
        "INSERT INTO innomap_changes (run_id, op, fid, last_fid, key, record) "
        "VALUES (%lld, ?, ?, ?, ?, ?)",
        (long long)h->run_id);

    if (!rc)
        rc = sql_prepare(h->db, &h->find_lineage, err,
                         "SELECT position <> '' FROM innomap_lineage "
                         "WHERE layer_id = %Q AND key = ? ORDER BY run_id DESC LIMIT 1",
                         h->layer_id);
    if (!rc)
        rc = sql_prepare(h->db, &h->put_lineage, err,
                         "INSERT OR REPLACE INTO innomap_lineage "
                         "(layer_id, key, run_id, position) VALUES (%Q, ?, %lld, ?)",
                         h->layer_id, (long long)h->run_id);
    return rc;
}

enum im_code history_begin(struct store *store,
                           const char *layer_id,
                           struct history_writer **out,
                           struct im_error *err)
{
    struct history_writer *h = calloc(1, sizeof *h);
    enum im_code rc = IM_OK;

    if (!h)
        return im_fail(err, IM_ENOMEM, "history: out of memory");
    *h = (struct history_writer){.store = store,
                                 .db = store_db(store),
                                 .arena = im_arena_new(ARENA_MAX),
                                 .key = -1,
                                 .record = {.max = RECORD_MAX}};
    if (h->arena)
        h->layer_id = im_arena_strdup(h->arena, im_bytes_of(layer_id));
    if (!h->arena || !h->layer_id) {
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
        goto done;
    }
    rc = sql_integer(h->db, &h->run_id, err,
                     "SELECT coalesce(max(run_id), 0) + 1 FROM innomap_runs");
    int64_t lineage = 0;
    if (!rc)
        rc = sql_integer(h->db, &lineage, err,
                         "SELECT EXISTS (SELECT 1 FROM innomap_lineage "
                         "WHERE layer_id = %Q)",
                         layer_id);
    h->has_lineage = lineage != 0;
    if (!rc)
        rc = read_catalog(h, err);
    if (!rc && h->had_layer)
        rc = record_columns(h->db, layer_id, h->arena, &h->columns, err);
    if (!rc && h->had_layer)
        rc = find_key(h, err);
    if (!rc)
        rc = prepare(h, err);
    if (rc)
        goto done;
    *out = h;
    h = NULL;
done:
    history_free(h);
    return rc;
}

void history_free(struct history_writer *h)
{
    if (!h)
        return;
    sqlite3_value_free(h->changed);
    sqlite3_finalize(h->read);
    sqlite3_finalize(h->put);
    sqlite3_finalize(h->find_lineage);
    sqlite3_finalize(h->put_lineage);
    im_buf_release(&h->record);
    im_arena_free(h->arena);
    free(h);
}

int64_t history_run_id(const struct history_writer *h)
{
    return h->run_id;
}

/* ---- rows ---- */

static enum im_code put_added(struct history_writer *h, struct im_error *err)
{
    if (h->first == 0)
        return IM_OK;
    sqlite3_clear_bindings(h->put);
    sql_bind_text(h->put, 1, "added");
    sqlite3_bind_int64(h->put, 2, h->first);
    sqlite3_bind_int64(h->put, 3, h->last);
    h->first = 0;
    return sql_run(h->put, err);
}

enum im_code history_added(struct history_writer *h, int64_t fid, struct im_error *err)
{
    enum im_code rc = IM_OK;

    h->is_changed = true;
    if (h->first && fid == h->last + 1) {
        h->last = fid;
        return IM_OK;
    }
    rc = put_added(h, err);
    h->first = h->last = fid;
    return rc;
}

static enum im_code write_record(struct history_writer *h,
                                 const char *op,
                                 int64_t fid,
                                 struct im_error *err)
{
    int n = sqlite3_column_count(h->read);

    im_buf_clear(&h->record);
    for (int i = 1; i < n; i++)
        put_column(&h->record, h->read, i);
    enum im_code rc = im_buf_check(&h->record, "row", err);
    if (rc)
        return rc;
    sqlite3_clear_bindings(h->put);
    sql_bind_text(h->put, 1, op);
    sqlite3_bind_int64(h->put, 2, fid);
    sqlite3_bind_int64(h->put, 3, fid);
    if (h->key >= 0)
        sqlite3_bind_value(h->put, 4, sqlite3_column_value(h->read, h->key + 1));
    sqlite3_bind_blob(h->put, 5, h->record.data, (int)h->record.len, SQLITE_STATIC);
    h->n_bytes += h->record.len;
    h->is_changed = true;
    return sql_run(h->put, err);
}

/* Does an older lineage of the key hold still? The key is bound to both statements. */
static enum im_code
find_lineage(struct history_writer *h, bool *has, struct im_error *err)
{
    bool row = false;
    enum im_code rc = sql_step(h->find_lineage, &row, err);

    *has = !rc && row && sqlite3_column_int(h->find_lineage, 0);
    sqlite3_reset(h->find_lineage);
    return rc;
}

static enum im_code
put_lineage(struct history_writer *h, struct im_bytes position, struct im_error *err)
{
    bool has = position.len > 0;
    enum im_code rc = has || !h->has_lineage ? IM_OK : find_lineage(h, &has, err);

    if (rc || !has)
        return rc;
    sqlite3_bind_text(h->put_lineage, 2,
                      position.len ? (const char *)position.data : "",
                      (int)position.len, SQLITE_STATIC);
    h->has_lineage = true;
    return sql_run(h->put_lineage, err);
}

static enum im_code
keep_row(struct history_writer *h, const char *op, int64_t fid, struct im_error *err)
{
    bool row = false;
    enum im_code rc = IM_OK;

    if (!h->columns) /* the run itself has made the table */
        rc = record_columns(h->db, h->layer_id, h->arena, &h->columns, err);
    if (!rc && !h->read)
        rc = prepare_read(h, err);
    if (rc)
        return rc;
    sqlite3_bind_int64(h->read, 1, fid);
    rc = sql_step(h->read, &row, err);
    if (!rc && row)
        rc = write_record(h, op, fid, err);
    sqlite3_value_free(h->changed);
    h->changed = !rc && row && h->key >= 0
                     ? sqlite3_value_dup(sqlite3_column_value(h->read, h->key + 1))
                     : NULL;
    sqlite3_reset(h->read);
    return rc;
}

enum im_code
history_changed(struct history_writer *h, int64_t fid, struct im_error *err)
{
    return keep_row(h, "changed", fid, err);
}

enum im_code history_gone(struct history_writer *h, int64_t fid, struct im_error *err)
{
    enum im_code rc = keep_row(h, "gone", fid, err);

    return rc ? rc : history_lineage(h, NULL, (struct im_bytes){NULL, 0}, err);
}

static void bind_key(sqlite3_stmt *stmt, const struct source_value *key)
{
    switch (key->kind) {
    case SOURCE_TEXT:
        sqlite3_bind_text(stmt, 1, (const char *)key->text.data, (int)key->text.len,
                          SQLITE_STATIC);
        return;
    case SOURCE_REAL:
        sqlite3_bind_double(stmt, 1, key->real);
        return;
    default:
        sqlite3_bind_int64(stmt, 1, key->integer);
        return;
    }
}

enum im_code history_lineage(struct history_writer *h,
                             const struct source_value *key,
                             struct im_bytes position,
                             struct im_error *err)
{
    if (key && key->kind != SOURCE_NULL) {
        bind_key(h->find_lineage, key);
        bind_key(h->put_lineage, key);
    } else if (!key && h->changed && sqlite3_value_type(h->changed) != SQLITE_NULL) {
        sqlite3_bind_value(h->find_lineage, 1, h->changed);
        sqlite3_bind_value(h->put_lineage, 1, h->changed);
    } else {
        return IM_OK; /* nothing to know it by */
    }
    return put_lineage(h, position, err);
}

/* ---- the end ---- */

/* *same: the layer has this definition and style now. */
static enum im_code compare_catalog(struct history_writer *h,
                                    bool *has,
                                    bool *same_definition,
                                    bool *same_style,
                                    struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = sql_prepare(
        h->db, &stmt, err, "SELECT definition, style FROM innomap_layers WHERE id = %Q",
        h->layer_id);

    if (!rc)
        rc = sql_step(stmt, has, err);
    *same_definition =
        !rc && *has && h->had_layer && strcmp(sql_text(stmt, 0), h->definition) == 0;
    *same_style =
        !rc && *has && h->had_layer && strcmp(sql_text(stmt, 1), h->style) == 0;
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code
write_end(struct history_writer *h, bool definition, bool style, struct im_error *err)
{
    struct im_buf columns = {.max = 1 << 20};
    sqlite3_stmt *stmt = NULL;
    enum im_code rc =
        sql_prepare(h->db, &stmt, err,
                    "UPDATE innomap_runs SET kept = 1, n_bytes = ?, columns = ?, "
                    "definition_before = ?, style_before = ? WHERE run_id = %lld",
                    (long long)h->run_id);

    write_columns(h->columns, &columns);
    if (!rc)
        rc = im_buf_check(&columns, "columns", err);
    if (!rc) {
        sqlite3_bind_int64(stmt, 1, (int64_t)h->n_bytes);
        sql_bind_text(stmt, 2, (char *)columns.data);
        if (definition)
            sql_bind_text(stmt, 3, h->had_layer ? h->definition : "");
        if (style)
            sql_bind_text(stmt, 4, h->had_layer ? h->style : "");
        rc = sql_run(stmt, err);
    }
    sqlite3_finalize(stmt);
    im_buf_release(&columns);
    return rc;
}

enum im_code history_end(struct history_writer *h, struct im_error *err)
{
    bool has = false;
    bool same_definition = true;
    bool same_style = true;
    enum im_code rc = put_added(h, err);

    if (!rc)
        rc = compare_catalog(h, &has, &same_definition, &same_style, err);
    if (rc || (!has && !h->had_layer) ||
        (!h->is_changed && same_definition && same_style))
        return rc;
    return write_end(h, !same_definition, !same_style, err);
}
