/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite with this project's errors. */
#include <layers/sql.h>

#include <errno.h>
#include <stdarg.h>
#include <sys/statvfs.h>

static enum im_code fail_busy(struct im_error *err, const char *path)
{
    im_fail(err, IM_EBUSY,
            "database '%s' is being written by another program; wait until it has "
            "finished, then repeat",
            path);
    return im_zh(err, IM_EBUSY, "数据库“%s”正被另一个程序写入，请等它结束后重试", path);
}

static enum im_code fail_full(struct im_error *err, const char *path)
{
    im_fail(err, IM_EIO, "no space left for database '%s'; free some, repeat", path);
    return im_zh(err, IM_EIO, "磁盘空间不足，无法写入数据库“%s”，请腾出空间后重试",
                 path);
}

static enum im_code fail_readonly(struct im_error *err, const char *path)
{
    im_fail(err, IM_EENV,
            "database '%s' can only be read here; make the file and its folder "
            "writable, or name another with --db",
            path);
    return im_zh(err, IM_EENV,
                 "数据库“%s”只读，请给文件及其文件夹写权限，或用 --db 另选一个", path);
}

static enum im_code fail_broken(struct im_error *err, const char *path, const char *why)
{
    im_fail(err, IM_EENV,
            "database '%s' is damaged or not a database (%s); take a backup or import "
            "anew into another file",
            path, why);
    return im_zh(err, IM_EENV,
                 "“%s”已损坏或不是数据库（%s），请取备份，或导入到一个新文件", path,
                 why);
}

/* SQLite says "full" of the database and its journal only: when the -shm file beside it
 * or a quota is what ends, it is an input/output error. */
static bool is_full(sqlite3 *db, const char *path)
{
    enum { LITTLE_BYTES = 64 << 10 }; /* a -shm file is made in pieces of 32 KiB */
    struct statvfs info;
    int error = sqlite3_system_errno(db);

    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return true;
    return statvfs(path, &info) == 0 &&
           (uint64_t)info.f_bavail * info.f_frsize < LITTLE_BYTES;
}

enum im_code sql_fail(sqlite3 *db, struct im_error *err)
{
    const char *name = db ? sqlite3_db_filename(db, "main") : NULL;
    const char *path = name && *name ? name : "(memory)";

    switch (db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_busy(err, path);
    case SQLITE_FULL:
        return fail_full(err, path);
    case SQLITE_IOERR:
        if (is_full(db, path))
            return fail_full(err, path);
        break;
    case SQLITE_READONLY:
        return fail_readonly(err, path);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return fail_broken(err, path, sqlite3_errmsg(db));
    case SQLITE_NOMEM:
        return im_fail(err, IM_ENOMEM, "database '%s': out of memory", path);
    default:
        break;
    }
    im_fail(err, IM_EIO, "database '%s': %s", path, sqlite3_errmsg(db));
    return im_zh(err, IM_EIO, "数据库“%s”出错：%s", path, sqlite3_errmsg(db));
}

enum im_code sql_exec(sqlite3 *db, const char *sql, struct im_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sql_fail(db, err);
    return IM_OK;
}

static enum im_code prepare_va(sqlite3 *db,
                               sqlite3_stmt **out,
                               struct im_error *err,
                               const char *fmt,
                               va_list args)
{
    enum im_code rc = IM_OK;
    char *sql = sqlite3_vmprintf(fmt, args);

    if (!sql)
        return im_fail(err, IM_ENOMEM, "database statement: out of memory");
    if (sqlite3_prepare_v2(db, sql, -1, out, NULL) != SQLITE_OK)
        rc = sql_fail(db, err);
    sqlite3_free(sql);
    return rc;
}

enum im_code
sql_prepare(sqlite3 *db, sqlite3_stmt **out, struct im_error *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    enum im_code rc = prepare_va(db, out, err, fmt, args);
    va_end(args);
    return rc;
}

enum im_code sql_step(sqlite3_stmt *stmt, bool *row, struct im_error *err)
{
    int result = sqlite3_step(stmt);

    *row = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return sql_fail(sqlite3_db_handle(stmt), err);
    return IM_OK;
}

enum im_code sql_run(sqlite3_stmt *stmt, struct im_error *err)
{
    enum im_code rc = IM_OK;
    int result;

    while ((result = sqlite3_step(stmt)) == SQLITE_ROW)
        ;
    if (result != SQLITE_DONE)
        rc = sql_fail(sqlite3_db_handle(stmt), err);
    sqlite3_reset(stmt);
    return rc;
}

enum im_code sql_execf(sqlite3 *db, struct im_error *err, const char *fmt, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list args;

    va_start(args, fmt);
    enum im_code rc = prepare_va(db, &stmt, err, fmt, args);
    va_end(args);
    if (!rc)
        rc = sql_run(stmt, err);
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code integer_va(
    sqlite3 *db, int64_t *out, struct im_error *err, const char *fmt, va_list args)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum im_code rc = prepare_va(db, &stmt, err, fmt, args);

    if (!rc)
        rc = sql_step(stmt, &row, err);
    if (!rc)
        *out = row ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return rc;
}

enum im_code
sql_integer(sqlite3 *db, int64_t *out, struct im_error *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    enum im_code rc = integer_va(db, out, err, fmt, args);
    va_end(args);
    return rc;
}

enum im_code sql_spatialite(sqlite3 *db, struct im_error *err, const char *fmt, ...)
{
    int64_t answer = 0;
    va_list args;

    va_start(args, fmt);
    enum im_code rc = integer_va(db, &answer, err, fmt, args);
    va_end(args);
    if (!rc && answer != 1)
        rc = im_fail(err, IM_EIO, "SpatiaLite refused: %s", fmt);
    return rc;
}

bool sql_bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
    return sqlite3_bind_text(stmt, index, text, -1, SQLITE_TRANSIENT) == SQLITE_OK;
}

const char *sql_text(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text ? text : "";
}
