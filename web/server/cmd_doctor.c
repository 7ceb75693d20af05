/* SPDX-License-Identifier: Apache-2.0 */
/* innomap doctor: is everything there that the other subcommands need? */
#include "cli_files.h"

#include <layers/store.h>
#include <tiles/grid.h>
#include <tiles/stylesheet.h>
#include <tiles/text.h>
#include <web/cmd.h>

#include <gdal.h>
#include <proj.h>

#include <inttypes.h>
#include <limits.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char HELP_ZH[] =
    "innomap "
    "doctor：检查数据库、字体、投影数据、格式驱动、地图页面和磁盘，并说明如何修复。\n"
    "\n"
    "用法：innomap doctor [选项]\n"
    "  --db 文件      要检查的数据库（默认 innomap.db）\n"
    "  --fonts 目录   字体（默认 Debian 的 fonts-noto-cjk）\n"
    "  --viewer 目录  地图页面（默认在程序旁边查找）\n"
    "  --lang zh|en   提示语言\n"
    "退出码：0 没有失败项（可以有提醒），3 有失败项。\n"
    "\n"
    "例：\n"
    "  innomap doctor\n"
    "  innomap doctor --db /srv/map.db\n";

static const char HELP_EN[] =
    "innomap doctor: checks database, fonts, projection data, format drivers, the map "
    "page\nand the disk, and says what to do.\n"
    "\n"
    "Usage: innomap doctor [options]\n"
    "  --db FILE        the database to check (default innomap.db)\n"
    "  --fonts FOLDER   fonts (default: Debian's fonts-noto-cjk)\n"
    "  --viewer FOLDER  map page (default: looked for beside the program)\n"
    "  --lang zh|en     language of messages\n"
    "Exit codes: 0 nothing failed (warnings are fine), 3 something failed.\n"
    "\n"
    "Examples:\n"
    "  innomap doctor\n"
    "  innomap doctor --db /srv/map.db\n";

enum verdict { OK, WARN, FAIL };

struct doctor {
    enum lang lang;
    const char *db_path;
    const char *font_directory;
    const char *viewer_directory;
    unsigned n_failed;
    unsigned n_warned;
};

/* The first word is the same in both languages, so that a script can look for it. */
static void say(struct doctor *d, enum verdict verdict, const char *zh, const char *en)
{
    static const char *const words[] = {"ok  ", "warn", "fail"};

    printf("%s  %s\n", words[verdict], cli_text(d->lang, zh, en));
    d->n_failed += verdict == FAIL;
    d->n_warned += verdict == WARN;
}

static void
say_error(struct doctor *d, enum verdict verdict, const struct im_error *err)
{
    say(d, verdict, err->msg_zh[0] ? err->msg_zh : err->msg, err->msg);
}

static void check_database(struct doctor *d)
{
    struct store *store = NULL;
    struct im_error err = {0};
    uint64_t version = 0;
    char zh[512];
    char en[512];
    enum im_code rc = store_open(d->db_path, STORE_READ, &store, &err);

    if (rc == IM_EENV && *d->db_path && access(d->db_path, F_OK) != 0) {
        snprintf(zh, sizeof zh,
                 "数据库 %.200s 还不存在；用 innomap import --shipped layers 建立",
                 d->db_path);
        snprintf(en, sizeof en,
                 "database %.200s does not exist yet; innomap import --shipped layers "
                 "makes it",
                 d->db_path);
        say(d, WARN, zh, en);
        return;
    }
    if (rc == IM_OK)
        rc = store_data_version(store, &version, &err);
    if (rc == IM_OK)
        rc = store_check_pages(store, &err);
    if (rc != IM_OK) {
        say_error(d, FAIL, &err);
    } else {
        snprintf(zh, sizeof zh, "数据库 %.200s，结构版本 %d，数据版本 %" PRIu64,
                 d->db_path, STORE_SCHEMA_VERSION, version);
        snprintf(en, sizeof en, "database %.200s, schema %d, data version %" PRIu64,
                 d->db_path, STORE_SCHEMA_VERSION, version);
        say(d, OK, zh, en);
    }
    store_close(store);
}

static void check_fonts(struct doctor *d)
{
    struct text_fonts *fonts = NULL;
    struct im_error err = {0};

    if (text_fonts_open(d->font_directory, &fonts, &err) == IM_OK)
        say(d, OK, "字体：思源黑体可用", "fonts: Noto Sans CJK is there");
    else
        say_error(d, FAIL, &err);
    text_fonts_close(fonts);
}

static void check_projections(struct doctor *d)
{
    PJ_CONTEXT *context = proj_context_create();
    PJ *cgcs = proj_create_crs_to_crs(context, "EPSG:4549", "EPSG:4326", NULL);

    if (cgcs)
        say(d, OK, "投影数据：PROJ 数据库可用",
            "projections: PROJ's database is there");
    else
        say(d, FAIL, "投影数据：PROJ 数据库缺失；apt-get install proj-data",
            "projections: PROJ's database is missing; apt-get install proj-data");
    proj_destroy(cgcs);
    proj_context_destroy(context);
}

static void check_drivers(struct doctor *d)
{
    static const char *const names[] = {"CSV", "GeoJSON", "ESRI Shapefile", "GPKG",
                                        "XLSX"};
    char missing[128] = "";
    char zh[256];
    char en[256];
    size_t len = 0;

    GDALAllRegister();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!GDALGetDriverByName(names[i]))
            len += (size_t)snprintf(missing + len, sizeof missing - len, "%s%s",
                                    len ? ", " : "", names[i]);
    if (!len) {
        say(d, OK, "格式驱动：CSV、GeoJSON、Shapefile、GPKG、XLSX",
            "formats: CSV, GeoJSON, Shapefile, GPKG, XLSX");
        return;
    }
    snprintf(zh, sizeof zh, "格式驱动缺少 %s；apt-get install libgdal-dev", missing);
    snprintf(en, sizeof en, "formats: %s missing; apt-get install libgdal-dev",
             missing);
    say(d, FAIL, zh, en);
}

/* Styles and icons are read as the server reads them: a broken file is named. */
static void check_looks(struct doctor *d)
{
    char directory[PATH_MAX];
    bool is_there = cli_find_share("styles", directory, sizeof directory);
    struct stylesheet_set *set = NULL;
    struct cli_look look = {0};
    struct im_error err = {0};
    char zh[200];
    char en[200];

    enum im_code rc = stylesheet_set_open(is_there ? directory : NULL, &set, &err);
    if (rc == IM_OK)
        rc = cli_look_open(&look, &err);
    if (rc != IM_OK) {
        say_error(d, FAIL, &err);
    } else if (!is_there || !look.sprites) {
        say(d, WARN,
            "程序旁的 share/styles 或 share/sprites 缺失：只有标准样式，地点没有图标；"
            "运行 ./start 重新编译",
            "share/styles or share/sprites is missing beside the program: there is the "
            "standard look only, without icons; run ./start to build them");
    } else {
        snprintf(zh, sizeof zh, "样式：%" PRIu32 " 种，图标可用",
                 stylesheet_set_size(set));
        snprintf(en, sizeof en, "styles: %" PRIu32 ", with icons",
                 stylesheet_set_size(set));
        say(d, OK, zh, en);
    }
    cli_look_close(&look);
    stylesheet_set_close(set);
}

static void check_grids(struct doctor *d)
{
    char directory[PATH_MAX];
    bool is_there = cli_find_share("grids", directory, sizeof directory);
    struct grid_set *grids = NULL;
    struct im_error err = {0};
    char zh[200];
    char en[200];

    if (grid_set_open(is_there ? directory : NULL, &grids, &err) != IM_OK) {
        say_error(d, FAIL, &err);
        return;
    }
    snprintf(zh, sizeof zh, "网格：%" PRIu32 " 种", grid_set_size(grids));
    snprintf(en, sizeof en, "grids: %" PRIu32, grid_set_size(grids));
    if (is_there)
        say(d, OK, zh, en);
    else
        say(d, WARN,
            "程序旁的 share/grids 缺失：只有 WebMercatorQuad；运行 ./start 重新编译",
            "share/grids is missing beside the program: there is WebMercatorQuad only; "
            "run ./start to build it");
    grid_set_close(grids);
}

static void check_viewer(struct doctor *d)
{
    char place[PATH_MAX];
    char index[PATH_MAX + 16];
    char zh[PATH_MAX + 64];
    char en[PATH_MAX + 64];

    if (d->viewer_directory)
        snprintf(place, sizeof place, "%s", d->viewer_directory);
    else if (!cli_find_viewer(place, sizeof place)) {
        say(d, WARN, "地图页面未构建：运行 ./start，或用 --viewer 指定目录",
            "the map page is not built: run ./start, or name its folder with --viewer");
        return;
    }
    snprintf(index, sizeof index, "%s/index.html", place);
    if (access(index, R_OK) == 0) {
        snprintf(zh, sizeof zh, "地图页面：%s", place);
        snprintf(en, sizeof en, "map page: %s", place);
        say(d, OK, zh, en);
    } else {
        snprintf(zh, sizeof zh, "%s 中没有 index.html：运行 ./start 构建", place);
        snprintf(en, sizeof en, "no index.html in %s: ./start builds it", place);
        say(d, FAIL, zh, en);
    }
}

static void check_disk(struct doctor *d)
{
    enum { NEEDED_MB = 512 };
    char folder[PATH_MAX];
    struct statvfs info;
    char zh[PATH_MAX + 128];
    char en[PATH_MAX + 128];
    char *slash;
    unsigned long long free_mb;

    snprintf(folder, sizeof folder, "%s", d->db_path);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    else
        snprintf(folder, sizeof folder, ".");
    if (statvfs(folder, &info) != 0) {
        snprintf(zh, sizeof zh, "目录 %s 不存在；请先建立", folder);
        snprintf(en, sizeof en, "folder %s does not exist; make it first", folder);
        say(d, FAIL, zh, en);
        return;
    }
    free_mb = (unsigned long long)info.f_bavail * info.f_frsize / (1024 * 1024);
    if (access(folder, W_OK) != 0) {
        snprintf(zh, sizeof zh, "目录 %s 不可写：可以提供服务，但不能导入", folder);
        snprintf(en, sizeof en,
                 "folder %s cannot be written: serving works, importing "
                 "does not",
                 folder);
        say(d, WARN, zh, en);
        return;
    }
    snprintf(zh, sizeof zh, "磁盘：%s 可写，剩余 %llu MB%s", folder, free_mb,
             free_mb < NEEDED_MB ? "，导入可能不够" : "");
    snprintf(en, sizeof en, "disk: %s can be written, %llu MB free%s", folder, free_mb,
             free_mb < NEEDED_MB ? ", an import may need more" : "");
    say(d, free_mb < NEEDED_MB ? WARN : OK, zh, en);
}

static int examine(struct doctor *d)
{
    check_database(d);
    check_fonts(d);
    check_projections(d);
    check_drivers(d);
    check_viewer(d);
    check_looks(d);
    check_grids(d);
    check_disk(d);
    if (d->n_failed)
        printf(cli_text(d->lang, "%u 项失败，%u 项提醒。\n",
                        "%u failed, %u to look at.\n"),
               d->n_failed, d->n_warned);
    else
        printf(cli_text(d->lang, "没有失败项，%u 项提醒。\n",
                        "Nothing failed, %u to look at.\n"),
               d->n_warned);
    return d->n_failed ? CLI_ENVIRONMENT : CLI_DONE;
}

enum { O_DB = 256, O_FONTS, O_VIEWER, O_LANG };

static const struct option long_options[] = {
    {"db", required_argument, NULL, O_DB},
    {"fonts", required_argument, NULL, O_FONTS},
    {"viewer", required_argument, NULL, O_VIEWER},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

int cmd_doctor(int argc, char **argv)
{
    struct doctor d = {.lang = cli_lang(argc, argv), .db_path = CLI_DEFAULT_DB};
    int option;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        switch (option) {
        case O_DB:
            d.db_path = optarg;
            break;
        case O_FONTS:
            d.font_directory = optarg;
            break;
        case O_VIEWER:
            d.viewer_directory = optarg;
            break;
        case O_LANG:
            if (!cli_lang_parse(optarg, &d.lang))
                return cli_usage(d.lang, "doctor", "--lang 只能是 zh 或 en",
                                 "--lang is zh or en");
            break;
        case 'h':
            fputs(cli_text(d.lang, HELP_ZH, HELP_EN), stdout);
            return CLI_DONE;
        default:
            return cli_bad_option(d.lang, "doctor", long_options, option,
                                  argv[optind - 1]);
        }
    }
    if (optind < argc)
        return cli_usage(d.lang, "doctor", "doctor 不接受文件参数，数据库用 --db 指定",
                         "doctor takes no files; name the database with --db");
    return examine(&d);
}
