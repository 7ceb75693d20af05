/* SPDX-License-Identifier: Apache-2.0 */
/* Bring a foreign file into a layer: plan, check, commit. */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <layers/store.h>

/** What happens to the rows of the layer that the file does not have, and to those it
 *  has. Identity is the key of the layer where the file has one, else the normalised
 *  name with city and operator. */
enum import_mode {
    IMPORT_UPSERT,  /* known rows are changed, new ones added, others stay */
    IMPORT_REPLACE, /* as upsert; rows that the file lacks are removed */
    IMPORT_APPEND   /* new rows are added; a row that is known already is refused */
};

/** Rows that have no position of their own. */
enum import_unplaced {
    IMPORT_UNPLACED_DEFAULT, /* place when no row of the file has one, else refuse */
    IMPORT_UNPLACED_REFUSE,
    IMPORT_UNPLACED_KEEP, /* kept aside, in lists only */
    IMPORT_UNPLACED_PLACE /* by address, district, city; those not found are kept */
};

struct import_options {
    const char *layer_id; /* the target, in the store; NULL: the definition's own */
    const char *definition_path; /* layer.json to put first, NULL: as in the store */
    const char *style_path;      /* style.json, NULL: as in the store */
    bool create;                 /* make the layer from the file itself */
    bool no_clusters;            /* with `create`: not even of many points */
    const char *title; /* with `create`: title of the new layer, NULL: of the file */

    const char *source_layer; /* of a file with several: sheet, table; NULL: the only */
    const char *encoding;     /* overrides what is found: "GB18030" ...; NULL */
    const char *crs; /* overrides the file: "EPSG:4549", WKT, "gcj02", "bd09"; NULL */
    const char *const *map; /* "target=source" ..., NULL-terminated, or NULL */
    const char *const *set; /* "field=value" for all rows, or NULL */
    const char *const
        *fill_down;           /* fields whose blanks repeat the row above, or NULL */
    const char *mapping_path; /* read a mapping saved before, NULL */
    const char *save_mapping_path;
    bool keep_extra;    /* unknown columns become attributes of their own */
    bool keep_personal; /* names, telephones ... of persons are kept */
    bool fix_swap;      /* exchange longitude and latitude where they are swapped */
    bool repair;        /* mend geometry that can be mended, and say so */
    enum import_mode mode;
    enum import_unplaced unplaced;
    bool online;  /* ask the online geocoder for what the names here do not place */
    bool dry_run; /* everything but the commit */
    /** Called now and then; `total` is 0 when not known. May be NULL. */
    void (*progress)(void *ctx, uint64_t rows, uint64_t total);
    void *progress_ctx;
};

struct import_counts {
    uint64_t read; /* = added + changed + unchanged + refused + skipped */
    uint64_t added;
    uint64_t changed;
    uint64_t unchanged;
    uint64_t gone; /* removed from the layer, with IMPORT_REPLACE */
    uint64_t refused;
    uint64_t repaired; /* of the taken: mended with `repair` */
    uint64_t unplaced; /* of the added: kept aside without a position */
    uint64_t skipped;  /* empty rows, totals, notes */
};

/** Something a person should know about one row. */
enum import_event_kind {
    IMPORT_REFUSED,  /* the row is not in; one event for each of its faults */
    IMPORT_WARNED,   /* the row is in, but somebody should look */
    IMPORT_REPAIRED, /* mended with `repair` */
    IMPORT_PLACED,   /* the position was found by a name */
    IMPORT_UNPLACED, /* kept aside: no name was known */
    IMPORT_CHANGED,  /* one for each field of a changed row */
    IMPORT_GONE,     /* removed from the layer */
    IMPORT_EVENT_KINDS
};

/** Texts are terminated UTF-8, never NULL, values cut at 200 bytes; personal data are
 *  never in them. */
struct import_event {
    enum import_event_kind kind;
    const char *source; /* file name without folders */
    const char *sheet;  /* sheet, table or folder inside it, "" when only one */
    uint64_t row;       /* of a sheet its own number, else 1 is the first data row */
    const char *key;    /* of the row in the layer, "" when not known yet */
    const char *name;   /* what the place is called, "" */
    const char *field;  /* "" when the row as a whole */
    const char *value;  /* as found; of IMPORT_CHANGED the value before */
    const char *after;  /* of IMPORT_CHANGED and IMPORT_REPAIRED */
    const char *code;   /* stable, see ARCHITECTURE "What the importer says" */
    const char *reason_zh;
    const char *reason_en;
    const char *suggestion_zh; /* the next step, "" when there is none */
    const char *suggestion_en;
    /* of the first IMPORT_REFUSED of a row: its cells as in the file, one per column,
     * personal columns blanked; else NULL */
    const char *const *cells;
};

/** How one column of the file, or one field without a column, was understood. */
struct import_mapping {
    const char *column; /* of the file, "" when the value comes from elsewhere */
    const char *field;  /* of the layer; "" when the column is not stored */
    const char *how; /* "name", "title", "synonym", "content", "given", "saved", "set",
                        "position", "derived", "extra", "personal", "report",
                           "unknown" */
    const char *note_zh; /* "亩换算为平方公里", "" */
    const char *note_en;
};

/** A remark about the file as a whole. */
struct import_note {
    const char *code;
    const char *zh;
    const char *en;
};

struct import_log; /* all events of a run, on disk */

struct import_report {
    struct import_counts counts;         /* valid also when the import failed */
    uint64_t events[IMPORT_EVENT_KINDS]; /* how many of each kind, all of them */
    int64_t run_id;                      /* 0 when nothing was committed */
    bool is_repeat; /* the same file with the same options was imported before, and
                       nothing differs: nothing was written */
    bool is_dry_run;
    const char *layer_id;
    struct schema_title layer_title; /* NULL when the layer is not known yet */
    const char *mode;                /* "upsert", "replace", "append" */
    const char *source;   /* file name, or address without what is secret in it */
    const char *driver;   /* "CSV", "XLSX" ... */
    const char *sheet;    /* the part of the file that was read, "" */
    const char *encoding; /* "GB18030 (found)", "" when the format says it */
    const char *crs;      /* what was used: "EPSG:4326 (declared by the file)" */
    const char *crs_zh;   /* the same for people who read Chinese; NULL: as `crs` */
    const char *encoding_zh;
    const char *file_hash;  /* XXH3, hexadecimal */
    const char *started_at; /* UTC */
    const char *finished_at;
    const char *const *columns; /* of the file; the cells of a refused row */
    size_t n_columns;
    const struct import_mapping *mappings;
    size_t n_mappings;
    const struct import_note *notes;
    size_t n_notes;
    /* the first events of the kinds a terminal shows, for one; all are in `log` */
    const struct import_event *first;
    size_t n_first;
    struct import_log *log; /* freed by import_report_release */
};
enum { IMPORT_MAX_FIRST = 100 };

/** All events in the order of their making. `each` returns false to stop. The texts
 *  live during the call only. */
IM_CHECKED enum im_code import_report_each(const struct import_report *report,
                                           bool (*each)(void *ctx,
                                                        const struct import_event *e),
                                           void *ctx,
                                           struct im_error *err);
void import_report_release(struct import_report *report);

/**
 * Write the report to a file whose ending says the form: .json, .html or .csv (the
 * refused rows only, as they can be mended and imported again). Texts that a table
 * programme would take for a formula are made harmless.
 */
IM_CHECKED enum im_code import_report_write(const struct import_report *report,
                                            const char *path,
                                            const char *lang, /* "zh" or "en" */
                                            struct im_error *err);

/** Is it a name that import_report_write takes? To be asked before the work. IM_EARG.
 */
IM_CHECKED enum im_code import_report_check_path(const char *path,
                                                 struct im_error *err);

/**
 * One transaction: either all good rows are in, indexed, logged and the layer's version
 * raised, or the database is as before. Bad rows are refused one by one and reported.
 * `path` is a file, a file inside a zip ("list.zip/a.shp"), or an address ("PG:...",
 * "WFS:https://...", "OAPIF:https://..."). The report's texts live in `arena`; it is
 * filled as far as things went also when the import fails. Errors: IM_EDATA the file as
 * a whole, IM_ENOTFOUND file or layer, IM_EBUSY database locked, IM_EIO disk full and
 * the like.
 */
IM_CHECKED enum im_code import_file(struct store *store,
                                    const char *path,
                                    const struct import_options *options,
                                    struct im_arena *arena,
                                    struct import_report *out,
                                    struct im_error *err);

/**
 * The same in three steps, for who wants to show a person each (an upload page):
 *   plan    opens the file, finds the header, maps the columns, decides on the
 *           coordinate system: mappings, notes, columns and crs of the report
 *   check   reads all rows: read, refused, skipped, repaired and the events
 *   commit  one transaction (taken back with `dry_run`): the other counts
 * `path`, `options`, `arena` and `out` stay the caller's and must live until the end.
 * After a step that failed only import_end is left to call.
 */
struct import_session;
IM_CHECKED enum im_code import_plan(struct store *store,
                                    const char *path,
                                    const struct import_options *options,
                                    struct im_arena *arena,
                                    struct import_report *out,
                                    struct import_session **session, /* NULL: failed */
                                    struct im_error *err);
IM_CHECKED enum im_code import_check(struct import_session *session,
                                     struct im_error *err);
IM_CHECKED enum im_code import_commit(struct import_session *session,
                                      struct im_error *err);
void import_end(struct import_session *session); /* NULL is fine */

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
