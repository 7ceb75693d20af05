/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a run, one record after the other in a temporary file.
 *
 *   record   u32 length of the rest
 *            u8  kind, u64 row (the machine's own order: nobody else reads it)
 *            12 texts, each u32 length, bytes, a zero byte
 *            u32 number of cells + 1, 0: no cells; that many texts
 */
#include "../temporary.h"
#include "writers.h"

#include <assert.h>
#include <errno.h>

enum {
    N_TEXTS = 12,
    TEXT_CUT = 200,        /* bytes of a value or name */
    REASON_CUT = 1000,     /* bytes of a sentence */
    CELL_CUT = 1 << 20,    /* bytes of a cell that somebody is to mend */
    RECORD_MAX = 64 << 20, /* bytes; a row beyond it comes without its cells */
    MAX_CELLS = 1 << 20
};

static const char MORE[] = "…";

struct import_log {
    FILE *file;
    struct import_report *report;
    struct im_arena *arena;
    struct import_event *first; /* IMPORT_MAX_FIRST of them */
    struct im_buf record;       /* scratch */
};

static enum im_code fail_temporary(struct im_error *err)
{
    int reason = errno;

    im_fail(err, IM_EENV,
            "the folder for temporary files, '%s', cannot be used: %s; free some "
            "space, or name another in TMPDIR",
            temporary_folder(), strerror(reason));
    return im_zh(err, IM_EENV,
                 "无法使用存放临时文件的文件夹“%s”：%s；请腾出空间，或用 TMPDIR "
                 "指定另一个",
                 temporary_folder(), strerror(reason));
}

void import_report_init(struct import_report *report)
{
    *report = (struct import_report){.layer_id = "",
                                     .mode = "",
                                     .source = "",
                                     .driver = "",
                                     .sheet = "",
                                     .encoding = "",
                                     .crs = "",
                                     .file_hash = "",
                                     .started_at = "",
                                     .finished_at = ""};
}

static void log_free(struct import_log *log)
{
    if (!log)
        return;
    if (log->file)
        fclose(log->file);
    im_buf_release(&log->record);
    free(log);
}

enum im_code import_log_open(struct import_report *report,
                             struct im_arena *arena,
                             struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct import_log *log = calloc(1, sizeof *log);

    if (!log)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    log->report = report;
    log->arena = arena;
    log->record.max = RECORD_MAX;
    log->first = im_arena_calloc(arena, IMPORT_MAX_FIRST, sizeof *log->first);
    if (!log->first) {
        rc = im_fail(err, IM_ENOMEM, "report: out of memory");
        goto done;
    }
    log->file = temporary_file();
    if (!log->file) {
        rc = fail_temporary(err);
        goto done;
    }
    report->first = log->first;
    report->log = log;
    log = NULL; /* the report has it from here */
done:
    log_free(log);
    return rc;
}

void import_report_release(struct import_report *report)
{
    log_free(report->log);
    report->log = NULL;
}

/* ---- writing ---- */

static void put_u32(struct im_buf *out, size_t value)
{
    uint32_t number = (uint32_t)value;

    im_buf_append(out, &number, sizeof number);
}

static void set_u32(struct im_buf *out, size_t at, size_t value)
{
    uint32_t number = (uint32_t)value;

    if (!out->failed)
        memcpy(out->data + at, &number, sizeof number);
}

/* The character at *at: as it is, a space for what is unseemly where `is_line`, U+FFFD
 * for bytes that are none. */
static void
put_character(struct im_buf *out, struct im_bytes text, bool is_line, size_t *at)
{
    static const char UNKNOWN[] = "\xEF\xBF\xBD";
    size_t start = *at;
    uint32_t c = im_utf8_next(text, at);
    struct im_bytes raw = {text.data + start, *at - start};

    if (is_line && im_utf8_is_unseemly(c))
        im_buf_byte(out, ' ');
    else if (c == 0xFFFD && !im_utf8_valid(raw))
        im_buf_text(out, UNKNOWN);
    else
        im_buf_append(out, raw.data, raw.len);
}

/* A text of one line; when it does not fit, it ends in "…". */
static void put_line(struct im_buf *out, const char *text, size_t cut)
{
    struct im_bytes in = im_bytes_of(text ? text : "");
    size_t limit = in.len > cut ? cut - strlen(MORE) : cut;
    size_t head = out->len;
    size_t start = head + sizeof(uint32_t);
    size_t at = 0;

    put_u32(out, 0);
    while (at < in.len && !out->failed) {
        size_t before = out->len;

        put_character(out, in, true, &at);
        if (out->len - start > limit) {
            out->len = before;
            im_buf_text(out, MORE);
            break;
        }
    }
    set_u32(out, head, out->len - start);
    im_buf_byte(out, 0);
}

/* A cell as it was: line breaks stay, it goes back into a table. */
static void put_cell(struct im_buf *out, const char *text)
{
    struct im_bytes in = im_bytes_of(text ? text : "");
    bool is_long = in.len > CELL_CUT;
    size_t head = out->len;
    size_t at = 0;

    if (is_long)
        in.len = im_utf8_cut(text, CELL_CUT);
    put_u32(out, 0);
    if (im_utf8_valid(in))
        im_buf_append(out, in.data, in.len);
    else
        while (at < in.len && !out->failed)
            put_character(out, in, false, &at);
    if (is_long) /* so that half a value is not taken for a whole one */
        im_buf_text(out, MORE);
    set_u32(out, head, out->len - head - sizeof(uint32_t));
    im_buf_byte(out, 0);
}

static void put_event(struct im_buf *out, const struct import_event *e)
{
    const char *const lines[] = {e->source, e->sheet, e->key,   e->name,
                                 e->field,  e->value, e->after, e->code};
    const char *const sentences[] = {e->reason_zh, e->reason_en, e->suggestion_zh,
                                     e->suggestion_en};

    static_assert(sizeof lines / sizeof *lines + sizeof sentences / sizeof *sentences ==
                      N_TEXTS,
                  "the record has all texts");
    put_u32(out, 0);
    im_buf_byte(out, (uint8_t)e->kind);
    im_buf_append(out, &e->row, sizeof e->row);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        put_line(out, lines[i], TEXT_CUT);
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        put_line(out, sentences[i], REASON_CUT);
}

static void put_cells(const struct import_log *log,
                      struct im_buf *out,
                      const struct import_event *e)
{
    size_t n = log->report->n_columns;
    size_t start = out->len;

    if (!e->cells || n > MAX_CELLS) {
        put_u32(out, 0);
        return;
    }
    put_u32(out, n + 1);
    for (size_t i = 0; i < n && !out->failed; i++)
        put_cell(out, e->cells[i]);
    if (out->is_over) { /* better told without its cells than not at all */
        out->failed = out->is_over = false;
        out->len = start;
        put_u32(out, 0);
    }
}

static bool
take_text(struct im_bytes record, size_t *at, struct im_arena *arena, const char **out)
{
    uint32_t len;

    if (record.len - *at < sizeof len)
        return false;
    memcpy(&len, record.data + *at, sizeof len);
    *at += sizeof len;
    if (record.len - *at <= len)
        return false;
    *out = (const char *)record.data + *at;
    if (arena)
        *out = im_arena_strdup(arena, (struct im_bytes){record.data + *at, len});
    *at += (size_t)len + 1;
    return *out != NULL;
}

/* Texts point into the record, or are copied into `arena` where one is given. */
static bool take_event(struct im_bytes record,
                       struct im_arena *arena,
                       size_t *at,
                       struct import_event *out)
{
    *at = 0;
    if (record.len < 1 + sizeof out->row)
        return false;
    *out = (struct import_event){.kind = (enum import_event_kind)record.data[0]};
    if (out->kind >= IMPORT_EVENT_KINDS)
        return false;
    memcpy(&out->row, record.data + 1, sizeof out->row);
    *at = 1 + sizeof out->row;
    const char **const texts[N_TEXTS] = {
        &out->source,    &out->sheet,     &out->key,           &out->name,
        &out->field,     &out->value,     &out->after,         &out->code,
        &out->reason_zh, &out->reason_en, &out->suggestion_zh, &out->suggestion_en};
    for (size_t i = 0; i < N_TEXTS; i++)
        if (!take_text(record, at, arena, texts[i]))
            return false;
    return true;
}

static void keep_first(struct import_log *log)
{
    struct import_report *report = log->report;
    struct im_bytes record = {log->record.data + sizeof(uint32_t),
                              log->record.len - sizeof(uint32_t)};
    struct import_event event;
    size_t at;

    if (report->n_first == IMPORT_MAX_FIRST)
        return;
    /* without memory it is still in the file, only not among the first */
    if (take_event(record, log->arena, &at, &event))
        log->first[report->n_first++] = event;
}

enum im_code import_log_add(struct import_log *log,
                            const struct import_event *event,
                            struct im_error *err)
{
    struct im_buf *record = &log->record;

    assert(event->kind < IMPORT_EVENT_KINDS);
    im_buf_clear(record);
    put_event(record, event);
    put_cells(log, record, event);
    if (record->failed)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    set_u32(record, 0, record->len - sizeof(uint32_t));
    if (fwrite(record->data, 1, record->len, log->file) != record->len)
        return fail_temporary(err);
    log->report->events[event->kind]++;
    /* a quarter each: a thousand warnings do not hide the refused rows behind them */
    if ((event->kind == IMPORT_REFUSED || event->kind == IMPORT_WARNED ||
         event->kind == IMPORT_REPAIRED || event->kind == IMPORT_UNPLACED) &&
        log->report->events[event->kind] <= IMPORT_MAX_FIRST / 4)
        keep_first(log);
    return IM_OK;
}

/* ---- reading ---- */

/* The cells of one record after the other share this array. */
struct cells {
    const char **texts;
    size_t cap;
};

static bool take_cells(struct im_bytes record,
                       size_t at,
                       struct cells *cells,
                       struct import_event *out)
{
    uint32_t n;

    if (record.len - at < sizeof n)
        return false;
    memcpy(&n, record.data + at, sizeof n);
    at += sizeof n;
    if (n == 0)
        return true;
    if (--n > MAX_CELLS)
        return false;
    if (n >= cells->cap) {
        const char **texts = realloc(cells->texts, ((size_t)n + 1) * sizeof *texts);

        if (!texts)
            return false;
        cells->texts = texts;
        cells->cap = (size_t)n + 1;
    }
    for (size_t i = 0; i < n; i++)
        if (!take_text(record, &at, NULL, &cells->texts[i]))
            return false;
    cells->texts[n] = NULL;
    out->cells = cells->texts;
    return true;
}

/* False at the end of the file, and with *is_broken when it ends in between. */
static bool read_record(struct import_log *log, bool *is_broken)
{
    struct im_buf *record = &log->record;
    uint32_t len = 0;
    size_t got = fread(&len, 1, sizeof len, log->file);

    im_buf_clear(record);
    *is_broken = got != 0 || ferror(log->file);
    if (got != sizeof len || len > RECORD_MAX || !im_buf_reserve(record, len))
        return false;
    if (fread(record->data, 1, len, log->file) != len)
        return false;
    record->len = len;
    *is_broken = false;
    return true;
}

enum im_code import_report_each(const struct import_report *report,
                                bool (*each)(void *ctx, const struct import_event *e),
                                void *ctx,
                                struct im_error *err)
{
    struct import_log *log = report->log;
    struct cells cells = {0};
    struct import_event event;
    bool is_broken = false;
    enum im_code rc = IM_OK;
    size_t at;

    if (!log)
        return IM_OK;
    if (fflush(log->file) != 0 || fseeko(log->file, 0, SEEK_SET) != 0)
        return fail_temporary(err);
    while (read_record(log, &is_broken)) {
        struct im_bytes record = im_buf_bytes(&log->record);

        is_broken = !take_event(record, NULL, &at, &event) ||
                    !take_cells(record, at, &cells, &event);
        if (is_broken || !each(ctx, &event))
            break;
    }
    if (is_broken)
        im_fail(err, IM_EIO, "the log of events in '%s' cannot be read back",
                temporary_folder());
    if (is_broken)
        rc = im_zh(err, IM_EIO, "无法读回“%s”中的导入记录", temporary_folder());
    if (fseeko(log->file, 0, SEEK_END) != 0 && !rc)
        rc = fail_temporary(err);
    free(cells.texts);
    return rc;
}

bool report_same_row(const struct import_event *e,
                     const char *source,
                     const char *sheet,
                     uint64_t row)
{
    return e->row == row && strcmp(e->source, source) == 0 &&
           strcmp(e->sheet, sheet) == 0;
}
