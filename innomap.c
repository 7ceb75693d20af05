/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: the table of subcommands. Each one lives in its own folder. */
#include <engine/cli.h>
#include <import/cmd.h>
#include <layers/cmd.h>
#include <layers/cmd_basemap.h>
#include <tiles/cmd.h>
#include <web/cmd.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *zh;
    const char *en;
} commands[] = {
    {"import", cmd_import, "导入文件到图层，或导入自带图层",
     "bring files into a layer, or import the shipped layers"},
    {"serve", cmd_serve, "提供地图页面、瓦片和查询接口",
     "serve map, tiles and questions over HTTP"},
    {"layers", cmd_layers, "数据库里有什么：数量、版本、来源、更新时间",
     "what is in the database: counts, versions, sources, freshness"},
    {"export", cmd_export_any, "把图层或整套瓦片导出成文件",
     "a layer, or a whole pyramid of tiles, as a file"},
    {"nearest", cmd_api, "最近的地点", "the nearest places"},
    {"within", cmd_api, "一定范围内的地点", "places in an area"},
    {"list", cmd_api, "逐条列出，可筛选、排序、导出表格",
     "rows, filtered, in any order, also as a table file"},
    {"aggregate", cmd_api, "按区县、城市、级别等计数、求和",
     "counts and sums by division, level and so on"},
    {"coverage", cmd_api, "哪些地方附近没有另一类",
     "which have none of another kind near"},
    {"join", cmd_api, "每个 A 最近的 B", "for each A its nearest B"},
    {"chain", cmd_api, "几类在附近是否齐全", "which have all of several kinds near"},
    {"flows", cmd_api, "科创飞地从哪里到哪里", "enclaves, from where to where"},
    {"ask", cmd_api, "用一句话提问", "a plain question"},
    {"changes", cmd_api, "上次导入新增和变更了什么", "what the last import did"},
    {"duplicates", cmd_api, "疑似重复的条目", "rows that may be the same place"},
    {"search", cmd_api, "按文字找地点", "places by text"},
    {"suggest", cmd_api, "边输边提示的地名", "names as you type"},
    {"tile", cmd_tile, "一张瓦片写入文件", "one tile to a file"},
    {"static", cmd_static, "一幅地图写成一张图片", "a map as one picture"},
    {"style", cmd_style, "检查样式，计算表达式",
     "check styles, evaluate their expressions"},
    {"basemap", cmd_basemap, "用已安装的软件包生成底图几何",
     "make the base map's geometry from installed packages"},
    {"doctor", cmd_doctor, "检查数据库、字体、投影数据等环境，并说明如何修复",
     "check database, fonts, projection data and so on; say what to do"},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static int print_help(enum lang lang, FILE *out)
{
    fprintf(
        out, "%s\n\n",
        cli_text(lang,
                 "innomap：创新空间地图服务。导入图层，绘制瓦片，回答“最近的在哪里”。",
                 "innomap, a map server for innovation spaces: imports layers, draws "
                 "tiles, answers \"where is the nearest\"."));
    fprintf(out, "%s\n",
            cli_text(lang, "用法：innomap <子命令> [选项]",
                     "Usage: innomap <command> [options]"));
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name,
                cli_text(lang, commands[i].zh, commands[i].en));
    fprintf(
        out, "\n%s\n",
        cli_text(lang,
                 "每个子命令都有说明：innomap serve --help。语言：--lang zh|en。\n"
                 "退出码：0 完成，1 输入被拒绝或未找到，2 用法错误，3 环境不满足。",
                 "Each command explains itself: innomap serve --help. Language: "
                 "--lang zh|en.\nExit codes: 0 done, 1 refused or not found, 2 wrong "
                 "usage, 3 environment."));
    return CLI_DONE;
}

static int unknown_command(enum lang lang, const char *given)
{
    const char *names[N_COMMANDS + 1] = {0};
    const char *nearest;

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    nearest = cli_nearest(given, names);
    if (nearest)
        fprintf(stderr,
                cli_text(lang, "innomap: 没有子命令 “%.60s”，您要的是 %s 吗？\n",
                         "innomap: there is no command '%.60s'; did you mean %s?\n"),
                given, nearest);
    else
        fprintf(stderr,
                cli_text(lang,
                         "innomap: 没有子命令 “%.60s”（全部子命令见 innomap --help）\n",
                         "innomap: there is no command '%.60s' (see innomap --help)\n"),
                given);
    return CLI_USAGE;
}

/* What was printed may not have arrived: a full disk shows at the latest here. */
static int finish(enum lang lang, int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code != CLI_DONE)
        return code;
    fprintf(stderr, "innomap: %s\n",
            cli_text(lang, "输出没有写完：请检查磁盘空间，然后重试",
                     "the output was not written whole: check the disk's space and "
                     "repeat"));
    return CLI_ENVIRONMENT;
}

static int run(enum lang lang, int argc, char **argv)
{
    int first = 1;

    if (first < argc && strcmp(argv[first], "--lang") == 0)
        first += 2;
    else if (first < argc && strncmp(argv[first], "--lang=", 7) == 0)
        first++;
    if (first >= argc) {
        print_help(lang, stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0 ||
        strcmp(argv[first], "help") == 0)
        return print_help(lang, stdout);
    if (strcmp(argv[first], "--version") == 0) {
        puts("innomap " INNOMAP_VERSION);
        return CLI_DONE;
    }
    if (first > 1) /* the commands look for the language in their own arguments */
        setenv("LC_ALL", cli_text(lang, "zh_CN.UTF-8", "en_US.UTF-8"), 1);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[first], commands[i].name) == 0)
            return commands[i].run(argc - first, argv + first);
    return unknown_command(lang, argv[first]);
}

int main(int argc, char **argv)
{
    enum lang lang = cli_lang(argc, argv);

    setlocale(LC_CTYPE, "C.UTF-8"); /* numbers stay in the C locale */
    return finish(lang, run(lang, argc, argv));
}
