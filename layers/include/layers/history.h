/* SPDX-License-Identifier: Apache-2.0 */
/* What each run did to its layer, and the layer as it was after an earlier run.
 *
 * The history of a layer is one line of runs in the order of time. An undo is a run
 * like any other: it writes down what it changes and can be undone. So the layer after
 * run R follows from the rows as they are now and what the runs after R have written
 * down, newest last, whatever of them was undone. */
#ifndef LAYERS_HISTORY_H
#define LAYERS_HISTORY_H

#include <layers/store.h>

/* ---- writing it down (import only) ---- */

struct history_writer;

/**
 * Inside the transaction of a run, before it changes anything: takes the next run id,
 * and remembers definition, style and columns of the layer, which need not exist yet.
 */
IM_CHECKED enum im_code history_begin(struct store *store,
                                      const char *layer_id,
                                      struct history_writer **out,
                                      struct im_error *err);
int64_t history_run_id(const struct history_writer *history);
/** After the row was inserted. Rows inserted one after the other cost one line. */
IM_CHECKED enum im_code
history_added(struct history_writer *history, int64_t fid, struct im_error *err);
/** Before the row is changed, once for each row of a run. */
IM_CHECKED enum im_code
history_changed(struct history_writer *history, int64_t fid, struct im_error *err);
/** Before the row is deleted; also takes the lineage of its key back. */
IM_CHECKED enum im_code
history_gone(struct history_writer *history, int64_t fid, struct im_error *err);
/** Of a row that was added or changed and whose position this run says: JSON of what
 *  was done to it; empty: given as it is, so an older lineage no longer holds. `key`
 *  NULL: of the row that history_changed was told of last. */
IM_CHECKED enum im_code history_lineage(struct history_writer *history,
                                        const struct source_value *key,
                                        struct im_bytes position,
                                        struct im_error *err);
/** After the line of the run is in innomap_runs: adds to it what it takes to go back.
 *  Nothing when the run changed nothing. */
IM_CHECKED enum im_code history_end(struct history_writer *history,
                                    struct im_error *err);
void history_free(struct history_writer *history); /* NULL is fine */

/* ---- reading it ---- */

/** One line of innomap_runs; texts are never NULL unless said so. */
struct history_run {
    int64_t run_id;
    const char *layer_id;
    const char *origin; /* "file", "shipped", "derived", "undo" */
    const char *file_name;
    const char *driver;
    const char *mode;
    const char *encoding;
    const char *crs;
    const char *options; /* JSON */
    const char *who;
    const char *started_at;
    const char *finished_at;
    const char *outcome; /* "changed", "unchanged", "failed" */
    const char *message;
    const char *message_zh;
    const char *definition_before; /* NULL: not changed; "": there was no layer */
    const char *style_before;      /* NULL: not changed */
    const char *columns;           /* JSON: names, in the order of a record's values */
    int64_t n_read;
    int64_t n_added;
    int64_t n_changed;
    int64_t n_unchanged;
    int64_t n_gone;
    int64_t n_refused;
    int64_t n_repaired;
    int64_t n_unplaced;
    int64_t n_skipped;
    int64_t version;   /* of the layer afterwards */
    int64_t n_bytes;   /* what the rows before take */
    int64_t undo_of;   /* 0: no undo */
    int64_t undone_by; /* 0: in effect (or an undo itself) */
    bool is_kept;      /* the rows before are there */
    /* The content before and after, named by the run that first brought it about; 0:
     * before all. Runs that changed nothing have the same twice. */
    int64_t before;
    int64_t after;
};

/** The runs of a layer, oldest first, also of one that is no longer there; NULL: of all
 *  layers. IM_ENOTFOUND when the database knows neither layer nor run of that name. */
IM_CHECKED enum im_code history_list(struct store *store,
                                     const char *layer_id,
                                     struct im_arena *arena,
                                     struct history_run **out,
                                     size_t *n,
                                     struct im_error *err);

/**
 * Which of the runs a person means: a run id, or a date or time in UTC ("2026-11-21"
 * means the end of that day, "2026-11-21T08:00:00Z"). *run is the newest one until then
 * (its index), `n` when there was none. IM_EARG neither; IM_ENOTFOUND a run that is not
 * among them.
 */
IM_CHECKED enum im_code history_find(const struct history_run *runs,
                                     size_t n,
                                     const char *text,
                                     size_t *run,
                                     struct im_error *err);

/**
 * The rows of a layer after one of its runs, by fid. The transaction it reads in lasts
 * until it is closed. Errors of opening: IM_ENOTFOUND the layer was not there then, or
 * what it takes to go back is no longer kept.
 */
struct history_scan;
struct history_scan_info {
    const char *definition; /* of that time */
    const char *style;
    const struct layer_schema *schema;
    uint64_t version;       /* of the layer */
    const char *changed_at; /* UTC */
    int64_t run_id;         /* that brought this content; 0: none is known */
};
/** `as_of`: as history_find takes it; NULL: as the layer is now. Texts in `arena`. */
IM_CHECKED enum im_code history_scan_open(struct store *store,
                                          const char *layer_id,
                                          const char *as_of,
                                          struct im_arena *arena,
                                          struct history_scan **out,
                                          struct history_scan_info *info,
                                          struct im_error *err);
/** As source_next: borrowed until the next call. */
IM_CHECKED enum im_code history_scan_next(struct history_scan *scan,
                                          struct source_feature *out,
                                          bool *more,
                                          struct im_error *err);
void history_scan_close(struct history_scan *scan); /* NULL is fine */

/* ---- going back (inside a transaction) ---- */

/**
 * Bring the rows of the layer from after this run to before it; the indexes of the
 * layer must be there. What changes is written to `history`. Counts rows.
 */
struct history_counts {
    uint64_t added;
    uint64_t changed;
    uint64_t gone;
};
IM_CHECKED enum im_code history_take_back(struct store *store,
                                          const struct history_run *run,
                                          const struct layer_schema *schema,
                                          struct history_writer *history,
                                          struct history_counts *counts,
                                          struct im_error *err);

/* ---- keeping it small ---- */

struct history_pruned {
    uint64_t runs;  /* that can no longer be undone */
    uint64_t bytes; /* that their rows took */
    uint64_t kept;  /* runs that still can */
};
/** Forget the rows before all runs but the newest `keep` that have them, or (`before`
 *  not NULL) before the runs that ended earlier than that time. A transaction of its
 *  own. The log stays. */
IM_CHECKED enum im_code history_prune(struct store *store,
                                      const char *layer_id,
                                      uint64_t keep,
                                      const char *before,
                                      struct history_pruned *out,
                                      struct im_error *err);

#endif
