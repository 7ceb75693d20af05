/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the importer, not by anyone else.
 *
 *   file.c      the bytes: size, hash, is it UTF-8
 *   facts.c     where a definition says that its rows come from
 *   reader.c    GDAL: columns and rows of a foreign file
 *   crs.c       coordinate systems into EPSG:4326
 *   shape.c     GDAL's geometries into ours, checked
 *   plan.c      which column is which field, where the position is
 *   check.c     one row: values and geometry, or problems
 *   stage.c     the good rows, out of memory, in Hilbert order
 *   commit.c    stage against table: added, changed, unchanged, gone
 *   run.c       the import log and fingerprints
 *   derive.c    layers made from others
 *   job.c       one layer from plan to commit; import.c and shipped.c call it
 */
#ifndef IMPORT_INTERNAL_H
#define IMPORT_INTERNAL_H

#include <import/import.h>
#include <layers/sql.h>

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

/* ---- file.c ---- */

struct file_facts {
    const char *name; /* without folders; borrowed from the path */
    uint64_t size;
    uint64_t hash; /* XXH3, 64 bit */
    uint64_t
        bad_utf8_line; /* 1-based line of the first byte that is no UTF-8; 0: none */
    bool has_nul;      /* that line holds a zero byte */
    bool is_utf16;
};
/** Read the whole file once. IM_ENOTFOUND, IM_EDATA no ordinary file, IM_EENV, IM_EIO.
 */
IM_CHECKED enum im_code
file_scan(const char *path, struct file_facts *out, struct im_error *err);
/** A small text file whole (definitions and styles, at most 1 MiB, valid UTF-8). */
IM_CHECKED enum im_code file_read_text(const char *path,
                                       struct im_arena *arena,
                                       struct im_bytes *out,
                                       struct im_error *err);

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

/* ---- reader.c ---- */

struct reader {
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRFeatureDefnH columns;
    const char *driver; /* "CSV", "GeoJSON" ... */
    bool has_geometry;
    OGRFeatureH feature; /* the current row */
    uint64_t row;        /* its number, 1 is the first */
};
IM_CHECKED enum im_code reader_open(struct reader *reader,
                                    const char *path,
                                    const struct file_facts *file,
                                    const char *source_layer,
                                    struct im_error *err);
IM_CHECKED enum im_code
reader_next(struct reader *reader, bool *more, struct im_error *err);
void reader_release(struct reader *reader);
size_t reader_columns(const struct reader *reader);
const char *reader_column(const struct reader *reader, size_t i);
/** A cell of the current row; lists are joined by ';', dates are ISO 8601. Text lives
 * as long as the row or `arena`. Empty text is null. */
struct source_value
reader_cell(const struct reader *reader, size_t i, struct im_arena *arena);

/* ---- crs.c ---- */

struct crs_transform {
    OGRCoordinateTransformationH ct; /* NULL: the numbers are EPSG:4326 already */
};
/** From what a person wrote: a code, WKT, PROJJSON or a PROJ string; longitude or east
 *  comes first in the data whatever the system says. */
IM_CHECKED enum im_code
crs_from_text(const char *text, struct crs_transform *out, struct im_error *err);
/** From what the file declares. *name in `arena`. */
IM_CHECKED enum im_code crs_from_layer(OGRSpatialReferenceH srs,
                                       struct im_arena *arena,
                                       struct crs_transform *out,
                                       const char **name,
                                       struct im_error *err);
void crs_release(struct crs_transform *crs);
/** Transform one position in place. False when it has none in EPSG:4326. */
bool crs_apply(const struct crs_transform *crs, double *x, double *y);

/* ---- problems ---- */

/** Why a value or geometry is refused; static texts or texts of the arena. */
struct refusal {
    const char *code; /* NULL: nothing is wrong */
    const char *zh;
    const char *en;
};

/* ---- shape.c ---- */

/** Everything in EPSG:4326, checked against the layer's kind and the area of interest.
 */
struct refusal shape_from_ogr(OGRGeometryH geometry,
                              const struct crs_transform *crs,
                              const struct layer_schema *schema,
                              struct im_arena *arena,
                              struct geom *out);
struct refusal shape_from_position(double x,
                                   double y,
                                   const struct crs_transform *crs,
                                   const struct layer_schema *schema,
                                   struct im_arena *arena,
                                   struct geom *out);

/* ---- plan.c ---- */

enum position_kind { POSITION_NONE, POSITION_GEOMETRY, POSITION_COLUMNS };

struct plan {
    const struct layer_schema *schema;
    int *column_of_field; /* per field; -1: the file lacks it */
    enum position_kind position;
    int lon_column; /* POSITION_COLUMNS */
    int lat_column;
    struct crs_transform crs;
    const char *crs_text; /* for the report */
    const char **unknown; /* columns that are not stored */
    size_t n_unknown;
};
IM_CHECKED enum im_code plan_make(struct plan *plan,
                                  const struct reader *reader,
                                  const struct layer_schema *schema,
                                  const struct facts *facts,
                                  const char *crs,
                                  struct im_arena *arena,
                                  struct im_error *err);
void plan_release(struct plan *plan);

/* ---- report (job.c) ---- */

struct report {
    struct import_report *out;
    struct import_problem *problems; /* IMPORT_MAX_PROBLEMS of them */
    const char *source;
    struct im_arena *arena;
};
void report_problem(struct report *report,
                    uint64_t row,
                    const char *field,
                    struct im_bytes value,
                    struct refusal why);

/* ---- check.c ---- */

struct checked_row {
    struct source_value *values; /* per field of the schema */
    struct geom geom;
    bool is_empty; /* every cell is */
    bool is_good;
    bool has_key;
};
void check_row(const struct plan *plan,
               const struct reader *reader,
               struct im_arena *arena,
               struct report *report,
               struct checked_row *out);

/* ---- stage.c ---- */

enum stage_action { STAGE_SAME, STAGE_ADD, STAGE_CHANGE };

struct stage_entry {
    uint64_t hilbert;
    uint64_t offset; /* of the record in the spill file */
    int64_t fid;     /* of the stored row, 0 when it is new */
    enum stage_action action;
};

struct stage {
    const struct layer_schema *schema;
    const bool *has_field; /* per field: does this import say anything about it */
    bool has_geom;
    FILE *spill;
    uint64_t spilled;
    struct stage_entry *entries;
    size_t n;
    size_t cap;
    struct stage_key *keys; /* open addressing */
    size_t n_keys;
    size_t key_cap; /* a power of two */
    const uint8_t *map;
    struct im_buf record; /* scratch */
};

/** A row read back; views into the spill file. */
struct stage_row {
    struct source_value *values; /* per field; caller's array */
    struct im_bytes blob;        /* empty: no position */
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
IM_CHECKED enum im_code stage_add(struct stage *stage,
                                  const struct source_value *values,
                                  const struct geom *geom,
                                  struct im_error *err);
/** No more rows come: sort along the Hilbert curve, rows without position last. */
IM_CHECKED enum im_code stage_finish(struct stage *stage, struct im_error *err);
void stage_read(const struct stage *stage, size_t i, struct stage_row *out);

/* ---- commit.c ---- */

/** Inside the store's transaction: bring the layer's table to what the stage holds.
 *  Adds to added, changed, unchanged, gone and unplaced. */
IM_CHECKED enum im_code commit_stage(struct store *store,
                                     struct stage *stage,
                                     bool replace,
                                     struct import_counts *counts,
                                     struct im_error *err);

/* ---- run.c ---- */

struct run {
    const char *layer_id;
    const char *origin; /* "file", "shipped", "derived" */
    const struct file_facts *file;
    uint64_t fingerprint;
    char started_at[24];
};
/** UTC, ISO 8601. */
void run_now(char out[24]);
uint64_t run_fingerprint(const struct file_facts *file,
                         struct im_bytes definition,
                         struct im_bytes style,
                         const char *layer_id,
                         const char *crs,
                         const char *source_layer,
                         bool replace);
/** The newest run of this layer and origin (NULL: any) has this fingerprint. */
IM_CHECKED enum im_code run_is_repeat(struct store *store,
                                      const char *layer_id,
                                      const char *origin,
                                      uint64_t fingerprint,
                                      bool *out,
                                      struct im_error *err);
IM_CHECKED enum im_code run_log(struct store *store,
                                const struct run *run,
                                struct import_report *report,
                                bool changed,
                                struct im_error *err);

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
    const char *layer_id;
    const char *path; /* NULL: definition and style only */
    const char *source_layer;
    const char *crs;
    const char *origin;
    struct im_bytes definition; /* empty: as in the store */
    struct im_bytes style;
    bool has_style;
    bool dry_run;
    bool replace;
    const struct file_facts *file; /* of a file scanned before; NULL: not yet */
    void (*progress)(void *ctx, uint64_t rows);
    void *progress_ctx;
};
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

#endif
