/* SPDX-License-Identifier: Apache-2.0 */
/* A whole workbook (XLSX, ODS, XLS), every sheet of it, as grid_open reads it. */
#include "../../import/source/grid.h"

#include <cpl_vsi.h>

enum { MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct source_row *row, size_t n_columns)
{
    for (size_t c = 0; c < n_columns; c++)
        if (row->cells[c].kind == SOURCE_TEXT &&
            (row->cells[c].text.len == 0 || !im_utf8_valid(row->cells[c].text)))
            abort();
}

static void read_sheets(struct source_reader *reader)
{
    struct source_row row;
    struct im_error err;
    uint64_t last;
    bool more;

    for (size_t i = 0; i < reader->calls->sheets(reader->self); i++) {
        if (!im_utf8_valid(im_bytes_of(reader->calls->sheet_at(reader->self, i).name)))
            abort();
        if (reader->calls->choose_sheet(reader->self, i, reader, &err))
            continue;
        last = 0;
        while (!reader->calls->next(reader->self, &row, &more, &err) && more) {
            if (row.number <= last)
                abort();
            last = row.number;
            check_row(&row, reader->n_columns);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned long long count; /* GDAL remembers what is in a zip, by its name */
    char path[64];
    struct source_options options = {0};
    struct source_reader reader;
    struct im_error err;

    if (size == 0 || size > MAX_BYTES)
        return 0;
    snprintf(path, sizeof path, "/vsimem/sheet%llu", count++);
    VSIFCloseL(VSIFileFromMemBuffer(path, (GByte *)data, size, FALSE));
    struct source_input input = {.path = path,
                                 .name = "sheet",
                                 .head = {data, size < 4096 ? size : 4096},
                                 .bytes = {.size = size},
                                 .options = &options};
    if (!grid_open(&input, &reader, &err)) {
        read_sheets(&reader);
        reader.calls->close(reader.self);
    }
    VSIUnlink(path);
    return 0;
}
