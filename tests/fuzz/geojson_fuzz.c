/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON by our reader: never out of bounds, and whatever is well formed by jansson is
 * well formed by us and the other way round (but for what each bounds). */
#include "source/internal.h"
#include "source/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Depth, numbers beyond a double and lone surrogates are bounded in other ways. */
static bool is_comparable(const json_error_t *at)
{
    enum json_error_code code = json_error_code(at);

    return code == json_error_invalid_syntax ||
           code == json_error_premature_end_of_input;
}

/* Brackets beyond our depth, or numbers longer than we read: jansson takes more. */
static bool is_beyond_ours(const uint8_t *data, size_t size)
{
    size_t depth = 0;
    size_t digits = 0;

    for (size_t i = 0; i < size; i++) {
        depth += data[i] == '[' || data[i] == '{';
        digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
        if (depth >= JSON_MAX_DEPTH || digits > 100)
            return true;
    }
    return false;
}

static void compare(const uint8_t *data, size_t size)
{
    struct js_cursor c = {data, data + size};
    struct im_bytes raw;
    json_error_t at;
    json_t *tree =
        json_loadb((const char *)data, size,
                   JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &at);
    bool good = js_skip(&c, &raw) && js_peek(&c) == 0 && c.p == c.end;

    if (tree && !good && !is_beyond_ours(data, size))
        abort();
    if (!tree && good && is_comparable(&at) &&
        im_utf8_valid((struct im_bytes){data, size}) && !strstr(at.text, "surrogate") &&
        !strstr(at.text, "Unicode"))
        abort();
    json_decref(tree);
}

static void read_all(const char *path)
{
    struct source_options options = {0};
    struct source_input input = {.path = path,
                                 .name = "fuzz",
                                 .options = &options,
                                 .bytes = {.bad_utf8_line = 1}};
    struct source_reader reader;
    struct source_row row;
    struct im_error err;
    bool more = true;
    uint64_t rows = 0;

    if (geojson_open(&input, &reader, &err))
        return;
    while (reader.calls->next(reader.self, &row, &more, &err) == IM_OK && more) {
        rows++;
        for (size_t i = 0; i < reader.n_columns; i++)
            if (row.cells[i].kind == SOURCE_TEXT && !im_utf8_valid(row.cells[i].text))
                abort();
        if (row.geom.kind != GEOM_EMPTY && row.geom.n_points == 0)
            abort();
    }
    if (rows > reader.rows)
        abort();
    reader.calls->close(reader.self);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VSILFILE *file = VSIFileFromMemBuffer("/vsimem/fuzz.geojson",
                                          (GByte *)(uintptr_t)data, size, FALSE);

    compare(data, size);
    if (!file)
        return 0;
    VSIFCloseL(file);
    read_all("/vsimem/fuzz.geojson");
    VSIUnlink("/vsimem/fuzz.geojson");
    return 0;
}
