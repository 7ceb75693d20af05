/* SPDX-License-Identifier: Apache-2.0 */
/* Is this file ours? Every way in which it may not be has its own answer. */
#include "internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* SQLite file format, 1.3.1 */
static const char MAGIC[16] = "SQLite format 3";

/* SQLite takes these for databases in memory, which would be lost without a word. */
static bool is_no_file_name(const char *path)
{
    return path[0] == '\0' || strcmp(path, ":memory:") == 0;
}

static enum im_code fail_name(struct im_error *err, const char *path)
{
    im_fail(err, IM_EARG, "'%s' is no name for a database file; name one with --db",
            path);
    return im_zh(err, IM_EARG, "“%s”不能作数据库文件名，请用 --db 指定文件", path);
}

static enum im_code fail_missing(struct im_error *err, const char *path)
{
    im_fail(err, IM_EENV,
            "there is no database '%s'; make it with `innomap import`, or name another "
            "with --db",
            path);
    return im_zh(err, IM_EENV,
                 "没有数据库“%s”，请先用 innomap import 建立，或用 --db 指定另一个",
                 path);
}

static enum im_code fail_folder(struct im_error *err, const char *path)
{
    im_fail(err, IM_EENV,
            "the folder of '%s' does not exist; make it, or name another with --db",
            path);
    return im_zh(err, IM_EENV,
                 "“%s”所在的文件夹不存在，请先建立，或用 --db 指定另一个位置", path);
}

static enum im_code fail_permission(struct im_error *err, const char *path)
{
    im_fail(err, IM_EENV,
            "no permission to open '%s'; ask its owner for access or name another file "
            "with --db",
            path);
    return im_zh(err, IM_EENV,
                 "没有打开“%s”的权限，请向其所有者申请，或用 --db 指定另一个", path);
}

static enum im_code
fail_kind(struct im_error *err, const char *path, const char *zh, const char *en)
{
    im_fail(err, IM_EENV,
            "'%s' is %s, not an innomap database; name the right file with --db", path,
            en);
    return im_zh(err, IM_EENV,
                 "“%s”是%s，不是 innomap 数据库，请用 --db 指定正确的文件", path, zh);
}

static enum im_code fail_errno(struct im_error *err, const char *path, int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return fail_permission(err, path);
    case ENOTDIR:
        return fail_folder(err, path);
    default:
        im_fail(err, IM_EIO, "cannot open '%s': %s", path, strerror(error));
        return im_zh(err, IM_EIO, "无法打开“%s”：%s", path, strerror(error));
    }
}

/* Does the folder that `path` lies in exist? */
static bool has_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat info;
    char folder[4096];

    if (!slash || slash == path)
        return true;
    if ((size_t)(slash - path) >= sizeof folder)
        return false;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return stat(folder, &info) == 0 && S_ISDIR(info.st_mode);
}

/* By SQLite's own hands: POSIX drops all locks of a process on a file when any of its
 * descriptors is closed, and a server reads while importers write. */
static enum im_code read_header(sqlite3_vfs *vfs,
                                const char *full,
                                sqlite3_file *file,
                                char *header,
                                int size,
                                struct im_error *err)
{
    int rc =
        vfs->xOpen(vfs, full, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, NULL);

    if (rc == SQLITE_OK)
        rc = file->pMethods->xRead(file, header, size, 0);
    if (file->pMethods)
        file->pMethods->xClose(file);
    /* a file that is too short is filled with zeros */
    return rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ
               ? IM_OK
               : fail_errno(err, full, EIO);
}

static enum im_code check_header(const char *path, struct im_error *err)
{
    char header[sizeof MAGIC] = {0};
    char *full = realpath(path, NULL);
    sqlite3_vfs *vfs =
        sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(NULL) : NULL;
    sqlite3_file *file = vfs ? calloc(1, (size_t)vfs->szOsFile) : NULL;
    enum im_code rc;

    if (!full || access(path, R_OK) != 0)
        rc = fail_errno(err, path, errno);
    else if (!file)
        rc = im_fail(err, IM_ENOMEM, "open '%s': out of memory", path);
    else
        rc = read_header(vfs, full, file, header, (int)sizeof header, err);
    if (rc == IM_OK && memcmp(header, MAGIC, sizeof MAGIC) != 0)
        rc = fail_kind(err, path, "别的文件", "some other file");
    free(file);
    free(full);
    return rc;
}

enum im_code store_check_file(const char *path,
                              enum store_mode mode,
                              bool *is_new,
                              struct im_error *err)
{
    struct stat info;

    *is_new = false;
    if (is_no_file_name(path))
        return fail_name(err, path);
    if (stat(path, &info) != 0) {
        if (errno != ENOENT)
            return fail_errno(err, path, errno);
        if (mode != STORE_CREATE)
            return fail_missing(err, path);
        *is_new = true;
        return has_folder(path) ? IM_OK : fail_folder(err, path);
    }
    if (S_ISDIR(info.st_mode))
        return fail_kind(err, path, "文件夹", "a folder");
    if (!S_ISREG(info.st_mode))
        return fail_kind(err, path, "设备或管道", "a device or pipe");
    if (info.st_size == 0) {
        *is_new = true; /* also what is left when making one was cut short */
        if (mode != STORE_CREATE)
            return fail_kind(err, path, "空文件", "an empty file");
        return IM_OK;
    }
    return check_header(path, err);
}

static enum im_code fail_foreign(struct im_error *err, const char *path, int64_t id)
{
    /* OGC 12-128r18, Req 2: "GPKG"; before version 1.2 also "GP10" and "GP11" */
    bool gpkg = id == 0x47504b47 || id == 0x47503130 || id == 0x47503131;

    return fail_kind(err, path, gpkg ? "GeoPackage" : "别的程序的 SQLite 数据库",
                     gpkg ? "a GeoPackage" : "an SQLite database of another program");
}

enum im_code store_check_database(sqlite3 *db,
                                  const char *path,
                                  bool *is_blank,
                                  struct im_error *err)
{
    int64_t id = 0;
    int64_t schema = 0;
    int64_t tables = 0;
    enum im_code rc = sql_integer(db, &id, err, "PRAGMA application_id");

    if (!rc)
        rc = sql_integer(db, &schema, err, "PRAGMA user_version");
    if (!rc)
        rc = sql_integer(db, &tables, err, "SELECT count(*) FROM sqlite_master");
    if (rc)
        return rc;
    *is_blank = id == 0 && tables == 0;
    if (*is_blank)
        return IM_OK;
    if (id != STORE_APPLICATION_ID)
        return fail_foreign(err, path, id);
    if (schema > STORE_SCHEMA_VERSION) {
        im_fail(
            err, IM_EENV,
            "database '%s' has schema %lld, this innomap knows up to %d; use a newer "
            "innomap or another --db",
            path, (long long)schema, STORE_SCHEMA_VERSION);
        return im_zh(err, IM_EENV,
                     "数据库“%s”的结构版本是 %lld，本程序只认到 %d，请换用新版 innomap",
                     path, (long long)schema, STORE_SCHEMA_VERSION);
    }
    return IM_OK;
}
