/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: the file that was located is scanned, made UTF-8, and given to the reader of
 * its format; a service is given to GDAL. */
#include "opened.h"

#include <cpl_error.h>
#include <cpl_string.h>
#include <xxhash.h>

enum { ARENA_BYTES = 32 << 20 };

static const struct {
    const char *format;
    enum im_code (*open)(const struct source_input *,
                         struct source_reader *,
                         struct im_error *);
} READERS[] = {
    {"CSV", csv_open},  {"GeoJSON", geojson_open}, {"XLSX", grid_open},
    {"ODS", grid_open}, {"XLS", grid_open},
};

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

const char *source_keep(struct source *source, const char *text)
{
    return im_arena_strdup(source->arena, im_bytes_of(text));
}

enum im_code source_no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "open the source: out of memory");
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
        return file_fail_vsi(err, input->path, input->name);
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
            rc = source_set_path(source, copy, name, err);
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
        rc = source_set_path(source, main, shown, err);
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
    enum im_code rc = source_locate(source, path, err);
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
        return source_no_memory(err);
    enum im_code rc = address_parse(path, source->address, err);
    if (rc)
        return rc;
    source->input.address = source->address;
    source->input.format = source->address->format;
    source->input.name = source->address->shown;
    source->input.path = source->input.extension = "";
    return read_input(source, err);
}

enum im_code source_number_columns(struct source *source, struct im_error *err)
{
    size_t n = source->reader.n_columns;
    char number[24];

    if (!source->reader.is_grid || n <= source->n_numbers)
        return IM_OK;
    source->n_numbers = 0;
    source->numbers = im_arena_calloc(source->arena, n, sizeof *source->numbers);
    for (size_t i = 0; source->numbers && i < n; i++) {
        snprintf(number, sizeof number, "%zu", i + 1);
        source->numbers[i] = source_keep(source, number);
        if (!source->numbers[i])
            break;
        source->n_numbers++;
    }
    return source->n_numbers == n ? IM_OK : source_no_memory(err);
}

static bool copy_options(struct source *source, const struct source_options *options)
{
    if (options && options->layer &&
        !(source->options.layer = source_keep(source, options->layer)))
        return false;
    return !options || !options->encoding ||
           (source->options.encoding = source_keep(source, options->encoding));
}

enum im_code source_open(const char *path,
                         const struct source_options *options,
                         struct source **out,
                         struct im_error *err)
{
    struct source *source = calloc(1, sizeof *source);
    enum im_code rc = IM_OK;

    if (!source)
        return source_no_memory(err);
    source->input.options = &source->options;
    source->arena = im_arena_new(ARENA_BYTES);
    if (!source->arena || !copy_options(source, options)) {
        rc = source_no_memory(err);
        goto done;
    }
    rc = address_is(path)         ? open_address(source, path, err)
         : address_is_other(path) ? address_refuse(path, err)
                                  : open_file(source, path, err);
    if (!rc)
        rc = source_number_columns(source, err);
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
