/* SPDX-License-Identifier: Apache-2.0 */
/* Take an import back. */
#include "../internal.h"

#include <import/history.h>

/* as in commit.c: from so many rows on filling the indexes anew is faster */
enum { BULK_ROWS = 2000 };

struct undo {
    struct store *store;
    sqlite3 *db;
    struct im_arena *arena;
    struct import_report *out;
    struct history_run *runs; /* of the layer */
    size_t n_runs;
    const struct history_run *target;
    struct history_writer *history;
    struct im_bytes definition; /* now; empty: the layer is not there */
    struct im_bytes style;
    struct im_bytes definition_then; /* empty: the layer was not there */
    struct im_bytes style_then;
    const struct layer_schema *schema;      /* now; NULL */
    const struct layer_schema *schema_then; /* NULL */
    enum facts_kind kind_then;
};

/* ---- may it be undone ---- */

static enum im_code
find_layer(struct undo *u, int64_t run_id, const char **layer_id, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum im_code rc = sql_prepare(
        u->db, &stmt, err, "SELECT layer_id FROM innomap_runs WHERE run_id = %lld",
        (long long)run_id);

    if (!rc)
        rc = sql_step(stmt, &row, err);
    if (!rc && row &&
        !(*layer_id = im_arena_strdup(u->arena, im_bytes_of(sql_text(stmt, 0)))))
        rc = im_fail(err, IM_ENOMEM, "undo: out of memory");
    sqlite3_finalize(stmt);
    if (rc || row)
        return rc;
    im_fail(err, IM_ENOTFOUND,
            "there is no run %lld in the database; see innomap layers history",
            (long long)run_id);
    return im_zh(err, IM_ENOTFOUND,
                 "数据库中没有第 %lld 次运行，请用 innomap layers history 查看",
                 (long long)run_id);
}

static const struct history_run *run_of(const struct undo *u, int64_t id)
{
    for (size_t i = 0; i < u->n_runs; i++)
        if (u->runs[i].run_id == id)
            return &u->runs[i];
    return NULL;
}

static enum im_code fail_nothing(const struct undo *u, struct im_error *err)
{
    const struct history_run *run = u->target;
    bool failed = strcmp(run->outcome, "failed") == 0;

    im_fail(err, IM_EDATA, "run %lld %s: there is nothing to undo",
            (long long)run->run_id, failed ? "failed" : "changed nothing");
    return im_zh(err, IM_EDATA, "第 %lld 次运行%s，无可撤销", (long long)run->run_id,
                 failed ? "没有成功" : "没有改变任何内容");
}

static enum im_code fail_forgotten(const struct undo *u, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "run %lld cannot be undone: what was before it is not kept (it was pruned, "
            "or is older than the keeping of versions)",
            (long long)u->target->run_id);
    return im_zh(
        err, IM_EDATA,
        "第 %lld 次运行不能撤销：它之前的内容没有保留（已被清理，或早于版本保留"
        "功能）",
        (long long)u->target->run_id);
}

static enum im_code fail_undone(const struct undo *u, struct im_error *err)
{
    const struct history_run *run = u->target;

    if (run->undone_by == 0) {
        im_fail(err, IM_EDATA,
                "run %lld is no longer in effect; see innomap layers history %s",
                (long long)run->run_id, run->layer_id);
        return im_zh(err, IM_EDATA,
                     "第 %lld 次运行已不再有效，请用 innomap layers history %s 查看",
                     (long long)run->run_id, run->layer_id);
    }
    im_fail(err, IM_EDATA,
            "run %lld is undone already, by run %lld; to have it again, undo run %lld",
            (long long)run->run_id, (long long)run->undone_by,
            (long long)run->undone_by);
    return im_zh(err, IM_EDATA,
                 "第 %lld 次运行已被第 %lld 次运行撤销；要恢复它，请撤销第 %lld 次运行",
                 (long long)run->run_id, (long long)run->undone_by,
                 (long long)run->undone_by);
}

/* Runs that are in effect on top of it, newest first. */
static enum im_code fail_order(const struct undo *u, int64_t now, struct im_error *err)
{
    enum { SHOWN = 6 };
    const struct history_run *newest = run_of(u, now);
    char order[160] = "";
    size_t used = 0;
    int n = 0;

    for (const struct history_run *run = newest; run && n < SHOWN;
         run = run_of(u, run->before), n++) {
        int more = snprintf(order + used, sizeof order - used, "%s%lld", n ? ", " : "",
                            (long long)run->run_id);
        used += more > 0 ? (size_t)more : 0;
        if (run->run_id == u->target->after)
            break;
    }
    im_fail(err, IM_EDATA,
            "run %lld of layer '%s' came later (%s '%.60s'); undo in this order: %s%s",
            (long long)now, u->target->layer_id, newest ? newest->finished_at : "",
            newest ? newest->file_name : "", order, n == SHOWN ? " ..." : "");
    return im_zh(
        err, IM_EDATA,
        "第 %lld 次运行在此之后（图层“%s”，%s，“%.60s”）；请按此顺序撤销：%s%s",
        (long long)now, u->target->layer_id, newest ? newest->finished_at : "",
        newest ? newest->file_name : "", order, n == SHOWN ? "……" : "");
}

/* Is the content after the target still below what is there now? */
static bool is_in_effect(const struct undo *u, int64_t now)
{
    const struct history_run *run = run_of(u, now);

    for (; run; run = run_of(u, run->before))
        if (run->run_id == u->target->after)
            return true;
    return false;
}

static enum im_code choose(struct undo *u, int64_t run_id, struct im_error *err)
{
    const char *layer_id = NULL;
    enum im_code rc = find_layer(u, run_id, &layer_id, err);

    if (!rc)
        rc = history_list(u->store, layer_id, u->arena, &u->runs, &u->n_runs, err);
    if (rc)
        return rc;
    u->target = run_of(u, run_id);
    int64_t now = u->runs[u->n_runs - 1].after;
    if (strcmp(u->target->outcome, "changed") != 0)
        return fail_nothing(u, err);
    if (u->target->after != now)
        return is_in_effect(u, now) ? fail_order(u, now, err) : fail_undone(u, err);
    return u->target->is_kept ? IM_OK : fail_forgotten(u, err);
}

/* ---- doing it ---- */

static enum im_code load_now(struct undo *u, struct im_error *err)
{
    int64_t there = 0;
    enum im_code rc = sql_integer(u->db, &there, err,
                                  "SELECT count(*) FROM innomap_layers WHERE id = %Q",
                                  u->target->layer_id);

    if (rc || !there)
        return rc;
    rc = job_catalog(u->store, u->target->layer_id, u->arena, &u->definition, &u->style,
                     err);
    return rc ? rc : schema_parse(u->definition, u->arena, &u->schema, err);
}

static enum im_code load_then(struct undo *u, struct im_error *err)
{
    struct facts facts;
    const char *definition = u->target->definition_before;
    const char *style = u->target->style_before;

    u->definition_then = definition ? im_bytes_of(definition) : u->definition;
    u->style_then = style ? im_bytes_of(style) : u->style;
    if (u->definition_then.len == 0)
        return IM_OK;
    enum im_code rc = schema_parse(u->definition_then, u->arena, &u->schema_then, err);
    if (!rc)
        rc = facts_parse(u->definition_then, u->arena, &facts, err);
    if (!rc)
        u->kind_then = facts.kind;
    return rc;
}

/* The table must be there, with indexes, while rows come and go: a layer that comes
 * back is made first, one that goes is removed last, and the key of another definition
 * is indexed last. */
static enum im_code restore_rows(struct undo *u, struct im_error *err)
{
    const struct layer_schema *schema = u->schema ? u->schema : u->schema_then;
    struct history_counts counts = {0};
    int64_t rows = 0;
    int64_t stored = 0;
    enum im_code rc = sql_integer(u->db, &rows, err,
                                  "SELECT coalesce(sum(last_fid - fid + 1), 0) "
                                  "FROM innomap_changes WHERE run_id = %lld",
                                  (long long)u->target->run_id);

    if (!rc)
        rc =
            sql_integer(u->db, &stored, err, "SELECT count(*) FROM \"%w\"", schema->id);
    bool is_bulk = rows >= BULK_ROWS && rows >= stored / 4;
    if (!rc && is_bulk)
        rc = store_drop_indexes(u->store, schema, err);
    if (!rc)
        rc = history_take_back(u->store, u->target, schema, u->history, &counts, err);
    if (!rc && is_bulk)
        rc = store_make_indexes(u->store, schema, err);
    u->out->counts.added = counts.added;
    u->out->counts.changed = counts.changed;
    u->out->counts.gone = counts.gone;
    u->out->counts.read = counts.added + counts.changed;
    return rc;
}

static enum im_code put(struct undo *u, bool *is_touched, struct im_error *err)
{
    return store_put_layer(u->store, u->schema_then, u->definition_then, u->style_then,
                           is_touched, err);
}

static enum im_code derive_again(struct undo *u, struct im_error *err)
{
    struct import_counts counts = {0};
    enum im_code rc = IM_OK;

    if (u->kind_then == FACTS_AREAS || u->kind_then == FACTS_ARCS)
        rc = derive_layer(u->store, u->target->layer_id, &counts, err);
    if (!rc && u->kind_then == FACTS_ARCS) {
        u->out->counts.added = counts.added;
        u->out->counts.changed = counts.changed;
        u->out->counts.gone = counts.gone;
    }
    return rc ? rc : store_analyze(u->store, u->target->layer_id, err);
}

static enum im_code restore(struct undo *u, struct im_error *err)
{
    bool is_touched = false;
    bool is_new = !u->schema;
    enum im_code rc = IM_OK;

    if (is_new && u->schema_then)
        rc = put(u, &is_touched, err);
    if (!rc)
        rc = restore_rows(u, err);
    if (!rc && !u->schema_then)
        return store_remove_layer(u->store, u->schema, err);
    if (!rc && !is_new)
        rc = put(u, &is_touched, err);
    if (!rc && !is_touched)
        rc = store_touch_layer(u->store, u->target->layer_id, err);
    return rc ? rc : derive_again(u, err);
}

static enum im_code undo_inside(struct undo *u, struct run *run, struct im_error *err)
{
    enum im_code rc = load_now(u, err);

    if (!rc)
        rc = load_then(u, err);
    if (rc)
        return rc;
    if (!u->schema && !u->schema_then)
        return fail_nothing(u, err);
    run->layer_id = u->target->layer_id;
    run->file_name = u->target->file_name;
    run->undo_of = u->target->run_id;
    rc = run_begin(u->store, run, err);
    u->history = run->history;
    if (!rc)
        rc = restore(u, err);
    if (!rc)
        rc = derive_dependants(u->store, u->target->layer_id, err);
    if (!rc)
        rc = run_log(u->store, run, u->out, true, err);
    return rc ? rc : store_commit(u->store, err);
}

enum im_code import_undo(struct store *store,
                         int64_t run_id,
                         struct im_arena *arena,
                         struct import_report *report,
                         struct im_error *err)
{
    struct undo u = {
        .store = store, .db = store_db(store), .arena = arena, .out = report};
    struct run run = {.origin = "undo"};
    enum im_code rc;

    import_report_init(report);
    run_now(run.started_at);
    rc = store_begin(store, err); /* what may be undone is asked under the lock */
    if (rc)
        return rc;
    rc = choose(&u, run_id, err);
    if (!rc) {
        report->layer_id = u.target->layer_id;
        report->source = u.target->file_name;
        rc = undo_inside(&u, &run, err);
    }
    run_release(&run);
    if (rc) {
        store_rollback(store);
        report->run_id = 0;
    }
    return rc;
}
