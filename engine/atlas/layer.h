/* SPDX-License-Identifier: Apache-2.0 */
/* One layer of an atlas, as it lies in memory.
 *
 * All arrays live in the layer's arena, are written once and then only read. Rows
 * 0 .. n_placed-1 have a position and follow a Hilbert curve, the others come after.
 *
 *   array                      bytes            for
 *   lonlat                     16 a vertex      the truth: answers, exact distances
 *   full.xy                     8 a vertex      drawing: world units
 *   full.point_start            4 a feature     absent when each feature is one point
 *   full.part_start, .parts     4 a feature, 4 a part    lines and areas
 *   area_start, area_ends       4 a feature, 4 a polygon  layers with areas
 *   boxes                      32 a feature     lines and areas: the exact box
 *   kinds                       1 a feature     absent when all are of one kind
 *   levels[0..4]                8 a vertex kept + 8 a feature    lines and areas; a
 *                                               level that saves little is left out
 *   tree                        1.2 a feature   float boxes of groups of 16
 *   classes                     1 a feature     absent when all are of one class
 *   fids                        8 a feature
 *   importance                  4 a feature     absent without the role
 *   keys                        6 to 11 a feature  hash table of row numbers
 *   columns                     see atlas/column.h
 *   names                       12 a name + text    layers that name places
 *   search                      see search/index.h; comes later, from another thread
 *   digest                      see atlas/digest.c; made when a tile is first asked for
 *   clusters                    see atlas/clusters.c; the same
 *
 * A point with a text key of 8 bytes and 5 coded fields: raw 24 + 5 * 10 = 74 bytes,
 * here 16 + 8 + 1.2 + 8 + 9 + 16 + 5 * 4 = 78 bytes. */
#ifndef ENGINE_ATLAS_LAYER_H
#define ENGINE_ATLAS_LAYER_H

#include <engine/atlas.h>
#include <engine/query.h>

#include "atlas/column.h"
#include "atlas/lazy.h"
#include "atlas/names.h"
#include "atlas/tree.h"

#include <stdatomic.h>

enum { ATLAS_LEVELS = 5 };

/** Shapes for all zooms up to max_zoom. */
struct shape_level {
    unsigned max_zoom;
    const uint32_t *xy;
    const uint32_t *point_start; /* n_placed + 1; NULL: feature i is point i */
    const uint32_t *part_start;  /* n_placed + 1; NULL for layers of points */
    const uint32_t *parts; /* ends of parts, counted from the feature's first point */
};

/**
 * What makes a feature take part in an answer or not: its precision, and whether it is
 * an outline nobody has reviewed. 12 classes, so a set of them fits into 16 bits.
 */
enum { ATLAS_CLASSES = 12 };
static inline unsigned atlas_class_of(enum precision precision, bool unreviewed)
{
    return (unsigned)precision + (unreviewed ? 6 : 0);
}

struct search_index;
struct digest;
struct clusters;

struct atlas_layer {
    atomic_uint refs;
    struct im_arena *arena; /* holds this struct too */
    const struct layer_schema *schema;
    const char *definition_json;
    const char *style_json;
    const char *changed_at;
    uint64_t version;
    uint32_t n;
    uint32_t n_placed;
    struct bbox extent;
    struct bbox frame; /* holds it, and changes less often: the order of the rows */

    enum geom_kind kind;  /* of all placed features when kinds is NULL */
    const uint8_t *kinds; /* enum geom_kind of each placed feature */
    const double *lonlat;
    const struct bbox *boxes;   /* NULL when each feature is one point */
    const uint32_t *area_start; /* NULL without areas */
    const uint32_t *area_ends;
    struct shape_level full;
    struct shape_level levels[ATLAS_LEVELS]; /* by rising max_zoom */
    unsigned n_levels;

    struct tree tree;
    const uint8_t *classes; /* NULL: all are of one_class */
    uint8_t one_class;
    uint32_t class_count[ATLAS_CLASSES]; /* placed features of each */
    const int64_t *fids;
    const float *importance;
    const struct column *columns;
    const uint32_t *key_slots; /* row + 1, 0 is free; NULL for tables without rows */
    uint32_t n_key_slots;
    struct names names;
    struct lazy *lazy; /* with `search` all that changes; see atlas/lazy.h */
    _Atomic(struct search_index *) search; /* NULL until somebody has built it */
    _Atomic(struct digest *) digest;       /* the same */
    _Atomic(struct clusters *) clusters;   /* the same */
};

/** Read a layer from its source; what has not changed since `old` (NULL: there is none)
 *  is taken from there where the source knows it. The result has one reference.
 *  Errors: IM_EDATA and what the source says (the layer is bad), IM_ENOMEM. */
IM_CHECKED enum im_code atlas_layer_build(const struct feature_source *source,
                                          const struct source_layer *from,
                                          const struct atlas_layer *old,
                                          struct atlas_layer **out,
                                          struct im_error *err);
struct atlas_layer *atlas_layer_ref(struct atlas_layer *layer);
void atlas_layer_unref(struct atlas_layer *layer); /* NULL is fine */

static inline bool atlas_layer_is_single(const struct atlas_layer *layer)
{
    return layer->full.point_start == NULL;
}

static inline unsigned atlas_class(const struct atlas_layer *layer, uint32_t feature)
{
    return layer->classes ? layer->classes[feature] : layer->one_class;
}

/** Hash of a key; integer keys by value. */
uint64_t atlas_hash_text(struct im_bytes text);
uint64_t atlas_hash_integer(int64_t value);

#endif
