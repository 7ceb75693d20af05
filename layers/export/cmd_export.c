/* SPDX-License-Identifier: Apache-2.0 */
/* innomap export: a layer as a file. */
#include <layers/cmd_export.h>

#include <layers/cmd_store.h>
#include <layers/export.h>

#include <engine/cli.h>

static const char *const HELP_EN[] = {
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
    "Exit: 0 done, 1 no such layer or version, 2 wrong usage, 3 cannot be written\n",
    NULL};

static const char *const HELP_ZH[] = {
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
    "退出码：0 完成，1 没有这个图层或版本，2 用法错误，3 无法写入\n",
    NULL};

static const struct cli_command COMMAND = {"export", HELP_ZH, HELP_EN};

struct command {
    enum lang lang;
    const char *db;
    const char *path;
    const char *format; /* NULL: by the ending */
    struct export_options options;
    bool is_quiet;
};

static int choose_format(struct command *c)
{
    if (c->format)
        return export_format_parse(c->format, &c->options.format)
                   ? -1
                   : cli_usage(c->lang, COMMAND.name,
                               "--format 只能是 geojson、geojsonseq、gpkg 或 csv",
                               "--format is geojson, geojsonseq, gpkg or csv");
    if (strcmp(c->path, "-") == 0 || export_format_of(c->path, &c->options.format))
        return -1;
    return cli_usage(
        c->lang, COMMAND.name,
        "从文件名看不出格式：请用 .geojson、.gpkg 或 .csv 结尾，或加 --format",
        "the file's ending does not say the form: use .geojson, .gpkg or "
        ".csv, or give --format");
}

static int check_usage(struct command *c)
{
    if (!c->options.layer_id)
        return cli_usage(c->lang, COMMAND.name, "请用 --layer 指明图层",
                         "say which layer with --layer");
    if (!c->path)
        return cli_usage(c->lang, COMMAND.name, "请给出一个文件名，或 - 表示标准输出",
                         "name one file, or - for standard output");
    int code = choose_format(c);
    if (code < 0 && c->options.with_bom && c->options.format != EXPORT_CSV)
        return cli_usage(c->lang, COMMAND.name, "--bom 只用于 CSV",
                         "--bom is for CSV only");
    return code;
}

/* -1 to go on, else the exit code. */
static int parse(struct command *c, int argc, char **argv)
{
    const struct cli_option options[] = {
        {"layer", .text = &c->options.layer_id},
        {"format", .text = &c->format},
        {"as-of", .text = &c->options.as_of},
        {"bom", .flag = &c->options.with_bom},
        {"internal", .flag = &c->options.with_internal},
        {"overwrite", .flag = &c->options.overwrite},
        {"db", .text = &c->db},
        {"quiet", .flag = &c->is_quiet},
        {NULL}};
    int code = cli_parse(&COMMAND, options, &c->lang, argc, argv);

    if (code >= 0)
        return code;
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

static enum im_code
write(void *ctx, struct store *store, struct im_arena *arena, struct im_error *err)
{
    const struct command *c = ctx;
    struct export_result result = {.rows = 0};
    enum im_code rc = export_write(store, &c->options, c->path, arena, &result, err);

    if (!rc)
        print_result(c, &result);
    return rc;
}

int cmd_export(int argc, char **argv)
{
    struct command c = {.lang = cli_lang(argc, argv), .db = STORE_DEFAULT_PATH};
    int code = parse(&c, argc, argv);

    return code >= 0
               ? code
               : cmd_with_store(COMMAND.name, c.lang, c.db, STORE_READ, write, &c);
}
