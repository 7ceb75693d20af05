/* SPDX-License-Identifier: Apache-2.0 */
/* Which sheet of a workbook is the list, and where its header is. */
#include "header.h"

enum {
    LOOK_ROWS = 100,       /* of each sheet; titles are a few rows */
    CELL_MAX_BYTES = 1000, /* no name is longer */
    SCRATCH_BYTES = 96 << 20,
    NAMES_BYTES = 180
};

/* What was found in one sheet. */
struct sheet {
    size_t index;
    const char *name;
    bool is_hidden;
    size_t n_lines;
    size_t n_data; /* rows below the header, among those looked at */
    struct header_place place;
    struct header_line *lines;
    size_t n_columns;
};

/* ---- the first rows ---- */

static struct im_bytes copy_bytes(struct im_bytes text, struct im_arena *arena)
{
    size_t len = text.len <= CELL_MAX_BYTES
                     ? text.len
                     : im_utf8_cut((const char *)text.data, CELL_MAX_BYTES);
    char *copy = im_arena_strdup(arena, (struct im_bytes){text.data, len});

    return (struct im_bytes){(uint8_t *)copy, copy ? len : 0};
}

static struct header_cell copy_cell(const struct source_value *value,
                                    struct im_arena *arena)
{
    char text[IM_NUMBER_MAX];
    size_t len = 0;

    switch (value->kind) {
    case SOURCE_TEXT:
        return (struct header_cell){.text = copy_bytes(value->text, arena)};
    case SOURCE_INTEGER:
        len = (size_t)snprintf(text, sizeof text, "%lld", (long long)value->integer);
        break;
    case SOURCE_REAL:
        len = im_format_double(text, value->real, 9);
        break;
    case SOURCE_NULL:
        return (struct header_cell){0};
    }
    return (struct header_cell){
        .text = copy_bytes((struct im_bytes){(uint8_t *)text, len}, arena),
        .is_number = true};
}

static enum im_code read_lines(struct source *source,
                               struct sheet *sheet,
                               struct im_arena *arena,
                               struct im_error *err)
{
    struct source_row row;
    bool more = true;
    enum im_code rc = IM_OK;

    sheet->n_columns = source_columns(source);
    sheet->lines = im_arena_calloc(arena, LOOK_ROWS, sizeof *sheet->lines);
    if (!sheet->lines)
        return im_fail(err, IM_ENOMEM, "header: out of memory");
    while (!rc && sheet->n_lines < LOOK_ROWS) {
        rc = source_next(source, &row, &more, err);
        if (rc || !more)
            break;
        struct header_cell *cells =
            im_arena_calloc(arena, sheet->n_columns + 1, sizeof *cells);
        if (!cells)
            return im_fail(err, IM_ENOMEM, "header: out of memory");
        bool any = false;
        for (size_t c = 0; c < sheet->n_columns; c++) {
            cells[c] = copy_cell(&row.cells[c], arena);
            any |= cells[c].text.len > 0;
        }
        if (any)
            sheet->lines[sheet->n_lines++] = (struct header_line){row.number, cells};
    }
    return rc;
}

/* Rows below the header that may be data. */
static size_t count_data(const struct sheet *sheet, struct im_arena *arena)
{
    struct source_value *cells =
        im_arena_calloc(arena, sheet->n_columns + 1, sizeof *cells);
    size_t n = 0;

    for (size_t i = sheet->place.last + 1; cells && i < sheet->n_lines; i++) {
        struct source_row row = {.number = sheet->lines[i].number, .cells = cells};

        for (size_t c = 0; c < sheet->n_columns; c++)
            cells[c] = (struct source_value){
                .kind = sheet->lines[i].cells[c].text.len ? SOURCE_TEXT : SOURCE_NULL,
                .text = sheet->lines[i].cells[c].text};
        n += !header_is_no_data(&row, sheet->n_columns);
    }
    return n;
}

static enum im_code look_at(struct source *source,
                            size_t index,
                            const struct header_words *words,
                            struct im_arena *arena,
                            struct im_arena *scratch,
                            struct sheet *out,
                            struct im_error *err)
{
    struct source_sheet_info info = source_sheet_at(source, index);
    struct header_table table = {0};
    enum im_code rc = IM_OK;

    *out = (struct sheet){.index = index, .is_hidden = info.is_hidden};
    out->name = im_arena_strdup(arena, im_bytes_of(info.name));
    if (!out->name)
        return im_fail(err, IM_ENOMEM, "header: out of memory");
    rc = source_choose_sheet(source, index, err);
    if (!rc)
        rc = read_lines(source, out, scratch, err);
    if (rc)
        return rc;
    table = (struct header_table){
        .lines = out->lines, .n_lines = out->n_lines, .n_columns = out->n_columns};
    table.n_merges = source_merges(source, &table.merges);
    rc = header_locate(&table, words, arena, &out->place, err);
    if (!rc && out->place.is_found)
        out->n_data = count_data(out, scratch);
    return rc;
}

/* ---- which sheet ---- */

static void list_names(const struct sheet *sheets,
                       size_t n,
                       bool (*is_of_them)(const struct sheet *sheet, int points),
                       int points,
                       char out[NAMES_BYTES])
{
    struct im_buf names = {.max = 4 * NAMES_BYTES};

    for (size_t i = 0; i < n && names.len < NAMES_BYTES; i++)
        if (is_of_them(&sheets[i], points))
            im_buf_printf(&names, "%s%s", names.len ? ", " : "", sheets[i].name);
    im_buf_byte(&names, 0);
    out[0] = '\0';
    if (!names.failed)
        snprintf(out, NAMES_BYTES, "%s", (const char *)names.data);
    out[im_utf8_cut(out, NAMES_BYTES - 1)] = '\0';
    im_buf_release(&names);
}

/* A list like the best one: at least half as many of its columns are known. */
static bool fits(const struct sheet *sheet, int points)
{
    return sheet->place.is_found && !sheet->place.is_guess && sheet->n_data > 0 &&
           2 * sheet->place.points > points;
}

/* Nothing is known in any: one with columns and rows. */
static bool may_fit(const struct sheet *sheet, int points)
{
    (void)points;
    return sheet->place.is_found && sheet->n_data > 0 && sheet->n_columns > 1;
}

static bool has_rows(const struct sheet *sheet, int points)
{
    (void)points;
    return sheet->n_lines > 0;
}

static bool is_any(const struct sheet *sheet, int points)
{
    (void)sheet;
    (void)points;
    return true;
}

static enum im_code
fail_several(struct source *source, const char *names, struct im_error *err)
{
    im_fail(
        err, IM_EDATA,
        "several sheets of '%s' look like lists; choose one with --source-layer: %s",
        source_name(source), names);
    return im_zh(err, IM_EDATA,
                 "“%s”中有多个工作表都像名单，请用 --source-layer 选择一个：%s",
                 source_name(source), names);
}

static enum im_code
fail_none(struct source *source, const char *names, struct im_error *err)
{
    if (!names[0]) {
        im_fail(err, IM_EDATA, "'%s' has no rows", source_name(source));
        return im_zh(err, IM_EDATA, "“%s”中没有任何行", source_name(source));
    }
    im_fail(err, IM_EDATA,
            "no sheet of '%s' has a header with rows below; choose one with "
            "--source-layer: %s",
            source_name(source), names);
    return im_zh(err, IM_EDATA,
                 "“%s”中没有带表头和数据行的工作表；可用 --source-layer 指定：%s",
                 source_name(source), names);
}

static enum im_code choose(struct source *source,
                           const struct sheet *sheets,
                           size_t n,
                           const struct sheet **out,
                           struct im_error *err)
{
    bool (*const tests[])(const struct sheet *, int) = {fits, may_fit, has_rows};
    char names[NAMES_BYTES];
    int best = 0;

    for (size_t i = 0; i < n; i++)
        if (fits(&sheets[i], 0) && sheets[i].place.points > best)
            best = sheets[i].place.points;
    for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
        size_t found = 0;

        for (size_t i = 0; i < n; i++)
            if (tests[t](&sheets[i], best) && ++found == 1)
                *out = &sheets[i];
        if (found == 1)
            return IM_OK;
        if (found > 1) {
            list_names(sheets, n, tests[t], best, names);
            return fail_several(source, names, err);
        }
    }
    list_names(sheets, n, is_any, 0, names);
    return fail_none(source, n > 1 ? names : "", err);
}

static enum im_code
named_sheet(struct source *source, const char *name, size_t *out, struct im_error *err)
{
    struct im_buf names = {.max = 4096};

    for (size_t i = 0; i < source_sheets(source); i++) {
        const char *have = source_sheet_at(source, i).name;

        if (strcmp(have, name) == 0) {
            im_buf_release(&names);
            *out = i;
            return IM_OK;
        }
        if (names.len < NAMES_BYTES)
            im_buf_printf(&names, "%s%s", i ? ", " : "", have);
    }
    im_buf_byte(&names, 0);
    const char *list = names.failed ? "" : (const char *)names.data;
    im_fail(err, IM_ENOTFOUND, "'%s' has no sheet '%s'; it has: %.180s",
            source_name(source), name, list);
    im_zh(err, IM_ENOTFOUND, "“%s”中没有工作表“%s”；有：%.180s", source_name(source),
          name, list);
    im_buf_release(&names);
    return IM_ENOTFOUND;
}

/* A sheet that is not read, to be told: one with rows, or a hidden one. */
static void add_other(struct im_buf *names, const char *name, bool is_hidden)
{
    if (names->len < NAMES_BYTES)
        im_buf_printf(names, "%s%s%s", names->len ? "、" : "", name,
                      is_hidden ? "（隐藏）" : "");
}

static const char *other_sheets(struct source *source,
                                const struct sheet *sheets,
                                size_t n,
                                const struct sheet *chosen,
                                struct im_arena *arena)
{
    struct im_buf names = {.max = 8 * NAMES_BYTES};

    for (size_t i = 0; i < n; i++)
        if (&sheets[i] != chosen && sheets[i].n_lines)
            add_other(&names, sheets[i].name, false);
    for (size_t i = 0; i < source_sheets(source); i++)
        if (i != chosen->index && source_sheet_at(source, i).is_hidden)
            add_other(&names, source_sheet_at(source, i).name, true);
    const char *copy = names.failed ? "" : im_arena_strdup(arena, im_buf_bytes(&names));
    im_buf_release(&names);
    return copy;
}

static enum im_code look_at_all(struct source *source,
                                const struct layer_schema *schema,
                                const struct source_options *options,
                                struct im_arena *arena,
                                struct im_arena *scratch,
                                const struct sheet **out,
                                const char **others,
                                struct im_error *err)
{
    const struct header_words *words = header_words_new(schema, scratch);
    size_t all = source_sheets(source);
    struct sheet *sheets = im_arena_calloc(arena, all + 1, sizeof *sheets);
    size_t from = 0, to = all, n = 0;
    bool is_named = options && options->layer && all > 1;
    enum im_code rc = IM_OK;

    if (!words || !sheets)
        return im_fail(err, IM_ENOMEM, "header: out of memory");
    if (is_named) {
        rc = named_sheet(source, options->layer, &from, err);
        to = from + 1;
    }
    for (size_t i = from; !rc && i < to; i++) {
        /* what nobody sees is not asked for; but it may be all there is */
        if (source_sheet_at(source, i).is_hidden && !is_named && all > 1)
            continue;
        rc = look_at(source, i, words, arena, scratch, &sheets[n++], err);
    }
    if (!rc)
        rc = choose(source, sheets, n, out, err);
    *others = "";
    if (!rc && !is_named && all > 1)
        *others = other_sheets(source, sheets, n, *out, arena);
    return rc;
}

/* What stands over the header: titles, who made it, what the columns mean. */
static const char *const *texts_above(const struct sheet *sheet, struct im_arena *arena)
{
    enum { MAX_TEXTS = 64 };
    const char **out = im_arena_calloc(arena, MAX_TEXTS + 1, sizeof *out);
    size_t n = 0;

    for (size_t i = 0; out && i < sheet->place.first; i++)
        for (size_t c = 0; c < sheet->n_columns && n < MAX_TEXTS; c++) {
            const struct header_cell *cell = &sheet->lines[i].cells[c];

            if (cell->text.len == 0 || cell->is_number)
                continue;
            out[n] = im_arena_strdup(arena, cell->text);
            if (!out[n++])
                return NULL;
        }
    return out;
}

enum im_code header_find(struct source *source,
                         const struct layer_schema *schema,
                         const struct source_options *options,
                         struct im_arena *arena,
                         struct header *out,
                         struct im_error *err)
{
    struct im_arena *scratch = im_arena_new(SCRATCH_BYTES);
    const struct sheet *sheet = NULL;
    const char *others = "";
    enum im_code rc = IM_OK;

    if (!scratch)
        return im_fail(err, IM_ENOMEM, "header: out of memory");
    rc = look_at_all(source, schema, options, arena, scratch, &sheet, &others, err);
    if (!rc)
        *out = (struct header){.sheet = sheet->index,
                               .first_row = sheet->lines[sheet->place.first].number,
                               .last_row = sheet->lines[sheet->place.last].number,
                               .names = sheet->place.names,
                               .n_names = sheet->n_columns,
                               .above = texts_above(sheet, arena),
                               .others = others,
                               .is_guess = sheet->place.is_guess};
    if (!rc && (!out->above || !out->others))
        rc = im_fail(err, IM_ENOMEM, "header: out of memory");
    if (!rc)
        rc = source_choose_sheet(source, sheet->index, err);
    im_arena_free(scratch);
    return rc;
}
