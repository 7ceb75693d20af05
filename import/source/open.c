/* SPDX-License-Identifier: Apache-2.0 */
/* The front: from what a person named to rows of the right reader. */
#include "internal.h"

#include "../report/mend.h"

#include <engine/csv.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { ARENA_BYTES = 32 << 20, MAX_FOLDER_FILES = 10000 };

struct source {
    struct source_options options; /* with copied texts */
    struct source_input input;
    struct source_reader reader;
    struct im_arena *arena;
    struct archive archive;
    struct temp temp;
    struct address *address;
    const char *recoded; /* the encoding it was made UTF-8 from, NULL */
    uint8_t head[SOURCE_HEAD_BYTES];
    char extension[16];

    const char **numbers; /* names of the columns of a grid without header */
    size_t n_numbers;
    const char **names; /* behind the header; NULL: no header */
    size_t n_names;
    bool is_export;            /* the header ends with the mark, which is no column */
    struct source_value *bare; /* cells without their guards; NULL: there are none */
    uint64_t header_last;
};

static const struct {
    const char *format;
    enum im_code (*open)(const struct source_input *,
                         struct source_reader *,
                         struct im_error *);
} READERS[] = {
    {"CSV", csv_open},  {"GeoJSON", geojson_open}, {"XLSX", grid_open},
    {"ODS", grid_open}, {"XLS", grid_open},
};

/* ---- what a person named ---- */

static enum im_code fail_empty(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA, "'%s' is an empty file; was it saved?", name);
    return im_zh(err, IM_EDATA, "“%s”是空文件，请确认已保存", name);
}

static enum im_code fail_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "open the source: out of memory");
}

static enum im_code fail_nested(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA,
            "'%s' is a zip inside a zip; unpack the outer one and import this", name);
    return im_zh(err, IM_EDATA, "“%s”是压缩包中的压缩包；请先解压外层，再导入它", name);
}

static enum im_code fail_not_known(struct im_error *err, const char *name)
{
    im_fail(
        err, IM_EDATA,
        "'%s' is not a file that can be imported; known are CSV, XLSX, XLS, ODS, "
        "GeoJSON, Shapefile, KML, KMZ, GML, GPX, GeoPackage, SpatiaLite, FlatGeobuf, "
        "MapInfo, DXF, File Geodatabase",
        name);
    return im_zh(
        err, IM_EDATA,
        "“%s”不是可导入的文件；可导入 CSV、XLSX、XLS、ODS、GeoJSON、Shapefile、KML、"
        "KMZ、GML、GPX、GeoPackage、SpatiaLite、FlatGeobuf、MapInfo、DXF、"
        "File Geodatabase",
        name);
}

static const char *keep(struct source *source, const char *text)
{
    return im_arena_strdup(source->arena, im_bytes_of(text));
}

static bool has_extension(const struct source *source, const char *extension)
{
    return strcmp(source->extension, extension) == 0;
}

/* From here on `path` is read: its ending and first bytes. */
static enum im_code set_path(struct source *source,
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
    source->input.path = keep(source, path);
    source->input.name = keep(source, name);
    if (!source->input.path || !source->input.name)
        return fail_memory(err);
    source->input.head = (struct im_bytes){0};
    if (source->input.is_folder)
        return IM_OK;
    file = VSIFOpenL(path, "rb");
    size_t n = file ? VSIFReadL(source->head, 1, sizeof source->head, file) : 0;
    if (file)
        VSIFCloseL(file);
    if (!file)
        return file_fail(err, name, errno ? errno : EIO);
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
        return fail_memory(err);
    for (size_t i = 0; i < archive->n; i++)
        if (len && strncmp(archive->paths[i], member, len) == 0 &&
            archive->paths[i][len] == '/')
            inside[n++] = archive->paths[i];
    if (n)
        return dataset_choose(inside, n, source->input.name, out, err);
    im_fail(err, IM_ENOTFOUND, "'%s' has no file '%s' in it", source->input.name,
            member);
    return im_zh(err, IM_ENOTFOUND, "“%s”中没有文件“%s”", source->input.name, member);
}

/* Workbooks are zips of their own, read by jumping about in them: out of the zip. */
static enum im_code unpack_workbook(struct source *source, struct im_error *err)
{
    char copy[SOURCE_MAX_PATH];
    const char *name = source->input.name;
    enum im_code rc =
        temp_copy(&source->temp, source->input.path, file_name(name), copy, err);

    source->input.is_archived = false;
    return rc ? rc : set_path(source, copy, name, err);
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
    rc = set_path(source, path, name, err);
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
        return fail_memory(err);
    for (size_t i = 0; i < archive->n; i++)
        if (strcmp(archive->paths[i], "doc.kml") != 0)
            others[n++] = archive->paths[i];
    rc = dataset_choose(others, n, name, &entry, err);
    if (rc)
        return rc;
    member = im_arena_strdup(source->arena, entry);
    source->input.path = path;
    source->input.name = name;
    return member ? enter_zip(source, member, err) : fail_memory(err);
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
    enum im_code rc = paths ? IM_OK : fail_memory(err);

    for (int i = 0; !rc && i < n; i++) {
        size_t len = strlen(names[i]);
        bool is_gdb = len > 4 && strcasecmp(names[i] + len - 4, ".gdb") == 0;

        snprintf(full, sizeof full, "%s%s", names[i], is_gdb ? "/a" : "");
        paths[i] = keep(source, full);
        if (!paths[i])
            rc = fail_memory(err);
    }
    if (!rc)
        rc = dataset_choose(paths, (size_t)n, file_name(path), &chosen, err);
    if (!rc) {
        snprintf(full, sizeof full, "%s/%.*s", path, (int)chosen.len,
                 (const char *)chosen.data);
        snprintf(shown, sizeof shown, "%s/%.*s", file_name(path), (int)chosen.len,
                 (const char *)chosen.data);
        source->input.is_folder = strcasecmp(dataset_ending(full), "gdb") == 0;
        rc = set_path(source, full, shown, err);
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
    return set_path(source, path, file_name(path), err);
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
    enum im_code rc = set_path(source, real, file_name(given), err);
    if (!rc && is_zip(source))
        return open_zip(source, member, err);
    return !rc && member ? file_fail(err, given, ENOTDIR) : rc;
}

static enum im_code
locate(struct source *source, const char *path, struct im_error *err)
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

/* ---- all bytes ---- */

static enum im_code fail_large(const struct source *source,
                               const struct source_format *format,
                               struct im_error *err)
{
    unsigned mib = (unsigned)(format->max_bytes >> 20);

    im_fail(err, IM_ELIMIT,
            "'%s' is larger than %u MiB, the most for %s, which is held in memory as a "
            "whole; divide it, or convert it to GeoPackage",
            source->input.name, mib, format->name);
    return im_zh(
        err, IM_ELIMIT,
        "“%s”超过 %u MiB（%s 须整体读入内存，最大如此）；请拆分，或转换为 GeoPackage",
        source->input.name, mib, format->name);
}

/* A sum does not depend on the order in which the folder lists its files. */
static enum im_code scan_folder(struct source *source, struct im_error *err)
{
    char **names = VSIReadDirEx(source->input.path, MAX_FOLDER_FILES);
    struct source_bytes *all = &source->input.bytes;
    enum im_code rc = IM_OK;

    for (int i = 0; !rc && names && names[i]; i++) {
        char path[SOURCE_MAX_PATH];
        struct source_bytes one;
        VSIStatBufL info;

        snprintf(path, sizeof path, "%s/%s", source->input.path, names[i]);
        if (names[i][0] == '.' || VSIStatL(path, &info) != 0 || VSI_ISDIR(info.st_mode))
            continue;
        if ((rc = bytes_scan(path, source->input.name, (struct bytes_bounds){0}, &one,
                             err)) == IM_OK) {
            all->size += one.size;
            all->hash += XXH3_64bits_withSeed(names[i], strlen(names[i]), one.hash);
        }
    }
    CSLDestroy(names);
    return rc;
}

/* Others than CSV, which says it when it knows the encoding: GDAL would end its texts
 * at a zero byte, and go on for gigabytes of them. */
static bool is_text_without_zeros(const struct source_input *input)
{
    static const char *const FORMATS[] = {"GeoJSON", "TopoJSON", "KML", "GML",
                                          "GPX",     "DXF",      NULL};
    const char *encoding = input->options->encoding;

    if (encoding && strstr(encoding, "16"))
        return false;
    if (strcmp(input->format, "MapInfo") == 0)
        return strcasecmp(input->extension, "mif") == 0;
    for (size_t i = 0; FORMATS[i]; i++)
        if (strcmp(input->format, FORMATS[i]) == 0)
            /* XML of UTF-16 without a mark begins with half of a '<' */
            return input->head.len < 2 || (input->head.data[0] && input->head.data[1]);
    return false;
}

static enum im_code scan(struct source *source, struct im_error *err)
{
    struct source_input *input = &source->input;
    const struct source_format *format = format_named(input->format);
    struct bytes_bounds bounds = {
        .max_line = strcmp(input->format, "CSV") == 0 ? SOURCE_MAX_RECORD_BYTES : 0,
        .is_text = is_text_without_zeros(input)};
    VSIStatBufL info;

    if (input->is_folder)
        return scan_folder(source, err);
    if (VSIStatL(input->path, &info) != 0)
        return file_fail(err, input->name, errno ? errno : EIO);
    if (format->max_bytes && (uint64_t)info.st_size > format->max_bytes)
        return fail_large(source, format, err);
    enum im_code rc = bytes_scan(input->path, input->name, bounds, &input->bytes, err);
    return rc ? rc : sidecar_scan(input->path, input->name, &input->bytes, err);
}

/* ---- opening ---- */

/* JSON is UTF-8 (RFC 8259, 8.1); what is not is made so first. */
static enum im_code recode_json(struct source *source, struct im_error *err)
{
    struct source_input *input = &source->input;
    struct decoder decoder = {0};
    const char *shown = "";
    char copy[SOURCE_MAX_PATH], name[SOURCE_MAX_PATH];
    enum im_code rc = IM_OK;

    if (!strstr(input->format, "JSON") ||
        (!input->bytes.bad_utf8_line && !input->bytes.is_utf16 &&
         !input->options->encoding))
        return IM_OK;
    rc = encoding_of_text(input, &decoder, &shown, err);
    if (!rc && decoder.cd) {
        snprintf(name, sizeof name, "%s", input->name);
        rc = temp_recode(&source->temp, input, &decoder, file_name(name), copy, err);
        if (!rc)
            rc = set_path(source, copy, name, err);
        input->bytes.bad_utf8_line = 0;
        source->recoded = shown;
    }
    decoder_release(&decoder);
    return rc;
}

/* A layer of a format that has only one, named after the file. */
static enum im_code check_layer(const struct source *source, struct im_error *err)
{
    const char *layer = source->input.options->layer;
    const char *name = file_name(source->input.name);
    size_t stem = strcspn(name, ".");

    if (!layer ||
        (strcmp(source->input.format, "GeoJSON") != 0 &&
         strcmp(source->input.format, "CSV") != 0) ||
        (strlen(layer) == stem && strncmp(layer, name, stem) == 0))
        return IM_OK;
    im_fail(err, IM_ENOTFOUND,
            "'%s' has no layer '%.60s'; it has only one: leave out "
            "--source-layer",
            source->input.name, layer);
    return im_zh(err, IM_ENOTFOUND,
                 "“%s”中没有图层“%.60s”；它只有一个图层，请去掉 "
                 "--source-layer",
                 source->input.name, layer);
}

static enum im_code choose_format(struct source *source, struct im_error *err)
{
    struct source_input *input = &source->input;
    char main[SOURCE_MAX_PATH];
    enum im_code rc = IM_OK;

    if (input->is_folder)
        input->format = "File Geodatabase";
    if (input->format)
        return IM_OK;
    if ((rc = document_refuse(input, err)) != IM_OK)
        return rc;
    sidecar_main(input->path, main);
    if (strcmp(main, input->path) != 0) {
        char shown[2 * SOURCE_MAX_PATH];

        snprintf(shown, sizeof shown, "%.*s%s",
                 (int)(file_name(input->name) - input->name), input->name,
                 file_name(main));
        rc = set_path(source, main, shown, err);
    }
    const struct source_format *format = rc ? NULL : format_find(input);
    input->format = format ? format->name : NULL;
    return rc || format ? rc : fail_not_known(err, input->name);
}

static enum im_code read_input(struct source *source, struct im_error *err)
{
    enum im_code (*open)(const struct source_input *, struct source_reader *,
                         struct im_error *) = gdal_open;
    struct source_reader reader = {0};

    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++)
        if (strcmp(READERS[i].format, source->input.format) == 0)
            open = READERS[i].open;
    enum im_code rc = open(&source->input, &reader, err);
    if (!rc)
        source->reader = reader;
    return rc;
}

static enum im_code
open_file(struct source *source, const char *path, struct im_error *err)
{
    CPLPushErrorHandler(CPLQuietErrorHandler); /* as long as nothing is known of it */
    enum im_code rc = locate(source, path, err);
    CPLPopErrorHandler();

    guard_enter_open(&source->input, NULL);
    if (!rc && !(rc = choose_format(source, err)) && !(rc = check_layer(source, err)) &&
        !(rc = scan(source, err)) && !(rc = recode_json(source, err)))
        rc = read_input(source, err);
    guard_leave_open();
    return rc;
}

static enum im_code
open_address(struct source *source, const char *path, struct im_error *err)
{
    source->address = malloc(sizeof *source->address);
    if (!source->address)
        return fail_memory(err);
    enum im_code rc = address_parse(path, source->address, err);
    if (rc)
        return rc;
    source->input.address = source->address;
    source->input.format = source->address->format;
    source->input.name = source->address->shown;
    source->input.path = source->input.extension = "";
    return read_input(source, err);
}

/* Columns of a grid are called by their numbers until there is a header. */
static enum im_code number_columns(struct source *source, struct im_error *err)
{
    size_t n = source->reader.n_columns;
    char number[24];

    if (!source->reader.is_grid || n <= source->n_numbers)
        return IM_OK;
    source->n_numbers = 0;
    source->numbers = im_arena_calloc(source->arena, n, sizeof *source->numbers);
    for (size_t i = 0; source->numbers && i < n; i++) {
        snprintf(number, sizeof number, "%zu", i + 1);
        source->numbers[i] = keep(source, number);
        if (!source->numbers[i])
            break;
        source->n_numbers++;
    }
    return source->n_numbers == n ? IM_OK : fail_memory(err);
}

static bool copy_options(struct source *source, const struct source_options *options)
{
    if (options && options->layer &&
        !(source->options.layer = keep(source, options->layer)))
        return false;
    return !options || !options->encoding ||
           (source->options.encoding = keep(source, options->encoding));
}

enum im_code source_open(const char *path,
                         const struct source_options *options,
                         struct source **out,
                         struct im_error *err)
{
    struct source *source = calloc(1, sizeof *source);
    enum im_code rc = IM_OK;

    if (!source)
        return fail_memory(err);
    source->input.options = &source->options;
    source->arena = im_arena_new(ARENA_BYTES);
    if (!source->arena || !copy_options(source, options)) {
        rc = fail_memory(err);
        goto done;
    }
    rc = address_is(path)         ? open_address(source, path, err)
         : address_is_other(path) ? address_refuse(path, err)
                                  : open_file(source, path, err);
    if (!rc)
        rc = number_columns(source, err);
    if (rc)
        goto done;
    *out = source;
    source = NULL;
done:
    source_close(source);
    return rc;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->reader.calls)
        source->reader.calls->close(source->reader.self);
    archive_release(&source->archive);
    temp_remove(&source->temp);
    if (source->address)
        explicit_bzero(source->address, sizeof *source->address);
    free(source->address);
    im_arena_free(source->arena);
    free(source);
}

/* ---- facts ---- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

const char *source_name(const struct source *source)
{
    return source->input.name;
}

const char *source_driver(const struct source *source)
{
    return or_empty(source->reader.driver);
}

const char *source_encoding(const struct source *source)
{
    return or_empty(source->recoded ? source->recoded : source->reader.encoding);
}

const char *source_sheet(const struct source *source)
{
    return or_empty(source->reader.sheet);
}

uint64_t source_size(const struct source *source)
{
    return source->input.bytes.size;
}

uint64_t source_hash(const struct source *source)
{
    return source->input.bytes.hash;
}

uint64_t source_rows(const struct source *source)
{
    return source->reader.rows;
}

bool source_is_export(const struct source *source)
{
    return source->is_export || source->reader.is_export;
}

bool source_is_grid(const struct source *source)
{
    return source->reader.is_grid;
}

size_t source_columns(const struct source *source)
{
    return source->names ? source->n_names : source->reader.n_columns;
}

const char *source_column(const struct source *source, size_t i)
{
    return source->names            ? source->names[i]
           : source->reader.columns ? source->reader.columns[i]
                                    : source->numbers[i];
}

bool source_has_geometry(const struct source *source)
{
    return source->reader.has_geometry;
}

struct source_note source_note(const struct source *source)
{
    return source->reader.note;
}

OGRSpatialReferenceH source_srs(const struct source *source)
{
    return source->reader.srs;
}

/* ---- rows ---- */

/* The reader says which column a fault is about; only here it has its name. */
static void name_fault(const struct source *source, struct source_row *row)
{
    const struct source_calls *calls = source->reader.calls;
    size_t column;

    if (!row->fault.code || !calls->fault_column) {
        row->fault_field = or_empty(row->fault_field);
        return;
    }
    column = calls->fault_column(source->reader.self);
    row->fault_field = column == SOURCE_FAULT_GEOMETRY   ? "geometry"
                       : column < source_columns(source) ? source_column(source, column)
                                                         : "";
}

/* Files of ours for table programmes keep formulas behind an apostrophe. */
static void take_guards_away(struct source *source, struct source_row *row)
{
    for (size_t i = 0; i < source->n_names; i++) {
        source->bare[i] = row->cells[i];
        if (row->cells[i].kind == SOURCE_TEXT)
            source->bare[i].text = im_csv_unguard(row->cells[i].text);
    }
    row->cells = source->bare;
}

/* Readers of our own may read out of a zip, and GDAL unpacks it aloud. */
static enum im_code next_row(struct source *source,
                             struct source_row *out,
                             bool *more,
                             struct im_error *err)
{
    const struct source_reader *reader = &source->reader;

    if (!source->input.is_archived)
        return reader->calls->next(reader->self, out, more, err);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    enum im_code rc = reader->calls->next(reader->self, out, more, err);
    CPLPopErrorHandler();
    return rc;
}

enum im_code source_next(struct source *source,
                         struct source_row *out,
                         bool *more,
                         struct im_error *err)
{
    const struct source_reader *reader = &source->reader;
    enum im_code rc;

    do {
        rc = next_row(source, out, more, err);
        if (rc || !*more)
            return rc;
    } while (out->number <= source->header_last && source->names);
    name_fault(source, out);
    out->sheet = or_empty(out->sheet);
    if (source->names && source->bare)
        take_guards_away(source, out);
    if (source->names && reader->counts_from_header)
        out->number -= source->header_last;
    return IM_OK;
}

enum im_code source_rewind(struct source *source, struct im_error *err)
{
    return source->reader.calls->rewind(
        source->reader.self, source->names ? source->n_names + source->is_export : 0,
        err);
}

/* ---- grids ---- */

size_t source_sheets(const struct source *source)
{
    const struct source_calls *calls = source->reader.calls;

    if (!source->reader.is_grid)
        return 0;
    return calls->sheets ? calls->sheets(source->reader.self) : 1;
}

struct source_sheet_info source_sheet_at(const struct source *source, size_t i)
{
    const struct source_calls *calls = source->reader.calls;

    return calls->sheet_at ? calls->sheet_at(source->reader.self, i)
                           : (struct source_sheet_info){.name = ""};
}

enum im_code source_choose_sheet(struct source *source, size_t i, struct im_error *err)
{
    const struct source_calls *calls = source->reader.calls;
    enum im_code rc = IM_OK;

    source->names = NULL;
    source->n_names = 0;
    source->is_export = false;
    source->bare = NULL;
    source->header_last = 0;
    if (calls->choose_sheet)
        rc = calls->choose_sheet(source->reader.self, i, &source->reader, err);
    if (!rc)
        rc = number_columns(source, err);
    return rc ? rc : source_rewind(source, err);
}

size_t source_merges(const struct source *source, const struct source_merge **out)
{
    const struct source_calls *calls = source->reader.calls;

    *out = NULL;
    return calls->merges ? calls->merges(source->reader.self, out) : 0;
}

enum im_code source_set_header(struct source *source,
                               uint64_t last_row,
                               const char *const *names,
                               size_t n_names,
                               struct im_error *err)
{
    if (n_names == 0 || n_names > SOURCE_MAX_COLUMNS)
        return im_fail(err, IM_ELIMIT, "a header has 1 to %d columns",
                       SOURCE_MAX_COLUMNS);
    const char **copies = im_arena_calloc(source->arena, n_names, sizeof *copies);
    for (size_t i = 0; copies && i < n_names; i++)
        if (!(copies[i] = keep(source, names[i])))
            copies = NULL;
    if (!copies)
        return fail_memory(err);
    source->is_export =
        n_names > 1 && strcmp(copies[n_names - 1], SOURCE_EXPORT_MARK) == 0;
    source->bare = NULL;
    if (source->is_export || mend_header(copies, n_names)) {
        source->bare = im_arena_calloc(source->arena, n_names, sizeof *source->bare);
        if (!source->bare)
            return fail_memory(err);
    }
    source->names = copies;
    source->n_names = n_names - source->is_export;
    source->header_last = last_row;
    return source_rewind(source, err);
}
