/* SPDX-License-Identifier: Apache-2.0 */
/* A foreign file as rows: cells and geometry as they came, nothing understood yet.
 *
 *   locate.c    the file behind a path, in folders and zips
 *   open.c      what kind of thing is it, and who reads it
 *   rows.c      its rows
 *   gdal.c      GDAL's drivers
 *   csv.c       CSV, as a grid
 *   grid.c      sheets of XLSX, XLS, ODS, as a grid
 *   geojson.c   GeoJSON and GeoJSONSeq, feature by feature
 *   format.c    the formats, how they are known, how large they may be
 *   encoding.c  which encoding are these bytes
 *   archive.c   inside of a zip, its bounds
 *   dataset.c   which file of a folder or zip
 *   document.c  what arrives as .doc, .wps, .pdf ... and what to do about it
 *   address.c   PostGIS, WFS, OGC API Features
 *
 * A grid (CSV, sheet) has no names of its own: all its rows come, from the first, with
 * columns "1", "2", ... until source_set_header says which rows are the header.
 */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include <engine/feature_source.h>
#include <layers/export.h>

#include <ogr_api.h>
#include <ogr_srs_api.h>

/** Why a row, value or geometry is refused; static texts or texts of an arena. */
struct refusal {
    const char *code; /* NULL: nothing is wrong */
    const char *zh;
    const char *en;
    const char *suggestion_zh; /* NULL: none */
    const char *suggestion_en;
};

enum source_dropped { /* bits; said once in the report */
                      SOURCE_DROPPED_Z = 1,
                      SOURCE_DROPPED_M = 2,
                      SOURCE_LINEARISED = 4 /* curves, to SOURCE_ARC_STEP_DEGREES */
};
enum { SOURCE_ARC_STEP_DEGREES = 4 };

/** One row. Everything is borrowed until the next call of source_next. */
struct source_row {
    uint64_t number;   /* of a sheet its own row, else 1 is the first data row */
    const char *sheet; /* sheet, table, KML folder; "" when there is only one */
    const struct source_value *cells; /* one per column; texts are valid UTF-8 without
                                         zero bytes, white space at the ends cut,
                                         else as in the file; empty text is null */
    struct geom geom;     /* in the file's own coordinates, x (east, longitude) first;
                             kind GEOM_EMPTY: none. Rings as they came: not closed, not
                             oriented, not checked */
    unsigned dropped;     /* enum source_dropped */
    struct refusal fault; /* code != NULL: the row cannot be read as it stands */
    const char *fault_field; /* "" the row */
    struct im_bytes fault_value;
};

struct source_options {
    const char *layer;    /* of several; NULL: the only one */
    const char *encoding; /* NULL: found */
};

/** What is read, for --help and README. */
struct source_format {
    const char *name;
    const char *endings;
    uint64_t max_bytes; /* held in memory as a whole; 0: streamed, of any size */
};
const struct source_format *source_formats(size_t *n);

/** What is not read of a source, once for all rows; static texts or those of `source`.
 */
struct source_note {
    const char *code; /* NULL: nothing to say */
    const char *zh;
    const char *en;
};

struct source;

/**
 * `path` as import_file has it. Errors: IM_ENOTFOUND, IM_EDATA (not readable, not
 * supported, several layers: they are listed), IM_ELIMIT too large for its format,
 * IM_EENV no permission.
 */
IM_CHECKED enum im_code source_open(const char *path,
                                    const struct source_options *options,
                                    struct source **out,
                                    struct im_error *err);
void source_close(struct source *source); /* NULL is fine */

/** Facts for the report; never NULL, live as long as the source. */
const char *source_name(const struct source *source); /* without folders, secrets */
const char *source_driver(const struct source *source);
const char *source_encoding(const struct source *source); /* "GB18030 (found)", "" */
const char *source_sheet(const struct source *source);    /* what is read of it, "" */
uint64_t source_size(const struct source *source);        /* bytes, 0: an address */
uint64_t
source_hash(const struct source *source); /* XXH3 of the bytes, 0: an address */
uint64_t source_rows(const struct source *source); /* 0: not known without reading */
struct source_note source_note(const struct source *source);
/** The mark of `innomap export` (layers/export.h): a member of GeoJSON, the last column
 *  of a grid. */
#define SOURCE_EXPORT_MARK EXPORT_MARK
/** A file that `innomap export` wrote (it says so in itself): rows without position
 *  were so in the layer. Its mark is no column, and the apostrophes that keep formulas
 *  harmless are taken away, as in a file of refused rows. */
bool source_is_export(const struct source *source);

bool source_is_grid(const struct source *source);
size_t source_columns(const struct source *source);
const char *source_column(const struct source *source, size_t i);
/** Does any row come with a geometry of its own? */
bool source_has_geometry(const struct source *source);
/** NULL: the file does not say. Borrowed. Axis mapping is set so that x comes first. */
OGRSpatialReferenceH source_srs(const struct source *source);

/** The next row; *more is false at the end. IM_EDATA: the file is broken here. */
IM_CHECKED enum im_code source_next(struct source *source,
                                    struct source_row *out,
                                    bool *more,
                                    struct im_error *err);
/** To the first row again (behind the header of a grid). */
IM_CHECKED enum im_code source_rewind(struct source *source, struct im_error *err);

/* ---- grids ---- */

struct source_sheet_info {
    const char *name;
    bool is_hidden;
};
/** The sheets of a workbook; one with the name "" for CSV. */
size_t source_sheets(const struct source *source);
struct source_sheet_info source_sheet_at(const struct source *source, size_t i);
/** Read sheet `i` from now on, from its first row, without a header. */
IM_CHECKED enum im_code
source_choose_sheet(struct source *source, size_t i, struct im_error *err);
/** A range of merged cells: both ends are in it; rows as source_row.number, columns
 * from 0. The value is in its first cell; source_next gives it in the first column of
 * each row of the range, never in other columns: what it says of them only a header
 * knows. */
struct source_merge {
    uint64_t first_row;
    uint64_t last_row;
    size_t first_column;
    size_t last_column;
};
/** Of the chosen sheet, by first row. Borrowed until another sheet is chosen. */
size_t source_merges(const struct source *source, const struct source_merge **out);
/** Rows up to and including `last_row` (a sheet's own number; for CSV 1 is the first
 *  record) are no data; the columns are called `names` (copied). Afterwards rows of CSV
 *  count from 1 behind the header, those of a sheet keep their own number. Rewinds. */
IM_CHECKED enum im_code source_set_header(struct source *source,
                                          uint64_t last_row,
                                          const char *const *names,
                                          size_t n_names,
                                          struct im_error *err);

#endif
