/* SPDX-License-Identifier: Apache-2.0 */
/* The import log, and fingerprints by which a repeated import is known. */
#include "internal.h"

#include <engine/json_writer.h>

#include <pwd.h>
#include <unistd.h>
#include <xxhash.h>

/* Raised when the importer takes the same file in another way than before. */
enum { IMPORT_FORM = 2 };

void run_now(char out[24])
{
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* Each piece with its length, so that "ab","c" and "a","bc" differ. */
static void feed(XXH3_state_t *state, struct im_bytes piece)
{
    uint64_t len = piece.len;

    XXH3_64bits_update(state, &len, sizeof len);
    if (piece.len)
        XXH3_64bits_update(state, piece.data, piece.len);
}

static void feed_list(XXH3_state_t *state, const char *const *list)
{
    for (; list && *list; list++)
        feed(state, im_bytes_of(*list));
    feed(state, im_bytes_of("")); /* where one list ends and the next begins */
}

uint64_t run_fingerprint(const struct run *run,
                         struct im_bytes definition,
                         struct im_bytes style,
                         const struct import_options *options)
{
    XXH3_state_t *state = XXH3_createState();
    bool is_file = strcmp(run->origin, "file") == 0;
    uint64_t head[] = {IMPORT_FORM, run->file_hash,
                       /* a shipped folder is the same whether it may replace or not */
                       is_file ? run->mode : IMPORT_REPLACE, options->unplaced,
                       options->create, options->keep_extra, options->keep_personal,
                       options->fix_swap, options->repair, options->online};
    const char *const texts[] = {run->layer_id, options->crs, options->source_layer,
                                 options->encoding, options->mapping_path};
    uint64_t hash = 0; /* also when memory is short: then nothing counts as repeated */

    if (!state)
        return 0;
    XXH3_64bits_reset(state);
    XXH3_64bits_update(state, head, sizeof head);
    feed(state, definition);
    feed(state, style);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed(state, im_bytes_of(texts[i]));
    feed_list(state, options->map);
    feed_list(state, options->set);
    feed_list(state, options->fill_down);
    hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

static void hexadecimal(char out[20], uint64_t value)
{
    snprintf(out, 20, "%016llx", (unsigned long long)value);
}

enum im_code run_is_repeat(struct store *store,
                           const char *layer_id,
                           const char *origin,
                           uint64_t fingerprint,
                           bool *out,
                           struct im_error *err)
{
    char text[20];
    int64_t n = 0;

    hexadecimal(text, fingerprint);
    /* of a layer that an undo took away nothing is as it was */
    enum im_code rc = sql_integer(
        store_db(store), &n, err,
        "SELECT fingerprint = %Q FROM innomap_runs WHERE layer_id = %Q AND origin = %Q "
        "AND outcome <> 'failed' AND layer_id IN (SELECT id FROM innomap_layers) "
        "ORDER BY run_id DESC LIMIT 1",
        text, layer_id, origin);
    *out = !rc && fingerprint != 0 && n == 1;
    return rc;
}

/* ---- the log ---- */

const char *run_mode_name(enum import_mode mode)
{
    switch (mode) {
    case IMPORT_UPSERT:
        return "upsert";
    case IMPORT_REPLACE:
        return "replace";
    case IMPORT_APPEND:
        return "append";
    }
    return "";
}

enum im_code run_begin(struct store *store, struct run *run, struct im_error *err)
{
    return history_begin(store, run->layer_id, &run->history, err);
}

void run_release(struct run *run)
{
    history_free(run->history);
    run->history = NULL;
}

static const char *first_reason(const struct import_report *report, bool is_zh)
{
    for (size_t i = 0; i < report->n_first; i++)
        if (report->first[i].kind == IMPORT_REFUSED)
            return is_zh ? report->first[i].reason_zh : report->first[i].reason_en;
    return "";
}

static void write_text(struct im_json *w, const char *key, const char *text)
{
    if (!text)
        return;
    im_json_key(w, key);
    im_json_text(w, text);
}

static void write_flag(struct im_json *w, const char *key, bool value)
{
    if (!value)
        return;
    im_json_key(w, key);
    im_json_bool(w, true);
}

static void write_list(struct im_json *w, const char *key, const char *const *list)
{
    if (!list || !*list)
        return;
    im_json_key(w, key);
    im_json_array(w);
    for (; *list; list++)
        im_json_text(w, *list);
    im_json_array_end(w);
}

/* What was asked for, as far as it differs from the defaults. Keys and passwords come
 * from elsewhere and are in none of these. */
static void write_options(const struct import_options *o, struct im_buf *out)
{
    static const char *const unplaced[] = {NULL, "refuse", "keep", "place"};
    struct im_json w = {.out = out};

    im_json_object(&w);
    if (o) {
        write_text(&w, "crs", o->crs);
        write_text(&w, "source_layer", o->source_layer);
        write_text(&w, "encoding", o->encoding);
        write_text(&w, "unplaced", unplaced[o->unplaced]);
        write_text(&w, "mapping", o->mapping_path ? file_name(o->mapping_path) : NULL);
        write_list(&w, "map", o->map);
        write_list(&w, "set", o->set);
        write_list(&w, "fill_down", o->fill_down);
        write_flag(&w, "create", o->create);
        write_flag(&w, "keep_extra", o->keep_extra);
        write_flag(&w, "keep_personal", o->keep_personal);
        write_flag(&w, "fix_swap", o->fix_swap);
        write_flag(&w, "repair", o->repair);
        write_flag(&w, "online", o->online);
    }
    im_json_object_end(&w);
    im_buf_byte(out, 0);
}

static void bind_who(sqlite3_stmt *stmt, int index)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char texts[4096];

    if (getpwuid_r(geteuid(), &entry, texts, sizeof texts, &found) != 0 || !found)
        sql_bind_text(stmt, index, "");
    else
        sql_bind_text(stmt, index, found->pw_name);
}

struct log_line {
    int64_t run_id;
    int64_t version;
    const char *outcome;
    const char *message;
    const char *message_zh;
};

static void bind_line(sqlite3_stmt *stmt,
                      const struct run *run,
                      const struct import_report *report,
                      const struct log_line *line,
                      const char *options)
{
    const struct import_counts *c = &report->counts;
    const uint64_t numbers[] = {c->read,      c->added,   c->changed,
                                c->unchanged, c->refused, c->unplaced,
                                c->skipped,   c->gone,    (uint64_t)line->version};
    char hash[20];
    char fingerprint[20];
    char finished_at[24];
    int at = 1;

    hexadecimal(hash, run->file_hash);
    hexadecimal(fingerprint, run->fingerprint);
    run_now(finished_at);
    sqlite3_bind_int64(stmt, at++, line->run_id);
    sql_bind_text(stmt, at++, run->layer_id);
    sql_bind_text(stmt, at++, run->origin);
    sql_bind_text(stmt, at++, run->file_name);
    sqlite3_bind_int64(stmt, at++, (int64_t)run->file_size);
    sql_bind_text(stmt, at++, hash);
    sql_bind_text(stmt, at++, fingerprint);
    sql_bind_text(stmt, at++, run->started_at);
    sql_bind_text(stmt, at++, finished_at);
    sql_bind_text(stmt, at++, report->crs ? report->crs : "");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sqlite3_bind_int64(stmt, at++, (int64_t)numbers[i]);
    sql_bind_text(stmt, at++, line->outcome);
    sql_bind_text(stmt, at++, line->message);
    sql_bind_text(stmt, at++, line->message_zh);
    sql_bind_text(stmt, at++, run->options ? run_mode_name(run->options->mode) : "");
    sql_bind_text(stmt, at++, report->driver ? report->driver : "");
    sql_bind_text(stmt, at++, report->encoding ? report->encoding : "");
    sql_bind_text(stmt, at++, options);
    bind_who(stmt, at++);
    sqlite3_bind_int64(stmt, at++, (int64_t)c->repaired);
    if (run->undo_of)
        sqlite3_bind_int64(stmt, at, run->undo_of);
}

static enum im_code insert_line(struct store *store,
                                const struct run *run,
                                const struct import_report *report,
                                const struct log_line *line,
                                struct im_error *err)
{
    struct im_buf options = {.max = 1 << 20};
    sqlite3_stmt *stmt = NULL;
    enum im_code rc = sql_prepare(
        store_db(store), &stmt, err,
        "INSERT INTO innomap_runs (run_id, layer_id, origin, file_name, file_size, "
        "file_hash, fingerprint, started_at, finished_at, crs, n_read, n_added, "
        "n_changed, n_unchanged, n_refused, n_unplaced, n_skipped, n_gone, version, "
        "outcome, message, message_zh, mode, driver, encoding, options, who, "
        "n_repaired, undo_of) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");

    write_options(run->options, &options);
    if (!rc)
        rc = im_buf_check(&options, "options", err);
    if (!rc) {
        bind_line(stmt, run, report, line, (char *)options.data);
        rc = sql_run(stmt, err);
    }
    sqlite3_finalize(stmt);
    im_buf_release(&options);
    return rc;
}

/* Of a layer that the run took away: one more than any before. */
static enum im_code read_version(struct store *store,
                                 const char *layer_id,
                                 int64_t *out,
                                 struct im_error *err)
{
    return sql_integer(store_db(store), out, err,
                       "SELECT coalesce((SELECT version FROM innomap_layers "
                       "WHERE id = %Q), (SELECT max(version) + 1 FROM innomap_runs "
                       "WHERE layer_id = %Q), 0)",
                       layer_id, layer_id);
}

enum im_code run_log(struct store *store,
                     const struct run *run,
                     struct import_report *report,
                     bool changed,
                     struct im_error *err)
{
    struct log_line line = {.run_id = history_run_id(run->history),
                            .outcome = changed ? "changed" : "unchanged",
                            .message = first_reason(report, false),
                            .message_zh = first_reason(report, true)};
    enum im_code rc = read_version(store, run->layer_id, &line.version, err);

    if (!rc)
        rc = insert_line(store, run, report, &line, err);
    if (!rc)
        rc = history_end(run->history, err);
    if (!rc)
        report->run_id = line.run_id;
    return rc;
}

/* ---- runs that failed ---- */

/* What the file or its surroundings did, not what was typed wrongly. A locked database
 * would keep the person waiting a second time. */
static bool is_worth_a_line(enum im_code code)
{
    return code == IM_EDATA || code == IM_ELIMIT || code == IM_EIO || code == IM_EENV ||
           code == IM_ENOMEM;
}

static enum im_code log_failure(struct store *store,
                                const struct run *run,
                                const struct import_report *report,
                                const struct im_error *why,
                                struct im_error *err)
{
    struct import_report told = *report;
    struct log_line line = {
        .outcome = "failed", .message = why->msg, .message_zh = why->msg_zh};
    enum im_code rc = sql_integer(store_db(store), &line.run_id, err,
                                  "SELECT coalesce(max(run_id), 0) + 1 "
                                  "FROM innomap_runs");

    /* what was counted before it failed has not happened */
    told.counts.added = told.counts.changed = told.counts.unchanged = 0;
    told.counts.gone = told.counts.unplaced = told.counts.repaired = 0;
    if (!rc)
        rc = sql_integer(store_db(store), &line.version, err,
                         "SELECT version FROM innomap_layers WHERE id = %Q",
                         run->layer_id);
    return rc ? rc : insert_line(store, run, &told, &line, err);
}

void run_log_failure(struct store *store,
                     const struct run *run,
                     const struct import_report *report,
                     const struct im_error *why)
{
    struct im_error ignored;

    if (!is_worth_a_line(why->code) || store_begin(store, &ignored))
        return;
    if (log_failure(store, run, report, why, &ignored) || store_commit(store, &ignored))
        store_rollback(store);
}
