/* SPDX-License-Identifier: Apache-2.0 */
/* innomap layers: what is in the database. */
#include "cmd_layers_folder.h"
#include "cmd_layers_history.h"

#include <layers/cmd.h>
#include <layers/cmd_store.h>
#include <layers/sql.h>
#include <layers/store.h>

#include <engine/cli.h>
#include <engine/json_writer.h>

enum { JSON_MAX = 1 << 26, SOURCE_BYTES = 90 };

static const char *const HELP_EN[] = {
    "innomap layers - what is in the database\n"
    "\n"
    "  innomap layers [--db FILE] [--json]\n"
    "  innomap layers folder ID DIR     a layer as a folder that can be edited\n"
    "  innomap layers history [ID]      its imports, what is in effect, what is kept\n"
    "  innomap layers prune ID          forget what was before old imports\n"
    "\n"
    "One line per layer: how many rows, how many of them have a position, the version\n"
    "(it rises with every import that changed something), when that was, how old the\n"
    "facts are and where they come from.\n"
    "\n"
    "Examples\n"
    "  innomap layers\n"
    "  innomap layers --db /srv/innomap.db --json | jq '.layers[].id'\n"
    "\n"
    "  --db FILE     the database; innomap.db by default\n"
    "  --json        the same as JSON\n"
    "  --lang zh|en  language of titles\n"
    "  --help        this text\n",
    NULL};

static const char *const HELP_ZH[] = {
    "innomap layers —— 数据库里有什么\n"
    "\n"
    "  innomap layers [--db 文件] [--json]\n"
    "  innomap layers folder 图层 文件夹    把图层写成可以编辑的文件夹\n"
    "  innomap layers history [图层]        导入历史：哪些有效，保留了什么\n"
    "  innomap layers prune 图层            清理旧版本\n"
    "\n"
    "每个图层一行：行数、其中有位置的行数、版本（每次有改动的导入加一）、改动时间、\n"
    "数据日期和来源。\n"
    "\n"
    "示例\n"
    "  innomap layers\n"
    "  innomap layers --db /srv/innomap.db --json | jq '.layers[].id'\n"
    "\n"
    "  --db 文件     数据库，默认 innomap.db\n"
    "  --json        以 JSON 输出\n"
    "  --lang zh|en  标题语言\n"
    "  --help        本说明\n",
    NULL};

static const struct cli_command COMMAND = {"layers", HELP_ZH, HELP_EN};

struct command {
    enum lang lang;
    const char *db;
    bool wants_json;
};

/* One layer as it is shown. */
struct line {
    const struct source_layer *layer;
    const struct layer_schema *schema;
    int64_t placed;          /* -1: a table */
    struct im_error problem; /* of its definition; then schema is NULL */
};

/* -1 to go on, else the exit code. */
static int parse(struct command *c, int argc, char **argv)
{
    const struct cli_option options[] = {
        {"db", .text = &c->db}, {"json", .flag = &c->wants_json}, {NULL}};
    int code = cli_parse(&COMMAND, options, &c->lang, argc, argv);

    if (code < 0 && optind < argc)
        return cli_usage(c->lang, COMMAND.name, "这个命令不接受文件名或图层名",
                         "this command takes no names");
    return code;
}

static enum im_code read_line(struct store *store,
                              struct im_arena *arena,
                              struct line *line,
                              struct im_error *err)
{
    line->placed = -1;
    if (schema_parse(im_bytes_of(line->layer->definition_json), arena, &line->schema,
                     &line->problem))
        return IM_OK; /* shown as a problem; the other layers are fine */
    if (line->schema->geometry == SCHEMA_NONE)
        return IM_OK;
    return sql_integer(store_db(store), &line->placed, err,
                       "SELECT count(*) FROM \"%w\" WHERE geom IS NOT NULL",
                       line->layer->id);
}

static int by_order(const void *a, const void *b)
{
    const struct line *x = a;
    const struct line *y = b;
    int x_order = x->schema ? x->schema->order : 0;
    int y_order = y->schema ? y->schema->order : 0;

    if (x_order != y_order)
        return x_order < y_order ? -1 : 1;
    return strcmp(x->layer->id, y->layer->id);
}

/* The beginning of it; the whole is in --json. */
static void print_source(const char *source)
{
    size_t len = im_utf8_cut(source, SOURCE_BYTES);

    if (len)
        printf("%-22s   %.*s%s\n", "", (int)len, source, source[len] ? "…" : "");
}

static void print_line(enum lang lang, const struct line *line)
{
    const struct source_layer *l = line->layer;
    char placed[24] = "-";

    if (!line->schema) {
        printf("%-22s %s\n", l->id, line->problem.msg);
        return;
    }
    if (line->placed >= 0)
        snprintf(placed, sizeof placed, "%lld", (long long)line->placed);
    printf("%-22s %8llu %8s %4llu  %s  %-10s  %s", l->id,
           (unsigned long long)l->n_features, placed, (unsigned long long)l->version,
           l->changed_at, line->schema->source_date,
           query_title(line->schema->title, lang));
    if (line->schema->is_internal)
        printf("%s", cli_text(lang, "（内部）", " (internal)"));
    printf("\n");
    print_source(query_title(line->schema->source, lang));
}

static void print_table(enum lang lang, const struct line *lines, size_t n)
{
    printf("%-22s %8s %8s %4s  %-20s  %-10s  %s\n", "id",
           cli_text(lang, "rows", "rows"), cli_text(lang, "placed", "placed"), "v",
           "changed", "facts of", cli_text(lang, "title, source", "title, source"));
    for (size_t i = 0; i < n; i++)
        print_line(lang, &lines[i]);
    if (n == 0)
        printf("%s\n", cli_text(lang, "尚无图层，请先用 innomap import 导入",
                                "no layers yet; bring some in with innomap import"));
}

static void write_line(struct im_json *w, enum lang lang, const struct line *line)
{
    im_json_object(w);
    im_json_key(w, "id");
    im_json_text(w, line->layer->id);
    if (line->schema) {
        im_json_key(w, "title");
        im_json_text(w, query_title(line->schema->title, lang));
    } else {
        im_json_key(w, "problem");
        im_json_text(w, line->problem.msg);
    }
    im_json_key(w, "count");
    im_json_int(w, (int64_t)line->layer->n_features);
    im_json_key(w, "placed");
    if (line->placed >= 0)
        im_json_int(w, line->placed);
    else
        im_json_null(w);
    im_json_key(w, "version");
    im_json_int(w, (int64_t)line->layer->version);
    im_json_key(w, "changed_at");
    im_json_text(w, line->layer->changed_at);
    if (line->schema) {
        im_json_key(w, "visibility");
        im_json_text(w, line->schema->is_internal ? "internal" : "public");
        im_json_key(w, "source");
        im_json_text(w, query_title(line->schema->source, lang));
        im_json_key(w, "source_date");
        im_json_text(w, line->schema->source_date);
        im_json_key(w, "licence");
        im_json_text(w, line->schema->licence);
        im_json_key(w, "completeness");
        im_json_text(w, query_title(line->schema->completeness, lang));
    }
    im_json_object_end(w);
}

static enum im_code print_json(enum lang lang,
                               const struct line *lines,
                               size_t n,
                               uint64_t data_version,
                               struct im_error *err)
{
    struct im_buf out = {.max = JSON_MAX};
    struct im_json w = {.out = &out};

    im_json_object(&w);
    im_json_key(&w, "data_version");
    im_json_int(&w, (int64_t)data_version);
    im_json_key(&w, "layers");
    im_json_array(&w);
    for (size_t i = 0; i < n; i++)
        write_line(&w, lang, &lines[i]);
    im_json_array_end(&w);
    im_json_object_end(&w);
    im_buf_byte(&out, '\n');
    enum im_code rc = im_buf_check(&out, "answer", err);
    if (!rc)
        fwrite(out.data, 1, out.len, stdout);
    im_buf_release(&out);
    return rc;
}

static enum im_code
show(void *ctx, struct store *store, struct im_arena *arena, struct im_error *err)
{
    const struct command *c = ctx;
    struct feature_source source = store_source(store);
    const struct source_layer *layers = NULL;
    struct line *lines = NULL;
    uint64_t data_version = 0;
    size_t n = 0;
    enum im_code rc =
        source.describe(source.self, arena, &layers, &n, &data_version, err);

    if (!rc && !(lines = im_arena_calloc(arena, n + 1, sizeof *lines)))
        rc = im_fail(err, IM_ENOMEM, "layers: out of memory");
    for (size_t i = 0; !rc && i < n; i++) {
        lines[i].layer = &layers[i];
        rc = read_line(store, arena, &lines[i], err);
    }
    if (rc)
        return rc;
    qsort(lines, n, sizeof *lines, by_order);
    if (c->wants_json)
        return print_json(c->lang, lines, n, data_version, err);
    print_table(c->lang, lines, n);
    return IM_OK;
}

int cmd_layers(int argc, char **argv)
{
    struct command c = {.lang = cli_lang(argc, argv), .db = STORE_DEFAULT_PATH};

    if (argc > 1 && strcmp(argv[1], "folder") == 0)
        return cmd_layers_folder(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "history") == 0)
        return cmd_layers_history(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "prune") == 0)
        return cmd_layers_prune(argc - 1, argv + 1);
    int code = parse(&c, argc, argv);
    return code >= 0 ? code
                     : cmd_with_store(COMMAND.name, c.lang, c.db, STORE_READ, show, &c);
}
