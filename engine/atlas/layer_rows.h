/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a layer in the order of their scan, before they are sorted along the
 * curve: read from the source, or taken from the layer as it was. */
#ifndef ENGINE_ATLAS_LAYER_ROWS_H
#define ENGINE_ATLAS_LAYER_ROWS_H

#include "atlas/layer.h"

/* Far above what fits into memory; below 2^31, so that sizes of hash tables do too. */
enum { LAYER_MAX_ROWS = 1 << 30 };

/* Where a row that was read begins in the buffers below; it ends where the next one
 * begins. After the last row comes one more. */
struct raw_row {
    int64_t fid;
    uint32_t point; /* in `lonlat` */
    uint32_t part;
    uint32_t area;
    enum geom_kind kind;
};

/* Which arrays the layer needs: points alone need no starts, one kind needs no kinds.
 */
struct needs {
    bool starts;
    bool kinds;
    bool areas;
};

/* Everything in the order of the scan, before it is sorted along the curve. */
struct layer_builder {
    struct atlas_layer *layer;
    struct im_buf rows;
    struct im_buf lonlat;
    struct im_buf parts;
    struct im_buf areas;
    struct column_builder columns[SCHEMA_MAX_FIELDS];
    size_t n_rows;
    struct bbox extent;
    enum geom_kind kind; /* of the first placed row */
    struct needs needs;
    uint32_t *order; /* order[i]: the row of the scan that becomes row i */
};

void layer_rows_init(struct layer_builder *b, struct atlas_layer *layer);
void layer_rows_release(struct layer_builder *b);
/** All rows of a cursor, each checked against the schema. Errors: IM_EDATA, IM_ELIMIT,
 *  IM_ENOMEM and those of the source. */
IM_CHECKED enum im_code layer_rows_read(struct layer_builder *b,
                                        const struct feature_source *source,
                                        struct source_cursor *cursor,
                                        struct im_error *err);
/**
 * The same rows as a scan reads, in the same order: those that have changed since `old`
 * from the source, the others from `old`. *done is false, and nothing was taken, when
 * the source does not know what has changed, when that is too much, or when anything
 * but rows has changed: then they have to be scanned.
 */
IM_CHECKED enum im_code layer_rows_follow(struct layer_builder *b,
                                          const struct feature_source *source,
                                          const struct source_layer *from,
                                          const struct atlas_layer *old,
                                          bool *done,
                                          struct im_error *err);

/* For the two above. */
/** A row begins; also called once after the last one. */
IM_CHECKED enum im_code layer_rows_start(struct layer_builder *b,
                                         int64_t fid,
                                         enum geom_kind kind,
                                         struct im_error *err);
/** The geometry of the row that began last; rings are taken as they are. */
IM_CHECKED enum im_code
layer_rows_geom(struct layer_builder *b, const struct geom *g, struct im_error *err);

#endif
