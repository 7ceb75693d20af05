/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/folder.c: a layer written as a folder comes back as it was. */
#include "../../layers/folder.h"

#include "fixture.h"
#include "scratch.h"
#include "test.h"

#include <import/import.h>
#include <layers/sql.h>

#include <dirent.h>
#include <sys/stat.h>

static struct store *open_store(const char *name)
{
    return fixture_open(scratch_path(name), STORE_CREATE);
}

static void take_note(void *ctx, const struct import_shipped_note *n)
{
    unsigned *bad = ctx;

    if (!n->report || n->report->counts.refused) {
        print_error("%s: %s\n", n->layer_id, n->why_en);
        ++*bad;
    }
}

static void import_folders(struct store *store, const char *directory)
{
    struct im_error err = {0};
    unsigned bad = 0;

    if (import_shipped(store, directory, NULL, take_note, &bad, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(bad, 0);
}

static void write_folder(struct store *store, const char *id, const char *directory)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_error err = {0};
    const char *path = NULL;

    if (folder_write(store, id, directory, arena, &path, &err))
        fail_msg("%s", err.msg);
    assert_non_null(strstr(path, id));
    im_arena_free(arena);
}

/* All rows but their fid, as one text; the caller frees it. */
static char *dump(struct store *store, const char *id)
{
    struct im_buf out = {.max = 64 << 20};
    struct im_error err = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    char order[80];

    snprintf(order, sizeof order, "SELECT * FROM \"%s\" ORDER BY 2", id);
    assert_int_equal(sql_prepare(store_db(store), &stmt, &err, "%s", order), IM_OK);
    while (sql_step(stmt, &row, &err) == IM_OK && row) {
        for (int i = 1; i < sqlite3_column_count(stmt); i++) {
            int n = sqlite3_column_bytes(stmt, i);
            const uint8_t *blob = sqlite3_column_blob(stmt, i);

            im_buf_printf(&out, "%s=", sqlite3_column_name(stmt, i));
            for (int k = 0; k < n; k++)
                im_buf_printf(&out, "%02x", blob[k]);
            im_buf_byte(&out, ' ');
        }
        im_buf_byte(&out, '\n');
    }
    sqlite3_finalize(stmt);
    im_buf_byte(&out, '\0');
    assert_false(out.failed);
    return (char *)out.data;
}

static void assert_same(struct store *a, struct store *b, const char *id)
{
    char *before = dump(a, id);
    char *after = dump(b, id);

    if (strcmp(before, after) != 0)
        fail_msg("layer %s differs", id);
    free(before);
    free(after);
}

TEST(every_shipped_layer_comes_back_as_it_was)
{
    struct store *first = open_store("first.db");
    struct store *second = open_store("second.db");
    char directory[200];
    size_t n = 0;
    DIR *layers = opendir(TEST_SOURCE_DIR "/layers");

    snprintf(directory, sizeof directory, "%s", scratch_path("all"));
    import_folders(first, TEST_SOURCE_DIR "/layers");
    assert_non_null(layers);
    for (struct dirent *entry; (entry = readdir(layers));) {
        char file[600];

        snprintf(file, sizeof file, TEST_SOURCE_DIR "/layers/%s/layer.json",
                 entry->d_name);
        if (entry->d_name[0] == '.' || access(file, F_OK) != 0)
            continue;
        write_folder(first, entry->d_name, directory);
        n++;
    }
    assert_true(n >= 10);
    import_folders(second, directory);
    rewinddir(layers);
    for (struct dirent *entry; (entry = readdir(layers));) {
        char file[600];

        snprintf(file, sizeof file, "%s/%s/layer.json", directory, entry->d_name);
        if (entry->d_name[0] != '.' && access(file, F_OK) == 0)
            assert_same(first, second, entry->d_name);
    }
    closedir(layers);
    store_close(first);
    store_close(second);
}

/* A layer with one row of each of these texts and geometries, put in by hand. */
static struct store *hostile_store(const char *name, const char *geometry)
{
    static const char *const texts[] = {"=1+1", "a,\"b\" c", "<script>", "a;b", "007",
                                        "-5",   "'quoted'",  "@尾巴",    NULL};
    struct store *store = open_store(name);
    struct im_error err = {0};

    fixture_put(store,
                fixture_definition("hostile", geometry, "places", FIXTURE_FIELDS, NULL),
                "{\"layers\":[]}");
    assert_int_equal(store_begin(store, &err), IM_OK);
    for (int i = 0; texts[i]; i++) {
        const char *point =
            "GeomFromText('POINT(121.12345678901234 31.000000001)', 4326)";
        const char *area = "GeomFromText('MULTIPOLYGON(((121 31, 122 31, 122 32, "
                           "121 31), (121.5 31.2, 121.6 31.3, 121.6 31.2, 121.5 "
                           "31.2)), ((120 31, 120.5 31, 120.5 31.5, 120 31)))', 4326)";
        const char *shape = i == 3                           ? "NULL"
                            : strcmp(geometry, "point") == 0 ? point
                                                             : area;

        if (sql_execf(store_db(store), &err,
                      "INSERT INTO hostile (id, name_zh, area_km2, year, geom) "
                      "VALUES ('K%d', %Q, 0.1 + %d / 3.0, %d, %s)",
                      i, texts[i], i, 2000 + i, shape))
            fail_msg("%s", err.msg);
    }
    assert_int_equal(store_touch_layer(store, "hostile", &err), IM_OK);
    assert_int_equal(store_commit(store, &err), IM_OK);
    return store;
}

static void assert_round_trip(const char *geometry, const char *prefix)
{
    char names[3][40];
    char directory[200];

    for (int i = 0; i < 3; i++)
        snprintf(names[i], sizeof names[i], "%s%d", prefix, i);
    struct store *first = hostile_store(names[0], geometry);
    struct store *second = open_store(names[1]);
    snprintf(directory, sizeof directory, "%s", scratch_path(names[2]));
    write_folder(first, "hostile", directory);
    import_folders(second, directory);
    assert_same(first, second, "hostile");
    store_close(first);
    store_close(second);
}

TEST(texts_that_mean_harm_come_back_and_never_stand_in_a_csv)
{
    char path[240];

    assert_round_trip("point", "points");
    snprintf(path, sizeof path, "%s/hostile/hostile.csv", scratch_path("points2"));
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/hostile/hostile.geojson", scratch_path("points2"));
    assert_int_equal(access(path, F_OK), 0);
}

TEST(areas_with_holes_and_several_parts_come_back)
{
    assert_round_trip("area", "areas");
}

TEST(a_folder_that_exists_is_left_alone)
{
    struct store *store = hostile_store("exists.db", "point");
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_error err = {0};
    const char *path = NULL;
    char directory[200];
    char file[240];
    struct stat info;

    snprintf(directory, sizeof directory, "%s", scratch_path("mine"));
    mkdir(directory, 0777);
    snprintf(file, sizeof file, "%s/hostile", directory);
    mkdir(file, 0777);
    assert_int_equal(folder_write(store, "hostile", directory, arena, &path, &err),
                     IM_EARG);
    assert_non_null(strstr(err.msg, "exists already"));
    assert_int_equal(folder_write(store, "nothing", directory, arena, &path, &err),
                     IM_ENOTFOUND);
    assert_non_null(strstr(err.msg_zh, "nothing"));
    assert_int_equal(rmdir(file), 0); /* still empty */
    assert_int_equal(stat(directory, &info), 0);
    assert_int_equal(rmdir(directory), 0); /* and nothing beside it */
    im_arena_free(arena);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_layer_comes_back_as_it_was),
        cmocka_unit_test(texts_that_mean_harm_come_back_and_never_stand_in_a_csv),
        cmocka_unit_test(areas_with_holes_and_several_parts_come_back),
        cmocka_unit_test(a_folder_that_exists_is_left_alone)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
