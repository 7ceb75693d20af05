/* SPDX-License-Identifier: Apache-2.0 */
/* A table in a few characters, for tests of the header finder.
 *
 *   名称|城市||经度     one row: cells between bars, "\n" a line break, "#5" a number
 *                       (a cell that a programme holds as a number, not as text)
 *   =1 2 0 0            merged cells: first and last row, first and last column
 *   +7                  the next row has this number
 */
#ifndef TESTS_IMPORT_PLAN_TABLE_H
#define TESTS_IMPORT_PLAN_TABLE_H

#include "../../../import/plan/header.h"

enum { TABLE_MAX_LINES = 100, TABLE_MAX_COLUMNS = 64, TABLE_MAX_MERGES = 64 };

struct test_table {
    struct header_table table;
    struct header_line lines[TABLE_MAX_LINES];
    struct header_cell cells[TABLE_MAX_LINES][TABLE_MAX_COLUMNS];
    struct source_merge merges[TABLE_MAX_MERGES];
    uint64_t next;
};

static inline uint64_t test_number(struct im_bytes line, size_t *at)
{
    uint64_t n = 0;

    while (*at < line.len && (line.data[*at] < '0' || line.data[*at] > '9'))
        ++*at;
    for (; *at < line.len && line.data[*at] >= '0' && line.data[*at] <= '9'; ++*at)
        n = n > 1 << 20 ? n : n * 10 + (uint64_t)(line.data[*at] - '0');
    return n;
}

static inline struct header_cell test_cell(struct im_bytes text, struct im_arena *arena)
{
    struct header_cell cell = {.is_number = text.len > 1 && text.data[0] == '#'};
    uint8_t *out = im_arena_alloc(arena, text.len + 1);
    size_t n = 0;

    if (!out)
        return (struct header_cell){0};
    for (size_t i = cell.is_number; i < text.len; i++)
        if (text.data[i] == '\\' && i + 1 < text.len && text.data[i + 1] == 'n') {
            out[n++] = '\n';
            i++;
        } else {
            out[n++] = text.data[i];
        }
    cell.text = (struct im_bytes){out, n};
    return cell;
}

static inline void
test_row(struct test_table *t, struct im_bytes line, struct im_arena *arena)
{
    struct header_line *row = &t->lines[t->table.n_lines];
    struct header_cell *cells = t->cells[t->table.n_lines];
    size_t c = 0;

    row->number = t->next++;
    row->cells = cells;
    for (size_t from = 0; from <= line.len && c < TABLE_MAX_COLUMNS; c++) {
        size_t to = from;

        while (to < line.len && line.data[to] != '|')
            to++;
        cells[c] = test_cell((struct im_bytes){line.data + from, to - from}, arena);
        from = to + 1;
    }
    t->table.n_columns = c > t->table.n_columns ? c : t->table.n_columns;
    t->table.n_lines++;
}

static inline void
test_line(struct test_table *t, struct im_bytes line, struct im_arena *arena)
{
    size_t at = 1;

    if (line.len && line.data[0] == '=') {
        struct source_merge *m = &t->merges[t->table.n_merges];

        if (t->table.n_merges == TABLE_MAX_MERGES)
            return;
        m->first_row = test_number(line, &at);
        m->last_row = test_number(line, &at);
        m->first_column = test_number(line, &at);
        m->last_column = test_number(line, &at);
        /* as the readers give them */
        t->table.n_merges +=
            m->first_row <= m->last_row && m->first_column <= m->last_column;
    } else if (line.len && line.data[0] == '+') {
        uint64_t n = test_number(line, &at);

        t->next = n > t->next ? n : t->next;
    } else if (t->table.n_lines < TABLE_MAX_LINES) {
        test_row(t, line, arena);
    }
}

/** `t` is large: not on the stack. Cells live in `arena`. */
static inline void
test_table_of(struct test_table *t, struct im_bytes text, struct im_arena *arena)
{
    memset(t, 0, sizeof *t);
    t->next = 1;
    for (size_t from = 0; from < text.len;) {
        size_t to = from;

        while (to < text.len && text.data[to] != '\n')
            to++;
        test_line(t, (struct im_bytes){text.data + from, to - from}, arena);
        from = to + 1;
    }
    t->table.lines = t->lines;
    t->table.merges = t->merges;
}

#endif
