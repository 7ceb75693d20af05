/* SPDX-License-Identifier: Apache-2.0 */
/* Between the front (open.c: what kind of thing is it, names, header, counting) and the
 * readers behind it. A reader is one function that opens, and a table of calls.
 *
 *   open.c      path -> struct source_input -> which reader; everything of source.h
 *   gdal.c, csv.c, grid.c, geojson.c   the readers
 *   encoding.c, archive.c, document.c, address.c   what open.c asks on the way
 */
#ifndef IMPORT_SOURCE_INTERNAL_H
#define IMPORT_SOURCE_INTERNAL_H

#include "source.h"

#include <cpl_vsi.h>

/* ---- what open.c knows before a reader is tried ---- */

enum { SOURCE_HEAD_BYTES = 4096 };

/** Facts of all bytes of a file, found in one pass (encoding.c). */
struct source_bytes {
    uint64_t size;
    uint64_t hash;          /* XXH3, 64 bit */
    uint64_t bad_utf8_line; /* 1-based line of the first byte that is no UTF-8; 0 */
    uint64_t nul_line;      /* of the first zero byte, 0: none */
    uint64_t longest_line;  /* bytes */
    bool is_ascii;
    bool has_bom; /* UTF-8's */
    bool is_utf16;
};

/** Everything lives until the reader is closed. */
struct source_input {
    /* for VSIFOpenL and GDALOpenEx: an absolute path, or "/vsizip/{/a/b.zip}/c.shp";
       never anything that reaches a network */
    const char *path;
    const char *name; /* for messages: "list.zip/c.shp", without folders before it */
    const char *extension;     /* of `path`, lower case, without the dot; "" */
    struct im_bytes head;      /* the first SOURCE_HEAD_BYTES at most */
    struct source_bytes bytes; /* of a folder: all its files together */
    bool is_folder;            /* .gdb */
    bool is_archived;          /* `path` lies inside a zip: seeking is slow */
    const struct source_options *options; /* never NULL */
};

/* ---- a reader ---- */

/** What a reader says about itself when opened. Texts and `srs` belong to the reader
 *  and live until its close; NULL texts count as "". The front reads these members
 * after every call, so that a reader may change them in choose_sheet. */
struct source_reader {
    const struct source_calls *calls;
    void *self;
    const char *driver; /* "CSV", "XLSX", "GeoJSONSeq" ... */
    const char
        *encoding;     /* "GB18030 (found)", "UTF-8 (given)"; "" the format says it */
    const char *sheet; /* what of several is read */
    size_t n_columns;  /* a grid: the widest of the sheet, or of its first rows */
    const char *const *columns; /* n_columns names, valid UTF-8; NULL for a grid */
    uint64_t rows;              /* 0: not known without reading */
    OGRSpatialReferenceH srs;   /* NULL: not said */
    bool has_geometry;
    bool is_export;
    bool is_grid;
    /* behind a header the rows count from 1 (CSV); else they keep their own number */
    bool counts_from_header;
};

struct source_calls {
    /** Rows in order; `number` is the row's own (sheet), or counts all from 1.
     *  `cells` holds n_columns values, or as many as the last `rewind` asked for. A row
     *  that cannot be read as it stands comes with `fault`. Everything given lives
     * until the next call. IM_EDATA: the file is broken here. */
    enum im_code (*next)(void *self,
                         struct source_row *out,
                         bool *more,
                         struct im_error *err);
    /** To the first row. `width` cells a row from now on (0: n_columns); grids only get
     *  another width: missing cells are null, and a row that has something beyond is a
     *  fault ("too_many_cells"). */
    enum im_code (*rewind)(void *self, size_t width, struct im_error *err);
    void (*close)(void *self);
    /* grids with several sheets; NULL: one sheet "" */
    size_t (*sheets)(void *self);
    struct source_sheet_info (*sheet_at)(void *self, size_t i);
    /** Afterwards at its first row, n_columns and `sheet` are those of the sheet. The
     *  reader is given again, to write to. */
    enum im_code (*choose_sheet)(void *self,
                                 size_t i,
                                 struct source_reader *reader,
                                 struct im_error *err);
};

/** A reader's way in: on success *out is filled, on failure nothing is left behind. */
#define SOURCE_READER(name)                                                            \
    IM_CHECKED enum im_code name(const struct source_input *input,                     \
                                 struct source_reader *out, struct im_error *err)
SOURCE_READER(gdal_open);
SOURCE_READER(csv_open);
SOURCE_READER(grid_open);    /* XLSX, XLS, ODS; sheet `options->layer` when given */
SOURCE_READER(geojson_open); /* GeoJSON (also RFC 8142 text sequences, one per line) */

/* ---- cells ---- */

/** A cell of valid UTF-8: white space (blank, tab, line ends, U+3000, U+00A0, U+FEFF)
 *  cut at both ends; nothing left: null. */
struct source_value source_text(struct im_bytes text);

#endif
