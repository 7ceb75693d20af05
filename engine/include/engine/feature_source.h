/* SPDX-License-Identifier: Apache-2.0 */
/* The scan from which an atlas is built. Declared here, implemented by `layers` for
 * SpatiaLite and by tests for ten lines in memory. */
#ifndef ENGINE_FEATURE_SOURCE_H
#define ENGINE_FEATURE_SOURCE_H

#include <engine/arena.h>
#include <engine/geom.h>

/** One layer as the store describes it. */
struct source_layer {
    const char *id;
    const char *definition_json; /* layer.json as imported */
    const char *style_json;      /* style.json as imported, "" when none */
    uint64_t version;            /* rises with every committed change of this layer */
    const char *changed_at;      /* UTC, ISO 8601 */
    uint64_t n_features;
};

enum source_value_kind { SOURCE_NULL, SOURCE_INTEGER, SOURCE_REAL, SOURCE_TEXT };

struct source_value {
    enum source_value_kind kind;
    int64_t integer;
    double real;
    struct im_bytes text; /* valid UTF-8 */
};

/** Borrowed until the next call of `next` or `close`. */
struct source_feature {
    int64_t fid;
    struct geom geom;                  /* GEOM_EMPTY: known, but without a position */
    const struct source_value *values; /* in the order of the schema's fields */
};

struct source_cursor;

/** All calls of one source come from one thread and see one consistent version. */
struct feature_source {
    void *self;
    /** All layers and the data version; written into `arena`. */
    enum im_code (*describe)(void *self,
                             struct im_arena *arena,
                             const struct source_layer **layers,
                             size_t *n_layers,
                             uint64_t *data_version,
                             struct im_error *err);
    enum im_code (*open)(void *self,
                         const char *layer_id,
                         struct source_cursor **out,
                         struct im_error *err);
    /** *more is false at the end. */
    enum im_code (*next)(struct source_cursor *cursor,
                         struct source_feature *out,
                         bool *more,
                         struct im_error *err);
    void (*close)(struct source_cursor *cursor); /* NULL is fine */

    /* Reading what has changed instead of everything: both or neither (NULL). A source
     * that has them yields its rows by rising fid, each fid once. */

    /**
     * The rows that may differ between the earlier version `since` of a layer and the
     * one that `describe` told: changed, added or gone. Rising fids, in `arena`.
     * *known is false when that is not certain, when anything but rows has changed, and
     * when there are more than `max`.
     */
    enum im_code (*changes)(void *self,
                            const char *layer_id,
                            uint64_t since,
                            size_t max,
                            struct im_arena *arena,
                            const int64_t **fids,
                            size_t *n,
                            bool *known,
                            struct im_error *err);
    /** As `open`, of these rows alone, those of them that are there; `fids` rise and
     *  live until the cursor is closed. */
    enum im_code (*open_rows)(void *self,
                              const char *layer_id,
                              const int64_t *fids,
                              size_t n,
                              struct source_cursor **out,
                              struct im_error *err);
};

#endif
