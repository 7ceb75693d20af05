/* SPDX-License-Identifier: Apache-2.0 */
/* innomap serve: the server in the foreground, until SIGTERM or Ctrl-C. */
#include "api/notice.h"
#include "cli_files.h"

#include <web/cmd.h>
#include <web/server.h>

#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>

enum { DEFAULT_PORT = 8080, MEBIBYTE = 1024 * 1024 };

static const char HELP_ZH[] =
    "innomap serve：提供地图页面、瓦片和查询接口，直到按 Ctrl-C。\n"
    "\n"
    "用法：innomap serve [选项]\n"
    "  --db 文件            数据库（默认 innomap.db；由 innomap import 建立）\n"
    "  --port 端口          默认 8080；0 表示任选一个空闲端口\n"
    "  --address 地址       默认 127.0.0.1（只限本机）；0.0.0.0 对所有网络开放\n"
    "  --public             公开模式：未经审核的行政边界不出图、不出结果，\n"
    "                       除非设置了审图号\n"
    "  --review-number 文本 审图号（也可用环境变量 INNOMAP_REVIEW_NUMBER）；\n"
    "                       未设置时显示“无审图号”\n"
    "  --viewer 目录        构建好的地图页面（默认在程序旁边查找）\n"
    "  --no-viewer          只提供瓦片和接口，不提供页面\n"
    "  --fonts 目录         字体（默认 Debian 的 fonts-noto-cjk）\n"
    "  --grids 目录         瓦片网格（默认用程序旁边的 share/grids）\n"
    "  --tianditu-prefix 路径  天地图兼容地址的前缀，如 /tdt（默认无前缀）\n"
    "  --styles 目录        整图样式（默认用程序旁边的 share/styles）\n"
    "  --sprites 路径       图标表，不带后缀（默认 share/sprites/innomap）\n"
    "  --workers 个数       绘图线程，另有同样多的查询线程，默认每核一个\n"
    "  --cache-mb 数量      内存缓存，默认 256\n"
    "  --maps-mb 数量       绘图所备样式与注记的内存，默认 256\n"
    "  --tile-cache-dir 目录  在磁盘上也缓存瓦片，重启后仍可用\n"
    "  --tile-cache-disk-mb 数量  磁盘缓存上限，默认 1024\n"
    "  --no-cache           不缓存（用于性能测试）\n"
    "  --header-seconds 秒  请求（不含请求体）须在此时间内到齐，默认 10\n"
    "  --body-seconds 秒    请求体须在此时间内到齐，默认 30\n"
    "  --stream-seconds 秒  长结果须在此时间内被取完，默认 600\n"
    "  --question-ms 毫秒   查询（含排队）超过此时间即停止，默认 5000\n"
    "  --tile-ms 毫秒       绘制一张瓦片或图片的时间上限，默认 20000\n"
    "  --access-log         每个请求记一行日志（标准错误）\n"
    "  --lang zh|en         提示语言\n"
    "\n"
    "例：\n"
    "  innomap serve\n"
    "  innomap serve --db /srv/map.db --port 80 --address 0.0.0.0 --public \\\n"
    "    --review-number '审图号文本'\n";

static const char HELP_EN[] =
    "innomap serve: the map page, tiles and questions over HTTP, until Ctrl-C.\n"
    "\n"
    "Usage: innomap serve [options]\n"
    "  --db FILE             database (default innomap.db; innomap import makes it)\n"
    "  --port PORT           default 8080; 0 takes any free one\n"
    "  --address ADDRESS     default 127.0.0.1 (this machine only); 0.0.0.0 for all\n"
    "  --public              public profile: administrative boundaries that nobody\n"
    "                        reviewed are left out, unless a review number is set\n"
    "  --review-number TEXT  map review number (审图号), also from the environment\n"
    "                        variable INNOMAP_REVIEW_NUMBER; unset prints 无审图号\n"
    "  --viewer FOLDER       built map page (default: looked for beside the program)\n"
    "  --no-viewer           tiles and questions only, no page\n"
    "  --fonts FOLDER        fonts (default: Debian's fonts-noto-cjk)\n"
    "  --grids FOLDER        tile grids (default: share/grids beside the program)\n"
    "  --tianditu-prefix /P  before the addresses of the 天地图 alias (default: none)\n"
    "  --styles FOLDER       styles of the whole map (default: share/styles beside "
    "the\n"
    "                        program)\n"
    "  --sprites PATH        sheet of icons, without suffix (default:\n"
    "                        share/sprites/innomap beside the program)\n"
    "  --workers N           drawing threads, and as many for questions; default one\n"
    "                        per core\n"
    "  --cache-mb N          memory for finished tiles, default 256\n"
    "  --maps-mb N           memory for what drawing keeps ready of each map (looks,\n"
    "                        places of names), default 256\n"
    "  --tile-cache-dir FOLDER  keep tiles on the disk too, over restarts\n"
    "  --tile-cache-disk-mb N   at most so many there, default 1024\n"
    "  --no-cache            keep nothing (for benchmarks)\n"
    "  --header-seconds N    a request has to arrive within, but for its body;\n"
    "                        default 10\n"
    "  --body-seconds N      its body has to arrive within, default 30\n"
    "  --stream-seconds N    a long answer has to be taken within, default 600\n"
    "  --question-ms N       a question is stopped after, waiting included;\n"
    "                        default 5000\n"
    "  --tile-ms N           drawing one tile or picture is stopped after; default\n"
    "                        20000\n"
    "  --access-log          one log line per request (standard error)\n"
    "  --lang zh|en          language of messages\n"
    "\n"
    "Examples:\n"
    "  innomap serve\n"
    "  innomap serve --db /srv/map.db --port 80 --address 0.0.0.0 --public \\\n"
    "    --review-number 'TEXT'\n";

struct arguments {
    struct server_options options;
    enum lang lang;
    bool no_viewer;
};

/* What is as large has pages of its own, which are given back with it. Left alone,
 * malloc puts pieces of up to 32 MiB among the others once such a one was freed. */
enum { OWN_PAGES_FROM_BYTES = 256 * 1024 };

enum {
    O_DB = 256,
    O_PORT,
    O_ADDRESS,
    O_PUBLIC,
    O_REVIEW,
    O_VIEWER,
    O_NO_VIEWER,
    O_FONTS,
    O_GRIDS,
    O_TIANDITU,
    O_STYLES,
    O_SPRITES,
    O_WORKERS,
    O_CACHE,
    O_MAPS,
    O_DISK_CACHE,
    O_DISK_CACHE_MB,
    O_NO_CACHE,
    O_HEADER,
    O_BODY,
    O_STREAM,
    O_QUESTION,
    O_TILE,
    O_ACCESS_LOG,
    O_LANG
};

static const struct option long_options[] = {
    {"db", required_argument, NULL, O_DB},
    {"port", required_argument, NULL, O_PORT},
    {"address", required_argument, NULL, O_ADDRESS},
    {"public", no_argument, NULL, O_PUBLIC},
    {"review-number", required_argument, NULL, O_REVIEW},
    {"viewer", required_argument, NULL, O_VIEWER},
    {"no-viewer", no_argument, NULL, O_NO_VIEWER},
    {"fonts", required_argument, NULL, O_FONTS},
    {"grids", required_argument, NULL, O_GRIDS},
    {"tianditu-prefix", required_argument, NULL, O_TIANDITU},
    {"styles", required_argument, NULL, O_STYLES},
    {"sprites", required_argument, NULL, O_SPRITES},
    {"workers", required_argument, NULL, O_WORKERS},
    {"cache-mb", required_argument, NULL, O_CACHE},
    {"maps-mb", required_argument, NULL, O_MAPS},
    {"tile-cache-dir", required_argument, NULL, O_DISK_CACHE},
    {"tile-cache-disk-mb", required_argument, NULL, O_DISK_CACHE_MB},
    {"no-cache", no_argument, NULL, O_NO_CACHE},
    {"header-seconds", required_argument, NULL, O_HEADER},
    {"body-seconds", required_argument, NULL, O_BODY},
    {"stream-seconds", required_argument, NULL, O_STREAM},
    {"question-ms", required_argument, NULL, O_QUESTION},
    {"tile-ms", required_argument, NULL, O_TILE},
    {"access-log", no_argument, NULL, O_ACCESS_LOG},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_number(struct arguments *a, int option, int *code)
{
    static const struct {
        int option;
        const char *name;
        double min;
        double max;
    } ranges[] = {
        {O_PORT, "--port", 0, 65535},
        {O_WORKERS, "--workers", 1, 256},
        {O_CACHE, "--cache-mb", 1, 1048576},
        {O_MAPS, "--maps-mb", 1, 1048576},
        {O_DISK_CACHE_MB, "--tile-cache-disk-mb", 16, 1048576},
        {O_HEADER, "--header-seconds", 1, 3600},
        {O_BODY, "--body-seconds", 1, 3600},
        {O_STREAM, "--stream-seconds", 1, 86400},
        {O_QUESTION, "--question-ms", 1, 3600000},
        {O_TILE, "--tile-ms", 1, 3600000},
    };
    struct server_options *o = &a->options;
    size_t i = 0;
    double value;

    while (ranges[i].option != option)
        i++;
    if (!cli_number(a->lang, "serve", ranges[i].name, optarg, ranges[i].min,
                    ranges[i].max, &value, code))
        return false;
    if (option == O_PORT)
        o->port = (uint16_t)value;
    else if (option == O_WORKERS)
        o->workers = (unsigned)value;
    else if (option == O_CACHE)
        o->cache_bytes = (size_t)value * MEBIBYTE;
    else if (option == O_MAPS)
        o->map_bytes = (size_t)value * MEBIBYTE;
    else if (option == O_DISK_CACHE_MB)
        o->tile_cache_disk_bytes = (uint64_t)value * MEBIBYTE;
    else if (option == O_HEADER)
        o->header_seconds = (unsigned)value;
    else if (option == O_BODY)
        o->body_seconds = (unsigned)value;
    else if (option == O_STREAM)
        o->stream_seconds = (unsigned)value;
    else if (option == O_TILE)
        o->tile_ms = (unsigned)value;
    else
        o->question_ms = (unsigned)value;
    return true;
}

/* False when the command is done: then *code is what it returns. */
static bool take_option(struct arguments *a, int option, char **argv, int *code)
{
    struct server_options *o = &a->options;

    switch (option) {
    case O_DB:
        o->db_path = optarg;
        return true;
    case O_ADDRESS:
        o->address = optarg;
        return true;
    case O_PUBLIC:
        o->is_public = true;
        return true;
    case O_REVIEW:
        o->review_number = optarg;
        return true;
    case O_VIEWER:
        o->viewer_directory = optarg;
        return true;
    case O_NO_VIEWER:
        a->no_viewer = true;
        return true;
    case O_FONTS:
        o->font_directory = optarg;
        return true;
    case O_GRIDS:
        o->grids_directory = optarg;
        return true;
    case O_TIANDITU:
        o->tianditu_prefix = optarg;
        return true;
    case O_STYLES:
        o->styles_directory = optarg;
        return true;
    case O_SPRITES:
        o->sprites_path = optarg;
        return true;
    case O_DISK_CACHE:
        o->tile_cache_directory = optarg;
        return true;
    case O_NO_CACHE:
        o->no_cache = true;
        return true;
    case O_ACCESS_LOG:
        o->access_log = true;
        return true;
    case O_PORT:
    case O_WORKERS:
    case O_CACHE:
    case O_MAPS:
    case O_DISK_CACHE_MB:
    case O_HEADER:
    case O_BODY:
    case O_STREAM:
    case O_TILE:
    case O_QUESTION:
        return take_number(a, option, code);
    case O_LANG:
        if (cli_lang_parse(optarg, &a->lang))
            return true;
        *code =
            cli_usage(a->lang, "serve", "--lang 只能是 zh 或 en", "--lang is zh or en");
        return false;
    case 'h':
        fputs(cli_text(a->lang, HELP_ZH, HELP_EN), stdout);
        *code = CLI_DONE;
        return false;
    default:
        *code =
            cli_bad_option(a->lang, "serve", long_options, option, argv[optind - 1]);
        return false;
    }
}

static bool parse(struct arguments *a, int argc, char **argv, int *code)
{
    int option;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
        if (!take_option(a, option, argv, code))
            return false;
    if (optind < argc) {
        *code = cli_usage(a->lang, "serve", "serve 不接受文件参数，数据库用 --db 指定",
                          "serve takes no files; name the database with --db");
        return false;
    }
    return true;
}

/* Lines for the person who started it; a program reads the log on standard error. */
static void greet(const struct arguments *a, struct server *server)
{
    struct server_summary sum = server_summary(server);
    const char *address = a->options.address ? a->options.address : "127.0.0.1";
    bool is_v6 = strchr(address, ':') != NULL;
    const char *review = review_number_text(a->options.review_number);

    printf(cli_text(a->lang, "地图：http://%s%s%s:%u/\n", "Map: http://%s%s%s:%u/\n"),
           is_v6 ? "[" : "", address, is_v6 ? "]" : "", server_port(server));
    printf(cli_text(a->lang,
                    "数据：%zu 个图层，%" PRIu64 " 条记录，数据版本 %" PRIu64 "，%s\n",
                    "Data: %zu layers, %" PRIu64 " records, data version %" PRIu64
                    ", %s\n"),
           sum.n_layers, sum.n_features, sum.data_version, review);
    if (sum.n_problems)
        printf(cli_text(a->lang, "注意：%zu 个图层无法读取，详见日志\n",
                        "Note: %zu layers could not be read, see the log\n"),
               sum.n_problems);
    if (!a->options.viewer_directory)
        puts(cli_text(a->lang, "未找到地图页面：只提供瓦片和接口",
                      "No map page was found: tiles and questions only"));
    puts(cli_text(a->lang, "按 Ctrl-C 停止。", "Ctrl-C stops it."));
    fflush(stdout);
}

static int run(struct arguments *a)
{
    struct im_error err = {0};
    struct server *server = NULL;
    sigset_t stop;
    int signal_number;

    /* before any thread exists, so that all of them leave the signals to us */
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is as a disk that is full */
    (void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM_BYTES);
    if (server_start(&a->options, &server, &err) != IM_OK) {
        /* whatever keeps a server from starting is the surroundings' fault, not that of
         * the question; only a wrong option is wrong usage */
        int code = cli_fail(a->lang, "serve", &err);

        return code == CLI_USAGE ? CLI_USAGE : CLI_ENVIRONMENT;
    }
    greet(a, server);
    sigwait(&stop, &signal_number);
    /* a second Ctrl-C ends at once */
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    server_stop(server);
    puts(cli_text(a->lang, "已停止。", "Stopped."));
    return CLI_DONE;
}

int cmd_serve(int argc, char **argv)
{
    struct arguments a = {.lang = cli_lang(argc, argv)};
    char viewer[PATH_MAX];
    char grids[PATH_MAX];
    char styles[PATH_MAX];
    char sprites[PATH_MAX];
    int code = CLI_DONE;

    a.options.db_path = CLI_DEFAULT_DB;
    a.options.port = DEFAULT_PORT;
    a.options.review_number = getenv("INNOMAP_REVIEW_NUMBER");
    if (!parse(&a, argc, argv, &code))
        return code;
    if (a.no_viewer)
        a.options.viewer_directory = NULL;
    else if (!a.options.viewer_directory && cli_find_viewer(viewer, sizeof viewer))
        a.options.viewer_directory = viewer;
    if (!a.options.grids_directory && cli_find_share("grids", grids, sizeof grids))
        a.options.grids_directory = grids;
    if (!a.options.styles_directory && cli_find_share("styles", styles, sizeof styles))
        a.options.styles_directory = styles;
    if (!a.options.sprites_path && cli_find_sprites(sprites, sizeof sprites))
        a.options.sprites_path = sprites;
    return run(&a);
}
