/* SPDX-License-Identifier: Apache-2.0 */
/* header_locate, header_word and header_is_no_data over any table. */
#include "../import/plan/table.h"

#include <stdlib.h>

enum { MAX_BYTES = 1 << 16, ARENA_BYTES = 32 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const struct header_table *table)
{
    struct source_value cells[TABLE_MAX_COLUMNS];

    for (size_t i = 0; i < table->n_lines; i++) {
        struct source_row row = {.number = table->lines[i].number, .cells = cells};
        bool is_empty = true;

        for (size_t c = 0; c < table->n_columns; c++) {
            struct im_bytes text = table->lines[i].cells[c].text;

            cells[c] = (struct source_value){
                .kind = text.len ? SOURCE_TEXT : SOURCE_NULL, .text = text};
            is_empty &= text.len == 0;
        }
        if (is_empty && !header_is_no_data(&row, table->n_columns))
            abort();
        (void)header_is_no_data(&row, table->n_columns);
    }
}

static void check_place(const struct header_table *table,
                        const struct header_place *place)
{
    if (!place->is_found) {
        if (table->n_lines)
            abort();
        return;
    }
    if (place->first > place->last || place->last >= table->n_lines)
        abort();
    for (size_t c = 0; c < table->n_columns; c++) {
        if (!place->names[c] || !place->names[c][0] ||
            !im_utf8_valid(im_bytes_of(place->names[c])))
            abort();
        for (size_t d = 0; d < c; d++)
            if (strcmp(place->names[c], place->names[d]) == 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct test_table *table = malloc(sizeof *table);
    struct header_place place;
    struct im_error err;
    struct im_bytes text = {data, size};

    if (!arena || !table || size > MAX_BYTES || !im_utf8_valid(text))
        goto done; /* sources give valid UTF-8 only */
    test_table_of(table, text, arena);
    const struct header_words *words = header_words_new(NULL, arena);
    if (!words || header_locate(&table->table, words, arena, &place, &err))
        goto done;
    check_place(&table->table, &place);
    check_rows(&table->table);
done:
    free(table);
    im_arena_free(arena);
    return 0;
}
