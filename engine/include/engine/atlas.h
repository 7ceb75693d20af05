/* SPDX-License-Identifier: Apache-2.0 */
/* The atlas: an immutable snapshot in memory of one data version. Every read path
 * (tiles, queries, search) reads it and nothing else. Shared by all threads; counted.
 */
#ifndef ENGINE_ATLAS_H
#define ENGINE_ATLAS_H

#include <engine/feature_source.h>
#include <engine/schema.h>

struct atlas;
struct atlas_layer;

/**
 * Build a snapshot from a full scan. Layers whose version equals the one in `previous`
 * (may be NULL) are shared with it, not read again. A layer that cannot be read fails
 * alone: it is left out and named in atlas_problem; the rest is served.
 * Errors: IM_EIO, IM_EDATA when nothing can be read at all; IM_ENOMEM.
 */
IM_CHECKED enum im_code atlas_build(const struct feature_source *source,
                                    const struct atlas *previous,
                                    const struct atlas **out,
                                    struct im_error *err);
const struct atlas *atlas_ref(const struct atlas *atlas);
void atlas_unref(const struct atlas *atlas); /* NULL is fine */

uint64_t atlas_version(const struct atlas *atlas);
size_t atlas_layer_count(const struct atlas *atlas);
/** In the order of the schemas' `order`, then id. */
const struct atlas_layer *atlas_layer_at(const struct atlas *atlas, size_t i);
const struct atlas_layer *atlas_layer_find(const struct atlas *atlas,
                                           struct im_bytes id);
size_t atlas_problem_count(const struct atlas *atlas);
const char *atlas_problem(const struct atlas *atlas, size_t i);
size_t atlas_memory_bytes(const struct atlas *atlas);

/* One layer. Features are numbered 0 .. size-1 along a Hilbert curve (features without
 * a position last); the number is valid for this snapshot only. */
const struct layer_schema *atlas_layer_schema(const struct atlas_layer *layer);
const char *atlas_layer_definition_json(const struct atlas_layer *layer);
const char *atlas_layer_style_json(const struct atlas_layer *layer);
uint64_t atlas_layer_version(const struct atlas_layer *layer);
const char *atlas_layer_changed_at(const struct atlas_layer *layer);
uint32_t atlas_layer_size(const struct atlas_layer *layer);
uint32_t atlas_layer_placed(const struct atlas_layer *layer); /* with a position */
struct bbox atlas_layer_extent(const struct atlas_layer *layer);

int64_t atlas_fid(const struct atlas_layer *layer, uint32_t feature);
struct geom atlas_geom(const struct atlas_layer *layer, uint32_t feature);
struct bbox atlas_bbox(const struct atlas_layer *layer, uint32_t feature);
/** 0..1, larger is more important; from the importance role or 0.5. */
float atlas_importance(const struct atlas_layer *layer, uint32_t feature);

bool atlas_is_null(const struct atlas_layer *layer, uint32_t feature, int field);
/** Text of a text field; empty for null, for numbers and for SCHEMA_NO_FIELD. */
struct im_bytes
atlas_text(const struct atlas_layer *layer, uint32_t feature, int field);
/** False for null, text and SCHEMA_NO_FIELD. */
bool atlas_number(const struct atlas_layer *layer,
                  uint32_t feature,
                  int field,
                  double *out);
/** The exact value of an integer field; false for null and for other types. */
bool atlas_integer(const struct atlas_layer *layer,
                   uint32_t feature,
                   int field,
                   int64_t *out);
/** The key as text; an integer key is written into `number`. Returns its length. */
size_t atlas_key(const struct atlas_layer *layer,
                 uint32_t feature,
                 char number[IM_NUMBER_MAX],
                 struct im_bytes *out);
/** Text columns are dictionaries: equal text, equal code within a layer and field.
 *  Codes are 0 .. atlas_code_count-1; null is ATLAS_NULL_CODE. */
#define ATLAS_NULL_CODE UINT32_MAX
uint32_t atlas_code(const struct atlas_layer *layer, uint32_t feature, int field);
uint32_t atlas_code_count(const struct atlas_layer *layer, int field);
struct im_bytes
atlas_code_text(const struct atlas_layer *layer, int field, uint32_t code);
/** A column as it lies in memory, for readers of many rows. */
struct atlas_values {
    enum field_type type;
    const uint32_t *codes;   /* text: ATLAS_NULL_CODE for null */
    const int64_t *integers; /* integers: */
    const uint8_t *nulls;    /* a bit a row, NULL when no row is null */
    const double *reals;     /* reals: NaN for null */
};
struct atlas_values atlas_values(const struct atlas_layer *layer, int field);
/** Find the feature with this key text (or integer key in decimal). */
bool atlas_find_key(const struct atlas_layer *layer,
                    struct im_bytes key,
                    uint32_t *feature);

/**
 * A geometry made ready for drawing: world units (see geom.h), simplified to well under
 * a pixel of 256 px tiles at `zoom`, parts that would vanish left out.
 */
struct atlas_shape {
    enum geom_kind kind;
    uint32_t n_points;
    uint32_t n_parts;
    const uint32_t *xy;       /* x0 y0 x1 y1 ... */
    const uint32_t *part_end; /* lines and rings; points: NULL */
};
struct atlas_shape
atlas_shape(const struct atlas_layer *layer, uint32_t feature, unsigned zoom);

/** Called for each feature whose box meets the window, in Hilbert order. Return false
 *  to stop. */
typedef bool atlas_visit_fn(void *ctx, uint32_t feature);
/** `window` in degrees. Returns false when the visitor stopped it. */
bool atlas_window(const struct atlas_layer *layer,
                  struct bbox window,
                  atlas_visit_fn *visit,
                  void *ctx);

#endif
