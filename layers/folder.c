/* SPDX-License-Identifier: Apache-2.0 */
/* A layer as a folder: written beside its place, then given its name. */
#include "folder.h"

#include "folder_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

struct folder {
    struct store *store;
    struct feature_source source;
    const struct source_layer *layer;
    const struct layer_schema *schema;
    json_t *definition;
    char target[PATH_BYTES];        /* DIR/ID */
    char beside[PATH_BYTES];        /* DIR/.ID-PID */
    char facts[SCHEMA_MAX_ID + 16]; /* name of the file; "" none */
};

static enum im_code fail_path(const char *path, struct im_error *err)
{
    int reason = errno;
    enum im_code code = reason == ENOSPC || reason == EIO ? IM_EIO : IM_EENV;

    im_fail(err, code, "cannot write '%.200s': %s", path, strerror(reason));
    return im_zh(err, code, "无法写入“%.200s”：%s", path, strerror(reason));
}

static enum im_code fail_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "folder: out of memory");
}

/* ---- what to write ---- */

static enum im_code fail_no_layer(const char *id, struct im_error *err)
{
    im_fail(err, IM_ENOTFOUND,
            "there is no layer '%.48s' in the database; `innomap layers` lists them",
            id);
    return im_zh(err, IM_ENOTFOUND,
                 "数据库中没有图层“%.48s”；用 innomap layers 查看有哪些", id);
}

static enum im_code find_layer(struct folder *f,
                               const char *id,
                               struct im_arena *arena,
                               struct im_error *err)
{
    const struct source_layer *layers = NULL;
    uint64_t version = 0;
    size_t n = 0;
    enum im_code rc =
        f->source.describe(f->source.self, arena, &layers, &n, &version, err);

    for (size_t i = 0; !rc && i < n; i++)
        if (strcmp(layers[i].id, id) == 0)
            f->layer = &layers[i];
    if (!rc && !f->layer)
        rc = fail_no_layer(id, err);
    if (!rc)
        rc = schema_parse(im_bytes_of(f->layer->definition_json), arena, &f->schema,
                          err);
    if (!rc && !(f->definition = json_loads(f->layer->definition_json, 0, NULL)))
        rc = fail_memory(err);
    return rc;
}

static const char *facts_member(const struct folder *f, const char *name)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(f->definition, "facts"), name));

    return text ? text : "";
}

static bool is_derived(const struct folder *f)
{
    return *facts_member(f, "derive") != '\0';
}

static bool has_columns(const struct folder *f)
{
    return f->schema->geometry == SCHEMA_POINT && !is_derived(f);
}

static bool is_table_like(const struct folder *f)
{
    return f->schema->geometry == SCHEMA_POINT || f->schema->geometry == SCHEMA_NONE ||
           is_derived(f);
}

/* Columns of the position: no field may have their names. */
static void position_columns(const struct folder *f, const char **lon, const char **lat)
{
    static const char *const names[][2] = {
        {"lon", "lat"}, {"longitude", "latitude"}, {"position_lon", "position_lat"}};
    size_t i = 0;

    while (i < 2 && (schema_field_index(f->schema, im_bytes_of(names[i][0])) >= 0 ||
                     schema_field_index(f->schema, im_bytes_of(names[i][1])) >= 0))
        i++;
    *lon = names[i][0];
    *lat = names[i][1];
}

/* `facts` of the definition says where the rows are: in the folder, from now on. */
static bool set_facts(struct folder *f, bool is_csv)
{
    const char *lon;
    const char *lat;
    json_t *facts;

    position_columns(f, &lon, &lat);
    if (is_derived(f))
        return json_object_set_new(json_object_get(f->definition, "facts"), "file",
                                   json_string(f->facts)) == 0;
    facts = is_csv && has_columns(f)
                ? json_pack("{s:s, s:s, s:s, s:s}", "file", f->facts, "lon", lon, "lat",
                            lat, "crs", "EPSG:4326")
                : json_pack("{s:s}", "file", f->facts);
    return facts && json_object_set_new(f->definition, "facts", facts) == 0;
}

/* ---- writing ---- */

static bool path_of(const struct folder *f, const char *name, char out[PATH_BYTES])
{
    int n = snprintf(out, PATH_BYTES, "%s/%s", f->beside, name);

    return n > 0 && n < PATH_BYTES;
}

static enum im_code
open_file(const struct folder *f, const char *name, FILE **out, struct im_error *err)
{
    char path[PATH_BYTES];

    if (!path_of(f, name, path)) {
        errno = ENAMETOOLONG;
        return fail_path(f->target, err);
    }
    *out = fopen(path, "wbx");
    return *out ? IM_OK : fail_path(path, err);
}

/* The bytes lie on the disk before the folder gets its name. */
static enum im_code
close_file(const struct folder *f, FILE *file, enum im_code rc, struct im_error *err)
{
    bool is_good = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0;

    is_good = fclose(file) == 0 && is_good;
    return rc || is_good ? rc : fail_path(f->target, err);
}

static enum im_code write_text(const struct folder *f,
                               const char *name,
                               const char *text,
                               struct im_error *err)
{
    FILE *file = NULL;
    enum im_code rc = open_file(f, name, &file, err);

    if (rc)
        return rc;
    fputs(text, file);
    if (*text && text[strlen(text) - 1] != '\n')
        fputc('\n', file);
    return close_file(f, file, IM_OK, err);
}

static enum im_code
write_facts_as(struct folder *f, bool is_csv, bool *is_unsafe, struct im_error *err)
{
    struct facts_file facts = {.source = &f->source, .schema = f->schema};
    enum im_code rc;

    snprintf(f->facts, sizeof f->facts, "%s.%s", f->schema->id,
             is_csv ? "csv" : "geojson");
    if (has_columns(f))
        position_columns(f, &facts.lon, &facts.lat);
    rc = open_file(f, f->facts, &facts.out, err);
    if (rc)
        return rc;
    rc = is_csv ? facts_write_csv(&facts, is_unsafe, err)
                : facts_write_geojson(&facts, err);
    return close_file(f, facts.out, rc, err);
}

/* Rows that are made from those of another layer need no file; nor do no rows: an empty
 * file has no columns. */
static enum im_code write_facts(struct folder *f, struct im_error *err)
{
    bool is_csv = is_table_like(f);
    bool is_unsafe = false;
    char path[PATH_BYTES];
    enum im_code rc;

    if (strcmp(facts_member(f, "derive"), "arcs") == 0)
        return IM_OK;
    if (f->layer->n_features == 0) {
        if (!is_derived(f))
            json_object_del(f->definition, "facts");
        return IM_OK;
    }
    rc = write_facts_as(f, is_csv, &is_unsafe, err);
    if (!rc && is_unsafe) {
        if (path_of(f, f->facts, path))
            unlink(path);
        is_csv = false;
        rc = write_facts_as(f, is_csv, &is_unsafe, err);
    }
    return rc || set_facts(f, is_csv) ? rc : fail_memory(err);
}

static enum im_code write_definition(const struct folder *f, struct im_error *err)
{
    char *text = json_dumps(f->definition, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    enum im_code rc = text ? write_text(f, "layer.json", text, err) : fail_memory(err);

    free(text);
    return rc;
}

static void remove_beside(const struct folder *f)
{
    const char *const names[] = {"layer.json", "style.json", f->facts};
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (*names[i] && path_of(f, names[i], path))
            unlink(path);
    rmdir(f->beside);
}

/* ---- the folder ---- */

static enum im_code fail_exists(const struct folder *f, struct im_error *err)
{
    im_fail(err, IM_EARG, "'%.200s' exists already; remove it or name another folder",
            f->target);
    return im_zh(err, IM_EARG, "“%.200s”已存在；请删除它，或换一个文件夹", f->target);
}

static enum im_code
begin(struct folder *f, const char *id, const char *directory, struct im_error *err)
{
    struct stat info;
    int n = snprintf(f->target, sizeof f->target, "%s/%s", directory, id);
    int m = snprintf(f->beside, sizeof f->beside, "%s/.%s-%ld", directory, id,
                     (long)getpid());

    if (n >= PATH_BYTES || m >= PATH_BYTES) {
        errno = ENAMETOOLONG;
        return fail_path(directory, err);
    }
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return fail_path(directory, err);
    if (lstat(f->target, &info) == 0)
        return fail_exists(f, err);
    if (mkdir(f->beside, 0777) != 0) {
        enum im_code rc = fail_path(f->beside, err);

        f->beside[0] = '\0'; /* not ours to remove */
        return rc;
    }
    return IM_OK;
}

enum im_code folder_write(struct store *store,
                          const char *layer_id,
                          const char *directory,
                          struct im_arena *arena,
                          const char **path,
                          struct im_error *err)
{
    struct folder f = {.store = store, .source = store_source(store)};
    const char *copy = NULL;
    enum im_code rc = find_layer(&f, layer_id, arena, err);

    if (!rc)
        rc = begin(&f, layer_id, directory, err);
    if (!rc)
        rc = write_facts(&f, err);
    if (!rc)
        rc = write_definition(&f, err);
    if (!rc && *f.layer->style_json)
        rc = write_text(&f, "style.json", f.layer->style_json, err);
    if (!rc && !(copy = im_arena_strdup(arena, im_bytes_of(f.target))))
        rc = fail_memory(err);
    if (!rc && rename(f.beside, f.target) != 0)
        rc = errno == EEXIST || errno == ENOTEMPTY ? fail_exists(&f, err)
                                                   : fail_path(f.target, err);
    if (!rc)
        *path = copy;
    else if (f.beside[0])
        remove_beside(&f);
    json_decref(f.definition);
    return rc;
}
