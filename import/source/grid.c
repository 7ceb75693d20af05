/* SPDX-License-Identifier: Apache-2.0 */
/* A workbook as rows: what is it, which sheet, the next row with merged cells filled.
 */
#include "grid.h"

#include <cpl_error.h>
#include <cpl_vsi.h>

enum { ARENA_BYTES = GRID_MAX_TEXT_BYTES + (64 << 20) };
/* a sheet of ODS is found by reading all of them: so much may be unpacked in all */
static const uint64_t MAX_WORK_BYTES = 8ULL * GRID_MAX_UNPACKED_BYTES;

/* The value of a merged range, as long as it is filled in below. */
struct grid_fill {
    uint64_t last_row; /* 0: none */
    const struct grid_cell *cell;
};

/* ---- errors ---- */

/* The name of the file is put before these by who called the format. */
enum im_code grid_fail_damaged(const char *what, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "the file is damaged (%s); open it in a spreadsheet programme and save it "
            "anew as .xlsx",
            what);
    return im_zh(err, IM_EDATA,
                 "文件已损坏（%s）；请用表格软件打开并另存为 .xlsx 后再导入", what);
}

enum im_code grid_fail_password(struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "protected by a password; remove it in the spreadsheet programme and save "
            "the file again");
    return im_zh(err, IM_EDATA, "设有打开密码；请在表格软件中取消密码并重新保存");
}

static enum im_code fail_size(const struct source_input *input, struct im_error *err)
{
    im_fail(
        err, IM_ELIMIT,
        "'%s' is larger than %d MiB, the most for a workbook; save the sheet as CSV",
        input->name, GRID_MAX_FILE_BYTES >> 20);
    return im_zh(err, IM_ELIMIT,
                 "“%s”超过工作簿的上限 %d MiB；请把工作表另存为 CSV 后导入",
                 input->name, GRID_MAX_FILE_BYTES >> 20);
}

static enum im_code fail_kind(const struct source_input *input, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "'%s' is no workbook of Excel or OpenDocument inside; open it in a "
            "spreadsheet programme and save it as .xlsx",
            input->name);
    return im_zh(
        err, IM_EDATA,
        "“%s”的内容不是 Excel 或 OpenDocument 工作簿；请用表格软件打开并另存为 "
        ".xlsx",
        input->name);
}

/* ---- sheets ---- */

enum im_code grid_add_sheet(struct grid *grid,
                            const char *name,
                            const char *part,
                            bool is_hidden,
                            struct im_error *err)
{
    if (grid->n_sheets >= GRID_MAX_SHEETS) {
        im_fail(err, IM_ELIMIT, "more than %d sheets; divide the file",
                GRID_MAX_SHEETS);
        return im_zh(err, IM_ELIMIT, "工作表超过 %d 个；请拆分文件", GRID_MAX_SHEETS);
    }
    if (!grid->sheets)
        grid->sheets =
            im_arena_calloc(grid->arena, GRID_MAX_SHEETS, sizeof *grid->sheets);
    struct grid_sheet sheet = {
        .name = im_arena_strdup(grid->arena, im_bytes_of(name)),
        .part = part ? im_arena_strdup(grid->arena, im_bytes_of(part)) : "",
        .is_hidden = is_hidden};
    if (!grid->sheets || !sheet.name || !sheet.part)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    grid->sheets[grid->n_sheets++] = sheet;
    return IM_OK;
}

static size_t count_sheets(void *self)
{
    return ((const struct grid *)self)->n_sheets;
}

static struct source_sheet_info sheet_at(void *self, size_t i)
{
    const struct grid *grid = self;

    return (struct source_sheet_info){grid->sheets[i].name, grid->sheets[i].is_hidden};
}

/* ---- rows ---- */

static int by_first_row(const void *a, const void *b)
{
    const struct source_merge *x = a, *y = b;

    return x->first_row != y->first_row        ? (x->first_row < y->first_row ? -1 : 1)
           : x->first_column < y->first_column ? -1
                                               : x->first_column > y->first_column;
}

static void drop_sheet(struct grid *grid)
{
    grid_cells_release(&grid->cells);
    free(grid->values);
    free(grid->fills);
    grid->values = NULL;
    grid->fills = NULL;
    grid->n_values = 0;
}

static void to_first_row(struct grid *grid)
{
    grid->next_row = 0;
    grid->next_merge = 0;
    for (size_t i = 0; i < grid->n_values; i++)
        grid->fills[i].last_row = 0;
}

static enum im_code choose(struct grid *grid, size_t i, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (grid->values && grid->chosen == i) { /* it is there already */
        grid->width = 0;
        to_first_row(grid);
        return IM_OK;
    }
    drop_sheet(grid);
    grid->budget.bytes = GRID_MAX_UNPACKED_BYTES;
    grid->n_values = 0;
    rc = grid->calls->read(grid, i, err);
    if (rc)
        return im_context(err, "'%s', %s", grid->input->name, grid->sheets[i].name);
    if (grid->cells.n_merges)
        qsort(grid->cells.merges, grid->cells.n_merges, sizeof *grid->cells.merges,
              by_first_row);
    grid->width = 0;
    grid->n_values = grid->cells.n_columns;
    grid->values = calloc(grid->n_values + 1, sizeof *grid->values);
    grid->fills = calloc(grid->n_values + 1, sizeof *grid->fills);
    if (!grid->values || !grid->fills)
        return im_fail(err, IM_ENOMEM, "sheet: out of memory");
    grid->chosen = i;
    to_first_row(grid);
    return IM_OK;
}

static struct source_value value_of(const struct grid_cell *cell)
{
    switch ((enum source_value_kind)cell->kind) {
    case SOURCE_INTEGER:
        return (struct source_value){.kind = SOURCE_INTEGER,
                                     .integer = cell->as.integer};
    case SOURCE_REAL:
        return (struct source_value){.kind = SOURCE_REAL, .real = cell->as.real};
    case SOURCE_TEXT:
        return (struct source_value){.kind = SOURCE_TEXT,
                                     .text = {cell->text, cell->as.text_len}};
    case SOURCE_NULL:
        break;
    }
    return (struct source_value){.kind = SOURCE_NULL};
}

static void
set_fault(struct grid *grid, const struct grid_cell *cell, struct source_row *out)
{
    bool is_unknown = cell->text[0] == '=';

    grid->fault_column = cell->column;
    out->fault_value = (struct im_bytes){cell->text, cell->as.text_len};
    out->fault = (struct refusal){
        .code = "cell_error",
        .zh = is_unknown ? "公式没有保存计算结果" : "单元格是公式错误值",
        .en = is_unknown ? "the formula was saved without its result"
                         : "the cell shows the error of a formula",
        .suggestion_zh = "用表格软件打开，改正公式或填入数值后重新保存",
        .suggestion_en = "open it in a spreadsheet programme, mend the formula or put "
                         "the value, and save it again"};
}

/* With a header the reader is asked for so many cells and no more. */
static void
check_beyond(struct grid *grid, const struct grid_row *row, struct source_row *out)
{
    static const struct refusal WIDE = {
        .code = "too_many_cells",
        .zh = "这一行的单元格比标题行多，列可能错位",
        .en = "the row has more cells than the header: columns may be shifted",
        .suggestion_zh = "给每一列加上标题，或清除多余的单元格",
        .suggestion_en = "give each column a heading, or clear the cells beyond"};
    const struct grid_cell *last = &grid->cells.cells[row->first + row->n - 1];

    if (!grid->width || last->column < grid->width || out->fault.code)
        return;
    struct source_value value = value_of(last);
    out->fault = WIDE;
    if (value.kind == SOURCE_TEXT)
        out->fault_value = value.text;
    grid->fault_column = SOURCE_FAULT_ROW;
}

static size_t fault_column(void *self)
{
    return ((const struct grid *)self)->fault_column;
}

static const struct grid_cell *
cell_in(const struct grid *grid, const struct grid_row *row, size_t column)
{
    for (size_t i = 0; i < row->n; i++)
        if (grid->cells.cells[row->first + i].column == column)
            return &grid->cells.cells[row->first + i];
    return NULL;
}

/* Ranges that begin in or above this row. Their value is that of the first cell; where
 * the file has none there is nothing to fill. */
static void begin_merges(struct grid *grid, const struct grid_row *row, uint64_t number)
{
    const struct grid_cells *cells = &grid->cells;

    for (; grid->next_merge < cells->n_merges &&
           cells->merges[grid->next_merge].first_row <= number;
         grid->next_merge++) {
        const struct source_merge *m = &cells->merges[grid->next_merge];

        if (m->last_row == m->first_row || m->first_row != number ||
            m->first_column >= grid->n_values)
            continue;
        const struct grid_cell *cell = cell_in(grid, row, m->first_column);
        if (cell)
            grid->fills[m->first_column] = (struct grid_fill){m->last_row, cell};
    }
}

static void fill_merged(struct grid *grid, uint64_t number, struct source_row *out)
{
    for (size_t i = 0; i < grid->n_values; i++) {
        const struct grid_fill *fill = &grid->fills[i];

        if (fill->last_row < number || grid->values[i].kind != SOURCE_NULL)
            continue;
        if (fill->cell->is_error && !out->fault.code)
            set_fault(grid, fill->cell, out);
        grid->values[i] = value_of(fill->cell);
    }
}

static enum im_code
next(void *self, struct source_row *out, bool *more, struct im_error *err)
{
    struct grid *grid = self;

    (void)err;
    *more = grid->next_row < grid->cells.n_rows;
    if (!*more)
        return IM_OK;
    const struct grid_row *row = &grid->cells.rows[grid->next_row++];
    uint64_t number = (uint64_t)row->number + 1;
    *out = (struct source_row){
        .number = number, .cells = grid->values, .geom = {.kind = GEOM_EMPTY}};
    memset(grid->values, 0, grid->n_values * sizeof *grid->values);
    for (size_t i = 0; i < row->n; i++) {
        const struct grid_cell *cell = &grid->cells.cells[row->first + i];

        grid->values[cell->column] = value_of(cell);
        if (cell->is_error && !out->fault.code)
            set_fault(grid, cell, out);
    }
    check_beyond(grid, row, out);
    fill_merged(grid, number, out);
    begin_merges(grid, row, number);
    return IM_OK;
}

static enum im_code rewind_rows(void *self, size_t width, struct im_error *err)
{
    struct grid *grid = self;
    size_t need = width > grid->cells.n_columns ? width : grid->cells.n_columns;

    if (need > grid->n_values) {
        struct source_value *values = calloc(need + 1, sizeof *values);
        struct grid_fill *fills = calloc(need + 1, sizeof *fills);

        if (!values || !fills) {
            free(values);
            free(fills);
            return im_fail(err, IM_ENOMEM, "sheet: out of memory");
        }
        free(grid->values);
        free(grid->fills);
        grid->values = values;
        grid->fills = fills;
        grid->n_values = need;
    }
    grid->width = width;
    to_first_row(grid);
    return IM_OK;
}

static size_t merges(void *self, const struct source_merge **out)
{
    const struct grid *grid = self;

    *out = grid->cells.merges;
    return grid->cells.n_merges;
}

/* ---- opening ---- */

static void close_grid(void *self)
{
    struct grid *grid = self;

    drop_sheet(grid);
    im_arena_free(grid->arena);
    free(grid);
}

static enum im_code
choose_sheet(void *self, size_t i, struct source_reader *reader, struct im_error *err)
{
    struct grid *grid = self;
    enum im_code rc = choose(grid, i, err);

    if (rc)
        drop_sheet(grid); /* half a sheet is none */
    reader->n_columns = rc ? 0 : grid->cells.n_columns;
    reader->sheet = grid->n_sheets > 1 ? grid->sheets[i].name : "";
    reader->rows = rc ? 0 : grid->cells.n_rows;
    return rc;
}

static bool has_entry(const struct grid *grid, const char *name)
{
    VSIStatBufL info;
    struct im_buf path = {.max = 8192};
    bool has = false;

    im_buf_printf(&path, "%s%s", grid->root, name);
    im_buf_byte(&path, 0);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (!path.failed)
        has = VSIStatExL((const char *)path.data, &info, VSI_STAT_EXISTS_FLAG) == 0;
    CPLPopErrorHandler();
    im_buf_release(&path);
    return has;
}

static enum im_code find_format(struct grid *grid, struct im_error *err)
{
    static const uint8_t OLE[8] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
    struct im_bytes head = grid->input->head;

    if (head.len >= sizeof OLE && memcmp(head.data, OLE, sizeof OLE) == 0) {
        grid->calls = &grid_xls;
        return IM_OK;
    }
    if (head.len < 4 || memcmp(head.data, "PK\3\4", 4) != 0)
        return fail_kind(grid->input, err);
    size_t size = strlen(grid->input->path) + sizeof "/vsizip/{}/";
    char *root = im_arena_alloc(grid->arena, size);
    if (!root)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    snprintf(root, size, "/vsizip/{%s}/", grid->input->path);
    grid->root = root;
    if (has_entry(grid, "[Content_Types].xml"))
        grid->calls = &grid_xlsx;
    else if (has_entry(grid, "content.xml"))
        grid->calls = &grid_ods;
    else
        return fail_kind(grid->input, err);
    return IM_OK;
}

static enum im_code open_book(struct grid *grid, struct im_error *err)
{
    enum im_code rc = find_format(grid, err);

    if (rc)
        return rc;
    grid->budget = (struct grid_budget){GRID_MAX_UNPACKED_BYTES, MAX_WORK_BYTES};
    rc = grid->calls->open(grid, err);
    if (rc)
        return im_context(err, "'%s'", grid->input->name);
    if (grid->n_sheets)
        return IM_OK;
    im_fail(err, IM_EDATA, "'%s' has no sheet with cells", grid->input->name);
    return im_zh(err, IM_EDATA, "“%s”中没有工作表", grid->input->name);
}

/* The sheet that was named; without one the first that people see. */
static enum im_code
first_sheet(const struct grid *grid, size_t *out, struct im_error *err)
{
    const char *wanted = grid->input->options->layer;
    struct im_buf names = {.max = 160};

    *out = 0;
    for (size_t i = 0; i < grid->n_sheets; i++)
        if (wanted ? strcmp(grid->sheets[i].name, wanted) == 0
                   : !grid->sheets[i].is_hidden) {
            *out = i;
            return IM_OK;
        }
    if (!wanted)
        return IM_OK;
    for (size_t i = 0; i < grid->n_sheets; i++)
        im_buf_printf(&names, "%s%s", i ? ", " : "", grid->sheets[i].name);
    im_fail(err, IM_ENOTFOUND, "'%s' has no sheet '%s'; it has: %.*s",
            grid->input->name, wanted, (int)names.len, (const char *)names.data);
    im_zh(err, IM_ENOTFOUND, "“%s”中没有工作表“%s”；有：%.*s", grid->input->name,
          wanted, (int)names.len, (const char *)names.data);
    im_buf_release(&names);
    return IM_ENOTFOUND;
}

static const struct source_calls CALLS = {.next = next,
                                          .rewind = rewind_rows,
                                          .close = close_grid,
                                          .fault_column = fault_column,
                                          .sheets = count_sheets,
                                          .sheet_at = sheet_at,
                                          .choose_sheet = choose_sheet,
                                          .merges = merges};

enum im_code grid_open(const struct source_input *input,
                       struct source_reader *out,
                       struct im_error *err)
{
    struct grid *grid = NULL;
    enum im_code rc = IM_OK;
    size_t sheet = 0;

    if (input->bytes.size > GRID_MAX_FILE_BYTES)
        return fail_size(input, err);
    grid = calloc(1, sizeof *grid);
    if (grid)
        grid->arena = im_arena_new(ARENA_BYTES);
    if (!grid || !grid->arena) {
        free(grid);
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    }
    grid->input = input;
    *out = (struct source_reader){.calls = &CALLS, .self = grid, .is_grid = true};
    rc = open_book(grid, err);
    if (rc)
        goto done;
    out->driver = grid->calls->driver;
    rc = first_sheet(grid, &sheet, err);
    if (!rc)
        rc = choose_sheet(grid, sheet, out, err);
done:
    if (rc) {
        close_grid(grid);
        *out = (struct source_reader){0};
    }
    return rc;
}
