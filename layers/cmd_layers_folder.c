/* SPDX-License-Identifier: Apache-2.0 */
/* innomap layers folder: a layer as a folder that can be edited. */
#include "cmd_layers_folder.h"

#include "folder.h"

#include <engine/cli.h>

static const char COMMAND[] = "layers folder";
static const char DEFAULT_DB[] = "innomap.db";
enum { ARENA_MAX = 256 << 20 };

static const char HELP_EN[] =
    "innomap layers folder - write a layer as a folder that can be edited\n"
    "\n"
    "  innomap layers folder ID DIR [--db FILE]\n"
    "\n"
    "Makes DIR/ID with layer.json (titles, fields, code lists), style.json (how it is\n"
    "drawn) and the rows as CSV or GeoJSON. After editing bring it back with\n"
    "  innomap import --shipped DIR\n"
    "or only its definition and style with\n"
    "  innomap import ROWS --layer ID --definition DIR/ID/layer.json \\\n"
    "    --style DIR/ID/style.json\n"
    "\n"
    "Example\n"
    "  innomap layers folder my_parks mylayers\n"
    "\n"
    "  --db FILE     the database; innomap.db by default\n"
    "  --lang zh|en  language of messages\n"
    "  --help        this text\n";

static const char HELP_ZH[] =
    "innomap layers folder —— 把图层写成可以编辑的文件夹\n"
    "\n"
    "  innomap layers folder 图层 文件夹 [--db 文件]\n"
    "\n"
    "生成 文件夹/图层，其中有 layer.json（标题、字段、代码表）、style.json（画法）和\n"
    "CSV 或 GeoJSON 数据。编辑后用下面的命令导回：\n"
    "  innomap import --shipped 文件夹\n"
    "或者只更新定义和画法：\n"
    "  innomap import 数据 --layer 图层 --definition 文件夹/图层/layer.json \\\n"
    "    --style 文件夹/图层/style.json\n"
    "\n"
    "示例\n"
    "  innomap layers folder my_parks mylayers\n"
    "\n"
    "  --db 文件     数据库，默认 innomap.db\n"
    "  --lang zh|en  提示语言\n"
    "  --help        本说明\n";

enum option_id { OPT_DB = 1000, OPT_LANG, OPT_HELP };
static const struct option OPTIONS[] = {{"db", required_argument, NULL, OPT_DB},
                                        {"lang", required_argument, NULL, OPT_LANG},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {NULL, 0, NULL, 0}};

struct command {
    enum lang lang;
    const char *db;
    const char *layer;
    const char *directory;
    bool wants_help;
};

/* -1 to go on, else the exit code. */
static int parse(struct command *c, int argc, char **argv)
{
    int option;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", OPTIONS, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case OPT_LANG:
            if (!cli_lang_parse(optarg, &c->lang))
                return cli_usage(c->lang, COMMAND, "--lang 只能是 zh 或 en",
                                 "--lang is zh or en");
            break;
        case OPT_HELP:
        case 'h':
            c->wants_help = true;
            return -1;
        default:
            return cli_bad_option(c->lang, COMMAND, OPTIONS, option, argv[optind - 1]);
        }
    }
    if (argc - optind != 2)
        return cli_usage(c->lang, COMMAND,
                         "请给出图层和文件夹，例如：my_parks mylayers",
                         "name the layer and the folder, such as: my_parks mylayers");
    c->layer = argv[optind];
    c->directory = argv[optind + 1];
    return -1;
}

int cmd_layers_folder(int argc, char **argv)
{
    struct command c = {.lang = cli_lang(argc, argv), .db = DEFAULT_DB};
    struct store *store = NULL;
    struct im_arena *arena = NULL;
    struct im_error err = {0};
    const char *path = NULL;
    int code = parse(&c, argc, argv);

    if (code >= 0)
        return code;
    if (c.wants_help) {
        fputs(cli_text(c.lang, HELP_ZH, HELP_EN), stdout);
        return CLI_DONE;
    }
    enum im_code rc = store_open(c.db, STORE_READ, &store, &err);
    if (!rc && !(arena = im_arena_new(ARENA_MAX)))
        rc = im_fail(&err, IM_ENOMEM, "layers: out of memory");
    if (!rc)
        rc = folder_write(store, c.layer, c.directory, arena, &path, &err);
    if (!rc)
        printf(cli_text(c.lang, "已写入 %s\n", "%s is written\n"), path);
    code = rc ? cli_fail(c.lang, COMMAND, &err) : CLI_DONE;
    im_arena_free(arena);
    store_close(store);
    return code;
}
