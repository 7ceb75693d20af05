/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#include <jansson.h>

static json_t *parsed(struct made *m, const char *lang)
{
    char *text = made_write(m, "report.json", lang);
    json_error_t where;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &where);

    if (!root)
        fprintf(stderr, "%s at %d\n", where.text, where.position);
    assert_non_null(root);
    free(text);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    return text;
}

static int64_t number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

TEST(the_counts_come_first_and_add_up)
{
    struct made m;

    made_init(&m);
    made_fill(&m);
    char *text = made_write(&m, "first.json", "zh");
    assert_memory_equal(text,
                        "{\"read\":9,\"added\":3,\"changed\":1,\"unchanged\":1,"
                        "\"gone\":1,\"refused\":3,\"repaired\":1,\"unplaced\":1,"
                        "\"skipped\":1,",
                        90);
    free(text);
    json_t *root = parsed(&m, "zh");
    assert_int_equal(number_of(root, "read"),
                     number_of(root, "added") + number_of(root, "changed") +
                         number_of(root, "unchanged") + number_of(root, "refused") +
                         number_of(root, "skipped"));
    json_decref(root);
    made_release(&m);
}

TEST(each_refused_row_stands_once_with_its_further_faults_inside)
{
    struct made m;

    made_init(&m);
    made_fill(&m);
    json_t *root = parsed(&m, "en");
    const json_t *rows = json_object_get(root, "refused_rows");
    assert_int_equal(json_array_size(rows), number_of(root, "refused"));
    const json_t *row = json_array_get(rows, 0);
    assert_string_equal(text_of(row, "source"), "名单.xlsx");
    assert_string_equal(text_of(row, "sheet"), "名单");
    assert_int_equal(number_of(row, "row"), 5);
    assert_string_equal(text_of(row, "field"), "经度");
    assert_string_equal(text_of(row, "code"), "out_of_range");
    assert_non_null(strstr(text_of(row, "reason"), "no longitude"));
    assert_non_null(strstr(text_of(row, "reason_zh"), "不是经度"));
    assert_string_equal(text_of(row, "suggestion"), "=HYPERLINK(\"x\")");
    /* the direction mark is gone, all else is as it was */
    assert_string_equal(text_of(row, "value"), "<script>alert(1)</script>\"'& ]]>");
    const json_t *further = json_object_get(row, "further");
    assert_int_equal(json_array_size(further), 1);
    assert_string_equal(text_of(json_array_get(further, 0), "code"), "required");
    row = json_array_get(rows, 1);
    assert_int_equal(number_of(row, "row"), 8);
    assert_null(json_object_get(row, "further"));
    assert_string_equal(text_of(json_array_get(rows, 2), "code"), "duplicate_key");
    json_decref(root);
    made_release(&m);
}

TEST(the_other_kinds_have_lists_of_their_own)
{
    static const char *const lists[] = {"warnings",      "repaired_rows", "placed_rows",
                                        "unplaced_rows", "changes",       "gone_rows"};
    struct made m;

    made_init(&m);
    made_fill(&m);
    json_t *root = parsed(&m, "zh");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_int_equal(json_array_size(json_object_get(root, lists[i])), 1);
    const json_t *change = json_array_get(json_object_get(root, "changes"), 0);
    assert_string_equal(text_of(change, "value"), "市级");
    assert_string_equal(text_of(change, "after"), "国家级");
    assert_string_equal(text_of(change, "key"), "I1");
    json_decref(root);
    made_release(&m);
}

TEST(it_tells_where_the_rows_came_from_and_how_they_were_understood)
{
    struct made m;

    made_init(&m);
    json_t *root = parsed(&m, "zh");
    const json_t *lineage = json_object_get(root, "lineage");
    assert_string_equal(text_of(lineage, "layer"), "incubators");
    assert_string_equal(text_of(lineage, "mode"), "upsert");
    assert_string_equal(text_of(lineage, "driver"), "XLSX");
    assert_string_equal(text_of(lineage, "file_hash_xxh3"), "0123456789abcdef");
    assert_int_equal(number_of(lineage, "run_id"), 7);
    assert_string_equal(text_of(root, "crs"), "EPSG:4326");
    const json_t *mapping = json_object_get(root, "mapping");
    assert_int_equal(json_array_size(mapping), 4);
    assert_string_equal(text_of(json_array_get(mapping, 1), "how"), "personal");
    assert_int_equal(json_array_size(json_object_get(root, "notes")), 1);
    json_decref(root);
    made_release(&m);
}

TEST(a_report_of_nothing_is_json_too)
{
    struct made m = {.arena = im_arena_new(1 << 20)};

    json_t *root = parsed(&m, "zh");
    assert_int_equal(number_of(root, "read"), 0);
    assert_true(
        json_is_null(json_object_get(json_object_get(root, "lineage"), "run_id")));
    assert_int_equal(json_array_size(json_object_get(root, "refused_rows")), 0);
    json_decref(root);
    made_release(&m);
}

TEST(many_refused_rows_are_all_there)
{
    struct made m;

    made_init(&m);
    for (uint64_t row = 1; row <= 20000; row++)
        made_add(&m, (struct import_event){.kind = IMPORT_REFUSED, .row = row});
    json_t *root = parsed(&m, "en");
    assert_int_equal(json_array_size(json_object_get(root, "refused_rows")), 20000);
    json_decref(root);
    made_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_counts_come_first_and_add_up),
        cmocka_unit_test(each_refused_row_stands_once_with_its_further_faults_inside),
        cmocka_unit_test(the_other_kinds_have_lists_of_their_own),
        cmocka_unit_test(
            it_tells_where_the_rows_came_from_and_how_they_were_understood),
        cmocka_unit_test(a_report_of_nothing_is_json_too),
        cmocka_unit_test(many_refused_rows_are_all_there)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
