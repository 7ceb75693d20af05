/* SPDX-License-Identifier: Apache-2.0 */
/* OpenDocument spreadsheets (ODF 1.3 part 3, 9): all sheets are in content.xml, read
 * once for their names and once more for the cells of one. */
#include "grid.h"

enum { MAX_STYLES = 4096 };

struct reading {
    struct grid *grid;
    bool wants_cells;
    size_t wanted; /* sheet */
    size_t sheet;  /* how many tables were before this one */
    unsigned table_depth;
    unsigned skip_depth; /* of an element whose content is none of the cell; 0: none */
    /* styles of tables that are not shown, by name */
    const char **hidden;
    size_t n_hidden, cap_hidden;
    const char *style; /* the style that is being read */
    /* where we are; a repeated row or cell stands for several */
    uint64_t row, row_repeat;
    uint64_t column, column_repeat;
    size_t row_cells; /* cells before this row */
    bool in_cell, is_covered;
    unsigned paragraphs;
    bool in_text;
    struct grid_value value;
    char number_text[64]; /* of office:value */
    struct im_buf date;
    struct im_buf text;
};

static bool is_wanted(const struct reading *r)
{
    return r->wants_cells && r->table_depth == 1 && r->sheet == r->wanted + 1;
}

static void stop(struct grid_xml *xml, enum im_code rc)
{
    if (rc)
        grid_xml_stop(xml, rc);
}

/* ---- sheets ---- */

static void remember_hidden(struct reading *r)
{
    if (!r->style || r->n_hidden >= MAX_STYLES)
        return;
    if (r->n_hidden == r->cap_hidden) {
        size_t want = r->cap_hidden ? 2 * r->cap_hidden : 16;
        const char **more = im_arena_calloc(r->grid->arena, want, sizeof *more);

        if (!more)
            return;
        if (r->n_hidden)
            memcpy(more, r->hidden, r->n_hidden * sizeof *more);
        r->hidden = more;
        r->cap_hidden = want;
    }
    r->hidden[r->n_hidden++] = r->style;
}

static void start_table(struct grid_xml *xml, struct reading *r)
{
    const char *name = grid_xml_attribute(xml, "table:1.0|name");
    const char *style = grid_xml_attribute(xml, "table:1.0|style-name");
    bool is_hidden = false;

    if (++r->table_depth > 1) /* a table in a cell */
        return;
    r->sheet++;
    r->row = 0;
    if (r->wants_cells)
        return;
    for (size_t i = 0; style && i < r->n_hidden; i++)
        is_hidden |= strcmp(r->hidden[i], style) == 0;
    stop(xml, grid_add_sheet(r->grid, name ? name : "", NULL, is_hidden, xml->err));
}

/* ---- rows and cells ---- */

static uint64_t count_of(const struct grid_xml *xml, const char *name)
{
    const char *text = grid_xml_attribute(xml, name);
    int64_t n;

    if (!text || !im_parse_int64(im_bytes_of(text), &n) || n < 1)
        return 1;
    return n > INT32_MAX ? INT32_MAX : (uint64_t)n;
}

static void start_row(struct grid_xml *xml, struct reading *r)
{
    r->row_repeat = count_of(xml, "number-rows-repeated");
    r->column = 0;
    r->row_cells = r->grid->cells.n_cells;
}

static void end_row(struct grid_xml *xml, struct reading *r)
{
    bool has_cells = r->grid->cells.n_cells > r->row_cells;
    enum im_code rc = IM_OK;

    for (uint64_t i = 1; has_cells && !rc && i < r->row_repeat; i++)
        rc = grid_cells_repeat(&r->grid->cells, r->row + i, xml->err);
    stop(xml, rc);
    r->row += r->row_repeat;
}

/* 19.387 office:value-type; dates are ISO 8601 already. */
static void start_value(struct grid_xml *xml, struct reading *r)
{
    const char *type = grid_xml_attribute(xml, "office:1.0|value-type");
    const char *extended = grid_xml_attribute(xml, "calcext:1.0|value-type");
    const char *value = grid_xml_attribute(xml, "office:1.0|value");
    const char *date = grid_xml_attribute(xml, "office:1.0|date-value");
    const char *text = grid_xml_attribute(xml, "office:1.0|string-value");
    double number;

    r->value = (struct grid_value){.kind = SOURCE_NULL};
    im_buf_clear(&r->date);
    if (extended && strcmp(extended, "error") == 0)
        r->value.is_error = true;
    else if (type && value && im_parse_double(im_bytes_of(value), &number) &&
             strcmp(type, "string") != 0)
        r->value = grid_number(number);
    else if (type && date && strcmp(type, "date") == 0)
        im_buf_text(&r->date, date);
    else if (text)
        im_buf_text(&r->date, text);
    if (grid_xml_attribute(xml, "table:1.0|formula") && !type)
        r->value = (struct grid_value){.is_error = true};
}

static void start_cell(struct grid_xml *xml, struct reading *r, bool is_covered)
{
    uint64_t columns = count_of(xml, "number-columns-spanned");
    uint64_t rows = count_of(xml, "number-rows-spanned");

    r->column_repeat = count_of(xml, "number-columns-repeated");
    r->in_cell = true;
    r->is_covered = is_covered;
    r->paragraphs = 0;
    im_buf_clear(&r->text);
    start_value(xml, r);
    if (!is_covered && (columns > 1 || rows > 1))
        stop(xml,
             grid_cells_merge(&r->grid->cells,
                              (struct source_merge){r->row + 1, r->row + rows,
                                                    r->column, r->column + columns - 1},
                              xml->err));
}

static bool is_error_text(struct im_bytes text)
{
    static const char *const errors[] = {"#N/A",   "#REF!",  "#VALUE!", "#DIV/0!",
                                         "#NAME?", "#NULL!", "#NUM!"};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (im_bytes_equal(text, im_bytes_of(errors[i])))
            return true;
    return text.len > 4 && memcmp(text.data, "Err:", 4) == 0;
}

static void end_cell(struct grid_xml *xml, struct reading *r)
{
    struct grid_value value = r->value;
    struct im_bytes text = grid_text(im_buf_bytes(&r->text)).text;
    enum im_code rc = IM_OK;

    r->in_cell = false;
    if (value.is_error)
        value.text = is_error_text(text) ? text : im_bytes_of("#ERROR");
    else if (r->date.len)
        value = grid_text(im_buf_bytes(&r->date));
    else if (value.kind == SOURCE_NULL)
        value = grid_text(text);
    /* what a merged cell covers nobody sees */
    if (!r->is_covered && (value.kind != SOURCE_NULL || value.is_error))
        for (uint64_t i = 0; !rc && i < r->column_repeat; i++)
            rc = grid_cells_add(&r->grid->cells, r->row, r->column + i, &value,
                                xml->err);
    r->column += r->column_repeat;
    stop(xml, rc);
}

/* ---- text of a cell ---- */

static void append(struct grid_xml *xml, const void *data, size_t len)
{
    struct reading *r = xml->ctx;

    im_buf_append(&r->text, data, len);
    if (r->text.failed)
        grid_xml_stop(xml, im_buf_check(&r->text, "text of a cell", xml->err));
}

static void start_in_cell(struct grid_xml *xml, struct reading *r, const char *name)
{
    if (strcmp(name, "p") == 0) {
        if (r->paragraphs++)
            append(xml, "\n", 1);
        r->in_text = true;
    } else if (strcmp(name, "line-break") == 0) {
        append(xml, "\n", 1);
    } else if (strcmp(name, "tab") == 0) {
        append(xml, "\t", 1);
    } else if (strcmp(name, "s") == 0) {
        for (uint64_t n = count_of(xml, "c"); n && !xml->rc; n--)
            append(xml, " ", 1);
    } else if (strcmp(name, "annotation") == 0 || strcmp(name, "ruby-text") == 0 ||
               strcmp(name, "frame") == 0 || strcmp(name, "custom-shape") == 0 ||
               strcmp(name, "detective") == 0) {
        r->skip_depth = xml->depth;
    }
}

static void on_text(struct grid_xml *xml, struct im_bytes text)
{
    struct reading *r = xml->ctx;

    if (r->in_cell && r->in_text && !r->skip_depth)
        append(xml, text.data, text.len);
}

/* ---- the whole ---- */

static void start_outside(struct grid_xml *xml, struct reading *r, const char *name)
{
    if (strcmp(name, "tracked-changes") == 0 || strcmp(name, "shapes") == 0) {
        r->skip_depth = xml->depth; /* cells that were, and drawings with tables */
    } else if (strcmp(name, "style") == 0) {
        const char *style = grid_xml_attribute(xml, "style:1.0|name");

        r->style = style && !r->wants_cells
                       ? im_arena_strdup(r->grid->arena, im_bytes_of(style))
                       : NULL;
    } else if (strcmp(name, "table-properties") == 0) {
        const char *display = grid_xml_attribute(xml, "table:1.0|display");

        if (display && strcmp(display, "false") == 0)
            remember_hidden(r);
    }
}

static void on_start(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (r->skip_depth)
        return;
    if (strcmp(name, "table") == 0)
        start_table(xml, r);
    else if (r->in_cell && r->table_depth == 1)
        start_in_cell(xml, r, name);
    else if (!is_wanted(r))
        start_outside(xml, r, name);
    else if (strcmp(name, "table-row") == 0)
        start_row(xml, r);
    else if (strcmp(name, "table-cell") == 0)
        start_cell(xml, r, false);
    else if (strcmp(name, "covered-table-cell") == 0)
        start_cell(xml, r, true);
    else
        start_outside(xml, r, name);
}

static void on_end(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (r->skip_depth) {
        if (xml->depth == r->skip_depth)
            r->skip_depth = 0;
        return;
    }
    if (strcmp(name, "table") == 0) {
        r->table_depth -= r->table_depth > 0;
    } else if (!is_wanted(r)) {
        return;
    } else if (strcmp(name, "p") == 0) {
        r->in_text = false;
    } else if (strcmp(name, "table-row") == 0) {
        end_row(xml, r);
    } else if (r->in_cell && (strcmp(name, "table-cell") == 0 ||
                              strcmp(name, "covered-table-cell") == 0)) {
        end_cell(xml, r);
    }
}

static enum im_code read_content(struct reading *r, struct im_error *err)
{
    struct grid_xml xml = {.ctx = r,
                           .on = {.start = on_start, .end = on_end, .text = on_text}};
    struct im_buf path = {.max = 4096};
    enum im_code rc = IM_OK;

    r->text.max = GRID_MAX_CELL_BYTES;
    r->date.max = GRID_MAX_CELL_BYTES;
    im_buf_printf(&path, "%scontent.xml", r->grid->root);
    im_buf_byte(&path, 0);
    rc = im_buf_check(&path, "path", err);
    if (!rc)
        rc = grid_xml_read(&xml, (const char *)path.data, &r->grid->budget, NULL, err);
    im_buf_release(&path);
    im_buf_release(&r->text);
    im_buf_release(&r->date);
    return rc;
}

static enum im_code ods_open(struct grid *grid, struct im_error *err)
{
    struct reading r = {.grid = grid};

    return read_content(&r, err);
}

static enum im_code ods_read(struct grid *grid, size_t sheet, struct im_error *err)
{
    struct reading r = {.grid = grid, .wants_cells = true, .wanted = sheet};

    return read_content(&r, err);
}

const struct grid_format_calls grid_ods = {"ODS", ods_open, ods_read};
