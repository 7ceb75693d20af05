/* SPDX-License-Identifier: Apache-2.0 */
/* innomap layers history, innomap layers prune: the versions of a layer. */
#include "cmd_layers_history.h"

#include <layers/cmd_store.h>
#include <layers/history.h>

#include <engine/cli.h>
#include <engine/json_writer.h>

enum { JSON_MAX = 1 << 28 };

static const char *const HISTORY_EN[] = {
    "innomap layers history - what has been done to a layer, and when\n"
    "\n"
    "  innomap layers history [ID] [--db FILE] [--json]\n"
    "\n"
    "One entry per import, newest first: its number, when it ended (UTC), the file, "
    "how\n"
    "rows and positions were taken, how many rows were added, changed and removed, "
    "and\n"
    "whether it is in effect. What was before each import is kept until it is pruned;\n"
    "the last line says how much room that takes. Without ID: all layers.\n"
    "\n"
    "Examples\n"
    "  What has been done to the incubators? Take run 12 back, look at the rows "
    "before:\n"
    "    innomap layers history incubators\n"
    "    innomap import --undo 12\n"
    "    innomap export --layer incubators --as-of 11 before.csv\n"
    "\n"
    "  --db FILE     the database; innomap.db by default\n"
    "  --json        the same as JSON, with the options of each import\n"
    "  --lang zh|en  language of messages\n"
    "  --help        this text\n",
    NULL};

static const char *const HISTORY_ZH[] = {
    "innomap layers history —— 图层的导入历史\n"
    "\n"
    "  innomap layers history [图层] [--db 文件] [--json]\n"
    "\n"
    "每次导入一条，最新的在前：运行号、结束时间（协调世界时）、文件、方式、坐标系、新增"
    "/\n"
    "更新/"
    "移除的行数，以及是否仍然有效。每次导入之前的内容一直保留，直到被清理；最后一行\n"
    "说明占用多少空间。不写图层则列出全部。\n"
    "\n"
    "示例\n"
    "  孵化器图层做过哪些导入？撤销第 12 次，导出它之前的内容：\n"
    "    innomap layers history incubators\n"
    "    innomap import --undo 12\n"
    "    innomap export --layer incubators --as-of 11 before.csv\n"
    "\n"
    "  --db 文件     数据库，默认 innomap.db\n"
    "  --json        以 JSON 输出，含每次导入的选项\n"
    "  --lang zh|en  提示语言\n"
    "  --help        本说明\n",
    NULL};

static const char *const PRUNE_EN[] = {
    "innomap layers prune - forget old versions of a layer\n"
    "\n"
    "  innomap layers prune ID (--keep N | --before DATE) [--db FILE]\n"
    "\n"
    "Forgets what was before old imports, so that they can no longer be undone or "
    "looked\n"
    "at. The rows as they are now and the list of imports stay. Without this command "
    "all\n"
    "versions are kept.\n"
    "\n"
    "Examples\n"
    "  Keep the last ten imports of the incubators undoable:\n"
    "    innomap layers prune incubators --keep 10\n"
    "  Forget what was before 2026:\n"
    "    innomap layers prune incubators --before 2026-01-01\n"
    "\n"
    "  --keep N      so many of the newest imports can still be undone\n"
    "  --before DATE those that ended before this day (UTC) cannot\n"
    "  --db FILE     the database; innomap.db by default\n"
    "  --lang zh|en  language of messages\n"
    "  --help        this text\n",
    NULL};

static const char *const PRUNE_ZH[] = {
    "innomap layers prune —— 清理图层的旧版本\n"
    "\n"
    "  innomap layers prune 图层 (--keep 个数 | --before 日期) [--db 文件]\n"
    "\n"
    "丢弃旧导入之前的内容，这些导入从此不能撤销，也不能再导出。现有内容和导入记录不变。"
    "\n"
    "不用这个命令，所有版本都会保留。\n"
    "\n"
    "示例\n"
    "  孵化器图层只保留最近十次导入可撤销：\n"
    "    innomap layers prune incubators --keep 10\n"
    "  丢弃 2026 年以前的版本：\n"
    "    innomap layers prune incubators --before 2026-01-01\n"
    "\n"
    "  --keep 个数    最近这么多次导入仍可撤销\n"
    "  --before 日期  这一天（协调世界时）之前结束的不再保留\n"
    "  --db 文件      数据库，默认 innomap.db\n"
    "  --lang zh|en   提示语言\n"
    "  --help         本说明\n",
    NULL};

static const struct cli_command HISTORY = {"layers history", HISTORY_ZH, HISTORY_EN};
static const struct cli_command PRUNE = {"layers prune", PRUNE_ZH, PRUNE_EN};

struct command {
    const struct cli_command *command;
    enum lang lang;
    const char *db;
    const char *layer; /* NULL: all */
    const char *before;
    int64_t keep; /* -1: not given */
    bool wants_json;
};

static int take_keep(void *ctx, const char *value)
{
    struct command *c = ctx;

    if (im_parse_int64(im_bytes_of(value), &c->keep) && c->keep >= 0)
        return -1;
    return cli_usage(c->lang, c->command->name, "--keep 要一个不小于 0 的整数",
                     "--keep is a whole number from 0 on");
}

/* -1 to go on, else the exit code. */
static int
parse(struct command *c, const struct cli_option *options, int argc, char **argv)
{
    int code = cli_parse(c->command, options, &c->lang, argc, argv);

    if (code >= 0)
        return code;
    if (argc - optind > 1)
        return cli_usage(c->lang, c->command->name, "一次只能给一个图层",
                         "one layer at a time");
    c->layer = argv[optind];
    return -1;
}

/* ---- history: for people ---- */

static const char *size_text(char out[32], int64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1000 && unit < 3) {
        value /= 1000;
        unit++;
    }
    snprintf(out, 32, unit && value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

static const char *origin_text(enum lang lang, const char *origin)
{
    static const struct {
        const char *origin;
        const char *zh;
        const char *en;
    } texts[] = {{"file", "导入", "import"},
                 {"shipped", "自带", "shipped"},
                 {"derived", "生成", "derived"},
                 {"undo", "撤销", "undo"}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(origin, texts[i].origin) == 0)
            return cli_text(lang, texts[i].zh, texts[i].en);
    return origin;
}

static void print_state(enum lang lang, const struct history_run *run)
{
    char size[32];

    if (strcmp(run->outcome, "failed") == 0) {
        const char *why =
            lang == LANG_ZH && *run->message_zh ? run->message_zh : run->message;
        printf(cli_text(lang, "失败：%s", "failed: %s"), why);
        return;
    }
    if (strcmp(run->outcome, "unchanged") == 0) {
        printf("%s", cli_text(lang, "没有变化", "nothing changed"));
        return;
    }
    if (run->undo_of)
        printf(cli_text(lang, "撤销了第 %lld 次", "takes back run %lld"),
               (long long)run->undo_of);
    else if (run->undone_by)
        printf(cli_text(lang, "已被第 %lld 次撤销", "undone by run %lld"),
               (long long)run->undone_by);
    else
        printf("%s", cli_text(lang, "有效", "in effect"));
    if (run->is_kept)
        printf(cli_text(lang, "；之前的内容 %s", "; keeps %s of before"),
               size_text(size, run->n_bytes));
    else
        printf("%s",
               cli_text(lang, "；之前的内容未保留", "; what was before is not kept"));
}

static void print_run(const struct command *c, const struct history_run *run)
{
    printf("%6lld  %s  ", (long long)run->run_id, run->finished_at);
    if (!c->layer)
        printf("%-20s ", run->layer_id);
    printf("%s%s%s", origin_text(c->lang, run->origin), *run->mode ? " " : "",
           run->mode);
    if (*run->file_name)
        printf("  %s", run->file_name);
    if (*run->driver)
        printf(" (%s%s%s)", run->driver, *run->encoding ? ", " : "", run->encoding);
    printf("\n        ");
    printf(cli_text(c->lang, "读取 %lld，新增 %lld，更新 %lld，移除 %lld，拒绝 %lld",
                    "%lld read, %lld added, %lld changed, %lld gone, %lld refused"),
           (long long)run->n_read, (long long)run->n_added, (long long)run->n_changed,
           (long long)run->n_gone, (long long)run->n_refused);
    if (run->n_repaired)
        printf(cli_text(c->lang, "，修复 %lld", ", %lld repaired"),
               (long long)run->n_repaired);
    printf("\n        ");
    print_state(c->lang, run);
    if (*run->crs)
        printf("  %s", run->crs);
    if (*run->who)
        printf(cli_text(c->lang, "  操作者 %s", "  by %s"), run->who);
    printf("\n");
}

static void
print_runs(const struct command *c, const struct history_run *runs, size_t n)
{
    char size[32];
    int64_t bytes = 0;

    for (size_t i = n; i-- > 0;) {
        print_run(c, &runs[i]);
        bytes += runs[i].n_bytes;
    }
    if (n == 0)
        printf("%s\n", cli_text(c->lang, "还没有导入过", "nothing was imported yet"));
    else
        printf(cli_text(c->lang, "保留的旧内容共 %s（清理：innomap layers prune）\n",
                        "what was before takes %s (to forget some: innomap layers "
                        "prune)\n"),
               size_text(size, bytes));
}

/* ---- history: for programs ---- */

static void write_text(struct im_json *w, const char *key, const char *text)
{
    im_json_key(w, key);
    im_json_text(w, text);
}

static void write_number(struct im_json *w, const char *key, int64_t value)
{
    im_json_key(w, key);
    im_json_int(w, value);
}

/* 0 means none */
static void write_run_id(struct im_json *w, const char *key, int64_t value)
{
    im_json_key(w, key);
    if (value)
        im_json_int(w, value);
    else
        im_json_null(w);
}

static bool is_in_effect(const struct history_run *run)
{
    return strcmp(run->outcome, "changed") == 0 && !run->undo_of && !run->undone_by;
}

static void write_run(struct im_json *w, const struct history_run *run)
{
    im_json_object(w);
    write_number(w, "run", run->run_id);
    write_text(w, "layer", run->layer_id);
    write_text(w, "origin", run->origin);
    write_text(w, "mode", run->mode);
    write_text(w, "file", run->file_name);
    write_text(w, "driver", run->driver);
    write_text(w, "encoding", run->encoding);
    write_text(w, "crs", run->crs);
    im_json_key(w, "options");
    im_json_raw(w, im_bytes_of(run->options));
    write_text(w, "who", run->who);
    write_text(w, "started_at", run->started_at);
    write_text(w, "finished_at", run->finished_at);
    write_text(w, "outcome", run->outcome);
    write_text(w, "message", run->message);
    write_number(w, "read", run->n_read);
    write_number(w, "added", run->n_added);
    write_number(w, "changed", run->n_changed);
    write_number(w, "unchanged", run->n_unchanged);
    write_number(w, "gone", run->n_gone);
    write_number(w, "refused", run->n_refused);
    write_number(w, "repaired", run->n_repaired);
    write_number(w, "unplaced", run->n_unplaced);
    write_number(w, "skipped", run->n_skipped);
    write_number(w, "version", run->version);
    im_json_key(w, "in_effect");
    im_json_bool(w, is_in_effect(run));
    write_run_id(w, "undo_of", run->undo_of);
    write_run_id(w, "undone_by", run->undone_by);
    im_json_key(w, "kept");
    im_json_bool(w, run->is_kept);
    write_number(w, "bytes", run->n_bytes);
    im_json_object_end(w);
}

static enum im_code
print_json(const struct history_run *runs, size_t n, struct im_error *err)
{
    struct im_buf out = {.max = JSON_MAX};
    struct im_json w = {.out = &out};

    im_json_object(&w);
    im_json_key(&w, "runs");
    im_json_array(&w);
    for (size_t i = n; i-- > 0;)
        write_run(&w, &runs[i]);
    im_json_array_end(&w);
    im_json_object_end(&w);
    im_buf_byte(&out, '\n');
    enum im_code rc = im_buf_check(&out, "answer", err);
    if (!rc)
        fwrite(out.data, 1, out.len, stdout);
    im_buf_release(&out);
    return rc;
}

static enum im_code
show(void *ctx, struct store *store, struct im_arena *arena, struct im_error *err)
{
    const struct command *c = ctx;
    struct history_run *runs = NULL;
    size_t n = 0;
    enum im_code rc = history_list(store, c->layer, arena, &runs, &n, err);

    if (!rc && c->wants_json)
        rc = print_json(runs, n, err);
    else if (!rc)
        print_runs(c, runs, n);
    return rc;
}

int cmd_layers_history(int argc, char **argv)
{
    struct command c = {
        .command = &HISTORY, .lang = cli_lang(argc, argv), .db = STORE_DEFAULT_PATH};
    const struct cli_option options[] = {
        {"db", .text = &c.db}, {"json", .flag = &c.wants_json}, {NULL}};
    int code = parse(&c, options, argc, argv);

    return code >= 0 ? code
                     : cmd_with_store(HISTORY.name, c.lang, c.db, STORE_READ, show, &c);
}

/* ---- prune ---- */

static void print_pruned(const struct command *c, const struct history_pruned *p)
{
    char size[32];

    if (p->runs == 0) {
        printf(cli_text(c->lang, "%s：没有可清理的；%llu 次导入可以撤销\n",
                        "%s: nothing to forget; %llu imports can be undone\n"),
               c->layer, (unsigned long long)p->kept);
        return;
    }
    printf(cli_text(
               c->lang,
               "%s：清理了 %llu 次导入之前的内容，共 %s；还有 %llu 次可以撤销。文件不会"
               "变小，腾出的空间由以后的导入使用\n",
               "%s: forgot what was before %llu imports, %s; %llu can still be "
               "undone. The file keeps its size, later imports use the room\n"),
           c->layer, (unsigned long long)p->runs, size_text(size, (int64_t)p->bytes),
           (unsigned long long)p->kept);
}

static int check_prune(const struct command *c)
{
    if (!c->layer)
        return cli_usage(c->lang, PRUNE.name, "请给出图层", "name the layer");
    if ((c->keep >= 0) == (c->before != NULL))
        return cli_usage(c->lang, PRUNE.name,
                         "请用 --keep 或 --before 之一说明保留什么",
                         "say what stays with either --keep or --before");
    return -1;
}

static enum im_code
prune(void *ctx, struct store *store, struct im_arena *arena, struct im_error *err)
{
    const struct command *c = ctx;
    struct history_pruned pruned = {0};
    enum im_code rc = history_prune(
        store, c->layer, c->keep < 0 ? 0 : (uint64_t)c->keep, c->before, &pruned, err);

    (void)arena;
    if (!rc)
        print_pruned(c, &pruned);
    return rc;
}

int cmd_layers_prune(int argc, char **argv)
{
    struct command c = {.command = &PRUNE,
                        .lang = cli_lang(argc, argv),
                        .db = STORE_DEFAULT_PATH,
                        .keep = -1};
    const struct cli_option options[] = {{"keep", .take = take_keep, .ctx = &c},
                                         {"before", .text = &c.before},
                                         {"db", .text = &c.db},
                                         {NULL}};
    int code = parse(&c, options, argc, argv);

    if (code < 0)
        code = check_prune(&c);
    return code >= 0 ? code
                     : cmd_with_store(PRUNE.name, c.lang, c.db, STORE_WRITE, prune, &c);
}
