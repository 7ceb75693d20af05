/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/identity.c, likely.c and commit.c: which place is it, and what became
 * of it. */
#include <test.h>

#include <identity.h>
#include <text/text.h>

#include "layers/fixture.h"
#include <scratch.h>

#define FIELD(name, type)                                                              \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\",\"en\":\"" name             \
    "\"},\"type\":\"" type "\"},"
#define FIELDS                                                                         \
    FIELD("id", "text")                                                                \
    FIELD("name_zh", "text")                                                           \
    FIELD("city", "text")                                                              \
    FIELD("operator", "text")                                                          \
    FIELD("level", "text")                                                             \
    "{\"name\":\"year\",\"title\":{\"zh\":\"年份\",\"en\":\"Year\"},\"type\":"       \
    "\"integer\"}"

struct bench {
    struct store *store;
    struct im_arena *arena;
    struct import_report report;
    struct im_error err;
    enum import_mode mode;
};

static void with_fields(struct bench *b, const char *fields, const char *geometry)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char definition[4096];

    *b = (struct bench){.arena = im_arena_new((size_t)1 << 30)};
    for (size_t i = 0; i < 3; i++) {
        char name[64];

        snprintf(name, sizeof name, "bench.db%s", suffixes[i]);
        unlink(scratch_path(name));
    }
    if (store_open(scratch_path("bench.db"), STORE_CREATE, &b->store, &b->err))
        fail_msg("%s", b->err.msg);
    snprintf(definition, sizeof definition,
             "{\"id\":\"parks\",\"title\":{\"zh\":\"园区\",\"en\":\"Parks\"},"
             "\"geometry\":\"%s\",\"key\":\"id\",\"group\":\"places\",\"order\":10,"
             "\"in_map\":true,\"names_places\":false,\"visibility\":\"public\","
             "\"fields\":[%s],\"roles\":{\"name_zh\":\"name_zh\"%s},"
             "\"source\":{\"zh\":\"源\",\"en\":\"source\"},\"source_date\":\"2026\","
             "\"licence\":\"none\",\"attribution\":{\"zh\":\"某\",\"en\":\"some\"}}",
             geometry, fields, strstr(fields, "\"city\"") ? ",\"city\":\"city\"" : "");
    fixture_put(b->store, definition, "");
}

static void open_bench(struct bench *b)
{
    with_fields(b, FIELDS, "point");
}

static void close_bench(struct bench *b)
{
    import_report_release(&b->report);
    store_close(b->store);
    im_arena_free(b->arena);
}

/* "added changed unchanged gone refused", as the report counts them. */
static void take(struct bench *b, const char *csv, const char *counts)
{
    const char *path = scratch_text("list.csv", csv);
    const struct import_options options = {
        .layer_id = "parks", .mode = b->mode, .unplaced = IMPORT_UNPLACED_KEEP};
    char got[80];

    b->err = (struct im_error){0};
    import_report_release(&b->report);
    if (import_file(b->store, path, &options, b->arena, &b->report, &b->err))
        fail_msg("%s", b->err.msg);
    const struct import_counts *c = &b->report.counts;
    snprintf(got, sizeof got, "%d %d %d %d %d", (int)c->added, (int)c->changed,
             (int)c->unchanged, (int)c->gone, (int)c->refused);
    assert_string_equal(got, counts);
    assert_int_equal(c->read,
                     c->added + c->changed + c->unchanged + c->refused + c->skipped);
}

static const char *text(struct bench *b, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *out = "(none)";

    if (sql_prepare(store_db(b->store), &stmt, &b->err, "%s", sql) ||
        sql_step(stmt, &row, &b->err))
        fail_msg("%s", b->err.msg);
    if (row)
        out = im_arena_strdup(b->arena, im_bytes_of(sql_text(stmt, 0)));
    sqlite3_finalize(stmt);
    return out;
}

static void is(struct bench *b, const char *expected, const char *sql)
{
    assert_string_equal(text(b, sql), expected);
}

/* of the lists with HEAD and of those with KEYED at least so many */
enum { CELLS = 6 };

struct wanted_event {
    enum import_event_kind kind;
    const char *field; /* NULL: any */
    unsigned skip;
    const struct import_event *found;
    struct im_arena *arena;
};

static bool look_at(void *ctx, const struct import_event *e)
{
    struct wanted_event *w = ctx;

    if (e->kind != w->kind || (w->field && strcmp(e->field, w->field) != 0) ||
        w->skip-- > 0)
        return true;
    struct import_event *copy = im_arena_alloc(w->arena, sizeof *copy);
    const char **texts[] = {&copy->key,       &copy->name,     &copy->field,
                            &copy->value,     &copy->after,    &copy->code,
                            &copy->reason_zh, &copy->reason_en};
    *copy = *e;
    copy->cells = NULL;
    if (e->cells) {
        const char **cells = im_arena_calloc(w->arena, CELLS, sizeof *cells);

        for (size_t i = 0; i < CELLS; i++)
            cells[i] = im_arena_strdup(w->arena, im_bytes_of(e->cells[i]));
        copy->cells = cells;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = im_arena_strdup(w->arena, im_bytes_of(*texts[i]));
    w->found = copy;
    return false;
}

/* The n-th event of a kind (0 is the first). */
static const struct import_event *
event(struct bench *b, enum import_event_kind kind, const char *field, unsigned n)
{
    struct wanted_event w = {kind, field, n, NULL, b->arena};

    if (import_report_each(&b->report, look_at, &w, &b->err))
        fail_msg("%s", b->err.msg);
    if (!w.found)
        fail_msg("no event %d of kind %d for '%s'", (int)n, (int)kind,
                 field ? field : "");
    return w.found;
}

#define HEAD "name_zh,city,operator,level,lon,lat\n"
#define KEYED "id,name_zh,city,operator,level,lon,lat\n"

/* ---- keys made from identities ---- */

TEST(a_list_without_keys_is_known_when_it_comes_again)
{
    static const char list[] = HEAD "张江药谷,上海市,张江集团,a,121.60,31.20\n"
                                    "莘泽孵化器,上海市,,b,121.61,31.21\n"
                                    "无城孵化器,,,b,121.62,31.22\n";
    struct bench b;

    open_bench(&b);
    take(&b, list, "3 0 0 0 0");
    is(&b, "3",
       "SELECT count(*) FROM parks WHERE id GLOB 'parks-[0-9a-f]*' AND length(id) = "
       "18");
    take(&b, list, "0 0 3 0 0");
    take(&b,
         HEAD " 张江 药谷,上海,张江集团有限公司,a,121.60,31.20\n", /* the same place */
         "0 1 0 0 0");
    assert_string_equal(event(&b, IMPORT_CHANGED, "name_zh", 0)->value, "张江药谷");
    close_bench(&b);
}

TEST(the_key_of_a_place_is_the_same_in_every_database)
{
    static const char list[] = HEAD "张江药谷,上海市,,a,121.60,31.20\n";
    struct bench b;

    open_bench(&b);
    take(&b, list, "1 0 0 0 0");
    const char *key = text(&b, "SELECT id FROM parks");
    char copy[64];
    snprintf(copy, sizeof copy, "%s", key);
    close_bench(&b);
    open_bench(&b);
    take(&b, HEAD "x,上海市,,a,121.1,31.1\n张江药谷,上海,,z,121.60,31.21\n",
         "2 0 0 0 0");
    is(&b, copy, "SELECT id FROM parks WHERE name_zh = '张江药谷'");
    close_bench(&b);
}

TEST(an_exact_repeat_in_a_file_is_refused_with_the_row_it_repeats)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         HEAD "张江药谷,上海市,甲,a,121.60,31.20\n"
              "张江药谷,上海市,乙,a,121.60,31.20\n"
              "张江药谷,苏州市,甲,a,120.60,31.20\n"
              "张江 药谷,上海,甲有限公司,b,121.70,31.30\n",
         "3 0 0 0 1");
    const struct import_event *e = event(&b, IMPORT_REFUSED, "name_zh", 0);
    assert_string_equal(e->code, "duplicate_key");
    assert_int_equal(e->row, 4);
    assert_non_null(strstr(e->reason_en, "row 1"));
    assert_non_null(strstr(e->reason_zh, "第 1 行"));
    assert_string_equal(e->cells[0], "张江 药谷");
    assert_string_equal(e->cells[5], "31.30");
    close_bench(&b);
}

TEST(an_exact_repeat_of_a_key_is_refused)
{
    struct bench b;

    open_bench(&b);
    take(&b, KEYED "A,一号,,,,121.6,31.2\nA,二号,,,,121.7,31.3\n", "1 0 0 0 1");
    const struct import_event *e = event(&b, IMPORT_REFUSED, "id", 0);
    assert_string_equal(e->code, "duplicate_key");
    assert_string_equal(e->value, "A");
    assert_int_equal(e->row, 2);
    close_bench(&b);
}

TEST(names_without_city_at_two_places_are_two)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         HEAD "创新中心,,,a,121.60,31.20\n"
              "创新中心,,,a,118.60,32.20\n"
              "创新中心,,,b,121.60,31.20\n",
         "2 0 0 0 1");
    close_bench(&b);
}

TEST(a_row_without_key_among_others_gets_one)
{
    struct bench b;
    static const char list[] =
        "id,name_zh,lon,lat\nA,一号,121.6,31.2\n,二号,121.7,31.3\n";

    open_bench(&b);
    take(&b, list, "2 0 0 0 0");
    is(&b, "1", "SELECT count(*) FROM parks WHERE id GLOB 'parks-*'");
    take(&b, list, "0 0 2 0 0");
    close_bench(&b);
}

TEST(a_number_as_key_is_made_too)
{
    struct bench b;

    with_fields(&b,
                FIELD("id", "integer") "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名\","
                                       "\"en\":\"n\"},\"type\":\"text\"}",
                "point");
    take(&b, "name_zh,lon,lat\n一号,121.6,31.2\n二号,121.7,31.3\n", "2 0 0 0 0");
    is(&b, "2", "SELECT count(*) FROM parks WHERE typeof(id) = 'integer' AND id > 0");
    take(&b, "name_zh,lon,lat\n一号,121.6,31.2\n二号,121.7,31.3\n", "0 0 2 0 0");
    close_bench(&b);
}

/* ---- rows matched with the table ---- */

TEST(a_stored_row_with_a_key_of_its_own_is_found_by_its_name)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,张江药谷,上海市,甲,a,121.60,31.20\n"
               "B,莘泽孵化器,上海市,乙,a,121.61,31.21\n",
         "2 0 0 0 0");
    take(&b, HEAD "张江药谷有限公司,上海,甲,z,121.60,31.20\n", "0 1 0 0 0");
    is(&b, "z", "SELECT level FROM parks WHERE id = 'A'");
    is(&b, "2", "SELECT count(*) FROM parks");
    const struct import_event *e = event(&b, IMPORT_CHANGED, "level", 0);
    assert_string_equal(e->key, "A");
    assert_string_equal(e->value, "a");
    assert_string_equal(e->after, "z");
    close_bench(&b);
}

TEST(what_one_side_does_not_know_is_not_compared)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,张江药谷,上海市,,a,121.60,31.20\n"
               "B,莘泽孵化器,,乙,a,121.61,31.21\n",
         "2 0 0 0 0");
    /* the operator is not known there, the city not here */
    take(&b,
         HEAD "张江药谷,上海市,甲,a,121.60,31.20\n"
              "莘泽孵化器,上海市,,a,121.61,31.21\n",
         "0 2 0 0 0");
    take(&b, HEAD "张江药谷,上海市,丙,a,121.60,31.20\n", "1 0 0 0 0");
    close_bench(&b);
}

TEST(several_that_fit_are_not_merged_but_told)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,创新中心,上海市,甲,a,121.60,31.20\n"
               "B,创新中心,上海市,乙,a,121.61,31.21\n",
         "2 0 0 0 0");
    take(&b, HEAD "创新中心,上海市,,z,121.60,31.20\n", "1 0 0 0 0");
    assert_string_equal(event(&b, IMPORT_WARNED, NULL, 0)->code, "likely_duplicate");
    is(&b, "2", "SELECT count(*) FROM parks WHERE level = 'a'");
    close_bench(&b);
}

TEST(the_row_that_fits_in_all_parts_is_taken_before_one_that_only_fits)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,创新中心,上海市,甲,a,121.60,31.20\n"
               "B,创新中心,上海市,,a,121.61,31.21\n",
         "2 0 0 0 0");
    take(&b, HEAD "创新中心,上海市,甲,z,121.60,31.20\n", "0 1 0 0 0");
    is(&b, "z", "SELECT level FROM parks WHERE id = 'A'");
    close_bench(&b);
}

TEST(two_rows_of_a_file_never_take_one_stored_row)
{
    struct bench b;

    open_bench(&b);
    take(&b, KEYED "A,创新中心,,,a,121.60,31.20\n", "1 0 0 0 0");
    take(&b,
         HEAD "创新中心,上海市,甲,y,121.60,31.20\n"
              "创新中心,上海市,乙,z,121.60,31.20\n",
         "1 1 0 0 0");
    is(&b, "2", "SELECT count(*) FROM parks");
    close_bench(&b);
}

TEST(far_namesakes_without_city_are_two)
{
    struct bench b;

    open_bench(&b);
    take(&b, KEYED "A,创新中心,,,a,118.60,32.20\n", "1 0 0 0 0");
    take(&b, HEAD "创新中心,上海市,,z,121.60,31.20\n", "1 0 0 0 0");
    assert_int_equal(b.report.events[IMPORT_WARNED], 0);
    close_bench(&b);
}

/* ---- modes ---- */

TEST(append_refuses_what_is_known)
{
    struct bench b;

    open_bench(&b);
    take(&b, KEYED "A,张江药谷,上海市,甲,a,121.60,31.20\n", "1 0 0 0 0");
    b.mode = IMPORT_APPEND;
    take(&b,
         KEYED "A,张江药谷,上海市,甲,z,121.60,31.20\n"
               "B,莘泽孵化器,上海市,乙,a,121.71,31.21\n",
         "1 0 0 0 1");
    const struct import_event *e = event(&b, IMPORT_REFUSED, NULL, 0);
    assert_string_equal(e->code, "already_known");
    assert_string_equal(e->key, "A");
    assert_int_equal(e->row, 1);
    assert_non_null(e->cells); /* so that it can be mended and imported again */
    assert_string_equal(e->cells[0], "A");
    assert_string_equal(e->cells[1], "张江药谷");
    assert_string_equal(e->cells[5], "121.60");
    is(&b, "a", "SELECT level FROM parks WHERE id = 'A'");
    take(&b,
         HEAD "张江药谷,上海市,甲,z,121.60,31.20\n"
              "新园,上海市,丙,a,121.91,31.21\n",
         "1 0 0 0 1");
    close_bench(&b);
}

TEST(replace_removes_what_the_file_lacks_and_says_so)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,张江药谷,上海市,甲,a,121.60,31.20\n"
               "B,莘泽孵化器,上海市,乙,a,121.71,31.21\n",
         "2 0 0 0 0");
    b.mode = IMPORT_REPLACE;
    take(&b, /* without keys: A is found by its name, another one is new */
         HEAD "张江药谷,上海市,甲,a,121.60,31.20\n"
              "新园,上海市,丙,a,121.91,31.21\n",
         "1 0 1 1 0");
    const struct import_event *e = event(&b, IMPORT_GONE, NULL, 0);
    assert_string_equal(e->key, "B");
    assert_string_equal(e->name, "莘泽孵化器");
    is(&b, "2", "SELECT count(*) FROM parks");
    take(&b, KEYED "A,张江药谷,上海市,甲,a,121.60,31.20\n", "0 0 1 1 0");
    close_bench(&b);
}

TEST(the_stored_row_of_a_refused_one_is_not_gone)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,张江药谷,上海市,甲,a,121.60,31.20\n"
               "B,莘泽孵化器,上海市,乙,a,121.71,31.21\n",
         "2 0 0 0 0");
    b.mode = IMPORT_REPLACE;
    take(&b,
         HEAD "张江药谷,上海市,甲,a,121.60,31.20\n"
              "莘泽孵化器,上海市,乙,a,999,31.21\n",
         "0 0 1 0 1");
    is(&b, "2", "SELECT count(*) FROM parks");
    close_bench(&b);
}

/* ---- field by field ---- */

TEST(changes_are_told_field_by_field_with_before_and_after)
{
    struct bench b;

    open_bench(&b);
    take(&b, "id,name_zh,level,year,lon,lat\nA,一号,a,2012,121.6,31.2\n", "1 0 0 0 0");
    take(&b, "id,name_zh,level,year,lon,lat\nA,一号,,2013,121.7,31.2\n", "0 1 0 0 0");
    assert_int_equal(b.report.events[IMPORT_CHANGED], 3);
    assert_string_equal(event(&b, IMPORT_CHANGED, "level", 0)->value, "a");
    assert_string_equal(event(&b, IMPORT_CHANGED, "level", 0)->after, "");
    assert_string_equal(event(&b, IMPORT_CHANGED, "year", 0)->value, "2012");
    assert_string_equal(event(&b, IMPORT_CHANGED, "year", 0)->after, "2013");
    const struct import_event *e = event(&b, IMPORT_CHANGED, "geometry", 0);
    assert_string_equal(e->value, "121.6000000 31.2000000");
    assert_string_equal(e->after, "121.7000000 31.2000000");
    assert_string_equal(e->name, "一号");
    close_bench(&b);
}

TEST(a_row_without_position_does_not_take_away_a_known_one)
{
    struct bench b;

    open_bench(&b);
    take(&b, "id,name_zh,level,lon,lat\nA,一号,a,121.6,31.2\nB,二号,a,121.7,31.2\n",
         "2 0 0 0 0");
    take(&b, "id,name_zh,level,lon,lat\nA,一号,a,,\nB,二号,z,,\n", "0 1 1 0 0");
    is(&b, "2", "SELECT count(*) FROM parks WHERE geom IS NOT NULL");
    is(&b, "z", "SELECT level FROM parks WHERE id = 'B'");
    close_bench(&b);
}

/* ---- likely duplicates ---- */

static void
warned(struct bench *b, const char *stored, const char *row, const char *why)
{
    char csv[512];

    open_bench(b);
    snprintf(csv, sizeof csv, KEYED "A,%s\n", stored);
    take(b, csv, "1 0 0 0 0");
    snprintf(csv, sizeof csv, KEYED "B,%s\n", row);
    take(b, csv, "1 0 0 0 0");
    if (!why) {
        if (b->report.events[IMPORT_WARNED])
            fail_msg("%s", event(b, IMPORT_WARNED, NULL, 0)->reason_en);
    } else {
        const struct import_event *e = event(b, IMPORT_WARNED, NULL, 0);

        assert_string_equal(e->code, "likely_duplicate");
        assert_string_equal(e->key, "B");
        if (!strstr(e->reason_en, why) || !strstr(e->reason_en, "(A)"))
            fail_msg("'%s' instead of '%s'", e->reason_en, why);
        assert_int_equal(b->report.events[IMPORT_WARNED], 1);
    }
    close_bench(b);
}

TEST(likely_duplicates_are_told_with_the_reason)
{
    struct bench b;

    warned(&b, "张江药谷,上海市,甲,a,121.6,31.2", "张江 药谷,上海,乙,a,121.9,31.2",
           "the same name");
    warned(&b, "张江药谷,上海市,甲,a,121.6,31.2",
           "上海张江药谷（二期）,上海,甲,a,121.9,31.2", "but for brackets and city");
    warned(&b, "张江生物医药科技创业孵化基地,上海市,甲,a,121.6,31.2",
           "张江生物医药科技创业孵化基,上海市,,a,121.9,31.2", "in the same city");
    warned(&b, "张江生物医药科技创业孵化基地,,甲,a,121.6,31.2",
           "张江生物医药科技创业孵化基,,,a,121.602,31.2", "m away");
    warned(&b, "张江科学城创业中心,上海市,甲,a,121.6,31.2",
           "张江科学城创业园,苏州市,,a,121.6,31.2", "the same position");
}

TEST(what_only_looks_alike_is_not_told)
{
    struct bench b;

    warned(&b, "创新园（一期）,上海市,甲,a,121.6,31.2",
           "创新园（二期）,上海市,甲,a,121.6,31.2", NULL);
    warned(&b, "张江生物医药科技创业孵化基地一号,上海市,甲,a,121.6,31.2",
           "张江生物医药科技创业孵化基地二号,上海市,甲,a,121.6,31.2", NULL);
    warned(&b, "创新中心,上海市,甲,a,121.6,31.2", "创新中心,苏州市,甲,a,120.6,31.2",
           NULL);
    warned(&b, "张江生物医药科技创业孵化基地,,甲,a,121.6,31.2",
           "张江生物医药科技创业孵化基,,,a,121.7,31.2", NULL);
    warned(&b, "长三角科创走廊金华（上海）科创中心,上海市,甲,a,121.6,31.2",
           "长三角科创走廊宣城（上海）创新中心,苏州市,甲,a,121.6,31.2", NULL);
    warned(&b, "张江药谷,上海市,甲,a,121.6,31.2", "莘泽孵化器,上海市,甲,a,121.6,31.2",
           NULL);
}

TEST(likely_duplicates_inside_a_file_name_the_row)
{
    struct bench b;

    open_bench(&b);
    take(&b,
         KEYED "A,张江药谷,上海市,甲,a,121.9,31.2\n"
               "B,别的,上海市,甲,a,121.1,31.2\n"
               "C,张江药谷,上海市,乙,a,121.5,31.2\n",
         "3 0 0 0 0");
    const struct import_event *e = event(&b, IMPORT_WARNED, NULL, 0);
    assert_int_equal(b.report.events[IMPORT_WARNED], 1);
    assert_int_equal(e->row, 3);
    assert_non_null(strstr(e->reason_en, "in row 1"));
    assert_non_null(strstr(e->reason_zh, "第 1 行"));
    close_bench(&b);
}

/* The rule of the rarest pairs loses nothing: as comparing all with all. */
TEST(buckets_find_what_comparing_all_with_all_finds)
{
    static const char *const words[] = {"张江", "漕河泾", "生物", "医药",
                                        "科技", "创业",   "孵化", "基地",
                                        "中心", "园区",   "国际", "产业"};
    enum { ROWS = 120, NAME = 128 };
    static char names[ROWS][NAME];
    static bool expected[ROWS];
    struct im_buf csv = {.max = 1 << 20};
    struct bench b;
    uint32_t seed = 7;
    uint64_t n = 0;

    im_buf_text(&csv, KEYED);
    for (int i = 0; i < ROWS; i++) {
        if (i % 3 == 2) { /* one character off */
            memcpy(names[i], names[i - 1], NAME);
            names[i][strlen(names[i]) - 3] = '\0';
        } else {
            names[i][0] = '\0';
            for (int k = 0; k < 7; k++) {
                seed = seed * 1664525u + 1013904223u;
                strncat(names[i], words[(seed >> 16) % 12],
                        NAME - strlen(names[i]) - 1);
            }
        }
        im_buf_printf(&csv, "K%d,%s,上海市,,a,%.4f,31.2\n", i, names[i],
                      119 + 0.02 * i);
        for (int k = 0; k < i; k++)
            expected[i] = expected[i] || text_likeness(im_bytes_of(names[i]),
                                                       im_bytes_of(names[k])) >= 0.85;
        n += expected[i];
    }
    im_buf_byte(&csv, 0);
    open_bench(&b);
    take(&b, (char *)csv.data, "120 0 0 0 0");
    assert_true(n >= ROWS / 3);
    assert_int_equal(b.report.events[IMPORT_WARNED], n);
    im_buf_release(&csv);
    close_bench(&b);
}

TEST(a_thousand_rows_of_one_name_and_place_are_no_trouble)
{
    struct im_buf csv = {.max = 1 << 24};
    struct bench b;

    im_buf_text(&csv, KEYED);
    for (int i = 0; i < 5000; i++)
        im_buf_printf(&csv, "K%d,同名同地,上海市,甲%d,a,121.6,31.2\n", i, i);
    im_buf_byte(&csv, 0);
    open_bench(&b);
    take(&b, (char *)csv.data, "5000 0 0 0 0");
    assert_int_equal(b.report.events[IMPORT_WARNED], 4999);
    im_buf_release(&csv);
    close_bench(&b);
}

TEST(very_many_rows_are_not_compared_and_the_report_says_so)
{
    struct im_buf csv = {.max = 1 << 24};
    struct bench b;

    im_buf_text(&csv, KEYED);
    for (int i = 0; i <= LIKELY_MAX_ROWS; i++)
        im_buf_printf(&csv, "K%d,园,上海市,,a,121.6,31.2\n", i);
    im_buf_byte(&csv, 0);
    open_bench(&b);
    take(&b, (char *)csv.data, "50001 0 0 0 0");
    assert_int_equal(b.report.events[IMPORT_WARNED], 0);
    assert_int_equal(b.report.n_notes, 1);
    assert_string_equal(b.report.notes[0].code, "likely_duplicates_not_searched");
    im_buf_release(&csv);
    close_bench(&b);
}

TEST(two_identities_with_one_key_get_two)
{
    struct identity_seen seen = {0};
    struct im_error err;
    uint64_t first = 0;
    uint64_t a = 0x123456789ABC0001u;
    uint64_t b = 0x123456789ABC0002u;
    uint64_t again = a;

    assert_int_equal(identity_seen_add(&seen, &a, 1, &first, &err), IM_OK);
    assert_int_equal(first, 0);
    assert_int_equal(identity_seen_add(&seen, &b, 2, &first, &err), IM_OK);
    assert_int_equal(first, 0);
    assert_int_not_equal(b >> 16, a >> 16);
    assert_int_equal(identity_seen_add(&seen, &again, 3, &first, &err), IM_OK);
    assert_int_equal(first, 1);
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t whole = i * 0x9E3779B97F4A7C15u;

        assert_int_equal(identity_seen_add(&seen, &whole, i + 4, &first, &err), IM_OK);
        assert_int_equal(first, 0);
    }
    identity_seen_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_without_keys_is_known_when_it_comes_again),
        cmocka_unit_test(the_key_of_a_place_is_the_same_in_every_database),
        cmocka_unit_test(an_exact_repeat_in_a_file_is_refused_with_the_row_it_repeats),
        cmocka_unit_test(an_exact_repeat_of_a_key_is_refused),
        cmocka_unit_test(names_without_city_at_two_places_are_two),
        cmocka_unit_test(a_row_without_key_among_others_gets_one),
        cmocka_unit_test(a_number_as_key_is_made_too),
        cmocka_unit_test(a_stored_row_with_a_key_of_its_own_is_found_by_its_name),
        cmocka_unit_test(what_one_side_does_not_know_is_not_compared),
        cmocka_unit_test(several_that_fit_are_not_merged_but_told),
        cmocka_unit_test(
            the_row_that_fits_in_all_parts_is_taken_before_one_that_only_fits),
        cmocka_unit_test(two_rows_of_a_file_never_take_one_stored_row),
        cmocka_unit_test(far_namesakes_without_city_are_two),
        cmocka_unit_test(append_refuses_what_is_known),
        cmocka_unit_test(replace_removes_what_the_file_lacks_and_says_so),
        cmocka_unit_test(the_stored_row_of_a_refused_one_is_not_gone),
        cmocka_unit_test(changes_are_told_field_by_field_with_before_and_after),
        cmocka_unit_test(a_row_without_position_does_not_take_away_a_known_one),
        cmocka_unit_test(likely_duplicates_are_told_with_the_reason),
        cmocka_unit_test(what_only_looks_alike_is_not_told),
        cmocka_unit_test(likely_duplicates_inside_a_file_name_the_row),
        cmocka_unit_test(buckets_find_what_comparing_all_with_all_finds),
        cmocka_unit_test(a_thousand_rows_of_one_name_and_place_are_no_trouble),
        cmocka_unit_test(very_many_rows_are_not_compared_and_the_report_says_so),
        cmocka_unit_test(two_identities_with_one_key_get_two),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
