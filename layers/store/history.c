/* SPDX-License-Identifier: Apache-2.0 */
/* The runs of a layer: which are in effect, which one a person means, what is kept. */
#include <layers/history.h>

#include "internal.h"

/* ---- the list ---- */

/* A file that no writer has opened since lacks what version 2 added. */
#define RUNS_1                                                                         \
    "SELECT run_id, layer_id, origin, file_name, crs, started_at, finished_at, "       \
    "outcome, message, n_read, n_added, n_changed, n_unchanged, n_gone, n_refused, "   \
    "n_unplaced, n_skipped, version, "
static const char SELECT_1[] =
    RUNS_1 "'', '', '', '', '{}', '', 0, 0, 0, 0, '[]', NULL, NULL "
           "FROM innomap_runs WHERE %Q IS NULL OR layer_id = %Q ORDER BY run_id";
static const char SELECT_2[] =
    RUNS_1 "message_zh, driver, mode, encoding, options, who, n_repaired, "
           "coalesce(undo_of, 0), kept, n_bytes, columns, definition_before, "
           "style_before "
           "FROM innomap_runs WHERE %Q IS NULL OR layer_id = %Q ORDER BY run_id";

static enum im_code read_run(sqlite3_stmt *stmt,
                             struct im_arena *arena,
                             struct history_run *out,
                             struct im_error *err)
{
    const struct {
        int column;
        const char **to;
    } texts[] = {{1, &out->layer_id},     {2, &out->origin},
                 {3, &out->file_name},    {4, &out->crs},
                 {5, &out->started_at},   {6, &out->finished_at},
                 {7, &out->outcome},      {8, &out->message},
                 {18, &out->message_zh},  {19, &out->driver},
                 {20, &out->mode},        {21, &out->encoding},
                 {22, &out->options},     {23, &out->who},
                 {28, &out->columns},     {29, &out->definition_before},
                 {30, &out->style_before}};
    const struct {
        int column;
        int64_t *to;
    } numbers[] = {
        {0, &out->run_id},     {9, &out->n_read},       {10, &out->n_added},
        {11, &out->n_changed}, {12, &out->n_unchanged}, {13, &out->n_gone},
        {14, &out->n_refused}, {15, &out->n_unplaced},  {16, &out->n_skipped},
        {17, &out->version},   {24, &out->n_repaired},  {25, &out->undo_of},
        {27, &out->n_bytes}};

    *out = (struct history_run){.is_kept = sqlite3_column_int(stmt, 26) != 0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i].to = sqlite3_column_int64(stmt, numbers[i].column);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (sqlite3_column_type(stmt, texts[i].column) == SQLITE_NULL)
            continue;
        *texts[i].to =
            im_arena_strdup(arena, im_bytes_of(sql_text(stmt, texts[i].column)));
        if (!*texts[i].to)
            return im_fail(err, IM_ENOMEM, "history: out of memory");
    }
    return IM_OK;
}

static struct history_run *run_by_id(struct history_run *runs, size_t n, int64_t id)
{
    for (size_t i = n; i-- > 0;)
        if (runs[i].run_id == id)
            return &runs[i];
    return NULL;
}

/* What each run started from and came to, of the layer of the newest of `n` runs. */
static void trace(struct history_run *runs, size_t n)
{
    struct history_run *run = &runs[n - 1];
    int64_t now = 0;

    for (size_t i = n - 1; i-- > 0;)
        if (strcmp(runs[i].layer_id, run->layer_id) == 0) {
            now = runs[i].after;
            break;
        }
    run->before = run->after = now;
    if (strcmp(run->outcome, "changed") != 0)
        return;
    run->after = run->run_id;
    if (run->undo_of == 0)
        return;
    struct history_run *undone = run_by_id(runs, n - 1, run->undo_of);
    if (!undone)
        return; /* somebody has been at the table: it stands for itself */
    run->after = undone->before;
    if (undone->undo_of == 0) {
        undone->undone_by = run->run_id;
        return;
    }
    /* an undo was undone: what it took back is in effect again */
    struct history_run *again = run_by_id(runs, n - 1, undone->before);
    if (again)
        again->undone_by = 0;
}

static enum im_code
fail_unknown(struct store *store, const char *layer_id, struct im_error *err)
{
    int64_t n = 0;
    enum im_code rc =
        sql_integer(store_db(store), &n, err,
                    "SELECT count(*) FROM innomap_layers WHERE id = %Q", layer_id);

    if (rc || n)
        return rc; /* a layer that was put, never imported into */
    im_fail(err, IM_ENOTFOUND,
            "there is no layer '%.48s' in the database; see innomap layers", layer_id);
    return im_zh(err, IM_ENOTFOUND, "数据库中没有图层“%.48s”，请用 innomap layers 查看",
                 layer_id);
}

enum im_code history_list(struct store *store,
                          const char *layer_id,
                          struct im_arena *arena,
                          struct history_run **out,
                          size_t *n,
                          struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t schema = 0;
    int64_t count = 0;
    struct history_run *runs = NULL;
    bool row = true;
    size_t found = 0;
    enum im_code rc = sql_integer(store->db, &schema, err, "PRAGMA user_version");

    if (!rc)
        rc = sql_integer(store->db, &count, err,
                         "SELECT count(*) FROM innomap_runs "
                         "WHERE %Q IS NULL OR layer_id = %Q",
                         layer_id, layer_id);
    if (!rc && !(runs = im_arena_calloc(arena, (size_t)count + 1, sizeof *runs)))
        rc = im_fail(err, IM_ENOMEM, "history: out of memory");
    if (!rc)
        rc = sql_prepare(store->db, &stmt, err, schema < 2 ? SELECT_1 : SELECT_2,
                         layer_id, layer_id);
    while (!rc && found < (size_t)count && !(rc = sql_step(stmt, &row, err)) && row) {
        rc = read_run(stmt, arena, &runs[found++], err);
        if (!rc)
            trace(runs, found);
    }
    sqlite3_finalize(stmt);
    if (!rc && found == 0 && layer_id)
        rc = fail_unknown(store, layer_id, err);
    if (rc)
        return rc;
    *out = runs;
    *n = found;
    return IM_OK;
}

/* ---- which one ---- */

static bool is_digits(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0';
}

static bool parse_time(const char *text, char out[24])
{
    static const char *const ends[] = {"T23:59:59Z", ":59Z", "Z", ""};
    static const char *const forms[] = {"0000-00-00", "0000-00-00T00:00",
                                        "0000-00-00T00:00:00", "0000-00-00T00:00:00Z"};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (is_digits(text, forms[i])) {
            snprintf(out, 24, "%s%s", text, ends[i]);
            return true;
        }
    return false;
}

static enum im_code fail_run(const char *text,
                             const struct history_run *runs,
                             size_t n,
                             struct im_error *err)
{
    long long newest = n ? (long long)runs[n - 1].run_id : 0;

    im_fail(err, IM_ENOTFOUND,
            "run %.20s is none of this layer (the newest is %lld); see innomap layers "
            "history",
            text, newest);
    return im_zh(err, IM_ENOTFOUND,
                 "运行号 %.20s 不属于这个图层（最新的是 %lld），请用 innomap layers "
                 "history 查看",
                 text, newest);
}

enum im_code history_find(const struct history_run *runs,
                          size_t n,
                          const char *text,
                          size_t *run,
                          struct im_error *err)
{
    char time[24];
    int64_t id = 0;

    *run = n;
    if (im_parse_int64(im_bytes_of(text), &id)) {
        for (size_t i = 0; i < n; i++)
            if (runs[i].run_id == id)
                *run = i;
        return *run < n ? IM_OK : fail_run(text, runs, n, err);
    }
    if (!parse_time(text, time)) {
        im_fail(err, IM_EARG,
                "'%.40s' is neither a run nor a date; write 12, 2026-11-21 or "
                "2026-11-21T08:00:00Z (UTC)",
                text);
        return im_zh(err, IM_EARG,
                     "“%.40s”既不是运行号也不是日期；请写成 12、2026-11-21 或 "
                     "2026-11-21T08:00:00Z（协调世界时）",
                     text);
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(runs[i].finished_at, time) <= 0)
            *run = i;
    return IM_OK;
}

/* ---- pruning ---- */

/* The runs to forget are those up to `last`; 0: none. */
static enum im_code choose_last(struct store *store,
                                const char *layer_id,
                                uint64_t keep,
                                const char *before,
                                int64_t *last,
                                struct im_error *err)
{
    char time[24];
    enum im_code rc = IM_OK;

    if (!before)
        return sql_integer(store->db, last, err,
                           "SELECT run_id FROM innomap_runs WHERE layer_id = %Q "
                           "AND kept ORDER BY run_id DESC LIMIT 1 OFFSET %lld",
                           layer_id, (long long)keep);
    /* a date means its beginning here: what happened on that day is kept */
    if (is_digits(before, "0000-00-00"))
        snprintf(time, sizeof time, "%sT00:00:00Z", before);
    else if (!parse_time(before, time)) {
        im_fail(err, IM_EARG, "'%.40s' is no date; write 2026-11-21", before);
        return im_zh(err, IM_EARG, "“%.40s”不是日期，请写成 2026-11-21", before);
    }
    rc = sql_integer(store->db, last, err,
                     "SELECT coalesce(max(run_id), 0) FROM innomap_runs "
                     "WHERE layer_id = %Q AND kept AND finished_at < %Q",
                     layer_id, time);
    return rc;
}

static enum im_code
forget(struct store *store, const char *layer_id, int64_t last, struct im_error *err)
{
    enum im_code rc = sql_execf(
        store->db, err,
        "DELETE FROM innomap_changes WHERE run_id IN (SELECT run_id FROM innomap_runs "
        "WHERE layer_id = %Q AND kept AND run_id <= %lld)",
        layer_id, (long long)last);

    if (!rc)
        rc = sql_execf(store->db, err,
                       "UPDATE innomap_runs SET kept = 0, n_bytes = 0, columns = '[]', "
                       "definition_before = NULL, style_before = NULL "
                       "WHERE layer_id = %Q AND kept AND run_id <= %lld",
                       layer_id, (long long)last);
    /* of lineage the newest line per key that an undo may come back to stays */
    if (!rc)
        rc =
            sql_execf(store->db, err,
                      "DELETE FROM innomap_lineage AS a WHERE layer_id = %Q AND EXISTS "
                      "(SELECT 1 FROM innomap_lineage AS b "
                      "WHERE b.layer_id = a.layer_id AND b.key = a.key "
                      "AND b.run_id > a.run_id AND b.run_id <= %lld)",
                      layer_id, (long long)last);
    return rc;
}

static enum im_code prune(struct store *store,
                          const char *layer_id,
                          uint64_t keep,
                          const char *before,
                          struct history_pruned *out,
                          struct im_error *err)
{
    int64_t known = 0;
    int64_t last = 0;
    int64_t runs = 0;
    int64_t bytes = 0;
    int64_t kept = 0;
    enum im_code rc =
        sql_integer(store->db, &known, err,
                    "SELECT count(*) FROM innomap_runs WHERE layer_id = %Q", layer_id);

    if (!rc && known == 0)
        rc = fail_unknown(store, layer_id, err);
    if (!rc)
        rc = choose_last(store, layer_id, keep, before, &last, err);
    if (!rc)
        rc = sql_integer(store->db, &runs, err,
                         "SELECT count(*) FROM innomap_runs "
                         "WHERE layer_id = %Q AND kept AND run_id <= %lld",
                         layer_id, (long long)last);
    if (!rc)
        rc = sql_integer(store->db, &bytes, err,
                         "SELECT coalesce(sum(n_bytes), 0) FROM innomap_runs "
                         "WHERE layer_id = %Q AND kept AND run_id <= %lld",
                         layer_id, (long long)last);
    if (!rc && runs)
        rc = forget(store, layer_id, last, err);
    if (!rc)
        rc = sql_integer(
            store->db, &kept, err,
            "SELECT count(*) FROM innomap_runs WHERE layer_id = %Q AND kept", layer_id);
    *out = (struct history_pruned){(uint64_t)runs, (uint64_t)bytes, (uint64_t)kept};
    return rc;
}

enum im_code history_prune(struct store *store,
                           const char *layer_id,
                           uint64_t keep,
                           const char *before,
                           struct history_pruned *out,
                           struct im_error *err)
{
    enum im_code rc = store_begin(store, err);

    if (rc)
        return rc;
    rc = prune(store, layer_id, keep, before, out, err);
    if (!rc)
        rc = store_commit(store, err);
    if (rc)
        store_rollback(store);
    return rc;
}
