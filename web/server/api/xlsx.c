/* SPDX-License-Identifier: Apache-2.0 */
/* A table as an Office Open XML workbook (ECMA-376-1): the five parts that every
 * programme needs, in a ZIP archive (PKWARE APPNOTE 6.3.10).
 *
 *   [Content_Types].xml   _rels/.rels   xl/workbook.xml
 *   xl/_rels/workbook.xml.rels          xl/worksheets/sheet1.xml
 *
 * Texts are inline strings (18.3.1.53), which no programme takes for a formula. */
#include "api/table.h"

#include <libdeflate.h>

enum {
    MAX_PARTS = 8,
    LEVEL = 6,
    SHEET_MAX_BYTES = 256 * 1024 * 1024,
    LOCAL_HEADER_BYTES = 30,
    /* longer texts are not allowed in a cell (18.3.1.4: 32,767 characters) */
    CELL_MAX_BYTES = 32767,
    /* 1980-01-01 00:00: the same answer gives the same bytes */
    DOS_DATE = 0x21
};

struct zip_part {
    const char *name;
    uint32_t crc;
    uint32_t packed;
    uint32_t size;
    uint32_t offset;
};

struct zip {
    struct im_buf *out;
    size_t start; /* of the archive in `out` */
    struct zip_part parts[MAX_PARTS];
    size_t n;
    struct libdeflate_compressor *compressor;
};

static void put16(struct im_buf *out, unsigned v)
{
    im_buf_byte(out, (uint8_t)(v & 0xff));
    im_buf_byte(out, (uint8_t)(v >> 8 & 0xff));
}

static void put32(struct im_buf *out, uint32_t v)
{
    put16(out, v & 0xffff);
    put16(out, v >> 16);
}

/* What local and central header have in common (4.3.7, 4.3.12): version needed 2.0,
 * names in UTF-8, deflated. */
static void put_part(struct im_buf *out, const struct zip_part *p)
{
    put16(out, 20);
    put16(out, 0x800);
    put16(out, 8);
    put16(out, 0);
    put16(out, DOS_DATE);
    put32(out, p->crc);
    put32(out, p->packed);
    put32(out, p->size);
    put16(out, (unsigned)strlen(p->name));
    put16(out, 0);
}

static enum im_code
zip_add(struct zip *z, const char *name, struct im_bytes bytes, struct im_error *err)
{
    struct zip_part *p = &z->parts[z->n];
    size_t bound = libdeflate_deflate_compress_bound(z->compressor, bytes.len);
    size_t header = LOCAL_HEADER_BYTES + strlen(name);
    size_t packed;

    *p = (struct zip_part){.name = name,
                           .crc = libdeflate_crc32(0, bytes.data, bytes.len),
                           .size = (uint32_t)bytes.len,
                           .offset = (uint32_t)(z->out->len - z->start)};
    if (!im_buf_reserve(z->out, header + bound))
        return im_buf_check(z->out, "the workbook", err);
    packed = libdeflate_deflate_compress(z->compressor, bytes.data, bytes.len,
                                         z->out->data + z->out->len + header, bound);
    if (!packed)
        return im_fail(err, IM_ENOMEM, "cannot compress the workbook");
    p->packed = (uint32_t)packed;
    put32(z->out, 0x04034b50);
    put_part(z->out, p);
    im_buf_text(z->out, name);
    z->out->len += packed; /* it lies there already */
    z->n++;
    return IM_OK;
}

/* The central directory and its end (4.3.12, 4.3.16). */
static void zip_end(struct zip *z)
{
    size_t start = z->out->len;

    for (size_t i = 0; i < z->n; i++) {
        put32(z->out, 0x02014b50);
        put16(z->out, 20);
        put_part(z->out, &z->parts[i]);
        put16(z->out, 0); /* comment */
        put16(z->out, 0); /* disk */
        put16(z->out, 0);
        put32(z->out, 0);
        put32(z->out, z->parts[i].offset);
        im_buf_text(z->out, z->parts[i].name);
    }
    size_t len = z->out->len - start;
    put32(z->out, 0x06054b50);
    put32(z->out, 0);
    put16(z->out, (unsigned)z->n);
    put16(z->out, (unsigned)z->n);
    put32(z->out, (uint32_t)len);
    put32(z->out, (uint32_t)(start - z->start));
    put16(z->out, 0);
}

/* ---- the parts ---- */

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define OOXML "http://schemas.openxmlformats.org/"
#define OFFICE "application/vnd.openxmlformats-officedocument.spreadsheetml."

static const char TYPES[] = DECLARATION
    "<Types xmlns=\"" OOXML "package/2006/content-types\">"
    "<Default Extension=\"rels\" ContentType=\"application/"
    "vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" OFFICE "sheet.main+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" OFFICE
    "worksheet+xml\"/></Types>";
static const char RELS[] =
    DECLARATION "<Relationships xmlns=\"" OOXML "package/2006/relationships\">"
                "<Relationship Id=\"rId1\" Type=\"" OOXML
                "officeDocument/2006/relationships/officeDocument\" "
                "Target=\"xl/workbook.xml\"/></Relationships>";
static const char WORKBOOK[] =
    DECLARATION "<workbook xmlns=\"" OOXML "spreadsheetml/2006/main\" xmlns:r=\"" OOXML
                "officeDocument/2006/relationships\"><sheets>"
                "<sheet name=\"innomap\" sheetId=\"1\" r:id=\"rId1\"/>"
                "</sheets></workbook>";
static const char WORKBOOK_RELS[] =
    DECLARATION "<Relationships xmlns=\"" OOXML "package/2006/relationships\">"
                "<Relationship Id=\"rId1\" Type=\"" OOXML
                "officeDocument/2006/relationships/worksheet\" "
                "Target=\"worksheets/sheet1.xml\"/></Relationships>";

/* Characters that XML 1.0 (2.2) does not have become spaces. */
static void put_xml(struct im_buf *out, struct im_bytes text)
{
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(text, &i);

        if (c == '&')
            im_buf_text(out, "&amp;");
        else if (c == '<')
            im_buf_text(out, "&lt;");
        else if (c == '>')
            im_buf_text(out, "&gt;");
        else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0xFFFE || c == 0xFFFF)
            im_buf_byte(out, ' ');
        else
            im_buf_append(out, text.data + from, i - from);
    }
}

/* "<c r=\"AB7\"" of the column, counted from 0, and the row, counted from 1. */
static void begin_cell(struct im_buf *out, size_t column, size_t row)
{
    char letters[8];
    size_t at = sizeof letters;

    letters[--at] = '\0';
    for (size_t c = column + 1; c; c = (c - 1) / 26)
        letters[--at] = (char)('A' + (c - 1) % 26);
    im_buf_printf(out, "<c r=\"%s%zu\"", letters + at, row);
}

static void begin_row(struct im_buf *out, size_t row)
{
    im_buf_printf(out, "<row r=\"%zu\">", row);
}

static void
put_text_cell(struct im_buf *out, size_t column, size_t row, struct im_bytes text)
{
    if (text.len > CELL_MAX_BYTES) {
        text.len = CELL_MAX_BYTES;
        while (text.len && (text.data[text.len] & 0xC0) == 0x80)
            text.len--;
    }
    begin_cell(out, column, row);
    im_buf_text(out, " t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    put_xml(out, text);
    im_buf_text(out, "</t></is></c>");
}

static void
put_cell(struct im_buf *out, size_t column, size_t row, const struct table_cell *cell)
{
    if (cell->kind == CELL_NUMBER) {
        begin_cell(out, column, row);
        im_buf_text(out, "><v>");
        im_buf_append(out, cell->text.data, cell->text.len);
        im_buf_text(out, "</v></c>");
    } else if (cell->kind == CELL_TEXT) {
        put_text_cell(out, column, row, cell->text);
    }
}

static void
put_note(const struct api_table *t, size_t row, const char *line, struct im_buf *out)
{
    struct im_buf text = {.max = CELL_MAX_BYTES};

    im_buf_text(&text, t->lang == LANG_ZH ? "注：" : "Note: ");
    im_buf_text(&text, line);
    begin_row(out, row);
    put_text_cell(out, 0, row, im_buf_bytes(&text));
    im_buf_text(out, "</row>");
    im_buf_release(&text);
}

static void put_sheet(const struct api_table *t, struct im_buf *out)
{
    size_t row = 1;

    im_buf_text(out, DECLARATION "<worksheet xmlns=\"" OOXML
                                 "spreadsheetml/2006/main\"><sheetData>");
    begin_row(out, row);
    for (size_t i = 0; i < t->n_columns; i++)
        put_text_cell(out, i, row, im_bytes_of(t->columns[i].title));
    im_buf_text(out, "</row>");
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t column = i % t->n_columns;

        if (column == 0)
            begin_row(out, ++row);
        put_cell(out, column, row, &t->cells[i]);
        im_buf_text(out, column + 1 == t->n_columns ? "</row>" : "");
    }
    for (size_t i = 0; i < t->n_notes; i++)
        put_note(t, ++row, t->notes[i], out);
    im_buf_text(out, "</sheetData></worksheet>");
}

enum im_code
table_write_xlsx(const struct api_table *t, struct im_buf *out, struct im_error *err)
{
    struct im_buf sheet = {.max = SHEET_MAX_BYTES};
    struct zip z = {.out = out,
                    .start = out->len,
                    .compressor = libdeflate_alloc_compressor(LEVEL)};
    const struct {
        const char *name;
        const char *text;
    } parts[] = {{"[Content_Types].xml", TYPES},
                 {"_rels/.rels", RELS},
                 {"xl/workbook.xml", WORKBOOK},
                 {"xl/_rels/workbook.xml.rels", WORKBOOK_RELS}};
    enum im_code rc = IM_OK;

    if (!z.compressor)
        return im_fail(err, IM_ENOMEM, "out of memory for the workbook");
    put_sheet(t, &sheet);
    rc = im_buf_check(&sheet, "the workbook", err);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && rc == IM_OK; i++)
        rc = zip_add(&z, parts[i].name, im_bytes_of(parts[i].text), err);
    if (rc == IM_OK)
        rc = zip_add(&z, "xl/worksheets/sheet1.xml", im_buf_bytes(&sheet), err);
    if (rc == IM_OK)
        zip_end(&z);
    if (rc == IM_OK)
        rc = im_buf_check(out, "the workbook", err);
    im_buf_release(&sheet);
    libdeflate_free_compressor(z.compressor);
    return rc;
}
