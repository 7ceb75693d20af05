/* SPDX-License-Identifier: Apache-2.0 */
/* The report as JSON, for programs: counts first, then the facts, then every event. It
 * is written piece by piece; a million refused rows need the memory of one. */
#include "writers.h"

#include <engine/json_writer.h>

#include <assert.h>

enum { PIECE_MAX = 16 << 20 };

struct json_report {
    const struct report_writer *w;
    struct im_buf piece;
    struct im_json json;
    enum import_event_kind kind; /* the list that is being written */
    bool is_open;                /* a refused row is, whose further faults may follow */
    bool has_more;               /* it has a list of them */
    /* of the open row */
    char *source;
    char *sheet;
    uint64_t row;
};

static void flush(struct json_report *r)
{
    if (r->piece.failed)
        return; /* reported at the end */
    fwrite(r->piece.data, 1, r->piece.len, r->w->file);
    im_buf_clear(&r->piece);
}

static void put_text(struct json_report *r, const char *key, const char *text)
{
    im_json_key(&r->json, key);
    im_json_text(&r->json, report_text(text));
}

static void put_count(struct json_report *r, const char *key, uint64_t value)
{
    im_json_key(&r->json, key);
    im_json_int(&r->json, (int64_t)value);
}

static void put_bool(struct json_report *r, const char *key, bool value)
{
    im_json_key(&r->json, key);
    im_json_bool(&r->json, value);
}

/* ---- the facts ---- */

static void put_counts(struct json_report *r)
{
    const struct import_counts *c = &r->w->report->counts;

    put_count(r, "read", c->read);
    put_count(r, "added", c->added);
    put_count(r, "changed", c->changed);
    put_count(r, "unchanged", c->unchanged);
    put_count(r, "gone", c->gone);
    put_count(r, "refused", c->refused);
    put_count(r, "repaired", c->repaired);
    put_count(r, "unplaced", c->unplaced);
    put_count(r, "skipped", c->skipped);
}

static void put_lineage(struct json_report *r)
{
    const struct import_report *report = r->w->report;

    im_json_key(&r->json, "lineage");
    im_json_object(&r->json);
    put_text(r, "layer", report->layer_id);
    im_json_key(&r->json, "run_id");
    if (report->run_id)
        im_json_int(&r->json, report->run_id);
    else
        im_json_null(&r->json);
    put_text(r, "mode", report->mode);
    put_bool(r, "dry_run", report->is_dry_run);
    put_bool(r, "repeat", report->is_repeat);
    put_text(r, "driver", report->driver);
    put_text(r, "file_hash_xxh3", report->file_hash);
    put_text(r, "started_at", report->started_at);
    put_text(r, "finished_at", report->finished_at);
    im_json_object_end(&r->json);
}

static void put_notes(struct json_report *r)
{
    const struct import_report *report = r->w->report;

    im_json_key(&r->json, "notes");
    im_json_array(&r->json);
    for (size_t i = 0; i < report->n_notes; i++) {
        const struct import_note *note = &report->notes[i];

        im_json_object(&r->json);
        put_text(r, "code", note->code);
        put_text(r, "text", r->w->is_zh ? note->zh : note->en);
        put_text(r, "text_zh", note->zh);
        put_text(r, "text_en", note->en);
        im_json_object_end(&r->json);
    }
    im_json_array_end(&r->json);
}

static void put_mapping(struct json_report *r)
{
    const struct import_report *report = r->w->report;

    im_json_key(&r->json, "mapping");
    im_json_array(&r->json);
    for (size_t i = 0; i < report->n_mappings; i++) {
        const struct import_mapping *m = &report->mappings[i];

        im_json_object(&r->json);
        put_text(r, "column", m->column);
        put_text(r, "field", m->field);
        put_text(r, "how", m->how);
        put_text(r, "note", r->w->is_zh ? m->note_zh : m->note_en);
        im_json_object_end(&r->json);
        flush(r);
    }
    im_json_array_end(&r->json);
}

static void put_facts(struct json_report *r)
{
    const struct import_report *report = r->w->report;

    put_counts(r);
    put_text(r, "source", report->source);
    put_text(r, "sheet", report->sheet);
    put_text(r, "encoding", report->encoding);
    put_text(r, "crs", report->crs);
    put_text(r, "lang", r->w->is_zh ? "zh" : "en");
    put_lineage(r);
    put_notes(r);
    put_mapping(r);
    flush(r);
}

/* ---- the events ---- */

static void put_fault(struct json_report *r, const struct import_event *e)
{
    bool zh = r->w->is_zh;

    put_text(r, "field", e->field);
    put_text(r, "value", e->value);
    put_text(r, "code", e->code);
    put_text(r, "reason", zh ? e->reason_zh : e->reason_en);
    put_text(r, "suggestion", zh ? e->suggestion_zh : e->suggestion_en);
    put_text(r, "reason_zh", e->reason_zh);
    put_text(r, "reason_en", e->reason_en);
    put_text(r, "suggestion_zh", e->suggestion_zh);
    put_text(r, "suggestion_en", e->suggestion_en);
}

static void put_row(struct json_report *r, const struct import_event *e)
{
    put_text(r, "source", e->source);
    put_text(r, "sheet", e->sheet);
    put_count(r, "row", e->row);
    put_text(r, "key", e->key);
    put_text(r, "name", e->name);
}

static void close_row(struct json_report *r)
{
    if (r->has_more)
        im_json_array_end(&r->json);
    if (r->is_open)
        im_json_object_end(&r->json);
    r->is_open = r->has_more = false;
}

static bool remember_row(struct json_report *r, const struct import_event *e)
{
    free(r->source);
    free(r->sheet);
    r->source = strdup(e->source);
    r->sheet = strdup(e->sheet);
    r->row = e->row;
    return r->source && r->sheet;
}

/* As many members as `refused` counts: further faults of a row stand inside of it. */
static bool put_refused(void *ctx, const struct import_event *e)
{
    struct json_report *r = ctx;

    if (e->kind != IMPORT_REFUSED)
        return true;
    if (r->is_open && report_same_row(e, r->source, r->sheet, r->row)) {
        if (!r->has_more) {
            im_json_key(&r->json, "further");
            im_json_array(&r->json);
            r->has_more = true;
        }
        im_json_object(&r->json);
        put_fault(r, e);
        im_json_object_end(&r->json);
    } else {
        close_row(r);
        im_json_object(&r->json);
        put_row(r, e);
        put_fault(r, e);
        r->is_open = true;
        r->piece.failed |= !remember_row(r, e);
    }
    flush(r);
    return !r->piece.failed && !ferror(r->w->file);
}

static bool put_event(void *ctx, const struct import_event *e)
{
    struct json_report *r = ctx;

    if (e->kind != r->kind)
        return true;
    im_json_object(&r->json);
    put_row(r, e);
    put_fault(r, e);
    if (r->kind == IMPORT_CHANGED || r->kind == IMPORT_REPAIRED)
        put_text(r, "after", e->after);
    im_json_object_end(&r->json);
    flush(r);
    return !r->piece.failed && !ferror(r->w->file);
}

static enum im_code put_list(struct json_report *r,
                             const char *key,
                             enum import_event_kind kind,
                             struct im_error *err)
{
    enum im_code rc = IM_OK;

    r->kind = kind;
    im_json_key(&r->json, key);
    im_json_array(&r->json);
    if (r->w->report->events[kind])
        rc = import_report_each(
            r->w->report, kind == IMPORT_REFUSED ? put_refused : put_event, r, err);
    close_row(r);
    im_json_array_end(&r->json);
    return rc;
}

static enum im_code put_lists(struct json_report *r, struct im_error *err)
{
    static const struct {
        const char *key;
        enum import_event_kind kind;
    } lists[] = {{"refused_rows", IMPORT_REFUSED},   {"warnings", IMPORT_WARNED},
                 {"repaired_rows", IMPORT_REPAIRED}, {"placed_rows", IMPORT_PLACED},
                 {"unplaced_rows", IMPORT_UNPLACED}, {"changes", IMPORT_CHANGED},
                 {"gone_rows", IMPORT_GONE}};
    enum im_code rc = IM_OK;

    static_assert(sizeof lists / sizeof *lists == IMPORT_EVENT_KINDS,
                  "every kind of event has its list");
    for (size_t i = 0; !rc && i < sizeof lists / sizeof *lists; i++)
        rc = put_list(r, lists[i].key, lists[i].kind, err);
    return rc;
}

enum im_code report_write_json(const struct report_writer *w, struct im_error *err)
{
    struct json_report r = {.w = w, .piece = {.max = PIECE_MAX}};
    enum im_code rc;

    r.json.out = &r.piece;
    im_json_object(&r.json);
    put_facts(&r);
    rc = put_lists(&r, err);
    im_json_object_end(&r.json);
    im_buf_byte(&r.piece, '\n');
    if (!rc)
        rc = im_buf_check(&r.piece, "report", err);
    flush(&r);
    im_buf_release(&r.piece);
    free(r.source);
    free(r.sheet);
    return rc;
}
