/* SPDX-License-Identifier: Apache-2.0 */
/* A layer as a file for other programs, which `innomap import` knows again.
 *
 * The mark by which it is known:
 *   GeoJSON     member "innomap_export" of the collection, an object (below)
 *   GeoJSONSeq  the same member of the first feature
 *   GeoPackage  metadata item INNOMAP_EXPORT of the table (gpkg_metadata), the same
 *               object as text; gpkg_contents.description says it for people
 *   CSV         a last column called "innomap_export"; its first cell says for people
 *               what the object says, the others are empty. Cells that a table
 *               programme would take for a formula are behind an apostrophe
 *               (im_csv_needs_guard, engine/csv.h); an importer that sees the column
 *               takes the apostrophe away again (im_csv_unguard) and does not take the
 *               column for data
 *
 *   {"form": 1, "layer": "parks", "title": {"zh", "en"}, "key": "id", "run": 12,
 *    "version": 7, "changed_at": "2026-11-21T08:00:00Z", "source": {"zh", "en"},
 *    "source_date": "2026-11", "licence": "…", "attribution": {"zh", "en"},
 *    "completeness": {"zh", "en"}}
 *
 * Values and coordinates are written with as many digits as it takes to read the same
 * numbers back. Rows without a position stay without. The same version gives the same
 * bytes, except for GeoPackage.
 */
#ifndef LAYERS_EXPORT_H
#define LAYERS_EXPORT_H

#include <layers/history.h>

#define EXPORT_MARK "innomap_export"      /* GeoJSON, GeoJSONSeq, CSV */
#define EXPORT_MARK_GPKG "INNOMAP_EXPORT" /* a metadata item */
enum { EXPORT_FORM = 1 };

enum export_format {
    EXPORT_GEOJSON,    /* RFC 7946 */
    EXPORT_GEOJSONSEQ, /* a feature a line (RFC 8142 without its 0x1E) */
    EXPORT_GPKG,       /* OGC 12-128r18 */
    EXPORT_CSV,        /* RFC 4180; `lon` and `lat` or `wkt` behind the fields */
    EXPORT_FORMATS
};

struct export_options {
    const char *layer_id;
    const char *as_of; /* as history_find takes it; NULL: as the layer is now */
    enum export_format format;
    bool with_internal; /* also a layer whose visibility is internal */
    bool with_bom;      /* CSV: a byte order mark, for table programmes */
    bool overwrite;
};

struct export_result {
    uint64_t rows;
    uint64_t unplaced;
    struct history_scan_info info; /* texts in the arena */
};

/** "geojson", "geojsonseq", "gpkg", "csv". */
bool export_format_parse(const char *text, enum export_format *out);
/** From the ending of a file name: .geojson .json .geojsonl .geojsons .jsonl .gpkg
 *  .csv. */
bool export_format_of(const char *path, enum export_format *out);

/**
 * `path` is a file, which appears whole or not at all, or "-" for standard output (not
 * for GeoPackage). Errors: IM_ENOTFOUND no such layer or version; IM_EARG the file
 * exists already, the layer is internal, GeoPackage to standard output; IM_EIO.
 */
IM_CHECKED enum im_code export_write(struct store *store,
                                     const struct export_options *options,
                                     const char *path,
                                     struct im_arena *arena,
                                     struct export_result *out,
                                     struct im_error *err);

#endif
