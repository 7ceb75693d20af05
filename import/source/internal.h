/* SPDX-License-Identifier: Apache-2.0 */
/* Between the front (what kind of thing is it, names, header, counting) and the readers
 * behind it. A reader is one function that opens, and a table of calls.
 *
 *   locate.c    path -> struct source_input
 *   open.c      which reader
 *   rows.c      facts, rows, headers: the rest of source.h
 *   gdal.c, csv.c, grid.c, geojson.c   the readers
 *   encoding.c, archive.c, document.c, address.c   what open.c asks on the way
 */
#ifndef IMPORT_SOURCE_INTERNAL_H
#define IMPORT_SOURCE_INTERNAL_H

#include "file.h"
#include "source.h"

#include <cpl_http.h>
#include <cpl_vsi.h>

/* ---- what is known before a reader is tried ---- */

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
    const char *extension;         /* of `path`, lower case, without the dot; "" */
    const char *format;            /* name of a struct source_format */
    struct im_bytes head;          /* the first SOURCE_HEAD_BYTES at most */
    struct source_bytes bytes;     /* of a folder: all its files together */
    bool is_folder;                /* .gdb */
    bool is_archived;              /* `path` lies inside a zip: seeking is slow */
    const char *zip_encoding;      /* of the names in it, NULL */
    const struct address *address; /* NULL: a file; `path` is empty else */
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
    struct source_note note; /* code NULL: none */
    bool is_export;
    bool is_grid;
    /* behind a header the rows count from 1 (CSV); else they keep their own number */
    bool counts_from_header;
};

#define SOURCE_FAULT_ROW SIZE_MAX
#define SOURCE_FAULT_GEOMETRY (SIZE_MAX - 1)

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
    /** Which column the `fault` of the last row is about, or SOURCE_FAULT_ROW or
     *  SOURCE_FAULT_GEOMETRY. NULL: the reader has filled fault_field itself. */
    size_t (*fault_column)(void *self);
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

/** What ends a file of gigabytes after its first MiB. */
struct bytes_bounds {
    uint64_t max_line; /* bytes; 0: lines of any length */
    bool is_text;      /* no zero byte, but in UTF-16 with its mark */
};

/** Read all bytes once. Errors, found without reading further: IM_ELIMIT a line is
 *  longer, IM_EDATA a zero byte; IM_EIO. */
IM_CHECKED enum im_code bytes_scan(const char *path,
                                   const char *name,
                                   struct bytes_bounds bounds,
                                   struct source_bytes *out,
                                   struct im_error *err);

/** IM_EDATA: what is no text has a zero byte at bytes->nul_line. */
IM_CHECKED enum im_code bytes_fail_nul(const struct source_bytes *bytes,
                                       const char *name,
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

/** All lines of a file. IM_EIO. */
IM_CHECKED enum im_code evidence_add_lines(struct evidence *evidence,
                                           const char *path,
                                           const char *name,
                                           struct im_error *err);

/** Find the encoding of a text file, line by line. `given` wins. *found: for
 * decoder_init; *shown for the report. IM_EDATA: none fits, with the line. */
IM_CHECKED enum im_code encoding_of_text(const struct source_input *input,
                                         struct decoder *decoder,
                                         const char **shown,
                                         struct im_error *err);
/** "GB18030 (found)" and the like; static for the encodings that can be found. */
const char *encoding_shown(const char *name, bool is_given);

/* ---- archive.c ---- */

/** The files in a zip, without its folders: at most 10000, 16 folders deep, 1 GiB
 *  unpacked, 300 times as large as packed; no name leads out of it. */
struct archive {
    const char **paths;   /* UTF-8 */
    const char *encoding; /* of the names, for CPL_ZIP_ENCODING */
    size_t n;
    struct im_arena *arena;
};
/** IM_ELIMIT over a bound, IM_EDATA damaged, encrypted, bad names. */
IM_CHECKED enum im_code archive_read(const char *path,
                                     const char *name,
                                     struct archive *out,
                                     struct im_error *err);
void archive_release(struct archive *archive);
bool archive_has(const struct archive *archive, const char *path);

/* ---- document.c ---- */

/** IM_EDATA with the next step when it is a document, picture, drawing, foreign
 * archive, a text or web page under the name of a workbook. */
IM_CHECKED enum im_code document_refuse(const struct source_input *input,
                                        struct im_error *err);
IM_CHECKED enum im_code document_refuse_zip(const struct source_input *input,
                                            const struct archive *archive,
                                            struct im_error *err);
bool document_is_ole(struct im_bytes head);
bool head_has(struct im_bytes head, const char *word); /* ASCII, lower case given */
bool head_starts(struct im_bytes head, const char *magic, size_t n);

/* ---- format.c ---- */

const struct source_format *format_named(const char *name);
/** By content, else by the ending, else CSV when it is a text; NULL: not known. */
const struct source_format *format_find(const struct source_input *input);

/* ---- dataset.c ---- */

/** The one of `paths` (relative; of a folder or zip) that can be imported, a .gdb as
 * its folder. Points into `paths`. IM_EDATA none, or several: they are listed. */
IM_CHECKED enum im_code dataset_choose(const char *const *paths,
                                       size_t n,
                                       const char *name,
                                       struct im_bytes *out,
                                       struct im_error *err);
const char *dataset_ending(const char *path); /* behind the dot, "" */

/* ---- sidecar.c ---- */

enum { SOURCE_MAX_PATH = 4096 };
/** Another file of the same data set: `path` with another ending, in lower or upper
 *  case. False: there is none. */
bool sidecar_find(const char *path, const char *ending, char out[SOURCE_MAX_PATH]);
/** The file that stands for the whole: .shp for its .dbf, .tab for its .dat ...; `path`
 *  itself when it does. */
void sidecar_main(const char *path, char out[SOURCE_MAX_PATH]);
/** Size and hash over the file and all that belong to it. */
IM_CHECKED enum im_code sidecar_scan(const char *path,
                                     const char *name,
                                     struct source_bytes *io,
                                     struct im_error *err);

/* ---- temp.c ---- */

/** A folder of its own for what cannot be read where it is. */
struct temp {
    char path[512]; /* "" none */
};
void temp_remove(struct temp *temp); /* with all that is in it */
/** Copy `from` (any VSI path) as `name`; *out is its path. IM_EIO disk full. */
IM_CHECKED enum im_code temp_copy(struct temp *temp,
                                  const char *from,
                                  const char *name,
                                  char out[SOURCE_MAX_PATH],
                                  struct im_error *err);
/** Copy as UTF-8, line by line; an encoding named in an XML declaration goes. IM_EDATA:
 * a line is not of the encoding. */
IM_CHECKED enum im_code temp_recode(struct temp *temp,
                                    const struct source_input *input,
                                    struct decoder *decoder,
                                    const char *name,
                                    char out[SOURCE_MAX_PATH],
                                    struct im_error *err);
/** Copy with the character set that MapInfo declares made "Neutral", so that GDAL
 * leaves the texts as they are. */
IM_CHECKED enum im_code temp_neutral(struct temp *temp,
                                     const char *from,
                                     const char *name,
                                     char out[SOURCE_MAX_PATH],
                                     struct im_error *err);

/* ---- xml.c ---- */

/** Well formed to its end, without entities of its own, at most 256 deep. *n_links: of
 *  its elements called NetworkLink. */
IM_CHECKED enum im_code
xml_check(const char *path, const char *name, unsigned *n_links, struct im_error *err);

/* ---- dbf.c ---- */

struct dbf_facts {
    uint64_t n_records;
    unsigned language; /* language driver */
    bool is_cut;       /* the file ends before its last record */
};
bool dbf_look(const char *path, struct dbf_facts *out); /* false: no dBase table */
void dbf_evidence(const char *path, struct evidence *evidence);
const char *dbf_declared(unsigned language); /* for evidence_init */

/* ---- markup.c ---- */

/** Appends the text of HTML: tags, scripts, comments gone, references resolved. */
void markup_strip(struct im_bytes in, struct im_buf *out);

/* ---- flatten.c ---- */

/** GDAL's geometry as ours, in memory used again for each row. Zero-initialise, set the
 *  switches. */
struct flat {
    bool swap_axes;              /* y comes first in what GDAL gives */
    bool closed_lines_are_areas; /* drawings */
    struct geom geom;
    struct refusal fault;
    unsigned dropped; /* enum source_dropped */
    double *xy;
    uint32_t *part_end;
    uint32_t *area_end;
    size_t cap_points;
    size_t cap_parts;
    size_t cap_areas;
};
void flat_set(struct flat *flat, OGRGeometryH geometry); /* NULL: none */
void flat_release(struct flat *flat);

/* ---- guard.c ---- */

/** Around every call of GDAL: its messages are kept, nothing is fetched but from the
 *  host of `address` (NULL: nothing). Nests. */
void guard_enter(const struct address *address);
void guard_leave(void);
/** The same around opening, with the settings that keep drivers from following links
 * and from writing. `dxf_encoding` may be NULL. */
void guard_enter_open(const struct source_input *input, const char *dxf_encoding);
void guard_leave_open(void);
/** What GDAL said last, as one line of valid UTF-8 without the folders of `path` and
 *  without secrets. */
void guard_message(const struct source_input *input,
                   const char *path,
                   char *out,
                   size_t size);

/* ---- address.c ---- */

enum { ADDRESS_MAX_ROWS = 1000000 };
struct address {
    const char *format;    /* "PostgreSQL", "WFS", "OAPIF" */
    char connection[4096]; /* for GDAL; secret */
    char shown[2100];      /* without secrets */
    char origin[300];      /* "https://host:port"; "" PostgreSQL */
    char secrets[2][2100]; /* texts that no message may hold */
    int64_t deadline_s;
};
bool address_is(const char *path);
/** An address or connection of another kind, and no file. */
bool address_is_other(const char *path);
IM_CHECKED enum im_code address_refuse(const char *path, struct im_error *err);
IM_CHECKED enum im_code
address_parse(const char *path, struct address *out, struct im_error *err);
/** Empties a text that holds a secret. */
void address_hide(const struct address *address, char *text);
bool address_is_over(const struct address *address); /* its ten minutes are up */
long address_seconds(const struct address *address); /* until then */
/** "https://host:port" with the default port left out; false: no http(s) URL. */
enum { ADDRESS_ORIGIN_MAX = 300 };
bool address_origin(const char *url, char out[ADDRESS_ORIGIN_MAX]);
#define ADDRESS_ELSEWHERE "the service sends to another host; name that host instead"
/* ---- fetch.c ---- */
/** CPLHTTPFetchCallbackFunc; `self` is the address, NULL: refuses everything. */
CPLHTTPResult *address_fetch(const char *url,
                             CSLConstList options,
                             GDALProgressFunc progress,
                             void *progress_arg,
                             CPLHTTPFetchWriteFunc write,
                             void *write_arg,
                             void *self);

/* ---- cells ---- */

/** A cell of valid UTF-8: white space (blank, tab, line ends, U+3000, U+00A0, U+FEFF)
 *  cut at both ends; nothing left: null. */
struct source_value source_text(struct im_bytes text);

#endif
