/* SPDX-License-Identifier: Apache-2.0 */
/* A layer as a file: which rows, which form, whole or not at all. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { PIECE_MAX = 1 << 30 };

bool export_format_parse(const char *text, enum export_format *out)
{
    static const char *const names[EXPORT_FORMATS] = {"geojson", "geojsonseq", "gpkg",
                                                      "csv"};

    for (int i = 0; i < EXPORT_FORMATS; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum export_format)i;
            return true;
        }
    return false;
}

bool export_format_of(const char *path, enum export_format *out)
{
    static const struct {
        const char *ending;
        enum export_format format;
    } known[] = {{".geojson", EXPORT_GEOJSON},
                 {".json", EXPORT_GEOJSON},
                 {".geojsonl", EXPORT_GEOJSONSEQ},
                 {".geojsons", EXPORT_GEOJSONSEQ},
                 {".jsonl", EXPORT_GEOJSONSEQ},
                 {".gpkg", EXPORT_GPKG},
                 {".csv", EXPORT_CSV}};
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(dot, known[i].ending) == 0) {
            *out = known[i].format;
            return true;
        }
    return false;
}

/* ---- what the forms share ---- */

enum im_code exporter_next(struct exporter *e,
                           struct source_feature *out,
                           bool *more,
                           struct im_error *err)
{
    enum im_code rc = history_scan_next(e->scan, out, more, err);

    if (!rc && *more) {
        e->result->rows++;
        e->result->unplaced +=
            e->schema->geometry != SCHEMA_NONE && out->geom.kind == GEOM_EMPTY;
    }
    return rc;
}

enum im_code exporter_flush(struct exporter *e, FILE *out, struct im_error *err)
{
    enum im_code rc = im_buf_check(&e->piece, "a row", err);

    if (!rc)
        fwrite(e->piece.data, 1, e->piece.len, out);
    im_buf_clear(&e->piece);
    return rc;
}

static void write_title(struct im_json *w, const char *key, struct schema_title title)
{
    im_json_key(w, key);
    im_json_object(w);
    im_json_key(w, "zh");
    im_json_text(w, title.zh);
    im_json_key(w, "en");
    im_json_text(w, title.en);
    im_json_object_end(w);
}

static void write_text(struct im_json *w, const char *key, const char *text)
{
    im_json_key(w, key);
    im_json_text(w, text);
}

void export_mark_json(const struct exporter *e, struct im_json *w)
{
    const struct layer_schema *schema = e->schema;

    im_json_object(w);
    im_json_key(w, "form");
    im_json_int(w, EXPORT_FORM);
    write_text(w, "layer", schema->id);
    write_title(w, "title", schema->title);
    write_text(w, "key", schema->fields[schema->key].name);
    im_json_key(w, "run");
    im_json_int(w, e->info->run_id);
    im_json_key(w, "version");
    im_json_int(w, (int64_t)e->info->version);
    write_text(w, "changed_at", e->info->changed_at);
    write_title(w, "source", schema->source);
    write_text(w, "source_date", schema->source_date);
    write_text(w, "licence", schema->licence);
    write_title(w, "attribution", schema->attribution);
    write_title(w, "completeness", schema->completeness);
    im_json_object_end(w);
}

static void append_fact(struct im_buf *out, const char *name, const char *text)
{
    if (*text)
        im_buf_printf(out, "; %s: %s", name, text);
}

void export_mark_text(const struct exporter *e, struct im_buf *out)
{
    const struct layer_schema *schema = e->schema;

    im_buf_printf(out, "innomap export; layer: %s; version: %llu (%s)", schema->id,
                  (unsigned long long)e->info->version, e->info->changed_at);
    append_fact(out, "title", schema->title.zh);
    append_fact(out, "source", schema->source.zh);
    append_fact(out, "source date", schema->source_date);
    append_fact(out, "licence", schema->licence);
    append_fact(out, "attribution", schema->attribution.zh);
}

/* ---- one export ---- */

static enum im_code fail_write(struct im_error *err, const char *path, const char *why)
{
    im_fail(err, IM_EIO,
            "cannot write '%s': %s; free some space or choose another place", path,
            why);
    return im_zh(err, IM_EIO, "无法写入“%s”：%s；请腾出空间或换个位置", path, why);
}

static enum im_code check_target(const struct export_options *options,
                                 const char *path,
                                 struct im_error *err)
{
    bool is_stdout = strcmp(path, "-") == 0;

    if (is_stdout && options->format == EXPORT_GPKG) {
        im_fail(err, IM_EARG, "a GeoPackage cannot go to standard output; name a file");
        return im_zh(err, IM_EARG, "GeoPackage 不能写到标准输出，请给出文件名");
    }
    if (is_stdout || options->overwrite || access(path, F_OK) != 0)
        return IM_OK;
    im_fail(err, IM_EARG,
            "'%s' is there already; choose another name or allow it with --overwrite",
            path);
    return im_zh(err, IM_EARG, "“%s”已经存在；请换个名字，或用 --overwrite 允许覆盖",
                 path);
}

static enum im_code check_visibility(const struct export_options *options,
                                     const struct layer_schema *schema,
                                     struct im_error *err)
{
    if (!schema->is_internal || options->with_internal)
        return IM_OK;
    im_fail(err, IM_EARG,
            "layer '%s' is internal; export it with --internal and keep the file to "
            "yourself",
            schema->id);
    return im_zh(err, IM_EARG,
                 "图层“%s”是内部图层；确要导出请加 --internal，并妥善保管文件",
                 schema->id);
}

static enum im_code write_stream(struct exporter *e,
                                 enum export_format format,
                                 FILE *out,
                                 struct im_error *err)
{
    if (format == EXPORT_CSV)
        return export_csv(e, out, err);
    return export_geojson(e, format == EXPORT_GEOJSONSEQ, out, err);
}

static enum im_code
write_stdout(struct exporter *e, enum export_format format, struct im_error *err)
{
    enum im_code rc = write_stream(e, format, stdout, err);

    if (!rc && (fflush(stdout) != 0 || ferror(stdout)))
        rc = fail_write(err, "-", strerror(errno));
    return rc;
}

/* On the disk before it gets its name. */
static enum im_code write_file(struct exporter *e,
                               enum export_format format,
                               const char *path,
                               struct im_error *err)
{
    FILE *out = fopen(path, "wbx");
    enum im_code rc = IM_OK;

    if (!out)
        return fail_write(err, path, strerror(errno));
    rc = write_stream(e, format, out, err);
    if (!rc && (fflush(out) != 0 || ferror(out) || fsync(fileno(out)) != 0))
        rc = fail_write(err, path, strerror(errno));
    if (fclose(out) != 0 && !rc)
        rc = fail_write(err, path, strerror(errno));
    return rc;
}

static enum im_code write_named(struct exporter *e,
                                enum export_format format,
                                const char *path,
                                struct im_error *err)
{
    char *part = NULL;
    enum im_code rc;

    /* the driver wants the ending */
    if (asprintf(&part, "%s.%ld.part%s", path, (long)getpid(),
                 format == EXPORT_GPKG ? ".gpkg" : "") < 0)
        return im_fail(err, IM_ENOMEM, "export: out of memory");
    unlink(part); /* left by a process of the same number that was killed */
    rc = format == EXPORT_GPKG ? export_gpkg(e, part, err)
                               : write_file(e, format, part, err);
    if (!rc && rename(part, path) != 0)
        rc = fail_write(err, path, strerror(errno));
    if (rc)
        unlink(part);
    free(part);
    return rc;
}

enum im_code export_write(struct store *store,
                          const struct export_options *options,
                          const char *path,
                          struct im_arena *arena,
                          struct export_result *out,
                          struct im_error *err)
{
    struct exporter e = {.result = out,
                         .info = &out->info,
                         .with_bom = options->with_bom,
                         .piece = {.max = PIECE_MAX}};
    enum im_code rc = check_target(options, path, err);

    *out = (struct export_result){.rows = 0};
    if (!rc)
        rc = history_scan_open(store, options->layer_id, options->as_of, arena, &e.scan,
                               &out->info, err);
    if (rc)
        goto done;
    e.schema = out->info.schema;
    rc = check_visibility(options, e.schema, err);
    if (!rc && strcmp(path, "-") == 0)
        rc = write_stdout(&e, options->format, err);
    else if (!rc)
        rc = write_named(&e, options->format, path, err);
done:
    history_scan_close(e.scan);
    im_buf_release(&e.piece);
    return rc;
}
