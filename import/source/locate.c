/* SPDX-License-Identifier: Apache-2.0 */
/* From what a person named to the file that is read: through folders and zips. */
#include "opened.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum im_code fail_empty(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA, "'%s' is an empty file; was it saved?", name);
    return im_zh(err, IM_EDATA, "“%s”是空文件，请确认已保存", name);
}

static enum im_code fail_nested(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA,
            "'%s' is a zip inside a zip; unpack the outer one and import this", name);
    return im_zh(err, IM_EDATA, "“%s”是压缩包中的压缩包；请先解压外层，再导入它", name);
}

static bool has_extension(const struct source *source, const char *extension)
{
    return strcmp(source->extension, extension) == 0;
}

enum im_code source_set_path(struct source *source,
                             const char *path,
                             const char *name,
                             struct im_error *err)
{
    const char *ending = dataset_ending(path);
    VSILFILE *file;
    size_t i = 0;

    for (; ending[i] && i < sizeof source->extension - 1; i++)
        source->extension[i] = (char)tolower((unsigned char)ending[i]);
    source->extension[i] = '\0';
    source->input.extension = source->extension;
    source->input.path = source_keep(source, path);
    source->input.name = source_keep(source, name);
    if (!source->input.path || !source->input.name)
        return source_no_memory(err);
    source->input.head = (struct im_bytes){0};
    if (source->input.is_folder)
        return IM_OK;
    file = VSIFOpenL(path, "rb");
    size_t n = file ? VSIFReadL(source->head, 1, sizeof source->head, file) : 0;
    if (file)
        VSIFCloseL(file);
    if (!file)
        return file_fail_vsi(err, path, name);
    source->input.head = (struct im_bytes){source->head, n};
    return n ? IM_OK : fail_empty(err, name);
}

/* ---- zips ---- */

static bool is_zip(const struct source *source)
{
    return head_starts(source->input.head, "PK\3\4", 4) ||
           head_starts(source->input.head, "PK\5\6", 4);
}

/* Its relationships say where the workbook is: not always "xl/workbook.xml". XLSB keeps
 * records instead of XML. */
static bool is_xlsx(const struct source *source)
{
    const struct archive *archive = &source->archive;
    bool has_folder = false;

    for (size_t i = 0; !has_folder && i < archive->n; i++)
        has_folder = strncmp(archive->paths[i], "xl/", 3) == 0;
    return has_folder && archive_has(archive, "[Content_Types].xml") &&
           !archive_has(archive, "xl/workbook.bin");
}

/* The name of an OpenDocument file's kind is its first entry, not compressed. */
static bool is_ods(const struct source *source)
{
    return head_has(source->input.head, "opendocument.spreadsheet") ||
           (has_extension(source, "ods") &&
            archive_has(&source->archive, "content.xml"));
}

/* The data set in the zip: as named, doc.kml of a KMZ, or the only one. */
static enum im_code choose_entry(struct source *source,
                                 const char *member,
                                 struct im_bytes *out,
                                 struct im_error *err)
{
    const struct archive *archive = &source->archive;
    size_t n = 0, len = member ? strlen(member) : 0;

    if (!member && has_extension(source, "kmz") && archive_has(archive, "doc.kml"))
        member = "doc.kml";
    if (!member)
        return dataset_choose(archive->paths, archive->n, source->input.name, out, err);
    while (len && member[len - 1] == '/')
        len--;
    *out = (struct im_bytes){(const uint8_t *)member, strlen(member)};
    if (archive_has(archive, member))
        return IM_OK;
    const char **inside =
        im_arena_calloc(source->arena, archive->n + 1, sizeof *inside);
    if (!inside)
        return source_no_memory(err);
    for (size_t i = 0; i < archive->n; i++)
        if (len && strncmp(archive->paths[i], member, len) == 0 &&
            archive->paths[i][len] == '/')
            inside[n++] = archive->paths[i];
    if (n)
        return dataset_choose(inside, n, source->input.name, out, err);
    im_fail(err, IM_ENOTFOUND,
            "'%s' has no file '%s' in it; name the zip alone to see what it has",
            source->input.name, member);
    return im_zh(err, IM_ENOTFOUND,
                 "“%s”中没有文件“%s”；只写压缩包的名字可看到其中有什么",
                 source->input.name, member);
}

/* Workbooks are zips of their own, read by jumping about in them: out of the zip. */
static enum im_code unpack_workbook(struct source *source, struct im_error *err)
{
    char copy[SOURCE_MAX_PATH];
    const char *name = source->input.name;
    enum im_code rc =
        temp_copy(&source->temp, source->input.path, file_name(name), copy, err);

    source->input.is_archived = false;
    return rc ? rc : source_set_path(source, copy, name, err);
}

static enum im_code open_workbook_zip(struct source *source, struct im_error *err)
{
    source->input.format = is_xlsx(source) ? "XLSX" : is_ods(source) ? "ODS" : NULL;
    return source->input.format
               ? IM_OK
               : document_refuse_zip(&source->input, &source->archive, err);
}

static enum im_code read_archive(struct source *source, struct im_error *err)
{
    archive_release(&source->archive);
    return archive_read(source->input.path, source->input.name, &source->archive, err);
}

static enum im_code
enter_zip(struct source *source, const char *member, struct im_error *err)
{
    char path[SOURCE_MAX_PATH], name[SOURCE_MAX_PATH];
    struct im_bytes entry;
    enum im_code rc = choose_entry(source, member, &entry, err);

    if (rc)
        return rc;
    snprintf(path, sizeof path, "/vsizip/{%s}/%.*s", source->input.path, (int)entry.len,
             (const char *)entry.data);
    snprintf(name, sizeof name, "%s/%.*s", source->input.name, (int)entry.len,
             (const char *)entry.data);
    source->input.is_archived = true;
    source->input.zip_encoding = source->archive.encoding;
    CPLSetThreadLocalConfigOption("CPL_ZIP_ENCODING", source->archive.encoding);
    source->input.is_folder = strcasecmp(dataset_ending(path), "gdb") == 0;
    rc = source_set_path(source, path, name, err);
    if (!rc && (has_extension(source, "xlsx") || has_extension(source, "xlsm") ||
                has_extension(source, "ods") || has_extension(source, "xls") ||
                has_extension(source, "et"))) {
        rc = unpack_workbook(source, err);
        if (!rc && is_zip(source) && !(rc = read_archive(source, err)))
            rc = open_workbook_zip(source, err);
        if (!rc && is_zip(source) && !source->input.format)
            rc = fail_nested(err, source->input.name);
    } else if (!rc && is_zip(source)) {
        rc = fail_nested(err, source->input.name);
    }
    return rc;
}

/* The doc.kml of a KMZ may only be a list of links to its other files. */
static enum im_code
open_kmz(struct source *source, const char *member, struct im_error *err)
{
    const struct archive *archive = &source->archive;
    const char *path = source->input.path, *name = source->input.name;
    const char **others;
    struct im_bytes entry;
    size_t n = 0;
    enum im_code rc = enter_zip(source, member, err);

    if (rc || member || archive->n < 2 ||
        !head_has(source->input.head, "<networklink") ||
        head_has(source->input.head, "<placemark"))
        return rc;
    others = im_arena_calloc(source->arena, archive->n, sizeof *others);
    if (!others)
        return source_no_memory(err);
    for (size_t i = 0; i < archive->n; i++)
        if (strcmp(archive->paths[i], "doc.kml") != 0)
            others[n++] = archive->paths[i];
    rc = dataset_choose(others, n, name, &entry, err);
    if (rc)
        return rc;
    member = im_arena_strdup(source->arena, entry);
    source->input.path = path;
    source->input.name = name;
    return member ? enter_zip(source, member, err) : source_no_memory(err);
}

static enum im_code
open_zip(struct source *source, const char *member, struct im_error *err)
{
    enum im_code rc = read_archive(source, err);

    if (!rc)
        rc = open_workbook_zip(source, err);
    if (rc || source->input.format)
        return rc;
    return has_extension(source, "kmz") ? open_kmz(source, member, err)
                                        : enter_zip(source, member, err);
}

/* ---- folders ---- */

static enum im_code
choose_in_folder(struct source *source, const char *path, struct im_error *err)
{
    char **names = VSIReadDirEx(path, MAX_FOLDER_FILES);
    int n = CSLCount(names);
    const char **paths = im_arena_calloc(source->arena, (size_t)n + 1, sizeof *paths);
    char full[SOURCE_MAX_PATH], shown[SOURCE_MAX_PATH];
    struct im_bytes chosen;
    enum im_code rc = paths ? IM_OK : source_no_memory(err);

    for (int i = 0; !rc && i < n; i++) {
        size_t len = strlen(names[i]);
        bool is_gdb = len > 4 && strcasecmp(names[i] + len - 4, ".gdb") == 0;

        snprintf(full, sizeof full, "%s%s", names[i], is_gdb ? "/a" : "");
        paths[i] = source_keep(source, full);
        if (!paths[i])
            rc = source_no_memory(err);
    }
    if (!rc)
        rc = dataset_choose(paths, (size_t)n, file_name(path), &chosen, err);
    if (!rc) {
        snprintf(full, sizeof full, "%s/%.*s", path, (int)chosen.len,
                 (const char *)chosen.data);
        snprintf(shown, sizeof shown, "%s/%.*s", file_name(path), (int)chosen.len,
                 (const char *)chosen.data);
        source->input.is_folder = strcasecmp(dataset_ending(full), "gdb") == 0;
        rc = source_set_path(source, full, shown, err);
    }
    CSLDestroy(names);
    return rc;
}

static enum im_code
open_folder(struct source *source, const char *path, struct im_error *err)
{
    if (strcasecmp(dataset_ending(path), "gdb") != 0)
        return choose_in_folder(source, path, err);
    source->input.is_folder = true;
    return source_set_path(source, path, file_name(path), err);
}

/* ---- locating ---- */

/* "a/list.zip/b/c.shp" names no file: the longest front part that does is the zip. */
static const char *split_member(char *path)
{
    struct stat info;

    for (char *p = path + strlen(path); p > path; p--) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (stat(path, &info) == 0)
            return S_ISREG(info.st_mode) ? p + 1 : NULL;
        *p = '/';
    }
    return NULL;
}

static bool is_readable(const char *path)
{
    return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

static enum im_code locate_real(struct source *source,
                                const char *real,
                                const char *given,
                                const char *member,
                                struct im_error *err)
{
    struct stat info;

    if (strncmp(real, "/vsi", 4) == 0) /* GDAL would take it for one of its own */
        return file_fail_kind(err, given);
    if (stat(real, &info) != 0 || !is_readable(real))
        return file_fail(err, given, errno);
    if (S_ISDIR(info.st_mode) && !member)
        return open_folder(source, real, err);
    if (!S_ISREG(info.st_mode)) /* a pipe would block, and cannot be read twice */
        return file_fail_kind(err, given);
    enum im_code rc = source_set_path(source, real, file_name(given), err);
    if (!rc && is_zip(source))
        return open_zip(source, member, err);
    return !rc && member ? file_fail(err, given, ENOTDIR) : rc;
}

enum im_code
source_locate(struct source *source, const char *path, struct im_error *err)
{
    char front[SOURCE_MAX_PATH];
    const char *member = NULL;
    struct stat info;

    if (strlen(path) >= sizeof front)
        return file_fail(err, path, ENAMETOOLONG);
    snprintf(front, sizeof front, "%s", path);
    size_t len = strlen(front);
    while (len > 1 &&
           front[len - 1] == '/') /* a folder's name, as shells complete it */
        front[--len] = '\0';
    if (stat(front, &info) != 0) {
        int why = errno;

        if ((why != ENOTDIR && why != ENOENT) || !(member = split_member(front)))
            return file_fail(err, path, why);
    }
    char *real = realpath(front, NULL);
    enum im_code rc = real ? locate_real(source, real, front, member, err)
                           : file_fail(err, path, errno);
    free(real);
    return rc;
}
