/* SPDX-License-Identifier: Apache-2.0 */
/* The SpatiaLite store: the truth. An ordinary SpatiaLite file with a table per layer,
 * catalog tables and an import log (layout: layers/store/schema.sql). */
#ifndef LAYERS_STORE_H
#define LAYERS_STORE_H

#include <engine/feature_source.h>
#include <engine/schema.h>

#include <sqlite3.h>

enum { STORE_SCHEMA_VERSION = 1 };

struct store;
enum store_mode {
    STORE_READ,
    STORE_WRITE,
    STORE_CREATE /* write, made when missing */
};

/**
 * Errors, each with the path and the next step: IM_ENOTFOUND missing file; IM_EDATA not
 * a database, or one that is not innomap's; IM_EENV of a newer schema, read-only where
 * writing is needed; IM_EBUSY locked for longer than 5 s; IM_EIO.
 */
IM_CHECKED enum im_code store_open(const char *path,
                                   enum store_mode mode,
                                   struct store **out,
                                   struct im_error *err);
void store_close(struct store *store);
sqlite3 *store_db(struct store *store); /* for `import` only */
const char *store_path(const struct store *store);

/** Rises with every commit that changed a layer. Cheap: one row. */
IM_CHECKED enum im_code
store_data_version(struct store *store, uint64_t *out, struct im_error *err);
/** The scan the atlas is built from; valid until the store closes. One read
 *  transaction spans from describe to the last close, so that it sees one version. */
struct feature_source store_source(struct store *store);

IM_CHECKED enum im_code store_begin(struct store *store, struct im_error *err);
IM_CHECKED enum im_code store_commit(struct store *store, struct im_error *err);
void store_rollback(struct store *store);

/**
 * Make or change a layer's table so that it has the schema's columns (columns are
 * added, never dropped), register geometry and spatial index, and write definition and
 * style to the catalog. `*changed` tells whether anything differs from before.
 */
IM_CHECKED enum im_code store_put_layer(struct store *store,
                                        const struct layer_schema *schema,
                                        struct im_bytes definition_json,
                                        struct im_bytes style_json,
                                        bool *changed,
                                        struct im_error *err);
/** Raise the layer's version and the data version; in the same transaction as the
 * change. */
IM_CHECKED enum im_code
store_touch_layer(struct store *store, const char *layer_id, struct im_error *err);

/** Encode and decode SpatiaLite's geometry blob (gaia BLOB-Geometry, SRID 4326, XY). */
IM_CHECKED enum im_code
blob_encode(const struct geom *g, struct im_buf *out, struct im_error *err);
/** Arrays live in `arena`. IM_EDATA for anything that is not a well formed blob. */
IM_CHECKED enum im_code blob_decode(struct im_bytes blob,
                                    struct im_arena *arena,
                                    struct geom *out,
                                    struct im_error *err);

#endif
