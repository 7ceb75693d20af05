/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/search/{items,blocks,table,first}.c: with the index every answer is the
 * one that looking at each row gives; and that what is found is what a reader of these
 * lines would look for, by substrings, without the engine's own matching. */
#include <test.h>

#include "search/index.h"
#include "text/han.h"

#include <engine/search.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 3000, QUESTIONS = 400, LIMIT = 12 };

static const char *const DEFINITION =
    "{\"id\":\"places\",\"title\":{\"zh\":\"地点\"},\"geometry\":\"point\",\"key\":"
    "\"id\",\"order\":10,\"names_places\":true,\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"
    "{\"name\":\"name_en\",\"title\":{\"zh\":\"英文\"},\"type\":\"text\"},"
    "{\"name\":\"aliases\",\"title\":{\"zh\":\"别名\"},\"type\":\"text\",\"list\":true}"
    ","
    "{\"name\":\"city\",\"title\":{\"zh\":\"城市\"},\"type\":\"text\"},"
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":\"text\",\"codes\":["
    "{\"code\":\"national\",\"title\":{\"zh\":\"国家级\",\"en\":\"National\"}},"
    "{\"code\":\"city\",\"title\":{\"zh\":\"市级\",\"en\":\"Municipal\"}}]},"
    "{\"name\":\"industry\",\"title\":{\"zh\":\"产业\"},\"type\":\"text\",\"list\":"
    "true,"
    "\"codes\":[{\"code\":\"BIO\",\"title\":{\"zh\":\"生物医药\"}},"
    "{\"code\":\"IC\",\"title\":{\"zh\":\"集成电路\"}}]},"
    "{\"name\":\"address\",\"title\":{\"zh\":\"地址\"},\"type\":\"text\"},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\"}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"name_en\":\"name_en\",\"aliases\":"
    "\"aliases\","
    "\"city\":\"city\",\"level\":\"level\",\"importance\":\"rank\"}}";

static const char *const PIECES[] = {
    "张江", "长江",     "重庆",   "银行", "行",     "莘庄",   "六安", "厦门",
    "乐清", "绿地",     "吕",     "角",   "朱家角", "浒墅关", "安",   "阿",
    "那",   "恩",       "西安",   "先",   "科技",   "孵化器", "园区", "大厦",
    "生物", "集成电路", "中心",   "创新", "大学",   "交通",   "东",   "南",
    "上海", "苏州",     "（北）", "·",    "G60",    "AI",     "5G",   "3号"};
static const char *const ENGLISH[] = {
    "Zhangjiang", "Science",   "City",   "Park", "Xi'an", "BioBay", "G60", "An",
    "Suzhou",     "Incubator", "Centre", "of",   "Café",  "2.0",    "AI",  "Angan"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct world {
    struct memory_source *ms;
    const struct atlas *indexed;
    const struct atlas *plain;
    struct im_arena *arena;
    struct test_random random;
};

static const char *pick(struct world *w, const char *const *from, size_t n)
{
    return from[test_random_below(&w->random, (uint32_t)n)];
}

static void append(char *out, size_t size, const char *text)
{
    size_t len = strlen(out);

    snprintf(out + len, size - len, "%s", text);
}

static void put_utf8(char *out, size_t size, uint32_t c)
{
    char utf8[5] = {0};

    if (c < 0x80) {
        utf8[0] = (char)c;
    } else if (c < 0x800) {
        utf8[0] = (char)(0xC0 | c >> 6);
        utf8[1] = (char)(0x80 | (c & 0x3F));
    } else {
        utf8[0] = (char)(0xE0 | c >> 12);
        utf8[1] = (char)(0x80 | (c >> 6 & 0x3F));
        utf8[2] = (char)(0x80 | (c & 0x3F));
    }
    append(out, size, utf8);
}

/* Common pieces, so that words are in many names, and rare ones, so that the index has
 * something to leave out. */
static void add_piece(struct world *w, char *out, size_t size)
{
    unsigned n = 1 + test_random_below(&w->random, 3);

    if (test_random_below(&w->random, 2)) {
        append(out, size, pick(w, PIECES, COUNT(PIECES)));
        return;
    }
    for (unsigned i = 0; i < n; i++)
        put_utf8(out, size, HAN_FIRST + test_random_below(&w->random, 20000));
}

static void add_english(struct world *w, char *out, size_t size)
{
    unsigned n = 2 + test_random_below(&w->random, 7);

    if (test_random_below(&w->random, 2)) {
        append(out, size, pick(w, ENGLISH, COUNT(ENGLISH)));
        return;
    }
    for (unsigned i = 0; i < n; i++)
        put_utf8(out, size, 'a' + test_random_below(&w->random, 26));
}

static void add_row(struct world *w, unsigned i)
{
    char zh[200] = "";
    char en[200] = "";
    char row[800];
    char wkt[80];
    unsigned n = 1 + test_random_below(&w->random, 4);

    for (unsigned k = 0; k < n; k++)
        add_piece(w, zh, sizeof zh);
    n = test_random_below(&w->random, 4);
    for (unsigned k = 0; k < n; k++) {
        append(en, sizeof en, k ? " " : "");
        add_english(w, en, sizeof en);
    }
    snprintf(row, sizeof row, "K-%05u|%s|%s|%s;%s|%s|%s|%s|%s%u%s路|0.%u",
             i * 7919 % ROWS, zh, en, i % 5 ? "" : pick(w, PIECES, COUNT(PIECES)),
             i % 7 ? "" : pick(w, ENGLISH, COUNT(ENGLISH)), i % 3 ? "上海市" : "苏州市",
             i % 2 ? "national" : "", i % 4 ? "BIO;IC" : "",
             pick(w, PIECES, COUNT(PIECES)), i, pick(w, PIECES, COUNT(PIECES)),
             test_random_below(&w->random, 10));
    snprintf(wkt, sizeof wkt, "POINT(%.4f %.4f)", test_random_in(&w->random, 118, 122),
             test_random_in(&w->random, 30, 32));
    memory_source_row(w->ms, i % 50 ? wkt : NULL, row);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    w->random = test_random_new("engine/search/index");
    w->ms = memory_source_new();
    memory_source_layer(w->ms, DEFINITION, "", 1);
    for (unsigned i = 0; i < ROWS; i++)
        add_row(w, i);
    w->indexed = memory_source_atlas(w->ms);
    w->plain = memory_source_atlas(w->ms);
    search_prepare(w->indexed, NULL);
    w->arena = im_arena_new((size_t)512 << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    im_arena_free(w->arena);
    atlas_unref(w->indexed);
    atlas_unref(w->plain);
    memory_source_free(w->ms);
    free(w);
    return 0;
}

/* ---- what people type ---- */

static uint32_t a_traditional_form(uint32_t c)
{
    for (uint32_t t = HAN_FIRST; t <= HAN_LAST; t++)
        if (t != c && han_simplify(t) == c)
            return t;
    return c;
}

enum form { AS_IT_IS, TRADITIONAL, READ, LETTERS, FORMS };

/* A piece of a name in one of the forms. */
static void put_piece(struct world *w, struct im_bytes name, char *out, size_t size)
{
    uint32_t chars[100];
    size_t n = 0;
    enum form form = (enum form)test_random_below(&w->random, FORMS);

    for (size_t i = 0; i < name.len && n < 100;)
        chars[n++] = im_utf8_next(name, &i);
    if (n == 0)
        return;
    size_t first = test_random_below(&w->random, (uint32_t)n);
    size_t end = first + 1 + test_random_below(&w->random, (uint32_t)(n - first));
    for (size_t i = first; i < end; i++) {
        uint32_t c = chars[i];

        if (form < READ || !han_is(c)) {
            put_utf8(out, size, form == TRADITIONAL ? a_traditional_form(c) : c);
            continue;
        }
        const struct han_set *set =
            &han_sets[han_readings[c - HAN_FIRST] & (HAN_BEGINS_PHRASE - 1)];
        const char *s =
            set->n
                ? han_syllables[set->syllables[test_random_below(&w->random, set->n)]]
                : "";
        char letters[HAN_SYLLABLE_SIZE];

        snprintf(letters, sizeof letters, "%.*s", form == READ ? 6 : 1, s);
        append(out, size, letters);
    }
}

static void mistype(struct world *w, char *text)
{
    size_t n = strlen(text);
    size_t at = n ? test_random_below(&w->random, (uint32_t)n) : 0;

    if (n < 3)
        return;
    switch (test_random_below(&w->random, 4)) {
    case 0:
        memmove(text + at, text + at + 1, n - at);
        break;
    case 1:
        memmove(text + at + 1, text + at, n - at + 1);
        break; /* a letter twice */
    case 2:
        text[at] = (char)('a' + (char)test_random_below(&w->random, 26));
        break;
    default:
        if (at + 1 < n) {
            char c = text[at];

            text[at] = text[at + 1];
            text[at + 1] = c;
        }
    }
}

static void a_question(struct world *w, char *out, size_t size)
{
    const struct atlas_layer *layer = atlas_layer_at(w->plain, 0);
    unsigned n = 1 + test_random_below(&w->random, 5) / 3;

    out[0] = '\0';
    for (unsigned i = 0; i < n; i++) {
        uint32_t row = test_random_below(&w->random, atlas_layer_size(layer));
        int field = 1 + (int)test_random_below(&w->random, 3);

        if (test_random_below(&w->random, 6) == 0)
            field = 7;
        if (i)
            append(out, size, test_random_below(&w->random, 3) ? " " : "");
        put_piece(w, atlas_text(layer, row, field), out, size);
    }
    if (test_random_below(&w->random, 3) == 0) {
        for (const char *c = out; *c; c++)
            if ((unsigned char)*c >= 0x80)
                return;
        mistype(w, out);
    }
}

/* ---- with and without the index ---- */

static void expect_same(const struct search_answer *a,
                        const struct search_answer *b,
                        const char *words,
                        bool is_suggest)
{
    /* with a typing error not all are looked at (search.h) */
    if (is_suggest && b->is_mistyped && a->n_hits <= b->n_hits)
        return;
    if (a->n_hits != b->n_hits || a->is_mistyped != b->is_mistyped ||
        a->n_matched != b->n_matched)
        fail_msg("'%s'%s: %zu of %llu hits, without index %zu of %llu", words,
                 is_suggest ? " suggested" : "", a->n_hits,
                 (unsigned long long)a->n_matched, b->n_hits,
                 (unsigned long long)b->n_matched);
    for (size_t i = 0; i < a->n_hits; i++)
        if (a->hits[i].feature != b->hits[i].feature ||
            a->hits[i].match != b->hits[i].match ||
            a->hits[i].field != b->hits[i].field)
            fail_msg("'%s'%s: hit %zu is row %u (%d), without index row %u (%d)", words,
                     is_suggest ? " suggested" : "", i, a->hits[i].feature,
                     (int)a->hits[i].match, b->hits[i].feature, (int)b->hits[i].match);
}

TEST(answers_with_the_index_are_those_without)
{
    struct world *w = *state;
    unsigned found = 0;
    unsigned mistyped = 0;

    assert_non_null(search_index_of(atlas_layer_at(w->indexed, 0)));
    assert_null(search_index_of(atlas_layer_at(w->plain, 0)));
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char words[SEARCH_MAX_WORDS_BYTES + 1];
        struct query_request rows = {.has_origin = i % 4 == 0, .lon = 120, .lat = 31};
        struct search_request r = {.rows = &rows,
                                   .limit = LIMIT,
                                   .with_facets = i % 2,
                                   .is_suggest = i % 3 == 0};
        struct search_answer a = {0};
        struct search_answer b = {0};
        struct im_error err = {0};

        a_question(w, words, sizeof words);
        r.words = im_bytes_of(words);
        r.atlas = w->indexed;
        enum im_code rc = search_run(&r, w->arena, &a, NULL, &err);
        r.atlas = w->plain;
        assert_int_equal(search_run(&r, w->arena, &b, NULL, &err), rc);
        if (rc == IM_OK)
            expect_same(&a, &b, words, r.is_suggest);
        found += a.n_hits > 0;
        mistyped += a.is_mistyped;
        im_arena_reset(w->arena);
    }
    /* else this would prove nothing */
    assert_true(found > QUESTIONS / 2);
    assert_true(mistyped > 5);
}

TEST(rows_with_the_index_are_those_without)
{
    struct world *w = *state;

    for (unsigned i = 0; i < QUESTIONS; i++) {
        char words[SEARCH_MAX_WORDS_BYTES + 1];
        const uint32_t *a = NULL;
        const uint32_t *b = NULL;
        size_t n = 0;
        size_t m = 0;
        struct im_error err = {0};

        a_question(w, words, sizeof words);
        enum im_code rc =
            search_select(atlas_layer_at(w->indexed, 0), im_bytes_of(words), NULL,
                          w->arena, &a, &n, &err);
        assert_int_equal(search_select(atlas_layer_at(w->plain, 0), im_bytes_of(words),
                                       NULL, w->arena, &b, &m, &err),
                         rc);
        if (n != m || (n && memcmp(a, b, n * sizeof *a) != 0))
            fail_msg("'%s': %zu rows, without index %zu", words, n, m);
        im_arena_reset(w->arena);
    }
}

/* ---- against substrings ---- */

static bool has(const struct atlas_layer *layer, uint32_t row, const char *text)
{
    static const int fields[] = {1, 3, 4, 7};

    for (size_t i = 0; i < COUNT(fields); i++) {
        struct im_bytes value = atlas_text(layer, row, fields[i]);

        if (memmem(value.data, value.len, text, strlen(text)))
            return true;
    }
    return false;
}

/* Chinese words of the plain kind: no brackets, no codes. */
TEST(chinese_words_find_what_contains_them)
{
    struct world *w = *state;
    const struct atlas_layer *layer = atlas_layer_at(w->indexed, 0);
    static const char *const words[] = {"张江",   "江",   "海市", "路",     "化器园",
                                        "中心张", "莘庄", "州",   "区大厦", "没有"};

    for (size_t i = 0; i < COUNT(words); i++) {
        const uint32_t *rows = NULL;
        size_t n = 0;
        size_t k = 0;
        struct im_error err = {0};

        assert_int_equal(search_select(layer, im_bytes_of(words[i]), NULL, w->arena,
                                       &rows, &n, &err),
                         IM_OK);
        for (uint32_t row = 0; row < atlas_layer_size(layer); row++) {
            bool is_found = k < n && rows[k] == row;

            /* brackets and dots inside a name do not part it */
            if (has(layer, row, words[i]) && !is_found)
                fail_msg("'%s' is in row %u and was not found", words[i], row);
            if (is_found && !has(layer, row, words[i]) && !has(layer, row, "·") &&
                !has(layer, row, "（"))
                fail_msg("'%s' was found in row %u", words[i], row);
            k += is_found;
        }
    }
}

TEST(the_index_counts_as_memory_of_the_atlas)
{
    struct world *w = *state;

    assert_true(atlas_memory_bytes(w->indexed) >
                atlas_memory_bytes(w->plain) +
                    search_index_bytes(search_index_of(atlas_layer_at(w->indexed, 0))) /
                        2);
    search_prepare(w->indexed, NULL); /* again changes nothing */
    assert_int_equal(
        atlas_memory_bytes(w->indexed),
        atlas_memory_bytes(w->plain) +
            search_index_bytes(search_index_of(atlas_layer_at(w->indexed, 0))));
}

/* As a server that is told to end while an index is being built. */
TEST(building_an_index_can_be_stopped)
{
    struct world *w = *state;
    const struct atlas_layer *layer = atlas_layer_at(w->plain, 0);
    struct search_index *index = NULL;
    atomic_bool stop = true;
    struct im_error err = {0};

    search_prepare(w->plain, &stop);
    assert_null(search_index_of(layer));
    assert_int_equal(search_index_build(layer, &stop, &index, &err), IM_ESTOPPED);
    assert_null(index);
    atomic_store(&stop, false);
    assert_int_equal(search_index_build(layer, &stop, &index, &err), IM_OK);
    search_index_free(index);
}

TEST(a_deadline_that_has_passed_stops_the_search)
{
    struct world *w = *state;
    struct query_request rows = {.deadline = {1}};
    struct search_request r = {
        .rows = &rows, .limit = LIMIT, .words = im_bytes_of("zhangjiang")};
    struct search_answer a = {0};
    struct im_error err = {0};

    r.atlas = w->indexed;
    assert_int_equal(search_run(&r, w->arena, &a, NULL, &err), IM_ESTOPPED);
    r.atlas = w->plain;
    assert_int_equal(search_run(&r, w->arena, &a, NULL, &err), IM_ESTOPPED);
    r.is_suggest = true;
    r.atlas = w->indexed;
    assert_int_equal(search_run(&r, w->arena, &a, NULL, &err), IM_ESTOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_the_index_are_those_without),
        cmocka_unit_test(rows_with_the_index_are_those_without),
        cmocka_unit_test(chinese_words_find_what_contains_them),
        cmocka_unit_test(the_index_counts_as_memory_of_the_atlas),
        cmocka_unit_test(building_an_index_can_be_stopped),
        cmocka_unit_test(a_deadline_that_has_passed_stops_the_search),
    };

    return cmocka_run_group_tests_name("engine/search/index", tests, setup, teardown);
}
