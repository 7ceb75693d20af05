/* SPDX-License-Identifier: Apache-2.0 */
/* The SpatiaLite store: the truth. An ordinary SpatiaLite file with a table per layer,
 * catalog tables and an import log (layout: layers/store/schema.sql). */
#ifndef LAYERS_STORE_H
#define LAYERS_STORE_H

#include <engine/feature_source.h>
#include <engine/schema.h>

#include <sqlite3.h>

enum { STORE_SCHEMA_VERSION = 2 };

struct store;
enum store_mode {
    STORE_READ,
    STORE_WRITE,
    STORE_CREATE /* write, made when missing */
};

/**
 * Errors, each with the path and the next step: IM_ENOTFOUND missing file or folder;
 * IM_EDATA not a database, or one that is not innomap's, or damaged; IM_EENV of a newer
 * schema, no permission, read-only where writing is needed; IM_EBUSY locked for longer
 * than 5 s; IM_EIO.
 * A reader needs to make -wal and -shm files beside the database unless it lies on a
 * read-only medium. A file of an older schema is read as it is; the first writer brings
 * it to the present one.
 */
IM_CHECKED enum im_code store_open(const char *path,
                                   enum store_mode mode,
                                   struct store **out,
                                   struct im_error *err);
void store_close(struct store *store);
sqlite3 *store_db(struct store *store); /* for `import` only */
const char *store_path(const struct store *store);

/** Rises with every commit that changed a layer. Cheap: one row. Ends the transaction
 * of a scan without open cursors, so that it tells the newest version. */
IM_CHECKED enum im_code
store_data_version(struct store *store, uint64_t *out, struct im_error *err);
/** Is every page of the file sound? Reads the whole file: for a check, not at start.
 *  IM_EENV when it is damaged. */
IM_CHECKED enum im_code store_check_pages(struct store *store, struct im_error *err);
/** The scan the atlas is built from; valid until the store closes. One read transaction
 *  spans from describe until the next describe, store_data_version or store_begin, so
 *  that a scan sees one version. While the store itself is writing, the scan sees what
 *  has been written so far. */
struct feature_source store_source(struct store *store);

/* One writer at a time: begin waits up to 5 s for another one, then IM_EBUSY. */
IM_CHECKED enum im_code store_begin(struct store *store, struct im_error *err);
IM_CHECKED enum im_code store_commit(struct store *store, struct im_error *err);
void store_rollback(struct store *store);

/**
 * Inside a transaction: make or change a layer's table so that it has the schema's
 * columns (columns are added, never dropped), register geometry and spatial index, and
 * write definition and style to the catalog. `*changed` tells whether anything differs
 * from before; then the versions are raised. Errors: IM_EDATA a reserved name, or a
 * field or geometry of another type than before.
 */
IM_CHECKED enum im_code store_put_layer(struct store *store,
                                        const struct layer_schema *schema,
                                        struct im_bytes definition_json,
                                        struct im_bytes style_json,
                                        bool *changed,
                                        struct im_error *err);
/** Inside a transaction: take the layer's table, indexes and catalog line away; the
 *  data version rises. A layer that is made again later goes on counting versions. */
IM_CHECKED enum im_code store_remove_layer(struct store *store,
                                           const struct layer_schema *schema,
                                           struct im_error *err);
/** Raise the layer's version and the data version; in the same transaction as the
 * change. */
IM_CHECKED enum im_code
store_touch_layer(struct store *store, const char *layer_id, struct im_error *err);

/** Before and after writing many rows: filling the indexes (key and space) is much
 * faster than keeping them up to date. Inside a transaction. */
IM_CHECKED enum im_code store_drop_indexes(struct store *store,
                                           const struct layer_schema *schema,
                                           struct im_error *err);
IM_CHECKED enum im_code store_make_indexes(struct store *store,
                                           const struct layer_schema *schema,
                                           struct im_error *err);
/** Bring the statistics up to date that SQLite's planner and other programs read. */
IM_CHECKED enum im_code
store_analyze(struct store *store, const char *layer_id, struct im_error *err);

/** Encode and decode SpatiaLite's geometry blob (gaia BLOB-Geometry, SRID 4326, XY). */
IM_CHECKED enum im_code
blob_encode(const struct geom *g, struct im_buf *out, struct im_error *err);
/** Arrays live in `arena`; rings are turned the way geom.h wants them. IM_EDATA for
 *  anything that is not a well formed blob of points, lines or areas. */
IM_CHECKED enum im_code blob_decode(struct im_bytes blob,
                                    struct im_arena *arena,
                                    struct geom *out,
                                    struct im_error *err);

#endif
