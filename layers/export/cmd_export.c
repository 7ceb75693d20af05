/* SPDX-License-Identifier: Apache-2.0 */
/* innomap export: a layer as a file. */
#include <layers/cmd_export.h>

#include <layers/export.h>

#include <engine/cli.h>

static const char COMMAND[] = "export";
static const char DEFAULT_DB[] = "innomap.db";
enum { ARENA_MAX = 1 << 30 };

static const char HELP_EN[] =
    "innomap export - a layer as a file for other programs\n"
    "\n"
    "  innomap export --layer ID FILE [options]      (- for standard output)\n"
    "\n"
    "All rows with all fields, in EPSG:4326, longitude first; rows without a position\n"
    "too. Numbers have all their digits: what is exported and imported again changes\n"
    "nothing. Source, licence and attribution are inside the file.\n"
    "\n"
    "Examples\n"
    "  The incubators for QGIS, and for a spreadsheet:\n"
    "    innomap export --layer incubators incubators.gpkg\n"
    "    innomap export --layer incubators --bom incubators.csv\n"
    "  As they were on the last day of 2025, or after run 11 (innomap layers "
    "history):\n"
    "    innomap export --layer incubators --as-of 2025-12-31 old.geojson\n"
    "    innomap export --layer incubators --as-of 11 old.geojson\n"
    "\n"
    "In CSV a text that a spreadsheet would take for a formula (it begins with = + - "
    "@\n"
    "or a tab) stands behind an apostrophe; an import of the file takes it away "
    "again.\n"
    "\n"
    "  --layer ID       the layer (see innomap layers)\n"
    "  --format FORM    geojson, geojsonseq, gpkg or csv; else from the file's ending\n"
    "  --as-of WHEN     a run, or a day or time in UTC: 11, 2025-12-31,\n"
    "                   2025-12-31T08:00:00Z\n"
    "  --bom            CSV that Excel takes for UTF-8\n"
    "  --internal       also an internal layer\n"
    "  --overwrite      replace FILE\n"
    "  --db FILE        the database; innomap.db by default\n"
    "  --quiet          say nothing when all is well\n"
    "  --lang zh|en     language of messages\n"
    "  --help           this text\n"
    "\n"
    "Exit: 0 done, 1 no such layer or version, 2 wrong usage, 3 cannot be written\n";

static const char HELP_ZH[] =
    "innomap export —— 把图层导出成文件\n"
    "\n"
    "  innomap export --layer 图层 文件 [选项]      （- 表示标准输出）\n"
    "\n"
    "导出所有行和所有字段，坐标为 "
    "EPSG:4326，经度在前，没有位置的行也在内。数字保留全部\n"
    "位数：导出后再导入，什么也不会改变。来源、许可和署名写在文件里。\n"
    "\n"
    "示例\n"
    "  导出孵化器，供 QGIS 或表格软件使用：\n"
    "    innomap export --layer incubators incubators.gpkg\n"
    "    innomap export --layer incubators --bom incubators.csv\n"
    "  导出 2025 年最后一天的内容，或第 11 次导入（innomap layers "
    "history）之后的内容：\n"
    "    innomap export --layer incubators --as-of 2025-12-31 old.geojson\n"
    "    innomap export --layer incubators --as-of 11 old.geojson\n"
    "\n"
    "CSV 中会被表格软件当作公式的文字（以 = + - @ "
    "或制表符开头）前面加一个单引号；再导入\n"
    "这个文件时会自动去掉。\n"
    "\n"
    "  --layer 图层     要导出的图层（见 innomap layers）\n"
    "  --format 格式    geojson、geojsonseq、gpkg 或 csv；不写则看文件扩展名\n"
    "  --as-of 时间     运行号，或协调世界时的日期、时刻：11、2025-12-31、\n"
    "                   2025-12-31T08:00:00Z\n"
    "  --bom            让 Excel 认出 UTF-8 的 CSV\n"
    "  --internal       也导出内部图层\n"
    "  --overwrite      覆盖已有文件\n"
    "  --db 文件        数据库，默认 innomap.db\n"
    "  --quiet          顺利时不输出\n"
    "  --lang zh|en     提示语言\n"
    "  --help           本说明\n"
    "\n"
    "退出码：0 完成，1 没有这个图层或版本，2 用法错误，3 无法写入\n";

enum option_id {
    OPT_LAYER = 1000,
    OPT_FORMAT,
    OPT_AS_OF,
    OPT_BOM,
    OPT_INTERNAL,
    OPT_OVERWRITE,
    OPT_DB,
    OPT_QUIET,
    OPT_LANG,
    OPT_HELP
};
static const struct option OPTIONS[] = {{"layer", required_argument, NULL, OPT_LAYER},
                                        {"format", required_argument, NULL, OPT_FORMAT},
                                        {"as-of", required_argument, NULL, OPT_AS_OF},
                                        {"bom", no_argument, NULL, OPT_BOM},
                                        {"internal", no_argument, NULL, OPT_INTERNAL},
                                        {"overwrite", no_argument, NULL, OPT_OVERWRITE},
                                        {"db", required_argument, NULL, OPT_DB},
                                        {"quiet", no_argument, NULL, OPT_QUIET},
                                        {"lang", required_argument, NULL, OPT_LANG},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {NULL, 0, NULL, 0}};

struct command {
    enum lang lang;
    const char *db;
    const char *path;
    const char *format; /* NULL: by the ending */
    struct export_options options;
    bool is_quiet;
    bool wants_help;
};

/* -1 to go on, else the exit code. */
static int take_option(struct command *c, int option, const char *given)
{
    switch (option) {
    case OPT_LAYER:
        c->options.layer_id = optarg;
        return -1;
    case OPT_FORMAT:
        c->format = optarg;
        return -1;
    case OPT_AS_OF:
        c->options.as_of = optarg;
        return -1;
    case OPT_BOM:
        c->options.with_bom = true;
        return -1;
    case OPT_INTERNAL:
        c->options.with_internal = true;
        return -1;
    case OPT_OVERWRITE:
        c->options.overwrite = true;
        return -1;
    case OPT_DB:
        c->db = optarg;
        return -1;
    case OPT_QUIET:
        c->is_quiet = true;
        return -1;
    case OPT_LANG:
        return cli_lang_parse(optarg, &c->lang)
                   ? -1
                   : cli_usage(c->lang, COMMAND, "--lang 只能是 zh 或 en",
                               "--lang is zh or en");
    case OPT_HELP:
    case 'h':
        c->wants_help = true;
        return -1;
    default:
        return cli_bad_option(c->lang, COMMAND, OPTIONS, option, given);
    }
}

static int choose_format(struct command *c)
{
    if (c->format)
        return export_format_parse(c->format, &c->options.format)
                   ? -1
                   : cli_usage(c->lang, COMMAND,
                               "--format 只能是 geojson、geojsonseq、gpkg 或 csv",
                               "--format is geojson, geojsonseq, gpkg or csv");
    if (strcmp(c->path, "-") == 0 || export_format_of(c->path, &c->options.format))
        return -1;
    return cli_usage(
        c->lang, COMMAND,
        "从文件名看不出格式：请用 .geojson、.gpkg 或 .csv 结尾，或加 --format",
        "the file's ending does not say the form: use .geojson, .gpkg or "
        ".csv, or give --format");
}

static int check_usage(struct command *c)
{
    if (!c->options.layer_id)
        return cli_usage(c->lang, COMMAND, "请用 --layer 指明图层",
                         "say which layer with --layer");
    if (!c->path)
        return cli_usage(c->lang, COMMAND, "请给出一个文件名，或 - 表示标准输出",
                         "name one file, or - for standard output");
    int code = choose_format(c);
    if (code < 0 && c->options.with_bom && c->options.format != EXPORT_CSV)
        return cli_usage(c->lang, COMMAND, "--bom 只用于 CSV", "--bom is for CSV only");
    return code;
}

static int parse(struct command *c, int argc, char **argv)
{
    int option;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", OPTIONS, NULL)) != -1) {
        int code = take_option(c, option, argv[optind - 1]);

        if (code >= 0)
            return code;
    }
    if (c->wants_help)
        return -1;
    c->path = argc - optind == 1 ? argv[optind] : NULL;
    return check_usage(c);
}

/* To standard error where standard output carries the rows. */
static void print_result(const struct command *c, const struct export_result *r)
{
    FILE *out = strcmp(c->path, "-") == 0 ? stderr : stdout;

    if (c->is_quiet)
        return;
    fprintf(out,
            cli_text(c->lang, "%s：%llu 行，版本 %llu（%s）",
                     "%s: %llu rows, version %llu (%s)"),
            c->options.layer_id, (unsigned long long)r->rows,
            (unsigned long long)r->info.version, r->info.changed_at);
    if (r->unplaced)
        fprintf(out, cli_text(c->lang, "，无位置 %llu", ", %llu without a position"),
                (unsigned long long)r->unplaced);
    fprintf(out, "\n");
}

int cmd_export(int argc, char **argv)
{
    struct command c = {.lang = cli_lang(argc, argv), .db = DEFAULT_DB};
    struct export_result result = {.rows = 0};
    struct store *store = NULL;
    struct im_arena *arena = NULL;
    struct im_error err = {0};
    int code = parse(&c, argc, argv);

    if (code >= 0)
        return code;
    if (c.wants_help) {
        fputs(cli_text(c.lang, HELP_ZH, HELP_EN), stdout);
        return CLI_DONE;
    }
    enum im_code rc = store_open(c.db, STORE_READ, &store, &err);
    if (!rc && !(arena = im_arena_new(ARENA_MAX)))
        rc = im_fail(&err, IM_ENOMEM, "export: out of memory");
    if (!rc)
        rc = export_write(store, &c.options, c.path, arena, &result, &err);
    if (!rc)
        print_result(&c, &result);
    code = rc ? cli_fail(c.lang, COMMAND, &err) : CLI_DONE;
    im_arena_free(arena);
    store_close(store);
    return code;
}
