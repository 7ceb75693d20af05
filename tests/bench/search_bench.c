/* SPDX-License-Identifier: Apache-2.0 */
/* Text search inside the process: names like those of parks and incubators, 100,000 and
 * 1,000,000 of them; the index is built, suggestions are asked for as people type them,
 * whole searches with facets.
 * --short: 10,000 names, and every answer is compared with that of a plain scan, but
 * suggestions with a typing error only in number: they need not be all. */
#include <engine/search.h>
#include <support/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_QUESTIONS = 4000, LIMIT = 10 };

static const char *const DEFINITION =
    "{\"id\":\"places\",\"title\":{\"zh\":\"地点\"},\"geometry\":\"point\",\"key\":"
    "\"id\",\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}"
    ","
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"name_en\",\"title\":{\"zh\":\"英文\"},\"type\":\"text\"},"
    "{\"name\":\"city\",\"title\":{\"zh\":\"城市\"},\"type\":\"text\"},"
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":\"text\",\"codes\":["
    "{\"code\":\"n\",\"title\":{\"zh\":\"国家级\"}},"
    "{\"code\":\"p\",\"title\":{\"zh\":\"省级\"}}]},"
    "{\"name\":\"address\",\"title\":{\"zh\":\"地址\"},\"type\":\"text\"},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\"}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"name_en\":\"name_en\",\"city\":\"city\","
    "\"level\":\"level\",\"importance\":\"rank\"}}";

struct word {
    const char *zh;
    const char *en;
};
static const struct word CITIES[] = {
    {"上海", "Shanghai"}, {"苏州", "Suzhou"},    {"杭州", "Hangzhou"},
    {"南京", "Nanjing"},  {"宁波", "Ningbo"},    {"无锡", "Wuxi"},
    {"合肥", "Hefei"},    {"常州", "Changzhou"}, {"嘉兴", "Jiaxing"},
    {"台州", "Taizhou"},  {"芜湖", "Wuhu"},      {"六安", "Lu'an"},
    {"蚌埠", "Bengbu"},   {"丽水", "Lishui"},    {"衢州", "Quzhou"},
    {"宣城", "Xuancheng"}};
static const struct word AREAS[] = {
    {"张江", "Zhangjiang"},        {"漕河泾", "Caohejing"},
    {"高新区", "Hi-tech"},         {"滨江", "Binjiang"},
    {"未来科技城", "Future City"}, {"临港", "Lingang"},
    {"莘庄", "Xinzhuang"},         {"紫竹", "Zizhu"},
    {"长江", "Changjiang"},        {"湖滨", "Lakeside"},
    {"东方", "Oriental"},          {"", ""}};
static const struct word THEMES[] = {{"智能制造", "Smart Manufacturing"},
                                     {"生物医药", "Biomedicine"},
                                     {"集成电路", "Integrated Circuit"},
                                     {"新材料", "Materials"},
                                     {"数字文创", "Digital"},
                                     {"新能源", "New Energy"},
                                     {"航空航天", "Aerospace"},
                                     {"人工智能", "AI"}};
static const struct word KINDS[] = {
    {"孵化器", "Incubator"},        {"产业园", "Park"},
    {"众创空间", "Makerspace"},     {"概念验证中心", "Concept Centre"},
    {"中试平台", "Pilot Platform"}, {"加速器", "Accelerator"}};
/* what brands are made of */
static const char *const SIGNS[] = {
    "华", "芯", "微", "瑞", "科", "盛", "达", "恒", "信", "天", "创", "力", "飞", "宏",
    "博", "远", "启", "明", "优", "联", "众", "云", "智", "汇", "源", "德", "康", "泰",
    "金", "银", "海", "山", "林", "风", "光", "星", "辰", "宇", "宙", "龙", "凤", "麒",
    "麟", "鹏", "翔", "润", "泽", "嘉", "禾", "丰", "裕", "长", "乐", "行", "安", "宁"};
#define COUNT(a) (uint32_t)(sizeof(a) / sizeof *(a))
#define PICK(a, r) ((a)[test_random_below((r), COUNT(a))])

struct generator {
    uint32_t n;
};

struct source_cursor {
    struct generator *generator;
    struct test_random random;
    uint32_t row;
    double lonlat[2];
    char texts[6][200];
    struct source_value values[7];
};

static enum im_code describe(void *self,
                             struct im_arena *arena,
                             const struct source_layer **layers,
                             size_t *n_layers,
                             uint64_t *data_version,
                             struct im_error *err)
{
    struct source_layer *layer = im_arena_calloc(arena, 1, sizeof *layer);

    if (!layer)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *layer = (struct source_layer){.id = "places",
                                   .definition_json = DEFINITION,
                                   .style_json = "",
                                   .version = 1,
                                   .changed_at = "2026-01-01T00:00:00Z",
                                   .n_features = ((struct generator *)self)->n};
    *layers = layer;
    *n_layers = 1;
    *data_version = 1;
    return IM_OK;
}

static enum im_code open_places(void *self,
                                const char *id,
                                struct source_cursor **out,
                                struct im_error *err)
{
    struct source_cursor *c = calloc(1, sizeof *c);

    (void)id;
    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->generator = self;
    c->random.state = 42;
    *out = c;
    return IM_OK;
}

/* "上海张江华芯瑞科集成电路产业园": a brand of two to four signs makes it one of a
 * kind. */
static void make_names(struct source_cursor *c)
{
    struct test_random *r = &c->random;
    struct word city = PICK(CITIES, r);
    struct word area = PICK(AREAS, r);
    struct word theme = PICK(THEMES, r);
    struct word kind = PICK(KINDS, r);
    char brand[40] = "";
    uint32_t n = 2 + test_random_below(r, 3);

    for (uint32_t i = 0; i < n; i++) {
        size_t len = strlen(brand);

        snprintf(brand + len, sizeof brand - len, "%s", PICK(SIGNS, r));
    }
    snprintf(c->texts[0], sizeof c->texts[0], "p-%07u", c->row);
    snprintf(c->texts[1], sizeof c->texts[1], "%s%s%s%s%s", city.zh, area.zh, brand,
             theme.zh, kind.zh);
    snprintf(c->texts[2], sizeof c->texts[2], "%s %s %s %s", city.en, area.en, theme.en,
             kind.en);
    snprintf(c->texts[3], sizeof c->texts[3], "%s市", city.zh);
    snprintf(c->texts[4], sizeof c->texts[4], "%s",
             test_random_below(r, 10) ? "p" : "n");
    snprintf(c->texts[5], sizeof c->texts[5], "%s市%s%s路%u号", city.zh, PICK(SIGNS, r),
             PICK(SIGNS, r), test_random_below(r, 3000));
}

static enum im_code next_place(struct source_cursor *c,
                               struct source_feature *out,
                               bool *more,
                               struct im_error *err)
{
    (void)err;
    *more = c->row < c->generator->n;
    if (!*more)
        return IM_OK;
    c->row++;
    make_names(c);
    c->lonlat[0] = test_random_in(&c->random, 115, 122);
    c->lonlat[1] = test_random_in(&c->random, 28, 35);
    for (int i = 0; i < 6; i++)
        c->values[i] = (struct source_value){.kind = SOURCE_TEXT,
                                             .text = im_bytes_of(c->texts[i])};
    if (c->row % 3) /* most have no English name */
        c->values[2] = (struct source_value){.kind = SOURCE_NULL};
    c->values[6] = (struct source_value){.kind = SOURCE_REAL,
                                         .real = test_random_in(&c->random, 0, 1)};
    *out = (struct source_feature){
        c->row, {GEOM_POINT, 1, 0, 0, c->lonlat, NULL, NULL}, c->values};
    return IM_OK;
}

static void close_places(struct source_cursor *c)
{
    free(c);
}

/* Processor time: other work on the machine does not count. */
static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* ---- what people type ---- */

enum kind { CHINESE, PINYIN, LETTERS, ENGLISH, MIXED, MISTYPED, KINDS_OF_WORDS };
static const char *const KIND_NAMES[] = {"Chinese", "pinyin", "first letters",
                                         "English", "mixed",  "mistyped"};

static const char *const PINYIN_WORDS[] = {
    "zhangjiang", "caohejing",  "shanghai",     "suzhou",   "luan",
    "xinzhuang",  "huaxin",     "ruike",        "fuhuaqi",  "jicheng",
    "rengong",    "changjiang", "yinhang",      "kangtai",  "mingyuan",
    "longxiang",  "weirui",     "shenghengxin", "xingchen", "jiahe"};

/* A beginning of a word, as it stands in the box while somebody types. */
static void cut(struct test_random *r, char *text)
{
    size_t n = strlen(text);
    size_t keep = 1 + test_random_below(r, (uint32_t)n);

    text[im_utf8_cut(text, keep)] = '\0';
}

static void
chinese_word(const struct atlas_layer *layer, struct test_random *r, char *out)
{
    struct im_bytes name =
        atlas_text(layer, test_random_below(r, atlas_layer_size(layer)), 1);
    uint32_t n = (uint32_t)name.len / 3;
    uint32_t first = test_random_below(r, n - 1);
    uint32_t len = 1 + test_random_below(r, n - first < 6 ? n - first : 6);

    memcpy(out, name.data + (size_t)first * 3, (size_t)len * 3);
    out[len * 3] = '\0';
}

static void make_words(const struct atlas_layer *layer,
                       enum kind kind,
                       struct test_random *r,
                       char out[SEARCH_MAX_WORDS_BYTES])
{
    static const char letters[] = "zjcshfwlxk";
    uint32_t n = 2 + test_random_below(r, 4);

    switch (kind) {
    case CHINESE:
        chinese_word(layer, r, out);
        break;
    case PINYIN:
    case MISTYPED:
        snprintf(out, SEARCH_MAX_WORDS_BYTES, "%s%s", PICK(PINYIN_WORDS, r),
                 kind == PINYIN || test_random_below(r, 2) ? ""
                                                           : PICK(PINYIN_WORDS, r));
        if (kind == PINYIN)
            cut(r, out);
        else
            out[1 + test_random_below(r, (uint32_t)strlen(out) - 1)] =
                (char)('a' + (char)test_random_below(r, 26));
        break;
    case LETTERS:
        for (uint32_t i = 0; i < n; i++)
            out[i] = letters[test_random_below(r, sizeof letters - 1)];
        out[n] = '\0';
        break;
    case ENGLISH:
        snprintf(out, SEARCH_MAX_WORDS_BYTES, "%s %s", PICK(AREAS, r).en,
                 PICK(THEMES, r).en);
        if (*out == ' ')
            snprintf(out, SEARCH_MAX_WORDS_BYTES, "park");
        cut(r, out);
        break;
    default:
        chinese_word(layer, r, out);
        snprintf(out + strlen(out), SEARCH_MAX_WORDS_BYTES - strlen(out), "%s",
                 PICK(PINYIN_WORDS, r));
    }
}

static void expect_same(const struct search_answer *a,
                        const struct search_answer *b,
                        const char *words,
                        bool is_suggest)
{
    bool same = a->n_hits == b->n_hits && a->n_matched == b->n_matched;

    if (is_suggest && b->is_mistyped && a->n_hits <= b->n_hits)
        return;
    for (size_t i = 0; same && i < a->n_hits; i++)
        same = a->hits[i].feature == b->hits[i].feature;
    if (same)
        return;
    fprintf(stderr, "'%s': another answer with the index\n", words);
    exit(1);
}

static double ask(const struct search_request *request,
                  struct im_arena *arena,
                  struct search_answer *answer)
{
    struct im_error err;
    double start = now_us();

    *answer = (struct search_answer){0};
    if (search_run(request, arena, answer, NULL, &err) != IM_OK &&
        err.code != IM_EARG) /* a mistyped letter may be no letter */
        abort();
    return now_us() - start;
}

static void measure(const struct atlas *atlas,
                    const struct atlas *plain, /* NULL: answers are not checked */
                    enum kind kind,
                    bool is_suggest,
                    int questions)
{
    struct test_random r = {7 + kind};
    struct im_arena *arena = im_arena_new((size_t)256 << 20);
    static double us[MAX_QUESTIONS];
    struct search_request q = {
        .limit = LIMIT, .is_suggest = is_suggest, .with_facets = !is_suggest};
    struct search_answer answer;
    struct search_answer other;
    char words[SEARCH_MAX_WORDS_BYTES];

    for (int i = 0; i < questions; i++) {
        make_words(atlas_layer_at(atlas, 0), kind, &r, words);
        q.words = im_bytes_of(words);
        im_arena_reset(arena);
        q.atlas = atlas;
        us[i] = ask(&q, arena, &answer);
        if (!plain)
            continue;
        q.atlas = plain;
        ask(&q, arena, &other);
        expect_same(&answer, &other, words, is_suggest);
    }
    qsort(us, (size_t)questions, sizeof *us, by_value);
    printf("  %-10s %-14s p50 %9.1f us   p99 %9.1f us   worst %9.1f us\n",
           is_suggest ? "suggest" : "search", KIND_NAMES[kind], us[questions / 2],
           us[questions * 99 / 100], us[questions - 1]);
    im_arena_free(arena);
}

static const struct atlas *build(const struct feature_source *source)
{
    const struct atlas *atlas = NULL;
    struct im_error err;

    if (atlas_build(source, NULL, &atlas, &err) != IM_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    return atlas;
}

static void run(uint32_t n, int suggestions, int searches, bool is_checked)
{
    struct generator generator = {.n = n};
    struct feature_source source = {.self = &generator,
                                    .describe = describe,
                                    .open = open_places,
                                    .next = next_place,
                                    .close = close_places};
    double start = now_us();
    const struct atlas *atlas = build(&source);
    const struct atlas *plain = is_checked ? build(&source) : NULL;
    double built = now_us();
    size_t before = atlas_memory_bytes(atlas);

    search_prepare(atlas, NULL);
    printf(
        "%u names: layer in %.0f ms, %.1f bytes a row; index in %.0f ms, %.1f bytes a "
        "row\n",
        n, (built - start) / 1000, (double)before / n, (now_us() - built) / 1000,
        (double)(atlas_memory_bytes(atlas) - before) / n);
    for (enum kind kind = CHINESE; kind < KINDS_OF_WORDS; kind++)
        measure(atlas, plain, kind, true, suggestions);
    for (enum kind kind = CHINESE; kind < KINDS_OF_WORDS; kind++)
        measure(atlas, plain, kind, false, searches);
    atlas_unref(atlas);
    atlas_unref(plain);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && strcmp(argv[1], "--short") == 0) {
        run(10000, 25, 10, true);
        return 0;
    }
    run(100000, 500, 20, false);
    run(1000000, 500, 20, false);
    return 0;
}
