/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped layer folders as the tests read them: files and CSV tables. */
#ifndef TESTS_LAYERS_FOLDERS_H
#define TESTS_LAYERS_FOLDERS_H

#include "test.h"

#include <engine/arena.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { FOLDER_MAX_BYTES = 1 << 20, CSV_MAX_COLUMNS = 64, CSV_MAX_ROWS = 1000 };

/** layers/<id>/<name>; data is NULL when there is no such file. */
static inline struct im_bytes
folder_read(struct im_arena *arena, const char *id, const char *name)
{
    struct im_bytes out = {NULL, 0};
    char path[1024];
    uint8_t *data = im_arena_alloc(arena, FOLDER_MAX_BYTES);
    FILE *file;

    assert_non_null(data);
    snprintf(path, sizeof path, "%s/layers/%s/%s", TEST_SOURCE_DIR, id, name);
    file = fopen(path, "rb");
    if (!file)
        return out;
    out = (struct im_bytes){data, fread(data, 1, FOLDER_MAX_BYTES, file)};
    assert_false(ferror(file));
    assert_true(feof(file) || out.len < FOLDER_MAX_BYTES);
    fclose(file);
    return out;
}

/** Call `fn` for each folder that has a layer.json; returns how many there are. */
static inline size_t
folder_each(void (*fn)(struct im_arena *arena, const char *id, struct im_bytes json))
{
    size_t n = 0;
    DIR *layers = opendir(TEST_SOURCE_DIR "/layers");

    assert_non_null(layers);
    for (struct dirent *entry; (entry = readdir(layers));) {
        struct im_arena *arena = im_arena_new(64 << 20);
        struct im_bytes json;

        assert_non_null(arena);
        json = folder_read(arena, entry->d_name, "layer.json");
        if (json.data && entry->d_name[0] != '.') {
            n++;
            fn(arena, entry->d_name, json);
        }
        im_arena_free(arena);
    }
    closedir(layers);
    return n;
}

struct csv {
    size_t n_columns;
    size_t n_rows;
    const char *names[CSV_MAX_COLUMNS];
    const char *(*rows)[CSV_MAX_COLUMNS];
};

/* One cell from *pos on (RFC 4180); *pos ends at the comma, line end or end of file. */
static inline const char *
csv_cell(struct im_arena *arena, struct im_bytes text, size_t *pos)
{
    struct im_buf cell = {.max = 1 << 16};
    bool quoted = *pos < text.len && text.data[*pos] == '"';
    const char *out;

    for (*pos += quoted; *pos < text.len; ++*pos) {
        uint8_t c = text.data[*pos];

        if (quoted && c == '"') {
            if (*pos + 1 >= text.len || text.data[*pos + 1] != '"')
                break;
            ++*pos;
        } else if (!quoted && (c == ',' || c == '\n'))
            break;
        im_buf_byte(&cell, c);
    }
    *pos += quoted;
    assert_true(*pos < text.len && (text.data[*pos] == ',' || text.data[*pos] == '\n'));
    out = im_arena_strdup(arena, im_buf_bytes(&cell));
    assert_non_null(out);
    im_buf_release(&cell);
    return out;
}

static inline size_t csv_line(struct im_arena *arena,
                              struct im_bytes text,
                              size_t *pos,
                              const char *cells[CSV_MAX_COLUMNS])
{
    size_t n = 0;

    do {
        assert_true(n < CSV_MAX_COLUMNS);
        cells[n++] = csv_cell(arena, text, pos);
    } while (text.data[(*pos)++] == ',');
    return n;
}

/** The whole table of layers/<id>/<name>. */
static inline struct csv
csv_read(struct im_arena *arena, const char *id, const char *name)
{
    struct csv csv = {0};
    struct im_bytes text = folder_read(arena, id, name);
    size_t pos = 0;

    if (!text.data)
        fail_msg("layers/%s/%s is missing", id, name);
    assert_true(im_utf8_valid(text));
    csv.n_columns = csv_line(arena, text, &pos, csv.names);
    csv.rows = im_arena_calloc(arena, CSV_MAX_ROWS, sizeof *csv.rows);
    assert_non_null(csv.rows);
    for (; pos < text.len; csv.n_rows++) {
        assert_true(csv.n_rows < CSV_MAX_ROWS);
        if (csv_line(arena, text, &pos, csv.rows[csv.n_rows]) != csv.n_columns)
            fail_msg("layers/%s/%s, row %zu: not %zu cells", id, name, csv.n_rows + 1,
                     csv.n_columns);
    }
    return csv;
}

/** Value of a column; "" when the table has no such column. */
static inline const char *csv_get(const struct csv *csv, size_t row, const char *name)
{
    for (size_t i = 0; i < csv->n_columns; i++)
        if (strcmp(csv->names[i], name) == 0)
            return csv->rows[row][i];
    return "";
}

/** Is `item` one of the values that `list` holds, separated by ';'? */
static inline bool csv_list_has(const char *list, const char *item)
{
    size_t len = strlen(item);

    for (const char *at = list; *at; at += strcspn(at, ";"), at += *at == ';')
        if (strcspn(at, ";") == len && memcmp(at, item, len) == 0)
            return true;
    return false;
}

#endif
