/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of a layer the runs since one of its versions have touched.
 *
 * Certain only when each version in between is that of exactly one run that wrote down
 * its rows (innomap_runs.kept) and left definition and style alone. A derived layer is
 * made anew without writing down, a pruned run has forgotten, and a version that no run
 * accounts for was raised by something else. */
#include "internal.h"

#include <stdlib.h>

struct changes {
    struct store *store;
    const char *layer_id;
    size_t max;
    bool known;
    struct im_buf fids; /* int64_t */
};

/* The newest version, and whether all that happens to the layer is written down. */
static enum im_code
read_newest(struct changes *c, uint64_t *version, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t schema = 0;
    bool row = false;
    enum im_code rc = sql_integer(c->store->db, &schema, err, "PRAGMA user_version");

    c->known = schema >= 2;
    if (rc || !c->known)
        return rc;
    rc = sql_prepare(c->store->db, &stmt, err,
                     "SELECT version, json_type(definition, '$.facts.derive') IS NULL "
                     "FROM innomap_layers WHERE id = %Q",
                     c->layer_id);
    if (!rc)
        rc = sql_step(stmt, &row, err);
    c->known = !rc && row && sqlite3_column_int(stmt, 1);
    if (c->known)
        *version = (uint64_t)sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return rc;
}

/* Of a list of rows added one after the other there may be many. */
static void add_range(struct changes *c, int64_t first, int64_t last)
{
    size_t n = c->fids.len / sizeof first;
    uint64_t more = (uint64_t)last - (uint64_t)first;

    c->known = first <= last && n < c->max && more < c->max - n;
    for (uint64_t i = 0; c->known && i <= more; i++) {
        int64_t fid = first + (int64_t)i;

        im_buf_append(&c->fids, &fid, sizeof fid);
    }
}

static enum im_code read_run(struct changes *c, int64_t run_id, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum im_code rc = sql_prepare(
        c->store->db, &stmt, err,
        "SELECT fid, last_fid FROM innomap_changes WHERE run_id = %lld ORDER BY fid",
        (long long)run_id);

    while (!rc && c->known && !(rc = sql_step(stmt, &row, err)) && row)
        add_range(c, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
    sqlite3_finalize(stmt);
    return rc ? rc : im_buf_check(&c->fids, "list of rows", err);
}

/* Newest first: each run accounts for one version, down to the first after `since`. */
static enum im_code
read_runs(struct changes *c, uint64_t version, uint64_t since, struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum im_code rc =
        sql_prepare(c->store->db, &stmt, err,
                    "SELECT run_id, version, kept AND definition_before IS NULL "
                    "AND style_before IS NULL FROM innomap_runs "
                    "WHERE layer_id = %Q AND outcome = 'changed' ORDER BY run_id DESC",
                    c->layer_id);

    for (; !rc && c->known && version > since; version--) {
        rc = sql_step(stmt, &row, err);
        c->known = !rc && row && sqlite3_column_int64(stmt, 1) == (int64_t)version &&
                   sqlite3_column_int(stmt, 2);
        if (c->known)
            rc = read_run(c, sqlite3_column_int64(stmt, 0), err);
    }
    /* the run before must not claim a version after `since` as well */
    if (!rc && c->known && !(rc = sql_step(stmt, &row, err)) && row)
        c->known = sqlite3_column_int64(stmt, 1) <= (int64_t)since;
    sqlite3_finalize(stmt);
    return rc;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Rising, each once, in `arena`. */
static enum im_code give(struct changes *c,
                         struct im_arena *arena,
                         const int64_t **fids,
                         size_t *n,
                         struct im_error *err)
{
    size_t count = c->fids.len / sizeof **fids;
    int64_t *list = im_arena_calloc(arena, count + 1, sizeof *list);
    size_t kept = 0;

    if (!list)
        return im_fail(err, IM_ENOMEM, "layer '%s': out of memory", c->layer_id);
    if (count) {
        memcpy(list, c->fids.data, c->fids.len);
        qsort(list, count, sizeof *list, by_value);
    }
    for (size_t i = 0; i < count; i++)
        if (i == 0 || list[i] != list[kept - 1])
            list[kept++] = list[i];
    *fids = list;
    *n = kept;
    return IM_OK;
}

enum im_code source_changes(void *self,
                            const char *layer_id,
                            uint64_t since,
                            size_t max,
                            struct im_arena *arena,
                            const int64_t **fids,
                            size_t *n,
                            bool *known,
                            struct im_error *err)
{
    struct changes c = {
        .store = self, .layer_id = layer_id, .max = max, .fids = {.max = SIZE_MAX / 2}};
    uint64_t version = 0;
    enum im_code rc = read_newest(&c, &version, err);

    c.known = c.known && since < version;
    if (!rc && c.known)
        rc = read_runs(&c, version, since, err);
    if (!rc && c.known)
        rc = give(&c, arena, fids, n, err);
    *known = !rc && c.known;
    im_buf_release(&c.fids);
    return rc;
}
