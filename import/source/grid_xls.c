/* SPDX-License-Identifier: Apache-2.0 */
/* Excel 97-2003 workbooks: BIFF8 records ([MS-XLS]) in the stream "Workbook" of a
 * compound file (compound.h). Own, because GDAL's reader (freexl 1.0) gives the error
 * of a formula as the number 1, no merged cells, no hidden sheets, and takes no file in
 * a zip.
 *
 *   record             u16 kind, u16 length, body of at most 8224 bytes
 *
 * All numbers are little-endian. */
#include "compound.h"
#include "grid.h"
#include "little_endian.h"

#include <cpl_vsi.h>

enum { RECORD_HEADER = 4 };

enum record_kind {
    R_FORMULA = 0x0006,
    R_EOF = 0x000A,
    R_DATE1904 = 0x0022,
    R_FILEPASS = 0x002F,
    R_CONTINUE = 0x003C,
    R_BOUNDSHEET = 0x0085,
    R_MULRK = 0x00BD,
    R_XF = 0x00E0,
    R_MERGEDCELLS = 0x00E5,
    R_SST = 0x00FC,
    R_LABELSST = 0x00FD,
    R_NUMBER = 0x0203,
    R_LABEL = 0x0204,
    R_BOOLERR = 0x0205,
    R_STRING = 0x0207,
    R_RK = 0x027E,
    R_FORMAT = 0x041E,
    R_BOF = 0x0809
};

struct format {
    unsigned id;
    unsigned format;
};

struct xls {
    struct im_bytes stream; /* the workbook, in the arena */
    bool is_1904;
    struct im_bytes *texts; /* SST */
    size_t n_texts;
    struct format *formats;
    size_t n_formats;
    unsigned *styles; /* format per XF */
    size_t n_styles;
    uint32_t *offsets; /* of each sheet */
};

/* ---- the file ---- */

static enum im_code fail_old(struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "no workbook of Excel 97 or newer is in it; open it and save it as .xlsx");
    return im_zh(err, IM_EDATA,
                 "其中没有 Excel 97 及以上版本的工作簿；请打开后另存为 .xlsx");
}

static enum im_code
read_stream(struct grid *grid, struct im_bytes file, struct im_error *err)
{
    struct xls *book = grid->book;
    struct compound compound;
    const char *damaged = compound_open(&compound, file, grid->arena);

    if (damaged)
        return grid_fail_damaged(damaged, err);
    if (compound_has(&compound, "EncryptedPackage"))
        return grid_fail_password(err);
    if (!compound_has(&compound, "Workbook"))
        return fail_old(err);
    book->stream = compound_read(&compound, "Workbook");
    return book->stream.data ? IM_OK : grid_fail_damaged("cut off", err);
}

static enum im_code read_file(struct grid *grid, struct im_error *err)
{
    size_t size = (size_t)grid->input->bytes.size;
    uint8_t *data = malloc(size + 1);
    VSILFILE *file = data ? VSIFOpenL(grid->input->path, "rb") : NULL;
    enum im_code rc = IM_OK;

    if (!data)
        rc = im_fail(err, IM_ENOMEM, "workbook: out of memory");
    else if (!file || VSIFReadL(data, 1, size, file) != size)
        rc = file_fail_vsi(err, grid->input->path, grid->input->name);
    else
        rc = read_stream(grid, (struct im_bytes){data, size}, err);
    if (file)
        VSIFCloseL(file);
    free(data);
    return rc;
}

/* ---- records ---- */

struct record {
    uint32_t kind;
    struct im_bytes body;
    size_t next; /* offset behind it */
};

static bool record_at(struct im_bytes stream, size_t at, struct record *out)
{
    if (at > stream.len || stream.len - at < RECORD_HEADER)
        return false;
    size_t len = le16(stream.data + at + 2);
    if (stream.len - at - RECORD_HEADER < len)
        return false;
    *out = (struct record){le16(stream.data + at),
                           {stream.data + at + RECORD_HEADER, len},
                           at + RECORD_HEADER + len};
    return true;
}

/* ---- texts ---- */

/* A reader over a record and the CONTINUE records behind it. */
struct chain {
    struct im_bytes stream;
    struct record record;
    size_t at; /* in the record's body */
    bool failed;
};

static bool chain_more(struct chain *chain)
{
    struct record next;

    while (chain->at == chain->record.body.len) {
        if (!record_at(chain->stream, chain->record.next, &next) ||
            next.kind != R_CONTINUE) {
            chain->failed = true;
            return false;
        }
        chain->record = next;
        chain->at = 0;
    }
    return true;
}

static uint32_t chain_byte(struct chain *chain)
{
    return chain_more(chain) ? chain->record.body.data[chain->at++] : 0;
}

static uint32_t chain_number(struct chain *chain, int bytes)
{
    uint32_t n = 0;

    for (int i = 0; i < bytes; i++)
        n |= chain_byte(chain) << (8 * i);
    return n;
}

static void chain_skip(struct chain *chain, uint64_t n)
{
    while (n && chain_more(chain)) {
        size_t left = chain->record.body.len - chain->at;
        size_t step = n < left ? (size_t)n : left;

        chain->at += step;
        n -= step;
    }
}

static void put_utf8(struct im_buf *out, uint32_t c)
{
    uint8_t b[4];
    size_t n = 0;

    if (c == 0 || (c >= 0xD800 && c < 0xE000) || c > 0x10FFFF)
        c = 0xFFFD;
    if (c < 0x80) {
        b[n++] = (uint8_t)c;
    } else if (c < 0x800) {
        b[n++] = (uint8_t)(0xC0 | c >> 6);
        b[n++] = (uint8_t)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        b[n++] = (uint8_t)(0xE0 | c >> 12);
        b[n++] = (uint8_t)(0x80 | (c >> 6 & 63));
        b[n++] = (uint8_t)(0x80 | (c & 63));
    } else {
        b[n++] = (uint8_t)(0xF0 | c >> 18);
        b[n++] = (uint8_t)(0x80 | (c >> 12 & 63));
        b[n++] = (uint8_t)(0x80 | (c >> 6 & 63));
        b[n++] = (uint8_t)(0x80 | (c & 63));
    }
    im_buf_append(out, b, n);
}

/* `n` characters of an XLUnicodeString ([MS-XLS] 2.5.294); where a record ends between
 * them, the next begins with a flag of its own: are these of two bytes? */
static void
chain_text(struct chain *chain, uint32_t n, bool is_wide, struct im_buf *out)
{
    uint32_t high = 0;

    for (uint32_t i = 0; i < n && !chain->failed; i++) {
        if (chain->at == chain->record.body.len)
            is_wide = chain_byte(chain) & 1;
        uint32_t c = chain_number(chain, is_wide ? 2 : 1);

        if (c >= 0xD800 && c < 0xDC00) {
            high = c;
            continue;
        }
        if (high && c >= 0xDC00 && c < 0xE000)
            c = 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00);
        high = 0;
        put_utf8(out, c);
    }
}

/* XLUnicodeRichExtendedString (2.5.293): count, flags, then how many formatting runs
 * and bytes of phonetic text follow the characters. */
static void chain_string(struct chain *chain, int count_bytes, struct im_buf *out)
{
    uint32_t n = chain_number(chain, count_bytes);
    uint32_t flags = chain_byte(chain);
    uint32_t runs = flags & 8 ? chain_number(chain, 2) : 0;
    uint32_t phonetic = flags & 4 ? chain_number(chain, 4) : 0;

    chain_text(chain, n, flags & 1, out);
    chain_skip(chain, 4 * (uint64_t)runs + phonetic);
}

/* The string in a record's body from `at` on. */
static bool body_string(const struct xls *book,
                        const struct record *record,
                        size_t at,
                        int count_bytes,
                        struct im_buf *out)
{
    struct chain chain = {.stream = book->stream, .record = *record, .at = at};

    im_buf_clear(out);
    if (at > record->body.len)
        return false;
    chain_string(&chain, count_bytes, out);
    return !chain.failed && !out->failed;
}

static enum im_code read_texts(struct grid *grid,
                               const struct record *record,
                               struct im_buf *scratch,
                               struct im_error *err)
{
    struct xls *book = grid->book;
    struct chain chain = {.stream = book->stream, .record = *record, .at = 4};

    if (record->body.len < 8)
        return grid_fail_damaged("texts", err);
    size_t n = chain_number(&chain, 4);
    if (n > book->stream.len / 3) /* each has at least a count and flags */
        return grid_fail_damaged("texts", err);
    book->texts = im_arena_calloc(grid->arena, n + 1, sizeof *book->texts);
    if (!book->texts)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    for (; book->n_texts < n; book->n_texts++) {
        im_buf_clear(scratch);
        chain_string(&chain, 2, scratch);
        if (chain.failed || scratch->failed)
            return grid_fail_damaged("texts", err);
        char *copy = im_arena_strdup(grid->arena, im_buf_bytes(scratch));
        if (!copy)
            return im_fail(err, IM_ENOMEM, "workbook: out of memory");
        book->texts[book->n_texts] = (struct im_bytes){(uint8_t *)copy, scratch->len};
    }
    return IM_OK;
}

/* ---- the workbook's own records ---- */

static enum im_code add_sheet(struct grid *grid,
                              const struct record *record,
                              struct im_buf *scratch,
                              struct im_error *err)
{
    struct xls *book = grid->book;
    const uint8_t *body = record->body.data;

    if (record->body.len < 8 || body[5] != 0) /* a chart, a macro sheet */
        return IM_OK;
    struct record short_name = *record;
    if (!body_string(book, &short_name, 6, 1, scratch))
        return grid_fail_damaged("sheet name", err);
    im_buf_byte(scratch, 0);
    if (scratch->failed)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    enum im_code rc =
        grid_add_sheet(grid, (const char *)scratch->data, NULL, body[4] & 3, err);
    if (!rc)
        book->offsets[grid->n_sheets - 1] = le32(body);
    return rc;
}

static unsigned format_of(const struct xls *book, unsigned id)
{
    for (size_t i = 0; i < book->n_formats; i++)
        if (book->formats[i].id == id)
            return book->formats[i].format;
    return grid_format_builtin(id);
}

static enum im_code book_record(struct grid *grid,
                                const struct record *record,
                                struct im_buf *scratch,
                                struct im_error *err)
{
    struct xls *book = grid->book;
    const uint8_t *body = record->body.data;
    size_t len = record->body.len;

    switch (record->kind) {
    case R_FILEPASS:
        return grid_fail_password(err);
    case R_DATE1904:
        book->is_1904 = len >= 2 && le16(body) == 1;
        break;
    case R_FORMAT:
        if (len >= 5 && book->n_formats < UINT16_MAX &&
            body_string(book, record, 2, 2, scratch))
            book->formats[book->n_formats++] =
                (struct format){le16(body), grid_format_of_code(im_buf_bytes(scratch))};
        break;
    case R_XF:
        if (len >= 4 && book->n_styles < UINT16_MAX)
            book->styles[book->n_styles++] = le16(body + 2);
        break;
    case R_BOUNDSHEET:
        return add_sheet(grid, record, scratch, err);
    case R_SST:
        return book->texts ? IM_OK : read_texts(grid, record, scratch, err);
    default:
        break;
    }
    return IM_OK;
}

static enum im_code
read_book(struct grid *grid, struct im_buf *scratch, struct im_error *err)
{
    enum { BIFF8 = 0x0600 };
    struct xls *book = grid->book;
    struct record record;
    enum im_code rc = IM_OK;

    if (!record_at(book->stream, 0, &record) || record.kind != R_BOF ||
        record.body.len < 4)
        return grid_fail_damaged("start", err);
    if (le16(record.body.data) != BIFF8)
        return fail_old(err);
    while (!rc && record.kind != R_EOF) {
        if (!record_at(book->stream, record.next, &record))
            return grid_fail_damaged("cut off", err);
        rc = book_record(grid, &record, scratch, err);
    }
    for (size_t i = 0; i < book->n_styles; i++) /* formats may stand behind them */
        book->styles[i] = format_of(book, book->styles[i]);
    return rc;
}

static enum im_code xls_open(struct grid *grid, struct im_error *err)
{
    struct xls *book = im_arena_calloc(grid->arena, 1, sizeof *book);
    struct im_buf scratch = {.max = GRID_MAX_CELL_BYTES};
    enum im_code rc = IM_OK;

    if (!book)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    grid->book = book;
    book->formats = im_arena_calloc(grid->arena, UINT16_MAX, sizeof *book->formats);
    book->styles = im_arena_calloc(grid->arena, UINT16_MAX, sizeof *book->styles);
    book->offsets =
        im_arena_calloc(grid->arena, GRID_MAX_SHEETS, sizeof *book->offsets);
    if (!book->formats || !book->styles || !book->offsets)
        return im_fail(err, IM_ENOMEM, "workbook: out of memory");
    rc = read_file(grid, err);
    if (!rc)
        rc = read_book(grid, &scratch, err);
    im_buf_release(&scratch);
    return rc;
}

/* ---- cells ---- */

struct place {
    uint32_t row, column;
};

struct reading {
    struct grid *grid;
    struct im_error *err;
    struct im_buf scratch;
    struct place formula; /* whose text comes in the next STRING record */
    bool wants_string;
};

static enum im_code add(struct reading *r, struct place at, struct grid_value value)
{
    return grid_cells_add(&r->grid->cells, at.row, at.column, &value, r->err);
}

static enum im_code
add_number(struct reading *r, struct place at, uint32_t style, double number)
{
    const struct xls *book = r->grid->book;
    char scratch[GRID_SCRATCH];
    unsigned format =
        style < book->n_styles ? book->styles[style] : (unsigned)GRID_FORMAT_NUMBER;

    return add(r, at, grid_formatted(number, format, book->is_1904, scratch));
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* 2.5.122: bit 0 hundredths, bit 1 an integer of 30 bits, else the top of a double */
static double rk_number(uint32_t rk)
{
    double value = rk & 2 ? (double)((int32_t)(rk & ~3u) / 4)
                          : double_of((uint64_t)(rk & ~3u) << 32);

    return rk & 1 ? value / 100 : value;
}

static struct grid_value error_value(uint8_t code)
{
    const char *text = code == 0x00   ? "#NULL!"
                       : code == 0x07 ? "#DIV/0!"
                       : code == 0x0F ? "#VALUE!"
                       : code == 0x17 ? "#REF!"
                       : code == 0x1D ? "#NAME?"
                       : code == 0x24 ? "#NUM!"
                                      : "#N/A";

    return (struct grid_value){.is_error = true, .text = im_bytes_of(text)};
}

static struct grid_value bool_value(uint8_t value)
{
    return grid_text(im_bytes_of(value ? "TRUE" : "FALSE"));
}

/* 2.5.133: a number, or 0xFFFF at the end and the kind at the start */
static enum im_code
add_formula(struct reading *r, struct place at, uint32_t style, const uint8_t *result)
{
    if (le16(result + 6) != 0xFFFF)
        return add_number(r, at, style, double_of(le64(result)));
    if (result[0] == 0) {
        r->wants_string = true;
        r->formula = at;
        return IM_OK;
    }
    if (result[0] == 1)
        return add(r, at, bool_value(result[2]));
    return result[0] == 2 ? add(r, at, error_value(result[2])) : IM_OK;
}

static enum im_code add_text(struct reading *r, struct place at, size_t text)
{
    const struct xls *book = r->grid->book;

    return text < book->n_texts ? add(r, at, grid_text(book->texts[text]))
                                : grid_fail_damaged("texts", r->err);
}

static enum im_code
add_row_of_numbers(struct reading *r, struct place at, struct im_bytes body)
{
    enum im_code rc = IM_OK;

    for (size_t i = 4; !rc && i + 6 + 2 <= body.len; i += 6, at.column++)
        rc = add_number(r, at, le16(body.data + i), rk_number(le32(body.data + i + 2)));
    return rc;
}

static enum im_code add_merges(struct reading *r, struct im_bytes body)
{
    size_t n = body.len >= 2 ? le16(body.data) : 0;
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < n && 2 + 8 * (i + 1) <= body.len; i++) {
        const uint8_t *p = body.data + 2 + 8 * i;

        if (le16(p) <= le16(p + 2) && le16(p + 4) <= le16(p + 6))
            rc = grid_cells_merge(&r->grid->cells,
                                  (struct source_merge){le16(p) + 1, le16(p + 2) + 1,
                                                        le16(p + 4), le16(p + 6)},
                                  r->err);
    }
    return rc;
}

/* The string at `at` of the record as the value of a cell. */
static enum im_code add_string(struct reading *r,
                               struct place place,
                               const struct record *record,
                               size_t at)
{
    if (!body_string(r->grid->book, record, at, 2, &r->scratch))
        return grid_fail_damaged("texts", r->err);
    return add(r, place, grid_text(im_buf_bytes(&r->scratch)));
}

static enum im_code sheet_record(struct reading *r, const struct record *record)
{
    struct im_bytes body = record->body;
    const uint8_t *p = body.data;

    if (record->kind == R_MERGEDCELLS)
        return add_merges(r, body);
    if (record->kind == R_STRING && r->wants_string) {
        r->wants_string = false;
        return add_string(r, r->formula, record, 0);
    }
    if (body.len < 6)
        return IM_OK;
    struct place at = {le16(p), le16(p + 2)};
    uint32_t style = le16(p + 4);
    switch (record->kind) {
    case R_NUMBER:
        return body.len >= 14 ? add_number(r, at, style, double_of(le64(p + 6)))
                              : IM_OK;
    case R_RK:
        return body.len >= 10 ? add_number(r, at, style, rk_number(le32(p + 6)))
                              : IM_OK;
    case R_MULRK:
        return add_row_of_numbers(r, at, body);
    case R_LABELSST:
        return body.len >= 10 ? add_text(r, at, le32(p + 6)) : IM_OK;
    case R_LABEL:
        return add_string(r, at, record, 6);
    case R_BOOLERR:
        if (body.len < 8)
            return IM_OK;
        return add(r, at, p[7] ? error_value(p[6]) : bool_value(p[6]));
    case R_FORMULA:
        return body.len >= 14 ? add_formula(r, at, style, p + 6) : IM_OK;
    default:
        return IM_OK;
    }
}

static enum im_code xls_read(struct grid *grid, size_t sheet, struct im_error *err)
{
    const struct xls *book = grid->book;
    struct reading r = {
        .grid = grid, .err = err, .scratch = {.max = GRID_MAX_CELL_BYTES}};
    struct record record;
    unsigned depth = 1;
    enum im_code rc = IM_OK;

    if (!record_at(book->stream, book->offsets[sheet], &record) || record.kind != R_BOF)
        return grid_fail_damaged("sheet", err);
    while (!rc && depth) {
        if (!record_at(book->stream, record.next, &record)) {
            rc = grid_fail_damaged("cut off", err);
            break;
        }
        depth += record.kind == R_BOF; /* a chart in the sheet */
        depth -= record.kind == R_EOF;
        if (depth == 1)
            rc = sheet_record(&r, &record);
    }
    im_buf_release(&r.scratch);
    return rc;
}

const struct grid_format_calls grid_xls = {"XLS", xls_open, xls_read};
