/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the importer, not by anyone else.
 *
 *   source/     a foreign file as rows
 *   text/       what people write into cells
 *   plan/       which column is which field, what a row comes to
 *   place/      coordinate systems, geometry, places by name
 *   report/     what the importer has to tell
 *   facts.c     where a definition says that its rows come from
 *   stage.c     the good rows, out of memory, in Hilbert order
 *   identity.c  which place is it, where the file has no key
 *   likely.c    rows to be added that may be there already
 *   alike.c     which two may be one place
 *   commit.c    stage against table: added, changed, unchanged, gone
 *   compare.c   one row against its stored one, and what is told of it
 *   run.c       the import log and fingerprints
 *   derive.c    layers made from others
 *   job.c       one layer from plan to commit; import.c and shipped.c call it
 */
#ifndef IMPORT_INTERNAL_H
#define IMPORT_INTERNAL_H

#include "plan/plan.h"
#include "source/file.h"

#include <import/import.h>
#include <layers/history.h>
#include <layers/sql.h>

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

/* ---- facts.c ---- */

enum facts_kind { FACTS_NONE, FACTS_FILE, FACTS_BASEMAP, FACTS_AREAS, FACTS_ARCS };

/** `facts` of a definition (ARCHITECTURE, "layer.json"); NULL what is not given. */
struct facts {
    enum facts_kind kind;
    const char *file;
    const char *lon;
    const char *lat;
    const char *crs;
    const char *basemap; /* layer of the base map file */
    const char *code;
    const char *areas;
    const char *points;
    const char *from;
    const char *origin;
};
IM_CHECKED enum im_code facts_parse(struct im_bytes definition,
                                    struct im_arena *arena,
                                    struct facts *out,
                                    struct im_error *err);
/* Is it JSON with a list of style layers? Whether each can be drawn is for the tiles to
 * say: a faulty one is left out of the map and reported. */
IM_CHECKED enum im_code
facts_check_style(const char *path, struct im_bytes style, struct im_error *err);

/* ---- stage.c ---- */

enum stage_action {
    STAGE_SAME,
    STAGE_ADD,
    STAGE_CHANGE,
    STAGE_UNKNOWN, /* its key was made from its identity, and no stored row has it */
    STAGE_LEFT     /* refused, here or before: not written */
};

/* Bits. KEEP_PLACE: without a position, or with one found by a name: a stored one is
 * better. SAME_PLACE: that of the stored row stays as it is. */
enum stage_flag {
    STAGE_MADE_KEY = 1, /* the file has no key for it */
    STAGE_REFUSED = 2,  /* with IMPORT_REPLACE only: its stored row is not gone */
    STAGE_KEEP_PLACE = 4,
    STAGE_SAME_PLACE = 8
};

struct stage_entry {
    uint64_t hilbert;
    uint64_t offset; /* of the record in the spill file */
    int64_t fid;     /* of the stored row, 0 when it is new */
    uint32_t len;    /* of the record */
    uint8_t action;  /* enum stage_action */
    uint8_t flags;   /* enum stage_flag */
};

struct stage {
    const struct layer_schema *schema;
    const bool *has_field;  /* per field: does this import say anything about it */
    const bool *is_derived; /* per field: for new rows only; NULL: none */
    bool has_geom;
    bool find_likely; /* warn of likely duplicates */
    bool was_large;   /* too many rows to look for them; set by commit_stage */
    struct history_writer *history; /* told what commit_stage does; NULL: nobody */
    FILE *spill;
    uint64_t spilled;
    struct stage_entry *entries;
    size_t n;
    size_t cap;
    struct stage_key *keys; /* open addressing */
    size_t n_keys;
    size_t key_cap;       /* a power of two */
    struct im_buf record; /* scratch of stage_add */
    struct im_buf read;   /* of stage_read */
    bool is_broken;       /* a row could not be read back */
};

/** A row read back; views live until the next is read. */
struct stage_row {
    uint64_t row;                /* of the file */
    const char *sheet;           /* "" when there is only one */
    struct source_value *values; /* per field; caller's array */
    struct im_bytes blob;        /* empty: no position */
    struct im_bytes lineage;     /* JSON of what was done to it; empty: nothing */
    struct im_bytes cells;       /* terminated texts, one after another; or empty */
};
IM_CHECKED enum im_code stage_init(struct stage *stage,
                                   const struct layer_schema *schema,
                                   const bool *has_field,
                                   bool has_geom,
                                   struct im_error *err);
void stage_release(struct stage *stage);
/** Remember a key. *first_row: 0 when it is new, else the row that had it before. */
IM_CHECKED enum im_code stage_key(struct stage *stage,
                                  const struct source_value *key,
                                  uint64_t row,
                                  uint64_t *first_row,
                                  struct im_error *err);
bool stage_has_key(const struct stage *stage, const struct source_value *key);
/** Where a row comes from (NULL: it was made here); `flags` of enum stage_flag. */
struct stage_origin {
    uint64_t row;
    const char *sheet;
    struct im_bytes lineage; /* JSON of what was done to the position; empty: nothing */
    unsigned flags;
    const char *const *cells; /* of a row that may yet be refused, or NULL */
    size_t n_cells;
};
IM_CHECKED enum im_code stage_add(struct stage *stage,
                                  const struct source_value *values,
                                  const struct geom *geom,
                                  const struct stage_origin *origin,
                                  struct im_error *err);
/** No more rows come: sort along the Hilbert curve, rows without position last. */
IM_CHECKED enum im_code stage_finish(struct stage *stage, struct im_error *err);
void stage_read(struct stage *stage, size_t i, struct stage_row *out);
uint64_t stage_row_number(struct stage *stage, size_t i);
/** Could all rows be read back? Asked once at the end. */
IM_CHECKED enum im_code stage_check(const struct stage *stage, struct im_error *err);

/* ---- commit.c ---- */

/** Inside the store's transaction: bring the layer's table to what the stage holds.
 *  Adds to added, changed, unchanged, gone, refused and unplaced of the report; tells
 *  its log, when it has one, what changed, went, was known already, may be double. */
IM_CHECKED enum im_code commit_stage(struct store *store,
                                     struct stage *stage,
                                     enum import_mode mode,
                                     struct import_report *report,
                                     struct im_error *err);

/* ---- compare.c ---- */

/** A column of a stored row; a text lives until the next step. */
void stored_value(sqlite3_stmt *stmt, int column, struct source_value *out);

/* ---- run.c ---- */

struct run {
    const char *layer_id;
    const char *origin;    /* "file", "shipped", "derived" */
    const char *file_name; /* "" when there is none */
    uint64_t file_size;
    uint64_t file_hash;
    enum import_mode mode;
    uint64_t fingerprint;
    char started_at[24];
    int64_t undo_of;                      /* the run that this one takes back; 0 */
    const struct import_options *options; /* for the log; NULL: none */
    struct history_writer *history;       /* from run_begin on */
};
/** UTC, ISO 8601. */
void run_now(char out[24]);
/** Over everything that decides what comes out: file, definition, style, options. */
uint64_t run_fingerprint(const struct run *run,
                         struct im_bytes definition,
                         struct im_bytes style,
                         const struct import_options *options);
/** The newest run of this layer and origin (NULL: any) has this fingerprint. */
IM_CHECKED enum im_code run_is_repeat(struct store *store,
                                      const char *layer_id,
                                      const char *origin,
                                      uint64_t fingerprint,
                                      bool *out,
                                      struct im_error *err);
/** First in the transaction of a run: gives it its id and a history to tell. */
IM_CHECKED enum im_code
run_begin(struct store *store, struct run *run, struct im_error *err);
/** Last before the commit: the line in the log, and what it takes to go back. */
IM_CHECKED enum im_code run_log(struct store *store,
                                const struct run *run,
                                struct import_report *report,
                                bool changed,
                                struct im_error *err);
/** A run that came to nothing, in a transaction of its own. Best effort: where nothing
 *  can be written there is no line. Mistakes in the command line are not logged. */
void run_log_failure(struct store *store,
                     const struct run *run,
                     const struct import_report *report,
                     const struct im_error *why);
void run_release(struct run *run);
const char *run_mode_name(enum import_mode mode);

/* ---- derive.c ---- */

/** Make the geometry (areas) or all rows (arcs) of a derived layer anew from the tables
 *  it is made from; other layers are left alone. Inside a transaction; raises no
 * version.
 */
IM_CHECKED enum im_code derive_layer(struct store *store,
                                     const char *layer_id,
                                     struct import_counts *counts,
                                     struct im_error *err);
/** The same for every layer that is made from `layer_id`, and what is made from those;
 *  versions are raised where something changed. */
IM_CHECKED enum im_code
derive_dependants(struct store *store, const char *layer_id, struct im_error *err);

/* ---- job.c ---- */

/** One layer, once: all that import_file and import_shipped have to say. */
struct job {
    const char *path; /* NULL: definition and style only */
    const char *origin;
    struct im_bytes definition; /* empty: as in the store */
    struct im_bytes style;
    bool has_style;
    struct import_options options; /* layer_id, crs ... */
};
/** The first of the three steps; import_check, import_commit and import_end follow. */
IM_CHECKED enum im_code job_plan(struct store *store,
                                 const struct job *job,
                                 struct im_arena *arena,
                                 struct import_report *out,
                                 struct import_session **session,
                                 struct im_error *err);
/** All three. */
IM_CHECKED enum im_code job_run(struct store *store,
                                const struct job *job,
                                struct im_arena *arena,
                                struct import_report *out,
                                struct im_error *err);
/** Definition and style of a layer in the store. IM_ENOTFOUND names the layers there.
 */
IM_CHECKED enum im_code job_catalog(struct store *store,
                                    const char *layer_id,
                                    struct im_arena *arena,
                                    struct im_bytes *definition,
                                    struct im_bytes *style,
                                    struct im_error *err);

/** What the file calls a field; its own name when no column says it. Borrowed. */
const char *job_column_of(const struct import_report *report, const char *field);

#endif
