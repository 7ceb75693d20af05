/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180, and what spreadsheets make of it) as a grid, record by record.
 *
 * Not GDAL's CSVReadParseLine3L: it allocates every cell and does not see zero bytes.
 * Separators, quotes and line ends never occur inside a character of GB18030 (trail
 * bytes are 0x30..0x39, 0x40..0x7E and 0x80 up) nor of UTF-8, so that records are cut
 * first and decoded afterwards, cell by cell. UTF-16 is decoded before.
 */
#include "internal.h"

#include <errno.h>
#include <iconv.h>

enum {
    BLOCK_BYTES = 1 << 18,
    SAMPLE_RECORDS = 100,
    MAX_DECODED_BYTES = 4 * SOURCE_MAX_RECORD_BYTES
};

struct csv {
    const struct source_input *input;
    VSILFILE *file;
    iconv_t utf16;         /* NULL: bytes are cut as they are */
    char raw[BLOCK_BYTES]; /* of UTF-16, not yet converted */
    size_t n_raw;
    uint8_t block[2 * BLOCK_BYTES];
    size_t at;
    size_t n;
    bool is_end;
    bool is_bad_utf16;

    char separator;
    bool has_separator_line; /* "sep=;" before the first row, as Excel writes */
    struct decoder decoder;
    uint64_t line;   /* of the next byte */
    uint64_t number; /* of the last record; empty lines count */

    uint8_t *text; /* of a record: its cells without quotes, one behind the other */
    size_t n_text;
    uint32_t ends[SOURCE_MAX_COLUMNS];
    size_t n_cells;
    size_t shortest; /* cells of a row so far */
    bool ends_open;  /* the last record ends with the file, without a line end */

    struct im_buf decoded;
    struct source_value *values;
    size_t width;
    size_t n_columns;    /* of the widest of the first records */
    size_t fault_column; /* of the last row with a fault */
};

/* ---- bytes ---- */

static bool convert_utf16(struct csv *csv)
{
    char *in = csv->raw, *to = (char *)csv->block;
    size_t to_left = sizeof csv->block;

    csv->n_raw +=
        VSIFReadL(csv->raw + csv->n_raw, 1, BLOCK_BYTES - csv->n_raw, csv->file);
    size_t left = csv->n_raw;
    size_t rc = iconv(csv->utf16, &in, &left, &to, &to_left);
    int why = rc == (size_t)-1 ? errno : 0;

    /* half a pair waits for its other half, unless the file ends here */
    csv->is_bad_utf16 = why == EILSEQ || (why == EINVAL && left == csv->n_raw);
    memmove(csv->raw, in, left);
    csv->n_raw = left;
    csv->n = (size_t)(to - (char *)csv->block);
    return csv->n > 0;
}

static bool fill(struct csv *csv)
{
    csv->at = csv->n = 0;
    if (csv->is_end)
        return false;
    if (csv->utf16)
        csv->is_end = !convert_utf16(csv);
    else
        csv->is_end =
            (csv->n = VSIFReadL(csv->block, 1, sizeof csv->block, csv->file)) == 0;
    return !csv->is_end;
}

/* The next byte without taking it, -1 at the end. */
static int peek(struct csv *csv)
{
    return csv->at < csv->n || fill(csv) ? csv->block[csv->at] : -1;
}

/* ---- records ---- */

static enum im_code
fail_long(const struct csv *csv, uint64_t line, struct im_error *err)
{
    im_fail(err, IM_ELIMIT,
            "'%s', line %llu: a row is longer than %d bytes; is a quotation mark left "
            "open there?",
            csv->input->name, (unsigned long long)line, SOURCE_MAX_RECORD_BYTES);
    return im_zh(err, IM_ELIMIT,
                 "“%s”第 %llu 行：一行超过 %d 字节；请检查是否有未闭合的引号",
                 csv->input->name, (unsigned long long)line, SOURCE_MAX_RECORD_BYTES);
}

static enum im_code
fail_wide(const struct csv *csv, uint64_t line, struct im_error *err)
{
    im_fail(
        err, IM_ELIMIT,
        "'%s', line %llu, has more than %d columns; remove those that are not needed",
        csv->input->name, (unsigned long long)line, SOURCE_MAX_COLUMNS);
    return im_zh(err, IM_ELIMIT, "“%s”第 %llu 行超过 %d 列；请删除不需要的列",
                 csv->input->name, (unsigned long long)line, SOURCE_MAX_COLUMNS);
}

static enum im_code
fail_open_quote(const struct csv *csv, uint64_t line, struct im_error *err)
{
    im_fail(
        err, IM_EDATA,
        "'%s', line %llu: a quotation mark is opened and not closed before the end of "
        "the file; is it cut off?",
        csv->input->name, (unsigned long long)line);
    return im_zh(err, IM_EDATA,
                 "“%s”第 %llu 行：引号未闭合，直到文件结束；文件是否不完整？",
                 csv->input->name, (unsigned long long)line);
}

static enum im_code fail_utf16(const struct csv *csv, struct im_error *err)
{
    im_fail(err, IM_EDATA, "'%s', line %llu: the text is no UTF-16, or is cut off",
            csv->input->name, (unsigned long long)csv->line);
    return im_zh(err, IM_EDATA, "“%s”第 %llu 行：不是有效的 UTF-16，或文件不完整",
                 csv->input->name, (unsigned long long)csv->line);
}

static bool is_plain(const struct csv *csv, uint8_t c)
{
    return c != (uint8_t)csv->separator && c != '\n' && c != '\r';
}

/* Take bytes as long as `inside` a cell; false: the record is too long. */
static bool take_run(struct csv *csv, bool is_quoted)
{
    const uint8_t *p = csv->block + csv->at, *end = csv->block + csv->n;
    const uint8_t *from = p;

    while (p < end && (is_quoted ? *p != '"' : is_plain(csv, *p))) {
        csv->line += *p == '\n';
        p++;
    }
    size_t len = (size_t)(p - from);
    if (len > SOURCE_MAX_RECORD_BYTES - csv->n_text)
        return false;
    memcpy(csv->text + csv->n_text, from, len);
    csv->n_text += len;
    csv->at += len;
    return true;
}

/* A quoted part; the opening mark is taken. *closed is false at the end of the file. */
static bool take_quoted(struct csv *csv, bool *closed)
{
    int c;

    *closed = false;
    while ((c = peek(csv)) >= 0) {
        if (!take_run(csv, true))
            return false;
        if (peek(csv) != '"')
            continue;
        csv->at++;
        if (peek(csv) != '"') {
            *closed = true;
            return true;
        }
        if (csv->n_text == SOURCE_MAX_RECORD_BYTES)
            return false;
        csv->text[csv->n_text++] = '"'; /* two stand for one */
        csv->at++;
    }
    return true;
}

static void take_line_end(struct csv *csv)
{
    int c = peek(csv);

    csv->ends_open = c < 0;
    if (c < 0)
        return;
    csv->at++;
    if (c == '\r' && peek(csv) == '\n')
        csv->at++;
    csv->line++;
}

/* One record into text, ends and n_cells. */
static enum im_code cut_record(struct csv *csv, struct im_error *err)
{
    uint64_t first_line = csv->line;
    bool closed = true;
    int c;

    csv->n_text = csv->n_cells = 0;
    for (;;) {
        bool fits = true;

        if ((c = peek(csv)) == '"') {
            csv->at++;
            fits = take_quoted(csv, &closed);
        }
        /* what follows a closing mark belongs to the cell as it stands */
        while (fits && closed && (c = peek(csv)) >= 0 && is_plain(csv, (uint8_t)c))
            fits = take_run(csv, false);
        if (!fits)
            return fail_long(csv, first_line, err);
        if (!closed)
            return fail_open_quote(csv, first_line, err);
        if (csv->n_cells == SOURCE_MAX_COLUMNS)
            return fail_wide(csv, first_line, err);
        csv->ends[csv->n_cells++] = (uint32_t)csv->n_text;
        if (peek(csv) != (uint8_t)csv->separator)
            break;
        csv->at++;
    }
    take_line_end(csv);
    return csv->is_bad_utf16 ? fail_utf16(csv, err) : IM_OK;
}

static struct im_bytes cell_bytes(const struct csv *csv, size_t i)
{
    size_t from = i ? csv->ends[i - 1] : 0;

    return (struct im_bytes){csv->text + from, csv->ends[i] - from};
}

/* The next record that has anything; empty lines count, but are no rows. */
static enum im_code next_record(struct csv *csv, bool *more, struct im_error *err)
{
    enum im_code rc;

    for (*more = false; peek(csv) >= 0;) {
        if ((rc = cut_record(csv, err)) != IM_OK)
            return rc;
        csv->number++;
        if (csv->n_cells > 1 || csv->n_text) {
            *more = true;
            return IM_OK;
        }
    }
    return csv->is_bad_utf16 ? fail_utf16(csv, err) : IM_OK;
}

/* ---- start ---- */

static enum im_code seek_start(struct csv *csv, struct im_error *err)
{
    bool more;

    if (VSIFSeekL(csv->file, csv->input->bytes.has_bom ? 3 : 0, SEEK_SET) != 0) {
        im_fail(
            err, IM_EIO,
            "'%s' cannot be read a second time; copy it to a disk and import the copy",
            csv->input->name);
        return im_zh(err, IM_EIO, "无法再次读取“%s”；请复制到本机磁盘后再导入",
                     csv->input->name);
    }
    if (csv->utf16)
        iconv(csv->utf16, NULL, NULL, NULL, NULL);
    csv->at = csv->n = csv->n_raw = 0;
    csv->is_end = csv->is_bad_utf16 = false;
    csv->line = 1;
    csv->number = 0;
    csv->shortest = SIZE_MAX;
    return csv->has_separator_line ? next_record(csv, &more, err) : IM_OK;
}

struct sample {
    size_t n;       /* records */
    size_t widest;  /* cells */
    size_t usual;   /* the number of cells that most records have */
    size_t n_usual; /* records that have it */
};

/* Cut the first records with a separator and count cells. A record that is too long or
 * too wide here is for the reading itself to refuse. */
static enum im_code
take_sample(struct csv *csv, char separator, struct sample *out, struct im_error *err)
{
    uint16_t widths[SAMPLE_RECORDS];
    struct im_error ignored;
    bool more = true;

    *out = (struct sample){0};
    csv->separator = separator;
    enum im_code rc = seek_start(csv, err);
    while (!rc && out->n < SAMPLE_RECORDS && !next_record(csv, &more, &ignored) &&
           more) {
        widths[out->n++] = (uint16_t)csv->n_cells;
        if (csv->n_cells > out->widest)
            out->widest = csv->n_cells;
    }
    for (size_t i = 0; i < out->n; i++) {
        size_t same = 0;

        for (size_t j = 0; j < out->n; j++)
            same += widths[i] == widths[j];
        if (widths[i] > 1 &&
            (same > out->n_usual || (same == out->n_usual && widths[i] > out->usual))) {
            out->usual = widths[i];
            out->n_usual = same;
        }
    }
    return rc;
}

/* The separator that gives most records the same number of cells, more than one. */
static enum im_code find_separator(struct csv *csv, struct im_error *err)
{
    static const char CANDIDATES[] = {',', ';', '\t', '|'};
    /* 0x7C ends characters of GB18030 */
    size_t n = sizeof CANDIDATES - (strcmp(csv->decoder.name, "UTF-8") != 0);
    struct sample best = {0}, sample;
    char separator = ',';
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < n && !rc; i++) {
        rc = take_sample(csv, CANDIDATES[i], &sample, err);
        if (!rc && (i == 0 || sample.n_usual > best.n_usual ||
                    (sample.n_usual == best.n_usual && sample.usual > best.usual))) {
            best = sample;
            separator = CANDIDATES[i];
        }
    }
    csv->separator = separator;
    csv->n_columns = best.widest ? best.widest : 1;
    return rc;
}

static enum im_code choose_separator(struct csv *csv, struct im_error *err)
{
    struct sample sample;
    bool more;
    enum im_code rc = seek_start(csv, err);

    csv->separator = '\0';
    if (!rc && !(rc = next_record(csv, &more, err)) && more && csv->n_text == 5 &&
        memcmp(csv->text, "sep=", 4) == 0) {
        char separator = (char)csv->text[4];

        csv->has_separator_line = true;
        rc = take_sample(csv, separator, &sample, err);
        csv->n_columns = sample.widest ? sample.widest : 1;
        return rc;
    }
    /* the first line alone may be too long for one record without a separator, as a
     * row of a table is not */
    return find_separator(csv, err);
}

/* ---- rows ---- */

static void fault(struct csv *csv,
                  struct source_row *out,
                  size_t column,
                  struct im_bytes value,
                  struct refusal why)
{
    if (out->fault.code)
        return;
    out->fault = why;
    csv->fault_column = column;
    if (im_utf8_valid(value))
        out->fault_value = value;
}

static void decode_cell(struct csv *csv, size_t i, struct source_row *out)
{
    static const struct refusal BAD = {
        .code = "bad_encoding",
        .zh = "有字节不属于文件的编码，或文字残缺",
        .en = "has bytes that are not of the file's encoding, or half a character",
        .suggestion_zh = "改正这一格后再导入；若整个文件如此，请用 --encoding 指明编码",
        .suggestion_en = "mend the cell and import again; name the encoding with "
                         "--encoding when the whole file is like this"};
    struct im_bytes raw = cell_bytes(csv, i);
    size_t from = csv->decoded.len;

    if (decoder_append(&csv->decoder, raw, &csv->decoded) != DECODED ||
        memchr(raw.data, 0, raw.len)) {
        csv->decoded.len = from;
        fault(csv, out, i, (struct im_bytes){0}, BAD);
        return;
    }
    csv->values[i] = source_text(
        (struct im_bytes){csv->decoded.data + from, csv->decoded.len - from});
}

/* The file ends in the middle of a row, where no other row is so short. */
static void check_end(struct csv *csv, struct source_row *out)
{
    static const struct refusal CUT = {
        .code = "cut_off",
        .zh = "文件在这一行中间结束，行不完整",
        .en = "the file ends in the middle of this row",
        .suggestion_zh = "重新索取完整的文件；若本行确实如此，请在行末换行",
        .suggestion_en =
            "get the whole file anew; end the line when the row is meant so"};

    if (csv->ends_open && csv->n_cells > 1 && csv->n_cells < csv->width &&
        csv->shortest >= csv->width)
        fault(csv, out, SOURCE_FAULT_ROW, (struct im_bytes){csv->text, csv->n_text},
              CUT);
    if (csv->n_cells < csv->shortest)
        csv->shortest = csv->n_cells;
}

static void check_beyond(struct csv *csv, struct source_row *out)
{
    static const struct refusal WIDE = {
        .code = "too_many_cells",
        .zh = "这一行的单元格比标题行多，列可能错位",
        .en = "the row has more cells than the header: columns may be shifted",
        .suggestion_zh = "含有分隔符的文字要加引号",
        .suggestion_en = "put texts that hold the separator in quotation marks"};

    for (size_t i = csv->width; i < csv->n_cells; i++) {
        struct source_value value = source_text(cell_bytes(csv, i));

        if (value.kind != SOURCE_NULL)
            fault(csv, out, SOURCE_FAULT_ROW, value.text, WIDE);
    }
}

static enum im_code
csv_next(void *self, struct source_row *out, bool *more, struct im_error *err)
{
    struct csv *csv = self;
    enum im_code rc = next_record(csv, more, err);

    if (rc || !*more)
        return rc;
    *out =
        (struct source_row){.number = csv->number, .sheet = "", .cells = csv->values};
    csv->fault_column = SOURCE_FAULT_ROW;
    im_buf_clear(&csv->decoded);
    /* cells point into it: it must not move. GB18030 grows by half, others by less
     * than three */
    if (!im_buf_reserve(&csv->decoded, 3 * csv->n_text + 16))
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", csv->input->name);
    for (size_t i = 0; i < csv->width; i++) {
        csv->values[i] = (struct source_value){.kind = SOURCE_NULL};
        if (i < csv->n_cells)
            decode_cell(csv, i, out);
    }
    check_beyond(csv, out);
    check_end(csv, out);
    return IM_OK;
}

static enum im_code csv_rewind(void *self, size_t width, struct im_error *err)
{
    struct csv *csv = self;
    struct source_value *values;

    if (width == 0)
        width = csv->n_columns;
    values = realloc(csv->values, width * sizeof *values);
    if (!values)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", csv->input->name);
    csv->values = values;
    csv->width = width;
    return seek_start(csv, err);
}

static void csv_close(void *self)
{
    struct csv *csv = self;

    if (csv->file)
        VSIFCloseL(csv->file);
    if (csv->utf16)
        iconv_close(csv->utf16);
    decoder_release(&csv->decoder);
    im_buf_release(&csv->decoded);
    free(csv->values);
    free(csv->text);
    free(csv);
}

static size_t csv_fault_column(void *self)
{
    const struct csv *csv = self;

    return csv->fault_column;
}

/* UTF-16 is decoded in front of the cutting; afterwards the text is UTF-8. */
static enum im_code
choose_decoder(struct csv *csv, const char **shown, struct im_error *err)
{
    enum im_code rc = encoding_of_text(csv->input, &csv->decoder, shown, err);

    if (rc || strncmp(csv->decoder.name, "UTF-16", 6) != 0)
        return rc || !csv->input->bytes.nul_line
                   ? rc
                   : bytes_fail_nul(&csv->input->bytes, csv->input->name, err);
    csv->utf16 = csv->decoder.cd;
    csv->decoder = (struct decoder){.name = "UTF-8"};
    return IM_OK;
}

/* The last column of what `innomap export` writes; it has a header of one record. */
static bool has_export_mark(const struct csv *csv)
{
    return csv->n_cells > 1 && im_bytes_equal(cell_bytes(csv, csv->n_cells - 1),
                                              im_bytes_of(SOURCE_EXPORT_MARK));
}

enum im_code csv_open(const struct source_input *input,
                      struct source_reader *out,
                      struct im_error *err)
{
    static const struct source_calls CALLS = {.next = csv_next,
                                              .rewind = csv_rewind,
                                              .close = csv_close,
                                              .fault_column = csv_fault_column};
    struct csv *csv = calloc(1, sizeof *csv);
    const char *shown = "";
    bool more, is_export;
    enum im_code rc = IM_OK;

    if (!csv)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
    csv->input = input;
    csv->decoded.max = MAX_DECODED_BYTES;
    csv->text = malloc(SOURCE_MAX_RECORD_BYTES);
    csv->file = VSIFOpenL(input->path, "rb");
    if (!csv->text || !csv->file) {
        rc = csv->text ? file_fail_vsi(err, input->path, input->name)
                       : im_fail(err, IM_ENOMEM, "'%s': out of memory", input->name);
        goto done;
    }
    if ((rc = choose_decoder(csv, &shown, err)) || (rc = choose_separator(csv, err)) ||
        (rc = csv_rewind(csv, 0, err)) || (rc = next_record(csv, &more, err)))
        goto done;
    is_export = more && has_export_mark(csv);
    if ((rc = csv_rewind(csv, 0, err)) != IM_OK)
        goto done;
    *out = (struct source_reader){.calls = &CALLS,
                                  .self = csv,
                                  .driver = "CSV",
                                  .encoding = shown,
                                  .n_columns = csv->n_columns,
                                  .is_export = is_export,
                                  .is_grid = true,
                                  .counts_from_header = true};
    csv = NULL;
done:
    if (csv)
        csv_close(csv);
    return rc;
}
