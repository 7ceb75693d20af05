/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/store/changes.c with engine/atlas/layer_follow.c on a real store: after
 * imports of all modes, undos, and what is written past them, the atlas made from the
 * one before is the one that a full scan gives. */
#include "engine/atlas/same_layer.h"

#include <import/history.h>
#include <layers/history.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include "support/random.h"
#include <scratch.h>

enum { ROWS = 200, SHARE = 16 };

struct bench {
    struct store *store;  /* writes */
    struct store *reader; /* as the server has one */
    struct im_arena *arena;
    const struct atlas *atlas; /* follows */
    unsigned followed;
    unsigned scanned;
    struct im_error err;
};

/* The reader's source, which counts how it is read. The count is kept in the bench. */
static struct bench *counting;

static enum im_code
count_open(void *self, const char *id, struct source_cursor **out, struct im_error *err)
{
    counting->scanned++;
    return store_source(self).open(self, id, out, err);
}

static enum im_code count_open_rows(void *self,
                                    const char *id,
                                    const int64_t *fids,
                                    size_t n,
                                    struct source_cursor **out,
                                    struct im_error *err)
{
    counting->followed++;
    return store_source(self).open_rows(self, id, fids, n, out, err);
}

static const struct atlas *build(struct bench *b, const struct atlas *previous)
{
    struct feature_source source = store_source(b->reader);
    const struct atlas *atlas = NULL;

    counting = b;
    source.open = count_open;
    source.open_rows = count_open_rows;
    if (atlas_build(&source, previous, &atlas, &b->err))
        fail_msg("%s", b->err.msg);
    if (atlas_problem_count(atlas))
        fail_msg("%s", atlas_problem(atlas, 0));
    return atlas;
}

static const struct atlas_layer *parks(const struct atlas *atlas)
{
    return atlas_layer_find(atlas, im_bytes_of("parks"));
}

/* Follows what was committed. True when not all rows were read for it. */
static bool follow(struct bench *b)
{
    b->followed = b->scanned = 0;
    const struct atlas *next = build(b, b->atlas);
    bool is_followed = b->scanned == 0 && b->followed > 0;
    const struct atlas *scanned = build(b, NULL);

    assert_same_layer(parks(next), parks(scanned));
    atlas_unref(scanned);
    atlas_unref(b->atlas);
    b->atlas = next;
    return is_followed;
}

static const char *definition(const char *fields)
{
    return fixture_definition("parks", "point", "places", fields, NULL);
}

/* The run; 0 when it changed nothing. */
static int64_t
take(struct bench *b, const char *csv, enum import_mode mode, const char *fields)
{
    struct import_options options = {.mode = mode, .unplaced = IMPORT_UNPLACED_KEEP};
    struct import_report report;

    if (fields)
        options.definition_path = scratch_text("layer.json", definition(fields));
    else
        options.layer_id = "parks";
    if (import_file(b->store, scratch_text("list.csv", csv), &options, b->arena,
                    &report, &b->err))
        fail_msg("%s", b->err.msg);
    import_report_release(&report);
    return report.counts.added || report.counts.changed || report.counts.gone
               ? report.run_id
               : 0;
}

static void undo(struct bench *b, int64_t run)
{
    struct import_report report;

    if (import_undo(b->store, run, b->arena, &report, &b->err))
        fail_msg("%s", b->err.msg);
}

/* Rows first to first + n - 1; of those whose number is a multiple of `every` the name
 * is another one. */
static char *list(struct test_random *r, int first, int n, int every)
{
    struct im_buf out = {.max = 1 << 20};

    im_buf_text(&out, "id,name_zh,level,year,area_km2,lon,lat\n");
    for (int i = first; i < first + n; i++) {
        im_buf_printf(&out, "K%03d,", i);
        if (every && i % every == 0)
            im_buf_printf(&out, "新名%u,,%u,", test_random_below(r, 1000),
                          1950 + test_random_below(r, 60));
        else
            im_buf_printf(&out, "园%d,%s,%s,", i % 40, i % 3 ? "national" : "",
                          i % 4 ? "1999" : "");
        im_buf_printf(&out, "%d.5,%.3f,%.3f\n", i % 9, 119 + i % 37 * 0.05,
                      30 + i % 41 * 0.05);
    }
    im_buf_byte(&out, 0);
    return (char *)out.data;
}

static int64_t take_list(struct bench *b,
                         struct test_random *r,
                         int first,
                         int n,
                         int every,
                         enum import_mode mode)
{
    char *csv = list(r, first, n, every);
    int64_t run = take(b, csv, mode, NULL);

    free(csv);
    return run;
}

static void open_bench(struct bench *b, struct test_random *r)
{
    static unsigned next;
    char name[32];

    snprintf(name, sizeof name, "follow%u.db", next++);
    *b = (struct bench){.arena = im_arena_new((size_t)1 << 30)};
    if (store_open(scratch_path(name), STORE_CREATE, &b->store, &b->err))
        fail_msg("%s", b->err.msg);
    fixture_put(b->store, definition(FIXTURE_FIELDS), "");
    take_list(b, r, 0, ROWS, 0, IMPORT_UPSERT);
    b->reader = fixture_open(scratch_path(name), STORE_READ);
    b->atlas = build(b, NULL);
}

static void close_bench(struct bench *b)
{
    atlas_unref(b->atlas);
    store_close(b->reader);
    store_close(b->store);
    im_arena_free(b->arena);
}

TEST(imports_and_undos_are_followed)
{
    struct test_random r = test_random_new("imports");
    struct bench b;
    int64_t run;

    open_bench(&b, &r);
    run = take_list(&b, &r, 7, 1, 7, IMPORT_UPSERT);
    assert_true(follow(&b));
    undo(&b, run);
    assert_true(follow(&b));
    take_list(&b, &r, ROWS, 5, 0, IMPORT_UPSERT); /* new rows */
    assert_true(follow(&b));
    take_list(&b, &r, 4, ROWS, 0, IMPORT_REPLACE); /* four are gone, one is */
    assert_true(follow(&b));
    /* several runs between two looks, and the same row twice */
    take_list(&b, &r, 50, 1, 50, IMPORT_UPSERT);
    run = take_list(&b, &r, 50, 2, 50, IMPORT_UPSERT);
    take_list(&b, &r, 60, 1, 60, IMPORT_UPSERT);
    assert_true(follow(&b));
    close_bench(&b);
}

TEST(what_is_not_certain_is_read_as_a_whole)
{
    struct test_random r = test_random_new("uncertain");
    struct history_pruned pruned;
    struct bench b;
    int64_t run;

    open_bench(&b, &r);
    take_list(&b, &r, 0, ROWS, 5, IMPORT_UPSERT); /* too many */
    assert_false(follow(&b));
    take(&b, "id,name_zh,remark,lon,lat\nK001,甲,注,121,31\n", IMPORT_UPSERT,
         FIXTURE_FIELDS ",{\"name\":\"remark\",\"title\":{\"zh\":\"备注\",\"en\":"
                        "\"Note\"},\"type\":\"text\"}");
    assert_false(follow(&b)); /* another definition */
    take_list(&b, &r, 9, 1, 9, IMPORT_UPSERT);
    if (history_prune(b.store, "parks", 0, NULL, &pruned, &b.err))
        fail_msg("%s", b.err.msg);
    assert_false(follow(&b)); /* the run has forgotten its rows */
    take_list(&b, &r, 11, 1, 11, IMPORT_UPSERT);
    assert_true(follow(&b));
    /* another program has changed a row, with the version as it should */
    if (store_begin(b.store, &b.err) ||
        sql_exec(store_db(b.store), "UPDATE parks SET name_zh = '手' WHERE fid = 9",
                 &b.err) ||
        store_touch_layer(b.store, "parks", &b.err) || store_commit(b.store, &b.err))
        fail_msg("%s", b.err.msg);
    take_list(&b, &r, 13, 1, 13, IMPORT_UPSERT);
    assert_false(follow(&b));
    /* the style alone */
    fixture_put(b.store, atlas_layer_definition_json(parks(b.atlas)),
                "{\"version\":8,\"layers\":[]}");
    assert_false(follow(&b));
    run = take_list(&b, &r, 15, 1, 15, IMPORT_UPSERT);
    assert_true(run > 0 && follow(&b));
    /* another program has added a row without the version: an import makes it show */
    if (sql_exec(store_db(b.store),
                 "INSERT INTO parks (id, name_zh) VALUES ('X', '添')", &b.err))
        fail_msg("%s", b.err.msg);
    take_list(&b, &r, 17, 1, 17, IMPORT_UPSERT);
    assert_false(follow(&b));
    close_bench(&b);
}

TEST(any_sequence_of_imports_and_undos_gives_what_a_scan_gives)
{
    enum { STEPS = 60 };
    struct test_random r = test_random_new("sequence");
    struct bench b;
    unsigned followed = 0;
    int64_t runs[STEPS + 1];
    size_t n_runs = 0;

    open_bench(&b, &r);
    for (int i = 0; i < STEPS; i++) {
        int first = (int)test_random_below(&r, ROWS);

        if (n_runs && test_random_below(&r, 3) == 0) {
            undo(&b, runs[--n_runs]);
        } else {
            bool is_replace = test_random_below(&r, 3) == 0;
            int64_t run = take_list(&b, &r, is_replace ? first % 8 : first,
                                    is_replace ? ROWS : 1 + first % 12,
                                    1 + (int)test_random_below(&r, 40),
                                    is_replace ? IMPORT_REPLACE : IMPORT_UPSERT);

            if (run)
                runs[n_runs++] = run;
        }
        if (test_random_below(&r, 3))
            followed += follow(&b);
    }
    assert_true(followed > 2);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_and_undos_are_followed),
        cmocka_unit_test(what_is_not_certain_is_read_as_a_whole),
        cmocka_unit_test(any_sequence_of_imports_and_undos_gives_what_a_scan_gives),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
