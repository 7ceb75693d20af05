/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets of XLSX, ODS and XLS: one sheet at a time in memory, then row by row.
 *
 *   grid.c       the reader: what is it, choose a sheet, next row, merged cells filled
 *   grid_cells.c one sheet while it is read: rows, cells, texts, bounds
 *   grid_xml.c   XML of a zip through expat
 *   grid_xlsx.c  Office Open XML (ECMA-376 part 1)
 *   grid_ods.c   OpenDocument 1.3
 *   grid_xls.c   Excel 97-2003 (BIFF8), in a compound file (compound.c)
 *
 * Why not GDAL's drivers (3.6.2): merged cells and hidden sheets are not shown, numbers
 * and texts not told apart; XLSX gives only the first run of a text with several
 * formats and refuses gaps of 10,000 rows, XLS gives the error #N/A as the number 1;
 * and all trust the sizes that a file claims.
 */
#ifndef IMPORT_GRID_H
#define IMPORT_GRID_H

#include "internal.h"

enum {
    GRID_MAX_FILE_BYTES = 64 << 20,
    GRID_MAX_UNPACKED_BYTES = 512 << 20,
    GRID_MAX_TEXT_BYTES = 256 << 20, /* of one sheet, shared texts included */
    GRID_MAX_CELL_BYTES = 1 << 18,
    GRID_MAX_ROWS = 1048576,
    GRID_MAX_COLUMNS = 4096,
    GRID_MAX_CELLS = 1 << 23, /* with a value */
    GRID_MAX_SHEETS = 1000,
    GRID_MAX_MERGES = 1 << 18,
    GRID_SCRATCH = 48
};

struct grid_cell {
    const uint8_t *text; /* SOURCE_TEXT; an error: what it is, such as "#N/A" */
    union {
        int64_t integer;
        double real;
        size_t text_len;
    } as;
    uint32_t column;
    uint8_t kind; /* enum source_value_kind */
    bool is_error;
};

struct grid_row {
    size_t first; /* of cells */
    uint32_t n;
    uint32_t number;
};

struct grid_cells {
    struct grid_cell *cells;
    struct grid_row *rows;
    struct source_merge *merges;
    size_t n_cells, cap_cells;
    size_t n_rows, cap_rows;
    size_t n_merges, cap_merges;
    size_t n_columns;
    struct im_arena *texts;
};

struct grid_value {
    enum source_value_kind kind;
    int64_t integer;
    double real;
    struct im_bytes text;
    bool is_error;
};

void grid_cells_release(struct grid_cells *cells);
/** Rows and columns from 0. Rows come in ascending order, cells of a row too. Null is
 *  left out. Texts are copied. */
IM_CHECKED enum im_code grid_cells_add(struct grid_cells *cells,
                                       uint64_t row,
                                       uint64_t column,
                                       const struct grid_value *value,
                                       struct im_error *err);
/** The same cells as in row `from` once more. */
IM_CHECKED enum im_code
grid_cells_repeat(struct grid_cells *cells, uint64_t row, struct im_error *err);
/** Of one cell: nothing. */
IM_CHECKED enum im_code grid_cells_merge(struct grid_cells *cells,
                                         struct source_merge merge,
                                         struct im_error *err);
/** Number as people see it: 15 digits, an integer where it is one. */
struct grid_value grid_number(double value);
struct grid_value grid_text(struct im_bytes text); /* white space at the ends cut */

/** What a number format says of a number. */
enum grid_format {
    GRID_FORMAT_NUMBER,
    GRID_FORMAT_DATE,  /* to the day */
    GRID_FORMAT_MONTH, /* year and month */
    GRID_FORMAT_YEAR,
    GRID_FORMAT_TIME,
    GRID_FORMAT_DATE_TIME,
    GRID_FORMAT_ZEROS /* GRID_FORMAT_ZEROS + n: n digits, zeros in front */
};
unsigned grid_format_of_code(struct im_bytes code);
unsigned grid_format_builtin(unsigned id); /* ECMA-376 part 1, 18.8.30 */
/** A number that is a day since 1899-12-30 (`is_1904`: 1904-01-01) as ISO 8601; other
 *  formats as grid_number. `scratch` holds the text. */
struct grid_value
grid_formatted(double value, unsigned format, bool is_1904, char scratch[GRID_SCRATCH]);

/* grid_xml.c */

struct grid_budget {
    uint64_t bytes; /* that may still be unpacked, of this sheet */
    uint64_t work;  /* of the workbook, what is unpacked again included */
};

struct grid_xml;

/** Names come without their namespace. Handlers stop the reading with grid_xml_stop. */
struct grid_xml_handlers {
    void (*start)(struct grid_xml *xml, const char *name);
    void (*end)(struct grid_xml *xml, const char *name);
    void (*text)(struct grid_xml *xml, struct im_bytes text); /* may be NULL */
};
struct grid_xml {
    void *ctx;
    const char *const *attributes; /* of the element that starts */
    struct grid_xml_handlers on;
    struct im_error *err;
    enum im_code rc;
    void *parser;
    unsigned depth; /* of the element; 1 is the outermost */
};
/** `ctx` and `on` are set. *found (may be NULL) is false and nothing is done when there
 *  is no such entry; without `found` that is IM_EDATA. */
IM_CHECKED enum im_code grid_xml_read(struct grid_xml *xml,
                                      const char *path,
                                      struct grid_budget *budget,
                                      bool *found,
                                      struct im_error *err);
/** The value of an attribute by its local name, or by the end of its namespace, '|' and
 *  its name; NULL when it is not there. */
const char *grid_xml_attribute(const struct grid_xml *xml, const char *name);
void grid_xml_stop(struct grid_xml *xml, enum im_code rc);

/* ---- a workbook ---- */

struct grid_sheet {
    const char *name;
    const char *part; /* XLSX: entry of the zip */
    bool is_hidden;
};

struct grid {
    const struct source_input *input;
    const struct grid_format_calls *calls;
    const char *root; /* of the zip: "/vsizip/{path}/" */
    struct grid_budget budget;
    struct im_arena *arena; /* names, formats: as long as the grid */
    struct grid_sheet *sheets;
    size_t n_sheets;
    size_t cap_sheets;
    void *book;              /* of the format, in the arena */
    size_t chosen;           /* when `values` is there */
    struct grid_cells cells; /* of the chosen sheet */
    /* reading */
    size_t next_row;
    size_t next_merge;
    size_t width;                /* cells that are asked for, 0: all */
    size_t n_values;             /* columns of the sheet */
    struct source_value *values; /* per column */
    struct grid_fill *fills;     /* per column */
    size_t fault_column;
};

struct grid_format_calls {
    const char *driver;
    /** The list of sheets, and what the cells of all need (texts, formats). */
    enum im_code (*open)(struct grid *grid, struct im_error *err);
    enum im_code (*read)(struct grid *grid, size_t sheet, struct im_error *err);
};
extern const struct grid_format_calls grid_xlsx, grid_ods, grid_xls;

IM_CHECKED enum im_code grid_add_sheet(struct grid *grid,
                                       const char *name,
                                       const char *part,
                                       bool is_hidden,
                                       struct im_error *err);
IM_CHECKED enum im_code grid_fail_damaged(const char *what, struct im_error *err);
IM_CHECKED enum im_code grid_fail_password(struct im_error *err);

#endif
