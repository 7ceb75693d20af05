/* SPDX-License-Identifier: Apache-2.0 */
/* innomap layers folder: a layer as a folder that can be edited. */
#include "cmd_layers_folder.h"

#include "folder.h"

#include <layers/cmd_store.h>

#include <engine/cli.h>

static const char *const HELP_EN[] = {
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
    "  --help        this text\n",
    NULL};

static const char *const HELP_ZH[] = {
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
    "  --help        本说明\n",
    NULL};

static const struct cli_command COMMAND = {"layers folder", HELP_ZH, HELP_EN};

struct command {
    enum lang lang;
    const char *db;
    const char *layer;
    const char *directory;
};

/* -1 to go on, else the exit code. */
static int parse(struct command *c, int argc, char **argv)
{
    const struct cli_option options[] = {{"db", .text = &c->db}, {NULL}};
    int code = cli_parse(&COMMAND, options, &c->lang, argc, argv);

    if (code >= 0)
        return code;
    if (argc - optind != 2)
        return cli_usage(c->lang, COMMAND.name,
                         "请给出图层和文件夹，例如：my_parks mylayers",
                         "name the layer and the folder, such as: my_parks mylayers");
    c->layer = argv[optind];
    c->directory = argv[optind + 1];
    return -1;
}

static enum im_code
write(void *ctx, struct store *store, struct im_arena *arena, struct im_error *err)
{
    const struct command *c = ctx;
    const char *path = NULL;
    enum im_code rc = folder_write(store, c->layer, c->directory, arena, &path, err);

    if (!rc)
        printf(cli_text(c->lang, "已写入 %s\n", "%s is written\n"), path);
    return rc;
}

int cmd_layers_folder(int argc, char **argv)
{
    struct command c = {.lang = cli_lang(argc, argv), .db = STORE_DEFAULT_PATH};
    int code = parse(&c, argc, argv);

    return code >= 0
               ? code
               : cmd_with_store(COMMAND.name, c.lang, c.db, STORE_READ, write, &c);
}
