/* SPDX-License-Identifier: Apache-2.0 */
/* innomap static: a map as one picture, as /static sends it. */
#include "api/notice.h"
#include "cli_files.h"
#include "static_request.h"

#include <web/cmd.h>

static const char HELP_ZH[] =
    "innomap static：把一幅地图写成一张图片，与服务器 /static 发送的相同。\n"
    "\n"
    "用法：innomap static 位置 大小 --out 文件 [选项]\n"
    "  位置             经度,纬度,级别（可带小数），或\n"
    "                   最小经度,最小纬度,最大经度,最大纬度\n"
    "  大小             宽x高，可加 @2x 或 @3x，例如 800x600@2x\n"
    "  --out 文件       .png、.jpg 或 .webp（- 表示标准输出，PNG）\n"
    "  --marker 标记    经度,纬度[,标注][,颜色]，可重复\n"
    "  --title 文本     标题\n"
    "  --legend[=位置]  图例，只列图中实际绘出的内容；inside（图内）、right（右侧）、\n"
    "                   below（下方）；默认放在遮挡最少处，小图放在图外\n"
    "  --scale-bar      比例尺\n"
    "  --layers 列表    map（默认，整张地图）或逗号分隔的图层\n"
    "  --style 名称     整图样式：light、dark、government-blue、print 等\n"
    "  --styles 目录    样式目录（默认用程序旁边的 share/styles）\n"
    "  --sprites 路径   图标表，不带后缀（默认 share/sprites/innomap）\n"
    "  --public         公开模式：未经审核的行政边界不出图\n"
    "  --review-number 文本  审图号（也可用环境变量 INNOMAP_REVIEW_NUMBER）\n"
    "  --db 文件        数据库（默认 innomap.db）\n"
    "  --fonts 目录     字体（默认 Debian 的 fonts-noto-cjk）\n"
    "  --lang zh|en     地图文字与提示的语言\n"
    "\n"
    "例：\n"
    "  innomap static 121.47,31.23,9.5 800x600@2x --legend --scale-bar --out map.png\n";

static const char HELP_EN[] =
    "innomap static: writes a map as one picture, as /static of the server sends it.\n"
    "\n"
    "Usage: innomap static PLACE SIZE --out FILE [options]\n"
    "  PLACE            lon,lat,zoom (also between whole zooms), or\n"
    "                   minlon,minlat,maxlon,maxlat\n"
    "  SIZE             WIDTHxHEIGHT, then nothing, @2x or @3x: 800x600@2x\n"
    "  --out FILE       .png, .jpg or .webp (- is standard output, PNG)\n"
    "  --marker MARKER  lon,lat[,label][,color]; may be repeated\n"
    "  --title TEXT     a title\n"
    "  --legend[=PLACE] a legend of what is in the picture; inside, right or below "
    "the\n"
    "                   map (default: where it hides least, beside a small map)\n"
    "  --scale-bar      a scale bar\n"
    "  --layers LIST    map (default: the whole map) or layers separated by commas\n"
    "  --style ID       style of the whole map: light, dark, government-blue, print\n"
    "  --styles FOLDER  its folder (default: share/styles beside the program)\n"
    "  --sprites PATH   sheet of icons, without suffix (default: "
    "share/sprites/innomap)\n"
    "  --public         public profile: unreviewed boundaries are left out\n"
    "  --review-number TEXT  map review number (审图号), also from the environment\n"
    "                   variable INNOMAP_REVIEW_NUMBER\n"
    "  --db FILE        database (default innomap.db)\n"
    "  --fonts FOLDER   fonts (default: Debian's fonts-noto-cjk)\n"
    "  --lang zh|en     language of the map's text and of messages\n"
    "\n"
    "Examples:\n"
    "  innomap static 121.47,31.23,9.5 800x600@2x --legend --scale-bar --out map.png\n";

enum { MAX_PICTURE_BYTES = 128 * 1024 * 1024 };

struct arguments {
    enum lang lang;
    const char *db_path;
    const char *font_directory;
    const char *layers;
    const char *out;
    const char *title;
    const char *review_number;
    struct cli_look look;
    struct static_request request;
    bool is_public;
};

static enum im_code draw(struct arguments *a,
                         const struct atlas *atlas,
                         struct im_buf *out,
                         struct im_error *err)
{
    bool is_unreviewed = !(a->review_number && *a->review_number);
    struct tile_map_options options = {.layers = a->layers,
                                       .lang = a->lang,
                                       .leave_out_unreviewed =
                                           a->is_public && is_unreviewed,
                                       .stylesheet = a->look.stylesheet,
                                       .sprites = a->look.sprites};
    const struct tile_map *map = NULL;
    struct tile_worker *worker = NULL;
    enum im_code rc = tile_map_new(atlas, &options, &map, err);

    if (rc == IM_OK)
        rc = tile_worker_new(a->font_directory, &worker, err);
    if (rc == IM_OK)
        rc = static_map_render(&a->request.picture, map, worker, out, err);
    if (rc == IM_OK)
        rc = im_buf_check(out, "the picture", err);
    tile_worker_free(worker);
    tile_map_unref(map);
    return rc;
}

static int run(struct arguments *a)
{
    struct im_buf buf = {.max = MAX_PICTURE_BYTES};
    struct im_buf notice = {.max = 1000};
    const struct atlas *atlas = NULL;
    struct im_error err = {0};
    enum im_code rc = static_request_finish(&a->request, &err);

    im_buf_printf(&notice, "%s · %s", notice_text(a->lang),
                  review_number_text(a->review_number));
    a->request.picture.notice = im_buf_bytes(&notice);
    if (a->title)
        a->request.picture.title = im_bytes_of(a->title);
    if (rc == IM_OK)
        rc = im_buf_check(&notice, "--review-number", &err);
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
    im_buf_release(&notice);
    if (rc == IM_OK && strcmp(a->out, "-") != 0)
        printf(cli_text(a->lang, "已写入 %s（%zu 字节）\n", "wrote %s (%zu bytes)\n"),
               a->out, buf.len);
    im_buf_release(&buf);
    return rc == IM_OK ? CLI_DONE : cli_fail(a->lang, "static", &err);
}

enum {
    O_OUT = 256,
    O_MARKER,
    O_TITLE,
    O_LEGEND,
    O_SCALE_BAR,
    O_LAYERS,
    O_STYLE,
    O_STYLES,
    O_SPRITES,
    O_PUBLIC,
    O_REVIEW,
    O_DB,
    O_FONTS,
    O_LANG
};

static const struct option long_options[] = {
    {"out", required_argument, NULL, O_OUT},
    {"marker", required_argument, NULL, O_MARKER},
    {"title", required_argument, NULL, O_TITLE},
    {"legend", optional_argument, NULL, O_LEGEND},
    {"scale-bar", no_argument, NULL, O_SCALE_BAR},
    {"layers", required_argument, NULL, O_LAYERS},
    {"style", required_argument, NULL, O_STYLE},
    {"styles", required_argument, NULL, O_STYLES},
    {"sprites", required_argument, NULL, O_SPRITES},
    {"public", no_argument, NULL, O_PUBLIC},
    {"review-number", required_argument, NULL, O_REVIEW},
    {"db", required_argument, NULL, O_DB},
    {"fonts", required_argument, NULL, O_FONTS},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Options that only hold a text. */
static const char **text_of(struct arguments *a, int option)
{
    switch (option) {
    case O_OUT:
        return &a->out;
    case O_TITLE:
        return &a->title;
    case O_LAYERS:
        return &a->layers;
    case O_STYLE:
        return &a->look.style;
    case O_STYLES:
        return &a->look.styles_directory;
    case O_SPRITES:
        return &a->look.sprites_path;
    case O_REVIEW:
        return &a->review_number;
    case O_DB:
        return &a->db_path;
    case O_FONTS:
        return &a->font_directory;
    default:
        return NULL;
    }
}

static bool take_option(struct arguments *a, int option, char **argv, int *code)
{
    const char **text = text_of(a, option);
    struct im_error err;

    if (text) {
        *text = optarg;
        return true;
    }
    switch (option) {
    case O_MARKER:
        if (static_request_marker(&a->request, im_bytes_of(optarg), &err) == IM_OK)
            return true;
        *code = cli_fail(a->lang, "static", &err);
        return false;
    case O_LEGEND:
        if (static_request_legend(im_bytes_of(optarg ? optarg : "true"),
                                  &a->request.picture.legend))
            return true;
        *code = cli_usage(a->lang, "static", "--legend 可用值：" STATIC_LEGEND_NAMES,
                          "--legend is one of " STATIC_LEGEND_NAMES);
        return false;
    case O_SCALE_BAR:
        a->request.picture.has_scale_bar = true;
        return true;
    case O_PUBLIC:
        a->is_public = true;
        return true;
    case O_LANG:
        if (cli_lang_parse(optarg, &a->lang))
            return true;
        *code = cli_usage(a->lang, "static", "--lang 只能是 zh 或 en",
                          "--lang is zh or en");
        return false;
    case 'h':
        fputs(cli_text(a->lang, HELP_ZH, HELP_EN), stdout);
        *code = CLI_DONE;
        return false;
    default:
        *code =
            cli_bad_option(a->lang, "static", long_options, option, argv[optind - 1]);
        return false;
    }
}

static int read_place(struct arguments *a, char **words)
{
    struct im_error err;

    if (static_request_where(&a->request, im_bytes_of(words[0]), &err) != IM_OK ||
        static_request_size(&a->request, im_bytes_of(words[1]), false, &err) != IM_OK)
        return cli_fail(a->lang, "static", &err);
    if (strcmp(a->out, "-") != 0 &&
        !static_request_format(im_bytes_of(a->out), &a->request.picture.format))
        return cli_usage(a->lang, "static",
                         "--out 的文件名应以 .png、.jpg 或 .webp 结尾",
                         "the name after --out ends in .png, .jpg or .webp");
    return CLI_DONE;
}

int cmd_static(int argc, char **argv)
{
    struct arguments a = {.lang = cli_lang(argc, argv),
                          .db_path = CLI_DEFAULT_DB,
                          .review_number = getenv("INNOMAP_REVIEW_NUMBER"),
                          .layers = "map"};
    int code = CLI_DONE;
    int option;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
        if (!take_option(&a, option, argv, &code))
            return code;
    if (optind + 2 != argc)
        return cli_usage(a.lang, "static",
                         "请给出位置和大小，例如 121.47,31.23,9.5 800x600",
                         "give place and size, for example 121.47,31.23,9.5 800x600");
    if (!a.out)
        return cli_usage(a.lang, "static", "请用 --out 指定输出文件",
                         "say where to with --out FILE");
    code = read_place(&a, argv + optind);
    return code == CLI_DONE ? run(&a) : code;
}
