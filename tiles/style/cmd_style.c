/* SPDX-License-Identifier: Apache-2.0 */
/* innomap style: what is wrong with a style, and what its expressions give. */
#include "style/case.h"
#include "style/json_fault.h"
#include "style/missing_images.h"

#include <engine/cli.h>
#include <engine/json_writer.h>
#include <tiles/cmd.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char HELP_ZH[] =
    "innomap style：检查样式，计算表达式（MapLibre 样式规范第 8 版）。\n"
    "\n"
    "用法：innomap style check 文件… [--sprites 图标表.json] [--json]\n"
    "      innomap style eval 文件 [--compiled]\n"
    "      innomap style eval --expression 表达式 [--feature 文件] [--zoom 级别]\n"
    "\n"
    "check  列出图层样式（style.json）或整张地图样式中的全部错误及其 JSON 路径\n"
    "eval   文件是表达式、带 expression、propertySpec、inputs 的测试例（输出各结果的\n"
    "       列表），或测试例的列表；也可直接给出表达式\n"
    "  --expression 表达式  JSON\n"
    "  --feature 文件       GeoJSON 要素（- 表示标准输入）\n"
    "  --zoom 级别          默认 0；256 像素瓦片的级别减 1\n"
    "  --compiled           还输出编译结果：类型、是否依赖要素和级别、错误\n"
    "  --sprites 图标表     同时检查其中没有的图像，如 share/sprites/innomap.json\n"
    "  --json               错误以 JSON 输出\n"
    "  --lang zh|en         提示的语言\n"
    "\n"
    "例：\n"
    "  innomap style check layers/*/style.json\n"
    "  innomap style eval --expression '[\"*\", 2, [\"zoom\"]]' --zoom 7\n";

static const char HELP_EN[] =
    "innomap style: checks styles, evaluates expressions (MapLibre style "
    "specification,\n"
    "version 8).\n"
    "\n"
    "Usage: innomap style check FILE… [--sprites SHEET.json] [--json]\n"
    "       innomap style eval FILE [--compiled]\n"
    "       innomap style eval --expression E [--feature FILE] [--zoom Z]\n"
    "\n"
    "check  all that is wrong with a layer's style.json, or a style of the whole map,\n"
    "       with its JSON path\n"
    "eval   FILE is an expression, a test case with \"expression\", \"propertySpec\" "
    "and\n"
    "       \"inputs\" (the list of outputs is printed), or a list of such cases\n"
    "  --expression E   JSON, instead of a file\n"
    "  --feature FILE   a GeoJSON feature (- is standard input)\n"
    "  --zoom Z         default 0; of a 256 px tile its zoom less 1\n"
    "  --compiled       also what it was compiled to: type, dependencies, errors\n"
    "  --sprites SHEET  images that it lacks too, e.g. share/sprites/innomap.json\n"
    "  --json           problems as JSON\n"
    "  --lang zh|en     language of messages\n"
    "\n"
    "Examples:\n"
    "  innomap style check layers/*/style.json\n"
    "  innomap style eval --expression '[\"*\", 2, [\"zoom\"]]' --zoom 7\n";

enum { FILE_MAX = 64 * 1024 * 1024, ARENA_BYTES = 256 * 1024 * 1024 };

struct arguments {
    enum lang lang;
    bool as_json;
    bool is_whole;
    const char *expression;
    const char *feature;
    const char *zoom;
    const char *sprites;
    int n_files;
    char **files;
};

/* ---- files ---- */

static enum im_code fail_file(struct im_error *err, const char *path)
{
    const char *why = strerror(errno);

    im_fail(err, IM_EIO, "read '%.150s': %s", path, why);
    return im_zh(err, IM_EIO, "读取“%.150s”：%s", path, why);
}

static enum im_code
read_file(const char *path, struct im_buf *out, struct im_error *err)
{
    bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "rb");
    enum im_code rc = IM_OK;
    size_t n = 1;

    if (!file)
        return fail_file(err, path);
    while (n > 0 && im_buf_reserve(out, 65536)) {
        n = fread(out->data + out->len, 1, 65536, file);
        out->len += n;
    }
    if (ferror(file))
        rc = fail_file(err, path);
    else
        rc = im_buf_check(out, "the file", err);
    if (!is_input)
        fclose(file);
    return rc;
}

/* ---- check ---- */

static void print_problems(const struct arguments *a,
                           const char *path,
                           const struct style_problems *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        printf("%s: %s%s%s\n", path, p->items[i].path, *p->items[i].path ? ": " : "",
               cli_text(a->lang, p->items[i].zh, p->items[i].en));
    if (p->more)
        printf(cli_text(a->lang, "%s: 另有 %u 处\n", "%s: %u more\n"), path, p->more);
    if (p->n == 0)
        printf(cli_text(a->lang, "%s: 正确\n", "%s: fine\n"), path);
}

static void
write_problems(const char *path, const struct style_problems *p, struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "file");
    im_json_text(w, path);
    im_json_key(w, "valid");
    im_json_bool(w, p->n == 0);
    im_json_key(w, "problems");
    im_json_array(w);
    for (uint32_t i = 0; i < p->n; i++) {
        im_json_object(w);
        im_json_key(w, "path");
        im_json_text(w, p->items[i].path);
        im_json_key(w, "message");
        im_json_text(w, p->items[i].en);
        im_json_key(w, "message_zh");
        im_json_text(w, p->items[i].zh);
        im_json_object_end(w);
    }
    im_json_array_end(w);
    im_json_object_end(w);
}

/* A file that is no JSON has one problem, without a path. */
static enum im_code check_file(const struct arguments *a,
                               const char *path,
                               struct im_json *w,
                               uint32_t *n_problems,
                               struct im_error *err)
{
    struct im_buf text = {.max = FILE_MAX};
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct style_problem broken = {"", err->msg, err->msg_zh};
    struct style_problems problems;
    enum im_code rc =
        arena ? read_file(path, &text, err) : im_fail(err, IM_ENOMEM, "out of memory");

    if (rc == IM_OK)
        rc = style_problems_of(im_buf_bytes(&text), arena, &problems, err);
    bool is_read = rc == IM_OK;
    if (rc == IM_EDATA || rc == IM_ELIMIT) {
        problems = (struct style_problems){&broken, 1, 0};
        rc = IM_OK;
    }
    if (is_read && a->sprites)
        rc = style_missing_images(im_buf_bytes(&text), a->sprites, arena, &problems,
                                  err);
    if (rc == IM_OK) {
        *n_problems += problems.n;
        if (a->as_json)
            write_problems(path, &problems, w);
        else
            print_problems(a, path, &problems);
    }
    im_arena_free(arena);
    im_buf_release(&text);
    return rc;
}

static int check(const struct arguments *a)
{
    struct im_buf out = {.max = FILE_MAX};
    struct im_json w = {.out = &out};
    struct im_error err = {0};
    enum im_code rc = IM_OK;
    uint32_t n_problems = 0;

    if (a->n_files == 0)
        return cli_usage(a->lang, "style", "check 需要文件", "check needs a file");
    im_json_array(&w);
    for (int i = 0; i < a->n_files && rc == IM_OK; i++)
        rc = check_file(a, a->files[i], &w, &n_problems, &err);
    im_json_array_end(&w);
    if (rc == IM_OK && a->as_json) {
        fwrite(out.data, 1, out.len, stdout);
        putchar('\n');
    }
    im_buf_release(&out);
    if (rc != IM_OK)
        return cli_fail(a->lang, "style", &err);
    return n_problems ? CLI_REFUSED : CLI_DONE;
}

/* ---- eval ---- */

static enum im_code
parse(struct im_bytes text, const char *name, json_t **out, struct im_error *err)
{
    json_error_t fault;

    *out =
        json_loadb((const char *)text.data, text.len,
                   JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &fault);
    if (*out)
        return IM_OK;
    return json_fault(name, text, &fault, err);
}

static enum im_code parse_file(const char *path, json_t **out, struct im_error *err)
{
    struct im_buf text = {.max = FILE_MAX};
    enum im_code rc = read_file(path, &text, err);

    if (rc == IM_OK)
        rc = parse(im_buf_bytes(&text), path, out, err);
    im_buf_release(&text);
    return rc;
}

/* The zoom's own tile holds the feature's geometry for within and distance. */
static json_t *case_of(json_t *expression, json_t *feature, double zoom)
{
    json_t *globals = json_object();
    json_t *tile = json_object();
    json_t *input = json_array();
    json_t *inputs = json_array();
    json_t *test = json_object();

    json_object_set_new(tile, "z", json_real(19));
    json_object_set_new(tile, "x", json_real(0));
    json_object_set_new(tile, "y", json_real(0));
    json_object_set_new(globals, "zoom", json_real(zoom));
    json_object_set_new(globals, "canonicalID", tile);
    json_array_append_new(input, globals);
    json_array_append_new(input, feature ? feature : json_object());
    json_array_append_new(inputs, input);
    json_object_set_new(test, "expression", expression);
    json_object_set_new(test, "inputs", inputs);
    return test;
}

static enum im_code run_case(const struct arguments *a,
                             const json_t *test,
                             struct im_buf *out,
                             bool *ok,
                             struct im_error *err)
{
    struct im_arena *arena = im_arena_new(ARENA_BYTES);

    if (!arena)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *ok = style_case_run(test, a->is_whole, arena, out) && *ok;
    im_arena_free(arena);
    return im_buf_check(out, "the answer", err);
}

/* One value, not a list of them; that it cannot be compiled is said in a sentence. */
static enum im_code run_single(const struct arguments *a,
                               const json_t *test,
                               struct im_buf *out,
                               bool *ok,
                               struct im_error *err)
{
    enum im_code rc = run_case(a, test, out, ok, err);

    if (rc != IM_OK || a->is_whole || !*ok || out->len < 2)
        return rc;
    memmove(out->data, out->data + 1, out->len - 2); /* the list's brackets */
    out->len -= 2;
    return IM_OK;
}

static enum im_code run_list(const struct arguments *a,
                             const json_t *list,
                             struct im_buf *out,
                             bool *ok,
                             struct im_error *err)
{
    enum im_code rc = IM_OK;
    bool ignored = true; /* of many cases some are meant to fail */

    (void)ok;
    for (size_t i = 0; i < json_array_size(list) && rc == IM_OK; i++) {
        im_buf_text(out, i ? ",\n" : "[");
        rc = run_case(a, json_array_get(list, i), out, &ignored, err);
    }
    im_buf_text(out, "]");
    return rc;
}

static enum im_code run(const struct arguments *a,
                        json_t *input,
                        double zoom,
                        struct im_buf *out,
                        bool *ok,
                        struct im_error *err)
{
    json_t *feature = NULL;
    json_t *test;
    enum im_code rc = IM_OK;

    if (json_is_object(input) && json_object_get(input, "expression"))
        return run_case(a, input, out, ok, err);
    if (json_is_array(input) && json_is_object(json_array_get(input, 0)))
        return run_list(a, input, out, ok, err);
    if (a->feature)
        rc = parse_file(a->feature, &feature, err);
    if (rc != IM_OK)
        return rc;
    test = case_of(json_incref(input), feature, zoom);
    rc = run_single(a, test, out, ok, err);
    json_decref(test);
    return rc;
}

static int eval(const struct arguments *a)
{
    struct im_buf out = {.max = FILE_MAX};
    struct im_error err = {0};
    json_t *input = NULL;
    double zoom = 0;
    bool ok = true;
    enum im_code rc;

    if ((a->n_files == 1) == (a->expression != NULL))
        return cli_usage(a->lang, "style", "eval 需要一个文件或 --expression",
                         "eval needs one file or --expression");
    if (a->zoom && (!im_parse_double(im_bytes_of(a->zoom), &zoom) || !(zoom >= -1) ||
                    !(zoom <= 30)))
        return cli_usage(a->lang, "style", "--zoom 应是 -1 到 30 的数字",
                         "--zoom is a number from -1 to 30");
    rc = a->expression ? parse(im_bytes_of(a->expression), "--expression", &input, &err)
                       : parse_file(a->files[0], &input, &err);
    if (rc == IM_OK)
        rc = run(a, input, zoom, &out, &ok, &err);
    json_decref(input);
    if (rc == IM_OK) {
        fwrite(out.data, 1, out.len, stdout);
        putchar('\n');
    }
    im_buf_release(&out);
    if (rc != IM_OK)
        return cli_fail(a->lang, "style", &err);
    return ok ? CLI_DONE : CLI_REFUSED;
}

/* ---- the command line ---- */

enum { O_JSON = 256, O_COMPILED, O_EXPRESSION, O_FEATURE, O_ZOOM, O_LANG, O_SPRITES };

static const struct option long_options[] = {
    {"json", no_argument, NULL, O_JSON},
    {"compiled", no_argument, NULL, O_COMPILED},
    {"expression", required_argument, NULL, O_EXPRESSION},
    {"feature", required_argument, NULL, O_FEATURE},
    {"zoom", required_argument, NULL, O_ZOOM},
    {"lang", required_argument, NULL, O_LANG},
    {"sprites", required_argument, NULL, O_SPRITES},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* False when the command is answered already, with *code. */
static bool parse_options(int argc, char **argv, struct arguments *a, int *code)
{
    int option;

    *code = CLI_USAGE;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        switch (option) {
        case O_JSON:
            a->as_json = true;
            break;
        case O_COMPILED:
            a->is_whole = true;
            break;
        case O_EXPRESSION:
            a->expression = optarg;
            break;
        case O_FEATURE:
            a->feature = optarg;
            break;
        case O_ZOOM:
            a->zoom = optarg;
            break;
        case O_SPRITES:
            a->sprites = optarg;
            break;
        case O_LANG:
            if (!cli_lang_parse(optarg, &a->lang)) {
                *code = cli_usage(a->lang, "style", "--lang 只能是 zh 或 en",
                                  "--lang must be zh or en");
                return false;
            }
            break;
        case 'h':
            fputs(cli_text(a->lang, HELP_ZH, HELP_EN), stdout);
            *code = CLI_DONE;
            return false;
        default:
            *code = cli_bad_option(a->lang, "style", long_options, option,
                                   argv[optind - 1]);
            return false;
        }
    }
    return true;
}

int cmd_style(int argc, char **argv)
{
    struct arguments a = {.lang = cli_lang(argc, argv)};
    const char *action;
    int code;

    if (!parse_options(argc, argv, &a, &code))
        return code;
    action = optind < argc ? argv[optind] : "";
    a.n_files = argc - optind - 1;
    a.files = argv + optind + 1;
    if (strcmp(action, "check") == 0)
        return check(&a);
    if (strcmp(action, "eval") == 0)
        return eval(&a);
    return cli_usage(a.lang, "style", "需要 check 或 eval", "check or eval is needed");
}
