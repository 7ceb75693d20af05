/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/store: a file of an older schema is read as it is, and brought to the
 * present one by the first writer. */
#include <test.h>

#include <layers/history.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include <scratch.h>

#include <sys/wait.h>

static void run_sql(struct store *store, const char *sql)
{
    struct im_error err = {0};

    if (sql_exec(store_db(store), sql, &err))
        fail_msg("%s", err.msg);
}

/* The tables of schema version 1, as innomap 0.1.0 made them. */
static const char *version_1(const char *name)
{
    const char *path = scratch_path(name);
    struct store *store = fixture_open(path, STORE_CREATE);

    fixture_put(store,
                fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL),
                "");
    run_sql(store,
            "DROP TABLE innomap_runs; DROP TABLE innomap_changes; "
            "DROP TABLE innomap_lineage; "
            "CREATE TABLE innomap_runs (run_id INTEGER PRIMARY KEY, "
            "layer_id TEXT NOT NULL, origin TEXT NOT NULL, file_name TEXT NOT NULL, "
            "file_size INTEGER NOT NULL, file_hash TEXT NOT NULL, "
            "fingerprint TEXT NOT NULL, started_at TEXT NOT NULL, "
            "finished_at TEXT NOT NULL, crs TEXT NOT NULL, n_read INTEGER NOT NULL, "
            "n_added INTEGER NOT NULL, n_changed INTEGER NOT NULL, "
            "n_unchanged INTEGER NOT NULL, n_refused INTEGER NOT NULL, "
            "n_unplaced INTEGER NOT NULL, n_skipped INTEGER NOT NULL, "
            "n_gone INTEGER NOT NULL, version INTEGER NOT NULL, "
            "outcome TEXT NOT NULL, message TEXT NOT NULL); "
            "CREATE INDEX innomap_runs_layer ON innomap_runs (layer_id, run_id); "
            "INSERT INTO innomap_runs VALUES (7, 'parks', 'file', 'a.csv', 9, 'ff', "
            "'ee', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', 'EPSG:4326', "
            "3, 2, 1, 0, 0, 0, 0, 0, 4, 'changed', ''); "
            "INSERT INTO parks (id, name_zh, geom) VALUES "
            "('A', '甲', MakePoint(121, 31, 4326)); PRAGMA user_version = 1");
    store_close(store);
    return path;
}

static void assert_history(struct store *store, bool is_kept)
{
    struct im_arena *arena = im_arena_new(1 << 24);
    struct history_run *runs = NULL;
    struct im_error err = {0};
    size_t n = 0;

    if (history_list(store, "parks", arena, &runs, &n, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(n, 1);
    assert_int_equal(runs[0].run_id, 7);
    assert_string_equal(runs[0].file_name, "a.csv");
    assert_string_equal(runs[0].mode, "");
    assert_int_equal(runs[0].n_added, 2);
    assert_int_equal(runs[0].after, 7);
    assert_int_equal(runs[0].is_kept, is_kept);
    im_arena_free(arena);
}

TEST(a_reader_of_an_older_file_sees_what_is_there)
{
    const char *path = version_1("read.db");
    struct store *store = fixture_open(path, STORE_READ);
    struct im_arena *arena = im_arena_new(1 << 24);
    struct history_scan *scan = NULL;
    struct history_scan_info info;
    struct source_feature f;
    struct im_error err = {0};
    bool more = false;

    assert_int_equal(fixture_number(store, "PRAGMA user_version"), 1);
    assert_history(store, false);
    if (history_scan_open(store, "parks", NULL, arena, &scan, &info, &err) ||
        history_scan_next(scan, &f, &more, &err))
        fail_msg("%s", err.msg);
    assert_true(more);
    assert_true(f.geom.lonlat[0] == 121);
    history_scan_close(scan);
    im_arena_free(arena);
    store_close(store);
}

TEST(the_first_writer_brings_it_to_the_present_schema)
{
    static const char describe[] =
        "SELECT name || ' ' || upper(type) || ' ' || \"notnull\" || ' ' || "
        "coalesce(dflt_value, '') || ' ' || pk FROM "
        "(SELECT 'innomap_runs' AS t UNION SELECT 'innomap_changes' UNION "
        "SELECT 'innomap_lineage'), pragma_table_info(t) ORDER BY t, cid";
    const char *path = version_1("write.db");
    struct store *upgraded = fixture_open(path, STORE_WRITE);
    struct store *fresh = fixture_open(scratch_path("fresh.db"), STORE_CREATE);
    sqlite3_stmt *a = NULL;
    sqlite3_stmt *b = NULL;
    struct im_error err = {0};
    bool row_a = true;
    bool row_b = true;
    int columns = 0;

    assert_int_equal(fixture_number(upgraded, "PRAGMA user_version"),
                     STORE_SCHEMA_VERSION);
    assert_history(upgraded, false);
    assert_int_equal(sql_prepare(store_db(upgraded), &a, &err, "%s", describe), IM_OK);
    assert_int_equal(sql_prepare(store_db(fresh), &b, &err, "%s", describe), IM_OK);
    while (!sql_step(a, &row_a, &err) && !sql_step(b, &row_b, &err) && row_a && row_b) {
        assert_string_equal(sql_text(a, 0), sql_text(b, 0));
        columns++;
    }
    assert_int_equal(row_a, row_b);
    assert_true(columns > 30);
    sqlite3_finalize(a);
    sqlite3_finalize(b);
    store_close(fresh);
    store_close(upgraded);
    upgraded = fixture_open(path, STORE_WRITE); /* once is enough */
    assert_history(upgraded, false);
    store_close(upgraded);
}

static int veto(void *ctx)
{
    (void)ctx;
    return 1;
}

static int install(sqlite3 *db, char **message, const void *api)
{
    (void)message;
    (void)api;
    sqlite3_commit_hook(db, veto, NULL);
    return SQLITE_OK;
}

/* In a process of its own: the hook is for all connections from then on. */
TEST(an_upgrade_that_fails_leaves_the_file_as_it_was)
{
    const char *path = version_1("veto.db");
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        struct store *store = NULL;
        struct im_error err;

        sqlite3_auto_extension((void (*)(void))install);
        _exit(store_open(path, STORE_WRITE, &store, &err) == IM_OK ? 1 : 0);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    struct store *store = fixture_open(path, STORE_READ);
    assert_int_equal(fixture_number(store, "PRAGMA user_version"), 1);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM pragma_table_info("
                                           "'innomap_runs')"),
                     21);
    assert_history(store, false);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_of_an_older_file_sees_what_is_there),
        cmocka_unit_test(the_first_writer_brings_it_to_the_present_schema),
        cmocka_unit_test(an_upgrade_that_fails_leaves_the_file_as_it_was),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
