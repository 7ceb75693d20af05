/* SPDX-License-Identifier: Apache-2.0 */
/* Does a stored row differ from the file's, and what is told of it. */
#include "commit.h"
#include "internal.h"

#include <math.h>

bool commit_is_for_stored(const struct stage *stage, size_t f)
{
    return stage->has_field[f] && (int)f != stage->schema->key &&
           !(stage->is_derived && stage->is_derived[f]);
}

static bool same_bytes(sqlite3_stmt *stmt, int column, struct im_bytes expected)
{
    const void *data = sqlite3_column_blob(stmt, column);
    struct im_bytes stored = {data, (size_t)sqlite3_column_bytes(stmt, column)};

    return im_bytes_equal(stored, expected);
}

static bool same_value(sqlite3_stmt *stmt, int column, const struct source_value *value)
{
    int type = sqlite3_column_type(stmt, column);

    switch (value->kind) {
    case SOURCE_NULL:
        return type == SQLITE_NULL;
    case SOURCE_INTEGER:
        return type == SQLITE_INTEGER &&
               sqlite3_column_int64(stmt, column) == value->integer;
    case SOURCE_REAL:
        return type == SQLITE_FLOAT &&
               sqlite3_column_double(stmt, column) == value->real;
    case SOURCE_TEXT:
        return type == SQLITE_TEXT && same_bytes(stmt, column, value->text);
    }
    return false;
}

/* Nine decimals are what folders and other programs keep of a position (0.1 mm). */
static const double SAME_DEG = 1e-9;

static bool same_ends(const uint32_t *a, const uint32_t *b, uint32_t n)
{
    return n == 0 || !a || !b || memcmp(a, b, n * sizeof *a) == 0;
}

static bool same_positions(const struct geom *a, const struct geom *b)
{
    if (a->kind != b->kind || a->n_points != b->n_points || a->n_parts != b->n_parts ||
        a->n_areas != b->n_areas || !same_ends(a->part_end, b->part_end, a->n_parts) ||
        !same_ends(a->area_end, b->area_end, a->n_areas))
        return false;
    for (size_t i = 0; i < 2 * (size_t)a->n_points; i++)
        if (!(fabs(a->lonlat[i] - b->lonlat[i]) <= SAME_DEG))
            return false;
    return true;
}

/* Of one layout, and each position where it was. */
static bool nearly_same(struct im_bytes a, struct im_bytes b)
{
    struct im_arena *arena = a.len == b.len ? im_arena_new(8 * a.len + 65536) : NULL;
    struct im_error ignored = {0};
    struct geom x, y;
    bool same = arena && blob_decode(a, arena, &x, &ignored) == IM_OK &&
                blob_decode(b, arena, &y, &ignored) == IM_OK && same_positions(&x, &y);

    im_arena_free(arena);
    return same;
}

bool commit_same_geometry(const struct commit *c,
                          const struct stage_entry *entry,
                          sqlite3_stmt *stmt,
                          int column)
{
    bool is_null = sqlite3_column_type(stmt, column) == SQLITE_NULL;

    if (entry->flags & STAGE_KEEP_PLACE && !is_null)
        return true;
    if (c->row.blob.len == 0)
        return is_null;
    if (is_null || same_bytes(stmt, column, c->row.blob))
        return !is_null;
    struct im_bytes stored = {sqlite3_column_blob(stmt, column),
                              (size_t)sqlite3_column_bytes(stmt, column)};
    return nearly_same(stored, c->row.blob);
}

bool commit_same_row(const struct commit *c,
                     const struct stage_entry *entry,
                     sqlite3_stmt *stmt)
{
    int column = 0;

    for (size_t f = 0; f < c->stage->schema->n_fields; f++) {
        column += c->stage->has_field[f];
        if (commit_is_for_stored(c->stage, f) &&
            !same_value(stmt, column, &c->row.values[f]))
            return false;
    }
    return !c->stage->has_geom || commit_same_geometry(c, entry, stmt, column + 1);
}

/* ---- telling ---- */

enum { TEXT_BYTES = 256 };

void stored_value(sqlite3_stmt *stmt, int column, struct source_value *out)
{
    *out = (struct source_value){.kind = SOURCE_NULL};
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        out->kind = SOURCE_INTEGER;
        out->integer = sqlite3_column_int64(stmt, column);
        return;
    case SQLITE_FLOAT:
        out->kind = SOURCE_REAL;
        out->real = sqlite3_column_double(stmt, column);
        return;
    case SQLITE_TEXT:
        out->kind = SOURCE_TEXT;
        out->text.data = sqlite3_column_text(stmt, column);
        out->text.len = (size_t)sqlite3_column_bytes(stmt, column);
        return;
    default:
        return;
    }
}

/* Terminated; what is too long is cut at a character. */
static const char *show_value(const struct source_value *value, char out[TEXT_BYTES])
{
    size_t len = 0;

    switch (value->kind) {
    case SOURCE_NULL:
        break;
    case SOURCE_INTEGER:
        len = (size_t)snprintf(out, TEXT_BYTES, "%lld", (long long)value->integer);
        break;
    case SOURCE_REAL:
        len = (size_t)snprintf(out, TEXT_BYTES, "%.15g", value->real);
        break;
    case SOURCE_TEXT:
        len = value->text.len;
        if (len >= TEXT_BYTES)
            len = im_utf8_cut((const char *)value->text.data, TEXT_BYTES - 1);
        memcpy(out, value->text.data, len);
        break;
    }
    out[len] = '\0';
    return out;
}

static const char *show_place(struct im_bytes blob, char out[TEXT_BYTES])
{
    struct identity_place place = identity_place_of_blob(blob);

    out[0] = '\0';
    if (place.is_known)
        snprintf(out, TEXT_BYTES, "%.7f %.7f", place.x, place.y);
    return out;
}

static const struct source_value *name_of(const struct commit *c)
{
    static const struct source_value none = {.kind = SOURCE_NULL};

    if (c->name_field == SCHEMA_NO_FIELD || !c->stage->has_field[c->name_field])
        return &none;
    return &c->row.values[c->name_field];
}

/* `e` with where and who added. */
static enum im_code tell(struct commit *c,
                         struct import_event e,
                         const struct source_value *key,
                         struct im_error *err)
{
    char key_text[TEXT_BYTES];
    char name_text[TEXT_BYTES];

    if (!c->report->log)
        return IM_OK;
    e.source = c->report->source;
    e.sheet = c->row.sheet;
    e.row = c->row.row;
    e.key = show_value(key, key_text);
    e.name = show_value(name_of(c), name_text);
    return import_log_add(c->report->log, &e, err);
}

/* One event for each field that differs. */
enum im_code commit_tell_changes(struct commit *c,
                                 const struct stage_entry *entry,
                                 sqlite3_stmt *stmt,
                                 const struct source_value *key,
                                 struct im_error *err)
{
    const struct layer_schema *schema = c->stage->schema;
    char before[TEXT_BYTES];
    char after[TEXT_BYTES];
    int column = 0;
    enum im_code rc = IM_OK;

    for (size_t f = 0; !rc && f < schema->n_fields; f++) {
        struct source_value old;

        column += c->stage->has_field[f];
        if (!commit_is_for_stored(c->stage, f) ||
            same_value(stmt, column, &c->row.values[f]))
            continue;
        stored_value(stmt, column, &old);
        rc = tell(c,
                  (struct import_event){.kind = IMPORT_CHANGED,
                                        .field = schema->fields[f].name,
                                        .value = show_value(&old, before),
                                        .after = show_value(&c->row.values[f], after),
                                        .code = "changed"},
                  key, err);
    }
    if (rc || !c->stage->has_geom || commit_same_geometry(c, entry, stmt, ++column))
        return rc;
    struct im_bytes old = {sqlite3_column_blob(stmt, column),
                           (size_t)sqlite3_column_bytes(stmt, column)};
    return tell(c,
                (struct import_event){.kind = IMPORT_CHANGED,
                                      .field = "geometry",
                                      .value = show_place(old, before),
                                      .after = show_place(c->row.blob, after),
                                      .code = "changed"},
                key, err);
}

/* NULL when there are none, or no memory. */
static const char **list_cells(struct im_bytes cells)
{
    const char *text = (const char *)cells.data;
    const char **list = NULL;
    size_t n = 0;

    for (size_t i = 0; i < cells.len; i++)
        n += text[i] == '\0';
    if (n)
        list = calloc(n + 1, sizeof *list);
    for (size_t i = 0; list && i < n; i++) {
        list[i] = text;
        text += strlen(text) + 1;
    }
    return list;
}

enum im_code commit_tell_known(struct commit *c,
                               const struct source_value *key,
                               struct im_error *err)
{
    char name[TEXT_BYTES];
    const char **cells = list_cells(c->row.cells);
    bool has_name = name_of(c)->kind != SOURCE_NULL;
    int f = has_name ? c->name_field : c->stage->schema->key;
    enum im_code rc = tell(
        c,
        (struct import_event){
            .kind = IMPORT_REFUSED,
            .field = job_column_of(c->report, c->stage->schema->fields[f].name),
            .value = show_value(has_name ? name_of(c) : key, name),
            .code = "already_known",
            .reason_zh = "图层中已有此条目",
            .reason_en = "the layer has this row already",
            .suggestion_zh = "要更新已有条目，请不用 --mode append",
            .suggestion_en = "to change rows that are there, leave out --mode append",
            .cells = cells},
        key, err);

    free(cells);
    return rc;
}

enum im_code commit_tell_gone(struct commit *c,
                              const struct source_value *key,
                              sqlite3_stmt *stmt,
                              struct im_error *err)
{
    char key_text[TEXT_BYTES];
    char name_text[TEXT_BYTES];
    struct source_value name;

    if (!c->report->log)
        return IM_OK;
    stored_value(stmt, 2, &name);
    return import_log_add(
        c->report->log,
        &(struct import_event){.kind = IMPORT_GONE,
                               .source = c->report->source,
                               .key = show_value(key, key_text),
                               .name = show_value(&name, name_text),
                               .code = "gone",
                               .reason_zh = "文件中没有此条目",
                               .reason_en = "the file does not have it"},
        err);
}
