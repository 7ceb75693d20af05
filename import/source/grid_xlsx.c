/* SPDX-License-Identifier: Apache-2.0 */
/* Office Open XML workbooks (ECMA-376 part 1, 18; part 2, 9 for relationships).
 *
 *   _rels/.rels ─▶ xl/workbook.xml: sheets by relationship id, the date system
 *               └▶ xl/_rels/workbook.xml.rels ─▶ sharedStrings, styles, worksheets
 *
 * Names of parts are never guessed: programmes number them as they like. */
#include "grid.h"

enum { MAX_STYLES = 1 << 16, MAX_FORMATS = 1 << 14, MAX_PARTS = 4096 };

struct relation {
    const char *id;
    const char *type; /* the last part of it: "worksheet" ... */
    const char *part;
};

struct format {
    unsigned id;
    unsigned format;
};

struct xlsx {
    const char *workbook; /* entry */
    struct relation *relations;
    size_t n_relations, cap_relations;
    bool is_1904;
    struct format *formats; /* own ones */
    size_t n_formats, cap_formats;
    unsigned *styles; /* format of each cell style */
    size_t n_styles, cap_styles;
    struct im_bytes *texts; /* shared */
    size_t n_texts, cap_texts;
};

/* A list in the grid's arena: twice as long each time. */
static void *grow(struct grid *grid, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t want = *cap ? 2 * *cap : 64;
    void *more = im_arena_calloc(grid->arena, want, size);
    if (!more)
        return NULL;
    if (n)
        memcpy(more, items, n * size);
    *cap = want;
    return more;
}

static void stop_memory(struct grid_xml *xml)
{
    im_fail(xml->err, IM_ELIMIT,
            "it has more sheets, styles or texts than fit; save the sheet as CSV");
    grid_xml_stop(xml, im_zh(xml->err, IM_ELIMIT,
                             "工作表、样式或文字过多；请将工作表另存为 CSV"));
}

/* Of one part at a time; what is read of it. */
struct reading {
    struct grid *grid;
    struct xlsx *book;
    const char *base;    /* relationships: the part they belong to */
    struct im_buf text;  /* of a string or value */
    bool in_text;        /* text counts */
    unsigned phonetic;   /* depth of rPh: how to say it, no content */
    bool in_cell_styles; /* cellXfs, not cellStyleXfs */
    /* cells */
    struct grid_cells *cells;
    uint64_t row; /* from 0 */
    uint64_t column;
    bool has_row;
    char type[16];
    unsigned format;
    bool in_rows; /* sheetData */
    bool has_value;
    bool has_formula;
};

/* ---- entries ---- */

/* Where `target`, said by part `base`, lies in the zip; NULL when outside. */
static const char *part_path(struct grid *grid, const char *base, const char *target)
{
    char path[1024];
    size_t len = 0;
    const char *slash = strrchr(base, '/');

    if (target[0] != '/' && slash) {
        len = (size_t)(slash - base) + 1;
        if (len >= sizeof path)
            return NULL;
        memcpy(path, base, len);
    }
    while (*target) {
        size_t n = strcspn(target, "/");

        if (n == 2 && memcmp(target, "..", 2) == 0) {
            if (len == 0)
                return NULL;
            for (len--; len && path[len - 1] != '/'; len--)
                ;
        } else if (n && !(n == 1 && target[0] == '.')) {
            if (len + n + 1 >= sizeof path)
                return NULL;
            memcpy(path + len, target, n);
            len += n;
            path[len++] = '/';
        }
        target += n + (target[n] == '/');
    }
    return im_arena_strdup(grid->arena,
                           (struct im_bytes){(uint8_t *)path, len ? len - 1 : 0});
}

static enum im_code read_part(struct reading *reading,
                              const char *part,
                              struct grid_xml_handlers on,
                              bool *found,
                              struct im_error *err)
{
    struct grid *grid = reading->grid;
    struct grid_xml xml = {.ctx = reading, .on = on};
    struct im_buf path = {.max = 4096};
    enum im_code rc = IM_OK;

    im_buf_printf(&path, "%s%s", grid->root, part);
    im_buf_byte(&path, 0);
    rc = im_buf_check(&path, "path", err);
    if (!rc) {
        reading->text.max = GRID_MAX_CELL_BYTES;
        rc = grid_xml_read(&xml, (const char *)path.data, &grid->budget, found, err);
        if (rc)
            im_context(err, "%s", part);
    }
    im_buf_release(&path);
    im_buf_release(&reading->text);
    reading->text = (struct im_buf){0};
    return rc;
}

static void no_end(struct grid_xml *xml, const char *name)
{
    (void)xml;
    (void)name;
}

/* ---- relationships ---- */

static void relation_start(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;
    struct xlsx *book = r->book;
    const char *id = grid_xml_attribute(xml, "Id");
    const char *type = grid_xml_attribute(xml, "Type");
    const char *target = grid_xml_attribute(xml, "Target");
    const char *mode = grid_xml_attribute(xml, "TargetMode");

    if (strcmp(name, "Relationship") != 0 || !id || !type || !target ||
        (mode && strcmp(mode, "External") == 0))
        return;
    const char *slash = strrchr(type, '/');
    struct relation *list = grow(r->grid, book->relations, book->n_relations,
                                 &book->cap_relations, sizeof *list);
    if (!list || book->n_relations >= MAX_PARTS) {
        stop_memory(xml);
        return;
    }
    book->relations = list;
    struct relation relation = {
        .id = im_arena_strdup(r->grid->arena, im_bytes_of(id)),
        .type = im_arena_strdup(r->grid->arena, im_bytes_of(slash ? slash + 1 : type)),
        .part = part_path(r->grid, r->base, target)};
    if (relation.id && relation.type && relation.part)
        book->relations[book->n_relations++] = relation;
}

static enum im_code
read_relations(struct reading *r, const char *of, struct im_error *err)
{
    char path[1100];
    const char *slash = strrchr(of, '/');
    int folder = slash ? (int)(slash - of) + 1 : 0;
    struct grid_xml_handlers on = {.start = relation_start, .end = no_end};
    bool found = false;

    r->base = of;
    r->book->n_relations = 0;
    if ((size_t)snprintf(path, sizeof path, "%.*s_rels/%s.rels", folder, of,
                         of + folder) >= sizeof path)
        return grid_fail_damaged("name of a part", err);
    return read_part(r, path, on, &found, err);
}

static const char *
relation_part(const struct xlsx *book, const char *id, const char *type)
{
    for (size_t i = 0; i < book->n_relations; i++)
        if (strcmp(book->relations[i].type, type) == 0 &&
            (!id || strcmp(book->relations[i].id, id) == 0))
            return book->relations[i].part;
    return NULL;
}

/* ---- the workbook ---- */

static bool is_true(const char *text)
{
    return text && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

static void workbook_start(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (strcmp(name, "workbookPr") == 0) {
        r->book->is_1904 = is_true(grid_xml_attribute(xml, "date1904"));
    } else if (strcmp(name, "sheet") == 0) {
        const char *title = grid_xml_attribute(xml, "name");
        const char *id = grid_xml_attribute(xml, "id");
        const char *state = grid_xml_attribute(xml, "state");
        const char *part = id ? relation_part(r->book, id, "worksheet") : NULL;

        if (!title || !part) /* a chart, a dialogue */
            return;
        enum im_code rc = grid_add_sheet(
            r->grid, title, part, state && strcmp(state, "visible") != 0, xml->err);
        if (rc)
            grid_xml_stop(xml, rc);
    }
}

/* ---- styles ---- */

static unsigned number_of(const char *text, unsigned max, unsigned otherwise)
{
    int64_t n;

    return text && im_parse_int64(im_bytes_of(text), &n) && n >= 0 && n <= (int64_t)max
               ? (unsigned)n
               : otherwise;
}

static unsigned format_of(const struct xlsx *book, unsigned id)
{
    for (size_t i = 0; i < book->n_formats; i++)
        if (book->formats[i].id == id)
            return book->formats[i].format;
    return grid_format_builtin(id);
}

static void add_format(struct grid_xml *xml, struct reading *r)
{
    struct xlsx *book = r->book;
    const char *code = grid_xml_attribute(xml, "formatCode");
    struct format *list =
        grow(r->grid, book->formats, book->n_formats, &book->cap_formats, sizeof *list);

    if (!list || book->n_formats >= MAX_FORMATS) {
        stop_memory(xml);
        return;
    }
    book->formats = list;
    if (code)
        list[book->n_formats++] = (struct format){
            number_of(grid_xml_attribute(xml, "numFmtId"), UINT16_MAX, 0),
            grid_format_of_code(im_bytes_of(code))};
}

static void add_style(struct grid_xml *xml, struct reading *r)
{
    struct xlsx *book = r->book;
    unsigned *list =
        grow(r->grid, book->styles, book->n_styles, &book->cap_styles, sizeof *list);

    if (!list || book->n_styles >= MAX_STYLES) {
        stop_memory(xml);
        return;
    }
    book->styles = list;
    list[book->n_styles++] =
        format_of(book, number_of(grid_xml_attribute(xml, "numFmtId"), UINT16_MAX, 0));
}

static void styles_start(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (strcmp(name, "numFmt") == 0)
        add_format(xml, r);
    else if (strcmp(name, "cellXfs") == 0)
        r->in_cell_styles = true;
    else if (strcmp(name, "xf") == 0 && r->in_cell_styles)
        add_style(xml, r);
}

static void styles_end(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (strcmp(name, "cellXfs") == 0)
        r->in_cell_styles = false;
}

/* ---- texts ---- */

static int hex4(const uint8_t *p)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        int c = p[i] | 0x20;
        int digit = p[i] >= '0' && p[i] <= '9' ? p[i] - '0'
                    : c >= 'a' && c <= 'f'     ? c - 'a' + 10
                                               : -1;

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* 22.9.2.19: what XML cannot hold is written _xHHHH_. Only ASCII is undone: others are
 * not in need of it, and a zero byte is none of a text. Returns the new length. */
static size_t undo_escapes(uint8_t *text, size_t len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        int c =
            text[i] == '_' && len - i >= 7 && text[i + 1] == 'x' && text[i + 6] == '_'
                ? hex4(text + i + 2)
                : -1;

        if (c > 0 && c < 0x80) {
            text[out++] = (uint8_t)c;
            i += 6;
        } else {
            text[out++] = text[i];
        }
    }
    return out;
}

static struct im_bytes whole_text(struct reading *r)
{
    if (r->text.len)
        r->text.len = undo_escapes(r->text.data, r->text.len);
    return im_buf_bytes(&r->text);
}

static void on_text(struct grid_xml *xml, struct im_bytes text)
{
    struct reading *r = xml->ctx;

    if (!r->in_text || r->phonetic)
        return;
    im_buf_append(&r->text, text.data, text.len);
    if (r->text.failed)
        grid_xml_stop(xml, im_buf_check(&r->text, "text of a cell", xml->err));
}

static void texts_start(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (strcmp(name, "si") == 0)
        im_buf_clear(&r->text);
    else if (strcmp(name, "rPh") == 0)
        r->phonetic++;
    else if (strcmp(name, "t") == 0)
        r->in_text = true;
}

static void texts_end(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;
    struct xlsx *book = r->book;

    if (strcmp(name, "t") == 0) {
        r->in_text = false;
    } else if (strcmp(name, "rPh") == 0 && r->phonetic) {
        r->phonetic--;
    } else if (strcmp(name, "si") == 0) {
        struct im_bytes *list =
            grow(r->grid, book->texts, book->n_texts, &book->cap_texts, sizeof *list);
        struct im_bytes text = whole_text(r);
        char *copy = list ? im_arena_strdup(r->grid->arena, text) : NULL;

        if (!copy) {
            stop_memory(xml);
            return;
        }
        book->texts = list;
        list[book->n_texts++] = (struct im_bytes){(uint8_t *)copy, text.len};
    }
}

/* ---- cells ---- */

/* "AB12": column and row from 0; a part that is not there is left as it is. */
static bool parse_reference(struct im_bytes text, uint64_t *column, uint64_t *row)
{
    uint64_t c = 0, n = 0;
    size_t i = 0;

    for (; i < text.len && (text.data[i] | 0x20) >= 'a' && (text.data[i] | 0x20) <= 'z';
         i++) {
        c = c * 26 + (uint64_t)((text.data[i] | 0x20) - 'a') + 1;
        if (c > 1 << 20)
            return false;
    }
    for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        n = n * 10 + (uint64_t)(text.data[i] - '0');
        if (n > UINT32_MAX)
            return false;
    }
    if (i != text.len || (!c && !n))
        return false;
    if (c)
        *column = c - 1;
    if (n)
        *row = n - 1;
    return true;
}

static void start_row(struct grid_xml *xml, struct reading *r)
{
    const char *number = grid_xml_attribute(xml, "r");
    uint64_t column = 0;

    r->row = r->has_row ? r->row + 1 : 0;
    r->has_row = true;
    if (number && !parse_reference(im_bytes_of(number), &column, &r->row))
        r->row = GRID_MAX_ROWS; /* refused with its first cell */
    r->column = (uint64_t)-1;
}

static void start_cell(struct grid_xml *xml, struct reading *r)
{
    const char *place = grid_xml_attribute(xml, "r");
    const char *type = grid_xml_attribute(xml, "t");
    unsigned style = number_of(grid_xml_attribute(xml, "s"), MAX_STYLES, 0);
    uint64_t row = r->row;

    r->column++;
    if (place &&
        (!parse_reference(im_bytes_of(place), &r->column, &row) || row != r->row)) {
        im_fail(xml->err, IM_EDATA, "cell '%.20s' stands in row %llu: damaged", place,
                (unsigned long long)r->row + 1);
        grid_xml_stop(xml, im_zh(xml->err, IM_EDATA,
                                 "单元格“%.20s”位于第 %llu 行：文件已损坏", place,
                                 (unsigned long long)r->row + 1));
        return;
    }
    snprintf(r->type, sizeof r->type, "%s", type ? type : "n");
    r->format = style < r->book->n_styles ? r->book->styles[style] : GRID_FORMAT_NUMBER;
    r->has_value = r->has_formula = false;
    im_buf_clear(&r->text);
}

static bool shared_text(const struct reading *r, struct im_bytes *text)
{
    int64_t i;

    if (!im_parse_int64(*text, &i) || i < 0 || (uint64_t)i >= r->book->n_texts)
        return false;
    *text = r->book->texts[i];
    return true;
}

static struct im_bytes trimmed(struct im_bytes text)
{
    return grid_text(text).text;
}

/* 18.18.11: b, d, e, inlineStr, n, s, str. A value that is not what its type says is
 * taken as text: nothing is lost. */
static struct grid_value cell_value(struct reading *r, char scratch[GRID_SCRATCH])
{
    struct im_bytes text = whole_text(r);
    double number;

    /* written by a programme that does not calculate */
    if (r->has_formula && !r->has_value)
        return (struct grid_value){.is_error = true, .text = im_bytes_of("=?")};
    if (text.len == 0)
        return (struct grid_value){.kind = SOURCE_NULL};
    if (strcmp(r->type, "s") == 0) {
        text = trimmed(text);
        if (!shared_text(r, &text))
            return (struct grid_value){.is_error = true,
                                       .text = im_bytes_of("#shared")};
        return grid_text(text);
    }
    if (strcmp(r->type, "e") == 0)
        return (struct grid_value){.is_error = true, .text = trimmed(text)};
    if (strcmp(r->type, "b") == 0)
        return grid_text(
            im_bytes_of(text.data[0] == '1' || text.data[0] == 't' ? "TRUE" : "FALSE"));
    if (strcmp(r->type, "n") == 0 && im_parse_double(trimmed(text), &number))
        return grid_formatted(number, r->format, r->book->is_1904, scratch);
    return grid_text(text);
}

static void end_cell(struct grid_xml *xml, struct reading *r)
{
    char scratch[GRID_SCRATCH];
    struct grid_value value = cell_value(r, scratch);
    enum im_code rc = grid_cells_add(r->cells, r->row, r->column, &value, xml->err);

    if (rc)
        grid_xml_stop(xml, rc);
}

static void add_merge(struct grid_xml *xml, struct reading *r)
{
    const char *range = grid_xml_attribute(xml, "ref");
    const char *colon = range ? strchr(range, ':') : NULL;
    uint64_t c1 = 0, c2 = 0, r1 = 0, r2 = 0;

    if (!colon ||
        !parse_reference(
            (struct im_bytes){(const uint8_t *)range, (size_t)(colon - range)}, &c1,
            &r1) ||
        !parse_reference(im_bytes_of(colon + 1), &c2, &r2) || c2 < c1 || r2 < r1)
        return;
    enum im_code rc = grid_cells_merge(
        r->cells, (struct source_merge){r1 + 1, r2 + 1, c1, c2}, xml->err);
    if (rc)
        grid_xml_stop(xml, rc);
}

static void sheet_start(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (strcmp(name, "sheetData") == 0)
        r->in_rows = true;
    else if (strcmp(name, "mergeCell") == 0)
        add_merge(xml, r);
    else if (!r->in_rows)
        return;
    else if (strcmp(name, "row") == 0)
        start_row(xml, r);
    else if (strcmp(name, "c") == 0)
        start_cell(xml, r);
    else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
        r->has_value = r->in_text = true;
    else if (strcmp(name, "f") == 0)
        r->has_formula = true;
    else if (strcmp(name, "rPh") == 0)
        r->phonetic++;
}

static void sheet_end(struct grid_xml *xml, const char *name)
{
    struct reading *r = xml->ctx;

    if (strcmp(name, "sheetData") == 0)
        r->in_rows = false;
    else if (!r->in_rows)
        return;
    else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
        r->in_text = false;
    else if (strcmp(name, "rPh") == 0 && r->phonetic)
        r->phonetic--;
    else if (strcmp(name, "c") == 0)
        end_cell(xml, r);
}

/* ---- the whole ---- */

static enum im_code xlsx_open(struct grid *grid, struct im_error *err)
{
    struct xlsx *book = im_arena_calloc(grid->arena, 1, sizeof *book);
    struct reading r = {.grid = grid, .book = book};
    struct grid_xml_handlers workbook = {.start = workbook_start, .end = no_end};
    struct grid_xml_handlers styles = {.start = styles_start, .end = styles_end};
    struct grid_xml_handlers texts = {
        .start = texts_start, .end = texts_end, .text = on_text};
    const char *part;
    bool found = false;
    enum im_code rc = IM_OK;

    if (!book)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    grid->book = book;
    rc = read_relations(&r, "", err);
    if (rc)
        return rc;
    part = relation_part(book, NULL, "officeDocument");
    book->workbook = part ? part : "xl/workbook.xml";
    rc = read_relations(&r, book->workbook, err);
    if (!rc)
        rc = read_part(&r, book->workbook, workbook, NULL, err);
    part = relation_part(book, NULL, "styles");
    if (!rc && part)
        rc = read_part(&r, part, styles, &found, err);
    part = relation_part(book, NULL, "sharedStrings");
    if (!rc && part)
        rc = read_part(&r, part, texts, &found, err);
    return rc;
}

static enum im_code xlsx_read(struct grid *grid, size_t sheet, struct im_error *err)
{
    struct reading r = {.grid = grid, .book = grid->book, .cells = &grid->cells};
    struct grid_xml_handlers on = {
        .start = sheet_start, .end = sheet_end, .text = on_text};

    return read_part(&r, grid->sheets[sheet].part, on, NULL, err);
}

const struct grid_format_calls grid_xlsx = {"XLSX", xlsx_open, xlsx_read};
