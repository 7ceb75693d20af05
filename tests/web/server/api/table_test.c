/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "api/table.h"

#include <locale.h>
#include <math.h>

struct world {
    struct im_arena *arena;
    struct api_table *table;
    struct im_buf out;
};

static void setup(struct world *w)
{
    *w = (struct world){.arena = im_arena_new(64 << 20), .out = {.max = 64 << 20}};
    w->table = im_arena_calloc(w->arena, 1, sizeof *w->table);
    w->table->arena = w->arena;
}

static void teardown(struct world *w)
{
    im_buf_release(&w->out);
    im_arena_free(w->arena);
}

static void says(struct world *w, const char *expected)
{
    im_buf_byte(&w->out, '\0');
    assert_false(w->out.failed);
    assert_string_equal((const char *)w->out.data, expected);
    im_buf_clear(&w->out);
}

static void fill(struct api_table *t)
{
    table_column(t, "名称", "name");
    table_number_column(t, "面积", "area");
    table_text(t, im_bytes_of("张江"));
    table_number(t, 12.5, 2);
    table_text(t, im_bytes_of("a, \"b\""));
    table_number(t, (double)NAN, 2);
    table_lead(t, "%s", "lead");
    table_note(t, "%d in all", 2);
}

TEST(a_table_as_csv) /* RFC 4180, 2 */
{
    struct world w;

    setup(&w);
    fill(w.table);
    table_write_csv(w.table, &w.out);
    says(&w, "\xEF\xBB\xBF"
             "名称,面积\r\n"
             "张江,12.5\r\n"
             "\"a, \"\"b\"\"\",\r\n"
             "\"注：2 in all\",\r\n");
    teardown(&w);
}

TEST(formulas_are_texts_numbers_stay_numbers)
{
    struct world w;

    setup(&w);
    table_column(w.table, "=x", "x");
    table_column(w.table, "n", "n");
    table_text(w.table, im_bytes_of("=1+1"));
    table_number(w.table, -5, 0);
    table_write_csv(w.table, &w.out);
    says(&w, "\xEF\xBB\xBF\"'=x\",n\r\n\"'=1+1\",-5\r\n");
    teardown(&w);
}

TEST(a_title_that_is_there_already_is_told_apart)
{
    struct world w;

    setup(&w);
    table_column(w.table, "Name", "name_zh");
    table_column(w.table, "Name", "name_en");
    assert_string_equal(w.table->columns[1].title, "Name (name_en)");
    teardown(&w);
}

TEST(columns_line_up_also_where_letters_are_wide)
{
    struct world w;

    setup(&w);
    fill(w.table);
    table_write_text(w.table, &w.out);
    says(&w, "lead\n"
             "名称    面积\n"
             "张江    12.5\n"
             "a, \"b\"     -\n"
             "2 in all\n");
    teardown(&w);
}

TEST(rows_apart_line_up_and_do_not_stretch_the_others)
{
    struct world w;

    setup(&w);
    w.table->no_header = true;
    table_column(w.table, "1", "a");
    table_column(w.table, "2", "b");
    table_words(w.table, "one");
    table_words(w.table, "x");
    table_apart(w.table, "%d apart:", 2);
    table_words(w.table, "a long one");
    table_words(w.table, "y");
    table_words(w.table, "张江");
    table_words(w.table, "z");
    table_write_text(w.table, &w.out);
    says(&w, "one  x\n"
             "2 apart:\n"
             "a long one  y\n"
             "张江        z\n");
    teardown(&w);
}

TEST(what_strangers_wrote_cannot_steer_the_terminal)
{
    struct world w;

    setup(&w);
    w.table->no_header = true;
    table_column(w.table, "x", "x");
    table_text(w.table, im_bytes_of("a\x1b[2J\nb"));
    table_write_text(w.table, &w.out);
    says(&w, "a [2J b\n");
    teardown(&w);
}

TEST(a_workbook_is_the_same_each_time_and_whole)
{
    struct world w;
    struct im_error err;
    struct im_buf again = {.max = 64 << 20};

    setup(&w);
    fill(w.table);
    assert_int_equal(table_write_xlsx(w.table, &w.out, &err), IM_OK);
    assert_int_equal(table_write_xlsx(w.table, &again, &err), IM_OK);
    assert_true(im_bytes_equal(im_buf_bytes(&w.out), im_buf_bytes(&again)));
    assert_memory_equal(w.out.data, "PK\3\4", 4);
    assert_memory_equal(w.out.data + w.out.len - 22, "PK\5\6", 4); /* APPNOTE 4.3.16 */
    im_buf_release(&again);
    teardown(&w);
}

TEST(a_workbook_too_large_for_its_buffer_is_refused)
{
    struct world w;
    struct im_error err;

    setup(&w);
    fill(w.table);
    w.out.max = 1000;
    assert_int_equal(table_write_xlsx(w.table, &w.out, &err), IM_ELIMIT);
    teardown(&w);
}

TEST(many_rows_grow_and_lack_of_memory_is_noticed)
{
    struct world w;
    struct im_arena *small = im_arena_new(1 << 16);

    setup(&w);
    table_column(w.table, "x", "x");
    for (int i = 0; i < 100000; i++)
        table_number(w.table, i, 0);
    assert_false(w.table->failed);
    assert_int_equal(w.table->n_cells, 100000);
    assert_int_equal(w.table->cells[99999].text.len, 5);
    w.table->arena = small;
    for (int i = 0; i < 100000 && !w.table->failed; i++)
        table_number(w.table, i, 0);
    assert_true(w.table->failed);
    im_arena_free(small);
    teardown(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_as_csv),
        cmocka_unit_test(formulas_are_texts_numbers_stay_numbers),
        cmocka_unit_test(a_title_that_is_there_already_is_told_apart),
        cmocka_unit_test(columns_line_up_also_where_letters_are_wide),
        cmocka_unit_test(rows_apart_line_up_and_do_not_stretch_the_others),
        cmocka_unit_test(what_strangers_wrote_cannot_steer_the_terminal),
        cmocka_unit_test(a_workbook_is_the_same_each_time_and_whole),
        cmocka_unit_test(a_workbook_too_large_for_its_buffer_is_refused),
        cmocka_unit_test(many_rows_grow_and_lack_of_memory_is_noticed),
    };

    setlocale(LC_CTYPE, "C.UTF-8"); /* widths of letters */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
