/* SPDX-License-Identifier: Apache-2.0 */
/* Refused rows written as CSV, mended as a person would, imported again. */
#include "made.h"

#include "layers/fixture.h"

#include <import/import.h>
#include <layers/sql.h>

static struct store *open_store(const char *name, const char *geometry)
{
    struct store *store = NULL;
    struct im_error err = {0};

    if (store_open(scratch_path(name), STORE_CREATE, &store, &err))
        fail_msg("%s", err.msg);
    fixture_put(store,
                fixture_definition("places", geometry, "places", FIXTURE_FIELDS, NULL),
                "{\"layers\":[]}");
    return store;
}

/* Imports a file and writes what was refused. */
static struct import_counts import(struct store *store,
                                   const char *path,
                                   const struct import_options *options,
                                   const char *refused)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct import_report report = {.layer_id = NULL};
    struct import_counts counts;
    struct im_error err = {0};

    if (import_file(store, path, options, arena, &report, &err))
        print_message("%s\n", err.msg);
    counts = report.counts;
    if (refused &&
        import_report_write(&report, scratch_path(refused), "zh", &err) != IM_OK)
        fail_msg("%s", err.msg);
    import_report_release(&report);
    im_arena_free(arena);
    return counts;
}

/* The file with `from` replaced by `to`, in a file called `name`. */
static const char *
mended(const char *path, const char *from, const char *to, const char *name)
{
    size_t len = 0;
    char *text = made_read(scratch_path(path), &len);
    char *at = strstr(text, from);
    struct im_buf out = {.max = 1 << 20};

    if (!at)
        fail_msg("'%s' is not in '%s'", from, text);
    im_buf_append(&out, text, (size_t)(at - text));
    im_buf_text(&out, to);
    im_buf_text(&out, at + strlen(from));
    const char *written = scratch_write(name, out.data, out.len);
    im_buf_release(&out);
    free(text);
    return written;
}

static void assert_text(struct store *store, const char *sql, const char *expected)
{
    sqlite3_stmt *stmt = NULL;
    struct im_error err = {0};
    bool row = false;

    assert_int_equal(sql_prepare(store_db(store), &stmt, &err, "%s", sql), IM_OK);
    assert_int_equal(sql_step(stmt, &row, &err), IM_OK);
    assert_true(row);
    assert_string_equal(sql_text(stmt, 0), expected);
    sqlite3_finalize(stmt);
}

TEST(a_mended_row_is_stored_as_it_was_written_first)
{
    struct store *store = open_store("mend.db", "point");
    struct import_options options = {.layer_id = "places", .keep_extra = true};
    const char *list = scratch_text("list.csv", "编号,名称,年份,建议,经度,纬度\n"
                                                "A1,甲,2001,好,121.5,31.2\n"
                                                "A2,=1+1 中心,2002,'@好,221.5,31.2\n");
    struct import_counts counts = import(store, list, &options, "refused.csv");

    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.refused, 1);
    const char *again = mended("refused.csv", "221.5", "121.6", "again.csv");
    counts = import(store, again, &options, NULL);
    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.refused, 0);
    assert_text(store, "SELECT name_zh FROM places WHERE id = 'A2'", "=1+1 中心");
    /* the file's own 建议 came in as an extra field, ours did not */
    assert_text(store, "SELECT extra_1 FROM places WHERE id = 'A2'", "'@好");
    assert_text(store,
                "SELECT count(*) FROM pragma_table_info('places') WHERE name "
                "LIKE 'extra%'",
                "1");
    store_close(store);
}

TEST(the_shape_of_a_refused_row_goes_out_and_comes_back)
{
    struct store *store = open_store("shape.db", "area");
    struct import_options options = {.layer_id = "places"};
    const char *drawn = scratch_text(
        "drawn.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":["
        "{\"type\":\"Feature\",\"properties\":{\"id\":\"A1\",\"name_zh\":\"甲\"},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[121.1,31],"
        "[121.1,31.1],[121,31]]]}},"
        "{\"type\":\"Feature\",\"properties\":{\"id\":\"A2\",\"name_zh\":\"乙\"},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[121.2,31],[121.4,31.2],"
        "[121.4,31],[121.2,31.2],[121.2,31]]]}}]}");
    struct import_counts counts = import(store, drawn, &options, "shapes.csv");

    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.refused, 1);
    const char *again =
        mended("shapes.csv",
               "POLYGON ((121.2 31, 121.4 31.2, 121.4 31, 121.2 31.2, 121.2 31))",
               "POLYGON ((121.2 31, 121.4 31, 121.4 31.2, 121.2 31.2, 121.2 31))",
               "again2.csv");
    counts = import(store, again, &options, NULL);
    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.refused, 0);
    assert_text(store, "SELECT AsText(geom) FROM places WHERE id = 'A2'",
                "MULTIPOLYGON(((121.2 31, 121.4 31, 121.4 31.2, 121.2 31.2, 121.2 "
                "31)))");
    store_close(store);
}

TEST(a_row_that_is_still_wrong_goes_out_again_as_it_came_first)
{
    struct store *store = open_store("twice.db", "point");
    struct import_options options = {.layer_id = "places"};
    const char *list = scratch_text("bad.csv", "编号,名称,备注,经度,纬度\n"
                                               "A2,-甲,=a,0,0\nA1,乙,,121.5,31.2\n");
    size_t len = 0;

    import(store, list, &options, "once.csv");
    import(store, scratch_path("once.csv"), &options, "twice.csv");
    char *once = made_read(scratch_path("once.csv"), &len);
    char *twice = made_read(scratch_path("twice.csv"), &len);
    assert_non_null(strstr(once, "A2,\"'-甲\",\"'=a\",0,0,1,"));
    assert_string_equal(once, twice);
    free(once);
    free(twice);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mended_row_is_stored_as_it_was_written_first),
        cmocka_unit_test(the_shape_of_a_refused_row_goes_out_and_comes_back),
        cmocka_unit_test(a_row_that_is_still_wrong_goes_out_again_as_it_came_first)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
