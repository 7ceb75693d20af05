/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/cmd_import.c and layers/cmd_layers.c: what people type and read. */
#include <test.h>

#include "layers/fixture.h"
#include "typed.h"
#include <engine/cli.h>
#include <scratch.h>

#include <jansson.h>
#include <sys/stat.h>

static const char *definition(void)
{
    return scratch_text("layer.json", fixture_definition("parks", "point", "places",
                                                         FIXTURE_FIELDS, NULL));
}

static const char *three(void)
{
    return scratch_text("three.csv", "id,name_zh,year,lon,lat,电话\nA,张江,1992,121.6,"
                                     "31.2,1\nB,紫竹,x,121.4,31,2\nC,无名,,,,\n");
}

TEST(wrong_usage_is_one_sentence_and_exit_2)
{
    assert_int_equal(IMPORT("a.csv", "--layr", "parks"), 2);
    assert_warned("did you mean --layer?");
    assert_int_equal(IMPORT("a.csv", "--layer"), 2);
    assert_warned("--layer needs a value");
    assert_int_equal(IMPORT("--layer", "parks"), 2);
    assert_warned("name the file");
    assert_int_equal(IMPORT("a.csv"), 2);
    assert_warned("--layer");
    assert_int_equal(IMPORT("--shipped", "layers", "--replace"), 2);
    assert_warned("--shipped goes with");
    assert_int_equal(IMPORT("a.csv", "b.csv", "--layer", "parks", "--replace"), 2);
    assert_warned("one file at a time");
    assert_int_equal(IMPORT("a.csv", "--layer", "parks", "--report", "a.pdf"), 2);
    assert_warned("'a.pdf' ends in none of them");
    assert_int_equal(IMPORT("a.csv", "b.csv", "--layer", "parks", "--report", "a.json"),
                     2);
    assert_warned("one file at a time");
    assert_int_equal(IMPORT("a.csv", "--layer", "parks", "--lang", "fr"), 2);
    assert_warned("zh or en");
    assert_int_equal(IMPORT("a.csv", "--layr", "parks", "--lang", "zh"), 2);
    assert_warned("您要的是 --layer 吗");
    assert_int_equal(LAYERS("parks"), 2);
    assert_int_equal(LAYERS("--jsn"), 2);
    assert_warned("--json");
}

TEST(help_teaches_in_both_languages)
{
    assert_int_equal(IMPORT("--help", "--lang", "en"), 0);
    assert_said("Examples");
    assert_said("--dry-run");
    assert_int_equal(IMPORT("--help", "--lang", "zh"), 0);
    assert_said("示例");
    assert_int_equal(LAYERS("--help", "--lang=zh"), 0);
    assert_said("示例");
}

TEST(a_dry_run_makes_no_database)
{
    const char *db = scratch_path("dry.db");
    struct stat info;

    assert_int_equal(IMPORT(three(), "--definition", definition(), "--db", db,
                            "--unplaced", "keep", "--dry-run"),
                     0);
    assert_said("2 added");
    assert_said("not written");
    assert_int_not_equal(stat(db, &info), 0);
}

TEST(a_file_is_taken_and_its_bad_rows_are_listed)
{
    const char *db = scratch_path("cmd.db");

    assert_int_equal(
        IMPORT(three(), "--definition", definition(), "--db", db, "--unplaced", "keep"),
        0);
    assert_said("three.csv: 3 rows read, 2 added, 1 refused, 1 without a position");
    assert_said("three.csv, row 2, year 'x': not a year");
    assert_said("personal data, not stored: 电话");
    assert_int_equal(IMPORT(three(), "--layer", "parks", "--db", db, "--unplaced",
                            "keep", "--lang", "zh"),
                     0);
    assert_said("未变 2");
    assert_said("第 2 行，year “x”：不是年份");
}

TEST(refusals_and_surroundings_have_their_exit_codes)
{
    const char *db = scratch_path("codes.db");
    const char *bad = scratch_text("bad.csv", "id,name_zh,lon,lat\nA,x,0,0\n");

    assert_int_equal(IMPORT(three(), "--definition", definition(), "--db", db), 0);
    assert_int_equal(IMPORT(bad, "--layer", "parks", "--db", db), 1);
    assert_warned("none of the 1 rows");
    assert_int_equal(IMPORT(scratch_path("none.csv"), "--layer", "parks", "--db", db),
                     1);
    assert_int_equal(IMPORT(three(), "--layer", "nowhere", "--db", db), 1);
    assert_warned("choose one of: parks");
    assert_int_equal(IMPORT(three(), "--layer", "parks", "--db", db, "--crs", "X"), 2);
    const char *style = scratch_text("style.json", "{\"layers\": [\n}");
    assert_int_equal(IMPORT(three(), "--layer", "parks", "--db", db, "--style", style),
                     1);
    assert_warned("line 2");
    style = scratch_text("style.json", "[]");
    assert_int_equal(IMPORT(three(), "--layer", "parks", "--db", db, "--style", style),
                     1);
    assert_warned("\"layers\"");
    assert_int_equal(IMPORT(three(), "--layer", "parks", "--db", scratch_folder), 3);
    assert_warned("a folder");
    assert_int_equal(LAYERS("--db", scratch_path("none.db")), 3);
    assert_warned("innomap import");
}

TEST(layers_lists_counts_versions_and_dates)
{
    const char *db = scratch_path("list.db");

    IMPORT(three(), "--definition", definition(), "--db", db, "--unplaced", "keep");
    assert_int_equal(LAYERS("--db", db, "--lang", "zh"), 0);
    assert_said("parks");
    assert_said("试验");
    assert_said("2026-11");
    assert_int_equal(LAYERS("--db", db, "--json", "--lang", "en"), 0);
    json_t *root = json_loads(said, JSON_REJECT_DUPLICATES, NULL);
    const json_t *layer = json_array_get(json_object_get(root, "layers"), 0);
    assert_string_equal(json_string_value(json_object_get(layer, "id")), "parks");
    assert_string_equal(json_string_value(json_object_get(layer, "title")), "Trial");
    assert_int_equal(json_integer_value(json_object_get(layer, "count")), 2);
    assert_int_equal(json_integer_value(json_object_get(layer, "placed")), 1);
    assert_int_equal(json_integer_value(json_object_get(layer, "version")), 1);
    assert_int_equal(json_integer_value(json_object_get(root, "data_version")), 1);
    json_decref(root);
}

static int in_english(void **state)
{
    setenv("LC_ALL", "C", 1);
    return scratch_make(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_usage_is_one_sentence_and_exit_2),
        cmocka_unit_test(help_teaches_in_both_languages),
        cmocka_unit_test(a_dry_run_makes_no_database),
        cmocka_unit_test(a_file_is_taken_and_its_bad_rows_are_listed),
        cmocka_unit_test(refusals_and_surroundings_have_their_exit_codes),
        cmocka_unit_test(layers_lists_counts_versions_and_dates),
    };
    return cmocka_run_group_tests(tests, in_english, scratch_remove);
}
