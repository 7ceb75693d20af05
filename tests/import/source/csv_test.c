/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <sys/resource.h>

static struct source *open_text(const char *name, const char *text)
{
    return rows_open(scratch_text(name, text));
}

static void
set_header(struct source *source, uint64_t last, size_t n, const char *const *names)
{
    struct im_error err = {0};

    assert_int_equal(source_set_header(source, last, names, n, &err), IM_OK);
}

/* As whoever looks for the header begins. */
static void from_the_top(struct source *source)
{
    struct im_error err = {0};

    assert_true(source_is_grid(source));
    assert_int_equal(source_sheets(source), 1);
    assert_string_equal(source_sheet_at(source, 0).name, "");
    assert_int_equal(source_choose_sheet(source, 0, &err), IM_OK);
}

TEST(gbk_is_found_and_rows_are_as_in_the_file)
{
    struct source *source = rows_open(MESSY "02_园区_GCJ02_GBK.csv");
    struct source_row row;

    from_the_top(source);
    assert_string_equal(source_encoding(source), "GB18030 (found)");
    assert_string_equal(source_name(source), "02_园区_GCJ02_GBK.csv");
    assert_int_equal(source_columns(source), 6);
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "2"), "名称");
    set_header(source, 1, 6,
               (const char *const[]){"序号", "名称", "地址", "经度", "纬度", "坐标系"});
    assert_true(rows_next(source, &row));
    assert_int_equal(row.number, 1);
    assert_string_equal(rows_text(source, &row, "名称"), "上海张江高新技术产业开发区");
    assert_string_equal(rows_text(source, &row, "经度"), "121.587707");
    struct rows_counts counts = rows_count(source);
    assert_int_equal(counts.n, 44);
    assert_int_equal(counts.last, 45);
    assert_int_equal(counts.faults, 0);
    source_close(source);
}

TEST(a_semicolon_is_found_beside_commas_in_cells)
{
    struct source *source = rows_open(MESSY "03_孵化器_BD09_合并坐标列.csv");
    struct source_row row;

    from_the_top(source);
    assert_string_equal(source_encoding(source), "UTF-8 (found)");
    assert_int_equal(source_columns(source), 5);
    assert_true(rows_next(source, &row)); /* the byte order mark is no text */
    assert_string_equal(rows_text(source, &row, "1"), "孵化器名称");
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "5"), "121.429063,31.170347");
    assert_int_equal(rows_count(source).n, 59);
    source_close(source);
}

TEST(quotes_line_breaks_and_tabs_are_read)
{
    struct source *source = open_text("a.csv", "名称\t备注\n"
                                               "\"甲 \"\"乙\"\"\"\t\"两\r\n行\"\r\n"
                                               "a\"b\t  空  \n\n"
                                               "\"丙\"丁\t\n");
    struct source_row row;

    from_the_top(source);
    set_header(source, 1, 2, (const char *const[]){"名称", "备注"});
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "名称"), "甲 \"乙\"");
    assert_string_equal(rows_text(source, &row, "备注"), "两\r\n行");
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "名称"), "a\"b");
    assert_string_equal(rows_text(source, &row, "备注"), "空");
    assert_true(rows_next(source, &row));
    assert_int_equal(row.number, 4); /* the empty line counts, as a person counts */
    assert_string_equal(rows_text(source, &row, "名称"), "丙丁");
    assert_int_equal(row.cells[1].kind, SOURCE_NULL);
    assert_false(rows_next(source, &row));
    source_close(source);
}

TEST(a_separator_line_of_excel_is_no_row)
{
    struct source *source = open_text("sep.csv", "sep=;\nname;x,y\na;1,2\n");
    struct source_row row;

    from_the_top(source);
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "2"), "x,y");
    source_close(source);
}

TEST(utf16_of_spreadsheets_is_read)
{
    static const char LE[] = "\xFF\xFE\x0D\x54\xF0\x79\t\0x\0\r\0\n\0\x30\x75\t\0"
                             "1\0\r\0\n\0";
    static const char BE[] = "\xFE\xFF\x54\x0D\x79\xF0\0,\0x\0\n\x75\x30\0,\0"
                             "1\0\n";
    struct source_row row;

    for (int i = 0; i < 2; i++) {
        struct source *source =
            rows_open(i ? scratch_write("be.csv", BE, sizeof BE - 1)
                        : scratch_write("le.txt", LE, sizeof LE - 1));

        from_the_top(source);
        assert_string_equal(source_encoding(source), "UTF-16 (found)");
        assert_true(rows_next(source, &row));
        assert_string_equal(rows_text(source, &row, "1"), "名称");
        assert_true(rows_next(source, &row));
        assert_string_equal(rows_text(source, &row, "1"), "田");
        assert_string_equal(rows_text(source, &row, "2"), "1");
        assert_false(rows_next(source, &row));
        source_close(source);
    }
    /* half a character at the end */
    rows_refused(scratch_write("half.csv", LE, 5), IM_EDATA, "UTF-16");
}

TEST(a_row_with_undecodable_bytes_is_a_fault_and_nothing_of_the_cell_is_kept)
{
    /* ten good lines of UTF-8, one bad */
    char text[1024] = "名称,x\n";
    struct source_row row;

    for (int i = 0; i < 10; i++)
        strncat(text, "张江,1\n", sizeof text - strlen(text) - 1);
    strncat(text, "张\xE6\xB1,2\n", sizeof text - strlen(text) - 1);
    struct source *source = open_text("bad.csv", text);
    from_the_top(source);
    set_header(source, 1, 2, (const char *const[]){"名称", "x"});
    for (int i = 0; i < 10; i++) {
        assert_true(rows_next(source, &row));
        assert_null(row.fault.code);
    }
    assert_true(rows_next(source, &row));
    assert_string_equal(row.fault.code, "bad_encoding");
    assert_string_equal(row.fault_field, "名称");
    assert_int_equal(row.cells[0].kind, SOURCE_NULL);
    assert_string_equal(rows_text(source, &row, "x"), "2");
    source_close(source);
}

TEST(an_encoding_that_is_given_wins_and_an_unknown_one_is_named)
{
    const char *path =
        scratch_text("given.csv", "n,x\n\xA4\xA4\xA4\xE5,1\n"); /* Big5 */
    struct source *source = rows_open_with(path, NULL, "Big5");
    struct source_row row;

    from_the_top(source);
    assert_string_equal(source_encoding(source), "Big5 (given)");
    assert_true(rows_next(source, &row) && rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "1"), "中文");
    source_close(source);
    rows_refused_with(path, NULL, "Klingon", IM_EARG, "'Klingon' is no known encoding");
    rows_refused_with(path, NULL, "GBK//IGNORE", IM_EARG, "no known encoding");
}

TEST(what_no_table_can_be_is_refused_with_its_line)
{
    char wide[20010];

    rows_refused(scratch_write("nul.csv", "a,b\n1,\0\n", 8), IM_EDATA,
                 "line 2, has a zero byte");
    rows_refused(scratch_text("bytes.csv", "a\nb\n\xFF\xFF\n"), IM_EDATA, "line 3");
    rows_refused(scratch_text("open.csv", "\"a,b\n1,2\n"), IM_EDATA,
                 "line 1: a quotation mark");
    for (size_t i = 0; i < 10000; i++)
        memcpy(wide + 2 * i, "a,", 2);
    memcpy(wide + 20000, "\n", 2);
    rows_refused(scratch_text("wide.csv", wide), IM_ELIMIT, "more than 4096 columns");
}

/* A sparse file: its zero bytes cost no disk. It is refused after its first MiB. */
TEST(a_single_line_of_2_gb_is_refused_at_once_with_little_memory)
{
    const char *path = scratch_text("line.csv", "a,b,");
    struct rusage before, after;

    assert_int_equal(truncate(path, (off_t)2 << 30), 0);
    getrusage(RUSAGE_SELF, &before);
    rows_refused(path, IM_ELIMIT, "line 1, is longer than");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_utime.tv_sec - before.ru_utime.tv_sec <= 2);
    assert_true(after.ru_maxrss - before.ru_maxrss < 64 << 10);
}

TEST(a_quotation_that_is_never_closed_ends_at_the_limit_of_a_row)
{
    FILE *file = fopen(scratch_path("long.csv"), "w");
    struct source *source;
    struct source_row row;
    struct im_error err = {0};
    bool more = true;

    fputs("a,b\n1,2\n\"x,", file);
    for (int i = 0; i < 200000; i++)
        fputs("filling\n", file);
    fclose(file);
    source = rows_open(scratch_path("long.csv"));
    from_the_top(source);
    assert_true(rows_next(source, &row) && rows_next(source, &row));
    assert_int_equal(source_next(source, &row, &more, &err), IM_ELIMIT);
    assert_non_null(strstr(err.msg, "line 3: a row is longer"));
    source_close(source);
}

TEST(more_cells_than_the_header_are_a_fault_unless_they_are_empty)
{
    struct source *source = open_text("more.csv", "a,b\n1,2,,\n1,2,3\n1\n");
    struct source_row row;

    from_the_top(source);
    set_header(source, 1, 2, (const char *const[]){"a", "b"});
    assert_true(rows_next(source, &row));
    assert_null(row.fault.code);
    assert_true(rows_next(source, &row));
    assert_string_equal(row.fault.code, "too_many_cells");
    assert_string_equal(row.fault_field, "");
    assert_true(rows_next(source, &row));
    assert_null(row.fault.code);
    assert_int_equal(row.cells[1].kind, SOURCE_NULL);
    source_close(source);
}

TEST(characters_across_blocks_stay_whole)
{
    FILE *file = fopen(scratch_path("blocks.csv"), "w");
    struct source *source;
    struct source_row row;
    size_t n = 0;

    fputs("名称,值\n", file);
    for (int i = 0; i < 60000; i++)
        fprintf(file, "张江\"%.*s,%d\n", 3 * (i % 5), "科学城园", i);
    fclose(file);
    source = rows_open(scratch_path("blocks.csv"));
    from_the_top(source);
    assert_true(rows_next(source, &row));
    for (; rows_next(source, &row); n++) {
        char text[16];

        snprintf(text, sizeof text, "%zu", n);
        assert_string_equal(rows_text(source, &row, "2"), text);
    }
    assert_int_equal(n, 60000);
    source_close(source);
}

TEST(memory_does_not_grow_with_the_rows)
{
    FILE *file = fopen(scratch_path("many.csv"), "w");
    struct rusage before, after;

    fputs("id,name,lon,lat\n", file);
    for (int i = 0; i < 300000; i++)
        fprintf(file, "K%d,园区%d,121.%06d,31.%06d\n", i, i, i, i);
    fclose(file);
    struct source *source = rows_open(scratch_path("many.csv"));
    getrusage(RUSAGE_SELF, &before);
    struct rows_counts counts = rows_count(source);
    getrusage(RUSAGE_SELF, &after);
    assert_true(counts.n >= 300000);
    assert_true(after.ru_maxrss - before.ru_maxrss < 8 << 10);
    source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gbk_is_found_and_rows_are_as_in_the_file),
        cmocka_unit_test(a_semicolon_is_found_beside_commas_in_cells),
        cmocka_unit_test(quotes_line_breaks_and_tabs_are_read),
        cmocka_unit_test(a_separator_line_of_excel_is_no_row),
        cmocka_unit_test(utf16_of_spreadsheets_is_read),
        cmocka_unit_test(
            a_row_with_undecodable_bytes_is_a_fault_and_nothing_of_the_cell_is_kept),
        cmocka_unit_test(an_encoding_that_is_given_wins_and_an_unknown_one_is_named),
        cmocka_unit_test(what_no_table_can_be_is_refused_with_its_line),
        cmocka_unit_test(a_single_line_of_2_gb_is_refused_at_once_with_little_memory),
        cmocka_unit_test(a_quotation_that_is_never_closed_ends_at_the_limit_of_a_row),
        cmocka_unit_test(more_cells_than_the_header_are_a_fault_unless_they_are_empty),
        cmocka_unit_test(characters_across_blocks_stay_whole),
        cmocka_unit_test(memory_does_not_grow_with_the_rows),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
