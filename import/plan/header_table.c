/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of a table name its columns. The best row is the one with the most words
 * that columns are called; rows above and below belong to it when merged cells, or gaps
 * that fit into each other, say so. */
#include "header.h"

enum {
    MAX_SCORED_COLUMNS = 256,
    MAX_HEADER_ROWS = 4,
    MIN_POINTS = HEADER_KNOWN + HEADER_ENDING,
    LABEL_MAX_CHARS = 30,
    NAME_MAX_BYTES = 200,
    /* a name that a pass has made may be in the file already; a file made for it can
       have names for 50 passes */
    MAX_PASSES = 64
};

static const size_t NO_LINE = SIZE_MAX;

struct scored {
    int points;
    size_t known;  /* cells that are words */
    size_t full;   /* cells with anything */
    size_t labels; /* short texts without digits only */
};

static const struct header_cell *
cell_at(const struct header_table *table, size_t line, size_t column)
{
    return &table->lines[line].cells[column];
}

static bool is_label(const struct header_cell *cell)
{
    struct text_number number;

    return cell->text.len && !cell->is_number &&
           text_length(cell->text) <= LABEL_MAX_CHARS &&
           !text_number(cell->text, &number) && !text_is_blank(cell->text);
}

static struct scored score_line(const struct header_table *table,
                                size_t line,
                                const struct header_words *words)
{
    struct scored out = {0};

    for (size_t c = 0; c < table->n_columns && c < MAX_SCORED_COLUMNS; c++) {
        const struct header_cell *cell = cell_at(table, line, c);

        if (cell->text.len == 0)
            continue;
        int points = cell->is_number ? 0 : header_word(words, cell->text);
        out.full++;
        out.points += points;
        out.known += points > 0;
        out.labels += is_label(cell);
    }
    return out;
}

static bool is_header(struct scored s)
{
    return (s.known >= 2 && s.points >= MIN_POINTS) ||
           (s.known == 1 && s.full == 1 && s.points >= HEADER_USUAL);
}

/* ---- how far it goes ---- */

/* The last line whose row is at most `number`. */
static size_t line_of(const struct header_table *table, size_t from, uint64_t number)
{
    while (from + 1 < table->n_lines && table->lines[from + 1].number <= number)
        from++;
    return from;
}

/* Merged cells that begin in a header row and go below it take the rows there along. */
static size_t reach_down(const struct header_table *table, size_t first, size_t last)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < table->n_merges; i++) {
            const struct source_merge *m = &table->merges[i];

            if (m->first_row < table->lines[first].number ||
                m->first_row > table->lines[last].number ||
                m->last_row <= table->lines[last].number ||
                m->last_row >= table->lines[first].number + MAX_HEADER_ROWS)
                continue;
            size_t line = line_of(table, last, m->last_row);
            more = line > last;
            last = line;
        }
    }
    return last;
}

static bool
spans_columns(const struct header_table *table, size_t line, bool *whole, size_t *n)
{
    uint64_t number = table->lines[line].number;

    *whole = false;
    *n = 0;
    for (size_t i = 0; i < table->n_merges; i++) {
        const struct source_merge *m = &table->merges[i];

        if (m->first_row > number || m->last_row < number ||
            m->first_column == m->last_column)
            continue;
        (*n)++;
        *whole |= m->first_column == 0 && m->last_column + 1 >= table->n_columns;
    }
    return *n > 0;
}

/* Every cell of the row is a column's word. */
static bool is_all_known(struct scored s)
{
    return s.full > 0 && s.known == s.full;
}

static bool has_gap_filled(const struct header_table *table, size_t above, size_t below)
{
    bool filled = false;

    for (size_t c = 0; c < table->n_columns; c++)
        filled |= cell_at(table, above, c)->text.len == 0 &&
                  cell_at(table, below, c)->text.len > 0;
    return filled;
}

/* "填报单位：某局" and "2025年11月" stand above headers too, merged as groups are. */
static bool is_group_row(const struct header_table *table, size_t line)
{
    static const char *const signs[] = {"：", ":", "年", "。", "，"};

    for (size_t c = 0; c < table->n_columns; c++) {
        struct im_bytes text = cell_at(table, line, c)->text;

        for (size_t i = 0; i < text.len; i++)
            if (text.data[i] >= '0' && text.data[i] <= '9')
                return false;
        for (size_t i = 0; text.len && i < sizeof signs / sizeof *signs; i++)
            if (memmem(text.data, text.len, signs[i], strlen(signs[i])))
                return false;
    }
    return true;
}

/* A row above that groups columns: "坐标" over "经度" and "纬度". A title is one cell.
 */
static bool is_upper_row(const struct header_table *table,
                         size_t line,
                         const struct header_words *words)
{
    struct scored s = score_line(table, line, words);
    bool whole;
    size_t spans;

    if (table->lines[line + 1].number != table->lines[line].number + 1)
        return false;
    if (s.full < 2 || s.labels != s.full)
        return false;
    if (spans_columns(table, line, &whole, &spans))
        return !whole && is_group_row(table, line);
    return is_all_known(s) && has_gap_filled(table, line, line + 1);
}

static bool is_lower_row(const struct header_table *table,
                         size_t line,
                         const struct header_words *words)
{
    struct scored s = score_line(table, line, words);
    bool whole;
    size_t spans;

    if (table->lines[line].number != table->lines[line - 1].number + 1)
        return false;
    if (!has_gap_filled(table, line - 1, line))
        return false;
    if (is_all_known(s))
        return true;
    /* under a merged cell the parts need not be known, but must look like names */
    return spans_columns(table, line - 1, &whole, &spans) && !whole &&
           s.labels == s.full && s.known > 0;
}

/* ---- rows under the names that are no data yet ---- */

static struct im_bytes bare_unit(struct im_bytes text)
{
    static const char *const around[] = {"（",   "）", "(", ")",  "[", "]",
                                         "单位", "：", ":", "【", "】"};
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
            size_t n = strlen(around[i]);

            if (text.len >= n && memcmp(text.data, around[i], n) == 0) {
                text.data += n;
                text.len -= n;
                more = true;
            }
            if (text.len >= n && memcmp(text.data + text.len - n, around[i], n) == 0) {
                text.len -= n;
                more = true;
            }
        }
    }
    return text;
}

static bool is_unit(const struct header_cell *cell)
{
    static const char *const others[] = {
        "元", "万元", "亿元", "个", "家", "人", "万人",   "年",      "月",
        "日", "度",   "°",    "%",  "％", "项", "处",     "座",      "栋",
        "件", "吨",   "万吨", "名", "户", "套", "degree", "degrees", "deg"};
    static const char *const kinds[] = {"m2", "m"};
    struct im_bytes unit = bare_unit(cell->text);
    double value;

    if (cell->is_number || unit.len == 0 || unit.len > 24)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (im_bytes_equal(unit, im_bytes_of(others[i])))
            return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_convert(1, unit, kinds[i], &value))
            return true;
    return false;
}

/* A merged cell that begins above is filled down into the row. */
static bool is_from_above(const struct header_table *table, size_t line, size_t c)
{
    uint64_t number = table->lines[line].number;

    for (size_t i = 0; i < table->n_merges; i++) {
        const struct source_merge *m = &table->merges[i];

        if (m->first_row < number && number <= m->last_row && m->first_column <= c &&
            c <= m->last_column)
            return true;
    }
    return false;
}

static bool is_units_row(const struct header_table *table, size_t line)
{
    size_t n = 0;

    for (size_t c = 0; c < table->n_columns; c++) {
        const struct header_cell *cell = cell_at(table, line, c);

        if (cell->text.len == 0 || text_is_blank(cell->text) ||
            is_from_above(table, line, c))
            continue;
        if (!is_unit(cell))
            return false;
        n++;
    }
    return n > 0;
}

/* "1 2 3 4 5" or "(1) (2) (3)" under every name: columns of a form numbered. */
static bool is_numbering_row(const struct header_table *table, size_t line)
{
    int64_t expected = 1;

    for (size_t c = 0; c < table->n_columns; c++) {
        struct im_bytes text = bare_unit(cell_at(table, line, c)->text);
        int64_t n;

        if (text.len == 0 && cell_at(table, line - 1, c)->text.len == 0)
            continue;
        if (!im_parse_int64(text, &n) || n != expected)
            return false;
        expected++;
    }
    return expected > 3;
}

/* ---- names ---- */

/* What stands over column `c` in a header row: its own cell, or a merged one that
 * reaches over it. */
static struct im_bytes label_of(const struct header_table *table, size_t line, size_t c)
{
    uint64_t number = table->lines[line].number;

    for (size_t i = 0; i < table->n_merges; i++) {
        const struct source_merge *m = &table->merges[i];

        if (m->first_row <= number && number <= m->last_row && m->first_column < c &&
            c <= m->last_column)
            return cell_at(table, line, m->first_column)->text;
    }
    return cell_at(table, line, c)->text;
}

static struct im_bytes cleaned(struct im_bytes text, struct im_arena *arena)
{
    struct im_bytes out = {NULL, 0};

    if (text_clean(text, false, arena, &out) == TEXT_GOOD)
        return out;
    return (struct im_bytes){NULL, 0}; /* invisible characters make no name */
}

static void put_name(const struct header_table *table,
                     const struct header_place *place,
                     size_t units, /* line of units, or NO_LINE */
                     size_t c,
                     struct im_arena *arena,
                     struct im_buf *out)
{
    struct im_bytes last = {NULL, 0};

    im_buf_clear(out);
    for (size_t line = place->first; line <= place->last; line++) {
        struct im_bytes text = cleaned(label_of(table, line, c), arena);

        if (text.len == 0 || im_bytes_equal(text, last))
            continue;
        if (out->len)
            im_buf_byte(out, '/');
        im_buf_append(out, text.data, text.len);
        last = text;
    }
    if (units != NO_LINE && out->len) {
        struct im_bytes unit = bare_unit(cell_at(table, units, c)->text);

        if (unit.len && !text_is_blank(unit) && !is_from_above(table, units, c))
            im_buf_printf(out, "（%.*s）", (int)unit.len, (const char *)unit.data);
    }
    out->failed = false; /* too long: what fits */
}

static int by_name(const void *a, const void *b)
{
    const char *const *const *x = a, *const *const *y = b;
    int order = strcmp(**x, **y);

    return order ? order : (*x > *y) - (*x < *y);
}

/* The second of two equal names gets "_2", so that each can be asked for. *again: a
 * name was made that may be there already. */
static enum im_code tell_apart(const char **names,
                               const char ***order,
                               size_t n,
                               struct im_arena *arena,
                               bool *again,
                               struct im_error *err)
{
    unsigned copy = 1;

    *again = false;
    for (size_t i = 0; i < n; i++)
        order[i] = &names[i];
    qsort(order, n, sizeof *order, by_name);
    for (size_t i = 1; i < n; i++) {
        const char *first = *order[i - copy];
        char text[NAME_MAX_BYTES + MAX_PASSES * 8];

        if (strcmp(first, *order[i]) != 0) {
            copy = 1;
            continue;
        }
        *again = true;
        copy++;
        snprintf(text, sizeof text, "%s_%u", first, copy);
        *order[i] = im_arena_strdup(arena, im_bytes_of(text));
        if (!*order[i])
            return im_fail(err, IM_ENOMEM, "header: out of memory");
    }
    return IM_OK;
}

static enum im_code tell_all_apart(const char **names,
                                   size_t n,
                                   struct im_arena *arena,
                                   struct im_error *err)
{
    const char ***order = im_arena_calloc(arena, n + 1, sizeof *order);
    bool again = true;
    enum im_code rc = IM_OK;

    if (!order)
        return im_fail(err, IM_ENOMEM, "header: out of memory");
    for (int pass = 0; !rc && again && pass < MAX_PASSES; pass++)
        rc = tell_apart(names, order, n, arena, &again, err);
    return rc;
}

static enum im_code name_columns(const struct header_table *table,
                                 struct header_place *place,
                                 size_t units,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    struct im_buf name = {.max = NAME_MAX_BYTES};

    place->names = im_arena_calloc(arena, table->n_columns + 1, sizeof *place->names);
    if (!place->names)
        return im_fail(err, IM_ENOMEM, "header: out of memory");
    for (size_t c = 0; c < table->n_columns; c++) {
        put_name(table, place, units, c, arena, &name);
        if (name.len == 0)
            im_buf_printf(&name, "column_%zu", c + 1);
        place->names[c] = im_arena_strdup(arena, im_buf_bytes(&name));
        if (!place->names[c]) {
            im_buf_release(&name);
            return im_fail(err, IM_ENOMEM, "header: out of memory");
        }
    }
    im_buf_release(&name);
    return tell_all_apart(place->names, table->n_columns, arena, err);
}

/* ---- finding ---- */

/* Nothing is known: the first row that is full of short texts and has rows below. */
static void guess(const struct header_table *table,
                  const struct header_words *words,
                  struct header_place *out)
{
    size_t widest = 0;

    for (size_t i = 0; i < table->n_lines; i++) {
        size_t full = score_line(table, i, words).full;

        widest = full > widest ? full : widest;
    }
    for (size_t i = 0; i < table->n_lines; i++) {
        struct scored s = score_line(table, i, words);

        if (5 * s.full < 3 * widest || s.labels != s.full)
            continue;
        *out = (struct header_place){
            .is_found = true, .is_guess = true, .first = i, .last = i};
        return;
    }
    if (table->n_lines)
        *out = (struct header_place){.is_found = true, .is_guess = true};
}

enum im_code header_locate(const struct header_table *table,
                           const struct header_words *words,
                           struct im_arena *arena,
                           struct header_place *out,
                           struct im_error *err)
{
    size_t units = NO_LINE;

    *out = (struct header_place){0};
    for (size_t i = 0; i < table->n_lines; i++) {
        struct scored s = score_line(table, i, words);

        if (is_header(s) && s.points > out->points)
            *out = (struct header_place){
                .is_found = true, .points = s.points, .first = i, .last = i};
    }
    if (!out->is_found)
        guess(table, words, out);
    if (!out->is_found)
        return IM_OK;
    while (out->first > 0 && out->last - out->first + 1 < MAX_HEADER_ROWS &&
           is_upper_row(table, out->first - 1, words))
        out->first--;
    out->last = reach_down(table, out->first, out->last);
    while (out->last + 1 < table->n_lines &&
           out->last - out->first + 1 < MAX_HEADER_ROWS && !out->is_guess &&
           !is_units_row(table, out->last + 1) &&
           is_lower_row(table, out->last + 1, words))
        out->last++;
    size_t names_end = out->last;
    if (out->last > out->first && is_units_row(table, out->last)) {
        units = out->last; /* a merged name reaches down beside the units */
        names_end--;
    } else if (out->last + 1 < table->n_lines && is_units_row(table, out->last + 1)) {
        units = ++out->last;
    }
    if (out->last + 1 < table->n_lines && is_numbering_row(table, out->last + 1))
        out->last++;
    struct header_place named = *out;
    named.last = names_end;
    enum im_code rc = name_columns(table, &named, units, arena, err);
    out->names = named.names;
    return rc;
}
