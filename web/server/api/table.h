/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as a table: what CSV, XLSX and the terminal are written from. */
#ifndef API_TABLE_H
#define API_TABLE_H

#include <engine/arena.h>
#include <engine/query.h>

enum { TABLE_MAX_COLUMNS = 400 };

enum cell_kind { CELL_EMPTY, CELL_TEXT, CELL_NUMBER };

struct table_cell {
    enum cell_kind kind;
    struct im_bytes text; /* of a number: its digits; borrowed */
};

struct table_column {
    const char *title;
    bool is_number;   /* to the right on a terminal */
    size_t min_width; /* on a terminal, in columns */
};

/** Zero-initialise with arena and lang; everything lives in the arena. */
struct api_table {
    struct im_arena *arena;
    enum lang lang;
    bool is_brief;     /* for a terminal: what a person reads at once */
    bool no_header;    /* the cells explain themselves */
    bool is_continued; /* CSV: the beginning is written already */
    struct table_column columns[TABLE_MAX_COLUMNS];
    size_t n_columns;
    struct table_cell *cells; /* row by row */
    size_t n_cells;
    size_t max_cells;
    const char *apart; /* on a terminal, a line above the rows from this cell on */
    size_t apart_from;
    const char **lead; /* lines before and behind it */
    size_t n_lead;
    size_t max_lead;
    const char **notes;
    size_t n_notes;
    size_t max_notes;
    bool failed; /* memory ran out: nothing more is taken */
};

/** A title that another column has already gets `name` behind it: readers of tables
 *  need different ones. `title` and `name` are borrowed. */
void table_column(struct api_table *t, const char *title, const char *name);
void table_number_column(struct api_table *t, const char *title, const char *name);
/** Cells fill rows from the left. The text is borrowed; */
void table_text(struct api_table *t, struct im_bytes text);
/** here it is copied. */
void table_copy(struct api_table *t, struct im_bytes text);
void table_words(struct api_table *t, const char *fmt, ...) IM_PRINTF(2, 3);
/** Not finite: empty. `decimals` as im_format_double. */
void table_number(struct api_table *t, double value, int decimals);
void table_empty(struct api_table *t);
/** The rows that follow stand apart: said in a line above them. On a terminal only. */
void table_apart(struct api_table *t, const char *fmt, ...) IM_PRINTF(2, 3);
void table_lead(struct api_table *t, const char *fmt, ...) IM_PRINTF(2, 3);
void table_note(struct api_table *t, const char *fmt, ...) IM_PRINTF(2, 3);

/** RFC 4180 behind a byte order mark, formulas as texts, notes at the end as rows that
 *  an importer knows for notes. */
void table_write_csv(const struct api_table *t, struct im_buf *out);
/** An Office Open XML workbook (ECMA-376): one sheet, texts as texts. Errors:
 * IM_ENOMEM, IM_ELIMIT. */
IM_CHECKED enum im_code
table_write_xlsx(const struct api_table *t, struct im_buf *out, struct im_error *err);
/** For a terminal, in columns; control characters as spaces. */
void table_write_text(const struct api_table *t, struct im_buf *out);

#endif
