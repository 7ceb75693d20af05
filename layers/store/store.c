/* SPDX-License-Identifier: Apache-2.0 */
/* Open, make and close a store; its transactions and versions. */
#include "internal.h"

#include <spatialite.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A large import leaves a large -wal file; beyond this it is cut after the check-point.
 */
enum { BUSY_MS = 5000, WRITE_CACHE_KIB = 64 * 1024, WAL_KEPT_BYTES = 64 << 20 };

/* `file:` URI of a path (sqlite.org/uri.html, 3.1: ?, # and % are escaped). */
static char *immutable_uri(const char *path)
{
    struct im_buf uri = {.max = 16384};

    im_buf_text(&uri, "file:");
    for (const char *p = path; *p; p++) {
        if (*p == '?' || *p == '#' || *p == '%')
            im_buf_printf(&uri, "%%%02x", (unsigned char)*p);
        else
            im_buf_byte(&uri, (uint8_t)*p);
    }
    im_buf_append(&uri, "?immutable=1", sizeof "?immutable=1");
    if (uri.failed)
        im_buf_release(&uri);
    return (char *)uri.data;
}

/*
 * A WAL database needs a -shm file beside it even for reading. On a medium that nobody
 * can write that is impossible, and needless: `immutable` reads without. Only there,
 * because on any other file system somebody else may be writing.
 */
static bool is_on_readonly_medium(const char *path)
{
    struct statvfs info;

    return statvfs(path, &info) == 0 && (info.f_flag & ST_RDONLY);
}

/* `immutable` does not read the -wal file, so there must be nothing in it. */
static bool has_unmerged_wal(const char *path)
{
    struct stat info;
    struct im_buf wal = {.max = 16384};

    im_buf_printf(&wal, "%s-wal", path);
    im_buf_byte(&wal, 0);
    bool has = wal.failed || (stat((char *)wal.data, &info) == 0 && info.st_size > 0);
    im_buf_release(&wal);
    return has;
}

static enum im_code
open_immutable(const char *path, sqlite3 **out, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (has_unmerged_wal(path)) {
        im_fail(
            err, IM_EENV,
            "database '%s' lies on a read-only medium with an unfinished -wal file; "
            "open it once where it can be written, then copy it",
            path);
        return im_zh(
            err, IM_EENV,
            "数据库“%s”在只读介质上，却带有未合并的 -wal 文件；请先在可写处打开"
            "一次，再复制",
            path);
    }
    char *uri = immutable_uri(path);

    if (!uri)
        return im_fail(err, IM_ENOMEM, "open '%s': out of memory", path);
    if (sqlite3_open_v2(uri, out,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        rc = sql_fail(*out, err);
    free(uri);
    return rc;
}

/*
 * A reader opens for writing too where it may, and then promises not to change
 * anything: after a writer was killed it is the first to come who has to roll its
 * journal back or to make the -shm file anew, and a connection that only reads cannot.
 *
 * A reader belongs to one thread at a time: without SQLite's own mutexes, which are
 * taken for each value of each row, a scan takes a quarter less time.
 */
static int open_flags(const struct store *store)
{
    if (store->mode == STORE_READ)
        return SQLITE_OPEN_NOMUTEX |
               (access(store->path, W_OK) == 0 ? SQLITE_OPEN_READWRITE
                                               : SQLITE_OPEN_READONLY);
    return SQLITE_OPEN_READWRITE |
           (store->mode == STORE_CREATE ? SQLITE_OPEN_CREATE : 0);
}

static enum im_code open_connection(struct store *store, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (store->mode == STORE_READ && is_on_readonly_medium(store->path))
        rc = open_immutable(store->path, &store->db, err);
    else if (sqlite3_open_v2(store->path, &store->db, open_flags(store), NULL) !=
             SQLITE_OK)
        rc = sql_fail(store->db, err);
    if (rc)
        return rc;
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_extended_result_codes(store->db, 1);
    return store->mode == STORE_READ ? sql_exec(store->db, "PRAGMA query_only=1", err)
                                     : IM_OK;
}

/* After the checks on the file, a reader's "cannot open" and "read-only" mean the -wal
 * and -shm beside it. */
static enum im_code
explain_beside(const struct store *store, enum im_code rc, struct im_error *err)
{
    int code = rc ? sqlite3_errcode(store->db) & 0xff : SQLITE_OK;

    if (code != SQLITE_CANTOPEN &&
        !(code == SQLITE_READONLY && store->mode == STORE_READ))
        return rc;
    im_fail(err, IM_EENV,
            "cannot make files beside database '%s'; give write permission to its "
            "folder, or copy the database to one that has it",
            store->path);
    return im_zh(
        err, IM_EENV,
        "无法在数据库“%s”旁建立文件，请给它的文件夹写权限，或复制到可写的文件夹",
        store->path);
}

static enum im_code prepare_writer(struct store *store, struct im_error *err)
{
    if (sqlite3_db_readonly(store->db, "main") == 1) {
        im_fail(err, IM_EENV,
                "database '%s' can only be read; make it writable or name another with "
                "--db",
                store->path);
        return im_zh(err, IM_EENV, "数据库“%s”只读，请给它写权限，或用 --db 指定另一个",
                     store->path);
    }
    store->spatialite = spatialite_alloc_connection();
    if (!store->spatialite)
        return im_fail(err, IM_ENOMEM, "open '%s': out of memory", store->path);
    spatialite_init_ex(store->db, store->spatialite, 0);
    enum im_code rc =
        sql_execf(store->db, err, "PRAGMA journal_size_limit=%d", WAL_KEPT_BYTES);
    return rc ? rc
              : sql_execf(store->db, err, "PRAGMA cache_size=-%d", WRITE_CACHE_KIB);
}

/* The catalog tables, in one transaction. */
static enum im_code make_tables(struct store *store, struct im_error *err)
{
    bool is_blank = true;
    enum im_code rc = sql_exec(store->db, "PRAGMA journal_mode=WAL", err);

    if (!rc)
        rc = store_begin(store, err);
    if (rc)
        return rc;
    /* somebody else may have made it while this one waited for the lock */
    rc = store_check_database(store->db, store->path, &is_blank, err);
    if (!rc && is_blank) {
        /* not the "Full" form: its 190 further tables serve rasters, topologies and
           ISO metadata, and show up in other programs as if they were layers */
        rc = sql_spatialite(store->db, err, "SELECT InitSpatialMetaData(0)");
        if (!rc)
            rc = sql_exec(store->db, (const char *)store_schema_sql, err);
        if (!rc)
            rc = sql_execf(store->db, err, "PRAGMA application_id=%d",
                           STORE_APPLICATION_ID);
        if (!rc)
            rc = sql_execf(store->db, err, "PRAGMA user_version=%d",
                           STORE_SCHEMA_VERSION);
    }
    if (!rc)
        rc = store_commit(store, err);
    if (rc)
        store_rollback(store);
    return rc;
}

static enum im_code upgrade_tables(struct store *store, struct im_error *err)
{
    int64_t schema = 0;
    enum im_code rc = sql_integer(store->db, &schema, err, "PRAGMA user_version");

    /* somebody else may have done it while this one waited for the lock */
    if (!rc && schema < 2)
        rc = sql_exec(store->db, (const char *)store_upgrade_2_sql, err);
    return rc ? rc
              : sql_execf(store->db, err, "PRAGMA user_version=%d",
                          STORE_SCHEMA_VERSION);
}

/* A file of an older schema becomes one of the present one, in one transaction. */
static enum im_code upgrade(struct store *store, struct im_error *err)
{
    int64_t schema = 0;
    enum im_code rc = sql_integer(store->db, &schema, err, "PRAGMA user_version");

    if (rc || schema == STORE_SCHEMA_VERSION)
        return rc;
    rc = store_begin(store, err);
    if (rc)
        return rc;
    rc = upgrade_tables(store, err);
    if (!rc)
        rc = store_commit(store, err);
    if (rc)
        store_rollback(store);
    return rc;
}

static enum im_code check_or_make(struct store *store, struct im_error *err)
{
    bool is_blank = false;
    enum im_code rc = store_check_database(store->db, store->path, &is_blank, err);

    rc = explain_beside(store, rc, err);
    if (!rc && store->mode != STORE_READ)
        rc = prepare_writer(store, err);
    if (!rc && !is_blank && store->mode != STORE_READ)
        return upgrade(store, err);
    if (rc || !is_blank)
        return rc;
    if (store->mode == STORE_CREATE)
        return make_tables(store, err);
    im_fail(err, IM_EENV,
            "'%s' is a database without tables; fill it with `innomap import`",
            store->path);
    return im_zh(err, IM_EENV, "“%s”是没有任何表的数据库，请先用 innomap import 导入",
                 store->path);
}

enum im_code store_open(const char *path,
                        enum store_mode mode,
                        struct store **out,
                        struct im_error *err)
{
    struct store *store = NULL;
    bool is_new = false;
    enum im_code rc = store_check_file(path, mode, &is_new, err);

    if (rc)
        return rc;
    store = calloc(1, sizeof *store);
    if (!store || !(store->path = strdup(path))) {
        rc = im_fail(err, IM_ENOMEM, "open '%s': out of memory", path);
        goto done;
    }
    store->mode = mode;
    rc = explain_beside(store, open_connection(store, err), err);
    if (!rc)
        rc = check_or_make(store, err);
    if (rc)
        goto done;
    *out = store;
    store = NULL;
done:
    store_close(store);
    return rc;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    sqlite3_finalize(store->version);
    sqlite3_close_v2(store->db);
    if (store->spatialite)
        spatialite_cleanup_ex(store->spatialite);
    free(store->path);
    free(store);
}

sqlite3 *store_db(struct store *store)
{
    return store->db;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

enum im_code store_begin(struct store *store, struct im_error *err)
{
    store_end_scan(store);
    enum im_code rc = sql_exec(store->db, "BEGIN IMMEDIATE", err);
    store->is_writing = rc == IM_OK;
    return rc;
}

enum im_code store_commit(struct store *store, struct im_error *err)
{
    enum im_code rc = sql_exec(store->db, "COMMIT", err);

    if (!rc)
        store->is_writing = false;
    return rc;
}

/* A SpatiaLite function that fails half way may leave a statement of its own stepped:
 * it would hold the old snapshot, and every later DROP would find its table locked. */
static void reset_forgotten(sqlite3 *db)
{
    for (sqlite3_stmt *stmt = NULL; (stmt = sqlite3_next_stmt(db, stmt));)
        if (sqlite3_stmt_busy(stmt))
            sqlite3_reset(stmt);
}

void store_rollback(struct store *store)
{
    reset_forgotten(store->db);
    /* some errors (disk full) have rolled back already: then there is nothing to do */
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->is_writing = false;
}

enum im_code
store_data_version(struct store *store, uint64_t *out, struct im_error *err)
{
    bool row = false;
    enum im_code rc = IM_OK;

    if (store->cursors == 0)
        store_end_scan(store);
    if (!store->version)
        rc = sql_prepare(store->db, &store->version, err,
                         "SELECT value FROM innomap_meta WHERE key = 'data_version'");
    if (rc)
        return rc;
    rc = sql_step(store->version, &row, err);
    if (!rc)
        *out = row ? (uint64_t)sqlite3_column_int64(store->version, 0) : 0;
    sqlite3_reset(store->version);
    return rc;
}

enum im_code store_check_pages(struct store *store, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum im_code rc = sql_prepare(store->db, &stmt, err, "PRAGMA quick_check(1)");

    if (!rc)
        rc = sql_step(stmt, &row, err);
    if (!rc && row && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0) {
        rc = im_fail(err, IM_EENV,
                     "database '%s' is damaged; take a backup or import anew into "
                     "another file",
                     store->path);
        im_zh(err, IM_EENV, "数据库“%s”已损坏，请取备份，或导入到一个新文件",
              store->path);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code raise_data_version(struct store *store, struct im_error *err)
{
    return sql_exec(store->db,
                    "UPDATE innomap_meta SET value = value + 1 "
                    "WHERE key = 'data_version'",
                    err);
}

enum im_code
store_touch_layer(struct store *store, const char *layer_id, struct im_error *err)
{
    enum im_code rc =
        sql_execf(store->db, err,
                  "UPDATE innomap_layers SET version = version + 1, "
                  "changed_at = strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now') "
                  "WHERE id = %Q",
                  layer_id);
    if (rc)
        return rc;
    if (sqlite3_changes(store->db) != 1)
        return im_fail(err, IM_ENOTFOUND, "there is no layer '%s'", layer_id);
    return raise_data_version(store, err);
}

/* What SpatiaLite notes beside geometry_columns; without foreign keys it stays behind.
 */
static enum im_code
forget_statistics(struct store *store, const char *layer_id, struct im_error *err)
{
    static const char *const tables[] = {
        "geometry_columns_statistics", "geometry_columns_field_infos",
        "geometry_columns_time", "geometry_columns_auth"};
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < sizeof tables / sizeof *tables; i++)
        rc = sql_execf(store->db, err, "DELETE FROM \"%w\" WHERE f_table_name = %Q",
                       tables[i], layer_id);
    return rc;
}

enum im_code store_remove_layer(struct store *store,
                                const struct layer_schema *schema,
                                struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (schema->geometry != SCHEMA_NONE) {
        rc = sql_spatialite(store->db, err, "SELECT DisableSpatialIndex(%Q, 'geom')",
                            schema->id);
        if (!rc)
            rc = sql_execf(store->db, err, "DROP TABLE \"idx_%w_geom\"", schema->id);
        if (!rc)
            rc = sql_spatialite(store->db, err,
                                "SELECT DiscardGeometryColumn(%Q, 'geom')", schema->id);
        if (!rc)
            rc = forget_statistics(store, schema->id, err);
    }
    if (!rc)
        rc = sql_execf(store->db, err, "DROP TABLE \"%w\"", schema->id);
    if (!rc)
        rc = sql_execf(store->db, err, "DELETE FROM innomap_layers WHERE id = %Q",
                       schema->id);
    return rc ? rc : raise_data_version(store, err);
}
