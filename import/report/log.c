/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a run. */
#include "log.h"

enum { VALUE_CUT = 200 };

struct import_log {
    struct import_report *report;
    struct im_arena *arena;
    struct import_event *first;
};

enum im_code import_log_open(struct import_report *report,
                             struct im_arena *arena,
                             struct im_error *err)
{
    struct import_log *log = calloc(1, sizeof *log);

    if (!log)
        return im_fail(err, IM_ENOMEM, "report: out of memory");
    log->report = report;
    log->arena = arena;
    log->first = im_arena_calloc(arena, IMPORT_MAX_FIRST, sizeof *log->first);
    report->first = log->first;
    report->log = log;
    return log->first ? IM_OK : im_fail(err, IM_ENOMEM, "report: out of memory");
}

static const char *copy(struct im_arena *arena, const char *text)
{
    char *out = im_arena_strdup(arena, im_bytes_of(text ? text : ""));

    return out ? out : "";
}

/* Short, and nothing that a terminal obeys. */
static const char *copy_value(struct im_arena *arena, const char *value)
{
    char text[VALUE_CUT + 4];

    snprintf(text, sizeof text, "%s", value ? value : "");
    text[im_utf8_cut(text, VALUE_CUT)] = '\0';
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
    return copy(arena, text);
}

enum im_code import_log_add(struct import_log *log,
                            const struct import_event *event,
                            struct im_error *err)
{
    struct import_event kept = *event;

    (void)err;
    log->report->events[event->kind]++;
    if (log->report->n_first == IMPORT_MAX_FIRST)
        return IM_OK;
    const char **texts[] = {&kept.source,       &kept.sheet,     &kept.key,
                            &kept.name,         &kept.field,     &kept.code,
                            &kept.reason_zh,    &kept.reason_en, &kept.suggestion_zh,
                            &kept.suggestion_en};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = copy(log->arena, *texts[i]);
    kept.value = copy_value(log->arena, kept.value);
    kept.after = copy_value(log->arena, kept.after);
    kept.cells = NULL;
    log->first[log->report->n_first++] = kept;
    return IM_OK;
}

void import_log_free(struct import_log *log)
{
    free(log);
}

void import_report_release(struct import_report *report)
{
    import_log_free(report->log);
    report->log = NULL;
}

enum im_code import_report_each(const struct import_report *report,
                                bool (*each)(void *ctx, const struct import_event *e),
                                void *ctx,
                                struct im_error *err)
{
    (void)err;
    for (size_t i = 0; i < report->n_first && each(ctx, &report->first[i]); i++)
        continue;
    return IM_OK;
}
