/* SPDX-License-Identifier: Apache-2.0 */
/* Bring a foreign file into a layer: plan, check, commit. */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <layers/store.h>

struct import_options {
    const char *layer_id; /* the target, in the store; NULL: the definition's own */
    const char *definition_path; /* layer.json to put first, NULL: as in the store */
    const char *style_path;      /* style.json, NULL: as in the store */
    const char *source_layer;    /* of a file with several, NULL: the only one */
    const char *crs; /* overrides what the file says: "EPSG:4549", WKT ...; NULL */
    bool dry_run;    /* everything but the commit */
    bool replace;    /* rows of the layer that the file lacks are removed */
    /** Called now and then while rows are read; may be NULL. */
    void (*progress)(void *ctx, uint64_t rows);
    void *progress_ctx;
};

struct import_counts {
    uint64_t read; /* = added + changed + unchanged + refused + skipped */
    uint64_t added;
    uint64_t changed;
    uint64_t unchanged;
    uint64_t gone; /* removed from the layer, with `replace` */
    uint64_t refused;
    uint64_t skipped;  /* wholly empty rows */
    uint64_t unplaced; /* of the added: kept without a position */
};

/** One fault of a refused row (a row may have several), as the report shows it. Texts
 * are terminated UTF-8. */
struct import_problem {
    const char *source; /* file name without folders */
    uint64_t row;       /* 1 is the first data row of the file */
    const char *field;  /* "" when the row as a whole */
    const char *value;  /* as found, cut at 200 bytes */
    const char *code;   /* stable: missing_value, bad_number, out_of_range, bad_code,
                           duplicate_key, bad_geometry, outside_area, bad_text */
    const char *reason_zh;
    const char *reason_en;
};

struct import_report {
    struct import_counts counts;
    int64_t run_id;  /* 0 when nothing was committed */
    bool is_repeat;  /* the same file with the same options was imported before, and
                        nothing differs: nothing was written */
    const char *crs; /* what was used: "EPSG:4326 (declared by the file)" */
    const struct import_problem *problems; /* the first IMPORT_MAX_PROBLEMS */
    size_t n_problems;
    const char *const *unknown_columns; /* of the file, not stored */
    size_t n_unknown_columns;
};
enum { IMPORT_MAX_PROBLEMS = 1000 };

/**
 * One transaction: either all good rows are in, indexed, logged and the layer's version
 * raised, or the database is as before. Bad rows are refused one by one and reported.
 * The report lives in `arena`. Errors: IM_EDATA the file as a whole, IM_ENOTFOUND file
 * or layer, IM_EBUSY database locked, IM_EIO disk full and the like.
 */
IM_CHECKED enum im_code import_file(struct store *store,
                                    const char *path,
                                    const struct import_options *options,
                                    struct im_arena *arena,
                                    struct import_report *out,
                                    struct im_error *err);

/**
 * Import every shipped layer folder of `directory` (each with layer.json, style.json
 * and its facts), then make the derived layers, in one transaction each. Unchanged
 * folders cost a hash. `note` is called once per layer with its report.
 */
struct import_shipped_note {
    const char *layer_id;
    const char *title_zh;
    const char *title_en;
    const struct import_report *report; /* NULL: not imported, see why */
    const char *why_zh;                 /* "", or why it stays as it is or empty */
    const char *why_en;
};
IM_CHECKED enum im_code
import_shipped(struct store *store,
               const char *directory,
               const char *basemap_path, /* NULL: no base map */
               void (*note)(void *ctx, const struct import_shipped_note *n),
               void *ctx,
               struct im_error *err);

#endif
