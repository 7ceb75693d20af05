/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as a table, and the table as CSV and for a terminal. */
#include "api/table.h"

#include "cli_files.h"

#include <engine/csv.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES = 2048, FIRST_CELLS = 1024, FIRST_LINES = 32, CELL_BYTES = 400 };

/* ---- filling it ---- */

/* Twice the room: `n` of `max` elements of `size` bytes are used. */
static void *grown(struct api_table *t, void *old, size_t n, size_t *max, size_t size)
{
    size_t more = *max ? *max * 2 : size > 16 ? FIRST_CELLS : FIRST_LINES;
    void *fresh = im_arena_calloc(t->arena, more, size);

    if (!fresh) {
        t->failed = true;
        return old;
    }
    if (n)
        memcpy(fresh, old, n * size);
    *max = more;
    return fresh;
}

static bool has_title(const struct api_table *t, const char *title)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].title, title) == 0)
            return true;
    return false;
}

static void
add_column(struct api_table *t, const char *title, const char *name, bool is)
{
    char text[LINE_BYTES];

    if (t->n_columns == TABLE_MAX_COLUMNS) {
        t->failed = true;
        return;
    }
    if (has_title(t, title)) {
        snprintf(text, sizeof text, "%s (%s)", title, name);
        title = im_arena_strdup(t->arena, im_bytes_of(text));
    }
    if (title)
        t->columns[t->n_columns++] = (struct table_column){title, is, 0};
    else
        t->failed = true;
}

void table_column(struct api_table *t, const char *title, const char *name)
{
    add_column(t, title, name, false);
}

void table_number_column(struct api_table *t, const char *title, const char *name)
{
    add_column(t, title, name, true);
}

static void add_cell(struct api_table *t, enum cell_kind kind, struct im_bytes text)
{
    if (!t->failed && t->n_cells == t->max_cells)
        t->cells = grown(t, t->cells, t->n_cells, &t->max_cells, sizeof *t->cells);
    if (!t->failed)
        t->cells[t->n_cells++] = (struct table_cell){kind, text};
}

static void add_copy(struct api_table *t, enum cell_kind kind, struct im_bytes text)
{
    char *copy = im_arena_strdup(t->arena, text);

    if (copy)
        add_cell(t, kind, (struct im_bytes){(uint8_t *)copy, text.len});
    else
        t->failed = true;
}

void table_text(struct api_table *t, struct im_bytes text)
{
    add_cell(t, text.len ? CELL_TEXT : CELL_EMPTY, text);
}

void table_copy(struct api_table *t, struct im_bytes text)
{
    if (text.len)
        add_copy(t, CELL_TEXT, text);
    else
        table_empty(t);
}

void table_words(struct api_table *t, const char *fmt, ...)
{
    char text[LINE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    table_copy(t, im_bytes_of(text));
}

void table_number(struct api_table *t, double value, int decimals)
{
    char digits[IM_NUMBER_MAX];

    if (!isfinite(value)) {
        table_empty(t);
        return;
    }
    add_copy(t, CELL_NUMBER,
             (struct im_bytes){(uint8_t *)digits,
                               im_format_double(digits, value, decimals)});
}

void table_empty(struct api_table *t)
{
    add_cell(t, CELL_EMPTY, (struct im_bytes){NULL, 0});
}

static void add_line(struct api_table *t,
                     const char ***lines,
                     size_t *n,
                     size_t *max,
                     const char *fmt,
                     va_list args)
{
    char text[LINE_BYTES];
    const char *copy;

    vsnprintf(text, sizeof text, fmt, args);
    text[im_utf8_cut(text, sizeof text - 1)] = '\0';
    copy = im_arena_strdup(t->arena, im_bytes_of(text));
    if (!t->failed && *n == *max)
        *lines = grown(t, (void *)*lines, *n, max, sizeof **lines);
    t->failed = t->failed || !copy;
    if (!t->failed)
        (*lines)[(*n)++] = copy;
}

void table_apart(struct api_table *t, const char *fmt, ...)
{
    char text[LINE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    t->apart = im_arena_strdup(t->arena, im_bytes_of(text));
    t->apart_from = t->n_cells;
    t->failed = t->failed || !t->apart;
}

void table_lead(struct api_table *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_line(t, &t->lead, &t->n_lead, &t->max_lead, fmt, args);
    va_end(args);
}

void table_note(struct api_table *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_line(t, &t->notes, &t->n_notes, &t->max_notes, fmt, args);
    va_end(args);
}

/* ---- CSV ---- */

static void csv_cell(struct im_csv *w, enum cell_kind kind, struct im_bytes text)
{
    if (kind == CELL_TEXT && im_csv_needs_guard(text))
        im_csv_guarded_cell(w, text);
    else
        im_csv_cell(w, text);
}

/* A line in the first cell; the row has as many cells as the others (RFC 4180, 2.4). */
static void csv_note(const struct api_table *t, struct im_csv *w, const char *line)
{
    char text[LINE_BYTES + 16];

    snprintf(text, sizeof text, t->lang == LANG_ZH ? "注：%s" : "Note: %s", line);
    csv_cell(w, CELL_TEXT, im_bytes_of(text));
    for (size_t i = 1; i < t->n_columns; i++)
        im_csv_cell(w, im_bytes_of(""));
    im_csv_end_row(w);
}

void table_write_csv(const struct api_table *t, struct im_buf *out)
{
    struct im_csv w = {.out = out};

    if (!t->is_continued) {
        im_buf_text(out, "\xEF\xBB\xBF");
        for (size_t i = 0; i < t->n_columns; i++)
            csv_cell(&w, CELL_TEXT, im_bytes_of(t->columns[i].title));
        im_csv_end_row(&w);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        csv_cell(&w, t->cells[i].kind, t->cells[i].text);
        if ((i + 1) % t->n_columns == 0)
            im_csv_end_row(&w);
    }
    for (size_t i = 0; i < t->n_notes; i++)
        csv_note(t, &w, t->notes[i]);
}

/* ---- for a terminal ---- */

/* What strangers wrote cannot steer the terminal. */
static void plain_text(struct im_buf *out, struct im_bytes text)
{
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(text, &i);

        if (im_utf8_is_unseemly(c))
            im_buf_byte(out, ' ');
        else
            im_buf_append(out, text.data + from, i - from);
    }
}

static struct im_bytes shown(const struct table_cell *cell)
{
    static const uint8_t dash[] = "-";

    return cell->kind == CELL_EMPTY ? (struct im_bytes){dash, 1} : cell->text;
}

static void spaces(struct im_buf *out, size_t n)
{
    while (n--)
        im_buf_byte(out, ' ');
}

static void text_cell(struct im_buf *out,
                      const struct api_table *t,
                      size_t column,
                      struct im_bytes text,
                      size_t width)
{
    size_t used = cli_columns(text);
    size_t gap = used < width ? width - used : 0;
    bool is_last = column + 1 == t->n_columns;

    spaces(out, t->columns[column].is_number ? gap : 0);
    plain_text(out, text);
    if (is_last)
        im_buf_byte(out, '\n');
    else
        spaces(out, (t->columns[column].is_number ? 0 : gap) + 2);
}

static void text_line(struct im_buf *out, const char *line)
{
    plain_text(out, im_bytes_of(line));
    im_buf_byte(out, '\n');
}

/* Rows of the cells from `from` on, in columns of their own widths: a long name that
 * stands apart does not stretch the others. */
static void
text_rows(struct im_buf *out, const struct api_table *t, size_t from, size_t to)
{
    size_t widths[TABLE_MAX_COLUMNS];

    for (size_t i = 0; i < t->n_columns; i++) {
        size_t title = t->no_header ? 0 : cli_columns(im_bytes_of(t->columns[i].title));

        widths[i] = title > t->columns[i].min_width ? title : t->columns[i].min_width;
    }
    for (size_t i = from; i < to; i++) {
        size_t width = cli_columns(shown(&t->cells[i]));

        if (width > widths[i % t->n_columns])
            widths[i % t->n_columns] = width;
    }
    for (size_t i = 0; i < t->n_columns && !t->no_header && from == 0 && to; i++)
        text_cell(out, t, i, im_bytes_of(t->columns[i].title), widths[i]);
    for (size_t i = from; i < to; i++)
        text_cell(out, t, i % t->n_columns, shown(&t->cells[i]),
                  widths[i % t->n_columns]);
}

void table_write_text(const struct api_table *t, struct im_buf *out)
{
    size_t apart = t->apart ? t->apart_from : t->n_cells;

    for (size_t i = 0; i < t->n_lead; i++)
        text_line(out, t->lead[i]);
    text_rows(out, t, 0, apart);
    if (t->apart)
        text_line(out, t->apart);
    text_rows(out, t, apart, t->n_cells);
    for (size_t i = 0; i < t->n_notes; i++)
        text_line(out, t->notes[i]);
}
