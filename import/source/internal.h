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

enum {
    SOURCE_HEAD_BYTES = 4096,
    SOURCE_MAX_COLUMNS = 4096,
    SOURCE_MAX_RECORD_BYTES = 1 << 20 /* one row of text */
};

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
    size_t fault_column; /* with `fault` of a row: its column; SIZE_MAX the row */
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
    /** Of a grid: the merged ranges of the sheet, by first row; NULL: none. Their value
     *  stands in the first cell, and the reader has filled it in downwards. */
    size_t (*merges)(void *self, const struct source_merge **out);
};

/** A reader's way in: on success *out is filled, on failure nothing is left behind. */
#define SOURCE_READER(name)                                                            \
    IM_CHECKED enum im_code name(const struct source_input *input,                     \
                                 struct source_reader *out, struct im_error *err)
SOURCE_READER(gdal_open);
SOURCE_READER(csv_open);
SOURCE_READER(grid_open);    /* XLSX, XLS, ODS; sheet `options->layer` when given */
SOURCE_READER(geojson_open); /* GeoJSON (also RFC 8142 text sequences, one per line) */

/* ---- encoding.c ---- */

/** Read all bytes once. `max_line` 0: lines of any length. IM_ELIMIT a line is longer
 *  (found without reading further), IM_EIO. */
IM_CHECKED enum im_code bytes_scan(const char *path,
                                   const char *name,
                                   uint64_t max_line,
                                   struct source_bytes *out,
                                   struct im_error *err);

enum decoded { DECODED, DECODED_CUT /* half a character at the end */, DECODED_BAD };

/** From the bytes of a file to UTF-8, strictly. */
struct decoder {
    void *cd;      /* iconv_t; NULL: UTF-8 */
    char name[40]; /* for iconv: "UTF-8", "GB18030" ... */
};
/** The name as people and files write it: "GBK", "936", "ANSI 936", "utf8", "cp1252"
 * ... (GBK, GB2312 and code page 936 are read as GB18030, which holds them). IM_EARG
 * not known. */
IM_CHECKED enum im_code
decoder_init(struct decoder *decoder, const char *name, struct im_error *err);
void decoder_release(struct decoder *decoder);
/** Appends to `out`; nothing is appended unless all of it could be decoded. */
enum decoded
decoder_append(struct decoder *decoder, struct im_bytes text, struct im_buf *out);

/** What the texts of a file (lines, cells) say about its encoding. */
struct evidence {
    struct decoder gb18030;
    struct decoder declared; /* name "": nothing is declared */
    struct im_buf scratch;
    uint64_t n; /* texts that are not ASCII */
    uint64_t n_utf8;
    uint64_t n_gb18030;
    uint64_t n_declared;
    uint64_t first_bad; /* number of the first text that is neither; 0: none */
};
/** `declared` NULL or not known: none. */
IM_CHECKED enum im_code
evidence_init(struct evidence *evidence, const char *declared, struct im_error *err);
void evidence_add(struct evidence *evidence, struct im_bytes text, uint64_t number);
/** UTF-8 when every text is; else what is declared when nearly all are; else UTF-8 or
 *  GB18030 when nearly all are: the others are rows that cannot be read. NULL: none. */
const char *evidence_decide(const struct evidence *evidence);
void evidence_release(struct evidence *evidence);

/** Find the encoding of a text file, line by line. `given` wins. *found: for
 * decoder_init; *shown for the report. IM_EDATA: none fits, with the line. */
IM_CHECKED enum im_code encoding_of_text(const struct source_input *input,
                                         struct decoder *decoder,
                                         const char **shown,
                                         struct im_error *err);
/** "GB18030 (found)" and the like; static for the encodings that can be found. */
const char *encoding_shown(const char *name, bool is_given);

/* ---- cells ---- */

/** A cell of valid UTF-8: white space (blank, tab, line ends, U+3000, U+00A0, U+FEFF)
 *  cut at both ends; nothing left: null. */
struct source_value source_text(struct im_bytes text);

#endif
