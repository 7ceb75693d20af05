/* SPDX-License-Identifier: Apache-2.0 */
/* Proves what people type: innomap layers history and prune, innomap import --undo,
 * innomap export. */
#include <test.h>

#include <layers/cmd_export.h>

#include "../typed.h"
#include "layers/fixture.h"
#include <scratch.h>

#include <jansson.h>

#define EXPORT(...) typed(cmd_export, (const char *[]){"export", __VA_ARGS__, NULL})

/* Runs 1 and 2 changed rows, 3 failed. */
static const char *with_runs(const char *name)
{
    const char *db = scratch_path(name);
    const char *definition =
        scratch_text("layer.json", fixture_definition("parks", "point", "places",
                                                      FIXTURE_FIELDS, NULL));

    assert_int_equal(
        IMPORT(scratch_text("a.csv", "id,name_zh,lon,lat\nA,甲,121,31\nB,乙,121,32\n"),
               "--definition", definition, "--db", db),
        0);
    assert_int_equal(IMPORT(scratch_text("b.csv", "id,name_zh,lon,lat\nA,丙,121,31\n"),
                            "--layer", "parks", "--db", db, "--replace"),
                     0);
    assert_int_equal(IMPORT(scratch_text("c.csv", "id,name_zh,lon,lat\nC,丁,999,31\n"),
                            "--layer", "parks", "--db", db),
                     1);
    return db;
}

TEST(history_tells_what_was_done_and_what_is_in_effect)
{
    const char *db = with_runs("history.db");

    assert_int_equal(LAYERS("history", "parks", "--db", db, "--lang", "en"), 0);
    assert_said("a.csv");
    assert_said("replace  b.csv");
    assert_said("1 read, 0 added, 1 changed, 1 gone, 0 refused");
    assert_said("in effect");
    assert_said("failed: ");
    assert_said("what was before takes");
    assert_int_equal(LAYERS("history", "parks", "--db", db, "--lang", "zh"), 0);
    assert_said("有效");
    assert_said("失败：");
    assert_int_equal(LAYERS("history", "nope", "--db", db), 1);
    assert_warned("no layer 'nope'");
    assert_int_equal(LAYERS("history", "--help", "--lang", "zh"), 0);
    assert_said("示例");
}

static json_t *run_at(json_t *root, size_t i)
{
    return json_array_get(json_object_get(root, "runs"), i);
}

TEST(history_as_json_has_all_of_it)
{
    const char *db = with_runs("json.db");
    json_error_t error;

    assert_int_equal(IMPORT("--undo", "2", "--db", db, "--quiet"), 0);
    assert_string_equal(said, "");
    assert_int_equal(LAYERS("history", "--db", db, "--json"), 0);
    json_t *root = json_loads(said, 0, &error);
    assert_int_equal(json_array_size(json_object_get(root, "runs")), 4);
    assert_int_equal(json_integer_value(json_object_get(run_at(root, 0), "undo_of")),
                     2);
    assert_string_equal(json_string_value(json_object_get(run_at(root, 1), "outcome")),
                        "failed");
    assert_int_equal(json_integer_value(json_object_get(run_at(root, 2), "undone_by")),
                     4);
    assert_true(json_is_false(json_object_get(run_at(root, 2), "in_effect")));
    assert_true(json_is_true(json_object_get(run_at(root, 3), "in_effect")));
    json_decref(root);
}

TEST(an_undo_says_how_to_go_back)
{
    const char *db = with_runs("undo.db");

    assert_int_equal(IMPORT("--undo", "1", "--db", db), 1);
    assert_warned("undo in this order: 2, 1");
    assert_int_equal(IMPORT("--undo", "2", "--db", db, "--lang", "en"), 0);
    assert_said("parks: import 2 of 'b.csv' is undone, 1 rows back, 1 as before");
    assert_said("--undo 4");
    assert_int_equal(IMPORT("--undo", "x", "--db", db), 2);
    assert_int_equal(IMPORT("--undo", "2", "a.csv", "--db", db), 2);
    assert_warned("--undo goes with");
    assert_int_equal(IMPORT("--undo", "2", "--db", scratch_path("none.db")), 3);
}

TEST(prune_reports_what_it_forgot)
{
    const char *db = with_runs("prune.db");

    assert_int_equal(LAYERS("prune", "parks", "--db", db), 2);
    assert_warned("--keep or --before");
    assert_int_equal(LAYERS("prune", "parks", "--keep", "-1", "--db", db), 2);
    assert_int_equal(LAYERS("prune", "parks", "--keep", "5", "--db", db), 0);
    assert_said("nothing to forget");
    assert_int_equal(LAYERS("prune", "parks", "--keep", "0", "--db", db), 0);
    assert_said("forgot what was before 2 imports");
    assert_int_equal(IMPORT("--undo", "2", "--db", db), 1);
    assert_warned("pruned");
}

TEST(export_goes_to_a_file_or_to_standard_output)
{
    const char *db = with_runs("export.db");
    const char *path = scratch_path("parks.csv");

    assert_int_equal(EXPORT("--layer", "parks", "-", "--db", db), 0);
    assert_said("\"innomap_export\"");
    assert_said("丙");
    assert_warned("parks: 1 rows");
    assert_int_equal(EXPORT("--layer", "parks", "--as-of", "1", path, "--db", db), 0);
    assert_said("parks: 2 rows");
    assert_int_equal(EXPORT("--layer", "parks", path, "--db", db), 2);
    assert_warned("--overwrite");
    assert_int_equal(EXPORT("--layer", "parks", scratch_path("x.doc"), "--db", db), 2);
    assert_warned("--format");
    assert_int_equal(
        EXPORT("--layer", "parks", "--format", "geojson", "--bom", "-", "--db", db), 2);
    assert_int_equal(
        EXPORT("--layer", "parks", "--as-of", "yesterday", "-", "--db", db), 2);
    assert_int_equal(EXPORT("-"), 2);
    assert_int_equal(EXPORT("--help", "--lang", "en"), 0);
    assert_said("Examples");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_tells_what_was_done_and_what_is_in_effect),
        cmocka_unit_test(history_as_json_has_all_of_it),
        cmocka_unit_test(an_undo_says_how_to_go_back),
        cmocka_unit_test(prune_reports_what_it_forgot),
        cmocka_unit_test(export_goes_to_a_file_or_to_standard_output),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
