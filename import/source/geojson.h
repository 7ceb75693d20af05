/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by geojson.c, geojson_scan.c and geojson_feed.c. */
#ifndef IMPORT_SOURCE_GEOJSON_H
#define IMPORT_SOURCE_GEOJSON_H

#include "geojson_shape.h"
#include "internal.h"
#include "json_kind.h"

enum {
    FEATURE_MAX_BYTES = 256 << 20,
    MEMBER_MAX_BYTES = 1 << 20, /* beside "features" */
    COLUMNS_MAX = 4096,
    COLUMN_MAX_BYTES = 1024,
    SLOTS = 4 * COLUMNS_MAX
};

/* ---- geojson_feed.c ---- */

struct feed {
    VSILFILE *file;
    uint8_t *data;
    size_t cap;
    size_t from; /* of what is not yet taken */
    size_t to;
    bool at_end;
};

enum fed { FED, FED_END, FED_TOO_LONG, FED_NO_MEMORY };

/** The next byte that is no white space, not taken; 0 at the end. */
enum fed feed_peek(struct feed *f, uint8_t *out);
/** The next value as it stands, taken; it lives until the next call. FED_TOO_LONG: of
 *  more than `max` bytes. */
enum fed feed_value(struct feed *f, size_t max, struct im_bytes *out);
IM_CHECKED enum im_code
feed_rewind(struct feed *f, uint64_t offset, struct im_error *err);

/* ---- the reader ---- */

struct geojson {
    struct feed feed;
    const char *name;
    uint64_t size;
    bool may_be_bad; /* the file is not all valid UTF-8 */
    bool is_collection;
    bool had_element; /* of the collection: a comma comes next */
    uint64_t row;
    char **columns;
    size_t n_columns;
    uint32_t *slots;   /* hash of names: index + 1 */
    size_t id_column;  /* of the feature's own id; SIZE_MAX: not shown */
    const char *field; /* of the cell that is read */
    size_t expected;   /* features are alike: the column that comes next */
    bool has_geometry;
    bool has_id;
    bool is_export;
    uint64_t rows;
    enum json_kind kind; /* of the first object of a sequence */
    OGRSpatialReferenceH srs;
    bool has_crs;
    struct source_value *cells;
    struct geojson_shape shape; /* of the current row, as its texts in the arena */
    struct im_arena *arena;
};

static inline bool is_json_text(struct im_bytes raw, const char *text)
{
    return im_bytes_equal(raw, im_bytes_of(text));
}

/* ---- geojson_scan.c ---- */

/** The first pass: everything but the rows. IM_EDATA: no GeoJSON, or cut off;
 * IM_ELIMIT: a feature or the number of properties is too large. */
IM_CHECKED enum im_code geojson_scan(struct geojson *g, struct im_error *err);
/** Index of a column; n_columns when there is none. */
size_t geojson_column(struct geojson *g, struct im_bytes name);
/** CRS84 is EPSG:4326 with longitude first, and says so by its code. */
OGRErr geojson_set_crs84(OGRSpatialReferenceH srs);
IM_CHECKED enum im_code
geojson_fail_broken(const struct geojson *g, uint64_t row, struct im_error *err);
/** What `fed` says about the value after feature `row`. */
IM_CHECKED enum im_code geojson_fail_fed(const struct geojson *g,
                                         enum fed fed,
                                         uint64_t row,
                                         struct im_error *err);

#endif
