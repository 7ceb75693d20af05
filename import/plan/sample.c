/* SPDX-License-Identifier: Apache-2.0 */
/* The first rows of a file, kept until the columns are understood. */
#include "parts.h"

enum {
    SAMPLE_ROWS = 1000,
    SAMPLE_CELLS = 200000, /* a file of thousands of columns shows fewer rows */
    SAMPLE_MIN_ROWS = 20,
    SAMPLE_CELL_BYTES = 256,
    SAMPLE_BYTES = 96 << 20
};

static enum im_code
keep_row(struct sample *s, const struct source_row *row, struct im_error *err)
{
    struct im_bytes *out = s->cells + s->n_rows * s->n_columns;

    for (size_t i = 0; i < s->n_columns; i++) {
        struct im_bytes text = cell_text(&row->cells[i], s->arena);

        s->is_typed[i] = s->is_typed[i] && row->cells[i].kind != SOURCE_TEXT;
        if (text.len > SAMPLE_CELL_BYTES)
            text.len = im_utf8_cut((const char *)text.data, SAMPLE_CELL_BYTES);
        out[i].data = (const uint8_t *)im_arena_strdup(s->arena, text);
        out[i].len = text.len;
        if (!out[i].data)
            return plan_no_memory(err);
    }
    if (row->geom.kind != GEOM_EMPTY && row->geom.n_points > 0) {
        s->xy[2 * s->n_xy] = row->geom.lonlat[0];
        s->xy[2 * s->n_xy++ + 1] = row->geom.lonlat[1];
    }
    s->n_rows++;
    return IM_OK;
}

static enum im_code
allocate(struct sample *s, size_t max_rows, size_t n_columns, struct im_error *err)
{
    size_t n = 0;

    *s = (struct sample){.arena = im_arena_new(SAMPLE_BYTES), .n_columns = n_columns};
    if (!s->arena || !im_size_mul(max_rows, n_columns, &n))
        return plan_no_memory(err);
    s->cells = im_arena_calloc(s->arena, n + 1, sizeof *s->cells);
    s->is_typed = im_arena_calloc(s->arena, n_columns + 1, sizeof *s->is_typed);
    s->xy = im_arena_calloc(s->arena, 2 * max_rows, sizeof *s->xy);
    if (!s->cells || !s->is_typed || !s->xy)
        return plan_no_memory(err);
    for (size_t i = 0; i < n_columns; i++)
        s->is_typed[i] = true;
    return IM_OK;
}

enum im_code
sample_read(struct source *source, bool is_grid, struct sample *s, struct im_error *err)
{
    size_t n_columns = source_columns(source);
    size_t max_rows = n_columns ? SAMPLE_CELLS / n_columns : SAMPLE_ROWS;
    struct source_row row;
    bool more = true;

    max_rows = max_rows < SAMPLE_MIN_ROWS ? SAMPLE_MIN_ROWS : max_rows;
    max_rows = max_rows > SAMPLE_ROWS ? SAMPLE_ROWS : max_rows;
    enum im_code rc = allocate(s, max_rows, n_columns, err);
    while (!rc && s->n_rows < max_rows) {
        rc = source_next(source, &row, &more, err);
        if (rc || !more)
            break;
        if (!row.fault.code && !(is_grid && header_is_no_data(&row, n_columns)))
            rc = keep_row(s, &row, err);
    }
    s->is_all = !more;
    return rc ? rc : source_rewind(source, err);
}

void sample_release(struct sample *sample)
{
    im_arena_free(sample->arena);
    sample->arena = NULL;
}

size_t sample_count(const struct sample *s,
                    int column,
                    bool (*test)(void *ctx, struct im_bytes cell),
                    void *ctx,
                    size_t *n_filled)
{
    size_t n = 0;

    *n_filled = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        struct im_bytes cell = sample_cell(s, i, column);

        if (cell.len == 0 || text_is_blank(cell))
            continue;
        ++*n_filled;
        n += test(ctx, cell);
    }
    return n;
}
