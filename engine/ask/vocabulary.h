/* SPDX-License-Identifier: Apache-2.0 */
/* All words a question may be made of, sorted: grammar, and from the schemas titles and
 * synonyms of layers, codes and fields. Immutable; belongs to one atlas. */
#ifndef ENGINE_ASK_VOCABULARY_H
#define ENGINE_ASK_VOCABULARY_H

#include "ask/grammar.h"

#include <engine/ask.h>

#include <stdatomic.h>

enum { VOCABULARY_MAX_LAYERS = 64 };
typedef uint64_t layer_set; /* one bit a layer, in the order of `layers` */

enum sense_kind {
    SENSE_GRAMMAR,
    SENSE_LAYER,
    SENSE_CORRIDOR, /* a layer whose rows are the members of one area */
    SENSE_CODE,
    SENSE_FIELD,
    SENSE_INDICATOR /* a code of a table of figures by division */
};

struct sense {
    enum sense_kind kind;
    bool is_title;
    enum word_class class; /* grammar */
    double arg;
    unsigned layer; /* index into `layers` */
    int field;
    int code;
};

struct word {
    struct im_bytes key; /* as items.h writes `norm` */
    const struct sense *senses;
    size_t n_senses;
};

struct ask_layer {
    const struct atlas_layer *layer;
    const struct layer_schema *schema;
    int kind_field;   /* whose codes are kinds of place; SCHEMA_NO_FIELD */
    int level_field;  /* role level */
    int origin_field; /* of flows; SCHEMA_NO_FIELD */
    int host_field;
    int year_field; /* role time */
    bool is_space;  /* one of the kinds of place that are asked for */
    bool is_corridor;
};

struct vocabulary {
    struct im_arena *arena; /* holds this struct too */
    struct ask_layer layers[VOCABULARY_MAX_LAYERS];
    size_t n_layers;
    const struct atlas_layer *divisions; /* NULL without */
    int divisions_index;                 /* -1 without */
    layer_set spaces;
    layer_set references;     /* layers of named places that are neither */
    const struct word *words; /* by key */
    size_t n_words;
};

/** The vocabulary of an atlas: built by the first who asks, kept as long as the atlas.
 *  Errors: IM_ENOMEM. */
IM_CHECKED enum im_code vocabulary_of(const struct atlas *atlas,
                                      const struct vocabulary **out,
                                      struct im_error *err);
void vocabulary_free(struct vocabulary *v); /* NULL is fine */
/** Where an atlas keeps it: NULL until somebody has built it. */
_Atomic(struct vocabulary *) *atlas_vocabulary(const struct atlas *atlas);
/** The word with this key; NULL. */
const struct word *vocabulary_find(const struct vocabulary *v, struct im_bytes key);
/** Does any word begin so? Narrows *low .. *high, which begin as 0 .. n_words. */
bool vocabulary_narrow(const struct vocabulary *v,
                       struct im_bytes key,
                       size_t *low,
                       size_t *high);

#endif
