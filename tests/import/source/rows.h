/* SPDX-License-Identifier: Apache-2.0 */
/* Sources in tests: open, look at rows, expect refusals. */
#ifndef TESTS_IMPORT_SOURCE_ROWS_H
#define TESTS_IMPORT_SOURCE_ROWS_H

#include <source/source.h>

#include "scratch.h"
#include "test.h"

#define MESSY TEST_SOURCE_DIR "/tests/data/messy/"

static inline struct source *
rows_open_with(const char *path, const char *layer, const char *encoding)
{
    struct source_options options = {.layer = layer, .encoding = encoding};
    struct source *source = NULL;
    struct im_error err = {0};

    if (source_open(path, &options, &source, &err) != IM_OK)
        fail_msg("%s: %s", path, err.msg);
    return source;
}

static inline struct source *rows_open(const char *path)
{
    return rows_open_with(path, NULL, NULL);
}

/* The refusal of a source, in both languages, holds `words` in English. */
static inline void rows_refused_with(const char *path,
                                     const char *layer,
                                     const char *encoding,
                                     enum im_code code,
                                     const char *words)
{
    struct source_options options = {.layer = layer, .encoding = encoding};
    struct source *source = NULL;
    struct im_error err = {0};
    enum im_code rc = source_open(path, &options, &source, &err);

    source_close(source);
    if (rc != code || !strstr(err.msg, words))
        fail_msg("%s: %d '%s' instead of %d '%s'", path, (int)rc, err.msg, (int)code,
                 words);
    assert_true(err.msg_zh[0] != '\0');
}

static inline void rows_refused(const char *path, enum im_code code, const char *words)
{
    rows_refused_with(path, NULL, NULL, code, words);
}

/* The next row; false at the end. */
static inline bool rows_next(struct source *source, struct source_row *row)
{
    struct im_error err = {0};
    bool more = false;

    if (source_next(source, row, &more, &err) != IM_OK)
        fail_msg("%s: %s", source_name(source), err.msg);
    return more;
}

struct rows_counts {
    size_t n;
    size_t points;
    size_t lines;
    size_t areas;
    size_t faults;
    uint64_t last; /* number of the last row */
};

static inline struct rows_counts rows_count(struct source *source)
{
    struct rows_counts counts = {0};
    struct source_row row;

    while (rows_next(source, &row)) {
        counts.n++;
        counts.points += row.geom.kind == GEOM_POINT;
        counts.lines += row.geom.kind == GEOM_LINE;
        counts.areas += row.geom.kind == GEOM_AREA;
        counts.faults += row.fault.code != NULL;
        counts.last = row.number;
    }
    return counts;
}

static inline size_t rows_column(const struct source *source, const char *name)
{
    for (size_t i = 0; i < source_columns(source); i++)
        if (strcmp(source_column(source, i), name) == 0)
            return i;
    fail_msg("no column '%s'", name);
    return 0;
}

/* The cell as a text; "" null. Valid until the fourth call after this. */
static inline const char *
rows_text(const struct source *source, const struct source_row *row, const char *column)
{
    static char texts[4][4096];
    static unsigned next;
    char *text = texts[next++ % 4];
    struct source_value value = row->cells[rows_column(source, column)];

    text[0] = '\0';
    if (value.kind == SOURCE_INTEGER)
        snprintf(text, sizeof texts[0], "%lld", (long long)value.integer);
    else if (value.kind == SOURCE_REAL)
        snprintf(text, sizeof texts[0], "%.9g", value.real);
    else if (value.kind == SOURCE_TEXT)
        snprintf(text, sizeof texts[0], "%.*s", (int)value.text.len,
                 (const char *)value.text.data);
    return text;
}

/* The first `n` bytes of a file as another. */
static inline const char *rows_cut(const char *path, const char *name, double share)
{
    static char data[8 << 20];
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(data, 1, sizeof data, file) : 0;

    assert_non_null(file);
    fclose(file);
    return scratch_write(name, data, (size_t)((double)n * share));
}

#endif
