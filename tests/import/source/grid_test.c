/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets as rows: every kind of cell of XLSX, ODS and XLS, merged cells, damaged and
 * hostile files. tests/data/sheets/make.py made the workbooks. */
#include "test.h"

#include "../../../import/source/grid.h"
#include "scratch.h"

#include <math.h>

#define SHEETS TEST_SOURCE_DIR "/tests/data/sheets/"
#define MESSY TEST_SOURCE_DIR "/tests/data/messy/"

enum { HEAD = 512 };

struct opened {
    struct source_input input;
    struct source_options options;
    struct source_reader reader;
    struct im_error err;
    uint8_t head[HEAD];
};

static enum im_code open_file(struct opened *o, const char *path, const char *layer)
{
    VSILFILE *file = VSIFOpenL(path, "rb");

    *o = (struct opened){.options = {.layer = layer}};
    assert_non_null(file);
    o->input = (struct source_input){
        .path = path, .name = strrchr(path, '/') + 1, .options = &o->options};
    o->input.head.len = VSIFReadL(o->head, 1, HEAD, file);
    VSIFSeekL(file, 0, SEEK_END);
    o->input.bytes.size = VSIFTellL(file);
    VSIFCloseL(file);
    o->input.head.data = o->head;
    return grid_open(&o->input, &o->reader, &o->err);
}

static void close_file(struct opened *o)
{
    o->reader.calls->close(o->reader.self);
}

static void refused(const char *path, enum im_code code, const char *part)
{
    struct opened o;

    assert_int_equal(open_file(&o, path, NULL), code);
    assert_null(o.reader.self); /* nothing is left to close */
    if (!strstr(o.err.msg, part))
        fail_msg("'%s' does not say '%s'", o.err.msg, part);
    assert_true(o.err.msg_zh[0]);
}

/* "A=text B=1i C=0.5r F!#N/A": the cells of a row with a value. */
static const char *row_text(struct opened *o, const struct source_row *row)
{
    static char out[4096];
    size_t n = 0;

    out[0] = '\0';
    for (size_t c = 0; c < o->reader.n_columns; c++) {
        const struct source_value *v = &row->cells[c];
        char name[4] = {(char)(c < 26 ? 'A' + c : 'A'),
                        c < 26 ? 0 : (char)('A' + c - 26), 0, 0};
        const char *space = n ? " " : "";

        if (v->kind == SOURCE_TEXT)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s=%.*s", space, name,
                                  (int)v->text.len, (const char *)v->text.data);
        else if (v->kind == SOURCE_INTEGER)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s=%lldi", space, name,
                                  (long long)v->integer);
        else if (v->kind == SOURCE_REAL)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s=%.15gr", space, name,
                                  v->real);
        assert_true(n < sizeof out);
    }
    if (row->fault.code)
        snprintf(out + n, sizeof out - n, " !%s %zu %.*s", row->fault.code,
                 o->reader.calls->fault_column(o->reader.self) + 1,
                 (int)row->fault_value.len, (const char *)row->fault_value.data);
    return out;
}

static void expect_row(struct opened *o, uint64_t number, const char *text)
{
    struct source_row row;
    bool more = false;

    assert_int_equal(o->reader.calls->next(o->reader.self, &row, &more, &o->err),
                     IM_OK);
    assert_true(more);
    assert_int_equal(row.number, number);
    assert_string_equal(row_text(o, &row), text);
}

static void expect_end(struct opened *o)
{
    struct source_row row;
    bool more = true;

    assert_int_equal(o->reader.calls->next(o->reader.self, &row, &more, &o->err),
                     IM_OK);
    assert_false(more);
}

/* ---- XLSX ---- */

TEST(xlsx_cells_come_as_people_see_them)
{
    struct opened o;

    assert_int_equal(open_file(&o, SHEETS "cells.xlsx", NULL), IM_OK);
    assert_string_equal(o.reader.driver, "XLSX");
    assert_true(o.reader.is_grid);
    assert_string_equal(o.reader.sheet, "数据");
    assert_int_equal(o.reader.n_columns, 27);
    assert_int_equal(o.reader.rows, 5);
    /* the second text has several runs, and how to say it, which is no text */
    expect_row(&o, 3, "C=名称 D=加粗之后");
    expect_row(&o, 5,
               "A=1i B=120.94r C=2023-03-15 D=2023-03 E=2023-03-15T12:30:14 G=TRUE "
               "H=1x I=2i J=0.001r K=007 L=000042 M=2023 N=12:00:00 "
               "!cell_error 6 #N/A");
    expect_row(&o, 7, "A=7i B=8i");
    /* ECMA-376 part 1, 22.9.2.19: _x000D_ is a carriage return */
    expect_row(&o, 20000, "B=a\r\nb  c AA=3i");
    expect_row(&o, 20001, " !cell_error 1 =?");
    expect_end(&o);
    close_file(&o);
}

TEST(sheets_are_listed_and_hidden_ones_known)
{
    struct opened o;

    assert_int_equal(open_file(&o, SHEETS "cells.xlsx", "藏"), IM_OK);
    assert_int_equal(o.reader.calls->sheets(o.reader.self), 3);
    assert_string_equal(o.reader.calls->sheet_at(o.reader.self, 1).name, "藏");
    assert_true(o.reader.calls->sheet_at(o.reader.self, 1).is_hidden);
    assert_false(o.reader.calls->sheet_at(o.reader.self, 2).is_hidden);
    assert_string_equal(o.reader.sheet, "藏");
    expect_row(&o, 1, "A=x");
    expect_end(&o);
    assert_int_equal(o.reader.calls->choose_sheet(o.reader.self, 2, &o.reader, &o.err),
                     IM_OK);
    assert_int_equal(o.reader.n_columns, 0);
    expect_end(&o);
    close_file(&o);
    assert_int_equal(open_file(&o, SHEETS "cells.xlsx", "没有"), IM_ENOTFOUND);
    assert_non_null(strstr(o.err.msg, "数据, 藏, 空"));
}

TEST(merged_cells_are_filled_downwards_inside_their_range_only)
{
    const struct source_merge *merges;
    struct opened o;

    assert_int_equal(open_file(&o, SHEETS "merged.xlsx", NULL), IM_OK);
    for (int pass = 0; pass < 2; pass++) {
        expect_row(&o, 1, "A=名单"); /* not over its columns */
        expect_row(&o, 2, "A=名称 B=城市 C=地址 D=级别");
        expect_row(&o, 3, "A=甲 B=合肥市 C=路1号");
        /* row 4 is empty: a merged range makes no row of it */
        expect_row(&o, 5, "A=乙 B=合肥市 D=市级");
        expect_row(&o, 6, "A=丙 B=自己"); /* a value of its own wins */
        expect_row(&o, 7, "A=丁 C=块");
        expect_row(&o, 8, "A=戊 C=块");
        expect_row(&o, 9, "A=己"); /* its merged range has no value */
        expect_end(&o);
        assert_int_equal(o.reader.calls->rewind(o.reader.self, 0, &o.err), IM_OK);
    }
    assert_int_equal(o.reader.calls->merges(o.reader.self, &merges), 5);
    assert_int_equal(merges[1].first_row, 3);
    assert_int_equal(merges[1].last_row, 6);
    assert_int_equal(merges[1].first_column, 1);
    assert_int_equal(merges[1].last_column, 1);
    close_file(&o);
}

TEST(cells_beyond_the_header_are_a_fault_of_the_row)
{
    struct opened o;

    assert_int_equal(open_file(&o, SHEETS "merged.xlsx", NULL), IM_OK);
    assert_int_equal(o.reader.calls->rewind(o.reader.self, 2, &o.err), IM_OK);
    expect_row(&o, 1, "A=名单");
    expect_row(&o, 2, "A=名称 B=城市 C=地址 D=级别 !too_many_cells 0 级别");
    assert_int_equal(o.reader.calls->rewind(o.reader.self, 40, &o.err), IM_OK);
    expect_row(&o, 1, "A=名单");
    close_file(&o);
}

TEST(the_list_without_positions_reads_with_its_own_row_numbers)
{
    struct opened o;
    struct source_row row;
    bool more = true;
    uint64_t last = 0;
    size_t cities = 0;

    assert_int_equal(open_file(&o, MESSY "01_孵化器名单_无坐标.xlsx", NULL), IM_OK);
    while (true) {
        assert_int_equal(o.reader.calls->next(o.reader.self, &row, &more, &o.err),
                         IM_OK);
        if (!more)
            break;
        assert_int_not_equal(row.number, 41); /* empty */
        last = row.number;
        cities +=
            row.number >= 5 && row.number <= 40 && row.cells[3].kind == SOURCE_TEXT;
    }
    assert_int_equal(last, 43);
    assert_int_equal(cities, 36);
    close_file(&o);
}

/* ---- ODS ---- */

TEST(ods_cells_come_as_people_see_them)
{
    const struct source_merge *merges;
    struct opened o;

    assert_int_equal(open_file(&o, SHEETS "cells.ods", NULL), IM_OK);
    assert_string_equal(o.reader.driver, "ODS");
    assert_int_equal(o.reader.calls->sheets(o.reader.self), 2);
    assert_true(o.reader.calls->sheet_at(o.reader.self, 1).is_hidden);
    expect_row(&o, 1, "A=孵化器名单");
    expect_row(&o, 4, "A=名称 B=城市 C=经度 D=日期");
    expect_row(&o, 5, "A=甲\n园 B=合肥市 C=117.27r D=2025-03-04");
    expect_row(&o, 6, "A=乙园 B=合肥市 D=5i !cell_error 3 #N/A");
    expect_row(&o, 7, "A=同 C=1i D=1i");
    expect_row(&o, 8, "A=同 C=1i D=1i");
    expect_end(&o);
    assert_int_equal(o.reader.calls->merges(o.reader.self, &merges), 2);
    assert_int_equal(merges[0].last_column, 3);
    assert_int_equal(o.reader.calls->choose_sheet(o.reader.self, 1, &o.reader, &o.err),
                     IM_OK);
    expect_row(&o, 1, "A=x");
    expect_end(&o);
    close_file(&o);
}

/* ---- XLS ---- */

TEST(xls_cells_come_as_people_see_them)
{
    const struct source_merge *merges;
    struct opened o;
    struct source_row row;
    bool more;

    assert_int_equal(open_file(&o, SHEETS "cells.xls", "名单"), IM_OK);
    assert_string_equal(o.reader.driver, "XLS");
    assert_int_equal(o.reader.calls->sheets(o.reader.self), 3);
    assert_false(o.reader.calls->sheet_at(o.reader.self, 1).is_hidden);
    assert_true(o.reader.calls->sheet_at(o.reader.self, 2).is_hidden);
    expect_row(&o, 1, "A=科技企业孵化器名单");
    expect_row(&o, 3, "A=序号 B=名称 C=所在\n城市 D=经度 E=成立日期 F=面积");
    expect_row(&o, 4,
               "A=1i B=孵化器3（某地） C=上海市 D=121.587707r E=2020-05-03 F=2.5r "
               "G=2020-05-01T12:30:15");
    expect_row(&o, 5,
               "A=2 B=孵化器4（某地） C=上海市 D=121.587707r E=2020-05 G=TRUE "
               "!cell_error 6 #DIV/0!");
    expect_row(&o, 6,
               "A=3i B=孵化器5（某地） C=上海市 D=121.587707r E=2020-05-05 F=TRUE");
    expect_row(&o, 8, " !cell_error 7 #N/A");
    assert_int_equal(o.reader.calls->next(o.reader.self, &row, &more, &o.err), IM_OK);
    assert_int_equal(row.cells[1].text.len, 9000);
    expect_row(&o, 10, "B=甲乙");
    expect_row(&o, 11, "B=000007 C=0.25r D=-12i E=1234567i");
    assert_int_equal(o.reader.calls->next(o.reader.self, &row, &more, &o.err), IM_OK);
    assert_int_equal(row.number, 13);
    for (int i = 0; i < 40; i++) { /* whole over the ends of records */
        char end[8];
        size_t len = (i % 2 ? 450 : 150) + (size_t)snprintf(end, sizeof end, "%d", i);

        assert_int_equal(row.cells[i].text.len, len);
        assert_memory_equal(row.cells[i].text.data + len - strlen(end), end,
                            strlen(end));
        assert_true(im_utf8_valid(row.cells[i].text));
    }
    expect_end(&o);
    assert_int_equal(o.reader.calls->merges(o.reader.self, &merges), 2);
    assert_int_equal(merges[1].first_row, 4);
    assert_int_equal(merges[1].last_row, 6);
    assert_int_equal(merges[1].first_column, 2);
    close_file(&o);
}

/* ---- bad input ---- */

TEST(hostile_and_damaged_workbooks_are_refused)
{
    refused(SHEETS "doctype.xlsx", IM_EDATA, "document type");
    refused(SHEETS "backwards.xlsx", IM_EDATA, "comes behind");
    refused(SHEETS "wide.xlsx", IM_ELIMIT, "columns");
    refused(SHEETS "deep.xlsx", IM_EDATA, "nested");
    refused(scratch_text("page.xls", "<html><table><tr><td>1</td></tr></table></html>"),
            IM_EDATA, "no workbook");
    refused(
        scratch_write("empty.xlsx", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22),
        IM_EDATA, "no workbook");
}

static uint8_t *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(1 << 20);

    assert_non_null(file);
    assert_non_null(data);
    *len = fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

/* Whatever is in the file: it is read or refused, and no memory is touched that is not
 * its own (the sanitizers watch). */
static void survive(const char *path)
{
    struct opened o;
    struct source_row row;
    bool more = true;

    if (open_file(&o, path, NULL)) {
        assert_non_null(strstr(o.err.msg, o.input.name));
        assert_true(o.err.msg_zh[0]);
        return;
    }
    for (size_t s = 0; s < o.reader.calls->sheets(o.reader.self); s++) {
        if (o.reader.calls->choose_sheet(o.reader.self, s, &o.reader, &o.err))
            assert_true(o.err.msg_zh[0]); /* and then it has no rows */
        for (more = true; more;)
            assert_int_equal(o.reader.calls->next(o.reader.self, &row, &more, &o.err),
                             IM_OK);
    }
    close_file(&o);
}

TEST(a_workbook_cut_off_or_changed_anywhere_is_survived)
{
    static const char *const files[] = {SHEETS "cells.xls", SHEETS "cells.xlsx",
                                        SHEETS "cells.ods"};
    uint64_t random = 88172645463325252ULL;

    for (size_t f = 0; f < 3; f++) {
        const char *ending = strrchr(files[f], '.');
        char name[32];
        size_t len;
        uint8_t *data = read_whole(files[f], &len);

        for (int i = 0; i < 300; i++) {
            uint8_t *copy = malloc(len);

            assert_non_null(copy);
            memcpy(copy, data, len);
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            /* one byte becomes another, with every third the end is missing */
            copy[random % len] = (uint8_t)(random >> 32);
            copy[(random >> 20) % (len < 2048 ? len : 2048)] ^= (uint8_t)(random >> 40);
            /* another name each time: GDAL remembers what is in a zip */
            snprintf(name, sizeof name, "broken%d%s", i, ending);
            const char *path =
                scratch_write(name, copy, i % 3 ? len : (random >> 8) % len + 1);
            survive(path);
            remove(path);
            free(copy);
        }
        free(data);
    }
}

static void ignore(struct grid_xml *xml, const char *name)
{
    (void)xml;
    (void)name;
}

TEST(more_than_may_be_unpacked_is_refused)
{
    struct grid_xml xml = {.on = {.start = ignore, .end = ignore}};
    struct grid_budget budget = {1000, 1000};
    struct im_error err = {0};

    assert_int_equal(grid_xml_read(&xml, "/vsizip/{" SHEETS "cells.ods}/content.xml",
                                   &budget, NULL, &err),
                     IM_ELIMIT);
    assert_non_null(strstr(err.msg, "512 MiB"));
}

/* ---- number formats ---- */

static unsigned format(const char *code)
{
    return grid_format_of_code(im_bytes_of(code));
}

TEST(number_formats_tell_dates_from_numbers)
{
    assert_int_equal(format("General"), GRID_FORMAT_NUMBER);
    assert_int_equal(format("0.00"), GRID_FORMAT_NUMBER);
    assert_int_equal(format("0.00E+00"), GRID_FORMAT_NUMBER);
    assert_int_equal(format("#,##0\"元\""), GRID_FORMAT_NUMBER);
    assert_int_equal(format("[Red]0"), GRID_FORMAT_NUMBER);
    assert_int_equal(format("0000"), GRID_FORMAT_ZEROS + 4);
    assert_int_equal(format("@"), GRID_FORMAT_NUMBER);
    assert_int_equal(format("yyyy/m/d;@"), GRID_FORMAT_DATE);
    assert_int_equal(format("[$-804]yyyy\"年\"m\"月\"d\"日\""), GRID_FORMAT_DATE);
    assert_int_equal(format("m\"月\"d\"日\""), GRID_FORMAT_DATE);
    assert_int_equal(format("yyyy\"年\"m\"月\""), GRID_FORMAT_MONTH);
    assert_int_equal(format("yyyy\"年\""), GRID_FORMAT_YEAR);
    assert_int_equal(format("yyyy-mm-dd hh:mm:ss"), GRID_FORMAT_DATE_TIME);
    assert_int_equal(format("h:mm AM/PM"), GRID_FORMAT_TIME);
    assert_int_equal(format("[h]:mm"), GRID_FORMAT_TIME);
}

TEST(days_are_counted_as_excel_does)
{
    char scratch[GRID_SCRATCH];
    static const struct {
        double day;
        unsigned format;
        bool is_1904;
        const char *text;
    } cases[] = {
        {1, GRID_FORMAT_DATE, false, "1900-01-01"},
        {59, GRID_FORMAT_DATE, false, "1900-02-28"},
        {61, GRID_FORMAT_DATE, false, "1900-03-01"},
        {43891, GRID_FORMAT_DATE, false, "2020-03-01"},
        {42429, GRID_FORMAT_DATE, true, "2020-03-01"},
        {2958465, GRID_FORMAT_DATE, false, "9999-12-31"},
        {43891.25, GRID_FORMAT_DATE_TIME, false, "2020-03-01T06:00:00"},
        {43891, GRID_FORMAT_DATE_TIME, false, "2020-03-01"},
        {0.75, GRID_FORMAT_TIME, false, "18:00:00"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct grid_value value =
            grid_formatted(cases[i].day, cases[i].format, cases[i].is_1904, scratch);

        assert_int_equal(value.kind, SOURCE_TEXT);
        assert_int_equal(value.text.len, strlen(cases[i].text));
        assert_memory_equal(value.text.data, cases[i].text, value.text.len);
    }
    assert_int_equal(grid_formatted(-1, GRID_FORMAT_DATE, false, scratch).kind,
                     SOURCE_INTEGER);
    assert_int_equal(grid_formatted(3e6, GRID_FORMAT_DATE, false, scratch).kind,
                     SOURCE_INTEGER);
    assert_int_equal(grid_number(NAN).kind, SOURCE_NULL);
    assert_int_equal(grid_number(INFINITY).kind, SOURCE_NULL);
    assert_int_equal(grid_number(1e300).kind, SOURCE_REAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xlsx_cells_come_as_people_see_them),
        cmocka_unit_test(sheets_are_listed_and_hidden_ones_known),
        cmocka_unit_test(merged_cells_are_filled_downwards_inside_their_range_only),
        cmocka_unit_test(cells_beyond_the_header_are_a_fault_of_the_row),
        cmocka_unit_test(the_list_without_positions_reads_with_its_own_row_numbers),
        cmocka_unit_test(ods_cells_come_as_people_see_them),
        cmocka_unit_test(xls_cells_come_as_people_see_them),
        cmocka_unit_test(hostile_and_damaged_workbooks_are_refused),
        cmocka_unit_test(a_workbook_cut_off_or_changed_anywhere_is_survived),
        cmocka_unit_test(more_than_may_be_unpacked_is_refused),
        cmocka_unit_test(number_formats_tell_dates_from_numbers),
        cmocka_unit_test(days_are_counted_as_excel_does),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
