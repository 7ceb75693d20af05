/* SPDX-License-Identifier: Apache-2.0 */
/* A file planned and checked against a shipped layer, without a store. */
#ifndef TESTS_IMPORT_PLAN_BENCH_H
#define TESTS_IMPORT_PLAN_BENCH_H

#include "test.h"

#include "layers/folders.h"
#include "scratch.h"

#include "plan/parts.h"

struct bench {
    struct im_arena *arena;
    struct im_arena *row_arena;
    const struct layer_schema *schema;
    struct im_bytes definition;
    struct import_options options;
    const struct gazetteer *gazetteer;
    bool is_own;
    struct import_report report;
    struct source *source;
    struct plan *plan;
    struct im_error err;
};

static inline struct bench bench_new(const char *layer)
{
    struct bench b = {.arena = im_arena_new(256 << 20),
                      .row_arena = im_arena_new(64 << 20)};

    assert_true(b.arena && b.row_arena);
    b.definition = folder_read(b.arena, layer, "layer.json");
    if (schema_parse(b.definition, b.arena, &b.schema, &b.err))
        fail_msg("%s", b.err.msg);
    return b;
}

static inline void bench_close(struct bench *b)
{
    plan_release(b->plan);
    source_close(b->source);
    import_report_release(&b->report);
    b->plan = NULL;
    b->source = NULL;
}

static inline void bench_free(struct bench *b)
{
    bench_close(b);
    im_arena_free(b->arena);
    im_arena_free(b->row_arena);
}

/** Plan the file; what was planned before is forgotten. */
static inline enum im_code bench_plan(struct bench *b, const char *path)
{
    struct plan_context context = {.options = &b->options,
                                   .schema = b->schema,
                                   .definition = b->definition,
                                   .gazetteer = b->gazetteer,
                                   .is_own = b->is_own,
                                   .report = &b->report,
                                   .arena = b->arena};
    const struct source_options options = {.layer = b->options.source_layer,
                                           .encoding = b->options.encoding};

    bench_close(b);
    b->report = (struct import_report){.crs = ""};
    b->err = (struct im_error){0};
    if (import_log_open(&b->report, b->arena, &b->err) ||
        source_open(path, &options, &b->source, &b->err))
        fail_msg("%s", b->err.msg);
    return plan_make(&context, b->source, &b->plan, &b->err);
}

static inline void bench_good(struct bench *b, const char *path)
{
    if (bench_plan(b, path))
        fail_msg("%s", b->err.msg);
}

/** The whole file is refused, with `en` and `zh` in the message. */
static inline void bench_refused(struct bench *b,
                                 const char *path,
                                 enum im_code code,
                                 const char *en,
                                 const char *zh)
{
    enum im_code rc = bench_plan(b, path);

    if (rc != code || !strstr(b->err.msg, en) || !strstr(b->err.msg_zh, zh))
        fail_msg("%d '%s' '%s'", rc, b->err.msg, b->err.msg_zh);
}

static inline void bench_csv(struct bench *b, const char *text)
{
    bench_good(b, scratch_text("list.csv", text));
}

/** The next row; lives until the call after. False at the end. */
static inline bool bench_next(struct bench *b, struct checked_row *out)
{
    struct source_row row;
    bool more = false;

    im_arena_reset(b->row_arena);
    if (source_next(b->source, &row, &more, &b->err))
        fail_msg("%s", b->err.msg);
    if (!more)
        return false;
    if (check_row(b->plan, &row, b->row_arena, out, &b->err))
        fail_msg("%s", b->err.msg);
    return true;
}

/** "how" of a column, or of a field without a column ("field:city"). */
static inline const char *bench_how(const struct bench *b, const char *column)
{
    const char *field = strncmp(column, "field:", 6) == 0 ? column + 6 : NULL;

    for (size_t i = 0; i < b->report.n_mappings; i++) {
        const struct import_mapping *m = &b->report.mappings[i];

        if (field ? !m->column[0] && strcmp(m->field, field) == 0
                  : strcmp(m->column, column) == 0)
            return m->how;
    }
    return "-";
}

static inline const char *bench_field(const struct bench *b, const char *column)
{
    for (size_t i = 0; i < b->report.n_mappings; i++)
        if (strcmp(b->report.mappings[i].column, column) == 0)
            return b->report.mappings[i].field;
    return "-";
}

/** A value of the row as text; "(null)" when there is none. */
static inline const char *
bench_value(struct bench *b, const struct checked_row *row, const char *field)
{
    int f = schema_field_index(plan_schema(b->plan), im_bytes_of(field));

    if (f == SCHEMA_NO_FIELD)
        fail_msg("no field %s", field);
    if (row->values[f].kind == SOURCE_NULL)
        return "(null)";
    return im_arena_strdup(b->row_arena, cell_text(&row->values[f], b->row_arena));
}

#define assert_value(b, row, field, text)                                              \
    assert_string_equal(bench_value(b, row, field), text)

struct bench_event {
    enum import_event_kind kind;
    char code[40];
    char field[80];
    char value[220];
    char after[220];
    char reason_zh[400];
    char suggestion_zh[400];
    char cells[400]; /* joined by '|' */
    bool is_found;
    size_t skip;
};

static inline bool bench_take_event(void *ctx, const struct import_event *e)
{
    struct bench_event *out = ctx;
    size_t used = 0;

    if (e->kind != out->kind)
        return true;
    if (out->skip-- > 0)
        return true;
    out->is_found = true;
    snprintf(out->code, sizeof out->code, "%s", e->code);
    snprintf(out->field, sizeof out->field, "%s", e->field);
    snprintf(out->value, sizeof out->value, "%s", e->value);
    snprintf(out->after, sizeof out->after, "%s", e->after);
    snprintf(out->reason_zh, sizeof out->reason_zh, "%s", e->reason_zh);
    snprintf(out->suggestion_zh, sizeof out->suggestion_zh, "%s", e->suggestion_zh);
    for (size_t i = 0; e->cells && e->cells[i] && used < sizeof out->cells; i++)
        used += (size_t)snprintf(out->cells + used, sizeof out->cells - used, "%s|",
                                 e->cells[i]);
    return false;
}

/** The n-th event of a kind, from 0; code "" when there is none. */
static inline struct bench_event
bench_event(struct bench *b, enum import_event_kind kind, size_t n)
{
    struct bench_event out = {.kind = kind, .skip = n};

    assert_int_equal(import_report_each(&b->report, bench_take_event, &out, &b->err),
                     IM_OK);
    return out;
}

static inline bool bench_noted(const struct bench *b, const char *code)
{
    for (size_t i = 0; i < b->report.n_notes; i++)
        if (strcmp(b->report.notes[i].code, code) == 0)
            return true;
    return false;
}

#endif
