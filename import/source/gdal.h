/* SPDX-License-Identifier: Apache-2.0 */
/* A file through GDAL: shared by prepare.c, gdal.c and gdal_row.c only. */
#ifndef IMPORT_SOURCE_GDAL_H
#define IMPORT_SOURCE_GDAL_H

#include "internal.h"

#include <gdal.h>

/* ---- prepare.c ---- */

struct prepared {
    struct temp temp;
    char path[SOURCE_MAX_PATH]; /* what GDAL opens: the file, or a copy of it */
    bool is_raw;                /* texts are bytes for `decoder` */
    struct decoder decoder;
    const char *encoding; /* for the report */
    unsigned n_links;     /* of KML: NetworkLinks, which nobody follows */
    bool has_mid;         /* the rows of a .mif are in a file of their own */
    uint64_t mid_lines;   /* that are not blank */
    bool mid_is_cut;      /* its last line ends inside of a text */
};
/** IM_EDATA not whole, leads to other files, texts of no encoding. Release in any case.
 */
IM_CHECKED enum im_code prepare(const struct source_input *input,
                                const char *format,
                                struct prepared *out,
                                struct im_error *err);
void prepared_release(struct prepared *prepared);

/* ---- gdal.c ---- */

enum { GDAL_MAX_ROW_BYTES = 256 << 20 };

struct gdal_column {
    char *name;
    bool is_markup;
};

/* One of the layers that are read, in order. */
struct gdal_part {
    OGRLayerH layer;
    OGRFeatureDefnH defn;
    int *column_of_field; /* -1: not taken */
};

struct gdal {
    const struct source_input *input;
    const char *format;
    struct prepared file;
    GDALDatasetH dataset;

    struct gdal_part *parts;
    size_t n_parts;
    struct gdal_column *columns;
    const char **names; /* of the columns */
    size_t n_columns;
    OGRSpatialReferenceH srs;
    bool has_geometry;
    bool is_export;
    char note_zh[300]; /* "" none */
    char note_en[300];

    uint64_t n_promised; /* rows that a WFS says it has; 0: not known */
    unsigned page_rows;  /* of a WFS, at once; 0: GDAL's own */

    size_t at; /* of parts */
    uint64_t row;
    OGRFeatureH feature;
    struct source_value *cells;
    bool *is_in_text;   /* per cell: its bytes lie in `text`, at an offset for now */
    struct im_buf text; /* of the row, what had to be made */
    struct flat flat;
    char fault_zh[200];
    char fault_en[200];
    size_t fault_column;
};

/** The connection or file of `g` as g->dataset. */
IM_CHECKED enum im_code gdal_connect(struct gdal *g, struct im_error *err);

/* ---- gdal_wfs.c ---- */

/** How many rows a service has, and how many it gives at once; connects anew where that
 *  is fewer than GDAL asks for. */
IM_CHECKED enum im_code wfs_find_page(struct gdal *g, struct im_error *err);
/** At the end of the rows: IM_EDATA when the service has kept some back. */
IM_CHECKED enum im_code wfs_check_end(const struct gdal *g, struct im_error *err);

/* ---- gdal_row.c: the calls of struct source_calls ---- */

IM_CHECKED enum im_code
gdal_next(void *self, struct source_row *out, bool *more, struct im_error *err);
IM_CHECKED enum im_code gdal_rewind(void *self, size_t width, struct im_error *err);
size_t gdal_fault_column(void *self);

#endif
