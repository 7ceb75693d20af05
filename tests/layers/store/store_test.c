/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/store: opening, the catalog, tables and the scan. */
#include <test.h>

#include <layers/sql.h>
#include <layers/store.h>

#include "layers/fixture.h"
#include <scratch.h>

#include <gdal.h>
#include <ogr_api.h>
#include <sched.h>
#include <signal.h>
#include <spatialite.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *made(const char *name)
{
    const char *path = scratch_path(name);

    unlink(path);
    store_close(fixture_open(path, STORE_CREATE));
    return path;
}

/* Opening fails with this code, names the path, and says the rest in two languages. */
static void
refused(const char *path, enum store_mode mode, enum im_code code, const char *text)
{
    struct store *store = NULL;
    struct im_error err = {0};

    assert_int_equal(store_open(path, mode, &store, &err), code);
    assert_null(store);
    if (!strstr(err.msg, path) || !strstr(err.msg, text))
        fail_msg("'%s' lacks '%s' or '%s'", err.msg, path, text);
    assert_non_null(strstr(err.msg_zh, path));
}

TEST(a_missing_database_is_named_with_the_way_to_make_it)
{
    refused(scratch_path("none.db"), STORE_READ, IM_EENV, "innomap import");
    refused(scratch_path("none.db"), STORE_WRITE, IM_EENV, "innomap import");
    refused(scratch_path("no/folder.db"), STORE_CREATE, IM_EENV, "folder");
}

TEST(names_of_databases_in_memory_are_refused)
{
    refused(":memory:", STORE_CREATE, IM_EARG, "--db");
    refused("", STORE_CREATE, IM_EARG, "--db");
}

TEST(what_is_no_database_is_refused)
{
    refused(scratch_text("a.txt", "some text that is long enough to be a header"),
            STORE_READ, IM_EENV, "some other file");
    refused(scratch_text("short.txt", "x"), STORE_CREATE, IM_EENV, "some other file");
    refused(scratch_text("empty.db", ""), STORE_READ, IM_EENV, "empty file");
    refused(scratch_folder, STORE_CREATE, IM_EENV, "a folder");
    refused("/dev/null", STORE_READ, IM_EENV, "device");
}

TEST(an_empty_file_may_become_a_database)
{
    const char *path = scratch_text("blank.db", "");

    store_close(fixture_open(path, STORE_CREATE));
    store_close(fixture_open(path, STORE_READ));
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

TEST(a_database_of_another_program_is_refused_and_left_alone)
{
    const char *other = scratch_path("other.db");
    const char *gpkg = scratch_path("other.gpkg");
    struct stat before;
    struct stat after;

    run_sql(other, "CREATE TABLE t(a)");
    run_sql(gpkg, "PRAGMA application_id=1196444487; CREATE TABLE t(a)");
    stat(other, &before);
    refused(other, STORE_READ, IM_EENV, "another program");
    refused(other, STORE_CREATE, IM_EENV, "another program");
    refused(gpkg, STORE_WRITE, IM_EENV, "GeoPackage");
    stat(other, &after);
    assert_int_equal(before.st_size, after.st_size);
}

TEST(a_database_without_tables_is_told_apart)
{
    const char *path = scratch_path("vacant.db");

    run_sql(path, "PRAGMA journal_mode=WAL; CREATE TABLE t(a); DROP TABLE t");
    refused(path, STORE_READ, IM_EENV, "without tables");
    store_close(fixture_open(path, STORE_CREATE));
}

TEST(a_newer_schema_asks_for_a_newer_program)
{
    const char *path = made("newer.db");

    run_sql(path, "PRAGMA user_version=99");
    refused(path, STORE_READ, IM_EENV, "newer innomap");
    refused(path, STORE_WRITE, IM_EENV, "schema 99");
}

TEST(a_damaged_page_is_found)
{
    const char *path = made("page.db");
    struct store *store = fixture_open(path, STORE_READ);
    struct im_error err = {0};
    struct stat info;

    assert_int_equal(store_check_pages(store, &err), IM_OK);
    store_close(store);
    /* the last page holds data, not the schema: opening does not meet it */
    assert_int_equal(stat(path, &info), 0);
    FILE *file = fopen(path, "r+b");
    fseek(file, (long)info.st_size - 4096, SEEK_SET);
    for (int i = 0; i < 4096; i++)
        fputc(0x55, file);
    fclose(file);
    store = fixture_open(path, STORE_READ);
    assert_int_equal(store_check_pages(store, &err), IM_EENV);
    assert_non_null(strstr(err.msg, "damaged"));
    store_close(store);
}

TEST(a_damaged_database_is_refused)
{
    const char *path = made("damaged.db");
    FILE *file = fopen(path, "r+b");

    fseek(file, 16, SEEK_SET);
    for (int i = 0; i < 4000; i++)
        fputc(0x55, file);
    fclose(file);
    refused(path, STORE_READ, IM_EENV, "damaged");
}

/* In a child without root's rights; what it finds is its exit code. */
static int as_nobody(const char *path, enum store_mode mode, const char *text)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        struct store *store = NULL;
        struct im_error err = {0};

        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(90);
        enum im_code rc = store_open(path, mode, &store, &err);
        if (rc && !strstr(err.msg, text))
            fprintf(stderr, "'%s' lacks '%s'\n", err.msg, text);
        _exit(rc && !strstr(err.msg, text) ? 91 : (int)rc);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(without_permission_the_answer_says_so)
{
    const char *path = made("private.db");

    chmod(scratch_folder, 0755);
    chmod(path, 0);
    assert_int_equal(as_nobody(path, STORE_READ, "no permission"), IM_EENV);
    /* readable, but not writable */
    chmod(path, 0444);
    assert_int_equal(as_nobody(path, STORE_WRITE, "can only be read"), IM_EENV);
    /* a reader of a WAL database needs files beside it, in a folder it cannot write */
    chmod(scratch_folder, 0555);
    assert_int_equal(as_nobody(path, STORE_READ, "beside database"), IM_EENV);
    chmod(scratch_folder, 0700);
}

enum { NO_MOUNTS = 77 };

/* What opening for reading gives where the folder is mounted read-only. */
static int on_readonly_medium(const char *path)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        struct store *store = NULL;
        struct im_error err = {0};
        uint64_t version = 0;

        if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) != 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount(scratch_folder, scratch_folder, NULL, MS_BIND, NULL) != 0 ||
            mount(NULL, scratch_folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
            _exit(NO_MOUNTS);
        enum im_code rc = store_open(path, STORE_READ, &store, &err);
        if (!rc)
            rc = store_data_version(store, &version, &err);
        if (rc && !strstr(err.msg, "-wal"))
            _exit(90);
        _exit((int)rc);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(on_a_readonly_medium_a_finished_database_can_be_read)
{
    const char *path = made("medium.db");
    int code = on_readonly_medium(path);

    if (code == NO_MOUNTS)
        skip(); /* needs the right to mount, which a container may lack */
    assert_int_equal(code, IM_OK);
    /* a writer that is still at work leaves a -wal file, which cannot be merged there
     */
    struct store *writer = fixture_open(path, STORE_WRITE);
    fixture_put(writer,
                fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL),
                "");
    assert_int_equal(on_readonly_medium(path), IM_EENV);
    store_close(writer);
}

/* A child that is killed while the pages of an unfinished transaction are on the disk.
 */
static void kill_a_writer(const char *path, const char *journal_mode)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        char sql[400];
        sqlite3 *db = NULL;

        snprintf(sql, sizeof sql,
                 "PRAGMA journal_mode=%s; PRAGMA cache_size=1; BEGIN;"
                 "UPDATE innomap_meta SET value='777' WHERE key='data_version';"
                 "CREATE TABLE spill (x); INSERT INTO spill WITH RECURSIVE n(i) AS"
                 " (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000)"
                 " SELECT randomblob(100) FROM n",
                 journal_mode);
        if (sqlite3_open(path, &db) != SQLITE_OK ||
            sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
            _exit(1);
        raise(SIGKILL);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
}

static void reads_version_0(const char *path)
{
    struct store *store = fixture_open(path, STORE_READ);
    struct im_error err = {0};
    uint64_t version = 777;

    if (store_data_version(store, &version, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(version, 0);
    store_close(store);
}

TEST(a_reader_recovers_what_a_killed_writer_left)
{
    const char *path = made("killed.db");

    kill_a_writer(path, "DELETE");
    reads_version_0(path);
    kill_a_writer(path, "WAL");
    reads_version_0(path);
    /* as after the machine went down: the -shm file is gone, the -wal is not */
    kill_a_writer(path, "WAL");
    unlink(scratch_path("killed.db-shm"));
    reads_version_0(path);
}

TEST(a_reader_cannot_change_anything)
{
    struct store *store = fixture_open(made("reader.db"), STORE_READ);

    assert_int_equal(
        sqlite3_exec(store_db(store), "DELETE FROM innomap_meta", NULL, NULL, NULL),
        SQLITE_READONLY);
    store_close(store);
}

TEST(a_locked_database_says_wait)
{
    const char *path = made("locked.db");
    struct store *store = fixture_open(path, STORE_WRITE);
    sqlite3 *other = NULL;
    struct im_error err;

    sqlite3_open(path, &other);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), 0);
    sqlite3_busy_timeout(store_db(store), 10);
    assert_int_equal(store_begin(store, &err), IM_EBUSY);
    assert_non_null(strstr(err.msg, "wait"));
    /* readers are not kept out by a writer */
    store_close(fixture_open(path, STORE_READ));
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    assert_int_equal(store_begin(store, &err), IM_OK);
    store_rollback(store);
    sqlite3_close(other);
    store_close(store);
}

/* takes the 5 s that a store waits */
TEST(a_database_locked_as_a_whole_cannot_be_opened)
{
    const char *path = made("exclusive.db");
    sqlite3 *other = NULL;

    sqlite3_open(path, &other);
    assert_int_equal(sqlite3_exec(other,
                                  "PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; "
                                  "UPDATE innomap_meta SET value = value; COMMIT",
                                  NULL, NULL, NULL),
                     0);
    refused(path, STORE_READ, IM_EBUSY, "wait");
    sqlite3_close(other);
}

static uint64_t version_of(struct store *store)
{
    struct im_error err;
    uint64_t version = 0;

    assert_int_equal(store_data_version(store, &version, &err), IM_OK);
    return version;
}

TEST(putting_a_layer_twice_changes_nothing)
{
    struct store *store = fixture_open(made("put.db"), STORE_WRITE);
    const char *definition =
        fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL);

    assert_true(fixture_put(store, definition, "{}"));
    assert_int_equal(version_of(store), 1);
    assert_false(fixture_put(store, definition, "{}"));
    assert_int_equal(version_of(store), 1);
    assert_true(fixture_put(store, definition, "{\"layers\":[]}"));
    assert_int_equal(version_of(store), 2);
    assert_int_equal(fixture_number(store, "SELECT version FROM innomap_layers"), 2);
    store_close(store);
}

static enum im_code
put(struct store *store, const char *definition, struct im_error *err)
{
    struct im_arena *arena = im_arena_new(16 << 20);
    const struct layer_schema *schema = NULL;
    bool changed;

    assert_int_equal(schema_parse(im_bytes_of(definition), arena, &schema, err), IM_OK);
    assert_int_equal(store_begin(store, err), IM_OK);
    enum im_code rc = store_put_layer(store, schema, im_bytes_of(definition),
                                      im_bytes_of(""), &changed, err);
    if (rc)
        store_rollback(store);
    else
        assert_int_equal(store_commit(store, err), IM_OK);
    im_arena_free(arena);
    return rc;
}

TEST(columns_are_added_and_never_dropped_or_retyped)
{
    static const char one[] = "{\"name\":\"id\",\"title\":{\"zh\":\"a\",\"en\":\"a\"},"
                              "\"type\":\"text\",\"required\":true}";
    static const char other[] =
        "{\"name\":\"id\",\"title\":{\"zh\":\"a\",\"en\":\"a\"},"
        "\"type\":\"text\",\"required\":true},"
        "{\"name\":\"year\",\"title\":{\"zh\":\"a\",\"en\":"
        "\"a\"},\"type\":\"text\"}";
    struct store *store = fixture_open(made("columns.db"), STORE_WRITE);
    struct im_error err;

    fixture_put(store, fixture_definition("parks", "point", "places", one, NULL), "");
    assert_int_equal(
        put(store, fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL),
            &err),
        IM_OK);
    assert_int_equal(
        fixture_number(store, "SELECT count(*) FROM pragma_table_info('parks')"), 8);
    assert_int_equal(
        put(store, fixture_definition("parks", "point", "places", one, NULL), &err),
        IM_OK);
    assert_int_equal(
        fixture_number(store, "SELECT count(*) FROM pragma_table_info('parks')"), 8);
    assert_int_equal(
        put(store, fixture_definition("parks", "point", "places", other, NULL), &err),
        IM_EDATA);
    assert_non_null(strstr(err.msg, "'year' is INTEGER"));
    assert_int_equal(
        put(store, fixture_definition("parks", "area", "places", one, NULL), &err),
        IM_EDATA);
    assert_non_null(strstr(err.msg, "kind of geometry"));
    store_close(store);
}

TEST(names_that_belong_to_the_database_are_refused)
{
    static const char fid[] = "{\"name\":\"id\",\"title\":{\"zh\":\"a\",\"en\":\"a\"},"
                              "\"type\":\"text\",\"required\":true}";
    struct store *store = fixture_open(made("names.db"), STORE_WRITE);
    struct im_arena *arena = im_arena_new(1 << 20);
    struct im_error err;
    bool changed;
    struct schema_field field = {.name = "geom", .type = FIELD_TEXT};
    struct layer_schema schema = {
        .id = "parks", .geometry = SCHEMA_POINT, .fields = &field, .n_fields = 1};
    struct im_bytes json =
        im_bytes_of(fixture_definition("parks", "point", "places", fid, NULL));

    assert_int_equal(store_begin(store, &err), IM_OK);
    assert_int_equal(
        store_put_layer(store, &schema, json, im_bytes_of(""), &changed, &err),
        IM_EDATA);
    field.name = "id";
    schema.id = "innomap_runs";
    assert_int_equal(
        store_put_layer(store, &schema, json, im_bytes_of(""), &changed, &err),
        IM_EDATA);
    schema.id = "spatial_ref_sys";
    assert_int_equal(
        store_put_layer(store, &schema, json, im_bytes_of(""), &changed, &err),
        IM_EDATA);
    assert_non_null(strstr(err.msg, "another table"));
    store_rollback(store);
    im_arena_free(arena);
    store_close(store);
}

/* Three rows, of which one has no position, with values of each type. */
static struct store *with_rows(const char *name)
{
    struct store *store = fixture_open(made(name), STORE_WRITE);

    fixture_put(store,
                fixture_definition("parks", "point", "places", FIXTURE_FIELDS, NULL),
                "{\"layers\":[]}");
    assert_int_equal(
        sqlite3_exec(store_db(store),
                     "INSERT INTO parks(id, name_zh, year, area_km2, geom) VALUES "
                     "('A', '张江', 1992, 3, MakePoint(121.6, 31.2, 4326)), "
                     "('B', '紫竹', NULL, 0.5, MakePoint(121.45, 31.02, 4326)), "
                     "('C', '无', NULL, NULL, NULL)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    return store;
}

TEST(the_scan_gives_typed_values_and_positions_in_the_order_of_the_schema)
{
    struct store *store = with_rows("scan.db");
    struct feature_source source = store_source(store);
    struct im_arena *arena = im_arena_new(1 << 20);
    const struct source_layer *layers = NULL;
    struct source_cursor *cursor = NULL;
    struct source_feature f;
    struct im_error err;
    uint64_t version = 0;
    size_t n = 0;
    bool more = false;

    assert_int_equal(source.describe(source.self, arena, &layers, &n, &version, &err),
                     IM_OK);
    assert_int_equal(n, 1);
    assert_string_equal(layers[0].id, "parks");
    assert_string_equal(layers[0].style_json, "{\"layers\":[]}");
    assert_int_equal(layers[0].n_features, 3);
    assert_int_equal(strlen(layers[0].changed_at), 20);
    assert_int_equal(version, 1);
    assert_int_equal(source.open(source.self, "parks", &cursor, &err), IM_OK);
    assert_int_equal(source.next(cursor, &f, &more, &err), IM_OK);
    assert_true(more);
    assert_int_equal(f.values[0].kind, SOURCE_TEXT);
    assert_true(im_bytes_equal(f.values[1].text, im_bytes_of("张江")));
    assert_int_equal(f.values[4].kind, SOURCE_INTEGER);
    assert_int_equal(f.values[4].integer, 1992);
    assert_int_equal(f.values[5].kind, SOURCE_REAL);
    assert_true(f.values[5].real == 3);
    assert_int_equal(f.geom.kind, GEOM_POINT);
    assert_true(f.geom.lonlat[0] == 121.6 && f.geom.lonlat[1] == 31.2);
    assert_int_equal(source.next(cursor, &f, &more, &err), IM_OK);
    assert_int_equal(f.values[4].kind, SOURCE_NULL);
    assert_int_equal(source.next(cursor, &f, &more, &err), IM_OK);
    assert_int_equal(f.geom.kind, GEOM_EMPTY);
    assert_int_equal(source.next(cursor, &f, &more, &err), IM_OK);
    assert_false(more);
    source.close(cursor);
    assert_int_equal(source.open(source.self, "nowhere", &cursor, &err), IM_ENOTFOUND);
    source.close(NULL);
    im_arena_free(arena);
    store_close(store);
}

static enum im_code first_row(struct store *store, struct im_error *err)
{
    struct feature_source source = store_source(store);
    struct source_cursor *cursor = NULL;
    struct source_feature f;
    bool more;

    assert_int_equal(source.open(source.self, "parks", &cursor, err), IM_OK);
    enum im_code rc = source.next(cursor, &f, &more, err);
    source.close(cursor);
    return rc;
}

TEST(values_that_other_programs_left_in_a_wrong_type_are_named)
{
    struct store *store = with_rows("types.db");
    struct im_error err;

    sqlite3_exec(store_db(store), "UPDATE parks SET year = 'soon'", NULL, NULL, NULL);
    assert_int_equal(first_row(store, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, "layer 'parks', row 1: field 'year'"));
    sqlite3_exec(store_db(store),
                 "UPDATE parks SET year = NULL, name_zh = CAST(x'ff' AS TEXT)", NULL,
                 NULL, NULL);
    assert_int_equal(first_row(store, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, "'name_zh'"));
    store_close(store);
}

/* What describe saw stays, until the next describe or question for the version. */
TEST(a_scan_sees_one_version)
{
    struct store *writer = with_rows("version.db");
    struct store *reader = fixture_open(store_path(writer), STORE_READ);
    struct feature_source source = store_source(reader);
    struct im_arena *arena = im_arena_new(1 << 20);
    const struct source_layer *layers;
    struct source_cursor *cursor = NULL;
    struct source_feature f;
    struct im_error err;
    uint64_t version;
    size_t n;
    bool more = true;
    int rows = 0;

    source.describe(source.self, arena, &layers, &n, &version, &err);
    assert_int_equal(store_begin(writer, &err), IM_OK);
    sqlite3_exec(store_db(writer), "DELETE FROM parks", NULL, NULL, NULL);
    assert_int_equal(store_touch_layer(writer, "parks", &err), IM_OK);
    assert_int_equal(store_commit(writer, &err), IM_OK);
    assert_int_equal(source.open(source.self, "parks", &cursor, &err), IM_OK);
    while (source.next(cursor, &f, &more, &err) == IM_OK && more)
        rows++;
    assert_int_equal(rows, 3);
    source.close(cursor);
    assert_int_equal(version_of(reader), version + 1);
    source.describe(source.self, arena, &layers, &n, &version, &err);
    assert_int_equal(layers[0].n_features, 0);
    im_arena_free(arena);
    store_close(reader);
    store_close(writer);
}

TEST(other_programs_open_it_as_an_ordinary_spatialite_database)
{
    struct store *store = with_rows("ordinary.db");
    const char *path = store_path(store);

    assert_int_equal(fixture_number(store, "SELECT CheckSpatialIndex()"), 1);
    assert_int_equal(fixture_number(store, "SELECT CheckSpatialMetaData()"), 3);
    assert_int_equal(
        fixture_number(
            store, "SELECT count(*) FROM parks WHERE ST_Within(geom, "
                   "BuildMbr(121.5, 31, 122, 32, 4326)) AND rowid IN (SELECT rowid "
                   "FROM SpatialIndex WHERE f_table_name = 'parks' AND search_frame "
                   "= BuildMbr(121.5, 31, 122, 32, 4326))"),
        1);
    GDALAllRegister();
    GDALDatasetH set =
        GDALOpenEx(path, GDAL_OF_VECTOR, (const char *[]){"SQLite", NULL}, NULL, NULL);
    assert_non_null(set);
    assert_int_equal(GDALDatasetGetLayerCount(set), 1);
    OGRLayerH layer = GDALDatasetGetLayer(set, 0);
    assert_string_equal(OGR_L_GetName(layer), "parks");
    assert_int_equal(OGR_L_GetGeomType(layer), wkbPoint);
    assert_string_equal(OGR_L_GetFIDColumn(layer), "fid");
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 3);
    GDALClose(set);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_database_is_named_with_the_way_to_make_it),
        cmocka_unit_test(names_of_databases_in_memory_are_refused),
        cmocka_unit_test(a_damaged_page_is_found),
        cmocka_unit_test(what_is_no_database_is_refused),
        cmocka_unit_test(an_empty_file_may_become_a_database),
        cmocka_unit_test(a_database_of_another_program_is_refused_and_left_alone),
        cmocka_unit_test(a_database_without_tables_is_told_apart),
        cmocka_unit_test(a_newer_schema_asks_for_a_newer_program),
        cmocka_unit_test(a_damaged_database_is_refused),
        cmocka_unit_test(without_permission_the_answer_says_so),
        cmocka_unit_test(on_a_readonly_medium_a_finished_database_can_be_read),
        cmocka_unit_test(a_reader_recovers_what_a_killed_writer_left),
        cmocka_unit_test(a_reader_cannot_change_anything),
        cmocka_unit_test(a_locked_database_says_wait),
        cmocka_unit_test(a_database_locked_as_a_whole_cannot_be_opened),
        cmocka_unit_test(putting_a_layer_twice_changes_nothing),
        cmocka_unit_test(columns_are_added_and_never_dropped_or_retyped),
        cmocka_unit_test(names_that_belong_to_the_database_are_refused),
        cmocka_unit_test(
            the_scan_gives_typed_values_and_positions_in_the_order_of_the_schema),
        cmocka_unit_test(values_that_other_programs_left_in_a_wrong_type_are_named),
        cmocka_unit_test(a_scan_sees_one_version),
        cmocka_unit_test(other_programs_open_it_as_an_ordinary_spatialite_database),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
