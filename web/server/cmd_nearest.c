/* SPDX-License-Identifier: Apache-2.0 */
/* innomap nearest, innomap within: the questions of /api/nearest and /api/within. */
#include "cli_files.h"
#include "question.h"

#include <engine/json_writer.h>
#include <web/cmd.h>

#include <math.h>

static const char HELP_ZH[] =
    "innomap %1$s：%2$s。\n"
    "\n"
    "用法：innomap %1$s 图层 --near 地名 [选项]\n"
    "  --near 地名        起点，如 张江；也可写 图层:编号\n"
    "  --lon 度 --lat 度  或以 WGS 84 经纬度为起点\n"
    "%3$s"
    "  --precision 级别   参与排序的最粗精度：site、park、town（默认）、district、\n"
    "                     city、all；更粗的条目另列\n"
    "  --json             输出与 HTTP 接口相同的 GeoJSON\n"
    "  --db 文件          数据库（默认 innomap.db）\n"
    "  --lang zh|en       语言\n"
    "图层可用逗号列出多个。\n"
    "\n"
    "例：\n"
    "%4$s";

static const char HELP_EN[] =
    "innomap %1$s: %2$s.\n"
    "\n"
    "Usage: innomap %1$s LAYER --near NAME [options]\n"
    "  --near NAME        where from, for example 张江; also layer:id\n"
    "  --lon D --lat D    or a position in degrees, WGS 84\n"
    "%3$s"
    "  --precision LEVEL  coarsest precision that takes part: site, park, town\n"
    "                     (default), district, city, all; coarser rows are listed "
    "apart\n"
    "  --json             the same GeoJSON as over HTTP\n"
    "  --db FILE          database (default innomap.db)\n"
    "  --lang zh|en       language\n"
    "LAYER may be several, separated by commas.\n"
    "\n"
    "Examples:\n"
    "%4$s";

static const struct wording {
    const char *purpose[2]; /* zh, en */
    const char *options[2];
    const char *examples[2];
} wordings[] = {
    {{"最近的 k 个地点，按大地线距离排列", "the k nearest places by geodesic distance"},
     {"  -k 个数            默认 5，1 至 1000\n"
      "  --max-km 公里      只看此距离以内\n",
      "  -k N               default 5, 1 to 1000\n"
      "  --max-km KM        only within this distance\n"},
     {"  innomap nearest concept_verification --near 张江 -k 3\n"
      "  innomap nearest incubators,parks --lon 121.59 --lat 31.2 --json\n",
      "  innomap nearest concept_verification --near 张江 -k 3\n"
      "  innomap nearest incubators,parks --lon 121.59 --lat 31.2 --json\n"}},
    {{"一定距离内的地点", "places within a distance"},
     {"  --radius-km 公里   必填，0 至 20038\n"
      "  --limit 个数       默认 100，1 至 1000\n",
      "  --radius-km KM     needed, 0 to 20038\n"
      "  --limit N          default 100, 1 to 1000\n"},
     {"  innomap within incubators --near 张江 --radius-km 10\n"
      "  innomap within parks --lon 120.62 --lat 31.3 --radius-km 30 --json\n",
      "  innomap within incubators --near 张江 --radius-km 10\n"
      "  innomap within parks --lon 120.62 --lat 31.3 --radius-km 30 --json\n"}},
};

enum { ARENA_BYTES = 256 * 1024 * 1024, OUTPUT_BYTES = 64 * 1024 * 1024 };

struct arguments {
    const char *command;
    const char *db_path;
    const char *layers;
    enum lang lang;
    bool json;
    bool has_radius;
    struct question question;
};

/* ---- a readable list ---- */

static void pad(const char *text, size_t columns)
{
    size_t used = cli_columns(im_bytes_of(text));

    printf("%s%*s", text, used < columns ? (int)(columns - used) : 0, "");
}

static const char *precision_word(enum precision precision, enum lang lang)
{
    static const char *const zh[] = {"精确", "地块", "园区", "街镇", "区县", "城市"};

    return lang == LANG_ZH ? zh[precision] : precision_name(precision);
}

struct list {
    const struct atlas *atlas;
    struct im_arena *arena;
    enum lang lang;
    bool is_ranked; /* else apart: known too coarsely for a distance */
};

/* How far it is, or, of a row whose distance would say nothing, where it lies. */
static void measure_words(char *out,
                          size_t size,
                          const struct query_hit *hit,
                          const struct list *list)
{
    char distance[QUERY_DISTANCE_TEXT];

    if (list->is_ranked) {
        query_distance_text(distance, hit->distance_m, hit->uncertainty_m, list->lang);
        snprintf(out, size, "%s", distance);
    } else {
        const char *where =
            query_where(list->atlas, hit->layer, hit->feature, list->lang, list->arena);

        param_quote(out, size, im_bytes_of(*where ? where : "-"));
    }
}

static const char *level_words(const struct query_hit *hit, enum lang lang)
{
    const struct layer_schema *schema = atlas_layer_schema(hit->layer);
    int level = schema->roles.level;
    struct im_bytes code = atlas_text(hit->layer, hit->feature, level);

    if (level == SCHEMA_NO_FIELD || code.len == 0)
        return "-";
    for (size_t i = 0; i < schema->fields[level].n_codes; i++)
        if (im_bytes_equal(im_bytes_of(schema->fields[level].codes[i].code), code))
            return query_title(schema->fields[level].codes[i].title, lang);
    return "-";
}

static void
name_words(char *out, size_t size, const struct query_hit *hit, enum lang lang)
{
    struct im_bytes name = query_name(hit->layer, hit->feature, lang);

    param_quote(out, size, name.len ? name : im_bytes_of("-"));
}

static void print_hits(const struct query_hit *hits, size_t n, const struct list *list)
{
    enum lang lang = list->lang;
    size_t widths[3] = {0};
    char text[256];

    for (size_t i = 0; i < n; i++) {
        size_t w;

        measure_words(text, sizeof text, &hits[i], list);
        w = cli_columns(im_bytes_of(text));
        widths[0] = w > widths[0] ? w : widths[0];
        name_words(text, sizeof text, &hits[i], lang);
        w = cli_columns(im_bytes_of(text));
        widths[1] = w > widths[1] ? w : widths[1];
        w = cli_columns(im_bytes_of(level_words(&hits[i], lang)));
        widths[2] = w > widths[2] ? w : widths[2];
    }
    for (size_t i = 0; i < n; i++) {
        const char *date = atlas_layer_schema(hits[i].layer)->source_date;

        if (list->is_ranked)
            printf("%4zu%s  ", i + 1, hits[i].order_uncertain ? "~" : " ");
        else
            printf("   -   ");
        measure_words(text, sizeof text, &hits[i], list);
        pad(text, widths[0] + 2);
        name_words(text, sizeof text, &hits[i], lang);
        pad(text, widths[1] + 2);
        pad(level_words(&hits[i], lang), widths[2] + 2);
        pad(precision_word(query_precision(hits[i].layer, hits[i].feature), lang), 10);
        puts(date[0] ? date : "-");
    }
}

/* The divisions around it, or the kind of place. */
static const char *where_words(const struct query_place *place, enum lang lang)
{
    const char *in = lang == LANG_ZH ? place->in_zh : place->in_en;

    return in && *in ? in : query_title(atlas_layer_schema(place->layer)->title, lang);
}

static void print_origin(const struct arguments *a, const struct question_answer *q)
{
    char name[256];

    if (!q->places.n) {
        printf(cli_text(a->lang, "起点：%.5f, %.5f\n", "From: %.5f, %.5f\n"),
               q->request.lon, q->request.lat);
        return;
    }
    const struct query_place *place = &q->places.places[0];
    param_quote(name, sizeof name, query_name(place->layer, place->feature, a->lang));
    if (q->request.outline_layer)
        printf(cli_text(a->lang, "起点：%s（%s）的轮廓边缘，±%.1f km\n",
                        "From: the edge of %s (%s), ±%.1f km\n"),
               name, where_words(place, a->lang),
               q->request.origin_uncertainty_m / 1000);
    else
        printf(cli_text(a->lang, "起点：%s（%s，%.4f, %.4f，±%.1f km）\n",
                        "From: %s (%s, %.4f, %.4f, ±%.1f km)\n"),
               name, where_words(place, a->lang), place->lon, place->lat,
               q->request.origin_uncertainty_m / 1000);
}

static bool any_uncertain(const struct query_answer *answer)
{
    for (size_t i = 0; i < answer->n_hits; i++)
        if (answer->hits[i].order_uncertain)
            return true;
    return false;
}

static void print_list(const struct arguments *a,
                       const struct atlas *atlas,
                       const struct question_answer *q,
                       struct im_arena *arena)
{
    const struct query_answer *answer = &q->answer;
    const struct list ranked = {atlas, arena, a->lang, true};
    const struct list apart = {atlas, arena, a->lang, false};

    print_origin(a, q);
    if (answer->n_hits == 0)
        puts(cli_text(a->lang, "没有符合条件的条目。", "Nothing fits."));
    else
        print_hits(answer->hits, answer->n_hits, &ranked);
    if (answer->n_hits < answer->n_matched)
        printf(cli_text(a->lang, "共 %zu 条，列出前 %zu 条。\n",
                        "%zu in all, the first %zu are listed.\n"),
               answer->n_matched, answer->n_hits);
    if (any_uncertain(answer))
        puts(cli_text(a->lang, "~ 次序不确定：误差范围与相邻条目重叠。",
                      "~ order uncertain: its range overlaps a neighbour's."));
    if (answer->n_apart_matched) {
        printf(cli_text(a->lang, "另有 %zu 条位置较粗，不参与排序：\n",
                        "Apart, %zu known too coarsely to be ranked:\n"),
               answer->n_apart_matched);
        print_hits(answer->apart, answer->n_apart, &apart);
    }
    if (answer->n_unplaced)
        printf(cli_text(a->lang, "另有 %zu 条没有位置。\n",
                        "%zu more have no position.\n"),
               answer->n_unplaced);
    for (size_t i = 0; i < q->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(q->request.layers[i]);
        const char *note = query_title(schema->completeness, a->lang);

        if (note[0])
            printf(cli_text(a->lang, "%s：%s\n", "%s: %s\n"),
                   query_title(schema->title, a->lang), note);
    }
}

static enum im_code print_json(const struct arguments *a,
                               const struct question_answer *q,
                               struct im_error *err)
{
    struct im_buf buf = {.max = OUTPUT_BYTES};
    struct im_json w = {.out = &buf};
    struct query_answer_context context = {
        .lang = a->lang,
        .request = &q->request,
        .near = q->places.n ? &q->places : NULL,
        .show_geometry_of_unreviewed = true,
        .notice = notice_text(a->lang),
        .review_number = review_number_text(getenv("INNOMAP_REVIEW_NUMBER"))};

    query_write_answer(&w, &q->answer, &context);
    im_buf_byte(&buf, '\n');
    enum im_code rc = im_buf_check(&buf, "the answer", err);
    if (rc == IM_OK) /* half an answer would be no JSON */
        fwrite(buf.data, 1, buf.len, stdout);
    im_buf_release(&buf);
    return rc;
}

static int print_choices(const struct arguments *a,
                         const struct question_answer *q,
                         const struct im_error *err)
{
    int code = cli_fail(a->lang, a->command, err);

    for (size_t i = 0; i < q->places.n; i++) {
        const struct query_place *place = &q->places.places[i];
        const struct layer_schema *schema = atlas_layer_schema(place->layer);
        char number[IM_NUMBER_MAX];
        struct im_bytes key;
        char name[256];

        atlas_key(place->layer, place->feature, number, &key);
        param_quote(name, sizeof name,
                    query_name(place->layer, place->feature, a->lang));
        fprintf(stderr, "  --near %s:%.*s  %s (%s)\n", schema->id, (int)key.len,
                (const char *)key.data, name, where_words(place, a->lang));
    }
    return code;
}

/* The layers to read: those asked for, and that of an origin named as layer:key. */
static void list_layers(const struct arguments *a, char *out, size_t size)
{
    struct im_bytes near = a->question.near;
    const uint8_t *colon = near.len ? memchr(near.data, ':', near.len) : NULL;

    if (colon)
        snprintf(out, size, "%s,%.*s", a->layers, (int)(colon - near.data),
                 (const char *)near.data);
    else
        snprintf(out, size, "%s", a->layers);
}

static int run(struct arguments *a)
{
    char layers[4096];
    const struct atlas *atlas = NULL;
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct question_answer answer = {0};
    struct param_fault fault;
    struct im_error err = {0};
    int code = CLI_DONE;
    enum im_code rc;

    list_layers(a, layers, sizeof layers);
    rc = arena ? cli_read_atlas(a->db_path, layers, &atlas, &err)
               : im_fail(&err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        rc = question_ask(atlas, &a->question, arena, &answer, &fault, &err);
    if (rc == IM_OK && a->json)
        rc = print_json(a, &answer, &err);
    else if (rc == IM_OK)
        print_list(a, atlas, &answer, arena);
    if (rc == IM_EAMBIGUOUS)
        code = print_choices(a, &answer, &err);
    else if (rc != IM_OK)
        code = cli_fail(a->lang, a->command, &err);
    atlas_unref(atlas);
    im_arena_free(arena);
    return code;
}

/* ---- the command line ---- */

enum {
    O_NEAR = 256,
    O_LON,
    O_LAT,
    O_MAX_KM,
    O_RADIUS_KM,
    O_LIMIT,
    O_PRECISION,
    O_JSON,
    O_DB,
    O_LANG
};

static const struct option nearest_options[] = {
    {"near", required_argument, NULL, O_NEAR},
    {"lon", required_argument, NULL, O_LON},
    {"lat", required_argument, NULL, O_LAT},
    {"max-km", required_argument, NULL, O_MAX_KM},
    {"precision", required_argument, NULL, O_PRECISION},
    {"json", no_argument, NULL, O_JSON},
    {"db", required_argument, NULL, O_DB},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};
static const struct option within_options[] = {
    {"near", required_argument, NULL, O_NEAR},
    {"lon", required_argument, NULL, O_LON},
    {"lat", required_argument, NULL, O_LAT},
    {"radius-km", required_argument, NULL, O_RADIUS_KM},
    {"limit", required_argument, NULL, O_LIMIT},
    {"precision", required_argument, NULL, O_PRECISION},
    {"json", no_argument, NULL, O_JSON},
    {"db", required_argument, NULL, O_DB},
    {"lang", required_argument, NULL, O_LANG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_help(const struct arguments *a)
{
    const struct wording *w = &wordings[a->question.within];

    printf(cli_text(a->lang, HELP_ZH, HELP_EN), a->command, w->purpose[a->lang],
           w->options[a->lang], w->examples[a->lang]);
    return CLI_DONE;
}

static bool take_precision(struct arguments *a, int *code)
{
    enum precision *out = &a->question.coarsest;

    if (strcmp(optarg, "all") == 0) {
        *out = PRECISION_CITY;
        return true;
    }
    if (precision_parse(im_bytes_of(optarg), out) && *out != PRECISION_EXACT)
        return true;
    *code = cli_usage(a->lang, a->command,
                      "--precision 只能是 site、park、town、district、city 或 all",
                      "--precision is one of site, park, town, district, city, all");
    return false;
}

static bool take_number(struct arguments *a, int option, int *code)
{
    static const struct {
        int option;
        const char *name;
        double min;
        double max;
    } ranges[] = {
        {O_LON, "--lon", -180, 180},          {O_LAT, "--lat", -90, 90},
        {O_MAX_KM, "--max-km", 0, 20038},     {O_RADIUS_KM, "--radius-km", 0, 20038},
        {O_LIMIT, "--limit", 1, QUERY_MAX_K}, {'k', "-k", 1, QUERY_MAX_K},
    };
    struct question *q = &a->question;
    size_t i = 0;
    double value;

    while (ranges[i].option != option)
        i++;
    if (!cli_number(a->lang, a->command, ranges[i].name, optarg, ranges[i].min,
                    ranges[i].max, &value, code))
        return false;
    if (option == O_LON) {
        q->lon = value;
        q->has_lon = true;
    } else if (option == O_LAT) {
        q->lat = value;
        q->has_lat = true;
    } else if (option == 'k' || option == O_LIMIT) {
        q->k = (uint32_t)value;
    } else {
        q->max_m = value * 1000;
        a->has_radius = true;
    }
    return true;
}

static bool take_option(struct arguments *a,
                        const struct option *options,
                        int option,
                        char **argv,
                        int *code)
{
    switch (option) {
    case O_NEAR:
        a->question.near = im_bytes_of(optarg);
        return true;
    case O_PRECISION:
        return take_precision(a, code);
    case O_JSON:
        a->json = true;
        return true;
    case O_DB:
        a->db_path = optarg;
        return true;
    case O_LANG:
        if (cli_lang_parse(optarg, &a->lang))
            return true;
        *code = cli_usage(a->lang, a->command, "--lang 只能是 zh 或 en",
                          "--lang is zh or en");
        return false;
    case 'h':
        *code = print_help(a);
        return false;
    case '?':
    case ':':
        *code = cli_bad_option(a->lang, a->command, options, option, argv[optind - 1]);
        return false;
    default:
        return take_number(a, option, code);
    }
}

static int ask(struct arguments *a, int argc, char **argv)
{
    const struct option *options =
        a->question.within ? within_options : nearest_options;
    int code = CLI_DONE;
    int option;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(
                argc, argv, a->question.within ? ":h" : ":hk:", options, NULL)) != -1)
        if (!take_option(a, options, option, argv, &code))
            return code;
    if (optind + 1 != argc)
        return cli_usage(
            a->lang, a->command, "请给出一个图层（多个用逗号分隔），例如 incubators",
            "name one layer (several with commas), for example incubators");
    if (a->question.within && !a->has_radius)
        return cli_usage(a->lang, a->command, "请用 --radius-km 给出距离",
                         "say how far with --radius-km");
    a->layers = argv[optind];
    a->question.layers = im_bytes_of(a->layers);
    return run(a);
}

int cmd_nearest(int argc, char **argv)
{
    struct arguments a = {
        .command = "nearest",
        .db_path = CLI_DEFAULT_DB,
        .lang = cli_lang(argc, argv),
        .question = {.k = 5, .max_m = HUGE_VAL, .coarsest = PRECISION_TOWN}};

    return ask(&a, argc, argv);
}

int cmd_within(int argc, char **argv)
{
    struct arguments a = {
        .command = "within",
        .db_path = CLI_DEFAULT_DB,
        .lang = cli_lang(argc, argv),
        .question = {
            .within = true, .k = 100, .max_m = HUGE_VAL, .coarsest = PRECISION_TOWN}};

    return ask(&a, argc, argv);
}
