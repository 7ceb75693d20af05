/* SPDX-License-Identifier: Apache-2.0 */
/* innomap tile: one tile to a file, exactly as the server would send it. */
#include "cli_files.h"

#include <tiles/tile.h>
#include <web/cmd.h>

#include <errno.h>
#include <limits.h>
#include <unistd.h>

static const char HELP_ZH[] =
    "innomap tile：把一张瓦片写入文件，与服务器发送的完全相同。\n"
    "\n"
    "用法：innomap tile z/x/y --out 文件 [选项]\n"
    "  --out 文件       输出（- 表示标准输出）\n"
    "  --layers 列表    map（默认，整张地图）或逗号分隔的图层\n"
    "  --scale 1|2|3    图片倍率，默认 1（256 像素）\n"
    "  --mvt            输出矢量瓦片（未压缩），而非图片\n"
    "  --style 名称     整图样式：light、dark、government-blue、print 等\n"
    "  --styles 目录    样式目录（默认用程序旁边的 share/styles）\n"
    "  --sprites 路径   图标表，不带后缀（默认 share/sprites/innomap）\n"
    "  --public         公开模式：未经审核的行政边界不出图\n"
    "  --db 文件        数据库（默认 innomap.db）\n"
    "  --fonts 目录     字体（默认 Debian 的 fonts-noto-cjk）\n"
    "  --lang zh|en     地图文字与提示的语言\n"
    "\n"
    "例：\n"
    "  innomap tile 8/213/104 --out taihu.png --scale 2\n"
    "  innomap tile 10/857/418 --layers incubators,parks --mvt --out tile.mvt\n";

static const char HELP_EN[] =
    "innomap tile: writes one tile to a file, exactly as the server would send it.\n"
    "\n"
    "Usage: innomap tile z/x/y --out FILE [options]\n"
    "  --out FILE       where to (- is standard output)\n"
    "  --layers LIST    map (default: the whole map) or layers separated by commas\n"
    "  --scale 1|2|3    of the picture, default 1 (256 px)\n"
    "  --mvt            a vector tile (not compressed) instead of a picture\n"
    "  --style ID       style of the whole map: light, dark, government-blue, print\n"
    "  --styles FOLDER  its folder (default: share/styles beside the program)\n"
    "  --sprites PATH   sheet of icons, without suffix (default: "
    "share/sprites/innomap)\n"
    "  --public         public profile: unreviewed boundaries are left out\n"
    "  --db FILE        database (default innomap.db)\n"
    "  --fonts FOLDER   fonts (default: Debian's fonts-noto-cjk)\n"
    "  --lang zh|en     language of the map's text and of messages\n"
    "\n"
    "Examples:\n"
    "  innomap tile 8/213/104 --out taihu.png --scale 2\n"
    "  innomap tile 10/857/418 --layers incubators,parks --mvt --out tile.mvt\n";

enum { MAX_TILE_BYTES = 64 * 1024 * 1024 };

struct arguments {
    enum lang lang;
    const char *db_path;
    const char *font_directory;
    const char *layers;
    struct cli_look look;
    const char *out;
    struct tile_id id;
    unsigned scale;
    bool mvt;
    bool leave_out_unreviewed;
};

static bool parse_id(const char *text, struct tile_id *out)
{
    uint32_t *const parts[] = {&out->z, &out->x, &out->y};

    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(text, "/");
        int64_t value;

        if (!im_parse_int64((struct im_bytes){(const uint8_t *)text, len}, &value) ||
            value < 0 || value > UINT32_MAX || (text[len] == '\0') != (i == 2))
            return false;
        *parts[i] = (uint32_t)value;
        text += len + 1;
    }
    return true;
}

static enum im_code draw(const struct arguments *a,
                         const struct atlas *atlas,
                         struct im_buf *out,
                         struct im_error *err)
{
    struct tile_map_options options = {.layers = a->layers,
                                       .lang = a->lang,
                                       .leave_out_unreviewed = a->leave_out_unreviewed,
                                       .stylesheet = a->look.stylesheet,
                                       .sprites = a->look.sprites};
    const struct tile_map *map = NULL;
    struct tile_worker *worker = NULL;
    enum im_code rc = IM_OK;

    if (rc == IM_OK)
        rc = tile_map_new(atlas, &options, &map, err);
    if (rc == IM_OK)
        rc = tile_worker_new(a->font_directory, &worker, err);
    if (rc == IM_OK)
        rc = a->mvt ? tile_encode_mvt(map, worker, a->id, out, err)
                    : tile_render_png(map, worker, a->id, a->scale, out, err);
    if (rc == IM_OK)
        rc = im_buf_check(out, "the tile", err);
    tile_worker_free(worker);
    tile_map_unref(map);
    return rc;
}

static int run(struct arguments *a)
{
    struct im_buf buf = {.max = MAX_TILE_BYTES};
    const struct atlas *atlas = NULL;
    struct im_error err = {0};
    enum im_code rc = tile_id_check(a->id, &err);

    if (rc == IM_OK)
        rc = cli_look_open(&a->look, &err);
    if (rc == IM_OK)
        rc = cli_read_atlas(a->db_path, NULL, &atlas, &err);
    if (rc == IM_OK)
        rc = draw(a, atlas, &buf, &err);
    if (rc == IM_OK)
        rc = cli_write_file(a->out, im_buf_bytes(&buf), &err);
    atlas_unref(atlas);
    cli_look_close(&a->look);
    if (rc != IM_OK) {
        im_buf_release(&buf);
        return cli_fail(a->lang, "tile", &err);
    }
    if (strcmp(a->out, "-") != 0)
        printf(cli_text(a->lang, "已写入 %s（%zu 字节）\n", "wrote %s (%zu bytes)\n"),
               a->out, buf.len);
    im_buf_release(&buf);
    return CLI_DONE;
}

enum {
    O_OUT = 256,
    O_LAYERS,
    O_SCALE,
    O_MVT,
    O_STYLE,
    O_STYLES,
    O_SPRITES,
    O_PUBLIC,
    O_DB,
    O_FONTS,
    O_LANG
};

static const struct option long_options[] = {
    {"out", required_argument, NULL, O_OUT},
    {"layers", required_argument, NULL, O_LAYERS},
    {"scale", required_argument, NULL, O_SCALE},
    {"mvt", no_argument, NULL, O_MVT},
    {"style", required_argument, NULL, O_STYLE},
    {"styles", required_argument, NULL, O_STYLES},
    {"sprites", required_argument, NULL, O_SPRITES},
    {"public", no_argument, NULL, O_PUBLIC},
    {"db", required_argument, NULL, O_DB},
    {"fonts", required_argument, NULL, O_FONTS},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_option(struct arguments *a, int option, char **argv, int *code)
{
    double scale;

    switch (option) {
    case O_OUT:
        a->out = optarg;
        return true;
    case O_LAYERS:
        a->layers = optarg;
        return true;
    case O_SCALE:
        if (!cli_number(a->lang, "tile", "--scale", optarg, 1, 3, &scale, code))
            return false;
        a->scale = (unsigned)scale;
        return true;
    case O_MVT:
        a->mvt = true;
        return true;
    case O_STYLE:
        a->look.style = optarg;
        return true;
    case O_STYLES:
        a->look.styles_directory = optarg;
        return true;
    case O_SPRITES:
        a->look.sprites_path = optarg;
        return true;
    case O_PUBLIC:
        a->leave_out_unreviewed = true;
        return true;
    case O_DB:
        a->db_path = optarg;
        return true;
    case O_FONTS:
        a->font_directory = optarg;
        return true;
    case O_LANG:
        if (cli_lang_parse(optarg, &a->lang))
            return true;
        *code =
            cli_usage(a->lang, "tile", "--lang 只能是 zh 或 en", "--lang is zh or en");
        return false;
    case 'h':
        fputs(cli_text(a->lang, HELP_ZH, HELP_EN), stdout);
        *code = CLI_DONE;
        return false;
    default:
        *code = cli_bad_option(a->lang, "tile", long_options, option, argv[optind - 1]);
        return false;
    }
}

int cmd_tile(int argc, char **argv)
{
    struct arguments a = {.lang = cli_lang(argc, argv),
                          .db_path = CLI_DEFAULT_DB,
                          .layers = "map",
                          .scale = 1};
    int code = CLI_DONE;
    int option;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
        if (!take_option(&a, option, argv, &code))
            return code;
    if (optind + 1 != argc || !parse_id(argv[optind], &a.id))
        return cli_usage(a.lang, "tile", "请给出一张瓦片，例如 8/213/104",
                         "name one tile, for example 8/213/104");
    if (!a.out)
        return cli_usage(a.lang, "tile", "请用 --out 指定输出文件",
                         "say where to with --out FILE");
    return run(&a);
}
