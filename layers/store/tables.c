/* SPDX-License-Identifier: Apache-2.0 */
/* A layer's table, its geometry column and its line in the catalog. */
#include "internal.h"

static const char *const COLUMN_TYPES[] = {
    [FIELD_TEXT] = "TEXT", [FIELD_INTEGER] = "INTEGER", [FIELD_REAL] = "REAL"};

/* Multiples for lines and areas, because tools want one class in a column and real
 * data has both. */
static const char *const GEOMETRY_CLASSES[] = {[SCHEMA_NONE] = NULL,
                                               [SCHEMA_POINT] = "POINT",
                                               [SCHEMA_LINE] = "MULTILINESTRING",
                                               [SCHEMA_AREA] = "MULTIPOLYGON",
                                               [SCHEMA_MIXED] = "GEOMETRY"};
/* geometry_columns.geometry_type of the classes above (SpatiaLite 4 and later) */
static const int GEOMETRY_TYPES[] = {[SCHEMA_NONE] = -1,
                                     [SCHEMA_POINT] = 1,
                                     [SCHEMA_LINE] = 5,
                                     [SCHEMA_AREA] = 6,
                                     [SCHEMA_MIXED] = 0};

static bool is_reserved_column(const char *name)
{
    static const char *const reserved[] = {"fid", "geom", "rowid", "oid", "_rowid_"};

    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

static enum im_code check_names(const struct layer_schema *schema, struct im_error *err)
{
    if (strncmp(schema->id, "innomap_", 8) == 0 ||
        strncmp(schema->id, "idx_", 4) == 0 || strncmp(schema->id, "sqlite_", 7) == 0) {
        im_fail(err, IM_EDATA, "layer id '%s' is reserved; choose another", schema->id);
        return im_zh(err, IM_EDATA, "图层编号“%s”是保留名，请另取一个", schema->id);
    }
    for (size_t i = 0; i < schema->n_fields; i++)
        if (is_reserved_column(schema->fields[i].name)) {
            im_fail(err, IM_EDATA,
                    "layer '%s': field name '%s' is reserved (fid, geom, rowid, oid); "
                    "choose another",
                    schema->id, schema->fields[i].name);
            return im_zh(
                err, IM_EDATA,
                "图层“%s”：字段名“%s”是保留名（fid、geom、rowid、oid），请另取一个",
                schema->id, schema->fields[i].name);
        }
    return IM_OK;
}

static enum im_code
make_spatial_index(struct store *store, const char *layer, struct im_error *err)
{
    return sql_spatialite(store->db, err, "SELECT CreateSpatialIndex(%Q, 'geom')",
                          layer);
}

static enum im_code make_key_index(struct store *store,
                                   const struct layer_schema *schema,
                                   struct im_error *err)
{
    return sql_execf(store->db, err,
                     "CREATE UNIQUE INDEX \"innomap_key_%w\" ON \"%w\" (\"%w\")",
                     schema->id, schema->id, schema->fields[schema->key].name);
}

/* The definition may have made another field the key. */
static enum im_code renew_key_index(struct store *store,
                                    const struct layer_schema *schema,
                                    struct im_error *err)
{
    int64_t same = 0;
    enum im_code rc = sql_integer(store->db, &same, err,
                                  "SELECT count(*) FROM pragma_index_info("
                                  "'innomap_key_' || %Q) WHERE name = %Q",
                                  schema->id, schema->fields[schema->key].name);

    if (rc || same)
        return rc;
    rc = sql_execf(store->db, err, "DROP INDEX IF EXISTS \"innomap_key_%w\"",
                   schema->id);
    return rc ? rc : make_key_index(store, schema, err);
}

static enum im_code
make_table(struct store *store, const struct layer_schema *schema, struct im_error *err)
{
    struct im_buf sql = {.max = 1 << 20};

    im_buf_printf(&sql, "CREATE TABLE \"%s\" (fid INTEGER PRIMARY KEY", schema->id);
    for (size_t i = 0; i < schema->n_fields; i++)
        im_buf_printf(&sql, ", \"%s\" %s", schema->fields[i].name,
                      COLUMN_TYPES[schema->fields[i].type]);
    im_buf_append(&sql, ")", sizeof ")");
    enum im_code rc = im_buf_check(&sql, "table definition", err);
    if (!rc)
        rc = sql_exec(store->db, (const char *)sql.data, err);
    im_buf_release(&sql);
    if (!rc)
        rc = make_key_index(store, schema, err);
    if (rc || schema->geometry == SCHEMA_NONE)
        return rc;
    rc = sql_spatialite(store->db, err,
                        "SELECT AddGeometryColumn(%Q, 'geom', 4326, %Q, 'XY')",
                        schema->id, GEOMETRY_CLASSES[schema->geometry]);
    return rc ? rc : make_spatial_index(store, schema->id, err);
}

static enum im_code fail_type(struct im_error *err,
                              const char *layer,
                              const char *field,
                              const char *was,
                              const char *is)
{
    im_fail(
        err, IM_EDATA,
        "layer '%s': field '%s' is %s in the database and %s in the definition; give "
        "the field another name or import into a new database",
        layer, field, was, is);
    return im_zh(err, IM_EDATA,
                 "图层“%s”：字段“%s”在数据库中是 %s，在定义中是 %s；请给字段改名，"
                 "或导入到新的数据库",
                 layer, field, was, is);
}

static enum im_code check_geometry(struct store *store,
                                   const struct layer_schema *schema,
                                   struct im_error *err)
{
    int64_t type = -1;
    enum im_code rc =
        sql_integer(store->db, &type, err,
                    "SELECT coalesce(max(geometry_type), -1) FROM geometry_columns "
                    "WHERE f_table_name = %Q",
                    schema->id);

    if (rc || type == GEOMETRY_TYPES[schema->geometry])
        return rc;
    im_fail(
        err, IM_EDATA,
        "layer '%s' changed its kind of geometry; give it another id or import into "
        "a new database",
        schema->id);
    return im_zh(err, IM_EDATA,
                 "图层“%s”的几何类型变了；请另取编号，或导入到新的数据库", schema->id);
}

/* Add the columns that the table lacks; refuse those whose type became another. */
static enum im_code extend_table(struct store *store,
                                 const struct layer_schema *schema,
                                 struct im_error *err)
{
    sqlite3_stmt *find = NULL;
    enum im_code rc = check_geometry(store, schema, err);

    if (!rc)
        rc = sql_prepare(store->db, &find, err,
                         "SELECT type FROM pragma_table_info(%Q) WHERE name = ?",
                         schema->id);
    for (size_t i = 0; !rc && i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];
        bool row = false;

        sql_bind_text(find, 1, field->name);
        rc = sql_step(find, &row, err);
        if (!rc && row && strcmp(sql_text(find, 0), COLUMN_TYPES[field->type]) != 0)
            rc = fail_type(err, schema->id, field->name, sql_text(find, 0),
                           COLUMN_TYPES[field->type]);
        sqlite3_reset(find);
        if (!rc && !row)
            rc = sql_execf(store->db, err, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s",
                           schema->id, field->name, COLUMN_TYPES[field->type]);
    }
    sqlite3_finalize(find);
    return rc ? rc : renew_key_index(store, schema, err);
}

static enum im_code write_catalog(struct store *store,
                                  const char *id,
                                  struct im_bytes definition,
                                  struct im_bytes style,
                                  struct im_error *err)
{
    sqlite3_stmt *put = NULL;
    enum im_code rc = sql_prepare(
        store->db, &put, err,
        "INSERT INTO innomap_layers (id, definition, style, version, changed_at) "
        /* a layer that was there before goes on counting: caches know its numbers */
        "VALUES (?1, ?2, ?3, (SELECT coalesce(max(version), 0) FROM innomap_runs "
        "WHERE layer_id = ?1), '') ON CONFLICT (id) DO UPDATE SET "
        "definition = ?2, style = ?3");

    if (rc)
        return rc;
    sql_bind_text(put, 1, id);
    sqlite3_bind_text(put, 2, (const char *)definition.data, (int)definition.len,
                      SQLITE_STATIC);
    sqlite3_bind_text(put, 3, style.len ? (const char *)style.data : "", (int)style.len,
                      SQLITE_STATIC);
    rc = sql_run(put, err);
    sqlite3_finalize(put);
    return rc ? rc : store_touch_layer(store, id, err);
}

/* *state: 0 the catalog does not know the layer, 1 other content, 2 the same */
static enum im_code compare_catalog(struct store *store,
                                    const char *id,
                                    struct im_bytes definition,
                                    struct im_bytes style,
                                    int *state,
                                    struct im_error *err)
{
    sqlite3_stmt *find = NULL;
    bool row = false;
    enum im_code rc =
        sql_prepare(store->db, &find, err,
                    "SELECT definition, style FROM innomap_layers WHERE id = %Q", id);

    if (!rc)
        rc = sql_step(find, &row, err);
    if (!rc && row) {
        bool same = im_bytes_equal(definition, im_bytes_of(sql_text(find, 0))) &&
                    im_bytes_equal(style, im_bytes_of(sql_text(find, 1)));

        *state = same ? 2 : 1;
    } else {
        *state = 0;
    }
    sqlite3_finalize(find);
    return rc;
}

enum im_code store_put_layer(struct store *store,
                             const struct layer_schema *schema,
                             struct im_bytes definition_json,
                             struct im_bytes style_json,
                             bool *changed,
                             struct im_error *err)
{
    int state = 0;
    int64_t taken = 0;
    enum im_code rc = check_names(schema, err);

    if (!rc)
        rc = compare_catalog(store, schema->id, definition_json, style_json, &state,
                             err);
    if (rc)
        return rc;
    *changed = state != 2;
    if (state == 2)
        return IM_OK;
    if (state == 1) {
        rc = extend_table(store, schema, err);
    } else {
        rc = sql_integer(store->db, &taken, err,
                         "SELECT count(*) FROM sqlite_master WHERE name = %Q",
                         schema->id);
        if (!rc && taken) {
            im_fail(err, IM_EDATA,
                    "the database has another table '%s'; give the layer another id",
                    schema->id);
            return im_zh(err, IM_EDATA, "数据库中已有别的表“%s”，请给图层另取编号",
                         schema->id);
        }
        if (!rc)
            rc = make_table(store, schema, err);
    }
    return rc ? rc : write_catalog(store, schema->id, definition_json, style_json, err);
}

static enum im_code
run_built(struct store *store, struct im_buf *sql, struct im_error *err)
{
    im_buf_byte(sql, 0);
    enum im_code rc = im_buf_check(sql, "triggers", err);
    return rc ? rc : sql_exec(store->db, (const char *)sql->data, err);
}

/* SpatiaLite's triggers check each row's geometry, write its entry of the index and the
 * time; together they take longer than the row. What they do is done once instead. */
static enum im_code
drop_triggers(struct store *store, const char *layer, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct im_buf sql = {.max = 1 << 20};
    bool row = true;
    enum im_code rc = sql_exec(store->db,
                               "CREATE TEMP TABLE IF NOT EXISTS innomap_triggers "
                               "(layer TEXT NOT NULL, sql TEXT NOT NULL)",
                               err);

    if (!rc)
        rc = sql_execf(store->db, err,
                       "INSERT INTO temp.innomap_triggers SELECT %Q, sql FROM "
                       "main.sqlite_master WHERE type = 'trigger' AND tbl_name = %Q",
                       layer, layer);
    if (!rc)
        rc = sql_prepare(store->db, &stmt, err,
                         "SELECT name FROM main.sqlite_master WHERE type = 'trigger' "
                         "AND tbl_name = %Q",
                         layer);
    while (!rc && !(rc = sql_step(stmt, &row, err)) && row)
        im_buf_printf(&sql, "DROP TRIGGER \"%s\";", sql_text(stmt, 0));
    sqlite3_finalize(stmt);
    if (!rc)
        rc = run_built(store, &sql, err);
    im_buf_release(&sql);
    return rc;
}

static enum im_code
make_triggers(struct store *store, const char *layer, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct im_buf sql = {.max = 1 << 20};
    bool row = true;
    enum im_code rc =
        sql_prepare(store->db, &stmt, err,
                    "SELECT sql FROM temp.innomap_triggers WHERE layer = %Q", layer);

    while (!rc && !(rc = sql_step(stmt, &row, err)) && row)
        im_buf_printf(&sql, "%s;\n", sql_text(stmt, 0));
    sqlite3_finalize(stmt);
    if (!rc)
        rc = run_built(store, &sql, err);
    im_buf_release(&sql);
    if (!rc)
        rc = sql_execf(store->db, err,
                       "DELETE FROM temp.innomap_triggers WHERE layer = %Q", layer);
    return rc ? rc
              : sql_execf(store->db, err,
                          "UPDATE geometry_columns_time SET last_insert = now, "
                          "last_update = now FROM (SELECT "
                          "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now') AS now) WHERE "
                          "f_table_name = %Q",
                          layer);
}

enum im_code store_drop_indexes(struct store *store,
                                const struct layer_schema *schema,
                                struct im_error *err)
{
    enum im_code rc =
        sql_execf(store->db, err, "DROP INDEX \"innomap_key_%w\"", schema->id);

    return rc || schema->geometry == SCHEMA_NONE
               ? rc
               : drop_triggers(store, schema->id, err);
}

/* Other programs have a button that takes it away. */
static enum im_code has_spatial_index(struct store *store,
                                      const char *layer,
                                      bool *has,
                                      struct im_error *err)
{
    int64_t n = 0;
    enum im_code rc =
        sql_integer(store->db, &n, err,
                    "SELECT count(*) FROM geometry_columns WHERE f_table_name = %Q AND "
                    "spatial_index_enabled = 1 AND EXISTS (SELECT 1 FROM "
                    "main.sqlite_master WHERE name = 'idx_' || %Q || '_geom_node')",
                    layer, layer);

    *has = n > 0;
    return rc;
}

enum im_code store_make_indexes(struct store *store,
                                const struct layer_schema *schema,
                                struct im_error *err)
{
    bool has = false;
    enum im_code rc = make_key_index(store, schema, err);

    if (rc || schema->geometry == SCHEMA_NONE)
        return rc;
    rc = has_spatial_index(store, schema->id, &has, err);
    if (!rc && has)
        rc = store_fill_rtree(store, schema->id, err);
    if (!rc)
        rc = make_triggers(store, schema->id, err);
    return rc || has ? rc : make_spatial_index(store, schema->id, err);
}

/* What UpdateLayerStatistics would write, but for its look into every column: that one
 * goes on for ever when a step of it fails (libspatialite 5.0.1). */
static enum im_code
write_statistics(struct store *store, const char *layer, struct im_error *err)
{
    return sql_execf(
        store->db, err,
        "UPDATE geometry_columns_statistics SET last_verified = "
        "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now'), row_count = n, extent_min_x = a, "
        "extent_min_y = b, extent_max_x = c, extent_max_y = d FROM (SELECT min(xmin) "
        "AS "
        "a, min(ymin) AS b, max(xmax) AS c, max(ymax) AS d FROM \"idx_%w_geom\"), "
        "(SELECT count(*) AS n FROM \"%w\") WHERE f_table_name = lower(%Q)",
        layer, layer, layer);
}

enum im_code store_analyze(struct store *store, const char *layer, struct im_error *err)
{
    int64_t spatial = 0;
    enum im_code rc = sql_execf(store->db, err, "ANALYZE \"%w\"", layer);

    if (!rc)
        rc = sql_integer(
            store->db, &spatial, err,
            "SELECT count(*) FROM geometry_columns WHERE f_table_name = %Q", layer);
    if (rc || !spatial)
        return rc;
    bool has = false;
    rc = has_spatial_index(store, layer, &has, err);
    if (!rc && has)
        rc = write_statistics(store, layer, err);
    /* what SpatiaLite once said of the fields would hide those that came later */
    return rc ? rc
              : sql_execf(store->db, err,
                          "DELETE FROM geometry_columns_field_infos WHERE "
                          "f_table_name = lower(%Q)",
                          layer);
}
