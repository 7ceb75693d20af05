/* SPDX-License-Identifier: Apache-2.0 */
/* One sheet while it is read: rows, cells and texts, within bounds; numbers and dates
 * as people see them. */
#include "grid.h"

#include <math.h>

#include <cpl_conv.h>
#include <cpl_string.h>

enum { FIRST_CAPACITY = 256 };

void grid_cells_release(struct grid_cells *cells)
{
    free(cells->cells);
    free(cells->rows);
    free(cells->merges);
    im_arena_free(cells->texts);
    *cells = (struct grid_cells){0};
}

/* ---- adding ---- */

static enum im_code
fail_limit(struct im_error *err, const char *en, const char *zh, unsigned long long max)
{
    im_fail(err, IM_ELIMIT,
            "the sheet has more than %llu %s; split it, or save it as CSV", max, en);
    return im_zh(err, IM_ELIMIT, "工作表超过 %llu %s；请拆分，或另存为 CSV 后导入", max,
                 zh);
}

/* Room for one more of `size` bytes. */
static bool grow(void **items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? 2 * *cap : FIRST_CAPACITY;
    void *more = realloc(*items, want * size);
    if (!more)
        return false;
    *items = more;
    *cap = want;
    return true;
}

static enum im_code at_row(struct grid_cells *cells, uint64_t row, struct im_error *err)
{
    const struct grid_row *last =
        cells->n_rows ? &cells->rows[cells->n_rows - 1] : NULL;

    if (last && last->number == row)
        return IM_OK;
    if (row >= GRID_MAX_ROWS)
        return fail_limit(err, "rows", "行", GRID_MAX_ROWS);
    if (last && row < last->number) {
        im_fail(err, IM_EDATA,
                "row %llu of the sheet comes behind row %u: the file is damaged; open "
                "it in a spreadsheet programme and save it anew",
                (unsigned long long)row + 1, last->number + 1);
        return im_zh(err, IM_EDATA,
                     "工作表第 %llu 行排在第 %u 行之后：文件已损坏；请用表格软件打开并"
                     "重新保存",
                     (unsigned long long)row + 1, last->number + 1);
    }
    if (!grow((void **)&cells->rows, cells->n_rows, &cells->cap_rows,
              sizeof *cells->rows))
        return im_fail(err, IM_ENOMEM, "sheet: out of memory");
    cells->rows[cells->n_rows++] =
        (struct grid_row){.first = cells->n_cells, .number = (uint32_t)row};
    return IM_OK;
}

static enum im_code copy_text(struct grid_cells *cells,
                              struct im_bytes text,
                              struct grid_cell *out,
                              struct im_error *err)
{
    if (text.len > GRID_MAX_CELL_BYTES)
        return fail_limit(err, "bytes in one cell", "字节（单个单元格）",
                          GRID_MAX_CELL_BYTES);
    if (!cells->texts)
        cells->texts = im_arena_new(GRID_MAX_TEXT_BYTES);
    uint8_t *copy = cells->texts ? im_arena_alloc(cells->texts, text.len + 1) : NULL;
    if (!copy && cells->texts && im_arena_used(cells->texts) > GRID_MAX_TEXT_BYTES / 2)
        return fail_limit(err, "bytes of text", "字节文字", GRID_MAX_TEXT_BYTES);
    if (!copy)
        return im_fail(err, IM_ENOMEM, "sheet: out of memory");
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    out->text = copy;
    out->as.text_len = text.len;
    return IM_OK;
}

static enum im_code
push_cell(struct grid_cells *cells, struct grid_cell cell, struct im_error *err)
{
    struct grid_row *row = &cells->rows[cells->n_rows - 1];

    if (cells->n_cells >= GRID_MAX_CELLS)
        return fail_limit(err, "cells", "个单元格", GRID_MAX_CELLS);
    if (!grow((void **)&cells->cells, cells->n_cells, &cells->cap_cells, sizeof cell))
        return im_fail(err, IM_ENOMEM, "sheet: out of memory");
    cells->cells[cells->n_cells++] = cell;
    row->n++;
    if (cell.column >= cells->n_columns)
        cells->n_columns = cell.column + 1;
    return IM_OK;
}

enum im_code grid_cells_add(struct grid_cells *cells,
                            uint64_t row,
                            uint64_t column,
                            const struct grid_value *value,
                            struct im_error *err)
{
    struct grid_cell cell = {.column = (uint32_t)column,
                             .kind = (uint8_t)value->kind,
                             .is_error = value->is_error};
    enum im_code rc = IM_OK;

    if (value->kind == SOURCE_NULL && !value->is_error)
        return IM_OK;
    if (column >= GRID_MAX_COLUMNS)
        return fail_limit(err, "columns", "列", GRID_MAX_COLUMNS);
    rc = at_row(cells, row, err);
    if (rc)
        return rc;
    const struct grid_row *last = &cells->rows[cells->n_rows - 1];
    if (last->n && cells->cells[cells->n_cells - 1].column >= column) {
        im_fail(err, IM_EDATA,
                "row %llu: two cells of the sheet are in one place, or out of order: "
                "the file is damaged; open it in a spreadsheet programme and save it "
                "anew",
                (unsigned long long)row + 1);
        return im_zh(err, IM_EDATA,
                     "第 %llu 行：单元格重复或次序颠倒，文件已损坏；请用表格软件打开并"
                     "重新保存",
                     (unsigned long long)row + 1);
    }
    if (value->is_error || value->kind == SOURCE_TEXT)
        rc = copy_text(cells, value->text, &cell, err);
    else if (value->kind == SOURCE_INTEGER)
        cell.as.integer = value->integer;
    else
        cell.as.real = value->real;
    return rc ? rc : push_cell(cells, cell, err);
}

enum im_code
grid_cells_repeat(struct grid_cells *cells, uint64_t row, struct im_error *err)
{
    struct grid_row from = cells->rows[cells->n_rows - 1];
    enum im_code rc = at_row(cells, row, err);

    for (size_t i = 0; !rc && i < from.n; i++)
        rc = push_cell(cells, cells->cells[from.first + i], err);
    return rc;
}

enum im_code grid_cells_merge(struct grid_cells *cells,
                              struct source_merge merge,
                              struct im_error *err)
{
    if (merge.first_row == merge.last_row && merge.first_column == merge.last_column)
        return IM_OK;
    if (merge.last_column >= GRID_MAX_COLUMNS)
        merge.last_column = GRID_MAX_COLUMNS - 1;
    if (cells->n_merges >= GRID_MAX_MERGES)
        return fail_limit(err, "merged ranges", "处合并单元格", GRID_MAX_MERGES);
    if (!grow((void **)&cells->merges, cells->n_merges, &cells->cap_merges,
              sizeof merge))
        return im_fail(err, IM_ENOMEM, "sheet: out of memory");
    cells->merges[cells->n_merges++] = merge;
    return IM_OK;
}

/* ---- values ---- */

struct grid_value grid_text(struct im_bytes text)
{
    struct source_value value = source_text(text);

    return (struct grid_value){.kind = value.kind, .text = value.text};
}

struct grid_value grid_number(double value)
{
    enum { DIGITS = 15 }; /* what Excel keeps and shows; more is the noise of binary */
    static const double MAX_INTEGER = 9007199254740992.0; /* 2^53 */
    char text[40];

    if (!isfinite(value))
        return (struct grid_value){.kind = SOURCE_NULL};
    CPLsnprintf(text, sizeof text, "%.*g", DIGITS, value);
    value = CPLAtof(text);
    if (value == floor(value) && fabs(value) < MAX_INTEGER)
        return (struct grid_value){.kind = SOURCE_INTEGER, .integer = (int64_t)value};
    return (struct grid_value){.kind = SOURCE_REAL, .real = value};
}

/* ---- number formats ---- */

unsigned grid_format_builtin(unsigned id)
{
    /* 27 to 36 and 50 to 58 as the Chinese edition has them (18.8.30) */
    switch (id) {
    case 17:
    case 27:
    case 36:
    case 50:
    case 52:
    case 57:
        return GRID_FORMAT_MONTH;
    case 22:
        return GRID_FORMAT_DATE_TIME;
    case 55:
    case 56:
        return GRID_FORMAT_TIME;
    default:
        break;
    }
    if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47))
        return GRID_FORMAT_TIME;
    if ((id >= 14 && id <= 16) || (id >= 28 && id <= 31) || (id >= 51 && id <= 58))
        return GRID_FORMAT_DATE;
    return GRID_FORMAT_NUMBER;
}

struct format_letters {
    bool year, month, day, hour, second;
    bool other; /* digits or text: no date */
    unsigned zeros;
};

/* Letters of the first section outside of "quoted", \x, _x, *x and [bracketed] parts;
 * of the brackets only [h], [m], [s] are letters. ECMA-376 part 1, 18.8.31. */
static struct format_letters scan_format(struct im_bytes code)
{
    struct format_letters out = {0};
    bool after_hour = false;

    for (size_t i = 0; i < code.len && code.data[i] != ';'; i++) {
        char c = (char)(code.data[i] | 0x20);

        switch (code.data[i]) {
        case '"':
            for (i++; i < code.len && code.data[i] != '"'; i++)
                ;
            continue;
        case '\\':
        case '_':
        case '*':
            i++;
            continue;
        case '[':
            if (i + 2 < code.len && strchr("hHmMsS", code.data[i + 1]) &&
                (code.data[i + 2] == ']' || code.data[i + 2] == code.data[i + 1]))
                out.hour = true;
            for (; i < code.len && code.data[i] != ']'; i++)
                ;
            continue;
        case '0':
            out.zeros++;
            continue;
        case '#':
        case '?':
        case '.':
        case '%':
        case '@':
            out.other = true;
            continue;
        default:
            break;
        }
        if (c == 'm') { /* minutes stand behind hours or in front of seconds */
            if (!after_hour)
                out.month = true;
        } else if (strchr("yedhs", c)) {
            /* "e" is a year too, but in 0.00E+00 an exponent */
            out.year |= c == 'y' || (c == 'e' && !out.zeros && !out.other);
            out.day |= c == 'd';
            out.hour |= c == 'h';
            out.second |= c == 's';
            after_hour = c == 'h';
        }
    }
    return out;
}

static bool is_general(struct im_bytes code)
{
    return code.len >= 7 && EQUALN((const char *)code.data, "General", 7);
}

unsigned grid_format_of_code(struct im_bytes code)
{
    struct format_letters has =
        is_general(code) ? (struct format_letters){0} : scan_format(code);
    bool is_time = has.hour || has.second;

    if (has.year || has.day) {
        if (is_time)
            return GRID_FORMAT_DATE_TIME;
        return has.day     ? GRID_FORMAT_DATE
               : has.month ? GRID_FORMAT_MONTH
                           : GRID_FORMAT_YEAR;
    }
    if (is_time)
        return GRID_FORMAT_TIME;
    if (has.month && !has.other && !has.zeros)
        return GRID_FORMAT_DATE;
    if (has.zeros > 1 && has.zeros <= 15 && !has.other && has.zeros == code.len)
        return GRID_FORMAT_ZEROS + has.zeros;
    return GRID_FORMAT_NUMBER;
}

/* Civil date of a day number, 0 is 1970-01-01 (Howard Hinnant, "chrono-compatible
 * low-level date algorithms", 2013); only years 1 and later come here. */
static void civil(int64_t day, int *y, int *m, int *d)
{
    day += 719468;
    int64_t era = day / 146097;
    int64_t doe = day - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int)(yoe + era * 400 + (*m <= 2));
}

struct grid_value
grid_formatted(double value, unsigned format, bool is_1904, char scratch[GRID_SCRATCH])
{
    enum { DAY_S = 86400, DAYS_TO_1900 = 25569, DAYS_1904 = 1462, LAST_DAY = 2958466 };
    int y, m, d;
    size_t at = 0;

    if (format == GRID_FORMAT_NUMBER || !isfinite(value) || value < 0)
        return grid_number(value);
    if (format > GRID_FORMAT_ZEROS) {
        if (value != floor(value) || value > 1e15)
            return grid_number(value);
        snprintf(scratch, GRID_SCRATCH, "%0*lld", (int)(format - GRID_FORMAT_ZEROS),
                 (long long)value);
        return grid_text(im_bytes_of(scratch));
    }
    if (value >= LAST_DAY) /* no date: behind 9999-12-31 */
        return grid_number(value);
    int64_t seconds = (int64_t)floor(value * DAY_S + 0.5);
    int64_t day = seconds / DAY_S;
    int64_t rest = seconds % DAY_S;
    if (format != GRID_FORMAT_TIME && !(format == GRID_FORMAT_DATE_TIME && day == 0)) {
        if (is_1904)
            day += DAYS_1904;
        else if (day < 60) /* Excel believes in 1900-02-29, which is day 60 */
            day++;
        civil(day - DAYS_TO_1900, &y, &m, &d);
        at = (size_t)snprintf(scratch, GRID_SCRATCH, "%04d-%02d-%02d", y, m, d);
        if (format == GRID_FORMAT_YEAR || format == GRID_FORMAT_MONTH)
            scratch[format == GRID_FORMAT_YEAR ? 4 : 7] = '\0';
    }
    if (format == GRID_FORMAT_TIME || (format == GRID_FORMAT_DATE_TIME && rest))
        snprintf(scratch + at, GRID_SCRATCH - at, "%s%02d:%02d:%02d", at ? "T" : "",
                 (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    return grid_text(im_bytes_of(scratch));
}
