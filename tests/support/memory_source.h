/* SPDX-License-Identifier: Apache-2.0 */
/* A feature source of a few lines, so that atlas, queries and tiles are tested without
 * a database:
 *
 *     struct memory_source *ms = memory_source_new();
 *     memory_source_layer(ms, LAYER_JSON, "", 1);
 *     memory_source_row(ms, "POINT(121.59 31.2)", "A1|张江|town");
 *     const struct atlas *atlas = memory_source_atlas(ms);
 *     ...
 *     atlas_unref(atlas);
 *     memory_source_free(ms);
 *
 * Mistakes in the test's own data end the test with a message. */
#ifndef TESTS_SUPPORT_MEMORY_SOURCE_H
#define TESTS_SUPPORT_MEMORY_SOURCE_H

#include <engine/atlas.h>

struct memory_source;

struct memory_source *memory_source_new(void);
void memory_source_free(struct memory_source *ms);

/** Begin a layer; rows that follow belong to it. Also broken definitions are taken. */
void memory_source_layer(struct memory_source *ms,
                         const char *layer_json,
                         const char *style_json,
                         uint64_t version);
/**
 * A row of the newest layer. `wkt`: POINT, MULTIPOINT, LINESTRING, MULTILINESTRING,
 * POLYGON, MULTIPOLYGON, or NULL for no position. `values`: the fields in order, '|'
 * between them, empty for null. The row's fid is its number from 1.
 */
void memory_source_row(struct memory_source *ms, const char *wkt, const char *values);
/** The same with a geometry that is there already; it is copied. */
void memory_source_feature(struct memory_source *ms,
                           const struct geom *geom,
                           const char *values);
/** Give the newest row another fid. */
void memory_source_fid(struct memory_source *ms, int64_t fid);
/** Rows of this layer fail with IM_EIO from now on; NULL: none does. */
void memory_source_fail(struct memory_source *ms, const char *layer_id);
/** Take all rows of a layer back and give it a new version: rows follow anew. */
void memory_source_clear(struct memory_source *ms,
                         const char *layer_id,
                         uint64_t version);
/** Says which rows of the newest layer may differ from its version `since` (rising
 * fids, copied): from now on what has changed can be read alone. Rows must have been
 * added by rising fid. */
void memory_source_changed(struct memory_source *ms,
                           uint64_t since,
                           const int64_t *fids,
                           size_t n);
/** How often rows of a layer were scanned. */
unsigned memory_source_scans(const struct memory_source *ms, const char *layer_id);

/** Valid until the memory source is freed. The data version is the largest version. */
struct feature_source memory_source_source(struct memory_source *ms);
/** The finished atlas; a problem in any layer ends the test. */
const struct atlas *memory_source_atlas(struct memory_source *ms);

#endif
