/* SPDX-License-Identifier: Apache-2.0 */
/* innomap import: bring files into a layer, or the shipped layers into a database. */
#include "help.h"
#include "history/cmd_undo.h"
#include "source/internal.h"
#include "temporary.h"

#include <import/cmd.h>
#include <import/import.h>

#include <engine/cli.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char COMMAND[] = "import";
static const char DEFAULT_DB[] = "innomap.db";
enum {
    PROGRESS_CELLS = 30,
    ARENA_MAX = 1 << 30,
    SHOWN_EVENTS = 20,
    SHOWN_COLUMNS = 40,
    SHOWN_BYTES = 210,
    SHOWN_NOTE_BYTES = 2000
};

enum option_id {
    OPT_LAYER = 1000,
    OPT_DB,
    OPT_CRS,
    OPT_SOURCE_LAYER,
    OPT_DEFINITION,
    OPT_STYLE,
    OPT_CREATE,
    OPT_NO_CLUSTERS,
    OPT_TITLE,
    OPT_ENCODING,
    OPT_MAP,
    OPT_SET,
    OPT_FILL_DOWN,
    OPT_MAPPING,
    OPT_SAVE_MAPPING,
    OPT_KEEP_EXTRA,
    OPT_KEEP_PERSONAL,
    OPT_FIX,
    OPT_REPAIR,
    OPT_UNPLACED,
    OPT_ONLINE,
    OPT_MODE,
    OPT_REPLACE,
    OPT_REPORT,
    OPT_DRY_RUN,
    OPT_SHIPPED,
    OPT_UNDO,
    OPT_BASEMAP,
    OPT_QUIET,
    OPT_LANG,
    OPT_HELP
};

static const struct option OPTIONS[] = {
    {"layer", required_argument, NULL, OPT_LAYER},
    {"db", required_argument, NULL, OPT_DB},
    {"crs", required_argument, NULL, OPT_CRS},
    {"source-layer", required_argument, NULL, OPT_SOURCE_LAYER},
    {"definition", required_argument, NULL, OPT_DEFINITION},
    {"style", required_argument, NULL, OPT_STYLE},
    {"create", no_argument, NULL, OPT_CREATE},
    {"no-clusters", no_argument, NULL, OPT_NO_CLUSTERS},
    {"title", required_argument, NULL, OPT_TITLE},
    {"encoding", required_argument, NULL, OPT_ENCODING},
    {"map", required_argument, NULL, OPT_MAP},
    {"set", required_argument, NULL, OPT_SET},
    {"fill-down", required_argument, NULL, OPT_FILL_DOWN},
    {"mapping", required_argument, NULL, OPT_MAPPING},
    {"save-mapping", required_argument, NULL, OPT_SAVE_MAPPING},
    {"keep-extra", no_argument, NULL, OPT_KEEP_EXTRA},
    {"keep-personal", no_argument, NULL, OPT_KEEP_PERSONAL},
    {"fix", required_argument, NULL, OPT_FIX},
    {"repair", no_argument, NULL, OPT_REPAIR},
    {"unplaced", required_argument, NULL, OPT_UNPLACED},
    {"online", no_argument, NULL, OPT_ONLINE},
    {"mode", required_argument, NULL, OPT_MODE},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"report", required_argument, NULL, OPT_REPORT},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"shipped", required_argument, NULL, OPT_SHIPPED},
    {"undo", required_argument, NULL, OPT_UNDO},
    {"basemap", required_argument, NULL, OPT_BASEMAP},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"lang", required_argument, NULL, OPT_LANG},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0}};

/* Options that may be given several times; NULL-terminated. */
enum { MAX_WORDS = 256 };
struct word_list {
    const char *words[MAX_WORDS + 1];
    size_t n;
};

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
    struct word_list map;
    struct word_list set;
    struct word_list fill_down;
    struct word_list reports; /* files to write */
    const char *undo;         /* a run */
    bool is_quiet;
    bool wants_help;
    char **files;
    int n_files;
    struct totals totals;
};

static int add_word(const struct command *c, struct word_list *list)
{
    if (list->n == MAX_WORDS)
        return cli_usage(c->lang, COMMAND, "同一选项最多 256 次",
                         "an option can be given 256 times at most");
    list->words[list->n++] = optarg;
    return -1;
}

static int take_mode(struct command *c)
{
    static const char *const names[] = {"upsert", "replace", "append"};

    for (int i = 0; i < 3; i++)
        if (strcmp(optarg, names[i]) == 0) {
            c->options.mode = (enum import_mode)i;
            return -1;
        }
    return cli_usage(c->lang, COMMAND, "--mode 只能是 upsert、replace 或 append",
                     "--mode is upsert, replace or append");
}

static int take_unplaced(struct command *c)
{
    static const char *const names[] = {"refuse", "keep", "place"};

    for (int i = 0; i < 3; i++)
        if (strcmp(optarg, names[i]) == 0) {
            c->options.unplaced = (enum import_unplaced)(IMPORT_UNPLACED_REFUSE + i);
            return -1;
        }
    return cli_usage(c->lang, COMMAND, "--unplaced 只能是 refuse、keep 或 place",
                     "--unplaced is refuse, keep or place");
}

static int take_lang(struct command *c)
{
    return cli_lang_parse(optarg, &c->lang)
               ? -1
               : cli_usage(c->lang, COMMAND, "--lang 只能是 zh 或 en",
                           "--lang is zh or en");
}

static int take_fix(struct command *c)
{
    c->options.fix_swap = strcmp(optarg, "swap") == 0;
    return c->options.fix_swap
               ? -1
               : cli_usage(c->lang, COMMAND, "--fix 只能是 swap", "--fix is swap");
}

/* Options that are a text. */
static const char **text_option(struct command *c, int option)
{
    switch (option) {
    case OPT_LAYER:
        return &c->options.layer_id;
    case OPT_DB:
        return &c->db;
    case OPT_CRS:
        return &c->options.crs;
    case OPT_SOURCE_LAYER:
        return &c->options.source_layer;
    case OPT_DEFINITION:
        return &c->options.definition_path;
    case OPT_STYLE:
        return &c->options.style_path;
    case OPT_TITLE:
        return &c->options.title;
    case OPT_ENCODING:
        return &c->options.encoding;
    case OPT_MAPPING:
        return &c->options.mapping_path;
    case OPT_SAVE_MAPPING:
        return &c->options.save_mapping_path;
    case OPT_UNDO:
        return &c->undo;
    case OPT_SHIPPED:
        return &c->shipped;
    case OPT_BASEMAP:
        return &c->basemap;
    default:
        return NULL;
    }
}

/* Options that are a yes. */
static bool *flag_option(struct command *c, int option)
{
    switch (option) {
    case OPT_CREATE:
        return &c->options.create;
    case OPT_NO_CLUSTERS:
        return &c->options.no_clusters;
    case OPT_KEEP_EXTRA:
        return &c->options.keep_extra;
    case OPT_KEEP_PERSONAL:
        return &c->options.keep_personal;
    case OPT_REPAIR:
        return &c->options.repair;
    case OPT_ONLINE:
        return &c->options.online;
    case OPT_DRY_RUN:
        return &c->options.dry_run;
    case OPT_QUIET:
        return &c->is_quiet;
    case OPT_HELP:
    case 'h':
        return &c->wants_help;
    default:
        return NULL;
    }
}

/* A name that no report can have is said before the work, not after it. */
static int take_report(struct command *c)
{
    struct im_error err = {0};

    return import_report_check_path(optarg, &err) ? cli_fail(c->lang, COMMAND, &err)
                                                  : add_word(c, &c->reports);
}

/* -1 to go on, else the exit code. */
static int take_option(struct command *c, int option)
{
    const char **text = text_option(c, option);
    bool *flag = flag_option(c, option);

    if (text)
        *text = optarg;
    if (flag)
        *flag = true;
    switch (option) {
    case OPT_MAP:
        return add_word(c, &c->map);
    case OPT_SET:
        return add_word(c, &c->set);
    case OPT_FILL_DOWN:
        return add_word(c, &c->fill_down);
    case OPT_REPORT:
        return take_report(c);
    case OPT_FIX:
        return take_fix(c);
    case OPT_UNPLACED:
        return take_unplaced(c);
    case OPT_MODE:
        return take_mode(c);
    case OPT_REPLACE:
        c->options.mode = IMPORT_REPLACE;
        return -1;
    case OPT_LANG:
        return take_lang(c);
    default:
        return -1;
    }
}

static int parse(struct command *c, int argc, char **argv)
{
    int option;

    optind = 0; /* other subcommands and tests have parsed before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", OPTIONS, NULL)) != -1) {
        if (option == '?' || option == ':')
            return cli_bad_option(c->lang, COMMAND, OPTIONS, option, argv[optind - 1]);
        int code = take_option(c, option);
        if (code >= 0)
            return code;
    }
    c->files = argv + optind;
    c->n_files = argc - optind;
    c->options.map = c->map.words;
    c->options.set = c->set.words;
    c->options.fill_down = c->fill_down.words;
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
    return cli_usage(c->lang, COMMAND, "--undo 只能与 --db、--quiet、--lang 同用",
                     "--undo goes with --db, --quiet and --lang only");
}

static int check_usage(const struct command *c)
{
    if (c->undo)
        return check_undo(c);
    if (c->shipped) {
        if (has_file_options(c))
            return cli_usage(c->lang, COMMAND,
                             "--shipped 只能与 --basemap、--db、--quiet、--lang 同用",
                             "--shipped goes with --basemap, --db, --quiet and --lang "
                             "only");
        return -1;
    }
    if (c->basemap)
        return cli_usage(c->lang, COMMAND, "--basemap 要与 --shipped 同用",
                         "--basemap goes with --shipped");
    if (c->n_files == 0)
        return cli_usage(c->lang, COMMAND, "请给出要导入的文件",
                         "name the file to import");
    if (!c->options.layer_id && !c->options.definition_path)
        return cli_usage(c->lang, COMMAND, "请用 --layer 指明图层",
                         "say which layer with --layer");
    if (c->n_files > 1 && c->reports.n)
        return cli_usage(c->lang, COMMAND, "--report 一次只能用于一个文件",
                         "--report takes one file at a time");
    if (c->n_files > 1 && c->options.mode == IMPORT_REPLACE)
        return cli_usage(c->lang, COMMAND, "--replace 一次只能用于一个文件",
                         "--replace takes one file at a time");
    return -1;
}

/* ---- the report ---- */

static void print_event(enum lang lang, const struct import_event *e)
{
    const char *reason = cli_text(lang, e->reason_zh, e->reason_en);
    const char *next = cli_text(lang, e->suggestion_zh, e->suggestion_en);

    if (lang == LANG_ZH)
        printf("  %s%s%s 第 %llu 行%s%s%s%s%s：%s%s%s\n", e->source,
               *e->sheet ? "，" : "", e->sheet, (unsigned long long)e->row,
               *e->field ? "，" : "", e->field, *e->value ? " “" : "", e->value,
               *e->value ? "”" : "", reason, *next ? "；" : "", next);
    else
        printf("  %s%s%s, row %llu%s%s%s%s%s: %s%s%s\n", e->source,
               *e->sheet ? ", " : "", e->sheet, (unsigned long long)e->row,
               *e->field ? ", " : "", e->field, *e->value ? " '" : "", e->value,
               *e->value ? "'" : "", reason, *next ? "; " : "", next);
}

static void print_kind(enum lang lang,
                       const struct import_report *r,
                       enum import_event_kind kind,
                       const char *title)
{
    uint64_t shown = 0;

    if (r->events[kind] == 0)
        return;
    if (*title)
        printf("  %s\n", title);
    for (size_t i = 0; i < r->n_first && shown < SHOWN_EVENTS; i++)
        if (r->first[i].kind == kind) {
            print_event(lang, &r->first[i]);
            shown++;
        }
    if (r->events[kind] > shown)
        printf(cli_text(lang, "  ……还有 %llu 处\n", "  ... and %llu more\n"),
               (unsigned long long)(r->events[kind] - shown));
}

static void print_events(enum lang lang, const struct import_report *r)
{
    print_kind(lang, r, IMPORT_REFUSED, "");
    print_kind(lang, r, IMPORT_REPAIRED, cli_text(lang, "修复：", "repaired:"));
    print_kind(lang, r, IMPORT_UNPLACED,
               cli_text(lang, "没有位置：", "without a position:"));
    print_kind(lang, r, IMPORT_WARNED, cli_text(lang, "请核对：", "please check:"));
}

/* "report": 问题 and its like, which an earlier report added. */
static bool is_stored(const struct import_mapping *m)
{
    return strcmp(m->how, "unknown") != 0 && strcmp(m->how, "personal") != 0 &&
           strcmp(m->how, "report") != 0;
}

/* What a file calls its columns or itself may hold anything; of the report's own texts
 * only the events are tidied when they are made. */
static const char *seemly(char *out, size_t size, const char *text)
{
    struct im_bytes bytes = im_bytes_of(text);
    size_t n = 0;

    for (size_t i = 0; i < bytes.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(bytes, &i);
        bool is_one = !im_utf8_is_unseemly(c);

        if (n + (is_one ? i - from : 1) > size - sizeof "…") {
            memcpy(out + n, "…", sizeof "…");
            return out;
        }
        if (is_one)
            memcpy(out + n, text + from, i - from);
        else
            out[n] = ' ';
        n += is_one ? i - from : 1;
    }
    out[n] = '\0';
    return out;
}

static void print_columns(enum lang lang,
                          const struct import_report *r,
                          const char *how,
                          const char *title)
{
    char name[SHOWN_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < r->n_mappings; i++)
        if (strcmp(r->mappings[i].how, how) == 0 && n++ < SHOWN_COLUMNS)
            printf("%s%s", n > 1 ? cli_text(lang, "、", ", ") : title,
                   seemly(name, sizeof name, r->mappings[i].column));
    if (n > SHOWN_COLUMNS)
        printf(cli_text(lang, "……还有 %zu 列", " ... and %zu more"), n - SHOWN_COLUMNS);
    if (n)
        printf("\n");
}

static void print_unknown(enum lang lang, const struct import_report *r)
{
    print_columns(lang, r, "unknown",
                  cli_text(lang, "  未存入的列：", "  columns not stored: "));
    print_columns(
        lang, r, "personal",
        cli_text(lang, "  个人信息，未存入：", "  personal data, not stored: "));
}

/* "孵化器名称 → name_zh": how the file was understood. */
static void print_mapping(enum lang lang, const struct import_report *r)
{
    char name[SHOWN_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < r->n_mappings; i++) {
        const struct import_mapping *m = &r->mappings[i];
        const char *note = cli_text(lang, m->note_zh, m->note_en);

        if (!is_stored(m) || !*m->column || strcmp(m->column, m->field) == 0 ||
            n++ >= SHOWN_COLUMNS)
            continue;
        printf("%s%s → %s%s%s%s",
               n > 1 ? cli_text(lang, "，", ", ")
                     : cli_text(lang, "  对应：", "  mapping: "),
               seemly(name, sizeof name, m->column), *m->field ? m->field : m->how,
               *note ? cli_text(lang, "（", " (") : "", note,
               *note ? cli_text(lang, "）", ")") : "");
    }
    if (n > SHOWN_COLUMNS)
        printf(cli_text(lang, "……还有 %zu 列", " ... and %zu more"), n - SHOWN_COLUMNS);
    if (n)
        printf("\n");
}

/* Does the list go on? */
static bool has_derived(const struct import_report *r, size_t from)
{
    for (size_t i = from; i < r->n_mappings; i++)
        if (is_stored(&r->mappings[i]) && !*r->mappings[i].column)
            return true;
    return false;
}

/* "city、adcode（由所述区划或位置得出）": what no column says; fields of one origin
 * together. */
static void print_derived(enum lang lang, const struct import_report *r)
{
    bool any = false;

    for (size_t i = 0; i < r->n_mappings; i++) {
        const struct import_mapping *m = &r->mappings[i];
        const struct import_mapping *next = m + 1;
        const char *note = cli_text(lang, m->note_zh, m->note_en);
        bool goes_on = i + 1 < r->n_mappings && !*next->column && is_stored(next) &&
                       strcmp(cli_text(lang, next->note_zh, next->note_en), note) == 0;

        if (!is_stored(m) || *m->column)
            continue;
        printf("%s%s", any ? "" : cli_text(lang, "  推定：", "  derived: "), m->field);
        if (!goes_on && *note)
            printf(cli_text(lang, "（%s）", " (%s)"), note);
        if (goes_on || has_derived(r, i + 1))
            printf("%s", cli_text(lang, goes_on ? "、" : "，", ", "));
        any = true;
    }
    if (any)
        printf("\n");
}

static void print_notes(enum lang lang, const struct import_report *r)
{
    char text[SHOWN_NOTE_BYTES];

    /* columns of personal data are listed with the columns already */
    for (size_t i = 0; i < r->n_notes; i++)
        if (strcmp(r->notes[i].code, "personal_dropped") != 0)
            printf("  %s\n", seemly(text, sizeof text,
                                    cli_text(lang, r->notes[i].zh, r->notes[i].en)));
}

static void print_count(enum lang lang, uint64_t n, const char *zh, const char *en)
{
    if (n && lang == LANG_ZH)
        printf("，%s %llu", zh, (unsigned long long)n);
    else if (n)
        printf(", %llu %s", (unsigned long long)n, en);
}

static void print_counts(enum lang lang, const struct import_counts *c)
{
    printf(cli_text(lang, "读取 %llu 行", "%llu rows read"),
           (unsigned long long)c->read);
    print_count(lang, c->added, "新增", "added");
    print_count(lang, c->changed, "更新", "changed");
    print_count(lang, c->unchanged, "未变", "unchanged");
    print_count(lang, c->gone, "移除", "removed");
    print_count(lang, c->refused, "拒绝", "refused");
    print_count(lang, c->repaired, "修复", "repaired");
    print_count(lang, c->skipped, "非数据行", "no data");
    print_count(lang, c->unplaced, "无位置", "without a position");
}

static void
print_report(const struct command *c, const char *name, const struct import_report *r)
{
    enum lang lang = c->lang;
    char text[SHOWN_BYTES];

    if (!c->is_quiet) {
        printf("%s: ", seemly(text, sizeof text, name));
        if (r->is_repeat)
            printf("%s", cli_text(lang, "以前导入过，没有变化；",
                                  "imported before, "
                                  "nothing changed; "));
        print_counts(lang, &r->counts);
        if (c->options.dry_run)
            printf("%s",
                   cli_text(lang, "（试运行，未写入）", " (dry run, not written)"));
        printf("\n");
        if (*r->crs && !r->is_repeat)
            printf(cli_text(lang, "  坐标系：%s\n", "  coordinates: %s\n"),
                   seemly(text, sizeof text,
                          cli_text(lang, r->crs_zh ? r->crs_zh : r->crs, r->crs)));
        if (*r->encoding && !r->is_repeat)
            printf(cli_text(lang, "  编码：%s\n", "  encoding: %s\n"),
                   cli_text(lang, r->encoding_zh ? r->encoding_zh : r->encoding,
                            r->encoding));
        print_mapping(lang, r);
        print_derived(lang, r);
        print_unknown(lang, r);
        print_notes(lang, r);
    }
    print_events(lang, r);
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
            code = cli_fail(c->lang, COMMAND, &err);
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
        code = cli_fail(c->lang, COMMAND, &err);
        print_events(c->lang, &report);
    } else {
        print_report(c, report.source, &report);
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
        print_counts(c->lang, &n->report->counts);
        if (*why)
            printf(cli_text(c->lang, "（%s）", " (%s)"), why);
        printf("\n");
        print_unknown(c->lang, n->report);
    }
    print_events(c->lang, n->report);
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
        return rc ? cli_fail(c->lang, COMMAND, &err) : CLI_DONE;
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
        return cli_fail(c->lang, COMMAND, &err);
    if (is_trial)
        path = trial.path;
    enum im_code rc = store_open(path, STORE_CREATE, &store, &err);
    int code = rc ? cli_fail(c->lang, COMMAND, &err) : import_all(c, store);
    store_close(store);
    if (is_trial)
        end_trial(&trial);
    return code;
}

static void print_help(enum lang lang)
{
    const char *const *text = lang == LANG_ZH ? IMPORT_HELP_ZH : IMPORT_HELP_EN;

    for (; *text; text++)
        fputs(*text, stdout);
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
    struct command c = {.lang = cli_lang(argc, argv), .db = DEFAULT_DB};
    int code = parse(&c, argc, argv);

    if (code < 0 && c.wants_help) {
        print_help(c.lang);
        return CLI_DONE;
    }
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
        code = cli_fail(cli_lang(argc, argv), COMMAND, &err);
    }
    free_copies(argc, copies);
    return code;
}
