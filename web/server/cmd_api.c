/* SPDX-License-Identifier: Apache-2.0 */
/* innomap nearest, within, list ...: the operations on the command line. Their options
 * are the parameters, "half_width_km" as --half-width-km. */
#include "api/call.h"
#include "api/notice.h"
#include "cli_files.h"

#include <web/cmd.h>

#include <errno.h>

enum {
    ARENA_BYTES = 512 * 1024 * 1024,
    OUTPUT_BYTES = 256 * 1024 * 1024,
    VALUE_MAX_BYTES = 8 * 1024 * 1024,
    WORDS_BYTES = 4096,
    NAME_BYTES = 32,
    FIRST_OPTION = 256 /* + enum api_param */
};
enum {
    O_JSON = FIRST_OPTION + API_PARAMS,
    O_CSV,
    O_XLSX,
    O_DB,
    N_OPTIONS = API_PARAMS + 8
};

struct arguments {
    const struct api_operation *op;
    enum lang lang;
    const char *db_path;
    enum api_format format;
    bool is_json;
    const char *path; /* of a table file */
    char names[API_PARAMS][NAME_BYTES];
    struct option options[N_OPTIONS];
    struct url_param pairs[API_PARAMS + 1];
    size_t n_pairs;
    char words[WORDS_BYTES]; /* what stands without a name */
    struct im_arena *arena;
};

/* ---- the options ---- */

/* Given in another way: --json, --csv, --xlsx; -k. */
static bool is_option(const struct api_operation *op, enum api_param p)
{
    return p != API_FORMAT && p != API_K && p != op->word;
}

static void make_options(struct arguments *a)
{
    size_t n = 0;

    for (size_t i = 0; i < a->op->n_params; i++) {
        enum api_param p = a->op->params[i];
        bool is_flag = api_params[p].spec.kind == PARAM_FLAG;

        if (!is_option(a->op, p))
            continue;
        snprintf(a->names[p], NAME_BYTES, "%s", api_params[p].spec.name);
        for (char *c = a->names[p]; *c; c++)
            *c = *c == '_' ? '-' : *c;
        a->options[n++] =
            (struct option){a->names[p], is_flag ? no_argument : required_argument,
                            NULL, FIRST_OPTION + (int)p};
    }
    a->options[n++] = (struct option){"json", no_argument, NULL, O_JSON};
    a->options[n++] = (struct option){"csv", required_argument, NULL, O_CSV};
    a->options[n++] = (struct option){"xlsx", required_argument, NULL, O_XLSX};
    a->options[n++] = (struct option){"db", required_argument, NULL, O_DB};
    a->options[n] = (struct option){"help", no_argument, NULL, 'h'};
}

static void print_option(const char *name, const char *value, const char *about)
{
    char text[160];
    size_t columns;

    snprintf(text, sizeof text, "%s%s%s", name, *value ? " " : "", value);
    columns = cli_columns(im_bytes_of(text));
    printf("  %s%*s%s\n", text, columns < 24 ? (int)(26 - columns) : 2, "", about);
}

static int print_help(const struct arguments *a)
{
    const struct api_operation *op = a->op;
    enum lang lang = a->lang;
    const char *word = query_title(api_params[op->word].value, lang);

    printf(cli_text(lang, "innomap %s：%s。\n\n用法：innomap %s %s [选项]\n",
                    "innomap %s: %s.\n\nUsage: innomap %s %s [options]\n"),
           op->name, query_title(op->about, lang), op->name, word);
    print_option(word, "", query_title(api_params[op->word].about, lang));
    for (size_t i = 0; i < op->n_params; i++) {
        enum api_param p = op->params[i];
        char name[NAME_BYTES + 4];

        snprintf(name, sizeof name, p == API_K ? "-%s" : "--%s",
                 p == API_K ? "k" : a->names[p]);
        if (p == API_K || is_option(op, p))
            print_option(name, query_title(api_params[p].value, lang),
                         query_title(api_params[p].about, lang));
    }
    print_option(
        "--json", "",
        cli_text(lang, "输出与 HTTP 接口相同的 JSON", "the same JSON as over HTTP"));
    print_option(cli_text(lang, "--csv 文件", "--csv FILE"), "",
                 cli_text(lang, "写成 CSV 表格（- 为标准输出）",
                          "a table file (- is standard output)"));
    print_option(cli_text(lang, "--xlsx 文件", "--xlsx FILE"), "",
                 cli_text(lang, "写成 Excel 表格", "the same as a workbook"));
    print_option(
        cli_text(lang, "--db 文件", "--db FILE"), "",
        cli_text(lang, "数据库（默认 innomap.db）", "database (default innomap.db)"));
    printf(cli_text(lang, "值写成 @文件 时从文件读取。\n\n例：\n%s",
                    "A value @FILE is read from that file.\n\nExamples:\n%s"),
           op->examples);
    return CLI_DONE;
}

static bool
read_value(struct arguments *a, const char *text, struct im_bytes *out, int *code)
{
    struct im_buf buf = {.max = VALUE_MAX_BYTES};
    struct im_error err;
    FILE *file = NULL;
    enum im_code rc = IM_OK;
    char *copy;

    *out = im_bytes_of(text);
    if (text[0] != '@')
        return true;
    file = fopen(text + 1, "rb");
    if (!file)
        rc = im_fail(&err, IM_EIO, "'%s': %s", text + 1, strerror(errno));
    while (rc == IM_OK && !feof(file) && !ferror(file) && im_buf_reserve(&buf, 65536))
        buf.len += fread(buf.data + buf.len, 1, 65536, file);
    if (rc == IM_OK)
        rc = im_buf_check(&buf, text + 1, &err);
    copy = rc == IM_OK ? im_arena_strdup(a->arena, im_buf_bytes(&buf)) : NULL;
    if (rc == IM_OK && !copy)
        rc = im_fail(&err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        *out = (struct im_bytes){(uint8_t *)copy, buf.len};
    else
        *code = cli_fail(a->lang, a->op->name, &err);
    if (file)
        fclose(file);
    im_buf_release(&buf);
    return rc == IM_OK;
}

static bool add_pair(struct arguments *a, enum api_param p, const char *text, int *code)
{
    struct im_bytes value;

    /* one more than there are: repeated ones are for the table to refuse */
    if (a->n_pairs == API_PARAMS + 1)
        return true;
    if (!read_value(a, text, &value, code))
        return false;
    if (!im_utf8_valid(value)) {
        *code = cli_usage(a->lang, a->op->name, "参数不是 UTF-8 文本",
                          "an argument is not UTF-8 text");
        return false;
    }
    a->pairs[a->n_pairs++] =
        (struct url_param){im_bytes_of(api_params[p].spec.name), value};
    return true;
}

static bool take_table(struct arguments *a, enum api_format format, int *code)
{
    if (a->path || a->is_json) {
        *code = cli_usage(a->lang, a->op->name, "--json、--csv、--xlsx 只能给一个",
                          "give one of --json, --csv, --xlsx");
        return false;
    }
    a->format = format;
    a->path = optarg;
    return true;
}

static bool take_option(struct arguments *a, int option, char **argv, int *code)
{
    switch (option) {
    case O_JSON:
        a->is_json = a->path == NULL;
        return a->is_json || take_table(a, API_JSON, code);
    case O_CSV:
        return take_table(a, API_CSV, code);
    case O_XLSX:
        return take_table(a, API_XLSX, code);
    case O_DB:
        a->db_path = optarg;
        return true;
    case 'k':
        return add_pair(a, API_K, optarg, code);
    case 'h':
        *code = print_help(a);
        return false;
    case '?':
    case ':':
        *code =
            cli_bad_option(a->lang, a->op->name, a->options, option, argv[optind - 1]);
        return false;
    default:
        return add_pair(a, (enum api_param)(option - FIRST_OPTION),
                        optarg ? optarg : "true", code);
    }
}

static bool has_k(const struct api_operation *op)
{
    return memchr(op->params, API_K, op->n_params) != NULL;
}

/* What stands without a name: one layer, or all words of a question. */
static bool take_words(struct arguments *a, int argc, char **argv, int *code)
{
    struct im_buf words = {.data = (uint8_t *)a->words,
                           .cap = sizeof a->words,
                           .max = sizeof a->words - 1};

    if (a->op->word == API_LAYER && argc - optind > 1) {
        *code = cli_usage(
            a->lang, a->op->name, "请给出一个图层（多个用逗号分隔），例如 incubators",
            "name one layer (several with commas), for example incubators");
        return false;
    }
    for (int i = optind; i < argc; i++)
        im_buf_printf(&words, i > optind ? " %s" : "%s", argv[i]);
    a->words[words.len] = '\0';
    return words.len == 0 || add_pair(a, a->op->word, a->words, code);
}

/* ---- the answer ---- */

/* Layers that are needed beside those that can be origins; NULL: all. */
static const char *needed_layers(const struct api_call *c, char *out, size_t size)
{
    static const enum api_param simple[] = {
        API_LAYER,       API_LON,    API_LAT,       API_NEAR,   API_K,
        API_MAX_KM,      API_EACH,   API_RADIUS_KM, API_BBOX,   API_FILTER,
        API_FILTER_LANG, API_FIELDS, API_PRECISION, API_SORTBY, API_CURSOR,
        API_LIMIT,       API_LANG};
    struct im_bytes layer = c->values[API_LAYER].text;
    struct im_bytes near = c->values[API_NEAR].text;
    const uint8_t *colon = near.len ? memchr(near.data, ':', near.len) : NULL;
    size_t n = 0;

    for (int p = 0; p < API_PARAMS; p++)
        n += c->values[p].is_set;
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        n -= c->values[simple[i]].is_set;
    if (n || !layer.len)
        return NULL;
    snprintf(out, size, "%.*s%s%.*s", (int)layer.len, (const char *)layer.data,
             colon ? "," : "", colon ? (int)(colon - near.data) : 0,
             colon ? (const char *)near.data : "");
    return out;
}

static void print_choices(const struct api_call *c)
{
    for (size_t i = 0; i < c->choices.n; i++) {
        const struct query_place *place = &c->choices.places[i];
        const char *in = c->lang == LANG_ZH ? place->in_zh : place->in_en;
        char number[IM_NUMBER_MAX];
        struct im_bytes key;
        char name[256];

        atlas_key(place->layer, place->feature, number, &key);
        param_quote(name, sizeof name,
                    query_name(place->layer, place->feature, c->lang));
        fprintf(stderr, "  --%s %s:%.*s  %s (%s)\n", c->fault.name,
                atlas_layer_schema(place->layer)->id, (int)key.len,
                (const char *)key.data, name,
                in && *in
                    ? in
                    : query_title(atlas_layer_schema(place->layer)->title, c->lang));
    }
}

static enum im_code
write_answer(const struct arguments *a, const struct api_call *c, struct im_error *err)
{
    struct im_buf buf = {.max = OUTPUT_BYTES};
    bool is_text = !a->is_json && !a->path;
    enum im_code rc = is_text ? api_answer_text(c, &buf, err)
                              : api_answer(c, a->format, &buf, NULL, err);

    if (a->is_json)
        im_buf_byte(&buf, '\n');
    if (rc == IM_OK)
        rc = im_buf_check(&buf, "the answer", err);
    if (rc == IM_OK) /* half an answer would be none */
        rc = cli_write_file(a->path ? a->path : "-", im_buf_bytes(&buf), err);
    if (rc == IM_OK && a->path && strcmp(a->path, "-") != 0)
        printf(cli_text(a->lang, "已写入 %s（%zu 字节）\n", "wrote %s (%zu bytes)\n"),
               a->path, buf.len);
    im_buf_release(&buf);
    return rc;
}

static int run(const struct arguments *a, struct api_call *c)
{
    char layers[8192];
    const struct atlas *atlas = NULL;
    struct im_error err = {0};
    int code = CLI_DONE;
    enum im_code rc = api_take(c, a->pairs, a->n_pairs, &err);

    if (rc != IM_OK)
        return cli_usage(a->lang, a->op->name, err.msg_zh, err.msg);
    rc = cli_read_atlas(a->db_path, needed_layers(c, layers, sizeof layers), &atlas,
                        &err);
    c->atlas = atlas;
    if (rc == IM_OK)
        rc = a->op->run(c, &err);
    if (rc == IM_OK)
        rc = write_answer(a, c, &err);
    if (c->is_unanswered)
        code = CLI_REFUSED;
    if (rc != IM_OK)
        code = cli_fail(a->lang, a->op->name, &err);
    if (rc == IM_EAMBIGUOUS)
        print_choices(c);
    atlas_unref(atlas);
    return code;
}

static int read_arguments(struct arguments *a, int argc, char **argv)
{
    struct api_call *c = im_arena_calloc(a->arena, 1, sizeof *c);
    int code = CLI_DONE;
    int option;

    if (!c)
        return CLI_ENVIRONMENT;
    make_options(a);
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, has_k(a->op) ? ":hk:" : ":h", a->options,
                                 NULL)) != -1)
        if (!take_option(a, option, argv, &code))
            return code;
    if (!take_words(a, argc, argv, &code))
        return code;
    c->operation = a->op;
    c->arena = a->arena;
    c->lang = a->lang;
    c->review_number = review_number_text(getenv("INNOMAP_REVIEW_NUMBER"));
    c->db_path = a->db_path;
    return run(a, c);
}

int cmd_api(int argc, char **argv)
{
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct arguments *a = arena ? im_arena_calloc(arena, 1, sizeof *a) : NULL;
    int code = CLI_ENVIRONMENT;

    if (a) {
        a->op = api_operation_find(im_bytes_of(argv[0]));
        a->lang = cli_lang(argc, argv);
        a->db_path = CLI_DEFAULT_DB;
        a->arena = arena;
        code = read_arguments(a, argc, argv);
    }
    im_arena_free(arena);
    return code;
}
