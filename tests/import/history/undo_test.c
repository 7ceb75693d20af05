/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/history/ and layers/store/ (record, history, as_of, take_back): nothing
 * that was in a layer is ever lost. */
#include <test.h>

#include <import/history.h>
#include <layers/history.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include "support/random.h"
#include <scratch.h>

struct bench {
    struct store *store;
    struct im_arena *arena;
    struct import_report report;
    struct im_error err;
};

#define FIELDS_2                                                                       \
    FIXTURE_FIELDS                                                                     \
    ",{\"name\":\"remark\",\"title\":{\"zh\":\"备注\",\"en\":\"Note\"},"             \
    "\"type\":\"text\"}"

static const char *definition(const char *fields)
{
    return fixture_definition("parks", "point", "places", fields, NULL);
}

static void open_bench(struct bench *b)
{
    static unsigned next;
    char name[32];

    snprintf(name, sizeof name, "history%u.db", next++);
    *b = (struct bench){.arena = im_arena_new((size_t)1 << 30)};
    if (store_open(scratch_path(name), STORE_CREATE, &b->store, &b->err))
        fail_msg("%s", b->err.msg);
}

static void close_bench(struct bench *b)
{
    store_close(b->store);
    im_arena_free(b->arena);
}

static void sql(struct bench *b, const char *statements)
{
    if (sql_exec(store_db(b->store), statements, &b->err))
        fail_msg("%s", b->err.msg);
}

static int64_t
take_with(struct bench *b, const char *csv, const char *fields, enum import_mode mode)
{
    struct import_options options = {.mode = mode, .unplaced = IMPORT_UNPLACED_KEEP};

    if (fields)
        options.definition_path = scratch_text("layer.json", definition(fields));
    else
        options.layer_id = "parks";
    if (import_file(b->store, scratch_text("list.csv", csv), &options, b->arena,
                    &b->report, &b->err))
        fail_msg("%s", b->err.msg);
    import_report_release(&b->report);
    return b->report.run_id;
}

static int64_t take(struct bench *b, const char *csv)
{
    return take_with(b, csv, NULL, IMPORT_UPSERT);
}

static int64_t undo(struct bench *b, int64_t run)
{
    if (import_undo(b->store, run, b->arena, &b->report, &b->err))
        fail_msg("%s", b->err.msg);
    return b->report.run_id;
}

static void
refuse(struct bench *b, int64_t run, enum im_code code, const char *en, const char *zh)
{
    b->err = (struct im_error){0};
    enum im_code rc = import_undo(b->store, run, b->arena, &b->report, &b->err);

    if (rc != code || !strstr(b->err.msg, en) || !strstr(b->err.msg_zh, zh))
        fail_msg("%d '%s' '%s' instead of %d '%s' '%s'", rc, b->err.msg, b->err.msg_zh,
                 code, en, zh);
    assert_int_equal(b->report.run_id, 0);
}

/* All that a version is: rows with their fids and geometry, definition, style, and the
 * lineage in effect. */
static char *snapshot(struct bench *b)
{
    sqlite3_stmt *stmt = NULL;
    struct im_buf out = {.max = 1 << 24};
    bool row = true;

    if (!fixture_number(b->store,
                        "SELECT count(*) FROM innomap_layers WHERE id = 'parks'"))
        return strdup("no layer");
    if (sql_prepare(store_db(b->store), &stmt, &b->err,
                    "SELECT quote(definition) || quote(style) FROM innomap_layers"))
        fail_msg("%s", b->err.msg);
    while (!sql_step(stmt, &row, &b->err) && row)
        im_buf_printf(&out, "%s\n", sql_text(stmt, 0));
    sqlite3_finalize(stmt);
    if (sql_prepare(store_db(b->store), &stmt, &b->err,
                    "SELECT * FROM parks ORDER BY fid"))
        fail_msg("%s", b->err.msg);
    for (row = true; !sql_step(stmt, &row, &b->err) && row;) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const unsigned char *bytes = sqlite3_column_blob(stmt, i);

            im_buf_printf(&out, "%d:", sqlite3_column_type(stmt, i));
            for (int k = 0; k < sqlite3_column_bytes(stmt, i); k++)
                im_buf_printf(&out, "%02x", bytes[k]);
            im_buf_byte(&out, ' ');
        }
        im_buf_byte(&out, '\n');
    }
    sqlite3_finalize(stmt);
    if (sql_prepare(
            store_db(b->store), &stmt, &b->err,
            "SELECT key, position FROM innomap_lineage AS a WHERE run_id = "
            "(SELECT max(run_id) FROM innomap_lineage AS b WHERE a.key = b.key) "
            "AND position <> '' ORDER BY key"))
        fail_msg("%s", b->err.msg);
    for (row = true; !sql_step(stmt, &row, &b->err) && row;)
        im_buf_printf(&out, "%s=%s\n", sql_text(stmt, 0), sql_text(stmt, 1));
    sqlite3_finalize(stmt);
    im_buf_byte(&out, 0);
    if (out.failed)
        fail_msg("snapshot too large");
    return (char *)out.data;
}

/* The rows as a scan tells them, of now or of an earlier run. */
static char *scan(struct bench *b, const char *as_of)
{
    struct im_arena *arena = im_arena_new(1 << 26);
    struct im_buf out = {.max = 1 << 24};
    struct history_scan *cursor = NULL;
    struct history_scan_info info;
    struct source_feature f;
    bool more = true;

    b->err = (struct im_error){0};
    if (history_scan_open(b->store, "parks", as_of, arena, &cursor, &info, &b->err)) {
        im_arena_free(arena);
        return strdup("no layer");
    }
    im_buf_printf(&out, "%s %s\n", info.definition, info.style);
    while (!history_scan_next(cursor, &f, &more, &b->err) && more) {
        im_buf_printf(&out, "%lld", (long long)f.fid);
        for (size_t i = 0; i < info.schema->n_fields; i++) {
            const struct source_value *v = &f.values[i];

            if (v->kind == SOURCE_TEXT)
                im_buf_printf(&out, "|%.*s", (int)v->text.len, (char *)v->text.data);
            else
                im_buf_printf(&out, "|%d %lld %.17g", v->kind, (long long)v->integer,
                              v->real);
        }
        for (uint32_t i = 0; i < 2 * f.geom.n_points; i++)
            im_buf_printf(&out, " %.17g", f.geom.lonlat[i]);
        im_buf_byte(&out, '\n');
    }
    assert_string_equal(b->err.msg, "");
    history_scan_close(cursor);
    im_arena_free(arena);
    im_buf_byte(&out, 0);
    return (char *)out.data;
}

/* The first line that differs is enough. */
static void assert_same(char *a, char *b)
{
    size_t line = 0;

    for (size_t i = 0; a[i] || b[i]; i++) {
        if (a[i] != b[i])
            fail_msg("'%.200s' instead of '%.200s'", a + line, b + line);
        if (a[i] == '\n')
            line = i + 1;
    }
    free(a);
    free(b);
}

static void assert_whole(struct bench *b)
{
    assert_int_equal(fixture_number(b->store, "SELECT integrity_check = 'ok' FROM "
                                              "pragma_integrity_check"),
                     1);
    if (fixture_number(b->store, "SELECT count(*) FROM geometry_columns"))
        assert_int_equal(fixture_number(b->store, "SELECT CheckSpatialIndex()"), 1);
}

static const char A[] = "id,name_zh,year,lon,lat\nA,甲,1991,121,31\nB,乙,1992,122,31\n"
                        "C,丙,1993,120,31\n";
static const char B[] = "id,name_zh,year,lon,lat\nB,乙二,1992,122,31\nD,丁,,119,32\n";

TEST(an_undo_brings_everything_back_and_an_undo_of_it_again)
{
    struct bench b;

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    int64_t first = take(&b, A);
    char *before = snapshot(&b);
    int64_t second = take_with(&b, B, NULL, IMPORT_REPLACE);
    char *after = snapshot(&b);
    assert_string_not_equal(before, after);
    int64_t version = fixture_number(b.store, "SELECT version FROM innomap_layers");
    uint64_t data = 0;
    uint64_t data_after = 0;
    assert_int_equal(store_data_version(b.store, &data, &b.err), IM_OK);

    int64_t undone = undo(&b, second);
    assert_int_equal(b.report.counts.added, 2);
    assert_int_equal(b.report.counts.changed, 1);
    assert_int_equal(b.report.counts.gone, 1);
    assert_string_equal(b.report.source, "list.csv");
    assert_same(snapshot(&b), strdup(before));
    assert_int_equal(fixture_number(b.store, "SELECT version FROM innomap_layers"),
                     version + 1);
    assert_int_equal(store_data_version(b.store, &data_after, &b.err), IM_OK);
    assert_true(data_after > data);
    int64_t again = undo(&b, undone);
    assert_same(snapshot(&b), strdup(after));
    assert_same(snapshot(&b), after);
    undo(&b, again); /* and either of the two runs that are in effect */
    assert_same(snapshot(&b), before);
    undo(&b, first);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 0);
    assert_whole(&b);
    close_bench(&b);
}

TEST(what_cannot_be_undone_is_answered_with_what_can)
{
    struct bench b;
    char order[80];

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    int64_t first = take(&b, A);
    int64_t second = take(&b, B);
    int64_t same = take_with(&b, B, NULL, IMPORT_APPEND);
    (void)same;
    refuse(&b, 99, IM_ENOTFOUND, "no run 99", "没有第 99 次");
    snprintf(order, sizeof order, "in this order: %lld, %lld", (long long)second,
             (long long)first);
    refuse(&b, first, IM_EDATA, order, "按此顺序撤销");
    int64_t undone = undo(&b, second);
    snprintf(order, sizeof order, "undone already, by run %lld", (long long)undone);
    refuse(&b, second, IM_EDATA, order, "已被第");
    undo(&b, first);
    assert_whole(&b);
    close_bench(&b);
}

TEST(a_layer_that_an_import_made_goes_and_comes_with_it)
{
    struct bench b;

    open_bench(&b);
    int64_t first = take_with(&b, A, FIXTURE_FIELDS, IMPORT_UPSERT);
    char *before = snapshot(&b);
    int64_t version = fixture_number(b.store, "SELECT version FROM innomap_layers");
    int64_t undone = undo(&b, first);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_layers"), 0);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM geometry_columns"),
                     0);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM sqlite_master WHERE name LIKE '%parks%'"),
        0);
    assert_int_equal(
        fixture_number(b.store, "SELECT (SELECT count(*) FROM "
                                "geometry_columns_statistics) + (SELECT count(*) FROM "
                                "geometry_columns_auth)"),
        0);
    assert_same(scan(&b, NULL), strdup("no layer"));
    assert_non_null(strstr(b.err.msg, "no longer in the database"));
    char *then = scan(&b, "1"); /* it can still be looked at */
    assert_non_null(strstr(then, "甲"));
    free(then);
    undo(&b, undone);
    assert_same(snapshot(&b), before);
    assert_true(fixture_number(b.store, "SELECT version FROM innomap_layers") >
                version + 1);
    assert_whole(&b);
    close_bench(&b);
}

TEST(the_definition_goes_back_too)
{
    struct bench b;

    open_bench(&b);
    take_with(&b, A, FIXTURE_FIELDS, IMPORT_UPSERT);
    char *before = scan(&b, NULL);
    int64_t second =
        take_with(&b, "id,name_zh,remark,lon,lat\nA,甲,新,121,31\nE,戊,x,121,30\n",
                  FIELDS_2, IMPORT_UPSERT);
    char *after = scan(&b, NULL);
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)second);
    int64_t undone = undo(&b, second);
    assert_same(scan(&b, NULL), before);
    assert_same(scan(&b, text), strdup(after));
    undo(&b, undone);
    assert_same(scan(&b, NULL), after);
    assert_whole(&b);
    close_bench(&b);
}

TEST(lineage_follows_the_rows)
{
    struct bench b;
    struct history_writer *h = NULL;
    struct source_value key = {.kind = SOURCE_TEXT, .text = im_bytes_of("A")};

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    take(&b, A);
    /* as a run with --crs gcj02 would write it */
    sql(&b,
        "INSERT INTO innomap_lineage VALUES ('parks', 'A', 1, '{\"crs\":\"gcj02\"}')");
    char *before = snapshot(&b);
    int64_t second = take(&b, "id,name_zh,year,lon,lat\nA,甲,1991,121.5,31\n");
    char *after = snapshot(&b);
    assert_null(strstr(after, "gcj02"));
    int64_t undone = undo(&b, second);
    assert_same(snapshot(&b), before);
    undo(&b, undone);
    assert_same(snapshot(&b), after);
    /* only what is said about the position ends what was said before */
    assert_int_equal(store_begin(b.store, &b.err), IM_OK);
    assert_int_equal(history_begin(b.store, "parks", &h, &b.err), IM_OK);
    assert_int_equal(history_lineage(h, &key, im_bytes_of("{}"), &b.err), IM_OK);
    assert_int_equal(history_lineage(h, &key, im_bytes_of(""), &b.err), IM_OK);
    history_free(h);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM innomap_lineage WHERE position = ''"),
        3);
    store_rollback(b.store);
    close_bench(&b);
}

#define TEXT_FIELD(name)                                                               \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"字段\",\"en\":\"Field\"},"           \
    "\"type\":\"text\"}"

static const char *with_adcode(const char *text)
{
    static char out[8192];
    const char *at = strstr(text, "\"source\":");

    snprintf(out, sizeof out, "%.*s\"roles\":{\"adcode\":\"adcode\"},%s",
             (int)(at - text), text, at);
    return out;
}

static void take_into(struct bench *b, const char *layer, const char *csv)
{
    struct import_options options = {.layer_id = layer};

    if (import_file(b->store, scratch_text("list.csv", csv), &options, b->arena,
                    &b->report, &b->err))
        fail_msg("%s", b->err.msg);
    import_report_release(&b->report);
}

TEST(layers_made_from_the_layer_follow)
{
    static const char n_links[] = "SELECT count(*) FROM links";
    struct bench b;

    open_bench(&b);
    fixture_put(b.store,
                with_adcode(fixture_definition(
                    "seats", "point", "places",
                    TEXT_FIELD("id") "," TEXT_FIELD("adcode"), NULL)),
                "");
    fixture_put(b.store,
                fixture_definition("enclaves", "point", "places",
                                   TEXT_FIELD("id") "," TEXT_FIELD("origin"), NULL),
                "");
    fixture_put(b.store,
                fixture_definition("links", "line", "links", TEXT_FIELD("id"),
                                   "{\"derive\":\"arcs\",\"from\":\"enclaves\","
                                   "\"origin\":\"origin\",\"points\":\"seats\"}"),
                "");
    take_into(&b, "seats", "id,adcode,lon,lat\nS,330800,119,29\n");
    take_into(&b, "enclaves", "id,origin,lon,lat\nE1,330800,120,30\n");
    take_into(&b, "enclaves", "id,origin,lon,lat\nE2,330800,121,31\n");
    assert_int_equal(fixture_number(b.store, n_links), 2);
    int64_t version = fixture_number(
        b.store, "SELECT version FROM innomap_layers WHERE id = 'links'");
    int64_t undone = undo(&b, 3);
    assert_int_equal(fixture_number(b.store, n_links), 1);
    assert_true(fixture_number(
                    b.store, "SELECT version FROM innomap_layers WHERE id = 'links'") >
                version);
    undo(&b, undone);
    assert_int_equal(fixture_number(b.store, n_links), 2);
    undo(&b, 1); /* without seats there is no arc; runs of other layers do not matter */
    assert_int_equal(fixture_number(b.store, n_links), 0);
    assert_whole(&b);
    close_bench(&b);
}

/* Random imports, undos and redos: every version that was there is there again, by undo
 * and by looking back. */
static char *random_csv(struct test_random *r)
{
    struct im_buf out = {.max = 1 << 20};
    unsigned n = 1 + test_random_below(r, 25);
    bool has[40] = {false};

    im_buf_text(&out, "id,name_zh,year,area_km2,lon,lat\n");
    for (unsigned i = 0; i < n; i++) {
        unsigned id = test_random_below(r, 40);

        if (has[id])
            continue;
        has[id] = true;
        im_buf_printf(&out, "K%u,\"名 %u, \"\"%u\"\"\",%s,%.3f,", id, id,
                      test_random_below(r, 3), test_random_below(r, 2) ? "1999" : "",
                      test_random_in(r, 0, 9));
        if (test_random_below(r, 5))
            im_buf_printf(&out, "%.3f,%.3f\n", 121 + test_random_below(r, 4) * 0.1,
                          31.0);
        else
            im_buf_text(&out, ",\n");
    }
    im_buf_byte(&out, 0);
    return (char *)out.data;
}

TEST(any_sequence_of_imports_and_undos_can_be_walked_back)
{
    enum { RUNS = 60 };
    struct test_random r = test_random_new("history");
    struct bench b;
    int64_t ids[RUNS + 1] = {0};
    char *rows[RUNS + 1];
    size_t n = 0;
    int undos = 0;

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    for (int i = 0; i < RUNS; i++) {
        struct history_run *runs = NULL;
        struct im_arena *arena = im_arena_new(1 << 26);
        size_t n_runs = 0;

        if (history_list(b.store, "parks", arena, &runs, &n_runs, &b.err))
            fail_msg("%s", b.err.msg);
        size_t pick = n_runs; /* one of those that can be undone now */
        unsigned seen = 0;
        for (size_t k = 0; k < n_runs; k++)
            if (runs[k].before != runs[k].after &&
                runs[k].after == runs[n_runs - 1].after &&
                test_random_below(&r, ++seen) == 0)
                pick = k;
        if (pick < n_runs && test_random_below(&r, 2)) {
            ids[n] = undo(&b, runs[pick].run_id);
            undos++;
            /* the very version that was there before that run */
            for (size_t k = 0; k < n; k++)
                if (ids[k] == runs[pick].before && runs[pick].before)
                    assert_same(scan(&b, NULL), strdup(rows[k]));
        } else {
            char *csv = random_csv(&r);

            ids[n] =
                take_with(&b, csv,
                          test_random_below(&r, 3)   ? NULL
                          : test_random_below(&r, 2) ? FIELDS_2
                                                     : FIXTURE_FIELDS,
                          test_random_below(&r, 2) ? IMPORT_REPLACE : IMPORT_UPSERT);
            free(csv);
        }
        rows[n++] = scan(&b, NULL);
        im_arena_free(arena);
    }
    assert_true(undos > 5);
    for (size_t k = 0; k < n; k++) {
        char text[24];

        if (!ids[k]) /* a repeat: no run */
            continue;
        snprintf(text, sizeof text, "%lld", (long long)ids[k]);
        assert_same(scan(&b, text), strdup(rows[k]));
    }
    for (size_t k = 0; k < n; k++)
        free(rows[k]);
    assert_whole(&b);
    close_bench(&b);
}

/* The way of the bulk: indexes are dropped and filled. */
TEST(thousands_of_rows_come_and_go)
{
    enum { ROWS = 5000 };
    struct im_buf csv = {.max = 1 << 24};
    struct bench b;

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    im_buf_text(&csv, "id,name_zh,lon,lat\n");
    for (int i = 0; i < ROWS; i++)
        im_buf_printf(&csv, "K%d,n,%.4f,%.4f\n", i, 119 + i % 70 * 0.01,
                      31 + i / 70 * 0.01);
    im_buf_byte(&csv, 0);
    int64_t first = take(&b, (char *)csv.data);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_changes"),
                     1); /* a range */
    char *before = snapshot(&b);
    int64_t undone = undo(&b, first);
    assert_int_equal(b.report.counts.gone, ROWS);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 0);
    assert_whole(&b);
    undo(&b, undone);
    assert_int_equal(b.report.counts.added, ROWS);
    assert_same(snapshot(&b), before);
    assert_whole(&b);
    im_buf_release(&csv);
    close_bench(&b);
}

TEST(pruning_forgets_the_oldest_and_says_how_much)
{
    struct history_pruned pruned;
    struct bench b;

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    int64_t first = take(&b, A);
    int64_t second = take(&b, B);
    int64_t third = take_with(&b, A, NULL, IMPORT_REPLACE);
    assert_int_equal(history_prune(b.store, "parks", 3, NULL, &pruned, &b.err), IM_OK);
    assert_int_equal(pruned.runs, 0);
    assert_int_equal(history_prune(b.store, "parks", 1, NULL, &pruned, &b.err), IM_OK);
    assert_int_equal(pruned.runs, 2);
    assert_int_equal(pruned.kept, 1);
    assert_true(pruned.bytes > 50);
    assert_int_equal(
        fixture_number(b.store, "SELECT count(DISTINCT run_id) FROM innomap_changes"),
        1);
    undo(&b, third);
    refuse(&b, second, IM_EDATA, "not kept", "没有保留");
    (void)first;
    assert_same(scan(&b, "1"), strdup("no layer")); /* said, see err */
    assert_non_null(strstr(b.err.msg, "no longer kept"));
    assert_int_equal(history_prune(b.store, "parks", 0, "2000-01-01", &pruned, &b.err),
                     IM_OK);
    assert_int_equal(pruned.runs, 0);
    assert_int_equal(history_prune(b.store, "parks", 0, "2999-01-01", &pruned, &b.err),
                     IM_OK);
    assert_int_equal(pruned.runs, 2);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_changes"),
                     0);
    assert_int_equal(history_prune(b.store, "nope", 0, NULL, &pruned, &b.err),
                     IM_ENOTFOUND);
    assert_int_equal(history_prune(b.store, "parks", 0, "gestern", &pruned, &b.err),
                     IM_EARG);
    close_bench(&b);
}

TEST(a_file_that_fails_is_in_the_log_and_changes_nothing_else)
{
    struct bench b;
    struct import_report report;

    open_bench(&b);
    fixture_put(b.store, definition(FIXTURE_FIELDS), "");
    take(&b, A);
    char *before = snapshot(&b);
    uint64_t version = 0;
    uint64_t after = 0;
    assert_int_equal(store_data_version(b.store, &version, &b.err), IM_OK);
    assert_int_equal(
        import_file(
            b.store, scratch_text("bad.csv", "id,name_zh,lon,lat\nA,甲,999,99\n"),
            &(struct import_options){.layer_id = "parks"}, b.arena, &report, &b.err),
        IM_EDATA);
    import_report_release(&report);
    assert_int_equal(
        fixture_number(b.store, "SELECT count(*) FROM innomap_runs WHERE outcome = "
                                "'failed' AND file_name = 'bad.csv' AND message <> '' "
                                "AND message_zh <> '' AND n_refused = 1"),
        1);
    assert_int_equal(store_data_version(b.store, &after, &b.err), IM_OK);
    assert_int_equal(after, version);
    refuse(&b, 2, IM_EDATA, "failed", "没有成功");
    assert_same(snapshot(&b), before);
    undo(&b, 1);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_undo_brings_everything_back_and_an_undo_of_it_again),
        cmocka_unit_test(what_cannot_be_undone_is_answered_with_what_can),
        cmocka_unit_test(a_layer_that_an_import_made_goes_and_comes_with_it),
        cmocka_unit_test(the_definition_goes_back_too),
        cmocka_unit_test(lineage_follows_the_rows),
        cmocka_unit_test(layers_made_from_the_layer_follow),
        cmocka_unit_test(any_sequence_of_imports_and_undos_can_be_walked_back),
        cmocka_unit_test(thousands_of_rows_come_and_go),
        cmocka_unit_test(pruning_forgets_the_oldest_and_says_how_much),
        cmocka_unit_test(a_file_that_fails_is_in_the_log_and_changes_nothing_else),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
