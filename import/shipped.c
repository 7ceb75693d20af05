/* SPDX-License-Identifier: Apache-2.0 */
/* Import the layer folders that come with the program. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096, MAX_FOLDERS = 1000, ARENA_MAX = 1 << 30 };

struct folder {
    const char *path;
    struct im_bytes definition;
    struct im_bytes style;
    const struct layer_schema *schema;
    struct facts facts;
};

struct shipment {
    struct store *store;
    const char *basemap_path;
    struct file_facts basemap; /* scanned once for all its layers */
    bool has_basemap;
    struct im_arena *arena; /* folders */
    struct folder *folders;
    size_t n_folders;
    void (*note)(void *ctx, const struct import_shipped_note *n);
    void *ctx;
};

static bool join_path(char out[PATH_BYTES], const char *folder, const char *name)
{
    int n = snprintf(out, PATH_BYTES, "%s/%s", folder, name);

    return n > 0 && n < PATH_BYTES;
}

static bool is_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static enum im_code load_folder(struct shipment *s,
                                const char *path,
                                struct folder *out,
                                struct im_error *err)
{
    char file[PATH_BYTES];
    enum im_code rc = IM_OK;

    *out = (struct folder){
        .path = im_arena_strdup(s->arena, im_bytes_of(path)),
        .style = im_bytes_of(""),
    };
    if (!out->path || !join_path(file, path, "layer.json"))
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", path);
    rc = file_read_text(file, s->arena, &out->definition, err);
    if (!rc && join_path(file, path, "style.json") && is_file(file))
        rc = file_read_text(file, s->arena, &out->style, err);
    if (!rc && out->style.len)
        rc = facts_check_style(file, out->style, err);
    if (!rc)
        rc = schema_parse(out->definition, s->arena, &out->schema, err);
    if (!rc)
        rc = facts_parse(out->definition, s->arena, &out->facts, err);
    return rc ? im_context(err, "%s", path) : IM_OK;
}

/* Layers made from others come last; the rest by `order`, then id. */
static int by_order(const void *a, const void *b)
{
    const struct folder *x = a;
    const struct folder *y = b;
    bool x_derived = x->facts.kind == FACTS_AREAS || x->facts.kind == FACTS_ARCS;
    bool y_derived = y->facts.kind == FACTS_AREAS || y->facts.kind == FACTS_ARCS;

    if (x_derived != y_derived)
        return x_derived - y_derived;
    if (x->schema->order != y->schema->order)
        return x->schema->order < y->schema->order ? -1 : 1;
    return strcmp(x->schema->id, y->schema->id);
}

static enum im_code fail_directory(const char *path, struct im_error *err)
{
    im_fail(err, IM_ENOTFOUND, "cannot read the folder of layers '%s': %s", path,
            strerror(errno));
    return im_zh(err, IM_ENOTFOUND, "无法读取图层文件夹“%s”：%s", path,
                 strerror(errno));
}

static enum im_code fail_many(const char *directory, struct im_error *err)
{
    im_fail(err, IM_ELIMIT,
            "'%.100s' has over %d layers; import them in several folders", directory,
            MAX_FOLDERS);
    return im_zh(err, IM_ELIMIT, "“%.100s”中的图层超过 %d 个；请分成几个文件夹导入",
                 directory, MAX_FOLDERS);
}

static enum im_code
list_folders(struct shipment *s, const char *directory, struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct dirent *entry;
    DIR *dir = opendir(directory);

    if (!dir)
        return fail_directory(directory, err);
    s->folders = im_arena_calloc(s->arena, MAX_FOLDERS, sizeof *s->folders);
    if (!s->folders)
        rc = im_fail(err, IM_ENOMEM, "'%s': out of memory", directory);
    while (!rc && (entry = readdir(dir))) {
        char path[PATH_BYTES];
        char file[PATH_BYTES];

        if (entry->d_name[0] == '.' || !join_path(path, directory, entry->d_name) ||
            !join_path(file, path, "layer.json") || !is_file(file))
            continue;
        if (s->n_folders == MAX_FOLDERS)
            rc = fail_many(directory, err);
        else
            rc = load_folder(s, path, &s->folders[s->n_folders++], err);
    }
    closedir(dir);
    if (!rc && s->n_folders == 0) {
        im_fail(err, IM_ENOTFOUND, "'%s' has no layer folders", directory);
        rc = im_zh(err, IM_ENOTFOUND, "“%s”中没有图层文件夹", directory);
    }
    if (!rc)
        qsort(s->folders, s->n_folders, sizeof *s->folders, by_order);
    return rc;
}

/* A layer that people have imported into keeps the rows that are not ours. */
static enum im_code choose_mode(struct store *store,
                                const char *layer_id,
                                enum import_mode *out,
                                struct im_error *err)
{
    int64_t n = 0;
    enum im_code rc = sql_integer(store_db(store), &n, err,
                                  "SELECT count(*) FROM innomap_runs "
                                  "WHERE layer_id = %Q AND origin = 'file' "
                                  "AND outcome <> 'failed'",
                                  layer_id);

    *out = n == 0 ? IMPORT_REPLACE : IMPORT_UPSERT;
    return rc;
}

/* Nothing in the folder differs from what was shipped last: read no row. */
static enum im_code skip_unchanged(struct shipment *s,
                                   const struct folder *folder,
                                   const struct job *job,
                                   const struct file_facts *file,
                                   struct import_report *report,
                                   bool *skipped,
                                   struct im_error *err)
{
    const char *layer_id = job->options.layer_id;
    struct run run = {.layer_id = layer_id,
                      .origin = job->origin,
                      .file_hash = file ? file->hash : 0,
                      .mode = job->options.mode};
    int64_t n = 0;
    uint64_t fingerprint =
        run_fingerprint(&run, folder->definition, folder->style, &job->options);
    enum im_code rc =
        run_is_repeat(s->store, layer_id, job->origin, fingerprint, skipped, err);

    if (rc || !*skipped)
        return rc;
    rc = sql_integer(store_db(s->store), &n, err, "SELECT count(*) FROM \"%w\"",
                     layer_id);
    *report = (struct import_report){.crs = "", .is_repeat = true};
    report->counts.read = report->counts.unchanged = (uint64_t)n;
    return rc;
}

static void tell(const struct shipment *s,
                 const struct folder *folder,
                 const struct import_report *report,
                 const char *zh,
                 const char *en)
{
    struct import_shipped_note note = {.layer_id = folder->schema->id,
                                       .title_zh = folder->schema->title.zh,
                                       .title_en = folder->schema->title.en,
                                       .report = report,
                                       .why_zh = zh,
                                       .why_en = en};

    if (s->note)
        s->note(s->ctx, &note);
}

/* The job of a folder. *why: the base map cannot give it, so only its definition goes
 * in. */
static enum im_code make_job(const struct shipment *s,
                             const struct folder *folder,
                             char path[PATH_BYTES],
                             struct file_facts *file,
                             struct job *job,
                             struct im_error *err)
{
    *job = (struct job){.origin = "shipped",
                        .definition = folder->definition,
                        .style = folder->style,
                        .has_style = true,
                        .options = {.layer_id = folder->schema->id,
                                    .mode = IMPORT_REPLACE,
                                    .unplaced = IMPORT_UNPLACED_KEEP}};
    if (folder->facts.basemap) {
        if (!s->has_basemap)
            return IM_OK;
        job->path = s->basemap_path;
        job->options.source_layer = folder->facts.basemap;
        *file = s->basemap;
        return IM_OK;
    }
    if (!folder->facts.file)
        return IM_OK;
    if (!join_path(path, folder->path, folder->facts.file))
        return file_fail(err, folder->facts.file, ENAMETOOLONG);
    job->path = path;
    return file_scan(path, file, err);
}

static enum im_code run_job(struct shipment *s,
                            const struct folder *folder,
                            const struct job *job,
                            const struct file_facts *file,
                            struct im_arena *arena,
                            struct import_report *report,
                            struct im_error *err)
{
    bool skipped = false;
    enum im_code rc =
        skip_unchanged(s, folder, job, job->path ? file : NULL, report, &skipped, err);

    if (!rc && !skipped)
        rc = job_run(s->store, job, arena, report, err);
    return rc;
}

static enum im_code import_folder(struct shipment *s,
                                  const struct folder *folder,
                                  struct im_arena *arena,
                                  struct im_error *err)
{
    char path[PATH_BYTES];
    struct file_facts file = {0};
    struct import_report report = {.crs = ""};
    struct job job;
    bool is_base = folder->facts.basemap != NULL;
    const char *why_zh = "";
    const char *why_en = "";
    enum im_code rc = make_job(s, folder, path, &file, &job, err);

    if (!rc && is_base && !s->has_basemap) {
        why_zh = "没有底图文件";
        why_en = "there is no base map file";
    }
    if (!rc)
        rc = choose_mode(s->store, job.options.layer_id, &job.options.mode, err);
    if (!rc)
        rc = run_job(s, folder, &job, &file, arena, &report, err);
    if (rc == IM_ENOTFOUND && is_base) {
        /* the base map was built without this layer */
        import_report_release(&report);
        job.path = NULL;
        why_zh = "底图文件中没有这一层";
        why_en = "the base map file has no such layer";
        rc = run_job(s, folder, &job, &file, arena, &report, err);
    }
    if (!rc)
        tell(s, folder, &report, why_zh, why_en);
    import_report_release(&report);
    return rc;
}

static bool is_about_one_folder(enum im_code rc)
{
    return rc == IM_EDATA || rc == IM_ENOTFOUND || rc == IM_EARG || rc == IM_ELIMIT;
}

/* A folder that is refused does not keep the others out; the first refusal is what the
 * whole answers. */
static enum im_code import_folders(struct shipment *s, struct im_error *err)
{
    enum im_code first = IM_OK;

    for (size_t i = 0; i < s->n_folders; i++) {
        struct im_arena *arena = im_arena_new(ARENA_MAX);
        struct im_error failure = {0};
        enum im_code rc = arena ? import_folder(s, &s->folders[i], arena, &failure)
                                : im_fail(&failure, IM_ENOMEM, "out of memory");

        im_arena_free(arena);
        if (!rc)
            continue;
        im_context(&failure, "layer '%s'", s->folders[i].schema->id);
        tell(s, &s->folders[i], NULL, failure.msg_zh, failure.msg);
        if (first == IM_OK) {
            first = rc;
            if (err)
                *err = failure;
        }
        if (!is_about_one_folder(rc))
            break;
    }
    return first;
}

enum im_code import_shipped(struct store *store,
                            const char *directory,
                            const char *basemap_path,
                            void (*note)(void *ctx,
                                         const struct import_shipped_note *n),
                            void *ctx,
                            struct im_error *err)
{
    struct shipment s = {
        .store = store, .basemap_path = basemap_path, .note = note, .ctx = ctx};
    enum im_code rc = IM_OK;

    s.arena = im_arena_new(ARENA_MAX);
    if (!s.arena)
        return im_fail(err, IM_ENOMEM, "shipped layers: out of memory");
    if (basemap_path && is_file(basemap_path)) {
        rc = file_scan(basemap_path, &s.basemap, err);
        s.has_basemap = !rc;
    }
    if (!rc)
        rc = list_folders(&s, directory, err);
    if (!rc)
        rc = import_folders(&s, err);
    im_arena_free(s.arena);
    return rc;
}
