/* SPDX-License-Identifier: Apache-2.0 */
/* The import log, and fingerprints by which a repeated import is known. */
#include "internal.h"

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
    enum im_code rc = sql_integer(
        store_db(store), &n, err,
        "SELECT fingerprint = %Q FROM innomap_runs WHERE layer_id = %Q AND origin = %Q "
        "ORDER BY run_id DESC LIMIT 1",
        text, layer_id, origin);
    *out = !rc && fingerprint != 0 && n == 1;
    return rc;
}

static const char *first_reason(const struct import_report *report)
{
    for (size_t i = 0; i < report->n_first; i++)
        if (report->first[i].kind == IMPORT_REFUSED)
            return report->first[i].reason_en;
    return "";
}

static enum im_code bind_and_run(sqlite3_stmt *stmt,
                                 const struct run *run,
                                 const struct import_report *report,
                                 int64_t version,
                                 bool changed,
                                 struct im_error *err)
{
    const struct import_counts *c = &report->counts;
    const uint64_t numbers[] = {c->read,      c->added,   c->changed,
                                c->unchanged, c->refused, c->unplaced,
                                c->skipped,   c->gone,    (uint64_t)version};
    char hash[20];
    char fingerprint[20];
    char finished_at[24];

    hexadecimal(hash, run->file_hash);
    hexadecimal(fingerprint, run->fingerprint);
    run_now(finished_at);
    sql_bind_text(stmt, 1, run->layer_id);
    sql_bind_text(stmt, 2, run->origin);
    sql_bind_text(stmt, 3, run->file_name);
    sqlite3_bind_int64(stmt, 4, (int64_t)run->file_size);
    sql_bind_text(stmt, 5, hash);
    sql_bind_text(stmt, 6, fingerprint);
    sql_bind_text(stmt, 7, run->started_at);
    sql_bind_text(stmt, 8, finished_at);
    sql_bind_text(stmt, 9, report->crs);
    for (int i = 0; i < 9; i++)
        sqlite3_bind_int64(stmt, 10 + i, (int64_t)numbers[i]);
    sql_bind_text(stmt, 19, changed ? "changed" : "unchanged");
    sql_bind_text(stmt, 20, first_reason(report));
    return sql_run(stmt, err);
}

enum im_code run_log(struct store *store,
                     const struct run *run,
                     struct import_report *report,
                     bool changed,
                     struct im_error *err)
{
    sqlite3 *db = store_db(store);
    sqlite3_stmt *stmt = NULL;
    int64_t version = 0;
    enum im_code rc =
        sql_integer(db, &version, err,
                    "SELECT version FROM innomap_layers WHERE id = %Q", run->layer_id);

    if (!rc)
        rc = sql_prepare(
            db, &stmt, err,
            "INSERT INTO innomap_runs (layer_id, origin, file_name, file_size, "
            "file_hash, fingerprint, started_at, finished_at, crs, n_read, n_added, "
            "n_changed, n_unchanged, n_refused, n_unplaced, n_skipped, n_gone, "
            "version, "
            "outcome, message) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (!rc)
        rc = bind_and_run(stmt, run, report, version, changed, err);
    sqlite3_finalize(stmt);
    if (!rc)
        report->run_id = sqlite3_last_insert_rowid(db);
    return rc;
}
