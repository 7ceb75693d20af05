/* SPDX-License-Identifier: Apache-2.0 */
/* CSV of any bytes: rows of valid UTF-8 without zero bytes, or a message; the second
 * reading gives what the first gave. Its texts go through the HTML stripper too. */
#include <source/internal.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct im_bytes text)
{
    struct im_buf out = {.max = 1 << 22};

    if (!im_utf8_valid(text) || memchr(text.data, 0, text.len) || text.len == 0)
        abort();
    markup_strip(text, &out);
    if (!im_utf8_valid(im_buf_bytes(&out)))
        abort();
    im_buf_release(&out);
}

/* Reads all rows; a sum over what they hold. */
static uint64_t read_rows(const struct source_reader *reader, size_t width)
{
    struct source_row row;
    struct im_error err = {0};
    uint64_t sum = 0, number = 0;
    bool more = true;
    enum im_code rc;

    if (reader->calls->rewind(reader->self, width, &err))
        abort();
    while (!(rc = reader->calls->next(reader->self, &row, &more, &err)) && more) {
        if (row.number <= number)
            abort();
        number = row.number;
        for (size_t i = 0; i < width; i++) {
            const struct source_value *cell = &row.cells[i];

            if (cell->kind == SOURCE_TEXT)
                check_text(cell->text);
            for (size_t j = 0; cell->kind == SOURCE_TEXT && j < cell->text.len; j++)
                sum = sum * 31 + cell->text.data[j] + i;
        }
        sum = sum * 31 + (row.fault.code != NULL) + number;
    }
    if (rc && !err.msg[0])
        abort();
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char PATH[] = "/vsimem/fuzz.csv";
    const struct source_options options = {0};
    struct source_input input = {.path = PATH,
                                 .name = "fuzz.csv",
                                 .extension = "csv",
                                 .format = "CSV",
                                 .options = &options};
    const struct bytes_bounds BOUNDS = {.max_line = SOURCE_MAX_RECORD_BYTES};
    struct source_reader reader;
    struct im_error err = {0};

    VSIFCloseL(VSIFileFromMemBuffer(PATH, (GByte *)(uintptr_t)data, size, 0));
    if (bytes_scan(PATH, "fuzz.csv", BOUNDS, &input.bytes, &err) == IM_OK &&
        csv_open(&input, &reader, &err) == IM_OK) {
        uint64_t first = read_rows(&reader, reader.n_columns);

        if (read_rows(&reader, reader.n_columns) != first)
            abort();
        read_rows(&reader, 1);
        reader.calls->close(reader.self);
    } else if (!err.msg[0]) {
        abort();
    }
    VSIUnlink(PATH);
    return 0;
}
