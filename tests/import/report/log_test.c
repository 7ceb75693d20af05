/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

struct seen {
    size_t n;
    size_t stop_at;
    uint64_t last_row;
    char value[400];
    char name[400];
    char cells[4][64];
    bool has_cells;
};

static bool see(void *ctx, const struct import_event *e)
{
    struct seen *seen = ctx;

    seen->last_row = e->row;
    snprintf(seen->value, sizeof seen->value, "%s", e->value);
    snprintf(seen->name, sizeof seen->name, "%s", e->name);
    seen->has_cells = e->cells != NULL;
    for (size_t i = 0; e->cells && i < 4; i++)
        snprintf(seen->cells[i], sizeof seen->cells[i], "%s", e->cells[i]);
    return ++seen->n != seen->stop_at;
}

TEST(events_come_back_in_the_order_of_their_making)
{
    struct made m;
    struct im_error err = {0};
    struct seen seen = {0};

    made_init(&m);
    for (uint64_t row = 1; row <= 5000; row++)
        made_add(&m, (struct import_event){.kind = IMPORT_WARNED, .row = row});
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_int_equal(seen.n, 5000);
    assert_int_equal(seen.last_row, 5000);
    assert_int_equal(m.report.events[IMPORT_WARNED], 5000);
    made_release(&m);
}

TEST(only_the_first_hundred_are_kept_in_memory_and_only_what_a_terminal_shows)
{
    struct made m;

    made_init(&m);
    made_add(&m, (struct import_event){.kind = IMPORT_PLACED, .row = 1});
    made_add(&m, (struct import_event){.kind = IMPORT_CHANGED, .row = 2});
    for (uint64_t row = 3; row < 300; row++)
        made_add(&m, (struct import_event){
                         .kind = IMPORT_REFUSED, .row = row, .reason_zh = "坏"});
    assert_int_equal(m.report.n_first, IMPORT_MAX_FIRST / 4);
    /* many of one kind do not hide the others */
    for (uint64_t row = 300; row < 600; row++)
        made_add(&m, (struct import_event){.kind = row % 3   ? IMPORT_WARNED
                                                   : row % 2 ? IMPORT_REPAIRED
                                                             : IMPORT_UNPLACED,
                                           .row = row});
    assert_int_equal(m.report.n_first, IMPORT_MAX_FIRST);
    assert_int_equal(m.report.first[0].row, 3);
    assert_string_equal(m.report.first[0].reason_zh, "坏");
    assert_string_equal(m.report.first[0].suggestion_en, "");
    assert_string_equal(m.report.first[0].source, "名单.xlsx");
    made_release(&m);
}

TEST(a_reader_may_stop_and_more_events_may_follow)
{
    struct made m;
    struct im_error err = {0};
    struct seen seen = {.stop_at = 1};

    made_init(&m);
    made_add(&m, (struct import_event){.kind = IMPORT_WARNED, .row = 1});
    made_add(&m, (struct import_event){.kind = IMPORT_WARNED, .row = 2});
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_int_equal(seen.n, 1);
    made_add(&m, (struct import_event){.kind = IMPORT_WARNED, .row = 3});
    seen = (struct seen){0};
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.last_row, 3);
    made_release(&m);
}

TEST(a_long_value_is_cut_at_a_character_and_says_so)
{
    struct made m;
    struct im_error err = {0};
    struct seen seen = {0};
    char value[4000] = "";

    for (size_t i = 0; i < 1000; i++)
        memcpy(value + 3 * i, "张", 4);
    made_init(&m);
    made_add(&m, (struct import_event){.kind = IMPORT_WARNED, .value = value});
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_in_range(strlen(seen.value), 190, 200);
    assert_true(im_utf8_valid(im_bytes_of(seen.value)));
    assert_string_equal(seen.value + strlen(seen.value) - 3, "…");
    made_release(&m);
}

TEST(a_value_that_just_fits_is_not_cut)
{
    struct made m;
    struct im_error err = {0};
    struct seen seen = {0};
    char value[201];

    memset(value, 'x', 200);
    value[200] = '\0';
    made_init(&m);
    made_add(&m, (struct import_event){.kind = IMPORT_WARNED, .value = value});
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_string_equal(seen.value, value);
    made_release(&m);
}

TEST(control_characters_direction_marks_and_broken_bytes_do_not_pass)
{
    struct made m;
    struct im_error err = {0};
    struct seen seen = {0};

    made_init(&m);
    made_add(&m, (struct import_event){.kind = IMPORT_WARNED,
                                       .value = "a\x1b[31m\nb\x7f\xC2\x9B\xE2\x80\xAE",
                                       .name = "x\xFF\xC3y"});
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_string_equal(seen.value, "a [31m b   ");
    assert_string_equal(seen.name, "x\xEF\xBF\xBD\xEF\xBF\xBDy");
    made_release(&m);
}

TEST(cells_come_back_as_they_were)
{
    static const char *const cells[] = {"一\n二", "", NULL, "四"};
    struct made m;
    struct im_error err = {0};
    struct seen seen = {0};

    made_init(&m);
    made_add(&m, (struct import_event){.kind = IMPORT_REFUSED, .cells = cells});
    assert_int_equal(import_report_each(&m.report, see, &seen, &err), IM_OK);
    assert_true(seen.has_cells);
    assert_string_equal(seen.cells[0], "一\n二");
    assert_string_equal(seen.cells[2], "");
    assert_string_equal(seen.cells[3], "四");
    assert_null(m.report.first[0].cells); /* of the ones in memory texts only */
    made_release(&m);
}

TEST(an_import_that_ended_before_its_log_has_no_events)
{
    struct import_report report = {.layer_id = NULL};
    struct im_error err = {0};
    struct seen seen = {0};

    assert_int_equal(import_report_each(&report, see, &seen, &err), IM_OK);
    assert_int_equal(seen.n, 0);
    import_report_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back_in_the_order_of_their_making),
        cmocka_unit_test(
            only_the_first_hundred_are_kept_in_memory_and_only_what_a_terminal_shows),
        cmocka_unit_test(a_reader_may_stop_and_more_events_may_follow),
        cmocka_unit_test(a_long_value_is_cut_at_a_character_and_says_so),
        cmocka_unit_test(a_value_that_just_fits_is_not_cut),
        cmocka_unit_test(
            control_characters_direction_marks_and_broken_bytes_do_not_pass),
        cmocka_unit_test(cells_come_back_as_they_were),
        cmocka_unit_test(an_import_that_ended_before_its_log_has_no_events)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
