/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/: whatever happens in the middle, the database is at the old version or
 * at the new one, and a reader sees one of them. */
#include <test.h>

#include <import/import.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include "years.h"
#include <scratch.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#ifdef INNOMAP_SANITIZED
/* libspatialite 5.0.1 loses a message of SQLite's when CreateSpatialIndex is
 * interrupted. Statements of ours that are lost are counted in is_new instead. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsqlite3";
}
/* GDAL takes two mutexes of its own in both orders while drivers are registered. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "deadlock:libgdal";
}
#endif

enum { MANY_STEPS = 1000000 }; /* an import of these files takes some 500 */
enum { ROWS = 3000 }; /* enough for the way that drops and fills the spatial index */

static void make_db(const char *path)
{
    char name[256];
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    struct store *store = fixture_open(path, STORE_CREATE);
    fixture_put(store,
                fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL),
                "");
    store_close(store);
}

static enum im_code
import_into(struct store *store, const char *file, bool replace, struct im_error *err)
{
    struct im_arena *arena = im_arena_new((size_t)1 << 30);
    struct import_report report = {.log = NULL};
    enum im_code rc = import_file(
        store, file,
        &(struct import_options){.layer_id = "parks",
                                 .mode = replace ? IMPORT_REPLACE : IMPORT_UPSERT},
        arena, &report, err);

    import_report_release(&report);
    im_arena_free(arena);
    return rc;
}

/* Statements that nobody finalized, without those that SQLite's R*Tree keeps and that
 * libspatialite forgets when it is interrupted. */
static int open_statements(struct store *store)
{
    int n = 0;

    for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(store_db(store), s));) {
        const char *sql = sqlite3_sql(s);

        n += !strstr(sql, "'idx_") && !strstr(sql, "Lower(f_table_name) = Lower(?)");
    }
    return n;
}

/* Whole, and either as `old` (rows, year) says or as `next` does. */
static bool is_new(struct store *store, int old_rows, int old_year, int rows, int year)
{
    int64_t n = fixture_number(store, "SELECT count(*) FROM parks");
    int64_t years = fixture_number(store, "SELECT count(DISTINCT year) FROM parks");
    int64_t found = fixture_number(store, "SELECT coalesce(max(year), 0) FROM parks");
    int64_t runs = fixture_number(
        store, "SELECT count(*) FROM innomap_runs WHERE outcome <> 'failed'");
    uint64_t version = 0;
    struct im_error err;
    bool fresh = found == year;

    assert_true(open_statements(store) <= 1); /* the store keeps one */
    assert_int_equal(fixture_number(store, "SELECT integrity_check = 'ok' FROM "
                                           "pragma_integrity_check"),
                     1);
    assert_int_equal(fixture_number(store, "SELECT CheckSpatialIndex()"), 1);
    assert_int_equal(n, fresh ? rows : old_rows);
    assert_int_equal(found, fresh ? year : old_year);
    assert_true(years <= 1);
    assert_int_equal(store_data_version(store, &version, &err), IM_OK);
    assert_int_equal((int64_t)version, 1 + runs); /* made, then one per import */
    return fresh;
}

/* ---- SQL that fails ---- */

struct fuse {
    int left; /* calls until it blows */
};

static int burn(void *ctx)
{
    struct fuse *fuse = ctx;

    return fuse->left-- <= 0;
}

static int veto(void *ctx)
{
    (void)ctx;
    return 1;
}

TEST(a_commit_that_fails_leaves_everything_as_it_was)
{
    const char *path = scratch_path("veto.db");
    const char *file = csv_of("a.csv", 50, 2001);
    struct im_error err;

    make_db(path);
    struct store *store = fixture_open(path, STORE_WRITE);
    sqlite3_commit_hook(store_db(store), veto, NULL);
    assert_int_not_equal(import_into(store, file, false, &err), IM_OK);
    sqlite3_commit_hook(store_db(store), NULL, NULL);
    assert_false(is_new(store, 0, 0, 50, 2001));
    assert_int_equal(import_into(store, file, false, &err), IM_OK);
    assert_true(is_new(store, 0, 0, 50, 2001));
    store_close(store);
}

/* SQLite is interrupted after more and more of its steps until the import gets through.
 */
TEST(an_import_that_is_interrupted_anywhere_leaves_everything_as_it_was)
{
    const char *path = scratch_path("interrupt.db");
    const char *first = csv_of("a.csv", ROWS, 2001);
    const char *next = csv_of("b.csv", ROWS - 500, 2002);
    struct im_error err;
    int failures = 0;
    bool done = false;

    make_db(path);
    struct store *store = fixture_open(path, STORE_WRITE);
    assert_int_equal(import_into(store, first, false, &err), IM_OK);
    for (int steps = 1; !done; steps = steps * 3 / 2 + 1) {
        struct fuse fuse = {.left = steps};

        if (steps > MANY_STEPS)
            fail_msg("it does not get through any more: %s", err.msg);
        sqlite3_progress_handler(store_db(store), 500, burn, &fuse);
        done = import_into(store, next, true, &err) == IM_OK;
        sqlite3_progress_handler(store_db(store), 0, NULL, NULL);
        failures += !done;
        assert_int_equal(is_new(store, ROWS, 2001, ROWS - 500, 2002), done);
    }
    assert_true(failures >= 5);
    store_close(store);
}

/* ---- a process that dies ---- */

static int die(void *ctx)
{
    struct fuse *fuse = ctx;

    if (fuse->left-- <= 0)
        raise(SIGKILL);
    return 0;
}

/* True when the import got through before the fuse had burnt down. */
static bool import_in_child(const char *path, const char *file, int steps)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        struct fuse fuse = {.left = steps};
        struct store *store = NULL;
        struct im_error err;

        if (store_open(path, STORE_WRITE, &store, &err))
            _exit(1);
        sqlite3_progress_handler(store_db(store), 500, die, &fuse);
        _exit(import_into(store, file, true, &err) == IM_OK ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFEXITED(status);
}

TEST(an_importer_that_is_killed_leaves_a_whole_database)
{
    const char *path = scratch_path("kill.db");
    const char *first = csv_of("a.csv", ROWS, 2001);
    const char *next = csv_of("b.csv", ROWS - 500, 2002);
    struct im_error err;
    int kills = 0;
    bool done = false;

    make_db(path);
    struct store *store = fixture_open(path, STORE_WRITE);
    assert_int_equal(import_into(store, first, false, &err), IM_OK);
    store_close(store);
    for (int steps = 1; !done; steps = steps * 2 + 1) {
        assert_true(steps < MANY_STEPS);
        done = import_in_child(path, next, steps);
        kills += !done;
        store = fixture_open(path, STORE_WRITE);
        assert_int_equal(is_new(store, ROWS, 2001, ROWS - 500, 2002), done);
        store_close(store);
    }
    assert_true(kills >= 5);
}

/* ---- a reader meanwhile ---- */

struct reader {
    const char *path;
    atomic_bool stop;
    atomic_int scans;
    char fault[400];
};

static bool scan_once(struct store *store, struct reader *r)
{
    struct feature_source source = store_source(store);
    struct im_arena *arena = im_arena_new(1 << 22);
    const struct source_layer *layers = NULL;
    struct source_cursor *cursor = NULL;
    struct source_feature f;
    struct im_error err = {0};
    uint64_t version = 0;
    size_t n = 0;
    uint64_t rows = 0;
    int64_t year = 0;
    bool more = true;
    enum im_code rc = source.describe(source.self, arena, &layers, &n, &version, &err);

    if (!rc)
        rc = source.open(source.self, "parks", &cursor, &err);
    while (!rc && !(rc = source.next(cursor, &f, &more, &err)) && more) {
        if (rows++ == 0)
            year = f.values[4].integer;
        if (f.values[4].integer != year)
            rc = im_fail(&err, IM_EDATA, "two versions in one scan");
    }
    source.close(cursor);
    if (!rc && rows != layers[0].n_features)
        rc = im_fail(&err, IM_EDATA, "the catalog says %d rows, the scan has %d",
                     (int)layers[0].n_features, (int)rows);
    im_arena_free(arena);
    if (rc)
        snprintf(r->fault, sizeof r->fault, "%s", err.msg);
    return !rc;
}

static void *read_on(void *ctx)
{
    struct reader *r = ctx;
    struct store *store = NULL;
    struct im_error err = {0};

    if (store_open(r->path, STORE_READ, &store, &err)) {
        snprintf(r->fault, sizeof r->fault, "%s", err.msg);
        atomic_store(&r->scans, 1000); /* nobody waits for it */
        return NULL;
    }
    while (!atomic_load(&r->stop) && scan_once(store, r))
        atomic_fetch_add(&r->scans, 1);
    atomic_fetch_add(&r->scans, r->fault[0] ? 1000 : 0);
    store_close(store);
    return NULL;
}

TEST(a_reader_sees_one_version_while_imports_commit)
{
    const char *path = scratch_path("both.db");
    const char *files[] = {csv_of("a.csv", 600, 2001), csv_of("b.csv", 500, 2002)};
    struct reader reader = {.path = path};
    struct im_error err = {0};
    pthread_t thread;

    make_db(path);
    struct store *store = fixture_open(path, STORE_WRITE);
    assert_int_equal(import_into(store, files[0], true, &err), IM_OK);
    pthread_create(&thread, NULL, read_on, &reader);
    /* until both have had their turn often enough */
    for (int i = 1; i < 20 || atomic_load(&reader.scans) < 20; i++)
        if (import_into(store, files[i % 2], true, &err))
            break;
    atomic_store(&reader.stop, true);
    pthread_join(thread, NULL);
    assert_string_equal(err.msg, "");
    assert_string_equal(reader.fault, "");
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_that_fails_leaves_everything_as_it_was),
        cmocka_unit_test(
            an_import_that_is_interrupted_anywhere_leaves_everything_as_it_was),
        cmocka_unit_test(an_importer_that_is_killed_leaves_a_whole_database),
        cmocka_unit_test(a_reader_sees_one_version_while_imports_commit),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
