/* SPDX-License-Identifier: Apache-2.0 */
/* innomap export: a pyramid of tiles to a file; rows of a layer are for layers/export.
 */
#include "cli_files.h"
#include "pyramid.h"

#include <layers/cmd_export.h>
#include <web/cmd.h>

#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static const char COMMAND[] = "export";

static const char HELP_ZH[] =
    "innomap export —— 把整套瓦片导出成文件\n"
    "\n"
    "  innomap export 文件.pmtiles|文件.mbtiles|目录/ [选项]\n"
    "\n"
    "瓦片与服务器发送的逐字节相同；相同的瓦片只存一份，空瓦片不存。中断后重新运行同一\n"
    "命令，从中断处继续。文件写完才出现在目标位置。\n"
    "\n"
    "示例\n"
    "  innomap export map.pmtiles\n"
    "  innomap export map.mbtiles --format mvt --max-zoom 14\n"
    "  innomap export tiles/ --bbox 120.8,30.6,122.1,31.9 --min-zoom 8 --max-zoom 13\n"
    "  innomap export tianditu/ --grid CGCS2000Quad\n"
    "\n"
    "  --layers 列表    map（默认，整张地图）或逗号分隔的图层\n"
    "  --format 格式    png（默认）、webp、jpg 或 mvt（矢量瓦片）\n"
    "  --min-zoom 级别  默认 0\n"
    "  --max-zoom 级别  默认 12，最大 22 或网格的最后一级\n"
    "  --bbox 西,南,东,北  只导出这个范围（度）；默认数据范围\n"
    "  --scale 1|2|3    图片倍率，默认 1\n"
    "  --size 256|512   瓦片边长，默认 256\n"
    "  --style 名称     整图样式（默认各图层自己的样式）\n"
    "  --grid 名称      瓦片网格，默认 WebMercatorQuad；其他网格只能导出到目录\n"
    "  --public         公开模式：未经审核的行政边界不出图\n"
    "  --workers 个数   绘图线程，1 至 64，默认每核一个\n"
    "  --overwrite      替换已有文件（目录须为空或尚不存在）\n"
    "  --db 文件        数据库，默认 innomap.db\n"
    "  --fonts 目录     字体（默认 Debian 的 fonts-noto-cjk）\n"
    "  --styles 目录    整图样式（默认用程序旁边的 share/styles）\n"
    "  --sprites 路径   图标表，不带后缀（默认 share/sprites/innomap）\n"
    "  --grids 目录     瓦片网格（默认用程序旁边的 share/grids）\n"
    "  --quiet          不显示进度\n"
    "  --lang zh|en     地图文字与提示的语言\n"
    "  --help           本说明\n"
    "\n"
    "导出期间导入的数据不进入这次导出；中断后若数据已变，则从头开始。\n"
    "退出码：0 完成，1 没有这个图层、样式或网格，2 用法错误，3 无法写入\n";

static const char HELP_EN[] =
    "innomap export - a whole pyramid of tiles as a file\n"
    "\n"
    "  innomap export FILE.pmtiles|FILE.mbtiles|FOLDER/ [options]\n"
    "\n"
    "Tiles are byte for byte what the server sends; equal ones are stored once, empty\n"
    "ones not at all. After an interruption the same command goes on where it "
    "stopped.\n"
    "The file appears in its place when it is whole.\n"
    "\n"
    "Examples\n"
    "  innomap export map.pmtiles\n"
    "  innomap export map.mbtiles --format mvt --max-zoom 14\n"
    "  innomap export tiles/ --bbox 120.8,30.6,122.1,31.9 --min-zoom 8 --max-zoom 13\n"
    "  innomap export tianditu/ --grid CGCS2000Quad\n"
    "\n"
    "  --layers LIST    map (default: the whole map) or layers separated by commas\n"
    "  --format FORM    png (default), webp, jpg or mvt (vector tiles)\n"
    "  --min-zoom Z     default 0\n"
    "  --max-zoom Z     default 12, at most 22 or the last of the grid\n"
    "  --bbox W,S,E,N   only this area (degrees); default: that of the data\n"
    "  --scale 1|2|3    of pictures, default 1\n"
    "  --size 256|512   side of a tile, default 256\n"
    "  --style NAME     style of the whole map (default: the layers' own)\n"
    "  --grid NAME      tile grid, default WebMercatorQuad; others only to a folder\n"
    "  --public         public profile: unreviewed boundaries are left out\n"
    "  --workers N      threads that draw, 1 to 64, default one per core\n"
    "  --overwrite      replace a file (a folder has to be empty or new)\n"
    "  --db FILE        database, default innomap.db\n"
    "  --fonts FOLDER   fonts (default: Debian's fonts-noto-cjk)\n"
    "  --styles FOLDER  styles of the whole map (default: share/styles beside the\n"
    "                   program)\n"
    "  --sprites PATH   sheet of icons, without suffix (default: "
    "share/sprites/innomap)\n"
    "  --grids FOLDER   tile grids (default: share/grids beside the program)\n"
    "  --quiet          no progress\n"
    "  --lang zh|en     language of the map's text and of messages\n"
    "  --help           this text\n"
    "\n"
    "What is imported meanwhile is not in it; after an interruption and an import the\n"
    "next run begins anew.\n"
    "Exit: 0 done, 1 no such layer, style or grid, 2 wrong usage, 3 cannot be "
    "written\n";

enum {
    O_LAYERS = 256,
    O_FORMAT,
    O_MIN_ZOOM,
    O_MAX_ZOOM,
    O_BBOX,
    O_SCALE,
    O_SIZE,
    O_STYLE,
    O_GRID,
    O_PUBLIC,
    O_WORKERS,
    O_OVERWRITE,
    O_DB,
    O_FONTS,
    O_STYLES,
    O_SPRITES,
    O_GRIDS,
    O_QUIET,
    O_LANG
};

static const struct option long_options[] = {
    {"layers", required_argument, NULL, O_LAYERS},
    {"format", required_argument, NULL, O_FORMAT},
    {"min-zoom", required_argument, NULL, O_MIN_ZOOM},
    {"max-zoom", required_argument, NULL, O_MAX_ZOOM},
    {"bbox", required_argument, NULL, O_BBOX},
    {"scale", required_argument, NULL, O_SCALE},
    {"size", required_argument, NULL, O_SIZE},
    {"style", required_argument, NULL, O_STYLE},
    {"grid", required_argument, NULL, O_GRID},
    {"public", no_argument, NULL, O_PUBLIC},
    {"workers", required_argument, NULL, O_WORKERS},
    {"overwrite", no_argument, NULL, O_OVERWRITE},
    {"db", required_argument, NULL, O_DB},
    {"fonts", required_argument, NULL, O_FONTS},
    {"styles", required_argument, NULL, O_STYLES},
    {"sprites", required_argument, NULL, O_SPRITES},
    {"grids", required_argument, NULL, O_GRIDS},
    {"quiet", no_argument, NULL, O_QUIET},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

enum { DEFAULT_MAX_ZOOM = 12 };
#define ZOOM_NOT_GIVEN UINT32_MAX

struct arguments {
    struct pyramid_options pyramid;
    enum lang lang;
    const char *db_path;
    const char *path;
    const char *layers;
    struct cli_look look;
    const char *grid;
    const char *grids_directory;
    bool leave_out_unreviewed;
    bool overwrite;
    bool is_quiet;
};

/* ---- the command line ---- */

static bool parse_bbox(const char *text, struct bbox *out)
{
    double *const corners[] = {&out->min_x, &out->min_y, &out->max_x, &out->max_y};

    for (int i = 0; i < 4; i++) {
        size_t len = strcspn(text, ",");

        if (!im_parse_double((struct im_bytes){(const uint8_t *)text, len},
                             corners[i]) ||
            (text[len] == '\0') != (i == 3))
            return false;
        text += len + 1;
    }
    return out->min_x >= -180 && out->max_x <= 180 && out->min_y >= -90 &&
           out->max_y <= 90 && out->min_x < out->max_x && out->min_y < out->max_y;
}

static bool take_bbox(struct arguments *a, int *code)
{
    if (parse_bbox(optarg, &a->pyramid.bounds))
        return true;
    *code = cli_usage(a->lang, COMMAND,
                      "--bbox 为“西,南,东,北”四个度数，西小于东，南小于北，"
                      "例如 120.8,30.6,122.1,31.9",
                      "--bbox is west,south,east,north in degrees, west below east and "
                      "south below north, for example 120.8,30.6,122.1,31.9");
    return false;
}

static bool take_format(struct arguments *a, int *code)
{
    static const char *const names[] = {"png", "webp", "jpg", "mvt"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(optarg, names[i]) == 0) {
            a->pyramid.format = names[i];
            return true;
        }
    *code = cli_usage(a->lang, COMMAND, "--format 只能是 png、webp、jpg 或 mvt",
                      "--format is png, webp, jpg or mvt");
    return false;
}

static bool take_size(struct arguments *a, int *code)
{
    bool is_512 = strcmp(optarg, "512") == 0;

    a->pyramid.size_px = is_512 ? 512 : 256;
    if (is_512 || strcmp(optarg, "256") == 0)
        return true;
    *code =
        cli_usage(a->lang, COMMAND, "--size 只能是 256 或 512", "--size is 256 or 512");
    return false;
}

static bool take_number(struct arguments *a, int option, int *code)
{
    static const struct {
        int option;
        const char *name;
        double min, max;
    } numbers[] = {{O_MIN_ZOOM, "--min-zoom", 0, TILE_MAX_ZOOM},
                   {O_MAX_ZOOM, "--max-zoom", 0, TILE_MAX_ZOOM},
                   {O_SCALE, "--scale", 1, 3},
                   {O_WORKERS, "--workers", 1, PYRAMID_MAX_WORKERS}};
    struct pyramid_options *p = &a->pyramid;
    uint32_t *const to[] = {&p->min_zoom, &p->max_zoom, &p->scale, &p->n_workers};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double value;

        if (numbers[i].option != option)
            continue;
        if (!cli_number(a->lang, COMMAND, numbers[i].name, optarg, numbers[i].min,
                        numbers[i].max, &value, code))
            return false;
        *to[i] = (uint32_t)value;
    }
    return true;
}

static const char **text_option(struct arguments *a, int option)
{
    switch (option) {
    case O_LAYERS:
        return &a->layers;
    case O_STYLE:
        return &a->look.style;
    case O_GRID:
        return &a->grid;
    case O_DB:
        return &a->db_path;
    case O_FONTS:
        return &a->pyramid.font_directory;
    case O_STYLES:
        return &a->look.styles_directory;
    case O_SPRITES:
        return &a->look.sprites_path;
    case O_GRIDS:
        return &a->grids_directory;
    default:
        return NULL;
    }
}

static bool take_option(struct arguments *a, int option, char **argv, int *code)
{
    const char **text = text_option(a, option);

    if (text) {
        *text = optarg;
        return true;
    }
    switch (option) {
    case O_FORMAT:
        return take_format(a, code);
    case O_BBOX:
        return take_bbox(a, code);
    case O_SIZE:
        return take_size(a, code);
    case O_MIN_ZOOM:
    case O_MAX_ZOOM:
    case O_SCALE:
    case O_WORKERS:
        return take_number(a, option, code);
    case O_PUBLIC:
        a->leave_out_unreviewed = true;
        return true;
    case O_OVERWRITE:
        a->overwrite = true;
        return true;
    case O_QUIET:
        a->is_quiet = true;
        return true;
    case O_LANG:
        if (cli_lang_parse(optarg, &a->lang))
            return true;
        *code =
            cli_usage(a->lang, COMMAND, "--lang 只能是 zh 或 en", "--lang is zh or en");
        return false;
    default:
        *code =
            cli_bad_option(a->lang, COMMAND, long_options, option, argv[optind - 1]);
        return false;
    }
}

/* -1 to go on, else the exit code. */
static int check_usage(struct arguments *a, int argc, char **argv)
{
    struct stat there;

    if (optind + 1 != argc)
        return cli_usage(a->lang, COMMAND, "请给出一个文件或目录，例如 map.pmtiles",
                         "name one file or folder, for example map.pmtiles");
    a->path = argv[optind];
    if (a->pyramid.min_zoom > a->pyramid.max_zoom)
        return cli_usage(a->lang, COMMAND, "--min-zoom 不能大于 --max-zoom",
                         "--min-zoom is above --max-zoom");
    if (strcmp(a->pyramid.format, "mvt") == 0 &&
        (a->pyramid.scale != 1 || a->pyramid.size_px != 256))
        return cli_usage(a->lang, COMMAND, "--scale 和 --size 只用于图片",
                         "--scale and --size are for pictures only");
    if (a->grid && strcmp(a->grid, "WebMercatorQuad") != 0 &&
        tile_archive_kind_of(a->path) != ARCHIVE_FOLDER)
        return cli_usage(a->lang, COMMAND,
                         "PMTiles 和 MBTiles 只支持 WebMercatorQuad；--grid "
                         "请导出到目录，例如 tiles/",
                         "PMTiles and MBTiles only have WebMercatorQuad; with --grid "
                         "name a folder, for example tiles/");
    if (!a->overwrite && tile_archive_kind_of(a->path) != ARCHIVE_FOLDER &&
        stat(a->path, &there) == 0)
        return cli_usage(a->lang, COMMAND, "文件已存在；加 --overwrite 可替换它",
                         "the file is there already; --overwrite replaces it");
    return -1;
}

/* ---- what to export ---- */

struct opened {
    const struct atlas *atlas;
    struct grid_set *grids;
    const struct tile_map *map;
};

static enum im_code
no_grid(const struct arguments *a, const struct grid_set *set, struct im_error *err)
{
    struct im_buf known = {.max = 200};

    for (uint32_t i = 0; i < grid_set_size(set); i++)
        im_buf_printf(&known, "%s%s", i ? ", " : "", tile_grid_id(grid_set_at(set, i)));
    im_fail(err, IM_ENOTFOUND, "there is no grid '%.60s'; known are: %.*s", a->grid,
            (int)known.len, (const char *)known.data);
    im_zh(err, IM_ENOTFOUND, "没有网格 “%.60s”；可用网格：%.*s", a->grid,
          (int)known.len, (const char *)known.data);
    im_buf_release(&known);
    return IM_ENOTFOUND;
}

/* A grid of a city may end long before the zoom that is usual. */
static enum im_code check_depth(struct arguments *a, struct im_error *err)
{
    uint32_t deepest = tile_grid_depth(a->pyramid.grid) - 1;
    uint32_t *max = &a->pyramid.max_zoom;

    if (*max == ZOOM_NOT_GIVEN)
        *max = deepest < DEFAULT_MAX_ZOOM ? deepest : DEFAULT_MAX_ZOOM;
    if (*max <= deepest && a->pyramid.min_zoom <= *max)
        return IM_OK;
    im_fail(err, IM_EARG, "zooms %u to %u: the grid '%s' has 0 to %u",
            a->pyramid.min_zoom, *max, tile_grid_id(a->pyramid.grid), deepest);
    return im_zh(err, IM_EARG, "缩放级别 %u 至 %u：网格 “%s” 只有 0 至 %u",
                 a->pyramid.min_zoom, *max, tile_grid_id(a->pyramid.grid), deepest);
}

static enum im_code
choose_grid(struct arguments *a, struct opened *o, struct im_error *err)
{
    char beside[PATH_MAX];
    const char *directory = a->grids_directory;
    enum im_code rc;

    if (!directory && cli_find_share("grids", beside, sizeof beside))
        directory = beside;
    rc = grid_set_open(directory, &o->grids, err);
    if (rc != IM_OK)
        return rc;
    a->pyramid.grid = a->grid ? grid_set_find(o->grids, im_bytes_of(a->grid))
                              : tile_grid_web_mercator();
    return a->pyramid.grid ? check_depth(a, err) : no_grid(a, o->grids, err);
}

static enum im_code
open_map(struct arguments *a, struct opened *o, struct im_error *err)
{
    struct tile_map_options options = {.layers = a->layers,
                                       .lang = a->lang,
                                       .leave_out_unreviewed = a->leave_out_unreviewed};
    enum im_code rc = choose_grid(a, o, err);

    if (rc == IM_OK)
        rc = cli_look_open(&a->look, err);
    if (rc == IM_OK)
        rc = cli_read_atlas(a->db_path, NULL, &o->atlas, err);
    options.grid = a->pyramid.grid;
    options.stylesheet = a->look.stylesheet;
    options.sprites = a->look.sprites;
    return rc == IM_OK ? tile_map_new(o->atlas, &options, &o->map, err) : rc;
}

static void release(struct arguments *a, struct opened *o)
{
    tile_map_unref(o->map);
    atlas_unref(o->atlas);
    cli_look_close(&a->look);
    grid_set_close(o->grids);
}

/* ---- progress ---- */

struct progress {
    enum lang lang;
    bool is_terminal;
    unsigned last_percent;
};

static void show_progress(void *ctx, const struct pyramid_progress *now)
{
    struct progress *p = ctx;
    unsigned percent =
        now->n_tiles ? (unsigned)(now->n_done * 100 / now->n_tiles) : 100;

    if (percent == p->last_percent ||
        (!p->is_terminal && percent / 10 == p->last_percent / 10))
        return;
    p->last_percent = percent;
    fprintf(
        stderr,
        cli_text(p->lang, "%s%3u%%  %llu/%llu 张瓦片%s", "%s%3u%%  %llu/%llu tiles%s"),
        p->is_terminal ? "\r" : "", percent, (unsigned long long)now->n_done,
        (unsigned long long)now->n_tiles, p->is_terminal ? "" : "\n");
    if (p->is_terminal && percent == 100)
        fputc('\n', stderr);
    fflush(stderr);
}

static void print_result(const struct arguments *a, const struct pyramid_result *r)
{
    if (a->is_quiet)
        return;
    printf(cli_text(a->lang, "%s：%llu 张瓦片（%llu 张不同，%llu 张为空），%llu 字节",
                    "%s: %llu tiles (%llu different, %llu empty), %llu bytes"),
           a->path, (unsigned long long)r->count.n_tiles,
           (unsigned long long)r->count.n_contents, (unsigned long long)r->n_empty,
           (unsigned long long)r->count.n_bytes);
    if (r->count.n_resumed)
        printf(cli_text(a->lang, "；其中 %llu 张上次已完成",
                        "; %llu were there from the run before"),
               (unsigned long long)r->count.n_resumed);
    putchar('\n');
}

static int run(struct arguments *a)
{
    struct opened o = {0};
    struct pyramid_result result = {0};
    struct progress progress = {a->lang, isatty(STDERR_FILENO) != 0, UINT32_MAX};
    struct im_error err = {0};
    enum im_code rc = open_map(a, &o, &err);

    a->pyramid.name = a->layers;
    if (!a->is_quiet) {
        a->pyramid.progress = show_progress;
        a->pyramid.ctx = &progress;
    }
    a->pyramid.data_version = o.atlas ? atlas_version(o.atlas) : 0;
    a->pyramid.is_overlay = strcmp(a->layers, "map") != 0;
    if (rc == IM_OK)
        rc = pyramid_export(o.map, &a->pyramid, a->path, &result, &err);
    release(a, &o);
    if (rc != IM_OK)
        return cli_fail(a->lang, COMMAND, &err);
    print_result(a, &result);
    return CLI_DONE;
}

static int cmd_export_tiles(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct arguments a = {.pyramid = {.format = "png",
                                      .max_zoom = ZOOM_NOT_GIVEN,
                                      .scale = 1,
                                      .size_px = 256,
                                      .bounds = bbox_empty(),
                                      .n_workers = cores < 1 ? 1
                                                   : cores > PYRAMID_MAX_WORKERS
                                                       ? PYRAMID_MAX_WORKERS
                                                       : (uint32_t)cores},
                          .lang = cli_lang(argc, argv),
                          .db_path = CLI_DEFAULT_DB,
                          .layers = "map"};
    int code = CLI_DONE;
    int option;

    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
        if (option != 'h' && !take_option(&a, option, argv, &code))
            return code;
    code = check_usage(&a, argc, argv);
    if (code >= 0)
        return code;
    signal(SIGPIPE, SIG_IGN);
    return run(&a);
}

/* ---- rows or tiles ---- */

static bool begins_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_option(const char *given, const char *name)
{
    size_t len = strlen(name);

    return strncmp(given, name, len) == 0 && (given[len] == '\0' || given[len] == '=');
}

/* A layer's name means rows; a tile archive, a folder or an option that only tiles have
 * mean tiles. */
static bool is_about_tiles(int argc, char **argv)
{
    static const char *const options[] = {"--layers", "--min-zoom", "--max-zoom",
                                          "--bbox",   "--scale",    "--size",
                                          "--style",  "--grid",     "--public"};
    bool found = false;

    for (int i = 1; i < argc; i++) {
        size_t len = strlen(argv[i]);

        if (is_option(argv[i], "--layer"))
            return false;
        for (size_t j = 0; j < sizeof options / sizeof *options; j++)
            found |= is_option(argv[i], options[j]);
        found |= !begins_with(argv[i], "--") && len > 0 &&
                 (tile_archive_kind_of(argv[i]) != ARCHIVE_FOLDER ||
                  argv[i][len - 1] == '/');
    }
    return found;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int cmd_export_any(int argc, char **argv)
{
    enum lang lang = cli_lang(argc, argv);

    if (asks_for_help(argc, argv)) {
        fputs(cli_text(lang, HELP_ZH, HELP_EN), stdout);
        fputs("\n", stdout);
        return cmd_export(argc, argv);
    }
    return is_about_tiles(argc, argv) ? cmd_export_tiles(argc, argv)
                                      : cmd_export(argc, argv);
}
