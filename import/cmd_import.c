/* SPDX-License-Identifier: Apache-2.0 */
/* innomap import: bring files into a layer, or the shipped layers into a database. */
#include "help.h"
#include "history/cmd_undo.h"
#include "report/text.h"
#include "source/internal.h"
#include "temporary.h"

#include <import/cmd.h>
#include <import/import.h>

#include <layers/cmd_store.h>

#include <engine/cli.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_command COMMAND = {"import", IMPORT_HELP_ZH, IMPORT_HELP_EN};

enum { PROGRESS_CELLS = 30, ARENA_MAX = 1 << 30 };

/* What all shipped layers came to. */
struct totals {
    unsigned layers;
    unsigned not_imported;
    struct import_counts counts;
};

struct command {
    enum lang lang;
    const char *db;
    const char *shipped;
    const char *basemap;
    struct import_options options;
    struct cli_words map;
    struct cli_words set;
    struct cli_words fill_down;
    struct cli_words reports; /* files to write */
    const char *undo;         /* a run */
    bool is_quiet;
    char **files;
    int n_files;
    struct totals totals;
};

/* Position of `value` among `n` names; -1: none of them. */
static int find_name(const char *const *names, int n, const char *value)
{
    for (int i = 0; i < n; i++)
        if (strcmp(value, names[i]) == 0)
            return i;
    return -1;
}

static int take_mode(void *ctx, const char *value)
{
    static const char *const names[] = {"upsert", "replace", "append"};
    struct command *c = ctx;
    int i = find_name(names, 3, value);

    if (i < 0)
        return cli_usage(c->lang, COMMAND.name,
                         "--mode 只能是 upsert、replace 或 append",
                         "--mode is upsert, replace or append");
    c->options.mode = (enum import_mode)i;
    return -1;
}

static int take_replace(void *ctx, const char *value)
{
    struct command *c = ctx;

    (void)value;
    c->options.mode = IMPORT_REPLACE;
    return -1;
}

static int take_unplaced(void *ctx, const char *value)
{
    static const char *const names[] = {"refuse", "keep", "place"};
    struct command *c = ctx;
    int i = find_name(names, 3, value);

    if (i < 0)
        return cli_usage(c->lang, COMMAND.name,
                         "--unplaced 只能是 refuse、keep 或 place",
                         "--unplaced is refuse, keep or place");
    c->options.unplaced = (enum import_unplaced)(IMPORT_UNPLACED_REFUSE + i);
    return -1;
}

static int take_fix(void *ctx, const char *value)
{
    struct command *c = ctx;

    if (strcmp(value, "swap") != 0)
        return cli_usage(c->lang, COMMAND.name, "--fix 只能是 swap", "--fix is swap");
    c->options.fix_swap = true;
    return -1;
}

/* A name that no report can have is said before the work, not after it. */
static int take_report(void *ctx, const char *value)
{
    struct command *c = ctx;
    struct im_error err = {0};

    if (import_report_check_path(value, &err))
        return cli_fail(c->lang, COMMAND.name, &err);
    return cli_add_word(COMMAND.name, c->lang, &c->reports, value);
}

/* -1 to go on, else the exit code. */
static int parse(struct command *c, int argc, char **argv)
{
    struct import_options *o = &c->options;
    const struct cli_option options[] = {
        {"layer", .text = &o->layer_id},
        {"db", .text = &c->db},
        {"crs", .text = &o->crs},
        {"source-layer", .text = &o->source_layer},
        {"definition", .text = &o->definition_path},
        {"style", .text = &o->style_path},
        {"create", .flag = &o->create},
        {"no-clusters", .flag = &o->no_clusters},
        {"title", .text = &o->title},
        {"encoding", .text = &o->encoding},
        {"map", .words = &c->map},
        {"set", .words = &c->set},
        {"fill-down", .words = &c->fill_down},
        {"mapping", .text = &o->mapping_path},
        {"save-mapping", .text = &o->save_mapping_path},
        {"keep-extra", .flag = &o->keep_extra},
        {"keep-personal", .flag = &o->keep_personal},
        {"fix", .take = take_fix, .ctx = c},
        {"repair", .flag = &o->repair},
        {"unplaced", .take = take_unplaced, .ctx = c},
        {"online", .flag = &o->online},
        {"mode", .take = take_mode, .ctx = c},
        {"replace", .take = take_replace, .ctx = c, .is_bare = true},
        {"report", .take = take_report, .ctx = c},
        {"dry-run", .flag = &o->dry_run},
        {"shipped", .text = &c->shipped},
        {"undo", .text = &c->undo},
        {"basemap", .text = &c->basemap},
        {"quiet", .flag = &c->is_quiet},
        {NULL}};
    int code = cli_parse(&COMMAND, options, &c->lang, argc, argv);

    if (code >= 0)
        return code;
    c->files = argv + optind;
    c->n_files = argc - optind;
    o->map = c->map.words;
    o->set = c->set.words;
    o->fill_down = c->fill_down.words;
    return -1;
}

/* What goes with files only. */
static bool has_file_options(const struct command *c)
{
    const struct import_options *o = &c->options;

    return c->n_files || o->layer_id || o->crs || o->source_layer ||
           o->definition_path || o->style_path || o->mode || o->dry_run || o->create ||
           o->no_clusters || o->encoding || o->title || o->mapping_path ||
           o->save_mapping_path || o->keep_extra || o->keep_personal || o->fix_swap ||
           o->repair || o->unplaced || o->online || c->map.n || c->set.n ||
           c->fill_down.n || c->reports.n;
}

static int check_undo(const struct command *c)
{
    if (!has_file_options(c) && !c->shipped && !c->basemap)
        return -1;
    return cli_usage(c->lang, COMMAND.name, "--undo 只能与 --db、--quiet、--lang 同用",
                     "--undo goes with --db, --quiet and --lang only");
}

static int check_usage(const struct command *c)
{
    if (c->undo)
        return check_undo(c);
    if (c->shipped) {
        if (has_file_options(c))
            return cli_usage(c->lang, COMMAND.name,
                             "--shipped 只能与 --basemap、--db、--quiet、--lang 同用",
                             "--shipped goes with --basemap, --db, --quiet and --lang "
                             "only");
        return -1;
    }
    if (c->basemap)
        return cli_usage(c->lang, COMMAND.name, "--basemap 要与 --shipped 同用",
                         "--basemap goes with --shipped");
    if (c->n_files == 0)
        return cli_usage(c->lang, COMMAND.name, "请给出要导入的文件",
                         "name the file to import");
    if (!c->options.layer_id && !c->options.definition_path)
        return cli_usage(c->lang, COMMAND.name, "请用 --layer 指明图层",
                         "say which layer with --layer");
    if (c->n_files > 1 && c->reports.n)
        return cli_usage(c->lang, COMMAND.name, "--report 一次只能用于一个文件",
                         "--report takes one file at a time");
    if (c->n_files > 1 && c->options.mode == IMPORT_REPLACE)
        return cli_usage(c->lang, COMMAND.name, "--replace 一次只能用于一个文件",
                         "--replace takes one file at a time");
    return -1;
}

/* ---- running ---- */

static void show_progress(void *ctx, uint64_t rows, uint64_t total)
{
    const struct command *c = ctx;
    char bar[PROGRESS_CELLS + 1];

    if (total < rows) {
        fprintf(stderr, cli_text(c->lang, "\r已读取 %llu 行", "\r%llu rows read"),
                (unsigned long long)rows);
    } else {
        for (uint64_t i = 0; i < PROGRESS_CELLS; i++)
            bar[i] = i * total < rows * PROGRESS_CELLS ? '#' : '.';
        bar[PROGRESS_CELLS] = '\0';
        fprintf(stderr, "\r[%s] %llu / %llu", bar, (unsigned long long)rows,
                (unsigned long long)total);
    }
    fflush(stderr);
}

static void clear_progress(const struct command *c)
{
    if (c->options.progress)
        fprintf(stderr, "\r\033[K");
}

static int write_reports(const struct command *c, const struct import_report *report)
{
    struct im_error err = {0};
    const char *lang = c->lang == LANG_ZH ? "zh" : "en";
    int code = CLI_DONE;

    for (size_t i = 0; i < c->reports.n && code == CLI_DONE; i++)
        if (import_report_write(report, c->reports.words[i], lang, &err))
            code = cli_fail(c->lang, COMMAND.name, &err);
    return code;
}

static int import_one(struct command *c, struct store *store, const char *path)
{
    struct import_report report = {.crs = ""};
    struct im_error err = {0};
    struct im_arena *arena = im_arena_new(ARENA_MAX);
    int code = CLI_DONE;
    enum im_code rc = arena
                          ? import_file(store, path, &c->options, arena, &report, &err)
                          : im_fail(&err, IM_ENOMEM, "out of memory");

    clear_progress(c);
    if (rc) {
        code = cli_fail(c->lang, COMMAND.name, &err);
        report_print_events(c->lang, &report);
    } else {
        report_print(c->lang, &report, report.source, c->is_quiet, c->options.dry_run);
    }
    int written = report.log ? write_reports(c, &report) : CLI_DONE;
    import_report_release(&report);
    im_arena_free(arena);
    return code == CLI_DONE ? written : code;
}

static void add_counts(struct import_counts *sum, const struct import_counts *c)
{
    sum->read += c->read;
    sum->added += c->added;
    sum->changed += c->changed;
    sum->gone += c->gone;
    sum->refused += c->refused;
}

/* A layer as it was has nothing to say: the line of totals counts it. */
static bool is_news(const struct import_report *r)
{
    const struct import_counts *c = &r->counts;

    return c->added || c->changed || c->gone || c->refused || r->events[IMPORT_WARNED];
}

static void print_note(void *ctx, const struct import_shipped_note *n)
{
    struct command *c = ctx;
    const char *title = cli_text(c->lang, n->title_zh, n->title_en);
    const char *why = cli_text(c->lang, n->why_zh, n->why_en);

    c->totals.layers++;
    if (!n->report) {
        c->totals.not_imported++;
        fprintf(stderr, "%s: %s\n", title, why);
        return;
    }
    add_counts(&c->totals.counts, &n->report->counts);
    if (!c->is_quiet && (is_news(n->report) || *why)) {
        printf("%s: ", title);
        report_print_counts(c->lang, &n->report->counts);
        if (*why)
            printf(cli_text(c->lang, "（%s）", " (%s)"), why);
        printf("\n");
        report_print_unknown(c->lang, n->report);
    }
    report_print_events(c->lang, n->report);
}

/* "2,156" */
static const char *grouped(char out[32], uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    char *p = out;

    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}

static void print_totals(const struct command *c)
{
    const struct totals *t = &c->totals;
    char rows[32];

    printf(cli_text(c->lang, "%u 个图层，%s 行：",
                    t->layers == 1 ? "%u layer, %s rows: " : "%u layers, %s rows: "),
           t->layers, grouped(rows, t->counts.read));
    const struct {
        uint64_t n;
        const char *zh;
        const char *en;
    } parts[] = {{t->counts.added, "新增", "added"},
                 {t->counts.changed, "更新", "changed"},
                 {t->counts.gone, "移除", "removed"},
                 {t->counts.refused, "拒绝", "refused"},
                 {t->not_imported, "未导入图层", "layers not imported"}};
    bool any = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].n == 0)
            continue;
        const char *before = any ? cli_text(c->lang, "，", ", ") : "";
        const char *number = grouped(rows, parts[i].n);
        if (c->lang == LANG_ZH)
            printf("%s%s %s", before, parts[i].zh, number);
        else
            printf("%s%s %s", before, number, parts[i].en);
        any = true;
    }
    puts(any ? "" : cli_text(c->lang, "没有变化", "nothing changed"));
}

static int import_all(struct command *c, struct store *store)
{
    struct im_error err = {0};

    if (c->shipped) {
        enum im_code rc =
            import_shipped(store, c->shipped, c->basemap, print_note, c, &err);

        if (!c->is_quiet && c->totals.layers)
            print_totals(c);
        return rc ? cli_fail(c->lang, COMMAND.name, &err) : CLI_DONE;
    }
    int code = CLI_DONE;
    for (int i = 0; i < c->n_files && code == CLI_DONE; i++)
        code = import_one(c, store, c->files[i]);
    return code;
}

/* A dry run makes no database: where there is none, one in a folder of its own is used
 * and removed. */
struct trial {
    char folder[480];
    char path[500];
};

static enum im_code begin_trial(struct trial *t, struct im_error *err)
{
    const char *parent = temporary_folder();

    snprintf(t->folder, sizeof t->folder, "%s/innomap-dry-run-XXXXXX", parent);
    if (!mkdtemp(t->folder)) {
        im_fail(err, IM_EENV,
                "a dry run without a database needs a folder in '%s': %s; name another "
                "in TMPDIR",
                parent, strerror(errno));
        return im_zh(err, IM_EENV,
                     "没有数据库时，试运行需要在“%s”中建立文件夹：%s；可用 TMPDIR "
                     "指定另一个",
                     parent, strerror(errno));
    }
    snprintf(t->path, sizeof t->path, "%s/db", t->folder);
    return IM_OK;
}

static void end_trial(const struct trial *t)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[520];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", t->path, suffixes[i]);
        unlink(path);
    }
    rmdir(t->folder);
}

static int run(struct command *c)
{
    struct store *store = NULL;
    struct im_error err = {0};
    struct trial trial = {0};
    const char *path = c->db;
    bool is_trial = c->options.dry_run && access(c->db, F_OK) != 0;

    if (c->undo)
        return cmd_undo(c->lang, c->db, c->undo, c->is_quiet);
    if (is_trial && begin_trial(&trial, &err))
        return cli_fail(c->lang, COMMAND.name, &err);
    if (is_trial)
        path = trial.path;
    enum im_code rc = store_open(path, STORE_CREATE, &store, &err);
    int code = rc ? cli_fail(c->lang, COMMAND.name, &err) : import_all(c, store);
    store_close(store);
    if (is_trial)
        end_trial(&trial);
    return code;
}

/* An address may hold a password, and everybody can read the arguments of a process:
 * it is taken out of them at once. False: out of memory. */
static bool hide_addresses(int argc, char **argv, char **copies)
{
    for (int i = 1; i < argc; i++) {
        if (!address_is(argv[i]))
            continue;
        copies[i] = strdup(argv[i]);
        if (!copies[i])
            return false;
        char *secret = strchr(argv[i], ':') + 1;
        memset(secret, '*', strlen(secret));
        argv[i] = copies[i];
    }
    return true;
}

static void free_copies(int argc, char **copies)
{
    for (int i = 0; copies && i < argc; i++)
        if (copies[i]) {
            explicit_bzero(copies[i], strlen(copies[i]));
            free(copies[i]);
        }
    free(copies);
}

static int start(int argc, char **argv)
{
    struct command c = {.lang = cli_lang(argc, argv), .db = STORE_DEFAULT_PATH};
    int code = parse(&c, argc, argv);

    if (code < 0)
        code = check_usage(&c);
    if (code >= 0)
        return code;
    if (isatty(STDERR_FILENO) && !c.is_quiet) {
        c.options.progress = show_progress;
        c.options.progress_ctx = &c;
    }
    return run(&c);
}

int cmd_import(int argc, char **argv)
{
    struct im_error err = {0};
    char **copies = calloc((size_t)argc + 1, sizeof *copies);
    int code;

    if (copies && hide_addresses(argc, argv, copies)) {
        code = start(argc, argv);
    } else {
        im_fail(&err, IM_ENOMEM, "out of memory");
        code = cli_fail(cli_lang(argc, argv), COMMAND.name, &err);
    }
    free_copies(argc, copies);
    return code;
}
